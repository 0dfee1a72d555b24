"""A TrustRoot as an anchor of trust."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modeladmit.api.compile.keys import certificates
from modeladmit.api.compile.problem import Compiled, Problems
from modeladmit.api.compile.referents import Referents
from modeladmit.api.compile.shape import read, resource_problems
from modeladmit.api.trust_root import (
    CertificateAuthoritiesSpec,
    SigstoreSpec,
    TrustRoot,
    TrustRootSpec,
    TufSpec,
)
from modeladmit.core.fieldpath import ROOT, FieldPath
from modeladmit.core.trust import CertificateAnchor, SigstoreAnchor

PUBLIC_GOOD: Final = "sigstore:public-good"
"""Reserved name of the public-good Sigstore. No object can have it: a colon is not in names."""

_MEDIA_TYPE: Final = "application/vnd.dev.sigstore.trustedroot"
_SPEC: Final = ROOT / "spec"


@dataclass(frozen=True, slots=True)
class CompiledTrustRoot:
    """Trust material by its name."""

    name: str
    anchor: SigstoreAnchor | CertificateAnchor


def compile_trust_root(
    raw: Mapping[str, Any],
    *,
    keys: Referents,
    tuf: Callable[[TufSpec], bytes | None] = lambda _spec: None,
) -> Compiled[CompiledTrustRoot | None]:
    """Read a TrustRoot. `tuf` gives the verified target of a repository, or None while it has none."""
    problems = Problems(resource_problems(TrustRoot, raw))
    spec = read(TrustRootSpec, raw.get("spec"))
    anchor: SigstoreAnchor | CertificateAnchor | None = None
    if spec is not None and spec.sigstore is not None:
        anchor = _sigstore(spec.sigstore, keys, tuf, _SPEC / "sigstore", problems)
    if spec is not None and spec.certificates is not None:
        anchor = _certificates(spec.certificates, keys, _SPEC / "certificates", problems)
    found = problems.all()
    if found or anchor is None:
        return Compiled(None, found)
    return Compiled(CompiledTrustRoot(str(raw["metadata"]["name"]), anchor))


def _sigstore(
    spec: SigstoreSpec,
    keys: Referents,
    tuf: Callable[[TufSpec], bytes | None],
    path: FieldPath,
    problems: Problems,
) -> SigstoreAnchor | None:
    content: bytes | None = None
    if spec.trusted_root is not None:
        content, path = spec.trusted_root.encode(), path / "trustedRoot"
    elif spec.config_map_ref is not None:
        reference, path = spec.config_map_ref, path / "configMapRef"
        content = keys.config_map(reference.name, reference.key)
        if content is None:
            problems.add(path, f"ConfigMap {reference.name} has no key {reference.key}")
    elif spec.tuf is not None:
        path = path / "tuf"
        content = tuf(spec.tuf)
        if content is None:
            problems.add(path, "the repository has not given a verified trusted root yet")
    if content is None:
        return None
    if not _is_trusted_root(content):
        problems.add(path, f"not a trusted_root.json (mediaType {_MEDIA_TYPE}+json;version=0.1)")
        return None
    return SigstoreAnchor(content)


def _is_trusted_root(content: bytes) -> bool:
    """A first look; verification reads it as a whole."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return False
    media_type = document.get("mediaType") if isinstance(document, dict) else None
    return isinstance(media_type, str) and media_type.startswith(_MEDIA_TYPE)


def _certificates(
    spec: CertificateAuthoritiesSpec, keys: Referents, path: FieldPath, problems: Problems
) -> CertificateAnchor | None:
    roots: bytes | None = None
    place = path / "roots"
    if spec.roots is not None:
        roots = spec.roots.encode()
    elif spec.config_map_ref is not None:
        place = path / "configMapRef"
        roots = keys.config_map(spec.config_map_ref.name, spec.config_map_ref.key)
        if roots is None:
            problems.add(
                place, f"ConfigMap {spec.config_map_ref.name} has no key {spec.config_map_ref.key}"
            )
    stamps = (spec.timestamp_authorities or "").encode()
    for pem, where in ((roots, place), (stamps or None, path / "timestampAuthorities")):
        try:
            if pem is not None:
                certificates(pem)
        except ValueError as error:
            problems.add(where, str(error))
    return CertificateAnchor(roots, stamps) if roots is not None else None
