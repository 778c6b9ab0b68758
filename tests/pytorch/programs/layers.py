"""Layers and losses: first weights for a seed, outputs, gradients, and their corner cases."""

from . import refused


def _begin(torch, layer, *inputs):
    """Sums of a layer's first weights, its output, and norms of its gradients."""
    out = layer(*inputs)
    (out[0] if isinstance(out, tuple) else out).pow(2).sum().backward()
    return {"weights": [p.abs().sum() for p in layer.parameters()], "out": out,
            "grads": [p.grad.norm() for p in layer.parameters()]}


def first_weights(torch):
    """One seed, one network: the same first weights, in the same order."""
    nn = torch.nn
    torch.manual_seed(1337)
    net = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2, bias=False))
    rnn = nn.LSTM(2, 3)
    after = torch.rand(2)
    return {"weights": list(net.parameters()), "lstm": [p.abs().sum() for p in rnn.parameters()], "after": after}


def mlp_with_embedding(torch):
    """A character model in the manner of 2003: embedded context, flattened, one hidden layer, generator for everything."""
    F = torch.nn.functional
    g = torch.Generator().manual_seed(2147483647)
    C, W1 = torch.randn((5, 2), generator=g), torch.randn((6, 8), generator=g) * (5 / 3) / (6 ** 0.5)
    b1, W2 = torch.randn(8, generator=g) * 0.01, torch.randn((8, 5), generator=g) * 0.01
    parameters = [C, W1, b1, W2]
    for p in parameters:
        p.requires_grad = True
    X, Y = torch.randint(0, 5, (16, 3), generator=g), torch.randint(0, 5, (16,), generator=g)
    for i in range(3):
        ix = torch.randint(0, X.shape[0], (4,), generator=g)
        emb = C[X[ix]]
        loss = F.cross_entropy(torch.tanh(emb.view(emb.shape[0], -1) @ W1 + b1) @ W2, Y[ix])
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -(0.1 if i < 2 else 0.01) * p.grad
    return {"loss": loss.item(), "C": C, "count": sum(p.nelement() for p in parameters), "ix": ix}


def batch_norm(torch):
    """BatchNorm1d: batch statistics in training, running ones (unbiased, momentum 0.1) in eval; one example is refused."""
    bn = torch.nn.BatchNorm1d(2)
    x = torch.tensor([[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]], requires_grad=True)
    y = bn(x)
    (y * torch.tensor([[1.0], [2.0], [4.0]])).sum().backward()
    kind = refused(lambda: bn(x[:1]))
    bn.eval()
    return {"y": y, "grad": x.grad, "mean": bn.running_mean, "var": bn.running_var, "count": bn.num_batches_tracked,
            "eval": bn(x[:1]), "kind": kind, "three": torch.nn.BatchNorm1d(3, affine=False)(torch.arange(12.0).view(2, 3, 2)),
            "names": list(bn.state_dict())}


def batch_norm_by_hand(torch):
    """Batch normalisation written out, with running statistics updated under no_grad."""
    torch.manual_seed(2)
    h = torch.randn(6, 3, requires_grad=True)
    gain, bias = torch.ones((1, 3), requires_grad=True), torch.zeros((1, 3), requires_grad=True)
    running_mean, running_std = torch.zeros((1, 3)), torch.ones((1, 3))
    mean, std = h.mean(0, keepdim=True), h.std(0, keepdim=True)
    with torch.no_grad():
        running_mean = 0.999 * running_mean + 0.001 * mean
        running_std = 0.999 * running_std + 0.001 * std
    out = gain * (h - mean) / std + bias
    (out ** 3).sum().backward()
    return {"out": out, "grad": h.grad, "gain": gain.grad, "mean": running_mean, "std": running_std}


def normalising_layers(torch):
    """LayerNorm over one and two dimensions, GroupNorm, RMS by hand, BatchNorm2d."""
    nn = torch.nn
    x = torch.arange(16.0).view(2, 2, 4).pow(1.5)
    rms = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)
    return {"one": nn.LayerNorm(4)(x), "two": nn.LayerNorm([2, 4])(x).sum(dim=-1),
            "bare": nn.LayerNorm(4, elementwise_affine=False, eps=0.1)(x)[0], "rms": rms[0], "group": nn.GroupNorm(1, 2)(x)[1],
            "image": nn.BatchNorm2d(2)(x.view(2, 2, 2, 2))[0, 0], "functional": torch.nn.functional.layer_norm(x, (4,))[1, 1],
            "bad": refused(lambda: nn.LayerNorm(3)(x))}


