"""What the kind of an object says in its own fields."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import ObjectIdentity, UndeterminedReason
from modeladmit.workloads.claims import Pinning, Reading
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.tables import Field, Kind, Means
from modeladmit.workloads.unknown import read_unknown

_BUILT_IN: Final = frozenset({"", "apps", "batch", "autoscaling", "policy", "extensions"})
_PLACEHOLDER_KIND: Final = Kind("", "", "custom resource", inference=False)


def read_kind(
    reading: Reading,
    kind: Kind | None,
    identity: ObjectIdentity,
    siblings: Sequence[Mapping[str, Any]],
    skipped: Sequence[FieldPath] = (),
) -> KindView:
    """Read the object's own fields; what lies below `skipped` is read on its own."""
    view = KindView(reading, kind or _PLACEHOLDER_KIND, siblings)
    if kind is None:
        if identity.group not in _BUILT_IN and not identity.group.endswith(".k8s.io"):
            read_unknown(view, {place.steps for place in skipped})
        return view
    if kind.inference:
        reading.signal("kind", FieldPath(("kind",)), kind.title)
    version = identity.api_version.rpartition("/")[2]
    if kind.versions and version not in kind.versions:
        view.undetermined(
            UndeterminedReason.UNKNOWN_VERSION,
            FieldPath(("apiVersion",)),
            f"{version[:63]} is no version of {kind.title} whose fields are known",
        )
    for field in kind.fields:
        _field(view, field)
    for embedded in kind.containers:
        for at, raw in view.select(embedded.path):
            view.container(at, raw, embedded.engine)
    if kind.reader is not None:
        kind.reader(view)
    return view


def _field(view: KindView, field: Field) -> None:
    for at, value in view.select(field.path):
        if not isinstance(value, str):
            continue
        if field.means is Means.CODE:
            continue
        parent = FieldPath(at.steps[:-1])
        revision = None
        pinning = Pinning()
        if field.revision is not None:
            key = parent / field.revision
            revision = (key, view.get(*key.steps))
            pinning = Pinning(key=key, inline=False)
        elif field.arguments is not None:
            pinning = Pinning(
                option="--revision",
                append_to=FieldPath(tuple(field.arguments.split("."))),
                inline=False,
            )
        view.claim(at, value, field.role, field.form, revision=revision, pinning=pinning)
