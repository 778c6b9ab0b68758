# %% [markdown] en
# # Lab 1: a scalar engine
#
# Everything in this course is trained by one idea: each number remembers how it was computed, and
# the chain rule walks back over what is remembered. Here you write that engine for single numbers,
# in eight short functions. At the end it trains a network that tells two half-moons apart. The
# same engine in a hundred lines, for tensors, is `tinydawn/plain.py`. About 90 minutes.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it. What it
# says first is where to look. For more, `labs.hint(add)` in a cell, with the name of your function
# for add: each time it says one thing more. For a file, in a terminal, the same is
# `python -m tinydawn.labs hint FILE add`.

# %% [markdown] zh
# # 实验 1：标量自动求导引擎
#
# 这门课里的一切都靠一个想法来训练：每个数记住自己是怎样算出来的，链式法则沿着记下的东西往回走。
# 这里你用八个短函数为单个的数写出这个引擎。最后它会训练一个网络，把两个半月形分开。同样的引擎，
# 用一百行写成张量的版本，在 `tinydawn/plain.py`。约 90 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。它先只说该看哪里。想知道
# 更多，就在格子里运行 `labs.hint(add)`，add 换成函数名：每运行一次，多说一点。若用的是文件，在终端运行
# `python -m tinydawn.labs hint FILE add` 也一样。

# %%
import math
import random

import tinydawn as td
from tinydawn import labs
from tinydawn.labs.given import Value

# %% [markdown] en
# ## 1. A number that remembers
#
# `Value(data, inputs, locals)` is a number, the Values that it was computed from, and for each of
# these the *local derivative*: how many times as much the number grows when that input grows a
# little. For a sum the notes' chain rule needs d(a + b)/da and d(a + b)/db.
#
#     v.data     the number itself: Python computes with v.data, not with v
#     v.inputs   the Values it was computed from, a tuple: (a, b), or (a,) of one; () of a leaf
#     v.locals   the local derivatives, numbers, a tuple in the same order: (d/da, d/db), or (d/da,)
#     v.grad     the gradient, 0.0 at first; only the way back, in section 3, puts anything there

# %% [markdown] zh
# ## 1. 会记忆的数
#
# `Value(data, inputs, locals)` 是一个数、算出它所用的那些 Value，以及对其中每一个的*局部导数*：
# 那个输入增加一点时，这个数增加它的多少倍。对和来说，讲义的链式法则需要 d(a + b)/da 和 d(a + b)/db。
#
#     v.data     数本身：Python 用 v.data 计算，而不是用 v
#     v.inputs   算出它所用的 Value，是元组：(a, b)，只有一个时是 (a,)，叶子是 ()
#     v.locals   局部导数，都是数，元组，顺序与 inputs 一致：(d/da, d/db)，只有一个时是 (d/da,)
#     v.grad     梯度，起初是 0.0；到第 3 节往回走时才往里放东西

# %%
def add(a, b):
    """The Value a + b, a new one, which remembers a and b. Both are Values, and may be the same."""
    """新的 Value a + b，它记住 a 和 b。两者都是 Value，也可以是同一个。"""
    raise NotImplementedError

# %%
labs.check(add)

# %%
def mul(a, b):
    """The Value a b, the product; a and b may be the same Value, and 0."""
    """Value a b，即两数之积；a 和 b 可以是同一个 Value，也可以为 0。"""
    raise NotImplementedError

# %%
labs.check(mul)

# %% [markdown] en
# The activation. As for the sigmoid of the notes, sigma' = sigma (1 - sigma), its derivative is
# written most simply by its own output y: tanh' = 1 - y^2.

# %% [markdown] zh
# 激活函数。和讲义里 sigmoid 的 sigma' = sigma (1 - sigma) 一样，它的导数用自己的输出 y 写最简单：
# tanh' = 1 - y^2。

# %%
def tanh(a):
    """The Value tanh(a), for any a, also one as large as 1000 or -1000."""
    """Value tanh(a)，a 可为任意数，哪怕大到 1000 或 -1000。"""
    raise NotImplementedError

# %%
labs.check(tanh)

# %% [markdown] en
# ## 2. In which order
#
# A Value may hand its gradient on only when it is complete: after everything that *uses* it has
# handed on its own. So the walk needs an order in which every Value stands after its inputs; then
# it goes through it from behind. What is used twice stands there once; `id(x)` tells Values apart.
#
# A chain may be thousands of Values long, and Python stops a function that calls itself more than
# about a thousand times. And 40 times `x = add(x, x)` are 41 Values, but 2^40 ways from the end to
# the leaf: go into each Value once, not along each way.

