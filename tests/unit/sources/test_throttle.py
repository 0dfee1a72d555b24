"""The token bucket of one host and account."""

import pytest

from modeladmit.sources.throttle import Throttle


def test_a_burst_then_the_rate() -> None:
    """The first requests go at once, the others at the rate."""
    throttle = Throttle(10.0, 2)
    assert [0.0, 0.0, pytest.approx(0.1), pytest.approx(0.2)] == [
        throttle.delay(5.0) for _ in range(4)
    ]


def test_time_refills_it() -> None:
    """What was not used is there later, up to the burst."""
    throttle = Throttle(10.0, 2)
    for _ in range(2):
        throttle.delay(5.0)
    assert [0.0, 0.0, pytest.approx(0.1)] == [throttle.delay(500.0) for _ in range(3)]


def test_closed_until() -> None:
    """A host that asks for it is left alone."""
    throttle = Throttle(10.0, 2)
    throttle.close(30.0)
    assert [throttle.delay(10.0), throttle.delay(30.0)] == [20.0, 0.0]


def test_given_back() -> None:
    """A token that was not used does not delay the next."""
    throttle = Throttle(10.0, 1)
    throttle.delay(5.0)
    throttle.give_back()
    assert throttle.delay(5.0) == 0.0
