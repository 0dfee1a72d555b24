"""`$V` and `${V…}`: what a parameter holds, and what its operators make of it.

POSIX.1-2024, Shell Command Language, sections 2.5 and 2.6.2; arrays, `!`, `/`, `^`, `,` and slices are bash's.
"""

import itertools
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from modeladmit.workloads.shell import patterns
from modeladmit.workloads.shell.scope import NOTHING, Alternatives, limited
from modeladmit.workloads.text import TOO_MANY, marked

if TYPE_CHECKING:
    from modeladmit.workloads.shell.evaluate import Script

MAX_VARYING: Final = 64
"""Parameters that are read when some of them may be one thing or another."""
_A_STEP: Final = 16
"""Words that cost a step."""
_SPECIAL: Final = frozenset("?$!#-_")
_ALL: Final = frozenset({"@", "*"})
_DEFAULTS: Final = frozenset({":-", "-", ":=", "="})
_OTHERWISE: Final = frozenset({":+", "+"})
_REQUIRED: Final = frozenset({":?", "?"})
_TRIMMED: Final = frozenset({"#", "##", "%", "%%"})
_REPLACED: Final = frozenset({"/", "//", "/#", "/%"})
_CASED: Final = frozenset({"^^", ",,", "^", ","})
_INDIRECT: Final = 2
"""Children of `${!V}`: operator and name."""
_INDEX: Final = 2
"""Where a subscript has its index: name, `[`, index."""


def plain(script: "Script", name: str) -> Alternatives:
    """`$NAME`, `$1`, `$@` and the special ones."""
    scope = script.scope
    if name.isdigit():
        index = int(name[:4])
        return scope.parameters[index] if index < len(scope.parameters) else NOTHING
    if name in _ALL:
        given = scope.parameters[1:]
        script.effort.spend(len(given) // _A_STEP)
        if all(len(parameter) == 1 for parameter in given):
            return (tuple(itertools.chain.from_iterable(parameter[0] for parameter in given)),)
        result: Alternatives = NOTHING
        for parameter in given[:MAX_VARYING]:
            result = limited(tuple(a + b for a, b in itertools.product(result, parameter)))
        return result if len(given) <= MAX_VARYING else tuple((*v, TOO_MANY) for v in result)
    if name in _SPECIAL:
        return script.expander.unknown(f"${name}")
    return script.variable(name)


def braced(script: "Script", node: Node) -> Alternatives:
    """`${…}`."""
    children = node.children[1:-1]
    raw = script.text_of(node)
    if not children:
        return script.expander.unknown(raw)
    first = children[0]
    if not first.is_named:  # ${#V}, ${!V}
        if script.text_of(first) == "!" and len(children) == _INDIRECT:
            return _indirect(script, children[1])
        return script.expander.unknown(raw)
    name = script.text_of(first)
    found = _subscript(script, first) if first.type == "subscript" else plain(script, name)
    if not children[1:]:
        return found
    operator, arguments = script.text_of(children[1]), [a for a in children[2:] if a.is_named]
    argument: Alternatives = (("",),)
    if children[2:]:
        argument = script.expander.joined(arguments, quoted=True)
    if operator in _DEFAULTS:
        return _default(script, name, found, operator, argument)
    if operator in _OTHERWISE:
        set_to = script.defined(name) and any("".join(value) for value in found)
        return argument if set_to else (("",),)
    if operator in _REQUIRED:
        return found
    texts = [" ".join(value) for value in found]
    script.effort.spend(8 * len(texts))
    if any(marked(text) for text in texts) or len(argument) != 1:
        return script.expander.unknown(raw)
    changed = [_changed(script, t, operator, " ".join(argument[0]), arguments, raw) for t in texts]
    known = tuple((text,) for text in changed if text is not None)
    return known if len(known) == len(changed) else script.expander.unknown(raw)


def _default(
    script: "Script", name: str, found: Alternatives, operator: str, argument: Alternatives
) -> Alternatives:
    """`${V:-…}` and `${V:=…}`; without the colon, empty is a value."""
    defined = script.defined(name)
    empty = defined and all(not "".join(value) for value in found)
    result = found if defined and not (empty and operator.startswith(":")) else argument
    if not defined and script.environment.unread:
        result = (*argument, *found)
    if operator.endswith("="):
        script.scope.set(name, result)
    return result


def _changed(
    script: "Script", text: str, operator: str, pattern: str, arguments: list[Node], raw: str
) -> str | None:
    """The text that an operator makes of known text; None when that is not computed."""
    if operator in _TRIMMED:
        return patterns.trimmed(text, operator, pattern)
    if operator in _REPLACED and arguments:
        new = "".join(script.expander.one(a) for a in arguments[1:])
        return patterns.replaced(text, operator, script.expander.one(arguments[0]), new)
    if operator in _CASED:
        return patterns.cased(text, operator)
    if operator == ":":
        start, *length = raw.partition(":")[2].removesuffix("}").split(":")
        return patterns.sliced(text, start, length[0] if length else "")
    return None


def _subscript(script: "Script", node: Node) -> Alternatives:
    name = script.text_of(node.children[0])
    index = script.text_of(node.children[_INDEX]) if node.child_count > _INDEX else ""
    found = script.variable(name)
    if index in _ALL:
        return found
    if index.isdigit():
        position = int(index[:6])
        return tuple((value[position],) if position < len(value) else () for value in found)
    return script.expander.unknown(f"${{{name}[{index}]}}")


def _indirect(script: "Script", node: Node) -> Alternatives:
    names = script.variable(script.text_of(node))
    if len(names) == 1 and len(names[0]) == 1 and names[0][0].isidentifier():
        return script.variable(names[0][0])
    return script.expander.unknown("${!…}")


def every(script: "Script", node: Node) -> Alternatives | None:
    """`"$@"` and `"${A[@]}"`: every word stays a word. None: it is another string."""
    named = node.named_children
    if len(named) != 1 or node.end_byte - node.start_byte != (
        named[0].end_byte - named[0].start_byte + len('""')
    ):
        return None
    text = script.text_of(named[0])
    if text in {"$@", "${@}"}:
        return plain(script, "@")
    return braced(script, named[0]) if text.endswith("[@]}") else None
