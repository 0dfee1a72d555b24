"""The NIM operator and Dynamo."""

import re
from collections.abc import Mapping
from typing import Any

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.claims import Pinning
from modeladmit.workloads.engines.nim import GENERIC_IMAGES
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.reading import dig, mapping, string
from modeladmit.workloads.recognition import repository
from modeladmit.workloads.tables import Form, Kind

_NIM = "apps.nvidia.com"
_DYNAMO = "nvidia.com"


def read_cache(view: KindView) -> None:
    """NIMCache: NGC (the puller image implies the model), Hugging Face, or a NeMo data store."""
    at = FieldPath(("spec", "source"))
    ngc, hub, store = (mapping(view.get(*at.steps, name)) for name in ("ngc", "hf", "dataStore"))
    if ngc:
        puller = string(ngc.get("modelPuller"))
        if _generic(puller):
            view.undetermined(
                UndeterminedReason.NO_MODEL_NAMED,
                at / "ngc" / "modelPuller",
                "a generic image names no model",
            )
        view.named = True
        if not _generic(puller):
            view.claim(at / "ngc" / "modelPuller", puller, Role.WEIGHTS, Form.IMAGE)
        endpoint = string(ngc.get("modelEndpoint"))
        if endpoint:
            view.claim(at / "ngc" / "modelEndpoint", endpoint, Role.WEIGHTS, Form.NGC)
    if string(hub.get("modelName")):
        _hub(view, at / "hf", hub)
    if string(store.get("modelName")):
        host = string(store.get("endpoint")).partition("://")[2].partition("/")[0]
        namespace = string(store.get("namespace"))
        name = "/".join(part for part in (host, namespace, string(store["modelName"])) if part)
        view.claim(
            at / "dataStore" / "modelName",
            store["modelName"],
            text=f"nds://{name}",
            revision=(at / "dataStore" / "revision", store.get("revision")),
        )
    spec = mapping(view.get("spec"))
    _variables(view, FieldPath(("spec",)), spec)
    if not view.named:
        view.undetermined(UndeterminedReason.NO_MODEL_NAMED, at, "no source names a model")


def _hub(view: KindView, at: FieldPath, raw: Mapping[str, Any]) -> None:
    namespace, name = string(raw.get("namespace")), string(raw.get("modelName"))
    text = name if "/" in name or not namespace else f"{namespace}/{name}"
    view.claim(
        at / "modelName",
        name,
        Role.WEIGHTS,
        Form.HUB,
        text=text,
        revision=(at / "revision", raw.get("revision")),
        pinning=Pinning(key=at / "revision"),
    )


def _generic(image: str) -> bool:
    return any(re.search(pattern, repository(image)) for pattern in GENERIC_IMAGES)


def _variables(view: KindView, at: FieldPath, raw: Mapping[str, Any]) -> None:
    engine = view.reading.tables.engine("nim")
    if engine is not None and (raw.get("env") or raw.get("args")):
        inner = {"env": raw.get("env"), "envFrom": raw.get("envFrom"), **_mounts(raw)}
        view.serve(view.view_at(at, inner), engine, view.arguments(at / "args", raw.get("args")))


def _mounts(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The operator mounts the storage at /model-store."""
    storage = mapping(raw.get("storage"))
    claim = string(dig(storage, "pvc", "name")) or string(dig(storage, "nimCache", "name"))
    if not claim:
        return {}
    return {
        "volumes": [{"name": "store", "persistentVolumeClaim": {"claimName": claim}}],
        "volumeMounts": [{"name": "store", "mountPath": "/model-store"}],
    }


def read_service(view: KindView) -> None:
    """NIMService."""
    _service(view, FieldPath(("spec",)), mapping(view.get("spec")))


def read_pipeline(view: KindView) -> None:
    """NIMPipeline: many services."""
    for at, raw in view.select("spec.services[].spec"):
        _service(view, at, mapping(raw))


def _service(view: KindView, at: FieldPath, raw: Mapping[str, Any]) -> None:
    image = mapping(raw.get("image"))
    name, tag = string(image.get("repository")), image.get("tag")
    text = (
        f"{name}:{tag}" if name and isinstance(tag, str | int | float) and "@" not in name else name
    )
    before = view.named
    view.named = False
    _variables(view, at, raw)
    if name and not view.named and not _generic(name):
        view.claim(at / "image" / "repository", name, Role.WEIGHTS, Form.IMAGE, text=text)
    if not view.named:
        cache = string(dig(raw, "storage", "nimCache", "name"))
        if cache:
            view.other_object(at / "storage" / "nimCache" / "name", "NIMCache", cache)
        else:
            view.undetermined(
                UndeterminedReason.NO_MODEL_NAMED,
                at / "image",
                "a generic image, and nothing names the model",
            )
    view.named = view.named or before


def read_request(view: KindView) -> None:
    """DynamoGraphDeploymentRequest: the model that it profiles and deploys."""
    model = view.get("spec", "model") or view.get("spec", "modelName")
    if isinstance(model, str):
        view.claim(
            FieldPath(("spec", "model" if view.get("spec", "model") else "modelName")),
            model,
            Role.WEIGHTS,
            Form.HUB,
        )


def read_dynamo_model(view: KindView) -> None:
    """DynamoModel: a base model or an adapter by URI."""
    for at, uri in view.select("spec.source.uri"):
        view.claim(
            at,
            uri,
            Role.ADAPTER if string(view.get("spec", "modelType")) == "lora" else Role.WEIGHTS,
        )


KINDS = (
    Kind(_NIM, "NIMCache", "NIM NIMCache", loads_models=True, reader=read_cache),
    Kind(_NIM, "NIMService", "NIM NIMService", reader=read_service),
    Kind(_NIM, "NIMPipeline", "NIM NIMPipeline", reader=read_pipeline),
    Kind(_NIM, "NIMBuild", "NIM NIMBuild"),
    Kind(_DYNAMO, "DynamoGraphDeployment", "Dynamo DynamoGraphDeployment"),
    Kind(_DYNAMO, "DynamoComponentDeployment", "Dynamo DynamoComponentDeployment"),
    Kind(
        _DYNAMO,
        "DynamoGraphDeploymentRequest",
        "Dynamo DynamoGraphDeploymentRequest",
        reader=read_request,
    ),
    Kind(_DYNAMO, "DynamoModel", "Dynamo DynamoModel", loads_models=True, reader=read_dynamo_model),
)
