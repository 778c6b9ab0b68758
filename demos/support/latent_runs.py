"""For vae_lm.py: its flags and settings, its sentences, and its printed table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import nn, optim, text
from tinydawn.errors import DataError, message
from tinydawn.metrics import perplexity
from tinydawn.models.rnn_lm import RNNLM
from tinydawn.models.vae_lm import VAELM

from . import latent_figures as figures
from . import latent_space as latent
from .own_text import epochs_for
from .panels import check_letters
from .run import Results, arguments, parse
from .training import load_model, save_model, saving, training

COLUMNS = {"rec": "rec", "rec_at_mean": "at mean", "kl": "KL", "elbo": "-ELBO", "ppl": "ppl <=",
           "iw": "-IW bound", "iw_error": "+-",
           "active": "active", "mi": "MI", "distinct": "different"}


class Setting(NamedTuple):
    """What suits a corpus."""

    shortest: int  # sentences of fewer words are left out, as are longer ones than:
    longest: int
    most_words: int  # size of the vocabulary
    kind: str  # of recurrent network, "gru" or "lstm"
    width: int  # of the networks
    Z: int  # numbers in z
    learning_rate: float
    epochs: int


SETTINGS = {
    # A narrow decoder, which forgets what a telegram named at its beginning.
    None: Setting(1, 20, 200, "gru", 32, 8, 1.8e-2, 7),
    "ptb": Setting(4, 12, 2003, "lstm", 96, 16, 3e-3, 8),
    "tang": Setting(1, 20, 2500, "lstm", 96, 16, 3e-3, 12),
    "names": Setting(1, 20, 100, "lstm", 96, 16, 3e-3, 4),
}


def flags() -> argparse.Namespace:
    """Read the flags; `variants` is the list of what to train."""
    parser = arguments("Train a VAE language model, show that it ignores z, and what helps.")
    parser.add_argument(
        "--variants",
        help="what to train, with commas between: none, or some of linear, sigmoid, cyclic, "
        "dropout=RATE, freebits=NATS, bow with + between. The last is looked into. "
        "Default: all of the lecture")
    saving(parser, "the model of the last variant")
    parser.add_argument("--load", metavar="FILE",
                        help="do not train: look into a model that was kept, on the same --data")
    return parse(parser)


def begin() -> tuple[argparse.Namespace, Results, Corpus]:
    """Read the flags; open the folder of results; read the sentences."""
    options = flags()
    results = Results("vae_lm", options, options.data or "generated telegrams")
    return options, results, corpus(options)


def seeds(options: argparse.Namespace, name: str) -> list[int]:
    """From which random numbers a variant is trained: three times, where its numbers vary most."""
    repeated = name in ("none", "linear")
    many = repeated and options.data is None and not options.quick and not options.load
    return [options.seed + k for k in range(3 if many else 1)]


def variants(options: argparse.Namespace, data: Corpus) -> dict[str, dict[str, float | None]]:
    """Of each variant that is to be trained, its tricks; with --load of the one that was kept."""
    if data.about:
        return {data.about["variant"]: latent.tricks(data.about["variant"])}
    return wanted(options)


def wanted(options: argparse.Namespace) -> dict[str, dict[str, float | None]]:
    """Of each variant of --variants its tricks."""
    chosen = options.variants
    if not chosen and options.quick:
        chosen = "none,linear,linear+bow"
    elif not chosen:
        chosen = "none,linear,sigmoid,cyclic,dropout=0.5,dropout=1,bow,linear+bow"
        if options.data is not None:
            chosen = ("none,linear,sigmoid,cyclic,dropout=0.5,dropout=0.75,dropout=1,freebits,"
                      "linear+dropout=0.5+bow,linear+dropout=0.5,bow,linear+bow")
    return {name: latent.tricks(name) for name in chosen.replace(" ", "").split(",")}


Sentences = list[list[str]]


def setting(options: argparse.Namespace) -> Setting:
    """What suits --data."""
    return SETTINGS.get(options.data, SETTINGS["ptb"])


def with_epochs(found: Setting, options: argparse.Namespace, sentences: Sentences) -> Setting:
    """With the epochs of this run; on ptb there are 8,063 sentences to train on."""
    usual = epochs_for(options.data, found.epochs, 8063, len(sentences))
    return found._replace(epochs=4 if options.quick else options.epochs or usual)


def load(options: argparse.Namespace, chosen: Setting,
         ) -> tuple[Sentences, Sentences, np.ndarray | None, np.ndarray | None]:
    """Sentences to train on and to test with; of telegrams also what was chosen for each."""
    if options.data is None:
        train = latent.telegrams(1500 if options.quick else 2500, 2 * options.seed)
        test = latent.telegrams(200 if options.quick else 500, 2 * options.seed + 1)
        return train[0], test[0], train[1], test[1]
    parts = []
    for split, most in (("train", 1500), ("test", 200)):
        fitting = [sentence for sentence in text.load_sentences(options.data, split)
                   if chosen.shortest <= len(sentence) <= chosen.longest]
        parts.append(fitting[:most if options.quick else None])
    check_letters(parts[1])
    if min(map(len, parts)) < 2:
        what = f"too few sentences of {chosen.shortest} to {chosen.longest} words"
        raise DataError(message(f"--data {options.data}: {what}", fix="other text"))
    return parts[0], parts[1], None, None


class Corpus(NamedTuple):
    """What is read and how: of telegrams also what was chosen for each."""

    setting: Setting
    vocab: text.Vocab
    train: list[list[int]]  # ids, with <s> and </s>
    test: list[list[int]]
    test_text: Sentences
    train_chosen: np.ndarray | None  # (N, 3)
    test_chosen: np.ndarray | None
    weights: Any  # of --load, else None
    about: dict[str, Any]  # what was saved about them

    @property
    def tokens(self) -> int:
        """Of the test: </s> is predicted, <s> is not."""
        return sum(len(ids) - 1 for ids in self.test)


def corpus(options: argparse.Namespace) -> Corpus:
    """The sentences of --data as ids, and what --load holds."""
    wanted(options)  # a wrong flag is refused before any work
    chosen = setting(options)
    train_text, test_text, train_chosen, test_chosen = load(options, chosen)
    chosen = with_epochs(chosen, options, train_text)
    weights, about = load_model(options.load, VAELM) if options.load else (None, {})
    if about:
        vocab = text.Vocab.from_list(about["tokens"])
    else:
        vocab = text.Vocab.build(train_text, max_size=chosen.most_words)
    train, test = ([vocab.encode(sentence, bos=True, eos=True) for sentence in part]
                   for part in (train_text, test_text))
    print(f"{len(train):,} and {len(test):,} sentences, V = {len(vocab):,}, z of {chosen.Z} "
          f"numbers; for example: {separator(vocab).join(test_text[0])}")
    return Corpus(chosen, vocab, train, test, test_text, train_chosen, test_chosen, weights, about)


def fit(options: argparse.Namespace, data: Corpus, model: nn.Module,
        loss_of: Callable[[np.ndarray, np.ndarray, int, int], tuple[td.Tensor, tuple[float, ...]]],
        name: str) -> tuple[np.ndarray, float]:
    """Minimise loss_of(ids, lengths, step, steps) -> the loss, and what to remember of it.

    Returns what is remembered of all steps, and CPU seconds. With --load nothing is trained: the
    model gets the weights that were kept.
    """
    if data.about:
        model.load_state_dict(data.weights)
        return np.zeros((0, 3)), 0.0
    per_epoch = -(-len(data.train) // 32)
    steps = data.setting.epochs * per_epoch
    optimizer = optim.Adam(model.parameters(), lr=data.setting.learning_rate)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, 0, steps)
    kept: dict[str, Any] = {"rows": [], "seconds": 0.0}
    queue = None
    for step, _ in training(options, steps, model, optimizer, schedule, kept, name):
        begun = time.process_time()
        epoch, i = divmod(step, per_epoch)
        if i == 0 or queue is None:  # the order follows from the epoch: a run can go on inside one
            queue = list(latent.batches(data.train, 32, 1000 * options.seed + epoch))
        ids, lengths = queue[i]  # (B, T), (B,)
        loss, row = loss_of(ids, lengths, step, steps)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        kept["rows"].append(row)
        kept["seconds"] += time.process_time() - begun
    return np.array(kept["rows"]), kept["seconds"]


def baselines(options: argparse.Namespace, data: Corpus, results: Results) -> None:
    """What a sentence costs a language model without z, and any model at least; prints both."""
    print_header()
    if not data.about:
        nats, seconds = fit_language_model(options, data)
        ppl = perplexity(nats * len(data.test), data.tokens)
        results.baseline(nats_lm_without_z=nats, perplexity_lm_without_z=ppl)
        print(f"{'language model without z':26}{nats:10.2f}{'':20}{nats:10.2f}{ppl:10.2f}{'':40}"
              f"{seconds:8.1f}")
    if data.test_chosen is not None:
        results.baseline(nats_entropy=latent.ENTROPY)
        ppl = perplexity(latent.ENTROPY * len(data.test), data.tokens)
        print(f"{'no model needs less than':26}{'':30}{latent.ENTROPY:10.2f}{ppl:10.2f}")


def fit_language_model(options: argparse.Namespace, data: Corpus) -> tuple[float, float]:
    """A language model without z, as wide as the decoder: nats per sentence, CPU seconds."""
    def loss_of(lm: RNNLM, ids: np.ndarray) -> td.Tensor:
        targets = ids[:, 1:].T  # (T - 1, B)
        losses, _ = lm(ids[:, :-1].T, targets, reduction="none")  # ((T - 1) B,)
        return (losses * (targets.reshape(-1) != data.vocab.pad_id)).sum()

    td.manual_seed(options.seed)
    width = data.setting.width
    lm = RNNLM(len(data.vocab), width, width, kind=data.setting.kind)
    _, seconds = fit(options, data, lm, lambda ids, *_: (loss_of(lm, ids) / len(ids), ()),
                     "language model")
    with td.no_grad():
        sums = [loss_of(lm, ids).item() for ids, _ in latent.batches(data.test, 100)]
    return sum(sums) / len(data.test), seconds


def separator(vocab: text.Vocab) -> str:
    """What stands between two tokens: a space between words, nothing between letters."""
    words = any(len(token) > 1 and token.isascii() for token in vocab.tokens[4:])
    return " " if words else ""


def print_header() -> None:
    names = "".join(f"{name:>10}" for name in COLUMNS.values())
    print(f"\nnats per sentence{'':9}{names}{'CPU s':>8}")


def print_row(name: str, row: Mapping[str, float], seconds: float) -> None:
    cells = "".join(f"{row[key]:10.{0 if key in ('active', 'distinct') else 2}f}"
                    for key in COLUMNS)
    print(f"{name:26}{cells}{seconds:8.1f}")


Row = Mapping[str, float]  # what latent_space.measure finds


def report(results: Results, name: str, seed: int, rows: list[Row], seconds: float) -> None:
    """Print and record the last of the rows, one for each seed of a variant; and their range."""
    row = rows[-1]
    if len(rows) == 1:
        results.metric(**{f"{key}_{name}": value for key, value in row.items()})
        results.metric(**{f"cpu_seconds_{name}": seconds})
        print_row(name, row, seconds)
        return
    print_row(f"  seed {seed}", row, seconds)
    for key in ("kl", "elbo"):
        found = [row[key] for row in rows]
        results.metric(**{f"{key}_{name}_least": min(found), f"{key}_{name}_most": max(found),
                          f"{key}_{name}_mean": float(np.mean(found))})


def finish_ladder(options: argparse.Namespace, results: Results, data: Corpus, model: VAELM,
                  curves: Mapping[str, np.ndarray], rows: Mapping[str, list[Row]]) -> None:
    """Keep the last model, say what became of the KL, and draw the table."""
    if options.save:
        save_model(options.save, model, tokens=data.vocab.to_list(), variant=list(curves)[-1])
    if not data.about:
        report_curves(results, curves, data.setting.epochs)
        draw_ladder(results, curves, rows)
    results.shows("the plain VAE collapses, from each of three seeds", "kl_none_most < 0.05")
    results.shows("annealing keeps z, and a sentence costs less",
                  "kl_linear_least > 1 and elbo_linear_mean < elbo_none_mean - 0.3")
    results.shows("word dropout keeps z, and a sentence costs more",
                  "kl_dropout=0.5 > 0.3 and elbo_dropout=0.5 > elbo_none_mean + 0.5")


def report_curves(results: Results, curves: Mapping[str, np.ndarray], epochs: int) -> None:
    """Of each way of annealing, and of none, what became of the KL during training (steps, 3)."""
    if "none" in curves:
        first = curves["none"][:len(curves["none"]) // epochs, 1]
        end = first[-10:].mean()
        results.metric(kl_none_first_step=first[0], kl_none_after_epoch_1=end)
        print(f"\nnone: the KL of epoch 1 is {first.max():.3f} at step {first.argmax()}, "
              f"{end:.4f} at the end")
    for name, curve in curves.items():
        if name in ("linear", "sigmoid", "cyclic"):
            _, kl, beta = curve.T
            top = int(kl.argmax())
            results.metric(**{f"kl_top_{name}": kl[top], f"beta_at_top_{name}": beta[top]})
            print(f"{name}: the KL is {kl[top]:.1f} at step {top}, where beta is {beta[top]:.3f}, "
                  f"and {kl[-20:].mean():.4f} at the end")


def draw_ladder(results: Results, curves: Mapping[str, np.ndarray],
                rows: Mapping[str, list[Row]]) -> None:
    """The figures of the table."""
    wanted = ("none", "linear", "cyclic", "dropout=0.5")
    shown = dict.fromkeys([*(key for key in wanted if key in curves), *list(curves)[-1:]])
    results.figure("training.svg", figures.training_figure({key: curves[key]
                                                            for key in list(shown)[:4]}))
    known = results.record["baselines"]
    results.figure("ladder.svg", figures.ladder_figure(
        rows, known["nats_lm_without_z"], known.get("nats_entropy", float("nan"))))
    if families := figures.by_rate({name: found[0] for name, found in rows.items()}):
        results.figure("word_dropout.svg", figures.rate_figure(families))


def report_known(results: Results, data: Corpus, known: Mapping[str, list[float]],
                 z: np.ndarray) -> None:
    """Of each variant how often each attribute was read from z, beside chance; a map of z (N, Z),
    of the test sentences by the last variant."""
    chance = [1 / len(values) for values in latent.ATTRIBUTES.values()]
    print(f"\nread from a draw of z\n{'':26}"
          + "".join(f"{attribute:>10}" for attribute in latent.ATTRIBUTES))
    for name, shares in {"chance": chance, **known}.items():
        print(f"{name:26}" + "".join(f"{share:10.3f}" for share in shares))
    for name, shares in known.items():
        results.metric(**{f"{attribute}_from_z_{name}": share
                          for attribute, share in zip(latent.ATTRIBUTES, shares, strict=True)})
        results.metric(**{f"read_from_z_{name}": float(np.mean(shares))})
    results.shows("after annealing z knows more of a sentence than without",
                  "read_from_z_linear > read_from_z_none + 0.1")
    if data.test_chosen is not None:
        results.figure("map.svg", figures.map_figure(z, data.test_chosen, latent.ATTRIBUTES))


Pair = tuple[str, str]


def written(model: VAELM, z: np.ndarray, data: Corpus) -> list[Pair]:
    """From each z the sentence that greedy search writes, and the first six words of its bag."""
    space = separator(data.vocab)
    sentences = latent.greedy(model, z, data.vocab, data.setting.longest + 4)
    bags = latent.top_words(model, z, data.vocab, 6)
    return [(space.join(sentence), " ".join(bag))
            for sentence, bag in zip(sentences, bags, strict=True)]


def print_written(data: Corpus, picked: Sequence[int], pairs: Sequence[Pair]) -> None:
    print("\nan unseen sentence, what is written from the mean of its z, and the words of its bag")
    for i, (sentence, bag) in zip(picked, pairs, strict=True):
        print(f"  {separator(data.vocab).join(data.test_text[i])}\n    {sentence}")
        if bag:
            print(f"    [{bag}]")


def print_sentences(title: str, pairs: Sequence[Pair]) -> None:
    print(f"\n{title}")
    for sentence, _ in pairs:
        print(f"  {sentence}")


def show_between(results: Results, shares: Sequence[float], pairs: Sequence[Pair]) -> None:
    """What is written at each share of the way from one sentence to another."""
    lines = [(f"{share:.2f}  {sentence}", bag)
             for share, (sentence, bag) in zip(shares, pairs, strict=True)]
    print_sentences("from one sentence to another", lines)
    results.figure("interpolation.svg", figures.strip_figure(shares, pairs))
