"""KServe and ModelMesh. python/storage/kserve_storage, pkg/apis/serving, v1alpha1, v1alpha2 and v1beta1."""

from collections.abc import Iterator, Mapping
from typing import Any

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.claims import Claim, Pinning
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.reading import dig, mapping, select, sequence, string
from modeladmit.workloads.tables import Field, Form, Kind

_GROUP = "serving.kserve.io"
_FRAMEWORKS = {
    "huggingface": "kserve-huggingface",
    "model": "kserve-huggingface",
    "triton": "triton",
    "pytorch": "torchserve",
    "tensorflow": "tf-serving",
}
_COMPONENTS = ("predictor", "transformer", "explainer")
MOUNTED = ("/mnt/models", "/mnt/lora", "/mnt/pvc")


def read_inference_service(view: KindView) -> None:
    """`spec.predictor.model.storageUri` and its many older and newer relatives."""
    for base in (("spec",), ("spec", "default"), ("spec", "canary")):
        for component in _COMPONENTS:
            at = FieldPath((*base, component))
            raw = view.get(*at.steps)
            if isinstance(raw, dict):
                _component(view, at, raw, component)


def _component(view: KindView, at: FieldPath, raw: Mapping[str, Any], component: str) -> None:
    for key, inner in list(mapping(raw).items()):
        if (
            isinstance(inner, dict)
            and isinstance(key, str)
            and key not in {"podSpec", "affinity", "securityContext", "workerSpec"}
        ):
            _framework(view, at / key, inner, key)
        elif key == "containers":
            for index, container in enumerate(sequence(inner)):
                path = at / "containers" / index
                if _storage_uri(view, path, mapping(container), component) is not None:
                    view.mounted.add(path)
    _storage_list(view, at, raw)


def _framework(view: KindView, at: FieldPath, raw: Mapping[str, Any], key: str) -> None:
    given: Claim | None = None
    if isinstance(raw.get("storageUri"), str):
        given = view.claim(
            at / "storageUri", raw["storageUri"], Role.WEIGHTS, Form.URL, pinning=Pinning()
        )
    elif isinstance(raw.get("storage"), dict):
        given = _storage(view, at / "storage", raw["storage"])
    given = next(iter(_storage_list(view, at, raw)), given)
    given = _storage_uri(view, at, raw, "predictor") or given
    if "args" in raw or "env" in raw or "image" in raw:
        format_name = string(dig(raw, "modelFormat", "name"))
        engine = _FRAMEWORKS.get(
            format_name if key == "model" and format_name in _FRAMEWORKS else key
        )
        view.container(
            at,
            {k: v for k, v in raw.items() if k != "storage"},
            engine
            if format_name in {"", "huggingface", "vllm", "vLLM"} or key != "model"
            else None,
            given,
        )


def _storage_list(view: KindView, at: FieldPath, raw: Mapping[str, Any]) -> list[Claim]:
    claims = [view.claim(path, uri) for path, uri in select(raw, "storageUris[].uri", at)]
    return [claim for claim in claims if claim is not None]


def _storage_uri(
    view: KindView, at: FieldPath, raw: Mapping[str, Any], component: str
) -> Claim | None:
    """A container's variable STORAGE_URI is treated like `storageUri`; what a transformer loads is its vocabulary."""
    for index, entry in enumerate(sequence(raw.get("env"))):
        if dig(entry, "name") == "STORAGE_URI" and isinstance(dig(entry, "value"), str):
            role = Role.TOKENIZER if component == "transformer" else Role.WEIGHTS
            return view.claim(at / "env" / index / "value", dig(entry, "value"), role)
    return None


def _storage(view: KindView, at: FieldPath, raw: Mapping[str, Any]) -> Claim | None:
    if isinstance(raw.get("storageUri"), str):
        return view.claim(at / "storageUri", raw["storageUri"])
    path = string(raw.get("path")).strip("/")
    parameters = mapping(raw.get("parameters"))
    bucket, scheme = (
        string(parameters.get("bucket")).strip("/"),
        {"s3": "s3", "gs": "gs", "gcs": "gs"}.get(string(parameters.get("type")), ""),
    )
    key = string(raw.get("key"))
    where = at / ("key" if key else "path")
    rest = "/".join(part for part in (bucket, path) if part)
    if not rest and not key:
        return None
    if key:
        return view.claim(where, key, text=f"storage://{key}/{rest}".rstrip("/"))
    return view.claim(
        where, path, text=f"{scheme}://{rest}" if scheme and bucket else f"storage://default/{rest}"
    )


