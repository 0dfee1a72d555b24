"""Manifests and indexes, read and checked (image-spec 1.1: manifest.md, image-index.md, descriptor.md). Pure.

The bytes are hashed by ourselves; `Docker-Content-Digest` decides nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from modeladmit.core.digest import Digest
from modeladmit.errors import InvalidDigest, LimitExceeded, UnexpectedContent

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFESTS: Final = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEXES: Final = frozenset({OCI_INDEX, DOCKER_LIST})
ACCEPT: Final = f"{OCI_MANIFEST}, {OCI_INDEX}, {DOCKER_MANIFEST}, {DOCKER_LIST}"

_KEYS: Final = frozenset(
    {
        "annotations",
        "architecture",
        "artifactType",
        "config",
        "data",
        "digest",
        "layers",
        "manifests",
        "mediaType",
        "os",
        "platform",
        "schemaVersion",
        "size",
        "subject",
        "urls",
        "variant",
    }
)
_FOLDED_KEYS: Final = frozenset(key.casefold() for key in _KEYS)

MAX_DESCRIPTORS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What another document says about a blob or manifest: type, digest, size."""

    media_type: str
    digest: Digest
    size: int
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    platform: str | None = None
    """`os/architecture[/variant]`, for descriptors in an index."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image or artifact."""

    digest: Digest
    media_type: str
    artifact_type: str | None
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str]

    @property
    def kind(self) -> str:
        """What the artifact is: its artifactType, or its config's media type (image-spec, "Guidelines for Artifact Usage")."""
        return self.artifact_type or (self.config.media_type if self.config else "")


@dataclass(frozen=True, slots=True)
class Index:
    """A list of manifests: platforms of one image, or referrers."""

    digest: Digest
    media_type: str
    artifact_type: str | None
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str]


def parse(body: bytes, content_type: str, digest: Digest) -> Manifest | Index:
    """Read a manifest or an index whose bytes hash to `digest`. Raises UnexpectedContent or LimitExceeded."""
    document = _object(body)
    _unambiguous(body)
    known = content_type if content_type in MANIFESTS | INDEXES else ""
    media_type = _text(document, "mediaType") or known
    if known and known != media_type:
        raise UnexpectedContent("the manifest says one media type and the registry another")
    if "manifests" in document and ("layers" in document or "config" in document):
        # CVE-2021-41190: one digest that two clients read as two different things.
        raise UnexpectedContent("the manifest is an index and an image at once")
    if not media_type:
        media_type = OCI_INDEX if "manifests" in document else OCI_MANIFEST
    common = (digest, media_type, _text(document, "artifactType"))
    if media_type in INDEXES and "layers" not in document:
        return Index(*common, _descriptors(document.get("manifests")), _annotations(document))
    if media_type in MANIFESTS and isinstance(document.get("config"), dict):
        return Manifest(
            *common,
            _descriptor(document["config"]),
            _descriptors(document.get("layers")),
            _annotations(document),
        )
    raise UnexpectedContent(
        "the registry answers with something that is neither an OCI manifest nor an index"
    )


def parse_referrers(body: bytes) -> Index:
    """Read one page of the referrers API. Some registries answer 200 with nonsense: only an index counts."""
    document = _object(body)
    if document.get("mediaType", OCI_INDEX) != OCI_INDEX or "manifests" not in document:
        raise UnexpectedContent(
            "the registry answers a question for referrers with something that is not an index"
        )
    return Index(
        Digest.sha256(body),
        OCI_INDEX,
        None,
        _descriptors(document["manifests"]),
        _annotations(document),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UnexpectedContent(
            "the registry answers with something that is not a JSON manifest"
        ) from None
    if not isinstance(document, dict):
        raise UnexpectedContent("the registry answers with JSON that is not a manifest")
    return document


def _unambiguous(body: bytes) -> None:
    """Attack: a second `layers`, or `Layers`, which Go's parser takes for it: one digest, two things (as CVE-2021-41190)."""

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise UnexpectedContent("the manifest says one thing twice")
        if any(key not in _KEYS and key.casefold() in _FOLDED_KEYS for key in found):
            raise UnexpectedContent("the manifest has a key that some clients read as another")
        return found

    try:
        json.loads(body, object_pairs_hook=read)
    except (ValueError, RecursionError):
        raise UnexpectedContent(
            "the registry answers with something that is not a JSON manifest"
        ) from None


def _descriptors(value: Any) -> tuple[Descriptor, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise UnexpectedContent("the manifest has a list of descriptors that is not a list")
    if len(value) > MAX_DESCRIPTORS:
        raise LimitExceeded(f"the manifest has more than {MAX_DESCRIPTORS} descriptors")
    return tuple(_descriptor(item) for item in value)


def _descriptor(value: Any) -> Descriptor:
    if not isinstance(value, dict):
        raise UnexpectedContent("the manifest has a descriptor that is not an object")
    size = value.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise UnexpectedContent("the manifest has a descriptor without a size")
    try:
        digest = Digest.parse(_text(value, "digest") or "")
    except InvalidDigest:
        raise UnexpectedContent(
            "the manifest has a descriptor whose digest cannot be read"
        ) from None
    return Descriptor(
        _text(value, "mediaType") or "",
        digest,
        size,
        _text(value, "artifactType"),
        _annotations(value),
        _platform(value.get("platform")),
    )


def _platform(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    parts = [value.get("os"), value.get("architecture"), value.get("variant")]
    return "/".join(part for part in parts if isinstance(part, str) and part) or None


def _annotations(document: Mapping[str, Any]) -> Mapping[str, str]:
    value = document.get("annotations")
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(text, str)}


def _text(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise UnexpectedContent(f"the manifest has a {key} that is not text")
    return value or None
