"""Corners: zeros and ties, empty batches, numbers at the edge, and old spellings."""

from . import outcome


def zeroed_is_still_recorded(torch):
    """zero_, fill_ and copy_ of a recorded Tensor leave it recorded, with no gradient behind."""
    x = torch.ones(3, requires_grad=True)
    y, z = x * 2, x * 3
    y.zero_()
    z.fill_(5.0)
    z[0] = 1.0
    before = [y.requires_grad, z.requires_grad]
    (y + z + x).sum().backward()
    return {"before": before, "grad": x.grad}


def gradients_at_ties(torch):
    """abs at 0, max of equals, clamp at its ends, relu at 0, norms of 0, sorts of equals."""
    x = torch.tensor([0.0, 1.0, 1.0, -1.0], requires_grad=True)
    grads = []
    for f in (lambda x: x.abs().sum(), lambda x: x.max(), lambda x: x.clamp(0, 1).sum(), lambda x: x.relu().sum(),
              lambda x: x.amax(),
              lambda x: x[:1].norm(), lambda x: x.max(0)[0], lambda x: torch.maximum(x, x.detach()).sum(),
              lambda x: x.sort()[0][1],
              lambda x: x.median(), lambda x: x.topk(2)[0].sum(), lambda x: x.prod(), lambda x: x.sign().sum(),
              lambda x: (x ** 0).sum(),
              lambda x: x.cumsum(0).prod(), lambda x: x.std(), lambda x: torch.where(x > 0, x.log(), x).sum()):
        grads += torch.autograd.grad(f(x), x)
    return {"grads": grads}


def empty_batches(torch):
    """Layers and losses of a batch without examples."""
    nn, x = torch.nn, torch.zeros(0, 3)
    linear = nn.Linear(3, 2)
    linear(x).sum().backward()
    return {"r": [linear(x), x.softmax(1), nn.ReLU()(x), torch.cat([x, torch.ones(1, 3)]), x.sum(), x.mean(0), x.view(-1, 3),
                  x.t()],
            "grad": linear.weight.grad, "loss": nn.functional.cross_entropy(x, torch.zeros(0, dtype=torch.long)),
            "list": [x.tolist(), len(x), list(x), x.numel(), x.unbind(0)]}


def softmax_at_the_edges(torch):
    """Large numbers, -inf, rows of -inf, and their gradients."""
    inf = float("inf")
    x = torch.tensor([[1000.0, 0.0], [-inf, 0.0], [-inf, -inf], [1e-30, -1e-30]], requires_grad=True)
    out = x.softmax(1)
    out[:2, 0].sum().backward()
    return {"softmax": out, "log": x.log_softmax(1), "logsumexp": x.logsumexp(1), "grad": x.grad[:2]}


def order_of_equals(torch):
    """Where the largest stands if there are several; sorts with and without stable."""
    x = torch.tensor([[1, 3, 3], [2, 2, 2], [0, 1, 0]])
    return {"r": [x.argmax(1), x.argmin(0), x.max(1)[1], x.min(1)[1], x.argmax(), x.flip(1).argmax(1),
                  x.float().argmax(1, keepdim=True)],
            "stable": [x.sort(dim=1, stable=True)[1], x.argsort(dim=0, descending=True, stable=True)],
            "nan": torch.tensor([1.0, float("nan")]).argmax()}


def whole_number_statistics(torch):
    """mean and std of whole numbers are refused, median and mode of counts are not."""
    x = torch.tensor([1, 2, 2, 5])
    return {"refused": [outcome(lambda: x.mean()), outcome(lambda: x.std()), outcome(lambda: x.norm())], "median": x.median(),
            "count": [torch.bincount(x), x.unique(return_counts=True), (x == 2).sum(), (x == 2).float().mean(),
                      x.float().var()]}


def counted_and_measured(torch):
    """numel, stride, contiguity, sizes of elements and whether memory is shared."""
    x = torch.arange(6).reshape(2, 3)
    return {"r": [x.numel(), x.stride(), x.t().stride(), x.is_contiguous(), x.t().is_contiguous(), x.dim(), x.element_size(),
                  x.nelement()],
            "same": [x.data_ptr() == x[0].data_ptr(), x.data_ptr() == x.clone().data_ptr(),
                     x.view(-1).data_ptr() == x.data_ptr()],
            "expanded": x[:1].expand(4, 3).stride(), "made": x.t().contiguous().stride(),
            "flags": [x.is_leaf, x.requires_grad]}


