"""Random numbers by seed, and distributions."""

from . import refused


def numbers_by_seed(torch):
    """randn, rand, randint, randperm and normal of one seed, in order, small and large."""
    torch.manual_seed(42)
    made = [torch.randn(3), torch.rand(2, 2), torch.randint(10, (4,)), torch.randint(-5, 5, (2, 2)), torch.randperm(6),
            torch.normal(0.0, 2.0, (2,)), torch.randn(2, dtype=torch.float64), torch.rand(2, dtype=torch.double)]
    large = torch.randn(4, 5)
    return {"made": made, "large": large,
            "like": [torch.randn_like(large)[0], torch.rand_like(made[1]), torch.randint_like(large, 3)[0]],
            "after": torch.rand(1)}


def generators(torch):
    """A Generator has its own stream; the global seed does not move it; a state can be put back."""
    g = torch.Generator().manual_seed(2147483647)
    torch.manual_seed(0)
    a, b = torch.rand(2, generator=g), torch.rand(2)
    g2 = torch.Generator()
    g2.manual_seed(2147483647)
    state = torch.get_rng_state()
    c = torch.randn(2)
    torch.set_rng_state(state)
    return {"a": a, "b": b, "same": torch.equal(torch.rand(2, generator=g2), a), "c": c, "again": torch.randn(2),
            "perm": torch.randperm(5, generator=g), "seed": torch.initial_seed(),
            "ints": torch.randint(0, 100, (3,), generator=g)}


def manual_seed_twice(torch):
    """The same seed gives the same; the seed set once gives other numbers each time; layers draw too."""
    torch.manual_seed(7)
    a = torch.rand(3)
    b = torch.rand(3)
    torch.manual_seed(7)
    c = torch.rand(3)
    torch.manual_seed(7)
    torch.nn.Linear(1, 1)
    return {"a": a, "same": torch.equal(a, c), "other": torch.equal(a, b), "after_layer": torch.rand(3),
            "shuffled": torch.arange(5)[torch.randperm(5)]}


def names_from_bigrams(torch):
    """Words sampled from a table of bigrams with multinomial and a generator, letter by letter."""
    g = torch.Generator().manual_seed(2147483647)
    P = torch.rand((5, 5), generator=g)
    P = P / P.sum(1, keepdim=True)
    words = []
    for _ in range(4):
        word, ix = "", 0
        while len(word) < 8:
            ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
            word += ".abcd"[ix]
            if ix == 0:
                break
        words.append(word)
    return words


