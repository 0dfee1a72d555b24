"""The tables that modeladmit brings."""

from typing import Final

from modeladmit.workloads.engines import ENGINES
from modeladmit.workloads.kinds import KINDS
from modeladmit.workloads.tables import Tables
from modeladmit.workloads.tools import TOOLS

BUILTIN: Final = Tables(engines=(*ENGINES, *(tool.engine for tool in TOOLS)), kinds=KINDS)
