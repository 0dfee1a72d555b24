"""`verify-bundle` and `verify-files`: options, exit codes and words."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from modeladmit.cli.exits import Exit
from modeladmit.cli.verify_bundle import command as verify_bundle
from modeladmit.cli.verify_files import command as verify_files
from modeladmit.core.digest import Digest
from tests.doubles.signing import bundles
from tests.doubles.signing.certificates import ec_key, pem, public_pem
from tests.doubles.signing.instance import EMAIL, ISSUER, SigstoreInstance
from tests.doubles.signing.organisation import NAME, Organisation
from tests.doubles.signing.statements import model_statement, pae, statement

CONTENT = b"weights"
FILES = {"config.json": b"{}", "model.safetensors": CONTENT}


def run(command, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(item) for item in arguments])


@pytest.fixture
def instance(tmp_path: Path) -> SigstoreInstance:
    made = SigstoreInstance()
    (tmp_path / "root.json").write_bytes(made.trusted_root())
    (tmp_path / "artifact").write_bytes(CONTENT)
    (tmp_path / "bundle.json").write_bytes(made.sign_message(CONTENT))
    return made


@pytest.fixture
def keyed(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A key, a bundle by it, the artifact."""
    key, bundle, artifact = tmp_path / "key.pub", tmp_path / "by-key.json", tmp_path / "artifact"
    made = ec_key()
    key.write_bytes(public_pem(made))
    artifact.write_bytes(CONTENT)
    bundle.write_bytes(
        bundles.bundle(
            bundles.key_material(), bundles.message_signature(None, bundles.sign(made, CONTENT))
        )
    )
    return key, bundle, artifact


KEYLESS = ("--certificate-identity", EMAIL, "--certificate-oidc-issuer", ISSUER)


@pytest.mark.usefixtures("instance")
def test_a_keyless_bundle_by_file_and_by_digest(tmp_path: Path) -> None:
    """Who signed, by whose word, and when."""
    common = (
        "--bundle",
        tmp_path / "bundle.json",
        *KEYLESS,
        "--trusted-root",
        tmp_path / "root.json",
    )
    for artifact in (tmp_path / "artifact", Digest.sha256(CONTENT)):
        result = run(verify_bundle, *common, artifact)
        assert Exit.ALLOWED == result.exit_code, result.output
        assert f"is signed by {EMAIL} from {ISSUER} at 2026-11-25T12:00:00Z" in result.stdout


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (["--certificate-identity", "eve@example.com"], "which is not who was asked for"),
        (["--certificate-oidc-issuer", "https://other.example"], "which is not who was asked for"),
    ],
)
def test_somebody_else_is_refused_and_named(tmp_path: Path, change: list[str], says: str) -> None:
    """The signature holds, but not by the one who was asked for."""
    common = (
        "--bundle",
        tmp_path / "bundle.json",
        *KEYLESS,
        "--trusted-root",
        tmp_path / "root.json",
    )
    result = run(verify_bundle, *common, *change, tmp_path / "artifact")
    assert Exit.DENIED == result.exit_code
    assert says in result.stderr
    assert EMAIL in result.stderr


@pytest.mark.usefixtures("instance")
def test_without_a_trusted_root_it_is_the_public_good_one(tmp_path: Path) -> None:
    """Which never certified this signer."""
    result = run(
        verify_bundle, "--bundle", tmp_path / "bundle.json", *KEYLESS, tmp_path / "artifact"
    )
    assert Exit.DENIED == result.exit_code
    assert (
        "certificate: the certificate was not issued by any certificate authority" in result.stderr
    )
    assert f"(says to be signed by {EMAIL})" in result.stderr


def test_a_bundle_by_key(keyed: tuple[Path, Path, Path]) -> None:
    """Fingerprint on success, reason on failure."""
    key, bundle, artifact = keyed
    good = run(verify_bundle, "--bundle", bundle, "--key", key, artifact)
    assert Exit.ALLOWED == good.exit_code, good.output
    assert "is signed by the key sha256:" in good.stdout
    artifact.write_bytes(b"changed")
    bad = run(verify_bundle, "--bundle", bundle, "--key", key, artifact)
    assert Exit.DENIED == bad.exit_code
    assert "refused: signature:" in bad.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--certificate-identity", EMAIL],
        ["--certificate-oidc-issuer", ISSUER],
        ["--key", "KEY", *KEYLESS],
        ["--key", "KEY", "--certificate-chain", "KEY"],
        ["--certificate-chain", "KEY", "--certificate-oidc-issuer", ISSUER],
        ["--certificate-chain", "KEY", "--trusted-root", "KEY"],
        ["--key", "ARTIFACT"],
        ["--key", "nowhere"],
    ],
)
def test_whose_signature_is_expected_must_be_clear(
    keyed: tuple[Path, Path, Path], arguments: list[str]
) -> None:
    """Usage errors, before anything is read from the bundle."""
    key, bundle, artifact = keyed
    named = {"KEY": str(key), "ARTIFACT": str(artifact)}
    result = run(
        verify_bundle, "--bundle", bundle, *(named.get(item, item) for item in arguments), artifact
    )
    assert Exit.USAGE == result.exit_code


