"""Who may vouch: an anchor of trust, the identities accepted under it, and the models it may speak for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from modeladmit.core.evidence import CertificateSigner, KeySigner, Signer
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.reference import Reference
from modeladmit.core.trust import KeyAnchor, TrustAnchor


class TextMatcher(Protocol):
    """An exact value or an anchored, linear-time regular expression."""

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""


@dataclass(frozen=True, slots=True)
class ExactText:
    """The text itself and nothing else."""

    value: str

    def matches(self, text: str) -> bool:
        """Whether they are equal."""
        return text == self.value

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Identity:
    """What a certificate must say: the OIDC issuer, one of its names, and Fulcio claims if asked."""

    subject: TextMatcher
    issuer: TextMatcher | None
    """Mandatory for keyless authorities; None only for certificates of an organisation's own authority."""
    claims: Mapping[str, TextMatcher] = field(default_factory=dict)

    def accepts(self, signer: CertificateSigner) -> bool:
        """Whether issuer, one name and every claim match."""
        if self.issuer is not None and (
            signer.issuer is None or not self.issuer.matches(signer.issuer)
        ):
            return False
        if not any(self.subject.matches(name) for name in signer.names):
            return False
        return all(
            claim in signer.claims and matcher.matches(signer.claims[claim])
            for claim, matcher in self.claims.items()
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """A named signer in a policy."""

    name: str
    anchors: tuple[TrustAnchor, ...]
    """More than one while a key is rotated: any of them is this authority."""
    identities: tuple[Identity, ...] = ()
    """For certificates: at least one must accept. Empty for keys."""
    models: tuple[ModelPattern, ...] = ()
    """What it may vouch for; empty: everything."""

    def is_signer(self, signer: Signer) -> bool:
        """Whether a proven signer is this authority."""
        match signer:
            case KeySigner():
                # The same key with another policy's clock is another statement.
                return any(
                    isinstance(anchor, KeyAnchor)
                    and anchor.fingerprint == signer.fingerprint
                    and anchor.digest == (signer.trust or signer.fingerprint)
                    for anchor in self.anchors
                )
            case CertificateSigner():
                trusted = any(
                    not isinstance(anchor, KeyAnchor) and anchor.digest == signer.trust
                    for anchor in self.anchors
                )
                return trusted and any(identity.accepts(signer) for identity in self.identities)

    def speaks_for(self, reference: Reference, namespace: str | None) -> bool:
        """Whether it may vouch for this model: a signature for one name does not vouch for another."""
        return not self.models or any(
            pattern.matches(reference, namespace) for pattern in self.models
        )
