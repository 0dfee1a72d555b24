"""Models signed by the real `model_signing` client, and ours verified by it."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from modeladmit.cli.exits import Exit
from modeladmit.cli.verify_files import command
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import verify
from tests.doubles.signing import bundles
from tests.doubles.signing.certificates import PrivateKey, ec_key, pem, public_pem
from tests.doubles.signing.organisation import NAME, Organisation
from tests.doubles.signing.statements import model_statement, pae

FILES = {
    "config.json": b"{}",
    "model.safetensors": b"0123456789" * 100,
    "sub/a-b": b"1",
    "sub/a/b": b"2",
    "we:ird": b"3",
}


def client(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "model_signing", *(str(item) for item in arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)


def ours(*arguments: object) -> int:
    return CliRunner().invoke(command, [str(item) for item in arguments]).exit_code


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def private_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, Path]:
    made = ec_key()
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    private.write_bytes(private_pem(made))
    public.write_bytes(public_pem(made))
    return private, public


def test_signed_by_key(model: Path, key: tuple[Path, Path]) -> None:
    """Verified with the bytes, matched without them, and refused after one change."""
    private, public = key
    signature = model / "model.sig"
    done = client("sign", "key", model, "--private_key", private, "--signature", signature)
    assert done.returncode == 0, done.stderr
    assert ours(model, "--key", public) == Exit.ALLOWED
    result = verify(
        Evidence(EvidenceKind.MODEL_SIGNATURE, signature.read_bytes(), "model.sig"),
        None,
        parse_key(public.read_bytes()),
    )
    assert isinstance(result, Attestation)
    assert {name: Digest.sha256(content) for name, content in FILES.items()} == {
        entry.name: entry.digest for entry in result.manifest
    }
    (model / "config.json").write_bytes(b"{ }")
    assert ours(model, "--key", public) == Exit.DENIED


def test_signed_by_certificate(model: Path, tmp_path: Path) -> None:
    """The chain as that client stores it: leaf first, without its root."""
    organisation = Organisation()
    signer = organisation.certify()
    (tmp_path / "leaf.key").write_bytes(private_pem(signer.key))
    for name, certificate in zip(("leaf", "intermediate", "root"), signer.chain, strict=True):
        (tmp_path / f"{name}.pem").write_bytes(pem(certificate))
    signature = tmp_path / "model.sig"
    done = client(
        "sign", "certificate", model, "--private_key", tmp_path / "leaf.key", "--signing_certificate", tmp_path / "leaf.pem",
        "--certificate_chain", tmp_path / "intermediate.pem", "--signature", signature,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    common = [model, "--signature", signature, "--certificate-chain", tmp_path / "root.pem"]
    assert ours(*common) == Exit.ALLOWED
    assert ours(*common, "--certificate-identity", NAME) == Exit.ALLOWED
    assert ours(*common, "--certificate-identity", f"x{NAME}") == Exit.DENIED


@pytest.mark.parametrize(
    ("algorithm", "how"),
    [
        ("sha256", "file"),
        ("sha256", "shard"),
        ("blake2", "file"),
        ("blake3", "file"),
        ("blake3", "shard"),
    ],
)
def test_signed_by_every_serialization(
    model: Path, key: tuple[Path, Path], tmp_path: Path, algorithm: str, how: str
) -> None:
    """Files and shards, every hash of that client, through its Python interface."""
    private, public = key
    signature = tmp_path / "model.sig"
    size = ", shard_size=64" if how == "shard" else ""
    script = (
        "import sys, model_signing\n"
        f"hashing = model_signing.hashing.Config().use_{how}_serialization(hashing_algorithm={algorithm!r}{size})\n"
        "config = model_signing.signing.Config().use_elliptic_key_signer(private_key=sys.argv[2])\n"
        "config.set_hashing_config(hashing).sign(sys.argv[1], sys.argv[3])\n"
    )
    words = [sys.executable, "-c", script, str(model), str(private), str(signature)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert ours(model, "--key", public, "--signature", signature) == Exit.ALLOWED
    (model / "model.safetensors").write_bytes(b"0123456789" * 99 + b"0123456788")
    assert ours(model, "--key", public, "--signature", signature) == Exit.DENIED


def test_what_the_client_leaves_out_by_default(model: Path, key: tuple[Path, Path]) -> None:
    """The repository's own files, and what the signer names; code there is refused all the same."""
    private, public = key
    (model / ".gitattributes").write_text("*.safetensors filter=lfs")
    (model / "ignore-me.log").write_text("x")
    signature = model / "model.sig"
    done = client(
        "sign",
        "key",
        model,
        "--private_key",
        private,
        "--signature",
        signature,
        "--ignore-paths",
        model / "ignore-me.log",
    )
    assert done.returncode == 0, done.stderr
    assert ours(model, "--key", public) == Exit.ALLOWED
    (model / ".github").mkdir()
    (model / ".github/modeling.py").write_text("import os")
    assert (
        client("verify", "key", model, "--public_key", public, "--signature", signature).returncode
        == 0
    )
    assert ours(model, "--key", public) == Exit.DENIED


def test_a_single_file(model: Path, key: tuple[Path, Path], tmp_path: Path) -> None:
    """A model that is one file, under the name that this client gives it."""
    private, public = key
    signature = tmp_path / "file.sig"
    done = client(
        "sign",
        "key",
        model / "model.safetensors",
        "--private_key",
        private,
        "--signature",
        signature,
    )
    assert done.returncode == 0, done.stderr
    assert (
        ours(model / "model.safetensors", "--key", public, "--signature", signature) == Exit.ALLOWED
    )
    assert ours(model / "config.json", "--key", public, "--signature", signature) == Exit.DENIED


def test_the_simulator_s_signatures_are_real_ones(model: Path, tmp_path: Path) -> None:
    """That client believes what the tests sign."""
    made = ec_key()
    payload = model_statement(FILES)
    signature = tmp_path / "model.sig"
    signature.write_bytes(
        bundles.bundle(
            bundles.key_material(hashlib.sha256(public_pem(made)).hexdigest()),
            bundles.envelope(payload, [bundles.sign(made, pae(payload))]),
        )
    )
    (tmp_path / "made.pub").write_bytes(public_pem(made))
    done = client(
        "verify", "key", model, "--public_key", tmp_path / "made.pub", "--signature", signature
    )
    assert done.returncode == 0, done.stderr
