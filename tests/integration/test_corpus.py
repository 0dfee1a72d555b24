"""Labelled manifests: what is found must not get worse. The measure is the one that came with the labels."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from modeladmit.cli.app import modeladmit

PRECISION, RECALL, SILENT, FALSE_INFERENCE = 0.99, 0.98, 0, 1


@pytest.fixture(scope="module")
def results(shared) -> list[dict[str, Any]]:
    """The score of every file, from the JSON that the command prints."""
    corpus: Path = shared / "corpus"
    spec = importlib.util.spec_from_file_location("corpus_score", corpus / "score.py")
    assert spec is not None
    assert spec.loader is not None
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    rows = [json.loads(line) for line in (corpus / "index.jsonl").read_text().splitlines()]
    present = [row for row in rows if (corpus / row["file"]).is_file()]
    assert len(present) > 100
    return [measure.score(row, inspected(corpus / row["file"])) for row in present]


def inspected(path: Path) -> dict[str, Any]:
    """What `modeladmit inspect -o json` prints."""
    result = CliRunner().invoke(modeladmit, ["inspect", "-o", "json", "-f", str(path)])
    assert result.exit_code == 0, (path, result.output)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def total(results: list[dict[str, Any]], key: str) -> int:
    return sum(len(result[key]) for result in results)


def test_what_is_found_is_right(results):
    """Precision: a reference that is not there would send people after ghosts."""
    hit = total(results, "hit")
    assert hit / (hit + total(results, "extra")) >= PRECISION


def test_what_is_there_is_found(results):
    """Recall: a reference that is overlooked is a way past the door."""
    hit = total(results, "hit")
    assert hit / (hit + total(results, "miss")) >= RECALL


def test_nothing_is_passed_over_in_silence(results):
    """An inference workload is read, or said to be unreadable."""
    assert [r["file"] for r in results if r["silent"]] == []


def test_what_is_no_inference_is_left_alone(results):
    """A proxy or a chat page is not asked for its model."""
    assert len([r["file"] for r in results if r["false"]]) <= FALSE_INFERENCE
