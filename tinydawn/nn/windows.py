"""Functions that slide over an axis or two: convolutions and pools; offered as part of nn.functional.

Shapes: B batch, C channels, L or H, W what is slid over; B may be missing. Numbers of a kernel are one, or one for each axis.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional as T
from .. import ops
from ..backend import like, to_host, xp_of
from ..checks import floating, whole
from ..errors import ShapeError, message
from ..functional import _raw
from ..tensor import Tensor

# --- convolution --------------------------------------------------------------------------------------------------


def conv1d(input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
           groups: int = 1) -> Any:
    """Slide `weight` (out, in / groups, K) along input (B, in, L) -> (B, out, L'): a product per position of the kernel.

    padding  zeros added on both sides, or "same" (L' = L, stride 1) or "valid" (none)
    L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1
    """
    x, (stride,), (dilation,), (length,) = _prepared("conv1d", input, weight, stride, padding, dilation, groups, 1)
    out_channels, per_group, kernel = weight.shape
    batch = x.shape[0]
    x = T.reshape(x, batch, groups, per_group, x.shape[2])  # (B, G, in/G, L)
    w = T.reshape(weight, groups, out_channels // groups, per_group, kernel)  # (G, out/G, in/G, K)
    y: Any = None
    for k in range(kernel):
        start = k * dilation
        window = x[:, :, :, start:start + (length - 1) * stride + 1:stride]  # (B, G, in/G, L')
        part = ops.matmul(w[:, :, :, k], window)  # (G, out/G, in/G) @ (B, G, in/G, L') -> (B, G, out/G, L')
        y = part if y is None else y + part
    y = T.reshape(y, batch, out_channels, length)
    if bias is not None:
        y = y + T.reshape(bias, out_channels, 1)
    return T.squeeze(y, 0) if input.ndim == 2 else y


def conv2d(input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
           groups: int = 1) -> Any:
    """Slide `weight` (out, in / groups, K, K') over input (B, in, H, W) -> (B, out, H', W'). Arguments as in conv1d.

    All that a kernel sees at one place is laid into a column, so that the whole is one product of matrices.
    """
    x, stride, dilation, lengths = _prepared("conv2d", input, weight, stride, padding, dilation, groups, 2)
    out_channels, per_group, *kernel = weight.shape
    batch, places = x.shape[0], lengths[0] * lengths[1]
    windows = []
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            rows, columns = (slice(k * d, k * d + (n - 1) * s + 1, s)
                             for k, d, n, s in zip((i, j), dilation, lengths, stride, strict=True))
            windows.append(T.reshape(x[:, :, rows, columns], batch, groups, per_group, places))
    seen = windows[0] if len(windows) == 1 else T.cat(windows, axis=2)  # (B, G, K K' in/G, H' W')
    w = T.reshape(weight, groups, out_channels // groups, per_group, kernel[0] * kernel[1])
    w = T.reshape(ops.swap_last(w), groups, out_channels // groups, kernel[0] * kernel[1] * per_group)
    y = T.reshape(ops.matmul(w, seen), batch, out_channels, *lengths)  # (B, out, H', W')
    if bias is not None:
        y = y + T.reshape(bias, out_channels, 1, 1)
    return T.squeeze(y, 0) if input.ndim == 3 else y


def _prepared(name: str, input: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int,
              n: int) -> tuple[Any, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The input with a batch axis and padded, the strides, the dilations, and the lengths of the output; all checked."""
    shape = {1: "(B, in, L)", 2: "(B, in, H, W)"}[n]
    strides, dilations = _each(name, "stride", stride, n), _each(name, "dilation", dilation, n)
    if not all(1 <= whole(name, "an option", k) < 2**31 for k in (*strides, *dilations, groups)):
        raise ShapeError(message(f"{name}: stride={stride}, dilation={dilation}, groups={groups}", fix="each at least 1"))
    x = T.unsqueeze(input, 0) if input.ndim == n + 1 else input
    if x.ndim != n + 2 or weight.ndim != n + 2 or x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ShapeError(message(
            f"{name}: input of shape {input.shape}, weight of shape {weight.shape} and groups={groups} do not fit",
            fix=f"input {shape}, weight (out, in / groups, {'K' if n == 1 else 'K, K'}), with groups dividing both in and out"))
    kernel = weight.shape[2:]
    if 0 in kernel:
        raise ShapeError(message(f"{name}: weight of shape {weight.shape} has no kernel", fix="a width of at least 1"))
    reach = [d * (k - 1) for d, k in zip(dilations, kernel, strict=True)]
    if padding == "same":
        if max(strides) != 1:
            raise ShapeError(message(f"{name}: padding='same' with a stride", fix="use stride=1, or a number"))
        around = [(r // 2, r - r // 2) for r in reach]
    elif isinstance(padding, str) and padding != "valid":
        raise ShapeError(message(f"{name}: padding={padding!r}", fix='a number, "same" or "valid"'))
    else:
        around = [(p, p) for p in ((0,) * n if isinstance(padding, str) else _each(name, "padding", padding, n))]
        if not all(0 <= p < 2**31 for p, _ in around):
            raise ShapeError(message(f"{name}: padding={padding}", fix="0 or more, and not too many"))
    padded = [size + before + after for size, (before, after) in zip(x.shape[2:], around, strict=True)]
    lengths = tuple((size - r - 1) // s + 1 for size, r, s in zip(padded, reach, strides, strict=True))
    if min(lengths) < 1:
        too_short = next(i for i in range(n) if lengths[i] < 1)
        raise ShapeError(message(f"{name}: a kernel that reaches over {reach[too_short] + 1} positions does not fit into "
                                 f"{padded[too_short]}", fix="pad the input to at least the kernel's width"))
    if any(before or after for before, after in around):
        x = ops.pad(x, widths=((0, 0), (0, 0), *around))
    return x, strides, dilations, lengths


def _each(name: str, what: str, given: Any, n: int) -> tuple[int, ...]:
    """A number for each of n axes: those that are given, or the one that is, for all."""
    values = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    values = values * n if len(values) == 1 else values
    if len(values) != n:
        raise ShapeError(message(f"{name}: {what}={given} for {n} axes", fix="one number, or one for each axis"))
    return tuple(whole(name, what, k) for k in values)


# --- pools --------------------------------------------------------------------------------------------------------


def max_pool1d(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
               return_indices: bool = False) -> Any:
    """The largest entry of each window: (B, C, L) -> (B, C, L'). A window of equal entries gives its gradient to the first.

    stride          how far from one window to the next; by default the kernel's size
    padding         what is added on both sides, which is never the largest
    ceil_mode       a last window may reach over the end
    return_indices  also where in the input the largest entries stand, as a pair
    """
    return _max_pool("max_pool1d", input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, 1)


def max_pool2d(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
               return_indices: bool = False) -> Any:
    """The largest entry of each window: (B, C, H, W) -> (B, C, H', W'). See max_pool1d; places are h W + w."""
    return _max_pool("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, 2)


def _max_pool(name: str, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool,
              return_indices: bool, n: int) -> Any:
    starts, kernel, lengths = _windows(name, x, kernel_size, stride, padding, dilation, ceil_mode, n)
    dilations = _each(name, "dilation", dilation, n)
    sizes = x.shape[x.ndim - n:]
    # Of each axis the places that each window sees, (L', K); in place of those outside it sees its first inside once more.
    axes = []
    for start, k, d, size in zip(starts, kernel, dilations, sizes, strict=True):
        seen = start[:, None] + d * np.arange(k)
        inside = (seen >= 0) & (seen < size)
        first = np.take_along_axis(seen, inside.argmax(axis=1)[:, None], axis=1)
        axes.append(np.where(inside, seen, first))
    places = axes[0]  # (L', K)
    if n == 2:
        places = (axes[0][:, None, :, None] * sizes[1] + axes[1][None, :, None, :]).reshape(*lengths, -1)  # (H', W', K K')
    return _largest_at(x, places, n, return_indices)


def _largest_at(x: Any, places: Any, n: int, return_indices: bool) -> Any:
    """Of the last n axes, counted as one, the largest entry at each row of `places` (..., K): the first of those that tie."""
    lead = x.shape[:x.ndim - n]
    flat = T.reshape(x, *lead, math.prod(x.shape[x.ndim - n:]))
    raw = _raw(flat)
    best = to_host(xp_of(raw).argmax(raw[..., like(places, raw)], axis=-1))  # (..., L'): which of the window's
    chosen = places[(*np.indices(places.shape[:-1], sparse=True), best)]
    rows = np.arange(math.prod(lead)).reshape(*lead, *(1,) * (places.ndim - 1))
    out = ops.getitem(T.reshape(flat, math.prod(lead), flat.shape[-1]), index=(rows, chosen))
    return (out, Tensor(chosen)) if return_indices else out


def avg_pool1d(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
               count_include_pad: bool = True) -> Any:
    """The mean of each window: (B, C, L) -> (B, C, L'). stride, padding and ceil_mode as in max_pool1d.

    count_include_pad  whether the zeros of the padding count in the mean
    """
    return _avg_pool("avg_pool1d", input, kernel_size, stride, padding, ceil_mode, count_include_pad, None, 1)


def avg_pool2d(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
               count_include_pad: bool = True, divisor_override: int | None = None) -> Any:
    """The mean of each window: (B, C, H, W) -> (B, C, H', W'). See avg_pool1d.

    divisor_override  what the sum of a window is divided by, in place of how many it has
    """
    return _avg_pool("avg_pool2d", input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, 2)


def _avg_pool(name: str, x: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, count_include_pad: bool,
              divisor: int | None, n: int) -> Any:
    floating(name, x)
    starts, kernel, lengths = _windows(name, x, kernel_size, stride, padding, 1, ceil_mode, n)
    padding = _each(name, "padding", padding, n)
    sizes, counts, around = x.shape[x.ndim - n:], [], []
    for start, k, size, p in zip(starts, kernel, sizes, padding, strict=True):
        first, last = (start, size + p) if count_include_pad else (np.maximum(start, 0), size)
        counts.append(np.minimum(start + k, last) - first)
        around.append((p, max(0, int(start[-1]) + k - size)))
    if any(before or after for before, after in around):
        x = ops.pad(x, widths=((0, 0),) * (x.ndim - n) + tuple(around))
    total: Any = None
    for offset in np.ndindex(*kernel):
        index = tuple(slice(o, o + (length - 1) * int(step) + 1, int(step)) for o, length, step in
                      zip(offset, lengths, ((s[1] - s[0] if len(s) > 1 else 1) for s in starts), strict=True))
        window = x[(..., *index)]
        total = window if total is None else total + window
    if divisor is not None:
        return total / divisor
    count = counts[0] if n == 1 else counts[0][:, None] * counts[1]
    return total / (int(count.flat[0]) if (count == count.flat[0]).all() else like(count.astype(x.dtype), total))


def _windows(name: str, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool,
             n: int) -> tuple[list[np.ndarray], tuple[int, ...], tuple[int, ...]]:
    """Where the windows of each axis begin (L',), before 0 in the padding; the kernel's sizes; and the lengths L'."""
    if x.ndim not in (n + 1, n + 2):
        raise ShapeError(message(f"{name}: input of shape {x.shape}", fix="(B, C, L), or (C, L)" if n == 1 else "(B, C, H, W), "
                                                                            "or (C, H, W)"))
    kernel = _each(name, "kernel_size", kernel_size, n)
    strides = kernel if stride is None or stride == [] else _each(name, "stride", stride, n)
    paddings, dilations = _each(name, "padding", padding, n), _each(name, "dilation", dilation, n)
    if min(*kernel, *strides, *dilations, 1) < 1 or any(not 0 <= p <= k // 2 for p, k in zip(paddings, kernel, strict=True)):
        raise ShapeError(message(f"{name}: kernel_size={kernel}, stride={strides}, padding={paddings}, dilation={dilations}",
                                 fix="each at least 1, and a padding of at most half the kernel"))
    starts = []
    for size, k, s, p, d in zip(x.shape[x.ndim - n:], kernel, strides, paddings, dilations, strict=True):
        room = size + 2 * p - d * (k - 1) - 1
        length = -(-room // s) + 1 if ceil_mode else room // s + 1
        length -= ceil_mode and (length - 1) * s >= size + p  # a window has to begin inside
        if length < 1:
            raise ShapeError(message(f"{name}: a window of {d * (k - 1) + 1} does not fit into {size + 2 * p}",
                                     fix="a smaller kernel_size, or padding"))
        starts.append(np.arange(length) * s - p)
    return starts, kernel, tuple(len(start) for start in starts)


# --- pools of a given size ----------------------------------------------------------------------------------------


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """The means of `output_size` parts, as equal as can be: (B, C, L) -> (B, C, output_size)."""
    (parts,) = _parts("adaptive_avg_pool1d", input, output_size, 1)
    return _means(input, parts, -1)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of parts, as equal as can be: (B, C, H, W) -> (B, C, *output_size); None keeps the length of an axis."""
    rows, columns = _parts("adaptive_avg_pool2d", input, output_size, 2)
    return _means(_means(input, columns, -1), rows, -2)


def _means(x: Any, parts: list[tuple[int, int]], axis: int) -> Any:
    """The mean over each part of an axis; where all are of one length, and none twice, of all at once."""
    axis %= x.ndim
    width, size = parts[0][1], x.shape[axis]
    if width * len(parts) == size:
        return T.mean(T.reshape(x, *x.shape[:axis], len(parts), width, *x.shape[axis + 1:]), axis + 1)
    before = (slice(None),) * axis
    return T.cat([T.mean(x[(*before, slice(*part))], axis, keepdims=True) for part in parts], axis=axis)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest entries of `output_size` parts, as equal as can be: (B, C, L) -> (B, C, output_size)."""
    (parts,) = _parts("adaptive_max_pool1d", input, output_size, 1)
    return _largest_at(input, _places(parts), 1, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest entries of parts: (B, C, H, W) -> (B, C, *output_size); None keeps the length of an axis."""
    rows, columns = (_places(parts) for parts in _parts("adaptive_max_pool2d", input, output_size, 2))
    places = rows[:, None, :, None] * input.shape[-1] + columns[None, :, None, :]  # (H', W', K, K')
    return _largest_at(input, places.reshape(len(rows), len(columns), -1), 2, return_indices)


def _places(parts: list[tuple[int, int]]) -> np.ndarray:
    """The places of each part, (L', K); a shorter one names its last again."""
    most = max(end - start for start, end in parts)
    return np.stack([np.minimum(start + np.arange(most), end - 1) for start, end in parts])


def _parts(name: str, x: Any, output_size: Any, n: int) -> list[list[tuple[int, int]]]:
    """Of each axis where the parts begin and end."""
    floating(name, x)
    if x.ndim not in (n + 1, n + 2) or 0 in x.shape[x.ndim - n:]:
        raise ShapeError(message(f"{name}: input of shape {x.shape}", fix="(B, C, L), or (C, L)" if n == 1 else "(B, C, H, W), "
                                                                            "or (C, H, W)"))
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * n
    sizes = x.shape[x.ndim - n:]
    if len(given) != n:
        raise ShapeError(message(f"{name}: output_size={output_size} for {n} axes", fix="one number, or one for each axis"))
    wanted = [size if k is None else whole(name, "output_size", k, 1) for k, size in zip(given, sizes, strict=True)]
    return [[(i * size // k, -(-(i + 1) * size // k)) for i in range(k)] for k, size in zip(wanted, sizes, strict=True)]
