"""Layers with unusual arguments, unbatched inputs, and what they refuse."""

from . import outcome


def lstm_forms(torch):
    """Unbatched, with states given, without bias, with a projection."""
    torch.manual_seed(1)
    lstm = torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True, bias=False)
    projected = torch.nn.LSTM(3, 4, proj_size=2)
    out, (h, c) = lstm(torch.randn(5, 3))
    given, states = lstm(torch.randn(2, 5, 3), (torch.ones(4, 2, 4), torch.zeros(4, 2, 4)))
    small, (hp, cp) = projected(torch.randn(5, 1, 3))
    return {"out": [out, h, c], "given": [given, *states], "projected": [small, hp, cp], "keys": list(projected.state_dict())}


def gru_and_rnn_forms(torch):
    """Unbatched, relu in place of tanh, a state of the wrong size."""
    torch.manual_seed(2)
    gru, rnn = torch.nn.GRU(3, 4, num_layers=2), torch.nn.RNN(3, 4, nonlinearity="relu", bias=False)
    x = torch.randn(5, 2, 3)
    return {"gru": [*gru(x), *gru(x[:, 0])], "rnn": [*rnn(x), *rnn(x, torch.ones(1, 2, 4))],
            "state": outcome(lambda: rnn(x, torch.zeros(1, 3, 4))), "input": outcome(lambda: gru(torch.ones(3, 4)))}


def cells_without_batch(torch):
    """Cells with a batch and without, with a state and without."""
    torch.manual_seed(3)
    lstm, gru, rnn = torch.nn.LSTMCell(3, 4), torch.nn.GRUCell(3, 4), torch.nn.RNNCell(3, 4)
    x = torch.randn(2, 3)
    return {"lstm": [*lstm(x), *lstm(x[0])], "gru": [gru(x), gru(x[0], torch.ones(4))], "rnn": [rnn(x), rnn(x[0])]}


def attention_forms(torch):
    """Weights per head, masks of both kinds, padding, no batch."""
    torch.manual_seed(4)
    attention, x = torch.nn.MultiheadAttention(6, 2, batch_first=True), torch.randn(2, 4, 6)
    causal = torch.triu(torch.ones(4, 4), 1).bool()
    padding = torch.tensor([[False, False, True, True], [False] * 4])
    return {"plain": attention(x, x, x), "alone": attention(x[0], x[0], x[0]),
            "none": attention(x, x, x, need_weights=False)[0],
            "heads": attention(x, x, x, average_attn_weights=False, attn_mask=causal), "padded": attention(x, x, x, padding),
            "float": attention(x, x, x, attn_mask=torch.zeros(4, 4).masked_fill(causal, float("-inf")))[0]}


def attention_of_other_widths(torch):
    """Keys and values of other widths than the queries."""
    torch.manual_seed(5)
    attention = torch.nn.MultiheadAttention(6, 2, kdim=4, vdim=5, bias=False)
    out, weights = attention(torch.randn(3, 2, 6), torch.randn(4, 2, 4), torch.randn(4, 2, 5))
    return {"out": out, "weights": weights, "keys": list(attention.state_dict()),
            "odd": outcome(lambda: torch.nn.MultiheadAttention(5, 2))}


def dot_product_attention(torch):
    """Causal, with a mask of truth values, with a mask that is added, with another scale."""
    torch.manual_seed(6)
    attend, q = torch.nn.functional.scaled_dot_product_attention, torch.randn(2, 2, 4, 3)
    return {"r": [attend(q, q, q), attend(q, q, q, is_causal=True),
                  attend(q, q, q, attn_mask=torch.tril(torch.ones(4, 4)).bool()),
                  attend(q, q, q, attn_mask=torch.ones(4, 4).tril() * -2), attend(q, q, q, scale=0.5),
                  attend(q[0, 0], q[0, 0], q[0, 0])]}


def linear_forms(torch):
    """Vectors, stacks, nothing at all; and what does not fit."""
    torch.manual_seed(7)
    linear = torch.nn.Linear(3, 2)
    refused = [outcome(lambda x=x: linear(x)) for x in (torch.ones(4), torch.ones(2, 3).long(), torch.ones(2, 3).double())]
    return {"r": [linear(torch.ones(3)), linear(torch.ones(2, 2, 3)), linear(torch.zeros(0, 3))], "refused": refused,
            "replaced": outcome(lambda: setattr(linear, "weight", torch.ones(2, 3))),
            "double": linear.double()(torch.ones(3).double())}


def batch_norm_moments(torch):
    """momentum=None averages all batches; statistics that are not kept; one row refused."""
    torch.manual_seed(8)
    averaged, other = torch.nn.BatchNorm1d(3, momentum=None), torch.nn.BatchNorm1d(3, momentum=0.3)
    for _ in range(3):
        averaged(torch.randn(4, 3))
    other(torch.randn(4, 3) + 2)
    return {"mean": averaged.running_mean, "var": averaged.running_var, "count": averaged.num_batches_tracked,
            "eval": other.eval()(torch.ones(1, 3)), "keys": list(other.state_dict()),
            "one": outcome(lambda: averaged(torch.ones(1, 3))),
            "plain": torch.nn.BatchNorm1d(3, affine=False, track_running_stats=False)(torch.arange(6.0).view(2, 3))}


