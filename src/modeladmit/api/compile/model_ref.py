"""A ModelRef as what a namespace declares. Its status is never read: it proves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from modeladmit.api.compile.problem import Compiled, Problems
from modeladmit.api.compile.shape import read, resource_problems
from modeladmit.api.durations import parse_duration
from modeladmit.api.model_ref import ModelRef, ModelRefSpec
from modeladmit.core.digest import Digest
from modeladmit.core.fieldpath import ROOT, FieldPath
from modeladmit.core.pin import Pin
from modeladmit.core.reference import Reference
from modeladmit.core.references import parse_reference
from modeladmit.core.situation import DeclaredModel
from modeladmit.errors import InvalidInput

_SPEC: Final = ROOT / "spec"


@dataclass(frozen=True, slots=True)
class CompiledModelRef:
    """A ModelRef without text that could still fail to parse."""

    namespace: str
    name: str
    reference: Reference
    """With the digest and revision that the spec asks for."""
    evidence: Reference | None = None
    """Where the signatures are, if not beside the artifact."""
    pull_secrets: tuple[str, ...] = ()
    interval: timedelta = timedelta(hours=1)
    generation: int = 0

    @property
    def declared(self) -> DeclaredModel:
        """What `require.modelRef` compares with, as far as the spec itself says it: only immutable ids count."""
        return DeclaredModel(
            self.name,
            self.reference,
            self.reference.digest,
            self.reference.revision if self.reference.pin >= Pin.REVISION else None,
        )


def compile_model_ref(raw: Mapping[str, Any]) -> Compiled[CompiledModelRef | None]:
    """Read a ModelRef, with every problem at once."""
    problems = Problems(resource_problems(ModelRef, raw))
    spec = read(ModelRefSpec, raw.get("spec"))
    if spec is None:
        return Compiled(None, problems.all())
    reference = _reference(spec.uri, spec.revision, _SPEC / "uri", problems)
    evidence = (
        _reference(spec.signature, None, _SPEC / "signature", problems) if spec.signature else None
    )
    digest = Digest.parse(spec.digest) if spec.digest else None
    if reference is not None and reference.digest and digest and digest != reference.digest:
        problems.add(_SPEC / "digest", "is another digest than the one in uri")
    found = problems.all()
    if found or reference is None:
        return Compiled(None, found)
    metadata = raw["metadata"]
    return Compiled(
        CompiledModelRef(
            namespace=str(metadata.get("namespace", "")),
            name=str(metadata["name"]),
            reference=reference.pinned(digest=digest),
            evidence=evidence,
            pull_secrets=tuple(secret.name for secret in spec.pull_secrets or ()),
            interval=parse_duration(spec.interval),
            generation=int(metadata.get("generation", 0)),
        )
    )


def _reference(
    text: str, revision: str | None, path: FieldPath, problems: Problems
) -> Reference | None:
    try:
        return parse_reference(text, revision)
    except InvalidInput as error:
        problems.add(path, str(error))
        return None
