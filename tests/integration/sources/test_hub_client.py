"""The Hub double is held to the expectations of Hugging Face's own client, and both see the same model."""

import asyncio
import warnings
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from modeladmit.core.credentials import BasicCredential, CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.errors import AccessDenied, ArtifactNotFound
from modeladmit.sources.settings import HostSettings
from tests.doubles.hub import Hub
from tests.integration.sources.conftest import asking

FILES = {"config.json": b'{"a": 1}', "model.safetensors": b"w" * 50_000, "sub/notes.txt": b"x"}


class Token:
    async def credentials(
        self, host: str, repository: str, scope: CredentialScope
    ) -> BasicCredential:
        return BasicCredential("hf", "hf_token")


async def test_the_same_model(tmp_path: Path) -> None:
    """The client downloads exactly the bytes that we say the model has."""
    hub = Hub()
    async with hub.running():
        # The client tells content hosts from the hub by their names.
        hub.cdn = hub.url.replace("127.0.0.1", "localhost")
        commit = hub.push("team/tiny", FILES)
        artifact = await asking(
            HostSettings(hub.host, plain_http=True), hf_endpoint=hub.url
        ).resolve("hf://team/tiny")
        api = HfApi(endpoint=hub.url, token=False)
        info = await asyncio.to_thread(api.model_info, "team/tiny", files_metadata=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            folder = await asyncio.to_thread(api.snapshot_download, "team/tiny", cache_dir=tmp_path)
    assert commit == artifact.revision == info.sha
    downloaded = {name: Digest.sha256(Path(folder, name).read_bytes()) for name in FILES}
    assert downloaded == {file.name: file.digest for file in artifact.files}
    listed = {item.rfilename: item.lfs and item.lfs.sha256 for item in info.siblings or ()}
    assert Digest.sha256(FILES["model.safetensors"]).hex == listed["model.safetensors"]


async def test_the_same_refusals() -> None:
    """What the client calls gated, missing or moved, we call so, too."""
    hub = Hub()
    hub.token = "hf_token"
    async with hub.running():
        hub.push("team/gated", FILES)
        hub.repos["team/gated"].gated = True
        hub.push("team/open", FILES)
        api = HfApi(endpoint=hub.url, token=False)
        asked = asking(HostSettings(hub.host, plain_http=True), hf_endpoint=hub.url)
        cases: list[tuple[str, str | None, type[HfHubHTTPError], type[Exception]]] = [
            ("team/gated", None, GatedRepoError, AccessDenied),
            ("team/nothing", None, RepositoryNotFoundError, ArtifactNotFound),
            ("team/open", "v9", RevisionNotFoundError, ArtifactNotFound),
        ]
        for name, revision, theirs, ours in cases:
            with pytest.raises(theirs):
                await asyncio.to_thread(api.model_info, name, revision=revision)
            with pytest.raises(ours):
                await asked.resolve(f"hf://{name}", revision)


async def test_the_same_token() -> None:
    """A token opens a gated repository for both."""
    hub = Hub()
    hub.token = "hf_token"
    async with hub.running():
        commit = hub.push("team/gated", FILES)
        hub.repos["team/gated"].gated = True
        api = HfApi(endpoint=hub.url, token="hf_token")
        info = await asyncio.to_thread(api.model_info, "team/gated")
        rule = HostSettings(hub.host, plain_http=True)
        artifact = await asking(rule, keychain=Token(), hf_endpoint=hub.url).resolve(
            "hf://team/gated"
        )
    assert commit == info.sha == artifact.revision
