"""Lab 2, tensors: right functions and wrong twins."""

from __future__ import annotations

import numpy as np

from tests.labs.author import Given, Lab, array

lab = Lab(2, "lab02_tensors", "Tensors", "张量")


def _made(*shape, k=1.0):
    """Numbers without a pattern; two decimals, so that messages can show them."""
    return np.round(2 * np.sin(k * 2.3 * np.arange(1, np.prod(shape) + 1) + k), 2).reshape(shape)


# --- sum_to ---

G = _made(2, 3, 4)


@lab.hole(cases=[[G, (3, 4)], [G, (3, 1)], [G, (2, 1, 4)], [_made(3, 2), (3, 2)], [_made(3, 2, k=0.7), ()], [_made(3, 3), (3, 1)],
                 [_made(1, 3), (1, 3)]],
          more=[[_made(4, 2, 3), (2, 3)], [_made(4, 2, 3), (1, 3)], [_made(4, 2, 3), (4, 1, 1)], [_made(2, 2), (2, 1)],
                [_made(5), ()], [_made(2, 4), (2, 4)]],
          forbidden=["tinydawn.plain:sum_to"])
def sum_to(g, shape):
    added = g.ndim - len(shape)
    stretched = [added + i for i, n in enumerate(shape) if n == 1 and g.shape[added + i] > 1]
    return g.sum(axis=(*range(added), *stretched)).reshape(shape)


@sum_to.twin(
    "Look at an axis of length 1 that was stretched.",
    "Only the axes that were added in front are summed; the stretched ones keep their length.",
    "Sum over both: axes that are new, and axes that had length 1 and have more now.",
    "看一个被拉长的、长度为 1 的轴。",
    "只对前面新加的轴求和了；被拉长的轴还是原来的长度。",
    "两种都要求和：新加的轴，以及原来长度为 1、现在更长的轴。")
def sum_to_of_added_axes(g, shape):
    return g.sum(axis=tuple(range(g.ndim - len(shape))))


@sum_to.twin(
    "Look at axes that were added in front.",
    "They are still there: only stretched axes are summed.",
    "Sum over both: axes that are new, and axes that had length 1 and have more now.",
    "看前面新加的轴。",
    "它们还在：只对被拉长的轴求和了。",
    "两种都要求和：新加的轴，以及原来长度为 1、现在更长的轴。")
def sum_to_of_stretched_axes(g, shape):
    added = g.ndim - len(shape)
    axes = tuple(added + i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=axes, keepdims=True)


@sum_to.twin(
    "x is used in many places: do their gradients add up?",
    "Here their mean is taken.",
    "What is used several times gets the sum: sum, and not mean.",
    "x 用在许多地方：它们的梯度相加了吗？",
    "这里取了平均。",
    "用到多次的得到各份之和：用 sum 而不是 mean。")
def sum_to_by_the_mean(g, shape):
    added = g.ndim - len(shape)
    axes = (*range(added), *(added + i for i, n in enumerate(shape) if n == 1))
    return g.mean(axis=axes).reshape(shape)


@sum_to.twin(
    "x is used in many places: do their gradients add up?",
    "One of them is taken, the first, and the others are lost.",
    "What is used several times gets the sum of all.",
    "x 用在许多地方：它们的梯度相加了吗？",
    "只取了其中第一份，其余丢了。",
    "用到多次的得到所有份之和。")
def sum_to_of_the_first(g, shape):
    added = g.ndim - len(shape)
    part = g[(0,) * added]
    return part[tuple(slice(0, n) for n in shape)]


@sum_to.twin(
    "Which shape comes out for an x of shape (3, 1)?",
    "The stretched axes are gone, in place of having length 1.",
    "The gradient has the shape of x: keepdims=True for stretched axes, or reshape(shape).",
    "x 的形状是 (3, 1) 时，结果是什么形状？",
    "被拉长的轴消失了，而不是长度为 1。",
    "梯度与 x 形状相同：对被拉长的轴用 keepdims=True，或 reshape(shape)。")
def sum_to_that_loses_axes(g, shape):
    added = g.ndim - len(shape)
    return g.sum(axis=(*range(added), *(added + i for i, n in enumerate(shape) if n == 1)))


@sum_to.twin(
    "What comes out if nothing was broadcast? And if something was?",
    "g comes back as it is.",
    "The gradient has the shape of x: sum over the axes in which x was repeated.",
    "没有广播时结果是什么？有广播时呢？",
    "g 原样返回了。",
    "梯度与 x 形状相同：对 x 被重复的那些轴求和。")
def sum_to_of_nothing(g, shape):
    return g


@sum_to.twin(
    "Is everything added up?",
    "All numbers are, whatever the shape is.",
    "Only the axes in which x was repeated are summed.",
    "是不是把所有的都加在一起了？",
    "不管形状如何，所有的数都加在了一起。",
    "只对 x 被重复的那些轴求和。")
def sum_to_of_everything(g, shape):
    return np.full(shape, g.sum())


@sum_to.twin(
    "Has g more axes than shape?",
    "Axes that were added in front are not summed, and so axis i of shape is not axis i of g.",
    "Axes are matched from the right: added ones are in front, at axis 0.",
    "g 的轴比 shape 多吗？",
    "前面新加的轴没有求和，于是 shape 的轴 i 不是 g 的轴 i。",
    "轴从右边对齐：新加的在前面，即轴 0。")
def sum_to_aligned_from_the_left(g, shape):
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=i, keepdims=True)
    return g


@sum_to.twin(
    "Which axes were added?",
    "The last axes are summed as if they had been added.",
    "Axes are matched from the right: added ones are in front, at axis 0.",
    "新加的是哪些轴？",
    "把最后的轴当成新加的求了和。",
    "轴从右边对齐：新加的在前面，即轴 0。")
def sum_to_of_the_last_axes(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=-1)
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=i, keepdims=True)
    return g


@sum_to.twin(
    "Try an x of shape (3, 1), and one that was not broadcast.",
    "Axis 0 is summed, whatever the shape is.",
    "Compare both shapes: sum over added axes and over those of length 1, and over no other.",
    "试试形状为 (3, 1) 的 x，和没有被广播的 x。",
    "不管形状如何，都对轴 0 求和。",
    "比较两个形状：对新加的和长度为 1 的轴求和，其他都不求。")
def sum_to_of_axis_0(g, shape):
    return g.sum(axis=0)


@sum_to.twin(
    "Try one that was not broadcast, and one that was in two ways.",
    "One axis is summed: the first, or else the last.",
    "Compare both shapes: any number of axes may have been added, or stretched, or none.",
    "试试没有被广播的，和以两种方式被广播的。",
    "只对一个轴求和：第一个，否则最后一个。",
    "比较两个形状：可能加了或拉长了任意多个轴，也可能一个也没有。")
def sum_to_of_one_axis(g, shape):
    return g.sum(axis=0) if g.ndim > len(shape) else g.sum(axis=-1, keepdims=True)


@sum_to.twin(
    "x is used in many places: do their gradients add up?",
    "np.resize cuts off what does not fit.",
    "Nothing is cut: sum over the axes in which x was repeated.",
    "x 用在许多地方：它们的梯度相加了吗？",
    "np.resize 把放不下的截掉了。",
    "什么也不截：对 x 被重复的轴求和。")
def sum_to_by_resize(g, shape):
    return np.resize(g, shape)


