"""Google Cloud Storage (`gs://bucket/object`), JSON API v1. Generations are immutable; there is no SHA-256, only CRC32C and MD5."""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from yarl import URL

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.reference import Reference
from modeladmit.errors import LimitExceeded, UnexpectedContent
from modeladmit.sources.access import Access, StoreClient
from modeladmit.sources.exchange import NOT_FOUND
from modeladmit.sources.objects import StoredObject, count_of

_GENERATION: Final = re.compile(r"[0-9]{1,32}")


class GcsStore:
    """Buckets at one endpoint."""

    def __init__(self, client: StoreClient, endpoint: str) -> None:
        self._client = client
        self._endpoint = URL(endpoint.rstrip("/"))

    async def bucket(
        self, reference: Reference, scope: CredentialScope, *, anonymous: bool
    ) -> tuple["GcsBucket", str]:
        """Satisfy `objects.ObjectStore`."""
        name, _, key = reference.name.partition("/")
        access = await self._client.access(self._endpoint, name, scope, anonymous=anonymous)
        return GcsBucket(
            self._client, access, self._endpoint / "storage/v1/b" / name / "o", name
        ), key


@dataclass(frozen=True, slots=True)
class GcsBucket:
    """One bucket as one scope sees it."""

    client: StoreClient
    access: Access
    objects: URL
    name: str

    @property
    def anonymous(self) -> bool:
        """Whether nothing says who we are."""
        return self.access.anonymous

    async def head(self, key: str, version: str | None) -> StoredObject | None:
        """Objects: get."""
        query = f"?generation={quote(version)}" if version else ""
        response = await self.client.get(
            URL(f"{self.objects}/{quote(key, safe='')}{query}", encoded=True), self.access
        )
        if response.status == NOT_FOUND:
            return None
        what = f"gs://{self.name}/{key}"
        return _described(response.expect(what).document(what), key)

    async def below(self, prefix: str) -> list[StoredObject]:
        """Objects: list, page by page."""
        limits = self.client.limits
        found: list[StoredObject] = []
        query = {"prefix": prefix}
        for _ in range(limits.pages):
            response = await self.client.get(
                self.objects.with_query(query), self.access, limit=limits.listing_bytes
            )
            what = f"gs://{self.name}/{prefix}"
            page = response.expect(what).document(what)
            items = page.get("items") or []
            if not isinstance(items, list):
                raise UnexpectedContent(f"{what} is listed in a form that cannot be read")
            found += [_described(item, None) for item in items]
            token = page.get("nextPageToken")
            if not isinstance(token, str) or len(found) > limits.objects:
                return found
            query = {**query, "pageToken": token}
        raise LimitExceeded(
            f"gs://{self.name}/{prefix} is listed on more than {limits.pages} pages"
        )

    async def read(self, item: StoredObject, limit: int) -> bytes:
        """The media of exactly that generation."""
        query = f"?alt=media&generation={quote(item.version or '')}"
        response = await self.client.get(
            URL(f"{self.objects}/{quote(item.key, safe='')}{query}", encoded=True),
            self.access,
            limit=limit,
        )
        return response.expect(f"gs://{self.name}/{item.key}").body


def _described(item: Any, key: str | None) -> StoredObject:
    if not isinstance(item, dict):
        raise UnexpectedContent("Cloud Storage lists something that is no object")
    name = item.get("name")
    if not isinstance(name, str) or not name or (key is not None and name != key):
        raise UnexpectedContent("Cloud Storage answers for another object than the one asked for")
    size, generation = count_of(item.get("size")), item.get("generation")
    if size is None or not isinstance(generation, str) or not _GENERATION.fullmatch(generation):
        raise UnexpectedContent(f"Cloud Storage describes {name} without size or generation")
    return StoredObject(name, size, generation)
