"""Requests that are not judged."""

from typing import Any

import pytest

from modeladmit.webhook.skips import skipped
from tests.unit.webhook.reviews import pod, request


@pytest.mark.parametrize("operation", ["DELETE", "CONNECT", ""])
def test_deleting_and_connecting_start_nothing(operation):
    verdict = skipped(request(operation=operation))
    assert verdict is not None
    assert verdict.allowed


@pytest.mark.parametrize("sub_resource", ["status", "scale", "binding", "eviction"])
def test_status_and_scale_name_no_model(sub_resource):
    verdict = skipped(request(operation="UPDATE", subResource=sub_resource))
    assert verdict is not None
    assert verdict.allowed


@pytest.mark.parametrize("sub_resource", ["", "ephemeralcontainers"])
def test_objects_and_ephemeral_containers_are_judged(sub_resource):
    assert skipped(request(operation="UPDATE", subResource=sub_resource)) is None


def leaving(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": "2026-11-25T12:00:00Z"}}


def test_removing_the_finalizer_of_what_is_being_deleted_passes():
    verdict = skipped(request(leaving(pod()), operation="UPDATE", oldObject=leaving(pod())))
    assert verdict is not None
    assert verdict.allowed


def test_a_deleted_object_that_gets_another_model_is_judged():
    """Attack: a finalizer keeps an object alive for ever, and controllers go on reading it."""
    changed = leaving(pod(priority=1))
    assert skipped(request(changed, operation="UPDATE", oldObject=leaving(pod()))) is None


def test_a_deletion_timestamp_that_only_the_request_claims_does_not_count():
    """Attack: a Pod that is created or changed with `deletionTimestamp` in it."""
    assert skipped(request(leaving(pod()))) is None
    assert skipped(request(leaving(pod()), operation="UPDATE", oldObject=pod())) is None


def mirror() -> dict[str, Any]:
    obj = pod()
    obj["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "hash"}
    return obj


def test_a_mirror_pod_sent_by_a_node_is_admitted_and_reported():
    user = {"username": "system:node:a", "groups": ["system:nodes"]}
    verdict = skipped(request(mirror(), userInfo=user))
    assert verdict is not None
    assert verdict.allowed
    assert ["MirrorPod"] == [finding.code for finding in verdict.findings]


def test_the_annotation_alone_makes_no_mirror_pod():
    """Attack: everybody may write an annotation."""
    assert skipped(request(mirror())) is None


def test_a_node_that_creates_a_real_pod_is_judged():
    user = {"username": "system:node:a", "groups": ["system:nodes"]}
    assert skipped(request(userInfo=user)) is None
