"""The command line as a whole: help without imports, exit codes, errors in words."""

import subprocess
import sys

import pytest

from modeladmit.cli.app import COMMANDS, main

HEAVY = ("aiohttp", "cryptography", "kopf", "pydantic", "rich", "ruamel", "sigstore", "yaml")


def test_help_imports_nothing_heavy():
    """`modeladmit --help` is instant because it imports neither commands nor their libraries."""
    script = f"import sys; from modeladmit.cli.app import main; main(['--help']); print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there(name, capsys):
    """Each entry of the table leads to a command with help of its own."""
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: modeladmit {name} ")


def test_did_you_mean(capsys):
    """A typing error is a usage error that names the command that was meant."""
    assert main(["chekc"]) == 2
    assert (
        "there is no command `chekc`. Did you mean `modeladmit check`?" in capsys.readouterr().err
    )


def test_no_arguments_show_help(capsys):
    """Whoever types the bare command wants to know what there is."""
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_a_missing_file_is_a_usage_error(capsys, tmp_path):
    """Exit code 2, one line, no traceback."""
    assert main(["inspect", "-f", str(tmp_path / "gone.yaml")]) == 2
    assert capsys.readouterr().err == f"Error: {tmp_path}/gone.yaml does not exist\n"


@pytest.mark.parametrize("code", ["mutablereference", "[MutableReference]"])
def test_explain(code, capsys):
    """A code is explained however it was copied."""
    assert main(["explain", code]) == 0
    assert capsys.readouterr().out.startswith("MutableReference: The reference can change\n")


def test_explain_suggests(capsys):
    """An unknown code is a usage error with the nearest one."""
    assert main(["explain", "MutableRef"]) == 2
    assert "Did you mean MutableReference?" in capsys.readouterr().err


def test_short_options_as_in_kubectl(capsys, tmp_path):
    """`-o=json` is what kubectl's users type."""
    (tmp_path / "pod.yaml").write_text("{apiVersion: v1, kind: Pod, metadata: {name: a}}")
    assert main(["inspect", f"-f={tmp_path}/pod.yaml", "-o=json"]) == 0
    assert '"objects"' in capsys.readouterr().out


def test_files_without_the_option(capsys):
    """A forgotten -f is said, with the line to type."""
    assert main(["check", "deploy.yaml"]) == 2
    assert "files are named with -f: modeladmit check -f deploy.yaml" in capsys.readouterr().err
