"""How models are packed into OCI artifacts, and what that makes of a layer: a file, its name and its format. Pure.

ModelPack (modelpack/model-spec), KitOps ModelKits, Docker model artifacts, Ollama, ORAS files, ordinary images.
A `.raw` layer is the file itself, so its digest is the file's; everything packed is an archive whose members nobody has seen.
"""

import re
from typing import Final

from modeladmit.core.evidence import ArtifactFile, Format
from modeladmit.sources.contents import format_of
from modeladmit.sources.oci.manifest import Descriptor, Manifest

_NAME_ANNOTATIONS: Final = (
    "org.cncf.model.filepath",
    "org.opencontainers.image.title",
    "ml.kitops.modelkit.layer-path",
)
_NAME_LENGTH: Final = 1024
"""Characters; of a longer name the end is kept, because the suffix says what it is."""
_MODELPACK: Final = re.compile(
    r"application/vnd\.cncf\.model\.(weight|weight\.config|doc|code|dataset)\.v1\.(raw|tar|tar\+gzip|tar\+zstd|gguf|safetensors)"
)
_KITOPS: Final = re.compile(
    r"application/vnd\.kitops\.modelkit\.(model|modelpart|dataset|code|docs)\.v1\.(raw|tar)(?:\+(?:gzip|zstd))?"
)
_DOCKER: Final = re.compile(r"application/vnd\.docker\.ai\.([a-z0-9.]+)")
_OLLAMA: Final = re.compile(r"application/vnd\.ollama\.image\.([a-z]+)")
_IMAGE_LAYER: Final = re.compile(
    r"application/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\..*"
)

_DOCKER_FORMATS: Final = {
    "gguf.v3": Format.GGUF,
    "gguf.v3.lora": Format.GGUF,
    "gguf.v3.mmproj": Format.GGUF,
    "mmproj": Format.GGUF,
    "safetensors": Format.SAFETENSORS,
    "license": Format.DATA,
    "chat.template.jinja": Format.DATA,
    "vllm.config.tar": Format.ARCHIVE,
    "dir.tar": Format.ARCHIVE,
    "dduf": Format.ARCHIVE,
}
_OLLAMA_FORMATS: Final = {
    "model": Format.GGUF,
    "projector": Format.GGUF,
    "adapter": Format.GGUF,
    "draft": Format.GGUF,
    "embed": Format.OTHER,
    "tensor": Format.SAFETENSORS,
}
_PACKINGS: Final = {"gguf": Format.GGUF, "safetensors": Format.SAFETENSORS}
_OLLAMA_DATA: Final = frozenset(
    {"template", "system", "params", "license", "messages", "prompt", "json"}
)


def is_image(manifest: Manifest) -> bool:
    """Whether it is an ordinary container image (KServe modelcars are): layers are file system changes."""
    return bool(manifest.layers) and all(
        _IMAGE_LAYER.fullmatch(layer.media_type) for layer in manifest.layers
    )


def files_of(manifest: Manifest) -> tuple[ArtifactFile, ...]:
    """Every layer as a file, sorted by name. A name that is taken already stands below its layer's number.

    Attack: a layer with two names, or a second layer of one name, is one thing for us and another for who unpacks it. So
    each name is a file, and the last part of a name never changes: that is what loaders go by.
    """
    files: dict[str, ArtifactFile] = {}
    for number, layer in enumerate(manifest.layers):
        for name in _names(layer, number):
            unique = name if name not in files else f"layer {number}/{name}"
            files[unique] = ArtifactFile(unique, layer.size, layer.digest, _format(layer, name))
    return tuple(sorted(files.values(), key=lambda file: file.name))


def is_raw(layer: Descriptor) -> bool:
    """Whether the layer's bytes are the file's bytes."""
    return not _IMAGE_LAYER.fullmatch(layer.media_type) and ".tar" not in layer.media_type


def _names(layer: Descriptor, number: int) -> tuple[str, ...]:
    """Every name that the layer claims, or the one that its type or place gives it."""
    claimed = [layer.annotations[key] for key in _NAME_ANNOTATIONS if layer.annotations.get(key)]
    if claimed:
        return tuple(dict.fromkeys(name[-_NAME_LENGTH:] for name in claimed))
    if (ollama := _OLLAMA.fullmatch(layer.media_type)) is not None:
        return (ollama[1],)
    if (docker := _DOCKER.fullmatch(layer.media_type)) is not None:
        plain = docker[1] == "chat.template.jinja"
        return ("chat_template.jinja" if plain else f"{number}.{docker[1]}",)
    return (f"layer {number}",)


def _format(layer: Descriptor, name: str) -> Format:
    if not is_raw(layer):
        return Format.CODE if ".code." in layer.media_type else Format.ARCHIVE
    named, declared = format_of(name), _declared(layer.media_type)
    # Attack: weights declared as safetensors, or as documentation, under a name that a loader unpickles.
    return declared if declared is not None and named in {Format.OTHER, Format.DATA} else named


def _declared(media_type: str) -> Format | None:
    """What the media type promises; None when it promises nothing."""
    if (modelpack := _MODELPACK.fullmatch(media_type)) is not None:
        return Format.CODE if modelpack[1] == "code" else _PACKINGS.get(modelpack[2])
    if (kitops := _KITOPS.fullmatch(media_type)) is not None:
        return Format.CODE if kitops[1] == "code" else None
    if (ollama := _OLLAMA.fullmatch(media_type)) is not None:
        return (
            Format.DATA
            if ollama[1] in _OLLAMA_DATA
            else _OLLAMA_FORMATS.get(ollama[1], Format.OTHER)
        )
    if (docker := _DOCKER.fullmatch(media_type)) is not None:
        return _DOCKER_FORMATS.get(docker[1])
    return None
