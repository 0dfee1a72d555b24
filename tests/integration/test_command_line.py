"""The command line against a real registry on loopback: every command that asks a store, its output and its exit code."""

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from modeladmit.cli.app import main
from modeladmit.cli.demo.artifacts import Repository, public_pem
from modeladmit.cli.demo.registry import Registry, serving
from modeladmit.cli.demo.story import LOOKALIKE, MODEL, SCENES, TAG, UNSIGNED, Cast


@dataclass(frozen=True)
class World:
    """A registry with a signed and an unsigned model, and a folder of manifests about them."""

    cast: Cast
    folder: Path

    @property
    def host(self) -> str:
        """Where the registry listens."""
        return self.cast.registry

    @property
    def policy(self) -> str:
        """The policy's file."""
        return str(self.folder / "policy.yaml")

    @property
    def workloads(self) -> str:
        """The folder with the six workloads."""
        return str(self.folder / "workloads")

    def signed(self, by: str = "digest") -> str:
        """The signed model's URI."""
        return f"oci://{self.host}/{MODEL}" + (f":{TAG}" if by == "tag" else f"@{self.cast.signed}")


async def _serve(started: "asyncio.Future[Cast]", ended: asyncio.Event) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    async with serving(Registry()) as host, aiohttp.ClientSession() as session:
        model = Repository(session, host, MODEL)
        signed = await model.push_model(TAG)
        await model.sign(signed, key)
        unsigned = await Repository(session, host, UNSIGNED).push_model(TAG, seed=1)
        await Repository(session, host, LOOKALIKE).push_model(TAG)
        started.set_result(Cast(host, "team-a", str(signed), str(unsigned), public_pem(key)))
        await ended.wait()


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    """A registry in a thread of its own, for the time of this module."""
    loop = asyncio.new_event_loop()
    started, ended = loop.create_future(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(started, ended),))
    thread.start()
    asked = asyncio.run_coroutine_threadsafe(asyncio.wait_for(asyncio.shield(started), 30), loop)
    yield asked.result(30)
    loop.call_soon_threadsafe(ended.set)
    thread.join(30)
    loop.close()


@pytest.fixture
def world(cast, tmp_path, monkeypatch) -> World:
    """Manifests on disk, and no settings or logins of whoever runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("MODELADMIT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "policy.yaml").write_text(cast.manifest("policy.yaml"))
    (tmp_path / "workloads").mkdir()
    for scene in SCENES:
        (tmp_path / "workloads" / scene.file).write_text(cast.manifest(scene.file))
    return World(cast, tmp_path)


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """Run a command line, insist on its exit code, and give its standard output."""
    assert (main(list(words)), words) == (code, words)
    return capsys.readouterr().out


def verdicts(capsys, world, *words: str, code: int) -> dict[str, tuple[bool, set[str]]]:
    """`check -o json`, by file name in order."""
    out = run(
        capsys,
        "check",
        "-f",
        world.workloads,
        "--plain-http",
        world.host,
        "-o",
        "json",
        *words,
        code=code,
    )
    found = json.loads(out)["verdicts"]
    return {
        scene.file: (
            verdict["allowed"],
            {finding["code"] for finding in verdict["findings"] if finding["outcome"] == "fail"},
        )
        for scene, verdict in zip(SCENES, found, strict=True)
    }


class TestCheck:
    def test_the_webhooks_verdict(self, capsys, world):
        """The same six answers as the demo's webhook gives."""
        assert verdicts(capsys, world, "--policy", world.policy, code=1) == {
            scene.file: (not scene.codes, set(scene.codes)) for scene in SCENES
        }

    def test_without_a_policy_nothing_is_required(self, capsys, world):
        """Everything is allowed, and standard error says why."""
        assert main(["check", "-f", world.workloads, "--plain-http", world.host]) == 0
        assert "no policy was given" in capsys.readouterr().err

    def test_closed_denies_what_nobody_covers(self, capsys, world):
        """As in a closed namespace: no policy, no model; what loads none is allowed."""
        found = verdicts(capsys, world, "--closed", code=1)
        assert {file for file, (allowed, _) in found.items() if allowed} == {"6-web.yaml"}
        assert found["5-signed.yaml"] == (False, {"NotCovered"})

    def test_a_registry_that_is_away_is_no_denial(self, capsys, world):
        """Exit code 3: nobody could find out, and nothing was admitted."""
        text = (world.folder / "workloads/5-signed.yaml").read_text()
        away = "127.0.0.1:9"  # the discard port: nobody listens
        (world.folder / "away.yaml").write_text(text.replace(world.host, away))
        (world.folder / "other.yaml").write_text(
            Path(world.policy).read_text().replace(world.host, away)
        )
        words = (
            "check",
            "-f",
            f"{world.folder}/away.yaml",
            "--policy",
            f"{world.folder}/other.yaml",
            "--plain-http",
            away,
        )
        assert "could not judge" in run(capsys, *words, code=3)

    def test_a_selector_counts_where_labels_are_known(self, capsys, world):
        """With the Namespace among the files, a policy for other namespaces does not apply."""
        namespace = world.folder / "namespace.yaml"
        namespace.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: team-b}\n")
        tag = f"{world.workloads}/1-by-tag.yaml"
        words = ("check", "-f", tag, "--policy", world.policy, "--plain-http", world.host)
        run(capsys, *words, "-n", "team-b", code=1)
        run(capsys, *words, "-n", "team-b", "-f", str(namespace), code=0)

    def test_a_policy_that_does_not_compile(self, capsys, world):
        """Every problem with its line and field; exit code 2."""
        text = (
            Path(world.policy)
            .read_text()
            .replace("pinning: Digest", "pinning: Digests")
            .replace("min: 1", "min: 3")
        )
        (world.folder / "bad.yaml").write_text(text)
        assert main(["check", "-f", world.workloads, "--policy", f"{world.folder}/bad.yaml"]) == 2
        err = capsys.readouterr().err
        assert "bad.yaml:12: TrustPolicy/production-models: spec.require.pinning:" in err
        assert "bad.yaml:15: TrustPolicy/production-models: spec.require.signatures" in err

    def test_a_workload_is_no_policy(self, capsys, world):
        """Mixing up -f and --policy is said."""
        assert (
            main(["check", "-f", world.workloads, "--policy", f"{world.workloads}/6-web.yaml"]) == 2
        )
        assert "Deployment is none of TrustPolicy" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("form", "start"), [("sarif", '{\n  "$schema"'), ("junit", "<testsuites")]
    )
    def test_forms(self, capsys, world, form, start):
        """Reports for machines go to standard output and nothing else does."""
        words = (
            "check",
            "-f",
            world.workloads,
            "--policy",
            world.policy,
            "--plain-http",
            world.host,
            "-o",
            form,
        )
        assert run(capsys, *words, code=1).startswith(start)


