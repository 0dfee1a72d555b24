"""From claims to uses: paths are followed to what fills them, so that each artifact is reported once, as what it is."""

import re
from dataclasses import replace
from typing import Final

from modeladmit.core.reference import Reference, Scheme
from modeladmit.core.references import parse_image, parse_reference
from modeladmit.core.workload import Carrier, ModelUse, Role, UndeterminedReason
from modeladmit.errors import InvalidReference
from modeladmit.workloads.address import LocalPath, locate
from modeladmit.workloads.claims import MAX_CLAIMS, Claim, Reading
from modeladmit.workloads.endpoints import endpoints_of
from modeladmit.workloads.pinning import pin_edits
from modeladmit.workloads.tables import Form
from modeladmit.workloads.text import Origin, marked
from modeladmit.workloads.volumes import Holder, Mounts, Place

_STRENGTH: Final = (Role.CODE, Role.DRAFT, Role.ADAPTER, Role.TOKENIZER, Role.CONFIG)
_FOLLOWED: Final = frozenset({Role.WEIGHTS, Role.ADAPTER, Role.DRAFT, Role.TOKENIZER, Role.CONFIG})
_PLACEHOLDER: Final = re.compile(r"\$|<|>|\{\{|\}\}|%\(|@@")
_FOLDERS_FIRST: Final = frozenset({Form.HUB, Form.OWNED, Form.PATH, Form.MODELSCOPE})
"""Forms whose programs take a folder of that name before they ask a hub."""
_BUCKETS: Final = frozenset({Scheme.S3, Scheme.GCS, Scheme.OSS, Scheme.TOS, Scheme.AZURE_BLOB})
_VERSIONED: Final = frozenset(
    {"gsutil", "gcloud-storage", "azcopy", "curl", "wget", "aria2c", "axel"}
)
"""Tools that hand the version in a URI to the store; loaders ignore it, or take it for a part of the name."""
_Download = tuple[Claim, str, Place | None]
"""What is fetched, the path where it is then, and the volume behind that."""
MAX_SHOWN: Final = 200
MAX_DOWNLOADS: Final = 128


def join(reading: Reading) -> list[ModelUse]:
    """Turn the claims into uses; what cannot be read becomes undetermined."""
    located: list[tuple[Claim, Reference | LocalPath]] = []
    if len(reading.claims) > MAX_CLAIMS:
        at = reading.claims[MAX_CLAIMS].word.field
        reading.undetermine(
            UndeterminedReason.LIMIT,
            at,
            f"more than {MAX_CLAIMS} references in one object; the rest is not read",
        )
    for claim in reading.claims[:MAX_CLAIMS]:
        where = _located(reading, claim)
        if where is not None:
            located.append((claim, where))
    downloads = [
        (claim, target, claim.view.mounts.place(target))
        for claim, where in located
        if isinstance(where, Reference) and claim.destination and claim.view is not None
        for target in (claim.destination, *claim.copies)
    ]
    if len(downloads) > MAX_DOWNLOADS:
        at = downloads[MAX_DOWNLOADS][0].word.field
        reading.undetermine(
            UndeterminedReason.LIMIT,
            at,
            f"more than {MAX_DOWNLOADS} downloads in one object; the rest is not followed",
        )
        del downloads[MAX_DOWNLOADS:]
    uses: list[ModelUse] = []
    local: list[ModelUse] = []
    for claim, where in located:
        if isinstance(where, LocalPath) and (use := _followed(reading, claim, where, downloads)):
            local.append(use)
    for claim, where in located:
        if isinstance(where, Reference):
            uses.append(_use(reading, claim, where))
    return _once(uses + local)


def _located(reading: Reading, claim: Claim) -> Reference | LocalPath | None:
    word, revision = claim.word, claim.revision
    unknown = word.unknown
    if unknown is not None and marked(word.text):
        _unknown(reading, claim, unknown)
        return None
    text = word.text.strip()
    revision_text = None if revision is None else revision.text.strip() or None
    if (
        revision is not None
        and revision.unknown is not None
        and revision_text
        and marked(revision_text)
    ):
        _unknown(reading, claim, revision.unknown)
        revision_text = None
    if (
        claim.view is not None
        and claim.view.mounts.mounts
        and claim.form in _FOLDERS_FIRST
        and not _rooted(text)
    ):
        shadow = _shadowing(claim, claim.view.mounts, text)
        if shadow is not None:
            return shadow
        _warn_of_shadow(reading, claim, claim.view.mounts, text)
    if _placeholder(text):
        if not claim.optional and not reading.template:
            reading.undetermine(
                UndeterminedReason.PLACEHOLDER,
                word.field,
                f"{word.shown()} is a placeholder that nothing here fills; write the model's name",
                claim.view,
                claim.engine,
            )
        return None
    try:
        where = (
            LocalPath(text)
            if claim.path_only
            else locate(text, claim.form, revision_text, claim.hub)
        )
    except InvalidReference as error:
        if not claim.optional:
            reading.undetermine(
                UndeterminedReason.INVALID,
                word.field,
                f"{word.shown()} is no reference: {error}",
                claim.view,
                claim.engine,
            )
        return None
    if where is None and not claim.optional:
        reading.undetermine(
            UndeterminedReason.INVALID,
            word.field,
            f"{word.shown()} is no reference",
            claim.view,
            claim.engine,
        )
    if isinstance(where, Reference) and where.scheme in _BUCKETS and not _passes_version(claim):
        where = replace(where, revision=None)
    if (
        isinstance(where, Reference)
        and claim.filename
        and where.path is None
        and where.scheme in {Scheme.HF, Scheme.MODELSCOPE}
    ):
        try:
            where = parse_reference(f"{where.uri}/{claim.filename}", where.revision)
        except InvalidReference:
            reading.undetermine(
                UndeterminedReason.INVALID,
                word.field,
                f"the file {claim.filename[:80]!r} is no file name",
                claim.view,
                claim.engine,
            )
    return where


