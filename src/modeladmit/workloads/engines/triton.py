"""NVIDIA Triton: repositories as paths or bucket URIs; `explicit` and `poll` let models come later."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, Style, models, switches, values

_DOCUMENTS = (
    Option(  # vLLM's backend: its engine's arguments
        ("model.json",),
        Means.DOCUMENT,
        members=(
            Option(("model",)),
            Option(("tokenizer",), role=Role.TOKENIZER),
            Option(("speculative_model", "speculative_config.model"), role=Role.DRAFT),
            Option(("trust_remote_code",), Means.CODE, Role.CODE),
        ),
    ),
    Option(  # parameters of TensorRT-LLM's backend and of its tokenizing models
        ("config.pbtxt",),
        Means.TEXT_PROTO,
        members=(
            Option(
                ("gpt_model_path", "engine_dir", "encoder_model_path", "decoder_model_path"),
                form=Form.PATH,
                only_text=True,
            ),
            Option(("tokenizer_dir",), role=Role.TOKENIZER, only_text=True),
        ),
    ),
)
"""What a repository's own files name, where a ConfigMap of the stream holds them."""

_OPTIONS = (
    models(
        "--model-repository",
        "--model-store",
        "--model_repo",
        "--model_repository",
        form=Form.PATH,
        repeated=True,
        documents=_DOCUMENTS,
    ),
    models("--tokenizer", role=Role.TOKENIZER),
    Option(("--model-control-mode",), Means.LOADING, when=("explicit", "poll")),
    Option(("--backend-directory", "--repoagent-directory"), Means.VALUE, Role.CODE),
    values(
        "--load-model",
        "--http-port",
        "--grpc-port",
        "--metrics-port",
        "--log-verbose",
        "--backend-config",
        "--repository-poll-secs",
        "--world_size",
        "--grpc_port",
        "--http_port",
        "--metrics_port",
        "--pinned-memory-pool-byte-size",
        "--cuda-memory-pool-byte-size",
        "--log-file",
        "--tritonserver",
        "--model-load-thread-count",
        "--rate-limit",
        "--cache-config",
        "--min-supported-compute-capability",
        "--exit-timeout-secs",
        "--tensorrt_llm_model_name",
    ),
    switches(
        "--strict-readiness",
        "--exit-on-error",
        "--strict-model-config",
        "--disable-auto-complete-config",
        "--log",
        "--force",
        "--allow-http",
        "--allow-grpc",
        "--allow-metrics",
        "--multi-model",
        "--allow-gpu-metrics",
    ),
)

ENGINE = Engine(
    name="triton",
    title="Triton Inference Server",
    images=(
        r"tritonserver",
        r"triton-?inference-?server",
        r"(^|/)triton(-server|-llm|-trt-llm|-vllm)?$",
        r"triton_trtllm",
        r"triton-trtllm",
    ),
    exclude_images=(r"-sdk$|client|perf|trtllm-converter",),
    commands=(
        "tritonserver",
        "launch_triton_server.py",
        "*launch_triton_server.py",
        "fastapi_triton",
    ),
    style=Style.EXACT,
    options=_OPTIONS,
    variables=(
        models("TRITON_MODEL_REPOSITORY", "MODEL_REPOSITORY", "TRITON_MODEL_REPO", form=Form.PATH),
    ),
    signal_options=("--model-repository",),
)

PYTRITON = Engine(
    name="pytriton",
    title="NeMo and PyTriton",
    images=(
        r"(^|/)nemofw-inference",
        r"(^|/)nemo-?framework",
        r"(^|/)ga-participants/nemofw-inference",
    ),
    commands=(
        "deploy_triton.py",
        "*deploy_triton.py",
        "deploy_inframework_triton.py",
        "deploy_vllm_triton.py",
    ),
    options=(
        models("--nemo_checkpoint", "--hf_model_id_path", "--model_path_id", "-nc"),
        models("--lora_ckpt", role=Role.ADAPTER, form=Form.PATH),
        values(
            "--model_type",
            "--triton_model_name",
            "--triton_model_repository",
            "--num_gpus",
            "--max_input_len",
            "--max_output_len",
            "--tensor_parallelism_size",
        ),
    ),
)
