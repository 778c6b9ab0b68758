"""Indexing: what is a view and what a copy, what is chosen, and where gradients land."""

from . import refused


def corners_of_indexing(torch):
    """Negative, None, ..., steps and a mixture."""
    x = torch.arange(24).view(2, 3, 4)
    return [x[-1], x[0, -1, -1], x[..., 0], x[:, None].shape, x[:, 1:, ::2], x[1, ..., 2:], x[None, :, 0, 0], x[:, -2:][0],
            x[0][1][2], x[..., None, 0].shape, x[:, :, -1:].shape, x[0, [0, 2], 1], x[:, torch.tensor([0, 2])].shape]


def lists_and_tensors(torch):
    """An index by lists picks pairs; an index by a matrix of ids is an embedding."""
    x = torch.arange(12.0).view(4, 3).requires_grad_()
    ids = torch.tensor([[0, 3], [3, 3]])
    out = x[ids]
    pairs = x[[0, 1, 2], [2, 1, 0]]
    (out.sum() + (pairs * torch.tensor([1.0, 10.0, 100.0])).sum()).backward()
    return {"shape": out.shape, "pairs": pairs, "grad": x.grad,
            "column": x.detach()[torch.arange(4).unsqueeze(1), torch.tensor([0, 2])], "row": x.detach()[torch.tensor(2)],
            "tuple": x.detach()[(1, 2)], "one": x.detach()[torch.tensor([1])].shape}


def log_probability_of_targets(torch):
    """log_probs[range(n), y], gather and nll_loss are the same."""
    torch.manual_seed(2)
    logits, y = torch.randn(4, 5, requires_grad=True), torch.tensor([1, 0, 4, 4])
    lp = torch.log_softmax(logits, dim=1)
    a, b = -lp[range(4), y].mean(), -lp.gather(1, y.view(-1, 1)).squeeze(1).mean()
    c = -lp[torch.arange(4), y].mean()
    d = torch.nn.functional.nll_loss(lp, y)
    (a + b + c + d).backward()
    return {"losses": [a, b, c, d], "grad": logits.grad}


def masks_choose(torch):
    """A bool mask picks a flat copy; a mask of rows; masked_select; a uint8 mask still masks."""
    x = torch.tensor([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]], requires_grad=True)
    mask = x > 0
    x[mask].pow(2).sum().backward()
    d = x.detach()
    rows = torch.tensor([False, True])
    return {"grad": x.grad, "chosen": d[mask], "rows": d[rows], "select": torch.masked_select(d, mask), "none": d[d > 100],
            "column": d[:, torch.tensor([True, False, True])], "both": d[rows, 1:],
            "byte": d[0][torch.tensor([1, 0, 1], dtype=torch.uint8)], "zero_one": d[0][torch.tensor([1, 0, 1])]}


def where_and_nonzero(torch):
    """where chooses; where with one argument and nonzero say where: a row for each, or a tuple."""
    x = torch.tensor([[0, 3, 0], [4, 0, 5]])
    rows, columns = torch.where(x > 0)
    return {"rows": rows, "columns": columns, "nonzero": x.nonzero(), "tuple": list(x.nonzero(as_tuple=True)),
            "first": (x[1] == 5).nonzero()[0].item(), "choice": torch.where(x > 3, x, -1),
            "floats": torch.where(x > 3, 1.0, 0.0), "squeeze": torch.nonzero(torch.tensor([0, 1, 1])).squeeze(),
            "argwhere": torch.argwhere(x == 3),
            "broadcast": torch.where(torch.tensor([[True], [False]]), torch.tensor([1, 2]), torch.tensor([8, 9])),
            "empty": (x > 9).nonzero()}


