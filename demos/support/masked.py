"""What the demos of BERT share: sentences as ids, masks, and what BERT is compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import nn, optim, text
from tinydawn.errors import DataError, message
from tinydawn.nn import functional as F
from tinydawn.text.wordpiece import SPECIALS

from .panels import check_letters
from .small_language import small_language

Examples = list[tuple[list[int], list[int]]]  # ids and segments of each


class Batch(NamedTuple):
    ids: np.ndarray  # (B, T), with masks
    segments: np.ndarray  # (B, T)
    real: np.ndarray  # (B, T), False on padding
    targets: np.ndarray  # (B, T), -100 where nothing is to be predicted


# --- sentences as ids ---


def sentences(data: str | None, split: str) -> list[list[str]]:
    """The sentences of a corpus, those of `small_language` for None.

    PTB's <unk> is [UNK], a token of the text.
    """
    if data is None:
        everything, weights = small_language()
        seed, size = (0, 8000) if split == "train" else (1, 800)
        drawn = np.random.default_rng(seed).choice(len(everything), size, p=weights)
        return [everything[i] for i in drawn]
    found = text.load_sentences(data, split)
    check_letters(found)
    return [["[UNK]" if word == "<unk>" else word for word in sentence] for sentence in found]


def vocabulary(words: Sequence[Sequence[str]], size: int, level: str) -> text.WordPiece:
    """The `size` most frequent words, or as many pieces of words."""
    if level == "pieces":
        lines = (" ".join(sentence) for sentence in words)
        return text.WordPiece.train(lines, size + len(SPECIALS))
    counts = Counter(word for sentence in words for word in sentence if word not in SPECIALS)
    frequent = [word for word, _ in counts.most_common(size)]
    return text.WordPiece([*SPECIALS, *frequent], lowercase=False)


def numbers(words: Sequence[str], pieces: text.WordPiece, level: str) -> list[int]:
    """The ids of words: one each, or one for each piece."""
    if level == "words":
        return [pieces[word] for word in words]
    return [pieces[piece] for word in words for piece in pieces.tokenize(word)]


def encode(words: Sequence[Sequence[str]], pieces: text.WordPiece, level: str,
           longest: int = 64) -> Examples:
    """[CLS] sentence [SEP] for each."""
    return [text.pack(numbers(sentence, pieces, level), None, pieces.cls_id, pieces.sep_id, longest)
            for sentence in words]


def known_enough(words: Sequence[Sequence[str]], pieces: text.WordPiece, level: str,
                 file: str) -> None:
    """A model that was pretrained on other text is no help.

    Refuse one whose vocabulary does not spell this text.
    """
    ids = np.array([i for sentence in words[:2000] for i in numbers(sentence, pieces, level)])
    if not len(ids):
        raise DataError(message(
            f"--load {file}: there is no text to compare its vocabulary with",
            fix="--data with more text"))
    share = float((ids == pieces.unk_id).mean())
    if share > 0.4:
        raise DataError(message(
            f"--load {file}: {share:.0%} of the words of this text are not in the model's "
            "vocabulary",
            fix="pretrain on text of this kind; the ids of another vocabulary mean other words"))


# --- masks ---


def never_masked(pieces: text.WordPiece, examples: Examples) -> list[int]:
    """The specials; but [UNK], where the text has it, is one of its words."""
    unknown_in_text = any(pieces.unk_id in ids for ids, _ in examples)
    return [i for i in pieces.special_ids if i != pieces.unk_id or not unknown_in_text]


def masked_batch(examples: Examples, indices: Any, pieces: text.WordPiece, never: list[int],
                 rng: np.random.Generator, whole_words: bool = False, **shares: float) -> Batch:
    """Some examples, padded and masked.

    The masks are drawn anew each time that an example comes (dynamic masking).
    """
    ids, segments, real = text.pad_segments([examples[i] for i in indices], pieces.pad_id)
    starts = pieces.starts(ids.tolist()) if whole_words else None
    ids, targets = text.mask_tokens(ids, pieces.mask_id, len(pieces), never, starts=starts,
                                    rng=rng, **shares)
    return Batch(ids, segments, real, targets)


def held_out(examples: Examples, pieces: text.WordPiece, never: list[int],
             **shares: float) -> list[Batch]:
    """All examples with masks that stay the same: all models are asked the same questions."""
    rng = np.random.default_rng(7)
    order = text.bucket_batches([len(ids) for ids, _ in examples], 64, shuffle=False)
    return [masked_batch(examples, indices, pieces, never, rng, **shares) for indices in order]


@td.no_grad()
def log_probs(model: nn.Module,
              batches: Sequence[Batch]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At each position to be predicted: the guess, the true token, and log p of the true one.

    Three arrays (N,).
    """
    training = model.training
    model.eval()
    guesses, truths, log_p = [], [], []
    for ids, segments, real, targets in batches:
        logits, _ = model(ids, segments, real, targets >= 0)  # (N, V)
        truth = targets[targets >= 0]  # (N,)
        guesses.append(logits.numpy().argmax(axis=1))
        truths.append(truth)
        log_p.append(-F.cross_entropy(logits, truth, reduction="none").numpy())
    model.train(training)
    return np.concatenate(guesses), np.concatenate(truths), np.concatenate(log_p)


# --- models, and how they are trained ---


class WindowMean(nn.Module):
    """CBOW as a masked language model: the mean of the vectors around a place -> logits over V.

    It has two tables, of words around and of the word in the middle; tied, a word would have to
    predict itself. It is called as BertForPreTraining is. `skip` are the ids that tell nothing:
    the specials.
    """

    def __init__(self, V: int, D: int, skip: Sequence[int], window: int = 5) -> None:
        self.embedding = nn.Embedding(V, D)
        self.output = nn.Linear(D, V)
        self.skip = list(skip)
        self.window = window

    def forward(self, ids: np.ndarray, segments: Any, real: Any,
                positions: np.ndarray) -> tuple[td.Tensor, None]:
        places = np.arange(ids.shape[1])
        distance = np.abs(places - places[:, None])  # (T, T)
        near = (distance > 0) & (distance <= self.window)  # (T, T): never itself
        near = near & ~np.isin(ids, self.skip)[:, None]  # (B, T, T)
        count = np.maximum(near.sum(axis=2, keepdims=True), 1)  # (B, T, 1)
        weights = (near / count).astype(np.float32)  # (B, T, T)
        mean = td.Tensor(weights) @ self.embedding(ids)  # (B, T, T) @ (B, T, D) -> (B, T, D)
        asked = mean.flatten(0, 1)[np.flatnonzero(positions)]  # (N, D)
        return self.output(asked), None  # (N, D) -> (N, V)


def adamw(model: nn.Module, lr: float) -> optim.AdamW:
    """AdamW that shrinks matrices only, neither biases nor LayerNorm."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim == 1]
    return optim.AdamW([{"params": matrices, "weight_decay": 0.01},
                        {"params": vectors, "weight_decay": 0.0}], lr=lr)
