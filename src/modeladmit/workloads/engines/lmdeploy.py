"""LMDeploy: `lmdeploy serve api_server M`, argparse. `--model-name` is a served name."""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Means, Option, code, many, models, revision, values

ENGINE = Engine(
    name="lmdeploy",
    title="LMDeploy",
    images=(r"(^|/)lmdeploy(-[a-z0-9]+)?$", r"openmmlab/lmdeploy"),
    commands=(
        "lmdeploy serve api_server",
        "lmdeploy serve gradio",
        "-m lmdeploy serve api_server",
        "lmdeploy chat",
    ),
    options=(
        revision("--revision"),
        many(models("--adapters", role=Role.ADAPTER), keyed=True),
        code("--trust-remote-code"),
        models("--speculative-draft-model", role=Role.DRAFT),
        Option(("--download-dir",), Means.VALUE),
        values(
            "--model-name",
            "--tp",
            "--server-port",
            "--server-name",
            "--backend",
            "--session-len",
            "--cache-max-entry-count",
            "--model-format",
            "--quant-policy",
            "--dp",
            "--ep",
            "--api-keys",
            "--chat-template",
            "--log-level",
            "--max-batch-size",
            "--dtype",
            "--proxy-url",
            "--role",
            "--nnodes",
            "--node-rank",
            "--tool-call-parser",
            "--reasoning-parser",
            "--device",
        ),
    ),
    positional=models("model"),
    signal_options=("--cache-max-entry-count", "--session-len"),
    hub_switches=(("LMDEPLOY_USE_MODELSCOPE", "modelscope"),),
    pin_option="--revision",
)
