"""What the BLEU demo scores, and sacrebleu's score beside ours where it is installed."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinydawn import text
from tinydawn.metrics import bleu

from .parallel import splits, word_by_word
from .run import Results

sacrebleu: Any = None
with suppress(ImportError):
    import sacrebleu

differences: list[float] = []  # of each score from sacrebleu's


def scored_texts(options: argparse.Namespace, results: Results) -> tuple[list[str], list[str], str | None]:
    """Outputs, references, and how `bleu` has to tokenise them.

    The user's own files, raw text; or, of a named corpus or the toy grammar, what the simplest translator there is makes of
    the test set, one word for each word. Then the untranslated source is the baseline.
    """
    if options.data and options.data not in text.CORPORA and not Path(options.data).is_dir():
        files = tuple(options.data.split(",")) if "," in options.data and not Path(options.data).is_file() else options.data
        pairs = text.load_parallel(files, tokenize_source=lambda line: [line], tokenize_target=lambda line: [line])
        outputs, references = [output for (output,), _ in pairs], [reference for _, (reference,) in pairs]
        chinese = any("\u4e00" <= char <= "\u9fff" for line in references for char in line)
        return outputs, references, "zh" if chinese else "13a"
    train, _, test = splits(options.data, "de", "en", options.seed, options.quick)
    outputs = [" ".join(words) for words in word_by_word(train, [source for source, _ in test])]
    references = [" ".join(target) for _, target in test]
    results.baseline(bleu_source_copied=bleu([" ".join(source) for source, _ in test], references).score)
    return outputs, references, None


def beside(score: float, outputs: list[str], references: list[str], tokenize: str | None, smoothing: str = "none") -> str:
    """Our score, and sacrebleu's of the same texts, to be printed."""
    if sacrebleu is None:
        return f"{score:8.3f}  (sacrebleu: -)     "
    metric = sacrebleu.metrics.BLEU(tokenize=tokenize or "none", smooth_method=smoothing, force=True)
    other = metric.corpus_score(outputs, [references]).score
    differences.append(abs(score - other))
    return f"{score:8.3f}  (sacrebleu {other:.3f})"
