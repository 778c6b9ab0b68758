"""Autograd itself: switches, functions of one's own, higher derivatives, and what is refused."""

from . import refused


def own_function(torch):
    """torch.autograd.Function with saved tensors, a context's attributes and a gradient of its own choosing."""
    class ClippedCube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, limit):
            ctx.save_for_backward(x)
            ctx.limit = limit
            return x ** 3

        @staticmethod
        def backward(ctx, grad_output):
            x, = ctx.saved_tensors
            return (grad_output * 3 * x ** 2).clamp(-ctx.limit, ctx.limit), None

    x = torch.tensor([0.5, 1.0, 3.0], requires_grad=True)
    y = ClippedCube.apply(x, 5.0)
    (y * 2).sum().backward()
    return {"y": y, "grad": x.grad, "leaf": y.is_leaf}


def straight_through(torch):
    """A sign whose gradient passes straight through, as a Function and by detach."""
    class Sign(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.sign()

        @staticmethod
        def backward(ctx, g):
            return g

    a, b = (torch.tensor([-0.3, 0.0, 2.0], requires_grad=True) for _ in range(2))
    w = torch.tensor([1.0, 2.0, 3.0])
    (Sign.apply(a) * w).sum().backward()
    hard = (b > 0).float()
    ((hard - b.sigmoid()).detach() + b.sigmoid()).mul(w).sum().backward()
    return {"a": a.grad, "b": b.grad}


def needs_input_grad(torch):
    """A linear function of one's own computes only the gradients that are needed."""
    seen = []

    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight, bias=None):
            ctx.save_for_backward(x, weight)
            return x @ weight.t() + bias

        @staticmethod
        def backward(ctx, g):
            x, weight = ctx.saved_tensors
            seen.append(tuple(ctx.needs_input_grad))
            return (g @ weight if ctx.needs_input_grad[0] else None), g.t() @ x, g.sum(0)

    w, b = torch.tensor([[1.0, 2.0]], requires_grad=True), torch.zeros(1, requires_grad=True)
    Linear.apply(torch.ones(3, 2), w, b).sum().backward()
    return {"seen": seen, "w": w.grad, "b": b.grad}


def gradient_reversed(torch):
    """A layer that is the identity forward and turns the gradient round, as domain adaptation has it."""
    class Reverse(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, strength):
            ctx.strength = strength
            return x.view_as(x)

        @staticmethod
        def backward(ctx, g):
            return g.neg() * ctx.strength, None

    torch.manual_seed(0)
    features, head = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)
    head(Reverse.apply(features(torch.ones(1, 2)), 0.5)).sum().backward()
    return {"features": features.weight.grad, "head": head.weight.grad}


def grad_of_grad(torch):
    """autograd.grad with create_graph: second and third derivatives, and a penalty on the gradient's norm."""
    x = torch.tensor(2.0, requires_grad=True)
    y = x ** 4
    d1, = torch.autograd.grad(y, x, create_graph=True)
    d2 = torch.autograd.grad(d1, x, create_graph=True)[0]
    d2.backward()
    w, data = torch.tensor([0.3, -0.2], requires_grad=True), torch.tensor([0.5, 3.0])
    loss = torch.tanh((w * data).sum())
    g = torch.autograd.grad(loss, w, create_graph=True)[0]
    (loss + g.norm() ** 2).backward()
    return {"d1": d1, "d2": d2, "d3": x.grad, "g": g, "w": w.grad}


def grad_function(torch):
    """autograd.grad returns a tuple and leaves .grad alone; unused inputs are refused unless allowed; grad_outputs."""
    a, b, c = (torch.tensor([1.0, 2.0], requires_grad=True) for _ in range(3))
    y = a * b
    ga, gb = torch.autograd.grad(y, [a, b], grad_outputs=torch.tensor([1.0, 10.0]))
    kind = refused(lambda: torch.autograd.grad((a * 2).sum(), [a, c]))
    unused = torch.autograd.grad((a * 2).sum(), [a, c], allow_unused=True)
    return {"ga": ga, "gb": gb, "none": a.grad is None, "kind": kind, "unused": [unused[0], unused[1] is None],
            "scalar": refused(lambda: torch.autograd.grad(a * 2, a))}


