"""Patterns are anchored, matched segment by segment, and blind to spelling."""

import pytest

from modeladmit.core.patterns import ModelPattern
from modeladmit.errors import InvalidReference
from tests.building import DIGEST, reference


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        ("oci://registry.example.com/models/*", "oci://registry.example.com/models/llama"),
        (
            "oci://registry.example.com/models/*",
            f"oci://registry.example.com/models/llama:v1@{DIGEST}",
        ),
        ("oci://registry.example.com/**", "oci://registry.example.com/a/b/c"),
        ("oci://registry.example.com/**/llama", "oci://registry.example.com/llama"),
        ("oci://registry.example.com/**/llama", "oci://registry.example.com/a/b/llama"),
        ("oci://REGISTRY.example.com:443/models/llama", "oci://registry.example.com/models/llama"),
        ("oci://index.docker.io/library/llama", "oci://docker.io/library/llama"),
        ("oci://*.example.com/models", "oci://eu.example.com/models"),
        ("hf://Meta-Llama/*", "hf://meta-llama/Llama-3"),
        ("hf://meta-llama/Llama-?", "hf://meta-llama/llama-3"),
        ("hf://meta-llama/*", "hf://meta-llama/Llama-3/model.safetensors"),
        ("oci://r.example.com/${namespace}/**", "oci://r.example.com/team-a/llama"),
        ("oci://r.example.com/models-${namespace}/*", "oci://r.example.com/models-team-a/llama"),
        ("pvc://models/**", "pvc://models/llama"),
        ("s3://bucket/**", "s3://bucket/a/b"),
        ("hf://**", "hf://o/n"),
    ],
)
def test_a_pattern_covers(pattern, uri):
    assert ModelPattern.parse(pattern).matches(reference(uri), "team-a")


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        ("oci://registry.example.com/models/*", "oci://registry.example.com/models/a/b"),
        ("oci://registry.example.com/models/*", "oci://registry.example.com/models"),
        ("oci://registry.example.com/models", "oci://registry.example.com.evil.org/models"),
        ("oci://registry.example.com/models", "oci://registry.example.com/models-evil"),
        ("oci://registry.example.com/models", "oci://registry.example.com/evil/models"),
        ("oci://registry.example.com/**/llama", "oci://registry.example.com/llama/evil"),
        ("oci://*.example.com/models", "oci://a.b.example.org/models"),
        ("hf://meta-llama/*", "modelscope://meta-llama/x"),
        ("hf://meta-llama/*", "hf://meta-llama-evil/x"),
        ("oci://r.example.com/${namespace}/**", "oci://r.example.com/team-b/llama"),
        ("s3://bucket/models/*", "s3://other-bucket/models/a"),
    ],
)
def test_a_pattern_does_not_cover(pattern, uri):
    assert not ModelPattern.parse(pattern).matches(reference(uri), "team-a")


def test_a_pattern_with_a_namespace_covers_nothing_outside_one():
    assert not ModelPattern.parse("oci://r.example.com/${namespace}/**").matches(
        reference("oci://r.example.com/team-a/x")
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "**",
        "registry.example.com/models",
        "ftp://a/b",
        "oci://",
        "oci://*",
        "oci://**",
        "oci://**/models",
        "oci://a//b",
        "oci://a/../b",
        "oci://a/b**",
        "oci://user@a/b",
        "hf://[a-z]/x",
        "hf://{a,b}/x",
        "hf://o/${user}",
        "hf://o/n\n",
        "hf://" + "a" * 600,
    ],
)
def test_a_pattern_that_is_none_is_refused(text):
    with pytest.raises(InvalidReference):
        ModelPattern.parse(text)


@pytest.mark.parametrize(
    "host",
    ["registry.example.*", "*.com", "*example.com", "registry.*.com", "10.20.0.*", "r?gistry.com"],
)
def test_a_wildcard_never_stands_in_what_somebody_can_register(host):
    """Attack: `*` spans dots, so `registry.example.*` would cover `registry.example.evil.org`."""
    with pytest.raises(InvalidReference, match="before two whole names"):
        ModelPattern.parse(f"oci://{host}/**")


@pytest.mark.parametrize(
    "host", ["*.example.com", "eu-?.example.com", "*.example.com:5000", "r.example.com:*"]
)
def test_a_wildcard_below_a_domain_is_read(host):
    assert f"oci://{host}/**" == str(ModelPattern.parse(f"oci://{host}/**"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("oci://registry.example.com", "such as oci://registry.example.com/"),
        ("oci://ubuntu", "covers nothing"),
        ("https://huggingface.co/meta-llama/*", "hf://owner/name"),
        ("https://hf.co/**", "hf://owner/name"),
    ],
)
def test_a_pattern_that_can_cover_nothing_is_refused(text, says):
    """It would look like protection, or like a revocation."""
    with pytest.raises(InvalidReference, match=says):
        ModelPattern.parse(text)


def test_many_wildcards_cost_no_time():
    """An attacker who writes policies must not stop the webhook: matching is not exponential."""
    pattern = ModelPattern.parse("s3://bucket/" + "/".join(["**", "*a*a*a*b"] * 40))
    assert not pattern.matches(reference("s3://bucket/" + "/".join(["a" * 20] * 80)))
