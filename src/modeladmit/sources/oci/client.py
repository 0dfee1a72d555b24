"""What a registry is asked (distribution-spec 1.1, "Pull" and "Listing Referrers"): manifests, blobs, referrers.

No ping: the first question is the real one, and a 401 carries the challenge. Bytes asked for by digest are hashed here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from yarl import URL

from modeladmit.core.credentials import Credential, CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.naming import DOCKER_HUB
from modeladmit.errors import (
    AccessDenied,
    DigestMismatch,
    EvidenceError,
    HostForbidden,
    LimitExceeded,
    UnexpectedContent,
)
from modeladmit.sources.exchange import FORBIDDEN, NOT_FOUND, OK, UNAUTHORIZED, Request, Response
from modeladmit.sources.keychain import Keychain
from modeladmit.sources.links import next_page
from modeladmit.sources.oci.auth import Authenticator, Challenge, Grant, parse_challenge
from modeladmit.sources.oci.manifest import (
    ACCEPT,
    Descriptor,
    Index,
    Manifest,
    parse,
    parse_referrers,
)
from modeladmit.sources.transport import Transport

_API_HOSTS: Final = {DOCKER_HUB: "registry-1.docker.io"}
_MAX_REMEMBERED: Final = 10_000
_ANY: Final = ""
"""Stands for a repository of which nothing is known yet."""
_NO_API: Final = frozenset({NOT_FOUND, 405, 501})
_FORGET_SECONDS: Final = 60.0
"""How long a repository counts as having no referrers API: a proxy's 404 while its registry restarts says the same."""


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository as one scope sees it."""

    host: str
    """Canonical."""
    name: str
    scope: CredentialScope
    anonymous_only: bool = False
    """Show no credentials: what is read here is shared between tenants."""

    def __str__(self) -> str:
        return f"{self.host}/{self.name}"


@dataclass(frozen=True, slots=True)
class Referrers:
    """What names a manifest as its subject."""

    manifests: tuple[Descriptor, ...]
    anonymous: bool
    """Said without credentials."""
    cut: str = ""
    """Why there may be more that nobody has listed."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a request for a repository really goes: the registry itself or a mirror."""

    host: str
    name: str
    base: URL


