"""Regular expressions from policies: anchored, linear, bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeladmit.api.regexes import OneOf, RegExpText, matcher
from modeladmit.core.authority import ExactText


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r".+@example\.com", "me@example.com", True),
        (r".+@example\.com", "me@example.com.evil.org", False),
        (r".+@example\.com", "me@exampleXcom", False),
        ("a|b", "ab", False),
        ("a|b", "b", True),
        ("^a$", "a", True),
        ("a", "a\n", False),
        ("a.*", "a\nb", False),
        ("(?i)release", "RELEASE", True),
        ("", "", True),
    ],
)
def test_the_whole_text_matches(pattern, text, expected):
    """Never a part of it: an unanchored expression trusts strangers."""
    assert RegExpText.parse(pattern).matches(text) is expected


@pytest.mark.parametrize(
    "pattern", ["[", "(?=a)", r"(a)\1", "((((a{30}){30}){30}){30}){30}", "a**"]
)
def test_what_is_not_linear_is_refused(pattern):
    """RE2 has no look-around and no back-references, and its memory is bounded."""
    with pytest.raises(ValueError, match="RE2"):
        RegExpText.parse(pattern)


@given(st.integers(1, 4000))
def test_expressions_that_explode_elsewhere_are_quick(length):
    """`(a+)+$` takes exponential time in a backtracking engine."""
    assert not RegExpText.parse("(a+)+$").matches("a" * length + "!")


def test_very_long_texts_match_nothing():
    """No certificate has a name of a megabyte."""
    assert not RegExpText.parse(".*").matches("a" * 1_000_000)


def test_alternatives():
    """Any of several matchers."""
    either = OneOf((ExactText("a"), RegExpText.parse("b+")))
    assert [either.matches(text) for text in ("a", "bbb", "c")] == [True, True, False]
    assert str(either) == "a or /b+/"


def test_pairs_of_fields():
    """`subject` and `subjectRegExp` are one matcher; neither is none."""
    assert matcher("a", None) == ExactText("a")
    assert matcher(None, "a") == RegExpText.parse("a")
    assert matcher(None, None) is None
