"""Conditions and loops: what is known decides, everything else is taken."""

from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.shell import conditions
from modeladmit.workloads.shell.scope import Alternatives, Scope, Value
from modeladmit.workloads.text import marked

if TYPE_CHECKING:
    from modeladmit.workloads.shell.evaluate import Script

MAX_ITERATIONS: Final = 24


def branches(script: "Script", node: Node) -> None:
    """`if`: every branch that may be taken, each with variables of its own."""
    scopes: list[Scope] = []
    clauses = conditions.clauses(node)
    for test, body in clauses:
        verdict = None if test is None else conditions.holds(script, test)
        if test is not None:
            for part in test:
                script.step(part)
        if verdict is False:
            continue
        outer, script.scope = script.scope, script.scope.branch()
        for child in body:
            script.step(child)
        scopes.append(script.scope)
        script.scope = outer
        if verdict is True:
            outer.join(*scopes)
            return
    if not any(test is None for test, _ in clauses):
        scopes.append(script.scope.branch())
    if scopes:
        script.scope.join(*scopes)


def cases(script: "Script", node: Node) -> None:
    """`case`: every item, or the one that the known word selects."""
    value = node.child_by_field_name("value")
    found = script.expander.expand(value, quoted=True) if value is not None else ()
    known = found[0][0] if len(found) == 1 and found[0] and not marked(found[0][0]) else None
    scopes: list[Scope] = []
    for item in [c for c in node.named_children if c.type == "case_item"]:
        patterns = item.children_by_field_name("value")
        body = [c for c in item.named_children if c not in patterns]
        matches = conditions.selects(script, known, patterns) if known is not None else None
        if matches is False:
            continue
        outer, script.scope = script.scope, script.scope.branch()
        for child in body:
            script.step(child)
        scopes.append(script.scope)
        script.scope = outer
        if matches is True:
            outer.join(*scopes)
            return
    script.scope.join(*scopes, script.scope.branch())


def loop(script: "Script", node: Node) -> None:
    """`for NAME in words`: the body once for each word."""
    variable, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
    if variable is None or body is None:
        return
    name = script.text_of(variable)
    words: list[str] = []
    values = node.children_by_field_name("value")
    for child in values:
        found: Alternatives = script.expander.expand(child)
        words += [text for value in found for text in value]
    if not values:
        words = [
            text
            for parameter in script.scope.parameters[1:]
            for value in parameter
            for text in value
        ]
    script.repeated += 1
    for text in words[:MAX_ITERATIONS]:
        value: Value = (text,)
        script.scope.set(name, (value,))
        script.step(body)
    script.repeated -= 1
    if len(words) > MAX_ITERATIONS:
        script.unread(
            UndeterminedReason.LIMIT,
            f"a loop over more than {MAX_ITERATIONS} words",
            certain=True,
        )
