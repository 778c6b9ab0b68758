"""BERT: a Transformer encoder that is pretrained on hidden words and on pairs of
sentences, then fine-tuned.

The names of the modules, and of the settings, are those of Hugging Face's BertModel, so that its
files load as they are.
Source: Devlin et al. 2019. B batch, T time, D width, H heads, V vocabulary, L layers.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Amount, Instance, Share, Size, Whole, between, heads_divide
from tinydawn.errors import ShapeError, message
from tinydawn.nn import functional as F

from .bert_layers import Embeddings, Layer, key_mask, start
from .pretrained import load_pretrained, read_config

Spread = Annotated[float, functools.partial(between, least=1e-6)]  # a standard deviation


class Bert(nn.Module):
    """Token ids (B, T) -> a vector for each token that knows the whole text, (B, T, D), and
    one for the text, (B, D).

    The settings have Hugging Face's names; its defaults are bert-base's, these are
    small enough to train here.

    vocab_size                    V
    hidden_size                   D (default 128)
    num_hidden_layers             L (default 2)
    num_attention_heads           H, which divides D (default 4)
    intermediate_size             of the network at each position; None (default): 4 D
    max_position_embeddings       the longest text (default 128)
    type_vocab_size               segments (default 2)
    hidden_dropout_prob           (default 0.1)
    attention_probs_dropout_prob  (default 0: attention is then one fast kernel)
    layer_norm_eps                (default 1e-12)
    initializer_range             standard deviation of the weights at the start (default 0.02)
    pad_token_id                  whose embedding is not trained (default 0)
    """

    def __init__(
        self,
        vocab_size: Size,
        hidden_size: Size = 128,
        num_hidden_layers: Size = 2,
        num_attention_heads: Whole = 4,
        intermediate_size: Size | None = None,
        max_position_embeddings: Size = 128,
        type_vocab_size: Size = 2,
        hidden_dropout_prob: Share = 0.1,
        attention_probs_dropout_prob: Share = 0.0,
        layer_norm_eps: Amount = 1e-12,
        initializer_range: Spread = 0.02,
        pad_token_id: Whole | None = 0,
    ) -> None:
        heads, D = num_attention_heads, hidden_size
        heads_divide("Bert", num_attention_heads=heads, hidden_size=D)
        inner = 4 * D if intermediate_size is None else intermediate_size
        self.embeddings = Embeddings(
            vocab_size, D, max_position_embeddings, type_vocab_size,
            hidden_dropout_prob, layer_norm_eps, pad_token_id)
        dropouts = hidden_dropout_prob, attention_probs_dropout_prob
        layers = [
            Layer(D, heads, inner, *dropouts, layer_norm_eps) for _ in range(num_hidden_layers)
        ]
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(layers)})
        self.pooler = nn.ModuleDict({"dense": nn.Linear(D, D)})
        self.hidden_size = D
        self.apply(lambda module: start(module, initializer_range))

    def forward(
        self,
        input_ids: Any,
        token_type_ids: Any = None,
        attention_mask: Any = None,
    ) -> tuple[td.Tensor, td.Tensor]:
        """Hidden states of the last layer (B, T, D), and tanh(W h + b) of the first
        token's, [CLS], (B, D).

        input_ids       (B, T)
        token_type_ids  (B, T), the segment of each token; None: all 0
        attention_mask  (B, T), True or 1 for real tokens; None: all are real
        """
        hidden = self.hidden_states(input_ids, token_type_ids, attention_mask)[-1]  # (B, T, D)
        return hidden, td.tanh(self.pooler.dense(hidden[:, 0]))  # (B, D)

    def hidden_states(
        self,
        input_ids: Any,
        token_type_ids: Any = None,
        attention_mask: Any = None,
    ) -> list[td.Tensor]:
        """What each layer is given, and what the last one gives: L + 1 times (B, T, D),
        the embeddings first."""
        ids = np.asarray(input_ids)  # (B, T)
        mask = key_mask(attention_mask)  # (B, 1, 1, T)
        segments = np.zeros_like(ids) if token_type_ids is None else token_type_ids  # (B, T)
        states = [self.embeddings(ids, segments)]  # (B, T, D)
        for layer in self.encoder.layer:
            states.append(layer(states[-1], mask))
        return states

    def attentions(
        self,
        input_ids: Any,
        token_type_ids: Any = None,
        attention_mask: Any = None,
    ) -> list[td.Tensor]:
        """Where each token looks, in every layer: L times (B, H, T, T)."""
        states = self.hidden_states(input_ids, token_type_ids, attention_mask)
        return [layer.attention.self.weights(x, key_mask(attention_mask))
                for layer, x in zip(self.encoder.layer, states, strict=False)]

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike[str], **settings: Any) -> Self:
        """The model in a folder of Hugging Face's form: config.json and model.safetensors.

        settings  instead of those in config.json, such as hidden_dropout_prob=0.0

        Raises StateError for a folder or file that is not there, or that holds no BERT.
        """
        config = read_config(Path(folder))
        model = cls(**config | settings)
        return load_pretrained(model, Path(folder), "bert.", optional=("pooler.",))


class PredictionHead(nn.Module):
    """Hidden states -> logits over the vocabulary, with the embedding itself as the
    output matrix (tied)."""

    def __init__(self, V: int, D: int, eps: float) -> None:
        self.transform = nn.ModuleDict({
            "dense": nn.Linear(D, D),
            "LayerNorm": nn.LayerNorm(D, eps),
        })
        self.bias = nn.Parameter(np.zeros(V, np.float32))

    def forward(self, hidden: td.Tensor, embedding: td.Tensor) -> td.Tensor:
        hidden = self.transform.LayerNorm(F.gelu(self.transform.dense(hidden)))  # (N, D)
        return F.linear(hidden, embedding, self.bias)  # (N, D) @ (D, V) -> (N, V)


class BertForPreTraining(nn.Module):
    """BERT with its two pretraining heads: which token was hidden, and does the second
    sentence follow the first?

    The settings are those of Bert. forward -> logits (N, V) at the N `positions`, and logits
    (B, 2): follows, does not.
    """

    def __init__(self, vocab_size: Size, **settings: Any) -> None:
        self.bert = Bert(vocab_size, **settings)
        D, eps = self.bert.hidden_size, self.bert.embeddings.LayerNorm.eps
        self.cls = nn.ModuleDict({
            "predictions": PredictionHead(vocab_size, D, eps),
            "seq_relationship": nn.Linear(D, 2),
        })
        self.cls.apply(lambda module: start(module, settings.get("initializer_range", 0.02)))

    def forward(self, input_ids: Any, token_type_ids: Any = None, attention_mask: Any = None,
                positions: Any = None) -> tuple[td.Tensor, td.Tensor]:
        """positions: (B, T) booleans, the ones to predict: the product with all V rows is most of
        the work. None: all B T."""
        hidden, pooled = self.bert(input_ids, token_type_ids, attention_mask)  # (B, T, D), (B, D)
        everywhere = np.ones(hidden.shape[:2], bool)
        chosen = everywhere if positions is None else np.asarray(positions)  # (B, T)
        if chosen.dtype.kind != "b" or chosen.shape != hidden.shape[:2]:
            raise ShapeError(message(
                f"BertForPreTraining: positions {chosen.dtype} of shape {chosen.shape}",
                fix=f"booleans of shape {hidden.shape[:2]}, True where a token is to be predicted"))
        hidden = hidden.flatten(0, 1)[np.flatnonzero(chosen)]  # (N, D)
        return (self.cls.predictions(hidden, self.bert.embeddings.word_embeddings.weight),
                self.cls.seq_relationship(pooled))

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike[str], **settings: Any) -> Self:
        """As Bert.from_pretrained; StateError if the file has no head that fills masks. The other
        head may be missing."""
        config = read_config(Path(folder))
        model = cls(**config | settings)
        optional = ("bert.pooler.", "cls.seq_relationship.")
        return load_pretrained(model, Path(folder), "", optional)


class BertForSequenceClassification(nn.Module):
    """BERT with a new top: dropout and one linear layer on the pooled [CLS]. All of it
    is trained (fine-tuning).

    bert        pretrained, or new (training from scratch)
    num_labels  C
    """

    def __init__(self, bert: Instance[Bert], num_labels: Size, dropout: Share = 0.1) -> None:
        self.bert = bert
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(bert.hidden_size, num_labels)
        start(self.classifier, 0.02)

    def forward(
        self,
        input_ids: Any,
        token_type_ids: Any = None,
        attention_mask: Any = None,
    ) -> td.Tensor:
        pooled = self.bert(input_ids, token_type_ids, attention_mask)[1]  # (B, D)
        return self.classifier(self.dropout(pooled))  # (B, C)
