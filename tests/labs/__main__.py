"""`python -m tests.labs tables` writes the tables into the package; `python -m tests.labs archive FILE` is for instructors."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.labs import solved
from tests.labs.author import Lab
from tinydawn.storage.files import write_atomic

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "tinydawn" / "labs" / "tables"


def labs() -> list[Lab]:
    """All labs that are written, by number."""
    return [importlib.import_module(f"tests.labs.{path.stem}").lab for path in sorted(HERE.glob("lab[0-9][0-9].py"))]


def as_bytes(table: dict) -> bytes:
    """A table as it is in the package: the same in every run, a line for each number of a case."""
    return (json.dumps(table, ensure_ascii=False, separators=(",", ":"), sort_keys=False) + "\n").encode()


def archive(path: Path) -> None:
    """The solved labs, right functions and wrong twins, and the tables that marks are given by."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for lab in labs():
            place = zipfile.ZipInfo(f"marks/lab{lab.number:02}.json", (1980, 1, 1, 0, 0, 0))
            file.writestr(place, as_bytes(lab.table(marks=True)))
            for lang in ("en", "zh"):
                for notebook in (False, True):
                    with tempfile.TemporaryDirectory() as folder:
                        copy = solved.write(lab, Path(folder), lang, notebook)
                        file.writestr(zipfile.ZipInfo(f"solved/{lang}/{copy.name}", (1980, 1, 1, 0, 0, 0)), copy.read_bytes())
        for source in sorted(HERE.glob("*.py")):
            file.writestr(zipfile.ZipInfo(f"answers/{source.name}", (1980, 1, 1, 0, 0, 0)), source.read_bytes())
    write_atomic(path, buffer.getvalue())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.labs", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tables")
    commands.add_parser("archive").add_argument("file", type=Path)
    options = parser.parse_args()
    if options.command == "archive":
        archive(options.file)
        print(options.file)
        return 0
    for lab in labs():
        target = TABLES / f"lab{lab.number:02}.json"
        write_atomic(target, as_bytes(lab.table()))
        print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
