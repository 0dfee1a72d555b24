"""Operators of language models: KubeAI, KAITO, production-stack, AIBrix, llm-d, llmaz, kthena."""

from typing import Any

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.claims import Claim, Pinning
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.reading import dig, mapping, sequence, string
from modeladmit.workloads.tables import Field, Form, Kind

_KUBEAI_ENGINES = {
    "VLLM": "vllm",
    "OLlama": "ollama",
    "FasterWhisper": "faster-whisper",
    "Infinity": "infinity",
    "SGLang": "sglang",
}


def read_kubeai(view: KindView) -> None:
    """KubeAI: `spec.url`, adapters, and the engine's arguments; a hub URL has no revision, the arguments do."""
    at = FieldPath(("spec",))
    engine = _KUBEAI_ENGINES.get(string(view.get("spec", "engine")), "vllm")
    pinning = (
        Pinning(option="--revision", append_to=at / "args", inline=False)
        if engine in {"vllm", "infinity", "sglang"}
        else Pinning(inline=False)
    )
    url = string(view.get("spec", "url"))
    given = view.claim(at / "url", url, pinning=pinning)
    for path, adapter in view.select("spec.adapters[].url"):
        view.claim(path, adapter, Role.ADAPTER, pinning=Pinning(inline=False))
    view.container(
        at,
        {
            k: v
            for k, v in mapping(view.get("spec")).items()
            if k in {"args", "env", "envFrom", "image"}
        },
        engine,
        given,
    )


def read_kaito(view: KindView) -> None:
    """KAITO: no `spec`; a preset that the controller maps to a model, or a template."""
    for base in ((), ("spec", "template")):
        for part in ("inference", "tuning"):
            _kaito_part(view, FieldPath((*base, part)), view.get(*base, part))


def read_multi_role(view: KindView) -> None:
    """KAITO: one model for the roles of a disaggregated service; a preset's name or a hub id."""
    name = string(view.get("spec", "model", "name"))
    form = Form.HUB if "/" in name else Form.PRESET
    view.claim(FieldPath(("spec", "model", "name")), name, Role.WEIGHTS, form)


def _kaito_part(view: KindView, at: FieldPath, raw: object) -> None:
    if not isinstance(raw, dict):
        return
    preset = dig(raw, "preset", "name")
    if isinstance(preset, str):
        form = Form.HUB if "/" in preset else Form.PRESET
        local = string(view.get("metadata", "annotations", "kaito.sh/use-local-weights"))
        folder = None
        if local.lower() == "true" and at.steps[-1] == "inference":
            # The controller mounts the node's folder of that name instead of asking the hub.
            folder = f"hostpath:///opt/kaito/models/{preset.lower().replace('/', '-')}"
        view.claim(at / "preset" / "name", preset, Role.WEIGHTS, form, text=folder)
    image = dig(raw, "preset", "presetOptions", "image")
    if isinstance(image, str):
        view.claim(at / "preset" / "presetOptions" / "image", image, Role.WEIGHTS, Form.IMAGE)
    for index, adapter in enumerate(sequence(raw.get("adapters"))):
        source, place = mapping(dig(adapter, "source")), at / "adapters" / index / "source"
        if isinstance(source.get("image"), str):
            view.claim(place / "image", source["image"], Role.ADAPTER, Form.IMAGE)
        for number, url in enumerate(sequence(source.get("urls"))):
            view.claim(place / "urls" / number, url, Role.ADAPTER)
    if string(raw.get("config")):
        view.undetermined(
            UndeterminedReason.CONFIG_FILE,
            at / "config",
            f"ConfigMap {string(raw['config'])[:63]} holds options of the server and is read when it starts",
        )
    image = dig(raw, "input", "image")
    if isinstance(image, str):
        view.claim(at / "input" / "image", image, Role.UNKNOWN, Form.IMAGE)


def read_vllm_runtime(view: KindView) -> None:
    """production-stack: `spec.model.modelURL`, a hub id or a path; extra arguments beside it."""
    at = FieldPath(("spec",))
    options = (
        at / "vllmConfig" / "extraArgs"
        if isinstance(view.get("spec", "vllmConfig"), dict)
        else at / "extraArgs"
    )
    given = view.claim(
        at / "model" / "modelURL",
        view.get("spec", "model", "modelURL"),
        Role.WEIGHTS,
        Form.HUB,
        pinning=Pinning(option="--revision", append_to=options, inline=False),
    )
    engine = view.reading.tables.engine("vllm")
    for holder in (at, at / "vllmConfig"):
        raw = mapping(view.get(*holder.steps))
        words = view.arguments(holder / "extraArgs", raw.get("extraArgs"))
        if engine is not None and (words or raw.get("env")):
            view.serve(view.view_at(holder, {"env": raw.get("env")}), engine, words, given)


