"""Dtypes: what they are called, what arithmetic makes of them, and what integers do."""

import numpy as np

from . import refused


def tensors_of_lists(torch):
    """torch.tensor finds the dtype: floats are float32, ints int64, mixed lists float32."""
    return [torch.tensor([1, 2]), torch.tensor([1, 2.5]), torch.tensor([True, False]), torch.tensor([True, 2]), torch.tensor(3),
            torch.tensor(3.0), torch.tensor([]), torch.tensor([[1.0], [2.0]]), torch.tensor([1, 2], dtype=torch.float64),
            torch.tensor(np.array([1.0, 2.0])), torch.tensor(np.array([1, 2], dtype=np.int32)), torch.tensor((1, 2)),
            torch.tensor(range(3))]


def made_by_size(torch):
    """zeros, ones, full, arange, linspace, eye and the _like family."""
    x = torch.zeros(2, dtype=torch.long)
    return [torch.zeros(2, 1), torch.ones((2,)), torch.full((2,), 3), torch.full((2,), 3.0), torch.full((2,), True),
            torch.arange(3), torch.arange(3.0), torch.arange(1, 2, 0.25), torch.linspace(0, 1, 3), torch.eye(2),
            torch.zeros_like(x), torch.ones_like(x, dtype=torch.float), torch.full_like(x, 7), torch.rand(2, 3).new_zeros(2),
            x.new_tensor([1.5, 2.5]), x.new_ones(1), torch.arange(5, 0, -2)]


def divisions(torch):
    """/ of integers gives floats; // and % round to minus infinity; fmod and trunc do not."""
    a, b = torch.tensor([7, -7, 7, -7]), torch.tensor([2, 2, -2, -2])
    x = torch.tensor([7.5, -7.5])
    return {"true": a / b, "floor": a // b, "mod": a % b, "fmod": torch.fmod(a, b), "remainder": torch.remainder(x, 2),
            "x": x // 2, "xm": x % -2, "trunc": torch.div(a, b, rounding_mode="trunc"),
            "rounding": torch.div(x, 2, rounding_mode="floor"), "scalar": a / 2, "one": 1 / a,
            "floor_divide": torch.floor_divide(a, 2), "reverse": 7 // b, "position": torch.arange(6) // 4,
            "modulo": 10 % torch.tensor([3, -3])}


def scalars_do_not_widen(torch):
    """A Python number takes the tensor's dtype, if it is of the same kind."""
    n, x = torch.tensor([1, 2]), torch.tensor([1.0, 2.0])
    h, d = torch.tensor([1.0], dtype=torch.half), torch.tensor([1.0]).double()
    return [n + 1, n + 1.5, n * 2.0, x + 1, x * 2.5, h * 2.5, d + 1, n.int() + 1, torch.tensor([True]) + 1,
            torch.tensor([True]) * 0.5, 2 ** n, n ** 2, x ** 2, 2 ** x, n - 0.5, -n, n.to(torch.uint8) + 1, x + True]


def tensors_of_no_dimension_do_not_widen(torch):
    """A tensor of no dimension counts as a number: float32 beside a float64 of no dimension stays float32."""
    x, n = torch.ones(2), torch.ones(2, dtype=torch.int32)
    return [x * torch.tensor(2.0, dtype=torch.float64), n + torch.tensor(5), n * torch.tensor(1.5, dtype=torch.float64),
            x + torch.tensor(3), torch.tensor(1.0) + torch.tensor(2.0).double(), torch.tensor(2) * torch.tensor(1.5),
            torch.where(x > 0, x, torch.tensor(0.0, dtype=torch.float64)), x.sum() / 2,
            x.sum() / n.sum()]


def mixed_tensors(torch):
    """Two tensors of different dtypes: int64 with float32 is float32, uint8 with int8 is int16."""
    f, d, n, i = torch.ones(2), torch.ones(2).double(), torch.ones(2).long(), torch.ones(2).int()
    b, h = torch.tensor([True, False]), torch.ones(2).half()
    u, s = torch.ones(2, dtype=torch.uint8), torch.ones(2, dtype=torch.int8)
    return {"sums": [f + d, n * f, i + n, b + n, u + s, h + f, h + n, b * f, n / i, b + b, u + n],
            "matmul": refused(lambda: f @ d), "cat": torch.cat([n, f]), "stack": torch.stack([b, b])}


def comparisons(torch):
    """Comparisons are bools; eq and == and friends; bools count, negate and combine."""
    x, y = torch.tensor([1, 2, 3]), torch.tensor([3.0, 2.0, 1.0])
    mask = (x > 1) & ~(x == 3) | (y >= 3)
    return {"eq": x == y, "ne": x.ne(2), "lt": x.lt(y), "ge": torch.ge(x, 2), "mask": mask, "sum": mask.sum(),
            "int": mask.int(), "float": mask.float().mean(), "xor": mask ^ True, "not": torch.logical_not(x - 1),
            "and": torch.logical_and(x, y > 1), "minus": refused(lambda: mask - mask), "chain": 1 < x.float().mean().item() < 3,
            "in": 2 in x, "not_in": 7 in x, "equal": torch.equal(x, y.long().flip(0)), "inv": ~x}


