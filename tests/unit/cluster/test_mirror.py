"""Lists and watches overtake each other; the newer word about an object counts."""

from typing import Any

import pytest

from modeladmit.cluster.client import Listing
from modeladmit.cluster.mirror import Mirror
from modeladmit.cluster.resources import TRUST_POLICIES


def obj(name: str, version: object, **more) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": version, **more}}


@pytest.fixture
def mirror() -> Mirror:
    found = Mirror(TRUST_POLICIES)
    found.replace(Listing((obj("a", "5"), obj("b", "6")), "10"), at=1.0)
    return found


def names(mirror: Mirror) -> dict[str, str]:
    return {name: o["metadata"]["resourceVersion"] for (_, name), o in mirror.objects.items()}


def test_a_list_is_taken_whole(mirror):
    assert {"a": "5", "b": "6"} == names(mirror)
    assert mirror.listed_at == 1.0


def test_what_a_later_list_leaves_out_is_gone(mirror):
    assert mirror.replace(Listing((obj("b", "6"),), "20"), at=2.0)
    assert {"b": "6"} == names(mirror)


def test_an_equal_list_changes_nothing(mirror):
    assert not mirror.replace(Listing((obj("a", "5"), obj("b", "6")), "20"), at=2.0)
    assert mirror.listed_at == 2.0


def test_an_event_newer_than_a_late_list_stays(mirror):
    """The list was asked for before, and answers after, the event."""
    mirror.note("MODIFIED", obj("a", "15"))
    mirror.note("ADDED", obj("c", "16"))
    mirror.replace(Listing((obj("a", "5"), obj("b", "6")), "12"), at=2.0)
    assert {"a": "15", "b": "6", "c": "16"} == names(mirror)


def test_an_object_deleted_after_the_list_was_made_stays_deleted(mirror):
    mirror.note("DELETED", obj("a", "15"))
    mirror.replace(Listing((obj("a", "5"), obj("b", "6")), "12"), at=2.0)
    assert {"b": "6"} == names(mirror)


def test_a_late_word_of_the_deletion_leaves_the_object_that_was_made_again(mirror):
    """A list is ahead of the watch: it shows the new object before the watch tells that the old one went."""
    mirror.replace(Listing((obj("a", "16"), obj("b", "6")), "20"), at=2.0)
    assert not mirror.note("DELETED", obj("a", "15"))
    assert {"a": "16", "b": "6"} == names(mirror)


def test_an_object_made_again_after_its_deletion_is_there(mirror):
    mirror.note("DELETED", obj("a", "15"))
    assert mirror.note("ADDED", obj("a", "16"))
    assert names(mirror)["a"] == "16"


def test_an_old_event_is_ignored(mirror):
    """A watch that starts over repeats what is known."""
    assert not mirror.note(None, obj("a", "5"))
    assert not mirror.note("MODIFIED", obj("a", "4"))


def test_an_event_older_than_a_deletion_does_not_bring_the_object_back(mirror):
    mirror.note("DELETED", obj("a", "15"))
    assert not mirror.note("MODIFIED", obj("a", "14"))
    assert "a" not in names(mirror)


def test_where_versions_are_no_numbers_the_last_word_counts(mirror):
    mirror.replace(Listing((obj("a", "x9"), obj("b", "x1")), "y"), at=2.0)
    assert mirror.note("MODIFIED", obj("a", "x0"))
    assert names(mirror)["a"] == "x0"


def test_who_wrote_which_field_is_not_remembered(mirror):
    mirror.note("ADDED", obj("d", "30", managedFields=[{"manager": "kubectl"}]))
    assert "managedFields" not in mirror.objects["", "d"]["metadata"]


def test_after_a_restore_from_a_backup_the_list_counts(mirror):
    """Versions begin again at a lower number; what is known has never happened."""
    mirror.note("MODIFIED", obj("a", "500"))
    assert mirror.replace(Listing((obj("a", "3"),), "400"), at=2.0, asked=mirror.newest)
    assert {"a": "3"} == names(mirror)
    assert mirror.note("MODIFIED", obj("a", "401"))


def test_an_event_during_the_list_is_no_restore(mirror):
    asked = mirror.newest
    mirror.note("MODIFIED", obj("a", "15"))
    mirror.replace(Listing((obj("a", "5"), obj("b", "6")), "12"), at=2.0, asked=asked)
    assert names(mirror)["a"] == "15"
