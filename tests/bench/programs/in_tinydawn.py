"""The programs in tinydawn's words, as a user writes them: nothing here is arranged for speed.

B batch, T and S time, D width, H hidden, N heads, V vocabulary, K tags.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, optim
from tinydawn.nn import functional as F

Arrays = dict[str, np.ndarray]
Batch = dict[str, td.Tensor]
Config = dict[str, Any]


class NewGELU(nn.Module):
    def forward(self, x: td.Tensor) -> td.Tensor:
        return 0.5 * x * (1.0 + td.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * td.pow(x, 3.0))))


class CausalSelfAttention(nn.Module):
    def __init__(self, c: Config) -> None:
        self.c_attn, self.c_proj = nn.Linear(c["d"], 3 * c["d"]), nn.Linear(c["d"], c["d"])
        self.heads, self.flash = c["heads"], c["flash"]
        self.future = td.tril(td.ones(c["T"], c["T"])).view(1, 1, c["T"], c["T"]) == 0

    def forward(self, x: td.Tensor) -> td.Tensor:
        B, T, D = x.shape
        q, k, v = self.c_attn(x).split(D, axis=2)
        q = q.view(B, T, self.heads, D // self.heads).transpose(1, 2)  # (B, N, T, D/N)
        k = k.view(B, T, self.heads, D // self.heads).transpose(1, 2)  # (B, N, T, D/N)
        v = v.view(B, T, self.heads, D // self.heads).transpose(1, 2)  # (B, N, T, D/N)
        if self.flash:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, N, T, D/N)
        else:
            scores = (q @ k.mT) * (1.0 / math.sqrt(k.shape[-1]))  # (B, N, T, T)
            scores = scores.masked_fill(self.future[:, :, :T, :T], float("-inf"))
            y = F.softmax(scores, axis=-1) @ v  # (B, N, T, D/N)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, D))


class Feedforward(nn.Module):
    def __init__(self, c: Config) -> None:
        self.c_fc, self.c_proj = nn.Linear(c["d"], 4 * c["d"]), nn.Linear(4 * c["d"], c["d"])
        self.act = {"tanh": nn.GELU("tanh"), "exact": nn.GELU(), "by hand": NewGELU()}[c["gelu"]]

    def forward(self, x: td.Tensor) -> td.Tensor:
        return self.c_proj(self.act(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, c: Config) -> None:
        self.ln_1, self.ln_2 = nn.LayerNorm(c["d"]), nn.LayerNorm(c["d"])
        self.attn, self.mlp = CausalSelfAttention(c), Feedforward(c)

    def forward(self, x: td.Tensor) -> td.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """nanoGPT's model, and makemore's Transformer, which has no tied weights."""

    def __init__(self, c: Config) -> None:
        self.wte, self.wpe = nn.Embedding(c["V"], c["d"]), nn.Embedding(c["T"], c["d"])
        self.blocks = nn.ModuleList([Block(c) for _ in range(c["layers"])])
        self.ln_f, self.lm_head = nn.LayerNorm(c["d"]), nn.Linear(c["d"], c["V"], bias=False)
        if c["tied"]:
            self.wte.weight = self.lm_head.weight

    def forward(self, b: Batch) -> td.Tensor:
        x = self.wte(b["x"]) + self.wpe(td.arange(b["x"].shape[1]))  # (B, T, D)
        for block in self.blocks:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))  # (B, T, V)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), b["y"].view(-1), ignore_index=-1)


class MakemoreMLP(nn.Module):
    def __init__(self, c: Config) -> None:
        self.vocabulary, self.context = c["V"], c["T"]
        self.wte = nn.Embedding(c["V"] + 1, c["d"])  # the last row stands before the first letter
        self.mlp = nn.Sequential(nn.Linear(c["T"] * c["d"], c["h"]), nn.Tanh(), nn.Linear(c["h"], c["V"]))

    def forward(self, b: Batch) -> td.Tensor:
        index, embedded = b["x"], []
        first = td.full((len(index), 1), self.vocabulary, dtype=td.int64)  # (B, 1)
        for _ in range(self.context):
            embedded.append(self.wte(index))  # (B, T, D)
            index = td.cat([first, index[:, :-1]], axis=1)  # (B, T)
        logits = self.mlp(td.cat(embedded, axis=-1))  # (B, T, V)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), b["y"].view(-1), ignore_index=-1)


class Encoder(nn.Module):
    def __init__(self, c: Config) -> None:
        self.embedding = nn.Embedding(c["V"], c["d"])
        self.rnn = nn.GRU(c["d"], c["h"], bidirectional=True)
        self.fc = nn.Linear(2 * c["h"], c["h"])

    def forward(self, source: td.Tensor) -> tuple[td.Tensor, td.Tensor]:
        memory, hidden = self.rnn(self.embedding(source))  # (S, B, 2 H), (2, B, H)
        return memory, td.tanh(self.fc(td.cat((hidden[-2], hidden[-1]), axis=1)))  # (B, H)


class Attention(nn.Module):
    def __init__(self, c: Config) -> None:
        self.attn_fc, self.v_fc = nn.Linear(3 * c["h"], c["h"]), nn.Linear(c["h"], 1, bias=False)

    def forward(self, hidden: td.Tensor, memory: td.Tensor) -> td.Tensor:
        hidden = hidden.unsqueeze(1).expand(-1, memory.shape[0], -1)  # (B, S, H)
        memory = memory.transpose(0, 1)  # (B, S, 2 H)
        energy = td.tanh(self.attn_fc(td.cat((hidden, memory), axis=2)))  # (B, S, H)
        return td.softmax(self.v_fc(energy).squeeze(2), axis=1)  # (B, S)


class Decoder(nn.Module):
    """One step: it looks at the source, reads a token and scores the next."""

    def __init__(self, c: Config) -> None:
        self.attention = Attention(c)
        self.embedding = nn.Embedding(c["V"], c["d"])
        self.rnn = nn.GRU(2 * c["h"] + c["d"], c["h"])
        self.fc_out = nn.Linear(3 * c["h"] + c["d"], c["V"])

    def forward(self, token: td.Tensor, hidden: td.Tensor, memory: td.Tensor) -> tuple[td.Tensor, td.Tensor]:
        embedded = self.embedding(token.unsqueeze(0))  # (1, B, D)
        weights = self.attention(hidden, memory).unsqueeze(1)  # (B, 1, S)
        weighted = td.bmm(weights, memory.transpose(0, 1)).transpose(0, 1)  # (1, B, 2 H)
        output, hidden = self.rnn(td.cat((embedded, weighted), axis=2), hidden.unsqueeze(0))  # (1, B, H), (1, B, H)
        together = td.cat((output.squeeze(0), weighted.squeeze(0), embedded.squeeze(0)), axis=1)  # (B, 3 H + D)
        return self.fc_out(together), hidden.squeeze(0)  # (B, V), (B, H)


class Seq2Seq(nn.Module):
    """Encoder, and a decoder with attention that is called step by step, always on the right token before."""

    def __init__(self, c: Config) -> None:
        self.encoder, self.decoder, self.vocabulary = Encoder(c), Decoder(c), c["V"]

    def forward(self, b: Batch) -> td.Tensor:
        target = b["target"]  # (T, B)
        T, B = target.shape
        memory, hidden = self.encoder(b["source"])  # (S, B, 2 H), (B, H)
        outputs = td.zeros(T, B, self.vocabulary, dtype=memory.dtype)
        for t in range(1, T):
            output, hidden = self.decoder(target[t - 1], hidden, memory)  # (B, V), (B, H)
            outputs[t] = output
        return F.cross_entropy(outputs[1:].view(-1, self.vocabulary), target[1:].view(-1), ignore_index=0)


class Tagger(nn.Module):
    def __init__(self, c: Config) -> None:
        self.embedding = nn.Embedding(c["V"], c["d"])
        self.lstm = nn.LSTM(c["d"], c["h"], bidirectional=True)
        self.hidden2tag = nn.Linear(2 * c["h"], c["K"])

    def scores(self, x: td.Tensor) -> td.Tensor:
        hidden, _ = self.lstm(self.embedding(x))  # (T, B, 2 H)
        return self.hidden2tag(hidden)  # (T, B, K)

    def forward(self, b: Batch) -> td.Tensor:
        scores = self.scores(b["x"])
        return F.cross_entropy(scores.view(-1, scores.shape[-1]), b["y"].view(-1), ignore_index=0)


class CRF(Tagger):
    """A linear chain over the tagger's scores: the forward algorithm in a Python loop, less the score of the right tags."""

    def __init__(self, c: Config) -> None:
        super().__init__(c)
        self.start, self.end = nn.Parameter(td.zeros(c["K"])), nn.Parameter(td.zeros(c["K"]))
        self.transitions = nn.Parameter(td.zeros(c["K"], c["K"]))

    def forward(self, b: Batch) -> td.Tensor:
        tags, scores = b["y"], self.scores(b["x"])  # (T, B), (T, B, K)
        mask = b["x"] > 0  # (T, B)
        alpha = self.start + scores[0]  # (B, K)
        for t in range(1, len(scores)):
            ways = alpha.unsqueeze(2) + self.transitions + scores[t].unsqueeze(1)  # (B, K, K)
            alpha = td.where(mask[t].unsqueeze(1), td.logsumexp(ways, axis=1), alpha)  # (B, K)
        total = td.logsumexp(alpha + self.end, axis=1)  # (B,)
        weight = mask.astype(scores.dtype)  # (T, B)
        emitted = scores.gather(2, tags.unsqueeze(2)).squeeze(2) * weight  # (T, B)
        moved = self.transitions[tags[:-1], tags[1:]] * weight[1:]  # (T-1, B)
        last = tags.gather(0, mask.sum(0, keepdims=True) - 1).squeeze(0)  # (B,)
        right = self.start[tags[0]] + emitted.sum(0) + moved.sum(0) + self.end[last]  # (B,)
        return (total - right).mean()


