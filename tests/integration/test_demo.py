"""`modeladmit demo` as people run it: a process of its own, everything on loopback, six answers."""

import re
import subprocess
import sys

import pytest

ANSWERS = {
    "1-by-tag.yaml": (
        'admission webhook "workloads.modeladmit.io" denied the request',
        "[MutableReference]",
    ),
    "2-unsigned.yaml": (
        'admission webhook "workloads.modeladmit.io" denied the request',
        "[SignatureMissing]",
    ),
    "3-lookalike.yaml": (
        'admission webhook "workloads.modeladmit.io" denied the request',
        "[Lookalike]",
    ),
    "4-secret.yaml": (
        'admission webhook "enforced.modeladmit.io" denied the request',
        "[Undetermined]",
    ),
    "5-signed.yaml": ("deployment.apps/llama created",),
    "6-web.yaml": ("deployment.apps/web created",),
}


@pytest.fixture(scope="module")
def transcript() -> dict[str, str]:
    """What was printed after each command."""
    done = subprocess.run(
        [sys.executable, "-m", "modeladmit", "demo"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    parts = re.split(r"\$ kubectl apply (?:-n demo )?-f (\S+)\n", done.stdout)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("file", ANSWERS)
def test_answers(transcript, file):
    """Each workload gets the answer that it is about."""
    assert [part for part in ANSWERS[file] if part not in transcript[file]] == []


def test_the_policy_is_admitted_by_the_webhook_itself(transcript):
    """The policy goes through the configuration entry like any other."""
    assert transcript["policy.yaml"].startswith(
        "trustpolicy.modeladmit.io/production-models created"
    )


def test_a_denial_has_the_digest_to_paste(transcript):
    """The cure of a mutable reference is its digest of today, ready to paste."""
    assert re.search(
        r"fix: 127\.0\.0\.1:\d+/models/llama:v1@sha256:[0-9a-f]{64}\n", transcript["1-by-tag.yaml"]
    )
