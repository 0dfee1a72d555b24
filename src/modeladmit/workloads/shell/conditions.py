"""Tests of `if` and `case` that can be decided because all their text is known."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from modeladmit.workloads.text import marked

if TYPE_CHECKING:
    from modeladmit.workloads.shell.evaluate import Script

_MAX_PATTERN: Final = 63
_MAX_WILDCARDS: Final = 3
"""More would let a pattern take long on long text."""
Clause = tuple[list[Node] | None, list[Node]]


def clauses(node: Node) -> list[Clause]:
    """The branches of an `if`: test and body; the test of `else` is None."""
    test: list[Node] = []
    body: list[Node] = []
    rest: list[Clause] = []
    then = False
    for child in node.children:
        if child.type == "then":
            then = True
        elif child.type == "elif_clause":
            rest += clauses(child)[:1]
        elif child.type == "else_clause":
            rest.append((None, list(child.named_children)))
        elif child.is_named and child.type != "comment":
            (body if then else test).append(child)
    return [(test, body), *rest]


def holds(script: "Script", test: Sequence[Node]) -> bool | None:
    """Whether a test is true; None when that depends on what is not known."""
    if len(test) != 1 or test[0].type not in {"test_command", "negated_command"}:
        return None
    if test[0].type == "negated_command":
        inner = holds(script, test[0].named_children)
        return None if inner is None else not inner
    inner_nodes = test[0].named_children
    return _expression(script, inner_nodes[0]) if len(inner_nodes) == 1 else None


def _expression(script: "Script", node: Node) -> bool | None:
    if node.type == "unary_expression" and node.child_count == 2:  # noqa: PLR2004 - operator and operand
        operator = script.text_of(node.children[0])
        if operator == "!":
            inner = _expression(script, node.children[1])
            return None if inner is None else not inner
        text = _known(script, node.children[1])
        if operator not in {"-z", "-n"}:
            return None
        if text is None:
            return None
        return (not text) == (operator == "-z")
    if node.type == "binary_expression" and node.child_count == 3:  # noqa: PLR2004 - left, operator, right
        operator = script.text_of(node.children[1])
        left, right = _known(script, node.children[0]), _known(script, node.children[2])
        if left is None or right is None or operator not in {"=", "==", "!="}:
            return None
        equal = (
            fnmatchcase(left, right)
            if "*" in right and len(right) <= _MAX_PATTERN and right.count("*") <= _MAX_WILDCARDS
            else left == right
        )
        return equal == (operator != "!=")
    return None


def _known(script: "Script", node: Node) -> str | None:
    if (
        node.type == "string"
        and node.named_child_count == 1
        and node.named_children[0].type in {"simple_expansion", "expansion"}
    ):
        name = script.text_of(node.named_children[0]).strip("${}")
        if name.isidentifier() and not script.defined(name):
            return None
    found = script.expander.expand(node, quoted=True)
    if len(found) != 1:
        return None
    text = " ".join(found[0])
    return None if marked(text) else text


def selects(script: "Script", word: str, patterns: Sequence[Node]) -> bool | None:
    """Whether a `case` item's patterns select the word."""
    for node in patterns:
        pattern = script.text_of(node).strip("'\"")
        if "$" in pattern or "(" in pattern or pattern.count("*") > 4 or len(pattern) > 128:  # noqa: PLR2004 - short patterns only
            return None
        if fnmatchcase(word, pattern):
            return True
    return False