# %% [markdown] zh
# ## 2. 按什么顺序
#
# 一个 Value 的梯度齐了才能传下去：要等*用到*它的都传过之后。所以需要一个顺序，每个 Value 都排在
# 它的输入之后；然后从后往前走。被用到两次的只出现一次；用 `id(x)` 区分不同的 Value。
#
# 链可以有几千个 Value 那么长，而一个函数调用自己超过大约一千次，Python 就会停下。再有，做 40 次
# `x = add(x, x)` 只有 41 个 Value，但从末端到叶子有 2^40 条路：每个 Value 只进入一次，不要每条路都走。

# %%
def order(end):
    """A list of all Values that lead to `end`: each once, after all of its inputs, `end` last."""
    """通向 `end` 的所有 Value 的列表：每个一次，排在它的所有输入之后，`end` 在最后。"""
    raise NotImplementedError

# %%
labs.check(order)

# %% [markdown] en
# ## 3. The chain rule, backwards
#
#     dL/dy  =  sum over all x that use y of  dL/dx * dx/dy
#
# Here L is the end. dL/dx is `x.grad`, dx/dy is what stands in `x.locals` where y stands in
# `x.inputs`, and the sum ends up in `y.grad`. Begin with d end / d end = 1.

# %% [markdown] zh
# ## 3. 反向的链式法则
#
#     dL/dy  =  对所有用到 y 的 x 求和：dL/dx * dx/dy
#
# 这里 L 就是末端。dL/dx 是 `x.grad`，dx/dy 是 `x.locals` 里与 `x.inputs` 中的 y 位置相同的那个数，
# 和最后放在 `y.grad` 里。从 d end / d end = 1 开始。

# %%
def backward(end):
    """Add dL/dy to y.grad, with L = end, for each Value y that leads to `end`, and `end` itself.

    All .grad are 0.0 before. Returns nothing.
    """
    """对通向 `end` 的每个 Value y 和 `end` 自己，把 dL/dy 加到 y.grad 上，其中 L = end。

    之前所有 .grad 都是 0.0。没有返回值。
    """
    raise NotImplementedError

# %%
labs.check(backward)

# %% [markdown] en
# ## 4. Do you believe it?
#
# A gradient is checked by taking a small step to both sides. The error of this is of the size of
# h^2, and that of a step to one side of the size of h.

# %% [markdown] zh
# ## 4. 你相信它吗？
#
# 检验梯度的办法是向两侧各走一小步。它的误差与 h^2 同级，而只向一侧走的误差与 h 同级。

# %%
def slope(f, x, h):
    """The slope of f at x, from f(x + h) and f(x - h). f takes a float and gives a float."""
    """f 在 x 处的斜率，由 f(x + h) 和 f(x - h) 算出。f 接受一个浮点数，返回一个浮点数。"""
    raise NotImplementedError

# %%
labs.check(slope)

# %%
def curve(x):
    """tanh(x x + x) as a Value, from the Value x."""
    """由 Value x 得到的 Value tanh(x x + x)。"""
    return tanh(add(mul(x, x), x))


x = Value(0.3)
backward(curve(x))
print("engine", x.grad, "two small steps", slope(lambda a: curve(Value(a)).data, 0.3, 1e-5))

# %% [markdown] en
# ## 5. Find the bug
#
# Imagine an engine whose numbers keep their inputs in a *set*, where each input keeps its local
# derivative, and which goes through this set on the way back. It takes the right order, and most
# expressions come out right. Return one, built of your `add`, `mul` and `tanh` from the Values a
# and b, for which it gives a wrong gradient.

# %% [markdown] zh
# ## 5. 找出错误
#
# 设想有个引擎，每个数把它的输入放在*集合*里，每个输入带着自己的局部导数，往回走时遍历这个集合。它走的
# 顺序是对的，多数表达式的结果也对。请用你的 `add`、`mul` 和 `tanh`，从 Value a 和 b 构造一个它会算错
# 梯度的表达式并返回。

# %%
def breaks_sets(a, b):
    """The end of an expression of a and b whose gradient an engine with sets gets wrong."""
    """由 a 和 b 构成的表达式的末端，用集合的引擎会算错它的梯度。"""
    raise NotImplementedError

# %%
labs.check(breaks_sets)

# %% [markdown] en
# ## 6. One step downhill
#
# Each parameter goes to `p.data - lr * p.grad`; lr is the *learning rate*. Then its gradient has to
# be 0.0 again, since the next `backward` adds to it. The network holds these very Values: a new one
# in its place would not be in the network.

# %% [markdown] zh
# ## 6. 下坡一步
#
# 每个参数走到 `p.data - lr * p.grad`；lr 叫*学习率*。之后它的梯度必须归 0.0，因为下一次 `backward`
# 会往上加。网络里用的就是这些 Value 本身：换成新的，新的就不在网络里了。

# %%
def descend(parameters, lr):
    """Move each parameter against its gradient, lr times as far, and set its gradient to 0.0.

    parameters  a list of Values. Returns nothing.
    """
    """让每个参数逆着梯度移动，距离乘以 lr，再把梯度设为 0.0。

    parameters  Value 的列表。没有返回值。
    """
    raise NotImplementedError

