"""What the demos of BERT share: sentences as ids, masks, and the predictor that BERT is compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import nn, optim, text
from tinydawn.errors import DataError, message
from tinydawn.nn import functional as F
from tinydawn.text.wordpiece import SPECIALS
from tinydawn.viz.figure import INK

from .panels import COLOURS, panels
from .small_language import small_language

Examples = list[tuple[list[int], list[int]]]  # ids and segments of each


class Batch(NamedTuple):
    ids: np.ndarray  # (B, T), with masks
    segments: np.ndarray  # (B, T)
    real: np.ndarray  # (B, T), False on padding
    targets: np.ndarray  # (B, T), -100 where nothing is to be predicted


def sentences(data: str | None, split: str) -> list[list[str]]:
    """The sentences of a corpus, those of `small_language` for None. PTB's <unk> is [UNK], a token of the text."""
    if data is None:
        (everything, weights), (seed, size) = small_language(), (0, 8000) if split == "train" else (1, 800)
        return [everything[i] for i in np.random.default_rng(seed).choice(len(everything), size, p=weights)]
    return [["[UNK]" if word == "<unk>" else word for word in sentence] for sentence in text.load_sentences(data, split)]


def vocabulary(words: Sequence[Sequence[str]], size: int, level: str) -> text.WordPiece:
    """The `size` most frequent words, or as many pieces of words."""
    if level == "pieces":
        return text.WordPiece.train((" ".join(sentence) for sentence in words), size + len(SPECIALS))
    counts = Counter(word for sentence in words for word in sentence if word not in SPECIALS).most_common(size)
    return text.WordPiece([*SPECIALS, *(word for word, _ in counts)], lowercase=False)


def numbers(words: Sequence[str], pieces: text.WordPiece, level: str) -> list[int]:
    """The ids of words: one each, or one for each piece."""
    return [pieces[piece] for word in words for piece in ([word] if level == "words" else pieces.tokenize(word))]


def encode(words: Sequence[Sequence[str]], pieces: text.WordPiece, level: str, longest: int = 64) -> Examples:
    """[CLS] sentence [SEP] for each."""
    return [text.pack(numbers(sentence, pieces, level), None, pieces.cls_id, pieces.sep_id, longest) for sentence in words]


def known_enough(words: Sequence[Sequence[str]], pieces: text.WordPiece, level: str, file: str) -> None:
    """A model that was pretrained on other text is no help: refuse one whose vocabulary does not spell this text."""
    ids = np.array([i for sentence in words[:2000] for i in numbers(sentence, pieces, level)])
    if not len(ids):
        raise DataError(message(f"--load {file}: there is no text to compare its vocabulary with", fix="--data with more text"))
    if (share := float((ids == pieces.unk_id).mean())) > 0.4:
        raise DataError(message(f"--load {file}: {share:.0%} of the words of this text are not in the model's vocabulary",
                                fix="pretrain on text of this kind; the ids of another vocabulary mean other words"))


def never_masked(pieces: text.WordPiece, examples: Examples) -> list[int]:
    """The specials; but [UNK], where the text has it, is one of its words."""
    return [i for i in pieces.special_ids if i != pieces.unk_id or not any(i in ids for ids, _ in examples)]


def masked_batch(examples: Examples, indices: Any, pieces: text.WordPiece, never: list[int], rng: np.random.Generator,
                 whole_words: bool = False, **shares: float) -> Batch:
    """Some examples, padded and masked. The masks are drawn anew each time that an example comes (dynamic masking)."""
    ids, segments, real = text.pad_segments([examples[i] for i in indices], pieces.pad_id)
    starts = pieces.starts(ids.tolist()) if whole_words else None
    ids, targets = text.mask_tokens(ids, pieces.mask_id, len(pieces), never, starts=starts, rng=rng, **shares)
    return Batch(ids, segments, real, targets)


def held_out(examples: Examples, pieces: text.WordPiece, never: list[int], **shares: float) -> list[Batch]:
    """All examples with masks that stay the same, so that all models are asked the same questions."""
    rng, order = np.random.default_rng(7), text.bucket_batches([len(ids) for ids, _ in examples], 64, shuffle=False)
    return [masked_batch(examples, indices, pieces, never, rng, False, **shares) for indices in order]


