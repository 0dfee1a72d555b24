"""One file per engine: its options and variables, how its reference is pinned, and what gives it away."""

from typing import Final

from modeladmit.workloads.engines import vllm
from modeladmit.workloads.tables import Engine

ENGINES: Final[tuple[Engine, ...]] = (vllm.ENGINE,)
