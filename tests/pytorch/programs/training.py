"""Optimizers and schedules: groups, changes in the middle, several together, states saved and loaded."""

from . import outcome


def _trained(torch, name, **options):
    """Where seven steps down x^2 lead."""
    p = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = getattr(torch.optim, name)([p], lr=0.1, **options)
    found = []
    for _ in range(7):
        optimizer.zero_grad()
        (p ** 2).sum().backward()
        optimizer.step()
        found.append(p.detach().clone())
    return found


def _rates(torch, make, steps=8):
    """The rates that a schedule gives, step by step."""
    p = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([p], lr=1.0)
    schedule, found = make(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        p.grad = torch.ones(1)
        optimizer.step()
        schedule.step()
    return [*found, *schedule.get_last_lr()]


def momentum_of_all_kinds(torch):
    """Nesterov, dampened, uphill."""
    return {"r": [_trained(torch, "SGD", momentum=0.9, nesterov=True), _trained(torch, "SGD", momentum=0.9, dampening=0.5),
                  _trained(torch, "SGD", maximize=True), _trained(torch, "SGD", momentum=0.5, weight_decay=0.1)]}


def adam_of_all_kinds(torch):
    """amsgrad, other betas, decay inside and outside."""
    return {"r": [_trained(torch, "Adam", amsgrad=True),
                  _trained(torch, "Adam", betas=(0.5, 0.9), eps=1e-3, weight_decay=0.1),
                  _trained(torch, "AdamW", weight_decay=0.1), _trained(torch, "AdamW", amsgrad=True, maximize=True),
                  _trained(torch, "NAdam"), _trained(torch, "RAdam"), _trained(torch, "Adamax")]}


def the_other_optimizers(torch):
    """RMSprop centred, Adagrad with decay, Adadelta, Rprop, ASGD."""
    return {"r": [_trained(torch, "RMSprop", momentum=0.5, centered=True), _trained(torch, "Adagrad", lr_decay=0.1),
                  _trained(torch, "Adadelta"), _trained(torch, "Rprop"), _trained(torch, "ASGD")]}


def groups_changed_in_the_middle(torch):
    """Rates and momentum of groups change, and a group is added, while training goes on."""
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    groups = [{"params": model[0].parameters()}, {"params": model[1].parameters(), "lr": 0.05, "momentum": 0.9}]
    optimizer, extra = torch.optim.SGD(groups, lr=0.1, weight_decay=0.01), torch.nn.Parameter(torch.ones(1))
    for step in range(5):
        optimizer.zero_grad()
        (model(torch.ones(2, 2)).sum() ** 2 + extra.sum()).backward()
        optimizer.step()
        if step == 1:
            optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["momentum"] = 0.01, 0.5
        if step == 2:
            optimizer.add_param_group({"params": [extra], "lr": 0.3})
    return {"weights": [*model.parameters(), extra], "rates": [g["lr"] for g in optimizer.param_groups]}


def steps_and_milestones(torch):
    """StepLR, MultiStepLR, ExponentialLR, ConstantLR, LinearLR, PolynomialLR."""
    s = torch.optim.lr_scheduler
    makers = [lambda o: s.StepLR(o, 3), lambda o: s.MultiStepLR(o, [2, 5], 0.1), lambda o: s.ExponentialLR(o, 0.5),
              lambda o: s.ConstantLR(o, 0.3, 3), lambda o: s.LinearLR(o, 0.5, 1.0, 4), lambda o: s.PolynomialLR(o, 5, 2.0)]
    return {"r": [_rates(torch, make) for make in makers]}


def cosines_and_cycles(torch):
    """Cosine with and without restarts, cyclic, one cycle."""
    s = torch.optim.lr_scheduler
    makers = [lambda o: s.CosineAnnealingLR(o, 5, eta_min=0.1), lambda o: s.CosineAnnealingWarmRestarts(o, 3, 2),
              lambda o: s.CyclicLR(o, 0.1, 1.0, 2), lambda o: s.OneCycleLR(o, 1.0, total_steps=10)]
    return {"r": [_rates(torch, make) for make in makers]}


def schedules_chained(torch):
    """One after the other, and two at once."""
    s = torch.optim.lr_scheduler
    makers = [lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.1, 1.0, 3), s.ExponentialLR(o, 0.5)], [3]),
              lambda o: s.ChainedScheduler([s.ExponentialLR(o, 0.9), s.StepLR(o, 2)]),
              lambda o: s.LambdaLR(o, lambda e: 1 / (e + 1)), lambda o: s.MultiplicativeLR(o, lambda e: 0.9)]
    return {"r": [_rates(torch, make) for make in makers]}


