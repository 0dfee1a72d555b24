"""`require.verifyAtLoad`: the bytes are hashed again inside the Pod, before the server starts."""

from collections.abc import Iterator

from modeladmit.core.case import Case
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
    artifact = case.sheet.artifact
    digest = artifact.digest if artifact else case.use.reference.digest
    path = case.use.mount_path or "PATH"
    fix = f"add an init container: modeladmit guard --expect {digest or 'DIGEST'} {path}"
    detail = (
        "; ".join(f"{guard.container}: {problem}" for guard, problem in objections[:3])
        or "the Pod has no guard"
    )
    yield case.fail(
        "GuardMissing",
        f"nothing re-hashes {case.use.reference.uri} before the server starts: {detail}",
        fix=fix,
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
    artifact = case.sheet.artifact
    if artifact is not None and artifact.digest is not None and expected != artifact.digest:
        return "--expect is another digest than the verified one"
    if artifact is None and case.use.reference.resolvable:
        return "the artifact's digest is not known"
    mounted = case.use.mount_path
    if mounted is None or not (
        mounted == guard.path or mounted.startswith(guard.path.rstrip("/") + "/")
    ):
        return f"it hashes {guard.path}, not what the server loads"
    if guard.volume != case.use.volume:
        return "it mounts another volume"
    return None
