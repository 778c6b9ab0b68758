"""What serves electra.py: its flags, its settings for each kind of data, tables, and baselines."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinydawn import text, viz
from tinydawn.text.wordpiece import SPECIALS

from . import labelled
from .run import Results
from .training import saving

TASKS = ("mr", "sst2", "subj", "waimai")  # corpora with labels: --data alone names the task as well


def add_flags(parser: argparse.ArgumentParser) -> None:
    """--task --seconds --labels --save --resume --load."""
    parser.add_argument("--task", metavar="NAME|PATH", help="labelled texts to fine-tune on, whose "
                        "training part is pretrained on as well; default: --data, where that is "
                        "mr, sst2, subj or waimai")
    parser.add_argument("--seconds", type=float, help="CPU seconds of each pretraining, so numbers "
                        "differ a little; default 240 or 8")
    parser.add_argument("--labels", type=int, help="labelled texts to fine-tune on; default 500, "
                        "of the made-up opinions 200")
    saving(parser, "the pretrained ELECTRA")
    parser.add_argument("--load", metavar="FILE", help="do not pretrain: use an ELECTRA that was "
                        "kept, on the same data")


def check_flags(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if not all(x is None or 0 < x < np.inf for x in (options.labels, options.seconds)):
        parser.error("--labels and --seconds: numbers above 0")


class Settings(NamedTuple):
    """Of a run: made-up opinions are small and quick, real text is larger."""

    task: str | None  # the name of the labelled texts; None: none, or the made-up ones
    toy: bool
    seconds: float  # CPU seconds of each pretraining
    labels: int  # how many labelled texts at most are fine-tuned on
    rounds: int  # passes over them
    width: int
    rate: float  # learning rate of pretraining
    tuning_rate: float


def settings_for(options: argparse.Namespace) -> Settings:
    toy = options.data is None and options.task is None
    task = options.task or (options.data if options.data in TASKS else None)
    seconds = options.seconds or (8 if toy else 240)
    labels = options.labels or (200 if toy else 500)
    rounds = options.epochs or (20 if toy else 8)
    if options.quick:
        seconds, rounds = options.seconds or 1.7, 2
        labels = options.labels or 60
    if toy:
        return Settings(task, toy, seconds, labels, rounds, 64, 2e-3, 1e-3)
    return Settings(task, toy, seconds, labels, rounds, 96, 1.5e-3, 5e-4)


def named(options: argparse.Namespace, task: str | None) -> str:
    """What metrics.json calls the data."""
    return "+".join(dict.fromkeys(filter(None, (options.data, task)))) or "generated opinions"


def frequencies(sentences: Sequence[Sequence[str]]) -> Counter[str]:
    """How often each word occurs; [UNK] and its like are no words."""
    left_out = ("<unk>", *SPECIALS)
    return Counter(token for tokens in sentences for token in tokens if token not in left_out)


def vocabulary(counts: Counter[str], toy: bool, tokens: list[str] | None) -> text.WordPiece:
    """The 6,000 words most frequent, of real text none that occurs once; or the kept tokens."""
    if tokens is None:
        frequent = [token for token, n in counts.most_common(6000) if n > 1 or toy]
        tokens = [*SPECIALS, *frequent]
    return text.WordPiece(tokens)


def baselines_of_seed(results: Results, data: text.Labelled,
                      chosen: np.ndarray) -> dict[str, float]:
    """The majority and naive Bayes, which see the chosen examples only."""
    few = data._replace(train=[data.train[i] for i in chosen])
    return labelled.baselines(results, few)


def print_seeds(results: Results, reached: dict[str, list[float]], counted: list[dict[str, float]],
                labels: int, tests: int) -> None:
    """Mean and standard deviation over the seeds: of each way to begin, and of the baselines."""
    print(f"\n{labels} labels, {tests} test texts, mean of three seeds")
    for name, values in reached.items():
        mean, deviation = np.mean(values), np.std(values, ddof=1)
        results.metric(**{f"test_accuracy_{name}": mean, f"standard_deviation_{name}": deviation})
        print(f"{name:20}{mean:.4f} +- {deviation:.4f}")
    for name in counted[0]:
        value = np.mean([found[name] for found in counted])
        results.baseline(**{f"{name}_accuracy": value})
        print(f"{name:20}{value:.4f}")


def report_pretraining(results: Results, name: str, kept: dict[str, Any]) -> None:
    """How many updates and tokens a pretraining had, and for how many of them there was a loss."""
    updates, share = kept["updates"], kept["lessons"] / kept["tokens"]
    print(f"{name}: {updates:,} updates, {kept['tokens']:,} tokens, a loss at {share:.0%} of them, "
          f"{kept['seconds']:.0f} CPU s")
    results.metric(**{f"updates_{name}": updates, f"share_of_tokens_with_a_loss_{name}": share})


def draw_curves(results: Results, curves: dict[str, Any], trigram: float) -> None:
    if curves:
        limit = {"AUC, trigram": trigram}
        results.figure("curves.svg", lambda path: viz.training_curves(
            curves, path, limit, "CPU seconds", "on held-out text"))
