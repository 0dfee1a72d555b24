"""Functions of Python libraries that load an artifact: which argument names it."""

from dataclasses import dataclass
from typing import Final

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Form


@dataclass(frozen=True, slots=True)
class Loader:
    """One function that loads an artifact."""

    names: tuple[str, ...]
    """Last part of the call's name, or the whole dotted name."""
    keywords: tuple[str, ...]
    position: int | None = 0
    role: Role = Role.WEIGHTS
    form: Form = Form.HUB
    destinations: tuple[str, ...] = ()
    filename: tuple[str, int] | None = None
    engine: str = "python"
    optional: bool = False
    """Bare words are names of something else."""
    pinned: bool = True
    """Whether it has a `revision` keyword."""


LOADERS: Final = (
    Loader(
        ("snapshot_download",),
        ("repo_id", "model_id"),
        destinations=("local_dir", "cache_dir"),
        engine="hf-download",
    ),
    Loader(
        ("hf_hub_download",),
        ("repo_id",),
        filename=("filename", 1),
        destinations=("local_dir", "cache_dir"),
        engine="hf-download",
    ),
    Loader(
        ("from_pretrained", "from_model_id"),
        (
            "pretrained_model_name_or_path",
            "model_id",
            "repo_id",
            "model_name",
            "pretrained_model_or_path",
        ),
        engine="transformers",
    ),
    Loader(("pipeline",), ("model",), 1, engine="transformers"),
    Loader(
        (
            "SentenceTransformer",
            "CrossEncoder",
            "SparseEncoder",
            "FlagModel",
            "BGEM3FlagModel",
            "FlagReranker",
            "INSTRUCTOR",
        ),
        ("model_name_or_path", "model_name"),
        engine="sentence-transformers",
    ),
    Loader(
        (
            "HuggingFaceEmbeddings",
            "HuggingFaceBgeEmbeddings",
            "HuggingFaceInstructEmbeddings",
            "HuggingFaceEmbedding",
        ),
        ("model_name",),
        0,
        engine="sentence-transformers",
    ),
    Loader(
        ("WhisperModel",),
        ("model_size_or_path",),
        engine="faster-whisper",
        form=Form.OWNED,
        optional=True,
        pinned=False,
    ),
    Loader(
        ("LLM", "EngineArgs", "AsyncEngineArgs", "AsyncLLM", "OmniLLM"), ("model",), engine="vllm"
    ),
    Loader(("Engine", "ServerArgs"), ("model_path",), None, engine="sglang"),
    Loader(("Llama",), ("model_path",), None, form=Form.PATH, engine="llama-cpp", pinned=False),
    Loader(
        ("load_lora_weights", "load_lora_adapter"),
        ("pretrained_model_name_or_path_or_dict",),
        role=Role.ADAPTER,
        engine="diffusers",
    ),
    Loader(
        ("load_textual_inversion", "load_ip_adapter"),
        ("pretrained_model_name_or_path",),
        role=Role.ADAPTER,
        engine="diffusers",
    ),
    Loader(
        ("from_single_file",), ("pretrained_model_link_or_path",), form=Form.URL, engine="diffusers"
    ),
    Loader(
        ("kagglehub.model_download",), ("handle",), form=Form.KAGGLE, engine="kaggle", pinned=False
    ),
    Loader(
        ("ollama.pull", "client.pull"), ("model",), form=Form.OLLAMA, engine="ollama", pinned=False
    ),
    Loader(("HuggingFaceModel",), ("model_id",), engine="bentoml"),
    Loader(
        (
            "mlflow.pyfunc.load_model",
            "mlflow.pytorch.load_model",
            "mlflow.sklearn.load_model",
            "mlflow.transformers.load_model",
            "mlflow.artifacts.download_artifacts",
        ),
        ("model_uri", "artifact_uri"),
        form=Form.URL,
        engine="mlflow",
        pinned=False,
    ),
    Loader(
        (
            "gdown.download",
            "urlretrieve",
            "urllib.request.urlretrieve",
            "wget.download",
            "load_state_dict_from_url",
            "download_url",
        ),
        ("url",),
        form=Form.URL,
        engine="python",
        optional=True,
        pinned=False,
    ),
    Loader(("get_tokenizer",), ("tokenizer_name",), role=Role.TOKENIZER, engine="vllm"),
)
