"""The demo's manifests and what the answers to them must be. Also told through a real API server (`make demo CLUSTER=plane`)."""

from dataclasses import dataclass
from importlib import resources
from string import Template
from textwrap import indent
from typing import Final

POLICY: Final = "policy.yaml"
MODEL: Final = "models/llama"
UNSIGNED: Final = "models/mistral"
LOOKALIKE: Final = "rnodels/llama"
TAG: Final = "v1"


@dataclass(frozen=True, slots=True)
class Scene:
    """One workload, and the finding codes that must be in its denial. None: it is created."""

    file: str
    codes: tuple[str, ...] = ()


SCENES: Final = (
    Scene("1-by-tag.yaml", ("MutableReference",)),
    Scene("2-unsigned.yaml", ("SignatureMissing",)),
    Scene("3-lookalike.yaml", ("Lookalike", "SignatureMissing")),
    Scene("4-secret.yaml", ("Undetermined",)),
    Scene("5-signed.yaml"),
    Scene("6-web.yaml"),
)


@dataclass(frozen=True, slots=True)
class Cast:
    """What the manifests name."""

    registry: str
    namespace: str
    signed: str
    """Digest of the signed model."""
    unsigned: str
    public_key: str

    def manifest(self, file: str) -> str:
        """A manifest with everything filled in; `$(MODEL)` is Kubernetes' own syntax and stays."""
        text = (resources.files("modeladmit.cli.demo") / "manifests" / file).read_text()
        return Template(text).safe_substitute(
            REGISTRY=self.registry,
            NAMESPACE=self.namespace,
            SIGNED=self.signed,
            UNSIGNED=self.unsigned,
            KEY=_block(self.public_key),
        )


def _block(text: str) -> str:
    """A literal block of YAML, below a key that is indented by eight spaces."""
    return "|\n" + indent(text.rstrip(), " " * 10)


def comment(manifest: str) -> str:
    """The manifest's first comment: what it is about."""
    return next(line.removeprefix("# ") for line in manifest.splitlines() if line.startswith("# "))
