"""NVIDIA NIM: the image is the model, unless a generic image is told another one.

docs.nvidia.com/nim, environment variables of 1.x (`NIM_MODEL_NAME`) and 2.x (`NIM_MODEL_PATH`).
"""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, Style, code, models

VARIABLES = (
    models("NIM_MODEL_PATH", "NIM_MODEL_NAME", form=Form.URL, only_text=True),
    models("NIM_REPOSITORY_OVERRIDE", form=Form.URL),
    models("NIM_PEFT_SOURCE", role=Role.ADAPTER, form=Form.PATH),
    models("NIM_TOKENIZER", "NIM_TOKENIZER_PATH", role=Role.TOKENIZER),
    models("NIM_CUSTOM_MODEL", "NIM_FT_MODEL", form=Form.PATH),
    code("NIM_FORCE_TRUST_REMOTE_CODE", "NIM_TRUST_REMOTE_CODE"),
    Option(("NIM_PEFT_REFRESH_INTERVAL",), Means.LOADING, Role.ADAPTER),
)

ENGINE = Engine(
    name="nim",
    title="NVIDIA NIM",
    images=(
        r"(^|/)nvcr\.io/nim/(?!.*(nim-operator|k8s-nim))",
        r"(^|/)nim/(meta|nvidia|mistralai|microsoft|google|baai|snowflake|deepseek-ai|qwen|openai|ibm|nv-mistralai|mit|university|ipd|deepmind|openfold)/",
    ),
    exclude_images=(
        r"nim-operator|/nemo-microservices/|rag-playground|rag-server|benchmark|customizer|guardrails|evaluator",
    ),
    style=Style.EXACT,
    variables=VARIABLES,
    commands=("/opt/nim/start_server.sh", "/opt/nim/start-server.sh"),
    image_is_model=True,
)

GENERIC_IMAGES = (
    r"/model-free-nim$",
    r"/llm-nim$",
    r"/vllm-nim$",
    r"/multi-llm$",
    r"/trtllm-nim$",
    r"/sglang-nim$",
)
"""Images that hold no model of their own."""

DOWNLOAD = Engine(
    name="nim-download",
    title="NVIDIA NIM",
    commands=(
        "download-to-cache",
        "nim-download-to-cache",
        "create-model-store",
        "nim_download_to_cache",
    ),
    style=Style.EXACT,
    variables=VARIABLES,
    needs_model=False,
    serves=False,
    image_is_model=True,
)
