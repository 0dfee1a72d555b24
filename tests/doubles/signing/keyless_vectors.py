"""The named vectors of keyless signatures: one lie each, in every form that can tell it."""

from dataclasses import replace
from pathlib import Path

import yaml

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Evidence, EvidenceKind
from tests.doubles.signing.instance import Lies, SigstoreInstance
from tests.doubles.signing.rekor import LogLies
from tests.doubles.signing.statements import statement

MANIFEST = b'{"schemaVersion":2}'
SUBJECT = Digest.sha256(MANIFEST)
FORMS = (
    "hashedrekord/0.0.1",
    "hashedrekord/0.0.2",
    "dsse/0.0.1",
    "intoto/0.0.2",
    "dsse-hashedrekord/0.0.2",
)
VECTORS = yaml.safe_load(
    (Path(__file__).parents[2] / "vectors/signatures/keyless.yaml").read_text()
)


def signed(instance: SigstoreInstance, form: str, lies: Lies) -> Evidence:
    if form.startswith("hashedrekord/"):
        content = instance.sign_message(MANIFEST, lies, form=form)
    else:
        content = instance.sign_statement(statement(SUBJECT), lies, form=form.removeprefix("dsse-"))
    return Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here")


def lying(name: str) -> Lies:
    if name.startswith("log."):
        return Lies(log=replace(LogLies(), **{name.removeprefix("log."): True}))
    return replace(Lies(), **{name: True})  # type: ignore[arg-type]
