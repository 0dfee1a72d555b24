"""What a download is, by its URL and by where it goes."""

import re
from typing import Final

from modeladmit.core.references import HUB_HOSTS
from modeladmit.core.workload import Role
from modeladmit.workloads.address import archive, model_file
from modeladmit.workloads.claims import View

SCRIPTS: Final = (".py", ".sh", ".ipynb", ".js")


CODE_HOSTS: Final = frozenset(
    {
        "github.com",
        "gitlab.com",
        "raw.githubusercontent.com",
        "codeload.github.com",
        "bitbucket.org",
        "gist.githubusercontent.com",
    }
)


LIKE_MODELS: Final = re.compile(
    r"model|checkpoint|ckpt|weights|llm|lora|adapter|onnx|engine", re.IGNORECASE
)


def role_of(destination: str | None, view: View) -> Role:
    """A download's role by where it goes: an adapter lands in the LoRA directory."""
    if destination is None:
        return Role.WEIGHTS
    place = view.mounts.place(destination)
    where = f"{destination.lower()} {place.uri.lower() if place is not None else ''}"
    for pattern, role in (
        (r"lora|adapter|peft", Role.ADAPTER),
        (r"draft|speculat", Role.DRAFT),
        (r"tokenizer", Role.TOKENIZER),
    ):
        if re.search(pattern, where):
            return role
    return Role.WEIGHTS


def link_role(url: str, destination: str | None = None) -> Role | None:
    """What a URL holds, by its host and the end of its path; None: nothing that a model server loads."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0].rpartition("@")[2].lower()
    path = re.split(r"[?#]", url, maxsplit=1)[0].lower()
    if host in HUB_HOSTS:
        segments = [s for s in path.partition("://")[2].split("/")[1:] if s]
        return (
            Role.WEIGHTS
            if segments[1:] and segments[0] not in {"datasets", "spaces", "api", "docs"}
            else None
        )
    if model_file(url):
        return Role.WEIGHTS
    if path.endswith(SCRIPTS):
        return Role.CODE if host in CODE_HOSTS or path.endswith(".py") else None
    if archive(url):
        if host in CODE_HOSTS:
            return (
                Role.CODE
                if "/archive/" in path
                else (Role.WEIGHTS if LIKE_MODELS.search(path) else None)
            )
        return Role.WEIGHTS if LIKE_MODELS.search(f"{path} {destination or ''}") else None
    return Role.WEIGHTS if destination is not None and model_file(destination) else None
