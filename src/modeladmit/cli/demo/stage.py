"""The demo from the first push to the last answer: what is set up, what is asked, and whether the answers are right."""

import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp
import yaml
from cryptography.hazmat.primitives.asymmetric import ec

from modeladmit.cli.demo.artifacts import Repository, public_pem
from modeladmit.cli.demo.certificate import write_certificate
from modeladmit.cli.demo.kubectl import Answer, Kubectl
from modeladmit.cli.demo.registry import Registry, serving
from modeladmit.cli.demo.store import NAMESPACE, DemoStore
from modeladmit.cli.demo.story import (
    LOOKALIKE,
    MODEL,
    POLICY,
    SCENES,
    TAG,
    UNSIGNED,
    Cast,
    Scene,
    comment,
)
from modeladmit.cli.demo.webhook import serving_webhook
from modeladmit.settings import Settings

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Played:
    """A scene and the answer that it got."""

    scene: Scene
    answer: Answer

    @property
    def right(self) -> bool:
        """Whether the answer is the one that the scene is about."""
        return self.answer.created is not bool(self.scene.codes) and set(self.scene.codes) <= set(
            self.answer.codes
        )


async def play(say: Say) -> list[Played]:
    """Set everything up on loopback, ask, and take it down again."""
    started = perf_counter()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="modeladmit-demo-")))
        registry = await stack.enter_async_context(serving(Registry()))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        cast = await _rehearse(session, registry)
        say(
            f"registry   {registry}: {MODEL}:{TAG}, signed by the release key; {UNSIGNED}:{TAG}, signed by nobody"
        )
        store = DemoStore()
        authority, certificate, key = write_certificate(folder)
        webhook = await stack.enter_async_context(
            serving_webhook(_settings(registry), store, certificate, key)
        )
        say(f"webhook    https://{webhook}, the one of the chart, with a certificate of its own")
        say(f'namespace  {NAMESPACE}, closed (modeladmit.io/enforce: "true")')
        trusting = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=str(authority)))
        kubectl = Kubectl(
            await stack.enter_async_context(aiohttp.ClientSession(connector=trusting)), webhook
        )
        await _apply_policy(kubectl, store, cast, say)
        played = [await _play(scene, kubectl, cast, say) for scene in SCENES]
    created = sum(found.answer.created for found in played)
    say(
        f"\n{len(played)} workloads: {created} created, {len(played) - created} denied, in {perf_counter() - started:.1f} s. Everything is stopped again."
    )
    return played


async def _rehearse(session: aiohttp.ClientSession, registry: str) -> Cast:
    """Push the models, sign one, and copy it to where a squatter would."""
    key = ec.generate_private_key(ec.SECP256R1())
    model = Repository(session, registry, MODEL)
    signed = await model.push_model(TAG)
    await model.sign(signed, key)
    unsigned = await Repository(session, registry, UNSIGNED).push_model(TAG, seed=1)
    await Repository(session, registry, LOOKALIKE).push_model(TAG)
    return Cast(registry, NAMESPACE, str(signed), str(unsigned), public_pem(key))


def _settings(registry: str) -> Settings:
    """Nothing but the demo's registry may be asked."""
    return Settings.model_validate(
        {"registries": [{"host": registry, "plainHTTP": True}], "publicHubs": False}
    )


async def _apply_policy(kubectl: Kubectl, store: DemoStore, cast: Cast, say: Say) -> None:
    text = cast.manifest(POLICY)
    policy = yaml.safe_load(text)
    say(f"\n$ cat {POLICY}\n{text.rstrip()}\n\n$ kubectl apply -f {POLICY}")
    answer = await kubectl.apply(policy, POLICY)
    say(answer.text)
    if answer.created:
        await store.apply(policy)


async def _play(scene: Scene, kubectl: Kubectl, cast: Cast, say: Say) -> Played:
    text = cast.manifest(scene.file)
    answer = await kubectl.apply(yaml.safe_load(text), scene.file)
    say(f"\n# {comment(text)}\n$ kubectl apply -n {NAMESPACE} -f {scene.file}\n{answer.text}")
    return Played(scene, answer)
