"""An OpenID Connect issuer that says what a test asks it to say: discovery, keys and tokens."""

import base64
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from e2e.kit.loopback import QuietHandler, serving


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer that is being served at `url`."""

    url: str
    _key: rsa.RSAPrivateKey

    def token(self, email: str, *, audience: str = "sigstore", seconds: int = 600) -> str:
        """Return a signed identity token (RS256) for a verified email address."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": email,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "email": email,
            "email_verified": True,
        }
        signed = f"{_encode({'alg': 'RS256', 'kid': 'e2e', 'typ': 'JWT'})}.{_encode(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"


@contextlib.contextmanager
def issuer() -> Iterator[Issuer]:
    """Serve a new issuer with a new key."""
    key = rsa.generate_private_key(65537, 2048)
    documents: dict[str, Any] = {}

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802
            body = json.dumps(documents.get(self.path)).encode()
            self.send_response(200 if self.path in documents else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as url:
        documents["/keys"] = {"keys": [_web_key(key)]}
        documents["/.well-known/openid-configuration"] = {
            "issuer": url,
            "jwks_uri": f"{url}/keys",
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        yield Issuer(url, key)


def _web_key(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    modulus = _base64url(numbers.n.to_bytes(256, "big"))
    exponent = _base64url(numbers.e.to_bytes(3, "big"))
    return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "e2e", "n": modulus, "e": exponent}


def _encode(value: dict[str, Any]) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
