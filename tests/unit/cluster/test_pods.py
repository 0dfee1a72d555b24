"""Which Pods of a list still count."""

import pytest

from modeladmit.cluster.pods import judged, lives


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"phase": "Running"}, True),
        ({"phase": "Pending"}, True),
        ({"phase": "Unknown"}, True),
        ({}, True),
        (None, True),
        ({"phase": "Succeeded"}, False),
        ({"phase": "Failed"}, False),
    ],
)
def test_what_has_ended_loads_nothing(status, expected):
    """A Job that is done is denied by nobody; what is not known counts."""
    assert lives({"status": status}) is expected


def test_what_is_never_asked_about_is_not_judged():
    """Nor is what has ended."""
    pods = [
        {"metadata": {"namespace": namespace}, "status": {"phase": phase}}
        for namespace in ("kube-system", "team")
        for phase in ("Running", "Failed")
    ]
    assert judged(pods, lambda namespace: namespace == "team") == [pods[2]]
