"""What bert.py prints and draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text, viz
from tinydawn.errors import DataError, message
from tinydawn.viz.figure import INK

from . import masked
from .bert_texts import Start
from .panels import COLOURS, panels
from .run import Results

WIDE = 13  # of batch.svg: as much as the page is

FILL = {None: ["at night the [MASK] eats the frog", "at night the frog eats the [MASK]",
               "the keys near the lamp [MASK] old", "the clerk counts money at the [MASK]",
               "the duck rests low at the [MASK]"],
        "ptb": ["the company said it will [MASK] its shares",
                "the bank raised its [MASK] rate to N N",
                "in new [MASK] stock exchange composite trading yesterday",
                "he is a [MASK] of the board", "she has n't [MASK] it"]}


def half_width(share: float, count: int) -> float:
    """Of the 95 % interval of a share that was measured on so many."""
    return float(1.96 * np.sqrt(share * (1 - share) / count))


def show_accuracy(keep: Callable[..., None], key: str, name: str, guess: np.ndarray,
                  true: np.ndarray) -> None:
    """Print how often the guess is the true token, with its interval, and keep it as `key`."""
    if not len(true):  # of a small text, perhaps no word was replaced
        return
    share = float((guess == true).mean())
    keep(**{key: share})
    print(f"{name:42}{share:7.3f} +- {half_width(share, len(true)):.3f}")


def sentences_to_fill(asked: Sequence[str] | None, data: str | None,
                      held_out: Sequence[Sequence[str]], start: Start) -> list[str]:
    """Sentences with [MASK] in them: those of --fill, else written for the corpus or held out.

    DataError for one that could not be filled in, which is better known before the training.
    """
    longest = start.sizes.get("max_position_embeddings", 128)
    for sentence in asked or ():
        ids = masked.numbers(sentence.split(), start.pieces, start.level)
        if start.pieces.mask_id not in ids:
            raise DataError(message(f"--fill {sentence!r}: there is no [MASK] in it",
                                    fix='--fill "he [MASK] it", with spaces around [MASK]'))
        if len(ids) + 2 > longest:  # [CLS] and [SEP]
            raise DataError(message(f"--fill: a sentence of {len(ids)} tokens",
                                    fix=f"at most {longest - 2}"))
    if asked:
        return list(asked)
    if data in FILL:
        return FILL[data]
    chosen = [sentence for sentence in held_out if 8 < len(sentence) < 20][:3]
    return [" ".join([*sentence[:5], "[MASK]", *sentence[6:]]) for sentence in chosen]


def accuracy_figure(results: Results, curves: dict[str, list[tuple[float, float]]]) -> None:
    """Held-out accuracy by CPU second, with the baselines that have no curve as dashed lines."""
    levels = {key.removesuffix("_accuracy").replace("_", " "): value
              for key, value in results.record["baselines"].items() if "window" not in key}
    results.figure("accuracy.svg", lambda path: viz.training_curves(
        curves, path, levels, "CPU seconds", "held-out accuracy"))


def batch_figure(ids: np.ndarray, truth: np.ndarray, kinds: np.ndarray, real: np.ndarray,
                 pieces: text.WordPiece) -> Callable[[Path], Path]:
    """For Results.figure: what BERT reads, in the colour of its kind.

    kinds  (B, T), as all: 1 masked, 2 replaced, 3 kept, 0 not chosen. Drawn are the first four
           rows, and of what is replaced or kept two more each
    """
    rows = [0, 1, 2, 3]
    for kind in (2, 3):
        has_kind = (kinds[4:] == kind).any(axis=1)
        rows += (np.flatnonzero(has_kind)[:2] + 4).tolist()
    ids, truth, kinds, real = ids[rows], truth[rows], kinds[rows], real[rows]

    def draw(axes: list[Any]) -> None:
        for i in range(len(ids)):
            _sentence(axes[0], -i, ids[i], truth[i], kinds[i], real[i], pieces)
        names = ("masked", "replaced by a random word", "chosen, but left as it is")
        for k, name in enumerate(names):
            axes[0].scatter([], [], marker="s", s=60, color=COLOURS[k], alpha=0.35, label=name)
        axes[0].set_xlim(0, WIDE)
        axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, 0.02), ncols=3, frameon=False,
                       fontsize=9)
        axes[0].axis("off")

    return panels(1, 1, draw, 10, 0.55 * len(ids) + 0.6,
                  "What BERT reads, and in small letters what it is asked for",
                  words="".join(pieces.tokens[i] for i in ids.flat))


def _sentence(axes: Any, y: int, ids: np.ndarray, truth: np.ndarray, kinds: np.ndarray,
              real: np.ndarray, pieces: text.WordPiece) -> None:
    """One row of the figure: arrays (T,)."""
    x = 0.0
    for t in np.flatnonzero(real):
        token, true, kind = pieces.tokens[ids[t]], pieces.tokens[truth[t]], kinds[t]
        letters = max(len(token), 0.85 * len(true)) if kind else max(len(token), 1)
        width = 0.1 * letters + 0.15
        if x + width > WIDE:
            break
        if kind:
            axes.fill_between([x, x + width - 0.05], y - 0.22, y + 0.22, color=COLOURS[kind - 1],
                              alpha=0.35, lw=0)
            axes.text(x + width / 2, y + 0.37, true, ha="center", va="center", fontsize=7,
                      color=INK)
        axes.text(x + width / 2 - 0.02, y, token, ha="center", va="center", fontsize=8.5, color=INK)
        x += width
