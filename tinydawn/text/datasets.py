"""Corpora by name, or files of one's own, as lists of tokens: what the demos read.

Every loader takes a name of CORPORA (found in `$TINYDAWN_DATA` or the cache, else downloaded), a path, or, where it
says so, None for data that needs no download. The same arguments give the same data on every machine, except that
Python's own manual changes a little from version to version.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeVar

from tinydawn.checks import known, whole
from tinydawn.errors import DataError, message
from tinydawn.text import english, readers
from tinydawn.text.corpora import find, suggestion
from tinydawn.text.generated import toy_sentiment
from tinydawn.text.labelled import labelled_rows
from tinydawn.text.tokenize import char_tokenize

PathLike = str | os.PathLike[str]
Files = PathLike | tuple[PathLike, ...]
Example = tuple[list[str], int]
Tokenize = Callable[[str], list[str]]
Item = TypeVar("Item")

_SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
           "test": "test"}  # fmt: skip
_PARTS = ("train", "validation", "test")


class Labelled(NamedTuple):
    """Texts with a class: three lists of (tokens, label), and the name of each class, by label."""

    train: list[Example]
    dev: list[Example]
    test: list[Example]
    classes: list[str]


def load_labelled(
    data: Files | None = None, seed: int = 0, tokenize: Tokenize | None = None, longest: int | None = None
) -> Labelled:
    """Texts with a class, split for training, choosing and testing.

    Args:
        data: None for `toy_sentiment`, generated opinions with negation; "mr", "subj" (tokenised English), "waimai"
            (Chinese takeaway reviews, by character), "movie_reviews" (long: whole reviews) or "sst2"; or a UTF-8 file,
            one example a line: "label<TAB>text", as TREC has it "LABEL:sub words ..." of which LABEL counts, or
            "0 words ..."; a `.csv` with quotation marks or a `.jsonl`. In the last two, and between tabs, the first line may
            name the columns: label or class, text or sentence, and the like. Any of them may be gzipped (`.gz`).
            (train, dev, test), or "train.csv,dev.csv,test.csv", are files with a split of their own, and (train, test) too,
            where a tenth of train becomes dev. Classes are sorted by name.
        seed: shuffles before the split 80/10/10. Only "sst2" and files of your own come with a split of their own.
        tokenize: line to tokens; None to split at white space and around each Chinese character, which suits
            text that is tokenised already. For raw text see `word_tokenize`.
        longest: how many tokens of a text in a file of your own are read, and a warning names the first line that has more;
            None for all.

    Raises:
        DataError: an unknown name, a missing or empty file, text that is not UTF-8, a line without a label or
            without text, fewer than 10 examples, a single class, fewer than two examples to a class, or a label of dev or
            test that train does not have.
    """
    longest = None if longest is None else whole("load_labelled", "longest", longest, least=1)
    if data is None:
        classes, examples = ["negative", "positive"], toy_sentiment(seed=seed)
    elif data == "sst2":
        train, dev, test = (_labelled_lines(find("sst2") / f"stsa.binary.{split}") for split in ("train", "dev", "test"))
        return Labelled(train, dev, test, ["negative", "positive"])
    elif data in _LABELLED:
        classes, examples = _LABELLED[str(data)](find(str(data)))
    else:
        paths = _own_files(data, "load_labelled", [*_LABELLED, "sst2"])
        (classes, examples), *others = _labelled_files(paths, tokenize or readers.tokens, longest)
        if others:
            first, dev = (examples, others[0][1]) if len(others) == 2 else _tenth(examples, seed, "load_labelled")
            # shuffled: files are often sorted by class
            train, dev, test = (random.Random(seed).sample(part, len(part)) for part in (first, dev, others[-1][1]))
            return Labelled(train, dev, test, classes)
    train, dev, test = _shuffled(examples, seed, "load_labelled")
    return Labelled(train, dev, test, classes)


def _mr(folder: Path) -> tuple[list[str], list[Example]]:
    members = ("rt-polarity.neg", "rt-polarity.pos")
    return ["negative", "positive"], _zip_classes(folder / "sentence_polarity.zip", members)


def _subj(folder: Path) -> tuple[list[str], list[Example]]:
    members = ("plot.tok.gt9.5000", "quote.tok.gt9.5000")
    return ["objective", "subjective"], _zip_classes(folder / "subjectivity.zip", members)


def _zip_classes(path: Path, members: Sequence[str]) -> list[Example]:
    texts = [readers.zip_text(path, member) for member in members]
    return [(line.split(), label) for label, text in enumerate(texts) for line in text.split("\n") if line.strip()]


def _waimai(folder: Path) -> tuple[list[str], list[Example]]:
    rows = readers.read_columns(folder / "waimai_10k.csv", ",", quoted=True)[1:]
    return ["negative", "positive"], [(char_tokenize(text), int(label)) for label, text in rows]


def _reviews(folder: Path) -> tuple[list[str], list[Example]]:
    files = readers.movie_reviews(folder / "movie_reviews.zip")
    return ["negative", "positive"], [([*chain(*sentences)], int(kind == "pos")) for _, kind, sentences in files]


_LABELLED = {"mr": _mr, "subj": _subj, "waimai": _waimai, "movie_reviews": _reviews}


def _labelled_lines(path: Path) -> list[Example]:
    """Lines "1 words ..." of Kim's files."""
    return [(line.split()[1:], int(line[0])) for line in readers.read_lines(path)]