@sum_to.twin(
    "Is there always one axis more?",
    "Axis 0 is summed first, whether it was added or not.",
    "Sum axis 0 only while g has more axes than shape.",
    "总是恰好多一个轴吗？",
    "不管是不是新加的，先对轴 0 求了和。",
    "只有 g 的轴比 shape 多时才对轴 0 求和。")
def sum_to_always_of_axis_0(g, shape):
    g = g.sum(axis=0)
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=min(i, g.ndim - 1), keepdims=True)
    return g


@sum_to.twin(
    "Do the numbers differ from place to place?",
    "All are the mean of g.",
    "Each entry of x gets the sum of those places of g in which it was used.",
    "各处的数不同吗？",
    "全都是 g 的平均。",
    "x 的每个元素得到 g 中用到它的那些位置之和。")
def sum_to_spread(g, shape):
    return np.full(shape, g.mean())


@sum_to.twin(
    "Has g more axes than shape? And has the result the shape of x?",
    "Axes added in front are not summed, and stretched ones disappear.",
    "Sum added axes away, at the front; sum stretched ones with keepdims=True.",
    "g 的轴比 shape 多吗？结果与 x 形状相同吗？",
    "前面新加的轴没有求和，被拉长的轴却消失了。",
    "前面新加的轴求和后去掉；被拉长的轴用 keepdims=True 求和。")
def sum_to_aligned_from_the_left_without_keepdims(g, shape):
    for i, n in enumerate(shape):
        if n == 1 and i < g.ndim:
            g = g.sum(axis=i)
    return g


# --- mul_vjp ---

@lab.hole(cases=[[_made(2, 3), _made(2, 3, k=0.6), _made(3, k=1.4)], [_made(2, 3, k=0.3), _made(2, 1), np.array(1.5)],
                 [_made(2), _made(2, k=0.4), _made(2, k=0.9)]],
          more=[[_made(4, 2), _made(4, 1, k=0.6), _made(2, k=1.4)], [_made(3, k=0.3), _made(3), _made(3, k=2.0)]])
def mul_vjp(g, x, y):
    return sum_to(g * y, x.shape), sum_to(g * x, y.shape)


@mul_vjp.twin(
    "Which shape has the gradient of an argument that was broadcast?",
    "That of z: it is not summed to the argument's own shape.",
    "Use your sum_to: a gradient has the shape of what it belongs to.",
    "被广播的参数，它的梯度是什么形状？",
    "是 z 的形状：没有求和到参数自己的形状。",
    "用你的 sum_to：梯度与它所属的量形状相同。")
def mul_vjp_without_sum_to(g, x, y):
    return g * y, g * x


@mul_vjp.twin(
    "Which derivative belongs to which argument?",
    "They are exchanged: x gets g x, and y gets g y.",
    "dL/dx = g y, and dL/dy = g x.",
    "哪个导数属于哪个参数？",
    "放反了：x 得到 g x，y 得到 g y。",
    "dL/dx = g y，dL/dy = g x。")
def mul_vjp_exchanged(g, x, y):
    return sum_to(g * x, x.shape), sum_to(g * y, y.shape)


@mul_vjp.twin(
    "Where does g come in?",
    "It is left out: these are local derivatives.",
    "The chain rule multiplies with what comes from above: g y and g x.",
    "g 用在哪里？",
    "漏掉了：这是局部导数。",
    "链式法则要乘以上面传来的梯度：g y 和 g x。")
def mul_vjp_without_g(g, x, y):
    return sum_to(np.broadcast_to(y, g.shape), x.shape), sum_to(np.broadcast_to(x, g.shape), y.shape)


@mul_vjp.twin(
    "What is summed: g, or g times the other argument?",
    "g is summed first, and multiplied after that.",
    "First the product, entry by entry, then sum_to: the other argument differs along the axis that is summed.",
    "求和的是 g，还是 g 乘以另一个参数？",
    "先对 g 求了和，再相乘。",
    "先逐元素相乘，再 sum_to：另一个参数沿求和的轴是变化的。")
def mul_vjp_summed_too_early(g, x, y):
    return sum_to(sum_to(g, x.shape) * y, x.shape), sum_to(sum_to(g, y.shape) * x, y.shape)


@mul_vjp.twin(
    "What is the derivative of a product?",
    "This is that of a sum: each argument gets g.",
    "dL/dx = g y, and dL/dy = g x.",
    "乘积的导数是什么？",
    "这是和的导数：每个参数都得到 g。",
    "dL/dx = g y，dL/dy = g x。")
def mul_vjp_of_a_sum(g, x, y):
    return sum_to(g, x.shape), sum_to(g, y.shape)


@mul_vjp.twin(
    "What is summed: g, or g times the other argument?",
    "g alone is summed, and the product has a wrong shape again.",
    "First g times the other, entry by entry, then sum_to.",
    "求和的是 g，还是 g 乘以另一个参数？",
    "只对 g 求了和，乘积的形状又不对了。",
    "先用 g 逐元素乘另一个，再 sum_to。")
def mul_vjp_summed_before(g, x, y):
    return sum_to(g, x.shape) * y, sum_to(g, y.shape) * x


@mul_vjp.twin(
    "In which order are the two gradients?",
    "y's is first.",
    "(dL/dx, dL/dy).",
    "两个梯度的顺序是什么？",
    "y 的在前面。",
    "(dL/dx, dL/dy)。")
def mul_vjp_in_the_other_order(g, x, y):
    return sum_to(g * x, y.shape), sum_to(g * y, x.shape)


@mul_vjp.twin(
    "May x have been broadcast too?",
    "Only y's gradient is summed to its shape.",
    "Both: sum_to(g * y, x.shape) as well.",
    "x 也可能被广播吗？",
    "只有 y 的梯度求和到了自己的形状。",
    "两个都要：sum_to(g * y, x.shape) 也是。")
def mul_vjp_with_y_summed(g, x, y):
    return g * y, sum_to(g * x, y.shape)


@mul_vjp.twin(
    "May y have been broadcast too?",
    "Only x's gradient is summed to its shape.",
    "Both: sum_to(g * x, y.shape) as well.",
    "y 也可能被广播吗？",
    "只有 x 的梯度求和到了自己的形状。",
    "两个都要：sum_to(g * x, y.shape) 也是。")
def mul_vjp_with_x_summed(g, x, y):
    return sum_to(g * y, x.shape), g * x


@mul_vjp.twin(
    "Which shape has a gradient?",
    "Each is one number: everything is summed.",
    "That of its argument: sum_to.",
    "梯度是什么形状？",
    "各是一个数：全部加在了一起。",
    "与参数相同：用 sum_to。")
def mul_vjp_in_one_number(g, x, y):
    return (g * y).sum(), (g * x).sum()


# --- matmul_vjp ---

@lab.hole(cases=[[_made(2, 4), _made(2, 3, k=0.6), _made(3, 4, k=1.4)], [_made(2, 2), _made(2, 2, k=0.6), _made(2, 2, k=1.4)]],
          more=[[_made(3, 2), _made(3, 4, k=0.5), _made(4, 2, k=1.2)], [_made(3, 3), _made(3, 3, k=0.5), _made(3, 3, k=1.2)]])
def matmul_vjp(g, W, H):
    return g @ H.T, W.T @ g


