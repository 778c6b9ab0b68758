"""Positions as vectors: attention alone does not know in which order its inputs stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ShapeError, message


def sinusoidal_positions(length: int, d_model: int, dtype: Any = np.float32) -> npt.NDArray[np.floating[Any]]:
    """The vectors of positions 0 .. length - 1, (length, d_model): a sine and a cosine of each of d_model / 2 frequencies.

        PE[pos, 2 i] = sin(w_i pos),  PE[pos, 2 i + 1] = cos(w_i pos),  w_i = 10000^(-2 i / d_model)

    Sines and cosines are interleaved, as in the paper: columns 2 i and 2 i + 1 are one frequency. (Other code has all sines
    first, then all cosines: the same numbers in another order.) With its cosine beside it each sine can be turned on: the
    vector of pos + k is A_k times that of pos, for every pos, where A_k has a block [[cos, sin], [-sin, cos]] of w_i k for
    each frequency. With sines alone, as the notes write it, there is no such A_k.

    length   how many positions
    d_model  D, even
    dtype    of the result; the angles are computed in float64, since those of float32 are wrong at large positions

    Raises ShapeError for an odd or negative size. Source: Vaswani et al. 2017, section 3.5.

    >>> sinusoidal_positions(2, 4).round(3).tolist()[0]
    [0.0, 1.0, 0.0, 1.0]
    """
    if length < 0 or d_model < 2 or d_model % 2:
        raise ShapeError(message(f"sinusoidal_positions: length {length}, d_model {d_model}",
                                 fix="an even d_model: each frequency takes a sine and a cosine"))
    frequencies = 10000.0 ** (-np.arange(0, d_model, 2) / d_model)  # (D / 2,)
    angles = np.arange(length)[:, None] * frequencies  # (T, D / 2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(length, d_model).astype(dtype)  # (T, D)
