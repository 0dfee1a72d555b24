"""Kinds and engines that the settings bring, as data: the same table values as the built-in ones.

Whoever writes the settings is trusted; what they write is bounded all the same, and every mistake is refused with its
place (`engines[0].flags[2].means`). Raises ConfigurationError.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

from modeladmit.core.workload import Role
from modeladmit.errors import ConfigurationError
from modeladmit.workloads.tables import (
    EmbeddedContainer,
    Engine,
    Field,
    Form,
    Kind,
    Means,
    Option,
    Style,
    Tables,
)

MAX_ENTRIES: Final = 256
MAX_TEXT: Final = 512
_Member = TypeVar("_Member", bound=Enum)
_Parsed = TypeVar("_Parsed")

_STEP: Final = re.compile(r"(?:[\w$./-]+|\*|\{[\w-]+(?:,[\w-]+)*\})?(?:\[\])*")
_OPTION_KEYS: Final = frozenset(
    {
        "names",
        "means",
        "role",
        "form",
        "many",
        "repeated",
        "keyed",
        "separator",
        "members",
        "document",
    }
)
_ENGINE_KEYS: Final = frozenset(
    {
        "name",
        "title",
        "images",
        "commands",
        "parser",
        "flags",
        "env",
        "positional",
        "signalFlags",
        "pinFlag",
        "pinVariable",
        "needsModel",
        "imageIsModel",
        "serves",
    }
)
_KIND_KEYS: Final = frozenset(
    {
        "group",
        "kind",
        "title",
        "versions",
        "fields",
        "containers",
        "inference",
        "loadsModels",
        "needsModel",
        "ignore",
    }
)
_FIELD_KEYS: Final = frozenset({"path", "role", "form", "revision"})
_CONTAINER_KEYS: Final = frozenset({"path", "engine"})


def extended(
    tables: Tables, *, kinds: Iterable[Mapping[str, Any]], engines: Iterable[Mapping[str, Any]]
) -> Tables:
    """The tables with the settings' entries before their own; an entry of the same name replaces the built-in one."""
    own = _each("engines", list(engines), _engine)
    known = {engine.name for engine in (*own, *tables.engines)}
    return tables.extended(
        engines=own,
        kinds=_each("kinds", list(kinds), lambda place, raw: _kind(place, raw, known)),
    )


def _engine(place: str, raw: object) -> Engine:
    entry = _mapping(place, raw, _ENGINE_KEYS)
    name = _text(place, entry, "name")
    images = _texts(f"{place}.images", entry.get("images"))
    for index, pattern in enumerate(images):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ConfigurationError(
                f"{place}.images[{index}]: not a regular expression; it is searched in the image's repository"
            ) from error
    positional = entry.get("positional")
    return Engine(
        name,
        _text(place, entry, "title", name),
        images=images,
        commands=_texts(f"{place}.commands", entry.get("commands")),
        style=_choice(place, entry, "parser", Style, Style.ARGPARSE),
        options=_each(f"{place}.flags", entry.get("flags"), _option),
        positional=None if positional is None else _option(f"{place}.positional", positional),
        variables=_each(f"{place}.env", entry.get("env"), _option),
        signal_options=_texts(f"{place}.signalFlags", entry.get("signalFlags")),
        pin_option=_text(place, entry, "pinFlag", None),
        pin_variable=_text(place, entry, "pinVariable", None),
        needs_model=_switch(place, entry, "needsModel", default=True),
        image_is_model=_switch(place, entry, "imageIsModel", default=False),
        serves=_switch(place, entry, "serves", default=True),
    )


def _option(place: str, raw: object) -> Option:
    entry = _mapping(place, raw, _OPTION_KEYS)
    names = _texts(f"{place}.names", entry.get("names"))
    if not names and not place.endswith(".positional"):
        raise ConfigurationError(f"{place}.names: at least one name")
    means = _choice(place, entry, "means", Means, Means.MODEL)
    members = (
        _each(f"{place}.members", entry.get("members"), _option)
        if place.count(".members") < 2  # noqa: PLR2004 - JSON in JSON is as deep as it gets
        else ()
    )
    document = _text(place, entry, "document", "")
    return Option(
        names,
        means,
        _choice(place, entry, "role", Role, Role.CODE if means is Means.CODE else Role.WEIGHTS),
        _choice(place, entry, "form", Form, Form.HUB),
        many=_switch(place, entry, "many", default=False),
        repeated=_switch(place, entry, "repeated", default=False),
        keyed=_switch(place, entry, "keyed", default=False),
        separator=_text(place, entry, "separator", None),
        documents=(Option((document,), Means.DOCUMENT, members=members),) if document else (),
        members=members,
    )


