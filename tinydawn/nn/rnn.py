"""Recurrent layers: RNN, GRU, LSTM, and their cells. PyTorch's formulas, names and layouts.

Shapes: T time, B batch, I input size, H hidden size, L layers, D directions (1 or 2), G gates (RNN 1, GRU 3, LSTM 4).

What all layers take beside the two sizes: num_layers, L of them one on the other; batch_first, for inputs (B, T, I); dropout, the
share that is dropped between two layers; bidirectional, for D = 2 directions, whose outputs stand side by side.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Annotated, Any

import numpy as np

from .. import functional as T
from .. import ops, scope
from ..autograd import wrap
from ..backend import like, to_host, xp_of
from ..checks import Count, Share, Size, word
from ..errors import OptionError, ShapeError, message
from ..graph import named
from ..kernels import cells, rnn
from ..kernels.fuse import is_plain
from ..kernels.masking import quiet
from ..kernels.rnn import lstm_step, rnn_step
from ..tensor import Tensor
from . import functional as F
from . import init
from .linear import _empty
from .module import Module, Parameter
from .packing import PackedSequence, pack_like, pad_packed_sequence

State = Any  # a Tensor (RNN, GRU), or a tuple of two, hidden and cell (LSTM)
Nonlinearity = Annotated[str, lambda name, what, x: word("RNN", what, x, ("tanh", "relu"))]
Convention = Annotated[str, functools.partial(word, known=("pytorch", "notes"))]


class _Recurrent(Module):
    """What all recurrent layers and cells share: sizes, weights, one step."""

    gates = 1
    nonlinearity = "tanh"
    z_convention = "pytorch"
    proj_size = 0  # of an LSTM whose hidden state is projected, how wide that is

    def _make_weights(self, suffix: str, input_size: int, hidden_size: int, bias: bool) -> None:
        bound = 1 / math.sqrt(hidden_size)
        rows = self.gates * hidden_size
        width = self.proj_size or hidden_size  # of the state h
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, input_size), "weight_hh": (rows, width)}
        if bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size:
            shapes["weight_hr"] = (width, hidden_size)
        for name, shape in shapes.items():
            setattr(self, name + suffix, Parameter(init.uniform_(_empty(*shape), -bound, bound)))

    def _step(self, gx: Tensor, gh: Tensor, h: State) -> State:
        return rnn_step(gx, gh, h, self.nonlinearity)

    def _next(self, gx: Tensor, h: State, weight_hh: Tensor, bias_hh: Tensor | None) -> State:
        """The state after one step, from the input's projection and the state before."""
        return self._step(gx, F.linear(h[0] if isinstance(h, tuple) else h, weight_hh, bias_hh), h)


class _GRUStep(_Recurrent):
    gates = 3
    reset_after = True

    def _next(self, gx: Tensor, h: State, weight_hh: Tensor, bias_hh: Tensor | None) -> State:
        if self.reset_after and self.z_convention == "pytorch":
            return cells.gru_gates(gx, F.linear(h, weight_hh, bias_hh), h)
        size = h.shape[-1]
        xr, xz, xn = T.chunk(gx, 3, axis=-1)  # (B, H) each
        gh = F.linear(h, weight_hh, bias_hh)  # (B, 3H)
        r = named(ops.sigmoid(xr + gh[..., :size]), "r")
        z = named(ops.sigmoid(xz + gh[..., size:2 * size]), "z")
        if self.reset_after:
            n = ops.tanh(xn + r * gh[..., 2 * size:])
        else:  # the reset gate inside the product, as in Cho et al. 2014
            n = ops.tanh(xn + F.linear(r * h, weight_hh[2 * size:], None if bias_hh is None else bias_hh[2 * size:]))
        if self.z_convention == "notes":
            n = named(n, "ĥ")
            return named(z * n + (1 - z) * h, "h")
        n = named(n, "n")
        return named((1 - z) * n + z * h, "h")


class _LSTMStep(_Recurrent):
    gates = 4

    def _step(self, gx: Tensor, gh: Tensor, h: State) -> State:
        if is_plain():
            return lstm_step(gx, gh, h)
        both = cells.lstm_gates(gx, gh, h[1])  # (2, B, H)
        return both[0], both[1]


def _parts(name: str, hx: State, gates: int, shape: tuple[int, ...], given: str = "", cell: Any = None) -> tuple[Tensor, ...]:
    """The Tensors of a given state, each of this shape: two for an LSTM, else one. `given`: what it was given for.

    cell: the shape of the second, where it has another.
    """
    if gates == 4 and not (isinstance(hx, tuple) and len(hx) == 2):
        raise ShapeError(message(f"{name}: the state is not a pair", fix="pass (hidden, cell)"))
    if gates != 4 and isinstance(hx, tuple):
        raise ShapeError(message(f"{name}: the state is a tuple", fix="pass one Tensor; only an LSTM has a pair"))
    parts = hx if isinstance(hx, tuple) else (hx,)
    for part, wanted in zip(parts, (shape, cell or shape), strict=False):
        if part.shape != wanted:
            raise ShapeError(message(f"{name}: state of shape {part.shape}{given}", fix=f"a state of shape {wanted}"))
    return parts


