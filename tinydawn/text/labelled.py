"""Files of labelled texts, in the forms in which people have them, to (label, text).

Lines "label<TAB>text", TREC's and Kim's lines, `.csv` with quotation marks, `.jsonl`; each as it is, or gzipped.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from tinydawn.errors import DataError, message
from tinydawn.text import readers

Rows = list[tuple[int, list[str]]]  # the number of the line, and its columns
Example = tuple[int, str, str]  # the number of the line, the label, the text

# Names of columns, in lower case; the first that is there counts.
_LABEL = ("label", "labels", "class", "category", "sentiment", "target", "polarity", "rating", "stars", "score", "topic",
          "intent", "emotion", "class index", "class_index", "标签", "类别", "情感")  # fmt: skip
_TEXT = ("text", "sentence", "review", "content", "comment", "message", "tweet", "question", "document", "utterance", "phrase",
         "body", "review_text", "description", "headline", "title", "文本", "评论", "内容", "句子")  # fmt: skip
_SPACED = re.compile(r"([A-Z]+:\w+|\d+) ")


def labelled_rows(path: Path, classes: Collection[str] = ()) -> tuple[list[Example], str]:
    """((line, label, text) of every example, the form of the file in words); what is empty between examples is left out.

    The end of the name decides: ".csv" (commas or semicolons, quotation marks around what holds them), ".jsonl" or ".ndjson"
    (an object a line). Of other files the first line does: TREC's "LABEL:sub words ...", of which LABEL counts; "0 words ..."
    of Kim's files; else "label<TAB>text". The two in the middle are read as Latin-1, in which their publishers wrote them,
    where they are not UTF-8.

    A first line that names the columns is no example, and a warning says so: one with such names as "label" and "text", in any
    order and among other columns; or a word, which is no label of another line and none of `classes`, before another word.
    """
    raw = readers.read_bytes(path)
    kind = Path(path.name.removesuffix(".gz")).suffix.lower()
    if kind in (".jsonl", ".ndjson"):
        return _objects(path, readers.decode(raw, str(path)))
    if kind == ".csv":
        return _by_columns(path, _csv(path, readers.decode(raw, str(path))), '"label,text"', classes)
    first = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("latin-1")
    if "\t" not in first and _SPACED.match(first):
        return _spaced(path, raw, '"LABEL:sub words ..."' if ":" in first.split()[0] else '"0 words ..."')
    lines = _lines(readers.decode(raw, str(path)))
    names = lines[0][1].split("\t")
    columns = len(names) if _named(names) else 2  # without names, what is behind the first tab is the text
    return _by_columns(path, [(number, line.split("\t", columns - 1)) for number, line in lines], '"label<TAB>text"', classes)


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _example(path: Path, number: int, label: str, text: str) -> Example:
    if not text.strip():
        what = f"load_labelled: {path}: line {number} has a label and no text"
        raise DataError(message(what, fix="complete or remove it"))
    return number, label.strip(), " ".join(text.split("\n")).strip()


def _no_form(path: Path, number: int, form: str, line: str) -> DataError:
    what = f"load_labelled: {path}: line {number} is not of the form {form}"
    return DataError(message(what, fix=f"begin it with its label; it reads {line[:40]!r}"))


def _spaced(path: Path, raw: bytes, form: str) -> tuple[list[Example], str]:
    """TREC's and Kim's lines."""
    try:
        text = readers.decode(raw, str(path))
    except DataError:
        text = readers.decode(raw, str(path), "latin-1")
    rows = []
    for number, line in _lines(text):
        found = _SPACED.match(line)
        if not found:
            raise _no_form(path, number, form, line)
        rows.append(_example(path, number, found[1].partition(":")[0], line[found.end():]))
    return rows, form


def _csv(path: Path, text: str) -> Rows:
    """Rows, each with the number of its first line: a text in quotation marks may have several."""
    separator = "," if "," in text.partition("\n")[0] else ";"
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    rows, number = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((number, cells))
            number = reader.line_num + 1
    except csv.Error as error:  # also of one above the 131,072 characters that Python's reader takes
        what = f"load_labelled: {path}: what begins in line {number} is no row of a .csv file ({error})"
        fix = 'put a text with quotation marks in quotation marks, each of its own twice: "a ""b"""'
        raise DataError(message(what, fix=fix)) from None
    return rows


