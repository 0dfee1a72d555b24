"""Words of a shell script as the shell would expand them, as far as that is known before it runs.

A value is a tuple of words (a scalar has one); what may have several values (set in a branch) has several alternatives.
POSIX.1-2024, Shell Command Language, sections 2.5 and 2.6.
"""

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.shell import patterns
from modeladmit.workloads.text import MARKERS, MAX_TEXT, TOO_MANY, Origin

if TYPE_CHECKING:
    from modeladmit.workloads.shell.evaluate import Script

Value = tuple[str, ...]
Alternatives = tuple[Value, ...]
MAX_ALTERNATIVES: Final = 12
MAX_WORDS: Final = 1024
NOTHING: Final[Alternatives] = ((),)
_SPECIAL: Final = frozenset("?$!#-_")
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


class Scope:
    """Variables and positional parameters as they are at one point. A branch has a scope of its own around the outer one."""

    __slots__ = ("changes", "outer", "own", "parameters")

    def __init__(
        self, parameters: list[Alternatives] | None = None, outer: "Scope | None" = None
    ) -> None:
        self.own: dict[str, Alternatives] = {}
        self.outer = outer
        self.changes: list[int] = [0] if outer is None else outer.changes
        """How often any scope of the script was changed: what was computed from one holds until then."""
        self.parameters: list[Alternatives] = list(
            outer.parameters if outer is not None else parameters or []
        )

    def get(self, name: str) -> Alternatives | None:
        """What a variable holds, or None when the script has not set it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.own:
                return scope.own[name]
            scope = scope.outer
        return None

    def set(self, name: str, found: Alternatives) -> None:
        """Set a variable."""
        self.own[name] = limited(found)
        self.changes[0] += 1

    def branch(self) -> "Scope":
        """A scope for what may or may not happen."""
        return Scope(outer=self)

    def all(self) -> dict[str, Alternatives]:
        """Every variable."""
        chain: list[Scope] = []
        scope: Scope | None = self
        while scope is not None:
            chain.append(scope)
            scope = scope.outer
        return {name: found for one in reversed(chain) for name, found in one.own.items()}

    def join(self, *branches: "Scope") -> None:
        """After branches of this scope: what they leave different has every one of their values."""
        for name in dict.fromkeys(name for branch in branches for name in branch.own):
            found: dict[Value, None] = {}
            for branch in branches:
                for value in branch.get(name) or ():
                    found.setdefault(value)
            self.set(name, tuple(found))


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
        if not node.child_count:
            return self._expanded(node, quoted=quoted)
        if not self.script.effort.enter():
            self.script.cut_off()
            return self.unknown("a word too deep to read", UndeterminedReason.LIMIT)
        try:
            return self._expanded(node, quoted=quoted)
        finally:
            self.script.effort.leave()

    def _expanded(self, node: Node, *, quoted: bool) -> Alternatives:
        text = self.script.text_of
        match node.type:
            case (
                "word"
                | "extglob_pattern"
                | "regex"
                | "test_operator"
                | "variable_name"
                | "number"
                | "file_descriptor"
            ):
                if node.child_count:
                    return self._joined(node.children, quoted=quoted)
                raw = text(node)
                return (
                    ((_ESCAPE.sub(lambda m: "" if m[1] == "\n" else m[1], raw),),)
                    if "\\" in raw
                    else ((raw,),)
                )
            case "raw_string":
                return ((text(node)[1:-1],),)
            case "ansi_c_string":
                return ((_ESCAPE.sub(lambda m: _ANSI.get(m[1], m[1]), text(node)[2:-1]),),)
            case "string" | "translated_string":
                return self._string(node)
            case "string_content" | "heredoc_content":
                return ((_STRING_ESCAPE.sub(lambda m: "" if m[1] == "\n" else m[1], text(node)),),)
            case "concatenation":
                return self._braced(node, quoted=quoted)
            case "simple_expansion":
                return self._split(self._simple(text(node)[1:]), quoted=quoted)
            case "expansion":
                return self._split(self._expansion(node), quoted=quoted)
            case "command_substitution":
                return self._split(self.script.substitution(node), quoted=quoted)
            case "array":
                return self._array(node)
            case "command_name":
                return (
                    self.expand(node.children[0], quoted=quoted)
                    if node.child_count
                    else ((text(node),),)
                )
            case "process_substitution":
                self.script.evaluate_children(node)
                return self.unknown("<(…)")
            case _:
                return self.unknown(self.script.shown(node))

    def one(self, node: Node) -> str:
        """The single text that a node has; unknown when it may have several."""
        found = self.expand(node, quoted=True)
        return (
            " ".join(found[0]) if len(found) == 1 else self.unknown(self.script.text_of(node))[0][0]
        )

    def _string(self, node: Node) -> Alternatives:
        """Children and the gaps between them: the grammar leaves line ends and some blanks out."""
        named = node.named_children
        if (
            len(named) == 1
            and node.end_byte - node.start_byte == named[0].end_byte - named[0].start_byte + 2
        ):
            text = self.script.text_of(named[0])
            if text in {"$@", "${@}"} or text.endswith("[@]}"):  # every word stays a word
                return self._simple("@") if text in {"$@", "${@}"} else self._expansion(named[0])
        source, children = self.script.source, node.children[1:]
        result: Alternatives = (("",),)
        position = node.children[0].end_byte if node.children else node.start_byte
        for child in children:
            if child.start_byte > position:
                result = glued(
                    result, ((source[position : child.start_byte].decode("utf-8", "replace"),),)
                )
            if child.is_named:
                result = glued(result, self.expand(child, quoted=True))
            position = child.end_byte
        return self._bounded(result)

    def heredoc(self, node: Node, *, literal: bool) -> Alternatives:
        """The body of a heredoc."""
        source = self.script.source
        if literal or not node.child_count:
            return ((self.script.text_of(node),),)
        result: Alternatives = (("",),)
        position = node.start_byte
        for child in node.children:
            if child.start_byte > position:
                result = glued(
                    result, ((source[position : child.start_byte].decode("utf-8", "replace"),),)
                )
            result = glued(result, self.expand(child, quoted=True))
            position = child.end_byte
        return self._bounded(result)

    def _joined(self, children: list[Node], *, quoted: bool) -> Alternatives:
        result: Alternatives = NOTHING
        for child in children:
            part = (
                ((self.script.text_of(child),),)
                if not child.is_named
                else self.expand(child, quoted=quoted)
            )
            result = glued(result, part)
        return self._bounded(result)

    def _braced(self, node: Node, *, quoted: bool) -> Alternatives:
        """A concatenation; `a{b,c}` of plain words is two words."""
        raw = self.script.text_of(node)
        if (
            not quoted
            and raw.count("{") == 1
            and "," in raw
            and "$" not in raw
            and "'" not in raw
            and '"' not in raw
            and "{{" not in raw
        ):
            head, _, rest = raw.partition("{")
            inner, closed, tail = rest.partition("}")
            if closed:
                return (tuple(f"{head}{item}{tail}" for item in inner.split(",")),)
        return self._joined(node.children, quoted=quoted)

    def _array(self, node: Node) -> Alternatives:
        result: list[Value] = [()]
        for child in node.named_children:
            if child.type != "comment":
                pairs = itertools.product(result, self.expand(child))
                result = list(limited(tuple(a + b for a, b in pairs)))
        return tuple(
            value if len(value) <= MAX_WORDS else (*value[:MAX_WORDS], TOO_MANY) for value in result
        )

    def _split(self, found: Alternatives, *, quoted: bool) -> Alternatives:
        if quoted:
            return tuple((" ".join(value),) if len(value) != 1 else value for value in found)
        return tuple(
            _first_words(word for text in value for word in text.split()) for value in found
        )

    def _simple(self, name: str) -> Alternatives:
        scope = self.script.scope
        if name.isdigit():
            index = int(name[:4])
            return scope.parameters[index] if index < len(scope.parameters) else NOTHING
        if name in {"@", "*"}:
            result: list[Value] = [()]
            for parameter in scope.parameters[1:]:
                result = list(
                    limited(tuple(a + b for a, b in itertools.product(result, parameter)))
                )
            return tuple(result)
        if name in _SPECIAL:
            return self.unknown(f"${name}")
        return self.script.variable(name)

    def _expansion(self, node: Node) -> Alternatives:
        children = node.children[1:-1]
        raw = self.script.text_of(node)
        if not children:
            return self.unknown(raw)
        first = children[0]
        if not first.is_named:  # ${#V}, ${!V}
            if self.script.text_of(first) == "!" and len(children) == 2:  # noqa: PLR2004 - operator and name
                return self._indirect(children[1])
            return self.unknown(raw)
        name = self.script.text_of(first)
        found = self._subscript(first) if first.type == "subscript" else self._simple(name)
        rest = children[1:]
        if not rest:
            return found
        operator = self.script.text_of(rest[0])
        arguments = rest[1:]
        return self._operated(name, found, operator, arguments, raw)

    def _operated(
        self, name: str, found: Alternatives, operator: str, arguments: list[Node], raw: str
    ) -> Alternatives:
        defined = self.script.defined(name)
        argument: Alternatives = (
            (("",),)
            if not arguments
            else self._joined([a for a in arguments if a.is_named], quoted=True)
        )
        if operator in {":-", "-", ":=", "="}:
            empty = defined and all(not "".join(v) for v in found)
            result = found if defined and not (empty and operator.startswith(":")) else argument
            if not defined and self.script.environment.unread:
                result = (*argument, *found)
            if operator in {":=", "="}:
                self.script.scope.set(name, result)
            return result
        if operator in {":+", "+"}:
            return argument if defined and any("".join(v) for v in found) else (("",),)
        if operator in {":?", "?"}:
            return found
        texts = [" ".join(value) for value in found]
        self.script.effort.spend(8 * len(texts))
        if any(MARKERS.search(text) for text in texts) or len(argument) != 1:
            return self.unknown(raw)
        pattern = " ".join(argument[0])
        changed: list[str | None]
        if operator in {"#", "##", "%", "%%"}:
            changed = [patterns.trimmed(text, operator, pattern) for text in texts]
        elif operator in {"/", "//", "/#", "/%"}:
            named = [a for a in arguments if a.is_named]
            if not named:
                return self.unknown(raw)
            old = self.one(named[0])
            new = "".join(self.one(a) for a in named[1:])
            changed = [patterns.replaced(text, operator, old, new) for text in texts]
        elif operator in {"^^", ",,", "^", ","}:
            changed = [patterns.cased(text, operator) for text in texts]
        elif operator == ":":
            numbers = raw.partition(":")[2].removesuffix("}").split(":")
            changed = [
                patterns.sliced(text, numbers[0], numbers[1] if len(numbers) > 1 else "")
                for text in texts
            ]
        else:
            return self.unknown(raw)
        if any(text is None for text in changed):
            return self.unknown(raw)
        return tuple((text,) for text in changed if text is not None)

    def _subscript(self, node: Node) -> Alternatives:
        name = self.script.text_of(node.children[0])
        index = self.script.text_of(node.children[2]) if node.child_count > 2 else ""  # noqa: PLR2004 - name [ index ]
        found = self.script.variable(name)
        if index in {"@", "*"}:
            return found
        if index.isdigit():
            return tuple(
                (value[int(index[:6])],) if int(index[:6]) < len(value) else () for value in found
            )
        return self.unknown(f"${{{name}[{index}]}}")

    def _indirect(self, node: Node) -> Alternatives:
        names = self.script.variable(self.script.text_of(node))
        if len(names) == 1 and len(names[0]) == 1 and names[0][0].isidentifier():
            return self.script.variable(names[0][0])
        return self.unknown("${!…}")

    def _bounded(self, found: Alternatives) -> Alternatives:
        if any(len(text) > MAX_TEXT for value in found for text in value):
            return self.unknown("an expansion that grows too long", UndeterminedReason.LIMIT)
        return found


def limited(found: Alternatives) -> Alternatives:
    """No more alternatives than are followed; what is beyond them stays visible as one that is not known."""
    return (
        found if len(found) <= MAX_ALTERNATIVES else (*found[: MAX_ALTERNATIVES - 1], (TOO_MANY,))
    )


def _first_words(words: Iterator[str]) -> Value:
    taken = tuple(itertools.islice(words, MAX_WORDS))
    return taken if next(words, None) is None else (*taken, TOO_MANY)


def glued(left: Alternatives, right: Alternatives) -> Alternatives:
    """Two parts of one word side by side."""
    return limited(
        tuple(
            (*a[:-1], a[-1] + b[0], *b[1:]) if a and b else a or b
            for a, b in itertools.product(left, right)
        )
    )
