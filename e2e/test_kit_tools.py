"""Programs are built once, whatever runs at the same time, and a failure says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.kit import tools

ROOT = Path(__file__).parents[1]


def build(cache: Path, *names: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (sys.executable, "-m", "e2e.kit.tools", *names),
        cwd=ROOT,
        env={**os.environ, "MODELADMIT_TOOLS": str(cache), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_runs_at_once_build_once(tmp_path: Path) -> None:
    """The second waits for the first and takes what it made."""
    runs = [build(tmp_path, "referrers") for _ in range(2)]
    outputs = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum("built referrers" in stderr for _, stderr in outputs) == 1
    (program,) = {stdout.strip() for stdout, _ in outputs}
    assert os.access(program, os.X_OK)
    assert sorted(path.name for path in Path(program).parents[1].iterdir()) == ["bin"]


def test_what_a_killed_build_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a build is never taken for a whole one."""
    monkeypatch.setenv("MODELADMIT_TOOLS", str(tmp_path))
    (module,) = tools.named(["referrers"])
    leftover = module.folder.parent / "building" / "other"
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    assert [path.name for path in tools.build(module).iterdir()] == ["referrers"]


def test_without_go_the_error_says_what_is_needed(tmp_path: Path) -> None:
    """A machine without Go gets one line, not a traceback."""
    run = build(tmp_path, "referrers", PATH=str(tmp_path))
    _, stderr = run.communicate()
    assert run.returncode == 1
    assert stderr == f"error: {tools.NO_GO}\n"


def test_another_pin_is_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key covers go.sum: a changed dependency is never served from the cache."""
    (module,) = tools.named(["oras"])
    before = module.key()
    (tmp_path / "oras").mkdir()
    for name in ("go.mod", "go.sum"):
        (tmp_path / "oras" / name).write_bytes((module.source / name).read_bytes())
    monkeypatch.setattr(tools, "SOURCES", tmp_path)
    assert module.key() == before
    with (tmp_path / "oras" / "go.sum").open("a") as sums:
        sums.write("example.com/more v1.0.0 h1:0000\n")
    assert module.key() != before


def test_an_unknown_program_is_named() -> None:
    """A typing error names itself and what there is."""
    with pytest.raises(tools.ToolError, match="kubectl"):
        tools.tool("kubctl")
