"""Programs that fetch models: what they fetch, which version, and where they put it.

One line a tool. They run in init containers, Jobs, `postStart` hooks and the scripts of servers.
"""

from typing import Final

from modeladmit.workloads.tools import buckets, hubs, registries, web
from modeladmit.workloads.tools.tool import Takes, Tool

__all__ = ["TOOLS", "Takes", "Tool"]

TOOLS: Final[tuple[Tool, ...]] = (*hubs.TOOLS, *buckets.TOOLS, *web.TOOLS, *registries.TOOLS)
