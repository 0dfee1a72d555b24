"""What the process says about itself: JSON logs on standard error, and Prometheus metrics.

Labels are bounded: entries, codes, outcomes, steps, and names of policies, which only the platform team writes. No
label and no log line of ours holds text from a workload, except the decision line, which is an audit record.
"""

import logging
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from modeladmit.core.policy import Policy
from modeladmit.core.verdict import Verdict

_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class Silence:
    """Counts nothing."""

    def judged(self, verdict: Verdict, *, entry: str, seconds: float) -> None:
        """Ignore a review."""

    def step(self, name: str, seconds: float) -> None:
        """Ignore a step."""

    def cache(self, fact: str, *, hit: bool) -> None:
        """Ignore a lookup."""

    def bug(self) -> None:
        """Ignore a bug; the log has it."""


class Metrics:
    """Counters and histograms of one process. Satisfies `engine.ports.Observer`."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._reviews = self._counter(
            "modeladmit_reviews", "Reviews answered.", ("entry", "verdict")
        )
        self._durations = Histogram(
            "modeladmit_review_duration_seconds",
            "Time from the first byte of a review to its answer.",
            ("entry",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._findings = self._counter(
            "modeladmit_findings", "Findings by code and outcome.", ("code", "outcome")
        )
        self._would_deny = self._counter(
            "modeladmit_would_deny",
            "Failures that a policy in mode Warn or Audit let through.",
            ("policy", "mode"),
        )
        self._fail_open = self._counter(
            "modeladmit_fail_open",
            "Uses admitted unverified because of onError: Warn.",
            ("policy",),
        )
        self._uncovered = self._counter(
            "modeladmit_uncovered", "Inference workloads that no policy says anything about.", ()
        )
        self._steps = Histogram(
            "modeladmit_step_duration_seconds",
            "Time of one step of the pipeline.",
            ("step",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._cache = self._counter(
            "modeladmit_cache_requests", "Facts asked of the cache.", ("fact", "result")
        )
        self.malformed = self._counter(
            "modeladmit_malformed_reviews", "Requests answered with HTTP 400.", ("entry",)
        )
        self._bugs = self._counter(
            "modeladmit_internal_errors", "Unexpected exceptions; each is logged with its id.", ()
        )
        self.in_flight = 0
        """Reviews being judged now, on the one event loop that counts them."""
        self.watch(
            "modeladmit_reviews_in_flight",
            "Reviews being judged now.",
            lambda: float(self.in_flight),
        )
        self.certificate_expiry = self.gauge(
            "modeladmit_certificate_expiry_timestamp_seconds",
            "When the serving certificate expires, in Unix time.",
        )
        self._generations = self.gauge(
            "modeladmit_policy_generation",
            "The generation of each policy that this replica judges by.",
            ("policy", "mode"),
        )
        self._verdicts: dict[tuple[str, bool], Counter] = {}
        self._codes: dict[tuple[str, str], Counter] = {}
        self._times: dict[str, Histogram] = {}
        self._phases: dict[str, Histogram] = {}
        self._lookups: dict[tuple[str, bool], Counter] = {}

    def judged(self, verdict: Verdict, *, entry: str, seconds: float) -> None:
        """Count a review and everything found in it."""
        allowed = verdict.allowed
        counter = self._verdicts.get((entry, allowed))
        if counter is None:
            counter = self._reviews.labels(entry, "allowed" if allowed else "denied")
            self._verdicts[entry, allowed] = counter
        counter.inc()
        timer = self._times.get(entry)
        if timer is None:
            timer = self._times[entry] = self._durations.labels(entry)
        timer.observe(seconds)
        for finding in verdict.findings:
            key = (finding.code, finding.outcome.value)
            found = self._codes.get(key)
            if found is None:
                found = self._codes[key] = self._findings.labels(*key)
            found.inc()
            if finding.fail_open:
                self._fail_open.labels(finding.policy or "").inc()
            elif finding.would_deny and not finding.denies:
                self._would_deny.labels(finding.policy or "", finding.mode.value).inc()
        if verdict.inference and not verdict.findings:
            self._uncovered.inc()

    def step(self, name: str, seconds: float) -> None:
        """Time a step."""
        timer = self._phases.get(name)
        if timer is None:
            timer = self._phases[name] = self._steps.labels(name)
        timer.observe(seconds)

    def cache(self, fact: str, *, hit: bool) -> None:
        """Count a lookup."""
        counter = self._lookups.get((fact, hit))
        if counter is None:
            counter = self._cache.labels(fact, "hit" if hit else "miss")
            self._lookups[fact, hit] = counter
        counter.inc()

    def bug(self) -> None:
        """Count an unexpected exception."""
        self._bugs.inc()

    def judging_by(self, policies: Iterable[Policy]) -> None:
        """Show the generation of every policy, and forget those that are gone."""
        self._generations.clear()
        for policy in policies:
            self._generations.labels(policy.name, policy.mode.value).set(policy.generation)

    def gauge(self, name: str, documentation: str, labels: tuple[str, ...] = ()) -> Gauge:
        """A gauge that somebody sets."""
        return Gauge(name, documentation, labels, registry=self.registry)

    def watch(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        """A gauge that is read when it is scraped."""
        self.gauge(name, documentation).set_function(value)

    def exposition(self) -> bytes:
        """The Prometheus text format, version 0.0.4."""
        return generate_latest(self.registry)

    def _counter(self, name: str, documentation: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, documentation, labels, registry=self.registry)


class JsonLines(logging.Formatter):
    """One JSON object a line; what `extra={"facts": {…}}` holds becomes keys of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record. Exceptions keep their type and traceback, which stay in the log."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line.update(facts)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure_logging(level: str) -> None:
    """Send every log record of the process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Its lines name objects and are written for people who develop handlers.
    logging.getLogger("kopf").setLevel(max(root.level, logging.WARNING))
    # Its watch has a thread of its own, and signals are ours.
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
    logging.getLogger("aiohttp").setLevel(max(root.level, logging.WARNING))
