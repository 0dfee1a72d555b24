"""Containers that download models with a program of their own: only their names say so."""

import re
from collections.abc import Sequence
from typing import Final

from modeladmit.workloads.claims import Reading
from modeladmit.workloads.containers import Outcome, read_as_custom
from modeladmit.workloads.engines.custom import DOWNLOADER
from modeladmit.workloads.recognition import repository

_FETCHES: Final = re.compile(
    r"download|fetch|(?:^|[-_])pull|prefetch|preload|warm|(?:^|[-_])(?:pre)?stage"
)
_MODELS: Final = re.compile(
    r"model|weights|checkpoint|gguf|hugging-?face|(?:^|[-_])(?:hf|llm|lora)(?:[-_.]|$)"
)
_DATA: Final = re.compile(r"data-?_?set|(?:^|[-_])(?:docs?|documents?|images?|videos?)(?:[-_.]|$)")


def read_downloaders(reading: Reading, outcomes: Sequence[Outcome]) -> None:
    """Read what such containers name; what they run and nobody can read is undetermined."""
    served: set[int] | None = None
    for outcome in outcomes:
        if outcome.named or outcome.fetches or outcome.serves or outcome.accelerated:
            continue
        name = _says_so(outcome)
        if name is None or not _read(reading, outcome):
            continue
        if served is None:
            served = mounted_by_servers(outcomes)
        if outcome.view.container.initial and any(
            id(volume) in served for _, _, volume, _ in outcome.view.mounts.mounts
        ):
            reading.signal("download", outcome.view.container.path, name)


def mounted_by_servers(outcomes: Sequence[Outcome]) -> set[int]:
    """The volumes of containers that stay; each belongs to one Pod."""
    return {
        id(volume)
        for outcome in outcomes
        if not outcome.view.container.initial
        for _, _, volume, _ in outcome.view.mounts.mounts
    }


def _read(reading: Reading, outcome: Outcome) -> bool:
    """Whether it fetches something, known or not."""
    read_as_custom(reading, outcome, DOWNLOADER)
    if outcome.named:
        return True
    for unread in outcome.unread:
        reading.undetermine(unread.reason, unread.field, unread.detail, outcome.view)
    return bool(outcome.unread)


def _says_so(outcome: Outcome) -> str | None:
    """The name that says it: the container's, its image's or that of a program."""
    container = outcome.view.container
    names = (container.name, repository(container.image).rpartition("/")[2], *outcome.heads)
    return next((name for name in names if _fetches(name.lower())), None)


def _fetches(name: str) -> bool:
    return (
        _FETCHES.search(name) is not None
        and _MODELS.search(name) is not None
        and _DATA.search(name) is None
    )
