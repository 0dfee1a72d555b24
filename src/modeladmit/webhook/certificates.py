"""The serving certificate, read again when it changes on disk: kubelet swaps the files of a Secret, nobody restarts us."""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Final

from cryptography import x509

from modeladmit.errors import ConfigurationError
from modeladmit.telemetry import Metrics

_log: Final = logging.getLogger(__name__)
EVERY: Final = 5.0
"""Seconds between looks at the files."""


class ServingCertificate:
    """A TLS context whose certificate follows two files. New handshakes use what is there; old connections go on."""

    def __init__(
        self, certificate: Path, key: Path, client_ca: Path | None, metrics: Metrics
    ) -> None:
        self.context: Final = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._files: Final = (certificate, key)
        self._metrics: Final = metrics
        self._seen: tuple[bytes, bytes] | None = None
        if client_ca is not None:
            # Optional in the handshake, so that the kubelet's probes get through; each entry insists on it.
            self.context.verify_mode = ssl.CERT_OPTIONAL
            try:
                self.context.load_verify_locations(cafile=client_ca)
            except (OSError, ssl.SSLError) as error:
                raise ConfigurationError(f"webhook.clientCA: {client_ca} cannot be read") from error

    def load(self) -> bool:
        """Take what is in the files, if it is new and whole. Raises ConfigurationError and keeps what it had."""
        try:
            found = (self._files[0].read_bytes(), self._files[1].read_bytes())
        except OSError as error:
            raise ConfigurationError(
                f"webhook.certificate: {self._files[0]} or {self._files[1]} cannot be read"
            ) from error
        if found == self._seen:
            return False
        try:
            # A pair that does not match would break the context it is loaded into, so it is tried elsewhere first.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*self._files)
            expiry = x509.load_pem_x509_certificate(found[0]).not_valid_after_utc
            self.context.load_cert_chain(*self._files)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise ConfigurationError(
                "webhook.certificate and webhook.key are no matching pair in PEM"
            ) from error
        self._seen = found
        self._metrics.certificate_expiry.set(expiry.timestamp())
        _log.info("serving certificate loaded", extra={"facts": {"expires": expiry.isoformat()}})
        return True

    async def wait(self) -> None:
        """Until the first certificate is there: at installation somebody else makes it."""
        complained = False
        while True:
            try:
                self.load()
            except ConfigurationError as error:
                if not complained:
                    _log.warning(str(error))
                    complained = True
                await asyncio.sleep(1.0)
            else:
                return

    async def follow(self) -> None:
        """Look again and again, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                self.load()
            except ConfigurationError as error:
                _log.error(str(error))
