"""Raw files to lines, rows and sentences: the formats that corpora come in, read with what to do if they are broken.

Archives are read in place, nothing is unpacked to disk. What the tokens are is decided in datasets.py.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tinydawn.errors import DataError, message

# Han, kana and their punctuation: written without spaces, so each character is a token of its own.
_BY_CHARACTER = re.compile(r"([“”\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff])")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*|[^\w\s]|_")


def tokens(line: str) -> list[str]:
    """Split at white space, and around every Chinese or Japanese character: text that is tokenised stays as it is.

    >>> tokens("it 's 我爱NLP。")
    ['it', "'s", '我', '爱', 'NLP', '。']
    """
    return _BY_CHARACTER.sub(r" \1 ", line.replace("\u200b", "")).split()  # a space of no width


def lower_words(line: str) -> list[str]:
    """Lower-cased words, numbers and punctuation marks of raw text: "don't" stays one word.

    >>> lower_words("Speak, speak. Don't!")
    ['speak', ',', 'speak', '.', "don't", '!']
    """
    return _WORD.findall(line.lower())


def damaged(what: str) -> DataError:
    """The error of a file from elsewhere that is not as it was published."""
    return DataError(message(what, fix="fetch the file again"))


# What files of other kinds begin with, what they are, and how they become text.
_KINDS = (
    (b"\x1f\x8b", "compressed with gzip", "unpack it first: gunzip"),
    (b"BZh", "compressed with bzip2", "unpack it first: bunzip2"),
    (b"\xfd7zXZ\0", "compressed with xz", "unpack it first: unxz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first: unzstd"),
    (b"PK\x03\x04", "a zip archive, or a document of Word or Excel", "unpack it first, or save the document as plain text"),
    (b"%PDF-", "a PDF", "take the text out of it: pdftotext"),
    (b"\xff\xfe\0\0", "UTF-32", "convert it: iconv -f utf-32 -t utf-8"),
    (b"\0\0\xfe\xff", "UTF-32", "convert it: iconv -f utf-32 -t utf-8"),
    (b"\xff\xfe", "UTF-16", "convert it: iconv -f utf-16 -t utf-8"),
    (b"\xfe\xff", "UTF-16", "convert it: iconv -f utf-16 -t utf-8"),
)


def decode(raw: bytes, name: str, encoding: str = "utf-8") -> str:
    """The text of a file that is not empty; arguments and errors as `plain`."""
    text = plain(raw, name, encoding)
    if not text.strip():
        raise DataError(message(f"{name} is empty", fix="pass a file with one sentence or example a line"))
    return text


def plain(raw: bytes, name: str, encoding: str = "utf-8") -> str:
    """The text of a file, with \\n for each of its line ends: \\n, \\r\\n, or where there is no \\n, \\r, as of old Macs.

    A DataError names the first line that is not in the encoding, or what the file is where its bytes say so; or the first \\r
    among lines that end otherwise, where programs do not agree whether a line ends.
    """
    try:
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)  # -sig: without a byte order mark
    except UnicodeDecodeError as error:
        raise _no_text(raw, name, encoding, error.start) from None
    if "\0" in text:  # UTF-16 of English is also UTF-8, with a NUL beside each letter
        raise _no_text(raw, name, encoding, raw.index(0))
    if "\n" not in text:
        return text.replace("\r", "\n")
    text = re.sub(r"\r+(\n|\Z)", r"\1", text)
    if "\r" in text:
        number = text.count("\n", 0, text.index("\r")) + 1
        what = f"{name}: line {number} has a carriage return in the middle, and other lines end with a newline"
        raise DataError(message(what, fix=r"let all lines end alike: tr '\r' '\n'; or if none is to end there, tr '\r' ' '"))
    return text


def _no_text(raw: bytes, name: str, encoding: str, at: int) -> DataError:
    """The error of a file whose byte `at` is no text in this encoding."""
    for start, kind, fix in _KINDS:
        if raw.startswith(start):
            return DataError(message(f"{name} is not {encoding.upper()} text, but {kind}", fix=fix))
    first, second = raw[0::2].count(0), raw[1::2].count(0)
    if min(first, second) == 0 and max(first, second) >= len(raw) / 4:  # one byte of each letter is 0, or of every other
        what = f"{name} is not {encoding.upper()} text, but UTF-16 without a byte order mark"
        return DataError(message(what, fix=f"convert it: iconv -f utf-16{'be' if first else 'le'} -t utf-8"))
    fix = ("pass a file of text: this one has bytes of 0 in it" if first or second else
           "convert it from what it is in; if that is Latin-1: iconv -f latin1 -t utf-8")
    return DataError(message(f"{name} is not {encoding.upper()} text (line {raw.count(10, 0, at) + 1})", fix=fix))


def read_bytes(path: str | os.PathLike[str], name: str = "") -> bytes:
    """The contents of a file, unpacked if it is gzipped, or a DataError, of the function `name`, that says why not."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        what = f"{name}{': ' if name else ''}cannot read {path}: {error.strerror}"
        raise DataError(message(what, fix="check the name; a relative one starts at the current folder")) from None
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(f"{name}{': ' if name else ''}{path} is a gzip file that is damaged ({error})") from None


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a UTF-8 file; errors as `read_bytes` and `decode`."""
    return decode(read_bytes(path), str(path))


def read_lines(path: str | os.PathLike[str]) -> list[str]:
    """Its lines, which end as `plain` says, and nowhere else; empty lines at the end are not counted."""
    return read_text(path).rstrip("\n").split("\n")


@contextlib.contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive to read members of; a DataError if it is none, or if a member turns out to be damaged or missing."""
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as archive:
            yield archive
    except DataError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError) as error:
        raise damaged(f"{path} is not a zip archive, or is damaged ({error})") from None


