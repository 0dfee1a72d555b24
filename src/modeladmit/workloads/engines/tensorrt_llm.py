"""TensorRT-LLM's own server, `trtllm-serve`."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import (
    Engine,
    Means,
    Option,
    Style,
    code,
    models,
    revision,
    switches,
    values,
)

ENGINE = Engine(
    name="tensorrt-llm",
    title="TensorRT-LLM",
    images=(r"tensorrt-?llm", r"(^|/)trtllm(-[a-z0-9]+)?$", r"(^|/)trt-llm"),
    exclude_images=(r"client|bench|convert",),
    commands=(
        "trtllm-serve serve",
        "trtllm-serve",
        "-m tensorrt_llm.commands.serve",
        "-m tensorrt_llm.commands.serve serve",
    ),
    style=Style.EXACT,
    options=(
        models("--tokenizer", role=Role.TOKENIZER),
        models("--model"),
        revision("--revision", "--hf_revision"),
        Option(("--config", "--extra_llm_api_options", "--config_file", "-c"), Means.CONFIG),
        Option(("--custom_tokenizer",), Means.PLUGIN, Role.CODE),
        Option(("--custom_module_dirs",), Means.PLUGIN, Role.CODE),
        code("--trust_remote_code"),
        Option(
            ("--speculative_config",),
            Means.JSON,
            Role.DRAFT,
            members=(models("speculative_model_dir", "speculative_model", role=Role.DRAFT),),
        ),
        models("--speculative_model", "--speculative_model_dir", role=Role.DRAFT),
        values(
            "--backend",
            "--host",
            "--port",
            "--max_batch_size",
            "--max_num_tokens",
            "--max_seq_len",
            "--tp_size",
            "--pp_size",
            "--ep_size",
            "--gpus_per_node",
            "--kv_cache_free_gpu_memory_fraction",
            "--num_postprocess_workers",
            "--reasoning_parser",
            "--metadata_server_config_file",
            "--server_role",
            "--log_level",
            "--max_beam_width",
            "--cluster_size",
            "--chat_template",
            "--tool_parser",
        ),
        switches("--fail_fast_on_attention_window_too_large", "--enable_chunked_prefill"),
    ),
    positional=models("model"),
    signal_options=(
        "--kv_cache_free_gpu_memory_fraction",
        "--extra_llm_api_options",
        "--max_num_tokens",
    ),
    pin_option=None,
)

OPENAI_SERVER = Engine(
    name="tensorrt-llm-script",
    title="TensorRT-LLM",
    commands=("openai_server.py", "*openai_server.py"),
    options=(models("model"), models("--tokenizer", role=Role.TOKENIZER)),
    positional=models("model"),
)
