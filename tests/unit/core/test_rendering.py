"""Verdicts in words: what is too long is cut where nobody can mistake the rest for something whole."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from modeladmit.core import checks
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.policy import Mode
from modeladmit.core.rendering import (
    MAX_WARNING,
    denial,
    finding_lines,
    headline,
    plain,
    told,
    warnings,
    whole,
)
from modeladmit.core.verdict import Finding, Outcome, Verdict
from tests.building import IDENTITY

DIGEST = "sha256:" + "0123456789abcdef" * 4
COMMIT = "0e9e39f249a16976918f6564b8830bc894c89659"
HEX = re.compile(r"[0-9a-f]{8,}")


def finding(message="it can change", *, code="MutableReference", fix=None, **changes):
    return Finding(
        code,
        Outcome.FAIL,
        message,
        field=FieldPath.parse("spec.template.spec.containers[0].args[3]"),
        container="vllm",
        fix=fix,
        **{"policy": "production", "generation": 3, "mode": Mode.WARN, **changes},
    )


def warned(*findings):
    return warnings(Verdict.of(IDENTITY, findings))


def whole_ids(text):
    """Every long hexadecimal text is one that was there."""
    return set(HEX.findall(text)) <= {DIGEST.removeprefix("sha256:"), COMMIT}


@pytest.mark.parametrize("length", range(1, 160))
@pytest.mark.parametrize("identity", [DIGEST, f"registry.example.com/m@{DIGEST}", COMMIT])
def test_no_length_cuts_a_digest_in_two(identity, length):
    """A part of a digest looks like a digest, and somebody pastes it."""
    text = f"today it is {identity} and tomorrow another one, who knows"
    assert whole_ids(plain(text, length))
    assert len(plain(text, length)) <= length


def test_what_holds_no_digest_is_cut_at_the_limit():
    assert "x" * 9 + "…" == plain("x" * 50, 10)


def test_a_text_that_fits_is_left_alone():
    assert DIGEST == plain(DIGEST, len(DIGEST))
    assert 4 == whole("abcdefgh", 4)


@pytest.mark.parametrize("padding", range(0, 300, 7))
def test_a_warning_shows_a_fix_as_a_whole_or_names_the_command(padding):
    """The API server cuts warnings at 256 characters; half a fix is none."""
    fix = f"registry.example.com/models/llama:v1@{DIGEST}"
    (line,) = warned(finding("x" * padding, fix=fix))
    assert len(line) <= MAX_WARNING
    assert line.endswith((f"(fix: {fix})", "(fix: run `modeladmit pin -f FILE`)"))
    assert whole_ids(line)


def test_a_long_message_never_pushes_the_fix_out():
    """Both ends are kept: what is wrong, and what to do."""
    (line,) = warned(finding("x" * 400, code="SignatureMissing", fix="y" * 400))
    assert line.startswith("TrustPolicy/production: [SignatureMissing] spec.template")
    assert line.endswith("x… (fix: run `modeladmit explain SignatureMissing`)")
    assert MAX_WARNING == len(line)


def test_a_warning_without_a_fix_invents_none():
    assert "fix" not in warned(finding("x" * 400))[0]


def test_a_denial_cuts_no_fix():
    """What a person pastes is whole, or is fetched by a command."""
    assert ["  " + "    fix: " + "y" * 1024] == finding_lines([finding(fix="y" * 1024)])[1:]
    assert ["      fix: run `modeladmit pin -f FILE`"] == finding_lines([finding(fix="y" * 1025)])[
        1:
    ]


def test_the_first_line_says_by_which_generation_it_was_judged():
    """A change that has not reached every replica is told from one that has."""
    assert "1 finding by TrustPolicy/production (generation 3)" == headline([finding()])


def test_a_policy_from_a_file_has_no_generation():
    assert "1 finding by TrustPolicy/production" == headline([finding(generation=0)])


def test_many_policies_leave_room_for_what_is_wrong():
    """An Event shows a thousand bytes of a denial."""
    many = [finding(policy=f"policy-{number:03}", mode=Mode.ENFORCE) for number in range(200)]
    first, second, *_ = denial(Verdict.of(IDENTITY, many)).splitlines()
    assert first.endswith("TrustPolicy/policy-009 (generation 3) and 190 more: MutableReference")
    assert second.startswith("  [MutableReference]")
    assert len(first) < 600


def test_the_first_line_of_a_denial_says_what_is_wrong():
    """`kubectl get events` shows the first line of a ReplicaSet's Event, and nothing else."""
    found = [
        finding(mode=Mode.ENFORCE),
        finding("another", mode=Mode.ENFORCE),
        finding(code="SignatureMissing", mode=Mode.ENFORCE),
    ]
    assert (
        "3 findings by TrustPolicy/production (generation 3): MutableReference, SignatureMissing"
        == denial(Verdict.of(IDENTITY, found)).splitlines()[0]
    )


def test_a_denial_of_thousands_lists_what_a_message_can_hold():
    many = [finding(str(number), mode=Mode.ENFORCE) for number in range(5000)]
    lines = denial(Verdict.of(IDENTITY, many)).splitlines()
    assert lines[0].startswith("5000 findings by ")
    assert len(lines) < 600


def test_every_failed_check_says_what_to_do():
    """A denial without a cure sends people to somebody else."""
    folder = Path(checks.__file__).parent
    silent = [
        f"{path.name}:{call.lineno}"
        for path in folder.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "fail"
        and not any(keyword.arg == "fix" for keyword in call.keywords)
    ]
    assert [] == silent


def at(number, **changes):
    return replace(
        finding(mode=Mode.ENFORCE, fix="--revision=x", **changes),
        field=FieldPath.parse(f"spec.containers[0].args[{number}]"),
    )


def test_what_is_true_of_several_fields_is_told_once():
    """Weights, and the code that comes with them: one pin cures both."""
    text = denial(Verdict.of(IDENTITY, [at(0), at(1), at(2, message="another")]))
    assert text.splitlines() == [
        "2 findings by TrustPolicy/production (generation 3): MutableReference",
        "  [MutableReference] spec.containers[0].args[0], spec.containers[0].args[1] (vllm): it can change",
        "      fix: --revision=x",
        "  [MutableReference] spec.containers[0].args[2] (vllm): another",
        "      fix: --revision=x",
    ]


def test_many_fields_are_counted():
    (line, _) = finding_lines([at(number) for number in range(9)])
    assert (
        "args[0], spec.containers[0].args[1], spec.containers[0].args[2] and 6 more (vllm)" in line
    )


@pytest.mark.parametrize("other", [{"code": "RemoteCode"}, {"fix": None}, {"policy": "other"}])
def test_what_differs_in_anything_but_the_field_stays_apart(other):
    one = finding(fix="--revision=x")
    assert 2 == len(told([one, replace(one, **other)]))
