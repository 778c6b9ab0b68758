"""x[index] = value, with every kind of index, where x or the value is recorded."""

from . import outcome


def _computed(torch):
    x = torch.arange(12.0, requires_grad=True)
    return x, x.reshape(3, 4) * 1


def ellipsis_and_none(torch):
    """x[..., 0] and x[:, None, 1] are assigned a number."""
    x, y = _computed(torch)
    y[..., 0] = 5
    y[:, None, 1] = 6
    (y * y).sum().backward()
    return {"y": y, "grad": x.grad}


def number_and_list(torch):
    """A row's entries by a list, and pairs of rows and columns by two Tensors, get recorded values."""
    x, y = _computed(torch)
    y[1, [0, 2]] = torch.tensor([1.0, 2.0])
    y[torch.tensor([0, 2]), torch.tensor([3, 3])] = x[:2]
    (y * y).sum().backward()
    return {"y": y, "grad": x.grad}


def row_to_row(torch):
    """The last row becomes the first, and is changed afterwards: the first stays."""
    x, y = _computed(torch)
    y[-1] = y[0]
    y[-1] += 1
    (y * y).sum().backward()
    return {"y": y, "grad": x.grad}


def masks_of_rows_and_columns(torch):
    """Masks over rows, over columns and over all."""
    x, y = _computed(torch)
    y[torch.tensor([True, False, True])] = torch.ones(4)
    y[y < 6] = -1
    y[:, torch.tensor([True, False, False, True])] *= 3
    y.sum().backward()
    return {"y": y, "grad": x.grad}


def operators_on_parts(torch):
    """y[i] *= 2 and its like, by slices, lists and masks."""
    x = torch.arange(5.0, requires_grad=True)
    y = x.clone()
    y[torch.tensor([0, 2])] = torch.tensor([7.0, 8.0])
    y[1:3] *= 2
    y[[3, 4]] += 1
    y[torch.tensor([True, False, False, False, True])] = 0.5
    (y * x).sum().backward()
    return {"y": y, "grad": x.grad}


def entries_from_each_other(torch):
    """Entries computed from entries that were assigned before."""
    x = torch.arange(1.0, 5.0, requires_grad=True)
    y = torch.zeros(4)
    y[:] = x
    y[0] = y[1].clone() * y[2].clone()
    y[3] = y[0] + y[3]
    y.sum().backward()
    return {"y": y, "grad": x.grad}


def every_second(torch):
    """Slices with steps, written from each other."""
    a = torch.ones(4, requires_grad=True)
    b = a * 2
    b[::2] = 0
    b[1::2] += b[::2] + a[::2]
    b.sum().backward()
    return {"b": b, "grad": a.grad}


def what_does_not_fit(torch):
    """Values of another shape, indices outside, too many indices: refused, and nothing is written."""
    x = torch.zeros(3, 3)
    return {"shape": outcome(lambda: x.__setitem__(0, torch.ones(2))), "outside": outcome(lambda: x.__setitem__(5, 1)),
            "many": outcome(lambda: x.__setitem__((0, 0, 0), 1)),
            "row": outcome(lambda: x.__setitem__(0, torch.ones(1, 1, 3))),
            "float": outcome(lambda: x.__setitem__(1.0, 1)), "mask": outcome(lambda: x.__setitem__(torch.ones(2) > 0, 1)),
            "x": x}


def converted_values(torch):
    """Values take the dtype of what they are written into."""
    whole, real, truth = torch.arange(6).reshape(2, 3), torch.zeros(3), torch.zeros(3, dtype=torch.bool)
    whole[0] = 2.7
    whole[1] = torch.tensor([1.5, -2.5, 3.5])
    real[0], real[1] = 3, True
    real[2] = torch.tensor(7)
    truth[0], truth[1] = 2, 0.5
    return {"whole": whole, "real": real, "truth": truth}


def repeated_places(torch):
    """The same place twice: += adds once, index_put_ with accumulate twice, index_add_ too."""
    x, y, z = torch.zeros(3), torch.zeros(3), torch.zeros(3)
    x[[0, 0, 1]] += 1
    y.index_put_((torch.tensor([0, 0, 1]),), torch.tensor([1.0, 2.0, 3.0]), accumulate=True)
    z.index_add_(0, torch.tensor([0, 0, 1]), torch.ones(3), alpha=2)
    return {"x": x, "y": y, "z": z}


def all_the_writers(torch):
    """index_add_, index_fill_, index_copy_, scatter_, scatter_add_ and index_put_, one after the other, recorded."""
    x = torch.arange(6.0, requires_grad=True)
    y = x * 1
    y.index_add_(0, torch.tensor([0, 0, 5]), torch.tensor([1.0, 2.0, 3.0]))
    y.index_fill_(0, torch.tensor([1]), 9.0)
    y.index_copy_(0, torch.tensor([2]), torch.tensor([4.0]))
    y.scatter_(0, torch.tensor([3]), 5.0)
    y.scatter_add_(0, torch.tensor([3, 3]), torch.tensor([1.0, 1.0]))
    y.index_put_((torch.tensor([4]),), torch.tensor(2.0))
    (y * y).sum().backward()
    return {"y": y, "grad": x.grad}


def masks_of_bytes(torch):
    """A mask of uint8, as old programs have it, chooses; numbers of int64 pick."""
    x = torch.arange(4.0)
    mask = torch.tensor([1, 0, 0, 1], dtype=torch.uint8)
    y = torch.arange(4.0)
    y[mask.long()] = -1.0
    return {"y": y, "picked": [x[mask], x[mask.bool()], x[mask.long()]]}


def rows_of_a_table(torch):
    """Rows of an embedding table are written under no_grad, and trained afterwards."""
    table = torch.nn.Parameter(torch.ones(4, 2))
    with torch.no_grad():
        table[1] = torch.tensor([5.0, 6.0])
        table[[2, 3]] = 0.0
        table[0, 1] -= 0.5
    (table[torch.tensor([1, 1, 0])] ** 2).sum().backward()
    return {"table": table, "grad": table.grad}


def causal_mask_filled(torch):
    """Scores above the diagonal become -inf in place; softmax makes zeros of them."""
    scores = torch.arange(9.0, requires_grad=True)
    square = scores.view(3, 3) * 0.5
    square[torch.triu(torch.ones(3, 3), 1).bool()] = float("-inf")
    weights = square.softmax(-1)
    weights[0, 0].backward(retain_graph=True)
    (weights ** 2).sum().backward()
    return {"weights": weights, "grad": scores.grad}


def unpacked_and_swapped(torch):
    """Rows are swapped by a tuple: views, so both become the same; by a list they are copies."""
    x, y = torch.arange(6.0).reshape(3, 2), torch.arange(6.0).reshape(3, 2)
    x[0], x[1] = x[1], x[0]
    y[[0, 1]] = y[[1, 0]]
    return {"x": x, "y": y}


def higher_order_through_a_write(torch):
    """Second derivatives through assigned entries."""
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.clone()
    y[0] = x[1] ** 3
    y[1:].mul_(x[:2])
    (g,) = torch.autograd.grad((y ** 2).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    return {"g": g, "h": h}


def powers_in_place_to_third_order(torch):
    """mul_ and pow_, differentiated three times."""
    x = torch.tensor(2.0, requires_grad=True)
    y = x.clone()
    y.mul_(x)
    y.pow_(2)
    found = [y]
    for _ in range(3):
        found += torch.autograd.grad(found[-1], x, create_graph=True)
    return {"derivatives": found}
