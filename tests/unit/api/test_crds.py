"""Definitions are written, and compared with what was written."""

from modeladmit.api.crds import check, write


def test_written_files_are_fresh(tmp_path):
    """Writing twice changes nothing."""
    written = write(tmp_path / "crds")
    assert sorted(path.name for path in written) == [
        "modelrefs.modeladmit.io.yaml",
        "policyexemptions.modeladmit.io.yaml",
        "trustpolicies.modeladmit.io.yaml",
        "trustroots.modeladmit.io.yaml",
    ]
    assert check(tmp_path / "crds") == []


def test_stale_missing_and_foreign_files_are_named(tmp_path):
    """Each of the three is a reason to write again."""
    written = {path.name: path for path in write(tmp_path)}
    stale = written["trustroots.modeladmit.io.yaml"]
    stale.write_text(stale.read_text() + "# edited\n")
    missing = written["modelrefs.modeladmit.io.yaml"]
    missing.unlink()
    foreign = tmp_path / "models.modeladmit.io.yaml"
    foreign.write_text("{}")
    assert set(check(tmp_path)) == {stale, missing, foreign}
