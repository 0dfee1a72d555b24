"""One request and one response, as values, and what a status means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
from yarl import URL

from modeladmit.errors import (
    AccessDenied,
    ArtifactNotFound,
    RateLimited,
    SourceUnavailable,
    UnexpectedContent,
)
from modeladmit.sources.hosts import authority

OK: Final = 200
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
TOO_MANY: Final = 429
_SERVER_ERRORS: Final = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask, on whose behalf, and how much may come back."""

    url: URL = field(repr=False)
    """Not printed: pre-signed queries are credentials."""
    limit: int
    """Bytes of body that are accepted."""
    tenant: str = ""
    """Namespace whose queue this waits in."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authorization: str | None = field(default=None, repr=False)
    """Sent to this URL's origin only, never after a redirect to another."""
    account: str = ""
    """Tells accounts apart for rate limits; empty when anonymous."""
    body: bytes | None = field(default=None, repr=False)
    redirects: int = 5
    """Redirects that are followed; 0 hands them back."""
    sink: Callable[[bytes], object] | None = None
    """Takes the body of a 200 piece by piece instead of the response keeping it."""

    def into(self, sink: Callable[[bytes], object]) -> "Request":
        """The same request, with its body going elsewhere."""
        return replace(self, sink=sink)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whole and bounded."""

    url: URL = field(repr=False)
    """Where it came from in the end. Not printed, like the headers: pre-signed queries and cookies are credentials."""
    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Case-insensitive."""
    body: bytes = field(repr=False)
    redirected: tuple[str, ...] = ()
    """Path of every redirect that was followed."""

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def expect(self, what: str) -> "Response":
        """Return self when the status is 200. Raises the EvidenceError that the status means for `what`."""
        if self.status == OK:
            return self
        host = authority(self.url)
        match self.status:
            case 401 | 403:
                raise AccessDenied(
                    f"{host} does not let us read {what}; name a pull secret or token that may"
                )
            case 404 | 410:
                raise ArtifactNotFound(f"{host} has no {what}")
            case 429:
                raise RateLimited(f"{host} asks us to come back later (429)")
            case status if status >= _SERVER_ERRORS:
                raise SourceUnavailable(f"{host} fails with status {status} for {what}")
        raise UnexpectedContent(f"{host} answers with status {self.status} for {what}")

    def json(self, what: str) -> Any:
        """The body as JSON. Raises UnexpectedContent; nesting is bounded by the parser."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise UnexpectedContent(
                f"{authority(self.url)} answers with something that is not JSON for {what}"
            ) from None

    def document(self, what: str) -> dict[str, Any]:
        """The body as a JSON object. Raises UnexpectedContent."""
        value = self.json(what)
        if not isinstance(value, dict):
            raise UnexpectedContent(
                f"{authority(self.url)} answers with JSON that is not an object for {what}"
            )
        return value
