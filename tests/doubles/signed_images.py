"""Images in the registry double, signed by one P-256 key in cosign's tag layout."""

import base64
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modeladmit.core.digest import Digest
from modeladmit.core.trust import KeyAnchor
from tests.doubles.oci_registry import OciRegistry


class ImageSigner:
    """A key made on the spot."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = self._key.public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, form)
        der = public.public_bytes(serialization.Encoding.DER, form)
        self.anchor = KeyAnchor(pem, Digest.sha256(der))

    def push(
        self, registry: OciRegistry, name: str, tag: str = "v1", content: bytes = b"layer"
    ) -> Digest:
        """Push an image and its signature."""
        digest = registry.push_image(name, tag, content=content)
        payload = json.dumps(
            {
                "critical": {
                    "identity": {"docker-reference": name},
                    "image": {"docker-manifest-digest": str(digest)},
                    "type": "cosign container image signature",
                },
                "optional": None,
            }
        ).encode()
        signature = base64.b64encode(self._key.sign(payload, ec.ECDSA(hashes.SHA256()))).decode()
        registry.attach_signature(name, digest, payload, signature)
        return digest
