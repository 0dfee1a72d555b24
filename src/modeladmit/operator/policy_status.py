"""The status of TrustPolicy, TrustRoot and PolicyExemption: whether they compile, and what they leave open."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from modeladmit.api.compile import Compiled, CompiledTrustRoot
from modeladmit.core.policy import Exemption, Mode, Policy
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.snapshot import Snapshot
from modeladmit.operator.conditions import FALSE, TRUE, Condition, merged

_NAMED: Final = 10


def conditions(
    obj: Mapping[str, Any],
    compiled: Compiled[Any],
    snapshot: Snapshot,
    circumstances: Circumstances,
    now: datetime,
    *,
    late: tuple[str, ...] | None = None,
) -> list[Condition]:
    """What can be said of an object by its kind. `late` are replicas that do not judge by it yet; None: none is known."""
    if compiled.problems or compiled.value is None:
        problems = "; ".join(str(problem) for problem in compiled.problems)
        ready = Condition("Ready", FALSE, "PolicyInvalid", problems or "it does not compile")
    else:
        ready = Condition("Ready", TRUE, "Compiled", "every field is understood")
    match compiled.value:
        case Policy() as policy:
            closed = [_fail_closed(policy, snapshot, circumstances)]
            return [ready, *_propagated(late), *(closed if policy.mode is Mode.ENFORCE else [])]
        case Exemption() as exemption:
            return [_active(exemption, now)]
        case _ if obj.get("kind") == "PolicyExemption":
            return [Condition("Active", FALSE, ready.reason, ready.message)]
        case _:
            return [ready]


def status(
    obj: Mapping[str, Any], compiled: Compiled[Any], found: list[Condition], now: datetime
) -> dict[str, Any]:
    """The patch of `status`."""
    generation = int((obj.get("metadata") or {}).get("generation") or 0)
    known = (obj.get("status") or {}).get("conditions")
    patch: dict[str, Any] = {
        "observedGeneration": generation,
        "conditions": merged(known, found, generation=generation, now=now),
    }
    if isinstance(compiled.value, CompiledTrustRoot):
        patch["digest"] = str(compiled.value.anchor.digest)
    return patch


def _fail_closed(policy: Policy, snapshot: Snapshot, circumstances: Circumstances) -> Condition:
    """Open namespaces admit what they like while the webhook is down, whatever the policy says."""
    open_ = sorted(
        name
        for name, labels in snapshot.namespaces.items()
        if circumstances.asked_about(name)
        and policy.selects(labels)
        and not circumstances.closed(labels)
    )
    if not open_:
        return Condition("FailClosed", TRUE, "Closed", "every namespace that it selects is closed")
    more = f" and {len(open_) - _NAMED} more" if len(open_) > _NAMED else ""
    return Condition(
        "FailClosed",
        FALSE,
        "OpenNamespaces",
        f"not enforced while the webhook is down: {', '.join(open_[:_NAMED])}{more}",
    )


def _propagated(late: tuple[str, ...] | None) -> list[Condition]:
    if late is None:
        return []
    if late:
        names = ", ".join(late[:_NAMED])
        return [Condition("Propagated", FALSE, "Waiting", f"not known yet to {names}")]
    return [Condition("Propagated", TRUE, "Propagated", "every replica judges by it")]


def _active(exemption: Exemption, now: datetime) -> Condition:
    until = f"{exemption.expires_at:%Y-%m-%dT%H:%MZ}"
    if now >= exemption.expires_at:
        return Condition("Active", FALSE, "Expired", f"it ended at {until}")
    return Condition("Active", TRUE, "Active", f"until {until}")
