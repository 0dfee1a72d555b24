"""`make demo CLUSTER=plane`: the demo's six workloads through a real API server, real `kubectl`, `oras` and `cosign`.

The manifests and the right answers are those of `modeladmit demo`; everything is started here and stopped in the end.
"""

import argparse
import contextlib
import tempfile
import time
from pathlib import Path

from e2e.admission.installation import CLOSED, Webhook, define
from e2e.kit.cluster import Cluster
from e2e.kit.cosign import SigningKey
from e2e.kit.models import model_files, push_model
from e2e.kit.processes import Servers
from e2e.kit.providers import provide
from e2e.kit.registries import Registry, referrers_registry
from e2e.kit.waiting import until
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

NAMESPACE = "demo"


def main() -> int:
    """Play it; exit 1 when an answer is not the one that the scene is about."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cluster", default="plane", choices=("plane", "kind"), help="made for the demo"
    )
    words = parser.parse_args()
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="modeladmit-demo-")))
        cluster = stack.enter_context(provide(words.cluster, None, home))
        registry = stack.enter_context(referrers_registry(home / "registry"))
        cast = rehearse(registry, home)
        print(
            f"registry   {registry.host}: {MODEL}:{TAG}, signed with cosign; {UNSIGNED}:{TAG}, signed by nobody"
        )
        servers = stack.enter_context(Servers(home / "logs"))
        webhook = install(cluster, servers, registry, home)
        stack.callback(webhook.unconfigure)
        print(f"webhook    {webhook.url}, called by the API server")
        cluster.kubectl("create", "namespace", NAMESPACE)
        cluster.kubectl(
            "label", "namespace", NAMESPACE, *(f"{key}={value}" for key, value in CLOSED.items())
        )
        print(f'namespace  {NAMESPACE}, closed (modeladmit.io/enforce: "true")')
        apply_policy(cluster, webhook, cast, home)
        wrong = [scene.file for scene in SCENES if not play(cluster, scene, cast, home)]
        until(
            lambda: running(cluster) == {"llama", "web"},
            what="the Pods of the admitted Deployments are stored",
        )
        print(
            f"\n$ kubectl get pods -n {NAMESPACE}\n{cluster.kubectl('get', 'pods', '-n', NAMESPACE).stdout.rstrip()}"
        )
    print(
        f"\n{len(SCENES)} workloads judged in {time.monotonic() - started:.0f} s, start to end. Everything is stopped again."
    )
    for file in wrong:
        print(f"{file}: not the expected answer")
    return 1 if wrong else 0


def rehearse(registry: Registry, home: Path) -> Cast:
    """Push the models with oras, sign one with cosign, and copy it to where a squatter would."""
    key = SigningKey.generate(home / "keys")
    signed = push_model(registry, MODEL, TAG, model_files(0))
    key.sign(signed)
    unsigned = push_model(registry, UNSIGNED, TAG, model_files(1))
    push_model(registry, LOOKALIKE, TAG, model_files(0))
    return Cast(registry.host, NAMESPACE, signed.digest, unsigned.digest, key.public_pem)


def install(cluster: Cluster, servers: Servers, registry: Registry, home: Path) -> Webhook:
    """Define the kinds, start the webhook and register it with the API server."""
    define(cluster)
    webhook = Webhook(
        cluster,
        home / "webhook",
        servers,
        {"registries": [{"host": registry.host, "plainHTTP": True}]},
    )
    webhook.start()
    webhook.configure()
    return webhook


def apply_policy(cluster: Cluster, webhook: Webhook, cast: Cast, home: Path) -> None:
    """Apply the policy and wait until the webhook judges by it."""
    path = home / POLICY
    path.write_text(cast.manifest(POLICY))
    print(f"\n$ cat {POLICY}\n{path.read_text().rstrip()}\n\n$ kubectl apply -f {POLICY}")
    print(cluster.kubectl("apply", "-f", str(path)).stdout.rstrip())
    until(lambda: webhook.knows("production-models"), what="the webhook knows the policy")


def play(cluster: Cluster, scene: Scene, cast: Cast, home: Path) -> bool:
    """Apply one workload; whether kubectl got the answer that the scene is about."""
    text = cast.manifest(scene.file)
    path = home / scene.file
    path.write_text(text)
    done = cluster.kubectl("apply", "-n", NAMESPACE, "-f", str(path), check=False)
    answer = (done.stderr + done.stdout).rstrip().replace(str(path), scene.file)
    print(f"\n# {comment(text)}\n$ kubectl apply -n {NAMESPACE} -f {scene.file}\n{answer}")
    return (done.returncode != 0) is bool(scene.codes) and all(
        f"[{code}]" in answer for code in scene.codes
    )


def running(cluster: Cluster) -> set[str]:
    """The `app` labels of the Pods that are stored."""
    pods = cluster.get("pods", "-n", NAMESPACE)["items"]
    return {pod["metadata"].get("labels", {}).get("app", "") for pod in pods}


if __name__ == "__main__":
    raise SystemExit(main())
