"""Wait for something that another process does."""

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def until(question: Callable[[], Answer], *, what: str, seconds: float = 30) -> Answer:
    """Ask every few milliseconds until the answer is true, and return it.

    `TimeoutError` names `what` and the last answer.
    """
    deadline = time.monotonic() + seconds
    pause = 0.01
    while not (answer := question()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s; the last answer was {answer!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return answer


def answers(url: str, context: ssl.SSLContext | None = None) -> bool:
    """Say whether a GET of the URL is answered with 200 now."""
    handlers = (urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:  # refused, reset, timed out, or an HTTP error
        return False