def _passes_version(claim: Claim) -> bool:
    """Attack: `s3://bucket/key?versionId=…` for a loader that ignores the version looks pinned, and is not."""
    return claim.revision is not None or claim.engine in _VERSIONED


def _rooted(text: str) -> bool:
    """Whether the text says itself where it starts: a path, or a URI."""
    return text.startswith(("/", ".")) or "://" in text


def _shadowing(claim: Claim, mounts: Mounts, text: str) -> LocalPath | None:
    """The folder that a name means where programs look for folders first: a volume mounted below the working directory."""
    if not mounts.working_directory:
        return None
    path = mounts.absolute(text)
    place = mounts.place(path)
    if place is None:
        return None
    below = mounts.place(mounts.working_directory)
    mounted_here = below is None or place.mount != below.mount
    if mounted_here or claim.form is Form.PATH or text.count("/") > 1:
        return LocalPath(path)
    return None


def _warn_of_shadow(reading: Reading, claim: Claim, mounts: Mounts, text: str) -> None:
    """The working directory is the image's, and a volume would stand in the name's place if it were the right one."""
    if "/" not in text:
        return
    owner = text.partition("/")[0]
    for path, _, volume, _ in mounts.mounts:
        if path.endswith((f"/{text}", f"/{owner}")):
            reading.undetermine(
                UndeterminedReason.SCRIPT,
                claim.word.field,
                f"volume {volume.name[:63]} is mounted at {path[:120]}: started beside it, the program loads that "
                f"folder instead of {text[:96]}; write the whole path, or mount it elsewhere",
                claim.view,
                claim.engine,
            )


def _placeholder(text: str) -> bool:
    return _PLACEHOLDER.search(text) is not None


def _unknown(reading: Reading, claim: Claim, origin: Origin) -> None:
    if reading.template and origin.reason is UndeterminedReason.PLACEHOLDER:
        return
    verb = {
        UndeterminedReason.MUTABLE_CARRIER: "is read when the container starts; write the name in the container itself",
        UndeterminedReason.OPAQUE_ENVIRONMENT: "is not in the object; name the variable in `env`",
        UndeterminedReason.LIMIT: "is not read; make it shorter",
    }.get(origin.reason, "is not known at admission; write the name out")
    reading.undetermine(
        origin.reason, claim.word.field, f"{origin.name[:120]} {verb}", claim.view, claim.engine
    )


