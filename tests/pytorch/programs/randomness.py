"""Random numbers in the midst of other calls: what is drawn, what is not, and in which order."""

from . import outcome


def dropout_draws_only_when_it_must(torch):
    """p=0, p=1 and evaluation draw nothing: the numbers after them are the same."""
    torch.manual_seed(5)
    x, functional = torch.ones(4), torch.nn.functional
    a = functional.dropout(x, 0.4)
    b = [functional.dropout(x, 0.4, training=False), functional.dropout(x, 0.0), functional.dropout(x, 1.0)]
    return {"a": a, "b": b, "after": torch.rand(3), "again": functional.dropout(x, 0.4)}


def model_with_dropout(torch):
    """Three passes of a model, the middle one in evaluation."""
    torch.manual_seed(6)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.ReLU(), nn.Linear(8, 8), nn.Dropout(0.5), nn.Linear(8, 2))
    x = torch.randn(3, 4)
    first = model(x)
    second = model.eval()(x)
    return {"first": first, "second": second, "third": model.train()(x), "next": torch.randint(0, 9, (3,))}


def all_kinds_by_turns(torch):
    """Uniform, normal, whole numbers, permutations, coins and categories from one seed."""
    torch.manual_seed(7)
    return {"r": [torch.rand(2), torch.randn(3), torch.randint(0, 9, (3,)), torch.randperm(5),
                  torch.bernoulli(torch.full((3,), 0.5)),
                  torch.multinomial(torch.ones(4), 2), torch.randn(1), torch.randn(20).sum(),
                  torch.rand(2, 2, dtype=torch.float64),
                  torch.normal(0.0, 2.0, (2,)), torch.normal(torch.zeros(2), torch.ones(2)), torch.randint(5, (2,)),
                  torch.rand_like(torch.ones(2)), torch.randn_like(torch.ones(3)), torch.randint_like(torch.ones(2), 7)]}


def filled_in_place(torch):
    """uniform_, normal_, random_, bernoulli_ and exponential_, into views too."""
    torch.manual_seed(8)
    x = torch.zeros(4, 5)
    x[0].uniform_(-1, 1)
    x[:, 1].normal_(2, 3)
    x[2:, 2:].bernoulli_(0.3)
    return {"x": x, "r": [torch.empty(3).random_(10), torch.empty(2).exponential_(2.0), torch.empty(20).normal_(),
                          torch.rand(1)]}


def initialisers_in_a_row(torch):
    """nn.init's functions from one seed."""
    torch.manual_seed(9)
    init, made = torch.nn.init, []
    for fill in (init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_, init.kaiming_normal_, init.normal_,
                 init.uniform_):
        made.append(fill(torch.empty(3, 4)))
    made += [init.trunc_normal_(torch.empty(2, 3), std=0.02), init.orthogonal_(torch.empty(3, 3)),
             init.constant_(torch.empty(2), 3.0)]
    made += [init.xavier_uniform_(torch.empty(3, 4), gain=init.calculate_gain("relu")), init.eye_(torch.empty(2, 3))]
    return {"made": made, "after": torch.rand(1)}


def generators_beside_the_seed(torch):
    """A generator of one's own leaves the common one alone; its state can be taken and set."""
    torch.manual_seed(10)
    generator = torch.Generator().manual_seed(3)
    a = torch.randn(2, generator=generator)
    state = generator.get_state()
    b = torch.randperm(4, generator=generator)
    generator.set_state(state)
    common = torch.get_rng_state()
    c = torch.rand(2)
    torch.set_rng_state(common)
    return {"a": a, "b": b, "again": torch.randperm(4, generator=generator), "c": c, "common": torch.rand(2)}


def forked(torch):
    """Within fork_rng the seed may be changed; outside nobody notices."""
    torch.manual_seed(11)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        inside = torch.rand(2)
    return {"inside": inside, "outside": torch.rand(2), "seed": torch.initial_seed()}


def samples_of_distributions(torch):
    """Distributions draw from the same stream, one after the other."""
    torch.manual_seed(12)
    d = torch.distributions
    return {"r": [d.Normal(torch.zeros(2), 1.0).sample((2,)), d.Categorical(torch.tensor([1.0, 1.0, 2.0])).sample((5,)),
                  d.Bernoulli(torch.tensor([0.2, 0.7])).sample(), d.Uniform(0.0, 2.0).sample((2,)),
                  d.Exponential(2.0).rsample((2,)),
                  d.Laplace(0.0, 1.0).sample(), d.Categorical(logits=torch.zeros(2, 3)).sample((2,)), torch.rand(1)]}


def gumbel_samples(torch):
    """gumbel_softmax, soft and hard, and its gradient."""
    torch.manual_seed(13)
    x = torch.linspace(-1, 1, 5).requires_grad_()
    soft = torch.nn.functional.gumbel_softmax(x, tau=0.5)
    hard = torch.nn.functional.gumbel_softmax(x, tau=0.5, hard=True)
    (soft[0] + (hard * x).sum()).backward()
    return {"soft": soft, "hard": hard, "grad": x.grad}


def recurrent_dropout(torch):
    """Dropout between the layers of an LSTM, in training."""
    torch.manual_seed(14)
    lstm = torch.nn.LSTM(3, 4, num_layers=3, dropout=0.5, bidirectional=True)
    out, (h, c) = lstm(torch.randn(5, 2, 3))
    return {"out": out, "h": h, "c": c, "after": torch.rand(1)}


def transformer_in_training(torch):
    """An encoder with dropout in training, from a seed, with masks."""
    torch.manual_seed(15)
    nn = torch.nn
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.2, batch_first=True, norm_first=True, activation="gelu")
    encoder, x = nn.TransformerEncoder(layer, 2), torch.randn(2, 3, 4)
    padded = encoder(x, src_key_padding_mask=torch.tensor([[False, False, True], [False] * 3]))
    causal = encoder(x, mask=nn.Transformer.generate_square_subsequent_mask(3))
    return {"padded": padded, "causal": causal, "after": torch.rand(1)}


def what_cannot_be_drawn(torch):
    """Negative weights, more than there are without replacement, probabilities above 1, empty ranges."""
    actions = [lambda: torch.multinomial(torch.tensor([-1.0, 2.0]), 1), lambda: torch.multinomial(torch.ones(2), 3),
               lambda: torch.bernoulli(torch.tensor([1.5])), lambda: torch.randint(3, 3, (1,)),
               lambda: torch.normal(0.0, -1.0, (1,)),
               lambda: torch.multinomial(torch.zeros(3), 1), lambda: torch.nn.functional.dropout(torch.ones(1), 1.5)]
    return {"refused": [outcome(action) for action in actions]}


def drawn_over_what_was_recorded(torch):
    """Random numbers written over a computed Tensor leave nothing of its gradient."""
    torch.manual_seed(16)
    x = torch.ones(4, requires_grad=True)
    y, z = x * 2, x * 3
    y.uniform_()
    z[:2].normal_()
    (y + z + x).sum().backward()
    return {"y": y, "z": z, "grad": x.grad, "leaf": outcome(lambda: x.normal_())}
