"""The kernels of a GPU under attack: what is not finite, of two dtypes, transposed, differentiated twice, in another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from counting import counting
from test_device_programs import arrays

import tinydawn as td
from tinydawn import autograd, nn, optim
from tinydawn.errors import DeviceError
from tinydawn.nn import functional as F

INF, NAN = np.inf, np.nan


def assert_as_on_the_cpu(program: Callable[[], Any], exact: float = 64) -> None:
    """The same values on both, NaN where NaN is; `exact` roundings apart, of the largest."""
    results = []
    for backend in ("numpy", "cupy"):
        td.use_backend(backend)
        td.manual_seed(0)
        with np.errstate(all="ignore"):
            results.append(arrays(program()))
    for right, found in zip(*results, strict=True):
        assert right.dtype == found.dtype
        if right.dtype.kind == "f":
            tiny = exact * np.finfo(right.dtype).eps
            size = np.abs(right[np.isfinite(right)]).max(initial=0.1)
            np.testing.assert_allclose(found, right, rtol=tiny, atol=float(tiny * size))
        else:
            np.testing.assert_array_equal(found, right)


def leaf(values: Any, dtype: Any = np.float32) -> Any:
    return td.tensor(np.asarray(values, dtype), requires_grad=True)


def weighted(y: Any) -> Any:
    """A sum in which every entry of y has another weight."""
    return (y * td.tensor(np.cos(np.arange(y.numel())).reshape(y.shape).astype(y.dtype))).sum()


# --- what is not finite -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [[1, 2, 3], [INF, 0, 1], [INF, INF, INF], [-INF, -INF, -INF], [-INF, 0, 1], [NAN, 1, 2],
                                 [1, NAN, 2], [5, 5, 5], [1e30, -1e30, 0], [3]], ids=str)
@pytest.mark.parametrize("function", [F.softmax, F.log_softmax, td.logsumexp, F.silu, F.softplus, F.gelu, F.elu, F.leaky_relu])
def test_rows_that_are_not_finite(function: Any, row: Any, cupy: Any) -> None:
    def run() -> Any:
        x = leaf([row])
        y = function(x, -1) if function in (F.softmax, F.log_softmax, td.logsumexp) else function(x)
        weighted(y).backward()
        return [y, x.grad]

    assert_as_on_the_cpu(run)


@pytest.mark.parametrize("bad", [INF, -INF, NAN, 0.0])
@pytest.mark.parametrize("make", [
    lambda p: optim.SGD(p, 0.1), lambda p: optim.SGD(p, 0.1, 0.9, nesterov=True), lambda p: optim.SGD(p, 0.0, 0.9),
    lambda p: optim.Adam(p, 0.01, amsgrad=True), lambda p: optim.AdamW(p, 0.0), lambda p: optim.AdamW(p, 0.01, eps=0)])
def test_an_update_by_what_is_not_finite(make: Any, bad: float, cupy: Any) -> None:
    """A parameter that has become infinite without decay: 0 times it is not to enter its slope."""
    def run() -> Any:
        p = leaf([[0.5, -1], [2, 3]])
        optimizer = make([p])
        for g in ([[1, 2], [3, 4]], [[bad, 1], [2, -3]], [[1, 1], [1, 1]]):
            p.grad = td.tensor(np.asarray(g, np.float32))
            optimizer.step()
        return [p, list(optimizer.state_dict()["state"].values())]

    assert_as_on_the_cpu(run)


@pytest.mark.parametrize("bad", ["NaN ignored", "NaN", "inf", "-inf at the target", "ties", "no row", "one class",
                                 "all ignored", "huge"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_cross_entropy_of_every_kind(reduction: str, smoothing: float, bad: str, cupy: Any) -> None:
    def run() -> Any:
        logits, target = np.random.default_rng(0).normal(size=(4, 3)), np.array([0, -100, 2, 1])
        places = {"NaN ignored": (1, NAN), "NaN": ((0, 1), NAN), "inf": ((0, 0), INF), "-inf at the target": ((0, 0), -INF)}
        if bad in places:
            logits[places[bad][0]] = places[bad][1]
        logits = {"ties": 0 * logits, "no row": logits[:0], "one class": logits[:, :1], "huge": 1e4 * logits}.get(bad, logits)
        target = {"no row": target[:0], "one class": np.minimum(target, 0), "all ignored": 0 * target - 100}.get(bad, target)
        x = leaf(logits)
        loss = F.cross_entropy(x, target, label_smoothing=smoothing, reduction=reduction)
        total = weighted(loss)
        total.backward(retain_graph=True)
        once = x.grad.numpy().copy()
        total.backward()  # the kernel gives its gradient away, and makes it again
        with td.no_grad():
            return [loss, once, x.grad, F.cross_entropy(x, target, label_smoothing=smoothing, reduction=reduction)]

    assert_as_on_the_cpu(run)


# --- dtypes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda p: optim.SGD(p, 0.1, 0.9), lambda p: optim.Adam(p, 0.01, amsgrad=True),
                                  lambda p: optim.AdamW(p, 0.01), lambda p: optim.RMSprop(p, 0.01)])
@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "float32")], ids="-".join)
def test_a_model_of_another_dtype_takes_its_state_along(dtypes: tuple[str, str], make: Any, cupy: Any) -> None:
    def run() -> Any:
        p = leaf([[1, 2], [3, 4]], dtypes[0])
        optimizer = make([p])
        for dtype in dtypes:
            p.data = td.tensor(p.numpy().astype(dtype))
            p.grad = td.tensor(np.array([[1, -2], [3, 0.5]], dtype))
            optimizer.step()
        state = optimizer.state[p]
        assert {v.dtype for v in state.values() if hasattr(v, "dtype")} == {np.dtype(dtypes[1])}
        return p

    assert_as_on_the_cpu(run, exact=2**31 if dtypes[0] == "float32" else 64)  # float32's roundings stay, as in the sums


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint32", "uint64"])
def test_targets_and_ids_of_any_integers(dtype: str, cupy: Any) -> None:
    def run() -> Any:
        table, ids = nn.Embedding(7, 3), np.array([[0, 1, 6], [6, 6, 2]], dtype)
        loss = F.cross_entropy(table(ids).flatten(0, 1), np.array([0, 1, 2, 0, 1, 2], dtype))
        loss.backward()
        optim.SGD(table.parameters(), 0.1).step()
        return [loss, table.weight]

    assert_as_on_the_cpu(run)


@pytest.mark.parametrize("weight", ["float64", "float32"])
@pytest.mark.parametrize("x", ["float16", "float32", "float64"])
def test_layers_of_two_dtypes(x: str, weight: str, cupy: Any) -> None:
    """A kernel is of one dtype: where two meet, the array calls run."""
    def run() -> Any:
        values = np.arange(15).reshape(3, 5) % 4 + 0.25
        a, w, b = leaf(values, x), leaf(np.linspace(0.5, 1, 5), weight), leaf(np.ones(5), weight)
        y, q = F.layer_norm(a, (5,), w, b), a[None] * 1
        z = F.scaled_dot_product_attention(q, td.tensor(values[None].astype(weight)), q)
        (weighted(y) + weighted(z)).backward()
        return [y, z, a.grad, w.grad, b.grad]

    assert_as_on_the_cpu(run)


# --- gradients ----------------------------------------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "softmax": F.softmax, "log_softmax": F.log_softmax, "logsumexp": lambda x: td.logsumexp(x, -1), "gelu": F.gelu,
    "silu": F.silu, "layer_norm": lambda x: F.layer_norm(x, (5,)), "dropout": lambda x: F.dropout(x, 0.5),
    "cross_entropy": lambda x: F.cross_entropy(x, np.array([0, 1, 4, 3]), reduction="none"),
    "attention": lambda x: F.scaled_dot_product_attention(x[None], 2 * x[None], x[None], np.tri(4, dtype=bool)),
    "embedding": lambda x: F.embedding(np.array([0, 1, 1, 3]), x), "einsum": lambda x: td.einsum("ij,ij->i", x, x + 1),
    "dot": lambda x: td.einsum("ij,ij->", x, x + 1)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivatives(name: str, cupy: Any) -> None:
    def run() -> Any:
        x = leaf(np.random.default_rng(0).normal(size=(4, 5)), np.float64)
        (g,) = td.grad((FUNCTIONS[name](x)**3).sum(), [x], create_graph=True)
        return [g, td.grad((g * g).sum(), [x])]

    assert_as_on_the_cpu(run, exact=1024)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("how", ["twice", "transposed", "unfused", "no_grad"])
def test_ways_of_calling(how: str, name: str, cupy: Any) -> None:
    """Twice: what a pass adds to is an array, and an embedding's rows come to it."""
    def run() -> Any:
        values = np.random.default_rng(0).normal(size=(4, 5))
        x = leaf(values.T) if how in ("transposed", "no_grad") else leaf(values)
        given = x.transpose(0, 1) if how in ("transposed", "no_grad") else x
        if how == "no_grad":
            with td.no_grad():
                return FUNCTIONS[name](given)
        if how == "unfused":
            with td.unfused():
                loss = weighted(FUNCTIONS[name](given))
        else:
            loss = weighted(FUNCTIONS[name](given))
        loss.backward(retain_graph=how == "twice")
        if how == "twice":
            assert x.grad.shape == (4, 5), "read: an embedding's is an array from here on"
            weighted(FUNCTIONS[name](x)).backward()
        return [loss, x.grad]

    assert_as_on_the_cpu(run, exact=1024)


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_second_derivatives_of_recurrent_layers(kind: str, cupy: Any) -> None:
    def run() -> Any:
        layer, x = getattr(nn, kind)(3, 2, bidirectional=True), td.randn(4, 2, 3, requires_grad=True)
        leaves = [x, *layer.parameters()]
        found = td.grad((layer(x, lengths=[2, 4])[0]**2).sum(), leaves, create_graph=True)
        return [found, td.grad(sum((g * g).sum() for g in found), leaves)]  # type: ignore[arg-type]

    assert_as_on_the_cpu(run, exact=1024)


