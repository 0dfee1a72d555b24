"""What a workload says it will load: every `ModelUse`, and every place where that cannot be determined."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patch import PinEdit
from modeladmit.core.pin import Pin
from modeladmit.core.reference import Reference


class Role(StrEnum):
    """What a model artifact is used as."""

    WEIGHTS = "Weights"
    TOKENIZER = "Tokenizer"
    ADAPTER = "Adapter"
    DRAFT = "Draft"
    CONFIG = "Config"
    CODE = "Code"
    RUNTIME = "Runtime"
    """The container image itself; policies look at it only when they ask to."""
    UNKNOWN = "Unknown"


class Carrier(StrEnum):
    """What carried the text of a reference into the container."""

    OBJECT = "Object"
    """Written in the object under review: immutable once admitted."""
    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"
    FIELD_REF = "FieldRef"
    """`fieldRef` to metadata: labels and annotations change without a review of the Pod's containers."""
    FILE = "File"
    """A mounted file or `fileKeyRef`, read when the container starts."""

    @property
    def mutable(self) -> bool:
        """Whether the text can change after admission: a pin in a mutable carrier is no pin."""
        return self is not Carrier.OBJECT


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A setting that changes what a name means: `HF_ENDPOINT`, proxies, CA variables, `hostAliases`, `dnsConfig`."""

    setting: str
    value: str
    field: FieldPath


@dataclass(frozen=True, slots=True)
class ModelUse:
    """One place in a workload that names a model artifact."""

    role: Role
    reference: Reference
    field: FieldPath
    """Where the text stands (for an argument that only expands a variable: the argument)."""
    container: str | None = None
    engine: str | None = None
    carrier: Carrier = Carrier.OBJECT
    carrier_field: FieldPath | None = None
    """Where the mutable text comes from, if it does."""
    text: str = ""
    """As the workload wrote it, bounded, for messages."""
    image: str | None = None
    """Image of the container that loads it."""
    endpoints: tuple[Endpoint, ...] = ()
    volume: str | None = None
    """Canonical description of the volume behind its path, if it has one: part of what an UPDATE compares."""
    mount_path: str | None = None
    """Where the container sees it, if it is a path."""
    runs_code: bool = False
    """Whether the engine was told to run code from the artifact (`--trust-remote-code`)."""
    pin_edits: tuple[PinEdit, ...] = ()
    """How this reference is pinned in this object; empty when the engine has no syntax for it."""

    @property
    def pin(self) -> Pin:
        """The weaker of the reference's pin and its carrier's."""
        return Pin.NONE if self.carrier.mutable else self.reference.pin


class UndeterminedReason(StrEnum):
    """Why a model that must exist cannot be named."""

    OPAQUE_ENVIRONMENT = "OpaqueEnvironment"
    """`envFrom` on a container that resolves names at start."""
    MUTABLE_CARRIER = "MutableCarrier"
    """The text comes from a Secret, ConfigMap, metadata or file that is not in the object."""
    SHELL = "UnreadableShell"
    """Shell text beyond what is read: `eval`, command substitution, a downloaded script."""
    SCRIPT = "UnreadableScript"
    """A script or program whose text is not in the object."""
    CONFIG_FILE = "UnreadableConfigFile"
    PLACEHOLDER = "UnfilledPlaceholder"
    """A variable that nothing defines, or a template that a controller fills in later."""
    NO_MODEL_NAMED = "NoModelNamed"
    """Inference for sure, and nothing says which model."""
    INVALID = "InvalidReference"
    """Something stands where a reference must, and it is none."""
    RUNTIME_LOADING = "RuntimeLoading"
    """The server was told to accept models while it runs."""
    UNKNOWN_VERSION = "UnknownVersion"
    """An API version whose fields we do not know."""
    LIMIT = "LimitExceeded"
    """The object is larger or deeper than what is read."""


@dataclass(frozen=True, slots=True)
class Undetermined:
    """A model must exist here and cannot be determined. Never silence."""

    reason: UndeterminedReason
    field: FieldPath
    detail: str
    """One sentence in plain words: what was found, and what to write instead."""
    container: str | None = None
    engine: str | None = None
    text: str = ""
    """What could not be read, bounded (a digest stands for a long one): part of what an UPDATE compares."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Why an object counts as inference: an image, an accelerator, a kind, an argument, a variable."""

    kind: str
    field: FieldPath
    value: str


@dataclass(frozen=True, slots=True)
class InlineCredential:
    """A credential written into the object itself."""

    kind: str
    field: FieldPath
    container: str | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """A load-time guard found in a Pod template, and whether it can count (design section 3, "The guard")."""

    container: str
    field: FieldPath
    image: str
    expect: str
    path: str
    problems: tuple[str, ...] = ()
    volume: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectIdentity:
    """Which object, in the words of the API server."""

    api_version: str
    kind: str
    name: str
    namespace: str | None = None

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Workload:
    """Everything that judging needs to know about one object."""

    identity: ObjectIdentity
    inference: bool
    uses: tuple[ModelUse, ...] = ()
    undetermined: tuple[Undetermined, ...] = ()
    signals: tuple[Signal, ...] = ()
    credentials: tuple[InlineCredential, ...] = ()
    guards: tuple[Guard, ...] = ()
    loads_models: bool = True
    """Whether the object itself makes models load (a Pod, a TrainedModel), or only produces Pods that are judged later."""
    pull_secrets: tuple[str, ...] = ()
    """Names of image pull secrets that the object lists, in its namespace."""
    service_account: str | None = None


Supplied = Mapping[tuple[str, str], Mapping[str, str]]
"""ConfigMaps that the caller supplies: (namespace or "", name) to data. What is read from them is still mutable."""
