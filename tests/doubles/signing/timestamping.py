"""A timestamp authority (RFC 3161): TimeStampResp over CMS SignedData, signed by ECDSA with SHA-256."""

import hashlib
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.doubles.signing import der
from tests.doubles.signing.certificates import Issued, ec_key
from tests.doubles.signing.certificates import der as encoded

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"


class TimestampAuthority:
    """Says when it saw what."""

    def __init__(
        self, start: datetime, *, days: int = 3650, purposes=(ExtendedKeyUsageOID.TIME_STAMPING,)
    ) -> None:
        self.root = Issued.root("tsa-root", start)
        key = ec_key()
        self.signer = self.root.leaf(
            key,
            start,
            start + timedelta(days=days),
            name="tsa",
            purposes=purposes,
            critical_purposes=True,
        )

    def stamp(
        self, message: bytes, moment: datetime, *, embed: bool = True, serial: int = 7
    ) -> bytes:
        """A granted response over SHA-256 of the message."""
        return der.sequence(
            der.sequence(der.integer(0)), self.token(message, moment, embed=embed, serial=serial)
        )

    def token(
        self, message: bytes, moment: datetime, *, embed: bool = True, serial: int = 7
    ) -> bytes:
        """The token alone: ContentInfo of SignedData."""
        hashed = der.sequence(der.oid(_SHA256), der.null())
        info = der.sequence(
            der.integer(1),
            der.oid("1.3.6.1.4.1.57264.2"),
            der.sequence(hashed, der.octets(hashlib.sha256(message).digest())),
            der.integer(serial),
            der.generalized_time(moment),
        )
        certificates = der.tagged(0xA0, encoded(self.signer.certificate)) if embed else b""
        signed = der.sequence(
            der.integer(3),
            der.set_of(hashed),
            der.sequence(der.oid(_TST_INFO), der.tagged(0xA0, der.octets(info))),
            certificates,
            der.set_of(self._signer_info(info, hashed)),
        )
        return der.sequence(der.oid(_SIGNED_DATA), der.tagged(0xA0, signed))

    def _signer_info(self, info: bytes, hashed: bytes) -> bytes:
        attributes = (
            der.sequence(der.oid(_CONTENT_TYPE), der.set_of(der.oid(_TST_INFO))),
            der.sequence(
                der.oid(_MESSAGE_DIGEST), der.set_of(der.octets(hashlib.sha256(info).digest()))
            ),
        )
        listed = der.set_of(*attributes)
        assert isinstance(self.signer.key, ec.EllipticCurvePrivateKey)
        signature = self.signer.key.sign(listed, ec.ECDSA(hashes.SHA256()))
        certificate = self.signer.certificate
        return der.sequence(
            der.integer(1),
            der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number)),
            hashed,
            b"\xa0" + listed[1:],
            der.sequence(der.oid(_ECDSA_SHA256)),
            der.octets(signature),
        )
