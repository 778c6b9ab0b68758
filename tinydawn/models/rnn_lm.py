"""The recurrent language model: it reads a text once, and guesses each next token from its state.

Sources: Mikolov et al. 2010 (RNN), Cho et al. 2014 (GRU), Zaremba, Sutskever and Vinyals 2014
(LSTM, dropout between layers only), Press and Wolf 2017 (one matrix for reading and for writing).
T time, B batch, E embedding, H hidden, V vocabulary, L layers.
"""

from __future__ import annotations

from typing import Any, Literal

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Share, Size
from tinydawn.errors import OptionError, ShapeError, message

from .inputs import check_next_tokens
from .nnlm import Softmax, output_layer

LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class RNNLM(nn.Module):
    """p(token | all tokens before it).

        h_t = RNN, GRU or LSTM(e(w_t), h_(t-1)),  p(w_(t+1)) = softmax(U h_t + d)

    vocabulary_size  V
    embedding_size   E (default 128)
    hidden_size      H (default 256)
    num_layers       L (default 1)
    kind             "rnn", "gru" or "lstm" (default)
    dropout          share of embeddings and features dropped while training (default 0); never of
                     the state from step to step
    classes          (V,) the class of each token, for a ClassSoftmax; None: one softmax over all V
    tied             U is the embedding: E must be H
    options          of the layer: z_convention="notes" for a GRU whose z is the share of the
                     *new*, as in the lecture
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: Size = 128,
        hidden_size: Size = 256,
        num_layers: Size = 1,
        kind: Literal["rnn", "gru", "lstm"] = "lstm",
        dropout: Share = 0.0,
        classes: Any = None,
        tied: bool = False,
        **options: Any,
    ) -> None:
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        if wrong := {"bidirectional", "batch_first"} & options.keys():
            raise OptionError(message(
                f"RNNLM: {wrong.pop()}",
                fix="leave it out: tokens are (T, B), and who reads backwards has "
                    "seen the token to be predicted"))
        self.recurrent = LAYERS[kind](
            embedding_size, hidden_size, num_layers, dropout=dropout, **options)
        self.dropout = nn.Dropout(dropout)
        self.output = output_layer(hidden_size, vocabulary_size, classes)
        if tied:
            if embedding_size != hidden_size or not isinstance(self.output, Softmax):
                raise ShapeError(message(
                    f"RNNLM: tied with E={embedding_size}, H={hidden_size}, "
                    f"classes={classes is not None}",
                    fix="embedding_size equal to hidden_size, and no classes"))
            self.output.weight = self.embedding.weight

    def features(self, tokens: Any, state: Any = None) -> tuple[td.Tensor, Any]:
        """Tokens (T, B) and the state before them -> what the softmax sees, (T, B, H), and
        the state after them."""
        x = self.dropout(self.embedding(tokens))  # (T, B, E)
        h, state = self.recurrent(x, state)  # (T, B, H), (L, B, H)
        return self.dropout(h), state  # (T, B, H), (L, B, H)

    def forward(
        self,
        tokens: Any,
        target: Any,
        state: Any = None,
        reduction: str = "mean",
    ) -> tuple[td.Tensor, Any]:
        """Tokens (T, B), the ones after them (T, B), a state or None -> -log p of the latter in
        nats, and the next state.

        The loss is the mean over all T B tokens, their "sum", or with "none" (T B,).
        """
        check_next_tokens("RNNLM", tokens, target)
        h, state = self.features(tokens, state)  # (T, B, H)
        return self.output(h.flatten(0, 1), target.reshape(-1), reduction), state

    def step(self, tokens: Any, state: Any) -> tuple[td.Tensor, Any]:
        """One step of decoding: the last tokens (B,) -> log p of the next, (B, V). A state here has
        its batch axis in front."""
        swapped = tuple(s.transpose(0, 1) for s in state)  # (B, L, H) -> (L, B, H)
        before = swapped if len(swapped) == 2 else swapped[0]  # (L, B, H), of an LSTM two
        h, after = self.features(tokens[None], before)  # (1, B, H)
        parts = after if isinstance(after, tuple) else (after,)  # (L, B, H), of an LSTM two
        log_p = self.output.log_probs(h[0])  # (B, V)
        return log_p, tuple(s.transpose(0, 1) for s in parts)  # (B, L, H) each

    def start(self, batch_size: int) -> tuple[td.Tensor, ...]:
        """The state of zeros from which `step` begins: one (B, L, H), two of an LSTM."""
        zero = td.zeros(batch_size, self.recurrent.num_layers, self.recurrent.hidden_size)
        return (zero, zero) if isinstance(self.recurrent, nn.LSTM) else (zero,)


def detach(state: Any) -> Any:
    """The state with its numbers and without its past: the next window's gradient stops
    here (truncated BPTT)."""
    if state is None:
        return None
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