def many_by_multinomial(torch):
    """multinomial of rows, with replacement and without; weights need not sum to one; impossible ones are refused."""
    torch.manual_seed(3)
    w = torch.tensor([[0.0, 10.0, 3.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    a = torch.multinomial(w, 8, replacement=True)
    return {"a": a, "permutation": torch.multinomial(w[1], 4).sort().values, "certain": torch.multinomial(w[:1, :2], 1),
            "negative": refused(lambda: torch.multinomial(torch.tensor([-1.0, 2.0]), 1)),
            "shape": torch.multinomial(w, 2).shape}


def generation_loop(torch):
    """Text generation as a small GPT does it: crop, last step, temperature, top-k, softmax, multinomial, cat."""
    torch.manual_seed(1337)
    table, idx = torch.nn.Embedding(6, 6), torch.zeros((2, 1), dtype=torch.long)
    for _ in range(6):
        logits = table(idx[:, -3:])[:, -1, :] / 0.8
        v, _ = torch.topk(logits, min(3, logits.size(-1)))
        logits[logits < v[:, [-1]]] = -float("inf")
        probs = torch.nn.functional.softmax(logits, dim=-1)
        idx = torch.cat((idx, torch.multinomial(probs, num_samples=1)), dim=1)
    return {"idx": idx, "probs": probs}


def coins(torch):
    """bernoulli of probabilities, a mask of dropout by rand, and choices by weights."""
    torch.manual_seed(11)
    p = torch.tensor([0.0, 1.0, 0.3, 0.7, 0.5])
    hard = torch.bernoulli(p)
    mask = (torch.rand(3, 4) > 0.5).float()
    teacher = [torch.rand(1).item() < 0.5 for _ in range(6)]
    return {"hard": hard, "dropped": torch.ones(3, 4) * mask / 0.5, "teacher": teacher,
            "outside": refused(lambda: torch.bernoulli(torch.tensor([1.5])))}


def dropout_by_seed(torch):
    """What dropout drops for a seed, in a function, a layer and a model, and what the gradient sees."""
    nn = torch.nn
    torch.manual_seed(12)
    x = torch.ones(12, requires_grad=True)
    y = nn.functional.dropout(x, p=0.25)
    (y * torch.arange(12.0)).sum().backward()
    net = nn.Sequential(nn.Linear(3, 6), nn.Dropout(), nn.Linear(6, 2))
    return {"y": y, "grad": x.grad, "net": net(torch.ones(2, 3)), "eval": net.eval()(torch.ones(1, 3)), "after": torch.rand(1),
            "in_place": torch.empty(6).bernoulli_(0.3), "exponential": torch.empty(4).exponential_()}


def categorical(torch):
    """Categorical by probabilities and by logits: log_prob, entropy, probs made to sum to one, REINFORCE's gradient."""
    D = torch.distributions
    torch.manual_seed(4)
    logits = torch.tensor([[1.0, 2.0, 0.5], [0.0, 0.0, 3.0]], requires_grad=True)
    policy, action = D.Categorical(logits=logits), torch.tensor([1, 2])
    loss = -(policy.log_prob(action) * torch.tensor([1.0, -0.5])).sum() - 0.1 * policy.entropy().mean()
    loss.backward()
    d = D.Categorical(torch.tensor([1.0, 3.0]))
    return {"loss": loss, "grad": logits.grad, "entropy": policy.entropy(), "probs": d.probs, "logits": d.logits,
            "samples": d.sample((10,)), "shape": policy.sample().shape, "values": policy.sample().max() < 3,
            "kl": D.kl_divergence(D.Categorical(d.probs), D.Categorical(torch.tensor([0.5, 0.5])))}


def normal_distribution(torch):
    """Normal: sample is cut off, rsample is not; log_prob, entropy, cdf, KL in closed form, a VAE's loss."""
    D = torch.distributions
    torch.manual_seed(5)
    mu, log_sigma = torch.tensor([0.5, -1.0], requires_grad=True), torch.tensor([0.0, 0.3], requires_grad=True)
    q, p = D.Normal(mu, log_sigma.exp()), D.Normal(torch.zeros(2), torch.ones(2))
    z, s = q.rsample(), q.sample((3,))
    kl = D.kl_divergence(q, p).sum()
    (kl - p.log_prob(z).sum()).backward()
    return {"z": z, "s": s, "kl": kl, "mu": mu.grad, "sigma": log_sigma.grad, "log_prob": q.log_prob(torch.zeros(2)),
            "entropy": q.entropy(), "cdf": p.cdf(torch.tensor([0.0, 1.0])),
            "by_hand": -0.5 * torch.sum(1 + 2 * log_sigma - mu.pow(2) - (2 * log_sigma).exp()), "mean": q.mean,
            "variance": q.variance, "negative": refused(lambda: D.Normal(0.0, -1.0))}


def bernoulli_distribution(torch):
    """Bernoulli by probabilities and logits, Uniform, and numbers as parameters."""
    D = torch.distributions
    torch.manual_seed(6)
    b, c, u = D.Bernoulli(torch.tensor([0.3, 0.9])), D.Bernoulli(logits=torch.tensor([0.0, 2.0])), D.Uniform(-1.0, 3.0)
    return {"sample": b.sample((4,)), "log": b.log_prob(torch.tensor([1.0, 0.0])), "entropy": c.entropy(), "probs": c.probs,
            "kl": D.kl_divergence(b, c), "mean": b.mean, "uniform": u.sample((2,)), "density": u.log_prob(torch.tensor(0.0)),
            "scalar": D.Normal(0.0, 1.0).log_prob(torch.tensor(0.0)), "one": D.Normal(0.0, 1.0).sample().shape}


def reparameterised(torch):
    """A VAE's reparameterisation by hand with randn_like, and Gumbel-softmax's parts."""
    torch.manual_seed(8)
    mu, logvar = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    std = torch.exp(0.5 * logvar)
    eps = torch.randn_like(std)
    z = mu + eps * std
    kld = -0.5 * torch.mean(torch.sum(1 + logvar - mu ** 2 - logvar.exp(), dim=1), dim=0)
    (z.pow(2).sum() + kld).backward()
    gumbel = -torch.log(-torch.log(torch.rand(2, 3) + 1e-20) + 1e-20)
    y = torch.softmax((mu.detach() + gumbel) / 0.5, dim=-1)
    return {"z": z, "kld": kld, "mu": mu.grad, "logvar": logvar.grad, "y": y, "flag": eps.requires_grad}


def batch_by_random_offsets(torch):
    """get_batch of a language model: random offsets, stacked windows, targets one ahead."""
    torch.manual_seed(1337)
    data = torch.tensor([ord(c) - 97 for c in "thequickbrownfoxjumpsoverthelazydog"], dtype=torch.long)
    n = int(0.9 * len(data))
    train, val = data[:n], data[n:]
    batches = []
    for split in (train, train, val):
        ix = torch.randint(len(split) - 3, (4,))
        x = torch.stack([split[i:i + 3] for i in ix])
        y = torch.stack([split[i + 1:i + 4] for i in ix])
        batches.append((ix, x, y))
    return batches


def masked_words(torch):
    """BERT's masking: 15 percent chosen by bernoulli of a matrix, most become a mask, some random words, labels -100."""
    torch.manual_seed(13)
    ids = torch.arange(40).view(2, 20) + 5
    labels, probability = ids.clone(), torch.full(ids.shape, 0.3)
    probability.masked_fill_(ids % 20 == 5, value=0.0)
    masked = torch.bernoulli(probability).bool()
    labels[~masked] = -100
    replaced = torch.bernoulli(torch.full(labels.shape, 0.8)).bool() & masked
    ids[replaced] = 1
    random = torch.bernoulli(torch.full(labels.shape, 0.5)).bool() & masked & ~replaced
    words = torch.randint(100, labels.shape, dtype=torch.long)
    ids[random] = words[random]
    return {"ids": ids, "labels": labels, "masked": masked.sum(), "replaced": replaced.sum(1)}


def negative_samples(torch):
    """Skip-gram with negative samples drawn from counts to the power 0.75, scored by bmm."""
    F = torch.nn.functional
    torch.manual_seed(14)
    counts = torch.tensor([5.0, 3.0, 1.0, 1.0])
    noise = counts.pow(0.75) / counts.pow(0.75).sum()
    center, context = torch.nn.Embedding(4, 3), torch.nn.Embedding(4, 3)
    negatives = torch.multinomial(noise, 2 * 3, replacement=True).view(2, -1)
    v, u = center(torch.tensor([0, 2])), context(torch.tensor([1, 3]))
    positive = F.logsigmoid((v * u).sum(1))
    negative = F.logsigmoid(-torch.bmm(context(negatives), v.unsqueeze(2)).squeeze(2)).sum(1)
    loss = -(positive + negative).mean()
    loss.backward()
    return {"negatives": negatives, "loss": loss, "center": center.weight.grad, "context": context.weight.grad}
