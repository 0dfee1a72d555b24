"""Hosts that policies name in `require.sources`: they may be asked, at public addresses (design section 6)."""

import re
from collections.abc import Iterable
from typing import Final

from modeladmit.core.policy import Policy

_HOSTED: Final = frozenset({"oci", "https", "http", "git+https", "ollama"})
_LISTABLE: Final = re.compile(r"(\*\.)?[^*?$]+")
"""A name, or every name below one. Wider patterns admit references and open no connection."""


def policy_hosts(policies: Iterable[Policy]) -> frozenset[str]:
    """The hosts, `name[:port]` or `*.name`."""
    return frozenset(
        pattern.segments[0]
        for policy in policies
        for pattern in policy.require.sources or ()
        if pattern.scheme in _HOSTED and _LISTABLE.fullmatch(pattern.segments[0])
    )
