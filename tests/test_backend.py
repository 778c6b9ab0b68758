"""What the backend asks of the C library."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import tinydawn as td
from tinydawn import backend
from tinydawn.errors import ShapeError, TinydawnError

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


# --- threads of BLAS ---


def blas_threads(code: str, **environment: str) -> list[int]:
    """What the code prints, in a process of its own, whose threads nobody has chosen but `environment`."""
    env = {name: x for name, x in os.environ.items() if name not in backend.THREADS}
    done = subprocess.run([sys.executable, "-c", code], env={**env, **environment}, capture_output=True, text=True, check=True)
    return [int(x) for x in done.stdout.split()]


def test_the_number_of_threads_is_set():
    pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed: nothing sets the number of threads")
    code = "import tinydawn as td; td.set_num_threads({}); print(td.get_num_threads())"
    assert blas_threads(code.format(1)) == [1]
    assert blas_threads("import tinydawn as td; print(td.get_num_threads())", OPENBLAS_NUM_THREADS="1") == [1]
    for wrong in (0, -1, True, 1.5, "2"):
        with pytest.raises(ShapeError, match="a whole number from 1"):
            td.set_num_threads(wrong)


def test_without_threadpoolctl_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.raises(TinydawnError, match=r"set_num_threads needs threadpoolctl[\s\S]*fix: pip install threadpoolctl; or set"):
        td.set_num_threads(1)
    with pytest.raises(TinydawnError, match="get_num_threads needs threadpoolctl"):
        td.get_num_threads()


@pytest.mark.parametrize(("variable", "expected"), [("", 1), ("OPENBLAS_NUM_THREADS", 2)])
def test_a_lesson_takes_one_thread_unless_the_user_has_chosen(variable, expected):
    """416 CPU seconds in place of 34: with every core in BLAS's hands, and other programs beside it."""
    pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed: nothing sets the number of threads")
    demos = Path(__file__).parent.parent / "demos"
    if not demos.is_dir():
        pytest.skip("the demos are not beside the tests")
    code = f"import sys; sys.path.insert(0, {str(demos)!r}); sys.argv = ['x']; from support.run import arguments, parse; " \
           "import tinydawn as td; before = td.get_num_threads(); parse(arguments('')); print(before, td.get_num_threads())"
    before, after = blas_threads(code, **({variable: "2"} if variable else {}))
    assert after == (min(before, 2) if variable else expected)
