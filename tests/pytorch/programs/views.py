"""Writing in place through views of views, while a graph is recorded, and into a base whose views live."""

from . import outcome


def _leaf(torch, *shape):
    size = 1
    for n in shape:
        size *= n
    return torch.arange(float(size)).reshape(*shape).requires_grad_()


def row_then_slice(torch):
    """A slice of a row of a computed matrix is multiplied in place."""
    a = _leaf(torch, 2, 3)
    b = a * 2
    v = b[0][1:]
    v.mul_(3)
    b.sum().backward()
    return {"grad": a.grad, "b": b, "v": v}


def transposed_slice_zeroed(torch):
    """Some rows of a transposed part are set to 0, after all of it was added to."""
    a = _leaf(torch, 3, 4)
    b = a.clone()
    c = b[1:].t()[2:]
    c += 10
    c[0].zero_()
    (b * b).sum().backward()
    return {"grad": a.grad, "b": b, "c": c}


def transpose_scaled_by_columns(torch):
    """A transposed view times a vector."""
    a = _leaf(torch, 2, 3)
    b = a * 1
    b.transpose(0, 1).mul_(torch.tensor([2.0, 3.0]))
    (b ** 2).sum().backward()
    return {"grad": a.grad, "b": b}


def windows_are_views(torch):
    """unfold shows the same memory: what is written into the base, all its windows show."""
    a = torch.arange(6.0)
    windows, pieces = a.unfold(0, 3, 1), a.unfold(0, 2, 2)
    a[2] = 100.0
    pieces[2] = -1.0
    return {"a": a, "windows": windows, "pieces": pieces, "stride": windows.stride(),
            "flat": outcome(lambda: windows.view(-1))}


def windows_written_and_recorded(torch):
    """Windows that do not overlap are scaled in place; the gradient knows."""
    a = _leaf(torch, 6)
    b = a * 1
    b.unfold(0, 2, 2).mul_(torch.tensor([[2.0], [3.0], [4.0]]))
    (b * b).sum().backward()
    return {"grad": a.grad, "b": b}


def windows_of_a_base_written_later(torch):
    """Windows taken before a write into the base see it, and so do their gradients."""
    a = _leaf(torch, 3, 4)
    b = a * 1
    windows = b.unfold(1, 2, 1)
    b[0, 1] = 100.0
    (windows * windows).sum().backward()
    return {"windows": windows, "grad": a.grad, "too_wide": outcome(lambda: b.unfold(0, 4, 1))}


def windows_in_two_dimensions(torch):
    """Patches of an image by unfold twice."""
    image = torch.arange(16.0).reshape(4, 4)
    patches = image.unfold(0, 2, 2).unfold(1, 2, 2)
    return {"patches": patches, "means": patches.mean((-1, -2)), "rows": patches.reshape(4, 4), "stride": patches.stride()}


