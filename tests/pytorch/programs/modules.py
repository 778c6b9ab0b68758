"""nn.Module: what is registered, what is saved, hooks, freezing, sharing, copies."""

import copy

from . import refused


def plain_list_is_not_registered(torch):
    """Layers in a Python list are no parameters; in a ModuleList they are."""
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = [nn.Linear(2, 2) for _ in range(3)]
            self.listed = nn.ModuleList([nn.Linear(2, 2) for _ in range(2)])
            self.scale = torch.ones(2)
            self.weight = nn.Parameter(torch.zeros(3))

    net = Net()
    return {"names": [n for n, _ in net.named_parameters()], "count": sum(p.numel() for p in net.parameters()),
            "state": list(net.state_dict())}


def buffers(torch):
    """register_buffer is saved and no parameter; with persistent=False it is not saved."""
    nn = torch.nn

    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.key = nn.Linear(2, 2, bias=False)
            self.register_buffer("tril", torch.tril(torch.ones(3, 3)))
            self.register_buffer("positions", torch.arange(3), persistent=False)
            self.register_buffer("nothing", None)
            self.register_parameter("bias", None)

    head = Head()
    head.tril = torch.zeros(1)
    return {"state": list(head.state_dict()), "buffers": [n for n, _ in head.named_buffers()],
            "parameters": [n for n, _ in head.named_parameters()], "tril": head.tril,
            "none": head.nothing is None and head.bias is None, "double": head.double().tril.dtype == torch.float64}


def sequential_as_a_list(torch):
    """Sequential is indexed, sliced, appended to, iterated, named by an OrderedDict."""
    from collections import OrderedDict
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    net.append(nn.Linear(3, 1))
    named = nn.Sequential(OrderedDict([("fc", nn.Linear(2, 2)), ("act", nn.ReLU())]))
    net.add_module("last", nn.Sigmoid())
    x = torch.ones(1, 2)
    h = x
    for layer in net:
        h = layer(h)
    return {"len": len(net), "same": torch.equal(h, net(x)), "names": [n for n, _ in net.named_children()], "part": net[:2](x),
            "last": type(net[-1]).__name__, "fc": named.fc.weight.shape, "keys": list(named.state_dict()),
            "weight": net[0].weight, "children": [type(m).__name__ for m in named.children()]}


def lists_and_dicts_of_modules(torch):
    """ModuleList, ModuleDict, ParameterList, ParameterDict: names, order, items."""
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList(nn.Linear(1, 1) for _ in range(2))
            self.heads = nn.ModuleDict({"b": nn.Linear(1, 2), "a": nn.Linear(1, 3)})
            self.vectors = nn.ParameterList([nn.Parameter(torch.zeros(i + 1)) for i in range(2)])
            self.table = nn.ParameterDict({"w": nn.Parameter(torch.ones(2))})

    net = Net()
    net.blocks.append(nn.Linear(1, 1, bias=False))
    net.heads["c"] = nn.ReLU()
    return {"names": [(n, tuple(p.shape)) for n, p in net.named_parameters()], "items": [k for k, _ in net.heads.items()],
            "in": "a" in net.heads, "len": [len(net.blocks), len(net.heads), len(net.vectors)], "keys": list(net.heads.keys()),
            "sum": sum(p.sum() for p in net.vectors), "w": net.table["w"]}


def state_dict_round_trip(torch):
    """load_state_dict copies into the same parameters; the state shares memory until it is copied."""
    nn = torch.nn
    torch.manual_seed(1)
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    weight, best = b.weight, a.state_dict()
    kept = {k: v.clone() for k, v in a.state_dict().items()}
    kept_deep = copy.deepcopy(a.state_dict())
    message = b.load_state_dict(best)
    with torch.no_grad():
        a.weight += 1
    return {"message": str(message), "same": b.weight is weight, "moved": torch.equal(best["weight"], a.weight),
            "kept": kept["weight"], "deep": torch.equal(kept["weight"], kept_deep["weight"]), "b": b.weight,
            "recorded": best["weight"].requires_grad}


