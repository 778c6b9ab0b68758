"""Grading a folder of submissions: each in processes of its own, with limits; what is done is not done again."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import html
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..errors import DataError, message
from ..storage.files import write_atomic
from .answers import Answers, Child, Sandbox
from .checking import MEGABYTES, SECONDS, check_file
from .verdict import Verdict


@dataclass
class Submitted:
    student: str
    path: Path


def submissions(folder: Path) -> list[Submitted]:
    """A file or notebook for each student: in the folder, named after them, or one in a folder of theirs.

    Raises DataError if there are none, or for a student with several.
    """
    if not folder.is_dir():
        raise DataError(message(f"grade: {str(folder)!r} is no folder", fix="name the folder of submissions"))
    found = [Submitted(path.stem, path) for path in sorted(folder.iterdir()) if path.suffix in (".py", ".ipynb")]
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        files = [path for path in place.rglob("*") if path.suffix in (".py", ".ipynb")]
        own = sorted(path for path in files if ".ipynb_checkpoints" not in path.parts)
        if len(own) > 1:
            raise DataError(message(f"grade: {place.name} has {len(own)} files ({own[0].name}, {own[1].name} ...)",
                                    fix="leave the one that counts in the student's folder"))
        found += [Submitted(place.name, path) for path in own]
    if not found:
        raise DataError(message(f"grade: no .py and no .ipynb in {str(folder)!r}", fix="name the folder of submissions"))
    twice = [name for name, count in Counter(one.student for one in found).items() if count > 1]
    if twice:
        raise DataError(message(f"grade: there are two submissions of {twice[0]!r}", fix="give each student one name"))
    return found


def marks_table(archive: Path, number: int) -> dict[str, Any]:
    """The table that marks are given by, of an instructor's archive. Raises DataError for what is none."""
    try:
        with zipfile.ZipFile(archive) as file:
            return json.loads(file.read(f"marks/lab{number:02}.json"))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        raise DataError(message(f"grade: {str(archive)!r} is no archive with the marks of lab {number}",
                                fix="the file that instructors are given")) from None


def grade(folder: Path, table: dict[str, Any], out: Path, seconds: float = SECONDS, megabytes: int = MEGABYTES,
          workers: int = 2, sandboxed: bool = False) -> list[dict[str, Any]]:
    """Mark every submission by a table, so many at a time, and write results into `out`.

    results.csv, results.json, report.html, and for each student STUDENT/results.json, as Gradescope reads it. A submission
    that was graded before by the same table is not run again, so a run that was stopped goes on.

    sandboxed  run them in a Sandbox, which lets a submission read its own file and no other
    """
    known = hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()

    def one(submitted: Submitted) -> dict[str, Any]:
        target = out / submitted.student / "results.json"
        digest = hashlib.sha256(known.encode() + submitted.path.read_bytes()).hexdigest()
        try:
            done = json.loads(target.read_text("utf-8"))
            if done["extra_data"]["digest"] == digest:
                return done
        except (OSError, ValueError, KeyError):
            pass
        result = _marked(submitted, table, seconds, megabytes, start)
        result["extra_data"]["digest"] = digest
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, (json.dumps(result, indent=1, ensure_ascii=False) + "\n").encode())
        return result

    found = submissions(folder)
    sandbox = Sandbox() if sandboxed else None
    start: Callable[[Path], Answers] = sandbox or Child
    with contextlib.closing(sandbox) if sandbox else contextlib.nullcontext(), ThreadPoolExecutor(workers) as pool:
        results = list(tqdm(pool.map(one, found), total=len(found), desc="grading", unit="file"))
    _write(results, table, out)
    return results