def write_that_a_window_reports(torch):
    """A write through a window is found by a backward pass that needs what was there."""
    x = torch.ones(4, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    with torch.no_grad():
        y.unfold(0, 2, 2).mul_(3)
    return {"backward": outcome(lambda: z.backward())}


def diagonal_scaled(torch):
    """The diagonal of a computed matrix is a view, and so is one above it."""
    a = _leaf(torch, 3, 3)
    b = a * 2
    b.diagonal().mul_(5)
    torch.diagonal(b, 1).zero_()
    (b * a).sum().backward()
    return {"grad": a.grad, "b": b, "trace": b.trace()}


def masked_through_a_view(torch):
    """Entries of a part, chosen by comparing it, are overwritten."""
    a = _leaf(torch, 3, 3)
    b = a * 2
    v = b[1:]
    v[v > 10] = 0
    (b * a).sum().backward()
    return {"grad": a.grad, "b": b, "v": v}


def base_written_while_views_live(torch):
    """Views see what is written into the base afterwards, and have another past from then on."""
    a = _leaf(torch, 3, 3)
    b = a * 2
    column = b[:, 1]
    b[0] = 1.0
    b.add_(1)
    column.sum().backward()
    return {"grad": a.grad, "b": b, "column": column}


def two_orders_of_views(torch):
    """A view of a view and the view itself are written by turns."""
    a = _leaf(torch, 6)
    b = a * 1
    matrix = b.view(2, 3)
    row = matrix[0]
    b.zero_()
    matrix.add_(a.view(2, 3))
    row.mul_(2)
    b.sum().backward()
    return {"grad": a.grad, "b": b, "row": row}


def deleted_base(torch):
    """The base has no name any more when its view is written."""
    a = torch.ones(2, requires_grad=True)
    b = a * 2
    v = b[0]
    del b
    v.mul_(5)
    v.backward()
    return {"grad": a.grad, "v": v}


def expanded_cannot_be_written(torch):
    """An expanded Tensor shows one number in many places; its clone can be written."""
    x = torch.ones(3, requires_grad=True)
    y = (x * 1).expand(2, 3)
    refused = outcome(lambda: y.add_(1))
    z = y.clone()
    z[0] += 1
    z.masked_fill_(z > 1.5, 0.0)
    z.sum().backward()
    return {"refused": refused, "z": z, "grad": x.grad}


def saved_and_then_written(torch):
    """What a product saved is written: backward refuses; of a sum nothing was saved."""
    a = torch.arange(3.0).requires_grad_()
    b = a * 2
    product, total = b * b, b + b
    b.mul_(3)
    first = outcome(lambda: product.sum().backward())
    (total + b).sum().backward()
    return {"product": first, "grad": a.grad}


def written_between_two_backwards(torch):
    """After retain_graph a write in place spoils the second pass, and only that."""
    a = torch.arange(3.0).requires_grad_()
    b = a * 2
    loss = (b * b).sum()
    loss.backward(retain_graph=True)
    b.add_(1)
    return {"second": outcome(lambda: loss.backward()), "grad": a.grad}


def written_without_recording(torch):
    """Under no_grad a computed Tensor is changed: what follows uses the new values, the old derivative stays."""
    a = torch.arange(3.0).requires_grad_()
    b = a * 2
    with torch.no_grad():
        b.mul_(3)
    (b * a).sum().backward()
    return {"grad": a.grad, "b": b}


def step_between_two_backwards(torch):
    """A step of the optimizer between two passes: refused where the weights are needed, else the old gradient again."""
    w = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    needed, linear = (w * w).sum(), (w * 3).sum()
    needed.backward(retain_graph=True)
    optimizer.step()
    again = outcome(lambda: needed.backward())
    linear.backward()
    return {"again": again, "grad": w.grad, "w": w}


def selected_by_numbers_is_a_copy(torch):
    """Lists and masks pick copies, slices views; x[mask] += 1 writes back all the same."""
    x = torch.arange(4.0)
    copied, masked, sliced = x[[0, 1]], x[x > 1], x[1:3]
    copied += 1
    masked.add_(5)
    sliced += 100
    x[x > 101] += 5
    return {"x": x, "copied": copied, "masked": masked, "sliced": sliced}


def squeezed_in_place(torch):
    """squeeze_, unsqueeze_ and t_ change the shape of the Tensor itself."""
    a = torch.arange(6.0).reshape(2, 3).requires_grad_()
    x = a * 1
    row = x[0]
    x.unsqueeze_(0)
    shapes = [tuple(x.shape)]
    y = x.squeeze_(0)
    x.t_()
    row.unsqueeze_(1)
    x.mul_(torch.tensor([2.0, 3.0]))
    row[0] = 7.0
    (x.sum() + row.sum()).backward()
    return {"shapes": [*shapes, tuple(x.shape)], "same": x is y, "row": row, "x": x, "grad": a.grad}


def methods_that_write(torch):
    """swapaxes, narrow and movedim give views, which fill_ and neg_ write."""
    a = torch.ones(2, 2, requires_grad=True)
    b = a * 2
    b.swapaxes(0, 1).narrow(0, 0, 1).fill_(7)
    b.movedim(0, 1)[1].neg_()
    b.sum().backward()
    return {"grad": a.grad, "b": b}


def reshape_of_a_transpose_is_a_copy(torch):
    """flatten, ravel and reshape of a transposed Tensor copy; of one in order they are views."""
    a = torch.ones(2, 2, requires_grad=True)
    b = (a * 2).T
    b.flatten()[0] = 100
    b.reshape(-1)[2] = 100
    c = a * 2
    c.flatten()[0] = 100
    c.reshape(-1)[2] = 50
    (b + c).sum().backward()
    return {"grad": a.grad, "b": b, "c": c}


def data_of_a_view(torch):
    """Writes through .data, and parts of it, are seen by no backward pass."""
    x = torch.ones(3, requires_grad=True)
    loss = (x ** 2).sum()
    x.data[0] += 1
    x.data[1:].mul_(3)
    loss.backward()
    return {"x": x, "grad": x.grad}


def leaf_that_is_a_view(torch):
    """A part that became a leaf cannot be written while recording, and the whole can."""
    a = torch.ones(3)
    b = a[:2]
    b.requires_grad_()
    return {"part": outcome(lambda: b.add_(1)), "view": outcome(lambda: b.view(2).add_(1)), "a": a}


def accumulated_over_time(torch):
    """A long loop of writes into slots and of sums over what was written before."""
    w = torch.tensor(0.5, requires_grad=True)
    memory = torch.zeros(6)
    memory[0] = w
    for t in range(1, 6):
        memory[t] = memory[t - 1].clone() * w + memory[:t].sum()
    memory[-1].backward()
    return {"memory": memory, "grad": w.grad}


def copy_into_parts(torch):
    """copy_ into rows, from another dtype too, passes gradients on."""
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = torch.zeros(2, 3, dtype=torch.float64)
    y[0].copy_(x)
    y[1].copy_(x * x)
    y.sum().backward()
    return {"y": y, "grad": x.grad}


def unrecorded_becomes_recorded(torch):
    """A plain Tensor to which a recorded one is added in place is recorded from then on."""
    x, y = torch.ones(3), torch.full((3,), 2.0, requires_grad=True)
    v = x[:2]
    x += y
    x *= y
    x.sum().backward()
    return {"x": x, "v": v, "grad": y.grad, "shapes": outcome(lambda: x.add_(torch.ones(2, 3)))}


def parts_written_after_they_were_joined(torch):
    """stack and cat copy: what they were made of may be written afterwards, and so may the result."""
    w = torch.ones(2, requires_grad=True)
    parts = [w * i for i in range(3)]
    rows, row = torch.stack(parts), torch.cat(parts)
    rows[1] += parts[0]
    parts[2].add_(1)
    parts[1].mul_(5)
    (rows.sum() + (row * row).sum() + parts[1].sum()).backward()
    return {"rows": rows, "row": row, "grad": w.grad}


def leaf_whose_views_were_there_before(torch):
    """A Tensor becomes a leaf: views taken before are views of a leaf, too."""
    x = torch.ones(4)
    v = x.view(2, 2)
    x.requires_grad_()
    refused = outcome(lambda: v.add_(1))
    return {"v": v.requires_grad, "refused": refused, "x": x}


def memory_shared_across_columns_and_rows(torch):
    """A row and a column that cross are written by turns."""
    a = _leaf(torch, 2, 3)
    b = a * 1
    first, second = b.t()[0], b[:, 1]
    row = b[1]
    first.add_(second)
    row.add_(first.sum())
    second.mul_(first.clone())
    (b ** 2).sum().backward()
    return {"grad": a.grad, "b": b, "first": first, "second": second, "row": row}


def a_running_sum_kept_in_a_list(torch):
    """The same Tensor appended three times is three times its last value; a new one each time is not."""
    x, kept, fresh = torch.ones(2, requires_grad=True), [], []
    a, b = torch.zeros(2), torch.zeros(2)
    for i in range(3):
        a += x * i
        b = b + x * i
        kept.append(a)
        fresh.append(b)
    (torch.stack(kept).sum() + (torch.stack(fresh) ** 2).sum()).backward()
    return {"kept": torch.stack(kept), "fresh": torch.stack(fresh), "grad": x.grad}
