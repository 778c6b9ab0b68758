# %% [markdown] en
# # Lab 2: tensors
#
# An engine for arrays is the scalar engine of lab 1 with one question more: which *shape* has a
# gradient? Here you write the way back through broadcasting, matrix products, transposes and
# indexing, each as a function from dL/dz to dL/dx, and the instrument that finds out whether such a
# function is right. At the end your instrument finds the bugs that were planted in eight formulas.
# About 80 minutes, with the reading.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it. All of
# this lab is plain NumPy. g always is dL/dz, the gradient that comes from above, and one rule holds
# throughout: **a gradient has the shape of what it belongs to.**

# %% [markdown] zh
# # 实验 2：张量
#
# 数组的引擎就是实验 1 的标量引擎，只多一个问题：梯度是什么*形状*？这里你要写出穿过广播、矩阵乘法、
# 转置和取下标的反向过程，每个都是从 dL/dz 到 dL/dx 的函数；还要写出检验这种函数对不对的工具。
# 最后，你的工具会在八个公式里找出埋下的错误。连同阅读约 80 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。这个实验只用 NumPy。
# g 总是 dL/dz，即上面传来的梯度；有一条规则贯穿始终：**梯度与它所属的量形状相同。**

# %%
import numpy as np

import tinydawn as td
from tinydawn import labs
from tinydawn.labs.given import formula

# %% [markdown] en
# ## 1. The gradient of broadcasting
#
# In z = W h + b over a batch, b has shape (K,) and z has shape (N, K): NumPy repeats b for every
# row. What is used N times gets the sum of N gradients. There are two ways of being repeated:
#
# * an axis is *added in front*: (K,) becomes (N, K);
# * an axis of length 1 is *stretched*: (N, 1) becomes (N, K).
#
# NumPy compares shapes from the right, so missing axes are always in front.

# %% [markdown] zh
# ## 1. 广播的梯度
#
# 在一个批上的 z = W h + b 里，b 的形状是 (K,)，z 的形状是 (N, K)：NumPy 为每一行重复了 b。用到 N 次
# 的，得到 N 份梯度之和。重复有两种方式：
#
# * *在前面加*一个轴：(K,) 变成 (N, K)；
# * 长度为 1 的轴被*拉长*：(N, 1) 变成 (N, K)。
#
# NumPy 从右边开始比较形状，所以缺的轴总在前面。

# %%
def sum_to(g, shape):
    """The gradient of an x of this shape that was broadcast to the shape of g.

    g      array, dL/dz
    shape  tuple, the shape of x. Returns an array of this shape.
    """
    """形状为 shape 的 x 广播成 g 的形状之后，x 的梯度。

    g      数组，dL/dz
    shape  元组，x 的形状。返回这个形状的数组。
    """
    raise NotImplementedError

# %%
labs.check(sum_to)

# %% [markdown] en
# ## 2. A product, entry by entry
#
# z = x * y. Each argument's gradient is g times the other, and each may have been broadcast.

# %% [markdown] zh
# ## 2. 逐元素的乘积
#
# z = x * y。每个参数的梯度是 g 乘另一个参数，而两者都可能被广播过。

# %%
def mul_vjp(g, x, y):
    """(dL/dx, dL/dy) for z = x * y.

    g     array, dL/dz
    x, y  arrays whose shapes broadcast to that of g
    """
    """z = x * y 的 (dL/dx, dL/dy)。

    g     数组，dL/dz
    x, y  数组，形状可广播成 g 的形状
    """
    raise NotImplementedError

# %%
labs.check(mul_vjp)

# %% [markdown] en
# ## 3. Matrices
#
# The notes have z = W h with a column h. With k columns side by side it is Z = W H:
#
#     Z_ij  =  sum over l of W_il H_lj
#
# Which Z_ij does W_il go into, and with what in front? Then write the sum as a product of matrices,
# and let the shapes tell you what has to be transposed: (m, k) and (n, k) make (m, n).

# %% [markdown] zh
# ## 3. 矩阵
#
# 讲义里是 z = W h，h 是一列。把 k 列并排，就是 Z = W H：
#
#     Z_ij  =  对 l 求和：W_il H_lj
#
# W_il 进入哪些 Z_ij，前面的系数是什么？再把这个和写成矩阵乘积，让形状告诉你哪个要转置：(m, k) 和
# (n, k) 得到 (m, n)。