def casts(torch):
    """float, long, int, bool, half, double, byte, type, type_as and to; a cast to the same dtype is the same tensor."""
    x = torch.tensor([-1.7, 0.0, 0.5, 2.9])
    n = x.long()
    return {"long": n, "int": x.int(), "bool": x.bool(), "half": x.half(), "double": x.double(), "byte": x.clamp(min=0).byte(),
            "short": x.short(), "type_as": n.type_as(x), "to": x.to(torch.int16), "to_as": n.to(x),
            "type": x.type(torch.LongTensor), "same": x.to(torch.float32) is x, "float": x.float() is x,
            "device": n.to("cpu").float(), "both": n.to("cpu", torch.float64)}


def dtype_names(torch):
    """Dtypes compared, named twice, and asked for their kind; the old names of tensors."""
    x, n = torch.ones(2), torch.arange(2)
    return {"float": torch.float == torch.float32, "long": torch.long == torch.int64, "half": torch.half == torch.float16,
            "x": x.dtype == torch.float32, "n": n.dtype is torch.int64, "double": torch.double == x.double().dtype,
            "floating": [x.is_floating_point(), torch.is_floating_point(n)], "in": x.dtype in (torch.float16, torch.float32),
            "differs": x.dtype != torch.float64, "key": {torch.float32: "single", torch.int64: "long"}[x.dtype],
            "of_bool": (x > 0).dtype == torch.bool, "bits": torch.finfo(x.dtype).bits,
            "isinstance": isinstance(x, torch.FloatTensor)}


def legacy_constructors(torch):
    """FloatTensor and LongTensor of lists and of sizes, Tensor of a list, and from old notebooks Variable."""
    x = torch.FloatTensor([[1, 2], [3, 4]])
    v = torch.autograd.Variable(torch.LongTensor([2, 0]))
    made = [x, v, torch.Tensor([1, 2]), torch.Tensor(2, 3).zero_(), torch.LongTensor(2).fill_(5), torch.ByteTensor([1, 0]),
            torch.BoolTensor([1, 0]), torch.DoubleTensor([1]), torch.IntTensor([3])]
    w = torch.autograd.Variable(torch.Tensor([2.0]), requires_grad=True)
    (w * w).backward()
    return {"made": made, "grad": w.grad, "data": w.data[0], "is": isinstance(v, torch.Tensor), "t": x.t()}


def numpy_and_back(torch):
    """from_numpy and as_tensor share with NumPy and keep float64; torch.tensor copies."""
    array = np.array([1.0, 2.0, 3.0])
    shared, copied, viewed = torch.from_numpy(array), torch.tensor(array), torch.as_tensor(array)
    array[0] = 50
    shared[1] = 60
    return {"shared": shared, "copied": copied, "viewed": viewed, "array": array.tolist(),
            "float": torch.from_numpy(array).float(), "dtype": str(torch.ones(2).numpy().dtype),
            "long": str(torch.arange(2).numpy().dtype), "as": torch.as_tensor([1, 2], dtype=torch.float),
            "ints": torch.from_numpy(np.arange(3)), "shape": torch.ones(2, 3).numpy().shape}


def checks_of_kind(torch):
    """is_tensor, isinstance, and what a tensor tells about itself."""
    x = torch.ones(2, 3)
    p = torch.nn.Parameter(x)
    return {"is": [torch.is_tensor(x), torch.is_tensor(p), torch.is_tensor(3.0), torch.is_tensor(np.ones(2)),
                   torch.is_tensor([1])],
                   "parameter": [isinstance(p, torch.nn.Parameter), isinstance(x, torch.nn.Parameter),
                                 isinstance(p, torch.Tensor)],
                                 "device": [x.device == torch.device("cpu"), str(x.device), x.device.type, x.is_cuda],
                                 "len": len(x), "element": x.element_size(),
                                 "size": [x.dim(), x.ndim, x.numel(), x.nelement(), x.ndimension()],
                                 "cuda": torch.cuda.is_available() and False, "layout": x.is_contiguous()}


def items_and_lists(torch):
    """item() is a Python number of its kind, tolist nests; a tensor of several elements has no item."""
    x = torch.tensor([[1.5, 2.5], [3.5, 4.5]])
    n = torch.tensor([2, 0, 1])
    words = ["a", "b", "c"]
    return {"item": [x[0, 0].item(), n[0].item(), (n > 1)[0].item()], "list": x.tolist(), "scalar": n[0].tolist(),
            "many": refused(lambda: x.item()), "index": words[n[0]], "named": [words[i] for i in n], "float": float(n[1]),
            "int": int(torch.tensor(3.9)), "round": round(x[0, 0].item() * 3, 1), "format": f"{x[0, 1]:.1f}|{n[0]}|{n[0]:3d}",
            "range": list(range(n[0])), "dict": {i.item(): words[i] for i in n}, "sum": sum(n), "max": max(n)}


