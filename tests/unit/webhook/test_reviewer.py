"""From a request to a verdict, whatever happens on the way."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from modeladmit.core.policy import Mode
from modeladmit.core.reference import Scheme
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.snapshot import Snapshot
from modeladmit.sources.fair_gate import FairGate
from modeladmit.telemetry import Metrics
from modeladmit.webhook.deadline import Deadline
from modeladmit.webhook.entry import Entry
from modeladmit.webhook.reviewer import Reviewer
from modeladmit.workloads.inspect import inspect_object
from tests.building import PINNED, signed_by
from tests.unit.engine.test_investigation import Counting, Hand, Nobody, Store
from tests.unit.webhook.reviews import pod, request

MODEL = PINNED.removeprefix("oci://")


class Known:
    """A policy store that knows some namespaces."""

    def __init__(self, snapshot: Snapshot, asked: Mapping[str, Mapping[str, str]] | None = None):
        self.present = snapshot
        self.asked = asked or {}

    def snapshot(self) -> Snapshot:
        return self.present

    async def labels(self, namespace: str, *, seconds: float) -> Mapping[str, str] | None:
        assert seconds > 0
        return self.asked.get(namespace)


class NoConfiguration:
    """Never asked here."""

    async def validate(self, *_):
        raise NotImplementedError


def snapshot(*policies, **changes) -> Snapshot:
    defaults = {"synced": True, "namespaces": {"team-a": {}}}
    return Snapshot(tuple(policies), **{**defaults, **changes})


def reviewer(
    store: Store, policies: Known, *, inspect=inspect_object, queue: FairGate | None = None, **more
) -> Reviewer:
    clock = Hand()
    investigation = Investigation(
        sources={Scheme.OCI: store},
        verify=Counting(),
        memory=Memory(10_000_000),
        clock=clock,
        observer=Nobody(),
    )
    return Reviewer(
        Admitter(inspect, investigation, clock, Nobody()),
        policies,
        Circumstances("modeladmit-system", **more),
        NoConfiguration(),
        queue or FairGate(8, per_tenant=4, queued=4),
        Metrics(),
    )


def serving(model: str = MODEL) -> dict[str, Any]:
    mounts = [{"name": "model", "mountPath": "/models"}]
    container = {"name": "vllm", "image": "vllm/vllm-openai", "args": ["--model=/models"]}
    return pod(
        containers=[{**container, "volumeMounts": mounts}],
        volumes=[{"name": "model", "image": {"reference": model}}],
    )


def codes(verdict) -> list[str]:
    return [finding.code for finding in verdict.denials]


async def review(found: Reviewer, *args, entry: Entry = Entry.OBSERVED, **changes):
    return await found.review(entry, request(*args, **changes), Deadline(5))


async def test_signed_is_allowed_and_unsigned_is_not():
    policies = Known(snapshot(signed_by("release")))
    assert (await review(reviewer(Store(), policies), serving())).allowed
    denied = await review(reviewer(Store(signatures=()), policies), serving())
    assert ["SignatureMissing"] == codes(denied)


async def test_the_labels_are_the_namespaces_and_not_the_objects():
    """Attack: the object carries the label that opens or selects."""
    closed = Known(snapshot(namespaces={"team-a": {"modeladmit.io/enforce": "true"}}))
    obj = serving()
    obj["metadata"]["labels"] = {"modeladmit.io/open": "true", "modeladmit.io/enforce": "false"}
    assert ["NotCovered"] == codes(await review(reviewer(Store(), closed), obj))


async def test_under_closed_by_default_a_namespace_must_be_opened():
    plain = Known(snapshot())
    opened = Known(snapshot(namespaces={"team-a": {"modeladmit.io/open": "true"}}))
    strict: dict[str, Any] = {"closed_by_default": True}
    assert ["NotCovered"] == codes(await review(reviewer(Store(), plain, **strict), serving()))
    assert (await review(reviewer(Store(), opened, **strict), serving())).allowed


@pytest.mark.parametrize("strict", [False, True])
async def test_what_comes_to_the_closed_entry_is_judged_as_closed(strict):
    """Attack: the namespace was closed a moment ago, and the watch of this replica is late. The API server knew."""
    late = Known(snapshot(namespaces={"team-a": {"modeladmit.io/open": "true"}}))
    found = reviewer(Store(), late, closed_by_default=strict)
    assert ["NotCovered"] == codes(await review(found, serving(), entry=Entry.ENFORCED))
    assert (await review(found, serving(), entry=Entry.OBSERVED)).allowed


async def test_a_namespace_made_a_moment_ago_is_asked_for():
    policies = Known(snapshot(namespaces={}), {"team-a": {"modeladmit.io/enforce": "true"}})
    assert ["NotCovered"] == codes(await review(reviewer(Store(), policies), serving()))


async def test_a_namespace_that_nobody_knows_is_denied():
    """Whether it is closed cannot be said, so nothing is admitted by accident."""
    policies = Known(snapshot(namespaces={}))
    assert ["Unsynced"] == codes(await review(reviewer(Store(), policies), serving()))


async def test_unknown_policies_deny_models_and_nothing_else():
    policies = Known(snapshot(synced=False))
    assert ["Unsynced"] == codes(await review(reviewer(Store(), policies), serving()))
    assert (await review(reviewer(Store(), policies), pod(containers=[]))).allowed


async def test_an_update_that_leaves_the_model_alone_passes():
    policies = Known(snapshot(signed_by("release")))
    judged = reviewer(Store(signatures=()), policies)
    verdict = await review(judged, serving(), operation="UPDATE", oldObject=serving())
    assert verdict.allowed
    assert {"UnchangedUse"} == {finding.code for finding in verdict.findings}


async def test_an_update_that_changes_the_model_is_judged():
    policies = Known(snapshot(signed_by("release")))
    judged = reviewer(Store(signatures=()), policies)
    old = serving("registry.example.com/models/other:v1")
    verdict = await review(judged, serving(), operation="UPDATE", oldObject=old)
    assert ["SignatureMissing"] == codes(verdict)


async def test_an_old_object_in_a_create_does_not_count():
    """Only the API server's word UPDATE makes an old object one."""
    policies = Known(snapshot(signed_by("release")))
    verdict = await review(reviewer(Store(signatures=()), policies), serving(), oldObject=serving())
    assert ["SignatureMissing"] == codes(verdict)


