"""Every refusal says which step failed, for which signer, and what would pass."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from modeladmit import errors, signatures
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind, Rejection
from modeladmit.core.judge import judge
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.policy import Requirements, Threshold
from modeladmit.core.refusals import PASSES, passes, told
from modeladmit.core.rendering import denial
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import STEPS, verify
from tests.building import NOW, SITUATION, authority, facts, policy, sheet, use, workload
from tests.doubles.signing import bundles
from tests.doubles.signing.certificates import ec_key, public_pem
from tests.doubles.signing.instance import EMAIL, SigstoreInstance
from tests.doubles.signing.keyless_vectors import FORMS, SUBJECT, VECTORS, lying
from tests.doubles.signing.keyless_vectors import signed as keyless
from tests.doubles.signing.statements import pae, statement

CURE = re.compile(
    r"cosign (sign|attest)|model_signing sign|authorities\[\]\.|--[a-z-]+|trusted root|with cosign"
)
"""A command, a field, an option or a thing that people have."""


def by_key(payload: bytes, **how) -> Rejection:
    key, other = ec_key(), ec_key()
    content = bundles.bundle(
        bundles.key_material(how.get("hint", "")),
        bundles.envelope(
            payload,
            [bundles.sign(key, pae(payload))] * how.get("count", 1),
            **({"kind": how["kind"]} if "kind" in how else {}),
        ),
    )
    anchor = parse_key(public_pem(other if how.get("stranger") else key))
    found = verify(Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here"), SUBJECT, anchor)
    assert isinstance(found, Rejection)
    return found


def refusals() -> dict[str, Rejection]:
    """One for each lie that the signing simulator can tell, and for each that a holder of a key can."""
    instance = SigstoreInstance()
    found: dict[str, Attestation | Rejection] = {
        "another key": by_key(statement(SUBJECT), stranger=True, hint="ours"),
        "two signatures": by_key(statement(SUBJECT), count=2),
        "no statement": by_key(b"{}"),
        "another digest": by_key(statement(type(SUBJECT).sha256(b"other"))),
        "no key at all": verify(
            Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"", "here"),
            SUBJECT,
            parse_key(public_pem(ec_key())),
        ),
    }
    for name, vector in VECTORS.items():
        form = vector.get("forms", FORMS)[0]
        found[name] = verify(
            keyless(instance, form, lying(vector["lie"])), SUBJECT, instance.anchor()
        )
    refused = {name: result for name, result in found.items() if isinstance(result, Rejection)}
    assert refused.keys() == found.keys()
    return refused


REFUSALS = refusals()


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_names_step_signer_and_cure(name: str) -> None:
    """In one line, for people."""
    refusal = REFUSALS[name]
    line = told(refusal)
    assert line.startswith(f"{refusal.step}: ")
    assert line.endswith(
        f"(says to be signed by {refusal.signer})" if refusal.signer else "(names no signer)"
    )
    assert CURE.search(passes(refusal)) or refusal.step in {"subject", "read"}
    assert "\n" not in line


@pytest.mark.parametrize("name", REFUSALS)
def test_a_denial_shows_all_three(name: str) -> None:
    """What reaches kubectl: the step, the signer, and a fix to paste; and what else is needed where signing again is not enough."""
    refusal = REFUSALS[name]
    asked = policy(
        Requirements(signatures=Threshold(1, ("release",))),
        authorities={"release": authority("release")},
    )
    found = judge(
        workload(use()),
        Jurisdiction([asked]),
        (),
        facts(sheet(rejections=(refusal,))),
        SITUATION,
        NOW,
    )
    text = denial(found)
    assert told(refusal)[:200] in text
    (fix,) = re.findall(r"fix: (.*)", text)
    command, _, comment = fix.partition("  # ")
    assert command.startswith("cosign sign --key KEY ")
    assert comment.startswith("as release (its key)")
    if refusal.step in {"certificate", "log", "time"}:
        assert comment.endswith(passes(refusal))


def test_a_refusal_of_a_stranger_names_the_key_that_was_tried() -> None:
    """The hint is what it claims, the fingerprint what we have."""
    found = told(REFUSALS["another key"])
    assert re.search(r"with the key sha256:[0-9a-f]{12}", found)
    assert found.endswith("(says to be signed by key hint ours)")


def test_a_key_that_signed_something_else_is_named() -> None:
    """It is proven, hint or not."""
    assert re.search(
        r"^subject: .*\(says to be signed by key sha256:[0-9a-f]{12}\)$",
        told(REFUSALS["another digest"]),
    )


def test_keyless_refusals_name_the_identity() -> None:
    """After the bundle could be read, its certificate says who."""
    late = [refusal for name, refusal in REFUSALS.items() if name in VECTORS]
    assert {EMAIL} == {refusal.signer for refusal in late if refusal.step != "parse"}


def _leaves() -> set[type]:
    return {
        found
        for _, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, errors.VerificationError) and found is not errors.VerificationError
    }


def test_every_reason_has_a_step_and_every_step_a_cure() -> None:
    """A new kind of refusal does not go without."""
    assert _leaves() == set(STEPS)
    assert set(STEPS.values()) <= set(PASSES)


def test_every_reason_is_a_sentence_of_ours() -> None:
    """No refusal is raised empty, from a foreign exception's text, or as one bare word."""
    names = {leaf.__name__ for leaf in _leaves()}
    raised = 0
    for path in Path(signatures.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            if not (isinstance(node.exc.func, ast.Name) and node.exc.func.id in names):
                continue
            raised += 1
            (message,) = node.exc.args
            words = [part.value for part in ast.walk(message) if isinstance(part, ast.Constant)]
            constant = isinstance(message, ast.Attribute | ast.Name)
            assert constant or max(len(str(word)) for word in words) > 8, (
                f"{path.name}:{node.lineno}"
            )
    assert raised > 100
