"""A private Sigstore on loopback: Fulcio, a certificate log, Rekor v2, a timestamp authority, an issuer.

Signatures without long-lived keys are made by the real `cosign` and verified against
`trusted_root.json`; nothing outside the machine is asked. Four servers, about 140 MB, two seconds.
"""

import contextlib
import datetime as dt
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from e2e.kit.certificates import CODE_SIGNING, TIME_STAMPING, Authority, key_pem, new_key
from e2e.kit.cosign import SigningKey, client_flags, cosign
from e2e.kit.models import Model
from e2e.kit.oidc import Issuer, issuer
from e2e.kit.ports import free_port
from e2e.kit.processes import Servers
from e2e.kit.tools import tool
from e2e.kit.waiting import answers

# The names in the trusted root. Rekor signs its checkpoints with its own, so it must be the same there.
FULCIO, LOG, REKOR, TIMESTAMPS = (
    f"{name}.sigstore.test" for name in ("fulcio", "ct", "rekor", "tsa")
)


@dataclass(frozen=True, slots=True)
class Sigstore:
    """A private Sigstore that answers, with the files that its users need."""

    home: Path
    issuer: Issuer
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

    def identity_token(self, email: str) -> str:
        """Return a token with which Fulcio certifies the address."""
        return self.issuer.token(email)

    def sign_keyless(self, model: Model, email: str) -> None:
        """Sign the model's digest as the holder of the address, with log entry and timestamp."""
        flags = (*self._signer(email), *client_flags(model.registry))
        cosign("sign", "--yes", *flags, model.by_digest)

    def sign_by_key(self, model: Model, key: SigningKey) -> None:
        """Sign the model's digest by key, with log entry and timestamp."""
        flags = (f"--key={key.private}", *self._services(), *client_flags(model.registry))
        cosign("sign", "--yes", *flags, model.by_digest)

    def attest_keyless(
        self, model: Model, email: str, predicate_type: str, predicate: dict[str, Any]
    ) -> None:
        """Attach an in-toto statement about the model's digest, signed as the holder of the address."""
        with tempfile.TemporaryDirectory(prefix="modeladmit-predicate-") as scratch:
            path = Path(scratch) / "predicate.json"
            path.write_text(json.dumps(predicate))
            statement = (f"--type={predicate_type}", f"--predicate={path}")
            flags = (*statement, *self._signer(email), *client_flags(model.registry))
            cosign("attest", "--yes", *flags, model.by_digest)

    def sign_blob(self, content: Path, email: str, bundle: Path) -> None:
        """Sign a file and write the bundle."""
        cosign("sign-blob", "--yes", *self._signer(email), f"--bundle={bundle}", str(content))

    def verify(self, model: Model, email: str) -> subprocess.CompletedProcess[str]:
        """Let cosign judge: exit code 0 when the holder of the address signed the digest."""
        identity = (
            f"--certificate-identity={email}",
            f"--certificate-oidc-issuer={self.issuer.url}",
        )
        flags = (f"--trusted-root={self.trusted_root}", *identity, *client_flags(model.registry))
        return cosign("verify", *flags, model.by_digest, check=False)

    def _signer(self, email: str) -> tuple[str, ...]:
        return (*self._services(), f"--identity-token={self.identity_token(email)}")

    def _services(self) -> tuple[str, str]:
        return f"--signing-config={self.signing_config}", f"--trusted-root={self.trusted_root}"


@contextlib.contextmanager
def private_sigstore(home: Path) -> Iterator[Sigstore]:
    """Run a private Sigstore with new keys in the folder `home`."""
    home.mkdir(parents=True, exist_ok=True)
    with issuer() as identities, Servers(home / "logs") as servers:
        sigstore = Sigstore(home, identities, servers)
        log = _start_certificate_log(sigstore)
        fulcio = _start_fulcio(sigstore, log)
        timestamps = _start_timestamp_authority(sigstore)
        rekor = _start_rekor(sigstore)
        for name, ready in (
            ("tesseract", f"{log}/healthz"),
            ("timestamp-server", f"{timestamps}/ping"),
            ("rekor-server", f"{rekor}/healthz"),
            ("fulcio", f"{fulcio}/healthz"),
        ):
            servers[name].wait_for(lambda url=ready: answers(url))  # type: ignore[misc]
        _write_trust(sigstore, fulcio, rekor, timestamps)
        _spend_first_entry(sigstore)
        yield sigstore


