"""Rules that every reference keeps: hosts, path segments, percent-encoding.

Names are compared in canonical form, so that two spellings of one place are one place and a policy cannot be
slipped past by spelling. RFC 3986 sections 3.2.2, 3.3 and 6.2; RFC 1035 section 2.3.4 for lengths.
"""

import re
from typing import Final
from urllib.parse import unquote

from modeladmit.errors import InvalidReference

MAX_REFERENCE: Final = 2048
"""Characters in a reference, revision included. Longer ones are refused, not cut."""

_HOST: Final = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_IPV6: Final = re.compile(r"\[[0-9a-f:.]{2,45}\]")
_BARRED: Final = re.compile(
    r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\\]"
)
"""Control, space, bidirectional and invisible characters, lone surrogates: nothing that two readers may see differently."""

DOCKER_HUB: Final = "docker.io"
_DOCKER_HUB_ALIASES: Final = frozenset(
    {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}
)
DEFAULT_PORTS: Final = {
    "https": "443",
    "http": "80",
    "oci": "443",
    "git+https": "443",
    "ollama": "443",
}


def checked(text: str, what: str) -> str:
    """Return the text when it is short and plain. Raises InvalidReference."""
    if not text:
        raise InvalidReference(f"{what} is empty")
    if len(text) > MAX_REFERENCE:
        raise InvalidReference(f"{what} is longer than {MAX_REFERENCE} characters")
    if _BARRED.search(text):
        raise InvalidReference(f"{what} holds a control, space, backslash or invisible character")
    return text


def canonical_host(authority: str, scheme: str) -> str:
    """Lower-case, default port and trailing dot dropped, Docker Hub aliases folded. Raises InvalidReference."""
    if "@" in authority:
        raise InvalidReference("a user name or password in a reference is refused")
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        host, port = (host + bracket).lower(), rest.removeprefix(":")
        if not _IPV6.fullmatch(host) or (rest and not rest.startswith(":")):
            raise InvalidReference("not an IPv6 host")
    else:
        host, colon, port = authority.partition(":")
        host = host.lower().removesuffix(".")
        if colon and not port:
            raise InvalidReference("the port is empty")
        if len(host) > 253 or not _HOST.fullmatch(host):  # noqa: PLR2004 - RFC 1035
            raise InvalidReference("not a host name (write international names in their xn-- form)")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):  # noqa: PLR2004 - RFC 793
        raise InvalidReference("not a port")
    port = str(int(port)) if port else ""
    if host in _DOCKER_HUB_ALIASES and port in {"", "443"}:
        return DOCKER_HUB
    return host if not port or port == DEFAULT_PORTS.get(scheme) else f"{host}:{port}"


def decoded_segments(path: str, *, what: str) -> tuple[str, ...]:
    """Percent-decode once and split at slashes. `.`, `..`, empty and encoded-slash segments are refused."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", path):
        raise InvalidReference(f"{what} has a broken percent-encoding")
    segments = []
    for raw in path.split("/"):
        segment = unquote(raw, errors="surrogateescape")
        if segment in {"", ".", ".."}:
            raise InvalidReference(f"{what} has an empty, `.` or `..` segment")
        if "/" in segment or _BARRED.search(segment.replace(" ", "")):
            raise InvalidReference(
                f"{what} hides a slash or a control character in percent-encoding"
            )
        segments.append(segment)
    return tuple(segments)


def encoded(path: str) -> str:
    """The inverse of decoding for what must not stand in a printed reference."""
    return re.sub(r"[%?# ]", lambda match: f"%{ord(match[0]):02X}", path)
