"""Layers, losses and optimizers under hostile arguments. See fuzz_tools.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from fuzz_tools import (
    FLOATS,
    INTEGERS,
    NUMBERS,
    ODD_NUMBERS,
    arrays,
    both,
    fuzz,
    judge,
    judge_empty,
    number,
    shapes,
)
from hypothesis import strategies as st

import tinydawn as td
from tinydawn import nn, optim

F = nn.functional
MOSTLY_FLOATS = (*FLOATS * 9, *NUMBERS)
IDS = (*INTEGERS, "int64", "int64", "int64")


def T(x: Any) -> Any:
    return td.Tensor(x)


# --- layers ---------------------------------------------------------------------------------------------------------


def linear(draw: Any) -> None:
    x = draw(arrays(special=False, dtypes=MOSTLY_FLOATS))
    inner = x.shape[-1] if x.ndim and draw(st.integers(0, 4)) else 3
    w = draw(arrays(shape=(draw(st.sampled_from((0, 1, 4))), inner), special=False, dtypes=FLOATS))
    b = draw(st.one_of(st.none(), arrays(shape=(len(w),), special=False, dtypes=FLOATS), arrays(dtypes=FLOATS, special=False)))

    def reference() -> Any:
        assert x.ndim
        assert x.dtype.kind == "f"
        assert b is None or b.shape == (len(w),)
        return x @ w.T + (0 if b is None else b)

    judge(lambda: F.linear(T(x), T(w), b), reference, "linear", rtol=1e-2 if x.dtype == "float16" else 1e-4)


def embedding(draw: Any) -> None:
    w = draw(arrays(shape=draw(st.sampled_from(((5, 3), (5, 3), (5, 3), (1, 1), (0, 2), (5, 0), (5,), ()))), dtypes=FLOATS))
    ids = draw(
        st.one_of(
            arrays(dtypes=IDS, special=False).map(lambda i: i % max(1, len(w) if w.ndim else 1)),
            arrays(),
            st.sampled_from(([0, 1], 0, [[0], [1, 2]], "a", None, 2**70, [2**64], [0.0])),
        )
    )
    padding = draw(st.sampled_from((None, None, 0, -1, 9, True, 0.5, "0")))

    def reference() -> Any:
        i = np.asarray(ids)
        assert w.ndim == 2
        assert i.dtype.kind in "iu"
        assert not i.size or (i.min() >= 0 and i.max() < len(w))
        assert padding is None or (type(padding) is int and -len(w) <= padding < len(w))
        return w[i]

    judge(lambda: F.embedding(ids, T(w), padding), reference, "embedding")


def normalization(draw: Any) -> None:
    name = draw(st.sampled_from(("layer_norm", "rms_norm")))
    x = draw(arrays(special=False, dtypes=MOSTLY_FLOATS))
    k = draw(st.integers(0, 3))
    usual = x.shape[x.ndim - k :] if 0 < k <= x.ndim else x.shape[-1:]
    shape = draw(st.one_of(*[st.just(usual)] * 3, st.sampled_from((3, (), (-1,), "a", None, 2.0, True))))
    weight = draw(st.one_of(st.none(), arrays(shape=usual, dtypes=FLOATS, special=False), arrays(dtypes=FLOATS, special=False)))

    def reference() -> Any:
        want = (shape,) if type(shape) is int else shape
        assert isinstance(want, tuple)
        assert want
        assert x.shape[-len(want) :] == want
        assert x.dtype.kind == "f"
        assert weight is None or weight.shape == want
        axes = tuple(range(-len(want), 0))
        y = x.astype(np.float64)
        eps = 1e-5
        if name == "layer_norm":
            y = y - y.mean(axis=axes, keepdims=True)
        else:
            eps = np.finfo(x.dtype).eps
        y = y / np.sqrt((y * y).mean(axis=axes, keepdims=True) + eps)
        return y if weight is None else y * weight

    judge(
        lambda: getattr(F, name)(T(x), shape, None if weight is None else T(weight)),
        reference,
        name,
        rtol=2e-2 if x.dtype == "float16" else 1e-3,
    )


def convolution(draw: Any) -> None:
    x = draw(
        arrays(
            shape=draw(st.sampled_from(((2, 2, 5), (1, 2, 6), (2, 4, 5), (2, 5), (0, 2, 5), (2, 2, 0), (3,), (1, 2, 5, 1)))),
            special=False,
            dtypes=(*FLOATS, *NUMBERS),
        )
    )
    w = draw(
        arrays(
            shape=draw(
                st.sampled_from(((2, 2, 2), (2, 2, 2), (3, 2, 1), (2, 1, 3), (2, 2, 3), (4, 2, 9), (2, 2, 0), (0, 2, 1), (2, 2)))
            ),
            special=False,
            dtypes=FLOATS,
        )
    )
    odd = draw(st.sampled_from((0, -1, 1.5, True, "1", None, 2**70)))
    options = {
        "stride": draw(st.sampled_from((1, 1, 1, 2))),
        "padding": draw(st.sampled_from((0, 1, "same", "valid"))),
        "dilation": draw(st.sampled_from((1, 1, 2))),
        "groups": draw(st.sampled_from((1, 1, 2))),
    }
    if draw(st.integers(0, 3)) == 0:
        options[draw(st.sampled_from(list(options)))] = odd

    def reference() -> Any:
        stride, padding, dilation, groups = options.values()
        assert all(type(options[k]) is int for k in ("stride", "dilation", "groups"))
        assert min(stride, dilation, groups) >= 1
        a = x[None] if x.ndim == 2 else x
        (_, channels, _), (out, per, kernel) = a.shape, w.shape
        assert channels == per * groups
        assert out % groups == 0
        assert kernel >= 1
        reach = dilation * (kernel - 1)
        if padding == "same":
            assert stride == 1
            left, right = reach // 2, reach - reach // 2
        else:
            left = right = 0 if padding == "valid" else padding
            assert type(left) is int
            assert left >= 0
        a = np.pad(a.astype(float), ((0, 0), (0, 0), (left, right)))
        count = (a.shape[2] - reach - 1) // stride + 1
        assert count >= 1
        y = np.zeros((len(a), out, count))
        for o, t in np.ndindex(out, count):
            first = o // (out // groups) * per
            window = a[:, first : first + per, t * stride : t * stride + reach + 1 : dilation]
            y[:, o, t] = (window * w[o]).sum(axis=(1, 2))
        return y[0] if x.ndim == 2 else y

    judge(lambda: F.conv1d(T(x), T(w), **options), reference, "conv1d", rtol=2e-2 if x.dtype == "float16" else 1e-3)


def attention(draw: Any) -> None:
    lead = draw(shapes(0, 2))
    t, s, d, v = (draw(st.sampled_from((0, 1, 2, 3))) for _ in range(4))
    q, k, value = (draw(arrays(shape=(*lead, *shape), special=False, dtypes=FLOATS)) for shape in ((t, d), (s, d), (s, v)))
    if draw(st.integers(0, 5)) == 0:
        k = draw(arrays(special=False, dtypes=NUMBERS))
    mask = draw(
        st.one_of(
            st.none(),
            arrays(shape=(t, s), dtypes=("bool",)),
            arrays(shape=(t, s), dtypes=("float32",)),
            arrays(dtypes=("bool", "int64")),
            st.sampled_from(([[True]], "a")),
        )
    )
    causal = draw(st.booleans())

    def reference() -> Any:
        assert value.shape[-2] == k.shape[-2]
        assert d
        assert k.shape[-2]
        m = np.tri(t, k.shape[-2], dtype=bool) if causal else mask
        assert not (causal and mask is not None)
        scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(d)
        if m is not None:
            m = np.asarray(m)
            assert m.dtype.kind in "bf"
            assert np.broadcast_shapes(m.shape, scores.shape) == scores.shape
            assert (m if m.dtype.kind == "b" else ~np.isneginf(m)).any(axis=-1).all()
            scores = np.where(m, scores, -np.inf) if m.dtype.kind == "b" else scores + m
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True) @ value

    judge(
        lambda: F.scaled_dot_product_attention(T(q), T(k), T(value), mask, is_causal=causal),
        reference,
        "attention",
        "matmul",
        rtol=1e-2 if "float16" in (q.dtype, k.dtype) else 1e-3,
    )


def recurrent(draw: Any) -> None:
    """The fused kernel and its plain twin are two paths; lengths and states are hostile."""
    kind = draw(st.sampled_from((nn.RNN, nn.GRU, nn.LSTM)))
    size, hidden = draw(st.sampled_from((1, 2, 3))), draw(st.sampled_from((1, 2)))
    layer = kind(
        size,
        hidden,
        num_layers=draw(st.sampled_from((1, 2))),
        bidirectional=draw(st.booleans()),
        batch_first=draw(st.booleans()),
        bias=draw(st.booleans()),
    )
    steps, batch = draw(st.sampled_from((1, 2, 3))), draw(st.sampled_from((0, 1, 2, 3)))
    usual = (batch, steps, size) if layer.batch_first else (steps, batch, size)
    x = draw(arrays(shape=usual, special=False, dtypes=("float32",)))
    lengths = draw(st.one_of(st.none(), st.lists(st.integers(1, steps), min_size=batch, max_size=batch).map(np.array)))
    hx: Any = None
    if draw(st.integers(0, 2)) == 0:
        x = draw(arrays(special=False))
    if draw(st.integers(0, 3)) == 0:
        lengths = draw(st.one_of(arrays(special=False), st.sampled_from(([1], [2.0], "a", 1, [[1], [2, 3]]))))
    if draw(st.integers(0, 3)) == 0:
        hx = draw(st.one_of(arrays(dtypes=("float32",), special=False).map(T), st.just((T(np.zeros(1, "f4")),) * 2)))

    def twin() -> Any:
        with td.unfused():
            return layer(T(x), hx, lengths)[0]

    answer = (
        judge(lambda: layer(T(x), hx, lengths)[0], lambda: None if x.size == 0 else twin().array, kind.__name__, rtol=1e-3)
        if x.size
        else judge_empty(lambda: layer(T(x), hx, lengths)[0], kind.__name__)
    )
    if isinstance(answer, td.Tensor):
        assert answer.shape[-1] == hidden * layer.directions


# --- losses ---------------------------------------------------------------------------------------------------------


def losses(draw: Any) -> None:
    name = draw(st.sampled_from(("cross_entropy", "nll_loss", "mse_loss", "binary_cross_entropy_with_logits", "kl_div")))
    x = draw(arrays(shape=draw(st.one_of(shapes(1, 3), shapes())), special=False, dtypes=MOSTLY_FLOATS))
    classes = x.shape[1] if x.ndim > 1 else x.shape[0] if x.ndim else 1
    target = draw(
        st.one_of(
            arrays(shape=x.shape[:1] + x.shape[2:] if x.ndim > 1 else (), dtypes=IDS, special=False).map(
                lambda i: i % max(1, classes)
            ),
            arrays(shape=x.shape, special=False),
            arrays(),
            st.sampled_from(([0], 0, "a", None, [[0], [1, 2]], [2**70])),
        )
    )
    reduction = draw(st.sampled_from(("mean", "mean", "sum", "none", "average", None, 1)))

    def reference() -> Any:
        t = np.asarray(target)
        a = x.astype(np.float64)
        assert x.dtype.kind == "f"
        if name in ("cross_entropy", "nll_loss"):
            if t.dtype.kind == "f":
                raise Skip
            assert t.dtype.kind in "iu"
            assert t.shape == (a.shape[:1] + a.shape[2:] if a.ndim > 1 else ())
            assert a.ndim
            a = a if a.ndim > 1 else a[None]
            kept = t != -100
            safe = np.where(kept, t, 0).astype(int)
            assert ((safe >= 0) & (safe < a.shape[1])).all()
            if name == "cross_entropy":
                a = a - np.log(np.exp(a - a.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)) - a.max(axis=1, keepdims=True)
            values = -np.take_along_axis(a, safe.reshape((*a.shape[:1], 1, *a.shape[2:])), axis=1).squeeze(1).reshape(t.shape)
        else:
            assert t.shape == x.shape
            assert t.dtype.kind in "fiub"
            t = t.astype(x.dtype).astype(np.float64)
            values = {
                "mse_loss": lambda: (a - t) ** 2,
                "binary_cross_entropy_with_logits": lambda: np.logaddexp(0, a) - a * t,
                "kl_div": lambda: np.where(t != 0, t * (np.log(np.where(t != 0, t, 1)) - a), 0),  # below 0: NaN, as in PyTorch
            }[name]()
        return {"mean": np.mean, "sum": np.sum, "none": lambda v: v}[reduction](values)

    try:
        with np.errstate(all="ignore"):
            reference()
    except Skip:
        return
    except Exception:
        pass
    judge(
        lambda: getattr(F, name)(T(x), target, reduction=reduction),
        reference,
        name,
        "tensor",
        rtol=5e-2 if x.dtype == "float16" else 1e-3,
    )


class Skip(Exception):
    """A case that has no short reference."""


# --- optimizers -----------------------------------------------------------------------------------------------------


def optimizers(draw: Any) -> None:
    name = draw(st.sampled_from(("SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta")))
    p = draw(arrays(special=False, dtypes=FLOATS))
    g = draw(st.one_of(arrays(shape=p.shape, special=False, dtypes=(str(p.dtype),)), arrays(special=False)))
    odd = st.sampled_from([n for n in ODD_NUMBERS if n != 2**70])  # whose square is infinite in float32
    lr, decay = draw(st.one_of(st.just(0.1), odd)), draw(st.one_of(st.just(0.0), odd))
    leaf = td.tensor(p, requires_grad=True)
    leaf.grad = T(g)
    kind = getattr(optim, name)

    def step() -> Any:
        optimizer = kind([leaf], lr=lr, weight_decay=decay)
        optimizer.step()
        return leaf

    def reference() -> Any:
        rate, shrink = number(lr), number(decay)
        assert rate >= 0
        assert shrink >= 0
        assert math.isfinite(rate + shrink)
        assert g.shape == p.shape
        gradient = g + shrink * p if name != "AdamW" else g.astype(np.float64)
        if name == "SGD":
            return p - rate * gradient
        if name == "Adagrad":
            return p - rate * gradient / (np.abs(gradient) + 1e-10)
        if name == "RMSprop":
            return p - rate * gradient / (np.sqrt(0.01 * gradient * gradient) + 1e-8)
        if name == "Adadelta":
            return p - rate * gradient * math.sqrt(1e-6) / np.sqrt(0.1 * gradient * gradient + 1e-6)
        return p * (1 - rate * shrink if name == "AdamW" else 1) - rate * gradient / (np.abs(gradient) + 1e-8)

    judge(step, reference, name, f"{name}.step", rtol=1e-3)


def clipping(draw: Any) -> None:
    gradients = draw(st.lists(arrays(dtypes=FLOATS, special=False), min_size=1, max_size=3))
    most, kind = (
        draw(st.sampled_from((1.0, 0.1, *ODD_NUMBERS))),
        draw(st.sampled_from((2.0, 2.0, 1, math.inf, *[n for n in ODD_NUMBERS if n != 2**70]))),
    )
    leaves = [td.zeros(g.shape, dtype=g.dtype, requires_grad=True) for g in gradients]
    for leaf, g in zip(leaves, gradients, strict=True):
        leaf.grad = td.tensor(g)

    def reference() -> Any:
        limit, order = number(most), number(kind)
        assert limit >= 0
        assert order > 0
        flat = np.concatenate([g.ravel().astype(np.float64) for g in gradients])
        norm = float(np.linalg.norm(flat, order)) if flat.size else 0.0
        return [norm, *(g * min(1, limit / (norm + 1e-6)) for g in gradients)]

    judge(
        lambda: [optim.clip_grad_norm_(leaves, most, kind), *(leaf.grad for leaf in leaves)],
        reference,
        "clip_grad_norm_",
        rtol=1e-3,
    )


TESTS = {
    f.__name__: f for f in (linear, embedding, normalization, convolution, attention, recurrent, losses, optimizers, clipping)
}


@both(60, 700)
@pytest.mark.parametrize("name", TESTS)
def test_fuzz(name: str, cases: int) -> None:
    fuzz(TESTS[name], cases)
