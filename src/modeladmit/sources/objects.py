"""Object stores (S3, GCS, Azure Blob): one object, or a prefix as a directory of a bounded number of objects.

A single object is pinned by its version; a prefix has none, so only digests of all its files identify it. Stores rarely
know a SHA-256: small files are fetched and hashed here, large ones stay without a digest unless the store has one.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from modeladmit.core.content_digest import content_digest, is_signature_file
from modeladmit.core.credentials import CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    Artifact,
    ArtifactFile,
    Evidence,
    EvidenceKind,
    EvidenceSet,
    Executable,
)
from modeladmit.core.reference import Reference
from modeladmit.errors import ArtifactNotFound, DigestMismatch, EvidenceError, LimitExceeded
from modeladmit.sources.contents import executables_in, executables_of, format_of, may_name_code
from modeladmit.sources.gathering import each
from modeladmit.sources.reading import unread_code, worth_reading
from modeladmit.sources.settings import Limits


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as its store describes it."""

    key: str
    size: int
    version: str | None = None
    """Immutable id of these bytes, where the store keeps versions."""
    digest: Digest | None = None
    """SHA-256 of the whole object, where the store has computed one."""


def count_of(text: object) -> int | None:
    """A size or generation in decimal digits, up to 64 bits' worth of them; None for anything else.

    Attack: `²` is a digit for Python and no number, and a number of five thousand digits ends in an exception.
    """
    if isinstance(text, str) and len(text) <= 19 and text.isascii() and text.isdigit():  # noqa: PLR2004
        return int(text)
    return None


class Bucket(Protocol):
    """One bucket or container as one scope sees it."""

    @property
    def anonymous(self) -> bool:
        """Whether nothing says who we are."""
        ...

    async def head(self, key: str, version: str | None) -> StoredObject | None:
        """An object, or None when there is none of that name. Raises EvidenceError leaves."""
        ...

    async def below(self, prefix: str) -> list[StoredObject]:
        """Objects below a prefix. Raises LimitExceeded when there are too many."""
        ...

    async def read(self, item: StoredObject, limit: int) -> bytes:
        """The bytes of exactly that version, where there is one."""
        ...


class ObjectStore(Protocol):
    """One kind of store."""

    async def bucket(
        self, reference: Reference, scope: CredentialScope, *, anonymous: bool
    ) -> tuple[Bucket, str]:
        """The bucket that a reference names, and the key inside."""
        ...


class ObjectStoreSource:
    """Resolves objects and prefixes of any object store."""

    def __init__(self, store: ObjectStore, limits: Limits) -> None:
        self._store = store
        self._limits = limits

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """The object of that key, else everything below it. Raises EvidenceError leaves."""
        bucket, key = await self._store.bucket(reference, scope, anonymous=False)
        single = await bucket.head(key, reference.revision) if key else None
        if single is not None:
            objects = {key.rpartition("/")[2]: single}
        elif reference.revision is not None:
            raise ArtifactNotFound(
                f"{reference} is not there (a version names one object, never a prefix)"
            )
        else:
            objects = await self._directory(bucket, key, reference)
        files, executables = await self._described(bucket, objects)
        return Artifact(
            reference,
            digest=content_digest((file.name, file.digest) for file in files),
            revision=single.version if single else None,
            size=sum(item.size for item in objects.values()),
            files=files,
            executables=executables,
            anonymous=bucket.anonymous,
        )

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """Model signatures inside a prefix, or `KEY.sig` beside an object. Raises EvidenceError leaves."""
        bucket, key = await self._store.bucket(
            artifact.reference, scope, anonymous=artifact.anonymous
        )
        inside = [file.name for file in artifact.files if is_signature_file(file.name)]
        keys = [f"{key}/{name}".lstrip("/") for name in inside]
        if len(artifact.files) == 1 and key.rpartition("/")[2] == artifact.files[0].name:
            keys = [f"{key}.sig"]
        found = await each(self._signature(bucket, name) for name in keys)
        return EvidenceSet(tuple(item for item in found if item is not None), bucket.anonymous)

    async def _directory(
        self, bucket: Bucket, key: str, reference: Reference
    ) -> dict[str, StoredObject]:
        prefix = f"{key}/" if key else ""
        listed = await bucket.below(prefix)
        if len(listed) > self._limits.objects:
            raise LimitExceeded(f"{reference.uri} holds more than {self._limits.objects} objects")
        objects = {
            item.key.removeprefix(prefix): item for item in listed if not item.key.endswith("/")
        }
        if not objects:
            raise ArtifactNotFound(
                f"{reference.uri} is neither an object nor a prefix with objects below it"
            )
        # Listings know neither versions nor checksums.
        heads = await each(bucket.head(item.key, item.version) for item in objects.values())
        return {
            name: head or item for (name, item), head in zip(objects.items(), heads, strict=True)
        }

    async def _described(
        self, bucket: Bucket, objects: dict[str, StoredObject]
    ) -> tuple[tuple[ArtifactFile, ...], tuple[Executable, ...]]:
        files = {
            name: ArtifactFile(name, item.size, item.digest, format_of(name))
            for name, item in sorted(objects.items())
        }
        small = [
            file.name for file in worth_reading(files.values(), self._limits, hash_others=True)
        ]
        unseen = tuple(unread_code(files.values(), [files[name] for name in small]))
        bodies = await each(
            bucket.read(objects[name], self._limits.small_file_bytes) for name in small
        )
        executables: list[Executable] = []
        for name, body in zip(small, bodies, strict=True):
            digest = Digest.sha256(body)
            if objects[name].digest not in {None, digest}:
                raise DigestMismatch(f"{name} has another digest than its store says")
            files[name] = replace(files[name], digest=digest, verified=True)
            executables += executables_in(name, body) if may_name_code(name) else ()
        return tuple(files.values()), tuple(
            dict.fromkeys((*executables_of(files.values()), *executables, *unseen))
        )

    async def _signature(self, bucket: Bucket, key: str) -> Evidence | None:
        name = key.rpartition("/")[2]
        try:
            item = await bucket.head(key, None)
            if item is None:
                return None
            return Evidence(
                EvidenceKind.MODEL_SIGNATURE,
                await bucket.read(item, self._limits.evidence_bytes),
                name,
            )
        except EvidenceError as error:
            if error.transient:
                raise
            return Evidence.unread(EvidenceKind.MODEL_SIGNATURE, name, str(error))