@pytest.mark.parametrize(
    "artifact", ["nowhere", "sha256:zz", "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"]
)
def test_what_is_neither_file_nor_digest(keyed: tuple[Path, Path, Path], artifact: str) -> None:
    """Said so."""
    key, bundle, _ = keyed
    result = run(verify_bundle, "--bundle", bundle, "--key", key, artifact)
    assert Exit.USAGE == result.exit_code
    assert "neither a file nor a digest" in result.stderr


@pytest.mark.parametrize(("days", "code"), [(30, Exit.ALLOWED), (1, Exit.DENIED)])
def test_an_organisation_s_certificate_must_be_valid_now(
    tmp_path: Path, days: int, code: Exit
) -> None:
    """Without a timestamp, the clock of the caller decides."""
    organisation = Organisation(datetime.now(UTC) - timedelta(days=10))
    (tmp_path / "roots.pem").write_bytes(pem(organisation.root.certificate))
    content = organisation.sign_statement(statement(Digest.sha256(CONTENT)), days=days)
    (tmp_path / "bundle.json").write_bytes(content)
    common = ("--bundle", tmp_path / "bundle.json", "--certificate-chain", tmp_path / "roots.pem")
    result = run(verify_bundle, *common, "--certificate-identity", NAME, Digest.sha256(CONTENT))
    assert code == result.exit_code, result.output
    assert (code is Exit.ALLOWED) == ("time: the certificate expired at" not in result.stderr)


@pytest.fixture
def model(tmp_path: Path) -> tuple[Path, Path]:
    """A signed folder and the key."""
    folder, key = tmp_path / "model", ec_key()
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    payload = model_statement(FILES)
    (folder / "model.sig").write_bytes(
        bundles.bundle(
            bundles.key_material(), bundles.envelope(payload, [bundles.sign(key, pae(payload))])
        )
    )
    (tmp_path / "key.pub").write_bytes(public_pem(key))
    return folder, tmp_path / "key.pub"


def test_files_that_are_what_was_signed(model: tuple[Path, Path]) -> None:
    """How many, how much, by whom."""
    folder, key = model
    result = run(verify_files, folder, "--key", key)
    assert Exit.ALLOWED == result.exit_code, result.output
    assert "verified: 2 files, 9 bytes hashed; signed by the key sha256:" in result.stdout


def test_every_problem_is_listed_and_control_characters_are_not_printed(
    model: tuple[Path, Path],
) -> None:
    """Names come from whoever wrote the files."""
    folder, key = model
    (folder / "config.json").write_bytes(b"[]")
    (folder / "evil\x1b[2J.py").write_bytes(b"")
    result = run(verify_files, folder, "--key", key)
    assert Exit.DENIED == result.exit_code
    assert "the signature holds, but the files are not what was signed" in result.stderr
    assert "config.json" in result.stderr
    assert "\x1b" not in result.stderr
    assert "evil\\x1b[2J.py is not signed" in result.stderr


def test_a_broken_signature_is_refused_before_anything_is_hashed(model: tuple[Path, Path]) -> None:
    """Nothing of an unproven manifest is looked at."""
    folder, key = model
    content = json.loads((folder / "model.sig").read_bytes())
    content["dsseEnvelope"]["payload"] = content["dsseEnvelope"]["payload"][:-8] + "AAAAAAA="
    (folder / "model.sig").write_text(json.dumps(content))
    result = run(verify_files, folder, "--key", key)
    assert Exit.DENIED == result.exit_code
    assert "refused: signature:" in result.stderr or "refused: parse:" in result.stderr


def test_a_signature_that_is_not_there_is_a_question(model: tuple[Path, Path]) -> None:
    """Which one was meant."""
    folder, key = model
    (folder / "model.sig").unlink()
    result = run(verify_files, folder, "--key", key)
    assert Exit.USAGE == result.exit_code
    assert "--signature" in result.stderr


@pytest.mark.parametrize("base", ["absolute", "DIR", "elsewhere", "above"])
def test_paths_are_left_out_from_dir_or_from_where_one_stands(
    model: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    """model_signing's command line takes them from the working directory, its library from the model's."""
    folder, key = model
    (folder / "cache").mkdir()
    (folder / "cache/x.py").write_bytes(b"")
    (folder / "cache/out").symlink_to("/etc/hostname")
    stand, path = {
        "absolute": (folder, str(folder / "cache")),
        "DIR": (folder, "cache/"),
        "elsewhere": (Path("/"), "./cache"),
        "above": (folder.parent, f"{folder.name}/cache"),
    }[base]
    monkeypatch.chdir(stand)
    assert Exit.DENIED == run(verify_files, folder, "--key", key).exit_code
    result = run(verify_files, folder, "--key", key, "--ignore-paths", path)
    assert Exit.ALLOWED == result.exit_code, result.output


@pytest.mark.parametrize("path", ["/etc", "../other", "..", ".", ""])
def test_a_path_that_leaves_out_nothing_or_everything_is_a_question(
    model: tuple[Path, Path], path: str
) -> None:
    """It was meant for something."""
    folder, key = model
    result = run(verify_files, folder, "--key", key, "--ignore-paths", path)
    assert Exit.USAGE == result.exit_code
    assert "--ignore-paths" in result.stderr