# --- cells --------------------------------------------------------------------------------------------------------


class _Cell(_Recurrent):
    """One step as a module: weights weight_ih (G H, I), weight_hh (G H, H), bias_ih and bias_hh (G H,)."""

    def __init__(self, input_size: Size, hidden_size: Size, bias: bool = True) -> None:
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self._make_weights("", input_size, hidden_size, bias)

    def forward(self, input: Tensor, hx: State = None) -> State:
        """(B, I), state -> the next state: (B, H), for an LSTM (hidden, cell). Without a batch: (I,) -> (H,)."""
        if input.shape[-1] != self.input_size:
            raise ShapeError(message(f"{type(self).__name__}: input of shape {input.shape}",
                                     fix=f"the last axis must be {self.input_size}, the input_size"))
        shape = (*input.shape[:-1], self.hidden_size)
        if hx is None:
            zero = _zeros(shape, input)
            hx = (zero, zero) if self.gates == 4 else zero
        hx = tuple(hx) if isinstance(hx, list) else hx
        _parts(type(self).__name__, hx, self.gates, shape, f" for input of shape {input.shape}")
        gx = F.linear(input, self.weight_ih, self.bias_ih if self.bias else None)
        return self._next(gx, hx, self.weight_hh, self.bias_hh if self.bias else None)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}"


class RNNCell(_Cell):
    """h' = tanh(W x + b + U h + c), or relu with nonlinearity="relu"."""

    def __init__(self, input_size: Size, hidden_size: Size, bias: bool = True, nonlinearity: Nonlinearity = "tanh") -> None:
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, bias)


class GRUCell(_GRUStep, _Cell):
    """r, z = sigmoid(...), n = tanh(W x + b + r * (U h + c)), h' = (1 - z) * n + z * h. Source: Cho et al. 2014.

    z_convention="notes"  the lecture's: h' = z * n + (1 - z) * h, so z is how much is new, not how much is kept
    reset_after=False     the paper's: n = tanh(W x + b + U (r * h) + c), the gate before the product
    """

    def __init__(self, input_size: Size, hidden_size: Size, bias: bool = True, reset_after: bool = True,
                 z_convention: Convention = "pytorch") -> None:
        self.reset_after, self.z_convention = reset_after, z_convention
        super().__init__(input_size, hidden_size, bias)


class LSTMCell(_LSTMStep, _Cell):
    """i, f, o = sigmoid(...), g = tanh(...), c' = f * c + i * g, h' = o * tanh(c'). The state is (hidden, cell)."""


# --- layers -------------------------------------------------------------------------------------------------------


