"""What to do on a command line about an inability: the options and logins that servers do not have."""

from typing import Final

from modeladmit.errors import (
    AccessDenied,
    DeadlineExceeded,
    EvidenceError,
    HostForbidden,
    RateLimited,
)

_HINTS: Final[dict[type[EvidenceError], str]] = {
    HostForbidden: "A registry at a private address is named with --registry HOST or --plain-http HOST.",
    AccessDenied: (
        "Here the logins are those in Docker's config.json (`docker login HOST`; its credential helpers are not run), or in "
        "credentials.dockerConfig of the settings, and HF_TOKEN for the Hugging Face Hub."
    ),
    DeadlineExceeded: "--timeout SECONDS gives the store more time.",
    RateLimited: "A --timeout that is longer than that waits for it.",
}


def hint(error: EvidenceError) -> str | None:
    """One line, or None when the message has said it all."""
    return _HINTS.get(type(error))
