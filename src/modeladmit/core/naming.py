"""Rules that every reference keeps: hosts, path segments, percent-encoding.

Names are compared in canonical form, so that two spellings of one place are one place and a policy cannot be
slipped past by spelling. RFC 3986 sections 3.2.2, 3.3 and 6.2; RFC 1035 section 2.3.4 for lengths.
"""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import unquote

from modeladmit.errors import InvalidReference

MAX_REFERENCE: Final = 2048
"""Characters in a reference, revision included. Longer ones are refused, not cut."""

_HOST: Final = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_IPV6: Final = re.compile(r"\[[0-9a-f:.]{2,45}\]")
_ENDS_IN_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""WHATWG URL, "ends in a number": what resolvers read as an IPv4 address, `127.1` and `0x7f000001` among them."""
_BROKEN: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_EMPTY: Final = frozenset({"", ".", ".."})
_PORT: Final = re.compile(r"0*([1-9][0-9]{0,4})")
_BARRED: Final = re.compile(
    "[\x00-\x20\x7f-\xa0\xad\\\\\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
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


@lru_cache(maxsize=1024)
def canonical_host(authority: str, scheme: str) -> str:
    """Lower-case, default port and trailing dot dropped, Docker Hub aliases folded. Raises InvalidReference."""
    if "@" in authority:
        raise InvalidReference("a user name or password in a reference is refused")
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        host, port = (host + bracket).lower(), rest.removeprefix(":")
        if not _IPV6.fullmatch(host) or (rest and not rest.startswith(":")):
            raise InvalidReference("not an IPv6 host")
        host = _ipv6(host)
    else:
        host, colon, port = authority.partition(":")
        host = host.lower().removesuffix(".")
        if colon and not port:
            raise InvalidReference("the port is empty")
        if len(host) > 253 or not _HOST.fullmatch(host):  # noqa: PLR2004 - RFC 1035
            raise InvalidReference("not a host name (write international names in their xn-- form)")
        _check_ipv4(host)
    port = _port(port) if port else ""
    if host in _DOCKER_HUB_ALIASES and port in {"", "443"}:
        return DOCKER_HUB
    return host if not port or port == DEFAULT_PORTS.get(scheme) else f"{host}:{port}"


def _ipv6(host: str) -> str:
    """The shortest form (RFC 5952): one address has one spelling."""
    try:
        return f"[{IPv6Address(host[1:-1]).compressed}]"
    except AddressValueError:
        raise InvalidReference("not an IPv6 host") from None


def _check_ipv4(host: str) -> None:
    """Attack: `127.1`, `0x7f.1` and `2130706433` are 127.0.0.1 for a resolver and another name for a pattern."""
    if _ENDS_IN_NUMBER.fullmatch(host):
        try:
            IPv4Address(host)
        except AddressValueError:
            raise InvalidReference("write an IPv4 host as four decimal numbers") from None


def _port(text: str) -> str:
    """Without leading zeros (RFC 793: 16 bits)."""
    match = _PORT.fullmatch(text)
    if match is None or int(match[1]) > 0xFFFF:  # noqa: PLR2004
        raise InvalidReference("not a port")
    return match[1]


def decoded_segments(path: str, *, what: str) -> tuple[str, ...]:
    """Percent-decode once and split at slashes. `.`, `..`, empty and encoded-slash segments are refused."""
    if _BROKEN.search(path):
        raise InvalidReference(f"{what} has a broken percent-encoding")
    segments = path.split("/")
    if "%" in path:
        segments = [unquote(segment, errors="surrogateescape") for segment in segments]
    for segment in segments:
        if segment in _EMPTY:
            raise InvalidReference(f"{what} has an empty, `.` or `..` segment")
        if "/" in segment or _BARRED.search(segment.replace(" ", "")):
            raise InvalidReference(
                f"{what} hides a slash or a control character in percent-encoding"
            )
    return tuple(segments)


def encoded(path: str, also: str = "") -> str:
    """The inverse of decoding for what must not stand in a printed reference; `also` holds more such characters."""
    return re.sub(f"[%?# {also}]", lambda match: f"%{ord(match[0]):02X}", path)
