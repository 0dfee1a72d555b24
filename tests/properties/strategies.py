"""One strategy for each core value: every value that its parser may return."""

from hypothesis import strategies as st

from modeladmit.core.digest import HEX_LENGTHS, Digest
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patch import DIGEST, REVISION, PinEdit
from modeladmit.core.reference import Reference
from modeladmit.core.references import parse_reference
from modeladmit.core.workload import Carrier, Endpoint, ModelUse, Role

HEX = "0123456789abcdef"


def _digests(algorithm: str) -> st.SearchStrategy[Digest]:
    length = HEX_LENGTHS[algorithm]
    return st.text(HEX, min_size=length, max_size=length).map(lambda text: Digest(algorithm, text))


digests = st.sampled_from(sorted(HEX_LENGTHS)).flatmap(_digests)
commits = st.text(HEX, min_size=40, max_size=40)
revisions = st.none() | st.sampled_from(["main", "v1.0", "refs/pr/1"]) | commits
steps = st.text(min_size=1, max_size=12) | st.integers(0, 10_000)
field_paths = st.lists(steps, max_size=8).map(tuple).map(FieldPath)

names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,8}", fullmatch=True)
folded = names.map(str.lower)
hosts = st.sampled_from(["registry.example.com", "registry.example.com:5000", "docker.io", "[::1]"])
tags = st.just("") | st.sampled_from([":v1", ":latest", ":2024.1"])
suffixes = st.just("") | digests.map(lambda digest: f"@{digest}")

images = st.builds(
    lambda host, path, tag, digest: parse_reference(f"oci://{host}/{'/'.join(path)}{tag}{digest}"),
    hosts,
    st.lists(folded, min_size=2, max_size=3),
    tags,
    suffixes,
)
hub_models = st.builds(
    lambda scheme, owner, name, revision: parse_reference(f"{scheme}://{owner}/{name}", revision),
    st.sampled_from(["hf", "modelscope"]),
    names,
    names,
    revisions,
)
objects = st.builds(
    lambda scheme, bucket, key: parse_reference(f"{scheme}://bucket-{bucket}/{'/'.join(key)}"),
    st.sampled_from(["s3", "gs", "oss", "tos"]),
    folded,
    st.lists(names, min_size=1, max_size=4),
)
places = st.builds(
    lambda scheme, path: parse_reference(f"{scheme}://{'/'.join(path)}"),
    st.sampled_from(["pvc", "hostpath", "file", "kaito", "ollama"]),
    st.lists(folded, min_size=1, max_size=3),
)
references: st.SearchStrategy[Reference] = st.one_of(images, hub_models, objects, places)

roles = st.sampled_from(Role)
carriers = st.sampled_from(Carrier)
endpoints = st.builds(Endpoint, st.just("HF_ENDPOINT"), names, field_paths)
uses = st.builds(
    ModelUse,
    roles,
    references,
    field_paths,
    container=st.none() | folded,
    carrier=carriers,
    endpoints=st.lists(endpoints, max_size=2).map(tuple),
)
pin_edits = st.builds(
    lambda path, before, hole: PinEdit("replace", path, f"{before}{hole}", f"{before}{hole}"),
    field_paths,
    st.sampled_from(["", "--revision=", "x@"]),
    st.sampled_from([REVISION, DIGEST, ""]),
)
