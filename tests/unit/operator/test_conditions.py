"""Conditions as Kubernetes wants them."""

from datetime import timedelta
from typing import Any

from modeladmit.api.conditions import Condition as Wire
from modeladmit.operator.conditions import FALSE, TRUE, UNKNOWN, Condition, merged, status_of
from tests.building import NOW

READY = Condition("Ready", TRUE, "Ready", "fine")


def test_they_fit_the_schema_of_our_kinds():
    for entry in merged(
        None, [READY, Condition("Resolved", UNKNOWN, "RateLimited")], generation=3, now=NOW
    ):
        Wire.model_validate(entry)


def test_the_time_of_transition_moves_with_the_status_only():
    first = merged(None, [READY], generation=1, now=NOW)
    later = NOW + timedelta(hours=1)
    same = merged(first, [Condition("Ready", TRUE, "Other", "still")], generation=2, now=later)
    assert same[0]["lastTransitionTime"] == first[0]["lastTransitionTime"]
    assert (same[0]["reason"], same[0]["observedGeneration"]) == ("Other", 2)
    changed = merged(first, [Condition("Ready", FALSE, "Revoked")], generation=2, now=later)
    assert changed[0]["lastTransitionTime"] == "2026-11-25T13:00:00Z"


def test_what_stands_there_may_be_nonsense():
    """A status is written by whoever may; it is never an input."""
    nonsense: list[Any] = [None, [], {}, "x", [1], [{"type": 1}], [{"type": "Ready"}]]
    for known in nonsense:
        assert len(merged(known, [READY], generation=1, now=NOW)) == 1
        assert status_of(known, "Ready") is None


def test_messages_are_bounded_and_plain():
    found = merged(
        None, [Condition("Ready", FALSE, "X", "\x1b" + "x" * 5000)], generation=1, now=NOW
    )
    assert len(found[0]["message"]) <= 1024
    assert "\x1b" not in found[0]["message"]
