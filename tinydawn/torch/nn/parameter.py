"""torch.nn.parameter: Parameter, which shares the memory of the Tensor that it is given, and Buffer."""

from ...nn import Buffer, Parameter

__all__ = ["Buffer", "Parameter"]
