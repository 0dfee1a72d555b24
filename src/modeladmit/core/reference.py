"""A model reference in canonical form: what is printed, matched and cached.

`scheme://name[/path][:tag][@digest]` plus a `revision` that the scheme keeps beside its URI. Names keep the case they
were written in; `address` and `key` are folded, and only they are compared.
"""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Self

from modeladmit.core.digest import Digest
from modeladmit.core.naming import encoded
from modeladmit.core.pin import Pin


class Scheme(StrEnum):
    """Every kind of place that a model is loaded from."""

    OCI = "oci"
    HF = "hf"
    S3 = "s3"
    GCS = "gs"
    AZURE_BLOB = "azblob"
    HTTPS = "https"
    HTTP = "http"
    GIT = "git+https"
    MLFLOW = "mlflow"
    MODELSCOPE = "modelscope"
    NGC = "ngc"
    OLLAMA = "ollama"
    KAGGLE = "kaggle"
    HDFS = "hdfs"
    OSS = "oss"
    TOS = "tos"
    STORAGE = "storage"
    """A key of KServe's Secret `storage-config`."""
    KAITO = "kaito"
    """A preset that the KAITO controller maps to a model."""
    NDS = "nds"
    """NVIDIA's NeMo data store: `nds://host[:port]/[namespace/]name`."""
    NFS = "nfs"
    PVC = "pvc"
    HOSTPATH = "hostpath"
    FILE = "file"
    """A path inside the container image, or one that no volume explains."""


CASE_FOLDED: Final = frozenset(
    {Scheme.HF, Scheme.MODELSCOPE, Scheme.NGC, Scheme.KAITO, Scheme.KAGGLE}
)
HOSTED: Final = frozenset(
    {
        Scheme.OCI,
        Scheme.HTTPS,
        Scheme.HTTP,
        Scheme.GIT,
        Scheme.OLLAMA,
        Scheme.NDS,
        Scheme.NFS,
    }
)
"""Schemes whose names begin with a host."""
UNRESOLVABLE: Final = frozenset(
    {Scheme.PVC, Scheme.HOSTPATH, Scheme.NFS, Scheme.FILE, Scheme.STORAGE, Scheme.KAITO, Scheme.NDS}
)
"""Places without an identity at admission: only the load-time guard can prove what is there."""

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_GENERATION: Final = re.compile(r"[1-9][0-9]{0,18}")
_AZURE_VERSION: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{7}Z"
)
_S3_VERSION: Final = re.compile(r"[A-Za-z0-9._-]{8,1024}")
_GIT_ARCHIVE: Final = re.compile(
    r"(?:github\.com/[^/]+/[^/]+/(?:archive|raw)/|codeload\.github\.com/[^/]+/[^/]+/[^/]+/|raw\.githubusercontent\.com/[^/]+/[^/]+/)"
    r"([0-9a-f]{40})(?:[/.].*)?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One place that a model may be loaded from. Build it with `core.references.parse_reference`."""

    scheme: Scheme
    name: str
    path: str | None = None
    """A file or folder inside the artifact (`hf://owner/name/FILE`); policies match the artifact, not the file."""
    tag: str | None = None
    digest: Digest | None = None
    revision: str | None = None
    query: str | None = field(default=None, repr=False)
    """The query of an http(s) URL. Never printed: pre-signed URLs carry credentials there."""

    @property
    def uri(self) -> str:
        """Canonical, without the revision that the scheme keeps outside (design: `inspect -o json`)."""
        text = f"{self.scheme}://{encoded(self.name)}"
        if self.path:
            text += f"/{encoded(self.path, also=':')}"  # after a colon stands a revision
        if self.tag:
            text += f":{self.tag}"
        return f"{text}@{self.digest}" if self.digest else text

    @property
    def address(self) -> str:
        """Folded, without path, tag, digest and revision: what policies' patterns are matched against."""
        name = self._folded
        return f"{self.scheme}://{name.removesuffix('.git') if self.scheme is Scheme.GIT else name}"

    @property
    def _folded(self) -> str:
        return self.name.casefold() if self.scheme in CASE_FOLDED else self.name

    @property
    def key(self) -> str:
        """Folded and complete: equal keys name the same thing at the same moment."""
        parts = [
            f"{self.scheme}://{self._folded}",
            self.path or "",
            self.tag or "",
            str(self.digest or ""),
            self.revision or "",
            self.query or "",
        ]
        return "\x1f".join(parts)

    @property
    def host(self) -> str | None:
        """The host that the reference itself names, if its scheme has one."""
        if self.scheme in HOSTED:
            return self.name.partition("/")[0]
        return None

    @property
    def pin(self) -> Pin:
        """How strongly the reference itself names bytes, whatever carries it."""
        if self.digest is not None:
            return Pin.DIGEST
        version = self.revision or ""
        match self.scheme:
            case Scheme.HF | Scheme.MODELSCOPE | Scheme.GIT:
                immutable = _COMMIT.fullmatch(version)
            case Scheme.S3:
                immutable = _S3_VERSION.fullmatch(version)
            case Scheme.GCS:
                immutable = _GENERATION.fullmatch(version)
            case Scheme.AZURE_BLOB:
                immutable = _AZURE_VERSION.fullmatch(version)
            case Scheme.HTTPS:
                immutable = _GIT_ARCHIVE.fullmatch(self.name)
            case _:
                immutable = None
        return Pin.REVISION if immutable else Pin.NONE

    @property
    def resolvable(self) -> bool:
        """Whether the place can be asked at admission what it holds."""
        return self.scheme not in UNRESOLVABLE

    def pinned(self, *, digest: Digest | None = None, revision: str | None = None) -> Self:
        """The same reference with what it resolved to. A tag beside a digest stays, as a hint for people."""
        return replace(self, digest=digest or self.digest, revision=revision or self.revision)

    def __str__(self) -> str:
        return f"{self.uri} at {self.revision}" if self.revision else self.uri
