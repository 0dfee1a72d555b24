"""Branches and tags over smart HTTP."""

from collections.abc import AsyncIterator

import pytest
import trustme

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact
from modeladmit.core.pin import Pin
from modeladmit.core.references import parse_reference
from modeladmit.errors import ArtifactNotFound, UnexpectedContent
from modeladmit.sources.access import StoreClient
from modeladmit.sources.git import GitSource, _packets
from modeladmit.sources.keychain import NoCredentials
from modeladmit.sources.settings import HostSettings, SourceSettings
from modeladmit.sources.transport import Transport
from tests.contracts.stores import server_context
from tests.doubles.git_server import GitServer


class Git:
    def __init__(self, server: GitServer, transport: Transport) -> None:
        self.server = server
        self._source = GitSource(StoreClient(transport, NoCredentials()))

    async def resolve(self, revision: str | None) -> Artifact:
        reference = parse_reference(f"git+https://{self.server.host}/team/tiny.git", revision)
        return await self._source.resolve(reference, scope=CredentialScope())


@pytest.fixture(params=[0, 2], ids=["v0", "v2"])
async def git(request: pytest.FixtureRequest) -> AsyncIterator[Git]:
    ca, server = trustme.CA(), GitServer()
    server.version = request.param
    async with server.running(server_context(ca)):
        rule = HostSettings(server.host, ca_bundle=ca.cert_pem.bytes().decode())
        async with Transport(SourceSettings(hosts=(rule,))) as transport:
            yield Git(server, transport)


async def test_revisions(git: Git) -> None:
    """A branch, a tag that is peeled to its commit, HEAD, a full name; a commit is taken at its word."""
    old = git.server.commit("team/tiny.git", "old", b"old")
    main = git.server.commit("team/tiny.git", "main", b"main")
    git.server.tag("team/tiny.git", "v1", old)
    revisions = {
        "main": main,
        "old": old,
        "v1": old,
        None: main,
        "refs/heads/old": old,
        "HEAD": main,
        "f" * 40: "f" * 40,
    }
    found = {revision: await git.resolve(revision) for revision in revisions}
    assert revisions == {revision: artifact.revision for revision, artifact in found.items()}
    assert {Pin.REVISION} == {
        artifact.pin for revision, artifact in found.items() if revision != "HEAD"
    } | {Pin.REVISION}


@pytest.mark.parametrize("revision", ["v2", "a b".replace(" ", "~"), "main^", "x:y", "v*"])
async def test_no_such_revision(git: Git, revision: str) -> None:
    """Nothing that is not a plain name reaches the server."""
    git.server.commit("team/tiny.git", "main", b"main")
    with pytest.raises(ArtifactNotFound):
        await git.resolve(revision)


async def test_a_prefix_is_not_the_branch(git: Git) -> None:
    """`ls-refs` matches prefixes; we do not."""
    git.server.commit("team/tiny.git", "main-old", b"x")
    with pytest.raises(ArtifactNotFound):
        await git.resolve("main")


@pytest.mark.parametrize("data", [b"00", b"zzzz", b"0003", b"00ff", b"-001", b"<html>"])
def test_broken_packets(data: bytes) -> None:
    """Lines that are none."""
    with pytest.raises(UnexpectedContent):
        list(_packets(data))
