"""Which references of a Pod are written out, and which stay as they are."""

import pytest

from modeladmit.core.facts import Facts
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.patch import PinEdit
from modeladmit.core.pin import Pin
from modeladmit.core.pins import NOTHING, pins, questions
from modeladmit.core.policy import Mode, Requirements
from modeladmit.core.workload import Carrier
from tests.building import (
    COMMIT,
    DIGEST,
    PINNED,
    TAGGED,
    artifact,
    facts,
    policy,
    sheet,
    use,
    workload,
)

VOLUME = FieldPath.parse("spec.volumes[0].image.reference")
TO_DIGEST = PinEdit(
    "replace", VOLUME, f"{TAGGED.removeprefix('oci://')}@{{digest}}", "TAG@{digest}"
)
TO_COMMIT = PinEdit("add", FieldPath.parse("spec.containers[0].args"), "--revision={revision}", "")
WRITES = policy(Requirements(pinning=Pin.REVISION), write_pins=True)
KNOWN = facts(sheet(uri=TAGGED), TAGGED)


def asked(found, *policies):
    return [str(question.reference) for question in questions(found, Jurisdiction(policies))]


def written(found, known=KNOWN, policies=(WRITES,)):
    return pins(found, Jurisdiction(policies), known)


def test_a_tag_becomes_its_digest():
    found = written(workload(use(TAGGED, pin_edits=(TO_DIGEST,), field=VOLUME)))
    path = "/spec/volumes/0/image/reference"
    assert found.operations == (
        {"op": "replace", "path": path, "value": PINNED.removeprefix("oci://")},
    )
    (finding,) = found.findings
    assert ("PinWritten", VOLUME, TAGGED) == (finding.code, finding.field, finding.subject)
    assert not finding.would_deny
    assert str(DIGEST) in finding.message


@pytest.mark.parametrize(
    "policies",
    [
        (),
        (policy(Requirements(pinning=Pin.REVISION)),),
        (policy(Requirements(), write_pins=True),),
        (policy(Requirements(pinning=Pin.REVISION), write_pins=True, mode=Mode.WARN),),
        (policy(Requirements(pinning=Pin.REVISION), write_pins=True, mode=Mode.AUDIT),),
        (policy(Requirements(pinning=Pin.REVISION), write_pins=True, problems=("broken",)),),
    ],
    ids=["no policy", "Never", "no pinning asked", "Warn", "Audit", "does not compile"],
)
def test_only_an_enforced_policy_that_asks_for_pins_writes(policies):
    """Audit must not change what runs."""
    found = workload(use(TAGGED, pin_edits=(TO_DIGEST,)))
    assert [] == asked(found, *policies)
    assert NOTHING == written(found, policies=policies)


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": PINNED, "pin_edits": (TO_DIGEST,)},
        {"uri": TAGGED, "pin_edits": ()},
        {"uri": TAGGED, "pin_edits": (TO_DIGEST,), "carrier": Carrier.CONFIG_MAP},
        {"uri": "pvc://claim/model", "pin_edits": (TO_DIGEST,)},
    ],
    ids=["pinned", "no syntax", "text from a ConfigMap", "no identity"],
)
def test_what_cannot_or_need_not_be_written_is_not_asked(changes):
    found = workload(use(**changes))
    assert [] == asked(found, WRITES)
    assert NOTHING == written(found)


def test_each_reference_is_asked_once():
    """Law 5: one resolution a reference, however many uses."""
    found = workload(*(use(TAGGED, pin_edits=(TO_DIGEST,), container=name) for name in "abc"))
    assert [TAGGED] == asked(found, WRITES)


def test_what_could_not_be_resolved_stays():
    """The gate says why."""
    assert NOTHING == written(workload(use(TAGGED, pin_edits=(TO_DIGEST,))), Facts())


def test_half_an_edit_is_none():
    """A tokenizer pinned beside weights that are not would be a pair that nobody asked for."""
    edits = (TO_DIGEST, TO_COMMIT)
    assert NOTHING == written(workload(use(TAGGED, pin_edits=edits)))


def test_a_branch_becomes_its_commit():
    uri = "hf://owner/name"
    known = facts(sheet(artifact=artifact(uri, digest=None, revision=COMMIT)), uri)
    found = written(workload(use(uri, pin_edits=(TO_COMMIT,))), known)
    assert [f"--revision={COMMIT}"] == [operation["value"] for operation in found.operations]


def test_a_store_without_pins_gives_none():
    """A policy that asks for a digest is not satisfied by a commit, and nothing is written that is no stronger."""
    uri, known = "hf://owner/name", artifact("hf://owner/name", digest=None)
    found = written(workload(use(uri, pin_edits=(TO_DIGEST,))), facts(sheet(artifact=known), uri))
    assert NOTHING == found
