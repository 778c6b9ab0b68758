"""p.data and p.grad, as training loops without an optimizer use them."""

from . import refused


def update_through_data(torch):
    """p.data += -lr * p.grad, the central line of lectures that have no optimizer yet."""
    torch.manual_seed(0)
    w, b = torch.randn(3, 2, requires_grad=True), torch.zeros(2, requires_grad=True)
    x, y = torch.randn(5, 3), torch.randint(0, 2, (5,))
    for _ in range(4):
        loss = torch.nn.functional.cross_entropy(x @ w + b, y)
        for p in (w, b):
            p.grad = None
        loss.backward()
        for p in (w, b):
            p.data += -0.5 * p.grad
    return {"loss": loss.item(), "w": w, "b": b, "grad": b.grad}


def data_is_a_tensor(torch):
    """.data is a Tensor that shares memory and is not recorded; its std() is the unbiased one."""
    w = torch.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    d = w.data
    d[0, 0] = 10
    d.mul_(2)
    w.data.add_(1)
    return {"w": w, "d": d, "std": d.std(), "max": w.data.max(1).values, "is": isinstance(d, torch.Tensor),
            "recorded": d.requires_grad}


def data_assigned(torch):
    """w.data = other takes other's values, dtype and shape; w stays the same leaf."""
    w = torch.nn.Parameter(torch.zeros(2, 2))
    before = w
    other = torch.arange(3.0)
    w.data = other
    other[0] = 7
    (w * 2).sum().backward()
    return {"w": w, "grad": w.grad, "same": w is before, "leaf": w.is_leaf, "kind": type(w).__name__}


def write_through_data_is_not_noticed(torch):
    """A write through .data is not seen by backward, which then uses the new values; one through detach() is refused."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1
    y = (h * h).sum()
    h.data[0] = 100
    y.backward()
    return {"y": y, "grad": x.grad}


def grads_accumulate(torch):
    """Two backward passes add up; with zero_ in place, with None, they do not."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x ** 2).sum().backward()
    (x * 3).sum().backward()
    both = x.grad.clone()
    held = x.grad
    x.grad.data.zero_()
    (x * 3).sum().backward()
    x.grad = None
    (x * 5).sum().backward()
    return {"both": both, "held": held, "last": x.grad, "same": held is x.grad}


def grad_before_and_after(torch):
    """x.grad is None before backward and for what had no part; it is never recorded."""
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    none = [a.grad is None, b.grad is None]
    (a * 2).sum().backward()
    return {"none": none, "after": [a.grad is None, b.grad is None], "grad": a.grad, "recorded": a.grad.requires_grad}


