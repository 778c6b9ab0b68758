"""Every error of the optimizers by its message: what, where, how to fix it."""

import numpy as np
import pytest

import tinydawn as td
from tinydawn import optim
from tinydawn.errors import DTypeError, GraphError, ShapeError, StateError


def parameter(*shape, name=None):
    return td.tensor(np.ones(shape or (2,)), requires_grad=True, name=name)


class Model:
    def __init__(self):
        self.weight = parameter()

    def parameters(self):
        return iter([self.weight])


P = parameter(name="encoder.weight")


def sgd(params, **options):
    return optim.SGD(params, **options)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: sgd([]), ValueError, "SGD: the list of parameters is empty.*generator"),
        (lambda: sgd(iter([])), ValueError, "is empty"),
        (lambda: sgd([{"params": []}]), ValueError, "is empty"),
        (lambda: sgd(Model()), DTypeError, "params is a Model, not its parameters.*model.parameters()"),
        (lambda: sgd([Model()]), DTypeError, r"params\[0\] is a Model.*\.parameters\(\)"),
        (lambda: sgd(P), DTypeError, r"one Tensor, not a list.*\[weight\]"),
        (lambda: sgd({"weight": P}), DTypeError, "params is a dict"),
        (lambda: sgd({P}), DTypeError, "params is a set.*order"),
        (lambda: sgd("weight"), DTypeError, "params is a str"),
        (lambda: sgd(0.1), DTypeError, "params is a float"),
        (lambda: sgd([P, 1.0]), DTypeError, r"params\[1\] is a float, not a Tensor"),
        (lambda: sgd([P, {"params": [parameter()]}]), DTypeError, r"params\[1\] is a dict.*groups"),
        (lambda: sgd([{"params": [P]}, parameter()]), DTypeError, "'params', not this Tensor.*do not mix"),
        (lambda: sgd([{"lr": 0.1}]), DTypeError, "a group is a dict with 'params'"),
        (lambda: sgd([P * 2]), GraphError, r"parameter 0 of shape \(2,\) was computed.*detach"),
        (lambda: sgd([P, td.tensor([1.0], name="bias")]), GraphError, "'bias' does not require a gradient.*frozen"),
        (lambda: sgd([P, P]), ValueError, "parameter 'encoder.weight' was given twice"),
        (lambda: sgd([("a", P), ("tied", P)]), ValueError, "parameter 'tied' was given twice"),
        (lambda: sgd([{"params": [P]}, {"params": P}]), ValueError, "given twice"),
        (lambda: sgd([P], lr=-0.1), ValueError, "SGD: lr must be finite and not negative, got -0.1"),
        (lambda: sgd([P], lr=float("nan")), ValueError, "lr must be finite.*nan"),
        (lambda: sgd([P], lr="0.1"), DTypeError, "SGD: lr must be a number, not a str"),
        (lambda: sgd([P], lr=td.tensor([0.1])), DTypeError, r"lr must be a number, not a Tensor of shape \(1,\)"),
        (lambda: sgd([P], lr=True), DTypeError, "lr must be a number, not a bool"),
        (lambda: sgd([P], momentum=-0.9), ValueError, "momentum must be .* not negative"),
        (lambda: sgd([P], weight_decay=-1), ValueError, "weight_decay must be .* not negative"),
        (lambda: sgd([P], dampening=float("inf")), ValueError, "dampening must be finite"),
        (lambda: optim.Rprop([parameter()], etas=0.5), ValueError, r"Rprop: etas is 0.5.*etas=\(0.5, 1.2\)"),
        (lambda: optim.LBFGS([{"params": [P]}, {"params": [parameter()]}]), ValueError, "LBFGS: a second group"),
        (lambda: optim.LBFGS([P]).step(), DTypeError, "LBFGS.step: no closure.*returns the loss"),
        (lambda: optim.LBFGS([P], line_search_fn="wolf"), ValueError, "line_search_fn"),
        (lambda: optim.LBFGS([P], max_iter=0), ValueError, "max_iter"),
        (lambda: sgd([P], nesterov=True), ValueError, "nesterov needs momentum.*momentum=0.9"),
        (lambda: sgd([P], nesterov=True, momentum=0.9, dampening=0.1), ValueError, "nesterov needs"),
        (lambda: sgd([{"params": [P], "nesterov": True}]), ValueError, "nesterov needs"),
        (lambda: sgd([{"params": [P], "learning_rate": 1.0}]), ValueError, "'learning_rate', which SGD.*knows lr, mom"),
        (lambda: sgd([{"params": [P], "weigth_decay": 1.0}]), ValueError, "did you mean 'weight_decay'"),
        (lambda: sgd([{"params": [P], "lr": -1.0}]), ValueError, "lr must be"),
        (lambda: optim.Adam([P], eps=-1e-8), ValueError, "Adam: eps must be"),
        (lambda: optim.Adam([P], betas=(0.9, 1.0)), ValueError, r"betas\[1\] must be in \[0, 1\), got 1.0"),
        (lambda: optim.AdamW([P], betas=(-0.1, 0.9)), ValueError, r"AdamW: betas\[0\] must be"),
        (lambda: optim.Adam([P], betas=0.9), ValueError, r"betas is 0.9.*betas=\(0.9, 0.999\)"),
        (lambda: optim.RMSprop([P], alpha=1.5), ValueError, "alpha must be in"),
        (lambda: optim.Adadelta([P], rho=1.0), ValueError, "rho must be in"),
        (lambda: optim.Adagrad([P], lr_decay=-1), ValueError, "lr_decay must be"),
        (lambda: sgd([P]).step(), GraphError, r"SGD.step: no parameter has a gradient.*loss.backward\(\) first"),
    ],
)
def test_bad_arguments(call, error, words):
    with pytest.raises(error, match="(?s)" + words) as caught:
        call()
    assert "fix: " in str(caught.value)
    assert f"at: {__file__}" in str(caught.value)


