"""What the load-time guard measures, and what it lets start."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from modeladmit.cli.exits import Exit
from modeladmit.cli.guard import command
from modeladmit.core.content_digest import content_digest
from modeladmit.core.digest import Digest
from modeladmit.errors import NotResolvable
from modeladmit.guard.measurement import measure

FILES = {"config.json": b"{}", "model.safetensors": b"weights", "sub/tokenizer.json": b"[]"}
DIGEST = content_digest((name, Digest.sha256(content)) for name, content in FILES.items())


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [str(item) for item in arguments])
    return result.exit_code, result.output


def test_a_folder_measures_as_admission_verified_it(model: Path) -> None:
    """The same digest as over the store's own list, with or without a signature beside the files."""
    assert measure(model).digests == (DIGEST,)
    (model / "model.sig").write_bytes(b"{}")
    assert measure(model).digests == (DIGEST,)


@pytest.mark.parametrize("change", ["byte", "added", "renamed", "dropped"])
def test_any_change_is_another_digest(model: Path, change: str) -> None:
    """Names count like bytes."""
    match change:
        case "byte":
            (model / "config.json").write_bytes(b"{ }")
        case "added":
            (model / "modeling.py").write_bytes(b"")
        case "renamed":
            (model / "config.json").rename(model / "config2.json")
        case _:
            (model / "config.json").unlink()
    assert run("--expect", DIGEST, model)[0] == Exit.DENIED


def test_a_single_file_is_its_own_sha256_or_a_folder_of_one(model: Path) -> None:
    """Stores name single files either way."""
    digest = Digest.sha256(b"weights")
    alone = content_digest([("model.safetensors", digest)])
    assert (digest, alone) == measure(model / "model.safetensors").digests
    assert run("--expect", digest, model / "model.safetensors")[0] == Exit.ALLOWED


def test_what_the_hub_s_client_writes_beside_its_downloads_is_not_the_model(model: Path) -> None:
    """Its records are known by place and name; anything else there counts."""
    records = model / ".cache/huggingface/download"
    records.mkdir(parents=True)
    (records.parent / ".gitignore").write_text("*")
    (records / "config.json.metadata").write_text("x")
    (records / "config.json.lock").write_text("")
    assert measure(model).digests == (DIGEST,)
    (records / "modeling.py").write_text("import os")
    assert measure(model).digests != (DIGEST,)


def test_a_snapshot_in_the_hub_s_cache_is_links_into_its_blobs(model: Path, tmp_path: Path) -> None:
    """Those are followed, and no others."""
    repo = tmp_path / "models--owner--name"
    snapshot = repo / "snapshots" / ("0" * 40)
    (repo / "blobs").mkdir(parents=True)
    for name, content in FILES.items():
        blob = hashlib.sha256(content).hexdigest()
        (repo / "blobs" / blob).write_bytes(content)
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).symlink_to("../" * (2 + name.count("/")) + f"blobs/{blob}")
    assert measure(snapshot).digests == (DIGEST,)
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to("../../../secret")
    (tmp_path / "secret").write_bytes(b"{}")
    assert "leads out of the folder" in measure(snapshot).problems[0]


@pytest.mark.parametrize("what", ["link", "fifo"])
def test_what_cannot_be_measured_is_refused(model: Path, what: str) -> None:
    """A link may lead elsewhere when the server opens it."""
    (model / "odd").symlink_to("config.json") if what == "link" else os.mkfifo(model / "odd")
    code, output = run("--expect", DIGEST, model)
    assert code == Exit.DENIED
    assert "odd" in output


@pytest.mark.parametrize("path", ["nowhere", "model/nowhere"])
def test_nothing_to_measure_is_no_verdict(tmp_path: Path, model: Path, path: str) -> None:
    """Not mounted, or not readable: not an allowance."""
    with pytest.raises(NotResolvable):
        measure(tmp_path / path)
    assert run("--expect", DIGEST, tmp_path / path)[0] == Exit.UNDECIDED


@pytest.mark.parametrize("what", ["model", "model/model.safetensors"])
def test_what_somebody_writes_to_is_not_measured(tmp_path: Path, what: str) -> None:
    """Attack: the bytes are changed after they were hashed and before the server starts."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_bytes(b"{}")
    (folder / "model.safetensors").write_bytes(b"x" * (20 << 20))

    def meddle(count: int) -> None:
        (folder / "config.json").write_bytes(b"[]")
        os.utime(folder / "model.safetensors")

    found = measure(tmp_path / what, threads=1, progress=lambda total: meddle)
    assert (found.digests, bool(found.problems)) == ((), True)


@pytest.mark.parametrize("path", ["fifo", "socket"])
def test_a_path_that_is_no_file_is_refused_at_once(tmp_path: Path, path: str) -> None:
    """Nobody waits for a writer that never comes."""
    if path == "fifo":
        os.mkfifo(tmp_path / path)
    else:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(tmp_path / path))
    assert measure(tmp_path / path).problems == (f"{path} is neither a file nor a folder",)


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    """The digest of nothing is never expected."""
    assert measure(tmp_path).digests == ()
    assert run("--expect", Digest.sha256(b"[]"), tmp_path)[0] == Exit.DENIED


@pytest.mark.parametrize(
    "arguments",
    [
        ["--expect", "latest", "."],
        ["--expect", f"sha512:{'0' * 128}", "."],
        ["--expect", f"sha256:{'0' * 64}"],
        ["--expect", f"sha256:{'0' * 64}", ".", "sh", "-c", "true"],
        ["."],
    ],
)
def test_a_command_line_outside_the_grammar_is_refused(arguments: list[str]) -> None:
    """Admission reads the same grammar."""
    assert run(*arguments)[0] == Exit.USAGE


def guard(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "modeladmit", "guard", *(str(item) for item in arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_server_takes_the_guard_s_place(model: Path) -> None:
    """Same process, its own exit code, its own arguments."""
    done = guard(
        "--expect",
        DIGEST,
        model,
        "--",
        sys.executable,
        "-c",
        "import sys; print(sys.argv[1:]); sys.exit(7)",
        "--model",
        "x",
    )
    assert (done.returncode, done.stdout) == (7, "['--model', 'x']\n")


def test_the_server_never_starts_over_other_bytes(model: Path) -> None:
    """Not even a little."""
    (model / "config.json").write_bytes(b"[]")
    done = guard("--expect", DIGEST, model, "--", sys.executable, "-c", "print('started')")
    assert (done.returncode, done.stdout) == (Exit.DENIED, "")
    assert "it was changed" in done.stderr


def test_a_server_that_cannot_be_run_is_said_so(model: Path) -> None:
    """And nothing runs."""
    assert guard("--expect", DIGEST, model, "--", "/nowhere/server").returncode == Exit.USAGE


def test_the_server_starts_with_no_signal_ignored_by_python(model: Path) -> None:
    """Python ignores SIGPIPE and SIGXFSZ for itself; a server that inherits that runs on where it should end."""
    guard = [sys.executable, "-m", "modeladmit", "guard", "--expect", str(DIGEST), str(model)]
    said = subprocess.run(
        [*guard, "--", "grep", "SigIgn", "/proc/self/status"], stdout=subprocess.PIPE, check=True
    ).stdout
    # What whoever started the tests ignores is inherited, and not the guard's to change.
    pythons = sum(1 << (number - 1) for number in (signal.SIGPIPE, signal.SIGXFSZ))
    assert 0 == int(said.split()[1], 16) & pythons
