"""The divergence of one distribution from another of its kind, in closed form."""

from __future__ import annotations

import math

from ... import functional as T
from ... import ops
from ...errors import ShapeError, message
from ...nn.functional import softplus
from ...tensor import Tensor
from .bernoulli import Bernoulli
from .categorical import Categorical
from .distribution import Distribution
from .exponential import Exponential
from .independent import Independent
from .laplace import Laplace
from .normal import Normal
from .uniform import Uniform


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """D(p || q), the mean of log p(x) - log q(x) over x drawn from p; of the shape of the batch.

    Raises NotImplementedError for two that are not of one kind, as in PyTorch.
    """
    if isinstance(p, Normal) and isinstance(q, Normal):
        ratio, distance = p.scale / q.scale, (p.loc - q.loc) / q.scale
        return 0.5 * (ratio * ratio + distance * distance - 1 - ops.log(ratio * ratio))
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        terms = p.probs * (p.logits - q.logits)
        terms = ops.where(q.probs.array == 0, math.inf, terms)
        return T.sum(ops.where(p.probs.array == 0, 0.0, terms), -1)
    if isinstance(p, Bernoulli) and isinstance(q, Bernoulli):
        one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
        zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
        one = ops.where(p.probs.array == 0, 0.0, ops.where(q.probs.array == 0, math.inf, one))
        return one + ops.where(p.probs.array == 1, 0.0, ops.where(q.probs.array == 1, math.inf, zero))
    if isinstance(p, Laplace) and isinstance(q, Laplace):
        ratio, distance = p.scale / q.scale, ops.abs(p.loc - q.loc)
        return -ops.log(ratio) + distance / q.scale + ratio * ops.exp(-distance / p.scale) - 1
    if isinstance(p, Exponential) and isinstance(q, Exponential):
        ratio = q.rate / p.rate
        return ratio - 1 - ops.log(ratio)
    if isinstance(p, Uniform) and isinstance(q, Uniform):
        outside = (q.low.array > p.low.array) | (q.high.array < p.high.array)
        return ops.where(outside, math.inf, ops.log((q.high - q.low) / (p.high - p.low)))
    if isinstance(p, Independent) and isinstance(q, Independent):
        if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
            raise ShapeError(message("kl_divergence: outcomes of different shapes", fix="Independent of as many axes each"))
        return p.total(kl_divergence(p.base_dist, q.base_dist))
    raise NotImplementedError(message(f"kl_divergence: of a {type(p).__name__} from a {type(q).__name__}",
                                      fix="two of one kind; or the mean of p.log_prob(x) - q.log_prob(x) over x drawn from p"))
