"""What electra.py measures on held-out text, and its picture: sentences with words replaced."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import text
from tinydawn.errors import DataError, message
from tinydawn.metrics import accuracy, roc_auc
from tinydawn.models.bert import Bert, BertForPreTraining, BertForSequenceClassification
from tinydawn.models.electra import Electra, replace
from tinydawn.viz.figure import INK

from . import labelled, masked
from .panels import COLOURS, panels
from .small_language import one_word_wrong

Sentences = list[list[str]]


def texts(options: argparse.Namespace,
          task: str | None) -> tuple[text.Labelled | None, Sentences, Sentences]:
    """The labelled texts of the task, if there is one; sentences to pretrain on; others to judge.

    Those to judge are of --data, if it is text without labels. Without --data and --task, all is
    of the small language.
    """
    if options.data is None and task is None:
        size = 500 if options.quick else 2000
        data = text.Labelled(one_word_wrong(size, 2), [], one_word_wrong(600, 3),
                             ["a word is wrong", "right"])
        return data, masked.sentences(None, "train"), masked.sentences(None, "validation")[:400]
    only_text = options.data is not None and options.data != task
    data = labelled.load(task, options.seed, options.quick) if task or not only_text else None
    train = [tokens for tokens, _ in data.train] if data else []
    test = [tokens for tokens, _ in data.test] if data else []
    if only_text:
        most, most_to_judge = (2000, 300) if options.quick else (None, None)
        train = text.load_sentences(options.data, "train")[:most] + train
        test = text.load_sentences(options.data, "test")[:most_to_judge]
    if sum(map(len, test)) < 20:  # of which some have to be replaced
        raise DataError(message(f"{sum(map(len, test))} words of held-out text to judge",
                                fix="--data or --task with more text"))
    return data, train, test


def begin_from_counts(body: Bert, sentences: list[list[int]], contexts: int = 2000) -> Bert:
    """Start a BERT's word embeddings from counts, its positions from waves. Returns it.

    Which words are alike can be counted: what stands directly left and right of each, as PPMI, cut
    down to the model's width by an SVD (see word_vectors.py). A minute of training is saved in two
    seconds. Positions that are near each other begin alike.

    sentences  ids, where the most frequent words have the lowest ids
    contexts   so many of these are counted as neighbours
    """
    table = body.embeddings.word_embeddings.weight  # (V, D)
    positions = body.embeddings.position_embeddings.weight  # (T, D)
    V, D = table.shape
    C, ids = min(V, contexts), np.concatenate(sentences)  # [SEP] [CLS] is a neighbourhood too
    near = np.zeros((V, 2 * C), np.float32)
    for word, other, side in ((ids[1:], ids[:-1], 0), (ids[:-1], ids[1:], C)):
        np.add.at(near, (word[other < C], other[other < C] + side), 1)
    u, s, _ = text.truncated_svd(text.ppmi(near), min(D, V), iterations=3)
    vectors = u * np.sqrt(s)  # (V, D)
    seen = vectors.any(axis=1)
    table.data[seen, :vectors.shape[1]] = vectors[seen] / vectors[seen].std() / np.sqrt(D)
    positions.data[...] = td.nn.sinusoidal_positions(*positions.shape) * np.sqrt(2 / D)
    return body


class Judged(NamedTuple):
    """Held-out sentences, as the discriminator saw them: lists of arrays (T,), and one number."""

    true: list[np.ndarray]
    read: list[np.ndarray]  # what stood there instead, in some places
    p: list[np.ndarray]  # P(replaced)
    generator_accuracy: float  # how often the likeliest filling is the true token

    def flat(self, special: Sequence[int],
             scores: list[np.ndarray] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """P(replaced), or other scores, of all tokens that count, and which were replaced."""
        true = np.concatenate(self.true)
        replaced = np.concatenate(self.read) != true
        counted = ~np.isin(true, special)
        return np.concatenate(scores or self.p)[counted], replaced[counted]


@td.no_grad()
def judge(model: Electra, sentences: list[list[int]], vocab: text.WordPiece,
          frequency: np.ndarray | None = None) -> Judged:
    """Let the generator replace words, and the discriminator find them; always the same masks.

    frequency  (V,) counts: words are drawn by these, without a look at the sentence; None: by the
               generator
    """
    rng, parts, hits = np.random.default_rng(0), [], []
    training = model.training
    model.eval()
    for i in range(0, len(sentences), 64):
        ids, lengths = text.pad(sentences[i:i + 64], vocab.pad_id)  # (B, T)
        inputs, targets = text.mask_tokens(ids, vocab.mask_id, len(vocab), vocab.special_ids,
                                           masked=0.85, replaced=0, rng=rng)  # (B, T)
        fillings = model.fill(inputs, targets, None, ids != vocab.pad_id)  # (N, V)
        hits.append(fillings.argmax(axis=1).numpy() == targets[targets >= 0])
        if frequency is not None:
            logits = np.log(np.maximum(frequency, 1e-9))  # (V,)
            fillings = td.Tensor(np.tile(logits, (len(fillings), 1)))
        read, _ = replace(inputs, targets, fillings, rng)
        replaced = td.sigmoid(model.judge(read, None, ids != vocab.pad_id)).numpy()  # (B, T)
        parts += [(ids[b, :n], read[b, :n], replaced[b, :n]) for b, n in enumerate(lengths)]
    model.train(training)
    true, filled, replaced_p = (list(column) for column in zip(*parts, strict=True))
    return Judged(true, filled, replaced_p, float(np.concatenate(hits).mean()))


def auc(model: Electra, sentences: list[list[int]], vocab: text.WordPiece) -> float:
    return roc_auc(*judge(model, sentences, vocab).flat(vocab.special_ids))


@td.no_grad()
def masked_accuracy(model: BertForPreTraining, sentences: list[list[int]],
                    vocab: text.WordPiece) -> float:
    """How often the likeliest word for a hidden one is the true one."""
    rng, hits = np.random.default_rng(0), []
    training = model.training
    model.eval()
    for i in range(0, len(sentences), 64):
        ids, _ = text.pad(sentences[i:i + 64], vocab.pad_id)
        inputs, targets = text.mask_tokens(
            ids, vocab.mask_id, len(vocab), vocab.special_ids, rng=rng)  # (B, T)
        logits, _ = model(inputs, None, ids != vocab.pad_id, targets >= 0)  # (N, V)
        hits.append(logits.argmax(axis=1).numpy() == targets[targets >= 0])
    model.train(training)
    return float(np.concatenate(hits).mean())


@td.no_grad()
def classify(classifier: BertForSequenceClassification, texts: list[list[int]],
             pad_id: int) -> np.ndarray:
    """The likeliest class of each text, (N,)."""
    classifier.eval()
    found = np.empty(len(texts), np.int64)
    for indices in text.bucket_batches([len(ids) for ids in texts], 100, shuffle=False):
        ids, _ = text.pad([texts[i] for i in indices], pad_id)  # (B, T)
        found[indices] = classifier(ids, None, ids != pad_id).argmax(axis=1).numpy()
    return found


def trigram_surprise(train: list[list[int]], sentences: list[np.ndarray],
                     outcomes: int) -> list[np.ndarray]:
    """-log p of each token after the two before it, plus that of the next one: what counting knows.

    [CLS] begins a sentence.
    """
    model = text.KneserNey([sentence[1:] for sentence in train], 3, int(train[0][0]), outcomes)
    surprise = -model.log_probs([sentence[1:].tolist() for sentence in sentences])
    rows = np.split(surprise, np.cumsum([len(sentence) - 1 for sentence in sentences])[:-1])
    return [np.concatenate([[0.0], row + np.append(row[1:], 0.0)]) for row in rows]


def trigram_auc(models: Sequence[Electra], train: list[list[int]], held_out: list[list[int]],
                vocab: text.WordPiece) -> float:
    """AUC of `trigram_surprise`, the mean over what the generator of each model puts in."""
    seen = [judge(model, held_out, vocab) for model in models]
    surprise = trigram_surprise(train, [read for one in seen for read in one.read], len(vocab) - 3)
    n = len(held_out)
    return float(np.mean([roc_auc(*one.flat(vocab.special_ids, surprise[k * n:(k + 1) * n]))
                          for k, one in enumerate(seen)]))


def largest_surprise(train: list[list[int]], sentences: list[list[int]], V: int) -> np.ndarray:
    """The largest `trigram_surprise` in each sentence, (N,)."""
    rows = trigram_surprise(train, [np.array(ids) for ids in sentences], V - 3)
    return np.array([row.max() for row in rows])


def surprise_accuracy(few: np.ndarray, few_labels: Sequence[int], tested: np.ndarray,
                      tested_labels: Sequence[int]) -> float:
    """Test accuracy of "right (1) where the largest surprise is not above a threshold", the best
    one on the few labelled sentences.

    few, tested  `largest_surprise` of each sentence (N,)
    """
    limits = np.sort(few)
    shares = [accuracy(few <= limit, np.equal(few_labels, 1)) for limit in limits]
    return accuracy(tested <= limits[np.argmax(shares)], np.equal(tested_labels, 1))


def numbers(model: Electra, judged: Judged, train: list[list[int]], held_out: list[list[int]],
            vocab: text.WordPiece,
            counts: Counter[str]) -> tuple[dict[str, float], dict[str, float]]:
    """What is to be printed: of the model, and of what it has to beat.

    auc_trigram             of `trigram_surprise` as the score
    auc_drawn_by_frequency  of the discriminator, where the words put in were drawn by frequency
    """
    frequency = np.array([counts[token] for token in vocab.tokens])
    p, replaced = judged.flat(vocab.special_ids)
    easier = judge(model, held_out, vocab, frequency).flat(vocab.special_ids)
    outcomes = len(vocab) - 3  # all but [PAD], [CLS] and [MASK] can be next
    surprise = trigram_surprise(train, judged.read, outcomes)
    found = {
        "auc": roc_auc(p, replaced),
        "auc_drawn_by_frequency": roc_auc(*easier),
        "accuracy": accuracy(p > 0.5, replaced),
        "share_replaced": replaced.mean(),
        "generator_masked_accuracy": judged.generator_accuracy,
    }
    beside = {
        "auc_trigram": roc_auc(*judged.flat(vocab.special_ids, surprise)),
        "accuracy_always_original": 1 - replaced.mean(),
        "masked_accuracy_most_frequent_word": frequency.max() / frequency.sum(),
    }
    return found, beside


def replaced_figure(judged: Judged, vocab: text.WordPiece, count: int = 5) -> Callable[..., Any]:
    """For Results.figure: some sentences, each word on a ground as dark as P(replaced); below it
    that number, above it what stood there, if it was replaced."""
    fitting = [i for i, (true, read) in enumerate(zip(judged.true, judged.read, strict=True))
               if 7 <= len(true) <= 14 and (true != read).any()]
    chosen = (fitting or list(range(len(judged.true))))[:count]
    columns = min(12, max(len(judged.true[i]) - 2 for i in chosen))

    def draw(axes: list[Any]) -> None:
        from matplotlib.patches import Rectangle

        for row, i in enumerate(chosen):
            true, read, p = judged.true[i][1:-1], judged.read[i][1:-1], judged.p[i][1:-1]
            for t in range(min(columns, len(true))):
                wrong, left, low = true[t] != read[t], t - 0.46, -row - 0.28
                axes[0].add_patch(Rectangle(
                    (left, low), 0.92, 0.36, facecolor=(COLOURS[0], 0.8 * float(p[t])),
                    edgecolor=COLOURS[1] if wrong else "#BBBBBB", linewidth=3 if wrong else 0.8))
                axes[0].text(t, -row - 0.1, word(read[t]), ha="center", va="center", fontsize=10.5,
                             color="white" if p[t] > 0.8 else INK)
                if read[t] not in vocab.special_ids:  # an unknown word is not judged
                    axes[0].text(t, -row - 0.41, f"{p[t]:.2f}", ha="center", va="center",
                                 fontsize=9, color="#555555")
                if wrong:
                    axes[0].text(t, 0.2 - row, word(true[t]), ha="center", va="center",
                                 fontsize=10, color=COLOURS[1])
        axes[0].set(xlim=(-0.6, columns - 0.4), ylim=(0.45 - len(chosen), 0.45))
        axes[0].axis("off")

    def word(i: int) -> str:
        token = vocab.tokens[i]
        return token if len(token) <= 9 else token[:8] + "…"

    return panels(1, 1, draw, width=8, height=4.5,
                  title="P(replaced) under each word; framed: put in by the generator, above it "
                  "the true word",
                  words="".join(vocab.tokens[k] for i in chosen for k in judged.true[i]))
