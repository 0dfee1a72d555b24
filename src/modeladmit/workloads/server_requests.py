"""Requests that make a running server load a model: its name is in the URL or in the body."""

import re
from urllib.parse import parse_qsl

import orjson

from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.address import model_file
from modeladmit.workloads.arguments import Parsed
from modeladmit.workloads.claims import Claim, Reading, View
from modeladmit.workloads.programs import Command
from modeladmit.workloads.tables import Form
from modeladmit.workloads.text import Word


def body_of(parsed: Parsed, command: Command) -> list[Word]:
    """The texts that a request sends."""
    names = {"-d", "--data", "--data-raw", "--data-binary", "--json", "--post-data", "--body-data"}
    found = [
        s.values[-1] for s in parsed.settings if s.values and s.flag.text.partition("=")[0] in names
    ]
    found += [w for f, w in parsed.unknown if w is not None and f.text in names]
    return [w.part(command.stdin) if w.text == "@-" and command.stdin else w for w in found]


def asks_server(reading: Reading, view: View, url: Word, body: list[Word]) -> bool:
    """A request that makes a running server load a model: Ollama's pull, TorchServe's register, vLLM's adapters."""
    path = url.text.partition("://")[2] or url.text
    if re.search(r"/api/(pull|create)\b", path):
        for word in body:
            name = _named(word.text, ("name", "model", "from"))
            if name is not None:
                reading.claims.append(
                    Claim(Role.WEIGHTS, word.part(name), Form.OLLAMA, "ollama", view)
                )
            else:
                reading.undetermine(
                    UndeterminedReason.SHELL,
                    url.field,
                    "a request to pull a model whose name cannot be read",
                    view,
                    "ollama",
                )
        if not body:
            reading.undetermine(
                UndeterminedReason.SHELL,
                url.field,
                "a request to pull a model whose name cannot be read",
                view,
                "ollama",
            )
        return True
    if "load_lora_adapter" in path:
        for word in body:
            name = _named(word.text, ("lora_path",))
            if name is not None:
                reading.claims.append(Claim(Role.ADAPTER, word.part(name), Form.HUB, "vllm", view))
        return True
    _, registers, query = path.partition("/models?")
    if registers and re.search(r"(?:^|&)url=", query):
        url_value = dict(parse_qsl(path.partition("?")[2], max_num_fields=16)).get("url", "")
        if url_value:
            reading.claims.append(
                Claim(Role.WEIGHTS, url.part(url_value), Form.URL, "torchserve", view)
            )
        return True
    if path.endswith("/models/apply") or re.search(r"/v2/repository/models/[^/]+/load", path):
        for word in body:
            name = _named(word.text, ("url", "id"))
            if name is not None:
                reading.claims.append(
                    Claim(Role.WEIGHTS, word.part(name), Form.URL, "localai", view, optional=True)
                )
        return True
    host = path.partition("/")[0].partition(":")[0]
    return host in {"localhost", "127.0.0.1", "0.0.0.0"} and not model_file(path)  # noqa: S104 - a name in a script, nothing is bound


def _named(text: str, keys: tuple[str, ...]) -> str | None:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        for key in keys:
            if match := re.search(rf"""["']?{key}["']?\s*[:=]\s*["']?([^"',}}\s]+)""", text):
                return match[1]
        return None
    if isinstance(document, dict):
        return next((document[key] for key in keys if isinstance(document.get(key), str)), None)
    return None
