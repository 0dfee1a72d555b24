"""YAML that an object holds as text: configuration files, Pods in annotations, applications of Ray."""

from typing import Any, Final

import yaml

from modeladmit.core.fieldpath import FieldPath
from modeladmit.workloads.claims import Reading

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_ANCHORS: Final = 64
"""Anchors multiply."""
_MAX_NESTING: Final = 1 << 12
"""Brackets: nesting recurses."""


def read_yaml(reading: Reading, text: str, at: FieldPath) -> Any:
    """The document; None when it is none, and a limit of the object when there is more of them than is read."""
    if text in reading.documents:
        return reading.documents[text]
    if text.count("&") > _MAX_ANCHORS or text.count("[") + text.count("{") > _MAX_NESTING:
        return None
    if not reading.effort.take_document(text):
        reading.limit(at, "more YAML text than is read in one object")
        return None
    try:
        document = yaml.load(text, _LOADER)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError):
        document = None
    reading.documents[text] = document
    return document