def test_rows_of_an_embedding_after_a_whole_gradient_in_place(monkeypatch: pytest.MonkeyPatch, cupy: Any) -> None:
    """As under tinydawn.torch: who holds .grad sees the next pass add to it."""
    monkeypatch.setattr(autograd, "accumulate_in_place", True)

    def run() -> Any:
        table = leaf(np.ones((4, 2)))
        (table * 3).sum().backward()
        held = table.grad
        F.embedding(np.array([0, 1, 1]), table).sum().backward()
        np.testing.assert_array_equal(held.numpy(), [[4, 4], [5, 5], [3, 3], [3, 3]])
        return table.grad

    assert_as_on_the_cpu(run)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradcheck_on_the_device(name: str, cupy: Any) -> None:
    x = leaf(np.random.default_rng(0).normal(size=(4, 5)), np.float64)

    def same_mask(x: Any) -> Any:
        td.manual_seed(0)
        return FUNCTIONS[name](x)

    before = x.numpy().copy()
    assert td.gradcheck(same_mask, x)
    np.testing.assert_array_equal(x.numpy(), before)


def test_gradcheck_finds_a_wrong_gradient_on_the_device(cupy: Any) -> None:
    with pytest.raises(AssertionError, match="by central difference"):
        td.gradcheck(lambda x: x * x.detach(), leaf([0.3, -1], np.float64))
    assert td.gradgradcheck(F.gelu, leaf([[0.3, -1], [2, 0.1]], np.float64))
    with pytest.raises(AssertionError, match="by central difference"):
        td.gradgradcheck(lambda x: x * x * x + x * x.detach(), leaf([0.3, -1], np.float64))


