"""A whole Sigstore instance, and a client that signs with it. Every lie is one knob of `Lies`."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from modeladmit.core.trust import SigstoreAnchor
from tests.doubles.signing import bundles, entries
from tests.doubles.signing.certificates import Issued, der, ec_key, pem, public_der
from tests.doubles.signing.fulcio import CertificateLog, Fulcio
from tests.doubles.signing.rekor import Log, LogLies, TiledLog, b64
from tests.doubles.signing.statements import IN_TOTO, pae
from tests.doubles.signing.timestamping import TimestampAuthority

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
EMAIL = "release@example.com"
ISSUER = "https://issuer.example"


@dataclass(frozen=True)
class Lies:
    """What may be wrong with one signature."""

    log: LogLies = field(default_factory=LogLies)
    # certificate
    stranger_authority: bool = False
    unpromised_certificate: bool = False
    stranger_certificate_log: bool = False
    no_code_signing: bool = False
    no_digital_signature: bool = False
    no_usage_at_all: bool = False
    authority_certificate: bool = False
    brings_root: bool = False
    expired_certificate: bool = False
    # signature
    other_key: bool = False
    altered_payload: bool = False
    two_signatures: bool = False
    no_signature: bool = False
    # log entry against signature
    no_entry: bool = False
    entry_of_other_signature: bool = False
    entry_of_other_certificate: bool = False
    entry_of_other_content: bool = False
    # time
    no_timestamp: bool = False
    stranger_timestamp: bool = False
    timestamp_of_other_bytes: bool = False
    late_timestamp: bool = False


HONEST = Lies()


class SigstoreInstance:
    """Fulcio, certificate log, Rekor v1 and v2, timestamp authority."""

    def __init__(self, start: datetime = FOUNDED) -> None:
        self.start = start
        self.certificate_log = CertificateLog()
        self.fulcio = Fulcio(start, self.certificate_log)
        self.log = Log()
        self.tiled_log = TiledLog()
        self.timestamps = TimestampAuthority(start)

    def anchor(self, **changes: Any) -> SigstoreAnchor:
        """What a policy would trust."""
        return SigstoreAnchor(self.trusted_root(**changes))

    def trusted_root(
        self,
        *,
        logs: bool = True,
        certificate_logs: bool = True,
        timestamp_authorities: bool = True,
        log_end: datetime | None = None,
        timestamp_end: datetime | None = None,
        authority_end: datetime | None = None,
        start: datetime | None = None,
        **fields: Any,
    ) -> bytes:
        """trusted_root.json, version 0.1."""
        start = start or self.start

        def listed(log: Any, details: str, end: datetime | None) -> dict[str, Any]:
            public = {
                "rawBytes": b64(public_der(log.key)),
                "keyDetails": details,
                "validFor": _span(start, end),
            }
            return {
                "baseUrl": f"https://{getattr(log, 'name', 'ct.example')}",
                "hashAlgorithm": "SHA2_256",
                "publicKey": public,
                "logId": {"keyId": b64(log.log_id)},
            }

        def chained(issued: Issued, end: datetime | None) -> dict[str, Any]:
            chain = [{"rawBytes": b64(der(item))} for item in issued.chain]
            return {
                "subject": {"organization": "example", "commonName": "simulator"},
                "uri": "https://ca.example",
                "certChain": {"certificates": chain},
                "validFor": _span(start, end),
            }

        root: dict[str, Any] = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [listed(log, log.details, log_end) for log in (self.log, self.tiled_log)]
            if logs
            else [],
            "certificateAuthorities": [chained(self.fulcio.intermediate, authority_end)],
            "ctlogs": [listed(self.certificate_log, "PKIX_ECDSA_P256_SHA_256", None)]
            if certificate_logs
            else [],
            "timestampAuthorities": [chained(self.timestamps.signer, timestamp_end)]
            if timestamp_authorities
            else [],
        }
        return json.dumps(root | fields).encode()

    def certify(self, lies: Lies = HONEST, moment: datetime = SIGNED, **changes: Any) -> Issued:
        """A certificate of a signer, ten minutes long."""
        fulcio = (
            Fulcio(self.start, self.certificate_log) if lies.stranger_authority else self.fulcio
        )
        given: dict[str, Any] = {
            "names": [x509.RFC822Name(EMAIL)],
            "issuer": ISSUER,
            "promised": not lies.unpromised_certificate,
            "log": CertificateLog() if lies.stranger_certificate_log else None,
            "authority": lies.authority_certificate,
        }
        if lies.no_code_signing:
            given["purposes"] = [ExtendedKeyUsageOID.SERVER_AUTH]
        if lies.no_digital_signature:
            given["digital_signature"] = False
        if lies.no_usage_at_all:
            given |= {"digital_signature": None, "purposes": None}
        begin = (
            moment - timedelta(hours=1)
            if lies.expired_certificate
            else moment - timedelta(seconds=5)
        )
        return fulcio.certify(begin, **(given | changes))

    def sign_statement(
        self,
        payload: bytes,
        lies: Lies = HONEST,
        *,
        form: str = "dsse/0.0.1",
        media_type: str = bundles.V03,
        **changes: Any,
    ) -> bytes:
        """A bundle with a DSSE envelope; `form` is the kind of log entry."""
        signer = self.certify(lies, **changes)
        signature = bundles.sign(ec_key() if lies.other_key else signer.key, pae(payload))
        body = self._body(form, pae(payload), payload, signature, signer, lies)
        shown = payload.replace(b"{", b"{ ", 1) if lies.altered_payload else payload
        signatures = [] if lies.no_signature else [signature] * (2 if lies.two_signatures else 1)
        return self._bundle(
            bundles.envelope(shown, signatures), signature, signer, body, lies, media_type
        )

    def sign_message(
        self,
        content: bytes,
        lies: Lies = HONEST,
        *,
        form: str = "hashedrekord/0.0.1",
        media_type: str = bundles.V03,
        **changes: Any,
    ) -> bytes:
        """A bundle with a signature over the artifact itself."""
        signer = self.certify(lies, **changes)
        signature = bundles.sign(ec_key() if lies.other_key else signer.key, content)
        body = self._body(form, content, content, signature, signer, lies)
        digest = hashlib.sha256(b"altered" if lies.altered_payload else content).digest()
        return self._bundle(
            bundles.message_signature(digest, signature), signature, signer, body, lies, media_type
        )

    def stamp(self, message: bytes, lies: Lies = HONEST, moment: datetime = SIGNED) -> bytes:
        """A timestamp of a signature."""
        authority = self.timestamps
        if lies.stranger_timestamp:
            authority = TimestampAuthority(self.start)
        if lies.late_timestamp:
            moment += timedelta(hours=1)
        return authority.stamp(b"other bytes" if lies.timestamp_of_other_bytes else message, moment)

    def _bundle(
        self,
        content: dict[str, Any],
        signature: bytes,
        signer: Issued,
        body: dict[str, Any],
        lies: Lies,
        media_type: str,
    ) -> bytes:
        tiled = body["apiVersion"] == "0.0.2" and body["kind"] == "hashedrekord"
        recorded = (
            []
            if lies.no_entry
            else [(self.tiled_log if tiled else self.log).entry(body, SIGNED, lies.log)]
        )
        # A client of Rekor v1 needs no timestamp: it is there when something is wrong with it.
        stamped = (
            tiled or lies.stranger_timestamp or lies.timestamp_of_other_bytes or lies.late_timestamp
        )
        stamps = [self.stamp(signature, lies)] if stamped and not lies.no_timestamp else []
        chain = (
            [signer.certificate, self.fulcio.root.certificate]
            if lies.brings_root
            else [signer.certificate]
        )
        material = bundles.certificate_material(
            *chain, media_type=media_type, as_chain=lies.brings_root
        )
        return bundles.bundle(
            material, content, entries=recorded, timestamps=stamps, media_type=media_type
        )

    def _body(
        self,
        form: str,
        message: bytes,
        payload: bytes,
        signature: bytes,
        signer: Issued,
        lies: Lies,
    ) -> dict[str, Any]:
        if lies.entry_of_other_signature:
            signature = bundles.sign(signer.key, b"something else")
        if lies.entry_of_other_certificate:
            signer = self.certify()
        if lies.entry_of_other_content:
            message = payload = b"something else"
        verifier = pem(signer.certificate)
        match form:
            case "hashedrekord/0.0.1":
                body = entries.hashedrekord_v1(
                    hashlib.sha256(message).digest(), signature, verifier
                )
            case "hashedrekord/0.0.2":
                recorded = {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "x509Certificate": {"rawBytes": b64(der(signer.certificate))},
                }
                body = entries.hashedrekord_v2(
                    hashlib.sha256(message).digest(), signature, recorded
                )
            case "dsse/0.0.1":
                body = entries.dsse_v1(payload, signature, verifier)
            case "intoto/0.0.2":
                body = entries.intoto_v2(payload, IN_TOTO, signature, verifier)
            case _:
                raise AssertionError(form)
        return body | {"kind": "rpm"} if lies.log.unknown_kind else body


def _span(start: datetime, end: datetime | None) -> dict[str, str]:
    span = {"start": start.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return span | {"end": end.strftime("%Y-%m-%dT%H:%M:%SZ")} if end else span