# %%
labs.check(descend)

# %% [markdown] en
# ## What you have built
#
# A network of 2 inputs, 8 hidden units and one output, every number of it one of your Values. The
# points are two half-moons: the best straight line gets 56 of the 60 right, and your network should
# get 58 or more. It takes a few seconds.

# %% [markdown] zh
# ## 你造出了什么
#
# 一个有 2 个输入、8 个隐藏单元、1 个输出的网络，其中每个数都是你的 Value。数据点是两个半月形；
# 最好的直线能分对 60 个中的 56 个，你的网络应分对 58 个以上。需要几秒钟。

# %%
random.seed(1)
points = []
for i in range(60):
    angle, side = math.pi * random.random(), i % 2
    px = math.cos(angle) if side else 1 - math.cos(angle)
    py = math.sin(angle) - 0.25 if side else 0.25 - math.sin(angle)
    points.append((px + random.gauss(0, 0.1), py + random.gauss(0, 0.1), 1.0 if side else -1.0))

hidden = [[Value(random.gauss(0, 1)) for _ in range(3)] for _ in range(8)]
out = [Value(random.gauss(0, 0.5)) for _ in range(9)]
parameters = [p for row in [*hidden, out] for p in row]


def predict(px, py):
    """A Value, above 0 for one moon and below 0 for the other."""
    """一个 Value，对一个半月大于 0，对另一个小于 0。"""
    total = out[8]
    for (u, v, c), w in zip(hidden, out):
        unit = tanh(add(add(mul(u, Value(px)), mul(v, Value(py))), c))
        total = add(total, mul(w, unit))
    return tanh(total)


for step in range(80):
    loss = Value(0.0)
    for px, py, side in points:
        error = add(predict(px, py), Value(-side))
        loss = add(loss, mul(error, error))
    loss = mul(loss, Value(1 / len(points)))
    backward(loss)
    descend(parameters, 1.0)
    if step % 20 == 19:
        right = sum(predict(px, py).data * side > 0 for px, py, side in points)
        print(f"step {step + 1}: loss {loss.data:.3f}, {right} of {len(points)} right")

# %% [markdown] en
# A small graph, listed from what your Values remember: each with its number and its gradient. Below
# it, in a notebook, the same expression of tinydawn's own Tensors, drawn: the numbers and gradients
# are yours.

# %% [markdown] zh
# 一个小的计算图，由你的 Value 所记住的东西列出：每一行有数和梯度。在 notebook 里，再下面是用 tinydawn
# 自己的张量写的同一个表达式，画成了图：数和梯度与你的一样。

# %%
a, b = Value(2.0, name="a"), Value(-1.5, name="b")
A, B = (td.tensor(x.data, requires_grad=True, name=x.name) for x in (a, b))
end = tanh(add(mul(a, b), mul(a, a)))
backward(end)
places = {id(x): number for number, x in enumerate(order(end))}
for x in order(end):
    uses = " and ".join(str(places[id(y)]) for y in x.inputs)
    print(f"{places[id(x)]}: {x.name or 'from ' + uses}: {x}")
td.draw(lambda: td.tanh(A * B + A * A), depth="ops", backward=True)

# %% [markdown] en
# ## To think about
#
# A step of the training above makes thousands of Values, and all are kept until the next loss takes
# their place. `backward` never reads `.data`. So which of `.data`, `.inputs` and `.locals` may be
# thrown away as soon as the next Value has been computed, and which must stay until `backward` has
# passed? If `.locals` were not kept either, what would `mul` and `tanh` need in order to compute
# theirs again, and would `add` need anything?
#
# ## To go on
#
# Write `exp` and `log` in the same way, and build softmax and cross-entropy of three Values from
# them. You need no division: 1/x is exp(-log x), where -x is `mul(Value(-1.0), x)`. See that the
# gradient of the logits is p - y (lab 3 proves it).

# %% [markdown] zh
# ## 想一想
#
# 上面训练的每一步都造出几千个 Value，直到下一个损失取代它们，都一直留着。`backward` 从不读 `.data`。
# 那么 `.data`、`.inputs` 和 `.locals` 中，哪些在算出下一个 Value 之后就可以丢掉，哪些必须留到
# `backward` 走过为止？如果 `.locals` 也不留，`mul` 和 `tanh` 要重新算出它，各需要什么？`add` 需要
# 什么吗？
#
# ## 继续
#
# 照同样的办法写 `exp` 和 `log`，用它们由三个 Value 构造 softmax 和交叉熵。不需要除法：1/x 就是
# exp(-log x)，其中 -x 是 `mul(Value(-1.0), x)`。看看 logit 的梯度就是 p - y（实验 3 会证明）。
