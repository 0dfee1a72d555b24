"""OCI references (`oci://`), and the registries that speak the same protocol under other names: Ollama, NGC."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from yarl import URL

from modeladmit.core.content_digest import is_signature_file
from modeladmit.core.credentials import CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    Artifact,
    ArtifactFile,
    EvidenceSet,
    Executable,
)
from modeladmit.core.reference import Reference, Scheme
from modeladmit.errors import NotResolvable, UnexpectedContent
from modeladmit.sources.contents import executables_in, executables_of, unread
from modeladmit.sources.gathering import each, together
from modeladmit.sources.hosts import authority
from modeladmit.sources.keychain import Keychain
from modeladmit.sources.model_signatures import read_signature
from modeladmit.sources.oci.client import RegistryClient, Repository
from modeladmit.sources.oci.evidence import gather
from modeladmit.sources.oci.manifest import Descriptor, Index, Manifest
from modeladmit.sources.oci.packaging import files_of, is_image, is_raw
from modeladmit.sources.reading import unread_code, worth_reading
from modeladmit.sources.transport import Transport

_ATTESTATION_PLATFORM: Final = "unknown/unknown"
"""BuildKit lists provenance in an index under this platform; it is no image."""


@dataclass(frozen=True, slots=True)
class _Contents:
    """What one manifest holds."""

    files: tuple[ArtifactFile, ...]
    executables: tuple[Executable, ...]
    size: int


class OciSource:
    """Resolves tags and digests to manifests, and finds what is signed beside them."""

    def __init__(self, transport: Transport, keychain: Keychain) -> None:
        self._client = RegistryClient(transport, keychain)
        self._settings = transport.settings

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """One request for an image by digest; models also have their small configurations read for code. Raises EvidenceError leaves."""
        repository = self._repository(reference, scope)
        # NGC keeps its version beside the name; its registry knows it as a tag.
        version = reference.tag or (reference.revision if reference.scheme is Scheme.NGC else None)
        manifest, anonymous = await self._client.manifest(
            repository, reference.digest or version or "latest"
        )
        # What is shared because the manifest is public holds nothing that a login has shown.
        repository = replace(repository, anonymous_only=anonymous)
        if isinstance(manifest, Index):
            return await self._index(reference, repository, manifest, anonymous=anonymous)
        contents = await self._contents(repository, manifest)
        return Artifact(
            reference,
            digest=manifest.digest,
            media_type=manifest.kind or manifest.media_type,
            size=contents.size,
            files=contents.files,
            executables=contents.executables,
            anonymous=anonymous,
        )

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """Signatures and attestations beside the manifest, and model signatures inside. Raises EvidenceError leaves."""
        if artifact.digest is None:
            raise NotResolvable("an OCI artifact without a digest has no evidence")
        home = self._repository(artifact.reference, scope)
        beside = self._beside(replace(home, anonymous_only=artifact.anonymous), artifact.digest)
        found, signed = await together(beside, self.inside(artifact, scope=scope))
        return found + signed

    async def beside(self, reference: Reference, *, scope: CredentialScope) -> EvidenceSet:
        """What lies beside a digest, whose manifest nobody has to know for that. Raises EvidenceError leaves."""
        if reference.digest is None:
            raise NotResolvable("a reference without a digest has no evidence")
        return await self._beside(self._repository(reference, scope), reference.digest)

    async def inside(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """Model signatures among the files. Raises transient EvidenceError leaves."""
        repository = replace(
            self._repository(artifact.reference, scope), anonymous_only=artifact.anonymous
        )
        found = [file for file in artifact.files if is_signature_file(file.name)]
        signatures = await each(
            read_signature(file.name, partial(self._signature, repository, file)) for file in found
        )
        return EvidenceSet(tuple(signatures), artifact.anonymous or not found)

    async def _beside(self, repository: Repository, digest: Digest) -> EvidenceSet:
        return await gather(
            self._client, self._signatures(repository), digest, self._settings.limits
        )

    async def _index(
        self, reference: Reference, repository: Repository, index: Index, *, anonymous: bool
    ) -> Artifact:
        """An index stands for all of its manifests: their files together, when there are few enough to look at."""
        children = [item for item in index.manifests if item.platform != _ATTESTATION_PLATFORM]
        contents: list[_Contents] = []
        if len(children) <= self._settings.limits.platforms:
            contents = await each(self._child(repository, item) for item in children)
        else:
            contents = [_Contents((), (unread(f"{len(children)} manifests"),), 0)]
        files = {(file.name, file.digest): file for content in contents for file in content.files}
        return Artifact(
            reference,
            digest=index.digest,
            media_type=index.artifact_type or index.media_type,
            size=sum(content.size for content in contents) or None,
            files=tuple(sorted(files.values(), key=lambda file: (file.name, str(file.digest)))),
            executables=tuple(
                dict.fromkeys(item for content in contents for item in content.executables)
            ),
            platforms=tuple(item.digest for item in index.manifests),
            anonymous=anonymous,
        )

    async def _child(self, repository: Repository, descriptor: Descriptor) -> _Contents:
        manifest, _ = await self._client.manifest(repository, descriptor.digest)
        if isinstance(manifest, Index):
            raise UnexpectedContent(f"{repository} has an index inside an index")
        return await self._contents(repository, manifest)

    async def _contents(self, repository: Repository, manifest: Manifest) -> _Contents:
        files = files_of(manifest)
        size = sum(layer.size for layer in manifest.layers)
        if is_image(manifest):
            return _Contents(files, executables_of(files), size)
        raw = {layer.digest for layer in manifest.layers if is_raw(layer)}
        readable = [file for file in files if file.digest in raw]
        limits = self._settings.limits
        small = worth_reading(readable, limits, hash_others=False)
        blobs = await each(
            self._client.blob(repository, _descriptor(file), limits.small_file_bytes)
            for file in small
        )
        seen = {file.digest for file in small}
        named = [
            item
            for file, (body, _) in zip(small, blobs, strict=True)
            for item in executables_in(file.name, body)
        ]
        files = tuple(
            replace(file, verified=True) if file.digest in seen else file for file in files
        )
        unseen = unread_code(readable, small)
        return _Contents(
            files, tuple(dict.fromkeys((*executables_of(files), *named, *unseen))), size
        )

    async def _signature(self, repository: Repository, file: ArtifactFile) -> bytes:
        content, _ = await self._client.blob(
            repository, _descriptor(file), self._settings.limits.evidence_bytes
        )
        return content

    def _repository(self, reference: Reference, scope: CredentialScope) -> Repository:
        if reference.scheme is Scheme.NGC:
            return Repository(
                authority(URL(self._settings.ngc_endpoint)), reference.name.lower(), scope
            )
        host, _, name = reference.name.partition("/")
        return Repository(host, name, scope)

    def _signatures(self, repository: Repository) -> Repository:
        """Where the settings say that signatures of this repository lie (cosign's COSIGN_REPOSITORY).

        Whether that place is public is not known from the artifact's: signatures of public images may lie in private.
        """
        for prefix, target in self._settings.signature_repository.items():
            if f"{repository}/".startswith(f"{prefix.rstrip('/')}/"):
                host, _, name = target.partition("/")
                return replace(repository, host=host, name=name, anonymous_only=False)
        return repository


def _descriptor(file: ArtifactFile) -> Descriptor:
    if file.digest is None:
        raise UnexpectedContent(f"{file.name} has no digest")
    return Descriptor("", file.digest, file.size or 0)
