"""Ways in which a denial could be lost, each by somebody who tries."""

from dataclasses import replace
from datetime import timedelta

import pytest

from modeladmit.core.authority import Authority, ExactText, Identity
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    Attestation,
    CertificateSigner,
    Executable,
    Format,
    Gap,
    KeySigner,
)
from modeladmit.core.facts import Facts, FactSheet
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.judge import judge
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.pin import Pin
from modeladmit.core.plan import plan
from modeladmit.core.policy import (
    AttestationRequirement,
    Reaction,
    RemoteCode,
    Requirements,
    Revocation,
    Threshold,
)
from modeladmit.core.situation import Operation
from modeladmit.core.trust import CertificateAnchor, KeyAnchor, SigstoreAnchor
from modeladmit.core.workload import (
    Guard,
    InlineCredential,
    Role,
    Undetermined,
    UndeterminedReason,
)
from tests.building import (
    COMMIT,
    DIGEST,
    FIELD,
    NOW,
    OTHER_DIGEST,
    SITUATION,
    TAGGED,
    artifact,
    authority,
    exemption,
    facts,
    key,
    policy,
    sheet,
    signature,
    signed_by,
    use,
    workload,
)

HUB = "hf://o/n"
OTHER_COMMIT = "b" * 40
GUARD_IMAGE = Digest.sha256(b"guard")
GUARD = Guard(
    "guard",
    FIELD,
    f"registry.example.com/modeladmit@{GUARD_IMAGE}",
    str(OTHER_DIGEST),
    "/models",
    volume="models",
)
GUARDED = replace(SITUATION, guard_images=frozenset({GUARD_IMAGE}))
CLAIM = use("pvc://claim/llama", mount_path="/models/llama", volume="models/llama")
OUTAGE = FactSheet(gap=Gap("SourceUnavailable", "it does not answer", transient=True))
DENIED_DIGEST = Revocation("backdoor", digest=OTHER_DIGEST)
DENIED_NAME = Revocation("squatter", pattern=ModelPattern.parse("hf://evil/**"))


def verdict(*uses, policies=(), exemptions=(), known=None, situation=SITUATION, **changes):
    jurisdiction = Jurisdiction(policies, situation.namespace_labels, situation.namespace)
    return judge(
        workload(*uses, **changes), jurisdiction, exemptions, known or Facts(), situation, NOW
    )


def codes(found):
    return [finding.code for finding in found.findings]


def updating(*uses, **changes):
    return replace(SITUATION, operation=Operation.UPDATE, old=workload(*uses, **changes))


@pytest.mark.parametrize("good_first", [True, False])
def test_an_exemption_by_digest_excuses_that_digest_and_no_other_revision(good_first):
    """Attack: name an exempted revision beside another one of the same repository."""
    good, evil = use(HUB, COMMIT), use(HUB, OTHER_COMMIT)
    known = Facts(
        {
            good.reference.key: FactSheet(artifact(HUB, digest=DIGEST)),
            evil.reference.key: FactSheet(artifact(HUB, digest=OTHER_DIGEST)),
        }
    )
    excused = exemption("SignatureMissing", patterns=(), digests=frozenset({DIGEST}))
    uses = (good, evil) if good_first else (evil, good)
    found = verdict(*uses, policies=[signed_by("release")], exemptions=[excused], known=known)
    assert ["SignatureMissing"] == [finding.code for finding in found.denials]
    assert {str(DIGEST), str(OTHER_DIGEST)} == set(found.digests.values())


def test_an_exemption_of_one_policy_does_not_open_a_closed_namespace():
    closed = replace(SITUATION, closed=True)
    narrow = exemption("NotCovered", policies=frozenset({"production"}))
    assert not verdict(use(), exemptions=[narrow], situation=closed).allowed


@pytest.mark.parametrize("gap", [OUTAGE, FactSheet(gap=Gap("AccessDenied", "it asks who we are"))])
def test_a_revoked_digest_is_not_admitted_because_nobody_could_look(gap):
    strict = policy(Requirements(pinning=Pin.REVISION), deny=(DENIED_DIGEST,))
    found = verdict(use(HUB, COMMIT), policies=[strict], known=facts(gap, HUB, COMMIT))
    assert [gap.gap.code] == codes(found)
    assert not found.allowed


