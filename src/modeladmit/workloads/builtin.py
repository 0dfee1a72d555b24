"""The tables that modeladmit brings."""

from typing import Final

from modeladmit.workloads.engines import ENGINES
from modeladmit.workloads.kinds import KINDS
from modeladmit.workloads.tables import Tables

BUILTIN: Final = Tables(engines=ENGINES, kinds=KINDS)