def read_lora_adapter(view: KindView) -> None:
    """production-stack: an adapter from a hub, a bucket or a path."""
    at = FieldPath(("spec", "adapterSource"))
    kind = string(view.get(*at.steps, "type")).lower()
    repository, path = view.get(*at.steps, "repository"), view.get(*at.steps, "adapterPath")
    if kind == "local" or (not repository and path):
        view.claim(at / "adapterPath", path, Role.ADAPTER, Form.PATH)
    else:
        view.claim(at / "repository", repository, Role.ADAPTER, Form.HUB)
    view.named = True


def read_artifact_url(view: KindView) -> None:
    """AIBrix: `huggingface://`, `s3://`, `gcs://` or a path."""
    for path, url in view.select("spec.artifactURL"):
        view.claim(
            path, url, Role.ADAPTER if view.kind.kind == "ModelAdapter" else Role.WEIGHTS, Form.PATH
        )
        view.named = True


def read_open_model(view: KindView) -> None:
    """llmaz: a hub (Hugging Face or ModelScope) or a URI; a Playground in the same file may call it draft or LoRA."""
    role = _llmaz_role(view)
    hub = mapping(view.get("spec", "source", "modelHub"))
    at = FieldPath(("spec", "source", "modelHub"))
    if isinstance(hub.get("modelID"), str):
        form = Form.MODELSCOPE if string(hub.get("name")).lower() == "modelscope" else Form.HUB
        view.claim(
            at / "modelID",
            hub["modelID"],
            role,
            form,
            revision=(at / "revision", hub.get("revision")),
            pinning=Pinning(key=at / "revision"),
            filename=string(hub.get("filename")) or None,
        )
    uri = view.get("spec", "source", "uri")
    if isinstance(uri, str):
        view.claim(FieldPath(("spec", "source", "uri")), uri, role)
    view.named = True


def _llmaz_role(view: KindView) -> Role:
    name = view.get("metadata", "name")
    for obj in view.siblings:
        claims = dig(obj, "spec", "modelClaims")
        for claim in sequence(dig(claims, "models")):
            if dig(claim, "name") == name:
                return {"draft": Role.DRAFT, "lora": Role.ADAPTER}.get(
                    string(dig(claim, "role")), Role.WEIGHTS
                )
    return Role.WEIGHTS


def read_playground(view: KindView) -> None:
    """llmaz: the model is another object."""
    names = [
        *view.select("spec.modelClaim.modelName"),
        *view.select("spec.modelClaims.models[].name"),
    ]
    for at, name in names:
        view.other_object(at, "OpenModel", name)
    runtime = mapping(view.get("spec", "backendRuntimeConfig"))
    if runtime:
        engine = {
            "vllm": "vllm",
            "sglang": "sglang",
            "llamacpp": "llama.cpp",
            "tgi": "tgi",
            "ollama": "ollama",
        }.get(string(runtime.get("backendName")), "vllm")
        view.container(
            FieldPath(("spec", "backendRuntimeConfig")),
            {k: v for k, v in runtime.items() if k in {"args", "envs", "env"}},
            engine,
        )
    view.named = True


def read_booster(view: KindView) -> None:
    """kthena: `spec.backend.modelURI`; each worker's `config` is a map of options without dashes."""
    backends: list[tuple[FieldPath, Any]] = [
        *view.select("spec.backend"),
        *view.select("spec.backends[]"),
    ]
    engine = view.reading.tables.engine("vllm")
    for at, backend in backends:
        workers = [
            (at / "workers" / i, mapping(w))
            for i, w in enumerate(sequence(dig(backend, "workers")))
        ]
        key = workers[0][0] / "config" / "revision" if workers else None
        given: Claim | None = view.claim(
            at / "modelURI", dig(backend, "modelURI"), pinning=Pinning(key=key, inline=False)
        )
        for index, adapter in enumerate(sequence(dig(backend, "loraAdapters"))):
            view.claim(
                at / "loraAdapters" / index / "artifactURL",
                dig(adapter, "artifactURL"),
                Role.ADAPTER,
            )
        for path, worker in workers:
            if engine is not None:
                words = view.arguments(path / "config", worker.get("config"))
                view.serve(
                    view.view_at(
                        path,
                        {
                            "env": worker.get("env") or dig(backend, "env"),
                            "image": worker.get("image"),
                        },
                    ),
                    engine,
                    words,
                    given,
                )


def read_model_service(view: KindView) -> None:
    """llm-d's ModelService: `modelArtifacts.uri`."""
    for at, uri in view.select("spec.modelArtifacts.uri"):
        view.claim(at, uri)