@matmul_vjp.twin(
    "Write down the shapes: which product of g and H has that of W?",
    "H^T stands on the left: H^T g.",
    "dL/dW = (dL/dZ) H^T: g from the left, (m, k) times (k, n).",
    "写下形状：g 和 H 的哪个乘积与 W 形状相同？",
    "H^T 放在了左边：H^T g。",
    "dL/dW = (dL/dZ) H^T：g 在左边，(m, k) 乘 (k, n)。")
def matmul_vjp_with_H_on_the_left(g, W, H):
    return H.T @ g, W.T @ g


@matmul_vjp.twin(
    "Try square matrices, where no shape complains.",
    "Nothing is transposed: g H, and W g.",
    "g H^T, and W^T g.",
    "用方阵试试，那时形状不会报错。",
    "都没有转置：g H 和 W g。",
    "g H^T 和 W^T g。")
def matmul_vjp_without_transposing(g, W, H):
    return g @ H, W @ g


@matmul_vjp.twin(
    "Try square matrices: is the gradient of H right?",
    "It is W g: the transpose is missing.",
    "dL/dH = W^T (dL/dZ).",
    "用方阵试试：H 的梯度对吗？",
    "是 W g：少了转置。",
    "dL/dH = W^T (dL/dZ)。")
def matmul_vjp_with_W_not_transposed(g, W, H):
    return g @ H.T, W @ g


@matmul_vjp.twin(
    "Write down the shapes: which product of g and W has that of H?",
    "W^T stands on the right: g W^T.",
    "dL/dH = W^T (dL/dZ): W^T from the left, (n, m) times (m, k).",
    "写下形状：g 和 W 的哪个乘积与 H 形状相同？",
    "W^T 放在了右边：g W^T。",
    "dL/dH = W^T (dL/dZ)：W^T 在左边，(n, m) 乘 (m, k)。")
def matmul_vjp_with_W_on_the_right(g, W, H):
    return g @ H.T, g @ W.T


@matmul_vjp.twin(
    "In which order are the two gradients?",
    "They are exchanged.",
    "(dL/dW, dL/dH).",
    "两个梯度的顺序是什么？",
    "放反了。",
    "(dL/dW, dL/dH)。")
def matmul_vjp_exchanged(g, W, H):
    return W.T @ g, g @ H.T


@matmul_vjp.twin(
    "Where does g come in?",
    "It does not: these are the notes' shorthands, H^T and W, to the letter.",
    "dL/dW = (dL/dZ) H^T and dL/dH = W^T (dL/dZ).",
    "g 用在哪里？",
    "没有用：这是把讲义的简写 H^T 和 W 照搬了。",
    "dL/dW = (dL/dZ) H^T，dL/dH = W^T (dL/dZ)。")
def matmul_vjp_of_the_notes(g, W, H):
    return H.T, W


@matmul_vjp.twin(
    "Do the gradients have the shapes of W and H?",
    "They are transposed.",
    "g H^T is (m, n), and W^T g is (n, k).",
    "梯度与 W 和 H 的形状相同吗？",
    "它们被转置了。",
    "g H^T 是 (m, n)，W^T g 是 (n, k)。")
def matmul_vjp_transposed(g, W, H):
    return H @ g.T, g.T @ W


@matmul_vjp.twin(
    "Has the first gradient the shape of W?",
    "It is transposed: H g^T.",
    "g H^T is (m, n).",
    "第一个梯度与 W 形状相同吗？",
    "它被转置了：H g^T。",
    "g H^T 是 (m, n)。")
def matmul_vjp_with_W_transposed(g, W, H):
    return H @ g.T, W.T @ g


@matmul_vjp.twin(
    "Which shapes come out?",
    "np.outer multiplies every number with every number.",
    "For a column h it would be outer(g, h); for matrices the columns add up: g H^T.",
    "得到什么形状？",
    "np.outer 把每个数与每个数相乘。",
    "对一列 h 是 outer(g, h)；对矩阵，各列相加：g H^T。")
def matmul_vjp_by_outer(g, W, H):
    return np.outer(g, H), np.outer(W, g)


@matmul_vjp.twin(
    "Is anything divided?",
    "Everything is divided by the number of columns.",
    "The columns add up; a mean comes from the loss, and is in g already.",
    "做除法了吗？",
    "都除以了列数。",
    "各列相加；平均来自损失，已经在 g 里了。")
def matmul_vjp_by_the_mean(g, W, H):
    return g @ H.T / g.shape[1], W.T @ g / g.shape[1]


@matmul_vjp.twin(
    "Has the second gradient the shape of H?",
    "It is transposed: g^T W.",
    "W^T g is (n, k).",
    "第二个梯度与 H 形状相同吗？",
    "它被转置了：g^T W。",
    "W^T g 是 (n, k)。")
def matmul_vjp_with_H_transposed(g, W, H):
    return g @ H.T, g.T @ W


# --- shorthand_fails ---

@lab.hole(cases=[[array([1.0, -2.0, 0.5])], [array([3.0, 0.25])]],
          more=[[array([0.7, 1.3, -0.4, 2.0])]], through="shorthand_failure")
def shorthand_fails(h):
    g = np.array([1.0, 0.0, -3.0, 2.0, 0.5])
    return g, np.outer(g, h)


@shorthand_fails.twin(
    "Compare your gradient with h in every row.",
    "They are the same: with a g of ones L is the sum of all z, and then each row of dL/dW is h^T.",
    "Any other g will do, such as 1 and 2.",
    "把你的梯度与“每行都是 h”比较。",
    "它们相同：g 全是 1 时 L 是所有 z 之和，dL/dW 的每一行恰好是 h^T。",
    "换任何别的 g 都行，比如 1 和 2。")
def shorthand_fails_with_ones(h):
    return np.ones(3), np.outer(np.ones(3), h)


@shorthand_fails.twin(
    "Which of the two is your second answer: what is right, or what the shorthand says?",
    "It is h in every row, which is what is wrong.",
    "dL/dW = (dL/dz) h^T: row i is g_i times h.",
    "你的第二个答案是哪一个：正确的，还是简写所说的？",
    "是每行都为 h，那正是错的。",
    "dL/dW = (dL/dz) h^T：第 i 行是 g_i 乘 h。")
def shorthand_fails_with_the_shorthand(h):
    return np.array([1.0, 2.0, 3.0, 4.0]), np.tile(h, (4, 1))


@shorthand_fails.twin(
    "Which shape has W, if z has as many numbers as g?",
    "This is h g^T, the transposed gradient.",
    "(dL/dz) h^T: a column times a row, (m, 1) times (1, n).",
    "若 z 与 g 一样长，W 是什么形状？",
    "这是 h g^T，转置了的梯度。",
    "(dL/dz) h^T：列乘行，(m, 1) 乘 (1, n)。")
def shorthand_fails_transposed(h):
    return np.array([1.0, 2.0, 3.0, 4.0]), np.outer(h, np.array([1.0, 2.0, 3.0, 4.0]))


@shorthand_fails.twin(
    "Which shape has a gradient?",
    "This is one number, a product of vectors summed up.",
    "That of W: (m, n). The column g times the row h^T.",
    "梯度是什么形状？",
    "这是一个数，向量的乘积被加在了一起。",
    "与 W 相同：(m, n)。列 g 乘行 h^T。")
def shorthand_fails_with_one_number(h):
    g = np.array([1.0, 2.0, 3.0, 4.0])
    return g, g.sum() * h.sum()


