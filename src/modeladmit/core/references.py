"""Text to `Reference`. Total: one typed value or one InvalidReference, whatever comes in.

`parse_reference(x.uri, x.revision) == x` for every reference without a query.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

from modeladmit.core.digest import Digest
from modeladmit.core.naming import DOCKER_HUB, canonical_host, checked, decoded_segments
from modeladmit.core.reference import Reference, Scheme
from modeladmit.errors import InvalidDigest, InvalidReference

HUB_HOSTS: Final = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
OLLAMA_HUB: Final = "registry.ollama.ai"

_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_REPOSITORY: Final = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
"""distribution-spec, section "Pulling manifests", `<name>`."""
_HUB_ID: Final = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,95}/)?[A-Za-z0-9_][A-Za-z0-9._-]{0,95}"
)
"""huggingface_hub.utils.validate_repo_id: letters, digits, `-`, `_`, `.`; at most 96 a part."""
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_MAX_FIELDS: Final = 64
_ALIASES: Final = {
    "huggingface": "hf",
    "gcs": "gs",
    "oci+native": "oci",
    "oci+fetch": "oci",
    "oci+modelcar": "oci",
    "docker": "oci",
}
_SCHEMES: Final = {
    **{scheme.value: scheme for scheme in Scheme},
    **{alias: Scheme(name) for alias, name in _ALIASES.items()},
}


def parse_reference(text: str, revision: str | None = None) -> Reference:
    """Read a URI with a scheme. `revision` is what the workload asks for beside it. Raises InvalidReference."""
    checked(text, "reference")
    if revision is not None:
        checked(revision, "revision")
    prefix, separator, rest = text.partition("://")
    if not separator:
        raise InvalidReference("a reference needs a scheme, such as oci:// or hf://")
    scheme = _SCHEMES.get(prefix.lower())
    if scheme is None:
        raise InvalidReference(f"unknown scheme; known are {', '.join(Scheme)}")
    reference = _PARSERS.get(scheme, _plain)(scheme, rest)
    if revision is None:
        return reference
    if reference.revision is not None and reference.revision != revision:
        raise InvalidReference("the reference names one revision and its setting another")
    return replace(reference, revision=revision)


def parse_image(text: str, *, docker_defaults: bool = True) -> Reference:
    """Read an OCI reference without scheme: `host/repo[:tag][@digest]` (distribution-spec).

    With `docker_defaults`, as container runtimes read `image:` fields: no host means Docker Hub, and there a single
    name is in `library`. Without, a host must be written. Raises InvalidReference.
    """
    checked(text, "image reference")
    remainder, at, digest_text = text.partition("@")
    try:
        digest = Digest.parse(digest_text) if at else None
    except InvalidDigest as error:
        if "/" in digest_text:
            raise InvalidReference(
                "not an image reference: a login before `@` is refused; write it into a pull secret"
            ) from None
        raise InvalidReference(f"not an image reference: {error}") from None
    head, slash, tail = remainder.partition("/")
    if not slash or not (
        "." in head or ":" in head or head.startswith("[") or head.lower() == "localhost"
    ):
        if not docker_defaults:
            raise InvalidReference(
                "an oci:// reference needs a registry host, such as oci://registry.example.com/repo"
            )
        head, tail = DOCKER_HUB, remainder
    host = canonical_host(head, "oci")
    repository, colon, tag = tail.partition(":")
    if host == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if len(repository) > 255 or not _REPOSITORY.fullmatch(repository):  # noqa: PLR2004 - distribution-spec
        raise InvalidReference(
            "not a repository name (lower-case letters, digits and single separators)"
        )
    if colon and not _TAG.fullmatch(tag):
        raise InvalidReference("not a tag")
    return Reference(Scheme.OCI, f"{host}/{repository}", tag=tag or None, digest=digest)


def _oci(_scheme: Scheme, rest: str) -> Reference:
    return parse_image(rest, docker_defaults=False)


def _ollama(_scheme: Scheme, rest: str) -> Reference:
    head, slash, tail = rest.partition("/")
    if not slash or not ("." in head or (":" in head.removesuffix(":") and "/" in tail)):
        head, tail = OLLAMA_HUB, rest
    host = canonical_host(head, "ollama")
    if not set(host) & {".", ":"}:
        raise InvalidReference("an Ollama host needs a dot, or a port that is not the default")
    name, colon, tag = tail.partition(":")
    segments = decoded_segments(name, what="Ollama model")
    if any(set(segment) & {":", "@"} for segment in segments):
        raise InvalidReference("an Ollama model has a `:` or `@` beside the one before its tag")
    if host == OLLAMA_HUB and len(segments) == 1:
        segments = ("library", *segments)
    if colon and not _TAG.fullmatch(tag):
        raise InvalidReference("not a tag")
    return Reference(Scheme.OLLAMA, "/".join((host, *segments)), tag=tag or None)


def _hub(scheme: Scheme, rest: str) -> Reference:
    rest, colon, revision = rest.partition(":")
    if colon and not revision:
        raise InvalidReference("the revision after `:` is empty")
    return _hub_id(scheme, decoded_segments(rest.removesuffix("/"), what="hub id"), revision)


def _hub_id(scheme: Scheme, segments: tuple[str, ...], revision: str) -> Reference:
    """`owner/name` or `name`, with a file of it behind."""
    name, path = "/".join(segments[:2]), "/".join(segments[2:]) or None
    if revision:
        checked(revision, "revision")
    if (
        not _HUB_ID.fullmatch(name)
        or "--" in name
        or ".." in name
        or name.endswith((".git", "-", "."))
    ):
        raise InvalidReference("not a hub id (owner/name: letters, digits, `-`, `_`, `.`)")
    return Reference(scheme, name, path, revision=revision or None)


def _bucket(scheme: Scheme, rest: str) -> Reference:
    rest, mark, version = rest.partition("#")
    if mark and scheme is not Scheme.GCS:
        raise InvalidReference("only gs:// has a version after `#`; percent-encode it in a key")
    rest, mark, query = rest.partition("?")
    if mark:
        # Attack: a loader that takes `?` as part of the key, or as a setting, loads something else than we look up.
        name = "generation" if scheme is Scheme.GCS else "versionId"
        fields = _fields(query)
        if version or fields.keys() != {name}:
            raise InvalidReference(
                f"the query of {scheme}:// names {name} and nothing else; percent-encode `?` in a key"
            )
        version = fields[name]
    if version:
        checked(version, "revision")
    bucket, _, key = rest.removesuffix("/").partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise InvalidReference("not a bucket name")
    segments = decoded_segments(key, what="object key") if key else ()
    return Reference(scheme, "/".join((bucket, *segments)), revision=version or None)


def _url(scheme: Scheme, rest: str) -> Reference:
    rest, _, _fragment = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    host = canonical_host(authority, scheme)
    segments = decoded_segments(path.removesuffix("/"), what="URL path") if path.strip("/") else ()
    if scheme in {Scheme.HTTPS, Scheme.HTTP} and host in HUB_HOSTS and (hub := _hub_url(segments)):
        return hub
    account = host.removesuffix(".blob.core.windows.net")
    if scheme is Scheme.HTTPS and account != host and "." not in account and segments:
        return _blob_url(account, segments, query)
    return Reference(scheme, "/".join((host, *segments)), query=query or None)


def _blob_url(account: str, segments: tuple[str, ...], query: str) -> Reference:
    """A blob by its URL. A shared access signature stays out of the reference; names in queries have no case."""
    fields = {name.lower(): value for name, value in _fields(query).items()}
    if "snapshot" in fields:
        raise InvalidReference("a snapshot of a blob is not looked up; name a version instead")
    version = fields.get("versionid")
    if version:
        checked(version, "revision")
    return Reference(Scheme.AZURE_BLOB, "/".join((account, *segments)), revision=version or None)


def _fields(query: str) -> dict[str, str]:
    """The fields of a query, each once."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise InvalidReference(f"a query of more than {_MAX_FIELDS} fields") from None
    fields = dict(pairs)
    if len({name.lower() for name in fields}) != len(pairs):
        raise InvalidReference("a query names one field twice")
    return fields


