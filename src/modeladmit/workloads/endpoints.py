"""Settings that change what a name means: hubs, proxies, certificate authorities, name resolution."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Endpoint, UndeterminedReason
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.environment import Variable
from modeladmit.workloads.podspec import PodSpec
from modeladmit.workloads.reading import mapping, sequence, string
from modeladmit.workloads.text import MARKERS

HUB_VARIABLES: Final = frozenset(
    {
        "HF_ENDPOINT",
        "HF_HUB_ENDPOINT",
        "HUGGINGFACE_HUB_ENDPOINT",
        "HF_INFERENCE_ENDPOINT",
        "MODELSCOPE_DOMAIN",
        "MODELSCOPE_ENDPOINT",
        "OLLAMA_REMOTES",
        "OLLAMA_HOST_REGISTRY",
        "OLLAMA_REGISTRY",
        "NIM_REPOSITORY_OVERRIDE",
        "NGC_API_ENDPOINT",
        "NGC_API_HOST",
        "NGC_AUTH_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "S3_ENDPOINT",
        "S3_ENDPOINT_URL",
        "RUNAI_STREAMER_S3_ENDPOINT",
        "STORAGE_EMULATOR_HOST",
        "GCS_ENDPOINT",
        "KAGGLE_API_ENDPOINT",
        "MLFLOW_TRACKING_URI",
        "MLFLOW_REGISTRY_URI",
        "MODEL_ENDPOINT",
        "LLAMA_ARG_HF_ENDPOINT",
        "S3_VERIFY_SSL",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "XINFERENCE_MODEL_SRC",
        "TRITON_AWS_MOUNT_DIRECTORY",
    }
)
"""Where a name is looked up."""
TRANSPORT_VARIABLES: Final = frozenset(
    {
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "GIT_SSL_NO_VERIFY",
        "GIT_SSL_CAINFO",
        "PYTHONHTTPSVERIFY",
        "HF_HUB_DISABLE_SSL_VERIFY",
        "GIT_PROXY_COMMAND",
        "GIT_CONFIG_GLOBAL",
        "HOSTALIASES",
        "RES_OPTIONS",
        "LOCALDOMAIN",
        "PYTHONPATH",
        "LD_PRELOAD",
        "PYTHONSTARTUP",
        "SITECUSTOMIZE",
        "VLLM_PLUGINS",
    }
)
"""Who answers for it. Written in capitals here; programs read both cases."""
_CODE: Final = frozenset(
    {"PYTHONPATH", "LD_PRELOAD", "PYTHONSTARTUP", "SITECUSTOMIZE", "VLLM_PLUGINS"}
)
PUBLIC: Final = frozenset(
    {
        "https://huggingface.co",
        "https://hf.co",
        "https://modelscope.cn",
        "https://www.modelscope.cn",
    }
)
"""The usual values: they change nothing."""
MAX_VALUE: Final = 256
MAX_ENDPOINTS: Final = 64


def endpoints_of(reading: Reading, view: View) -> tuple[Endpoint, ...]:
    """What changes the meaning of names for one program: its container, its Pod, and what its script exports.

    Only what is not listed in the settings: each of them is one too many, so that no more than `MAX_ENDPOINTS` are kept.
    """
    key = id(view.environment)
    if key not in reading.endpoints:
        pod = view.container.pod
        if id(pod) not in reading.endpoints:
            reading.endpoints[id(pod)] = _overriding(reading, _from_pod(pod))
        own = _overriding(reading, _from_variables(reading, view))
        reading.endpoints[key] = (*own, *reading.endpoints[id(pod)])
    return reading.endpoints[key]


def _overriding(reading: Reading, found: Iterator[Endpoint]) -> tuple[Endpoint, ...]:
    listed = reading.tables.endpoints
    overriding = (e for e in found if e.value.rstrip("/") not in PUBLIC and e.value not in listed)
    return tuple(islice(overriding, MAX_ENDPOINTS))


def _from_variables(reading: Reading, view: View) -> Iterator[Endpoint]:
    for name, variable in view.environment.variables.items():
        folded = name.upper()
        if (
            (name in HUB_VARIABLES or folded in TRANSPORT_VARIABLES)
            and folded not in _CODE
            and variable.text
        ):
            yield from _endpoint(reading, view, name, variable)


def _endpoint(reading: Reading, view: View, name: str, variable: Variable) -> Iterator[Endpoint]:
    word = reading.ledger.word(variable.text, variable.field)
    mutable = word.mutable
    if mutable is not None:
        reading.undetermine(
            UndeterminedReason.MUTABLE_CARRIER,
            variable.field,
            f"{name} decides where models come from, and {mutable.name[:120]} is read when the container starts; write its value in the container",
            view,
        )
    yield Endpoint(
        name, _without_credentials(MARKERS.sub("…", word.text))[:MAX_VALUE], variable.field
    )


def _without_credentials(text: str) -> str:
    head, separator, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{head}{separator}{authority.rpartition('@')[2]}{slash}{path}"


def _from_pod(pod: PodSpec) -> Iterator[Endpoint]:
    for index, alias in enumerate(sequence(pod.spec.get("hostAliases"))):
        names = ",".join(string(name) for name in sequence(mapping(alias).get("hostnames")))
        yield Endpoint(
            "hostAliases",
            f"{names}={string(mapping(alias).get('ip'))}"[:MAX_VALUE],
            pod.path / "hostAliases" / index,
        )
    config = mapping(pod.spec.get("dnsConfig"))
    for key in ("nameservers", "searches"):
        values = ",".join(string(value) for value in sequence(config.get(key)))
        if values:
            yield Endpoint(
                f"dnsConfig.{key}",
                values[:MAX_VALUE],
                FieldPath((*pod.path.steps, "dnsConfig", key)),
            )