class RegistryClient:
    """Asks registries and their mirrors. Shared by every scope; nothing of one scope's is kept for another."""

    def __init__(self, transport: Transport, keychain: Keychain) -> None:
        self._transport = transport
        self._limits = transport.settings.limits
        self._keychain = keychain
        self._authenticator = Authenticator(transport)
        self._challenges: dict[tuple[str, str], Challenge] = {}
        self._without_referrers: dict[tuple[str, str], float] = {}

    async def manifest(
        self, repository: Repository, reference: str | Digest
    ) -> tuple[Manifest | Index, bool]:
        """A manifest or index by tag or digest, and whether it was read anonymously. Raises EvidenceError leaves."""
        by_digest = isinstance(reference, Digest)
        what = f"manifest {repository}{'@' if by_digest else ':'}{reference}"
        response, grant = await self._fetch(
            repository,
            f"manifests/{reference}",
            self._limits.document_bytes,
            {"Accept": ACCEPT},
            reference if isinstance(reference, Digest) else None,
        )
        body = response.expect(what).body
        digest = (
            _checked(body, reference, what)
            if isinstance(reference, Digest)
            else Digest.sha256(body)
        )
        return parse(body, response.content_type, digest), grant.anonymous

    async def blob(
        self, repository: Repository, descriptor: Descriptor, limit: int
    ) -> tuple[bytes, bool]:
        """A blob, hashed, and whether it was read anonymously. Raises DigestMismatch, LimitExceeded and what the transport raises."""
        what = f"blob {repository}@{descriptor.digest}"
        if descriptor.size > limit:
            raise LimitExceeded(f"{what} has {descriptor.size} bytes; at most {limit} are read")
        # Attack: a small size in the manifest, and a blob of as many bytes as one is read.
        response, grant = await self._fetch(
            repository, f"blobs/{descriptor.digest}", descriptor.size, {}, descriptor.digest
        )
        body = response.expect(what).body
        _checked(body, descriptor.digest, what)
        return body, grant.anonymous

    async def tagged(
        self, repository: Repository, tag: str
    ) -> tuple[Manifest | Index | None, bool]:
        """What a tag names, or None when there is no such tag, and whether that was said anonymously."""
        response, grant = await self._fetch(
            repository, f"manifests/{tag}", self._limits.document_bytes, {"Accept": ACCEPT}, None
        )
        if response.status == NOT_FOUND:
            return None, grant.anonymous
        body = response.expect(f"manifest {repository}:{tag}").body
        return parse(body, response.content_type, Digest.sha256(body)), grant.anonymous

    async def referrers(self, repository: Repository, subject: Digest) -> Referrers:
        """Manifests that name `subject`, through the API or, without it, the tag schema `sha256-<hex>`. Bounded."""
        now = self._transport.clock()
        nonsense = False
        for place in self._places(repository):
            if self._without_referrers.get((place.host, place.name), 0.0) > now:
                continue
            try:
                found = await self._listed(repository, place, subject)
            except UnexpectedContent:
                # Some registries answer 200 with a page for people where they have no API.
                found, nonsense = None, nonsense or place.host == repository.host
            if found and (found.manifests or place.host == repository.host):
                return found
        tagged, anonymous = await self.tagged(repository, referrers_tag(subject))
        if tagged is None and nonsense:
            raise UnexpectedContent(
                f"{repository.host} answers the question for referrers with something that cannot be read"
            )
        return Referrers(tagged.manifests if isinstance(tagged, Index) else (), anonymous)

    async def _listed(
        self, repository: Repository, place: _Place, subject: Digest
    ) -> Referrers | None:
        """The pages of the referrers API at one place; None when it has none. Raises UnexpectedContent for the home's nonsense."""
        found: list[Descriptor] = []
        anonymous = True
        url: URL | None = place.base.join(URL(f"referrers/{subject}", encoded=True))
        for _ in range(self._limits.pages):
            if url is None:
                return Referrers(tuple(found), anonymous)
            try:
                response, grant = await self._ask(
                    repository, place, url, self._limits.document_bytes, {}
                )
                anonymous = anonymous and grant.anonymous
                if response.status in _NO_API and not found:
                    self._learn_absence(place, response)
                    return None
                page = parse_referrers(response.expect(f"referrers of {repository}@{subject}").body)
                found += page.manifests
                url = next_page(response, url)
            except EvidenceError as error:
                if place.host != repository.host:
                    return None  # a mirror is only a convenience
                if error.transient or not found:
                    raise
                return Referrers(tuple(found), anonymous, str(error))
        cut = (
            "" if url is None else f"{repository} has more than {self._limits.pages} pages of them"
        )
        return Referrers(tuple(found), anonymous, cut)

    def _learn_absence(self, place: _Place, response: Response) -> None:
        """The router does not know the path. An OCI error document would speak of one repository only."""
        if "json" not in response.content_type:
            if len(self._without_referrers) >= _MAX_REMEMBERED:
                self._without_referrers.clear()
            until = self._transport.clock() + _FORGET_SECONDS
            self._without_referrers[place.host, place.name] = until

    async def _fetch(
        self,
        repository: Repository,
        path: str,
        limit: int,
        headers: Mapping[str, str],
        digest: Digest | None,
    ) -> tuple[Response, Grant]:
        """Ask the mirrors in order, then the registry itself; whoever has it, with the right digest, answers."""
        *mirrors, home = self._places(repository)
        for place in mirrors:
            try:
                response, grant = await self._ask(
                    repository, place, _below(place, path), limit, headers
                )
                if response.status != OK:
                    continue
                if digest is not None:
                    _checked(response.body, digest, path)
                # An open mirror does not make public what its registry shows to a login only.
                public = grant.anonymous and await self._credential(repository, home) is None
            except EvidenceError:
                continue  # a mirror is a convenience: what it cannot give, the registry may
            return response, replace(grant, anonymous=public)
        return await self._ask(repository, home, _below(home, path), limit, headers)

    def _places(self, repository: Repository) -> list[_Place]:
        rule = self._transport.hosts.rule(repository.host)
        places = []
        for mirror in rule.mirrors if rule else ():
            host, _, prefix = mirror.partition("/")
            places.append(self._place(host, f"{prefix.strip('/')}/{repository.name}".lstrip("/")))
        return [*places, self._place(repository.host, repository.name)]

    def _place(self, host: str, name: str) -> _Place:
        rule = self._transport.hosts.rule(host)
        scheme = "http" if rule is not None and rule.plain_http else "https"
        return _Place(host, name, URL(f"{scheme}://{_API_HOSTS.get(host, host)}/v2/{name}/"))

    async def _ask(
        self,
        repository: Repository,
        place: _Place,
        url: URL,
        limit: int,
        headers: Mapping[str, str],
    ) -> tuple[Response, Grant]:
        """One question at one place; a challenge is met once."""
        request = Request(
            url,
            limit,
            repository.scope.namespace,
            headers=headers,
            redirects=self._limits.redirects,
        )
        credential, grant = await self._prepared(repository, place)
        response = await self._transport.send(_authorized(request, grant, credential))
        if response.status != UNAUTHORIZED:
            return response, grant
        if response.url.origin() != url.origin():
            raise HostForbidden(f"{place.host} redirects to a host that asks for credentials")
        challenge = self._remember(
            place, parse_challenge(response.headers.get("WWW-Authenticate", ""))
        )
        credential = await self._credential(repository, place)
        self._authenticator.forget(place.host, place.name, credential.account if credential else "")
        grant = await self._meet(challenge, repository, place, credential)
        response = await self._transport.send(_authorized(request, grant, credential))
        if response.status in {UNAUTHORIZED, FORBIDDEN} and credential is None:
            raise AccessDenied(
                f"{place.host}/{place.name} is not public, or is not there; name a pull secret that may read it"
            )
        return response, grant

    async def _prepared(
        self, repository: Repository, place: _Place
    ) -> tuple[Credential | None, Grant]:
        """What to show at once. A host that sent one repository to its token server sends them all: that saves a refusal."""
        challenge = self._challenges.get((place.host, place.name))
        guess = None if challenge else self._challenges.get((place.host, _ANY))
        met = challenge or guess
        if met is None:
            return None, self._public(place)
        credential = await self._credential(repository, place)
        account = credential.account if credential else ""
        known = self._authenticator.remembered(place.host, place.name, account)
        if known is not None:
            return credential, known
        try:
            return credential, await self._meet(met, repository, place, credential)
        except EvidenceError:
            if challenge is not None:
                raise
            return None, self._public(place)  # the registry itself says what it wants

    def _public(self, place: _Place) -> Grant:
        """No header; anonymous unless a client certificate says who we are."""
        rule = self._transport.hosts.rule(place.host)
        return Grant(None, anonymous=rule is None or rule.client_certificate is None)

    def _remember(self, place: _Place, challenge: Challenge) -> Challenge:
        if len(self._challenges) >= _MAX_REMEMBERED:
            self._challenges.clear()
        self._challenges[place.host, place.name] = challenge
        if challenge.scheme == "bearer":
            self._challenges[place.host, _ANY] = challenge
        return challenge

    async def _credential(self, repository: Repository, place: _Place) -> Credential | None:
        if repository.anonymous_only:
            return None
        return await self._keychain.credentials(place.host, place.name, repository.scope)

    async def _meet(
        self,
        challenge: Challenge,
        repository: Repository,
        place: _Place,
        credential: Credential | None,
    ) -> Grant:
        grant = await self._authenticator.answer(
            challenge,
            registry=place.host,
            repository=place.name,
            credential=credential,
            tenant=repository.scope.namespace,
            base=place.base,
        )
        return replace(grant, anonymous=grant.anonymous and self._public(place).anonymous)


def referrers_tag(subject: Digest) -> str:
    """The tag under which a registry without the API lists referrers (distribution-spec, "Referrers Tag Schema")."""
    return f"{subject.algorithm}-{subject.hex[:64]}"


def _below(place: _Place, path: str) -> URL:
    return place.base.join(URL(path, encoded=True))


def _authorized(request: Request, grant: Grant, credential: Credential | None) -> Request:
    if grant.header is None:
        return request
    return replace(
        request, authorization=grant.header, account=credential.account if credential else ""
    )


def _checked(body: bytes, expected: Digest, what: str) -> Digest:
    if hashlib.new(expected.algorithm, body).hexdigest() != expected.hex:
        raise DigestMismatch(f"{what}: the bytes have another digest than they were asked by")
    return expected
