"""What serves electra.py: its flags, its settings for each kind of data, tables, and baselines."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinydawn import nn, optim, text
from tinydawn.text.wordpiece import SPECIALS

from . import labelled
from .own_text import is_own, suited
from .panels import COLOURS, STROKES, panels, tidy
from .run import Results
from .training import saving

TASKS = ("mr", "sst2", "subj", "waimai")  # corpora with labels: --data alone names the task as well


def add_flags(parser: argparse.ArgumentParser) -> None:
    """--task --seconds --labels --save --resume --load."""
    parser.add_argument("--task", metavar="NAME|PATH", help="labelled texts to fine-tune on, whose "
                        "training part is pretrained on as well; default: --data, where that is "
                        "mr, sst2, subj or waimai")
    parser.add_argument("--seconds", type=float, help="CPU seconds of each pretraining, so numbers "
                        "differ a little; default: a number of updates, some 5 seconds; of real "
                        "text 240, of your own by its amount: 240 for 900,000 words, twice as long "
                        "for four times")
    parser.add_argument("--labels", type=int, help="labelled texts to fine-tune on; default 500, "
                        "of the small language 200")
    saving(parser, "the pretrained ELECTRA")
    parser.add_argument("--load", metavar="FILE", help="do not pretrain: use an ELECTRA that was "
                        "kept, on the same data")


def check_flags(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if not all(x is None or 0 < x < np.inf for x in (options.labels, options.seconds)):
        parser.error("--labels and --seconds: numbers above 0")


class Settings(NamedTuple):
    """Of a run: the small language is quick, real text is larger."""

    toy: bool
    seconds: float  # CPU seconds of each pretraining
    updates: int  # of ELECTRA, in place of seconds; 0: by the clock
    labels: int  # how many labelled texts at most are fine-tuned on
    rounds: int  # passes over them
    width: int
    rate: float  # learning rate of pretraining
    generator_rate: float  # of the generator's own layers: its task is the easier one
    tuning_rate: float
    dropout: float  # in fine-tuning


def task_of(options: argparse.Namespace) -> str | None:
    """The name of the labelled texts; None: none, or of the small language."""
    return options.task or (options.data if options.data in TASKS else None)


def settings_for(options: argparse.Namespace, train: Sequence[Sequence[str]]) -> Settings:
    """What suits the texts to pretrain on, as far as flags do not say otherwise."""
    toy = options.data is None and options.task is None
    usual = 8.0 if toy else 240.0  # 240 on ptb
    if is_own(options.data) or is_own(options.task):
        usual, longer = suited({887_500: usual}, sum(map(len, train)))
        usual *= longer
    seconds = options.seconds or usual
    labels = options.labels or (200 if toy else 500)
    rounds = options.epochs or (10 if toy else 8)
    updates = 160 if toy and not options.seconds else 0
    if options.quick:
        seconds, rounds = options.seconds or 1.7, 2
        updates = min(updates, 50)
        labels = options.labels or 60
    if toy:
        return Settings(toy, seconds, updates, labels, rounds, 48, 4e-3, 4e-3, 1e-3, 0.0)
    return Settings(toy, seconds, updates, labels, rounds, 96, 1.5e-3, 1.5e-4, 5e-4, 0.1)


def named(options: argparse.Namespace, task: str | None) -> str:
    """What metrics.json calls the data."""
    return "+".join(dict.fromkeys(filter(None, (options.data, task)))) or "a small language"


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


# --- a pretraining ---


def sizes(width: int, longest: int) -> dict[str, Any]:
    """The settings of a Bert of two layers."""
    return {
        "hidden_size": width,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": longest,
        "initializer_range": width**-0.5,
    }


def plan(run: Settings, way: str, model: nn.Module, kept: dict[str, Any]) -> tuple[
        optim.AdamW, optim.lr_scheduler.LambdaLR, int | None]:
    """The optimizer, the rates, and how many updates; None: as many as fit into the seconds.

    A masked LM is one network in place of two, and makes half as many updates again in that time.
    """
    steps = int(run.updates * (1.5 if way == "masked_lm" else 1)) or None
    named = list(model.named_parameters())
    slow = [p for own, p in named if own.startswith("generator.")]
    fast = [p for own, p in named if not own.startswith("generator.")]
    groups = [{"params": fast, "lr": run.rate}]
    if slow:
        groups.append({"params": slow, "lr": run.generator_rate})
    optimizer = optim.AdamW(groups)

    def warm_up_and_decay(_: int) -> float:
        share = done(run, steps, kept)
        return max(0.01, min(20 * share, 1 - share))

    return optimizer, optim.lr_scheduler.LambdaLR(optimizer, warm_up_and_decay), steps


def done(run: Settings, steps: int | None, kept: dict[str, Any]) -> float:
    """How much of a pretraining is done, from 0 to 1."""
    return kept["updates"] / steps if steps else min(1.0, kept["seconds"] / run.seconds)


def next_batch(kept: dict[str, Any], encoded: list[list[int]], pad_id: int,
               rng: np.random.Generator) -> np.ndarray:
    """Ids (B, T) of sentences of like length; each comes once in an epoch."""
    if not kept["queue"]:
        kept["queue"] = text.bucket_batches([len(ids) for ids in encoded], 32, seed=rng)
    return text.pad([encoded[i] for i in kept["queue"].pop()], pad_id)[0]


def count(kept: dict[str, Any], judged: np.ndarray, lessons: int, seconds: float) -> None:
    """After an update: how much was read, at how many tokens there was a loss, how long it took."""
    kept["updates"] += 1
    kept["tokens"] += int(judged.sum())
    kept["lessons"] += int(lessons)
    kept["seconds"] += seconds


def report_pretraining(results: Results, reports: dict[str, list[dict[str, Any]]]) -> None:
    """Means over the seeds: updates, seconds, the share of tokens with a loss, the last AUC."""
    for name, kept in reports.items():
        found = {
            "updates": np.mean([one["updates"] for one in kept]),
            "cpu_seconds": np.mean([one["seconds"] for one in kept]),
            "share_of_tokens_with_a_loss": np.mean([one["lessons"] / one["tokens"]
                                                    for one in kept]),
        }
        print(f"{name.replace('_', ' ')}: {found['updates']:,.0f} updates, a loss at "
              f"{found['share_of_tokens_with_a_loss']:.0%} of the tokens, "
              f"{found['cpu_seconds']:.1f} CPU s", end="")
        last = [one["curve"][-1][1] for one in kept if one["curve"]]
        if last:
            measured = "masked_accuracy" if name == "masked_lm" else "auc"
            found[measured] = np.mean(last)
            print(f"; {measured.replace('_', ' ')} {np.mean(last):.3f}", end="")
            if len(last) > 1:
                found[f"standard_deviation_{measured}"] = np.std(last, ddof=1)
                print(f" +- {np.std(last, ddof=1):.3f}", end="")
        print()
        results.metric(**{f"{key}_{name}": value for key, value in found.items()})


# --- figures ---


def draw_curves(results: Results, reports: dict[str, list[dict[str, Any]]],
                trigram: float) -> None:
    """AUC by update: a line for each seed, in one colour and stroke for each way."""
    names = {"electra": "loss at every token", "electra_15": "loss at 15 % of the tokens"}
    drawn = {name: reports[name] for name in names if name in reports}
    if not drawn:
        return

    def draw(axes: list[Any]) -> None:
        for k, (name, kept) in enumerate(drawn.items()):
            for one in kept:
                axes[0].plot(*zip(*one["curve"], strict=True), color=COLOURS[k],
                             linestyle=STROKES[k], marker="os"[k], markersize=5)
            last = np.mean([one["curve"][-1][1] for one in kept])
            axes[0].text(1.02, last, f"{names[name]}\nAUC {last:.2f}", va="center",
                         color=COLOURS[k], fontsize=11, transform=axes[0].get_yaxis_transform())
        for level in (trigram, 0.5):
            axes[0].axhline(level, color="#777777", linestyle="--", linewidth=1)
        axes[0].text(0.01, trigram + 0.008, "surprise of a trigram", color="#555555", fontsize=10,
                     transform=axes[0].get_yaxis_transform())
        axes[0].text(0.98, 0.492, "guessing", color="#555555", fontsize=10, ha="right", va="top",
                     transform=axes[0].get_yaxis_transform())
        lowest = min(value for kept in drawn.values() for one in kept for _, value in one["curve"])
        axes[0].set(ylim=(min(0.45, lowest - 0.02), 1.0), xlim=(-3, None))
        title = "Which word was replaced? A loss at every token teaches more"
        if len(drawn["electra"]) > 1:
            title += " (three seeds)"
        tidy(axes[0], title, "update", "AUC on held-out text")

    results.figure("curves.svg", panels(1, 1, draw, 8, 4.5))


def draw_accuracies(results: Results, reached: dict[str, list[float]],
                    counted: list[dict[str, float]], labels: int) -> None:
    """A row for each way to begin, and for counting where that can do it: three seeds as dots,
    their mean as a line and a number."""
    names = {"electra": "ELECTRA", "masked_lm": "masked LM, as many seconds",
             "counts": "vectors from counts", "scratch": "from scratch"}
    beside = results.record["baselines"]
    levels = {"naive Bayes": beside["naive_bayes_accuracy"],
              "naive Bayes, pairs of words": beside["naive_bayes_bigrams_accuracy"],
              "most frequent class": beside["majority_accuracy"]}
    rows = [(names[name], values, "o^sD"[k], COLOURS[k])
            for k, (name, values) in enumerate(reached.items())]
    if "trigram_surprise" in counted[0]:
        rows.insert(0, ("counting: surprise\nof a trigram",
                        [found["trigram_surprise"] for found in counted], "X", "#777777"))

    def draw(axes: list[Any]) -> None:
        for k, (_, values, marker, colour) in enumerate(rows):
            axes[0].plot(values, [-k] * len(values), marker, color=colour, markersize=11,
                         alpha=0.75)
            mean = np.mean(values)
            axes[0].plot([mean, mean], [-k - 0.25, -k + 0.25], color=colour, linewidth=2)
            axes[0].text(mean, 0.3 - k, f"{mean:.2f}", ha="center", va="bottom", fontsize=11)
        for k, (name, level) in enumerate(levels.items()):
            axes[0].axvline(level, color="#777777", linestyle=(":", "-.", "--")[k], linewidth=1.2,
                            label=name)
        axes[0].set_yticks(range(0, -len(rows), -1), [name for name, *_ in rows], fontsize=11)
        axes[0].set_ylim(-len(rows) + 0.4, 0.75)
        axes[0].legend(frameon=False, fontsize=9.5, loc="lower right")
        tidy(axes[0], f"{labels} labels: three seeds and their mean", "test accuracy")

    results.figure("accuracy.svg", panels(1, 1, draw, 8, 4.5))
