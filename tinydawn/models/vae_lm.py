"""The VAE language model: a sentence is first a point z in space, then words. And what
keeps z from being ignored.

Sources: Kingma and Welling 2014 (the bound, the reparameterisation), Bowman et al. 2016
(the model, annealing, word dropout), Zhao, Zhao and Eskenazi 2017 (bag-of-words loss), Fu et al.
2019 (cyclic annealing), Kingma et al. 2016 (free bits), Burda, Grosse and Salakhutdinov 2016
(importance weights, active units), Hoffman and Johnson 2016 (mutual information). B batch, T time,
E embedding, H hidden, Z size of z, V vocabulary, K samples, N sentences. Everything is in nats.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Share, Size
from tinydawn.errors import ShapeError, message
from tinydawn.nn import functional as F

PAD, UNK, BOS, EOS = range(SPECIALS := 4)  # of every text.Vocab
LAYERS = {"gru": nn.GRU, "lstm": nn.LSTM}


def reparameterise(mean: Any, logvar: Any, eps: Any = None) -> Any:
    """A draw from N(mean, diag exp(logvar)) that gradients flow through:
    z = mean + exp(logvar / 2) eps, eps from N(0, I).

    mean, logvar  (..., Z). exp(logvar) is the variance: the standard deviation is exp(logvar / 2)
    eps           of the same shape, to repeat a draw; None: drawn once, here. It does not
                  depend on the parameters, so it has no gradient, and dz/dsigma = eps. Source:
                  Kingma and Welling 2014, 2.4
    """
    eps = td.randn(*mean.shape, dtype=mean.dtype) if eps is None else eps  # (..., Z)
    return mean + td.exp(0.5 * logvar) * eps  # (..., Z)


def kl_per_unit(mean: Any, logvar: Any) -> Any:
    """D(N(mean, exp(logvar)) || N(0, 1)) of each entry, of their shape:
    (exp(logvar) + mean^2 - 1 - logvar) / 2.

    expm1(x) is exp(x) - 1. Near the prior, where a unit costs almost nothing, a sum that begins
    at 1 would lose it: mean^2 of a thousandth is below what float32 can add to 1."""
    return 0.5 * (mean * mean + (td.expm1(logvar) - logvar))  # (..., Z)


def gaussian_kl(mean: Any, logvar: Any) -> Any:
    """D(N(mean, diag exp(logvar)) || N(0, I)) per sentence: (B, Z) -> (B,). A sum
    over units, no mean."""
    return kl_per_unit(mean, logvar).sum(axis=-1)  # (B,)


def free_bits(mean: Any, logvar: Any, least: float) -> Any:
    """The KL of a batch, a number, where each unit costs `least` nats even if its mean is less. For
    the loss, not the bound."""
    return td.maximum(kl_per_unit(mean, logvar).mean(axis=0), least).sum()  # (Z,) -> ()


def word_dropout(ids: Any, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Decoder inputs (B, T) in which each token is <unk> with probability `rate`, but
    never <s> and no padding."""
    ids = np.asarray(ids)  # (B, T)
    return np.where((rng.random(ids.shape) < rate) & (ids != BOS) & (ids != PAD), UNK, ids)


def bag_of_words(ids: Any, vocabulary_size: int) -> np.ndarray:
    """How often each token occurs in each sentence: (B, T) -> (B, V). Special tokens are not
    counted, nor is <unk>."""
    ids = np.asarray(ids)  # (B, T)
    counts = np.zeros((len(ids), vocabulary_size), np.float32)  # (B, V)
    np.add.at(counts, (np.arange(len(ids))[:, None], ids), ids >= SPECIALS)
    return counts


def kl_weight(schedule: str, step: int, steps: int) -> float:
    """beta, what the KL counts at a step of a run of `steps`, from near 0 to 1.

    "constant"  1 from the beginning
    "linear"    rises over the first half
    "sigmoid"   1 / (1 + exp(-k (step - x0))), Bowman's; Sentence-VAE's k = 0.0025 and x0 = 2500
                scaled to x0 = steps / 4
    "cyclic"    four times: rises over half of a cycle, then stays at 1
    """
    share = step / steps
    if schedule == "sigmoid":
        return 1 / (1 + math.exp(-0.0025 * 2500 * (4 * share - 1)))
    known = {
        "constant": 1.0,
        "linear": min(1.0, 2 * share),
        "cyclic": min(1.0, 2 * (4 * share % 1)),
    }
    if schedule not in known:
        raise ShapeError(message(
            f"kl_weight: schedule={schedule!r}",
            fix="one of 'constant', 'linear', 'sigmoid', 'cyclic'"))
    return known[schedule]


