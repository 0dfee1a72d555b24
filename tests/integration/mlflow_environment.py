"""A virtual environment with MLflow, outside the checkout, named after the lock that filled it."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from e2e.kit.tools import cache

LOCK = Path(__file__).with_name("mlflow.lock")


def mlflow_program() -> Path:
    """Return the path of `mlflow`, installing it first when the cache lacks it. A minute, once a lock."""
    content = LOCK.read_bytes() + sys.version.encode()
    home = cache() / "python" / f"mlflow-{hashlib.sha256(content).hexdigest()[:16]}"
    program = home / "bin" / "mlflow"
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            scratch = home.with_suffix(f".{os.getpid()}")
            shutil.rmtree(scratch, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
            pip = [str(scratch / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
            subprocess.run([*pip, "install", "-q", "--require-hashes", "-r", str(LOCK)], check=True)
            # Scripts name their interpreter by its path, so the folder gets its name last and they are rewritten.
            for script in (scratch / "bin").iterdir():
                if script.is_file() and not script.is_symlink():
                    text = script.read_bytes()
                    if text.startswith(b"#!") or b"VIRTUAL_ENV" in text:
                        script.write_bytes(text.replace(str(scratch).encode(), str(home).encode()))
            scratch.rename(home)
    return program