@shorthand_fails.twin(
    "Is g a vector?",
    "It is a number, or has one entry alone: with one z there is one row.",
    "g is dL/dz, a vector of two or more numbers.",
    "g 是向量吗？",
    "它是一个数，或只有一个元素：只有一个 z 就只有一行。",
    "g 是 dL/dz，含两个或更多数的向量。")
def shorthand_fails_with_a_number(h):
    return 2.0, 2.0 * h


@shorthand_fails.twin(
    "How many arrays are asked for?",
    "This is not two of them.",
    "(g, dL/dW).",
    "要几个数组？",
    "这不是两个。",
    "(g, dL/dW)。")
def shorthand_fails_with_g_alone(h):
    return np.array([1.0, 2.0, 3.0, 4.0, 5.0])


@shorthand_fails.twin(
    "Is it a product?",
    "g and h are added, each with each.",
    "dz_i/dW_ij = h_j, times g_i: a product.",
    "是乘积吗？",
    "g 与 h 两两相加了。",
    "dz_i/dW_ij = h_j，再乘 g_i：是乘积。")
def shorthand_fails_with_sums(h):
    g = np.array([1.0, 2.0, 3.0, 4.0])
    return g, g[:, None] + h


@shorthand_fails.twin(
    "Which shape has dL/dW?",
    "This is h alone, one row.",
    "A row for each entry of g: (m, n).",
    "dL/dW 是什么形状？",
    "这只是 h，一行。",
    "g 的每个元素一行：(m, n)。")
def shorthand_fails_with_h_alone(h):
    return np.array([1.0, 2.0, 3.0, 4.0, 5.0]), h


@shorthand_fails.twin(
    "Does it follow from your g and the h that is given?",
    "It is none of the products of the two.",
    "dL/dW has g_i h_j in row i and column j.",
    "它是由你的 g 和给定的 h 得到的吗？",
    "它不是两者的任何一种乘积。",
    "dL/dW 的第 i 行第 j 列是 g_i h_j。")
def shorthand_fails_with_another_product(h):
    return np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.full((5, len(h)), 0.123)


# --- batched_vjp ---

@lab.hole(cases=[[_made(2, 3, 5), _made(2, 3, 4, k=0.6), _made(4, 5, k=1.4)],
                 [_made(2, 3, 3, k=0.4), _made(2, 3, 3, k=0.6), _made(2, 3, 3, k=1.4)],
                 [_made(2, 3, 5), _made(3, 4, k=0.6), _made(2, 4, 5, k=1.4)]],
          more=[[_made(3, 2, 4), _made(3, 2, 5, k=0.6), _made(5, 4, k=1.4)],
                [_made(3, 2, 4), _made(2, 5, k=0.6), _made(3, 5, 4, k=1.4)],
                [_made(3, 2, 2), _made(3, 2, 2, k=0.6), _made(2, 2, k=1.4)]])
def batched_vjp(g, A, B):
    return sum_to(g @ B.swapaxes(-1, -2), A.shape), sum_to(A.swapaxes(-1, -2) @ g, B.shape)


@batched_vjp.twin(
    "B is one matrix for the whole batch: which shape has its gradient?",
    "It has one for each example: they are not added up.",
    "What is used by every example gets the sum of all: sum_to(..., B.shape). The same for A.",
    "B 是整个批共用的一个矩阵：它的梯度是什么形状？",
    "每个样本各有一份：没有加起来。",
    "每个样本都用到的，得到各份之和：sum_to(..., B.shape)。A 也一样。")
def batched_vjp_without_a_sum(g, A, B):
    return g @ B.swapaxes(-1, -2), A.swapaxes(-1, -2) @ g


@batched_vjp.twin(
    "What does .T do with three axes?",
    "It turns all of them round, the batch too.",
    "Exchange the last two alone: swapaxes(-1, -2).",
    "三个轴时 .T 做什么？",
    "它把所有轴都颠倒了，连批也在内。",
    "只交换最后两个：swapaxes(-1, -2)。")
def batched_vjp_with_T(g, A, B):
    return sum_to(g @ B.T, A.shape), sum_to(A.T @ g, B.shape)


@batched_vjp.twin(
    "The examples of a batch: do their gradients add up?",
    "Their mean is taken.",
    "They add up. A mean comes from the loss, if it is one, and is in g already.",
    "批里各样本的梯度相加了吗？",
    "取了平均。",
    "应相加。平均来自损失（如果有的话），已经在 g 里了。")
def batched_vjp_by_the_mean(g, A, B):
    a, b = g @ B.swapaxes(-1, -2), A.swapaxes(-1, -2) @ g
    return a.mean(axis=0) if A.ndim == 2 else a, b.mean(axis=0) if B.ndim == 2 else b


@batched_vjp.twin(
    "The examples of a batch: do their gradients add up?",
    "The first example's is taken alone.",
    "They add up: sum_to.",
    "批里各样本的梯度相加了吗？",
    "只取了第一个样本的。",
    "应相加：sum_to。")
def batched_vjp_of_the_first(g, A, B):
    a, b = g @ B.swapaxes(-1, -2), A.swapaxes(-1, -2) @ g
    return a[0] if A.ndim == 2 else a, b[0] if B.ndim == 2 else b


@batched_vjp.twin(
    "Try square matrices, where no shape complains.",
    "Nothing is transposed: g B, and A g.",
    "g B^T and A^T g for each example: swapaxes(-1, -2).",
    "用方阵试试，那时形状不会报错。",
    "都没有转置：g B 和 A g。",
    "对每个样本是 g B^T 和 A^T g：swapaxes(-1, -2)。")
def batched_vjp_without_transposing(g, A, B):
    return sum_to(g @ B, A.shape), sum_to(A @ g, B.shape)


@batched_vjp.twin(
    "In which order are the two gradients?",
    "They are exchanged.",
    "(dL/dA, dL/dB).",
    "两个梯度的顺序是什么？",
    "放反了。",
    "(dL/dA, dL/dB)。")
def batched_vjp_exchanged(g, A, B):
    return sum_to(A.swapaxes(-1, -2) @ g, B.shape), sum_to(g @ B.swapaxes(-1, -2), A.shape)


@batched_vjp.twin(
    "Which of A and B is shared by the batch?",
    "B's gradient is always added up over the batch, and A's never.",
    "Only what has no batch axis of its own: sum_to looks at the shape.",
    "A 和 B 中哪个由整个批共用？",
    "B 的梯度总是对批相加，A 的从不。",
    "只有自己没有批轴的才相加：sum_to 会看形状。")
def batched_vjp_with_B_always_summed(g, A, B):
    a, b = g @ B.swapaxes(-1, -2), A.swapaxes(-1, -2) @ g
    return a, b.sum(axis=0)


@batched_vjp.twin(
    "Which of A and B is shared by the batch?",
    "Both gradients are always added up over the batch.",
    "Only what has no batch axis of its own: sum_to looks at the shape.",
    "A 和 B 中哪个由整个批共用？",
    "两个梯度总是对批相加。",
    "只有自己没有批轴的才相加：sum_to 会看形状。")
def batched_vjp_with_both_always_summed(g, A, B):
    a, b = g @ B.swapaxes(-1, -2), A.swapaxes(-1, -2) @ g
    return a.sum(axis=0), b.sum(axis=0)


