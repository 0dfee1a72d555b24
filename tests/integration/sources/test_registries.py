"""Real registries, filled and signed by real clients."""

import base64
import json
from pathlib import Path

import pytest

from e2e.kit.cosign import Layout, SigningKey
from e2e.kit.models import model_files, push_model
from e2e.kit.registries import Registry
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import EvidenceKind, Format
from modeladmit.errors import AccessDenied, ArtifactNotFound, HostForbidden
from modeladmit.sources.docker_config import parse
from modeladmit.sources.settings import HostSettings
from tests.integration.sources.conftest import Tokens, asking, rule


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return SigningKey.generate(tmp_path_factory.mktemp("key"))


@pytest.fixture(params=["distribution", "referrers"])
def registry(
    request: pytest.FixtureRequest, distribution: Registry, referrers: Registry
) -> Registry:
    """Without and with the referrers API."""
    return {"distribution": distribution, "referrers": referrers}[request.param]


async def test_a_model_pack(registry: Registry) -> None:
    """What oras pushed is what we resolve: digest, files, formats, over TLS by a private CA or plain HTTP."""
    model = push_model(registry, "models/resolve")
    artifact = await asking(rule(registry)).resolve(f"oci://{model.by_tag}")
    assert model.digest == str(artifact.digest)
    assert {name: Digest.sha256(data) for name, data in model_files().items()} == {
        file.name: file.digest for file in artifact.files
    }
    assert artifact.formats == (Format.SAFETENSORS,)


@pytest.mark.parametrize("layout", Layout)
async def test_signed_by_cosign(registry: Registry, key: SigningKey, layout: Layout) -> None:
    """Both layouts of cosign are found, on registries with and without the referrers API."""
    model = push_model(registry, f"models/signed-{layout.value}")
    key.sign(model, layout)
    _, evidence = await asking(rule(registry)).both(f"oci://{model.by_digest}")
    (found,) = evidence
    if layout is Layout.BUNDLE:
        assert EvidenceKind.SIGSTORE_BUNDLE is found.kind
        assert "dsseEnvelope" in json.loads(found.content)
        return
    assert EvidenceKind.COSIGN_SIGNATURE is found.kind
    assert model.digest == json.loads(found.content)["critical"]["image"]["docker-manifest-digest"]
    assert found.annotations["dev.cosignproject.cosign/signature"]


async def test_signed_twice(registry: Registry, tmp_path: Path) -> None:
    """Two signers are two pieces of evidence, in either layout."""
    model = push_model(registry, "models/twice")
    for name in ("one", "two"):
        for layout in Layout:
            SigningKey.generate(tmp_path / f"{name}-{layout.value}").sign(model, layout)
    _, evidence = await asking(rule(registry)).both(f"oci://{model.by_digest}")
    kinds = sorted(item.kind for item in evidence)
    assert kinds == [EvidenceKind.COSIGN_SIGNATURE] * 2 + [EvidenceKind.SIGSTORE_BUNDLE] * 2


async def test_missing(registry: Registry) -> None:
    """A real registry's 404."""
    push_model(registry, "models/there")
    for name in ("models/there:nothing", "models/nothing:v1"):
        with pytest.raises(ArtifactNotFound):
            await asking(rule(registry)).resolve(f"oci://{registry.host}/{name}")


async def test_basic_login(locked: Registry) -> None:
    """A pull secret opens it; without one, or with a wrong one, the message names the cure."""
    model = push_model(locked, "models/private")
    keychain = parse(locked.docker_config().encode())
    artifact = await asking(rule(locked), keychain=keychain).resolve(f"oci://{model.by_tag}")
    assert (model.digest, False) == (str(artifact.digest), artifact.anonymous)
    with pytest.raises(AccessDenied, match="pull secret"):
        await asking(rule(locked)).resolve(f"oci://{model.by_tag}")
    wrong = base64.b64encode(b"user:wrong").decode()
    keychain = parse(json.dumps({"auths": {locked.host: {"auth": wrong}}}).encode())
    with pytest.raises(AccessDenied):
        await asking(rule(locked), keychain=keychain).resolve(f"oci://{model.by_tag}")


@pytest.mark.parametrize(
    "entry", [{"username": "user", "password": "pass"}, {"identitytoken": "refresh"}]
)
async def test_token_login(distribution: Registry, tokens: Tokens, entry: dict[str, str]) -> None:
    """Distribution believes the token that the token server gave for our login, and nothing else."""
    model = push_model(distribution, "models/tokens")
    host = tokens.registry.host
    keychain = parse(json.dumps({"auths": {host: entry}}).encode())
    trusted = rule(tokens.registry, token_hosts=(tokens.server.host,))
    realm = rule_of(tokens)
    uri = f"oci://{host}/models/tokens@{model.digest}"
    artifact, _ = await asking(trusted, realm, keychain=keychain).both(uri)
    assert (model.digest, False) == (str(artifact.digest), artifact.anonymous)
    assert tokens.server.count == 1
    with pytest.raises(AccessDenied):
        await asking(trusted, realm).resolve(uri)


async def test_public_token(distribution: Registry, tokens: Tokens) -> None:
    """A public repository behind a token server is read anonymously."""
    model = push_model(distribution, "models/public")
    tokens.server.private = False
    trusted = rule(tokens.registry, token_hosts=(tokens.server.host,))
    uri = f"oci://{tokens.registry.host}/models/public@{model.digest}"
    assert (await asking(trusted, rule_of(tokens)).resolve(uri)).anonymous


async def test_an_unlisted_token_server(distribution: Registry, tokens: Tokens) -> None:
    """The realm is another host than the registry: without a word in the settings it gets no login."""
    push_model(distribution, "models/tokens")
    keychain = parse(
        json.dumps({"auths": {tokens.registry.host: {"auth": "dXNlcjpwYXNz"}}}).encode()
    )
    with pytest.raises(HostForbidden, match="tokenHosts"):
        await asking(rule(tokens.registry), rule_of(tokens), keychain=keychain).resolve(
            f"oci://{tokens.registry.host}/models/tokens:v1"
        )
    assert tokens.server.count == 0


def rule_of(tokens: Tokens) -> HostSettings:
    return HostSettings(tokens.server.host, plain_http=True)
