"""Objects that somebody makes to keep us busy: one shape each, in any size."""

import functools
import json
from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def pod(**spec: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Pod", "spec": spec}


def server(**more: Any) -> Object:
    return {"name": "c", "image": "vllm/vllm-openai", **more}


def shell(text: str) -> Object:
    return pod(containers=[{"name": "c", "image": "x", "command": ["sh", "-c", text]}])


def python(text: str) -> Object:
    return pod(containers=[{"name": "c", "image": "x", "command": ["python", "-c", text]}])


def custom(**spec: Any) -> Object:
    return {"apiVersion": "x.example.com/v1", "kind": "Thing", "spec": spec}


def lines(form: str, count: int, start: int = 0) -> str:
    """`form` with `%` as the number of the line, and `^` as the one before."""
    return "\n".join(
        form.replace("%", str(n)).replace("^", str(n - 1)) for n in range(start, count)
    )


def mounts(count: int) -> list[Object]:
    return [{"name": f"v{n}", "mountPath": f"/m/{n}"} for n in range(count)]


def claims(count: int) -> list[Object]:
    return [
        {"name": f"v{n}", "persistentVolumeClaim": {"claimName": f"c{n}"}} for n in range(count)
    ]


def annotated(count: int) -> Object:
    inner = json.dumps({"containers": [server()]})
    annotations = {f"k{n}": inner for n in range(count)}
    return pod(containers=[server()]) | {"metadata": {"annotations": annotations}}


def downloads(count: int) -> Object:
    fetching = [
        {
            "name": f"i{n}",
            "image": "python",
            "command": ["hf", "download", f"a/b{n}", "--local-dir", f"/m/{n}"],
            "volumeMounts": mounts(64),
        }
        for n in range(count)
    ]
    serving = [server(args=["--model", f"/m/{n}"], volumeMounts=mounts(64)) for n in range(8)]
    empty = [{"name": f"v{n}", "emptyDir": {}} for n in range(64)]
    return pod(initContainers=fetching, containers=serving, volumes=empty)


def shared() -> Object:
    """What a YAML file of a kilobyte makes with anchors: 27 million times the same container."""
    node: list[Any] = [server(args=["--model", "a/b"])] * 16
    for _ in range(8):
        node = [node] * 6
    return custom(a=node)


def mounting(count: int, **more: Any) -> list[Object]:
    """Containers that mount 128 volumes each."""
    return [
        {"name": f"c{n}", "image": "x", "volumeMounts": mounts(128), **more} for n in range(count)
    ]


def guards(count: int) -> Object:
    expect = ["modeladmit", "guard", "--expect", "sha256:" + "a" * 64, "/m/1", "--", "x"]
    return pod(containers=mounting(min(count, 128), command=expect), volumes=claims(128))


def image_volumes(count: int) -> Object:
    images = [{"name": f"i{n}", "image": {"reference": f"r.io/a/b{n}"}} for n in range(count)]
    return pod(containers=mounting(60, args=["a"]), volumes=images)


def files(count: int) -> Object:
    """A volume of many ConfigMaps, and a script that reads from it again and again."""
    sources = [
        {"configMap": {"name": f"c{n}", "items": [{"key": "a", "path": f"p{n}"}]}}
        for n in range(count)
    ]
    container = {
        "image": "x",
        "command": ["sh", "-c", "sh /s/a.sh\n" * 300],
        "volumeMounts": [{"name": "s", "mountPath": "/s"}],
    }
    return pod(containers=[container], volumes=[{"name": "s", "projected": {"sources": sources}}])


def claim_templates(count: int) -> Object:
    small = {"containers": [{"image": "a", "args": ["b"]}]}
    templates = [{"metadata": {"name": f"t{n}"}} for n in range(count)]
    spec = {"volumeClaimTemplates": templates, "x": [dict(small) for _ in range(120)]}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": spec}


def applications_beside(count: int) -> Object:
    """Applications that each look for their code in the object's containers, and a large object."""
    obj = SHAPES["applications"](min(count, 600))
    obj["spec"]["a"] = [{"b": {"c": n}} for n in range(count)]
    return obj


def overridden(count: int) -> Object:
    """Host aliases, and commands that each have an environment of their own."""
    aliases = [{"ip": "10.0.0.1", "hostnames": [f"h{n}"]} for n in range(count)]
    script = lines("A=% vllm serve a/b%", 200)
    return pod(containers=[server(command=["sh", "-c", script])], hostAliases=aliases)


def nested_names(count: int) -> Object:
    """Keys that name models, sixty levels down."""
    many: Any = [{"modelUri": "hf://a/b", "y": {"z": 1}} for _ in range(count)]
    return custom(a=functools.reduce(lambda inner, _: {"n": inner}, range(60), {"x": many}))


_NINE = [f"for {'abcd'[n]} in range(9):" for n in range(4)]
_LOOPS = "for a in 1 2 3 4 5 6 7 8; do for b in 1 2 3 4 5 6 7 8; do for c in 1 2 3 4 5 6 7 8; do "

SHAPES: dict[str, Callable[[int], Object]] = {
    "containers": lambda n: pod(containers=[server(args=["--model", f"a/b{i}"]) for i in range(n)]),
    "containers that mount everything": lambda n: pod(
        containers=[
            server(args=["--model", f"/m/{i}/x"], volumeMounts=mounts(256))
            for i in range(n // 20 + 1)
        ],
        volumes=claims(256),
    ),
    "containers anywhere": lambda n: pod(
        containers=[server()],
        x=[{"image": f"r/{i}", "args": ["--model", "a/b"]} for i in range(n)],
    ),
    "downloads": downloads,
    "adapters in volumes": lambda n: pod(
        containers=[
            server(
                args=["--lora-modules", *(f"x{i}=/m/{i % 250}/y" for i in range(n))],
                volumeMounts=mounts(256),
            )
        ],
        volumes=claims(256),
    ),
    "chained variables": lambda n: pod(
        containers=[
            server(
                env=[{"name": f"A{i}", "value": f"$(A{i - 1})$(A{i - 1})x"} for i in range(n)],
                args=[f"--model=$(A{n - 1})"],
            )
        ]
    ),
    "credentials": lambda n: pod(
        containers=[
            server(env=[{"name": "X", "value": f"hf_{'a' * 40} AIza://:" * 9} for _ in range(n)])
        ]
    ),
    "words": lambda n: pod(containers=[server(args=["--model", *(f"a/b{i}" for i in range(n))])]),
    "options": lambda n: pod(
        containers=[server(args=[f"--lora-modules=x{i}=a/b{i}" for i in range(n)])]
    ),
    "unknown options": lambda n: pod(
        containers=[server(args=[f"--model-x{i}=a/b{i}" for i in range(n)])]
    ),
    "abbreviated options": lambda n: pod(containers=[server(args=[f"--mod{i}" for i in range(n)])]),
    "one long word": lambda n: pod(containers=[server(args=["--model", "m" * n * 100])]),
    "URLs": lambda n: pod(
        containers=[{"image": "x", "command": ["curl", *(f"https://h/{i}.gguf" for i in range(n))]}]
    ),
    "JSON with many members": lambda n: pod(
        containers=[
            server(args=["--speculative-config", json.dumps({f"k{i}": "a/b" for i in range(n)})])
        ]
    ),
    "deep JSON": lambda n: pod(
        containers=[server(args=["--speculative-config", "[" * n + "]" * n])]
    ),
    "shell: servers": lambda n: shell(lines("vllm serve a/b%", n)),
    "shell: downloads": lambda n: shell(
        lines("hf download a/b% --local-dir /d/%; vllm serve /d/%", n)
    ),
    "shell: a loop over words": lambda n: shell(
        f"for i in {' '.join(map(str, range(n)))}; do vllm serve a/$i; done"
    ),
    "shell: loops in loops": lambda _: shell(
        f"{_LOOPS} X=$X$a$b; vllm serve m/$X$a$b$c; done; done; done"
    ),
    "shell: assignments": lambda n: shell(lines("export A%=$A^x; vllm serve a/$A%", n)),
    "shell: branches": lambda n: shell(
        lines("if test $Q; then A=x%$A; else B=$A; fi; vllm serve $A/$B", n // 4)
    ),
    "shell: cases": lambda n: shell(
        "case $X in\n" + lines("a%) M=a/b%;;", n) + "\nesac; vllm serve $M"
    ),
    "shell: functions": lambda n: shell(lines("f^() { f%; vllm serve a/b%; }", n, 1) + "\nf0"),
    "shell: quotes": lambda n: shell("x " + '"a\'b" ' * n),
    "shell: substitutions": lambda n: shell("x " + "$(echo a) " * n),
    "shell: braces": lambda n: shell("x " + "{a,b,c}{d,e,f} " * (n // 2)),
    "shell: defaults": lambda n: shell("x " + "${A:-b/c}${A%%x*} " * (n // 2)),
    "shell: pipes": lambda n: shell("echo a | " * n + "sh"),
    "shell: Python": lambda n: shell(
        "python3 - <<EOF\n" + lines("snapshot_download('a/b%')", n) + "\nEOF"
    ),
    "Python: calls": lambda n: python(lines("snapshot_download('a/b%', local_dir='/d%')", n)),
    "Python: sums": lambda n: python(
        "x0='a'\n" + lines("x%=x^+x^", n, 1) + f"\nfrom_pretrained(x{n - 1})"
    ),
    "Python: text of text": lambda n: python("x=f'{x}/{x}'; from_pretrained(x)\n" * n),
    "Python: loops in loops": lambda _: python(
        "\n".join(" " * n + loop for n, loop in enumerate(_NINE))
        + "\n     from_pretrained(f'a/{a}{b}{c}{d}')"
    ),
    "Python: a dictionary": lambda n: python(
        "x={" + lines("'k%': 'a/b%',", n) + "}\nfor k in x: from_pretrained(x[k])"
    ),
    "Pods in annotations": annotated,
    "keys that name models": lambda n: custom(
        **{f"k{i}": {"modelUri": f"hf://a/b{i}"} for i in range(n)}
    ),
    "one map of many fields": lambda n: custom(**{f"k{i}": "a/b" for i in range(n * 5)}),
    "one field in many spellings": lambda n: custom(
        source="huggingface",
        **{f"n{'_' * (i % 90)}a{'-' * (i // 90)}me": f"a/b{i}" for i in range(n)},
    ),
    "objects in an object": lambda n: custom(items=[pod(containers=[server()]) for _ in range(n)]),
    "maps": lambda n: custom(a=[{"b": {"c": i}} for i in range(n * 5)]),
    "numbers": lambda n: custom(a=list(range(n * 50))),
    "depth": lambda n: custom(
        a=functools.reduce(lambda inner, _: {"a": [inner]}, range(n * 4), dict[str, Any]())
    ),
    "applications": lambda n: {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "spec": {
            "serveConfigV2": "applications:\n"
            + lines("- {name: a%, import_path: x:y, args: {model: a/b%}}", n)
        },
    },
    "shared parts": lambda _: shared(),
    "guards": guards,
    "image volumes": image_volumes,
    "files of a volume": files,
    "claim templates": claim_templates,
    "applications beside much else": applications_beside,
    "host aliases": overridden,
    "names far down": nested_names,
    "variables of commands": lambda n: pod(
        containers=[
            server(
                env=[{"name": f"A{i}", "value": "x"} for i in range(n)],
                command=["sh", "-c", lines("A=% vllm serve a/b%", 200)],
            )
        ]
    ),
    "assignments before a command": lambda n: pod(
        containers=[{"image": "x", "command": ["env", *(f"A{i}=x" for i in range(n)), "vllm"]}]
    ),
    "containers with many words": lambda n: pod(
        containers=[server(args=["--a", "--b"] * min(n, 2000)) for _ in range(40)]
    ),
    "adapters as JSON": lambda n: pod(
        containers=[
            server(
                args=["--lora-modules", json.dumps([{"path": f"a/b{i}"} for i in range(n // 8)])]
                * 8
            )
        ]
    ),
    "tall paths": lambda n: pod(
        containers=[
            server(
                args=["--lora-modules", *(f"x{i}=/{'a/' * 2000}" for i in range(n // 16))],
                volumeMounts=mounts(128),
            )
        ]
    ),
    "stars": lambda n: pod(
        containers=[{"image": "x", "command": ["aws", "s3", "cp", f"s3://a/{'*' * n * 6}x", "/m"]}]
    ),
    "URLs in a URL": lambda n: shell("curl http://localhost" + "/models?" * min(n, 8000)),
    "requests": lambda n: pod(
        containers=[
            {
                "image": "x",
                "command": ["curl", *(["http://localhost/api/pull", "-d", "name: a/b"] * (n // 4))],
            }
        ]
    ),
    "hints of credentials": lambda n: pod(
        containers=[{"image": "a", "args": ["hf_ AKIA ://" + "a.a+" * min(n * 2, 15_000)] * 8}]
    ),
    "downloads by one command": lambda n: pod(
        containers=[
            {
                "image": "x",
                "command": ["aws", "s3", "cp", *(f"s3://a/{i}" for i in range(n)), "/m"],
            }
        ]
    ),
    "shell: positional parameters": lambda n: shell(
        f"set -- {' '.join(map(str, range(n)))}\n" + 'echo "$@"\n' * 200
    ),
    "shell: an array": lambda n: shell(
        f'a=({" ".join(f"x{i}" for i in range(n))}); vllm serve "${{a[@]}}"'
    ),
    "shell: configuration files": lambda n: shell(
        f"cat > /x.yaml <<E\n{lines('k%: [a, {b: c}]', n // 4)}\nE\n"
        + lines("vllm serve a/b% --config /x.yaml", 30)
    ),
    "shell: text formats": lambda n: shell(
        "cat > /x <<E\n" + "\n" * n + "E\ntensorflow_model_server --model_config_file=/x"
    ),
}


def size(obj: Object) -> int:
    """Bytes of the object as JSON, at least one MiB; what is written once counts once."""
    parts, stack, total = set[int](), [obj], 0
    while stack:
        node: Any = stack.pop()
        if isinstance(node, dict | list):
            if id(node) in parts:
                continue
            parts.add(id(node))
            stack += list(node.values()) if isinstance(node, dict) else node
            total += 2 + sum(map(len, node)) if isinstance(node, dict) else 2
        total += len(str(node)) + 2 if not isinstance(node, dict | list) else 0
    return max(total, 1 << 20)
