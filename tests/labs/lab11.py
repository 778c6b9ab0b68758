"""Lab 11, self-attention: right functions and wrong twins."""

from __future__ import annotations

import numpy as np

import tinydawn as td
from tests.labs.author import Given, Lab, array, step, tensor

lab = Lab(11, "lab11_attention", "Self-attention", "自注意力")


def wave(*shape, phase=0.0, size=1.5):
    """Numbers without order and without repeats."""
    n = int(np.prod(shape))
    return (size * np.sin(1.3 * np.arange(n) ** 1.1 + phase)).reshape(shape)


# --- scaled_attention ---

# Every row of a mask has something to look at, and something not to; so has its opposite.
RAGGED = [[1, 0, 0, 0, 0], [1, 1, 0, 1, 0], [0, 1, 1, 1, 0]]
PADDED = [[[[1, 1, 0]]], [[[1, 0, 1]]]]


@lab.hole(cases=[[tensor(wave(2, 3, 4)), tensor(wave(2, 5, 4, phase=1)), tensor(wave(2, 5, 2, phase=2)), array(RAGGED, bool)],
                 [tensor(wave(2, 1, 2, 3)), tensor(wave(2, 1, 3, 3, phase=1)), tensor(wave(2, 1, 3, 2, phase=2)),
                  array(PADDED, bool)],
                 [tensor([[[60.0, 0.0], [0.0, -70.0]]]), tensor([[[40.0, 1.0], [41.0, 30.0], [5.0, 5.0]]]),
                  tensor([[[1.0], [2.0], [4.0]]]), array([[1, 0, 1], [0, 1, 1]], bool)]],
          more=[[tensor(wave(1, 2, 9, phase=4)), tensor(wave(1, 4, 9, phase=5)), tensor(wave(1, 4, 3, phase=6)),
                 array([[1, 0, 0, 1], [1, 1, 0, 0]], bool)],
                [tensor(wave(1, 2, 4, 5, phase=7)), tensor(wave(1, 2, 3, 5, phase=8)), tensor(wave(1, 2, 3, 2, phase=9)),
                 array([[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1]], bool)],
                [tensor([[[90.0, 0.0], [0.0, -80.0]]]), tensor([[[30.0, 1.0], [31.0, 30.0], [5.0, 5.0]]]),
                 tensor([[[2.0], [-1.0], [0.5]]]), array([[1, 1, 0], [1, 0, 1]], bool)]],
          forbidden=["attention", "tinydawn.nn.functional:scaled_dot_product_attention",
                     "tinydawn.nn.functional:attention_weights", "tinydawn.nn.functional:masked_weights"])
def scaled_attention(Q, K, V, mask):
    scores = step("Q K^T / sqrt(d)", Q @ K.mT / np.sqrt(Q.shape[-1]))
    seen = step("masked scores", td.where(mask, scores, -np.inf))
    A = step("weights", td.softmax(seen, axis=-1))
    return A @ V, A


def _attend(Q, K, V, mask, scale=None, axis=-1):
    scores = Q @ K.mT * (1 / np.sqrt(Q.shape[-1]) if scale is None else scale)
    A = td.softmax(td.where(mask, scores, -np.inf), axis=axis)
    return A @ V, A


@scaled_attention.twin(
    "How large do the scores get when d grows?",
    "The weights are sharper than they should be: nothing is divided by sqrt(d).",
    "The variance of q.k grows like d; softmax is taken of Q K^T / sqrt(d).",
    "d 变大时，分数会变得多大？",
    "权重比应有的更尖锐：没有除以 sqrt(d)。",
    "q·k 的方差随 d 增长；softmax 作用于 Q K^T / sqrt(d)。")
def attention_without_scale(Q, K, V, mask):
    return _attend(Q, K, V, mask, 1.0)


@scaled_attention.twin(
    "By what are the scores divided?",
    "The weights are flatter than they should be: the scores are divided by d, and not by its root.",
    "The standard deviation of q.k is sqrt(d): Q K^T / sqrt(d).",
    "分数除以了什么？",
    "权重比应有的更平：分数除以了 d，而不是它的平方根。",
    "q·k 的标准差是 sqrt(d)：Q K^T / sqrt(d)。")
def attention_divided_by_d(Q, K, V, mask):
    return _attend(Q, K, V, mask, 1 / Q.shape[-1])


@scaled_attention.twin(
    "By what are the scores divided?",
    "The scores are multiplied by sqrt(d), which makes them even larger.",
    "Divide: Q K^T / sqrt(d).",
    "分数除以了什么？",
    "分数乘上了 sqrt(d)，变得更大了。",
    "要除：Q K^T / sqrt(d)。")
def attention_multiplied_by_root(Q, K, V, mask):
    return _attend(Q, K, V, mask, np.sqrt(Q.shape[-1]))


@scaled_attention.twin(
    "Which of the sizes is d?",
    "The root is that of shape[1], the number of keys or of heads; d is the length of one key.",
    "d is K.shape[-1], whatever axes stand in front.",
    "哪一个大小是 d？",
    "开方的是 shape[1]，即键的个数或头数；而 d 是一个键的长度。",
    "d 是 K.shape[-1]，不管前面有哪些轴。")
def attention_with_another_axis_as_d(Q, K, V, mask):
    return _attend(Q, K, V, mask, 1 / np.sqrt(K.shape[1]))


@scaled_attention.twin(
    "Which of the sizes is d?",
    "The root is that of the number of keys; d is the length of one key.",
    "d is K.shape[-1], and K.shape[-2] is how many keys there are.",
    "哪一个大小是 d？",
    "开方的是键的个数；而 d 是一个键的长度。",
    "d 是 K.shape[-1]，而 K.shape[-2] 是键的个数。")
def attention_with_the_number_of_keys_as_d(Q, K, V, mask):
    return _attend(Q, K, V, mask, 1 / np.sqrt(K.shape[-2]))


@scaled_attention.twin(
    "Which of the sizes is d?",
    "The root is that of the length of a value; d is the length of a key.",
    "d is K.shape[-1]: the products q.k have that many terms.",
    "哪一个大小是 d？",
    "开方的是值向量的长度；而 d 是键向量的长度。",
    "d 是 K.shape[-1]：乘积 q·k 有这么多项。")
def attention_with_the_values_d(Q, K, V, mask):
    return _attend(Q, K, V, mask, 1 / np.sqrt(V.shape[-1]))


@scaled_attention.twin(
    "Add up the weights of one query: is it 1?",
    "The weights of one key add up to 1: the softmax goes over the queries.",
    "Each query shares its attention out among the keys, the last axis of the scores: axis=-1.",
    "把一个查询的权重加起来：是 1 吗？",
    "是每个键的权重之和为 1：softmax 沿着查询的方向。",
    "每个查询把注意力分给各个键，即分数的最后一个轴：axis=-1。")
def attention_over_queries(Q, K, V, mask):
    return _attend(Q, K, V, mask, axis=-2)


@scaled_attention.twin(
    "Which keys have weight: those that may be seen?",
    "The other ones: the mask is taken the wrong way round.",
    "Here True is what may be seen; everywhere else the score becomes -inf. (Layers of PyTorch have it the other way.)",
    "哪些键有权重：允许看的那些吗？",
    "恰恰是另一些：掩码用反了。",
    "这里 True 表示可以看；其余位置的分数变成 -inf。（PyTorch 的层与此相反。）")
def attention_to_what_is_hidden(Q, K, V, mask):
    return _attend(Q, K, V, ~mask)


@scaled_attention.twin(
    "Is the mask used?",
    "It is not: hidden keys have weight.",
    "Where the mask is False the score is -inf before the softmax, so that the weight is 0.",
    "用到掩码了吗？",
    "没有：被遮住的键也有权重。",
    "掩码为 False 处，分数在 softmax 之前变成 -inf，权重就是 0。")
def attention_without_mask(Q, K, V, mask):
    return _attend(Q, K, V, np.ones_like(mask))


@scaled_attention.twin(
    "Add up the weights of one query: is it 1?",
    "Less: hidden keys take part in the softmax, and are set to 0 after it.",
    "Mask the scores before the softmax, so that the sum is over what may be seen.",
    "把一个查询的权重加起来：是 1 吗？",
    "小于 1：被遮住的键参加了 softmax，之后才置 0。",
    "在 softmax 之前遮住分数，这样求和只包括可以看的键。")
def attention_masked_after_softmax(Q, K, V, mask):
    A = td.softmax(Q @ K.mT / np.sqrt(Q.shape[-1]), axis=-1) * mask
    return A @ V, A


@scaled_attention.twin(
    "What is the weight of a hidden key?",
    "Not 0: its score is set to 0, and exp(0) is 1.",
    "A score of -inf gives the weight 0: exp(-inf) = 0.",
    "被遮住的键权重是多少？",
    "不是 0：它的分数被置为 0，而 exp(0) 是 1。",
    "分数为 -inf 才得到权重 0：exp(-inf) = 0。")
def attention_with_scores_of_zero(Q, K, V, mask):
    A = td.softmax(Q @ K.mT / np.sqrt(Q.shape[-1]) * mask, axis=-1)
    return A @ V, A


@scaled_attention.twin(
    "What is the weight of a hidden key?",
    "Not 0: the mask is added to the scores as ones and zeros.",
    "What is added has to be 0 where a key is seen, and -inf where it is not.",
    "被遮住的键权重是多少？",
    "不是 0：掩码作为 1 和 0 加到了分数上。",
    "要加的是：可以看处加 0，不可看处加 -inf。")
def attention_with_an_added_mask(Q, K, V, mask):
    A = td.softmax(Q @ K.mT / np.sqrt(Q.shape[-1]) + mask.astype(float), axis=-1)
    return A @ V, A


@scaled_attention.twin(
    "Try large scores.",
    "exp of a large score is infinite, and infinity over infinity is nan: a softmax without the maximum taken off.",
    "td.softmax is allowed here; or take the row's largest score off before exp.",
    "试试很大的分数。",
    "很大的分数取 exp 是无穷大，无穷大除以无穷大是 nan：softmax 没有减去最大值。",
    "这里可以用 td.softmax；或者在 exp 之前减去该行最大的分数。")
def attention_that_overflows(Q, K, V, mask):
    e = td.exp(td.where(mask, Q @ K.mT / np.sqrt(Q.shape[-1]), -np.inf))
    A = e / e.sum(axis=-1, keepdims=True)
    return A @ V, A


@scaled_attention.twin(
    "Add up the weights of one query: is it 1?",
    "No softmax is taken: these are the scores themselves, where the mask allows them.",
    "A = softmax(scores), over the keys.",
    "把一个查询的权重加起来：是 1 吗？",
    "没有取 softmax：这就是掩码允许处的分数本身。",
    "A = softmax(分数)，对键取。")
def attention_without_softmax(Q, K, V, mask):
    A = Q @ K.mT / np.sqrt(Q.shape[-1]) * mask
    return A @ V, A


@scaled_attention.twin(
    "What is to be returned, in which order?",
    "The weights come first here.",
    "(Z, A): what was read, and then the weights.",
    "应返回什么，按什么顺序？",
    "这里权重在前面。",
    "(Z, A)：先是读出的内容，再是权重。")
def attention_the_wrong_way_round(Q, K, V, mask):
    return _attend(Q, K, V, mask)[::-1]


@scaled_attention.twin(
    "What is to be returned?",
    "Only Z is there; the weights are needed for the picture.",
    "Return both: (Z, A).",
    "应返回什么？",
    "只有 Z；画图还需要权重。",
    "两个都返回：(Z, A)。")
def attention_without_its_weights(Q, K, V, mask):
    return _attend(Q, K, V, mask)[0]


@scaled_attention.twin(
    "Add up the weights of one query: is it 1?",
    "With heads it is not: the softmax goes over axis 1, the queries of a sentence, or its heads.",
    "The keys are the last axis, whatever stands in front: axis=-1.",
    "把一个查询的权重加起来：是 1 吗？",
    "不是：softmax 沿着轴 1，那是句子的查询，或者是头。",
    "键是最后一个轴，不管前面有什么：axis=-1。")
def attention_over_axis_1(Q, K, V, mask):
    return _attend(Q, K, V, mask, axis=1)


@scaled_attention.twin(
    "Try it with heads: Q of shape (N, H, T, d).",
    "K.transpose(1, 2) swaps heads and time there, and the product does not fit.",
    "Swap the last two axes, counted from the end: K.mT, or K.transpose(-2, -1).",
    "带上头试试：Q 的形状是 (N, H, T, d)。",
    "那时 K.transpose(1, 2) 交换的是头和时间，乘不起来。",
    "交换最后两个轴，从末尾数：K.mT 或 K.transpose(-2, -1)。")
def attention_with_axes_counted_from_the_front(Q, K, V, mask):
    A = td.softmax(td.where(mask, Q @ K.transpose(1, 2) / np.sqrt(Q.shape[-1]), -np.inf), axis=-1)
    return A @ V, A


@scaled_attention.twin(
    "Add up the weights of one query: is it 1?",
    "It is 1 / sqrt(d): the division comes after the softmax.",
    "The scores are divided, before the softmax: it is their size that matters.",
    "把一个查询的权重加起来：是 1 吗？",
    "是 1 / sqrt(d)：除法放在了 softmax 之后。",
    "要在 softmax 之前除分数：要紧的是分数的大小。")
def attention_divided_after_softmax(Q, K, V, mask):
    A = td.softmax(td.where(mask, Q @ K.mT, -np.inf), axis=-1) / np.sqrt(Q.shape[-1])
    return A @ V, A


@scaled_attention.twin(
    "Which of the sizes is d?",
    "The root is that of Q.shape[1], the number of queries or of heads; d is the length of one query.",
    "d is Q.shape[-1], whatever axes stand in front.",
    "哪一个大小是 d？",
    "开方的是 Q.shape[1]，即查询的个数或头数；而 d 是一个查询的长度。",
    "d 是 Q.shape[-1]，不管前面有哪些轴。")
def attention_with_the_queries_axis_as_d(Q, K, V, mask):
    return _attend(Q, K, V, mask, 1 / np.sqrt(Q.shape[1]))


@scaled_attention.twin(
    "Which of the sizes is d?",
    "The root is that of the number of queries; d is the length of one query.",
    "d is Q.shape[-1], and Q.shape[-2] is how many queries there are.",
    "哪一个大小是 d？",
    "开方的是查询的个数；而 d 是一个查询的长度。",
    "d 是 Q.shape[-1]，而 Q.shape[-2] 是查询的个数。")
def attention_with_the_number_of_queries_as_d(Q, K, V, mask):
    return _attend(Q, K, V, mask, 1 / np.sqrt(Q.shape[-2]))


@scaled_attention.twin(
    "By what are the scores divided? Print it.",
    "By d / 2: Python takes d ** 1 / 2 as (d ** 1) / 2.",
    "The root is d ** 0.5, or np.sqrt(d).",
    "分数除以了什么？打印出来看看。",
    "除以了 d / 2：Python 把 d ** 1 / 2 当作 (d ** 1) / 2。",
    "平方根是 d ** 0.5，或 np.sqrt(d)。")
def attention_divided_by_half_of_d(Q, K, V, mask):
    return _attend(Q, K, V, mask, 2 / Q.shape[-1])


@scaled_attention.twin(
    "By what are the scores divided? Print it.",
    "By 2 d: Python takes scores / d ** 1 / 2 from left to right, first by d ** 1 and then by 2.",
    "The root is d ** 0.5, or np.sqrt(d).",
    "分数除以了什么？打印出来看看。",
    "除以了 2 d：Python 从左到右计算 scores / d ** 1 / 2，先除以 d ** 1，再除以 2。",
    "平方根是 d ** 0.5，或 np.sqrt(d)。")
def attention_divided_by_2_d(Q, K, V, mask):
    return _attend(Q, K, V, mask, 0.5 / Q.shape[-1])


@scaled_attention.twin(
    "Is the mask used where V is read?",
    "It is not: Z is computed first, and only A is masked after it.",
    "Mask the scores; then A and Z = A V both know of it.",
    "读 V 的时候用到掩码了吗？",
    "没有：先算了 Z，之后才遮住 A。",
    "遮住分数；这样 A 和 Z = A V 都受掩码约束。")
def attention_that_reads_before_it_masks(Q, K, V, mask):
    A = td.softmax(Q @ K.mT / np.sqrt(Q.shape[-1]), axis=-1)
    return A @ V, A * mask


@scaled_attention.twin(
    "Try large scores.",
    "exp of a large score is infinite: the softmax is written by hand, with the mask multiplied in and no maximum taken off.",
    "td.softmax is allowed here; or take the row's largest score off before exp.",
    "试试很大的分数。",
    "很大的分数取 exp 是无穷大：softmax 是手写的，乘上了掩码，却没有减去最大值。",
    "这里可以用 td.softmax；或者在 exp 之前减去该行最大的分数。")
def attention_that_overflows_and_multiplies(Q, K, V, mask):
    e = td.exp(Q @ K.mT / np.sqrt(Q.shape[-1])) * mask
    A = e / e.sum(axis=-1, keepdims=True)
    return A @ V, A


@scaled_attention.twin(
    "The second of the pair: do its rows add up to 1?",
    "Z is right, but what stands beside it are the masked scores.",
    "A is what comes out of the softmax.",
    "一对中的第二个：它的每行之和是 1 吗？",
    "Z 是对的，但旁边的是遮过的分数。",
    "A 是 softmax 的结果。")
def attention_with_scores_in_the_place_of_weights(Q, K, V, mask):
    scores = td.where(mask, Q @ K.mT / np.sqrt(Q.shape[-1]), -np.inf)
    return td.softmax(scores, axis=-1) @ V, scores


@scaled_attention.twin(
    "The weights add up to 1. What is done with A V?",
    "It is divided by the number of keys once more: the weights are a mean already.",
    "Z = A V, and nothing else.",
    "权重之和是 1。A V 又被怎样处理了？",
    "又除以了键的个数：权重本身已经是平均了。",
    "Z = A V，不再做别的。")
def attention_divided_by_the_number_of_keys(Q, K, V, mask):
    Z, A = _attend(Q, K, V, mask)
    return Z / V.shape[-2], A


@scaled_attention.twin(
    "Which weights would a larger d sharpen?",
    "A is taken of the scores as they are, and Z is divided by sqrt(d) at the end.",
    "The scores are divided, before the softmax; Z = A V is not.",
    "d 变大时，哪些权重会变尖锐？",
    "A 直接由未缩放的分数得到，最后才把 Z 除以 sqrt(d)。",
    "要在 softmax 之前除分数；Z = A V 不用除。")
def attention_divided_at_the_end(Q, K, V, mask):
    Z, A = _attend(Q, K, V, mask, 1.0)
    return Z / np.sqrt(Q.shape[-1]), A


@scaled_attention.twin(
    "Add up the weights of one query: is it 1?",
    "Less: the mask multiplies the scores and the weights, but in the softmax a hidden key counts as exp(0) = 1.",
    "Mask once, before the softmax, by a score of -inf.",
    "把一个查询的权重加起来：是 1 吗？",
    "小于 1：掩码乘了分数，又乘了权重，可是在 softmax 里被遮住的键算作 exp(0) = 1。",
    "只在 softmax 之前遮一次，把分数变成 -inf。")
def attention_masked_twice_by_zeros(Q, K, V, mask):
    A = td.softmax(Q @ K.mT / np.sqrt(Q.shape[-1]) * mask, axis=-1) * mask
    return A @ V, A


