"""The Hugging Face token that a user has in the environment (huggingface_hub: `HF_TOKEN`). Shown to the hub alone."""

from yarl import URL

from modeladmit.core.credentials import BearerCredential, Credential, CredentialScope
from modeladmit.sources.hosts import authority


class HubToken:
    """Satisfies `keychain.Keychain` for one host."""

    def __init__(self, endpoint: str, token: str) -> None:
        self._host = authority(URL(endpoint))
        self._token = token

    async def credentials(
        self,
        host: str,
        repository: str,  # noqa: ARG002 - a token is for the whole hub
        scope: CredentialScope,  # noqa: ARG002 - a command line has no tenants
    ) -> Credential | None:
        """The token for the hub, nothing for anybody else."""
        return BearerCredential(self._token) if self._token and host == self._host else None
