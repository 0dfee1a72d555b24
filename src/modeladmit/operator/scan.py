"""The background scan: what every policy covers in the cluster today, and what it denies or would deny.

It judges live Pods as if they were created now, so what an update was allowed to keep (law 7) is found here. Nothing is
killed: numbers go into status, and the first workloads into the message of an Event.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modeladmit.cluster.owners import controller
from modeladmit.cluster.pods import judged
from modeladmit.cluster.resources import PODS
from modeladmit.core.verdict import Verdict
from modeladmit.core.workload import Role, Workload
from modeladmit.engine.snapshot import Snapshot
from modeladmit.in_cluster.composition import Cluster

_log: Final = logging.getLogger(__name__)
_PARALLEL: Final = 8
_SECONDS: Final = 30.0
"""How long stores may take for one Pod; what they do not answer is an error of the scan, not of the workload."""
_NAMED: Final = 5


@dataclass(slots=True)
class Tally:
    """What one policy says of the cluster."""

    workloads: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)

    @property
    def status(self) -> dict[str, Any]:
        """The fields of a TrustPolicy's status."""
        return {
            "covers": {"workloads": len(self.workloads), "references": len(self.references)},
            "wouldDeny": len(self.denied),
        }

    @property
    def words(self) -> str:
        """The first workloads that are denied."""
        first = sorted(self.denied)
        more = f" and {len(first) - _NAMED} more" if len(first) > _NAMED else ""
        return ", ".join(first[:_NAMED]) + more


async def scan(cluster: Cluster, snapshot: Snapshot) -> Mapping[str, Tally]:
    """A tally for every policy. Raises ClusterError when Pods cannot be listed."""
    listing = await cluster.client.list(PODS)
    tallies: dict[str, Tally] = defaultdict(Tally)
    gate = asyncio.Semaphore(_PARALLEL)

    async def look(pod: Mapping[str, Any]) -> None:
        namespace = str(pod["metadata"]["namespace"])
        workload = cluster.engine.admitter.inspect(pod, namespace=namespace)
        if not workload.undetermined and all(use.role is Role.RUNTIME for use in workload.uses):
            return
        labels = snapshot.namespaces.get(namespace, {})
        situation = cluster.circumstances.situation(snapshot, namespace, labels)
        async with gate:
            verdict = await cluster.engine.admitter.judge(
                workload, situation, snapshot, seconds=_SECONDS
            )
        kind, name = controller(pod)
        _add(tallies, f"{kind} {namespace}/{name}", workload, verdict, snapshot, labels)

    live = judged(listing.items, cluster.circumstances.asked_about)
    for start in range(0, len(live), _PARALLEL * 8):
        await asyncio.gather(*(look(pod) for pod in live[start : start + _PARALLEL * 8]))
    for policy in snapshot.policies:
        tallies.setdefault(policy.name, Tally())
    _log.info("scanned", extra={"facts": {"pods": len(live)}})
    return tallies


def _add(
    tallies: dict[str, Tally],
    name: str,
    workload: Workload,
    verdict: Verdict,
    snapshot: Snapshot,
    labels: Mapping[str, str],
) -> None:
    jurisdiction = snapshot.jurisdiction(verdict.identity.namespace, labels)
    for use in workload.uses:
        for policy in jurisdiction.covering(use):
            tally = tallies[policy.name]
            tally.workloads.add(name)
            tally.references.add(use.reference.uri)
    for finding in verdict.findings:
        if finding.policy is not None and finding.would_deny:
            tally = tallies[finding.policy]
            tally.workloads.add(name)
            tally.denied.add(name)