def _followed(
    reading: Reading, claim: Claim, where: LocalPath, downloads: list[_Download]
) -> ModelUse | None:
    """Follow a path to its volume, and there to the download that fills it."""
    view = claim.view
    if view is None:
        return _in_image(reading, claim, where.path)
    path = view.mounts.absolute(where.path)
    place = view.mounts.place(where.path)
    filled: Claim | None = None
    affordable = downloads if reading.effort.afford(len(downloads) // 4) else []
    for download, target, filled_place in affordable:
        if _fills(download, target, filled_place, claim, path, place):
            filled = download
            if (
                claim.role in _FOLLOWED
                and download.role is Role.WEIGHTS
                and claim.role is not Role.WEIGHTS
            ):
                download.role = claim.role
            if claim.role is Role.CODE:
                download.runs_code = True
            elif place is not None:
                download.served.add((path, _described(place)))
    if filled is not None and claim.role is Role.CODE:
        source = _located(reading, filled)
        return (
            _use(reading, replace(claim, revision=filled.revision, pinning=filled.pinning), source)
            if isinstance(source, Reference)
            else None
        )
    if filled is not None:
        return None
    if any(path == p or path.startswith(p + "/") for p in reading.filled) and (
        place is None or place.volume.holder is not Holder.PLACE
    ):
        return None
    if place is None:
        known = where.path.startswith("/") or view.mounts.working_directory
        return _in_image(reading, claim, path if known else path.lstrip("/"))
    if place.volume.holder is Holder.PLACE:
        return _placed(reading, claim, place, path)
    if place.volume.transient:
        return _placed(reading, claim, place, path)
    if place.volume.holder is Holder.EMPTY and claim.role is not Role.UNKNOWN:
        reading.undetermine(
            UndeterminedReason.SCRIPT,
            claim.word.field,
            f"{path[:120]} lies in the empty volume {place.volume.name[:63]}, and nothing that can be read fills it",
            view,
            claim.engine,
        )
    use = _in_image(reading, claim, path)
    return None if use is None else replace(use, volume=_described(place), mount_path=path)


def _fills(
    download: Claim,
    written: str,
    target: Place | None,
    claim: Claim,
    path: str,
    place: Place | None,
) -> bool:
    if download is claim:
        return False
    if target is not None and place is not None:
        if place.volume.name != target.volume.name or not _same_pod(download, claim, place):
            return False
        return place.within(target) or target.within(place)
    if (
        target is None
        and place is None
        and download.view is not None
        and claim.view is not None
        and download.view.container is claim.view.container
    ):
        destination = download.view.mounts.absolute(written)
        return (
            path == destination
            or path.startswith(destination + "/")
            or destination.startswith(path + "/")
        )
    return False


def _same_pod(download: Claim, claim: Claim, place: Place) -> bool:
    """An empty directory belongs to one Pod; a claim or a bucket of the same name may be another's."""
    if download.view is None or claim.view is None:
        return False
    return (
        place.volume.holder is Holder.PLACE
        or download.view.container.pod is claim.view.container.pod
    )


def _in_image(reading: Reading, claim: Claim, path: str) -> ModelUse | None:
    """A path that no volume explains: the container's image holds it, or nothing does."""
    text = "/".join(part for part in path.split("/") if part not in {"", ".", ".."})
    try:
        root = "/" if path.startswith("/") else ""  # the image's own working directory is not known
        return _use(reading, claim, parse_reference(f"file://{root}{text}"))
    except InvalidReference as error:
        if not claim.optional:
            reading.undetermine(
                UndeterminedReason.INVALID,
                claim.word.field,
                f"{claim.word.shown()} is no reference: {error}",
                claim.view,
                claim.engine,
            )
        return None


def _described(place: Place) -> str:
    return place.uri[:512]


def _placed(reading: Reading, claim: Claim, place: Place, path: str) -> ModelUse | None:
    uri = place.uri
    try:
        if uri.startswith("image://"):
            reference = parse_image(place.volume.uri.removeprefix("image://"))
        else:
            reference = parse_reference(uri)
    except InvalidReference as error:
        if uri.startswith("image://"):
            return None  # said once, at the volume's own field
        reason = UndeterminedReason.PLACEHOLDER if _placeholder(uri) else UndeterminedReason.INVALID
        reading.undetermine(
            reason,
            place.volume.field,
            f"the volume behind {path[:80]} cannot be read: {error}",
            claim.view,
            claim.engine,
        )
        return None
    if reference.scheme is Scheme.OCI:
        return None  # an image volume is a use of its own, at its own field
    return replace(_use(reading, claim, reference), volume=_described(place), mount_path=path)


def _use(reading: Reading, claim: Claim, reference: Reference) -> ModelUse:
    mutable = claim.word.mutable or (None if claim.revision is None else claim.revision.mutable)
    view = claim.view
    found = () if view is None or claim.role is Role.RUNTIME else endpoints_of(reading, view)
    # Loaded from several places it has no one place that a guard could prove.
    served = next(iter(claim.served)) if len(claim.served) == 1 else (None, None)
    return ModelUse(
        claim.role,
        reference,
        claim.word.field,
        None if view is None else view.name,
        claim.engine,
        Carrier.OBJECT if mutable is None else mutable.carrier,
        None if mutable is None else mutable.field,
        claim.word.shown()[:MAX_SHOWN],
        None if view is None else view.container.image or None,
        endpoints=found,
        volume=served[1],
        mount_path=served[0],
        runs_code=claim.runs_code,
        pin_edits=pin_edits(reading.root, claim, reference),
    )


def _once(uses: list[ModelUse]) -> list[ModelUse]:
    """The same artifact in the same role, field and container is one use."""
    if len(uses) == 1:
        return uses
    seen: dict[tuple[object, ...], ModelUse] = {}
    for use in uses:
        key = (use.role, use.reference.key, use.field, use.container)
        if key not in seen:
            seen[key] = use
        elif use.runs_code and not seen[key].runs_code:
            seen[key] = replace(seen[key], runs_code=True)
    return list(seen.values())
