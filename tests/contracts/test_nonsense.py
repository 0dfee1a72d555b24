"""Whatever a store answers, what comes out is an artifact or an inability that people can read."""

import json
from typing import Any

import pytest

from modeladmit.errors import EvidenceError
from tests.contracts.stores import Store

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
COMMIT = "a" * 40
ZERO = f"sha256:{'0' * 64}"
HUGE = "9" * 5000


def _model(*siblings: Any) -> dict[str, Any]:
    return {"id": "m/tiny", "sha": COMMIT, "siblings": siblings}


def _version(place: Any) -> dict[str, Any]:
    return {"model_version": {"name": "tiny", "version": "1"}, "artifact_uri": place}


def _listing(key: str, size: str) -> str:
    return (
        f"<ListBucketResult><Contents><Key>{key}</Key><Size>{size}</Size></Contents></ListBucketResult>"
        if key != "blob"
        else f"<R><Blobs><Blob><Name>x</Name><Content-Length>{size}</Content-Length></Blob></Blobs></R>"
    )


DOCUMENTS: list[Any] = [
    None, [], {}, 1, "x", {"manifests": None}, {"manifests": [None]}, {"manifests": [{"digest": "sha256:zz", "size": 1}]},
    {"mediaType": 5}, {"mediaType": MANIFEST, "config": {"digest": ZERO, "size": -1}, "layers": []},
    {"mediaType": MANIFEST, "config": {"digest": ZERO, "size": 1e300}, "layers": 5},
    _model(1), _model({"rfilename": "../x"}), _model({"rfilename": "a\x00\u202eb", "size": -1}),
    _model({"rfilename": "config.json", "size": 3, "lfs": []}), {"id": ["m/tiny"]}, {"id": "m/\u202etiny"},
    {"files": [{"path": 5}]}, {"files": 5}, {"files": [{"path": "a", "file_size": "²"}]},
    {"files": [{"path": "a", "file_size": HUGE}]}, {"files": [{"path": "a\nb", "file_size": -1}]},
    _version("s3://169.254.169.254/x"), _version("mlflow-artifacts:/../../x"), _version("file:///etc/passwd"),
    _version("mlflow-artifacts://[x"), _version("wasbs://[x@y/z"), _version(5), {"model_versions": [{"version": 1}]},
    {"model_versions": 5}, {"Code": 200, "Data": {"Files": [{"Path": "a", "Size": True}]}},
    {"Code": 200, "Data": {"Files": [{"Path": "a\x1b[31m", "Size": 1}]}}, {"items": 5}, {"items": [1]},
    {"items": [{"name": "m/tiny/x", "size": "²", "generation": "²"}]},
    {"items": [{"name": "m/tiny/x", "size": HUGE, "generation": "1"}]}, {"nextPageToken": 5}, {"nextPageToken": "x", "items": []},
]  # fmt: skip
BODIES = [
    b"",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"<a/>",
    b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
    b"<R><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></R>",
    b"<R><NextMarker>x</NextMarker></R>",
    b"0004",
    b"zzzz",
    b"ffff",
    b"0000" * 10,
    *(
        _listing(key, size).encode()
        for key in ("m/tiny/x", "m/tiny/../x", "blob")
        for size in ("²", HUGE, "")
    ),
    *(json.dumps(document).encode() for document in DOCUMENTS),
]


async def test_bodies(store: Store) -> None:
    """In answer to everything, to the first question only, and to the last one."""
    faults = store.server.faults
    faults.content_type = "application/json"
    said: list[str] = []
    for matching in {"", store.protocol.listing, store.protocol.content or "artifact"}:
        async with store.asked_as() as fresh:
            for body in BODIES:
                faults.matching, faults.body = matching, body
                said.append(await _answer(fresh))
    # Denials and warnings lose such characters, reports in JSON do not.
    assert [text for text in said if not text.isprintable()] == []


async def _answer(store: Store) -> str:
    try:
        await store.evidence(await store.resolve())
    except EvidenceError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "place",
    ["http://a:99999999/", "http://[::1", "http://[x]/", "//[", "http://2130706433/", "http://127.1/", "http://u:p@127.0.0.1/"],
)  # fmt: skip
async def test_places(store: Store, place: str) -> None:
    """A redirect, a realm or a next page at what is no URL, or at a disguised address."""
    faults = store.server.faults
    faults.redirect = place
    with pytest.raises(EvidenceError):
        await store.resolve()
    faults.redirect, faults.status = None, 401
    faults.headers = {"WWW-Authenticate": f'Bearer realm="{place}"', "Link": f"<{place}>; rel=next"}
    with pytest.raises(EvidenceError):
        await store.resolve()
