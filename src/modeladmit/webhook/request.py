"""An AdmissionReview request as it came over the wire (admission.k8s.io/v1).

Read by hand and not by a model: a review is read thousands of times a second, and what is wrong with one has to be said
to the API server, with its uid wherever that can be had (law 9).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson

from modeladmit.errors import InvalidReview

API_VERSION: Final = "admission.k8s.io/v1"
KIND: Final = "AdmissionReview"
_UID: Final = re.compile(rb'"uid"\s*:\s*"([A-Za-z0-9._-]{1,128})"')
HEAD: Final = 4096
"""Bytes in which the uid stands: the API server writes it first (k8s.io/api, admission/v1, AdmissionRequest)."""


class UnreadableBody(InvalidReview):
    """Not JSON, or JSON nested more deeply than is read."""


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """What the API server asks."""

    uid: str
    kind: str
    api_version: str
    resource: str
    """Plural, without group."""
    sub_resource: str
    name: str
    namespace: str | None
    operation: str
    username: str
    groups: tuple[str, ...]
    obj: Mapping[str, Any] | None
    old: Mapping[str, Any] | None
    dry_run: bool

    @classmethod
    def unread(cls, uid: str) -> Self:
        """A request of which nothing but the uid is known."""
        return cls(uid, "", "", "", "", "", None, "", "", (), None, None, dry_run=False)


def read(body: bytes) -> AdmissionRequest:
    """Read a review. Raises InvalidReview with what is wrong and no quote of the body."""
    try:
        review = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnreadableBody("the body is not JSON, or nested too deeply") from error
    if not isinstance(review, dict):
        raise InvalidReview("the body is not a JSON object")
    kind, version = review.get("kind"), review.get("apiVersion")
    if kind != KIND:
        raise InvalidReview(f"the body is not an {KIND}")
    if version != API_VERSION:
        raise InvalidReview(
            f"this webhook speaks {API_VERSION}; set admissionReviewVersions: [v1] in the webhook configuration"
        )
    request = review.get("request")
    if not isinstance(request, dict):
        raise InvalidReview("the review has no request")
    uid = request.get("uid")
    if not isinstance(uid, str) or not uid:
        raise InvalidReview("the request has no uid")
    return _request(uid, request)


def uid_in(head: bytes) -> str | None:
    """The uid of a request whose whole body is too large or cannot be parsed."""
    found = _UID.search(head[:HEAD])
    return found[1].decode() if found else None


def _request(uid: str, request: Mapping[str, Any]) -> AdmissionRequest:
    kind = _mapping(request, "kind")
    group, version = kind.get("group") or "", kind.get("version") or ""
    user = _mapping(request, "userInfo")
    groups = user.get("groups") or ()
    return AdmissionRequest(
        uid=uid,
        kind=str(kind.get("kind") or ""),
        api_version=f"{group}/{version}" if group else str(version),
        resource=str(_mapping(request, "resource").get("resource") or ""),
        sub_resource=str(request.get("subResource") or ""),
        name=str(request.get("name") or ""),
        namespace=str(request["namespace"]) if request.get("namespace") else None,
        operation=str(request.get("operation") or ""),
        username=str(user.get("username") or ""),
        groups=tuple(map(str, groups)) if isinstance(groups, list) else (),
        obj=_object(request, "object"),
        old=_object(request, "oldObject"),
        dry_run=request.get("dryRun") is True,
    )


def _mapping(request: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = request.get(key)
    return found if isinstance(found, dict) else {}


def _object(request: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    found = request.get(key)
    return found if isinstance(found, dict) else None
