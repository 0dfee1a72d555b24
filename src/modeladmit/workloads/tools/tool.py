"""Programs that fetch models: what they fetch, which version, and where they put it.

One line a tool. They run in init containers, Jobs, `postStart` hooks and the scripts of servers.
"""

from dataclasses import dataclass
from enum import Enum, auto

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, Style, switches, values


class Takes(Enum):
    """How a tool's words are laid out."""

    SOURCE = auto()
    """The first word is the source; others are files inside it."""
    COPY = auto()
    """Sources, then the destination."""
    LINKS = auto()
    """URLs; the file name is an option."""
    CLONE = auto()
    """A Git repository and a folder."""
    OPTION = auto()
    """The source is an option's value."""
    ALL = auto()
    """Every word is a source."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One way of fetching."""

    engine: Engine
    takes: Takes
    form: Form = Form.URL
    source_options: tuple[str, ...] = ()
    revision_options: tuple[str, ...] = ()
    destination_options: tuple[str, ...] = ()
    skip: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Option and values that make it fetch something that is no model."""
    role: Role = Role.WEIGHTS


def tool(
    name: str,
    commands: tuple[str, ...],
    takes: Takes,
    form: Form = Form.URL,
    *,
    source: tuple[str, ...] = (),
    revision: tuple[str, ...] = (),
    destination: tuple[str, ...] = (),
    other: tuple[str, ...] = (),
    bare: tuple[str, ...] = (),
    skip: tuple[tuple[str, tuple[str, ...]], ...] = (),
    images: tuple[str, ...] = (),
    style: Style = Style.EXACT,
    role: Role = Role.WEIGHTS,
) -> Tool:
    """A tool whose engine is only its options."""
    options = [Option((o,), Means.VALUE) for o in (*source, *revision, *destination)]
    options += [Option((o,), Means.VALUE) for o, _ in skip]
    engine = Engine(
        name,
        name,
        images,
        commands,
        style,
        (*options, values(*other), switches(*bare)),
        needs_model=False,
        serves=False,
        pin_option=revision[0] if revision else None,
    )
    return Tool(engine, takes, form, source, revision, destination, skip, role)