class WordLanguageModel(nn.Module):
    """The state at the end of a batch is where the next one starts."""

    def __init__(self, c: Config) -> None:
        self.encoder = nn.Embedding(c["V"], c["d"])
        self.rnn = nn.LSTM(c["d"], c["h"], c["layers"])
        self.decoder = nn.Linear(c["h"], c["V"])
        zeros = td.zeros(c["layers"], c["B"], c["h"], dtype=c["dtype"])
        self.hidden = (zeros, zeros)

    def forward(self, b: Batch) -> td.Tensor:
        hidden = tuple(h.detach() for h in self.hidden)
        output, self.hidden = self.rnn(self.encoder(b["x"]), hidden)  # (T, B, H)
        decoded = self.decoder(output)  # (T, B, V)
        return F.nll_loss(F.log_softmax(decoded.view(-1, decoded.shape[-1]), axis=1), b["y"].view(-1))


class CharTransformerEncoder(nn.Module):
    """A word's class from its letters."""

    def __init__(self, c: Config) -> None:
        self.embedding, self.positions = nn.Embedding(c["V"], c["d"]), nn.Embedding(c["T"], c["d"])
        layer = nn.TransformerEncoderLayer(c["d"], c["heads"], c["ff"], dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, c["layers"])
        self.output = nn.Linear(c["d"], c["K"])

    def forward(self, b: Batch) -> td.Tensor:
        x = self.embedding(b["x"]) + self.positions(td.arange(b["x"].shape[1]))  # (B, T, D)
        x = self.encoder(x, src_key_padding_mask=b["x"] == 0)  # (B, T, D)
        return F.cross_entropy(self.output(x.mean(axis=1)), b["y"])