def load_strict(torch):
    """A key too many, a key missing, a shape that differs: refused, and with strict=False told."""
    nn = torch.nn
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    state = net.state_dict()
    state["extra"] = torch.zeros(1)
    del state["1.bias"]
    kind = refused(lambda: net.load_state_dict(state))
    missing, unexpected = net.load_state_dict(state, strict=False)
    wrong = refused(lambda: nn.Linear(3, 2).load_state_dict(nn.Linear(2, 2).state_dict(), strict=False))
    return {"kind": kind, "missing": missing, "unexpected": unexpected, "wrong": wrong, "keys": list(net.state_dict())}


def apply_init(torch):
    """model.apply(init) visits every module, children first; isinstance chooses."""
    nn = torch.nn
    seen = []

    def init(m):
        seen.append(type(m).__name__)
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight)
            nn.init.zeros_(m.bias)
        elif isinstance(m, nn.Embedding):
            m.weight.data.uniform_(-0.1, 0.1)
        elif type(m) is nn.LayerNorm:
            nn.init.constant_(m.weight, 2.0)

    torch.manual_seed(2)
    net = nn.Sequential(nn.Embedding(3, 2), nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)))
    same = net.apply(init) is net
    return {"seen": seen, "same": same, "values": list(net.parameters())}


def initialisers(torch):
    """The functions of nn.init with one seed, gains, and what they return."""
    init = torch.nn.init
    torch.manual_seed(3)
    w, results = torch.empty(2, 3), []
    for fill in (init.xavier_normal_, init.kaiming_normal_, init.kaiming_uniform_, init.orthogonal_, init.normal_, init.eye_):
        results.append(fill(w).clone())
    init.trunc_normal_(w, std=0.02)
    small = init.uniform_(torch.empty(3), -1, 1)
    init.xavier_uniform_(w, gain=init.calculate_gain("tanh"))
    return {"results": [r for i, r in enumerate(results) if i != 3], "w": w, "small": small,
            "gain": init.calculate_gain("leaky_relu", 0.2),
            "orthogonal": torch.allclose(results[3] @ results[3].t(), torch.eye(2), atol=1e-5)}


def train_and_eval(torch):
    """train() and eval() reach all children; dropout is nothing in eval; its scale in training is 1 / (1 - p)."""
    nn = torch.nn
    net = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.25)))
    flags = [net.training, net.eval().training, net[2][0].training, net.train()[1].training]
    torch.manual_seed(0)
    kept = nn.Dropout(0.75)(torch.ones(1000))
    net.eval()
    x = torch.ones(2, 4)
    F = torch.nn.functional
    return {"flags": flags, "same": torch.equal(net(x), net[0](x)), "values": kept.unique(),
            "about": 0.15 < (kept > 0).float().mean().item() < 0.35, "off": F.dropout(x, 0.5, training=False),
            "zero": nn.Dropout(1.0)(x), "default": F.dropout(torch.ones(1000), 0.5).max()}


def forward_hooks(torch):
    """A forward hook sees inputs and output and may replace it; a pre-hook may replace the inputs; remove ends it."""
    nn = torch.nn
    net, seen = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), {}
    with torch.no_grad():
        net[0].weight.copy_(torch.eye(2))
        net[0].bias.zero_()
    h1 = net[0].register_forward_hook(lambda m, i, o: seen.__setitem__("linear", (tuple(i[0].shape), o.detach())))
    h2 = net[1].register_forward_hook(lambda m, i, o: o * 10)
    h3 = net.register_forward_pre_hook(lambda m, args: (args[0] + 1,))
    x = torch.tensor([[1.0, -3.0]])
    with_hooks = net(x)
    for h in (h1, h2, h3):
        h.remove()
    return {"seen": seen["linear"], "with": with_hooks, "without": net(x)}


def activations_by_hook(torch):
    """Activations of every layer kept by name, as an analysis notebook does it."""
    nn = torch.nn
    torch.manual_seed(4)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    activations, stats = {}, []

    def keep(name):
        def hook(model, input, output):
            activations[name] = output.detach()
        return hook

    for name, layer in net.named_modules():
        if name:
            layer.register_forward_hook(keep(name))
    net(torch.randn(5, 3))
    for name, a in activations.items():
        stats.append((name, a.mean().item(), a.std().item(), (a.abs() > 0.97).float().mean().item()))
    return {"stats": stats, "recorded": activations["1"].requires_grad}


