"""A signed manifest against what a store lists: names and digests, one by one."""

import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    Artifact,
    ArtifactFile,
    Attestation,
    Format,
    KeySigner,
    ManifestEntry,
)
from modeladmit.core.model_manifest import Assurance, assurance, is_loadable, match
from modeladmit.core.references import parse_reference

SIGNER = KeySigner(Digest.sha256(b"key"))
CONFIG, WEIGHTS = Digest.sha256(b"config"), Digest.sha256(b"weights")


def signature(
    *entries: tuple[str, Digest], ignored: tuple[str, ...] = (), origin: str = "model.sig"
) -> Attestation:
    manifest = tuple(ManifestEntry(name, digest) for name, digest in sorted(entries))
    return Attestation(SIGNER, (), None, manifest=manifest, ignored_paths=ignored, origin=origin)


def stored(*files: ArtifactFile | tuple[str, Digest | None]) -> Artifact:
    listed = tuple(
        item if isinstance(item, ArtifactFile) else ArtifactFile(item[0], digest=item[1])
        for item in files
    )
    return Artifact(parse_reference("hf://owner/name"), files=listed)


SIGNED = signature(("config.json", CONFIG), ("model.safetensors", WEIGHTS))
STORED = (("config.json", CONFIG), ("model.safetensors", WEIGHTS))


def test_every_file_with_its_digest() -> None:
    """Nothing to object to."""
    assert match(SIGNED, stored(*STORED)) == ()


@pytest.mark.parametrize(
    "name",
    [
        "model.sig",
        "model.sigstore.json",
        ".gitattributes",
        ".gitignore",
        "README.md",
        "LICENSE",
        "docs/card.png",
        "sub/NOTICE.txt",
    ],
)
def test_what_nobody_signs_and_nobody_loads(name: str) -> None:
    """Signature files, the repository's own, and documentation."""
    assert match(SIGNED, stored(*STORED, (name, Digest.sha256(b"x")))) == ()


@pytest.mark.parametrize(
    "name",
    [
        "modeling.py",
        "tokenizer.json",
        "chat_template.jinja",
        "extra.safetensors",
        "vocab.txt",
        "sub/model.sig",
        "x",
        "README",
    ],
)
def test_files_that_nobody_signed(name: str) -> None:
    """Code, tokenizers and templates are signed files like the weights; so is what has no name that we know."""
    assert match(SIGNED, stored(*STORED, (name, Digest.sha256(b"x")))) == (f"{name} is not signed",)


def test_documentation_that_was_signed_must_be_what_was_signed() -> None:
    """Only what nobody signed is left alone."""
    signed = signature(*STORED, ("README.md", Digest.sha256(b"signed")))
    (problem,) = match(signed, stored(*STORED, ("README.md", Digest.sha256(b"changed"))))
    assert "README.md is sha256:" in problem


def test_other_bytes_are_named_with_both_digests() -> None:
    """What the store says, and what was signed."""
    (problem,) = match(SIGNED, stored(("config.json", CONFIG), ("model.safetensors", CONFIG)))
    assert (
        f"model.safetensors is {CONFIG.short} in the store, but {WEIGHTS.short} was signed"
        == problem
    )


def test_renaming_is_seen_although_the_root_digest_stays() -> None:
    """The attack that the root digest of the format does not see."""
    problems = match(SIGNED, stored(("config.json", CONFIG), ("weights.safetensors", WEIGHTS)))
    assert problems == (
        "weights.safetensors was signed under another name, model.safetensors",
        "model.safetensors is signed, but the artifact does not hold it",
    )


def test_two_files_exchanged() -> None:
    """Both are named."""
    assert len(match(SIGNED, stored(("config.json", WEIGHTS), ("model.safetensors", CONFIG)))) == 2


@pytest.mark.parametrize("ignored", ["extra", "extra/", "./extra", "extra/modeling.py", ".", ""])
def test_code_under_an_ignored_path_is_refused(ignored: str) -> None:
    """Whoever signs decides what is left out, whoever stores decides what lies there."""
    signed = signature(*STORED, ignored=(ignored,))
    (problem,) = match(signed, stored(*STORED, ("extra/modeling.py", Digest.sha256(b"x"))))
    assert "the signer left it out (ignore_paths), but a server may load it" in problem


def test_what_is_ignored_and_loaded_by_nobody_is_fine() -> None:
    """A log, a note for people."""
    signed = signature(*STORED, ignored=("extra",))
    assert match(signed, stored(*STORED, ("extra/notes.log", Digest.sha256(b"x")))) == ()


