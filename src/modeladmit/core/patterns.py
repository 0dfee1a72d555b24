"""Patterns over canonical references: `oci://registry.example.com/models/${namespace}/**`.

Matched segment by segment and always anchored at both ends: `*` and `?` stay inside a segment, `**` spans any number of
segments. `${namespace}` becomes the namespace of the workload, literally. Everything else is read as a reference is:
percent-encoding, hosts, the defaults of Docker Hub and Ollama.
"""

import fnmatch
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from modeladmit.core.naming import DEFAULT_PORTS, DOCKER_HUB, canonical_host, decoded_segments
from modeladmit.core.reference import CASE_FOLDED, HOSTED, Reference, Scheme
from modeladmit.core.references import HUB_HOSTS, OLLAMA_HUB
from modeladmit.errors import InvalidReference

NAMESPACE: Final = "${namespace}"
MAX_PATTERN: Final = 512
_LOCAL: Final = frozenset({Scheme.FILE, Scheme.HOSTPATH})
_TAGGED: Final = frozenset({Scheme.OCI, Scheme.OLLAMA, Scheme.HF, Scheme.MODELSCOPE})
_WILDCARDS: Final = frozenset("*?")
_DOMAIN: Final = re.compile(r"[^.]*(?:\.[^.]+){2,}")
"""What must follow the last wildcard of a host: whole names that somebody owns."""
_ENCODED_WILDCARD: Final = re.compile(r"%(2[Aa]|3[Ff]|5[Bb])")
_SEGMENT: Final = re.compile(r"(?:[^\x00-\x20\x7f/\[\]{}\\$]|\$\{namespace\})+")


@dataclass(frozen=True, slots=True)
class ModelPattern:
    """A compiled pattern. Build it with `parse`."""

    text: str
    scheme: Scheme
    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises InvalidReference with what is wrong."""
        if len(text) > MAX_PATTERN:
            raise InvalidReference(f"pattern is longer than {MAX_PATTERN} characters")
        prefix, separator, rest = text.partition("://")
        if not separator or prefix not in tuple(Scheme):
            raise InvalidReference("a pattern needs one of our schemes, such as oci:// or hf://")
        scheme = Scheme(prefix)
        segments = (rest.strip("/") if scheme in _LOCAL else rest.removesuffix("/")).split("/")
        _check(segments)
        if scheme in HOSTED:
            segments = _hosted(segments, scheme)
        if scheme in _TAGGED and any(set(segment) & set(":@") for segment in segments[1:]):
            raise InvalidReference("a pattern names artifacts, without tag, digest and revision")
        segments = [_decoded(segment) for segment in segments]
        if scheme in CASE_FOLDED:
            segments = [segment.casefold() for segment in segments]
        if scheme is Scheme.AZURE_BLOB:
            segments[0] = segments[0].lower()
        if scheme is Scheme.GIT:
            segments[-1] = segments[-1].removesuffix(".git")
        return cls(text, scheme, tuple(segments))

    def matches(self, reference: Reference, namespace: str | None = None) -> bool:
        """Whether the pattern covers the artifact, whatever its tag, digest, revision or file."""
        scheme, _, name = reference.address.partition("://")
        if scheme != self.scheme:
            return False
        if any(NAMESPACE in segment for segment in self.segments) and not namespace:
            return False
        if scheme == Scheme.FILE and not self._is_of_root(name):
            return False
        pattern = tuple(_literal(segment, namespace) for segment in self.segments)
        return _spans(pattern, tuple(name.strip("/").split("/")))

    def _is_of_root(self, name: str) -> bool:
        """A relative path is somewhere in the image: under `file:///**`, and else only under relative patterns."""
        absolute = self.text.startswith("file:///")
        return name.startswith("/") is absolute or (absolute and self.segments == ("**",))

    @property
    def literal_segments(self) -> tuple[str | None, ...]:
        """Segments without wildcard; None where there is one."""
        return tuple(None if set(segment) & set("*?$[") else segment for segment in self.segments)

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


def _hosted(segments: list[str], scheme: Scheme) -> list[str]:
    """With the host in canonical form, and the parts that may be left out."""
    host, *path = segments
    if set(host.partition(":")[0]) <= {*_WILDCARDS, "."}:
        raise InvalidReference("name the host: a pattern over every host trusts whoever owns one")
    if (
        scheme is Scheme.OLLAMA
        and not set(host) & {".", ":"}
        and (not set(host) & _WILDCARDS or not path)
    ):
        host, path = OLLAMA_HUB, segments
    if set(host) & _WILDCARDS and not _is_owned(host):
        # Attack: `*` spans dots in a host, so `registry.example.*` covers `registry.example.evil.org`.
        raise InvalidReference(
            "a wildcard in a host must stand before two whole names, as in *.example.com: else anybody can own a match"
        )
    if set(host) & _WILDCARDS:
        host = host.lower().removesuffix(f":{DEFAULT_PORTS.get(scheme, '')}")
    else:
        host = canonical_host(host, scheme)
    if scheme is Scheme.OCI and not path:
        raise InvalidReference(f"covers nothing: say what on that host, such as oci://{host}/**")
    if scheme is Scheme.HTTPS and host in HUB_HOSTS:
        raise InvalidReference(
            "covers nothing: models of the Hugging Face Hub are named hf://owner/name however they are written"
        )
    if len(path) == 1 and path != ["**"]:
        if scheme is Scheme.OLLAMA and host == OLLAMA_HUB:
            path = ["library", *path]
        if scheme is Scheme.OCI and host == DOCKER_HUB and not set(path[0]) & _WILDCARDS:
            path = ["library", *path]
    return [host, *path]


def _is_owned(host: str) -> bool:
    last = max(host.rfind(wildcard) for wildcard in _WILDCARDS)
    return ":" in host[:last] or bool(_DOMAIN.fullmatch(host[last + 1 :].partition(":")[0]))


def _decoded(segment: str) -> str:
    """Percent-decoded once, as references are; an encoded wildcard stands for itself."""
    if "%" not in segment:
        return segment
    kept = _ENCODED_WILDCARD.sub(lambda match: f"[%{match[1]}]", segment)
    return decoded_segments(kept, what="pattern")[0]


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
