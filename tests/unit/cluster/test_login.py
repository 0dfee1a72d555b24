"""Which server, and as whom: kubeconfigs as kubectl reads them, and the Pod's service account."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml

from modeladmit.cluster.login import login
from modeladmit.errors import ConfigurationError

CA = b64encode(b"CA").decode()


def kubeconfig(
    path: Path,
    user: dict[str, Any],
    cluster: dict[str, Any] | None = None,
    name: str = "one",
) -> str:
    content = {
        "current-context": name,
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": name, "namespace": "team-a"}}
        ],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}", **(cluster or {})}}],
        "users": [{"name": name, "user": user}],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)


def test_a_client_certificate_in_the_file(tmp_path):
    data = {"client-certificate-data": CA, "client-key-data": CA}
    found = login(kubeconfig(tmp_path / "c", data, {"certificate-authority-data": CA}))
    assert found.connection.server == "https://one"
    assert found.connection.ca_data == b"CA"
    assert found.connection.certificate_data == b"CA"
    assert found.namespace == "team-a"


def test_paths_are_relative_to_their_file(tmp_path):
    found = login(kubeconfig(tmp_path / "c", {"client-certificate": "me.crt"}))
    assert found.connection.certificate_path == str(tmp_path / "me.crt")


def test_of_several_files_the_first_mention_of_a_name_wins(tmp_path):
    first = kubeconfig(tmp_path / "a", {"token": "first"})
    second = kubeconfig(tmp_path / "b", {"token": "second"})
    assert login(f"{first}:{second}").connection.token == "first"


def test_another_context_by_name(tmp_path):
    first = kubeconfig(tmp_path / "a", {"token": "first"})
    second = kubeconfig(tmp_path / "b", {"token": "second"}, name="two")
    assert login(f"{first}:{second}", "two").connection.token == "second"


def test_a_credential_plugin_is_asked(tmp_path):
    """As EKS and GKE have them."""
    status = '{"status": {"token": "\'"$CLUSTER"\'"}}'
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", f"test -n \"$KUBERNETES_EXEC_INFO\" && echo '{status}'"],
        "env": [{"name": "CLUSTER", "value": "prod"}],
    }
    assert login(kubeconfig(tmp_path / "c", {"exec": plugin})).connection.token == "prod"


@pytest.mark.parametrize(
    "command", [["sh", "-c", "exit 1"], ["sh", "-c", "echo nonsense"], ["no-such-program"]]
)
def test_a_plugin_that_fails_is_named_and_not_quoted(tmp_path, command):
    plugin = {"command": command[0], "args": command[1:]}
    with pytest.raises(ConfigurationError, match=f"credential plugin {command[0]} failed") as found:
        login(kubeconfig(tmp_path / "c", {"exec": plugin}))
    assert "nonsense" not in str(found.value)


@pytest.mark.parametrize("text", ["", "[]", "}{", "current-context: x"])
def test_what_is_no_kubeconfig_is_said_to_be_none(tmp_path, text):
    path = tmp_path / "c"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="kubeconfig"):
        login(str(path))


def test_in_a_pod_the_service_account_counts(tmp_path):
    for name, text in (("token", "t"), ("ca.crt", "c"), ("namespace", "modeladmit-system\n")):
        (tmp_path / name).write_text(text)
    found = login(None, service_account=tmp_path)
    assert found.connection.server == "https://kubernetes.default.svc"
    assert found.token_file == tmp_path / "token"
    assert found.namespace == "modeladmit-system"
