"""Registry credentials in the forms of Kubernetes pull secrets and `~/.docker/config.json`.

`kubernetes.io/dockerconfigjson` holds `{"auths": {KEY: ENTRY}}`, `kubernetes.io/dockercfg` the entries alone. KEY is
matched as the kubelet matches it (kubernetes.io/docs/concepts/containers/images, "Interpretation of config.json"):
globs within one DNS label, equal ports, path prefixes by whole segments, the longest key first. Credential helpers are never run.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

import orjson

from modeladmit.core.credentials import (
    BasicCredential,
    BearerCredential,
    Credential,
    CredentialScope,
    IdentityToken,
)
from modeladmit.core.naming import DOCKER_HUB
from modeladmit.errors import ConfigurationError

MAX_CONFIG: Final = 1 << 20
"""Bytes; the size limit of a Secret."""
MAX_ENTRIES: Final = 1024

_DOCKER_HUB: Final = frozenset(
    {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}
)
_HUB_PATHS: Final = frozenset({"", "v1", "v2"})
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9.*?\[\]:/_-]+")


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One credential and what it is for."""

    host: str
    """DNS labels with globs, lower case."""
    port: str
    path: str
    credential: Credential = field(repr=False)

    def matches(self, host: str, repository: str) -> bool:
        """Whether the entry is for `host` (`name[:port]`) and `repository`."""
        name, _, port = host.partition(":")
        labels, patterns = name.split("."), self.host.split(".")
        if self.port != port or len(labels) != len(patterns):
            return False
        if not all(
            fnmatchcase(label, pattern) for label, pattern in zip(labels, patterns, strict=True)
        ):
            return False
        return not self.path or repository == self.path or repository.startswith(f"{self.path}/")


class DockerConfig:
    """Every entry of one or more pull secrets. A keychain, too: the same for every scope (CLI, release namespace)."""

    def __init__(self, entries: Sequence[RegistryEntry]) -> None:
        order = sorted(
            range(len(entries)),
            key=lambda index: (-len(entries[index].path), "*" in entries[index].host, index),
        )
        self._entries = tuple(entries[index] for index in order)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[RegistryEntry, ...]:
        """Most specific first."""
        return self._entries

    def find(self, host: str, repository: str) -> Credential | None:
        """The most specific credential for a registry host and repository."""
        return next(
            (entry.credential for entry in self._entries if entry.matches(host, repository)), None
        )

    async def credentials(
        self,
        host: str,
        repository: str,
        scope: CredentialScope,  # noqa: ARG002 - a config is one tenant's already
    ) -> Credential | None:
        """Satisfy `keychain.Keychain`."""
        return self.find(host, repository)

    def __add__(self, other: "DockerConfig") -> "DockerConfig":
        return DockerConfig((*self._entries, *other._entries))


def parse(data: bytes) -> DockerConfig:
    """Read either form of a pull secret. Raises ConfigurationError without quoting any of it.

    An entry that cannot be read is an error of the whole: a silently dropped one would look like a missing permission.
    """
    if len(data) > MAX_CONFIG:
        raise ConfigurationError("a pull secret is larger than 1 MiB")
    try:
        config = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ConfigurationError("a pull secret is not JSON") from None
    if not isinstance(config, dict):
        raise ConfigurationError("a pull secret is not a JSON object")
    auths = config.get("auths", {} if {"credHelpers", "credsStore"} & config.keys() else config)
    if not isinstance(auths, dict) or len(auths) > MAX_ENTRIES:
        raise ConfigurationError(
            f"a pull secret has no `auths` object, or more than {MAX_ENTRIES} entries"
        )
    entries = []
    for key, value in auths.items():
        if (credential := _credential(value)) is not None:
            entries.append(_entry(key, credential))
    return DockerConfig(entries)


def _entry(key: str, credential: Credential) -> RegistryEntry:
    rest = re.sub(r"^https?://", "", key.strip(), flags=re.IGNORECASE).rstrip("/")
    if not rest or not _PLAIN_KEY.fullmatch(rest):
        raise ConfigurationError(
            "a pull secret has a registry key that is not a host with an optional path"
        )
    authority, _, path = rest.partition("/")
    host, _, port = authority.lower().partition(":")
    if host in _DOCKER_HUB and path in _HUB_PATHS:
        host, path = DOCKER_HUB, ""
    # `https://HOST/v1/` and `/v2/` are old spellings of the host itself.
    path = "" if path in _HUB_PATHS else path.removeprefix("v1/").removeprefix("v2/")
    return RegistryEntry(host, "" if port == "443" else port, path, credential)


def _credential(entry: Any) -> Credential | None:
    if not isinstance(entry, dict):
        raise ConfigurationError("a pull secret has an entry that is not an object")
    texts = {
        name: entry.get(name) or ""
        for name in ("auth", "username", "password", "identitytoken", "registrytoken")
    }
    if not all(isinstance(text, str) for text in texts.values()):
        raise ConfigurationError("a pull secret has an entry whose fields are not text")
    if texts["registrytoken"]:
        return BearerCredential(texts["registrytoken"])
    if texts["identitytoken"]:
        return IdentityToken(texts["identitytoken"])
    username, password = texts["username"], texts["password"]
    if not (username or password) and texts["auth"]:
        username, password = _decoded(texts["auth"])
    if username == "<token>":
        return IdentityToken(password)  # docker login stores refresh tokens under this name
    return BasicCredential(username, password) if username or password else None


def _decoded(auth: str) -> tuple[str, str]:
    try:
        text = b64decode(auth + "=" * (-len(auth) % 4), validate=True).decode().rstrip("\0\n")
    except (binascii.Error, UnicodeDecodeError):
        raise ConfigurationError("a pull secret has an `auth` that is not base64 text") from None
    username, colon, password = text.partition(":")
    if not colon:
        raise ConfigurationError("a pull secret has an `auth` that is not user:password")
    return username, password
