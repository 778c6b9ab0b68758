"""Making Tensors: torch.tensor, zeros, arange, randn and their like, with dtype=, device=, requires_grad= and generator=."""

from __future__ import annotations

import builtins
import math
import warnings
from typing import Any

import numpy as np

from .. import backend, creation, random
from ..backend import to_host
from ..checks import number_dtype
from ..errors import DeviceError, DTypeError, OptionError, message
from ..graph import Traced
from ..tensor import Tensor
from . import dtypes
from .generator import Generator

default_generator = Generator()


def _made(array: Any, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of this array, on that device."""
    x = Tensor(array)
    if device is not None and dtypes.host("device", device) != "cpu":
        x = x.to(device)
    return x.requires_grad_() if requires_grad else x


def _size(size: Any) -> tuple[int, ...]:
    given = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    return creation._shape("size", tuple(given))


def _floating(dtype: Any) -> np.dtype[Any]:
    return backend.default_dtype if dtype is None else number_dtype("dtype", dtype)


def _array(data: Any, dtype: Any = None) -> np.ndarray:
    """The values of nested lists of numbers, arrays and Tensors, as a new array; floats of Python in the default dtype."""
    if isinstance(data, Traced):
        return np.array(to_host(data.array), dtype)
    if isinstance(data, (list, tuple)) and _holds_tensor(data):
        parts = [_array(x, dtype) for x in data]
        floats = [p for p in parts if p.dtype.kind == "f"]
        return np.stack(parts).astype(np.result_type(*floats) if floats else np.result_type(*parts))
    if isinstance(data, (list, tuple)) and not len(data):
        return np.zeros(0, backend.default_dtype if dtype is None else dtype)
    first = data
    while isinstance(first, (list, tuple)) and len(first):
        first = first[0]
    if isinstance(first, (np.generic, np.ndarray)):
        return np.array(data, dtype)
    return np.array(creation.tensor(data, dtype).array)


def _holds_tensor(data: Any) -> bool:
    return any(isinstance(x, Traced) or (isinstance(x, (list, tuple)) and _holds_tensor(x)) for x in data)


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A new Tensor with a copy of `data`: numbers, nested lists, an array or a Tensor."""
    if isinstance(data, Traced) and data._node is not None:
        warnings.warn("to copy a Tensor: x.clone().detach(), or x.clone(), through which gradients flow", stacklevel=2)
    return _made(_array(data, None if dtype is None else number_dtype("tensor", dtype)), device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a Tensor, without a copy where there need be none."""
    x: Any = data if isinstance(data, Traced) else Tensor(data) if isinstance(data, np.ndarray) else tensor(data, dtype=dtype)
    return x.to(dtype=dtype, device=device)


asarray = as_tensor


def from_numpy(array: np.ndarray) -> Tensor:
    """A Tensor that shares the memory of a NumPy array."""
    if not isinstance(array, np.ndarray):
        raise DTypeError(message(f"from_numpy: a {type(array).__name__} is no array", fix="torch.tensor(...)"))
    return Tensor(array)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
         **ignored: Any) -> Tensor:
    """A Tensor with `fill_value` everywhere."""
    size = size if isinstance(size, (tuple, list)) else (size,)
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return _made(creation.full(_size((size,)), value, dtype).array, device, requires_grad)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **names: Any) -> Tensor:
    """Zeros: zeros(2, 3) or zeros((2, 3))."""
    return _made(np.zeros(_size(size or (names["size"],)), _floating(dtype)), device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **names: Any) -> Tensor:
    """Ones."""
    return _made(np.ones(_size(size or (names["size"],)), _floating(dtype)), device, requires_grad)


empty = zeros  # what stands in new memory is nobody's: zeros are as good


def _like(x: Any, dtype: Any, value: float, device: Any, requires_grad: bool) -> Tensor:
    return _made(np.full(x.shape, value, x.dtype if dtype is None else dtype), device or x.device, requires_grad)


def zeros_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **ignored: Any) -> Tensor:
    return _like(input, dtype, 0, device, requires_grad)


def ones_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **ignored: Any) -> Tensor:
    return _like(input, dtype, 1, device, requires_grad)


def full_like(input: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    return _like(input, dtype, fill_value, device, requires_grad)


empty_like = zeros_like


def arange(*bounds: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **names: Any) -> Tensor:
    """start, start + step, ... below end."""
    if names:
        bounds = (names.get("start", bounds[0] if bounds else 0), names.get("end", bounds[-1] if bounds else None),
                  names.get("step", 1))
    first, last, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    if (last - first) * step < 0:
        raise OptionError(message(f"arange: no step of {step} leads from {first} to {last}", fix="a step of the other sign"))
    return _made(creation.arange(*bounds, dtype=dtype).array, device, requires_grad)


def range(start: float, end: float, step: float = 1, *, dtype: Any = None) -> Tensor:
    """start, start + step, ... up to and with end; old programs have it, and arange in its place since."""
    count = math.floor((end - start) / step) + 1
    return _made((start + step * np.arange(count)).astype(_floating(dtype)))


def set_default_device(device: Any) -> None:
    """Where Tensors are made. Only "cpu" may be said here: tinydawn.use_backend("cupy") puts them on a GPU."""
    if dtypes.host("set_default_device", "cpu" if device is None else device) != "cpu":
        raise DeviceError(message("set_default_device: a GPU", fix='tinydawn.use_backend("cupy")'))


def get_default_device() -> dtypes.device:
    """Where Tensors are made."""
    return dtypes.device("cpu")


def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """`steps` numbers from start to end, both included, at equal distances; each half counted from its own end."""
    kind = _floating(dtype)
    start, end = float(start), float(end)
    i, step = np.arange(steps), kind.type((end - start) / (steps - 1) if steps > 1 else 0)
    from_start, from_end = kind.type(start) + step * i.astype(kind), kind.type(end) - step * (steps - 1 - i).astype(kind)
    values = np.where(i < (steps + 1) // 2, from_start, from_end)
    return _made(values.astype(kind), device, requires_grad)


def logspace(start: float, end: float, steps: int, base: float = 10.0, *, dtype: Any = None) -> Tensor:
    """base to the power of start ... end."""
    return _made(np.power(base, np.linspace(start, end, steps)).astype(_floating(dtype)))


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix."""
    return _made(np.eye(n, n if m is None else m, dtype=_floating(dtype)), device, requires_grad)


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    return Tensor(np.stack(np.tril_indices(row, offset, col)))


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    return Tensor(np.stack(np.triu_indices(row, offset, col)))


# --- at random ----------------------------------------------------------------------------------------------------


def _source(generator: Any) -> Any:
    return random.source if generator is None else generator


def rand(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, generator: Any = None,
         **names: Any) -> Tensor:
    """Uniform on [0, 1)."""
    lengths = _size(size or (names["size"],) if names else size)
    return _made(_source(generator).uniform(0.0, 1.0, lengths, _floating(dtype)), device, requires_grad)


def randn(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, generator: Any = None,
          **names: Any) -> Tensor:
    """Standard normal."""
    lengths = _size(size or (names["size"],) if names else size)
    return _made(_source(generator).normal(0.0, 1.0, lengths, _floating(dtype)), device, requires_grad)


def randint(*args: Any, low: int = 0, high: int | None = None, size: Any = None, dtype: Any = None, device: Any = None,
            requires_grad: bool = False, generator: Any = None) -> Tensor:
    """randint(high, size) or randint(low, high, size): whole numbers from low to high - 1."""
    bounds = list(args)
    if size is None:
        size = bounds.pop()
    if len(bounds) == 2:
        low, high = bounds
    elif bounds:
        high = bounds[0]
    assert high is not None
    kind = np.int64 if dtype is None else number_dtype("randint", dtype)
    drawn = _source(generator).integers(int(low), int(high), _size((size,)), kind)
    return _made(drawn, device, requires_grad)


def randperm(n: int, *, dtype: Any = None, device: Any = None, generator: Any = None, **ignored: Any) -> Tensor:
    """The numbers below n in random order."""
    return _made(_source(generator).permutation(int(n)).astype(np.int64 if dtype is None else dtype), device)


def rand_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **ignored: Any) -> Tensor:
    return rand(*input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def randn_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **ignored: Any) -> Tensor:
    return randn(*input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def randint_like(input: Any, low: int, high: int | None = None, *, dtype: Any = None) -> Tensor:
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, dtype=dtype or input.dtype)


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:
    """Normal with this mean and standard deviation: numbers and a size, or Tensors."""
    source = _source(generator)
    if size is not None:
        return _made(source.normal(mean, std, _size((size,)), _floating(dtype)), device, requires_grad)
    return Tensor(source.normal(*[to_host(x.array) if isinstance(x, Traced) else x for x in (mean, std)]))


def manual_seed(seed: Any) -> Generator:
    """Restart PyTorch's random numbers from `seed`, for this module and for tinydawn's layers."""
    return random.source.manual_seed(int(seed))


def seed() -> int:
    return random.source.seed()


def initial_seed() -> int:
    return random.source.initial_seed()


def get_rng_state() -> Tensor:
    return Tensor(random.source.get_state())


def set_rng_state(new_state: Any) -> None:
    random.source.set_state(new_state.array if isinstance(new_state, Traced) else new_state)


# --- the old constructors -----------------------------------------------------------------------------------------


class _Kind(type):
    """The class of torch.Tensor, torch.LongTensor and their like: any Tensor of that dtype is an instance."""

    dtype: Any = None

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, Traced) and (cls.dtype is None or x.dtype == cls.dtype)  # type: ignore[attr-defined]

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, Traced) or type.__subclasscheck__(cls, kind)

    def __eq__(cls, other: object) -> bool:
        """So that type(x) == torch.Tensor is True."""
        return cls is other or (cls.dtype is None and isinstance(other, type) and other.__name__ in ("Tensor", "NotWatched"))

    __hash__ = type.__hash__

    def __call__(cls, *args: Any, device: Any = None, **kwargs: Any) -> Tensor:
        kind = cls.dtype or backend.default_dtype
        if len(args) == 1 and not isinstance(args[0], (builtins.int, np.integer)):
            given = args[0]
            return _made(given.array.astype(kind, copy=False) if isinstance(given, Traced) else _array(given, kind))
        return _made(np.zeros(args or 0, kind))


def _kind(name: str, dtype: Any) -> Any:
    return _Kind(name, (Tensor,), {"dtype": dtype, "__slots__": (), "__doc__": f"A Tensor of {dtype or 'the default dtype'}."})


FloatTensor, DoubleTensor, HalfTensor = (_kind(n, d) for n, d in (
    ("FloatTensor", dtypes.float32), ("DoubleTensor", dtypes.float64), ("HalfTensor", dtypes.float16)))
LongTensor, IntTensor, ShortTensor, CharTensor, ByteTensor, BoolTensor = (_kind(n, d) for n, d in (
    ("LongTensor", dtypes.int64), ("IntTensor", dtypes.int32), ("ShortTensor", dtypes.int16), ("CharTensor", dtypes.int8),
    ("ByteTensor", dtypes.uint8), ("BoolTensor", dtypes.bool_)))


class AnyTensor(Tensor, metaclass=_Kind):
    """torch.Tensor: torch.Tensor([1, 2]) is floating, torch.Tensor(2, 3) has that shape."""

    __slots__ = ()


AnyTensor.dtype = None  # type: ignore[assignment]
inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