def grad_of_a_non_leaf(torch):
    """What is not a leaf keeps no gradient, unless retain_grad asked for it."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    h = x * x
    k = h * 3
    h.retain_grad()
    k.sum().backward()
    return {"h": h.grad, "k": k.grad is None, "x": x.grad,
            "leaf": [x.is_leaf, h.is_leaf, h.detach().is_leaf, torch.ones(1).is_leaf]}


def all_intermediates_retained(torch):
    """Every step of a backward pass by hand against retained gradients, with a loss over log-probabilities."""
    torch.manual_seed(5)
    logits, y, n = torch.randn(4, 3, requires_grad=True), torch.tensor([0, 2, 1, 1]), 4
    shifted = logits - logits.max(1, keepdim=True).values
    counts = shifted.exp()
    probs = counts * counts.sum(1, keepdim=True) ** -1
    logprobs = probs.log()
    loss = -logprobs[range(n), y].mean()
    for t in (logprobs, probs, counts, shifted):
        t.retain_grad()
    loss.backward()
    dlogprobs = torch.zeros_like(logprobs)
    dlogprobs[range(n), y] = -1.0 / n
    alike = [torch.all(dlogprobs == logprobs.grad).item(), torch.allclose((1.0 / probs) * dlogprobs, probs.grad)]
    return {"loss": loss, "alike": alike, "counts": counts.grad, "shifted": shifted.grad, "logits": logits.grad}


def frozen_by_requires_grad(torch):
    """requires_grad_(False), the attribute set, and what a frozen part does to the graph."""
    a, b = torch.ones(2, requires_grad=True), torch.ones(2).requires_grad_()
    a.requires_grad_(False)
    y = a * 2
    z = y + b
    flags = [a.requires_grad, y.requires_grad, z.requires_grad]
    z.sum().backward()
    a.requires_grad = True
    return {"flags": flags, "a": a.grad is None, "b": b.grad, "now": (a * 2).requires_grad}


def detach_and_restart(torch):
    """h = h.detach(): truncated backpropagation through time; detach().requires_grad_() starts a new leaf."""
    w, h = torch.tensor(0.5, requires_grad=True), torch.ones(2)
    grads = []
    for _ in range(3):
        h = h.detach()
        for _ in range(2):
            h = torch.tanh(w * h + 0.1)
        w.grad = None
        h.sum().backward()
        grads.append(w.grad.item())
    leaf = h.detach().requires_grad_()
    (leaf ** 3).sum().backward()
    return {"grads": grads, "leaf": leaf.grad, "is_leaf": leaf.is_leaf}


def grad_through_views(torch):
    """Gradients through view, transpose, select, unbind and expand add up at the leaf."""
    x = torch.arange(6.0, requires_grad=True)
    m = x.view(2, 3)
    a, b = m.unbind(0)
    loss = (a * b).sum() + (m.t() @ torch.ones(2)).pow(2).sum() + m[:, 1:2].expand(2, 4).sum() + m[-1, -1] * 10
    loss.backward()
    return {"loss": loss, "grad": x.grad}


def only_floats_want_gradients(torch):
    """An integer tensor cannot want a gradient."""
    kinds = [refused(lambda: torch.tensor([1, 2], requires_grad=True)), refused(lambda: torch.arange(3).requires_grad_())]
    x = torch.arange(3.0, requires_grad=True)
    kinds.append(refused(lambda: (x * 2).requires_grad_(False)))
    return {"kinds": kinds,
            "flags": [(x > 1).requires_grad, x.argmax().requires_grad, x.long().requires_grad, x.double().requires_grad]}


def grad_changed_by_hand(torch):
    """Gradients scaled, clipped and replaced before the step; a wrong shape is refused."""
    w = torch.tensor([3.0, -4.0], requires_grad=True)
    (w ** 2).sum().backward()
    norm = w.grad.norm()
    w.grad.mul_(1.0 / norm)
    w.grad[0] = 0.5
    w.grad.clamp_(-0.6, 0.6)
    old = w.grad.clone()
    w.grad = torch.ones_like(w) * 7
    return {"norm": norm, "old": old, "new": w.grad, "kind": refused(lambda: setattr(w, "grad", torch.ones(3)))}


def two_losses_share_a_trunk(torch):
    """Two losses over one hidden layer: the sum, or one after the other with retain_graph."""
    x = torch.tensor([[1.0, -2.0]])
    w = torch.tensor([[0.5], [0.25]], requires_grad=True)
    h = torch.sigmoid(x @ w)
    (h.sum() + (h ** 2).sum()).backward()
    together = w.grad.clone()
    w.grad.zero_()
    h = torch.sigmoid(x @ w)
    h.sum().backward(retain_graph=True)
    (h ** 2).sum().backward()
    return {"together": together, "apart": w.grad, "same": torch.allclose(together, w.grad)}


def loss_total_keeps_no_graph(torch):
    """total += loss.item() is a number; total += loss stays recorded; f-strings take a tensor of one element."""
    w = torch.tensor(2.0, requires_grad=True)
    number, tensor = 0.0, 0
    for x in (1.0, 2.0):
        loss = (w * x - 1) ** 2
        number += loss.item()
        tensor += loss
    text = f"{loss:.3f} {loss.item():.2f} {number:g} {int(loss)} {float(tensor)}"
    return {"number": number, "total": tensor, "text": text, "none": (w * 0).detach().grad_fn is None,
            "fn": tensor.grad_fn is not None}


def parameter_of_a_copy(torch):
    """nn.Parameter(t) shares t's memory and wants a gradient; nn.Parameter(t.clone()) stands apart."""
    nn = torch.nn
    t = torch.zeros(3)
    shared, apart, frozen = nn.Parameter(t), nn.Parameter(t.clone()), nn.Parameter(t, requires_grad=False)
    t[1] = 8
    return {"shared": shared, "apart": apart, "frozen": frozen.requires_grad, "leaf": shared.is_leaf,
            "is": isinstance(shared, torch.Tensor)}


