"""torch.autograd: functions of one's own, gradients on request, switches. Right values by hand, and PyTorch's where it is."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import AnomalyError, DTypeError, GraphError, OptionError, ShapeError
from tinydawn.torch import autograd
from tinydawn.torch.autograd import Function
from tinydawn.torch.autograd.function import once_differentiable


def leaf(*values: float) -> td.Tensor:
    return td.tensor(np.array(values), requires_grad=True)


class Cube(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        assert not autograd.is_grad_enabled()
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Exp(Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = td.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[0]


class Split(Function):
    """Two outputs, a whole number and an index besides; the arguments are a Tensor and a number."""

    seen: list[Any] = []  # noqa: RUF012

    @staticmethod
    def forward(ctx: Any, x: Any, k: int) -> Any:
        ctx.k = k
        return x[:k] * 2, x[k:] * 3, x.argmax(), "said"

    @staticmethod
    def backward(ctx: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
        Split.seen.append((a, b, d))
        return td.cat([a * 2, b * 3]), None


def test_one_node_under_the_name_of_the_class_and_its_derivatives_to_any_order() -> None:
    x = leaf(2.0, -1.0)
    y = Cube.apply(x)
    assert repr(y._node) == "<Cube (2,)>"
    assert y._node.parents == (x._node,)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.array, [12.0, 3.0])
    (first,) = autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    (second,) = autograd.grad(first.sum(), x, create_graph=True)
    (third,) = autograd.grad(second.sum(), x)
    np.testing.assert_allclose(second.array, [12.0, -6.0])
    np.testing.assert_allclose(third.array, [6.0, 6.0])
    assert td.gradcheck(Cube.apply, [x])
    assert td.gradgradcheck(Cube.apply, [x])
    assert td.gradgradcheck(Exp.apply, [x])


def test_a_saved_output_makes_no_cycle() -> None:
    gc.disable()
    try:
        x = leaf(1.0)
        y = Exp.apply(x)
        node = weakref.ref(y._node)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_several_outputs_of_which_some_get_a_gradient() -> None:
    x = leaf(1.0, 5.0, 2.0)
    a, b, at, word = Split.apply(x, 1)
    assert (at.item(), word, at.requires_grad) == (1, "said", False)
    (a.sum() * 10 + (b * b).sum()).backward()
    np.testing.assert_allclose(x.grad.array, [20.0, 90.0, 36.0])
    x.grad = None
    Split.apply(x, 1)[1].sum().backward()  # the other output's gradient comes as zeros
    np.testing.assert_allclose(x.grad.array, [0.0, 3.0, 3.0])
    a, b, *_ = Split.apply(x, 2)
    (g,) = autograd.grad((a * a).sum() + (b * b).sum(), x, create_graph=True)
    np.testing.assert_allclose(autograd.grad((g * g).sum(), x)[0].array, 2 * np.array([8.0, 8.0, 18.0]) ** 2 * x.array)
    with autograd.detect_anomaly():
        Split.apply(x, 1)[0].sum().backward()


def test_gradients_that_never_came_are_none_if_asked_for() -> None:
    class Both(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, a: Any, b: Any) -> Any:
            assert a is None
            return b * 3

    x = leaf(1.0)
    Both.apply(x)[1].backward()
    assert x.grad.item() == 3.0


def test_setup_context_needs_input_grad_and_outputs_without_gradient() -> None:
    class Sorted(Function):
        @staticmethod
        def forward(x: Any, w: Any, reverse: bool) -> Any:
            order = np.argsort(x.array)
            return x[order] * w, td.tensor(order * 1.0)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(inputs[0], inputs[1], output[1])
            ctx.mark_non_differentiable(output[1])

        @staticmethod
        def backward(ctx: Any, g: Any, _: Any) -> Any:
            assert ctx.needs_input_grad == (True, False, False)
            x, w, order = ctx.saved_tensors
            out = np.zeros(x.shape)
            out[order.array.astype(int)] = (g * w).array
            return td.tensor(out), None, None

    x = leaf(3.0, 1.0, 2.0)
    y, order = Sorted.apply(x, td.tensor([1.0, 10.0, 100.0]).double(), True)
    assert not order.requires_grad
    y.sum().backward()
    np.testing.assert_allclose(x.grad.array, [100.0, 1.0, 10.0])


def test_what_is_written_in_place_stands_in_the_graph_after_it() -> None:
    class Double(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.array[...] *= 2
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf(1.0, 2.0)
    y = x * 3
    z = Double.apply(y)
    assert z is y
    (z * z).sum().backward()
    np.testing.assert_allclose(x.grad.array, 2 * 36 * x.array)


def test_nothing_is_recorded_where_nothing_needs_to() -> None:
    assert not Cube.apply(td.tensor([1.0])).requires_grad
    with td.no_grad():
        assert not Cube.apply(leaf(1.0)).requires_grad


def test_a_gradient_that_broadcasts_is_summed_and_dtypes_are_the_inputs() -> None:
    class Wide(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x * td.ones(3) + y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, g.double()

    x, y = td.tensor([1.0], requires_grad=True), td.tensor(2.0, requires_grad=True)
    Wide.apply(x, y).sum().backward()
    assert (x.grad.array, y.grad.array, y.grad.dtype) == ([3.0], 3.0, np.float32)


def returning(value: Any) -> Any:
    class Given(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, k: float) -> Any:
            return x * k

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return value

    return Given.apply(leaf(1.0, 2.0), 3.0).sum()


@pytest.mark.parametrize(("value", "error", "words"), [
    ((td.ones(2),), GraphError, "Given: backward returned 1 gradients for 2 inputs of forward"),
    ((td.ones(2), None, td.ones(1)), GraphError, "returned 3 gradients for 2 inputs"),
    ((td.ones(3), None), ShapeError, r"a gradient of shape \(3,\) for input 0 of shape \(2,\)"),
    ((1.0, None), DTypeError, "returned a float for input 0"),
])
def test_a_backward_that_is_wrong_says_so(value: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        returning(value).backward()


def test_more_nones_than_inputs_are_let_pass_and_none_is_no_gradient() -> None:
    returning((td.ones(2), None, None)).backward()
    returning((None, None)).backward()


def test_what_is_missing_or_cannot_be_saved() -> None:
    class Empty(Function):
        pass

    with pytest.raises(NotImplementedError, match="forward"):
        Empty.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match="backward"):
        Function.backward(None)
    with pytest.raises(NotImplementedError):
        Function.setup_context(None, (), ())

    class Saves(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, 3)

    with pytest.raises(DTypeError, match=r"(?s)save_for_backward: a int is no Tensor.*ctx.name"):
        Saves.apply(leaf(1.0))


def test_writing_into_what_was_saved_is_found() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    y = Cube.apply(h)
    h += 1
    with pytest.raises(GraphError, match="that Cube saved was changed"):
        y.sum().backward()


def test_once_differentiable_says_so_when_it_is_differentiated_again() -> None:
    class Once(Cube):
        backward = staticmethod(once_differentiable(Cube.backward))  # type: ignore[assignment]

    x = leaf(2.0)
    assert autograd.grad(Once.apply(x), x)[0].item() == 12.0
    with pytest.raises(GraphError, match="once_differentiable"):
        autograd.grad(Once.apply(x), x, create_graph=True)


def test_a_function_is_drawn_under_its_name() -> None:
    x = leaf(1.0, 2.0)
    assert "Cube" in td.draw(Cube.apply(x).sum()).svg()
    assert "Split" in td.draw(Split.apply(x, 1)[0].sum()).svg()


# --- gradients on request ------------------------------------------------------------------------------------------


def test_grad_with_pytorchs_arguments() -> None:
    x, unused = leaf(1.0, 2.0), leaf(1.0)
    y = (x * x).sum()
    assert autograd.grad(y, (unused, x), retain_graph=True, allow_unused=True)[0] is None
    zero, g = autograd.grad(y, iter([unused, x]), materialize_grads=True)
    assert zero.item() == 0.0
    np.testing.assert_allclose(g.array, [2.0, 4.0])
    with pytest.raises(OptionError, match="is_grads_batched"):
        autograd.grad(y, x, is_grads_batched=True)


def test_backward_of_several_and_into_some() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    a, b = x * w, (x * x).sum()
    autograd.backward([a, b], [td.tensor([1.0, 10.0]), None])
    np.testing.assert_allclose(x.grad.array, [5.0, 44.0])
    np.testing.assert_allclose(w.grad.array, [1.0, 20.0])
    x.grad = w.grad = None
    autograd.backward((x * w).sum(), inputs=[w])
    assert x.grad is None
    np.testing.assert_allclose(w.grad.array, [1.0, 2.0])
    autograd.backward((x**3).sum(), create_graph=True)
    assert x.grad.requires_grad
    with pytest.raises(ShapeError, match="1 grad_tensors for 2 tensors"):
        autograd.backward([a, b], [None])


def test_functional_by_closed_forms() -> None:
    F = autograd.functional
    x, y = td.tensor(np.array([1.0, 2.0])), td.tensor(np.array([3.0, -1.0, 2.0]))
    outer = F.jacobian(lambda a, b: a.reshape(2, 1) * b, (x, y))
    np.testing.assert_allclose(outer[0].array, np.einsum("ik,j->ijk", np.eye(2), y.array))
    np.testing.assert_allclose(outer[1].array, np.einsum("i,jk->ijk", x.array, np.eye(3)))
    square, total = F.jacobian(lambda a: (a * a, a.sum()), x)
    np.testing.assert_allclose(square.array, np.diag([2.0, 4.0]))
    np.testing.assert_allclose(total.array, [1.0, 1.0])
    (aa, ab), (ba, bb) = F.hessian(lambda a, b: a.sum() * (b * b).sum(), (x, y))
    np.testing.assert_allclose(aa.array, np.zeros((2, 2)))
    np.testing.assert_allclose(ab.array, np.tile(2 * y.array, (2, 1)))
    np.testing.assert_allclose(ba.array, ab.array.T)
    np.testing.assert_allclose(bb.array, 6 * np.eye(3))
    np.testing.assert_allclose(F.vjp(lambda a: a**3, x, td.tensor(np.array([1.0, 10.0])))[1].array, [3.0, 120.0])
    np.testing.assert_allclose(F.jvp(lambda a: a**3, x, td.tensor(np.array([1.0, 10.0])))[1].array, [3.0, 120.0])
    np.testing.assert_allclose(F.hvp(lambda a: (a**3).sum(), x, td.tensor(np.array([1.0, 10.0])))[1].array, [6.0, 120.0])
    assert isinstance(F.vhp(lambda a, b: (a * b[:2]).sum(), (x, y))[1], tuple)
    with pytest.raises(ShapeError, match="hessian: the function returned"):
        F.hessian(lambda a: a, x)
    z = leaf(1.0, 2.0)
    F.jacobian(lambda a: a**3, z, create_graph=True).sum().backward()
    np.testing.assert_allclose(z.grad.array, [6.0, 12.0])


def test_gradcheck_takes_computed_inputs_and_pytorchs_arguments() -> None:
    x = leaf(0.3, -0.7) * 1.0
    assert autograd.gradcheck(td.tanh, (x,), nondet_tol=0.0, check_batched_grad=False)
    assert autograd.gradgradcheck(td.tanh, x)
    assert not autograd.gradcheck(lambda t: returning_wrong(t), x, raise_exception=False)


def returning_wrong(t: Any) -> Any:
    class Wrong(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 3

    return Wrong.apply(t)


def test_variable_of_old() -> None:
    data = td.tensor([1.0, 2.0])
    x = autograd.Variable(data, requires_grad=True)
    assert isinstance(x, autograd.Variable)
    assert type(x) is td.Tensor
    assert x.array is data.array
    assert not data.requires_grad
    assert isinstance(autograd.Variable(np.ones(2)), td.Tensor)


def test_anomalies_are_looked_for_in_the_backward_pass() -> None:
    def backward() -> None:
        x = leaf(0.0)
        (td.sqrt(x) * 0.0).sum().backward()

    with np.errstate(all="ignore"):
        with autograd.detect_anomaly(), pytest.raises(AnomalyError, match="the gradient of sqrt is NaN"):
            backward()
        with autograd.detect_anomaly(), np.errstate(all="ignore"):
            td.log(leaf(-1.0))  # a NaN forward is PyTorch's business as little
        autograd.set_detect_anomaly(True)
        assert autograd.is_anomaly_enabled()
        with pytest.raises(AnomalyError):
            backward()
        with autograd.set_detect_anomaly(False):
            backward()
        assert autograd.is_anomaly_enabled()
        autograd.set_detect_anomaly(False)
        assert not autograd.is_anomaly_enabled()
        autograd.detect_anomaly()(lambda: None)()


# --- switches ------------------------------------------------------------------------------------------------------


def recording() -> bool:
    return (leaf(1.0) * 2).requires_grad


def test_decorators_with_and_without_brackets() -> None:
    for off in (autograd.no_grad, autograd.no_grad(), autograd.inference_mode, autograd.inference_mode(),
                lambda f: autograd.set_grad_enabled(False)(f)):
        assert not off(recording)()
        assert recording()
    assert autograd.no_grad(recording).__name__ == "recording"
    with autograd.no_grad():
        for on in (autograd.enable_grad, autograd.enable_grad(), autograd.inference_mode(False)):
            assert on(recording)()
            assert not recording()


def test_a_generator_runs_inside_and_the_loop_over_it_outside() -> None:
    log = []

    @autograd.no_grad()
    def numbers(n: int) -> Any:
        for i in range(n):
            try:
                got = yield i, recording()
                log.append((got, recording()))
            except KeyError:
                log.append(("key", recording()))
        return "end"

    generator = numbers(4)
    assert next(generator) == (0, False)
    assert recording()
    assert generator.send("hello") == (1, False)
    assert generator.throw(KeyError()) == (2, False)
    assert next(generator) == (3, False)
    with pytest.raises(StopIteration) as stopped:
        next(generator)
    assert stopped.value.value == "end"
    assert log == [("hello", False), ("key", False), (None, False), (None, False)]
    closing = numbers(2)
    next(closing)
    closing.close()
    assert recording()


def test_set_grad_enabled_as_a_function_and_as_a_block() -> None:
    try:
        autograd.set_grad_enabled(False)
        assert not recording()
        others: list[bool] = []
        thread = threading.Thread(target=lambda: others.append(recording()))
        thread.start()
        thread.join()
        assert others == [True]
        with autograd.enable_grad():
            assert recording()
            with autograd.set_grad_enabled(False):
                assert not recording()
            assert recording()
        assert not recording()
    finally:
        autograd.set_grad_enabled(True)
    assert recording()
    with autograd.enable_grad():
        autograd.set_grad_enabled(False)
    assert recording()
    autograd.set_grad_enabled(False)
    with autograd.enable_grad():
        autograd.set_grad_enabled(True)
    assert not recording()
    autograd.set_grad_enabled(True)
    assert td.graph._paused == 0
    with autograd.no_grad(), autograd.set_grad_enabled(False):
        assert not autograd.is_grad_enabled()
    assert autograd.is_grad_enabled()


def test_inference_mode_knows_itself() -> None:
    assert not autograd.is_inference_mode_enabled()
    with autograd.inference_mode():
        assert autograd.is_inference_mode_enabled()
        with autograd.inference_mode(False):
            assert recording()
            assert not autograd.is_inference_mode_enabled()
        assert autograd.is_inference_mode_enabled()
    assert not autograd.is_inference_mode_enabled()


@pytest.mark.torch
def test_functional_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    values = np.array([0.3, -1.2, 0.8]), np.array([[1.0, 2.0], [0.5, -0.3]])

    def outputs(m: Any) -> Any:
        return lambda a, b: (m.tanh(a) * b.sum(), (b @ b).reshape(4) * a[0])

    theirs = torch.autograd.functional.jacobian(outputs(torch), tuple(torch.from_numpy(v) for v in values))
    ours = autograd.functional.jacobian(outputs(td), tuple(td.tensor(v) for v in values))
    for row, right in zip(ours, theirs, strict=True):
        for got, want in zip(row, right, strict=True):
            np.testing.assert_allclose(got.array, want.numpy(), atol=1e-12)
    scalar = lambda m: lambda a, b: (m.sin(a).sum() * (b * b).sum())
    theirs = torch.autograd.functional.hessian(scalar(torch), tuple(torch.from_numpy(v) for v in values))
    ours = autograd.functional.hessian(scalar(td), tuple(td.tensor(v) for v in values))
    for row, right in zip(ours, theirs, strict=True):
        for got, want in zip(row, right, strict=True):
            np.testing.assert_allclose(got.array, want.numpy(), atol=1e-12)


def test_the_graph_as_grad_fn_shows_it() -> None:
    a, b = leaf(1.0, 2.0), td.tensor(np.array([3.0, 4.0]))
    node = autograd.graph.GradFn((a * b).sum()._node)
    assert node.name() == "SumBackward0"
    (inner, number), = node.next_functions
    assert (inner.name(), number) == ("MulBackward0", 0)
    assert repr(inner).startswith("<MulBackward0 object at 0x")
    (of_a, _), (of_b, _) = inner.next_functions
    assert of_b is None
    assert of_a.name() == "AccumulateGrad"
    assert of_a.variable is a
    assert inner.variable is None
    assert len({inner, autograd.graph.GradFn(inner.node)}) == 1
    assert autograd.graph.GradFn(Cube.apply(a)._node).name() == "CubeBackward"
