"""Embeddings from language models: two language models, one in each direction, and
the mix of their layers.

Source: Peters et al. 2018 (ELMo); the convention of its released code, bilm-tf. B batch, T time
(with <s> and </s>), D width of the embedding and of each direction's states, L LSTM layers,
V vocabulary, N tokens that are predicted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, text
from tinydawn.checks import Instance, Share, Size, whole
from tinydawn.errors import ShapeError, message
from tinydawn.nn import functional as F

from .nnlm import output_layer


class BiLM(nn.Module):
    """p(token | those before it), and p(token | those after it): two models that share embedding
    and softmax, and no state.

    vocabulary_size  V; id 0 is padding
    width            D (default 128); the paper's LSTMs are wider and projected, and its
                     words are made of characters
    num_layers       L (default 2); from the second on, a layer's input is added to its output
    dropout          share of a layer's input and of the last output dropped
                     while training (default 0.1)
    classes          (V,) the class of each token, for a ClassSoftmax; None: one softmax over all V

    A sentence comes as <s> w_1 .. w_n </s>, padded behind. The state at a token has read it:
    forward that token and all before it, backward that token and all after it. So states that stand
    together describe the same token; and a token is predicted from the states of its two
    *neighbours*, the forward one before it and the backward one behind it.

    The backward model is a forward model of the reversed text. Each sentence is turned round by
    itself, so that its padding stays behind, where no state is disturbed by it.
    """

    def __init__(
        self,
        vocabulary_size: Size,
        width: Size = 128,
        num_layers: Size = 2,
        dropout: Share = 0.1,
        classes: Any = None,
    ) -> None:
        self.embedding = nn.Embedding(vocabulary_size, width, padding_idx=0)
        # Small, so that what a rare word learns is not lost in what it began with:
        self.embedding.weight.data *= 0.1
        self.forward_layers = nn.ModuleList(
            nn.LSTM(width, width, batch_first=True) for _ in range(num_layers))
        self.backward_layers = nn.ModuleList(
            nn.LSTM(width, width, batch_first=True) for _ in range(num_layers))
        self.output = output_layer(width, vocabulary_size, classes)
        self.dropout = nn.Dropout(dropout)

    def run(self, ids: Any, layers: nn.ModuleList) -> list[td.Tensor]:
        """Ids (B, T) from left to right -> the embedding and each layer's
        states, L + 1 of (B, T, D)."""
        x = self.embedding(ids)  # (B, T, D)
        outputs = [x]
        for number, layer in enumerate(layers):
            states, _ = layer(self.dropout(x))  # (B, T, D)
            x = states if number == 0 else states + x  # (B, T, D)
            outputs.append(x)
        return outputs

    def directions(self, ids: Any) -> tuple[list[td.Tensor], list[td.Tensor]]:
        """Ids (B, T) -> forward and backward, each L + 1 of (B, T, D), both in the
        order of the sentence."""
        ids = np.asarray(ids)  # (B, T)
        turn = reversal(ids)  # (B, T)
        rows = np.arange(len(ids))[:, None]  # (B, 1)
        backward = self.run(ids[rows, turn], self.backward_layers)  # L + 1 of (B, T, D)
        forward = self.run(ids, self.forward_layers)  # L + 1 of (B, T, D)
        return forward, [states[rows, turn] for states in backward]

    def layers(self, ids: Any) -> list[td.Tensor]:
        """Ids (B, T) -> L + 1 layers (B, T, 2D), [forward; backward] of each token; the first is
        its embedding, twice."""
        return [td.cat([f, b], axis=2) for f, b in zip(*self.directions(ids), strict=True)]

    def embed(self, sentences: list[list[int]], batch_size: int = 64) -> list[np.ndarray]:
        """Sentences of ids between <s> and </s> -> for each the layers of the words
        between, (L + 1, n, 2D).

        The model is used as it is: nothing is dropped, nothing recorded.
        """
        training = self.training
        found = [np.empty(0)] * len(sentences)
        self.eval()
        with td.no_grad():
            sizes = [len(ids) for ids in sentences]
            for indices in text.bucket_batches(sizes, batch_size, shuffle=False):
                ids, lengths = text.pad([sentences[i] for i in indices])  # (B, T), (B,)
                layers = [h.numpy() for h in self.layers(ids)]  # L + 1 of (B, T, 2D)
                stacked = np.stack(layers, axis=1)  # (B, L + 1, T, 2D)
                for i, states, length in zip(indices, stacked, lengths, strict=True):
                    found[i] = states[:, 1:length - 1].copy()  # (L + 1, n, 2D)
        self.train(training)
        return found

    def forward(self, ids: Any, reduction: str = "mean") -> tuple[td.Tensor, td.Tensor]:
        """Ids (B, T) -> -log p in nats of the tokens, forward and backward: "mean", "sum",
        or (N,) each with "none".

        Forward predicts w_1 .. w_n </s>, backward w_n .. w_1 <s>. Padding is neither
        read from nor predicted: in the backward direction </s> stands beside it, and
        must not be predicted from it.
        """
        ids = np.asarray(ids)  # (B, T)
        forward, backward = (states[-1] for states in self.directions(ids))  # (B, T, D)
        pair = ids[:, 1:] != 0  # (B, T-1): two tokens side by side, both of them real
        # The state at the left one is for the right one, and the other way round:
        after = self.dropout(forward[:, :-1][pair])  # (N, D)
        before = self.dropout(backward[:, 1:][pair])  # (N, D)
        right = ids[:, 1:][pair]  # (N,)
        left = ids[:, :-1][pair]  # (N,)
        return self.output(after, right, reduction), self.output(before, left, reduction)


def reversal(ids: np.ndarray) -> np.ndarray:
    """For ids (B, T), padded behind with 0, the places (B, T) that turn each sentence round and
    leave padding where it is.

    Used twice it gives back what was there. Raises ShapeError for padding in front
    of, or between, tokens.
    """
    real = ids != 0  # (B, T)
    lengths = real.sum(axis=1, keepdims=True)  # (B, 1)
    places = np.arange(ids.shape[1])  # (T,)
    if (real != (places < lengths)).any():
        raise ShapeError(message(
            "BiLM: padding (id 0) in front of a token",
            fix="text.pad fills up behind the tokens"))
    return np.where(real, lengths - 1 - places, places)  # (B, T)


def pad_layers(states: list[np.ndarray], count: int) -> list[np.ndarray]:
    """States (L + 1, n, 2D) of B sentences, as `BiLM.embed` gives them -> their first `count`
    layers, (B, T, 2D) each."""
    longest = max(h.shape[1] for h in states)
    shape = (count, len(states), longest, states[0].shape[2])
    padded = np.zeros(shape, states[0].dtype)  # (count, B, T, 2D)
    for row, h in enumerate(states):
        padded[:, row, :h.shape[1]] = h[:count]
    return list(padded)


class ScalarMix(nn.Module):
    """gamma (s_0 h_0 + .. + s_L h_L) with s = softmax(w): one vector per token from the
    layers of a language model.

    count       L + 1, how many layers are mixed
    layer_norm  bring each layer's vectors to mean 0 and variance 1 first, where their
                sizes differ (default False)

    w starts at 0 and gamma at 1, so at first the mix is the mean of the layers, whatever the task.
    What it becomes is learned with the task: two tasks begin with the same vectors.
    """

    def __init__(self, count: Size, layer_norm: bool = False) -> None:
        self.w = nn.Parameter(td.zeros(count))
        self.gamma = nn.Parameter(td.ones(1))
        self.layer_norm = layer_norm

    def shares(self) -> td.Tensor:
        """s, the share of each layer, (L + 1,)."""
        return F.softmax(self.w, axis=0)  # (L + 1,)

    def forward(self, layers: list[Any]) -> td.Tensor:
        """L + 1 layers (B, T, K) -> their mix (B, T, K)."""
        if len(layers) != len(self.w):
            raise ShapeError(message(
                f"ScalarMix: {len(layers)} layers for a mix of {len(self.w)}",
                fix="one weight per layer, the embedding among them: ScalarMix(num_layers + 1)"))
        if self.layer_norm:
            layers = [F.layer_norm(h, h.shape[-1:]) for h in layers]  # (B, T, K) each
        stacked = td.stack(layers, axis=0)  # (L + 1, B, T, K)
        shares = self.shares().reshape(-1, 1, 1, 1)  # (L + 1, 1, 1, 1)
        return self.gamma * (shares * stacked).sum(axis=0)  # (B, T, K)


class ElmoClassifier(nn.Module):
    """A small classifier of sentences: a tanh layer on each token's vector, mean and maximum
    over the tokens, softmax.

    vocabulary_size  V; id 0 is padding, which counts for neither
    classes          C
    width            H, of the token vectors x trained here, and of the hidden layer (default 64)
    mix              a ScalarMix, then a token's vector is [x; mix of its layers]; None: x alone,
                     the classifier without ELMo
    mixed_width      2D, the width of what is mixed
    dropout          share of the token vectors dropped while training (default 0.5)

    By itself it is a bag of words: whatever it knows of their order, the language models
    have put into the vectors.
    """

    def __init__(
        self,
        vocabulary_size: Size,
        classes: Size,
        width: Size = 64,
        mix: Instance[ScalarMix] | None = None,
        mixed_width: int = 0,
        dropout: Share = 0.5,
    ) -> None:
        self.embedding = nn.Embedding(vocabulary_size, width, padding_idx=0)
        self.embedding.weight.data *= 0.1  # few labels move few words: the others must not be noise
        self.mix = mix
        more = 0 if mix is None else whole("ElmoClassifier", "mixed_width", mixed_width, least=1)
        self.hidden = nn.Linear(width + more, width)
        self.output = nn.Linear(2 * width, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Any, layers: list[Any] | None = None) -> td.Tensor:
        """Ids of the words (B, T), and if they are mixed the L + 1 layers of these same words
        (B, T, 2D) -> logits (B, C)."""
        v = self.embedding(ids)  # (B, T, H)
        if self.mix:
            v = td.cat([v, self.mix(layers)], axis=2)  # (B, T, H + 2D)
        features = td.tanh(self.hidden(self.dropout(v)))  # (B, T, H)
        real = (np.asarray(ids) != 0)[:, :, None]  # (B, T, 1)
        words = td.Tensor(real.sum(axis=1).astype(features.dtype))  # (B, 1)
        mean = td.where(real, features, 0.0).sum(axis=1) / words  # (B, H)
        strongest = features.masked_fill(~real, -np.inf).amax(axis=1)  # (B, H)
        return self.output(td.cat([mean, strongest], axis=1))  # (B, 2H) -> (B, C)
