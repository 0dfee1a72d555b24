"""Programs that fetch models: what they fetch, which version, and where they put it.

One line a tool. They run in init containers, Jobs, `postStart` hooks and the scripts of servers.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, Style, switches, values


class Takes(Enum):
    """How a tool's words are laid out."""

    SOURCE = auto()
    """The first word is the source; others are files inside it."""
    COPY = auto()
    """Sources, then the destination."""
    LINKS = auto()
    """URLs; the file name is an option."""
    CLONE = auto()
    """A Git repository and a folder."""
    OPTION = auto()
    """The source is an option's value."""
    ALL = auto()
    """Every word is a source."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One way of fetching."""

    engine: Engine
    takes: Takes
    form: Form = Form.URL
    source_options: tuple[str, ...] = ()
    revision_options: tuple[str, ...] = ()
    destination_options: tuple[str, ...] = ()
    skip: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Option and values that make it fetch something that is no model."""
    role: Role = Role.WEIGHTS


def _tool(
    name: str,
    commands: tuple[str, ...],
    takes: Takes,
    form: Form = Form.URL,
    *,
    source: tuple[str, ...] = (),
    revision: tuple[str, ...] = (),
    destination: tuple[str, ...] = (),
    other: tuple[str, ...] = (),
    bare: tuple[str, ...] = (),
    skip: tuple[tuple[str, tuple[str, ...]], ...] = (),
    images: tuple[str, ...] = (),
    style: Style = Style.EXACT,
    role: Role = Role.WEIGHTS,
) -> Tool:
    options = [Option((o,), Means.VALUE) for o in (*source, *revision, *destination)]
    options += [Option((o,), Means.VALUE) for o, _ in skip]
    engine = Engine(
        name,
        name,
        images,
        commands,
        style,
        (*options, values(*other), switches(*bare)),
        needs_model=False,
        serves=False,
        pin_option=revision[0] if revision else None,
    )
    return Tool(engine, takes, form, source, revision, destination, skip, role)


_AWS = (
    "--endpoint-url",
    "--region",
    "--profile",
    "--exclude",
    "--include",
    "--content-type",
    "--acl",
    "--sse",
    "--storage-class",
    "--page-size",
)
_RECURSIVE = (
    "--recursive",
    "--quiet",
    "--no-progress",
    "--only-show-errors",
    "--no-sign-request",
    "--delete",
    "-r",
    "-R",
    "-q",
    "-n",
    "-v",
    "--no-verify-ssl",
    "--exact-timestamps",
    "--size-only",
)
_CURL = (
    "-o",
    "--output",
    "-H",
    "--header",
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--json",
    "-X",
    "--request",
    "-u",
    "--user",
    "--retry",
    "--retry-delay",
    "--connect-timeout",
    "-m",
    "--max-time",
    "-w",
    "--write-out",
    "-A",
    "--user-agent",
    "-F",
    "--form",
    "--cacert",
    "-x",
    "--proxy",
    "-e",
    "-C",
    "--retry-max-time",
    "-T",
    "--upload-file",
    "-b",
    "-c",
    "--resolve",
    "--limit-rate",
    "--output-dir",
)
_WGET = (
    "-O",
    "--output-document",
    "-P",
    "--directory-prefix",
    "--header",
    "--tries",
    "-t",
    "--timeout",
    "-T",
    "--user",
    "--password",
    "--post-data",
    "--method",
    "--body-data",
    "-U",
    "-e",
    "--waitretry",
    "--limit-rate",
    "-a",
    "-o",
)

TOOLS: Final = (
    _tool(
        "hf-download",
        (
            "hf download",
            "huggingface-cli download",
            "python -m huggingface_hub.commands.huggingface_cli download",
            "-m huggingface_hub.cli.hf download",
            "-m huggingface_hub.commands.huggingface_cli download",
        ),
        Takes.SOURCE,
        Form.HUB,
        revision=("--revision",),
        destination=("--local-dir", "--cache-dir"),
        skip=(("--repo-type", ("dataset", "space")), ("--type", ("dataset", "space"))),
        other=("--token", "--include", "--exclude", "--local-dir-use-symlinks", "--max-workers"),
        bare=("--quiet", "--force-download", "--resume-download", "--dry-run"),
        style=Style.ARGPARSE,
    ),
    _tool(
        "text-generation-server",
        ("text-generation-server download-weights",),
        Takes.SOURCE,
        Form.HUB,
        revision=("--revision",),
        other=("--extension", "--logger-level"),
        bare=("--trust-remote-code", "--auto-convert"),
    ),
    _tool(
        "modelscope",
        ("modelscope download",),
        Takes.SOURCE,
        Form.MODELSCOPE,
        source=("--model",),
        revision=("--revision",),
        destination=("--local_dir", "--cache_dir", "--local-dir"),
        other=("--include", "--exclude", "--token"),
        skip=(("--dataset", ("*",)),),
        style=Style.ARGPARSE,
    ),
    _tool(
        "aws", ("aws s3 cp", "aws s3 sync", "aws s3 mv"), Takes.COPY, other=_AWS, bare=_RECURSIVE
    ),
    _tool("aws-api", ("aws s3api get-object",), Takes.OPTION),
    _tool(
        "s5cmd",
        (
            "s5cmd cp",
            "s5cmd sync",
            "s5cmd --no-sign-request cp",
            "s5cmd --no-sign-request sync",
            "s5cmd * cp",
            "s5cmd * * cp",
            "s5cmd * sync",
            "s5cmd * * sync",
        ),
        Takes.COPY,
        other=("--concurrency", "-c", "--exclude", "--include", "--source-region"),
        bare=_RECURSIVE,
    ),
    _tool(
        "gsutil",
        (
            "gsutil cp",
            "gsutil rsync",
            "gsutil -m cp",
            "gsutil -m rsync",
            "gsutil -q cp",
            "gsutil -m -q cp",
            "gsutil * * cp",
            "gsutil * * * cp",
            "gsutil * * * * cp",
            "gsutil * * rsync",
        ),
        Takes.COPY,
        other=("-x", "-y"),
        bare=_RECURSIVE,
    ),
    _tool(
        "gcloud-storage",
        ("gcloud storage cp", "gcloud storage rsync", "gcloud alpha storage cp"),
        Takes.COPY,
        other=("--project", "--billing-project", "--exclude"),
        bare=_RECURSIVE,
    ),
    _tool("azcopy", ("azcopy copy", "azcopy cp", "azcopy sync"), Takes.COPY, bare=_RECURSIVE),
    _tool(
        "rclone",
        ("rclone copy", "rclone sync", "rclone copyto", "rclone * copy"),
        Takes.COPY,
        other=("--config", "--transfers", "--checkers", "--include", "--exclude"),
        bare=("--progress", "-P", *_RECURSIVE),
    ),
    _tool(
        "ossutil",
        ("ossutil cp", "ossutil64 cp", "ossutil sync"),
        Takes.COPY,
        other=("-e", "--endpoint", "-i", "-k", "-c"),
        bare=("-f", "-u", *_RECURSIVE),
    ),
    _tool(
        "mc", ("mc cp", "mc mirror"), Takes.COPY, bare=("--overwrite", "--insecure", *_RECURSIVE)
    ),
    _tool("hdfs", ("hdfs dfs -get", "hadoop fs -get", "hdfs dfs -copyToLocal"), Takes.COPY),
    _tool("curl", ("curl",), Takes.LINKS, destination=("-o", "--output"), other=_CURL),
    _tool(
        "wget",
        ("wget",),
        Takes.LINKS,
        destination=("-O", "--output-document", "-P", "--directory-prefix"),
        other=_WGET,
    ),
    _tool(
        "aria2c",
        ("aria2c",),
        Takes.LINKS,
        destination=("-d", "--dir", "-o", "--out"),
        other=("-x", "-s", "-k", "--header"),
    ),
    _tool("axel", ("axel",), Takes.LINKS, destination=("-o",), other=("-n",)),
    _tool(
        "git",
        ("git clone", "git lfs clone", "git -c * clone", "git -c * -c * clone", "git -C * clone"),
        Takes.CLONE,
        revision=("--branch", "-b", "--revision"),
        other=("--depth", "-c", "--config", "-o", "--reference"),
        bare=(
            "--recurse-submodules",
            "--recursive",
            "--single-branch",
            "-q",
            "--quiet",
            "--no-checkout",
            "-n",
            "--shallow-submodules",
            "--sparse",
            "--bare",
            "--mirror",
        ),
    ),
    _tool(
        "kaggle",
        ("kaggle models instances versions download",),
        Takes.SOURCE,
        Form.KAGGLE,
        destination=("-p", "--path"),
        bare=("--untar", "--unzip", "-q", "--force", "-o"),
    ),
    _tool(
        "oras",
        ("oras pull", "oras copy", "oras cp"),
        Takes.SOURCE,
        Form.IMAGE,
        destination=("-o", "--output"),
        other=("--platform", "-u", "-p", "--registry-config", "--ca-file"),
        bare=("--plain-http", "--insecure", "-v", "-k"),
    ),
    _tool(
        "kit",
        ("kit unpack", "kit pull"),
        Takes.SOURCE,
        Form.IMAGE,
        destination=("-d", "--dir"),
        other=("--filter",),
        bare=("--model", "--kitfile", "-o", "--overwrite", "--plain-http"),
    ),
    _tool(
        "modctl",
        ("modctl pull", "modctl extract"),
        Takes.SOURCE,
        Form.IMAGE,
        destination=("--extract-dir", "--output"),
        bare=("--plain-http", "--extract-from-remote", "--insecure"),
    ),
    _tool("crane", ("crane export", "crane pull"), Takes.SOURCE, Form.IMAGE),
    _tool(
        "skopeo",
        ("skopeo copy",),
        Takes.COPY,
        Form.IMAGE,
        other=("--src-creds", "--dest-creds", "--authfile"),
    ),
    _tool(
        "podman", ("podman artifact pull", "podman pull", "buildah pull"), Takes.SOURCE, Form.IMAGE
    ),
    _tool(
        "ramalama", ("ramalama pull", "ramalama run", "ramalama serve"), Takes.SOURCE, Form.OLLAMA
    ),
    _tool("docker-model", ("docker model pull", "docker model run"), Takes.SOURCE, Form.IMAGE),
    _tool(
        "ngc",
        ("ngc registry model download-version", "ngc registry resource download-version"),
        Takes.SOURCE,
        Form.NGC,
        destination=("--dest",),
        other=("--org", "--team", "--file"),
    ),
    _tool(
        "mlflow",
        ("mlflow artifacts download",),
        Takes.OPTION,
        source=("-u", "--artifact-uri"),
        destination=("-d", "--dst-path"),
        other=("-r", "--run-id", "-a", "--artifact-path"),
    ),
    _tool(
        "gdown",
        ("gdown",),
        Takes.LINKS,
        destination=("-O", "--output"),
        bare=("--folder", "--fuzzy", "-q"),
    ),
    _tool(
        "aibrix-download",
        ("aibrix_download",),
        Takes.OPTION,
        Form.HUB,
        source=("--model-uri",),
        destination=("--local-dir",),
        other=("--model-name", "--download-extra-config"),
    ),
    _tool(
        "aibrix-downloader",
        ("-m aibrix.downloader",),
        Takes.OPTION,
        Form.HUB,
        source=("--model-uri",),
        destination=("--local-dir",),
        other=("--model-name",),
    ),
    _tool(
        "storage-initializer",
        (
            "storage-initializer",
            "initializer-entrypoint",
            "-m kserve_storage*",
            "/storage-initializer/scripts/initializer-entrypoint",
        ),
        Takes.COPY,
        images=(r"storage-initializer$",),
    ),
    _tool(
        "litgpt",
        ("litgpt download",),
        Takes.SOURCE,
        Form.HUB,
        source=("--repo_id",),
        destination=("--checkpoint_dir",),
        other=("--access_token",),
    ),
    _tool(
        "llmcompressor",
        ("optimum-cli export *", "optimum-cli neuron *", "ct2-transformers-converter"),
        Takes.OPTION,
        Form.HUB,
        source=("--model", "-m"),
        revision=("--revision",),
    ),
    _tool("local-ai-models", ("local-ai models install",), Takes.ALL, Form.PATH),
    _tool("spacy", ("-m spacy download",), Takes.LINKS),
    _tool("xet", ("git xet clone",), Takes.CLONE),
    _tool(
        "hfdownloader",
        ("hfdownloader",),
        Takes.OPTION,
        Form.HUB,
        source=("-m", "--model", "-r"),
        revision=("-b", "--branch"),
        destination=("-s", "--storage"),
        other=("-t", "-c"),
    ),
    _tool(
        "hfd",
        ("hfd.sh", "hfd"),
        Takes.SOURCE,
        Form.HUB,
        destination=("--local-dir",),
        other=("--tool", "-x", "--include", "--exclude", "--hf_username", "--hf_token"),
    ),
    _tool(
        "dragonfly", ("dfget",), Takes.LINKS, destination=("-O", "--output"), other=("--url", "-u")
    ),
    _tool("juicefs-sync", ("juicefs sync",), Takes.COPY),
    _tool("tensorizer", ("-m tensorizer.*",), Takes.LINKS),
    _tool("runai-model-streamer", ("runai-model-streamer",), Takes.LINKS),
)
