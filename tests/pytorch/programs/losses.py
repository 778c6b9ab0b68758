"""Losses: all reductions, weights, targets of all kinds, and targets that do not fit."""

from . import outcome


def _logits(torch):
    torch.manual_seed(1)
    return torch.randn(5, 3), torch.tensor([0, 2, 1, 0, 2]), torch.tensor([1.0, 2.0, 0.5])


def _reduced(loss):
    return {reduction: loss(reduction) for reduction in ("mean", "sum", "none")}


def cross_entropy_weighted(torch):
    """Weights and smoothing, classes that are left out, probabilities as targets."""
    x, t, w = _logits(torch)
    f = torch.nn.functional
    return {"weights": _reduced(lambda r: f.cross_entropy(x, t, weight=w, reduction=r, label_smoothing=0.1)),
            "ignored": _reduced(lambda r: f.cross_entropy(x, t, ignore_index=2, reduction=r)),
            "soft": _reduced(lambda r: f.cross_entropy(x, torch.softmax(x, 1), weight=w, reduction=r)),
            "nll": _reduced(lambda r: f.nll_loss(f.log_softmax(x, 1), t, weight=w, reduction=r))}


def cross_entropy_shapes(torch):
    """One example, sequences with classes on axis 1, nothing left after ignore_index."""
    x, t, _ = _logits(torch)
    f = torch.nn.functional
    return {"one": f.cross_entropy(x[0], t[0]),
            "sequence": f.cross_entropy(torch.randn(2, 3, 4), torch.randint(0, 3, (2, 4))),
            "nothing": f.cross_entropy(x, torch.full((5,), -100)),
            "sum": f.cross_entropy(x, torch.full((5,), -100), reduction="sum"),
            "each": f.nll_loss(f.log_softmax(torch.randn(2, 3, 4), 1), torch.randint(0, 3, (2, 4)), reduction="none")}


def cross_entropy_refuses(torch):
    """Classes outside, real classes, too few targets, a reduction that is none."""
    x, t, _ = _logits(torch)
    f = torch.nn.functional
    actions = [lambda: f.cross_entropy(x, torch.tensor([0, 1, 2, 3, 0])), lambda: f.cross_entropy(x, t.float()),
               lambda: f.cross_entropy(x, t[:2]), lambda: f.nll_loss(x, t - 1),
               lambda: f.cross_entropy(x, t, reduction="most")]
    return {"refused": [outcome(action) for action in actions]}


def binary_weighted(torch):
    """Weights of examples and of the positive class."""
    x, _, w = _logits(torch)
    f, t = torch.nn.functional, (x > 0).float()
    return {"probabilities": _reduced(lambda r: f.binary_cross_entropy(x.sigmoid(), t, weight=w, reduction=r)),
            "logits": _reduced(lambda r: f.binary_cross_entropy_with_logits(x, t, reduction=r, pos_weight=w)),
            "soft": f.binary_cross_entropy_with_logits(x, t * 0.9), "hard": f.binary_cross_entropy(t, t),
            "outside": outcome(lambda: f.binary_cross_entropy(x, t)),
            "shape": outcome(lambda: f.binary_cross_entropy(t, t[0]))}


def distances_reduced(torch):
    """Squares, sizes, and between them."""
    x, _, _ = _logits(torch)
    f = torch.nn.functional
    return {"mse": _reduced(lambda r: f.mse_loss(x, x * 2, reduction=r)),
            "l1": _reduced(lambda r: f.l1_loss(x, x * 2, reduction=r)),
            "smooth": _reduced(lambda r: f.smooth_l1_loss(x, x * 3, reduction=r, beta=0.5)),
            "huber": _reduced(lambda r: f.huber_loss(x, x * 3, reduction=r, delta=0.7)),
            "broadcast": f.mse_loss(x, torch.ones(3)), "column": f.mse_loss(x[:, :1], torch.ones(5)),
            "refused": outcome(lambda: f.mse_loss(x, torch.ones(4, 3)))}


def divergences_reduced(torch):
    """KL of probabilities and of their logarithms, and by batch."""
    x, _, _ = _logits(torch)
    f = torch.nn.functional
    q, p = f.log_softmax(x, 1), f.softmax(x * 2, 1)
    return {"p": _reduced(lambda r: f.kl_div(q, p, reduction=r)), "batch": f.kl_div(q, p, reduction="batchmean"),
            "log": _reduced(lambda r: f.kl_div(q, p.log(), reduction=r, log_target=True)),
            "zeros": f.kl_div(q, torch.nn.functional.one_hot(torch.arange(3)).float()[[0, 1, 2, 0, 1]], reduction="sum")}


def margins_reduced(torch):
    """Triplets, angles, rankings, hinges."""
    x, _, _ = _logits(torch)
    f, sign = torch.nn.functional, torch.tensor([1, -1, 1, 1, -1])
    return {"triplet": _reduced(lambda r: f.triplet_margin_loss(x, x + 1, x * 2, reduction=r)),
            "cosine": _reduced(lambda r: f.cosine_embedding_loss(x, x * 2 + 1, sign, reduction=r, margin=0.1)),
            "ranking": _reduced(lambda r: f.margin_ranking_loss(x[:, 0], x[:, 1], sign, margin=0.2, reduction=r)),
            "hinge": _reduced(lambda r: f.hinge_embedding_loss(x[:, 0], sign, reduction=r))}


def modules_of_losses(torch):
    """Losses as modules, with old arguments and new ones, and their gradients."""
    x, t, w = _logits(torch)
    nn = torch.nn
    x.requires_grad_()
    losses = [nn.CrossEntropyLoss(weight=w, ignore_index=1)(x, t), nn.NLLLoss(reduction="sum")(x, t),
              nn.MSELoss(reduction="none")(x, x * 0),
              nn.BCEWithLogitsLoss(pos_weight=w)(x, (x > 0).float()), nn.SmoothL1Loss()(x, x * 0),
              nn.KLDivLoss(reduction="batchmean")(x, w)]
    torch.stack([loss.sum() for loss in losses]).sum().backward()
    return {"losses": losses, "grad": x.grad}


def similarities(torch):
    """Cosines and distances of rows, of all pairs, with broadcasting."""
    torch.manual_seed(2)
    nn, f, a = torch.nn, torch.nn.functional, torch.randn(4, 3)
    return {"r": [nn.CosineSimilarity(dim=1)(a, a * 2), f.cosine_similarity(a, a[:1], dim=-1),
                  nn.PairwiseDistance()(a, a + 1),
                  f.pairwise_distance(a, a * 2, p=1), torch.cdist(a, a[:2]), f.cosine_similarity(a[:, None], a[None], dim=-1),
                  f.cosine_similarity(torch.zeros(3), a, dim=-1)]}