@pytest.mark.parametrize(
    "scope",
    [
        {"models": (ModelPattern.parse("hf://meta-llama/*"),)},
        {"except_models": (ModelPattern.parse("hf://evil/*"),)},
    ],
)
def test_a_revocation_holds_in_every_selected_namespace_whatever_models_the_policy_judges(scope):
    strict = policy(Requirements(pinning=Pin.REVISION), deny=(DENIED_NAME,), **scope)
    found = verdict(use("hf://evil/x", COMMIT), policies=[strict])
    assert ["Revoked"] == codes(found)


def test_a_revoked_digest_is_looked_for_behind_models_that_the_policy_does_not_judge():
    strict = policy(
        models=(ModelPattern.parse("hf://meta-llama/*"),), deny=(Revocation("bad", digest=DIGEST),)
    )
    tagged = use(TAGGED)
    questions = plan(workload(tagged), Jurisdiction([strict]), SITUATION)
    assert [tagged.reference] == [question.reference for question in questions]
    assert ["Revoked"] == codes(
        verdict(tagged, policies=[strict], known=facts(sheet(uri=TAGGED), TAGGED))
    )
    assert verdict(tagged, policies=[strict], known=facts(OUTAGE, TAGGED)).allowed


@pytest.mark.parametrize(
    "require",
    [
        Requirements(formats=frozenset({Format.SAFETENSORS})),
        Requirements(model_ref=True),
        Requirements(remote_code=RemoteCode.DENY),
        Requirements(signatures=Threshold(1, ("release",))),
    ],
)
def test_a_guard_does_not_show_what_is_inside_a_volume(require):
    """Attack: a guard whose `--expect` the author chose would let any format and any code in."""
    found = verdict(CLAIM, policies=[policy(require)], situation=GUARDED, guards=(GUARD,))
    assert ["NotResolvable"] == codes(found)


def test_a_guard_pins_what_a_volume_holds():
    asked = policy(Requirements(pinning=Pin.DIGEST))
    assert verdict(CLAIM, policies=[asked], situation=GUARDED, guards=(GUARD,)).allowed
    stranger = replace(GUARD, image=f"registry.example.com/other@{DIGEST}")
    assert not verdict(CLAIM, policies=[asked], situation=GUARDED, guards=(stranger,)).allowed


def test_a_guard_that_expects_a_revoked_digest_is_a_revoked_model():
    strict = policy(Requirements(pinning=Pin.DIGEST), deny=(DENIED_DIGEST,))
    found = verdict(CLAIM, policies=[strict], situation=GUARDED, guards=(GUARD,))
    assert ["Revoked"] == codes(found)


def test_a_place_without_identity_is_reported_once():
    both = policy(Requirements(pinning=Pin.DIGEST, formats=frozenset({Format.SAFETENSORS})))
    assert ["NotResolvable"] == codes(verdict(CLAIM, policies=[both]))


UNDETERMINED = Undetermined(UndeterminedReason.SHELL, FIELD, "eval hides what runs", "vllm")


def test_what_cannot_be_determined_is_judged_again_when_its_container_has_another_image():
    """Attack: an update that leaves the unreadable text as it is and swaps the image that holds the model."""
    runtime = use("oci://r.example.com/server:1", role=Role.RUNTIME)
    other = use("oci://r.example.com/server:2", role=Role.RUNTIME)
    elsewhere = use("oci://r.example.com/sidecar:2", role=Role.RUNTIME, container="sidecar")
    stored = updating(runtime, undetermined=(UNDETERMINED,))
    again = {"policies": [policy()], "undetermined": (UNDETERMINED,), "situation": stored}
    assert verdict(runtime, **again).allowed
    assert verdict(runtime, elsewhere, **again).allowed
    assert not verdict(other, **again).allowed


