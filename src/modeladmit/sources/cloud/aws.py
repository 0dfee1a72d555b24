"""Amazon: ECR passwords and S3 signing keys from botocore's credential chain (extra `aws`)."""

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from modeladmit.core.credentials import AccessKey, BasicCredential, Credential, CredentialScope
from modeladmit.sources.cloud.tokens import CloudTokens, Issued
from modeladmit.sources.s3 import AWS

_ECR: Final = re.compile(r"([0-9]{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_KEY_SECONDS: Final = 600.0
"""botocore renews keys that are good for less, and does not say for how long those it gives are."""


class AwsKeychain:
    """A keychain for `*.dkr.ecr.*.amazonaws.com` and for S3."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._tokens = CloudTokens("aws", clock)

    async def credentials(
        self,
        host: str,
        repository: str,  # noqa: ARG002 - one identity for all
        scope: CredentialScope,  # noqa: ARG002
    ) -> Credential | None:
        """Satisfy `keychain.Keychain`."""
        if host == AWS:
            return await self._tokens.get(host, _access_key)
        registry = _ECR.fullmatch(host)
        if registry is None:
            return None
        account, region = registry.groups()
        return await self._tokens.get(host, lambda: _ecr_password(account, region))


def _access_key() -> Issued | None:
    import botocore.session

    found = botocore.session.get_session().get_credentials()
    if found is None:
        return None
    frozen = found.get_frozen_credentials()
    return Issued(AccessKey(frozen.access_key, frozen.secret_key, frozen.token), _KEY_SECONDS)


def _ecr_password(account: str, region: str) -> Issued | None:
    import botocore.session

    session = botocore.session.get_session()
    if session.get_credentials() is None:
        return None
    answer = session.create_client("ecr", region_name=region).get_authorization_token(
        registryIds=[account]
    )
    issued = answer["authorizationData"][0]
    username, _, password = b64decode(issued["authorizationToken"]).decode().partition(":")
    seconds = (issued["expiresAt"] - datetime.now(UTC)).total_seconds()
    return Issued(BasicCredential(username, password), seconds)
