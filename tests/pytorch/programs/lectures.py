"""Whole lectures in twenty lines: a model, a loss, a few steps."""


def regression_from_scratch(torch):
    """Linear regression with a batch iterator and an optimizer written as functions."""
    def batches(size, x, y):
        order = torch.randperm(len(x))
        for i in range(0, len(x), size):
            picked = order[i:min(i + size, len(x))]
            yield x[picked], y[picked]

    torch.manual_seed(0)
    x = torch.normal(0, 1, (10, 2))
    y = (torch.matmul(x, torch.tensor([2, -3.4])) + 4.2).reshape((-1, 1))
    w, b = torch.normal(0, 0.01, size=(2, 1), requires_grad=True), torch.zeros(1, requires_grad=True)
    for _ in range(2):
        for xb, yb in batches(4, x, y):
            ((torch.mm(xb, w) + b - yb.reshape(-1, 1)) ** 2 / 2).sum().backward()
            with torch.no_grad():
                for p in [w, b]:
                    p -= 0.03 * p.grad / len(xb)
                    p.grad.zero_()
    return {"w": w, "b": b, "loss": float(((x @ w + b - y) ** 2 / 2).mean())}


def bigram_network(torch):
    """A bigram model as one layer on one-hot rows, with the exponential and the sum written out and a penalty."""
    F = torch.nn.functional
    g = torch.Generator().manual_seed(2147483647)
    W = torch.randn((5, 5), generator=g, requires_grad=True)
    xs, ys = torch.tensor([0, 1, 3, 3, 2]), torch.tensor([1, 3, 3, 2, 0])
    losses = []
    for _ in range(4):
        counts = (F.one_hot(xs, num_classes=5).float() @ W).exp()
        probs = counts / counts.sum(1, keepdims=True)
        loss = -probs[torch.arange(5), ys].log().mean() + 0.01 * (W ** 2).mean()
        W.grad = None
        loss.backward()
        W.data += -10 * W.grad
        losses.append(loss.item())
    return {"losses": losses, "W": W}


def layers_written_as_classes(torch):
    """A batch norm as a class of one's own, a weight scaled in place before it becomes a leaf, statistics of its gradient."""
    class Norm:
        def __init__(self, n):
            self.gamma, self.mean, self.training = torch.ones(n), torch.zeros(n), True

        def __call__(self, x):
            mean = x.mean(0, keepdim=True) if self.training else self.mean
            with torch.no_grad():
                self.mean = 0.9 * self.mean + 0.1 * mean
            self.out = self.gamma * (x - mean) / torch.sqrt(x.var(0, keepdim=True) + 1e-5)
            return self.out

    torch.manual_seed(1)
    W, norm, x = torch.randn(3, 4) / 3 ** 0.5, Norm(4), torch.randn(8, 3)
    W *= 5 / 3
    W.requires_grad = norm.gamma.requires_grad = True
    torch.nn.functional.cross_entropy(torch.tanh(norm(x @ W)), torch.arange(8) % 4).backward()
    ratio = ((0.1 * W.grad).std() / W.data.std()).log10().item()
    return {"ratio": ratio, "gamma": norm.gamma.grad, "mean": norm.mean, "W": W.grad, "out": norm.out[0]}


def rnn_from_scratch(torch):
    """A character RNN with one-hot input, a hidden state carried over and detached, clipped gradients."""
    F = torch.nn.functional
    torch.manual_seed(2)
    text = torch.tensor([0, 1, 2, 1, 0, 3, 2, 1, 0, 1, 3, 2, 0])
    Wx, Wh, Wy = (torch.randn(a, b).mul_(0.3).requires_grad_() for a, b in ((4, 5), (5, 5), (5, 4)))
    h, losses = torch.zeros(1, 5), []
    for start in range(0, 12, 4):
        h, loss = h.detach(), 0
        for t in range(start, start + 4):
            h = torch.tanh(F.one_hot(text[t:t + 1], 4).float() @ Wx + h @ Wh)
            loss += F.cross_entropy(h @ Wy, text[t + 1].view(1))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([Wx, Wh, Wy], 1.0)
        for p in (Wx, Wh, Wy):
            p.data.add_(p.grad, alpha=-0.5)
            p.grad.zero_()
        losses.append((loss.item(), norm.item()))
    return {"losses": losses, "h": h}


