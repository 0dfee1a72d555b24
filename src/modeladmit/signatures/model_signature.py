"""OpenSSF Model Signing: the manifest in a model signature (ossf/model-signing-spec, v1.0 sections 5 and 6).

The subject's digest hashes digests but no names, so it identifies no model: what counts is the list of names and digests.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self

from modeladmit.core.digest import HEX_LENGTHS, Digest
from modeladmit.core.evidence import ManifestEntry
from modeladmit.errors import MalformedEvidence, UnsupportedEvidence
from modeladmit.signatures.document import Node
from modeladmit.signatures.statement import Statement

PREDICATE: Final = "https://model_signing/signature/v1.0"
LEGACY_PREDICATE: Final = "https://model_signing/Digests/v0.1"
SINGLE_FILE: Final = "."
"""What model-signing up to 1.1.1 calls the one file of a model that is a file."""
MAX_FILES: Final = 100_000
MAX_NAME: Final = 4096
MAX_SHARD: Final = 1 << 50

ALGORITHMS: Final = {"sha256": 64, "sha384": 96, "sha512": 128, "blake2b": 128, "blake3": 64}
"""Hash names and the length of their hexadecimal form. Signers wrote `blake2` for `blake2b`, too."""
_SPELLINGS: Final = {"blake2": "blake2b"}
_HEX: Final = re.compile(r"[0-9a-f]+")
_SHARD_NAME: Final = re.compile(r"(.+):(0|[1-9][0-9]{0,17}):([1-9][0-9]{0,17})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Resource:
    """A signed file, or a part of one."""

    name: str
    """Relative POSIX path, byte for byte as signed."""
    hex: str
    start: int = 0
    end: int | None = None
    """Offset after the last byte; None: the whole file."""


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """Everything that a model signature covers."""

    model: str
    """Name of the folder it was signed in: information, not identity."""
    algorithm: str
    resources: tuple[Resource, ...]
    shard_bytes: int | None
    """None: each file was hashed as a whole."""
    allow_symlinks: bool
    ignored_paths: tuple[str, ...]

    @classmethod
    def parse(cls, statement: Statement) -> Self:
        """Read the predicate of an authenticated statement. Raises MalformedEvidence or UnsupportedEvidence."""
        refuse_legacy(statement)
        if statement.predicate_type != PREDICATE:
            raise UnsupportedEvidence(f"statement.predicateType is not {PREDICATE}")
        subjects = list(statement.node["subject"].items(MAX_FILES))
        if len(subjects) != 1:
            raise MalformedEvidence(f"a model signature has one subject, not {len(subjects)}")
        predicate = statement.node["predicate"]
        serialization = predicate["serialization"]
        algorithm = _algorithm(serialization["hash_type"])
        shard_bytes = _shard_bytes(serialization)
        resources = tuple(
            _resource(item, algorithm, shard_bytes)
            for item in predicate["resources"].items(MAX_FILES)
        )
        _check(resources, shard_bytes)
        root = hashlib.sha256(
            b"".join(bytes.fromhex(resource.hex) for resource in resources)
        ).hexdigest()
        if subjects[0]["digest"]["sha256"].text() != root:
            raise MalformedEvidence("the subject's digest is not that of the listed resources")
        return cls(
            model=statement.names[0] if statement.names else "",
            algorithm=algorithm,
            resources=resources,
            shard_bytes=shard_bytes,
            allow_symlinks=serialization["allow_symlinks"].value is True,
            ignored_paths=_ignored(serialization),
        )

    @property
    def entries(self) -> tuple[ManifestEntry, ...]:
        """Files and digests as stores assert them. Raises UnsupportedEvidence where only the bytes can be compared."""
        if self.shard_bytes is not None or self.algorithm not in HEX_LENGTHS:
            form = "shards" if self.shard_bytes is not None else "files"
            raise UnsupportedEvidence(
                f"the signature holds, but it covers {form} hashed by {self.algorithm}, which no store asserts: only the bytes can be"
                " compared (modeladmit verify-files); or sign whole files with sha256"
            )
        return tuple(
            sorted(
                (
                    ManifestEntry(item.name, Digest(self.algorithm, item.hex))
                    for item in self.resources
                ),
                key=lambda e: e.name,
            )
        )


def is_safe_name(name: str) -> bool:
    """Whether a name is a plain relative path that stays inside its folder."""
    return (
        0 < len(name) <= MAX_NAME
        and "\0" not in name
        and not name.startswith("/")
        and all(segment not in {"", ".", ".."} for segment in name.split("/"))
    )


def _algorithm(node: Node) -> str:
    name = _SPELLINGS.get(node.text(), node.text())
    if name not in ALGORITHMS:
        raise UnsupportedEvidence(f"{node.place} is not one of {', '.join(ALGORITHMS)}")
    return name


def _shard_bytes(serialization: Node) -> int | None:
    match serialization["method"].text():
        case "files":
            return None
        case "shards":
            size = serialization["shard_size"].integer()
            if not 1 <= size <= MAX_SHARD:
                raise MalformedEvidence("serialization.shard_size is out of range")
            return size
        case _:
            raise UnsupportedEvidence("serialization.method is neither files nor shards")


def _resource(node: Node, algorithm: str, shard_bytes: int | None) -> Resource:
    name, digest = node["name"].text(), node["digest"].text()
    recorded = node["algorithm"].text().removesuffix(f"-sharded-{shard_bytes}")
    if _SPELLINGS.get(recorded, recorded) != algorithm:
        raise MalformedEvidence(f"{node.place}.algorithm is not the one of the serialization")
    if len(digest) != ALGORITHMS[algorithm] or not _HEX.fullmatch(digest):
        raise MalformedEvidence(f"{node.place}.digest is not a {algorithm} digest")
    if shard_bytes is None:
        return Resource(name, digest)
    # Names may hold colons themselves: the offsets are the last two fields.
    matched = _SHARD_NAME.fullmatch(name)
    if matched is None:
        raise MalformedEvidence(f"{node.place}.name is not PATH:START:END")
    return Resource(matched[1], digest, int(matched[2]), int(matched[3]))


def refuse_legacy(statement: Statement) -> None:
    """Name the old format before its signature fails over an encoding that never was DSSE. Raises UnsupportedEvidence."""
    if statement.predicate_type == LEGACY_PREDICATE:
        raise UnsupportedEvidence(
            "signed by model-signing 0.2, whose format (Digests/v0.1) is not accepted; sign again with model-signing 1.0 or later"
        )


def _check(resources: tuple[Resource, ...], shard_bytes: int | None) -> None:
    if not resources:
        # It would verify any model from which the verifier leaves out what was not signed.
        raise MalformedEvidence("the signature covers no file at all")
    alone = len({resource.name for resource in resources}) == 1
    for resource in resources:
        if not is_safe_name(resource.name) and not (alone and resource.name == SINGLE_FILE):
            raise MalformedEvidence(
                "a signed name is not a relative path inside the model (absolute, empty, or with . or ..)"
            )
    if shard_bytes is None:
        if len({resource.name for resource in resources}) != len(resources):
            raise MalformedEvidence("a file is listed twice")
        return
    _check_shards(resources, shard_bytes)


def _check_shards(resources: tuple[Resource, ...], shard_bytes: int) -> None:
    """The parts of a file must cover it from its first byte on, without holes."""
    parts: dict[str, list[tuple[int, int]]] = {}
    for resource in resources:
        parts.setdefault(resource.name, []).append((resource.start, resource.end or 0))
    for spans in parts.values():
        expected = 0
        for start, end in sorted(spans):
            if start != expected or not start < end <= start + shard_bytes:
                raise MalformedEvidence("the signed parts of a file overlap or leave holes")
            expected = end
        if any(end - start != shard_bytes for start, end in sorted(spans)[:-1]):
            raise MalformedEvidence("the signed parts of a file are not of the declared size")


def _ignored(serialization: Node) -> tuple[str, ...]:
    listed = serialization.get("ignore_paths")
    return tuple(item.text() for item in listed.items(MAX_FILES)) if listed else ()
