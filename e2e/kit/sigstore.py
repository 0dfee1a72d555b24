"""A private Sigstore as its users see it: identities, signatures without keys, trust files.

Everything is signed and judged by the real `cosign`; nothing outside the machine is asked.
`e2e.kit.sigstore_servers` starts one.
"""

import datetime as dt
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.kit import oidc
from e2e.kit.cosign import SigningKey, client_flags, cosign
from e2e.kit.models import Model
from e2e.kit.oidc import Identity, Issuer
from e2e.kit.processes import Servers

# The names in the trusted root. Rekor signs its checkpoints with its own, so it must be the same there.
FULCIO, LOG, REKOR, TIMESTAMPS = (
    f"{name}.sigstore.test" for name in ("fulcio", "ct", "rekor", "tsa")
)


@dataclass(frozen=True, slots=True)
class Sigstore:
    """A private Sigstore that answers, with the files that its users need."""

    home: Path
    issuer: Issuer
    workflows: Issuer
    servers: Servers

    @property
    def trusted_root(self) -> Path:
        """What verifiers trust (Sigstore TrustedRoot JSON)."""
        return self.home / "trusted_root.json"

    @property
    def signing_config(self) -> Path:
        """Where signers go (Sigstore SigningConfig v0.2 JSON)."""
        return self.home / "signing_config.json"

    @property
    def client_trust_config(self) -> Path:
        """Both in one file (ClientTrustConfig JSON), as sigstore-python takes them."""
        return self.home / "client_trust_config.json"

    def person(self, email: str) -> Identity:
        """Return the holder of an email address; where an identity is asked for, the address will do."""
        return oidc.person(self.issuer, email)

    def workflow(self, repository: str = "acme/models", ref: str = "refs/heads/main") -> Identity:
        """Return the release workflow of a repository, as GitHub Actions would vouch for it."""
        return oidc.workflow(self.workflows, repository, ref=ref)

    def identity_token(self, who: Identity | str) -> str:
        """Return a token for which Fulcio issues a certificate."""
        return self._identity(who).token()

    def sign_keyless(self, model: Model, who: Identity | str) -> None:
        """Sign the model's digest without a key, with log entry and timestamp."""
        flags = (*self._signer(who), *client_flags(model.registry))
        cosign("sign", "--yes", *flags, model.by_digest)

    def sign_by_key(self, model: Model, key: SigningKey) -> None:
        """Sign the model's digest by key, with log entry and timestamp."""
        flags = (f"--key={key.private}", *self._services(), *client_flags(model.registry))
        cosign("sign", "--yes", *flags, model.by_digest)

    def attest_keyless(
        self, model: Model, who: Identity | str, predicate_type: str, predicate: dict[str, Any]
    ) -> None:
        """Attach an in-toto statement about the model's digest, signed without a key."""
        with tempfile.TemporaryDirectory(prefix="modeladmit-predicate-") as scratch:
            path = Path(scratch) / "predicate.json"
            path.write_text(json.dumps(predicate))
            statement = (f"--type={predicate_type}", f"--predicate={path}")
            flags = (*statement, *self._signer(who), *client_flags(model.registry))
            cosign("attest", "--yes", *flags, model.by_digest)

    def sign_blob(self, content: Path, who: Identity | str, bundle: Path) -> None:
        """Sign a file and write the bundle."""
        cosign("sign-blob", "--yes", *self._signer(who), f"--bundle={bundle}", str(content))

    def verify(self, model: Model, who: Identity | str) -> subprocess.CompletedProcess[str]:
        """Let cosign judge: exit code 0 when this identity signed the digest."""
        expected = self._identity(who)
        identity = (
            f"--certificate-identity={expected.subject}",
            f"--certificate-oidc-issuer={expected.issuer.url}",
        )
        flags = (f"--trusted-root={self.trusted_root}", *identity, *client_flags(model.registry))
        return cosign("verify", *flags, model.by_digest, check=False)

    def _identity(self, who: Identity | str) -> Identity:
        return self.person(who) if isinstance(who, str) else who

    def _signer(self, who: Identity | str) -> tuple[str, ...]:
        return (*self._services(), f"--identity-token={self.identity_token(who)}")

    def _services(self) -> tuple[str, str]:
        return f"--signing-config={self.signing_config}", f"--trusted-root={self.trusted_root}"


def write_trust(sigstore: Sigstore, fulcio: str, rekor: str, timestamps: str) -> None:
    """Write the trusted root under lasting names and the signing config under today's addresses."""
    home = sigstore.home
    start = f"start-time={dt.datetime.now(dt.UTC) - dt.timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    cosign(
        "trusted-root",
        "create",
        f"--fulcio=url=https://{FULCIO},certificate-chain={home / 'fulcio.crt'},{start}",
        f"--ctfe=url=https://{LOG},public-key={home / 'ct.pub'},{start}",
        f"--rekor=url=https://{REKOR},public-key={home / 'rekor.pub'},{start},origin={REKOR}",
        f"--tsa=url=https://{TIMESTAMPS}/api/v1/timestamp,certificate-chain={home / 'tsa.crt'},{start}",
        f"--out={sigstore.trusted_root}",
    )
    service = f"{start},operator=e2e"
    cosign(
        "signing-config",
        "create",
        f"--fulcio=url={fulcio},api-version=1,{service}",
        f"--rekor=url={rekor},api-version=2,{service}",
        "--rekor-config=ANY",
        f"--oidc-provider=url={sigstore.issuer.url},api-version=1,{service}",
        f"--tsa=url={timestamps}/api/v1/timestamp,api-version=1,{service}",
        "--tsa-config=ANY",
        f"--out={sigstore.signing_config}",
    )
    both = {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": json.loads(sigstore.trusted_root.read_text()),
        "signingConfig": json.loads(sigstore.signing_config.read_text()),
    }
    sigstore.client_trust_config.write_text(json.dumps(both))
