"""What would pass: the command that makes what a policy asks for, as one of the authorities that it names."""

from modeladmit.core.authority import Authority
from modeladmit.core.case import Case
from modeladmit.core.policy import Threshold
from modeladmit.core.reference import Scheme
from modeladmit.core.refusals import offered
from modeladmit.core.trust import KeyAnchor, SigstoreAnchor

_SHOWN = 3


def sign(case: Case, threshold: Threshold) -> str:
    """How to sign the artifact."""
    target = _target(case)
    if target is None:
        return f"model_signing sign, and publish model.sig beside the files{_as(case, threshold)}"
    return f"cosign sign {_key(case, threshold)}{target}{_as(case, threshold)}"


def attest(case: Case, threshold: Threshold, predicate_type: str, predicate: str = "FILE") -> str:
    """How to sign a statement about the artifact; `predicate` is a file, or `-` for standard input."""
    target = _target(case)
    if target is None:
        return f"sign a statement of type {predicate_type} about the artifact's digest{_as(case, threshold)}"
    asked = f"--type {predicate_type} --predicate {predicate}"
    return f"cosign attest {asked} {_key(case, threshold)}{target}{_as(case, threshold)}"


def _target(case: Case) -> str | None:
    """What cosign is told to sign; None where it cannot reach the artifact."""
    artifact = case.sheet.artifact
    if artifact is None or case.use.reference.scheme is not Scheme.OCI:
        return None
    return artifact.pinned.uri.removeprefix("oci://")


def _key(case: Case, threshold: Threshold) -> str:
    return "--key KEY " if any(map(_has_key, _named(case, threshold))) else ""


def _as(case: Case, threshold: Threshold) -> str:
    """Who has to do it, in the words of the policy; a comment, so that the command can be pasted."""
    whom = [_described(authority) for authority in _named(case, threshold)]
    more = [f"{len(whom) - _SHOWN} more"] if len(whom) > _SHOWN else []
    count = f"{threshold.minimum} of: " if threshold.minimum > 1 else ""
    between = ", " if count else " or "
    who = f"as {count}{between.join([*whom[:_SHOWN], *more])}" if whom else ""
    # A comment ends at a line, so both stand in one.
    said = "; ".join(filter(None, (who, offered(case.sheet.rejections))))
    return f"  # {said}" if said else ""


def _named(case: Case, threshold: Threshold) -> list[Authority]:
    """Authorities that may vouch for this model."""
    found = [case.policy.authorities.get(name) for name in threshold.of]
    return [
        authority
        for authority in found
        if authority is not None
        and authority.speaks_for(case.use.reference, case.situation.namespace)
    ]


def _has_key(authority: Authority) -> bool:
    return any(isinstance(anchor, KeyAnchor) for anchor in authority.anchors)


def _described(authority: Authority) -> str:
    """`release-key (its key)`, `ci (https://github.com/… from https://token…)`."""
    if _has_key(authority):
        return f"{authority.name} (its key)"
    names = [
        f"{identity.subject} from {identity.issuer}" if identity.issuer else str(identity.subject)
        for identity in authority.identities[:1]
    ]
    keyless = any(isinstance(anchor, SigstoreAnchor) for anchor in authority.anchors)
    kind = "" if keyless else "a certificate for "
    return f"{authority.name} ({kind}{names[0]})" if names else authority.name
