"""One Kubernetes object to everything that judging needs to know about it. Pure, bounded, never raises."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import (
    ObjectIdentity,
    Role,
    Supplied,
    Undetermined,
    UndeterminedReason,
    Workload,
)
from modeladmit.workloads.annotations import kserve_sources, nested_pods
from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.claims import Claim, Reading, View
from modeladmit.workloads.containers import (
    Outcome,
    image_use,
    make_view,
    read_as_custom,
    read_container,
)
from modeladmit.workloads.credentials import inline_credentials
from modeladmit.workloads.downloaders import mounted_by_servers, read_downloaders
from modeladmit.workloads.guards import find_guards
from modeladmit.workloads.joining import join
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.limits import note_limits
from modeladmit.workloads.missing import nothing_named, opaque_environment, read_mounted
from modeladmit.workloads.nested import MAX_OBJECTS, merged, nested_objects
from modeladmit.workloads.objects import read_kind
from modeladmit.workloads.podspec import (
    MAX_CONTAINERS,
    Found,
    PodSpec,
    find_containers,
    pull_secrets,
)
from modeladmit.workloads.reading import dig, mapping, string
from modeladmit.workloads.signals import pod_accelerators
from modeladmit.workloads.tables import Form, Kind, Tables
from modeladmit.workloads.volumes import IMAGE_ATTRIBUTES, Place, Volume

_NO_SUPPLIES: Final[Supplied] = {}
_DATA: Final = frozenset(
    {
        ("", "ConfigMap"),
        ("", "Secret"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("", "Event"),
        ("", "Service"),
        ("", "ServiceAccount"),
        ("", "Namespace"),
        ("", "PersistentVolumeClaim"),
        ("", "PersistentVolume"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("policy", "PodDisruptionBudget"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    }
)
"""Kubernetes' own kinds that hold text for others and start nothing."""


def inspect_object(
    obj: Mapping[str, Any],
    *,
    supplied: Supplied = _NO_SUPPLIES,
    tables: Tables = BUILTIN,
    namespace: str | None = None,
    siblings: Sequence[Mapping[str, Any]] = (),
) -> Workload:
    """Read one decoded object.

    `supplied` are ConfigMaps that the caller has, `siblings` other objects of the same file; `namespace` is the request's.
    """
    try:
        return _inspected(obj, supplied, tables, namespace, siblings)
    except (
        RecursionError
    ):  # every walk is bounded; the caller may still stand close to the interpreter's limit
        limit = Undetermined(
            UndeterminedReason.LIMIT, FieldPath(), "the object is deeper than what is read"
        )
        return Workload(identify(obj, namespace), inference=True, undetermined=(limit,))


def _inspected(
    obj: Mapping[str, Any],
    supplied: Supplied,
    tables: Tables,
    namespace: str | None,
    siblings: Sequence[Mapping[str, Any]],
) -> Workload:
    identity = identify(obj, namespace)
    group = identity.group
    kind = tables.kind(group, identity.kind)
    if (kind is not None and kind.ignore) or (group, identity.kind) in _DATA:
        return Workload(identity, inference=False, loads_models=False)
    reading = Reading(obj, tables, supplied, identity.namespace or "")
    if kind is not None:
        reading.filled, reading.template = kind.filled, kind.template
        reading.training = kind.training
    found = find_containers(obj)
    if not found.complete:
        _too_large(reading)
    custom = "." in group and (kind is None or not kind.inference)
    inner = list(nested_objects(obj, tables)) if custom and found.complete else []
    if len(inner) >= MAX_OBJECTS:
        reading.limit(
            inner[-1][0], f"more than {MAX_OBJECTS} objects inside this one", seen="objects"
        )
    found.leave_out([at for at, _ in inner])
    view = read_kind(reading, kind, identity, siblings, [at for at, _ in inner])
    for annotated in nested_pods(reading, found):
        found.pods += annotated.pods
        found.containers += annotated.containers
        if not annotated.complete or len(found.containers) > MAX_CONTAINERS:
            _too_large(reading)
            break
    outcomes = _read_pods(reading, found, view.taken)
    kserve_sources(reading, found.pods)
    inference = _conclude(reading, kind, view, outcomes)
    uses = join(reading)
    guards = [
        guard
        for pod in found.pods
        for guard in find_guards(reading, [o.view for o in outcomes if o.view.container.pod is pod])
    ]
    workload = Workload(
        identity,
        inference,
        tuple(uses),
        tuple(reading.undetermined),
        tuple(reading.signals),
        tuple(c for o in outcomes for c in inline_credentials(o.view.container)),
        tuple(guards),
        loads_models=not found.containers if kind is None else kind.loads_models,
        pull_secrets=pull_secrets(found.pods),
        service_account=_service_account(found.pods),
    )
    for at, nested_object in inner:
        nested = inspect_object(
            nested_object, supplied=supplied, tables=tables, namespace=namespace, siblings=siblings
        )
        workload = merged(workload, at, nested)
    return workload


