"""From a field path back to the line of the file that a person opens: for text, SARIF and editors."""

from collections.abc import Sequence
from typing import Any

import yaml

from modeladmit.cli.manifests import Manifest, ManifestFile
from modeladmit.core.fieldpath import FieldPath

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Places:
    """Line numbers of fields. A file is parsed a second time when the first line is asked for, and only then."""

    def __init__(self) -> None:
        self._nodes: dict[int, tuple[ManifestFile, Sequence[yaml.Node]]] = {}

    def line(self, manifest: Manifest, field: FieldPath) -> int:
        """The line (from 1) of the deepest part of the field that exists in the file."""
        documents = self._documents(manifest.file)
        if manifest.document >= len(documents):
            return 1
        node = documents[manifest.document]
        line = node.start_mark.line
        for step in (*manifest.prefix.steps, *field.steps):
            below = _child(node, step)
            if below is None:
                break
            key, node = below
            line = key.start_mark.line
        return int(line) + 1

    def _documents(self, file: ManifestFile) -> Sequence[yaml.Node]:
        if id(file) not in self._nodes:
            try:
                nodes = list(yaml.compose_all(file.text, Loader=_Loader))
            except (yaml.YAMLError, ValueError, RecursionError):
                nodes = []  # JSON that YAML does not read: the objects are known, their lines are not
            self._nodes[id(file)] = (
                file,
                nodes,
            )  # keeps the file alive, so that its id stays its own
        return self._nodes[id(file)][1]


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
