"""From a container's `command` and `args` to the programs that really run.

Wrappers (`tini --`, `exec`, `env A=b`, `timeout 5`, `mpirun -n 2`) are taken off; shells and interpreters are read on.
"""

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.environment import Environment, Variable, expand
from modeladmit.workloads.files import File
from modeladmit.workloads.reading import sequence
from modeladmit.workloads.text import MARKERS, Word

if TYPE_CHECKING:
    from modeladmit.workloads.script.program import Call

SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox-sh"})
_PYTHON: Final = re.compile(r"(?:python|pypy)(?:[23](?:\.\d+)?)?")
HARMLESS_SCRIPTS: Final = frozenset(
    {"multi-node-serving.sh", "run_cluster.sh", "wait-for-it.sh", "wait-for.sh", "set_env.sh"}
)
"""Scripts of engine images that start Ray and wait; none names a model."""
MAX_DEPTH: Final = 12
MAX_COMMANDS: Final = 512

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
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A program with its arguments, as it is started."""

    words: tuple[Word, ...]
    environment: Environment
    stdin: str | None = None
    stdout: str | None = None
    """The file that its output goes to."""
    directory: str = ""

    @property
    def head(self) -> str:
        """The program's name without folder; of a Python module, `-m package.module`."""
        return posixpath.basename(self.words[0].text) if self.words else ""


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """A program whose text is not in the object, or shell beyond what is read."""

    reason: UndeterminedReason
    field: FieldPath
    detail: str
    certain: bool = False
    """Whether it may do anything, whatever else was found (`eval`, a downloaded script)."""


@dataclass(slots=True, eq=False)
class Programs:
    """Everything that one container was found to run."""

    commands: list[Command] = field(default_factory=list)
    calls: list["Call"] = field(default_factory=list)
    """Calls of Python programs whose text is in the object."""
    unread: list[Unread] = field(default_factory=list)


def container_words(reading: Reading, view: View) -> tuple[list[Word], list[Word]]:
    """`command` and `args` after Kubernetes' expansion."""
    both: list[list[Word]] = []
    for name in ("command", "args"):
        raw = view.container.raw.get(name)
        items = [raw] if isinstance(raw, str) else sequence(raw)[:4096]
        words = []
        for index, item in enumerate(items):
            at = (
                view.container.path / name
                if isinstance(raw, str)
                else view.container.path / name / index
            )
            text = reading.ledger.readable(item)
            words.append(
                reading.ledger.word(
                    expand(text, view.environment, reading.ledger, foreign=True),
                    at,
                    whole=not isinstance(raw, str),
                )
            )
        both.append(words)
    return both[0], both[1]


