"""Repositories are asked when it is their turn; what they gave last stays."""

from dataclasses import dataclass, field

import pytest

from modeladmit.api.trust_root import TrustRootSpec
from modeladmit.cluster.trust_repositories import RETRY, TrustRepositories
from modeladmit.errors import SourceUnavailable


@dataclass
class Mirror:
    """Gives what it has, or fails."""

    content: bytes = b"one"
    away: bool = False
    asked: int = 0
    known: dict[str, bytes] = field(default_factory=dict)
    kept: bytes | None = None
    recalled: int = 0

    def current(self, spec):
        return self.known.get(spec.mirror)

    async def recall(self, spec):
        self.recalled += 1
        if self.kept is not None:
            self.known[spec.mirror] = self.kept
        return self.kept

    async def refresh(self, spec):
        self.asked += 1
        if self.away:
            raise SourceUnavailable("the mirror does not answer")
        self.known[spec.mirror] = self.content
        return self.content


@dataclass
class Stopwatch:
    time: float = 100.0

    def __call__(self):
        return self.time


def root(interval="1h"):
    tuf = {"mirror": "https://tuf.example.com", "root": "{}", "interval": interval}
    return {"spec": {"sigstore": {"tuf": tuf}}}


def tuf_of(resource):
    return TrustRootSpec.model_validate(resource["spec"]).sigstore.tuf


@pytest.fixture
def mirror():
    return Mirror()


@pytest.fixture
def clock():
    return Stopwatch()


@pytest.fixture
def repositories(mirror, clock):
    return TrustRepositories(mirror, clock)


async def test_a_repository_is_asked_once_an_interval(repositories, mirror, clock):
    assert await repositories.refresh([root()])
    assert not await repositories.refresh([root()])
    clock.time += 3599
    await repositories.refresh([root()])
    assert 1 == mirror.asked
    clock.time += 1
    assert not await repositories.refresh([root()])
    assert 2 == mirror.asked


async def test_after_a_restart_nobody_waits_for_the_mirror(repositories, mirror):
    """What an earlier process kept is there at once; then the mirror is asked."""
    mirror.kept = b"zero"
    assert await repositories.refresh([root()])
    assert (0, b"zero") == (mirror.asked, mirror.current(tuf_of(root())))
    assert await repositories.refresh([root()])
    assert (1, 1, b"one") == (mirror.recalled, mirror.asked, mirror.current(tuf_of(root())))


async def test_what_was_kept_stays_while_the_mirror_is_away(repositories, mirror):
    """And it is looked for once."""
    mirror.kept, mirror.away = b"zero", True
    assert await repositories.refresh([root()])
    assert not await repositories.refresh([root()])
    assert (1, b"zero") == (mirror.recalled, mirror.current(tuf_of(root())))


async def test_something_new_is_said(repositories, mirror, clock):
    await repositories.refresh([root()])
    clock.time += 3600
    mirror.content = b"two"
    assert await repositories.refresh([root()])


async def test_an_unreachable_mirror_keeps_the_last_good_copy_and_is_asked_again_soon(
    repositories, mirror, clock
):
    await repositories.refresh([root()])
    mirror.away = True
    clock.time += 3600
    assert not await repositories.refresh([root()])
    clock.time += RETRY
    mirror.away, mirror.content = False, b"two"
    assert await repositories.refresh([root()])


@pytest.mark.parametrize(
    "nonsense", [{}, {"spec": None}, {"spec": {"sigstore": {"tuf": {"mirror": 1}}}}]
)
async def test_what_is_no_tuf_repository_is_not_asked(repositories, mirror, nonsense):
    assert not await repositories.refresh([nonsense])
    assert 0 == mirror.asked