class Trained:
    """step(batch) -> the loss, after one update; step.params() -> the weights."""

    def __init__(self, model: nn.Module, start: Arrays, optimizer: Callable[[Config, nn.Module], optim.Optimizer] | None,
                 c: Config) -> None:
        self.model, self.clip = model.double() if c["dtype"] == "float64" else model, c.get("clip")
        weights = dict(model.named_parameters())
        assert weights.keys() == start.keys(), weights.keys() ^ start.keys()
        with td.no_grad():
            for name, weight in weights.items():
                weight[...] = start[name]
        self.optimizer, self.lr = optimizer and optimizer(c, model), c["lr"]

    def __call__(self, batch: Arrays) -> float:
        b = {name: td.tensor(array) for name, array in batch.items()}
        (self.optimizer or self.model).zero_grad()
        loss = self.model(b)
        loss.backward()
        if self.clip:
            optim.clip_grad_norm_(self.model.parameters(), self.clip)
        if self.optimizer:
            self.optimizer.step()
        else:
            for p in self.model.parameters():
                p.data += -self.lr * p.grad
        return loss.item()

    def params(self) -> Arrays:
        return {name: weight.numpy().copy() for name, weight in self.model.named_parameters()}


class Greedy(Trained):
    """Nothing is trained: the likeliest token is what is read next, and the loss is minus the sum of log-probabilities."""

    def __call__(self, batch: Arrays) -> float:
        b = {name: td.tensor(array) for name, array in batch.items()}
        total = 0.0
        with td.no_grad():
            memory, hidden = self.model.encoder(b["source"])
            token = b["target"][0]  # (B,)
            for _ in range(len(b["target"])):
                output, hidden = self.model.decoder(token, hidden, memory)
                token = output.argmax(1)
                total -= F.log_softmax(output, axis=1).gather(1, token.unsqueeze(1)).sum().item()
        return total


