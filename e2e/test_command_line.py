"""What the command line does with a real cluster, and the demo that goes through one."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from e2e.admission.installation import define
from e2e.admission.workloads import idle_pod, pod, signed_by
from e2e.kit.cluster import Cluster
from e2e.kit.cosign import SigningKey
from e2e.kit.models import Model, model_files, push_model
from e2e.kit.registries import Registry


def modeladmit(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line with a home of its own."""
    env = {**os.environ, "HOME": str(home), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "modeladmit", *words]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_preview_names_what_would_be_denied(
    cluster: Cluster, referrers: Registry, signing_key: SigningKey, tmp_path: Path
) -> None:
    """Live Pods are judged by a policy that is not applied; nothing is changed, and Pods without models are not listed."""
    signed = push_model(referrers, "preview/signed", files=model_files(11))
    signing_key.sign(signed)
    unsigned = push_model(referrers, "preview/unsigned", files=model_files(12))
    with cluster.namespace("preview", {"preview": "yes"}) as namespace:
        policy = policy_file(tmp_path, signing_key)
        for manifest in (
            pod(namespace, "good", signed.by_digest),
            pod(namespace, "bad", unsigned.by_digest),
            idle_pod(namespace, "idle"),
        ):
            cluster.kubectl("apply", "-f", "-", input=manifest)
        done = preview(cluster, policy, namespace, signed, tmp_path)
        assert (done.returncode, done.stderr) == (1, "")
        found = {
            workload["name"]: [
                finding["code"] for finding in workload["findings"] if finding["outcome"] == "fail"
            ]
            for workload in json.loads(done.stdout)["workloads"]
        }
        assert found == {"good": [], "bad": ["SignatureMissing"]}
        define(cluster)
        excused = exemption(f"oci://{unsigned.registry.host}/**")
        cluster.kubectl("apply", "-f", "-", input=excused)
        assert preview(cluster, policy, namespace, signed, tmp_path).returncode == 0
        cluster.kubectl("delete", "policyexemption", "excused")
        cluster.kubectl("delete", "pod", "bad", "-n", namespace, "--now")
        assert preview(cluster, policy, namespace, signed, tmp_path).returncode == 0


def test_the_demo_through_kubectl() -> None:
    """`make demo CLUSTER=plane`: every answer is the expected one."""
    command = [sys.executable, "-m", "e2e.demo", "--cluster=plane"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Error from server (Forbidden)") == 4


def exemption(uri: str) -> dict[str, object]:
    """A PolicyExemption for unsigned models, good for an hour."""
    ends = datetime.now(UTC) + timedelta(hours=1)
    return {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "PolicyExemption",
        "metadata": {"name": "excused"},
        "spec": {
            "codes": ["SignatureMissing"],
            "uris": [uri],
            "reason": "migration",
            "expiresAt": ends.isoformat(timespec="seconds"),
        },
    }


def policy_file(folder: Path, key: SigningKey) -> Path:
    """A policy that asks for a signature in namespaces labelled for it."""
    path = folder / "policy.yaml"
    spec = signed_by(key.public_pem, {"preview": "yes"})
    metadata = {"name": "preview"}
    document = {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "TrustPolicy",
        "metadata": metadata,
        "spec": spec,
    }
    path.write_text(yaml.safe_dump(document))
    return path


def preview(
    cluster: Cluster, policy: Path, namespace: str, model: Model, home: Path
) -> subprocess.CompletedProcess[str]:
    """Preview the policy in one namespace."""
    return modeladmit(
        "preview",
        f"--policy={policy}",
        f"--namespace={namespace}",
        f"--kubeconfig={cluster.kubeconfig}",
        f"--plain-http={model.registry.host}",
        "-o=json",
        home=home,
    )
