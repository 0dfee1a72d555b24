"""How long who asks can wait is known to what is done on his behalf, and to nobody else."""

import asyncio

from modeladmit.core.credentials import ANONYMOUS
from modeladmit.core.plan import Question
from modeladmit.core.reference import Scheme
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.patience import seconds_left, waiting
from tests.building import PINNED, reference
from tests.unit.engine.test_investigation import Counting, Hand, Nobody, Store


def test_nobody_waits():
    assert seconds_left() is None


async def test_tasks_inherit_it_and_nobody_else_does():
    async def ask():
        return seconds_left()

    with waiting(60):
        inside = asyncio.create_task(ask())
    outside = asyncio.create_task(ask())
    left = await inside
    assert left is not None
    assert 0 < left <= 60
    assert await outside is None


def test_it_is_never_negative():
    with waiting(-1):
        assert seconds_left() == 0


class Told(Store):
    """Notes how long it may take."""

    left: float | None = None

    async def resolve(self, asked, *, scope):
        self.left = seconds_left()
        return await super().resolve(asked, scope=scope)


async def test_a_store_is_asked_with_the_patience_of_who_asks():
    store = Told()
    investigation = Investigation(
        sources={Scheme.OCI: store},
        verify=Counting(),
        memory=Memory(10_000_000),
        clock=Hand(),
        observer=Nobody(),
    )
    question = Question(reference(PINNED), evidence=False)
    await investigation.answer([question], scope=ANONYMOUS, seconds=7)
    assert store.left is not None
    assert 0 < store.left <= 7
