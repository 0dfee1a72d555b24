"""What one place of a workload says about an artifact, before paths are joined and references read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import (
    Endpoint,
    Role,
    Signal,
    Supplied,
    Undetermined,
    UndeterminedReason,
)
from modeladmit.workloads.effort import Effort
from modeladmit.workloads.environment import Environment
from modeladmit.workloads.files import Files
from modeladmit.workloads.podspec import Container
from modeladmit.workloads.tables import Form, Tables
from modeladmit.workloads.text import Ledger, Word
from modeladmit.workloads.volumes import Mounts, Volumes


@dataclass(frozen=True, slots=True)
class Pinning:
    """How the place that names an artifact can say which version it means."""

    option: str | None = None
    """Command-line option, such as `--revision`."""
    variable: str | None = None
    """Environment variable that does the same."""
    existing: Word | None = None
    """The text that says it now."""
    existing_flag: Word | None = None
    anchor: Word | None = None
    """The word after which an option is inserted."""
    append_to: FieldPath | None = None
    """List at whose end an option is added, whatever the anchor is."""
    member: str | None = None
    """Member of JSON that holds the revision, beside the one that names the artifact."""
    key: FieldPath | None = None
    """Field of a custom resource that holds the revision."""
    inline: bool = True
    """Whether a version may be written into the reference itself."""
    call: bool = False
    """A Python call: the revision is a keyword argument."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One container, with everything that its words refer to."""

    container: Container
    environment: Environment
    mounts: Mounts
    files: Files

    @property
    def name(self) -> str:
        """The container's name."""
        return self.container.name


_NO_PINNING: Final = Pinning()


@dataclass(slots=True, eq=False)
class Claim:
    """An artifact named in one place."""

    role: Role
    word: Word
    form: Form = Form.HUB
    engine: str | None = None
    view: View | None = None
    revision: Word | None = None
    pinning: Pinning = _NO_PINNING
    destination: str | None = None
    """For downloads: the path in the container that is filled."""
    runs_code: bool = False
    hub: str = "hf"
    optional: bool = False
    """Whether text that is no reference is simply not one."""
    filename: str | None = None
    """A file inside the artifact."""
    cache: bool = False
    """Whether the artifact lands in a cache that programs look it up in by name."""
    path_only: bool = False
    copies: tuple[str, ...] = ()
    """Where the container puts it afterwards."""
    served: set[tuple[str, str]] = field(default_factory=set)
    """For downloads: the paths that servers load it from, each with the volume behind it."""


MAX_CLAIMS: Final = 512
"""References of one object that are read; more are undetermined."""
MAX_UNDETERMINED: Final = 256
"""Enough for a person: the object is refused long before."""


class Claims(list[Claim]):
    """What was named so far: one more than is read, so that everybody sees that there was more."""

    __slots__ = ()

    def append(self, claim: Claim) -> None:
        """Note one more."""
        if len(self) <= MAX_CLAIMS:
            super().append(claim)


_Item = TypeVar("_Item")


@dataclass(slots=True, eq=False)
class Reading:
    """Everything collected while one object is read."""

    root: Mapping[str, Any]
    tables: Tables
    supplied: Supplied
    namespace: str
    ledger: Ledger = field(default_factory=Ledger)
    claims: Claims = field(default_factory=Claims)
    undetermined: list[Undetermined] = field(default_factory=list)
    _said: set[tuple[UndeterminedReason, FieldPath, str]] = field(default_factory=set)
    signals: list[Signal] = field(default_factory=list)
    filled: tuple[str, ...] = ()
    """Paths that the kind's operator fills with what the kind's fields name."""
    template: bool = False
    """Whether placeholders are filled by a controller: the object is a recipe, not a workload."""
    training: bool = False
    """Whether the kind is for training: an accelerator alone does not make it inference. Its Pods are judged as Pods."""
    started: dict[Container, tuple[Sequence[Word], Sequence[Word]]] = field(default_factory=dict)
    """`command` and `args` of each container, expanded once."""
    script_budget: int = 1 << 18
    """Characters of shell and Python text that may still be read."""
    effort: Effort = field(default_factory=Effort)
    volumes: Volumes = field(init=False)
    documents: dict[str, Any] = field(default_factory=dict)
    """Configuration files by their text: many containers may read the same one."""
    endpoints: dict[int, tuple[Endpoint, ...]] = field(default_factory=dict)
    """What each environment says about where names are looked up, by the identity of the environment, and each Pod, by its own."""

    def __post_init__(self) -> None:
        self.volumes = Volumes(self.root)

    def limit(
        self, at: FieldPath, detail: str, view: View | None = None, *, seen: str | None = None
    ) -> None:
        """Make what is cut off undetermined, and a signal: nobody can say that it is no inference."""
        self.undetermine(UndeterminedReason.LIMIT, at, detail, view)
        self.signal("limit", at, seen or detail)

    def affordable(
        self, items: Sequence[_Item], at: FieldPath, view: View | None = None
    ) -> Sequence[_Item]:
        """As many of a list of words as may still be read; those beyond are a limit."""
        taken = self.effort.take_words(len(items))
        if taken < len(items):
            self.limit(at, "more words than are read in one object", view)
        return items[:taken]

    def undetermine(
        self,
        reason: UndeterminedReason,
        at: FieldPath,
        detail: str,
        view: View | None = None,
        engine: str | None = None,
    ) -> None:
        """Note that a model must exist and cannot be determined; once a place and reason."""
        said = (reason, at, detail)
        if len(self.undetermined) < MAX_UNDETERMINED and said not in self._said:
            self._said.add(said)
            name = None if view is None else view.name
            self.undetermined.append(Undetermined(reason, at, detail, name, engine))

    def signal(self, kind: str, at: FieldPath, value: str) -> None:
        """Note a reason why the object is inference."""
        if len(self.signals) < 64:  # noqa: PLR2004 - enough for a person
            self.signals.append(Signal(kind, at, value[:120]))
