"""Redirections, heredocs and pipes: what a command reads."""

from typing import TYPE_CHECKING

from tree_sitter import Node

from modeladmit.workloads.shell import output

if TYPE_CHECKING:
    from modeladmit.workloads.shell.evaluate import Script


def redirected(script: "Script", node: Node) -> None:
    """A statement with redirections: heredocs and files become its input, `>` its output."""
    body = node.child_by_field_name("body")
    stdin: str | None = None
    stdout: str | None = None
    following: list[Node] = []
    for child in node.children:
        if child.type in {"heredoc_redirect", "herestring_redirect"}:
            stdin = output.redirect_text(script, child)
            inner = [
                c
                for c in child.named_children
                if c.type
                not in {
                    "heredoc_start",
                    "heredoc_body",
                    "heredoc_end",
                    "file_redirect",
                    "herestring_redirect",
                    "file_descriptor",
                }
            ]
            following += inner if child.type == "heredoc_redirect" else []
            stdout = next(
                (
                    t
                    for c in child.named_children
                    if c.type == "file_redirect" and (t := output.target(script, c))
                ),
                stdout,
            )
        elif child.type == "file_redirect":
            stdin = output.source(script, child) or stdin
            stdout = output.target(script, child) or stdout
    if body is not None:
        if body.type == "command":
            script.command(body, stdin=stdin, stdout=stdout)
        elif body.type == "pipeline":
            pipeline(script, body, stdin)
        elif body.type == "list" and stdin is not None and body.named_children:
            for child in body.named_children[:-1]:
                script.step(child)
            last = body.named_children[-1]
            script.command(
                last, stdin=stdin, stdout=stdout
            ) if last.type == "command" else script.step(last)
        else:
            before, script.stdin = script.stdin, stdin if stdin is not None else script.stdin
            script.step(body)
            script.stdin = before
    for child in following:
        if child.type == "pipeline":
            text = (
                stdin
                if body is not None and script.text_of(body).strip().startswith("cat")
                else None
            )
            pipeline(script, child, text)
        elif child.type != "ERROR":
            script.step(child)


def pipeline(script: "Script", node: Node, stdin: str | None = None) -> None:
    """Each part reads what the one before writes, where that is known."""
    for part in node.named_children:
        text = output.of_statement(script, part, stdin)
        if part.type == "command":
            script.command(part, stdin=stdin)
        else:
            before, script.stdin = script.stdin, stdin if stdin is not None else script.stdin
            script.step(part)
            script.stdin = before
        stdin = (
            text
            if text is not None
            else script.expander.unknown(f"the output of {script.shown(part)}")[0][0]
        )
