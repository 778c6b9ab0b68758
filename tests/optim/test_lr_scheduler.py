"""Schedules: PyTorch's values over 50 steps and two groups, stored values, resuming, and errors by message."""

import math
import warnings

import numpy as np
import pytest

import tinydawn as td
from tinydawn import optim
from tinydawn.errors import AnomalyError, DTypeError, StateError
from tinydawn.optim import get_linear_schedule_with_warmup
from tinydawn.optim import lr_scheduler as ours


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


# name: a schedule for an optimizer of two groups, from the module (ours or PyTorch's) that has the classes
SCHEDULES = {
    "lambda": lambda m, o: m.LambdaLR(o, lambda t: 0.95**t),
    "lambdas": lambda m, o: m.LambdaLR(o, [lambda t: 1 / (1 + t), lambda t: 0.5 if t > 7 else 1.0]),
    "step": lambda m, o: m.StepLR(o, 7),
    "step gamma": lambda m, o: m.StepLR(o, step_size=1, gamma=0.9),
    "multistep": lambda m, o: m.MultiStepLR(o, [30, 5, 5, 48], gamma=0.5),
    "exponential": lambda m, o: m.ExponentialLR(o, 0.9),
    "cosine": lambda m, o: m.CosineAnnealingLR(o, 20, eta_min=0.001),
    "cosine to the end": lambda m, o: m.CosineAnnealingLR(o, T_max=50),
    "linear": lambda m, o: m.LinearLR(o),
    "linear down": lambda m, o: m.LinearLR(o, start_factor=1.0, end_factor=0.2, total_iters=33),
    "constant": lambda m, o: m.ConstantLR(o, 0.25, 9),
    "multiplied lambda": lambda m, o: m.MultiplicativeLR(o, lambda t: 0.9 if t % 3 else 1.1),
    "multiplied lambdas": lambda m, o: m.MultiplicativeLR(o, [lambda t: 0.95, lambda t: 1 - 1 / (t + 3)]),
    "polynomial": lambda m, o: m.PolynomialLR(o, 40, power=2.0),
    "restarts": lambda m, o: m.CosineAnnealingWarmRestarts(o, 7, eta_min=0.001),
    "longer restarts": lambda m, o: m.CosineAnnealingWarmRestarts(o, 3, T_mult=2),
    "one cycle": lambda m, o: m.OneCycleLR(o, 0.7, total_steps=55),
    "one cycle in three": lambda m, o: m.OneCycleLR(o, [0.7, 0.1], epochs=11, steps_per_epoch=5, anneal_strategy="linear",
                                                    pct_start=0.4, three_phase=True, div_factor=10.0, final_div_factor=50.0),
    "cycles": lambda m, o: m.CyclicLR(o, 0.01, 0.1, step_size_up=5),
    "cycles that shrink": lambda m, o: m.CyclicLR(o, [0.01, 0.02], 0.1, 5, 8, mode="triangular2", base_momentum=0.7),
    "cycles that fade": lambda m, o: m.CyclicLR(o, 0.01, [0.1, 0.3], 5, mode="exp_range", gamma=0.98),
    "cycles lambda": lambda m, o: m.CyclicLR(o, 0.01, 0.1, 4, scale_fn=lambda t: 1 / (1 + t), scale_mode="iterations"),
    "chain": lambda m, o: m.ChainedScheduler([m.ConstantLR(o, 0.1, 9), m.ExponentialLR(o, 0.95), m.StepLR(o, 11, 0.5)]),
    "sequence": lambda m, o: m.SequentialLR(
        o, [m.LinearLR(o, 0.1, total_iters=10), m.CosineAnnealingLR(o, 25), m.ConstantLR(o, 0.5, 4)], [10, 35]),
    "sequence lambda": lambda m, o: m.SequentialLR(
        o, [m.LambdaLR(o, lambda t: (t + 1) / 5), m.ExponentialLR(o, 0.9), m.StepLR(o, 4)], [4, 20]),
}


def optimizer(lrs=(0.5, 0.02), **options):
    return optim.SGD([{"params": [td.tensor([1.0], requires_grad=True)], "lr": lr} for lr in lrs], **options)


def advance(opt, scheduler):
    for group in opt.param_groups:
        for p in group["params"]:
            p.grad = td.ones(1)
    opt.step()
    scheduler.step()


