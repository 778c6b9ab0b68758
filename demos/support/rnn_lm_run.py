"""What serves a run of rnn_lm.py: its flags, settings for each corpus, text as ids, tables."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinydawn import distributed, text
from tinydawn.errors import DataError, message
from tinydawn.metrics import perplexity
from tinydawn.models.nnlm import frequency_classes
from tinydawn.models.rnn_lm import RNNLM

from .alike import FEW
from .own_text import passes, suited
from .panels import check_letters
from .run import Results, arguments, parse
from .training import load_model, saving, training

Sentences = dict[str, list[list[str]]]  # split -> sentences, each a list of tokens
Windows = list[tuple[np.ndarray, np.ndarray]]


def flags() -> argparse.ArgumentParser:
    """The flags of the lesson."""
    parser = arguments("Train an RNN, a GRU or an LSTM as a language model, measure it beside "
                       "n-grams, and let it write.")
    parser.add_argument("--level", choices=("characters", "words", "lines"),
                        help="running text by character or by word, or the characters of lines "
                             "that have nothing to do with each other; default: what suits "
                             "the data")
    parser.add_argument("--kind", choices=("rnn", "gru", "lstm"), help="the recurrent layer")
    parser.add_argument("--clip", type=float, default=1.0,
                        help="the largest norm of a gradient; default 1")
    parser.add_argument("--temperature", type=float, default=0.8,
                        help="of what is written: below 1 more careful; default 0.8")
    parser.add_argument("--top-k", type=int, help="write only the k likeliest tokens")
    saving(parser)
    parser.add_argument("--load", metavar="FILE",
                        help="do not train: use a model that was kept, on the same --data")
    parser.add_argument("--distributed", action="store_true",
                        help="train in all processes that mpiexec started")
    return parser


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse numbers with which nothing could be trained or written."""
    if not options.clip > 0 or not 0 < options.temperature < np.inf:
        parser.error("--clip and --temperature: above 0")
    if options.top_k is not None and options.top_k < 1:
        parser.error(f"--top-k {options.top_k}: at least 1")


class Settings(NamedTuple):
    """How a corpus is read, and what is trained on it."""

    level: str  # "characters" and "words" of running text, or "lines", each by itself
    kind: str  # of the recurrent layer
    sizes: dict[str, Any]  # embedding_size, hidden_size, dropout
    learning_rate: float
    batch_size: int  # B
    window: int  # T
    epochs: int


EMBEDDED = Settings(
    "characters", "gru", {"embedding_size": 64, "hidden_size": 192, "dropout": 0.2},
    learning_rate=4e-3, batch_size=16, window=48, epochs=10)
IN_CLASS = EMBEDDED._replace(epochs=7)  # by default: a minute is short for ten
BOOK = Settings(
    "characters", "gru", {"embedding_size": 64, "hidden_size": 256, "dropout": 0.0},
    learning_rate=6e-3, batch_size=16, window=48, epochs=3)
CORPORA = {
    "tinyshakespeare": Settings(
        "characters", "lstm", {"embedding_size": 64, "hidden_size": 256, "dropout": 0.2},
        learning_rate=3e-3, batch_size=32, window=64, epochs=6),
    "ptb": Settings(
        "words", "lstm", {"embedding_size": 128, "hidden_size": 256, "dropout": 0.35},
        learning_rate=2e-3, batch_size=20, window=35, epochs=8),
    "brown": Settings(
        "words", "lstm", {"embedding_size": 128, "hidden_size": 256, "dropout": 0.35},
        learning_rate=2e-3, batch_size=20, window=35, epochs=6),
    "names": Settings(
        "lines", "gru", {"embedding_size": 32, "hidden_size": 200, "dropout": 0.3},
        learning_rate=5e-3, batch_size=32, window=32, epochs=12),
    "tang": Settings(
        "lines", "gru", {"embedding_size": 96, "hidden_size": 192, "dropout": 0.4},
        learning_rate=3e-3, batch_size=16, window=21, epochs=8),
}


# level -> tokens to train on -> what suits as many; see own_text.py
OWN = {
    "characters": {169_000: EMBEDDED, 2_700_000: BOOK},
    "words": {27_600: EMBEDDED, 887_500: CORPORA["ptb"]},
    "lines": {157_000: CORPORA["names"]},
}


def level_of(options: argparse.Namespace) -> str:
    """How this corpus is read."""
    return options.level or CORPORA.get(options.data, EMBEDDED).level


def settings_of(options: argparse.Namespace, sentences: Sentences) -> Settings:
    """What is trained on these sentences, and how, as far as flags do not say otherwise."""
    level = level_of(options)
    if options.data is None:
        found = IN_CLASS
    elif options.data in CORPORA:
        found = CORPORA[options.data]
    else:
        found, longer = suited(OWN[level], sum(map(len, sentences["train"])))
        found = found._replace(epochs=passes(found.epochs, longer))
    found = found._replace(level=level, kind=options.kind or found.kind,
                           epochs=options.epochs or found.epochs)
    if options.quick:
        small = {**found.sizes, "hidden_size": 64}
        found = found._replace(sizes=small, batch_size=8, epochs=1)
    return found


