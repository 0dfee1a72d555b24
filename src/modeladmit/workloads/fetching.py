"""What a download command fetches: its tool's line of the table applied to its words."""

import posixpath
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

import orjson

from modeladmit.core.references import HUB_HOSTS
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.address import archive, has_scheme, model_file
from modeladmit.workloads.arguments import Parsed, Setting, parse
from modeladmit.workloads.claims import Claim, Pinning, Reading, View
from modeladmit.workloads.commandline import Command
from modeladmit.workloads.files import File
from modeladmit.workloads.tables import Form
from modeladmit.workloads.text import MARKERS, Word
from modeladmit.workloads.tools import TOOLS, Takes, Tool

BY_NAME: Final = {tool.engine.name: tool for tool in TOOLS}
_NOT_MODELS: Final = (
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
    ".mp4",
    ".mp3",
    ".wav",
    ".parquet",
    ".csv",
    ".tsv",
    ".jsonl",
    ".arrow",
    ".txt",
    ".md",
    ".pdf",
    ".html",
    ".log",
    ".deb",
    ".whl",
    ".rpm",
    ".asc",
    ".sig",
    ".yaml",
    ".yml",
    ".toml",
    ".crt",
    ".pem",
    ".gpg",
    ".key",
    ".list",
    ".env",
    ".sha256",
    ".md5",
)
_SCRIPTS: Final = (".py", ".sh", ".ipynb", ".js")
_CODE_HOSTS: Final = frozenset(
    {
        "github.com",
        "gitlab.com",
        "raw.githubusercontent.com",
        "codeload.github.com",
        "bitbucket.org",
        "gist.githubusercontent.com",
    }
)
_LIKE_MODELS: Final = re.compile(
    r"model|checkpoint|ckpt|weights|llm|lora|adapter|onnx|engine", re.IGNORECASE
)
_LIKE_DATA: Final = re.compile(
    r"dataset|(^|/)data(/|$)|input|image|video|output|results|logs?(/|$)", re.IGNORECASE
)


def fetch(
    reading: Reading, view: View, command: Command, tool: Tool, words: Sequence[Word]
) -> bool:
    """Add a claim for everything that the command fetches; whether it fetches any."""
    before = len(reading.claims)
    parsed = parse(tool.engine, words)
    for option, values in tool.skip:
        if any(
            s.flag.text.partition("=")[0] == option
            and (values == ("*",) or any(v.text in values for v in s.values))
            for s in parsed.settings
        ):
            return False
    match tool.takes:
        case Takes.SOURCE:
            _source(reading, view, tool, parsed)
        case Takes.COPY:
            _copy(reading, view, tool, parsed, command)
        case Takes.LINKS:
            _links(reading, view, tool, parsed, command)
        case Takes.CLONE:
            _clone(reading, view, tool, parsed, command)
        case Takes.OPTION:
            for word in _values(parsed, tool.source_options):
                _claim(reading, view, tool, parsed, word, _destination(parsed, tool, command))
        case Takes.ALL:
            for word in parsed.positionals:
                _claim(reading, view, tool, parsed, word, None)
    return len(reading.claims) > before


def _values(parsed: Parsed, names: tuple[str, ...]) -> list[Word]:
    return [
        s.values[-1]
        for s in parsed.settings
        if s.values and names and set(names) & set(s.option.names)
    ]


def _setting(parsed: Parsed, names: tuple[str, ...]) -> Setting | None:
    return next(
        (s for s in reversed(parsed.settings) if s.values and set(names) & set(s.option.names)),
        None,
    )


def _destination(parsed: Parsed, tool: Tool, command: Command | None = None) -> str | None:
    found = _values(parsed, tool.destination_options)
    if found:
        return found[-1].text
    return None if command is None else command.stdout


def role_of(destination: str | None, text: str, view: View) -> Role:
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


def _claim(
    reading: Reading,
    view: View,
    tool: Tool,
    parsed: Parsed,
    word: Word,
    destination: str | None,
    *,
    form: Form | None = None,
    role: Role | None = None,
    filename: str | None = None,
    optional: bool = False,
) -> None:
    revision = _setting(parsed, tool.revision_options) if tool.revision_options else None
    known = destination
    if destination is not None and (marker := MARKERS.search(destination)) is not None:
        known = (
            destination[: marker.start()].rpartition("/")[0] or None
        )  # the folder that is certain
    reading.claims.append(
        Claim(
            role or role_of(known, word.text, view),
            word,
            form or tool.form,
            tool.engine.name,
            view,
            None if revision is None else revision.values[-1],
            Pinning(
                option=tool.engine.pin_option,
                existing=None if revision is None else revision.values[-1],
                existing_flag=None if revision is None else revision.flag,
                anchor=word if word.whole or word.span else None,
            ),
            destination=known,
            filename=filename,
            optional=optional,
            cache="--cache-dir" in {n for s in parsed.settings for n in s.option.names}
            or destination is None,
        )
    )


