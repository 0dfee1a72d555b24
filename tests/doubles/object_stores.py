"""Three object stores in memory, as their REST APIs show themselves: S3, Google Cloud Storage, Azure Blob."""

import hashlib
import itertools
from base64 import b64encode
from dataclasses import dataclass
from xml.sax.saxutils import escape

from aiohttp import web

from tests.doubles.faults import FaultyServer


@dataclass
class Stored:
    data: bytes
    version: str
    checksum: str | None = None


class ObjectStoreDouble(FaultyServer):
    """Objects by bucket and key, all versions kept."""

    def __init__(self, *, page_size: int = 1000) -> None:
        super().__init__()
        self.page_size = page_size
        self.objects: dict[tuple[str, str], list[Stored]] = {}
        self._versions = itertools.count(1)

    def put(self, bucket: str, key: str, data: bytes, *, checksum: str | None = None) -> str:
        version = self.version(next(self._versions))
        self.objects.setdefault((bucket, key), []).append(Stored(data, version, checksum))
        return version

    def version(self, number: int) -> str:
        return f"version-{number:08d}"

    def find(self, bucket: str, key: str, version: str | None) -> Stored:
        for item in reversed(self.objects.get((bucket, key), [])):
            if version in {None, item.version}:
                return item
        raise web.HTTPNotFound

    def page(
        self, bucket: str, prefix: str, start: str
    ) -> tuple[list[tuple[str, Stored]], str | None]:
        keys = sorted(
            key
            for name, key in self.objects
            if name == bucket and key.startswith(prefix) and key > start
        )
        if not any(name == bucket for name, _ in self.objects):
            raise web.HTTPNotFound
        chosen = keys[: self.page_size]
        items = [(key, self.objects[bucket, key][-1]) for key in chosen]
        return items, chosen[-1] if len(keys) > self.page_size else None


class S3Double(ObjectStoreDouble):
    """Path-style S3."""

    def __init__(self, *, page_size: int = 1000) -> None:
        super().__init__(page_size=page_size)
        self.app.router.add_get("/{bucket}/", self._list)
        self.app.router.add_get("/{bucket}/{key:.+}", self._object)

    async def _object(self, request: web.Request) -> web.Response:
        item = self.find(
            request.match_info["bucket"], request.match_info["key"], request.query.get("versionId")
        )
        headers = {"x-amz-version-id": item.version, "ETag": '"not-a-hash"'}
        if request.headers.get("x-amz-checksum-mode") == "ENABLED" and item.checksum:
            whole = b64encode(hashlib.sha256(item.data).digest()).decode()
            headers["x-amz-checksum-type"] = item.checksum
            headers["x-amz-checksum-sha256"] = (
                whole if item.checksum == "FULL_OBJECT" else f"{whole}-2"
            )
        return web.Response(body=item.data, headers=headers, content_type="binary/octet-stream")

    async def _list(self, request: web.Request) -> web.Response:
        token = request.query.get("continuation-token", "")
        items, following = self.page(
            request.match_info["bucket"], request.query.get("prefix", ""), token
        )
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(item.data)}</Size><Owner><ID>o</ID></Owner></Contents>"
            for key, item in items
        )
        more = "true" if following else "false"
        token = (
            f"<NextContinuationToken>{escape(following)}</NextContinuationToken>"
            if following
            else ""
        )
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\n'
            f"<IsTruncated>{more}</IsTruncated>{token}{contents}</ListBucketResult>"
        )
        return web.Response(body=xml.encode(), content_type="application/xml")


class GcsDouble(ObjectStoreDouble):
    """The JSON API of Cloud Storage."""

    def __init__(self, *, page_size: int = 1000) -> None:
        super().__init__(page_size=page_size)
        self.app.router.add_get("/storage/v1/b/{bucket}/o", self._list)
        self.app.router.add_get("/storage/v1/b/{bucket}/o/{key:.+}", self._object)

    def version(self, number: int) -> str:
        return str(1_700_000_000_000_000 + number)

    async def _object(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        item = self.find(request.match_info["bucket"], key, request.query.get("generation"))
        if request.query.get("alt") == "media":
            return web.Response(body=item.data, content_type="application/octet-stream")
        return web.json_response(self._resource(key, item))

    async def _list(self, request: web.Request) -> web.Response:
        token = request.query.get("pageToken", "")
        items, following = self.page(
            request.match_info["bucket"], request.query.get("prefix", ""), token
        )
        page: dict[str, object] = {
            "kind": "storage#objects",
            "items": [self._resource(*item) for item in items],
        }
        if following:
            page["nextPageToken"] = following
        return web.json_response(page)

    def _resource(self, key: str, item: Stored) -> dict[str, str]:
        return {
            "name": key,
            "size": str(len(item.data)),
            "generation": item.version,
            "crc32c": "AAAAAA==",
        }


class AzureDouble(ObjectStoreDouble):
    """One account of Blob Storage."""

    def __init__(self, *, page_size: int = 1000) -> None:
        super().__init__(page_size=page_size)
        self.app.router.add_get("/{container}", self._list)
        self.app.router.add_get("/{container}/{key:.+}", self._object)

    def version(self, number: int) -> str:
        return f"2026-11-25T12:00:00.{number:07d}Z"

    async def _object(self, request: web.Request) -> web.Response:
        if "x-ms-version" not in request.headers:
            raise web.HTTPBadRequest
        item = self.find(
            request.match_info["container"],
            request.match_info["key"],
            request.query.get("versionid"),
        )
        return web.Response(
            body=item.data,
            headers={"x-ms-version-id": item.version},
            content_type="application/octet-stream",
        )

    async def _list(self, request: web.Request) -> web.Response:
        marker = request.query.get("marker", "")
        items, following = self.page(
            request.match_info["container"], request.query.get("prefix", ""), marker
        )
        blobs = "".join(
            f"<Blob><Name>{escape(key)}</Name><Properties><Content-Length>{len(item.data)}</Content-Length>"
            "<ResourceType>file</ResourceType></Properties></Blob>"
            for key, item in items
        )
        xml = (
            '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Blobs>'
            f"{blobs}</Blobs><NextMarker>{escape(following or '')}</NextMarker></EnumerationResults>"
        )
        return web.Response(body=b"\xef\xbb\xbf" + xml.encode(), content_type="application/xml")
