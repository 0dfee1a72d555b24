"""Programs that talk to a server and name its model: benchmarks, evaluations, chats. They load no weights."""

from modeladmit.workloads.tables import Engine, values

CLIENT = Engine(
    name="client",
    title="a client of a model server",
    commands=(
        "vllm bench serve",
        "vllm bench sweep",
        "vllm chat",
        "vllm complete",
        "vllm collect-env",
        "benchmark_serving*.py",
        "benchmark_serving",
        "backend_request_func.py",
        "-m sglang.bench_serving",
        "-m sglang.bench_one_batch_server",
        "genai-perf",
        "aiperf",
        "perf_analyzer",
        "guidellm",
        "inference-perf",
        "llmperf",
        "token_benchmark_ray.py",
        "evalscope",
        "locust",
        "k6",
        "litellm",
        "open-webui",
        "gradio",
        "streamlit",
        "chainlit",
    ),
    options=(
        values(
            "--model",
            "-m",
            "--tokenizer",
            "--dataset-name",
            "--base-url",
            "--backend",
            "-u",
            "--url",
        ),
    ),
    needs_model=False,
    serves=False,
)