def backward_hooks(torch):
    """A tensor's hook may replace its gradient; a module's full backward hook sees and may replace grad_input."""
    nn = torch.nn
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    h = x * 3
    h.register_hook(lambda g: g * 2)
    seen = []
    x.register_hook(lambda g: seen.append(g.clone()))
    h.sum().backward()
    lin = nn.Linear(2, 1, bias=False)
    nn.init.ones_(lin.weight)
    handle = lin.register_full_backward_hook(lambda m, gi, go: (gi[0] * 100,))
    y = torch.ones(1, 2, requires_grad=True)
    (lin(y * 1) * 2).sum().backward()
    handle.remove()
    return {"x": x.grad, "seen": seen, "y": y.grad, "weight": lin.weight.grad}


def hook_clips_gradients(torch):
    """Parameters whose hooks clamp their gradients; a hook that is removed no longer does."""
    torch.manual_seed(5)
    net = torch.nn.Linear(2, 2)
    handles = [p.register_hook(lambda g: torch.clamp(g, -0.5, 0.5)) for p in net.parameters()]
    (net(torch.tensor([[3.0, 0.1]])) * 2).sum().backward()
    clipped = net.weight.grad.clone()
    handles[0].remove()
    net.zero_grad()
    (net(torch.tensor([[3.0, 0.1]])) * 2).sum().backward()
    return {"clipped": clipped, "weight": net.weight.grad, "bias": net.bias.grad}


def frozen_layers(torch):
    """Frozen parameters get no gradient and do not move; filter picks those that train."""
    nn = torch.nn
    torch.manual_seed(6)
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    for p in net[0].parameters():
        p.requires_grad = False
    before = net[0].weight.clone()
    optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, net.parameters()), lr=0.1)
    net(torch.ones(4, 2)).mean().backward()
    optimizer.step()
    net[2].requires_grad_(False)
    return {"same": torch.equal(before, net[0].weight), "none": net[0].weight.grad is None, "grad": net[2].weight.grad,
            "trainable": sum(p.numel() for p in net.parameters() if p.requires_grad),
            "out": net(torch.ones(1, 2)).requires_grad}


