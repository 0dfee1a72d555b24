"""Reading a shell script: which programs it starts, with which words.

Nothing is run. Branches are both taken unless the test is about known text; loops over known words go through each;
functions are entered where they are called. What cannot be known stays visible as an unknown word, and what could do
anything (`eval`, a downloaded script) is noted.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tree_sitter import Node

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.environment import Environment, Variable
from modeladmit.workloads.placement import literal_offset
from modeladmit.workloads.programs import Follower
from modeladmit.workloads.shell import output
from modeladmit.workloads.shell.branching import branches, cases, loop
from modeladmit.workloads.shell.builtins import SHELL_ONLY, run_builtin
from modeladmit.workloads.shell.expansion import Expander
from modeladmit.workloads.shell.parser import BASH, parse_text
from modeladmit.workloads.shell.redirection import pipeline, redirected
from modeladmit.workloads.shell.scope import Alternatives, Scope, given_words
from modeladmit.workloads.text import Origin, Word

MAX_PRODUCTS: Final = 24
_CHARACTERS: Final = 64
"""Characters of a variable that cost a step: text made of text grows with every line."""
_WORDS: Final = 4
"""Words of a command that cost a step."""
_HERE: Final = frozenset({"herestring_redirect", "heredoc_redirect"})
_DECLARING: Final = frozenset({"export", "declare", "typeset", "local", "readonly"})


class Script:
    """One shell text on its way through evaluation."""

    def __init__(
        self,
        runner: Follower,
        text: Word,
        environment: Environment,
        parameters: Sequence[Word],
        depth: int,
    ) -> None:
        self.runner = runner
        self.ledger = runner.reading.ledger
        self.word = text
        self.source = text.text.encode("utf-8", "replace")
        self.ascii = len(self.source) == len(text.text)
        self.environment = environment
        self.depth = depth
        self.scope = Scope(parameters=given_words([w.text for w in parameters]))
        self.given = {w.text: w for w in parameters if w.text}
        self.functions: dict[str, Node] = {}
        self.expander = Expander(self)
        self.offset = literal_offset(runner.reading.root, text)
        self.file = next((o for o in text.origins if o.known and o.carrier.mutable), None)
        self.stdin: str | None = None
        self.effort = runner.reading.effort
        self.repeated = 0
        self._exported_at: tuple[Scope, int] | None = None
        self._exported = environment

    def evaluate(self) -> None:
        """Read the whole text."""
        root = parse_text(self.source, BASH)
        if root is None:
            self.unread(
                UndeterminedReason.LIMIT, "shell text that takes too long to read", certain=True
            )
            return
        if root.has_error:
            self.unread(UndeterminedReason.SHELL, "shell text that the grammar does not accept")
        self.evaluate_children(root)
        # Each knows the other: what was read here goes now, not at some later collection.
        del self.expander

    def unread(self, reason: UndeterminedReason, detail: str, *, certain: bool = False) -> None:
        """Note what could not be read."""
        self.runner.unread(reason, self.word.field, detail, certain=certain)

    def text_of(self, node: Node) -> str:
        """The source text of a node."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def shown(self, node: Node) -> str:
        """The start of a node's text, for messages."""
        return self.source[node.start_byte : min(node.end_byte, node.start_byte + 80)].decode(
            "utf-8", "replace"
        )

    def evaluate_children(self, node: Node) -> None:
        """Read what stands in a node, in order."""
        for child in node.named_children:
            self.step(child)

    def step(self, node: Node) -> None:
        """Read one statement."""
        if not self.effort.enter():
            self.cut_off()
            return
        try:
            STATEMENTS.get(node.type, Script.evaluate_children)(self, node)
        finally:
            self.effort.leave()

    def cut_off(self) -> None:
        """Say that the rest was not read."""
        self.unread(
            UndeterminedReason.LIMIT,
            "shell text nested or repeated beyond what is read",
            certain=True,
        )

    def define(self, node: Node) -> None:
        """`name() { … }`: entered where it is called."""
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if name is not None and body is not None:
            self.functions[self.text_of(name)] = body

    def unset(self, node: Node) -> None:
        """`unset NAME…`."""
        for child in node.named_children:
            self.scope.set(self.text_of(child), ((),))

    def subshell(self, node: Node) -> None:
        """`( … )`: what it sets is gone afterwards."""
        outer, self.scope = self.scope, self.scope.branch()
        self.evaluate_children(node)
        self.scope = outer

    def repeat(self, node: Node) -> None:
        """A loop whose end is not known: its body is read once."""
        self.repeated += 1
        self.evaluate_children(node)
        self.repeated -= 1

    def variable(self, name: str) -> Alternatives:
        """What a variable may hold here."""
        if (found := self.scope.get(name)) is not None:
            return found
        text = self.environment.get(name)
        if text is not None:
            return ((text,),)
        if self.environment.unread:
            at, source = self.environment.unread[-1]
            origin = Origin(
                f"${name}, which may come from {source}"[:120],
                UndeterminedReason.OPAQUE_ENVIRONMENT,
                field=at,
            )
        else:
            origin = Origin(f"${name}"[:120], UndeterminedReason.PLACEHOLDER)
        return ((self.ledger.marker(origin),),)

    def defined(self, name: str) -> bool:
        """Whether something in the object defines the variable."""
        if name.isdigit():
            return int(name[:4]) < len(self.scope.parameters)
        return self.scope.get(name) is not None or self.environment.get(name) is not None

    def assign(self, node: Node) -> None:
        """`NAME=value` and `NAME+=value`."""
        target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if target is None:
            return
        found: Alternatives = (("",),)
        if value is not None:
            found = self.expander.expand(value, quoted=value.type != "array")
        name = self.text_of(target)
        if target.type == "subscript":
            name = self.text_of(target.children[0])
            old = self.scope.get(name) or ((),)
            found = tuple(a + b for a in old for b in found)
        elif any(child.type == "+=" for child in node.children):
            old = self.variable(name) if self.defined(name) else ((),)
            array = value is not None and value.type == "array"
            found = tuple(
                a + b if array else ("".join(a) + "".join(b),)
                for a, b in itertools.product(old, found)
            )
        self.effort.spend(sum(len(text) for value in found for text in value) // _CHARACTERS)
        self.scope.set(
            name,
            tuple(
                v
                if sum(map(len, v)) < 1 << 16
                else self.expander.unknown(name, UndeterminedReason.LIMIT)[0]
                for v in found
            ),
        )

    def declare(self, node: Node) -> None:
        """`export A=b`, `local A`, `declare -a A`."""
        for child in node.named_children:
            if child.type == "variable_assignment":
                self.assign(child)
            elif child.type in {"concatenation", "string"}:
                for value in self.expander.expand(child):
                    for text in value:
                        name, equals, rest = text.partition("=")
                        if equals and name.isidentifier():
                            self.scope.set(name, ((rest,),))
            elif child.type == "command_substitution":
                self.expander.expand(child)

    def command(self, node: Node, *, stdin: str | None = None, stdout: str | None = None) -> None:
        """A simple command: its assignments hold for it alone."""
        outer: Scope | None = None
        words: list[tuple[Alternatives, Node]] = []
        for child in node.children:
            kind = child.type
            if kind == "variable_assignment":
                if outer is None:
                    outer, self.scope = self.scope, self.scope.branch()
                self.assign(child)
            elif kind in _HERE:
                stdin = output.redirect_text(self, child) or stdin
            elif kind == "file_redirect":
                stdout = output.target(self, child) or stdout
            elif child.is_named:
                words.append((self.expander.expand(child), child))
        if len(words) == 1 and outer is not None and not words[0][0][0]:
            outer = None
        self.start(words, stdin if stdin is not None else self.stdin, stdout)
        if outer is not None:
            self.scope = outer

    def start(
        self, words: list[tuple[Alternatives, Node]], stdin: str | None, stdout: str | None
    ) -> None:
        """Start a command for every combination of values that its words may have."""
        several = self.repeated > 0
        self.effort.spend(sum(len(found[0]) for found, _ in words if found) // _WORDS)
        if words and all(len(found) == 1 == len(found[0]) for found, _ in words):
            self.dispatch(
                [
                    self.built(found[0][0], None if several else self.span(node))
                    for found, node in words
                ],
                stdin,
                stdout,
            )
            return
        total = 1
        for index, (found, node) in enumerate(words):
            total *= max(1, len(found))
            if total > MAX_PRODUCTS:
                words[index] = (
                    self.expander.unknown(f"{self.shown(node)}, which has many values"),
                    node,
                )
                total = max(1, total // max(1, len(found)))
        for combination in itertools.product(*(found for found, _ in words)):
            built: list[Word] = []
            for value, (found, node) in zip(combination, words, strict=True):
                span = None if several or len(found) > 1 or len(value) > 1 else self.span(node)
                built += [self.built(text, span) for text in value]
            if built:
                self.dispatch(built, stdin, stdout)

    def built(self, text: str, span: tuple[int, int] | None) -> Word:
        """A word of this script; one that came in as a parameter stays what it was."""
        if text in self.given:
            return self.given[text]
        if self.file is None and text.isascii():
            return Word(text, self.word.field, span)
        return self.ledger.word(text, self.word.field, span=span, file=self.file)

    def span(self, node: Node) -> tuple[int, int] | None:
        """Where a node stands in the object's own text, if the script stands there literally."""
        if self.offset is None:
            return None
        start, end = node.start_byte, node.end_byte
        if not self.ascii:
            start, end = (len(self.source[:n].decode("utf-8", "replace")) for n in (start, end))
        return self.offset + start, self.offset + end

    def dispatch(self, words: list[Word], stdin: str | None, stdout: str | None) -> None:
        """A function, a builtin, or a program."""
        name = words[0].text
        if name in self.functions and self.depth < 6:  # noqa: PLR2004 - functions that call each other
            self.call(name, words)
        elif name in SHELL_ONLY:
            run_builtin(self, name, words, stdin)
        elif name in _DECLARING:
            for word in words[1:]:
                key, equals, value = word.text.partition("=")
                if equals:
                    self.scope.set(key, ((value,),))
        else:
            output.remember(self, words, stdin, stdout)
            self.runner.run(
                words, self.exported(), stdin=stdin, stdout=stdout, depth=self.depth + 1
            )

    def call(self, name: str, words: list[Word]) -> None:
        """Enter a function with its arguments."""
        outer, self.scope.parameters = self.scope.parameters, given_words([w.text for w in words])
        self.depth += 1
        self.repeated += 1
        self.step(self.functions[name])
        self.repeated -= 1
        self.depth -= 1
        self.scope.parameters = outer

    def exported(self) -> Environment:
        """The environment that a program started here gets."""
        moment = (self.scope, self.scope.changes[0])
        if moment != self._exported_at:
            self._exported_at, self._exported = moment, self._export()
        return self._exported

    def _export(self) -> Environment:
        set_here = self.scope.all()
        if not set_here or self.effort.steps < 0:
            return self.environment
        variables = dict(self.environment.variables)
        self.effort.spend(len(variables) // 64 + len(set_here) // 4)
        for name, found in set_here.items():
            text = (
                " ".join(found[0])
                if len(found) == 1
                else self.expander.unknown(f"${name}, which has several values")[0][0]
            )
            variables[name] = Variable(text, self.word.field)
        return Environment(variables, self.environment.opaque, self.environment.unread)

    def substitution(self, node: Node) -> Alternatives:
        """`$(command)`: its programs run too; its output is known for a few of them."""
        children = [child for child in node.named_children if child.type != "comment"]
        text = output.of_statement(self, children[0]) if len(children) == 1 else None
        before = self.stdin
        if text is None:
            for child in children:
                self.step(child)
        self.stdin = before
        if text is not None:
            return ((text.rstrip("\n"),),)
        return self.expander.unknown(f"the output of {self.shown(node)}")


def _nothing(_script: Script, _node: Node) -> None:
    """Text that starts no program."""


STATEMENTS: Final[Mapping[str, Callable[[Script, Node], None]]] = {
    "comment": _nothing,
    "heredoc_body": _nothing,
    "heredoc_start": _nothing,
    "heredoc_end": _nothing,
    "test_command": _nothing,
    "command": Script.command,
    "variable_assignment": Script.assign,
    "declaration_command": Script.declare,
    "unset_command": Script.unset,
    "function_definition": Script.define,
    "subshell": Script.subshell,
    "while_statement": Script.repeat,
    "c_style_for_statement": Script.repeat,
    "redirected_statement": redirected,
    "pipeline": pipeline,
    "if_statement": branches,
    "case_statement": cases,
    "for_statement": loop,
}
"""How each statement of the grammar is read; others are read for what stands in them."""