def _marked(submitted: Submitted, table: dict[str, Any], seconds: float, megabytes: int,
            start: Callable[[Path], Answers]) -> dict[str, Any]:
    """A submission's marks, in the form of Gradescope's results.json."""
    try:
        report = check_file(submitted.path, table, seconds=seconds, megabytes=megabytes, steps=False, start=start)
        verdicts, remarks = report.verdicts, report.remarks
    except DataError as error:  # a file that cannot be read has no marks, and that is said
        said = str(error).splitlines()[0]
        verdicts = {name: Verdict("zero", [said], "cannot be read") for name in table["holes"]}
        remarks = [said]
    tests = [_as_test(number, hole, verdicts[name]) for number, (name, hole) in enumerate(table["holes"].items(), 1)]
    return {"score": sum(test["score"] for test in tests), "output": "\n".join(remarks), "visibility": "after_published",
            "tests": tests, "extra_data": {"student": submitted.student, "file": submitted.path.name, "lab": table["lab"]}}


def _as_test(number: int, hole: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    right = verdict.status == "right"
    return {"name": hole["name"], "number": str(number), "score": hole["points"] if right else 0, "max_score": hole["points"],
            "status": "passed" if right else "failed", "output": "\n".join(verdict.messages[:1]), "output_format": "text",
            "tags": [verdict.mistake or verdict.status] if not right else [], "visibility": "after_published"}


def _write(results: list[dict[str, Any]], table: dict[str, Any], out: Path) -> None:
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    names = list(table["holes"])
    writer.writerow(["student", "file", "score", *names, *(f"{name}: mistake" for name in names)])
    for result in results:
        tests = {test["name"]: test for test in result["tests"]}
        extra = result["extra_data"]
        writer.writerow([_safe(extra["student"]), _safe(extra["file"]), result["score"],
                         *(tests[name]["score"] for name in names), *(", ".join(tests[name]["tags"]) for name in names)])
    write_atomic(out / "results.csv", rows.getvalue().encode("utf-8-sig"))  # so that Excel reads Chinese names
    write_atomic(out / "results.json", (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomic(out / "report.html", report_page(results, table).encode())


def _safe(text: str) -> str:
    """What a spreadsheet would take for a formula is text."""
    return "'" + text if text[:1] in "=+-@" else text


def report_page(results: list[dict[str, Any]], table: dict[str, Any]) -> str:
    """For the instructor: how many have each hole right, and which mistake was made how often."""
    count = len(results)
    most = sum(hole["points"] for hole in table["holes"].values())
    parts = [f"<h1>Lab {table['lab']}: {html.escape(table['title']['en'])}</h1>",
             f"<p>{count} submissions, {sum(r['score'] for r in results) / max(1, count):.1f} of {most} points on average.</p>"]
    for name, hole in table["holes"].items():
        tests = [test for result in results for test in result["tests"] if test["name"] == name]
        right = sum(test["status"] == "passed" for test in tests)
        mistakes = Counter(tag for test in tests for tag in test["tags"])
        said = {twin["name"]: twin["messages"]["en"][1] for twin in hole["twins"]}
        parts.append(f"<h2><code>{html.escape(name)}</code></h2><table>{_bar('right', right, count, 'right')}")
        parts += [_bar(html.escape(said.get(tag, tag)), k, count, "wrong") for tag, k in mistakes.most_common()]
        parts.append("</table>")
    return _PAGE.replace("BODY", "\n".join(parts))


def _bar(label: str, k: int, count: int, kind: str) -> str:
    width = 100 * k / max(1, count)
    return (f'<tr><td class="n">{k}</td><td class="b"><div class="{kind}" style="width:{width:.1f}%"></div></td>'
            f"<td>{label}</td></tr>")


_PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Marks</title>
<style>
body { font: 16px/1.4 sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #14171a; background: #fff }
table { border-collapse: collapse; width: 100% } td { padding: 2px 8px; vertical-align: top }
.n { text-align: right; width: 3rem } .b { width: 30% } .b div { height: 1.1em } .right { background: #0072b2 }
.wrong { background: repeating-linear-gradient(45deg, #d55e00, #d55e00 4px, #f0a35e 4px, #f0a35e 8px) }
@media (prefers-color-scheme: dark) { body { color: #f2f5f7; background: #14171a } }
</style>
BODY
</html>
"""
