"""Which files of an artifact are fetched to be read, and what is said of a configuration that is not. Pure.

Everything is bounded (design section 6), and a bound never hides code: a configuration beyond it counts as custom code.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import TypeGuard

from modeladmit.core.content_digest import is_signature_file
from modeladmit.core.evidence import ArtifactFile, Executable
from modeladmit.sources.contents import may_name_code, unread
from modeladmit.sources.settings import Limits


def is_file_name(name: object) -> TypeGuard[str]:
    """Whether a store's name of a file is one: relative, without `..`, control and direction characters."""
    return (
        isinstance(name, str)
        and bool(name)
        and name.isprintable()
        and not name.startswith("/")
        and ".." not in name.split("/")
    )


def worth_reading(
    files: Iterable[ArtifactFile], limits: Limits, *, hash_others: bool
) -> list[ArtifactFile]:
    """Configurations, and with `hash_others` files without a digest: the smallest first, as many as the limits allow."""
    wanted = [
        file
        for file in files
        if (may_name_code(file.name) or (hash_others and file.digest is None))
        and not is_signature_file(file.name)
        and file.size is not None
        and file.size <= limits.small_file_bytes
    ]
    chosen: list[ArtifactFile] = []
    total = 0
    for file in sorted(wanted, key=lambda file: (not may_name_code(file.name), file.size or 0)):
        total += file.size or 0
        if total > limits.small_files_total_bytes or len(chosen) >= limits.small_files:
            break
        chosen.append(file)
    return chosen


def unread_code(
    files: Iterable[ArtifactFile], read: Collection[ArtifactFile]
) -> Iterator[Executable]:
    """Configurations that were not read."""
    names = {file.name for file in read}
    for file in files:
        if may_name_code(file.name) and file.name not in names:
            yield unread(file.name)