def rates(opt, scheduler, steps):
    """lr of every group before each update; the one that comes after the last is in the optimizer."""
    out = []
    for _ in range(steps):
        out.append([group["lr"] for group in opt.param_groups])
        assert scheduler.get_last_lr() == out[-1]
        advance(opt, scheduler)
    return np.array(out)


@pytest.mark.torch
@pytest.mark.parametrize("name", SCHEDULES)
def test_values_are_pytorchs(torch, name):
    opt = optimizer(momentum=0.5)
    reference = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in (0.5, 0.02)], momentum=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = SCHEDULES[name](torch.optim.lr_scheduler, reference)
    expected = []
    for _ in range(51):
        expected.append([group["lr"] for group in reference.param_groups])
        reference.step()
        theirs.step()
    np.testing.assert_allclose(rates(opt, SCHEDULES[name](ours, opt), 51), expected, rtol=1e-11, atol=1e-15)


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("name", [n for n in SCHEDULES if "cycle" in n])
def test_momentum_goes_the_other_way_as_pytorchs_does(torch, name, kind):
    made = []
    both = (optim, lambda: td.tensor([1.0], requires_grad=True)), (torch.optim, lambda: torch.nn.Parameter(torch.ones(1)))
    for module, parameter in both:
        p, q = parameter(), parameter()
        opt = getattr(module, kind)([{"params": [p]}, {"params": [q], "lr": 0.3}], lr=0.1)
        made.append((opt, SCHEDULES[name](module.lr_scheduler, opt)))
    for _ in range(50):
        ours_now, theirs_now = [[g["momentum"] if kind == "SGD" else g["betas"] for g in o.param_groups] for o, _ in made]
        np.testing.assert_allclose(ours_now, theirs_now, rtol=1e-12)
        advance(*made[0])
        made[1][0].step()
        made[1][1].step()


@pytest.mark.torch
@pytest.mark.parametrize("name", [n for n in SCHEDULES if "lambda" not in n and "sequence" not in n and n != "chain"])
def test_state_dict_of_pytorch_loads(torch, name):
    reference = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in (0.5, 0.02)])
    theirs = SCHEDULES[name](torch.optim.lr_scheduler, reference)
    for _ in range(12):
        reference.step()
        theirs.step()
    opt = optimizer()
    scheduler = SCHEDULES[name](ours, opt)
    scheduler.load_state_dict(theirs.state_dict())
    np.testing.assert_allclose(scheduler.get_last_lr(), theirs.get_last_lr(), rtol=1e-12)


# lr of the first group, from 1.0, before updates 0, 1, ...; computed with PyTorch 2.13.0
STORED = [
    (lambda o: ours.StepLR(o, 2, 0.5), [1, 1, 0.5, 0.5, 0.25]),
    (lambda o: ours.MultiStepLR(o, [1, 3]), [1, 0.1, 0.1, 0.01, 0.01]),
    (lambda o: ours.ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125]),
    (lambda o: ours.CosineAnnealingLR(o, 4), [1, 0.8535533905932737, 0.5, 0.1464466094067262, 0, 0.14644660940672616]),
    (lambda o: ours.LinearLR(o, 0.5, 1.0, 2), [0.5, 0.75, 1, 1]),
    (lambda o: ours.ConstantLR(o, 0.5, 2), [0.5, 0.5, 1, 1]),
    (lambda o: ours.SequentialLR(o, [ours.LinearLR(o, 0.5, 1.0, 2), ours.StepLR(o, 1, 0.5)], [2]),
     [0.5, 0.75, 1, 0.5, 0.25]),
    (lambda o: ours.SequentialLR(o, [ours.ConstantLR(o, 0.5), ours.ExponentialLR(o, 0.5)], [0]), [1, 0.5, 0.25]),
    (lambda o: get_linear_schedule_with_warmup(o, 2, 6), [0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0]),
    (lambda o: get_linear_schedule_with_warmup(o, 0, 4), [1, 0.75, 0.5, 0.25, 0]),
    (lambda o: get_linear_schedule_with_warmup(o, 3, 3), [0, 1 / 3, 2 / 3, 0, 0]),
    (lambda o: ours.PolynomialLR(o, 4, 2.0), [1, 0.5625, 0.25, 0.0625, 0, 0]),
    (lambda o: ours.MultiplicativeLR(o, lambda t: 1 / t), [1, 1, 1 / 2, 1 / 6, 1 / 24]),
    (lambda o: ours.CosineAnnealingWarmRestarts(o, 2, 2), [1, 0.5, 1, 0.8535533905932737, 0.5, 0.1464466094067262, 1]),
    (lambda o: ours.ChainedScheduler([ours.ConstantLR(o, 0.5, 2), ours.StepLR(o, 1, 0.5)]), [0.5, 0.25, 0.25, 0.125]),
    (lambda o: ours.NoamLR(o, 4, 4), [0.0625, 0.125, 0.1875, 0.25, 0.5 * 5**-0.5, 0.5 * 6**-0.5]),
]