def _labelled_files(paths: list[Path], tokenize: Tokenize, longest: int | None) -> list[tuple[list[str], list[Example]]]:
    """(classes, examples) of each file; what classes there are, the first one says."""
    classes: list[str] = []
    parts: list[tuple[list[str], list[Example]]] = []
    for path in paths:
        rows, form = labelled_rows(path, classes)
        here = sorted({label for _, label, _ in rows})
        if not parts and len(here) == 1:
            what = f"load_labelled: {path} has a single class, {here[0]!r}"
            raise DataError(message(what, fix="a classifier needs examples of at least two"))
        if not parts and len(here) > len(rows) / 2:
            what = f"load_labelled: {path} has {len(here)} classes in {len(rows)} lines"
            fix = f"the label must come first, {form}, or be called label in line 1; and each have several lines"
            raise DataError(message(what, fix=fix))
        if parts and not set(here) <= set(classes):
            what = f"load_labelled: {path}: label {min(set(here) - set(classes))!r} is not in {paths[0]}"
            raise DataError(message(what, fix=f"the first file, to train on, has: {', '.join(classes[:20])}"))
        classes = classes or here
        texts = [tokenize(text) for *_, text in rows]
        if longest is not None:
            _warn_of_cuts(path, [(number, len(tokens)) for (number, *_), tokens in zip(rows, texts, strict=True)], longest)
        index = {name: i for i, name in enumerate(classes)}
        parts.append((classes, [(tokens[:longest], index[label]) for (_, label, _), tokens in zip(rows, texts, strict=True)]))
    return parts


def _warn_of_cuts(path: Path, lengths: list[tuple[int, int]], longest: int) -> None:
    cut = [(number, length) for number, length in lengths if length > longest]
    if cut:
        number, length = cut[0]
        others = f", and {len(cut) - 1} others" if len(cut) > 1 else ""
        logging.getLogger("tinydawn").warning("load_labelled: %s: of line %d, which has %s words%s, the first %s are read",
                                              path, number, f"{length:,}", others, f"{longest:,}")  # fmt: skip


# Language modelling ----------------------------------------------------------------------------------