def _source(reading: Reading, view: View, tool: Tool, parsed: Parsed) -> None:
    positionals = list(parsed.positionals)
    named = _values(parsed, tool.source_options)
    source = named[0] if named else (positionals.pop(0) if positionals else None)
    if source is None:
        return
    files = [w.text for w in positionals if not any(c in w.text for c in "*?[")]
    filename = (
        files[0]
        if len(files) == 1 and tool.form is Form.HUB and not MARKERS.search(files[0])
        else None
    )
    _claim(reading, view, tool, parsed, source, _destination(parsed, tool), filename=filename)


def _copy(reading: Reading, view: View, tool: Tool, parsed: Parsed, command: Command) -> None:
    if len(parsed.positionals) < 2 and tool.engine.name != "storage-initializer":  # noqa: PLR2004 - source and destination
        return
    pairs = (
        [parsed.positionals[i : i + 2] for i in range(0, len(parsed.positionals), 2)]
        if tool.engine.name == "storage-initializer"
        else [[source, parsed.positionals[-1]] for source in parsed.positionals[:-1]]
    )
    for pair in pairs:
        source = pair[0]
        destination = pair[1].text if len(pair) > 1 else None
        if tool.engine.name == "skopeo":
            source = source.part(source.text.removeprefix("docker://"))
        elif tool.engine.name == "rclone":
            source = _rclone(source)
        elif not has_scheme(source.text):
            continue  # a local file: an upload, or a copy inside the container
        if destination is not None and has_scheme(destination):
            continue
        lowered = source.text.lower().rstrip("/")
        if lowered.endswith(_NOT_MODELS) or (
            _LIKE_DATA.search(lowered)
            and not _LIKE_MODELS.search(f"{lowered} {destination or ''}".lower())
        ):
            continue
        role = Role.CODE if lowered.endswith(_SCRIPTS) else None
        source = source.part(re.sub(r"(?<=/)\*+$|\*+$", "", source.text))
        _claim(reading, view, tool, parsed, source, destination, role=role)
    del command


def _rclone(word: Word) -> Word:
    """`remote:bucket/path`: the remote is configured elsewhere, its kind is guessed from its name."""
    remote, colon, path = word.text.partition(":")
    schemes = {"s3": "s3", "minio": "s3", "gcs": "gs", "gs": "gs", "azure": "azblob"}
    scheme = next((s for part, s in schemes.items() if part in remote.lower()), None)
    return word.part(f"{scheme}://{path.lstrip('/')}") if colon and scheme else word


def _links(reading: Reading, view: View, tool: Tool, parsed: Parsed, command: Command) -> None:
    urls = [w for w in parsed.positionals if w.text.startswith(("http://", "https://"))]
    urls += [
        v
        for flag, v in parsed.unknown
        if v is not None and flag.text.partition("=")[0] == "--url" and v.text.startswith("http")
    ]
    body = _body(parsed, command)
    for url in urls:
        if _asks_server(reading, view, tool, url, body):
            continue
        destination = _destination(parsed, tool, command)
        if (role := link_role(url.text, destination)) is not None:
            _claim(
                reading,
                view,
                tool,
                parsed,
                url,
                destination,
                form=Form.URL,
                role=role if role is not Role.WEIGHTS else None,
            )
    if not urls and tool.engine.name in {"curl", "wget"}:
        for word in parsed.positionals:
            if "/api/pull" in word.text:
                _asks_server(reading, view, tool, word, body)


