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