# --- two devices --------------------------------------------------------------------------------------------------


def on_two_devices() -> list[Any]:
    """A parameter on the host and one on the device, with gradients of length 3 and 4."""
    td.use_backend("numpy")
    here = leaf([3.0, 0.0])
    (here * here.detach()).sum().backward()
    td.use_backend("cupy")
    there = leaf([[0.0], [4.0]])
    (there * there.detach()).sum().backward()
    return [here, there]


@pytest.mark.parametrize("turned", [False, True])
def test_clipping_on_two_devices(turned: bool, cupy: Any) -> None:
    here, there = on_two_devices()
    assert float(optim.clip_grad_norm_([there, here] if turned else [here, there], 1.0)) == 5
    np.testing.assert_allclose(here.grad.numpy(), [0.6, 0], rtol=1e-5)
    np.testing.assert_allclose(there.grad.numpy(), [[0], [0.8]], rtol=1e-5)


def test_a_step_on_two_devices(cupy: Any) -> None:
    here, there = on_two_devices()
    optimizer = optim.SGD([here, there], lr=0.5)
    optimizer.step()
    np.testing.assert_array_equal(here.numpy(), [1.5, 0])
    np.testing.assert_array_equal(there.numpy(), [[0], [2]])
    there.grad = there.grad.to("cpu")
    with pytest.raises(DeviceError, match=r"SGD.step: parameter 1.* is on cuda, its gradient on cpu"):
        optimizer.step()
    np.testing.assert_array_equal(here.numpy(), [1.5, 0], err_msg="nothing was changed")


