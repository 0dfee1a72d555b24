"""The private Sigstore of the kit certifies, logs and timestamps; real clients accept what it made."""

import json
import sys
from pathlib import Path

import pytest

from e2e.kit.commands import run
from e2e.kit.cosign import SigningKey, client_flags, cosign
from e2e.kit.models import push_model
from e2e.kit.registries import Registry
from e2e.kit.sigstore import Sigstore
from e2e.kit.sigstore_servers import private_sigstore
from e2e.kit.tools import tool
from e2e.kit.tuf_mirror import tuf_mirror

EMAIL = "release@models.test"


def test_cosign_verifies_the_holder_of_an_address(sigstore: Sigstore, registry: Registry) -> None:
    """Keyless: the certificate's identity counts, on a registry of either kind."""
    model = push_model(registry, "models/keyless")
    assert sigstore.verify(model, EMAIL).returncode != 0
    sigstore.sign_keyless(model, EMAIL)
    assert sigstore.verify(model, EMAIL).returncode == 0
    assert "no matching CertificateIdentity" in sigstore.verify(model, "eve@models.test").stderr


def test_a_workflow_is_certified_by_its_repository_and_ref(
    sigstore: Sigstore, referrers: Registry
) -> None:
    """CI identities: the subject is the workflow's URL, and its claims are extensions."""
    model = push_model(referrers, "models/by-workflow")
    sigstore.sign_keyless(model, sigstore.workflow("acme/models"))
    assert sigstore.verify(model, sigstore.workflow("acme/models")).returncode == 0
    assert (
        sigstore.verify(model, sigstore.workflow("acme/models", "refs/heads/dev")).returncode != 0
    )
    assert sigstore.verify(model, sigstore.workflow("evil/models")).returncode != 0
    identity = (
        "--certificate-identity-regexp=^https://forge.test/acme/",
        f"--certificate-oidc-issuer={sigstore.workflows.url}",
    )
    for repository, code in (("acme/models", 0), ("acme/other", 1)):
        flags = (
            *identity,
            f"--certificate-github-workflow-repository={repository}",
            f"--trusted-root={sigstore.trusted_root}",
        )
        assert cosign("verify", *flags, model.by_digest, check=False).returncode == code


def test_a_signature_by_key_is_logged_and_stamped(
    sigstore: Sigstore, referrers: Registry, signing_key: SigningKey
) -> None:
    """Verified without --insecure-ignore-tlog, so the log entry and the timestamp are there and right."""
    model = push_model(referrers, "models/logged")
    sigstore.sign_by_key(model, signing_key)
    flags = (
        f"--key={signing_key.public}",
        f"--trusted-root={sigstore.trusted_root}",
        *client_flags(referrers),
    )
    assert cosign("verify", *flags, model.by_digest, check=False).returncode == 0


def test_a_statement_without_a_key_is_a_bundle(sigstore: Sigstore, referrers: Registry) -> None:
    """An attestation is found by its predicate type and verifies against the address."""
    kind = "https://in-toto.io/attestation/test-result/v0.1"
    model = push_model(referrers, "models/keyless-attested")
    sigstore.attest_keyless(model, EMAIL, kind, {"result": "PASSED"})
    identity = (
        f"--certificate-identity={EMAIL}",
        f"--certificate-oidc-issuer={sigstore.issuer.url}",
    )
    flags = (f"--type={kind}", f"--trusted-root={sigstore.trusted_root}", *identity)
    assert cosign("verify-attestation", *flags, model.by_digest, check=False).returncode == 0


def test_sigstore_python_accepts_a_bundle(sigstore: Sigstore, tmp_path: Path) -> None:
    """A second implementation agrees, offline: certificate, signed certificate timestamp, log entry, time."""
    content, bundle = tmp_path / "weights", tmp_path / "weights.sigstore.json"
    content.write_bytes(b"weights")
    sigstore.sign_blob(content, EMAIL, bundle)
    python = (sys.executable, "-m", "sigstore", f"--trust-config={sigstore.client_trust_config}")
    command = (
        "verify",
        "identity",
        "--offline",
        f"--bundle={bundle}",
        f"--cert-oidc-issuer={sigstore.issuer.url}",
    )
    environment = {"HOME": str(tmp_path)}
    run(*python, *command, f"--cert-identity={EMAIL}", content, env=environment)
    content.write_bytes(b"other weights")
    assert (
        run(
            *python, *command, f"--cert-identity={EMAIL}", content, env=environment, check=False
        ).returncode
        != 0
    )


def test_cosign_fetches_its_trust_from_the_mirror(sigstore: Sigstore, tmp_path: Path) -> None:
    """A client that knows only the mirror's root metadata finds the trusted root."""
    content, bundle = tmp_path / "weights", tmp_path / "weights.sigstore.json"
    content.write_bytes(b"weights")
    sigstore.sign_blob(content, EMAIL, bundle)
    identity = (
        f"--certificate-identity={EMAIL}",
        f"--certificate-oidc-issuer={sigstore.issuer.url}",
    )
    with tuf_mirror(tmp_path / "mirror", sigstore) as mirror:
        home = {"HOME": str(tmp_path), "TUF_ROOT": str(tmp_path / "tuf")}
        program = tool("cosign")
        run(program, "initialize", f"--mirror={mirror.url}", f"--root={mirror.root}", env=home)
        run(program, "verify-blob", f"--bundle={bundle}", *identity, content, env=home)


def test_two_run_side_by_side_and_trust_only_themselves(sigstore: Sigstore, tmp_path: Path) -> None:
    """The same address certified by another Sigstore is a stranger's."""
    content, bundle = tmp_path / "weights", tmp_path / "weights.sigstore.json"
    content.write_bytes(b"weights")
    with private_sigstore(tmp_path / "other") as other:
        other.sign_blob(content, EMAIL, bundle)
        identity = (
            f"--certificate-identity={EMAIL}",
            f"--certificate-oidc-issuer={other.issuer.url}",
        )
        command = ("verify-blob", f"--bundle={bundle}", *identity, str(content))
        assert cosign(*command, f"--trusted-root={other.trusted_root}", check=False).returncode == 0
        assert (
            cosign(*command, f"--trusted-root={sigstore.trusted_root}", check=False).returncode != 0
        )


@pytest.mark.parametrize(
    "part", ["certificateAuthorities", "tlogs", "ctlogs", "timestampAuthorities"]
)
def test_the_trusted_root_names_every_service(sigstore: Sigstore, part: str) -> None:
    """A root that lacks one of them could not refuse what lacks its proof."""
    assert len(json.loads(sigstore.trusted_root.read_text())[part]) == 1