@scaled_attention.twin(
    "Add up the weights of one query: is it 1?",
    "The softmax goes over the queries, and the mask comes after it.",
    "First mask the scores by -inf, then take the softmax over the keys, axis=-1.",
    "把一个查询的权重加起来：是 1 吗？",
    "softmax 沿着查询的方向，掩码又放在它之后。",
    "先用 -inf 遮住分数，再沿键的方向取 softmax，axis=-1。")
def attention_over_queries_masked_after(Q, K, V, mask):
    A = td.softmax(Q @ K.mT / np.sqrt(Q.shape[-1]), axis=-2) * mask
    return A @ V, A


@scaled_attention.twin(
    "Two things: how large the scores are, and where they are masked.",
    "Nothing is divided by sqrt(d), and the mask multiplies the weights after the softmax.",
    "softmax of the scores, which are divided by sqrt(d) and are -inf where the mask is False.",
    "两处：分数有多大，以及在哪里遮住。",
    "没有除以 sqrt(d)，掩码又是在 softmax 之后乘到权重上的。",
    "对分数取 softmax：分数除以 sqrt(d)，掩码为 False 处是 -inf。")
def attention_without_scale_masked_after(Q, K, V, mask):
    A = td.softmax(Q @ K.mT, axis=-1) * mask
    return A @ V, A


@scaled_attention.twin(
    "Two things: how large the scores are, and whether the mask is used.",
    "Neither the root nor the mask is there: softmax(Q K^T) V.",
    "Divide by sqrt(d), and set the scores of hidden keys to -inf.",
    "两处：分数有多大，以及是否用到掩码。",
    "既没有开方，也没有掩码：softmax(Q K^T) V。",
    "除以 sqrt(d)，并把被遮住的键的分数设为 -inf。")
def attention_without_scale_and_mask(Q, K, V, mask):
    return _attend(Q, K, V, np.ones_like(mask), 1.0)


@scaled_attention.twin(
    "Add up the weights of one query, and then those of one key: which is 1?",
    "Those of one key: the softmax goes over the queries. With -1e9 a key that nobody may see has equal weights from all.",
    "Each query shares its attention out among the keys, the last axis of the scores: axis=-1.",
    "把一个查询的权重加起来，再把一个键的加起来：哪个是 1？",
    "是一个键的：softmax 沿着查询的方向。用 -1e9 时，谁也不能看的键从所有查询得到相等的权重。",
    "每个查询把注意力分给各个键，即分数的最后一个轴：axis=-1。")
def attention_over_queries_with_a_large_number(Q, K, V, mask):
    A = td.softmax(td.where(mask, Q @ K.mT / np.sqrt(Q.shape[-1]), -1e9), axis=-2)
    return A @ V, A


@scaled_attention.twin(
    "Add up the weights of one query: is it 1? Try it with heads, too.",
    "It is not: the softmax goes over axis 1, the queries of a sentence, or its heads. Where all of these are hidden, -1e9 "
    "gives equal weights.",
    "The keys are the last axis, whatever stands in front: axis=-1.",
    "把一个查询的权重加起来：是 1 吗？带上头也试一次。",
    "不是：softmax 沿着轴 1，那是句子的查询，或者是头。在全被遮住的地方，-1e9 给出相等的权重。",
    "键是最后一个轴，不管前面有什么：axis=-1。")
def attention_over_axis_1_with_a_large_number(Q, K, V, mask):
    A = td.softmax(td.where(mask, Q @ K.mT / np.sqrt(Q.shape[-1]), -1e9), axis=1)
    return A @ V, A


@scaled_attention.twin(
    "Print the weight of a hidden key: is it 0?",
    "It is not: the hidden score is -1, and exp(-1) is .37; a score that is seen may well be smaller.",
    "Only a score far below all others has the weight 0: -inf, or -1e9.",
    "打印一个被遮住的键的权重：是 0 吗？",
    "不是：被遮住的分数是 -1，而 exp(-1) 是 0.37；看得到的分数可能比它还小。",
    "只有远低于其他所有分数的分数，权重才是 0：-inf，或 -1e9。")
def attention_with_scores_of_minus_1(Q, K, V, mask):
    A = td.softmax(td.where(mask, Q @ K.mT / np.sqrt(Q.shape[-1]), -1.0), axis=-1)
    return A @ V, A


@scaled_attention.twin(
    "Print the weight of a hidden key: is it 0?",
    "It is not: the hidden score is the smallest of all scores, and the smallest of a row has some weight too.",
    "Only a score far below all others has the weight 0: -inf, or -1e9.",
    "打印一个被遮住的键的权重：是 0 吗？",
    "不是：被遮住的分数取了所有分数中最小的，而一行里最小的也有权重。",
    "只有远低于其他所有分数的分数，权重才是 0：-inf，或 -1e9。")
def attention_with_the_smallest_score(Q, K, V, mask):
    scores = Q @ K.mT / np.sqrt(Q.shape[-1])
    A = td.softmax(td.where(mask, scores, float(scores.numpy().min())), axis=-1)
    return A @ V, A


@scaled_attention.twin(
    "The second of the pair: do its rows add up to 1?",
    "Z is right, but what stands beside it are the scores, with -1e9 where they are hidden.",
    "A is what comes out of the softmax.",
    "一对中的第二个：它的每行之和是 1 吗？",
    "Z 是对的，但旁边的是分数，被遮处为 -1e9。",
    "A 是 softmax 的结果。")
def attention_with_large_scores_in_the_place_of_weights(Q, K, V, mask):
    scores = td.where(mask, Q @ K.mT / np.sqrt(Q.shape[-1]), -1e9)
    return td.softmax(scores, axis=-1) @ V, scores


# --- split_heads ---

@lab.hole(cases=[[tensor(wave(2, 3, 8)), 4], [tensor(wave(1, 4, 6, phase=1)), 2]],
          more=[[tensor(wave(3, 2, 6, phase=2)), 3], [tensor(wave(2, 6, 4, phase=3)), 2]])