def _too_large(reading: Reading) -> None:
    """Padding must not hide what stands behind it, so it is inference until somebody makes it smaller."""
    reading.limit(FieldPath(), "the object is larger or deeper than what is read", seen="size")


def _conclude(reading: Reading, kind: Kind | None, view: KindView, outcomes: list[Outcome]) -> bool:
    """Whether the object is inference, and what is missing if it is."""
    training = kind is not None and kind.training
    for outcome in outcomes:
        if (outcome.accelerated or training) and not outcome.named and not outcome.idle:
            read_as_custom(reading, outcome)
    read_downloaders(reading, outcomes)
    note_limits(reading, outcomes)
    for outcome in outcomes:
        opaque_environment(reading, outcome)
    _fetched(reading, outcomes)
    named = view.named or any(outcome.named for outcome in outcomes)
    inference = bool(reading.signals) or (kind is not None and kind.inference)
    if not inference:
        return False
    if kind is not None and kind.template:
        return True
    for outcome in outcomes:
        hosted = kind is not None and kind.hosts and outcome.engine is None
        if outcome.serves or (outcome.accelerated and not outcome.idle and not hosted):
            if not outcome.named:
                read_mounted(reading, outcome)
            if outcome.engine is None or outcome.engine.default is None:
                outcome.mounted = outcome.mounted or outcome.view.container.path in view.mounted
            nothing_named(reading, outcome)
    if not named and not reading.undetermined and kind is not None and kind.inference:
        reading.undetermine(
            UndeterminedReason.NO_MODEL_NAMED,
            FieldPath(("spec",)),
            f"{kind.title} serves models, and nothing says which",
        )
    return True


def _fetched(reading: Reading, outcomes: list[Outcome]) -> None:
    """An init container fetches weights into a volume that a container of the same Pod reads: that one serves them."""
    if reading.signals:
        return
    read = mounted_by_servers(outcomes)
    for claim in reading.claims:
        if claim.view is not None and claim.destination and claim.view.container.initial:
            place = claim.view.mounts.place(claim.destination)
            if place is not None and id(place.volume) in read:
                reading.signal("download", claim.word.field, claim.word.shown())
                return


def identify(obj: Mapping[str, Any], namespace: str | None = None) -> ObjectIdentity:
    """Which object it is, whatever its fields hold."""
    metadata = mapping(obj.get("metadata"))
    name = string(metadata.get("name")) or string(metadata.get("generateName"))
    return ObjectIdentity(
        string(obj.get("apiVersion"))[:253],
        string(obj.get("kind"))[:253],
        name[:253],
        namespace or string(metadata.get("namespace"))[:253] or None,
    )


def _read_pods(reading: Reading, found: Found, taken: set[FieldPath]) -> list[Outcome]:
    volumes: dict[int, dict[str, Volume]] = {}
    outcomes: list[Outcome] = []
    for pod in found.pods if not reading.training else ():
        for at, name in pod_accelerators(pod):
            reading.signal("accelerator", at, name)
    for container in found.containers:
        if container.path in taken:
            continue
        key = id(container.pod)
        if key not in volumes:
            volumes[key] = reading.volumes.of(container.pod)
        view = make_view(reading, container, volumes[key])
        runtime = image_use(container, reading, view)
        if runtime is not None:
            reading.claims.append(runtime)
        outcomes.append(read_container(reading, view))
    for pod in {id(o.view.container.pod): o.view.container.pod for o in outcomes}.values():
        _image_volumes(
            reading,
            volumes[id(pod)],
            [o.view for o in outcomes if o.view.container.pod is pod],
        )
    return outcomes


def _image_volumes(reading: Reading, volumes: Mapping[str, Volume], views: list[View]) -> None:
    images = [volume for volume in volumes.values() if volume.uri.startswith("image://")]
    if not images:
        return
    mounting: dict[int, View] = {}
    for view in views:
        for _, _, volume, _ in view.mounts.mounts:
            mounting.setdefault(id(volume), view)
    roles: dict[int, Role] = {}
    for claim in reading.claims:
        if (place := _mounted_place(claim)) is not None:
            roles.setdefault(id(place.volume), claim.role)
    for volume in images:
        attributes = mapping(volume.raw.get("volumeAttributes"))
        key = next((k for k in IMAGE_ATTRIBUTES if k in attributes), None)
        at = volume.field / "reference" if key is None else volume.field / "volumeAttributes" / key
        text = volume.raw.get("reference") if key is None else attributes[key]
        word = reading.ledger.word(reading.ledger.readable(text), at)
        role = roles.get(id(volume), Role.WEIGHTS)
        reading.claims.append(Claim(role, word, Form.IMAGE, None, mounting.get(id(volume))))


def _mounted_place(claim: Claim) -> Place | None:
    if claim.view is None or claim.role in _NO_FILES or "://" in claim.word.text:
        return None
    return claim.view.mounts.place(claim.word.text)


_NO_FILES: Final = frozenset({Role.RUNTIME, Role.CODE})


def _service_account(pods: list[PodSpec]) -> str | None:
    return next(
        (name for pod in pods if (name := string(dig(pod.spec, "serviceAccountName")))), None
    )
