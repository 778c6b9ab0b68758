"""--lang zh: what a lesson prints and draws, in Chinese. The lesson itself is in English alone.

zh/<lesson>.tsv has a row for each sentence, label or cell of a table: English, a tab, Chinese; what
all lessons say is in zh/shared.tsv. `{}` stands for whatever differs from run to run, and comes in
the same order in the Chinese, or as {0}, {1} in another. A Chinese side of `=` keeps the English:
text of the data, formulas. One that begins with `>` ends in a table where the English ended, as the
heading of a column of numbers. What has no row stays as it is, and is remembered in `unknown`.
"""

from __future__ import annotations

import atexit
import functools
import io
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

import tinydawn as td
import tinydawn.viz.figure

FOLDER = Path(__file__).parent / "zh"


class Table:
    """Rows of English and Chinese, and what was looked up in vain."""

    def __init__(self, *files: Path) -> None:
        self.exact: dict[str, str] = {}
        self.patterns: list[tuple[re.Pattern[str], str]] = []
        self.unknown: dict[str, None] = {}
        self.right: set[str] = set()  # Chinese that keeps its right end
        for file in files:
            for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
                if not line or line.startswith("#"):
                    continue
                english, chinese = line.split("\t")
                if chinese.startswith(">"):
                    chinese = chinese[1:]
                    self.right.add(chinese)
                if "{}" in english:
                    parts = map(re.escape, english.split("{}"))
                    self.patterns.append((re.compile("(.*?)".join(parts)), chinese))
                else:
                    self.exact.setdefault(english, chinese)  # the first file goes first

    def find(self, text: str) -> str | None:
        """The Chinese for the whole of a text, if there is a row for it."""
        if text in self.exact:
            return text if self.exact[text] == "=" else self.exact[text]
        for pattern, chinese in self.patterns:
            match = pattern.fullmatch(text)
            if match:
                if chinese == "=":
                    return text
                groups = [self.find(group) or group for group in match.groups()]
                return chinese.format(*groups)
        return None

    def __call__(self, text: str) -> str:
        """A line or label in Chinese: as a whole, else cell by cell, with the columns kept."""
        if not re.search("[A-Za-z]{2}", text):
            return text
        cells = re.split(r"(\s{2,}|\n)", text)
        names = [cell.strip() for cell in cells if re.search("[A-Za-z]{2}", cell)]
        apart = len(names) > 1 and all(self.find(name) for name in names)  # not a template's gap
        whole = None if apart and text.strip() not in self.exact else self.find(text.strip())
        if whole is not None:
            return text.replace(text.strip(), whole)
        out, owed = "", 0  # columns that the Chinese has taken more or less than the English
        for cell in cells:
            if not cell:
                continue
            if "\n" in cell and not cell.strip():
                out, owed = out + cell, 0
                continue
            if not cell.strip():
                space = max(1, len(cell) - owed)
                out, owed = out + " " * space, owed - (len(cell) - space)
                continue
            found = self.find(cell.strip())
            if found is None and re.search("[A-Za-z]{2}", cell):
                self.unknown[cell.strip()] = None
            new = cell if found is None else cell.replace(cell.strip(), found)
            wider = columns(new) - columns(cell)
            if found in self.right and (out.strip() or len(out) > 6):  # no mere indent
                gap = len(out) - len(out.rstrip(" "))
                taken = min(wider, gap - 2)  # columns that the gap before gives, or gets
                out, wider = out.rstrip(" ") + " " * (gap - taken), wider - taken
            owed += wider
            out += new
        return out


def columns(text: str) -> int:
    """How wide a text is in a terminal: a Chinese letter takes two columns."""
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


class _Lines(io.TextIOBase):
    """A stream that passes on whole lines, each of them translated."""

    def __init__(self, stream: TextIO, table: Callable[[str], str]) -> None:
        self.stream, self.table, self.rest = stream, table, ""

    def write(self, text: str) -> int:
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            self.stream.write(self.table(line) + "\n")
        return len(text)

    def flush(self) -> None:
        self.stream.flush()

    def close(self) -> None:
        """What was written without an end of line goes out too."""
        if self.rest:
            self.stream.write(self.table(self.rest))
            self.rest = ""
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()


def speak(lang: str, lesson: str) -> None:
    """From here on print, draw, and name progress bars in this language, "en" or "zh".

    TINYDAWN_UNKNOWN names a file that is to be told at the end what has no row in the tables.
    """
    told = os.environ.get("TINYDAWN_UNKNOWN")
    if lang == "en" and not told:
        return
    table = Table(FOLDER / f"{lesson}.tsv", FOLDER / "shared.tsv")

    def say(text: str) -> str:
        chinese = table(text)
        return chinese if lang == "zh" else text

    if lang == "zh":
        os.environ["TINYDAWN_LANG"] = "zh"  # of td.draw
    if told:
        atexit.register(lambda: Path(told).write_text("\n".join(table.unknown), "utf-8"))
    sys.stdout = lines = _Lines(sys.stdout, say)  # type: ignore[assignment]
    atexit.register(lines.close)
    tinydawn.viz.figure.relabel = say
    tqdm.__init__ = _passing("desc", tqdm.__init__, say)
    td.draw = _passing("title", td.draw, say)


def _passing(name: str, function: Callable[..., Any], say: Callable[[str], str]) -> Any:
    """The function, with an argument in that language."""
    @functools.wraps(function)
    def said(*args: Any, **more: Any) -> Any:
        if more.get(name):
            more[name] = say(more[name])
        return function(*args, **more)

    return said
