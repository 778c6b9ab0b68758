"""Which dtype comes out: all pairs of dtypes, with and without dimensions, and Python's numbers beside them."""

import operator

from . import outcome


def _dtypes(torch):
    return [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]


def _pairs(torch, operation, *shapes):
    """The results for all pairs of dtypes, of Tensors of these shapes filled with 3 and 2."""
    found = {}
    for i, first in enumerate(_dtypes(torch)):
        for j, second in enumerate(_dtypes(torch)):
            a, b = torch.full(shapes[0], 3).to(first), torch.full(shapes[1], 2).to(second)
            if not first == second == torch.bool:
                found[f"{i} {j}"] = outcome(lambda a=a, b=b: operation(a, b))
    return found


def sums_of_all_pairs(torch):
    """a + b, where both have dimensions, one, or none."""
    found = {}
    for shapes in (((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())):
        found[str(shapes)] = _pairs(torch, operator.add, *shapes)
    return found


def products_of_all_pairs(torch):
    """a * b, where one has no dimensions."""
    return {"first": _pairs(torch, operator.mul, (), (2,)),
            "second": _pairs(torch, operator.mul, (2,), ())}


def quotients_of_all_pairs(torch):
    """a / b is floating; a // b and a % b are not, if neither is."""
    return {"true": _pairs(torch, operator.truediv, (2,), (2,)), "floor": _pairs(torch, operator.floordiv, (2,), ()),
            "rest": _pairs(torch, operator.mod, (), (2,))}


def powers_of_all_pairs(torch):
    """a ** b."""
    return {"both": _pairs(torch, operator.pow, (2,), (2,)),
            "second": _pairs(torch, operator.pow, (2,), ())}


def comparisons_of_all_pairs(torch):
    """a < b and a == b give truth values, maximum the wider dtype."""
    return {"less": _pairs(torch, operator.lt, (2,), ()), "equal": _pairs(torch, operator.eq, (2,), (2,)),
            "maximum": _pairs(torch, torch.maximum, (2,), (2,))}


def joined_pairs(torch):
    """cat, stack and where of two dtypes give the wider."""
    mask = torch.tensor([True, False])
    return {"cat": _pairs(torch, lambda a, b: torch.cat([a, b]), (2,), (2,)),
            "stack": _pairs(torch, lambda a, b: torch.stack([a, b]), (2,), (2,)),
            "where": _pairs(torch, lambda a, b: torch.where(mask, a, b), (2,), (2,))}


def written_pairs(torch):
    """add_, mul_ and copy_ keep the dtype of what they write, and refuse what it cannot hold."""
    return {"add_": _pairs(torch, lambda a, b: a.add_(b), (2,), (2,)),
            "mul_": _pairs(torch, lambda a, b: a.mul_(b), (2,), (2,)),
            "div_": _pairs(torch, lambda a, b: a.div_(b), (2,), (2,)),
            "copy_": _pairs(torch, lambda a, b: a.copy_(b), (2,), (2,))}


def numbers_beside_tensors(torch):
    """True, 2 and 2.5 on either side of each dtype."""
    found = {}
    for i, dtype in enumerate(_dtypes(torch)):
        a = torch.full((2,), 3).to(dtype)
        for number in (True, 2, 2.5):
            found[f"{i} {number}"] = [operator.add(a, number), operator.mul(number, a), operator.truediv(a, number)]
            found[f"{i} {number} order"] = [a < number, a == number, torch.where(a > 0, a, number)]
            if dtype != torch.bool:
                found[f"{i} {number} rest"] = [a // number, a % number, a ** number]
    return found


def numbers_written(torch):
    """fill_, masked_fill, full_like and clamp with numbers of another kind."""
    found, mask = {}, torch.tensor([True, False, True])
    for i, dtype in enumerate(_dtypes(torch)):
        a = torch.tensor([1, 0, 1]).to(dtype)
        for number in (True, 2, 2.5):
            found[f"{i} {number}"] = [a.masked_fill(mask, number), a.clone().fill_(number), torch.full_like(a, number)]
            found[f"{i} {number} add_"] = outcome(lambda a=a, n=number: a.clone().add_(n))
    return found


def infinity_in_whole_numbers(torch):
    """masked_fill with -inf is refused where no infinity can be held."""
    mask = torch.tensor([True, False])
    return {"int": outcome(lambda: torch.tensor([1, 2]).masked_fill(mask, float("-inf"))),
            "float": torch.tensor([1.0, 2.0]).masked_fill(mask, float("-inf"))}


def reductions_of_all_dtypes(torch):
    """sum, prod, cumsum and cumprod of whole numbers and truth values are int64."""
    found = {}
    for i, dtype in enumerate(_dtypes(torch)):
        a = torch.tensor([[1, 0, 2], [3, 2, 2]]).to(dtype)
        found[str(i)] = [a.sum(), a.sum(0), a.prod(), a.prod(1), a.cumsum(1), a.cumprod(0), a.max(), a.min(1)[0]]
        found[f"{i} asked"] = [a.sum(dtype=torch.float64), a.sum(1, dtype=torch.int32), a.cumsum(0, dtype=torch.float32)]
        found[f"{i} mean"] = [outcome(lambda a=a: a.mean()), a.mean(dtype=torch.float32), outcome(lambda a=a: a.std())]
    return found


def functions_of_whole_numbers(torch):
    """exp, sqrt, sigmoid and their like make floats of whole numbers; abs, sign and clamp do not."""
    x = torch.tensor([1, 4, 9])
    floats = [x.exp(), x.sqrt(), x.sigmoid(), x.tanh(), x.log(), x.reciprocal(), x / 2, x.sin(), x.rsqrt(), x.log2()]
    return {"floats": floats, "whole": [x.abs(), x.sign(), -x, x.clamp(2, 5), x.square(), x.relu(), x.flip(0), x.pow(2)],
            "dot": [x.dot(x), x.int().dot(x.int()), x @ x]}


def whole_divisions_by_signs(torch):
    """// and % round down, fmod and rounding_mode="trunc" towards zero, whatever the signs."""
    found = {}
    for a in (torch.tensor([7, -7]), torch.tensor([7.0, -7.0]), torch.tensor([7.5, -7.5], dtype=torch.float64)):
        for b in (2, -2, 2.5, torch.tensor(3), torch.tensor([3, -3]), torch.tensor([2.0, -2.0])):
            found[f"{a.dtype.itemsize}{a.is_floating_point()}{b}"] = [
                a // b, a % b, a.fmod(b), torch.div(a, b, rounding_mode="trunc"), torch.div(a, b, rounding_mode="floor")]
    return {"found": list(found.values())}


def divisions_by_zero(torch):
    """Of floats inf and NaN, of whole numbers an error."""
    x = torch.tensor([1.0, -1.0, 0.0])
    return {"float": [x / 0, x // 0, x % 0, x.fmod(0)], "true": torch.tensor([1, 2]) / 0,
            "mixed": torch.tensor([3]).fmod(0.0)}


def bits(torch):
    """&, |, ^, ~, << and >> of whole numbers and truth values."""
    a, b, t = torch.tensor([6, 3]), torch.tensor([3, 5]), torch.tensor([True, False])
    return {"whole": [a & b, a | b, a ^ 1, ~a, a << 1, a >> b], "truth": [t & ~t, t | True, t ^ t, ~t], "mixed": a & t,
            "bytes": [torch.tensor([200], dtype=torch.uint8) + 100, -torch.tensor([1], dtype=torch.uint8)]}


def tensors_from_mixed_lists(torch):
    """torch.tensor of numbers of several kinds, of Tensors of several dtypes, and of what is refused."""
    made = [torch.tensor([1, 2.5]), torch.tensor([1, True]), torch.tensor([True, 2.0]), torch.tensor([[]]),
            torch.tensor(2 ** 40),
            torch.tensor([torch.tensor(1), torch.tensor(2.5)]), torch.tensor([torch.tensor(1), torch.tensor(2)]),
            torch.tensor(())]
    refused = [outcome(lambda v=v: torch.tensor(v)) for v in ("a", None, [[1, 2], [3]], [1, "a"])]
    return {"made": made, "refused": refused, "cut": torch.tensor([2.7, -2.7], dtype=torch.long),
            "small": outcome(lambda: torch.tensor([300], dtype=torch.uint8))}


def rows_of_numbers(torch):
    """arange of whole and real bounds, with steps, backwards, and with a step that leads nowhere."""
    return {"whole": [torch.arange(5), torch.arange(2, 8, 3), torch.arange(5, 0, -2)],
            "real": [torch.arange(1, 2, 0.3), torch.arange(0, 1, 0.1), torch.arange(3, dtype=torch.float64)],
            "nothing": torch.arange(3, 3), "refused": outcome(lambda: torch.arange(5, 0))}


def half_precision(torch):
    """float16 stays float16 beside numbers, becomes float32 beside float32."""
    h = torch.tensor([1.0, 2.0, 3.0]).half()
    return {"half": [h * 2, h.mean(), h @ h, h / 3, h.max(), h * 1000 * 1000], "float": h + torch.ones(3),
            "back": h.float().sum()}