# %%
def matmul_vjp(g, W, H):
    """(dL/dW, dL/dH) for Z = W @ H.

    g  array (m, k), dL/dZ
    W  array (m, n)
    H  array (n, k)
    """
    """Z = W @ H 的 (dL/dW, dL/dH)。

    g  数组 (m, k)，dL/dZ
    W  数组 (m, n)
    H  数组 (n, k)
    """
    raise NotImplementedError

# %%
labs.check(matmul_vjp)

# %% [markdown] en
# ## 4. Find the bug: dz/dW = h^T
#
# The notes write dz/dW = h^T. As a derivative of a vector by a matrix it would need three indices;
# it is a shorthand for "row i of dL/dW is something times h^T". Take it at its word, and every row
# of dL/dW is h. For some g = dL/dz that is even right. Return a g for which it is wrong, and what
# dL/dW really is.

# %% [markdown] zh
# ## 4. 找出错误：dz/dW = h^T
#
# 讲义写道 dz/dW = h^T。向量对矩阵的导数本应有三个下标；这是一种简写，意思是“dL/dW 的第 i 行是某个数
# 乘 h^T”。照字面理解，dL/dW 的每一行都是 h。对某些 g = dL/dz，这居然是对的。请返回一个使它出错的 g，
# 以及真正的 dL/dW。

# %%
def shorthand_fails(h):
    """(g, dL/dW) for z = W h, where "every row of dL/dW is h" is wrong.

    h       array (n,)
    g       your choice of dL/dz, an array (m,) with m at least 2
    second  dL/dW, an array (m, n)
    """
    """z = W h 的 (g, dL/dW)，使“dL/dW 的每一行都是 h”不成立。

    h       数组 (n,)
    g       由你选的 dL/dz，数组 (m,)，m 至少为 2
    第二项  dL/dW，数组 (m, n)
    """
    raise NotImplementedError

# %%
labs.check(shorthand_fails)

# %% [markdown] en
# ## 5. Batches of matrices
#
# `A @ B` with more than two axes multiplies the last two, and the axes before these are a batch,
# which is broadcast: one matrix B of shape (k, n) is used by all N matrices of A.

# %% [markdown] zh
# ## 5. 成批的矩阵
#
# 轴多于两个时，`A @ B` 对最后两个轴做乘法，前面的轴是批，会被广播：形状为 (k, n) 的一个矩阵 B
# 由 A 的 N 个矩阵共用。

# %%
def batched_vjp(g, A, B):
    """(dL/dA, dL/dB) for Z = A @ B, each of the shape of its argument.

    g  array (N, m, n), dL/dZ
    A  array (N, m, k) or (m, k)
    B  array (N, k, n) or (k, n)
    """
    """Z = A @ B 的 (dL/dA, dL/dB)，形状各与其参数相同。

    g  数组 (N, m, n)，dL/dZ
    A  数组 (N, m, k) 或 (m, k)
    B  数组 (N, k, n) 或 (k, n)
    """
    raise NotImplementedError

# %%
labs.check(batched_vjp)

# %% [markdown] en
# ## 6. Transposing and reshaping
#
# These move numbers and change none, so on the way back they are moved to where they came from. Of
# z = x.reshape(...) the gradient is g.reshape(x.shape). Of a transpose it is a transpose as well:

# %% [markdown] zh
# ## 6. 转置与改变形状
#
# 它们只移动数，不改变数，所以往回走时把数移回原处。z = x.reshape(...) 的梯度是 g.reshape(x.shape)。
# 转置的梯度也是一个转置：

# %%
def permute_vjp(g, axes):
    """dL/dx for z = x.transpose(axes).

    g     array, dL/dz
    axes  tuple: axis i of z is axis axes[i] of x
    """
    """z = x.transpose(axes) 的 dL/dx。

    g     数组，dL/dz
    axes  元组：z 的轴 i 是 x 的轴 axes[i]
    """
    raise NotImplementedError

# %%
labs.check(permute_vjp)