def link_role(url: str, destination: str | None = None) -> Role | None:
    """What a URL holds, by its host and the end of its path; None: nothing that a model server loads."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0].rpartition("@")[2].lower()
    path = re.split(r"[?#]", url, maxsplit=1)[0].lower()
    if host in HUB_HOSTS:
        segments = [s for s in path.partition("://")[2].split("/")[1:] if s]
        return (
            Role.WEIGHTS
            if len(segments) >= 2 and segments[0] not in {"datasets", "spaces", "api", "docs"}
            else None
        )
    if model_file(url):
        return Role.WEIGHTS
    if path.endswith(_SCRIPTS):
        return Role.CODE if host in _CODE_HOSTS or path.endswith(".py") else None
    if archive(url):
        if host in _CODE_HOSTS:
            return (
                Role.CODE
                if "/archive/" in path
                else (Role.WEIGHTS if _LIKE_MODELS.search(path) else None)
            )
        return Role.WEIGHTS if _LIKE_MODELS.search(f"{path} {destination or ''}") else None
    return Role.WEIGHTS if destination is not None and model_file(destination) else None


def copied_from_image(reading: Reading, view: View, command: Command) -> None:
    """`cp -r /models/. /mnt`: an image that only carries models copies or links them into a volume (a modelcar)."""
    words = [w for w in command.words[1:] if not w.text.startswith("-")]
    if (
        command.head not in {"cp", "mv", "ln", "rsync"}
        or len(words) < 2
        or not view.container.image
    ):
        return
    destination = view.mounts.place(words[-1].text)
    for source in words[:-1]:
        path = source.text
        inside = re.sub(r"^/proc/[^/]+/root", "", path)
        if (
            not inside.startswith("/")
            or (path == inside and destination is None)
            or view.mounts.place(inside) is not None
        ):
            continue
        if _LIKE_MODELS.search(f"{inside} {words[-1].text}") or model_file(inside):
            word = reading.ledger.word(
                reading.ledger.readable(view.container.image), view.container.path / "image"
            )
            reading.claims.append(
                Claim(
                    role_of(words[-1].text, inside, view),
                    word,
                    Form.IMAGE,
                    "modelcar",
                    view,
                    destination=words[-1].text,
                )
            )
            return


def create_from_modelfile(reading: Reading, view: View, words: Sequence[Word]) -> None:
    """`ollama create NAME -f Modelfile`: FROM and ADAPTER name what it is made of."""
    name = next(
        (words[i + 1].text for i, w in enumerate(words[:-1]) if w.text in {"-f", "--file"}),
        "Modelfile",
    )
    file = view.files.read(name)
    if not isinstance(file, File):
        at = words[0].field if words else view.container.path
        reading.undetermine(
            UndeterminedReason.CONFIG_FILE,
            at,
            f"{file.name} cannot be read at admission",
            view,
            "ollama",
        )
        return
    for line in file.text.splitlines()[:256]:
        keyword, _, value = line.strip().partition(" ")
        if keyword.upper() in {"FROM", "ADAPTER"} and value.strip():
            word = reading.ledger.word(
                value.strip(), words[0].field if words else view.container.path, file=file.origin
            )
            form = Form.PATH if value.strip().startswith((".", "/")) else Form.OLLAMA
            reading.claims.append(
                Claim(
                    Role.WEIGHTS if keyword.upper() == "FROM" else Role.ADAPTER,
                    word,
                    form,
                    "ollama",
                    view,
                )
            )


def _body(parsed: Parsed, command: Command) -> list[Word]:
    names = {"-d", "--data", "--data-raw", "--data-binary", "--json", "--post-data", "--body-data"}
    found = [
        s.values[-1] for s in parsed.settings if s.values and s.flag.text.partition("=")[0] in names
    ]
    found += [w for f, w in parsed.unknown if w is not None and f.text in names]
    return [w.part(command.stdin) if w.text == "@-" and command.stdin else w for w in found]


def _asks_server(reading: Reading, view: View, tool: Tool, url: Word, body: list[Word]) -> bool:
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
    if re.search(r"/models\?(.*&)?url=", path):
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


def _clone(reading: Reading, view: View, tool: Tool, parsed: Parsed, command: Command) -> None:
    if not parsed.positionals:
        return
    source = parsed.positionals[0]
    text = source.text
    if match := re.fullmatch(r"(?:ssh://)?git@([^:/]+)[:/](.+)", text):
        text = f"https://{match[1]}/{match[2]}"
    folder = (
        parsed.positionals[1].text
        if len(parsed.positionals) > 1
        else posixpath.basename(text.rstrip("/")).removesuffix(".git")
    )
    directory = command.directory
    destination = (
        folder if folder.startswith("/") or not directory else posixpath.join(directory, folder)
    )
    text = re.sub(r"^(https?://)[^/@]*@", r"\1", text)
    host = text.partition("://")[2].partition("/")[0].lower()
    hub = host in HUB_HOSTS and not text.partition("://")[2].partition("/")[2].startswith(
        ("datasets/", "spaces/")
    )
    if host in HUB_HOSTS and not hub:
        return
    scope = "modelscope" if "modelscope" in host else None
    if scope:
        text = re.sub(r"^https?://[^/]+/(?:models/)?", "modelscope://", text).removesuffix(".git")
    weights = hub or scope is not None
    _claim(
        reading,
        view,
        tool,
        parsed,
        source.part(text),
        destination if weights else None,
        form=Form.URL,
        role=None if weights else Role.CODE,
    )
