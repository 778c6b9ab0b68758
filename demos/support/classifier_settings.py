"""The settings of the lessons that classify: by data, for a quick run, and by flags of their own.

`data` is what --data names, None for what is made on the spot. `epochs` is --epochs, None where it
was not given.
"""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

from tinydawn.models.birnn import CELLS, POOLINGS

from .own_text import epochs_for


def by_amount(settings: Any, options: argparse.Namespace, sentences: int) -> Any:
    """The settings with epochs that suit so many sentences of one's own.

    Those for real text were found on mr, which has 8,500 to train on.
    """
    if options.quick or options.epochs:
        return settings
    return settings._replace(epochs=epochs_for(options.data, settings.epochs, 8500, sentences))


# --- softmax_classifier.py ---


class Softmax(NamedTuple):
    min_freq: int  # a word that comes less often is unknown
    seconds: float  # of CPU, for the steps of each batch size
    learning_rates: tuple[float, float, float]  # for one example, for fifty, for all


def softmax_settings(data: str | None, quick: bool, epochs: int | None) -> Softmax:
    if data is None:
        settings = Softmax(min_freq=1, seconds=3.0, learning_rates=(0.1, 2.0, 5.0))
    else:
        settings = Softmax(min_freq=2, seconds=4.0, learning_rates=(0.03, 0.5, 0.5))
    if quick:
        return settings._replace(seconds=0.3)
    return settings._replace(seconds=epochs or settings.seconds)


# --- mlp.py ---


class Perceptron(NamedTuple):
    moons_epochs: int
    epochs: int  # on the texts
    learning_rate: float  # on the texts
    depths: tuple[int, ...]  # hidden layers of the networks for texts


def mlp_settings(data: str | None, quick: bool, epochs: int | None) -> Perceptron:
    if data is None:
        settings = Perceptron(moons_epochs=60, epochs=16, learning_rate=3e-3, depths=(2, 8, 32))
    else:
        settings = Perceptron(moons_epochs=60, epochs=3, learning_rate=1e-3, depths=(2, 8, 32))
    if quick:
        return settings._replace(moons_epochs=40, epochs=1, depths=(2, 16))
    return settings._replace(epochs=epochs or settings.epochs)


# --- dropout.py ---


class Dropout(NamedTuple):
    min_freq: int
    epochs: int
    batch: int
    learning_rate: float


def dropout_settings(data: str | None, quick: bool, epochs: int | None) -> Dropout:
    if data is None:
        settings = Dropout(min_freq=1, epochs=24, batch=32, learning_rate=5e-3)
    else:
        settings = Dropout(min_freq=2, epochs=8, batch=50, learning_rate=2e-3)
    return settings._replace(epochs=2 if quick else epochs or settings.epochs)


# --- bow_classifier.py ---


class Bag(NamedTuple):
    epochs: int
    averaging_rate: float  # learning rate of the deep averaging network
    word_dropout: float
    # Of the comparison of initial values:
    width: int  # numbers in a word's vector
    spread: float  # their standard deviation at the start
    word2vec_rate: float  # learning rate of word2vec
    word2vec_epochs: int
    updates: int  # of the classifier, however few the labels
    seeds: int


def bow_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--init", choices=["lsa", "word2vec"],
                        help="compare random embeddings with these alone, over three seeds; "
                             "default: both, of real text neither")
    parser.add_argument("--labels", type=int,
                        help="how many labelled sentences there are for that; default: of "
                             "generated text from 10 to 1000, of real text 500")


def bow_settings(data: str | None, quick: bool, epochs: int | None) -> Bag:
    if data is None:
        settings = Bag(epochs=20, averaging_rate=5e-3, word_dropout=0.0, width=8, spread=1.0,
                       word2vec_rate=2e-2, word2vec_epochs=5, updates=300, seeds=3)
    else:
        settings = Bag(epochs=8, averaging_rate=1e-3, word_dropout=0.3, width=100, spread=0.1,
                       word2vec_rate=5e-3, word2vec_epochs=5, updates=320, seeds=3)
    if quick:
        settings = settings._replace(epochs=4, updates=100, seeds=1)
    return settings._replace(epochs=epochs or settings.epochs)


