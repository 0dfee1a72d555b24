"""A folder is read without ever leaving it, whoever changes it meanwhile."""

import os
import socket
import stat
from pathlib import Path

import pytest

from modeladmit.errors import LimitExceeded, UnexpectedContent
from modeladmit.signatures.files import tree as module
from modeladmit.signatures.files.tree import Tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    (model / "sub/deep").mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (model / "sub/deep/weights.bin").write_bytes(b"weights")
    (model / ".hidden").write_text("x")
    (tmp_path / "secret").write_text("outside")
    return model


def read(tree: Tree, name: str) -> bytes:
    descriptor = tree.open(name)
    try:
        return os.read(descriptor, 100)
    finally:
        os.close(descriptor)


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def described(folder: Path, **how) -> dict[str, str | None]:
    with Tree(folder, **how) as tree:
        return {file.name: file.problem for file in tree.files()}


def test_every_file_is_listed_once_hidden_ones_too(folder: Path) -> None:
    """Names relative to the folder, in POSIX form; sizes in bytes."""
    with Tree(folder) as tree:
        assert {file.name: file.size for file in tree.files()} == {
            "config.json": 2,
            ".hidden": 1,
            "sub/deep/weights.bin": 7,
        }


def test_a_folder_below_the_root_can_be_the_base(folder: Path) -> None:
    """Names are relative to the base, reads too."""
    with Tree(folder, base="sub/deep") as tree:
        assert [file.name for file in tree.files()] == ["weights.bin"]
        assert read(tree, "weights.bin") == b"weights"


@pytest.mark.parametrize(
    "target", ["../secret", "/etc/passwd", "sub", "config.json", "nowhere", "link"]
)
def test_a_link_is_never_followed_unless_it_is_allowed(folder: Path, target: str) -> None:
    """Listed with its problem, and refused by open."""
    (folder / "link").symlink_to(target)
    assert described(folder)["link"] == "is a symbolic link"
    with Tree(folder) as tree, pytest.raises((OSError, UnexpectedContent)):
        tree.open("link")


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("config.json", None),
        ("sub/deep/weights.bin", None),
        ("sub/../config.json", None),
        ("./sub/./deep/../../config.json", None),
        ("../secret", "leads out of the folder"),
        ("sub/../../secret", "leads out of the folder"),
        ("/etc/passwd", "leads out of the folder"),
        ("link", "goes round in circles"),
        ("nowhere", "leads nowhere"),
        ("sub", "leads to no regular file"),
    ],
)
def test_an_allowed_link_is_followed_inside_only(
    folder: Path, target: str, problem: str | None
) -> None:
    """A step above the root or an absolute target is refused, even one that would come back."""
    (folder / "link").symlink_to(target)
    found = described(folder, links=True)["link"]
    assert found is None if problem is None else problem in str(found)


def test_links_through_links_to_folders(folder: Path) -> None:
    """Each is resolved by hand, relative to where it stands."""
    (folder / "sub/back").symlink_to("../sub/deep")
    (folder / "link").symlink_to("sub/back/weights.bin")
    with Tree(folder, links=True) as tree:
        assert read(tree, "link") == b"weights"
    (folder / "sub/out").symlink_to("../..")
    (folder / "escape").symlink_to("sub/out/secret")
    with (
        Tree(folder, links=True) as tree,
        pytest.raises(UnexpectedContent, match="out of the folder"),
    ):
        tree.open("escape")


@pytest.mark.parametrize(
    "name", ["../secret", "sub/../../secret", "/etc/passwd", "sub/deep/../../../secret"]
)
def test_names_that_climb_are_refused(folder: Path, name: str) -> None:
    """Names come from manifests that strangers wrote."""
    with Tree(folder) as tree, pytest.raises((OSError, UnexpectedContent)):
        tree.open(name)


def test_a_folder_swapped_for_a_link_between_look_and_open(folder: Path, tmp_path: Path) -> None:
    """The classic race: what was listed is not what is opened, and it is refused, not followed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "weights.bin").write_bytes(b"other!!")
    with Tree(folder) as tree:
        assert "sub/deep/weights.bin" in [file.name for file in tree.files()]
        (folder / "sub/deep/weights.bin").unlink()
        (folder / "sub/deep").rmdir()
        (folder / "sub/deep").symlink_to(outside)
        with pytest.raises(NotADirectoryError):
            tree.open("sub/deep/weights.bin")


def test_a_file_swapped_for_a_link_between_look_and_open(folder: Path, tmp_path: Path) -> None:
    """The last component is guarded like the others."""
    with Tree(folder) as tree:
        list(tree.files())
        (folder / "config.json").unlink()
        (folder / "config.json").symlink_to(tmp_path / "secret")
        with pytest.raises(OSError, match="symbolic links"):
            tree.open("config.json")


def test_the_folder_itself_may_be_moved_away(folder: Path, tmp_path: Path) -> None:
    """Its descriptor stays on the folder that was opened, whatever stands at its name now."""
    with Tree(folder) as tree:
        folder.rename(tmp_path / "moved")
        (tmp_path / "model").symlink_to("/etc")
        assert read(tree, "config.json") == b"{}"


def test_what_is_no_file_is_never_opened_for_reading(folder: Path) -> None:
    """A FIFO would block for ever, a device may act, a socket is nobody's weights."""
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        home = Path.cwd()
        os.chdir(folder)  # names of sockets are short
        try:
            server.bind("socket")
        finally:
            os.chdir(home)
        found = described(folder)
        assert {"is neither a file nor a folder"} == {str(found["pipe"]), str(found["socket"])}
        with Tree(folder) as tree:
            for name in ("pipe", "socket"):
                with pytest.raises((OSError, UnexpectedContent)):
                    tree.open(name)


def test_a_link_to_a_fifo_is_no_file(folder: Path) -> None:
    """Through an allowed link, too."""
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("pipe")
    assert "leads to no regular file" in str(described(folder, links=True)["link"])


def test_names_that_are_not_utf8_are_listed(folder: Path) -> None:
    """A server could load them."""
    os.close(os.open(os.fsencode(folder) + b"/\xff.bin", os.O_CREAT | os.O_WRONLY, stat.S_IRUSR))
    assert "\udcff.bin" in described(folder)


def test_too_many_files_and_too_deep_folders_are_bounded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said, not endured."""
    monkeypatch.setattr(module, "MAX_DEPTH", 1)
    with Tree(folder) as tree, pytest.raises(LimitExceeded, match="deeper"):
        list(tree.files())
    monkeypatch.setattr(module, "MAX_FILES", 2)
    with Tree(folder) as tree, pytest.raises(LimitExceeded, match="more than 2"):
        list(tree.files())


def test_no_descriptor_is_left_open(folder: Path) -> None:
    """Not by refusals either."""
    (folder / "link").symlink_to("../secret")
    before = _open_descriptors()
    for _ in range(3):
        with Tree(folder, links=True) as tree:
            list(tree.files())
            with pytest.raises(UnexpectedContent):
                tree.open("link")
            with pytest.raises(FileNotFoundError):
                tree.open("nowhere/at/all")
    assert before == _open_descriptors()
