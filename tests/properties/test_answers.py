"""Whatever a store answers: a value, or one of our errors."""

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Format
from modeladmit.errors import EvidenceError
from modeladmit.sources.contents import executables_in, format_of
from modeladmit.sources.git import _packets
from modeladmit.sources.oci.auth import parse_challenge
from modeladmit.sources.oci.manifest import Index, Manifest, parse, parse_referrers
from modeladmit.sources.oci.packaging import files_of
from modeladmit.sources.xml_records import records

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=20,
)
DESCRIPTOR = st.fixed_dictionaries(
    {},
    optional={
        "mediaType": JSON,
        "digest": st.just("sha256:" + "0" * 64) | JSON,
        "size": st.integers(-1, 10) | JSON,
        "annotations": JSON,
        "artifactType": JSON,
        "platform": JSON,
    },
)
DOCUMENT = st.fixed_dictionaries(
    {},
    optional={
        "mediaType": st.sampled_from(
            [
                "application/vnd.oci.image.manifest.v1+json",
                "application/vnd.oci.image.index.v1+json",
                "application/vnd.docker.distribution.manifest.v2+json",
            ]
        )
        | JSON,
        "config": DESCRIPTOR | JSON,
        "layers": st.lists(DESCRIPTOR, max_size=4) | JSON,
        "manifests": st.lists(DESCRIPTOR, max_size=4) | JSON,
        "annotations": JSON,
        "artifactType": JSON,
    },
)
TYPES = st.sampled_from(["", "text/plain", "application/vnd.oci.image.index.v1+json"])


@given(DOCUMENT | JSON, TYPES)
def test_manifests(document: object, content_type: str) -> None:
    """A manifest with files of every layer, an index, or an error; never both at once."""
    body = json.dumps(document).encode()
    with contextlib.suppress(EvidenceError):
        parsed = parse(body, content_type, Digest.sha256(body))
        assert isinstance(parsed, Manifest | Index)
        if isinstance(parsed, Manifest):
            assert len(parsed.layers) == len({file.name for file in files_of(parsed)})
    with contextlib.suppress(EvidenceError):
        parse_referrers(body)


@given(st.binary(max_size=300))
def test_bytes(data: bytes) -> None:
    """The same for bytes that nobody shaped."""
    for read in (
        lambda: parse(data, "", Digest.sha256(data)),
        lambda: parse_referrers(data),
        lambda: list(_packets(data)),
        lambda: records(data, "Contents"),
        lambda: executables_in("config.json", data),
    ):
        with contextlib.suppress(EvidenceError):
            read()


@given(st.text(max_size=300))
def test_challenges(header: str) -> None:
    """A challenge has values without the quotes around them."""
    for text in (header, f"Bearer {header}", f'Bearer realm="{header}"'):
        with contextlib.suppress(EvidenceError):
            assert parse_challenge(text).scheme in {"basic", "bearer"}


@given(st.text(max_size=60), st.sampled_from([".pkl", ".PT", ".bin", ".joblib", ".ckpt"]))
def test_pickles_are_pickles(stem: str, suffix: str) -> None:
    """Nothing in front of the suffix hides it."""
    name = f"x{stem.replace('/', '_')}{suffix}"
    assert Format.PICKLE is format_of(name)
