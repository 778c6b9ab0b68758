"""What is printed: Tensors, shapes, layers, optimizers, and numbers in f-strings."""


def numbers_and_vectors(torch):
    """Whole floats have a point, others four digits, and large ratios an exponent."""
    values = [[1.0, 2.0, 3.0], [1.5, 2, 3], [0.1, 0.25], [1e-5, 1.0], [1e10, 1.0], [-1.0, 2.0], [1000.5, 0.001],
              [123456.0, 1.0],
              [1.23456789], [100000.0], [10000000.5], [0.5, 1000.0], [1.0, 1000.0], [-0.0, 0.0], [99999.5, 1.0],
              [1, -20, 300]]
    return {"texts": [str(torch.tensor(v)) for v in values], "one": [str(torch.tensor(v)) for v in (5, 5.0, 0.5, True, 1e-7)]}


def nan_and_infinity(torch):
    """They take the width that the finite ones need."""
    inf, nan = float("inf"), float("nan")
    values = [[nan, 1.0], [inf, -1.0], [nan, inf], [1.0, nan, inf, 0.5], [0.001234, -inf], [nan]]
    return {"texts": [str(torch.tensor(v)) for v in values]}


def matrices(torch):
    """Rows below each other, a blank line between matrices, long rows broken."""
    torch.manual_seed(4)
    return {"texts": [str(torch.zeros(2, 2)), str(torch.arange(24).reshape(2, 3, 4)), str(torch.randn(3, 4)),
                      str(torch.arange(30.0)),
                      str(torch.randn(2, 1, 3, 2)), str(torch.randint(0, 1000, (2, 30))), str(torch.rand(3, 3) > 0.5)]}


def large_tensors(torch):
    """Of more than a thousand entries only the edges are shown."""
    return {"texts": [str(torch.arange(2000)), str(torch.arange(1500.0).reshape(30, 50)), str(torch.arange(1000)),
                      str(torch.zeros(12, 2, 50)), str(torch.zeros(2, 600))]}


def dtypes_in_texts(torch):
    """What is not the default dtype is named."""
    x = torch.tensor([1.0, 2.0])
    kinds = [torch.float64, torch.float16, torch.int32, torch.uint8, torch.int64, torch.bool]
    return {"texts": [str(x.to(kind)) for kind in kinds], "empty": [str(torch.zeros(n)) for n in (0, (0, 3), (2, 0))],
            "no_longs": str(torch.zeros(0, dtype=torch.int64))}


def gradients_in_texts(torch):
    """A leaf says requires_grad=True, a result what made it, a Parameter that it is one."""
    x = torch.ones(2, requires_grad=True)
    return {"texts": [str(x), str(x * 2), str((x + 1).sum()), str(x.exp()), str(x.view(2, 1)), str(-x), str(x.detach())],
            "parameter": str(torch.nn.Parameter(torch.tensor([1.0, 2.5]))), "grad": str(x.grad),
            "wide": str(torch.ones(30) * x[0])}


def print_options(torch):
    """Digits, edges, the length of lines, exponents or none; and back to the default."""
    x, texts = torch.tensor([[1.23456, 1000.5], [0.00001, 3.0]]), []
    options = [{"precision": 2, "sci_mode": False}, {"sci_mode": True}, {"profile": "short"},
               {"linewidth": 40, "edgeitems": 1},
               {"threshold": 3}, {"profile": "default"}]
    for option in options:
        torch.set_printoptions(**option)
        texts += [str(x), str(torch.arange(40.0).reshape(4, 10))]
    return {"texts": texts}


def formatted_losses(torch):
    """Losses in f-strings, with % and with format."""
    loss = torch.tensor(3.14159265)
    old = ["%.3f" % loss, "%d" % torch.tensor(3), "%s" % torch.tensor(2.5)]  # noqa: UP031
    return {"texts": [*old, f"{loss}", f"{loss:.2f}", f"{loss:>8.3f}", f"{loss:.1f}", f"{loss.item():.4f}",
                      f"{torch.tensor(3):d}", f"{torch.tensor([1.5])}", f"{torch.tensor(True)}",
                      f"{float(loss):.3e}", f"{torch.tensor(0.25):.0%}", str([torch.tensor(1.0)]), str({"loss": loss})]}