def split_heads(x, heads):
    N, T, D = x.shape
    return step("(N, T, H, D / H)", x.reshape(N, T, heads, D // heads)).transpose(1, 2)


@split_heads.twin(
    "Follow one token: are all numbers of x[0, 0] in the heads at time 0?",
    "The shape is right, the contents are not: x is reshaped to (N, H, T, D / H) at once, so that a head holds pieces "
    "of different times.",
    "reshape keeps the order in memory: first cut the last axis, (N, T, H, D / H), then transpose T and H.",
    "跟踪一个词元：x[0, 0] 的数都在各头的时刻 0 吗？",
    "形状对，内容不对：x 被直接 reshape 成 (N, H, T, D / H)，一个头里混着不同时刻的片段。",
    "reshape 保持内存中的顺序：先切开最后一个轴 (N, T, H, D / H)，再交换 T 和 H。")
def heads_by_reshape_alone(x, heads):
    N, T, D = x.shape
    return x.reshape(N, heads, T, D // heads)


@split_heads.twin(
    "Look at the shape: where is the axis of the heads?",
    "It is behind the time: (N, T, H, D / H). Attention would be between the heads of one token.",
    "Swap the axes 1 and 2 after the reshape: attention works on the last two axes, time and features.",
    "看形状：头的轴在哪里？",
    "它在时间之后：(N, T, H, D / H)。注意力会变成在同一词元的各头之间进行。",
    "reshape 之后交换轴 1 和 2：注意力作用于最后两个轴，即时间和特征。")
def heads_behind_time(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, heads, D // heads)


@split_heads.twin(
    "Which features are in head 0?",
    "Every H-th one: the features are dealt out like cards, and not cut into blocks.",
    "Head h has the features from h D/H to (h + 1) D/H: reshape to (..., H, D / H), the head first.",
    "头 0 里有哪些特征？",
    "每隔 H 个取一个：特征像发牌一样分开，而不是切成块。",
    "头 h 的特征从 h D/H 到 (h + 1) D/H：reshape 成 (..., H, D / H)，头在前。")
def heads_dealt_out(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, D // heads, heads).permute(0, 3, 1, 2)


@split_heads.twin(
    "Look at the last two axes.",
    "They are features and time: (N, H, D / H, T).",
    "What is asked for is (N, H, T, D / H): swap T and H alone.",
    "看最后两个轴。",
    "它们是特征和时间：(N, H, D / H, T)。",
    "要的是 (N, H, T, D / H)：只交换 T 和 H。")
def heads_with_features_before_time(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, heads, D // heads).permute(0, 2, 3, 1)


@split_heads.twin(
    "Look at the first axis: is it the batch?",
    "It is the heads: (H, N, T, D / H).",
    "What is asked for is (N, H, T, D / H).",
    "看第一个轴：它是批吗？",
    "它是头：(H, N, T, D / H)。",
    "要的是 (N, H, T, D / H)。")
def heads_before_the_batch(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, heads, D // heads).permute(2, 0, 1, 3)


@split_heads.twin(
    "How many axes does it have?",
    "Three: heads and batch are one axis, (N H, T, D / H).",
    "Four are asked for: (N, H, T, D / H).",
    "结果有几个轴？",
    "三个：头和批合成了一个轴 (N H, T, D / H)。",
    "要四个：(N, H, T, D / H)。")
def heads_in_the_batch(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, heads, D // heads).transpose(1, 2).reshape(N * heads, T, D // heads)


@split_heads.twin(
    "How many axes does it have, and in which order?",
    "The sizes are the right ones and time is the first: (T, N, ...) is the order of PyTorch's recurrent layers.",
    "x is (N, T, D), batch first; so are the heads, (N, H, T, D / H).",
    "有几个轴，顺序如何？",
    "大小是对的，但把时间当成了第一个轴：(T, N, ...) 是 PyTorch 循环层的顺序。",
    "x 是 (N, T, D)，批在最前；头也一样，(N, H, T, D / H)。")
def heads_with_time_first(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, heads, D // heads).permute(1, 0, 2, 3)


@split_heads.twin(
    "Is every head of the length D / H?",
    "Every head has all D features: x is copied for each.",
    "The heads share the features out: H heads of D / H features cost as much as one of D.",
    "每个头的长度是 D / H 吗？",
    "每个头都有全部 D 个特征：x 被复制了 H 份。",
    "各头分摊特征：H 个 D / H 维的头，代价与一个 D 维的头相同。")
def heads_that_are_copies(x, heads):
    return td.stack([x] * heads, axis=1)


@split_heads.twin(
    "Follow one token: are all numbers of x[0, 0] in the heads at time 0?",
    "The shape is right, the contents are not: the axes were swapped before the reshape, which then cuts across times.",
    "First cut the last axis by reshape, (N, T, H, D / H), and only then swap T and H.",
    "跟踪一个词元：x[0, 0] 的数都在各头的时刻 0 吗？",
    "形状对，内容不对：在 reshape 之前交换了轴，reshape 就切到了不同的时刻。",
    "先用 reshape 切开最后一个轴 (N, T, H, D / H)，然后才交换 T 和 H。")
def heads_swapped_before_the_reshape(x, heads):
    N, T, D = x.shape
    return x.transpose(1, 2).reshape(N, heads, T, D // heads)


@split_heads.twin(
    "In x, what stands beside a number: the same token's next feature, or the same feature at the next time?",
    "The shape is right, the contents are not: x was cut as (N, H, D / H, T), but in x the features of one token stand together.",
    "reshape keeps the order in memory, time first and then features: (N, T, H, D / H), then swap T and H.",
    "在 x 里，一个数旁边是什么：同一词元的下一个特征，还是下一时刻的同一个特征？",
    "形状对，内容不对：x 被切成 (N, H, D / H, T)，而在 x 里同一词元的特征是挨着的。",
    "reshape 保持内存中的顺序，先时间后特征：(N, T, H, D / H)，再交换 T 和 H。")
def heads_cut_with_time_last(x, heads):
    N, T, D = x.shape
    return x.reshape(N, heads, D // heads, T).transpose(2, 3)


@split_heads.twin(
    "Look at the shape: where is the axis of the heads?",
    "It is the last: (N, T, D / H, H). The wrong two axes were swapped.",
    "After the reshape to (N, T, H, D / H) swap the axes 1 and 2.",
    "看形状：头的轴在哪里？",
    "它在最后：(N, T, D / H, H)。交换错了轴。",
    "reshape 成 (N, T, H, D / H) 之后，交换轴 1 和 2。")
def heads_last(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, heads, D // heads).transpose(2, 3)


@split_heads.twin(
    "Look at the shape: where is the time?",
    "It is the last: (N, D / H, H, T). The wrong two axes were swapped.",
    "After the reshape to (N, T, H, D / H) swap the axes 1 and 2.",
    "看形状：时间在哪里？",
    "它在最后：(N, D / H, H, T)。交换错了轴。",
    "reshape 成 (N, T, H, D / H) 之后，交换轴 1 和 2。")
def heads_with_time_last(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, heads, D // heads).transpose(1, 3)


@split_heads.twin(
    "Look at the last two axes: time and features of a head?",
    "They are features and time, and the features are dealt out like cards: (N, T, D / H, H) with two axes swapped.",
    "reshape to (N, T, H, D / H), the head before its features; then swap T and H.",
    "看最后两个轴：是时间和一个头的特征吗？",
    "时间排到了最后，特征还像发牌一样分开：这是 (N, T, D / H, H) 交换了两个轴。",
    "reshape 成 (N, T, H, D / H)，头在它的特征之前；再交换 T 和 H。")
def heads_dealt_out_with_time_last(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, D // heads, heads).transpose(1, 3)


@split_heads.twin(
    "Follow one sentence: is x[0] in the result at [0]?",
    "The shape is right, the contents are not: batch and time were swapped before a reshape.",
    "First cut the last axis by reshape, (N, T, H, D / H), and only then swap T and H.",
    "跟踪一个句子：x[0] 在结果的 [0] 里吗？",
    "形状对，内容不对：在 reshape 之前交换了批和时间。",
    "先用 reshape 切开最后一个轴 (N, T, H, D / H)，然后才交换 T 和 H。")
def heads_with_batch_and_time_swapped(x, heads):
    N, T, D = x.shape
    return x.transpose(0, 1).reshape(N, heads, T, D // heads)


@split_heads.twin(
    "How many heads are there, and how long is each?",
    "It is the other way round: D / H heads of H features.",
    "H heads of D / H features.",
    "有几个头，每个多长？",
    "反过来了：D / H 个头，每个 H 个特征。",
    "H 个头，每个 D / H 个特征。")
def heads_as_wide_as_they_are_many(x, heads):
    N, T, D = x.shape
    return x.reshape(N, T, D // heads, heads).transpose(1, 2)


@split_heads.twin(
    "Follow one token: are all numbers of x[0, 0] in the heads at time 0?",
    "The shape is right, the contents are not: x was reshaped with the heads in front of the batch.",
    "reshape keeps the order in memory: the heads are cut out of the last axis, (N, T, H, D / H), and then moved.",
    "跟踪一个词元：x[0, 0] 的数都在各头的时刻 0 吗？",
    "形状对，内容不对：reshape 时把头放在了批的前面。",
    "reshape 保持内存中的顺序：头要从最后一个轴切出来 (N, T, H, D / H)，再移动。")
def heads_cut_out_of_the_batch(x, heads):
    N, T, D = x.shape
    return x.reshape(heads, N, T, D // heads).transpose(0, 1)


@split_heads.twin(
    "How many features do two neighbouring heads share?",
    "Head h begins at feature h: the slices overlap.",
    "Head h has the features from h D/H to (h + 1) D/H.",
    "相邻两个头共用几个特征？",
    "头 h 从第 h 个特征开始：切片互相重叠。",
    "头 h 的特征从 h D/H 到 (h + 1) D/H。")
def heads_that_overlap(x, heads):
    width = x.shape[2] // heads
    return td.stack([x[:, :, h:h + width] for h in range(heads)], axis=1)


# --- norm_rows ---

X = [[[1.0, 0.0, 0.2, 0.5], [-2.0, 1.0, 0.5, 3.0], [0.3, 0.2, -0.4, 0.1]], [[4.0, 1.0, 0.0, 2.0], [0.0, 0.7, 0.1, -1.0],
     [1.5, -1.5, 2.5, 0.4]]]
ALPHA, BETA = [1.0, 0.5, 2.0, -1.0], [0.1, -0.3, 0.0, 0.7]


@lab.hole(cases=[[tensor(X), tensor(ALPHA), tensor(BETA), 0.1, "notes"], [tensor(X), tensor(ALPHA), tensor(BETA), 0.1, "pytorch"],
                 [tensor([[2.0, -1.0, 0.4], [0.2, 1.0, 3.0]]), tensor([1.0, 2.0, 3.0]), tensor([0.0, 0.5, 1.0]), 1e-2, "pytorch"],
                 [tensor([[3.0, 1.0, 0.0], [-1.0, 0.3, 0.5]]), tensor([1.0, 2.0, 3.0]), tensor([0.0, 0.5, 1.0]), 1e-2, "notes"]],
          more=[[tensor(wave(3, 2, 5)), tensor([1.0, 2.0, 0.5, -1.0, 0.3]), tensor([0.1, 0.2, 0.3, 0.4, -0.5]), 0.2, "notes"],
                [tensor(wave(3, 2, 5, phase=1)), tensor([1.0, 2.0, 0.5, -1.0, 0.3]), tensor([0.1, 0.2, 0.3, 0.4, -0.5]), 0.2,
                 "pytorch"],
                [tensor([[0.5, 2.0, -1.0], [1.0, 1.5, 0.0]]), tensor([1.0, 2.0, 3.0]), tensor([0.0, 0.5, 1.0]), 1e-2, "notes"],
                [tensor([[0.5, 2.0, -1.0], [1.0, 1.5, 0.0]]), tensor([1.0, 2.0, 3.0]), tensor([0.0, 0.5, 1.0]), 1e-2, "pytorch"]],
          forbidden=["layer_norm", "tinydawn.nn.functional:layer_norm"])
def norm_rows(x, alpha, beta, eps, form):
    c = step("x - mean", x - x.mean(axis=-1, keepdims=True))
    if form == "notes":
        return alpha * c / (step("std, n - 1", x.std(axis=-1, keepdims=True)) + eps) + beta
    variance = step("variance, n", x.var(axis=-1, correction=0, keepdims=True))
    return alpha * c / td.sqrt(step("variance + eps", variance + eps)) + beta


def _norm(x, alpha, beta, eps, form, notes=(1, "outside"), pytorch=(0, "inside"), axis=-1):
    correction, place = notes if form == "notes" else pytorch
    v = x.var(axis=axis, correction=correction, keepdims=True)
    below = td.sqrt(v) + eps if place == "outside" else td.sqrt(v + eps)
    return alpha * (x - x.mean(axis=axis, keepdims=True)) / below + beta


@norm_rows.twin(
    "In the notes' form: by what is the sum of squares divided?",
    "By n in both forms. PyTorch's x.std, which the notes call, divides by n - 1 unless told otherwise.",
    "The notes' std is the unbiased one: sqrt(sum (x - mean)^2 / (n - 1)).",
    "讲义的形式里，平方和除以多少？",
    "两种形式都除以了 n。讲义调用的 PyTorch 的 x.std，若不另说，除以 n - 1。",
    "讲义的 std 是无偏的：sqrt(sum (x - mean)^2 / (n - 1))。")
def norm_with_n_in_both(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, notes=(0, "outside"))


@norm_rows.twin(
    "In PyTorch's form: by what is the sum of squares divided?",
    "By n - 1 in both forms, as var and std do unless told otherwise.",
    "nn.LayerNorm takes the biased variance: var(..., correction=0), or the mean of (x - mean)^2.",
    "PyTorch 的形式里，平方和除以多少？",
    "两种形式都除以了 n - 1，var 和 std 若不另说就是如此。",
    "nn.LayerNorm 用有偏方差：var(..., correction=0)，或 (x - mean)^2 的平均。")
def norm_with_n_minus_1_in_both(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, pytorch=(1, "inside"))


@norm_rows.twin(
    "In PyTorch's form: where does eps stand?",
    "Outside of the root in both forms.",
    "nn.LayerNorm divides by sqrt(variance + eps).",
    "PyTorch 的形式里，eps 在哪里？",
    "两种形式都放在了根号外。",
    "nn.LayerNorm 除以 sqrt(方差 + eps)。")
def norm_with_eps_outside_in_both(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, pytorch=(0, "outside"))


@norm_rows.twin(
    "In the notes' form: where does eps stand?",
    "Under the root in both forms.",
    "The notes divide by std + eps.",
    "讲义的形式里，eps 在哪里？",
    "两种形式都放在了根号里。",
    "讲义除以 std + eps。")
def norm_with_eps_inside_in_both(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, notes=(1, "inside"))


@norm_rows.twin(
    "Is `form` used?",
    "This is PyTorch's form in both cases.",
    'With form == "notes": divisor n - 1, and eps added to the std.',
    "用到 form 了吗？",
    "两种情况都是 PyTorch 的形式。",
    '当 form == "notes" 时：除以 n - 1，eps 加在 std 上。')
def norm_always_of_pytorch(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, "pytorch")


@norm_rows.twin(
    "Is `form` used?",
    "This is the notes' form in both cases.",
    'With form == "pytorch": divisor n, and eps under the root.',
    "用到 form 了吗？",
    "两种情况都是讲义的形式。",
    '当 form == "pytorch" 时：除以 n，eps 在根号里。')
def norm_always_of_the_notes(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, "notes")


@norm_rows.twin(
    "Which form is which?",
    "They are exchanged.",
    "The notes: std with n - 1, plus eps. PyTorch: the root of (variance with n, plus eps).",
    "哪个形式是哪个？",
    "两者对调了。",
    "讲义：n - 1 的 std，再加 eps。PyTorch：(n 的方差加 eps) 的平方根。")
def norm_forms_exchanged(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, "pytorch" if form == "notes" else "notes")


@norm_rows.twin(
    "Over which axis is the mean? Look at one row of the result.",
    "Over the axis before the last, the time: a token is mixed with its neighbours.",
    "LayerNorm takes each token by itself, over its features: axis=-1.",
    "平均沿着哪个轴？看结果的一行。",
    "沿着倒数第二个轴，即时间：一个词元和它的邻居混在一起了。",
    "LayerNorm 对每个词元单独做，沿着它的特征：axis=-1。")
def norm_over_time(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, axis=-2)


@norm_rows.twin(
    "Over which axis is the mean? Look at one row of the result.",
    "Over the first axis: that is BatchNorm, where a sentence depends on the others in its batch.",
    "LayerNorm takes each token by itself, over its features: axis=-1.",
    "平均沿着哪个轴？看结果的一行。",
    "沿着第一个轴：那是 BatchNorm，一个句子会依赖同批的其他句子。",
    "LayerNorm 对每个词元单独做，沿着它的特征：axis=-1。")
def norm_over_the_batch(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, axis=0)


@norm_rows.twin(
    "Over which axis is the mean? Look at one row of the result.",
    "Over everything at once: there is one mean for the whole batch.",
    "Each token has a mean of its own: mean(axis=-1, keepdims=True).",
    "平均沿着哪个轴？看结果的一行。",
    "对所有数一起取：整个批只有一个平均值。",
    "每个词元有自己的平均：mean(axis=-1, keepdims=True)。")
def norm_over_everything(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, axis=None)


@norm_rows.twin(
    "What is below the line: a variance or its root?",
    "The variance itself: no root is taken.",
    "Divide by a standard deviation, so that the result does not depend on the scale of x.",
    "分母是方差还是它的平方根？",
    "是方差本身：没有开方。",
    "要除以标准差，这样结果才不依赖 x 的尺度。")
def norm_without_the_root(x, alpha, beta, eps, form):
    v = x.var(axis=-1, correction=1 if form == "notes" else 0, keepdims=True)
    return alpha * (x - x.mean(axis=-1, keepdims=True)) / (v + eps) + beta


@norm_rows.twin(
    "Are alpha and beta in it?",
    "They are left out: this is the row before it is scaled and shifted.",
    "alpha * (...) + beta, each of F numbers, one for each feature.",
    "用到 alpha 和 beta 了吗？",
    "漏掉了：这是缩放和平移之前的行。",
    "alpha * (...) + beta，各有 F 个数，每个特征一个。")
def norm_without_alpha_and_beta(x, alpha, beta, eps, form):
    return _norm(x, 1.0, 0.0, eps, form)


@norm_rows.twin(
    "Is the mean taken off?",
    "It is not: x is only divided.",
    "The numerator is x - mean(x).",
    "减去平均值了吗？",
    "没有：x 只是被除了一下。",
    "分子是 x - mean(x)。")
def norm_without_the_mean(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form) + alpha * x.mean(axis=-1, keepdims=True) / _divisor(x, eps, form)


@norm_rows.twin(
    "The values are right. Shift x a little: does the result change?",
    "It does not, but the gradient says that it does: mean and std are taken as constants (detach, or numpy).",
    "Mean and std depend on x: they belong to the graph.",
    "值是对的。把 x 平移一点，结果变吗？",
    "不变，但梯度却说会变：平均和标准差被当作常数了（detach 或 numpy）。",
    "平均和标准差依赖 x：它们属于计算图。")
def norm_with_constant_statistics(x, alpha, beta, eps, form):
    return alpha * (x - x.mean(axis=-1, keepdims=True).detach()) / _divisor(x, eps, form).detach() + beta


def _divisor(x, eps, form):
    if form == "notes":
        return x.std(axis=-1, keepdims=True) + eps
    return td.sqrt(x.var(axis=-1, correction=0, keepdims=True) + eps)


@norm_rows.twin(
    "Which form divides by n, and which by n - 1?",
    "They are exchanged; where eps stands is right.",
    "The notes' std divides by F - 1 (x.std as it is), PyTorch's variance by F (correction=0).",
    "哪个形式除以 n，哪个除以 n - 1？",
    "两者对调了；eps 的位置是对的。",
    "讲义的 std 除以 F - 1（x.std 原样），PyTorch 的方差除以 F（correction=0）。")
def norm_with_divisors_exchanged(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, notes=(0, "outside"), pytorch=(1, "inside"))


@norm_rows.twin(
    "In which form does eps stand under the root?",
    "They are exchanged; the divisors are right.",
    "Notes: std + eps. PyTorch: sqrt(variance + eps).",
    "哪个形式的 eps 在根号里？",
    "两者对调了；除数是对的。",
    "讲义：std + eps。PyTorch：sqrt(方差 + eps)。")
def norm_with_eps_exchanged(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, notes=(1, "inside"), pytorch=(0, "outside"))


@norm_rows.twin(
    "Compare both forms with the two lines of the text.",
    "Both are std + eps with divisor n: half of each.",
    "Notes: n - 1, and eps outside. PyTorch: n, and eps under the root.",
    "把两种形式与文中的两行对照。",
    "两者都是除以 n 的 std + eps：各对了一半。",
    "讲义：n - 1，eps 在外。PyTorch：n，eps 在根号里。")
def norm_with_n_and_eps_outside(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, notes=(0, "outside"), pytorch=(0, "outside"))


@norm_rows.twin(
    "Compare both forms with the two lines of the text.",
    "Both are sqrt(variance + eps) with divisor n - 1: half of each.",
    "Notes: n - 1, and eps outside. PyTorch: n, and eps under the root.",
    "把两种形式与文中的两行对照。",
    "两者都是除以 n - 1 的 sqrt(方差 + eps)：各对了一半。",
    "讲义：n - 1，eps 在外。PyTorch：n，eps 在根号里。")
def norm_with_n_minus_1_and_eps_inside(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, notes=(1, "inside"), pytorch=(1, "inside"))


@norm_rows.twin(
    "In PyTorch's form: where does eps stand?",
    "std + sqrt(eps) is not sqrt(variance + eps): the root of a sum is no sum of roots.",
    "Add eps to the variance, and take the root of that.",
    "PyTorch 的形式里，eps 在哪里？",
    "std + sqrt(eps) 不是 sqrt(方差 + eps)：和的平方根不是平方根的和。",
    "先把 eps 加到方差上，再开方。")
def norm_with_the_root_of_eps(x, alpha, beta, eps, form):
    if form == "notes":
        return _norm(x, alpha, beta, eps, form)
    return _norm(x, alpha, beta, eps ** 0.5, form, pytorch=(0, "outside"))


@norm_rows.twin(
    "In the notes' form: what does eps belong to?",
    "It is added to the quotient: without brackets Python divides first.",
    "(h - mean) / (std + eps), with brackets.",
    "讲义的形式里，eps 属于哪里？",
    "它加到了商上：没有括号，Python 先做除法。",
    "(h - mean) / (std + eps)，要加括号。")
def norm_without_brackets(x, alpha, beta, eps, form):
    if form == "pytorch":
        return _norm(x, alpha, beta, eps, form)
    return _norm(x, alpha, beta, 0.0, form) + eps


@norm_rows.twin(
    "In both forms: what does eps belong to?",
    "It is added to the quotient: without brackets Python divides first.",
    "/ (std + eps), and / sqrt(variance + eps), with brackets.",
    "两种形式里，eps 各属于哪里？",
    "它加到了商上：没有括号，Python 先做除法。",
    "/ (std + eps) 和 / sqrt(方差 + eps)，要加括号。")
def norm_without_brackets_in_both(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, 0.0, form) + eps


@norm_rows.twin(
    "Try an x of three axes, (N, T, F).",
    "There the mean goes over time: axis=1 is the last axis of a matrix only.",
    "The features are the last axis, however many there are: axis=-1.",
    "用三个轴的 x 试试：(N, T, F)。",
    "那时平均沿着时间：只有对矩阵，axis=1 才是最后一个轴。",
    "不管有几个轴，特征都是最后一个：axis=-1。")
def norm_over_axis_1(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, axis=1)


@norm_rows.twin(
    "By what is the sum of squares divided?",
    "By the length of the first axis, the batch: F is not x.shape[0].",
    "F is how many features a token has: x.shape[-1].",
    "平方和除以多少？",
    "除以了第一个轴的长度，即批的大小：F 不是 x.shape[0]。",
    "F 是一个词元的特征数：x.shape[-1]。")
def norm_with_the_batch_as_f(x, alpha, beta, eps, form):
    c = x - x.mean(axis=-1, keepdims=True)
    square, n = (c * c).sum(axis=-1, keepdims=True), x.shape[0]
    if form == "notes":
        return alpha * c / (td.sqrt(square / (n - 1)) + eps) + beta
    return alpha * c / td.sqrt(square / n + eps) + beta


@norm_rows.twin(
    "In the notes' form: a variance or its root?",
    "The variance itself stands below the line: no root is taken in this form.",
    "std is the root of the variance, and eps is added to it.",
    "讲义的形式里是方差还是它的平方根？",
    "分母是方差本身：这个形式里没有开方。",
    "std 是方差的平方根，再加上 eps。")
def norm_without_the_notes_root(x, alpha, beta, eps, form):
    return norm_without_the_root(x, alpha, beta, eps, form) if form == "notes" else _norm(x, alpha, beta, eps, form)


@norm_rows.twin(
    "Which of alpha and beta is the factor?",
    "They are exchanged: beta multiplies, and alpha is added.",
    "alpha * (...) + beta.",
    "alpha 和 beta 哪个是因子？",
    "对调了：乘的是 beta，加的是 alpha。",
    "alpha * (...) + beta。")
def norm_with_alpha_as_the_shift(x, alpha, beta, eps, form):
    return _norm(x, beta, alpha, eps, form)


@norm_rows.twin(
    "In PyTorch's form: what is under the root?",
    "The std with divisor n - 1, plus eps: the root of a root.",
    "Under the root stands the variance, with divisor n: sqrt(variance + eps).",
    "PyTorch 的形式里，根号下是什么？",
    "是除以 n - 1 的 std 加 eps：开了两次方。",
    "根号下是除以 n 的方差：sqrt(方差 + eps)。")
def norm_with_the_root_of_std(x, alpha, beta, eps, form):
    if form == "notes":
        return _norm(x, alpha, beta, eps, form)
    below = td.sqrt(x.std(axis=-1, keepdims=True) + eps)
    return alpha * (x - x.mean(axis=-1, keepdims=True)) / below + beta


@norm_rows.twin(
    "In PyTorch's form: what is under the root?",
    "The std with divisor n, plus eps: the root of a root.",
    "Under the root stands the variance: sqrt(variance + eps).",
    "PyTorch 的形式里，根号下是什么？",
    "是除以 n 的 std 加 eps：开了两次方。",
    "根号下是方差：sqrt(方差 + eps)。")
def norm_with_the_root_of_biased_std(x, alpha, beta, eps, form):
    if form == "notes":
        return _norm(x, alpha, beta, eps, form)
    below = td.sqrt(x.std(axis=-1, correction=0, keepdims=True) + eps)
    return alpha * (x - x.mean(axis=-1, keepdims=True)) / below + beta


@norm_rows.twin(
    "In PyTorch's form: a variance or its root?",
    "variance + eps stands below the line, and no root is taken of it.",
    "Divide by sqrt(variance + eps).",
    "PyTorch 的形式里是方差还是它的平方根？",
    "分母是 variance + eps，没有开方。",
    "除以 sqrt(方差 + eps)。")
def norm_without_pytorchs_root(x, alpha, beta, eps, form):
    return norm_without_the_root(x, alpha, beta, eps, form) if form == "pytorch" else _norm(x, alpha, beta, eps, form)


@norm_rows.twin(
    "In the notes' form: what does the root go over?",
    "Over the sum of squares alone; the division by F - 1 comes after it.",
    "std = sqrt(sum / (F - 1)): the division is under the root.",
    "讲义的形式里，根号盖住了什么？",
    "只盖住平方和；除以 F - 1 在它之后。",
    "std = sqrt(和 / (F - 1))：除法在根号里。")
def norm_divided_after_the_root(x, alpha, beta, eps, form):
    if form == "pytorch":
        return _norm(x, alpha, beta, eps, form)
    c = x - x.mean(axis=-1, keepdims=True)
    return alpha * c / (td.sqrt((c * c).sum(axis=-1, keepdims=True)) / (x.shape[-1] - 1) + eps) + beta


@norm_rows.twin(
    "By what is the sum of squares divided, if x is (N, T, F)?",
    "By T, or T - 1: F is not x.shape[1].",
    "F is the last axis, x.shape[-1], however many axes there are.",
    "x 是 (N, T, F) 时，平方和除以多少？",
    "除以了 T 或 T - 1：F 不是 x.shape[1]。",
    "不管有几个轴，F 都是最后一个：x.shape[-1]。")
def norm_with_the_time_as_f(x, alpha, beta, eps, form):
    c = x - x.mean(axis=-1, keepdims=True)
    square, n = (c * c).sum(axis=-1, keepdims=True), x.shape[1]
    if form == "notes":
        return alpha * c / (td.sqrt(square / (n - 1)) + eps) + beta
    return alpha * c / td.sqrt(square / n + eps) + beta


@norm_rows.twin(
    "What is multiplied with alpha?",
    "beta, too: the brackets go round both.",
    "alpha * (...) + beta: beta is added last.",
    "alpha 乘了什么？",
    "连 beta 也乘了：括号把两者都括进去了。",
    "alpha * (...) + beta：最后才加 beta。")
def norm_with_alpha_times_beta(x, alpha, beta, eps, form):
    return _norm(x, alpha, alpha * beta, eps, form)


@norm_rows.twin(
    "Is eps in it?",
    "In neither form.",
    "Notes: std + eps. PyTorch: sqrt(variance + eps).",
    "用到 eps 了吗？",
    "两种形式都没有。",
    "讲义：std + eps。PyTorch：sqrt(方差 + eps)。")
def norm_without_eps(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, 0.0, form)


@norm_rows.twin(
    "In the notes' form: is eps in it?",
    "It is not.",
    "Divide by std + eps.",
    "讲义的形式里用到 eps 了吗？",
    "没有用到。",
    "除以 std + eps。")
def norm_without_the_notes_eps(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, 0.0 if form == "notes" else eps, form)


@norm_rows.twin(
    "Is beta in it?",
    "It is not: nothing is added.",
    "alpha * (...) + beta.",
    "用到 beta 了吗？",
    "没有：什么也没加。",
    "alpha * (...) + beta。")
def norm_without_beta(x, alpha, beta, eps, form):
    return _norm(x, alpha, 0.0, eps, form)


@norm_rows.twin(
    "Is alpha in it?",
    "It is not: nothing is multiplied.",
    "alpha * (...) + beta.",
    "用到 alpha 了吗？",
    "没有：什么也没乘。",
    "alpha * (...) + beta。")
def norm_without_alpha(x, alpha, beta, eps, form):
    return _norm(x, 1.0, beta, eps, form)


@norm_rows.twin(
    "In PyTorch's form: what does eps belong to?",
    "It is added to the quotient, and the variance has the divisor n - 1.",
    "/ sqrt(variance + eps), with brackets, and correction=0.",
    "PyTorch 的形式里，eps 属于哪里？",
    "它加到了商上，而且方差除以了 n - 1。",
    "/ sqrt(方差 + eps)，要加括号，并用 correction=0。")
def norm_without_pytorchs_brackets_and_n(x, alpha, beta, eps, form):
    if form == "notes":
        return _norm(x, alpha, beta, eps, form)
    return _norm(x, alpha, beta, 0.0, form, pytorch=(1, "inside")) + eps


@norm_rows.twin(
    "In PyTorch's form: what does eps belong to?",
    "It is added to the quotient: without brackets Python divides first.",
    "/ sqrt(variance + eps), with brackets.",
    "PyTorch 的形式里，eps 属于哪里？",
    "它加到了商上：没有括号，Python 先做除法。",
    "/ sqrt(方差 + eps)，要加括号。")
def norm_without_pytorchs_brackets(x, alpha, beta, eps, form):
    if form == "notes":
        return _norm(x, alpha, beta, eps, form)
    return _norm(x, alpha, beta, 0.0, form) + eps


@norm_rows.twin(
    "In PyTorch's form: is eps in it?",
    "It is not.",
    "Divide by sqrt(variance + eps).",
    "PyTorch 的形式里用到 eps 了吗？",
    "没有用到。",
    "除以 sqrt(方差 + eps)。")
def norm_without_pytorchs_eps(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, 0.0 if form == "pytorch" else eps, form)


@norm_rows.twin(
    "What is divided by the std?",
    "The mean alone: without brackets alpha x - mean / std is (alpha x) - (mean / std).",
    "alpha * (x - mean) / ..., with brackets.",
    "除以 std 的是什么？",
    "只有平均值：没有括号时，alpha x - mean / std 是 (alpha x) - (mean / std)。",
    "alpha * (x - mean) / …，要加括号。")
def norm_without_brackets_above(x, alpha, beta, eps, form):
    return alpha * x - x.mean(axis=-1, keepdims=True) / _divisor(x, eps, form) + beta


@norm_rows.twin(
    "In PyTorch's form: by what is the sum of squares divided?",
    "By nothing: the sum itself is under the root.",
    "variance = sum of (h - mean)^2 / F.",
    "PyTorch 的形式里，平方和除以多少？",
    "没有除：根号下就是平方和本身。",
    "方差 = sum (h - mean)^2 / F。")
def norm_with_the_sum_of_squares(x, alpha, beta, eps, form):
    if form == "notes":
        return _norm(x, alpha, beta, eps, form)
    c = x - x.mean(axis=-1, keepdims=True)
    return alpha * c / td.sqrt((c * c).sum(axis=-1, keepdims=True) + eps) + beta


@norm_rows.twin(
    "In both forms: by what is the sum of squares divided?",
    "By nothing: the sum itself is under the root.",
    "By F - 1 in the notes' form, by F in PyTorch's.",
    "两种形式里，平方和除以多少？",
    "没有除：根号下就是平方和本身。",
    "讲义的形式除以 F - 1，PyTorch 的形式除以 F。")
def norm_with_the_sum_of_squares_in_both(x, alpha, beta, eps, form):
    c = x - x.mean(axis=-1, keepdims=True)
    square = (c * c).sum(axis=-1, keepdims=True)
    return alpha * c / (td.sqrt(square) + eps if form == "notes" else td.sqrt(square + eps)) + beta


@norm_rows.twin(
    "How many means are there: one for each token?",
    "One for each feature: mean and std go over batch and time, as in BatchNorm.",
    "LayerNorm takes each token by itself, over its features: axis=-1.",
    "有多少个平均值：每个词元一个吗？",
    "每个特征一个：平均和标准差是对批和时间取的，像 BatchNorm 那样。",
    "LayerNorm 对每个词元单独做，沿着它的特征：axis=-1。")
def norm_over_batch_and_time(x, alpha, beta, eps, form):
    return _norm(x, alpha, beta, eps, form, axis=(0, 1))


@norm_rows.twin(
    "What becomes of beta where h equals its mean?",
    "It is gone: beta is multiplied with the normed row, (alpha + beta) times it.",
    "alpha multiplies, and beta is added after it: alpha * (...) + beta.",
    "在 h 等于平均值的地方，beta 还在吗？",
    "不在了：beta 也乘到了归一化的行上，成了 (alpha + beta) 倍。",
    "alpha 是乘的，beta 在它之后加：alpha * (…) + beta。")
def norm_with_alpha_plus_beta(x, alpha, beta, eps, form):
    return (alpha + beta) * _norm(x, 1.0, 0.0, eps, form)


@norm_rows.twin(
    "In PyTorch's form: is that a std? And is eps under the root?",
    "It is the length of h - mean, the root of the sum of squares, which is divided by nothing; eps is added to it.",
    "variance = sum of (h - mean)^2 / F, and below the line sqrt(variance + eps).",
    "PyTorch 的形式里，那是标准差吗？eps 在根号里吗？",
    "那是 h - mean 的长度，即平方和的平方根，没有除以任何数；eps 是加在它外面的。",
    "方差 = sum (h - mean)^2 / F，分母是 sqrt(方差 + eps)。")
def norm_with_the_length_in_pytorchs(x, alpha, beta, eps, form):
    if form == "notes":
        return _norm(x, alpha, beta, eps, form)
    c = x - x.mean(axis=-1, keepdims=True)
    return alpha * c / (td.sqrt((c * c).sum(axis=-1, keepdims=True)) + eps) + beta


@norm_rows.twin(
    "Take a row ten times as large: does the result stay?",
    "It grows a hundredfold: h - mean is multiplied with the std, and not divided by it.",
    "Divide: what comes out does not depend on the scale of h.",
    "把一行放大十倍：结果不变吗？",
    "变成了一百倍：h - mean 乘了标准差，而不是除以它。",
    "要除：结果不依赖 h 的尺度。")
def norm_multiplied(x, alpha, beta, eps, form):
    return alpha * (x - x.mean(axis=-1, keepdims=True)) * _divisor(x, eps, form) + beta


@norm_rows.twin(
    "Do the mean and the std go over the same axis?",
    "They do not: the mean is that over time, axis=-2, and the std that of the features.",
    "Both are of one token, over its features: axis=-1.",
    "平均和标准差沿着同一个轴吗？",
    "不是：平均沿着时间，axis=-2，标准差却沿着特征。",
    "两者都是一个词元的，沿着它的特征：axis=-1。")
def norm_with_the_mean_over_time(x, alpha, beta, eps, form):
    return alpha * (x - x.mean(axis=-2, keepdims=True)) / _divisor(x, eps, form) + beta


# --- breaks_notes_norm ---

@lab.hole(cases=[[6], [10]], more=[[8], [14]], through="steepness_of_norms")
def breaks_notes_norm(n):
    return np.full(n, 3.0)


@breaks_notes_norm.twin(
    "How large is the std of your row, beside eps?",
    "An ordinary row: there the forms differ by the factor sqrt(1 - 1/n) at most, and so do their slopes.",
    "The slope goes like 1 over what you divide by: make std + eps much smaller than sqrt(variance + eps).",
    "你的行的标准差与 eps 相比有多大？",
    "这是普通的行：两种形式最多差一个因子 sqrt(1 - 1/n)，斜率也一样。",
    "斜率大致是分母的倒数：要让 std + eps 远小于 sqrt(方差 + eps)。")
def breaks_norm_with_an_ordinary_row(n):
    return np.arange(n) / n


@breaks_notes_norm.twin(
    "How large is the std of your row, beside eps?",
    "Large numbers: eps does not matter there at all, wherever it stands.",
    "The slope goes like 1 over what you divide by: it is steep where the std is small.",
    "你的行的标准差与 eps 相比有多大？",
    "数很大：eps 在哪里都无所谓。",
    "斜率大致是分母的倒数：标准差小的地方才陡。")
def breaks_norm_with_large_numbers(n):
    return 1e6 * np.arange(n)


@breaks_notes_norm.twin(
    "The right direction. How much steeper is it?",
    "The row's spread is small, and not small enough: less than a hundred times.",
    "PyTorch's slope is at most 1 / sqrt(eps) = 1,000, the notes' about 1 / (std + eps). What if the std is 0?",
    "方向对了。陡了多少倍？",
    "这一行的离散程度小，但还不够小：不到一百倍。",
    "PyTorch 的斜率最多是 1 / sqrt(eps) = 1000，讲义的约为 1 / (std + eps)。若标准差是 0 呢？")
def breaks_norm_with_a_small_row(n):
    return 1e-3 * np.arange(n) / n


@breaks_notes_norm.twin(
    "How many numbers are asked for?",
    "This is one number, or a row of another length.",
    "Return a row of n numbers: an array (n,), or a list.",
    "要求几个数？",
    "这是一个数，或另一个长度的行。",
    "返回 n 个数的一行：数组 (n,) 或列表。")
def breaks_norm_with_one_number(n):
    return 0.0


@breaks_notes_norm.twin(
    "Which shape is asked for?",
    "This is a batch of one row, (1, n).",
    "Return the row alone: (n,).",
    "要求什么形状？",
    "这是只有一行的批，(1, n)。",
    "只返回这一行：(n,)。")
def breaks_norm_with_a_batch(n):
    return np.zeros((1, n))


@breaks_notes_norm.twin(
    "Is every number of your row finite?",
    "There is a nan or an infinity in it: every formula fails there.",
    "A row of ordinary finite numbers is enough.",
    "你的行里每个数都有限吗？",
    "其中有 nan 或无穷大：任何公式在那里都会失败。",
    "普通的有限的数就够了。")
def breaks_norm_with_nan(n):
    return np.full(n, np.nan)


# --- sine_positions ---

@lab.hole(cases=[[5, 6], [3, 8], [2, 2]], more=[[7, 4], [4, 10]],
          forbidden=["tinydawn.nn.positional:sinusoidal_positions"])
def sine_positions(T, D):
    angle = np.arange(T)[:, None] * 10000.0 ** (-np.arange(0, D, 2) / D)
    PE = np.zeros((T, D))
    PE[:, 0::2], PE[:, 1::2] = np.sin(angle), np.cos(angle)
    return PE


def _angles(T, D):
    return np.arange(T)[:, None] * 10000.0 ** (-np.arange(0, D, 2) / D)


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "All sines come first, then all cosines: the right numbers in another order.",
    "Interleaved: columns 2i and 2i + 1 are the sine and the cosine of one frequency.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "所有正弦在前，所有余弦在后：数是对的，顺序不同。",
    "交错排列：第 2i 列和第 2i + 1 列是同一频率的正弦和余弦。")
def positions_in_halves(T, D):
    return np.concatenate([np.sin(_angles(T, D)), np.cos(_angles(T, D))], axis=1)


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "There are only sines, as the notes write it.",
    "Every frequency takes two columns: its sine, and its cosine.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "只有正弦，像讲义写的那样。",
    "每个频率占两列：它的正弦和它的余弦。")
def positions_of_sines_alone(T, D):
    return np.sin(np.arange(T)[:, None] * 10000.0 ** (-2 * (np.arange(D) // 2) / D))


@sine_positions.twin(
    "Look at a pair of columns: is sin^2 + cos^2 = 1 in every row?",
    "It is not: sine and cosine of a pair have different frequencies, since each column j has its own, 10000^(-j/D).",
    "Both columns of pair i have the frequency 10000^(-2i/D).",
    "看一对列：每一行都有 sin^2 + cos^2 = 1 吗？",
    "没有：一对里的正弦和余弦频率不同，因为每一列 j 用了自己的 10000^(-j/D)。",
    "第 i 对的两列频率都是 10000^(-2i/D)。")
def positions_with_a_frequency_per_column(T, D):
    angle = np.arange(T)[:, None] * 10000.0 ** (-np.arange(D) / D)
    return np.where(np.arange(D) % 2 == 0, np.sin(angle), np.cos(angle))


@sine_positions.twin(
    "Look at a pair of columns: is sin^2 + cos^2 = 1 in every row?",
    "It is not: i counts columns here, each with the frequency 10000^(-2j/D) of its own.",
    "i counts pairs: columns 2i and 2i + 1 have the frequency 10000^(-2i/D).",
    "看一对列：每一行都有 sin^2 + cos^2 = 1 吗？",
    "没有：这里 i 数的是列，每一列 j 用了自己的频率 10000^(-2j/D)。",
    "i 数的是对：第 2i 列和第 2i + 1 列的频率是 10000^(-2i/D)。")
def positions_with_i_as_the_column(T, D):
    angle = np.arange(T)[:, None] * 10000.0 ** (-2 * np.arange(D) / D)
    return np.where(np.arange(D) % 2 == 0, np.sin(angle), np.cos(angle))


@sine_positions.twin(
    "Which is the lowest frequency?",
    "The exponent is twice too large: -2 times 2i over D, since arange(0, D, 2) is 2i already; or 2i is divided by D/2.",
    "w_i = 10000^(-2i/D), for i from 0 to D/2 - 1: the last one is near 1/10000.",
    "最低的频率是多少？",
    "指数大了一倍：-2 乘 2i 除以 D，而 arange(0, D, 2) 已经是 2i；或者 2i 除以了 D/2。",
    "w_i = 10000^(-2i/D)，i 从 0 到 D/2 - 1：最后一个接近 1/10000。")
def positions_with_twice_the_exponent(T, D):
    angle = np.arange(T)[:, None] * 10000.0 ** (-2 * np.arange(0, D, 2) / D)
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(T, D)


@sine_positions.twin(
    "Which is the lowest frequency?",
    "The exponent is half of what it should be: -i over D.",
    "w_i = 10000^(-2i/D), for i from 0 to D/2 - 1: the last one is near 1/10000.",
    "最低的频率是多少？",
    "指数只有应有的一半：-i 除以 D。",
    "w_i = 10000^(-2i/D)，i 从 0 到 D/2 - 1：最后一个接近 1/10000。")
def positions_with_half_the_exponent(T, D):
    angle = np.arange(T)[:, None] * 10000.0 ** (-np.arange(D // 2) / D)
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(T, D)


@sine_positions.twin(
    "Do the columns turn more slowly to the right?",
    "They turn faster: the position is multiplied by 10000^(2i/D).",
    "w_i = 10000^(-2i/D), with a minus.",
    "越往右，列转得越慢吗？",
    "越来越快：位置乘上了 10000^(2i/D)。",
    "w_i = 10000^(-2i/D)，带负号。")
def positions_that_turn_faster(T, D):
    angle = np.arange(T)[:, None] * 10000.0 ** (np.arange(0, D, 2) / D)
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(T, D)


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "Cosine and sine are exchanged.",
    "The sine is in the even columns, the cosine in the odd ones.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "余弦和正弦对调了。",
    "正弦在偶数列，余弦在奇数列。")
def positions_with_cosine_first(T, D):
    return np.stack([np.cos(_angles(T, D)), np.sin(_angles(T, D))], axis=2).reshape(T, D)


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "The positions are counted from 1.",
    "pos goes from 0 to T - 1.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "位置从 1 开始数了。",
    "pos 从 0 到 T - 1。")
def positions_from_1(T, D):
    angle = np.arange(1, T + 1)[:, None] * 10000.0 ** (-np.arange(0, D, 2) / D)
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(T, D)


@sine_positions.twin(
    "Look at the shape: what are the rows?",
    "The rows are features: it is the transpose.",
    "A row for each position: (T, D).",
    "看形状：行是什么？",
    "行是特征：这是转置。",
    "每个位置一行：(T, D)。")
def positions_transposed(T, D):
    return np.stack([np.sin(_angles(T, D)), np.cos(_angles(T, D))], axis=2).reshape(T, D).T


@sine_positions.twin(
    "Look at the last column: is anything in it?",
    "Pair i was put into the columns i and i + 1, so that the pairs write over each other.",
    "Pair i has the columns 2i and 2i + 1.",
    "看最后一列：里面有东西吗？",
    "第 i 对放进了第 i 列和第 i + 1 列，各对互相覆盖了。",
    "第 i 对占第 2i 列和第 2i + 1 列。")
def positions_that_write_over_each_other(T, D):
    PE, angle = np.zeros((T, D)), _angles(T, D)
    for i in range(D // 2):
        PE[:, i], PE[:, i + 1] = np.sin(angle[:, i]), np.cos(angle[:, i])
    return PE


@sine_positions.twin(
    "Which is the lowest frequency?",
    "1/10000 exactly: i is divided by D/2 - 1, as in some libraries (tensor2tensor), and not by D/2.",
    "w_i = 10000^(-2i/D), for i from 0 to D/2 - 1.",
    "最低的频率是多少？",
    "恰好 1/10000：i 除以了 D/2 - 1，像某些库（tensor2tensor）那样，而不是 D/2。",
    "w_i = 10000^(-2i/D)，i 从 0 到 D/2 - 1。")
def positions_of_tensor2tensor(T, D):
    angle = np.arange(T)[:, None] * 10000.0 ** (-np.arange(D // 2) / max(D // 2 - 1, 1))
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(T, D)


@sine_positions.twin(
    "Print the frequencies.",
    "The exponent is a whole number: // cuts off what / would keep.",
    "-2i/D is a fraction: divide by /.",
    "把频率打印出来。",
    "指数成了整数：// 把小数部分去掉了。",
    "-2i/D 是分数：用 / 来除。")
def positions_with_whole_exponents(T, D):
    angle = np.arange(T)[:, None] * 10000.0 ** (-np.arange(0, D, 2) // D)
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(T, D)


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "Sine and cosine are added up in each column.",
    "Each has a column of its own: the sine 2i, the cosine 2i + 1.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "每一列里正弦和余弦加在了一起。",
    "各占一列：正弦在第 2i 列，余弦在第 2i + 1 列。")
def positions_that_add_sine_and_cosine(T, D):
    angle = np.repeat(_angles(T, D), 2, axis=1)
    return np.sin(angle) + np.cos(angle)


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "The odd columns are empty: the cosines are missing.",
    "Column 2i + 1 has cos(w_i pos).",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "奇数列是空的：少了余弦。",
    "第 2i + 1 列是 cos(w_i pos)。")
def positions_without_cosines(T, D):
    PE = np.zeros((T, D))
    PE[:, 0::2] = np.sin(_angles(T, D))
    return PE


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "The right numbers, mixed by a reshape: sines and cosines were stacked at the front, axis 0.",
    "Stack them behind, axis=2, so that each sine is followed by its cosine when the last two axes become one.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "数是对的，但被 reshape 弄乱了：正弦和余弦叠在了最前面的轴 0。",
    "叠在最后，axis=2，这样最后两个轴合一时，每个正弦后面紧跟它的余弦。")
def positions_stacked_in_front(T, D):
    return np.stack([np.sin(_angles(T, D)), np.cos(_angles(T, D))]).reshape(T, D)


@sine_positions.twin(
    "Print the frequencies.",
    "10000 ** -2 * i / D is (10000 ** -2) * i / D: the power comes first.",
    "Brackets round the exponent: 10000 ** (-2 * i / D).",
    "把频率打印出来。",
    "10000 ** -2 * i / D 是 (10000 ** -2) * i / D：先算乘方。",
    "指数要加括号：10000 ** (-2 * i / D)。")
def positions_without_brackets(T, D):
    angle = np.arange(T)[:, None] * (10000.0 ** -2 * np.arange(D // 2) / D)
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(T, D)


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "There are only sines, as the notes write it, one frequency 10000^(-2i/D) for each column i.",
    "D columns are D/2 frequencies: each takes two columns, its sine and its cosine.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "只有正弦，像讲义写的那样，每一列 i 一个频率 10000^(-2i/D)。",
    "D 列是 D/2 个频率：每个占两列，它的正弦和它的余弦。")
def positions_of_sines_for_each_column(T, D):
    return np.sin(np.arange(T)[:, None] * 10000.0 ** (-2 * np.arange(D) / D))


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "There are only sines, with a frequency 10000^(-j/D) for each column j.",
    "D columns are D/2 frequencies: each takes two columns, its sine and its cosine.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "只有正弦，每一列 j 一个频率 10000^(-j/D)。",
    "D 列是 D/2 个频率：每个占两列，它的正弦和它的余弦。")
def positions_of_sines_of_d_frequencies(T, D):
    return np.sin(np.arange(T)[:, None] * 10000.0 ** (-np.arange(D) / D))


def _pairs(angle):
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(len(angle), -1)


@sine_positions.twin(
    "Which is the highest frequency? Look at the columns 0 and 1.",
    "It is not 1: i is counted from 1, so every pair has the frequency of the next.",
    "i goes from 0 to D/2 - 1, and w_0 = 1.",
    "最高的频率是多少？看第 0 列和第 1 列。",
    "不是 1：i 从 1 数起，每一对都用了下一对的频率。",
    "i 从 0 到 D/2 - 1，w_0 = 1。")
def positions_with_i_from_1(T, D):
    return _pairs(np.arange(T)[:, None] * 10000.0 ** (-2 * np.arange(1, D // 2 + 1) / D))


@sine_positions.twin(
    "Look at the columns 2 and 3: how slowly do they turn?",
    "Too fast: 1000 stands for 10000.",
    "w_i = 10000^(-2i/D): four zeros.",
    "看第 2 列和第 3 列：转得有多慢？",
    "太快了：10000 写成了 1000。",
    "w_i = 10000^(-2i/D)：四个零。")
def positions_with_1000(T, D):
    return _pairs(np.arange(T)[:, None] * 1000.0 ** (-np.arange(0, D, 2) / D))


@sine_positions.twin(
    "Look at column 0: is it sin(0), sin(1), sin(2), ...?",
    "It is 0 everywhere: the angle is multiplied by 2 pi, and the sine of whole turns is 0.",
    "The angle is w_i pos, in radians as it is.",
    "看第 0 列：是 sin(0), sin(1), sin(2), … 吗？",
    "处处是 0：角度乘了 2 pi，整圈的正弦都是 0。",
    "角度就是 w_i pos，单位是弧度。")
def positions_in_turns(T, D):
    return _pairs(2 * np.pi * _angles(T, D))


@sine_positions.twin(
    "Look at column 0: is it sin(0), sin(1), sin(2), ...?",
    "It is 0 everywhere: the angle is multiplied by pi, and the sine of half turns is 0.",
    "The angle is w_i pos, in radians as it is.",
    "看第 0 列：是 sin(0), sin(1), sin(2), … 吗？",
    "处处是 0：角度乘了 pi，半圈的正弦都是 0。",
    "角度就是 w_i pos，单位是弧度。")
def positions_in_half_turns(T, D):
    return _pairs(np.pi * _angles(T, D))


@sine_positions.twin(
    "Look at the first row: at pos = 0, which angle has every pair?",
    "w_i, and not 0: position and frequency are added.",
    "They are multiplied: sin(w_i pos).",
    "看第一行：pos = 0 时，各对的角度是多少？",
    "是 w_i，而不是 0：位置和频率加在了一起。",
    "应相乘：sin(w_i pos)。")
def positions_that_add_the_frequency(T, D):
    return _pairs(np.arange(T)[:, None] + 10000.0 ** (-np.arange(0, D, 2) / D))


@sine_positions.twin(
    "Look at the first row: is it 0, 1, 0, 1, ...?",
    "The right numbers, mixed by a reshape to (D, T) and a transpose: in memory each position already stands together.",
    "Reshape to (T, D) at once: a row is the D numbers of one position.",
    "看第一行：是 0, 1, 0, 1, … 吗？",
    "数是对的，但被 reshape 成 (D, T) 再转置弄乱了：在内存里每个位置的数本来就挨着。",
    "直接 reshape 成 (T, D)：一行就是一个位置的 D 个数。")
def positions_reshaped_and_transposed(T, D):
    return np.stack([np.sin(_angles(T, D)), np.cos(_angles(T, D))], axis=2).reshape(D, T).T


# --- position_rotation ---

@lab.hole(cases=[[3, 4], [1, 2], [-2, 4]], more=[[5, 4], [2, 8], [-3, 6], [1, 2]])
def position_rotation(k, D):
    A = np.zeros((D, D))
    for i in range(D // 2):
        angle = k * 10000.0 ** (-2 * i / D)
        A[2 * i:2 * i + 2, 2 * i:2 * i + 2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    return A


def _rotation(k, D, block, step=2):
    A = np.zeros((D, D))
    for i in range(D // 2):
        angle = k * 10000.0 ** (-step * i / D)
        A[2 * i:2 * i + 2, 2 * i:2 * i + 2] = block(np.cos(angle), np.sin(angle))
    return A


@position_rotation.twin(
    "Apply it to position 5: do you get to 5 + k?",
    "You get to 5 - k: this is A_k transposed. The minus stands at the other sine; or the matrix was found by least squares "
    "from rows, PE[:n] A = PE[k:n + k], which gives it transposed.",
    "sin(a + b) = sin a cos b + cos a sin b is the first row of a block: [cos, sin]; the cosine's row is [-sin, cos].",
    "作用于位置 5：到达 5 + k 了吗？",
    "到了 5 - k：这是 A_k 的转置。负号放到了另一个正弦那里；或者矩阵是按行用最小二乘求的，PE[:n] A = PE[k:n + k]，得到的是转置。",
    "sin(a + b) = sin a cos b + cos a sin b 是块的第一行：[cos, sin]；余弦那一行是 [-sin, cos]。")
def rotation_that_turns_back(k, D):
    return _rotation(k, D, lambda c, s: [[c, -s], [s, c]])


@position_rotation.twin(
    "Is the length of a vector kept?",
    "It is not: both sines have a plus.",
    "cos(a + b) = cos a cos b - sin a sin b: the second row of a block is [-sin, cos].",
    "向量的长度保持不变吗？",
    "没有：两个正弦都是正号。",
    "cos(a + b) = cos a cos b - sin a sin b：块的第二行是 [-sin, cos]。")
def rotation_without_minus(k, D):
    return _rotation(k, D, lambda c, s: [[c, s], [s, c]])


@position_rotation.twin(
    "What stands beside the diagonal?",
    "Nothing: sines alone cannot be turned, the cosine has to help.",
    "sin(a + b) = sin a cos b + cos a sin b: a block of 2 x 2 for each frequency.",
    "对角线旁边是什么？",
    "什么也没有：只有正弦是转不动的，要余弦帮忙。",
    "sin(a + b) = sin a cos b + cos a sin b：每个频率一个 2 x 2 的块。")
def rotation_with_a_diagonal_alone(k, D):
    return _rotation(k, D, lambda c, s: [[c, 0.0], [0.0, c]])


@position_rotation.twin(
    "Apply it to a row of sine_positions: is the order of the columns the same?",
    "This is for all sines first, then all cosines.",
    "Columns 2i and 2i + 1 belong together: blocks of 2 x 2 along the diagonal.",
    "作用于 sine_positions 的一行：列的顺序相同吗？",
    "这适用于先排所有正弦、再排所有余弦的情形。",
    "第 2i 列和第 2i + 1 列属于一对：沿对角线排 2 x 2 的块。")
def rotation_in_halves(k, D):
    angle = k * 10000.0 ** (-np.arange(0, D, 2) / D)
    c, s = np.diag(np.cos(angle)), np.diag(np.sin(angle))
    return np.block([[c, s], [-s, c]])


@position_rotation.twin(
    "Do all blocks turn by the same angle?",
    "They do here: each frequency has its own.",
    "Block i turns by k w_i, with w_i = 10000^(-2i/D).",
    "所有的块转过同样的角度吗？",
    "这里是一样的；而每个频率应有自己的角度。",
    "第 i 块转过 k w_i，w_i = 10000^(-2i/D)。")
def rotation_of_one_frequency(k, D):
    return _rotation(k, D, lambda c, s: [[c, s], [-s, c]], step=0)


@position_rotation.twin(
    "Is k in the angle?",
    "It is not: this turns by one position.",
    "Block i turns by k w_i.",
    "角度里有 k 吗？",
    "没有：这只转过一个位置。",
    "第 i 块转过 k w_i。")
def rotation_by_one(k, D):
    return _rotation(1, D, lambda c, s: [[c, s], [-s, c]])


@position_rotation.twin(
    "Look at a block: where are its cosines?",
    "Sine and cosine are exchanged in the block.",
    "For k = 0 nothing may change: the diagonal is cos(k w_i), which is then 1.",
    "看一个块：余弦在哪里？",
    "块里的正弦和余弦对调了。",
    "k = 0 时什么都不应变：对角线是 cos(k w_i)，那时等于 1。")
def rotation_with_sines_on_the_diagonal(k, D):
    return _rotation(k, D, lambda c, s: [[s, c], [-c, s]])


@position_rotation.twin(
    "Which frequencies do the blocks have?",
    "The exponent is half, or j runs over pairs without the 2: 10000^(-i/D).",
    "The same frequencies as in sine_positions: 10000^(-2i/D) for pair i.",
    "各块的频率是什么？",
    "指数只有一半，或者对的编号没有乘 2：10000^(-i/D)。",
    "与 sine_positions 的频率相同：第 i 对是 10000^(-2i/D)。")
def rotation_with_half_the_exponent(k, D):
    return _rotation(k, D, lambda c, s: [[c, s], [-s, c]], step=1)


@position_rotation.twin(
    "Which frequencies do the blocks have?",
    "The exponent is twice too large: with i already a column, 10000^(-2i/D) takes the 2 in twice.",
    "The same frequencies as in sine_positions: 10000^(-2i/D) for pair i, or 10000^(-j/D) for its first column j = 2i.",
    "各块的频率是什么？",
    "指数大了一倍：i 已经是列号，10000^(-2i/D) 就多乘了一个 2。",
    "与 sine_positions 的频率相同：第 i 对是 10000^(-2i/D)，即首列 j = 2i 的 10000^(-j/D)。")
def rotation_with_twice_the_exponent(k, D):
    return _rotation(k, D, lambda c, s: [[c, s], [-s, c]], step=4)


@position_rotation.twin(
    "What stands beside the blocks?",
    "The numbers of the blocks, once more: A[0::2, 0::2] = cos(...) fills every second place of every second row.",
    "Everything beside the blocks of 2 x 2 on the diagonal is 0: a frequency is not mixed with another.",
    "各块的旁边是什么？",
    "又是块里的数：A[0::2, 0::2] = cos(...) 填满了每隔一行、每隔一列的位置。",
    "对角线上 2 x 2 的块之外全是 0：一个频率不与另一个混合。")
def rotation_without_zeros(k, D):
    angle = k * 10000.0 ** (-np.arange(0, D, 2) / D)
    A = np.zeros((D, D))
    A[0::2, 0::2] = A[1::2, 1::2] = np.cos(angle)
    A[0::2, 1::2], A[1::2, 0::2] = np.sin(angle), -np.sin(angle)
    return A


@position_rotation.twin(
    "Look at the last row and column: is anything in them?",
    "Block i was put at the rows i and i + 1, so that the blocks write over each other.",
    "Block i has the rows and columns 2i and 2i + 1.",
    "看最后一行和最后一列：里面有东西吗？",
    "第 i 块放在了第 i 行和第 i + 1 行，各块互相覆盖了。",
    "第 i 块占第 2i 和 2i + 1 行、列。")
def rotation_with_blocks_that_overlap(k, D):
    A = np.zeros((D, D))
    for i in range(D // 2):
        angle = k * 10000.0 ** (-2 * i / D)
        A[i, i] = A[i + 1, i + 1] = np.cos(angle)
        A[i, i + 1], A[i + 1, i] = np.sin(angle), -np.sin(angle)
    return A


@position_rotation.twin(
    "Which shape is asked for?",
    "These are the blocks, and no matrix: the frequencies are an axis of their own.",
    "A matrix (D, D), with the blocks along its diagonal and 0 beside them.",
    "要求什么形状？",
    "这是各个块，不是一个矩阵：频率成了单独的轴。",
    "一个 (D, D) 的矩阵，块沿对角线排列，旁边是 0。")
def rotation_blocks_alone(k, D):
    angle = k * 10000.0 ** (-np.arange(0, D, 2) / D)
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@position_rotation.twin(
    "Is the length of a vector kept?",
    "It is not: k multiplies the sines and cosines, and not the angle.",
    "cos(k w_i) and sin(k w_i): k belongs inside.",
    "向量的长度保持不变吗？",
    "没有：k 乘在了正弦和余弦上，而不是角度上。",
    "cos(k w_i) 和 sin(k w_i)：k 在里面。")
def rotation_with_k_outside(k, D):
    return k * _rotation(1, D, lambda c, s: [[c, s], [-s, c]])


@position_rotation.twin(
    "What stands between two blocks?",
    "A sine, since the whole line beside the diagonal is filled: a frequency gets something of the next.",
    "Beside the diagonal every second place is 0: sin stands at (2i, 2i + 1) and -sin at (2i + 1, 2i) alone.",
    "两个块之间是什么？",
    "是正弦，因为对角线旁边的一整条都填满了：一个频率混进了下一个。",
    "对角线旁边每隔一个是 0：sin 只在 (2i, 2i + 1)，-sin 只在 (2i + 1, 2i)。")
def rotation_with_full_diagonals(k, D):
    angle = np.repeat(k * 10000.0 ** (-np.arange(0, D, 2) / D), 2)
    sines = np.sin(angle)[:-1]
    return np.diag(np.cos(angle)) + np.diag(sines, 1) - np.diag(sines, -1)


@position_rotation.twin(
    "Look at the second row of a block.",
    "It is [cos, -sin], in the wrong order: the sine of the pair comes first in PE.",
    "cos(a + b) = -sin b sin a + cos b cos a: [-sin, cos], since PE has the sine before the cosine.",
    "看块的第二行。",
    "是 [cos, -sin]，顺序错了：PE 里一对中正弦在前。",
    "cos(a + b) = -sin b sin a + cos b cos a：[-sin, cos]，因为 PE 里正弦在余弦之前。")
def rotation_with_the_second_row_turned(k, D):
    return _rotation(k, D, lambda c, s: [[c, s], [c, -s]])


@position_rotation.twin(
    "Take k = 0: is it the matrix that changes nothing?",
    "It is not: k is added to the frequency instead of multiplied.",
    "w_i (pos + k) = w_i pos + w_i k: the angle is k w_i.",
    "取 k = 0：它是什么都不变的矩阵吗？",
    "不是：k 加到了频率上，而不是相乘。",
    "w_i (pos + k) = w_i pos + w_i k：角度是 k w_i。")
def rotation_with_k_added(k, D):
    A = np.zeros((D, D))
    for i in range(D // 2):
        angle = k + 10000.0 ** (-2 * i / D)
        A[2 * i:2 * i + 2, 2 * i:2 * i + 2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    return A


@position_rotation.twin(
    "Look at the diagonal.",
    "It is 1 everywhere: the cosines are missing.",
    "A block is [[cos, sin], [-sin, cos]], with cos(k w_i) on the diagonal.",
    "看对角线。",
    "处处是 1：少了余弦。",
    "块是 [[cos, sin], [-sin, cos]]，对角线上是 cos(k w_i)。")
def rotation_with_ones_on_the_diagonal(k, D):
    return _rotation(k, D, lambda c, s: [[1.0, s], [-s, 1.0]])


@position_rotation.twin(
    "Which frequencies do the blocks have?",
    "They grow: the minus of the exponent is missing.",
    "w_i = 10000^(-2i/D), as in sine_positions.",
    "各块的频率是什么？",
    "越来越大：指数少了负号。",
    "w_i = 10000^(-2i/D)，与 sine_positions 相同。")
def rotation_that_turns_faster(k, D):
    return _rotation(k, D, lambda c, s: [[c, s], [-s, c]], step=-2)


@position_rotation.twin(
    "Which shape is asked for?",
    "This is one block of 2 x 2, for a frequency of 1.",
    "A matrix (D, D) with D/2 such blocks on its diagonal, each with its own frequency w_i.",
    "要求什么形状？",
    "这是频率为 1 的一个 2 x 2 的块。",
    "一个 (D, D) 的矩阵，对角线上有 D/2 个这样的块，各有自己的频率 w_i。")
def rotation_of_one_block(k, D):
    return np.array([[np.cos(k), np.sin(k)], [-np.sin(k), np.cos(k)]])


@position_rotation.twin(
    "Look at a block: where are its cosines?",
    "Its columns are exchanged: this takes (cos, sin), but PE has (sin, cos).",
    "PE[2i] is the sine: a block is [[cos, sin], [-sin, cos]].",
    "看一个块：余弦在哪里？",
    "两列对调了：它作用于 (cos, sin)，而 PE 是 (sin, cos)。",
    "PE[2i] 是正弦：块是 [[cos, sin], [-sin, cos]]。")
def rotation_with_columns_exchanged(k, D):
    return _rotation(k, D, lambda c, s: [[s, c], [c, -s]])


@position_rotation.twin(
    "Do both rows of a block turn by the same angle?",
    "They do not: the frequency is taken anew for each row.",
    "Rows 2i and 2i + 1 belong to one frequency, 10000^(-2i/D) with i the number of the pair.",
    "一个块的两行转过同样的角度吗？",
    "没有：每一行都换了一个频率。",
    "第 2i 行和第 2i + 1 行属于同一个频率 10000^(-2i/D)，i 是对的编号。")
def rotation_with_a_frequency_per_row(k, D):
    angle = k * 10000.0 ** (-2 * np.arange(D) / D)
    A = np.diag(np.cos(angle))
    for i in range(0, D, 2):
        A[i, i + 1], A[i + 1, i] = np.sin(angle[i]), -np.sin(angle[i + 1])
    return A


@position_rotation.twin(
    "Take k = -2: does position 5 get to 3, or to 7?",
    "To 7: the sign of k is lost (an abs, or a branch for k < 0).",
    "sin(-a) = -sin(a) and cos(-a) = cos(a): with k itself in the angle, k < 0 needs nothing of its own.",
    "取 k = -2：位置 5 到了 3 还是 7？",
    "到了 7：k 的符号丢了（用了 abs，或者 k < 0 的分支）。",
    "sin(-a) = -sin(a)，cos(-a) = cos(a)：角度里用 k 本身，k < 0 就不需要另外处理。")
def rotation_by_abs_k(k, D):
    return _rotation(abs(k), D, lambda c, s: [[c, s], [-s, c]])


@position_rotation.twin(
    "Take k = -2: look at the diagonal.",
    "The cosines have a minus there: A_{-k} is taken for -A_k.",
    "To turn back is no minus before the whole matrix: cos(-a) = cos(a), and sin(-a) = -sin(a).",
    "取 k = -2：看对角线。",
    "余弦带了负号：把 A_{-k} 当成了 -A_k。",
    "往回转不是给整个矩阵加负号：cos(-a) = cos(a)，sin(-a) = -sin(a)。")
def rotation_with_a_minus_for_k_below_0(k, D):
    return _rotation(abs(k), D, (lambda c, s: [[c, s], [-s, c]]) if k > 0 else (lambda c, s: [[-c, -s], [s, -c]]))


@position_rotation.twin(
    "How many blocks does the matrix have?",
    "One: only the first pair is turned, and the others stay as they are.",
    "D/2 blocks, one for each frequency.",
    "矩阵里有几个块？",
    "一个：只转了第一对，其余的没动。",
    "D/2 个块，每个频率一个。")
def rotation_of_the_first_pair(k, D):
    A = np.eye(D)
    A[:2, :2] = [[np.cos(k), np.sin(k)], [-np.sin(k), np.cos(k)]]
    return A


@position_rotation.twin(
    "Apply it to position 0, and then to position 5.",
    "For position 0 it is right, and for no other: the outer product of PE[k] and PE[0] gives a multiple of PE[k] always.",
    "One matrix for all positions: a block of 2 x 2 for each frequency, which turns by k w_i.",
    "先作用于位置 0，再作用于位置 5。",
    "对位置 0 是对的，对别的都不对：PE[k] 和 PE[0] 的外积给出的总是 PE[k] 的倍数。",
    "同一个矩阵对所有位置都成立：每个频率一个 2 x 2 的块，转过 k w_i。")
def rotation_of_position_0_alone(k, D):
    PE = sine_positions(abs(k) + 1, D)
    return np.outer(PE[k], PE[0]) / (PE[0] @ PE[0])


@position_rotation.twin(
    "What does A_k do: does it move numbers within a row, or turn pairs of them?",
    "It moves each number k columns further: but k counts positions, the rows of PE.",
    "PE[pos + k] has other numbers, which are mixed from each pair: sin(a + b) and cos(a + b).",
    "A_k 做的是什么：在一行里移动数，还是把数成对地转动？",
    "它把每个数移了 k 列；而 k 数的是位置，即 PE 的行。",
    "PE[pos + k] 是另外的数，由每一对混合而成：sin(a + b) 和 cos(a + b)。")
def rotation_that_shifts_columns(k, D):
    return np.roll(np.eye(D), k, axis=1)


@position_rotation.twin(
    "Try k = -2: which rows of PE do you take?",
    "None: PE[k:...] begins at the end, for k < 0. For k > 0 the least squares are right.",
    "For k < 0 pair PE[-k:] with PE[:k]; or write the blocks, which need no case of their own.",
    "取 k = -2 试试：你取了 PE 的哪些行？",
    "一行也没有：k < 0 时 PE[k:…] 从末尾开始。k > 0 时最小二乘是对的。",
    "k < 0 时让 PE[-k:] 对应 PE[:k]；或者直接写出各块，就不用分情况。")
def rotation_by_least_squares(k, D):
    PE = sine_positions(60, D)
    return np.linalg.lstsq(PE[:50], PE[k:50 + k], rcond=None)[0].T


@position_rotation.twin(
    "Apply it to position 5: do you get to 5 + k? And try k = -2.",
    "To 5 - k: least squares of rows, PE[:n] A = PE[k:n + k], give A_k transposed. And PE[k:...] is empty for k < 0.",
    "A_k @ PE[pos] has PE[pos] as a column: transpose. For k < 0 pair PE[-k:] with PE[:k]; or write the blocks.",
    "作用于位置 5：到达 5 + k 了吗？再试 k = -2。",
    "到了 5 - k：按行的最小二乘 PE[:n] A = PE[k:n + k] 给出的是 A_k 的转置。而 k < 0 时 PE[k:…] 是空的。",
    "A_k @ PE[pos] 里 PE[pos] 是列：要转置。k < 0 时让 PE[-k:] 对应 PE[:k]；或者直接写出各块。")
def rotation_by_least_squares_transposed(k, D):
    return rotation_by_least_squares(k, D).T


@position_rotation.twin(
    "Try k = -2.",
    "For k > 0 it is right; but sines and cosines are read from sine_positions(k + 1, D), which has no row for k < 0.",
    "Compute cos(k w_i) and sin(k w_i) themselves: they are there for every k.",
    "取 k = -2 试试。",
    "k > 0 时是对的；但正弦和余弦取自 sine_positions(k + 1, D)，k < 0 时它没有行。",
    "直接计算 cos(k w_i) 和 sin(k w_i)：对任何 k 都有。")
def rotation_read_from_positions(k, D):
    PE = np.zeros((k + 1, D)) + sine_positions(abs(k) + 1, D)
    return _rotation_from(PE[k], D)


def _rotation_from(row, D):
    A = np.zeros((D, D))
    for j in range(0, D, 2):
        A[j:j + 2, j:j + 2] = [[row[j + 1], row[j]], [-row[j], row[j + 1]]]
    return A


@position_rotation.twin(
    "Try k = -2: is there such a row?",
    "For k > 0 it is right; but sines and cosines are taken from row k of the positions, and there is none for k < 0.",
    "Compute cos(k w_i) and sin(k w_i) themselves: they are there for every k.",
    "取 k = -2 试试：有这样一行吗？",
    "k > 0 时是对的；但正弦和余弦取自位置编码的第 k 行，k < 0 时没有这一行。",
    "直接计算 cos(k w_i) 和 sin(k w_i)：对任何 k 都有。")
def rotation_read_from_a_row(k, D):
    return _rotation_from(sine_positions(k + 1, D)[k] if k >= 0 else np.zeros((0, D))[k], D)


# --- cannot_turn ---

@lab.hole(cases=[[3, array([1.0, 0.1])], [1, array([1.0, 0.3, 0.05])], [2, array([1.0, 0.316])]],
          more=[[2, array([0.9, 0.2])], [7, array([1.0, 0.01, 0.5])], [3, array([1.0, 0.25])]],
          through="sines_after_a_step")
def cannot_turn(k, omega):
    return 0


@cannot_turn.twin(
    "Write down the sines at your position. Can a matrix take them to those k further on?",
    "Yes: they are not all 0, and some matrix takes any such vector to any other.",
    "There is one vector that no matrix moves. Which position has it?",
    "写出你的位置的各个正弦。有矩阵能把它们变成 k 步之后的吗？",
    "有：它们不全为 0，这样的向量总有矩阵把它变成任何别的向量。",
    "有一个向量，任何矩阵都移动不了它。哪个位置有这个向量？")
def cannot_turn_at_k(k, omega):
    return k


@cannot_turn.twin(
    "Write down the sines at your position, and k further on.",
    "There all sines are 0, and the matrix of zeros takes every vector to that.",
    "It is the start that has to be 0, and not where it leads.",
    "写出你的位置的各个正弦，以及 k 步之后的。",
    "k 步之后所有正弦都是 0，而零矩阵能把任何向量变成它。",
    "应为 0 的是出发处，而不是到达处。")
def cannot_turn_at_minus_k(k, omega):
    return -k


@cannot_turn.twin(
    "What is to be returned?",
    "These are sines, or positions for every frequency: an array.",
    "Return one number, a position.",
    "应返回什么？",
    "这是各个正弦，或每个频率一个位置：一个数组。",
    "返回一个数，即一个位置。")
def cannot_turn_with_an_array(k, omega):
    return np.pi / omega


@cannot_turn.twin(
    "What is to be returned?",
    "No number that could be a position.",
    "Return one finite number, a position.",
    "应返回什么？",
    "返回的不是可以作为位置的数。",
    "返回一个数，即一个位置。")
def cannot_turn_with_nothing(k, omega):
    return None


@cannot_turn.twin(
    "What is to be returned?",
    "This is a pair of positions. A pair can do it, too; but a single one is enough, and is asked for.",
    "Return one number: a position whose sines no matrix moves.",
    "应返回什么？",
    "这是一对位置。一对也能说明问题，但一个就够，要的也是一个。",
    "返回一个数：任何矩阵都移动不了它的正弦的位置。")
def cannot_turn_with_a_pair(k, omega):
    return 0, k


@cannot_turn.twin(
    "Which sines are 0 at your position: those of all frequencies?",
    "That of one frequency, and of others only where they happen to be multiples of it: with 1 and .316 they are not.",
    "All sines have to be 0 whatever the frequencies are: one position does that for every omega.",
    "在你的位置上，哪些正弦是 0：所有频率的都是吗？",
    "只有一个频率的是，别的频率碰巧是它的倍数时才是：1 和 0.316 就不是。",
    "不论频率是多少，所有正弦都要是 0：有一个位置对任何 omega 都做得到。")
def cannot_turn_at_a_zero_of_one_sine(k, omega):
    return np.pi / omega[-1]


@cannot_turn.twin(
    "Where does your position lead, k further on? And which sines are 0 at your position itself?",
    "It leads to a zero of one frequency's sine; a matrix takes it there, since the sines you begin with are not all 0.",
    "It is the start that has to be 0, all its sines, whatever the frequencies are.",
    "从你的位置走 k 步到了哪里？而在你的位置上，哪些正弦是 0？",
    "到了某一个频率的正弦为 0 的地方；出发处的正弦不全为 0，所以有矩阵做得到。",
    "应为 0 的是出发处，而且是所有的正弦，不论频率是多少。")
def cannot_turn_before_a_zero(k, omega):
    return np.pi / min(omega) - k


# --- may_look ---

@lab.hole(cases=[[5, 1, 0], [6, 2, 1], [4, 4, 0], [3, 0, 1], [8, 4, 2]], more=[[7, 3, 1], [4, 0, 2], [5, 5, 0], [9, 5, 2]],
          forbidden=["tinydawn.nn.sliding:sliding_window_mask"])
def may_look(T, left, right):
    i, j = np.arange(T)[:, None], np.arange(T)
    return (i - left <= j) & (j <= i + right)


def _places(T):
    return np.arange(T)[:, None], np.arange(T)


@may_look.twin(
    "Look at the first row: query 0 has nothing to its left.",
    "It sees what is to its left and right exchanged: with right = 0 a query sees only what comes after it.",
    "Rows are queries i and columns are keys j: j from i - left to i + right.",
    "看第一行：查询 0 的左边什么也没有。",
    "左右对调了：right = 0 时，查询只看得到它后面的。",
    "行是查询 i，列是键 j：j 从 i - left 到 i + right。")
def look_the_other_way(T, left, right):
    i, j = _places(T)
    return (i - right <= j) & (j <= i + left)


@may_look.twin(
    "Look at the diagonal: may a token look at itself?",
    "It may not, here.",
    "The window holds the token itself, left before it and right after it: left + 1 + right.",
    "看对角线：词元可以看自己吗？",
    "这里不可以。",
    "窗口含词元自己、前面 left 个和后面 right 个：共 left + 1 + right 个。")
def look_not_at_itself(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j <= i + right) & (i != j)


@may_look.twin(
    "What does True stand for?",
    "For what is hidden, here: the mask is the opposite.",
    "True is where query i may look at key j.",
    "True 表示什么？",
    "这里表示被遮住：掩码正好相反。",
    "True 表示查询 i 可以看键 j。")
def look_where_it_is_hidden(T, left, right):
    i, j = _places(T)
    return (i - left > j) | (j > i + right)


@may_look.twin(
    "How far back does the last query look?",
    "To the very beginning: left is not used.",
    "j >= i - left as well as j <= i + right.",
    "最后一个查询往回看多远？",
    "看到了最开头：没有用到 left。",
    "既要 j <= i + right，也要 j >= i - left。")
def look_back_without_end(T, left, right):
    i, j = _places(T)
    return j <= i + right


@may_look.twin(
    "How far ahead does the first query look?",
    "To the very end: right is not used.",
    "j <= i + right as well as j >= i - left.",
    "第一个查询往前看多远？",
    "看到了最末尾：没有用到 right。",
    "既要 j >= i - left，也要 j <= i + right。")
def look_ahead_without_end(T, left, right):
    i, j = _places(T)
    return j >= i - left


@may_look.twin(
    "Take right = 1: may a query see the next token?",
    "It does not look ahead, whatever right is.",
    "j goes from i - left to i + right.",
    "取 right = 1：查询能看到下一个词元吗？",
    "无论 right 是多少，它都不往后看。",
    "j 从 i - left 到 i + right。")
def look_back_alone(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j <= i)


@may_look.twin(
    "Count the keys of a query in the middle: left + 1 + right?",
    "One is missing on each side: the ends of the window are left out.",
    "<= and >=: the key at i - left, and that at i + right, are seen.",
    "数一数中间一个查询看到的键：是 left + 1 + right 个吗？",
    "两边各少一个：窗口的端点没有算进去。",
    "用 <= 和 >=：i - left 处和 i + right 处的键都看得到。")
def look_less_far(T, left, right):
    i, j = _places(T)
    return ((i - left < j) & (j < i + right)) | (i == j)


@may_look.twin(
    "Count the keys of a query in the middle: left + 1 + right?",
    "The window holds left keys with the token itself counted: the first one is missing.",
    "left before it, and itself besides: j >= i - left.",
    "数一数中间一个查询看到的键：是 left + 1 + right 个吗？",
    "窗口把词元自己也算在 left 个里了：少了最前面的一个。",
    "前面 left 个，另加自己：j >= i - left。")
def look_back_one_less(T, left, right):
    i, j = _places(T)
    return (i - left < j) & (j <= i + right)


@may_look.twin(
    "Which is the larger side of the window?",
    "Both sides have the same width here.",
    "left and right are two numbers: j from i - left to i + right.",
    "窗口的哪一边更宽？",
    "这里两边一样宽。",
    "left 和 right 是两个数：j 从 i - left 到 i + right。")
def look_to_both_sides_alike(T, left, right):
    i, j = _places(T)
    return abs(i - j) <= left


@may_look.twin(
    "What is the mask to hold?",
    "This is what is added to scores, 0 and -inf.",
    "Booleans: True where query i may look at key j.",
    "掩码里应是什么？",
    "这是加到分数上的 0 和 -inf。",
    "布尔值：查询 i 可以看键 j 处为 True。")
def look_with_numbers_to_add(T, left, right):
    i, j = _places(T)
    return np.where((i - left <= j) & (j <= i + right), 0.0, -np.inf)


@may_look.twin(
    "Look at the diagonal, and at the last key of each query.",
    "The key at i + right is missing: a slice a:b stops before b.",
    "Up to and with i + right: the slice ends at i + right + 1.",
    "看对角线，以及每个查询的最后一个键。",
    "少了 i + right 处的键：切片 a:b 到 b 之前就停了。",
    "要含 i + right：切片到 i + right + 1 为止。")
def look_as_far_as_a_slice(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j < i + right)


@may_look.twin(
    "Look at the first rows.",
    "i - left is below 0 there, and a slice that begins below 0 counts from the end.",
    "Begin at max(0, i - left), or compare i and j instead of slicing.",
    "看最前面几行。",
    "那里 i - left 小于 0，而从负数开始的切片是从末尾数的。",
    "从 max(0, i - left) 开始，或者不用切片，直接比较 i 和 j。")
def look_from_below_zero(T, left, right):
    mask = np.zeros((T, T), bool)
    for i in range(T):
        mask[i, i - left:i + right + 1] = True
    return mask


@may_look.twin(
    "Are left and right used?",
    "Neither: this is the whole causal mask.",
    "j from i - left to i + right; it is the causal mask for left = T and right = 0.",
    "用到 left 和 right 了吗？",
    "都没有：这是完整的因果掩码。",
    "j 从 i - left 到 i + right；left = T、right = 0 时才是因果掩码。")
def look_at_the_whole_past(T, left, right):
    return np.tri(T, dtype=bool)


@may_look.twin(
    "Which is the larger side of the window?",
    "Both sides are as wide as the wider one.",
    "left and right are two numbers: j from i - left to i + right.",
    "窗口的哪一边更宽？",
    "两边都和较宽的一边一样宽。",
    "left 和 right 是两个数：j 从 i - left 到 i + right。")
def look_to_the_wider_side(T, left, right):
    i, j = _places(T)
    return abs(i - j) <= max(left, right)


@may_look.twin(
    "Is anything hidden?",
    "Nothing is: every key is right of the left end or left of the right one.",
    "Both at once: and, which is & for arrays.",
    "有什么被遮住吗？",
    "没有：每个键不是在左端的右边，就是在右端的左边。",
    "两个条件同时成立：用“与”，对数组是 &。")
def look_everywhere(T, left, right):
    return np.ones((T, T), bool)


@may_look.twin(
    "Which diagonals are there?",
    "Those from left to right of the diagonal: the sign of left is missing.",
    "np.triu counts diagonals upwards: the one `left` places below is -left.",
    "有哪些对角线？",
    "从主对角线右边 left 处开始：left 少了负号。",
    "np.triu 的对角线往上数：往下 left 条是 -left。")
def look_from_the_other_side(T, left, right):
    i, j = _places(T)
    return (i + left <= j) & (j <= i + right)


@may_look.twin(
    "Look at the diagonal: may a token look at itself?",
    "Only at what is before it: neither itself nor `right` is there.",
    "The window holds left keys before it, itself, and right keys after it.",
    "看对角线：词元可以看自己吗？",
    "只能看前面的：自己和后面 right 个都没有。",
    "窗口含前面 left 个键、它自己和后面 right 个键。")
def look_at_what_is_before_it(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j < i)


@may_look.twin(
    "Look at the last keys of the first queries.",
    "They are seen: a key at i - left below 0 is no key, but mask[i, -1] is the last column.",
    "Only keys from 0 to T - 1: begin at max(0, i - left).",
    "看最前面的查询的最后几个键。",
    "它们被看到了：i - left 小于 0 时没有键，而 mask[i, -1] 是最后一列。",
    "只有 0 到 T - 1 的键：从 max(0, i - left) 开始。")
def look_round_the_corner(T, left, right):
    mask = np.zeros((T, T), bool)
    for i in range(T):
        for j in range(i - left, min(T, i + right + 1)):
            mask[i, j] = True
    return mask


@may_look.twin(
    "Look at the last row, and at the last key of each query.",
    "The key at i + right is missing, and so is the last key of all: a range stops before its end.",
    "range(max(0, i - left), min(T, i + right + 1)).",
    "看最后一行，以及每个查询的最后一个键。",
    "少了 i + right 处的键，也少了最后一个键：range 到终点之前就停了。",
    "range(max(0, i - left), min(T, i + right + 1))。")
def look_as_far_as_a_range(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j < np.minimum(T - 1, i + right))


@may_look.twin(
    "Which diagonals are there?",
    "Those between left and right above the main one: the sign of left is missing.",
    "The band goes from the diagonal -left to the diagonal right, both with it.",
    "有哪些对角线？",
    "主对角线上方 left 和 right 之间的：left 少了负号。",
    "这条带从对角线 -left 到对角线 right，两端都包括。")
def look_between_two_triangles(T, left, right):
    return np.tri(T, T, right, dtype=bool) ^ np.tri(T, T, left, dtype=bool)


@may_look.twin(
    "Count the keys of a query in the middle: left + 1 + right?",
    "One is missing on each side, and with left or right 0 even the token itself: the ends are left out.",
    "<= and >=: the key at i - left, and that at i + right, are seen.",
    "数一数中间一个查询看到的键：是 left + 1 + right 个吗？",
    "两边各少一个，left 或 right 为 0 时连自己也没有：端点没有算进去。",
    "用 <= 和 >=：i - left 处和 i + right 处的键都看得到。")
def look_inside_the_ends(T, left, right):
    i, j = _places(T)
    return (i - left < j) & (j < i + right)


@may_look.twin(
    "Does the right end move with the query?",
    "It does not: j is compared with right instead of i + right.",
    "The window is counted from the query: j from i - left to i + right.",
    "右端随查询移动吗？",
    "没有：j 比的是 right，而不是 i + right。",
    "窗口从查询的位置数起：j 从 i - left 到 i + right。")
def look_up_to_a_fixed_place(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j <= right)


@may_look.twin(
    "Which is the larger side of the window?",
    "Both sides are left + right wide.",
    "left before the query, right after it.",
    "窗口的哪一边更宽？",
    "两边都是 left + right 宽。",
    "查询之前 left 个，之后 right 个。")
def look_to_both_sides_by_the_sum(T, left, right):
    i, j = _places(T)
    return abs(i - j) <= left + right


@may_look.twin(
    "Which is the larger side of the window?",
    "The window is left + right wide in all, and cut in the middle.",
    "left before the query, right after it.",
    "窗口的哪一边更宽？",
    "窗口总宽 left + right，从中间对半分了。",
    "查询之前 left 个，之后 right 个。")
def look_to_both_sides_by_the_half(T, left, right):
    i, j = _places(T)
    return abs(i - j) <= (left + right) // 2


@may_look.twin(
    "left = 4: how many keys does a query in the middle see before it?",
    "Two: left and right are halved, as if they were the w of a window.",
    "w/2 on each side is Longformer's; here left and right are the keys on each side already.",
    "left = 4：中间的查询看到前面几个键？",
    "两个：left 和 right 被减半了，好像它们是窗口的 w。",
    "每边 w/2 是 Longformer 的说法；这里 left 和 right 已经是每边的个数。")
def look_half_as_far(T, left, right):
    i, j = _places(T)
    return (i - left // 2 <= j) & (j <= i + right // 2)


@may_look.twin(
    "left = 4, right = 2: how many keys does a query in the middle see on each side?",
    "One: half of the smaller number, on both sides.",
    "left keys before the query and right keys after it, two numbers: neither is halved.",
    "left = 4，right = 2：中间的查询每边看到几个键？",
    "一个：两边都取了较小数的一半。",
    "查询前面 left 个键，后面 right 个键，是两个数：都不减半。")
def look_half_of_the_smaller(T, left, right):
    i, j = _places(T)
    return abs(i - j) <= min(left // 2, right // 2)


@may_look.twin(
    "Take left = 2, right = 1: which keys after the query are seen?",
    "Two: with right = 0 it is causal, and with any other right both sides are `left` wide.",
    "right keys after the query, whatever right is: no case of its own for 0.",
    "取 left = 2，right = 1：查询后面的哪些键看得到？",
    "两个：right = 0 时是因果的，right 取别的值时两边都是 left 宽。",
    "不管 right 是多少，查询后面就是 right 个键：0 不用单独处理。")
def look_causally_or_alike(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j <= i) if right == 0 else abs(i - j) <= left


@may_look.twin(
    "How far back does the last query look?",
    "right keys: both sides are as wide as the right one, and left is not used.",
    "left keys before the query: j from i - left to i + right.",
    "最后一个查询往回看多远？",
    "right 个键：两边都和右边一样宽，没有用到 left。",
    "查询前面 left 个键：j 从 i - left 到 i + right。")
def look_to_both_sides_by_right(T, left, right):
    i, j = _places(T)
    return abs(i - j) <= right


@may_look.twin(
    "Take right = 0: may query 0 see key 1?",
    "It does: one key too many is seen on the right.",
    "Up to and with i + right: <= i + right, or < i + right + 1, but not both.",
    "取 right = 0：查询 0 能看到键 1 吗？",
    "能：右边多看了一个键。",
    "到 i + right 为止：<= i + right，或 < i + right + 1，不要两样都用。")
def look_one_too_far_ahead(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j <= i + right + 1)


@may_look.twin(
    "Take right = 0, left = 1: how many keys does a query in the middle see?",
    "Three: one key too many on each side.",
    "From i - left to i + right, both with it: left + 1 + right keys.",
    "取 right = 0，left = 1：中间的查询看到几个键？",
    "三个以上：每边多了一个。",
    "从 i - left 到 i + right，两端都包括：left + 1 + right 个键。")
def look_one_too_far(T, left, right):
    i, j = _places(T)
    return (i - left - 1 <= j) & (j <= i + right + 1)


@may_look.twin(
    "Are left and right used?",
    "Neither: each token sees itself alone.",
    "left keys before the query, itself, and right keys after it.",
    "用到 left 和 right 了吗？",
    "都没有：每个词元只看到自己。",
    "查询前面 left 个键、它自己、后面 right 个键。")
def look_at_itself_alone(T, left, right):
    return np.eye(T, dtype=bool)


@may_look.twin(
    "Look at the first column: who sees key 0?",
    "Nobody, not even itself: the condition says j > 0.",
    "Keys are numbered from 0: key 0 is one like the others.",
    "看第一列：谁能看到键 0？",
    "谁也看不到，连它自己也看不到：条件写成了 j > 0。",
    "键从 0 数起：键 0 和别的键一样。")
def look_at_all_but_key_0(T, left, right):
    i, j = _places(T)
    return (i - left <= j) & (j <= i + right) & (j > 0)


# --- receptive_field ---

@lab.hole(cases=[[1, 4], [2, 6], [3, 2], [0, 8], [12, 512]], more=[[4, 10], [0, 2], [1, 2], [3, 8]])
def receptive_field(L, w):
    return 1 + L * w


@receptive_field.twin(
    "Take one layer, with one neighbour on each side: how many inputs are seen?",
    "This is the notes' L x w: two, and the token itself is forgotten.",
    "A token sees itself, and each layer adds w/2 on each side.",
    "取一层，每边一个邻居：看到几个输入？",
    "这是讲义的 L x w：两个，忘了词元自己。",
    "词元看到自己，每一层再在每边增加 w/2 个。")
def field_of_the_notes(L, w):
    return L * w


@receptive_field.twin(
    "Is w the width of both sides, or of one?",
    "Here only one side is counted.",
    "w/2 on the left and w/2 on the right: w more for each layer.",
    "w 是两边的宽度，还是一边的？",
    "这里只数了一边。",
    "左边 w/2 个，右边 w/2 个：每一层多 w 个。")
def field_of_one_side(L, w):
    return 1 + L * w // 2


@receptive_field.twin(
    "Is w the width of both sides, or of one?",
    "Here w is taken as the width of one side, as in the Longformer's code (attention_window is one-sided).",
    "In the notes and the paper w is the whole width, w/2 on each side.",
    "w 是两边的宽度，还是一边的？",
    "这里把 w 当作一边的宽度，像 Longformer 的代码那样（attention_window 是单边的）。",
    "在讲义和论文里 w 是总宽度，每边 w/2。")
def field_with_w_on_each_side(L, w):
    return 1 + 2 * L * w


@receptive_field.twin(
    "Do the windows of two neighbours overlap?",
    "They do, and are counted here as if they did not: the field does not grow like a tree.",
    "Of w + 1 tokens in a row the windows overlap: only the two ends add w/2 each.",
    "相邻两个词元的窗口重叠吗？",
    "重叠，而这里当作不重叠来数：视野不像树那样增长。",
    "一排 w + 1 个词元的窗口互相重叠：只有两端各增加 w/2 个。")
def field_that_grows_like_a_tree(L, w):
    return (1 + w) ** L


@receptive_field.twin(
    "Take two layers, with one neighbour on each side: draw it.",
    "The token itself is counted once for each layer.",
    "It is counted once: 1, and then w for each layer.",
    "取两层，每边一个邻居：画出来。",
    "词元自己在每一层都数了一次。",
    "它只数一次：1，然后每层加 w。")
def field_that_counts_itself_in_each_layer(L, w):
    return L * (1 + w)


@receptive_field.twin(
    "How many keys does one query see: w, or w + 1?",
    "w here, itself counted: 1 + L (w - 1) is the formula of a convolution whose kernel is w wide.",
    "The window is w/2 and w/2, and the token itself between them: each layer adds w.",
    "一个查询看到几个键：w 个还是 w + 1 个？",
    "这里连自己算 w 个：1 + L (w - 1) 是卷积核宽为 w 的卷积的公式。",
    "窗口是 w/2 个和 w/2 个，词元自己在中间：每一层增加 w 个。")
def field_of_a_convolution(L, w):
    return 1 + L * (w - 1)


@receptive_field.twin(
    "Is L in it?",
    "This is one layer.",
    "Each layer looks w/2 further on each side.",
    "用到 L 了吗？",
    "这是一层的视野。",
    "每一层在每边都多看 w/2 个。")
def field_of_one_layer(L, w):
    return 1 + w


@receptive_field.twin(
    "What does layer 0, the embedding itself, see? And layer 1?",
    "One layer is not counted.",
    "Layer 0 sees one token, layer 1 sees 1 + w.",
    "第 0 层，即嵌入本身，看到什么？第 1 层呢？",
    "少算了一层。",
    "第 0 层看到一个词元，第 1 层看到 1 + w 个。")
def field_of_one_layer_less(L, w):
    return 1 + max(L - 1, 0) * w


@receptive_field.twin(
    "Take two layers, with one neighbour on each side: draw it.",
    "w to the power of L: the windows are counted as if they did not overlap.",
    "Neighbours see nearly the same: each layer adds w/2 at both ends, so 1 + L w.",
    "取两层，每边一个邻居：画出来。",
    "w 的 L 次方：把窗口当作互不重叠来数了。",
    "邻居看到的几乎一样：每一层只在两端各加 w/2 个，所以是 1 + L w。")
def field_w_to_the_l(L, w):
    return w ** L


@receptive_field.twin(
    "Take one layer, with one neighbour on each side: how many inputs are seen?",
    "One side alone, and the token itself is forgotten: L w/2.",
    "w/2 on the left, w/2 on the right, and itself.",
    "取一层，每边一个邻居：看到几个输入？",
    "只算了一边，还忘了词元自己：L w/2。",
    "左边 w/2 个，右边 w/2 个，再加自己。")
def field_of_one_side_without_itself(L, w):
    return L * (w // 2)


@receptive_field.twin(
    "By how much does each layer widen the field?",
    "Here it doubles with each layer; it grows by the same number each time.",
    "Each layer adds w/2 at both ends: 1 + L w.",
    "每一层使视野增加多少？",
    "这里每一层都加倍；其实每次增加的个数相同。",
    "每一层在两端各加 w/2 个：1 + L w。")
def field_that_doubles(L, w):
    return 1 + w * 2 ** (L - 1)


@receptive_field.twin(
    "By how much does each layer widen the field?",
    "Here by one token.",
    "By w/2 at both ends, w in all: 1 + L w.",
    "每一层使视野增加多少？",
    "这里只增加一个词元。",
    "两端各加 w/2 个，共 w 个：1 + L w。")
def field_that_grows_by_one(L, w):
    return w + L


@receptive_field.twin(
    "What does layer 0, the embedding itself, see?",
    "One layer too many is counted, and the token itself is not: (L + 1) w.",
    "Layer 0 sees one token; each layer adds w.",
    "第 0 层，即嵌入本身，看到什么？",
    "多算了一层，又漏了词元自己：(L + 1) w。",
    "第 0 层看到一个词元；每一层加 w 个。")
def field_of_one_layer_more(L, w):
    return (L + 1) * w


@receptive_field.twin(
    "Is w in it?",
    "It is not: this is right for w = 2 alone.",
    "Each layer adds w/2 at both ends.",
    "用到 w 了吗？",
    "没有：这只对 w = 2 成立。",
    "每一层在两端各加 w/2 个。")
def field_for_a_window_of_2(L, w):
    return 1 + 2 * L


@receptive_field.twin(
    "Count two layers with w = 2 once more.",
    "L (w + 1) - 1 is right for L = 2 alone.",
    "1 token, and then w more for each layer.",
    "再数一遍 w = 2 的两层。",
    "L (w + 1) - 1 只对 L = 2 成立。",
    "1 个词元，然后每一层多 w 个。")
def field_for_two_layers(L, w):
    return L * (w + 1) - 1


@receptive_field.twin(
    "By how much does each layer widen the field?",
    "Here by one token: 1 + w + L.",
    "By w/2 at both ends, w in all: 1 + L w.",
    "每一层使视野增加多少？",
    "这里只增加一个词元：1 + w + L。",
    "两端各加 w/2 个，共 w 个：1 + L w。")
def field_as_a_sum(L, w):
    return 1 + w + L


@receptive_field.twin(
    "What does layer 0, the embedding itself, see?",
    "One token too many is counted: the windows lie around one.",
    "Layer 0 sees one token: 1 + L w.",
    "第 0 层，即嵌入本身，看到什么？",
    "多数了一个：窗口围绕的只有一个词元。",
    "第 0 层看到一个词元：1 + L w。")
def field_with_two_in_the_middle(L, w):
    return 2 + L * w


@receptive_field.twin(
    "Try L = 0: the input sees 1 token. What does your formula give?",
    "w to the power of L, and 1: the windows are counted as if they did not overlap.",
    "Each layer adds w/2 at both ends: 1 + L w.",
    "取 L = 0：输入只看到 1 个词元。你的公式给出多少？",
    "w 的 L 次方加 1：把窗口当作互不重叠来数了。",
    "每一层只在两端各加 w/2 个：1 + L w。")
def field_w_to_the_l_and_one(L, w):
    return 1 + w ** L


@receptive_field.twin(
    "Try L = 0 and L = 1: does anything change?",
    "Nothing: L is not used, and w is counted on each side.",
    "w/2 at each end for each layer: 1 + L w.",
    "取 L = 0 和 L = 1：结果有变化吗？",
    "没有变化：没有用到 L，而且每边都数了 w 个。",
    "每一层在每端各加 w/2 个：1 + L w。")
def field_of_one_layer_with_w_on_each_side(L, w):
    return 1 + 2 * w


@receptive_field.twin(
    "Try L = 0: the input sees 1 token. What does your formula give?",
    "1 - w there: one layer too few is counted.",
    "Layer 0 is the input itself, so layer L has L windows below it.",
    "取 L = 0：输入只看到 1 个词元。你的公式给出多少？",
    "给出 1 - w：少算了一层。",
    "第 0 层就是输入本身，所以第 L 层下面有 L 层窗口。")
def field_of_l_minus_1_layers(L, w):
    return 1 + (L - 1) * w


@receptive_field.twin(
    "Try L = 0: the input sees 1 token. What does your formula give?",
    "1 + w: one layer too many is counted.",
    "Layer 0 is the input itself and has no window below it.",
    "取 L = 0：输入只看到 1 个词元。你的公式给出多少？",
    "给出 1 + w：多算了一层。",
    "第 0 层就是输入本身，下面没有窗口。")
def field_of_l_plus_1_layers(L, w):
    return 1 + (L + 1) * w


@receptive_field.twin(
    "Try L = 0: the input sees 1 token. What does your formula give?",
    "w there, and w - 1 more for each layer: the formula of L + 1 convolutions whose kernels are w wide.",
    "A window is w/2, itself, and w/2, so w + 1 keys; each layer adds w to the 1 at the start.",
    "取 L = 0：输入只看到 1 个词元。你的公式给出多少？",
    "给出 w，之后每层多 w - 1：这是 L + 1 层核宽为 w 的卷积的公式。",
    "窗口是 w/2 个、自己、w/2 个，共 w + 1 个键；从 1 开始，每一层加 w。")
def field_of_a_convolution_and_one_more(L, w):
    return L * (w - 1) + w


@receptive_field.twin(
    "Try L = 0: the input sees 1 token. What does your formula give?",
    "w/2: only one side is counted, and one layer too many.",
    "1 at the start, and w/2 at both ends for each layer.",
    "取 L = 0：输入只看到 1 个词元。你的公式给出多少？",
    "给出 w/2：只数了一边，又多算了一层。",
    "从 1 开始，每一层在两端各加 w/2 个。")
def field_of_half_windows(L, w):
    return (w // 2) * (L + 1)


@receptive_field.twin(
    "Draw the last layer too: on how many sides does it look?",
    "On both, as the others do; here it adds w/2 on one side only.",
    "Every layer adds w/2 at both ends, the last as well: 1 + L w.",
    "把最后一层也画出来：它看几边？",
    "和别的层一样看两边；这里它只在一边加了 w/2。",
    "每一层都在两端各加 w/2 个，最后一层也是：1 + L w。")
def field_with_the_last_layer_on_one_side(L, w):
    return 1 + max(L - 1, 0) * w + w // 2


@receptive_field.twin(
    "Take one layer and w = 4: how many inputs are seen? Is w in your formula?",
    "It is not: 1, 3, 7, 15 doubles with each layer, for any w.",
    "The field grows by the same number each time, w/2 at both ends.",
    "取一层，w = 4：看到几个输入？你的公式里有 w 吗？",
    "没有：1、3、7、15 每一层都加倍，与 w 无关。",
    "每次增加的个数相同，两端各 w/2 个。")
def field_that_doubles_and_has_no_w(L, w):
    return 2 ** (L + 1) - 1


# --- masked_lm ---

SPECIAL = [0, 2, 3]
ODD = [0, 7, 5]


def _ids(rows, length, words, special):
    return Given("padded_ids", rows, length, words, special)


@lab.hole(cases=[[_ids(300, 320, 1000, SPECIAL), SPECIAL, 3, 1000, 0.9, Given("dice", 1)],
                 [_ids(90, 110, 60, ODD), ODD, 5, 60, 0.4, Given("dice", 2)],
                 [_ids(300, 250, 24, SPECIAL), SPECIAL, 3, 24, 0.15, Given("dice", 3)]],
          more=[[_ids(310, 300, 900, ODD), ODD, 5, 900, 0.85, Given("dice", 4)],
                [_ids(100, 80, 50, SPECIAL), SPECIAL, 3, 50, 0.5, Given("dice", 5)],
                [_ids(290, 260, 26, ODD), ODD, 5, 26, 0.15, Given("dice", 6)]],
          through="masking_counts", forbidden=["tinydawn.text.pretraining:mask_tokens"])
def masked_lm(ids, special, mask_id, V, share, rng):
    chosen = (rng.random(ids.shape) < share) & ~np.isin(ids, special)
    draw = rng.random(ids.shape)
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    inputs = np.where(chosen & (draw < 0.8), mask_id, ids)
    inputs = np.where(chosen & (draw >= 0.8) & (draw < 0.9), other, inputs)
    return inputs, np.where(chosen, ids, -100)


def _mask(ids, special, mask_id, V, share, rng, hide=(0.0, 0.8), swap=(0.8, 0.9), among=None):
    chosen = (rng.random(ids.shape) < share) & ~np.isin(ids, special)
    draw = rng.random(ids.shape)
    other = rng.choice(np.setdiff1d(np.arange(V), special) if among is None else among, size=ids.shape)
    inputs = np.where(chosen & (hide[0] <= draw) & (draw < hide[1]), mask_id, ids)
    inputs = np.where(chosen & (swap[0] <= draw) & (draw < swap[1]), other, inputs)
    return inputs, np.where(chosen, ids, -100), chosen


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "About .80, .02 and .18: a second draw decides on the random token, and takes 10 % of the 20 % that are left.",
    "One draw for each token decides among three: below .8, from .8 to .9, above.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "约 0.80、0.02 和 0.18：第二次抽签决定随机词元，只取了剩下 20 % 的 10 %。",
    "每个词元抽一次签，在三者中决定：小于 0.8，0.8 到 0.9，以上。")
def masking_with_a_second_draw(ids, special, mask_id, V, share, rng):
    inputs, targets, chosen = _mask(ids, special, mask_id, V, share, rng, swap=(2, 2))
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    return np.where(chosen & (inputs == ids) & (rng.random(ids.shape) < 0.1), other, inputs), targets


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "About .90, .05 and .05: the first part of the draw is not .8.",
    "80 % become [MASK], 10 % another token, and 10 % stay.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "约 0.90、0.05 和 0.05：抽签的第一段不是 0.8。",
    "80 % 变成 [MASK]，10 % 变成别的词元，10 % 不变。")
def masking_nine_of_ten(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, hide=(0, 0.9), swap=(0.9, 0.95))[:2]


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "About .81, .10 and .09: several draws one after the other, each of what the one before has left.",
    "One draw for each token decides among three, so that the shares are .80, .10 and .10.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "约 0.81、0.10 和 0.09：一次接一次地抽签，每次都从上一次剩下的里面取。",
    "每个词元只抽一次签，在三者中决定，这样才是 0.80、0.10 和 0.10。")
def masking_with_three_draws(ids, special, mask_id, V, share, rng):
    chosen = (rng.random(ids.shape) < share) & ~np.isin(ids, special)
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    swapped = rng.random(ids.shape) < 0.1
    kept = ~swapped & (rng.random(ids.shape) < 0.1)
    inputs = np.where(chosen & ~kept, np.where(swapped, other, mask_id), ids)
    return inputs, np.where(chosen, ids, -100)


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "No other token is there: .80, 0 and .20. What is below .1 is below .8 as well.",
    "The three parts of one draw: below .8, from .8 to .9, above.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "没有别的词元：0.80、0 和 0.20。小于 0.1 的也小于 0.8。",
    "一次抽签的三段：小于 0.8，0.8 到 0.9，以上。")
def masking_without_random_tokens(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, swap=(2, 2))[:2]


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "Random tokens are .10, and [MASK] only .70: what is below .1 is below .8 as well, and is written over.",
    "The three parts of one draw do not overlap: below .8, from .8 to .9, above.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "随机词元占 0.10，[MASK] 只占 0.70：小于 0.1 的也小于 0.8，被覆盖了。",
    "一次抽签的三段互不重叠：小于 0.8，0.8 到 0.9，以上。")
def masking_with_parts_that_overlap(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, swap=(0.0, 0.1))[:2]


@masked_lm.twin(
    "Count [MASK] in the inputs: is any left?",
    "None is: about 0, .90 and .10. Wherever the draw says [MASK] it says \"random\" as well, and that is written over it.",
    "The two conditions must not overlap: random tokens take one tenth of the draw, which is no part of the eight for [MASK].",
    "数一数 inputs 里的 [MASK]：还有吗？",
    "一个也没有：约为 0、0.90 和 0.10。凡是抽到 [MASK] 的也抽到了“随机”，随机词元把它们全覆盖了。",
    "两个条件不能重叠：随机词元占抽签的十分之一，不在 [MASK] 的十分之八之内。")
def masking_written_over(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, swap=(0.0, 0.9))[:2]


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "All are [MASK]: the notes' first version, before the remedy.",
    "80 % become [MASK], 10 % another token, and 10 % stay.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "全是 [MASK]：这是讲义补救之前的第一种做法。",
    "80 % 变成 [MASK]，10 % 变成别的词元，10 % 不变。")
def masking_all_of_them(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, hide=(0, 1), swap=(2, 2))[:2]


@masked_lm.twin(
    "Where is a target: at [MASK] alone?",
    "It is: chosen tokens that were replaced or kept have no loss here.",
    "The loss is on all that were chosen, whatever stands there; only so the model has to doubt a word that it sees.",
    "哪里有目标：只在 [MASK] 处吗？",
    "是的：被替换或保留的被选词元在这里没有损失。",
    "凡被选中的都有损失，不管那里现在是什么；只有这样，模型才不得不怀疑它看到的词。")
def masking_with_a_loss_at_mask_alone(ids, special, mask_id, V, share, rng):
    inputs, targets, _ = _mask(ids, special, mask_id, V, share, rng)
    return inputs, np.where(inputs == mask_id, targets, -100)


@masked_lm.twin(
    "Where is a target: also where the token was kept?",
    "It is not: only what was changed has a loss here.",
    "The loss is on all that were chosen; the 10 % that stay as they are belong to them.",
    "哪里有目标：保留不变的词元也有吗？",
    "没有：这里只有被改变的才有损失。",
    "凡被选中的都有损失；保持不变的 10 % 也在其中。")
def masking_with_a_loss_where_it_changed(ids, special, mask_id, V, share, rng):
    inputs, targets, _ = _mask(ids, special, mask_id, V, share, rng)
    return inputs, np.where(inputs != ids, targets, -100)


@masked_lm.twin(
    "How many targets are there?",
    "Every real token has one: the loss is on all, and copying what is seen earns most of it.",
    "80/10/10 changes what is seen; the loss stays on the chosen share. Everywhere else the target is -100.",
    "有多少个目标？",
    "每个真正的词元都有：损失在全部词元上，照抄看到的就能得到大部分。",
    "80/10/10 改变的是看到什么；损失仍只在被选中的那一份上。其余位置的目标是 -100。")
def masking_with_a_loss_everywhere(ids, special, mask_id, V, share, rng):
    inputs, _, _ = _mask(ids, special, mask_id, V, share, rng)
    return inputs, np.where(np.isin(ids, special), -100, ids)


@masked_lm.twin(
    "How many targets are there?",
    "Every place has one, [PAD] too: the targets are a copy of ids.",
    "Where a token was not chosen the target is -100.",
    "有多少个目标？",
    "每个位置都有，连 [PAD] 也有：目标就是 ids 的副本。",
    "没有选中的位置，目标是 -100。")
def masking_with_ids_as_targets(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng)[0], ids.copy()


@masked_lm.twin(
    "Look at the special tokens, those at the front and the padding: are they chosen?",
    "They are, like any other token.",
    "Choose among the tokens that are not in `special`: ~np.isin(ids, special).",
    "看特殊词元，即句首的和填充的：它们被选中了吗？",
    "被选中了，和别的词元一样。",
    "只在不属于 special 的词元中选：~np.isin(ids, special)。")
def masking_of_special_tokens(ids, special, mask_id, V, share, rng):
    return _mask(ids, [], mask_id, V, share, rng, among=np.setdiff1d(np.arange(V), special))[:2]


@masked_lm.twin(
    "Look at the random tokens: is [PAD] among them?",
    "It is: they are drawn from all of the vocabulary.",
    "Draw from the ids that are not special: np.setdiff1d(np.arange(V), special).",
    "看随机词元：里面有 [PAD] 吗？",
    "有：它们是从整个词表里抽的。",
    "从不是特殊词元的 id 里抽：np.setdiff1d(np.arange(V), special)。")
def masking_with_special_tokens_at_random(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, among=np.arange(V))[:2]


@masked_lm.twin(
    "Look at the random tokens: are they different ones?",
    "They are all the same one: it is drawn once.",
    "One for each place: draw with size=ids.shape.",
    "看随机词元：它们各不相同吗？",
    "全是同一个：只抽了一次。",
    "每个位置抽一个：抽签时给出 size=ids.shape。")
def masking_with_one_random_token(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, among=np.setdiff1d(np.arange(V), special)[:1])[:2]


@masked_lm.twin(
    "How many tokens are chosen?",
    "All real ones: share is not used.",
    "Each real token is chosen with probability share, by a draw of its own.",
    "选中了多少词元？",
    "全部真正的词元：没有用到 share。",
    "每个真正的词元以概率 share 被选中，单独抽签。")
def masking_of_every_token(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, 1.1, rng)[:2]


@masked_lm.twin(
    "What do the targets hold?",
    "What the model sees, [MASK] and random tokens: they are taken from the inputs.",
    "The target is the true id, that of ids before anything is hidden.",
    "目标里是什么？",
    "是模型看到的 [MASK] 和随机词元：它们取自 inputs。",
    "目标是真正的 id，即遮住之前的 ids。")
def masking_with_inputs_as_targets(ids, special, mask_id, V, share, rng):
    inputs, _, chosen = _mask(ids, special, mask_id, V, share, rng)
    return inputs, np.where(chosen, inputs, -100)


@masked_lm.twin(
    "What is the target where a token was not chosen?",
    "It is 0 here, and 0 is the id of a token: the loss would be on it.",
    "-100, which the loss passes over.",
    "没有选中的位置，目标是什么？",
    "这里是 0，而 0 是一个词元的 id：损失会落在它上面。",
    "-100，损失会跳过它。")
def masking_with_zeros_as_targets(ids, special, mask_id, V, share, rng):
    inputs, targets, _ = _mask(ids, special, mask_id, V, share, rng)
    return inputs, np.where(targets == -100, 0, targets)


@masked_lm.twin(
    "Look at ids after the call.",
    "They are written over: inputs and ids are one array, and the true ids are lost.",
    "inputs = ids.copy(), or np.where, which makes a new array.",
    "看看调用之后的 ids。",
    "它们被改写了：inputs 和 ids 是同一个数组，真正的 id 丢了。",
    "用 inputs = ids.copy()，或会新建数组的 np.where。")
def masking_in_place(ids, special, mask_id, V, share, rng):
    inputs, _, chosen = _mask(ids, special, mask_id, V, share, rng)
    ids[...] = inputs
    return ids, np.where(chosen, ids, -100)


@masked_lm.twin(
    "What is returned, in which order?",
    "The targets come first here.",
    "(inputs, targets).",
    "返回了什么，按什么顺序？",
    "这里目标在前面。",
    "(inputs, targets)。")
def masking_the_wrong_way_round(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng)[1::-1]


@masked_lm.twin(
    "Count [MASK] and unchanged ones among the chosen, for a small share.",
    "One draw both chooses a token and decides what becomes of it: what was chosen is below share, so it is below .8, too.",
    "Two draws, one to choose and one to decide; or compare with .8 share, .9 share and share.",
    "share 较小时，数一数被选中的里面 [MASK] 和不变的各有多少。",
    "同一次抽签既决定选不选，又决定变成什么：被选中的小于 share，也就小于 0.8。",
    "抽两次，一次选，一次决定；或者与 0.8 share、0.9 share 和 share 比较。")
def masking_with_the_draw_that_chose(ids, special, mask_id, V, share, rng):
    draw = rng.random(ids.shape)
    chosen = (draw < share) & ~np.isin(ids, special)
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    inputs = np.where(chosen, np.where(draw < 0.8, mask_id, np.where(draw < 0.9, other, ids)), ids)
    return inputs, np.where(chosen, ids, -100)


@masked_lm.twin(
    "How many tokens are chosen, if share is not .15?",
    "15 % whatever share is.",
    "Each real token is chosen with probability share.",
    "share 不是 0.15 时，选中了多少词元？",
    "无论 share 是多少，都是 15 %。",
    "每个真正的词元以概率 share 被选中。")
def masking_of_15_per_cent(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, 0.15, rng)[:2]


@masked_lm.twin(
    "Look at the random tokens, where the special ids are not the first ones.",
    "Some are special: the ids from len(special) on are taken for ordinary.",
    "Draw from the ids that are not special, wherever those stand: np.setdiff1d(np.arange(V), special).",
    "特殊词元的 id 不在最前面时，看看随机词元。",
    "里面有特殊词元：把 len(special) 之后的 id 都当成了普通的。",
    "从不是特殊词元的 id 里抽，不管它们在哪：np.setdiff1d(np.arange(V), special)。")
def masking_with_special_ids_first(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, among=np.arange(len(special), V))[:2]


@masked_lm.twin(
    "How many things are returned?",
    "Not two: what is asked for is the pair (inputs, targets).",
    "Two arrays (N, T), in this order.",
    "返回了几样东西？",
    "不是两样：要的是一对 (inputs, targets)。",
    "两个数组 (N, T)，按这个顺序。")
def masking_with_a_third(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng)


@masked_lm.twin(
    "Look at a token that was not chosen: is it as it was?",
    "It is changed like the others: the choice is left out of a condition.",
    "Only where a token was chosen may anything else stand.",
    "看一个没有被选中的词元：它还是原样吗？",
    "它也被改了：某个条件里漏了“被选中”。",
    "只有被选中处才可以变。")
def masking_of_what_was_not_chosen(ids, special, mask_id, V, share, rng):
    chosen = (rng.random(ids.shape) < share) & ~np.isin(ids, special)
    draw = rng.random(ids.shape)
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    return np.where(draw < 0.8, mask_id, np.where(draw < 0.9, other, ids)), np.where(chosen, ids, -100)


@masked_lm.twin(
    "Do all chosen tokens of a call meet the same fate?",
    "They do: what becomes of them is drawn once for the whole batch.",
    "One draw for each token: rng.random(ids.shape).",
    "一次调用里，被选中的词元命运都相同吗？",
    "都相同：变成什么，整个批只抽了一次签。",
    "每个词元抽一次：rng.random(ids.shape)。")
def masking_with_one_draw_for_all(ids, special, mask_id, V, share, rng):
    chosen = (rng.random(ids.shape) < share) & ~np.isin(ids, special)
    draw = rng.random()
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    inputs = np.where(chosen, mask_id if draw < 0.8 else other if draw < 0.9 else ids, ids)
    return inputs, np.where(chosen, ids, -100)


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "None stays as it is: .80, .20 and 0.",
    "Of the 20 % that do not become [MASK] one half becomes another token, and one half stays.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "没有一个保持不变：0.80、0.20 和 0。",
    "没变成 [MASK] 的 20 % 里，一半变成别的词元，一半不变。")
def masking_without_any_that_stay(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, swap=(0.8, 1.1))[:2]


@masked_lm.twin(
    "Compare two rows: are different places chosen?",
    "The same ones in each: the places are drawn once, and not for each sentence.",
    "One draw for each token of each sentence: rng.random(ids.shape).",
    "比较两行：选中的位置不同吗？",
    "每行都相同：位置只抽了一次，而不是每个句子各抽一次。",
    "每个句子的每个词元各抽一次：rng.random(ids.shape)。")
def masking_of_the_same_places(ids, special, mask_id, V, share, rng):
    chosen = (rng.random(ids.shape[1]) < share) & ~np.isin(ids, special)
    draw = rng.random(ids.shape)
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    inputs = np.where(chosen & (draw < 0.9), np.where(draw < 0.8, mask_id, other), ids)
    return inputs, np.where(chosen, ids, -100)


@masked_lm.twin(
    "Print how many of the chosen are [MASK]: .80?",
    "About .72, .10 and .18: [MASK] and the random tokens are drawn separately, and a tenth of the [MASK] is written over.",
    "One draw for each token decides among three: below .8, from .8 to .9, above.",
    "打印被选中的里面 [MASK] 占多少：是 0.80 吗？",
    "约 0.72、0.10 和 0.18：[MASK] 和随机词元各自抽签，十分之一的 [MASK] 被覆盖了。",
    "每个词元只抽一次签，在三者中决定：小于 0.8，0.8 到 0.9，以上。")
def masking_with_two_separate_draws(ids, special, mask_id, V, share, rng):
    inputs, targets, chosen = _mask(ids, special, mask_id, V, share, rng, swap=(2, 2))
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    return np.where(chosen & (rng.random(ids.shape) < 0.1), other, inputs), targets


@masked_lm.twin(
    "Count the chosen tokens: is it share of the real ones?",
    "It is less: places are drawn with replacement, so that some are drawn twice.",
    "rng.random(ids.shape) < share chooses each token by itself; or rng.choice(..., replace=False).",
    "数一数被选中的词元：占真正词元的 share 吗？",
    "不到：位置是有放回地抽的，有些抽到了两次。",
    "rng.random(ids.shape) < share 让每个词元各自被选；或用 rng.choice(…, replace=False)。")
def masking_drawn_with_replacement(ids, special, mask_id, V, share, rng):
    real = np.flatnonzero(~np.isin(ids, special))
    chosen = np.zeros(ids.size, bool)
    chosen[rng.choice(real, size=int(share * len(real)))] = True
    chosen, draw = chosen.reshape(ids.shape), rng.random(ids.shape)
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    inputs = np.where(chosen & (draw < 0.8), mask_id, np.where(chosen & (draw < 0.9), other, ids))
    return inputs, np.where(chosen, ids, -100)


@masked_lm.twin(
    "Count the chosen tokens: is it share of the real ones?",
    "It is 1 - share: the comparison of the draw is the wrong way round.",
    "A draw is below share with the probability share: chosen where rng.random(...) < share.",
    "数一数被选中的词元：占真正词元的 share 吗？",
    "占 1 - share：抽签的比较写反了。",
    "抽到的数小于 share 的概率是 share：在 rng.random(…) < share 处选中。")
def masking_of_the_others(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, 1 - share, rng)[:2]


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen, for two different shares.",
    "They depend on share: the second draw is compared with .8 share and .9 share.",
    "Once a token is chosen by a draw of its own, .8 and .9 stand as they are; times share is right for one and the same draw.",
    "取两个不同的 share，数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "它们随 share 而变：第二次抽签比的是 0.8 share 和 0.9 share。",
    "既然选中与否已单独抽过签，这里就直接用 0.8 和 0.9；只有同一次抽签时才乘 share。")
def masking_with_thresholds_times_share(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, hide=(0, 0.8 * share), swap=(0.8 * share, 0.9 * share))[:2]


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "About .10, .10 and .80: the parts for [MASK] and for unchanged ones are exchanged.",
    "80 % become [MASK], 10 % another token, and 10 % stay.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "约 0.10、0.10 和 0.80：[MASK] 和不变的份额对调了。",
    "80 % 变成 [MASK]，10 % 变成别的词元，10 % 不变。")
def masking_one_in_ten(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, hide=(0, 0.1), swap=(0.1, 0.2))[:2]


@masked_lm.twin(
    "Count [MASK], other tokens and unchanged ones among the chosen.",
    "About .10, .80 and .10: the parts for [MASK] and for random tokens are exchanged.",
    "80 % become [MASK], 10 % another token, and 10 % stay.",
    "数一数被选中的里面 [MASK]、别的词元和不变的各有多少。",
    "约 0.10、0.80 和 0.10：[MASK] 和随机词元的份额对调了。",
    "80 % 变成 [MASK]，10 % 变成别的词元，10 % 不变。")
def masking_eight_in_ten_at_random(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, hide=(0.8, 0.9), swap=(0, 0.8))[:2]


@masked_lm.twin(
    "Take a token that became [MASK]: what is its target?",
    "-100, and the tokens that were not chosen have theirs: the two are exchanged in the targets.",
    "The true id where a token was chosen, -100 elsewhere: np.where(chosen, ids, -100).",
    "取一个变成了 [MASK] 的词元：它的目标是什么？",
    "是 -100，而没有选中的词元却有目标：目标里两者写反了。",
    "选中处是真正的 id，其余是 -100：np.where(chosen, ids, -100)。")
def masking_with_targets_inverted(ids, special, mask_id, V, share, rng):
    inputs, _, chosen = _mask(ids, special, mask_id, V, share, rng)
    return inputs, np.where(chosen, -100, ids)


@masked_lm.twin(
    "Take each id of `special` in turn: is any of them chosen?",
    "[PAD] is not, but the token at the front of each sentence is: only one special id is left out.",
    "None of `special` may be chosen: ~np.isin(ids, special).",
    "逐个检查 special 里的 id：有被选中的吗？",
    "[PAD] 没有，但每句开头的那个被选中了：只排除了一个特殊的 id。",
    "special 里的都不能选：~np.isin(ids, special)。")
def masking_of_all_but_padding(ids, special, mask_id, V, share, rng):
    return _mask(ids, special[:1], mask_id, V, share, rng, among=np.setdiff1d(np.arange(V), special))[:2]


@masked_lm.twin(
    "Special tokens never change, as it should be. Do they have targets?",
    "Some do: the targets are made from the draw alone, and the inputs from draw and `special`.",
    "One array of booleans says what is chosen, real and drawn; inputs and targets are both made from it.",
    "特殊词元没有变，这是对的。它们有目标吗？",
    "有些有：目标只按抽签来定，而 inputs 既看抽签又看 special。",
    "用一个布尔数组表示选中的，即真正的词元且抽中；inputs 和 targets 都由它得到。")
def masking_with_targets_at_special_tokens(ids, special, mask_id, V, share, rng):
    drawn = rng.random(ids.shape) < share
    chosen, draw = drawn & ~np.isin(ids, special), rng.random(ids.shape)
    other = rng.choice(np.setdiff1d(np.arange(V), special), size=ids.shape)
    inputs = np.where(chosen & (draw < 0.8), mask_id, np.where(chosen & (draw < 0.9), other, ids))
    return inputs, np.where(drawn, ids, -100)


@masked_lm.twin(
    "From where are the random tokens drawn: can each of the V ids come up?",
    "Only ids of this text: the places' own tokens are shuffled, or drawn from ids.",
    "From all ids that are not special: np.setdiff1d(np.arange(V), special).",
    "随机词元是从哪里抽的：V 个 id 都可能出现吗？",
    "只有这段文本里的 id：是把这些位置自己的词元打乱，或从 ids 里抽的。",
    "从所有不是特殊词元的 id 里抽：np.setdiff1d(np.arange(V), special)。")
def masking_with_words_of_the_text(ids, special, mask_id, V, share, rng):
    return _mask(ids, special, mask_id, V, share, rng, among=np.setdiff1d(ids, special))[:2]


@masked_lm.twin(
    "Print targets.dtype.",
    "It is a float: ids are whole numbers, and as targets they are indices, which no float can be.",
    "-100 without a point; np.full(ids.shape, -100), since np.zeros and np.ones make floats.",
    "打印 targets.dtype。",
    "是浮点数：id 是整数，目标要用作下标，浮点数不行。",
    "-100 不带小数点；用 np.full(ids.shape, -100)，因为 np.zeros 和 np.ones 给出浮点数。")
def masking_with_floats_as_targets(ids, special, mask_id, V, share, rng):
    inputs, targets, _ = _mask(ids, special, mask_id, V, share, rng)
    return inputs, targets.astype(float)


@masked_lm.twin(
    "Print inputs.dtype and targets.dtype.",
    "Both are floats: ids are whole numbers, and the model takes them as indices.",
    "Begin with ids.copy() and np.full(ids.shape, -100): np.zeros and np.ones make floats.",
    "打印 inputs.dtype 和 targets.dtype。",
    "都是浮点数：id 是整数，模型要把它们用作下标。",
    "从 ids.copy() 和 np.full(ids.shape, -100) 开始：np.zeros 和 np.ones 给出浮点数。")
def masking_with_floats(ids, special, mask_id, V, share, rng):
    inputs, targets, _ = _mask(ids, special, mask_id, V, share, rng)
    return inputs.astype(float), targets.astype(float)
