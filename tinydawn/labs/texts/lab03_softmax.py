# %% [markdown] en
# # Lab 3: softmax and cross-entropy
#
# A classifier gives each class a number, its logit. Softmax makes probabilities of them, and
# cross-entropy says what a guess costs. At the end your own three functions train a classifier,
# and you have seen the two places where the plain formula breaks: large logits, and logits that
# are far apart. About 60 minutes, with the reading.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it. Every
# function works on a whole batch: N rows, one for each example, and K columns, one for each class.

# %% [markdown] zh
# # 实验 3：Softmax 与交叉熵
#
# 分类器给每个类别一个数，即 logit。softmax 把它们变成概率，交叉熵说明一次猜测的代价。最后，
# 你自己写的三个函数会训练出一个分类器，你也会看到直接套公式在哪两处会失败：logit 很大时，
# 以及 logit 相差很远时。连同阅读约 60 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。每个函数都作用于
# 整个批：N 行，每行一个样本；K 列，每列一个类别。

# %%
import numpy as np

import tinydawn as td
from tinydawn import labs

# %% [markdown] en
# ## 1. Softmax
#
#     p_k = exp(z_k) / sum over j of exp(z_j)
#
# Each row of logits becomes a distribution. Mind exp(1000), which no float can hold. The notes'
# remedy: divide numerator and denominator by exp(max), which changes nothing, since
# exp(z_k - m) / sum exp(z_j - m) is the same for every m.
#
# A Tensor has `.sum(axis=1, keepdims=True)` and `.amax(axis=1, keepdims=True)`, and `td.exp` is
# the exponential.

# %% [markdown] zh
# ## 1. Softmax
#
#     p_k = exp(z_k) / sum_j exp(z_j)
#
# 每一行 logit 变成一个分布。小心 exp(1000)，任何浮点数都装不下。讲义的办法：分子分母同除以
# exp(max)，结果不变，因为 exp(z_k - m) / sum exp(z_j - m) 对任何 m 都相同。
#
# 张量有 `.sum(axis=1, keepdims=True)` 和 `.amax(axis=1, keepdims=True)`，`td.exp` 是指数函数。

# %%
def softmax(z):
    """The probabilities of each row.

    z  Tensor (N, K), logits of N examples and K classes. Returns a Tensor (N, K).
    """
    """每一行的概率。

    z  张量 (N, K)，N 个样本、K 个类别的 logit。返回张量 (N, K)。
    """
    raise NotImplementedError

# %%
labs.check(softmax)

# %% [markdown] en
# ## 2. Its logarithm
#
# The loss needs log p, and the logarithm of a finished softmax is not good enough: of the logits
# 1000 and 0 the second probability is 0 to the last digit, and log 0 is -inf. But
#
#     log(exp(z_k) / s) = z_k - log s
#
# needs no p at all.

# %% [markdown] zh
# ## 2. 它的对数
#
# 损失需要 log p，而对算好的 softmax 取对数不够好：logit 为 1000 和 0 时，第二个概率的每一位都是 0，
# log 0 是 -inf。但是
#
#     log(exp(z_k) / s) = z_k - log s
#
# 根本不需要算出 p。

# %%
def log_softmax(z):
    """log p of each row, also where p is too small for a float.

    z  Tensor (N, K). Returns a Tensor (N, K).
    """
    """每一行的 log p，即使 p 小到浮点数装不下。

    z  张量 (N, K)。返回张量 (N, K)。
    """
    raise NotImplementedError

# %%
labs.check(log_softmax)

# %% [markdown] en
# ## 3. Cross-entropy
#
#     L = mean over the examples of -log p(y_n)
#
# One number for a batch: how surprised the classifier is by the right classes. `log_p[rows, y]`
# with two arrays of N whole numbers takes one entry of each row.

# %% [markdown] zh
# ## 3. 交叉熵
#
#     L = -log p(y_n) 对样本取平均
#
# 一个批得到一个数：正确的类别让分类器多么意外。`log_p[rows, y]` 用两个各含 N 个整数的数组，
# 从每一行取一个元素。

# %%
def cross_entropy(z, y):
    """The mean over the batch of -log p(y).

    z  Tensor (N, K), logits
    y  array (N,), the right classes, whole numbers from 0 to K - 1. Returns a Tensor ().
    """
    """-log p(y) 对批取平均。

    z  张量 (N, K)，logit
    y  数组 (N,)，正确的类别，0 到 K - 1 的整数。返回张量 ()。
    """
    raise NotImplementedError