_AIBRIX = "orchestration.aibrix.ai"
_KTHENA = "workload.serving.volcano.sh"
KINDS = (
    Kind("kubeai.org", "Model", "KubeAI Model", reader=read_kubeai, needs_model=True),
    Kind("kaito.sh", "Workspace", "KAITO Workspace", reader=read_kaito, needs_model=True),
    Kind("kaito.sh", "InferenceSet", "KAITO InferenceSet", reader=read_kaito, needs_model=True),
    Kind(
        "kaito.sh",
        "MultiRoleInference",
        "KAITO MultiRoleInference",
        reader=read_multi_role,
        needs_model=True,
    ),
    Kind(
        "kaito.sh",
        "RAGEngine",
        "KAITO RAGEngine",
        fields=(
            Field("spec.embedding.local.modelID", form=Form.HUB),
            Field("spec.embedding.local.image", form=Form.IMAGE),
        ),
    ),
    Kind(
        "production-stack.vllm.ai",
        "VLLMRuntime",
        "production-stack VLLMRuntime",
        reader=read_vllm_runtime,
        needs_model=True,
    ),
    Kind(
        "production-stack.vllm.ai",
        "LoraAdapter",
        "production-stack LoraAdapter",
        loads_models=True,
        reader=read_lora_adapter,
    ),
    Kind(
        "production-stack.vllm.ai",
        "VLLMRouter",
        "production-stack VLLMRouter",
        inference=False,
        ignore=True,
    ),
    Kind(
        "production-stack.vllm.ai",
        "CacheServer",
        "production-stack CacheServer",
        inference=False,
        ignore=True,
    ),
    Kind(
        "model.aibrix.ai",
        "ModelAdapter",
        "AIBrix ModelAdapter",
        loads_models=True,
        reader=read_artifact_url,
    ),
    Kind(
        "model.aibrix.ai",
        "ModelClaim",
        "AIBrix ModelClaim",
        loads_models=True,
        reader=read_artifact_url,
    ),
    Kind(_AIBRIX, "StormService", "AIBrix StormService"),
    Kind(_AIBRIX, "RoleSet", "AIBrix RoleSet"),
    Kind(_AIBRIX, "PodSet", "AIBrix PodSet"),
    Kind(_AIBRIX, "RayClusterFleet", "AIBrix RayClusterFleet"),
    Kind(_AIBRIX, "RayClusterReplicaSet", "AIBrix RayClusterReplicaSet"),
    Kind(_AIBRIX, "KVCache", "AIBrix KVCache", inference=False, ignore=True),
    Kind(
        "autoscaling.aibrix.ai",
        "PodAutoscaler",
        "AIBrix PodAutoscaler",
        inference=False,
        ignore=True,
    ),
    Kind(
        "llm-d.ai",
        "ModelService",
        "llm-d ModelService",
        reader=read_model_service,
        needs_model=True,
    ),
    Kind(
        "inference.networking.x-k8s.io",
        "InferencePool",
        "InferencePool",
        inference=False,
        ignore=True,
    ),
    Kind(
        "inference.networking.k8s.io",
        "InferencePool",
        "InferencePool",
        inference=False,
        ignore=True,
    ),
    Kind(
        "inference.networking.x-k8s.io",
        "InferenceModel",
        "InferenceModel",
        inference=False,
        ignore=True,
    ),
    Kind(
        "inference.networking.x-k8s.io",
        "InferenceObjective",
        "InferenceObjective",
        inference=False,
        ignore=True,
    ),
    Kind("llmaz.io", "OpenModel", "llmaz OpenModel", loads_models=True, reader=read_open_model),
    Kind("inference.llmaz.io", "Playground", "llmaz Playground", reader=read_playground),
    Kind("inference.llmaz.io", "Service", "llmaz Service", reader=read_playground),
    Kind("inference.llmaz.io", "BackendRuntime", "llmaz BackendRuntime", template=True),
    Kind(_KTHENA, "ModelBooster", "kthena ModelBooster", reader=read_booster, needs_model=True),
    Kind(_KTHENA, "ModelServing", "kthena ModelServing"),
    Kind(_KTHENA, "AutoscalingPolicy", "kthena AutoscalingPolicy", inference=False, ignore=True),
    Kind(
        "networking.serving.volcano.sh",
        "ModelServer",
        "kthena ModelServer",
        inference=False,
        ignore=True,
    ),
    Kind(
        "networking.serving.volcano.sh",
        "ModelRoute",
        "kthena ModelRoute",
        inference=False,
        ignore=True,
    ),
)
