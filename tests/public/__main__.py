"""See tests/public/__init__.py."""

from __future__ import annotations

import argparse
import math
import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from tinydawn.storage.files import write_atomic
from tinydawn.torch.__main__ import CLOSE, compare

LIST = Path(__file__).with_name("programs.toml")
PAGE = Path(__file__).parents[2] / "demos" / "public_programs.md"
BEGIN, END = "<!-- the table: python -m tests.public --page -->", "<!-- end of the table -->"
STEPS = 20
CLOSE_SINGLE = 1e-3  # of the few that run in float32 only
HEAD = """# Written by python -m tests.public; see __init__.py.
# changes     lines that today's PyTorch needs changed too
# agrees      the losses of the first 20 steps, float64, dropout off, are PyTorch's to 1e-6
# steps       how many there were; below 0: so many printed numbers instead
# difference  the largest between two losses, relative to the loss
# ratio       CPU time of a step over PyTorch's, one thread
"""
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?")


def programs() -> list[dict[str, Any]]:
    """The list, in its order."""
    return tomllib.loads(LIST.read_text("utf-8"))["program"]


def measure(program: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run one under both libraries, in a copy of its folder, since programs write files beside themselves."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / program["name"]
        shutil.copytree(folder, place, symlinks=True)
        shared = folder.resolve().parent / "data"  # of programs that read ../data
        if shared.is_dir():
            (Path(scratch) / "data").symlink_to(shared)
        arguments, double = program.get("args", "").split(), True
        found = compare(place / "program.py", arguments, STEPS)
        if found["torch"]["error"] and len(found["torch"]["losses"]) < STEPS:  # it mixes dtypes when floats are float64
            single = compare(place / "program.py", arguments, STEPS, double=False)
            if len(single["torch"]["losses"]) > len(found["torch"]["losses"]):
                found, double = single, False
    ours, theirs = found["tinydawn"], found["torch"]
    steps, difference = len(theirs["losses"]), found["difference"]
    if steps == 0:  # it trains by hand: what it prints is compared
        numbers = [[float(n) for n in NUMBER.findall(run["stdout"])] for run in (ours, theirs)]
        steps = -len(numbers[1])
        pairs = zip(*numbers, strict=False)
        difference = max((abs(a - b) / max(1, abs(b)) for a, b in pairs), default=math.nan)
        found["same_length"] = len(numbers[0]) == len(numbers[1])
    right = bool(found["same_length"] and difference <= (CLOSE if double else CLOSE_SINGLE) and not ours["error"])
    error = ours["error"].splitlines()[0][:160] if ours["error"] else "" if right else "the losses differ"
    if not (right or ours["error"] or found["same_length"]):
        error = f"{len(ours['losses'])} steps in place of {len(theirs['losses'])}"
    return {"steps": steps, "dtype": "float64" if double else "float32", "agrees": right,
            "difference": float(f"{difference:.1e}"), "ratio": round(found["ratio"], 2), "error": error}


def text(found: list[dict[str, Any]]) -> str:
    """The list as TOML."""
    parts = [HEAD]
    for program in found:
        lines = ["[[program]]"]
        for key, value in program.items():
            if isinstance(value, float):
                shown = "nan" if math.isnan(value) else repr(value)
            elif isinstance(value, bool):
                shown = str(value).lower()
            elif isinstance(value, (list, tuple)):
                shown = "[" + ", ".join(_quoted(str(v)) for v in value) + "]"
            else:
                shown = _quoted(value) if isinstance(value, str) else str(value)
            lines.append(f"{key} = {shown}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", " ") + '"'


def table(found: list[dict[str, Any]]) -> str:
    """The list as a table in Markdown."""
    lines = ["| program | what it teaches | changed lines | largest difference | CPU time of a step |", "|---|---|---|---|---|"]
    for p in found:
        address = f"https://github.com/{p['repo']}/blob/{p['commit']}/{p['path'].replace(' ', '%20')}"
        age = len(p["changes"])
        changed = "0" if not age else f"{age}, for PyTorch too"
        result = f"{p['difference']:.0e}" + (", float32" if p["dtype"] == "float32" else "")
        result = result if p["agrees"] else f"**{p['error'] or 'differs'}**"
        ratio = "" if math.isnan(p["ratio"]) else f"{p['ratio']:.2f}"
        name = p["path"].rsplit("/", 1)[-1] + (f" ({p['args']})" if len(p.get("args", "")) < 24 and p.get("args") else "")
        lines.append(f"| [{p['repo']}: {name}]({address}) | {p['kind'].replace('|', '/')} | {changed} | {result} | {ratio} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.public", description=__doc__)
    parser.add_argument("--page", action="store_true")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    found = programs()
    if options.page:
        page = PAGE.read_text("utf-8")
        before, rest = page.split(BEGIN)
        write_atomic(PAGE, (before + BEGIN + "\n\n" + table(found) + "\n\n" + END + rest.split(END)[1]).encode())
        return 0
    if options.folder is None:
        parser.error("which folder of fetched copies?")
    for program in found:
        folder = options.folder / program["name"]
        if (options.names and program["name"] not in options.names) or not folder.is_dir():
            continue
        program |= measure(program, folder)
        said = "agrees" if program["agrees"] else "FAILS"
        print(f"{program['name']:36} {said:7} {program['steps']:4} {program['difference']:8.1e} {program['ratio']:6.2f}  "
              f"{program['error']}", flush=True)
        write_atomic(LIST, text(found).encode())
    ratios = sorted(p["ratio"] for p in found if p.get("agrees") and not math.isnan(p["ratio"]))
    print(f"{sum(bool(p.get('agrees')) for p in found)} of {len(found)} agree; "
          f"ratios from {ratios[0]:.2f} to {ratios[-1]:.2f}, median {ratios[len(ratios) // 2]:.2f}" if ratios else "none agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
