"""The log entries of one signature: each must be proven by a trusted log and record this very signature."""

from collections.abc import Sequence
from datetime import datetime

from modeladmit.errors import UntrustedLog
from modeladmit.signatures.signed import ProofRule, Signed
from modeladmit.signatures.transparency.consistency import compare
from modeladmit.signatures.transparency.entry import LogEntry
from modeladmit.signatures.transparency.log import PROMISING, find_log, verify_promise, verify_proof
from modeladmit.signatures.trusted_root import Log


def logged_times(
    signed: Signed, logs: Sequence[Log], moments: Sequence[datetime], verifier: bytes
) -> tuple[datetime, ...]:
    """Verify every entry; the trusted times known so far and those that promises add.

    `verifier` is the DER of the certificate or key that signed. Raises UntrustedLog.
    """
    if not signed.entries:
        raise UntrustedLog(
            "there is no transparency log entry; sign with a client that records one"
        )
    found = list(moments)
    for entry in signed.entries:
        log = find_log(entry, logs)
        promised = _prove(entry, log, signed.proof_rule)
        if promised is not None:
            found.append(promised)
        if any(
            moment not in log.validity
            for moment in ([promised] if promised is not None else moments)
        ):
            raise UntrustedLog("the log was not trusted at the time of the entry")
        compare(entry, signed, verifier)
    return tuple(found)


def _prove(entry: LogEntry, log: Log, rule: ProofRule) -> datetime | None:
    if rule is ProofRule.PROMISE:
        moment = verify_promise(entry, log)
        # A proof without a checkpoint proves nothing, and version 0.1 allows it.
        if entry.proof is not None and entry.proof.checkpoint is not None:
            verify_proof(entry, log)
        return moment
    verify_proof(entry, log)
    if entry.promise is None or entry.form not in PROMISING:
        return None
    return verify_promise(entry, log)