def active_units(mean: Any) -> int:
    """How many units say anything about the sentence: Var over the sentences of their
    mean (N, Z) above 0.01."""
    return int((np.var(np.asarray(mean), axis=0) > 0.01).sum())


def log_normal(z: Any, mean: Any = 0.0, logvar: Any = 0.0) -> Any:
    """log N(z; mean, diag exp(logvar)), summed over the last axis: (..., Z) -> (...)."""
    return (-0.5 * (math.log(2 * math.pi) + logvar + (z - mean) ** 2 / np.exp(logvar))).sum(axis=-1)


def mutual_information(mean: Any, logvar: Any, z: Any) -> float:
    """How many nats z tells about which of N sentences it is: mean of log q(z | x) - log q(z), with
    q(z) = mean_x q(z | x).

    mean, logvar, z  (N, Z): q of each sentence, and one draw from it. An
                     estimate, never above log N.
    """
    pairs = log_normal(z[:, None], mean, logvar)  # (N, 1, Z) - (N, Z) -> (N, N)
    top = pairs.max(axis=1, keepdims=True)  # (N, 1)
    log_q = top[:, 0] + np.log(np.exp(pairs - top).mean(axis=1))  # (N,)
    return float((np.diag(pairs) - log_q).mean())


class Terms(NamedTuple):
    """What the loss is made of, one number for each sentence: sums over its tokens and over the
    units of z, never means."""

    rec: td.Tensor  # (B,) -log p(x | z), </s> included
    # rec + kl is -ELBO, in expectation over z at least -log p(x):
    kl: td.Tensor  # (B,) D(q(z | x) || p(z))
    bag: Any  # (B,) the bag-of-words loss, no part of the ELBO; None without such a head
    mean: td.Tensor  # (B, Z)
    logvar: td.Tensor  # (B, Z)


