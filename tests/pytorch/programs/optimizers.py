"""Optimizers, schedules and clipping, step by step."""

from . import refused


def _train(torch, make, steps=5):
    """A line fitted for a few steps: losses and parameters; `make` makes the optimizer."""
    torch.manual_seed(0)
    x, model = torch.randn(8, 3), torch.nn.Linear(3, 1)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.3
    optimizer, losses = make(model.parameters()), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "weight": model.weight, "bias": model.bias}


def sgd_family(torch):
    """SGD plain, with momentum, dampening, Nesterov and weight decay."""
    SGD = torch.optim.SGD
    return [_train(torch, lambda p: SGD(p, lr=0.1)), _train(torch, lambda p: SGD(p, 0.05, momentum=0.9)),
            _train(torch, lambda p: SGD(p, lr=0.05, momentum=0.9, dampening=0.5)),
            _train(torch, lambda p: SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1))]


def adam_family(torch):
    """Adam with its options, with weight decay in the gradient; AdamW beside the gradient, with amsgrad."""
    optim = torch.optim
    return [_train(torch, lambda p: optim.Adam(p, lr=0.1)),
            _train(torch, lambda p: optim.Adam(p, lr=0.1, betas=(0.8, 0.9), eps=1e-3)),
            _train(torch, lambda p: optim.Adam(p, lr=0.1, weight_decay=0.1)), _train(torch, lambda p: optim.AdamW(p, lr=0.1)),
            _train(torch, lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.5, amsgrad=True))]


def older_optimizers(torch):
    """RMSprop, Adagrad and Adadelta; RMSprop centered and with momentum."""
    optim = torch.optim
    return [_train(torch, lambda p: optim.RMSprop(p, lr=0.05)),
            _train(torch, lambda p: optim.RMSprop(p, lr=0.05, centered=True, momentum=0.5)),
            _train(torch, lambda p: optim.Adagrad(p, lr=0.3)), _train(torch, lambda p: optim.Adadelta(p)),
            _train(torch, lambda p: optim.Adagrad(p, lr=0.3, lr_decay=0.1, initial_accumulator_value=0.5))]


def step_without_gradients(torch):
    """step() where nothing has a gradient does nothing, also with weight decay and momentum."""
    w, v = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w, v], lr=0.1, momentum=0.9, weight_decay=0.5)
    optimizer.step()
    first = [w.clone(), v.clone()]
    (w * 2).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    optimizer.step()
    return {"first": first, "w": w, "v": v, "grad": w.grad is None}


def zeros_are_not_none(torch):
    """With set_to_none=False a step after zero_grad still moves by momentum; with None it does not."""
    ends = []
    for to_none in (True, False):
        w = torch.ones(2, requires_grad=True)
        optimizer = torch.optim.Adam([w], lr=0.1)
        for _ in range(2):
            (w ** 2).sum().backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=to_none)
        optimizer.step()
        ends.append(w)
    return ends