# %% [markdown] en
# ## 7. Taking rows
#
# z = x[ids] takes rows of x, as an embedding does. A word that stands in a sentence twice is used
# twice; a word that does not stand there has no influence on z.

# %% [markdown] zh
# ## 7. 取出若干行
#
# z = x[ids] 取出 x 的若干行，嵌入就是这样。句子里出现两次的词用到两次；没有出现的词对 z 没有影响。

# %%
def index_vjp(g, ids, shape):
    """dL/dx for z = x[ids].

    g      array (T, ...), dL/dz
    ids    array (T,) of whole numbers: row t of z is row ids[t] of x
    shape  tuple, the shape of x
    """
    """z = x[ids] 的 dL/dx。

    g      数组 (T, ...)，dL/dz
    ids    整数数组 (T,)：z 的第 t 行是 x 的第 ids[t] 行
    shape  元组，x 的形状
    """
    raise NotImplementedError

# %%
labs.check(index_vjp)

# %% [markdown] en
# ## 8. Do you believe it?
#
# A gradient is checked entry by entry: move one entry a small step to both sides, and see how much
# f grows.
#
#     df/dx_i  =  (f(x + step e_i) - f(x - step e_i)) / (2 step)  +  an error of the size of step^2

# %% [markdown] zh
# ## 8. 你相信它吗？
#
# 梯度要逐个元素来检验：把一个元素向两侧各移动一小步，看 f 增加多少。
#
#     df/dx_i  =  (f(x + step e_i) - f(x - step e_i)) / (2 step)  +  与 step^2 同级的误差

# %%
def numeric_gradient(f, x, step):
    """The gradient of f at x by central differences; x itself stays as it is.

    f     a function from an array to a number
    x     array of any shape, perhaps of whole numbers. Returns a float64 array of its shape.
    step  such as 1e-5
    """
    """用中心差分求 f 在 x 处的梯度；x 本身保持不变。

    f     从数组到数的函数
    x     任意形状的数组，可能是整数。返回同形的 float64 数组。
    step  例如 1e-5
    """
    raise NotImplementedError

# %%
labs.check(numeric_gradient)

# %% [markdown] en
# Which step? A large one has the error of the formula, a small one that of rounding: two numbers
# that are nearly alike are subtracted. In float32, which has 7 digits, there is no good one.
# A # is a factor of ten: the fewer the better.

# %% [markdown] zh
# 步长取多少？大了有公式的误差，小了有舍入的误差：两个几乎相同的数相减。float32 只有 7 位，没有合适的
# 步长。每个 # 是十倍：越少越好。

# %%
def cubes(x):
    """The sum of x^3, with the gradient 3 x^2."""
    """x^3 之和，梯度是 3 x^2。"""
    return (x ** 3).sum()


def cubes_in_float32(x):
    """The same in float32."""
    """float32 的同一个函数。"""
    return (x.astype(np.float32) ** 3).sum()


x = np.array([0.3, 1.1, -0.7])
for name, function in (("float64", cubes), ("float32", cubes_in_float32)):
    for power in range(1, 12, 2):
        error = np.abs(numeric_gradient(function, x, 10.0 ** -power) - 3 * x ** 2).max()
        bar = "#" * max(round(np.log10(error + 1e-13)) + 13, 0)
        print(f"{name}  step 1e-{power:<2} error {error:.0e} {bar}")

# %% [markdown] en
# ## 9. Find the wrong formulas
#
# `formula.f` is a function and `formula.gradient` what somebody says is its gradient;
# `formula.x` is where to try it, and `formula.name` its name. An error counts relative to the size
# of the gradients: a right formula agrees to some eight digits, a wrong one may be off by less than
# a percent, and in one entry alone.

# %% [markdown] zh
# ## 9. 找出错误的公式
#
# `formula.f` 是一个函数，`formula.gradient` 是某人声称的它的梯度；`formula.x` 是用来检验的点，
# `formula.name` 是名字。误差要相对于梯度的大小来看：正确的公式能对上八位左右，错误的可能只差不到 1%，
# 而且只错在一个元素上。

