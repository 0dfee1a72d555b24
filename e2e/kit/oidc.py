"""An OpenID Connect issuer that says what a test asks it to say: discovery, keys and tokens."""

import base64
import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from e2e.kit.loopback import QuietHandler, serving


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer that is being served at `url`."""

    url: str
    _key: rsa.RSAPrivateKey

    def token(self, subject: str, claims: Mapping[str, object], *, seconds: int = 600) -> str:
        """Return a signed identity token (RS256) for Sigstore with these claims, valid from now."""
        now = int(time.time())
        standard = {
            "iss": self.url,
            "sub": subject,
            "aud": "sigstore",
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
        }
        signed = f"{_encode({'alg': 'RS256', 'kid': 'e2e', 'typ': 'JWT'})}.{_encode({**standard, **claims})}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an issuer vouches for; `subject` is what Fulcio writes into the certificate."""

    issuer: Issuer
    subject: str
    claims: Mapping[str, object] = field(default_factory=dict)

    def token(self) -> str:
        """Return a fresh token."""
        return self.issuer.token(self.subject, self.claims)


def person(issuer: Issuer, email: str) -> Identity:
    """Return the holder of a verified email address."""
    return Identity(issuer, email, {"email": email, "email_verified": True})


FORGE = "https://forge.test"


def workflow(
    issuer: Issuer,
    repository: str = "acme/models",
    path: str = ".github/workflows/release.yml",
    ref: str = "refs/heads/main",
    trigger: str = "push",
) -> Identity:
    """Return a run of a workflow, with the claims that GitHub Actions makes; its forge is `FORGE`."""
    commit = "0e9e39f249a16976918f6564b8830bc894c89659"
    file = f"{repository}/{path}@{ref}"
    owner = repository.partition("/")[0]
    claims = {
        "event_name": trigger,
        "job_workflow_ref": file,
        "job_workflow_sha": commit,
        "ref": ref,
        "repository": repository,
        "repository_id": "1",
        "repository_owner": owner,
        "repository_owner_id": "2",
        "repository_visibility": "private",
        "run_attempt": "1",
        "run_id": "3",
        "runner_environment": "self-hosted",
        "sha": commit,
        "workflow": "release",
        "workflow_ref": file,
        "workflow_sha": commit,
    }
    return Identity(issuer, f"{FORGE}/{file}", claims)


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


def _encode(value: Mapping[str, object]) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
