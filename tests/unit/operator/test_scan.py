"""What runs now, judged as if it were created now."""

import asyncio
from time import monotonic
from types import SimpleNamespace
from typing import Any

from modeladmit.cluster.resources import PODS, TRUST_POLICIES
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.policy import Mode, Requirements
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.snapshot import Snapshot
from modeladmit.operator.controller import Controller
from modeladmit.operator.scan import scan
from modeladmit.operator.schedule import Schedule
from modeladmit.telemetry import Metrics
from modeladmit.workloads.inspect import inspect_object
from tests.building import policy
from tests.unit.cluster.apiserver import InMemory
from tests.unit.engine.test_investigation import Counting, Hand

ELSEWHERE = Requirements(sources=(ModelPattern.parse("oci://registry.example.com/**"),))
SNAPSHOT = Snapshot(
    (policy(ELSEWHERE, mode=Mode.AUDIT),),
    namespaces={name: {} for name in ("team-a", "kube-system", "sys", "cni")},
    synced=True,
)


def serving(namespace: str, phase: str = "Running") -> dict[str, Any]:
    container = {"name": "vllm", "image": "vllm/vllm-openai", "args": ["--model=org/model"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"llm-{phase.lower()}", "namespace": namespace},
        "spec": {"containers": [container]},
        "status": {"phase": phase},
    }


def cluster(*pods: dict[str, Any], metrics: Metrics | None = None, **more: Any) -> Any:
    api, clock, observer = InMemory(), Hand(), metrics or Metrics()
    for pod in pods:
        api.put(PODS, pod)
    investigation = Investigation(
        sources={},
        verify=Counting(),
        memory=Memory(1_000_000),
        clock=clock,
        observer=observer,
    )
    admitter = Admitter(inspect_object, investigation, clock, observer)
    return SimpleNamespace(
        client=api,
        engine=SimpleNamespace(admitter=admitter, clock=clock),
        circumstances=Circumstances("sys", excluded_namespaces=frozenset({"cni"})),
        **more,
    )


async def test_a_live_workload_is_counted():
    tallies = await scan(cluster(serving("team-a")), SNAPSHOT)
    assert {"Pod team-a/llm-running"} == tallies["production"].denied
    assert 1 == tallies["production"].status["wouldDeny"]


async def test_namespaces_that_are_never_asked_about_are_not_counted():
    """Nothing there would be denied, whatever the policy says."""
    pods = [serving(name) for name in ("kube-system", "sys", "cni")]
    assert set() == (await scan(cluster(*pods), SNAPSHOT))["production"].workloads


async def test_what_has_ended_is_not_counted():
    ended = [serving("team-a", "Succeeded"), serving("team-a", "Failed")]
    assert set() == (await scan(cluster(*ended), SNAPSHOT))["production"].workloads


class Broken:
    """A store with a bug."""

    def objects(self, _resource):
        raise RuntimeError("a bug")

    def snapshot(self):
        return Snapshot()


class Noticing(Metrics):
    """Metrics that say when a bug is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.noticed = asyncio.Event()

    def bug(self) -> None:
        super().bug()
        self.noticed.set()


async def test_a_bug_of_the_operator_is_counted():
    """Or the alert on bugs is blind for one of the two processes."""
    metrics = Noticing()
    schedule: Schedule[Any] = Schedule(monotonic)
    controller = Controller(
        cluster(metrics=metrics, store=Broken()),
        SimpleNamespace(),  # type: ignore[arg-type]
        schedule,
        replicas=SimpleNamespace(),  # type: ignore[arg-type]
        scan_every=1,
    )
    schedule.touch((TRUST_POLICIES, (None, "production")))
    work = asyncio.create_task(controller._work())
    async with asyncio.timeout(10):
        await metrics.noticed.wait()
    work.cancel()
    assert b"modeladmit_internal_errors_total 1.0" in metrics.exposition()
