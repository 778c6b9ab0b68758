"""Reductions, orders and ties: what they return, in which dtype, and where their gradients go."""

from . import refused


def max_is_a_pair(torch):
    """x.max(1) is values and indices; without a dimension one number; of two tensors the larger."""
    x = torch.tensor([[3.0, 1.0, 3.0], [2.0, 5.0, 4.0]])
    values, indices = x.max(1)
    pair = torch.max(x, dim=0, keepdim=True)
    return {"values": values, "indices": indices, "values0": pair.values, "indices0": pair[1], "all": x.max(),
            "two": torch.max(x, torch.tensor(2.5)), "min": x.min(dim=-1).indices, "first": torch.max(x, 1)[0]}


def max_gradients_at_ties(torch):
    """max(dim) gives a tie's gradient to one element, amax and max() share it."""
    grads = {}
    for name, function in (("max_dim", lambda t: t.max(1).values), ("amax", lambda t: t.amax(1)), ("max", lambda t: t.max()),
                           ("min", lambda t: t.min()), ("min_dim", lambda t: torch.min(t, dim=0)[0])):
        x = torch.tensor([[1.0, 3.0, 3.0], [1.0, 1.0, 1.0]], requires_grad=True)
        function(x).sum().backward()
        grads[name] = x.grad
    return grads


def pairwise_ties(torch):
    """torch.max(a, b) shares at a tie; relu gives none at zero; clamp gives all at its edge; abs none at zero."""
    grads = {}
    for name, function in (("max", lambda t: torch.max(t, torch.zeros(3))), ("relu", torch.relu),
                           ("clamp", lambda t: t.clamp(min=0)),
                           ("clamp_max", lambda t: t.clamp(max=0.0)), ("abs", torch.abs),
                           ("minimum", lambda t: torch.minimum(t, t.detach()))):
        x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
        function(x).sum().backward()
        grads[name] = x.grad
    return grads


def median_is_the_lower(torch):
    """The median of an even number of values is the lower of the two in the middle; quantile goes between."""
    x = torch.tensor([[4.0, 1.0, 3.0, 2.0], [8.0, 8.0, 5.0, 6.0]], requires_grad=True)
    value, index = x.median(dim=1)
    x.median().backward()
    return {"all": x.median(), "value": value, "index": index, "grad": x.grad,
            "quantile": torch.quantile(x.detach(), 0.5, dim=1)}


def std_is_unbiased(torch):
    """std and var divide by n - 1 unless told otherwise."""
    x = torch.tensor([[1.0, 2.0, 4.0], [3.0, 3.0, 9.0]])
    var, mean = torch.var_mean(x, dim=1)
    return {"std": x.std(), "rows": x.std(1), "keep": x.std(0, keepdim=True), "var": x.var(), "biased": x.var(unbiased=False),
            "rows_biased": x.var(1, unbiased=False, keepdim=True), "alone": torch.ones(1).std(),
            "correction": torch.std(x, dim=0, correction=0), "var_mean": [var, mean]}


def argmax_of_rows(torch):
    """argmax is over all elements unless told; predictions against labels give an accuracy."""
    logits = torch.tensor([[0.1, 0.9, 0.0], [2.0, 1.0, 0.5], [0.3, 0.2, 0.7]])
    y = torch.tensor([1, 0, 1])
    hits = logits.argmax(dim=1) == y
    _, predicted = torch.max(logits.data, 1)
    return {"flat": logits.argmax(), "keep": logits.argmax(1, keepdim=True), "hits": hits, "sum": hits.sum(),
            "mean": hits.float().mean(), "correct": (predicted == y).sum().item(),
            "accuracy": (predicted == y).float().mean().item(), "argmin": logits.argmin(-1)}


