"""`require.modelRef` and `require.inlineCredentials`: what the namespace declares, and what the object must not hold."""

from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.policy import Policy
from modeladmit.core.verdict import Finding, Outcome
from modeladmit.core.workload import Workload


def model_ref(case: Case) -> Iterator[Finding]:
    """A ModelRef of the namespace with the same canonical URI and the same resolved identity."""
    if not case.policy.require.model_ref or case.sheet.artifact is None:
        return
    artifact, reference = case.sheet.artifact, case.use.reference
    named = [
        model for model in case.situation.declared if model.reference.address == reference.address
    ]
    if case.situation.namespace is None:
        yield case.fail(
            "UndeclaredModel",
            f"objects of cluster scope are in no namespace, so no ModelRef declares {reference.uri}",
            fix="name the model in a namespaced object, or ask the platform team to except this one from the policy",
        )
        return
    if not named:
        yield case.fail(
            "UndeclaredModel",
            f"no ModelRef in namespace {case.situation.namespace} declares {reference.uri}",
            fix="create a ModelRef with this uri",
        )
        return
    for model in named:
        same_digest = model.digest is not None and model.digest == artifact.digest
        same_revision = model.revision is not None and model.revision == artifact.revision
        if same_digest or same_revision:
            return
    names = ", ".join(model.name for model in named)
    yield case.fail(
        "UndeclaredModel",
        f"{reference.uri} resolves to something else than ModelRef {names} declares",
        fix=f"use the version that ModelRef {names} has resolved, or update the ModelRef",
    )


def inline_credentials(case: Case) -> Iterator[Finding]:
    """Credentials in plain text anywhere in the object."""
    yield from credentials_of(case.workload, case.policy)


def credentials_of(workload: Workload, policy: Policy) -> Iterator[Finding]:
    """The same without a model: what cannot be determined may be anything, and comes with the credentials all the same."""
    if not policy.require.inline_credentials:
        return
    for credential in workload.credentials:
        yield Finding.by(
            policy,
            "InlineCredential",
            Outcome.FAIL,
            f"{credential.kind} stands in plain text",
            field=credential.field,
            container=credential.container,
            fix="put it into a Secret and refer to it with secretKeyRef",
        )
