"""Tokens that vendors' libraries give: fetched in a thread, one flight at a time, kept until shortly before they expire."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from modeladmit.core.credentials import Credential
from modeladmit.errors import AccessDenied, SourceUnavailable
from modeladmit.sources.single_flight import SingleFlight


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential and for how many seconds it is good."""

    credential: Credential
    seconds: float


class CloudTokens:
    """Remembers what a blocking call gives."""

    def __init__(self, vendor: str, clock: Callable[[], float]) -> None:
        self._vendor = vendor
        self._clock = clock
        self._issued: dict[str, tuple[Credential, float]] = {}
        self._flights: SingleFlight[Credential] = SingleFlight()

    async def get(self, key: str, issue: Callable[[], Issued | None]) -> Credential | None:
        """The credential of a key. Raises SourceUnavailable in our words when the vendor's library fails."""
        credential, until = self._issued.get(key, (None, 0.0))
        if credential is not None and until > self._clock():
            return credential
        return await self._flights.run(key, lambda: self._fresh(key, issue))

    async def _fresh(self, key: str, issue: Callable[[], Issued | None]) -> Credential:
        try:
            issued = await asyncio.to_thread(issue)
        except ImportError:
            raise AccessDenied(
                f"cloud identity for {key} needs the extra `{self._vendor}`: install modeladmit[{self._vendor}]"
            ) from None
        except Exception:  # noqa: BLE001 - the vendors' trees have no common base, and their text may hold secrets
            raise SourceUnavailable(
                f"the {self._vendor} identity of this process gives no credential for {key}"
            ) from None
        if issued is None:
            raise AccessDenied(
                f"this process has no {self._vendor} identity; give it one (workload identity), or a pull secret for {key}"
            )
        self._issued[key] = (issued.credential, self._clock() + issued.seconds * 0.8)
        return issued.credential
