"""A signed manifest against the bytes of a folder."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from modeladmit.errors import UnexpectedContent
from modeladmit.signatures.envelope import IN_TOTO, Envelope
from modeladmit.signatures.files import tree as tree_module
from modeladmit.signatures.files.comparison import Comparison, compare, compare_file
from modeladmit.signatures.files.hashing import Span, hash_spans
from modeladmit.signatures.files.tree import Tree
from modeladmit.signatures.model_signature import ModelManifest
from modeladmit.signatures.statement import Statement
from tests.doubles.signing.statements import model_statement

FILES = {"config.json": b"{}", "model.safetensors": b"0123456789", "sub/tokenizer.json": b"[]"}


def manifest(files: Mapping[str, bytes] = FILES, **how) -> ModelManifest:
    return ModelManifest.parse(
        Statement.parse(Envelope(IN_TOTO, model_statement(files, **how), b"s"), 1 << 20)
    )


def write(folder: Path, files: Mapping[str, bytes] = FILES) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def compared(folder: Path, signed: ModelManifest, **how) -> Comparison:
    with Tree(folder, links=how.pop("links", False)) as tree:
        return compare(signed, tree, **how)


FORMS = [
    ("sha256", None),
    ("sha512", None),
    ("blake2b", None),
    ("blake3", None),
    ("sha256", 4),
    ("blake3", 3),
]


@pytest.mark.parametrize(("algorithm", "shard_size"), FORMS)
def test_the_signed_files_hold(tmp_path: Path, algorithm: str, shard_size: int | None) -> None:
    """By every hash, whole and in shards; every byte counted."""
    result = compared(write(tmp_path), manifest(algorithm=algorithm, shard_size=shard_size))
    assert Comparison((), 3, 14) == result


@pytest.mark.parametrize(("algorithm", "shard_size"), FORMS)
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("model.safetensors", b"0123456788", "signed"),
        ("model.safetensors", b"012345678", "signed"),
        ("model.safetensors", b"01234567890", "signed"),
        ("model.safetensors", b"", "signed"),
        ("modeling.py", b"import os", "modeling.py is not signed"),
        ("sub/x", b"", None),
    ],
)
def test_one_change_is_found(
    tmp_path: Path,
    algorithm: str,
    shard_size: int | None,
    name: str,
    content: bytes,
    says: str | None,
) -> None:
    """Another byte, one less, one more, none, and a file that nobody signed; an empty file has no shard."""
    result = compared(
        write(write(tmp_path), {name: content}),
        manifest(algorithm=algorithm, shard_size=shard_size),
    )
    if says is None and shard_size is not None:
        assert result.problems == ()
    else:
        assert len(result.problems) >= 1
        assert (says or "is not signed") in result.problems[0]


def test_missing_and_renamed_files_are_named(tmp_path: Path) -> None:
    """A renamed file is one that is missing and one that is not signed."""
    write(tmp_path)
    (tmp_path / "config.json").rename(tmp_path / "config2.json")
    assert compared(tmp_path, manifest()).problems == (
        "config.json is signed, but missing",
        "config2.json is not signed",
    )


def test_files_that_the_signer_left_out(tmp_path: Path) -> None:
    """Left out is fine for what nobody loads; code under an ignored path is the oldest trick."""
    signed = manifest(ignore_paths=["notes", "model.sig", ".git"])
    write(write(tmp_path), {"notes/todo.md": b"x", "model.sig": b"{}", ".git/HEAD": b"ref"})
    assert compared(tmp_path, signed).problems == ()
    write(tmp_path, {"notes/modeling.py": b"import os"})
    (problem,) = compared(tmp_path, signed).problems
    assert "notes/modeling.py is not signed: the signer left it out" in problem


def test_what_the_caller_leaves_out_is_his_affair(tmp_path: Path) -> None:
    """And only that."""
    write(write(tmp_path), {"cache/a.py": b"", "cachet.py": b""})
    assert compared(tmp_path, manifest(), ignored=["cache"]).problems == (
        "cachet.py is not signed",
    )


def test_the_signature_is_not_part_of_what_it_signs(tmp_path: Path) -> None:
    """Wherever it lies in the folder."""
    write(write(tmp_path), {"signatures/ours.json": b"{}"})
    assert compared(tmp_path, manifest(), signature="signatures/ours.json").problems == ()
    assert compared(tmp_path, manifest()).problems == ("signatures/ours.json is not signed",)


def test_a_signed_file_that_became_a_link(tmp_path: Path) -> None:
    """Even to the very same bytes: the signer said that there are none."""
    write(tmp_path)
    (tmp_path / "config.json").unlink()
    (tmp_path.parent / "elsewhere").write_bytes(b"{}")
    (tmp_path / "config.json").symlink_to("../elsewhere")
    assert compared(tmp_path, manifest()).problems == ("config.json is a symbolic link",)
    (problem,) = compared(tmp_path, manifest(), links=True).problems
    assert "leads out of the folder" in problem


def test_a_single_file_by_either_name(tmp_path: Path) -> None:
    """`.` up to model-signing 1.1.1, its own name in the specification."""
    write(tmp_path, {"weights.gguf": b"0123456789", "other": b""})
    for name, shard_size in ((".", None), ("weights.gguf", None), (".", 4)):
        signed = manifest({name: b"0123456789"}, shard_size=shard_size)
        with Tree(tmp_path) as tree:
            assert Comparison((), 1, 10) == compare_file(signed, tree, "weights.gguf")
            assert compare_file(signed, tree, "other").problems
            assert compare_file(signed, tree, "nowhere").problems
    with Tree(tmp_path) as tree:
        assert compare_file(manifest(), tree, "weights.gguf").problems
        assert compare(manifest({".": b""}), tree).problems


def _only_local(monkeypatch: pytest.MonkeyPatch, folder: Path | None) -> None:
    devices = frozenset({folder.stat().st_dev} if folder else ())
    monkeypatch.setattr(tree_module, "local_devices", lambda: devices)


def test_spans_are_hashed_in_order_and_counted(tmp_path: Path) -> None:
    """Results in the order asked; progress adds up, large files come in steps."""
    content = {f"f{index}": bytes([index]) * (index * (9 << 20)) for index in range(3)}
    write(tmp_path, content)
    counted: list[int] = []
    with Tree(tmp_path) as tree:
        spans = [Span(name, 0, len(data)) for name, data in content.items()] + [
            Span("f2", 5 << 20, 9 << 20)
        ]
        results = hash_spans(tree, spans, "sha256", threads=2, progress=counted.append)
    wanted = [hashlib.sha256(data).hexdigest() for data in content.values()] + [
        hashlib.sha256(bytes([2]) * (9 << 20)).hexdigest()
    ]
    assert wanted == [result.hex for result in results]
    assert sum(span.size for span in spans) == sum(counted)


@pytest.mark.parametrize("local", [True, False])
def test_mapped_and_copied_bytes_hash_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local
) -> None:
    """Whichever way the file system is read, at any offset."""
    data = bytes(range(256)) * (70 << 10)
    write(tmp_path, {"f": data})
    _only_local(monkeypatch, tmp_path if local else None)
    with Tree(tmp_path) as tree:
        spans = [Span("f", 0, len(data)), Span("f", 12345, 9 << 20)]
        results = hash_spans(tree, spans, "sha256")
    wanted = [hashlib.sha256(data), hashlib.sha256(data[12345 : 12345 + (9 << 20)])]
    assert [item.hexdigest() for item in wanted] == [result.hex for result in results]


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    """Half of it is one version, half the other: no digest."""
    write(tmp_path, {"f": b"x" * (20 << 20)})

    def meddle(count: int) -> None:
        with (tmp_path / "f").open("r+b") as file:
            file.seek(0, 2)
            file.write(b"more")

    with Tree(tmp_path) as tree:
        (result,) = hash_spans(tree, [Span("f", 0, 20 << 20)], "sha256", progress=meddle)
    assert (result.hex, result.problem) == (None, "changed while it was read")


def test_a_file_whose_time_is_put_back_while_it_is_read(tmp_path: Path) -> None:
    """Attack: write, then `utime`. The change time is the kernel's, and moves."""
    write(tmp_path, {"f": b"x" * (20 << 20)})
    before = (tmp_path / "f").stat()

    def meddle(count: int) -> None:
        with (tmp_path / "f").open("r+b") as file:
            file.write(b"other")
        os.utime(tmp_path / "f", ns=(before.st_atime_ns, before.st_mtime_ns))

    with Tree(tmp_path) as tree:
        (result,) = hash_spans(tree, [Span("f", 0, 20 << 20)], "sha256", progress=meddle)
    assert (result.hex, result.problem) == (None, "changed while it was read")


