"""Listings in XML (S3, Azure Blob): repeated elements as flat records. No DTD, no entities, bounded by the body's size.

expat is used directly because ElementTree cannot be told to refuse a DTD, which is where XML's bombs are.
"""

from typing import Final
from xml.parsers import expat

from modeladmit.errors import UnexpectedContent

_MAX_DEPTH: Final = 16


def records(body: bytes, element: str) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Leaves of every `element` by name, and leaves elsewhere. Nested leaves keep their own name. Raises UnexpectedContent."""
    reader = _Reader(element)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.buffer_text = True
    try:
        parser.Parse(body, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError:
        raise UnexpectedContent(
            "the store answers with something that is not the XML of a listing"
        ) from None
    return reader.found, reader.rest


class _Reader:
    def __init__(self, element: str) -> None:
        self.found: list[dict[str, str]] = []
        self.rest: dict[str, str] = {}
        self._element = element
        self._current: dict[str, str] | None = None
        self._path: list[str] = []
        self._characters: list[str] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        self._path.append(local)
        self._characters.clear()
        if len(self._path) > _MAX_DEPTH:
            raise UnexpectedContent("the store answers with XML that is nested too deeply")
        if local == self._element:
            self._current = {}

    def end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        text = "".join(self._characters)
        self._characters.clear()
        self._path.pop()
        if local == self._element and self._current is not None:
            self.found.append(self._current)
            self._current = None
        elif text:
            (self.rest if self._current is None else self._current).setdefault(local, text)

    def text(self, characters: str) -> None:
        self._characters.append(characters)

    def refuse(self, *_arguments: object) -> None:
        raise UnexpectedContent("the store answers with XML that declares a document type")