def adam(c: Config, model: nn.Module) -> optim.Optimizer:
    return optim.Adam(model.parameters(), lr=c["lr"])


def adamw(c: Config, model: nn.Module) -> optim.Optimizer:
    return optim.AdamW(model.parameters(), lr=c["lr"], betas=(0.9, 0.99), eps=1e-8, weight_decay=c["decay"])


def adamw_in_two_groups(c: Config, model: nn.Module) -> optim.Optimizer:
    """Matrices decay, vectors do not."""
    weights = list(model.parameters())
    groups = [{"params": [p for p in weights if p.ndim >= 2], "weight_decay": c["decay"]},
              {"params": [p for p in weights if p.ndim < 2], "weight_decay": 0.0}]
    return optim.AdamW(groups, lr=c["lr"], betas=(0.9, 0.99))


class ByHand:
    """The programs without layers: loss(), then p.data += -lr * p.grad."""

    def __init__(self, start: Arrays, c: Config) -> None:
        self.weights = {name: td.tensor(value, requires_grad=True) for name, value in start.items()}
        self.lr = c["lr"]
        self.running_mean = td.zeros(1, c["h"], dtype=c["dtype"])
        self.running_std = td.ones(1, c["h"], dtype=c["dtype"])

    def loss(self, b: Batch) -> td.Tensor:
        raise NotImplementedError

    def __call__(self, batch: Arrays) -> float:
        loss = self.loss({name: td.tensor(array) for name, array in batch.items()})
        for p in self.weights.values():
            p.grad = None
        loss.backward()
        for p in self.weights.values():
            p.data += -self.lr * p.grad
        return loss.item()

    def params(self) -> Arrays:
        return {name: p.numpy().copy() for name, p in self.weights.items()}


class SmallOps(ByHand):
    def loss(self, b: Batch) -> td.Tensor:
        C, W1, b1, W2, b2 = self.weights.values()
        embedded = C[b["x"]]  # (B, 3, D)
        h = td.tanh(embedded.view(-1, W1.shape[0]) @ W1 + b1)  # (B, H)
        return F.cross_entropy(h @ W2 + b2, b["y"])


