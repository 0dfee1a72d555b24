"""Which file systems keep their promises: a mapped page does not fail, and a file keeps its number."""

import os
from pathlib import Path
from typing import Final

LOCAL: Final = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "overlay", "f2fs", "erofs", "squashfs", "zfs"}
)
"""Elsewhere a lost server would end the process by a signal, and a file may come back with another inode number: file
systems in user space (buckets that are mounted) forget numbers."""


def local_devices() -> frozenset[int]:
    """Device numbers of mounted local file systems (proc(5), /proc/self/mountinfo)."""
    found: set[int] = set()
    try:
        with Path("/proc/self/mountinfo").open(
            encoding="utf-8", errors="surrogateescape"
        ) as mounts:
            for line in mounts:
                fields, _, rest = line.partition(" - ")
                major, _, minor = fields.split()[2].partition(":")
                if rest.split(" ", 1)[0] in LOCAL:
                    found.add(os.makedev(int(major), int(minor)))
    except (OSError, ValueError, IndexError):
        return frozenset()
    return frozenset(found)
