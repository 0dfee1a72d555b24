"""A container's environment, as the kubelet builds it, and the `$(VAR)` expansion that uses it.

Kubernetes, "Define dependent environment variables": `envFrom` in order, `env` over it, of duplicates the last; a
value sees only variables defined before it; `$$` is a dollar sign; what is not defined stays as it is written.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Carrier, Supplied, UndeterminedReason
from modeladmit.workloads.podspec import Container
from modeladmit.workloads.reading import mapping, sequence, string
from modeladmit.workloads.text import MAX_TEXT, Ledger, Origin

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
MAX_VARIABLES: Final = 4096


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its text (with markers) and where that stands."""

    text: str
    field: FieldPath
    literal: bool = False
    """Whether `field` holds exactly this text."""


class Environment:
    """What a container's programs see. Most are never asked: its own variables are read when the first one is."""

    __slots__ = ("_later", "_variables", "budget", "opaque", "unread")

    def __init__(
        self,
        variables: dict[str, Variable] | None = None,
        opaque: list[tuple[FieldPath, str, Carrier]] | None = None,
        unread: list[tuple[FieldPath, str]] | None = None,
        later: "Callable[[Environment], None] | None" = None,
    ) -> None:
        self._variables = {} if variables is None else variables
        self._later = later
        self.opaque = [] if opaque is None else opaque
        """Every `envFrom`: any name may come from it, and its values change after admission."""
        self.unread = [] if unread is None else unread
        """The `envFrom` sources whose keys we do not know."""
        self.budget = 20_000
        """Expansions that may still be made."""

    @property
    def variables(self) -> dict[str, Variable]:
        """Everything that the object defines; while it is read, what was defined before."""
        if self._later is not None:
            later, self._later = self._later, None
            later(self)
        return self._variables

    def get(self, name: str) -> str | None:
        """The variable's text, or None when nothing in the object defines it."""
        variable = self.variables.get(name)
        return None if variable is None else variable.text


def read_environment(
    container: Container, ledger: Ledger, supplied: Supplied, namespace: str
) -> Environment:
    """Build the environment of one container."""

    def read(environment: Environment) -> None:
        for at, name, raw in _entries(container):
            environment.variables[name] = (
                _literal(raw.get("value"), at, ledger, environment)
                if "valueFrom" not in raw or raw.get("value")
                else _taken(
                    mapping(raw["valueFrom"]), at / "valueFrom", ledger, supplied, namespace
                )
            )

    if "envFrom" not in container.raw:
        return Environment(later=read)
    before = Environment()
    for index, source in enumerate(sequence(container.raw["envFrom"])[:MAX_VARIABLES]):
        at = container.path / "envFrom" / index
        _from_source(before, mapping(source), at, ledger, supplied, namespace)
    return Environment(before.variables, before.opaque, before.unread, read)


def _entries(container: Container) -> Iterator[tuple[FieldPath, str, Mapping[str, Any]]]:
    """Each variable with the place of its value."""
    for key in ("envs", "env"):
        if key not in container.raw:
            continue
        raw, steps = container.raw[key], (*container.path.steps, key)
        if isinstance(raw, dict):  # some custom resources write a map
            for name, value in raw.items():
                if isinstance(name, str):
                    yield FieldPath((*steps, name)), name, {"value": value}
        for index, item in enumerate(sequence(raw)[:MAX_VARIABLES]):
            if isinstance(item, dict) and isinstance(name := item.get("name"), str) and name:
                literal = "valueFrom" not in item or item.get("value")
                at = (*steps, index, "value") if literal else (*steps, index)
                yield FieldPath(at), name, item


def _literal(value: object, at: FieldPath, ledger: Ledger, seen: Environment) -> Variable:
    text = ledger.readable(value)
    expanded = expand(text, seen, ledger) if "$" in text else text
    return Variable(expanded, at, expanded == text == value)


