"""Everything that can be configured, read once at the start: a YAML file, then environment variables.

`MODELADMIT_CONFIG` names the file; `MODELADMIT_<FIELD>` overrides a field with a JSON or plain value, and one that names no
field is refused: a mistyped hardening would look like protection. `DOCKER_CONFIG` is the user's folder of registry logins.
Nothing else in the project reads the environment.
"""

import json
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from modeladmit.core.naming import canonical_host
from modeladmit.errors import ConfigurationError, InvalidReference

_PREFIX: Final = "MODELADMIT_"
_SHOWN: Final = 10
"""Mistakes in the settings that are told at once."""
_FILE: Final = f"{_PREFIX}CONFIG"
_OF_DEVELOPMENT: Final = frozenset({f"{_PREFIX}SHARED", f"{_PREFIX}TOOLS"})
"""Of our tests and of the programs that they build."""
_SERVICE: Final = re.compile(
    r"MODELADMIT_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)_(?:PROTO|PORT|ADDR))"
)
"""What the kubelet adds to every container for a Service whose name begins with `modeladmit`."""
_SERVICE_ADDRESS: Final = re.compile(
    r"MODELADMIT_(?:\w+_)?PORT(?:_\d+_(?:TCP|UDP|SCTP))?=(?:tcp|udp|sctp)://.*"
)
"""The others of these, with their values: `MODELADMIT_WEBHOOK_PORT=9000` is somebody's mistake."""


LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _url(text: str) -> str:
    """A setting that nobody can follow would be found out by the first denial."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must be a URL, such as https://store.example.com")
    return text


def _host(text: str) -> str:
    try:
        canonical_host(text, "https")
    except InvalidReference as error:
        raise ValueError(f"must be a host[:port], such as registry.example.com ({error})") from None
    return text


def _host_pattern(text: str) -> str:
    """Attack: `*` would let every reference send us anywhere, and trust every name that anybody registers."""
    name = text.removeprefix("*.")
    if "*" in name or (name != text and "." not in name):
        raise ValueError("must be a host, or `*.` and a domain, such as *.models.example.com")
    _host(name)
    return text


Url = Annotated[str, AfterValidator(_url)]
HostPattern = Annotated[str, AfterValidator(_host_pattern)]
Host = Annotated[str, AfterValidator(_host)]


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class CredentialsMode(StrEnum):
    """Whose secrets may be read (design section 6)."""

    RELEASE = "Release"
    NAMESPACES = "Namespaces"
    ALL = "All"


class Registry(_Section):
    """A host that may be asked, and how."""

    host: Host
    mirrors: tuple[str, ...] = ()
    ca_bundle: str | None = None
    """Path of a PEM file."""
    plain_http: Annotated[bool, Field(alias="plainHTTP")] = False
    client_certificate: str | None = None
    """Path of a PEM file with certificate and key."""
    networks: tuple[str, ...] | None = None
    """Networks that are not global and that the name may resolve to, such as 10.20.0.0/16. None: the private ranges
    for a name, only itself for a literal address."""
    token_hosts: tuple[str, ...] = ()
    """Other hosts that this registry's token service runs on; they are given its credentials."""


class Stores(_Section):
    """Endpoints of stores whose references name none."""

    modelscope_endpoint: Url = "https://modelscope.cn"
    s3_endpoint: Url | None = None
    """An S3-compatible store; None means AWS."""
    s3_region: str = "us-east-1"
    gcs_endpoint: Url = "https://storage.googleapis.com"
    azure_endpoint: Url | None = None
    """Template with `{account}`; None means the public cloud."""
    ngc_endpoint: Url = "https://nvcr.io"
    signature_repositories: Mapping[str, str] = Field(default_factory=dict)
    """Registry repository prefix to the repository that holds its signatures (COSIGN_REPOSITORY of cosign)."""
    requests_per_host: Annotated[int, Field(ge=1, le=1000)] = 16
    """Requests in flight to one host."""
    requests_per_namespace: Annotated[int, Field(ge=1, le=1000)] = 32
    """Requests in flight for one namespace, all hosts together."""
    evidence_count: Annotated[int, Field(ge=1, le=1000)] = 256
    """Signatures and attestations looked at for one artifact."""


class CloudIdentity(StrEnum):
    """Whose cloud identity the process has, for private registries and buckets."""

    AWS = "AWS"
    AZURE = "Azure"
    GOOGLE = "Google"


class Credentials(_Section):
    """Where registry credentials come from."""

    mode: CredentialsMode = CredentialsMode.RELEASE
    docker_config: str | None = None
    """Path of a Docker `config.json`, for the command line and for mounted secrets."""
    cloud: tuple[CloudIdentity, ...] = ()
    """Identities of the process itself; each needs its extra (`pip install modeladmit[aws]`)."""


class Cache(_Section):
    """Bounds of the fact caches."""

    max_bytes: Annotated[int, Field(ge=1_000_000)] = 128_000_000
    directory: str | None = None
    """Evidence on disk that survives a restart; verified again when it is loaded."""
    tag_seconds: Annotated[float, Field(ge=0)] = 10.0
    """How long what a mutable reference resolved to counts as fresh."""
    evidence_seconds: Annotated[float, Field(ge=0)] = 600.0
    """How long a list of signatures counts as fresh."""
    absence_seconds: Annotated[float, Field(ge=0)] = 3.0
    """How long a denial may rest on a remembered list of signatures."""


