"""Fixtures of the end-to-end tests: the cluster, and the programs that the collected tests need."""

from collections.abc import Iterator

import pytest

from e2e.kit import providers, tools
from e2e.kit.cluster import Cluster
from e2e.kit.cosign import SigningKey
from e2e.kit.registries import Registry, distribution_registry, referrers_registry
from e2e.kit.sigstore import Sigstore
from e2e.kit.sigstore_servers import private_sigstore

# What each fixture runs. Compiling takes minutes, so it happens before any test's clock starts.
PROGRAMS = {
    "cluster": ("kubernetes",),
    "distribution": ("registry", "oras", "cosign"),
    "referrers": ("referrers", "oras", "cosign"),
    "registry": ("registry", "referrers", "oras", "cosign"),
    "signing_key": ("cosign",),
    "sigstore": ("cosign", "fulcio", "timestamp-authority", "rekor-tiles", "tesseract"),
    "helm": ("helm",),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cluster", "the Kubernetes cluster of the end-to-end tests")
    group.addoption(
        "--cluster",
        choices=providers.NAMES,
        default="auto",
        help="where the cluster comes from; auto is plane",
    )
    group.addoption(
        "--context", metavar="NAME", help="kubeconfig context of --cluster=existing; never guessed"
    )


def pytest_configure(config: pytest.Config) -> None:
    try:
        providers.check(config.getoption("--cluster"), config.getoption("--context"))
    except providers.ProviderError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly:
        return
    used = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    wanted = {module for name in used & PROGRAMS.keys() for module in PROGRAMS[name]}
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        for module in tools.MODULES:
            if module.name in wanted:
                tools.build(module)


@pytest.fixture(scope="session")
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """The cluster that `--cluster` names, one for the whole run."""
    home = tmp_path_factory.mktemp("cluster")
    name, context = request.config.getoption("--cluster"), request.config.getoption("--context")
    with providers.provide(name, context, home) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry without the referrers API, on disk."""
    with distribution_registry(tmp_path_factory.mktemp("distribution")) as registry:
        yield registry


@pytest.fixture(scope="session")
def referrers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry with the referrers API, in memory."""
    with referrers_registry(tmp_path_factory.mktemp("referrers")) as registry:
        yield registry


@pytest.fixture(params=["distribution", "referrers"])
def registry(request: pytest.FixtureRequest) -> Registry:
    """Each kind of registry in turn."""
    found: Registry = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """A cosign key pair that the tests may call the release key."""
    return SigningKey.generate(tmp_path_factory.mktemp("keys"), "release")


@pytest.fixture(scope="session")
def sigstore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sigstore]:
    """A private Sigstore: keyless signatures without any service of the internet."""
    with private_sigstore(tmp_path_factory.mktemp("sigstore")) as sigstore:
        yield sigstore
