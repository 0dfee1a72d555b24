"""Folders that a server is started with: its store of models, and files in them that name more."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from modeladmit.core.workload import Role
from modeladmit.workloads.address import has_scheme
from modeladmit.workloads.arguments import Parsed, Setting
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.files import File
from modeladmit.workloads.option_files import values_of
from modeladmit.workloads.said import Said, is_reference
from modeladmit.workloads.tables import FALSE, Engine, Means, Option
from modeladmit.workloads.text import Word, marked
from modeladmit.workloads.volumes import Holder

MAX_FILES: Final = 64
"""Files below one folder that are looked at."""
_A_FOLDER: Final = 16
"""Steps that looking through one costs."""
_NO_NAMES: Final = frozenset({"none", "n/a", "standalone"})
"""What TorchServe takes for nothing at all."""


def in_store(said: Said) -> Iterator[tuple[Word, Option, Setting | None]]:
    """Names of files in the engine's store, as paths."""
    stores = [word.text for word, option, _ in said.names if option.means is Means.STORE]
    for word, option, setting in said.names:
        text = word.text
        if not option.stored or has_scheme(text) or text.startswith("/") or marked(text):
            yield word, option, setting
        elif text.lower() not in _NO_NAMES:
            store = (stores[-1] if stores else option.stored).rstrip("/")
            yield word.part(store if text.lower() == "all" else f"{store}/{text}"), option, setting


def read_folders(
    reading: Reading,
    view: View,
    engine: Engine,
    parsed: Parsed,
    roles: dict[Role, Said],
    code_flag: Word | None,
) -> Word | None:
    """Files of the engine's own formats in the folders that it is started with."""
    folders = [
        (s.option, value) for s in parsed.settings for value in s.values if s.option.documents
    ]
    if engine.positional is not None and engine.positional.documents:
        folders += [(engine.positional, word) for word in parsed.positionals[:1]]
    for option, folder in folders:
        if not reading.effort.afford(_A_FOLDER):
            reading.limit(folder.field, "more folders than are read in one object", view)
            break
        for path in islice(view.files.below(folder.text), MAX_FILES):
            for document in option.documents:
                file = view.files.read(path) if path.rpartition("/")[2] in document.names else None
                if isinstance(file, File):
                    code_flag = _members(reading, document, folder, file, roles) or code_flag
        _leave_out(view, folder, roles.get(Role.WEIGHTS))
    return code_flag


def _leave_out(view: View, folder: Word, said: Said | None) -> None:
    """A folder that is a ConfigMap holds no weights itself when its files say where they are."""
    place = view.mounts.place(folder.text)
    if said is not None and place is not None and place.volume.holder is Holder.CONFIG_MAP:
        others = [name for name in said.names if name[0].text != folder.text]
        said.names = others or said.names


def _members(
    reading: Reading, option: Option, at: Word, file: File, roles: dict[Role, Said]
) -> Word | None:
    """What one such file says; the word that switches the artifact's code on, if any does."""
    code_flag: Word | None = None
    for member, value in values_of(reading, option, file, at.field):
        text = reading.ledger.readable(value) if isinstance(value, str | bool) else ""
        word = reading.ledger.word(text, at.field, file=file.origin)
        if member.means is Means.CODE:
            code_flag = word if text.lower() not in FALSE else code_flag
        elif text and not (member.only_text and not is_reference(word, member)):
            roles.setdefault(member.role, Said()).names.append((word, member, None))
    return code_flag