@pytest.mark.parametrize("local", [True, False])
def test_a_file_that_is_cut_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local
) -> None:
    """Mapped pages behind the end would kill the process: looked at before each step."""
    write(tmp_path, {"f": b"x" * (40 << 20)})
    _only_local(monkeypatch, tmp_path if local else None)

    def cut(count: int) -> None:
        (tmp_path / "f").write_bytes(b"x")

    with Tree(tmp_path) as tree:
        spans = [Span("f", 0, 40 << 20)]
        (result,) = hash_spans(tree, spans, "sha256", progress=cut)
    assert (result.hex, result.problem) == (None, "changed while it was read")


def test_files_that_cannot_be_opened_are_problems_not_crashes(tmp_path: Path) -> None:
    """Gone, shorter than said, or leading out."""
    write(tmp_path, {"short": b"x"})
    with Tree(tmp_path) as tree:
        results = hash_spans(
            tree, [Span("gone", 0, 1), Span("short", 0, 9), Span("../x", 0, 1)], "sha256"
        )
    assert [result.hex for result in results] == [None] * 3
    assert all(result.problem for result in results)


def test_an_interrupted_run_stops_all_threads(tmp_path: Path) -> None:
    """What a progress bar raises (Ctrl-C) ends the work."""
    write(tmp_path, {f"f{index}": b"x" * (9 << 20) for index in range(4)})

    def stop(count: int) -> None:
        raise UnexpectedContent("stop")

    with Tree(tmp_path) as tree, pytest.raises(UnexpectedContent, match="stop"):
        hash_spans(
            tree, [Span(f"f{index}", 0, 9 << 20) for index in range(4)], "sha256", progress=stop
        )


