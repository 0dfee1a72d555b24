"""An OCI registry in memory: push, pull and referrers, enough for any client (distribution-spec 1.1), on loopback only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import orjson
from aiohttp import web

from modeladmit.core.digest import Digest
from modeladmit.errors import InvalidDigest

MAX_BODY: Final = 64 * 1024 * 1024
INDEX: Final = "application/vnd.oci.image.index.v1+json"
_NAME: Final = r"{name:[a-z0-9]+(?:[._/-][a-z0-9]+)*}"


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest as it was pushed."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> Digest:
        """What it is pulled by."""
        return Digest.sha256(self.content)


@dataclass(slots=True)
class Registry:
    """Repositories by name. Content lives as long as the object."""

    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], StoredManifest] = field(default_factory=dict)
    """By repository and digest or tag."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    """What chunked uploads have sent so far."""

    def application(self) -> web.Application:
        """The HTTP face."""
        application = web.Application(client_max_size=MAX_BODY)
        application.add_routes(
            [
                web.get("/v2/", self._version),
                web.get(f"/v2/{_NAME}/manifests/{{reference}}", self._pull),
                web.put(f"/v2/{_NAME}/manifests/{{reference}}", self._push),
                web.get(f"/v2/{_NAME}/blobs/{{digest}}", self._blob),
                web.post(f"/v2/{_NAME}/blobs/uploads/", self._start_upload),
                web.patch(f"/v2/{_NAME}/blobs/uploads/{{upload}}", self._continue_upload),
                web.put(f"/v2/{_NAME}/blobs/uploads/{{upload}}", self._finish_upload),
                web.get(f"/v2/{_NAME}/referrers/{{digest}}", self._referrers),
            ]
        )
        return application

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({})

    async def _pull(self, request: web.Request) -> web.Response:
        found = self.manifests.get((request.match_info["name"], request.match_info["reference"]))
        if found is None:
            return _error(404, "MANIFEST_UNKNOWN")
        headers = {"Docker-Content-Digest": str(found.digest), "Content-Type": found.media_type}
        return web.Response(body=found.content, headers=headers)

    async def _push(self, request: web.Request) -> web.Response:
        name, reference = request.match_info["name"], request.match_info["reference"]
        stored = StoredManifest(request.content_type, await request.read())
        document = _json_object(stored.content)
        if document is None:
            return _error(400, "MANIFEST_INVALID")
        if ":" in reference and reference != str(stored.digest):
            return _error(400, "DIGEST_INVALID")
        self.manifests[name, str(stored.digest)] = self.manifests[name, reference] = stored
        headers = {
            "Location": f"/v2/{name}/manifests/{stored.digest}",
            "Docker-Content-Digest": str(stored.digest),
        }
        if isinstance(subject := document.get("subject"), dict):
            headers["OCI-Subject"] = str(subject.get("digest"))
        return web.Response(status=201, headers=headers)

    async def _blob(self, request: web.Request) -> web.Response:
        digest = request.match_info["digest"]
        found = self.blobs.get((request.match_info["name"], digest))
        if found is None:
            return _error(404, "BLOB_UNKNOWN")
        return web.Response(
            body=found,
            headers={"Docker-Content-Digest": digest, "Content-Type": "application/octet-stream"},
        )

    async def _start_upload(self, request: web.Request) -> web.Response:
        upload = str(uuid4())
        self.uploads[upload] = b""
        return web.Response(status=202, headers={"Location": f"{request.path}{upload}"})

    async def _continue_upload(self, request: web.Request) -> web.Response:
        upload = request.match_info["upload"]
        if upload not in self.uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN")
        self.uploads[upload] += await request.read()
        end = max(0, len(self.uploads[upload]) - 1)
        return web.Response(status=202, headers={"Location": request.path, "Range": f"0-{end}"})

    async def _finish_upload(self, request: web.Request) -> web.Response:
        name, upload = request.match_info["name"], request.match_info["upload"]
        if upload not in self.uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN")
        content = self.uploads.pop(upload) + await request.read()
        try:
            asked = Digest.parse(request.query.get("digest", ""))
        except InvalidDigest:
            return _error(400, "DIGEST_INVALID")
        if asked != Digest.sha256(content):
            return _error(400, "DIGEST_INVALID")
        self.blobs[name, str(asked)] = content
        return web.Response(
            status=201,
            headers={"Location": f"/v2/{name}/blobs/{asked}", "Docker-Content-Digest": str(asked)},
        )

    async def _referrers(self, request: web.Request) -> web.Response:
        """List what names the digest as its subject (distribution-spec, "Listing Referrers")."""
        name, digest = request.match_info["name"], request.match_info["digest"]
        wanted = request.query.get("artifactType")
        unique = {
            str(stored.digest): stored
            for (repository, _), stored in self.manifests.items()
            if repository == name
        }
        found = [
            descriptor
            for stored in unique.values()
            if (descriptor := _descriptor(stored, digest)) is not None
        ]
        headers = {"OCI-Filters-Applied": "artifactType"} if wanted else {}
        kept = [descriptor for descriptor in found if wanted in {None, descriptor["artifactType"]}]
        body = orjson.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": kept})
        return web.Response(body=body, headers={**headers, "Content-Type": INDEX})


@asynccontextmanager
async def serving(registry: Registry) -> AsyncIterator[str]:
    """Serve on a free port of 127.0.0.1; gives `127.0.0.1:PORT`."""
    runner = web.AppRunner(registry.application(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _descriptor(stored: StoredManifest, subject: str) -> dict[str, Any] | None:
    document = _json_object(stored.content) or {}
    named = document.get("subject")
    if not (isinstance(named, dict) and named.get("digest") == subject):
        return None
    config = document.get("config")
    fallback = config.get("mediaType") if isinstance(config, dict) else None
    return {
        "mediaType": stored.media_type,
        "digest": str(stored.digest),
        "size": len(stored.content),
        "artifactType": document.get("artifactType") or fallback,
        "annotations": document.get("annotations") or {},
    }


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _error(status: int, code: str) -> web.Response:
    """An error body (distribution-spec, "Error Codes")."""
    return web.json_response(
        {"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}, status=status
    )
