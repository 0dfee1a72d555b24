"""Images that only carry models: a command copies or links them into a volume."""

import re

from modeladmit.workloads.address import model_file
from modeladmit.workloads.claims import Claim, Reading, View
from modeladmit.workloads.downloads import LIKE_MODELS, role_of
from modeladmit.workloads.programs import Command
from modeladmit.workloads.tables import Form


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
