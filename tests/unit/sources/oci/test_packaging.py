"""Model packagings to files."""

import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Format
from modeladmit.sources.oci.manifest import Descriptor, Manifest
from modeladmit.sources.oci.packaging import files_of, is_image

PATH = "org.cncf.model.filepath"
TITLE = "org.opencontainers.image.title"


def _manifest(*layers: tuple[str, dict[str, str]]) -> Manifest:
    descriptors = tuple(
        Descriptor(media_type, Digest.sha256(str(number).encode()), 1, None, annotations)
        for number, (media_type, annotations) in enumerate(layers)
    )
    return Manifest(Digest.sha256(b""), "m", None, None, descriptors, {})


@pytest.mark.parametrize(
    ("media_type", "annotations", "expected"),
    [
        (
            "application/vnd.cncf.model.weight.v1.raw",
            {PATH: "m.safetensors"},
            ("m.safetensors", Format.SAFETENSORS),
        ),
        ("application/vnd.cncf.model.weight.v1.raw", {PATH: "m.bin"}, ("m.bin", Format.PICKLE)),
        ("application/vnd.cncf.model.weight.v1.raw", {}, ("layer 0", Format.OTHER)),
        (
            "application/vnd.cncf.model.weight.v1.tar",
            {PATH: "m.safetensors"},
            ("m.safetensors", Format.ARCHIVE),
        ),
        (
            "application/vnd.cncf.model.weight.v1.tar+zstd",
            {PATH: "m.gguf"},
            ("m.gguf", Format.ARCHIVE),
        ),
        ("application/vnd.cncf.model.weight.v1.gguf", {}, ("layer 0", Format.GGUF)),
        (
            "application/vnd.cncf.model.weight.config.v1.raw",
            {PATH: "config.json"},
            ("config.json", Format.DATA),
        ),
        ("application/vnd.cncf.model.doc.v1.raw", {PATH: "README.md"}, ("README.md", Format.DATA)),
        ("application/vnd.cncf.model.code.v1.raw", {PATH: "run"}, ("run", Format.CODE)),
        ("application/vnd.cncf.model.code.v1.tar", {PATH: "code"}, ("code", Format.CODE)),
        ("application/vnd.kitops.modelkit.model.v1.tar+gzip", {}, ("layer 0", Format.ARCHIVE)),
        ("application/vnd.kitops.modelkit.code.v1.tar+gzip", {}, ("layer 0", Format.CODE)),
        ("application/vnd.docker.ai.gguf.v3", {}, ("0.gguf.v3", Format.GGUF)),
        ("application/vnd.docker.ai.safetensors", {}, ("0.safetensors", Format.SAFETENSORS)),
        ("application/vnd.docker.ai.license", {}, ("0.license", Format.DATA)),
        ("application/vnd.docker.ai.chat.template.jinja", {}, ("chat_template.jinja", Format.DATA)),
        ("application/vnd.docker.ai.vllm.config.tar", {}, ("0.vllm.config.tar", Format.ARCHIVE)),
        ("application/vnd.docker.ai.model.file", {PATH: "x.py"}, ("x.py", Format.CODE)),
        ("application/vnd.ollama.image.model", {}, ("model", Format.GGUF)),
        ("application/vnd.ollama.image.template", {}, ("template", Format.DATA)),
        ("application/vnd.ollama.image.params", {}, ("params", Format.DATA)),
        ("application/vnd.ollama.image.new", {}, ("new", Format.OTHER)),
        ("application/octet-stream", {TITLE: "m.onnx"}, ("m.onnx", Format.ONNX)),
        ("application/octet-stream", {}, ("layer 0", Format.OTHER)),
        ("application/vnd.oci.image.layer.v1.tar+gzip", {}, ("layer 0", Format.ARCHIVE)),
    ],
)
def test_layers(media_type: str, annotations: dict[str, str], expected: tuple[str, Format]) -> None:
    """A raw layer is the file; a packed one is an archive whatever its name promises."""
    (file,) = files_of(_manifest((media_type, annotations)))
    assert expected == (file.name, file.format)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.cncf.model.weight.v1.safetensors",
        "application/vnd.cncf.model.doc.v1.raw",
        "application/vnd.docker.ai.gguf.v3",
        "application/vnd.docker.ai.license",
    ],
)
def test_a_declared_format_does_not_excuse_a_name(media_type: str) -> None:
    """Weights declared as harmless under a name that a loader unpickles are pickles."""
    (file,) = files_of(_manifest((media_type, {PATH: "pytorch_model.bin"})))
    assert Format.PICKLE is file.format


def test_names_taken_twice() -> None:
    """Two layers of one name are two files."""
    layer = ("application/octet-stream", {TITLE: "a.gguf"})
    assert len({file.name for file in files_of(_manifest(layer, layer))}) == 2


def test_images() -> None:
    """An ordinary image has file system layers only."""
    nothing: dict[str, str] = {}
    layer = ("application/vnd.oci.image.layer.v1.tar+gzip", nothing)
    raw = ("application/vnd.cncf.model.weight.v1.raw", nothing)
    assert tuple(is_image(_manifest(*layers)) for layers in ([layer], [layer, raw], [])) == (
        True,
        False,
        False,
    )
