"""What finding out costs at the registry, through the whole pipeline: counted where the requests arrive."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modeladmit.core.credentials import BasicCredential, Credential, CredentialScope
from modeladmit.core.facts import Facts
from modeladmit.core.plan import Question
from modeladmit.core.references import parse_reference
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.memory import Memory
from modeladmit.signatures.verifier import verify
from modeladmit.sources.registry import build_sources
from modeladmit.sources.settings import HostSettings, SourceSettings
from modeladmit.sources.transport import Transport
from modeladmit.telemetry import Silence
from tests.doubles.oci_registry import OciRegistry
from tests.doubles.signed_images import ImageSigner

COLD = 5
"""Manifest, referrers, two tags, one payload."""


@dataclass
class Clock:
    """Time that a test sets."""

    time: datetime = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@dataclass
class Keys:
    """Logins by namespace."""

    known: dict[str, Credential] = field(default_factory=dict)

    async def credentials(
        self, host: str, repository: str, scope: CredentialScope
    ) -> Credential | None:
        return self.known.get(scope.namespace)


@dataclass
class Pipeline:
    """Investigation on a registry double with a signed image."""

    registry: OciRegistry
    signer: ImageSigner
    investigation: Investigation
    clock: Clock
    keys: Keys

    def question(self, rest: str) -> Question:
        reference = parse_reference(f"oci://{self.registry.host}/{rest}")
        return Question(reference, evidence=True, anchors=(self.signer.anchor,))

    async def ask(self, *rests: str, namespace: str = "a") -> Facts:
        questions = [self.question(rest) for rest in rests]
        return await self.investigation.answer(
            questions, scope=CredentialScope(namespace), seconds=10
        )

    async def proven(self, rest: str, namespace: str = "a") -> bool:
        """Whether the signature is proven."""
        facts = await self.ask(rest, namespace=namespace)
        return bool(facts.about(self.question(rest).reference).attestations)


@pytest.fixture
async def pipeline(tmp_path: Path) -> AsyncIterator[Pipeline]:
    registry = OciRegistry()
    async with registry.running():
        settings = SourceSettings(hosts=(HostSettings(registry.host, plain_http=True),))
        async with Transport(settings) as transport:
            clock, keys = Clock(), Keys()
            investigation = Investigation(
                sources=build_sources(transport, keys),
                verify=verify,
                memory=Memory(10_000_000),
                clock=clock,
                observer=Silence(),
            )
            yield Pipeline(registry, ImageSigner(), investigation, clock, keys)
            await investigation.aclose()


async def test_warm_costs_nothing(pipeline: Pipeline) -> None:
    """A verdict on what is known asks nobody."""
    digest = pipeline.signer.push(pipeline.registry, "m/x")
    assert await pipeline.proven(f"m/x@{digest}")
    assert pipeline.registry.count == COLD
    for _ in range(10):
        assert await pipeline.proven(f"m/x@{digest}")
    assert pipeline.registry.count == COLD


async def test_equal_references_cost_one(pipeline: Pipeline) -> None:
    """Eight containers of one image, and eight Pods of it at once, are one resolution."""
    digest = pipeline.signer.push(pipeline.registry, "m/x")
    rest = f"m/x@{digest}"
    await asyncio.gather(*(pipeline.ask(*[rest] * 8) for _ in range(8)))
    assert pipeline.registry.count == COLD


async def test_what_is_public_is_shared(pipeline: Pipeline) -> None:
    """What was read anonymously for one namespace costs another nothing."""
    digest = pipeline.signer.push(pipeline.registry, "m/x")
    assert await pipeline.proven(f"m/x@{digest}", "a")
    assert await pipeline.proven(f"m/x@{digest}", "b")
    assert pipeline.registry.count == COLD


async def test_what_is_private_is_not(pipeline: Pipeline) -> None:
    """What one namespace's login opened is denied to another, and nothing of it comes from memory."""
    pipeline.registry.login = ("a", "secret")
    pipeline.keys.known["a"] = BasicCredential("a", "secret")
    digest = pipeline.signer.push(pipeline.registry, "m/x")
    rest = f"m/x@{digest}"
    assert await pipeline.proven(rest, "a")
    facts = await pipeline.ask(rest, namespace="b")
    sheet = facts.about(pipeline.question(rest).reference)
    assert sheet.artifact is None
    assert sheet.gap is not None
    assert sheet.gap.code == "AccessDenied"


async def test_an_outage(pipeline: Pipeline) -> None:
    """With the registry away a verified digest goes on working until `maxStaleness`; nothing else is admitted."""
    registry = pipeline.registry
    known, unknown = (pipeline.signer.push(registry, name) for name in ("m/known", "m/unknown"))
    assert await pipeline.proven(f"m/known@{known}")
    assert await pipeline.proven("m/known:v1")
    registry.faults.status = 503
    for hours, expected in ((1, True), (23, True), (25, False)):
        pipeline.clock.time = datetime(2026, 11, 25, 12, tzinfo=UTC) + timedelta(hours=hours)
        assert expected is await pipeline.proven(f"m/known@{known}")
        assert not await pipeline.proven(f"m/unknown@{unknown}")
        assert not await pipeline.proven("m/known:v1")


async def test_a_moved_tag(pipeline: Pipeline) -> None:
    """A tag is asked again once it is no longer fresh, and its new image has to be signed itself."""
    pipeline.signer.push(pipeline.registry, "m/x")
    assert await pipeline.proven("m/x:v1")
    pipeline.registry.push_image("m/x", "v1", content=b"evil")
    pipeline.clock.time += timedelta(minutes=1)
    assert not await pipeline.proven("m/x:v1")


async def test_disk(tmp_path: Path) -> None:
    """Evidence outlives the process; it is verified again, and a changed file proves nothing."""
    registry, signer, clock = OciRegistry(), ImageSigner(), Clock()
    async with registry.running():
        settings = SourceSettings(hosts=(HostSettings(registry.host, plain_http=True),))

        async def proven() -> bool:
            async with Transport(settings) as transport:
                investigation = Investigation(
                    sources=build_sources(transport, Keys()),
                    verify=verify,
                    memory=Memory(10_000_000),
                    clock=clock,
                    observer=Silence(),
                    disk=DiskCache(tmp_path, 10_000_000),
                )
                pipeline = Pipeline(registry, signer, investigation, clock, Keys())
                try:
                    return await pipeline.proven(f"m/x@{digest}")
                finally:
                    await investigation.aclose()

        digest = signer.push(registry, "m/x")
        assert await proven()
        registry.faults.matching = "sha256-"
        registry.faults.status = 503
        assert await proven()
        for path in tmp_path.iterdir():
            path.write_bytes(path.read_bytes()[:-1] + b"x")
        assert not await proven()
