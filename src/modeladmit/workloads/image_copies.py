"""Copies inside a Pod: what was fetched is moved on, and images that only carry models put them into a volume."""

import itertools
import re
from typing import Final

from modeladmit.workloads.address import model_file
from modeladmit.workloads.claims import Claim, Reading, View
from modeladmit.workloads.downloads import LIKE_MODELS, role_of
from modeladmit.workloads.programs import Command
from modeladmit.workloads.tables import Form

COPIES: Final = frozenset({"cp", "mv", "ln", "rsync", "tar", "unzip"})


def follow_copy(reading: Reading, view: View, command: Command) -> bool:
    """`mv`, `cp`, `ln` or unpacking of what was fetched before: it is there too. Whether it was."""
    pair = _copy(command)
    if pair is None or not reading.effort.afford(len(reading.claims) // 8):
        return False  # then the copy stays a place of its own, which is judged as such
    source, target = (view.mounts.absolute(text) for text in pair)
    source = source.rpartition("/*")[0] or source
    followed = False
    for claim in reading.claims:
        if (
            claim.view is None
            or claim.view.container is not view.container
            or not claim.destination
        ):
            continue
        for place in (claim.destination, *claim.copies):
            fetched = claim.view.mounts.absolute(place)
            if (
                source == fetched
                or source.startswith(fetched + "/")
                or fetched.startswith(source + "/")
            ):
                claim.copies = (*claim.copies[:8], target)
                followed = True
                break
    return followed


def _copy(command: Command) -> tuple[str, str] | None:
    """From where to where."""
    words = [word.text for word in command.words[1:]]
    plain = [text for text in words if not text.startswith("-")]
    match command.head:
        case "cp" | "mv" | "ln" | "rsync" if len(plain) > 1:
            return plain[0], plain[-1]
        case "tar" if plain:
            following = dict(itertools.pairwise(words))
            target = following.get("-C") or following.get("--directory") or command.directory or "."
            return next((text for text in plain if text != target), plain[0]), target
        case "unzip" if plain:
            following = dict(itertools.pairwise(words))
            return plain[0], following.get("-d") or command.directory or "."
    return None


def copied_from_image(reading: Reading, view: View, command: Command) -> None:
    """`cp -r /models/. /mnt`: an image that only carries models copies or links them into a volume (a modelcar)."""
    words = [w for w in command.words[1:] if not w.text.startswith("-")]
    if command.head not in {"cp", "mv", "ln", "rsync"} or not words[1:] or not view.container.image:
        return
    destination = view.mounts.place(words[-1].text)
    for source in words[:-1]:
        path = source.text
        inside = re.sub(r"^/proc/[^/]+/root", "", path)
        if (
            not inside.startswith("/")
            or (path == inside and destination is None)
            or view.mounts.place(inside) is not None
        ):
            continue
        if LIKE_MODELS.search(f"{inside} {words[-1].text}") or model_file(inside):
            word = reading.ledger.word(
                reading.ledger.readable(view.container.image), view.container.path / "image"
            )
            reading.claims.append(
                Claim(
                    role_of(words[-1].text, view),
                    word,
                    Form.IMAGE,
                    "modelcar",
                    view,
                    destination=words[-1].text,
                )
            )
            return