def second_backward(torch):
    """A second backward through a freed graph is refused; with retain_graph gradients add up."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x ** 2).sum()
    y.backward()
    kind = refused(lambda: y.backward())
    z = (x ** 3).sum()
    z.backward(retain_graph=True)
    z.backward()
    return {"kind": kind, "grad": x.grad, "third": refused(lambda: z.backward())}


def backward_of_a_vector(torch):
    """backward of more than one element needs a gradient; a wrong shape is refused; nothing recorded is refused."""
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * x
    kinds = [refused(lambda: y.backward()), refused(lambda: y.backward(torch.ones(2))),
             refused(lambda: torch.ones(1).backward())]
    y.backward(torch.tensor([1.0, 0.1, 0.01]))
    z = (x * 2).view(1, 3)[:, :1]
    z.backward()
    return {"kinds": kinds, "grad": x.grad}


def switches(torch):
    """no_grad and enable_grad as blocks and as decorators, nested, and after an error."""
    x, flags = torch.ones(1, requires_grad=True), []

    @torch.no_grad()
    def evaluate(t):
        return t * 2

    with torch.no_grad():
        flags += [(x * 2).requires_grad, torch.is_grad_enabled()]
        with torch.enable_grad():
            flags.append((x * 2).requires_grad)
        flags.append(torch.zeros(1, requires_grad=True).requires_grad)
    try:
        with torch.no_grad():
            raise KeyError
    except KeyError:
        flags.append(torch.is_grad_enabled())
    return {"flags": flags, "decorated": evaluate(x), "name": evaluate.__name__, "after": (x * 2).requires_grad}


def switch_as_a_function(torch):
    """set_grad_enabled called as a function stays; one loop for training and validation."""
    model, flags = torch.nn.Linear(1, 1), []
    for phase in ("train", "val"):
        model.train(phase == "train")
        with torch.set_grad_enabled(phase == "train"):
            out = model(torch.ones(2, 1)).sum()
            flags.append((phase, out.requires_grad, model.training))
    torch.set_grad_enabled(False)
    try:
        flags.append(model(torch.ones(1, 1)).requires_grad)
    finally:
        torch.set_grad_enabled(True)
    return flags


def inference_mode(torch):
    """inference_mode as a block and as a decorator: nothing is recorded, afterwards again."""
    model = torch.nn.Linear(2, 1)
    with torch.inference_mode():
        y = model(torch.ones(1, 2))

    @torch.inference_mode()
    def predict(x):
        return model(x).argmax(-1)

    return {"flag": y.requires_grad, "predict": predict(torch.ones(3, 2)), "same": torch.equal(y, model(torch.ones(1, 2))),
            "after": model(torch.ones(1, 2)).requires_grad}


def detach_stops(torch):
    """detach stops the gradient on one side only; a target computed under no_grad is a constant."""
    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    y = a * b.detach() + (a * b).detach() + a ** 2
    y.backward()
    with torch.no_grad():
        target = a * 10
    loss = (b - target) ** 2
    loss.backward()
    return {"y": y, "a": a.grad, "b": b.grad, "loss": loss}


def jacobians(torch):
    """functional.jacobian and hessian, of one and of several inputs; rows of a Jacobian by autograd.grad."""
    F = torch.autograd.functional
    x = torch.tensor([1.0, 2.0, 3.0])
    jac = F.jacobian(lambda t: torch.stack([t.sum(), (t ** 2).sum()]), x)
    ja, jb = F.jacobian(lambda a, b: a * b.sum(), (x, torch.tensor([2.0, 5.0])))
    hess = F.hessian(lambda t: (t ** 3).sum() + t[0] * t[2], x)
    rows = torch.stack([torch.autograd.grad(y, t)[0] for t in [x.clone().requires_grad_()] for y in (t.prod(), t.max())])
    return {"jac": jac, "ja": ja, "jb": jb, "hess": hess, "rows": rows}


def gradient_checked(torch):
    """gradcheck in float64 passes for a right formula, fails for a wrong one; a numerical derivative by hand."""
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 3

    x = torch.tensor([0.3, -1.2], dtype=torch.float64, requires_grad=True)
    right = torch.autograd.gradcheck(lambda t: torch.tanh(t) * t, (x,))
    wrong = torch.autograd.gradcheck(Wrong.apply, (x,), raise_exception=False)
    f = lambda t: (t.sin() * t).sum()
    f(x).backward()
    e = torch.eye(2, dtype=torch.float64) * 1e-5
    numeric = torch.stack([(f(x.detach() + d) - f(x.detach() - d)) / 2e-5 for d in e])
    return {"right": right, "wrong": wrong, "alike": torch.allclose(x.grad, numeric), "grad": x.grad}


def neuron_by_hand(torch):
    """One neuron in double precision, every gradient read by item()."""
    x1, x2 = (torch.Tensor([v]).double() for v in (2.0, 0.0))
    w1, w2, b = (torch.Tensor([v]).double() for v in (-3.0, 1.0, 6.8813735870195432))
    for t in (x1, x2, w1, w2, b):
        t.requires_grad = True
    o = torch.tanh(x1 * w1 + x2 * w2 + b)
    o.backward()
    return {"o": o.data.item(), "grads": [round(t.grad.item(), 6) for t in (x1, w1, x2, w2)], "b": b.grad,
            "kind": o.dtype == torch.double}


def same_tensor_many_times(torch):
    """One tensor on both sides, in a diamond, and in a loop: gradients add up."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    a = x * x + x
    b, c = a.sin(), a.cos()
    ((b * c) @ x + x @ x).backward()
    y = torch.tensor(1.01, requires_grad=True)
    z = y
    for _ in range(20):
        z = z * y
    z.backward()
    return {"x": x.grad, "y": y.grad, "z": z}


def hard_points(torch):
    """Derivatives where there is none: sqrt, abs, norm, log, atan2, pow and the trick with where."""
    def at_zero(f):
        x = torch.zeros(2, requires_grad=True)
        f(x).sum().backward()
        return x.grad

    safe = lambda t: torch.where(t > 0, torch.where(t > 0, t, torch.ones(2)).log(), torch.zeros(2))
    return {"sqrt": at_zero(torch.sqrt), "abs": at_zero(torch.abs), "norm": at_zero(lambda t: t.norm()),
            "log": at_zero(torch.log), "square": at_zero(lambda t: t ** 2), "one": at_zero(lambda t: t ** 1),
            "none": at_zero(lambda t: t ** 0), "base": at_zero(lambda t: 2.0 ** t), "safe": at_zero(safe),
            "unsafe": at_zero(lambda t: torch.where(t > 0, t.log(), torch.zeros(2))), "std": at_zero(lambda t: t.std()),
            "sign": at_zero(torch.sign), "round": at_zero(lambda t: t.round() * t), "half": at_zero(lambda t: t ** 0.5)}


def implicit_casts_in_the_graph(torch):
    """Gradients come back in the dtype of their leaf, through casts and mixed products."""
    a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    y = (a * b).sum() + a.double().pow(2).sum() + (a.half() * 2).float().sum()
    y.backward()
    return {"y": y, "a": a.grad, "b": b.grad, "kind": y.dtype == torch.float64}
