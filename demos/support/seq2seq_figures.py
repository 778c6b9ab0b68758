"""For seq2seq.py: its figures, each for Results.figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz

from .panels import COLOURS, STROKES, panels, tidy
from .parallel import Pairs, shown
from .seq2seq_report import Curve, Nats, Sentences


def length_figure(scores: dict[str, list[float]], sources: Sentences,
                  groups: Sequence[Any]) -> Callable[[Path], Any]:
    """BLEU of each model over the mean length of each group."""
    middles = [np.mean([len(sources[i]) for i in group]) for group in groups]
    lines = {name.replace("_", " "): list(zip(middles, values, strict=True))
             for name, values in scores.items()}
    return lambda path: viz.training_curves(
        lines, path, x_label="words of the source sentence", y_label="BLEU",
        title="BLEU by the length of the source")


def curves_figure(curves: dict[str, Curve]) -> Callable[[Path], Any]:
    """Perplexity of validation sentences over the seconds of training."""

    def draw(axes: list[Any]) -> None:
        from matplotlib.ticker import NullFormatter, NullLocator

        panel = axes[0]
        panel.set_yscale("log")
        ends = [curve[-1] for curve in curves.values()]
        for k, (name, curve) in enumerate(curves.items()):
            panel.plot(*zip(*curve, strict=True), color=COLOURS[k], linestyle=STROKES[k],
                       marker="os"[k], linewidth=2)
            over = ends[k][1] >= max(y for _, y in ends)
            panel.annotate(name.replace("_", " "), ends[k], (0, 12 if over else -12),
                           textcoords="offset points", color=COLOURS[k], fontsize=11, ha="center",
                           va="bottom" if over else "top")
        low, high = panel.get_ylim()
        panel.set_ylim(low / 1.08, high)
        ticks = [y for y in (1.1, 1.2, 1.3, 1.4, 1.6, 2, 3, 5, 10, 20, 50, 100) if y < high]
        panel.set_yticks(ticks, [f"{y:g}" for y in ticks])
        panel.yaxis.set_minor_locator(NullLocator())
        panel.yaxis.set_minor_formatter(NullFormatter())
        panel.grid(axis="y", color="#E5E5E5")
        panel.set_xlim(left=0, right=1.08 * max(x for x, _ in ends))
        tidy(panel, "The same time for both: perplexity of sentences not trained on",
             x="CPU seconds of training", y="validation perplexity, log scale")

    return panels(1, 1, draw, width=8, height=4.5)


def steps_figure(scores: np.ndarray, weights: np.ndarray, states: np.ndarray, context: np.ndarray,
                 source: Sequence[str], target: Sequence[str], t: int) -> Callable[[Path], Path]:
    """The three steps of attention for word t of the target, with their numbers.

    scores, weights (S,), states (S, D) and context (D,), of which the first entries are shown
    """
    entries = 4
    source = source[:14]
    scores, weights, states = scores[:14], weights[:14], states[:14]

    def bars(panel: Any, values: np.ndarray, title: str, colour: str) -> None:
        places = range(len(values))
        panel.bar(places, values, 0.6, color=colour)
        low, high = min(0.0, values.min()), max(0.0, values.max())
        room = 0.3 * (high - low)
        panel.set_ylim(low - (room if low < 0 else 0), high + room)
        for i, value in zip(places, values, strict=True):
            panel.text(i, value + (0.04 if value >= 0 else -0.04) * (high - low),
                       f"{value:.2f}".replace("-", "−"), ha="center", fontsize=9,
                       va="bottom" if value >= 0 else "top")
        panel.axhline(0, color="#222222", linewidth=0.8)
        panel.set_yticks([])
        panel.set_xlim(-0.6, len(values) + 0.6)
        panel.set_xticks(places, source, fontsize=10)
        panel.tick_params(length=0)
        panel.set_title(title, loc="left", fontsize=10)
        panel.spines[["top", "right", "left", "bottom"]].set_visible(False)

    def draw(axes: list[Any]) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        bars(axes[0], scores, f"1. scores  ã = hᵀ W s, before “{target[t]}”", COLOURS[6])
        bars(axes[1], weights, "2. weights  a = softmax(ã): they sum to 1", COLOURS[0])
        shown_ = np.column_stack([states[:, :entries].T, context[:entries]])  # (entries, S + 1)
        colours = LinearSegmentedColormap.from_list("signed", ["#D55E00", "#FFFFFF", "#0072B2"])
        reach = np.abs(shown_).max()
        panel = axes[2]
        panel.imshow(shown_, cmap=colours, vmin=-1.4 * reach, vmax=1.4 * reach, aspect="auto")
        for (row, column), value in np.ndenumerate(shown_):
            panel.text(column, row, f"{value:.2f}".replace("-", "−"), ha="center", va="center",
                       fontsize=9)
        panel.axvline(len(source) - 0.5, color="white", linewidth=8)
        panel.set_xlim(-0.6, len(source) + 0.6)
        names = [f"{weight:.2f} h" for weight in weights]
        panel.set_xticks(range(len(source) + 1), [*names, "= context"], fontsize=10)
        panel.set_yticks([])
        panel.tick_params(length=0)
        panel.spines[["top", "right", "left", "bottom"]].set_visible(False)
        panel.set_title(f"3. context  c = Σ a h: the first {entries} of {len(context)} numbers of "
                        "each state", loc="left", fontsize=10)

    return panels(3, 1, draw, width=8, height=1.55, words="".join([*source, *target]))


def padding_figure(pairs: Pairs, mask: np.ndarray, unmasked: np.ndarray,
                   masked: np.ndarray) -> Callable[[Path], Path]:
    """A batch of sentences with its padding, its mask, and where attention looks without it."""
    B, S = len(mask), min(mask.shape[1], 14)
    words = [[*shown(source).split(), "</s>"] for source, _ in pairs]
    words = [(row + ["<pad>"] * S)[:S] for row in words]

    def table(panel: Any, title: str, cells: Sequence[Sequence[str]], grounds: Any,
              inks: Any, size: float) -> None:
        from matplotlib.patches import Rectangle

        for b in range(B):
            for i in range(S):
                panel.add_patch(Rectangle((i + 0.02, b + 0.03), 0.96, 0.94,
                                          facecolor=grounds(b, i), edgecolor="#AAAAAA",
                                          linewidth=0.6))
                panel.text(i + 0.5, b + 0.5, cells[b][i], ha="center", va="center", fontsize=size,
                           color=inks(b, i))
        panel.set_xlim(0, S)
        panel.set_ylim(B, 0)
        panel.set_axis_off()
        panel.set_title(title, loc="left", fontsize=10)

    def draw(axes: list[Any]) -> None:
        longest = max(len(word) for row in words for word in row)
        size = min(9.0, 72 * 4.6 / S / (0.62 * longest))  # a cell is 4.6 / S inches wide
        table(axes[0], "A batch: sentences side by side, filled up with padding", words,
              lambda b, i: "#DCE9F5" if mask[b, i] else "#BBBBBB",
              lambda b, i: "#222222" if mask[b, i] else "#666666", max(7.5, size))
        table(axes[1], "Its mask: 1 is a word, 0 is padding",
              [[str(int(value)) for value in row[:S]] for row in mask],
              lambda b, i: "#FFFFFF" if mask[b, i] else "#222222",
              lambda b, i: "#222222" if mask[b, i] else "#FFFFFF", 9)
        for panel, title, weights in (
                (axes[2], "Attention before the first word, without the mask", unmasked),
                (axes[3], "The same with the mask: exactly 0 on padding", masked)):
            table(panel, title, [[f"{w:.2f}".lstrip("0") if w else "0" for w in row[:S]]
                                 for row in weights],
                  lambda b, i, w=weights: shade(w[b, i], mask[b, i]),
                  lambda b, i, w=weights: "white" if w[b, i] > 0.4 else "#222222", 9)

    def shade(weight: float, word: bool) -> tuple[float, ...]:
        """From nearly white to blue for a word, to orange for padding; small weights show too."""
        full = np.array([0, 114, 178] if word else [230, 110, 0]) / 255
        empty = np.array([240, 245, 250] if word else [225, 225, 225]) / 255
        return tuple(empty + (full - empty) * min(1.0, float(weight)) ** 0.5)

    letters = "".join(word for row in words for word in row)
    return panels(2, 2, draw, width=4.8, height=2.7, words=letters)


def mistake_figure(nats: Nats) -> Callable[[Path], Path]:
    """What the true words cost after one wrong word, and in the same places after the true ones."""

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        for k, (name, found) in enumerate((("after one wrong word of its own", nats.mistake),
                                          ("the same words after the true history", nats.truth))):
            distances = [d for d, values in found.items() if len(values) > 1]
            means = [np.mean(found[d]) for d in distances]
            errors = [np.std(found[d]) / np.sqrt(len(found[d])) for d in distances]
            panel.errorbar(distances, means, errors, color=COLOURS[1 - k], marker="os"[k],
                           linestyle=STROKES[k], linewidth=2, capsize=4, label=name)
        panel.set_xticks(range(1, nats.farthest + 1))
        panel.set_ylim(bottom=0)
        more = nats.harmed()
        tidy(panel, f"One wrong word costs the next {more}, then the model has recovered "
             "(bars: standard errors)" if more < nats.farthest else "What one wrong word costs",
             x="words after the mistake", y="nats for the true word (0: it is certain)")
        panel.legend(frameon=False, fontsize=10, loc="upper right")

    return panels(1, 1, draw, width=8, height=4.5)


def network_figure(source: Sequence[str], target: Sequence[str],
                   weights: np.ndarray | None) -> Callable[[Path], Path]:
    """Encoder and decoder, unrolled over one sentence: a box for each state, above its word.

    weights  attention (T, S), drawn as the width of its arrows; None: all goes through one vector
    """
    source, target = source[:14], target[:14]
    S, T = len(source), len(target)
    wide = max(S, T) + 2.0
    green, grey = "#00714F", "#777777"
    read, write, fed = 1.0, 3.3, (0, (2.5, 1.5))  # heights of the states; dashes of what is read

    def box(panel: Any, x: float, y: float, label: str, colour: str) -> None:
        from matplotlib.patches import FancyBboxPatch

        panel.add_patch(FancyBboxPatch((x - 0.36, y - 0.2), 0.72, 0.4, facecolor=colour,
                                       edgecolor="#333333", linewidth=1.2, zorder=3,
                                       boxstyle="round,pad=0,rounding_size=0.08"))
        panel.text(x, y, label, ha="center", va="center", fontsize=11, zorder=4)

    def arrow(panel: Any, start: tuple[float, float], end: tuple[float, float], width: float = 1.2,
              colour: str = "#333333", style: str = "-|>", alpha: float = 1.0,
              dashes: Any = "-") -> None:
        panel.annotate("", end, start, zorder=2, arrowprops={
            "arrowstyle": style, "linewidth": width, "color": colour, "shrinkA": 0, "shrinkB": 0,
            "mutation_scale": 11, "alpha": alpha, "linestyle": dashes})

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        xs, xt = np.arange(S) + (wide - S) / 2 + 0.6, np.arange(T) + (wide - T) / 2 + 0.6
        first = min(xs[0], xt[0] - 1) - 0.1  # where s_0 stands
        for i, word in enumerate(source):
            box(panel, xs[i], read, f"h$_{{{i + 1}}}$", "#DCE9F5")
            panel.text(xs[i], 0.3, word, ha="center", va="top", fontsize=11)
            arrow(panel, (xs[i], 0.42), (xs[i], 0.8))
            if i:
                arrow(panel, (xs[i - 1] + 0.36, read), (xs[i] - 0.36, read), style="<|-|>")
        box(panel, first, write, "s$_0$", "#FBE3D0")
        panel.text(first, 4.15, "<s>", ha="center", va="bottom", fontsize=11, color=green)
        for t, word in enumerate(target):
            box(panel, xt[t], write, f"s$_{{{t + 1}}}$", "#FBE3D0")
            panel.text(xt[t], 4.15, word, ha="center", va="bottom", fontsize=11)
            arrow(panel, (xt[t], write + 0.2), (xt[t], 4.1))
            before = xt[t - 1] if t else first
            arrow(panel, (before + 0.36, write), (xt[t] - 0.36, write))
            arrow(panel, (before + 0.14, 4.12), (xt[t] - 0.2, write + 0.21), 1.4, green, dashes=fed)
        if weights is None:
            middle = (xs[0] + xs[-1]) / 2
            box(panel, middle, 2.1, "context", "#E8E8E8")
            for x in (xs[0], xs[-1]):
                arrow(panel, (x, 1.2), (middle, 1.88), 2)
            for x in (first, *xt):
                arrow(panel, (middle, 2.32), (x, write - 0.22), 2)
            title = "Without attention: one vector, whatever the word"
        else:
            low = 1.45  # s_0 comes from the last state of each direction, h_S and h_1
            panel.plot([xs[-1] + 0.2, xs[-1] + 0.2, first], [1.2, low, low], color=grey, zorder=1)
            panel.plot([xs[0] - 0.2, xs[0] - 0.2], [1.2, low], color=grey, zorder=1)
            arrow(panel, (first, low), (first, write - 0.2), 1.4, grey)
            for t in range(T):
                for i in np.flatnonzero(weights[t, :S] > 0.03):
                    arrow(panel, (xs[i], 1.2), (xt[t], write - 0.22), 0.6 + 4.5 * weights[t, i],
                          COLOURS[0], alpha=0.35 + 0.65 * float(weights[t, i]))
            panel.text(xs[-1] + 0.4, 4.75, "grey: the last state of each direction gives s$_0$",
                       va="center", ha="right", fontsize=10, color="#555555")
            title = "With attention: before each word a look at all states (wider: more weight)"
        panel.text(first - 0.65, read, "encoder", rotation=90, ha="center", va="center",
                   fontsize=11)
        panel.text(first - 0.65, write, "decoder", rotation=90, ha="center", va="center",
                   fontsize=11)
        panel.text(first - 0.8, 4.75, "dashed: the word is read before the next one is written",
                   va="center", fontsize=10, color=green)
        panel.set_xlim(first - 0.85, xs[-1] + 0.5)
        panel.set_ylim(0, 4.9)
        panel.set_axis_off()
        panel.set_title(title, loc="left", fontsize=12)

    return panels(1, 1, draw, width=8.6, height=4.8, words="".join([*source, *target]))
