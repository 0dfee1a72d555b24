"""The composition root of the servers: the pipeline of `wiring`, with the policies and pull secrets of a cluster."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic

from modeladmit.api.trust_root import TufSpec
from modeladmit.cluster.client import KubernetesClient
from modeladmit.cluster.compiling import Compiler
from modeladmit.cluster.login import Login
from modeladmit.cluster.policies import WATCHED, PolicyStore
from modeladmit.cluster.policy_hosts import policy_hosts
from modeladmit.cluster.pull_secrets import PullSecrets
from modeladmit.cluster.trust_repositories import TrustRepositories
from modeladmit.cluster.watch import Watch
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.snapshot import Snapshot
from modeladmit.settings import CredentialsMode, Settings
from modeladmit.sources.docker_config import parse
from modeladmit.sources.tuf import TufRepository, TufTargets
from modeladmit.telemetry import Metrics
from modeladmit.wiring import Engine, circumstances_of, open_engine, public_good


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the servers in a cluster have in common: an identity, the policies, the pipeline."""

    client: KubernetesClient
    store: PolicyStore
    engine: Engine
    circumstances: Circumstances


@asynccontextmanager
async def open_cluster(
    settings: Settings,
    login: Login,
    metrics: Metrics,
    *,
    changed: Callable[[Snapshot], None] = lambda _snapshot: None,
) -> AsyncIterator[Cluster]:
    """Open the pipeline with the policies of a cluster, kept fresh while it is open. `changed` hears of every snapshot.

    Raises ConfigurationError.
    """
    tenants = settings.credentials.mode is not CredentialsMode.RELEASE
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(KubernetesClient.open(login))
        keychain = PullSecrets(
            client,
            parse,
            release_namespace=settings.namespace,
            tenants=lambda _namespace: tenants,
            monotonic=monotonic,
        )
        engine = await stack.enter_async_context(
            open_engine(settings, keychain=keychain, observer=metrics)
        )

        def taken(snapshot: Snapshot) -> None:
            metrics.judging_by(snapshot.policies)
            engine.allow_hosts(policy_hosts(snapshot.policies))
            changed(snapshot)

        repositories = TrustRepositories(Repositories(engine.tuf), monotonic)
        store = PolicyStore(
            client,
            Compiler(public_good(settings), repositories.current),
            namespace=settings.namespace,
            monotonic=monotonic,
            taken=taken,
            repositories=repositories,
        )
        metrics.watch(
            "modeladmit_policy_store_age_seconds",
            "Age of the oldest of the last complete lists.",
            lambda: store.age,
        )
        metrics.watch(
            "modeladmit_policy_store_synced",
            "1 while the policies are known.",
            lambda: float(store.snapshot().synced),
        )
        watch = Watch(login, WATCHED, store.note)
        watch.start()
        stack.push_async_callback(watch.stop)
        stack.push_async_callback(_stop, asyncio.create_task(store.run()))
        yield Cluster(client, store, engine, circumstances_of(settings))


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@dataclass(frozen=True, slots=True)
class Repositories:
    """TufTargets by what TrustRoots say. Satisfies `cluster.trust_repositories.Targets`."""

    targets: TufTargets

    def current(self, spec: TufSpec) -> bytes | None:
        """The last good copy."""
        return self.targets.current(_repository(spec))

    async def recall(self, spec: TufSpec) -> bytes | None:
        """What an earlier process got."""
        return await self.targets.recall(_repository(spec))

    async def refresh(self, spec: TufSpec) -> bytes:
        """Ask and verify."""
        return await self.targets.refresh(_repository(spec))


def _repository(spec: TufSpec) -> TufRepository:
    return TufRepository(spec.mirror, spec.root.encode(), spec.target)
