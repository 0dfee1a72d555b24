"""Logins, challenges and realms."""

from contextlib import AsyncExitStack

import pytest

from modeladmit.core.credentials import BasicCredential, BearerCredential, Credential, IdentityToken
from modeladmit.errors import AccessDenied, EvidenceError, HostForbidden, UnexpectedContent
from modeladmit.sources.oci.auth import Challenge, parse_challenge
from modeladmit.sources.settings import HostSettings
from tests.doubles.faults import FaultyServer
from tests.doubles.oci_registry import OciRegistry
from tests.unit.sources.oci.conftest import Client, Opener

LOGIN = BasicCredential("user", "hunter2")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="https://a/t",service="s"', Challenge("bearer", "https://a/t", "s")),
        ("bearer realm=https://a/t", Challenge("bearer", "https://a/t", "")),
        (
            'Bearer service="s, t" , realm="https://a/\\"t"',
            Challenge("bearer", 'https://a/"t', "s, t"),
        ),
        ('BASIC realm="r"', Challenge("basic", "r", "")),
        ("Basic", Challenge("basic", "", "")),
        (
            'Bearer realm="https://a/t",realm="https://evil/t"',
            Challenge("bearer", "https://a/t", ""),
        ),
    ],
)
def test_challenges(header: str, expected: Challenge) -> None:
    """Quoted and bare values, any order, any case; the first of two wins."""
    assert expected == parse_challenge(header)


@pytest.mark.parametrize("header", ["", "Negotiate", "Digest realm=x", "Bearers realm=x", "\x00"])
def test_unknown_challenges(header: str) -> None:
    """What we cannot meet is a refusal."""
    with pytest.raises(AccessDenied):
        parse_challenge(header)


@pytest.fixture
async def client(registry: OciRegistry, opened: Opener) -> Client:
    registry.login = ("user", "hunter2")
    registry.push_image("m/x", "v1")
    found: Client = await opened(registry)
    found.keys.known["a", registry.host] = LOGIN
    return found


async def test_basic(registry: OciRegistry, client: Client) -> None:
    """Asked once without, once with the login; from then on with it at once."""
    assert not (await client.resolve("m/x:v1")).anonymous
    await client.resolve("m/x:v1")
    assert ["Authorization" in headers for _, _, headers in registry.seen] == [False, True, True]


@pytest.mark.parametrize("credential", [LOGIN, IdentityToken("hunter2")])
async def test_token(registry: OciRegistry, client: Client, credential: Credential) -> None:
    """A password or a refresh token buys one token for many requests, for our own scope."""
    registry.token_auth = f"{registry.url}/token"
    client.keys.known["a", registry.host] = credential
    for _ in range(3):
        assert not (await client.resolve("m/x:v1")).anonymous
    method = "GET" if credential is LOGIN else "POST"
    assert registry.requests[f"{method} /token"] == 1
    assert registry.count == 5
    if credential is LOGIN:
        # The challenge asked for another repository's scope.
        assert "repository:m/x:pull" in next(
            path for _, path, _ in registry.seen if path.startswith("/token")
        )


async def test_token_as_it_is(registry: OciRegistry, client: Client) -> None:
    """A `registrytoken` goes to the registry and nowhere else."""
    registry.token_auth = f"{registry.url}/token"
    client.keys.known["a", registry.host] = BearerCredential("user:m/x")
    assert not (await client.resolve("m/x:v1")).anonymous
    assert registry.requests["GET /token"] == 0


async def test_public_with_token(registry: OciRegistry, client: Client) -> None:
    """A token that anybody gets is no identity."""
    registry.login, registry.token_auth = None, f"{registry.url}/token"
    assert (await client.resolve("m/x:v1", "nobody")).anonymous


async def test_an_expired_token_is_replaced(registry: OciRegistry, opened: Opener) -> None:
    """A registry that no longer accepts the token is asked for a new one, once."""
    registry.token_auth = f"{registry.url}/token"
    registry.push_image("m/x", "v1")
    client = await opened(registry)
    await client.resolve("m/x:v1", "nobody")
    registry.faults.statuses = [401]
    registry.faults.matching = "/manifests/"
    registry.faults.headers = {
        "WWW-Authenticate": f'Bearer realm="{registry.url}/token",service="registry"'
    }
    assert (await client.resolve("m/x:v1", "nobody")).anonymous
    assert registry.requests["GET /token"] == 2


async def test_wrong_password(registry: OciRegistry, client: Client) -> None:
    """The message says where, and nothing of the secret."""
    registry.token_auth = f"{registry.url}/token"
    client.keys.known["a", registry.host] = BasicCredential("user", "wrong-hunter2")
    with pytest.raises(AccessDenied) as failure:
        await client.resolve("m/x:v1")
    assert "hunter2" not in str(failure.value)
    assert "m/x" in str(failure.value)


