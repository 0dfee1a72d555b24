"""What every test shares: Hypothesis without clocks, the folder of labelled data."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("modeladmit", deadline=None, print_blob=True)
settings.load_profile("modeladmit")


@pytest.fixture(autouse=True)
def logs_heard() -> Iterator[None]:
    """Every test begins with loggers that speak: what one test or library silences, the next must not miss."""
    root = logging.getLogger()
    logging.disable(logging.NOTSET)
    root.setLevel(logging.WARNING)
    for name in list(root.manager.loggerDict):
        if name.startswith("modeladmit"):
            logger = logging.getLogger(name)
            logger.disabled, logger.propagate = False, True
    yield
    root.setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Labelled manifests and public signature vectors, which are not part of this repository (MODELADMIT_SHARED).

    Continuous integration must have them: a missing part is a failure there, not a skip.
    """
    folder = Path(os.environ.get("MODELADMIT_SHARED") or Path(__file__).parents[2] / "shared")
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is missing: set MODELADMIT_SHARED")
        pytest.skip(f"{folder} is missing: set MODELADMIT_SHARED")
    return folder
