"""Operators whose kinds are read by fields alone: Seldon, OME, LLMKube, ollama-operator, Fluid, SageMaker and others."""

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.reading import dig, mapping, sequence, string
from modeladmit.workloads.tables import Field, Form, Kind

_SELDON1 = "machinelearning.seldon.io"
_SELDON2 = "mlops.seldon.io"
MAX_GRAPH = 256


def read_seldon_deployment(view: KindView) -> None:
    """`spec.predictors[].graph`, a tree of model servers, walked without recursion."""
    stack = [
        (FieldPath(("spec", "predictors", i, "graph")), dig(p, "graph"))
        for i, p in enumerate(sequence(view.get("spec", "predictors")))
    ]
    seen = 0
    while stack and seen < MAX_GRAPH:
        at, node = stack.pop()
        seen += 1
        if isinstance(dig(node, "modelUri"), str):
            view.claim(at / "modelUri", dig(node, "modelUri"))
        stack += [
            (at / "children" / i, child) for i, child in enumerate(sequence(dig(node, "children")))
        ]
    if stack:
        view.undetermined(
            UndeterminedReason.LIMIT,
            FieldPath(("spec", "predictors")),
            f"a graph of more than {MAX_GRAPH} nodes; the rest is not read",
        )
    for at, uri in view.select("spec.predictors[].explainer.modelUri"):
        view.claim(at, uri)
    for at, value in view.select("spec.predictors[].graph.parameters[]"):
        if dig(value, "name") in {"model_uri", "pretrained_model", "model"} and isinstance(
            dig(value, "value"), str
        ):
            view.claim(at / "value", dig(value, "value"), Role.WEIGHTS, Form.OWNED, optional=True)


def read_seldon_model(view: KindView) -> None:
    """Seldon 2: rclone URIs; a path without scheme is inside the server's Pod."""
    uri = view.get("spec", "storageUri")
    if isinstance(uri, str):
        view.claim(FieldPath(("spec", "storageUri")), uri, Role.WEIGHTS, Form.PATH)
    for name in ("explainer", "llm"):
        if string(view.get("spec", name, "modelRef")):
            view.named = True
    if not view.named:
        view.undetermined(
            UndeterminedReason.NO_MODEL_NAMED,
            FieldPath(("spec", "storageUri")),
            "no storageUri is named",
        )


def read_ome_service(view: KindView) -> None:
    """OME: the model is a ClusterBaseModel or BaseModel by name."""
    for at, name in view.select("spec.{model,predictor}.{name,model}"):
        view.other_object(at, string(view.get("spec", "model", "kind")) or "ClusterBaseModel", name)
    for at, uri in view.select("spec.{engine,decoder,predictor}.*.storageUri"):
        view.claim(at, uri)


def read_llmkube_model(view: KindView) -> None:
    """LLMKube: a hub id, a URL, a bucket or a path of the node."""
    source = string(view.get("spec", "source"))
    form = Form.PATH if source.startswith("/") else Form.HUB
    view.claim(
        FieldPath(("spec", "source")),
        source,
        Role.WEIGHTS,
        form,
        revision=(FieldPath(("spec", "revision")), view.get("spec", "revision")),
    )
    for at, adapter in view.select("spec.{adapters,loraAdapters}[].source"):
        view.claim(at, adapter, Role.ADAPTER, Form.HUB)


def read_llmkube_service(view: KindView) -> None:
    """LLMKube's own InferenceService: the model is another object's."""
    view.other_object(FieldPath(("spec", "modelRef")), "Model", view.get("spec", "modelRef"))
    view.container(
        FieldPath(("spec",)),
        {
            k: v
            for k, v in mapping(view.get("spec")).items()
            if k in {"args", "env", "extraArgs", "image"}
        },
    )


def read_fluid(view: KindView) -> None:
    """Fluid: a dataset becomes a claim of its name; only one that looks like models is a reference."""
    for at, point in view.select("spec.mounts[].mountPoint"):
        text = string(point).lower()
        if any(word in text for word in ("model", "llm", "checkpoint", "weights", "hf://")):
            view.claim(at, point)


def read_opea(view: KindView) -> None:
    """OPEA: the steps of its graph hold MODEL_ID and the like in a map."""
    for at, config in view.select("spec.nodes.*.steps[].internalService.config"):
        for key in ("MODEL_ID", "LLM_MODEL_ID", "EMBEDDING_MODEL_ID", "RERANK_MODEL_ID"):
            if isinstance(dig(config, key), str):
                view.claim(at / key, dig(config, key), Role.WEIGHTS, Form.HUB)


def read_evaluation(view: KindView) -> None:
    """LMEvalJob: `modelArgs` name what it downloads."""
    for at, item in view.select("spec.modelArgs[]"):
        role = {"pretrained": Role.WEIGHTS, "tokenizer": Role.TOKENIZER, "peft": Role.ADAPTER}.get(
            string(dig(item, "name"))
        )
        if role is not None:
            view.claim(at / "value", dig(item, "value"), role, Form.HUB)


