"""Servers of embeddings, speech and images: Infinity, LocalAI, Whisper servers, Xinference and more."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import (
    Engine,
    Form,
    Means,
    Option,
    Style,
    code,
    many,
    models,
    revision,
    switches,
    values,
)

INFINITY = Engine(
    name="infinity",
    title="Infinity",
    images=(r"michaelf34/infinity", r"(^|/)infinity(-emb)?$", r"infinity_emb"),
    commands=("infinity_emb v2", "infinity_emb", "v2"),
    style=Style.EXACT,
    options=(
        models("--model-id", "--model-name-or-path", separator=";", repeated=True),
        revision("--revision"),
        code("--trust-remote-code"),
        values(
            "--port",
            "--host",
            "--batch-size",
            "--engine",
            "--device",
            "--dtype",
            "--served-model-name",
            "--url-prefix",
            "--api-key",
            "--pooling-method",
            "--embedding-dtype",
            "--device-id",
        ),
        switches(
            "--no-trust-remote-code",
            "--compile",
            "--no-compile",
            "--bettertransformer",
            "--no-bettertransformer",
            "--model-warmup",
            "--no-model-warmup",
            "--preload-only",
            "--vector-disk-cache",
        ),
    ),
    variables=(
        models("INFINITY_MODEL_ID", separator=";"),
        revision("INFINITY_REVISION"),
        code("INFINITY_TRUST_REMOTE_CODE"),
    ),
    signal_options=(),
    pin_option="--revision",
    pin_variable="INFINITY_REVISION",
)

LOCALAI = Engine(
    name="localai",
    title="LocalAI",
    images=(r"localai", r"local-ai"),
    exclude_images=(r"frontend|ui$|operator",),
    commands=("local-ai run", "local-ai", "/build/local-ai", "/local-ai"),
    style=Style.EXACT,
    options=(
        models("--preload-models-config", form=Form.PATH),
        Option(("--models-path", "--localai-config-dir", "--models-config-file"), Means.VALUE),
        Option(("--galleries", "--external-backends"), Means.VALUE),
        values(
            "--address",
            "--threads",
            "--context-size",
            "--f16",
            "--log-level",
            "--parallel-requests",
            "--single-active-backend",
        ),
    ),
    positional=Option(("models",), Means.MODEL, form=Form.URL, many=True, only_text=True),
    variables=(
        Option(
            ("PRELOAD_MODELS", "MODELS"), Means.MODEL, form=Form.URL, only_text=True, separator=","
        ),
    ),
    runtime="LocalAI installs models and backends from galleries on request; nothing in the object limits which",
)

WHISPER = Engine(
    name="faster-whisper",
    title="faster-whisper servers",
    images=(
        r"faster-whisper",
        r"speaches",
        r"whisper-asr",
        r"whisper\.cpp",
        r"whisperx",
        r"whisper-(server|webservice|api)",
        r"(^|/)wyoming-whisper",
    ),
    exclude_images=(r"ui$|client",),
    commands=("faster-whisper-server", "speaches", "whisper-server"),
    style=Style.EXACT,
    options=(models("--model", "-m", form=Form.OWNED, only_text=True),),
    variables=(
        Option(
            ("WHISPER__MODEL", "WHISPER_MODEL", "ASR_MODEL"),
            Means.MODEL,
            form=Form.OWNED,
            only_text=True,
        ),
        Option(("PRELOAD_MODELS",), Means.MODEL, form=Form.OWNED, separator=",", only_text=True),
    ),
)

XINFERENCE = Engine(
    name="xinference",
    title="Xinference",
    images=(r"xinference", r"xprobe"),
    commands=(
        "xinference-local",
        "xinference-supervisor",
        "xinference-worker",
        "xinference launch",
    ),
    style=Style.EXACT,
    options=(
        models("--model-path"),
        values(
            "--model-name",
            "-n",
            "-H",
            "-p",
            "--host",
            "--port",
            "--model-engine",
            "--size-in-billions",
            "--model-format",
            "--quantization",
            "--model-type",
            "-e",
        ),
    ),
    runtime="Xinference launches any model on request; nothing in the object limits which",
)

SPEECH_AND_IMAGES = Engine(
    name="media",
    title="image and speech servers",
    images=(
        r"comfyui",
        r"stable-diffusion-webui",
        r"automatic1111",
        r"(^|/)invokeai",
        r"(^|/)kokoro",
        r"sd-?webui",
        r"(^|/)fooocus",
        r"(^|/)coqui",
        r"openedai-speech",
        r"(^|/)piper$",
        r"sdnext",
        r"(^|/)a1111",
    ),
    exclude_images=(r"manager$",),
    commands=("launch.py", "webui.sh", "*webui.sh"),
    options=(
        models("--ckpt", "--ckpt-dir", "--lora-dir", form=Form.PATH),
        values("--port", "--listen"),
        switches("--api", "--xformers", "--medvram", "--lowvram", "--cpu"),
    ),
)

GPT4ALL_STYLE = Engine(
    name="openai-compatible",
    title="OpenAI-compatible servers",
    images=(
        r"aphrodite",
        r"(^|/)mistral\.?rs",
        r"(^|/)tabbyapi",
        r"(^|/)koboldcpp",
        r"text-generation-webui",
        r"(^|/)lorax",
        r"(^|/)fastchat",
        r"(^|/)h2ogpt",
        r"(^|/)tabby$",
        r"(^|/)exllama",
        r"(^|/)gpustack",
        r"(^|/)nexa",
        r"lightllm",
        r"(^|/)mii$",
    ),
    exclude_images=(r"ui$|client|gateway|webui-only",),
    commands=(
        "aphrodite run",
        "-m aphrodite.endpoints.openai.api_server",
        "mistralrs-server",
        "mistralrs serve",
        "lorax-launcher",
        "-m fastchat.serve.model_worker",
        "-m fastchat.serve.vllm_worker",
        "tabby serve",
        "-m lightllm.server.api_server",
        "koboldcpp",
        "koboldcpp.py",
    ),
    options=(
        models("--model-id", "--model", "--model-path", "-m", "--model_dir"),
        models("--chat-model", form=Form.OWNED, only_text=True),
        models("--tokenizer", role=Role.TOKENIZER),
        revision("--revision"),
        models("--adapter-id", role=Role.ADAPTER),
        models("--tok-model-id", role=Role.TOKENIZER),
        many(models("--lora-modules", "--lora", role=Role.ADAPTER), keyed=True),
        code("--trust-remote-code"),
        values(
            "--port",
            "--host",
            "--served-model-name",
            "--device",
            "--num-gpus",
            "--quantized-filename",
            "--dtype",
            "--controller-address",
            "--worker-address",
            "--model-names",
            "--isq",
            "--tp",
            "--max_total_token_num",
        ),
    ),
    positional=models("model"),
    variables=(
        models("MODEL_ID", "MODEL_NAME", form=Form.OWNED, only_text=True),
        revision("REVISION"),
        code("TRUST_REMOTE_CODE"),
    ),
    pin_option="--revision",
)

RTP_LLM = Engine(
    name="rtp-llm",
    title="RTP-LLM",
    images=(r"rtp-?llm", r"maga_transformer"),
    commands=("-m maga_transformer.start_server", "-m rtp_llm.start_server", "start_server.sh"),
    options=(
        models("--checkpoint_path"),
        models("--tokenizer_path", role=Role.TOKENIZER),
        values("--model_type", "--tp_size", "--start_port"),
    ),
    variables=(
        models("CHECKPOINT_PATH"),
        models("TOKENIZER_PATH", role=Role.TOKENIZER),
        models("PTUNING_PATH", role=Role.ADAPTER, form=Form.PATH),
        models("LORA_INFO", role=Role.ADAPTER, form=Form.PATH, only_text=True),
    ),
)

DOCLING = Engine(
    name="docling",
    title="Docling and other pipelines with built-in models",
    images=(r"docling-serve", r"docling_serve", r"(^|/)unstructured-api", r"(^|/)presidio-image"),
    commands=("docling-serve run", "docling-serve"),
    image_is_model=True,
)

HF_TOOLKIT = Engine(
    name="huggingface-toolkit",
    title="Hugging Face inference toolkit",
    images=(
        r"huggingface-pytorch-inference",
        r"huggingface-inference",
        r"(^|/)hf-endpoints",
        r"inference-pytorch-gpu",
    ),
    commands=("hf-inference-toolkit",),
    style=Style.EXACT,
    variables=(
        models("HF_MODEL_ID"),
        revision("HF_REVISION", "HF_MODEL_REVISION"),
        Option(("HF_MODEL_DIR",), Means.STORE, form=Form.PATH),
        code("HF_TRUST_REMOTE_CODE"),
    ),
    pin_variable="HF_REVISION",
)

DJL = Engine(
    name="djl",
    title="DJL Serving (LMI)",
    images=(r"djl-serving", r"djl-inference", r"djl-lmi"),
    commands=("djl-serving", "/usr/local/bin/dockerd-entrypoint.sh"),
    style=Style.EXACT,
    options=(values("-m", "-p"),),
    variables=(
        models("HF_MODEL_ID", "OPTION_MODEL_ID"),
        revision("HF_REVISION", "OPTION_REVISION"),
        code("OPTION_TRUST_REMOTE_CODE", "HF_TRUST_REMOTE_CODE"),
        models("OPTION_SPECULATIVE_DRAFT_MODEL", role=Role.DRAFT),
        Option(("SERVING_LOAD_MODELS",), Means.VALUE),
    ),
    pin_variable="OPTION_REVISION",
)

LLAMA_SWAP = Engine(
    name="llama-swap",
    title="llama-swap",
    images=(r"llama-swap",),
    commands=("llama-swap", "/app/llama-swap"),
    style=Style.EXACT,
    options=(
        Option(
            ("--config", "-config"),
            Means.DOCUMENT,
            members=(Option(("models.*.cmd",), Means.PROGRAM),),
        ),
        Option(("--watch-config", "-watch-config"), Means.LOADING),
        values("--listen", "-listen"),
    ),
)
"""Its configuration holds command lines of other servers."""