def test_an_update_that_adds_a_credential_or_drops_the_guard_is_judged_by_who_asks_for_them():
    token = InlineCredential("Hugging Face token", FIELD, "vllm")
    guarded = updating(CLAIM, guards=(GUARD,), credentials=())
    asks = policy(Requirements(inline_credentials=True, verify_at_load=True))
    unasking = policy(Requirements(pinning=Pin.DIGEST))
    for changes in ({"guards": (GUARD,), "credentials": (token,)}, {"guards": ()}):
        assert not verdict(CLAIM, policies=[asks], situation=guarded, **changes).allowed
        assert verdict(CLAIM, policies=[unasking], situation=guarded, **changes).allowed
    moved = replace(GUARD, field=FIELD / 1)
    assert verdict(CLAIM, policies=[asks], situation=guarded, guards=(moved,)).allowed


@pytest.mark.parametrize(
    "obstacle", [{"policies": [policy(problems=("gone",))]}, {"unsynced": True}]
)
def test_an_update_that_changes_no_use_is_not_held_up(obstacle):
    """Scaling down and restarting must work while policies are unknown or broken."""
    stored = replace(
        updating(use(TAGGED), undetermined=(UNDETERMINED,)),
        synced=not obstacle.get("unsynced", False),
    )
    same = verdict(
        use(TAGGED),
        policies=obstacle.get("policies", ()),
        undetermined=(UNDETERMINED,),
        situation=stored,
    )
    assert same.allowed
    assert not verdict(
        use(TAGGED), use(HUB), policies=obstacle.get("policies", ()), situation=stored
    ).allowed


class Corporate:
    def matches(self, text):
        return text.endswith("@corp.example")


ROOT = SigstoreAnchor(b"root")


def keyless(name, subject, anchor=ROOT):
    return Authority(name, (anchor,), (Identity(subject, ExactText("https://issuer")),))


def signed(name, at=NOW, anchor=ROOT):
    signer = CertificateSigner((name,), "https://issuer", anchor.digest)
    return Attestation(signer, (DIGEST,), None, signed_at=at)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_voices_are_counted_as_they_fit_together_and_not_by_the_latest(order):
    """Another good signature never turns an allowance into a denial."""
    both = policy(
        Requirements(signatures=Threshold(2, ("anybody", "alice"))),
        authorities={
            "anybody": keyless("anybody", Corporate()),
            "alice": keyless("alice", ExactText("alice@corp.example")),
        },
    )
    early, late = NOW - timedelta(hours=1), NOW
    times = (early, late) if order == (0, 1) else (late, early)
    found = [signed("bob@corp.example", times[0]), signed("alice@corp.example", times[1])]
    assert verdict(use(), policies=[both], known=facts(sheet(*found))).allowed
    assert not verdict(use(), policies=[both], known=facts(sheet(found[1]))).allowed


def test_one_person_under_two_trust_roots_is_one_voice():
    """Attack: one signature verifies under two copies of a trusted root that differ in a byte."""
    copy = SigstoreAnchor(b"root ")
    subject = ExactText("alice@corp.example")
    both = policy(
        Requirements(signatures=Threshold(2, ("a", "b"))),
        authorities={"a": keyless("a", subject), "b": keyless("b", subject, copy)},
    )
    found = [signed(subject.value), signed(subject.value, anchor=copy)]
    denied = verdict(use(), policies=[both], known=facts(sheet(*found)))
    assert ["SignatureMissing"] == codes(denied)
    assert "1 of 2 signatures needed" in denied.findings[0].message


CORP = CertificateAnchor(b"corporate roots")


def certified(name, its_key):
    """Signed with a certificate of the corporation for this name and key."""
    signer = CertificateSigner((name,), None, CORP.digest, f"CN={name}", key=its_key)
    return Attestation(signer, (DIGEST,), None)


@pytest.mark.parametrize(
    ("found", "allowed"),
    [
        ([signature("release"), certified("ann", OTHER_DIGEST)], True),
        ([signature("release"), certified("ann", key("release").fingerprint)], False),
        (
            [
                signature("release"),
                certified("ann", OTHER_DIGEST),
                certified("ann", key("release").fingerprint),
            ],
            False,
        ),
    ],
    ids=["two people", "one key, bare and certified", "one person with two certificates"],
)
def test_a_key_and_a_certificate_for_it_are_one_voice(found, allowed):
    """Whoever holds the release key must not get a second vote by having it certified."""
    corporate = Authority("corp", (CORP,), (Identity(ExactText("ann"), None),))
    both = policy(
        Requirements(signatures=Threshold(2, ("release", "corp"))),
        authorities={"release": authority("release"), "corp": corporate},
    )
    assert allowed == verdict(use(), policies=[both], known=facts(sheet(*found))).allowed


