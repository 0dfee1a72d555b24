"""Texts and lists of the wire, each bounded and read as what it is, so that a bad one is refused where it stands.

Bounds are part of the schema (`maxLength`, `maxItems`): they limit what a policy can cost, and the API server estimates the
cost of CEL rules from them.
"""

from collections.abc import Callable, Hashable
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field

from modeladmit.api.cel import compile_rule
from modeladmit.api.durations import parse_duration
from modeladmit.api.regexes import compile_regex
from modeladmit.core.digest import Digest
from modeladmit.core.patterns import MAX_PATTERN, ModelPattern

Item = TypeVar("Item")


def _read(parse: Callable[[str], object]) -> AfterValidator:
    """Refuse a text that the parser refuses, with the parser's words; keep the text."""

    def check(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(check)


_DNS: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"

LABEL: Final = f"^{_DNS}$"
NAME: Final = rf"^{_DNS}(\.{_DNS})*$"
MAX_NAME: Final = 253
DIGEST: Final = r"^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$"
DURATION: Final = r"^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"

Label = Annotated[str, Field(min_length=1, max_length=63, pattern=LABEL)]
"""RFC 1123 label: names of namespaces and of authorities."""

ObjectName = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=NAME)]
"""RFC 1123 subdomain: names of Kubernetes objects."""

DataKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
"""A key in a Secret or ConfigMap."""

LabelKey = Annotated[str, Field(min_length=1, max_length=317)]
LabelValue = Annotated[str, Field(max_length=63)]

Pattern = Annotated[str, Field(min_length=1, max_length=MAX_PATTERN), _read(ModelPattern.parse)]
"""See `core.patterns`."""

RegExp = Annotated[str, Field(min_length=1, max_length=512), _read(compile_regex)]
"""RE2, matched against the whole text."""

DigestText = Annotated[
    str,
    Field(
        max_length=135,
        pattern=DIGEST,
    ),
    _read(Digest.parse),
]

Duration = Annotated[
    str,
    Field(
        min_length=2,
        max_length=32,
        pattern=DURATION,
    ),
    _read(parse_duration),
]
"""Hours, minutes and seconds, such as `720h` or `1h30m`."""

CelRule = Annotated[str, Field(min_length=1, max_length=1024), _read(compile_rule)]

Line = Annotated[str, Field(min_length=1, max_length=512)]
"""A short text for people."""

Uri = Annotated[str, Field(min_length=1, max_length=2048)]

Pem = Annotated[str, Field(min_length=1, max_length=16384)]
PemBundle = Annotated[str, Field(min_length=1, max_length=65536)]


def _unique(values: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    seen: set[Hashable] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{value!s} stands there twice")
        seen.add(value)
    return values


def several(maximum: int, minimum: int = 1) -> Any:
    """Bounds of a list."""
    return Field(min_length=minimum, max_length=maximum)


def _schema(**extra: Any) -> Any:
    return Field(json_schema_extra={f"x-kubernetes-{key}": value for key, value in extra.items()})


SET: Final = (AfterValidator(_unique), _schema(**{"list-type": "set"}))
"""Metadata of a list whose items differ: `Annotated[tuple[Label, ...], several(32), *SET]`."""


def _names_differ(values: tuple[Any, ...]) -> tuple[Any, ...]:
    _unique(tuple(value.name for value in values))
    return values


NAMED: Final = (
    AfterValidator(_names_differ),
    _schema(**{"list-type": "map", "list-map-keys": ["name"]}),
)
"""Metadata of a list of named things: merged by name, no name twice."""
