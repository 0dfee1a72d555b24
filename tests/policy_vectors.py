"""The objects of tests/vectors/policies, with fresh keys in their placeholders."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonpatch
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

FOLDER = Path(__file__).parent / "vectors" / "policies"


@dataclass(frozen=True)
class BadObject:
    """An object that must be refused, and where."""

    name: str
    document: Mapping[str, Any]
    field: str
    by_schema: bool


def good_names() -> list[str]:
    """Names of the good objects."""
    return sorted(path.stem for path in (FOLDER / "good").glob("*.yaml"))


@cache
def _good(name: str) -> str:
    return _filled((FOLDER / "good" / f"{name}.yaml").read_text())


def good(name: str) -> dict[str, Any]:
    """A good object, of its own."""
    document = yaml.safe_load(_good(name))
    assert isinstance(document, dict)
    return document


@cache
def bad_objects() -> tuple[BadObject, ...]:
    """Every case of bad/."""
    cases = [
        case
        for path in sorted((FOLDER / "bad").glob("*.yaml"))
        for case in yaml.safe_load(_filled(path.read_text()))
    ]
    return tuple(
        BadObject(
            case["name"],
            jsonpatch.apply_patch(good(case["of"]), case["edit"]),
            case["field"],
            case["by"] == "schema",
        )
        for case in cases
    )


@cache
def public_key(name: str) -> str:
    """A fresh ECDSA key on P-256, the same for one name in one run."""
    assert name
    return _public(ec.generate_private_key(ec.SECP256R1()))


@cache
def certificate() -> str:
    """A fresh self-signed authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM).decode()


TRUSTED_ROOT = json.dumps(
    {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": []}
)


@cache
def _placeholders() -> dict[str, str]:
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it must be refused
    return {
        "KEY": public_key("key"),
        "OTHER_KEY": public_key("other"),
        "TWO_KEYS": public_key("key") + public_key("other"),
        "WEAK_KEY": _public(weak),
        "CURVE_KEY": _public(ec.generate_private_key(ec.SECP256K1())),
        "PRIVATE_KEY": private.decode(),
        "CERTIFICATE": certificate(),
        "TRUSTED_ROOT": TRUSTED_ROOT,
    }


def _public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _filled(text: str) -> str:
    # A JSON text is a YAML text.
    for name, value in _placeholders().items():
        text = text.replace(f"${{{name}}}", json.dumps(value))
    return text