@batched_vjp.twin(
    "May A be shared by the batch too?",
    "A's gradient is never added up.",
    "sum_to(..., A.shape) as well.",
    "A 也可能由整个批共用吗？",
    "A 的梯度从不相加。",
    "也要 sum_to(..., A.shape)。")
def batched_vjp_with_A_never_summed(g, A, B):
    a, b = g @ B.swapaxes(-1, -2), A.swapaxes(-1, -2) @ g
    return a, sum_to(b, B.shape)


@batched_vjp.twin(
    "May B be shared by the batch?",
    "B's gradient is never added up.",
    "sum_to(..., B.shape) as well.",
    "B 可能由整个批共用吗？",
    "B 的梯度从不相加。",
    "也要 sum_to(..., B.shape)。")
def batched_vjp_with_B_never_summed(g, A, B):
    a, b = g @ B.swapaxes(-1, -2), A.swapaxes(-1, -2) @ g
    return sum_to(a, A.shape), b


@batched_vjp.twin(
    "What does B get from the examples of the batch?",
    "Their mean, and also where each example has a matrix of its own.",
    "Their sum, and only if B is shared: sum_to(..., B.shape).",
    "B 从批里各样本得到什么？",
    "得到平均，而且每个样本有自己的矩阵时也这样。",
    "得到和，而且只在 B 共用时：sum_to(..., B.shape)。")
def batched_vjp_with_a_mean_for_B(g, A, B):
    a, b = g @ B.swapaxes(-1, -2), A.swapaxes(-1, -2) @ g
    return sum_to(a, A.shape), b.mean(axis=0)


# --- permute_vjp ---

@lab.hole(cases=[[_made(4, 2, 3), (2, 0, 1)], [_made(2, 2, 2), (1, 2, 0)], [_made(3, 2), (1, 0)]],
          more=[[_made(3, 4, 2), (1, 2, 0)], [_made(2, 2, 2, k=0.4), (2, 0, 1)], [_made(2, 5), (1, 0)]])
def permute_vjp(g, axes):
    return g.transpose(np.argsort(axes))


@permute_vjp.twin(
    "Permute and permute back: is everything in its place?",
    "The same permutation is applied once more, which undoes it only where two axes are exchanged.",
    "The inverse permutation: np.argsort(axes).",
    "换一次轴再换回来：都回到原位了吗？",
    "又用了一次同样的排列，只有交换两个轴时才能还原。",
    "要用逆排列：np.argsort(axes)。")
def permute_vjp_forwards(g, axes):
    return g.transpose(axes)


@permute_vjp.twin(
    "Permute and permute back: is everything in its place?",
    "All axes are turned round: .T.",
    "The inverse permutation: np.argsort(axes).",
    "换一次轴再换回来：都回到原位了吗？",
    "把所有轴颠倒了：.T。",
    "要用逆排列：np.argsort(axes)。")
def permute_vjp_by_T(g, axes):
    return g.T


@permute_vjp.twin(
    "The shape is right. Are the numbers in their places?",
    "reshape changes the shape and moves no number.",
    "A transpose moves numbers: transpose with the inverse permutation.",
    "形状对了。数在原来的位置上吗？",
    "reshape 只改变形状，不移动任何数。",
    "转置会移动数：用逆排列做 transpose。")
def permute_vjp_by_reshape(g, axes):
    return g.reshape([g.shape[i] for i in np.argsort(axes)])


@permute_vjp.twin(
    "Has the gradient the shape of x?",
    "g comes back as it is.",
    "Undo the permutation: transpose with np.argsort(axes).",
    "梯度与 x 形状相同吗？",
    "g 原样返回了。",
    "要还原排列：用 np.argsort(axes) 做 transpose。")
def permute_vjp_of_nothing(g, axes):
    return g


@permute_vjp.twin(
    "Permute and permute back: is everything in its place?",
    "The axes are read from behind, which is not the inverse permutation.",
    "Where axes[i] = j, the inverse has i at place j: np.argsort(axes).",
    "换一次轴再换回来：都回到原位了吗？",
    "把 axes 倒过来读了，这不是逆排列。",
    "若 axes[i] = j，逆排列在第 j 位是 i：np.argsort(axes)。")
def permute_vjp_from_behind(g, axes):
    return g.transpose(axes[::-1])


@permute_vjp.twin(
    "Permute and permute back: is everything in its place?",
    "-1 is the last axis, and no inverse.",
    "The inverse permutation: np.argsort(axes).",
    "换一次轴再换回来：都回到原位了吗？",
    "-1 是最后一个轴，不是逆排列。",
    "要用逆排列：np.argsort(axes)。")
def permute_vjp_with_a_minus(g, axes):
    return g.transpose([-a for a in axes])


@permute_vjp.twin(
    "Are shape and places those of x?",
    "reshape moves no number, and the shape is permuted once more.",
    "transpose with np.argsort(axes).",
    "形状和位置与 x 相同吗？",
    "reshape 不移动数，而且形状又按 axes 换了一次。",
    "用 np.argsort(axes) 做 transpose。")
def permute_vjp_by_a_wrong_reshape(g, axes):
    return g.reshape([g.shape[i] for i in axes])


@permute_vjp.twin(
    "Which axes were exchanged?",
    "The last two are exchanged, whatever axes says.",
    "transpose with np.argsort(axes).",
    "换的是哪些轴？",
    "不管 axes 是什么，都交换最后两个。",
    "用 np.argsort(axes) 做 transpose。")
def permute_vjp_of_the_last_two(g, axes):
    return g.swapaxes(-1, -2)


@permute_vjp.twin(
    "Exchange two axes, and count the permutations.",
    "axes is applied twice: that undoes three axes in a circle, and no exchange of two.",
    "Once, and the inverse: np.argsort(axes).",
    "交换两个轴，数一数做了几次排列。",
    "axes 用了两次：三个轴轮换时碰巧能还原，交换两个轴时不行。",
    "只用一次逆排列：np.argsort(axes)。")
def permute_vjp_twice(g, axes):
    return g.transpose(axes).transpose(axes)


# --- index_vjp ---

@lab.hole(cases=[[_made(4, 2), array([3, 1, 3, 0]), (5, 2)], [_made(2, 3), array([1, 0]), (2, 3)],
                 [_made(3), array([2, 2, 2]), (4,)]],
          more=[[_made(5, 3), array([0, 2, 2, 0, 2]), (4, 3)], [_made(2), array([1, 1]), (3,)]],
          forbidden=["tinydawn.plain:placed"])
def index_vjp(g, ids, shape):
    found = np.zeros(shape)
    for t, row in enumerate(ids):
        found[row] += g[t]
    return found


@index_vjp.twin(
    "A row that is used twice: what does it get?",
    "What the last use gives. (`found[ids] += g` does this as well: a row that is named twice is written once.)",
    "The sum of all uses: np.add.at, or a loop that adds.",
    "用到两次的行得到什么？",
    "只得到最后一次使用给的。（`found[ids] += g` 也是这样：写了两次的行只算一次。）",
    "得到所有使用之和：np.add.at，或逐个相加的循环。")
def index_vjp_that_overwrites(g, ids, shape):
    found = np.zeros(shape)
    found[ids] = g
    return found


