"""Shapes: view, squeeze, expand, cat, products, and what is asked of a tensor about its shape."""

from . import refused


def view_and_reshape(torch):
    """view with -1, with a size, of the last dimensions; reshape; a size that does not fit."""
    x = torch.arange(12)
    B, T, C = x.view(2, 3, 2).shape
    return {"a": x.view(-1, 4), "b": x.view(2, -1).shape, "c": x.view(2, 3, 2).view(B * T, C).shape,
            "d": x.reshape((3, 4)).size(), "e": x.view(torch.Size([4, 3])).shape, "flat": x.view(2, 6).view(-1).shape,
            "as": x.view_as(torch.zeros(6, 2)).shape, "bad": refused(lambda: x.view(5, -1)),
            "one": torch.tensor(3.0).view(1, 1).shape, "order": x.view(3, 4).t().reshape(-1),
            "unflatten": torch.zeros(2, 6).unflatten(1, (2, 3)).shape}


def squeeze_and_unsqueeze(torch):
    """squeeze(dim) of a dimension that is not one does nothing; unsqueeze counts from the end too."""
    x = torch.zeros(1, 3, 1)
    return [x.squeeze().shape, x.squeeze(0).shape, x.squeeze(1).shape, x.squeeze(-1).shape, x.unsqueeze(0).shape,
            x.unsqueeze(-1).shape, x.unsqueeze(1).shape, torch.squeeze(x, (0, 2)).shape, torch.tensor(5).unsqueeze(0),
            x[None].shape, torch.zeros(2).unsqueeze_(1).shape, x.squeeze(2).squeeze(0).size(0)]


def repeats(torch):
    """repeat tiles; repeat_interleave repeats each; expand takes -1; tile."""
    x = torch.tensor([[1, 2], [3, 4]], dtype=torch.float).requires_grad_()
    (x.repeat(2, 3) * torch.arange(24.0).view(4, 6)).sum().backward()
    d = x.detach()
    return {"repeat": d.repeat(1, 2), "more": d.repeat(2, 1, 1).shape, "each": d.repeat_interleave(2, dim=0),
            "flat": d.repeat_interleave(2), "grad": x.grad,
            "by": torch.repeat_interleave(torch.tensor([5, 6]), torch.tensor([1, 3])),
            "expand": d.unsqueeze(1).expand(-1, 3, -1)[1], "tile": torch.tile(d[0], (2,)),
            "to": torch.zeros(1, 3).expand(4, -1).shape, "as": torch.ones(1, 2).expand_as(d),
            "front": torch.ones(2).expand(3, 2).shape, "bad": refused(lambda: d.expand(4, 2))}


def transposes(torch):
    """transpose swaps two, permute orders all, T and mT, movedim, swapaxes; strides tell."""
    x = torch.arange(24).view(2, 3, 4)
    return {"t": x.transpose(1, 2).shape, "minus": x.transpose(-2, -1)[0, 1], "permute": x.permute(2, 0, 1).shape,
            "tuple": torch.permute(x, (1, 0, 2)).shape, "T": x[0].T, "mT": x.mT.shape, "move": torch.movedim(x, 0, -1).shape,
            "swap": x.swapaxes(0, 2).shape, "stride": [x.stride(), x.transpose(0, 1).stride()], "row": torch.arange(3).t(),
            "values": x.permute(1, 2, 0).contiguous().view(-1)[:5], "heads": x.view(2, 3, 2, 2).transpose(1, 2).shape}


def cat_and_stack(torch):
    """cat and stack with dim, positive and negative; what does not fit; gradients of both."""
    a, b = torch.ones(2, 2, requires_grad=True), torch.zeros(2, 2)
    c, s = torch.cat((a, b, a), dim=1), torch.stack([a, b], dim=-1)
    (c * torch.arange(6.0)).sum().backward()
    rows = [torch.tensor([1, 2]), torch.tensor([3, 4])]
    return {"c": c, "s": s.shape, "grad": a.grad, "default": torch.cat([b, b]).shape, "last": torch.cat([a, b], -1).shape,
            "rows": torch.stack(rows), "vstack": torch.vstack(rows), "hstack": torch.hstack(rows),
            "bad": [refused(lambda: torch.cat([a, torch.ones(3, 3)], dim=0)),
                    refused(lambda: torch.stack([rows[0], torch.ones(3)]))],
                    "empty": torch.cat([torch.tensor([]), torch.ones(2)]), "scalars": torch.stack([torch.tensor(1.0), a.sum()])}


def chunk_and_split(torch):
    """split takes sizes, not the number of parts; chunk the number; the last is short."""
    x = torch.arange(7)
    qkv = torch.arange(12.0).view(2, 6)
    q, k, v = qkv.split(2, dim=1)
    return {"split": list(x.split(3)), "sizes": list(torch.split(x, [1, 2, 4])), "chunk": list(x.chunk(3)),
            "fewer": len(torch.arange(6).chunk(4)), "q": q, "v": v, "bad": refused(lambda: x.split([3, 3])),
            "gates": [g.shape for g in torch.zeros(2, 8).chunk(4, -1)], "k": k.shape}


def sizes_asked(torch):
    """size(), size(i), shape unpacked, numel, dim, len; shapes compared and added."""
    x = torch.zeros(2, 3, 4)
    B, T, C = x.size()
    *lead, last = x.shape
    return {"size": x.size(), "one": x.size(1), "minus": x.size(-1), "product": B * T * C, "lead": lead, "last": last,
            "numel": x.numel(), "shape_numel": x.shape.numel(),
            "slice": x.shape[:2] + (5,),  # noqa: RUF005
            "is_tuple": x.shape == (2, 3, 4), "made": torch.zeros(x.shape[:-1]).shape,
            "star": torch.zeros(*x.size()[1:]).dim(), "len": len(x.shape),
            "zeros": torch.zeros(2, *x.shape[1:]).shape, "empty": torch.zeros(0, 3).numel(), "scalar": torch.tensor(1).shape,
            "text": f"{tuple(x.shape)}", "list": list(x.size())}