@pytest.mark.parametrize(("make", "expected"), STORED)
def test_stored_values(make, expected):
    opt = optimizer((1.0, 0.5))
    got = rates(opt, make(opt), len(expected))
    np.testing.assert_allclose(got[:, 0], expected, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(got[:, 1], got[:, 0] / 2, rtol=1e-12, atol=1e-16)


def test_one_cycle_and_cycles_stored():
    """Computed with PyTorch 2.13.0; the optimizer's own lr plays no part."""
    opt = optimizer((3.0,), momentum=0.5)
    got = rates(opt, ours.OneCycleLR(opt, 1.0, total_steps=6, pct_start=0.5), 6)[:, 0]
    np.testing.assert_allclose(got, [0.04, 0.52, 1.0, 0.7500010000000001, 0.25000299999999996, 4e-06], rtol=1e-12)
    opt = optimizer((3.0,), momentum=0.5)
    scheduler = ours.CyclicLR(opt, 0.1, 0.5, 2, 1)
    got = rates(opt, scheduler, 5)[:, 0]
    np.testing.assert_allclose(got, [0.1, 0.3, 0.5, 0.1, 0.3], rtol=1e-12)
    assert opt.param_groups[0]["momentum"] == pytest.approx(0.8)  # the top of the cycle


def test_warm_up_and_decay_meet_at_the_peak():
    """BERT's own code decays from t = 0: at the joint its rate falls by a tenth. Here nothing jumps."""
    opt = optimizer((1.0,))
    lr = rates(opt, get_linear_schedule_with_warmup(opt, 100, 1000), 1001)[:, 0]
    assert lr.argmax() == 100
    assert lr[100] == 1.0
    assert np.abs(np.diff(lr)).max() == pytest.approx(0.01)
    assert lr[-1] == 0.0


def test_noam_is_the_papers_formula_with_updates_counted_from_1():
    opt = optimizer((1.0,))
    lr = rates(opt, ours.NoamLR(opt, d_model=512, warmup=40), 100)[:, 0]
    step_num = np.arange(1, 101)
    np.testing.assert_allclose(lr, 512**-0.5 * np.minimum(step_num**-0.5, step_num * 40**-1.5), rtol=1e-12)
    assert lr.argmax() == 39
    assert lr[0] == pytest.approx(lr[1] / 2)  # update 1 is not update 2 over again


def test_a_sequence_in_a_sequence_is_the_flat_one():
    """PyTorch 2.13.0 starts the second part of the inner sequence one step early."""
    nested, flat = optimizer(), optimizer()
    a, b, c = ours.ConstantLR(nested, 0.5, 2), ours.ExponentialLR(nested, 0.8), ours.StepLR(nested, 5)
    one = ours.SequentialLR(nested, [ours.SequentialLR(nested, [a, b], [3]), c], [20])
    a, b, c = ours.ConstantLR(flat, 0.5, 2), ours.ExponentialLR(flat, 0.8), ours.StepLR(flat, 5)
    np.testing.assert_array_equal(rates(nested, one, 30), rates(flat, ours.SequentialLR(flat, [a, b, c], [3, 20]), 30))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("optimizer_first", [True, False])
def test_resumed_schedule_is_the_uninterrupted_one(name, optimizer_first):
    opt = optimizer(momentum=0.9)
    scheduler = SCHEDULES[name](ours, opt)
    rates(opt, scheduler, 13)
    saved = opt.state_dict(), scheduler.state_dict()
    expected = rates(opt, scheduler, 30)

    other = optimizer((9.0, 9.0))
    resumed = SCHEDULES[name](ours, other)
    for target, state in [(other, saved[0]), (resumed, saved[1])][:: 1 if optimizer_first else -1]:
        target.load_state_dict(state)
    assert resumed.last_epoch == 13
    np.testing.assert_array_equal(rates(other, resumed, 30), expected)


def test_continuing_with_last_epoch():
    opt = optimizer()
    scheduler = ours.ExponentialLR(opt, 0.9)
    rates(opt, scheduler, 5)
    other = optimizer()
    other.load_state_dict(opt.state_dict())
    assert ours.ExponentialLR(other, 0.9, last_epoch=4).get_last_lr() == scheduler.get_last_lr()
    with pytest.raises(StateError, match="group 0 has no 'initial_lr' to continue from"):
        ours.ExponentialLR(optimizer(), 0.9, last_epoch=4)


def test_a_step_before_the_first_update_warns():
    opt = optimizer()
    scheduler = ours.StepLR(opt, 1)
    with pytest.warns(UserWarning, match=r"(?s)StepLR.step\(\) was called before optimizer.step\(\).*skipped"):
        scheduler.step()
    opt = optimizer()
    scheduler = ours.StepLR(opt, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        advance(opt, scheduler)
        scheduler.step()


def test_what_somebody_else_changed_is_not_undone():
    opt = optimizer()
    first, second = ours.StepLR(opt, 5), ours.ExponentialLR(opt, 0.9)
    advance(opt, second)
    with pytest.raises(StateError, match=r"(?s)StepLR.step: lr of group 0 is 0.45, and was left at 0.5.*SequentialLR"):
        first.step()
    opt.add_param_group({"params": [td.tensor([1.0], requires_grad=True)]})
    with pytest.raises(StateError, match=r"(?s)has 3 groups, and had 2.*after the last add_param_group"):
        second.step()


METRICS = [5, 4, 4.1, 3.99999, 4.2, 4.0, 3.0] + [3.5] * 6 + [2.9] * 7 + [1, 7, 7, 7, 7]
PLATEAUS = [
    {"patience": 2}, {"patience": 0, "factor": 0.5, "min_lr": 0.01},
    {"patience": 1, "cooldown": 2, "min_lr": [0.1, 0.001]},
    {"patience": 1, "threshold": 0.5, "threshold_mode": "abs"}, {"mode": "max", "patience": 2, "threshold": 0.1},
    {"mode": "max", "patience": 1, "threshold_mode": "abs", "eps": 0.1},
]


@pytest.mark.torch
@pytest.mark.parametrize("options", PLATEAUS)
def test_plateau_is_pytorchs(torch, options):
    opt = optimizer()
    reference = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in (0.5, 0.02)])
    scheduler = ours.ReduceLROnPlateau(opt, **options)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, **options)
    for i, metric in enumerate(METRICS):
        if i == 12:  # resumed from PyTorch's state on the way
            opt = optimizer()
            scheduler = ours.ReduceLROnPlateau(opt, **options)
            scheduler.load_state_dict(theirs.state_dict())
        scheduler.step(td.tensor(float(metric), dtype=np.float64))
        theirs.step(metric)
        np.testing.assert_allclose(scheduler.get_last_lr(), theirs.get_last_lr(), rtol=1e-14)
        assert [group["lr"] for group in opt.param_groups] == scheduler.get_last_lr()


