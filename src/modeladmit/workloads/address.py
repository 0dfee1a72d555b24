"""From what a workload wrote to a `Reference`: hub ids, URIs of every loader's dialect, paths.

Facts behind the dialects: KServe `kserve_storage.py`, Triton `model_repository.md`, rclone, llama.cpp `-hf`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from modeladmit.core.reference import Reference, Scheme
from modeladmit.core.references import parse_image, parse_reference
from modeladmit.errors import InvalidReference
from modeladmit.workloads.tables import Form

_HUB: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
_BARE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31})://")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_GITHUB: Final = (
    re.compile(
        r"github\.com/[^/]+/[^/]+/(?:archive|zipball|tarball)/(?:refs/(?:heads|tags)/)?(.+?)(?:\.zip|\.tar\.gz|\.tgz)?"
    ),
    re.compile(r"github\.com/[^/]+/[^/]+/(?:raw|blob)/(?:refs/heads/)?([^/]+)/.+"),
    re.compile(r"github\.com/[^/]+/[^/]+/releases/download/([^/]+)/.+"),
    re.compile(r"raw\.githubusercontent\.com/[^/]+/[^/]+/(?:refs/heads/)?([^/]+)/.+"),
    re.compile(r"codeload\.github\.com/[^/]+/[^/]+/(?:zip|tar\.gz)/(?:refs/(?:heads|tags)/)?(.+)"),
)
_MODELSCOPE: Final = re.compile(
    r"(?:www\.)?modelscope\.(?:cn|ai)/(?:models/)?(?!(?:api|datasets|studios|models|docs)/)([^/?]+/[^/?]+?)(?:\.git)?"
    r"(?:/resolve/([^/?]+)/([^?]+))?/?"
)
"""A repository of ModelScope, or a file of one, as Git and browsers write them."""
_RENAMED: Final = {
    "huggingface": "hf",
    "hugging-face": "hf",
    "gcs": "gs",
    "as": "azblob",
    "az": "azblob",
    "azure": "azblob",
    "abfs": "azblob",
    "abfss": "azblob",
    "wasbs": "azblob",
    "webhdfs": "hdfs",
    "host": "hostpath",
    "local": "file",
    "dbfs": "file",
    "s3a": "s3",
    "s3n": "s3",
    "minio": "s3",
    "ms": "modelscope",
    "git+ssh": "git+https",
    "model": "file",
}
_MEDIA: Final = (
    ".gguf",
    ".safetensors",
    ".bin",
    ".pt",
    ".pth",
    ".onnx",
    ".ckpt",
    ".h5",
    ".keras",
    ".mar",
    ".tflite",
    ".pkl",
    ".joblib",
    ".engine",
    ".plan",
    ".nemo",
    ".ggml",
    ".llamafile",
    ".pb",
    ".msgpack",
    ".model",
    ".pmml",
    ".bst",
    ".ubj",
    ".npz",
    ".params",
    ".litertlm",
    ".task",
    ".mlmodel",
    ".cbm",
    ".pickle",
)
_ARCHIVES: Final = (".tar.gz", ".tgz", ".zip", ".tar", ".tar.bz2", ".tar.xz", ".tar.zst")


@dataclass(frozen=True, slots=True)
class LocalPath:
    """A path that only means something inside the container."""

    path: str


def locate(
    text: str, form: Form = Form.HUB, revision: str | None = None, hub: str = "hf"
) -> Reference | LocalPath | None:
    """Read a reference in the form that its place has. None: it is none. Raises InvalidReference."""
    text = text.strip()
    if len(text) > _REMEMBERED:
        return _located(text, form, revision, hub)
    return _remembered(text, form, revision, hub)


def _located(text: str, form: Form, revision: str | None, hub: str) -> Reference | LocalPath | None:
    if form is Form.IMAGE and "://" not in text:
        return parse_image(text)
    if match := _SCHEME.match(text):
        return _uri(match[1].lower(), text[match.end() :], revision)
    if text.startswith("hf:") and hub_like(text[3:]):  # DeepSparse and others: `hf:owner/name`
        return parse_reference(f"hf://{text[3:]}", revision)
    if text.startswith(("/", "./", "../", "~/")) or text in {".", ".."} or form is Form.PATH:
        return LocalPath(text) if text else None
    match form:
        case Form.HUB | Form.OWNED | Form.QUANTIZED | Form.MODELSCOPE:
            return _hub_id(text, form, revision, "modelscope" if form is Form.MODELSCOPE else hub)
        case Form.OLLAMA:
            return parse_reference(f"ollama://{text}")
        case Form.IMAGE:
            return parse_image(text)
        case Form.NGC:
            name, _, version = text.partition(":")
            return parse_reference(f"ngc://{name}", version or revision)
        case Form.KAGGLE:
            version = text.rpartition("/")[2]
            return parse_reference(f"kaggle://{text}", version if version.isdigit() else None)
        case Form.PRESET:
            return parse_reference(f"kaito://{text}")
        case _:
            return None


_REMEMBERED: Final = 256
"""Characters of a reference that is remembered: what is kept must not grow with what strangers write."""
_remembered = lru_cache(maxsize=256)(_located)
"""Weights, their code and their tokenizer are one name, and the same images are everywhere."""


def _hub_id(text: str, form: Form, revision: str | None, hub: str) -> Reference | LocalPath | None:
    name, colon, suffix = text.partition(":")
    if form is Form.QUANTIZED:
        suffix = ""
    elif colon and not suffix:
        raise InvalidReference("the part after `:` is empty")
    if "@" in name and not suffix:
        name, _, suffix = name.partition("@")
    parts = name.rstrip("/").split("/")
    if len(parts) == 1 and (form is Form.OWNED or not _BARE.fullmatch(name)):
        if form is Form.OWNED:
            return None
        raise InvalidReference("not a hub id (owner/name)")
    if len(parts) > 1 and not _HUB.fullmatch("/".join(parts[:2])):
        raise InvalidReference("not a hub id (owner/name)")
    if len(parts) > 2 and form is not Form.MODELSCOPE and not parts[-1].lower().endswith(_MEDIA):  # noqa: PLR2004 - owner and name
        return LocalPath(text)
    return parse_reference(f"{hub}://{'/'.join(parts)}", revision or suffix or None)


def _uri(scheme: str, rest: str, revision: str | None) -> Reference | LocalPath | None:
    if scheme in {"file", "local"}:
        return LocalPath("/" + rest.lstrip("/"))
    if scheme in {"https", "http"}:
        return _url(scheme, rest, revision)
    if scheme in {"s3", "s3a", "s3n", "minio"}:
        return _endpoint_bucket(rest, revision)
    if scheme in {"hf", "huggingface", "modelscope", "ms", "hugging-face"}:
        name, at, suffix = rest.partition("@")
        rest, revision = (name, revision or suffix) if at and ":" not in name else (rest, revision)
        name, query, pairs = rest.partition("?")
        if query:
            rest, revision = (
                name,
                revision or dict(parse_qsl(pairs, max_num_fields=16)).get("revision"),
            )
        if "/" not in rest.rstrip("/"):
            return parse_reference(f"{_RENAMED.get(scheme, scheme)}://{rest}", revision)
    if scheme in {"az", "as", "azure", "abfs", "abfss", "wasbs"}:
        return _azure(rest, revision)
    if scheme == "ngc":
        name, _, version = (
            rest.rpartition(":") if ":" in rest.rpartition("/")[2] else (rest, "", "")
        )
        return parse_reference(f"ngc://{name}", version or revision)
    if scheme in {"pvc", "ollama"}:
        rest, _, query = rest.partition("?")
        model = dict(parse_qsl(query, max_num_fields=16)).get("model")
        rest = f"{rest.rstrip('/')}/{model.strip('/')}" if scheme == "pvc" and model else rest
        revision = None
    if scheme in {"docker", "oci-layout", "container"}:
        return parse_image(rest)
    if scheme.startswith("oci"):
        return parse_image(rest)
    if scheme in {"model-registry", "models", "runs", "mlflow-artifacts"}:
        return parse_reference(f"mlflow://{rest.lstrip('/')}", revision)
    if scheme in {"git", "git+ssh", "ssh"}:
        return parse_reference(f"git+https://{rest.partition('@')[2] or rest}", revision)
    return parse_reference(f"{_RENAMED.get(scheme, scheme)}://{rest}", revision)


def _url(scheme: str, rest: str, revision: str | None) -> Reference:
    if match := _MODELSCOPE.fullmatch(rest):
        file = f"/{match[3]}" if match[3] else ""
        return parse_reference(f"modelscope://{match[1]}{file}", match[2] or revision)
    reference = parse_reference(f"{scheme}://{rest}", None)
    if reference.scheme not in {Scheme.HTTPS, Scheme.HTTP}:
        return (
            reference
            if revision is None or reference.revision
            else reference.pinned(revision=revision)
        )
    for pattern in _GITHUB:
        if match := pattern.fullmatch(reference.name):
            return reference.pinned(revision=match[1])
    return reference.pinned(revision=revision) if revision else reference


def _endpoint_bucket(rest: str, revision: str | None) -> Reference:
    """Triton writes `s3://[https://]host:port/bucket/key`; the bucket is what the policy compares, the host an endpoint."""
    rest = re.sub(r"^https?://", "", rest)
    head, _, tail = rest.partition("/")
    if re.fullmatch(r"[^/:]+:[0-9]{2,5}", head) and tail:
        rest = tail
    return parse_reference(f"s3://{rest}", revision)


def _azure(rest: str, revision: str | None) -> Reference:
    authority, _, path = rest.partition("/")
    if "@" in authority:  # abfss://container@account.dfs.core.windows.net/path
        container, _, account = authority.partition("@")
        return parse_reference(f"azblob://{account.partition('.')[0]}/{container}/{path}", revision)
    return parse_reference(
        f"azblob://{authority.partition('.')[0]}/{path}" if path else f"azblob://{authority}",
        revision,
    )


def _path_of(text: str) -> str:
    return (re.split(r"[?#]", text, maxsplit=1)[0] if "://" in text else text).lower()


def model_file(text: str) -> bool:
    """Whether a URL or path ends like a file of model weights."""
    return _path_of(text).endswith(_MEDIA)


def archive(text: str) -> bool:
    """Whether a URL or path ends like an archive."""
    return _path_of(text).endswith(_ARCHIVES)


def hub_like(text: str) -> bool:
    """Whether text has the shape `owner/name` of a hub id."""
    return _HUB.fullmatch(text) is not None and not text.endswith(
        (".git", ".sh", ".py", ".yaml", ".yml", ".json", ".txt")
    )


def has_scheme(text: str) -> bool:
    """Whether text starts like a URI."""
    return _SCHEME.match(text) is not None


def is_commit(text: str | None) -> bool:
    """Whether text is a whole Git commit."""
    return text is not None and _COMMIT.fullmatch(text) is not None
