"""Models small enough to make on the spot, pushed to a registry by the real `oras`."""

import hashlib
import json
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.kit.commands import run
from e2e.kit.registries import Registry
from e2e.kit.tools import tool

ARTIFACT_TYPE = "application/vnd.cncf.model.manifest.v1+json"
CONFIG_TYPE = "application/vnd.cncf.model.config.v1+json"


@dataclass(frozen=True, slots=True)
class Model:
    """An artifact in a registry."""

    registry: Registry
    repository: str
    tag: str
    digest: str

    @property
    def by_tag(self) -> str:
        """`host/repository:tag`, as an image volume or a client names it."""
        return f"{self.registry.host}/{self.repository}:{self.tag}"

    @property
    def by_digest(self) -> str:
        """`host/repository@sha256:…`."""
        return f"{self.registry.host}/{self.repository}@{self.digest}"


def safetensors(seed: int = 0) -> bytes:
    """Return a valid safetensors file with one 4 x 4 tensor; equal seeds give equal bytes."""
    shape = (4, 4)
    data = b"".join(struct.pack("<f", (seed + 1) * index / 16) for index in range(16))
    tensor = {"dtype": "F32", "shape": shape, "data_offsets": (0, len(data))}
    header = json.dumps({"__metadata__": {"format": "pt"}, "lm_head.weight": tensor}).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + data


def model_files(seed: int = 0) -> dict[str, bytes]:
    """Return the files of a tiny model as a Hugging Face repository would hold them."""
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": 4,
        "hidden_size": 4,
    }
    return {
        "config.json": json.dumps(config).encode(),
        "model.safetensors": safetensors(seed),
        "tokenizer_config.json": json.dumps(
            {"tokenizer_class": "PreTrainedTokenizerFast"}
        ).encode(),
    }


def push_model(
    registry: Registry,
    repository: str = "models/tiny",
    tag: str = "v1",
    files: Mapping[str, bytes] | None = None,
) -> Model:
    """Push a ModelPack artifact; equal files give an equal digest."""
    files = files or model_files()
    with tempfile.TemporaryDirectory(prefix="modeladmit-model-") as scratch:
        folder = Path(scratch)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / "modelpack.json").write_text(json.dumps(_model_config(repository, files)))
        (folder / "annotations.json").write_text(json.dumps(_annotations(files)))
        done = run(
            tool("oras"),
            "push",
            *client_flags(registry),
            "--format=json",
            "--annotation-file=annotations.json",
            f"--artifact-type={ARTIFACT_TYPE}",
            f"--config=modelpack.json:{CONFIG_TYPE}",
            f"{registry.host}/{repository}:{tag}",
            *(f"{name}:{media_type(name)}" for name in files),
            cwd=folder,
            env={"DOCKER_CONFIG": scratch},
        )
    return Model(registry, repository, tag, json.loads(done.stdout)["digest"])


def media_type(name: str) -> str:
    """Return the ModelPack layer type of a file, by its suffix."""
    kinds = {
        ".safetensors": "weight",
        ".gguf": "weight",
        ".onnx": "weight",
        ".py": "code",
        ".md": "doc",
    }
    return f"application/vnd.cncf.model.{kinds.get(Path(name).suffix, 'weight.config')}.v1.raw"


def client_flags(registry: Registry) -> tuple[str, ...]:
    """Return what `oras` must be told about the registry."""
    transport = f"--ca-file={registry.ca}" if registry.ca else "--plain-http"
    login = (
        (f"--username={registry.login[0]}", f"--password={registry.login[1]}")
        if registry.login
        else ()
    )
    return (transport, *login)


def _model_config(repository: str, files: Mapping[str, bytes]) -> dict[str, object]:
    layers = [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in files.values()]
    return {
        "descriptor": {"name": repository.rpartition("/")[2], "createdAt": "2026-01-01T00:00:00Z"},
        "config": {"architecture": "transformer", "format": "safetensors", "precision": "float32"},
        "modelfs": {"type": "layers", "diffIds": layers},
    }


def _annotations(files: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    created = {
        "org.opencontainers.image.created": "2026-01-01T00:00:00Z"
    }  # else oras writes the time of day
    return {"$manifest": created, **{name: {"org.cncf.model.filepath": name} for name in files}}
