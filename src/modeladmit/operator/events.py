"""Events (events.k8s.io/v1): what changed about an object, for `kubectl describe`."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from modeladmit.cluster.client import KubernetesClient
from modeladmit.cluster.errors import ClusterError
from modeladmit.cluster.resources import EVENTS
from modeladmit.core.rendering import plain, whole

_log: Final = logging.getLogger(__name__)
CONTROLLER: Final = "modeladmit.io/operator"
_MAX_NOTE: Final = 1024
"""Bytes that the API server takes; a character outside ASCII counts as what its UTF-8 takes."""


class Events:
    """Writes Events in the name of this replica."""

    def __init__(self, client: KubernetesClient, *, instance: str) -> None:
        self._client: Final = client
        self._instance: Final = instance

    async def record(
        self, obj: Mapping[str, Any], *, reason: str, note: str, warning: bool = False
    ) -> None:
        """Write one. An Event that cannot be written stops nothing."""
        metadata = obj.get("metadata") or {}
        namespace = metadata.get("namespace") or "default"
        event = {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {
                "name": f"{metadata.get('name')}.{uuid4().hex[:16]}",
                "namespace": namespace,
            },
            "eventTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance[:128],
            "action": "Verify",
            "reason": reason[:128],
            "type": "Warning" if warning else "Normal",
            "note": _cut(plain(note)),
            "regarding": {
                "apiVersion": obj.get("apiVersion"),
                "kind": obj.get("kind"),
                "name": metadata.get("name"),
                "namespace": metadata.get("namespace"),
                "uid": metadata.get("uid"),
                "resourceVersion": metadata.get("resourceVersion"),
            },
        }
        try:
            await self._client.create(EVENTS, event, namespace=namespace)
        except ClusterError as error:
            _log.info("an event could not be written", extra={"facts": {"why": str(error)}})


def _cut(text: str) -> str:
    shown = text.encode()[:_MAX_NOTE].decode(errors="ignore")
    return text if shown == text else text[: whole(text, len(shown))]