def two_schedules_of_one_optimizer(torch):
    """Both multiply the same rate."""
    p = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.Adam([p], lr=0.1)
    first, second = (torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5),
                     torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9))
    rates = []
    for _ in range(5):
        p.grad = torch.ones(1)
        optimizer.step()
        first.step()
        second.step()
        rates += [optimizer.param_groups[0]["lr"], first.get_last_lr()[0], second.last_epoch]
    return {"rates": rates, "p": p}


def plateau_with_cooldown(torch):
    """The rate is halved after patience, with cooldown and a least rate."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=1.0)
    schedule, rates = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.5, cooldown=1,
                                                                 min_lr=0.1), []
    for value in (1.0, 0.9, 0.95, 0.96, 0.97, 0.98, 0.99, 1.0, 1.1, 1.2):
        schedule.step(value)
        rates.append(optimizer.param_groups[0]["lr"])
    return {"rates": rates, "bad": schedule.num_bad_epochs, "best": schedule.best}


def state_loaded_goes_on(torch):
    """A copy of the state goes on in another optimizer as in the first."""
    import copy

    def step(model, optimizer):
        optimizer.zero_grad()
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()

    torch.manual_seed(2)
    first, second = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    a, b = torch.optim.Adam(first.parameters(), lr=0.1), torch.optim.Adam(second.parameters(), lr=9.0)
    for _ in range(3):
        step(first, a)
    second.load_state_dict(first.state_dict())
    b.load_state_dict(copy.deepcopy(a.state_dict()))
    step(second, b)
    step(first, a)
    return {"first": first.weight, "second": second.weight, "lr": b.param_groups[0]["lr"]}


def what_optimizers_refuse(torch):
    """No parameters, computed Tensors, negative rates, numbers, a lone Tensor, odd betas."""
    optim, linear = torch.optim, torch.nn.Linear(1, 1)
    actions = [lambda: optim.SGD([], lr=0.1), lambda: optim.SGD([linear.weight * 2], lr=0.1), lambda: optim.Adam([1, 2]),
               lambda: optim.SGD(linear.parameters(), lr=-1), lambda: optim.SGD(linear.weight, lr=0.1),
               lambda: optim.Adam(linear.parameters(), betas=(1.5, 0.9)),
               lambda: optim.Adam([linear.weight]).load_state_dict({})]
    return {"refused": [outcome(action) for action in actions[:-1]]}


def clipping_of_all_kinds(torch):
    """The norm before, other norms, values, and gradients that are not there."""
    p, q, utils = torch.nn.Parameter(torch.tensor([3.0, 4.0])), torch.nn.Parameter(torch.zeros(2)), torch.nn.utils
    p.grad, found = torch.tensor([3.0, -4.0]), []
    found += [utils.clip_grad_norm_([p, q], 1.0), p.grad.clone()]
    p.grad = torch.tensor([3.0, -4.0])
    found += [utils.clip_grad_norm_(p, 100.0), utils.clip_grad_norm_([p], 2.0, norm_type=float("inf")), p.grad.clone()]
    utils.clip_grad_value_([p, q], 0.5)
    return {"found": found, "grad": p.grad, "none": utils.clip_grad_norm_([q], 1.0)}


def truncated_through_time(torch):
    """A recurrent model whose state is carried from batch to batch, detached, and clipped."""
    torch.manual_seed(3)
    nn = torch.nn
    rnn, head, h, losses = nn.GRU(4, 5, batch_first=True), nn.Linear(5, 4), None, []
    optimizer = torch.optim.AdamW([*rnn.parameters(), *head.parameters()], lr=1e-2)
    x = torch.randn(2, 6, 4)
    for _ in range(5):
        y, h = rnn(x[:, :-1], h)
        h = h.detach()
        loss = nn.functional.mse_loss(head(y), x[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(rnn.parameters(), 0.5)
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "h": h}


def state_that_was_not_detached(torch):
    """Without detach the second backward goes through the freed graph of the first: refused."""
    w, h, done = torch.nn.Parameter(torch.eye(3) * 0.5), torch.zeros(1, 3), []
    for _ in range(2):
        h = torch.tanh(h @ w + 1)
        done.append(outcome(lambda h=h: h.sum().backward()))
    return {"done": [d is None for d in done], "grad": w.grad}
