"""The chart, rendered by the real Helm; `python -m e2e.kit.chart` writes manifests/install.yaml."""

import functools
import tempfile
from pathlib import Path
from typing import Any

import yaml

from e2e.kit.commands import CommandError, run
from e2e.kit.tools import tool

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "modeladmit"
INSTALL = ROOT / "manifests" / "install.yaml"
NAMESPACE = "modeladmit-system"
_HEAD = """\
# Generated from charts/modeladmit with ci/install-values.yaml by `python -m e2e.kit.chart`; do not edit.
# cert-manager makes the serving certificate. Everything else, and self-signed certificates, are values of the chart.
apiVersion: v1
kind: Namespace
metadata:
  name: modeladmit-system
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""


def helm(*arguments: str | Path, check: bool = True) -> str:
    """Run helm without any configuration of this machine; what it printed, or what it complained about."""
    with tempfile.TemporaryDirectory(prefix="modeladmit-helm-") as home:
        done = run(
            tool("helm"),
            *arguments,
            env={"HELM_CACHE_HOME": home, "HELM_CONFIG_HOME": home, "HELM_DATA_HOME": home},
            check=check,
        )
    return done.stdout if done.returncode == 0 else done.stderr


@functools.cache
def render(values: str, *sets: str, namespace: str = NAMESPACE) -> str:
    """The manifests for one of the chart's ci/*-values.yaml. CommandError when the chart refuses."""
    return helm(
        "template",
        "modeladmit",
        CHART,
        f"--namespace={namespace}",
        f"--values={CHART / 'ci' / f'{values}-values.yaml'}",
        *(f"--set={value}" for value in sets),
    )


def rendered(values: str, *sets: str, namespace: str = NAMESPACE) -> list[dict[str, Any]]:
    """The same as objects."""
    return [
        document
        for document in yaml.safe_load_all(render(values, *sets, namespace=namespace))
        if document
    ]


def refusal(values: str, *sets: str, namespace: str = NAMESPACE) -> str:
    """Why the chart does not render; empty when it does."""
    try:
        render(values, *sets, namespace=namespace)
    except CommandError as error:
        return str(error)
    return ""


def install_manifest() -> str:
    """manifests/install.yaml as it should be."""
    return _HEAD + render("install")


if __name__ == "__main__":
    INSTALL.write_text(install_manifest())
    print(INSTALL)
