"""How well `inspect` reads labelled manifests: precision, recall, silence, false inference.

    python -m benchmarks.corpus [FOLDER] [--worst N]

FOLDER holds `index.jsonl`, the manifests and `score.py`, the measure that came with the labels; one process is started
for every manifest. Without it, set MODELADMIT_SHARED to the folder that holds `corpus/`.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("modeladmit")


def main() -> int:
    """Run the measure with this checkout's command."""
    shared = Path(os.environ.get("MODELADMIT_SHARED") or Path(__file__).parents[2] / "shared")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=shared / "corpus")
    parser.add_argument("--worst", default="0", help="show this many files with their differences")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if not (folder / "score.py").is_file():
        print(
            f"{folder} has no score.py: set MODELADMIT_SHARED to the folder that holds corpus/",
            file=sys.stderr,
        )
        return 2
    measure = [sys.executable, str(folder / "score.py"), "--corpus", str(folder)]
    command = [str(PROGRAM), "inspect", "-o", "json", "-f"]
    return subprocess.run(
        [*measure, "--worst", arguments.worst, "--", *command], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