def tied_weights(torch):
    """A decoder that shares the embedding's weight: one parameter, one gradient, two names in the state."""
    nn = torch.nn
    torch.manual_seed(7)

    class LM(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.out = nn.Embedding(4, 3), nn.Linear(3, 4, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, x):
            return self.out(torch.tanh(self.embed(x)))

    m = LM()
    nn.functional.cross_entropy(m(torch.tensor([0, 2])), torch.tensor([1, 3])).backward()
    return {"names": [n for n, _ in m.named_parameters()], "state": list(m.state_dict()),
            "same": m.out.weight is m.embed.weight, "grad": m.embed.weight.grad,
            "copied": (lambda c: c.out.weight is c.embed.weight)(copy.deepcopy(m))}


def shared_module(torch):
    """One layer used twice in a forward: counted once, its gradients added."""
    nn = torch.nn
    torch.manual_seed(8)
    lin = nn.Linear(2, 2)
    net = nn.Sequential(lin, nn.Tanh(), lin)
    net(torch.tensor([[1.0, 2.0]])).sum().backward()
    return {"parameters": len(list(net.parameters())), "names": [n for n, _ in net.named_parameters()],
            "modules": len(list(net.modules())), "state": list(net.state_dict()), "grad": lin.weight.grad,
            "bias": lin.bias.grad}


def deep_copies(torch):
    """deepcopy of a model stands apart; clones of a layer by deepcopy begin alike."""
    nn = torch.nn
    torch.manual_seed(9)
    layer = nn.Linear(2, 2)
    layer(torch.ones(1, 2)).sum().backward()
    clones = nn.ModuleList([copy.deepcopy(layer) for _ in range(2)])
    with torch.no_grad():
        clones[0].weight.zero_()
    t = torch.tensor([1.0, 2.0], requires_grad=True)
    u = copy.deepcopy(t)
    return {"layer": layer.weight, "clone": clones[1].weight, "zero": clones[0].weight, "grad": clones[1].weight.grad, "u": u,
            "leaf": u.is_leaf, "apart": u is t, "non_leaf": refused(lambda: copy.deepcopy(t * 2))}


def names_and_texts(torch):
    """named_modules, extra_repr, get_submodule, and parameters counted by name."""
    nn = torch.nn

    class Scale(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.n, self.gain = n, nn.Parameter(torch.ones(n))

        def forward(self, x):
            return self.gain * x

        def extra_repr(self):
            return f"n={self.n}"

    net = nn.Sequential(Scale(2), nn.Sequential(nn.Linear(2, 1)))
    return {"modules": [(n, type(m).__name__) for n, m in net.named_modules()], "repr": repr(Scale(3)),
            "sub": type(net.get_submodule("1.0")).__name__, "linear": repr(nn.Linear(2, 1)),
            "weights": [n for n, p in net.named_parameters() if p.dim() >= 2], "has": hasattr(net[0], "gain"),
            "not": hasattr(net, "x")}


def zero_grad_and_none(torch):
    """zero_grad sets to None, with set_to_none=False to zeros; parameters assigned later are found."""
    nn = torch.nn
    net = nn.Linear(2, 1)
    net(torch.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    zero = net.weight.grad.clone()
    net.zero_grad()
    none = net.weight.grad is None
    net.extra = nn.Parameter(torch.ones(1))
    net.weight = nn.Parameter(torch.ones(1, 2))
    kind = refused(lambda: setattr(net, "bias", torch.ones(1)))
    del net.extra
    return {"zero": zero, "none": none, "kind": kind, "names": [n for n, _ in net.named_parameters()],
            "out": net(torch.zeros(1, 2)) - net.bias}


def module_without_super(torch):
    """A layer assigned before super().__init__() is refused; a call runs forward."""
    nn = torch.nn

    class Bad(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(1, 1)
            super().__init__()

    def make():
        try:
            Bad()
        except AttributeError as error:
            raise RuntimeError from error

    net = nn.Module()
    net.forward = lambda x, scale=2: x * scale
    return {"kind": refused(make), "call": net(torch.ones(1), scale=3), "lambda": nn.Identity()(torch.ones(1)),
            "training": net.training}


def lazy_layers(torch):
    """LazyLinear learns its width from the first batch."""
    nn = torch.nn
    torch.manual_seed(10)
    net = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.LazyLinear(2))
    out = net(torch.ones(2, 4))
    return {"out": out, "shapes": [tuple(p.shape) for p in net.parameters()], "kind": type(net[0]).__name__,
            "again": refused(lambda: net(torch.ones(2, 5)))}


def buffer_changed_in_forward(torch):
    """A counter and a running mean kept in buffers by forward: they stay buffers, are saved, and are not learned."""
    class Running(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("steps", torch.tensor(0))
            self.register_buffer("mean", torch.zeros(2))

        def forward(self, x):
            if self.training:
                self.steps += 1
                self.mean.mul_(0.5).add_(0.5 * x.detach().mean(0))
            return x - self.mean

    a, b = Running(), Running()
    x = torch.tensor([[1.0, 2.0], [3.0, 6.0]], requires_grad=True)
    out = a(x) + a(x)
    a.eval()(x)
    b.load_state_dict(a.state_dict())
    return {"out": out, "steps": b.steps, "mean": b.mean, "names": [n for n, _ in a.named_buffers()]}


def hidden_states_of_old_scripts(torch):
    """init_hidden by weight.new and new_zeros, states repackaged by isinstance, tuples of states."""
    torch.manual_seed(11)
    lstm = torch.nn.LSTM(2, 3)
    weight = next(lstm.parameters())

    def repackage(h):
        return h.detach() if isinstance(h, torch.Tensor) else tuple(repackage(v) for v in h)

    hidden = (weight.new_zeros(1, 2, 3), weight.data.new(1, 2, 3).zero_())
    for _ in range(2):
        hidden = repackage(hidden)
        out, hidden = lstm(torch.ones(4, 2, 2), hidden)
        lstm.zero_grad()
        out.sum().backward()
    return {"hidden": hidden, "flags": [h.requires_grad for h in repackage(hidden)], "grad": lstm.weight_hh_l0.grad.sum(1)}
