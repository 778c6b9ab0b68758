"""Parallel text for the translation lessons: its flags, loading and splitting, and baselines."""

from __future__ import annotations

import argparse
import html
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message
from tinydawn.metrics import bleu, perplexity

from .panels import check_letters
from .run import Results, parse

PAD = 0  # the id of padding, in every vocabulary
TOKENS = 4096  # of a batch of targets, padding included: each has logits over the vocabulary
Pairs = list[tuple[list[str], list[str]]]


# --- flags ---


def parse_languages(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the flags, --source and --target among them."""
    language_flags(parser)
    options = parse(parser)
    check_languages(parser, options)
    return options


def language_flags(parser: argparse.ArgumentParser) -> None:
    """From which language into which."""
    parser.add_argument("--source", default="de", help="language of the source")
    parser.add_argument("--target", default="en", help="language of the target")


def check_languages(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse other languages for the made-up language, which has two."""
    if options.data is None and (options.source, options.target) != ("de", "en"):
        parser.error("--source and --target: the made-up language is German to English; "
                     "name other text with --data")


# --- text ---


def load_splits(options: argparse.Namespace) -> tuple[Pairs, Pairs, Pairs]:
    """Training, validation and test pairs of what the flags name."""
    return splits(options.data, options.source, options.target, options.seed, options.quick)


def splits(data: str | None, source: str, target: str, seed: int,
           quick: bool) -> tuple[Pairs, Pairs, Pairs]:
    """Training, validation and test pairs.

    data  None: 10,000 pairs of the toy grammar; a named corpus or a folder with its splits in
          files; or files of one's own, "source.txt,target.txt" with one sentence per line or one
          file with a tab in each, of which a tenth, at most 2,000 pairs chosen by the seed, is held
          out. quick takes a small part of any of them.
    """
    if data is None:
        sizes = (1500, 200, 60) if quick else (10_000, 500, 500)
        return text.toy_translation_splits(*sizes, seed=seed)

    if data == "tatoeba":  # unless asked for the other way round, English to Chinese
        source, target = ("zh", "en") if (source, target) == ("zh", "en") else ("en", "zh")
        names = ("train", "val", "test")
        train, validation, test = (text.load_parallel(data, n, source, target) for n in names)
    elif data in text.CORPORA or Path(data).is_dir():
        names = ("train", "val", "test_2016_flickr")
        train, validation, test = (text.load_parallel(data, n, source, target) for n in names)
    else:
        train, validation, test = _own_splits(data, source, target, seed)

    check_letters(words for pair in test for words in pair)
    if quick:
        return train[:1500], validation[:200], test[:60]
    return train, validation, test


def _own_splits(data: str, source: str, target: str, seed: int) -> tuple[Pairs, Pairs, Pairs]:
    """Files of one's own, shuffled and divided."""
    pairs = text.load_parallel(file_names(data), source=source, target=target,
                               tokenize_source=tokenizer(source),
                               tokenize_target=tokenizer(target))
    if len(pairs) < 100:
        raise DataError(message(f"{data}: {len(pairs)} sentence pairs",
                                fix="at least 100, of which some are held out"))
    order = np.random.default_rng(seed).permutation(len(pairs))
    shuffled = [pairs[i] for i in order]
    held = min(len(pairs) // 20, 1000)
    return shuffled[2 * held:], shuffled[:held], shuffled[held:2 * held]


def file_names(data: str) -> str | tuple[str, ...]:
    """What --data names: one file, or "source.txt,target.txt" as two."""
    if "," in data and not Path(data).is_file():
        return tuple(data.split(","))
    return data


def tokenizer(language: str) -> Callable[[str], list[str]]:
    """Words for languages that write spaces, characters for Chinese and Japanese."""
    if language in ("zh", "ja"):
        return text.char_tokenize
    return partial(text.word_tokenize, language=language if language in ("de", "en") else "en")


def shown(tokens: Sequence[str]) -> str:
    """Tokens as a reader wants them: Multi30k writes an apostrophe as &apos;."""
    return html.unescape(" ".join(tokens))


def shortest(pairs: Pairs) -> Any:
    """The pair with the fewest words, of equals the first: for a picture."""
    return min(pairs, key=lambda pair: len(pair[0]) + len(pair[1]))


def batch(pairs: Pairs, source_vocab: text.Vocab,
          target_vocab: text.Vocab) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source ids (B, S), their lengths (B,), and target ids (B, T) from <s> to </s>."""
    sources = [source_vocab.encode(source, eos=True) for source, _ in pairs]
    targets = [target_vocab.encode(target, bos=True, eos=True) for _, target in pairs]
    source_ids, lengths = text.pad(sources, PAD)
    target_ids, _ = text.pad(targets, PAD)
    return source_ids, lengths, target_ids


# --- baselines ---


def baselines(results: Results, train: Pairs, validation: Pairs, test: Pairs, toy: bool) -> None:
    """Record what a model has to beat, a translation word by word.

    toy  also what the best possible model would reach, searched greedily and exhaustively: of the
         toy grammar the true distribution is known
    """
    sources = [source for source, _ in test]
    references = [target for _, target in test]
    results.baseline(bleu_word_by_word=bleu(word_by_word(train, sources), references).score)
    if not toy:
        return

    nats = sum(text.translation_entropy(source) for source, _ in validation)
    words = sum(len(target) + 1 for _, target in validation)
    results.baseline(perplexity_true=perplexity(nats, words))

    found = {"greedy": [text.greedy_translation(source) for source in sources],
             "best": [text.translations(source)[0] for source in sources]}
    for name, outputs in found.items():
        score = bleu([list(target) for target, _ in outputs], references).score
        log_prob = float(np.mean([np.log(p) for _, p in outputs]))
        results.baseline(**{f"bleu_true_{name}": score, f"log_prob_true_{name}": log_prob})


MEANINGS = {
    "bleu_word_by_word": "each word by the one that it keeps company with",
    "perplexity_true": "of the true probabilities: less is luck",
    "bleu_true_greedy": "the true probabilities, searched greedily",
    "log_prob_true_greedy": "what that finds, by the true probabilities",
    "bleu_true_best": "the likeliest translations by the true probabilities",
    "log_prob_true_best": "of these",
    "accuracy_true_best": "of their words stand in the reference's places",
}


def print_baselines(results: Results) -> None:
    """One line for each baseline, with what it is."""
    for name, value in results.record["baselines"].items():
        print(f"baseline {name:22}{value:8.2f}   {MEANINGS.get(name, '')}".rstrip())


def word_by_word(pairs: Pairs, sentences: Sequence[list[str]]) -> list[list[str]]:
    """Translate each word by the one it keeps company with, the largest Dice coefficient

        2 n(s, t) / (n(s) + n(t))

    The counts are of sentence pairs that have s on one side and t on the other. Unknown words are
    left as they are.
    """
    source_count: Counter[str] = Counter()
    target_count: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    for source, target in pairs:
        sources, targets = set(source), set(target)
        source_count.update(sources)
        target_count.update(targets)
        together.update((s, t) for s in sources for t in targets)

    best: dict[str, tuple[float, str]] = {}
    for (s, t), n in together.items():
        dice = 2 * n / (source_count[s] + target_count[t])
        best[s] = max(best.get(s, (0.0, "")), (dice, t))

    def translated(word: str) -> str:
        return best[word][1] if word in best else word

    return [[translated(word) for word in sentence] for sentence in sentences]
