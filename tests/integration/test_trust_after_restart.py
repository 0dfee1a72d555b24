"""A replica that starts while the TUF mirror is away: it judges by what the replica before it had kept, verified again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from modeladmit.cluster.compiling import Compiler
from modeladmit.cluster.policies import PolicyStore
from modeladmit.cluster.resources import TRUST_POLICIES, TRUST_ROOTS
from modeladmit.cluster.trust_repositories import TrustRepositories
from modeladmit.core.policy import Policy
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.engine.snapshot import Snapshot
from modeladmit.in_cluster.composition import Repositories
from modeladmit.sources.settings import HostSettings, SourceSettings
from modeladmit.sources.transport import Transport
from modeladmit.sources.tuf import TufTargets
from tests.doubles.signing.instance import SigstoreInstance
from tests.doubles.tuf_repository import TufRepositoryServer
from tests.unit.cluster.apiserver import Hours, InMemory

TRUSTED_ROOT = SigstoreInstance().trusted_root()
IDENTITY = {"issuer": "https://issuer.example", "subject": "ci@example.com"}


@pytest.fixture
async def mirror() -> AsyncIterator[TufRepositoryServer]:
    server = TufRepositoryServer()
    server.publish({"trusted_root.json": TRUSTED_ROOT})
    async with server.running():
        yield server


@pytest.fixture
def api(mirror: TufRepositoryServer) -> InMemory:
    found = InMemory()
    tuf = {"mirror": mirror.url, "root": mirror.root.decode()}
    found.put(TRUST_ROOTS, {"metadata": {"name": "corp"}, "spec": {"sigstore": {"tuf": tuf}}})
    keyless = {"identities": [IDENTITY], "trustRootRef": {"name": "corp"}}
    spec = {
        "mode": "Enforce",
        "require": {"signatures": {"min": 1, "of": ["ci"]}},
        "authorities": [{"name": "ci", "keyless": keyless}],
    }
    found.put(
        TRUST_POLICIES, {"metadata": {"name": "p", "uid": "p", "generation": 1}, "spec": spec}
    )
    return found


class Replica:
    """One process: its own memory, the folder of the container."""

    def __init__(self, api: InMemory, transport: Transport, folder: Path) -> None:
        clock = Hours()
        repositories = TrustRepositories(Repositories(TufTargets(transport, folder)), clock)
        self.taken: asyncio.Queue[Snapshot] = asyncio.Queue()
        self.store = PolicyStore(
            api,
            Compiler(SigstoreAnchor(b"{}"), repositories.current),
            namespace="modeladmit-system",
            monotonic=clock,
            taken=self.taken.put_nowait,
            repositories=repositories,
        )

    async def policies(self, count: int) -> list[Policy]:
        """The policy as each of the first snapshots has it."""
        running = asyncio.create_task(self.store.run())
        try:
            async with asyncio.timeout(30):
                return [(await self.taken.get()).policies[0] for _ in range(count)]
        finally:
            running.cancel()
            await asyncio.wait([running])


def trusts(policy: Policy) -> tuple[object, ...]:
    """Whom its authority believes; nobody, when it does not compile."""
    return () if policy.problems else policy.authorities["ci"].anchors


@pytest.fixture
async def transport(mirror: TufRepositoryServer) -> AsyncIterator[Transport]:
    settings = SourceSettings(hosts=(HostSettings(mirror.host, plain_http=True),))
    async with Transport(settings) as opened:
        yield opened


async def test_a_replica_starts_with_the_mirror_down(api, mirror, transport, tmp_path: Path):
    """Already the first snapshot trusts the instance that the mirror had named."""
    early, late = await Replica(api, transport, tmp_path).policies(2)
    assert ((), (SigstoreAnchor(TRUSTED_ROOT),)) == (trusts(early), trusts(late))
    mirror.faults.status = 503
    (policy,) = await Replica(api, transport, tmp_path).policies(1)
    assert (SigstoreAnchor(TRUSTED_ROOT),) == trusts(policy)


async def test_without_what_was_kept_the_policy_denies(api, mirror, transport, tmp_path: Path):
    """A new folder, and nobody to ask: nothing is trusted, and nothing is let through."""
    mirror.faults.status = 503
    (policy,) = await Replica(api, transport, tmp_path).policies(1)
    assert policy.problems
    assert () == trusts(policy)