def forgotten_zero_grad(torch):
    """Without zero_grad gradients pile up and the steps grow; the order of zero_grad and step matters."""
    w = torch.tensor(5.0, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    path = []
    for _ in range(4):
        (w ** 2 / 2).backward()
        optimizer.step()
        path.append(w.item())
    optimizer.zero_grad()
    (w * 3).backward()
    optimizer.zero_grad()
    optimizer.step()
    return {"path": path, "w": w, "steps_same": w.item() == path[-1]}


def frozen_in_the_list(torch):
    """Parameters that want no gradient may stand in the optimizer's list, and thaw later."""
    nn = torch.nn
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    net[0].weight.requires_grad = False
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.1, weight_decay=0.5)
    history = []
    for i in range(3):
        if i == 2:
            net[0].weight.requires_grad = True
        optimizer.zero_grad()
        net(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        history.append(net[0].weight.clone().detach())
    return {"history": history, "last": net[1].weight}


def parameter_groups(torch):
    """Groups with their own rates and weight decay; changing one by hand; adding one; learning rates read."""
    a, b, c = (torch.ones(2, requires_grad=True) for _ in range(3))
    optimizer = torch.optim.AdamW([{"params": [a], "weight_decay": 0.0}, {"params": [b], "lr": 0.5}], lr=0.1, weight_decay=0.2)
    optimizer.add_param_group({"params": c, "lr": 0.01})
    for step in range(2):
        optimizer.zero_grad()
        (a.sum() * 2 + b.pow(2).sum() + c.sum()).backward()
        for group in optimizer.param_groups[:1]:
            group["lr"] = 0.1 / (step + 1)
        optimizer.step()
    groups = [(g["lr"], g["weight_decay"], len(g["params"])) for g in optimizer.param_groups]
    return {"a": a, "b": b, "c": c, "groups": groups, "default": optimizer.defaults["lr"]}


def rate_halved_by_hand(torch):
    """param_groups[0]['lr'] changed in the loop, when the loss no longer falls."""
    w = torch.tensor([4.0], requires_grad=True)
    optimizer, best, rates = torch.optim.SGD([w], lr=1.1), float("inf"), []
    for _ in range(6):
        optimizer.zero_grad()
        loss = (w ** 2).sum()
        loss.backward()
        optimizer.step()
        if loss < best:
            best = loss.item()
        else:
            optimizer.param_groups[0]["lr"] /= 2.0
        rates.append(optimizer.param_groups[0]["lr"])
    return {"w": w, "rates": rates, "best": best}


def closures(torch):
    """step(closure) evaluates the loss itself and returns it; without one it returns None."""
    w = torch.tensor([3.0, -2.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (w ** 2).sum()
        loss.backward()
        return loss

    losses = [optimizer.step(closure).item() for _ in range(3)]
    return {"losses": losses, "w": w, "none": optimizer.step() is None}


def schedules(torch):
    """Learning rates of the usual schedulers, step by step."""
    optim, schedule = torch.optim, torch.optim.lr_scheduler
    makers = {"step": lambda o: schedule.StepLR(o, step_size=2, gamma=0.1),
              "multi": lambda o: schedule.MultiStepLR(o, [1, 4], 0.5), "exponential": lambda o: schedule.ExponentialLR(o, 0.9),
              "lambda": lambda o: schedule.LambdaLR(o, lambda e: min((e + 1) / 3, 1.0)),
              "cosine": lambda o: schedule.CosineAnnealingLR(o, T_max=4, eta_min=0.01),
              "linear": lambda o: schedule.LinearLR(o, 0.25, total_iters=3),
              "one": lambda o: schedule.OneCycleLR(o, max_lr=1.0, total_steps=6)}
    rates = {}
    for name, make in makers.items():
        optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5, momentum=0.9)
        scheduler, rates[name] = make(optimizer), []
        for _ in range(5):
            rates[name].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        rates[name].append(scheduler.get_last_lr()[0])
    return rates


def noam_by_lambda(torch):
    """The Transformer's warm-up as a LambdaLR, with a base rate of one and Adam."""
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    rate = lambda step: 16 ** (-0.5) * min(max(step, 1) ** (-0.5), max(step, 1) * 4 ** (-1.5))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer=optimizer, lr_lambda=rate)
    rates = []
    for _ in range(8):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return {"rates": rates, "peak": rates.index(max(rates)), "epoch": scheduler.last_epoch}


def reduce_on_plateau(torch):
    """ReduceLROnPlateau watches a loss, with patience and a factor."""
    w = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=1)
    rates = []
    for loss in (1.0, 0.9, 0.95, 0.92, 0.91, 0.91, 0.5, 0.6, 0.6, 0.6):
        scheduler.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def clipped_gradients(torch):
    """clip_grad_norm_ returns the norm before; clip_grad_value_ cuts each; parameters without a gradient are passed over."""
    clip = torch.nn.utils
    a, b, c = torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    a.grad, b.grad = torch.tensor([3.0, 0.0]), torch.tensor([4.0])
    norm = clip.clip_grad_norm_([a, b, c], max_norm=1.0)
    clipped = [a.grad.clone(), b.grad.clone()]
    again = clip.clip_grad_norm_([a, b, c], 10.0)
    kept = a.grad.clone()
    a.grad, b.grad = torch.tensor([3.0, -0.2]), torch.tensor([-4.0])
    clip.clip_grad_value_([a, b, c], 0.5)
    infinite = clip.clip_grad_norm_([a, b], 0.25, norm_type=float("inf"))
    return {"norm": norm, "clipped": clipped, "again": again, "kept": kept, "a": a.grad, "b": b.grad, "infinite": infinite,
            "one": clip.clip_grad_norm_(a, 1e9)}


def optimizer_state(torch):
    """state_dict of an optimizer goes on where it stopped; without it Adam starts anew."""
    ends = []
    for with_state in (True, False):
        w = torch.tensor([1.0, -1.0], requires_grad=True)
        optimizer = torch.optim.Adam([w], lr=0.1)
        for i in range(4):
            if i == 2:
                state = optimizer.state_dict()
                optimizer = torch.optim.Adam([w], lr=0.3)
                if with_state:
                    optimizer.load_state_dict(state)
            optimizer.zero_grad()
            (w ** 3).sum().backward()
            optimizer.step()
        ends.append(w)
    return {"ends": ends, "lr": state["param_groups"][0]["lr"], "keys": sorted(state),
            "ids": state["param_groups"][0]["params"], "entry": sorted(state["state"][0]),
            "average": state["state"][0]["exp_avg"]}


def gradient_accumulation(torch):
    """Four small batches with the loss divided, one step: as one large batch."""
    torch.manual_seed(3)
    x, y = torch.randn(8, 2), torch.randn(8, 1)
    small, large = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    large.load_state_dict(small.state_dict())
    o1, o2 = torch.optim.SGD(small.parameters(), lr=0.1), torch.optim.SGD(large.parameters(), lr=0.1)
    for xb, yb in zip(x.split(2), y.split(2), strict=True):
        (torch.nn.functional.mse_loss(small(xb), yb) / 4).backward()
    torch.nn.functional.mse_loss(large(x), y).backward()
    o1.step()
    o2.step()
    return {"small": small.weight, "alike": torch.allclose(small.weight, large.weight, atol=1e-6), "grad": small.weight.grad}


def empty_and_wrong_lists(torch):
    """An empty list, a generator used up, a negative rate, a non-leaf: refused."""
    net = torch.nn.Linear(1, 1)
    used = net.parameters()
    count = len(list(used))
    optim, w = torch.optim, torch.ones(1, requires_grad=True)
    return {"count": count,
            "kinds": [refused(lambda: optim.SGD([], lr=0.1)), refused(lambda: optim.SGD(used, lr=0.1)),
                      refused(lambda: optim.Adam([w], lr=-1.0)), refused(lambda: optim.SGD([w * 2], lr=0.1)),
                      refused(lambda: optim.SGD(w, lr=0.1)), refused(lambda: optim.SGD([w], lr=0.1))]}


def moving_average_of_weights(torch):
    """An exponential moving average of a model's weights, kept by hand under no_grad."""
    torch.manual_seed(5)
    model, average = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    average.load_state_dict(model.state_dict())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.ones(4, 2)).pow(2).mean().backward()
        optimizer.step()
        with torch.no_grad():
            for p, q in zip(model.parameters(), average.parameters(), strict=True):
                q.mul_(0.9).add_(p, alpha=0.1)
    return {"model": model.weight, "average": average.weight}
