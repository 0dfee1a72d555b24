"""What reading workloads costs beside parsing them: a stream of 1,000 objects against its YAML parser alone.

    python -m benchmarks.inspect_speed [--objects N] [--rounds N] [--profile]

Mostly Deployments, Services, ConfigMaps and Jobs, one in four of them an inference workload, every one with a name, an image
and arguments of its own; once as people write them, and once as `kubectl get` returns them, with defaults and status. Both
sides use the parser of libyaml. The best of the rounds counts. The aim is at most 1.5 times the time of parsing alone for
what a cluster returns; manifests that hold nothing but what matters have less to parse and cost more beside it.
"""

import argparse
import cProfile
import json
import pstats
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from modeladmit.workloads.documents import inspect_documents

AIM = 1.5
Object = dict[str, Any]


def stream(count: int, *, returned: bool) -> str:
    """`count` objects as one multi-document text."""
    makers = (service, web, config_map, server, job, web, downloading_server, service)
    objects = [makers[n % len(makers)](n) for n in range(count)]
    if returned:
        objects = [as_returned(obj, n) for n, obj in enumerate(objects)]
    return yaml.dump_all(objects, sort_keys=False, Dumper=Plain)


class Plain(yaml.SafeDumper):
    """Writes equal parts out, as `kubectl` does."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library calls it
        """Never an alias."""
        return True


def named(api_version: str, kind: str, n: int, **rest: Any) -> Object:
    labels = {"app.kubernetes.io/name": f"app-{n}", "app.kubernetes.io/part-of": "platform"}
    metadata = {"name": f"app-{n}", "namespace": f"team-{n % 20}", "labels": labels}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def deployment(n: int, pod: Object) -> Object:
    labels = {"app": f"app-{n}"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    return named("apps/v1", "Deployment", n, spec=spec)


def container(n: int, image: str, **rest: Any) -> Object:
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}
    return {
        "name": "main",
        "image": f"{image}:1.{n}",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        "readinessProbe": probe,
        "livenessProbe": probe | {"failureThreshold": 6},
        "securityContext": {"runAsNonRoot": True, "allowPrivilegeEscalation": False},
        **rest,
    }


def service(n: int) -> Object:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return named("v1", "Service", n, spec={"selector": {"app": f"app-{n}"}, "ports": ports})


def config_map(n: int) -> Object:
    return named("v1", "ConfigMap", n, data={f"key-{k}": f"value-{n}-{k}" for k in range(12)})


def web(n: int) -> Object:
    env = [{"name": f"SETTING_{k}", "value": f"{n}-{k}"} for k in range(6)]
    return deployment(n, {"containers": [container(n, "registry.example.com/shop/web", env=env)]})


def job(n: int) -> Object:
    script = f"set -e\nfor day in mon tue; do\n  report --day $day --team {n}\ndone\n"
    main = container(n, "registry.example.com/reports", command=["sh", "-c", script])
    pod = {"restartPolicy": "Never", "containers": [main]}
    return named("batch/v1", "Job", n, spec={"template": {"spec": pod}})


def server(n: int) -> Object:
    args = ["--model", f"example/model-{n}", "--max-model-len=8192", "--trust-remote-code"]
    main = container(n, "vllm/vllm-openai", args=args)
    main["resources"]["limits"]["nvidia.com/gpu"] = 1
    return deployment(n, {"containers": [main]})


def downloading_server(n: int) -> Object:
    volume = [{"name": "models", "mountPath": "/models"}]
    script = f"hf download example/model-{n} --local-dir /models/{n}"
    first = container(n, "python", command=["sh", "-c", script], volumeMounts=volume)
    args = ["--model-id", f"/models/{n}"]
    image = "ghcr.io/huggingface/text-generation-inference"
    main = container(n, image, args=args, volumeMounts=volume)
    volumes = [{"name": "models", "emptyDir": {}}]
    return deployment(n, {"initContainers": [first], "containers": [main], "volumes": volumes})


def as_returned(obj: Object, n: int) -> Object:
    """The object with what the API server and its controllers add."""
    applied = json.dumps(obj, separators=(",", ":"))
    obj["metadata"] |= {
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied},
        "creationTimestamp": "2026-11-25T09:00:00Z",
        "resourceVersion": str(100_000 + n),
        "uid": f"5f1c3a52-0000-4000-8000-{n:012d}",
    }
    match obj["kind"]:
        case "Service":
            address = f"10.96.{n // 250}.{n % 250}"
            obj["spec"] |= {
                "clusterIP": address,
                "clusterIPs": [address],
                "internalTrafficPolicy": "Cluster",
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "sessionAffinity": "None",
                "type": "ClusterIP",
            }
            obj["status"] = {"loadBalancer": {}}
        case "Deployment":
            obj["metadata"]["generation"] = 1
            obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "1"
            rolling = {"maxSurge": "25%", "maxUnavailable": "25%"}
            obj["spec"] |= {
                "progressDeadlineSeconds": 600,
                "revisionHistoryLimit": 10,
                "strategy": {"rollingUpdate": rolling, "type": "RollingUpdate"},
            }
            default_pod(obj["spec"]["template"])
            moments = {
                f"last{what}Time": "2026-11-25T09:00:30Z" for what in ("Transition", "Update")
            }
            obj["status"] = {
                "availableReplicas": 2,
                "conditions": [
                    {
                        "message": message,
                        "reason": reason,
                        "status": "True",
                        "type": kind,
                        **moments,
                    }
                    for kind, reason, message in (
                        (
                            "Available",
                            "MinimumReplicasAvailable",
                            "Deployment has minimum availability.",
                        ),
                        ("Progressing", "NewReplicaSetAvailable", "ReplicaSet has progressed."),
                    )
                ],
                "observedGeneration": 1,
                "readyReplicas": 2,
                "replicas": 2,
                "updatedReplicas": 2,
            }
        case "Job":
            default_pod(obj["spec"]["template"])
            selector = {"batch.kubernetes.io/controller-uid": obj["metadata"]["uid"]}
            obj["spec"] |= {
                "backoffLimit": 6,
                "completionMode": "NonIndexed",
                "completions": 1,
                "manualSelector": False,
                "parallelism": 1,
                "podReplacementPolicy": "TerminatingOrFailed",
                "selector": {"matchLabels": selector},
                "suspend": False,
            }
            obj["status"] = {"active": 1, "ready": 1, "startTime": "2026-11-25T09:00:00Z"}
    return obj


def default_pod(template: Object) -> None:
    """Defaults of a Pod template (k8s.io/kubernetes/pkg/apis/core/v1/defaults.go)."""
    template.setdefault("metadata", {})["creationTimestamp"] = None
    pod = template["spec"]
    for one in (*pod.get("initContainers", ()), *pod["containers"]):
        one |= {
            "imagePullPolicy": "IfNotPresent",
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        }
        for probe in ("readinessProbe", "livenessProbe"):
            defaults = {"failureThreshold": 3, "successThreshold": 1, "timeoutSeconds": 1}
            one[probe] = defaults | one[probe]
            one[probe]["httpGet"] = one[probe]["httpGet"] | {"scheme": "HTTP"}
        one["ports"] = [port | {"protocol": "TCP"} for port in one["ports"]]
    pod.setdefault("restartPolicy", "Always")
    pod |= {
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }


def parse(text: str) -> list[Any]:
    return list(yaml.load_all(text, yaml.CSafeLoader))


def seconds(work: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> int:
    """Print the table; 1 when the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="show where inspection spends it")
    options = parser.parse_args()
    columns = (
        "stream",
        "objects",
        "MiB",
        "inference",
        "references",
        "parse s",
        "inspect s",
        "times",
    )
    table, ratio = Table(*columns), 0.0
    for name, returned in (("written", False), ("returned", True)):
        text = stream(options.objects, returned=returned)
        found = inspect_documents(parse(text))
        if options.profile:
            profile = cProfile.Profile()
            profile.runcall(inspect_documents, parse(text))
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        alone = seconds(partial(parse, text), options.rounds)
        both = seconds(partial(inspected, text), options.rounds)
        ratio = both / alone
        table.add_row(
            name,
            str(len(found)),
            f"{len(text) / (1 << 20):.2f}",
            str(sum(workload.inference for workload in found)),
            str(sum(len(workload.uses) for workload in found)),
            f"{alone:.3f}",
            f"{both:.3f}",
            f"{ratio:.2f}",
        )
    Console().print(table)
    return 0 if ratio <= AIM else 1


def inspected(text: str) -> object:
    """The whole way."""
    return inspect_documents(parse(text))


if __name__ == "__main__":
    sys.exit(main())
