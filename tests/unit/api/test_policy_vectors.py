"""Every good object compiles; every bad one is refused where it is bad."""

import pytest

from modeladmit.api.compile import (
    NOTHING,
    PUBLIC_GOOD,
    Compiled,
    CompiledTrustRoot,
    MappedReferents,
    compile_exemption,
    compile_model_ref,
    compile_policy,
    compile_trust_root,
)
from modeladmit.core.trust import CertificateAnchor, SigstoreAnchor
from tests.policy_vectors import (
    TRUSTED_ROOT,
    bad_objects,
    certificate,
    good,
    good_names,
    public_key,
)


def trust_roots():
    roots = (
        CompiledTrustRoot(PUBLIC_GOOD, SigstoreAnchor(TRUSTED_ROOT.encode())),
        CompiledTrustRoot("corp", SigstoreAnchor(TRUSTED_ROOT.encode())),
        CompiledTrustRoot("corp-pki", CertificateAnchor(certificate().encode())),
    )
    return {root.name: root for root in roots}


def compiled(document) -> Compiled[object]:
    keys = MappedReferents(
        {("release-key", "cosign.pub"): public_key("key").encode()},
        {("keys", "other.pub"): public_key("other").encode()},
    )
    match document["kind"]:
        case "TrustPolicy":
            return compile_policy(document, trust_roots=trust_roots(), keys=keys)
        case "TrustRoot":
            return compile_trust_root(document, keys=NOTHING)
        case "PolicyExemption":
            return compile_exemption(document)
        case _:
            return compile_model_ref(document)


@pytest.mark.parametrize("name", good_names())
def test_good_objects_compile(name):
    """A good object has a meaning and no problem."""
    result = compiled(good(name))
    assert (result.problems, result.value is not None) == ((), True)


@pytest.mark.parametrize("case", bad_objects(), ids=lambda case: case.name)
def test_bad_objects_are_refused_with_the_field(case):
    """A bad object is refused, and what is pointed at is the field that is bad."""
    problems = compiled(case.document).problems
    assert case.field in {problem.field for problem in problems}


@pytest.mark.parametrize("case", bad_objects(), ids=lambda case: case.name)
def test_one_mistake_is_one_problem(case):
    """A mistake is not told in two ways, except where it breaks two rules."""
    assert len(compiled(case.document).problems) <= 3


@pytest.mark.parametrize("case", bad_objects(), ids=lambda case: case.name)
def test_problems_quote_no_keys(case):
    """A key or certificate that somebody pasted never comes back in a message."""
    told = " ".join(str(problem) for problem in compiled(case.document).problems)
    assert "BEGIN PRIVATE KEY" not in told
    assert len(told) < 1500
