"""llama.cpp: common/arg.cpp, exact names; an option wins over its variable; hub ids have no revision syntax."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, Style, models, switches, values

ENGINE = Engine(
    name="llama.cpp",
    title="llama.cpp",
    images=(r"llama\.cpp", r"(^|/)llama-?cpp(-[a-z0-9-]+)?$", r"llama-server", r"(^|/)llama-cpp-python", r"(^|/)llamafile", r"(^|/)ramalama$"),
    exclude_images=(r"(router|ui|proxy|client)$",),
    commands=("llama-server", "llama-cli", "llama-run", "server -m", "llama-bench", "llama-embedding", "./server", "/server", "llama_cpp_server", "llamafile", "*.llamafile"),
    style=Style.EXACT,
    options=(
        models("-m", "--model", form=Form.PATH),
        models("-mu", "--model-url", form=Form.URL),
        models("-hf", "-hfr", "--hf-repo", form=Form.QUANTIZED),
        Option(("-hff", "--hf-file"), Means.FILE),
        models("-dr", "--docker-repo", form=Form.IMAGE),
        models("-md", "--model-draft", role=Role.DRAFT, form=Form.PATH),
        models("-hfd", "-hfrd", "--hf-repo-draft", role=Role.DRAFT, form=Form.QUANTIZED),
        models("-hfv", "-hfrv", "--hf-repo-v", role=Role.WEIGHTS, form=Form.QUANTIZED),
        models("-mv", "--model-vocoder", form=Form.PATH),
        models("--lora", role=Role.ADAPTER, form=Form.PATH, separator=",", repeated=True),
        models("--lora-scaled", role=Role.ADAPTER, form=Form.PATH),
        models("--control-vector", role=Role.ADAPTER, form=Form.PATH),
        models("-mm", "--mmproj", form=Form.PATH),
        models("-mmu", "--mmproj-url", form=Form.URL),
        Option(("--models-dir",), Means.MODEL, form=Form.PATH),
        Option(("--models-preset",), Means.CONFIG),
        Option(("--rpc",), Means.VALUE),
        values("-c", "--ctx-size", "-n", "--n-predict", "-ngl", "--n-gpu-layers", "--gpu-layers", "--host", "--port", "-t", "--threads", "-b", "--batch-size", "-ub", "-np", "--parallel", "-a", "--alias",
               "--chat-template", "--chat-template-file", "--api-key", "-sm", "-ts", "-mg", "--pooling", "--temp", "--top-p", "--rope-scaling", "-fa", "--flash-attn", "--timeout", "-ctk", "-ctv", "--cache-type-k",
               "--cache-type-v", "--slot-save-path", "--log-file", "-ot", "--n-cpu-moe", "--reasoning-format", "--path", "-hft", "--hf-token", "--threads-http", "-s", "--seed", "-td", "--draft-max", "--jinja-file", "--models-max"),
        switches("--embedding", "--embeddings", "--metrics", "--jinja", "--no-mmap", "--mlock", "-cb", "--cont-batching", "--no-webui", "--verbose", "-v", "--reranking", "--no-mmproj", "--offline", "--log-disable"),
    ),
    variables=(
        models("LLAMA_ARG_MODEL", form=Form.PATH),
        models("LLAMA_ARG_MODEL_URL", form=Form.URL),
        models("LLAMA_ARG_HF_REPO", form=Form.QUANTIZED),
        Option(("LLAMA_ARG_HF_FILE",), Means.FILE),
        models("LLAMA_ARG_MMPROJ", form=Form.PATH),
        models("LLAMA_ARG_MMPROJ_URL", form=Form.URL),
        models("LLAMA_ARG_MODEL_DRAFT", role=Role.DRAFT, form=Form.PATH),
        Option(("LLAMA_ARG_MODELS_DIR",), Means.MODEL, form=Form.PATH),
    ),
    signal_options=("--n-gpu-layers", "-ngl", "--ctx-size", "--gpu-layers"),
)

PYTHON_SERVER = Engine(
    name="llama-cpp-python",
    title="llama-cpp-python",
    commands=("-m llama_cpp.server",),
    options=(
        models("--model", form=Form.PATH),
        models("--hf_model_repo_id", form=Form.HUB),
        models("--hf_pretrained_model_name_or_path", role=Role.TOKENIZER),
        models("--lora_path", role=Role.ADAPTER, form=Form.PATH),
        models("--clip_model_path", form=Form.PATH),
        Option(("--config_file",), Means.CONFIG),
        values("--n_gpu_layers", "--n_ctx", "--host", "--port", "--model_alias", "--chat_format"),
    ),
    variables=(models("MODEL", form=Form.PATH), models("HF_MODEL_REPO_ID")),
)