def shapes_in_texts(torch):
    """Shapes, parts of them and sums of them say torch.Size."""
    x = torch.ones(2, 3)
    longer = x.shape + (1,)  # noqa: RUF005
    return {"texts": [str(longer), str(x.shape), f"{x.shape}", repr(x.size()), str(x.shape[1:]), str(x.shape[:-1]),
                      str(x[0, 0].shape), str(tuple(x.shape)), str(x.shape[-1]), f"{x.size(0)}x{x.size(1)}", str(x.T.shape)],
            "equal": [x.shape == (2, 3), x.shape[:1] + x.shape[1:] == x.shape, x.shape[1:].numel()]}


def pairs_in_texts(torch):
    """max, sort, topk and median along a dimension say what they are."""
    x = torch.tensor([[1.0, 3.0, 2.0], [4.0, 0.0, 5.0]])
    return {"texts": [str(x.max(1)), str(x.min(0)), str(x.sort(1)), str(x.topk(2, 1)), str(torch.max(x, dim=0)),
                      str(x.median(1))]}


def layers_in_texts(torch):
    """Layers with the arguments that matter."""
    nn = torch.nn
    layers = [nn.Linear(3, 2), nn.Linear(3, 2, bias=False), nn.LSTM(3, 4, 2, batch_first=True),
              nn.GRU(3, 4, bidirectional=True),
              nn.Embedding(10, 3), nn.Embedding(10, 3, padding_idx=0), nn.BatchNorm1d(3), nn.LayerNorm(3), nn.Tanh(),
              nn.GELU(),
              nn.Softmax(dim=1), nn.LogSoftmax(dim=-1), nn.Flatten(), nn.LeakyReLU(0.1), nn.ReLU(inplace=True),
              nn.Dropout(0.2),
              nn.Softplus(), nn.GLU(), nn.Unflatten(1, (2, 3)), nn.GroupNorm(1, 2), nn.CrossEntropyLoss(), nn.RNN(2, 3),
              nn.EmbeddingBag(3, 2), nn.Bilinear(1, 2, 3), nn.LSTMCell(2, 3), nn.ELU(), nn.PReLU(), nn.Hardshrink(),
              nn.Identity()]
    return {"texts": [str(layer) for layer in layers]}


def convolutions_in_texts(torch):
    """Convolutions and pools: sizes as tuples, and what is not the default."""
    nn = torch.nn
    layers = [nn.Conv1d(1, 2, 3), nn.Conv1d(1, 2, 3, padding=1, dilation=2), nn.Conv2d(1, 2, 3, stride=2),
              nn.Conv2d(2, 2, (1, 3)),
              nn.Conv2d(2, 4, 3, padding="same", groups=2, bias=False), nn.MaxPool1d(2), nn.MaxPool2d(2),
              nn.MaxPool2d((2, 1)),
              nn.AvgPool1d(3, 2, 1), nn.AvgPool2d(2), nn.AdaptiveAvgPool1d(2), nn.AdaptiveAvgPool2d((1, 2)),
              nn.BatchNorm2d(3)]
    return {"texts": [str(layer) for layer in layers]}


def models_in_texts(torch):
    """Modules within modules; equal ones in a ModuleList are counted."""
    nn = torch.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 3)
            self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)] + [nn.ReLU(), nn.Linear(3, 3)])
            self.parts = nn.ModuleDict({"a": nn.Sequential(nn.Linear(3, 1), nn.Tanh()), "b": nn.ReLU()})
            self.none = nn.ModuleList()

        def extra_repr(self):
            return "width=3"

    return {"model": str(Model()), "blocks": str(nn.ModuleList([nn.Sequential(nn.Linear(1, 1)) for _ in range(2)]))}


def optimizers_in_texts(torch):
    """An optimizer prints its groups, with a blank line between them."""
    model = torch.nn.Linear(2, 1)
    groups = [{"params": [model.weight]}, {"params": [model.bias], "lr": 0.5}]
    return {"texts": [str(torch.optim.SGD(groups, lr=0.1, momentum=0.9)), str(torch.optim.Adam(model.parameters()))]}
