"""Which generation of each policy every replica of the webhook judges by. Replicas write nothing: they are asked.

Their metrics say it (`modeladmit_policy_generation`). Raises nothing: a replica that does not answer knows nothing.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

import aiohttp

from modeladmit.cluster.client import ObjectReader
from modeladmit.cluster.errors import ClusterError
from modeladmit.cluster.resources import PODS

_COMPONENT: Final = "app.kubernetes.io/component"
_SECONDS: Final = 2.0
_MAX_BYTES: Final = 4 << 20
_SAMPLE: Final = re.compile(
    r'^modeladmit_policy_generation\{mode="\w+",policy="([^"\\]+)"\} ([0-9.e+]+)$', re.MULTILINE
)

Generations = Mapping[str, float]
"""By name of the policy."""


class Replicas:
    """The webhook's Pods in the release namespace."""

    def __init__(
        self, client: ObjectReader, session: aiohttp.ClientSession, *, namespace: str, port: int
    ) -> None:
        self._client: Final = client
        self._session: Final = session
        self._namespace: Final = namespace
        self._port: Final = port

    async def generations(self) -> Mapping[str, Generations]:
        """What each running replica knows, by its name; empty when there is none (a webhook outside the cluster)."""
        try:
            listing = await self._client.list(PODS, namespace=self._namespace)
        except ClusterError:
            return {}
        addresses = {
            str(pod["metadata"]["name"]): str((pod.get("status") or {}).get("podIP"))
            for pod in listing.items
            if (pod["metadata"].get("labels") or {}).get(_COMPONENT) == "webhook"
            and (pod.get("status") or {}).get("podIP")
            and (pod.get("status") or {}).get("phase") == "Running"
            and not pod["metadata"].get("deletionTimestamp")
        }
        answers = await asyncio.gather(*(self._ask(address) for address in addresses.values()))
        return dict(zip(addresses, answers, strict=True))

    async def _ask(self, address: str) -> Generations:
        host = f"[{address}]" if ":" in address else address
        try:
            async with (
                asyncio.timeout(_SECONDS),
                self._session.get(f"http://{host}:{self._port}/metrics") as response,
            ):
                text = b""
                async for chunk in response.content.iter_any():
                    text += chunk
                    if len(text) > _MAX_BYTES:
                        return {}
        except (aiohttp.ClientError, TimeoutError, OSError):
            return {}
        return {
            name: float(value) for name, value in _SAMPLE.findall(text.decode(errors="replace"))
        }


def behind(replicas: Mapping[str, Generations], policy: str, generation: int) -> tuple[str, ...]:
    """Names of the replicas that do not judge by this generation yet.

    A higher one is no better: a policy that is deleted and made again starts over.
    """
    return tuple(
        sorted(name for name, known in replicas.items() if known.get(policy) != generation)
    )
