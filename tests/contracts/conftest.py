"""One running store a test, for every protocol."""

from collections.abc import AsyncIterator

import pytest
import trustme

from tests.contracts.stores import PROTOCOLS, Protocol, Store, running


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(params=PROTOCOLS, ids=str)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    found: Protocol = request.param
    return found


@pytest.fixture
async def store(protocol: Protocol, ca: trustme.CA) -> AsyncIterator[Store]:
    async with running(protocol, ca) as store:
        yield store
