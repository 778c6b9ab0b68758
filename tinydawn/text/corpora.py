"""Named corpora, and parallel text of one's own.

A new corpus is one more entry of CORPORA: its files with their checksums, its licence and its citation.
No corpus is part of the package.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from tinydawn.errors import DataError, message
from tinydawn.text.download import Corpus, CorpusFile, find_corpus

Pair = tuple[list[str], list[str]]
PathLike = str | os.PathLike[str]

CORPORA: dict[str, Corpus] = {
    "multi30k": Corpus(
        repository="multi30k/dataset",
        commit="7bee46bc74186b4b6254603143610f730d40bf66",
        files={
            name: CorpusFile(f"data/task1/tok/{name}", size, sha256)
            for name, size, sha256 in [
                ("train.lc.norm.tok.de", 2150008, "cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505"),
                ("train.lc.norm.tok.en", 1837696, "08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119"),
                ("val.lc.norm.tok.de", 77273, "97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00"),
                ("val.lc.norm.tok.en", 64608, "46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec"),
                ("test_2016_flickr.lc.norm.tok.de", 71917,
                 "c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4"),
                ("test_2016_flickr.lc.norm.tok.en", 63307,
                 "5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2"),
            ]
        },
        licence="no licence stated; images for non-commercial research and education, captions from Flickr30k",
        citation='Elliott, Frank, Sima\'an, Specia, "Multi30K: Multilingual English-German Image Descriptions", 2016',
    ),
}  # fmt: skip


def find(name: str, mirror: str | None = None, timeout: float = 30.0) -> Path:
    """The folder of a named corpus, downloaded if it is nowhere on this computer.

    Looked for in `$TINYDAWN_DATA/<name>`, then in the user cache (`$XDG_CACHE_HOME` or `~/.cache`, on
    Windows `%LOCALAPPDATA%`, then `tinydawn/<name>`), then fetched into that cache from its public
    address. What is downloaded is checked against its sha256, and appears complete or not at all; its
    licence is logged as a warning of the logger "tinydawn", which by default shows on standard error.

    Args:
        name: one of CORPORA.
        mirror: where to download from instead of GitHub; None for `$TINYDAWN_MIRROR`, if set.
        timeout: seconds without an answer after which the download is given up.

    Raises:
        DataError: an unknown name, a TINYDAWN_DATA that is no folder or lacks files, or a download that
            failed (no network, not found, cut off, wrong checksum).
    """
    if name not in CORPORA:
        raise DataError(message(f"unknown corpus {name!r}", fix=_suggestion(name)))
    return find_corpus(name, CORPORA[name], mirror, timeout)


def load_parallel(
    data: PathLike | tuple[PathLike, PathLike],
    split: str = "train",
    source: str = "de",
    target: str = "en",
    limit: int | None = None,
    tokenize_source: Callable[[str], list[str]] = str.split,
    tokenize_target: Callable[[str], list[str]] = str.split,
    columns: tuple[int, int] = (0, 1),
) -> list[Pair]:
    """Sentence pairs (source tokens, target tokens), in the order of the file.

    Args:
        data: a name of CORPORA; a folder with `<split>.<language>` or `<split>.lc.norm.tok.<language>` files;
            a (source file, target file) pair, parallel line by line; or one tab-separated file.
        split: of a named corpus or folder; Multi30k has "train", "val" and "test_2016_flickr".
        source, target: languages, which choose the files of a named corpus or folder.
        limit: only the first so many pairs; None for all.
        tokenize_source, tokenize_target: line to tokens; by default split at white space, which suits
            text that is tokenised already. For raw text see `word_tokenize` and `char_tokenize`.
        columns: of a tab-separated file, which holds the source and which the target.

    Raises:
        DataError: an unknown name or split, a missing or empty file, text that is not UTF-8, files with
            different numbers of lines, an empty line, a line with too few columns, limit below 1.
    """
    if limit is not None and limit < 1:
        raise DataError(message(f"load_parallel: limit is {limit}", fix="use None for all pairs, or at least 1"))
    if isinstance(data, str) and data in CORPORA:
        data = find(data)
    if isinstance(data, (str, os.PathLike)) and Path(data).is_dir():
        data = (_split_file(Path(data), split, source), _split_file(Path(data), split, target))
    if isinstance(data, (str, os.PathLike)):
        if not Path(data).is_file():
            what = f"load_parallel: {str(data)!r} is neither a file, a folder nor a corpus"
            raise DataError(message(what, fix=_suggestion(str(data))))
        names = (f"{data} column {columns[0]}", f"{data} column {columns[1]}")
        sources, targets = _read_columns(Path(data), columns)
    else:
        if len(data) != 2:
            what = f"load_parallel: expected a pair of files, got {len(data)} of them"
            raise DataError(message(what, fix="pass (source file, target file)"))
        names = (str(data[0]), str(data[1]))
        sources, targets = _read_lines(Path(data[0])), _read_lines(Path(data[1]))
    if len(sources) != len(targets):
        what = f"load_parallel: {names[0]} has {len(sources)} lines, {names[1]} has {len(targets)}"
        raise DataError(message(what, fix="line i of one file must be the translation of line i of the other"))
    return list(
        zip(
            _tokens(sources[:limit], tokenize_source, names[0]),
            _tokens(targets[:limit], tokenize_target, names[1]),
            strict=True,
        )
    )


def _tokens(lines: Sequence[str], tokenize: Callable[[str], list[str]], name: str) -> list[list[str]]:
    sentences = [tokenize(line) for line in lines]
    for number, sentence in enumerate(sentences, start=1):
        if not sentence:
            what = f"load_parallel: {name}: line {number} is empty"
            raise DataError(message(what, fix="remove that line from both sides"))
    return sentences


def _read_columns(path: Path, columns: tuple[int, int]) -> tuple[list[str], list[str]]:
    rows = [line.split("\t") for line in _read_lines(path)]
    for number, row in enumerate(rows, start=1):
        if len(row) <= max(columns):
            what = (
                f"load_parallel: {path}: line {number} has {len(row)} tab-separated column(s), not {max(columns) + 1}"
            )
            raise DataError(
                message(what, fix="put one tab between source and target, or pass (source file, target file)")
            )
    return [row[columns[0]] for row in rows], [row[columns[1]] for row in rows]


def _read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file; only a newline ends a line, and empty lines at the end are not counted."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        what = f"load_parallel: cannot read {path}: {error.strerror}"
        raise DataError(message(what, fix="check the name; a relative one starts at the current folder")) from None
    try:
        text = raw.decode("utf-8-sig")  # -sig: without the byte order mark that some editors write
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        what = f"load_parallel: {path} is not UTF-8 text (line {number})"
        raise DataError(message(what, fix="convert it, for example: iconv -f latin1 -t utf-8")) from None
    if not text.strip():
        raise DataError(message(f"load_parallel: {path} is empty", fix="pass a file with one sentence a line"))
    return text.replace("\r\n", "\n").rstrip("\n").split("\n")


def _split_file(folder: Path, split: str, language: str) -> Path:
    for name in (f"{split}.lc.norm.tok.{language}", f"{split}.{language}"):
        if (folder / name).is_file():
            return folder / name
    there = sorted(path.name for path in folder.iterdir() if path.is_file())[:12]
    what = f"load_parallel: {folder} has no {split}.{language} and no {split}.lc.norm.tok.{language}"
    raise DataError(message(what, fix=f"choose split, source and target; it has: {', '.join(there) or 'no files'}"))


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, CORPORA, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(CORPORA)}; or a path that exists"