class TestResolve:
    def test_a_tag(self, capsys, world):
        """What it is today, what it holds, and who claims to have signed it."""
        out = run(capsys, "resolve", world.signed("tag"), "--plain-http", world.host)
        assert f"{world.signed('tag')}@{world.cast.signed} (Digest)" in out
        assert "Safetensors" in out
        assert "not verified: sigstore-bundle that claims" in out

    def test_known_authorities_are_named(self, capsys, world):
        """With a policy, a signature is somebody's."""
        out = run(
            capsys,
            "resolve",
            world.signed(),
            "--plain-http",
            world.host,
            "--policy",
            world.policy,
            "-o",
            "json",
        )
        found = json.loads(out)
        assert [signature["authority"] for signature in found["signatures"]] == ["release-key"]
        assert found["resolved"]["pin"] == "Digest"

    def test_addresses_inside_need_a_word(self, capsys, world):
        """A private address is not asked just because a reference names it; the message says which option allows it."""
        assert main(["resolve", world.signed()]) == 3
        assert "--plain-http HOST" in capsys.readouterr().err

    def test_what_is_not_there(self, capsys, world):
        """Exit code 3 and the code to look up."""
        assert (
            main(["resolve", f"oci://{world.host}/models/gone:v1", "--plain-http", world.host]) == 3
        )
        assert "See `modeladmit explain ArtifactNotFound`." in capsys.readouterr().err

    def test_a_scheme_is_needed(self, capsys):
        """People type what they know; the answer names both readings."""
        assert main(["resolve", "meta-llama/Llama-3.1-8B"]) == 2
        assert "Did you mean hf://meta-llama/Llama-3.1-8B?" in capsys.readouterr().err


class TestVerify:
    def test_signed_and_pinned(self, capsys, world):
        """Allowed, with the authority by name."""
        out = run(
            capsys, "verify", world.signed(), "--policy", world.policy, "--plain-http", world.host
        )
        assert "allowed by TrustPolicy/production-models" in out
        assert "signed by release-key" in out

    def test_by_tag(self, capsys, world):
        """Denied although it is signed: the tag can move."""
        out = run(
            capsys,
            "verify",
            world.signed("tag"),
            "--policy",
            world.policy,
            "--plain-http",
            world.host,
            code=1,
        )
        assert "[MutableReference]" in out

    def test_unsigned(self, capsys, world):
        """Denied, and nobody is named."""
        uri = f"oci://{world.host}/{UNSIGNED}@{world.cast.unsigned}"
        out = run(
            capsys,
            "verify",
            uri,
            "--policy",
            world.policy,
            "--plain-http",
            world.host,
            "-o",
            "json",
            code=1,
        )
        assert json.loads(out)["signatures"] == []

    def test_audit_is_judged_as_if_enforced(self, capsys, world):
        """The question is whether it satisfies the policy, not what the policy does about it."""
        audit = world.folder / "audit.yaml"
        audit.write_text(Path(world.policy).read_text().replace("mode: Enforce", "mode: Audit"))
        run(
            capsys,
            "verify",
            world.signed("tag"),
            "--policy",
            str(audit),
            "--plain-http",
            world.host,
            code=1,
        )


class TestPin:
    def test_a_diff_first(self, capsys, world):
        """Without --write nothing changes; what cannot be pinned is listed, and the exit code says so."""
        before = {path: path.read_text() for path in Path(world.workloads).iterdir()}
        assert main(["pin", "-f", world.workloads, "--plain-http", world.host]) == 3
        shown = capsys.readouterr()
        assert [line for line in shown.out.splitlines() if line.startswith("+ ")] == [
            f"+            reference: {world.host}/{MODEL}:{TAG}@{world.cast.signed}"
        ]
        assert "4-secret.yaml:10: spec.containers[0].args[1]" in shown.err
        assert {path: path.read_text() for path in before} == before

    def test_pinned_once_is_pinned(self, capsys, world):
        """--write changes the one line, and the file then passes the check that denied it."""
        tag = Path(world.workloads) / "1-by-tag.yaml"
        before = tag.read_text()
        run(capsys, "pin", "-f", str(tag), "--write", "--plain-http", world.host)
        assert tag.read_text() == before.replace(f":{TAG}\n", f":{TAG}@{world.cast.signed}\n")
        run(capsys, "check", "-f", str(tag), "--policy", world.policy, "--plain-http", world.host)
        assert main(["pin", "-f", str(tag), "--write", "--plain-http", world.host]) == 0
        assert capsys.readouterr().err == "nothing to pin\n"
