"""Which Pods of a list still count."""

import pytest

from modeladmit.cluster.pods import lives


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
