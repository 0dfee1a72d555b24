"""`require.verifyAtLoad`: the bytes are hashed again inside the Pod, before the server starts."""

from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.content_digest import content_digest
from modeladmit.core.digest import Digest
from modeladmit.core.references import parse_image
from modeladmit.core.verdict import Finding
from modeladmit.core.workload import Guard
from modeladmit.errors import InvalidInput


def check(case: Case) -> Iterator[Finding]:
    """Some guard of the Pod must count for this use."""
    if not case.policy.require.verify_at_load:
        return
    objections = [(guard, objection(guard, case)) for guard in case.workload.guards]
    if any(problem is None for _, problem in objections):
        return
    digests = _provable(case)
    expect = digests[0] if digests else "DIGEST"
    fix = (
        f"add an init container: modeladmit guard --expect {expect} {case.use.mount_path}"
        if case.use.mount_path
        # What a server downloads itself is not there before it starts.
        else f"let an init container download it into a volume, and another one guard that: modeladmit guard --expect {expect} PATH"
    )
    detail = (
        "; ".join(f"{guard.container}: {problem}" for guard, problem in objections[:3])
        or "the Pod has no guard"
    )
    yield case.fail(
        "GuardMissing",
        f"nothing re-hashes {case.use.reference.uri} before the server starts: {detail}",
        fix=fix,
    )


def proven(case: Case) -> frozenset[Digest]:
    """Digests that guards which count will prove for this use. Who expects another one gets no server."""
    return frozenset(
        Digest.parse(guard.expect)
        for guard in case.workload.guards
        if objection(guard, case) is None
    )


def objection(guard: Guard, case: Case) -> str | None:
    """Why a guard does not count for a use, or None when it does."""
    if guard.problems:
        return guard.problems[0]
    try:
        image = parse_image(guard.image)
        expected = Digest.parse(guard.expect)
    except InvalidInput:
        return "its image or --expect cannot be read"
    if image.digest is None or image.digest not in case.situation.guard_images:
        return "its image is not the guard's image by digest"
    if case.use.reference.resolvable:
        digests = _provable(case)
        if not digests:
            return "the store does not say the digest of every file, so nothing can be compared"
        if expected not in digests:
            return "--expect is another digest than the verified one"
    mounted = case.use.mount_path
    if mounted is None or not (
        mounted == guard.path or mounted.startswith(guard.path.rstrip("/") + "/")
    ):
        return f"it hashes {guard.path}, not what the server loads"
    inside = mounted[len(guard.path.rstrip("/")) :].rstrip("/")
    if guard.volume is None or f"{guard.volume}{inside}" != case.use.volume:
        return "it mounts another volume"
    return None


def _provable(case: Case) -> tuple[Digest, ...]:
    """Digests that the guard can compute from the mounted files: of the one file that is named, or of all of them.

    A manifest digest is none of them: mounted files do not show their manifest.
    """
    artifact = case.sheet.artifact
    if artifact is None:
        return ()
    path = case.use.reference.path
    if path is not None:
        return tuple(file.digest for file in artifact.files if file.name == path and file.digest)
    whole = content_digest((file.name, file.digest) for file in artifact.files)
    single = artifact.files[0].digest if len(artifact.files) == 1 else None
    return tuple(digest for digest in (whole, single) if digest is not None)
