"""Hooks that change gradients and outputs, retained gradients, and derivatives asked for by name."""

from . import outcome


def hooks_in_order(torch):
    """Two hooks of one Tensor run in order, each on what the other made; a removed one does not."""
    x = torch.ones(3, requires_grad=True)
    handle = x.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: g + 1)
    (x * x).sum().backward()
    handle.remove()
    (x * x).sum().backward()
    return {"grad": x.grad}


def hook_then_write(torch):
    """A hook set before a write in place belongs to the value before it."""
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.clone()) or g * 10)
    y.mul_(3)
    y.sum().backward()
    return {"grad": x.grad, "seen": seen}


def retained_through_writes(torch):
    """retain_grad keeps the gradient of what the Tensor is at last; of views too."""
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    y.retain_grad()
    v = y[:2]
    v.retain_grad()
    y.mul_(3)
    y[0] = 5
    v.add_(1)
    (y * y).sum().backward()
    return {"x": x.grad, "y": y.grad, "v": v.grad}


def retained_after_hooks(torch):
    """What is retained is what the hooks made of it, even of hooks that came later."""
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 7)
    y.sum().backward()
    return {"x": x.grad, "y": y.grad}


def forward_and_backward_hooks(torch):
    """A backward hook sees the gradient of the output that the forward hook made."""
    torch.manual_seed(2)
    model, seen = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh()), []
    handle = model[0].register_forward_hook(lambda module, args, out: out * 2)
    model.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    model[0].register_full_backward_hook(lambda module, of_in, of_out: seen.append((len(of_in), of_out[0].clone())))
    y = model(torch.ones(1, 2))
    y.sum().backward()
    handle.remove()
    return {"y": y, "after": model(torch.ones(1, 2)), "seen": seen, "grad": model[0].weight.grad}


def some_of_the_gradients(torch):
    """autograd.grad of several inputs; what is not used is an error, and leaves the graph as it was."""
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    stranger = torch.ones(1, requires_grad=True)
    y = (a * b).sum() + (a ** 2).sum()
    unused = outcome(lambda: torch.autograd.grad(y, stranger))
    pair = torch.autograd.grad(y, [a, stranger], allow_unused=True, retain_graph=True)
    both = torch.autograd.grad(y, [a, b])
    return {"unused": unused, "pair": pair, "both": both, "grad": a.grad}


def several_outputs(torch):
    """backward of a list of outputs, and of a vector with a gradient."""
    a = torch.ones(2, requires_grad=True)
    torch.autograd.backward([(a * a).sum(), (a * 3).sum()])
    (a * 2).backward(torch.tensor([1.0, 2.0]))
    torch.autograd.backward(a * 5, torch.ones(2))
    return {"grad": a.grad, "refused": outcome(lambda: (a * 2).backward()),
            "shape": outcome(lambda: (a * 2).backward(torch.ones(3)))}


def gradients_set_by_hand(torch):
    """.grad takes a Tensor of the same shape or None, and nothing else."""
    x = torch.ones(3, requires_grad=True)
    refused = [outcome(lambda v=v: setattr(x, "grad", v)) for v in (torch.ones(2), 3.0, [1.0, 2.0, 3.0])]
    x.grad = torch.full((3,), 5.0)
    x.sum().backward()
    held = x.grad
    x.grad = None
    x.sum().backward()
    return {"refused": refused, "held": held, "grad": x.grad}


def gradient_held_while_it_grows(torch):
    """Who holds x.grad sees the next pass add to it."""
    x = torch.ones(3, requires_grad=True)
    x.sum().backward()
    held = x.grad
    x.grad.data.zero_()
    x.grad += 3
    (x * 2).sum().backward()
    return {"held": held, "same": held is x.grad}


def hook_that_counts(torch):
    """A hook of a Tensor used three times is called once, with the whole gradient."""
    x, calls = torch.tensor(2.0, requires_grad=True), []
    y = x * 3
    y.register_hook(lambda g: calls.append(g.item()))
    (y * y + y + y ** 3).backward()
    return {"calls": calls, "grad": x.grad}


def gradient_penalty(torch):
    """The norm of a gradient in the loss, through a small model."""
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    x = torch.randn(5, 3, requires_grad=True)
    (g,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
    penalty = ((g.norm(2, dim=1) - 1) ** 2).mean()
    penalty.backward()
    return {"penalty": penalty, "grads": [p.grad for p in model.parameters()]}


def threads_have_their_own_switch(torch):
    """no_grad in one thread does not reach the others."""
    import threading

    w, seen = torch.ones(3, requires_grad=True), []

    def work():
        seen.append((w * 2).requires_grad)
        with torch.no_grad():
            seen.append((w * 2).requires_grad)

    with torch.no_grad():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    return {"seen": seen, "here": torch.is_grad_enabled()}
