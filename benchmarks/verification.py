"""Verifications a second for each form of signature, and bytes a second of verify-files.

    python benchmarks/verification.py [--seconds S] [--megabytes M]

The simulator signs; one thread verifies, parsing included, nothing cached but trust material. sigstore-python gets the
same bundles with its verifier kept; `cosign verify-blob` is a process each time, so its figure is mostly its start.
verify-files hashes page-cached files with one thread a core, beside `openssl speed sha256` with as many processes, in turn.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from rich.console import Console
from rich.table import Table
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from sigstore_models.trustroot import v1 as trustroot

from e2e.kit.tools import tool
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind
from modeladmit.core.trust import KeyAnchor, TrustAnchor
from modeladmit.signatures.files.comparison import compare
from modeladmit.signatures.files.tree import Tree
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import VerifiedModel, verify, verify_model
from tests.doubles.signing import bundles, cosign
from tests.doubles.signing.certificates import PrivateKey, ec_key, public_pem
from tests.doubles.signing.instance import EMAIL, ISSUER, SigstoreInstance
from tests.doubles.signing.organisation import Organisation
from tests.doubles.signing.statements import model_statement, pae, simple_signing, statement

MANIFEST = b'{"schemaVersion":2}'
SUBJECT = Digest.sha256(MANIFEST)
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Form:
    """One way to sign, and the command line by which cosign would verify it."""

    name: str
    evidence: Evidence
    anchor: TrustAnchor
    root: bytes | None = None
    blob: bool = False


def forms() -> list[Form]:
    instance, organisation, key = SigstoreInstance(), Organisation(), ec_key()
    by_key, root = parse_key(public_pem(key)), instance.trusted_root()
    keyless = instance.anchor()
    files = {f"model-{index:05}-of-00030.safetensors": b"x" for index in range(30)}
    model = model_statement(files)
    return [
        Form("cosign v2 tag, key P-256", cosign.key_signature(simple_signing(SUBJECT), key), by_key),
        Form("cosign v2 tag, keyless (promise)", cosign.keyless_signature(instance, simple_signing(SUBJECT)), keyless),
        Form("cosign v3 bundle, key P-256", _bundle(_enveloped(key, statement(SUBJECT))), by_key),
        _other_key("cosign v3 bundle, key RSA 3072", rsa.generate_private_key(65537, 3072)),
        _other_key("cosign v3 bundle, key Ed25519", ed25519.Ed25519PrivateKey.generate()),
        Form("message signature, key P-256", _bundle(_message(key)), by_key, blob=True),
        Form("message signature, Rekor v1", _bundle(instance.sign_message(MANIFEST)), keyless, root, blob=True),
        Form("message signature, Rekor v2 + RFC 3161", _bundle(instance.sign_message(MANIFEST, form="hashedrekord/0.0.2")), keyless, root, blob=True),
        Form("DSSE, Rekor v1", _bundle(instance.sign_statement(statement(SUBJECT))), keyless, root),
        Form("DSSE, Rekor v2 + RFC 3161", _bundle(instance.sign_statement(statement(SUBJECT), form="hashedrekord/0.0.2")), keyless, root),
        Form("model signature of 30 files, key", _bundle(_enveloped(key, model), EvidenceKind.MODEL_SIGNATURE), by_key),
        Form("model signature of 30 files, keyless", _bundle(instance.sign_statement(model), EvidenceKind.MODEL_SIGNATURE), keyless, root),
        Form("model signature of 30 files, certificate", _bundle(organisation.sign_statement(model), EvidenceKind.MODEL_SIGNATURE), organisation.anchor()),
        Form("Notation JWS ES256 + RFC 3161", Evidence(EvidenceKind.NOTATION_JWS, organisation.sign_notation(SUBJECT, stamped=True), "b"), organisation.anchor(timestamps=True)),
    ]  # fmt: skip


def _bundle(content: bytes, kind: EvidenceKind = EvidenceKind.SIGSTORE_BUNDLE) -> Evidence:
    return Evidence(kind, content, "benchmark")


def _enveloped(key: PrivateKey, payload: bytes) -> bytes:
    signature = bundles.sign(key, pae(payload))
    return bundles.bundle(bundles.key_material(), bundles.envelope(payload, [signature]))


def _message(key: PrivateKey) -> bytes:
    digest = hashlib.sha256(MANIFEST).digest()
    return bundles.bundle(
        bundles.key_material(), bundles.message_signature(digest, bundles.sign(key, MANIFEST))
    )


def _other_key(name: str, key: PrivateKey) -> Form:
    return Form(name, _bundle(_enveloped(key, statement(SUBJECT))), parse_key(public_pem(key)))


def rate(
    work: Callable[[], object], seconds: float, clock: Callable[[], float] = time.process_time
) -> float:
    """Calls a second of processor time, best of three: what else the machine does stays out of it."""
    work()
    best = 0.0
    for _ in range(3):
        count, start = 0, clock()
        while (spent := clock() - start) < seconds / 3:
            work()
            count += 1
        best = max(best, count / spent)
    return best


def ours(form: Form) -> Callable[[], object]:
    subject = None if form.evidence.kind is EvidenceKind.MODEL_SIGNATURE else SUBJECT

    def work() -> None:
        result = verify(form.evidence, subject, form.anchor)
        assert isinstance(result, Attestation), result

    return work


def sigstore_python(form: Form) -> Callable[[], object] | None:
    if form.root is None:
        return None
    verifier = Verifier(trusted_root=TrustedRoot(trustroot.TrustedRoot.from_json(form.root)))
    policy = Identity(identity=EMAIL, issuer=ISSUER)

    def work() -> None:
        parsed = Bundle.from_json(form.evidence.content)
        if form.blob:
            verifier.verify_artifact(MANIFEST, parsed, policy)
        else:
            verifier.verify_dsse(parsed, policy)

    return work


def cosign_verify_blob(form: Form, folder: Path) -> Callable[[], object] | None:
    if not form.blob:
        return None
    program = tool("cosign")
    (folder / "bundle.json").write_bytes(form.evidence.content)
    (folder / "artifact").write_bytes(MANIFEST)
    words = [program, "verify-blob", "--bundle", folder / "bundle.json"]
    if isinstance(form.anchor, KeyAnchor):
        (folder / "key.pub").write_bytes(form.anchor.pem)
        words += ["--key", folder / "key.pub", "--insecure-ignore-tlog=true"]
    else:
        (folder / "root.json").write_bytes(form.root or b"")
        words += [
            "--trusted-root",
            folder / "root.json",
            "--certificate-identity",
            EMAIL,
            "--certificate-oidc-issuer",
            ISSUER,
        ]
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}

    def work() -> None:
        done = subprocess.run(
            [*map(str, words), str(folder / "artifact")],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()

    return work


def verifications(seconds: float) -> Table:
    table = Table(
        "form",
        "modeladmit /s",
        "ms",
        "sigstore-python /s",
        "cosign verify-blob /s",
        title="Verifications a second of one processor",
    )
    for form in forms():
        figures = [f"{(own := rate(ours(form), seconds)):,.0f}", f"{1000 / own:.2f}"]
        work = sigstore_python(form)
        figures.append(f"{rate(work, seconds):,.0f}" if work else "-")
        with tempfile.TemporaryDirectory(prefix="modeladmit-bench-") as folder:
            work = cosign_verify_blob(form, Path(folder))
            figures.append(f"{rate(work, seconds, time.perf_counter):,.1f}" if work else "-")
        table.add_row(form.name, *figures)
    return table


def throughput(megabytes: int) -> Table:
    """Hash one folder again and again, openssl in between.

    `openssl speed` counts processor time alone and the clock with `-multi`: like is compared with like, and the first
    stays true while other programs run.
    """
    title = f"verify-files over {2 * CORES} page-cached files of {megabytes} MiB, {CORES} cores, best of 3"
    table = Table(
        "sha256", "GiB/s by processor time", "share", "GiB/s by the clock", "share", title=title
    )
    with tempfile.TemporaryDirectory(prefix="modeladmit-bench-") as name:
        folder = Path(name)
        block = os.urandom(1 << 20)
        files = {f"model-{index}.safetensors": block * megabytes for index in range(2 * CORES)}
        for path, content in files.items():
            (folder / path).write_bytes(content)
        key = ec_key()
        payload = model_statement(files)
        del files
        os.sync()  # what is still being written is not what a model volume holds
        evidence = _bundle(_enveloped(key, payload), EvidenceKind.MODEL_SIGNATURE)
        anchor = parse_key(public_pem(key))
        runs = [
            (openssl_speed(1), openssl_speed(CORES), *verify_files(folder, evidence, anchor))
            for _ in range(3)
        ]
    one, all_cores, processor, clock = (max(figures) for figures in zip(*runs, strict=True))
    table.add_row("openssl speed", f"{CORES * one:.2f}", "100.0 %", f"{all_cores:.2f}", "100.0 %")
    shares = f"{100 * processor / (CORES * one):.1f} %", f"{100 * clock / all_cores:.1f} %"
    table.add_row("verify-files", f"{processor:.2f}", shares[0], f"{clock:.2f}", shares[1])
    return table


def verify_files(folder: Path, evidence: Evidence, anchor: KeyAnchor) -> tuple[float, float]:
    """GiB/s by processor time (times cores) and by the clock."""
    clock, processor = time.perf_counter(), time.process_time()
    proven = verify_model(evidence, anchor)
    assert isinstance(proven, VerifiedModel), proven
    with Tree(folder) as tree:
        found = compare(proven.manifest, tree)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    assert not found.problems, found.problems
    size = found.bytes / (1 << 30)
    return CORES * size / processor, size / clock


def openssl_speed(processes: int) -> float:
    program = shutil.which("openssl")
    assert program, "openssl is needed for comparison"
    words = [
        program,
        "speed",
        *(["-multi", str(processes)] if processes > 1 else []),
        "-seconds",
        "1",
        "-bytes",
        "1048576",
        "sha256",
    ]
    output = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^sha256\s+([0-9.]+)k", output, re.MULTILINE)
    assert found, output
    return float(found[1]) * 1000 / (1 << 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="for each figure")
    parser.add_argument("--megabytes", type=int, default=256, help="of each hashed file")
    given = parser.parse_args()
    console = Console(width=140)
    console.print(verifications(given.seconds))
    console.print(throughput(given.megabytes))


if __name__ == "__main__":
    main()
