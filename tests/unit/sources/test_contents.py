"""What files are and what runs when they are loaded."""

import json

import pytest

from modeladmit.core.evidence import ArtifactFile, Executable, Format
from modeladmit.sources.contents import executables_in, executables_of, format_of, may_name_code


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model.safetensors", Format.SAFETENSORS),
        ("model-00001-of-00002.SafeTensors", Format.SAFETENSORS),
        ("Llama-3.1-8B.Q4_K_M.gguf", Format.GGUF),
        ("onnx/model.onnx", Format.ONNX),
        ("model.onnx_data", Format.ONNX),
        ("pytorch_model.bin", Format.PICKLE),
        ("training_args.bin", Format.PICKLE),
        ("pytorch_model.bin.index.json", Format.DATA),
        ("model.pt", Format.PICKLE),
        ("model.h5", Format.PICKLE),
        ("archive/data.pkl", Format.PICKLE),
        ("modeling.py", Format.CODE),
        ("lib.so", Format.CODE),
        ("model.tar.gz", Format.ARCHIVE),
        ("weights.7z", Format.ARCHIVE),
        ("saved_model.pb", Format.SAVED_MODEL),
        ("model.plan", Format.TENSORRT),
        ("config.json", Format.DATA),
        ("README.md", Format.DATA),
        ("LICENSE", Format.DATA),
        (".gitattributes", Format.DATA),
        ("tokenizer.model", Format.DATA),
        ("model.sig", Format.DATA),
        ("weights", Format.OTHER),
        ("model.unknown", Format.OTHER),
        (".hidden", Format.OTHER),
        ("model.safetensors.exe", Format.CODE),
        ("", Format.OTHER),
    ],
)
def test_formats(name: str, expected: Format) -> None:
    """A loader sees the last suffix; what nobody knows is OTHER."""
    assert expected is format_of(name)


def test_auto_map_in_its_forms() -> None:
    """One class, a pair of tokenizers, a nested configuration, and code that lives in another repository."""
    config = {
        "auto_map": {
            "AutoModel": "modeling.Model",
            "AutoConfig": "other/repo--configuration.Config",
            "AutoTokenizer": ["tokenization.Slow", None],
        },
        "text_config": {"auto_map": {"AutoModel": "third/one--modeling.Text"}},
        "chat_template": "{{ messages }}",
    }
    found = executables_in("config.json", json.dumps(config).encode())
    assert {
        Executable("auto_map", "config.json", "modeling.Model"),
        Executable("auto_map", "config.json", "other/repo--configuration.Config", "other/repo"),
        Executable("auto_map", "config.json", "tokenization.Slow"),
        Executable("auto_map", "config.json", "third/one--modeling.Text", "third/one"),
        Executable("chat-template", "config.json"),
    } == set(found)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff"])
def test_unreadable_configurations(content: bytes) -> None:
    """What is not JSON names no code."""
    assert executables_in("config.json", content) == ()


@pytest.mark.parametrize(
    "noise", ['"x": NaN', '"x": -Infinity', r'"x": "\ud800"', '"auto_map": {}', '"x": 1e999']
)
def test_json_as_loaders_read_it(noise: str) -> None:
    """Python's parser takes what strict ones refuse; code beside it runs all the same."""
    content = f'{{{noise}, "auto_map": {{"AutoModel": "evil/repo--m.M"}}}}'
    assert [item.elsewhere for item in executables_in("config.json", content.encode())] == [
        "evil/repo"
    ]


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        json.dumps({str(number): {} for number in range(1000)}).encode(),
    ],
)
def test_a_configuration_that_cannot_be_searched_counts_as_code(content: bytes) -> None:
    """Depth and numbers end the search, and what was not searched may name anything."""
    assert [item.kind for item in executables_in("config.json", content)] == ["custom-code"]


def test_modules_of_sentence_transformers() -> None:
    """Classes of the library itself are not code of the model; others are, wherever they live."""
    modules = [
        {"idx": 0, "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "type": "evil/repo--pooling.Pooling"},
        {"idx": 2, "type": "mine.Pooling"},
    ]
    assert executables_in("modules.json", json.dumps(modules).encode()) == (
        Executable("auto_map", "modules.json", "evil/repo--pooling.Pooling", "evil/repo"),
        Executable("auto_map", "modules.json", "mine.Pooling"),
    )


def test_by_name() -> None:
    """Pickles, code, archives and templates are told by their names."""
    files = [
        ArtifactFile(name, format=format_of(name))
        for name in ("a.pt", "b.py", "c.zip", "chat_template.jinja", "d.gguf", "e.json")
    ]
    assert [(item.kind, item.file) for item in executables_of(files)] == [
        ("pickle", "a.pt"),
        ("custom-code", "b.py"),
        ("archive", "c.zip"),
        ("chat-template", "chat_template.jinja"),
    ]


def test_where_code_may_be_named() -> None:
    """Configurations of models, tokenizers, processors and adapters."""
    expected = {
        "config.json",
        "tokenizer_config.json",
        "sub/preprocessor_config.json",
        "adapter_config.json",
        "modules.json",
    }
    names = [*expected, "tokenizer.json", "model.safetensors.index.json", "README.md"]
    assert expected == {name for name in names if may_name_code(name)}
