"""Public test vectors, through the entry points that everybody uses."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from modeladmit.cli.exits import Exit
from modeladmit.cli.verify_bundle import command as verify_bundle
from modeladmit.cli.verify_files import command as verify_files
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind, Rejection
from modeladmit.core.trust import CertificateAnchor, SigstoreAnchor, TrustAnchor
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import verify

IDENTITY = (
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/"
    "extremely-dangerous-oidc-beacon.yml@refs/heads/main"
)
ISSUER = "https://token.actions.githubusercontent.com"
SIGNER = [
    "--certificate-identity",
    "stefanb@us.ibm.com",
    "--certificate-oidc-issuer",
    "https://sigstore.verify.ibm.com/oauth2",
]


def run(command, *arguments: object) -> int:
    return CliRunner().invoke(command, [str(item) for item in arguments]).exit_code


def conformance(case: Path) -> list[object]:
    """The command line that the conformance suite's client protocol asks for."""
    arguments: list[object] = ["--bundle", case / "bundle.sigstore.json"]
    if (case / "trusted_root.json").exists():
        arguments += ["--trusted-root", case / "trusted_root.json"]
    if (case / "key.pub").exists():
        arguments += ["--key", case / "key.pub"]
    else:
        for option, name, default in (
            ("identity", "identity", IDENTITY),
            ("oidc-issuer", "issuer", ISSUER),
        ):
            text = (case / name).read_text().strip() if (case / name).exists() else default
            arguments += [f"--certificate-{option}", text]
    artifact = case / "artifact"
    return [*arguments, artifact if artifact.exists() else case.parent / "a.txt"]


def test_sigstore_conformance(shared: Path) -> None:
    """Every bundle case: a name that ends in `_fail` is refused, every other is verified."""
    cases = [
        case
        for case in sorted((shared / "vectors/sigstore-conformance").iterdir())
        if case.is_dir()
    ]
    assert len(cases) >= 50
    wrong = [
        case.name
        for case in cases
        if (run(verify_bundle, *conformance(case)) == 0) == case.name.endswith("_fail")
    ]
    assert wrong == []


def test_sigstore_conformance_by_digest(shared: Path) -> None:
    """The same by `sha256:…` instead of a file, which is all that admission has."""
    import hashlib

    cases = [
        case
        for case in sorted((shared / "vectors/sigstore-conformance").iterdir())
        if case.is_dir()
    ]
    wrong = []
    for case in cases:
        *arguments, artifact = conformance(case)
        digest = f"sha256:{hashlib.sha256(Path(str(artifact)).read_bytes()).hexdigest()}"
        if (run(verify_bundle, *arguments, digest) == 0) == case.name.endswith("_fail"):
            wrong.append(case.name)
    assert wrong == []


@pytest.mark.parametrize(
    ("identity", "issuer"),
    [
        ("somebody@example.com", ISSUER),
        (IDENTITY, "https://accounts.google.com"),
        (IDENTITY.upper(), ISSUER),
        (IDENTITY[:-1], ISSUER),
    ],
)
def test_a_good_bundle_by_somebody_else_is_refused(
    shared: Path, identity: str, issuer: str
) -> None:
    """Identities are exact."""
    folder = shared / "vectors/sigstore-conformance"
    arguments = [
        "--bundle",
        folder / "happy-path-v0.3/bundle.sigstore.json",
        "--certificate-identity",
        identity,
    ]
    arguments += ["--certificate-oidc-issuer", issuer, folder / "a.txt"]
    assert run(verify_bundle, *arguments) == Exit.DENIED


def models(shared: Path) -> list[Path]:
    return [
        folder
        for folder in sorted((shared / "vectors/model-signing").iterdir())
        if (folder / "model.sig").exists()
    ]


def trusted(shared: Path, folder: Path) -> list[object]:
    keys = shared / "vectors/model-signing/keys/certificate"
    if folder.name.endswith("-elliptic-key"):
        return ["--key", keys / "signing-key-pub.pem"]
    if folder.name.endswith("-certificate"):
        return ["--certificate-chain", keys / "ca-cert.pem"]
    return list(SIGNER)