def norms_and_pads(torch):
    """LayerNorm over two axes and without weights, RMSNorm, GroupNorm, normalize, pads of all modes."""
    torch.manual_seed(9)
    nn, f, x = torch.nn, torch.nn.functional, torch.randn(2, 3, 6)
    return {"r": [nn.LayerNorm([3, 6])(x), nn.LayerNorm(6, elementwise_affine=False)(x), nn.LayerNorm(6, bias=False)(x),
                  nn.RMSNorm(6)(x), nn.GroupNorm(3, 3)(x), f.normalize(x, dim=1), f.pad(x, (2, 0)),
                  f.pad(x, (1, 2), value=5.0),
                  f.pad(x, (1, 1), mode="replicate"), f.pad(x, (1, 1), mode="circular"), f.pad(x, (-1, 0)),
                  f.pad(x, (0, 0, 1, 0))]}


def convolutions_of_all_forms(torch):
    """Strides, dilations, groups, padding by name; a sequence without a batch."""
    torch.manual_seed(10)
    nn, x, image = torch.nn, torch.randn(2, 3, 9), torch.randn(2, 3, 8, 8)
    return {"1": [nn.Conv1d(3, 4, 3)(x), nn.Conv1d(3, 4, 3, padding="same")(x), nn.Conv1d(3, 3, 3, groups=3)(x),
                  nn.Conv1d(3, 4, 3)(x[0])],
            "2": [nn.Conv2d(3, 4, 3, padding=1, stride=2)(image), nn.Conv2d(3, 6, 3, groups=3, bias=False)(image),
                  nn.Conv2d(3, 4, (1, 3), padding=(0, 1), dilation=2)(image), nn.Conv2d(3, 2, 3)(image[0])],
            "channels": outcome(lambda: nn.Conv1d(3, 2, 3)(torch.ones(1, 2, 5)))}


def pools_of_all_forms(torch):
    """Maximum, mean and adaptive pools."""
    torch.manual_seed(11)
    nn, x, image = torch.nn, torch.randn(2, 3, 9), torch.randn(2, 3, 7, 7)
    return {"1": [nn.MaxPool1d(2)(x), nn.AvgPool1d(3)(x), nn.AdaptiveMaxPool1d(1)(x), nn.AdaptiveAvgPool1d(4)(x),
                  torch.nn.functional.max_pool1d(x, 9), torch.nn.functional.avg_pool1d(x, 2, 1)],
            "2": [nn.MaxPool2d(2)(image), nn.MaxPool2d(3, 2, 1)(image), nn.MaxPool2d(2, ceil_mode=True)(image),
                  nn.AvgPool2d(2)(image),
                  nn.AvgPool2d(3, stride=2, padding=1)(image), nn.AdaptiveAvgPool2d((2, 3))(image),
                  nn.AdaptiveMaxPool2d(2)(image)]}


def embedding_forms(torch):
    """Rows that are cut to a norm, a padding row, bags of all modes, ids outside."""
    torch.manual_seed(12)
    nn, ids = torch.nn, torch.tensor([[0, 1], [4, 1]])
    embedding = nn.Embedding(5, 3, padding_idx=1, max_norm=1.0)
    embedding(ids).sum().backward()
    bags = [nn.EmbeddingBag(5, 3, mode=mode)(ids) for mode in ("sum", "mean", "max")]
    return {"weight": embedding.weight, "grad": embedding.weight.grad, "bags": bags,
            "outside": outcome(lambda: embedding(ids + 3)),
            "offsets": nn.EmbeddingBag(5, 3)(torch.tensor([0, 1, 2, 3]), torch.tensor([0, 3])),
            "real": outcome(lambda: embedding(ids / 2))}


def activations_with_arguments(torch):
    """Activations whose arguments are not the defaults."""
    nn, f, x = torch.nn, torch.nn.functional, torch.linspace(-3, 3, 7)
    return {"r": [nn.GELU(approximate="tanh")(x), nn.Softplus(beta=2, threshold=1)(x), nn.Threshold(0.5, 9.0)(x),
                  nn.GLU()(x[:6]),
                  nn.Softmin(0)(x), nn.ELU(0.5)(x), f.leaky_relu(x, 0.2), f.hardtanh(x, -0.5, 0.5), nn.CELU(2.0)(x),
                  nn.PReLU()(x),
                  nn.Softshrink(1.0)(x), nn.Hardshrink(1.0)(x), nn.ReLU6()(x * 3), nn.LogSigmoid()(x * 50), nn.Mish()(x)]}


def containers_changed(torch):
    """Sequential, ModuleList and ModuleDict that are added to, cut and taken from."""
    nn = torch.nn
    model, items, named = nn.Sequential(nn.Linear(2, 3), nn.ReLU()), nn.ModuleList([nn.Linear(2, 1)]), nn.ModuleDict()
    model.add_module("last", nn.Linear(3, 1))
    model.append(nn.Sigmoid())
    items.append(nn.Linear(1, 2))
    items.insert(0, nn.Tanh())
    items += [nn.ReLU()]
    named["x"] = nn.Linear(1, 1)
    named.update({"y": nn.ReLU()})
    taken = named.pop("y")
    return {"model": [len(model), list(model.state_dict()), str(model[-1])],
            "items": [str(items[1:]), list(items.state_dict())],
            "named": [list(named.keys()), "y" in named, str(taken), [str(m) for m in named.values()]]}


def nothing_as_a_member(torch):
    """None as a module, a parameter and a buffer; buffers that are not saved; members deleted."""
    nn, module = torch.nn, torch.nn.Module()
    module.a, module.b, module.c = nn.Linear(1, 1), None, nn.Parameter(torch.ones(1))
    module.register_parameter("d", None)
    module.register_buffer("e", None)
    module.register_buffer("f", torch.ones(1), persistent=False)
    before = [list(module.state_dict()), [n for n, _ in module.named_parameters()], [n for n, _ in module.named_buffers()]]
    module.c = None
    del module.a
    return {"before": before, "after": list(module.state_dict()), "d": module.d, "has": hasattr(module, "zz")}
