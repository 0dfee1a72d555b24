"""Hugging Face Hub (`hf://owner/name`), and mirrors that speak its API (`HF_ENDPOINT`).

A revision becomes the 40-hex commit. Large files have a SHA-256 that the hub asserts (LFS); small ones have only a git
SHA-1, so they are fetched at that commit and hashed here. The id that answers is compared with the id that was asked:
a rename redirects, and a freed name can be registered again by anybody (model namespace reuse).
"""

import hashlib
import re
from collections import OrderedDict
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import quote

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
    AccessDenied,
    ArtifactNotFound,
    ArtifactRenamed,
    DigestMismatch,
    LimitExceeded,
    UnexpectedContent,
)
from modeladmit.sources.access import Access, StoreClient
from modeladmit.sources.contents import (
    executables_in,
    executables_named_by,
    executables_of,
    format_of,
    may_name_code,
)
from modeladmit.sources.exchange import Response
from modeladmit.sources.gathering import each
from modeladmit.sources.hosts import authority
from modeladmit.sources.model_signatures import read_signature
from modeladmit.sources.reading import is_file_name, unread_code, worth_reading

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_REMEMBERED: Final = 256
"""Commits whose small files need not be fetched again when a branch is asked for again."""


class HuggingFaceSource:
    """Models on a hub."""

    def __init__(self, client: StoreClient, endpoint: str) -> None:
        self._client = client
        self._endpoint = URL(endpoint.rstrip("/"))
        self._host = authority(self._endpoint)
        self._commits: OrderedDict[tuple[str, str, str], Artifact] = OrderedDict()

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """Revision to commit, files, digests, code. Raises ArtifactRenamed and other EvidenceError leaves."""
        access = await self._client.access(self._endpoint, reference.name, scope, token=True)
        model = await self._model(reference, access)
        commit = _commit(model, reference)
        known = self._commits.get((access.account, reference.name, commit))
        if known is None:
            known = await self._contents(reference, model, commit, access)
            self._commits[access.account, reference.name, commit] = known
            while len(self._commits) > _REMEMBERED:
                self._commits.popitem(last=False)
        return replace(known, reference=reference)

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """Model signatures at the top of the repository, at the resolved commit. Raises EvidenceError leaves."""
        if artifact.revision is None:
            raise UnexpectedContent("a hub artifact without a commit has no evidence")
        reference = artifact.reference
        access = await self._client.access(
            self._endpoint, reference.name, scope, anonymous=artifact.anonymous, token=True
        )
        found = [file for file in artifact.files if is_signature_file(file.name)]
        signatures = await each(
            read_signature(
                file.name, partial(self._signature, reference, artifact.revision, file, access)
            )
            for file in found
        )
        return EvidenceSet(tuple(signatures), access.anonymous)

    async def _model(self, reference: Reference, access: Access) -> dict[str, Any]:
        revision = quote(reference.revision or "main", safe="")
        url = self._endpoint / "api/models" / reference.name / "revision"
        url = URL(f"{url}/{revision}?blobs=true", encoded=True)
        response = await self._client.get(url, access, limit=self._client.limits.listing_bytes)
        what = f"{reference.uri} at {reference.revision or 'main'}"
        model = self._answer(response, what, access).document(what)
        answered = model.get("id")
        if not isinstance(answered, str):
            raise UnexpectedContent(f"{self._host} does not say which model it answers for {what}")
        if answered.casefold() != reference.name.casefold():
            raise ArtifactRenamed(
                f"{self._host} answers for hf://{reference.name} with {answered[:200]!r}: it was renamed or moved; "
                "find out who owns that name now, and write it if you mean it"
            )
        if model.get("disabled"):
            raise AccessDenied(f"{self._host} has disabled {what}")
        return model

    def _answer(self, response: Response, what: str, access: Access) -> Response:
        """Translate the hub's refusals, which hide private repositories behind 401 and 404."""
        code = response.headers.get("X-Error-Code", "")
        token = f"give a pull secret for {self._host} whose password is a token that may read it"
        if code == "RepoNotFound":
            hint = "" if access.header else f", or it is private; if so, {token}"
            raise ArtifactNotFound(f"{what} is not there{hint}")
        if code == "GatedRepo":
            cure = (
                "the account of our token has not been granted access" if access.header else token
            )
            raise AccessDenied(f"{what} is gated at {self._host}; {cure}")
        if code == "RevisionNotFound":
            raise ArtifactNotFound(f"{what}: the repository is there, the revision is not")
        return response.expect(what)

    async def _contents(
        self, reference: Reference, model: dict[str, Any], commit: str, access: Access
    ) -> Artifact:
        siblings = model.get("siblings")
        if not isinstance(siblings, list):
            raise UnexpectedContent(f"{self._host} lists no files for {reference.uri}")
        if len(siblings) > self._client.limits.files:
            raise LimitExceeded(f"{reference.uri} has more than {self._client.limits.files} files")
        listed = [_file(item) for item in siblings]
        blobs = {file.name: item.get("blobId") for file, item in zip(listed, siblings, strict=True)}
        small = worth_reading(listed, self._client.limits, hash_others=True)
        fetched = await each(
            self._hashed(reference, commit, file, blobs[file.name], access) for file in small
        )
        hashed = {file.name: file for file, _ in fetched}
        files = tuple(
            sorted((hashed.get(file.name, file) for file in listed), key=lambda file: file.name)
        )
        code = [_named_in(reference, item) for _, executables in fetched for item in executables]
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
                        *code,
                        *unread_code(files, small),
                        *_asserted_code(model, reference),
                    )
                )
            ),
            anonymous=access.anonymous,
        )

    async def _hashed(
        self, reference: Reference, commit: str, file: ArtifactFile, blob: object, access: Access
    ) -> tuple[ArtifactFile, tuple[Executable, ...]]:
        body = await self._fetch(
            reference, commit, file.name, access, self._client.limits.small_file_bytes
        )
        name = f"{file.name} of {reference.uri}"
        if len(body) != file.size:
            raise DigestMismatch(
                f"{name} has {len(body)} bytes, and {self._host} lists {file.size}"
            )
        digest = Digest.sha256(body)
        if file.digest is not None:  # of a large file the blob is its pointer
            same = digest == file.digest
        else:
            git = hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
            same = not isinstance(blob, str) or git == blob
        if not same:
            raise DigestMismatch(f"{name} is not the blob that {self._host} lists")
        verified = replace(file, digest=digest, verified=True)
        return verified, executables_in(file.name, body) if may_name_code(file.name) else ()

    async def _signature(
        self, reference: Reference, commit: str, file: ArtifactFile, access: Access
    ) -> bytes:
        body = await self._fetch(
            reference, commit, file.name, access, self._client.limits.evidence_bytes
        )
        if file.digest is not None and Digest.sha256(body) != file.digest:
            raise DigestMismatch(f"{file.name} is not the file that {self._host} lists")
        return body

    async def _fetch(
        self, reference: Reference, commit: str, name: str, access: Access, limit: int
    ) -> bytes:
        url = URL(
            f"{self._endpoint / reference.name / 'resolve' / commit}/{quote(name)}", encoded=True
        )
        response = await self._client.get(url, access, limit=limit)
        return self._answer(response, f"{name} of {reference.uri} at {commit}", access).body