def default_dtype(torch):
    """set_default_dtype changes what floats become; ints stay."""
    torch.set_default_dtype(torch.float64)
    try:
        made = [torch.tensor([1.0]), torch.zeros(1), torch.arange(2.0), torch.tensor([1]), torch.tensor([1]) / 2,
                torch.nn.Linear(1, 1).bias.detach() * 0]
        kind = torch.get_default_dtype() == torch.double
    finally:
        torch.set_default_dtype(torch.float32)
    return {"made": made, "kind": kind, "after": torch.zeros(1)}


def rounding(torch):
    """round goes to the even, trunc to zero, floor down; integers wrap around."""
    x = torch.tensor([-2.5, -0.5, 0.5, 1.5, 2.5])
    return {"round": x.round(), "decimals": torch.round(torch.tensor([1.2345]), decimals=2), "trunc": x.trunc(),
            "floor": x.floor(), "ceil": torch.ceil(x), "sign": x.sign(), "uint8": torch.tensor([250], dtype=torch.uint8) + 10,
            "int8": torch.tensor([127], dtype=torch.int8) + 1, "long": (x * 2).long(),
            "negative": refused(lambda: torch.tensor([2]) ** -1), "pow": torch.tensor([2.0]) ** -1,
            "sqrt": torch.tensor([4, 9]).sqrt(), "exp": torch.tensor([0]).exp(), "sigmoid": torch.sigmoid(torch.tensor([0])),
            "abs": torch.tensor([-3]).abs()}


def limits(torch):
    """finfo and iinfo, and float32's limits of precision."""
    f = torch.finfo(torch.float32)
    big = torch.tensor([16777216.0])
    mask = torch.zeros(2).masked_fill(torch.tensor([True, False]), f.min)
    return {"max": f.max, "min": f.min, "eps": f.eps == 2 ** -23, "tiny": 0 < f.tiny < 1e-37,
            "int": torch.iinfo(torch.int64).max, "big": big + 1, "sum": torch.full((4,), 0.1).sum(), "mask": mask,
            "soft": torch.softmax(mask, 0), "overflow": torch.tensor([100.0]).exp(), "half": torch.tensor([70000.0]).half(),
            "log": torch.tensor([0.0]).log()}


def modules_change_dtype(torch):
    """model.double() and .to(dtype) change parameters and float buffers, not integer ones; inputs have to follow."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    model.double()
    kinds = [p.dtype == torch.float64 for p in model.parameters()]
    buffers = {name: str(b.dtype).replace("torch.", "") for name, b in model.named_buffers()}
    same = model.to(torch.float32) is model
    return {"kinds": kinds, "buffers": buffers, "same": same,
            "out": model.eval()(torch.zeros(1, 2)).dtype == torch.float}


def numpy_numbers_beside_tensors(torch):
    """A NumPy number, as np.sqrt gives it, beside a float32 tensor leaves it float32; torch.tensor of it is float64."""
    x, d = torch.tensor([1.0, 4.0]), np.sqrt(16)
    return {"over": x / np.sqrt(4), "times": np.float64(2.0) * x, "plus": x + np.float64(1.0), "minus": np.float32(3) - x,
            "power": x ** np.float64(0.5), "made": torch.tensor(d), "list": torch.tensor([d, d]),
            "mean": torch.tensor(np.mean([1, 2])), "array": str(np.array(x).dtype), "exp": float(np.exp(x.numpy())[0]),
            "int": torch.arange(2) * np.int64(3), "full": torch.full((1,), d)}


def iterated_tensors(torch):
    """A tensor unpacked, iterated, zipped, sorted and used as a key: each row is a tensor, each key itself."""
    a, b = torch.tensor([1, 2])
    rows = [row * 10 for row in torch.tensor([[1, 2], [3, 4]])]
    x, (y, z) = torch.tensor(1.0), torch.ones(2, 3)
    keys = {torch.tensor(1): "one", torch.tensor(1): "again"}
    named = {i.item(): v.item() for i, v in zip(torch.arange(2), torch.tensor([0.5, 1.5]), strict=True)}
    return {"a": a, "b": b, "rows": rows, "y": y.shape, "z": z.sum().item(), "x": x.item(), "keys": len(keys), "named": named,
            "list": list(torch.tensor([1.0, 2.0])), "sorted": [v.item() for v in sorted(torch.tensor([3, 1, 2]))],
            "scalar": refused(lambda: list(torch.tensor(1))),
            "enumerate": [(i, v.item()) for i, v in enumerate(torch.tensor([7, 8]))]}


def devices(torch):
    """device= and .to(device) everywhere, as every script has it; on the CPU nothing moves."""
    device = torch.device("cpu")
    x, net = torch.ones(2, 2, device=device), torch.nn.Linear(2, 2).to(device)
    y = torch.arange(2, device="cpu", dtype=torch.float)
    batch = {"ids": torch.tensor([1, 2]), "mask": torch.tensor([True, False])}
    batch = {k: v.to(device) for k, v in batch.items()}
    return {"same": [x.to(device) is x, x.cpu() is x, x.to("cpu", non_blocking=True) is x], "y": y, "batch": batch,
            "name": str(device), "type": device.type, "model": next(net.parameters()).device == device,
            "new": torch.zeros_like(x, device=device), "of": x.new_zeros(2).device == x.device}
