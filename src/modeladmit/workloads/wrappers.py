"""Programs that start another one: taken off, with their own options."""

import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Final

from modeladmit.workloads.environment import Environment, Variable
from modeladmit.workloads.text import Word

_PLAIN_WRAPPERS: Final = frozenset(
    {
        "exec",
        "nohup",
        "sudo",
        "time",
        "command",
        "builtin",
        "setsid",
        "tini",
        "dumb-init",
        "catatonit",
        "tini-static",
        "ionice",
        "nice",
        "stdbuf",
        "numactl",
        "env",
        "timeout",
        "xargs",
        "mpirun",
        "mpiexec",
        "torchrun",
        "torch.distributed.run",
        "accelerate",
        "deepspeed",
        "opentelemetry-instrument",
        "ddtrace-run",
        "gosu",
        "su-exec",
        "runuser",
        "chroot",
        "uv",
        "poetry",
        "pipenv",
        "conda",
        "micromamba",
        "strace",
        "catchsegv",
        "nsys",
        "trtllm-llmapi-launch",
        "if",
        "then",
        "else",
        "do",
        "!",
        "unshare",
        "s6-setuidgid",
        "fixuid",
        "parallel",
        "hl-prof-config",
        "neuron-profile",
        "watchmedo",
        "busybox",
        "uvx",
        "pipx",
        "pdm",
        "rye",
        "taskset",
    }
)
_WITH_VALUE: Final = {
    "sudo": {"-u", "-g", "-h", "-p", "-C", "--user", "--group"},
    "timeout": {"-s", "-k", "--signal", "--kill-after"},
    "nice": {"-n", "--adjustment"},
    "ionice": {"-c", "-n", "-p"},
    "stdbuf": {"-i", "-o", "-e"},
    "xargs": {"-n", "-P", "-I", "-L", "-d", "-a", "-s", "-E"},
    "env": {"-u", "--unset", "-C", "--chdir", "-S"},
    "numactl": {"-C", "-m", "-N", "-p", "-i"},
    "taskset": {"-p"},
    "tini": {"-e", "-p"},
    "su": {"-s", "-g"},
    "mpirun": {
        "-n",
        "-np",
        "--np",
        "-H",
        "--host",
        "-x",
        "--hostfile",
        "-hostfile",
        "--bind-to",
        "-bind-to",
        "--map-by",
        "-map-by",
        "-N",
        "--timeout",
        "--mca2",
    },
    "torchrun": {
        "--nnodes",
        "--nproc_per_node",
        "--nproc-per-node",
        "--node_rank",
        "--node-rank",
        "--master_addr",
        "--master-addr",
        "--master_port",
        "--master-port",
        "--rdzv_backend",
        "--rdzv-backend",
        "--rdzv_endpoint",
        "--rdzv-endpoint",
        "--rdzv_id",
        "--rdzv-id",
        "--max_restarts",
        "--max-restarts",
        "--rdzv_conf",
        "--local_addr",
        "--log_dir",
    },
    "accelerate": {
        "--config_file",
        "--num_processes",
        "--num_machines",
        "--machine_rank",
        "--main_process_ip",
        "--main_process_port",
        "--mixed_precision",
        "--dynamo_backend",
        "--deepspeed_config_file",
        "--gpu_ids",
        "--rdzv_backend",
    },
    "deepspeed": {
        "--num_gpus",
        "--num_nodes",
        "--hostfile",
        "--include",
        "--exclude",
        "--master_port",
        "--master_addr",
        "--launcher",
    },
    "uv": {"--with", "--python", "-p", "--project", "--directory", "--extra", "--group"},
    "conda": {"-n", "-p", "--name", "--prefix"},
    "micromamba": {"-n", "-p"},
    "parallel": {"-j", "-N"},
    "nsys": {"-o", "-t", "--trace", "--output"},
}
_VERBS: Final = {
    "uv": {"run", "tool"},
    "poetry": {"run"},
    "pipenv": {"run"},
    "pdm": {"run"},
    "rye": {"run"},
    "conda": {"run"},
    "micromamba": {"run"},
    "accelerate": {"launch"},
    "nsys": {"profile"},
    "pipx": {"run"},
}
_MAX_WRAPPERS: Final = 16
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*)", re.DOTALL)


def assigned(environment: Environment, new: Mapping[str, Variable]) -> Environment:
    """The environment with more variables; the old one stays as it is."""
    return Environment({**environment.variables, **new}, environment.opaque, environment.unread)


def _without_options(words: list[Word], with_value: set[str], head: str) -> list[Word]:
    position = 0
    while position < len(words):
        text = words[position].text
        if text == "--":
            position += 1
            break
        if head == "env" and _ASSIGNMENT.fullmatch(text):
            break
        if not text.startswith("-") or len(text) == 1:
            break
        position += 1
        if text in with_value and "=" not in text:
            position += 1
            if head == "mpirun" and text in {"--mca", "-mca"}:
                position += 1
    if head in {
        "timeout",
        "chroot",
        "gosu",
        "su-exec",
        "s6-setuidgid",
        "taskset",
    } and position < len(words):
        position += 1
    if head == "mpirun":
        while position < len(words) and words[position - 1].text in {"--mca", "-mca"}:
            position += 2
    return words[position:]


def _su(words: list[Word]) -> list[Word]:
    for index, word in enumerate(words):
        if word.text in {"-c", "--command"} and index + 1 < len(words):
            return [word.part("sh"), word.part("-c"), words[index + 1]]
    return []


def _assignment(text: str) -> re.Match[str] | None:
    return _ASSIGNMENT.fullmatch(text) if "=" in text else None


def _variable(word: Word) -> tuple[str, Variable]:
    name, _, text = word.text.partition("=")
    return name.removesuffix("+"), Variable(text, word.field)


def unwrapped(
    words: list[Word], environment: Environment, *, shell: bool
) -> tuple[list[Word], Environment]:
    """Take wrappers and leading assignments off. In a `shell`, `A=b program` sets a variable."""
    for _ in range(_MAX_WRAPPERS):
        if shell:
            leading = list(takewhile(lambda word: _assignment(word.text) is not None, words))
            if leading:
                words = words[len(leading) :]
                environment = assigned(environment, dict(map(_variable, leading)))
        if len(words) < len(("wrapper", "wrapped")):
            return words, environment
        head = words[0].text.rpartition("/")[2]
        shell = shell or head == "env"
        if head not in _PLAIN_WRAPPERS and head != "su":
            return words, environment
        verbs = _VERBS.get(head)
        if verbs is not None:
            if words[1].text not in verbs:
                return words, environment
            words = words[1:]
        if head == "su":
            words = _su(words)
            continue
        words = _without_options(words[1:], _WITH_VALUE.get(head, set()), head)
    return words, environment