def load_sentences(data: Files | None = None, split: str = "train", tokenize: Tokenize | None = None) -> list[list[str]]:
    """Sentences as lists of tokens, in the order of the text, without marks of beginning and end.

    Args:
        data: None for the English that Python carries, lower-cased words without punctuation (90/5/5 by sentence);
            "ptb" (as distributed by Mikolov: lower case, 10,000 words, numbers as N); "brown" (case kept; Bengio's
            split: the first 800,000 tokens, the next 200,000, the rest); "tang" (the 20 characters of a quatrain,
            80/10/10); "names" (the letters of a name, 80/10/10, shuffled as in Karpathy's lectures); "tinyshakespeare"
            (lines of lower-cased words and punctuation, the first 90 %, the next 5 %, the rest); or a UTF-8 file with one
            sentence a line (90/5/5), empty lines left out; or three of them, (train, dev, test) or "train,dev,test".
        split: "train", "validation" (or "valid", "val", "dev") or "test".
        tokenize: line of one's own file to tokens; None to split at white space and around each Chinese character.

    Raises:
        DataError: an unknown name or split, a missing or empty file, text that is not UTF-8, fewer than 10 sentences.
    """
    split = _split_name(split, "load_sentences")
    if data is None:
        sentences = [english.words(sentence) for document in english.documents() for sentence in document]
        return _ninety(sentences, "load_sentences")[split]
    if data == "ptb":
        return _ptb(find("ptb"), split)
    if data == "brown":
        return _bengio_split(load_documents("brown"))[split]
    if data == "tang":
        rows = readers.read_columns(find("tang") / "wujue.tsv")
        return _eighty([list(row[2].replace("|", "")) for row in rows], 42, "load_sentences")[split]
    if data == "names":
        return _eighty([list(name) for name in readers.read_lines(find("names") / "names.txt")], 42, "load_sentences")[split]
    if data == "tinyshakespeare":
        return [line for line in map(readers.lower_words, _shakespeare(split)) if line]
    paths = _own_files(data, "load_sentences", ["ptb", "brown", "tang", "tinyshakespeare", "names"], (1, 3))
    _no_table(paths, "load_sentences")
    path = paths[_PARTS.index(split)] if len(paths) > 1 else paths[0]
    sentences = [words for words in map(tokenize or readers.tokens, readers.read_lines(path)) if words]
    return sentences if len(paths) > 1 else _ninety(sentences, f"load_sentences: {path}")[split]


def load_characters(data: Files | None = None, split: str = "train") -> str:
    """Running text, to be modelled character by character: the first 90 %, or the last 10 %.

    Args:
        data: None for the English that Python carries, one sentence a line; "tinyshakespeare"; or a UTF-8 file; or two of
            them, (train, validation) or "train,validation".
        split: "train" or "validation" (or "valid", "val", "dev", "test": there is no third part).

    Raises:
        DataError: an unknown name or split, a missing or empty file, text that is not UTF-8.
    """
    split = _split_name(split, "load_characters")
    if data is None:
        text = "\n".join(sentence for document in english.documents() for sentence in document)
    elif data == "tinyshakespeare":
        text = readers.read_text(find("tinyshakespeare") / "input.txt")
    else:
        paths = _own_files(data, "load_characters", ["tinyshakespeare"], (1, 2, 3))
        _no_table(paths, "load_characters")
        if len(paths) > 1:
            return readers.read_text(paths[0 if split == "train" else 1])
        text = readers.read_text(paths[0])
    cut = int(len(text) * 0.9)
    return text[:cut] if split == "train" else text[cut:]


def load_documents(data: str | None = "brown") -> list[list[list[str]]]:
    """Documents, each a list of sentences, each a list of tokens.

    Args:
        data: "brown" (500 texts, case kept), "movie_reviews" (2,000), or None for the topics of Python's manual.

    Raises:
        DataError: another name.
    """
    if data is None:
        return [[english.words(sentence) for sentence in document] for document in english.documents()]
    return [sentences for _, _, sentences in _documents(data, "load_documents")]


def load_document_labels(data: str = "brown") -> list[str]:
    """The category of each document of `load_documents`: "news", "romance", ... of Brown, "neg" or "pos" of movie_reviews.

    Args:
        data: as of load_documents.

    Raises:
        DataError: another name.
    """
    return [category for _, category, _ in _documents(data, "load_document_labels")]


def _documents(data: str, name: str) -> list[tuple[str, str, list[list[str]]]]:
    if data == "brown":
        return readers.brown_files(find("brown") / "brown.zip")
    if data == "movie_reviews":
        return readers.movie_reviews(find("movie_reviews") / "movie_reviews.zip")
    raise DataError(message(f"{name}: no documents named {data!r}", fix=suggestion(str(data), ["brown", "movie_reviews"])))


def _bengio_split(documents: list[list[list[str]]]) -> dict[str, list[list[str]]]:
    """A sentence belongs to the part that its first token falls into."""
    parts: dict[str, list[list[str]]] = {"train": [], "validation": [], "test": []}
    count = 0
    for sentence in chain(*documents):
        parts["train" if count < 800_000 else "validation" if count < 1_000_000 else "test"].append(sentence)
        count += len(sentence)
    return parts


