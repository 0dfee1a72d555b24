"""Reviews as the API server sends them."""

import json
from typing import Any

from modeladmit.webhook.request import AdmissionRequest, read


def pod(name: str = "llama", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "team-a"},
        "spec": {"containers": [{"name": "vllm", "image": "vllm/vllm-openai"}], **spec},
    }


def document(obj: Any = None, **changes: Any) -> dict[str, Any]:
    request = {
        "uid": "7c1a",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "llama",
        "namespace": "team-a",
        "operation": "CREATE",
        "userInfo": {"username": "dev", "groups": ["system:authenticated"]},
        "object": pod() if obj is None else obj,
        "oldObject": None,
        "dryRun": False,
        **changes,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def body(obj: Any = None, **changes: Any) -> bytes:
    return json.dumps(document(obj, **changes)).encode()


def request(obj: Any = None, **changes: Any) -> AdmissionRequest:
    return read(body(obj, **changes))
