"""Tools of OCI registries."""

from typing import Final

from modeladmit.workloads.tables import Form
from modeladmit.workloads.tools.tool import Takes, Tool, tool

TOOLS: Final[tuple[Tool, ...]] = (
    tool(
        "oras",
        ("oras pull", "oras copy", "oras cp"),
        Takes.SOURCE,
        Form.IMAGE,
        destination=("-o", "--output"),
        other=("--platform", "-u", "-p", "--registry-config", "--ca-file"),
        bare=("--plain-http", "--insecure", "-v", "-k"),
    ),
    tool(
        "kit",
        ("kit unpack", "kit pull"),
        Takes.SOURCE,
        Form.IMAGE,
        destination=("-d", "--dir"),
        other=("--filter",),
        bare=("--model", "--kitfile", "-o", "--overwrite", "--plain-http"),
    ),
    tool(
        "modctl",
        ("modctl pull", "modctl extract"),
        Takes.SOURCE,
        Form.IMAGE,
        destination=("--extract-dir", "--output"),
        bare=("--plain-http", "--extract-from-remote", "--insecure"),
    ),
    tool("crane", ("crane export", "crane pull"), Takes.SOURCE, Form.IMAGE),
    tool(
        "skopeo",
        ("skopeo copy",),
        Takes.COPY,
        Form.IMAGE,
        other=("--src-creds", "--dest-creds", "--authfile"),
    ),
    tool(
        "podman", ("podman artifact pull", "podman pull", "buildah pull"), Takes.SOURCE, Form.IMAGE
    ),
    tool(
        "ramalama", ("ramalama pull", "ramalama run", "ramalama serve"), Takes.SOURCE, Form.OLLAMA
    ),
    tool("docker-model", ("docker model pull", "docker model run"), Takes.SOURCE, Form.IMAGE),
)
