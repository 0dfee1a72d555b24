"""An OCI registry in memory (distribution-spec 1.1: pull and referrers), with the habits that real ones have."""

import json
from base64 import b64encode
from collections import defaultdict
from typing import Any

from aiohttp import web

from modeladmit.core.digest import Digest
from tests.doubles.faults import FaultyServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"


class OciRegistry(FaultyServer):
    """Content is put in by method, not by pushing: doubles are read from only."""

    def __init__(self, *, referrers_api: bool = True, page_size: int = 100) -> None:
        super().__init__()
        self.referrers_api = referrers_api
        self.page_size = page_size
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[bytes, str]] = {}
        """(repository, tag or digest) to bytes and content type."""
        self.referrers: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self.login: tuple[str, str] | None = None
        """The one user; None: everything is public."""
        self.token_auth: str | None = None
        """Realm of a Bearer challenge; None with a login: Basic."""
        self.private: set[str] = set()
        """Repositories that need the login; empty with a login: all."""
        self.app.router.add_get("/v2/{name:.+}/manifests/{reference}", self._manifest)
        self.app.router.add_get("/v2/{name:.+}/blobs/{digest}", self._blob)
        self.app.router.add_get("/v2/{name:.+}/referrers/{digest}", self._referrers)
        self.app.router.add_route("*", "/token", self._token)

    # content

    def put_blob(self, content: bytes) -> dict[str, Any]:
        digest = str(Digest.sha256(content))
        self.blobs[digest] = content
        return {"digest": digest, "size": len(content)}

    def put_manifest(
        self, repository: str, document: dict[str, Any], *tags: str, content_type: str | None = None
    ) -> Digest:
        body = json.dumps(document).encode()
        digest = Digest.sha256(body)
        for reference in (str(digest), *tags):
            self.manifests[repository, reference] = (body, content_type or document["mediaType"])
        return digest

    def push_model(
        self,
        repository: str = "models/tiny",
        *tags: str,
        files: dict[str, bytes] | None = None,
        kind: str = "application/vnd.cncf.model.manifest.v1+json",
        layer_type: str = "application/vnd.cncf.model.weight.v1.raw",
    ) -> Digest:
        """A ModelPack artifact, one raw layer a file."""
        layers = [
            {
                "mediaType": layer_type,
                **self.put_blob(content),
                "annotations": {"org.cncf.model.filepath": name},
            }
            for name, content in (
                files or {"model.safetensors": b"weights", "config.json": b"{}"}
            ).items()
        ]
        config = {"mediaType": "application/vnd.cncf.model.config.v1+json", **self.put_blob(b"{}")}
        return self.put_manifest(
            repository,
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "artifactType": kind,
                "config": config,
                "layers": layers,
            },
            *(tags or ("v1",)),
        )

    def push_image(self, repository: str, *tags: str, content: bytes = b"layer") -> Digest:
        """An ordinary image of one layer."""
        return self.put_manifest(
            repository,
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {
                    "mediaType": "application/vnd.oci.image.config.v1+json",
                    **self.put_blob(b'{"os":"linux"}'),
                },
                "layers": [
                    {
                        "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                        **self.put_blob(content),
                    }
                ],
            },
            *tags,
        )

    def attach_bundle(
        self, repository: str, subject: Digest, bundle: bytes, media_type: str = BUNDLE
    ) -> Digest:
        """As cosign 3 does: a referrer, or an entry of the index at the tag `sha256-<hex>`."""
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": media_type,
            "config": {"mediaType": EMPTY, **self.put_blob(b"{}")},
            "layers": [{"mediaType": media_type, **self.put_blob(bundle)}],
            "subject": {"mediaType": MANIFEST, "digest": str(subject), "size": 1},
        }
        digest = self.put_manifest(repository, document)
        entry = {
            "mediaType": MANIFEST,
            "digest": str(digest),
            "size": len(json.dumps(document)),
            "artifactType": media_type,
        }
        self.referrers[repository, str(subject)].append(entry)
        if not self.referrers_api:
            self._index_at_tag(repository, subject)
        return digest

    def attach_signature(
        self,
        repository: str,
        subject: Digest,
        payload: bytes,
        *signatures: str,
        suffix: str = "sig",
    ) -> Digest:
        """As cosign 2 does: one layer a signature at the tag `sha256-<hex>.sig`."""
        media_type = SIMPLE_SIGNING if suffix == "sig" else "application/vnd.dsse.envelope.v1+json"
        layers = [
            {
                "mediaType": media_type,
                **self.put_blob(payload),
                "annotations": {"dev.cosignproject.cosign/signature": signature},
            }
            for signature in signatures
        ]
        config = {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            **self.put_blob(b"{}"),
        }
        return self.put_manifest(
            repository,
            {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers},
            f"sha256-{subject.hex}.{suffix}",
        )

    def _index_at_tag(self, repository: str, subject: Digest) -> None:
        entries = self.referrers[repository, str(subject)]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        self.put_manifest(repository, index, f"sha256-{subject.hex}")

    # protocol

    async def _manifest(self, request: web.Request) -> web.Response:
        self._authorize(request)
        key = (request.match_info["name"], request.match_info["reference"])
        if key not in self.manifests:
            raise _unknown("MANIFEST_UNKNOWN")
        body, content_type = self.manifests[key]
        return web.Response(body=body, content_type=content_type)

    async def _blob(self, request: web.Request) -> web.Response:
        self._authorize(request)
        content = self.blobs.get(request.match_info["digest"])
        if content is None:
            raise _unknown("BLOB_UNKNOWN")
        return web.Response(body=content, content_type="application/octet-stream")

    async def _referrers(self, request: web.Request) -> web.Response:
        self._authorize(request)
        if not self.referrers_api:
            raise web.HTTPNotFound(text="404 page not found")
        entries = self.referrers[request.match_info["name"], request.match_info["digest"]]
        start = int(request.query.get("last", "0"))
        page = entries[start : start + self.page_size]
        headers = {}
        if start + self.page_size < len(entries):
            headers["Link"] = f'<{request.path}?last={start + self.page_size}>; rel="next"'
        return web.Response(
            text=json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": page}),
            content_type=INDEX,
            headers=headers,
        )

    def _authorize(self, request: web.Request) -> None:
        name = request.match_info["name"]
        needs_login = self.login is not None and (not self.private or name in self.private)
        header = request.headers.get("Authorization")
        if self.token_auth is not None:
            user = self.login[0] if self.login else "anonymous"
            if header in {
                f"Bearer {user}:{name}",
                *(() if needs_login else (f"Bearer anonymous:{name}",)),
            }:
                return
            realm = f'Bearer realm="{self.token_auth}",service="registry",scope="repository:other/secret:pull"'
        elif not needs_login or header == self._basic():
            return
        else:
            realm = 'Basic realm="registry"'
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": realm}, text="{}")

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(await request.post()) if request.method == "POST" else dict(request.query)
        scope = str(form.get("scope", ""))
        name = scope.removeprefix("repository:").removesuffix(":pull")
        header = request.headers.get("Authorization")
        known = header == self._basic() or (
            self.login is not None and form.get("refresh_token") == self.login[1]
        )
        if header is not None and not known:
            raise web.HTTPUnauthorized(text="{}")
        user = self.login[0] if known and self.login else "anonymous"
        return web.json_response({"token": f"{user}:{name}", "expires_in": 300})

    def _basic(self) -> str | None:
        return "Basic " + b64encode(":".join(self.login).encode()).decode() if self.login else None


def _unknown(code: str) -> web.HTTPNotFound:
    return web.HTTPNotFound(
        text=json.dumps({"errors": [{"code": code}]}), content_type="application/json"
    )
