"""The trusted root of the public-good Sigstore instance, as the sigstore package ships it: no network.

A copy that is refreshed by TUF is newer (`sources.tuf`); this one lets everything start without it.
"""

from functools import lru_cache
from importlib import resources
from typing import Final

from modeladmit.core.trust import SigstoreAnchor

TUF_URL: Final = "https://tuf-repo-cdn.sigstore.dev"
_FOLDER: Final = "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"


@lru_cache(maxsize=1)
def public_good_anchor() -> SigstoreAnchor:
    """Fulcio, Rekor, certificate logs and timestamp authorities of sigstore.dev, as of the sigstore release in use."""
    return SigstoreAnchor(_shipped("trusted_root.json"))


@lru_cache(maxsize=1)
def public_good_tuf_root() -> bytes:
    """The TUF root that a first refresh starts from."""
    return _shipped("root.json")


def _shipped(name: str) -> bytes:
    # Not `sigstore.models.ClientTrustConfig.production(offline=True)`: that writes a TUF cache into the user's home.
    return (resources.files("sigstore") / "_store" / _FOLDER / name).read_bytes()