def with_gradient(p, value=1.0):
    p.grad = td.Tensor(np.full(p.shape, value))
    return p


def test_a_rate_that_became_nan_changes_nothing():
    a, b = with_gradient(parameter()), with_gradient(parameter())
    optimizer = optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.1)
    optimizer.param_groups[1]["lr"] = float("nan")
    with pytest.raises(ValueError, match="lr must be finite and not negative, got nan"):
        optimizer.step()
    np.testing.assert_array_equal(a.array, 1.0)


def test_a_gradient_of_another_shape_changes_nothing():
    a, b = with_gradient(parameter()), parameter(3, 2, name="w")
    b.grad = td.Tensor(np.ones(2))
    with pytest.raises(ShapeError, match=r"'w' has a gradient of shape \(2,\), not \(3, 2\)"):
        optim.SGD([a, b]).step()
    np.testing.assert_array_equal(a.array, 1.0)


def saved(optimizer_class=optim.Adam, shapes=((2,), (3,)), **options):
    optimizer = optimizer_class([with_gradient(parameter(*s)) for s in shapes], **options)
    optimizer.step()
    return optimizer.state_dict()


def changed(**changes):
    state = saved()
    state["state"][1].update(changes)
    return state


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, "no state dict of an optimizer"),
        ({"weight": np.ones(2)}, "no state dict"),
        ({"state": {}, "param_groups": []}, "it has 0 groups, ours 1"),
        (saved(shapes=((2,),)), "group 0 has 1 parameters, ours 2"),
        (saved(shapes=((2,), (4,))), r"exp_avg of parameter 'head' has shape \(4,\), the parameter \(3,\)"),
        (saved(optim.SGD), "has the option 'momentum', which Adam does not know"),
        (saved(optim.RMSprop), "has the option 'momentum'"),
        (changed(velocity=np.ones(3)), "it has 'velocity' for parameter 'head', which Adam does not keep"),
        ({**saved(), "state": {5: {}}}, "a state for parameter 5"),
    ],
)
def test_state_that_does_not_fit(state, words):
    params = [with_gradient(parameter()), with_gradient(parameter(3, name="head"))]
    optimizer = optim.Adam(params, lr=0.5)
    optimizer.step()
    with pytest.raises(StateError, match="(?s)Adam.load_state_dict: .*" + words + ".*fix: "):
        optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert optimizer.state[params[0]]["step"] == 1


def test_names_in_another_order_do_not_load():
    a, b = with_gradient(parameter()), with_gradient(parameter())
    first, second = optim.SGD([("a", a), ("b", b)]), optim.SGD([("b", b), ("a", a)])
    with pytest.raises(StateError, match="group 0 has 'a' where this optimizer has 'b'"):
        second.load_state_dict(first.state_dict())


def test_state_dict_that_went_through_json_keys_loads():
    state = saved()
    state["state"] = {str(k): v for k, v in state["state"].items()}
    state["param_groups"][0]["betas"] = list(state["param_groups"][0]["betas"])
    optimizer = optim.Adam([parameter(), parameter(3)])
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.999)
    assert len(optimizer.state) == 2
