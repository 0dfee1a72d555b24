"""Cloud identity through the vendors' own libraries, against what they would find in a pod."""

import asyncio
import json
import socket
import ssl
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator

import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from modeladmit.core.credentials import (
    ANONYMOUS,
    AccessKey,
    BasicCredential,
    BearerCredential,
    Credential,
    IdentityToken,
)
from modeladmit.sources.cloud.aws import AwsKeychain
from modeladmit.sources.cloud.azure import AzureKeychain
from modeladmit.sources.cloud.google import GoogleKeychain
from modeladmit.sources.keychain import Keychain
from modeladmit.sources.settings import LOOPBACK, HostSettings, SourceSettings
from modeladmit.sources.transport import Transport
from tests.doubles.faults import FaultyServer

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


async def credentials(keychain: Keychain, host: str) -> Credential | None:
    return await keychain.credentials(host, "m/x", ANONYMOUS)


async def test_amazon(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys from the credential chain sign S3 requests; ECR gives a password for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", moto)
    keychain = AwsKeychain(lambda: 0.0)
    assert AccessKey("AKIDTEST", "secret") == await credentials(keychain, "s3.amazonaws.com")
    password = await credentials(keychain, ECR)
    assert isinstance(password, BasicCredential)
    assert password.username == "AWS"
    assert password.password
    for host in ("ghcr.io", f"{ECR}.evil.example.com", "s3.example.com"):
        assert await credentials(keychain, host) is None


class GoogleMetadata(FaultyServer):
    """The metadata server of a Google VM."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 3600
        self.tokens = 0
        self.app.router.add_get(
            "/computeMetadata/v1/instance/service-accounts/{account}/token", self._token
        )
        self.app.router.add_get("/{path:.*}", self._other)

    async def _token(self, request: web.Request) -> web.Response:
        self.tokens += 1
        answer = {
            "access_token": "google-token",
            "expires_in": self.seconds,
            "token_type": "Bearer",
        }
        return web.json_response(answer, headers={"Metadata-Flavor": "Google"})

    async def _other(self, request: web.Request) -> web.Response:
        path, headers = request.path, {"Metadata-Flavor": "Google"}
        if path.endswith("/"):
            account = {
                "default": {"email": "m@example.com"},
                "email": "m@example.com",
                "scopes": [],
            }
            return web.json_response(account, headers=headers)
        return web.Response(text="project" if path.endswith("project-id") else "", headers=headers)


async def test_google(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workload's identity opens Artifact Registry and Cloud Storage."""
    metadata = GoogleMetadata()
    async with metadata.running():
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        monkeypatch.setenv("CLOUDSDK_CONFIG", "/nonexistent")
        monkeypatch.setenv("GCE_METADATA_HOST", metadata.host)
        monkeypatch.setenv("GCE_METADATA_IP", metadata.host)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "project")
        keychain = GoogleKeychain(lambda: 0.0)
        assert BearerCredential("google-token") == await credentials(
            keychain, "storage.googleapis.com"
        )
        assert BasicCredential("oauth2accesstoken", "google-token") == await credentials(
            keychain, "europe-docker.pkg.dev"
        )
        for host in ("ghcr.io", "pkg.dev.evil.example.com", "evilgcr.io"):
            assert await credentials(keychain, host) is None
        # The server hands out the token that it has: it is kept no longer than it is good for. (One test, because the
        # library reads where its server is only once in a process.)
        metadata.seconds, metadata.tokens, now = 300, 0, [0.0]
        keychain = GoogleKeychain(lambda: now[0])
        for moment, expected in ((0.0, 1), (100.0, 1), (250.0, 2)):
            now[0] = moment
            await credentials(keychain, "storage.googleapis.com")
            assert expected == metadata.tokens


class AzureServices(FaultyServer):
    """The managed identity endpoint of a pod."""

    def __init__(self) -> None:
        super().__init__()
        self.app.router.add_get("/identity", self._identity)

    async def _identity(self, request: web.Request) -> web.Response:
        assert request.headers["X-IDENTITY-HEADER"] == "header"
        claims = urlsafe_b64encode(json.dumps({"aud": request.query["resource"]}).encode()).decode()
        answer = {
            "access_token": f"e30.{claims}.entra",
            "expires_on": "4102444800",
            "resource": request.query["resource"],
            "token_type": "Bearer",
        }
        return web.json_response(answer)


@pytest.fixture
async def azure(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AzureServices]:
    server = AzureServices()
    async with server.running():
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/identity")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        yield server


async def test_microsoft_storage(azure: AzureServices) -> None:
    """The managed identity's Entra token opens Blob Storage as it is."""
    async with Transport(SourceSettings()) as transport:
        keychain = AzureKeychain(transport, lambda: 0.0)
        token = await credentials(keychain, "account.blob.core.windows.net")
        assert isinstance(token, BearerCredential)
        assert token.token.endswith(".entra")
        for host in ("ghcr.io", "r.azurecr.io.evil.example.com"):
            assert await credentials(keychain, host) is None
    assert azure.count == 1


class AzureRegistry(FaultyServer):
    """ACR's exchange of an Entra token for a refresh token."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, object]] = []
        self.app.router.add_post("/oauth2/exchange", self._exchange)

    async def _exchange(self, request: web.Request) -> web.Response:
        self.forms.append(dict(await request.post()))
        return web.json_response({"refresh_token": "acr-refresh"})


class Here(AbstractResolver):
    """Every name is this server, whatever the port."""

    def __init__(self, server: FaultyServer) -> None:
        self._port = int(server.host.rpartition(":")[2])

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    async def close(self) -> None:
        pass


async def test_microsoft_registry(azure: AzureServices) -> None:
    """At the registry itself the Entra token becomes a refresh token; no other host sees it."""
    authority, registry = trustme.CA(), AzureRegistry()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("team.azurecr.io").configure_cert(context)
    async with registry.running(context):
        rule = HostSettings(
            "team.azurecr.io", ca_bundle=authority.cert_pem.bytes().decode(), networks=LOOPBACK
        )
        async with Transport(SourceSettings(hosts=(rule,)), resolver=Here(registry)) as transport:
            now = [0.0]
            keychain = AzureKeychain(transport, lambda: now[0])
            token = await credentials(keychain, "team.azurecr.io")
            # One login for many requests: a new token would be a new account each time.
            again = [credentials(keychain, "team.azurecr.io") for _ in range(5)]
            assert [token] * 5 == await asyncio.gather(*again)
            assert 1 == len(registry.forms)
            now[0] = 3601.0
            await credentials(keychain, "team.azurecr.io")
    assert IdentityToken("acr-refresh") == token
    form, _ = registry.forms
    assert (form["service"], str(form["access_token"]).endswith(".entra")) == (
        "team.azurecr.io",
        True,
    )
