"""The Hub."""

import json

import pytest

from modeladmit.core.content_digest import content_digest
from modeladmit.core.credentials import BasicCredential, BearerCredential
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import EvidenceKind, Executable, Format
from modeladmit.core.pin import Pin
from modeladmit.errors import (
    AccessDenied,
    ArtifactNotFound,
    ArtifactRenamed,
    DigestMismatch,
    LimitExceeded,
    UnexpectedContent,
)
from modeladmit.sources.settings import Limits
from tests.doubles.hub import Hub
from tests.unit.sources.conftest import Asking

FILES = {
    "config.json": b'{"model_type": "tiny"}',
    "model.safetensors": b"w" * 100,
    "README.md": b"# tiny",
    ".gitattributes": b"*.safetensors filter=lfs",
}


async def test_a_branch_is_a_commit(asking: Asking) -> None:
    """The revision that a denial tells to write, and a digest over every file."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    commit = hub.push("team/tiny", FILES)
    artifact = await asked.resolve("hf://team/tiny")
    assert (commit, Pin.REVISION) == (artifact.revision, artifact.pin)
    assert content_digest((n, Digest.sha256(d)) for n, d in FILES.items()) == artifact.digest
    seen = {file.name: file.verified for file in artifact.files}
    assert {name: name != "model.safetensors" for name in FILES} == seen
    assert artifact.formats == (Format.SAFETENSORS,)


async def test_revisions_with_slashes(asking: Asking) -> None:
    """`refs/pr/1` is one revision, not a path."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    commit = hub.push("team/tiny", FILES, "refs/pr/1")
    assert commit == (await asked.resolve("hf://team/tiny", "refs/pr/1")).revision


async def test_small_files_are_fetched_once_a_commit(asking: Asking) -> None:
    """Asking for a branch again costs one request while it has not moved."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("team/tiny", FILES)
    await asked.resolve("hf://team/tiny")
    before = hub.count
    await asked.resolve("hf://team/tiny")
    assert hub.count - before == 1


async def test_a_rename_is_not_followed(asking: Asking) -> None:
    """The hub redirects an old name; whoever registers it next is somebody else (model namespace reuse)."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("old-owner/tiny", FILES)
    hub.rename("old-owner/tiny", "new-owner/tiny")
    with pytest.raises(ArtifactRenamed, match="new-owner/tiny") as failure:
        await asked.resolve("hf://old-owner/tiny")
    assert not failure.value.transient


async def test_the_case_of_a_name_is_no_rename(asking: Asking) -> None:
    """The hub folds case."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    commit = hub.push("Team/Tiny", FILES)
    assert commit == (await asked.resolve("hf://team/tiny")).revision


async def test_code_from_another_repository(asking: Asking) -> None:
    """`auto_map` may name code elsewhere, which this revision does not pin."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    config = {
        "auto_map": {
            "AutoModel": "other/code--modeling.Model",
            "AutoConfig": "configuration.Config",
        }
    }
    hub.push(
        "team/tiny",
        {**FILES, "config.json": json.dumps(config).encode(), "modeling.py": b"x", "a.pt": b"p"},
    )
    executables = (await asked.resolve("hf://team/tiny")).executables
    assert {
        Executable("auto_map", "config.json", "other/code--modeling.Model", "other/code"),
        Executable("auto_map", "config.json", "configuration.Config"),
        Executable("custom-code", "modeling.py"),
        Executable("pickle", "a.pt"),
    } == set(executables)


