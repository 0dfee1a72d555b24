"""Ollama: the server names nothing; `ollama pull`, `run` and `create` do. A tag is all it has: no digest in a manifest."""

from modeladmit.workloads.tables import Engine, Form, Style, models, switches, values

SERVER = Engine(
    name="ollama",
    title="Ollama",
    images=(r"(^|/)ollama(-[a-z0-9]+)?$", r"(^|/)ollama/ollama", r"ipex-llm-inference-cpp"),
    exclude_images=(r"webui|web-ui|-ui$|exporter|operator|router|proxy|client|chat|gateway|pull",),
    commands=("ollama serve", "ollama start"),
    style=Style.EXACT,
    variables=(
        models(
            "OLLAMA_MODEL",
            "OLLAMA_DEFAULT_MODEL",
            "OLLAMA_PULL_MODELS",
            "OLLAMA_LOAD_MODEL",
            "OLLAMA_PRELOAD_MODEL",
            "OLLAMA_PRELOAD_MODELS",
            "OLLAMA_MODEL_NAME",
            "OLLAMA_MODELS_TO_PULL",
            "OLLAMA_PULL",
            form=Form.OLLAMA,
            separator=",",
            only_text=True,
        ),
    ),
)

FETCH = Engine(
    name="ollama-pull",
    title="Ollama",
    commands=("ollama pull", "ollama run"),
    style=Style.EXACT,
    options=(
        values("--keepalive", "--format"),
        switches("--insecure", "--verbose", "--nowordwrap", "--hidethinking"),
    ),
    positional=models("model", form=Form.OLLAMA),
    needs_model=False,
    serves=False,
)
