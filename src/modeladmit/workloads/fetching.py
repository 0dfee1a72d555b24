"""What a download command fetches: its tool's line of the table applied to its words."""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from modeladmit.core.references import HUB_HOSTS
from modeladmit.core.workload import Role
from modeladmit.workloads.address import has_scheme
from modeladmit.workloads.arguments import Parsed, Setting, parse
from modeladmit.workloads.claims import Claim, Pinning, Reading, View
from modeladmit.workloads.downloads import LIKE_MODELS, SCRIPTS, link_role, role_of
from modeladmit.workloads.programs import Command
from modeladmit.workloads.server_requests import asks_server, body_of
from modeladmit.workloads.tables import Form
from modeladmit.workloads.text import MARKERS, Word, marked
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
            role or role_of(known, view),
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
        files[0] if len(files) == 1 and tool.form is Form.HUB and not marked(files[0]) else None
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
            and not LIKE_MODELS.search(f"{lowered} {destination or ''}".lower())
        ):
            continue
        role = Role.CODE if lowered.endswith(SCRIPTS) else None
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
    body = body_of(parsed, command)
    for url in urls:
        if asks_server(reading, view, url, body):
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
                asks_server(reading, view, word, body)


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