def sequence_to_sequence(torch):
    """Encoder and decoder with teacher forcing, outputs written into a tensor step by step, padding ignored."""
    nn = torch.nn
    torch.manual_seed(3)
    embed, encoder, decoder, out = nn.Embedding(6, 4), nn.GRU(4, 5), nn.GRU(4, 5), nn.Linear(5, 6)
    src, trg = torch.tensor([[2, 3], [4, 5], [1, 1]]), torch.tensor([[2, 2], [5, 3], [4, 1], [1, 0]])
    outputs = torch.zeros(trg.shape[0], trg.shape[1], 6)
    _, hidden = encoder(embed(src))
    x = trg[0, :]
    for t in range(1, trg.shape[0]):
        y, hidden = decoder(embed(x.unsqueeze(0)), hidden)
        outputs[t] = out(y.squeeze(0))
        x = trg[t] if t % 2 else outputs[t].argmax(1)
    loss = nn.CrossEntropyLoss(ignore_index=0)(outputs[1:].view(-1, 6), trg[1:].view(-1))
    loss.backward()
    return {"loss": loss, "outputs": outputs, "embed": embed.weight.grad, "hidden": hidden}


def crf_forward(torch):
    """The forward algorithm of a CRF in log space against a sum over all paths, and its best path by Viterbi."""
    from itertools import product
    torch.manual_seed(4)
    emit, trans = torch.randn(3, 2, requires_grad=True), torch.randn(2, 2, requires_grad=True)
    alpha = emit[0]
    for t in range(1, 3):
        alpha = torch.logsumexp(alpha.view(-1, 1) + trans, dim=0) + emit[t]
    total = torch.logsumexp(alpha, 0)
    path = lambda p: sum(emit[t, p[t]] for t in range(3)) + sum(trans[p[t], p[t + 1]] for t in range(2))
    scores = torch.stack([path(p) for p in product(range(2), repeat=3)])
    (total - path((0, 1, 1))).backward()
    delta, back = emit[0].detach(), []
    for t in range(1, 3):
        delta, best = (delta[:, None] + trans.detach()).max(0)
        delta = delta + emit[t].detach()
        back.append(best)
    return {"total": total, "all": torch.logsumexp(scores, 0), "emit": emit.grad, "trans": trans.grad, "delta": delta,
            "back": back}


def small_gpt(torch):
    """A head of a GPT: token and position embeddings, a causal buffer, a residual, layer norm, a loss over all steps."""
    nn = torch.nn

    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.kqv = nn.Linear(4, 12, bias=False)
            self.register_buffer("tril", torch.tril(torch.ones(8, 8)))

        def forward(self, x):
            k, q, v = self.kqv(x).chunk(3, dim=-1)
            return torch.softmax((q @ k.mT / 2).masked_fill(self.tril[:x.size(1), :x.size(1)] == 0, float("-inf")), dim=-1) @ v

    torch.manual_seed(1337)
    tok, pos, head, ln, out = nn.Embedding(5, 4), nn.Embedding(8, 4), Head(), nn.LayerNorm(4), nn.Linear(4, 5)
    idx = torch.randint(5, (2, 6))
    x = tok(idx) + pos(torch.arange(6))
    nn.CrossEntropyLoss()(out(x + head(ln(x)))[:, :-1].reshape(-1, 5), idx[:, 1:].reshape(-1)).backward()
    return {"x": x, "tok": tok.weight.grad, "pos": pos.weight.grad, "kqv": head.kqv.weight.grad[:4], "idx": idx}


def autoencoder_step(torch):
    """A variational autoencoder: rsample, a Bernoulli reconstruction, KL by the library, two steps of Adam."""
    nn, D = torch.nn, torch.distributions
    torch.manual_seed(5)
    enc, dec, x = nn.Linear(4, 4), nn.Sequential(nn.Linear(2, 4), nn.Sigmoid()), (torch.rand(3, 4) > 0.5).float()
    optimizer = torch.optim.Adam([*enc.parameters(), *dec.parameters()], lr=1e-1)
    losses = []
    for _ in range(3):
        mu, log_var = enc(x).chunk(2, dim=1)
        q = D.Normal(mu, torch.exp(log_var / 2))
        recon = nn.functional.binary_cross_entropy(dec(q.rsample()), x, reduction="sum")
        kl = D.kl_divergence(q, D.Normal(torch.zeros_like(mu), 1.0)).sum()
        optimizer.zero_grad()
        (recon + kl).backward()
        optimizer.step()
        losses.append((recon.item(), kl.item()))
    return {"losses": losses, "bias": enc.bias}