def load_text(options: argparse.Namespace, level: str) -> Sentences:
    """The text of each split: of a text by character there are two splits, of one sentence each."""
    splits = ("train", "validation") if level == "characters" else ("train", "validation", "test")
    sentences: Sentences = {}
    for split in splits:
        if level == "characters":
            sentences[split] = [list(text.load_characters(options.data, split))]
        elif level == "lines":
            lines = text.load_sentences(options.data, split)
            sentences[split] = [list("".join(line)) for line in lines]
        else:
            sentences[split] = text.load_sentences(options.data, split)
        if options.quick:
            longest = 40_000 if split == "train" else 4000
            sentences[split] = [sentence[:longest] for sentence in sentences[split][:1200]]
    check_letters(sentence[:1000] for sentence in sentences["validation"])
    return sentences


class Corpus(NamedTuple):
    """A text as ids."""

    level: str
    vocab: text.Vocab
    encoded: dict[str, list[list[int]]]  # split -> sentences of ids
    first: int  # the id that is read before the first token
    never: list[int]  # ids that are never predicted
    known: int  # how many ids there are to predict

    @property
    def held_out(self) -> list[str]:
        return [split for split in self.encoded if split != "train"]

    @property
    def begin(self) -> int:
        """What is read before the first token that is written."""
        return self.vocab["\n"] if self.level == "characters" else self.first

    @property
    def end(self) -> int | None:
        """What ends a text that is written, if there is such a thing."""
        return self.vocab.eos_id if self.level == "lines" else None

    @property
    def never_written(self) -> list[int]:
        return [*self.never, self.vocab.unk_id]

    def windows(self, settings: Settings, epoch: int, seed: int) -> Windows:
        """Inputs and targets of an epoch, (T, B) each, the columns of this process alone.

        Running text must stay as it is; lines may be shuffled. No window is much shorter than
        another: a short one would have the gradient of a few tokens.
        """
        part = self.encoded["train"]
        if self.level == "lines":
            order = np.random.default_rng((seed, epoch)).permutation(len(part))
            part = [part[i] for i in order]
        inputs, targets = text.contiguous(np.concatenate(part), settings.batch_size, self.first)
        inputs, targets = distributed.share(inputs, 1), distributed.share(targets, 1)
        count = max(1, round(len(inputs) / settings.window))
        return list(zip(np.array_split(inputs, count), np.array_split(targets, count),
                        strict=True))

    def windows_to_measure(self, split: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All of a split, in eight pieces side by side; what fills the last one up is padding."""
        ids = np.concatenate(self.encoded[split])
        return text.windows(*text.contiguous(ids, 8, self.first, pad=self.vocab.pad_id), 100)

    def samples(self) -> list[tuple[int, int]]:
        """The lengths and seeds of what is written at the end."""
        if self.level == "characters":
            return [(300, 0), (300, 1)]
        return [(20 if self.level == "words" else 30, seed) for seed in range(6)]

    def spell(self, ids: Sequence[int]) -> str:
        """The text of ids: words have spaces between them, a sentence ends in a full stop."""
        tokens = [self.vocab.tokens[i].replace("</s>", ".") for i in ids]
        return (" " if self.level == "words" else "").join(tokens)

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """Each token as a figure shows it."""
        end = "¶" if self.level == "lines" else "\n"
        return [end if i == self.vocab.eos_id else self.vocab.tokens[i] for i in ids]


def encode(sentences: Sentences, level: str, data: str | None, about: Mapping[str, Any]) -> Corpus:
    """The sentences as ids, in the vocabulary of a model that was kept (`about`), or in their own.

    Words that training has only once are unknown; the Penn Treebank comes with its 10,000 words.
    A sentence ends in </s>, but for the one of a text by character.
    """
    if about:
        vocab = text.Vocab.from_list(about["tokens"])
    else:
        rare = level == "words" and data != "ptb"
        vocab = text.Vocab.build(sentences["train"], min_freq=2 if rare else 1)
    ends = level != "characters"
    encoded = {split: [vocab.encode(sentence, eos=ends) for sentence in part]
               for split, part in sentences.items()}
    for split, part in encoded.items():
        if sum(map(len, part)) < 8:  # it is measured in eight pieces side by side
            raise DataError(message(f"--data {data}: {sum(map(len, part))} tokens for {split}",
                                    fix="a longer text"))
    never = [vocab.pad_id, vocab.bos_id]
    if not ends:
        never.append(vocab.eos_id)
    known = len(vocab) - len(never)
    if vocab.unk_id not in np.concatenate(encoded["train"]):
        known -= 1
    counts = [f"{sum(map(len, part)):,} {split}" for split, part in encoded.items()]
    print(f"{level}: {', '.join(counts)}; V = {len(vocab):,}")
    return Corpus(level, vocab, encoded, vocab.eos_id if ends else vocab.bos_id, never, known)


def describe(corpus: Corpus, settings: Settings) -> dict[str, Any]:
    """What is needed to build the model again. Over 5,000 tokens it gets classes: see nnlm.py."""
    V, classes = len(corpus.vocab), None
    if V > 5000:
        counts = np.bincount(np.concatenate(corpus.encoded["train"]), minlength=V)
        classes = frequency_classes(counts).tolist()
    return {"tokens": corpus.vocab.to_list(), "kind": settings.kind, "sizes": settings.sizes,
            "classes": classes}


def start_run() -> tuple[argparse.Namespace, Corpus, Settings, tuple[Any, dict[str, Any]], Results]:
    """The flags; the text as ids; how to train on it; weights that were kept (or None) and what is
    needed to build their model, or a new one; the folder of results.
    """
    parser = flags()
    options = parse(parser)
    check(parser, options)
    if options.distributed:
        distributed.start(options.seed)  # without it every process is alone
    level = level_of(options)
    sentences = load_text(options, level)
    settings = settings_of(options, sentences)  # by the amount of text, if it is your own
    results = Results("rnn_lm", options, options.data or "pydoc_data.topics")
    weights, about = load_model(options.load, RNNLM) if options.load else (None, {})
    corpus = encode(sentences, level, options.data, about)
    about = about or describe(corpus, settings)
    return options, corpus, settings, (weights, about), results


def count_ngrams(corpus: Corpus, results: Results) -> dict[int, text.KneserNey]:
    """N-grams with Kneser-Ney smoothing, n -> the n-gram, measured and kept as baselines."""
    print(f"\n{'nats, perplexity':26}" + "".join(f"{split:>22}" for split in corpus.held_out))
    train, bos = corpus.encoded["train"], corpus.vocab.bos_id
    ngrams = {n: text.KneserNey(train, n, bos, corpus.known) for n in (1, 3, 4, 5)}
    named: dict[str, Any] = {f"{n}-gram": ngram for n, ngram in ngrams.items()}
    if len(corpus.vocab) < 200:
        named = {"bigram": text.AddK(train, 2, bos, corpus.known), **named}
    for name, ngram in named.items():
        found = {split: -ngram.log_probs(corpus.encoded[split]).mean()
                 for split in corpus.held_out}
        report(name, found, results.baseline, f"_{name.replace('-', '')}")
    return ngrams


def windows_to_learn(options: argparse.Namespace, corpus: Corpus, settings: Settings,
                     parts: tuple[Any, Any, Any], kept: dict[str, Any],
                     ) -> Iterator[tuple[np.ndarray, np.ndarray, int, Any]]:
    """The windows that are left of a training, which may have been stopped, each with the number of
    the epoch that it ends, or 0, and the progress bar.

    parts  the model, the optimizer, the schedule
    kept   its "state" is None where the text begins anew
    """
    per_epoch = len(corpus.windows(settings, 0, options.seed))
    windows: Windows = []
    for step, bar in training(options, settings.epochs * per_epoch, *parts, kept):
        epoch, i = divmod(step, per_epoch)
        if i == 0:
            kept["state"] = None
        if i == 0 or not windows:  # none, where a run goes on in the middle of an epoch
            windows = corpus.windows(settings, epoch, options.seed)
        yield *windows[i], epoch + 1 if i == per_epoch - 1 else 0, bar


def report_reach(results: Results, reach: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Print and keep the perplexity of the verb by the number of words between: the mean of all
    seeds, and the worst of all."""
    print("\nperplexity of the verb, by the words between (of the 8 of its world: 8; of any: 24)")
    print(f"{'':10}" + "".join(f"{d:6}" for d in range(11)))
    for name, of_seeds in reach.items():
        means = np.mean(of_seeds, axis=0)
        print(f"{name:10}" + "".join(f"{p:6.1f}" for p in means))
        keep = results.baseline if name == "5-gram" else results.metric
        key = name.lower().replace("-", "")
        keep(**{f"verb_perplexity_{key}_{d}": float(p) for d, p in enumerate(means)},
             **{f"verb_perplexity_{key}_worst": float(np.max(of_seeds))})
    results.baseline(verb_perplexity_true=FEW, verb_perplexity_any=3 * FEW)


def report(name: str, nats: Mapping[str, float], keep: Callable[..., None], key: str = "") -> None:
    """Print, and keep, nats per token and the perplexity of each split.

    nats  split -> mean of -log p over its tokens
    keep  results.metric or results.baseline, under such names as validation_nats
    key   written behind these names
    """
    line = f"{name:26}"
    for split, n in nats.items():
        keep(**{f"{split}_nats{key}": n, f"{split}_perplexity{key}": perplexity(n, 1)})
        line += f"{n:12.4f}{perplexity(n, 1):10.2f}"
    print(line)
