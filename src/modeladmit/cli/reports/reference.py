"""`verify`: the verdict on one reference, with every signature that was found."""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from modeladmit.cli.dossier import Dossier, Signature
from modeladmit.cli.reports.json import dump, finding_object
from modeladmit.cli.reports.judgement import undecided
from modeladmit.core.reference import Reference
from modeladmit.core.rendering import finding_lines, headline, plain
from modeladmit.core.verdict import Outcome, Verdict

_MAX_SIGNATURES: Final = 20


def as_json(reference: Reference, verdict: Verdict, dossier: Dossier | None) -> str:
    """One object, findings as in `check -o json`, signatures as in `resolve -o json`."""
    return dump(
        {
            "uri": reference.uri,
            "revision": reference.revision,
            "allowed": verdict.allowed,
            "findings": [finding_object(finding) for finding in verdict.findings],
            "signatures": [signature_object(found) for found in dossier.signatures]
            if dossier
            else [],
        }
    )


def text(reference: Reference, verdict: Verdict, dossier: Dossier | None) -> str:
    """The verdict first, then the evidence."""
    return "\n".join(_lines(reference, verdict, dossier))


def _lines(reference: Reference, verdict: Verdict, dossier: Dossier | None) -> Iterator[str]:
    if verdict.allowed:
        policies = ", ".join(f"TrustPolicy/{name}" for name in verdict.policies)
        yield f"{plain(str(reference))}: {click.style('allowed', fg='green')} by {policies}"
    else:
        word = (
            click.style("could not judge", fg="magenta")
            if undecided(verdict)
            else click.style("denied", fg="red", bold=True)
        )
        yield f"{plain(str(reference))}: {word}, {headline(verdict.denials)}"
        yield from finding_lines(verdict.denials)
    others = [
        finding
        for finding in verdict.findings
        if not finding.denies and finding.outcome is not Outcome.PASS
    ]
    yield from finding_lines(others)
    if dossier is not None:
        yield from (f"  {line}" for line in signature_lines(dossier.signatures))
        if not dossier.signatures:
            yield plain(
                f"  signatures are not known: {dossier.unknown}"
                if dossier.unknown
                else "  signed by nobody"
            )


def signature_lines(signatures: Sequence[Signature]) -> list[str]:
    """Those that count, what could not be read, and the others as far as there is room: whoever may push may add junk."""
    ordered = sorted(signatures, key=lambda found: (not found.authority, found.read))
    lines = list(dict.fromkeys(map(_line, ordered)))
    more = len(lines) - _MAX_SIGNATURES
    return [*lines[:_MAX_SIGNATURES], *([f"and {more} more, see -o json"] if more > 0 else [])]


def _line(signature: Signature) -> str:
    """`signed by release-key (…)`, or who claims to have signed and why it does not count."""
    if not signature.read:
        return click.style(plain(f"not read: {signature.problem}"), fg="yellow")
    about = f", {signature.about}" if signature.about not in {"", "signature"} else ""
    if signature.authority:
        return click.style(
            plain(f"signed by {signature.authority} ({signature.signer}){about}"), fg="green"
        )
    reason = f": {signature.problem}" if signature.problem else "; name its authority with --policy"
    return click.style(
        plain(f"not verified: {signature.kind} that claims {signature.signer}{reason}"), fg="yellow"
    )


def signature_object(found: Signature) -> dict[str, str | None]:
    """One signature in JSON."""
    return {
        "kind": found.kind,
        "origin": found.origin,
        "about": found.about or None,
        "signer": found.signer,
        "authority": found.authority,
        "problem": found.problem,
    }