def nested_switches(torch):
    """no_grad, enable_grad, set_grad_enabled and inference_mode within each other, and after an error."""
    x, seen = torch.ones(1, requires_grad=True), []
    with torch.no_grad():
        seen.append((x * 2).requires_grad)
        with torch.enable_grad():
            seen.append((x * 2).requires_grad)
            with torch.set_grad_enabled(False):
                seen.append((x * 2).requires_grad)
        made = [torch.ones(1, requires_grad=True), torch.nn.Parameter(torch.ones(1)), torch.nn.Linear(1, 1).weight]
        seen += [m.requires_grad for m in made]
    with torch.inference_mode():
        seen.append((x * 2).requires_grad)
    outcome(lambda: torch.no_grad()(lambda: [][0])())
    return {"seen": [*seen, torch.is_grad_enabled(), (x * 2).requires_grad]}


def indices_of_all_kinds(torch):
    """Numbers, slices, None, dots, lists, masks, ranges, empty ones, and what is refused."""
    x = torch.arange(6.0).reshape(2, 3)
    good = [x[True], x[False], x[()], x[torch.tensor([[0, 1], [1, 0]])], x[[]], x[range(2)], x[..., None],
            x[0][None, :, None], x[5:],
            x[torch.tensor([-1])], x[torch.tensor([0, 1], dtype=torch.int32)], x[:, torch.tensor([True, False, True])],
            x[1, [0, 2]],
            x[torch.tensor(1)], x[:, None, [1, 0]], x[torch.tensor([True, False])], x[[0, 1], [1, 2]],
            x[slice(0, 1), ..., -1]]
    bad = [lambda: x[2], lambda: x[0, 0, 0], lambda: x["a"], lambda: x[1.0], lambda: x[torch.tensor([0.0])],
           lambda: x[torch.tensor([5])],
           lambda: x[::-1], lambda: x[torch.tensor([True, False, True])], lambda: x[[0, 1], [0, 1, 2]], lambda: x[..., ...]]
    return {"good": good, "bad": [outcome(action) for action in bad[:-1]]}


def pieces_of_all_sizes(torch):
    """chunk, split, unbind, repeat and interleave where sizes do not divide."""
    x = torch.arange(7)
    return {"chunks": [list(x.chunk(3)), list(x.chunk(9)), list(torch.chunk(x, 2))],
            "splits": [list(x.split(3)), list(x.split([1, 6]))],
            "repeats": [x.repeat(2), x.repeat(2, 1), x[:2].repeat_interleave(3),
                        x[:2].repeat_interleave(torch.tensor([1, 2])), x[:2].tile(2, 2)],
            "rolled": [x.roll(2), x.roll(-1), x.view(1, 7).roll((0, 1), (0, 1)), x.flip(0)],
            "unbound": list(x.view(7, 1).unbind(0))[-1]}


def long_chain(torch):
    """Ten thousand operations in a row, and as many writes into one Tensor."""
    x = torch.tensor([1.0], requires_grad=True)
    y, z = x, x * 1
    for _ in range(10000):
        y = y * 1.0001
    for _ in range(1000):
        z[0] = z[0] * 1.001 + 0.001
    (y + z).sum().backward()
    return {"y": y, "z": z, "grad": x.grad}


def functions_with_state(torch):
    """autograd.Function with settings in ctx, several outputs, and an input without a gradient."""
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.save_for_backward(x)
            ctx.factor = factor
            return x * factor, x + factor

        @staticmethod
        def backward(ctx, of_product, of_sum):
            (x,) = ctx.saved_tensors
            return of_product * ctx.factor + of_sum + 0 * x, None

    x = torch.ones(3, requires_grad=True)
    product, total = Scaled.apply(x, 3)
    (product + total * 2).sum().backward()
    return {"product": product, "total": total, "grad": x.grad, "plain": Scaled.apply(torch.ones(2), 2)[0].requires_grad}
