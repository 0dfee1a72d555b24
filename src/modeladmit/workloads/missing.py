"""What a container that serves does not say: the places that may hold its models, and what is missing."""

import re
from typing import Final

from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.claims import Claim, Reading
from modeladmit.workloads.containers import Outcome
from modeladmit.workloads.tables import Form
from modeladmit.workloads.text import Word
from modeladmit.workloads.volumes import Holder

_SIZED: Final = re.compile(
    r"[-_.][A-Za-z]?\d+(?:\.\d+)?[bBmM](?:$|[-_./])|[-_]v\d+\.\d+(?:$|[-_./])"
)
"""A path whose name tells the size of a model: `x-7b`, `y-1.5B-it`."""
_MODELS: Final = re.compile(
    r"model|checkpoint|ckpt|weights|lora|adapter|\.ollama|ollama|huggingface|gguf|llm"
)
_NO_MODELS: Final = re.compile(
    r"output|result|log|shm|tmp|config|cert|secret|data(set)?s?$|workspace|profile|metrics"
)


def read_mounted(reading: Reading, outcome: Outcome) -> None:
    """A server that names nothing and mounts a place that looks like models: the place is all that is known."""
    for path, inside, volume, at in outcome.view.mounts.mounts:
        if volume.holder is not Holder.PLACE or volume.uri.startswith("image://"):
            continue
        where = f"{path}/{inside} {volume.uri}".lower()
        if _NO_MODELS.search(path.lower()):
            continue
        sized = _SIZED.search(path) or _SIZED.search(volume.uri)
        if sized or _MODELS.search(where):
            word = Word(path, at / "mountPath")
            role = Role.WEIGHTS if sized else Role.UNKNOWN
            reading.claims.append(
                Claim(
                    role,
                    word,
                    Form.PATH,
                    None if outcome.engine is None else outcome.engine.name,
                    outcome.view,
                )
            )
            outcome.mounted = outcome.mounted or bool(sized)


def opaque_environment(reading: Reading, outcome: Outcome) -> None:
    """`envFrom` may set or change any name that is resolved when the container starts."""
    view = outcome.view
    if not view.environment.opaque:
        return
    resolves = outcome.serves or any(
        c.view is not None and c.view.container is view.container and c.role is not Role.RUNTIME
        for c in reading.claims
    )
    if resolves:
        at, source, _ = view.environment.opaque[0]
        engine = None if outcome.engine is None else outcome.engine.name
        reading.undetermine(
            UndeterminedReason.OPAQUE_ENVIRONMENT,
            at,
            f"{source[:120]} may set any variable of a container that resolves names when it starts; name the variables one by one in `env`",
            view,
            engine,
        )


def nothing_named(reading: Reading, outcome: Outcome) -> None:
    """A server for sure, and no weights: say why."""
    engine, view = outcome.engine, outcome.view
    name = None if engine is None else engine.name
    for unread in outcome.unread:
        if unread.certain or not outcome.named:
            reading.undetermine(unread.reason, unread.field, unread.detail, view, name)
    if outcome.named or outcome.mounted or (engine is not None and not engine.needs_model):
        return
    if outcome.unread:
        return
    default = (
        ""
        if engine is None or engine.default is None
        else f"; without one it loads {engine.default}"
    )
    title = "the container" if engine is None else engine.title
    reading.undetermine(
        UndeterminedReason.NO_MODEL_NAMED,
        view.container.path,
        f"{title} serves a model, and nothing says which{default}",
        view,
        name,
    )