@index_vjp.twin(
    "Which rows have a gradient?",
    "The first rows, whatever ids says: g is put there as it comes.",
    "Row ids[t] gets g[t].",
    "哪些行有梯度？",
    "不管 ids 说什么，都是最前面的行：g 被依次放了进去。",
    "第 ids[t] 行得到 g[t]。")
def index_vjp_of_positions(g, ids, shape):
    found = np.zeros(shape)
    n = min(len(g), len(found))
    found[:n] = g[:n]
    return found


@index_vjp.twin(
    "A row that is used twice: what does it get?",
    "The mean of its uses.",
    "Their sum.",
    "用到两次的行得到什么？",
    "得到各次使用的平均。",
    "应得到它们的和。")
def index_vjp_of_a_mean(g, ids, shape):
    found, uses = np.zeros(shape), np.zeros(shape)
    np.add.at(found, ids, g)
    np.add.at(uses, ids, 1)
    return found / np.maximum(uses, 1)


@index_vjp.twin(
    "Where does g come in?",
    "It is counted how often each row is used.",
    "Row ids[t] gets g[t], added to what it has.",
    "g 用在哪里？",
    "这里数的是每一行用了几次。",
    "第 ids[t] 行加上 g[t]。")
def index_vjp_of_counts(g, ids, shape):
    found = np.zeros(shape)
    np.add.at(found, ids, 1)
    return found


@index_vjp.twin(
    "Which way do the numbers go: from x to z, or from z to x?",
    "g[ids] takes rows of g: that is the way forwards.",
    "Backwards, g[t] goes to the row ids[t] of an array of the shape of x.",
    "数往哪个方向走：从 x 到 z，还是从 z 到 x？",
    "g[ids] 取的是 g 的行：那是前向的方向。",
    "反向时，g[t] 要到与 x 同形的数组的第 ids[t] 行去。")
def index_vjp_forwards(g, ids, shape):
    return g[ids % len(g)]


@index_vjp.twin(
    "A row that is not used: what is its gradient?",
    "It is 1 here: the array began with ones.",
    "0, as it does not change z: begin with zeros.",
    "没有用到的行，梯度是多少？",
    "这里是 1：数组从全一开始。",
    "是 0，因为它不影响 z：从全零开始。")
def index_vjp_from_ones(g, ids, shape):
    found = np.ones(shape)
    np.add.at(found, ids, g)
    return found


@index_vjp.twin(
    "Which row of g goes to row ids[t]?",
    "g is indexed by the ids as well.",
    "g[t]: g has a row for each place t.",
    "g 的哪一行到第 ids[t] 行去？",
    "g 也用编号取下标了。",
    "是 g[t]：g 的每一行对应一个位置 t。")
def index_vjp_with_g_indexed(g, ids, shape):
    found = np.zeros(shape)
    for i in ids:
        found[i] += g[i % len(g)]
    return found


@index_vjp.twin(
    "Which way do the numbers go?",
    "Row t gets g[ids[t]]: forwards.",
    "Row ids[t] gets g[t].",
    "数往哪个方向走？",
    "第 t 行得到 g[ids[t]]：这是前向。",
    "第 ids[t] 行得到 g[t]。")
def index_vjp_the_wrong_way_round(g, ids, shape):
    found = np.zeros(shape)
    for t, i in enumerate(ids[:len(found)]):
        found[t] += g[i % len(g)]
    return found


@index_vjp.twin(
    "Where does g come in?",
    "A 1 stands where a row is used.",
    "Row ids[t] gets g[t], added to what it has.",
    "g 用在哪里？",
    "用到的行写了 1。",
    "第 ids[t] 行加上 g[t]。")
def index_vjp_of_ones(g, ids, shape):
    found = np.zeros(shape)
    found[ids] = 1
    return found


@index_vjp.twin(
    "What does a row get?",
    "The sum of the whole of g.",
    "Row ids[t] gets g[t] alone.",
    "一行得到什么？",
    "得到整个 g 之和。",
    "第 ids[t] 行只得到 g[t]。")
def index_vjp_of_all_of_g(g, ids, shape):
    found = np.zeros(shape)
    np.add.at(found, ids, g.sum())
    return found


@index_vjp.twin(
    "A row that is used twice: what does it get?",
    "What the first use gives.",
    "The sum of all uses.",
    "用到两次的行得到什么？",
    "只得到第一次使用给的。",
    "得到所有使用之和。")
def index_vjp_of_the_first_use(g, ids, shape):
    found = np.zeros(shape)
    for t in reversed(range(len(ids))):
        found[ids[t]] = g[t]
    return found


@index_vjp.twin(
    "Has it the shape of x?",
    "It has the shape of g.",
    "np.zeros(shape): rows that are not used have gradients too, 0.",
    "与 x 形状相同吗？",
    "它是 g 的形状。",
    "np.zeros(shape)：没用到的行也有梯度，为 0。")
def index_vjp_in_the_shape_of_g(g, ids, shape):
    found = np.zeros((max(len(g), max(ids) + 1), *g.shape[1:]))
    np.add.at(found, ids, g)
    return found[:len(g)]


@index_vjp.twin(
    "Is anything divided?",
    "Everything is divided by the number of rows taken.",
    "Row ids[t] gets g[t] whole; a mean comes from the loss, and is in g already.",
    "做除法了吗？",
    "都除以了取出的行数。",
    "第 ids[t] 行得到整个 g[t]；平均来自损失，已经在 g 里了。")
def index_vjp_divided(g, ids, shape):
    found = np.zeros(shape)
    np.add.at(found, ids, g)
    return found / len(ids)


# --- numeric_gradient ---

def number_of(kind):
    return Given("number_of", kind)


@lab.hole(cases=[[number_of("cubes"), array([[1.0, -2.0, 0.5]]), 0.1],
                 [number_of("products"), array([3.0, 1.0, -2.0, 0.5]), 0.2],
                 [number_of("waves"), array([[0.3, 1.2], [2.0, -0.7], [1.1, 0.4]]), 0.1],
                 [number_of("cubes"), array([2, -1]), 0.1]],
          more=[[number_of("waves"), array([0.5, -1.5, 2.5]), 0.1],
                [number_of("cubes"), array([[0.4, 1.1], [1.3, -0.2], [0.7, 2.0]]), 0.2],
                [number_of("products"), array([2, 5, 1]), 0.1]])
def numeric_gradient(f, x, step):
    x = np.array(x, float)
    found = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        kept = x[at]
        x[at] = kept + step
        above = f(x)
        x[at] = kept - step
        found[at] = (above - f(x)) / (2 * step)
        x[at] = kept
    return found


def _steps(f, x, difference):
    x = np.array(x, float)
    found = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        found[at] = difference(above, below, at)
    return found


@numeric_gradient.twin(
    "Try a sum of cubes with step 0.1: is the error small?",
    "This is the one-sided difference, whose error is of the size of the step.",
    "To both sides, (f(x + step) - f(x - step)) / (2 step), it is of the size of its square.",
    "用步长 0.1 试试立方和：误差小吗？",
    "这是单侧差分，误差与步长同级。",
    "两侧差分 (f(x + step) - f(x - step)) / (2 step) 的误差与步长的平方同级。")
def numeric_gradient_to_one_side(f, x, step):
    def one(above, below, at):
        above[at] += step
        return (f(above) - f(below)) / step

    return _steps(f, x, one)


