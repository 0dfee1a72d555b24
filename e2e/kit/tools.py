"""The programs of the tests, built once from pinned Go modules into a cache outside the checkout.

`e2e/tools/<module>/go.mod` and `go.sum` pin every byte of source. A module's programs live in
`$MODELADMIT_TOOLS/tools/<module>-<key>/bin` (default `~/.cache/modeladmit`), where the key is a hash
of go.mod, go.sum, the Go files, the build flags and the Go version: a new pin is a new folder.

`python -m e2e.kit.tools [MODULE | PROGRAM ...]` builds what is named, or everything.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from e2e.kit.processes import leashed

# The installed Go and the pinned sources alone decide; without cgo no C compiler is needed.
_ENVIRONMENT = {
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
    "GOFLAGS": "-mod=readonly",
    "CGO_ENABLED": "0",
}

NO_GO = "Go 1.26 or newer is needed to build the programs of the tests; put `go` on PATH"
SOURCES = Path(__file__).parents[1] / "tools"


class ToolError(Exception):
    """A program of the tests could not be built; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Module:
    """One Go module below `e2e/tools`: the programs that it builds, by Go package."""

    name: str
    programs: Mapping[str, str]
    estimate: str
    ldflags: tuple[str, ...] = field(default=())

    @property
    def source(self) -> Path:
        return SOURCES / self.name

    @property
    def folder(self) -> Path:
        """Where the finished programs live."""
        return cache() / "tools" / f"{self.name}-{self.key()}" / "bin"

    def key(self) -> str:
        """Name everything that decides what the compiler makes."""
        digest = hashlib.sha256(repr((go_version(), self.ldflags, self.programs)).encode())
        for path in sorted(
            [self.source / "go.mod", self.source / "go.sum", *self.source.glob("*.go")]
        ):
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)}\n".encode() + content)
        return digest.hexdigest()[:16]


_KUBERNETES = "v1.36.3"
_VERSION = "k8s.io/component-base/version"

MODULES = (
    Module(
        "kubernetes",
        {
            "etcd": "go.etcd.io/etcd/server/v3",
            "kubectl": "k8s.io/kubernetes/cmd/kubectl",
            "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
            "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        },
        "4 to 8 min",
        (
            f"-X={_VERSION}.gitVersion={_KUBERNETES}",
            f"-X={_VERSION}.gitMajor=1",
            f"-X={_VERSION}.gitMinor=36",
            f"-X=k8s.io/client-go/pkg/version.gitVersion={_KUBERNETES}",
        ),
    ),
    Module("cosign", {"cosign": "github.com/sigstore/cosign/v3/cmd/cosign"}, "2 to 5 min"),
    Module(
        "registry", {"registry": "github.com/distribution/distribution/v3/cmd/registry"}, "1 min"
    ),
    Module("referrers", {"referrers": "."}, "5 s"),
    Module("oras", {"oras": "oras.land/oras/cmd/oras"}, "10 s"),
    Module("helm", {"helm": "helm.sh/helm/v4/cmd/helm"}, "1 to 3 min"),
    Module("fulcio", {"fulcio": "github.com/sigstore/fulcio"}, "1 min"),
    Module("timestamp-authority", {"timestamp-server": "."}, "1 min"),
    Module(
        "rekor-tiles",
        {"rekor-server": "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix"},
        "30 s",
    ),
    Module(
        "tesseract",
        {"tesseract": "github.com/transparency-dev/tesseract/cmd/tesseract/posix"},
        "30 s",
    ),
)


def cache() -> Path:
    """Return the folder that outlives checkouts: `$MODELADMIT_TOOLS` or `~/.cache/modeladmit`."""
    return Path(os.environ.get("MODELADMIT_TOOLS") or Path.home() / ".cache" / "modeladmit")


def tool(program: str) -> Path:
    """Return the path of a program, building its module first when the cache lacks it."""
    for module in MODULES:
        if program in module.programs:
            return build(module) / program
    known = ", ".join(program for module in MODULES for program in module.programs)
    raise ToolError(f"no module builds {program!r}; known programs: {known}")


def named(names: list[str]) -> tuple[Module, ...]:
    """Return the modules that the names (of modules or programs) mean; every one for no name."""
    unknown = set(names) - {m.name for m in MODULES} - {p for m in MODULES for p in m.programs}
    if unknown:
        raise ToolError(f"no module or program is called {', '.join(sorted(unknown))}")
    return tuple(m for m in MODULES if not names or {m.name, *m.programs} & set(names))


def build(module: Module) -> Path:
    """Return the folder of the module's programs, built now if no run before did so."""
    folder = module.folder
    if folder.is_dir():
        return folder
    with _lock(folder.parent, module.name):
        if not folder.is_dir():
            _compile(module, folder)
    return folder


def _compile(module: Module, folder: Path) -> None:
    """Build beside the final place and rename: a killed build leaves no half of a folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = folder.parent / "building"
    shutil.rmtree(scratch, ignore_errors=True)
    for program, package in module.programs.items():
        _say(f"building {program} ({module.name}: about {module.estimate}, once)")
        started = time.monotonic()
        flags = (
            "-trimpath",
            "-buildvcs=false",
            f"-ldflags={' '.join(('-s', '-w', *module.ldflags))}",
        )
        done = subprocess.run(
            leashed(_go(), "build", *flags, f"-o={scratch / program}", package),
            cwd=module.source,
            env={**os.environ, **_ENVIRONMENT},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ToolError(
                f"{program} could not be built in {module.source}:\n{done.stderr[-4000:]}"
            )
        _say(f"built {program} in {time.monotonic() - started:.0f} s")
    scratch.rename(folder)


@contextlib.contextmanager
def _lock(folder: Path, name: str) -> Iterator[None]:
    """Let one run build a module while the others wait; the kernel drops a dead run's lock."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"another run builds {name}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@functools.cache
def go_version() -> str:
    """Return what `go env GOVERSION` says, for example `go1.26.8`."""
    command = (_go(), "env", "GOVERSION")
    environment = {**os.environ, **_ENVIRONMENT}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def _go() -> str:
    found = shutil.which("go")
    if found is None:
        raise ToolError(NO_GO)
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        for wanted in named(sys.argv[1:]):
            for built in sorted(build(wanted).iterdir()):
                print(built)
    except ToolError as error:
        sys.exit(f"error: {error}")