def flattened(torch):
    """flatten with start_dim and end_dim, nn.Flatten, ravel."""
    x = torch.arange(24.0).view(2, 3, 2, 2)
    return {"all": x.flatten().shape, "start": torch.flatten(x, 1).shape, "middle": x.flatten(start_dim=1, end_dim=2).shape,
            "module": torch.nn.Flatten()(x).shape, "end": x.flatten(-2).shape, "ravel": x.ravel().sum(),
            "unflatten": torch.nn.Unflatten(1, (3, 4))(torch.zeros(2, 12)).shape, "scalar": torch.tensor(1.0).flatten().shape}


def grids(torch):
    """meshgrid with both kinds of indexing, and relative positions by broadcasting."""
    i, j = torch.meshgrid(torch.arange(2), torch.arange(3), indexing="ij")
    x, y = torch.meshgrid(torch.arange(2), torch.arange(3), indexing="xy")
    distance = torch.arange(3)[None, :] - torch.arange(3)[:, None]
    return {"i": i, "j": j, "x": x, "y": y, "distance": distance}


def products(torch):
    """matmul by dimensions, mm, bmm, mv, dot, outer, einsum; a vector is a row or a column as needed."""
    torch.manual_seed(6)
    a, b, m, v = torch.randn(2, 3, 4), torch.randn(2, 4, 2), torch.randn(4, 3), torch.randn(4)
    u = torch.tensor([1.0, 2.0])
    return {"bmm": torch.bmm(a, b), "broadcast": (a @ m).shape, "vector": a @ v, "front": (v @ m), "dot": torch.dot(u, u),
            "outer": torch.outer(u, torch.arange(3.0)), "mv": torch.mv(m.t(), v), "einsum": torch.einsum("bij,bjk->bik", a, b),
            "trace": torch.einsum("ii", m[:3]), "scores": torch.einsum("bqd,bkd->bqk", a, a).shape,
            "mm": refused(lambda: torch.mm(a, m)), "bad": refused(lambda: v @ a), "star": refused(lambda: a * m),
            "addmm": torch.addmm(torch.ones(2), b[0].t(), torch.ones(4, 2)),
            "baddbmm": (a.matmul(b) - a.bmm(b)).abs().max() < 1e-5}


def broadcast_by_accident(torch):
    """(n, 1) minus (n,) is a matrix: the loss that looks right and is not."""
    pred, y = torch.tensor([[1.0], [2.0], [3.0]], requires_grad=True), torch.tensor([1.0, 2.0, 4.0])
    wrong, right = ((pred - y) ** 2).mean(), ((pred.squeeze(1) - y) ** 2).mean()
    wrong.backward()
    mse = torch.nn.functional.mse_loss(pred.view(-1), y)
    return {"wrong": wrong, "right": right, "mse": mse, "grad": pred.grad, "shape": (pred - y).shape,
            "tensors": [t.shape for t in torch.broadcast_tensors(pred, y)]}


def padding_shapes(torch):
    """F.pad counts from the last dimension; with a value; modes; negative padding cuts."""
    F = torch.nn.functional
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    p = F.pad(x, (1, 2), value=9.0)
    (p * torch.arange(6.0)).sum().backward()
    d = x.detach()
    return {"p": p, "grad": x.grad, "rows": F.pad(d, (0, 0, 1, 0)), "cut": F.pad(d, (-1, 0)),
            "reflect": F.pad(d, (1, 1), mode="reflect"), "replicate": F.pad(d, (0, 2), mode="replicate"),
            "ids": F.pad(torch.tensor([4, 5]), (0, 2), value=-100)}


def attention_by_hand(torch):
    """Heads by view and transpose, scores by matmul, merged by contiguous().view()."""
    torch.manual_seed(7)
    B, T, C, H = 2, 3, 4, 2
    x, w = torch.randn(B, T, C), torch.randn(C, 3 * C, requires_grad=True)
    q, k, v = (x @ w).split(C, dim=2)
    q, k, v = (t.view(B, T, H, C // H).transpose(1, 2) for t in (q, k, v))
    att = (q @ k.transpose(-2, -1)) * (1.0 / (k.size(-1) ** 0.5))
    att = att.masked_fill(torch.tril(torch.ones(T, T)).view(1, 1, T, T) == 0, float("-inf"))
    y = torch.softmax(att, dim=-1) @ v
    kind = refused(lambda: y.transpose(1, 2).view(B, T, C))
    y = y.transpose(1, 2).contiguous().view(B, T, C)
    y.pow(2).mean().backward()
    same = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(B, T, C)
    return {"y": y, "grad": w.grad, "kind": kind, "same": torch.allclose(y, same, atol=1e-5)}


def distances(torch):
    """cdist, cosine similarity with a dim, and pairwise products by broadcasting."""
    F = torch.nn.functional
    a, b = torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[0.0, 0.0], [6.0, 8.0], [1.0, 0.0]])
    return {"cdist": torch.cdist(a, b), "by_hand": ((a[:, None, :] - b[None, :, :]) ** 2).sum(-1).sqrt(),
            "cosine": F.cosine_similarity(a.unsqueeze(1), b.unsqueeze(0), dim=-1), "pairs": F.cosine_similarity(a, b[:2]),
            "module": torch.nn.CosineSimilarity(dim=1)(a, b[1:]), "distance": F.pairwise_distance(a, b[:2]),
            "cross": a.unsqueeze(1).mul(b).shape}
