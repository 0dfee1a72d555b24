"""Text Embeddings Inference: router/src/main.rs, clap: an option wins over its variable."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import (
    Engine,
    Form,
    Means,
    Option,
    Style,
    models,
    revision,
    switches,
    values,
)

ENGINE = Engine(
    name="tei",
    title="Text Embeddings Inference",
    images=(r"text-embeddings-inference", r"(^|/)tei(-[a-z]+)?$", r"(^|/)tei-gaudi$"),
    exclude_images=(r"(^|/)opea/", r"benchmark"),
    commands=("text-embeddings-router",),
    style=Style.EXACT,
    options=(
        models("--model-id"),
        revision("--revision"),
        Option(("--dense-path",), Means.VALUE, Role.CONFIG, Form.PATH),
        values(
            "--dtype",
            "--pooling",
            "--port",
            "-p",
            "--hostname",
            "--max-concurrent-requests",
            "--max-batch-tokens",
            "--max-client-batch-size",
            "--hf-api-token",
            "--hf-token",
            "--huggingface-hub-cache",
            "--payload-limit",
            "--api-key",
            "--otlp-endpoint",
            "--tokenization-workers",
            "--uds-path",
            "--default-prompt",
            "--prometheus-port",
        ),
        switches("--auto-truncate", "--json-output", "--disable-spans"),
    ),
    variables=(models("MODEL_ID", "HF_MODEL_ID"), revision("REVISION")),
    signal_options=("--max-batch-tokens",),
    default="BAAI/bge-large-en-v1.5",
    pin_option="--revision",
    pin_variable="REVISION",
)
