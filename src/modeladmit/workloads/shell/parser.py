"""Shell text to a syntax tree: tree-sitter-bash, bounded in time by its own progress, not by a clock."""

from typing import Final

import tree_sitter_bash
import tree_sitter_python
from tree_sitter import Language, Node, Parser

BASH: Final = Language(tree_sitter_bash.language())
PYTHON: Final = Language(tree_sitter_python.language())
MAX_HEREDOCS: Final = 48
"""Each open heredoc is carried along by the scanner; thousands make it quadratic."""
_CHUNK: Final = 1 << 14


def parse_text(source: bytes, language: Language) -> Node | None:
    """The tree's root, or None when the text costs more than text of its size may."""
    if source.count(b"<<") > MAX_HEREDOCS:
        return None
    budget = 64 + len(source) // 64

    def read(offset: int, _point: object) -> bytes:
        return source[offset : offset + _CHUNK]

    def progress(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001 - the library calls it
        nonlocal budget
        budget -= 1
        return budget < 0

    try:
        return Parser(language).parse(read, encoding="utf8", progress_callback=progress).root_node
    except ValueError:
        return None
