"""Checking a whole file: its holes run in a process of their own, and none can harm the others."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .say import say
from .verdict import Verdict, judge, steps_of

SECONDS = 10.0  # that one hole may take
MEGABYTES = 4096  # of memory that a file may take; what NumPy reserves and does not use counts too


@dataclass
class Report:
    """verdicts: by the name of the hole, in the lab's order. remarks: of the file as a whole, or of a hole that is right."""

    lab: int
    verdicts: dict[str, Verdict]
    remarks: list[str] = field(default_factory=list)
    limited: bool = True


def check_file(path: str | Path, table: dict[str, Any], lang: str = "en", seconds: float = SECONDS, megabytes: int = MEGABYTES,
               begun: Callable[[str], None] | None = None, steps: bool = True) -> Report:
    """Run all holes of a lab in a file. Raises DataError for a file that cannot be read.

    begun  called with the name of each hole before it runs
    steps  look for the named steps of the formulas too; not where marks are given, since the process is told their values
    """
    from .submission import read

    read(path)  # what cannot be read is an error here, and not a process that ends
    holes = list(table["holes"].values())
    report = Report(table["lab"], {})
    left = holes
    while left:
        for name, verdict in _run(path, left, lang, seconds, megabytes, report, begun, steps):
            report.verdicts[name] = verdict
        left = [hole for hole in holes if hole["name"] not in report.verdicts]
    report.verdicts = {hole["name"]: report.verdicts[hole["name"]] for hole in holes}
    report.remarks = list(dict.fromkeys(report.remarks))
    return report


def _run(path: str | Path, holes: list[dict[str, Any]], lang: str, seconds: float, megabytes: int, report: Report,
         begun: Callable[[str], None] | None, steps: bool) -> Iterator[tuple[str, Verdict]]:
    """Run these holes in one process; it may end early, and then the hole that it was at has its verdict."""
    with tempfile.TemporaryDirectory(prefix="tinydawn-labs-") as folder:
        keys = ("arguments", "steps") if steps else ("arguments",)
        told = [{"name": hole["name"], "forbidden": hole["forbidden"], "through": hole["through"],
                 "cases": [{key: case[key] for key in keys} for case in hole["cases"]]} for hole in holes]
        job = Path(folder) / "job.json"
        job.write_text(json.dumps({"file": str(Path(path).resolve()), "holes": told, "megabytes": megabytes}), "utf-8")
        child = Child([sys.executable, "-m", "tinydawn.labs.child", str(job)])
        at = holes[0]["name"]
        by_name = {hole["name"]: hole for hole in holes}
        try:
            for line in child.lines(seconds):
                if "loaded" in line:
                    report.limited = line["limited"]
                    report.remarks += [f"{where}: " + say("cell left out", lang, error=what) for where, what in line["left_out"]]
                    report.remarks += line["failed"]
                elif "begin" in line:
                    at = line["begin"]
                    if begun is not None:
                        begun(at)
                elif line.get("hole") in by_name and line["hole"] not in report.verdicts:
                    yield line["hole"], _verdict(by_name[line["hole"]], line, lang, megabytes, report)
                    at = next((hole["name"] for hole in holes if hole["name"] not in report.verdicts), "")
        except TimeoutError:
            yield at, Verdict("zero", [say("too slow", lang, seconds=seconds)], "too slow")
            return
        finally:
            child.end()
        if at:  # it ended without having answered for all
            how = f"exit status {child.status}" if child.status is None or child.status >= 0 else f"signal {-child.status}"
            yield at, Verdict("zero", [say("died", lang, how=how)], "died")


def _verdict(hole: dict[str, Any], line: dict[str, Any], lang: str, megabytes: int, report: Report) -> Verdict:
    name = hole["name"]
    if line.get("times", 0) > 1:
        report.remarks.append(say("defined twice", lang, name=name, times=line["times"]))
    if "zero" in line:
        return Verdict("zero", [say(line["zero"], lang, **line["values"])], line["zero"])
    if any(out.get("error", "").startswith("MemoryError") for out in line["outcomes"]):
        return Verdict("zero", [say("memory", lang, megabytes=megabytes)], "memory")
    verdict = judge(hole, line["outcomes"], lang)
    if verdict.status == "wrong" and verdict.case is not None and line["steps"][verdict.case]:  # not every case has steps
        verdict.steps = steps_of(hole, verdict.case, line["steps"][verdict.case])
    if line["called"] and verdict.status == "right":
        called = line["called"][0].rpartition(":")[2]
        return Verdict("zero", [say("called", lang, name=called)], "called")
    return verdict


class Child:
    """A process whose standard output is lines of JSON. What else it prints, of which there may be no end, goes nowhere."""

    def __init__(self, command: list[str]) -> None:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
        self.status: int | None = None
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=environment, start_new_session=os.name == "posix")
        self.queue: queue.Queue[bytes | None] = queue.Queue()
        self.thread = threading.Thread(target=self._answers, daemon=True)
        self.thread.start()

    def _answers(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.queue.put(line)
        self.queue.put(None)

    def lines(self, seconds: float) -> Iterator[dict[str, Any]]:
        """Each answer, within so many seconds of the one before. Raises TimeoutError; ends when the process does."""
        while True:
            try:
                line = self.queue.get(timeout=seconds)
            except queue.Empty:
                raise TimeoutError from None
            if line is None:
                self.status = self.process.wait()
                return
            try:
                yield json.loads(line)
            except ValueError:
                continue  # not ours: the student's code found the pipe

    def end(self) -> None:
        """Stop it, and all that it has started."""
        if os.name == "posix":
            import contextlib
            import signal

            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        self.thread.join(1.0)
        if self.process.stdout is not None:
            self.process.stdout.close()
