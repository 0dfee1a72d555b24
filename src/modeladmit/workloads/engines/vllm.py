"""vLLM: `vllm serve M`, the OpenAI API server module, and what is built on its parser.

vllm/engine/arg_utils.py and vllm/utils/argparse_utils.py: argparse with abbreviations, underscores, dotted JSON;
the command line wins over `--config`, of two options the last counts.
"""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, code, many, models, revision, switches, values

SPECULATIVE = Option(
    ("--speculative-config",),
    Means.JSON,
    Role.DRAFT,
    members=(
        models("model", role=Role.DRAFT, only_text=True),
        revision("revision", role=Role.DRAFT),
        Option(("code_revision",), Means.VALUE),
    ),
)
LOADER = Option(
    ("--model-loader-extra-config",),
    Means.JSON,
    members=(models("tensorizer_uri", "tensorizer_dir", form=Form.URL),),
)
LORA = many(
    models("--lora-modules", "--default-mm-loras", role=Role.ADAPTER),
    keyed=True,
)

OPTIONS = (
    models("--model", "-m"),
    revision("--revision"),
    models("--tokenizer", role=Role.TOKENIZER),
    revision("--tokenizer-revision", role=Role.TOKENIZER),
    revision("--code-revision", role=Role.CODE),
    models("--hf-config-path", role=Role.CONFIG),
    Option(("--generation-config",), Means.MODEL, Role.CONFIG, Form.OWNED, only_text=True),
    code("--trust-remote-code"),
    LORA,
    SPECULATIVE,
    models("--speculative-model", role=Role.DRAFT, only_text=True),
    revision("--speculative-model-revision", role=Role.DRAFT),
    models("--qlora-adapter-name-or-path", role=Role.ADAPTER),
    LOADER,
    Option(("--config",), Means.CONFIG),
    Option(
        (
            "--logits-processors",
            "--io-processor-plugin",
            "--reasoning-parser-plugin",
            "--tool-parser-plugin",
            "--middleware",
            "--worker-cls",
            "--worker-extension-cls",
            "--scheduler-cls",
            "--distributed-executor-backend-cls",
        ),
        Means.PLUGIN,
        Role.CODE,
        repeated=True,
    ),
    Option(("--load-format",), Means.VALUE),
    many(values("--served-model-name", "--cudagraph-capture-sizes", "--allowed-origins", "--allowed-methods", "--allowed-headers")),
    values(
        "--hf-overrides", "--config-format", "--chat-template", "--download-dir", "--host", "--port",
        "--dtype", "--max-model-len", "--quantization", "-q", "--tensor-parallel-size", "-tp", "--pipeline-parallel-size",
        "-pp", "--data-parallel-size", "-dp", "--gpu-memory-utilization", "--max-num-seqs", "--max-num-batched-tokens",
        "--block-size", "--seed", "--swap-space", "--cpu-offload-gb", "--kv-cache-dtype", "--kv-transfer-config",
        "--kv-events-config", "--compilation-config", "--tool-call-parser", "--reasoning-parser", "--tokenizer-mode",
        "--task", "--runner", "--convert", "--limit-mm-per-prompt", "--mm-processor-kwargs", "--max-loras",
        "--max-lora-rank", "--max-cpu-loras", "--lora-dtype", "--distributed-executor-backend", "--device", "--api-key",
        "--uvicorn-log-level", "--ssl-keyfile", "--ssl-certfile", "--ssl-ca-certs", "--root-path",
        "--otlp-traces-endpoint", "--override-pooler-config", "--override-generation-config", "--guided-decoding-backend",
        "--structured-outputs-config", "--max-seq-len-to-capture", "--num-gpu-blocks-override", "--attention-backend",
        "--rope-scaling", "--rope-theta", "--model-impl", "--data-parallel-address", "--data-parallel-rpc-port",
        "--data-parallel-size-local", "--data-parallel-start-rank", "--data-parallel-backend", "--all2all-backend",
        "--num-speculative-tokens", "--ignore-patterns", "--response-role", "--max-log-len", "--log-config-file",
        "--scheduling-policy", "--hf-token", "--additional-config", "--api-server-count", "-asc", "--nnodes", "--node-rank",
        "--master-addr", "--master-port", "--prefix-caching-hash-algo", "--mamba-ssm-cache-dtype", "--swap-blocks",
        "--speculative-draft-tensor-parallel-size", "--speculative-disable-by-batch-size", "--ngram-prompt-lookup-max",
        "--chat-template-content-format", "--allowed-local-media-path", "--fully-sharded-loras-path", "--pooler-config",
        "--max-parallel-loading-workers", "--long-prefill-token-threshold", "--num-scheduler-steps", "--dcp",
    ),
    switches(
        "--enable-lora", "--enable-prefix-caching", "--enable-chunked-prefill", "--enforce-eager", "--enable-auto-tool-choice",
        "--disable-log-requests", "--disable-log-stats", "--enable-expert-parallel", "-ep", "--enable-reasoning", "--headless",
        "--enable-eplb", "--disable-custom-all-reduce", "--enable-sleep-mode", "--enable-dbo", "--async-scheduling",
        "--enable-log-requests", "--enable-log-outputs", "--disable-uvicorn-access-log", "--return-tokens-as-token-ids",
        "--enable-prompt-tokens-details", "--enable-server-load-tracking", "--fully-sharded-loras", "--enable-lora-bias",
        "--skip-tokenizer-init", "--use-v2-block-manager", "--disable-sliding-window", "--disable-frontend-multiprocessing",
        "--enable-request-id-headers", "--enable-mm-embeds", "--grpc", "--data-parallel-hybrid-lb", "-dpr",
        "--data-parallel-external-lb", "--allow-credentials", "--multi-step-stream-outputs", "--enable-force-include-usage",
        "--enable-prompt-embeds", "--disable-fastapi-docs", "--calculate-kv-scales", "--disable-async-output-proc",
        "--disable-hybrid-kv-cache-manager", "--disable-mm-preprocessor-cache", "--exclude-tools-when-tool-choice-none",
        "--enable-multimodal-encoder-data-parallel", "--enable-tokenizer-info-endpoint", "--language-model-only",
    ),
)