async def test_a_review_without_an_object_is_denied():
    verdict = await reviewer(Store(), Known(snapshot())).review(
        Entry.ENFORCED, request([], object=None), Deadline(5)
    )
    assert ["InvalidReview"] == codes(verdict)


@pytest.mark.parametrize("entry", [Entry.ENFORCED, Entry.OBSERVED, Entry.WORKLOADS, Entry.CLUSTER])
async def test_a_bug_is_denied_with_an_id_and_nothing_of_itself(entry, caplog):
    """An exception would be an HTTP error, and that an admission under failurePolicy Ignore."""

    def broken(_obj, *, namespace=None):
        raise RuntimeError(f"SECRET of {namespace}")

    found = reviewer(Store(), Known(snapshot()), inspect=broken)
    verdict = await review(found, serving(), entry=entry)
    assert ["InternalError"] == codes(verdict)
    message = verdict.denials[0].message
    assert "SECRET" not in message
    number = message.rpartition(" ")[2]
    assert [number] == [record.facts["id"] for record in caplog.records if hasattr(record, "facts")]


async def test_policies_of_cluster_scoped_kinds_ask_with_the_release_namespaces_credentials():
    scopes = []

    class Noting(Store):
        async def resolve(self, reference, *, scope):
            scopes.append(scope)
            return await super().resolve(reference, scope=scope)

    found = reviewer(Noting(), Known(snapshot(signed_by("release"))))
    obj = serving()
    obj["metadata"].pop("namespace")
    await review(found, obj, namespace="")
    assert ["modeladmit-system"] == [scope.namespace for scope in scopes]


async def test_a_tenant_whose_queue_is_full_is_told_so_and_the_others_go_on():
    """One place a tenant, nobody may wait."""
    gate = FairGate(4, per_tenant=1, queued=0)
    found = reviewer(Store(), Known(snapshot(namespaces={"team-a": {}, "team-b": {}})), queue=gate)
    await gate.enter("team-a")
    assert ["DeadlineExceeded"] == codes(await review(found, serving()))
    assert (await review(found, serving(), namespace="team-b")).allowed
    gate.leave("team-a")
    assert (await review(found, serving())).allowed


async def test_places_are_given_back():
    """Whatever the verdict, and when a review is cancelled, too."""
    gate = FairGate(1, per_tenant=1, queued=0)

    class Never(Store):
        async def resolve(self, *_args, **_scope):
            await asyncio.Event().wait()

    found = reviewer(Never(), Known(snapshot(signed_by("release", mode=Mode.WARN))), queue=gate)
    waiting = asyncio.create_task(review(found, serving()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert gate.idle


async def test_a_large_object_does_not_hold_up_another_tenant():
    """Attack: one Pod names a hundred models where two hundred policies have a say, again and again."""
    policies = [signed_by("release", name=f"p{number}") for number in range(200)]
    known = Known(snapshot(*policies, namespaces={"team-a": {}, "team-b": {}}))
    found = reviewer(Store(away=True), known)
    large = pod(
        containers=[
            {"name": f"c{n}", "image": "vllm/vllm-openai", "args": [f"--model=org/model-{n}"]}
            for n in range(100)
        ]
    )
    order = []

    async def reviewed(name: str, obj: dict[str, Any], namespace: str) -> None:
        verdict = await review(found, obj, namespace=namespace)
        assert not verdict.allowed
        order.append(name)

    await asyncio.gather(reviewed("large", large, "team-a"), reviewed("small", serving(), "team-b"))
    assert ["small", "large"] == order


async def test_cluster_scoped_objects_are_in_no_namespace():
    """Under `closedByDefault` they need a policy, and the denial names no namespace that is not there."""
    denied = await review(
        reviewer(Store(), Known(snapshot()), closed_by_default=True),
        serving(),
        namespace=None,
        entry=Entry.CLUSTER,
    )
    assert ["NotCovered"] == codes(denied)
    assert (
        "in cluster-scoped objects, which are closed like namespaces" in denied.denials[0].message
    )
