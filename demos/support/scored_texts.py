"""For bleu.py: what is scored, and sacrebleu's score beside ours where it is installed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinydawn import text
from tinydawn.metrics import bleu

from .parallel import file_names, splits, word_by_word
from .run import Results

sacrebleu: Any = None
with suppress(ImportError):
    import sacrebleu

differences: list[float] = []  # of each score from sacrebleu's

# Outputs and references with all that tokenisers treat differently.
ENGLISH = [
    ('"Where are you going?" asked the old man.', '"Where are you going to?", the old man asked.'),
    ("It's 5 o'clock, and nobody has come back.", "It is 5 o'clock and nobody came back."),
    ("The state-of-the-art system costs 20% less.", "The State-of-the-Art system costs 20 % less."),
    ("He didn't pay the $1,000.50, (he said).", "He said he did not pay the $1,000.50."),
    ("The children's toys lay in the garden.", "The children's toys were lying in the garden."),
]


def scored_texts(options: argparse.Namespace,
                 results: Results) -> tuple[list[str], list[str], str | None]:
    """Outputs, references, and how `bleu` has to tokenise them.

    The user's own files, raw text; or, of a named corpus or the toy grammar, what the simplest
    translator there is makes of the test set, one word for each word. Then the untranslated source
    is the baseline.
    """
    data = options.data
    if data and data not in text.CORPORA and not Path(data).is_dir():
        return _own_texts(data)
    train, _, test = splits(data, "de", "en", options.seed, options.quick)
    sources = [source for source, _ in test]
    outputs = [" ".join(words) for words in word_by_word(train, sources)]
    references = [" ".join(target) for _, target in test]
    copied = [" ".join(source) for source in sources]
    results.baseline(bleu_source_copied=bleu(copied, references).score)
    return outputs, references, None


def _own_texts(data: str) -> tuple[list[str], list[str], str | None]:
    """Outputs and references from files of one's own, a line each."""

    def whole_line(line: str) -> list[str]:
        return [line]

    pairs = text.load_parallel(file_names(data), tokenize_source=whole_line,
                               tokenize_target=whole_line)
    outputs = [output for (output,), _ in pairs]
    references = [reference for _, (reference,) in pairs]
    chinese = any("\u4e00" <= char <= "\u9fff" for line in references for char in line)
    return outputs, references, "zh" if chinese else "13a"


def beside(score: float, outputs: Sequence[str], references: Sequence[str], tokenize: str | None,
           smoothing: str = "none") -> str:
    """Our score, and sacrebleu's of the same texts, to be printed."""
    if sacrebleu is None:
        return f"{score:8.3f}  (sacrebleu: -)     "
    metric = sacrebleu.metrics.BLEU(tokenize=tokenize or "none", smooth_method=smoothing,
                                    force=True)
    other = metric.corpus_score(outputs, [references]).score
    differences.append(abs(score - other))
    return f"{score:8.3f}  (sacrebleu {other:.3f})"


def beside_split(score: float, raw: Sequence[Sequence[str]], split: Sequence[list[list[str]]],
                 tokeniser: str) -> str:
    """The same for a tokeniser that sacrebleu may not have: it then gets the text split already.

    raw    outputs and references
    split  their tokens
    """
    if tokeniser in ("13a", "char"):
        outputs, references = raw
        return beside(score, outputs, references, tokeniser, "exp")
    outputs, references = ([" ".join(tokens) for tokens in side] for side in split)
    return beside(score, outputs, references, None, "exp")
