"""Files to judgements: what the webhook does with reviews, done with manifests."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from modeladmit.cli.manifests import Manifest, manifests
from modeladmit.cli.places import Places
from modeladmit.cli.policies import PolicyFiles, namespaces_in
from modeladmit.cli.reports.judgement import Judgement
from modeladmit.cli.session import session
from modeladmit.cli.tables import workload_tables
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.policy import Policy
from modeladmit.core.selector import EVERYTHING
from modeladmit.core.verdict import Verdict
from modeladmit.core.workload import Workload
from modeladmit.engine.circumstances import ENFORCE_LABEL
from modeladmit.engine.snapshot import Snapshot
from modeladmit.settings import Settings
from modeladmit.wiring import Engine, circumstances_of
from modeladmit.workloads.documents import config_maps
from modeladmit.workloads.inspect import inspect_object

_PARALLEL = 16


async def judge_files(
    names: Sequence[str],
    policies: PolicyFiles,
    settings: Settings,
    *,
    namespace: str | None,
    closed: bool,
    seconds: float,
) -> list[Judgement]:
    """Judge every object of the files. Raises UnreadableManifest and ConfigurationError."""
    found = list(manifests(names))
    supplied = config_maps(manifest.content for manifest in found)
    labels = {**policies.namespaces, **namespaces_in(found)}
    circumstances = circumstances_of(settings)
    tables = workload_tables(settings)
    limit = asyncio.Semaphore(_PARALLEL)

    async def judged(engine: Engine, manifest: Manifest) -> tuple[Workload, Verdict]:
        place = manifest.namespace or namespace
        workload = inspect_object(
            manifest.content, supplied=supplied, tables=tables, namespace=place
        )
        snapshot = policies.snapshot if place in labels else _applied_everywhere(policies.snapshot)
        situation = circumstances.situation(snapshot, place, _labels(labels, place, closed=closed))
        async with limit:
            return workload, await engine.admitter.judge(
                workload, situation, snapshot, seconds=seconds
            )

    async with session(settings) as engine:
        results = await asyncio.gather(*(judged(engine, manifest) for manifest in found))
    places = Places()
    return [
        _judgement(manifest, workload, verdict, places)
        for manifest, (workload, verdict) in zip(found, results, strict=True)
    ]


def _labels(
    known: Mapping[str, Mapping[str, str]], namespace: str | None, *, closed: bool
) -> Mapping[str, str]:
    labels = known.get(namespace or "", {})
    return {**labels, ENFORCE_LABEL: "true"} if closed else labels


def _applied_everywhere(snapshot: Snapshot) -> Snapshot:
    """Where a namespace's labels are not known, whoever gives a policy wants it applied."""

    def applied(policy: Policy) -> Policy:
        return replace(policy, selector=EVERYTHING)

    return replace(snapshot, policies=tuple(map(applied, snapshot.policies)))


def _judgement(
    manifest: Manifest, workload: Workload, verdict: Verdict, places: Places
) -> Judgement:
    lines = {finding.field: places.line(manifest, finding.field) for finding in verdict.findings}
    return Judgement(
        workload, verdict, manifest.file.name, places.line(manifest, FieldPath()), lines
    )