def embeddings(torch):
    """padding_idx is zero and stays so; from_pretrained is frozen unless told; ids must be integers."""
    nn = torch.nn
    torch.manual_seed(3)
    e = nn.Embedding(4, 2, padding_idx=0)
    e(torch.tensor([[0, 1], [1, 3]])).sum().backward()
    table = torch.arange(6.0).view(3, 2)
    frozen, free = nn.Embedding.from_pretrained(table), nn.Embedding.from_pretrained(table.clone(), freeze=False)
    bag = nn.EmbeddingBag(3, 2, mode="mean")
    bag.weight.data.copy_(table)
    return {"weight": e.weight, "grad": e.weight.grad, "frozen": frozen(torch.tensor([2, 0])),
            "flags": [frozen.weight.requires_grad, free.weight.requires_grad], "kind": refused(lambda: e(torch.tensor([1.0]))),
            "bag": bag(torch.tensor([0, 2, 1]), torch.tensor([0, 2])), "sizes": [e.num_embeddings, e.embedding_dim],
            "functional": nn.functional.embedding(torch.tensor(1), table)}


def recurrent_layers(torch):
    """RNN, GRU and LSTM: first weights, outputs, last states, two layers, both directions, batch_first."""
    nn = torch.nn
    torch.manual_seed(4)
    x = torch.randn(3, 2, 2)
    return [_begin(torch, nn.RNN(2, 2), x), _begin(torch, nn.GRU(2, 2, batch_first=True), x),
            _begin(torch, nn.RNN(2, 2, nonlinearity="relu"), x),
            _begin(torch, nn.LSTM(2, 2, num_layers=2, bidirectional=True), x), _begin(torch, nn.LSTM(2, 2), x[:, 0])]


def cells_in_a_loop(torch):
    """LSTMCell and GRUCell in a loop, first states given or not, equal to the layer."""
    nn = torch.nn
    torch.manual_seed(5)
    cell, x = nn.LSTMCell(2, 3), torch.randn(4, 2, 2)
    h, c = torch.zeros(2, 3), torch.zeros(2, 3)
    out = []
    for t in range(x.size(0)):
        h, c = cell(x[t], (h, c))
        out.append(h)
    layer = nn.LSTM(2, 3)
    layer.load_state_dict({f"{name}_l0": p for name, p in cell.state_dict().items()})
    y, (hn, cn) = layer(x)
    return {"out": torch.stack(out, 0), "same": torch.allclose(y, torch.stack(out), atol=1e-6), "hn": hn,
            "cn": torch.allclose(cn[0], c, atol=1e-6), "gru": nn.GRUCell(2, 2)(x[0])}


def packed_sequences(torch):
    """A bidirectional LSTM over packed sequences: padding does not count; last states are the sequences' own."""
    nn, rnn = torch.nn, torch.nn.utils.rnn
    torch.manual_seed(6)
    sequences = [torch.randn(4, 2), torch.randn(1, 2), torch.randn(3, 2)]
    padded, lengths = rnn.pad_sequence(sequences, batch_first=True), torch.tensor([4, 1, 3])
    lstm = nn.LSTM(2, 2, batch_first=True, bidirectional=True)
    packed = rnn.pack_padded_sequence(padded, lengths, batch_first=True, enforce_sorted=False)
    out, (h, c) = lstm(packed)
    unpacked, again = rnn.pad_packed_sequence(out, batch_first=True, padding_value=-1.0)
    unsorted = refused(lambda: rnn.pack_padded_sequence(padded, lengths, batch_first=True))
    return {"out": unpacked, "h": h, "lengths": again, "sizes": packed.batch_sizes, "unsorted": unsorted, "c": c.sum()}


def attention_layer(torch):
    """MultiheadAttention: a causal mask, a mask of padding (True is hidden), weights averaged over heads."""
    nn = torch.nn
    torch.manual_seed(7)
    mha, x = nn.MultiheadAttention(4, 2, batch_first=True), torch.randn(2, 3, 4)
    causal = torch.triu(torch.ones(3, 3, dtype=torch.bool), diagonal=1)
    pad = torch.tensor([[False, False, True], [False, False, False]])
    a, wa = mha(x, x, x, attn_mask=causal)
    _, wb = mha(x, x, x, key_padding_mask=pad, average_attn_weights=False)
    c, none = mha(x, x, x, attn_mask=nn.Transformer.generate_square_subsequent_mask(3), need_weights=False)
    a.pow(2).sum().backward()
    return {"a": a, "wa": wa, "wb": wb, "same": torch.allclose(a, c, atol=1e-6), "none": none is None,
            "grad": mha.in_proj_weight.grad[:2], "names": [n for n, _ in mha.named_parameters()]}


