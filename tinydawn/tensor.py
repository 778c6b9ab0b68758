"""Tensor: an array that remembers how it was computed.

`x = td.tensor([1.0, 2.0], requires_grad=True)`; compute with it; `loss.backward()`; `x.grad`. Operators and methods
are the ops of ops.py and the functions of functional.py, bound below; the graph is in graph.py, the backward pass in
autograd.py.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import autograd, backend, functional, graph, ops
from .backend import device_of, is_array, new, to_device, to_host
from .checks import number_dtype, numbers_of
from .errors import DTypeError, GraphError, ShapeError, message, said
from .gradients import Rows
from .graph import Traced, leaf
from .guards import numpy_calls
from .guards.in_place import Writable


def to_array(values: Any, dtype: Any) -> np.ndarray:
    """Values as a new array. Python floats become the default dtype, float32; NumPy arrays keep theirs."""
    if isinstance(values, (list, tuple)) and any(isinstance(v, Traced) for v in values):
        if any(isinstance(v, Traced) and v._node is not None for v in values):
            raise GraphError(message("tensor: a list of Tensors that require a gradient would lose it",
                                     fix="use td.stack(list)"))
        values = [v.array.tolist() if isinstance(v, Traced) else v for v in values]
    elif not isinstance(values, (np.ndarray, Traced)) and hasattr(values, "resolve_neg"):  # PyTorch's, of any dtype
        values = numbers_of("tensor", "the argument", values)
    try:
        array = np.array(values)  # what they are themselves: as floats, None would be NaN, and "1" a number
        if dtype is not None and array.dtype.kind in "fiub":
            array = np.array(values, dtype=dtype)
    except (ValueError, TypeError, OverflowError) as error:
        uneven = "inhomogeneous" in str(error)
        raise ShapeError(message(f"tensor: these values make no array ({'rows of different lengths' if uneven else error})",
                                 fix="rows of equal length; td.text.pad makes them so")) from error
    if array.dtype.kind not in "fiub":
        raise DTypeError(message(f"tensor: values of dtype {array.dtype}", fix="numbers or booleans; turn words into ids"))
    if dtype is None and array.dtype == np.float64 and not isinstance(values, (np.ndarray, np.generic)):
        array = array.astype(backend.default_dtype)
    return array if dtype is not None or isinstance(values, (np.ndarray, np.generic)) else backend.wide(array)


class Tensor(Writable):
    """An array with the gradient, `grad`, that a backward pass puts beside it.

    array          the values: NumPy's array, or the device's; what is done with it is not recorded
    data           the same values as a Tensor without a past, which shares the memory: `p.data -= lr * p.grad` updates p
    grad           a Tensor of the same shape, or None: before the first backward there is none, which is not zero
    requires_grad  whether computations with it are recorded, so that a gradient can flow to it
    name           a label for drawings and error messages; parameters get their path in the model

    `Tensor(array)` shares a NumPy array, unless use_backend chose a device: then it is copied there. A list becomes float32.
    `td.tensor(values)` copies, and keeps integers integers.
    """

    __slots__ = ()
    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None) -> None:
        if isinstance(data, Traced):
            data = data.array
        elif isinstance(data, np.generic):
            data = np.asarray(data)
        if not is_array(data):
            if not hasattr(data, "__len__"):
                raise DTypeError(message(f"Tensor: {data!r} is no array", fix=f"td.tensor({data!r}) holds this number, and "
                                                                              "td.zeros(3) three zeros"))
            data = to_array(data, backend.default_dtype)
        self.array = new(data)
        if self.array.dtype.kind not in "fiub":
            raise DTypeError(message(f"Tensor: values of dtype {self.array.dtype}", fix="numbers that are real, or booleans"))
        self._grad = None
        self.name = name
        self._node = None
        if requires_grad:
            self.requires_grad = True

    # --- the graph ---

    @property
    def grad(self) -> Any:
        """What backward passes have added up, a Tensor of this shape; None before the first."""
        g = self._grad
        if type(g) is Rows:  # of an embedding: kept as the few rows it has until somebody looks
            g = self._grad = autograd.wrap(g.dense(), None)
        if g is None and self._node is not None and self._node.op is not None and not self.retains_grad:
            warnings.warn(said("the .grad of a Tensor that was computed is None: backward() fills in those of leaves, which were "
                               "made with requires_grad=True. x.retain_grad() before it, or td.grad(loss, x), gives that of any "
                               "x"), stacklevel=2)
        return g

    @grad.setter
    def grad(self, gradient: Any) -> None:
        self._grad = gradient

    @property
    def requires_grad(self) -> bool:
        """Whether computations with it are recorded, so that a gradient can flow to it. Set it, if this is a leaf."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if wanted and self._node is None:
            if self.array.dtype.kind != "f":
                raise DTypeError(message(f"requires_grad: a {self.array.dtype} Tensor has no gradient",
                                         fix="make it floating: write 3.0 instead of 3, or convert with .float()"))
            self._node = leaf(self)
        elif not wanted and self._node is not None:
            if not self.is_leaf:
                raise GraphError(message("requires_grad: this Tensor was computed, and its past cannot be switched off",
                                         fix="use x.detach()"))
            self._node = None

    def requires_grad_(self, wanted: bool = True) -> Tensor:
        """Set `requires_grad`, and give back this Tensor."""
        self.requires_grad = wanted
        return self

    @property
    def is_leaf(self) -> bool:
        """True for a Tensor that was made, not computed."""
        return self._node is None or self._node.op is None

    def backward(self, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False) -> None:
        """Add to `.grad` of every leaf this Tensor depends on its gradient: d self / d leaf.

        gradient      what to start from: by default 1, for a Tensor of one number; else of this Tensor's shape
        retain_graph  keep what the pass needed, for a second one; by default it is freed on the way
        create_graph  record the pass itself, so that gradients can be differentiated again

        Everything is checked and computed before the first `.grad` is written: a pass that fails changes nothing.
        Why the order of the walk matters, in three lines, stands at the top of autograd.py.

        >>> import tinydawn as td
        >>> a = td.tensor(3.0, requires_grad=True)
        >>> b = a + a
        >>> (b * b).backward()      # (2a)^2, whose derivative is 8a
        >>> a.grad
        tensor(24.)
        """
        autograd.backward(self, gradient, retain_graph, create_graph)

    def register_hook(self, hook: Any) -> graph.Handle:
        """Call `hook(gradient)` when a backward pass has the gradient of this Tensor. What it returns, if not None, is passed on
        in its place. `handle.remove()` takes the hook out again."""
        if self._node is None:
            raise GraphError(message("register_hook: this Tensor requires no gradient, so none will come",
                                     fix="make it with requires_grad=True, or compute it from such a Tensor"))
        if self._node.hooks is None:
            self._node.hooks = []
        return graph.Handle(self._node.hooks, hook)

    def retain_grad(self) -> None:
        """Let backward() put the gradient of this Tensor, which was computed, into `.grad`, as it does for leaves."""
        if self._node is None:
            raise GraphError(message("retain_grad: this Tensor requires no gradient", fix="compute it from one that does"))
        if self.is_leaf or self.retains_grad:
            return
        me = weakref.ref(self)

        def keep(gradient: Tensor) -> None:
            tensor = me()
            if tensor is not None:
                tensor._grad = gradient if tensor._grad is None else tensor._grad + gradient

        keep.retains = True  # type: ignore[attr-defined]
        self.register_hook(keep)

    @property
    def retains_grad(self) -> bool:
        """Whether retain_grad was asked of this Tensor, which was computed."""
        return self._node is not None and any([getattr(hook, "retains", False) for hook in self._node.hooks or ()])

    @property
    def data(self) -> Tensor:
        """The same values as a Tensor without a past. It shares the memory: what is written into it is written into this."""
        return autograd.wrap(self.array, None)

    @data.setter
    def data(self, values: Any) -> None:
        """Take the array of `values`, a Tensor or an array, from now on; the gradient that is there stays."""
        array = values.array if isinstance(values, Traced) else values
        if not is_array(array) or array.dtype.kind not in "fiub":
            raise DTypeError(message(f".data: a {type(values).__name__} holds no array of numbers", fix="a Tensor or an array"))
        if array is self.array:
            return
        if self._node is not None and self._node.op is not None:
            raise GraphError(message(".data: this Tensor was computed: what follows from it would still be of its old values",
                                     fix="x = x.detach(), or compute it again"))
        moved = array.dtype != self.array.dtype or array.shape != self.array.shape
        self.array = array
        if self._node is not None and moved:  # another leaf: what was recorded with the one before had its shape
            self._node = None
            self.requires_grad = True

    def detach(self) -> Tensor:
        """The same array, with no past: no gradient flows through."""
        return autograd.wrap(self.array, None)

    # --- looking at it ---

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis, as a tuple."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.array.ndim

    @property
    def dtype(self) -> Any:
        """The kind of its numbers, as NumPy's dtype."""
        return self.array.dtype

    @property
    def T(self) -> Tensor:
        """All axes reversed: the transpose of a matrix."""
        return ops.permute(self, axes=tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two axes swapped: the transpose of every matrix in a stack."""
        return functional.transpose(self, -1, -2)

    @property
    def device(self) -> str:
        """Where the values are: "cpu" or "cuda"."""
        return device_of(self.array)

    def to(self, device: str) -> Tensor:
        """This Tensor on "cpu" or "cuda": itself if it is there, else a copy, a new leaf that no gradient flows through."""
        if device_of(self.array) == device:
            return self
        if not self.is_leaf:
            raise GraphError(message("to: this Tensor was computed, and no gradient can flow from device to device",
                                     fix="move the inputs and the model before computing, or move x.detach()"))
        moved = autograd.wrap(to_device(self.array, device), None)
        moved.name = self.name
        moved.requires_grad = self.requires_grad
        return moved

    def cpu(self) -> Tensor:
        """This Tensor in the memory of the host, as `.to("cpu")`."""
        return self.to("cpu")

    def cuda(self) -> Tensor:
        """This Tensor on the GPU, as `.to("cuda")`."""
        return self.to("cuda")

    def size(self, axis: int | None = None) -> Any:
        """The shape, or the length of one axis."""
        return self.array.shape if axis is None else self.array.shape[axis]

    def numel(self) -> int:
        """How many numbers it holds: the product of its shape."""
        return self.array.size

    def item(self) -> Any:
        """The value of a Tensor of one number, as a Python number."""
        if self.array.size != 1:
            raise ShapeError(message(f"item: a Tensor of shape {self.shape} holds {self.array.size} numbers",
                                     fix="index one of them, or use .tolist()"))
        return self.array.item()

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array, which is not recorded and shares memory where it can."""
        return to_host(self.array)

    def tolist(self) -> Any:
        """Its values as nested lists of Python's numbers; of a Tensor without axes one number."""
        return to_host(self.array).tolist()

    def __repr__(self) -> str:
        text = np.array2string(to_host(self.array), separator=", ", prefix="tensor(", precision=4, threshold=200)
        dtype = "" if self.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.dtype}"
        if self.array.size == 0 and self.shape != (0,):
            text += f", shape={self.shape}"
        return f"tensor({text}{dtype}{', requires_grad=True' if self.requires_grad else ''})"

    def __format__(self, spec: str) -> str:
        """f"{loss:.3f}" is the number's; of more than one number only f"{x}" is there."""
        if not spec:
            return str(self)
        if self.array.size != 1:
            raise ShapeError(message(f"format: {spec!r} is for one number, not for a Tensor of shape {self.shape}",
                                     fix="index one of them; or np.array2string(x.numpy(), precision=3)"))
        return format(self.array.item(), spec)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise DTypeError(message("len: a 0-d Tensor is one number", fix="use .item()"))
        return self.array.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise ShapeError(message(f"bool: a Tensor of shape {self.shape} is neither true nor false",
                                     fix="use .any() or .all(), or compare one number"))
        return bool(self.array.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iu":
            raise DTypeError(message(f"index: a {self.dtype} Tensor cannot index", fix="use an integer Tensor"))
        return int(self.item())

    def __contains__(self, value: Any) -> bool:
        return bool((self.array == value).any())

    __hash__ = object.__hash__  # == compares entries, so identity has to be the hash

    # --- conversion ---

    def astype(self, dtype: Any) -> Tensor:
        """Its values in another dtype, or itself if they are. Gradients flow between floating dtypes; to whole numbers none."""
        wanted = number_dtype("astype", dtype)
        if self.array.dtype == wanted:
            return self
        return ops.astype(self if wanted.kind == "f" else self.detach(), dtype=wanted)  # whole numbers pass no gradient on

    def float(self) -> Tensor:
        """Its values as float32."""
        return self.astype(np.float32)

    def double(self) -> Tensor:
        """Its values as float64."""
        return self.astype(np.float64)

    def long(self) -> Tensor:
        """Its values as int64, cut off after the point; no gradient flows through."""
        return self.astype(np.int64)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise GraphError(message("deepcopy: this Tensor was computed, and its graph cannot be copied",
                                     fix="copy x.detach()"))
        return type(self)(self.array.copy(), self.requires_grad, self.name)

    def __reduce__(self) -> Any:
        if not self.is_leaf:
            raise GraphError(message("pickle: this Tensor was computed, and its graph cannot be pickled",
                                     fix="use x.detach()"))
        return type(self), (self.array, self.requires_grad, self.name)

    # --- operators ---

    __add__ = __radd__ = ops.add
    __sub__ = ops.sub
    __mul__ = __rmul__ = ops.mul
    __truediv__ = ops.div
    __pow__ = ops.pow
    __floordiv__, __mod__ = ops.floor_divide, ops.remainder
    __neg__ = ops.neg
    __abs__ = ops.abs
    __matmul__ = functional.matmul
    __getitem__ = functional.getitem
    __eq__ = ops.eq
    __ne__ = ops.ne
    __gt__ = ops.gt
    __ge__ = ops.ge
    __lt__ = ops.lt
    __le__ = ops.le
    __and__ = __rand__ = ops.bitwise_and
    __or__ = __ror__ = ops.bitwise_or
    __xor__ = __rxor__ = ops.bitwise_xor
    __invert__ = ops.bitwise_not

    def __rsub__(self, other: Any) -> Tensor:
        return ops.sub(other, self)

    def __rtruediv__(self, other: Any) -> Tensor:
        return ops.div(other, self)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Tensor:
        return ops.remainder(other, self)

    def __rpow__(self, other: Any) -> Tensor:
        return ops.pow(other, self)

    def __rmatmul__(self, other: Any) -> Tensor:
        return functional.matmul(other, self)

    # --- methods, each the function of that name ---

    neg, exp, log, sqrt, tanh, sigmoid, relu = ops.neg, ops.exp, ops.log, ops.sqrt, ops.tanh, ops.sigmoid, ops.relu
    floor, ceil, round = ops.floor, ops.ceil, ops.round
    abs, sin, cos, erf, sign, pow, isnan = ops.abs, ops.sin, ops.cos, ops.erf, ops.sign, ops.pow, ops.isnan
    maximum, minimum, clone = ops.maximum, ops.minimum, ops.clone
    sum, mean, var, std, norm = functional.sum, functional.mean, functional.var, functional.std, functional.norm
    prod = functional.prod
    any, all = functional.any, functional.all
    amax, amin, argmax, argmin = functional.amax, functional.amin, functional.argmax, functional.argmin
    cumsum, logsumexp = functional.cumsum, functional.logsumexp
    argsort, sort, topk = functional.argsort, functional.sort, functional.topk
    softmax, log_softmax = functional.softmax, functional.log_softmax
    matmul, bmm, dot, outer = functional.matmul, functional.bmm, functional.dot, functional.outer
    reshape = view = functional.reshape
    flatten, permute, transpose = functional.flatten, functional.permute, functional.transpose
    broadcast_to = expand = functional.broadcast_to
    squeeze, unsqueeze, split, chunk = functional.squeeze, functional.unsqueeze, functional.split, functional.chunk
    flip, tril, triu = functional.flip, functional.tril, functional.triu
    gather, index_select = functional.gather, functional.index_select
    scatter, scatter_add = functional.scatter, functional.scatter_add
    clamp, masked_fill = functional.clamp, functional.masked_fill

    def __getattr__(self, name: str) -> Any:
        if name in ("_grad", "name", "alias"):  # the result of an op, which sets neither: see graph.Traced
            return None
        from .guards.elsewhere import elsewhere

        raise AttributeError(elsewhere("a Tensor", name, dir(type(self))), name=name)

    # --- NumPy meets a Tensor ---

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self.requires_grad:
            raise DTypeError(message("a Tensor that requires a gradient was about to be read as a NumPy array",
                                     fix="say so with x.numpy(), or compute with td. functions, which are recorded"))
        return np.array(to_host(self.array), dtype=dtype, copy=copy)

    __array_ufunc__, __array_function__ = numpy_calls.array_ufunc, numpy_calls.array_function


graph.tensor_type = Tensor
