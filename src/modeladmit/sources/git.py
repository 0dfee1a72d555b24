"""Git over smart HTTP (`git+https://host/path`): a branch or tag to its commit, with protocol v2's `ls-refs`.

Nothing is fetched: a commit is an immutable name (SHA-1), its files are not seen here. gitprotocol-http(5),
gitprotocol-v2(5), gitprotocol-common(5) "pkt-line Format". Servers that answer with protocol v0 are understood too.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from yarl import URL

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact, EvidenceSet
from modeladmit.core.reference import Reference
from modeladmit.errors import ArtifactNotFound, UnexpectedContent
from modeladmit.sources.access import Access, StoreClient

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_REF: Final = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]{1,512}")
_LENGTH: Final = re.compile(rb"[0-9a-fA-F]{4}")
_V2: Final = {"Git-Protocol": "version=2"}
_FLUSH: Final = b"0000"


class GitSource:
    """Branches and tags of a repository."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """The commit that a revision is now; a whole commit is taken at its word once the repository answers."""
        url = URL(f"https://{reference.name}")
        access = await self._client.access(url, reference.name.partition("/")[2], scope)
        commit = await commit_of(
            self._client, url, access, reference.revision or "HEAD", reference.uri
        )
        return Artifact(reference, revision=commit, anonymous=access.anonymous)

    async def evidence(
        self,
        artifact: Artifact,
        *,
        scope: CredentialScope,  # noqa: ARG002
    ) -> EvidenceSet:
        """None: a repository carries no evidence that we read; signatures of commits speak about SHA-1 names."""
        return EvidenceSet(anonymous=artifact.anonymous)


async def commit_of(client: StoreClient, url: URL, access: Access, revision: str, what: str) -> str:
    """Ask a repository at `url` for a revision. Raises ArtifactNotFound, UnexpectedContent and transport errors."""
    refs = await _refs(client, url, access, revision, what)
    if _COMMIT.fullmatch(revision):
        return revision
    for name in (revision, f"refs/tags/{revision}", f"refs/heads/{revision}"):
        if name in refs:
            return refs[name]
    raise ArtifactNotFound(f"{what} has no branch or tag {revision!r}")


async def _refs(
    client: StoreClient, url: URL, access: Access, revision: str, what: str
) -> Mapping[str, str]:
    if not _REF.fullmatch(revision):
        raise ArtifactNotFound(f"{what}: the revision cannot be the name of a branch or tag")
    service = url / "info/refs"
    response = await client.get(service.with_query(service="git-upload-pack"), access, headers=_V2)
    lines = list(_packets(response.expect(what).body))
    if lines[:1] == [b"# service=git-upload-pack"]:
        del lines[0]
    if lines[:1] != [b"version 2"]:
        return dict(_advertised(lines))
    names = (
        ["HEAD"]
        if revision == "HEAD"
        else [f"refs/heads/{revision}", f"refs/tags/{revision}", revision]
    )
    body = b"".join(
        [
            _packet(b"command=ls-refs\n"),
            b"0001",
            _packet(b"peel\n"),
            *(_packet(f"ref-prefix {name}\n".encode()) for name in names),
            _FLUSH,
        ]
    )
    headers = {**_V2, "Content-Type": "application/x-git-upload-pack-request"}
    request = client.request(
        url / "git-upload-pack", access, method="POST", headers=headers, body=body
    )
    answer = await client.transport.send(request)
    return dict(_listed(_packets(answer.expect(what).body)))


def _packet(data: bytes) -> bytes:
    return b"%04x" % (len(data) + 4) + data


def _packets(data: bytes) -> Iterator[bytes]:
    """Lines of pkt-lines without their line ends; flush, delimiter and end packets are left out. Raises UnexpectedContent."""
    position = 0
    while position < len(data):
        header = data[position : position + 4]
        if not _LENGTH.fullmatch(header):
            raise UnexpectedContent("the server does not speak Git's smart HTTP protocol")
        length = int(header, 16)
        if length in {0, 1, 2}:
            position += 4
            continue
        if length < 4 or position + length > len(data):  # noqa: PLR2004 - the length counts itself
            raise UnexpectedContent("the Git server's answer breaks off")
        yield data[position + 4 : position + length].removesuffix(b"\n")
        position += length


def _listed(lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """`OID NAME [peeled:OID]` of ls-refs; an annotated tag is the commit that it peels to."""
    for line in lines:
        oid, name, *attributes = line.decode("utf-8", "replace").split(" ")
        peeled = next((item[7:] for item in attributes if item.startswith("peeled:")), oid)
        if _COMMIT.fullmatch(peeled) and name:
            yield name, peeled


def _advertised(lines: list[bytes]) -> Iterator[tuple[str, str]]:
    """`OID NAME[^{}][NUL capabilities]` of protocol v0; a peeled line follows its tag and wins."""
    for line in lines:
        oid, _, rest = line.decode("utf-8", "replace").partition(" ")
        name = rest.partition("\0")[0].removesuffix("^{}")
        if not _COMMIT.fullmatch(oid) or not name:
            raise UnexpectedContent("the server does not speak Git's smart HTTP protocol")
        yield name, oid
