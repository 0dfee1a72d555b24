"""in-toto statements (in-toto/attestation, spec/v1/statement.md; v0.1 is what cosign still writes)."""

from dataclasses import dataclass
from typing import Any, Final, Self

from modeladmit.core.digest import HEX_LENGTHS, Digest
from modeladmit.errors import MalformedEvidence, UnsupportedEvidence
from modeladmit.signatures.document import Node
from modeladmit.signatures.envelope import IN_TOTO, Envelope

MAX_SUBJECTS: Final = 1024
STATEMENTS: Final = frozenset(
    {"https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"}
)


@dataclass(frozen=True, slots=True)
class Statement:
    """About which bytes, and what."""

    subjects: tuple[Digest, ...]
    """Every digest of every subject in an algorithm that resists collisions; others prove nothing and are left out."""
    names: tuple[str, ...]
    predicate_type: str
    predicate: Any
    node: Node
    """The whole document, for predicates that are read further."""

    @classmethod
    def parse(cls, envelope: Envelope, limit: int) -> Self:
        """Read the payload of an envelope whose signature holds. Raises MalformedEvidence or UnsupportedEvidence."""
        if envelope.payload_type != IN_TOTO:
            raise UnsupportedEvidence(f"DSSE payload type is not {IN_TOTO}")
        node = Node.read(envelope.payload, "statement", limit=limit)
        if node["_type"].text() not in STATEMENTS:
            raise UnsupportedEvidence("statement._type is not an in-toto Statement v1 or v0.1")
        digests: list[Digest] = []
        names: list[str] = []
        for subject in node["subject"].items(MAX_SUBJECTS):
            listed = subject["digest"]
            if not isinstance(listed.value, dict):
                raise MalformedEvidence(f"{listed.place} is not an object")
            digests += [
                listed[algorithm].digest(algorithm)
                for algorithm in HEX_LENGTHS
                if algorithm in listed
            ]
            name = subject.get("name")
            if name is not None:
                names.append(name.text())
        predicate = node.get("predicate")
        return cls(
            subjects=tuple(dict.fromkeys(digests)),
            names=tuple(names),
            predicate_type=node["predicateType"].text(),
            predicate=predicate.value if predicate else None,
            node=node,
        )
