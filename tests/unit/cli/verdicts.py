"""Hand-made verdicts for the reports: one of everything."""

from modeladmit.cli.reports.judgement import Judgement
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.policy import Mode
from modeladmit.core.verdict import Finding, Outcome, Verdict
from tests.building import COMMIT, FIELD, IDENTITY, use, workload

HUB = "hf://meta-llama/Llama-3.1-8B-Instruct"
OTHER_FIELD = FieldPath.parse("spec.volumes[0].image.reference")

MUTABLE = Finding(
    "MutableReference",
    Outcome.FAIL,
    f'{HUB} at "main" can change',
    field=FIELD,
    container="vllm",
    subject=HUB,
    policy="production-models",
    fix=f"--revision={COMMIT}",
)
UNSIGNED = Finding(
    "SignatureMissing",
    Outcome.FAIL,
    "no signature by any of release-key, ci",
    field=OTHER_FIELD,
    subject=HUB,
    policy="production-models",
)
AWAY = Finding(
    "SourceUnavailable",
    Outcome.ERROR,
    "registry.example.com does not answer",
    policy="production-models",
)
WARNED = Finding(
    "Undetermined", Outcome.WARN, "EMPTY: nothing defines MODEL", field=FIELD, policy="wide"
)
AUDITED = Finding(
    "RemoteCode", Outcome.FAIL, "runs code", field=FIELD, policy="quiet", mode=Mode.AUDIT
)
SKIPPED = Finding("Exempted", Outcome.SKIP, "excused until 2027", field=FIELD)
PASSED = Finding(
    "Satisfied",
    Outcome.PASS,
    f"{HUB} satisfies the policy",
    field=FIELD,
    subject=HUB,
    policy="wide",
)


def judgement(*findings: Finding, file: str = "deploy/llama.yaml", **changes) -> Judgement:
    """An object in a file with these findings."""
    subject = workload(use(HUB, "main"))
    lines = {FIELD: 14, OTHER_FIELD: 20}
    return Judgement(
        subject, Verdict.of(IDENTITY, findings), file, 3, changes.pop("lines", lines), **changes
    )