class Makemore3(ByHand):
    """Batch norm by hand, with running figures."""

    def loss(self, b: Batch) -> td.Tensor:
        C, W1, W2, b2, bngain, bnbias = self.weights.values()
        embedded = C[b["x"]]  # (B, 3, D)
        hpreact = embedded.view(embedded.shape[0], -1) @ W1  # (B, H)
        bnmeani = hpreact.mean(0, keepdims=True)  # (1, H)
        bnstdi = hpreact.std(0, keepdims=True)  # (1, H)
        hpreact = bngain * (hpreact - bnmeani) / bnstdi + bnbias  # (B, H)
        with td.no_grad():
            self.running_mean = 0.999 * self.running_mean + 0.001 * bnmeani
            self.running_std = 0.999 * self.running_std + 0.001 * bnstdi
        return F.cross_entropy(td.tanh(hpreact) @ W2 + b2, b["y"])


class Makemore4(ByHand):
    """Every intermediate value has a name and keeps its gradient."""

    def loss(self, b: Batch) -> td.Tensor:
        C, W1, b1, W2, b2, bngain, bnbias = self.weights.values()
        n = len(b["y"])
        emb = C[b["x"]]  # (B, 3, D)
        embcat = emb.view(emb.shape[0], -1)  # (B, 3 D)
        hprebn = embcat @ W1 + b1  # (B, H)
        bnmeani = 1 / n * hprebn.sum(0, keepdims=True)  # (1, H)
        bndiff = hprebn - bnmeani  # (B, H)
        bndiff2 = bndiff**2  # (B, H)
        bnvar = 1 / (n - 1) * bndiff2.sum(0, keepdims=True)  # (1, H)
        bnvar_inv = (bnvar + 1e-5) ** -0.5  # (1, H)
        bnraw = bndiff * bnvar_inv  # (B, H)
        hpreact = bngain * bnraw + bnbias  # (B, H)
        h = td.tanh(hpreact)  # (B, H)
        logits = h @ W2 + b2  # (B, V)
        logit_maxes = logits.amax(1, keepdims=True)  # (B, 1)
        norm_logits = logits - logit_maxes  # (B, V)
        counts = norm_logits.exp()  # (B, V)
        counts_sum = counts.sum(1, keepdims=True)  # (B, 1)
        counts_sum_inv = counts_sum**-1  # (B, 1)
        probs = counts * counts_sum_inv  # (B, V)
        logprobs = probs.log()  # (B, V)
        for t in (logprobs, probs, counts, counts_sum, counts_sum_inv, norm_logits, logit_maxes, logits, h, hpreact, bnraw,
                  bnvar_inv, bnvar, bndiff2, bndiff, hprebn, bnmeani, embcat, emb):
            t.retain_grad()
        return -logprobs[range(n), b["y"]].mean()


WORKLOADS: dict[str, Callable[[Arrays, Config], Any]] = {
    "gpt_tanh": lambda start, c: Trained(GPT(c), start, adamw_in_two_groups, c),
    "gpt_exact": lambda start, c: Trained(GPT(c), start, adamw_in_two_groups, c),
    "makemore_transformer": lambda start, c: Trained(GPT(c), start, adamw, c),
    "makemore_mlp": lambda start, c: Trained(MakemoreMLP(c), start, adamw, c),
    "makemore_3": Makemore3, "makemore_4": Makemore4, "small_ops": SmallOps,
    "seq2seq_steps": lambda start, c: Trained(Seq2Seq(c), start, adam, c),
    "greedy": lambda start, c: Greedy(Seq2Seq(c), start, None, c),
    "crf": lambda start, c: Trained(CRF(c), start, adam, c),
    "bilstm": lambda start, c: Trained(Tagger(c), start, adam, c),
    "word_language_model": lambda start, c: Trained(WordLanguageModel(c), start, None, c),
    "char_transformer_encoder": lambda start, c: Trained(CharTransformerEncoder(c), start, adam, c),
}


def version() -> str:
    return "tinydawn " + td.__version__