# --- dropout drawn on the device ----------------------------------------------------------------------------------


def test_a_mask_of_the_device_is_the_same_wherever_it_is_drawn(cupy: Any) -> None:
    """In a second thread, of a transposed array, and in second derivatives: the mask is that of the seed and the place."""
    td.use_backend("cupy", dropout="device")
    values = np.random.default_rng(0).normal(size=(6, 7)) + 3
    x, found = leaf(values, np.float64), []

    def draw(given: Any = x) -> None:
        td.manual_seed(3)
        found.append(F.dropout(given, 0.5).numpy())

    draw()
    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()
    draw(leaf(values.T, np.float64).transpose(0, 1))
    assert 0 < (found[0] == 0).sum() < found[0].size
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    td.manual_seed(3)
    (g,) = td.grad((F.dropout(x, 0.5)**3).sum(), [x], create_graph=True)
    (h,) = td.grad(g.sum(), [x])
    kept = found[0] != 0
    np.testing.assert_allclose(g.numpy(), 24 * values**2 * kept, rtol=1e-12)
    np.testing.assert_allclose(h.numpy(), 48 * values * kept, rtol=1e-12)


# --- what costs a GPU more than it need ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_an_initial_state_that_was_turned_costs_no_copies(kind: str, cupy: Any) -> None:
    """Room made like it would lie as it does, and CuPy copies a product into such room: one launch more at every step."""
    layer = getattr(nn, kind)(3, 2)
    for state in (td.ones(1, 4, 2), td.ones(1, 2, 4).transpose(1, 2), td.ones(1, 1, 2).expand(1, 4, 2)):
        out, _ = layer(td.ones(6, 4, 3), (state, state) if kind == "LSTM" else state)
        loss = out.sum()
        with counting() as seen:
            loss.backward()
        assert "copy for matmul" not in seen.names("launches")


def test_one_number_of_a_whole_array_is_not_the_work_of_one_block(cupy: Any) -> None:
    """A ReductionKernel of several arrays has a block per output: 512 threads, of which each would add up thousands."""
    x = td.ones(300, 40)
    with counting() as seen:
        total = td.einsum("ij,ij->", x, x)
        td.einsum("ij,ij->i", x, x)
    assert total.item() == 12000
    assert seen.names("launches") == {"mul": 1, "sum": 1, "tinydawn_dot": 1}
