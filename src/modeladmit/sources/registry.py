"""Every protocol, one line each: what `wiring` builds."""

from collections.abc import Mapping

from modeladmit.core.reference import Scheme
from modeladmit.sources.keychain import Keychain
from modeladmit.sources.oci.source import OciSource
from modeladmit.sources.source import Source
from modeladmit.sources.transport import Transport


def build_sources(transport: Transport, keychain: Keychain) -> Mapping[Scheme, Source]:
    """Adapters by scheme, on one transport. The settings are the transport's."""
    oci = OciSource(transport, keychain)
    return {
        Scheme.OCI: oci,
        Scheme.OLLAMA: oci,
    }
