"""How often one host may be asked for one account: a token bucket that a `Retry-After` can close for a while."""


class Throttle:
    """`rate` requests a second after a burst of `burst`. Time is given, never read; all times are in seconds."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._updated: float | None = None
        self._closed_until = 0.0

    def delay(self, now: float) -> float:
        """Take one token and say how long to wait before using it; 0.0 means at once."""
        if self._updated is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        self._tokens -= 1.0
        shortage = -self._tokens / self._rate if self._tokens < 0 else 0.0
        return max(shortage, self.closed(now))

    def closed(self, now: float) -> float:
        """How long the host still wants to be left alone."""
        return max(self._closed_until - now, 0.0)

    def give_back(self) -> None:
        """Return a token that was not used."""
        self._tokens = min(self._burst, self._tokens + 1.0)

    def close(self, until: float) -> None:
        """The host asked to be left alone until then."""
        self._closed_until = max(self._closed_until, until)
