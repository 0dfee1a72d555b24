"""The load-time guard in a Pod template: `modeladmit guard --expect DIGEST PATH [-- COMMAND…]`.

It counts when nothing can change between what it hashes and what is served. Everything that would is listed here;
whether its image is ours by digest is for the judge (design section 3, "The guard").
"""

import posixpath
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Guard
from modeladmit.errors import InvalidDigest
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.commandline import container_words
from modeladmit.workloads.text import Word, marked
from modeladmit.workloads.volumes import Place

PROGRAM: Final = "modeladmit"
MAX_GUARDS: Final = 16
"""Of one Pod; one is usual."""
_Mounted = tuple[View, str, FieldPath]
"""A container that mounts a volume, the path inside that, and where the mount is written."""
_WORDS: Final = 5
"""modeladmit guard --expect DIGEST PATH"""


def find_guards(reading: Reading, views: Sequence[View]) -> tuple[Guard, ...]:
    """Every guard among the containers of one Pod, in the order in which they start; one that is not listed counts for nothing."""
    started = ((view, _guard_words(reading, view)) for view in views)
    guards = list(islice(((v, words) for v, words in started if words), MAX_GUARDS))
    if not guards:
        return ()
    mounted: dict[str, list[_Mounted]] = {}
    for view in views:
        for _, inside, volume, at in view.mounts.mounts:
            mounted.setdefault(volume.name, []).append((view, inside, at))
    return tuple(_guard(view, words, mounted) for view, words in guards)


def _guard_words(reading: Reading, view: View) -> Sequence[Word]:
    """The guard's command line; empty when the container starts something else."""
    command, arguments = container_words(reading, view)
    first, second = (*command[:2], *arguments[:2], None, None)[:2]
    if not command and first is not None and first.text == "guard":
        return [first.part(PROGRAM), *arguments]
    if (
        first is None
        or second is None
        or second.text != "guard"
        or posixpath.basename(first.text) != PROGRAM
    ):
        return ()
    return [*command, *arguments]


def _ended(other: View, guard: View) -> bool:
    """Whether the other container has ended when the guard starts: an init container before it."""
    lists = ("initContainers", "containers", "ephemeralContainers")
    if not other.container.initial:
        return False
    here, there = guard.container, other.container
    if here.list_name == "initContainers":
        return str(there.path.steps[-1]).isdigit() and int(there.path.steps[-1]) < int(
            here.path.steps[-1]
        )
    return lists.index(here.list_name) > 0


def _guard(view: View, words: Sequence[Word], mounted: Mapping[str, Sequence[_Mounted]]) -> Guard:
    problems: list[str] = []
    end = next((index for index, word in enumerate(words) if word.text == "--"), len(words))
    own, wrapped = list(words[:end]), list(words[end + 1 :])
    expect, path = "", ""
    if len(own) == _WORDS and own[2].text == "--expect":
        expect, path = own[3].text, own[4].text
    elif len(own) == _WORDS - 1 and own[2].text.startswith("--expect="):
        expect, path = own[2].text.partition("=")[2], own[3].text
    else:
        problems.append(
            "its arguments are not `guard --expect DIGEST PATH`, optionally followed by `-- COMMAND`"
        )
    if any(marked(word.text) or word.mutable for word in own):
        problems.append("its arguments depend on text that can change after admission")
    try:
        Digest.parse(expect)
    except InvalidDigest:
        problems.append("--expect holds no digest, such as sha256:<64 hexadecimal digits>")
    if not path.startswith("/"):
        problems.append("the path is not absolute")
    if not wrapped and not view.container.initial:
        problems.append(
            "it neither is an init container that ends before the server starts, nor wraps the server"
        )
    if view.environment.opaque:
        problems.append("`envFrom` may change how it runs")
    place = view.mounts.place(path) if path else None
    if place is None and not wrapped:
        problems.append("no volume is mounted at the path that it hashes")
    if place is not None:
        problems += _writers(view, place, mounted.get(place.volume.name, ()))
    return Guard(
        view.name,
        view.container.path,
        view.container.image,
        expect,
        path,
        tuple(problems),
        None if place is None else place.uri,
    )


def _writers(guard: View, place: Place, mounted: Sequence[_Mounted]) -> list[str]:
    """Containers that run after the guard and may write what it hashed."""
    if place.volume.uri.startswith("image://") or place.volume.raw.get("readOnly") is True:
        return []
    found: dict[str, None] = {}
    for view, inside, at in mounted:
        index = at.steps[-1]
        mounts = view.container.raw.get("volumeMounts")
        raw = mounts[index] if isinstance(mounts, list) and isinstance(index, int) else {}
        overlaps = (
            not inside
            or not place.rest
            or place.rest.startswith(inside)
            or inside.startswith(place.rest)
        )
        if (
            view is not guard
            and overlaps
            and raw.get("readOnly") is not True
            and not _ended(view, guard)
        ):
            found[
                f"container {view.name[:63]} mounts the same volume and may write to it; set readOnly: true"
            ] = None
    return list(found)