def sort_is_a_pair(torch):
    """sort leaves its tensor as it was and returns values and indices; argsort descending ranks."""
    x = torch.tensor([[3.0, 1.0, 2.0], [9.0, 8.0, 7.0]], requires_grad=True)
    values, indices = x.sort()
    down = torch.sort(x, dim=0, descending=True)
    (values * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    lengths = torch.tensor([2, 5, 3, 5])
    ordered, order = lengths.sort(descending=True, stable=True)
    return {"x": x, "values": values, "indices": indices, "down": down.values, "grad": x.grad, "ordered": ordered,
            "order": order, "back": order.argsort(), "rank": torch.argsort(x.detach(), dim=1, descending=True)}


def top_k_sampling(torch):
    """Everything below the k-th largest logit becomes -inf, as text generation does it."""
    logits = torch.tensor([[1.0, 4.0, 3.0, 2.0], [0.0, -1.0, 5.0, 0.5]])
    v, ix = torch.topk(logits, 2)
    logits[logits < v[:, [-1]]] = -float("Inf")
    small = torch.tensor([5, 2, 9]).topk(2, largest=False)
    return {"v": v, "ix": ix, "logits": logits, "probs": torch.softmax(logits, dim=-1), "small": small.values,
            "at": small.indices}


def nucleus(torch):
    """Top-p: a cumulative sum of sorted probabilities, shifted by one, scattered back."""
    logits = torch.tensor([[2.0, 1.0, 0.5, -1.0]])
    sorted_logits, sorted_indices = torch.sort(logits, descending=True)
    cumulative = torch.cumsum(torch.softmax(sorted_logits, dim=-1), dim=-1)
    remove = cumulative > 0.8
    remove[..., 1:] = remove[..., :-1].clone()
    remove[..., 0] = 0
    mask = remove.scatter(1, sorted_indices, remove)
    return {"cumulative": cumulative, "remove": remove, "logits": logits.masked_fill(mask, float("-inf"))}


def running_sums_and_products(torch):
    """cumsum, cumprod and prod; the gradient of a product with a zero in it."""
    x = torch.tensor([2.0, 0.0, 3.0], requires_grad=True)
    x.prod().backward()
    m = torch.tensor([[1, 2], [3, 4]])
    y = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    torch.cumprod(y, dim=0).sum().backward()
    return {"grad": x.grad, "cumprod": y.grad, "cumsum": m.cumsum(0), "prod": m.prod(dim=1), "all": m.prod(),
            "bools": torch.tensor([True, True, False]).cumsum(0)}


def norms(torch):
    """norm() of all, of rows, of other orders; at zero its gradient is zero."""
    x = torch.tensor([[3.0, 4.0], [0.0, 0.0]], requires_grad=True)
    x.norm(dim=1).sum().backward()
    d = x.detach()
    unit = d / d.norm(p=2, dim=1, keepdim=True).clamp(min=1e-12)
    return {"grad": x.grad, "all": d.norm(), "one": d.norm(1), "inf": d.norm(float("inf")), "rows": torch.norm(d, dim=1),
            "unit": unit, "same": torch.nn.functional.normalize(d, dim=1), "linalg": torch.linalg.norm(d)}


def log_sum_exp(torch):
    """logsumexp with large numbers and with -inf; softmax of a row that is masked whole is nan."""
    x = torch.tensor([[1000.0, 1000.0], [float("-inf"), 0.0]])
    y = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    torch.logsumexp(y, dim=0).backward()
    empty = torch.full((1, 2), float("-inf"))
    return {"rows": torch.logsumexp(x, dim=1), "keep": x.logsumexp(1, keepdim=True), "grad": y.grad,
            "nan": torch.softmax(empty, dim=1), "log": torch.log_softmax(x, dim=1),
            "pair": torch.logaddexp(torch.tensor(0.0), torch.tensor(0.0))}


def any_and_all(torch):
    """any and all over everything and over a dimension, of bools and of numbers."""
    x = torch.tensor([[True, False], [True, True]])
    n = torch.tensor([0, 3, 0])
    loop = "all" if (x == x).all() else "some"
    return {"all": x.all(), "rows": x.all(dim=1), "any": torch.any(~x, dim=0), "n": n.any(), "item": x.any().item(),
            "loop": loop, "equal": torch.equal(x, x.clone()), "count": torch.count_nonzero(n),
            "close": torch.allclose(torch.ones(2), torch.ones(2) + 1e-9), "truth": refused(lambda: bool(x)),
            "one": bool(torch.tensor([1.0]))}


def unique_and_counts(torch):
    """unique is sorted; return_inverse and return_counts; bincount with weights and minlength; histc."""
    x = torch.tensor([[3, 1, 3], [2, 1, 3]])
    values, inverse, counts = torch.unique(x, return_inverse=True, return_counts=True)
    runs, lengths = torch.unique_consecutive(torch.tensor([1, 1, 2, 1]), return_counts=True)
    return {"values": values, "inverse": inverse, "counts": counts, "runs": runs, "lengths": lengths,
            "rows": torch.unique(x, dim=0), "bincount": torch.bincount(x.view(-1), minlength=6),
            "weights": torch.bincount(torch.tensor([0, 1, 1]), torch.tensor([0.5, 1.0, 2.0])),
            "histc": torch.histc(torch.tensor([0.0, 1.0, 1.5, 4.0]), bins=4, min=0, max=4)}


def sums_and_means(torch):
    """Sums over several dimensions, of ints and bools; a mean of ints is refused; of nothing it is nan."""
    x = torch.arange(24).view(2, 3, 4)
    y = x.float()
    return {"all": x.sum(), "two": x.sum(dim=(0, 2)), "keep": y.mean(dim=(1, 2), keepdim=True), "negative": y.mean(-1),
            "last": x.sum(-1, keepdim=True), "bools": (x > 5).sum(dim=1), "int8": torch.ones(300, dtype=torch.uint8).sum(),
            "mean": refused(lambda: x.mean()), "dtype": x.sum(dtype=torch.float32), "as": x.mean(dtype=torch.float64),
            "empty": torch.ones(0).mean(), "zero": torch.ones(0).sum()}


def min_and_max_clip(torch):
    """amin and amax over one and two dimensions, clamp with numbers and with tensors, clip."""
    x = torch.tensor([[5.0, -2.0], [3.0, 8.0]])
    return {"amin": x.amin(dim=0), "amax": x.amax(dim=(0, 1)),
            "clamp": x.clamp(torch.tensor([0.0, 0.0]), torch.tensor([4.0, 6.0])), "clip": x.clip(-1, 4),
            "only": torch.clamp(x, max=2)}


def nan_and_inf(torch):
    """isnan, nan_to_num, nanmean, and that a nan is the largest for max and not equal to itself."""
    x = torch.tensor([1.0, float("nan"), float("inf"), -float("inf")])
    value, index = torch.tensor([2.0, float("nan"), 9.0]).max(0)
    y = torch.tensor([0.0, 4.0], requires_grad=True)
    torch.where(y > 0, y.sqrt(), torch.zeros(2)).sum().backward()
    return {"isnan": torch.isnan(x), "isinf": x.isinf(), "finite": torch.isfinite(x).all(),
            "fixed": torch.nan_to_num(x, nan=0.0, posinf=9.0, neginf=-9.0), "nanmean": torch.nanmean(x[:2]), "value": value,
            "index": index, "equal": x == x, "where": y.grad}


def numpy_names(torch):
    """axis= and keepdims= are understood where dim= and keepdim= are."""
    x = torch.tensor([[1.0, 5.0], [3.0, 2.0]])
    return {"sum": x.sum(axis=1, keepdims=True), "mean": torch.mean(x, axis=0), "argmax": x.argmax(axis=1),
            "softmax": torch.softmax(x, dim=-1), "max": torch.max(x, axis=0).values, "cat": torch.cat([x, x], axis=1).shape,
            "stack": torch.stack([x, x], axis=0).shape, "absolute": torch.absolute(-x), "multiply": torch.multiply(x, 2),
            "concat": torch.concat([x, x]).shape, "std": x.std(axis=0)}


def softmax_without_a_dimension(torch):
    """softmax without dim takes the first dimension of a vector and of three dimensions, the second of a matrix."""
    F = torch.nn.functional
    torch.manual_seed(3)
    v, m, c = torch.randn(3), torch.randn(2, 3), torch.randn(2, 2, 2)
    return {"v": F.softmax(v), "m": torch.nn.Softmax()(m), "c": F.softmax(c), "log": F.log_softmax(c).sum(),
            "is": torch.allclose(F.softmax(c), c.softmax(0))}
