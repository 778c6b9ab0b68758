"""Lab 3, softmax and cross-entropy: right functions and wrong twins."""

from __future__ import annotations

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor

lab = Lab(3, "lab03_softmax", "Softmax and cross-entropy", "Softmax 与交叉熵")

Z = [[1.0, 2.0, 3.0, 0.5], [-1.0, 0.0, 0.3, 2.0]]
LARGE = [[1000.0, 1001.0, 999.0], [-1000.0, -1001.0, -990.0]]
BOTH = [[0.2, 900.0, 901.0], [-3.0, -4.0, -2.5]]  # with the largest of all taken off, the second row is all zeros


# --- softmax ---

@lab.hole(cases=[[tensor(Z)], [tensor(LARGE)], [tensor(BOTH)], [tensor([[0.0, 0.0], [1.0, -1.0], [3.0, 0.2]])]],
          more=[[tensor([[0.3, -0.7, 1.9]])], [tensor([[800.0, -2.0], [-900.0, -901.5]])], [tensor([[5.0], [2.0]])]],
          forbidden=["softmax", "log_softmax"])
def softmax(z):
    shifted = step("z - max", z - z.amax(axis=1, keepdims=True).detach())
    e = step("exp", td.exp(shifted))
    return e / step("sum", e.sum(axis=1, keepdims=True))


@softmax.twin(
    "Add up what comes out: is it 1 in every row?",
    "The columns add up to 1 here, and not the rows: the sum goes over the batch.",
    "Rows are examples and columns classes, so the sum over classes is sum(axis=1, keepdims=True).",
    "把结果加起来：每一行都是 1 吗？",
    "这里每一列之和为 1，而不是每一行：求和沿着批的方向。",
    "行是样本，列是类别，所以对类别求和是 sum(axis=1, keepdims=True)。")
