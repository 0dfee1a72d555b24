"""Names in certificates (RFC 5280 section 4.2.1.6, Fulcio's otherName for user names)."""

from typing import Final

from cryptography import x509

from modeladmit.errors import MalformedEvidence

_FULCIO_USERNAME: Final = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7")
_DER_UTF8_STRING: Final = 0x0C
_DER_SHORT_FORM: Final = 0x80
_MAX_NAMES: Final = 256


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Subject alternative names: e-mail addresses, URIs, DNS names, Fulcio user names. Raises MalformedEvidence."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    except ValueError:
        raise MalformedEvidence(
            "the certificate's subject alternative names cannot be read"
        ) from None
    names: list[str] = []
    for name in list(extension.value)[:_MAX_NAMES]:
        match name:
            case x509.RFC822Name() | x509.UniformResourceIdentifier() | x509.DNSName():
                names.append(name.value)
            case x509.OtherName() if name.type_id == _FULCIO_USERNAME:
                text = utf8_string(name.value)
                if text is not None:
                    names.append(text)
            case _:
                continue
    return tuple(names)


def utf8_string(der: bytes) -> str | None:
    """The text of a DER UTF8String (X.690 section 8.23), or None when it is something else."""
    if len(der) < 2 or der[0] != _DER_UTF8_STRING:  # noqa: PLR2004 (tag and length)
        return None
    if der[1] < _DER_SHORT_FORM:
        start, length = 2, der[1]
    else:
        count = der[1] & 0x7F
        start, length = 2 + count, int.from_bytes(der[2 : 2 + count], "big")
        if not 1 <= count <= 3 or length < _DER_SHORT_FORM:  # noqa: PLR2004 (16 MiB is more than any name)
            return None
    if start + length != len(der):
        return None
    try:
        return der[start:].decode("utf-8")
    except UnicodeDecodeError:
        return None
