"""JetStream on PyTorch/XLA, and MaxText, whose options are `key=value` without dashes."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Style, models, values

JETSTREAM = Engine(
    name="jetstream",
    title="JetStream",
    images=(
        r"jetstream-?pytorch",
        r"pytorch-?jetstream",
        r"jetstream-pt",
        r"(^|/)jetstream$",
        r"optimum-tpu",
        r"/jetstream-pytorch-server",
    ),
    exclude_images=(r"jetstream-http|client",),
    commands=("jpt serve", "jpt", "run_server.py", "*run_server.py", "-m jetstream_pt.cli"),
    style=Style.EXACT,
    options=(
        models("--model_id", "--model-id"),
        models("--checkpoint_path", "--internal_checkpoint_path", form=Form.PATH),
        models("--tokenizer_path", role=Role.TOKENIZER, form=Form.PATH),
        values(
            "--model_name",
            "--size",
            "--batch_size",
            "--max_cache_length",
            "--sharding_config",
            "--override_batch_size",
            "--platform",
            "--param_size",
            "--quantize_weights",
            "--quantize_kv_cache",
            "--working_dir",
            "--hf_token",
        ),
    ),
    signal_options=("--override_batch_size", "--max_cache_length"),
)

MAXTEXT = Engine(
    name="maxtext",
    title="MaxText",
    images=(r"maxtext", r"maxengine", r"jetstream-maxtext"),
    commands=(
        "maxengine_server.py",
        "*maxengine_server.py",
        "-m MaxText.maxengine_server",
        "*MaxText/decode.py",
        "-m MaxText.decode",
    ),
    style=Style.PAIRS,
    options=(
        models("load_parameters_path", form=Form.PATH),
        models("tokenizer_path", role=Role.TOKENIZER, form=Form.PATH),
        models("load_full_state_path", form=Form.PATH),
        models("lora_input_adapters_path", role=Role.ADAPTER, form=Form.PATH),
    ),
    signal_options=("max_prefill_predict_length", "ici_tensor_parallelism"),
)
