"""What lies in manifests/samples can be applied."""

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
)
from modeladmit.core.trust import SigstoreAnchor
from tests.policy_vectors import TRUSTED_ROOT, public_key

SAMPLES = sorted((Path(__file__).parents[3] / "manifests" / "samples").glob("*.yaml"))
KEYS = MappedReferents({("release-key", "cosign.pub"): public_key("release").encode()})
ROOTS = {PUBLIC_GOOD: CompiledTrustRoot(PUBLIC_GOOD, SigstoreAnchor(TRUSTED_ROOT.encode()))}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_compile(path):
    """People begin with a copy of one of them."""
    document = yaml.safe_load(path.read_text())
    match document["kind"]:
        case "TrustPolicy":
            problems = compile_policy(document, trust_roots=ROOTS, keys=KEYS).problems
        case "PolicyExemption":
            problems = compile_exemption(document).problems
        case kind:
            assert kind == "ModelRef"
            problems = compile_model_ref(document).problems
    assert problems == ()


def test_there_are_samples():
    """An empty folder would pass as well."""
    assert len(SAMPLES) >= 5
