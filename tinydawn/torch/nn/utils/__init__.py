"""What is done with parameters, gradients and sequences beside the layers."""

from ...absent import answer
from . import rnn as rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_
from .convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "rnn", "vector_to_parameters"]
__getattr__ = answer("torch.nn.utils", globals())