def _azure(scheme: Scheme, rest: str) -> Reference:
    """`azblob://account/container/blob`. Accounts are host names."""
    account, *path = decoded_segments(rest.removesuffix("/"), what="blob name")
    return Reference(scheme, "/".join((account.lower(), *path)))


def _hub_url(segments: tuple[str, ...]) -> Reference | None:
    """`huggingface.co/O/N[/resolve|blob|raw|tree/REV[/FILE]]` is the hub id itself."""
    match segments:
        case (("datasets" | "spaces" | "api" | "docs"), *_):
            return None
        case (owner, name):
            return _hub_id(Scheme.HF, (owner, name.removesuffix(".git")), "")
        case (owner, name, ("resolve" | "blob" | "raw" | "tree"), revision, *path):
            return _hub_id(Scheme.HF, (owner, name, *path), revision)
    return None


def _local(scheme: Scheme, rest: str) -> Reference:
    segments = decoded_segments(rest.strip("/"), what="path") if rest.strip("/") else ()
    relative = scheme is Scheme.FILE and segments and not rest.startswith("/")
    # `file://a/b`: relative to a working directory that only the image knows
    return Reference(scheme, ("" if relative else "/") + "/".join(segments))


def _plain(scheme: Scheme, rest: str) -> Reference:
    return Reference(
        scheme, "/".join(decoded_segments(rest.removesuffix("/"), what=f"{scheme} name"))
    )


_PARSERS: Final[Mapping[Scheme, Callable[[Scheme, str], Reference]]] = {
    Scheme.OCI: _oci,
    Scheme.OLLAMA: _ollama,
    Scheme.HF: _hub,
    Scheme.MODELSCOPE: _hub,
    Scheme.S3: _bucket,
    Scheme.GCS: _bucket,
    Scheme.OSS: _bucket,
    Scheme.TOS: _bucket,
    Scheme.AZURE_BLOB: _azure,
    Scheme.HTTPS: _url,
    Scheme.HTTP: _url,
    Scheme.GIT: _url,
    Scheme.NDS: _url,
    Scheme.NFS: _url,
    Scheme.HOSTPATH: _local,
    Scheme.FILE: _local,
}
