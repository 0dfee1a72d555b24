"""Names that a person may take for a trusted one."""

import pytest

from modeladmit.core.lookalike import confusable, lookalike
from modeladmit.core.patterns import ModelPattern
from tests.building import reference

TRUSTED = [
    ModelPattern.parse(text)
    for text in ("hf://meta-llama/*", "hf://mistralai/*", "oci://registry.example.com/models/**")
]


@pytest.mark.parametrize(
    ("uri", "original"),
    [
        ("hf://meta-1lama/Llama-3", "hf://meta-llama/llama-3"),
        ("hf://meta_llama/Llama-3", "hf://meta-llama/llama-3"),
        ("hf://metallama/Llama-3", "hf://meta-llama/llama-3"),
        ("hf://llama-meta/Llama-3", "hf://meta-llama/llama-3"),
        ("hf://rneta-llama/Llama-3", "hf://meta-llama/llama-3"),
        ("hf://meta-lllama/Llama-3", "hf://meta-llama/llama-3"),
        ("hf://mistarlai/Mixtral", "hf://mistralai/mixtral"),
        ("oci://reglstry.example.com/models/x", "oci://registry.example.com/models/x"),
        ("oci://registry.examp1e.com/models/x", "oci://registry.example.com/models/x"),
    ],
)
def test_a_lookalike_names_its_original(uri, original):
    assert original == lookalike(reference(uri), TRUSTED)


@pytest.mark.parametrize(
    "uri",
    [
        "hf://meta-llama/anything",
        "hf://google/gemma",
        "hf://qwen/Qwen3",
        "oci://ghcr.io/models/x",
        "s3://bucket/meta-1lama",
    ],
)
def test_what_is_covered_or_far_away_is_no_lookalike(uri):
    assert lookalike(reference(uri), TRUSTED) is None


def test_short_names_are_a_letter_apart_by_nature():
    assert not confusable("bert", "bart")


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        ("hf://meta-llama/Llama-3.1-8B", "hf://meta-llama/Llama-3.2-8B"),
        ("hf://meta-llama/Llama-3.1-8B", "hf://meta-llama/Llama-3-8B"),
        (
            "oci://registry.example.com/models/mixtral-8x7b",
            "oci://registry.example.com/models/mixtral-8x22b",
        ),
    ],
)
def test_another_version_under_the_same_owner_is_no_lookalike(pattern, uri):
    """Whoever may publish there needs no look-alike; numbers of releases and sizes differ by nature."""
    assert lookalike(reference(uri), [ModelPattern.parse(pattern)]) is None


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        ("hf://ai21labs/*", "hf://ai22labs/Jamba"),
        ("hf://meta-llama/Llama-3-model", "hf://meta-llama/Llama-3-mode1"),
        ("oci://registry.example.com/**", "oci://registry.xn--exmple-cua.com/x"),
        ("oci://registry.apple.com/**", "oci://registry.xn--80ak6aa92e.com/x"),
        ("s3://bucket/models/**", "s3://bucket/\u043c\u043edels/x"),
        (
            "https://h.example.com/paypal/*",
            "https://h.example.com/\u0440\u0430\u0443\u0440\u0430\u04cf/x",
        ),
    ],
)
def test_other_alphabets_and_owners_that_differ_in_a_digit_are_lookalikes(pattern, uri):
    """xn-- names are compared as browsers show them."""
    assert lookalike(reference(uri), [ModelPattern.parse(pattern)]) is not None


def test_a_name_that_is_no_punycode_is_compared_as_it_stands():
    pattern = ModelPattern.parse("oci://registry.example.com/**")
    assert lookalike(reference("oci://xn--999999999.example.org/x"), [pattern]) is None
