"""Servers of the kit leave nothing behind."""

import os
from pathlib import Path

import pytest

from e2e.kit.processes import Servers
from e2e.kit.waiting import until


def test_what_a_server_started_ends_with_it(tmp_path: Path) -> None:
    """`mlflow server`, for one, is only the parent of the server."""
    with Servers(tmp_path) as servers:
        parent = servers.start("parent", "/bin/sh", "-c", "sleep 600 & echo $!; wait")
        child = int(until(parent.output, what="the child's number"))
        os.kill(child, 0)

    def gone() -> bool:
        try:
            return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    assert until(gone, what="the child ends")
    with pytest.raises(ProcessLookupError):
        os.kill(parent.pid, 0)
