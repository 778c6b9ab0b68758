"""Checking a whole file: its holes run in a process of their own, and none can harm the others."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .answers import Answers, Sandbox, TooSlow, usual
from .say import say
from .verdict import Verdict, judge, steps_of, trace_back

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
               begun: Callable[[str], None] | None = None, steps: bool = True,
               start: Callable[[Path], Answers] | None = None) -> Report:
    """Run all holes of a lab in a file. Raises DataError for a file that cannot be read.

    begun  called with the name of each hole before it runs
    steps  look for the named steps of the formulas too; not where marks are given, since the process is told their values
    start  what runs a job: a process where there are such, or a Sandbox
    """
    from .submission import read

    start = start or usual()
    read(path)  # what cannot be read is an error here, and not a process that ends
    holes = list(table["holes"].values())
    report = Report(table["lab"], {})
    left = holes
    while left:
        for name, verdict in _run(path, left, lang, seconds, megabytes, report, begun, steps, start):
            report.verdicts[name] = verdict
        left = [hole for hole in holes if hole["name"] not in report.verdicts]
    report.verdicts = {hole["name"]: report.verdicts[hole["name"]] for hole in holes}
    trace_back(report.verdicts, lang)
    report.remarks = list(dict.fromkeys(report.remarks))
    return report


def _run(path: str | Path, holes: list[dict[str, Any]], lang: str, seconds: float, megabytes: int, report: Report,
         begun: Callable[[str], None] | None, steps: bool, start: Callable[[Path], Answers]) -> Iterator[tuple[str, Verdict]]:
    """Run these holes in one process; it may end early, and then the hole that it was at has its verdict."""
    with tempfile.TemporaryDirectory(prefix="tinydawn-labs-") as folder:
        keys = ("arguments", "steps") if steps else ("arguments",)
        told = [{"name": hole["name"], "forbidden": hole["forbidden"], "through": hole["through"],
                 "cases": [{key: case[key] for key in keys} for case in hole["cases"]]} for hole in holes]
        path = Path(path).resolve()
        job = {"holes": told, "megabytes": megabytes, "sandbox": isinstance(start, Sandbox), "file": str(path)}
        if job["sandbox"]:  # which sees this folder alone
            shutil.copyfile(path, Path(folder) / f"submission{path.suffix}")
            job["file"] = f"/job/submission{path.suffix}"
        (Path(folder) / "job.json").write_text(json.dumps(job), "utf-8")
        child = start(Path(folder) / "job.json")
        at, loaded = holes[0]["name"], False
        by_name = {hole["name"]: hole for hole in holes}
        try:
            for line in child.lines(seconds):
                if "loaded" in line:
                    loaded = True
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
        except (TimeoutError, TooSlow):
            for name in [at] if loaded else by_name:  # what stands outside of functions concerns all
                yield name, Verdict("zero", [say("too slow", lang, seconds=seconds)], "too slow")
            return
        finally:
            child.end()
        if at:  # it ended without having answered for all
            for name in [at] if loaded else by_name:
                yield name, Verdict("zero", [say("died", lang, how=child.status)], "died")


def _verdict(hole: dict[str, Any], line: dict[str, Any], lang: str, megabytes: int, report: Report) -> Verdict:
    name = hole["name"]
    if line.get("times", 0) > 1:
        report.remarks.append(say("defined twice", lang, name=name, times=line["times"]))
    if "zero" in line:
        return Verdict("zero", [say(line["zero"], lang, **line["values"])], line["zero"])
    if any(out.get("error", "").startswith("MemoryError") for out in line["outcomes"]):
        return Verdict("zero", [say("memory", lang, megabytes=megabytes)], "memory")
    verdict = judge(hole, line["outcomes"], lang)
    verdict.calls = line["calls"]
    if verdict.status == "wrong" and verdict.case is not None and line["steps"][verdict.case]:  # not every case has steps
        verdict.steps = steps_of(hole, verdict.case, line["steps"][verdict.case])
    if line["called"] and verdict.status == "right":
        called = line["called"][0].rpartition(":")[2]
        return Verdict("zero", [say("called", lang, name=called)], "called")
    return verdict
