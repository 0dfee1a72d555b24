"""ModelScope (`modelscope://owner/name`): its file listing has a SHA-256 of every file; a branch's commit comes from Git."""

import re
from functools import partial
from typing import Any, Final

from yarl import URL

from modeladmit.core.content_digest import content_digest, is_signature_file
from modeladmit.core.credentials import CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    Artifact,
    ArtifactFile,
    EvidenceSet,
    Executable,
)
from modeladmit.core.reference import Reference
from modeladmit.errors import (
    ArtifactNotFound,
    DigestMismatch,
    LimitExceeded,
    UnexpectedContent,
)
from modeladmit.sources.access import Access, StoreClient
from modeladmit.sources.contents import executables_in, executables_of, format_of
from modeladmit.sources.exchange import OK
from modeladmit.sources.gathering import each
from modeladmit.sources.git import commit_of
from modeladmit.sources.model_signatures import read_signature
from modeladmit.sources.reading import is_file_name, unread_code, worth_reading

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class ModelScopeSource:
    """Models on ModelScope, or a mirror that speaks its API."""

    def __init__(self, client: StoreClient, endpoint: str) -> None:
        self._client = client
        self._endpoint = URL(endpoint.rstrip("/"))

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """Commit, files, digests, code. The files are listed at the commit, so that both are one moment's. Raises EvidenceError leaves."""
        access = await self._access(reference, scope, anonymous=False)
        repository = self._endpoint / f"{reference.name}.git"
        revision = reference.revision or "master"
        commit = await commit_of(self._client, repository, access, revision, reference.uri)
        files = await self._files(reference, commit, access)
        small = worth_reading(files, self._client.limits, hash_others=False)
        code = await each(self._code(reference, commit, file, access) for file in small)
        return Artifact(
            reference,
            digest=content_digest((file.name, file.digest) for file in files),
            revision=commit,
            size=sum(file.size or 0 for file in files),
            files=files,
            executables=tuple(
                dict.fromkeys(
                    (
                        *executables_of(files),
                        *(item for items in code for item in items),
                        *unread_code(files, small),
                    )
                )
            ),
            anonymous=access.anonymous,
        )

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """Model signatures at the top of the repository, at the resolved commit. Raises EvidenceError leaves."""
        access = await self._access(artifact.reference, scope, anonymous=artifact.anonymous)
        found = [file for file in artifact.files if is_signature_file(file.name)]
        commit, limit = artifact.revision or "", self._client.limits.evidence_bytes
        signatures = await each(
            read_signature(
                file.name,
                partial(self._fetch, artifact.reference, commit, file, access, limit),
            )
            for file in found
        )
        return EvidenceSet(tuple(signatures), access.anonymous)

    async def _access(
        self, reference: Reference, scope: CredentialScope, *, anonymous: bool
    ) -> Access:
        return await self._client.access(
            self._endpoint, reference.name, scope, anonymous=anonymous, token=True
        )

    async def _files(
        self, reference: Reference, commit: str, access: Access
    ) -> tuple[ArtifactFile, ...]:
        url = (self._endpoint / "api/v1/models" / reference.name / "repo/files").with_query(
            Revision=commit, Recursive="True"
        )
        response = await self._client.get(url, access, limit=self._client.limits.listing_bytes)
        what = f"{reference.uri} at {commit}"
        document = response.expect(what).document(what)
        if document.get("Code", OK) != OK:
            raise ArtifactNotFound(f"{self._endpoint.host} has no {what}")
        data = document.get("Data")
        listed = data.get("Files") if isinstance(data, dict) else None
        if not isinstance(listed, list):
            raise UnexpectedContent(f"{self._endpoint.host} lists no files for {what}")
        if len(listed) > self._client.limits.files:
            raise LimitExceeded(f"{reference.uri} has more than {self._client.limits.files} files")
        files = [
            _file(item) for item in listed if isinstance(item, dict) and item.get("Type") != "tree"
        ]
        return tuple(sorted(files, key=lambda file: file.name))

    async def _code(
        self, reference: Reference, commit: str, file: ArtifactFile, access: Access
    ) -> tuple[Executable, ...]:
        return executables_in(
            file.name,
            await self._fetch(
                reference, commit, file, access, self._client.limits.small_file_bytes
            ),
        )

    async def _fetch(
        self, reference: Reference, commit: str, file: ArtifactFile, access: Access, limit: int
    ) -> bytes:
        url = (self._endpoint / "api/v1/models" / reference.name / "repo").with_query(
            Revision=commit, FilePath=file.name
        )
        response = await self._client.get(url, access, limit=limit)
        what = f"{file.name} of {reference.uri} at {commit}"
        body = response.expect(what).body
        if file.digest is not None and Digest.sha256(body) != file.digest:
            raise DigestMismatch(f"{what} has another digest than {self._endpoint.host} lists")
        return body


def _file(item: dict[str, Any]) -> ArtifactFile:
    name, size, sha256 = item.get("Path"), item.get("Size"), item.get("Sha256")
    if not is_file_name(name):
        raise UnexpectedContent("ModelScope lists a file without a usable name")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise UnexpectedContent(f"ModelScope lists {name} without a size")
    digest = (
        Digest("sha256", sha256) if isinstance(sha256, str) and _SHA256.fullmatch(sha256) else None
    )
    return ArtifactFile(name, size, digest, format_of(name))
