"""Short ways to build core values in tests. Every default is the simplest thing that passes."""

from datetime import UTC, datetime, timedelta

from modeladmit.core.authority import Authority
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Artifact, ArtifactFile, Attestation, Format, KeySigner
from modeladmit.core.facts import Facts, FactSheet
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.policy import Exemption, Mode, Policy, Requirements, Threshold
from modeladmit.core.reference import Reference
from modeladmit.core.references import parse_reference
from modeladmit.core.situation import Situation
from modeladmit.core.trust import KeyAnchor
from modeladmit.core.workload import ModelUse, ObjectIdentity, Role, Workload

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DIGEST = Digest.sha256(b"weights")
OTHER_DIGEST = Digest.sha256(b"other weights")
COMMIT = "0e9e39f249a16976918f6564b8830bc894c89659"
TAGGED = "oci://registry.example.com/models/llama:v1"
PINNED = f"{TAGGED}@{DIGEST}"
FIELD = FieldPath.parse("spec.containers[0].args[3]")
IDENTITY = ObjectIdentity("v1", "Pod", "llama", "team-a")
SITUATION = Situation(namespace="team-a")


def reference(uri: str = PINNED, revision: str | None = None) -> Reference:
    """A parsed reference."""
    return parse_reference(uri, revision)


def use(
    uri: str = PINNED, revision: str | None = None, *, role: Role = Role.WEIGHTS, **changes
) -> ModelUse:
    """A use of a model by one container."""
    return ModelUse(
        role,
        reference(uri, revision),
        changes.pop("field", FIELD),
        **{"container": "vllm", **changes},
    )


def workload(*uses: ModelUse, **changes) -> Workload:
    """A Pod with these uses."""
    return Workload(IDENTITY, inference=True, uses=uses, **changes)


def key(name: str) -> KeyAnchor:
    """A made-up key that is told apart by its name; nothing here verifies signatures."""
    return KeyAnchor(name.encode(), Digest.sha256(name.encode()))


def authority(name: str, *models: str) -> Authority:
    """An authority with the key of its name."""
    return Authority(
        name, (key(name),), models=tuple(ModelPattern.parse(model) for model in models)
    )


def signature(
    by: str, *subjects: Digest, predicate_type: str | None = None, **changes
) -> Attestation:
    """A proven statement by the key of that name."""
    return Attestation(
        KeySigner(key(by).fingerprint), subjects or (DIGEST,), predicate_type, **changes
    )


def artifact(
    uri: str = PINNED, *, digest: Digest | None = DIGEST, revision: str | None = None, **changes
) -> Artifact:
    """An artifact with one Safetensors file."""
    files = (ArtifactFile("model.safetensors", 10, DIGEST, Format.SAFETENSORS),)
    return Artifact(
        reference(uri),
        digest,
        changes.pop("resolved", revision),
        files=changes.pop("files", files),
        **changes,
    )


def sheet(*attestations: Attestation, uri: str = PINNED, **changes) -> FactSheet:
    """Facts about one reference."""
    return FactSheet(changes.pop("artifact", artifact(uri)), attestations=attestations, **changes)


def facts(sheet_: FactSheet, uri: str = PINNED, revision: str | None = None) -> Facts:
    """One sheet for one reference."""
    return Facts({reference(uri, revision).key: sheet_})


def policy(
    require: Requirements | None = None,
    *,
    mode: Mode = Mode.ENFORCE,
    name: str = "production",
    **changes,
) -> Policy:
    """A policy over every model of every namespace."""
    return Policy(name, mode, require or Requirements(), generation=3, **changes)


def signed_by(*names: str, minimum: int = 1, **changes) -> Policy:
    """A policy that asks for signatures by these authorities."""
    return policy(
        Requirements(signatures=Threshold(minimum, names)),
        authorities={name: authority(name) for name in names},
        **changes,
    )


def exemption(*codes: str, **changes) -> Exemption:
    """An exemption for the registry's models, good for an hour."""
    defaults = {
        "reason": "migration",
        "expires_at": NOW + timedelta(hours=1),
        "patterns": (ModelPattern.parse("oci://registry.example.com/**"),),
    }
    return Exemption("migration", frozenset(codes), **{**defaults, **changes})
