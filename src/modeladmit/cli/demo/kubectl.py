"""What `kubectl apply` does and prints when a webhook answers: reviews as the API server posts them, answers as people see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import aiohttp
import orjson

from modeladmit.cli.demo.store import NAMESPACE
from modeladmit.webhook.entry import Entry

_PLURALS: Final = {
    "Pod": ("", "pods", Entry.ENFORCED),
    "Deployment": ("apps", "deployments", Entry.WORKLOADS),
    "TrustPolicy": ("modeladmit.io", "trustpolicies", Entry.CONFIGURATION),
}
"""API group, plural and the entry that the ValidatingWebhookConfiguration sends the kind to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What kubectl prints, and whether the object was stored."""

    created: bool
    text: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Posts objects to the webhook at a host, over TLS that it verifies."""

    session: aiohttp.ClientSession
    host: str

    async def apply(self, obj: Mapping[str, Any], file: str) -> Answer:
        """Review an object and, if it is a template that was admitted, the Pod that its controller would create."""
        kind = str(obj["kind"])
        group, plural, entry = _PLURALS[kind]
        answer = await self._review(obj, file, group, plural, entry)
        template = obj.get("spec", {}).get("template")
        if not answer.created or template is None:
            return answer
        name = obj["metadata"]["name"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**template["metadata"], "generateName": f"{name}-"},
            "spec": template["spec"],
        }
        created = await self._review(pod, file, *_PLURALS["Pod"])
        return answer if created.created else created

    async def _review(
        self, obj: Mapping[str, Any], file: str, group: str, plural: str, entry: Entry
    ) -> Answer:
        response = await self._post(_request(obj, group, plural), entry)
        name = (
            f"{obj['kind'].lower()}{f'.{group}' if group else ''}/{obj['metadata'].get('name', '')}"
        )
        warnings = [f"Warning: {text}" for text in response.get("warnings", ())]
        if response["allowed"]:
            return Answer(created=True, text="\n".join([*warnings, f"{name} created"]))
        status = response["status"]
        denial = (
            f'Error from server ({status["reason"]}): error when creating "{file}": '
            f'admission webhook "{entry}.modeladmit.io" denied the request: {status["message"]}'
        )
        codes = tuple(cause["reason"] for cause in status["details"]["causes"])
        return Answer(created=False, text="\n".join([*warnings, denial]), codes=codes)

    async def _post(self, request: Mapping[str, Any], entry: Entry) -> Mapping[str, Any]:
        body = orjson.dumps(
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        )
        url = f"https://{self.host}{entry.path}?timeout=10s"
        async with self.session.post(
            url, data=body, headers={"Content-Type": "application/json"}
        ) as response:
            response.raise_for_status()
            found: Mapping[str, Any] = orjson.loads(await response.read())["response"]
            return found


def _request(obj: Mapping[str, Any], group: str, plural: str) -> dict[str, Any]:
    version = str(obj["apiVersion"]).rpartition("/")[2]
    namespace = {} if group == "modeladmit.io" else {"namespace": NAMESPACE}
    return {
        "uid": str(uuid4()),
        "kind": {"group": group, "version": version, "kind": obj["kind"]},
        "resource": {"group": group, "version": version, "resource": plural},
        "name": obj["metadata"].get("name", ""),
        **namespace,
        "operation": "CREATE",
        "userInfo": {"username": "you", "groups": ["system:authenticated"]},
        "object": {**obj, "metadata": {**obj["metadata"], **namespace}},
        "oldObject": None,
        "dryRun": False,
    }