def zip_text(path: Path, member: str) -> str:
    """The text of one member, named by the end of its path."""
    with open_zip(path) as archive:
        for name in archive.namelist():
            if name.endswith(member):
                return decode(archive.read(name), f"{path}, {name}")
    raise damaged(f"{path} holds no {member}")


def brown_files(path: Path) -> list[tuple[str, str, list[list[str]]]]:
    """(file name, category, sentences) of the Brown corpus in NLTK's archive: "The/at Fulton/np-tl ...", 500 files."""
    with open_zip(path) as archive:
        names = {Path(name).name: name for name in archive.namelist()}
        categories = dict(line.split() for line in decode(archive.read(names["cats.txt"]), "cats.txt").splitlines())
        files = []
        for file, category in sorted(categories.items()):
            lines = decode(archive.read(names[file]), f"{path}, {file}").split("\n")
            sentences = [[word.rpartition("/")[0] for word in line.split()] for line in lines]
            files.append((file, category, [sentence for sentence in sentences if sentence]))
    return files


def movie_reviews(path: Path) -> list[tuple[str, str, list[list[str]]]]:
    """(file name, "neg" or "pos", sentences) of the 2,000 reviews in NLTK's archive, one sentence a line."""
    with open_zip(path) as archive:
        files = []
        for name in sorted(archive.namelist()):
            folder, _, file = name.removeprefix("movie_reviews/").partition("/")
            if folder in ("neg", "pos") and file:
                lines = decode(archive.read(name), f"{path}, {name}").split("\n")
                files.append((file, folder, [line.split() for line in lines if line.strip()]))
    return files


def rte_pairs(path: Path, challenge: str) -> list[tuple[str, str, bool]]:
    """(text, hypothesis, is it entailed) of one file, "rte1_dev" to "rte3_test", of NLTK's archive."""
    from xml.etree import ElementTree  # here, because only this corpus needs it

    pairs = []
    try:
        root = ElementTree.fromstring(zip_text(path, f"{challenge}.xml"))
    except ElementTree.ParseError as error:
        raise damaged(f"{path}: {challenge}.xml is damaged ({error})") from None
    for pair in root.iter("pair"):
        text, hypothesis = (" ".join((pair.findtext(tag) or "").split()) for tag in "th")
        pairs.append((text, hypothesis, (pair.get("value") or pair.get("entailment")) in ("TRUE", "YES")))
    return pairs


def read_columns(path: Path, separator: str = "\t", quoted: bool = False) -> list[list[str]]:
    """Rows of columns. Not `quoted`, a quotation mark is a character like any other: GLUE's files are full of them."""
    lines = read_lines(path)
    if quoted:
        return list(csv.reader(lines, delimiter=separator))
    return [line.split(separator) for line in lines]
