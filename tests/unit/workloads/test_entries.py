"""Kinds and engines of the settings: every mistake is refused with its place."""

import pytest

from modeladmit.core.workload import Role
from modeladmit.errors import ConfigurationError
from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.entries import MAX_ENTRIES, extended
from modeladmit.workloads.inspect import inspect_object
from modeladmit.workloads.tables import Tables

WRONG = [
    ({"engines": [{}]}, "engines[0].name"),
    ({"engines": ["vllm"]}, "engines[0]"),
    ({"engines": [{"name": "a\x00"}]}, "engines[0].name"),
    ({"engines": [{"name": "a" * 600}]}, "engines[0].name"),
    ({"engines": [{"name": "a", "option": []}]}, "engines[0].option"),
    ({"engines": [{"name": "a", "images": ["("]}]}, "engines[0].images[0]"),
    ({"engines": [{"name": "a", "images": "x"}]}, "engines[0].images"),
    ({"engines": [{"name": "a", "commands": [1]}]}, "engines[0].commands[0]"),
    ({"engines": [{"name": "a", "parser": "getopt"}]}, "engines[0].parser"),
    ({"engines": [{"name": "a", "serves": "yes"}]}, "engines[0].serves"),
    ({"engines": [{"name": "a", "flags": [{}]}]}, "engines[0].flags[0].names"),
    (
        {"engines": [{"name": "a", "flags": [{"names": ["-a"], "means": "magic"}]}]},
        "engines[0].flags[0].means",
    ),
    (
        {"engines": [{"name": "a", "env": [{"names": ["A"], "role": ["Weights"]}]}]},
        "engines[0].env[0].role",
    ),
    ({"engines": [{"name": "a", "images": ["x"] * (MAX_ENTRIES + 1)}]}, "engines[0].images"),
    ({"kinds": [{"group": "a.example"}]}, "kinds[0].kind"),
    ({"kinds": [{"group": "a", "kind": "B", "fields": [{}]}]}, "kinds[0].fields[0].path"),
    (
        {"kinds": [{"group": "a", "kind": "B", "fields": [{"path": "spec..uri"}]}]},
        "kinds[0].fields[0].path",
    ),
    (
        {"kinds": [{"group": "a", "kind": "B", "containers": [{"path": "s", "engine": "no"}]}]},
        "kinds[0].containers[0].engine",
    ),
]


def tables(*, kinds=(), engines=()) -> Tables:
    return extended(BUILTIN, kinds=kinds, engines=engines)


def pod(image: str, *command: str) -> dict[str, object]:
    container = {"name": "c", "image": image, "command": list(command)}
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}


@pytest.mark.parametrize(("entries", "place"), WRONG, ids=[place for _, place in WRONG])
def test_a_mistake_is_refused_with_its_place(entries, place):
    """The message starts with the setting that is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        tables(**entries)
    assert str(caught.value).partition(": ")[0] == place


def test_an_entry_of_a_built_in_name_replaces_it():
    """Whoever runs the cluster has the last word on what a command line means."""
    own = [{"name": "vllm", "commands": ["vllm serve"], "flags": [{"names": ["--weights"]}]}]
    workload = inspect_object(
        pod("x", "vllm", "serve", "--weights", "a/b"), tables=tables(engines=own)
    )
    found = [use.reference.uri for use in workload.uses if use.role is Role.WEIGHTS]
    assert found == ["hf://a/b"]


def test_an_ignored_kind_names_nothing():
    """A kind of routing may be full of names of models."""
    own = [{"group": "a.example", "kind": "Route", "ignore": True}]
    obj = {"apiVersion": "a.example/v1", "kind": "Route", "spec": {"modelUri": "s3://models/a"}}
    assert inspect_object(obj, tables=tables(kinds=own)).uses == ()
    assert inspect_object(obj).uses != ()
