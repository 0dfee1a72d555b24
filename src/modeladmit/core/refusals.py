"""Evidence that proves nothing, in words: which step failed, who says to have signed, and what would pass instead."""

from collections.abc import Iterable
from typing import Final

from modeladmit.core.evidence import Rejection

PASSES: Final = {
    "read": "put the signature where it can be read, with the credentials of the artifact",
    "parse": "sign again with cosign 2.0 or later, or with model_signing 1.0 or later",
    "signature": "sign these very bytes with the key that is asked for, or trust the key that made it (authorities[].key)",
    "certificate": "sign as who is asked for, or trust what issued the certificate (authorities[].keyless.trustRootRef,"
    " authorities[].certificate.roots; --trusted-root, --certificate-chain)",
    "time": "sign with a timestamp (cosign sign --timestamp-server-url URL) by an authority that the trusted root lists in"
    " timestampAuthorities, or that certificate.timestampAuthorities holds",
    "log": "sign with a client that records in a log that the trusted root lists in tlogs",
    "subject": "sign the digest that is deployed, and no other",
}
"""By the step that failed."""
_OFFERED: Final = frozenset({"certificate", "time", "log"})
"""Steps at which signing again as before would fail again."""


def told(rejection: Rejection) -> str:
    """`log: the entry is from log 3f2a…, which is not in the trusted root (says to be signed by ci@example.com)`."""
    by = f"says to be signed by {rejection.signer}" if rejection.signer else "names no signer"
    return f"{rejection.step}: {rejection.detail} ({by})"


def passes(rejection: Rejection) -> str:
    """What would pass this step."""
    return PASSES.get(rejection.step, PASSES["parse"])


def offered(rejections: Iterable[Rejection]) -> str | None:
    """What to do beyond signing, for the first signature found of which that is not enough."""
    return next((passes(found) for found in rejections if found.step in _OFFERED), None)
