"""KubeRay: the application is YAML inside a string; its code is a zip or a mounted module."""

import posixpath
from collections.abc import Mapping
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.calls import read_calls
from modeladmit.workloads.claims import View
from modeladmit.workloads.commandline import Runner
from modeladmit.workloads.containers import make_view, read_as_custom, read_programs
from modeladmit.workloads.engines import custom
from modeladmit.workloads.environment import Variable
from modeladmit.workloads.files import File
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.podspec import Container, PodSpec, find_containers
from modeladmit.workloads.reading import dig, mapping, select, sequence, string
from modeladmit.workloads.tables import FALSE, Form, Kind
from modeladmit.workloads.wrappers import assigned
from modeladmit.workloads.yaml_text import read_yaml

_HOME: Final = "/home/ray"
"""The working directory of Ray's images."""
MAX_TEXT: Final = 1 << 15
"""Characters of YAML in a string that are read; applications take a few thousand."""
_ENV_KEYS: Final = frozenset(name for option in custom.ENGINE.variables for name in option.names)


def read_service(view: KindView) -> None:
    """RayService: `spec.serveConfigV2`."""
    at = FieldPath(("spec", "serveConfigV2"))
    text = view.get("spec", "serveConfigV2")
    document = _yaml(view, at, text)
    if text is not None and not isinstance(document, dict):
        view.undetermined(
            UndeterminedReason.INVALID, at, "serveConfigV2 is no YAML that can be read"
        )
        return
    container = _first_view(view)
    for application in sequence(dig(document, "applications")):
        _application(view, at, mapping(application), container)
    if not view.named:
        view.undetermined(
            UndeterminedReason.SCRIPT,
            at,
            "the application's code decides what is loaded, and it is not in the object",
        )


def read_job(view: KindView) -> None:
    """RayJob: `spec.entrypoint` is a command line, `spec.runtimeEnvYAML` its environment."""
    at = FieldPath(("spec", "entrypoint"))
    runtime = mapping(_yaml(view, at, view.get("spec", "runtimeEnvYAML")))
    container = _first_view(view)
    _runtime(view, FieldPath(("spec", "runtimeEnvYAML")), runtime)
    entrypoint = view.get("spec", "entrypoint")
    if isinstance(entrypoint, str):
        raw = dict(container.container.raw) if container is not None else {}
        raw |= {"command": ["sh", "-c", entrypoint], "args": []}
        pod = container.container.pod if container is not None else PodSpec(at, raw)
        inner = make_view(view.reading, Container(at, raw, pod), view.reading.volumes.of(pod))
        runner = Runner(view.reading, inner)
        environment = assigned(inner.environment, _variables(view, at, runtime))
        runner.shell_text(view.word(at, entrypoint), environment, [], 0)
        outcome = read_programs(view.reading, runner)
        if not outcome.named and not outcome.idle:
            read_as_custom(view.reading, outcome)
        view.named = view.named or outcome.named


def _variables(view: KindView, at: FieldPath, runtime: Mapping[str, Any]) -> dict[str, Variable]:
    readable = view.reading.ledger.readable
    return {
        str(name): Variable(readable(value), at)
        for name, value in mapping(runtime.get("env_vars")).items()
    }


def _yaml(view: KindView, at: FieldPath, text: object) -> Any:
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        return None
    return read_yaml(view.reading, text, at)


def _application(
    view: KindView, at: FieldPath, application: Mapping[str, Any], container: View | None
) -> None:
    environments = [mapping(application.get("runtime_env"))]
    environments += [
        mapping(r)
        for _, r in select(dict(application), "deployments[].ray_actor_options.runtime_env")
    ]
    configs = sequence(dig(application, "args", "llm_configs"))
    for config in configs:
        _llm_config(view, at, config, container)
    _arguments(view, at, mapping(application.get("args")), container)
    for environment in environments:
        _runtime(view, at, environment)
    if container is not None:
        _module(view, container, at, string(application.get("import_path")), environments)


def _llm_config(view: KindView, at: FieldPath, config: object, container: View | None) -> None:
    if isinstance(config, str):
        _config_file(view, at, config, container)
        return
    loading = mapping(dig(config, "model_loading_config"))
    source = loading.get("model_source")
    if isinstance(source, dict):
        source = source.get("bucket_uri")
    name = source if isinstance(source, str) else loading.get("model_id")
    arguments = mapping(dig(config, "engine_kwargs"))
    revision = arguments.get("revision")
    code = str(arguments.get("trust_remote_code", "")).lower() not in FALSE
    claim = view.claim(
        at,
        "",
        Role.WEIGHTS,
        Form.HUB,
        text=string(name),
        revision=(at, revision) if revision else None,
        runs_code=code,
    )
    if code and claim is not None:
        view.claim(
            at,
            "",
            Role.CODE,
            Form.HUB,
            text=string(name),
            revision=(at, arguments.get("code_revision") or revision),
            runs_code=True,
        )
    for key, role in (("tokenizer_source", Role.TOKENIZER),):
        if isinstance(loading.get(key), str):
            view.claim(at, "", role, Form.HUB, text=loading[key])
    if isinstance(arguments.get("tokenizer"), str) and arguments["tokenizer"] != name:
        view.claim(at, "", Role.TOKENIZER, Form.HUB, text=arguments["tokenizer"])
    draft = dig(arguments, "speculative_config", "model") or arguments.get("speculative_model")
    if isinstance(draft, str):
        view.claim(at, "", Role.DRAFT, Form.HUB, text=draft, optional=True)
    adapters = dig(config, "lora_config", "dynamic_lora_loading_path")
    if isinstance(adapters, str):
        view.claim(at, "", Role.ADAPTER, Form.URL, text=adapters)
        view.undetermined(
            UndeterminedReason.RUNTIME_LOADING,
            at,
            "adapters are loaded from a folder while the server runs",
        )


