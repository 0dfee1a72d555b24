"""What files are, by their names: formats, and what runs when they are loaded (facts: pickle, auto_map, templates).

Pure. A loader picks its parser by the name, so the name decides here too; a name that hides its kind is `OTHER`,
which no policy's `formats` allows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import orjson

from modeladmit.core.content_digest import SIGNATURE_NAMES
from modeladmit.core.evidence import ArtifactFile, Executable, Format

_SUFFIXES: Final[Mapping[Format, tuple[str, ...]]] = {
    Format.SAFETENSORS: (".safetensors",),
    Format.GGUF: (".gguf", ".ggml"),
    Format.ONNX: (".onnx", ".onnx_data", ".onnx.data", ".ort"),
    Format.PICKLE: (
        ".bin", ".ckpt", ".dill", ".h5", ".hdf5", ".joblib", ".keras", ".msgpack.pkl", ".npy", ".npz", ".pickle", ".pkl", ".pt",
        ".pt2", ".pth", ".pytorch", ".skops", ".th",
    ),
    Format.TENSORRT: (".engine", ".plan", ".trt"),
    Format.TORCHSCRIPT: (".torchscript", ".ptl", ".mar"),
    Format.SAVED_MODEL: (".pb",),
    Format.ARCHIVE: (
        ".7z", ".bz2", ".dduf", ".gz", ".nemo", ".rar", ".tar", ".tar.gz", ".tgz", ".whl", ".xz", ".zip", ".zst", ".llamafile",
    ),
    Format.CODE: (".bash", ".c", ".cc", ".cpp", ".cu", ".dll", ".dylib", ".exe", ".js", ".lua", ".py", ".pyc", ".pyd", ".sh", ".so", ".wasm"),
    Format.DATA: (
        ".bib", ".cff", ".csv", ".gif", ".gitattributes", ".gitignore", ".html", ".jinja", ".jinja2", ".jpeg", ".jpg", ".json",
        ".jsonl", ".log", ".md", ".model", ".parquet", ".pdf", ".png", ".proto", ".rst", ".sig", ".spm", ".svg", ".template",
        ".tiktoken", ".toml", ".tsv", ".txt", ".vocab", ".wav", ".webp", ".xml", ".yaml", ".yml", ".pbtxt", ".asc", ".sha256",
    ),
}  # fmt: skip
_FORMAT_OF: Final = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes}
_BARE_DATA: Final = frozenset(
    {
        "license",
        "notice",
        "readme",
        "vocab",
        "merges",
        "modelfile",
        "use_policy",
        "mlmodel",
        "authors",
        "copying",
    }
)

_CODE_NAMING: Final = frozenset({"chat_template.json", "processor.json", "modules.json"})
_MAX_OBJECTS: Final = 1000
"""Objects in one configuration that are searched."""
_TEMPLATES: Final = frozenset(
    {
        "chat_template.jinja",
        "chat_template.jinja2",
        "chat_template.json",
        "chat_template",
        "template",
    }
)


def format_of(name: str) -> Format:
    """The format that a loader sees in a file name."""
    lower = PurePosixPath(name.lower()).name
    if lower in _BARE_DATA or lower in SIGNATURE_NAMES:
        return Format.DATA
    stem, dot, suffix = lower.rpartition(".")
    if not dot or not stem:
        return Format.DATA if lower in _FORMAT_OF or lower.startswith(".git") else Format.OTHER
    for part in (f".{lower.partition('.')[2]}", f".{suffix}"):
        if part in _FORMAT_OF:
            return _FORMAT_OF[part]
    return Format.OTHER


def executables_of(files: Iterable[ArtifactFile]) -> tuple[Executable, ...]:
    """What runs when these files are loaded, as far as names and formats tell."""
    found = []
    for file in files:
        match file.format:
            case Format.PICKLE:
                found.append(Executable("pickle", file.name))
            case Format.CODE:
                found.append(Executable("custom-code", file.name))
            case Format.ARCHIVE:
                found.append(Executable("archive", file.name, "what is inside is not seen"))
            case Format.TORCHSCRIPT | Format.SAVED_MODEL | Format.TENSORRT:
                found.append(Executable("custom-code", file.name, "a compiled graph"))
            case _ if PurePosixPath(
                file.name.lower()
            ).name in _TEMPLATES or file.name.lower().endswith(".jinja"):
                found.append(Executable("chat-template", file.name))
    return tuple(found)


def may_name_code(name: str) -> bool:
    """Whether the file is a JSON configuration in which `auto_map` or a chat template may stand."""
    lower = PurePosixPath(name.lower()).name
    return lower.endswith(".json") and ("config" in lower or lower in _CODE_NAMING)


def executables_in(name: str, content: bytes) -> tuple[Executable, ...]:
    """What a JSON configuration lets run: `auto_map`, `custom_pipelines`, a chat template. What no loader can read runs nothing."""
    try:
        config = _parsed(content)
    except RecursionError:
        return (unread(name),)  # how deep a loader can read is its business
    except ValueError:
        return ()
    if PurePosixPath(name.lower()).name == "modules.json":
        return tuple(_modules(name, config))
    return tuple(executables_named_by(name, config)) if isinstance(config, dict) else ()


def executables_named_by(name: str, config: Mapping[str, Any]) -> Iterable[Executable]:
    """The same for a parsed configuration; nested configurations (text_config, vision_config …) are searched too."""
    waiting, seen = [config], 0
    while waiting:
        current, seen = waiting.pop(), seen + 1
        if seen > _MAX_OBJECTS:
            yield unread(name)
            return
        for key, value in current.items():
            if key == "auto_map":
                yield from _auto_map(name, value)
            elif key == "custom_pipelines" and isinstance(value, dict):
                yield Executable("custom-code", name, "custom_pipelines")
            elif key == "chat_template" and value:
                yield Executable("chat-template", name)
            if isinstance(value, dict) and key != "auto_map":
                waiting.append(value)


def unread(name: str) -> Executable:
    """A configuration that nobody has looked into may name any code."""
    return Executable("custom-code", name, "larger than what is looked into")


def _parsed(content: bytes) -> Any:
    """JSON as Python's loaders read it. Attack: a `NaN` makes a strict parser give up where transformers reads on."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return json.loads(content)


def _modules(name: str, modules: Any) -> Iterator[Executable]:
    """`modules.json` of Sentence Transformers: classes by dotted name, from the repository or `owner/repo--module.Class`."""
    for module in modules if isinstance(modules, list) else ():
        kind = module.get("type") if isinstance(module, dict) else None
        if isinstance(kind, str) and not kind.startswith("sentence_transformers."):
            yield from _auto_map(name, kind)


def _auto_map(name: str, value: Any) -> Iterable[Executable]:
    """`auto_map: {AutoModel: "[owner/repo--]module.Class" | [slow, fast]}` (transformers, dynamic_module_utils)."""
    targets = value.values() if isinstance(value, dict) else [value]
    for target in targets:
        for text in target if isinstance(target, list) else [target]:
            if isinstance(text, str) and text:
                repository, separator, _ = text.partition("--")
                yield Executable(
                    "auto_map", name, text[:200], repository[:200] if separator else None
                )
