"""Probability distributions: drawn from with PyTorch's random numbers, with densities that are recorded."""

from ..absent import answer
from . import kl
from .bernoulli import Bernoulli
from .categorical import Categorical
from .distribution import Distribution
from .exponential import Exponential
from .independent import Independent
from .kl import kl_divergence
from .laplace import Laplace
from .normal import Normal
from .uniform import Uniform

__all__ = [
    "Bernoulli", "Categorical", "Distribution", "Exponential", "Independent", "Laplace", "Normal", "Uniform", "kl",
    "kl_divergence",
]
__getattr__ = answer("torch.distributions", globals())
