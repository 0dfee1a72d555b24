"""The servers of a private Sigstore: Fulcio, a certificate log, Rekor v2 and a timestamp authority.

Four processes and two issuers in this one, all on loopback, about 140 MB, ready in one to two seconds.
"""

import contextlib
from collections.abc import Iterator
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

from e2e.kit import oidc
from e2e.kit.certificates import CODE_SIGNING, TIME_STAMPING, Authority, key_pem, new_key
from e2e.kit.oidc import issuer
from e2e.kit.ports import free_port
from e2e.kit.processes import Servers
from e2e.kit.sigstore import LOG, REKOR, Sigstore, write_trust
from e2e.kit.tools import tool
from e2e.kit.waiting import answers


@contextlib.contextmanager
def private_sigstore(home: Path) -> Iterator[Sigstore]:
    """Run a private Sigstore with new keys in the folder `home`."""
    home.mkdir(parents=True, exist_ok=True)
    with issuer() as people, issuer() as workflows, Servers(home / "logs") as servers:
        sigstore = Sigstore(home, people, workflows, servers)
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
        write_trust(sigstore, fulcio, rekor, timestamps)
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
    home = sigstore.home
    (home / "fulcio.yaml").write_text(yaml.safe_dump(_identities(sigstore)))
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


def _identities(sigstore: Sigstore) -> dict[str, Any]:
    """Return Fulcio's configuration: whose tokens it takes and what it writes into certificates."""
    people, workflows = sigstore.issuer.url, sigstore.workflows.url
    common = {"client-id": "sigstore"}
    extensions = {
        "github-workflow-trigger": "event_name",
        "github-workflow-sha": "sha",
        "github-workflow-name": "workflow",
        "github-workflow-repository": "repository",
        "github-workflow-ref": "ref",
        "build-signer-uri": "{{ .url }}/{{ .job_workflow_ref }}",
        "build-signer-digest": "job_workflow_sha",
        "runner-environment": "runner_environment",
        "source-repository-uri": "{{ .url }}/{{ .repository }}",
        "source-repository-digest": "sha",
        "source-repository-ref": "ref",
        "source-repository-identifier": "repository_id",
        "source-repository-owner-uri": "{{ .url }}/{{ .repository_owner }}",
        "source-repository-owner-identifier": "repository_owner_id",
        "build-config-uri": "{{ .url }}/{{ .workflow_ref }}",
        "build-config-digest": "workflow_sha",
        "build-trigger": "event_name",
        "run-invocation-uri": "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}",
        "source-repository-visibility-at-signing": "repository_visibility",
    }
    metadata = {
        "default-template-values": {"url": oidc.FORGE},
        "extension-templates": extensions,
        "subject-alternative-name-template": "{{ .url }}/{{ .job_workflow_ref }}",
    }
    issuers = {
        people: {**common, "issuer-url": people, "type": "email"},
        workflows: {
            **common,
            "issuer-url": workflows,
            "type": "ci-provider",
            "ci-provider": "workflow",
        },
    }
    return {"oidc-issuers": issuers, "ci-issuer-metadata": {"workflow": metadata}}


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


def _spend_first_entry(sigstore: Sigstore) -> None:
    """Log something first: protobuf's JSON drops the zero of log index 0, and sigstore-python then refuses it."""
    content = sigstore.home / "first"
    content.write_bytes(b"first")
    sigstore.sign_blob(content, "first@e2e.test", sigstore.home / "first.sigstore.json")


def _public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
