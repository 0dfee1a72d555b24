"""Workloads that serve a model, as a developer writes them."""

from collections.abc import Mapping
from typing import Any

SERVER_IMAGE = "vllm/vllm-openai:v0.9.2"


def pod_spec(model: str) -> dict[str, Any]:
    """vLLM with a model from an image volume."""
    return {
        "containers": [
            {
                "name": "vllm",
                "image": SERVER_IMAGE,
                "args": ["--model=/models/tiny"],
                "volumeMounts": [{"name": "model", "mountPath": "/models/tiny"}],
            }
        ],
        "volumes": [{"name": "model", "image": {"reference": model}}],
    }


def pod(namespace: str, name: str, model: str) -> dict[str, Any]:
    """A Pod made directly."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": pod_spec(model),
    }


def idle_pod(namespace: str, name: str) -> dict[str, Any]:
    """A Pod that has nothing to do with models."""
    container = {"name": "shell", "image": "registry.k8s.io/pause:3.10"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [container]},
    }


def deployment(namespace: str, name: str, model: str, *, replicas: int = 1) -> dict[str, Any]:
    """A Deployment of the same Pod."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec(model)},
        },
    }


def signed_by(pem: str, namespaces: Mapping[str, str], *, mode: str = "Enforce") -> dict[str, Any]:
    """A policy: pinned by digest, signed by one key."""
    return {
        "mode": mode,
        "match": {"namespaceSelector": {"matchLabels": dict(namespaces)}},
        "require": {"pinning": "Digest", "signatures": {"of": ["release-key"]}},
        "authorities": [{"name": "release-key", "key": {"pem": pem}}],
    }