def transformer_layers(torch):
    """TransformerEncoder and Transformer: first weights, masks, outputs in eval, norm first."""
    nn = torch.nn
    torch.manual_seed(8)
    layer = nn.TransformerEncoderLayer(d_model=4, nhead=2, dim_feedforward=8, batch_first=True, norm_first=True,
                                       activation="gelu")
    encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False).eval()
    model = nn.Transformer(4, 2, 1, 1, 8).eval()
    x, mask = torch.randn(3, 2, 4), nn.Transformer.generate_square_subsequent_mask(2)
    return {"x": encoder(x, mask=mask),
            "alike": torch.equal(encoder.layers[0].linear1.weight, encoder.layers[1].linear1.weight), "mask": mask,
            "out": model(x, x[:2], tgt_mask=mask), "count": sum(p.numel() for p in model.parameters()),
            "names": [n for n, _ in layer.named_parameters()][:4]}


def convolutions(torch):
    """Conv1d and Conv2d with padding and stride, max and average pooling, a sentence classifier's pooling over time."""
    nn, F = torch.nn, torch.nn.functional
    torch.manual_seed(9)
    conv, image = nn.Conv2d(1, 2, 3, padding=1, stride=2), torch.arange(16.0).view(1, 1, 4, 4)
    text, c1 = torch.randn(2, 3, 5), nn.Conv1d(3, 2, kernel_size=2)
    y, pooled = conv(image), F.max_pool1d(torch.relu(c1(text)), c1(text).size(2)).squeeze(2)
    (y.sum() + pooled.sum()).backward()
    tied = torch.ones(1, 4, requires_grad=True)
    F.max_pool1d(tied, 2).sum().backward()
    return {"y": y, "pooled": pooled, "grad": conv.weight.grad, "c1": c1.weight.grad, "tied": tied.grad,
            "avg": nn.AvgPool2d(2)(image), "max": nn.MaxPool2d(2, stride=1)(image),
            "adaptive": nn.AdaptiveAvgPool2d(1)(image).flatten(1), "odd": nn.MaxPool1d(2)(torch.arange(5.0).view(1, 5)),
            "over": text.max(dim=2)[0].shape}


def activations(torch):
    """Activations as modules and functions, with their defaults and their gradients at zero."""
    nn, F = torch.nn, torch.nn.functional
    x = torch.tensor([-2.0, 0.0, 0.5, 30.0], requires_grad=True)
    functions = {"leaky": nn.LeakyReLU(), "elu": nn.ELU(), "gelu": nn.GELU(), "tanh_gelu": nn.GELU(approximate="tanh"),
                 "softplus": nn.Softplus(), "silu": F.silu, "relu6": F.relu6, "hardtanh": nn.Hardtanh(),
                 "logsigmoid": F.logsigmoid, "selu": F.selu}
    out = {}
    for name, f in functions.items():
        x.grad = None
        y = f(x)
        y.sum().backward()
        out[name] = [y.detach(), x.grad]
    return {**out, "prelu": nn.PReLU()(x), "glu": F.glu(x)}


def cross_entropies(torch):
    """cross_entropy with ignore_index, weights (a weighted mean), smoothing, probabilities as targets, more dimensions."""
    F = torch.nn.functional
    torch.manual_seed(10)
    x, y, w = torch.randn(4, 3, requires_grad=True), torch.tensor([0, 2, -100, 1]), torch.tensor([1.0, 2.0, 4.0])
    loss = F.cross_entropy(x, y, weight=w)
    loss.backward()
    seq, targets = torch.randn(2, 3, 4), torch.tensor([[0, 1, 2, 0], [2, 2, -100, 1]])
    return {"loss": loss, "grad": x.grad, "none": F.cross_entropy(x, y, reduction="none"),
            "sum": F.cross_entropy(x, y, reduction="sum"), "pad": F.cross_entropy(x, y.clamp(min=0), ignore_index=0),
            "smooth": F.cross_entropy(x, y, label_smoothing=0.1), "soft": F.cross_entropy(x, torch.softmax(x.detach() * 2, 1)),
            "seq": F.cross_entropy(seq, targets),
            "nll": torch.nn.NLLLoss(ignore_index=1)(torch.log_softmax(x, 1), y.clamp(min=0)),
            "all": F.cross_entropy(x, torch.full((4,), -100)),
            "transposed": torch.nn.CrossEntropyLoss()(seq.transpose(1, 2).reshape(-1, 3), targets.view(-1))}


def binary_losses(torch):
    """BCELoss cuts its logarithm at -100; with logits, with weights and pos_weight; targets must be floats."""
    nn, F = torch.nn, torch.nn.functional
    p, y = torch.tensor([0.0, 0.5, 1.0, 0.9]), torch.tensor([1.0, 0.0, 1.0, 1.0])
    x = torch.tensor([-50.0, 0.0, 2.0, 100.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, y)
    loss.backward()
    return {"bce": nn.BCELoss(reduction="none")(p, y), "mean": F.binary_cross_entropy(p, y), "loss": loss, "grad": x.grad,
            "positive": nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))(x, y),
            "weight": F.binary_cross_entropy(p, y, weight=torch.tensor([0.0, 1.0, 1.0, 2.0])),
            "shape": refused(lambda: F.binary_cross_entropy(p.view(4, 1), y)),
            "range": refused(lambda: F.binary_cross_entropy(p + 1, y))}


