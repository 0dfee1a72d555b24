"""Ollama's Modelfile: what a new model is made of."""

from collections.abc import Sequence

from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.claims import Claim, Reading, View
from modeladmit.workloads.files import File
from modeladmit.workloads.tables import Form
from modeladmit.workloads.text import Word


def create_from_modelfile(reading: Reading, view: View, words: Sequence[Word]) -> None:
    """`ollama create NAME -f Modelfile`: FROM and ADAPTER name what it is made of."""
    name = next(
        (words[i + 1].text for i, w in enumerate(words[:-1]) if w.text in {"-f", "--file"}),
        "Modelfile",
    )
    file = view.files.read(name)
    if not isinstance(file, File):
        at = words[0].field if words else view.container.path
        reading.undetermine(
            UndeterminedReason.CONFIG_FILE,
            at,
            f"{file.name} cannot be read at admission",
            view,
            "ollama",
        )
        return
    for line in file.text.splitlines():
        keyword, _, value = line.strip().partition(" ")
        if keyword.upper() in {"FROM", "ADAPTER"} and value.strip():
            word = reading.ledger.word(
                value.strip(), words[0].field if words else view.container.path, file=file.origin
            )
            form = Form.PATH if value.strip().startswith((".", "/")) else Form.OLLAMA
            reading.claims.append(
                Claim(
                    Role.WEIGHTS if keyword.upper() == "FROM" else Role.ADAPTER,
                    word,
                    form,
                    "ollama",
                    view,
                )
            )
