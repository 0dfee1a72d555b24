"""DeepSparse: sparse models on CPUs, from its own zoo or a hub (`hf:owner/name`)."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Style, models, values

ENGINE = Engine(
    name="deepsparse",
    title="DeepSparse",
    images=(r"deepsparse",),
    exclude_images=(r"benchmark|client|ui$",),
    commands=("deepsparse.server", "deepsparse.openai"),
    style=Style.EXACT,
    options=(
        models("--model_path", "--model-path", "--model_paths"),
        models("--tokenizer", role=Role.TOKENIZER),
        values(
            "--integration",
            "--task",
            "--port",
            "--host",
            "--batch_size",
            "--num_cores",
            "--sequence_length",
            "--loggers",
            "--config_file",
        ),
    ),
)