def distances_as_losses(torch):
    """MSE, L1, SmoothL1 and Huber with their reductions and their gradients at the corner."""
    F = torch.nn.functional
    y, out = torch.tensor([0.0, 1.0, 2.0, 5.0]), {}
    for name, f in (("mse", F.mse_loss), ("l1", F.l1_loss), ("smooth", F.smooth_l1_loss),
                    ("half", lambda a, b: F.smooth_l1_loss(a, b, beta=0.5)),
                    ("huber", lambda a, b: F.huber_loss(a, b, delta=2.0))):
        x = torch.tensor([0.0, 2.0, 2.5, 1.0], requires_grad=True)
        loss = f(x, y)
        loss.backward()
        out[name] = [loss, x.grad]
    return {**out, "sum": torch.nn.MSELoss(reduction="sum")(x, y), "none": torch.nn.L1Loss(reduction="none")(x, y)}


def divergences_and_margins(torch):
    """KLDivLoss takes log-probabilities first, batchmean divides by rows; margin losses; cosine embedding loss."""
    nn, F = torch.nn, torch.nn.functional
    lp, q = torch.log(torch.tensor([[0.5, 0.5], [0.9, 0.1]])), torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    a, b, y = torch.tensor([[1.0, 0.0], [1.0, 1.0]]), torch.tensor([[0.5, 0.5], [-1.0, 0.0]]), torch.tensor([1.0, -1.0])
    return {"batch": F.kl_div(lp, q, reduction="batchmean"), "mean": nn.KLDivLoss()(lp, q),
            "log": F.kl_div(lp, lp.flip(0), reduction="sum", log_target=True),
            "cosine": nn.CosineEmbeddingLoss(margin=0.1)(a, b, y),
            "ranking": nn.MarginRankingLoss(margin=0.5)(a[:, 0], b[:, 0], y),
            "triplet": nn.TripletMarginLoss()(a, b, a.flip(1))}


def bilinear_and_friends(torch):
    """Bilinear, Linear without a batch, Identity, Softmax over a dimension, Dropout in eval."""
    nn = torch.nn
    torch.manual_seed(11)
    bi, lin = nn.Bilinear(2, 3, 2), nn.Linear(2, 3)
    a, b = torch.randn(4, 2), torch.randn(4, 3)
    out = bi(a, b)
    out.sum().backward()
    F = torch.nn.functional
    return {"out": out, "grad": bi.weight.grad, "vector": lin(a[0]), "more": lin(a.view(2, 2, 2)).shape,
            "same": torch.allclose(F.linear(a, lin.weight, lin.bias), a @ lin.weight.t() + lin.bias),
            "identity": nn.Identity(54, unused=1)(a[0]), "softmax": nn.Softmax(dim=0)(a), "log": nn.LogSoftmax(dim=-1)(b[:1]),
            "bad": refused(lambda: lin(b))}


def dropout_between_layers(torch):
    """What dropout inside an LSTM and a Transformer's layer drops for a seed, in training and in eval."""
    nn = torch.nn
    torch.manual_seed(15)
    lstm, layer = nn.LSTM(2, 2, num_layers=2, dropout=0.5), nn.TransformerEncoderLayer(4, 2, 8, dropout=0.3)
    x = torch.randn(3, 2, 2)
    y, (h, _) = lstm(x)
    z = layer(torch.cat([x, x], dim=2))
    (y.sum() + (z * torch.arange(4.0)).sum()).backward()
    return {"y": y, "h": h, "z": z, "grad": lstm.weight_ih_l0.grad, "linear": layer.linear1.weight.grad[0],
            "eval": lstm.eval()(x)[0][-1], "after": torch.rand(1)}


def reductions_of_old_scripts(torch):
    """size_average and reduce, F.sigmoid and F.tanh, and losses called as functions of a class."""
    nn, F = torch.nn, torch.nn.functional
    x, y = torch.tensor([0.5, -1.0, 2.0]), torch.tensor([1.0, 0.0, 0.0])
    logp, t = torch.log_softmax(torch.tensor([[1.0, 2.0], [0.0, 3.0]]), dim=1), torch.tensor([0, 1])
    return {"sum": nn.MSELoss(size_average=False)(x, y), "each": nn.MSELoss(reduce=False)(x, y),
            "nll": nn.NLLLoss(size_average=False)(logp, t), "sigmoid": F.sigmoid(x), "tanh": F.tanh(x),
            "bce": F.binary_cross_entropy(F.sigmoid(x), y, size_average=False), "mean": nn.NLLLoss()(logp, t)}