def arguments(shared: Path, folder: Path) -> list[object]:
    """A model of one file was signed as that file by releases that recorded the name `.`."""
    given = [
        *trusted(shared, folder),
        "--ignore-paths",
        "ignore-me",
        "--signature",
        folder / "model.sig",
    ]
    files = [item.name for item in folder.iterdir() if item.name != "model.sig"]
    return [*given, folder / "signme-1" if files == ["signme-1"] else folder]


def test_every_historical_model_signature(shared: Path) -> None:
    """By every producer since 0.3.1 and by every method; 0.2 is refused in words."""
    results = {
        folder.name: run(verify_files, *arguments(shared, folder)) for folder in models(shared)
    }
    assert len(results) >= 7
    expected = {name: Exit.DENIED if name.startswith("v0.2") else Exit.ALLOWED for name in results}
    assert expected == results


def test_the_legacy_format_is_named(shared: Path) -> None:
    """What it is and what to do, instead of a signature that does not verify."""
    folder = shared / "vectors/model-signing/v0.2.0-certificate"
    result = CliRunner().invoke(verify_files, [str(item) for item in arguments(shared, folder)])
    assert "sign again with model-signing 1.0" in result.stderr


@pytest.mark.parametrize("change", ["byte", "added", "renamed", "dropped", "swapped"])
def test_a_changed_model_is_refused(shared: Path, tmp_path: Path, change: str) -> None:
    """One byte, one file more, one less, another name, two files exchanged: the root digest would not see some of them."""
    folder = shared / "vectors/model-signing/v1.0.0-certificate"
    for item in folder.iterdir():
        (tmp_path / item.name).write_bytes(item.read_bytes())
    one, two = tmp_path / "signme-1", tmp_path / "signme-2"
    match change:
        case "byte":
            one.write_bytes(one.read_bytes() + b"x")
        case "added":
            (tmp_path / "modeling.py").write_text("import os")
        case "renamed":
            one.rename(tmp_path / "signme-3")
        case "dropped":
            two.unlink()
        case _:
            first, second = one.read_bytes(), two.read_bytes()
            one.write_bytes(second)
            two.write_bytes(first)
    assert run(verify_files, *trusted(shared, folder), tmp_path) == Exit.DENIED


def test_model_signatures_of_others_are_refused(shared: Path) -> None:
    """Wrong key, wrong authorities, wrong identity."""
    folder = shared / "vectors/model-signing"
    keys = folder / "keys/certificate"
    wrong = [
        [
            "--certificate-chain",
            keys / "ca-cert.pem",
            folder / "v1.0.0-elliptic-key/signme-1",
            "--signature",
            folder / "v1.0.0-elliptic-key/model.sig",
        ],
        ["--certificate-chain", keys / "signing-key-cert.pem", folder / "v1.0.0-sigstore"],
        [
            "--certificate-identity",
            "other@us.ibm.com",
            "--certificate-oidc-issuer",
            SIGNER[3],
            folder / "v1.0.0-sigstore",
        ],
        [
            "--certificate-identity",
            SIGNER[1],
            "--certificate-oidc-issuer",
            "https://other.example",
            folder / "v1.0.0-sigstore",
        ],
    ]
    assert [Exit.DENIED] * len(wrong) == [run(verify_files, *given) for given in wrong]


def test_the_openssf_specification_s_vectors(shared: Path) -> None:
    """Valid ones hold by their own method, every other is refused by all."""
    folder = shared / "vectors/oms-spec/v1.0"
    keys = shared / "vectors/model-signing/keys/certificate"
    anchors: dict[str, TrustAnchor] = {
        "key": parse_key((keys / "signing-key-pub.pem").read_bytes()),
        "certificate": CertificateAnchor((keys / "ca-cert.pem").read_bytes()),
        "sigstore": SigstoreAnchor((shared / "vectors/public-good-trusted-root.json").read_bytes()),
    }
    seen = 0
    for path in folder.rglob("*.json"):
        seen += 1
        evidence = Evidence(EvidenceKind.MODEL_SIGNATURE, path.read_bytes(), path.name)
        if path.parent.name == "valid":
            result = verify(evidence, None, anchors[path.name.partition(".")[0]])
            assert isinstance(result, Attestation), path.name
            assert [entry.name for entry in result.manifest] == ["signme-1", "signme-2"]
        else:
            assert all(
                isinstance(verify(evidence, None, anchor), Rejection) for anchor in anchors.values()
            ), path.name
    assert seen == 8
