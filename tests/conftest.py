"""What every test shares: Hypothesis without clocks, the folder of labelled data."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("modeladmit", deadline=None, print_blob=True)
settings.load_profile("modeladmit")


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
