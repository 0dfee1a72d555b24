"""The entries of the webhook: one path each, named as in the webhook configurations."""

from enum import StrEnum
from typing import Final


class Entry(StrEnum):
    """Where a review comes in. Which objects come is the configuration's business.

    The judgement is the same at each, except that what comes to `ENFORCED` is from a closed namespace.
    """

    ENFORCED = "enforced"
    OBSERVED = "observed"
    WORKLOADS = "workloads"
    CLUSTER = "cluster"
    CONFIGURATION = "configuration"
    PINS = "pins"
    """Mutating: writes pins into new Pods, and judges nothing."""

    @property
    def path(self) -> str:
        """The path of its URL."""
        return f"/admit/{self.value}"


BY_PATH: Final = {entry.path: entry for entry in Entry}
