"""One file per family of inference APIs: which fields of its kinds name artifacts."""

from typing import Final

from modeladmit.workloads.kinds import core, kserve, llm_operators, nvidia, producers, ray, vendors
from modeladmit.workloads.tables import Kind

KINDS: Final[tuple[Kind, ...]] = (
    *core.KINDS,
    *kserve.KINDS,
    *nvidia.KINDS,
    *ray.KINDS,
    *llm_operators.KINDS,
    *vendors.KINDS,
    *producers.KINDS,
)