async def test_what_the_hub_says_about_code(asking: Asking) -> None:
    """Its tag and its copy of the configuration count as well."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("team/tiny", FILES)
    hub.repos["team/tiny"].tags = ("transformers", "custom_code")
    hub.repos["team/tiny"].config = {"auto_map": {"AutoModel": "other/code--m.M"}}
    kinds = [
        (item.kind, item.elsewhere) for item in (await asked.resolve("hf://team/tiny")).executables
    ]
    assert sorted(kinds) == [("auto_map", "other/code"), ("custom-code", None)]


@pytest.mark.parametrize("credential", [BasicCredential("hf", "token"), BearerCredential("token")])
async def test_gated(asking: Asking, credential: BasicCredential | BearerCredential) -> None:
    """With a token that may: the artifact, marked as somebody's. Without: what to do."""
    hub = Hub()
    hub.token = "token"
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("team/tiny", FILES)
    hub.repos["team/tiny"].gated = True
    with pytest.raises(AccessDenied, match=r"gated.*pull secret"):
        await asked.resolve("hf://team/tiny")
    asked.keys.credential = credential
    assert not (await asked.resolve("hf://team/tiny")).anonymous


async def test_what_one_token_opened_stays_closed(asking: Asking) -> None:
    """A commit read with one account is not served from memory to another."""
    hub = Hub()
    hub.token = "token"
    asked = await asking(hub, hf_endpoint=hub, credential=BearerCredential("token"))
    hub.push("team/tiny", FILES)
    hub.repos["team/tiny"].private = True
    await asked.resolve("hf://team/tiny")
    asked.keys.credential = None
    with pytest.raises(ArtifactNotFound, match="private"):
        await asked.resolve("hf://team/tiny")


async def test_disabled(asking: Asking) -> None:
    """What the hub has taken down is not read."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("team/tiny", FILES)
    hub.repos["team/tiny"].disabled = True
    with pytest.raises(AccessDenied, match="disabled"):
        await asked.resolve("hf://team/tiny")


async def test_unknown_revision(asking: Asking) -> None:
    """The repository is there, the revision is not."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("team/tiny", FILES)
    with pytest.raises(ArtifactNotFound, match="the revision is not"):
        await asked.resolve("hf://team/tiny", "v2")


async def test_another_commit_than_the_pinned(asking: Asking) -> None:
    """A mirror that answers a commit with another one lies."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    commit = hub.push("team/tiny", FILES)
    hub.repos["team/tiny"].refs["f" * 40] = commit
    with pytest.raises(UnexpectedContent):
        await asked.resolve("hf://team/tiny", "f" * 40)


async def test_a_file_that_is_not_the_listed_blob(asking: Asking) -> None:
    """Small files are checked against the git blob that the hub lists."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("team/tiny", FILES)
    hub.faults.matching, hub.faults.flip = "/resolve/", True
    with pytest.raises(DigestMismatch):
        await asked.resolve("hf://team/tiny")


async def test_model_signature(asking: Asking) -> None:
    """`model.sig` at the resolved commit is evidence, and does not count as content."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("team/tiny", FILES)
    before = await asked.resolve("hf://team/tiny")
    hub.push("team/tiny", {**FILES, "model.sig": b'{"sig": 1}'})
    after = await asked.resolve("hf://team/tiny")
    assert before.digest == after.digest
    assert before.revision != after.revision
    (evidence,) = await asked.evidence(after)
    assert (
        evidence.kind,
        evidence.content,
        evidence.origin,
    ) == (EvidenceKind.MODEL_SIGNATURE, b'{"sig": 1}', "model.sig")


async def test_a_large_signature(asking: Asking) -> None:
    """A signature of many files is an LFS file: a redirect to the content host, hashed on arrival."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.push("team/tiny", {**FILES, "model.sig": b"s" * 20_000})
    (evidence,) = await asked.evidence(await asked.resolve("hf://team/tiny"))
    assert len(evidence.content) == 20_000
    assert sum(count for path, count in hub.requests.items() if "/cdn/" in path) == 1