def _kind(place: str, raw: object, engines: set[str]) -> Kind:
    entry = _mapping(place, raw, _KIND_KEYS)
    group, kind = _text(place, entry, "group"), _text(place, entry, "kind")

    def embedded(at: str, value: object) -> EmbeddedContainer:
        inner = _mapping(at, value, _CONTAINER_KEYS)
        engine = _text(at, inner, "engine", None)
        if engine is not None and engine not in engines:
            raise ConfigurationError(
                f"{at}.engine: no engine is named {engine!r}; docs/engines.md lists them"
            )
        return EmbeddedContainer(_path(at, inner), engine)

    return Kind(
        group,
        kind,
        _text(place, entry, "title", kind),
        inference=_switch(place, entry, "inference", default=True),
        loads_models=_switch(place, entry, "loadsModels", default=False),
        versions=_texts(f"{place}.versions", entry.get("versions")),
        fields=_each(f"{place}.fields", entry.get("fields"), _field),
        containers=_each(f"{place}.containers", entry.get("containers"), embedded),
        needs_model=_switch(place, entry, "needsModel", default=False),
        ignore=_switch(place, entry, "ignore", default=False),
    )


def _field(place: str, raw: object) -> Field:
    entry = _mapping(place, raw, _FIELD_KEYS)
    return Field(
        _path(place, entry),
        _choice(place, entry, "role", Role, Role.WEIGHTS),
        _choice(place, entry, "form", Form, Form.URL),
        _text(place, entry, "revision", None),
    )


def _path(place: str, entry: Mapping[str, Any]) -> str:
    path: str = _text(place, entry, "path")
    steps = path.split(".")
    if not all(step and _STEP.fullmatch(step) for step in steps):
        raise ConfigurationError(
            f"{place}.path: {path!r} is no path; write spec.models[].uri, `*` for any key, {{a,b}} for one of them"
        )
    return path


def _mapping(place: str, raw: object, keys: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise ConfigurationError(f"{place}: a mapping, not {type(raw).__name__}")
    unknown = [str(key)[:64] for key in raw if key not in keys]
    if unknown:
        raise ConfigurationError(
            f"{place}.{unknown[0]}: no such setting; there are {', '.join(sorted(keys))}"
        )
    return raw


def _each(place: str, raw: object, parse: Callable[[str, object], _Parsed]) -> tuple[_Parsed, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list | tuple):
        raise ConfigurationError(f"{place}: a list, not {type(raw).__name__}")
    if len(raw) > MAX_ENTRIES:
        raise ConfigurationError(f"{place}: at most {MAX_ENTRIES} entries")
    return tuple(parse(f"{place}[{index}]", item) for index, item in enumerate(raw))


def _texts(place: str, raw: object) -> tuple[str, ...]:
    return _each(place, raw, _checked)


def _checked(place: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
        raise ConfigurationError(f"{place}: printable text of at most {MAX_TEXT} characters")
    return value


_REQUIRED: Final = object()


def _text(place: str, entry: Mapping[str, Any], key: str, default: Any = _REQUIRED) -> Any:
    value = entry.get(key)
    if value is None:
        if default is _REQUIRED:
            raise ConfigurationError(f"{place}.{key}: is required")
        return default
    return _checked(f"{place}.{key}", value)


def _switch(place: str, entry: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = entry.get(key, default)
    if not isinstance(value, bool):
        raise ConfigurationError(f"{place}.{key}: true or false")
    return value


def _choice(
    place: str, entry: Mapping[str, Any], key: str, choices: type[_Member], default: _Member
) -> _Member:
    value = entry.get(key)
    if value is None:
        return default
    words = {_word(choice): choice for choice in choices}
    if not isinstance(value, str) or value not in words:
        raise ConfigurationError(f"{place}.{key}: one of {', '.join(words)}")
    return words[value]


def _word(choice: Enum) -> str:
    """How a choice is written: its value where that is a word, else its name."""
    return choice.value if isinstance(choice.value, str) else choice.name.lower()
