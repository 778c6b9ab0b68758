"""BERT: a Transformer encoder that is pretrained on hidden words and on pairs of sentences, then fine-tuned.

The names of the modules, and of the settings, are those of Hugging Face's BertModel, so that its files load as they are.
Source: Devlin et al. 2019. B batch, T time, D width, H heads, V vocabulary, L layers.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import ShapeError, message
from tinydawn.nn import functional as F

from .pretrained import load_pretrained, read_config


class Embeddings(nn.Module):
    """What a token is, plus where it stands, plus which of two texts it is in; then LayerNorm."""

    def __init__(self, V: int, D: int, positions: int, segments: int, dropout: float, eps: float, pad_id: int | None) -> None:
        self.word_embeddings = nn.Embedding(V, D, padding_idx=pad_id)
        self.position_embeddings = nn.Embedding(positions, D)
        self.token_type_embeddings = nn.Embedding(segments, D)
        self.LayerNorm = nn.LayerNorm(D, eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Any, segments: Any) -> td.Tensor:
        if ids.ndim != 2:
            raise ShapeError(message(f"Bert: ids of shape {ids.shape}", fix="(B, T): of one text ids[None]"))
        T, positions = ids.shape[1], self.position_embeddings.num_embeddings
        if positions < T:
            raise ShapeError(message(f"Bert: {T} tokens, but only {positions} positions",
                                     fix="cut the text (max_length=), or build the model with more max_position_embeddings"))
        x = self.word_embeddings(ids) + self.position_embeddings(np.arange(T))  # (B, T, D) + (T, D)
        return self.dropout(self.LayerNorm(x + self.token_type_embeddings(segments)))  # (B, T, D)


class SelfAttention(nn.Module):
    """Three projections, and softmax(Q Kᵀ / sqrt(D / H)) V in each head."""

    def __init__(self, D: int, heads: int, dropout: float) -> None:
        self.query, self.key, self.value = nn.Linear(D, D), nn.Linear(D, D), nn.Linear(D, D)
        self.heads, self.dropout = heads, dropout

    def split(self, x: td.Tensor) -> td.Tensor:
        B, T, D = x.shape
        return x.reshape(B, T, self.heads, D // self.heads).transpose(1, 2)  # (B, H, T, D/H)

    def forward(self, x: td.Tensor, mask: Any) -> td.Tensor:
        q, k, v = (self.split(project(x)) for project in (self.query, self.key, self.value))  # (B, H, T, D/H) each
        heads = F.scaled_dot_product_attention(q, k, v, mask, self.dropout if self.training else 0.0)  # (B, H, T, D/H)
        return heads.transpose(1, 2).flatten(2)  # (B, T, D)

    def weights(self, x: td.Tensor, mask: Any) -> td.Tensor:
        """Where each token looks: (B, H, T, T), rows that sum to 1."""
        return F.attention_weights(self.split(self.query(x)), self.split(self.key(x)), mask)


class Output(nn.Module):
    """The end of each half of a layer: back to width D, added to what came in, then LayerNorm (post-norm)."""

    def __init__(self, inner: int, D: int, dropout: float, eps: float) -> None:
        self.dense = nn.Linear(inner, D)
        self.LayerNorm = nn.LayerNorm(D, eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inner: td.Tensor, x: td.Tensor) -> td.Tensor:
        return self.LayerNorm(x + self.dropout(self.dense(inner)))  # (B, T, D)


class Layer(nn.Module):
    """Self-attention, then a network at each position."""

    def __init__(self, D: int, heads: int, inner: int, dropout: float, attention_dropout: float, eps: float) -> None:
        self.attention = nn.ModuleDict({"self": SelfAttention(D, heads, attention_dropout), "output": Output(D, D, dropout, eps)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(D, inner)})
        self.output = Output(inner, D, dropout, eps)

    def forward(self, x: td.Tensor, mask: Any) -> td.Tensor:
        x = self.attention.output(self.attention.self(x, mask), x)  # (B, T, D)
        return self.output(F.gelu(self.intermediate.dense(x)), x)  # (B, T, D)


class Bert(nn.Module):
    """Token ids (B, T) -> a vector for each token that knows the whole text, (B, T, D), and one for the text, (B, D).

    The settings have Hugging Face's names; its defaults are bert-base's, these are small enough to train here.

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

    def __init__(self, vocab_size: int, hidden_size: int = 128, num_hidden_layers: int = 2, num_attention_heads: int = 4,
                 intermediate_size: int | None = None, max_position_embeddings: int = 128, type_vocab_size: int = 2,
                 hidden_dropout_prob: float = 0.1, attention_probs_dropout_prob: float = 0.0, layer_norm_eps: float = 1e-12,
                 initializer_range: float = 0.02, pad_token_id: int | None = 0) -> None:
        if num_attention_heads < 1 or hidden_size % num_attention_heads:
            raise ShapeError(message(f"Bert: {num_attention_heads} heads do not divide hidden_size {hidden_size}",
                                     fix="a hidden_size that is a multiple of num_attention_heads"))
        D, inner = hidden_size, 4 * hidden_size if intermediate_size is None else intermediate_size
        self.embeddings = Embeddings(vocab_size, D, max_position_embeddings, type_vocab_size, hidden_dropout_prob,
                                     layer_norm_eps, pad_token_id)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(
            Layer(D, num_attention_heads, inner, hidden_dropout_prob, attention_probs_dropout_prob, layer_norm_eps)
            for _ in range(num_hidden_layers))})
        self.pooler = nn.ModuleDict({"dense": nn.Linear(D, D)})
        self.hidden_size = D
        self.apply(lambda module: start(module, initializer_range))

    def forward(self, input_ids: Any, token_type_ids: Any = None, attention_mask: Any = None) -> tuple[td.Tensor, td.Tensor]:
        """Hidden states of the last layer (B, T, D), and tanh(W h + b) of the first token's, [CLS], (B, D).

        input_ids       (B, T)
        token_type_ids  (B, T), the segment of each token; None: all 0
        attention_mask  (B, T), True or 1 for real tokens; None: all are real
        """
        hidden = self.hidden_states(input_ids, token_type_ids, attention_mask)[-1]  # (B, T, D)
        return hidden, td.tanh(self.pooler.dense(hidden[:, 0]))  # (B, D)

    def hidden_states(self, input_ids: Any, token_type_ids: Any = None, attention_mask: Any = None) -> list[td.Tensor]:
        """What each layer is given, and what the last one gives: L + 1 times (B, T, D), the embeddings first."""
        ids, mask = np.asarray(input_ids), key_mask(attention_mask)
        states = [self.embeddings(ids, np.zeros_like(ids) if token_type_ids is None else token_type_ids)]
        for layer in self.encoder.layer:
            states.append(layer(states[-1], mask))
        return states

    def attentions(self, input_ids: Any, token_type_ids: Any = None, attention_mask: Any = None) -> list[td.Tensor]:
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
        return load_pretrained(cls(**config | settings), Path(folder), "bert.", optional=("pooler.",))


