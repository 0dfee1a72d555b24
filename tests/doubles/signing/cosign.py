"""What cosign v2 puts into annotations."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from modeladmit.core.evidence import Evidence, EvidenceKind
from tests.doubles.signing import bundles, entries
from tests.doubles.signing.certificates import PrivateKey, ec_key, pem
from tests.doubles.signing.instance import HONEST, SIGNED, Lies, SigstoreInstance
from tests.doubles.signing.rekor import Log, b64
from tests.doubles.signing.statements import IN_TOTO, pae

SIGNATURE = "dev.cosignproject.cosign/signature"


def key_signature(payload: bytes, key: PrivateKey, **annotations: str) -> Evidence:
    """A `.sig` layer signed by key, without a log."""
    given = {SIGNATURE: b64(bundles.sign(key, payload))} | annotations
    return Evidence(EvidenceKind.COSIGN_SIGNATURE, payload, "sha256-abc.sig", given)


def keyless_signature(
    instance: SigstoreInstance, payload: bytes, lies: Lies = HONEST, *, stamped: bool = False
) -> Evidence:
    """A `.sig` layer with certificate, chain and log entry."""
    signer = instance.certify(lies)
    signature = bundles.sign(ec_key() if lies.other_key else signer.key, payload)
    recorded = hashlib.sha256(b"other" if lies.entry_of_other_content else payload).digest()
    body = entries.hashedrekord_v1(recorded, signature, pem(signer.certificate))
    annotations = {SIGNATURE: b64(signature)} | _verification(
        instance, signer.certificate, body, lies
    )
    if stamped:
        annotations["dev.sigstore.cosign/rfc3161timestamp"] = json.dumps(
            {"SignedRFC3161Timestamp": b64(instance.stamp(signature, lies))}
        )
    return Evidence(EvidenceKind.COSIGN_SIGNATURE, payload, "sha256-abc.sig", annotations)


def keyless_attestation(
    instance: SigstoreInstance,
    payload: bytes,
    lies: Lies = HONEST,
    *,
    form: str = "intoto/0.0.1",
    stamped: bool = False,
) -> Evidence:
    """A `.att` layer: the envelope as cosign stores it."""
    signer = instance.certify(lies)
    signature = bundles.sign(signer.key, pae(payload))
    content = json.dumps(bundles.envelope(payload, [signature])).encode()
    verifier = pem(signer.certificate)
    stored = b"other" if lies.entry_of_other_content else content
    match form:
        case "intoto/0.0.1":
            body = entries.intoto_v1(stored, payload, verifier)
        case "intoto/0.0.2":
            body = entries.intoto_v2(payload, IN_TOTO, signature, verifier)
        case _:
            body = entries.dsse_v1(payload, signature, verifier)
    annotations = {SIGNATURE: ""} | _verification(instance, signer.certificate, body, lies)
    if stamped:
        # The whole envelope is what cosign has stamped.
        annotations["dev.sigstore.cosign/rfc3161timestamp"] = json.dumps(
            {"SignedRFC3161Timestamp": b64(instance.stamp(content, lies))}
        )
    return Evidence(EvidenceKind.COSIGN_ATTESTATION, content, "sha256-abc.att", annotations)


def key_attestation(payload: bytes, key: PrivateKey) -> Evidence:
    """A `.att` layer signed by key."""
    envelope = bundles.envelope(payload, [bundles.sign(key, pae(payload))])
    return Evidence(
        EvidenceKind.COSIGN_ATTESTATION,
        json.dumps(envelope).encode(),
        "sha256-abc.att",
        {SIGNATURE: ""},
    )


def _verification(
    instance: SigstoreInstance, certificate: Any, body: Mapping[str, Any], lies: Lies
) -> dict[str, str]:
    entry = instance.log.entry(dict(body), SIGNED, lies.log)
    annotations = {
        "dev.sigstore.cosign/certificate": pem(certificate).decode(),
        "dev.sigstore.cosign/chain": pem(instance.fulcio.intermediate.certificate).decode(),
    }
    if not lies.no_entry:
        annotations["dev.sigstore.cosign/bundle"] = _offline_entry(
            entry, instance.log, unknown=lies.log.unknown_log
        )
    return annotations


def _offline_entry(entry: dict[str, Any], log: Log, *, unknown: bool) -> str:
    payload = {
        "body": entry["canonicalizedBody"],
        "integratedTime": int(entry["integratedTime"]),
        "logIndex": int(entry["logIndex"]),
        "logID": "0" * 64 if unknown else log.log_id.hex(),
    }
    return json.dumps(
        {
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": payload,
        }
    )
