"""Live Pods to verdicts: what a policy would say if everything that runs now were created again."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from modeladmit.api.compile import compile_exemption, compile_model_ref
from modeladmit.cli.policies import PolicyFiles
from modeladmit.cli.session import session
from modeladmit.cluster.client import KubernetesClient
from modeladmit.cluster.errors import ClusterError, ObjectNotFound
from modeladmit.cluster.login import Login
from modeladmit.cluster.owners import controller
from modeladmit.cluster.pods import judged
from modeladmit.cluster.resources import EXEMPTIONS, MODEL_REFS, NAMESPACES, PODS, Resource
from modeladmit.core.policy import Exemption, Mode
from modeladmit.core.situation import DeclaredModel
from modeladmit.core.verdict import Verdict
from modeladmit.core.workload import Role
from modeladmit.engine.snapshot import Snapshot
from modeladmit.errors import SourceUnavailable
from modeladmit.settings import Settings
from modeladmit.wiring import Engine, circumstances_of

_PARALLEL = 16
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LiveWorkload:
    """Pods of one controller with the same verdict."""

    namespace: str
    kind: str
    name: str
    pods: int
    verdict: Verdict


async def judge_live(
    login: Login,
    policies: PolicyFiles,
    settings: Settings,
    *,
    namespace: str | None,
    seconds: float,
) -> list[LiveWorkload]:
    """Judge every Pod that loads a model. Raises SourceUnavailable when the API server does not answer or refuses."""
    async with KubernetesClient.open(login) as client:
        pods = await _list(client, PODS, namespace)
        namespaces = {
            _name(found): _labels(found) for found in await _list(client, NAMESPACES, None)
        }
        models = await _list(client, MODEL_REFS, namespace, optional=True)
        stored = await _list(client, EXEMPTIONS, None, optional=True)
    snapshot = Snapshot(
        tuple(replace(policy, mode=Mode.ENFORCE) for policy in policies.policies),
        (*policies.exemptions, *_exemptions(stored, policies)),
        _declared(models),
        namespaces,
        synced=True,
    )
    circumstances = circumstances_of(settings)
    limit = asyncio.Semaphore(_PARALLEL)

    async def look(engine: Engine, pod: Object) -> LiveWorkload | None:
        place = str(pod["metadata"]["namespace"])
        workload = engine.admitter.inspect(pod, namespace=place)
        if not workload.undetermined and all(use.role is Role.RUNTIME for use in workload.uses):
            return None
        situation = circumstances.situation(snapshot, place, namespaces.get(place, {}))
        async with limit:
            verdict = await engine.admitter.judge(
                workload, replace(situation, closed=False), snapshot, seconds=seconds
            )
        kind, name = controller(pod)
        return LiveWorkload(place, kind, name, 1, verdict)

    async with session(settings) as engine:
        found = await asyncio.gather(
            *(look(engine, pod) for pod in judged(pods, circumstances.asked_about))
        )
    return grouped(workload for workload in found if workload is not None)


async def _list(
    client: KubernetesClient, resource: Resource, namespace: str | None, *, optional: bool = False
) -> list[Object]:
    try:
        listing = await client.list(resource, namespace=namespace)
    except ObjectNotFound:
        if optional:
            return []
        raise SourceUnavailable(f"the API server knows no {resource.plural}") from None
    except ClusterError as error:
        raise SourceUnavailable(f"{resource.plural} cannot be listed: {error}") from error
    return list(listing.items)


def _declared(models: Iterable[Object]) -> dict[str, tuple[DeclaredModel, ...]]:
    declared: dict[str, list[DeclaredModel]] = {}
    for model in models:
        compiled = compile_model_ref(model).value
        if compiled is not None:
            declared.setdefault(compiled.namespace, []).append(compiled.declared)
    return {namespace: tuple(found) for namespace, found in declared.items()}


def _exemptions(stored: Iterable[Object], policies: PolicyFiles) -> list[Exemption]:
    """What the cluster excuses today; an exemption among the files stands for the stored one of its name."""
    given = {exemption.name for exemption in policies.exemptions}
    compiled = (compile_exemption(found).value for found in stored)
    return [found for found in compiled if found is not None and found.name not in given]


def grouped(found: Iterable[LiveWorkload]) -> list[LiveWorkload]:
    """Pods of one controller are one line, as long as they are judged alike. Denials first."""
    groups: dict[tuple[object, ...], LiveWorkload] = {}
    for workload in found:
        key = (workload.namespace, workload.kind, workload.name, workload.verdict.findings)
        known = groups.get(key)
        groups[key] = workload if known is None else replace(known, pods=known.pods + 1)
    return sorted(
        groups.values(), key=lambda one: (one.verdict.allowed, one.namespace, one.kind, one.name)
    )


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _labels(obj: Object) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}
