"""References are total: a value that prints as what it was read from, or one refusal."""

from hypothesis import example, given
from hypothesis import strategies as st

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.reference import Scheme
from modeladmit.core.references import parse_reference
from modeladmit.errors import InvalidReference

pieces = st.sampled_from(
    [
        *"abAB01-_.:/@#?%*&=+~;,",
        "%3A", "%40", "%2e", "%2F", "%25", "%23", "%3F", "%20", "%E9", "é", "K", "\u00ad", ":443", ":80", "[::1]",
        "docker.io", "huggingface.co", "resolve", "main", "library", "?versionId=abcdefgh1", "#12", "?generation=12", "?versionid=",
        "a.blob.core.windows.net", f"@sha256:{'a' * 64}",
    ]
)  # fmt: skip
starts = st.sampled_from(
    ["", "h.example.com/", "o/n", "bucket/k", "docker.io/", "a.blob.core.windows.net/c/"]
)
texts = st.builds(
    lambda scheme, start, rest: f"{scheme}://{start}{''.join(rest)}",
    st.sampled_from(Scheme),
    starts,
    st.lists(pieces, max_size=9),
)
revisions = st.sampled_from([None, "main", "0" * 40])


def read(text, revision=None):
    """The reference, or None for a refusal; anything else fails the test."""
    try:
        return parse_reference(text, revision)
    except InvalidReference:
        return None


@given(st.text(max_size=60) | texts, revisions)
@example("s3://bucket/k?" + "a=1&" * 40, None)
@example("hf://o/n/a%3Ab", None)
def test_a_reference_prints_as_itself_or_is_refused(text, revision):
    found = read(text, revision)
    if found is not None and found.query is None:
        assert found == parse_reference(found.uri, found.revision)


@given(texts)
def test_the_address_of_a_reference_is_a_pattern_that_covers_it(text):
    """An operator who pastes what a denial prints gets what he means."""
    found = read(text)
    if found is None or found.path or found.name == "/" or set(found.name) & set("*[]{}\\$"):
        return
    uri = found.uri.partition("@sha256:")[0] if found.digest else found.uri
    uri = uri.removesuffix(f":{found.tag}") if found.tag else uri
    assert ModelPattern.parse(uri).matches(found, "team-a")


@given(st.lists(st.text(max_size=6) | st.integers(0, 999_999_999), max_size=8).map(tuple))
def test_a_field_path_prints_as_itself(steps):
    path = FieldPath(steps)
    assert path == FieldPath.parse(str(path))
