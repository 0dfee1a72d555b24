"""The shape of what is known about engines and kinds: data, the same for the built-in ones and those of the settings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from functools import cached_property
from typing import Any, Final, Self

from modeladmit.core.workload import Role


class Means(StrEnum):
    """What an option, variable or field says."""

    MODEL = "model"
    """Names an artifact of the entry's role."""
    REVISION = "revision"
    """Pins the artifact of the entry's role."""
    FILE = "file"
    """Names a file inside the artifact of the entry's role."""
    CODE = "code"
    """A switch: the engine runs code that the artifact brings."""
    PLUGIN = "plugin"
    """Names code by path or import path."""
    CONFIG = "config"
    """Names a file with more options."""
    LOADING = "loading"
    """A switch or value that lets models be loaded while the server runs."""
    REDIRECT = "redirect"
    """Changes what a name means in a way that the object does not show."""
    JSON = "json"
    """Holds JSON whose members mean what `members` says."""
    STORE = "store"
    """A folder that the engine keeps models in: weights when nothing else names any."""
    DOCUMENT = "document"
    """Names a YAML or JSON file in which `members` are paths to what the role says."""
    PROPERTIES = "properties"
    """Names a Java properties file whose keys are names of options."""
    TEXT_PROTO = "text-proto"
    """Names a file in protobuf's text format; `members` are names of fields, wherever they are nested."""
    PROGRAM = "program"
    """Holds the command line of another program."""
    VALUE = "value"
    """Takes a value that is not about artifacts."""
    SWITCH = "switch"
    """Takes no value and is not about artifacts."""


class Form(StrEnum):
    """How the text of a reference is read when it has no scheme."""

    HUB = "hub"
    """`owner/name` is a hub id, `/x` a path, a bare word a hub id without owner."""
    OWNED = "owned"
    """As HUB, but a bare word is no reference (a served name, a handler)."""
    PATH = "path"
    """Anything without scheme is a path."""
    OLLAMA = "ollama"
    IMAGE = "image"
    URL = "url"
    """Only URIs and paths."""
    NGC = "ngc"
    KAGGLE = "kaggle"
    MODELSCOPE = "modelscope"
    QUANTIZED = "quantized"
    """`owner/name[:quantisation]` of llama.cpp."""
    PRESET = "preset"
    CODE = "code"
    """A Git or archive URL, or a path to code."""


class Style(Enum):
    """How an engine's parser reads its command line."""

    ARGPARSE = auto()
    """Abbreviations, `--a=b`, the last one wins, `_` and `-` alike."""
    EXACT = auto()
    """Whole names only; one or two dashes alike; `=` or a word of its own (clap, Go, absl, own parsers)."""
    PAIRS = auto()
    """`key=value` without dashes (MaxText)."""


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One option, variable or positional of an engine. Compared by identity: a table's options are looked up often."""

    names: tuple[str, ...]
    means: Means = Means.MODEL
    role: Role = Role.WEIGHTS
    form: Form = Form.HUB
    many: bool = False
    """Takes every word up to the next option."""
    repeated: bool = False
    """Given twice it means both, not the last."""
    within: tuple[str, str] | None = None
    """The value is a name in a folder: the variable that names the folder, and its default."""
    stored: str = ""
    """A name without scheme is a file in the engine's store, and `all` is everything in it; the store where none is said."""
    assumed: str = ""
    """For PROPERTIES: the file that is read when none is named."""
    keyed: bool = False
    """Its values are `name=reference`."""
    separator: str | None = None
    """Several values in one text; a blank stands for white space, commas and semicolons."""
    members: tuple["Option", ...] = ()
    """For JSON: what its members mean; a name may be dotted."""
    documents: tuple["Option", ...] = ()
    """Of a folder: files of these names, at any depth, whose members name what is loaded, where they can be read."""
    when: tuple[str, ...] = ()
    """For LOADING: the values that switch it on; none: every value that is not false."""
    only_text: bool = False
    """Ignored when the value is not a reference (an alias, a mode)."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One model server, or the tool family that a container may run."""

    name: str
    title: str
    images: tuple[str, ...] = ()
    """Regular expressions on the repository of the image, folded, without tag."""
    commands: tuple[str, ...] = ()
    """Command prefixes: `vllm serve`, `-m package.module`, `server.py`; each word may hold `*`."""
    style: Style = Style.ARGPARSE
    options: tuple[Option, ...] = ()
    positional: Option | None = None
    variables: tuple[Option, ...] = ()
    signal_options: tuple[str, ...] = ()
    """Options that only this kind of program has: they make a container an inference container."""
    hub_switches: tuple[tuple[str, str], ...] = ()
    """Variables that, when true, make names mean those of another hub."""
    default: str | None = None
    """What is loaded when nothing is named."""
    needs_model: bool = True
    """Whether a container that names no model is undetermined."""
    image_is_model: bool = False
    """Whether the image itself holds the model when nothing else is named."""
    pin_option: str | None = None
    pin_variable: str | None = None
    runtime: str = ""
    """Why it may load models while it runs, whatever its options say; empty: it does not."""
    serves: bool = True
    """Whether it is a server (a signal), or only fetches."""
    exclude_images: tuple[str, ...] = ()
    """Images whose names look alike and which are something else: clients, wrappers, simulators."""
    environment_only_from_image: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a custom resource that names an artifact."""

    path: str
    """As `reading.select` reads it."""
    role: Role = Role.WEIGHTS
    form: Form = Form.URL
    revision: str | None = None
    """Key beside it that holds the revision; created there by a pin edit."""
    means: Means = Means.MODEL
    arguments: str | None = None
    """List of the object into which a pin edit appends an argument of the engine."""


@dataclass(frozen=True, slots=True)
class EmbeddedContainer:
    """A map of a custom resource that acts like a container: it has args or env and its operator supplies the rest."""

    path: str
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known about one API kind."""

    group: str
    kind: str
    title: str
    inference: bool = True
    loads_models: bool = False
    """Whether the object makes models load by itself, without a Pod that is judged later."""
    versions: tuple[str, ...] = ()
    """Versions whose fields are known; none: every version."""
    fields: tuple[Field, ...] = ()
    containers: tuple[EmbeddedContainer, ...] = ()
    needs_model: bool = False
    """Whether an object that names no model is undetermined."""
    template: bool = False
    """Whether something else fills the model in later (a serving runtime)."""
    training: bool = False
    hosts: bool = False
    """Whether its containers run what the object's own fields name: a worker that names nothing is no gap."""
    filled: tuple[str, ...] = ()
    """Paths in its containers that the operator fills with what the fields name."""
    ignore: bool = False
    """Names in it are for routing: nothing in it is a reference."""
    reader: "Reader | None" = None
    """Reads what fields alone cannot say."""


