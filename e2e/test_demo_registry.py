"""The demo's embedded registry is one that real clients accept, and its signatures are ones that cosign accepts."""

import asyncio
import json
from pathlib import Path

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec

from e2e.kit.commands import run
from e2e.kit.cosign import Layout, SigningKey, cosign
from e2e.kit.models import Model, push_model
from e2e.kit.registries import Registry as KitRegistry
from e2e.kit.tools import tool
from modeladmit.cli.demo.artifacts import Repository, public_pem
from modeladmit.cli.demo.registry import Registry, serving


async def test_cosign_verifies_what_the_demo_signs(tmp_path: Path) -> None:
    """A key signature made by the demo is a Sigstore bundle like cosign's own."""
    key, stranger = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    async with serving(Registry()) as host, aiohttp.ClientSession() as session:
        model = Repository(session, host, "models/tiny")
        digest = await model.push_model("v1")
        await model.sign(digest, key)
        codes = []
        for name, signer in (("ours", key), ("stranger", stranger)):
            path = tmp_path / f"{name}.pub"
            path.write_text(public_pem(signer))
            flags = (f"--key={path}", "--insecure-ignore-tlog=true")
            done = await asyncio.to_thread(
                cosign, "verify", *flags, f"{host}/models/tiny@{digest}", check=False
            )
            codes.append(done.returncode)
    assert codes[0] == 0
    assert codes[1] != 0


async def test_oras_and_cosign_push_to_it(tmp_path: Path) -> None:
    """Push by chunks, pull, referrers and both signature layouts work with the real clients."""
    async with serving(Registry()) as host:
        answers = await asyncio.to_thread(_push_and_sign, host, tmp_path)
    assert answers == {"verified": [0, 0], "referrers": 1}


def _push_and_sign(host: str, folder: Path) -> dict[str, object]:
    registry = KitRegistry(host, folder, server=None, has_referrers=True)  # type: ignore[arg-type] # nothing of the kit runs it
    key = SigningKey.generate(folder)
    models: list[Model] = []
    for name, layout in (("models/bundle", Layout.BUNDLE), ("models/tag", Layout.TAG)):
        model = push_model(registry, name)
        key.sign(model, layout)
        models.append(model)
    found = run(tool("oras"), "discover", "--plain-http", "--format=json", models[0].by_digest)
    return {
        "verified": [key.verify(model).returncode for model in models],
        "referrers": len(
            json.loads(found.stdout).get("referrers") or json.loads(found.stdout).get("manifests")
        ),
    }
