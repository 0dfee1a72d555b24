"""Fulcio and its certificate log."""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.doubles.signing import der
from tests.doubles.signing.certificates import Issued, ec_key, public_der

_ARC = "1.3.6.1.4.1.57264.1."
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


class CertificateLog:
    """Promises to know a certificate (RFC 6962)."""

    def __init__(self) -> None:
        self.key = ec_key()

    @property
    def log_id(self) -> bytes:
        return hashlib.sha256(public_der(self.key)).digest()

    def promise(
        self, certificate: x509.Certificate, issuer: Issued, moment: datetime
    ) -> x509.UnrecognizedExtension:
        milliseconds = int(moment.timestamp() * 1000)
        body = certificate.tbs_certificate_bytes
        signed = (
            struct.pack("!BBQH", 0, 0, milliseconds, 1)
            + hashlib.sha256(public_der(issuer.key)).digest()
            + len(body).to_bytes(3, "big")
            + body
            + b"\0\0"
        )
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        timestamp = (
            b"\0"
            + self.log_id
            + struct.pack("!QH", milliseconds, 0)
            + b"\x04\x03"
            + struct.pack("!H", len(signature))
            + signature
        )
        listed = struct.pack("!H", len(timestamp)) + timestamp
        return x509.UnrecognizedExtension(
            _SCT_LIST, der.octets(struct.pack("!H", len(listed)) + listed)
        )


class Fulcio:
    """Certifies keys for ten minutes."""

    def __init__(self, start: datetime, log: CertificateLog) -> None:
        self.root = Issued.root("fulcio-root", start)
        self.intermediate = self.root.authority("fulcio-intermediate", start)
        self.log = log

    def certify(
        self,
        moment: datetime,
        *,
        names: Sequence[x509.GeneralName],
        issuer: str | None = "https://issuer.example",
        claims: Mapping[int, str] | None = None,
        log: CertificateLog | None = None,
        promised: bool = True,
        purposes: Sequence[x509.ObjectIdentifier] | None = (ExtendedKeyUsageOID.CODE_SIGNING,),
        digital_signature: bool | None = True,
        authority: bool = False,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> Issued:
        key = key or ec_key()
        extensions = [
            _extension(number, der.utf8_string(text)) for number, text in (claims or {}).items()
        ]
        if issuer is not None:
            extensions += [_extension(1, issuer.encode()), _extension(8, der.utf8_string(issuer))]
        serial = x509.random_serial_number()

        def issue(more: list[x509.Extension[x509.ExtensionType]]) -> Issued:
            return self.intermediate.leaf(
                key,
                moment,
                moment + timedelta(minutes=10),
                names=names,
                purposes=purposes,
                digital_signature=digital_signature,
                authority=authority,
                extensions=[*extensions, *more],
                serial=serial,
            )

        if not promised:
            return issue([])
        promise = (log or self.log).promise(issue([]).certificate, self.intermediate, moment)
        return issue([x509.Extension(promise.oid, critical=False, value=promise)])


def _extension(number: int, value: bytes) -> x509.Extension[x509.ExtensionType]:
    oid = x509.ObjectIdentifier(f"{_ARC}{number}")
    return x509.Extension(oid, critical=False, value=x509.UnrecognizedExtension(oid, value))
