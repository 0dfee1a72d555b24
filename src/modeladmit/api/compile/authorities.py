"""Authorities of a policy: keys and trust roots found, identities read, and no voice counted twice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from modeladmit.api.authority import AuthoritySpec, CertificateSpec, KeylessSpec, KeySpec
from modeladmit.api.compile.identities import certificate_identity, keyless_identity
from modeladmit.api.compile.keys import certificates, public_key
from modeladmit.api.compile.problem import Problems
from modeladmit.api.compile.referents import Referents
from modeladmit.api.compile.shape import read
from modeladmit.api.compile.trust_root import PUBLIC_GOOD, CompiledTrustRoot
from modeladmit.core.authority import Authority, Identity
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.trust import CertificateAnchor, KeyAnchor, SigstoreAnchor, TrustAnchor


class AuthorityCompiler:
    """Compiles the authorities of one policy."""

    def __init__(
        self, trust_roots: Mapping[str, CompiledTrustRoot], keys: Referents, problems: Problems
    ) -> None:
        self._trust_roots = trust_roots
        self._keys = keys
        self._problems = problems

    def compile(self, raw: Any, path: FieldPath) -> dict[str, Authority]:
        """Every authority that can be read, by name."""
        authorities: dict[str, Authority] = {}
        places: dict[str, FieldPath] = {}
        for index, entry in enumerate(raw if isinstance(raw, Sequence) else ()):
            spec = read(AuthoritySpec, entry)
            authority = self._authority(spec, path / index) if spec is not None else None
            if authority is not None and authority.name not in authorities:
                authorities[authority.name], places[authority.name] = authority, path / index
        self._refuse_twins(authorities, places)
        return authorities

    def _authority(self, spec: AuthoritySpec, path: FieldPath) -> Authority | None:
        anchor: TrustAnchor | None = None
        identities: tuple[Identity | None, ...] = ()
        if spec.key is not None:
            anchor = self._key(spec.key, path / "key")
        elif spec.keyless is not None:
            anchor = self._sigstore(spec.keyless, path / "keyless")
            identities = tuple(keyless_identity(entry) for entry in spec.keyless.identities)
        elif spec.certificate is not None:
            anchor = self._certificates(spec.certificate, path / "certificate")
            identities = tuple(certificate_identity(entry) for entry in spec.certificate.identities)
        if anchor is None:
            return None
        return Authority(
            spec.name,
            (anchor,),
            tuple(identity for identity in identities if identity is not None),
            tuple(ModelPattern.parse(model) for model in spec.models or ()),
        )

    def _key(self, spec: KeySpec, path: FieldPath) -> KeyAnchor | None:
        pem: bytes | None = None
        place = path
        if spec.pem is not None:
            pem, path = spec.pem.encode(), path / "pem"
        elif spec.secret_ref is not None:
            secret, path = spec.secret_ref, path / "secretRef"
            pem = self._keys.secret(secret.name, secret.key)
            if pem is None:
                self._problems.add(
                    path, f"the release namespace has no Secret {secret.name} with key {secret.key}"
                )
        elif spec.config_map_ref is not None:
            config, path = spec.config_map_ref, path / "configMapRef"
            pem = self._keys.config_map(config.name, config.key)
            if pem is None:
                self._problems.add(
                    path,
                    f"the release namespace has no ConfigMap {config.name} with key {config.key}",
                )
        try:
            anchor = public_key(pem) if pem is not None else None
        except ValueError as error:
            self._problems.add(path, str(error))
            return None
        if anchor is None or spec.trust_root_ref is None:
            return anchor
        times = self._named_sigstore(spec.trust_root_ref.name, place / "trustRootRef", "a key")
        return replace(anchor, trusted_root=times.trusted_root) if times is not None else None

    def _sigstore(self, spec: KeylessSpec, path: FieldPath) -> SigstoreAnchor | None:
        if spec.trust_root_ref is not None:
            return self._named_sigstore(spec.trust_root_ref.name, path / "trustRootRef", "keyless")
        root = self._trust_roots.get(PUBLIC_GOOD)
        if root is None or not isinstance(root.anchor, SigstoreAnchor):
            self._problems.add(
                path, "the public-good Sigstore is not known here; name a trustRootRef"
            )
            return None
        return root.anchor

    def _named_sigstore(self, name: str, path: FieldPath, what: str) -> SigstoreAnchor | None:
        root = self._trust_roots.get(name)
        if root is None:
            self._problems.add(path, f"no usable TrustRoot {name}")
            return None
        if isinstance(root.anchor, SigstoreAnchor):
            return root.anchor
        self._problems.add(path, f"TrustRoot {name} has certificates; {what} needs a sigstore one")
        return None

    def _certificates(self, spec: CertificateSpec, path: FieldPath) -> CertificateAnchor | None:
        if spec.roots is not None:
            try:
                return CertificateAnchor(certificates(spec.roots.encode()))
            except ValueError as error:
                self._problems.add(path / "roots", str(error))
                return None
        if spec.trust_root_ref is None:
            return None
        name = spec.trust_root_ref.name
        root = self._trust_roots.get(name)
        if root is None:
            self._problems.add(path / "trustRootRef", f"no usable TrustRoot {name}")
            return None
        if isinstance(root.anchor, CertificateAnchor):
            return root.anchor
        self._problems.add(
            path / "trustRootRef",
            f"TrustRoot {name} is a sigstore; a certificate authority needs one with certificates",
        )
        return None

    def _refuse_twins(
        self, authorities: Mapping[str, Authority], places: Mapping[str, FieldPath]
    ) -> None:
        """One key or identity under two names would be counted as two voices."""
        voices: dict[object, str] = {}
        for name, authority in authorities.items():
            for voice in _voices(authority):
                first = voices.setdefault(voice, name)
                if first != name:
                    self._problems.add(
                        places[name],
                        f"is the same signer as authority {first}: it would count as two",
                    )


def _voices(authority: Authority) -> list[object]:
    # One key is one voice, whatever vouches for the time of its signatures.
    anchors = [
        anchor.fingerprint if isinstance(anchor, KeyAnchor) else anchor.digest
        for anchor in authority.anchors
    ]
    if not authority.identities:
        return list(anchors)
    return [
        (
            anchor,
            str(identity.issuer),
            str(identity.subject),
            tuple(sorted((k, str(v)) for k, v in identity.claims.items())),
        )
        for anchor in anchors
        for identity in authority.identities
    ]
