"""A TUF repository on loopback that distributes a trusted root, as sigstore clients fetch theirs."""

import contextlib
import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
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

from e2e.kit.loopback import QuietHandler, serving
from e2e.kit.sigstore import Sigstore


@dataclass(frozen=True, slots=True)
class TufMirror:
    """A served repository; `root` is the first root metadata, which a client is given by hand."""

    url: str
    root: Path


@contextlib.contextmanager
def tuf_mirror(
    home: Path, sigstore: Sigstore, *, valid: dt.timedelta = dt.timedelta(days=1)
) -> Iterator[TufMirror]:
    """Publish the trust of a private Sigstore, with one new ECDSA key for each role."""
    (home / "targets").mkdir(parents=True)
    expires = (dt.datetime.now(dt.UTC) + valid).replace(microsecond=0)
    signers = {
        role: CryptoSigner.generate_ecdsa() for role in ("root", "targets", "snapshot", "timestamp")
    }
    root = Root(expires=expires, consistent_snapshot=True)
    for role, signer in signers.items():
        root.add_key(signer.public_key, role)
    targets = Targets(expires=expires)
    published = {
        "trusted_root.json": sigstore.trusted_root,
        "signing_config.v0.2.json": sigstore.signing_config,
    }
    for name, source in published.items():
        content = source.read_bytes()
        target = TargetFile.from_data(name, content, ["sha256"])
        targets.targets[name] = target
        (home / "targets" / f"{target.hashes['sha256']}.{name}").write_bytes(content)
    snapshot = Snapshot(expires=expires, meta={"targets.json": MetaFile(1)})
    timestamp = Timestamp(expires=expires, snapshot_meta=MetaFile(1))
    _write(home / "1.root.json", Metadata(root), signers["root"])
    _write(home / "1.targets.json", Metadata(targets), signers["targets"])
    _write(home / "1.snapshot.json", Metadata(snapshot), signers["snapshot"])
    _write(home / "timestamp.json", Metadata(timestamp), signers["timestamp"])
    with serving(functools.partial(QuietHandler, directory=str(home))) as url:
        yield TufMirror(url, home / "1.root.json")


def _write(path: Path, metadata: Metadata[Any], signer: CryptoSigner) -> None:
    metadata.sign(signer)
    path.write_bytes(metadata.to_bytes())
