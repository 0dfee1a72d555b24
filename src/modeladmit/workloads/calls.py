"""What Python calls load: `snapshot_download`, `from_pretrained`, engine constructors, and commands started from Python."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from modeladmit.core.workload import Role
from modeladmit.workloads.address import model_file
from modeladmit.workloads.claims import Claim, Pinning, Reading, View
from modeladmit.workloads.commandline import Runner
from modeladmit.workloads.downloads import link_role, role_of
from modeladmit.workloads.loaders import LOADERS, Loader
from modeladmit.workloads.script.call import Call
from modeladmit.workloads.script.values import Constant, Items, Table, Text, Value, each, texts
from modeladmit.workloads.tables import Form
from modeladmit.workloads.text import Word

_INDEX: Final = {name: loader for loader in LOADERS for name in loader.names}


_TOKENIZER: Final = re.compile(r"Tokenizer|Processor|FeatureExtractor")


_CONFIG: Final = re.compile(r"Config(\.|$)")


_COMMANDS: Final = frozenset(
    {
        "os.system",
        "os.popen",
        "os.execvp",
        "os.execv",
        "subprocess.run",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.Popen",
        "Popen",
        "run",
        "check_call",
        "check_output",
        "sh",
        "asyncio.create_subprocess_shell",
        "asyncio.create_subprocess_exec",
    }
)


def read_calls(reading: Reading, view: View, calls: list[Call]) -> None:
    """Add a claim for everything that the calls load."""
    start = len(reading.claims)
    container = view
    for call in calls:
        view = container
        if call.environment is not view.environment:  # the program has set variables of its own
            view = replace(view, environment=call.environment)
        loader = _INDEX.get(call.name) or _INDEX.get(call.name.rpartition(".")[2])
        if loader is not None:
            _load(reading, view, call, loader)
        elif (
            call.name.endswith((".hub.load", "hub.load_state_dict_from_url"))
            and "torch" in call.name
        ):
            _torch_hub(reading, view, call)
        elif call.name.endswith(("download_file", "download_fileobj", "fget_object")):
            _bucket(reading, view, call)
        elif call.name in {
            "requests.get",
            "httpx.get",
            "urllib.request.urlopen",
            "session.get",
            "httpx.stream",
        }:
            _links(reading, view, call)
        elif call.name == "LLMConfig" or call.name.endswith(".LLMConfig"):
            _ray(reading, view, call)
    _drop_same_tokenizers(reading, start)


def started_commands(runner: Runner, calls: list[Call]) -> Iterator[tuple[list[Word], Call]]:
    """Command lines that Python starts."""
    for call in calls:
        if call.name not in _COMMANDS or not call.positional:
            continue
        for value in each(call.positional[0]):
            if isinstance(value, Items):
                words = [
                    t
                    for item in value.items
                    for t in (
                        texts(item)[:1] or ([Text(item.text)] if isinstance(item, Constant) else [])
                    )
                ]
                yield [_word(runner.reading, call, t, whole=False) for t in words], call
            elif isinstance(value, Text):
                sh = [
                    call.word.part("sh"),
                    call.word.part("-c"),
                    _word(runner.reading, call, value),
                ]
                yield sh, call


def _word(reading: Reading, call: Call, text: Text, *, whole: bool = False) -> Word:
    carrier = next((o for o in call.word.origins if o.known and o.carrier.mutable), None)
    return reading.ledger.word(
        text.text, call.word.field, span=text.span, file=carrier, whole=whole
    )


def _argument(call: Call, keywords: tuple[str, ...], position: int | None) -> Value | None:
    for keyword in keywords:
        if keyword in call.keywords:
            return call.keywords[keyword]
    return (
        call.positional[position]
        if position is not None and position < len(call.positional)
        else None
    )


def _text(value: Value | None) -> Text | None:
    found = texts(value) if value is not None else []
    return found[0] if found else None


def _load(reading: Reading, view: View, call: Call, loader: Loader) -> None:
    value = _argument(call, loader.keywords, loader.position)
    if value is None or (_text(call.keywords.get("repo_type")) or Text("")).text in {
        "dataset",
        "space",
    }:
        return
    owner = call.name.rpartition(".")[0]
    role = loader.role
    if loader.names[0] == "from_pretrained":
        if _TOKENIZER.search(owner):
            role = Role.TOKENIZER
        elif _CONFIG.search(owner):
            role = Role.CONFIG
        elif "Peft" in owner and len(call.positional) > 1:
            value, role = call.positional[1], Role.ADAPTER
    destination = _text(
        next((call.keywords[d] for d in loader.destinations if d in call.keywords), None)
    )
    revision = _text(call.keywords.get("revision"))
    code = call.keywords.get("trust_remote_code")
    runs_code = isinstance(code, Constant) and code.text == "True"
    filename = (
        _text(_argument(call, (loader.filename[0],), loader.filename[1]))
        if loader.filename
        else None
    )
    hub = (
        "modelscope"
        if any("modelscope" in m for m in call.modules) or call.name.startswith("modelscope")
        else "hf"
    )
    for text in texts(value):
        word = _word(reading, call, text)
        if not word.text.strip() or (
            loader.form is Form.URL and loader.optional and link_role(word.text) is None
        ):
            continue
        if loader.optional and "/" not in word.text:
            continue
        pinning = Pinning(
            call=loader.pinned and call.end is not None,
            existing=None
            if revision is None
            else _word(reading, call, Text(revision.text, _inner(revision))),
            anchor=None if call.end is None else Word(call.quote, call.word.field, call.end),
        )
        place = None if destination is None else destination.text
        claim = Claim(
            role if role is not Role.WEIGHTS else role_of(place, view),
            word,
            loader.form,
            loader.engine,
            view,
            None if revision is None else _word(reading, call, revision),
            pinning,
            place,
            runs_code,
            hub,
            loader.optional,
            None if filename is None else filename.text,
        )
        reading.claims.append(claim)
        if runs_code and role is Role.WEIGHTS:
            code_revision = _text(call.keywords.get("code_revision")) or revision
            reading.claims.append(
                Claim(
                    Role.CODE,
                    word,
                    loader.form,
                    loader.engine,
                    view,
                    None if code_revision is None else _word(reading, call, code_revision),
                    pinning,
                    runs_code=True,
                    hub=hub,
                )
            )
        for keyword, other in (
            ("tokenizer", Role.TOKENIZER),
            ("speculative_model", Role.DRAFT),
            ("tokenizer_path", Role.TOKENIZER),
        ):
            if (extra := _text(call.keywords.get(keyword))) is not None and extra.text != text.text:
                reading.claims.append(
                    Claim(
                        other,
                        _word(reading, call, extra),
                        Form.HUB,
                        loader.engine,
                        view,
                        hub=hub,
                        optional=True,
                    )
                )


def _inner(text: Text) -> tuple[int, int] | None:
    """Inside the quotes."""
    return None if text.span is None else (text.span[0] + 1, text.span[1] - 1)


def _torch_hub(reading: Reading, view: View, call: Call) -> None:
    text = _text(_argument(call, ("repo_or_dir",), 0))
    if text is not None and "/" in text.text and not text.text.startswith("/"):
        name, _, branch = text.text.partition(":")
        word = _word(reading, call, Text(f"https://github.com/{name}"))
        revision = _word(reading, call, Text(branch)) if branch else None
        reading.claims.append(
            Claim(
                Role.CODE,
                word,
                Form.URL,
                "torch-hub",
                view,
                revision,
                runs_code=True,
                optional=True,
            )
        )


def _bucket(reading: Reading, view: View, call: Call) -> None:
    bucket = _text(_argument(call, ("Bucket", "bucket_name", "bucket"), 0))
    key = _text(_argument(call, ("Key", "object_name", "key"), 1))
    if (
        bucket is not None
        and key is not None
        and (model_file(key.text) or re.search(r"model|weights|checkpoint", key.text))
    ):
        word = _word(reading, call, Text(f"s3://{bucket.text}/{key.text.lstrip('/')}"))
        target = _text(_argument(call, ("Filename", "file_path"), 2))
        reading.claims.append(
            Claim(
                Role.WEIGHTS,
                word,
                Form.URL,
                "boto3",
                view,
                destination=None if target is None else target.text,
            )
        )


def _links(reading: Reading, view: View, call: Call) -> None:
    for text in texts(call.positional[0]) if call.positional else []:
        if (role := link_role(text.text)) is not None:
            reading.claims.append(
                Claim(role, _word(reading, call, text), Form.URL, "python", view, optional=True)
            )


def _ray(reading: Reading, view: View, call: Call) -> None:
    loading = call.keywords.get("model_loading_config")
    if not isinstance(loading, Table):
        return
    source = _text(loading.get("model_source")) or _text(loading.get("model_id"))
    if source is not None:
        reading.claims.append(
            Claim(Role.WEIGHTS, _word(reading, call, source), Form.HUB, "ray-serve-llm", view)
        )
    arguments = call.keywords.get("engine_kwargs")
    code = arguments.get("trust_remote_code") if isinstance(arguments, Table) else None
    if source is not None and isinstance(code, Constant) and code.text == "True":
        reading.claims.append(
            Claim(
                Role.CODE,
                _word(reading, call, source),
                Form.HUB,
                "ray-serve-llm",
                view,
                runs_code=True,
            )
        )


def _drop_same_tokenizers(reading: Reading, start: int) -> None:
    """A tokenizer or configuration read from the weights' own repository is not a reference of its own."""
    loaded = {claim.word.text for claim in reading.claims[start:] if claim.role is Role.WEIGHTS}
    reading.claims[start:] = [
        claim
        for claim in reading.claims[start:]
        if claim.role not in {Role.TOKENIZER, Role.CONFIG} or claim.word.text not in loaded
    ]
