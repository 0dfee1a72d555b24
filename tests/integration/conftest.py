"""Real parts are made before any test's clock starts: Go programs are compiled, MLflow is installed."""

import pytest

from e2e.kit import tools
from tests.integration.mlflow_environment import mlflow_program

GO_PROGRAMS = {
    "distribution": ("registry", "oras", "cosign"),
    "locked": ("registry", "oras", "cosign"),
    "tokens": ("registry", "oras", "cosign"),
    "referrers": ("referrers", "oras", "cosign"),
}


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly:
        return
    used = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    wanted = {module for name in used & GO_PROGRAMS.keys() for module in GO_PROGRAMS[name]}
    for module in tools.MODULES:
        if module.name in wanted:
            tools.build(module)
    if "mlflow" in used:
        mlflow_program()