async def test_a_realm_at_a_foreign_host(registry: OciRegistry, client: Client) -> None:
    """A registry that sends us elsewhere for a token is not followed, although the other host is listed."""
    thief = FaultyServer()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(thief.running())
        registry.token_auth = f"{thief.url}/token"
        client.transport.hosts._rules[thief.host] = HostSettings(thief.host, plain_http=True)
        with pytest.raises(HostForbidden) as failure:
            await client.resolve("m/x:v1")
        assert (thief.count, failure.value.transient) == (0, False)


async def test_a_realm_that_the_settings_list(registry: OciRegistry, opened: Opener) -> None:
    """`tokenHosts` of that registry allow it."""
    tokens = OciRegistry()
    async with tokens.running():
        registry.login = tokens.login = ("user", "hunter2")
        registry.token_auth = f"{tokens.url}/token"
        registry.push_image("m/x", "v1")
        client = await opened(
            registry,
            rule={"token_hosts": (tokens.host,)},
            more_hosts=(HostSettings(tokens.host, plain_http=True),),
        )
        client.keys.known["a", registry.host] = LOGIN
        assert not (await client.resolve("m/x:v1")).anonymous
        assert tokens.count == 1


@pytest.mark.parametrize("realm", ["", "/token", "ftp://x/", "http://[", "token", "javascript:x"])
async def test_a_realm_that_is_none(registry: OciRegistry, client: Client, realm: str) -> None:
    """No place to ask."""
    registry.token_auth = realm
    with pytest.raises(UnexpectedContent):
        await client.resolve("m/x:v1")


async def test_a_realm_is_never_redirected(registry: OciRegistry, client: Client) -> None:
    """A token server that redirects would carry the login away."""
    thief = FaultyServer()
    async with thief.running():
        client.transport.hosts._rules[thief.host] = HostSettings(thief.host, plain_http=True)
        registry.token_auth = f"{registry.url}/token"
        registry.faults.matching = "/token"
        registry.faults.redirect = f"{thief.url}/token"
        with pytest.raises(EvidenceError):
            await client.resolve("m/x:v1")
        assert thief.count == 0


@pytest.mark.parametrize(
    "body", [b"{}", b'{"token": 1}', b'{"token": ""}', b'{"token": "a\\r\\nX: y"}', b"[]"]
)
async def test_answers_without_a_token(registry: OciRegistry, client: Client, body: bytes) -> None:
    """Nothing that is not a token becomes a header."""
    registry.token_auth = f"{registry.url}/token"
    registry.faults.matching = "/token"
    registry.faults.body = body
    with pytest.raises(UnexpectedContent):
        await client.resolve("m/x:v1")


async def test_a_challenge_after_a_redirect_is_not_met(
    registry: OciRegistry, client: Client
) -> None:
    """The other host asks for credentials: it gets none."""
    other = FaultyServer()
    async with other.running():
        other.faults.status = 401
        other.faults.headers = {"WWW-Authenticate": f'Bearer realm="{other.url}/token"'}
        client.transport.hosts._rules[other.host] = HostSettings(other.host, plain_http=True)
        registry.faults.redirect = f"{other.url}/v2/"
        with pytest.raises(HostForbidden):
            await client.resolve("m/x:v1")
        assert other.count == 1


async def test_a_host_with_a_token_server_is_known_for_all_its_repositories(
    registry: OciRegistry, client: Client
) -> None:
    """The second repository costs no refusal: a token is asked for at once, for that repository alone."""
    registry.token_auth = f"{registry.url}/token"
    registry.push_image("m/y", "v1")
    await client.resolve("m/x:v1")
    asked = len(registry.seen)
    await client.resolve("m/y:v1")
    (token, _), (manifest, headers) = [
        (path.partition("?")[0], headers) for _, path, headers in registry.seen[asked:]
    ]
    assert ("/token", "/v2/m/y/manifests/v1") == (token, manifest)
    assert "Bearer user:m/y" == headers["Authorization"]


async def test_a_token_server_that_fails_says_nothing_about_a_repository_that_needs_none(
    registry: OciRegistry, client: Client
) -> None:
    """What is open stays so while the token server of its registry is away."""
    registry.token_auth = f"{registry.url}/token"
    registry.push_image("m/open", "v1")
    await client.resolve("m/x:v1")
    registry.faults.matching = "/token"
    registry.faults.status = 500
    registry.token_auth, registry.login = None, None
    artifact = await client.resolve("m/open:v1")
    assert artifact.anonymous
    assert "Authorization" not in registry.seen[-1][2]
