"""Every protocol behind one face: a running double, how to put a model in, and how to name it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import trustme
from yarl import URL

from modeladmit.core.credentials import BasicCredential, CredentialScope
from modeladmit.core.evidence import Artifact, Evidence
from modeladmit.core.reference import Reference
from modeladmit.core.references import parse_reference
from modeladmit.sources.docker_config import DockerConfig, RegistryEntry
from modeladmit.sources.keychain import Keychain, NoCredentials
from modeladmit.sources.registry import build_sources
from modeladmit.sources.settings import HostSettings, Limits, SourceSettings
from modeladmit.sources.transport import Transport
from tests.doubles.faults import FaultyServer
from tests.doubles.file_server import FileServer
from tests.doubles.git_server import GitServer
from tests.doubles.hub import Hub
from tests.doubles.mlflow_server import MlflowDouble
from tests.doubles.modelscope_hub import ModelScopeHub
from tests.doubles.object_stores import AzureDouble, GcsDouble, S3Double
from tests.doubles.oci_registry import OciRegistry

OLD = {"config.json": b'{"a":1}', "model.safetensors": b"old weights"}
NEW = {"config.json": b'{"a":1}', "model.safetensors": b"new weights!"}
SCOPE = CredentialScope("team-a")
Push = Callable[[Any, dict[str, bytes]], object]


@dataclass(frozen=True)
class Protocol:
    """What the contract needs to know of one protocol."""

    name: str
    double: Callable[[], FaultyServer]
    push: Push
    """Put a model where `reference` points, replacing what was there."""
    reference: str
    """Template with `{host}`."""
    missing: str
    settings: Callable[[str], dict[str, Any]] = field(default=lambda _: {})
    """Settings that lead to the base URL given."""
    tls: bool = False
    listing: str = ""
    """Path fragment of the first request; faults are shown there."""
    content: str | None = None
    """Path fragment of requests whose bytes are checked against a digest."""
    files: bool = True
    """Whether the files are seen."""
    bytes_only: bool = False
    """Whether any bytes are a valid answer (a plain file): nothing can be malformed or denied by shape."""

    def __str__(self) -> str:
        return self.name


def _push_https(server: FileServer, files: dict[str, bytes]) -> None:
    server.files["m/model.safetensors"] = files["model.safetensors"]


def _push_mlflow(server: MlflowDouble, files: dict[str, bytes]) -> None:
    server.aliases["tiny", "champion"] = server.register("tiny", files)


def _push_objects(server: Any, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        server.put("bucket", f"m/tiny/{name}", data)


def _push_git(server: GitServer, files: dict[str, bytes]) -> None:
    server.commit("team/tiny.git", "main", repr(files).encode())


PROTOCOLS = (
    Protocol(
        "oci",
        OciRegistry,
        lambda server, files: server.push_model("m/tiny", "v1", files=files),
        "oci://{host}/m/tiny:v1",
        "oci://{host}/m/nothing:v1",
        listing="/manifests/",
        content="/blobs/",
    ),
    Protocol(
        "ollama",
        OciRegistry,
        lambda server, files: server.push_model("m/tiny", "v1", files=files),
        "ollama://{host}/m/tiny:v1",
        "ollama://{host}/m/nothing:v1",
        listing="/manifests/",
        content="/blobs/",
    ),
    Protocol(
        "ngc",
        OciRegistry,
        lambda server, files: server.push_model("m/tiny", "v1", files=files),
        "ngc://m/tiny v1",
        "ngc://m/nothing v1",
        lambda base: {"ngc_endpoint": base},
        listing="/manifests/",
        content="/blobs/",
    ),
    Protocol(
        "hf",
        Hub,
        lambda server, files: server.push("m/tiny", files),
        "hf://m/tiny",
        "hf://m/nothing",
        lambda base: {"hf_endpoint": base},
        listing="/revision/",
        content="/resolve/",
    ),
    Protocol(
        "modelscope",
        ModelScopeHub,
        lambda server, files: server.push("m/tiny", files),
        "modelscope://m/tiny",
        "modelscope://m/nothing",
        lambda base: {"modelscope_endpoint": base},
        listing="/info/refs",
        content="/repo",
    ),
    Protocol(
        "s3",
        S3Double,
        _push_objects,
        "s3://bucket/m/tiny",
        "s3://bucket/nothing",
        lambda base: {"s3_endpoint": base},
        listing="list-type=2",
    ),
    Protocol(
        "gcs",
        GcsDouble,
        _push_objects,
        "gs://bucket/m/tiny",
        "gs://bucket/nothing",
        lambda base: {"gcs_endpoint": base},
    ),
    Protocol(
        "azblob",
        AzureDouble,
        _push_objects,
        "azblob://account/bucket/m/tiny",
        "azblob://account/bucket/nothing",
        lambda base: {"azure_endpoint": base},
        listing="comp=list",
    ),
    Protocol(
        "mlflow",
        MlflowDouble,
        _push_mlflow,
        "mlflow://tiny@champion",
        "mlflow://nothing@champion",
        lambda base: {"mlflow_tracking_uri": base},
    ),
    Protocol(
        "https",
        FileServer,
        _push_https,
        "https://{host}/m/model.safetensors",
        "https://{host}/m/nothing.safetensors",
        tls=True,
        bytes_only=True,
    ),
    Protocol(
        "git",
        GitServer,
        _push_git,
        "git+https://{host}/team/tiny.git main",
        "git+https://{host}/team/nothing.git main",
        tls=True,
        files=False,
    ),
)


@dataclass
class Store:
    """A protocol's double, running, and a transport that may ask it."""

    protocol: Protocol
    server: Any
    transport: Transport
    keychain: Keychain
    waits: list[float]
    """Seconds that the transport would have waited."""

    def push(self, files: dict[str, bytes]) -> None:
        self.protocol.push(self.server, files)

    @property
    def reference(self) -> Reference:
        return self.named(self.protocol.reference)

    @property
    def missing(self) -> Reference:
        return self.named(self.protocol.missing)

    def named(self, template: str, host: str | None = None) -> Reference:
        uri, _, revision = template.partition(" ")
        return parse_reference(uri.format(host=host or self.server.host), revision or None)

    async def resolve(self, reference: Reference | None = None) -> Artifact:
        reference = reference or self.reference
        source = build_sources(self.transport, self.keychain)[reference.scheme]
        return await source.resolve(reference, scope=SCOPE)

    async def evidence(self, artifact: Artifact) -> tuple[Evidence, ...]:
        source = build_sources(self.transport, self.keychain)[artifact.reference.scheme]
        return (await source.evidence(artifact, scope=SCOPE)).evidence

    @asynccontextmanager
    async def asked_as(self, **changes: Any) -> AsyncIterator["Store"]:
        """The same double through another transport."""
        settings = replace(self.transport.settings, **changes.pop("settings", {}))
        options = {"sleep": self._sleep} | changes.pop("transport", {})
        async with Transport(settings, **options) as transport:
            yield replace(self, transport=transport, **changes)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@asynccontextmanager
async def running(protocol: Protocol, ca: trustme.CA, **limits: Any) -> AsyncIterator[Store]:
    """The double with a model in it."""
    async with AsyncExitStack() as stack:
        server = protocol.double()
        await stack.enter_async_context(
            server.running(server_context(ca) if protocol.tls else None)
        )
        base = URL(server.url)
        rule = HostSettings(
            server.host,
            plain_http=not protocol.tls,
            ca_bundle=ca.cert_pem.bytes().decode() if protocol.tls else None,
        )
        settings = SourceSettings(
            hosts=(rule,),
            public_hubs=False,
            limits=Limits(**limits),
            **protocol.settings(str(base)),
        )
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        transport = await stack.enter_async_context(Transport(settings, sleep=sleep))
        store = Store(protocol, server, transport, NoCredentials(), waits)
        store.push(OLD)
        yield store


def server_context(ca: trustme.CA) -> Any:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def login(store: Store, username: str = "user") -> DockerConfig:
    """A pull secret for the double's host."""
    host, _, port = store.server.host.partition(":")
    return DockerConfig([RegistryEntry(host, port, "", BasicCredential(username, "pass"))])