class Runner:
    """Follows words to the programs that they start."""

    def __init__(self, reading: Reading, view: View) -> None:
        self.reading = reading
        self.view = view
        self.programs = Programs()
        self.directory = ""

    def run(
        self,
        words: Sequence[Word],
        environment: Environment,
        *,
        stdin: str | None = None,
        stdout: str | None = None,
        depth: int = 0,
    ) -> None:
        """Start one command line."""
        if depth > MAX_DEPTH or len(self.programs.commands) >= MAX_COMMANDS:
            at = words[0].field if words else self.view.container.path
            self.unread(
                UndeterminedReason.LIMIT,
                at,
                "commands nested or repeated beyond what is read",
                certain=True,
            )
            return
        words, environment = self._unwrapped(list(words), environment, shell=depth > 0)
        if not words:
            return
        head = posixpath.basename(words[0].text)
        if head == "modeladmit" and len(words) > 1 and words[1].text == "guard":
            behind = next((i for i, word in enumerate(words) if word.text == "--"), len(words))
            self.run(words[behind + 1 :], environment, stdin=stdin, stdout=stdout, depth=depth + 1)
            return
        if MARKERS.search(words[0].text):
            self.unread(
                UndeterminedReason.SHELL,
                words[0].field,
                f"the program {words[0].shown()} is not known",
                certain=True,
            )
            return
        if head in SHELLS:
            self._shell(words, environment, stdin, depth)
        elif _PYTHON.fullmatch(head):
            self._python(words, environment, stdin, depth)
        elif words[0].text.endswith((".sh", ".bash")) or (
            "/" in words[0].text and self._is_script(words[0].text)
        ):
            self._script(words, environment, depth)
        elif head.endswith(".py"):
            self._python([words[0].part("python3"), *words], environment, stdin, depth)
        else:
            self.programs.commands.append(
                Command(tuple(words), environment, stdin, stdout, self.directory)
            )

    def unread(
        self, reason: UndeterminedReason, at: FieldPath, detail: str, *, certain: bool = False
    ) -> None:
        """Note what could not be read."""
        if len(self.programs.unread) < 64:  # noqa: PLR2004 - enough for a person
            self.programs.unread.append(Unread(reason, at, detail, certain))

    def _unwrapped(
        self, words: list[Word], environment: Environment, *, shell: bool
    ) -> tuple[list[Word], Environment]:
        for _ in range(16):
            while (
                shell
                and words
                and (match := _ASSIGNMENT.fullmatch(words[0].text))
                and not words[0].text.startswith("-")
            ):
                environment = assigned(environment, match[1], match[3], words[0].field)
                words = words[1:]
            if len(words) < 2:  # noqa: PLR2004 - nothing is wrapped
                return words, environment
            head = posixpath.basename(words[0].text)
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

    def path(self, text: str) -> str:
        """A path as it is after the script's `cd`."""
        return (
            text
            if text.startswith("/") or not self.directory
            else posixpath.join(self.directory, text)
        )

    def _is_script(self, path: str) -> bool:
        file = self.view.files.read(self.path(path))
        return isinstance(file, File) and file.text.startswith("#!")

    def _shell(
        self, words: list[Word], environment: Environment, stdin: str | None, depth: int
    ) -> None:
        position = 1
        while (
            position < len(words)
            and words[position].text.startswith(("-", "+"))
            and words[position].text not in {"--", "-"}
        ):
            option = words[position].text
            position += 1
            if option.startswith("-") and not option.startswith("--") and "c" in option:
                while position < len(words) and (
                    words[position].text in {"--"}
                    or (
                        words[position].text.startswith("-")
                        and len(words[position].text) < 5
                        and " " not in words[position].text
                    )
                ):
                    position += 1
                if position < len(words):
                    self.shell_text(words[position], environment, words[position + 1 :], depth)
                return
            if option in {"-o", "+o", "-O", "+O", "--rcfile", "--init-file"}:
                position += 1
        if position < len(words) and words[position].text in {"--", "-"}:
            position += 1
        if position < len(words):
            self._script(words[position:], environment, depth)
        elif stdin is not None and MARKERS.search(stdin):
            self.unread(
                UndeterminedReason.SCRIPT,
                words[0].field,
                "a shell reads commands that are not in the object",
                certain=True,
            )
        elif stdin is not None:
            self.shell_text(words[0].part(stdin), environment, [], depth)

    def shell_text(
        self, text: Word, environment: Environment, parameters: Sequence[Word], depth: int
    ) -> None:
        """Read shell text; `parameters` are `$0`, `$1` and so on."""
        from modeladmit.workloads.shell.evaluate import Script

        self.reading.script_budget -= len(text.text)
        if self.reading.script_budget < 0:
            self.unread(
                UndeterminedReason.LIMIT,
                text.field,
                "more shell text than is read in one object",
                certain=True,
            )
            return
        Script(self, text, environment, tuple(parameters), depth).evaluate()

    def _script(self, words: list[Word], environment: Environment, depth: int) -> None:
        file = self.view.files.read(self.path(words[0].text))
        if not isinstance(file, File):
            if posixpath.basename(words[0].text) not in HARMLESS_SCRIPTS:
                self.unread(
                    file.reason,
                    words[0].field,
                    f"script {words[0].shown()}: {file.name} is not in the object",
                )
            self.programs.commands.append(
                Command(tuple(words), environment, directory=self.directory)
            )
            return
        first = file.text.split("\n", 1)[0]
        body = self.reading.ledger.word(file.text, words[0].field, file=file.origin)
        if "python" in first:
            self.python_text(body, words[1:], environment)
        else:
            self.shell_text(body, environment, words, depth + 1)

    def _python(
        self, words: list[Word], environment: Environment, stdin: str | None, depth: int
    ) -> None:
        position = 1
        while position < len(words):
            word = words[position]
            text = word.text
            if text == "-c" and position + 1 < len(words):
                self.python_text(words[position + 1], words[position + 2 :], environment)
                return
            if text == "-m" and position + 1 < len(words):
                module = words[position + 1]
                if module.text in {
                    "torch.distributed.run",
                    "torch.distributed.launch",
                    "accelerate.commands.launch",
                }:
                    name = "torchrun" if module.text.startswith("torch") else "accelerate"
                    rest = [module.part("launch")] if name == "accelerate" else []
                    self.run(
                        [module.part(name), *rest, *words[position + 2 :]],
                        environment,
                        depth=depth + 1,
                    )
                    return
                self.programs.commands.append(
                    Command(
                        (module.part(f"-m {module.text}"), *words[position + 2 :]),
                        environment,
                        stdin,
                        None,
                        self.directory,
                    )
                )
                return
            if text == "-" or not text.startswith("-"):
                break
            position += 2 if text in {"-W", "-X"} else 1
        if position >= len(words) or words[position].text == "-":
            if stdin is not None:
                self.python_text(words[0].part(stdin), words[position + 1 :], environment)
            return
        script = words[position]
        file = self.view.files.read(self.path(script.text))
        self.programs.commands.append(
            Command(tuple(words[position:]), environment, stdin, None, self.directory)
        )
        if isinstance(file, File):
            self.python_text(
                self.reading.ledger.word(file.text, script.field, file=file.origin),
                words[position + 1 :],
                environment,
            )
        else:
            self.unread(
                file.reason,
                script.field,
                f"program {script.shown()}: {file.name} is not in the object",
            )

    def python_text(self, text: Word, arguments: Sequence[Word], environment: Environment) -> None:
        """Read program text; `arguments` are what it gets on its command line."""
        from modeladmit.workloads.script.program import read_python

        self.reading.script_budget -= len(text.text)
        if self.reading.script_budget < 0:
            self.unread(
                UndeterminedReason.LIMIT,
                text.field,
                "more program text than is read in one object",
                certain=True,
            )
            return
        read_python(self, text, arguments, environment)


def assigned(environment: Environment, name: str, text: str, at: FieldPath) -> Environment:
    """The environment with one more variable; the old one stays as it is."""
    return Environment(
        {**environment.variables, name: Variable(text, at)}, environment.opaque, environment.unread
    )


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


Run = Callable[[Sequence[Word], Environment], None]
