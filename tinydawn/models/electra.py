"""ELECTRA: a small generator fills masked places, and a discriminator says of every token
whether it was replaced.

The generator is a masked language model and learns as one, by maximum likelihood; it does not try
to deceive the discriminator, since no gradient passes through a sampled word. Afterwards it is
thrown away: `Electra.discriminator` is a Bert like any other. Source: Clark, Luong, Le and Manning,
"ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators", ICLR 2020. B batch,
T time, D width, G width of the generator, H heads, V vocabulary, N masked places.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt

import tinydawn as td
from tinydawn import nn, random
from tinydawn.checks import Amount, Size, between
from tinydawn.errors import DataError, ShapeError, message
from tinydawn.nn import functional as F

from .bert import Bert
from .bert_layers import Embeddings, Layer, key_mask, start

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Part = Annotated[float, functools.partial(between, least=0.01, most=1)]


class ElectraOutput(NamedTuple):
    """What one pass gives: the loss to train on, its two parts, and what there was to see."""

    loss: td.Tensor  # (): generator_loss + weight * discriminator_loss
    generator_loss: td.Tensor  # (): mean over the N masked places
    discriminator_loss: td.Tensor  # (): mean over all tokens that count
    fillings: td.Tensor  # (N, V): the generator's logits
    corrupted: Ints  # (B, T): what the discriminator read
    replaced: Bools  # (B, T): where this is not the true token
    logits: td.Tensor  # (B, T): the discriminator's; sigmoid of it is P(replaced)


class Generator(nn.Module):
    """A narrow BERT with a masked-word head. It has no embeddings of its own: `forward` is given
    them, for both its ends."""

    def __init__(
        self,
        V: int,
        D: int,
        G: int,
        layers: int,
        heads: int,
        inner: int,
        dropout: float,
        attention_dropout: float,
        eps: float,
    ) -> None:
        self.embeddings_project = nn.Linear(D, G)
        self.layer = nn.ModuleList(
            Layer(G, heads, inner, dropout, attention_dropout, eps) for _ in range(layers))
        self.predictions = nn.ModuleDict({
            "dense": nn.Linear(G, D),
            "LayerNorm": nn.LayerNorm(D, eps),
        })
        self.bias = nn.Parameter(np.zeros(V, np.float32))

    def forward(
        self,
        embeddings: Embeddings,
        ids: Any,
        segments: Any,
        mask: Any,
        places: Any,
    ) -> td.Tensor:
        x = self.embeddings_project(embeddings(ids, segments))  # (B, T, D) -> (B, T, G)
        for layer in self.layer:
            x = layer(x, mask)  # (B, T, G)
        x = x.flatten(0, 1)[places]  # (N, G)
        x = self.predictions.LayerNorm(F.gelu(self.predictions.dense(x)))  # (N, D)
        weight = embeddings.word_embeddings.weight  # (V, D)
        return F.linear(x, weight, self.bias)  # (N, D) @ (D, V) -> (N, V)


class Electra(nn.Module):
    """Both networks. Tokens, positions and segments have one table of embeddings each,
    which both losses train.

    generator_size        the generator's width, heads and inner width as a share of the
                          discriminator's (default 1/4; the paper found 1/4 to 1/2 best: a better
                          generator gives a task that is too hard)
    discriminator_weight  of the discriminator's loss against the generator's (default 50: a loss
                          of two classes is small)
    settings              those of Bert
    """

    def __init__(
        self,
        vocab_size: Size,
        generator_size: Part = 0.25,
        discriminator_weight: Amount = 50.0,
        **settings: Any,
    ) -> None:
        self.discriminator = Bert(vocab_size, **settings)
        D, layers = self.discriminator.hidden_size, self.discriminator.encoder.layer
        heads, inner = (max(1, round(generator_size * n)) for n in (
            layers[0].attention.self.heads, layers[0].intermediate.dense.out_features))
        G = heads * max(1, round(generator_size * D / heads))
        dropout = settings.get("hidden_dropout_prob", 0.1)
        attention_dropout = settings.get("attention_probs_dropout_prob", 0.0)
        eps = self.discriminator.embeddings.LayerNorm.eps
        std = settings.get("initializer_range", 0.02)
        self.generator = Generator(
            vocab_size, D, G, len(layers), heads, inner, dropout, attention_dropout, eps)
        self.discriminator_predictions = nn.ModuleDict({
            "dense": nn.Linear(D, D),
            "dense_prediction": nn.Linear(D, 1),
        })
        self.discriminator_weight = discriminator_weight
        for part in (self.generator, self.discriminator_predictions):
            part.apply(lambda module: start(module, std))

    def forward(
        self,
        inputs: Any,
        targets: Any,
        token_type_ids: Any = None,
        attention_mask: Any = None,
        counted: Any = None,
        rng: np.random.Generator | None = None,
    ) -> ElectraOutput:
        """Fill the masked places, and judge the result.

        inputs, targets  (B, T) as `text.mask_tokens(ids, ..., masked=0.85, replaced=0)` gives them:
                         targets are the true ids at the places to be filled, and -100 elsewhere,
                         where inputs hold the true ids
        token_type_ids   (B, T), as in Bert
        attention_mask   (B, T), True for what is not padding; None: all
        counted          (B, T), True where the discriminator's loss counts: leave out [CLS], [SEP]
                         and [UNK], which are never replaced; None: attention_mask
        rng              draws the samples; None: tinydawn's generator

        Raises DataError where nothing is masked, ShapeError for arrays that are not (B, T).
        """
        inputs = np.asarray(inputs)  # (B, T)
        targets = np.asarray(targets)  # (B, T)
        counted = attention_mask if counted is None else counted
        counted = np.ones(inputs.shape, bool) if counted is None else np.asarray(counted, bool)
        if not inputs.shape == targets.shape == counted.shape:
            raise ShapeError(message(
                f"Electra: inputs {inputs.shape}, targets {targets.shape}, "
                f"counted {counted.shape}",
                fix="(B, T), all three"))
        fillings = self.fill(inputs, targets, token_type_ids, attention_mask)  # (N, V)
        corrupted, replaced = replace(inputs, targets, fillings, rng)  # (B, T) each
        logits = self.judge(corrupted, token_type_ids, attention_mask)  # (B, T)
        true = targets.reshape(-1)[np.flatnonzero(targets >= 0)]  # (N,)
        generator_loss = F.cross_entropy(fillings, true)
        places = np.flatnonzero(counted)  # as many as count
        truth = replaced.reshape(-1)[places].astype(logits.dtype)
        discriminator_loss = F.binary_cross_entropy_with_logits(logits.reshape(-1)[places], truth)
        loss = generator_loss + self.discriminator_weight * discriminator_loss  # ()
        return ElectraOutput(
            loss, generator_loss, discriminator_loss, fillings, corrupted, replaced, logits)

    def fill(
        self,
        inputs: Any,
        targets: Any,
        token_type_ids: Any = None,
        attention_mask: Any = None,
    ) -> td.Tensor:
        """The generator's logits (N, V) at the N places where targets >= 0, row by row."""
        inputs = np.asarray(inputs)  # (B, T)
        places = np.flatnonzero(np.asarray(targets) >= 0)  # (N,)
        if not len(places):
            raise DataError(message(
                "Electra: nothing is masked", fix="targets >= 0 somewhere, from text.mask_tokens"))
        segments = np.zeros_like(inputs) if token_type_ids is None else token_type_ids
        embeddings = self.discriminator.embeddings
        mask = key_mask(attention_mask)  # (B, 1, 1, T)
        return self.generator(embeddings, inputs, segments, mask, places)  # (N, V)

    def judge(self, ids: Any, token_type_ids: Any = None, attention_mask: Any = None) -> td.Tensor:
        """The discriminator's logits (B, T); above 0 it takes the token for replaced."""
        states = self.discriminator.hidden_states(ids, token_type_ids, attention_mask)
        hidden = states[-1]  # (B, T, D)
        head = self.discriminator_predictions
        return head.dense_prediction(F.gelu(head.dense(hidden))).squeeze(-1)  # (B, T, 1) -> (B, T)


def replace(
    inputs: Ints,
    targets: Ints,
    fillings: td.Tensor,
    rng: np.random.Generator | None = None,
) -> tuple[Ints, Bools]:
    """A sample from softmax(fillings) (N, V) in each of the N places with targets >= 0: the text,
    and where it is not true.

    Sampled, not argmax: the likeliest word would be the same again and again, and the discriminator
    would learn by heart which words they are. Where the sample is the true token by chance, nothing
    was replaced: the label is "original".
    """
    rng = random.generator if rng is None else rng
    logits = fillings.detach().numpy()  # numbers from here on: there is no gradient through a draw
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))  # (N, V)
    weights = weights.cumsum(axis=1, dtype=np.float64)  # (N, V)
    threshold = rng.random((len(weights), 1)) * weights[:, -1:]  # (N, 1)
    corrupted = np.array(inputs)  # (B, T)
    places = np.asarray(targets) >= 0  # (B, T)
    # The first id whose share reaches above the threshold:
    corrupted[places] = (weights <= threshold).sum(axis=1)  # (N,)
    return corrupted, places & (corrupted != targets)  # (B, T) each
