"""The value of a Python expression: known where it is constant, unknown text elsewhere."""

import re
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.script.values import (
    Constant,
    Items,
    Table,
    Text,
    Value,
    joined,
    many,
    texts,
)
from modeladmit.workloads.text import marked

if TYPE_CHECKING:
    from modeladmit.workloads.script.program import Program

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "\n": ""}
MAX_ITEMS: Final = 256
_CHARACTERS: Final = 64
"""Characters that cost a step: text made of text doubles with every line."""
_FORMAT: Final = re.compile(r"%[sd]")


def evaluate(program: "Program", node: Node) -> Value:
    """The value of an expression; unknown text where it is not constant."""
    if not program.effort.enter():
        program.cut_off()
        return program.unknown("a program too deep to read", UndeterminedReason.LIMIT)
    try:
        return _evaluate(program, node)
    finally:
        program.effort.leave()


def _evaluate(program: "Program", node: Node) -> Value:
    match node.type:
        case "string":
            return _string(program, node)
        case "concatenated_string":
            value: Value = Text("")
            for child in node.named_children:
                value = joined(value, evaluate(program, child))
            return value
        case "true" | "false" | "none" | "integer" | "float":
            return Constant(program.text_of(node)[:40])
        case "identifier" | "attribute":
            return _name(program, node)
        case "list" | "tuple" | "set":
            return Items(
                tuple(evaluate(program, c) for c in node.named_children if c.type != "comment")
            )
        case "dictionary":
            entries = []
            for pair in node.named_children:
                key, inner = pair.child_by_field_name("key"), pair.child_by_field_name("value")
                if key is not None and inner is not None:
                    entries += [
                        (t.text, evaluate(program, inner))
                        for t in texts(evaluate(program, key))[:1]
                    ]
            return Table(tuple(entries))
        case "parenthesized_expression" | "await" | "expression_statement":
            return (
                evaluate(program, node.named_children[0])
                if node.named_child_count
                else program.unknown("()")
            )
        case "binary_operator":
            return _operator(program, node)
        case "boolean_operator":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None:
                return program.unknown("or")
            first = evaluate(program, left)
            known = [t for t in texts(first) if t.text and not marked(t.text)]
            return first if known else evaluate(program, right)
        case "conditional_expression":
            parts = node.named_children
            return (
                many(evaluate(program, parts[0]), evaluate(program, parts[-1]))
                if parts[2:]
                else program.unknown("if")
            )
        case "subscript":
            return _subscript(program, node)
        case "call":
            return _result(program, node)
        case _:
            return program.unknown(program.text_of(node)[:60])