def _taken(
    source: Mapping[str, Any], at: FieldPath, ledger: Ledger, supplied: Supplied, namespace: str
) -> Variable:
    """A value that the kubelet takes from elsewhere."""
    for key, carrier in (
        ("configMapKeyRef", Carrier.CONFIG_MAP),
        ("secretKeyRef", Carrier.SECRET),
        ("fileKeyRef", Carrier.FILE),
    ):
        if key in source:
            reference = mapping(source[key])
            name, item = string(reference.get("name")), string(reference.get("key"))
            origin = Origin(
                f"{carrier} {name}/{item}",
                UndeterminedReason.MUTABLE_CARRIER,
                carrier=carrier,
                field=at / key,
            )
            known = (
                None
                if carrier is not Carrier.CONFIG_MAP
                else supplied_data(supplied, namespace, name).get(item)
            )
            return Variable(_carried(known, origin, ledger), at)
    if "fieldRef" in source:
        path = string(mapping(source["fieldRef"]).get("fieldPath"))
        origin = Origin(
            f"field {path}",
            UndeterminedReason.MUTABLE_CARRIER,
            carrier=Carrier.FIELD_REF,
            field=at / "fieldRef",
        )
        return Variable(ledger.marker(origin), at)
    return Variable(
        ledger.marker(Origin("a value set at start", UndeterminedReason.MUTABLE_CARRIER, field=at)),
        at,
    )


def _from_source(
    environment: Environment,
    source: Mapping[str, Any],
    at: FieldPath,
    ledger: Ledger,
    supplied: Supplied,
    namespace: str,
) -> None:
    prefix = string(source.get("prefix"))
    for key, carrier in (("configMapRef", Carrier.CONFIG_MAP), ("secretRef", Carrier.SECRET)):
        if key not in source:
            continue
        name = string(mapping(source[key]).get("name"))
        environment.opaque.append((at, f"{carrier} {name}", carrier))
        data = supplied_data(supplied, namespace, name) if carrier is Carrier.CONFIG_MAP else {}
        if not data:
            environment.unread.append((at, f"{carrier} {name}"))
        for item, value in list(data.items())[:MAX_VARIABLES]:
            origin = Origin(
                f"{carrier} {name}/{item}",
                UndeterminedReason.MUTABLE_CARRIER,
                carrier=carrier,
                field=at / key,
            )
            environment.variables[prefix + item] = Variable(_carried(value, origin, ledger), at)


def supplied_data(supplied: Supplied, namespace: str, name: str) -> Mapping[str, str]:
    """The ConfigMap's data when the caller supplied it: of the same namespace, or of none (a file on disk)."""
    return supplied.get((namespace, name)) or supplied.get(("", name)) or {}


def _carried(value: str | None, origin: Origin, ledger: Ledger) -> str:
    if value is None:
        return ledger.marker(origin)
    known = Origin(
        origin.name, origin.reason, known=True, carrier=origin.carrier, field=origin.field
    )
    return ledger.marker(known) + ledger.readable(value)


def expand(text: str, environment: Environment, ledger: Ledger, *, foreign: bool = True) -> str:
    """Expand `$(VAR)` in a command, an argument or a value.

    What an unread `envFrom` may define is unknown, unless the text is a shell's (`foreign` is false), where `$(VAR)` runs a command when Kubernetes does not know the name.
    """
    if "$" not in text:
        return text
    pieces: list[str] = []
    position = size = 0
    for start, end, name in _references(text):
        value = "$" if name is None else environment.get(name)
        if (
            value is None
            and name is not None
            and foreign
            and environment.unread
            and _NAME.fullmatch(name)
        ):
            value = _from_unread(name, environment, ledger)
        if value is None:
            continue
        environment.budget -= 1 + len(value) // 64
        size += len(value) + start - position
        if size > MAX_TEXT or environment.budget < 0:
            return ledger.marker(
                Origin("an expansion that grows too long", UndeterminedReason.LIMIT)
            )
        pieces += [text[position:start], value]
        position = end
    return "".join((*pieces, text[position:]))


def _references(text: str) -> Iterator[tuple[int, int, str | None]]:
    """Every `$(NAME)` and `$$` (whose name is None), as k8s.io/kubernetes/third_party/forked/golang/expansion reads them."""
    position = text.find("$")
    while 0 <= position < len(text) - 1:
        following = text[position + 1]
        end = position + 1
        if following == "$":
            end = position + 2
            yield position, end, None
        elif following == "(":
            close = text.find(")", position)
            if close < 0:
                return
            end = close + 1
            yield position, end, text[position + 2 : close]
        position = text.find("$", end)


def _from_unread(name: str, environment: Environment, ledger: Ledger) -> str:
    at, source = environment.unread[-1]
    reason = UndeterminedReason.OPAQUE_ENVIRONMENT
    return ledger.marker(
        Origin(
            f"$({name}), which may come from {source}", reason, carrier=Carrier.CONFIG_MAP, field=at
        )
    )
