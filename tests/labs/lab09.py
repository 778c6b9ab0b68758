"""Lab 9, translation: right functions and wrong twins."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

import tinydawn as td
from tests.labs.author import Given, Lab, array, step, tensor
from tinydawn.nn import functional as F

lab = Lab(9, "lab09_translation", "Translation", "机器翻译")


def numbers(*shape, seed):
    return tensor(np.random.default_rng(seed).normal(size=shape).round(2))


# --- alignment_scores ---

@lab.hole(cases=[[numbers(2, 3, 4, seed=1), numbers(2, 5, seed=2), numbers(4, 5, seed=3)],
                 [numbers(3, 2, 4, seed=4), numbers(3, 4, seed=5), numbers(4, 4, seed=6)],
                 [numbers(1, 2, 3, seed=7), numbers(1, 3, seed=8), numbers(3, 3, seed=9)]],
          more=[[numbers(3, 4, 2, seed=11), numbers(3, 6, seed=12), numbers(2, 6, seed=13)],
                [numbers(2, 5, 3, seed=14), numbers(2, 3, seed=15), numbers(3, 3, seed=16)]])
def alignment_scores(h, s, W):
    Ws = step("W_a s", s @ W.T)
    return (h @ Ws.unsqueeze(2)).squeeze(2)


@alignment_scores.twin(
    "Which side of W does h stand on? Try it where D and E differ.",
    "This is s^T W h: the two have changed places, which is W transposed.",
    "a~_i = h_i^T W_a s: W has D rows, for h, and E columns, for s.",
    "h 在 W 的哪一侧？用 D 与 E 不同的输入试试。",
    "这是 s^T W h：两者换了位置，等于把 W 转置了。",
    "a~_i = h_i^T W_a s：W 有 D 行，对应 h；有 E 列，对应 s。")
def scores_with_w_transposed(h, s, W):
    return (h @ (s @ W).unsqueeze(2)).squeeze(2)


@alignment_scores.twin(
    "Is W_a in it?",
    "This is the plain dot product of h_i and s, without W_a.",
    "Bilinear: h_i^T W_a s. W_a learns which parts of h and s have to do with each other.",
    "用到 W_a 了吗？",
    "这是 h_i 与 s 的普通点积，没有 W_a。",
    "双线性：h_i^T W_a s。W_a 学会 h 和 s 的哪些部分彼此相关。")
def scores_by_dot_product(h, s, W):
    return (h @ s.unsqueeze(2)).squeeze(2)


@alignment_scores.twin(
    "Work out one score by hand: is yours as large, or is it divided by something?",
    "Every score is divided by the root of the size of h: that is the self-attention of a later chapter.",
    "The notes' bilinear score has no root: h_i^T W_a s.",
    "手算一个分数：你的和它一样大吗，还是除以了什么？",
    "每个分数都除以了 h 的维数的平方根：那是后面自注意力的做法。",
    "讲义的双线性分数没有开方：h_i^T W_a s。")
def scores_divided_by_a_root(h, s, W):
    return (h @ (s @ W.T).unsqueeze(2)).squeeze(2) / math.sqrt(h.shape[2])


@alignment_scores.twin(
    "Work out one score by hand: is yours as large, or is it divided by something?",
    "Every score is divided by the root of the size of s: that is the self-attention of a later chapter.",
    "The notes' bilinear score has no root: h_i^T W_a s.",
    "手算一个分数：你的和它一样大吗，还是除以了什么？",
    "每个分数都除以了 s 的维数的平方根：那是后面自注意力的做法。",
    "讲义的双线性分数没有开方：h_i^T W_a s。")
def scores_divided_by_the_root_of_e(h, s, W):
    return (h @ (s @ W.T).unsqueeze(2)).squeeze(2) / math.sqrt(s.shape[1])


@alignment_scores.twin(
    "Which s does each sentence of the batch meet?",
    "Every sentence meets the s of all N sentences: N numbers for each position.",
    "Row n of h belongs to row n of s: for each position one number, (N, T).",
    "批里每个句子遇到的是哪个 s？",
    "每个句子都遇到了全部 N 个句子的 s：每个位置得到 N 个数。",
    "h 的第 n 行只对应 s 的第 n 行：每个位置一个数，形状 (N, T)。")
def scores_of_every_sentence_with_every_other(h, s, W):
    return h @ W @ s.T


@alignment_scores.twin(
    "Look at the shape: N rows, and T numbers in each.",
    "The numbers are right, with an axis of size 1 behind them.",
    "The product of (T, D) with a column (D, 1) is a column: squeeze(2) takes its axis away.",
    "看看形状：N 行，每行 T 个数。",
    "数是对的，但后面多了一个大小为 1 的轴。",
    "(T, D) 乘以列 (D, 1) 得到一列：用 squeeze(2) 去掉那个轴。")
def scores_as_a_column(h, s, W):
    return h @ (s @ W.T).unsqueeze(2)


@alignment_scores.twin(
    "Over which axis are the products added up?",
    "They are added up over the positions: a number for each part of h, (N, D).",
    "A dot product adds up over D, the parts of h_i: axis 2. A score belongs to a position.",
    "乘积沿哪个轴相加？",
    "沿着位置相加了：h 的每个分量得到一个数，形状 (N, D)。",
    "点积沿 D 相加，即 h_i 的各分量：轴 2。分数属于位置。")
def scores_summed_over_positions(h, s, W):
    return (h * (s @ W.T).unsqueeze(1)).sum(axis=1)


@alignment_scores.twin(
    "Are these scores, or already weights?",
    "They are weights: a softmax has been taken.",
    "Step one gives a~_i, numbers of any size and sign; the softmax is step two.",
    "这些是分数，还是已经是权重？",
    "是权重：已经取过 softmax 了。",
    "第一步给出 a~_i，可大可小、可正可负；softmax 是第二步。")
def scores_with_a_softmax(h, s, W):
    a = (h @ (s @ W.T).unsqueeze(2)).squeeze(2)
    e = td.exp(a - a.amax(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@alignment_scores.twin(
    "The numbers are right. What reaches W on the way back?",
    "It is computed in NumPy, so there is no graph, and W_a cannot be trained.",
    "Use the Tensors' own @, .T, .unsqueeze(2) and .squeeze(2).",
    "数是对的。往回走时，什么能到达 W？",
    "这是用 NumPy 算的，没有计算图，W_a 无法训练。",
    "请用张量自己的 @、.T、.unsqueeze(2) 和 .squeeze(2)。")
def scores_in_numpy(h, s, W):
    return np.einsum("ntd,de,ne->nt", h.numpy(), W.numpy(), s.numpy())


@alignment_scores.twin(
    "Over which axis are the products added up?",
    "h W_a is right, and then they are added up over the positions: a number for each part of s, (N, E).",
    "A dot product adds up over the parts of the vectors, axis 2. A score belongs to a position.",
    "乘积沿哪个轴相加？",
    "h W_a 是对的，但之后沿着位置相加了：s 的每个分量得到一个数，形状 (N, E)。",
    "点积沿向量的分量相加，即轴 2。分数属于位置。")
def scores_summed_over_positions_of_hw(h, s, W):
    return ((h @ W) * s.unsqueeze(1)).sum(axis=1)


@alignment_scores.twin(
    "Can a score be above 1, or below -1?",
    "A tanh is taken of each score: there is none in the bilinear one.",
    "a~_i = h_i^T W_a s. A tanh belongs to the additive score of Bahdanau.",
    "分数能大于 1 或小于 -1 吗？",
    "每个分数都取了 tanh：双线性分数里没有它。",
    "a~_i = h_i^T W_a s。tanh 属于 Bahdanau 的加性分数。")
def scores_with_a_tanh(h, s, W):
    return td.tanh((h @ (s @ W.T).unsqueeze(2)).squeeze(2))


@alignment_scores.twin(
    "How many scores has a sentence of T words?",
    "One alone: the scores of all its words are added up.",
    "Each word has its own: squeeze(2) takes the axis of size 1 away, where sum adds up.",
    "一个有 T 个词的句子有几个分数？",
    "只有一个：所有词的分数加在了一起。",
    "每个词有自己的分数：要用 squeeze(2) 去掉大小为 1 的轴，而不是用 sum 相加。")
def scores_added_up_over_words(h, s, W):
    return (h @ (s @ W.T).unsqueeze(2)).sum(axis=1)


@alignment_scores.twin(
    "Is there a product of h with s?",
    "s is added to h W_a, and not multiplied with it.",
    "A score is a dot product, (h_i^T W_a) s: multiply, then add up.",
    "h 和 s 相乘了吗？",
    "s 加到了 h W_a 上，而不是与它相乘。",
    "分数是点积 (h_i^T W_a) s：先乘，再相加。")
def scores_with_s_added(h, s, W):
    return (h @ W + s.unsqueeze(1)).sum(axis=2)


@alignment_scores.twin(
    "Which parts of h W_a meet which parts of s?",
    "Each is added up by itself, and then the sums are multiplied.",
    "Multiply part by part first, and add up then.",
    "h W_a 的哪个分量与 s 的哪个分量相遇？",
    "两边各自求和，再把两个和相乘。",
    "先逐个分量相乘，再相加。")
def scores_of_sums(h, s, W):
    return (h @ W).sum(axis=2) * s.sum(axis=1, keepdims=True)


@alignment_scores.twin(
    "Change the second row of s: do the scores of the second sentence change?",
    "Every sentence meets the s of the first one.",
    "Row n of h belongs to row n of s: compute W_a s for all rows, and let each sentence meet its own.",
    "改动 s 的第二行：第二个句子的分数变了吗？",
    "每个句子遇到的都是第一个句子的 s。",
    "h 的第 n 行对应 s 的第 n 行：对所有行算 W_a s，让每个句子遇到自己的那个。")
def scores_with_the_first_s(h, s, W):
    return h @ W @ s[0]


@alignment_scores.twin(
    "Write the shapes on both sides of each @: which two axes does it join, and which does it go through?",
    "Two shapes do not fit. In h_i^T W_a s the s is one vector, but here N of them lie in rows; and .T turns round all axes of "
    "h, the sentences among them.",
    "s @ W.T has W_a s of each sentence in its rows; unsqueeze(2) makes a column of each, which h @ joins with its sentence.",
    "写出每个 @ 两边的形状：它把哪两个轴相乘，又逐个走过哪些轴？",
    "有两个形状对不上。h_i^T W_a s 里的 s 是一个向量，这里却有 N 个排成行；而 .T 会把 h 的所有轴都倒过来，连句子那个轴也在内。",
    "s @ W.T 的每一行是一个句子的 W_a s；unsqueeze(2) 把它变成列，h @ 让它与自己的句子相乘。")
def scores_of_shapes_that_do_not_fit(h, s, W):
    return h @ W @ s


@alignment_scores.twin(
    "Is a dot product a sum or a mean?",
    "The products are averaged over the parts of h: each score is divided by D.",
    "h_i^T W_a s adds up: sum(axis=2).",
    "点积是求和还是取平均？",
    "乘积沿 h 的分量取了平均：每个分数都除以了 D。",
    "h_i^T W_a s 是求和：sum(axis=2)。")
def scores_as_a_mean(h, s, W):
    return (h * (s @ W.T).unsqueeze(1)).mean(axis=2)


@alignment_scores.twin(
    "Add a word to a sentence: should the scores of the others change?",
    "Each score is divided by T, the number of words.",
    "a~_i = h_i^T W_a s, and nothing is divided: a score does not know how many words there are.",
    "给句子加一个词：其他词的分数该变吗？",
    "每个分数都除以了词数 T。",
    "a~_i = h_i^T W_a s，没有做除法：分数不知道有多少个词。")
def scores_divided_by_words(h, s, W):
    return (h @ (s @ W.T).unsqueeze(2)).squeeze(2) / h.shape[1]


@alignment_scores.twin(
    "Which s does each sentence of the batch meet?",
    "All N of them, added up.",
    "Row n of h belongs to row n of s: nothing is added up over the sentences.",
    "批里每个句子遇到的是哪个 s？",
    "是全部 N 个 s 之和。",
    "h 的第 n 行只对应 s 的第 n 行：不沿句子相加。")
def scores_with_all_s_added_up(h, s, W):
    return (h @ (s @ W.T).sum(axis=0).unsqueeze(1)).squeeze(2)


@alignment_scores.twin(
    "How many words of each sentence have a score?",
    "The last alone: h[:, -1] is the encoder's last state.",
    "Attention looks at all h_i: one score for each of the T words.",
    "每个句子有几个词得到了分数？",
    "只有最后一个：h[:, -1] 是编码器最后的状态。",
    "注意力要看所有的 h_i：T 个词各有一个分数。")
def scores_of_the_last_word(h, s, W):
    return (h[:, -1:] @ (s @ W.T).unsqueeze(2)).squeeze(2)


@alignment_scores.twin(
    "Try it where D and E differ: is W multiplied as a matrix?",
    "s is multiplied part by part with a single row of W.",
    "Every part of h meets every part of s, by way of W: a product of matrices, @.",
    "用 D 与 E 不同的输入试试：W 是作为矩阵相乘的吗？",
    "s 只与 W 的一行逐个分量相乘。",
    "h 的每个分量通过 W 与 s 的每个分量相遇：用矩阵乘法 @。")
def scores_by_a_row_of_w(h, s, W):
    return (h * (s * W[0]).unsqueeze(1)).sum(axis=2)


# --- alignment_weights ---

NONE = array([[False, False, False, False], [False, False, False, True], [False, False, True, True]])


@lab.hole(cases=[[tensor([[0.5, -1.0, 2.0, 0.3], [1.0, 0.2, -0.5, 3.0], [0.1, 0.4, 1.5, 2.5]]), NONE],
                 [tensor([[1.0, 2.0, 900.0], [0.3, 0.1, -0.2]]), array([[False, False, True], [False, False, False]])],
                 [tensor([[1000.0, 1001.0, 0.0]]), array([[False, False, True]])],
                 [tensor([[-40.0, -41.0, 0.0, 1.0], [2.0, -1.0, 0.5, 0.5]]),
                  array([[False, False, True, True], [False, True, True, True]])]],
          more=[[tensor([[0.2, 1.2, -0.4], [2.0, 1.0, 0.5]]), array([[False, False, True], [False, False, False]])],
                [tensor([[-50.0, -51.5, 800.0, 2.0]]), array([[False, False, True, True]])],
                [tensor([[950.0, 951.0, 949.0, 1.0]]), array([[False, False, False, True]])]])
def alignment_weights(scores, padding):
    a = step("scores without padding", scores.masked_fill(padding, -np.inf))
    e = step("exp", td.exp(a - a.amax(axis=1, keepdims=True).detach()))
    return e / e.sum(axis=1, keepdims=True)


def _softmax(a, axis=1):
    e = td.exp(a - a.amax(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@alignment_weights.twin(
    "Look at the weights where padding is True.",
    "Padding gets weight: the mask is not used.",
    "Set the scores of padding to -inf before the softmax: exp(-inf) is 0.",
    "看看 padding 为 True 处的权重。",
    "填充也得到了权重：没有用到掩码。",
    "在 softmax 之前把填充处的分数设为 -inf：exp(-inf) 等于 0。")
def weights_without_a_mask(scores, padding):
    return _softmax(scores)


@alignment_weights.twin(
    "Add up a row that has padding.",
    "Padding is set to 0 after the softmax, so what is left adds up to less than 1.",
    "Mask before the softmax: then the words share the whole 1 among themselves.",
    "把含有填充的一行加起来。",
    "在 softmax 之后才把填充设为 0，剩下的加起来小于 1。",
    "要在 softmax 之前加掩码：这样所有词恰好分完 1。")
def weights_masked_afterwards(scores, padding):
    return _softmax(scores) * (~padding).astype(float)


@alignment_weights.twin(
    "Where is the weight: on words, or on padding?",
    "On padding alone: the mask is the wrong way round.",
    "padding is True where there is no word: those are the scores to be masked.",
    "权重落在哪里：词上，还是填充上？",
    "只落在填充上：掩码用反了。",
    "padding 为 True 处没有词：要屏蔽的正是这些分数。")
def weights_of_padding_alone(scores, padding):
    return _softmax(scores.masked_fill(~padding, -np.inf))


@alignment_weights.twin(
    "What is exp(0)?",
    "The scores of padding are set to 0, and exp(0) = 1: padding still gets weight.",
    "What is to have weight 0 needs the score -inf, not 0.",
    "exp(0) 是多少？",
    "填充的分数被设为 0，而 exp(0) = 1：填充仍得到权重。",
    "要使权重为 0，分数应是 -inf，而不是 0。")
def weights_with_scores_of_zero(scores, padding):
    return _softmax(scores * (~padding).astype(float))


@alignment_weights.twin(
    "Add up what comes out: is it 1 in every row?",
    "The sum goes over the batch: sentences share their weights with each other.",
    "Each row is a sentence: the softmax goes over its positions, axis 1.",
    "把结果加起来：每一行都是 1 吗？",
    "求和沿着批的方向：句子之间在分权重。",
    "每行是一个句子：softmax 沿它的位置取，即轴 1。")
def weights_over_the_batch(scores, padding):
    e = td.exp(scores.masked_fill(padding, -np.inf) - scores.amax(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


@alignment_weights.twin(
    "Try a padding whose score is much larger than all others.",
    "The maximum that is taken off is that of the padding, so every exp is 0, and 0 / 0 is nan.",
    "Mask first, and take the maximum of what is left.",
    "试试填充处的分数比其他都大得多的情形。",
    "减去的最大值来自填充，于是每个 exp 都是 0，而 0 / 0 是 nan。",
    "先加掩码，再对剩下的取最大值。")
def weights_with_the_maximum_of_padding(scores, padding):
    e = td.exp(scores - scores.amax(axis=1, keepdims=True)) * (~padding).astype(float)
    return e / e.sum(axis=1, keepdims=True)


@alignment_weights.twin(
    "Try large scores, such as 1000.",
    "exp(1000) is infinite, and infinity over infinity is nan.",
    "Take the largest score of each row off before the exponential, as in lab 3.",
    "试试很大的分数，比如 1000。",
    "exp(1000) 是无穷大，无穷大除以无穷大是 nan。",
    "取指数之前减去每行最大的分数，和实验 3 一样。")
def weights_that_overflow(scores, padding):
    e = td.exp(scores.masked_fill(padding, -np.inf))
    return e / e.sum(axis=1, keepdims=True)


@alignment_weights.twin(
    "Try words whose scores are far below 0, such as -40.",
    "The score of padding is a fixed small number such as -10: a word can have less, and then padding gets the weight.",
    "-inf is below every score.",
    "试试分数远小于 0 的词，比如 -40。",
    "填充的分数是固定的小数，比如 -10：词的分数可能更小，那时权重就给了填充。",
    "-inf 比任何分数都小。")
def weights_with_minus_ten(scores, padding):
    return _softmax(scores.masked_fill(padding, -10.0))


@alignment_weights.twin(
    "The numbers are right. What reaches the scores on the way back?",
    "It is computed in NumPy, so there is no graph, and attention cannot learn.",
    "Use td.exp, or F.softmax, and the Tensor's own methods.",
    "数是对的。往回走时，什么能到达分数？",
    "这是用 NumPy 算的，没有计算图，注意力学不到东西。",
    "请用 td.exp 或 F.softmax，以及张量自己的方法。")
def weights_in_numpy(scores, padding):
    return alignment_weights(scores, padding).numpy()


@alignment_weights.twin(
    "Where is the weight: on words, or on padding?",
    "On padding alone, and where there is none all words count alike: the mask is the wrong way round.",
    "padding is True where there is no word: those are the scores to be masked. Code for a mask of words has `== 0` here.",
    "权重落在哪里：词上，还是填充上？",
    "只落在填充上，没有填充的行里所有词一样重：掩码用反了。",
    "padding 为 True 处没有词：要屏蔽的正是这些分数。用词的掩码的代码里才写 `== 0`。")
def weights_of_padding_alone_by_a_large_number(scores, padding):
    return _softmax(scores.masked_fill(~padding, -1e9))


@alignment_weights.twin(
    "Add up each row, and each column.",
    "The columns add up to 1: padding is masked, but the softmax goes over the batch.",
    "Each row is a sentence: the softmax goes over its positions, axis 1.",
    "把每一行、每一列分别加起来。",
    "是每一列之和为 1：填充屏蔽了，但 softmax 沿着批的方向。",
    "每行是一个句子：softmax 沿它的位置取，即轴 1。")
def weights_over_the_batch_by_softmax(scores, padding):
    return F.softmax(scores.masked_fill(padding, -np.inf), axis=0)


@alignment_weights.twin(
    "Try large scores, such as 900 at a padding.",
    "exp(900) is infinite; times 0 it is nan, and so is the whole row.",
    "Mask before the exponential, with -inf, and take the largest score of each row off.",
    "试试很大的分数，比如填充处是 900。",
    "exp(900) 是无穷大，乘以 0 得 nan，整行都成了 nan。",
    "在取指数之前用 -inf 屏蔽，并减去每行最大的分数。")
def weights_masked_after_the_exponential(scores, padding):
    e = td.exp(scores) * (~padding).astype(float)
    return e / e.sum(axis=1, keepdims=True)


@alignment_weights.twin(
    "Look at the weights where padding is True.",
    "They are -inf: the mask comes after the softmax.",
    "First masked_fill with -inf, then the softmax, which makes 0 of it.",
    "看看 padding 为 True 处的权重。",
    "它们是 -inf：掩码加在 softmax 之后了。",
    "先用 -inf 做 masked_fill，再取 softmax，它会把 -inf 变成 0。")
def weights_of_minus_infinity(scores, padding):
    return _softmax(scores).masked_fill(padding, -np.inf)


@alignment_weights.twin(
    "What is exp(inf)?",
    "The scores of padding are set to plus infinity, so that it outweighs everything.",
    "Minus infinity: exp(-inf) is 0.",
    "exp(inf) 是多少？",
    "填充的分数设成了正无穷，压倒了一切。",
    "应是负无穷：exp(-inf) 等于 0。")
def weights_with_plus_infinity(scores, padding):
    return _softmax(scores.masked_fill(padding, np.inf))


@alignment_weights.twin(
    "Can a weight be below 0?",
    "These are the logarithms of the weights.",
    "softmax, not log_softmax.",
    "权重会小于 0 吗？",
    "这些是权重的对数。",
    "是 softmax，不是 log_softmax。")
def weights_as_logarithms(scores, padding):
    return F.log_softmax(scores.masked_fill(padding, -np.inf), axis=1)


@alignment_weights.twin(
    "Which scores are left after the mask?",
    "Those of padding: the scores of words are multiplied by False, which is 0.",
    "Set the scores of padding to -inf, and leave the others as they are.",
    "加掩码之后剩下哪些分数？",
    "是填充的：词的分数乘了 False，也就是 0。",
    "把填充的分数设为 -inf，其他的不动。")
def weights_with_words_times_zero(scores, padding):
    return _softmax(scores * padding.astype(float))


@alignment_weights.twin(
    "Add up what comes out: is it 1 in every row?",
    "All rows together add up to 1: the sum goes over the whole batch.",
    "Each sentence is a distribution of its own: sum(axis=1, keepdims=True).",
    "把结果加起来：每一行都是 1 吗？",
    "所有行加在一起才是 1：求和遍及整个批。",
    "每个句子自成一个分布：sum(axis=1, keepdims=True)。")
def weights_of_all_together(scores, padding):
    a = scores.masked_fill(padding, -np.inf)
    e = td.exp(a - a.amax())
    return e / e.sum()


@alignment_weights.twin(
    "Add up what comes out: is it 1 in every row? And try large scores.",
    "All rows together add up to 1, and exp(1000) is infinite.",
    "Take the largest score of each row off, and divide by the sum of each row.",
    "把结果加起来：每一行都是 1 吗？再试试很大的分数。",
    "所有行加在一起才是 1，而且 exp(1000) 是无穷大。",
    "减去每行最大的分数，再除以每行之和。")
def weights_of_all_together_that_overflow(scores, padding):
    e = td.exp(scores.masked_fill(padding, -np.inf))
    return e / e.sum()


@alignment_weights.twin(
    "Can a weight be below 0? Look for the exponential of the softmax.",
    "The scores themselves are divided by their sum, padding's among them: there is no exponential.",
    "softmax: exp(a~_i) over the sum of all exp(a~_j).",
    "权重会小于 0 吗？找一找 softmax 里的指数。",
    "分数本身除以了它们之和（填充的也算在内）：没有取指数。",
    "softmax：exp(a~_i) 除以所有 exp(a~_j) 之和。")
def weights_without_an_exponential(scores, padding):
    return scores.masked_fill(padding, 0.0) / scores.sum(axis=1, keepdims=True)


@alignment_weights.twin(
    "Can a weight be below 0? Look for the exponential of the softmax.",
    "The scores themselves are divided by their sum: there is no exponential.",
    "softmax: exp(a~_i) over the sum of all exp(a~_j).",
    "权重会小于 0 吗？找一找 softmax 里的指数。",
    "分数本身除以了它们之和：没有取指数。",
    "softmax：exp(a~_i) 除以所有 exp(a~_j) 之和。")
def weights_as_shares_of_scores(scores, padding):
    a = scores.masked_fill(padding, 0.0)
    return a / a.sum(axis=1, keepdims=True)


@alignment_weights.twin(
    "Which weights are left?",
    "Those of padding, and they come after the softmax: words are multiplied by False, which is 0.",
    "Set the scores of padding to -inf before the softmax.",
    "剩下的是哪些权重？",
    "是填充的，而且加在 softmax 之后：词乘了 False，也就是 0。",
    "在 softmax 之前把填充处的分数设为 -inf。")
def weights_of_padding_afterwards(scores, padding):
    return _softmax(scores) * padding.astype(float)


@alignment_weights.twin(
    "Look at the shape: N rows, and T weights in each.",
    "scores[~padding] takes the words of all sentences in one row, and the softmax goes over them all.",
    "Keep the shape: masked_fill puts -inf in the place of padding.",
    "看看形状：N 行，每行 T 个权重。",
    "scores[~padding] 把所有句子的词取成了一行，softmax 对它们一起取。",
    "保持形状：masked_fill 在填充处放上 -inf。")
def weights_of_a_single_row(scores, padding):
    a = scores[~padding]
    e = td.exp(a - a.amax())
    return e / e.sum()


@alignment_weights.twin(
    "What is 0 times infinity?",
    "padding * -inf is nan where padding is False, and nan spreads over the row.",
    "masked_fill puts -inf only where the mask is True.",
    "0 乘以无穷大是多少？",
    "padding 为 False 处，padding * -inf 是 nan，nan 传遍整行。",
    "masked_fill 只在掩码为 True 处放上 -inf。")
def weights_of_zero_times_infinity(scores, padding):
    with np.errstate(all="ignore"):
        return F.softmax(scores + padding * -np.inf, axis=1)


@alignment_weights.twin(
    "What is exp(-1)?",
    "The scores of padding are set to -1, which is a score as any other: padding still gets weight.",
    "-inf is below every score, and its exponential is 0.",
    "exp(-1) 是多少？",
    "填充的分数设成了 -1，这和别的分数没有两样：填充仍得到权重。",
    "-inf 比任何分数都小，它的指数是 0。")
def weights_with_minus_one(scores, padding):
    return _softmax(scores.masked_fill(padding, -1.0))


@alignment_weights.twin(
    "Look at a row whose scores are all much smaller than those of another row, or than that of a padding.",
    "The largest number of the whole batch is taken off, padding's among them: in other rows every exp is 0, and 0 / 0 is nan.",
    "Mask first; the maximum is that of each row: amax(axis=1, keepdims=True).",
    "看一行，它的分数都比另一行或某处填充的小得多。",
    "减去的是整个批里最大的数，连填充也算：其他行的 exp 全是 0，而 0 / 0 是 nan。",
    "先加掩码；最大值是每一行自己的：amax(axis=1, keepdims=True)。")
def weights_with_one_maximum(scores, padding):
    e = td.exp(scores.masked_fill(padding, -np.inf) - scores.amax())
    return e / e.sum(axis=1, keepdims=True)


@alignment_weights.twin(
    "What is exp(0)? And try large scores, such as 1000.",
    "The scores of padding are set to 0, so that padding gets weight, and exp(1000) is infinite.",
    "-inf in place of 0, and the largest score of each row taken off before the exponential.",
    "exp(0) 是多少？再试试很大的分数，比如 1000。",
    "填充的分数被设为 0，于是填充得到权重；而且 exp(1000) 是无穷大。",
    "用 -inf 代替 0，取指数之前减去每行最大的分数。")
def weights_with_scores_of_zero_that_overflow(scores, padding):
    e = td.exp(scores * (~padding).astype(float))
    return e / e.sum(axis=1, keepdims=True)


@alignment_weights.twin(
    "Add up what comes out: is it 1 in every row?",
    "These are the numerators, exp(a~ - max): nothing is divided.",
    "A weight is its share: divide by the sum of the row.",
    "把结果加起来：每一行都是 1 吗？",
    "这些是分子 exp(a~ - max)：没有做除法。",
    "权重是它所占的份额：除以该行之和。")
def weights_without_division(scores, padding):
    a = scores.masked_fill(padding, -np.inf)
    return td.exp(a - a.amax(axis=1, keepdims=True))


@alignment_weights.twin(
    "Add up what comes out: is it 1 in every row?",
    "The weights are divided by the number of positions once more.",
    "They add up to 1 already.",
    "把结果加起来：每一行都是 1 吗？",
    "权重又除以了一次位置的个数。",
    "它们之和已经是 1。")
def weights_divided_by_positions(scores, padding):
    return _softmax(scores.masked_fill(padding, -np.inf)) / scores.shape[1]


@alignment_weights.twin(
    "Try large scores, such as 900 at a padding: what reaches them on the way back?",
    "exp(900) is infinite. The mask hides it from the weights, but not from the gradient: infinity times 0 is nan. Large scores "
    "of words give nan at once.",
    "Mask before the exponential, with -inf, and take the largest score of each row off.",
    "试试很大的分数，比如填充处是 900：往回走时，什么能到达它们？",
    "exp(900) 是无穷大。掩码使权重看不到它，梯度却看得到：无穷大乘以 0 是 nan。词的分数很大时，权重直接就是 nan。",
    "在取指数之前用 -inf 屏蔽，并减去每行最大的分数。")
def weights_with_a_gradient_of_nan(scores, padding):
    e = td.exp(scores).masked_fill(padding, 0.0)
    return e / e.sum(axis=1, keepdims=True)


@alignment_weights.twin(
    "Are these weights, or still scores? Add up a row.",
    "They are the scores, with -inf where there is padding: no softmax is taken.",
    "After the mask comes the softmax over each row, axis 1: it makes 0 of -inf.",
    "这些是权重，还是分数？把一行加起来看看。",
    "是分数，填充处为 -inf：没有取 softmax。",
    "加掩码之后，对每一行（轴 1）取 softmax：它把 -inf 变成 0。")
def weights_that_are_masked_scores(scores, padding):
    return scores.masked_fill(padding, -np.inf)


@alignment_weights.twin(
    "Add up what comes out: is it 1 in every row? And what if a padding has the largest score?",
    "All rows together add up to 1, and the maximum that is taken off may be that of a padding.",
    "Mask first; then the maximum and the sum of each row: axis=1, keepdims=True.",
    "把结果加起来：每一行都是 1 吗？如果填充处的分数最大呢？",
    "所有行加在一起才是 1，而且减去的最大值可能来自填充。",
    "先加掩码；再取每一行的最大值与和：axis=1, keepdims=True。")
def weights_of_all_together_with_the_maximum_of_padding(scores, padding):
    e = td.exp(scores - scores.amax(axis=1, keepdims=True)).masked_fill(padding, 0.0)
    return e / e.sum()


@alignment_weights.twin(
    "Which words of the second sentence may be looked at?",
    "Only the first ones, one more for each sentence: this is a decoder's triangular mask.",
    "The source is there as a whole: what is hidden is padding, and nothing else.",
    "第二个句子里哪些词可以看？",
    "只有前几个，每往下一个句子多一个：这是解码器的三角掩码。",
    "源句整个都在：要遮住的只有填充。")
def weights_with_a_triangular_mask(scores, padding):
    later = np.triu(np.ones(scores.shape, bool), 1)
    return F.softmax(scores.masked_fill(later, -np.inf), axis=1)


@alignment_weights.twin(
    "Which weight has the last word of each sentence?",
    "0: it is masked as if it were padding.",
    "padding says where there is no word: use it as it is.",
    "每个句子最后一个词的权重是多少？",
    "是 0：它被当作填充遮住了。",
    "padding 说明哪里没有词：照原样用它。")
def weights_without_the_last_word(scores, padding):
    last = (~padding).sum(axis=1) - 1
    return F.softmax(scores.masked_fill(np.arange(scores.shape[1]) >= last[:, None], -np.inf), axis=1)


# --- context_vector ---

A = [[0.2, 0.5, 0.3], [0.7, 0.3, 0.0]]


@lab.hole(cases=[[tensor(A), numbers(2, 3, 4, seed=21)], [tensor([[1.0]]), numbers(1, 1, 2, seed=22)],
                 [tensor([[0.1, 0.9], [0.6, 0.4], [1.0, 0.0]]), numbers(3, 2, 3, seed=23)],
                 [tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]), numbers(2, 3, 3, seed=24)]],
          more=[[tensor([[0.25, 0.15, 0.6]]), numbers(1, 3, 4, seed=25)], [tensor(A), numbers(2, 3, 2, seed=26)]])
def context_vector(a, h):
    return step("a_i h_i", a.unsqueeze(2) * h).sum(axis=1)


@context_vector.twin(
    "Is the result as large as the h_i are?",
    "It is divided by T once more: a mean where a sum is meant. The weights add up to 1 already.",
    "c = sum over i of a_i h_i.",
    "结果和 h_i 一样大吗？",
    "又除以了一次 T：要求和的地方取了平均。权重之和已经是 1。",
    "c = sum_i a_i h_i。")
def context_as_a_mean(a, h):
    return (a.unsqueeze(2) * h).mean(axis=1)


@context_vector.twin(
    "Are the weights in it?",
    "All h_i count alike: this is the plain mean.",
    "c = sum over i of a_i h_i: each counts by its weight.",
    "用到权重了吗？",
    "所有 h_i 一视同仁：这是普通的平均。",
    "c = sum_i a_i h_i：每个按自己的权重计入。")
def context_without_weights(a, h):
    return h.mean(axis=1)


@context_vector.twin(
    "Look at the shape: is anything added up?",
    "The weighted h_i are there, and not added up: (N, T, D).",
    "A sentence has one context vector: add up over the positions, axis 1.",
    "看看形状：有没有相加？",
    "加权后的 h_i 都在，但没有加起来：形状 (N, T, D)。",
    "一个句子只有一个上下文向量：沿位置相加，即轴 1。")
def context_not_added_up(a, h):
    return a.unsqueeze(2) * h


@context_vector.twin(
    "Over what is the sum?",
    "It goes over the parts of each h_i, which leaves a number for each position: (N, T).",
    "Add up over the positions, axis 1: what remains is a vector like the h_i, (N, D).",
    "对什么求和？",
    "沿着每个 h_i 的分量相加，每个位置剩下一个数：形状 (N, T)。",
    "沿位置相加，即轴 1：剩下的是和 h_i 一样的向量，形状 (N, D)。")
def context_summed_over_parts(a, h):
    return (a.unsqueeze(2) * h).sum(axis=2)


@context_vector.twin(
    "Whose weights meet whose states?",
    "a @ h joins the weights of every sentence with the states of every sentence: (N, N, D).",
    "Make the weights a row of each sentence, (N, 1, T), or multiply and add up.",
    "谁的权重与谁的状态相遇？",
    "a @ h 把每个句子的权重与每个句子的状态都配了一遍：形状 (N, N, D)。",
    "把权重变成每个句子的一行 (N, 1, T)，或者逐个相乘再相加。")
def context_of_every_sentence_with_every_other(a, h):
    return a @ h


@context_vector.twin(
    "Look at the shape: N rows, and D numbers in each.",
    "The numbers are right, with an axis of size 1 in the middle.",
    "squeeze(1) takes it away.",
    "看看形状：N 行，每行 D 个数。",
    "数是对的，但中间多了一个大小为 1 的轴。",
    "用 squeeze(1) 去掉它。")
def context_with_an_axis_left(a, h):
    return a.unsqueeze(1) @ h


@context_vector.twin(
    "Look at a sentence whose weights are .5, .3, .2.",
    "Only the position with the largest weight counts.",
    "Attention is soft: every position counts by its weight, and so has a gradient.",
    "看一个权重为 .5、.3、.2 的句子。",
    "只有权重最大的位置算数。",
    "注意力是软的：每个位置都按权重计入，因而都有梯度。")
def context_of_the_best_alone(a, h):
    best = a.numpy().argmax(axis=1)
    return h[np.arange(len(best)), best]


@context_vector.twin(
    "The numbers are right. What reaches the weights on the way back?",
    "It is computed in NumPy, so there is no graph, and W_a cannot be trained.",
    "Use the Tensors' own *, @ and .sum.",
    "数是对的。往回走时，什么能到达权重？",
    "这是用 NumPy 算的，没有计算图，W_a 无法训练。",
    "请用张量自己的 *、@ 和 .sum。")
def context_in_numpy(a, h):
    return (a.numpy()[:, :, None] * h.numpy()).sum(axis=1)


@context_vector.twin(
    "Look at the shape: N rows, and D numbers in each.",
    "Everything is added up to one number.",
    "Add up over the positions alone: sum(axis=1).",
    "看看形状：N 行，每行 D 个数。",
    "全部加成了一个数。",
    "只沿位置相加：sum(axis=1)。")
def context_as_one_number(a, h):
    return (a.unsqueeze(2) * h).sum()


@context_vector.twin(
    "Over what is the sum?",
    "Over the sentences of the batch, which mixes them: (T, D).",
    "Each sentence has a context of its own: add up over its positions, axis 1.",
    "对什么求和？",
    "对批里的句子求和，把它们混在了一起：形状 (T, D)。",
    "每个句子有自己的上下文：沿它的位置相加，即轴 1。")
def context_over_the_batch(a, h):
    return (a.unsqueeze(2) * h).sum(axis=0)


@context_vector.twin(
    "Are the weights in it?",
    "The h_i are added up without their weights.",
    "c = sum over i of a_i h_i.",
    "用到权重了吗？",
    "h_i 没有乘权重就相加了。",
    "c = sum_i a_i h_i。")
def context_as_a_plain_sum(a, h):
    return h.sum(axis=1)


@context_vector.twin(
    "What does .T do with three axes?",
    "It turns all of them round, (D, T, N), so that sentences and positions are mixed.",
    "Multiply each h_i by its weight, and add up over the positions, axis 1.",
    "三个轴时 .T 做了什么？",
    "它把所有的轴都倒过来，成了 (D, T, N)，句子和位置混在了一起。",
    "每个 h_i 乘以自己的权重，再沿位置相加，即轴 1。")
def context_with_all_axes_turned_round(a, h):
    return h.T @ a


@context_vector.twin(
    "What are the weights that come in?",
    "They have been through a softmax already, and go through another here.",
    "a adds up to 1: take it as it is.",
    "传进来的权重是什么？",
    "它们已经取过 softmax，这里又取了一次。",
    "a 之和已经是 1：直接用。")
def context_with_another_softmax(a, h):
    return (_softmax(a).unsqueeze(2) * h).sum(axis=1)


@context_vector.twin(
    "How many of the h_i are in it?",
    "The first alone: a `return` inside of the loop?",
    "Add up over all positions, and return then.",
    "里面有几个 h_i？",
    "只有第一个：循环里有 `return` 吗？",
    "加完所有位置之后再返回。")
def context_of_the_first_alone(a, h):
    return a[:, 0:1] * h[:, 0]


@context_vector.twin(
    "Over the positions, is there a sum?",
    "The largest of the weighted h_i is taken, part by part.",
    "c = sum over i of a_i h_i.",
    "沿位置求和了吗？",
    "逐个分量取了加权后的 h_i 中最大的。",
    "c = sum_i a_i h_i。")
def context_of_the_largest(a, h):
    return (a.unsqueeze(2) * h).amax(axis=1)


@context_vector.twin(
    "Write the shapes on both sides of @. What does .T do with three axes?",
    "h.T is (D, T, N), so that @ goes through the parts of h where it should go through the sentences.",
    "Make the weights a row of each sentence, (N, 1, T): a row times (T, D) is a row of D numbers.",
    "写出 @ 两边的形状。三个轴时 .T 做了什么？",
    "h.T 是 (D, T, N)，于是 @ 走过的是 h 的分量，而不是句子。",
    "把权重变成每个句子的一行 (N, 1, T)：一行乘以 (T, D) 得到 D 个数的一行。")
def context_with_columns_of_weights(a, h):
    return (h.T @ a.unsqueeze(2)).squeeze(2)


@context_vector.twin(
    "Change the weights of the second sentence: does its context change?",
    "Every sentence is added up with the weights of the first one.",
    "Row n of a belongs to row n of h.",
    "改动第二个句子的权重：它的上下文变了吗？",
    "每个句子都用了第一个句子的权重。",
    "a 的第 n 行对应 h 的第 n 行。")
def context_with_the_first_weights(a, h):
    return a[0] @ h


# --- greedy_decode ---

BRANCHES = {"<s>": {"c": 0.2, "a": 0.45, "b": 0.3, "</s>": 0.05},
            "a": {"</s>": 0.26, "c": 0.4, "a": 0.34},
            "b": {"a": 0.1, "</s>": 0.58, "c": 0.32},
            "c": {"b": 0.62, "a": 0.2, "</s>": 0.18},
            "a c": {"b": 0.3, "</s>": 0.52, "c": 0.18},
            "a a": {"c": 0.53, "</s>": 0.47},
            "b c": {"a": 0.15, "</s>": 0.85},
            "</s>": {"c": 0.5, "a": 0.31, "b": 0.19}}
ENDLESS = {"<s>": {"</s>": 0.2, "very": 0.8}, "very": {"</s>": 0.3, "very": 0.7}, "</s>": {"very": 0.9, "</s>": 0.1}}
TRAP = {"<s>": {"it": 0.48, "as": 0.4, "today": 0.12}, "it": {"is": 1.0},
        "is": {"lucky": 0.33, "fine": 0.37, "good": 0.3}, "as": {"luck": 0.9, "it": 0.1}, "luck": {"has": 1.0},
        "has": {"it": 1.0}, "has it": {"</s>": 1.0}, "as it": {"is": 0.25, "was": 0.75}, "today": {"</s>": 1.0},
        "lucky": {"</s>": 1.0}, "fine": {"</s>": 0.9, "fine": 0.1}, "good": {"</s>": 0.8, "day": 0.2},
        "was": {"</s>": 1.0}, "day": {"</s>": 1.0}, "</s>": {"it": 0.3, "as": 0.1, "today": 0.6}}
NOTHING = {"<s>": {"</s>": 0.6, "oh": 0.4}, "oh": {"</s>": 0.53, "oh": 0.47}, "</s>": {"oh": 0.8, "</s>": 0.2}}
OTHERS = {"<s>": {"x": 0.3, "y": 0.36, "z": 0.3, "</s>": 0.04},
          "x": {"z": 0.55, "</s>": 0.35, "y": 0.1},
          "y": {"x": 0.42, "</s>": 0.28, "z": 0.3},
          "z": {"y": 0.25, "x": 0.15, "</s>": 0.6},
          "y x": {"</s>": 0.64, "y": 0.21, "z": 0.15},
          "x z": {"y": 0.56, "</s>": 0.44},
          "z y": {"z": 0.2, "</s>": 0.8},
          "</s>": {"z": 0.5, "x": 0.31, "y": 0.19}}


def lm(table):
    return Given("TableLM", table)


@lab.hole(cases=[[lm(TRAP), 8], [lm(BRANCHES), 6], [lm(ENDLESS), 4], [lm(NOTHING), 3]],
          more=[[lm(OTHERS), 5], [lm(ENDLESS), 3], [lm(TRAP), 6]])
def greedy_decode(lm, L):
    words = ["<s>"]
    while len(words) <= L and words[-1] != "</s>":
        log_p = lm.next(words)
        words.append(max(log_p, key=log_p.get))
    return words


@greedy_decode.twin(
    "What comes after </s>?",
    "It goes on past </s> until there are L words.",
    "</s> is the end: stop as soon as it has been taken.",
    "</s> 之后是什么？",
    "它越过 </s> 继续写，直到满 L 个词。",
    "</s> 就是结尾：一取到它就停下。")
def greedy_past_the_end(lm, L):
    words = ["<s>"]
    for _ in range(L):
        log_p = lm.next(words)
        words.append(max(log_p, key=log_p.get))
    return words


@greedy_decode.twin(
    "What is the model asked about at the second word?",
    "About the beginning <s> again and again: every word is what a sentence begins with.",
    "Ask anew at each step, with all words so far.",
    "写第二个词时，向模型问的是什么？",
    "每次问的都是开头 <s>：每个词都是句首的词。",
    "每一步都要用已有的所有词重新问。")
def greedy_that_asks_once(lm, L):
    log_p, words = lm.next(["<s>"]), ["<s>"]
    while len(words) <= L and words[-1] != "</s>":
        words.append(max(log_p, key=log_p.get))
    return words


@greedy_decode.twin(
    "How does the sentence end?",
    "The words are right, and </s> is not among them.",
    "Without </s> nobody can tell a sentence that has ended from one that was cut off: keep it.",
    "句子怎样结束？",
    "词都对，但没有 </s>。",
    "没有 </s> 就分不清写完的句子和被截断的句子：要保留它。")
def greedy_without_the_end(lm, L):
    return [word for word in greedy_decode(lm, L) if word != "</s>"]


@greedy_decode.twin(
    "How does the sentence begin?",
    "The words are right, and <s> is not among them.",
    "The list begins with <s>, as the notes' his does.",
    "句子怎样开始？",
    "词都对，但没有 <s>。",
    "列表以 <s> 开头，和讲义的 his 一样。")
def greedy_without_the_beginning(lm, L):
    return greedy_decode(lm, L)[1:]


@greedy_decode.twin(
    "Count the words of a sentence that does not end.",
    "It is one word short of L.",
    "At most L words come after <s>; <s> itself does not count.",
    "数一数一个没有结束的句子有几个词。",
    "比 L 少一个词。",
    "<s> 之后最多 L 个词；<s> 本身不算。")
def greedy_one_short(lm, L):
    return greedy_decode(lm, L - 1)


@greedy_decode.twin(
    "Count the words of a sentence that does not end.",
    "It is one word more than L.",
    "At most L words come after <s>.",
    "数一数一个没有结束的句子有几个词。",
    "比 L 多一个词。",
    "<s> 之后最多 L 个词。")
def greedy_one_too_many(lm, L):
    return greedy_decode(lm, L + 1)


@greedy_decode.twin(
    "Which of two log-probabilities is the likelier one, -1 or -2?",
    "At each step the least likely word is taken.",
    "log p is below 0, and the nearer to 0 the likelier: take the largest.",
    "两个对数概率 -1 和 -2，哪个更可能？",
    "每一步取的都是最不可能的词。",
    "log p 小于 0，越接近 0 越可能：取最大的。")
def greedy_with_the_least_likely(lm, L):
    words = ["<s>"]
    while len(words) <= L and words[-1] != "</s>":
        log_p = lm.next(words)
        words.append(min(log_p, key=log_p.get))
    return words


@greedy_decode.twin(
    "Does the dict come sorted?",
    "At each step the first word of the dict is taken: log p is not looked at.",
    "max(log_p, key=...) needs to know by what: by log p.",
    "字典是排好序的吗？",
    "每一步取的是字典里的第一个词：没有看 log p。",
    "max(log_p, key=...) 要知道按什么比：按 log p。")
def greedy_with_the_first(lm, L):
    words = ["<s>"]
    while len(words) <= L and words[-1] != "</s>":
        words.append(next(iter(lm.next(words))))
    return words


@greedy_decode.twin(
    "By what are the words compared?",
    "By the alphabet: max of a dict compares its keys, which are the words.",
    "Compare them by their log p: max(log_p, key=log_p.get).",
    "词是按什么比较的？",
    "按字母顺序：对字典取 max 比较的是键，也就是词本身。",
    "要按 log p 比较：max(log_p, key=log_p.get)。")
def greedy_by_the_alphabet(lm, L):
    words = ["<s>"]
    while len(words) <= L and words[-1] != "</s>":
        words.append(max(lm.next(words)))
    return words


@greedy_decode.twin(
    "What is the last word of a sentence that was cut off after L words?",
    "With a </s> that the model has never chosen.",
    "What has not ended after L words is returned as it is.",
    "写满 L 个词被截断的句子，最后一个词是什么？",
    "加了一个模型并没有选过的 </s>。",
    "L 个词之后没有结束的，原样返回。")
def greedy_with_an_end_put_on(lm, L):
    found = greedy_decode(lm, L)
    return found if found[-1] == "</s>" else [*found, "</s>"]


@greedy_decode.twin(
    "How does the sentence begin and end?",
    "Neither <s> nor </s> is in it.",
    "Both stay: who reads it has to know whether it has ended.",
    "句子怎样开始、怎样结束？",
    "<s> 和 </s> 都不在其中。",
    "两个都要保留：读它的人要知道它是否结束了。")
def greedy_without_marks(lm, L):
    return [word for word in greedy_decode(lm, L) if word not in ("<s>", "</s>")]


@greedy_decode.twin(
    "Run it twice: is it the same sentence?",
    "The words are drawn at random.",
    "Greedy takes the likeliest word each time; drawing is another method, sampling.",
    "运行两次：句子一样吗？",
    "词是随机抽取的。",
    "贪心每次取最可能的词；随机抽取是另一种方法，叫采样。")
def greedy_at_random(lm, L):
    words = ["<s>"]
    while len(words) <= L and words[-1] != "</s>":
        log_p = lm.next(words)
        words.append(str(np.random.choice(list(log_p), p=np.exp(list(log_p.values())))))  # noqa: NPY002
    return words


@greedy_decode.twin(
    "By what are the words compared?",
    "By the alphabet: sorted of a dict sorts its keys, which are the words, and min takes the first of them.",
    "Compare them by their log p: max(log_p, key=log_p.get).",
    "词是按什么比较的？",
    "按字母顺序：对字典用 sorted，排的是键，也就是词；min 取其中第一个。",
    "要按 log p 比较：max(log_p, key=log_p.get)。")
def greedy_with_the_first_of_the_alphabet(lm, L):
    words = ["<s>"]
    while len(words) <= L and words[-1] != "</s>":
        words.append(min(lm.next(words)))
    return words


@greedy_decode.twin(
    "Where is L in your loop?",
    "Nowhere: a sentence that does not end goes on for 50 words.",
    "At most L words come after <s>.",
    "你的循环里哪里用到了 L？",
    "没有用到：没有结束的句子一直写到 50 个词。",
    "<s> 之后最多 L 个词。")
def greedy_for_fifty_words(lm, L):
    return greedy_decode(lm, 50)


@greedy_decode.twin(
    "Where is L in your loop?",
    "Nowhere: a sentence that does not end goes on for 100 words.",
    "At most L words come after <s>.",
    "你的循环里哪里用到了 L？",
    "没有用到：没有结束的句子一直写到 100 个词。",
    "<s> 之后最多 L 个词。")
def greedy_for_a_hundred_words(lm, L):
    return greedy_decode(lm, 100)


@greedy_decode.twin(
    "To which word does the largest log p belong? Print the words and the numbers side by side.",
    "The words are sorted and the numbers are not, so that the place of the largest number points to another word.",
    "Leave word and log p together: max(log_p, key=log_p.get).",
    "最大的 log p 是哪个词的？把词和数并排打印出来。",
    "词排过序，数没有排，于是最大的数的位置指向了别的词。",
    "词和 log p 不要分开：max(log_p, key=log_p.get)。")
def greedy_with_sorted_words(lm, L):
    words = ["<s>"]
    while len(words) <= L and words[-1] != "</s>":
        log_p = lm.next(words)
        words.append(sorted(log_p)[int(np.argmax(list(log_p.values())))])
    return words


@greedy_decode.twin(
    "How often is the model asked?",
    "Once: these are the likeliest first words, one after another.",
    "Each word is chosen after those before it: ask anew at each step, with all words so far.",
    "向模型问了几次？",
    "只有一次：这是把最可能的几个首词依次排了出来。",
    "每个词都要根据前文来选：每一步用已有的所有词重新问。")
def greedy_with_the_likeliest_first_words(lm, L):
    log_p = lm.next(["<s>"])
    return ["<s>", *sorted(log_p, key=log_p.get, reverse=True)[:L - 1], "</s>"]


# --- beam_search ---

@lab.hole(cases=[[lm(TRAP), 2, 8], [lm(BRANCHES), 3, 5], [lm(BRANCHES), 1, 6], [lm(ENDLESS), 2, 3], [lm(NOTHING), 2, 3],
                 [lm(BRANCHES), 2, 1], [lm(TRAP), 3, 6]],
          more=[[lm(OTHERS), 3, 4], [lm(OTHERS), 2, 6], [lm(OTHERS), 1, 5], [lm(ENDLESS), 2, 4], [lm(TRAP), 3, 5],
                [lm(OTHERS), 2, 1], [lm(NOTHING), 2, 3]],
          forbidden=["tinydawn.decode.beam:beam_search", "tinydawn.decode.beam:beam_search_notes"], points=4)
def beam_search(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            best = sorted(log_p, key=log_p.get, reverse=True)[:B]
            longer += [([*words, word], score + log_p[word]) for word in best]
        longer.sort(key=lambda beam: beam[1], reverse=True)
        finished += [beam for beam in longer[:B] if beam[0][-1] == "</s>"]
        beams = [beam for beam in longer[:B] if beam[0][-1] != "</s>"]
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


def _beams(lm, B, L, begin=0.0, add=lambda score, p: score + p, k=None,
           likely=lambda log_p: sorted(log_p, key=log_p.get, reverse=True), rank=lambda beam: beam[1], keep=lambda B: B,
           choose=None, best=True, every_end=False, places=False, stop=lambda finished, beams: False, cut=False):
    """The search, with what a mistake changes."""
    beams, finished = [(["<s>"], begin)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            ranked = likely(log_p)[:k or B]
            longer += [([*words, word], add(score, log_p[word])) for word in ranked]
        longer.sort(key=choose or rank, reverse=best)
        kept = longer[:keep(B)]
        finished += [beam for beam in (longer if every_end else kept) if beam[0][-1] == "</s>"]
        beams = [beam for beam in (longer if places else kept) if beam[0][-1] != "</s>"][:keep(B)]
        if stop(finished, beams):
            break
    finished += beams if cut else []
    return sorted(finished, key=rank, reverse=True)


@beam_search.twin(
    "What happens to a sentence that has ended?",
    "This is the notes' version: </s> is a word as any other, more words come after it, and rows of L words come out.",
    "What ends in </s> goes to the finished ones, with its score, and is never continued.",
    "一个已经结束的句子会怎样？",
    "这是讲义的版本：</s> 和别的词一样，后面还会接词，返回的都是 L 个词的序列。",
    "以 </s> 结尾的连同得分放进已完成的列表，不再延长。")
def beams_past_the_end(lm, B, L):
    beams = [(["<s>"], 0.0)]
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        beams = sorted(longer, key=lambda beam: beam[1], reverse=True)[:B]
    return beams


@beam_search.twin(
    "Where is a sentence that has ended, at the next step?",
    "It stays among the B beams, so there is ever less room for others, and in the end there are B of all sorts.",
    "What ends in </s> leaves the beam: the next step again keeps B continuations of the open ones.",
    "已结束的句子在下一步时在哪里？",
    "它留在 B 个束里，别的候选越来越少，最后是 B 个各种各样的序列。",
    "以 </s> 结尾的离开集束：下一步仍从未完成的续写中保留 B 个。")
def beams_that_stay(lm, B, L):
    beams = [(["<s>"], 0.0)]
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words) if words[-1] != "</s>" else {}
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
            longer += [(words, score)] if not log_p else []
        beams = sorted(longer, key=lambda beam: beam[1], reverse=True)[:B]
    return [beam for beam in beams if beam[0][-1] == "</s>"]


@beam_search.twin(
    "Where do you look for </s>: among all continuations, or among the B best?",
    "Every continuation by </s> counts as finished, also one that is not among the B best.",
    "First keep the B best of all continuations; of these, what ends in </s> is finished.",
    "你在哪里找 </s>：在所有续写里，还是在最好的 B 个里？",
    "每个以 </s> 续写的都算完成，连不在最好的 B 个之内的也算。",
    "先在所有续写中保留最好的 B 个；其中以 </s> 结尾的才算完成。")
def beams_with_every_end(lm, B, L):
    return _beams(lm, B, L, every_end=True)


@beam_search.twin(
    "How many are kept after a step in which one ends?",
    "B open ones are kept beside those that end: a finished one takes no place of the B.",
    "Here the B best of all continuations are kept, as in the notes; what ends in </s> is one of these B.",
    "有句子结束的那一步之后，保留了几个？",
    "除了结束的，还保留了 B 个未完成的：已完成的没有占 B 个名额。",
    "这里和讲义一样，从所有续写中保留最好的 B 个；以 </s> 结尾的也占其中一个名额。")
def beams_with_places_for_open_ones(lm, B, L):
    return _beams(lm, B, L, places=True)


@beam_search.twin(
    "Is the search over when the first sentence has ended?",
    "It stops there, and a better one may still be open.",
    "Go on for L steps, or until nothing is open.",
    "第一个句子结束时，搜索就完了吗？",
    "它在那里停下了，而更好的可能还没有写完。",
    "继续走满 L 步，或直到没有未完成的为止。")
def beams_that_stop_at_the_first_end(lm, B, L):
    return _beams(lm, B, L, stop=lambda finished, beams: bool(finished))


@beam_search.twin(
    "A better sentence may not be the last to end: are some missing that end later?",
    "The best is right. The search stops as soon as no open beam is better than it, so worse ones that end later are missing.",
    "That is a fine way to save time, but here the whole list is asked for: L steps, or until nothing is open.",
    "最好的句子未必最后结束：有没有缺了后来才结束的？",
    "最好的是对的。但一旦没有哪个未完成的比它更好就停了，于是缺了后来才结束的较差的句子。",
    "这样省时间是好办法，但这里要完整的列表：走满 L 步，或直到没有未完成的为止。")
def beams_that_stop_early(lm, B, L):
    return _beams(lm, B, L, stop=lambda finished, beams: bool(finished and beams)
                  and max(beam[1] for beam in finished) >= beams[0][1])


@beam_search.twin(
    "Look at the score of a sentence of three words.",
    "It is log p of the last word alone.",
    "log(p1 p2 p3) = log p1 + log p2 + log p3: add the new log p to the old score.",
    "看看一个三个词的句子的得分。",
    "得分只是最后一个词的 log p。",
    "log(p1 p2 p3) = log p1 + log p2 + log p3：把新的 log p 加到旧得分上。")
def beams_scored_by_the_last_word(lm, B, L):
    return _beams(lm, B, L, add=lambda score, p: p)


@beam_search.twin(
    "Can a log-probability be above 0?",
    "The scores are probabilities: exp has been taken, and they are multiplied.",
    "The score is log p: a sum, that begins with 0.",
    "对数概率会大于 0 吗？",
    "得分是概率：取了 exp，再相乘。",
    "得分是 log p：一个从 0 开始的和。")
def beams_scored_by_probability(lm, B, L):
    return _beams(lm, B, L, begin=1.0, add=lambda score, p: score * math.exp(p))


@beam_search.twin(
    "Look at the score of a sentence of three words.",
    "The log p are multiplied with each other, and the product of negative numbers changes its sign with every word.",
    "Probabilities are multiplied, their logarithms added.",
    "看看一个三个词的句子的得分。",
    "把 log p 相乘了，而负数的乘积每多一个词就变号。",
    "概率相乘，对数相加。")
def beams_with_log_p_multiplied(lm, B, L):
    return _beams(lm, B, L, begin=1.0, add=lambda score, p: score * p)


@beam_search.twin(
    "How many beams are there at the third step?",
    "Each beam keeps its own B best, so there are B, then B^2, then B^3: nothing is left out.",
    "After each step all continuations are compared together, and B of them kept.",
    "第三步时有多少个束？",
    "每个束都保留自己最好的 B 个，于是有 B 个、B^2 个、B^3 个：什么也没有舍弃。",
    "每一步之后把所有续写放在一起比较，只保留 B 个。")
def beams_without_pruning(lm, B, L):
    return _beams(lm, B, L, keep=lambda B: 10_000)


@beam_search.twin(
    "How many beams are there after the first step?",
    "Each beam is continued by its likeliest word alone, so there is never more than one: this is greedy search.",
    "Continue each beam by its B best words, and keep the B best of all.",
    "第一步之后有多少个束？",
    "每个束只用最可能的一个词续写，所以始终只有一个：这是贪心搜索。",
    "每个束用它最好的 B 个词续写，再从全部里保留最好的 B 个。")
def beams_of_one(lm, B, L):
    return _beams(lm, B, L, k=1)


@beam_search.twin(
    "By what are the continuations sorted?",
    "By the alphabet: a list of (words, score) is sorted by the words.",
    "Sort by the score: key=lambda beam: beam[1].",
    "续写是按什么排序的？",
    "按字母顺序：(words, score) 的列表会先按 words 排序。",
    "要按得分排序：key=lambda beam: beam[1]。")
def beams_by_the_alphabet(lm, B, L):
    return _beams(lm, B, L, rank=lambda beam: beam)


@beam_search.twin(
    "Which are kept, the best or the worst?",
    "The worst: sorted from the smallest score.",
    "The largest score is the best: reverse=True.",
    "留下的是最好的还是最差的？",
    "是最差的：从最小的得分开始排。",
    "得分最大的最好：reverse=True。")
def beams_with_the_worst(lm, B, L):
    return _beams(lm, B, L, best=False)


@beam_search.twin(
    "Does the dict come sorted?",
    "Each beam is continued by the first B words of the dict, which is not sorted by log p.",
    "Its B likeliest: sorted(log_p, key=log_p.get, reverse=True)[:B].",
    "字典是排好序的吗？",
    "每个束用字典里的前 B 个词续写，而字典没有按 log p 排序。",
    "要用最可能的 B 个：sorted(log_p, key=log_p.get, reverse=True)[:B]。")
def beams_with_the_first_words(lm, B, L):
    return _beams(lm, B, L, likely=list)


@beam_search.twin(
    "Which order has the list?",
    "The sentences stand in the order in which they have ended.",
    "Best first: sort the finished ones by their scores, the largest first.",
    "列表是什么顺序？",
    "句子按结束的先后排列。",
    "最好的在前：把已完成的按得分从大到小排序。")
def beams_in_the_order_of_ending(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        longer.sort(key=lambda beam: beam[1], reverse=True)
        finished += [beam for beam in longer[:B] if beam[0][-1] == "</s>"]
        beams = [beam for beam in longer[:B] if beam[0][-1] != "</s>"]
    return finished


@beam_search.twin(
    "Which order has the list?",
    "The worst stands first.",
    "Best first: the largest score.",
    "列表是什么顺序？",
    "最差的在最前面。",
    "最好的在前：得分最大的。")
def beams_worst_first(lm, B, L):
    return beam_search(lm, B, L)[::-1]


@beam_search.twin(
    "What is returned, one sentence or all?",
    "The best one alone.",
    "All finished ones, a list of (words, score), best first: the next hole chooses among them.",
    "返回的是一个句子还是全部？",
    "只有最好的一个。",
    "返回全部已完成的：(words, score) 的列表，最好的在前；下一个空要在其中挑选。")
def beams_the_best_alone(lm, B, L):
    return next(iter(beam_search(lm, B, L)), None)


@beam_search.twin(
    "Do all of these sentences end in </s>?",
    "What is still open after L words is among them.",
    "What has not ended is no sentence: only the finished ones are returned.",
    "这些句子都以 </s> 结尾吗？",
    "L 个词之后还没有完成的也在其中。",
    "没有结束的不算句子：只返回已完成的。")
def beams_with_open_ones(lm, B, L):
    return _beams(lm, B, L, cut=True)


@beam_search.twin(
    "How long may a sentence be?",
    "It is one step short: sentences of L words, </s> counted, are missing.",
    "L steps, each of which adds a word.",
    "句子最长可以多长？",
    "少走了一步：缺了连 </s> 共 L 个词的句子。",
    "走 L 步，每步加一个词。")
def beams_one_short(lm, B, L):
    return beam_search(lm, B, L - 1)


@beam_search.twin(
    "How long may a sentence be?",
    "It is one step too many: there are sentences of L + 1 words.",
    "L steps, each of which adds a word; <s> does not count.",
    "句子最长可以多长？",
    "多走了一步：出现了 L + 1 个词的句子。",
    "走 L 步，每步加一个词；<s> 不算。")
def beams_one_too_many(lm, B, L):
    return beam_search(lm, B, L + 1)


@beam_search.twin(
    "Print the beams after one step: are their words different?",
    "All continuations of a beam are one and the same list, to which every word was appended.",
    "Make a new list for each: words + [word].",
    "打印一步之后的各个束：它们的词不同吗？",
    "一个束的所有续写其实是同一个列表，每个词都加到了它上面。",
    "每个都要新建一个列表：words + [word]。")
def beams_of_one_list(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            for word in sorted(log_p, key=log_p.get, reverse=True)[:B]:
                words.append(word)
                longer.append((words, score + log_p[word]))
        longer.sort(key=lambda beam: beam[1], reverse=True)
        finished += [beam for beam in longer[:B] if beam[0][-1] == "</s>"]
        beams = [beam for beam in longer[:B] if beam[0][-1] != "</s>"]
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "Which comes first: to choose the B best, or to take out what ends in </s>?",
    "A continuation by </s> counts as finished as soon as it is made, and the B are then chosen from the others.",
    "First the B best of all continuations, those by </s> among them; of these B, what ends in </s> is finished.",
    "哪个在先：选出最好的 B 个，还是取出以 </s> 结尾的？",
    "一续上 </s> 就算完成，然后再从其余的里面选 B 个。",
    "先在所有续写（包括以 </s> 续写的）中取最好的 B 个；这 B 个里以 </s> 结尾的才算完成。")
def beams_that_end_before_the_choice(lm, B, L):
    return _beams(lm, B, L, every_end=True, places=True)


@beam_search.twin(
    "Where do you look for </s>: among all continuations, or among the B best?",
    "Every beam is continued by all words, and every continuation by </s> counts as finished.",
    "Of all continuations keep the B best; only of these, what ends in </s> is finished.",
    "你在哪里找 </s>：在所有续写里，还是在最好的 B 个里？",
    "每个束用所有的词续写，而每个以 </s> 续写的都算完成了。",
    "在所有续写中保留最好的 B 个；只有这 B 个里以 </s> 结尾的才算完成。")
def beams_with_every_end_of_all_words(lm, B, L):
    return _beams(lm, B, L, k=1000, every_end=True)


@beam_search.twin(
    "Which comes first: to choose the B best, or to take out what ends in </s>?",
    "Every beam is continued by all words, every </s> counts as finished, and the B are chosen from the others.",
    "Of all continuations keep the B best; only of these, what ends in </s> is finished.",
    "哪个在先：选出最好的 B 个，还是取出以 </s> 结尾的？",
    "每个束用所有的词续写，每个 </s> 都算完成，再从其余的里面选 B 个。",
    "在所有续写中保留最好的 B 个；只有这 B 个里以 </s> 结尾的才算完成。")
def beams_of_all_words_that_end_before_the_choice(lm, B, L):
    return _beams(lm, B, L, k=1000, every_end=True, places=True)


@beam_search.twin(
    "How many are kept after a step in which one ends?",
    "There are always B open ones, chosen from all words: a finished one takes no place of the B.",
    "Libraries do so too. Here the B best of all are kept, as in the notes; what ends in </s> is one of these B.",
    "有句子结束的那一步之后，保留了几个？",
    "始终有 B 个未完成的，从所有的词里选出：已完成的没有占 B 个名额。",
    "有的库也这样做。这里和讲义一样，从全部里保留最好的 B 个；以 </s> 结尾的也占其中一个名额。")
def beams_with_places_for_open_ones_of_all_words(lm, B, L):
    return _beams(lm, B, L, k=1000, places=True)


@beam_search.twin(
    "When does the search stop?",
    "As soon as B sentences have ended.",
    "That is one way to save time, but a better one may still be open: go on for L steps, or until nothing is open.",
    "搜索什么时候停？",
    "一有 B 个句子结束就停了。",
    "这样省时间，但更好的可能还没有写完：走满 L 步，或直到没有未完成的为止。")
def beams_that_stop_at_b_ends(lm, B, L):
    return _beams(lm, B, L, stop=lambda finished, beams: len(finished) >= B)


@beam_search.twin(
    "Look inside of the sentences: where does </s> stand?",
    "A finished sentence is in the list, and was left in the beam as well: it is continued past its </s>, and may end again.",
    "What ends in </s> leaves the beam. (And take nothing out of a list while a for goes through it.)",
    "看看句子内部：</s> 在哪里？",
    "完成的句子进了列表，却还留在集束里：越过 </s> 继续写，还可能再结束一次。",
    "以 </s> 结尾的要离开集束。（for 正在走过一个列表时，不要从中删除。）")
def beams_that_end_and_go_on(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        beams = sorted(longer, key=lambda beam: beam[1], reverse=True)[:B]
        finished += [beam for beam in beams if beam[0][-1] == "</s>"]
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "What does lm.next return, probabilities or their logarithms?",
    "A logarithm is taken of a logarithm: it is below 0, and has none.",
    "lm.next returns log p already: add it to the score.",
    "lm.next 返回的是概率还是对数？",
    "对对数又取了对数：它小于 0，没有对数。",
    "lm.next 返回的已经是 log p：直接加到得分上。")
def beams_with_a_logarithm_too_many(lm, B, L):
    return _beams(lm, B, L, add=lambda score, p: score + math.log(p))


@beam_search.twin(
    "Compare the score of a sentence with the sum of its log p.",
    "The search is right, and the scores are divided by the number of words, <s> counted.",
    "The score is log p itself; dividing by the length is a later hole.",
    "把一个句子的得分与它的 log p 之和比较。",
    "搜索是对的，但得分除以了词数，连 <s> 也算了。",
    "得分就是 log p 本身；除以长度是后面一个空的事。")
def beams_divided_by_all_words(lm, B, L):
    found = [(words, score / len(words)) for words, score in beam_search(lm, B, L)]
    return sorted(found, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "Compare the score of a sentence with the sum of its log p.",
    "The search is right, and the scores are divided by the number of words.",
    "The score is log p itself; dividing by the length is a later hole.",
    "把一个句子的得分与它的 log p 之和比较。",
    "搜索是对的，但得分除以了词数。",
    "得分就是 log p 本身；除以长度是后面一个空的事。")
def beams_divided_by_the_length(lm, B, L):
    found = [(words, score / (len(words) - 1)) for words, score in beam_search(lm, B, L)]
    return sorted(found, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "How many are kept after a step in which one ends?",
    "Ever fewer: each finished sentence takes its place of the B for good.",
    "The next step again keeps the B best of all continuations.",
    "有句子结束的那一步之后，保留了几个？",
    "越来越少：每个完成的句子永远占去了 B 中的一个名额。",
    "下一步仍从所有续写中保留最好的 B 个。")
def beams_that_narrow(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        kept = sorted(longer, key=lambda beam: beam[1], reverse=True)[:max(0, B - len(finished))]
        finished += [beam for beam in kept if beam[0][-1] == "</s>"]
        beams = [beam for beam in kept if beam[0][-1] != "</s>"]
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "How many are kept after a step in which one ends?",
    "B itself gets smaller with what has finished, and the search ends too early.",
    "B stays what it is: each step keeps the B best of all continuations.",
    "有句子结束的那一步之后，保留了几个？",
    "B 本身随完成的个数变小了，搜索过早结束。",
    "B 不变：每一步都从所有续写中保留最好的 B 个。")
def beams_with_a_smaller_b(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        kept = sorted(longer, key=lambda beam: beam[1], reverse=True)[:B]
        finished += [beam for beam in kept if beam[0][-1] == "</s>"]
        beams = [beam for beam in kept if beam[0][-1] != "</s>"]
        B = B - len(finished)
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "What is returned if no sentence has ended?",
    "Those that are still open.",
    "What has not ended is no sentence: then the list is empty.",
    "没有句子结束时返回什么？",
    "返回了还没完成的。",
    "没有结束的不算句子：这时列表是空的。")
def beams_open_if_none_has_ended(lm, B, L):
    return beam_search(lm, B, L) or _beams(lm, B, L, cut=True)


@beam_search.twin(
    "What is 0 times anything?",
    "The log p are multiplied, and the first score is 0: so all scores are 0.",
    "Probabilities are multiplied, their logarithms added.",
    "0 乘以任何数是多少？",
    "log p 相乘了，而第一个得分是 0：于是所有得分都是 0。",
    "概率相乘，对数相加。")
def beams_that_score_zero(lm, B, L):
    return _beams(lm, B, L, add=lambda score, p: score * p)


@beam_search.twin(
    "Which of its words is each beam continued by?",
    "By its B least likely: sorted begins with the smallest.",
    "sorted(log_p, key=log_p.get, reverse=True)[:B].",
    "每个束用哪些词续写？",
    "用最不可能的 B 个：sorted 从最小的开始。",
    "sorted(log_p, key=log_p.get, reverse=True)[:B]。")
def beams_with_the_least_likely_words(lm, B, L):
    return _beams(lm, B, L, likely=lambda log_p: sorted(log_p, key=log_p.get))


@beam_search.twin(
    "By what are the next words sorted?",
    "By the alphabet, from its end: sorted of a dict sorts its keys, which are the words.",
    "By their log p: key=log_p.get.",
    "下一个词是按什么排序的？",
    "按字母倒序：对字典排序，排的是键，也就是词。",
    "按 log p：key=log_p.get。")
def beams_with_the_last_words_of_the_alphabet(lm, B, L):
    return _beams(lm, B, L, likely=lambda log_p: sorted(log_p, reverse=True))


@beam_search.twin(
    "By what are the next words sorted?",
    "By the alphabet: sorted of a dict sorts its keys, which are the words.",
    "By their log p: key=log_p.get.",
    "下一个词是按什么排序的？",
    "按字母顺序：对字典排序，排的是键，也就是词。",
    "按 log p：key=log_p.get。")
def beams_with_the_first_words_of_the_alphabet(lm, B, L):
    return _beams(lm, B, L, likely=sorted)


@beam_search.twin(
    "A sentence ends. What becomes of the others of this step?",
    "Those that are ranked after it are lost: a `break` inside of the loop?",
    "Go on through the B: the one is finished, the others stay open.",
    "有一个句子结束了。同一步的其他候选怎样了？",
    "排在它后面的丢了：循环里有 `break` 吗？",
    "继续走完这 B 个：它完成了，其他的仍未完成。")
def beams_lost_after_an_end(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        longer.sort(key=lambda beam: beam[1], reverse=True)
        beams = []
        for beam in longer[:B]:
            if beam[0][-1] == "</s>":
                finished.append(beam)
                break
            beams.append(beam)
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "What is in your lists at the second step?",
    "What was there at the first step still: shorter ones, whose log p is larger, stay on top for ever.",
    "Each step begins with empty lists, of continuations (new_b = [] in the notes) and of new beams.",
    "第二步时，你的列表里有什么？",
    "第一步的还在：短的 log p 更大，永远排在前面。",
    "每一步都从空列表开始：续写的列表（讲义的 new_b = []）和新的束都是。")
def beams_with_old_continuations(lm, B, L):
    beams, finished, longer = [(["<s>"], 0.0)], [], []
    for _ in range(L):
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        longer = sorted(longer, key=lambda beam: beam[1], reverse=True)[:B]
        finished += [beam for beam in longer if beam[0][-1] == "</s>"]
        beams = [beam for beam in longer if beam[0][-1] != "</s>"]
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "Compare the score of a sentence with the sum of its log p.",
    "It is divided by the length at every step, and so again and again.",
    "The score is the plain sum; dividing by the length is a later hole, and is done once.",
    "把一个句子的得分与它的 log p 之和比较。",
    "每一步都除以了长度，一除再除。",
    "得分就是和本身；除以长度是后面一个空的事，而且只除一次。")
def beams_divided_at_every_step(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], (score + log_p[word]) / len(words))
                       for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        longer.sort(key=lambda beam: beam[1], reverse=True)
        finished += [beam for beam in longer[:B] if beam[0][-1] == "</s>"]
        beams = [beam for beam in longer[:B] if beam[0][-1] != "</s>"]
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "Print the beams after one step: what is the last word of each?",
    "The list is empty on every input: no sentence is ever found to end. Either </s> is not looked for, or a word has fallen "
    "apart into letters (list(word), words + word).",
    "words + [word] puts one word behind the others; if it is </s>, the sentence is finished.",
    "打印一步之后的各个束：每个束的最后一个词是什么？",
    "无论输入是什么，列表都是空的：没有发现任何句子结束。要么没有检查 </s>，要么词被拆成了字母（list(word)、words + word）。",
    "words + [word] 在后面接上一个词；它是 </s>，句子就完成了。")
def beams_that_never_finish(lm, B, L):
    return []


@beam_search.twin(
    "How do the sentences end?",
    "All is right, but </s> is taken away.",
    "The words go from <s> to </s>.",
    "句子怎样结束？",
    "都对，只是去掉了 </s>。",
    "words 从 <s> 到 </s>。")
def beams_without_the_end(lm, B, L):
    return [(words[:-1], score) for words, score in beam_search(lm, B, L)]


@beam_search.twin(
    "How do the sentences begin and end?",
    "All is right, but <s> and </s> are taken away.",
    "The words go from <s> to </s>.",
    "句子怎样开始、怎样结束？",
    "都对，只是去掉了 <s> 和 </s>。",
    "words 从 <s> 到 </s>。")
def beams_without_marks(lm, B, L):
    return [(words[1:-1], score) for words, score in beam_search(lm, B, L)]


@beam_search.twin(
    "How many steps are taken?",
    "One: a `return` inside of the loop?",
    "Return after L steps.",
    "走了几步？",
    "一步：循环里有 `return` 吗？",
    "走完 L 步之后再返回。")
def beams_of_a_single_step(lm, B, L):
    return beam_search(lm, B, 1)


@beam_search.twin(
    "Which order has the list?",
    "That of the alphabet: a list of (words, score) is sorted by the words.",
    "By the score, the largest first: key=lambda beam: beam[1], reverse=True.",
    "列表是什么顺序？",
    "字母顺序：(words, score) 的列表会先按 words 排序。",
    "按得分，最大的在前：key=lambda beam: beam[1], reverse=True。")
def beams_listed_by_the_alphabet(lm, B, L):
    return sorted(beam_search(lm, B, L))


@beam_search.twin(
    "Which order has the list?",
    "That of the alphabet, from its end: a list of (words, score) is sorted by the words.",
    "By the score, the largest first: key=lambda beam: beam[1], reverse=True.",
    "列表是什么顺序？",
    "字母倒序：(words, score) 的列表会先按 words 排序。",
    "按得分，最大的在前：key=lambda beam: beam[1], reverse=True。")
def beams_listed_by_the_alphabet_from_its_end(lm, B, L):
    return sorted(beam_search(lm, B, L), reverse=True)


@beam_search.twin(
    "How many beams are continued at the second step?",
    "The first alone.",
    "Each of the open beams is continued, and the continuations of all are compared.",
    "第二步时续写了几个束？",
    "只有第一个。",
    "每个未完成的束都要续写，再把所有续写放在一起比较。")
def beams_of_which_the_first_goes_on(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams[:1]:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        finished += [beam for beam in longer if beam[0][-1] == "</s>"]
        beams = [beam for beam in longer if beam[0][-1] != "</s>"]
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "What stands first in each pair?",
    "The score; the words come second.",
    "(words, score).",
    "每一对里哪个在前？",
    "得分在前，词在后。",
    "应是 (words, score)。")
def beams_with_pairs_turned_round(lm, B, L):
    return [(score, words) for words, score in beam_search(lm, B, L)]


@beam_search.twin(
    "Which sign has a log-probability?",
    "The scores are -log p, costs: right but for the sign.",
    "score is log p, never above 0; the largest is the best.",
    "对数概率是正还是负？",
    "得分是 -log p，即代价：只是符号不对。",
    "score 是 log p，从不大于 0；最大的最好。")
def beams_with_costs(lm, B, L):
    return [(words, -score) for words, score in beam_search(lm, B, L)]


@beam_search.twin(
    "Is a sentence cut off after its end still worth what it was?",
    "It is continued past its </s> for L steps, and cut there at last: its score holds what came after.",
    "At the step at which </s> comes the sentence is finished, with the score of then.",
    "在 </s> 处截断的句子，得分还是原来的吗？",
    "它越过 </s> 写满 L 步，最后才截断：得分里含有后面的词，而且一直占着名额。",
    "出现 </s> 的那一步句子就完成了，得分以那时为准。")
def beams_cut_at_last(lm, B, L):
    return [(words[:words.index("</s>") + 1], score) for words, score in beams_past_the_end(lm, B, L) if "</s>" in words]


@beam_search.twin(
    "Where is a sentence that has ended, at the next step?",
    "It stays among the B beams, and what is returned are the B of the last step, ended or not.",
    "What ends in </s> leaves the beam, for a list of its own; this list is returned.",
    "已结束的句子在下一步时在哪里？",
    "它留在 B 个束里，返回的是最后一步的 B 个，不管结束没有。",
    "以 </s> 结尾的离开集束，放进单独的列表；返回的是这个列表。")
def beams_that_stay_with_open_ones(lm, B, L):
    beams = [(["<s>"], 0.0)]
    for _ in range(L):
        longer = [beam for beam in beams if beam[0][-1] == "</s>"]
        for words, score in beams:
            if words[-1] != "</s>":
                log_p = lm.next(words)
                longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        beams = sorted(longer, key=lambda beam: beam[1], reverse=True)[:B]
    return beams


@beam_search.twin(
    "What does lm.next return, probabilities or their logarithms?",
    "A logarithm is taken of a logarithm: it is below 0, and np.log makes nan of it.",
    "lm.next returns log p already: add it to the score.",
    "lm.next 返回的是概率还是对数？",
    "对对数又取了对数：它小于 0，np.log 得到 nan。",
    "lm.next 返回的已经是 log p：直接加到得分上。")
def beams_of_nan(lm, B, L):
    with np.errstate(all="ignore"):
        return _beams(lm, B, L, add=lambda score, p: score + np.log(p))


@beam_search.twin(
    "Which order has the list?",
    "That of the score divided by the number of words.",
    "By the score itself; dividing by the length is a later hole.",
    "列表是什么顺序？",
    "按得分除以词数的顺序。",
    "按得分本身；除以长度是后面一个空的事。")
def beams_listed_by_the_mean(lm, B, L):
    return sorted(beam_search(lm, B, L), key=lambda beam: beam[1] / len(beam[0]), reverse=True)


@beam_search.twin(
    "By what are the continuations sorted before the B best are taken?",
    "By the alphabet, from its end: a list of (words, score) is sorted by the words, and the score is not looked at.",
    "Sort by the score: key=lambda beam: beam[1], reverse=True.",
    "取最好的 B 个之前，续写是按什么排序的？",
    "按字母倒序：(words, score) 的列表先按 words 排序，没有看得分。",
    "要按得分排序：key=lambda beam: beam[1], reverse=True。")
def beams_chosen_by_the_alphabet_from_its_end(lm, B, L):
    return _beams(lm, B, L, choose=lambda beam: beam)


@beam_search.twin(
    "By what are the continuations sorted before the B best are taken?",
    "By the alphabet: a list of (words, score) is sorted by the words, and the score is not looked at.",
    "Sort by the score, the largest first: key=lambda beam: beam[1], reverse=True.",
    "取最好的 B 个之前，续写是按什么排序的？",
    "按字母顺序：(words, score) 的列表先按 words 排序，没有看得分。",
    "要按得分排序，最大的在前：key=lambda beam: beam[1], reverse=True。")
def beams_chosen_by_the_alphabet(lm, B, L):
    return _beams(lm, B, L, choose=lambda beam: beam, best=False)


@beam_search.twin(
    "By what is each of your two lists sorted?",
    "Both by the alphabet: a list of (words, score) is sorted by the words.",
    "Sort both by the score, the largest first: key=lambda beam: beam[1], reverse=True.",
    "你的两个列表各按什么排序？",
    "都按字母顺序：(words, score) 的列表会先按 words 排序。",
    "两个都按得分排序，最大的在前：key=lambda beam: beam[1], reverse=True。")
def beams_all_by_the_alphabet(lm, B, L):
    return sorted(_beams(lm, B, L, choose=lambda beam: beam, best=False))


@beam_search.twin(
    "A sentence ends at the second step of eight: where is it after the third?",
    "It was continued past its </s> like any other, and only what happens to end in </s> at the last step is returned.",
    "At every step look at the B best: what ends in </s> goes into a list of its own at once, and leaves the beam.",
    "一个句子在八步中的第二步结束：第三步之后它在哪里？",
    "它和别的一样越过 </s> 继续写，最后只返回碰巧在最后一步以 </s> 结尾的。",
    "每一步都看最好的 B 个：以 </s> 结尾的马上放进单独的列表，离开集束。")
def beams_that_end_at_the_last_step_alone(lm, B, L):
    return [beam for beam in beams_past_the_end(lm, B, L) if beam[0][-1] == "</s>"]


@beam_search.twin(
    "Look inside of the sentences: does anything stand behind </s>?",
    "They were continued past their </s>, for L steps, with a score that holds what came after.",
    "At the step at which </s> comes the sentence is finished, with the score of then, and leaves the beam.",
    "看看句子内部：</s> 后面还有词吗？",
    "它们越过 </s> 写满了 L 步，得分里含有后面的词。",
    "出现 </s> 的那一步句子就完成了，得分以那时为准，并离开集束。")
def beams_that_have_an_end_somewhere(lm, B, L):
    return [beam for beam in beams_past_the_end(lm, B, L) if "</s>" in beam[0]]


@beam_search.twin(
    "How many sentences can finish in L steps with B beams: at most B?",
    "The search is right, but only the B best of the finished sentences are returned.",
    "At each step B are kept, so over all steps more than B may finish: return them all.",
    "B 个束走 L 步，能完成几个句子：最多 B 个吗？",
    "搜索是对的，但只返回了已完成句子里最好的 B 个。",
    "B 是每一步保留的个数，所有步加起来完成的可以超过 B 个：全部返回。")
def beams_of_which_b_are_returned(lm, B, L):
    return beam_search(lm, B, L)[:B]


@beam_search.twin(
    "May two beams end in the same word?",
    "Of all continuations with the same last word only the best is kept.",
    "Beams are different beginnings: two that end alike are still two.",
    "两个束可以以同一个词结尾吗？",
    "最后一个词相同的续写里只留下了最好的一个。",
    "每个束是不同的开头：结尾相同的两个仍是两个。")
def beams_with_different_last_words(lm, B, L):
    beams, finished = [(["<s>"], 0.0)], []
    for _ in range(L):
        longer = []
        for words, score in beams:
            log_p = lm.next(words)
            longer += [([*words, word], score + log_p[word]) for word in sorted(log_p, key=log_p.get, reverse=True)[:B]]
        longer.sort(key=lambda beam: beam[1])
        kept = sorted({beam[0][-1]: beam for beam in longer}.values(), key=lambda beam: beam[1], reverse=True)[:B]
        finished += [beam for beam in kept if beam[0][-1] == "</s>"]
        beams = [beam for beam in kept if beam[0][-1] != "</s>"]
    return sorted(finished, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "Is log p of </s> in the score?",
    "It is missing: the score is that of the words before it.",
    "</s> is predicted as any other word: its log p belongs to that of the whole.",
    "得分里有 </s> 的 log p 吗？",
    "没有：得分只是它前面那些词的。",
    "</s> 和别的词一样是预测出来的：它的 log p 也属于整个序列。")
def beams_scored_without_the_end(lm, B, L):
    found = [(words, score - lm.next(words[:-1])["</s>"]) for words, score in beam_search(lm, B, L)]
    return sorted(found, key=lambda beam: beam[1], reverse=True)


@beam_search.twin(
    "What belongs to each sentence besides its words?",
    "The words alone are returned.",
    "Pairs: (words, score).",
    "除了词，每个句子还带着什么？",
    "只返回了词。",
    "要返回二元组 (words, score)。")
def beams_without_scores(lm, B, L):
    return [words for words, _ in beam_search(lm, B, L)]


@beam_search.twin(
    "By what is the list sorted, and is everything in it that has finished?",
    "By the alphabet, for a list of (words, score) is sorted by the words; and only B of it are returned.",
    "By the score, the largest first, and all of them: over all steps more than B may finish.",
    "列表按什么排序？完成的都在里面吗？",
    "按字母顺序，因为 (words, score) 的列表先按 words 排序；而且只返回了其中 B 个。",
    "按得分，最大的在前，而且全部返回：所有步加起来完成的可以超过 B 个。")
def beams_listed_by_the_alphabet_and_cut(lm, B, L):
    return sorted(beam_search(lm, B, L))[:B]


@beam_search.twin(
    "By what is the list sorted, and is everything in it that has finished?",
    "By the alphabet, from its end, for a list of (words, score) is sorted by the words; and only B of it are returned.",
    "By the score, the largest first, and all of them: over all steps more than B may finish.",
    "列表按什么排序？完成的都在里面吗？",
    "按字母倒序，因为 (words, score) 的列表先按 words 排序；而且只返回了其中 B 个。",
    "按得分，最大的在前，而且全部返回：所有步加起来完成的可以超过 B 个。")
def beams_listed_by_the_alphabet_from_its_end_and_cut(lm, B, L):
    return sorted(beam_search(lm, B, L), reverse=True)[:B]


# --- breaks_notes_beam ---

@lab.hole(cases=[[3], [4], [5], [6]], more=[[7], [8], [9], [10]], through="notes_version_is_worse")
def breaks_notes_beam(L):
    return {"<s>": {"yes": 0.6, "no": 0.4}, "yes": {"</s>": 1.0}, "no": {"no": 1.0}}


@breaks_notes_beam.twin(
    "What does the model say after </s>?",
    "That </s> follows for certain: further words cost nothing, and the notes' version gets away with it.",
    "A model that was trained on sentences has never seen what follows </s>. Leave that row out.",
    "</s> 之后，模型怎么说？",
    "它说后面必定还是 </s>：多余的词没有代价，讲义的版本就蒙混过关了。",
    "用句子训练的模型从没见过 </s> 之后有什么。不要写这一行。")
def breaks_nothing_with_an_end_that_stays(L):
    return {"<s>": {"yes": 0.6, "no": 0.4}, "yes": {"</s>": 1.0}, "no": {"no": 1.0}, "</s>": {"</s>": 1.0}}


@breaks_notes_beam.twin(
    "Which sentence should lose here? Compare notes_version(table, L), up to its first </s>, with the one that you had in mind.",
    "The most probable sentence is found by the notes' version as well: that greedy search goes wrong is not enough.",
    "After </s> each further word costs a factor: let some row of L words be worth more than the best sentence with it.",
    "这里哪个句子应该落败？把 notes_version(table, L) 到第一个 </s> 为止的部分与你设想的句子比较。",
    "最可能的句子，讲义的版本也找到了：只让贪心搜索出错还不够。",
    "</s> 之后每多一个词就乘上一个小于 1 的因子：让另一个 L 个词的序列胜过带着这些因子的最好句子。")
def breaks_nothing(L):
    return {"<s>": {"yes": 0.9, "no": 0.1}, "yes": {"</s>": 1.0}, "no": {"</s>": 1.0}}


@breaks_notes_beam.twin(
    "Does any sentence end?",
    "No: within L words no </s> can be reached, so there is no sentence that could be better.",
    "The best sentence has to end: give </s> to one of the words.",
    "有哪个句子会结束？",
    "没有：L 个词之内到不了 </s>，所以不存在更好的句子。",
    "最好的句子必须能结束：给某个词一个 </s>。")
def breaks_nothing_without_an_end(L):
    return {"<s>": {"yes": 0.6, "no": 0.4}, "yes": {"yes": 1.0}, "no": {"no": 1.0}}


@breaks_notes_beam.twin(
    "Is each row a distribution?",
    "There is a row that does not add up to 1.",
    "Each row says what may follow, with probabilities that add up to 1.",
    "每一行都是分布吗？",
    "有一行加起来不是 1。",
    "每一行说明后面可能是什么，概率之和为 1。")
def breaks_with_rows_that_are_no_distributions(L):
    return {"<s>": {"yes": 0.6, "no": 0.6}, "yes": {"</s>": 1.0}, "no": {"no": 1.0}}


@breaks_notes_beam.twin(
    "Are these probabilities?",
    "There is a number below 0: logarithms, it seems.",
    "The table holds probabilities; TableLM takes their logarithms itself.",
    "这些是概率吗？",
    "有小于 0 的数：看来是对数。",
    "表里放概率；TableLM 自己会取对数。")
def breaks_with_logarithms(L):
    return {"<s>": {"yes": -0.5, "no": -0.9}, "yes": {"</s>": 0.0}, "no": {"no": 0.0}}


@breaks_notes_beam.twin(
    "With what does a sentence begin?",
    "There is no row for <s>.",
    "Every sentence begins with <s>: say in its row what the first word may be.",
    "句子以什么开头？",
    "没有 <s> 这一行。",
    "每个句子都以 <s> 开头：在它那一行写出第一个词可能是什么。")
def breaks_without_a_beginning(L):
    return {"yes": {"</s>": 1.0}, "no": {"no": 1.0}}


@breaks_notes_beam.twin(
    "What is to be returned?",
    "This is a list, not a table.",
    "Return the table of a language model, a dict of dicts, of which the notes' search makes a bad sentence.",
    "应该返回什么？",
    "这是列表，不是表。",
    "返回一个语言模型的表，即字典的字典，使讲义的搜索由它得出不好的句子。")
def breaks_with_a_sentence(L):
    return ["<s>", "yes", "</s>"]


@breaks_notes_beam.twin(
    "What is to be returned?",
    "This is a TableLM, not its table.",
    "Return the dict of dicts itself.",
    "应该返回什么？",
    "这是 TableLM，而不是它的表。",
    "直接返回那个字典的字典。")
def breaks_with_a_model(L):
    from tinydawn.labs.given import TableLM

    return TableLM({"<s>": {"yes": 0.6, "no": 0.4}, "yes": {"</s>": 1.0}, "no": {"no": 1.0}})


@breaks_notes_beam.twin(
    "What stands in a row of the table?",
    "A word, or a list of words, in place of probabilities.",
    "Each row is a dict as well: {word: its probability, ...}, also where only one word can follow: {\"</s>\": 1.0}.",
    "表的一行里是什么？",
    "是一个词或词的列表，而不是概率。",
    "每一行也是字典：{词: 概率, ...}，只有一个词可接时也一样：{\"</s>\": 1.0}。")
def breaks_with_words_for_rows(L):
    return {"<s>": "yes", "yes": "</s>"}


def _breaks_for(lengths):
    """The mistake of a table that is right for some L alone, of 3, 4, 5, 6 or, in the marks, of 7 to 10."""
    bad = [length for length in (3, 4, 5, 6) if length not in lengths]
    named, named_zh = " and ".join(f"L = {length}" for length in bad), "、".join(f"L = {length}" for length in bad)

    def breaks(L):
        return breaks_notes_beam(L) if (L - 3) % 4 + 3 in lengths else breaks_nothing(L)

    breaks.__name__ = "breaks_for_" + "_".join(map(str, lengths))
    breaks_notes_beam.twin(
        f"Look at notes_version(table, L) for {named}: where is its first </s>, and what comes before?",
        f"For {named} the notes' version finds the best sentence too: what follows </s> leads to another end by chance, or the "
        "row that should win has got less probable than the best sentence with what follows it.",
        "A word that is followed by itself for certain costs nothing and never ends, however large L is.",
        f"看看 {named_zh} 时的 notes_version(table, L)：第一个 </s> 在哪里，它前面是什么？",
        f"{named_zh} 时，讲义的版本也找到了最好的句子：</s> 之后碰巧又走到结尾，"
        "或者本该胜出的序列已不如最好的句子连同它后面的词可能。",
        "一个后面必定是它自己的词没有代价，也永远不会结束，不管 L 多大。")(breaks)


for _pattern in range(1, 15):
    _breaks_for([3 + i for i in range(4) if _pattern >> i & 1])


# --- length_normalised ---

FOUND = [[["<s>", "oh", "</s>"], -1.9], [["<s>", "the", "dog", "sleeps", "now", "</s>"], -3.1],
         [["<s>", "a", "very", "long", "sentence", "about", "dogs", "</s>"], -3.9], [["<s>", "</s>"], -2.3],
         [["<s>", "a", "dog", "</s>"], -2.0]]
OTHER_FOUND = [[["<s>", "x", "y", "z", "</s>"], -2.2], [["<s>", "</s>"], -1.2], [["<s>", "x", "x", "y", "z", "z", "</s>"], -2.8]]


def _pairs(found):
    return [(list(words), score) for words, score in found]


@lab.hole(cases=[[_pairs(FOUND), 1.0], [_pairs(FOUND), 0.6], [_pairs(FOUND), 0.0], [_pairs(OTHER_FOUND[::-1]), 2.0]],
          more=[[_pairs(OTHER_FOUND), 1.0], [_pairs(OTHER_FOUND), 0.5], [_pairs(FOUND[1:]), 0.75], [_pairs(FOUND), 2.0]])
def length_normalised(finished, alpha):
    found = [(words, score / (len(words) - 1) ** alpha) for words, score in finished]
    return sorted(found, key=lambda pair: pair[1], reverse=True)


def _normalised(finished, score, reverse=True):
    return sorted([(words, score(s, len(words) - 1)) for words, s in finished], key=lambda pair: pair[1], reverse=reverse)


@length_normalised.twin(
    "What is |Y| of [\"<s>\", \"</s>\"], in your function and in the text?",
    "<s> is counted as a word.",
    "|Y| counts what the model has predicted: </s>, but not <s>, which was given.",
    "[\"<s>\", \"</s>\"] 的 |Y| 是多少，在你的函数里和在课文里？",
    "把 <s> 也算作一个词了。",
    "|Y| 数的是模型预测出来的词：包括 </s>，不包括给定的 <s>。")
def normalised_with_the_beginning_counted(finished, alpha):
    return _normalised(finished, lambda s, n: s / (n + 1) ** alpha)


@length_normalised.twin(
    "How many words has the sentence that ends at once?",
    "</s> is not counted, so the empty sentence has no word at all, and is divided by 0.",
    "|Y| counts what the model has predicted: </s> as well.",
    "一上来就结束的句子有几个词？",
    "没有算 </s>，空句子一个词也没有，于是除以了 0。",
    "|Y| 数的是模型预测出来的词：</s> 也算。")
def normalised_without_the_end_counted(finished, alpha):
    return _normalised(finished, lambda s, n: s / (n - 1) ** alpha)


@length_normalised.twin(
    "Do long sentences win or lose by this?",
    "The score is multiplied by the length, so long sentences lose even more.",
    "Divide: log p / |Y|^alpha.",
    "这样一来，长句更占便宜还是更吃亏？",
    "得分乘以了长度，长句更吃亏。",
    "要除：log p / |Y|^alpha。")
def normalised_by_multiplying(finished, alpha):
    return _normalised(finished, lambda s, n: s * n ** alpha)


@length_normalised.twin(
    "Try alpha = 0, which should change nothing.",
    "alpha is left out: this is always the mean log p of a word.",
    "|Y|^alpha: 1 for alpha = 0, |Y| for alpha = 1.",
    "试试 alpha = 0，它应当什么也不改变。",
    "漏掉了 alpha：这始终是每个词的平均 log p。",
    "|Y|^alpha：alpha = 0 时是 1，alpha = 1 时是 |Y|。")
def normalised_without_alpha(finished, alpha):
    return _normalised(finished, lambda s, n: s / n)


@length_normalised.twin(
    "Try alpha = 0.6 and a sentence of one word.",
    "The length is multiplied by alpha, and not raised to it.",
    "|Y| ** alpha.",
    "用 alpha = 0.6 试试只有一个词的句子。",
    "长度乘以了 alpha，而不是取 alpha 次幂。",
    "|Y| ** alpha。")
def normalised_by_alpha_times_the_length(finished, alpha):
    return _normalised(finished, lambda s, n: s / (n * alpha))


@length_normalised.twin(
    "Which comes first?",
    "The numbers are right, in the old order.",
    "Sort anew: dividing changes who is the best.",
    "哪个在最前面？",
    "数是对的，但顺序还是原来的。",
    "要重新排序：除过之后，谁最好就变了。")
def normalised_in_the_old_order(finished, alpha):
    return [(words, s / (len(words) - 1) ** alpha) for words, s in finished]


@length_normalised.twin(
    "By which score is the list sorted, the old one or the new?",
    "The numbers are right, and sorted by log p from before.",
    "Sort by the new scores.",
    "列表按哪个得分排序，旧的还是新的？",
    "数是对的，但按原来的 log p 排序。",
    "要按新的得分排序。")
def normalised_sorted_by_the_old_score(finished, alpha):
    return [(words, s / (len(words) - 1) ** alpha) for words, s in sorted(finished, key=lambda pair: -pair[1])]


@length_normalised.twin(
    "Which comes first?",
    "The worst.",
    "The largest score is the best, and nearest to 0.",
    "哪个在最前面？",
    "是最差的。",
    "得分最大的最好，也就是最接近 0 的。")
def normalised_worst_first(finished, alpha):
    return _normalised(finished, lambda s, n: s / n ** alpha, reverse=False)


@length_normalised.twin(
    "By what is log p divided for alpha = 1 and |Y| = 3?",
    "This is ((5 + |Y|) / 6)^alpha, the divisor of Google's translator.",
    "Here it is plain: |Y|^alpha.",
    "alpha = 1、|Y| = 3 时，log p 除以了多少？",
    "这里的除数是 ((5 + |Y|) / 6)^alpha，谷歌翻译系统所用的。",
    "这里要的就是 |Y|^alpha。")
def normalised_as_google_did(finished, alpha):
    return _normalised(finished, lambda s, n: s / ((5 + n) / 6) ** alpha)


@length_normalised.twin(
    "What is raised to the power of alpha?",
    "The whole quotient, and a power of a negative number is none, or a complex one.",
    "Only the length: log p / (|Y| ** alpha).",
    "取 alpha 次幂的是什么？",
    "是整个商，而负数的非整数次幂不是实数。",
    "只有长度：log p / (|Y| ** alpha)。")
def normalised_with_all_raised(finished, alpha):
    return _normalised(finished, lambda s, n: (s / n) ** alpha)


@length_normalised.twin(
    "What is returned, one sentence or all?",
    "The best one alone.",
    "The whole list, (words, score), best first.",
    "返回的是一个句子还是全部？",
    "只有最好的一个。",
    "返回整个列表 (words, score)，最好的在前。")
def normalised_the_best_alone(finished, alpha):
    return length_normalised(finished, alpha)[0]


@length_normalised.twin(
    "Which scores are returned?",
    "The order is the new one, and the scores are the old.",
    "Return log p / |Y|^alpha beside the words.",
    "返回的是哪个得分？",
    "顺序是新的，得分却是旧的。",
    "和词一起返回 log p / |Y|^alpha。")
def normalised_with_the_old_scores(finished, alpha):
    return sorted(finished, key=lambda pair: pair[1] / (len(pair[0]) - 1) ** alpha, reverse=True)


@length_normalised.twin(
    "By what is the list sorted?",
    "By the alphabet: a list of (words, score) is sorted by the words.",
    "By the new score, the largest first: key=lambda pair: pair[1], reverse=True.",
    "列表是按什么排序的？",
    "按字母顺序：(words, score) 的列表会先按 words 排序。",
    "按新的得分，最大的在前：key=lambda pair: pair[1], reverse=True。")
def normalised_by_the_alphabet(finished, alpha):
    return sorted((words, s / (len(words) - 1) ** alpha) for words, s in finished)


@length_normalised.twin(
    "By what is the list sorted?",
    "By the alphabet, from its end: a list of (words, score) is sorted by the words.",
    "By the new score, the largest first: key=lambda pair: pair[1], reverse=True.",
    "列表是按什么排序的？",
    "按字母倒序：(words, score) 的列表会先按 words 排序。",
    "按新的得分，最大的在前：key=lambda pair: pair[1], reverse=True。")
def normalised_by_the_alphabet_from_its_end(finished, alpha):
    return sorted(((words, s / (len(words) - 1) ** alpha) for words, s in finished), reverse=True)


@length_normalised.twin(
    "What stands first in each pair?",
    "The score; the words come second.",
    "(words, score), as in what was given.",
    "每一对里哪个在前？",
    "得分在前，词在后。",
    "应是 (words, score)，和给定的一样。")
def normalised_with_pairs_turned_round(finished, alpha):
    return [(score, words) for words, score in length_normalised(finished, alpha)]


@length_normalised.twin(
    "Mind the order of operations, and what alpha does.",
    "`/ |Y| * alpha` divides by |Y|, and then multiplies by alpha.",
    "alpha is an exponent: / |Y| ** alpha.",
    "注意运算的顺序，以及 alpha 的作用。",
    "`/ |Y| * alpha` 先除以 |Y|，再乘以 alpha。",
    "alpha 是指数：/ |Y| ** alpha。")
def normalised_times_alpha(finished, alpha):
    return _normalised(finished, lambda s, n: s / n * alpha)


@length_normalised.twin(
    "What is raised to the power of alpha?",
    "log p, in place of the length, and a power of a negative number is complex.",
    "Only the length: log p / (|Y| ** alpha).",
    "取 alpha 次幂的是什么？",
    "是 log p，而不是长度；负数的非整数次幂是复数。",
    "只有长度：log p / (|Y| ** alpha)。")
def normalised_with_log_p_raised(finished, alpha):
    return _normalised(finished, lambda s, n: s ** alpha / n)


@length_normalised.twin(
    "Mind the order of operations, and what alpha does.",
    "`/ alpha * |Y|` divides by alpha, and multiplies by |Y|.",
    "alpha is an exponent: / |Y| ** alpha.",
    "注意运算的顺序，以及 alpha 的作用。",
    "`/ alpha * |Y|` 除以 alpha，再乘以 |Y|。",
    "alpha 是指数：/ |Y| ** alpha。")
def normalised_over_alpha(finished, alpha):
    return _normalised(finished, lambda s, n: s / alpha * n)


@length_normalised.twin(
    "Can these numbers be above 0?",
    "An exponential is taken of the result.",
    "log p / |Y|^alpha stays a logarithm.",
    "这些数会大于 0 吗？",
    "对结果取了指数。",
    "log p / |Y|^alpha 仍是对数。")
def normalised_as_probabilities(finished, alpha):
    return _normalised(finished, lambda s, n: math.exp(s / n ** alpha))


@length_normalised.twin(
    "What is counted?",
    "Letters: the length is that of the text.",
    "|Y| is a number of words.",
    "数的是什么？",
    "是字母：用了文本的长度。",
    "|Y| 是词数。")
def normalised_by_letters(finished, alpha):
    return sorted([(words, s / len(" ".join(words)) ** alpha) for words, s in finished], key=lambda pair: pair[1], reverse=True)


@length_normalised.twin(
    "Whose scores are these?",
    "The scores alone are returned.",
    "Pairs of (words, score), as in what was given.",
    "这些是谁的得分？",
    "只返回了得分。",
    "应是 (words, score) 对，和给定的一样。")
def normalised_scores_alone(finished, alpha):
    return [score for _, score in length_normalised(finished, alpha)]


@length_normalised.twin(
    "Do long sentences win or lose by this?",
    "alpha log |Y| is taken off, which is a division of p and not of log p: long sentences lose even more.",
    "Divide log p itself: log p / |Y|^alpha.",
    "这样一来，长句更占便宜还是更吃亏？",
    "减去了 alpha log |Y|，这是用 p 去除，而不是用 log p：长句更吃亏。",
    "用 log p 本身去除：log p / |Y|^alpha。")
def normalised_by_taking_off_a_logarithm(finished, alpha):
    return _normalised(finished, lambda s, n: s - alpha * math.log(n))


@length_normalised.twin(
    "Try alpha = 0.6 and alpha = 2.",
    "The exponent is 1 / alpha.",
    "|Y| ** alpha.",
    "用 alpha = 0.6 和 alpha = 2 试试。",
    "指数成了 1 / alpha。",
    "|Y| ** alpha。")
def normalised_by_the_root(finished, alpha):
    return _normalised(finished, lambda s, n: s / n ** (1 / alpha))


@length_normalised.twin(
    "Try alpha = 0, which should change nothing.",
    "1 is added to the divisor.",
    "The divisor is |Y|^alpha alone.",
    "试试 alpha = 0，它应当什么也不改变。",
    "除数多加了 1。",
    "除数只是 |Y|^alpha。")
def normalised_with_one_added(finished, alpha):
    return _normalised(finished, lambda s, n: s / (n ** alpha + 1))


@length_normalised.twin(
    "What is the base, and what the exponent?",
    "alpha is raised to the power of the length.",
    "The length is raised to the power of alpha: |Y| ** alpha.",
    "哪个是底，哪个是指数？",
    "对 alpha 取了长度次幂。",
    "对长度取 alpha 次幂：|Y| ** alpha。")
def normalised_by_a_power_of_alpha(finished, alpha):
    return _normalised(finished, lambda s, n: s / alpha ** n)


@length_normalised.twin(
    "Can these numbers be above 0?",
    "They have the other sign.",
    "log p is below 0, and stays so: log p / |Y|^alpha, the largest first.",
    "这些数会大于 0 吗？",
    "符号反了。",
    "log p 小于 0，除过之后也是：log p / |Y|^alpha，最大的在前。")
def normalised_with_the_other_sign(finished, alpha):
    return [(words, -score) for words, score in length_normalised(finished, alpha)]


@length_normalised.twin(
    "How many words has the shortest sentence? And which comes first?",
    "Two things: <s> is counted as a word, and the worst stands first.",
    "|Y| counts </s>, but not <s>; and the largest score is the best.",
    "最短的句子有几个词？哪个在最前面？",
    "有两处：把 <s> 也算作一个词了；最差的在最前面。",
    "|Y| 包括 </s>，不包括 <s>；得分最大的最好。")
def normalised_worst_first_with_the_beginning_counted(finished, alpha):
    return _normalised(finished, lambda s, n: s / (n + 1) ** alpha, reverse=False)


@length_normalised.twin(
    "What is raised to the power of alpha?",
    "The whole quotient, log p and all, with its sign kept.",
    "Only the length: log p / (|Y| ** alpha).",
    "取 alpha 次幂的是什么？",
    "是整个商，连 log p 在内，只是保留了符号。",
    "只有长度：log p / (|Y| ** alpha)。")
def normalised_with_all_raised_but_the_sign(finished, alpha):
    return _normalised(finished, lambda s, n: -(-s / n) ** alpha)


@length_normalised.twin(
    "What does your length count? Print it for one sentence.",
    "Letters, those of the words after <s>.",
    "|Y| is a number of words.",
    "你的长度数的是什么？对一个句子把它打印出来。",
    "是字母，即 <s> 之后各词的字母。",
    "|Y| 是词数。")
def normalised_by_letters_of_words(finished, alpha):
    found = [(words, s / sum(map(len, words[1:])) ** alpha) for words, s in finished]
    return sorted(found, key=lambda pair: pair[1], reverse=True)


@length_normalised.twin(
    "What does your length count? Print it for one sentence.",
    "Letters, those of all words.",
    "|Y| is a number of words.",
    "你的长度数的是什么？对一个句子把它打印出来。",
    "是字母，即所有词的字母。",
    "|Y| 是词数。")
def normalised_by_letters_of_all_words(finished, alpha):
    found = [(words, s / sum(map(len, words)) ** alpha) for words, s in finished]
    return sorted(found, key=lambda pair: pair[1], reverse=True)


@length_normalised.twin(
    "Can these numbers be above 0?",
    "p is divided by the length, not log p: an exponential is taken first.",
    "log p / |Y|^alpha: finished holds log p already, and it stays a logarithm.",
    "这些数会大于 0 吗？",
    "除的是 p 而不是 log p：先取了指数。",
    "log p / |Y|^alpha：finished 里已经是 log p，结果仍是对数。")
def normalised_probabilities(finished, alpha):
    return _normalised(finished, lambda s, n: math.exp(s) / n ** alpha)


@length_normalised.twin(
    "How long is a sentence that says a word twice?",
    "Different words are counted, so that it counts as shorter than it is.",
    "Every word counts: len(words) - 1.",
    "一个词说了两次的句子有多长？",
    "数的是不同的词，于是它显得比实际短。",
    "每个词都算：len(words) - 1。")
def normalised_by_different_words(finished, alpha):
    found = [(words, s / len(set(words[1:])) ** alpha) for words, s in finished]
    return sorted(found, key=lambda pair: pair[1], reverse=True)


@length_normalised.twin(
    "What is |Y| of [\"<s>\", \"oh\", \"</s>\"]: 1, 2 or 3?",
    "Neither <s> nor </s> is counted, and the empty sentence is said to have one word.",
    "|Y| counts what the model has predicted: </s> is, <s> is not.",
    "[\"<s>\", \"oh\", \"</s>\"] 的 |Y| 是多少：1、2 还是 3？",
    "<s> 和 </s> 都没有算，而空句子按一个词算。",
    "|Y| 数的是模型预测出来的词：</s> 是，<s> 不是。")
def normalised_without_marks_and_one_at_least(finished, alpha):
    return _normalised(finished, lambda s, n: s / max(1, n - 1) ** alpha)


@length_normalised.twin(
    "What belongs to each sentence besides its words?",
    "The order is right, and the words alone are returned.",
    "Pairs: (words, log p / |Y|^alpha).",
    "除了词，每个句子还带着什么？",
    "顺序是对的，但只返回了词。",
    "要返回二元组 (words, log p / |Y|^alpha)。")
def normalised_words_alone(finished, alpha):
    return [words for words, _ in length_normalised(finished, alpha)]


@length_normalised.twin(
    "Whose length is each score divided by?",
    "All by that of the longest sentence, so that nothing changes in their order.",
    "Each by its own: |Y| is the length of the sentence whose log p it is.",
    "每个得分除以了谁的长度？",
    "都除以了最长那句的长度，所以顺序毫无变化。",
    "各用自己的：|Y| 是这个 log p 所属句子的长度。")
def normalised_by_the_longest(finished, alpha):
    longest = max(len(words) - 1 for words, _ in finished)
    return _normalised(finished, lambda s, n: s / longest ** alpha)


# --- fools_precision ---

def words(text):
    return text.split()


CAT = words("the cat sat on the mat")


@lab.hole(cases=[[CAT], [words("some dogs sleep")], [["rain"]], [words("very very cold")], [words("bye bye")]],
          more=[[words("the house by the old river")], [words("nobody answers us")], [["snow"]], [words("far far away")],
                [words("now now")]], through="fooled")
def fools_precision(reference):
    return [reference[0]] * (2 * len(reference))


@fools_precision.twin(
    "Count each word, here and in the reference.",
    "It has each word just as often as the reference, or is the reference: its precision of 1 is deserved.",
    "The order of words is not what precision of single words looks at. Repeat a word more often than the reference has it.",
    "数一数每个词在这里和在参考里的次数。",
    "每个词的次数都和参考一样，或者就是参考本身：精确率 1 名副其实。",
    "单个词的精确率不看词序。让某个词重复得比参考里更多。")
def fools_nobody_by_another_order(reference):
    return [*reference[1:], reference[0]]


@fools_precision.twin(
    "How long is it?",
    "It is shorter than the reference, and the brevity penalty sees to that.",
    "At least as many words as the reference has.",
    "它有多长？",
    "比参考短，简洁惩罚会管住它。",
    "词数至少和参考一样多。")
def fools_with_one_word(reference):
    return [reference[0]]


@fools_precision.twin(
    "How long is it?",
    "It is empty: nothing is predicted, and there is no precision.",
    "At least as many words as the reference has.",
    "它有多长？",
    "它是空的：什么也没预测，也就没有精确率。",
    "词数至少和参考一样多。")
def fools_with_nothing(reference):
    return []


@fools_precision.twin(
    "Is each of its words in the reference?",
    "No: what is not there lowers the precision of the notes as well.",
    "Use words of the reference alone.",
    "它的每个词都在参考里吗？",
    "不是：参考里没有的词也会降低讲义的精确率。",
    "只用参考里的词。")
def fools_with_other_words(reference):
    return ["bla"] * len(reference)


@fools_precision.twin(
    "Count each word at most as often as the reference has it: how many of yours are left?",
    "More than half: most of its words are in the reference as often.",
    "Repeat a word much more often, so that at most half is left after clipping.",
    "每个词最多只算参考里有的次数：你的词还剩几个？",
    "超过一半：它的多数词在参考里也有这么多次。",
    "让一个词重复得更多，使截断之后最多剩一半。")
def fools_a_little(reference):
    return [*reference, reference[0]]


@fools_precision.twin(
    "Is it a list of words?",
    "It is one string.",
    "A list, as the reference is: [\"a\", \"b\"].",
    "它是词的列表吗？",
    "是一个字符串。",
    "要列表，和参考一样：[\"a\", \"b\"]。")
def fools_with_a_string(reference):
    return " ".join([reference[0]] * len(reference))


@fools_precision.twin(
    "Is each of its words in the reference, whatever the reference is?",
    "It is the same for every reference, and has words that are not in this one.",
    "Make it of words of the reference that is given.",
    "无论参考是什么，它的每个词都在参考里吗？",
    "对每个参考它都一样，含有这个参考里没有的词。",
    "用给定的参考里的词来写。")
def fools_one_reference(reference):
    return ["the"] * max(6, len(reference))


@fools_precision.twin(
    "Is it a list of words?",
    "It is a list of lists.",
    "One list of words: reference + reference, not [reference, reference].",
    "它是词的列表吗？",
    "是列表的列表。",
    "只要一个词的列表：reference + reference，而不是 [reference, reference]。")
def fools_with_lists(reference):
    return [reference] * (2 * len(reference))


@fools_precision.twin(
    "How much of it is deserved, and is each word in the reference?",
    "It is the reference with a word or two more: most of it is deserved.",
    "Repeat a word of the reference much more often, and leave the others out.",
    "其中有多少名副其实？每个词都在参考里吗？",
    "是参考再加一两个词：大部分名副其实。",
    "把参考里的一个词重复许多遍，别的词不要。")
def fools_with_a_word_more(reference):
    return [*reference, "the"]


@fools_precision.twin(
    "How long is it, for a reference with repeated words?",
    "Every word is there once: too short where the reference repeats one, and fair where it does not.",
    "Do the opposite: repeat one word, and leave the others out.",
    "参考里有重复的词时，它有多长？",
    "每个词出现一次：参考有重复时太短，没有重复时又名副其实。",
    "反过来做：重复一个词，别的词不要。")
def fools_nobody_with_each_word_once(reference):
    return list(dict.fromkeys(reference))


@fools_precision.twin(
    "How long is it, for a longer reference?",
    "Always the same number of words: too short for a longer reference.",
    "Its length has to follow that of the reference.",
    "参考更长时，它有多长？",
    "词数总是一样：对更长的参考就太短了。",
    "它的长度要随参考的长度而变。")
def fools_short_references(reference):
    return [reference[0]] * 3


@fools_precision.twin(
    "How long is it, for a longer reference?",
    "Always two words: enough for a reference of one word, too short for all others.",
    "Its length has to follow that of the reference: twice as long.",
    "参考更长时，它有多长？",
    "总是两个词：参考只有一个词时够了，其余都太短。",
    "它的长度要随参考的长度而变：取其两倍。")
def fools_with_two_words(reference):
    return [reference[0]] * 2


@fools_precision.twin(
    "Does it depend on the reference?",
    "It is always the same few words: too short for a longer reference, and not in another one.",
    "Take the word, and the length, from the reference that is given.",
    "它随参考而变吗？",
    "总是那几个词：对更长的参考太短，另一个参考里又没有它。",
    "词和长度都要从给定的参考来。")
def fools_with_always_the_same(reference):
    return ["the"] * 4


_TRY_SHORT = ("Try a reference of one word, one that begins with the same word twice, and one that repeats a single word.",
              "试试只有一个词的参考、开头两个词相同的参考，以及只是重复一个词的参考。")


@fools_precision.twin(
    _TRY_SHORT[0],
    "A word of the reference is repeated as often as the reference is long: if the reference has it in more than half of its "
    "places, more than half is deserved.",
    "At most half may be deserved: repeat it twice as often as the reference is long.",
    _TRY_SHORT[1],
    "参考里的一个词重复了参考那么长：如果参考里一半以上就是这个词，那么一半以上名副其实。",
    "名副其实的至多一半：重复的次数应是参考长度的两倍。")
def fools_by_as_many_words(reference):
    return [reference[0]] * len(reference)


@fools_precision.twin(
    "Try a reference of one word, and one that repeats a single word.",
    "The last or rarest word, as often as the reference is long, is all deserved where there is no other.",
    "At most half may be deserved: repeat it twice as often as the reference is long.",
    "试试只有一个词的参考，以及只是重复一个词的参考。",
    "最后的或最少见的词，重复参考那么长；参考里只有这个词时，它就全都名副其实。",
    "名副其实的至多一半：重复的次数应是参考长度的两倍。")
def fools_by_as_many_of_another_word(reference):
    return [reference[-1]] * len(reference)


@fools_precision.twin(
    "Try a reference that repeats a single word.",
    "One word more than the reference has is not enough where all its words are this one.",
    "At most half may be deserved: repeat it twice as often as the reference is long.",
    "试试只是重复一个词的参考。",
    "参考里全是这个词时，只多一个还不够。",
    "名副其实的至多一半：重复的次数应是参考长度的两倍。")
def fools_by_one_more(reference):
    return [reference[0]] * (len(reference) + 1)


@fools_precision.twin(
    "Count each word at most as often as the reference has it: how many of yours are left?",
    "Two words in turn: both have their share that is deserved, and together it is more than half.",
    "One word alone, repeated twice as often as the reference is long.",
    "每个词最多只算参考里有的次数：你的词还剩几个？",
    "两个词轮流出现：各有一部分名副其实，合起来超过一半。",
    "只用一个词，重复参考长度的两倍。")
def fools_with_two_words_in_turn(reference):
    return (reference[:2] * len(reference))[:len(reference)]


@fools_precision.twin(
    "Count each word at most as often as the reference has it: how many of yours are left?",
    "A half of the reference twice: that leaves more than half where the half has a word of the other half.",
    "One word alone, repeated twice as often as the reference is long.",
    "每个词最多只算参考里有的次数：你的词还剩几个？",
    "参考的一半重复两遍：如果这一半里有另一半也有的词，剩下的就超过一半。",
    "只用一个词，重复参考长度的两倍。")
def fools_with_a_half_twice(reference):
    return reference[:(len(reference) + 1) // 2] * 2


@fools_precision.twin(
    "How long is it where the reference repeats words, and how much of it is deserved?",
    "Every different word twice: a word that the reference repeats is deserved both times.",
    "One word alone, repeated twice as often as the reference is long.",
    "参考有重复的词时，它有多长？其中有多少名副其实？",
    "每个不同的词各两次：参考里重复的词两次都名副其实。",
    "只用一个词，重复参考长度的两倍。")
def fools_with_every_word_twice(reference):
    return list(dict.fromkeys(reference)) * 2


@fools_precision.twin(
    "Print it: are these words, or letters?",
    "These are single letters, which the reference has not got as words: list(word) takes a word apart.",
    "[reference[0]] is a list of one word; times a number it is a list of that many.",
    "打印出来看看：是词还是字母？",
    "是单个字母，而参考里没有这样的词：list(word) 把词拆开了。",
    "[reference[0]] 是一个词的列表；乘以一个数就是那么多个。")
def fools_with_letters(reference):
    return list(reference[0]) * len(reference)


# --- clipped_matches ---

PREDICTIONS = [(words("the the the cat"), CAT, 1), (words("the cat the cat sat"), CAT, 2),
               (words("mat the on sat cat the"), CAT, 2),
               (words("a dog"), CAT, 4), ([], CAT, 1), (words("the cat sat on the mat ."), CAT, 3),
               (words("on the mat sat the cat sat on the mat"), words("the mat sat on the mat on the mat"), 2),
               (words("no where to be seen"), words("now here to be seen"), 2),
               (words("very very cold today"), words("cold cold very today"), 3)]


@lab.hole(cases=[list(case) for case in PREDICTIONS],
          more=[[words("of the of the of the"), words("one of the best of them"), 2], [words("of of of"), words("one of the"), 1],
                [words("hello"), words("hello there"), 4], [words("to be or not to be"), words("to be or to be not to"), 2],
                [words("b a b c"), words("a b a b a"), 1], [words("to be to be"), words("to be"), 4],
                [words("some times it rains"), words("so metimes it rains"), 2],
                [words("bye bye now then"), words("now now bye then"), 3]],
          forbidden=["tinydawn.metrics.bleu:bleu", "tinydawn.metrics.bleu:sentence_bleu", "tinydawn.metrics.bleu:_ngrams"])
def clipped_matches(prediction, reference, n):
    own, known = (Counter(tuple(text[i:i + n]) for i in range(len(text) - n + 1)) for text in (prediction, reference))
    return sum(min(count, known[gram]) for gram, count in own.items()), sum(own.values())


def _grams(text, n):
    return [tuple(text[i:i + n]) for i in range(len(text) - n + 1)]


@clipped_matches.twin(
    "How often is \"the\" in the prediction, and how often in the reference?",
    "Each n-gram that occurs in the reference counts as often as it is predicted: the notes' formula, read as it stands.",
    "Clip: an n-gram counts at most as often as the reference has it, min(predicted, in the reference).",
    "“the”在预测里出现几次，在参考里几次？",
    "只要参考里有，预测了几次就算几次：这是照字面读讲义的公式。",
    "要截断：一个 n-gram 最多只算参考里有的次数，即 min(预测次数, 参考次数)。")
def matches_without_clipping(prediction, reference, n):
    own, known = _grams(prediction, n), _grams(reference, n)
    return sum(gram in known for gram in own), len(own)


@clipped_matches.twin(
    "Look at a reference that has \"the\" twice.",
    "Every n-gram counts once at most: they went through sets.",
    "Count them: Counter, and the smaller of both counts.",
    "看一个有两个“the”的参考。",
    "每个 n-gram 最多算一次：它们经过了集合。",
    "要计数：用 Counter，取两边次数中较小的。")
def matches_by_sets(prediction, reference, n):
    own, known = _grams(prediction, n), _grams(reference, n)
    return len(set(own) & set(known)), len(own)


@clipped_matches.twin(
    "Look at a prediction that repeats itself: how many n-grams has it?",
    "Both numbers are of different n-grams: repeated ones count once above and below.",
    "Every place of the prediction is an n-gram: there are len - n + 1.",
    "看一个自我重复的预测：它有多少个 n-gram？",
    "分子分母都只数不同的 n-gram：重复的上下都只算一次。",
    "预测的每个位置都是一个 n-gram：共有 len - n + 1 个。")
def matches_of_different_ones(prediction, reference, n):
    own, known = set(_grams(prediction, n)), set(_grams(reference, n))
    return len(own & known), len(own)


@clipped_matches.twin(
    "Of which of the two sentences does the second number count the n-grams?",
    "The n-grams of the reference: that would be recall.",
    "Precision: of what was predicted, how much is right. The second number counts the prediction's n-grams.",
    "第二个数数的是哪个句子的 n-gram？",
    "是参考的 n-gram 个数：那是召回率。",
    "精确率：预测出来的里面有多少是对的。第二个数是预测的 n-gram 个数。")
def matches_over_the_reference(prediction, reference, n):
    return clipped_matches(prediction, reference, n)[0], len(_grams(reference, n))


@clipped_matches.twin(
    "What is the second number, for n = 2?",
    "The number of words; there are fewer n-grams than words.",
    "A row of len words has len - n + 1 n-grams.",
    "n = 2 时，第二个数是什么？",
    "是词数；而 n-gram 比词少。",
    "len 个词的序列有 len - n + 1 个 n-gram。")
def matches_over_words(prediction, reference, n):
    return clipped_matches(prediction, reference, n)[0], len(prediction)


@clipped_matches.twin(
    "Is the last n-gram there?",
    "The last n-gram of both is missing: there are len - n + 1 of them, not len - n.",
    "range(len(words) - n + 1).",
    "最后一个 n-gram 在吗？",
    "两边都缺了最后一个 n-gram：共有 len - n + 1 个，而不是 len - n 个。",
    "range(len(words) - n + 1)。")
def matches_without_the_last(prediction, reference, n):
    own, known = (Counter(tuple(text[i:i + n]) for i in range(len(text) - n)) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "What does a slice give near the end of a list?",
    "There are as many n-grams as words: those at the end are shorter than n.",
    "Stop n - 1 words before the end: range(len(words) - n + 1).",
    "靠近列表末尾时，切片给出什么？",
    "n-gram 和词一样多：末尾的几个不足 n 个词。",
    "在离末尾 n - 1 个词处停下：range(len(words) - n + 1)。")
def matches_with_short_ones(prediction, reference, n):
    own, known = (Counter(tuple(text[i:i + n]) for i in range(len(text))) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "Move one word to the front: does anything change that should not?",
    "Only n-grams at the same place in both count.",
    "A match may stand anywhere in the reference.",
    "把一个词移到最前面：有什么不该变的变了吗？",
    "只有在两边位置相同的 n-gram 才算。",
    "匹配可以在参考的任何位置。")
def matches_at_the_same_place(prediction, reference, n):
    own, known = _grams(prediction, n), _grams(reference, n)
    return sum(a == b for a, b in zip(own, known, strict=False)), len(own)


@clipped_matches.twin(
    "Is n in it?",
    "These are always single words.",
    "An n-gram is n words that follow each other.",
    "用到 n 了吗？",
    "这里始终是单个的词。",
    "n-gram 是相连的 n 个词。")
def matches_of_single_words(prediction, reference, n):
    return clipped_matches(prediction, reference, 1)


@clipped_matches.twin(
    "How many n-grams has a sentence that is shorter than n?",
    "Its number is negative: len - n + 1 is below 0.",
    "None: max(0, len - n + 1).",
    "比 n 还短的句子有几个 n-gram？",
    "个数成了负数：len - n + 1 小于 0。",
    "没有：max(0, len - n + 1)。")
def matches_with_negative_totals(prediction, reference, n):
    return clipped_matches(prediction, reference, n)[0], len(prediction) - n + 1


@clipped_matches.twin(
    "What is to be returned?",
    "The quotient; for a prediction without n-grams it is 0 / 0.",
    "Return both numbers: BLEU adds them up over all sentences before it divides.",
    "应该返回什么？",
    "是商；而预测没有 n-gram 时是 0 / 0。",
    "返回两个数：BLEU 要先在所有句子上分别相加，再相除。")
def matches_divided(prediction, reference, n):
    matches, total = clipped_matches(prediction, reference, n)
    return matches / total


@clipped_matches.twin(
    "Look at a prediction that repeats itself: how many n-grams has it?",
    "The matches are right, and the second number counts different n-grams: len of a Counter is the number of its keys.",
    "Every place of the prediction is an n-gram: add up the counts.",
    "看一个自我重复的预测：它有多少个 n-gram？",
    "匹配数是对的，但第二个数只数了不同的 n-gram：Counter 的 len 是键的个数。",
    "预测的每个位置都是一个 n-gram：把各个计数加起来。")
def matches_over_different_ones(prediction, reference, n):
    return clipped_matches(prediction, reference, n)[0], len(set(_grams(prediction, n)))


@clipped_matches.twin(
    "Can there be more matches than n-grams?",
    "The smaller of both counts is added at every place of an n-gram, and so several times.",
    "Once for each different n-gram: go through the Counter, not through the places.",
    "匹配数会比 n-gram 还多吗？",
    "在 n-gram 出现的每个位置都加了一次较小的计数，于是重复加了几遍。",
    "每个不同的 n-gram 只加一次：走过 Counter，而不是走过每个位置。")
def matches_added_at_every_place(prediction, reference, n):
    own, known = _grams(prediction, n), _grams(reference, n)
    return sum(min(own.count(gram), known.count(gram)) for gram in own), len(own)


@clipped_matches.twin(
    "Can there be more matches than n-grams? And is n in it?",
    "These are single words, and the smaller of both counts is added at every place of a word.",
    "Count n words that follow each other, once for each different n-gram.",
    "匹配数会比 n-gram 还多吗？用到 n 了吗？",
    "这里是单个的词，而且在词出现的每个位置都加了一次较小的计数。",
    "数相连的 n 个词，每个不同的 n-gram 只加一次。")
def matches_of_words_added_at_every_place(prediction, reference, n):
    return sum(min(prediction.count(word), reference.count(word)) for word in prediction), len(prediction)


@clipped_matches.twin(
    "Take an n-gram that the reference has twice and the prediction once.",
    "It counts twice: as often as the reference has it, however often it was predicted.",
    "min of both counts.",
    "取一个参考里有两次、预测里只有一次的 n-gram。",
    "它算了两次：不管预测了几次，都按参考里的次数算。",
    "取两个计数中较小的 min。")
def matches_as_often_as_in_the_reference(prediction, reference, n):
    own, known = Counter(_grams(prediction, n)), Counter(_grams(reference, n))
    return sum(known[gram] for gram in own), own.total()


@clipped_matches.twin(
    "Which of the two counts is taken?",
    "The larger one.",
    "At most as often as the reference has it: the smaller one, min.",
    "两个计数取了哪个？",
    "取了较大的。",
    "最多只算参考里有的次数：取较小的 min。")
def matches_by_the_larger_count(prediction, reference, n):
    own, known = Counter(_grams(prediction, n)), Counter(_grams(reference, n))
    return sum(max(count, known[gram]) for gram, count in own.items()), own.total()


@clipped_matches.twin(
    "How many n-grams has a sentence that is shorter than n?",
    "It is said to have one, where it has none: max(1, ...).",
    "0 is right; who divides has to look out for it.",
    "比 n 还短的句子有几个 n-gram？",
    "这里说有一个，其实没有：max(1, ...)。",
    "0 才对；要做除法的人自己当心。")
def matches_with_one_at_least(prediction, reference, n):
    matches, total = clipped_matches(prediction, reference, n)
    return matches, max(1, total)


@clipped_matches.twin(
    "Is the last n-gram of the prediction there?",
    "It is missing, and that of the reference is there: a list of len words has len - n + 1 n-grams.",
    "range(len(words) - n + 1), for both.",
    "预测的最后一个 n-gram 在吗？",
    "缺了，而参考的最后一个还在：len 个词有 len - n + 1 个 n-gram。",
    "两边都是 range(len(words) - n + 1)。")
def matches_without_the_last_of_the_prediction(prediction, reference, n):
    return clipped_matches(prediction[:-1], reference, n)


@clipped_matches.twin(
    "Is the last n-gram of the reference there?",
    "It is missing: a list of len words has len - n + 1 n-grams.",
    "range(len(words) - n + 1), for both.",
    "参考的最后一个 n-gram 在吗？",
    "缺了：len 个词有 len - n + 1 个 n-gram。",
    "两边都是 range(len(words) - n + 1)。")
def matches_without_the_last_of_the_reference(prediction, reference, n):
    return clipped_matches(prediction, reference[:-1], n)


@clipped_matches.twin(
    "Where does the second n-gram begin?",
    "n words after the first: the text is cut into pieces.",
    "One word after the first: n-grams overlap.",
    "第二个 n-gram 从哪里开始？",
    "在第一个之后 n 个词：文本被切成了段。",
    "在第一个之后一个词：n-gram 互相重叠。")
def matches_of_pieces(prediction, reference, n):
    own, known = (Counter(tuple(text[i:i + n]) for i in range(0, len(text), n)) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "Is the first number a whole one?",
    "It is divided already, by the number of n-grams, which may be 0.",
    "Return both counts: BLEU adds them up over all sentences before it divides.",
    "第一个数是整数吗？",
    "它已经除以了 n-gram 的个数，而那可能是 0。",
    "两个都返回计数：BLEU 要先在所有句子上分别相加，再相除。")
def matches_as_a_share(prediction, reference, n):
    matches, total = clipped_matches(prediction, reference, n)
    return matches / total, total


@clipped_matches.twin(
    "Two things: repeated n-grams, and the second number.",
    "Nothing is clipped, and the second number counts words.",
    "min of both counts; and a list of len words has len - n + 1 n-grams.",
    "两处：重复的 n-gram，以及第二个数。",
    "没有截断，而且第二个数是词数。",
    "取两个计数中较小的 min；len 个词有 len - n + 1 个 n-gram。")
def matches_without_clipping_over_words(prediction, reference, n):
    return matches_without_clipping(prediction, reference, n)[0], len(prediction)


@clipped_matches.twin(
    "Take an n-gram that both have twice: how often does it count?",
    "Four times: each place in the prediction is compared with each in the reference.",
    "Twice: min of both counts.",
    "取一个两边各有两次的 n-gram：它算了几次？",
    "四次：预测的每个位置都与参考的每个位置比较了。",
    "应是两次：取两个计数中较小的 min。")
def matches_of_all_pairs(prediction, reference, n):
    own, known = _grams(prediction, n), _grams(reference, n)
    return sum(known.count(gram) for gram in own), len(own)


@clipped_matches.twin(
    "What is left when counts are taken off from counts?",
    "a - b leaves what the prediction has too many: the n-grams that do not match.",
    "a & b: the smaller of both counts.",
    "计数相减剩下什么？",
    "a - b 剩下的是预测里多出来的，也就是不匹配的 n-gram。",
    "a & b：两个计数中较小的。")
def matches_that_are_none(prediction, reference, n):
    own, known = Counter(_grams(prediction, n)), Counter(_grams(reference, n))
    return (own - known).total(), own.total()


@clipped_matches.twin(
    "Can there be more matches than n-grams?",
    "a | b takes the larger count of every n-gram of both.",
    "a & b: the smaller of both counts.",
    "匹配数会比 n-gram 还多吗？",
    "a | b 对两边的每个 n-gram 取了较大的计数。",
    "a & b：两个计数中较小的。")
def matches_of_either(prediction, reference, n):
    own, known = Counter(_grams(prediction, n)), Counter(_grams(reference, n))
    return (own | known).total(), own.total()


@clipped_matches.twin(
    "Print the second n-gram.",
    "It is cut at place n: words[i:n] is empty from the n-th word on.",
    "From i to i + n: words[i:i + n].",
    "打印第二个 n-gram。",
    "它在第 n 个位置被截断：words[i:n] 从第 n 个词起是空的。",
    "从 i 到 i + n：words[i:i + n]。")
def matches_of_wrong_slices(prediction, reference, n):
    own, known = (Counter(tuple(text[i:n]) for i in range(len(text) - n + 1)) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "Is the first number a number?",
    "It is a Counter: which n-grams match how often.",
    "Add up its values: sum(counter.values()).",
    "第一个数是数吗？",
    "是 Counter：哪些 n-gram 匹配了几次。",
    "把它的值加起来：sum(counter.values())。")
def matches_as_a_counter(prediction, reference, n):
    own, known = Counter(_grams(prediction, n)), Counter(_grams(reference, n))
    return own & known, own.total()


@clipped_matches.twin(
    "Compare [\"no\", \"where\"] with [\"now\", \"here\"].",
    "The words of an n-gram are joined without a space, so that different words look alike.",
    "A tuple of the words keeps them apart.",
    "比较 [\"no\", \"where\"] 和 [\"now\", \"here\"]。",
    "n-gram 的各个词直接连在了一起，不同的词就可能看起来一样。",
    "用词的元组，词与词才分得开。")
def matches_joined_without_a_space(prediction, reference, n):
    own, known = (Counter("".join(gram) for gram in _grams(text, n)) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "Is \"cat the\" a match for \"the cat\"?",
    "The words of each n-gram are sorted, so that their order does not count.",
    "An n-gram is a row of n words: its order counts. tuple(words[i:i + n]), as it is.",
    "“cat the”和“the cat”匹配吗？",
    "每个 n-gram 的词都排了序，于是词序不算数了。",
    "n-gram 是连续的 n 个词，词序算数：直接用 tuple(words[i:i + n])。")
def matches_of_sorted_ones(prediction, reference, n):
    own, known = (Counter(tuple(sorted(gram)) for gram in _grams(text, n)) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "Is \"cat the\" a match for \"the cat\", and \"very cold cold\" for \"very very cold\"?",
    "Each n-gram is a set of words: neither their order counts, nor how often one is there.",
    "An n-gram is a row of n words: tuple(words[i:i + n]), as it is.",
    "“cat the”和“the cat”匹配吗？“very cold cold”和“very very cold”呢？",
    "每个 n-gram 成了词的集合：词序和每个词的次数都不算数了。",
    "n-gram 是连续的 n 个词：直接用 tuple(words[i:i + n])。")
def matches_of_sets_of_words(prediction, reference, n):
    own, known = (Counter(frozenset(gram) for gram in _grams(text, n)) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "Where does the second n-gram begin?",
    "n words after the first: range goes in steps of n.",
    "One word after the first: n-grams overlap.",
    "第二个 n-gram 从哪里开始？",
    "在第一个之后 n 个词：range 的步长是 n。",
    "在第一个之后一个词：n-gram 互相重叠。")
def matches_in_steps_of_n(prediction, reference, n):
    own, known = (Counter(tuple(text[i:i + n]) for i in range(0, len(text) - n + 1, n)) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "For n = 2, how many n-grams has a sentence of three words?",
    "All lengths from 1 to n are counted and added up.",
    "Only rows of exactly n words: BLEU asks for each n by itself.",
    "n = 2 时，三个词的句子有几个 n-gram？",
    "从 1 到 n 的各种长度都数了，还加在了一起。",
    "只数恰好 n 个词的：BLEU 会对每个 n 分别来问。")
def matches_of_all_lengths(prediction, reference, n):
    found = [clipped_matches(prediction, reference, length) for length in range(1, n + 1)]
    return sum(m for m, _ in found), sum(t for _, t in found)


@clipped_matches.twin(
    "How many words has the last n-gram?",
    "One too few: range(len - n + 2) goes one step too far.",
    "range(len(words) - n + 1).",
    "最后一个 n-gram 有几个词？",
    "少一个：range(len - n + 2) 多走了一步。",
    "range(len(words) - n + 1)。")
def matches_with_one_short_n_gram(prediction, reference, n):
    own, known = (Counter(tuple(text[i:i + n]) for i in range(len(text) - n + 2)) for text in (prediction, reference))
    return (own & known).total(), own.total()


@clipped_matches.twin(
    "What is counted in the reference: words, or n-grams?",
    "Words: an n-gram counts as often as its rarest word is there, also if they do not follow each other.",
    "Count the n-grams of the reference as well, by a Counter of their own.",
    "在参考里数的是词还是 n-gram？",
    "是词：n-gram 按其中最少的词的次数算，哪怕它们在参考里并不相连。",
    "参考的 n-gram 也要数，用另一个 Counter。")
def matches_clipped_by_words(prediction, reference, n):
    own = Counter(_grams(prediction, n))
    return sum(min(count, *(reference.count(word) for word in gram)) for gram, count in own.items()), own.total()


# --- corpus_bleu ---

GOOD = [words("the cat sat on the mat today"), words("a dog sleeps in the old house"), words("it rains")]
TRUE = [words("the cat sat on a mat today ."), words("the dog sleeps in the old house"), words("it rains again")]
LONGER = [words("the small cat sat on the mat today now"), words("no idea what this is"), words("yes yes")]
SHORTER = [words("the small cat sat on the mat"), words("no idea"), words("yes")]
SHORT = [words("the dog sleeps"), words("it rains")]
OTHER_WORDS = [words("my bird sings so well every day"), words("nobody knows why")]
POOR = [words("cat the mat sat on"), words("dog a sleeps"), words("rains it")]


@lab.hole(cases=[[GOOD, TRUE, 0], [LONGER, SHORTER, 0], [POOR, TRUE, 0], [POOR, TRUE, 1], [GOOD, TRUE, 1],
                 [SHORT, TRUE[1:], 0], [[[], []], TRUE[:2], 0],
                 [[[], words("the dog sleeps in the old house now")], TRUE[:2], 0],
                 [OTHER_WORDS, TRUE[:2], 1]],
          more=[[OTHER_WORDS[1:], TRUE[1:2], 1], [SHORT[:1], TRUE[1:2], 0], [POOR[:2], TRUE[:2], 3], [GOOD[:2], TRUE[:2], 0],
                [GOOD[1:], TRUE[1:], 2],
                [[[]], TRUE[:1], 0], [POOR, TRUE, 0],
                [[words("no idea why this is so"), words("yes")], [words("no idea why this is"), words("well yes indeed")], 0],
                [[words("x y z w v u t")], [words("x y z w")], 0],
                [[words("a dog sleeps in the old house now"), []], TRUE[1:], 0]],
          forbidden=["tinydawn.metrics.bleu:bleu", "tinydawn.metrics.bleu:sentence_bleu"], points=3)
def corpus_bleu(predictions, references, k):
    c, r = (sum(map(len, texts)) for texts in (predictions, references))
    logs = 0.0
    for n in range(1, 5):
        pairs = [clipped_matches(p, ref, n) for p, ref in zip(predictions, references, strict=True)]
        matches, total = (sum(column) + (k if n > 1 else 0) for column in zip(*pairs, strict=True))
        if matches == 0:
            return 0.0
        logs += math.log(matches / total)
    return min(1.0, math.exp(1 - r / c)) * math.exp(logs / 4)


def _bleu(predictions, references, k, orders=(1, 2, 3, 4), smooth=(2, 3, 4), below=True, mean=None, penalty=None,
          counts=None):
    """BLEU, with what a mistake changes."""
    c, r = (sum(map(len, texts)) for texts in (predictions, references))
    precisions = []
    for n in orders:
        pairs = [(counts or clipped_matches)(p, ref, n) for p, ref in zip(predictions, references, strict=True)]
        matches, total = (sum(column) for column in zip(*pairs, strict=True))
        matches, total = matches + k * (n in smooth), total + k * (n in smooth and below)
        precisions.append(matches / total if total else 0.0)
    if mean is not None:
        found = mean(precisions)
    else:
        found = math.exp(sum(map(math.log, precisions)) / len(precisions)) if all(precisions) else 0.0
    if c == 0:
        return 0.0
    return found * (penalty(c, r) if penalty is not None else min(1.0, math.exp(1 - r / c)))


@corpus_bleu.twin(
    "How often do you take the root and the penalty: once for the corpus, or once for each sentence?",
    "This is the mean of the sentences' own BLEU: a short sentence counts as much as a long one, and often 0.",
    "Add up the matches and the n-grams of all sentences first, then divide: one precision for the whole corpus.",
    "开方和简洁惩罚做了几次：整个语料一次，还是每句一次？",
    "这是各句 BLEU 的平均：短句和长句一样重，而且短句常常是 0。",
    "先把所有句子的匹配数和 n-gram 数分别相加，再相除：整个语料只有一个精确率。")
def bleu_averaged_over_sentences(predictions, references, k):
    each = [_bleu([p], [ref], k) for p, ref in zip(predictions, references, strict=True)]
    return sum(each) / len(each)


@corpus_bleu.twin(
    "How often do you divide matches by n-grams, for one n: once for the corpus, or once for each sentence?",
    "The precisions are averaged over the sentences, each divided by itself.",
    "Add up the matches and the n-grams of all sentences first, then divide: one precision for the whole corpus.",
    "对同一个 n，匹配数除以 n-gram 数做了几次：整个语料一次，还是每句一次？",
    "精确率是各句分别相除之后再平均的。",
    "先把所有句子的匹配数和 n-gram 数分别相加，再相除：整个语料只有一个精确率。")
def bleu_with_averaged_precisions(predictions, references, k):
    def share(p, ref, n):
        matches, total = clipped_matches(p, ref, n)
        return (matches / total if total else 0.0) / len(predictions), 1 / len(predictions)

    return _bleu(predictions, references, k, counts=share)


@corpus_bleu.twin(
    "Is there a brevity penalty, and does it count words? Try a prediction that is shorter than its reference.",
    "The brevity penalty is 1 everywhere: it is missing, or counts sentences in place of words.",
    "Multiply by min(1, exp(1 - r / c)), r the words of all references and c those of all predictions.",
    "有没有简洁惩罚，它数的是词吗？试试比参考短的预测。",
    "简洁惩罚处处为 1：漏掉了，或者数的是句子而不是词。",
    "乘以 min(1, exp(1 - r / c))，r 是所有参考的词数，c 是所有预测的词数。")
def bleu_without_brevity(predictions, references, k):
    return _bleu(predictions, references, k, penalty=lambda c, r: 1.0)


@corpus_bleu.twin(
    "Which ones are punished, short or long predictions?",
    "Long ones: r and c have changed places.",
    "exp(1 - |reference| / |predicted|): below 1 where the prediction is the shorter one.",
    "受罚的是短的预测还是长的？",
    "是长的：r 和 c 放反了。",
    "exp(1 - |reference| / |predicted|)：预测较短时小于 1。")
def bleu_with_the_penalty_turned_round(predictions, references, k):
    return _bleu(predictions, references, k, penalty=lambda c, r: min(1.0, math.exp(1 - c / r)))


@corpus_bleu.twin(
    "Try a prediction that is longer than its reference.",
    "It is rewarded: the penalty rises above 1, for the min is missing.",
    "min(1, ...): long predictions are punished by precision alone.",
    "试试比参考长的预测。",
    "它得了奖励：惩罚因子大于 1，因为少了 min。",
    "min(1, ...)：长的预测由精确率来惩罚。")
def bleu_with_a_reward(predictions, references, k):
    return _bleu(predictions, references, k, penalty=lambda c, r: math.exp(1 - r / c))


@corpus_bleu.twin(
    "Of what are the lengths compared?",
    "Of each sentence by itself: the penalties are averaged.",
    "r and c are the words of the whole corpus: what is short here may be long there.",
    "比较的是什么的长度？",
    "是每个句子各自的：惩罚因子取了平均。",
    "r 和 c 是整个语料的词数：这句短一些，那句可以长一些。")
def bleu_with_a_penalty_for_each(predictions, references, k):
    each = [min(1.0, math.exp(1 - len(ref) / len(p))) if p else 0.0 for p, ref in zip(predictions, references, strict=True)]
    return _bleu(predictions, references, k, penalty=lambda c, r: sum(each) / len(each))


@corpus_bleu.twin(
    "What does one precision of 0 do?",
    "The four precisions are added and divided by 4: an arithmetic mean.",
    "The geometric mean: the product to the power of 1/4, or exp of the mean logarithm.",
    "一个精确率为 0 会怎样？",
    "四个精确率相加再除以 4：这是算术平均。",
    "几何平均：乘积的 1/4 次方，或对数平均后取 exp。")
def bleu_with_an_arithmetic_mean(predictions, references, k):
    return _bleu(predictions, references, k, mean=lambda p: sum(p) / 4)


@corpus_bleu.twin(
    "Is there a root?",
    "The four precisions are multiplied, and the power of 1/4 is missing.",
    "The product to the power of 1/4: then four precisions of .5 give .5.",
    "开方了吗？",
    "四个精确率相乘了，但少了 1/4 次方。",
    "乘积的 1/4 次方：这样四个 .5 的精确率得到 .5。")
def bleu_without_the_root(predictions, references, k):
    return _bleu(predictions, references, k, mean=math.prod)


@corpus_bleu.twin(
    "Up to which n?",
    "Only to 3: range(1, 4) ends before 4.",
    "n = 1, 2, 3, 4.",
    "n 取到几？",
    "只到 3：range(1, 4) 在 4 之前结束。",
    "n = 1, 2, 3, 4。")
def bleu_up_to_three(predictions, references, k):
    return _bleu(predictions, references, k, orders=(1, 2, 3))


@corpus_bleu.twin(
    "Try a corpus in which no 4-gram matches.",
    "log 0 stops the program.",
    "If one precision is 0, so is BLEU: look before you take the logarithm.",
    "试试没有一个 4-gram 匹配的语料。",
    "log 0 使程序停了下来。",
    "只要有一个精确率为 0，BLEU 就是 0：取对数之前先看一看。")
def bleu_that_takes_the_log_of_zero(predictions, references, k):
    if not sum(map(len, predictions)):
        return 0.0
    return _bleu(predictions, references, k, mean=lambda p: math.exp(sum(map(math.log, p)) / 4))


@corpus_bleu.twin(
    "Try predictions without any word.",
    "It divides by 0: there are no n-grams, and c is 0.",
    "Nothing predicted is BLEU 0: return it before you divide.",
    "试试一个词也没有的预测。",
    "除以了 0：没有 n-gram，c 也是 0。",
    "什么也没预测，BLEU 就是 0：在相除之前返回。")
def bleu_that_divides_by_zero(predictions, references, k):
    if not sum(map(len, predictions)):
        raise ZeroDivisionError("division by zero")
    return corpus_bleu(predictions, references, k)


@corpus_bleu.twin(
    "To which n is k added?",
    "To every n, also to n = 1.",
    "A single word that matches nothing is no bad luck: k is for n = 2, 3, 4 alone.",
    "k 加给了哪些 n？",
    "每个 n 都加了，连 n = 1 也加。",
    "单个的词都不匹配不是运气问题：k 只用于 n = 2、3、4。")
def bleu_smoothed_everywhere(predictions, references, k):
    return _bleu(predictions, references, k, smooth=(1, 2, 3, 4))


@corpus_bleu.twin(
    "To what is k added?",
    "To the matches alone: a precision can rise above 1.",
    "To both, matches and n-grams.",
    "k 加在了哪里？",
    "只加给了匹配数：精确率可能大于 1。",
    "匹配数和 n-gram 数都要加。")
def bleu_smoothed_above_alone(predictions, references, k):
    return _bleu(predictions, references, k, below=False)


@corpus_bleu.twin(
    "Is k in it?",
    "Nothing is smoothed.",
    "Add k to the matches and to the n-grams of n = 2, 3, 4.",
    "用到 k 了吗？",
    "没有平滑。",
    "给 n = 2、3、4 的匹配数和 n-gram 数都加上 k。")
def bleu_without_smoothing(predictions, references, k):
    return _bleu(predictions, references, 0)


@corpus_bleu.twin(
    "How large is BLEU of a perfect translation?",
    "It is given in percent.",
    "By the notes' formula it lies between 0 and 1.",
    "完美译文的 BLEU 是多少？",
    "给出的是百分数。",
    "按讲义的公式，它在 0 和 1 之间。")
def bleu_in_percent(predictions, references, k):
    return 100 * corpus_bleu(predictions, references, k)


@corpus_bleu.twin(
    "Where does one sentence end and the next begin?",
    "All sentences are joined into one text, so that n-grams reach from one into the next, and matches come from anywhere.",
    "Count within each pair of sentences, and add up.",
    "一个句子在哪里结束，下一个在哪里开始？",
    "所有句子连成了一篇，于是 n-gram 跨过句子的边界，匹配也可能来自别的句子。",
    "在每对句子之内计数，再相加。")
def bleu_of_one_long_text(predictions, references, k):
    whole = [[word for text in texts for word in text] for texts in (predictions, references)]
    return _bleu([whole[0]], [whole[1]], k)


@corpus_bleu.twin(
    "Try k = 1, and predictions without any word.",
    "Two things: k is not in it, and where there are no n-grams it divides by 0.",
    "Add k to both counts for n = 2, 3, 4, and return 0 where nothing matches, before you divide.",
    "试试 k = 1，以及一个词也没有的预测。",
    "有两处：没有用到 k；没有 n-gram 时除以了 0。",
    "n = 2、3、4 时两个计数都加 k；没有任何匹配时，在相除之前就返回 0。")
def bleu_without_smoothing_that_divides_by_zero(predictions, references, k):
    found = 1.0
    for n in range(1, 5):
        pairs = [clipped_matches(p, ref, n) for p, ref in zip(predictions, references, strict=True)]
        found *= sum(m for m, _ in pairs) / sum(t for _, t in pairs)
    c, r = (sum(map(len, texts)) for texts in (predictions, references))
    return min(1.0, math.exp(1 - r / c)) * found ** 0.25


@corpus_bleu.twin(
    "Try predictions that all have fewer than four words.",
    "There are no 4-grams, and it divides by 0.",
    "Look whether anything matches before you divide: if nothing does, BLEU is 0.",
    "试试全都不足四个词的预测。",
    "没有 4-gram，于是除以了 0。",
    "相除之前先看有没有匹配：没有的话 BLEU 就是 0。")
def bleu_that_divides_by_no_4_grams(predictions, references, k):
    if not sum(map(len, predictions)):
        return 0.0
    for n in range(2, 5):
        if not k + sum(max(0, len(p) - n + 1) for p in predictions):
            raise ZeroDivisionError("division by zero")
    return corpus_bleu(predictions, references, k)


@corpus_bleu.twin(
    "Try predictions that all have fewer than four words, and such without any word.",
    "Where there are no n-grams it divides by 0.",
    "Look whether anything matches before you divide: if nothing does, BLEU is 0.",
    "试试全都不足四个词的预测，以及一个词也没有的预测。",
    "没有 n-gram 时除以了 0。",
    "相除之前先看有没有匹配：没有的话 BLEU 就是 0。")
def bleu_that_divides_by_any_zero(predictions, references, k):
    for n in range(1, 5):
        if not k * (n > 1) + sum(max(0, len(p) - n + 1) for p in predictions):
            raise ZeroDivisionError("division by zero")
    return corpus_bleu(predictions, references, k)


@corpus_bleu.twin(
    "Up to which n?",
    "Only to 3, with the power of 1/4 of the product: range(1, 4) ends before 4.",
    "n = 1, 2, 3, 4: range(1, 5).",
    "n 取到几？",
    "只到 3，却取了乘积的 1/4 次方：range(1, 4) 在 4 之前结束。",
    "n = 1, 2, 3, 4：range(1, 5)。")
def bleu_of_three_to_a_quarter(predictions, references, k):
    return _bleu(predictions, references, k, orders=(1, 2, 3), mean=lambda p: math.prod(p) ** 0.25)


@corpus_bleu.twin(
    "How often is k added for one n?",
    "Once for each sentence.",
    "Once for the whole corpus, to the sums.",
    "对同一个 n，k 加了几次？",
    "每个句子加了一次。",
    "整个语料只加一次，加在总和上。")
def bleu_smoothed_for_each_sentence(predictions, references, k):
    return _bleu(predictions, references, k * len(predictions))


@corpus_bleu.twin(
    "Mind the order of operations.",
    "`** 1 / 4` takes the first power, and then divides by 4.",
    "Parentheses: ** (1 / 4), or ** 0.25.",
    "注意运算的顺序。",
    "`** 1 / 4` 先取 1 次方，再除以 4。",
    "加括号：** (1 / 4)，或 ** 0.25。")
def bleu_divided_by_four(predictions, references, k):
    return _bleu(predictions, references, k, mean=lambda p: math.prod(p) / 4)


@corpus_bleu.twin(
    "What does one precision of 0 do?",
    "It is left out, as if it were 1.",
    "Any factor of 0 makes the product 0: without smoothing BLEU is 0 then.",
    "一个精确率为 0 会怎样？",
    "它被跳过了，就像它是 1 一样。",
    "只要有一个因子是 0，乘积就是 0：不平滑时 BLEU 就是 0。")
def bleu_that_skips_zeros(predictions, references, k):
    return _bleu(predictions, references, k, mean=lambda p: math.prod(x for x in p if x) ** 0.25 if any(p) else 0.0)


@corpus_bleu.twin(
    "What does one precision of 0 do?",
    "It is left out, and the mean is taken of the others.",
    "Any factor of 0 makes the product 0: without smoothing BLEU is 0 then.",
    "一个精确率为 0 会怎样？",
    "它被去掉了，平均只对其余的取。",
    "只要有一个因子是 0，乘积就是 0：不平滑时 BLEU 就是 0。")
def bleu_of_what_is_not_zero(predictions, references, k):
    return _bleu(predictions, references, k, mean=lambda p: math.prod(filter(None, p)) ** (1 / max(1, sum(map(bool, p)))))


@corpus_bleu.twin(
    "What does the brevity penalty do to a short prediction?",
    "Nothing, and long ones are rewarded: max stands where min is meant.",
    "min(1, exp(1 - r / c)).",
    "简洁惩罚对短的预测做了什么？",
    "什么也没做，长的反而得奖励：该用 min 的地方用了 max。",
    "min(1, exp(1 - r / c))。")
def bleu_with_max_for_min(predictions, references, k):
    return _bleu(predictions, references, k, penalty=lambda c, r: max(1.0, math.exp(1 - r / c)))


@corpus_bleu.twin(
    "Try a corpus in which no 4-gram matches, and one without 4-grams.",
    "log 0 stops the program, and so does 0 / 0 where there are no n-grams.",
    "If nothing matches for some n, BLEU is 0: look at the matches before you divide or take a logarithm.",
    "试试没有一个 4-gram 匹配的语料，以及没有 4-gram 的语料。",
    "log 0 使程序停了下来，没有 n-gram 时 0 / 0 也一样。",
    "只要某个 n 没有匹配，BLEU 就是 0：在相除、取对数之前先看匹配数。")
def bleu_of_logs_and_quotients_of_zero(predictions, references, k):
    if not sum(map(len, predictions)):
        return 0.0
    return _bleu_by_logs(predictions, references, k)


@corpus_bleu.twin(
    "Try a corpus in which no 4-gram matches, one without 4-grams, and one without any word.",
    "log 0 stops the program, and so does 0 / 0 where there are no n-grams.",
    "If nothing matches for some n, BLEU is 0: look at the matches before you divide or take a logarithm.",
    "试试没有一个 4-gram 匹配的语料、没有 4-gram 的语料，以及一个词也没有的语料。",
    "log 0 使程序停了下来，没有 n-gram 时 0 / 0 也一样。",
    "只要某个 n 没有匹配，BLEU 就是 0：在相除、取对数之前先看匹配数。")
def bleu_of_logs_of_any_zero(predictions, references, k):
    return _bleu_by_logs(predictions, references, k)


def _bleu_by_logs(predictions, references, k):
    logs = 0.0
    for n in range(1, 5):
        pairs = [clipped_matches(p, ref, n) for p, ref in zip(predictions, references, strict=True)]
        matches, total = (sum(column) + k * (n > 1) for column in zip(*pairs, strict=True))
        logs += math.log(matches / total)
    c, r = (sum(map(len, texts)) for texts in (predictions, references))
    return min(1.0, math.exp(1 - r / c)) * math.exp(logs / 4)


@corpus_bleu.twin(
    "Which n are taken?",
    "0, 1, 2, 3: range(4) begins with 0.",
    "n = 1, 2, 3, 4: range(1, 5).",
    "取了哪些 n？",
    "0、1、2、3：range(4) 从 0 开始。",
    "n = 1, 2, 3, 4：range(1, 5)。")
def bleu_from_zero_to_three(predictions, references, k):
    return _bleu(predictions, references, k, orders=(0, 1, 2, 3))


@corpus_bleu.twin(
    "Try a corpus in which no 4-gram matches.",
    "The n-grams are looked at before the logarithm, and not the matches: log 0 stops the program.",
    "If nothing matches for some n, BLEU is 0: look at the matches.",
    "试试没有一个 4-gram 匹配的语料。",
    "取对数之前看的是 n-gram 的个数，而不是匹配数：log 0 使程序停了下来。",
    "只要某个 n 没有匹配，BLEU 就是 0：要看的是匹配数。")
def bleu_that_looks_at_the_totals(predictions, references, k):
    for n in range(1, 5):
        if not k * (n > 1) + sum(max(0, len(p) - n + 1) for p in predictions):
            return 0.0
    return _bleu_by_logs(predictions, references, k)


@corpus_bleu.twin(
    "Where do the sums for n = 2 begin?",
    "With those of n = 1: the counters are not set back to 0.",
    "Each n has matches and n-grams of its own.",
    "n = 2 的总和从哪里开始？",
    "从 n = 1 的开始：计数器没有归零。",
    "每个 n 有自己的匹配数和 n-gram 个数。")
def bleu_of_growing_sums(predictions, references, k):
    matches = total = 0
    logs = 0.0
    for n in range(1, 5):
        for p, ref in zip(predictions, references, strict=True):
            found = clipped_matches(p, ref, n)
            matches, total = matches + found[0], total + found[1]
        matches, total = matches + k * (n > 1), total + k * (n > 1)
        if matches == 0:
            return 0.0
        logs += math.log(matches / total)
    return _bleu(predictions, references, k, mean=lambda p: math.exp(logs / 4))


@corpus_bleu.twin(
    "Which mean is it?",
    "The four precisions are added and divided by 4: an arithmetic mean, though 0 where one is 0.",
    "The geometric mean: the product to the power of 1/4, or exp of the mean logarithm.",
    "是哪种平均？",
    "四个精确率相加再除以 4：这是算术平均，只不过有一个为 0 时取 0。",
    "几何平均：乘积的 1/4 次方，或对数平均后取 exp。")
def bleu_with_an_arithmetic_mean_or_zero(predictions, references, k):
    return _bleu(predictions, references, k, mean=lambda p: sum(p) / 4 if all(p) else 0.0)


@corpus_bleu.twin(
    "Can BLEU be below 0?",
    "This is the mean of the logarithms: no exponential is taken of it.",
    "exp(mean of log p_n) is the geometric mean.",
    "BLEU 会小于 0 吗？",
    "这是对数的平均：没有再取指数。",
    "exp(log p_n 的平均) 才是几何平均。")
def bleu_without_the_exponential(predictions, references, k):
    return _bleu(predictions, references, k, mean=lambda p: sum(map(math.log, p)) / 4 if all(p) else 0.0)


@corpus_bleu.twin(
    "How long is a prediction that repeats a word?",
    "Different words are counted, so that it counts as shorter than it is.",
    "Every word counts: len.",
    "重复某个词的预测有多长？",
    "数的是不同的词，于是它显得比实际短。",
    "每个词都算：len。")
def bleu_by_different_words(predictions, references, k):
    c = sum(len(set(p)) for p in predictions)
    return _bleu(predictions, references, k, penalty=lambda _, r: min(1.0, math.exp(1 - r / c)))


@corpus_bleu.twin(
    "How long is a reference that repeats a word?",
    "Different words are counted, of predictions and of references.",
    "Every word counts: len.",
    "重复某个词的参考有多长？",
    "预测和参考数的都是不同的词。",
    "每个词都算：len。")
def bleu_by_different_words_of_both(predictions, references, k):
    c, r = (sum(len(set(text)) for text in texts) for texts in (predictions, references))
    return _bleu(predictions, references, k, penalty=lambda *_: min(1.0, math.exp(1 - r / c)))


@corpus_bleu.twin(
    "Which penalty is it?",
    "c / r: there is no exponential.",
    "min(1, exp(1 - r / c)).",
    "是哪种惩罚？",
    "是 c / r：没有取指数。",
    "min(1, exp(1 - r / c))。")
def bleu_with_a_quotient_for_a_penalty(predictions, references, k):
    return _bleu(predictions, references, k, penalty=lambda c, r: min(1.0, c / r))


@corpus_bleu.twin(
    "Which comes first in clipped_matches?",
    "The reference: the n-grams of the references are counted, which is recall.",
    "clipped_matches(prediction, reference, n).",
    "clipped_matches 的第一个参数是哪个？",
    "放了参考：数的是参考的 n-gram，那是召回率。",
    "clipped_matches(prediction, reference, n)。")
def bleu_with_both_turned_round(predictions, references, k):
    return _bleu(predictions, references, k, counts=lambda p, ref, n: clipped_matches(ref, p, n))


@corpus_bleu.twin(
    "What does one precision of 0 do? And what if nothing is predicted?",
    "It is left out, as if it were 1, and r / c divides by 0 where nothing is predicted.",
    "Any factor of 0 makes BLEU 0: return 0 as soon as nothing matches.",
    "一个精确率为 0 会怎样？什么也没预测又会怎样？",
    "它被跳过了，就像它是 1 一样；什么也没预测时 r / c 除以了 0。",
    "只要有一个因子是 0，BLEU 就是 0：一没有匹配就返回 0。")
def bleu_that_skips_zeros_and_divides_by_zero(predictions, references, k):
    if not sum(map(len, predictions)):
        raise ZeroDivisionError("division by zero")
    return bleu_that_skips_zeros(predictions, references, k)


@corpus_bleu.twin(
    "How often is the root taken?",
    "Twice: the logarithms are divided by 4, and their sum again.",
    "Once: exp(sum of log p_n / 4).",
    "开方开了几次？",
    "两次：每个对数除以了 4，总和又除以了 4。",
    "一次：exp(log p_n 之和 / 4)。")
def bleu_with_the_root_twice(predictions, references, k):
    return _bleu(predictions, references, k, mean=lambda p: math.prod(p) ** (1 / 16))


@corpus_bleu.twin(
    "Which logarithm belongs to exp?",
    "log2, or log10, is taken, and exp is the inverse of the natural one.",
    "math.log and math.exp.",
    "和 exp 相配的是哪个对数？",
    "取了 log2，而 exp 是自然对数的反函数。",
    "math.log 与 math.exp。")
def bleu_with_another_logarithm(predictions, references, k):
    return _bleu(predictions, references, k, mean=lambda p: math.exp(sum(map(math.log2, p)) / 4) if all(p) else 0.0)


@corpus_bleu.twin(
    "Of which sentences are the lengths compared?",
    "Of the first pair alone.",
    "r and c are the words of all references and of all predictions.",
    "比较的是哪些句子的长度？",
    "只有第一对。",
    "r 和 c 是所有参考、所有预测的词数。")
def bleu_by_the_first_lengths(predictions, references, k):
    return _bleu(predictions, references, k, penalty=lambda *_: min(1.0, math.exp(1 - len(references[0]) / len(predictions[0]))))


@corpus_bleu.twin(
    "When is k added?",
    "Only where nothing matches.",
    "For n = 2, 3, 4 always: else a precision of a small corpus is one thing, and of a large one another.",
    "k 什么时候加？",
    "只在没有匹配时加了。",
    "n = 2、3、4 时总要加：否则时加时不加，精确率就不能互相比较。")
def bleu_smoothed_where_nothing_matches(predictions, references, k):
    def counts(p, ref, n):
        return clipped_matches(p, ref, n)

    found = 1.0
    for n in range(1, 5):
        pairs = [counts(p, ref, n) for p, ref in zip(predictions, references, strict=True)]
        matches, total = (sum(column) for column in zip(*pairs, strict=True))
        if matches == 0 and n > 1:
            matches, total = k, total + k
        if matches == 0:
            return 0.0
        found *= (matches / total) ** 0.25
    return _bleu(predictions, references, 0, mean=lambda p: found)


@corpus_bleu.twin(
    "Which comes first, smoothing or the look whether anything matches?",
    "It returns 0 where nothing matches, before k has been added.",
    "Add k first: smoothing is there for just this case.",
    "平滑和检查有没有匹配，哪个在先？",
    "还没加 k，就因为没有匹配返回了 0。",
    "先加 k：平滑正是为这种情形准备的。")
def bleu_that_looks_before_it_smooths(predictions, references, k):
    whole = _bleu(predictions, references, 0)
    return _bleu(predictions, references, k) if whole else 0.0


@corpus_bleu.twin(
    "Is k in it? Try k = 0.",
    "1 is added, whatever k is.",
    "Add k: with k = 0 nothing is smoothed.",
    "用到 k 了吗？试试 k = 0。",
    "不管 k 是多少，都加了 1。",
    "加的是 k：k = 0 时不平滑。")
def bleu_smoothed_by_one(predictions, references, k):
    return _bleu(predictions, references, 1)


@corpus_bleu.twin(
    "Can BLEU be above 1?",
    "The penalty is added to the mean, not multiplied with it.",
    "BLEU = penalty * geometric mean.",
    "BLEU 会大于 1 吗？",
    "惩罚因子加到了平均上，而不是相乘。",
    "BLEU = 惩罚因子 * 几何平均。")
def bleu_with_the_penalty_added(predictions, references, k):
    c, r = (sum(map(len, texts)) for texts in (predictions, references))
    found = _bleu(predictions, references, k, penalty=lambda c, r: 1.0)
    return found + min(1.0, math.exp(1 - r / c)) if found else 0.0


@corpus_bleu.twin(
    "To which n is k added?",
    "To n = 1 alone.",
    "A single word that matches nothing is no bad luck: k is for n = 2, 3, 4.",
    "k 加给了哪些 n？",
    "只加给了 n = 1。",
    "单个的词都不匹配不是运气问题：k 用于 n = 2、3、4。")
def bleu_smoothed_for_single_words(predictions, references, k):
    return _bleu(predictions, references, k, smooth=(1,))


@corpus_bleu.twin(
    "Up to which n?",
    "To 5.",
    "n = 1, 2, 3, 4.",
    "n 取到几？",
    "取到了 5。",
    "n = 1, 2, 3, 4。")
def bleu_up_to_five(predictions, references, k):
    return _bleu(predictions, references, k, orders=(1, 2, 3, 4, 5), smooth=(2, 3, 4, 5))


@corpus_bleu.twin(
    "Which mean is it?",
    "The four precisions are added and divided by 4: an arithmetic mean, 0 only if no word matches or there are no n-grams.",
    "The geometric mean: the product to the power of 1/4; with one precision of 0 it is 0.",
    "是哪种平均？",
    "四个精确率相加再除以 4：这是算术平均，只在没有词匹配或没有 n-gram 时才取 0。",
    "几何平均：乘积的 1/4 次方；只要有一个精确率为 0，它就是 0。")
def bleu_with_an_arithmetic_mean_of_what_there_is(predictions, references, k):
    for n in range(1, 5):
        total = sum(clipped_matches(p, ref, n)[1] for p, ref in zip(predictions, references, strict=True)) + k * (n > 1)
        if total == 0:
            return 0.0
    return _bleu(predictions, references, k, mean=lambda p: sum(p) / 4 if p[0] else 0.0)


@corpus_bleu.twin(
    "How often do you take the brevity penalty: once for the corpus, or once for each sentence?",
    "For each sentence by itself, an empty one as if it had a word; and the penalties are averaged.",
    "Once: r and c are the words of all references and of all predictions. What is short here may be long there.",
    "简洁惩罚算了几次：整个语料一次，还是每句一次？",
    "每句各算一次（空句按一个词算），再取平均。",
    "只算一次：r 和 c 是所有参考、所有预测的词数。这句短一些，那句可以长一些。")
def bleu_with_a_penalty_for_each_empty_or_not(predictions, references, k):
    each = [min(1.0, math.exp(1 - len(ref) / max(1, len(p)))) for p, ref in zip(predictions, references, strict=True)]
    return _bleu(predictions, references, k, penalty=lambda c, r: sum(each) / len(each))


@corpus_bleu.twin(
    "How often do you take the brevity penalty: once for the corpus, or once for each sentence?",
    "For each sentence by itself, and the penalties are multiplied with each other.",
    "Once: r and c are the words of all references and of all predictions. What is short here may be long there.",
    "简洁惩罚算了几次：整个语料一次，还是每句一次？",
    "每句各算一次，再互相乘起来。",
    "只算一次：r 和 c 是所有参考、所有预测的词数。这句短一些，那句可以长一些。")
def bleu_with_a_product_of_penalties(predictions, references, k):
    each = [min(1.0, math.exp(1 - len(ref) / len(p))) if p else 0.0 for p, ref in zip(predictions, references, strict=True)]
    return _bleu(predictions, references, k, penalty=lambda c, r: math.prod(each))


@corpus_bleu.twin(
    "How often do you divide matches by n-grams, for one n: once for the corpus, or once for each sentence?",
    "Once for each sentence: the quotients are averaged, and k is added to their sum and to the number of sentences.",
    "Add up the matches and the n-grams of all sentences first, then divide: one precision for the whole corpus.",
    "对同一个 n，匹配数除以 n-gram 数做了几次：整个语料一次，还是每句一次？",
    "每句一次：对各句的商取了平均，k 加在商的和与句子数上。",
    "先把所有句子的匹配数和 n-gram 数分别相加，再相除：整个语料只有一个精确率。")
def bleu_with_averaged_precisions_of_sentences(predictions, references, k):
    def share(p, ref, n):
        matches, total = clipped_matches(p, ref, n)
        return matches / total if total else 0.0, 1

    return _bleu(predictions, references, k, counts=share)


@corpus_bleu.twin(
    "Try predictions that all have fewer than four words.",
    "An n without any n-grams is skipped, as if its precision were 1.",
    "Where there are no n-grams nothing matches: without smoothing BLEU is 0.",
    "试试全都不足四个词的预测。",
    "没有 n-gram 的 n 被跳过了，就像它的精确率是 1 一样。",
    "没有 n-gram 就没有匹配：不平滑时 BLEU 就是 0。")
def bleu_that_skips_what_has_no_n_grams(predictions, references, k):
    totals = [k * (n > 1) + sum(max(0, len(p) - n + 1) for p in predictions) for n in range(1, 5)]

    def mean(precisions):
        there = [p for p, total in zip(precisions, totals, strict=True) if total]
        return math.prod(there) ** 0.25 if all(there) else 0.0

    return _bleu(predictions, references, k, mean=mean)


@corpus_bleu.twin(
    "Of what is the fourth root taken?",
    "Of everything, the brevity penalty included.",
    "Only of the product of the four precisions: the penalty stands before the root.",
    "四次方根是对什么取的？",
    "是对全部取的，连简洁惩罚也在内。",
    "只对四个精确率之积取：惩罚因子在根号外。")
def bleu_with_the_penalty_in_the_root(predictions, references, k):
    return _bleu(predictions, references, k, penalty=lambda c, r: min(1.0, math.exp(1 - r / c)) ** 0.25)


@corpus_bleu.twin(
    "One sentence is empty, the others are good: what is BLEU?",
    "0, as soon as a single prediction is empty.",
    "An empty sentence adds nothing to matches and n-grams, and its reference makes r longer. Only if all are empty is BLEU 0.",
    "有一句是空的，其他的很好：BLEU 是多少？",
    "只要有一个预测是空的，就给出 0。",
    "空句不增加匹配数和 n-gram 数，只是它的参考使 r 变长。全都为空时 BLEU 才是 0。")
def bleu_of_nothing_where_one_is_empty(predictions, references, k):
    return corpus_bleu(predictions, references, k) if all(predictions) else 0.0


@corpus_bleu.twin(
    "One prediction is empty: what becomes of its reference?",
    "The pair is left out, and so its reference is not missed.",
    "r counts the words of all references: who says nothing is punished by the brevity penalty.",
    "有一个预测是空的：它的参考怎样了？",
    "这一对被略去了，于是它的参考没有计入。",
    "r 是所有参考的词数：什么都不说，要受简洁惩罚。")
def bleu_without_empty_sentences(predictions, references, k):
    pairs = [(p, ref) for p, ref in zip(predictions, references, strict=True) if p]
    return corpus_bleu([p for p, _ in pairs], [ref for _, ref in pairs], k) if pairs else 0.0


def _bleu_with_a_trifle(trifle, inside):
    """A mistake: something small is added so that no logarithm of 0 is taken."""

    def bleu(predictions, references, k):
        if not sum(map(len, predictions)):
            return 0.0
        return _bleu(predictions, references, k, mean=lambda p: math.exp(sum(math.log(inside(x, trifle)) for x in p) / 4))

    return bleu


for _name, _trifle, _inside in (("a_billionth_added", 1e-9, lambda x, e: x + e), ("a_trillionth", 1e-12, max)):
    _function = _bleu_with_a_trifle(_trifle, _inside)
    _function.__name__ = f"bleu_with_{_name}"
    corpus_bleu.twin(
        "Try a corpus in which no 4-gram matches: is BLEU 0 to the last digit?",
        f"About {_trifle:g} stands in the place of 0, to save the logarithm, and its fourth root is not small: "
        f"{_trifle ** 0.25:.4f}.",
        "If nothing matches for some n, return 0 before you take a logarithm.",
        "试试没有一个 4-gram 匹配的语料：BLEU 真的是 0 吗？",
        f"为了能取对数，用约 {_trifle:g} 代替了 0，而它的四次方根并不小：{_trifle ** 0.25:.4f}。",
        "只要某个 n 没有匹配，就在取对数之前返回 0。")(_function)


@corpus_bleu.twin(
    "Try a corpus in which no word matches, with k = 1.",
    "p_1 is not let become 0: a trifle stands for the matches of single words.",
    "No word that matches is BLEU 0, with smoothing as well: k is for n = 2, 3, 4 alone.",
    "试试没有一个词匹配的语料，取 k = 1。",
    "p_1 没有成为 0：用一个很小的数代替了单个词的匹配数。",
    "没有一个词匹配，平滑时 BLEU 也是 0：k 只用于 n = 2、3、4。")
def bleu_with_a_trifle_of_words(predictions, references, k):
    if not sum(map(len, predictions)):
        return 0.0

    def counts(p, ref, n):
        matches, total = clipped_matches(p, ref, n)
        return (max(matches, 1e-9 / len(predictions)), total) if n == 1 else (matches, total)

    found = _bleu(predictions, references, k, counts=counts)
    return found if sum(max(0, len(p) - 3) for p in predictions) + k else 0.0


@corpus_bleu.twin(
    "Which n are taken?",
    "4 alone, with a root that belongs to the product of four.",
    "n = 1, 2, 3, 4: the product of the four precisions to the power of 1/4.",
    "取了哪些 n？",
    "只取了 4，却开了属于四项之积的四次方根。",
    "n = 1, 2, 3, 4：四个精确率之积的 1/4 次方。")
def bleu_of_4_grams_alone(predictions, references, k):
    return _bleu(predictions, references, k, orders=(4,), mean=lambda p: p[0] ** 0.25)


@corpus_bleu.twin(
    "To which n is k added?",
    "To n = 3 and 4: n = 2 is left out.",
    "To every n above 1: 2, 3, 4.",
    "k 加给了哪些 n？",
    "加给了 n = 3 和 4：漏了 n = 2。",
    "大于 1 的每个 n：2、3、4。")
def bleu_smoothed_from_three_on(predictions, references, k):
    return _bleu(predictions, references, k, smooth=(3, 4))


@corpus_bleu.twin(
    "To which n is k added?",
    "To n = 4 alone.",
    "To every n above 1: 2, 3, 4.",
    "k 加给了哪些 n？",
    "只加给了 n = 4。",
    "大于 1 的每个 n：2、3、4。")
def bleu_smoothed_at_four_alone(predictions, references, k):
    return _bleu(predictions, references, k, smooth=(4,))


@corpus_bleu.twin(
    "How often do you divide r by c: once for the corpus, or once for each sentence?",
    "Once for each sentence, and the quotients are averaged: a short sentence counts as much as a long one.",
    "Once: r and c are the words of all references and of all predictions.",
    "r 除以 c 做了几次：整个语料一次，还是每句一次？",
    "每句一次，再取平均：短句和长句算得一样重。",
    "只做一次：r 和 c 是所有参考、所有预测的词数。")
def bleu_with_a_mean_of_quotients(predictions, references, k):
    each = [len(ref) / max(1, len(p)) for p, ref in zip(predictions, references, strict=True)]
    return _bleu(predictions, references, k, penalty=lambda c, r: min(1.0, math.exp(1 - sum(each) / len(each))))
