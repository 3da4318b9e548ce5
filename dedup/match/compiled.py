"""One way to compile the kernels of this stage: cached on disk, without the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(function: Kernel) -> Kernel:
    """``function`` compiled by numba on first call; its type for the checker is that of the plain function."""
    return cast(Kernel, njit(cache=True, nogil=True)(function))
