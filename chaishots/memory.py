"""Memory that is given back: what a crowd of large answers took is the machine's again once they are gone.

glibc takes a block from the system by itself (mmap), and gives it back when it is freed, only while none as large was
freed before; from then on such blocks come from its heap, where any small one that is still in use keeps all that lies
below it. After a minute of pages of 1 MB, a process stayed 40 MB larger for good.
"""

import ctypes
import sys
from typing import Final

LARGE_BYTES: Final = 512 * 1024
"""Above a page of 20 programs, which is rendered often: to take a block from the system costs its every page."""
_M_MMAP_THRESHOLD: Final = -3


def give_back_large_blocks() -> None:
    """Have blocks of LARGE_BYTES and more given back to the system when they are freed, where glibc is in use."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none, and does so anyway
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
