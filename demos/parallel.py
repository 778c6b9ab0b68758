"""Parallel text for the translation demos: the toy grammar, a named corpus, or files of one's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message

Pairs = list[tuple[list[str], list[str]]]


def tokenizer(language: str) -> Callable[[str], list[str]]:
    """Words for languages that write spaces, characters for Chinese and Japanese."""
    if language in ("zh", "ja"):
        return text.char_tokenize
    return partial(text.word_tokenize, language=language if language in ("de", "en") else "en")


def splits(data: str | None, source: str, target: str, seed: int, quick: bool) -> tuple[Pairs, Pairs, Pairs]:
    """Training, validation and test pairs.

    data  None: 10,000 pairs of the toy grammar; a named corpus or a folder with its splits in files; or files of one's
          own, "source.txt,target.txt" with one sentence per line or one file with a tab in each, of which a tenth, at
          most 2,000 pairs chosen by the seed, is held out. quick takes a small part of any of them.
    """
    if data is None:
        sizes = (1500, 200, 60) if quick else (10_000, 500, 500)
        return text.toy_translation_splits(*sizes, seed=seed)
    if data in text.CORPORA or Path(data).is_dir():
        names = ("train", "val", "test_2016_flickr")
        train, validation, test = (text.load_parallel(data, name, source, target) for name in names)
    else:
        files = tuple(data.split(",")) if "," in data and not Path(data).is_file() else data
        tokenize = {"tokenize_source": tokenizer(source), "tokenize_target": tokenizer(target)}
        pairs = text.load_parallel(files, source=source, target=target, **tokenize)
        if len(pairs) < 100:
            raise DataError(message(f"{data}: {len(pairs)} sentence pairs", fix="at least 100, of which some are held out"))
        order = np.random.default_rng(seed).permutation(len(pairs))
        shuffled = [pairs[i] for i in order]
        held = min(len(pairs) // 20, 1000)
        train, validation, test = shuffled[2 * held:], shuffled[:held], shuffled[held:2 * held]
    return (train[:1500], validation[:200], test[:60]) if quick else (train, validation, test)
