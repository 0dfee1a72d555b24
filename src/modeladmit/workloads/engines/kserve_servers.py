"""KServe's own servers: huggingfaceserver, sklearnserver and the like, caikit and TGIS."""

from modeladmit.core.workload import Role
from modeladmit.workloads.engines.vllm import LORA, SPECULATIVE
from modeladmit.workloads.tables import Engine, Form, Means, Option, code, models, revision, values

HUGGINGFACE = Engine(
    name="kserve-huggingface",
    title="KServe Hugging Face server",
    images=(r"kserve/huggingfaceserver", r"(^|/)huggingfaceserver"),
    commands=("-m huggingfaceserver",),
    options=(
        models("--model_id"),
        models("--model_dir", "--model-dir", form=Form.PATH),
        models("--model"),
        revision("--model_revision", "--revision"),
        models("--tokenizer", role=Role.TOKENIZER),
        revision("--tokenizer_revision", "--tokenizer-revision", role=Role.TOKENIZER),
        code("--trust_remote_code"),
        LORA,
        SPECULATIVE,
        values(
            "--model_name",
            "--max_length",
            "--dtype",
            "--backend",
            "--task",
            "--http_port",
            "--tensor-parallel-size",
            "--max-model-len",
            "--pipeline-parallel-size",
            "--return_token_type_ids",
            "--tensor_input_names",
            "--served-model-name",
            "--gpu-memory-utilization",
            "--max_model_len",
            "--quantization",
            "--max-num-seqs",
            "--chat-template",
            "--tool-call-parser",
        ),
    ),
    variables=(models("MODEL_ID"), models("MODEL_DIR", form=Form.PATH)),
    signal_options=("--model_id", "--model_dir", "--tensor-parallel-size"),
    pin_option="--model_revision",
)

PREDICTORS = Engine(
    name="kserve-predictor",
    title="KServe predictors",
    images=(
        r"kserve/(sklearnserver|xgbserver|lgbserver|paddleserver|pmmlserver|predictiveserver|artexplainer|aiffairness|custom-model[^/]*|sklearn|router)$",
        r"kfserving/(sklearnserver|xgbserver|lgbserver|paddleserver|pmmlserver|pytorchserver)",
        r"(sklearnserver|xgbserver|lgbserver|pmmlserver)$",
    ),
    exclude_images=(r"kserve/router",),
    commands=(
        "-m sklearnserver",
        "-m xgbserver",
        "-m lgbserver",
        "-m paddleserver",
        "-m pmmlserver",
        "-m artserver",
        "-m pytorchserver",
    ),
    options=(
        models("--model_dir", "--model-dir", "--storage_uri", form=Form.PATH),
        values("--model_name", "--http_port", "--workers", "--nthread", "--predictor_host"),
    ),
    variables=(models("STORAGE_URI", form=Form.URL),),
)

CAIKIT = Engine(
    name="caikit",
    title="Caikit and TGIS",
    images=(r"caikit", r"text-generation-inference-server", r"tgis"),
    exclude_images=(r"client|gateway",),
    commands=(
        "text-generation-launcher --model-name",
        "-m caikit.runtime",
        "-m caikit_health_probe",
    ),
    options=(
        models("--model-name", form=Form.PATH),
        revision("--revision"),
        values(
            "--deployment-framework",
            "--num-gpus",
            "--max-batch-size",
            "--max-concurrent-requests",
            "--dtype",
            "--max-sequence-length",
        ),
    ),
    variables=(
        models("RUNTIME_LOCAL_MODELS_DIR", form=Form.PATH),
        models("MODEL_NAME", form=Form.PATH),
        models("LORA_ADAPTER_CACHE", "ADAPTER_CACHE", role=Role.ADAPTER, form=Form.PATH),
    ),
)
DETECTORS = Engine(
    name="guardrails-detector",
    title="Guardrails detectors",
    images=(r"guardrails-detector", r"trustyai.*detector", r"detector-huggingface"),
    variables=(
        models("MODEL_DIR", form=Form.PATH),
        Option(("SAFE_TENSORS",), Means.VALUE, Role.WEIGHTS),
    ),
    commands=("-m detectors.*",),
)
