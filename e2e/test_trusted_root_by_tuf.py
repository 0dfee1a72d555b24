"""The trusted root of a private Sigstore from its TUF mirror, and a signature verified with it."""

import asyncio
from pathlib import Path

import pytest

from e2e.kit.sigstore import Sigstore
from e2e.kit.tuf_mirror import tuf_mirror
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, CertificateSigner, Evidence, EvidenceKind
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.signatures.verifier import verify
from modeladmit.sources.settings import HostSettings, SourceSettings
from modeladmit.sources.transport import Transport
from modeladmit.sources.tuf import TufRepository, TufTargets

WHO = "release@models.test"


@pytest.mark.parametrize("refreshes", [1, 2])
def test_a_mirror_hands_out_the_trusted_root(
    sigstore: Sigstore, tmp_path: Path, refreshes: int
) -> None:
    """Fetched by TUF from the given root, again when it is asked again; the certificate chains to what it names."""
    artifact, bundle = tmp_path / "artifact", tmp_path / "bundle.json"
    artifact.write_bytes(b"weights")
    sigstore.sign_blob(artifact, WHO, bundle)
    with tuf_mirror(tmp_path / "mirror", sigstore) as mirror:
        root = mirror.root.read_bytes()
        content = asyncio.run(fetched(mirror.url, root, tmp_path / "metadata", refreshes))
    assert content == sigstore.trusted_root.read_bytes()
    evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, bundle.read_bytes(), bundle.name)
    result = verify(evidence, Digest.sha256(b"weights"), SigstoreAnchor(content))
    assert isinstance(result, Attestation)
    assert isinstance(result.signer, CertificateSigner)
    assert result.signer.names == (WHO,)


async def fetched(url: str, root: bytes, folder: Path, refreshes: int) -> bytes:
    """What the mirror's target is after some refreshes."""
    host = url.partition("://")[2].partition("/")[0]
    settings = SourceSettings(hosts=(HostSettings(host, plain_http=True),))
    async with Transport(settings) as transport:
        targets, repository = TufTargets(transport, folder), TufRepository(url, root)
        for _ in range(refreshes):
            await targets.refresh(repository)
        found = targets.current(repository)
    assert found is not None
    return found
