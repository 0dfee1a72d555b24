"""Reading a Python program: which functions it calls, with which constant arguments.

Nothing is run. tree-sitter-python accepts text that CPython would refuse (templates, holes of a heredoc), raises nothing
and warns of nothing, which `ast` does on text of strangers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tree_sitter import Node

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.effort import Effort
from modeladmit.workloads.environment import Environment, Variable
from modeladmit.workloads.placement import literal_offset
from modeladmit.workloads.programs import Follower
from modeladmit.workloads.script.call import Call
from modeladmit.workloads.script.expressions import evaluate, key_of
from modeladmit.workloads.script.values import (
    Items,
    Table,
    Text,
    Value,
    each,
    joined,
    many,
    texts,
)
from modeladmit.workloads.shell.parser import PYTHON, parse_text
from modeladmit.workloads.text import Origin, Word

MAX_CALLS: Final = 256
MAX_ITERATIONS: Final = 24


@dataclass(slots=True, eq=False)
class _Function:
    node: Node
    called: bool = False


@dataclass(slots=True, eq=False)
class Program:
    """One Python text on its way through reading."""

    runner: Follower
    word: Word
    environment: Environment
    arguments: Sequence[Word] = ()
    scope: dict[str, Value] = field(default_factory=dict)
    functions: dict[str, _Function] = field(default_factory=dict)
    options: dict[str, Value] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    conditional: int = 0
    source: bytes = b""
    offset: int | None = None
    ascii: bool = True
    quote: str = '"'

    def read(self) -> None:
        """Read the whole text."""
        self.source = self.word.text.encode("utf-8", "replace")
        self.ascii = len(self.source) == len(self.word.text)
        self.offset = literal_offset(self.runner.reading.root, self.word)
        self.quote = "'" if "'" in self.word.text and '"' not in self.word.text else '"'
        root = parse_text(self.source, PYTHON)
        if root is None:
            self.runner.unread(
                UndeterminedReason.LIMIT,
                self.word.field,
                "program text that takes too long to read",
                certain=True,
            )
            return
        self.block(root)
        for function in list(self.functions.values()):
            if not function.called:
                self.enter(function, (), {})

    @property
    def effort(self) -> Effort:
        """What is left for the object."""
        return self.runner.reading.effort

    def text_of(self, node: Node) -> str:
        """The source text of a node."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def unknown(self, name: str, reason: UndeterminedReason = UndeterminedReason.SCRIPT) -> Text:
        """Text that is not known."""
        return Text(self.runner.reading.ledger.marker(Origin(name[:120], reason)))

    def block(self, node: Node) -> None:
        """Read statements in order."""
        for child in node.named_children:
            self.step(child)

    def step(self, node: Node) -> None:
        """Read one statement or expression for its calls and assignments."""
        if not self.effort.enter():
            self.cut_off()
            return
        try:
            self._step(node)
        finally:
            self.effort.leave()

    def cut_off(self) -> None:
        """Say that the rest was not read."""
        self.runner.unread(
            UndeterminedReason.LIMIT,
            self.word.field,
            "a program nested or repeated beyond what is read",
            certain=True,
        )

    def _step(self, node: Node) -> None:
        match node.type:
            case "comment" | "string" | "identifier":
                return
            case "import_statement" | "import_from_statement":
                module = node.child_by_field_name("module_name")
                self.modules.add(
                    self.text_of(module if module is not None else node).split(" ")[-1][:80]
                )
            case "assignment" | "named_expression" | "augmented_assignment":
                self.assign(node)
            case "for_statement":
                self.loop(node)
            case "function_definition":
                name = node.child_by_field_name("name")
                if name is not None:
                    self.functions[self.text_of(name)] = _Function(node)
            case (
                "if_statement" | "try_statement" | "while_statement" | "elif_clause" | "else_clause"
            ):
                self.conditional += 1
                self.block(node)
                self.conditional -= 1
            case "call":
                self.call(node)
            case _:
                self.block(node)

    def assign(self, node: Node) -> None:
        """`a = b`, `self.a = b`, `a += b`, `os.environ["A"] = b`."""
        target, right = (
            node.child_by_field_name("left") or node.child_by_field_name("name"),
            node.child_by_field_name("right") or node.child_by_field_name("value"),
        )
        if target is None or right is None:
            return
        self.step(right)
        value = evaluate(self, right)
        name = self.text_of(target)[:120]
        if node.type == "augmented_assignment":
            old = self.scope.get(name)
            value = joined(old, value) if old is not None else value
        if target.type == "subscript" and "environ" in name and (key := key_of(self, target)):
            for text in texts(value)[:1]:
                self.environment = Environment(
                    {**self.environment.variables, key: Variable(text.text, self.word.field)},
                    self.environment.opaque,
                    self.environment.unread,
                )
        if target.type in {"pattern_list", "tuple_pattern"}:
            for child in target.named_children:
                self.scope[self.text_of(child)[:120]] = self.unknown(self.text_of(child))
            return
        self.scope[name] = (
            many(self.scope[name], value) if self.conditional and name in self.scope else value
        )

    def loop(self, node: Node) -> None:
        """`for x in [...]`: the body once for each known element."""
        target, right, body = (node.child_by_field_name(n) for n in ("left", "right", "body"))
        if target is None or right is None or body is None:
            return
        self.step(right)
        names = [
            self.text_of(c)[:120]
            for c in (
                target.named_children
                if target.type in {"pattern_list", "tuple_pattern"}
                else [target]
            )
        ]
        source = evaluate(self, right)
        items = [
            item
            for one in each(source)
            for item in (
                one.items
                if isinstance(one, Items)
                else [self._pair(e) for e in one.entries]
                if isinstance(one, Table)
                else ()
            )
        ]
        if len(items) > MAX_ITERATIONS:
            self.cut_off()
        for item in items[:MAX_ITERATIONS] or [self.unknown(self.text_of(right)[:60])]:
            if len(names) == 1:
                self.scope[names[0]] = item
            else:
                parts = item.items if isinstance(item, Items) else ()
                for index, name in enumerate(names):
                    self.scope[name] = parts[index] if index < len(parts) else self.unknown(name)
            self.step(body)

    @staticmethod
    def _pair(entry: tuple[str, Value]) -> Value:
        return Items((Text(entry[0]), entry[1]))

    def enter(
        self, function: _Function, positional: Sequence[Value], keywords: dict[str, Value]
    ) -> None:
        """Read a function's body with its parameters bound."""
        function.called = True
        parameters = function.node.child_by_field_name("parameters")
        body = function.node.child_by_field_name("body")
        if body is None:
            return
        outer = dict(self.scope)
        index = 0
        for parameter in parameters.named_children if parameters is not None else []:
            name_node = parameter.child_by_field_name("name") or (
                parameter.named_children[0] if parameter.named_child_count else parameter
            )
            name = self.text_of(name_node)[:120]
            if name in {"self", "cls"}:
                continue
            default = parameter.child_by_field_name("value")
            if name in keywords:
                self.scope[name] = keywords[name]
            elif index < len(positional):
                self.scope[name] = positional[index]
            else:
                self.scope[name] = (
                    evaluate(self, default)
                    if default is not None
                    else self.unknown(f"parameter {name}")
                )
            index += 1
        self.step(body)
        self.scope = {**outer, **{k: v for k, v in self.scope.items() if "." in k}}

    def call(self, node: Node) -> None:
        """Note a call, and enter functions of the program itself."""
        function, arguments = (
            node.child_by_field_name("function"),
            node.child_by_field_name("arguments"),
        )
        if function is None or arguments is None:
            return
        self.step(function)
        positional, keywords = self._arguments(arguments)
        called = self.text_of(function)[:160]
        if called.endswith("add_argument"):
            self._option(positional, keywords)
        own = self.functions.get(called.removeprefix("self."))
        if own is not None:
            self.enter(own, positional, keywords)
            return
        last = [a for a in arguments.named_children if a.type != "comment"][-1:]
        end = self.span(last[0]) if last else None
        if len(self.runner.programs.calls) >= MAX_CALLS:
            self.cut_off()
            return
        self.runner.programs.calls.append(
            Call(
                called,
                tuple(positional),
                keywords,
                self.word,
                end,
                self.quote,
                self.environment,
                self.runner.directory,
                frozenset(self.modules),
            )
        )

    def _arguments(self, arguments: Node) -> tuple[list[Value], dict[str, Value]]:
        """What a call is given, as far as it is known."""
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        for argument in arguments.named_children:
            if argument.type == "comment":
                continue
            if argument.type == "keyword_argument":
                name, value = (
                    argument.child_by_field_name("name"),
                    argument.child_by_field_name("value"),
                )
                if name is not None and value is not None:
                    self.step(value)
                    keywords[self.text_of(name)[:80]] = evaluate(self, value)
            elif argument.type == "dictionary_splat":
                splat = (
                    evaluate(self, argument.named_children[0])
                    if argument.named_child_count
                    else None
                )
                if isinstance(splat, Table):
                    keywords.update(splat.entries)
            else:
                self.step(argument)
                positional.append(evaluate(self, argument))
        return positional, keywords

    def _option(self, positional: Sequence[Value], keywords: dict[str, Value]) -> None:
        """argparse: what `args.model` will be."""
        names = [t.text for value in positional for t in texts(value)]
        destination = next((t.text for t in texts(keywords.get("dest", Items(())))), "") or next(
            (n.lstrip("-").replace("-", "_") for n in names if n.startswith("--")),
            names[0] if names else "",
        )
        for index, word in enumerate(self.arguments):
            flag, equals, inline = word.text.partition("=")
            if flag in names:
                if equals:
                    self.options[destination] = Text(inline)
                    return
                if index + 1 < len(self.arguments):
                    self.options[destination] = Text(self.arguments[index + 1].text)
                    return
        if "default" in keywords:
            self.options[destination] = keywords["default"]

    def span(self, node: Node) -> tuple[int, int] | None:
        """Where a node stands in the object's text."""
        if self.offset is None:
            return None
        start, end = node.start_byte, node.end_byte
        if not self.ascii:
            start, end = (len(self.source[:n].decode("utf-8", "replace")) for n in (start, end))
        return self.offset + start, self.offset + end


def read_python(
    runner: Follower, text: Word, arguments: Sequence[Word], environment: Environment
) -> None:
    """Read program text and note its calls."""
    Program(runner, text, environment, arguments).read()