def _start_certificate_log(sigstore: Sigstore) -> str:
    """Start the log that Fulcio writes to; make Fulcio's authority, whose root the log must know."""
    home = sigstore.home
    root = Authority.root("e2e-fulcio-root")
    (home / "fulcio-root.crt").write_bytes(root.chain_pem)
    root.intermediate("e2e-fulcio", CODE_SIGNING).write(home, "fulcio")
    key = new_key()
    (home / "ct.key").write_bytes(key_pem(key))
    (home / "ct.pub").write_bytes(_public_pem(key))
    address = f"127.0.0.1:{free_port()}"
    sigstore.servers.start(
        "tesseract",
        tool("tesseract"),
        f"--private_key={home / 'ct.key'}",
        f"--origin={LOG}",
        f"--storage_dir={home / 'ct'}",
        f"--roots_pem_file={home / 'fulcio-root.crt'}",
        "--ext_key_usages=CodeSigning",
        f"--http_endpoint={address}",
        "--checkpoint_interval=500ms",
        "--batch_max_age=50ms",
    )
    return f"http://{address}"


def _start_fulcio(sigstore: Sigstore, log: str) -> str:
    home, issuer_url = sigstore.home, sigstore.issuer.url
    identities = {"issuer-url": issuer_url, "client-id": "sigstore", "type": "email"}
    (home / "fulcio.yaml").write_text(yaml.safe_dump({"oidc-issuers": {issuer_url: identities}}))
    port = free_port()
    sigstore.servers.start(
        "fulcio",
        tool("fulcio"),
        "serve",
        "--host=127.0.0.1",
        f"--port={port}",
        "--grpc-host=127.0.0.1",
        f"--grpc-port={free_port()}",
        f"--metrics-port={free_port()}",
        f"--legacy-unix-domain-socket=@modeladmit-fulcio-{port}",  # the default is one name for the machine
        f"--config-path={home / 'fulcio.yaml'}",
        "--ca=fileca",
        f"--fileca-cert={home / 'fulcio.crt'}",
        f"--fileca-key={home / 'fulcio.key'}",
        "--fileca-key-passwd=unused",  # must be said; the key is not encrypted
        f"--ct-log-url={log}",
        f"--ct-log-origin={LOG}",
        f"--ct-log-public-key-path={home / 'ct.pub'}",
    )
    return f"http://127.0.0.1:{port}"


def _start_timestamp_authority(sigstore: Sigstore) -> str:
    authority = Authority.root("e2e-timestamp-root")
    leaf = authority.issue("e2e-timestamps", TIME_STAMPING, critical_usage=True)
    chain, key = leaf.write(sigstore.home, "tsa")
    port = free_port()
    server = (
        "timestamp-server",
        tool("timestamp-server"),
        f"-port={port}",
        f"-key={key}",
        f"-chain={chain}",
    )
    sigstore.servers.start(*server)
    return f"http://127.0.0.1:{port}"


def _start_rekor(sigstore: Sigstore) -> str:
    home, key = sigstore.home, new_key()
    (home / "rekor.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (home / "rekor.pub").write_bytes(_public_pem(key))
    port = free_port()
    sigstore.servers.start(
        "rekor-server",
        tool("rekor-server"),
        "serve",
        f"--hostname={REKOR}",
        "--http-address=127.0.0.1",
        f"--http-port={port}",
        "--grpc-address=127.0.0.1",
        f"--grpc-port={free_port()}",
        f"--http-metrics-port={free_port()}",
        f"--storage-dir={home / 'rekor'}",
        f"--signer-filepath={home / 'rekor.key'}",
        "--checkpoint-interval=500ms",
        "--batch-max-age=50ms",
    )
    return f"http://127.0.0.1:{port}"


def _write_trust(sigstore: Sigstore, fulcio: str, rekor: str, timestamps: str) -> None:
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


def _spend_first_entry(sigstore: Sigstore) -> None:
    """Log something first: protobuf's JSON drops the zero of log index 0, and sigstore-python then refuses it."""
    content = sigstore.home / "first"
    content.write_bytes(b"first")
    sigstore.sign_blob(content, "first@e2e.test", sigstore.home / "first.sigstore.json")


def _public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