def rebound_names_lose_the_leaf(torch):
    """w = w - lr * w.grad makes another tensor: under no_grad one that wants no gradient, outside one that is no leaf."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    v = torch.randn(2, requires_grad=True) * 0.01
    (w ** 2).sum().backward()
    with torch.no_grad():
        a = w - 0.1 * w.grad
    b = w - 0.1 * w.grad
    (b * 2).sum().backward()
    return {"a": a, "b": b, "leaf": [w.is_leaf, a.is_leaf, b.is_leaf, v.is_leaf], "grad": w.grad,
            "none": [a.grad is None, b.grad is None]}


def loop_variable_rebound(torch):
    """for p in parameters: p = p - ... changes nothing; p -= under no_grad and p.data.sub_ do."""
    torch.manual_seed(0)
    net = torch.nn.Linear(2, 1)
    before = net.weight.detach().clone()
    net(torch.ones(1, 2)).sum().backward()
    for p in net.parameters():
        p = p - p.grad
    unchanged = torch.equal(net.weight, before)
    with torch.no_grad():
        for p in net.parameters():
            p -= 0.5 * p.grad
    for p in net.parameters():
        p.data.sub_(p.grad.data * 0.25)
    return {"unchanged": unchanged, "moved": net.weight - before, "bias": net.bias.grad}


def data_of_a_layer_written(torch):
    """Rows zeroed, weights scaled and filled through .data, as scripts of some years ago do it."""
    nn = torch.nn
    torch.manual_seed(1)
    e, fc = nn.Embedding(3, 2), nn.Linear(2, 2)
    e.weight.data[0] = 0
    e.weight.data[1:] *= 0.5
    fc.bias.data.fill_(0.25)
    nn.init.xavier_uniform_(fc.weight.data)
    fc.weight.data[:, 1].zero_()
    fc(e(torch.tensor([0, 2]))).sum().backward()
    return {"e": e.weight, "fc": fc.weight, "bias": fc.bias, "grad": e.weight.grad, "leaf": e.weight.is_leaf}


def slow_copy_of_a_model(torch):
    """A target network that follows slowly: copy_ through data, and load_state_dict from time to time."""
    torch.manual_seed(2)
    online, target = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    target.load_state_dict(online.state_dict())
    for p in online.parameters():
        p.data += 1.0
    for t, o in zip(target.parameters(), online.parameters(), strict=True):
        t.data.copy_(0.25 * o.data + (1.0 - 0.25) * t.data)
    first = target.weight.clone()
    target.load_state_dict(online.state_dict())
    online.weight.data.zero_()
    return {"first": first, "target": target.weight, "online": online.weight, "flag": first.requires_grad}


def tensors_from_tensors(torch):
    """torch.tensor of losses cuts them off; stack and sum keep their graph; stacked rows of no dimension."""
    w = torch.tensor(2.0, requires_grad=True)
    losses = [w * 1.0, w ** 2]
    cut = torch.tensor([loss.item() for loss in losses])
    kept = torch.stack(losses)
    kept.mean().backward()
    copied = torch.tensor(w)
    scalars = torch.tensor([torch.tensor(1), torch.tensor(2)])
    return {"cut": cut, "kept": kept, "grad": w.grad, "sum": sum(losses), "copied": copied.requires_grad, "scalars": scalars}
