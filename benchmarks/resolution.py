"""What it costs to find out: cold and warm resolution, latency, many references, memory.

    python benchmarks/resolution.py [--references N] [--facts N]

A registry double runs in a process of its own, so that CPU is ours alone; it waits before every answer as told. Every
image is signed with one P-256 key in the tag layout, named by digest, and verified. `requests` are counted at the registry.
Requests in flight to one host are bounded (Traffic.per_host), which decides how 200 references at once share a slow one.
"""

import argparse
import asyncio
import multiprocessing
import resource
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rich.console import Console
from rich.table import Table

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Artifact, ArtifactFile, Evidence, EvidenceKind, Format
from modeladmit.core.plan import Question
from modeladmit.core.references import parse_reference
from modeladmit.core.trust import KeyAnchor
from modeladmit.engine.investigation import Freshness, Investigation
from modeladmit.engine.memory import Memory
from modeladmit.signatures.verifier import verify
from modeladmit.sources.keychain import NoCredentials
from modeladmit.sources.registry import build_sources
from modeladmit.sources.settings import HostSettings, SourceSettings
from modeladmit.sources.transport import Transport
from modeladmit.telemetry import Silence
from modeladmit.wiring import SystemClock
from tests.doubles.oci_registry import OciRegistry
from tests.doubles.signed_images import ImageSigner

SCOPE = CredentialScope("bench")
LATENCIES = (0, 50, 200)


@dataclass(frozen=True)
class Content:
    """Signed images in the registry, and the key."""

    host: str
    digests: tuple[str, ...]
    key: KeyAnchor

    def questions(self, first: int, count: int) -> list[Question]:
        """Questions about so many images, from a number on."""
        return [
            Question(
                parse_reference(f"oci://{self.host}/m/image-{number}@{self.digests[number]}"),
                evidence=True,
                anchors=(self.key,),
            )
            for number in range(first, first + count)
        ]


def serve(pipe: Connection, latency: float, images: int) -> None:
    """The registry's process: it answers until the pipe says how many requests there were."""

    async def main() -> None:
        registry = OciRegistry()
        signer = ImageSigner()
        async with registry.running():
            digests = tuple(
                str(signer.push(registry, f"m/image-{number}", content=b"%d" % number))
                for number in range(images)
            )
            registry.faults.latency = latency
            pipe.send(Content(registry.host, digests, signer.anchor))
            loop = asyncio.get_running_loop()
            while await loop.run_in_executor(None, pipe.recv) == "count":
                pipe.send(registry.count)

    asyncio.run(main())


class Registry:
    """The double in its own process."""

    def __init__(self, latency: float, images: int) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=serve, args=(theirs, latency, images))
        self._process.start()
        self.content: Content = self._pipe.recv()

    def count(self) -> int:
        """Requests so far."""
        self._pipe.send("count")
        counted: int = self._pipe.recv()
        return counted

    def close(self) -> None:
        """End the process."""
        self._pipe.send("end")
        self._process.join()


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@dataclass(frozen=True)
class Measure:
    """One row: milliseconds, and requests at the registry for each question."""

    p50: float
    p99: float
    cpu: float
    requests: float

    def cells(self) -> tuple[str, ...]:
        """For the table."""
        return (f"{self.p50:.2f}", f"{self.p99:.2f}", f"{self.cpu:.2f}", f"{self.requests:g}")


async def measured(
    registry: Registry, rounds: Sequence[Callable[[], Awaitable[object]]], questions: int
) -> Measure:
    """Run the rounds one after the other."""
    asked, used, times = registry.count(), cpu(), []
    for ask in rounds:
        started = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - started) * 1000)
    used = (cpu() - used) * 1000 / questions
    times.sort()
    worst = times[min(len(times) - 1, int(len(times) * 0.99))]
    return Measure(times[len(times) // 2], worst, used, (registry.count() - asked) / questions)


async def resolution(latency: int, references: int) -> list[tuple[str, Measure]]:
    """Cold one by one, warm, ten at once, and many at once, each on references never asked before."""
    single = 40 if latency < 100 else 10
    registry = Registry(latency / 1000, single + 10 + references)
    content = registry.content
    settings = SourceSettings(hosts=(HostSettings(content.host, plain_http=True),))
    rows = []
    async with Transport(settings) as transport:
        investigation = Investigation(
            sources=build_sources(transport, NoCredentials()),
            verify=verify,
            memory=Memory(128_000_000),
            clock=SystemClock(),
            observer=Silence(),
            freshness=Freshness(),
        )

        def ask(first: int, count: int) -> Callable[[], Awaitable[object]]:
            async def run() -> None:
                questions = content.questions(first, count)
                facts = await investigation.answer(questions, scope=SCOPE, seconds=60)
                for question in questions:
                    assert facts.about(question.reference).attestations, "not verified"

            return run

        one_by_one = [ask(number, 1) for number in range(single)]
        rows.append(("cold, one reference", await measured(registry, one_by_one, single)))
        rows.append(
            ("warm, the same again", await measured(registry, one_by_one * 20, single * 20))
        )
        rows.append(("cold, 10 in one request", await measured(registry, [ask(single, 10)], 10)))
        many = ask(single + 10, references)
        rows.append((f"cold, {references} at once", await measured(registry, [many], references)))
        rows.append(
            (f"warm, {references} at once", await measured(registry, [many] * 20, references * 20))
        )
        await investigation.aclose()
    registry.close()
    return rows


def memory_of_facts(count: int) -> tuple[float, float, int]:
    """Bytes that so many facts really take, what the cache believes, and how many it keeps within 128 MB."""
    at = datetime(2026, 11, 25, tzinfo=UTC)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    memory = Memory(10**12)
    for number in range(count):
        digest = Digest.sha256(b"%d" % number)
        reference = parse_reference(f"oci://registry.example.com/models/model-{number}@{digest}")
        files = tuple(
            ArtifactFile(
                f"model-{part:05}.safetensors",
                part,
                Digest.sha256(b"%d %d" % (number, part)),
                Format.SAFETENSORS,
            )
            for part in range(10)
        )
        memory.keep(
            f"artifact\x1e*\x1e{reference.key}", Artifact(reference, digest, files=files), at=at
        )
        evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"%d" % number * 200, str(digest))
        memory.keep(f"evidence\x1e*\x1e{reference.key}", (evidence,), at=at + timedelta(seconds=1))
    real = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return real, memory.used, len(memory)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--references", type=int, default=200)
    parser.add_argument("--facts", type=int, default=10_000)
    options = parser.parse_args()
    console = Console(width=110)
    table = Table(
        title="Resolution of signed images by digest (ms; CPU and requests for each reference)"
    )
    for heading in ("latency", "work", "p50", "p99", "CPU", "requests"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for latency in LATENCIES:
        for work, measure in asyncio.run(resolution(latency, options.references)):
            table.add_row(f"{latency}", work, *measure.cells())
        table.add_section()
    console.print(table)
    real, believed, facts = memory_of_facts(options.facts // 2)
    console.print(
        f"{facts:,} facts (an artifact of 10 files and its signature, each counted): {real / 1e6:.1f} MB, "
        f"estimated by the cache as {believed / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
