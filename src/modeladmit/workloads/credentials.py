"""Credentials that stand in the object itself, where everybody who may read Pods reads them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from modeladmit.core.workload import InlineCredential
from modeladmit.workloads.podspec import Container
from modeladmit.workloads.reading import sequence, string

_SECRET_NAMES: Final = {
    "HF_TOKEN": "Hugging Face token",
    "HUGGING_FACE_HUB_TOKEN": "Hugging Face token",
    "HUGGINGFACE_HUB_TOKEN": "Hugging Face token",
    "HUGGINGFACE_TOKEN": "Hugging Face token",
    "HF_API_TOKEN": "Hugging Face token",
    "HF_HUB_TOKEN": "Hugging Face token",
    "NGC_API_KEY": "NGC key",
    "NGC_CLI_API_KEY": "NGC key",
    "NVIDIA_API_KEY": "NGC key",
    "AWS_SECRET_ACCESS_KEY": "AWS secret key",
    "AWS_SESSION_TOKEN": "AWS session token",
    "AZURE_STORAGE_KEY": "Azure storage key",
    "AZURE_STORAGE_SAS_TOKEN": "Azure SAS token",
    "AZURE_CLIENT_SECRET": "Azure client secret",
    "KAGGLE_KEY": "Kaggle key",
    "MODELSCOPE_API_TOKEN": "ModelScope token",
    "MLFLOW_TRACKING_PASSWORD": "MLflow password",
    "GITHUB_TOKEN": "GitHub token",
    "WANDB_API_KEY": "Weights & Biases key",
    "OPENAI_API_KEY": "OpenAI key",
    "MINIO_SECRET_KEY": "MinIO secret key",
}
_SHAPES: Final = (
    ("Hugging Face token", re.compile(r"hf_(?<!\whf_)[A-Za-z0-9]{30,64}\b")),
    ("NGC key", re.compile(r"nvapi-(?<!\wnvapi-)[A-Za-z0-9_-]{40,120}\b")),
    ("AWS access key", re.compile(r"A(?:KIA|SIA)(?<!\w.{4})[A-Z0-9]{16}\b")),
    (
        "GitHub token",
        re.compile(
            r"g(?:h[pousr]_(?<!\w.{4})[A-Za-z0-9]{36,255}|ithub_pat_(?<!\w.{11})[A-Za-z0-9_]{60,255})\b"
        ),
    ),
    ("GitLab token", re.compile(r"glpat-(?<!\wglpat-)[A-Za-z0-9_-]{20,64}\b")),
    ("Google API key", re.compile(r"AIza(?<!\wAIza)[A-Za-z0-9_-]{35}\b")),
    (
        "password in a URL",
        re.compile(r"://(?<=[a-z0-9+.-]{2}://)[^\s/:@\"'$<{]{1,128}:[^\s/@\"'$<{]{3,256}@"),
    ),
    (
        "pre-signed URL",
        re.compile(r"[?&](?:X-Amz-Signature|X-Goog-Signature|sig)=[A-Za-z0-9%/+=_-]{20,512}"),
    ),
    ("private key", re.compile(r"-----BEGIN [A-Z ]{0,24}PRIVATE KEY-----")),
)
"""Each begins with plain text, which is found fast; what must not stand before that is looked at afterwards."""
_HINT: Final = re.compile(
    r"hf_|nvapi-|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|AIza|://[^/]{1,128}:|[?&](?:X-|sig=)|PRIVATE KEY"
)
"""What at least one of the shapes needs: one search instead of nine for text that holds none."""
_PLACEHOLDER: Final = re.compile(
    r"[<>${}]|your|change|replace|xxx|example|dummy|placeholder|\*\*\*|todo|token$|^\s*$",
    re.IGNORECASE,
)
MAX_TEXT: Final = 1 << 16
MAX_ENTRIES: Final = 4096
"""Variables and words of one container that are looked at."""
_SHORTEST: Final = 16
"""No credential that is known by its shape has fewer characters."""


def inline_credentials(container: Container) -> Iterator[InlineCredential]:
    """Every credential that the container's variables and command line hold. Never the credential itself."""
    for index, entry in enumerate(sequence(container.raw.get("env"))[:MAX_ENTRIES]):
        if not isinstance(entry, dict) or not (value := string(entry.get("value"))):
            continue
        name = string(entry.get("name")).upper()
        named = name in _SECRET_NAMES and not _PLACEHOLDER.search(value)
        if named or len(value) >= _SHORTEST:
            for kind in [_SECRET_NAMES[name]] if named else _shaped(value):
                at = container.path / "env" / index / "value"
                yield InlineCredential(kind, at, container.name)
    for part in ("command", "args"):
        for index, text in enumerate(sequence(container.raw.get(part))[:MAX_ENTRIES]):
            if isinstance(text, str) and len(text) >= _SHORTEST:
                for kind in _shaped(text):
                    at = container.path / part / index
                    yield InlineCredential(kind, at, container.name)


def _shaped(text: str) -> Sequence[str]:
    """What the text looks like."""
    if not _HINT.search(text, 0, MAX_TEXT):
        return ()
    text = text[:MAX_TEXT]
    return [kind for kind, shape in _SHAPES if shape.search(text)]
