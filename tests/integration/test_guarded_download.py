"""The Pod of the documentation: a model that is downloaded, proven and then served."""

import copy
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from modeladmit.core.content_digest import content_digest
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import ArtifactFile, Format
from modeladmit.core.judge import judge
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.policy import Requirements
from modeladmit.workloads.inspect import inspect_object
from tests.building import COMMIT, NOW, SITUATION, artifact, facts, policy, sheet

PAGE = (Path(__file__).parents[2] / "docs" / "signatures.md").read_text()
(EXAMPLE,) = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
URI = "hf://meta-llama/Llama-3.1-8B-Instruct"
FILES = (
    ArtifactFile("config.json", 2, Digest.sha256(b"{}")),
    ArtifactFile("model.safetensors", 7, Digest.sha256(b"weights"), Format.SAFETENSORS),
)
WHOLE = str(content_digest((file.name, file.digest) for file in FILES))


def pod(**changes):
    """The example with the digest that its denial names."""
    found = copy.deepcopy(EXAMPLE)
    found["spec"]["initContainers"][1]["args"][2] = changes.get("expect", WHOLE)
    if changes.get("writable"):
        del found["spec"]["containers"][0]["volumeMounts"][0]["readOnly"]
    if changes.get("early"):
        found["spec"]["initContainers"].reverse()
    if folder := changes.get("served"):
        found["spec"]["containers"][0]["args"] = [f"--model={folder}"]
    if folder := changes.get("guarded"):
        found["spec"]["initContainers"][1]["args"][3] = folder
    if changes.get("unguarded"):
        del found["spec"]["initContainers"][1]
    return found


def judged(obj):
    known = facts(
        sheet(artifact=artifact(URI, digest=None, revision=COMMIT, files=FILES)), URI, COMMIT
    )
    image = EXAMPLE["spec"]["initContainers"][1]["image"].partition("@")[2]
    situation = replace(SITUATION, guard_images=frozenset({Digest.parse(image)}))
    asked = Jurisdiction([policy(Requirements(verify_at_load=True))])
    return judge(inspect_object(obj), asked, (), known, situation, NOW)


def test_the_example_is_admitted():
    assert judged(pod()).allowed


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"expect": str(Digest.sha256(b"other"))}, "another digest than the verified one"),
        ({"writable": True}, "may write to it; set readOnly: true"),
        ({"early": True}, "may write to it; set readOnly: true"),
        ({"guarded": "/models/llama/part"}, "not what the server loads"),
        ({"unguarded": True}, "the Pod has no guard"),
    ],
)
def test_a_guard_that_proves_nothing_does_not_count(changes, why):
    found = judged(pod(**changes))
    assert ["GuardMissing"] == [finding.code for finding in found.denials]
    assert why in found.denials[0].message


def test_a_folder_of_what_was_proven_is_proven():
    """Repositories hold the same model in several forms, each in a folder."""
    assert judged(pod(served="/models/llama/onnx")).allowed


def wrapped(*, writable=False, served="/models/llama"):
    """The line of the documentation that wraps the server, in the example's Pod."""
    (line,) = re.findall(r"`modeladmit (guard --expect sha256:… /models/llama -- [^`]+)`", PAGE)
    found = pod(unguarded=True)
    (server,) = found["spec"]["containers"]
    server["image"] = EXAMPLE["spec"]["initContainers"][1]["image"]
    words = line.replace("sha256:…", WHOLE).split()
    server["command"], server["args"] = ["modeladmit"], [*words[:-1], served]
    if writable:
        found["spec"]["containers"].append(
            {
                "name": "sidecar",
                "image": "busybox",
                "volumeMounts": [{"name": "models", "mountPath": "/m"}],
            }
        )
    return found


def test_the_wrapper_of_the_documentation_counts():
    """It becomes the server, in the server's own image, which the settings list."""
    assert judged(wrapped()).allowed


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"writable": True}, "may write to it; set readOnly: true"),
        ({"served": "/models/other"}, "not what the server loads"),
    ],
)
def test_a_wrapper_that_proves_nothing_does_not_count(changes, why):
    found = judged(wrapped(**changes))
    assert not found.allowed
    assert any(why in finding.message for finding in found.denials)


def test_the_denial_names_the_digest_and_the_path():
    (finding,) = judged(pod(unguarded=True)).denials
    assert finding.fix == f"add an init container: modeladmit guard --expect {WHOLE} /models/llama"


def test_what_a_server_downloads_itself_must_be_there_before():
    obj = pod(unguarded=True)
    obj["spec"]["initContainers"] = []
    obj["spec"]["containers"][0]["args"] = [f"--model={URI[5:]}", f"--revision={COMMIT}"]
    (finding,) = judged(obj).denials
    assert finding.fix.startswith("let an init container download it into a volume")
