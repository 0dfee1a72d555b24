"""Which kinds and engines are read: the built-in ones and those of the settings, as in `wiring`, but without its imports."""

from modeladmit.settings import Settings
from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.entries import extended
from modeladmit.workloads.tables import Tables


def workload_tables(settings: Settings) -> Tables:
    """The tables to inspect with. Raises ConfigurationError."""
    return extended(BUILTIN, kinds=settings.kinds, engines=settings.engines)