# %%
labs.check(cross_entropy)

# %% [markdown] en
# ## 4. The gradient, by hand: p - y
#
# The notes prove that dL/dz_i is p_i - 1 for the right class and p_i for every other: with y as a
# one-hot row, p - y. Of the *mean* over N examples each row counts one N-th.

# %% [markdown] zh
# ## 4. 手算梯度：p - y
#
# 讲义证明：dL/dz_i 对正确的类别是 p_i - 1，对其他类别是 p_i；把 y 写成 one-hot 行，就是 p - y。
# 若损失对 N 个样本取*平均*，每一行只算 N 分之一。

# %%
def p_minus_y(p, y):
    """The gradient of the mean cross-entropy with respect to the logits.

    p  array (N, K), probabilities
    y  array (N,), the right classes. Returns an array (N, K).
    """
    """平均交叉熵对 logit 的梯度。

    p  数组 (N, K)，概率
    y  数组 (N,)，正确的类别。返回数组 (N, K)。
    """
    raise NotImplementedError

# %%
labs.check(p_minus_y)

# %% [markdown] en
# Is it the engine's gradient? And what does it look like? Dark blue is positive, yellow negative:
# each row has one negative entry, at the right class.

# %% [markdown] zh
# 它就是引擎算出的梯度吗？它长什么样？深蓝为正，黄色为负：每一行只有一个负数，在正确的类别处。

# %%
z = td.tensor([[2.0, 1.0, 0.1], [0.0, 3.0, 0.0]], requires_grad=True, name="z")
y = np.array([0, 2])
cross_entropy(z, y).backward()
by_hand = p_minus_y(softmax(z).detach().numpy(), y)
print("largest difference:", np.abs(z.grad.numpy() - by_hand).max())
td.draw(lambda: cross_entropy(z, y), depth="ops", backward=True)

# %% [markdown] en
# ## 5. One step of gradient descent
#
# The gradient points where the loss grows. A step against it, lr times as long:

# %% [markdown] zh
# ## 5. 梯度下降的一步
#
# 梯度指向损失增大的方向。逆着它走一步，长度乘以 lr：

# %%
def sgd_step(w, g, lr):
    """The weights after one step; w itself stays as it is.

    w, g  arrays of one shape: weights, and the gradient of the loss
    lr    the learning rate
    """
    """走一步之后的权重；w 本身保持不变。

    w, g  形状相同的数组：权重，以及损失的梯度
    lr    学习率
    """
    raise NotImplementedError

# %%
labs.check(sgd_step)

# %% [markdown] en
# ## What you have built
#
# Three clouds of points, and a classifier W x + b with your softmax, your loss and your step. It
# should end with more than nine of ten right; guessing the most frequent class gives four of ten.

# %% [markdown] zh
# ## 你造出了什么
#
# 三团点，一个分类器 W x + b，用你的 softmax、你的损失和你的步子。最后应有九成以上正确；
# 只猜最常见的类别只有四成。

# %%
rng = np.random.default_rng(3)
label = rng.choice(3, size=200, p=[0.4, 0.3, 0.3])
x = rng.normal(size=(200, 2)) + np.array([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])[label]
W, b = np.zeros((3, 2)), np.zeros(3)
for step in range(60):
    batch = rng.permutation(200)[:32]
    weights, bias = td.tensor(W, requires_grad=True), td.tensor(b, requires_grad=True)
    loss = cross_entropy(x[batch] @ weights.T + bias, label[batch])
    loss.backward()
    W, b = sgd_step(W, weights.grad.numpy(), 0.5), sgd_step(b, bias.grad.numpy(), 0.5)
found = (x @ W.T + b).argmax(axis=1)
most = np.bincount(label.astype(int)).max() / len(label)
print(f"accuracy {(found == label).mean():.3f}, most frequent class {most:.3f}")

# %% [markdown] en
# ## To think about
#
# All logits of a row grow by 5. What happens to p, to the loss, to the gradient? And what does
# that say about the sum of a row of the gradient?
#
# ## To go on
#
# Divide the logits by a temperature T before the softmax. What do T = 0.1 and T = 10 do to the
# distribution, and to the length of the gradient?

# %% [markdown] zh
# ## 想一想
#
# 一行的所有 logit 都加 5，p、损失和梯度会怎样？由此可知梯度的一行之和是多少？
#
# ## 继续
#
# 在 softmax 之前把 logit 除以温度 T。T = 0.1 和 T = 10 会怎样改变分布，以及梯度的长度？