# %%
def wrong_formulas(formulas):
    """The names of those whose gradient is wrong, in their order.

    formulas  a list of formulas, each with .name, .x, .f and .gradient. Returns a list of texts.
    """
    """梯度有错的公式的名字，按原来的顺序。

    formulas  公式的列表，每个有 .name、.x、.f 和 .gradient。返回文本的列表。
    """
    raise NotImplementedError

# %%
labs.check(wrong_formulas)

# %% [markdown] en
# ## What you have built
#
# Eight formulas, as students have written them. Which would you have found by reading? Your
# gradcheck needs no reading; looking whether the *sign* is right, which is what watching a loss
# fall comes to, finds hardly any.

# %% [markdown] zh
# ## 你造出了什么
#
# 八个公式，都是学生这样写过的。光靠读，你能看出哪几个？你的梯度检验不用读；而只看*符号*对不对，
# 也就是“损失在下降”所能说明的，几乎一个也找不到。

# %%
names = ["tanh", "sigmoid", "cross-entropy", "softmax", "relu", "mean", "length", "nearly"]
formulas = [formula(name) for name in names]
found = wrong_formulas(formulas)
by_sign = [one.name for one in formulas
           if (one.gradient(one.x) * numeric_gradient(one.f, one.x, 1e-5)).sum() <= 0]
print("gradcheck finds", len(found), "of 8:", *found)
print("the direction finds", len(by_sign), "of 8:", *by_sign)

# %% [markdown] en
# And your own ways back, put together: one hidden layer, over a batch, with an embedding before it.
# The gradients by your functions, by your numeric gradient, and by the engine.

# %% [markdown] zh
# 再把你自己的反向函数连起来：一个批上的一个隐藏层，前面有嵌入。梯度分别由你的函数、你的数值梯度
# 和引擎给出。

# %%
rng = np.random.default_rng(2)
E, W, b = rng.normal(size=(6, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
ids, scale = np.array([4, 1, 4, 0]), rng.normal(size=(4, 1))


def loss_of(E, W, b):
    """scale * (E[ids] W + b), squared and summed."""
    """scale * (E[ids] W + b)，平方后求和。"""
    return ((scale * (E[ids] @ W + b)) ** 2).sum()


h = E[ids]  # (4, 3)
z = h @ W + b  # (4, 2)
g, _ = mul_vjp(2 * scale * z, z, scale)  # through scale * z
h_grad, W_grad = matmul_vjp(g, h, W)
by_hand = [index_vjp(h_grad, ids, E.shape), W_grad, sum_to(g, b.shape)]
by_steps = [numeric_gradient(lambda E: loss_of(E, W, b), E, 1e-5),
            numeric_gradient(lambda W: loss_of(E, W, b), W, 1e-5),
            numeric_gradient(lambda b: loss_of(E, W, b), b, 1e-5)]
tensors = [td.tensor(a, requires_grad=True, name=n) for n, a in (("E", E), ("W", W), ("b", b))]
loss_of(*tensors).backward()
for tensor, mine, numeric in zip(tensors, by_hand, by_steps):
    print(f"{tensor.name}: by hand and by steps differ by {np.abs(mine - numeric).max():.0e}, "
          f"by hand and by the engine by {np.abs(mine - tensor.grad.numpy()).max():.0e}")
td.draw(lambda: loss_of(*tensors), depth="ops", backward=True)

# %% [markdown] en
# ## To think about
#
# The check moves one entry at a time and calls f twice for each. How often would it call f for a
# network with a million weights, and how often does the way back run? What could be checked instead
# with two calls, by a step in one random direction?
#
# ## To go on
#
# Write the way back through softmax along the last axis, for a batch: dL/dx = p (g - sum of g p).
# Does your gradcheck agree? And what does it say of relu at exactly 0?

# %% [markdown] zh
# ## 想一想
#
# 检验每次移动一个元素，各调用 f 两次。网络若有一百万个权重，要调用 f 多少次？而反向只走多少次？若只
# 调用两次，沿一个随机方向走一步，能检验什么？
#
# ## 继续
#
# 写出沿最后一个轴的 softmax 在一个批上的反向：dL/dx = p (g - g p 之和)。你的梯度检验同意吗？
# 对恰好在 0 处的 relu，它又怎么说？