def test_a_format_counts_whatever_the_name_says() -> None:
    """A store that knows better than the suffix."""
    signed = signature(*STORED, ignored=("extra",))
    file = ArtifactFile("extra/blob", digest=WEIGHTS, format=Format.PICKLE)
    assert len(match(signed, stored(*STORED, file))) == 1


def test_a_digest_that_the_store_does_not_assert() -> None:
    """Only the bytes can show it: unknown or of another algorithm."""
    other = Digest("sha512", "0" * 128)
    for digest in (None, other):
        (problem,) = match(SIGNED, stored(("config.json", digest), ("model.safetensors", WEIGHTS)))
        assert "only the bytes can show" in problem


def test_an_empty_manifest_covers_nothing() -> None:
    """It would vouch for any model."""
    assert match(signature(), stored(*STORED)) == ("the signature covers no file at all",)


def test_an_artifact_whose_files_are_not_known() -> None:
    """Nothing can be compared, so nothing is proven."""
    (problem,) = match(SIGNED, stored())
    assert "does not say which files" in problem


def test_a_model_of_one_file_by_its_old_name() -> None:
    """`.` stands for the only file, whatever it is called, and for nothing else."""
    alone = signature((".", WEIGHTS))
    assert match(alone, stored(("m.gguf", WEIGHTS), ("model.sig", None))) == ()
    assert match(alone, stored(("m.gguf", CONFIG)))
    assert match(alone, stored(("m.gguf", WEIGHTS), ("n.gguf", WEIGHTS)))


def test_many_problems_are_counted_not_listed() -> None:
    """A denial stays readable."""
    problems = match(SIGNED, stored(*STORED, *((f"f{index}.py", WEIGHTS) for index in range(50))))
    assert (len(problems), problems[-1]) == (21, "and 30 more")


def test_asserted_and_verified_bytes_are_different_facts() -> None:
    """Every signed file must have been hashed by us."""
    hashed = ArtifactFile("config.json", digest=CONFIG, verified=True)
    weights = ArtifactFile("model.safetensors", digest=WEIGHTS, verified=True)
    assert Assurance.ASSERTED is assurance(SIGNED, stored(*STORED))
    assert Assurance.ASSERTED is assurance(SIGNED, stored(hashed, STORED[1]))
    assert Assurance.VERIFIED is assurance(SIGNED, stored(hashed, weights, ("README.md", None)))
    assert Assurance.ASSERTED is assurance(signature(), stored(hashed))


@pytest.mark.parametrize(
    ("name", "loadable"),
    [
        ("a.PY", True),
        ("a.safetensors", True),
        ("variables/variables.data-00000-of-00001", True),
        ("model.onnx.data", True),
        ("libkernel.so.1.2", True),
        ("model.gguf.part1of2", True),
        ("model.safetensors-00001", True),
        ("merges.bpe", True),
        ("model.suffix-of-tomorrow", True),
        ("runs/weights.v2", True),
        ("src/.gitignore.py", True),
        ("onnx__MatMul_1234", True),
        ("Modelfile", True),
        ("git/HEAD", True),
        ("x.git/HEAD", True),
        ("README", False),
        ("training.log", False),
        (".git/HEAD", False),
        (".git/objects/pack/pack-1.idx", False),
        (".git/hooks/pre-push.sample", False),
        (".git/modeling.py", True),
        (".github/workflows/ci.yml", False),
        (".github/modeling.py", True),
        ("sub/.github/config.yml", True),
        ("runs/events.out.tfevents.1700000000.host", False),
        ("docs/Figure.PNG", False),
        ("LICENSE", False),
    ],
)
def test_loadable_by_name(name: str, loadable) -> None:
    """Whatever its case."""
    assert loadable is is_loadable(name)


@pytest.mark.parametrize("name", ["README.md", "model.sig", ".gitattributes", "notes"])
def test_a_name_that_nobody_signs_does_not_excuse_an_archive(name: str) -> None:
    """Attack: a layer that unpacks over the weights, under the name of documentation or of the signature."""
    layer = ArtifactFile(name, digest=Digest.sha256(b"x"), format=Format.ARCHIVE)
    signed = signature(*STORED, origin="notes")
    assert (f"{name} is not signed",) == match(signed, stored(*STORED, layer))


def test_two_files_of_one_name_are_refused() -> None:
    """Attack: the signed file hides another of its name; which of them is loaded depends on the reader."""
    twice = stored(("model.safetensors", Digest.sha256(b"evil")), *STORED)
    assert ("the artifact holds more than one file named model.safetensors",) == match(
        SIGNED, twice
    )
