"""Trust material from a TUF mirror: verified from the given root, the last good copy kept."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from modeladmit.errors import (
    ArtifactNotFound,
    ConfigurationError,
    HostForbidden,
    LimitExceeded,
    SourceUnavailable,
    UnexpectedContent,
)
from modeladmit.sources import tuf
from modeladmit.sources.settings import HostSettings, SourceSettings
from modeladmit.sources.transport import Transport
from modeladmit.sources.tuf import TufRepository, TufTargets
from tests.doubles.tuf_repository import TufRepositoryServer


@pytest.fixture
async def mirror() -> AsyncIterator[TufRepositoryServer]:
    server = TufRepositoryServer()
    async with server.running():
        yield server


@pytest.fixture
async def transport(mirror: TufRepositoryServer) -> AsyncIterator[Transport]:
    settings = SourceSettings(hosts=(HostSettings(mirror.host, plain_http=True),))
    async with Transport(settings) as opened:
        yield opened


def repository(mirror: TufRepositoryServer, target: str = "trusted_root.json") -> TufRepository:
    return TufRepository(mirror.url, mirror.root, target)


async def test_a_target_is_fetched_and_kept(
    mirror: TufRepositoryServer, transport: Transport, tmp_path: Path
) -> None:
    """Nothing before the first refresh, the latest after each."""
    targets, asked = TufTargets(transport, tmp_path), repository(mirror)
    assert targets.current(asked) is None
    assert await targets.refresh(asked) == b"{}"
    mirror.publish({"trusted_root.json": b"newer"})
    assert (await targets.refresh(asked), targets.current(asked)) == (b"newer", b"newer")


async def test_root_keys_rotate(
    mirror: TufRepositoryServer, transport: Transport, tmp_path: Path
) -> None:
    """From the given root through every later one, however many refreshes were missed."""
    targets = TufTargets(transport, tmp_path)
    mirror.rotate()
    mirror.rotate()
    mirror.publish({"trusted_root.json": b"rotated"})
    assert await targets.refresh(repository(mirror)) == b"rotated"


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("expired", UnexpectedContent),
        ("by_stranger", UnexpectedContent),
        ("rolled back", UnexpectedContent),
        ("other target", UnexpectedContent),
        ("down", SourceUnavailable),
        ("away", ArtifactNotFound),
    ],
)
async def test_the_last_good_copy_survives(
    mirror: TufRepositoryServer,
    transport: Transport,
    tmp_path: Path,
    how: str,
    error: type[Exception],
) -> None:
    """Expired, signed by others, older than before, changed on the mirror, failing, without the target: said so, and kept."""
    targets, asked = TufTargets(transport, tmp_path), repository(mirror)
    old = dict(mirror.files)
    mirror.publish({"trusted_root.json": b"good"})
    await targets.refresh(asked)
    match how:
        case "expired":
            mirror.publish({"trusted_root.json": b"bad"}, expired=True)
        case "by_stranger":
            mirror.publish({"trusted_root.json": b"bad"}, by_stranger=True)
        case "rolled back":
            mirror.files = old
        case "other target":
            mirror.publish({"trusted_root.json": b"bad!"})
            mirror.files |= {
                name: b"evil" for name, content in mirror.files.items() if content == b"bad!"
            }
        case "down":
            mirror.faults.status = 500
        case _:
            mirror.publish({"signing_config.json": b"{}"})
    with pytest.raises(error):
        await targets.refresh(asked)
    assert targets.current(asked) == b"good"


async def test_a_repository_cannot_be_rolled_back_across_restarts(
    mirror: TufRepositoryServer, transport: Transport, tmp_path: Path
) -> None:
    """Its metadata stay in the folder."""
    old = dict(mirror.files)
    mirror.publish({"trusted_root.json": b"newer"})
    await TufTargets(transport, tmp_path).refresh(repository(mirror))
    mirror.files = old
    with pytest.raises(UnexpectedContent):
        await TufTargets(transport, tmp_path).refresh(repository(mirror))


async def test_after_a_restart_what_was_kept_counts_while_the_mirror_is_away(
    mirror: TufRepositoryServer, transport: Transport, tmp_path: Path
) -> None:
    """Verified again from the given root, later roots included; without asking anybody."""
    mirror.rotate()
    mirror.publish({"trusted_root.json": b"kept"})
    await TufTargets(transport, tmp_path).refresh(repository(mirror))
    mirror.faults.status = 500
    again = TufTargets(transport, tmp_path)
    assert await again.recall(repository(mirror)) == b"kept"
    assert again.current(repository(mirror)) == b"kept"
    with pytest.raises(SourceUnavailable):
        await again.refresh(repository(mirror))
    assert again.current(repository(mirror)) == b"kept"


@pytest.mark.parametrize("how", ["nothing was kept", "altered", "altered target", "expired"])
async def test_what_was_kept_is_verified_again(
    mirror: TufRepositoryServer, transport: Transport, tmp_path: Path, how: str
) -> None:
    """Whoever can write the folder is no signer, and whoever stops the mirror cannot stop time."""
    asked = repository(mirror)
    if how != "nothing was kept":
        await TufTargets(transport, tmp_path).refresh(asked)
    folder = tmp_path / asked.identity
    match how:
        case "altered":
            file = folder / "metadata" / "targets.json"
            file.write_bytes(file.read_bytes().replace(b"2", b"3"))
        case "altered target":
            (folder / "targets" / asked.target).write_bytes(b"evil")
        case "expired":
            mirror.publish({asked.target: b"late"}, expired=True)
            (folder / "metadata" / "timestamp.json").write_bytes(mirror.files["timestamp.json"])
        case _:
            pass
    again = TufTargets(transport, tmp_path)
    assert await again.recall(asked) is None
    assert again.current(asked) is None


async def test_another_root_of_trust_begins_anew(
    mirror: TufRepositoryServer, transport: Transport, tmp_path: Path
) -> None:
    """The same mirror by another root is another repository, and does not verify."""
    targets = TufTargets(transport, tmp_path)
    await targets.refresh(repository(mirror))
    stranger = TufRepository(mirror.url, TufRepositoryServer().root)
    with pytest.raises(UnexpectedContent):
        await targets.refresh(stranger)
    assert targets.current(stranger) is None


async def test_a_root_that_is_none_is_refused(
    mirror: TufRepositoryServer, transport: Transport, tmp_path: Path
) -> None:
    """Text that somebody pasted wrong."""
    with pytest.raises(UnexpectedContent):
        await TufTargets(transport, tmp_path).refresh(TufRepository(mirror.url, b"nonsense"))


async def test_targets_and_metadata_are_bounded(
    mirror: TufRepositoryServer,
    transport: Transport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By our own limit, whatever the repository signs."""
    monkeypatch.setattr(tuf, "MAX_FILE", 4000)
    mirror.publish({"trusted_root.json": b"x" * 4001})
    with pytest.raises(LimitExceeded):
        await TufTargets(transport, tmp_path).refresh(repository(mirror))


async def test_only_listed_hosts_are_asked(mirror: TufRepositoryServer, tmp_path: Path) -> None:
    """A TUF mirror is a host like any other."""
    async with Transport(SourceSettings()) as closed:
        with pytest.raises(HostForbidden):
            await TufTargets(closed, tmp_path).refresh(repository(mirror))


async def test_a_folder_that_cannot_be_written_is_our_setup(
    mirror: TufRepositoryServer, transport: Transport, tmp_path: Path
) -> None:
    """Said which setting."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match=r"cache\.directory"):
        await TufTargets(transport, tmp_path / "file").refresh(repository(mirror))


async def test_without_a_folder_it_leaves_nothing_behind(
    mirror: TufRepositoryServer, transport: Transport
) -> None:
    """A temporary one, removed at the end."""
    targets = TufTargets(transport)
    assert await targets.refresh(repository(mirror)) == b"{}"
    folder = targets._folder
    assert folder.is_dir()
    targets.close()
    assert not folder.exists()
