"""The API server over HTTP: objects as dictionaries, errors translated at one seam.

aiohttp and kopf are here anyway, and what is asked of the server is small: get, list, create, patch, replace.
Raises leaves of `cluster.errors.ClusterError` and nothing else.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

import aiohttp
import kopf
import orjson

from modeladmit import __version__
from modeladmit.cluster.errors import (
    ClusterError,
    ClusterUnreachable,
    Conflict,
    Forbidden,
    ObjectNotFound,
    Rejected,
)
from modeladmit.cluster.login import Login
from modeladmit.cluster.resources import Resource

PAGE: Final = 500
MAX_PAGES: Final = 200
"""100,000 objects of one kind; beyond it a list counts as failed."""
_SECONDS: Final = 30.0
_TOKEN_SECONDS: Final = 60.0
MERGE_PATCH: Final = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Listing:
    """A consistent list and the resource version it was made at."""

    items: tuple[dict[str, Any], ...]
    resource_version: str


class ObjectReader(Protocol):
    """What reading a cluster takes. Raises leaves of ClusterError."""

    async def get(
        self, resource: Resource, name: str, *, namespace: str | None = None
    ) -> dict[str, Any]:
        """One object."""

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        field_selector: str | None = None,
    ) -> Listing:
        """Every object."""


class KubernetesClient:
    """One identity on one API server, on one event loop."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self.session: Final = session
        self.server: Final = server.rstrip("/")

    @classmethod
    @asynccontextmanager
    async def open(cls, login: Login) -> AsyncIterator[Self]:
        """Connect lazily; nothing is asked yet."""
        async with open_session(login) as session:
            yield cls(session, login.connection.server)

    async def get(
        self, resource: Resource, name: str, *, namespace: str | None = None
    ) -> dict[str, Any]:
        """One object."""
        return await self._ask("GET", resource.path(namespace, name))

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        field_selector: str | None = None,
    ) -> Listing:
        """Every object, in pages. An expired continuation starts over once."""
        try:
            return await self._pages(resource, namespace, field_selector)
        except _ExpiredError:
            return await self._pages(resource, namespace, field_selector)

    async def create(
        self, resource: Resource, body: Mapping[str, Any], *, namespace: str | None = None
    ) -> dict[str, Any]:
        """Create an object."""
        return await self._ask("POST", resource.path(namespace), body=body)

    async def replace(
        self,
        resource: Resource,
        name: str,
        body: Mapping[str, Any],
        *,
        namespace: str | None = None,
    ) -> dict[str, Any]:
        """Replace an object; a resource version in `body` must be the current one."""
        return await self._ask("PUT", resource.path(namespace, name), body=body)

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Mapping[str, Any],
        *,
        namespace: str | None = None,
        subresource: str | None = None,
    ) -> dict[str, Any]:
        """Merge into an object (RFC 7386)."""
        path = resource.path(namespace, name) + (f"/{subresource}" if subresource else "")
        return await self._ask("PATCH", path, body=body, content_type=MERGE_PATCH)

    async def _pages(
        self, resource: Resource, namespace: str | None, field_selector: str | None
    ) -> Listing:
        items: list[dict[str, Any]] = []
        query = {"limit": str(PAGE)}
        if field_selector:
            query["fieldSelector"] = field_selector
        for _ in range(MAX_PAGES):
            page = await self._ask("GET", resource.path(namespace), query=query)
            metadata = page.get("metadata") or {}
            for item in page.get("items") or []:
                # Lists leave these out of their items.
                item.setdefault("apiVersion", resource.api_version)
                item.setdefault("kind", resource.kind)
                items.append(item)
            token = metadata.get("continue")
            if not token:
                return Listing(tuple(items), str(metadata.get("resourceVersion") or ""))
            query["continue"] = token
        raise ClusterError(f"there are more than {PAGE * MAX_PAGES} {resource.plural}")

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        headers = {"Content-Type": content_type} if body is not None else {}
        try:
            async with self.session.request(
                method,
                self.server + path,
                params=query,
                data=None if body is None else orjson.dumps(body),
                headers=headers,
                allow_redirects=False,
            ) as response:
                content = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ClusterUnreachable(
                f"the Kubernetes API server cannot be reached ({type(error).__name__})"
            ) from error
        return _answer(status, content, path)


class _ExpiredError(ClusterError):
    """A continuation token is too old (410)."""


def _answer(status: int, content: bytes, path: str) -> dict[str, Any]:
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError:
            document = None
        if isinstance(document, dict):
            return document
        raise ClusterUnreachable(f"the API server answers {path} with something that is no object")
    match status:
        case 404:
            raise ObjectNotFound(f"the API server knows nothing at {path}")
        case 401 | 403:
            raise Forbidden(f"the API server does not allow us {path}")
        case 409:
            raise Conflict(f"{path} exists already or was changed in between")
        case 410:
            raise _ExpiredError(f"a list of {path} took too long")
        case 429:
            raise ClusterUnreachable("the API server asks us to slow down")
        case _ if status >= 500:  # noqa: PLR2004 - RFC 9110 section 15.6
            raise ClusterUnreachable(f"the API server answers {path} with status {status}")
        case _:
            raise Rejected(f"the API server answers {path} with status {status}")


@asynccontextmanager
async def open_session(login: Login) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP session that shows our identity. A token file is read again every minute."""
    tokens = _Tokens(login)

    async def identify(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        request.headers.update(await tokens.headers())
        return await handler(request)

    connection = login.connection
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=connection.as_ssl_context()),
        middlewares=(identify,),
        headers={"User-Agent": f"modeladmit/{__version__}", "Accept": "application/json"},
        proxy=connection.proxy_url,
        timeout=aiohttp.ClientTimeout(total=_SECONDS, connect=10),
        read_bufsize=1 << 20,
    ) as session:
        yield session


def kopf_session(session: aiohttp.ClientSession, server: str) -> kopf.AiohttpSession:
    """The same identity for the watch."""
    return kopf.AiohttpSession(server=server, aiohttp_session=session)


class _Tokens:
    def __init__(self, login: Login) -> None:
        self._login = login
        self._read_at = -_TOKEN_SECONDS
        self._headers = dict(login.connection.as_http_headers())

    async def headers(self) -> Mapping[str, str]:
        file = self._login.token_file
        if file is not None and time.monotonic() - self._read_at > _TOKEN_SECONDS:
            try:
                token = (await asyncio.to_thread(file.read_text)).strip()
            except OSError as error:
                raise aiohttp.ClientConnectionError("the token file cannot be read") from error
            self._headers = {"Authorization": f"Bearer {token}"}
            self._read_at = time.monotonic()
        return self._headers
