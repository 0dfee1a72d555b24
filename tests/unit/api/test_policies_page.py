"""docs/policies.md is true: every block compiles, and every field has one."""

import re
from pathlib import Path

import pytest
import yaml

from modeladmit.api.compile import (
    PUBLIC_GOOD,
    CompiledTrustRoot,
    MappedReferents,
    compile_exemption,
    compile_model_ref,
    compile_policy,
    compile_trust_root,
)
from modeladmit.api.crds import KINDS
from modeladmit.api.nesting import nested_model
from modeladmit.core.trust import CertificateAnchor, SigstoreAnchor
from tests.policy_vectors import TRUSTED_ROOT, certificate, public_key

PAGE = (Path(__file__).parents[3] / "docs" / "policies.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NAMES = ("release-key", "ci", "eval-team", "board", "safety")
PKI = CertificateAnchor(certificate().encode())
SIGSTORE = SigstoreAnchor(TRUSTED_ROOT.encode())
ROOTS = {
    PUBLIC_GOOD: CompiledTrustRoot(PUBLIC_GOOD, SIGSTORE),
    "corp": CompiledTrustRoot("corp", SIGSTORE),
    "corp-pki": CompiledTrustRoot("corp-pki", PKI),
}
KEYS = MappedReferents(
    {("release-key", "cosign.pub"): public_key("release").encode()},
    {
        ("public-keys", "ci.pem"): public_key("ci").encode(),
        ("sigstore", "trusted_root.json"): TRUSTED_ROOT.encode(),
        ("pki", "roots.pem"): certificate().encode(),
    },
)


def whole(block):
    """A block as an object: parts of a spec get the rest that the page tells of."""
    document = yaml.safe_load(block)
    if "kind" in document:
        return document
    authorities = {
        name: {"name": name, "key": {"pem": public_key(f"page-{name}")}} for name in NAMES
    }
    authorities |= {authority["name"]: authority for authority in document.get("authorities", ())}
    spec = {"mode": "Audit", "require": {"pinning": "Revision"}, **document}
    return {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "TrustPolicy",
        "metadata": {"name": "part"},
        "spec": {**spec, "authorities": list(authorities.values())},
    }


def problems(document):
    match document["kind"]:
        case "TrustPolicy":
            return compile_policy(document, trust_roots=ROOTS, keys=KEYS).problems
        case "TrustRoot":
            return compile_trust_root(
                document, keys=KEYS, tuf=lambda _: TRUSTED_ROOT.encode()
            ).problems
        case "PolicyExemption":
            return compile_exemption(document).problems
        case _:
            return compile_model_ref(document).problems


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_block_compiles(block):
    """What people copy works."""
    assert problems(whole(block)) == ()


def fields(model):
    for name, info in model.model_fields.items():
        yield info.alias or name
        inner = nested_model(info.annotation)
        if inner is not None:
            yield from fields(inner)


def keys(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from keys(value)
    elif isinstance(node, list):
        for item in node:
            yield from keys(item)


def test_every_field_of_a_policy_has_an_example():
    """`kubectl explain` says what a field is; the page shows how it looks."""
    shown = {key for block in BLOCKS for key in keys(yaml.safe_load(block))}
    spec = nested_model(KINDS[0].model.model_fields["spec"].annotation)
    # Told in words beside the examples of their neighbours.
    assert set(fields(spec)) - shown == {"roots"}


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: kind.name)
def test_every_field_of_the_other_kinds_is_told(kind):
    """In an example or in words."""
    spec = nested_model(kind.model.model_fields["spec"].annotation)
    assert [name for name in fields(spec) if name not in PAGE] == []