def test_a_file_that_grew_since_it_was_listed_is_refused(tmp_path: Path) -> None:
    """Attack: bytes appended between listing and opening; a zip archive is read from its end."""
    (tmp_path / "model.pt").write_bytes(b"signed, and more")
    with Tree(tmp_path) as tree:
        (whole,) = hash_spans(tree, [Span("model.pt", 0, 6, whole=True)], "sha256")
        (part,) = hash_spans(tree, [Span("model.pt", 0, 6)], "sha256")
    assert (None, "changed while it was read") == (whole.hex, whole.problem)
    assert hashlib.sha256(b"signed").hexdigest() == part.hex


@pytest.mark.parametrize("how", ["written", "replaced", "added", "removed", "put back"])
def test_what_changes_after_it_was_read_is_found(tmp_path: Path, how: str) -> None:
    """Attack: the small file is read first and written to while the large one is read."""
    large = b"x" * (20 << 20)
    write(tmp_path, {"config.json": b"{}", "model.bin": large})
    before = (tmp_path / "config.json").stat()

    def meddle(count: int) -> None:
        match how:
            case "written" | "put back":
                (tmp_path / "config.json").write_bytes(b"[]")
            case "replaced":
                (tmp_path / "new").write_bytes(b"[]")
                (tmp_path / "new").rename(tmp_path / "config.json")
            case "added":
                (tmp_path / "modeling.py").write_bytes(b"import os")
            case _:
                (tmp_path / "config.json").unlink(missing_ok=True)
        if how in {"put back", "replaced"}:
            os.utime(tmp_path / "config.json", ns=(before.st_atime_ns, before.st_mtime_ns))

    signed = manifest({"config.json": b"{}", "model.bin": large})
    found = compared(tmp_path, signed, threads=1, progress=lambda total: meddle)
    assert any("while" in problem or "cannot be opened" in problem for problem in found.problems)


@pytest.mark.parametrize("local", [True, False])
def test_a_file_of_another_number_is_another_file_where_numbers_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local
) -> None:
    """A mounted bucket may number a file anew; a disk does not, and there the listed file must be the one that is read."""
    write(tmp_path)
    _only_local(monkeypatch, tmp_path if local else None)
    status = (tmp_path / "config.json").stat()
    with Tree(tmp_path) as tree:
        renumbered = os.stat_result(
            (status.st_mode, status.st_ino + 1, *tuple(status)[2:]),
            {
                "st_mtime_ns": status.st_mtime_ns,
                "st_ctime_ns": status.st_ctime_ns,
            },
        )
        assert (tree.stamp(renumbered) != tree.stamp(status)) is local


def test_a_single_file_that_changes_is_refused(tmp_path: Path) -> None:
    """A model of one file may be written to like any other."""
    large = b"x" * (20 << 20)
    write(tmp_path, {"model.gguf": large})

    def meddle(count: int) -> None:
        os.utime(tmp_path / "model.gguf")

    with Tree(tmp_path) as tree:
        found = compare_file(manifest({".": large}), tree, "model.gguf", progress=meddle)
    assert "model.gguf changed while it was read" in found.problems


def test_hard_links_are_files_and_devices_are_not(tmp_path: Path) -> None:
    """A hard link inside holds the same bytes; a FIFO or a socket is named, and nobody waits for it."""
    write(tmp_path)
    os.link(tmp_path / "config.json", tmp_path / "copy.json")
    signed = manifest({**FILES, "copy.json": b"{}"})
    assert compared(tmp_path, signed).problems == ()
    (tmp_path / "config.json").unlink()
    os.mkfifo(tmp_path / "config.json")
    assert compared(tmp_path, signed).problems == ("config.json is neither a file nor a folder",)