VARIABLES = (
    Option(("VLLM_MODEL_REDIRECT_PATH",), Means.REDIRECT),
    Option(("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "VLLM_SERVER_DEV_MODE"), Means.LOADING, Role.ADAPTER),
    Option(("VLLM_LORA_RESOLVER_CACHE_DIR",), Means.MODEL, Role.ADAPTER, Form.PATH),
    Option(("VLLM_LORA_RESOLVER_HF_REPO_LIST",), Means.MODEL, Role.ADAPTER, separator=","),
)

ENGINE = Engine(
    name="vllm",
    title="vLLM",
    images=(
        r"(^|/)vllm-(openai|cpu|gpu|tpu|rocm|neuron|hpu|gaudi|xpu|ascend|spyre|dev)[^/]*$",
        r"(^|/)vllm$",
        r"(^|/)[^/]*vllm-(rocm|openai|cpu|gaudi|neuron|inference|serve|server|cuda|runtime|tpu|d)[^/]*$",
        r"(^|/)llm-d(-cuda|-xpu|-aws|-hpu|-cpu|-rocm|-gpu)?(-dev)?$",
        r"(^|/)pytorch-inference-neuronx[^/]*vllm", r"(^|/)(djl|vllm)-inference[^/]*vllm", r"(^|/)rocm/vllm", r"(^|/)vllm/[^/]*$",
    ),
    exclude_images=(r"(router|gateway|proxy|metrics|client|benchmark|bench|sim|ui|exporter|operator|controller|semantic|chat|stack-router|syncer|sidecar|nginx|web)[^/]*$",),
    commands=(
        "vllm serve",
        "vllm run-batch",
        "vllm bench latency",
        "vllm bench throughput",
        "-m vllm.entrypoints.openai.api_server",
        "-m vllm.entrypoints.api_server",
        "-m vllm.entrypoints.*",
        "-m vllm_omni.entrypoints.*",
        "-m vllm",
    ),
    options=OPTIONS,
    positional=models("model"),
    variables=VARIABLES,
    signal_options=(
        "--tensor-parallel-size", "--max-model-len", "--gpu-memory-utilization", "--max-num-seqs", "--served-model-name",
        "--enforce-eager", "--enable-prefix-caching", "--pipeline-parallel-size", "--max-num-batched-tokens", "--lora-modules",
        "--kv-cache-dtype", "--enable-chunked-prefill", "--data-parallel-size", "--enable-lora", "--max-loras",
    ),
    hub_switches=(("VLLM_USE_MODELSCOPE", "modelscope"),),
    default="the default model of the vLLM version",
    pin_option="--revision",
)

LORA_SYNCER = Engine(
    name="lora-syncer",
    title="LoRA syncer",
    images=(r"lora-syncer",),
    variables=(
        Option(
            ("DYNAMIC_LORA_ROLLOUT_CONFIG",),
            Means.DOCUMENT,
            Role.ADAPTER,
            members=(Option(("vLLMLoRAConfig.ensureExist.models[].source",), Means.MODEL, Role.ADAPTER),),
        ),
    ),
    needs_model=False,
    serves=False,
)
"""A sidecar that makes vLLM load the adapters of a ConfigMap."""

SIMULATOR = Engine(
    name="simulator",
    title="an inference simulator",
    images=(r"inference-sim$", r"vllm-sim(ulator)?$", r"mock-?vllm", r"vllm-mock", r"fake-?openai"),
    options=(models("--model", role=Role.UNKNOWN), many(Option(("--lora-modules",), Means.VALUE)), values("--port", "--max-loras", "--mode", "--served-model-name")),
    needs_model=False,
)
"""Loads no weights; it may fetch a tokenizer."""

CLIENT = Engine(
    name="vllm-client",
    title="a vLLM client",
    commands=("vllm bench serve", "vllm bench sweep", "vllm chat", "vllm complete", "vllm collect-env"),
    options=(values("--model", "--tokenizer", "--dataset-name", "--base-url"),),
    needs_model=False,
    serves=False,
)
