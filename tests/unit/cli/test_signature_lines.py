"""Signatures on paper: who vouches first, what could not be read next, junk last and not all of it."""

from modeladmit.cli.dossier import Signature
from modeladmit.cli.reports.reference import signature_lines

GOOD = Signature("sha256:1", "sigstore-bundle", "", "a key", "release-key")
GONE = Signature(
    "sha256:2", "sigstore-bundle", "", "nobody", None, "sha256:2: it is gone", read=False
)


def junk(count: int) -> list[Signature]:
    return [Signature(f"sha256:{n}", "sigstore-bundle", "", f"k{n}", None) for n in range(count)]


def test_order():
    first, second, *rest = map(_plain, signature_lines([*junk(3), GONE, GOOD]))
    assert "signed by release-key (a key)" == first
    assert "not read: sha256:2: it is gone" == second
    assert 3 == len(rest)


def test_no_more_lines_than_people_read():
    lines = signature_lines([*junk(1000), GOOD])
    assert 21 == len(lines)
    assert "signed by release-key" in lines[0]
    assert "and 981 more, see -o json" == lines[-1]


def test_equal_lines_are_one():
    assert 1 == len(signature_lines([GONE, GONE]))


def _plain(line: str) -> str:
    import click

    return click.unstyle(line)
