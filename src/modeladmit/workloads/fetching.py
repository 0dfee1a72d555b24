"""What a download command fetches: its tool's line of the table applied to its words."""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
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
    if not any(_skipped(parsed, option, values) for option, values in tool.skip):
        _READERS[tool.takes](_Fetch(reading, view, tool, parsed, command))
    return len(reading.claims) > before


def _skipped(parsed: Parsed, option: str, values: tuple[str, ...]) -> bool:
    """Whether an option says that something else is fetched."""
    return any(
        setting.flag.text.partition("=")[0] == option
        and (values == ("*",) or any(v.text in values for v in setting.values))
        for setting in parsed.settings
    )


class _Fetch:
    """One command line of a tool, and what its options say of everything that it fetches."""

    def __init__(
        self, reading: Reading, view: View, tool: Tool, parsed: Parsed, command: Command
    ) -> None:
        self.reading = reading
        self.view = view
        self.tool = tool
        self.parsed = parsed
        self.command = command
        given = {name for s in parsed.settings for name in s.option.names}
        self.caches = "--cache-dir" in given
        revisions = self._settings(tool.revision_options)
        self.revision = revisions[-1] if revisions else None
        destinations = self.values(tool.destination_options)
        self.destination = destinations[-1].text if destinations else None

    def values(self, names: tuple[str, ...]) -> list[Word]:
        """What the options of these names are given."""
        return [setting.values[-1] for setting in self._settings(names)]

    def _settings(self, names: tuple[str, ...]) -> list[Setting]:
        if not names:
            return []
        return [
            setting
            for setting in self.parsed.settings
            if setting.values and any(name in names for name in setting.option.names)
        ]

    def claim(
        self,
        word: Word,
        destination: str | None,
        *,
        form: Form | None = None,
        role: Role | None = None,
        filename: str | None = None,
    ) -> None:
        """Say that an artifact is fetched."""
        known = destination
        if destination is not None and (marker := MARKERS.search(destination)) is not None:
            # the folder that is certain
            known = destination[: marker.start()].rpartition("/")[0] or None
        revision = self.revision
        self.reading.claims.append(
            Claim(
                role or role_of(known, self.view),
                word,
                form or self.tool.form,
                self.tool.engine.name,
                self.view,
                None if revision is None else revision.values[-1],
                Pinning(
                    option=self.tool.engine.pin_option,
                    existing=None if revision is None else revision.values[-1],
                    existing_flag=None if revision is None else revision.flag,
                    anchor=word if word.whole or word.span else None,
                ),
                destination=known,
                filename=filename,
                cache=self.caches or destination is None,
            )
        )


def _source(line: _Fetch) -> None:
    positionals = list(line.parsed.positionals)
    named = line.values(line.tool.source_options)
    source = named[0] if named else (positionals.pop(0) if positionals else None)
    if source is None:
        return
    files = [w.text for w in positionals if not any(c in w.text for c in "*?[")]
    one = len(files) == 1 and line.tool.form is Form.HUB and not marked(files[0])
    line.claim(source, line.destination, filename=files[0] if one else None)


def _option(line: _Fetch) -> None:
    destination = line.destination or line.command.stdout
    for word in line.values(line.tool.source_options):
        line.claim(word, destination)


def _all(line: _Fetch) -> None:
    for word in line.parsed.positionals:
        line.claim(word, None)


def _copy(line: _Fetch) -> None:
    words = line.parsed.positionals
    if line.tool.engine.name == "storage-initializer":
        for index in range(0, len(words), 2):
            _copied(line, words[index], words[index + 1].text if words[index + 1 :] else None)
        return
    for source in words[:-1]:
        _copied(line, source, words[-1].text)


def _copied(line: _Fetch, source: Word, destination: str | None) -> None:
    if line.tool.engine.name == "skopeo":
        source = source.part(source.text.removeprefix("docker://"))
    elif line.tool.engine.name == "rclone":
        source = _rclone(source)
    elif not has_scheme(source.text):
        return  # a local file: an upload, or a copy inside the container
    if destination is not None and has_scheme(destination):
        return
    lowered = source.text.lower().rstrip("/")
    if lowered.endswith(_NOT_MODELS) or (
        _LIKE_DATA.search(lowered)
        and not LIKE_MODELS.search(f"{lowered} {destination or ''}".lower())
    ):
        return
    role = Role.CODE if lowered.endswith(SCRIPTS) else None
    line.claim(source.part(source.text.rstrip("*")), destination, role=role)


def _rclone(word: Word) -> Word:
    """`remote:bucket/path`: the remote is configured elsewhere, its kind is guessed from its name."""
    remote, colon, path = word.text.partition(":")
    schemes = {"s3": "s3", "minio": "s3", "gcs": "gs", "gs": "gs", "azure": "azblob"}
    scheme = next((s for part, s in schemes.items() if part in remote.lower()), None)
    return word.part(f"{scheme}://{path.lstrip('/')}") if colon and scheme else word


def _links(line: _Fetch) -> None:
    reading, view, parsed = line.reading, line.view, line.parsed
    urls = [w for w in parsed.positionals if w.text.startswith(("http://", "https://"))]
    urls += [
        v
        for flag, v in parsed.unknown
        if v is not None and flag.text.partition("=")[0] == "--url" and v.text.startswith("http")
    ]
    body = body_of(parsed, line.command)
    destination = line.destination or line.command.stdout
    for url in urls:
        if not reading.effort.afford(len(body)):
            reading.limit(url.field, "more requests than are read in one object", view)
            return
        if asks_server(reading, view, url, body):
            continue
        role = link_role(url.text, destination)
        if role is not None:
            other = role if role is not Role.WEIGHTS else None
            line.claim(url, destination, form=Form.URL, role=other)
    if not urls and line.tool.engine.name in {"curl", "wget"}:
        for word in parsed.positionals:
            if "/api/pull" in word.text and reading.effort.afford(len(body)):
                asks_server(reading, view, word, body)


def _clone(line: _Fetch) -> None:
    positionals = line.parsed.positionals
    if not positionals:
        return
    source = positionals[0]
    text = source.text
    if match := _SSH.fullmatch(text):
        text = f"https://{match[1]}/{match[2]}"
    folder = (
        positionals[1].text
        if len(positionals) > 1
        else posixpath.basename(text.rstrip("/")).removesuffix(".git")
    )
    directory = line.command.directory
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
    line.claim(
        source.part(text),
        destination if weights else None,
        form=Form.URL,
        role=None if weights else Role.CODE,
    )


_SSH: Final = re.compile(r"(?:ssh://)?git@([^:/]+)[:/](.+)")
_READERS: Final[Mapping[Takes, Callable[[_Fetch], None]]] = {
    Takes.SOURCE: _source,
    Takes.COPY: _copy,
    Takes.LINKS: _links,
    Takes.CLONE: _clone,
    Takes.OPTION: _option,
    Takes.ALL: _all,
}
