"""Memory is given back to the machine."""

import subprocess
import sys

import pytest

PAGES = 100
PROBE = f"""
import sys, psutil
from chaishots.malloc import give_back_large_blocks
if sys.argv[1] == "given back":
    give_back_large_blocks()
resident = psutil.Process().memory_info
large = b"x" * 20_000_000
del large
before = resident().rss
pages, kept = [], []
for _ in range({PAGES}):
    pages.append(b"x" * 1_000_000)
    kept.append(b"x" * 20_000)
del pages
print((resident().rss - before) // 1_000_000)
"""

ANSWERS = 200
FAULTS_PROBE = f"""
import resource
from chaishots.malloc import give_back_large_blocks
give_back_large_blocks()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
size = 360_000
page = b"x" * size
before = faults()
for _ in range({ANSWERS}):
    del page
    page = b"x" * size
print(faults() - before)
"""


def _kept_mb(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROBE, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of Linux")
def test_large_pages_are_given_back_though_small_things_are_kept_between_them() -> None:
    assert _kept_mb("given back") < PAGES / 10
    assert _kept_mb("left to itself") > PAGES / 2, "else there would be nothing to do"


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of Linux")
def test_a_page_takes_the_memory_that_the_last_one_left() -> None:
    done = subprocess.run([sys.executable, "-c", FAULTS_PROBE], capture_output=True, text=True, check=True)
    assert int(done.stdout) < ANSWERS