Reader = Callable[[Any], None]
"""Gets the object's `kinds.reader.KindView` and adds claims to it."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Every engine and kind that inspection knows. Compared by identity, so that look-ups can be remembered."""

    engines: tuple[Engine, ...] = ()
    kinds: tuple[Kind, ...] = ()
    endpoints: frozenset[str] = frozenset()
    """Values of endpoint settings that are the usual ones, such as a company's own mirror."""
    guard_images: frozenset[str] = frozenset()

    @cached_property
    def _kinds(self) -> Mapping[tuple[str, str], Kind]:
        return {(kind.group, kind.kind): kind for kind in self.kinds}

    def kind(self, group: str, kind: str) -> Kind | None:
        """The entry of a kind, if there is one."""
        return self._kinds.get((group, kind))

    def engine(self, name: str) -> Engine | None:
        """The engine of that name, if there is one."""
        return next((engine for engine in self.engines if engine.name == name), None)

    def extended(self, *, engines: Iterable[Engine] = (), kinds: Iterable[Kind] = ()) -> Self:
        """These tables with entries from the settings before the built-in ones."""
        engines, kinds = tuple(engines), tuple(kinds)
        named = {engine.name for engine in engines}
        keyed = {(kind.group, kind.kind) for kind in kinds}
        return replace(
            self,
            engines=(*engines, *(e for e in self.engines if e.name not in named)),
            kinds=(*(k for k in self.kinds if (k.group, k.kind) not in keyed), *kinds),
        )


def models(*names: str, role: Role = Role.WEIGHTS, form: Form = Form.HUB, **rest: Any) -> Option:
    """Short for an option that names an artifact."""
    return Option(names, Means.MODEL, role, form, **rest)


def revision(*names: str, role: Role = Role.WEIGHTS) -> Option:
    """Short for an option that pins an artifact."""
    return Option(names, Means.REVISION, role)


def code(*names: str) -> Option:
    """Short for a switch that runs the artifact's code."""
    return Option(names, Means.CODE, Role.CODE)


def values(*names: str) -> Option:
    """Short for options with a value that is not about artifacts."""
    return Option(names, Means.VALUE)


def switches(*names: str) -> Option:
    """Short for switches that are not about artifacts."""
    return Option(names, Means.SWITCH)


def many(option: Option, *, keyed: bool = False) -> Option:
    """The option, taking every word up to the next one."""
    return replace(option, many=True, keyed=keyed)


FALSE: Final = frozenset({"", "0", "false", "no", "off", "n", "f", "none", "null"})
"""Values that switch a setting off."""
