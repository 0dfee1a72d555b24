"""`git http-backend`, the server that comes with Git."""

import subprocess
from pathlib import Path

import pytest
import trustme

from modeladmit.errors import ArtifactNotFound
from modeladmit.sources.settings import HostSettings
from tests.contracts.stores import server_context
from tests.integration.sources.conftest import GitBackend, asking


def git(repository: Path, *arguments: str) -> str:
    identity = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "tag.gpgSign=false",
    ]
    done = subprocess.run(
        ["git", "-C", repository, *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


async def test_branches_and_tags(tmp_path: Path) -> None:
    """Branch, annotated and light tag, HEAD and full names against protocol v2 of the real server."""
    ca, repository = trustme.CA(), tmp_path / "team" / "tiny"
    repository.mkdir(parents=True)
    git(repository, "init", "-q")
    git(repository, "commit", "-q", "--allow-empty", "-m", "one")
    git(repository, "tag", "-a", "-m", "annotated", "v1")
    git(repository, "tag", "light")
    one = git(repository, "rev-parse", "HEAD")
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    two = git(repository, "rev-parse", "HEAD")
    server = GitBackend(tmp_path)
    async with server.running(server_context(ca)):
        asked = asking(HostSettings(server.host, ca_bundle=ca.cert_pem.bytes().decode()))
        uri = f"git+https://{server.host}/team/tiny/.git"
        expected = {
            "main": two,
            None: two,
            "v1": one,
            "light": one,
            "refs/heads/main": two,
            one: one,
        }
        found = {revision: (await asked.resolve(uri, revision)).revision for revision in expected}
        assert expected == found
        for missing in (f"git+https://{server.host}/team/nothing/.git", uri):
            with pytest.raises(ArtifactNotFound):
                await asked.resolve(missing, "nowhere")
