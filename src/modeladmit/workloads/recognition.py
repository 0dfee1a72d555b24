"""Which engine a program or an image is."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from modeladmit.core.workload import Role
from modeladmit.workloads.programs import Command
from modeladmit.workloads.tables import Engine, Means, Tables
from modeladmit.workloads.text import Word

_Pattern = tuple[Engine, tuple[str, ...]]
_HARMLESS: Final = re.compile(
    r"gpu-?burn|cuda-vector-?add|cuda-sample|nccl-test|dcgm|device-plugin|gpu-operator|node-feature|jupyter|notebook|code-server|vectoradd|-sdk$"
    r"|(^|/)(busybox|ubuntu|debian|alpine|pause|nginx|redis|postgres|mysql|envoy|cuda|openssh-server|curl|aws-cli|cloud-sdk|kubectl)$"
)
IDLE: Final = frozenset(
    {
        "sleep",
        "tail",
        "echo",
        "cat",
        "true",
        "false",
        "pause",
        "ls",
        "nvidia-smi",
        "rocm-smi",
        "test",
        "printf",
        "date",
        "id",
        "env",
        "watch",
        "kubectl",
        "chmod",
        "chown",
        "mkdir",
        "rm",
        "cp",
        "mv",
        "ln",
        "find",
        "grep",
        "touch",
        "wait",
        "trap",
        "set",
        "which",
        "df",
        "du",
        "pip",
        "pip3",
        "apt-get",
        "apt",
        "apk",
        "yum",
        "curl",
        "wget",
        "nc",
        "until",
        "jq",
        "sed",
        "awk",
        "hostname",
        "whoami",
        "ulimit",
        "sysctl",
        "cd",
        "export",
        "/pause",
        "head",
        "sort",
        "tee",
        "ssh",
        "sshd",
        "[",
        "nginx",
        "envoy",
        "redis-server",
        "tar",
        "unzip",
        "git-lfs",
        "ray",
        "multi-node-serving.sh",
        "run_cluster.sh",
        "wait-for-it.sh",
        "nvidia-cuda-mps-control",
        "gpu_burn",
        "gpu-burn",
        "gpuburn",
        "all_reduce_perf",
        "vectorAdd",
        "deviceQuery",
        "bandwidthTest",
        "nbody",
        "dcgmproftester12",
        "dcgmi",
        "neuron-ls",
        "neuron-top",
        "neuron-monitor",
        "tpu-info",
        "hl-smi",
        "npu-smi",
        "huggingface-cli",
        "hf",
        "jupyter",
        "jupyter-lab",
        "start-notebook.sh",
        "code-server",
        "source",
        "kill",
        "pkill",
    }
)
"""Programs that load no model."""


@lru_cache(maxsize=64)
def _patterns(tables: Tables) -> tuple[Mapping[str, list[_Pattern]], list[tuple[str, _Pattern]]]:
    exact: dict[str, list[_Pattern]] = {}
    globbed: list[tuple[str, _Pattern]] = []
    for engine in tables.engines:
        for command in engine.commands:
            words = tuple(command.split())
            head, rest = (
                (" ".join(words[:2]), words[2:]) if words[0] == "-m" else (words[0], words[1:])
            )
            if "*" in head:
                globbed.append((head, (engine, rest)))
            else:
                exact.setdefault(head, []).append((engine, rest))
    return exact, globbed


_CACHED: Final = 256
"""Characters of a program's name that are compared: what is remembered must not grow with what strangers write."""


@lru_cache(maxsize=4096)
def _candidates(tables: Tables, head: str) -> Sequence[_Pattern]:
    exact, globbed = _patterns(tables)
    return exact.get(head) or [pattern for glob, pattern in globbed if fnmatchcase(head, glob)]


def engine_of_command(tables: Tables, command: Command) -> tuple[Engine, Sequence[Word]] | None:
    """The engine whose command this is, with the words that follow; of several patterns the longest."""
    candidates = _candidates(tables, command.head[:_CACHED])
    best: tuple[int, Engine] | None = None
    following = command.words[1:]
    for engine, rest in candidates:
        if (
            len(rest) <= len(following)
            and all(fnmatchcase(w.text, p) for w, p in zip(following, rest, strict=False))
            and (best is None or len(rest) > best[0])
        ):
            best = (len(rest), engine)
    return None if best is None else (best[1], following[best[0] :])


def engine_of_image(tables: Tables, image: str) -> Engine | None:
    """The engine that an image is known to hold."""
    return _holds(tables, repository(image))


@lru_cache(maxsize=4096)
def _holds(tables: Tables, name: str) -> Engine | None:
    if not name:
        return None
    for engine in tables.engines:
        if any(re.search(p, name) for p in engine.images) and not any(
            re.search(p, name) for p in engine.exclude_images
        ):
            return engine
    return None


def harmless_image(image: str) -> bool:
    """Whether an image that gets no command serves no model: base images, GPU tests, notebooks, device plugins."""
    name, version = _parts(image[:_LONGEST])
    return _harmless(name) or version.endswith("-sdk")


@lru_cache(maxsize=256)
def _harmless(name: str) -> bool:
    return _HARMLESS.search(name) is not None


def engine_of_arguments(tables: Tables, words: Sequence[Word]) -> Engine | None:
    """The engine whose options these are, when image and command say nothing: it names weights and has options of its own."""
    if not words:
        return None
    names = {word.text.partition("=")[0] for word in words}
    names |= {"--" + n[2:].replace("_", "-") for n in names if "_" in n and n.startswith("--")}
    if names.isdisjoint(_known_signals(tables)):
        return None
    best: tuple[int, Engine] | None = None
    for engine, signals, weights in _signatures(tables):
        score = len(signals & names)
        if score and weights & names and (best is None or score > best[0]):
            best = (score, engine)
    return None if best is None else best[1]


@lru_cache(maxsize=64)
def _known_signals(tables: Tables) -> frozenset[str]:
    return frozenset(name for _, signals, _ in _signatures(tables) for name in signals)


@lru_cache(maxsize=64)
def _signatures(tables: Tables) -> list[tuple[Engine, frozenset[str], frozenset[str]]]:
    return [
        (
            engine,
            frozenset(engine.signal_options),
            frozenset(
                n
                for o in engine.options
                if o.means is Means.MODEL and o.role is Role.WEIGHTS
                for n in o.names
            ),
        )
        for engine in tables.engines
        if engine.signal_options
    ]


_LONGEST: Final = 512
"""Characters of an image's name that are compared; registries take no longer ones."""


def repository(image: str) -> str:
    """The image's repository, folded, without tag and digest."""
    return _parts(image[:_LONGEST])[0]


def tag(image: str) -> str:
    """The image's tag, folded; empty without one."""
    return _parts(image[:_LONGEST])[1]


@lru_cache(maxsize=256)
def _parts(image: str) -> tuple[str, str]:
    image = image.strip().lower()
    name = image.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(":")[0], last.rpartition(":")[2] if ":" in last else ""
