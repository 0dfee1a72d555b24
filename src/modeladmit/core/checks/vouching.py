"""Which authorities vouch for an artifact: the counting that `signatures`, `attestations` and `stage` share.

Authorities are counted, never signatures: ten signatures by one key are one voice.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from modeladmit.core.case import Case
from modeladmit.core.evidence import Attestation, CertificateSigner, KeySigner
from modeladmit.core.model_manifest import match
from modeladmit.core.policy import Threshold
from modeladmit.core.refusals import told


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who vouches, out of those that a threshold names."""

    voices: Mapping[str, AbstractSet[Hashable]]
    """Authorities, each with the identities that spoke as it."""
    problems: tuple[str, ...] = ()
    """Why statements by named authorities do not count."""

    def reaches(self, threshold: Threshold) -> bool:
        """Whether enough distinct authorities vouch. An empty or impossible threshold is never reached."""
        return 1 <= threshold.minimum <= self.count

    @property
    def count(self) -> int:
        """The most authorities that can speak at once, each with an identity of its own (a maximum matching).

        One key or person under two names is one voice; and where one identity fits two authorities, it is given to the
        one that has no other.
        """
        taken: dict[Hashable, str] = {}

        def seated(name: str, tried: set[Hashable]) -> bool:
            for identity in self.voices[name]:
                if identity not in tried:
                    tried.add(identity)
                    if identity not in taken or seated(taken[identity], tried):
                        taken[identity] = name
                        return True
            return False

        return sum(seated(name, set()) for name in self.voices)


def vouching(
    case: Case, threshold: Threshold, accepts: Callable[[Attestation], str | None]
) -> Vouching:
    """Collect the authorities of `threshold.of` with a statement for which `accepts` has no objection."""
    voices: dict[str, set[Hashable]] = {}
    problems: list[str] = []
    speakers = _speakers(case.sheet.attestations)
    for attestation in case.sheet.attestations:
        for name in threshold.of:
            authority = case.policy.authorities.get(name)
            if authority is None or not authority.is_signer(attestation.signer):
                continue
            if not authority.speaks_for(case.use.reference, case.situation.namespace):
                problems.append(
                    f"{name} signed it, but may not vouch for {case.use.reference.address}"
                )
                continue
            objection = (
                expired(attestation, case.now) or binding(case, attestation) or accepts(attestation)
            )
            if objection:
                problems.append(f"by {name}: {objection}")
            else:
                voices.setdefault(name, set()).add(speakers[_marks(attestation)[0]])
    return Vouching(voices, tuple(dict.fromkeys(problems)))


def expired(attestation: Attestation, now: datetime) -> str | None:
    """A certificate without trusted time counts only while it is valid."""
    if attestation.valid_from is not None and now < attestation.valid_from:
        return f"its certificate is valid only from {attestation.valid_from:%Y-%m-%dT%H:%MZ}"
    if attestation.valid_until is not None and now > attestation.valid_until:
        return f"its certificate expired at {attestation.valid_until:%Y-%m-%dT%H:%MZ} and no trusted timestamp shows that it was valid"
    return None


def binding(case: Case, attestation: Attestation) -> str | None:
    """The statement must be about this artifact: its digest, or every file of its manifest."""
    artifact = case.sheet.artifact
    if artifact is None:
        return "the artifact is not known"
    if attestation.manifest:
        problems = match(attestation, artifact)
        return problems[0] if problems else None
    if artifact.digest is None or artifact.digest not in attestation.subjects:
        return "it is about another digest"
    return None


def strangers(case: Case, limit: int = 3) -> str:
    """What else was found, so that people see why it does not count."""
    named = {name for threshold in case.policy.require.thresholds for name in threshold.of}
    authorities = [
        case.policy.authorities[name] for name in named if name in case.policy.authorities
    ]
    unknown = [
        a
        for a in case.sheet.attestations
        if not any(authority.is_signer(a.signer) for authority in authorities)
    ]
    texts = list(dict.fromkeys(describe(attestation) for attestation in unknown))
    texts += list(dict.fromkeys(told(rejection) for rejection in case.sheet.rejections))
    if not texts:
        return ""
    more = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return f"; found {len(texts)}: {'; '.join(texts[:limit])}{more}"


def describe(attestation: Attestation) -> str:
    """The signer in a few words."""
    match attestation.signer:
        case KeySigner(fingerprint):
            return f"signed by an unknown key ({fingerprint.short})"
        case CertificateSigner() as signer:
            names = ", ".join(signer.names[:2]) or signer.subject
            issuer = f" from {signer.issuer}" if signer.issuer else ""
            return f"signed by {names}{issuer}"


def listed(names: Iterable[str]) -> str:
    """Names for a message."""
    return ", ".join(names)


def _speakers(attestations: Iterable[Attestation]) -> dict[Hashable, int]:
    """Who spoke, by a number, for each mark of every signer. Signers that share a mark are one.

    Two copies of a trusted root do not make two people, nor do one key and a certificate for it.
    """
    speakers: dict[Hashable, int] = {}
    for number, attestation in enumerate(attestations):
        marks = _marks(attestation)
        same = {speakers[mark] for mark in marks if mark in speakers}
        if same:
            speakers |= {mark: number for mark, speaker in speakers.items() if speaker in same}
        speakers |= dict.fromkeys(marks, number)
    return speakers


def _marks(attestation: Attestation) -> list[Hashable]:
    """What tells a signer from others: the key, the names, or both."""
    match attestation.signer:
        case KeySigner(fingerprint):
            return [fingerprint]
        case CertificateSigner() as signer:
            names = (signer.issuer, frozenset(signer.names), signer.subject)
            return [names] if signer.key is None else [names, signer.key]
