"""The tasks of glue.py, generated or loaded, and the table and figure of what models score."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text
from tinydawn.text import lexicon

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

    pairs = paraphrases(size if size < 1000 else 5000, seed)

    def task(name: str, pair: bool, metric: str, items: list[Any], classes: list[str]) -> text.Task:
        dev = -len(items) // 5
        return text.Task(name, pair, metric, items[:dev], items[dev:], classes)

    return [
        task("acceptability", False, "matthews_corrcoef", judged[:size], ["no", "yes"]),
        task("sentiment", False, "accuracy", opinions, ["negative", "positive"]),
        task("paraphrase", True, "f1_score", pairs, ["no", "yes"]),
    ]


def paraphrases(size: int, seed: int) -> list[Raw]:
    """Two translations of one short German sentence, which say the same: two thirds of the pairs.

    In the others a person or a thing of the second is another one, or two of them have changed
    places: the same words, and who does what to whom is another matter.
    """
    rng = random.Random(seed)
    kind_of = {english: [other for _, _, other in nouns if other != english]
               for nouns in lexicon.NOUNS.values() for _, _, english in nouns}
    found: list[Raw] = []
    for source, _ in text.toy_translation(4 * size, seed):
        ways = [list(words) for words, _ in text.translations(source)] if len(source) <= 7 else []
        if len(ways) < 2:
            continue
        first, second = rng.sample(ways, 2)
        same = rng.random() < 2 / 3
        if not same:
            nouns = [i for i, word in enumerate(second) if word in kind_of]
            if len(nouns) > 1 and second[nouns[0]] != second[nouns[1]] and rng.random() < 0.5:
                i, j = nouns[:2]
                second[i], second[j] = second[j], second[i]
            else:
                i = rng.choice(nouns)
                second[i] = rng.choice(kind_of[second[i]])
        found.append((" ".join(first), " ".join(second), int(same)))
    return found[:size]


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


# As published, in per cent. GLUE: people of Nangia and Bowman (ACL 2019) and BERT-large of Devlin
# et al. (2019), from the leaderboard, as in table 2 of Liu et al., "Multi-Task Deep Neural Networks
# for Natural Language Understanding" (ACL 2019). It has no row for the majority: that is of the
# public dev sets, of MRPC the test set. SuperGLUE: Wang et al. (NeurIPS 2019), table 3; its row for
# the majority could not be looked up, so it is left out.
GLUE, SUPERGLUE = "GLUE, mean of 9 tasks", "SuperGLUE, mean of 8"
PEOPLE = {"CoLA": 66.4, "SST-2": 97.8, "MRPC": 86.3, GLUE: 87.1, SUPERGLUE: 89.8}
BERT_LARGE = {"CoLA": 60.5, "SST-2": 94.9, "MRPC": 89.3, GLUE: 80.5, SUPERGLUE: 69.0}
MAJORITY = {"CoLA": 0.0, "SST-2": 50.9, "MRPC": 79.9}
METRICS = {"CoLA": "Matthews' correlation", "SST-2": "accuracy", "MRPC": "F1"}


def published(results: Results) -> None:
    """Print, keep and draw what people and BERT score on the real tasks."""
    print(f"\n{'as published':24}{'majority':>10}{'BERT-large':>12}{'people':>8}{'to people':>11}")
    for name, people in PEOPLE.items():
        majority = f"{MAJORITY[name]:.1f}" if name in MAJORITY else "-"
        print(f"{name:24}{majority:>10}{BERT_LARGE[name]:12.1f}{people:8.1f}"
              f"{people - BERT_LARGE[name]:11.1f}")
    for key, name in (("glue", GLUE), ("superglue", SUPERGLUE)):
        results.baseline(**{f"{key}_people": PEOPLE[name], f"{key}_bert": BERT_LARGE[name]})
    results.baseline(mrpc_people=PEOPLE["MRPC"], mrpc_bert=BERT_LARGE["MRPC"])
    results.figure("published.svg", published_figure())


def published_figure() -> Callable[[Path], Path]:
    """Bars of the majority, BERT and people, on three tasks of GLUE and on both means."""

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        names = list(PEOPLE)
        rows = (("always the same answer", MAJORITY, "#BBBBBB", ""),
                ("BERT-large, 2018", BERT_LARGE, COLOURS[0], ""),
                ("people", PEOPLE, COLOURS[1], "//"))
        for k, (row, values, colour, hatch) in enumerate(rows):
            there = [i for i, name in enumerate(names) if name in values]
            bars = panel.bar([i + 0.27 * (k - 1) for i in there], [values[names[i]] for i in there],
                             0.25, label=row, color=colour, hatch=hatch, edgecolor="white")
            panel.bar_label(bars, [f"{values[names[i]]:.1f}" for i in there], fontsize=9)
        below = [f"{name}\n{METRICS[name]}" if name in METRICS else name.replace(", ", "\n")
                 for name in names]
        panel.set_xticks(range(len(names)), below)
        panel.axvline(2.5, color="#999999", linewidth=0.8)
        panel.set_ylim(0, 108)
        left = [PEOPLE[name] - BERT_LARGE[name] for name in (GLUE, SUPERGLUE)]
        tidy(panel, f"From BERT to people: {left[0]:.1f} points on GLUE, "
             f"{left[1]:.1f} on SuperGLUE", y="score, per cent")
        panel.legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(0, -0.13),
                     fontsize=10)

    return panels(1, 1, draw, width=8, height=4.5)


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
            panel.bar_label(bars, [f"{h:.0f}" for h in heights], fontsize=9)
        panel.set_xticks(range(len(groups)), [f"{name}\n{units.get(name, '')}" for name in groups])
        panel.axhline(0, color="#222222", linewidth=0.8)
        panel.set_ylim(top=112)
        tidy(panel, y="score, per cent")
        panel.legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(0, 1.12))

    return panels(1, 1, draw, width=max(8.0, 1.5 * len(groups) + 1), height=4.5,
                  words="".join(names))
