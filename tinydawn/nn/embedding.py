"""Vectors by id: Embedding, and EmbeddingBag, which adds up those of a bag."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ..checks import Size, Whole, number
from ..errors import OptionError, ShapeError, message
from ..tensor import Tensor
from . import functional as F
from . import init
from .linear import _empty
from .module import Module, Parameter
from .tables import padding_row


def _above_0(name: str, what: str, x: Any) -> float:
    if not number(name, what, x) > 0:
        raise OptionError(message(f"{name}: {what} is {x}", fix="a number above 0"))
    return number(name, what, x)


Length = Annotated[float, _above_0]


class Embedding(Module):
    """A vector per id: ids (...) -> (..., embedding_dim). The same as a one-hot vector times the weight.

    weight (num_embeddings, embedding_dim) starts standard normal. Row `padding_idx` starts at 0 and gets no gradient.

    max_norm            a vector that is looked up and longer is shortened to this, in the table itself; norm_type says which
                        length is meant: 2 is Euclid's
    scale_grad_by_freq  the gradient of a row is divided by how often its id is in the batch
    sparse              is for PyTorch's sake: gradients of tables are rows here in any case
    """

    def __init__(self, num_embeddings: Size, embedding_dim: Size, padding_idx: Whole | None = None,
                 max_norm: Length | None = None, norm_type: Length = 2.0, scale_grad_by_freq: bool = False,
                 sparse: bool = False, _weight: Any = None) -> None:
        self._set(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        if _weight is not None:  # how old programs give the vectors, which then need no drawing
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise ShapeError(message(f"Embedding: _weight of shape {tuple(_weight.shape)}",
                                         fix=f"({num_embeddings}, {embedding_dim}); or Embedding.from_pretrained(vectors)"))
            self.weight = Parameter(_weight)
            return
        self.weight = Parameter(init.normal_(_empty(num_embeddings, embedding_dim)))
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0

    def _set(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None, max_norm: float | None,
             norm_type: float, scale_grad_by_freq: bool, sparse: bool) -> None:
        name = type(self).__name__
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else padding_row(name, padding_idx, num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None,
                        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
                        sparse: bool = False) -> Embedding:
        """A layer of these vectors (V, E), whose memory it shares; with `freeze` they get no gradient."""
        weight = embeddings if isinstance(embeddings, Tensor) else Tensor(embeddings)
        if weight.ndim != 2:
            raise ShapeError(message(f"from_pretrained: embeddings of shape {weight.shape}", fix="(V, E), a vector for each id"))
        layer = cls.__new__(cls)
        layer._set(weight.shape[0], weight.shape[1], padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        layer.weight = Parameter(weight, requires_grad=not freeze)
        return layer

    def forward(self, input: Any) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class EmbeddingBag(Module):
    """The mean (or sum, or largest entries) of the vectors of a bag of ids. See F.embedding_bag.

    weight (num_embeddings, embedding_dim) starts standard normal. Row `padding_idx` starts at 0, and counts nothing.
    """

    def __init__(self, num_embeddings: Size, embedding_dim: Size, mode: Literal["mean", "sum", "max"] = "mean",
                 include_last_offset: bool = False, padding_idx: Whole | None = None) -> None:
        self.num_embeddings, self.embedding_dim, self.mode = num_embeddings, embedding_dim, mode
        self.include_last_offset = include_last_offset
        self.padding_idx = None if padding_idx is None else padding_row("EmbeddingBag", padding_idx, num_embeddings)
        self.weight = Parameter(init.normal_(_empty(num_embeddings, embedding_dim)))
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Tensor:
        return F.embedding_bag(input, self.weight, offsets, self.mode, per_sample_weights, self.include_last_offset,
                               self.padding_idx)

    def extra_repr(self) -> str:
        return f"{self.num_embeddings}, {self.embedding_dim}, mode={self.mode}"
