"""What representations are judged by: word similarity, analogies, and tasks in the form of GLUE."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import NamedTuple

from tinydawn.checks import some
from tinydawn.errors import DataError, message
from tinydawn.text import readers
from tinydawn.text.corpora import find, suggestion

TaskExample = tuple[str, str | None, int | float]

_SIMILARITY = {"ws353": "EN-WS-353-ALL.txt", "men": "EN-MEN-TR-3k.txt", "simlex": "EN-SIMLEX-999.txt", "rg65": "EN-RG-65.txt"}
_RTE_TRAIN = ("rte1_dev", "rte1_test", "rte2_dev", "rte2_test", "rte3_dev")
# The columns of GLUE's files, by the names that stand in their first line. The first that is there counts.
_TEXT_A = ("sentence1", "question1", "question", "premise", "#1 String", "sentence")
_TEXT_B = ("sentence2", "question2", "hypothesis", "#2 String", "sentence")
_LABEL = ("gold_label", "label", "is_duplicate", "Quality", "score", "similarity")
_WHOLE, _NUMBER = re.compile("[+-]?[0-9]+"), re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_METRICS = {"cola": "matthews_corrcoef", "mrpc": "f1_score", "qqp": "f1_score"}


class Task(NamedTuple):
    """One task of GLUE.

    Attributes:
        name: as it was loaded, or the name of its folder.
        pair: are there two texts in each example?
        metric: the function of `tinydawn.metrics` that scores it.
        train, dev: examples (text_a, text_b or None, label); texts are raw, labels are ids of `classes`.
        classes: the name of each class, by label; empty if labels are scores (numbers to be predicted).
    """

    name: str
    pair: bool
    metric: str
    train: list[TaskExample]
    dev: list[TaskExample]
    classes: list[str]


def load_similarity(name: str) -> list[tuple[str, str, float]]:
    """Word pairs with the similarity that people gave them, on the scale of the data set.

    Args:
        name: "ws353" (353 pairs, 0 to 10), "men" (3,000, 0 to 50), "simlex" (999, 0 to 10) or "rg65" (65, 0 to 4).

    Raises:
        DataError: another name, or a broken line.
    """
    if name not in _SIMILARITY:
        what = f"load_similarity: no data set named {name!r}"
        raise DataError(message(what, fix=suggestion(str(name), _SIMILARITY, files=False)))
    path = find("wordsim") / _SIMILARITY[name]
    pairs = []
    for number, row in enumerate(readers.read_columns(path), start=1):
        try:
            first, second, score = (column.strip() for column in row[:3])
            pairs.append((first, second, _score(score)))
        except ValueError:
            raise readers.damaged(f"load_similarity: {path}: line {number} is not word<TAB>word<TAB>number") from None
    return pairs


def load_analogies() -> dict[str, list[tuple[str, str, str, str]]]:
    """Google's 19,544 analogy questions by section: a is to b as c is to d, with capitals as in names.

    Returns:
        14 sections, "capital-common-countries" to "gram9-plural-verbs", each a list of (a, b, c, d).

    Source: Mikolov et al., "Efficient Estimation of Word Representations in Vector Space", 2013.
    """
    path = find("analogies") / "questions-words.txt"
    sections: dict[str, list[tuple[str, str, str, str]]] = {}
    for number, line in enumerate(readers.read_lines(path), start=1):
        words = line.split()
        if line.startswith(":"):
            section = sections.setdefault(line[1:].strip(), [])
        elif len(words) == 4 and sections:
            section.append((words[0], words[1], words[2], words[3]))
        else:
            raise readers.damaged(f"load_analogies: {path}: line {number} does not have four words, or no section before it")
    return sections


def load_task(name: str | os.PathLike[str]) -> Task:
    """A task as GLUE has it: one or two texts, a label, and the metric that counts.

    Args:
        name: "cola" (is the sentence acceptable; dev is in-domain and out-of-domain together, 1,043, as in GLUE);
            "rte" (is the second text entailed by the first: RTE-1 to RTE-3, dev is the test set of RTE-3; GLUE adds
            RTE-5 and splits otherwise); "mrpc" (do both say the same; dev is the published test set, 1,725, since the
            list that makes GLUE's dev set is not part of the corpus); "sst2" (whole sentences); or a folder with
            train.tsv and dev.tsv as GLUE distributes them. Its labels are classes, unless one of them is a number that is
            not written as a whole one, such as -0.5: then they are scores, as in STS-B.

    Raises:
        DataError: another name, a folder without these files, columns that are not GLUE's, a line with too few of them or
            without a label, a label that is no number among scores.
    """
    if name in _TASKS:
        return _TASKS[str(name)](str(name))
    folder = Path(name)
    if not folder.is_dir():
        what = f"load_task: {str(name)!r} is neither a folder nor a task that it knows"
        raise DataError(message(what, fix=suggestion(str(name), _TASKS)))
    return _glue_folder(folder)


def _cola(name: str) -> Task:
    folder = find("cola")
    train = _cola_rows(folder / "in_domain_train.tsv")
    dev = _cola_rows(folder / "in_domain_dev.tsv") + _cola_rows(folder / "out_of_domain_dev.tsv")
    return Task(name, False, _METRICS["cola"], train, dev, ["unacceptable", "acceptable"])


def _cola_rows(path: Path) -> list[TaskExample]:
    """source <TAB> label <TAB> the author's mark <TAB> sentence, without a line of names."""
    rows = readers.read_columns(path)
    for number, row in enumerate(rows, start=1):
        if len(row) != 4 or row[1] not in ("0", "1"):
            raise readers.damaged(f"load_task: {path}: line {number} is not source<TAB>0 or 1<TAB>mark<TAB>sentence")
    return [(row[3], None, int(row[1])) for row in rows]


def _rte(name: str) -> Task:
    path = find("rte") / "rte.zip"
    parts: list[list[TaskExample]] = [
        [(text, hypothesis, int(not entailed)) for file in files for text, hypothesis, entailed in readers.rte_pairs(path, file)]
        for files in (_RTE_TRAIN, ("rte3_test",))
    ]
    return Task(name, True, "accuracy", parts[0], parts[1], ["entailment", "not_entailment"])


def _mrpc(name: str) -> Task:
    folder = find("mrpc")
    train, dev = (_glue_rows(folder / f"msr_paraphrase_{part}.txt") for part in ("train", "test"))
    return _task(name, _METRICS["mrpc"], train, dev)


def _sst2(name: str) -> Task:
    folder = find("sst2")
    parts: list[list[TaskExample]] = [
        [(line[2:].strip(), None, int(line[0])) for line in readers.read_lines(folder / f"stsa.binary.{part}")]
        for part in ("train", "dev")
    ]
    return Task(name, False, "accuracy", parts[0], parts[1], ["negative", "positive"])


_TASKS = {"cola": _cola, "rte": _rte, "mrpc": _mrpc, "sst2": _sst2}


def _glue_folder(folder: Path) -> Task:
    files = [next((folder / f for f in names if (folder / f).is_file()), folder / names[0])
             for names in (("train.tsv",), ("dev.tsv", "dev_matched.tsv"))]  # fmt: skip
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        what = f"load_task: {folder} has no {' and no '.join(missing)}"
        raise DataError(message(what, fix="a task in GLUE's format is a folder with train.tsv and dev.tsv"))
    name = folder.name
    metric = _METRICS.get(name.lower(), "accuracy")
    return _task(name, metric, *(_glue_rows(path) for path in files))


def _glue_rows(path: Path) -> list[tuple[str, str | None, str]]:
    """(text_a, text_b, label as it is written); without a line of names, the four columns of CoLA."""
    header, *rows = readers.read_columns(path)
    labels = [column for column in _LABEL if column in header]
    if not labels and len(header) == 4 and header[1] in ("0", "1"):
        return [(text, None, str(label)) for text, _, label in _cola_rows(path)]
    texts = [next((column for column in names if column in header), None) for names in (_TEXT_A, _TEXT_B)]
    if not labels or texts[0] is None:
        what = f"load_task: {path}: no column of texts and labels among {', '.join(header[:8])}"
        raise DataError(message(what, fix="name them in the first line, as GLUE does: sentence1, sentence2, label"))
    first, label = header.index(texts[0]), header.index(labels[0])
    second = None if texts[1] in (None, texts[0]) else header.index(str(texts[1]))
    examples = []
    for number, row in enumerate(rows, start=2):
        if len(row) < len(header):
            what = f"load_task: {path}: line {number} has {len(row)} of {len(header)} columns"
            raise DataError(message(what, fix="separate them with single tabs"))
        if row[label].strip() == "" or (labels[0] == "gold_label" and row[label].strip() == "-"):  # nobody could agree, in SNLI
            what = f"load_task: {path}: line {number} has no label, but {row[label]!r}"
            raise DataError(message(what, fix="leave such lines out"))
        examples.append((row[first], None if second is None else row[second], row[label].strip()))
    return examples


def _task(name: str, metric: str, train: list[tuple[str, str | None, str]], dev: list[tuple[str, str | None, str]]) -> Task:
    """Labels as they are written become ids, in the order of their names, or stay numbers if they are scores."""
    some(f"load_task: {name}", "examples", min(len(train), len(dev)), "put examples below the line of column names")
    pair = train[0][1] is not None
    written = {label for _, _, label in train}
    if any(map(_is_score, written | {label for _, _, label in dev})):
        try:
            scores = [[(a, b, _score(label)) for a, b, label in part] for part in (train, dev)]
        except ValueError as error:
            what = f"load_task: {name}: the label {error} is no number, but others are scores"
            raise DataError(message(what, fix="leave that line out, or name classes by words or whole numbers")) from None
        return Task(name, pair, "spearman", [*scores[0]], [*scores[1]], [])
    classes = sorted(written)
    unknown = sorted({label for _, _, label in dev} - written)
    if unknown:
        what = f"load_task: {name}: label {unknown[0]!r} is in the dev file and not in the training file"
        raise DataError(message(what, fix=f"the training file has: {', '.join(classes)}"))
    index = {label: i for i, label in enumerate(classes)}
    parts = [[(a, b, index[label]) for a, b, label in part] for part in (train, dev)]
    return Task(name, pair, metric, [*parts[0]], [*parts[1]], classes)


def _is_score(label: str) -> bool:
    """A number that is not written as a whole one: "-0.5", "5.000", "1e-05"."""
    return _NUMBER.fullmatch(label) is not None and not _WHOLE.fullmatch(label)


def _score(label: str) -> float:
    """The number, or a ValueError that names it: neither NaN nor infinity, and no other spelling that Python can read."""
    if not _NUMBER.fullmatch(label) or not math.isfinite(float(label)):
        raise ValueError(repr(label))
    return float(label)