def initial_values(options: argparse.Namespace) -> tuple[list[str], list[int]]:
    """What is compared with random embeddings, and with how many labels."""
    methods = [options.init] if options.init else ["lsa", "word2vec"]
    if options.labels:
        return methods, [options.labels]
    if options.data is not None:
        return methods if options.init else [], [500]
    return methods, [10, 100] if options.quick else [10, 30, 100, 300, 1000]


# --- cnn_classifier.py ---


class Convolutional(NamedTuple):
    embedding_size: int
    maps: int  # filters of each width
    epochs: int
    learning_rate: float
    max_norm: float | None  # the longest that the output weights of a class may be


def cnn_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--optimizer", choices=["adam", "adadelta"], default="adam",
                        help="default: adam")
    parser.add_argument("--max-norm", type=float,
                        help="length that the output weights of a class are kept to; Kim's is 3")
    parser.add_argument("--maps", type=int,
                        help="filters of each of the three widths; "
                             "default 100, for generated data 20")


def cnn_settings(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Convolutional:
    """Refuses flags that make no sense."""
    no_norm = options.max_norm is not None and not options.max_norm > 0  # nor not a number
    no_maps = options.maps is not None and options.maps < 1
    if no_norm or no_maps:
        parser.error("--max-norm above 0, --maps 1 or more")
    if options.data is None or options.quick:
        settings = Convolutional(embedding_size=20, maps=20, epochs=5, learning_rate=3e-3,
                                 max_norm=None)
    else:
        settings = Convolutional(embedding_size=100, maps=100, epochs=5, learning_rate=1e-3,
                                 max_norm=None)
    max_norm = options.max_norm
    if options.optimizer == "adadelta" and max_norm is None:
        max_norm = 3.0
    return settings._replace(
        maps=options.maps or settings.maps,
        epochs=options.epochs or (3 if options.quick else settings.epochs),
        max_norm=max_norm,
    )


# --- birnn.py ---


class Recurrent(NamedTuple):
    min_freq: int
    embedding_size: int
    hidden_size: int
    dropout: float
    epochs: int
    learning_rate: float


def birnn_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cell", choices=list(CELLS), default="gru", help="default: gru")
    parser.add_argument("--pooling", choices=POOLINGS, default="last",
                        help="what of the states is looked at; default: the last")
    parser.add_argument("--text", metavar="NAME|PATH",
                        help="what the language models read, of a line at most 200 words; "
                             "default: a made-up language")


def birnn_settings(data: str | None, quick: bool, epochs: int | None) -> Recurrent:
    if data is None:
        settings = Recurrent(min_freq=1, embedding_size=24, hidden_size=24, dropout=0.0,
                             epochs=4, learning_rate=5e-3)
    else:
        settings = Recurrent(min_freq=2, embedding_size=100, hidden_size=64, dropout=0.3,
                             epochs=4, learning_rate=2e-3)
    if quick:
        settings = settings._replace(embedding_size=24, hidden_size=24, learning_rate=5e-3)
    return settings._replace(epochs=epochs or (2 if quick else settings.epochs))


# --- word_order.py ---


class Order(NamedTuple):
    min_freq: int
    width: int
    dropout: float
    epochs: int
    learning_rate: float
    seeds: int  # trainings of each model


def word_order_settings(data: str | None, quick: bool, epochs: int | None) -> Order:
    if data is None:
        settings = Order(min_freq=1, width=32, dropout=0.0, epochs=5, learning_rate=3e-3, seeds=3)
    else:
        settings = Order(min_freq=2, width=64, dropout=0.3, epochs=5, learning_rate=1e-3, seeds=3)
    if quick:
        settings = settings._replace(min_freq=1, width=32, epochs=6, learning_rate=3e-3, seeds=1)
    return settings._replace(epochs=epochs or settings.epochs)
