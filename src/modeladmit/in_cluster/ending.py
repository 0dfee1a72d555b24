"""The end of a process: SIGTERM and SIGINT, and work that goes on until then."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final


class Ending:
    """Knows when somebody asked us to end. Made on the running loop."""

    def __init__(self) -> None:
        self._asked: Final = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked.set)

    @property
    def asked(self) -> bool:
        """Whether it is time."""
        return self._asked.is_set()

    async def wait(self) -> None:
        """Until it is time."""
        await self._asked.wait()

    async def unless(self, *work: Coroutine[Any, Any, None]) -> bool:
        """Do all of it at once until the first is done or it is time; says whether it was done before.

        What is left is cancelled and has ended when this returns. Raises what the work raises.
        """
        tasks = [asyncio.create_task(part) for part in work]
        waiting = asyncio.create_task(self._asked.wait())
        try:
            await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for left in (waiting, *tasks):
                left.cancel()
            await asyncio.gather(waiting, *tasks, return_exceptions=True)
        return not self.asked
