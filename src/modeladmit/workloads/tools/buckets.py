"""Tools of object stores and file systems."""

from typing import Final

from modeladmit.workloads.tools.tool import Takes, Tool, tool

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

TOOLS: Final[tuple[Tool, ...]] = (
    tool("aws", ("aws s3 cp", "aws s3 sync", "aws s3 mv"), Takes.COPY, other=_AWS, bare=_RECURSIVE),
    tool("aws-api", ("aws s3api get-object",), Takes.OPTION),
    tool(
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
    tool(
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
    tool(
        "gcloud-storage",
        ("gcloud storage cp", "gcloud storage rsync", "gcloud alpha storage cp"),
        Takes.COPY,
        other=("--project", "--billing-project", "--exclude"),
        bare=_RECURSIVE,
    ),
    tool("azcopy", ("azcopy copy", "azcopy cp", "azcopy sync"), Takes.COPY, bare=_RECURSIVE),
    tool(
        "rclone",
        ("rclone copy", "rclone sync", "rclone copyto", "rclone * copy"),
        Takes.COPY,
        other=("--config", "--transfers", "--checkers", "--include", "--exclude"),
        bare=("--progress", "-P", *_RECURSIVE),
    ),
    tool(
        "ossutil",
        ("ossutil cp", "ossutil64 cp", "ossutil sync"),
        Takes.COPY,
        other=("-e", "--endpoint", "-i", "-k", "-c"),
        bare=("-f", "-u", *_RECURSIVE),
    ),
    tool("mc", ("mc cp", "mc mirror"), Takes.COPY, bare=("--overwrite", "--insecure", *_RECURSIVE)),
    tool("hdfs", ("hdfs dfs -get", "hadoop fs -get", "hdfs dfs -copyToLocal"), Takes.COPY),
    tool("juicefs-sync", ("juicefs sync",), Takes.COPY),
    tool(
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
    tool("runai-model-streamer", ("runai-model-streamer",), Takes.LINKS),
    tool("tensorizer", ("-m tensorizer.*",), Takes.LINKS),
)