async def test_files_beyond_the_limits_stay_unknown(asking: Asking) -> None:
    """Without every digest there is no content digest; configurations are read first."""
    hub = Hub()
    hub.hide_lfs = True
    asked = await asking(hub, hf_endpoint=hub, limits=Limits(small_file_bytes=50))
    hub.push("team/tiny", FILES)
    artifact = await asked.resolve("hf://team/tiny")
    assert {"model.safetensors"} == {file.name for file in artifact.files if file.digest is None}
    assert (artifact.digest, artifact.revision is not None) == (None, True)


async def test_too_many_files(asking: Asking) -> None:
    """A listing has an end."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub, limits=Limits(files=3))
    hub.push("team/tiny", FILES)
    with pytest.raises(LimitExceeded):
        await asked.resolve("hf://team/tiny")


@pytest.mark.parametrize(
    "answer",
    [
        {"sha": "a" * 40, "siblings": []},
        {"id": "team/tiny", "siblings": []},
        {"id": "team/tiny", "sha": "main", "siblings": []},
        {"id": "team/tiny", "sha": "a" * 40},
        {"id": "team/tiny", "sha": "a" * 40, "siblings": [{"rfilename": "../../etc/passwd"}]},
        {"id": "team/tiny", "sha": "a" * 40, "siblings": [{"rfilename": "/etc/passwd"}]},
        {"id": "team/tiny", "sha": "a" * 40, "siblings": ["x"]},
        {"id": "team/tiny", "sha": "a" * 40, "siblings": [{"rfilename": "x", "size": -1}]},
        {
            "id": "team/tiny",
            "sha": "a" * 40,
            "siblings": [{"rfilename": "x", "lfs": {"sha256": "x"}}],
        },
        {"id": 1},
    ],
    ids=range(10),
)
async def test_answers_that_cannot_be_believed(asking: Asking, answer: dict[str, object]) -> None:
    """The API's answer is data from outside."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    hub.faults.body = json.dumps(answer).encode()
    with pytest.raises(UnexpectedContent):
        await asked.resolve("hf://team/tiny")


async def test_code_named_in_a_large_file(asking: Asking) -> None:
    """Attack: one line of `.gitattributes` makes config.json a large file with a SHA-256; it is read all the same."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    config = b'{"auto_map": {"AutoModel": "evil/repo--m.M"}}'
    hub.large_names.add("config.json")
    hub.push("team/tiny", {**FILES, "config.json": config})
    artifact = await asked.resolve("hf://team/tiny")
    assert [item.elsewhere for item in artifact.executables] == ["evil/repo"]
    assert {file.name: file.verified for file in artifact.files}["config.json"]
    hub.faults.matching, hub.faults.flip = "/cdn/", True
    hub.push("team/tiny", {**FILES, "config.json": config + b" "})
    with pytest.raises(DigestMismatch):
        await asked.resolve("hf://team/tiny")


async def test_a_configuration_too_large_to_be_read_counts_as_code(asking: Asking) -> None:
    """Padding does not hide what it names, and does not keep the other files from being hashed."""
    hub = Hub()
    limits = Limits(small_file_bytes=1000, small_files_total_bytes=1500)
    asked = await asking(hub, hf_endpoint=hub, limits=limits)
    hub.push("team/tiny", {**FILES, "config.json": b"{" + b" " * 2000 + b"}"})
    artifact = await asked.resolve("hf://team/tiny")
    assert [(item.kind, item.file) for item in artifact.executables] == [
        ("custom-code", "config.json")
    ]
    assert {file.name: file.verified for file in artifact.files}["README.md"]


async def test_code_of_the_repository_itself_is_not_elsewhere(asking: Asking) -> None:
    """The hub writes the repository's own name before its code; it is pinned with the repository."""
    hub = Hub()
    asked = await asking(hub, hf_endpoint=hub)
    config = b'{"auto_map": {"AutoModel": "team/tiny--m.M"}}'
    hub.push("team/tiny", {**FILES, "config.json": config})
    artifact = await asked.resolve("hf://team/tiny")
    assert [(item.kind, item.elsewhere) for item in artifact.executables] == [("auto_map", None)]
