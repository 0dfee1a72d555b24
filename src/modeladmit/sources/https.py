"""A file at a URL (`https://…`). Only its bytes identify it, so they are read and hashed, up to a bound.

A larger file stays without a digest. A detached model signature is looked for at the same URL with `.sig` behind it.
"""

import hashlib
from urllib.parse import quote

from yarl import URL

from modeladmit.core.content_digest import content_digest
from modeladmit.core.credentials import CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Artifact, ArtifactFile, Evidence, EvidenceKind, EvidenceSet
from modeladmit.core.reference import Reference
from modeladmit.errors import LimitExceeded, UnexpectedContent
from modeladmit.sources.access import StoreClient
from modeladmit.sources.contents import executables_in, executables_of, format_of
from modeladmit.sources.exchange import NOT_FOUND
from modeladmit.sources.progress import SILENT, Progress
from modeladmit.sources.reading import unread_code


class HttpsSource:
    """Single files at URLs."""

    def __init__(self, client: StoreClient, progress: Progress = SILENT) -> None:
        self._client = client
        self._progress = progress

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """The file's digest. Raises EvidenceError leaves."""
        url = _url(reference)
        access = await self._client.access(url, reference.name.partition("/")[2], scope)
        name = reference.name.rpartition("/")[2]
        kept = _Kept(self._progress, self._client.limits.small_file_bytes)
        request = self._client.request(url, access, limit=self._client.limits.hashed_file_bytes)
        try:
            with self._progress.step(f"hashing {reference.uri}", None):
                response = await self._client.transport.send(request.into(kept.take))
            response.expect(reference.uri)
        except LimitExceeded:
            file = ArtifactFile(name, None, None, format_of(name))
            return Artifact(
                reference,
                files=(file,),
                executables=(*executables_of([file]), *unread_code([file], ())),
                anonymous=access.anonymous,
            )
        digest = Digest("sha256", kept.hash.hexdigest())
        file = ArtifactFile(name, kept.size, digest, format_of(name), verified=True)
        whole = kept.size == len(kept.start)
        executables = (
            *executables_of([file]),
            *(executables_in(name, kept.start) if name.lower().endswith(".json") and whole else ()),
            *unread_code([file], [file] if whole else ()),
        )
        return Artifact(
            reference,
            digest=content_digest([(name, digest)]),
            media_type=response.content_type or None,
            size=kept.size,
            files=(file,),
            executables=executables,
            anonymous=access.anonymous,
        )

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """`URL.sig`, when it is there. A URL with a query (pre-signed) has nothing beside it."""
        reference = artifact.reference
        if reference.query:
            return EvidenceSet(anonymous=artifact.anonymous)
        url = URL(f"{_url(reference)}.sig", encoded=True)
        access = await self._client.access(
            url, reference.name.partition("/")[2], scope, anonymous=artifact.anonymous
        )
        response = await self._client.get(url, access, limit=self._client.limits.evidence_bytes)
        if response.status == NOT_FOUND:
            return EvidenceSet(anonymous=access.anonymous)
        body = response.expect(f"{reference.uri}.sig").body
        name = f"{artifact.files[0].name}.sig"
        return EvidenceSet((Evidence(EvidenceKind.MODEL_SIGNATURE, body, name),), access.anonymous)


class _Kept:
    """The running digest, the size, and as much of the start as a configuration may have."""

    def __init__(self, progress: Progress, limit: int) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.start = b""
        self._progress = progress
        self._limit = limit

    def take(self, part: bytes) -> None:
        self.hash.update(part)
        self.size += len(part)
        self._progress.advance(len(part))
        if self.size <= self._limit:
            self.start += part


def _url(reference: Reference) -> URL:
    host, _, path = reference.name.partition("/")
    if not path:
        raise UnexpectedContent(f"{reference.uri} names a host, not a file")
    query = f"?{reference.query}" if reference.query else ""
    return URL(
        f"{reference.scheme}://{host}/{quote(path, safe='/~@:+,;=!$&()*')}{query}", encoded=True
    )
