"""A Kubernetes cluster as the tests see it: kubectl, namespaces, identities."""

import base64
import contextlib
import json
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from e2e.kit.certificates import CLIENT, Authority
from e2e.kit.commands import run
from e2e.kit.processes import Servers
from e2e.kit.tools import tool

Objects = str | Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that answers.

    `address` is the one at which its API server reaches a webhook on this machine. `authority` signs
    its client certificates and `webhook_client_authority` the certificate that its API server shows
    to webhooks; `servers` has its programs. All three are there when the kit started the cluster.
    """

    provider: str
    home: Path
    kubeconfig: Path
    context: str
    address: str = "127.0.0.1"
    authority: Authority | None = None
    webhook_client_authority: Authority | None = None
    servers: Servers | None = None

    def kubectl(
        self,
        *arguments: str,
        input: Objects | None = None,  # noqa: A002
        as_user: str | None = None,
        as_groups: Sequence[str] = (),
        kubeconfig: Path | None = None,
        check: bool = True,
        seconds: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl; `input` (text or objects) is its standard input, for `-f -`.

        `as_user` and `as_groups` impersonate; `kubeconfig` is another identity's file. `CommandError`
        when it fails, unless `check` is false.
        """
        identity = [f"--as={as_user}"] if as_user else []
        identity += [f"--as-group={group}" for group in as_groups]
        where = (
            f"--kubeconfig={kubeconfig or self.kubeconfig}",
            f"--cache-dir={self.home / 'kubectl'}",
        )
        context = () if kubeconfig else (f"--context={self.context}",)
        # Options go before a "--", behind which everything belongs to a command in a container.
        split = arguments.index("--") if "--" in arguments else len(arguments)
        options = (*where, *context, *identity)
        return run(
            tool("kubectl"),
            *arguments[:split],
            *options,
            *arguments[split:],
            input=_text(input),
            env={"KUBERC": "off"},
            check=check,
            seconds=seconds,
        )

    def get(self, *arguments: str) -> dict[str, Any]:
        """Return what `kubectl get ... -o json` prints."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "-o", "json").stdout)
        return found

    def create_namespace(
        self, prefix: str = "test", labels: Mapping[str, str] | None = None
    ) -> str:
        """Create a namespace with a random name, ready for Pods: its `default` service account is there."""
        name = f"{prefix}-{secrets.token_hex(4)}"
        metadata = {"name": name, "labels": dict(labels or {})}
        self.kubectl(
            "create",
            "-f",
            "-",
            input={"apiVersion": "v1", "kind": "Namespace", "metadata": metadata},
        )
        self.kubectl(
            "wait", "--for=create", "serviceaccount/default", f"--namespace={name}", "--timeout=30s"
        )
        return name

    @contextlib.contextmanager
    def namespace(
        self, prefix: str = "test", labels: Mapping[str, str] | None = None
    ) -> Iterator[str]:
        """Lend a namespace; its deletion is begun on leaving and not waited for."""
        name = self.create_namespace(prefix, labels)
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")

    def user(self, name: str, *groups: str) -> Path:
        """Return a kubeconfig of a user with a client certificate of the cluster's own authority."""
        if self.authority is None:
            raise NotImplementedError(
                f"the cluster provider {self.provider} lends no authority: impersonate"
            )
        credential = self.authority.issue(name, CLIENT, organizations=groups)
        return self._kubeconfig(name, {
            "client-certificate-data": base64.b64encode(credential.chain_pem).decode(),
            "client-key-data": base64.b64encode(credential.key_pem).decode(),
        })  # fmt: skip

    def service_account(self, namespace: str, name: str) -> Path:
        """Return a kubeconfig with a fresh token of a service account: exactly its rights."""
        token = self.kubectl(
            "create", "token", name, f"--namespace={namespace}", "--duration=2h"
        ).stdout.strip()
        return self._kubeconfig(f"{namespace}.{name}", {"token": token})

    def _kubeconfig(self, user: str, credential: Mapping[str, str]) -> Path:
        view = self.kubectl("config", "view", "--minify", "--flatten", "-o", "json").stdout
        cluster = json.loads(view)["clusters"][0]["cluster"]
        path = self.home / f"kubeconfig-{user}-{secrets.token_hex(4)}"
        write_kubeconfig(path, cluster, credential)
        return path


def write_kubeconfig(path: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    """Write a kubeconfig with one context, `e2e`."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "e2e",
        "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
        "clusters": [{"name": "e2e", "cluster": dict(cluster)}],
        "users": [{"name": "e2e", "user": dict(user)}],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content))


def _text(objects: Objects | None) -> str | None:
    if objects is None or isinstance(objects, str):
        return objects
    if isinstance(objects, Mapping):
        return json.dumps(objects)
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
