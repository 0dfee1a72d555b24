"""What denies, what warns, what is skipped, and what people are told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from modeladmit.core.authority import Authority, ExactText, Identity
from modeladmit.core.content_digest import content_digest
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    ArtifactFile,
    Executable,
    Format,
    Gap,
    ManifestEntry,
    Rejection,
)
from modeladmit.core.facts import Facts, FactSheet
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.judge import judge
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.patch import PinEdit
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.pin import Pin
from modeladmit.core.policy import (
    PROMOTION_PREDICATE,
    AttestationRequirement,
    Mode,
    Reaction,
    RemoteCode,
    Requirements,
    Revocation,
    Stage,
    StageRequirement,
    Threshold,
)
from modeladmit.core.selector import LabelOperator, LabelRequirement, LabelSelector
from modeladmit.core.situation import DeclaredModel, Operation, Situation
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.core.verdict import Outcome
from modeladmit.core.workload import (
    Carrier,
    Endpoint,
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
    PINNED,
    SITUATION,
    TAGGED,
    artifact,
    authority,
    exemption,
    facts,
    policy,
    reference,
    sheet,
    signature,
    signed_by,
    use,
    workload,
)

OMS = "https://model_signing/signature/v1.0"
UNDETERMINED = Undetermined(UndeterminedReason.SHELL, FIELD, "eval hides what runs", "vllm")


def verdict(*uses, policies=(), exemptions=(), known=None, situation=SITUATION, **workload_changes):
    jurisdiction = Jurisdiction(policies, situation.namespace_labels, situation.namespace)
    return judge(
        workload(*uses, **workload_changes),
        jurisdiction,
        exemptions,
        known or Facts(),
        situation,
        NOW,
    )


def codes(found):
    return [finding.code for finding in found.findings]


def test_without_a_policy_an_open_namespace_allows():
    assert verdict(use()).allowed


def test_without_a_policy_a_closed_namespace_denies_and_names_the_model():
    found = verdict(use(), situation=replace(SITUATION, closed=True))
    assert not found.allowed
    assert ["NotCovered"] == codes(found)
    assert PINNED in found.findings[0].message


WRITES = policy(Requirements(pinning=Pin.DIGEST), write_pins=True)
EDIT = PinEdit("replace", FIELD, "TAG@{digest}", "TAG@{digest}")


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.WARN),
        ({"loads_models": True}, Outcome.FAIL),
        ({"writes_pins": False}, Outcome.FAIL),
        ({"asked": policy(Requirements(pinning=Pin.DIGEST))}, Outcome.FAIL),
        ({"edits": ()}, Outcome.FAIL),
        ({"known": Facts()}, Outcome.FAIL),
    ],
    ids=["a template", "a Pod", "a cluster that writes none", "Never", "no syntax", "not resolved"],
)
def test_a_template_whose_pods_are_pinned_is_only_warned(changes, outcome):
    """GitOps keeps the tag; what is created from it is pinned, and judged as such."""
    found = verdict(
        use(TAGGED, pin_edits=changes.get("edits", (EDIT,))),
        policies=[changes.get("asked", WRITES)],
        known=changes.get("known", facts(sheet(uri=TAGGED), TAGGED)),
        situation=replace(SITUATION, writes_pins=changes.get("writes_pins", True)),
        loads_models=changes.get("loads_models", False),
    )
    (finding,) = found.findings
    assert ("MutableReference", outcome) == (finding.code, finding.outcome)


def test_in_a_closed_namespace_the_container_image_needs_no_policy():
    found = verdict(use(role=Role.RUNTIME), situation=replace(SITUATION, closed=True))
    assert found.allowed


@pytest.mark.parametrize("mode", [Mode.WARN, Mode.AUDIT])
def test_warn_and_audit_do_not_cover_a_closed_namespace(mode):
    found = verdict(use(), policies=[policy(mode=mode)], situation=replace(SITUATION, closed=True))
    assert "NotCovered" in codes(found)


def test_a_mutable_reference_is_denied_with_what_it_is_today_and_the_text_to_paste():
    edit = PinEdit(
        "replace",
        FIELD,
        "registry.example.com/models/llama:v1@{digest}",
        "registry.example.com/models/llama:v1@{digest}",
    )
    found = verdict(
        use(TAGGED, pin_edits=(edit,)),
        policies=[policy(Requirements(pinning=Pin.DIGEST))],
        known=facts(sheet(uri=TAGGED), TAGGED),
    )
    finding = found.denials[0]
    assert "MutableReference" == finding.code
    assert (
        f'oci://registry.example.com/models/llama:v1 at "v1" can change; today it is {DIGEST}'
        == finding.message
    )
    assert f"registry.example.com/models/llama:v1@{DIGEST}" == finding.fix
    assert {TAGGED: str(DIGEST)} == found.digests


def test_a_branch_is_denied_with_the_commit_it_is_today():
    uri = "hf://meta-llama/Llama-3.1-8B-Instruct"
    edit = PinEdit("add", FIELD, "--revision={revision}", "--revision={revision}")
    found = verdict(
        use(uri, pin_edits=(edit,)),
        policies=[policy(Requirements(pinning=Pin.REVISION))],
        known=facts(sheet(artifact=artifact(uri, digest=None, resolved=COMMIT)), uri),
    )
    assert f'{uri} at "main" can change; today it is {COMMIT}' == found.denials[0].message
    assert f"--revision={COMMIT}" == found.denials[0].fix


def test_a_mutable_reference_is_denied_although_the_store_is_away():
    found = verdict(use(TAGGED), policies=[policy(Requirements(pinning=Pin.DIGEST))])
    assert ["MutableReference"] == codes(found)


def test_a_commit_satisfies_revision_and_not_digest():
    commit = use("hf://o/n", COMMIT)
    assert verdict(commit, policies=[policy(Requirements(pinning=Pin.REVISION))]).allowed
    assert not verdict(commit, policies=[policy(Requirements(pinning=Pin.DIGEST))]).allowed


def test_a_pin_in_a_mutable_carrier_is_no_pin():
    found = verdict(
        use(carrier=Carrier.CONFIG_MAP), policies=[policy(Requirements(pinning=Pin.DIGEST))]
    )
    assert ["MutableCarrier"] == codes(found)


def test_a_place_without_identity_is_denied_where_a_pin_is_asked():
    found = verdict(use("pvc://claim/llama"), policies=[policy(Requirements(pinning=Pin.REVISION))])
    assert ["NotResolvable"] == codes(found)


def test_a_source_outside_the_list_is_denied_and_the_list_is_shown():
    require = Requirements(sources=(ModelPattern.parse("oci://registry.example.com/approved/**"),))
    found = verdict(use(), policies=[policy(require)])
    assert ["SourceNotAllowed"] == codes(found)
    assert "oci://registry.example.com/approved/**" in found.findings[0].message


def test_a_lookalike_source_names_the_original():
    require = Requirements(sources=(ModelPattern.parse("hf://meta-llama/*"),))
    found = verdict(use("hf://meta-1lama/Llama"), policies=[policy(require)])
    assert ["Lookalike"] == codes(found)
    assert "hf://meta-llama/llama" in found.findings[0].fix


def test_a_policy_also_covers_what_is_confusable_with_its_models():
    narrow = policy(models=(ModelPattern.parse("hf://meta-llama/*"),))
    found = verdict(use("hf://meta-Ilama/Llama"), policies=[narrow])
    assert ["Lookalike"] == codes(found)


def test_a_setting_that_changes_what_a_name_means_is_denied_unless_it_is_listed():
    moved = use(
        "hf://o/n",
        COMMIT,
        endpoints=(Endpoint("HF_ENDPOINT", "https://mirror.example.com", FIELD),),
    )
    assert ["EndpointOverridden"] == codes(verdict(moved, policies=[policy()]))
    trusted = replace(SITUATION, trusted_endpoints=frozenset({"https://mirror.example.com"}))
    assert verdict(moved, policies=[policy()], situation=trusted).allowed


def test_a_signature_by_a_named_authority_is_enough():
    found = verdict(
        use(), policies=[signed_by("release")], known=facts(sheet(signature("release")))
    )
    assert found.allowed
    assert ["Satisfied"] == codes(found)


def test_an_unsigned_model_is_denied_with_the_command_that_signs_it():
    found = verdict(use(), policies=[signed_by("release", "ci")], known=facts(sheet()))
    assert ["SignatureMissing"] == codes(found)
    assert f"{PINNED}: no signature by any of release, ci" == found.findings[0].message
    assert (
        f"cosign sign --key KEY registry.example.com/models/llama:v1@{DIGEST}  # as release (its key) or ci (its key)"
        == found.findings[0].fix
    )


def test_a_denial_says_who_signed_instead():
    stranger = signature("stranger")
    found = verdict(use(), policies=[signed_by("release")], known=facts(sheet(stranger)))
    assert (
        f"; found 1: signed by an unknown key ({stranger.signer.fingerprint.short})"
        in found.findings[0].message
    )


def test_a_denial_says_which_step_of_verification_failed():
    broken = Rejection("sha256:1", "signature", "the signature does not verify", "key 1234")
    found = verdict(
        use(), policies=[signed_by("release")], known=facts(sheet(rejections=(broken,)))
    )
    assert (
        "found 1: signature: the signature does not verify (says to be signed by key 1234)"
        in found.findings[0].message
    )


def test_a_signature_of_another_digest_does_not_count():
    found = verdict(
        use(),
        policies=[signed_by("release")],
        known=facts(sheet(signature("release", OTHER_DIGEST))),
    )
    assert not found.allowed
    assert "by release: it is about another digest" in found.findings[0].message


def test_an_attestation_of_something_else_is_not_a_signature():
    other = signature("release", predicate_type="https://slsa.dev/provenance/v1")
    assert not verdict(use(), policies=[signed_by("release")], known=facts(sheet(other))).allowed


def test_ten_signatures_by_one_key_are_one_voice():
    found = verdict(
        use(), policies=[signed_by("a", "b", minimum=2)], known=facts(sheet(*[signature("a")] * 10))
    )
    assert not found.allowed
    assert "1 of 2 signatures needed from a, b; signed by a" in found.findings[0].message


def test_one_key_under_two_names_is_one_voice():
    twice = signed_by("a", "b", minimum=2)
    twice = replace(
        twice, authorities={"a": authority("a"), "b": replace(authority("a"), name="b")}
    )
    assert not verdict(use(), policies=[twice], known=facts(sheet(signature("a")))).allowed


def test_two_authorities_reach_two_of_three():
    found = verdict(
        use(),
        policies=[signed_by("a", "b", "c", minimum=2)],
        known=facts(sheet(signature("a"), signature("c"))),
    )
    assert found.allowed


def test_a_threshold_of_nothing_is_never_reached():
    empty = policy(Requirements(signatures=Threshold(0, ())))
    assert not verdict(use(), policies=[empty], known=facts(sheet(signature("a")))).allowed


def test_an_authority_does_not_vouch_for_other_models():
    bound = replace(
        signed_by("release"),
        authorities={"release": authority("release", "oci://registry.example.com/other/*")},
    )
    found = verdict(use(), policies=[bound], known=facts(sheet(signature("release"))))
    assert "may not vouch for oci://registry.example.com/models/llama" in found.findings[0].message


def test_a_certificate_without_trusted_time_counts_until_it_expires():
    young = signature("release", valid_until=NOW + timedelta(seconds=1))
    old = signature("release", valid_until=NOW - timedelta(seconds=1))
    assert verdict(use(), policies=[signed_by("release")], known=facts(sheet(young))).allowed
    assert not verdict(use(), policies=[signed_by("release")], known=facts(sheet(old))).allowed


def test_every_matching_policy_must_pass():
    found = verdict(
        use(),
        policies=[signed_by("release", name="one"), signed_by("board", name="two")],
        known=facts(sheet(signature("release"))),
    )
    assert ["two"] == [finding.policy for finding in found.denials]


def test_all_findings_are_reported():
    require = Requirements(
        pinning=Pin.DIGEST,
        sources=(ModelPattern.parse("hf://o/*"),),
        signatures=Threshold(1, ("a",)),
    )
    found = verdict(
        use(TAGGED),
        policies=[policy(require, authorities={"a": authority("a")})],
        known=facts(sheet(uri=TAGGED), TAGGED),
    )
    assert {"MutableReference", "SourceNotAllowed", "SignatureMissing"} == set(codes(found))


@pytest.mark.parametrize("mode", list(Mode))
def test_warn_and_audit_find_the_same(mode):
    found = verdict(use(TAGGED), policies=[policy(Requirements(pinning=Pin.DIGEST), mode=mode)])
    assert ["MutableReference"] == codes(found)
    assert (mode is not Mode.ENFORCE) == found.allowed
    assert (mode is Mode.WARN) == bool(found.warnings)
    assert (mode is not Mode.ENFORCE) == bool(found.would_deny)


def test_a_selector_that_does_not_match_leaves_the_namespace_alone():
    selector = LabelSelector((LabelRequirement("team", LabelOperator.IN, ("b",)),))
    strict = policy(Requirements(pinning=Pin.DIGEST), selector=selector)
    assert verdict(use(TAGGED), policies=[strict]).allowed
    labelled = replace(SITUATION, namespace_labels={"team": "b"})
    assert not verdict(use(TAGGED), policies=[strict], situation=labelled).allowed


def test_a_policy_that_does_not_compile_denies_what_it_selects():
    broken = policy(problems=("spec.authorities[0].key: no such Secret",))
    found = verdict(use(), policies=[broken])
    assert ["PolicyInvalid"] == codes(found)
    assert "spec.authorities[0].key: no such Secret" in found.findings[0].message


def test_unknown_policies_deny():
    assert not verdict(use(), situation=replace(SITUATION, synced=False)).allowed


def test_an_object_without_models_is_not_held_up_by_unknown_policies():
    assert verdict(situation=replace(SITUATION, synced=False)).allowed


def test_an_outage_denies_and_says_so():
    gap = FactSheet(
        gap=Gap("SourceUnavailable", "registry.example.com does not answer", transient=True)
    )
    found = verdict(use(), policies=[signed_by("release")], known=facts(gap))
    assert [("SourceUnavailable", "error")] == [(f.code, f.outcome) for f in found.denials]


def test_on_error_warn_lets_an_outage_of_a_named_host_through_and_counts_it():
    gap = FactSheet(
        gap=Gap("SourceUnavailable", "registry.example.com does not answer", transient=True)
    )
    lenient = replace(
        signed_by("release"),
        on_error=Reaction.WARN,
        models=(ModelPattern.parse("oci://registry.example.com/**"),),
    )
    found = verdict(use(), policies=[lenient], known=facts(gap))
    assert found.allowed
    assert [True] == [finding.fail_open for finding in found.warnings]


def test_on_error_warn_does_not_let_through_an_outage_of_a_host_that_nobody_named():
    gap = FactSheet(gap=Gap("SourceUnavailable", "it does not answer", transient=True))
    assert not verdict(
        use(), policies=[replace(signed_by("release"), on_error=Reaction.WARN)], known=facts(gap)
    ).allowed


def test_on_error_warn_does_not_excuse_what_a_publisher_can_cause():
    gap = FactSheet(gap=Gap("ArtifactNotFound", "no such tag"))
    lenient = replace(
        signed_by("release"),
        on_error=Reaction.WARN,
        models=(ModelPattern.parse("oci://registry.example.com/**"),),
    )
    assert not verdict(use(), policies=[lenient], known=facts(gap)).allowed


def test_evidence_that_cannot_be_read_is_not_absence():
    gap = Gap("SourceUnavailable", "the referrers cannot be read", transient=True)
    found = verdict(use(), policies=[signed_by("release")], known=facts(sheet(evidence_gap=gap)))
    assert ["SourceUnavailable"] == codes(found)


def test_a_format_outside_the_list_is_denied_by_file_name():
    pickle = ArtifactFile("pytorch_model.bin", 1, DIGEST, Format.PICKLE)
    known = facts(sheet(artifact=artifact(files=(pickle,))))
    found = verdict(
        use(), policies=[policy(Requirements(formats=frozenset({Format.SAFETENSORS})))], known=known
    )
    assert "holds Pickle (pytorch_model.bin); allowed are Safetensors" in found.findings[0].message


def test_an_artifact_without_a_file_list_has_no_allowed_format():
    known = facts(sheet(artifact=artifact(files=())))
    assert not verdict(
        use(), policies=[policy(Requirements(formats=frozenset({Format.SAFETENSORS})))], known=known
    ).allowed


def test_remote_code_is_denied_by_flag_and_by_content():
    deny = policy(Requirements(remote_code=RemoteCode.DENY))
    assert ["RemoteCode"] == codes(
        verdict(use(runs_code=True), policies=[deny], known=facts(sheet()))
    )
    brings = artifact(executables=(Executable("auto_map", "config.json"),))
    assert ["RemoteCode"] == codes(
        verdict(use(), policies=[deny], known=facts(sheet(artifact=brings)))
    )


def test_code_from_another_repository_is_never_pinned_by_the_model():
    elsewhere = artifact(
        executables=(Executable("auto_map", "config.json", elsewhere="other/repo"),)
    )
    pinned = policy(Requirements(remote_code=RemoteCode.PINNED))
    assert ["UnpinnedCode"] == codes(
        verdict(use(), policies=[pinned], known=facts(sheet(artifact=elsewhere)))
    )


def test_a_model_without_a_modelref_is_denied_where_one_is_required():
    declared = DeclaredModel("llama", reference(TAGGED), DIGEST)
    required = policy(Requirements(model_ref=True))
    assert ["UndeclaredModel"] == codes(verdict(use(), policies=[required], known=facts(sheet())))
    situation = replace(SITUATION, declared=(declared,))
    assert verdict(use(), policies=[required], known=facts(sheet()), situation=situation).allowed
    moved = replace(SITUATION, declared=(replace(declared, digest=OTHER_DIGEST),))
    assert not verdict(use(), policies=[required], known=facts(sheet()), situation=moved).allowed


def test_an_inline_credential_is_denied_where_it_stands():
    field = FieldPath.parse("spec.containers[0].env[0].value")
    found = verdict(
        use(),
        policies=[policy(Requirements(inline_credentials=True))],
        credentials=(InlineCredential("Hugging Face token", field),),
    )
    assert [("InlineCredential", field)] == [(f.code, f.field) for f in found.denials]


@pytest.mark.parametrize(
    ("uri", "revision", "says"),
    [
        ("hf://a/b", None, 'at "main" can change'),
        ("hf://a/b", "v1.0", 'at "v1.0" can change'),
        ("hf://a/b", "0e9e39f", 'at "0e9e39f" can change: it is no whole commit'),
        ("hf://a/b", "feedface", 'at "feedface" can change'),
        ("s3://bucket-a/key", None, "names no version, so it can change"),
        ("oci://r.example.com/m", None, 'at "latest" can change'),
    ],
)
def test_a_weak_pin_is_told_for_what_it_is(uri, revision, says):
    found = verdict(use(uri, revision), policies=[policy(Requirements(pinning=Pin.REVISION))])
    assert [f"{uri} {says}"] == [finding.message for finding in found.denials]


@pytest.mark.parametrize("reason", list(UndeterminedReason))
def test_the_cure_of_what_cannot_be_determined_fits_its_reason(reason):
    """Whoever named a model badly is not told to name one."""
    unread = replace(UNDETERMINED, reason=reason)
    (finding,) = verdict(policies=[policy()], undetermined=(unread,)).denials
    named = reason in {
        UndeterminedReason.INVALID,
        UndeterminedReason.RUNTIME_LOADING,
        UndeterminedReason.UNKNOWN_VERSION,
        UndeterminedReason.LIMIT,
    }
    assert named != (finding.fix or "").startswith("name the model and its revision")


TOKEN = InlineCredential(
    "Hugging Face token", FieldPath.parse("spec.containers[0].env[0].value"), "vllm"
)


def test_an_inline_credential_is_told_once_however_many_models_there_are():
    found = verdict(
        use(),
        use(role=Role.TOKENIZER),
        policies=[policy(Requirements(inline_credentials=True))],
        credentials=(TOKEN,),
    )
    assert [("InlineCredential", "vllm")] == [(f.code, f.container) for f in found.denials]


def test_an_inline_credential_is_denied_beside_what_cannot_be_determined():
    """A token does not become secret because nobody can say which model it is for."""
    lenient = policy(Requirements(inline_credentials=True), undetermined=Reaction.WARN)
    found = verdict(policies=[lenient], credentials=(TOKEN,), undetermined=(UNDETERMINED,))
    assert ["InlineCredential"] == [finding.code for finding in found.denials]


def test_a_revoked_digest_is_denied_and_no_exemption_helps():
    strict = policy(deny=(Revocation("CVE-2026-1", digest=DIGEST),))
    found = verdict(
        use(), policies=[strict], exemptions=[exemption("Revoked")], known=facts(sheet())
    )
    assert ["Revoked"] == codes(found)
    assert not found.allowed


class Passed:
    text = 'predicate.result == "PASSED"'
    message = "evaluation did not pass"

    def holds(self, predicate):
        return predicate == {"result": "PASSED"}


TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"


def evaluated(**changes):
    requirement = AttestationRequirement(
        TEST_RESULT, Threshold(1, ("eval",)), rules=(Passed(),), **changes
    )
    return policy(
        Requirements(attestations=(requirement,)), authorities={"eval": authority("eval")}
    )


def test_a_missing_attestation_is_denied():
    assert ["AttestationMissing"] == codes(
        verdict(use(), policies=[evaluated()], known=facts(sheet()))
    )


def test_an_attestation_whose_predicate_says_no_is_denied_with_the_rules_message():
    failed = signature("eval", predicate_type=TEST_RESULT, predicate={"result": "FAILED"})
    found = verdict(use(), policies=[evaluated()], known=facts(sheet(failed)))
    assert ["AttestationRuleFailed"] == codes(found)
    assert "evaluation did not pass" in found.findings[0].message


def test_a_good_attestation_beside_a_bad_one_is_enough():
    results = [
        signature("eval", predicate_type=TEST_RESULT, predicate={"result": text})
        for text in ("FAILED", "PASSED")
    ]
    assert verdict(use(), policies=[evaluated()], known=facts(sheet(*results))).allowed


@pytest.mark.parametrize(
    ("signed_at", "code"),
    [
        (None, "AttestationStale"),
        (NOW - timedelta(hours=3), "AttestationStale"),
        (NOW, "Satisfied"),
    ],
)
def test_an_old_attestation_or_one_without_trusted_time_is_stale(signed_at, code):
    result = signature(
        "eval", predicate_type=TEST_RESULT, predicate={"result": "PASSED"}, signed_at=signed_at
    )
    found = verdict(
        use(), policies=[evaluated(max_age=timedelta(hours=2))], known=facts(sheet(result))
    )
    assert [code] == codes(found)


@pytest.mark.parametrize(
    ("stage", "allowed"),
    [("Production", True), ("Staging", False), ("Shiny", False), (None, False)],
)
def test_a_stage_is_proven_by_a_signed_promotion(stage, allowed):
    promoted = signature("board", predicate_type=PROMOTION_PREDICATE, predicate={"stage": stage})
    require = Requirements(stage=StageRequirement(Stage.PRODUCTION, Threshold(1, ("board",))))
    found = verdict(
        use(),
        policies=[policy(require, authorities={"board": authority("board")})],
        known=facts(sheet(promoted)),
    )
    assert allowed == found.allowed


GUARD_IMAGE = Digest.sha256(b"guard")
CONTENT = content_digest([("model.safetensors", DIGEST)])
GUARD = Guard(
    "guard",
    FIELD,
    f"registry.example.com/modeladmit@{GUARD_IMAGE}",
    str(CONTENT),
    "/models",
    volume="models",
)


@pytest.mark.parametrize(
    ("guard", "problem"),
    [
        (GUARD, None),
        (replace(GUARD, expect=str(DIGEST)), None),
        (
            replace(GUARD, image="registry.example.com/modeladmit:v1"),
            "not the guard's image by digest",
        ),
        (replace(GUARD, expect=str(OTHER_DIGEST)), "another digest than the verified one"),
        (replace(GUARD, path="/elsewhere"), "not what the server loads"),
        (replace(GUARD, volume="other"), "another volume"),
        (replace(GUARD, problems=("it runs after the server",)), "it runs after the server"),
    ],
)
def test_a_guard_counts_only_when_it_hashes_what_the_server_loads(guard, problem):
    loaded = use(mount_path="/models/llama", volume="models/llama")
    found = verdict(
        loaded,
        policies=[policy(Requirements(verify_at_load=True))],
        known=facts(sheet()),
        situation=replace(SITUATION, guard_images=frozenset({GUARD_IMAGE})),
        guards=(guard,),
    )
    assert (problem is None) == found.allowed
    if problem:
        assert problem in found.findings[0].message


def test_an_undetermined_use_denies_on_what_loads_models_and_warns_on_templates():
    strict = policy(models=(ModelPattern.parse("hf://o/*"),))
    assert not verdict(policies=[strict], undetermined=(UNDETERMINED,)).allowed
    template = verdict(policies=[strict], undetermined=(UNDETERMINED,), loads_models=False)
    assert template.allowed
    assert template.warnings
    assert verdict(
        policies=[replace(strict, undetermined=Reaction.WARN)], undetermined=(UNDETERMINED,)
    ).allowed


def test_an_undetermined_use_needs_a_policy_in_a_closed_namespace():
    assert ["NotCovered"] == codes(
        verdict(undetermined=(UNDETERMINED,), situation=replace(SITUATION, closed=True))
    )


def test_an_unchanged_use_is_skipped_on_update_and_said_so():
    stored = workload(use(TAGGED))
    situation = replace(SITUATION, operation=Operation.UPDATE, old=stored)
    found = verdict(
        use(TAGGED), policies=[policy(Requirements(pinning=Pin.DIGEST))], situation=situation
    )
    assert ["UnchangedUse"] == codes(found)
    assert found.allowed


@pytest.mark.parametrize(
    "change",
    [
        {"image": "other"},
        {"container": "other"},
        {"text": "other"},
        {"volume": "other"},
        {"engine": "other"},
        {"carrier": Carrier.SECRET},
        {"runs_code": True},
        {"endpoints": (Endpoint("HF_ENDPOINT", "https://evil.example.com", FIELD),)},
    ],
)
def test_a_use_that_changed_in_any_respect_is_judged(change):
    situation = replace(SITUATION, operation=Operation.UPDATE, old=workload(use(TAGGED)))
    found = verdict(
        use(TAGGED, **change),
        policies=[policy(Requirements(pinning=Pin.DIGEST))],
        situation=situation,
    )
    assert "UnchangedUse" not in codes(found)
    assert not found.allowed


def test_an_exemption_excuses_its_codes_until_it_expires():
    strict = policy(Requirements(pinning=Pin.DIGEST))
    assert verdict(
        use(TAGGED), policies=[strict], exemptions=[exemption("MutableReference")]
    ).allowed
    assert not verdict(
        use(TAGGED), policies=[strict], exemptions=[exemption("SignatureMissing")]
    ).allowed
    assert not verdict(
        use(TAGGED), policies=[strict], exemptions=[exemption("MutableReference", expires_at=NOW)]
    ).allowed


@pytest.mark.parametrize(
    "narrowing",
    [
        {"policies": frozenset({"other"})},
        {"namespaces": frozenset({"other"})},
        {"patterns": (ModelPattern.parse("oci://registry.example.com/other"),)},
        {"patterns": (), "digests": frozenset({OTHER_DIGEST})},
    ],
)
def test_an_exemption_excuses_nothing_outside_its_scope(narrowing):
    found = verdict(
        use(TAGGED),
        policies=[policy(Requirements(pinning=Pin.DIGEST))],
        exemptions=[exemption("MutableReference", **narrowing)],
    )
    assert not found.allowed


def test_an_exemption_opens_a_closed_namespace_for_what_it_names():
    closed = Situation(namespace="team-a", closed=True)
    assert verdict(use(), exemptions=[exemption("NotCovered")], situation=closed).allowed


def test_a_guard_cannot_prove_what_the_store_gives_no_digests_for():
    known = facts(sheet(artifact=artifact(files=(ArtifactFile("model.safetensors", 10),))))
    found = verdict(
        use(mount_path="/models/llama", volume="models/llama"),
        policies=[policy(Requirements(verify_at_load=True))],
        known=known,
        situation=replace(SITUATION, guard_images=frozenset({GUARD_IMAGE})),
        guards=(GUARD,),
    )
    assert "nothing can be compared" in found.findings[0].message


def test_a_model_signature_says_whether_bytes_were_seen_or_asserted():
    manifest = (ManifestEntry("model.safetensors", DIGEST),)
    signed = replace(signature("release"), subjects=(), manifest=manifest, predicate_type=OMS)
    asserted = verdict(use(), policies=[signed_by("release")], known=facts(sheet(signed)))
    assert asserted.allowed
    assert "bytes asserted by the store" in asserted.findings[0].message
    seen = ArtifactFile("model.safetensors", 10, DIGEST, Format.SAFETENSORS, verified=True)
    verified = verdict(
        use(),
        policies=[signed_by("release")],
        known=facts(sheet(signed, artifact=artifact(files=(seen,)))),
    )
    assert "bytes verified" in verified.findings[0].message


def test_a_certificate_that_is_not_valid_yet_does_not_count():
    early = signature("release", valid_from=NOW + timedelta(seconds=1))
    found = verdict(use(), policies=[signed_by("release")], known=facts(sheet(early)))
    assert "valid only from" in found.findings[0].message


def test_the_command_that_signs_fits_the_authority():
    keyless = Authority(
        "ci", (SigstoreAnchor(b"{}"),), (Identity(ExactText("a@b"), ExactText("https://i")),)
    )
    asked = replace(signed_by("ci"), authorities={"ci": keyless})
    found = verdict(use(), policies=[asked], known=facts(sheet()))
    fix = found.findings[0].fix
    assert fix.startswith("cosign sign registry.example.com/")
    assert fix.endswith("  # as ci (a@b from https://i)")
