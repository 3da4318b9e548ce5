"""The stages on several processes of this machine."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from dedup.pipeline import Chunk, Made, Runner, SerialRunner, Shared

__all__ = ["ProcessRunner", "runner_for"]

CHUNKS_AHEAD = 4
"""Chunks in flight per worker: enough that none waits, few enough that finished work does not pile up."""


def runner_for(workers: int) -> Runner:
    """A runner of ``workers`` processes; one worker is this process itself."""
    return SerialRunner() if workers == 1 else ProcessRunner(workers)


class ProcessRunner:
    """Works chunks on a pool of processes. Results come in the order of the chunks, so they do not depend on it."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(self, work: Callable[[Shared, Chunk], Made], shared: Shared, chunks: Sequence[Chunk]) -> Iterator[Made]:
        """Yield ``work(shared, chunk)`` for every chunk; an error in a worker is raised here.

        Where the system can fork, the workers inherit ``shared`` and ``chunks`` and only results are sent. The first
        chunk is worked here: its compiled code and tables, which take seconds to load, are inherited too.
        """
        if len(chunks) < 2:
            yield from SerialRunner().map(work, shared, chunks)
            return
        first = work(shared, chunks[0])
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        pool = ProcessPoolExecutor(
            min(self.workers, len(chunks) - 1),
            mp_context=multiprocessing.get_context(method),
            initializer=_Worker.take,
            initargs=(work, shared, chunks),
        )
        try:
            yield first
            yield from _in_order(pool, range(1, len(chunks)), self.workers * CHUNKS_AHEAD)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, numbers: Iterable[int], ahead: int) -> Iterator[Any]:
    running: deque[Future[Any]] = deque()
    for number in numbers:
        running.append(pool.submit(_Worker.do, number))
        if len(running) >= ahead:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


class _Worker:
    """What one worker process was given at its start. Set once per process, by the pool's initializer."""

    given: tuple[Callable[[Any, Any], Any], Any, Sequence[Any]]

    @classmethod
    def take(cls, work: Callable[[Any, Any], Any], shared: Any, chunks: Sequence[Any]) -> None:
        cls.given = (work, shared, chunks)

    @classmethod
    def do(cls, number: int) -> Any:
        work, shared, chunks = cls.given
        return work(shared, chunks[number])