class PredictionHead(nn.Module):
    """Hidden states -> logits over the vocabulary, with the embedding itself as the output matrix (tied)."""

    def __init__(self, V: int, D: int, eps: float) -> None:
        self.transform = nn.ModuleDict({"dense": nn.Linear(D, D), "LayerNorm": nn.LayerNorm(D, eps)})
        self.bias = nn.Parameter(np.zeros(V, np.float32))

    def forward(self, hidden: td.Tensor, embedding: td.Tensor) -> td.Tensor:
        hidden = self.transform.LayerNorm(F.gelu(self.transform.dense(hidden)))  # (N, D)
        return F.linear(hidden, embedding, self.bias)  # (N, D) @ (D, V) -> (N, V)


class BertForPreTraining(nn.Module):
    """BERT with its two pretraining heads: which token was hidden, and does the second sentence follow the first?

    The settings are those of Bert. forward -> logits (N, V) at the N `positions`, and logits (B, 2): follows, does not.
    """

    def __init__(self, vocab_size: int, **settings: Any) -> None:
        self.bert = Bert(vocab_size, **settings)
        D, eps = self.bert.hidden_size, self.bert.embeddings.LayerNorm.eps
        self.cls = nn.ModuleDict({"predictions": PredictionHead(vocab_size, D, eps), "seq_relationship": nn.Linear(D, 2)})
        self.cls.apply(lambda module: start(module, settings.get("initializer_range", 0.02)))

    def forward(self, input_ids: Any, token_type_ids: Any = None, attention_mask: Any = None,
                positions: Any = None) -> tuple[td.Tensor, td.Tensor]:
        """positions: (B, T) booleans, the ones to predict: the product with all V rows is most of the work. None: all B T."""
        hidden, pooled = self.bert(input_ids, token_type_ids, attention_mask)  # (B, T, D), (B, D)
        if positions is not None:
            positions = np.asarray(positions)
            if positions.dtype.kind != "b" or positions.shape != hidden.shape[:2]:
                raise ShapeError(message(f"BertForPreTraining: positions {positions.dtype} of shape {positions.shape}",
                                         fix=f"booleans of shape {hidden.shape[:2]}, True where a token is to be predicted"))
        hidden = hidden.flatten(0, 1)  # (B T, D)
        if positions is not None:
            hidden = hidden[np.flatnonzero(positions)]  # (N, D)
        return (self.cls.predictions(hidden, self.bert.embeddings.word_embeddings.weight),
                self.cls.seq_relationship(pooled))

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike[str], **settings: Any) -> Self:
        """As Bert.from_pretrained; StateError if the file has no head that fills masks. The other head may be missing."""
        config = read_config(Path(folder))
        return load_pretrained(cls(**config | settings), Path(folder), "", optional=("bert.pooler.", "cls.seq_relationship."))


class BertForSequenceClassification(nn.Module):
    """BERT with a new top: dropout and one linear layer on the pooled [CLS]. All of it is trained (fine-tuning).

    bert        pretrained, or new (training from scratch)
    num_labels  C
    """

    def __init__(self, bert: Bert, num_labels: int, dropout: float = 0.1) -> None:
        self.bert, self.dropout = bert, nn.Dropout(dropout)
        self.classifier = nn.Linear(bert.hidden_size, num_labels)
        start(self.classifier, 0.02)

    def forward(self, input_ids: Any, token_type_ids: Any = None, attention_mask: Any = None) -> td.Tensor:
        pooled = self.bert(input_ids, token_type_ids, attention_mask)[1]  # (B, D)
        return self.classifier(self.dropout(pooled))  # (B, C)


def key_mask(attention_mask: Any) -> Any:
    """(B, T) of what is real -> (B, 1, 1, T) of what may be looked at, for all heads and queries."""
    return None if attention_mask is None else np.asarray(attention_mask, bool)[:, None, None, :]


def start(module: nn.Module, std: float) -> None:
    """BERT's start: small normal weights, no bias. LayerNorm starts as it does anyway."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