def _string(program: "Program", node: Node) -> Value:
    value: Value = Text("")
    raw = program.text_of(node)[:2].lower()
    for child in node.named_children:
        if child.type in {"string_start", "string_end"}:
            continue
        if child.type == "interpolation":
            inner = child.child_by_field_name("expression") or (
                child.named_children[0] if child.named_child_count else None
            )
            value = joined(
                value, evaluate(program, inner) if inner is not None else program.unknown("{}")
            )
        else:
            text = program.text_of(child)
            if "\\" in text and "r" not in raw:
                text = re.sub(r"\\([\s\S])", lambda m: _ESCAPES.get(m[1], m[0]), text)
            value = joined(value, Text(text))
    program.effort.spend(sum(len(text.text) for text in texts(value)) // _CHARACTERS)
    return Text(value.text, program.span(node)) if isinstance(value, Text) else value


def _name(program: "Program", node: Node) -> Value:
    name = program.text_of(node)[:120]
    if name in program.scope:
        return program.scope[name]
    owner, _, attribute = name.rpartition(".")
    if owner and attribute in program.options and not owner.startswith("program"):
        return program.options[attribute]
    if owner and f"program.{attribute}" in program.scope and owner == "program":
        return program.scope[f"program.{attribute}"]
    return program.unknown(name)


def _operator(program: "Program", node: Node) -> Value:
    left, right, operator = (node.child_by_field_name(n) for n in ("left", "right", "operator"))
    if left is None or right is None or operator is None:
        return program.unknown("expression")
    first, second = evaluate(program, left), evaluate(program, right)
    match program.text_of(operator):
        case "+":
            if isinstance(first, Items) and isinstance(second, Items):
                if len(first.items) + len(second.items) > MAX_ITEMS:
                    return program.unknown("a long list", UndeterminedReason.LIMIT)
                return Items((*first.items, *second.items))
            value = joined(first, second)
            program.effort.spend(sum(len(text.text) for text in texts(value)) // _CHARACTERS)
            return value
        case "/":
            return joined(joined(first, Text("/")), second)
        case "%":
            parts = [t.text for t in texts(second)]
            template = next((t.text for t in texts(first)), "")
            values = iter(parts)
            return Text(_FORMAT.sub(lambda m: next(values, m[0]), template)[: 1 << 14])
        case _:
            return program.unknown(program.text_of(node)[:60])


def key_of(program: "Program", node: Node) -> str:
    """The constant key of a subscript; empty when it is not known."""
    keys = node.children_by_field_name("subscript")
    return next((t.text for t in texts(evaluate(program, keys[0]))), "") if keys else ""


def _subscript(program: "Program", node: Node) -> Value:
    owner = node.child_by_field_name("value")
    if owner is None:
        return program.unknown("[]")
    name, key = program.text_of(owner), key_of(program, node)
    if name.endswith("environ") and key:
        return _variable(program, key, None)
    value = evaluate(program, owner)
    if isinstance(value, Table) and key:
        return value.get(key) or program.unknown(f"{name}[{key}]")
    return program.unknown(program.text_of(node)[:60])


def _variable(program: "Program", name: str, default: Value | None) -> Value:
    text = program.environment.get(name)
    if text is not None:
        return Text(text)
    if program.environment.unread:
        unknown = program.unknown(f"variable {name}", UndeterminedReason.OPAQUE_ENVIRONMENT)
        return unknown if default is None else many(default, unknown)
    return (
        default
        if default is not None
        else program.unknown(f"variable {name}", UndeterminedReason.PLACEHOLDER)
    )


def _result(program: "Program", node: Node) -> Value:
    function, arguments = (
        node.child_by_field_name("function"),
        node.child_by_field_name("arguments"),
    )
    if function is None or arguments is None:
        return program.unknown("call")
    name = program.text_of(function)
    inner = [a for a in arguments.named_children if a.type not in {"comment", "keyword_argument"}]
    if name.endswith((".environ.get", "getenv", "environ.get")) and inner:
        key = next((t.text for t in texts(evaluate(program, inner[0]))), "")
        keyword = next(
            (
                a.child_by_field_name("value")
                for a in arguments.named_children
                if a.type == "keyword_argument"
            ),
            None,
        )
        default = inner[1] if len(inner) > 1 else keyword
        value = None if default is None else evaluate(program, default)
        return _variable(
            program, key, None if isinstance(value, Constant) and value.text == "None" else value
        )
    if (
        name in {"str", "Path", "pathlib.Path", "os.path.expanduser", "os.path.abspath", "cast"}
        and inner
    ):
        return evaluate(program, inner[-1])
    if name.endswith(("path.join", "joinpath")) and inner:
        value = evaluate(program, inner[0])
        for part in inner[1:16]:
            value = joined(joined(value, Text("/")), evaluate(program, part))
        return value
    if name.endswith(".split") and function.type == "attribute":
        owner = function.child_by_field_name("object")
        separator = (
            next((t.text for t in texts(evaluate(program, inner[0]))), " ") if inner else None
        )
        source = evaluate(program, owner) if owner is not None else Text("")
        return Items(
            tuple(
                Text(p.strip())
                for t in texts(source)[:1]
                for p in t.text.split(separator or None)
                if p.strip()
            )
        )
    if name.endswith((".strip", ".rstrip", ".lstrip")) and function.type == "attribute":
        owner = function.child_by_field_name("object")
        return evaluate(program, owner) if owner is not None else program.unknown(name)
    if name.endswith(".items") and function.type == "attribute":
        owner = function.child_by_field_name("object")
        return evaluate(program, owner) if owner is not None else program.unknown(name)
    if name.endswith(".format") and function.type == "attribute":
        return _formatted(program, function, inner)
    if name.rpartition(".")[2] in {"snapshot_download", "hf_hub_download"}:
        return Text("")  # the path of what it downloaded: the call itself is the reference
    return program.unknown(program.text_of(node)[:60])


def _formatted(program: "Program", function: Node, inner: list[Node]) -> Value:
    owner = function.child_by_field_name("object")
    template = (
        next((t.text for t in texts(evaluate(program, owner))), "") if owner is not None else ""
    )
    for argument in inner:
        value = next((t.text for t in texts(evaluate(program, argument))), "")
        template = template.replace("{}", value, 1)[: 1 << 14]
    return Text(template) if "{" not in template else program.unknown("a format")
