"""One place has one spelling, and two places never share one: what an attacker would use to slip past a pattern."""

import pytest

from modeladmit.core.patterns import ModelPattern
from modeladmit.core.pin import Pin
from modeladmit.core.references import parse_image, parse_reference
from modeladmit.errors import InvalidReference
from tests.building import reference


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("oci://[::1]:5000/models", "oci://[0:0:0:0:0:0:0:1]:5000/models"),
        ("oci://[2001:DB8::1]/models", "oci://[2001:db8:0::1]/models"),
        ("azblob://Account/container/blob", "azblob://account/container/blob"),
        ("https://ACCOUNT.blob.core.windows.net/c/b", "azblob://account/c/b"),
        ("git+https://github.com/o/r.git", "git+https://github.com/o/r"),
        ("oci://docker.io:0443/llama", "oci://index.docker.io/library/llama"),
    ],
)
def test_two_spellings_of_one_place_have_one_address(one, other):
    assert reference(one).address == reference(other).address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.b.blob.core.windows.net/c/x", "https://a.blob.core.windows.net/c/x"),
        ("hf://o/n/a%3Ab", "hf://o/n/a:b"),
        (
            "https://huggingface.co/o/n/resolve/main/a%2520b",
            "https://huggingface.co/o/n/resolve/main/a%20b",
        ),
        (
            "https://huggingface.co/o/n/resolve/main/a:b",
            "https://huggingface.co/o/n/resolve/main/a",
        ),
        ("git+https://h.example.com/o/r.git", "git+https://h.example.com/o/r"),
        ("file://models/x", "file:///models/x"),
    ],
)
def test_two_places_are_never_asked_as_one(one, other):
    assert reference(one).key != reference(other).key


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/k?" + "a=1&" * 40,
        "https://a.blob.core.windows.net/c/x?" + "a=1&" * 200,
        "s3://bucket/key?x/model",
        "s3://bucket/key?generation=123456789",
        "s3://bucket/key#abcdefgh12",
        "s3://bucket/key?versionId=abcdefgh1&versionId=abcdefgh2",
        "gs://bucket/key?versionId=123",
        "gs://bucket/key?generation=1%20",
        "https://a.blob.core.windows.net/c/x?snapshot=2020-01-01T00:00:00.0000000Z",
        "https://a.blob.core.windows.net/c/x?versionid=a&VersionId=b",
        "https://h.example.com:0000019999999/x",
        "https://h.example.com:00000/x",
        "oci://[:::::]/models",
        "https://127.1/x",
        "https://0x7f.0.0.1/x",
        "https://2130706433/x",
        "https://010.0.0.1/x",
        "ollama://a%3Ab",
        "ollama://a%40b",
        "ollama://host./owner/model",
        "ollama://host:443/owner/model",
        "https://huggingface.co/o/n/resolve/a%20b/file",
        "s3://bucket/a\u00adb",
        "s3://bucket/a\u3164b",
        "s3://bucket/a\u2003b",
        "s3://bucket/a\ufe0fb",
        "s3://bucket/a\U000e0041b",
    ],
)
def test_what_two_readers_may_understand_differently_is_refused(text):
    with pytest.raises(InvalidReference):
        parse_reference(text)


@pytest.mark.parametrize(
    ("uri", "revision", "pin"),
    [
        ("s3://bucket/key?versionId=abcdefgh12", "abcdefgh12", Pin.REVISION),
        ("gs://bucket/key#123", "123", Pin.REVISION),
        ("gs://bucket/key?generation=123", "123", Pin.REVISION),
        ("s3://bucket/key", None, Pin.NONE),
        ("https://127.0.0.1/x", None, Pin.NONE),
    ],
)
def test_a_version_of_an_object_stands_where_its_store_writes_it(uri, revision, pin):
    found = reference(uri)
    assert (revision, pin) == (found.revision, found.pin)


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        ("https://h.example.com/a%20b", "https://h.example.com/a%20b"),
        ("https://h.example.com/a%3Fb", "https://h.example.com/a%3Fb"),
        ("s3://bucket/%C3%A9/*", "s3://bucket/é/x"),
        ("nfs://Server/export/**", "nfs://server/export/x"),
        ("nds://Host:80/n", "nds://host:80/n"),
        ("azblob://Account/**", "azblob://account/c/b"),
        ("oci://docker.io/llama", "oci://docker.io/library/llama"),
        ("ollama://llama3", "ollama://llama3:8b"),
        ("ollama://owner/*", "ollama://registry.ollama.ai/owner/x"),
        ("ollama://llama*", "ollama://llama3"),
        ("git+https://github.com/o/r.git", "git+https://github.com/o/r"),
        ("git+https://github.com/o/r", "git+https://github.com/o/r.git"),
        ("file:///models/**", "file:///models/x"),
        ("file://models/**", "file://models/x"),
        ("file:///**", "file://models/x"),
    ],
)
def test_a_pattern_is_read_like_a_reference(pattern, uri):
    assert ModelPattern.parse(pattern).matches(reference(uri), "team-a")


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        ("https://h.example.com/a%3Fb", "https://h.example.com/axb"),
        ("https://h.example.com/a%2A", "https://h.example.com/abc"),
        # Relative to a working directory that only the image knows.
        ("file:///models/**", "file://models/x"),
        ("file://models/**", "file:///models/x"),
    ],
)
def test_an_encoded_wildcard_is_none_and_a_relative_path_is_not_absolute(pattern, uri):
    assert not ModelPattern.parse(pattern).matches(reference(uri), "team-a")


@pytest.mark.parametrize(
    "text",
    [
        "oci://*/**",
        "oci://?*/models/**",
        "https://*.*/**",
        "oci://*:5000/**",
        "oci://registry.example.com/models/llama:v1",
        "oci://registry.example.com/models/llama@sha256:" + "a" * 64,
        "hf://o/n:main",
        "ollama://llama3:8b",
        "https://h.example.com/%zz",
        "https://h.example.com/a%2Fb",
    ],
)
def test_a_pattern_that_could_never_mean_what_it_says_is_refused(text):
    """A `deny` entry with a tag would match nothing, silently; a pattern over every host trusts whoever owns one."""
    with pytest.raises(InvalidReference):
        ModelPattern.parse(text)


def test_an_image_with_a_port_that_is_none_is_refused():
    with pytest.raises(InvalidReference):
        parse_image("registry.example.com:0000099999/models")
