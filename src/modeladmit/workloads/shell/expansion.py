"""Words of a shell script as the shell would expand them, as far as that is known before it runs.

POSIX.1-2024, Shell Command Language, sections 2.2 and 2.6.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from tree_sitter import Node

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.shell import parameters
from modeladmit.workloads.shell.scope import NOTHING, Alternatives, Value, glued, limited
from modeladmit.workloads.text import MAX_TEXT, TOO_MANY, Origin

if TYPE_CHECKING:
    from modeladmit.workloads.shell.evaluate import Script

MAX_WORDS: Final = 1024
_A_STEP: Final = 64
"""Words of an array that cost a step when another word multiplies them."""
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_STRING_ESCAPE: Final = re.compile(r"\\([$`\"\\\n])")
_ANSI: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "e": "\x1b",
}


class Expander:
    """Expands the nodes of one script."""

    def __init__(self, script: "Script") -> None:
        self.script = script

    def unknown(
        self, name: str, reason: UndeterminedReason = UndeterminedReason.SHELL
    ) -> Alternatives:
        """One word that is not known."""
        return ((self.script.ledger.marker(Origin(name[:120], reason)),),)

    def expand(self, node: Node, *, quoted: bool = False) -> Alternatives:
        """Every value that a word may have."""
        read = _READERS.get(node.type, _beyond)
        if not node.child_count:
            return read(self, node, quoted=quoted)
        if not self.script.effort.enter():
            self.script.cut_off()
            return self.unknown("a word too deep to read", UndeterminedReason.LIMIT)
        try:
            return read(self, node, quoted=quoted)
        finally:
            self.script.effort.leave()

    def one(self, node: Node) -> str:
        """The single text that a node has; unknown when it may have several."""
        found = self.expand(node, quoted=True)
        return (
            " ".join(found[0]) if len(found) == 1 else self.unknown(self.script.text_of(node))[0][0]
        )

    def joined(self, children: Sequence[Node], *, quoted: bool) -> Alternatives:
        """Parts of one word side by side."""
        result: Alternatives = NOTHING
        for child in children:
            part = (
                ((self.script.text_of(child),),)
                if not child.is_named
                else self.expand(child, quoted=quoted)
            )
            result = glued(result, part)
        return self.bounded(result)

    def filled(self, children: Sequence[Node], position: int) -> Alternatives:
        """Children and the gaps between them: the grammar leaves line ends and some blanks out."""
        source = self.script.source
        result: Alternatives = (("",),)
        for child in children:
            if child.start_byte > position:
                gap = source[position : child.start_byte].decode("utf-8", "replace")
                result = glued(result, ((gap,),))
            if child.is_named:
                result = glued(result, self.expand(child, quoted=True))
            elif child.type != '"':  # a dollar sign that begins nothing
                result = glued(result, ((self.script.text_of(child),),))
            position = child.end_byte
        return self.bounded(result)

    def heredoc(self, node: Node, *, literal: bool) -> Alternatives:
        """The body of a heredoc."""
        if literal or not node.child_count:
            return ((self.script.text_of(node),),)
        return self.filled(node.children, node.start_byte)

    def bounded(self, found: Alternatives) -> Alternatives:
        """Text over the limit is unknown."""
        if any(len(text) > MAX_TEXT for value in found for text in value):
            return self.unknown("an expansion that grows too long", UndeterminedReason.LIMIT)
        return found


class _Reader(Protocol):
    def __call__(self, expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives: ...


def _beyond(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:  # noqa: ARG001 - a reader
    """What nobody can know."""
    return expander.unknown(expander.script.shown(node))


def _word(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:
    if node.child_count:
        return expander.joined(node.children, quoted=quoted)
    raw = expander.script.text_of(node)
    if "\\" in raw:
        raw = _ESCAPE.sub(lambda m: "" if m[1] == "\n" else m[1], raw)
    return ((raw,),)


def _command_name(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:
    if node.child_count:
        return expander.expand(node.children[0], quoted=quoted)
    return ((expander.script.text_of(node),),)


def _raw(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:  # noqa: ARG001 - a reader
    return ((expander.script.text_of(node)[1:-1],),)


def _ansi(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:  # noqa: ARG001 - a reader
    text = expander.script.text_of(node)[2:-1]
    return ((_ESCAPE.sub(lambda m: _ANSI.get(m[1], m[1]), text),),)


def _string(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:  # noqa: ARG001 - a reader
    if (found := parameters.every(expander.script, node)) is not None:
        return found
    start = node.children[0].end_byte if node.children else node.start_byte
    return expander.filled(node.children[1:], start)


def _content(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:  # noqa: ARG001 - a reader
    text = expander.script.text_of(node)
    return ((_STRING_ESCAPE.sub(lambda m: "" if m[1] == "\n" else m[1], text),),)


def _concatenation(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:
    """`a{b,c}` of plain words is two words."""
    raw = expander.script.text_of(node)
    if not quoted and raw.count("{") == 1 and "," in raw and not _QUOTED.intersection(raw):
        head, _, rest = raw.partition("{")
        inner, closed, tail = rest.partition("}")
        if closed:
            return (tuple(f"{head}{item}{tail}" for item in inner.split(",")),)
    return expander.joined(node.children, quoted=quoted)


_QUOTED: Final = frozenset("$'\"")


def _simple(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:
    return _split(
        parameters.plain(expander.script, expander.script.text_of(node)[1:]), quoted=quoted
    )


def _braces(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:
    return _split(parameters.braced(expander.script, node), quoted=quoted)


def _output(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:
    return _split(expander.script.substitution(node), quoted=quoted)


def _process(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:  # noqa: ARG001 - a reader
    expander.script.evaluate_children(node)
    return expander.unknown("<(…)")


def _array(expander: Expander, node: Node, /, *, quoted: bool) -> Alternatives:  # noqa: ARG001 - a reader
    heads: Alternatives = NOTHING
    tail: list[str] = []
    for child in node.named_children:
        if child.type == "comment":
            continue
        found = expander.expand(child)
        if len(found) == 1:
            tail += found[0]
            continue
        expander.script.effort.spend(sum(map(len, heads)) // _A_STEP)
        heads = limited(tuple(_cut((*a, *tail, *b)) for a in heads for b in found))
        tail = []
    return tuple(_cut((*head, *tail)) for head in heads)


def _cut(words: Value) -> Value:
    return words if len(words) <= MAX_WORDS else (*words[:MAX_WORDS], TOO_MANY)


def _split(found: Alternatives, *, quoted: bool) -> Alternatives:
    """POSIX, section 2.6.5: what is not quoted is split into words."""
    if quoted:
        return tuple((" ".join(value),) if len(value) != 1 else value for value in found)
    return tuple(_first_words(word for text in value for word in text.split()) for value in found)


def _first_words(words: Iterator[str]) -> Value:
    taken = tuple(itertools.islice(words, MAX_WORDS))
    return taken if next(words, None) is None else (*taken, TOO_MANY)


_READERS: Final[Mapping[str, _Reader]] = {
    "word": _word,
    "extglob_pattern": _word,
    "regex": _word,
    "test_operator": _word,
    "variable_name": _word,
    "number": _word,
    "file_descriptor": _word,
    "raw_string": _raw,
    "ansi_c_string": _ansi,
    "string": _string,
    "translated_string": _string,
    "string_content": _content,
    "heredoc_content": _content,
    "concatenation": _concatenation,
    "simple_expansion": _simple,
    "expansion": _braces,
    "command_substitution": _output,
    "array": _array,
    "command_name": _command_name,
    "process_substitution": _process,
}
"""How each part of a word is read."""
