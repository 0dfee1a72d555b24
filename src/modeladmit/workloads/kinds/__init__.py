"""One file per inference API: which fields of its kinds name artifacts."""

from typing import Final

from modeladmit.workloads.kinds import core
from modeladmit.workloads.tables import Kind

KINDS: Final[tuple[Kind, ...]] = (*core.KINDS,)
