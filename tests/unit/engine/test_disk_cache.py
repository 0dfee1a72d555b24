"""Evidence on disk."""

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from modeladmit.core.evidence import Evidence, EvidenceKind
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.errors import ConfigurationError

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
EVIDENCE = (
    Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"\x00bundle\xff", "sha256:1", {"a": "ä"}),
    Evidence.unread(EvidenceKind.COSIGN_SIGNATURE, "sha256-2.sig", "it is no manifest"),
)


async def test_survives_a_restart(tmp_path: Path) -> None:
    """What one process kept, the next one finds, byte for byte."""
    await DiskCache(tmp_path, 1 << 20).keep("key", EVIDENCE, at=NOW)
    found = await DiskCache(tmp_path, 1 << 20).recall("key", now=NOW)
    assert found is not None
    assert (found.value, found.at) == (EVIDENCE, NOW)


async def test_keys_are_apart(tmp_path: Path) -> None:
    """One scope's evidence is not another's."""
    cache = DiskCache(tmp_path, 1 << 20)
    await cache.keep("evidence\x1etenant-a\x1eoci://r/m", EVIDENCE, at=NOW)
    assert await cache.recall("evidence\x1etenant-b\x1eoci://r/m", now=NOW) is None
    assert "tenant-a" not in " ".join(path.name for path in tmp_path.iterdir())


async def test_a_file_moved_to_another_key_counts_for_nothing(tmp_path: Path) -> None:
    """Renaming files on the disk does not give one model another's evidence."""
    cache = DiskCache(tmp_path, 1 << 20)
    await cache.keep("one", EVIDENCE, at=NOW)
    await cache.keep("two", (), at=NOW)
    one, two = sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_size, reverse=True)
    two.write_bytes(one.read_bytes())
    assert await cache.recall("two", now=NOW) is None


@pytest.mark.parametrize("position", [0, 30, 60, -1])
async def test_a_changed_byte_counts_for_nothing(tmp_path: Path, position: int) -> None:
    """A broken file is as good as none."""
    cache = DiskCache(tmp_path, 1 << 20)
    await cache.keep("key", EVIDENCE, at=NOW)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    assert await cache.recall("key", now=NOW) is None


async def test_the_future_counts_for_nothing(tmp_path: Path) -> None:
    """A forged time does not outlive `maxStaleness`."""
    cache = DiskCache(tmp_path, 1 << 20)
    await cache.keep("key", EVIDENCE, at=NOW + timedelta(days=365))
    assert await cache.recall("key", now=NOW) is None


async def test_bounded(tmp_path: Path) -> None:
    """The oldest goes first, and the bound holds on disk."""
    cache = DiskCache(tmp_path, 4_000)
    big = (Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"x" * 500, "o"),)
    for number in range(20):
        await cache.keep(str(number), big, at=NOW)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4_000
    assert cache.used <= 4_000
    assert await cache.recall("0", now=NOW) is None
    assert await cache.recall("19", now=NOW) is not None


async def test_too_large_for_the_bound(tmp_path: Path) -> None:
    """One giant does not push everything else out."""
    cache = DiskCache(tmp_path, 4_000)
    await cache.keep("small", EVIDENCE, at=NOW)
    await cache.keep("giant", (Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"x" * 9_000, "o"),), at=NOW)
    assert await cache.recall("small", now=NOW) is not None
    assert await cache.recall("giant", now=NOW) is None


async def test_the_bound_counts_what_was_there_before(tmp_path: Path) -> None:
    """A restart does not forget how much lies on the disk."""
    big = (Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"x" * 500, "o"),)
    for number in range(8):
        await DiskCache(tmp_path, 4_000).keep(str(number), big, at=NOW)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4_000


def test_an_unusable_directory(tmp_path: Path) -> None:
    """Our own setup is wrong: say which setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"cache\.directory"):
        DiskCache(tmp_path / "file", 1)


async def test_what_a_crash_left_half_written_is_removed(tmp_path: Path) -> None:
    """Attack on nobody: a process that is killed again and again must not fill the disk."""
    cache = DiskCache(tmp_path, 1_000_000)
    await cache.keep("key", EVIDENCE, at=NOW)
    (tmp_path / ".writing-abc").write_bytes(b"x" * 1000)
    (tmp_path / "tuf").mkdir()
    DiskCache(tmp_path, 1_000_000)
    assert {"tuf"} == {path.name for path in tmp_path.iterdir() if path.suffix != ".evidence"}


async def test_a_time_that_no_calendar_holds_counts_for_nothing(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1_000_000)
    await cache.keep("key", EVIDENCE, at=NOW)
    path = next(tmp_path.glob("*.evidence"))
    data = path.read_bytes()
    start = data.index(b"\n") + 33
    body = data[start:].replace(NOW.isoformat().encode(), b"0001-01-01T00:00:00+14:00")
    path.write_bytes(data[: start - 32] + sha256(body).digest() + body)
    assert await cache.recall("key", now=NOW) is None


async def test_what_lies_there_may_be_anything(tmp_path: Path) -> None:
    """A link to an endless device, a pipe nobody writes to, a folder, a file that grew: nothing is read, nothing hangs."""
    cache = DiskCache(tmp_path, 1000)
    await cache.keep("key", (), at=NOW)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for replace in (
        lambda: path.symlink_to("/dev/zero"),
        lambda: os.mkfifo(path),
        lambda: path.write_bytes(whole + b" " * 1000),
    ):
        path.unlink()
        replace()
        assert await cache.recall("key", now=NOW) is None
