"""Signatures and attestations beside an OCI artifact: where they lie and in which form (facts C.3, C.4, C.6, C.9).

Referrers (cosign 3, Notation, anything with a bundle) and the tags `sha256-<hex>.sig` and `.att` (cosign 2). Types only
say how to read; unknown ones are no evidence. What was found and cannot be read stays in the list with empty content,
so that the verifier reports it instead of nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Evidence, EvidenceKind
from modeladmit.errors import EvidenceError, LimitExceeded, UnexpectedContent
from modeladmit.sources.gathering import each, together
from modeladmit.sources.oci.client import RegistryClient, Repository, referrers_tag
from modeladmit.sources.oci.manifest import Descriptor, Index, Manifest
from modeladmit.sources.settings import Limits

_BUNDLE: Final = "application/vnd.dev.sigstore.bundle"
_SIMPLE_SIGNING: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
_DSSE: Final = "application/vnd.dsse.envelope.v1+json"
_JWS: Final = "application/jose+json"
_REFERRER_TYPES: Final = (
    _BUNDLE,
    "application/vnd.dev.cosign.artifact.",
    "application/vnd.cncf.notary.signature",
    "application/vnd.oci.empty.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.in-toto",
    _DSSE,
)
"""artifactType prefixes that may hold evidence. Some registries give the config's type instead of the artifact's: those are looked into."""


def kind_of(media_type: str) -> EvidenceKind | None:
    """The form of a layer, by its media type; None for what is no evidence."""
    if media_type.startswith(_BUNDLE) and media_type.partition(";")[0].endswith("json"):
        return EvidenceKind.SIGSTORE_BUNDLE
    return {
        _SIMPLE_SIGNING: EvidenceKind.COSIGN_SIGNATURE,
        _DSSE: EvidenceKind.COSIGN_ATTESTATION,
        _JWS: EvidenceKind.NOTATION_JWS,
    }.get(media_type)


@dataclass(frozen=True, slots=True)
class _Found:
    """A layer that holds evidence, and the manifest that lists it."""

    kind: EvidenceKind
    layer: Descriptor | None
    """None when the manifest itself cannot be read."""
    origin: str


async def gather(
    client: RegistryClient, repository: Repository, subject: Digest, limits: Limits
) -> tuple[Evidence, ...]:
    """Everything that anybody stored beside `subject`. Raises transient errors and LimitExceeded."""
    tag = referrers_tag(subject)
    found = [
        item
        for items in await together(
            _referred(client, repository, subject, limits),
            _tagged(client, repository, f"{tag}.sig"),
            _tagged(client, repository, f"{tag}.att"),
        )
        for item in items
    ]
    # Two signers of one payload share its blob.
    layers = {item.layer.digest: item.layer for item in found if item.layer is not None}
    _bound(found, layers.values(), limits)
    contents = await each(_content(client, repository, layer, limits) for layer in layers.values())
    by_digest = dict(zip(layers, contents, strict=True))
    evidence = (
        Evidence(item.kind, by_digest[item.layer.digest], item.origin, item.layer.annotations)
        if item.layer is not None
        else Evidence(item.kind, b"", item.origin)
        for item in found
    )
    return tuple({item.digest: item for item in evidence}.values())


async def _referred(
    client: RegistryClient, repository: Repository, subject: Digest, limits: Limits
) -> list[_Found]:
    descriptors = await client.referrers(repository, subject)
    wanted = [
        item
        for item in descriptors
        if not item.artifact_type or item.artifact_type.startswith(_REFERRER_TYPES)
    ]
    if len(wanted) > limits.evidence_count:
        raise LimitExceeded(
            f"{repository} has {len(wanted)} signatures of one artifact; at most {limits.evidence_count} are read"
        )
    return [
        found
        for layers in await each(_manifest(client, repository, item) for item in wanted)
        for found in layers
    ]


async def _manifest(
    client: RegistryClient, repository: Repository, descriptor: Descriptor
) -> list[_Found]:
    try:
        manifest, _ = await client.manifest(repository, descriptor.digest)
    except EvidenceError as error:
        if error.transient:
            raise
        kind = kind_of(descriptor.artifact_type or "") or EvidenceKind.SIGSTORE_BUNDLE
        return [_Found(kind, None, str(descriptor.digest))]
    return list(_layers(manifest, str(descriptor.digest)))


async def _tagged(client: RegistryClient, repository: Repository, tag: str) -> list[_Found]:
    try:
        manifest = await client.tagged(repository, tag)
    except (UnexpectedContent, LimitExceeded):
        kind = (
            EvidenceKind.COSIGN_ATTESTATION
            if tag.endswith(".att")
            else EvidenceKind.COSIGN_SIGNATURE
        )
        return [_Found(kind, None, tag)]
    return list(_layers(manifest, tag)) if manifest is not None else []


def _layers(manifest: Manifest | Index, origin: str) -> Iterable[_Found]:
    if isinstance(manifest, Manifest):
        for layer in manifest.layers:
            if (kind := kind_of(layer.media_type)) is not None:
                yield _Found(kind, layer, origin)


async def _content(
    client: RegistryClient, repository: Repository, layer: Descriptor, limits: Limits
) -> bytes:
    try:
        return await client.blob(repository, layer, limits.evidence_bytes)
    except EvidenceError as error:
        if error.transient:
            raise
        return b""


def _bound(found: list[_Found], layers: Iterable[Descriptor], limits: Limits) -> None:
    """Attack: whoever may push beside an artifact piles up signatures until the deadline is over."""
    if len(found) > limits.evidence_count:
        raise LimitExceeded(
            f"one artifact has {len(found)} signatures; at most {limits.evidence_count} are read"
        )
    # One that is too large is never read, so its size is nobody's burden.
    read = [layer.size for layer in layers if layer.size <= limits.evidence_bytes]
    if sum(read) > limits.evidence_total_bytes:
        raise LimitExceeded(
            f"the signatures of one artifact are larger than {limits.evidence_total_bytes} bytes"
        )