def gather_and_scatter(torch):
    """gather, take_along_dim, index_select and scatter_add, with gradients."""
    x = torch.arange(6.0).view(2, 3).requires_grad_()
    index = torch.tensor([[2, 0], [1, 1]])
    g = torch.gather(x, 1, index)
    s = torch.zeros(2, 3).scatter_add(1, index, g * 2)
    (s * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    d = x.detach()
    return {"g": g, "s": s, "grad": x.grad, "along": torch.take_along_dim(d, d.argmax(1, keepdim=True), dim=1),
            "select": torch.index_select(d, 1, torch.tensor([2, 2])), "down": d.gather(0, torch.tensor([[1, 0, 1]]))}


def triangles_and_diagonals(torch):
    """tril, triu, diag, diagonal, eye: masks of a causal attention."""
    x = torch.arange(9.0).view(3, 3)
    tril = torch.tril(torch.ones(3, 3))
    wei = torch.zeros(3, 3).masked_fill(tril == 0, float("-inf"))
    mask = torch.triu(torch.ones(3, 3), diagonal=1).bool()
    y = x.clone()
    y.fill_diagonal_(0)
    y.diagonal()[1] = -5
    return {"wei": torch.softmax(wei, dim=-1), "mask": mask, "diag": x.diag(), "made": torch.diag(torch.tensor([1, 2])),
            "above": torch.diagonal(x, offset=1), "y": y, "low": x.tril(-1), "trace": torch.trace(x),
            "sub": (1 - torch.triu(torch.ones(1, 3, 3), diagonal=1)).bool(), "eye": torch.eye(2, 3)}


def rolled_and_flipped(torch):
    """roll, flip, fliplr, narrow, select, unbind; a step below zero is refused."""
    x = torch.arange(6).view(2, 3)
    return {"roll": torch.roll(x, 1), "rows": x.roll(shifts=-1, dims=1), "both": torch.roll(x, (1, 1), (0, 1)),
            "flip": x.flip(0), "all": torch.flip(x, dims=[0, 1]), "lr": torch.fliplr(x), "narrow": x.narrow(1, 1, 2),
            "select": x.select(1, 2), "unbind": list(torch.unbind(x, dim=1)), "reverse": x[:, torch.arange(2, -1, -1)],
            "step": refused(lambda: x[::-1]), "rows_of": [row.sum().item() for row in x]}


def windows(torch):
    """unfold makes windows of a sequence; blocks of text and their targets by slices."""
    data = torch.arange(8)
    x = torch.stack([data[i:i + 3] for i in (0, 4)])
    y = torch.stack([data[i + 1:i + 4] for i in (0, 4)])
    u = torch.arange(6.0, requires_grad=True)
    w = u.unfold(0, 3, 2)
    w.sum().backward()
    return {"x": x, "y": y, "w": w, "grad": u.grad, "beyond": data[6:20], "empty": data[9:],
            "pairs": list(zip(data[:-1].tolist(), data[1:].tolist(), strict=True))[:2]}


def one_hot_rows(torch):
    """one_hot is of integers, its classes counted if not said; a row of the weight is picked by a product."""
    F = torch.nn.functional
    ids = torch.tensor([[0, 2], [1, 0]])
    hot = F.one_hot(ids, num_classes=4)
    W = torch.arange(8.0).view(4, 2)
    return {"hot": hot, "counted": F.one_hot(torch.tensor([1, 3])), "rows": hot.float() @ W,
            "same": torch.equal(hot.float() @ W, W[ids]), "eye": torch.eye(4)[ids[0]],
            "long": refused(lambda: F.one_hot(torch.tensor([1.0]))),
            "outside": refused(lambda: F.one_hot(torch.tensor([5]), 4))}


def counts_of_pairs(torch):
    """Bigram counts in an int32 matrix, row by row made probabilities; the sum's dimension kept or not matters."""
    N = torch.zeros((4, 4), dtype=torch.int32)
    for a, b in zip([0, 1, 1, 2, 3, 0, 1], [1, 1, 2, 3, 0, 1, 2], strict=True):
        N[a, b] += 1
    P = (N + 1).float()
    good = P / P.sum(1, keepdim=True)
    wrong = P / P.sum(1)
    return {"N": N, "P": good, "wrong": wrong, "sum": good[0].sum(), "total": N.sum(), "item": N[1, 2].item(),
            "log": torch.log(good[0, 1])}


def out_of_range(torch):
    """An index beyond the end is refused, a slice beyond it is short; a negative index of a tensor counts from the end."""
    x = torch.arange(5.0)
    table = torch.nn.Embedding(3, 2)
    return {"kinds": [refused(lambda: x[5]), refused(lambda: x[torch.tensor([7])]), refused(lambda: table(torch.tensor([3]))),
                      refused(lambda: x.view(5, 1)[:, 1]), refused(lambda: x[0, 0]),
                      refused(lambda: torch.nn.functional.cross_entropy(torch.zeros(1, 3), torch.tensor([3])))],
                      "slice": x[3:99], "minus": x[torch.tensor([-1, -5])], "float": refused(lambda: x[torch.tensor([1.0])]),
                      "mask": refused(lambda: x[torch.tensor([True, False])])}


def batched_positions(torch):
    """The last real step of each row of a padded batch, by two index tensors and by gather."""
    torch.manual_seed(4)
    out, lengths = torch.randn(3, 4, 2, requires_grad=True), torch.tensor([4, 1, 3])
    last = out[torch.arange(3), lengths - 1]
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, 2)
    same = torch.equal(last, out.gather(1, index).squeeze(1))
    mask = torch.arange(4)[None, :] < lengths[:, None]
    mean = (out * mask.unsqueeze(-1)).sum(1) / lengths.unsqueeze(1)
    (last.sum() + mean.pow(2).sum()).backward()
    return {"last": last, "same": same, "mask": mask, "mean": mean, "grad": out.grad}


def beam_step(torch):
    """Beam search: topk over beams times words, beam by //, word by %, hypotheses reordered by an index."""
    scores = torch.tensor([-0.5, -1.0])
    logp = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.7, 0.2, 0.1]]))
    hypotheses = torch.tensor([[7, 8], [7, 9]])
    total = scores[:, None] + logp
    best, flat = total.view(-1).topk(2)
    beam, word = flat // 3, flat % 3
    hypotheses = torch.cat([hypotheses[beam], word.unsqueeze(1)], dim=1)
    return {"best": best, "beam": beam, "word": word, "hypotheses": hypotheses}