@td.no_grad()
def log_probs(model: nn.Module, batches: Sequence[Batch]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At each position to be predicted: the guess (N,), the true token (N,), and log p of the true one (N,)."""
    training, found = model.training, []
    model.eval()
    for ids, segments, real, targets in batches:
        logits = model(ids, segments, real, targets >= 0)[0]  # (N, V)
        truth = targets[targets >= 0]
        found.append((logits.numpy().argmax(axis=1), truth, -F.cross_entropy(logits, truth, reduction="none").numpy()))
    model.train(training)
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))  # type: ignore[return-value]


class WindowMean(nn.Module):
    """CBOW as a masked language model: the mean of the vectors around a place -> logits over the vocabulary.

    It has two tables, of words around and of the word in the middle; tied, a word would have to predict itself. It is called
    as BertForPreTraining is. `skip` are the ids that tell nothing: the specials.
    """

    def __init__(self, V: int, D: int, skip: Sequence[int], window: int = 5) -> None:
        self.embedding, self.output = nn.Embedding(V, D), nn.Linear(D, V)
        self.skip, self.window = list(skip), window

    def forward(self, ids: np.ndarray, segments: Any, real: Any, positions: np.ndarray) -> tuple[td.Tensor, None]:
        places = np.arange(ids.shape[1])
        distance = np.abs(places - places[:, None])  # (T, T)
        near = (distance > 0) & (distance <= self.window) & ~np.isin(ids, self.skip)[:, None]  # (B, T, T): never itself
        weights = (near / np.maximum(near.sum(axis=2, keepdims=True), 1)).astype(np.float32)
        mean = td.Tensor(weights) @ self.embedding(ids)  # (B, T, T) @ (B, T, D) -> (B, T, D)
        return self.output(mean.flatten(0, 1)[np.flatnonzero(positions)]), None  # (N, D) -> (N, V)


def adamw(model: nn.Module, lr: float) -> optim.AdamW:
    """AdamW that shrinks matrices only, neither biases nor LayerNorm."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return optim.AdamW([{"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.01},
                        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0}], lr=lr)


def batch_figure(ids: np.ndarray, truth: np.ndarray, kinds: np.ndarray, real: np.ndarray,
                 pieces: text.WordPiece) -> Callable[[Path], Path]:
    """For Results.figure: what BERT reads, (B, T), in the colour of its kind (1 masked, 2 replaced, 3 kept; 0 not chosen)."""

    def draw(axes: list[Any]) -> None:
        for i in range(len(ids)):
            x = 0.0
            for t in np.flatnonzero(real[i]):
                token, true, kind = pieces.tokens[ids[i, t]], pieces.tokens[truth[i, t]], kinds[i, t]
                width = 0.1 * max(len(token), 0.85 * len(true) if kind else 1) + 0.15
                if x + width > 13:  # as much as the page is wide
                    break
                if kind:
                    axes[0].fill_between([x, x + width - 0.05], -i - 0.22, -i + 0.22, color=COLOURS[kind - 1], alpha=0.35, lw=0)
                    axes[0].text(x + width / 2, -i + 0.37, true, ha="center", va="center", fontsize=7, color=INK)
                axes[0].text(x + width / 2 - 0.02, -i, token, ha="center", va="center", fontsize=8.5, color=INK)
                x += width
        for k, name in enumerate(("masked", "replaced by a random word", "chosen, but left as it is")):
            axes[0].scatter([], [], marker="s", s=60, color=COLOURS[k], alpha=0.35, label=name)
        axes[0].set_xlim(0, 13)
        axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, 0.02), ncols=3, frameon=False, fontsize=9)
        axes[0].axis("off")

    return panels(1, 1, draw, 10, 0.55 * len(ids) + 0.6, "What BERT reads, and in small letters what it is asked for",
                  words="".join(pieces.tokens[i] for i in ids.flat))