def softmax_over_the_batch(z):
    e = td.exp(z - z.amax(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


@softmax.twin(
    "Try large logits, such as 1000.",
    "exp(1000) is infinite, and infinity over infinity is nan: this is the formula without the maximum taken off.",
    "exp(z - m) / sum exp(z - m) is the same for every m; with m the largest logit of the row nothing overflows.",
    "试试很大的 logit，比如 1000。",
    "exp(1000) 是无穷大，无穷大除以无穷大是 nan：这是没有减去最大值的公式。",
    "exp(z - m) / sum exp(z - m) 对任何 m 都相同；取 m 为该行最大的 logit，就不会溢出。")
def softmax_that_overflows(z):
    e = td.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@softmax.twin(
    "Look at a row whose logits are all much smaller than those of another row.",
    "The largest number of the whole batch is taken off: in the other rows every exp is 0, and 0 / 0 is nan.",
    "The maximum is that of each row: amax(axis=1, keepdims=True).",
    "看一行，它的 logit 都比另一行小得多。",
    "减去的是整个批里最大的数：其他行的 exp 全是 0，而 0 / 0 是 nan。",
    "最大值是每一行自己的：amax(axis=1, keepdims=True)。")
def softmax_with_one_maximum(z):
    e = td.exp(z - z.amax())
    return e / e.sum(axis=1, keepdims=True)


@softmax.twin(
    "Add up what comes out: is it 1 in every row?",
    "All rows together add up to 1: the sum goes over the whole batch.",
    "Each row is a distribution of its own: sum(axis=1, keepdims=True).",
    "把结果加起来：每一行都是 1 吗？",
    "所有行加在一起才是 1：求和遍及整个批。",
    "每一行自成一个分布：sum(axis=1, keepdims=True)。")
def softmax_of_all_together(z):
    e = td.exp(z - z.amax())
    return e / e.sum()


@softmax.twin(
    "Add up what comes out: is it 1 in every row?",
    "These are the numerators, exp(z - max): nothing is divided.",
    "A probability is its share: exp(z_k) over the sum of all exp(z_j) in the row.",
    "把结果加起来：每一行都是 1 吗？",
    "这些是分子 exp(z - max)：没有做除法。",
    "概率是它所占的份额：exp(z_k) 除以该行所有 exp(z_j) 之和。")
def softmax_without_division(z):
    return td.exp(z - z.amax(axis=1, keepdims=True))


@softmax.twin(
    "The numbers are right. What reaches z on the way back?",
    "It is computed in NumPy, so there is no graph, and z gets no gradient.",
    "Use td.exp and the Tensor's own methods: every step has to be recorded.",
    "数是对的。往回走时，什么能到达 z？",
    "这是用 NumPy 算的，没有计算图，z 得不到梯度。",
    "请用 td.exp 和张量自己的方法：每一步都要被记录。")
def softmax_in_numpy(z):
    e = np.exp(z.numpy() - z.numpy().max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# --- log_softmax_of ---

@lab.hole(cases=[[tensor(Z)], [tensor([[1000.0, 0.0, -5.0]])], [tensor(BOTH)]],
          more=[[tensor([[0.3, -0.7, 1.9]])], [tensor([[-800.0, -2.0], [-900.0, -901.5]])]],
          forbidden=["softmax", "log_softmax", "logsumexp"])
def log_softmax(z):
    shifted = step("z - max", z - z.amax(axis=1, keepdims=True).detach())
    total = step("sum of exp", td.exp(shifted).sum(axis=1, keepdims=True))
    return shifted - step("log of the sum", td.log(total))


@log_softmax.twin(
    "Try logits that are far apart, such as 1000 and 0.",
    "The smaller probability is 0 to the last digit, and log 0 is -inf: this is the logarithm of a finished softmax.",
    "log(exp(a) / s) = a - log s: take the logarithm before you divide.",
    "试试相差很大的 logit，比如 1000 和 0。",
    "较小的概率已经是 0，而 log 0 是 -inf：这是对算好的 softmax 取对数。",
    "log(exp(a) / s) = a - log s：在相除之前取对数。")
def log_of_a_softmax(z):
    e = td.exp(z - z.amax(axis=1, keepdims=True))
    return td.log(e / e.sum(axis=1, keepdims=True))


@log_softmax.twin(
    "Try large logits, such as 1000.",
    "exp(1000) is infinite: log sum exp is computed without the maximum taken off.",
    "log sum exp(z) = m + log sum exp(z - m), with m the largest logit of the row.",
    "试试很大的 logit，比如 1000。",
    "exp(1000) 是无穷大：log sum exp 没有减去最大值。",
    "log sum exp(z) = m + log sum exp(z - m)，m 是该行最大的 logit。")
def log_softmax_that_overflows(z):
    return z - td.log(td.exp(z).sum(axis=1, keepdims=True))


@log_softmax.twin(
    "exp of what comes out should add up to 1.",
    "The maximum is taken off inside of the sum alone: it is missing from z, or from the result.",
    "If m is taken off, then on both sides: (z - m) - log sum exp(z - m).",
    "结果取 exp 后应加起来等于 1。",
    "只在求和里减去了最大值：z 那里或结果里少了它。",
    "若要减去 m，两边都要减：(z - m) - log sum exp(z - m)。")
def log_softmax_with_a_maximum_lost(z):
    m = z.amax(axis=1, keepdims=True)
    return z - td.log(td.exp(z - m).sum(axis=1, keepdims=True))


@log_softmax.twin(
    "exp of what comes out should add up to 1 in each row.",
    "The sum goes over the batch: the columns add up to 1.",
    "The sum over classes is sum(axis=1, keepdims=True).",
    "结果取 exp 后，每一行应加起来等于 1。",
    "求和沿着批的方向：每一列之和为 1。",
    "对类别求和是 sum(axis=1, keepdims=True)。")
def log_softmax_over_the_batch(z):
    shifted = z - z.amax(axis=0, keepdims=True)
    return shifted - td.log(td.exp(shifted).sum(axis=0, keepdims=True))


@log_softmax.twin(
    "Look at the sign: can a probability be above 1?",
    "This is minus the log-probability.",
    "log p is never above 0; the minus sign comes with the loss.",
    "看看符号：概率会大于 1 吗？",
    "这是负的对数概率。",
    "log p 从不大于 0；负号属于损失。")
def log_softmax_with_the_other_sign(z):
    shifted = z - z.amax(axis=1, keepdims=True)
    return td.log(td.exp(shifted).sum(axis=1, keepdims=True)) - shifted


# --- cross_entropy ---

@lab.hole(cases=[[tensor(Z), array([2, 0])], [tensor([[1000.0, 0.0, -5.0]]), array([1])],
                 [tensor([[0.1, 0.2, 0.7], [1.0, 0.0, 2.0], [0.0, -1.0, 0.5]]), array([0, 0, 2])]],
          more=[[tensor([[0.3, -0.7, 1.9], [0.0, 4.0, 1.0]]), array([2, 1])], [tensor([[-800.0, -2.0]]), array([0])]],
          forbidden=["cross_entropy", "class_cross_entropy", "softmax", "log_softmax", "logsumexp"])
def cross_entropy(z, y):
    shifted = z - z.amax(axis=1, keepdims=True).detach()
    log_p = step("log p", shifted - td.log(td.exp(shifted).sum(axis=1, keepdims=True)))
    return -step("log p of y", log_p[np.arange(len(y)), y]).mean()


def _log_p(z):
    shifted = z - z.amax(axis=1, keepdims=True)
    return shifted - td.log(td.exp(shifted).sum(axis=1, keepdims=True))


@cross_entropy.twin(
    "Double the batch by repeating it: does the loss stay what it is?",
    "This is the sum over the examples.",
    "The mean is meant: .mean(), so that the step does not depend on the size of the batch.",
    "把批重复一遍使它加倍：损失不变吗？",
    "这是对样本求和。",
    "要的是平均：.mean()，这样步长就不依赖批的大小。")
def cross_entropy_summed(z, y):
    return -_log_p(z)[np.arange(len(y)), y].sum()


@cross_entropy.twin(
    "A good guess should cost little, and a loss is never below 0.",
    "This is log p of the right class, without the minus.",
    "L = -log p(y): minimising it makes p(y) large.",
    "猜得好代价应小，损失从不小于 0。",
    "这是正确类别的 log p，少了负号。",
    "L = -log p(y)：使它变小就是使 p(y) 变大。")
def cross_entropy_without_minus(z, y):
    return _log_p(z)[np.arange(len(y)), y].mean()


@cross_entropy.twin(
    "Which entries of log p are taken?",
    "log_p[:, y] takes for every example the classes of all examples: an N x N matrix, and its mean.",
    "One entry of each row: log_p[np.arange(N), y].",
    "取的是 log p 的哪些元素？",
    "log_p[:, y] 对每个样本都取了所有样本的类别：一个 N x N 的矩阵，再取平均。",
    "每行取一个元素：log_p[np.arange(N), y]。")
def cross_entropy_of_all_columns(z, y):
    return -_log_p(z)[:, y].mean()


@cross_entropy.twin(
    "By what is the sum divided?",
    "It is divided by examples times classes: the mean is taken over the whole matrix of one-hot times log p.",
    "Only N of the entries count, one of each example: divide by N.",
    "总和除以了多少？",
    "除以了样本数乘类别数：平均取在整个 one-hot 乘 log p 的矩阵上。",
    "只有 N 个元素算数，每个样本一个：除以 N。")
def cross_entropy_divided_by_classes(z, y):
    one_hot = np.eye(z.shape[1])[y]
    return -(_log_p(z) * one_hot).mean()


@cross_entropy.twin(
    "Try logits that are far apart, such as 1000 and 0.",
    "The right class has probability 0 to the last digit, and its logarithm is -inf.",
    "Take log p from log_softmax, which never forms p: -log p = log sum exp(z - m) - (z_y - m).",
    "试试相差很大的 logit，比如 1000 和 0。",
    "正确类别的概率已经是 0，它的对数是 -inf。",
    "用 log_softmax 得到 log p，它从不算出 p：-log p = log sum exp(z - m) - (z_y - m)。")
def cross_entropy_by_log_of_p(z, y):
    e = td.exp(z - z.amax(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -td.log(p[np.arange(len(y)), y]).mean()


@cross_entropy.twin(
    "Is there a logarithm?",
    "This is one minus the probability of the right class, or the probability itself: no logarithm is taken.",
    "L = -log p(y), not p(y).",
    "取对数了吗？",
    "这是正确类别的概率的相反数：没有取对数。",
    "L = -log p(y)，不是 p(y)。")
def cross_entropy_without_log(z, y):
    e = td.exp(z - z.amax(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -p[np.arange(len(y)), y].mean()


# --- p_minus_y ---

@lab.hole(cases=[[array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]]), array([2, 0])], [array([[0.25, 0.25, 0.25, 0.25]]), array([3])]],
          more=[[array([[0.6, 0.4], [0.5, 0.5], [0.9, 0.1]]), array([1, 0, 0])]])
def p_minus_y(p, y):
    return (p - np.eye(p.shape[1])[y]) / len(y)


@p_minus_y.twin(
    "Which way does a step go: does it make the right class likelier?",
    "This is y - p: the gradient with the other sign.",
    "dL/dz = p - y: negative for the right class alone, so that a step against it raises z_y.",
    "走一步往哪个方向：它使正确的类别更可能吗？",
    "这是 y - p：符号相反的梯度。",
    "dL/dz = p - y：只有正确的类别为负，所以逆着它走一步会抬高 z_y。")
def y_minus_p(p, y):
    return (np.eye(p.shape[1])[y] - p) / len(y)


@p_minus_y.twin(
    "Compare with the gradient of the mean over the batch.",
    "This is the gradient of the sum over examples: the 1/N of the mean is missing.",
    "The loss is a mean, so each example's gradient counts 1/N.",
    "与对批取平均的梯度比较。",
    "这是对样本求和的梯度：少了平均的 1/N。",
    "损失是平均，所以每个样本的梯度只算 1/N。")
def p_minus_y_of_the_sum(p, y):
    return p - np.eye(p.shape[1])[y]


@p_minus_y.twin(
    "Look at the entries of the right classes.",
    "Only they are there: for the other classes the gradient is not 0, but p.",
    "Both cases of the proof: p - 1 where i = c, and p where i is another class.",
    "看看正确类别之外的元素。",
    "这里只有正确类别的元素：其他类别的梯度不是 0，而是 p。",
    "证明的两种情形：i = c 时是 p - 1，其他类别是 p。")
def p_minus_y_of_the_right_class_alone(p, y):
    one_hot = np.eye(p.shape[1])[y]
    return (p - 1) * one_hot / len(y)


@p_minus_y.twin(
    "By what is it divided?",
    "It is divided by the number of all entries, N times K.",
    "The mean is over N examples.",
    "除以了多少？",
    "除以了全部元素的个数 N 乘 K。",
    "平均是对 N 个样本取的。")
def p_minus_y_over_all_entries(p, y):
    return (p - np.eye(p.shape[1])[y]) / p.size


@p_minus_y.twin(
    "The entry of the right class: is it p - 1?",
    "The right class gets p + 1: y is added.",
    "The derivative of -z_c is -1: p - y.",
    "正确类别的元素：是 p - 1 吗？",
    "正确类别得到 p + 1：y 被加上了。",
    "-z_c 的导数是 -1：p - y。")
def p_plus_y(p, y):
    return (p + np.eye(p.shape[1])[y]) / len(y)


# --- sgd_step ---

@lab.hole(cases=[[array([1.0, -2.0]), array([0.5, 0.25]), 0.1], [array([[0.0, 1.0]]), array([[4.0, -2.0]]), 0.5]],
          more=[[array([2.0]), array([-1.0]), 0.3]])
def sgd_step(w, g, lr):
    return w - lr * g


@sgd_step.twin(
    "Does the loss fall, or rise?",
    "This goes along the gradient, which is uphill.",
    "The gradient points where the loss grows: go against it, w - lr * g.",
    "损失下降还是上升？",
    "这是顺着梯度走，也就是上坡。",
    "梯度指向损失增大的方向：要逆着走，w - lr * g。")
def sgd_uphill(w, g, lr):
    return w + lr * g


@sgd_step.twin(
    "Is lr in it?",
    "The whole gradient is taken off: lr is left out.",
    "w - lr * g.",
    "用到 lr 了吗？",
    "减去了整个梯度：漏掉了 lr。",
    "w - lr * g。")
def sgd_without_rate(w, g, lr):
    return w - g


@sgd_step.twin(
    "Is the old w in it?",
    "This is the step, and not where it leads.",
    "What is asked for is the new w: w - lr * g.",
    "用到原来的 w 了吗？",
    "这是步子，而不是走到的地方。",
    "要的是新的 w：w - lr * g。")
def sgd_the_step_alone(w, g, lr):
    return -lr * g


@sgd_step.twin(
    "The value is right. Look at w after the call.",
    "w itself is changed: `w -= ...` writes into the caller's array.",
    "Return a new array: w - lr * g.",
    "值是对的。看看调用之后的 w。",
    "w 本身被改了：`w -= ...` 写进了调用者的数组。",
    "返回一个新数组：w - lr * g。")
def sgd_in_place(w, g, lr):
    w -= lr * g
    return w


@sgd_step.twin(
    "How does lr come in?",
    "The gradient is divided by lr.",
    "A small lr is a small step: multiply by it.",
    "lr 是怎么用的？",
    "梯度除以了 lr。",
    "lr 小，步子就小：要乘以它。")
def sgd_divided_by_rate(w, g, lr):
    return w - g / lr