def policy_gradient(torch):
    """REINFORCE on a bandit: actions drawn, log-probabilities kept in a list, returns normalised, a loss by stack."""
    torch.manual_seed(6)
    policy = torch.nn.Linear(2, 3)
    optimizer = torch.optim.RMSprop(policy.parameters(), lr=0.01)
    saved, rewards = [], []
    for step in range(5):
        dist = torch.distributions.Categorical(torch.softmax(policy(torch.tensor([1.0, step / 5])), dim=-1))
        action = dist.sample()
        saved.append(dist.log_prob(action))
        rewards.append(1.0 if action.item() == 2 else -0.1)
    returns = torch.tensor(rewards).flip(0).cumsum(0).flip(0)
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    loss = torch.stack([-lp * r for lp, r in zip(saved, returns, strict=True)]).sum()
    loss.backward()
    optimizer.step()
    return {"rewards": rewards, "returns": returns, "loss": loss, "weight": policy.weight}


def sentence_classifier(torch):
    """A convolutional sentence classifier: several widths, pooling over time, dropout in training."""
    nn, F = torch.nn, torch.nn.functional
    torch.manual_seed(7)
    embed, convs = nn.Embedding(8, 4, padding_idx=0), nn.ModuleList([nn.Conv2d(1, 2, (k, 4)) for k in (2, 3)])
    drop, fc = nn.Dropout(0.5), nn.Linear(4, 2)
    x = embed(torch.tensor([[1, 2, 3, 4, 0], [5, 6, 7, 0, 0]])).unsqueeze(1)
    x = [F.relu(conv(x)).squeeze(3) for conv in convs]
    x = torch.cat([F.max_pool1d(i, i.size(2)).squeeze(2) for i in x], 1)
    loss = F.cross_entropy(fc(drop(x)), torch.tensor([0, 1]))
    loss.backward()
    return {"pooled": x, "loss": loss, "embed": embed.weight.grad, "conv": [c.weight.grad.sum() for c in convs],
            "fc": fc.weight.grad}


def glove_and_cosines(torch):
    """GloVe's weighted least squares on a table of counts with Adagrad; nearest words by cosine and topk."""
    torch.manual_seed(8)
    X = torch.tensor([[0.0, 4.0, 1.0], [4.0, 0.0, 20.0], [1.0, 20.0, 2.0]])
    W, C, b, c = torch.randn(3, 2) * 0.1, torch.randn(3, 2) * 0.1, torch.zeros(3), torch.zeros(3)
    optimizer = torch.optim.Adagrad([p.requires_grad_() for p in (W, C, b, c)], lr=0.1)
    i, j = X.nonzero(as_tuple=True)
    weight = (X[i, j] / 10).pow(0.75).clamp(max=1.0)
    for _ in range(3):
        optimizer.zero_grad()
        loss = (weight * ((W[i] * C[j]).sum(1) + b[i] + c[j] - X[i, j].log()) ** 2).sum()
        loss.backward()
        optimizer.step()
    E = (W + C).detach()
    E = E / E.norm(dim=1, keepdim=True)
    return {"loss": loss, "W": W, "near": (E @ E.T).fill_diagonal_(-1).topk(1).indices}


def attention_between_sequences(torch):
    """Additive attention with a mask of lengths, its weights and context, and the gradient of the score vector."""
    torch.manual_seed(9)
    query, keys, lengths = torch.randn(2, 3), torch.randn(2, 4, 3), torch.tensor([2, 4])
    W, U, v = (torch.randn(*s, requires_grad=True) for s in ((3, 3), (3, 3), (3,)))
    scores = torch.tanh((query @ W).unsqueeze(1) + keys @ U) @ v
    mask = torch.arange(4).expand(2, 4) >= lengths.unsqueeze(1)
    scores = scores.masked_fill(mask, -1e10)
    weights = torch.softmax(scores, dim=1)
    context = torch.bmm(weights.unsqueeze(1), keys).squeeze(1)
    context.norm().backward()
    return {"weights": weights, "context": context, "v": v.grad, "W": W.grad}
