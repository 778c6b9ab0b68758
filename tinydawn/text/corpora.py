"""Named corpora, and parallel text of one's own.

A new corpus is one more entry of CORPORA (in catalogue.py): its files with their checksums, its licence and its
citation. No corpus is part of the package.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

from tinydawn.checks import declared, limited
from tinydawn.errors import DataError, message
from tinydawn.storage.download import find_corpus
from tinydawn.text import readers
from tinydawn.text.catalogue import CORPORA

Tokenize = Callable[[str], list[str]]
Pair = tuple[list[str], list[str]]
PathLike = str | os.PathLike[str]
_LONGEST = 1000  # words of a sentence: attention between two of 20,000 would be 400 million weights


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
        raise DataError(message(f"unknown corpus {name!r}", fix=suggestion(name)))
    return find_corpus(name, CORPORA[name], mirror, timeout)


_Limit = Annotated[int, partial(limited, least=1, fix="use None for all pairs, or at least 1")]


@declared
def load_parallel(
    data: PathLike | tuple[PathLike, PathLike],
    split: str = "train",
    source: str | None = None,
    target: str | None = None,
    limit: _Limit | None = None,
    tokenize_source: Tokenize | None = None,
    tokenize_target: Tokenize | None = None,
    columns: tuple[int, int] = (0, 1),
) -> list[Pair]:
    """Sentence pairs (source tokens, target tokens), in the order of the file.

    Args:
        data: a name of CORPORA; a folder with `<split>.<language>` or `<split>.lc.norm.tok.<language>` files;
            a (source file, target file) pair, parallel line by line; or one tab-separated file. Lines end with
            a newline, or all of them with a carriage return; among newlines a lone one is an error.
        split: of a named corpus or folder; Multi30k has "train", "val" and "test_2016_flickr". Tatoeba is split
            here into "train", "val" and "test", 90/5/5; no sentence of val or test, English or Chinese, is in train.
        source, target: languages, which choose the files of a named corpus or folder: "de" to "en" by default,
            of Tatoeba "en" to "zh" (or "zh" to "en").
        limit: only the first so many pairs; None for all. Tatoeba begins with the shortest.
        tokenize_source, tokenize_target: line to tokens; by default split at white space, which suits
            text that is tokenised already. For raw text see `word_tokenize` and `char_tokenize`. Tatoeba, which is
            raw, is by default lower-cased words and punctuation of English, and Chinese by character.
        columns: of a tab-separated file, which holds the source and which the target.

    Raises:
        DataError: an unknown name or split, a missing or empty file, text that is not UTF-8, files with
            different numbers of lines, an empty line, one of more than 1,000 tokens, one with too few columns,
            limit below 1.
    """
    if data == "tatoeba":
        return _tatoeba(split, source, target, tokenize_source, tokenize_target)[:limit]
    (sources, targets), names = _two_sides(data, split, source or "de", target or "en", columns)
    if len(sources) != len(targets):
        what = f"load_parallel: {names[0]} has {len(sources)} lines, {names[1]} has {len(targets)}"
        raise DataError(message(what, fix="line i of one file must be the translation of line i of the other"))
    return list(
        zip(
            _tokens(sources[:limit], tokenize_source or str.split, names[0]),
            _tokens(targets[:limit], tokenize_target or str.split, names[1]),
            strict=True,
        )
    )


def _two_sides(
    data: PathLike | tuple[PathLike, PathLike], split: str, source: str, target: str, columns: tuple[int, int]
) -> tuple[tuple[list[str], list[str]], tuple[str, str]]:
    """The lines of the source and of the target, and what messages call the two."""
    if isinstance(data, str) and data in CORPORA:
        data = find(data)
    if isinstance(data, (str, os.PathLike)) and Path(data).is_dir():
        data = (_split_file(Path(data), split, source), _split_file(Path(data), split, target))
    if isinstance(data, (str, os.PathLike)):
        if not Path(data).is_file():
            what = f"load_parallel: {str(data)!r} is neither a file, a folder nor a corpus"
            raise DataError(message(what, fix=suggestion(str(data))))
        return _read_columns(Path(data), columns), (f"{data} column {columns[0]}", f"{data} column {columns[1]}")
    if len(data) != 2:
        what = f"load_parallel: expected a pair of files, got {len(data)} of them"
        raise DataError(message(what, fix="pass (source file, target file)"))
    return (readers.read_lines(Path(data[0])), readers.read_lines(Path(data[1]))), (str(data[0]), str(data[1]))


def _tatoeba(
    split: str, source: str | None, target: str | None, tokenize_source: Tokenize | None, tokenize_target: Tokenize | None
) -> list[Pair]:
    source = source or ("en" if target != "en" else "zh")
    target = target or ("zh" if source == "en" else "en")
    if {source, target} != {"en", "zh"}:
        what = f"load_parallel: tatoeba has no {source} to {target}"
        raise DataError(message(what, fix="choose source 'en' and target 'zh', or the other way round"))
    if split not in ("train", "val", "test"):
        raise DataError(message(f"load_parallel: tatoeba has no split {split!r}", fix="use 'train', 'val' or 'test'"))
    rows = [(row[0], row[1]) for row in readers.read_columns(find("tatoeba") / "cmn.txt")]
    order = sorted({english for english, _ in rows})  # one English sentence with all its translations stays together
    random.Random(0).shuffle(order)
    low, high = int(0.9 * len(order)), int(0.95 * len(order))
    training = set(order[:low])
    if split == "train":
        rows = [row for row in rows if row[0] in training]
    else:
        here = set(order[low:high] if split == "val" else order[high:])
        known = {chinese for english, chinese in rows if english in training}
        rows = [row for row in rows if row[0] in here and row[1] not in known]
    first, second = (0, 1) if source == "en" else (1, 0)
    by_language = (readers.lower_words, readers.tokens)
    one, other = tokenize_source or by_language[first], tokenize_target or by_language[second]
    return [(one(row[first]), other(row[second])) for row in rows]


def _tokens(lines: Sequence[str], tokenize: Callable[[str], list[str]], name: str) -> list[list[str]]:
    sentences = [tokenize(line) for line in lines]
    for number, sentence in enumerate(sentences, start=1):
        if not sentence:
            what = f"load_parallel: {name}: line {number} is empty"
            raise DataError(message(what, fix="remove that line from both sides"))
        if len(sentence) > _LONGEST:
            what = f"load_parallel: {name}: line {number} has {len(sentence):,} words, and a sentence at most {_LONGEST:,}"
            raise DataError(message(what, fix="divide it into sentences, one a line, or remove that line from both sides"))
    return sentences


def _read_columns(path: Path, columns: tuple[int, int]) -> tuple[list[str], list[str]]:
    rows = [line.split("\t") for line in readers.read_lines(path)]
    for number, row in enumerate(rows, start=1):
        if len(row) <= max(columns):
            what = (
                f"load_parallel: {path}: line {number} has {len(row)} tab-separated column(s), not {max(columns) + 1}"
            )
            raise DataError(
                message(what, fix="put one tab between source and target, or pass (source file, target file)")
            )
    return [row[columns[0]] for row in rows], [row[columns[1]] for row in rows]


def _split_file(folder: Path, split: str, language: str) -> Path:
    for name in (f"{split}.lc.norm.tok.{language}", f"{split}.{language}"):
        if (folder / name).is_file():
            return folder / name
    there = sorted(path.name for path in folder.iterdir() if path.is_file())[:12]
    what = f"load_parallel: {folder} has no {split}.{language} and no {split}.lc.norm.tok.{language}"
    raise DataError(message(what, fix=f"choose split, source and target; it has: {', '.join(there) or 'no files'}"))


def suggestion(name: str, known: Iterable[str] | None = None, files: bool = True) -> str:
    """The fix in a message about a name that is none of `known` (None for all of CORPORA), which may be a file's or not."""
    from difflib import get_close_matches

    names = list(CORPORA if known is None else known)
    close = get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(names)}" + "; or a path that exists" * files
