"""What the backend asks of the C library."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

# Page faults while 50 arrays of 8 MB are made and freed, one after the other; each has 2,048 pages.
FAULTS = """
import resource
import numpy as np
{first}
np.ones(1 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    [np.ones(1 << 18) for _ in range(4)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(first: str, **environment: str) -> int:
    env = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_") and k != "GLIBC_TUNABLES"}
    done = subprocess.run([sys.executable, "-c", FAULTS.format(first=first)], env={**env, **environment},
                          capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives freed memory back at once")
def test_freed_memory_is_kept_for_the_next_step():
    assert faults("import tinydawn") < 10_000
    assert faults("import tinydawn", MALLOC_MMAP_THRESHOLD_="100000") > 50_000, "what the user has set is left alone"