def read_llm_inference_service(view: KindView) -> None:
    """`spec.model.uri`, its adapters, and the engine options in VLLM_ADDITIONAL_ARGS."""
    given = None
    uri = view.get("spec", "model", "uri")
    if uri is not None:
        given = view.claim(FieldPath(("spec", "model", "uri")), uri)
    for at, adapter in view.select("spec.model.lora.adapters[].uri"):
        view.claim(at, adapter, Role.ADAPTER)
    for at, raw in _containers(view):
        for index, entry in enumerate(sequence(raw.get("env"))):
            if dig(entry, "name") == "VLLM_ADDITIONAL_ARGS":
                engine = view.reading.tables.engine("vllm")
                field = at / "env" / index / "value"
                words = view.arguments(field, string(dig(entry, "value")))
                if engine is not None:
                    view.serve(view.view_at(at, raw), engine, words, given)
    if not view.named and not view.kind.template:
        if sequence(view.get("spec", "baseRefs")):
            view.other_object(
                FieldPath(("spec", "baseRefs")),
                "LLMInferenceServiceConfig",
                dig(view.get("spec", "baseRefs"), 0, "name"),
            )
        else:
            view.undetermined(
                UndeterminedReason.NO_MODEL_NAMED, FieldPath(("spec", "model")), "no model is named"
            )


def _containers(view: KindView) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for pattern in (
        "spec.{template,worker}.containers[]",
        "spec.prefill.{template,worker}.containers[]",
    ):
        for at, raw in view.select(pattern):
            if isinstance(raw, dict):
                yield at, raw


def read_predictor(view: KindView) -> None:
    """ModelMesh: a path in a bucket that only a Secret may name."""
    path = string(view.get("spec", "path")).strip("/") or string(
        view.get("spec", "storage", "path")
    ).strip("/")
    bucket = string(view.get("spec", "storage", "s3", "bucket")) or string(
        view.get("spec", "storage", "parameters", "bucket")
    )
    key = string(view.get("spec", "storage", "s3", "secretKey")) or string(
        view.get("spec", "storage", "key")
    )
    claim_name = string(view.get("spec", "storage", "persistentVolumeClaim", "claimName"))
    at = FieldPath(("spec", "path" if view.get("spec", "path") else "storage"))
    if claim_name:
        view.claim(at, path, text=f"pvc://{claim_name}/{path}")
    elif bucket:
        view.claim(at, path, text=f"s3://{bucket}/{path}")
    elif path:
        view.claim(at, path, text=f"storage://{key or 'default'}/{path}")


KINDS = (
    Kind(
        _GROUP,
        "InferenceService",
        "KServe InferenceService",
        versions=("v1beta1", "v1alpha2", "v1"),
        reader=read_inference_service,
        filled=MOUNTED,
    ),
    Kind(
        "serving.kubeflow.org",
        "InferenceService",
        "KFServing InferenceService",
        reader=read_inference_service,
        filled=MOUNTED,
    ),
    Kind(
        _GROUP,
        "LLMInferenceService",
        "KServe LLMInferenceService",
        versions=("v1alpha1", "v1alpha2", "v1beta1"),
        reader=read_llm_inference_service,
        filled=MOUNTED,
    ),
    Kind(
        _GROUP,
        "LLMInferenceServiceConfig",
        "KServe LLMInferenceServiceConfig",
        reader=read_llm_inference_service,
        template=True,
        filled=MOUNTED,
    ),
    Kind(
        _GROUP,
        "ServingRuntime",
        "KServe ServingRuntime",
        template=True,
        filled=(*MOUNTED, "/models"),
    ),
    Kind(
        _GROUP,
        "ClusterServingRuntime",
        "KServe ClusterServingRuntime",
        template=True,
        filled=(*MOUNTED, "/models"),
    ),
    Kind(
        _GROUP,
        "TrainedModel",
        "KServe TrainedModel",
        loads_models=True,
        needs_model=True,
        fields=(Field("spec.model.storageUri"),),
    ),
    Kind(
        _GROUP,
        "LocalModelCache",
        "KServe LocalModelCache",
        loads_models=True,
        needs_model=True,
        fields=(Field("spec.sourceModelUri"),),
    ),
    Kind(
        _GROUP,
        "LocalModelNamespaceCache",
        "KServe LocalModelNamespaceCache",
        loads_models=True,
        needs_model=True,
        fields=(Field("spec.sourceModelUri"),),
    ),
    Kind(
        _GROUP,
        "Predictor",
        "ModelMesh Predictor",
        loads_models=True,
        needs_model=True,
        reader=read_predictor,
    ),
    Kind(
        _GROUP,
        "ClusterStorageContainer",
        "KServe ClusterStorageContainer",
        inference=False,
        ignore=True,
    ),
    Kind(_GROUP, "InferenceGraph", "KServe InferenceGraph", inference=False, ignore=True),
    Kind(_GROUP, "LocalModelNodeGroup", "KServe LocalModelNodeGroup", inference=False, ignore=True),
)