@numeric_gradient.twin(
    "How far apart are the two points?",
    "The difference is divided by step, and the points are 2 step apart: all is twice too large.",
    "Divide by 2 step.",
    "两点相距多远？",
    "差除以了 step，而两点相距 2 step：结果大了一倍。",
    "除以 2 step。")
def numeric_gradient_divided_by_step(f, x, step):
    return 2 * numeric_gradient(f, x, step)


@numeric_gradient.twin(
    "How many entries move at a time?",
    "All of them: each entry gets the derivative along (1, 1, ..., 1), which is the sum of the gradient.",
    "One entry moves, and the others stay: x[at] alone.",
    "每次移动几个元素？",
    "全部：每个元素得到的都是沿 (1, 1, ..., 1) 的导数，即梯度之和。",
    "只动一个元素，其余不动：只改 x[at]。")
def numeric_gradient_of_all_at_once(f, x, step):
    x = np.array(x, float)
    return np.full(x.shape, (f(x + step) - f(x - step)) / (2 * step))


@numeric_gradient.twin(
    "Mind the order of operations.",
    "`/ 2 * step` divides by 2 and multiplies with step.",
    "Parentheses: / (2 * step).",
    "注意运算的顺序。",
    "`/ 2 * step` 先除以 2，再乘以 step。",
    "加括号：/ (2 * step)。")
def numeric_gradient_without_parentheses(f, x, step):
    return numeric_gradient(f, x, step) * step * step


@numeric_gradient.twin(
    "The second entry: where is the first one while it moves?",
    "It has not been put back: every entry that was moved stays moved by -step.",
    "Put the entry back before the next one moves.",
    "移动第二个元素时，第一个在哪里？",
    "没有放回去：动过的元素都停在 -step 处。",
    "移动下一个之前先把这个放回去。")
def numeric_gradient_not_put_back(f, x, step):
    x = np.array(x, float)
    found = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        x[at] += step
        above = f(x)
        x[at] -= 2 * step
        found[at] = (above - f(x)) / (2 * step)
    return found


@numeric_gradient.twin(
    "What becomes of x if it holds whole numbers?",
    "A step of 0.1 added to a whole number in an array of whole numbers is cut off: the points are wrong, or the same.",
    "Copy x as float64 first: np.array(x, float).",
    "x 里若是整数会怎样？",
    "在整数数组里给整数加 0.1 会被截断：两点不对，甚至相同。",
    "先复制成 float64：np.array(x, float)。")
def numeric_gradient_of_whole_numbers(f, x, step):
    found = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] = x[at] + step
        below[at] = x[at] - step
        found[at] = (f(above) - f(below)) / (2 * step)
    return found


@numeric_gradient.twin(
    "Which comes first?",
    "The points are the wrong way round: this is minus the gradient.",
    "f above minus f below.",
    "哪个在前？",
    "两点放反了：这是负的梯度。",
    "f(x + step) 减 f(x - step)。")
def numeric_gradient_the_wrong_way_round(f, x, step):
    return -numeric_gradient(f, x, step)


@numeric_gradient.twin(
    "Has the gradient the shape of x?",
    "It is one row of numbers.",
    "reshape(x.shape), or fill an array of that shape: np.ndindex(x.shape) gives the places.",
    "梯度与 x 形状相同吗？",
    "它是一行数。",
    "reshape(x.shape)，或填进同形的数组：np.ndindex(x.shape) 给出各个位置。")
def numeric_gradient_in_a_row(f, x, step):
    return numeric_gradient(f, x, step).ravel()


@numeric_gradient.twin(
    "How many numbers has a gradient?",
    "One comes out: all entries move at once.",
    "A number for each entry, which moves alone.",
    "梯度有多少个数？",
    "只得到一个：所有元素一起移动了。",
    "每个元素一个数，每次只移动它。")
def numeric_gradient_in_one_number(f, x, step):
    x = np.array(x, float)
    return (f(x + step) - f(x - step)) / (2 * step)


@numeric_gradient.twin(
    "Try an x with two axes.",
    "x[i] is a whole row there: its entries move together.",
    "Every entry alone: np.ndindex(x.shape).",
    "试试有两个轴的 x。",
    "那里 x[i] 是一整行：其中的元素一起移动了。",
    "每个元素单独移动：np.ndindex(x.shape)。")
def numeric_gradient_row_by_row(f, x, step):
    def one(above, below, at):
        above[at[0]] += step
        below[at[0]] -= step
        return (f(above) - f(below)) / (2 * step)

    return _steps(f, x, one)


@numeric_gradient.twin(
    "What becomes of the gradient if x holds whole numbers?",
    "np.zeros_like(x) holds whole numbers then, and cuts the gradient off.",
    "np.zeros(x.shape), in float64.",
    "x 里若是整数，梯度会怎样？",
    "这时 np.zeros_like(x) 只能放整数，梯度被截断了。",
    "用 np.zeros(x.shape)，float64。")
def numeric_gradient_cut_off(f, x, step):
    return numeric_gradient(f, x, step).astype(x.dtype)


@numeric_gradient.twin(
    "Are there two points?",
    "0: `a = b = ...` gives one array two names, and what is added to it is taken off again.",
    "Two copies, or one that is put back.",
    "有两个点吗？",
    "得到 0：`a = b = ...` 给一个数组起了两个名字，加上的又减掉了。",
    "要两份副本，或一份并放回去。")
def numeric_gradient_of_one_array(f, x, step):
    return np.zeros(np.shape(x))


@numeric_gradient.twin(
    "How far do the entries move?",
    "Half a step to each side.",
    "A whole step to each side, divided by 2 step.",
    "元素移动了多远？",
    "向两侧各半步。",
    "向两侧各一整步，除以 2 step。")
def numeric_gradient_with_half_the_step(f, x, step):
    return numeric_gradient(f, x, step / 2)


@numeric_gradient.twin(
    "Try an x with two axes.",
    "x[i] is a whole row there: its entries move together. (And a step in an array of whole numbers is cut off.)",
    "Every entry alone, in float64: np.ndindex(x.shape), and np.array(x, float).",
    "试试有两个轴的 x。",
    "那里 x[i] 是一整行：其中的元素一起移动了。（整数数组里的步长还会被截断。）",
    "每个元素单独移动，用 float64：np.ndindex(x.shape) 和 np.array(x, float)。")
def numeric_gradient_row_by_row_in_whole_numbers(f, x, step):
    found = np.zeros(x.shape)
    for i in range(len(x)):
        above, below = x.copy(), x.copy()
        above[i] = x[i] + step
        below[i] = x[i] - step
        found[i] = (f(above) - f(below)) / (2 * step)
    return found


@numeric_gradient.twin(
    "How far apart are the two points?",
    "One of them is x itself: they are step apart, and the difference is divided by 2 step.",
    "Move to both sides: f(x + step) - f(x - step).",
    "两点相距多远？",
    "其中一个是 x 本身：相距 step，差却除以了 2 step。",
    "向两侧移动：f(x + step) - f(x - step)。")
def numeric_gradient_half_of_one_side(f, x, step):
    def one(above, below, at):
        above[at] += step
        return (f(above) - f(below)) / (2 * step)

    return _steps(f, x, one)


# --- wrong_formulas ---

def formulas(*kinds):
    return [Given("formula", kind) for kind in kinds]


