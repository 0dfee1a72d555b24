"""Live Pods are shown by who made them, and alike ones once."""

import pytest

from modeladmit.cli.live import LiveWorkload, grouped
from modeladmit.cluster.owners import controller
from modeladmit.core.verdict import Verdict
from tests.building import IDENTITY
from tests.unit.cli.verdicts import MUTABLE, PASSED


def owned(kind: str, name: str, **labels: str):
    """A Pod with a controller."""
    owner = {"kind": kind, "name": name, "controller": True}
    return {"metadata": {"name": "pod-1", "ownerReferences": [owner], "labels": labels}}


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        ({"metadata": {"name": "alone"}}, ("Pod", "alone")),
        (owned("StatefulSet", "llm"), ("StatefulSet", "llm")),
        (owned("ReplicaSet", "llm-abc12", **{"pod-template-hash": "abc12"}), ("Deployment", "llm")),
        (owned("ReplicaSet", "by-hand"), ("ReplicaSet", "by-hand")),
    ],
)
def test_controllers(pod, expected):
    """People know their Deployment, not its ReplicaSet."""
    assert controller(pod) == expected


def live(name: str, *findings) -> LiveWorkload:
    """One Pod of a Deployment."""
    return LiveWorkload("team-a", "Deployment", name, 1, Verdict.of(IDENTITY, findings))


def test_grouping():
    """Pods of one controller with the same findings are one line; denials stand first."""
    found = grouped([live("a", PASSED), live("b", MUTABLE), live("b", MUTABLE), live("b", PASSED)])
    assert [(one.name, one.pods, one.verdict.allowed) for one in found] == [
        ("b", 2, False),
        ("a", 1, True),
        ("b", 1, True),
    ]