def _named(names: Sequence[str]) -> tuple[int, int] | None:
    """Which column is the label and which the text, by their names; of two columns one name is enough."""
    known = [name.strip().lower() for name in names]
    label, text = (next((known.index(name) for name in wanted if name in known), None) for wanted in (_LABEL, _TEXT))
    if len(known) == 2 and (label is None) != (text is None):
        label, text = (label, 1 - label) if label is not None else (1 - text, text)  # type: ignore[operator]
    return None if label is None or text is None else (label, text)


def _by_columns(path: Path, rows: Rows, form: str, classes: Collection[str]) -> tuple[list[Example], str]:
    """Label and text of each row: the columns that the first row names, else the first column and all that follow."""
    number, names = rows[0] if rows else (1, [])
    while names and not names[-1].strip():
        names = names[:-1]
    named = _named(names)
    label, text = named or (0, 1)
    if len(names) > 1 and _is_heading(names, label, bool(named), rows[1:], classes):
        logging.getLogger("tinydawn").warning(
            "load_labelled: %s: line %d names the columns and is no example: the label is %r, the text %r",
            path, number, names[label].strip(), names[text].strip())  # fmt: skip
        rows = rows[1:]
    else:
        named, label, text = None, 0, 1
    if not rows:
        what = f"load_labelled: {path} has no example, but for names of columns"
        raise DataError(message(what, fix="one example a line"))
    found = []
    for number, cells in rows:
        if len(cells) <= max(label, text) or not cells[label].strip():
            raise _no_form(path, number, form if named is None else " and ".join(map(repr, names)), "\t".join(cells))
        found.append(_example(path, number, cells[label], cells[text] if named else " ".join(cells[1:])))
    return found, form


def _is_heading(names: Sequence[str], label: int, named: bool, rows: Rows, classes: Collection[str]) -> bool:
    """Does the first row name the columns? Then what it calls the label is the label of no row."""
    if names[label].strip() in {*classes, *(cells[label].strip() for _, cells in rows if len(cells) > label)}:
        return False
    return named or all(re.fullmatch(r"\s*[^\W\d]\w{0,29}\s*", name) for name in names)


def _objects(path: Path, text: str) -> tuple[list[Example], str]:
    """A JSON object a line, of which the first says how label and text are called."""
    form = '{"label": ..., "text": ...}'
    rows: list[Example] = []
    label = sentence = ""
    for number, line in _lines(text):
        record = _json(line)
        if not isinstance(record, dict):
            what = f"load_labelled: {path}: line {number} is no JSON object"
            raise DataError(message(what, fix=f"one {form} a line; it reads {line[:40]!r}"))
        if not rows:
            label, sentence = _fields(path, record)
        value, words = record.get(label), record.get(sentence)
        if not isinstance(value, (str, int, float)) or not str(value).strip() or not isinstance(words, str):
            what = f"load_labelled: {path}: line {number} has no {label!r} that is a name or a number, or no text {sentence!r}"
            raise DataError(message(what, fix="complete or remove it"))
        rows.append(_example(path, number, str(value), words))
    return rows, form


def _json(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _fields(path: Path, record: Iterable[str]) -> tuple[str, str]:
    names = list(record)
    columns = _named(names)
    if columns is None:
        what = f"load_labelled: {path}: no label and text among {', '.join(names[:8]) or 'no fields'}"
        raise DataError(message(what, fix='call them "label" and "text"'))
    return names[columns[0]], names[columns[1]]
