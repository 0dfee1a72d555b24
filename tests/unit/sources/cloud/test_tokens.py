"""Tokens of cloud identities: kept, shared, and explained when there is none."""

import asyncio
import threading

import pytest

from modeladmit.core.credentials import BearerCredential
from modeladmit.errors import AccessDenied, SourceUnavailable
from modeladmit.sources.cloud.tokens import CloudTokens, Issued


class Vendor:
    """A blocking library that counts its calls."""

    def __init__(self, seconds: float = 100.0) -> None:
        self.calls = 0
        self._seconds = seconds

    def __call__(self) -> Issued:
        self.calls += 1
        assert threading.current_thread() is not threading.main_thread()
        return Issued(BearerCredential(f"token-{self.calls}"), self._seconds)


async def test_kept_until_shortly_before_the_end() -> None:
    """One call for a token's life, a new one before it ends."""
    clock, vendor = [0.0], Vendor(100.0)
    tokens = CloudTokens("aws", lambda: clock[0])
    found = []
    for now in (0.0, 79.0, 81.0):
        clock[0] = now
        found.append(await tokens.get("r.example.com", vendor))
    assert [item.token for item in found if isinstance(item, BearerCredential)] == [
        "token-1",
        "token-1",
        "token-2",
    ]


async def test_one_call_for_many() -> None:
    """A hundred questions at once are one call."""
    vendor = Vendor()
    tokens = CloudTokens("aws", lambda: 0.0)
    await asyncio.gather(*(tokens.get("r.example.com", vendor) for _ in range(100)))
    assert vendor.calls == 1


async def test_without_the_extra() -> None:
    """The message says what to install."""

    def issue() -> Issued:
        raise ModuleNotFoundError

    with pytest.raises(AccessDenied, match=r"modeladmit\[gcp\]"):
        await CloudTokens("gcp", lambda: 0.0).get("x.pkg.dev", issue)


async def test_without_an_identity() -> None:
    """The process has none: name the two cures."""
    with pytest.raises(AccessDenied, match=r"identity.*pull secret"):
        await CloudTokens("azure", lambda: 0.0).get("r.azurecr.io", lambda: None)


async def test_a_failing_library() -> None:
    """Its words may hold secrets; they are not repeated."""

    def issue() -> Issued:
        raise RuntimeError("hunter2")

    with pytest.raises(SourceUnavailable) as failure:
        await CloudTokens("aws", lambda: 0.0).get("r.example.com", issue)
    assert "hunter2" not in str(failure.value)
