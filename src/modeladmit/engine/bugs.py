"""An exception that nobody expected: counted, and logged under an id that people are told instead of it."""

import logging
import sys
from uuid import uuid4

from modeladmit.engine.ports import Observer


def noted(observer: Observer, log: logging.Logger, what: str, **facts: str) -> str:
    """Note the exception that is being handled. Gives the id; nothing else of it may reach people."""
    number = uuid4().hex[:12]
    observer.bug()
    log.error(what, exc_info=sys.exception(), extra={"facts": {"id": number, **facts}})
    return number
