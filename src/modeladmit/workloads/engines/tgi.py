"""Text Generation Inference: launcher/src/main.rs, clap: an option wins over its variable."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, Style, code, models, revision, switches, values

ENGINE = Engine(
    name="tgi",
    title="Text Generation Inference",
    images=(r"text-generation-inference", r"(^|/)tgi(-[a-z]+)?$", r"neuronx-tgi", r"huggingface-pytorch-tgi", r"(^|/)tgi-gaudi$", r"text-generation-launcher"),
    exclude_images=(r"(^|/)opea/", r"benchmark"),
    commands=("text-generation-launcher", "text-generation-server serve", "text-generation-router"),
    style=Style.EXACT,
    options=(
        models("--model-id"),
        revision("--revision"),
        models("--tokenizer-name", role=Role.TOKENIZER),
        models("--lora-adapters", role=Role.ADAPTER, separator=",", keyed=True),
        Option(("--tokenizer-config-path",), Means.MODEL, Role.CONFIG, Form.PATH),
        code("--trust-remote-code"),
        values(
            "--quantize", "--num-shard", "--max-input-length", "--max-total-tokens", "--max-batch-prefill-tokens", "--max-concurrent-requests",
            "--port", "-p", "--hostname", "--speculate", "--dtype", "--sharded", "--max-input-tokens", "--max-batch-size", "--cuda-memory-fraction", "--huggingface-hub-cache",
            "--weights-cache-override", "--max-waiting-tokens", "--master-port", "--shard-uds-path", "--rope-factor", "--rope-scaling", "--watermark-gamma", "--kv-cache-dtype",
            "--max-batch-total-tokens", "--max-client-batch-size", "--cuda-graphs", "--payload-limit", "--validation-workers", "--max-best-of", "--otlp-endpoint",
        ),
        switches("--json-output", "--disable-custom-kernels", "--disable-grammar-support", "--env", "--disable-usage-stats", "--enable-prefill-logprobs"),
    ),
    variables=(
        models("MODEL_ID", "HF_MODEL_ID"),
        revision("REVISION"),
        models("LORA_ADAPTERS", role=Role.ADAPTER, separator=",", keyed=True),
        models("TOKENIZER_NAME", role=Role.TOKENIZER),
        Option(("TOKENIZER_CONFIG_PATH",), Means.MODEL, Role.CONFIG, Form.PATH),
        code("TRUST_REMOTE_CODE", "HF_MODEL_TRUST_REMOTE_CODE"),
    ),
    signal_options=("--max-batch-prefill-tokens", "--max-total-tokens", "--num-shard", "--max-input-length"),
    default="bigscience/bloom-560m",
    pin_option="--revision",
    pin_variable="REVISION",
)
