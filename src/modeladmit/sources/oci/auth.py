"""Registry authentication: Basic (RFC 7617) and Bearer with a token server (distribution, spec/auth/token and oauth).

A `realm` is a cross-host redirect chosen by the registry (design section 6): https, a listed token host of that very
registry, never redirected, and only then shown credentials. The scope that is asked for is always our own: pull, one repository.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from yarl import URL

from modeladmit.core.credentials import (
    AccessKey,
    BasicCredential,
    BearerCredential,
    Credential,
    IdentityToken,
)
from modeladmit.errors import AccessDenied, HostForbidden, UnexpectedContent
from modeladmit.sources.exchange import FORBIDDEN, UNAUTHORIZED, Request
from modeladmit.sources.hosts import authority, url_of
from modeladmit.sources.single_flight import SingleFlight
from modeladmit.sources.transport import Transport

_TOKEN_BYTES: Final = 64 << 10
_MAX_TOKENS: Final = 10_000
_CHALLENGE: Final = re.compile(
    r'\s*([A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.){0,2048})"|([^\s,"]{1,2048}))\s*(?:,|$)'
)
_SCHEME: Final = re.compile(r"\s*(Bearer|Basic)(?:\s+|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One `WWW-Authenticate` challenge (RFC 9110 section 11.6.1)."""

    scheme: str
    """`bearer` or `basic`."""
    realm: str = ""
    service: str = ""


def parse_challenge(header: str) -> Challenge:
    """Read the first Bearer or Basic challenge. Raises AccessDenied when there is none that we can meet."""
    match = _SCHEME.match(header[:8192])
    if match is None:
        raise AccessDenied(
            "the registry asks for a kind of authentication that is not supported (only Basic and Bearer are)"
        )
    parameters: dict[str, str] = {}
    position = match.end()
    while (parameter := _CHALLENGE.match(header, position)) is not None and len(parameters) < 8:  # noqa: PLR2004
        parameters.setdefault(
            parameter[1].lower(), re.sub(r"\\(.)", r"\1", parameter[2] or "") or parameter[3] or ""
        )
        position = parameter.end()
    return Challenge(match[1].lower(), parameters.get("realm", ""), parameters.get("service", ""))


@dataclass(frozen=True, slots=True)
class Grant:
    """The `Authorization` header that a registry accepts for one repository."""

    header: str | None = field(repr=False)
    anonymous: bool
    """No credential of ours was shown to get it."""


class Authenticator:
    """Answers challenges, and remembers tokens by registry, repository and account until shortly before they expire."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._tokens: dict[tuple[str, str, str], tuple[Grant, float]] = {}
        self._flights: SingleFlight[Grant] = SingleFlight()

    def remembered(self, registry: str, repository: str, account: str) -> Grant | None:
        """A grant that is still good."""
        grant, expires = self._tokens.get((registry, repository, account), (None, 0.0))
        return grant if expires > self._transport.clock() else None

    def forget(self, registry: str, repository: str, account: str) -> None:
        """The registry did not accept it after all."""
        self._tokens.pop((registry, repository, account), None)

    async def answer(
        self,
        challenge: Challenge,
        *,
        registry: str,
        repository: str,
        credential: Credential | None,
        tenant: str,
        base: URL,
    ) -> Grant:
        """Meet a challenge. Raises AccessDenied, HostForbidden, UnexpectedContent or what the transport raises."""
        account = credential.account if credential else ""
        return await self._flights.run(
            (registry, repository, account, challenge),
            lambda: self._answer(challenge, registry, repository, credential, tenant, base),
        )

    async def _answer(
        self,
        challenge: Challenge,
        registry: str,
        repository: str,
        credential: Credential | None,
        tenant: str,
        base: URL,
    ) -> Grant:
        if challenge.scheme == "basic":
            if not isinstance(credential, BasicCredential):
                raise AccessDenied(
                    f"{registry} asks for a user name and password; name a pull secret for {registry}/{repository}"
                )
            grant, lifetime = Grant(_basic(credential), anonymous=False), 3600.0
        elif isinstance(credential, BearerCredential):
            grant, lifetime = Grant(f"Bearer {credential.token}", anonymous=False), 60.0
        else:
            grant, lifetime = await self._token(
                challenge, registry, repository, credential, tenant, base
            )
        if len(self._tokens) >= _MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        key = (registry, repository, credential.account if credential else "")
        self._tokens[key] = (grant, self._transport.clock() + lifetime)
        return grant

    async def _token(
        self,
        challenge: Challenge,
        registry: str,
        repository: str,
        credential: Credential | None,
        tenant: str,
        base: URL,
    ) -> tuple[Grant, float]:
        realm = _realm(challenge, base)
        if not self._transport.hosts.may_give_tokens(registry, realm):
            raise HostForbidden(
                f"{registry} sends us to {authority(realm)} for a token, which is not one of its token hosts; "
                "if it is, list it as tokenHosts of that registry in the settings"
            )
        request = _token_request(challenge, realm, repository, credential, tenant)
        response = await self._transport.send(request)
        if response.status in {UNAUTHORIZED, FORBIDDEN}:
            raise AccessDenied(
                f"{authority(realm)} gives no token for {registry}/{repository}; check the pull secret"
            )
        document = response.expect("a registry token").document("a registry token")
        token = document.get("token") or document.get("access_token")
        seconds = document.get("expires_in", 60)
        if (
            not isinstance(token, str)
            or not token
            or not token.isascii()
            or not token.isprintable()
        ):
            raise UnexpectedContent(f"{authority(realm)} answers without a token")
        lifetime = (
            float(seconds)
            if isinstance(seconds, int | float) and not isinstance(seconds, bool)
            else 60.0
        )
        return Grant(f"Bearer {token}", anonymous=credential is None), min(
            max(lifetime, 60.0), 3600.0
        ) * 0.8


def _realm(challenge: Challenge, base: URL) -> URL:
    try:
        realm = url_of(challenge.realm)
        usable = realm.scheme in {"https", "http"} and bool(realm.host)
    except ValueError:
        usable, realm = False, base
    if not usable:
        raise UnexpectedContent(f"{authority(base)} asks for a token without saying where from")
    return realm


def _token_request(
    challenge: Challenge, realm: URL, repository: str, credential: Credential | None, tenant: str
) -> Request:
    scope = f"repository:{repository}:pull"
    account = credential.account if credential else ""
    if isinstance(credential, IdentityToken):
        form = {
            "grant_type": "refresh_token",
            "service": challenge.service,
            "scope": scope,
            "client_id": "modeladmit",
            "refresh_token": credential.token,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request(
            realm,
            _TOKEN_BYTES,
            tenant,
            method="POST",
            headers=headers,
            body=urlencode(form).encode(),
            redirects=0,
            account=account,
        )
    query = (
        {"service": challenge.service, "scope": scope} if challenge.service else {"scope": scope}
    )
    if isinstance(credential, AccessKey):
        raise AccessDenied("a signing key cannot open a registry")
    header = _basic(credential) if isinstance(credential, BasicCredential) else None
    return Request(
        realm.update_query(query),
        _TOKEN_BYTES,
        tenant,
        authorization=header,
        redirects=0,
        account=account,
    )


def _basic(credential: BasicCredential) -> str:
    return "Basic " + b64encode(f"{credential.username}:{credential.password}".encode()).decode()
