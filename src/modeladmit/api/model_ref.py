"""ModelRef: a model that a namespace declares, resolved and verified before anything runs it."""

from typing import Annotated, Literal

from pydantic import Field

from modeladmit.api.conditions import Conditions
from modeladmit.api.texts import NAMED, DigestText, Duration, ObjectName, Uri, several
from modeladmit.api.wire import Resource, WireModel
from modeladmit.core.policy import Mode
from modeladmit.core.verdict import Outcome


class PullSecretRef(WireModel):
    """A Secret of type kubernetes.io/dockerconfigjson in the same namespace."""

    name: ObjectName
    """Its name."""


class ModelRefSpec(WireModel):
    """Which model, and what it should be."""

    uri: Uri
    """The reference, with its scheme: oci://registry.example.com/models/llama:v1, hf://meta-llama/Llama-3.1-8B."""
    revision: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    """The revision that the store keeps beside the name: a commit, a version id, a generation."""
    digest: DigestText | None = None
    """The content digest that it must have."""
    signature: Uri | None = None
    """Where the evidence is, if not beside the artifact."""
    pull_secrets: Annotated[tuple[PullSecretRef, ...], several(8), *NAMED] | None = None
    """Credentials for its registry."""
    interval: Duration = "1h"
    """How often it is resolved and verified again."""


class ResolvedStatus(WireModel):
    """What the reference is."""

    revision: str | None = None
    """Immutable id of the store."""
    digest: str | None = None
    """Content digest."""
    pin: Literal["Digest", "Revision", "None"] | None = None
    """How strongly the declared reference names bytes."""
    files: Annotated[int, Field(ge=0)] | None = None
    """Number of files."""
    bytes: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = None
    """Size of all files."""
    formats: tuple[str, ...] = ()
    """Formats of the files that hold weights or code."""


class FindingStatus(WireModel):
    """One finding of a policy."""

    code: str
    """Finding code; see the documentation under this word."""
    outcome: Outcome
    """fail, error, warn, skip or pass."""
    message: str
    """What was found."""
    fix: str | None = None
    """What to do."""


class VerdictStatus(WireModel):
    """What one policy says of the model."""

    policy: str
    """Name of the TrustPolicy."""
    generation: int | None = None
    """Its generation that was asked."""
    mode: Mode
    """Its mode."""
    outcome: Literal["Allowed", "Denied"]
    """The verdict, as under Enforce."""
    findings: tuple[FindingStatus, ...] = ()
    """Why."""


class ModelRefStatus(WireModel):
    """What the operator last saw. Never an input to a verdict."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation that this status speaks of."""
    conditions: Conditions = ()
    """Resolved, Pinned, Verified, Ready."""
    resolved: ResolvedStatus | None = None
    """What the reference is."""
    signed_by: str | None = None
    """Authorities that vouch for it, for the column SIGNED BY."""
    verdicts: Annotated[tuple[VerdictStatus, ...], Field(max_length=64)] = ()
    """What every policy that covers it says."""


class ModelRef(Resource):
    """A model that a namespace declares, resolved and verified before anything runs it."""

    kind: Literal["ModelRef"]
    spec: ModelRefSpec
    status: ModelRefStatus | None = None
