"""SGLang: sglang/srt/server_args.py, argparse."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, code, many, models, revision, switches, values

OPTIONS = (
    models("--model-path", "--model"),
    revision("--revision"),
    models("--tokenizer-path", role=Role.TOKENIZER),
    many(models("--lora-paths", role=Role.ADAPTER), keyed=True),
    models("--speculative-draft-model-path", "--speculative-draft-model", role=Role.DRAFT),
    revision("--speculative-draft-model-revision", role=Role.DRAFT),
    models("--speculative-token-map", role=Role.CONFIG, form=Form.OWNED),
    code("--trust-remote-code"),
    Option(("--config",), Means.CONFIG),
    Option(("--model-loader-extra-config",), Means.JSON, members=(models("tensorizer_uri", form=Form.URL),)),
    Option(("--custom-sigquit-handler", "--tool-server"), Means.VALUE),
    values(
        "--load-format", "--tp", "--tp-size", "--tensor-parallel-size", "--dp", "--dp-size", "--data-parallel-size", "--pp-size", "--ep-size", "--ep", "--host", "--port", "--dtype",
        "--mem-fraction-static", "--context-length", "--served-model-name", "--chat-template", "--quantization", "--kv-cache-dtype", "--max-running-requests", "--dist-init-addr",
        "--nnodes", "--node-rank", "--nccl-init", "--device", "--attention-backend", "--sampling-backend", "--tool-call-parser", "--reasoning-parser", "--disaggregation-mode",
        "--disaggregation-ib-device", "--disaggregation-transfer-backend", "--disaggregation-bootstrap-port", "--page-size", "--chunked-prefill-size", "--max-prefill-tokens", "--schedule-policy",
        "--speculative-algorithm", "--speculative-num-steps", "--speculative-eagle-topk", "--speculative-num-draft-tokens", "--api-key", "--log-level", "--max-total-tokens", "--cuda-graph-max-bs", "--cuda-graph-bs",
        "--moe-a2a-backend", "--deepep-mode", "--random-seed", "--hicache-ratio", "--hicache-size", "--hicache-storage-backend", "--max-loras-per-batch", "--max-lora-rank", "--lora-target-modules", "--lora-backend",
        "--tokenizer-mode", "--json-model-override-args", "--preferred-sampling-params", "--watchdog-timeout", "--stream-interval", "--base-gpu-id", "--gpu-id-step", "--download-dir", "--weight-version",
        "--kv-events-config", "--grammar-backend", "--mm-attention-backend", "--fp8-gemm-backend", "--moe-runner-backend", "--completion-template", "--file-storage-path", "--moe-dense-tp-size", "--hicache-write-policy",
    ),
    switches(
        "--enable-metrics", "--disable-radix-cache", "--enable-dp-attention", "--enable-mixed-chunk", "--disable-cuda-graph", "--enable-torch-compile", "--is-embedding", "--skip-tokenizer-init", "--enable-ep-moe",
        "--enable-deepep-moe", "--enable-eplb", "--disable-overlap-schedule", "--enable-cache-report", "--enable-hierarchical-cache", "--log-requests", "--enable-multimodal", "--enable-lora", "--enable-p2p-check", "--enable-mla",
        "--disable-custom-all-reduce", "--enable-flashinfer", "--enable-nan-detection", "--enable-memory-saver", "--allow-auto-truncate", "--enable-two-batch-overlap", "--trtllm-mha", "--enable-metrics-for-all-schedulers",
    ),
)

ENGINE = Engine(
    name="sglang",
    title="SGLang",
    images=(r"(^|/)sglang(-[a-z0-9]+)?$", r"(^|/)lmsysorg/sglang", r"(^|/)sgl-(?!router|model|kernel)[a-z]+$", r"sglang-(runtime|server|rocm)"),
    exclude_images=(r"router|gateway|bench",),
    commands=("-m sglang.launch_server", "sglang serve", "-m sglang.launch_server_*", "sglang launch_server", "-m sglang_router.launch_server"),
    options=OPTIONS,
    positional=None,
    signal_options=("--mem-fraction-static", "--tp-size", "--tp", "--max-running-requests", "--disaggregation-mode", "--speculative-algorithm"),
    hub_switches=(("SGLANG_USE_MODELSCOPE", "modelscope"),),
    pin_option="--revision",
)