class VAELM(nn.Module):
    """p(x) = integral of p(z) p(x | z), with p(z) = N(0, I), and to find z
    q(z | x) = N(mean(x), diag exp(logvar(x))).

    vocabulary_size  V, with the ids of text.Vocab: <pad> 0, <unk> 1, <s> 2, </s> 3
    embedding_size   E (default 96)
    hidden_size      H of encoder and decoder (default 96)
    latent_size      Z (default 16)
    kind             "lstm" (default) or "gru"
    word_dropout     share of the decoder's inputs that are <unk> while training (default 0); 1 is
                     another model, which never, in use neither, sees anything but z and <s>
    bag              whether there is a head that predicts the bag of words from z

        mean, logvar = linear maps of the encoder's last state
        state_0 = tanh(W z),  state_t = LSTM([e(x_t-1); z], state_(t-1))
        p(x_t) = softmax(U state_t + d)

    A sentence comes as <s> w_1 .. w_n </s>, padded behind.
    """

    def __init__(
        self,
        vocabulary_size: Size,
        embedding_size: Size = 96,
        hidden_size: Size = 96,
        latent_size: Size = 16,
        kind: Literal["gru", "lstm"] = "lstm",
        word_dropout: Share = 0.0,
        bag: bool = False,
    ) -> None:
        V, E, H, Z = vocabulary_size, embedding_size, hidden_size, latent_size
        self.word_dropout = word_dropout
        self.embedding = nn.Embedding(V, E, padding_idx=PAD)
        self.encoder = LAYERS[kind](E, H, batch_first=True)
        self.posterior = nn.Linear(H, 2 * Z)
        self.initial = nn.Linear(Z, H if kind == "gru" else 2 * H)
        self.decoder = LAYERS[kind](E + Z, H, batch_first=True)
        self.output = nn.Linear(H, V)
        predictor = [nn.Linear(Z, 2 * H), nn.Tanh(), nn.Linear(2 * H, V)] if bag else []
        self.bag = nn.Sequential(*predictor) if bag else None

    def encode(self, ids: Any, lengths: Any) -> tuple[td.Tensor, td.Tensor]:
        """Ids (B, T), of which `lengths` (B,) are real -> mean and logvar of q(z | x), (B, Z) each.
        No token is dropped."""
        _, last = self.encoder(self.embedding(ids), lengths=lengths)  # (1, B, H), of an LSTM two
        hidden = last[0] if isinstance(last, tuple) else last  # (1, B, H)
        mean, logvar = td.chunk(self.posterior(hidden[0]), 2, axis=1)  # (B, Z) each
        return mean, logvar

    def start(self, z: Any) -> dict[str, td.Tensor]:
        """z (B, Z) -> the state from which `step` begins; each entry has its
        batch axis in front."""
        count = 2 if isinstance(self.decoder, nn.LSTM) else 1
        parts = td.chunk(td.tanh(self.initial(z)), count, axis=1)  # (B, H) each
        return {"z": z, **dict(zip(("hidden", "cell"), parts, strict=False))}

    def decode(self, ids: Any, state: dict[str, Any]) -> tuple[td.Tensor, dict[str, td.Tensor]]:
        """Ids (B, T) and a state -> logits (B, T, V) of the tokens after them, and the
        state behind the last."""
        if self.training or self.word_dropout == 1:
            ids = word_dropout(ids, self.word_dropout, td.random.generator)  # (B, T)
        words = self.embedding(ids)  # (B, T, E)
        z = state["z"]  # (B, Z)
        along = td.broadcast_to(z.unsqueeze(1), (*words.shape[:2], z.shape[1]))  # (B, T, Z)
        seen = td.cat([words, along], axis=2)  # (B, T, E + Z)
        parts = tuple(state[name].unsqueeze(0) for name in state if name != "z")  # (1, B, H) each
        h, last = self.decoder(seen, parts if len(parts) == 2 else parts[0])  # (B, T, H)
        after = last if isinstance(last, tuple) else (last,)  # (1, B, H) each
        named = {name: part[0] for name, part in zip(("hidden", "cell"), after, strict=False)}
        return self.output(h), {"z": z, **named}  # (B, T, V)

    def reconstruction(self, ids: Any, z: Any) -> td.Tensor:
        """-log p(x | z) of each sentence (B, T), a sum over its tokens, </s> included: (B,)."""
        ids = np.asarray(ids)  # (B, T)
        target = ids[:, 1:]  # (B, T - 1)
        logits, _ = self.decode(ids[:, :-1], self.start(z))  # (B, T - 1, V)
        losses = F.cross_entropy(
            logits.flatten(0, 1), target.reshape(-1), ignore_index=PAD, reduction="none")
        return losses.reshape(*target.shape).sum(axis=1)  # (B,)

    def forward(self, ids: Any, lengths: Any, eps: Any = None) -> Terms:
        """Sentences (B, T) between <s> and </s>, their lengths with both (B,) -> the terms of the
        loss, with one draw of z.

        eps  (B, Z), the draw; 0 for z at its mean, which is not the ELBO
        """
        mean, logvar = self.encode(ids, lengths)  # (B, Z) each
        z = reparameterise(mean, logvar, eps)  # (B, Z)
        bag = None
        if self.bag is not None:
            # One distribution, from which every word is drawn:
            log_p = F.log_softmax(self.bag(z), axis=1)  # (B, V)
            counts = bag_of_words(ids, log_p.shape[1]).astype(log_p.dtype)  # (B, V)
            bag = -(log_p * td.Tensor(counts)).sum(axis=1)  # (B,)
        return Terms(self.reconstruction(ids, z), gaussian_kl(mean, logvar), bag, mean, logvar)

    def importance_bound(self, ids: Any, lengths: Any, samples: int) -> td.Tensor:
        """log (1/K) sum_k p(x | z_k) p(z_k) / q(z_k | x), z_k from q: (B,). K = 1: the ELBO. To
        measure, not to train."""
        posterior = (np.repeat(x.numpy(), samples, axis=0) for x in self.encode(ids, lengths))
        mean, logvar = (td.Tensor(x) for x in posterior)  # (B K, Z) each
        z = reparameterise(mean, logvar)  # (B K, Z)
        ratio = log_normal(z) - log_normal(z, mean, logvar)  # (B K,)
        log_w = ratio - self.reconstruction(np.repeat(ids, samples, axis=0), z)  # (B K,)
        return td.logsumexp(log_w.reshape(-1, samples), axis=1) - math.log(samples)  # (B,)

    def step(self, tokens: Any, state: dict[str, Any]) -> tuple[td.Tensor, dict[str, Any]]:
        """One step of decoding: the last tokens (B,) and a state -> log p of the next
        (B, V), and the next state."""
        logits, state = self.decode(np.asarray(tokens)[:, None], state)  # (B, 1, V)
        return F.log_softmax(logits[:, 0], axis=-1), state  # (B, V)
