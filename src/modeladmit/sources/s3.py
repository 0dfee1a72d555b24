"""Amazon S3 and stores that speak its REST API (`s3://bucket/key`).

Only a FULL_OBJECT SHA-256 is a digest of the object: a COMPOSITE one is a hash of part hashes, the ETag an MD5 at best, and
user metadata is whatever its writer says. Requests are signed by botocore's signer (extra `aws`), the vendor's own code.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

from yarl import URL

from modeladmit.core.credentials import AccessKey, BasicCredential, CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.reference import Reference
from modeladmit.errors import AccessDenied, LimitExceeded, SourceUnavailable, UnexpectedContent
from modeladmit.sources.exchange import NOT_FOUND, Request, Response
from modeladmit.sources.hosts import authority
from modeladmit.sources.keychain import Keychain
from modeladmit.sources.objects import StoredObject, count_of
from modeladmit.sources.transport import Transport
from modeladmit.sources.xml_records import records

AWS: Final = "s3.amazonaws.com"
"""The host under which credentials for AWS are looked up, whatever the region."""
_MAX_REGIONS: Final = 10_000
_ELSEWHERE: Final = frozenset({301, 307, 400})
_NO_SUCH_VERSION: Final = frozenset({400, 405})


class S3Store:
    """Buckets at AWS, or at one endpoint that the settings name."""

    def __init__(self, transport: Transport, keychain: Keychain) -> None:
        self._transport = transport
        self._keychain = keychain
        self._regions: dict[str, str] = {}

    async def bucket(
        self, reference: Reference, scope: CredentialScope, *, anonymous: bool
    ) -> tuple["S3Bucket", str]:
        """Satisfy `objects.ObjectStore`."""
        name, _, key = reference.name.partition("/")
        endpoint = self._transport.settings.s3_endpoint
        host = authority(URL(endpoint)) if endpoint else AWS
        credential = None if anonymous else await self._keychain.credentials(host, name, scope)
        if isinstance(credential, BasicCredential):
            credential = AccessKey(credential.username, credential.password)
        signing = credential if isinstance(credential, AccessKey) else None
        return S3Bucket(self._transport, self._regions, name, scope.namespace, signing), key


@dataclass(frozen=True, slots=True)
class S3Bucket:
    """One bucket as one scope sees it."""

    transport: Transport
    regions: dict[str, str]
    """Where buckets turned out to be; shared by all."""
    name: str
    tenant: str
    credential: AccessKey | None

    @property
    def anonymous(self) -> bool:
        """Whether requests are unsigned."""
        return self.credential is None

    async def head(self, key: str, version: str | None) -> StoredObject | None:
        """HeadObject with checksums."""
        query = {"versionId": version} if version else {}
        response = await self._ask("HEAD", key, query, 0, {"x-amz-checksum-mode": "ENABLED"})
        if response.status == NOT_FOUND or (version and response.status in _NO_SUCH_VERSION):
            return None
        headers = response.expect(f"s3://{self.name}/{key}").headers
        length = count_of(headers.get("Content-Length"))
        if length is None:
            raise UnexpectedContent(f"the store gives no size for s3://{self.name}/{key}")
        found = headers.get("x-amz-version-id")
        return StoredObject(
            key, length, None if found in {None, "", "null"} else found, _whole(headers)
        )

    async def below(self, prefix: str) -> list[StoredObject]:
        """ListObjectsV2, page by page."""
        limits = self.transport.settings.limits
        found: list[StoredObject] = []
        query = {"list-type": "2", "prefix": prefix}
        for _ in range(limits.pages):
            response = await self._ask("GET", "", query, limits.listing_bytes, {})
            contents, rest = records(response.expect(f"s3://{self.name}/{prefix}").body, "Contents")
            found += [_listed(item) for item in contents]
            token = rest.get("NextContinuationToken")
            if rest.get("IsTruncated") != "true" or not token or len(found) > limits.objects:
                return found
            query = {**query, "continuation-token": token}
        raise LimitExceeded(
            f"s3://{self.name}/{prefix} is listed on more than {limits.pages} pages"
        )

    async def read(self, item: StoredObject, limit: int) -> bytes:
        """GetObject, of exactly that version."""
        query = {"versionId": item.version} if item.version else {}
        response = await self._ask("GET", item.key, query, limit, {})
        return response.expect(f"s3://{self.name}/{item.key}").body

    async def _ask(
        self,
        method: str,
        key: str,
        query: Mapping[str, str],
        limit: int,
        headers: Mapping[str, str],
    ) -> Response:
        response = await self._send(method, key, query, limit, headers)
        region = response.headers.get("x-amz-bucket-region")
        if response.status in _ELSEWHERE and region and region != self._region():
            if not region.replace("-", "").isalnum():
                raise UnexpectedContent(f"the store names no usable region for {self.name}")
            if len(self.regions) >= _MAX_REGIONS:
                self.regions.clear()
            self.regions[self.name] = region
            response = await self._send(method, key, query, limit, headers)
        return response

    async def _send(
        self,
        method: str,
        key: str,
        query: Mapping[str, str],
        limit: int,
        headers: Mapping[str, str],
    ) -> Response:
        url = self._url(key, query)
        signed = (
            sign(method, url, headers, self.credential, self._region()) if self.credential else {}
        )
        account = self.credential.account if self.credential else ""
        request = Request(
            url,
            # A refusal has a body, too.
            limit or self.transport.settings.limits.document_bytes,
            self.tenant,
            method,
            {**headers, **signed},
            account=account,
            redirects=0,
        )
        if "Authorization" in signed:
            request = replace(
                request,
                headers={k: v for k, v in request.headers.items() if k != "Authorization"},
                authorization=signed["Authorization"],
            )
        return await self.transport.send(request)

    def _region(self) -> str:
        return self.regions.get(self.name, self.transport.settings.s3_region)

    def _url(self, key: str, query: Mapping[str, str]) -> URL:
        path = quote(key, safe="/~")
        endpoint = self.transport.settings.s3_endpoint
        if endpoint:
            base = f"{endpoint.rstrip('/')}/{self.name}/{path}"
        elif "." in self.name:  # a wildcard certificate covers one label
            base = f"https://s3.{self._region()}.amazonaws.com/{self.name}/{path}"
        else:
            base = f"https://{self.name}.s3.{self._region()}.amazonaws.com/{path}"
        return URL(f"{base}?{urlencode(query, quote_via=quote)}" if query else base, encoded=True)


def sign(
    method: str, url: URL, headers: Mapping[str, str], credential: AccessKey, region: str
) -> Mapping[str, str]:
    """Headers of AWS Signature Version 4, by botocore. Raises AccessDenied when the extra is not installed."""
    try:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
    except ImportError:
        raise AccessDenied(
            "private S3 buckets need the extra `aws`: install modeladmit[aws]"
        ) from None
    request = AWSRequest(method=method, url=str(url), headers=dict(headers))
    try:
        S3SigV4Auth(
            Credentials(credential.key_id, credential.secret, credential.session_token),
            "s3",
            region,
        ).add_auth(request)
    except Exception:  # noqa: BLE001 - whatever the library thinks of a key, it is ours to say, without the key
        raise SourceUnavailable("a request to S3 could not be signed") from None
    return {name: value for name, value in request.headers.items() if name not in headers}


def _whole(headers: Mapping[str, str]) -> Digest | None:
    """`x-amz-checksum-sha256`, when it is of the whole object."""
    text = headers.get("x-amz-checksum-sha256", "")
    if (
        not text
        or "-" in text
        or headers.get("x-amz-checksum-type", "FULL_OBJECT") != "FULL_OBJECT"
    ):
        return None
    try:
        raw = b64decode(text, validate=True)
    except binascii.Error:
        return None
    return Digest("sha256", raw.hex()) if len(raw) == 32 else None  # noqa: PLR2004 - bytes of a SHA-256


def _listed(item: Mapping[str, str]) -> StoredObject:
    key, size = item.get("Key", ""), count_of(item.get("Size"))
    if not key or size is None:
        raise UnexpectedContent("the store lists an object without a key or size")
    return StoredObject(key, size)
