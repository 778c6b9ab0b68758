"""Products of all ranks, einsum, and shapes that broadcast or do not."""

from . import outcome

SHAPES = ((), (3,), (1, 3), (2, 3), (3, 2), (2, 1, 3), (4, 2, 3), (0, 3), (2,))


def _pairs(torch, action):
    found = {}
    for s in SHAPES:
        for t in SHAPES:
            result = outcome(lambda s=s, t=t: action(torch.ones(s), torch.ones(t)))
            found[f"{s}{t}"] = result if isinstance(result, str) else list(result.shape)
    return found


def sums_of_shapes(torch):
    """a + b of all pairs of shapes."""
    return {"sum": _pairs(torch, lambda a, b: a + b),
            "less": _pairs(torch, lambda a, b: a < b)}


def products_of_shapes(torch):
    """a @ b of all pairs of shapes."""
    return {"product": _pairs(torch, lambda a, b: a @ b),
            "function": _pairs(torch, torch.matmul)}


def other_products_of_shapes(torch):
    """bmm, dot, mm, mv and outer take what they are made for and nothing else."""
    return {name: _pairs(torch, lambda a, b, name=name: getattr(torch, name)(a, b)) for name in ("bmm", "dot", "mm", "mv",
                                                                                                 "outer")}


def copies_of_shapes(torch):
    """copy_ and add_ broadcast what comes, never what is written; expand goes one way too."""
    return {"copy_": _pairs(torch, lambda a, b: a.copy_(b)), "add_": _pairs(torch, lambda a, b: a.add_(b)),
            "expand": _pairs(torch, lambda a, b: a.expand(b.shape)), "view": _pairs(torch, lambda a, b: a.view(b.shape))}


def joined_shapes(torch):
    """cat and stack of all pairs of shapes."""
    return {"cat": _pairs(torch, lambda a, b: torch.cat([a, b])), "last": _pairs(torch, lambda a, b: torch.cat([a, b], -1)),
            "stack": _pairs(torch, lambda a, b: torch.stack([a, b], -1))}


def chosen_shapes(torch):
    """where, maximum and the squared loss of all pairs of shapes."""
    return {"where": _pairs(torch, lambda a, b: torch.where(a > 0, b, 0.0)), "maximum": _pairs(torch, torch.maximum),
            "mse": _pairs(torch, lambda a, b: torch.nn.functional.mse_loss(a, b, reduction="none"))}


def einsum_forms(torch):
    """Products, traces, diagonals, sums, outer products, batches with dots, and letters in any order."""
    torch.manual_seed(1)
    e, a, b, c = torch.einsum, torch.randn(2, 3), torch.randn(3, 4), torch.randn(2, 3, 4)
    square = torch.randn(3, 3)
    return {"r": [e("ij,jk->ik", a, b), e("ij->ji", a), e("ba", a), e("ii->i", square), e("ii", square),
                  e("i,j", a[0], b[:, 0]),
                  e("...ij,...jk", c, torch.randn(2, 4, 5)), e("ij,ij->", a, a), e("ij", a), e("i,i", a[0], a[1]),
                  e("...i->...", c), e("Ab,bC->AC", a, b), e("bij,bij->b", c, c), e("i j, j k -> i k", a, b), e("bij->b", c)]}


def einsum_of_three(torch):
    """Three operands, a list of operands, gradients, and equations that do not fit."""
    torch.manual_seed(2)
    a, b, c = torch.randn(2, 1, requires_grad=True), torch.randn(2, 2), torch.randn(2, 3)
    out = torch.einsum("bi,bj,bk->ijk", a, b, c)
    out.sum().backward()
    refused = [outcome(lambda q=q: torch.einsum(q, b, c)) for q in ("ij,jk", "ij,ik->iz", "ijk,ij", "ij->i")]
    return {"out": out, "listed": torch.einsum("ij,ik->jk", [b, c]), "grad": a.grad,
            "refused": [isinstance(r, str) for r in refused]}


def gradients_of_products(torch):
    """Vectors with matrices and stacks, from both sides, with broadcasting."""
    torch.manual_seed(3)
    grads = []
    for s, t in (((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((4, 2, 3), (3, 2)), ((2, 3), (4, 3, 2)),
                 ((1, 2, 3), (5, 3, 2)),
                 ((3,), (4, 3, 2)), ((4, 2, 3), (3,))):
        a, b = torch.randn(s, requires_grad=True), torch.randn(t, requires_grad=True)
        (a @ b).pow(2).sum().backward()
        grads += [a.grad, b.grad]
    return {"grads": grads}


def reductions_over_dimensions(torch):
    """Several dimensions, none, negative ones, kept or not, doubled or outside."""
    x, found = torch.arange(24.0).reshape(2, 3, 4), {}
    for name in ("sum", "mean", "std", "var", "amax", "amin"):
        for dim in ((0, 1), (-1, 0), [1, 2], (0, 1, 2), (), (0, 0), (3,), -4, -1):
            for keepdim in (False, True):
                found[f"{name} {dim} {keepdim}"] = outcome(lambda n=name, d=dim, k=keepdim: getattr(x, n)(dim=d, keepdim=k))
    return found


def reductions_of_nothing(torch):
    """Empty Tensors have sums and products, no maximum along what is empty, and NaN for a mean."""
    found = {}
    for shape in ((0,), (0, 3), (3, 0), (2, 0, 3)):
        x = torch.zeros(shape)
        for name in ("sum", "mean", "prod", "max", "argmax", "any", "all", "std", "norm", "logsumexp", "amin"):
            for dim in range(len(shape)):
                result = outcome(lambda x=x, n=name, d=dim: getattr(x, n)(dim=d))
                found[f"{shape} {name} {dim}"] = list(result) if name == "max" and not isinstance(result, str) else result
    return found


def shapes_that_cannot_be(torch):
    """Views, permutations, splits and repeats that do not fit."""
    x = torch.ones(2, 3, 4)
    actions = [lambda: x.view(7, -1), lambda: x.view(-1, -1), lambda: x.permute(0, 1), lambda: x.transpose(0, 5),
               lambda: x.squeeze(5),
               lambda: x.unsqueeze(7), lambda: x.repeat(2, 2), lambda: x.split([1, 1], 1), lambda: torch.stack([]),
               lambda: x.t(),
               lambda: torch.zeros(0).view(-1, 0), lambda: x.permute(0, 0, 1), lambda: x.flatten(2, 1),
               lambda: x.expand(2, 3, 5),
               lambda: x.narrow(1, 2, 2), lambda: x.select(0, 2), lambda: x.chunk(0), lambda: x.unfold(0, 3, 1)]
    return {"refused": [outcome(action) for action in actions]}
