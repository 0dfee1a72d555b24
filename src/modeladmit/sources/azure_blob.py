"""Azure Blob Storage (`azblob://account/container/blob`), REST. Version ids are immutable; there is no SHA-256."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from yarl import URL

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.reference import Reference
from modeladmit.errors import LimitExceeded, NotResolvable, UnexpectedContent
from modeladmit.sources.access import Access, StoreClient
from modeladmit.sources.exchange import NOT_FOUND
from modeladmit.sources.objects import StoredObject, count_of
from modeladmit.sources.xml_records import records

PUBLIC: Final = "https://{account}.blob.core.windows.net"
_API: Final = {"x-ms-version": "2023-11-03"}
_NO_SUCH_VERSION: Final = frozenset({400})


class AzureBlobStore:
    """Containers of any account."""

    def __init__(self, client: StoreClient, endpoint: str | None) -> None:
        self._client = client
        self._endpoint = endpoint or PUBLIC

    async def bucket(
        self, reference: Reference, scope: CredentialScope, *, anonymous: bool
    ) -> tuple["AzureContainer", str]:
        """Satisfy `objects.ObjectStore`."""
        account, _, rest = reference.name.partition("/")
        container, _, key = rest.partition("/")
        if not container or not account.isascii() or not account.isalnum():
            raise NotResolvable(
                f"{reference.uri} needs an account and a container: azblob://account/container/blob"
            )
        base = URL(self._endpoint.replace("{account}", account)) / container
        access = await self._client.access(base, container, scope, anonymous=anonymous)
        return AzureContainer(self._client, access, base, f"azblob://{account}/{container}"), key


@dataclass(frozen=True, slots=True)
class AzureContainer:
    """One container as one scope sees it."""

    client: StoreClient
    access: Access
    base: URL
    name: str

    @property
    def anonymous(self) -> bool:
        """Whether nothing says who we are."""
        return self.access.anonymous

    async def head(self, key: str, version: str | None) -> StoredObject | None:
        """Get Blob Properties; the folders of hierarchical accounts are no blobs."""
        request = self.client.request(
            self._url(key, version), self.access, method="HEAD", headers=_API
        )
        response = await self.client.transport.send(request)
        if response.status == NOT_FOUND or (version and response.status in _NO_SUCH_VERSION):
            return None
        headers = response.expect(f"{self.name}/{key}").headers
        if headers.get("x-ms-meta-hdi_isfolder", "").lower() == "true":
            return None
        length = count_of(headers.get("Content-Length"))
        if length is None:
            raise UnexpectedContent(f"the store gives no size for {self.name}/{key}")
        return StoredObject(key, length, headers.get("x-ms-version-id") or None)

    async def below(self, prefix: str) -> list[StoredObject]:
        """List Blobs, page by page."""
        limits = self.client.limits
        found: list[StoredObject] = []
        query = {"restype": "container", "comp": "list", "prefix": prefix}
        for _ in range(limits.pages):
            url = URL(f"{self.base}?{urlencode(query, quote_via=quote)}", encoded=True)
            response = await self.client.get(
                url, self.access, limit=limits.listing_bytes, headers=_API
            )
            blobs, rest = records(response.expect(f"{self.name}/{prefix}").body, "Blob")
            found += [_listed(blob) for blob in blobs if blob.get("ResourceType") != "directory"]
            marker = rest.get("NextMarker")
            if not marker or len(found) > limits.objects:
                return found
            query = {**query, "marker": marker}
        raise LimitExceeded(f"{self.name}/{prefix} is listed on more than {limits.pages} pages")

    async def read(self, item: StoredObject, limit: int) -> bytes:
        """Get Blob, of exactly that version."""
        response = await self.client.get(
            self._url(item.key, item.version), self.access, limit=limit, headers=_API
        )
        return response.expect(f"{self.name}/{item.key}").body

    def _url(self, key: str, version: str | None) -> URL:
        query = f"?versionid={quote(version, safe='')}" if version else ""
        return URL(f"{self.base}/{quote(key, safe='/~')}{query}", encoded=True)


def _listed(blob: dict[str, str]) -> StoredObject:
    name, size = blob.get("Name", ""), count_of(blob.get("Content-Length"))
    if not name or size is None:
        raise UnexpectedContent("Blob Storage lists a blob without a name or size")
    return StoredObject(name, size, blob.get("VersionId") or None)