def _ptb(folder: Path, split: str) -> list[list[str]]:
    member = f"ptb.{'valid' if split == 'validation' else split}.txt"
    return [line.split() for line in readers.zip_text(folder / "ptb.zip", member).split("\n") if line.strip()]


def _shakespeare(split: str) -> list[str]:
    """Whole lines: the first 90 % of the characters, the next 5 %, the last 5 %."""
    text = readers.read_text(find("tinyshakespeare") / "input.txt")
    low, high = (text.index("\n", int(len(text) * share)) for share in (0.9, 0.95))
    return {"train": text[:low], "validation": text[low:high], "test": text[high:]}[split].split("\n")


# Splits and names ------------------------------------------------------------------------------------


def _split_name(split: str, name: str) -> str:
    return _SPLITS[known(name, "split", split, _SPLITS, "use 'train', 'validation' or 'test'")]


def _cut(items: list[Item], first: float, second: float, name: str) -> dict[str, list[Item]]:
    if len(items) < 10:
        what = f"{name}: {len(items)} sentence(s), too few for training, validation and test"
        raise DataError(message(what, fix="pass at least 10, one a line"))
    low = min(int(first * len(items)), len(items) - 2)  # of a few sentences, at least one for each part
    high = min(max(int(second * len(items)), low + 1), len(items) - 1)
    return {"train": items[:low], "validation": items[low:high], "test": items[high:]}


def _shuffled(examples: list[Item], seed: int, name: str) -> tuple[list[Item], list[Item], list[Item]]:
    parts = _eighty(examples, seed, name)
    return parts["train"], parts["validation"], parts["test"]


def _tenth(examples: list[Item], seed: int, name: str) -> tuple[list[Item], list[Item]]:
    """(train, dev) of examples that come with a test of their own."""
    parts = _shuffled(examples, seed, name)
    return [*parts[0], *parts[2]], parts[1]


def _eighty(items: list[Item], seed: int, name: str) -> dict[str, list[Item]]:
    items = list(items)
    random.Random(seed).shuffle(items)
    return _cut(items, 0.8, 0.9, name)


def _ninety(items: list[Item], name: str) -> dict[str, list[Item]]:
    items = list(items)
    order = list(range(len(items)))
    random.Random(0).shuffle(order)
    parts = _cut(order, 0.9, 0.95, name)
    return {split: [items[i] for i in sorted(indices)] for split, indices in parts.items()}


def _own_files(data: Files, name: str, known: list[str], counts: tuple[int, ...] = (1, 2, 3)) -> list[Path]:
    """The one file that is named, or those of a split, of which there may be as many as `counts` says."""
    parts: Sequence[PathLike] = data if isinstance(data, tuple) else [data]
    if isinstance(data, str) and "," in data and not Path(data).exists():
        parts = [part.strip() for part in data.split(",")]
    if len(parts) not in counts:
        what = f"{name}: {len(parts)} files of {', '.join(map(str, parts))}"
        raise DataError(message(what, fix=f"pass one file, or {', '.join(_PARTS[:counts[-1]])}"))
    if len(parts) > 1 and not set(map(str, parts)).isdisjoint(known):
        raise DataError(message(f"{name}: {data} are several corpora", fix="name one; several files of your own are a split"))
    return [_own_file(part, name, known) for part in parts]


def _no_table(paths: list[Path], name: str) -> None:
    """Names of columns, labels and braces would be read as words of the text."""
    for path in paths:
        if Path(path.name.removesuffix(".gz")).suffix.lower() in (".csv", ".jsonl", ".ndjson"):
            fix = "save its column of texts, one sentence a line; load_labelled reads tables"
            raise DataError(message(f"{name}: {path} is a table, not text", fix=fix))


def _own_file(data: PathLike, name: str, known: list[str]) -> Path:
    if Path(data).is_file():
        return Path(data)
    if Path(data).is_dir():
        raise DataError(message(f"{name}: {str(data)!r} is a folder", fix="name a file in it"))
    what = f"{name}: {str(data)!r} is neither a file nor a corpus that it knows"
    raise DataError(message(what, fix=suggestion(str(data), known)))
