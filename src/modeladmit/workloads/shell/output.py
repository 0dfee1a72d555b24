"""What commands of a script write, where it is certain: `echo`, `printf`, `cat` of a heredoc or of a known file."""

import posixpath
import re
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from modeladmit.workloads.files import File
from modeladmit.workloads.text import Word

if TYPE_CHECKING:
    from modeladmit.workloads.shell.evaluate import Script

_FORMAT: Final = re.compile(r"%[sd]|\\n|\\t|%%")


def redirect_text(script: "Script", node: Node) -> str | None:
    """The text of a heredoc or herestring."""
    if node.type == "herestring_redirect":
        named = node.named_children
        return script.expander.one(named[-1]) + "\n" if named else None
    start = next((c for c in node.named_children if c.type == "heredoc_start"), None)
    body = next((c for c in node.named_children if c.type == "heredoc_body"), None)
    if body is None or start is None:
        return None
    literal = script.text_of(start)[:1] in {"'", '"', "\\"}
    found = script.expander.heredoc(body, literal=literal)
    return (
        found[0][0] if len(found) == 1 and found[0] else script.expander.unknown("a heredoc")[0][0]
    )


def target(script: "Script", node: Node) -> str | None:
    """The file that a `>` writes, if its name is known."""
    operators = {c.type for c in node.children if not c.is_named}
    if not operators & {">", ">>", "&>", ">|"} or any(
        c.type == "file_descriptor" and script.text_of(c) == "2" for c in node.named_children
    ):
        return None
    destination = node.child_by_field_name("destination")
    return None if destination is None else script.expander.one(destination)


def source(script: "Script", node: Node) -> str | None:
    """The text of the file that a `<` reads, if it is known."""
    if not any(c.type == "<" for c in node.children):
        return None
    destination = node.child_by_field_name("destination")
    if destination is None:
        return None
    file = script.runner.view.files.read(script.expander.one(destination))
    return script.ledger.marker(file.origin) + file.text if isinstance(file, File) else None


def of_statement(script: "Script", node: Node, stdin: str | None = None) -> str | None:
    """What a statement writes; None when that is not certain."""
    if node.type == "redirected_statement":
        body = node.child_by_field_name("body")
        texts = [
            redirect_text(script, c)
            for c in node.children
            if c.type in {"heredoc_redirect", "herestring_redirect"}
        ]
        return (
            of_statement(script, body, texts[-1] if texts else stdin) if body is not None else None
        )
    if node.type == "pipeline":
        text = stdin
        for part in node.named_children:
            text = of_statement(script, part, text)
            if text is None:
                return None
        return text
    if node.type != "command":
        return None
    words: list[str] = []
    for child in node.named_children:
        if child.type in {"heredoc_redirect", "herestring_redirect"}:
            stdin = redirect_text(script, child)
            continue
        if child.type in {"file_redirect", "variable_assignment"}:
            return None
        if _runs(child):
            return None
        found = script.expander.expand(child)
        if len(found) != 1:
            return None
        words += found[0]
    return _written(script, words, stdin)


def _runs(node: Node) -> bool:
    """Whether expanding it would start programs: those are read where the statement itself is."""
    stack = [node]
    while stack:
        inner = stack.pop()
        if inner.type == "command_substitution":
            return True
        stack.extend(inner.named_children[:64])
    return False


def _written(script: "Script", words: list[str], stdin: str | None) -> str | None:
    if not words:
        return None
    rest = words[1:]
    match words[0]:
        case "echo":
            while rest and rest[0] in {"-e", "-n", "-E", "-en", "-ne"}:
                rest = rest[1:]
            text = " ".join(rest)
            return text.replace("\\n", "\n") + "\n"
        case "printf" if rest:
            values = iter(rest[1:])
            return _FORMAT.sub(
                lambda m: {"\\n": "\n", "\\t": "\t", "%%": "%"}.get(m[0]) or next(values, ""),
                rest[0],
            )
        case "cat" if not rest or rest == ["-"]:
            return stdin
        case "cat" if len(rest) == 1:
            file = script.runner.view.files.read(rest[0])
            if isinstance(file, File):
                return script.ledger.marker(file.origin) + file.text
            return script.ledger.marker(file)
        case "basename" if rest:
            name = posixpath.basename(rest[0].rstrip("/"))
            return name.removesuffix(rest[1]) if len(rest) > 1 else name
        case "dirname" if len(rest) == 1:
            return posixpath.dirname(rest[0]) or "."
        case "envsubst" | "tee":
            return stdin
        case "seq" if all(w.isdigit() and len(w) < 6 for w in rest) and 1 <= len(rest) <= 2:  # noqa: PLR2004 - digits
            first, last = (1, int(rest[0])) if len(rest) == 1 else (int(rest[0]), int(rest[1]))
            return "\n".join(str(n) for n in range(first, min(last, first + 256) + 1))
        case _:
            return None


def remember(script: "Script", words: list[Word], stdin: str | None, stdout: str | None) -> None:
    """A file that the script writes is there for what follows."""
    path = stdout
    if words[0].text == "tee" and len(words) > 1:
        path = words[-1].text
    if path is None:
        return
    text = _written(script, [w.text for w in words], stdin)
    if text is not None and len(script.runner.view.files.written) < 64:  # noqa: PLR2004 - enough for scripts that people write
        script.runner.view.files.written[
            script.runner.view.mounts.absolute(script.runner.path(path))
        ] = (text, script.word.field)