@lab.hole(cases=[[formulas("tanh", "sigmoid", "cross-entropy", "mean")],
                 [formulas("length", "softmax", "relu", "sigmoid of the notes")],
                 [formulas("tanh", "square", "energy", "scores")], [formulas("nearly", "square", "mean", "length")]],
          more=[[formulas("square", "softmax", "tanh", "mean", "nearly")], [formulas("cross-entropy", "sigmoid of the notes")],
                [formulas("sigmoid", "length", "relu", "energy", "scores")]])
def wrong_formulas(formulas):
    found = []
    for formula in formulas:
        a, b = formula.gradient(formula.x), numeric_gradient(formula.f, formula.x, 1e-5)
        if np.abs(a - b).max() > 1e-6 * max(np.abs(a).max(), np.abs(b).max(), 1):
            found.append(formula.name)
    return found


def _errors(formulas, step=1e-5):
    return {x.name: np.abs(x.gradient(x.x) - numeric_gradient(x.f, x.x, step)).max() for x in formulas}


@wrong_formulas.twin(
    "Are these the names of wrong formulas, or of right ones?",
    "Of right ones.",
    "A formula is wrong if its error is large.",
    "这些是错误公式的名字，还是正确公式的？",
    "是正确的。",
    "误差大的公式才是错的。")
def wrong_formulas_that_are_right(formulas):
    return [name for name, error in _errors(formulas).items() if error < 1e-6]


@wrong_formulas.twin(
    "A formula that is 0.4 percent off: is it found?",
    "It is not: an error of some percent is let through.",
    "With steps of 1e-5 in float64 a right formula agrees to eight digits or so: ask for six.",
    "一个只差 0.4% 的公式，找到了吗？",
    "没有：百分之几的误差被放过了。",
    "float64、步长 1e-5 时，正确的公式能对上八位左右：要求六位。")
def wrong_formulas_let_through(formulas):
    return [name for name, error in _errors(formulas).items() if error > 0.05]


@wrong_formulas.twin(
    "Are tanh and square wrong?",
    "They are reported: two numbers are compared with ==, or with no tolerance, and a difference quotient is never exact.",
    "Allow for rounding: an error above about 1e-6, relative to the gradient, is a mistake.",
    "tanh 和 square 错了吗？",
    "它们也被报告了：用 == 比较，或没有容差，而差商从不精确。",
    "要容许舍入：相对于梯度，误差超过约 1e-6 才算错。")
def wrong_formulas_without_a_tolerance(formulas):
    return [x.name for x in formulas]


@wrong_formulas.twin(
    "How many can there be?",
    "Only the first is reported.",
    "All of them, in a list, in their order.",
    "可能有几个？",
    "只报告了第一个。",
    "全部报告，放进列表，按原来的顺序。")
def wrong_formulas_of_the_first(formulas):
    return [name for name, error in _errors(formulas).items() if error > 1e-6][:1]


@wrong_formulas.twin(
    "What is asked for: names, or places?",
    "These are the places in the list.",
    "Their names: formula.name.",
    "要的是名字还是位置？",
    "这是在列表里的位置。",
    "要名字：formula.name。")
def wrong_formulas_by_place(formulas):
    return [i for i, error in enumerate(_errors(formulas).values()) if error > 1e-6]


@wrong_formulas.twin(
    "Look at a formula whose gradient is too small, or whose error is negative.",
    "Differences are taken with their sign: what is below the numerical gradient is let through.",
    "The absolute difference: np.abs.",
    "看一个梯度偏小、误差为负的公式。",
    "差没有取绝对值：比数值梯度小的都被放过了。",
    "取差的绝对值：np.abs。")
def wrong_formulas_with_a_sign(formulas):
    return [x.name for x in formulas if (x.gradient(x.x) - numeric_gradient(x.f, x.x, 1e-5)).sum() > 1e-6]


@wrong_formulas.twin(
    "Does every entry agree?",
    "Only the first entry is compared.",
    "The largest difference over all entries.",
    "每个元素都对得上吗？",
    "只比较了第一个元素。",
    "要取所有元素中最大的差。")
def wrong_formulas_by_their_first_entry(formulas):
    return [x.name for x in formulas if abs(x.gradient(x.x)[0] - numeric_gradient(x.f, x.x, 1e-5)[0]) > 1e-6]


@wrong_formulas.twin(
    "What is asked for: formulas, or their names?",
    "These are the formulas themselves.",
    "formula.name.",
    "要的是公式，还是它们的名字？",
    "这是公式本身。",
    "要 formula.name。")
def wrong_formulas_as_objects(formulas):
    error = {x.name: x.gradient(x.x) - numeric_gradient(x.f, x.x, 1e-5) for x in formulas}
    return [x for x in formulas if np.abs(error[x.name]).max() > 1e-6]


@wrong_formulas.twin(
    "What is asked for?",
    "This says True or False of each.",
    "The names of the wrong ones alone.",
    "要的是什么？",
    "这是对每个说 True 或 False。",
    "只要错误的那些的名字。")
def wrong_formulas_as_true_and_false(formulas):
    error = {x.name: x.gradient(x.x) - numeric_gradient(x.f, x.x, 1e-5) for x in formulas}
    return [bool(np.abs(error[x.name]).max() > 1e-6) for x in formulas]


@wrong_formulas.twin(
    "Are tanh and length wrong?",
    "They are reported: the step is so large that the numeric gradient itself is off.",
    "A step of about 1e-5, where formula and rounding are both small.",
    "tanh 和 length 错了吗？",
    "它们也被报告了：步长太大，数值梯度本身就不准。",
    "步长取约 1e-5，那里公式误差和舍入误差都小。")
def wrong_formulas_with_a_large_step(formulas):
    return [name for name, e in _errors(formulas, 0.1).items() if e > 1e-4]


@wrong_formulas.twin(
    "Look at a formula whose gradient is too small everywhere.",
    "The largest difference is taken with its sign, so what is too small is let through.",
    "The absolute difference: np.abs.",
    "看一个处处偏小的公式。",
    "取了带符号的最大差，偏小的就被放过了。",
    "取差的绝对值：np.abs。")
def wrong_formulas_without_abs(formulas):
    error = {x.name: x.gradient(x.x) - numeric_gradient(x.f, x.x, 1e-5) for x in formulas}
    return [x.name for x in formulas if error[x.name].max() > 1e-6]


@wrong_formulas.twin(
    "Must every entry be wrong?",
    "The smallest difference counts here: one right entry, and the formula is let through.",
    "The largest: max.",
    "要每个元素都错才算错吗？",
    "这里算的是最小的差：有一个元素对了，公式就被放过。",
    "取最大的：max。")
def wrong_formulas_by_their_best_entry(formulas):
    error = {x.name: x.gradient(x.x) - numeric_gradient(x.f, x.x, 1e-5) for x in formulas}
    return [x.name for x in formulas if np.abs(error[x.name]).min() > 1e-6]


@wrong_formulas.twin(
    "May errors make up for each other?",
    "Here they do: the differences are summed before the absolute value is taken.",
    "First np.abs of each entry, then the largest.",
    "误差可以互相抵消吗？",
    "这里会：先求和再取绝对值。",
    "先对每个元素取 np.abs，再取最大。")
def wrong_formulas_by_their_sum(formulas):
    error = {x.name: x.gradient(x.x) - numeric_gradient(x.f, x.x, 1e-5) for x in formulas}
    return [x.name for x in formulas if abs(error[x.name].sum()) > 1e-6]
