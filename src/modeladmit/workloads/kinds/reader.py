"""What the reader of a kind works with: the object, and ways to say what a field names."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.claims import MAX_CLAIMS, Claim, Pinning, Reading, View
from modeladmit.workloads.containers import make_view, read_as_custom, read_container
from modeladmit.workloads.podspec import Container, PodSpec
from modeladmit.workloads.reading import dig, mapping, select, sequence, string
from modeladmit.workloads.serving import Given, read_engine
from modeladmit.workloads.tables import Engine, Form, Kind
from modeladmit.workloads.text import Origin, Word, marked

MAX_PLACES: Final = 2048
"""Places that one path of a kind may mean in one object."""


@dataclass(slots=True, eq=False)
class KindView:
    """One object of a known kind."""

    reading: Reading
    kind: Kind
    siblings: Sequence[Mapping[str, Any]] = ()
    """Other objects of the same file: only a command line has them."""
    named: bool = False
    file: Origin | None = None
    """The file that words come from while a reader looks into one: its carrier is theirs."""
    taken: set[FieldPath] = field(default_factory=set)
    """Containers that the reader has read itself."""
    mounted: set[FieldPath] = field(default_factory=set)
    """Containers into which the operator mounts weights that a field of theirs names."""

    def select(self, pattern: str) -> Iterator[tuple[FieldPath, Any]]:
        """Everything at a path of the object; places beyond the bound are a limit."""
        for number, (at, value) in enumerate(select(self.reading.root, pattern)):
            if number >= MAX_PLACES:
                self.reading.limit(at, f"more than {MAX_PLACES} places of one kind")
                return
            yield at, value

    def get(self, *steps: str | int) -> Any:
        """One field of the object."""
        return dig(self.reading.root, *steps)

    def word(self, at: FieldPath, value: object) -> Word:
        """A field's text, or that of the file which is being read."""
        ledger = self.reading.ledger
        return ledger.word(ledger.readable(value), at, file=self.file)

    def claim(
        self,
        at: FieldPath,
        value: object,
        role: Role = Role.WEIGHTS,
        form: Form = Form.URL,
        *,
        revision: tuple[FieldPath, Any] | None = None,
        pinning: Pinning | None = None,
        text: str | None = None,
        filename: str | None = None,
        runs_code: bool = False,
        optional: bool = False,
        hub: str = "hf",
    ) -> Claim | None:
        """Say that a field names an artifact. `text` is what it means where that is not what it holds."""
        if len(self.reading.claims) > MAX_CLAIMS:
            return None  # said once, when the claims are joined
        word = self.word(at, value if text is None else text)
        if not word.text.strip():
            return None
        claim = Claim(
            role,
            word,
            form,
            self.kind.title,
            None,
            None if revision is None or not revision[1] else self.word(*revision),
            pinning or Pinning(),
            filename=filename,
            runs_code=runs_code,
            optional=optional,
            hub=hub,
        )
        self.reading.claims.append(claim)
        self.named = self.named or role is Role.WEIGHTS
        return claim

    def view_at(self, at: FieldPath, raw: Mapping[str, Any]) -> View:
        """A map that acts like a container; its Pod is the map itself."""
        pod = PodSpec(at, raw)
        return make_view(self.reading, Container(at, raw, pod), self.reading.volumes.of(pod))

    def container(
        self, at: FieldPath, raw: object, engine: str | None = None, given: Claim | None = None
    ) -> None:
        """Read a map of args and env for which the operator supplies the rest."""
        raw = mapping(raw)
        if not raw:
            return
        if not self.reading.effort.take_container():
            self.reading.limit(at, "more containers than are read in one object")
            return
        view = self.view_at(at, raw)
        self.taken.add(at)
        table = None if engine is None else self.reading.tables.engine(engine)
        if table is not None and not sequence(raw.get("command")):
            from modeladmit.workloads.commandline import container_words

            self.serve(view, table, container_words(self.reading, view)[1], given)
        else:
            outcome = read_container(self.reading, view, engine_hint=table)
            if table is None and not outcome.named and self.kind.inference:
                read_as_custom(self.reading, outcome)
            self.named = self.named or outcome.named

    def serve(
        self, view: View, engine: Engine, words: Sequence[Word], given: Claim | None = None
    ) -> None:
        """Read arguments and variables as those of an engine. `given` names the weights where they do not."""
        served = read_engine(
            self.reading, view, engine, words, given=None if given is None else Given(given)
        )
        self.named = self.named or served.named

    def arguments(self, at: FieldPath, value: object) -> list[Word]:
        """A list of arguments, a text of them, or a map from option to value."""
        ledger = self.reading.ledger
        if isinstance(value, str):
            return [
                ledger.word(part, at)
                for part in self.reading.affordable(_words(ledger.readable(value)), at)
            ]
        if isinstance(value, dict):
            pairs = [
                (at / key, key.lstrip("-"), "" if item is True else ledger.readable(item))
                for key, item in self.reading.affordable(list(value.items()), at)
                if isinstance(key, str) and item is not False
            ]
            return [
                ledger.word(text, place)
                for place, key, text in pairs
                for text in ([f"--{key}", text] if text else [f"--{key}"])
            ]
        return [
            ledger.word(ledger.readable(item), at / index, whole=True)
            for index, item in enumerate(self.reading.affordable(sequence(value), at))
        ]

    def undetermined(self, reason: UndeterminedReason, at: FieldPath, detail: str) -> None:
        """Say that a model must exist and cannot be determined."""
        self.reading.undetermine(reason, at, detail, None, self.kind.title)

    def other_object(self, at: FieldPath, kind: str, name: object) -> None:
        """The model is in another object, which can change on its own."""
        text = string(name)
        if text and not marked(text):
            self.undetermined(
                UndeterminedReason.MUTABLE_CARRIER,
                at,
                f"the model is what {kind} {text[:63]} says; it is judged there",
            )
            self.named = True


def _words(text: str) -> list[str]:
    """A text of arguments, split as a shell would."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def sibling(view: KindView, kind: str, name: str) -> Mapping[str, Any] | None:
    """Another object of the file by kind and name."""
    return next(
        (o for o in view.siblings if o.get("kind") == kind and dig(o, "metadata", "name") == name),
        None,
    )
