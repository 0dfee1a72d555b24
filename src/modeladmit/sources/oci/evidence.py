"""Signatures and attestations beside an OCI artifact: where they lie and in which form (facts C.3, C.4, C.6, C.9).

Referrers (cosign 3, Notation, anything with a bundle) and the tags `sha256-<hex>.sig` and `.att` (cosign 2). Types only
say how to read; unknown ones are no evidence. What was found and cannot be read stays in the list with its problem,
so that the verifier reports it instead of nobody.

Attack: whoever may push beside an artifact piles up junk. Evidence can only add to what is proven, so a part of it is
read and the rest is told: nobody's junk takes away what is found among it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Evidence, EvidenceKind, EvidenceSet
from modeladmit.errors import EvidenceError, LimitExceeded, UnexpectedContent
from modeladmit.sources.gathering import each, together
from modeladmit.sources.oci.client import RegistryClient, Repository, referrers_tag
from modeladmit.sources.oci.manifest import Descriptor, Index, Manifest
from modeladmit.sources.settings import Limits

T = TypeVar("T")

_BUNDLE: Final = "application/vnd.dev.sigstore.bundle"
_SIMPLE_SIGNING: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
_DSSE: Final = "application/vnd.dsse.envelope.v1+json"
_JWS: Final = "application/jose+json"
_EVIDENCE_TYPES: Final = (
    _BUNDLE,
    "application/vnd.dev.cosign.artifact.",
    "application/vnd.cncf.notary.signature",
    "application/vnd.in-toto",
    _DSSE,
)
"""artifactType prefixes of evidence."""
_TYPES_OF_CONFIGS: Final = (
    "application/vnd.oci.empty.v1+json",
    "application/vnd.oci.image.config.v1+json",
)
"""Some registries give the config's type instead of the artifact's: those, and what has none, are looked into last."""
_TOO_MUCH: Final = (
    "delete what does not belong there, or let the settings read more (stores.evidenceCount)"
)


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
class _Layer:
    """A layer that holds evidence, and the manifest that lists it."""

    kind: EvidenceKind
    blob: Descriptor
    origin: str


@dataclass(frozen=True, slots=True)
class _Place:
    """What one place holds: a tag, or the list of referrers."""

    layers: tuple[_Layer, ...] = ()
    problems: tuple[Evidence, ...] = ()
    anonymous: bool = True


async def gather(
    client: RegistryClient, repository: Repository, subject: Digest, limits: Limits
) -> EvidenceSet:
    """What anybody stored beside `subject`. Raises transient errors, AccessDenied and HostForbidden."""
    tag = referrers_tag(subject)
    places = await together(
        _tagged(client, repository, f"{tag}.sig", limits),
        _tagged(client, repository, f"{tag}.att", limits),
        _referred(client, repository, subject, limits),
    )
    layers = [layer for place in places for layer in place.layers]
    problems = [problem for place in places for problem in place.problems]
    # Two signers of one payload share its blob.
    blobs, unread = _affordable([layer.blob for layer in layers], limits)
    if unread:
        bound = f"{unread} of them are not read, because together they are larger than {limits.evidence_total_bytes} bytes"
        problems.append(Evidence.unread(EvidenceKind.SIGSTORE_BUNDLE, str(repository), bound))
    contents = await each(_content(client, repository, blob, limits) for blob in blobs)
    found = dict(zip((blob.digest for blob in blobs), contents, strict=True))
    evidence = [
        Evidence.unread(layer.kind, layer.origin, problem)
        if problem
        else Evidence(layer.kind, content, layer.origin, layer.blob.annotations)
        for layer in layers
        if layer.blob.digest in found
        for content, problem, _ in [found[layer.blob.digest]]
    ]
    anonymous = repository.anonymous_only or all(
        (*(place.anonymous for place in places), *(public for _, _, public in contents))
    )
    # What could not be read stands first: a list that is cut for a message must not lose it.
    ordered = sorted((*problems, *evidence), key=lambda item: not item.problem)
    return EvidenceSet(tuple({item.digest: item for item in ordered}.values()), anonymous)


async def _referred(
    client: RegistryClient, repository: Repository, subject: Digest, limits: Limits
) -> _Place:
    try:
        referrers = await client.referrers(repository, subject)
    except (UnexpectedContent, LimitExceeded) as error:
        where = f"referrers of {subject.short}"
        return _Place(
            problems=(Evidence.unread(EvidenceKind.SIGSTORE_BUNDLE, where, str(error)),),
            anonymous=False,
        )
    types = [(item.artifact_type or "", item) for item in referrers.manifests]
    certain = [item for kind, item in types if kind.startswith(_EVIDENCE_TYPES)]
    possible = [item for kind, item in types if not kind or kind.startswith(_TYPES_OF_CONFIGS)]
    wanted = _both_ends(certain, limits.evidence_count)
    wanted += _both_ends(possible, limits.evidence_count - len(wanted))
    left_out = len(certain) + len(possible) - len(wanted)
    cuts = [referrers.cut] if referrers.cut else []
    if left_out:
        cuts.append(f"{left_out} of {left_out + len(wanted)} are not read; {_TOO_MUCH}")
    places = await each(_manifest(client, repository, item) for item in wanted)
    return _Place(
        tuple(layer for place in places for layer in place.layers),
        (
            *(
                Evidence.unread(EvidenceKind.SIGSTORE_BUNDLE, f"referrers of {subject.short}", cut)
                for cut in cuts
            ),
            *(problem for place in places for problem in place.problems),
        ),
        referrers.anonymous and all(place.anonymous for place in places),
    )


async def _manifest(
    client: RegistryClient, repository: Repository, descriptor: Descriptor
) -> _Place:
    try:
        manifest, anonymous = await client.manifest(repository, descriptor.digest)
    except EvidenceError as error:
        if error.transient:
            raise
        kind = kind_of(descriptor.artifact_type or "") or EvidenceKind.SIGSTORE_BUNDLE
        problem = Evidence.unread(kind, str(descriptor.digest), str(error))
        return _Place(problems=(problem,), anonymous=False)
    return _Place(tuple(_layers(manifest, str(descriptor.digest))), anonymous=anonymous)


async def _tagged(
    client: RegistryClient, repository: Repository, tag: str, limits: Limits
) -> _Place:
    attests = tag.endswith(".att")
    kind = EvidenceKind.COSIGN_ATTESTATION if attests else EvidenceKind.COSIGN_SIGNATURE
    try:
        manifest, anonymous = await client.tagged(repository, tag)
    except (UnexpectedContent, LimitExceeded) as error:
        return _Place(problems=(Evidence.unread(kind, tag, str(error)),), anonymous=False)
    found = list(_layers(manifest, tag)) if manifest is not None else []
    layers = _both_ends(found, limits.evidence_count)
    left_out = len(found) - len(layers)
    cut = f"{left_out} of {len(found)} are not read; {_TOO_MUCH}"
    return _Place(tuple(layers), (Evidence.unread(kind, tag, cut),) if left_out else (), anonymous)


def _layers(manifest: Manifest | Index, origin: str) -> Iterable[_Layer]:
    if isinstance(manifest, Manifest):
        for layer in manifest.layers:
            if (kind := kind_of(layer.media_type)) is not None:
                yield _Layer(kind, layer, origin)


async def _content(
    client: RegistryClient, repository: Repository, layer: Descriptor, limits: Limits
) -> tuple[bytes, str, bool]:
    """Content, or the problem with it, and whether it was read anonymously."""
    try:
        content, anonymous = await client.blob(repository, layer, limits.evidence_bytes)
    except EvidenceError as error:
        if error.transient:
            raise
        return b"", str(error), False
    return content, "", anonymous


def _both_ends(items: Sequence[T], count: int) -> list[T]:
    """At most `count`, half from each end: junk that was added before or after the good one does not push it out."""
    if len(items) <= count:
        return list(items)
    count = max(0, count)
    first = (count + 1) // 2
    return [*items[:first], *items[len(items) - (count - first) :]]


def _affordable(layers: Iterable[Descriptor], limits: Limits) -> tuple[list[Descriptor], int]:
    """Distinct blobs, the small ones first, as many as the bound on bytes allows, and how many are left out.

    Giants are never read, only told. Attack: junk that lists the good one's blob with another size. The largest that may
    be read counts: the bytes are hashed, so that nobody can make it wrong.
    """
    blobs: dict[Digest, Descriptor] = {}
    for layer in layers:
        known = blobs.setdefault(layer.digest, layer)
        if known.size < layer.size <= limits.evidence_bytes or known.size > limits.evidence_bytes:
            blobs[layer.digest] = layer
    chosen: list[Descriptor] = []
    total = 0
    for blob in sorted(blobs.values(), key=lambda blob: blob.size):
        if blob.size <= limits.evidence_bytes:
            if total + blob.size > limits.evidence_total_bytes:
                continue
            total += blob.size
        chosen.append(blob)
    return chosen, len(blobs) - len(chosen)
