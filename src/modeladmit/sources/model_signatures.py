"""Model signatures that lie beside or among files: read, or told why they are not."""

from collections.abc import Awaitable, Callable

from modeladmit.core.evidence import Evidence, EvidenceKind
from modeladmit.errors import EvidenceError


async def read_signature(name: str, fetch: Callable[[], Awaitable[bytes]]) -> Evidence:
    """The signature of a name. Raises what is transient; what cannot be read stays visible as a problem."""
    try:
        return Evidence(EvidenceKind.MODEL_SIGNATURE, await fetch(), name)
    except EvidenceError as error:
        if error.transient:
            raise
        return Evidence.unread(EvidenceKind.MODEL_SIGNATURE, name, str(error))
