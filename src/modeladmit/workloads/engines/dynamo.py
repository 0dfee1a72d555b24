"""NVIDIA Dynamo workers: the options of the engine behind each, and Dynamo's own names for them."""

from dataclasses import replace

from modeladmit.workloads.engines import custom, sglang, tensorrt_llm, vllm
from modeladmit.workloads.tables import models, values

_OWN = values(
    "--connector",
    "--endpoint",
    "--namespace",
    "--component",
    "--migration-limit",
    "--request-plane",
    "--store-kv",
    "--multimodal-mode",
)

VLLM = replace(
    vllm.ENGINE,
    name="dynamo-vllm",
    title="Dynamo with vLLM",
    images=(r"ai-dynamo/vllm-runtime", r"dynamo.*vllm", r"vllm-runtime$"),
    exclude_images=(),
    commands=("-m dynamo.vllm", "-m dynamo.mocker", "-m vllm_worker", "components/worker.py"),
    options=(*vllm.OPTIONS, _OWN),
    positional=None,
)
SGLANG = replace(
    sglang.ENGINE,
    name="dynamo-sglang",
    title="Dynamo with SGLang",
    images=(r"ai-dynamo/sglang-runtime", r"dynamo.*sglang", r"sglang-runtime$"),
    exclude_images=(),
    commands=("-m dynamo.sglang", "-m dynamo.sglang.*"),
    options=(*sglang.OPTIONS, _OWN),
)
TRTLLM = replace(
    tensorrt_llm.ENGINE,
    name="dynamo-trtllm",
    title="Dynamo with TensorRT-LLM",
    images=(r"ai-dynamo/tensorrtllm-runtime", r"dynamo.*trtllm", r"tensorrtllm-runtime$"),
    exclude_images=(),
    commands=("-m dynamo.trtllm",),
    options=(
        models("--model-path", "--model"),
        values(
            "--served-model-name",
            "--extra-engine-args",
            "--disaggregation-mode",
            "--disaggregation-strategy",
            "--modality",
            "--publish-events-and-metrics",
        ),
        *tensorrt_llm.ENGINE.options,
    ),
    positional=None,
)
WORKER = replace(
    custom.ENGINE,
    name="dynamo-worker",
    title="Dynamo worker",
    commands=("-m dynamo.*",),
    variables=(),
)
"""Modules of engines without a table of their own; the frontend's and the planner's are told apart before."""
FRONTEND = replace(
    vllm.ENGINE,
    name="dynamo-frontend",
    title="Dynamo frontend",
    images=(),
    exclude_images=(),
    commands=(
        "-m dynamo.frontend",
        "-m dynamo.planner*",
        "-m planner*",
        "-m dynamo.router*",
        "-m dynamo.global*",
        "-m dynamo.sla_planner*",
        "-m dynamo.nixl*",
        "-m dynamo.health*",
        "-m dynamo.vllm_processor*",
        "-m dynamo.grove*",
        "-m dynamo.profiler*",
    ),
    options=(
        models("--model-path"),
        values("--model-name", "--http-port", "--router-mode", "--environment", "--backend"),
    ),
    positional=None,
    variables=(),
    needs_model=False,
    serves=False,
    default=None,
)
