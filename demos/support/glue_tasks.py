"""The tasks of glue.py, generated or loaded, and the table and figure of what models score."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text

from .panels import COLOURS, panels, tidy
from .run import Results

Raw = tuple[str, str | None, int]  # one or two sentences, and the label
Item = tuple[list[str], list[str] | None, int]  # the tokens of one or two sentences, and the label


def load_tasks(data: str | None, seed: int, quick: bool) -> list[text.Task]:
    """The tasks named in `data`, with commas between; for None three that are generated."""
    if data is None:
        return generated(seed, 600 if quick else 3000)
    return [text.load_task(name) for name in data.split(",") if name.strip()]


def generated(seed: int, size: int) -> list[text.Task]:
    """Acceptability, sentiment and paraphrase; a fifth of each is for dev."""
    rng = random.Random(seed)
    english = [words for words in text.load_sentences(None) if 5 <= len(words) <= 25]
    rng.shuffle(english)

    judged: list[Raw] = []  # every second sentence with its words shuffled
    for words in english:
        other = rng.sample(words, len(words)) if len(judged) % 2 else words
        judged.append((" ".join(other), None, int(other == words)))

    opinions = [(" ".join(tokens), None, label) for tokens, label in text.toy_sentiment(size, seed)]

    pairs: list[Raw] = []  # a sentence, and seven tenths of its words, or of another's
    for i, words in enumerate(english):
        same = rng.random() < 2 / 3
        other = words if same else english[(i + 1) % len(english)]
        kept = [word for word in other if rng.random() < 0.7] or other[:1]
        pairs.append((" ".join(words), " ".join(kept), int(same)))

    def task(name: str, pair: bool, metric: str, items: list[Any], classes: list[str]) -> text.Task:
        dev = -len(items) // 5
        return text.Task(name, pair, metric, items[:dev], items[dev:], classes)

    return [
        task("acceptability", False, "matthews_corrcoef", judged[:size], ["no", "yes"]),
        task("sentiment", False, "accuracy", opinions, ["negative", "positive"]),
        task("paraphrase", True, "f1_score", pairs[:size], ["no", "yes"]),
    ]


def tokens(sentence: str) -> list[str]:
    """Words; where there is Chinese, characters."""
    chinese = any("\u3400" <= c <= "\u9fff" for c in sentence)
    found = text.char_tokenize(sentence) if chinese else text.word_tokenize(sentence)
    return found or [text.UNK]


def split(task: text.Task, seed: int, quick: bool) -> tuple[list[Item], list[Item], list[Item]]:
    """To train on, to choose the epoch with (a tenth of the training examples), and to report."""
    train, dev = ([(tokens(a), None if b is None else tokens(b), label) for a, b, label in part]
                  for part in (task.train, task.dev))
    if quick:
        train, dev = train[:500], dev[:200]
    random.Random(seed).shuffle(train)
    tenth = len(train) // 10
    return train[tenth:], train[:tenth], dev


def report(results: Results, scores: dict[str, dict[str, float]], tasks: list[text.Task]) -> None:
    """Print, keep and draw the scores: row -> task -> score. "majority" is the baseline."""
    names = list(scores["majority"])
    print(f"\n{'':20}" + "".join(f"{name[-15:]:>16}" for name in [*names, "mean"]))
    for row, values in scores.items():
        line = [100 * values[name] for name in names]
        print(f"{row:20}" + "".join(f"{x:16.1f}" for x in [*line, np.mean(line)]))
        keep = results.baseline if row == "majority" else results.metric
        key = row.replace(" ", "_")
        keep(**{f"{name.replace(' ', '_')}_{key}": values[name] for name in names})
        keep(**{f"macro_{key}": float(np.mean(list(values.values())))})
    results.figure("scores.svg", scores_figure(scores, tasks))


def scores_figure(
    scores: dict[str, dict[str, float]], tasks: list[text.Task]
) -> Callable[[Path], Path]:
    """A group of bars for each task, and for the mean over all; below it its metric."""
    names = list(scores["majority"])
    groups = [*names, "mean"]
    units = {task.name: task.metric.replace("_", " ").replace("corrcoef", "") for task in tasks}

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        for k, (row, values) in enumerate(scores.items()):
            mean = np.mean(list(values.values()))
            heights = [100 * v for v in [*(values[name] for name in names), mean]]
            places = np.arange(len(groups)) + 0.27 * (k - 1)
            bars = panel.bar(places, heights, 0.25, label=row, color=("#999999", *COLOURS)[k],
                             hatch=("", "", "//")[k], edgecolor="white")
            panel.bar_label(bars, [f"{h:.0f}" for h in heights], fontsize=8)
        panel.set_xticks(range(len(groups)), [f"{name}\n{units.get(name, '')}" for name in groups])
        panel.axhline(0, color="#222222", linewidth=0.8)
        panel.set_ylim(top=112)
        tidy(panel, y="score, per cent")
        panel.legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(0, 1.12))

    return panels(1, 1, draw, width=1.5 * len(groups) + 1, height=3.8, words="".join(names))
