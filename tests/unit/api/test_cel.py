"""Rules are checked when they are compiled and bounded when they are evaluated."""

import pytest

from modeladmit.api.cel import MAX_DEPTH, MAX_LOOPED_TEXT, MAX_NODES, MAX_TEXT, CelRule

PASSED = {"result": "PASSED", "score": 0.9, "tests": [{"name": "a", "score": 0.7}]}


def holds(text, predicate=PASSED):
    return CelRule.parse(text, "no").holds(predicate)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('predicate.result == "PASSED"', True),
        ('predicate.result == "FAILED"', False),
        ("predicate.score > 0.5 && size(predicate.tests) == 1", True),
        ("predicate.tests.all(t, t.score > 0.5)", True),
        ('predicate.tests.exists(t, t.name == "b")', False),
        ('has(predicate.result) && predicate.result.matches("^PASS")', True),
        ("predicate.missing == 1", False),
        ("predicate.result > 3", False),
        ("predicate.score + 1.0 > 1.5", True),
        ("predicate.result", False),
        ('timestamp(predicate.result) < timestamp("2027-01-01T00:00:00Z")', False),
    ],
)
def test_rules_hold_or_do_not(text, expected):
    """What cannot be evaluated does not hold."""
    assert holds(text) is expected


@pytest.mark.parametrize("predicate", [None, [], "text", 7, {}, {"result": None}])
def test_other_predicates_do_not_hold(predicate):
    """A signer chooses the predicate's shape; a rule never raises."""
    assert not holds('predicate.result == "PASSED"', predicate)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("predicate.result =", "not CEL"),
        ("request.user == 'x'", "undeclared reference"),
        ("unknown(predicate)", "undeclared reference"),
        ("1 + 'a' == 2", "no matching overload"),
        ("1 + 2", "true or false"),
        ("'text'", "true or false"),
        ("(" * 200 + "true" + ")" * 200, "not CEL"),
        ("predicate.list.map(x, predicate.list).size() > 1", "not both"),
        ("predicate.list.filter(x, x > 1).size() > 1", "not both"),
        ("[1, 2].map(x, x + x).map(x, x + x).size() == 2", "not both"),
        ("predicate.list.all(x, predicate.text + x == 'y')", "not both"),
        ("predicate.list.exists_one(x, x == 1)", "not both"),
    ],
)
def test_rules_that_cannot_work_are_refused(text, says):
    """With a reason, before anything is judged by them."""
    with pytest.raises(ValueError, match=says):
        CelRule.parse(text, "no")


def test_a_loop_in_a_loop_in_a_loop_ends():
    """The evaluator gives up after its budget, and the rule does not hold."""
    many = {"list": list(range(1000))}
    text = "predicate.list.all(x, predicate.list.all(y, predicate.list.all(z, x < 2000)))"
    assert not holds(text, many)


def nested(depth):
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "extra",
    [
        list(range(MAX_NODES + 1)),
        "x" * (MAX_TEXT + 1),
        ["x" * (MAX_TEXT // 2)] * 3,
        nested(MAX_DEPTH + 1),
        nested(50_000),
    ],
    ids=["wide", "long", "heavy", "deep", "deeper"],
)
def test_what_is_too_large_is_not_looked_at(extra):
    """Whoever signs an attestation cannot make the webhook slow or make it run out of stack."""
    assert not holds('predicate.result == "PASSED"', {**PASSED, "extra": extra})


def test_long_texts_and_expressions_in_loops_do_not_meet():
    """Ten thousand matches of a megabyte would take a minute."""
    rule = 'predicate.tests.all(t, t.name.matches("[a-z]+"))'
    assert holds(rule)
    assert not holds(rule, {"tests": [{"name": "a" * (MAX_LOOPED_TEXT + 1)}]})


def test_equal_rules_are_equal():
    """Compiled policies can be compared."""
    assert CelRule.parse("true", "no") == CelRule.parse("true", "no")
    assert CelRule.parse("true", "no") != CelRule.parse("false", "no")
