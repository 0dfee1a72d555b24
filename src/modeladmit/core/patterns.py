"""Patterns over canonical references: `oci://registry.example.com/models/${namespace}/**`.

Matched segment by segment and always anchored at both ends: `*` and `?` stay inside a segment, `**` spans any number of
segments. `${namespace}` becomes the namespace of the workload, literally.
"""

import fnmatch
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from modeladmit.core.naming import DEFAULT_PORTS, canonical_host
from modeladmit.core.reference import Reference, Scheme
from modeladmit.errors import InvalidReference

NAMESPACE: Final = "${namespace}"
MAX_PATTERN: Final = 512
_FOLDED: Final = frozenset({"hf", "modelscope", "ngc", "kaito", "kaggle"})
_HOSTED: Final = frozenset({"oci", "https", "http", "git+https", "ollama"})
_SEGMENT: Final = re.compile(r"(?:[^\x00-\x20\x7f/\[\]{}\\$]|\$\{namespace\})+")


@dataclass(frozen=True, slots=True)
class ModelPattern:
    """A compiled pattern. Build it with `parse`."""

    text: str
    scheme: str
    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises InvalidReference with what is wrong."""
        if len(text) > MAX_PATTERN:
            raise InvalidReference(f"pattern is longer than {MAX_PATTERN} characters")
        scheme, separator, rest = text.partition("://")
        if not separator or scheme not in tuple(Scheme):
            raise InvalidReference("a pattern needs one of our schemes, such as oci:// or hf://")
        segments = (
            rest.removesuffix("/").split("/")
            if scheme not in {"file", "hostpath"}
            else rest.strip("/").split("/")
        )
        _check(segments)
        if scheme in _HOSTED:
            segments[0] = _host_pattern(segments, scheme)
        if scheme in _FOLDED:
            segments = [
                segment.casefold() if segment != NAMESPACE else segment for segment in segments
            ]
        return cls(text, scheme, tuple(segments))

    def matches(self, reference: Reference, namespace: str | None = None) -> bool:
        """Whether the pattern covers the artifact, whatever its tag, digest, revision or file."""
        scheme, _, name = reference.address.partition("://")
        if scheme != self.scheme:
            return False
        if any(NAMESPACE in segment for segment in self.segments) and not namespace:
            return False
        pattern = tuple(_literal(segment, namespace) for segment in self.segments)
        return _spans(pattern, tuple(name.strip("/").split("/")))

    @property
    def literal_segments(self) -> tuple[str | None, ...]:
        """Segments without wildcard; None where there is one."""
        return tuple(None if set(segment) & set("*?$") else segment for segment in self.segments)

    def __str__(self) -> str:
        return self.text


def _check(segments: list[str]) -> None:
    for segment in segments:
        if not _SEGMENT.fullmatch(segment):
            raise InvalidReference(
                f"segment {segment!r} is empty or holds more than names, `*`, `?` and ${{namespace}}"
            )
        if "**" in segment and segment != "**":
            raise InvalidReference("`**` must stand alone between slashes")
        if segment in {".", ".."}:
            raise InvalidReference("`.` and `..` are not names")


def _host_pattern(segments: list[str], scheme: str) -> str:
    host = segments[0]
    if host == "**" or (len(segments) == 1 and host == "*"):
        raise InvalidReference("name the host: a pattern over every host trusts whoever owns one")
    if not set(host) & set("*?"):
        return canonical_host(host, scheme)
    return host.lower().removesuffix(f":{DEFAULT_PORTS[scheme]}")


def _literal(segment: str, namespace: str | None) -> str:
    # A namespace is an RFC 1123 label: it holds no wildcard that could widen the pattern.
    return segment.replace(NAMESPACE, namespace or "")


@lru_cache(maxsize=4096)
def _segment_matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))


def _spans(pattern: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Match segments with `**` as any number of them, in O(len(pattern) * len(name))."""
    reachable = {0}
    for segment in pattern:
        if segment == "**":
            reachable = set(range(min(reachable), len(name) + 1)) if reachable else set()
        else:
            matcher = _segment_matcher(segment)
            reachable = {at + 1 for at in reachable if at < len(name) and matcher.match(name[at])}
        if not reachable:
            return False
    return len(name) in reachable
