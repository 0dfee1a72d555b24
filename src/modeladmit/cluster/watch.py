"""Changes in the cluster as they happen, through kopf.

kopf runs in a thread and on a loop of its own: when it stops it cancels every task of its loop, and a webhook must not
die of a broken watch. It only ever has `on.event` handlers: timers and daemons add finalizers, other handlers write
annotations, and neither may happen to a tenant's object.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import kopf

from modeladmit.cluster.client import kopf_session, open_session
from modeladmit.cluster.definitions import Definitions
from modeladmit.cluster.login import Login
from modeladmit.cluster.resources import Resource

_log: Final = logging.getLogger(__name__)
_PAUSE: Final = 5.0
"""Seconds before a watch that ended is started again."""

Noted = Callable[[Resource, str | None, Mapping[str, Any]], None]


class Watch:
    """Tells a loop about every event of some kinds, until it is stopped."""

    def __init__(self, login: Login, resources: Sequence[Resource], noted: Noted) -> None:
        self._login = login
        self._resources = tuple(resources)
        self._noted = noted
        self._loop = asyncio.get_running_loop()
        self._ended = threading.Event()
        self._run: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        """The loop of the present run of kopf, and what ends the run."""
        self._thread = threading.Thread(target=self._for_ever, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    async def stop(self) -> None:
        """End, and wait for the end."""
        self._ended.set()
        if self._run is not None:
            loop, halt = self._run
            with contextlib.suppress(RuntimeError):  # it has just ended by itself
                loop.call_soon_threadsafe(halt.set)
        await asyncio.to_thread(self._thread.join, 10.0)

    def _for_ever(self) -> None:
        while not self._ended.is_set():
            try:
                asyncio.run(self._watch())
            except Exception:  # noqa: BLE001 - whatever ends the watch, it is started again
                _log.exception("the watch ended; the list that backs it goes on")
                self._ended.wait(_PAUSE)

    async def _watch(self) -> None:
        # Not a `threading.Event`: kopf would wait for it in a thread that outlives a run that failed.
        halt = asyncio.Event()
        self._run = (asyncio.get_running_loop(), halt)
        if self._ended.is_set():
            return
        async with open_session(self._login) as session:
            connection = kopf_session(session, self._login.connection.server)
            registry = kopf.OperatorRegistry()
            definitions = Definitions(session, self._login.connection.server, self._resources)

            async def login(**_: Any) -> kopf.AiohttpSession:
                return connection

            async def begin_anew() -> None:
                await definitions.put_back()
                _log.info("definitions have changed; the watch begins anew")
                halt.set()

            kopf.on.login(registry=registry, retries=3)(login)
            for resource in self._resources:
                self._register(registry, resource)
            definitions.register(registry)
            guard = asyncio.create_task(begin_anew())
            try:
                await kopf.operator(
                    registry=registry,
                    settings=settings(),
                    standalone=True,
                    clusterwide=True,
                    stop_flag=halt,
                )
            finally:
                guard.cancel()

    def _register(self, registry: kopf.OperatorRegistry, resource: Resource) -> None:
        async def handler(event: Mapping[str, Any], **_: Any) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(
                    self._noted, resource, event["type"], dict(event["object"])
                )

        handler.__name__ = resource.plural
        kopf.on.event(resource.group, resource.version, resource.plural, registry=registry)(handler)


def settings() -> kopf.OperatorSettings:
    """kopf without events, peering or any write of its own."""
    found = kopf.OperatorSettings()
    found.posting.enabled = False
    found.peering.standalone = True
    found.networking.request_timeout = 30
    found.networking.connect_timeout = 10
    found.watching.server_timeout = 300
    found.watching.client_timeout = 330
    found.watching.connect_timeout = 10
    return found
