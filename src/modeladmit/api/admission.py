"""AdmissionReview v1 (k8s.io/api, admission/v1): what the API server asks, and what it is answered.

On the hot path, so without pydantic: `parse_review` reads the handful of fields that are needed from plain JSON and leaves
the objects as they are. Unknown fields are tolerated, because API servers are newer than we are.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

ADMISSION_VERSION: Final = "admission.k8s.io/v1"
_MAX_UID: Final = 128
_HEAD: Final = re.compile(
    rb'\s*\{\s*"kind"\s*:\s*"AdmissionReview"\s*,\s*"apiVersion"\s*:\s*"[^"\\]{0,64}"\s*,\s*"request"\s*:\s*\{\s*"uid"\s*:\s*"([^"\\]{1,128})"'
)
"""How every API server begins a review (Go writes fields in order): the uid of a body that cannot be read as a whole."""


@dataclass(frozen=True, slots=True)
class GroupVersionKind:
    """A kind, in full."""

    group: str
    """Empty for the core group."""
    version: str
    kind: str


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """One question. `object` and `old_object` are raw and unchecked."""

    uid: str
    operation: str
    """CREATE, UPDATE, DELETE or CONNECT."""
    kind: GroupVersionKind
    resource: str
    """Plural, lower-case."""
    subresource: str = ""
    name: str = ""
    namespace: str | None = None
    """None for cluster-scoped objects."""
    user: str = ""
    groups: tuple[str, ...] = ()
    dry_run: bool = False
    object: Mapping[str, Any] | None = None
    old_object: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class UnreadableReview:
    """A body that is no question we can answer. With a uid it is still denied in due form, never with a status code."""

    problem: str
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of `details.causes` (apimachinery, meta/v1 `StatusCause`)."""

    code: str
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: a Status as the API server hands it on to the client."""

    message: str
    causes: Sequence[Cause] = ()
    code: int = 403
    reason: str = "Forbidden"
    name: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class AdmissionAnswer:
    """One answer. Without a refusal it admits."""

    uid: str
    refusal: Refusal | None = None
    warnings: Sequence[str] = ()
    audit: Mapping[str, str] = field(default_factory=dict)
    """Audit annotations; the API server puts the webhook's name in front of the keys."""
    patch: Sequence[Mapping[str, Any]] = ()
    """JSON Patch (RFC 6902), from the mutating entry only."""


def parse_review(body: bytes | bytearray | memoryview) -> AdmissionRequest | UnreadableReview:
    """Read a review. Total: whatever comes in, one of the two comes out."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return UnreadableReview(
            "the body is not JSON, or nested deeper than 1,024 levels", _uid_at_the_head(body)
        )
    request = document.get("request") if type(document) is dict else None
    if type(request) is not dict:
        return UnreadableReview("the body is not an AdmissionReview with a request")
    uid = request.get("uid")
    if type(uid) is not str or not uid or len(uid) > _MAX_UID:
        return UnreadableReview("the request has no uid")
    if document.get("apiVersion") != ADMISSION_VERSION or document.get("kind") != "AdmissionReview":
        return UnreadableReview(f"only AdmissionReview of {ADMISSION_VERSION} is understood", uid)
    return _request(request, uid)


def render_review(answer: AdmissionAnswer) -> bytes:
    """The AdmissionReview that answers. Total."""
    response: dict[str, Any] = {"uid": answer.uid, "allowed": answer.refusal is None}
    if answer.refusal is not None:
        response["status"] = _status(answer.refusal)
    if answer.warnings:
        response["warnings"] = list(answer.warnings)
    if answer.audit:
        response["auditAnnotations"] = dict(answer.audit)
    if answer.patch and answer.refusal is None:
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(orjson.dumps(list(answer.patch))).decode("ascii")
    return orjson.dumps(
        {"apiVersion": ADMISSION_VERSION, "kind": "AdmissionReview", "response": response}
    )


def _request(request: dict[str, Any], uid: str) -> AdmissionRequest | UnreadableReview:
    kind, resource, user = request.get("kind"), request.get("resource"), request.get("userInfo")
    operation, namespace = request.get("operation"), request.get("namespace")
    if type(kind) is not dict or type(resource) is not dict or type(operation) is not str:
        return UnreadableReview("the request lacks kind, resource or operation", uid)
    objects = []
    for name in ("object", "oldObject"):
        value = request.get(name)
        if value is not None and type(value) is not dict:
            return UnreadableReview(f"{name} of the request is not an object", uid)
        objects.append(value)
    user = user if type(user) is dict else {}
    groups = user.get("groups")
    return AdmissionRequest(
        uid,
        operation,
        GroupVersionKind(_text(kind, "group"), _text(kind, "version"), _text(kind, "kind")),
        _text(resource, "resource"),
        _text(request, "subResource"),
        _text(request, "name"),
        namespace if type(namespace) is str and namespace else None,
        _text(user, "username"),
        tuple(group for group in groups if type(group) is str) if type(groups) is list else (),
        request.get("dryRun") is True,
        objects[0],
        objects[1],
    )


def _text(mapping: dict[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if type(value) is str else ""


def _uid_at_the_head(body: bytes | bytearray | memoryview) -> str | None:
    match = _HEAD.match(bytes(body[:1024]))
    return match[1].decode("utf-8", "replace") if match else None


def _status(refusal: Refusal) -> dict[str, Any]:
    status: dict[str, Any] = {
        "status": "Failure",
        "message": refusal.message,
        "reason": refusal.reason,
        "code": refusal.code,
    }
    details: dict[str, Any] = {}
    if refusal.name:
        details["name"] = refusal.name
    if refusal.kind:
        details["kind"] = refusal.kind
    if refusal.causes:
        details["causes"] = [
            {
                "reason": cause.code,
                "message": cause.message,
                **({"field": cause.field} if cause.field else {}),
            }
            for cause in refusal.causes
        ]
    if details:
        status["details"] = details
    return status
