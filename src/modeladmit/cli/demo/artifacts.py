"""Tiny models as ModelPack artifacts, and key signatures as cosign writes them: pushed over HTTP to any registry."""

import struct
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from yarl import URL

from modeladmit.core.digest import Digest

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
MODEL: Final = "application/vnd.cncf.model.manifest.v1+json"
MODEL_CONFIG: Final = "application/vnd.cncf.model.config.v1+json"
_LAYERS: Final = {
    "model.safetensors": "application/vnd.cncf.model.weight.v1.raw",
    "config.json": "application/vnd.cncf.model.weight.config.v1.raw",
}
BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
_EMPTY: Final = b"{}"
_IN_TOTO: Final = "application/vnd.in-toto+json"
_COSIGN_SIGN: Final = "https://sigstore.dev/cosign/sign/v1"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a registry, and the session that reaches it."""

    session: aiohttp.ClientSession
    host: str
    name: str

    async def push_model(self, tag: str, *, seed: int = 0) -> Digest:
        """Push a model of one 4 x 4 tensor; equal seeds give equal bytes. Returns its digest."""
        files = {
            "model.safetensors": _safetensors(seed),
            "config.json": orjson.dumps({"model_type": "llama", "vocab_size": 4}),
        }
        layers = [
            {
                **await self._blob(_LAYERS[name], content),
                "annotations": {"org.cncf.model.filepath": name},
            }
            for name, content in files.items()
        ]
        config = {
            "descriptor": {"name": self.name.rpartition("/")[2]},
            "config": {"architecture": "transformer", "format": "safetensors"},
            "modelfs": {"type": "layers", "diffIds": [layer["digest"] for layer in layers]},
        }
        return await self._manifest(
            tag,
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "artifactType": MODEL,
                "config": await self._blob(MODEL_CONFIG, orjson.dumps(config)),
                "layers": layers,
            },
        )

    async def sign(self, digest: Digest, key: ec.EllipticCurvePrivateKey) -> None:
        """Attach what `cosign sign --key` attaches: a Sigstore bundle as a referrer of the signed manifest."""
        async with self.session.head(self._url("manifests", str(digest))) as response:
            size = int(response.headers["Content-Length"])
        await self._manifest(
            None,
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "artifactType": BUNDLE,
                "config": await self._blob("application/vnd.oci.empty.v1+json", _EMPTY),
                "layers": [await self._blob(BUNDLE, bundle(digest, key))],
                "subject": {"mediaType": MANIFEST, "digest": str(digest), "size": size},
                "annotations": {
                    "dev.sigstore.bundle.content": "dsse-envelope",
                    "dev.sigstore.bundle.predicateType": _COSIGN_SIGN,
                },
            },
        )

    async def _blob(self, media_type: str, content: bytes) -> dict[str, Any]:
        digest = Digest.sha256(content)
        async with self.session.post(self._url("blobs", "uploads/")) as response:
            response.raise_for_status()
            upload = response.url.join(URL(response.headers["Location"]))
        async with self.session.put(
            upload.update_query(digest=str(digest)), data=content
        ) as response:
            response.raise_for_status()
        return {"mediaType": media_type, "digest": str(digest), "size": len(content)}

    async def _manifest(self, tag: str | None, manifest: Mapping[str, Any]) -> Digest:
        content = orjson.dumps(manifest)
        digest = Digest.sha256(content)
        url = self._url("manifests", tag or str(digest))
        async with self.session.put(
            url, data=content, headers={"Content-Type": str(manifest["mediaType"])}
        ) as response:
            response.raise_for_status()
        return digest

    def _url(self, kind: str, what: str) -> URL:
        return URL(f"http://{self.host}/v2/{self.name}/{kind}/{what}")


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """What a policy names as the authority's key."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def bundle(digest: Digest, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A Sigstore bundle by key: an in-toto statement about the digest in a DSSE envelope, no log, no timestamp."""
    subject = {"digest": {digest.algorithm: digest.hex}}
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject],
        "predicateType": _COSIGN_SIGN,
        "predicate": {},
    }
    payload = orjson.dumps(statement)
    signature = key.sign(_pre_authentication(payload), ec.ECDSA(hashes.SHA256()))
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    hint = b64encode(bytes.fromhex(Digest.sha256(spki).hex)).decode()
    envelope = {
        "payload": b64encode(payload).decode(),
        "payloadType": _IN_TOTO,
        "signatures": [{"sig": b64encode(signature).decode()}],
    }
    return orjson.dumps(
        {
            "mediaType": BUNDLE,
            "verificationMaterial": {"publicKey": {"hint": hint}},
            "dsseEnvelope": envelope,
        }
    )


def _pre_authentication(payload: bytes) -> bytes:
    """PAE of the DSSE protocol, version 1."""
    return b"DSSEv1 %d %s %d %s" % (len(_IN_TOTO), _IN_TOTO.encode(), len(payload), payload)


def _safetensors(seed: int) -> bytes:
    """A valid safetensors file: header length, JSON header padded to 8 bytes, the tensor's bytes."""
    data = b"".join(struct.pack("<f", (seed + 1) * index / 16) for index in range(16))
    header = orjson.dumps(
        {"lm_head.weight": {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, len(data)]}}
    )
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + data
