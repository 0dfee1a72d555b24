"""The operator as a process: it waits for the Lease, reports while it holds it, and starts over when it loses it."""

import socket
from time import monotonic
from uuid import uuid4

import aiohttp

from modeladmit.cluster.login import Login
from modeladmit.engine.snapshot import Snapshot
from modeladmit.in_cluster.composition import Cluster, open_cluster
from modeladmit.in_cluster.ending import Ending
from modeladmit.in_cluster.status_pages import StatusPages, serving
from modeladmit.operator.controller import Controller, Item
from modeladmit.operator.events import Events
from modeladmit.operator.leadership import Leadership
from modeladmit.operator.propagation import Replicas
from modeladmit.operator.schedule import Schedule
from modeladmit.operator.serving_certificate import ServingCertificates
from modeladmit.settings import Settings
from modeladmit.telemetry import Metrics


async def serve(settings: Settings, login: Login) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigurationError when the settings cannot work.

    A bug in what runs beside the Lease ends the process, so that it is started again, perhaps elsewhere.
    """
    ending, metrics = Ending(), Metrics()
    identity = f"{socket.gethostname()}_{uuid4().hex[:8]}"
    leading = metrics.gauge("modeladmit_operator_leads", "1 while this replica holds the Lease.")
    current: list[Controller] = []

    def changed(snapshot: Snapshot) -> None:
        for controller in current:
            controller.compare(snapshot)

    async with (
        open_cluster(settings, login, metrics, changed=changed) as cluster,
        aiohttp.ClientSession() as session,
        serving(
            StatusPages(metrics, lambda: True),
            settings.webhook.host,
            settings.webhook.metrics_port,
        ),
    ):
        leadership = Leadership(
            cluster.client, namespace=settings.namespace, identity=identity, monotonic=monotonic
        )
        certificates = ServingCertificates(
            cluster.client, namespace=settings.namespace, clock=cluster.engine.clock
        )
        try:
            while await ending.unless(leadership.acquire()):
                leading.set(1)
                controller = _controller(cluster, settings, session, identity)
                current[:] = [controller]
                if cluster.store.ready:
                    controller.compare(cluster.store.snapshot())
                await ending.unless(leadership.hold(), controller.run(), certificates.run())
                current.clear()
                leading.set(0)
        finally:
            await leadership.release()


def _controller(
    cluster: Cluster, settings: Settings, session: aiohttp.ClientSession, identity: str
) -> Controller:
    schedule: Schedule[Item] = Schedule(monotonic)
    replicas = Replicas(
        cluster.client,
        session,
        namespace=settings.namespace,
        port=settings.webhook.metrics_port,
    )
    events = Events(cluster.client, instance=identity)
    return Controller(
        cluster, events, schedule, replicas=replicas, scan_every=settings.scan_seconds
    )
