"""What is signed: statements, simple-signing payloads, model manifests."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from modeladmit.core.digest import Digest

IN_TOTO = "application/vnd.in-toto+json"
COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1"
MODEL_SIGNATURE = "https://model_signing/signature/v1.0"


def pae(payload: bytes, payload_type: str = IN_TOTO) -> bytes:
    kind = payload_type.encode()
    return b" ".join(
        (b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload)
    )


def statement(
    subject: Digest, predicate_type: str = COSIGN_SIGN, predicate: Any = None, **changes: Any
) -> bytes:
    content = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {subject.algorithm: subject.hex}}],
        "predicateType": predicate_type,
        "predicate": {} if predicate is None else predicate,
    }
    return json.dumps(content | changes).encode()


def simple_signing(subject: Digest, kind: str = "cosign container image signature") -> bytes:
    critical = {
        "identity": {"docker-reference": "registry.example.com/models/llama"},
        "image": {"docker-manifest-digest": str(subject)},
        "type": kind,
    }
    return json.dumps({"critical": critical, "optional": None}).encode()


def model_statement(
    files: Mapping[str, bytes] | Sequence[tuple[str, bytes]],
    *,
    algorithm: str = "sha256",
    shard_size: int | None = None,
    ignore_paths: Sequence[str] = (),
    root: str | None = None,
    **changes: Any,
) -> bytes:
    """The payload of an OpenSSF model signature, as model-signing 1.1 writes it."""
    pairs = list(files.items()) if isinstance(files, Mapping) else list(files)
    resources = []
    for name, data in sorted(pairs):
        if shard_size is None:
            resources.append(
                {"name": name, "algorithm": algorithm, "digest": _hash(algorithm, data)}
            )
            continue
        for start in range(0, len(data), shard_size):
            part = data[start : start + shard_size]
            resources.append(
                {
                    "name": f"{name}:{start}:{start + len(part)}",
                    "algorithm": f"{algorithm}-sharded-{shard_size}",
                    "digest": _hash(algorithm, part),
                }
            )
    serialization: dict[str, Any] = {
        "method": "files" if shard_size is None else "shards",
        "hash_type": algorithm,
        "allow_symlinks": False,
    }
    if shard_size is not None:
        serialization["shard_size"] = shard_size
    if ignore_paths:
        serialization["ignore_paths"] = list(ignore_paths)
    digests = b"".join(bytes.fromhex(item["digest"]) for item in resources)
    content = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": "llama", "digest": {"sha256": root or hashlib.sha256(digests).hexdigest()}}
        ],
        "predicateType": MODEL_SIGNATURE,
        "predicate": {"resources": resources, "serialization": serialization},
    }
    return json.dumps(content | changes).encode()


def _hash(algorithm: str, content: bytes) -> str:
    if algorithm == "blake3":
        from blake3 import blake3

        return blake3(content).hexdigest()
    return hashlib.new(algorithm, content).hexdigest()