def read_sagemaker(view: KindView) -> None:
    """HyperPod: a bucket and a key, or a JumpStart model."""
    source = mapping(view.get("spec", "modelSourceConfig"))
    bucket = string(dig(source, "s3Storage", "bucketName"))
    at = FieldPath(("spec", "modelSourceConfig", "modelLocation"))
    location = string(source.get("modelLocation")).strip("/")
    if bucket:
        view.claim(at, location, text=f"s3://{bucket}/{location}")
    elif source:
        view.undetermined(
            UndeterminedReason.NO_MODEL_NAMED,
            at,
            "the model's file system is named and not its model",
        )
    model = view.get("spec", "model", "modelId")
    if isinstance(model, str):
        view.undetermined(
            UndeterminedReason.PLACEHOLDER,
            FieldPath(("spec", "model", "modelId")),
            f"JumpStart model {model[:80]} is resolved by AWS",
        )


def read_openvino(view: KindView) -> None:
    """OpenVINO's operator: one model by path or bucket, or a configuration with several in a ConfigMap."""
    at = FieldPath(("spec", "models_settings"))
    settings = mapping(view.get(*at.steps))
    if string(settings.get("model_path")):
        view.claim(at / "model_path", settings["model_path"], Role.WEIGHTS, Form.PATH)
    for key in ("config_configmap_name", "config_path"):
        if string(settings.get(key)):
            view.undetermined(
                UndeterminedReason.CONFIG_FILE,
                at / key,
                f"{string(settings[key])[:80]} names the models and is read when the server starts",
            )
            view.named = True


def read_validated(view: KindView) -> None:
    """Sigstore's ModelValidation names a path in the Pods that it checks: policy, not a load."""
    del view


_URI = (Field("spec.storage.storageUri"),)

KINDS = (
    Kind(
        _SELDON1,
        "SeldonDeployment",
        "Seldon SeldonDeployment",
        reader=read_seldon_deployment,
        filled=("/mnt/models",),
    ),
    Kind(_SELDON2, "Model", "Seldon Model", loads_models=True, reader=read_seldon_model),
    Kind(_SELDON2, "Server", "Seldon Server"),
    Kind(_SELDON2, "ServerConfig", "Seldon ServerConfig", template=True),
    Kind(_SELDON2, "SeldonRuntime", "Seldon SeldonRuntime", inference=False, ignore=True),
    Kind(_SELDON2, "Pipeline", "Seldon Pipeline", inference=False, ignore=True),
    Kind(_SELDON2, "Experiment", "Seldon Experiment", inference=False, ignore=True),
    Kind(
        "ome.io",
        "ClusterBaseModel",
        "OME ClusterBaseModel",
        loads_models=True,
        needs_model=True,
        fields=_URI,
    ),
    Kind("ome.io", "BaseModel", "OME BaseModel", loads_models=True, needs_model=True, fields=_URI),
    Kind(
        "ome.io",
        "FineTunedWeight",
        "OME FineTunedWeight",
        loads_models=True,
        fields=(Field("spec.storage.storageUri", Role.ADAPTER),),
    ),
    Kind("ome.io", "InferenceService", "OME InferenceService", reader=read_ome_service),
    Kind("ome.io", "ServingRuntime", "OME ServingRuntime", template=True),
    Kind("ome.io", "ClusterServingRuntime", "OME ClusterServingRuntime", template=True),
    Kind("ome.io", "BenchmarkJob", "OME BenchmarkJob", inference=False, ignore=True),
    Kind(
        "inference.llmkube.dev",
        "Model",
        "LLMKube Model",
        loads_models=True,
        reader=read_llmkube_model,
    ),
    Kind(
        "inference.llmkube.dev",
        "InferenceService",
        "LLMKube InferenceService",
        reader=read_llmkube_service,
    ),
    Kind(
        "ollama.ayaka.io",
        "Model",
        "ollama-operator Model",
        loads_models=True,
        needs_model=True,
        fields=(Field("spec.image", form=Form.OLLAMA),),
    ),
    Kind("data.fluid.io", "Dataset", "Fluid Dataset", inference=False, reader=read_fluid),
    Kind("gmc.opea.io", "GMConnector", "OPEA GMConnector", reader=read_opea),
    Kind(
        "trustyai.opendatahub.io",
        "LMEvalJob",
        "TrustyAI LMEvalJob",
        inference=False,
        loads_models=True,
        reader=read_evaluation,
    ),
    Kind("llamastack.io", "LlamaStackDistribution", "Llama Stack distribution", inference=False),
    Kind(
        "serving.yatai.ai",
        "BentoDeployment",
        "Yatai BentoDeployment",
        fields=(Field("spec.bento", form=Form.NGC),),
    ),
    Kind(
        "inference.sagemaker.aws.amazon.com",
        "InferenceEndpointConfig",
        "SageMaker InferenceEndpointConfig",
        reader=read_sagemaker,
    ),
    Kind(
        "inference.sagemaker.aws.amazon.com",
        "JumpStartModel",
        "SageMaker JumpStartModel",
        reader=read_sagemaker,
    ),
    Kind(
        "sagemaker.services.k8s.aws",
        "Model",
        "SageMaker Model",
        loads_models=True,
        fields=(
            Field("spec.containers[].modelDataURL"),
            Field("spec.primaryContainer.modelDataURL"),
        ),
    ),
    Kind(
        "ml.sigstore.dev",
        "ModelValidation",
        "Sigstore ModelValidation",
        inference=False,
        reader=read_validated,
    ),
    Kind(
        "substratus.ai",
        "Model",
        "Substratus Model",
        loads_models=True,
        fields=(Field("spec.params.name", form=Form.HUB),),
    ),
    Kind("substratus.ai", "Server", "Substratus Server"),
    Kind("intel.com", "ModelServer", "OpenVINO ModelServer", reader=read_openvino),
)
