"""Reading an AdmissionReview: what it says, and what is wrong with it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeladmit.errors import InvalidReview
from modeladmit.webhook.request import UnreadableBody, read, uid_in
from tests.unit.webhook.reviews import body, document, request

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 100) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["request", "uid", "kind", "userInfo", "object", "apiVersion"])
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def test_it_says_who_does_what_to_which_object():
    found = request(dryRun=True, subResource="ephemeralcontainers", operation="UPDATE")
    assert (found.uid, found.kind, found.api_version) == ("7c1a", "Pod", "v1")
    assert (found.resource, found.sub_resource) == ("pods", "ephemeralcontainers")
    assert (found.namespace, found.name) == ("team-a", "llama")
    assert (found.username, found.groups) == ("dev", ("system:authenticated",))
    assert (found.operation, found.dry_run) == ("UPDATE", True)


def test_groups_and_versions_are_joined_as_kubernetes_writes_them():
    kind = {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert request(kind=kind).api_version == "apps/v1"


def test_cluster_scoped_objects_have_no_namespace():
    assert request(namespace="").namespace is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "Pod"}, "not an AdmissionReview"),
        ({"apiVersion": "admission.k8s.io/v1beta1"}, "admissionReviewVersions"),
        ({"request": None}, "no request"),
        ({"request": {}}, "no uid"),
        ({"request": {"uid": 1}}, "no uid"),
    ],
)
def test_what_is_wrong_is_said(change, words):
    with pytest.raises(InvalidReview, match=words):
        read(json.dumps({**document(), **change}).encode())


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 5000])
def test_what_is_not_json_is_unreadable(text):
    with pytest.raises(UnreadableBody):
        read(text)


def test_the_uid_is_found_where_the_api_server_writes_it():
    assert uid_in(body()[:300]) == "7c1a"


def test_a_uid_far_inside_the_object_is_not_the_requests():
    """An author writes what he likes into his object, and must not choose whom we answer."""
    assert uid_in(b" " * 5000 + b'"uid":"forged"') is None


@given(JSON)
def test_any_json_is_read_or_refused(value):
    """Whatever comes, it is a request or an InvalidReview."""
    try:
        found = read(json.dumps(value).encode())
    except InvalidReview:
        return
    assert found.uid


@given(JSON)
def test_any_request_with_a_uid_is_read(value):
    """Fields of the wrong type are empty, not a crash."""
    raw = {**(value if isinstance(value, dict) else {"object": value}), "uid": "u"}
    envelope = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": raw}
    assert read(json.dumps(envelope).encode()).uid == "u"
