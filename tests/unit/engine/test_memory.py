"""Facts are bounded in bytes; what was used least recently goes first."""

from modeladmit.core.evidence import Evidence, EvidenceKind
from modeladmit.engine.memory import Memory
from tests.building import NOW, artifact


def test_what_is_kept_is_recalled_with_its_time():
    memory = Memory(100_000)
    memory.keep("a", artifact(), at=NOW)
    assert (artifact(), NOW) == (memory.recall("a").value, memory.recall("a").at)
    assert memory.recall("b") is None


def test_the_least_recently_used_goes_first():
    memory = Memory(8_500)
    for name in "abc":
        memory.keep(name, artifact(), at=NOW)
        memory.recall("a")
    assert memory.recall("a")
    assert memory.recall("b") is None
    assert memory.used <= 8_500


def test_keeping_again_replaces():
    memory = Memory(100_000)
    memory.keep("a", artifact(), at=NOW)
    before = memory.used
    memory.keep("a", artifact(), at=NOW)
    assert (1, before) == (len(memory), memory.used)


def test_what_is_larger_than_the_memory_is_not_kept():
    memory = Memory(10_000)
    memory.keep("a", (Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"x" * 20_000, "a"),), at=NOW)
    assert memory.recall("a") is None