def test_a_time_that_another_policys_authorities_vouch_for_is_not_believed():
    """Two policies name one key, but only the lax one believes the clock that the statement came with."""
    key = KeyAnchor(b"release", Digest.sha256(b"release"))
    clocked = replace(key, trusted_root=b"somebody's clock")
    requirement = AttestationRequirement("t", Threshold(1, ("k",)), max_age=timedelta(hours=1))
    strict = policy(
        Requirements(attestations=(requirement,)), authorities={"k": Authority("k", (key,))}
    )
    statement = Attestation(
        KeySigner(key.fingerprint, clocked.digest), (DIGEST,), "t", signed_at=NOW
    )
    known = facts(sheet(statement))
    assert not verdict(use(), policies=[strict], known=known).allowed
    lax = replace(strict, authorities={"k": Authority("k", (clocked,))})
    assert verdict(use(), policies=[lax], known=known).allowed


@pytest.mark.parametrize("elsewhere", ["evil/code", "evil/code@main", f"evil/code@{COMMIT}"])
def test_a_publisher_cannot_claim_that_his_code_elsewhere_is_pinned(elsewhere):
    brings = artifact(executables=(Executable("auto_map", "config.json", elsewhere=elsewhere),))
    pinned = policy(Requirements(remote_code=RemoteCode.PINNED))
    found = verdict(use(), policies=[pinned], known=facts(sheet(artifact=brings)))
    assert ["UnpinnedCode"] == codes(found)


def test_what_was_let_through_unverified_is_not_called_satisfied():
    lenient = replace(
        signed_by("release"),
        on_error=Reaction.WARN,
        models=(ModelPattern.parse("oci://registry.example.com/**"),),
    )
    assert ["SourceUnavailable"] == codes(verdict(use(), policies=[lenient], known=facts(OUTAGE)))


def test_comparing_an_update_with_what_is_stored_takes_one_look_a_use():
    """A thousand uses on either side are compared by hash: counted, not timed."""
    looks = 0

    class Counted(str):
        __slots__ = ()

        def __eq__(self, other):
            nonlocal looks
            looks += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    def uses(suffix):
        return [use(TAGGED, text=Counted(f"{number}{suffix}")) for number in range(200)]

    verdict(*uses("new"), situation=updating(*uses("old")))
    assert looks < 2000


def test_what_rests_on_an_unreachable_store_says_so():
    """Law 6: a verified digest survives an outage, and whoever looks must see that it did."""
    known = facts(sheet(signature("release"), stale=True))
    found = verdict(use(), policies=[signed_by("release")], known=known)
    assert found.allowed
    assert "its store cannot be reached; this was proven before" in found.findings[0].message


def test_a_statement_of_the_far_future_is_not_fresh():
    """A clock that is a day ahead would keep a result fresh for a day longer than the policy says."""
    requirement = AttestationRequirement("t", Threshold(1, ("eval",)), max_age=timedelta(hours=1))
    strict = replace(signed_by("eval"), require=Requirements(attestations=(requirement,)))

    def judged(signed_at):
        statement = signature("eval", predicate_type="t", signed_at=signed_at)
        return verdict(use(), policies=[strict], known=facts(sheet(statement)))

    assert judged(NOW + timedelta(minutes=4)).allowed
    assert ["AttestationStale"] == codes(judged(NOW + timedelta(days=1)))


def test_findings_stand_in_the_order_of_the_object():
    uses = [use(TAGGED, field=FieldPath.parse(f"spec.containers[{number}]")) for number in (10, 2)]
    found = verdict(*uses, policies=[policy(Requirements(pinning=Pin.DIGEST))])
    assert [2, 10] == [finding.field.steps[-1] for finding in found.findings]
