"""The whole exception tree. Violations are values (`core.verdict.Finding`); an exception means inability.

    ModeladmitError
    ├─ InvalidInput (ValueError)   they wrote something that cannot be read
    │  ├─ InvalidDigest
    │  ├─ InvalidReference
    │  ├─ InvalidFieldPath
    │  ├─ InvalidPolicy
    │  └─ InvalidReview
    ├─ EvidenceError               we could not find out
    │  ├─ ArtifactNotFound
    │  ├─ AccessDenied
    │  ├─ ArtifactRenamed
    │  ├─ NotResolvable
    │  ├─ HostForbidden
    │  ├─ LimitExceeded
    │  ├─ UnexpectedContent
    │  ├─ DigestMismatch
    │  ├─ SourceUnavailable        transient
    │  ├─ RateLimited              transient
    │  └─ DeadlineExceeded         transient
    ├─ VerificationError           the evidence does not prove it
    │  ├─ MalformedEvidence
    │  ├─ UnsupportedEvidence
    │  ├─ BadSignature
    │  ├─ UntrustedSigner
    │  ├─ UntrustedTime
    │  ├─ UntrustedLog
    │  └─ SubjectMismatch
    └─ ConfigurationError          our own setup; the process exits, nothing is denied

Every message is written by us for the people who read denials: no foreign exception text, no secret.
`code` is the finding code (see `core.catalog`) that a leaf becomes when it must be reported.
"""

from typing import ClassVar


class ModeladmitError(Exception):
    """Base of everything that modeladmit raises on purpose."""

    code: ClassVar[str] = "InternalError"
    transient: ClassVar[bool] = False


class InvalidInput(ModeladmitError, ValueError):
    """Something a person or a client wrote cannot be read."""

    code: ClassVar[str] = "InvalidReference"


class InvalidDigest(InvalidInput):
    """Not a digest in the form `algorithm:hex` of OCI image-spec, descriptor.md#digests."""


class InvalidReference(InvalidInput):
    """Not a model reference in any form that we know."""


class InvalidFieldPath(InvalidInput):
    """Not a path into a Kubernetes object."""


class InvalidPolicy(InvalidInput):
    """A policy, trust root or exemption that does not compile; `field` is where."""

    code: ClassVar[str] = "PolicyInvalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class InvalidReview(InvalidInput):
    """Not an AdmissionReview that can be answered."""

    code: ClassVar[str] = "InvalidReview"


class EvidenceError(ModeladmitError):
    """We could not find out."""

    code: ClassVar[str] = "SourceUnavailable"


class ArtifactNotFound(EvidenceError):
    """The store says that there is no such artifact, version or file."""

    code: ClassVar[str] = "ArtifactNotFound"


class AccessDenied(EvidenceError):
    """The store refuses our credentials, or asks for some."""

    code: ClassVar[str] = "AccessDenied"


class ArtifactRenamed(EvidenceError):
    """The store answers under another name than the one asked for (rename, namespace reuse)."""

    code: ClassVar[str] = "ArtifactRenamed"


class NotResolvable(EvidenceError):
    """A place that has no identity at admission: a claim, a host path, a path inside the image."""

    code: ClassVar[str] = "NotResolvable"


class HostForbidden(EvidenceError):
    """The host, its address or the place it redirects to is not allowed (server-side request forgery)."""

    code: ClassVar[str] = "HostForbidden"


class LimitExceeded(EvidenceError):
    """A body, page count, referrer count or nesting is over its bound."""

    code: ClassVar[str] = "LimitExceeded"


class UnexpectedContent(EvidenceError):
    """The store answers something that its protocol does not allow."""

    code: ClassVar[str] = "UnexpectedContent"


class DigestMismatch(EvidenceError):
    """Bytes do not hash to the digest they were asked by."""

    code: ClassVar[str] = "DigestMismatch"


class SourceUnavailable(EvidenceError):
    """The store cannot be reached or fails."""

    code: ClassVar[str] = "SourceUnavailable"
    transient: ClassVar[bool] = True


class RateLimited(SourceUnavailable):
    """The store asks us to come back later than the deadline allows."""

    code: ClassVar[str] = "RateLimited"


class DeadlineExceeded(SourceUnavailable):
    """The answer is due before the store's."""

    code: ClassVar[str] = "DeadlineExceeded"


class VerificationError(ModeladmitError):
    """The evidence does not prove what it claims. The message names the step that failed."""

    code: ClassVar[str] = "SignatureMissing"


class MalformedEvidence(VerificationError):
    """Bytes that are no bundle, envelope, statement or signature."""


class UnsupportedEvidence(VerificationError):
    """A form that is known and deliberately not accepted, or not known."""


class BadSignature(VerificationError):
    """The signature does not verify over the signed bytes."""


class UntrustedSigner(VerificationError):
    """The key or the certificate chain is not one that we were given to trust."""


class UntrustedTime(VerificationError):
    """No trusted time, or one outside the validity of a key or certificate."""


class UntrustedLog(VerificationError):
    """The transparency log entry, its proof or its promise does not verify."""


class SubjectMismatch(VerificationError):
    """A valid statement about something else."""


class ConfigurationError(ModeladmitError):
    """Our own setup is wrong; the message says which setting and what to write instead."""

    code: ClassVar[str] = "ConfigurationError"
