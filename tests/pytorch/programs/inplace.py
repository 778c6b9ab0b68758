"""Writing in place: on leaves, on what is recorded, through views, and what a backward pass says to it."""

from . import refused


def step_by_hand(torch):
    """Gradient descent with -= under no_grad, and gradients set to zero in place."""
    x, y = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([2.0, 4.0, 6.0, 8.0])
    w = torch.tensor(0.0, requires_grad=True)
    losses = []
    for _ in range(5):
        loss = ((w * x - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.05 * w.grad
        w.grad.zero_()
        losses.append(loss.item())
    return {"w": w, "grad": w.grad, "losses": losses}


def leaf_refuses(torch):
    """A leaf that wants a gradient cannot be changed in place, nor can a view of it; inside no_grad it can."""
    w = torch.ones(3, requires_grad=True)

    def add():
        nonlocal w
        w += 1

    def write():
        w[0] = 5.0

    kinds = [refused(add), refused(write), refused(lambda: w.mul_(2)), refused(lambda: w.view(3, 1).zero_())]
    with torch.no_grad():
        w.mul_(2)
        w[0] = 5.0
    return {"kinds": kinds, "w": w, "is_leaf": w.is_leaf}


def iadd_is_seen_by_aliases(torch):
    """x += 1 changes what other names see, x = x + 1 does not."""
    a = torch.tensor([1.0, 2.0])
    b = a
    b += 10
    c = a
    c = c + 100
    return {"a": a, "b": b, "c": c, "same": a is b, "a_is_c": a is c}


def iadd_inside_a_function(torch):
    """A function that normalises its argument in place changes the caller's tensor."""
    def center(x):
        x -= x.mean(dim=0)
        x /= x.std(dim=0)
        return x

    data = torch.tensor([[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]])
    out = center(data)
    return {"data": data, "same": out is data}


def non_leaf_in_place(torch):
    """In-place arithmetic on what is recorded is recorded too."""
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 2
    h += 1
    h.mul_(3)
    h[1] *= 10
    h.sum().backward()
    return {"h": h, "grad": x.grad}


def outputs_filled_step_by_step(torch):
    """A decoder's loop that writes each step into a tensor of zeros; gradients flow through the writes."""
    torch.manual_seed(1)
    inputs = torch.randn(4, 2, 3, requires_grad=True)
    weight = torch.randn(3, 3, requires_grad=True)
    outputs, h = torch.zeros(4, 2, 3), torch.zeros(2, 3)
    for t in range(4):
        h = torch.tanh(inputs[t] + h @ weight)
        outputs[t] = h
    (outputs ** 2).sum().backward()
    return {"outputs": outputs, "weight": weight.grad, "inputs": inputs.grad}


def slot_overwritten(torch):
    """What is overwritten by a constant gets no gradient, what replaces it does."""
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    v = torch.tensor(4.0, requires_grad=True)
    h = x * x
    h[0] = 0.5
    h[2] = v * 3
    (h * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    return {"h": h, "x": x.grad, "v": v.grad}


def columns_filled(torch):
    """A matrix filled column by column and by slices with step."""
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    out = torch.zeros(2, 4)
    out[:, ::2] = x
    out[:, 1] = x[:, 0] * x[:, 1]
    out[..., -1] += 7
    out.pow(2).sum().backward()
    return {"out": out, "grad": x.grad}


def mask_write(torch):
    """scores[mask] = -inf before a softmax, as attention is written by hand."""
    scores = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    mask = torch.tensor([[False, False, True], [False, True, True]])
    s = scores * 0.5
    s[mask] = float("-inf")
    p = torch.softmax(s, dim=-1)
    (p * torch.arange(3.0)).sum().backward()
    t = scores.detach().clone()
    t[t > 3] += 100
    return {"p": p, "grad": scores.grad, "t": t}


def backward_after_a_write(torch):
    """exp and sigmoid keep their result: writing to it breaks backward; a product by a constant does not care."""
    x = torch.tensor([0.5, 1.0], requires_grad=True)
    kinds = {}
    for name, function in (("exp", torch.exp), ("sigmoid", torch.sigmoid), ("double", lambda t: t * 2),
                           ("square", torch.square)):
        y = function(x)
        y += 1
        kinds[name] = refused(lambda y=y: y.sum().backward())
    a = x * 1
    b = a * a
    a.add_(1)
    kinds["factor"] = refused(lambda: b.sum().backward())
    return kinds


def repeated_index_adds_once(torch):
    """x[idx] += 1 adds once for a repeated index; index_add_ and index_put_ with accumulate add every time."""
    idx = torch.tensor([0, 0, 2, 0])
    a, b, c, d = torch.zeros(4), torch.zeros(4), torch.zeros(4), torch.zeros(4)
    a[idx] += 1
    b.index_add_(0, idx, torch.ones(4))
    c.index_put_((idx,), torch.tensor(1.0), accumulate=True)
    d.scatter_add_(0, idx, torch.arange(4.0))
    return [a, b, c, d]


def views_share_memory(torch):
    """view, t, narrow, select, expand and unsqueeze show the same memory; an index by a list is a copy."""
    x = torch.zeros(2, 6)
    x.view(3, 4)[0, 0] = 1
    x.t()[1, 0] = 2
    x.narrow(1, 2, 2).fill_(3)
    x.select(1, 4).add_(4)
    x.unsqueeze(0)[0, 1, 5] = 5
    x[[0, 1]].zero_()
    x[:, [0]].zero_()
    x.flatten()[7] = 6
    return {"x": x, "ptr": x.view(-1).data_ptr() == x.data_ptr(), "copy": x.clone().data_ptr() == x.data_ptr()}


def reshape_copies_only_if_it_must(torch):
    """reshape of what lies in order is a view; of a transpose it is a copy."""
    x = torch.arange(6.0).reshape(2, 3)
    x.reshape(6)[0] = 100
    x.t().reshape(6)[1] = 200
    x.t().contiguous()[0, 0] = 300
    x.contiguous()[1, 1] = 400
    return {"x": x, "kind": refused(lambda: x.t().view(6)), "order": [x.is_contiguous(), x.t().is_contiguous()]}


def chunks_are_views(torch):
    """The gates of an LSTM cell by chunk: writing to one writes to the whole."""
    gates = torch.arange(8.0).view(2, 4)
    i, f = gates.chunk(2, dim=1)
    i.zero_()
    f.clamp_(max=6.5)
    first, rest = gates.split([1, 3], dim=1)
    rest[:, -1] += 0.25
    return {"gates": gates, "first": first, "shapes": [i.shape, rest.shape]}


def expand_is_not_a_copy(torch):
    """expand shows one memory many times: writing to the source is seen in every row; repeat is a copy."""
    row = torch.tensor([1.0, 2.0, 3.0])
    wide, copied = row.expand(2, 3), row.repeat(2, 1)
    row[0] = 50
    kind = refused(lambda: wide.add_(torch.ones(2, 3)))
    return {"wide": wide, "copied": copied, "kind": kind, "stride": wide.stride()}


def detach_shares(torch):
    """detach() shows the same memory, and a write through it is noticed by backward; clone() is apart."""
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 1
    apart, shared = h.detach().clone(), h.detach()
    y = (h * h).sum()
    apart[0] = -1
    shared[0] = 9
    return {"h": h, "apart": apart, "recorded": shared.requires_grad, "kind": refused(y.backward)}


def clone_is_recorded(torch):
    """A clone can be written to, and hands its gradient on."""
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    c = x.clone()
    c[0] = 0
    c[:, 1] *= 5
    c.sum().backward()
    return {"c": c, "x": x, "grad": x.grad}


def initialised_by_hand(torch):
    """Weights filled in place under no_grad, as an init function does it."""
    torch.manual_seed(3)
    layer = torch.nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.normal_(0, 0.02)
        layer.bias.fill_(0.5).mul_(2)
        other = torch.empty(2, 3).uniform_(-0.1, 0.1)
        layer.weight[0].copy_(other[0])
        layer.weight[1].clamp_(-0.01, 0.01)
    return {"weight": layer.weight, "bias": layer.bias, "other": other, "leaf": layer.weight.is_leaf}


def one_hot_by_scatter(torch):
    """One-hot rows made by scatter_, with a number and with a source."""
    labels = torch.tensor([2, 0, 1, 2])
    hot = torch.zeros(4, 3).scatter_(1, labels.unsqueeze(1), 1.0)
    smooth = torch.full((4, 3), 0.05)
    smooth.scatter_(1, labels.view(-1, 1), 0.9)
    smooth[:, 1] = 0
    smooth.index_fill_(0, torch.tensor([1]), 0.0)
    src = torch.tensor([[10.0, 20.0]])
    return [hot, smooth, torch.zeros(1, 3).scatter(1, torch.tensor([[2, 0]]), src)]


def running_average(torch):
    """mul_(momentum).add_(x, alpha=...), lerp_, addcmul_ and addcdiv_: the lines of an optimizer written by hand."""
    m, v, p = torch.zeros(3), torch.zeros(3), torch.ones(3)
    for g in (torch.tensor([1.0, -2.0, 3.0]), torch.tensor([0.5, 0.5, -0.5])):
        m.mul_(0.9).add_(g, alpha=0.1)
        v.mul_(0.99).addcmul_(g, g, value=0.01)
        p.addcdiv_(m, v.sqrt().add_(1e-8), value=-0.1)
    mean = torch.zeros(3).lerp_(m, 0.25)
    return {"m": m, "v": v, "p": p, "mean": mean, "sub": torch.ones(2).sub_(torch.tensor([1.0, 2.0]), alpha=3)}


def numpy_shares(torch):
    """x.numpy() is the same memory: a write on either side is seen on the other."""
    x = torch.zeros(2, 2)
    array = x.numpy()
    array[0, 1] = 7
    x.add_(1)
    total = float(array.sum())
    kind = refused(lambda: torch.ones(2, requires_grad=True).numpy())
    return {"x": x, "total": total, "kind": kind, "detached": float(torch.ones(2, requires_grad=True).detach().numpy().sum())}


def relu_in_place(torch):
    """nn.ReLU(inplace=True) and F.relu_ write over their input; F.relu does not."""
    nn, F = torch.nn, torch.nn.functional
    x, y, z = torch.tensor([-1.0, 2.0]), torch.tensor([-3.0, 4.0]), torch.tensor([-5.0, 6.0])
    a = nn.ReLU(inplace=True)(x)
    F.relu_(y)
    F.relu(z)
    w = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(0))(w * 1).sum().backward()
    return {"x": x, "same": a is x, "y": y, "z": z, "grad": w.grad}


def rows_swapped(torch):
    """x[0], x[1] = x[1], x[0] loses a row, since both sides are views; an index by a list swaps."""
    x = torch.arange(6.0).view(3, 2)
    y = x.clone()
    x[0], x[1] = x[1], x[0]
    y[[0, 1]] = y[[1, 0]]
    return {"lost": x, "swapped": y}


def in_place_keeps_dtype(torch):
    """An integer tensor takes no fraction in place; a float tensor takes integers."""
    n, x = torch.tensor([1, 2, 3]), torch.tensor([1.5, 2.5, 3.5])

    def halve():
        nonlocal n
        n /= 2

    x += n
    n *= 2
    n[0] = 7.9
    return {"n": n, "x": x, "kinds": [refused(halve), refused(lambda: n.add_(0.5)), refused(lambda: n.mul_(x))]}


def broadcast_in_place(torch):
    """A row is broadcast into a matrix in place; the matrix does not fit into the row."""
    m, row = torch.zeros(2, 3), torch.tensor([1.0, 2.0, 3.0])
    m += row
    m[:, 0] = torch.tensor([7.0, 8.0])
    m[1] = 4
    return {"m": m, "kind": refused(lambda: row.add_(m)), "write": refused(lambda: m[:, 0].copy_(torch.ones(3)))}


def write_through_a_view_is_recorded(torch):
    """Writing to a view of what is recorded changes the gradient of the whole."""
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    h = x * 1
    row = h[0]
    row *= 10
    h.view(-1)[3].mul_(100)
    top = h.detach()[0]
    h.sum().backward()
    return {"h": h, "grad": x.grad, "row": row, "top": top}
