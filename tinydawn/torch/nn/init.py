"""torch.nn.init: tinydawn's, whose names and formulas are PyTorch's, and the names without an underscore of long ago."""

from __future__ import annotations

from ...nn.init import (
    calculate_gain,
    constant_,
    eye_,
    kaiming_normal_,
    kaiming_uniform_,
    normal_,
    ones_,
    orthogonal_,
    sparse_,
    trunc_normal_,
    uniform_,
    xavier_normal_,
    xavier_uniform_,
    zeros_,
)
from ..absent import answer

__all__ = [
    "calculate_gain", "constant_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "sparse_",
    "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]

constant, eye, normal, uniform = constant_, eye_, normal_, uniform_
kaiming_normal, kaiming_uniform, orthogonal, sparse = kaiming_normal_, kaiming_uniform_, orthogonal_, sparse_
xavier_normal, xavier_uniform = xavier_normal_, xavier_uniform_


__getattr__ = answer("torch.nn.init", globals())