def _config_file(view: KindView, at: FieldPath, path: str, container: View | None) -> None:
    """A file of Ray Serve LLM, or of RayLLM before it, where a ConfigMap of the stream holds it."""
    candidates = (path, posixpath.join(_HOME, path))
    files = [] if container is None else [container.files.read(c) for c in candidates]
    for file in files:
        document = _yaml(view, at, file.text) if isinstance(file, File) else None
        if isinstance(file, File) and isinstance(document, dict):
            view.file = file.origin
            if "engine_config" in document:
                _engine_config(view, at, mapping(document["engine_config"]))
            else:
                _llm_config(view, at, document, container)
            view.file = None
            return
    view.undetermined(
        UndeterminedReason.CONFIG_FILE, at, f"{path[:120]} is a file that is not in the object"
    )
    view.named = True


def _engine_config(view: KindView, at: FieldPath, engine: Mapping[str, Any]) -> None:
    """RayLLM: a mirror in a bucket comes before the hub."""
    for key in ("s3_mirror_config", "gcs_mirror_config"):
        mirror = dig(engine, key, "bucket_uri")
        if isinstance(mirror, str):
            view.claim(at, mirror, Role.WEIGHTS, Form.URL)
            return
    name = engine.get("hf_model_id") or engine.get("model_id")
    view.claim(at, string(name), Role.WEIGHTS, Form.HUB)


def _arguments(
    view: KindView, at: FieldPath, arguments: Mapping[str, Any], container: View | None
) -> None:
    """Arguments of an application builder: whatever is called like a model."""
    for key in (
        "model",
        "model_id",
        "model_path",
        "model_name_or_path",
        "hf_model_id",
        "model_source",
    ):
        value = arguments.get(key)
        if isinstance(value, str):
            view.claim(at, "", Role.WEIGHTS, Form.OWNED, text=value, optional=True)
    models = arguments.get("models")
    for item in sequence(models) if not isinstance(models, str) else [models]:
        if isinstance(item, str):
            _config_file(view, at, item, container)


def _runtime(view: KindView, at: FieldPath, environment: Mapping[str, Any]) -> None:
    places = [environment.get("working_dir"), *sequence(environment.get("py_modules"))]
    for place in places:
        if isinstance(place, str) and "://" in place:
            view.claim(at, "", Role.CODE, Form.URL, text=place, runs_code=True)
    variables = mapping(environment.get("env_vars"))
    if not _ENV_KEYS.intersection(variables):
        return
    raw = {"env": [{"name": str(k), "value": v} for k, v in list(variables.items())]}
    inner = view.view_at(at, raw)
    for variable in list(inner.environment.variables):
        inner.environment.variables[variable] = type(inner.environment.variables[variable])(
            inner.environment.variables[variable].text, at
        )
    view.serve(inner, custom.ENGINE, [])


def _module(
    view: KindView,
    container: View,
    at: FieldPath,
    import_path: str,
    environments: list[Mapping[str, Any]],
) -> None:
    """The module that `import_path` names, when a ConfigMap holds it."""
    name = import_path.partition(":")[0].split(".")[-1].strip()
    if not name.isidentifier():
        return
    for path, _, _, _ in container.mounts.mounts:
        for candidate in (f"{path}/{name}.py", path if path.endswith(f"/{name}.py") else ""):
            file = container.files.read(candidate) if candidate else None
            if isinstance(file, File):
                runner = Runner(view.reading, container)
                new: dict[str, Variable] = {}
                for environment in environments:
                    new |= _variables(view, at, environment)
                variables = assigned(container.environment, new) if new else container.environment
                body = view.reading.ledger.word(file.text, at, file=file.origin)
                runner.python_text(body, [], variables)
                before = len(view.reading.claims)
                read_calls(view.reading, container, runner.programs.calls)
                view.named = view.named or any(
                    c.role is Role.WEIGHTS for c in view.reading.claims[before:]
                )
                return


def _first_view(view: KindView) -> View | None:
    found = find_containers(view.reading.root)
    if not found.containers:
        return None
    container = found.containers[0]
    return make_view(view.reading, container, view.reading.volumes.of(container.pod))


KINDS = (
    Kind(
        "ray.io",
        "RayService",
        "KubeRay RayService",
        loads_models=True,
        hosts=True,
        reader=read_service,
    ),
    Kind("ray.io", "RayCluster", "KubeRay RayCluster", inference=False),
    Kind(
        "ray.io",
        "RayJob",
        "KubeRay RayJob",
        inference=False,
        hosts=True,
        reader=read_job,
        training=True,
    ),
)