def _commit(model: dict[str, Any], reference: Reference) -> str:
    commit = model.get("sha")
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise UnexpectedContent(f"the hub does not say which commit {reference.uri} is")
    if _COMMIT.fullmatch(reference.revision or "") and commit != reference.revision:
        raise UnexpectedContent(f"the hub answers with another commit than {reference.revision}")
    return commit


def _file(item: Any) -> ArtifactFile:
    name = item.get("rfilename") if isinstance(item, dict) else None
    if not is_file_name(name):
        raise UnexpectedContent("the hub lists a file without a usable name")
    size, lfs = item.get("size"), item.get("lfs")
    digest = None
    if isinstance(lfs, dict):
        size = lfs.get("size", size)
        sha256 = lfs.get("sha256")
        if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise UnexpectedContent(f"the hub lists {name} with a digest that cannot be read")
        digest = Digest("sha256", sha256)
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise UnexpectedContent(f"the hub lists {name} with a size that cannot be read")
    return ArtifactFile(name, size, digest, format_of(name))


def _named_in(reference: Reference, item: Executable) -> Executable:
    """Code of the repository itself is pinned with it (transformers, get_class_from_dynamic_module)."""
    return replace(item, elsewhere=None) if item.elsewhere == reference.name else item


def _asserted_code(model: dict[str, Any], reference: Reference) -> list[Executable]:
    """What the hub itself says about code: its copy of the configuration, and the `custom_code` tag."""
    config, tags = model.get("config"), model.get("tags")
    found = list(executables_named_by("config.json", config)) if isinstance(config, dict) else []
    found = [_named_in(reference, item) for item in found if item.kind == "auto_map"]
    if isinstance(tags, list) and "custom_code" in tags:
        found.append(Executable("custom-code", "", "tagged custom_code"))
    return found
