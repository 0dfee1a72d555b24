"""What the shell offers after a tab."""

import pytest
from click.shell_completion import BashComplete

from modeladmit.cli.app import modeladmit

FILES = ("file", "")


def offered(*words: str) -> list[tuple[str, str]]:
    *before, last = words
    found = BashComplete(modeladmit, {}, "modeladmit", "_MODELADMIT_COMPLETE").get_completions(
        list(before), last
    )
    return [(item.type, item.value) for item in found]


def test_commands():
    assert [("plain", "verify"), ("plain", "verify-bundle"), ("plain", "verify-files")] == offered(
        "veri"
    )


def test_choices():
    assert [("plain", "sarif")] == offered("check", "-o", "s")


def test_codes_in_any_case():
    assert [("plain", "MutableReference"), ("plain", "MutableCarrier")] == offered("explain", "mut")


@pytest.mark.parametrize(
    "words",
    [
        ("check", "-f", ""),
        ("check", "--policy", ""),
        ("inspect", "--filename", ""),
        ("pin", "-f", ""),
        ("resolve", "--policy", ""),
        ("verify", "--policy", ""),
        ("preview", "--policy", ""),
        ("preview", "--kubeconfig", ""),
        ("webhook", "--kubeconfig", ""),
        ("operator", "--kubeconfig", ""),
        ("check", "--config", ""),
        ("verify-files", "--signature", ""),
        ("verify-bundle", "--bundle", ""),
    ],
    ids=" ".join,
)
def test_files(words):
    """Whoever types a path gets the shell's own names of files."""
    assert [FILES] == offered(*words)