class _Layers(_Recurrent):
    """A cell run over a sequence, in one or both directions, in one or several layers.

    _states(input, h, mask, reverse, *weights) of each kind gives all states in the order of time, the initial one among
    them: (T + 1, B, H), and one more row for an LSTM, the last cell.
    """

    _states: Callable[..., Tensor]

    def __init__(self, input_size: Size, hidden_size: Size, num_layers: Size = 1, bias: bool = True, batch_first: bool = False,
                 dropout: Share = 0.0, bidirectional: bool = False) -> None:
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        self.directions = 2 if bidirectional else 1
        for layer in range(num_layers):
            for suffix in self._suffixes(layer):
                width = input_size if layer == 0 else self.directions * (self.proj_size or hidden_size)
                self._make_weights(suffix, width, hidden_size, bias)

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][:self.directions]

    def forward(self, input: Any, hx: State = None, lengths: Any = None) -> tuple[Any, State]:
        """The states of all steps, and the last state of every layer and direction.

        input    (T, B, I), (B, T, I) with batch_first, or (T, I) without a batch; or a PackedSequence of (T, B, I), which
                 brings its lengths along
        hx       the state to start from, (L D, B, H), for an LSTM two of them; 0 by default
        lengths  (B,) ints: how many steps of each sequence are real. Past its end a sequence's output is 0 and its
                 state stands still, and the backward direction starts at its true end. What stands behind the end
                 takes part in nothing, be it a NaN

        Returns output (T, B, D H), packed if the input was, and the last state (L D, B, H), for an LSTM (hidden, cell).
        """
        name = type(self).__name__
        packed = input if isinstance(input, PackedSequence) else None
        if packed is not None:
            input, lengths = pad_packed_sequence(packed, self.batch_first)
        if input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            raise ShapeError(message(f"{name}: input of shape {input.shape}", fix=f"(T, B, {self.input_size}), or (B, T, "
                                     f"{self.input_size}) with batch_first=True, or (T, {self.input_size})"))
        unbatched = input.ndim == 2
        if unbatched:
            input = T.unsqueeze(input, 1)
        elif self.batch_first:
            input = T.transpose(input, 0, 1)
        steps, batch = input.shape[0], input.shape[1]  # input (T, B, I)
        if steps == 0:
            raise ShapeError(message(f"{name}: a sequence of no steps", fix="drop empty sequences"))
        mask = None if lengths is None else _step_mask(name, lengths, steps, batch)
        mask = None if mask is not None and mask.all() else mask
        input = input if mask is None else quiet(input, ~mask[:, :, 0])
        initial = self._initial(hx, batch, unbatched, input)
        last: list[State] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                with scope.part(f"layer {layer}{', backward' if direction else ''}") if len(initial) > 1 else nullcontext():
                    output, h = self._run(input, suffix, initial[len(last)], direction == 1, mask)
                outputs.append(output)
                last.append(h)
            input = outputs[0] if len(outputs) == 1 else T.cat(outputs, axis=-1)  # (T, B, D H)
            if self.dropout and self.training and layer < self.num_layers - 1:
                input = self._drop(input, packed)
        h_n = self._stack(last, unbatched)
        output = input.squeeze(1) if unbatched else input.transpose(0, 1) if self.batch_first else input
        if self.batch_first and output.device != "cpu":  # CuPy's products of stacks would copy the view each time
            output = output.clone()
        return output if packed is None else pack_like(output, packed, self.batch_first), h_n

    def _drop(self, input: Tensor, packed: PackedSequence | None) -> Tensor:
        """Dropout between two layers: of a packed batch, as in PyTorch, on the real steps as they are packed."""
        if packed is None:
            return F.dropout(input, self.dropout)
        real = pack_like(input, packed, batch_first=False)
        return pad_packed_sequence(real._replace(data=F.dropout(real.data, self.dropout)))[0]

    def _run(self, input: Tensor, suffix: str, h: State, reverse: bool, mask: Any) -> tuple[Tensor, State]:
        """One direction of one layer: (T, B, I) and a state (B, H) -> all states (T, B, H) and the last."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")[:4 if self.bias else 2]
        states = self._states(input, h, mask, reverse, *(getattr(self, name + suffix) for name in names))
        steps = input.shape[0]
        output = states[:steps] if reverse else states[1:steps + 1]  # (T, B, H)
        last = states[0] if reverse else states[steps]  # (B, H)
        if mask is not None:
            output = ops.where(like(mask, output), output, 0.0)
        return output, (last, states[steps + 1]) if self.gates == 4 else last

    def _initial(self, hx: State, batch: int, unbatched: bool, input: Tensor) -> list[State]:
        """The starting state of every layer and direction, (B, H) each."""
        count = self.num_layers * self.directions
        if hx is None:
            zero = _zeros((batch, self.hidden_size), input)
            h = _zeros((batch, self.proj_size), input) if self.proj_size else zero
            return [(h, zero) if self.gates == 4 else zero] * count
        shape = (count,) if unbatched else (count, batch)
        hx = tuple(hx) if isinstance(hx, list) else hx
        parts = _parts(type(self).__name__, hx, self.gates, (*shape, self.proj_size or self.hidden_size),
                       cell=(*shape, self.hidden_size))
        parts = tuple(T.unsqueeze(p, 1) for p in parts) if unbatched else parts
        return [tuple(p[i] for p in parts) if self.gates == 4 else parts[0][i] for i in range(count)]

    def _stack(self, last: list[State], unbatched: bool) -> State:
        if self.gates == 4:
            h, c = (T.stack(list(part)) for part in zip(*last, strict=True))
            return (h.squeeze(1), c.squeeze(1)) if unbatched else (h, c)
        h = T.stack(last)  # (L D, B, H)
        return h.squeeze(1) if unbatched else h

    def extra_repr(self) -> str:
        options = [f"{n}={getattr(self, n)}" for n in ("num_layers", "batch_first", "dropout", "bidirectional")
                   if getattr(self, n) not in (False, 0.0) and (n != "num_layers" or self.num_layers > 1)]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *options])


def _zeros(shape: tuple[int, ...], input: Tensor) -> Tensor:
    """A state of zeros, in the dtype of the input, where the input is."""
    return wrap(xp_of(getattr(input, "array", input)).zeros(shape, dtype=input.dtype), None)


def _step_mask(name: str, lengths: Any, steps: int, batch: int) -> np.ndarray:
    """(T, B, 1) booleans: True while a sequence goes on."""
    n = to_host(T._array(lengths.array if isinstance(lengths, Tensor) else lengths, name))
    if n.shape != (batch,) or n.dtype.kind not in "iu":
        raise ShapeError(message(f"{name}: lengths of shape {n.shape} and dtype {n.dtype}",
                                 fix=f"{batch} ints, one per sequence"))
    if n.size and (n.min() < 1 or n.max() > steps):
        bad = int(n.min() if n.min() < 1 else n.max())
        raise ShapeError(message(f"{name}: a length of {bad} in a batch of {steps} steps", fix=f"lengths from 1 to {steps}"))
    return (np.arange(steps)[:, None] < n)[:, :, None]


class RNN(_Layers):
    """h_t = tanh(W x_t + b + U h_(t-1) + c), over a sequence: (T, B, I) -> (T, B, D H), and the last state, (L D, B, H).

    nonlinearity="relu" takes relu in place of tanh.
    """

    def __init__(self, input_size: Size, hidden_size: Size, num_layers: Size = 1, nonlinearity: Nonlinearity = "tanh",
                 bias: bool = True, batch_first: bool = False, dropout: Share = 0.0, bidirectional: bool = False) -> None:
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)

    def _states(self, input: Tensor, h: State, mask: Any, reverse: bool, *weights: Tensor) -> Tensor:
        return rnn.rnn(input, h, *weights, mask=mask, reverse=reverse, nonlinearity=self.nonlinearity)


class GRU(_GRUStep, _Layers):
    """A gated recurrent unit over a sequence: (T, B, I) -> (T, B, D H), and the last state, (L D, B, H).

    The formula, and the lecture's options reset_after and z_convention, stand at GRUCell.
    """

    def __init__(self, input_size: Size, hidden_size: Size, num_layers: Size = 1, bias: bool = True, batch_first: bool = False,
                 dropout: Share = 0.0, bidirectional: bool = False, reset_after: bool = True,
                 z_convention: Convention = "pytorch") -> None:
        self.reset_after, self.z_convention = reset_after, z_convention
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)

    def _states(self, input: Tensor, h: State, mask: Any, reverse: bool, *weights: Tensor) -> Tensor:
        if self.reset_after and self.z_convention == "pytorch":
            return rnn.gru(input, h, *weights, mask=mask, reverse=reverse)
        w_ih, w_hh, *bias = weights
        b_ih, b_hh = bias or (None, None)
        gx = F.linear(input, w_ih, b_ih)  # (T, B, 3H)
        return rnn.unroll(lambda gx, h: self._next(gx, h, w_hh, b_hh), gx, h, mask, reverse)


class LSTM(_LSTMStep, _Layers):
    """Long short-term memory over a sequence: (T, B, I) -> (T, B, D H), and the last state, two of (L D, B, H), (hidden, cell).

    The formula stands at LSTMCell.

    proj_size  P, if not 0: the hidden state is W h, (B, P), with W = weight_hr (P, H); the cell stays (B, H). Then outputs are
               (T, B, D P), and initial hidden states (L D, B, P). Source: Sak, Senior and Beaufays 2014.
    """

    def __init__(self, input_size: Size, hidden_size: Size, num_layers: Size = 1, bias: bool = True, batch_first: bool = False,
                 dropout: Share = 0.0, bidirectional: bool = False, proj_size: Count = 0) -> None:
        if proj_size >= hidden_size:
            raise OptionError(message(f"LSTM: proj_size is {proj_size}",
                                      fix=f"less than the hidden_size, {hidden_size}; 0 for no projection"))
        self.proj_size = proj_size
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)

    def _states(self, input: Tensor, h: State, mask: Any, reverse: bool, *weights: Tensor) -> Tensor:
        return rnn.lstm(input, *h, *weights, mask=mask, reverse=reverse)

    def _run(self, input: Tensor, suffix: str, h: State, reverse: bool, mask: Any) -> tuple[Tensor, State]:
        if not self.proj_size:
            return super()._run(input, suffix, h, reverse, mask)
        w_ih, w_hh, w_hr = (getattr(self, name + suffix) for name in ("weight_ih", "weight_hh", "weight_hr"))
        b_ih, b_hh = (getattr(self, name + suffix) if self.bias else None for name in ("bias_ih", "bias_hh"))

        def step(gx: Tensor, state: State) -> State:
            h, c = self._next(gx, state, w_hh, b_hh)  # (B, H) each
            return F.linear(h, w_hr), c  # (B, P), (B, H)

        states, last = rnn.loop(step, F.linear(input, w_ih, b_ih), h, mask, reverse)
        output = T.stack(states[:-1] if reverse else states[1:])  # (T, B, P)
        return output if mask is None else ops.where(like(mask, output), output, 0.0), last