class Webhook(_Section):
    """The HTTPS server."""

    host: str = "0.0.0.0"  # noqa: S104 - a Pod is reached from outside
    port: Annotated[int, Field(ge=0, le=65535)] = 9443
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    certificate: str | None = None
    key: str | None = None
    client_ca: Annotated[str | None, Field(alias="clientCA")] = None
    margin_seconds: Annotated[float, Field(gt=0, lt=5)] = 0.5
    """How long before the API server's timeout the answer is given."""
    max_body_bytes: Annotated[int, Field(ge=1_000_000, le=64_000_000)] = 32 * 1024 * 1024
    memory_budget_bytes: Annotated[int, Field(ge=1_000_000)] = 256 * 1024 * 1024
    write_pins: bool = False
    """Whether the API server sends new Pods to the mutating entry, so that `writePins: Pods` of a policy writes."""


class Settings(_Section):
    """The whole configuration."""

    namespace: str = "modeladmit-system"
    """The release namespace."""
    closed_by_default: bool = False
    excluded_namespaces: tuple[str, ...] = ()
    """Namespaces that the API server never asks about, besides kube-system and the release namespace."""
    registries: tuple[Registry, ...] = ()
    allowed_hosts: tuple[HostPattern, ...] = ()
    """More hosts that references may name, at global addresses only; `*.example.com` is every name below."""
    public_hubs: bool = True
    """Whether the built-in public hubs may be asked; air-gapped clusters turn this off."""
    proxy: Url | None = None
    """An HTTP proxy for every store. Behind it only names protect, because the proxy resolves them."""
    endpoints: tuple[str, ...] = ()
    """Values of HF_ENDPOINT, proxies and CA variables that are the organisation's own."""
    hf_endpoint: Url = "https://huggingface.co"
    mlflow_tracking_uri: Url | None = None
    guard_images: tuple[str, ...] = ()
    """Digests of the guard's image."""
    kinds: tuple[Mapping[str, Any], ...] = ()
    """More kinds, as data (docs/kinds.md)."""
    engines: tuple[Mapping[str, Any], ...] = ()
    """More engines, as data (docs/engines.md)."""
    stores: Stores = Stores()
    credentials: Credentials = Credentials()
    cache: Cache = Cache()
    webhook: Webhook = Webhook()
    trusted_root: str | None = None
    """Path of a trusted_root.json that stands for the public-good Sigstore; None: the one shipped with the verifier."""
    scan_seconds: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 300.0
    """Pause between two scans of live workloads by the operator."""
    docs_url: Url = "https://modeladmit.io/findings"
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = "INFO"

    @classmethod
    def load(
        cls, environment: Mapping[str, str] | None = None, *, file: Path | None = None
    ) -> Self:
        """Read the file (or the one that MODELADMIT_CONFIG names) and the environment.

        Raises ConfigurationError naming the setting.
        """
        environment = os.environ if environment is None else environment
        raw: dict[str, Any] = {}
        path = str(file) if file is not None else environment.get(_FILE)
        if path:
            try:
                document = yaml.safe_load(Path(path).read_text())
            except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
                raise ConfigurationError(
                    f"{_FILE}={path} cannot be read as YAML ({type(error).__name__})"
                ) from error
            if document is not None and not isinstance(document, dict):
                raise ConfigurationError(f"{path} must hold a mapping")
            raw.update(document or {})
        variables = {_PREFIX + field.upper(): field for field in cls.model_fields}
        _refuse_unknown(environment, variables)
        for variable, field in variables.items():
            value = environment.get(variable)
            if value is not None:
                raw.pop(to_camel(field), None)
                raw[field] = _value(value)
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            wrong = [f"setting {_problem(detail)}" for detail in found[:_SHOWN]]
            raise ConfigurationError("; ".join(wrong)) from error


def _problem(detail: ErrorDetails) -> str:
    """`registries.0.hots: is no setting`."""
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = [to_camel(field) for field in Settings.model_fields]
        close = get_close_matches(place, known, n=1) if len(detail["loc"]) == 1 else []
        return f"{place}: is no setting" + (f"; did you mean {close[0]}?" if close else "")
    if detail["type"] == "missing":
        return f"{place}: is required"
    if detail["type"] == "value_error":
        return f"{place}: {detail['msg'].removeprefix('Value error, ')}"
    message = (
        detail["msg"]
        .partition(" or instance of ")[0]
        .replace("Input should", "must")
        .replace("should", "must")
    )
    return (
        f"{place}: {message.replace('valid tuple', 'list').replace('valid dictionary', 'mapping')}"
    )


def docker_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where the user's Docker configuration is: `DOCKER_CONFIG`, else `~/.docker`, as every registry client has it."""
    environment = os.environ if environment is None else environment
    named = environment.get("DOCKER_CONFIG")
    return Path(named) if named else Path.home() / ".docker"


def hub_token(environment: Mapping[str, str] | None = None) -> str:
    """The user's own token for the Hugging Face Hub, `HF_TOKEN`, as huggingface_hub has it; empty when there is none."""
    environment = os.environ if environment is None else environment
    return environment.get("HF_TOKEN", "").strip()


def _refuse_unknown(environment: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Raises ConfigurationError for a variable that looks like a setting and is none."""
    for variable, value in sorted(environment.items()):
        if (
            not variable.startswith(_PREFIX)
            or variable in known
            or variable == _FILE
            or variable in _OF_DEVELOPMENT
            or _SERVICE.fullmatch(variable)
            or _SERVICE_ADDRESS.fullmatch(f"{variable}={value}")
        ):
            continue
        names = [name.removeprefix(_PREFIX) for name in (*known, _FILE)]
        close = get_close_matches(variable.removeprefix(_PREFIX), names, n=1)
        hint = f"Did you mean {_PREFIX}{close[0]}? " if close else ""
        raise ConfigurationError(
            f"the environment variable {variable} names no setting. {hint}What is inside a section is set as JSON "
            f"of the whole section, or in the file that {_FILE} names"
        )


def _value(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