def test_plateau_stored_and_resumed():
    opt = optimizer((1.0,))
    scheduler = ours.ReduceLROnPlateau(opt, patience=1, factor=0.5)
    got = []
    for metric in [3, 2, 2, 2, 2, 2, 1, 1]:
        scheduler.step(metric)
        got += scheduler.get_last_lr()
        saved = scheduler.state_dict()
        scheduler = ours.ReduceLROnPlateau(opt, patience=1, factor=0.5)
        scheduler.load_state_dict(saved)
    assert got == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_plateau_refuses_no_metric_and_nan():
    scheduler = ours.ReduceLROnPlateau(optimizer())
    with pytest.raises(DTypeError, match=r"(?s)no metric.*scheduler.step\(validation_loss\)"):
        scheduler.step()
    with pytest.raises(AnomalyError, match="the metric is NaN"):
        scheduler.step(math.nan)
    assert scheduler.last_epoch == 0


def sequential(schedulers, milestones):
    opt = optimizer()
    return ours.SequentialLR(opt, [ours.StepLR(opt, 1) if s is None else s(opt) for s in schedulers], milestones)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ours.StepLR(td.zeros(1), 1), DTypeError, "StepLR: Tensor is not an Optimizer"),
        (lambda: ours.LambdaLR(None, lambda t: 1), DTypeError, "NoneType is not an Optimizer"),
        (lambda: ours.LambdaLR(optimizer(), [lambda t: 1]), ValueError, "LambdaLR: 1 functions for 2 groups.*one per"),
        (lambda: ours.PolynomialLR(optimizer(), 0), ValueError, "total_iters must be at least 1, got 0"),
        (lambda: ours.OneCycleLR(optimizer(momentum=0.9), 1.0), ValueError, "no number of steps.*total_steps="),
        (lambda: ours.OneCycleLR(optimizer(momentum=0.9), 1.0, 5, div_factor=0), ValueError, "div_factor and"),
        (lambda: ours.OneCycleLR(optimizer(momentum=0.9), [1.0], 5), ValueError, "1 values of max_lr for 2 groups"),
        (lambda: ours.OneCycleLR(optimizer(momentum=0.9), 1.0, 5).lrs(6), ValueError, "OneCycleLR: step 6 of 5"),
        (lambda: ours.CyclicLR(optim.Adagrad([td.tensor([1.0], requires_grad=True)]), 0.1, 1.0), ValueError,
         "Adagrad has no momentum to cycle.*cycle_momentum=False"),
        (lambda: ours.CyclicLR(optimizer(), 0.1, 1.0, 0), ValueError, "step_size_up and step_size_down must be above 0"),
        (lambda: ours.ChainedScheduler([]), ValueError, "ChainedScheduler: no schedulers"),
        (lambda: ours.ChainedScheduler([ours.StepLR(optimizer(), 1), ours.StepLR(optimizer(), 1)]), ValueError,
         r"ChainedScheduler: schedulers\[1\] has another optimizer"),
        (lambda: sequential([None, lambda o: ours.CyclicLR(o, 0.1, 1.0)], [3]), ValueError,
         r"schedulers\[1\] moves the momentum as well.*cycle_momentum=False"),
        (lambda: ours.StepLR(optimizer(), 0), ValueError, "step_size must be at least 1, got 0"),
        (lambda: ours.CosineAnnealingLR(optimizer(), 0), ValueError, "T_max must be at least 1"),
        (lambda: ours.LinearLR(optimizer(), 0.0), ValueError, "start_factor must be in"),
        (lambda: ours.LinearLR(optimizer(), end_factor=2), ValueError, "end_factor must be in"),
        (lambda: ours.LinearLR(optimizer(), total_iters=0), ValueError, "total_iters must be"),
        (lambda: ours.ConstantLR(optimizer(), 2.0), ValueError, "factor must be in"),
        (lambda: ours.NoamLR(optimizer(), 512, 0), ValueError, "warmup must be at least 1, got 0"),
        (lambda: ours.NoamLR(optimizer(), 0, 10), ValueError, "d_model must be at least 1"),
        (lambda: get_linear_schedule_with_warmup(optimizer(), 10, 5), ValueError,
         "num_training_steps 5 is less than num_warmup_steps 10.*the warm-up's too"),
        (lambda: get_linear_schedule_with_warmup(optimizer(), -1, 5), ValueError, "num_warmup_steps is -1"),
        (lambda: sequential([None, None], [1, 2]), ValueError, "2 milestones for 2 schedulers"),
        (lambda: sequential([None, None, None], [5, 2]), ValueError, r"milestones \[5, 2\] do not rise"),
        (lambda: sequential([None, lambda o: ours.StepLR(optimizer(), 1)], [5]), ValueError, r"\[1\] has another opt"),
        (lambda: sequential([None, ours.ReduceLROnPlateau], [5]), ValueError, "ReduceLROnPlateau, which follows no"),
        (lambda: ours.ReduceLROnPlateau(optimizer(), factor=1.0), ValueError, "factor must be below 1"),
        (lambda: ours.ReduceLROnPlateau(optimizer(), "lowest"), ValueError, "mode is 'lowest'.*'min' or 'max'"),
        (lambda: ours.ReduceLROnPlateau(optimizer(), threshold_mode="x"), ValueError, "threshold_mode is 'x'"),
        (lambda: ours.ReduceLROnPlateau(optimizer(), min_lr=[1]), ValueError, "1 values of min_lr for 2 groups"),
        (lambda: ours.StepLR(optimizer(), 1).load_state_dict({}), StateError, "it lacks 'last_epoch'"),
        (lambda: ours.StepLR(optimizer(), 1).load_state_dict({"last_epoch": 1, "base_lrs": [1]}), StateError,
         "another number of groups"),
        (lambda: ours.ReduceLROnPlateau(optimizer()).load_state_dict({"last_epoch": 1}), StateError, "it lacks 'best'"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match="(?s)" + words) as caught:
        call()
    assert "fix: " in str(caught.value)
    assert f"at: {__file__}" in str(caught.value)
