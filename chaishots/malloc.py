"""Makes glibc give the memory of large answers back to the system once they are freed.

glibc takes a block from the system by itself (mmap), and gives it back when it is freed, only while none as large was
freed before; from then on such blocks come from its heap, where any small one that is still in use keeps all that lies
below it. After a minute of pages of 1 MB, a process stayed 40 MB larger for good.

Whoever names that threshold names the other one too, or glibc keeps it small: the heap's free end is given back from
128 kB on. Then every answer of 360 kB took its memory from the system anew, page by page: 147 faults a request, and
half as much time of the processor again.
"""

import ctypes
import sys
from typing import Final

LARGE_BYTES: Final = 512 * 1024
"""Above a page of 20 programs, which is rendered often: to take a block from the system costs its every page."""
KEPT_BYTES: Final = 8 * 1024 * 1024
"""What may lie free at the heap's end, for the next answers."""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def give_back_large_blocks() -> None:
    """Have blocks of LARGE_BYTES and more given back to the system when they are freed, where glibc is in use."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none, and does so anyway
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
