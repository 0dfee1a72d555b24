"""The load-time guard in a Pod template: `modeladmit guard --expect DIGEST PATH [-- COMMAND…]`.

It counts when nothing can change between what it hashes and what is served. Everything that would is listed here;
whether its image is ours by digest is for the judge (design section 3, "The guard").
"""

import posixpath
from collections.abc import Sequence
from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.core.workload import Guard
from modeladmit.errors import InvalidDigest
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.commandline import container_words
from modeladmit.workloads.text import Word, marked
from modeladmit.workloads.volumes import Place

PROGRAM: Final = "modeladmit"
_WORDS: Final = 5
"""modeladmit guard --expect DIGEST PATH"""


def find_guards(reading: Reading, views: Sequence[View]) -> tuple[Guard, ...]:
    """Every guard among the containers of one Pod, in the order in which they start."""
    found = []
    for position, view in enumerate(views):
        command, arguments = container_words(reading, view)
        words = [*command, *arguments]
        if not command and words and words[0].text == "guard":
            words = [words[0].part(PROGRAM), *words]
        if (
            len(words) > 1
            and words[1].text == "guard"
            and posixpath.basename(words[0].text) == PROGRAM
        ):
            found.append(
                _guard(
                    view,
                    words,
                    [v for i, v in enumerate(views) if i != position and not _ended(v, view)],
                )
            )
    return tuple(found)


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


def _guard(view: View, words: Sequence[Word], others: Sequence[View]) -> Guard:
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
        problems += _writers(place, others)
    return Guard(
        view.name,
        view.container.path,
        view.container.image,
        expect,
        path,
        tuple(problems),
        None if place is None else place.uri,
    )


def _writers(place: Place, others: Sequence[View]) -> list[str]:
    """Containers that run after the guard and may write what it hashed."""
    if place.volume.uri.startswith("image://") or place.volume.raw.get("readOnly") is True:
        return []
    found = []
    for view in others:
        for _, inside, volume, at in view.mounts.mounts:
            index = at.steps[-1]
            mounts = view.container.raw.get("volumeMounts")
            raw = mounts[index] if isinstance(mounts, list) and isinstance(index, int) else {}
            overlaps = (
                not inside
                or not place.rest
                or place.rest.startswith(inside)
                or inside.startswith(place.rest)
            )
            if volume.name == place.volume.name and overlaps and raw.get("readOnly") is not True:
                found.append(
                    f"container {view.name[:63]} mounts the same volume and may write to it; set readOnly: true"
                )
    return list(dict.fromkeys(found))
