"""Labelled manifests: applying every pin edit, and reading again, shows the references pinned."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonpatch

from modeladmit.cli.manifests import manifests
from modeladmit.core.digest import Digest
from modeladmit.core.patch import patch
from modeladmit.core.pin import Pin
from modeladmit.core.workload import Workload
from modeladmit.workloads.documents import config_maps
from modeladmit.workloads.inspect import inspect_object

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = Digest.sha256(b"a manifest")


def pinnable(workload: Workload) -> set[tuple[str, str, str | None]]:
    """What has an edit, by role, repository and container."""
    return {
        (str(use.role), use.reference.uri.partition("@")[0], use.container)
        for use in workload.uses
        if use.pin_edits and not use.carrier.mutable
    }


def unpinned_after(path: Path) -> list[str]:
    """The references of a file that its edits do not pin."""
    found = list(manifests([str(path)]))
    supplied = config_maps(manifest.content for manifest in found)
    problems = []
    for manifest in found:
        content: Any = json.loads(json.dumps(manifest.content, default=str))
        before = inspect_object(content, supplied=supplied)
        edits = [
            (edit, DIGEST, COMMIT)
            for use in before.uses
            if not use.carrier.mutable
            for edit in use.pin_edits
        ]
        patched = jsonpatch.JsonPatch(patch(edits)).apply(copy.deepcopy(content))
        after = inspect_object(patched, supplied=supplied)
        pins: dict[tuple[str, str, str | None], Pin] = {}
        for use in after.uses:
            uri = use.reference.uri.partition("@")[0]
            for spelling in (uri, uri.rpartition(":")[0]):
                pins[str(use.role), spelling, use.container] = use.pin
        for role, uri, container in pinnable(before):
            known = pins.get(
                (role, uri, container), pins.get((role, uri.rpartition(":")[0], container))
            )
            if known is None or known is Pin.NONE:
                problems.append(f"{path.name} {role} {uri} {container}")
    return problems


def test_every_edit_pins(shared):
    """The cure that a denial names is one."""
    corpus: Path = shared / "corpus"
    rows = [json.loads(line) for line in (corpus / "index.jsonl").read_text().splitlines()]
    files = [corpus / row["file"] for row in rows if (corpus / row["file"]).is_file()]
    assert [problem for path in files for problem in unpinned_after(path)] == []
