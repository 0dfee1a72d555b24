"""Signatures and attestations by key, made and checked by the real `cosign`, without any log.

The `BUNDLE` layout is the Sigstore bundle as a referrer of the signed manifest (or its fallback tag
where the registry has no referrers API); `TAG` is the older `sha256-<hex>.sig` tag.
"""

import enum
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from e2e.kit.commands import run
from e2e.kit.models import Model
from e2e.kit.registries import Registry
from e2e.kit.tools import tool


class Layout(enum.Enum):
    """Where cosign puts a signature."""

    BUNDLE = "bundle"
    TAG = "tag"


_OLD_FORM = ("--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A cosign key pair on disk."""

    private: Path
    public: Path

    @classmethod
    def generate(cls, folder: Path, name: str = "cosign") -> Self:
        """Make a new pair, `name.key` and `name.pub`."""
        folder.mkdir(parents=True, exist_ok=True)
        cosign("generate-key-pair", f"--output-key-prefix={name}", cwd=folder)
        return cls(folder / f"{name}.key", folder / f"{name}.pub")

    @property
    def public_pem(self) -> str:
        return self.public.read_text()

    def sign(self, model: Model, layout: Layout = Layout.BUNDLE) -> None:
        """Sign the model's digest."""
        with tempfile.TemporaryDirectory(prefix="modeladmit-cosign-") as scratch:
            form = _OLD_FORM if layout is Layout.TAG else _no_services(Path(scratch))
            cosign(
                "sign",
                "--yes",
                f"--key={self.private}",
                *form,
                *client_flags(model.registry),
                model.by_digest,
            )

    def attest(self, model: Model, predicate_type: str, predicate: dict[str, Any]) -> None:
        """Attach a signed in-toto statement about the model's digest, as a bundle."""
        with tempfile.TemporaryDirectory(prefix="modeladmit-cosign-") as scratch:
            path = Path(scratch) / "predicate.json"
            path.write_text(json.dumps(predicate))
            statement = (
                f"--type={predicate_type}",
                f"--predicate={path}",
                *_no_services(Path(scratch)),
            )
            key = f"--key={self.private}"
            cosign(
                "attest", "--yes", key, *statement, *client_flags(model.registry), model.by_digest
            )

    def verify(self, model: Model) -> subprocess.CompletedProcess[str]:
        """Let cosign judge: exit code 0 when this key signed the digest, in either layout."""
        key = f"--key={self.public}"
        flags = ("--insecure-ignore-tlog=true", *client_flags(model.registry))
        return cosign("verify", key, *flags, model.by_digest, check=False)


def cosign(
    *arguments: str, cwd: Path | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run cosign with a home of its own: no login, TUF cache or configuration of the user counts."""
    with tempfile.TemporaryDirectory(prefix="modeladmit-cosign-home-") as home:
        env = {"HOME": home, "DOCKER_CONFIG": home, "COSIGN_PASSWORD": "e2e"}
        return run(tool("cosign"), *arguments, cwd=cwd, env=env, check=check)


def client_flags(registry: Registry) -> tuple[str, ...]:
    """Return what cosign must be told about the registry; plain HTTP on 127.0.0.1 needs no word."""
    transport = (f"--registry-cacert={registry.ca}",) if registry.ca else ()
    login = registry.login
    names = (f"--registry-username={login[0]}", f"--registry-password={login[1]}") if login else ()
    return (*transport, *names)


def _no_services(scratch: Path) -> tuple[str, str]:
    """Make the files that say: no log, no timestamp. Without them cosign asks the public TUF host."""
    configuration, root = scratch / "signing-config.json", scratch / "trusted-root.json"
    cosign("signing-config", "create", f"--out={configuration}")
    cosign("trusted-root", "create", f"--out={root}")
    return f"--signing-config={configuration}", f"--trusted-root={root}"
