"""A TUF repository on loopback: consistent snapshots, one key a role, root rotation, and what may go wrong with it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]
from tuf.api.metadata import (  # type: ignore[attr-defined]
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from tests.doubles.file_server import FileServer

ROLES = ("root", "targets", "snapshot", "timestamp")


class TufRepositoryServer(FileServer):
    """Publishes targets; `root` is what a client begins with."""

    def __init__(self, **targets: bytes) -> None:
        super().__init__()
        self.signers = {role: CryptoSigner.generate_ecdsa() for role in ROLES}
        self.version = 0
        self.root_version = 0
        self.rotate()
        self.root = self.files["1.root.json"]
        self.publish({"trusted_root.json": b"{}", **targets})

    def rotate(self) -> None:
        """A new root, signed by the old root key and a new one."""
        self.root_version += 1
        before = self.signers["root"]
        if self.root_version > 1:
            self.signers["root"] = CryptoSigner.generate_ecdsa()
        root = Root(version=self.root_version, expires=_later(), consistent_snapshot=True)
        for role, signer in self.signers.items():
            root.add_key(signer.public_key, role)
        signed = Metadata(root)
        signed.sign(self.signers["root"])
        if before is not self.signers["root"]:
            signed.sign(before, append=True)
        self.files[f"{self.root_version}.root.json"] = signed.to_bytes(JSONSerializer())

    def publish(
        self, targets: dict[str, bytes], *, expired: bool = False, by_stranger: bool = False
    ) -> None:
        """The next version of everything below the root."""
        self.version += 1
        expires = (
            datetime.now(UTC).replace(microsecond=0) - timedelta(days=1) if expired else _later()
        )
        signers = (
            {role: CryptoSigner.generate_ecdsa() for role in ROLES} if by_stranger else self.signers
        )
        listed = Targets(version=self.version, expires=expires)
        for name, content in targets.items():
            target = TargetFile.from_data(name, content, ["sha256"])
            listed.targets[name] = target
            self.files[f"targets/{target.hashes['sha256']}.{name}"] = content
        snapshot = Snapshot(version=self.version, expires=expires)
        snapshot.meta["targets.json"] = MetaFile(self.version)
        timestamp = Timestamp(version=self.version, expires=expires)
        timestamp.snapshot_meta = MetaFile(self.version)
        signed: list[tuple[str, str, Any]] = [
            ("targets", f"{self.version}.targets.json", listed),
            ("snapshot", f"{self.version}.snapshot.json", snapshot),
            ("timestamp", "timestamp.json", timestamp),
        ]
        for role, name, content in signed:
            metadata = Metadata(content)
            metadata.sign(signers[role])
            self.files[name] = metadata.to_bytes(JSONSerializer())


def _later() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
