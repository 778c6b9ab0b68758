"""What the translation demos share: flags, parallel text, and the baselines to beat."""

from __future__ import annotations

import argparse
import html
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import decode, nn, text
from tinydawn.errors import DataError, message
from tinydawn.metrics import bleu, perplexity
from tinydawn.nn import functional as F

from .run import Results, parse
from .training import save_model, saving

PAD = 0  # the id of padding, in every vocabulary
Pairs = list[tuple[list[str], list[str]]]


def language_flags(parser: argparse.ArgumentParser) -> None:
    """From which language into which."""
    parser.add_argument("--source", default="de", help="language of the source")
    parser.add_argument("--target", default="en", help="language of the target")


def translation_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of a demo that keeps its model."""
    saving(parser)
    parser.add_argument("--load", metavar="FILE", help="use a saved model instead of training")
    parser.add_argument("--translate", metavar="SENTENCE", help="translate this one sentence, and stop")
    language_flags(parser)


def batch(pairs: Pairs, source_vocab: text.Vocab, target_vocab: text.Vocab) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source ids (B, S) with their lengths (B,), and target ids (B, T) with <s> in front and </s> behind."""
    source, lengths = text.pad([source_vocab.encode(source, eos=True) for source, _ in pairs], PAD)
    target, _ = text.pad([target_vocab.encode(target, bos=True, eos=True) for _, target in pairs], PAD)
    return source, lengths, target


def translation_loss(model: nn.Module, source: np.ndarray, lengths: np.ndarray, target: np.ndarray) -> td.Tensor:
    """Nats per target word, </s> among them: each is predicted from the true words before it (teacher forcing)."""
    logits, _ = model(source, lengths, target[:, :-1])  # (B, T-1, V)
    return F.cross_entropy(logits.flatten(0, 1), target[:, 1:].reshape(-1), ignore_index=PAD)


@td.no_grad()
def pairs_perplexity(model: nn.Module, pairs: Pairs, source_vocab: text.Vocab, target_vocab: text.Vocab) -> float:
    """exp of the mean nats per target word of these pairs, teacher forced."""
    total, words = 0.0, 0
    for indices in text.bucket_batches([len(target) for _, target in pairs], 64, shuffle=False):
        source, lengths, target = batch([pairs[i] for i in indices], source_vocab, target_vocab)
        count = int((target[:, 1:] != PAD).sum())
        total, words = total + translation_loss(model, source, lengths, target).item() * count, words + count
    return perplexity(total, words)


@td.no_grad()
def translate_greedily(model: Any, sentences: Sequence[list[str]], source_vocab: text.Vocab,
                       target_vocab: text.Vocab) -> list[list[str]]:
    """One translation of each sentence, the likeliest next word taken at each step, in batches of similar length."""
    ends: dict[str, Any] = {"bos": target_vocab.bos_id, "eos": target_vocab.eos_id,
                            "forbid": (target_vocab.pad_id, target_vocab.bos_id, target_vocab.unk_id)}
    found: list[list[str]] = [[] for _ in sentences]
    for indices in text.bucket_batches([len(sentence) for sentence in sentences], 100, shuffle=False):
        source, lengths = text.pad([source_vocab.encode(sentences[i], eos=True) for i in indices], PAD)
        results = decode.greedy(model.step, model.encode(source, lengths), len(indices), max_length=2 * lengths + 10, **ends)
        for i, result in zip(indices, results, strict=True):
            found[i] = target_vocab.decode(result.tokens)
    return found


def attention_entropy(model: nn.Module, source: np.ndarray, lengths: np.ndarray, target: np.ndarray) -> float:
    """Mean entropy, in nats, of where each target word looks: log(S) if everywhere alike, 0 if all weight is on one word.

    Near 0 on long training it has stuck: a softmax that is all 0 and 1 passes no gradient on.
    """
    with td.no_grad():
        _, attention = model(source, lengths, target[:, :-1])  # (B, T-1, S)
    weights = attention.numpy()[target[:, 1:] != PAD].astype(np.float64)  # (words, S)
    return float(-(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1).mean())


def shown(tokens: Sequence[str]) -> str:
    """Tokens as a reader wants them: Multi30k writes an apostrophe as &apos;."""
    return html.unescape(" ".join(tokens))


def parse_languages(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the flags, --source and --target among them."""
    language_flags(parser)
    options = parse(parser)
    _check_languages(parser, options)
    return options


def _check_languages(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.data is None and (options.source, options.target) != ("de", "en"):
        parser.error("--source and --target: the made-up language is German to English; name other text with --data")


def check_flags(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse what would be ignored, or would fail only after the training."""
    if not options.load:
        _check_languages(parser, options)
    if options.load and (options.save or options.epochs):
        parser.error("--load uses a model as it is: --save and --epochs belong to training")
    if options.translate is not None and not options.translate.strip():
        raise DataError(message("--translate: the sentence is empty", fix='--translate "der hund schläft ."'))


def save_translator(options: argparse.Namespace, model: nn.Module, source_vocab: text.Vocab, target_vocab: text.Vocab,
                    sizes: dict[str, Any]) -> None:
    """Keep a model for `beam_search.py --load`: with its vocabularies, and its data; files by their full path."""
    data = options.data
    if data is not None and data not in text.CORPORA:
        data = ",".join(str(Path(part).resolve()) for part in ([data] if Path(data).exists() else data.split(",")))
    save_model(options.save, model, source=source_vocab.to_list(), target=target_vocab.to_list(), sizes=sizes, data=data)


def baselines(results: Results, train: Pairs, validation: Pairs, test: Pairs, toy: bool) -> None:
    """Record what a model has to beat, a translation word by word; and for the toy grammar, whose distribution is known,
    what the best possible model would reach, searched greedily and exhaustively."""
    sources, references = [source for source, _ in test], [target for _, target in test]
    results.baseline(bleu_word_by_word=bleu(word_by_word(train, sources), references).score)
    if toy:
        nats = sum(text.translation_entropy(source) for source, _ in validation)
        results.baseline(perplexity_true=perplexity(nats, sum(len(target) + 1 for _, target in validation)))
        for name, outputs in (("greedy", [text.greedy_translation(source) for source in sources]),
                              ("best", [text.translations(source)[0] for source in sources])):
            results.baseline(**{f"bleu_true_{name}": bleu([list(target) for target, _ in outputs], references).score,
                                f"log_prob_true_{name}": float(np.mean([np.log(p) for _, p in outputs]))})


def word_by_word(pairs: Pairs, sentences: Sequence[list[str]]) -> list[list[str]]:
    """Translate each word by the one it keeps company with: the largest Dice coefficient 2 n(s, t) / (n(s) + n(t)).

    The counts are of sentence pairs that have s on one side and t on the other. Unknown words are left as they are.
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
        best[s] = max(best.get(s, (0.0, "")), (2 * n / (source_count[s] + target_count[t]), t))
    return [[best[word][1] if word in best else word for word in sentence] for sentence in sentences]


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
    if data == "tatoeba":  # unless asked for the other way round, English to Chinese
        source, target = ("zh", "en") if (source, target) == ("zh", "en") else ("en", "zh")
        train, validation, test = (text.load_parallel(data, name, source, target) for name in ("train", "val", "test"))
    elif data in text.CORPORA or Path(data).is_dir():
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
