"""Lab 5, word vectors: right functions and wrong twins."""

from __future__ import annotations

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor
from tinydawn.nn import functional as F

lab = Lab(5, "lab05_vectors", "Word vectors", "词向量")

VECTORS = "tinydawn.text.vectors:"


# --- near_counts ---

TEXT = [[1, 2, 3, 1, 4], [2, 2, 0, 3], [4], [], [5, 1, 0, 0, 2, 3], [3, 5, 5, 3, 5]]
SHORT = [[3, 1], [2, 0, 1], [1, 2, 1, 4, 2, 3]]


@lab.hole(cases=[[TEXT, 7, 2], [SHORT, 5, 3], [[[1, 2, 3]], 4, 1]],
          more=[[[[2, 4, 1, 0, 3, 2, 4, 4], [1, 3], [5, 0, 5, 2]], 6, 3], [[[2, 1, 2, 2, 3, 1], [], [3, 1, 0, 2]], 5, 4]],
          forbidden=[VECTORS + "cooccurrence"])
def near_counts(sentences, V, window):
    counts = np.zeros((V, V))
    for ids in sentences:
        for i, word in enumerate(ids):
            for d in range(1, min(window, len(ids) - 1 - i) + 1):
                other = ids[i + d]
                if word != 0 and other != 0:
                    counts[word, other] += 1 / d
                    counts[other, word] += 1 / d
    return counts


def _pairs(sentences, window):
    """(word, the other to its right, distance) of all places that are near each other."""
    return [(ids[i], ids[i + d], d) for ids in sentences for i in range(len(ids)) for d in range(1, window + 1)
            if i + d < len(ids)]


def _counted(pairs, V, weight, right=True, left=True):
    counts = np.zeros((V, V))
    for a, b, d in pairs:
        if a and b:
            counts[a, b] += right * weight(d)
            counts[b, a] += left * weight(d)
    return counts


def _reciprocal(d):
    return 1 / d


@near_counts.twin(
    "The first word of a sentence: is it near the second? And the second near the first?",
    "Only the words to the right of a word are counted: the matrix is not symmetric.",
    "A window reaches to both sides: what is near is so for either word, and counts equals counts.T.",
    "一句的第一个词在第二个词附近吗？第二个词也在第一个词附近吗？",
    "只数了每个词右边的词：矩阵不对称。",
    "窗口伸向两边：附近是相互的，counts 等于 counts.T。")
def near_counts_to_the_right(sentences, V, window):
    return _counted(_pairs(sentences, window), V, _reciprocal, left=False)


@near_counts.twin(
    "The last word of a sentence: which words have it beside them?",
    "Only the words to the left of a word are counted: the matrix is not symmetric.",
    "A window reaches to both sides, so that counts equals counts.T: look to the right as well.",
    "一句的最后一个词：哪些词的旁边有它？",
    "只数了每个词左边的词：矩阵不对称。",
    "窗口伸向两边，counts 等于 counts.T：右边也要看。")
def near_counts_to_the_left(sentences, V, window):
    return _counted(_pairs(sentences, window), V, _reciprocal, right=False)


@near_counts.twin(
    "Two words that stand one apart, and two that stand two apart: do they count alike?",
    "Every pair counts 1, however far apart its words are.",
    "A pair at distance d counts 1/d: abs(i - j) of their places.",
    "相距一个位置的两个词和相距两个位置的两个词，算得一样多吗？",
    "每一对都算 1，不管两个词相距多远。",
    "相距 d 的一对算 1/d，d 是位置之差 abs(i - j)。")
def near_counts_all_alike(sentences, V, window):
    return _counted(_pairs(sentences, window), V, lambda d: 1)


@near_counts.twin(
    "With a window of 1: is anything counted?",
    "The window is one too small on both sides: words exactly `window` apart are left out.",
    "Distances 1 to window, both included; range stops one before its end.",
    "窗口为 1 时，数到了什么吗？",
    "两边的窗口都小了一：相距恰为 `window` 的词被漏掉了。",
    "距离从 1 到 window，两端都算；range 在终点之前就停了。")
def near_counts_of_a_smaller_window(sentences, V, window):
    return _counted(_pairs(sentences, window - 1), V, _reciprocal)


@near_counts.twin(
    "How far does the window reach to the left, and how far to the right?",
    "To the right it is one short: range(i - window, i + window) stops before i + window.",
    "Both sides reach equally far: up to and with i + window.",
    "窗口向左伸多远，向右伸多远？",
    "右边少了一个：range(i - window, i + window) 在 i + window 之前就停了。",
    "两边一样远：直到 i + window，并包含它。")
def near_counts_short_on_the_right(sentences, V, window):
    return (_counted(_pairs(sentences, window), V, _reciprocal, right=False)
            + _counted(_pairs(sentences, window - 1), V, _reciprocal, left=False))


@near_counts.twin(
    "What is to the left of the first word of a sentence?",
    "The last word of the sentence: ids[-1] is no error in Python, but the end of the list.",
    "Nothing: begin at max(0, i - window).",
    "一句的第一个词左边是什么？",
    "成了本句的最后一个词：ids[-1] 在 Python 里不是错误，而是列表的末尾。",
    "什么也没有：从 max(0, i - window) 开始。")
def near_counts_around_the_end(sentences, V, window):
    counts = np.zeros((V, V))
    for ids in sentences:
        for i, word in enumerate(ids):
            for j in range(i - window, i + window + 1):
                if j != i and -len(ids) <= j < len(ids) and word and ids[j]:
                    counts[word, ids[j]] += 1 / abs(i - j)
    return counts


@near_counts.twin(
    "Is the last word of a sentence near the first word of the next?",
    "All sentences stand in one row here, and the windows reach over their ends.",
    "Go through the sentences one by one: no window reaches into another sentence.",
    "一句的最后一个词算在下一句第一个词的附近吗？",
    "这里所有句子排成了一行，窗口越过了句子的末尾。",
    "一句一句地数：窗口不能伸进另一句。")
def near_counts_over_the_ends(sentences, V, window):
    return _counted(_pairs([[i for ids in sentences for i in ids]], window), V, _reciprocal)


@near_counts.twin(
    "Look at row 0 and column 0.",
    "The id 0 is counted as if it were a word.",
    "0 stands for no word: nothing is near it, and its row and column stay 0.",
    "看看第 0 行和第 0 列。",
    "编号 0 被当作词来数了。",
    "0 表示没有词：没有什么在它附近，它的行和列都是 0。")
def near_counts_of_no_word(sentences, V, window):
    counts = np.zeros((V, V))
    for a, b, d in _pairs(sentences, window):
        counts[a, b] += 1 / d
        counts[b, a] += 1 / d
    return counts


@near_counts.twin(
    "Look at the words on either side of a 0: how far apart are they?",
    "The zeros are taken out first, and the words beside them move together.",
    "A 0 keeps its place: two words with a 0 between them are at distance 2.",
    "看 0 两边的词：它们相距多远？",
    "先去掉了 0，两边的词就靠拢了。",
    "0 保留它的位置：中间隔一个 0 的两个词相距 2。")
def near_counts_closed_up(sentences, V, window):
    return _counted(_pairs([[i for i in ids if i] for ids in sentences], window), V, _reciprocal)


@near_counts.twin(
    "Can a word stand near itself?",
    "The same word twice in a window is not counted: the diagonal is 0.",
    "What is left out is the place itself, i, not the word: in \"very very good\" very stands near very.",
    "一个词能在它自己附近吗？",
    "窗口里出现两次的同一个词没有数：对角线都是 0。",
    "要排除的是位置 i 本身，不是这个词：在 “very very good” 里，very 就在 very 附近。")
def near_counts_without_the_diagonal(sentences, V, window):
    return _counted([(a, b, d) for a, b, d in _pairs(sentences, window) if a != b], V, _reciprocal)


@near_counts.twin(
    "\"very very good\": how often does very stand near very?",
    "Two equal words near each other count once, where any other two count once for either.",
    "The first is near the second and the second near the first: the diagonal gets 2/d.",
    "“very very good”：very 在 very 附近几次？",
    "相邻的两个相同的词只数了一次，而别的一对会为两个词各数一次。",
    "第一个在第二个附近，第二个也在第一个附近：对角线得到 2/d。")
def near_counts_with_half_a_diagonal(sentences, V, window):
    counts = _counted(_pairs(sentences, window), V, _reciprocal)
    return counts - np.diag(np.diag(counts)) / 2


@near_counts.twin(
    "It ends with an error: what is the distance of a word to itself?",
    "The place i itself is in the window, and 1/0 is no number.",
    "Leave out j == i.",
    "运行出错：一个词到它自己的距离是多少？",
    "位置 i 本身也在窗口里，而 1/0 不是数。",
    "排除 j == i。")
def near_counts_by_nothing(sentences, V, window):
    return sum(1 / 0 for ids in sentences for _ in ids)


@near_counts.twin(
    "Neighbours side by side: what does such a pair count?",
    "1/(d + 1): a half for words side by side.",
    "Words side by side are at distance 1, and count 1/1.",
    "并排的两个词算多少？",
    "算了 1/(d + 1)：并排的词只算一半。",
    "并排的词距离是 1，算 1/1。")
def near_counts_one_further(sentences, V, window):
    return _counted(_pairs(sentences, window), V, lambda d: 1 / (d + 1))


@near_counts.twin(
    "Words that are two apart: what do they count?",
    "Nothing: the matrix holds whole numbers, and a half becomes 0 in it, or d is divided with //.",
    "np.zeros((V, V)) without a dtype holds fractions, and / divides.",
    "相距两个位置的词算多少？",
    "什么也没算：矩阵里是整数，二分之一放进去就成了 0，或者用了 // 来除。",
    "不带 dtype 的 np.zeros((V, V)) 能放小数，除法用 /。")
def near_counts_in_whole_numbers(sentences, V, window):
    return _counted(_pairs(sentences, window), V, lambda d: 1 // d)


@near_counts.twin(
    "A sentence of two words: how often is each near the other?",
    "Everything is counted twice: once from either word, and once more for the other side.",
    "Either look to both sides and write one entry, or to one side and write two.",
    "只有两个词的句子：每个词在另一个附近几次？",
    "全都数了两遍：从每个词各数一次，又为另一边再写一次。",
    "要么看两边、每次写一个元素，要么只看一边、每次写两个。")
def near_counts_twice(sentences, V, window):
    return 2 * _counted(_pairs(sentences, window), V, _reciprocal)


@near_counts.twin(
    "A sentence of two words: how often is each near the other?",
    "Half as often as it should be: the two sides are averaged.",
    "What is to the right of one is to the left of the other: add, and do not halve.",
    "只有两个词的句子：每个词在另一个附近几次？",
    "只有应有的一半：两边取了平均。",
    "在一个词右边，就是在另一个词左边：相加，不要除以 2。")
def near_counts_halved(sentences, V, window):
    return _counted(_pairs(sentences, window), V, _reciprocal) / 2


@near_counts.twin(
    "Two words that stand near each other in two sentences: do both times count?",
    "Only the last time does: the entry is set, and not added to.",
    "Counting adds up: counts[a, b] += 1/d.",
    "两个词在两个句子里都相邻：两次都算了吗？",
    "只算了最后一次：元素是被赋值，而不是累加。",
    "计数就是累加：counts[a, b] += 1/d。")
def near_counts_of_the_last_time(sentences, V, window):
    counts = np.zeros((V, V))
    for a, b, d in _pairs(sentences, window):
        if a and b:
            counts[a, b] = counts[b, a] = 1 / d
    return counts


@near_counts.twin(
    "Two words that are near each other twice in one sentence: do both times count?",
    "`counts[ids, others] += ...` with arrays of ids adds once for each different place, however often it is named.",
    "np.add.at(counts, (ids, others), ...) adds every time; so does a loop.",
    "两个词在同一句里两次相邻：两次都算了吗？",
    "用编号数组写 `counts[ids, others] += ...`，同一个位置不管出现几次都只加一次。",
    "np.add.at(counts, (ids, others), ...) 每次都加；循环也可以。")
def near_counts_that_lose_repeats(sentences, V, window):
    counts = np.zeros((V, V))
    for ids in sentences:
        for d in range(1, min(window, len(ids) - 1) + 1):
            a, b = np.array(ids[:-d]), np.array(ids[d:])
            real = (a != 0) & (b != 0)
            counts[a[real], b[real]] += 1 / d
            counts[b[real], a[real]] += 1 / d
    return counts


@near_counts.twin(
    "A long sentence: is its first word near its last?",
    "All words of a sentence are near each other here: `window` is not used.",
    "Only places at most `window` apart count.",
    "一个长句子：第一个词在最后一个词附近吗？",
    "这里同一句的词都算附近：没有用 `window`。",
    "只算相距不超过 `window` 的位置。")
def near_counts_of_whole_sentences(sentences, V, window):
    return _counted(_pairs(sentences, 1000), V, _reciprocal)


@near_counts.twin(
    "How far does the window reach on one side?",
    "Half as far as it should: `window` is taken as the width of both sides together.",
    "`window` words on either side.",
    "窗口在一边伸多远？",
    "只有应有的一半：把 `window` 当成了两边合起来的宽度。",
    "每一边各 `window` 个词。")
def near_counts_of_half_a_window(sentences, V, window):
    return _counted(_pairs(sentences, window // 2), V, _reciprocal)


@near_counts.twin(
    "By how much does a pair count less when its words are further apart?",
    "It falls in a line: (window - d + 1) / window, as word2vec draws its windows.",
    "Here a pair at distance d counts 1/d, whatever the window is.",
    "两个词相距更远时，少算多少？",
    "按直线下降：(window - d + 1) / window，word2vec 的窗口就是这样抽的。",
    "这里相距 d 的一对算 1/d，与窗口大小无关。")
def near_counts_in_a_line(sentences, V, window):
    return _counted(_pairs(sentences, window), V, lambda d: (window - d + 1) / window)


@near_counts.twin(
    "Add up a row: should it be 1?",
    "Each row is divided by its sum: these are shares, and no counts.",
    "Return the counts as they are; the next hole divides.",
    "把一行加起来：应该是 1 吗？",
    "每一行除以了它的和：这是比例，不是次数。",
    "原样返回次数；除法是下一个空的事。")
def near_counts_as_shares(sentences, V, window):
    counts = _counted(_pairs(sentences, window), V, _reciprocal)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)


@near_counts.twin(
    "It ends with an error: what is to the right of the last word?",
    "ids[i + d] is asked for beyond the end of the sentence.",
    "Only places that are there: i + d < len(ids), or range(..., min(len(ids), i + window + 1)).",
    "运行出错：最后一个词的右边是什么？",
    "ids[i + d] 越过了句子的末尾。",
    "只看存在的位置：i + d < len(ids)，或 range(..., min(len(ids), i + window + 1))。")
def near_counts_past_the_end(sentences, V, window):
    return [ids[i + window] for ids in sentences for i in range(len(ids))]


@near_counts.twin(
    "Is the matrix symmetric? And look at row 0.",
    "Only the words to the right of a word are counted, and 0 is counted as if it were a word.",
    "Write both entries of a pair, [a, b] and [b, a], and only if neither is 0.",
    "矩阵对称吗？再看看第 0 行。",
    "只数了每个词右边的词，而且把 0 也当作词来数。",
    "一对写两个元素 [a, b] 和 [b, a]，而且两者都不为 0 才写。")
def near_counts_to_the_right_of_no_word(sentences, V, window):
    counts = np.zeros((V, V))
    for a, b, d in _pairs(sentences, window):
        counts[a, b] += 1 / d
    return counts


@near_counts.twin(
    "Row 0 is 0. And column 0?",
    "It is not: a word that stands beside a 0 has counted it.",
    "Neither of the two may be 0.",
    "第 0 行是 0。第 0 列呢？",
    "不是：站在 0 旁边的词把它数进去了。",
    "两者都不能为 0。")
def near_counts_with_column_0(sentences, V, window):
    counts = np.zeros((V, V))
    for a, b, d in _pairs(sentences, window):
        counts[a, b] += 1 / d
        counts[b, a] += 1 / d
    counts[0] = 0
    return counts


@near_counts.twin(
    "Column 0 is 0. And row 0?",
    "It is not: the 0 has counted the words beside it.",
    "Neither of the two may be 0.",
    "第 0 列是 0。第 0 行呢？",
    "不是：0 把它旁边的词数进去了。",
    "两者都不能为 0。")
def near_counts_with_row_0(sentences, V, window):
    counts = np.zeros((V, V))
    for a, b, d in _pairs(sentences, window):
        counts[a, b] += 1 / d
        counts[b, a] += 1 / d
    counts[:, 0] = 0
    return counts


@near_counts.twin(
    "The second word of a sentence: does it see the first?",
    "Not here: ids[i - window:i] begins at a negative place, counted from the end, and is empty.",
    "ids[max(0, i - window):i].",
    "一句的第二个词能看到第一个词吗？",
    "这里看不到：ids[i - window:i] 的起点是负数，从末尾数起，取出来是空的。",
    "要写 ids[max(0, i - window):i]。")
def near_counts_with_an_empty_left(sentences, V, window):
    counts = np.zeros((V, V))
    for ids in sentences:
        for i, a in enumerate(ids):
            for j in [*range(len(ids))[i - window:i], *range(len(ids))[i + 1:i + window + 1]]:
                if a and ids[j]:
                    counts[a, ids[j]] += 1 / abs(i - j)
    return counts


@near_counts.twin(
    "Of the words to the left: which one is at distance 1?",
    "The one furthest away: the distances on the left are counted from the far end.",
    "On both sides the word beside it has distance 1: abs(i - j).",
    "左边的词里，距离为 1 的是哪个？",
    "成了最远的那个：左边的距离是从远端数起的。",
    "两边都是紧挨着的词距离为 1：abs(i - j)。")
def near_counts_from_the_far_end(sentences, V, window):
    counts = np.zeros((V, V))
    for ids in sentences:
        for i, a in enumerate(ids):
            for part in (ids[max(0, i - window):i], ids[i + 1:i + window + 1]):
                for d, b in enumerate(part, 1):
                    if a and b:
                        counts[a, b] += 1 / d
    return counts


@near_counts.twin(
    "Two words that stand two apart: what do they count? And look at row 0.",
    "Every pair counts 1, and 0 is counted as if it were a word.",
    "1/d for a pair at distance d, and nothing if either is 0.",
    "相距两个位置的词算多少？再看看第 0 行。",
    "每一对都算 1，而且把 0 也当作词来数。",
    "相距 d 的一对算 1/d；只要其中一个是 0 就不算。")
def near_counts_all_alike_with_no_word(sentences, V, window):
    counts = np.zeros((V, V))
    for a, b, _ in _pairs(sentences, window):
        counts[a, b] += 1
        counts[b, a] += 1
    return counts


@near_counts.twin(
    "Compare the rows: are they all the same?",
    "They are one and the same list: [[0] * V] * V has one row V times.",
    "np.zeros((V, V)) has V rows of its own.",
    "比较各行：是不是全一样？",
    "它们是同一个列表：[[0] * V] * V 是把一行重复引用 V 次。",
    "np.zeros((V, V)) 才有 V 个各自的行。")
def near_counts_with_one_row(sentences, V, window):
    return np.tile(_counted(_pairs(sentences, window), V, _reciprocal).sum(axis=0), (V, 1))


@near_counts.twin(
    "Look at the words on either side of a 0, and at equal words side by side.",
    "The zeros are taken out, so that the words beside them move together; and two equal words count once.",
    "A 0 keeps its place; and of two equal words either is near the other.",
    "看 0 两边的词，再看并排的相同的词。",
    "去掉了 0，两边的词就靠拢了；而且两个相同的词只数了一次。",
    "0 保留它的位置；两个相同的词，每一个都在另一个附近。")
def near_counts_closed_up_with_half_a_diagonal(sentences, V, window):
    counts = _counted(_pairs([[i for i in ids if i] for ids in sentences], window), V, _reciprocal)
    return counts - np.diag(np.diag(counts)) / 2


@near_counts.twin(
    "What lies beyond a 0?",
    "Nothing is counted there: the search ends at the first 0.",
    "Pass over the 0 (continue), and do not stop (break): its other side is near too.",
    "0 的另一边是什么？",
    "那边什么也没数：遇到第一个 0 就停了。",
    "跳过 0（continue），不要停下（break）：它的另一边也算附近。")
def near_counts_up_to_a_0(sentences, V, window):
    pairs = [(ids[i], ids[i + d], d) for ids in sentences for i in range(len(ids)) for d in range(1, window + 1)
             if i + d < len(ids) and all(ids[i + 1:i + d + 1])]
    return _counted(pairs, V, _reciprocal)


@near_counts.twin(
    "A word that stands now to the left and now to the right of another: do both count?",
    "Only the more frequent of the two sides does: the sides are joined by their maximum.",
    "Add them: counts + counts.T.",
    "一个词时而在另一个词左边，时而在右边：两种都算吗？",
    "只算了较多的一边：两边是用最大值合并的。",
    "要相加：counts + counts.T。")
def near_counts_of_the_better_side(sentences, V, window):
    counts = _counted(_pairs(sentences, window), V, _reciprocal, left=False)
    return np.maximum(counts, counts.T)


@near_counts.twin(
    "Can a count be below 0?",
    "1/(j - i) is negative to the left.",
    "A distance has no sign: abs(i - j).",
    "次数会小于 0 吗？",
    "在左边，1/(j - i) 是负的。",
    "距离没有符号：abs(i - j)。")
def near_counts_with_a_sign(sentences, V, window):
    pairs = _pairs(sentences, window)
    return _counted(pairs, V, _reciprocal, left=False) - _counted(pairs, V, _reciprocal, right=False)


@near_counts.twin(
    "Can a word stand near itself? And look at row 0.",
    "The same word twice in a window is not counted, and 0 is.",
    "Leave out the place i, and every pair with a 0; not equal words.",
    "一个词能在它自己附近吗？再看看第 0 行。",
    "窗口里出现两次的同一个词没有数，0 却数了。",
    "要排除的是位置 i，以及含 0 的每一对；不是相同的词。")
def near_counts_without_the_diagonal_with_no_word(sentences, V, window):
    counts = near_counts_of_no_word(sentences, V, window)
    np.fill_diagonal(counts, 0)
    return counts


@near_counts.twin(
    "Is the last word of a sentence near the first of the next? And what does a pair two apart count?",
    "All sentences stand in one row here, and every pair counts 1.",
    "Sentence by sentence, and 1/d for a pair at distance d.",
    "一句的最后一个词算在下一句第一个词的附近吗？相距两个位置的一对算多少？",
    "这里所有句子排成了一行，而且每一对都算 1。",
    "一句一句地数，相距 d 的一对算 1/d。")
def near_counts_over_the_ends_all_alike(sentences, V, window):
    return near_counts_all_alike([[i for ids in sentences for i in ids]], V, window)


@near_counts.twin(
    "What stands between a 0 and the word in the middle, or beyond them?",
    "Nothing is counted any more once the window has met a 0: break ends the loop.",
    "continue passes over the 0 alone.",
    "窗口遇到 0 之后，其余的词呢？",
    "窗口一遇到 0 就不再数了：break 结束了循环。",
    "continue 只跳过这个 0。")
def near_counts_until_a_0_is_met(sentences, V, window):
    counts = np.zeros((V, V))
    for ids in sentences:
        for i, a in enumerate(ids):
            for j in range(max(0, i - window), min(len(ids), i + window + 1)):
                if j != i and a and not ids[j]:
                    break
                if j != i and a:
                    counts[a, ids[j]] += 1 / abs(i - j)
    return counts


@near_counts.twin(
    "The first word of a sentence: is it near the second?",
    "The second is near it, but not the other way round: place 0 is left out, as if it were the id 0.",
    "What is left out is the id 0, ids[j] == 0; the places begin with 0.",
    "一句的第一个词在第二个词附近吗？",
    "第二个在它附近，反过来却没数：漏掉了位置 0，好像它是编号 0。",
    "要排除的是编号 0，即 ids[j] == 0；位置从 0 开始。")
def near_counts_without_place_0(sentences, V, window):
    counts = np.zeros((V, V))
    for ids in sentences:
        for i, a in enumerate(ids):
            for j in range(max(1, i - window), min(len(ids), i + window + 1)):
                if j != i and a and ids[j]:
                    counts[a, ids[j]] += 1 / abs(i - j)
    return counts


@near_counts.twin(
    "How far does the window reach to the right? And what does a pair two apart count?",
    "One place less than to the left; and every pair counts 1.",
    "range(i - window, i + window + 1), and 1/d.",
    "窗口向右伸多远？相距两个位置的一对算多少？",
    "比左边少一个位置；而且每一对都算 1。",
    "range(i - window, i + window + 1)，并且算 1/d。")
def near_counts_short_on_the_right_all_alike(sentences, V, window):
    return (_counted(_pairs(sentences, window), V, lambda d: 1, right=False)
            + _counted(_pairs(sentences, window - 1), V, lambda d: 1, left=False))


@near_counts.twin(
    "The last two words of a sentence: are they near each other?",
    "They are left out: the loop ends `window` places before the end.",
    "Go to the end, and cut the window there: min(len(ids), i + window + 1).",
    "一句的最后两个词：它们算靠近吗？",
    "它们被漏掉了：循环在末尾之前 `window` 个位置就结束了。",
    "一直走到末尾，在那里截短窗口：min(len(ids), i + window + 1)。")
def near_counts_not_to_the_end(sentences, V, window):
    pairs = [(ids[i], ids[i + d], d) for ids in sentences for i in range(len(ids) - window) for d in range(1, window + 1)]
    return _counted(pairs, V, _reciprocal)


# --- positive_pmi ---

COUNTS = [[4.0, 0.5, 0.0, 1.0], [0.5, 6.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0], [1.0, 1.5, 0.25, 0.0], [0.0, 0.0, 0.0, 0.5]]


@lab.hole(cases=[[array(COUNTS), 0.75], [array(COUNTS), 1.0],
                 [array([[0.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.0, 1.0, 0.0]]), 0.75]],
          more=[[array([[0.0, 3.0, 0.0], [5.0, 0.25, 0.5], [0.0, 0.0, 0.0], [1.0, 0.0, 2.5]]), 0.5],
                [array([[7.0, 0.0, 1.0, 0.5], [0.0, 0.0, 0.0, 0.0], [0.5, 0.0, 3.0, 0.0]]), 0.75],
                [array([[0.0, 0.0, 0.0], [0.0, 5.0, 1.0], [0.0, 0.5, 2.0]]), 0.75]],
          forbidden=[VECTORS + "ppmi"])
def positive_pmi(counts, power):
    words = counts.sum(axis=1, keepdims=True)
    contexts = counts.sum(axis=0, keepdims=True) ** power
    chance = words * (contexts / contexts.sum())
    ratio = np.ones(counts.shape)
    np.divide(counts, chance, out=ratio, where=counts > 0)
    return np.log(np.maximum(ratio, 1))


def _ratio(counts, power, empty=0.0):
    words, contexts = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True) ** power
    return np.where(counts > 0, counts / (words * contexts / contexts.sum()), empty)


@positive_pmi.twin(
    "Look at the words that never stand together.",
    "They have log 0 = -inf here, and rare pairs a number below 0: the maximum with 0 is missing.",
    "PPMI is max(0, PMI): what is rarer than chance counts as 0.",
    "看看从不一起出现的词。",
    "这里它们是 log 0 = -inf，少见的一对是负数：没有与 0 取最大值。",
    "PPMI 是 max(0, PMI)：比偶然更少的，一律算 0。")
def pmi_with_infinities(counts, power):
    return np.log(_ratio(counts, power))


@positive_pmi.twin(
    "Can a PPMI be below 0?",
    "Where nothing was counted stands 0, but pairs that are rarer than chance are negative.",
    "All that is below 0 becomes 0: np.maximum(0, ...).",
    "PPMI 会小于 0 吗？",
    "没有计数的地方是 0，但比偶然更少的一对仍是负数。",
    "小于 0 的全都变成 0：np.maximum(0, ...)。")
def pmi_below_zero(counts, power):
    return np.log(_ratio(counts, power, 1.0))


@positive_pmi.twin(
    "Is `power` used?",
    "This is plain PPMI: the power is left out.",
    "p(c) is n(c)^power over the sum of all n(c)^power.",
    "用到 `power` 了吗？",
    "这是普通的 PPMI：漏掉了幂。",
    "p(c) 是 n(c)^power 除以所有 n(c)^power 之和。")
def ppmi_without_power(counts, power):
    return np.log(np.maximum(_ratio(counts, 1.0, 1.0), 1))


@positive_pmi.twin(
    "Do the p(c) add up to 1?",
    "The power is taken of p(c) itself, and what comes out is no distribution: it adds up to more than 1.",
    "Take the power of the counts, and divide by the sum of these powers.",
    "各个 p(c) 加起来是 1 吗？",
    "对 p(c) 本身取了幂，得到的不再是分布：加起来大于 1。",
    "对次数取幂，再除以这些幂的和。")
def ppmi_with_p_not_added_up(counts, power):
    words, p = counts.sum(axis=1, keepdims=True), (counts.sum(axis=0, keepdims=True) / counts.sum()) ** power
    return np.log(np.maximum(np.where(counts > 0, counts / (words * p), 1), 1))


@positive_pmi.twin(
    "Do the p(c) add up to 1?",
    "n(c)^power is divided by the number of all counts, and not by the sum of the powers.",
    "The sum below must be of what stands above: sum over c of n(c)^power.",
    "各个 p(c) 加起来是 1 吗？",
    "n(c)^power 除以了总次数，而不是这些幂的和。",
    "分母要与分子相配：对 c 求和的 n(c)^power。")
def ppmi_with_p_over_the_old_sum(counts, power):
    words, p = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True) ** power / counts.sum()
    return np.log(np.maximum(np.where(counts > 0, counts / (words * p), 1), 1))


@positive_pmi.twin(
    "Whose counts get the power: those of the words, or of the contexts?",
    "Those of the words, the rows.",
    "The contexts are the columns: counts.sum(axis=0).",
    "取幂的是词的次数，还是上下文的次数？",
    "取了词（行）的幂。",
    "上下文是列：counts.sum(axis=0)。")
def ppmi_with_power_for_words(counts, power):
    return np.log(np.maximum(_ratio(counts.T, power, 1.0).T, 1))


@positive_pmi.twin(
    "How often is the power taken?",
    "Twice: of the words and of the contexts.",
    "Of the contexts alone: p(w) stays n(w) over the sum of all counts.",
    "取了几次幂？",
    "两次：词和上下文都取了。",
    "只对上下文取：p(w) 仍是 n(w) 除以总次数。")
def ppmi_with_two_powers(counts, power):
    words, contexts = counts.sum(axis=1, keepdims=True) ** power, counts.sum(axis=0, keepdims=True) ** power
    p = words * contexts / (words.sum() * contexts.sum())
    return np.log(np.maximum(np.where(counts > 0, counts / counts.sum() / p, 1), 1))


@positive_pmi.twin(
    "Of what is the power taken?",
    "Of every entry of the matrix, before anything is added up.",
    "Add up first: n(c) is the sum of a column, and its power is taken.",
    "对什么取了幂？",
    "在相加之前，对矩阵的每个元素取了幂。",
    "先求和：n(c) 是一列之和，再对它取幂。")
def ppmi_of_powers(counts, power):
    return np.log(np.maximum(_ratio(counts ** power, 1.0, 1.0), 1))


@positive_pmi.twin(
    "Divide what comes out by what is expected: is it always the same?",
    "The logarithm is that of base 2.",
    "The natural logarithm, np.log.",
    "用结果除以应有的值：总是同一个数吗？",
    "用了以 2 为底的对数。",
    "要自然对数 np.log。")
def ppmi_in_bits(counts, power):
    return np.log2(np.maximum(_ratio(counts, power, 1.0), 1))


@positive_pmi.twin(
    "Divide what comes out by what is expected: is it always the same?",
    "The logarithm is that of base 10.",
    "The natural logarithm is np.log.",
    "用结果除以应有的值：总是同一个数吗？",
    "用了以 10 为底的对数。",
    "自然对数是 np.log。")
def ppmi_in_tens(counts, power):
    return np.log10(np.maximum(_ratio(counts, power, 1.0), 1))


@positive_pmi.twin(
    "A pair as frequent as chance has it: what should it get?",
    "log 2 here: 1 is added before the logarithm is taken.",
    "log 1 = 0: what has to be kept from log 0 are the entries without counts, and they are set to 0.",
    "恰好和偶然一样常见的一对应得多少？",
    "这里是 log 2：取对数之前加了 1。",
    "应是 log 1 = 0；要避开 log 0 的只是没有计数的元素，直接取 0。")
def ppmi_plus_one(counts, power):
    return np.log1p(_ratio(counts, power))


@positive_pmi.twin(
    "Is there a logarithm?",
    "These are the ratios p(w, c) / (p(w) p(c)).",
    "PMI is the logarithm of the ratio, and 0 where it is below.",
    "取对数了吗？",
    "这些是比值 p(w, c) / (p(w) p(c))。",
    "PMI 是比值的对数，小于 0 处取 0。")
def ppmi_without_log(counts, power):
    return _ratio(counts, power)


@positive_pmi.twin(
    "Is there a logarithm?",
    "These are the ratios p(w, c) / (p(w) p(c)), with all below 1 made 1 or 0.",
    "Take np.log of what is left: log 1 is 0.",
    "取对数了吗？",
    "这些是比值 p(w, c) / (p(w) p(c))，小于 1 的改成了 1 或 0。",
    "对剩下的取 np.log：log 1 就是 0。")
def ppmi_of_ratios_from_one(counts, power):
    return np.maximum(_ratio(counts, power), 1)


@positive_pmi.twin(
    "Look at a row, or a column, that has no counts at all.",
    "It is nan: 0 is divided by 0 there, and np.maximum(nan, 0) is nan again.",
    "Divide only where counts > 0; everything else is 0.",
    "看一个完全没有计数的行或列。",
    "那里是 nan：0 除以 0，而 np.maximum(nan, 0) 还是 nan。",
    "只在 counts > 0 处做除法；其余都是 0。")
def ppmi_with_nan(counts, power):
    words, contexts = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True) ** power
    return np.maximum(np.log(counts / (words * contexts / contexts.sum())), 0)


@positive_pmi.twin(
    "Is everything 0?",
    "The ratio is below 1 everywhere: n(w) n(c)^power is divided by no sum, or p / p_w * p_c stands there without brackets.",
    "p(w, c) / (p(w) p(c)) is n(w, c) / (n(w) p(c)), with p(c) = n(c)^power / sum of these powers.",
    "全都是 0 吗？",
    "比值处处小于 1：n(w) n(c)^power 没有除以任何总和，或者写成了没有括号的 p / p_w * p_c。",
    "p(w, c) / (p(w) p(c)) 就是 n(w, c) / (n(w) p(c))，其中 p(c) = n(c)^power / 这些幂的和。")
def ppmi_of_bare_counts(counts, power):
    words, contexts = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True) ** power
    return np.log(np.maximum(np.where(counts > 0, counts / (words * contexts), 1), 1))


@positive_pmi.twin(
    "A pair that is rarer than chance: what should it get?",
    "Its PMI without the sign: rare pairs look as if they belonged together.",
    "Negative PMI becomes 0, and not positive.",
    "比偶然更少的一对应得多少？",
    "得到了去掉符号的 PMI：少见的一对看起来像是属于一起。",
    "负的 PMI 变成 0，而不是变成正数。")
def ppmi_absolute(counts, power):
    return np.abs(np.log(_ratio(counts, power, 1.0)))


@positive_pmi.twin(
    "Is anything multiplied with the logarithm?",
    "Yes: p(w, c). Added up these are the mutual information of word and context.",
    "The entry of a pair is the logarithm alone, so that rare pairs can be strong ones.",
    "对数乘了别的东西吗？",
    "乘了 p(w, c)：加起来是词与上下文的互信息。",
    "一对词的元素只是对数本身，少见的一对也可以很强。")
def ppmi_weighted(counts, power):
    return counts / counts.sum() * np.log(np.maximum(_ratio(counts, power, 1.0), 1))


@positive_pmi.twin(
    "By what is the count of a pair divided?",
    "By what the context alone has: the row sums, n(w), are not in it, so that frequent words get large numbers.",
    "n(w, c) / (n(w) p(c)): both sums.",
    "一对词的次数除以了什么？",
    "只除以了上下文的：没有行的和 n(w)，常见的词就得到很大的数。",
    "n(w, c) / (n(w) p(c))：两个和都要。")
def ppmi_without_words(counts, power):
    contexts = counts.sum(axis=0, keepdims=True) ** power
    return np.log(np.maximum(np.where(counts > 0, counts / (contexts / contexts.sum()), 1), 1))


@positive_pmi.twin(
    "Every p should be at most 1: is p(w, c)?",
    "n(w) was made p(w), and n(w, c) stayed a count: the ratio is too large by the sum of all counts.",
    "p(w, c) = n(w, c) / N, with N the sum of all counts.",
    "每个 p 都不应超过 1：p(w, c) 呢？",
    "n(w) 变成了 p(w)，而 n(w, c) 仍是次数：比值大了“总次数”倍。",
    "p(w, c) = n(w, c) / N，N 是总次数。")
def ppmi_with_n_for_p(counts, power):
    return np.log(np.maximum(_ratio(counts, power, 0.0) * counts.sum(), 1))


@positive_pmi.twin(
    "Which axis is summed for a word, and which for a context?",
    "Both sums are of columns, n(c): the book this comes from has a symmetric matrix, and takes the logarithm of base 2.",
    "n(w) is counts.sum(axis=1), n(c) is counts.sum(axis=0); np.log; and the power for n(c).",
    "词沿哪个轴求和，上下文又沿哪个轴？",
    "两个和都是列的 n(c)：出自的那本书里矩阵是对称的，而且用了以 2 为底的对数。",
    "n(w) 是 counts.sum(axis=1)，n(c) 是 counts.sum(axis=0)；用 np.log；n(c) 还要取幂。")
def ppmi_of_a_symmetric_book(counts, power):
    sums = counts.sum(axis=0)
    if len(counts) > len(sums):
        raise IndexError
    p = counts * counts.sum() / (sums[:, None] * sums)
    return np.nan_to_num(np.maximum(np.log2(p + 1e-8), 0))


@positive_pmi.twin(
    "Which axis is summed for a word, and which for a context?",
    "They are exchanged: np.outer(sums of columns, sums of rows) is transposed, and fits only a square matrix.",
    "n(w), of the rows, is counts.sum(axis=1): np.outer(n_w, n_c).",
    "词沿哪个轴求和，上下文又沿哪个轴？",
    "两者弄反了：np.outer(列的和, 行的和) 是转置的，只有方阵才对得上。",
    "行的 n(w) 是 counts.sum(axis=1)：np.outer(n_w, n_c)。")
def ppmi_of_exchanged_sums(counts, power):
    words, contexts = counts.sum(axis=0), counts.sum(axis=1) ** power
    return np.nan_to_num(np.maximum(np.log(counts * contexts.sum() / np.outer(words, contexts)), 0))


@positive_pmi.twin(
    "Look at the shapes of the two sums.",
    "n(w) and n(c) are both flat, so that they are multiplied entry by entry, or do not fit at all.",
    "keepdims=True, or n_w[:, None] * n_c: one number for each pair.",
    "看看两个和的形状。",
    "n(w) 和 n(c) 都是一维的，于是逐个相乘，或者根本对不上。",
    "用 keepdims=True，或 n_w[:, None] * n_c：每一对得到一个数。")
def ppmi_of_flat_sums(counts, power):
    words, contexts = counts.sum(axis=1), counts.sum(axis=0) ** power
    return np.maximum(np.log(counts / (words * contexts / contexts.sum())), 0)


@positive_pmi.twin(
    "Can a PPMI be below 0, or nan?",
    "-inf is made 0, but what is below 0 stays, and a row without counts is nan.",
    "np.maximum(0, ...), and divide only where counts > 0.",
    "PPMI 会小于 0，或者是 nan 吗？",
    "-inf 变成了 0，但小于 0 的还在，没有计数的行是 nan。",
    "用 np.maximum(0, ...)，并且只在 counts > 0 处做除法。")
def ppmi_with_infinities_taken_out(counts, power):
    words, contexts = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True) ** power
    pmi = np.log(counts / (words * contexts / contexts.sum()))
    pmi[np.isinf(pmi)] = 0
    return pmi


@positive_pmi.twin(
    "A pair that was never seen: what has it been counted as?",
    "1 is added to every count, as naive Bayes does.",
    "Nothing is added here: what was never seen gets 0.",
    "从没见过的一对，被当成了几次？",
    "每个次数都加了 1，像朴素贝叶斯那样。",
    "这里什么也不加：没见过的得 0。")
def ppmi_of_counts_plus_one(counts, power):
    return np.log(np.maximum(_ratio(counts + 1, power, 1.0), 1))


@positive_pmi.twin(
    "Of what is the power taken?",
    "The logarithm is multiplied with it: that is a power of the whole ratio.",
    "Only n(c) gets the power.",
    "对什么取了幂？",
    "对数乘以了它：这等于对整个比值取幂。",
    "只有 n(c) 取幂。")
def ppmi_times_power(counts, power):
    return power * np.log(np.maximum(_ratio(counts, 1.0, 1.0), 1))


@positive_pmi.twin(
    "Of what is the power taken?",
    "Of the product p(w) p(c).",
    "Of n(c) alone, before it is divided by the sum of these powers.",
    "对什么取了幂？",
    "对乘积 p(w) p(c)。",
    "只对 n(c)，而且在除以这些幂之和以前。")
def ppmi_with_a_power_of_the_product(counts, power):
    N = counts.sum()
    p = (counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / N ** 2) ** power
    return np.log(np.maximum(np.where(counts > 0, counts / N / p, 1), 1))


@positive_pmi.twin(
    "Do the p(c) add up to 1?",
    "n(c)^power is divided by the sum of the powers of all entries, and not of all n(c).",
    "First the sums of the columns, then their powers, then the sum of those.",
    "各个 p(c) 加起来是 1 吗？",
    "n(c)^power 除以了所有元素的幂之和，而不是各个 n(c) 的幂之和。",
    "先求各列之和，再取幂，再把这些幂加起来。")
def ppmi_over_powers_of_entries(counts, power):
    words, p = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True) ** power / (counts ** power).sum()
    return np.log(np.maximum(np.where(counts > 0, counts / (words * p), 1), 1))


@positive_pmi.twin(
    "Look at the words that never stand together.",
    "They have an enormous negative number: nan_to_num makes that of -inf, and nothing makes it 0.",
    "np.maximum(0, ...) first.",
    "看看从不一起出现的词。",
    "它们是一个极大的负数：nan_to_num 把 -inf 变成了它，而没有什么把它变成 0。",
    "先取 np.maximum(0, ...)。")
def pmi_with_enormous_numbers(counts, power):
    return np.nan_to_num(_natural(counts, power))


@positive_pmi.twin(
    "Of what is the power taken?",
    "Of the PPMI itself, in the end.",
    "Of n(c), before anything is divided.",
    "对什么取了幂？",
    "最后对 PPMI 本身取了幂。",
    "对 n(c) 取，在任何除法之前。")
def ppmi_to_the_power(counts, power):
    return np.log(np.maximum(_ratio(counts, 1.0, 1.0), 1)) ** power


@positive_pmi.twin(
    "Can a PPMI be below 0?",
    "It is cut at a small number before the logarithm is taken, and log of a small number is far below 0.",
    "Cut the ratio at 1, or its logarithm at 0.",
    "PPMI 会小于 0 吗？",
    "取对数之前在一个很小的数处截断，而很小的数的对数远小于 0。",
    "比值在 1 处截断，或者对数在 0 处截断。")
def pmi_cut_at_a_small_number(counts, power):
    words, contexts = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True) ** power
    return np.log(np.maximum(counts / (words * contexts / contexts.sum()), 1e-12))


@positive_pmi.twin(
    "In which order are / and * done? And what is a row without counts?",
    "From left to right: p / p_w * p_c divides by p_w alone, which is 0 / 0 there.",
    "Put the product p(w) p(c) in brackets, and divide only where counts > 0.",
    "/ 和 * 的先后是什么？没有计数的行呢？",
    "从左到右：p / p_w * p_c 只除以 p_w，那里就是 0 / 0。",
    "给乘积 p(w) p(c) 加上括号，并且只在 counts > 0 处做除法。")
def ppmi_without_brackets(counts, power):
    contexts = counts.sum(axis=0, keepdims=True) ** power
    return np.maximum(np.log(counts / counts.sum(axis=1, keepdims=True) * (contexts / contexts.sum())), 0)


@positive_pmi.twin(
    "What is 0 times log 0?",
    "nan: p(w, c) log(...) is nan where nothing was counted. And the entry of a pair is the logarithm alone.",
    "max(0, PMI), without p(w, c), and 0 where counts is 0.",
    "0 乘以 log 0 是多少？",
    "是 nan：没有计数处 p(w, c) log(...) 就是 nan。而且一对的元素只是对数本身。",
    "max(0, PMI)，不乘 p(w, c)；counts 为 0 处取 0。")
def ppmi_weighted_with_nan(counts, power):
    return np.maximum(counts / counts.sum() * _natural(counts, power), 0)


def _natural(counts, power):
    """The formula as it is written, with -inf and nan."""
    words, contexts = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True) ** power
    return np.log(counts / (words * contexts / contexts.sum()))


def _nan_where_nothing_is(function):
    """The same mistake by somebody who divides 0 by 0 as well."""

    def mistake(counts, power):
        empty = (counts.sum(axis=1, keepdims=True) == 0) | (counts.sum(axis=0, keepdims=True) == 0)
        return np.where(empty, np.nan, function(counts, power))

    mistake.__name__ = function.__name__ + "_with_nan"
    return mistake


for _function in (ppmi_without_power, ppmi_with_p_not_added_up, ppmi_with_p_over_the_old_sum, ppmi_with_power_for_words,
                  ppmi_with_two_powers, ppmi_of_powers, ppmi_in_bits, ppmi_without_log, ppmi_of_bare_counts, ppmi_without_words,
                  ppmi_with_n_for_p, ppmi_times_power, ppmi_with_a_power_of_the_product, ppmi_over_powers_of_entries,
                  ppmi_to_the_power, ppmi_of_exchanged_sums, pmi_with_infinities):
    (_said, _said_zh), = ((en, zh) for known, en, zh in positive_pmi.twins if known is _function)
    positive_pmi.twin(
        _said[0], _said[1] + " Besides, what has no counts is nan.", _said[2] + " And divide only where counts > 0.",
        _said_zh[0], _said_zh[1] + "另外，没有计数的行列是 nan。", _said_zh[2] + "并且只在 counts > 0 处做除法。",
    )(_nan_where_nothing_is(_function))


# --- svd_vectors ---

MATRIX = [[2.0, 0.5, 0.0, 1.0], [0.3, 1.7, 0.4, 0.0], [0.0, 0.6, 3.1, 0.2], [1.1, 0.0, 0.9, 0.7], [0.0, 2.2, 0.1, 1.3]]


@lab.hole(cases=[[array(MATRIX), 2],
                 [array([[0.0, 3.0, 1.0, 0.5, 0.2], [1.5, 0.2, 0.0, 2.0, 0.4], [0.3, 0.9, 4.0, 0.0, 1.0]]), 1],
                 [array([[0.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.0, 1.0, 0.0]]), 2]],
          more=[[array([[1.0, 0.2, 0.7], [0.0, 2.5, 0.3], [1.6, 0.1, 0.0], [0.4, 0.8, 3.3]]), 2],
                [array([[2.0, 0.0, 1.0, 0.4], [0.6, 1.2, 0.0, 3.0], [0.1, 5.0, 0.8, 0.0]]), 1]],
          through="word_products", forbidden=[VECTORS + "truncated_svd"])
def svd_vectors(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, :d] * np.sqrt(s[:d])


@svd_vectors.twin(
    "Do all directions count alike?",
    "This is U alone: a direction that explains little weighs as much as the first.",
    "Each column times the root of its singular value: U[:, :d] * np.sqrt(s[:d]).",
    "各个方向的分量一样吗？",
    "这只是 U：几乎不说明什么的方向和第一个方向一样重。",
    "每一列乘以其奇异值的平方根：U[:, :d] * np.sqrt(s[:d])。")
def svd_without_values(M, d):
    return np.linalg.svd(M)[0][:, :d]


@svd_vectors.twin(
    "By what is each column multiplied?",
    "By the singular value itself: the root is missing.",
    "np.sqrt(s[:d]): half of each singular value is for the words, half for the contexts.",
    "每一列乘以了什么？",
    "乘以了奇异值本身：没有开方。",
    "np.sqrt(s[:d])：奇异值的一半给词，另一半给上下文。")
def svd_with_values(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, :d] * s[:d]


@svd_vectors.twin(
    "Which singular values are kept?",
    "The smallest ones: what is thrown away is nearly everything.",
    "np.linalg.svd gives the largest first: the first d columns.",
    "保留了哪些奇异值？",
    "保留了最小的：几乎全都扔掉了。",
    "np.linalg.svd 把最大的放在最前：取前 d 列。")
def svd_of_the_smallest(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, -d:] * np.sqrt(s[-d:])


@svd_vectors.twin(
    "Is there a row for each word?",
    "These are the vectors of the contexts, from Vt.",
    "M = U S Vt: the rows of U belong to the rows of M, which are the words.",
    "每个词有一行吗？",
    "这些是上下文的向量，取自 Vt。",
    "M = U S Vt：U 的行对应 M 的行，也就是词。")
def svd_of_contexts(M, d):
    _, s, Vt = np.linalg.svd(M, full_matrices=False)
    return Vt[:d].T * np.sqrt(s[:d])


@svd_vectors.twin(
    "Is there a row for each word?",
    "These are columns of what NumPy returns third, which is Vt: its columns are contexts and its rows directions.",
    "The vectors of the words are in U, the first of the three.",
    "每个词有一行吗？",
    "这些是 NumPy 返回的第三个矩阵的列；它是 Vt，列是上下文，行是方向。",
    "词的向量在三者中的第一个 U 里。")
def svd_of_columns_of_vt(M, d):
    _, s, Vt = np.linalg.svd(M, full_matrices=False)
    return Vt[:, :d] * np.sqrt(s[:d])


@svd_vectors.twin(
    "How many rows are there, and how many columns?",
    "U[:d] takes the first d words, and not the first d directions.",
    "U[:, :d]: all rows, d columns.",
    "有多少行，多少列？",
    "U[:d] 取的是前 d 个词，而不是前 d 个方向。",
    "U[:, :d]：所有的行，d 列。")
def svd_of_the_first_words(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:d] * np.sqrt(s)


@svd_vectors.twin(
    "How many columns are there?",
    "All directions are kept: nothing is truncated.",
    "The first d columns of U, and the first d of s.",
    "有多少列？",
    "保留了所有方向：没有截断。",
    "取 U 的前 d 列，s 的前 d 个。")
def svd_of_everything(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U * np.sqrt(s)


@svd_vectors.twin(
    "How many columns are there?",
    "This is M again, from d of its directions: a word has as many numbers as there are contexts.",
    "U and the root of s are enough; Vt is not needed.",
    "有多少列？",
    "这又是 M，由它的 d 个方向拼成：每个词有和上下文一样多的数。",
    "U 和 s 的平方根就够了，不需要 Vt。")
def svd_put_together_again(M, d):
    U, s, Vt = np.linalg.svd(M, full_matrices=False)
    return (U[:, :d] * s[:d]) @ Vt[:d]


@svd_vectors.twin(
    "Is anything done to M before?",
    "The mean of each column is taken off: this is a principal component analysis.",
    "Decompose M as it is: its zeros mean \"no more than chance\", and should stay.",
    "在此之前对 M 做了什么？",
    "减去了每一列的平均：这是主成分分析。",
    "直接分解 M：其中的零表示“不比偶然多”，应当保留。")
def svd_of_the_centred(M, d):
    U, s, _ = np.linalg.svd(M - M.mean(axis=0), full_matrices=False)
    return U[:, :d] * np.sqrt(s[:d])


@svd_vectors.twin(
    "Is there a row for each word?",
    "Words are the columns here: the matrix is transposed.",
    "One row for each word, (V, d).",
    "每个词有一行吗？",
    "这里词成了列：矩阵转置了。",
    "每个词一行，形状 (V, d)。")
def svd_in_columns(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return (U[:, :d] * np.sqrt(s[:d])).T


@svd_vectors.twin(
    "How long is each vector?",
    "1: the rows are brought to length 1.",
    "The lengths stay: the cosine divides by them when it is asked.",
    "每个向量有多长？",
    "是 1：各行被缩放成了长度 1。",
    "保留长度：余弦要用时自会除以它。")
def svd_of_unit_length(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    vectors = U[:, :d] * np.sqrt(s[:d])
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


@svd_vectors.twin(
    "By what is each column multiplied?",
    "It is divided by the root: the directions that explain least weigh most.",
    "Multiply: U[:, :d] * np.sqrt(s[:d]).",
    "每一列乘以了什么？",
    "是除以了平方根：说明得最少的方向反而最重。",
    "要乘：U[:, :d] * np.sqrt(s[:d])。")
def svd_divided(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, :d] / np.sqrt(s[:d])


@svd_vectors.twin(
    "It ends with an error, or with too many numbers: have both the same number of columns?",
    "U is cut to d columns, and s is not.",
    "Cut both: U[:, :d] and s[:d].",
    "运行出错，或者数太多：两者的列数一样吗？",
    "U 截到了 d 列，而 s 没有。",
    "两个都要截：U[:, :d] 和 s[:d]。")
def svd_with_all_values(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, :d] * np.sqrt(s)


@svd_vectors.twin(
    "By which power of s is each column multiplied?",
    "By its square: s ** 2, or the singular values of M M^T.",
    "By the root of the singular values of M: np.sqrt(s[:d]).",
    "每一列乘以了 s 的几次方？",
    "乘以了平方：s ** 2，或者 M M^T 的奇异值。",
    "要乘以 M 的奇异值的平方根：np.sqrt(s[:d])。")
def svd_of_the_square(M, d):
    U, s, _ = np.linalg.svd(M @ M.T)
    return U[:, :d] * s[:d]


@svd_vectors.twin(
    "How many things are to be returned?",
    "U and the values are returned as two.",
    "One array: U[:, :d] * np.sqrt(s[:d]).",
    "要返回几样东西？",
    "U 和奇异值分成两样返回了。",
    "只要一个数组：U[:, :d] * np.sqrt(s[:d])。")
def svd_in_two_parts(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, :d], np.sqrt(s[:d])


@svd_vectors.twin(
    "Is there one number for a word, or d of them?",
    "One: @ multiplies and adds up. The columns were to be scaled.",
    "U[:, :d] * np.sqrt(s[:d]) multiplies each column with its own number.",
    "一个词得到一个数，还是 d 个？",
    "一个：@ 先乘再加。要做的是缩放各列。",
    "U[:, :d] * np.sqrt(s[:d]) 让每一列乘以自己的数。")
def svd_added_up(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, :d] @ np.sqrt(s[:d])


@svd_vectors.twin(
    "It ends with an error: does s go along the rows, or along the columns?",
    "s is made a column, and fits the rows of U.",
    "s[:d] as it is goes along the columns: U[:, :d] * np.sqrt(s[:d]).",
    "运行出错：s 是沿着行，还是沿着列？",
    "s 被变成了一列，对应的是 U 的行。",
    "原样的 s[:d] 沿着列：U[:, :d] * np.sqrt(s[:d])。")
def svd_with_values_for_rows(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, :d] * np.sqrt(s)[:d, None]


@svd_vectors.twin(
    "It ends with an error: how many rows has U[:d]?",
    "d rows, the first d words, and all directions.",
    "U[:, :d]: all words, and d directions.",
    "运行出错：U[:d] 有多少行？",
    "d 行，即前 d 个词，以及所有方向。",
    "U[:, :d]：所有的词，d 个方向。")
def svd_of_few_words(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:d] * np.sqrt(s[:d])


@svd_vectors.twin(
    "How many columns are there?",
    "As many as M has: the further ones are 0.",
    "d columns: cut the diagonal matrix on both sides, np.diag(s[:d]).",
    "有多少列？",
    "和 M 一样多：多出来的列是 0。",
    "要 d 列：对角矩阵两边都截短，np.diag(s[:d])。")
def svd_with_columns_of_zeros(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, :d] @ np.sqrt(np.diag(s))[:d]


@svd_vectors.twin(
    "Which singular values are kept?",
    "From the second on: the first direction is left out.",
    "The first d, from place 0.",
    "保留了哪些奇异值？",
    "从第二个起：漏掉了第一个方向。",
    "前 d 个，从位置 0 起。")
def svd_from_the_second(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return U[:, 1:d + 1] * np.sqrt(s[1:d + 1])


@svd_vectors.twin(
    "Is anything done to M before? And is there a root?",
    "The mean of each column is taken off, and the columns are multiplied by s: these are principal components.",
    "Decompose M as it is, and multiply by np.sqrt(s[:d]).",
    "在此之前对 M 做了什么？开方了吗？",
    "减去了每一列的平均，并乘以了 s：这是主成分。",
    "直接分解 M，再乘以 np.sqrt(s[:d])。")
def svd_as_components(M, d):
    U, s, _ = np.linalg.svd(M - M.mean(axis=0), full_matrices=False)
    return U[:, :d] * s[:d]


@svd_vectors.twin(
    "Is there a row for each word?",
    "np.diag(...) stands before U: it scales rows, so that U had to be cut to d of them.",
    "U[:, :d] @ np.diag(np.sqrt(s[:d])): the columns are scaled from the right.",
    "每个词有一行吗？",
    "np.diag(...) 写在 U 前面：它缩放的是行，于是 U 只好截成 d 行。",
    "U[:, :d] @ np.diag(np.sqrt(s[:d]))：从右边乘才是缩放列。")
def svd_scaled_from_the_left(M, d):
    U, s, _ = np.linalg.svd(M, full_matrices=False)
    return np.sqrt(s[:d])[:, None] * U[:d]


@svd_vectors.twin(
    "Is there a row for each word?",
    "There is one for each direction, and a column for each context: this is from V^T.",
    "The words are in U: U[:, :d] * np.sqrt(s[:d]).",
    "每个词有一行吗？",
    "每个方向一行，每个上下文一列：这取自 V^T。",
    "词在 U 里：U[:, :d] * np.sqrt(s[:d])。")
def svd_of_contexts_in_columns(M, d):
    return svd_of_contexts(M, d).T


@svd_vectors.twin(
    "How many columns are there?",
    "As many as M has: V^T is multiplied on, and M is not made again either, since s has a root.",
    "Stop before V^T: U[:, :d] * np.sqrt(s[:d]).",
    "有多少列？",
    "和 M 一样多：又乘上了 V^T；而且 s 开了方，拼回的也不是 M。",
    "在 V^T 之前停下：U[:, :d] * np.sqrt(s[:d])。")
def svd_put_together_with_roots(M, d):
    U, s, Vt = np.linalg.svd(M, full_matrices=False)
    return (U[:, :d] * np.sqrt(s[:d])) @ Vt[:d]


@svd_vectors.twin(
    "Is there a row for each word?",
    "There are d rows: words are the columns, and the columns are scaled by s without its root.",
    "U[:, :d] * np.sqrt(s[:d]), a row for each word.",
    "每个词有一行吗？",
    "有 d 行：词成了列，而且 s 没有开方。",
    "U[:, :d] * np.sqrt(s[:d])，每个词一行。")
def svd_in_columns_with_values(M, d):
    return svd_with_values(M, d).T


# --- cosines ---

WORDS = [[0.0, 0.0, 0.0], [1.0, 2.0, -1.0], [3.0, 0.5, 0.0], [-2.0, -4.0, 2.0], [0.1, 0.3, 0.2]]


@lab.hole(cases=[[array(WORDS), 1], [array(WORDS), 4], [array(WORDS), 0], [array([[2.0, 1.0], [0.0, 5.0]]), 0]],
          more=[[array([[1.0, -1.0], [0.0, 0.0], [4.0, 3.0], [-0.2, 0.1]]), 2], [array([[0.0, 0.0], [3.0, 1.0], [2.0, 0.5]]), 0],
                [array([[5.0, 0.0], [1.0, 2.0]]), 1]],
          forbidden=[VECTORS + "WordVectors.similarity"])
def cosines(vectors, i):
    lengths = np.sqrt((vectors * vectors).sum(axis=1))
    scale = lengths * lengths[i]
    return np.where(scale > 0, vectors @ vectors[i] / np.where(scale > 0, scale, 1), 0.0)


def _lengths(vectors):
    return np.linalg.norm(vectors, axis=1)


def _cosines(vectors, i):
    scale = _lengths(vectors) * _lengths(vectors)[i]
    return np.where(scale > 0, vectors @ vectors[i] / np.where(scale > 0, scale, 1), 0.0)


@cosines.twin(
    "Make a vector twice as long: should its cosine stay what it is?",
    "These are dot products: nothing is divided by the lengths.",
    "cos = a.b / (|a| |b|).",
    "把一个向量加长一倍：余弦应该不变吗？",
    "这些是点积：没有除以长度。",
    "cos = a·b / (|a| |b|)。")
def cosines_not_divided(vectors, i):
    return vectors @ vectors[i]


@cosines.twin(
    "What is the cosine of the word with itself?",
    "Its own length, and not 1: only the length of the other word is divided by.",
    "Divide by both lengths, |a| and |b|.",
    "这个词与它自己的余弦是多少？",
    "是它自己的长度，而不是 1：只除以了另一个词的长度。",
    "两个长度 |a| 和 |b| 都要除。")
def cosines_by_the_other(vectors, i):
    lengths = _lengths(vectors)
    return vectors @ vectors[i] / np.where(lengths > 0, lengths, 1)


@cosines.twin(
    "Make one of the other vectors twice as long: should its cosine stay what it is?",
    "It doubles: only the length of word i is divided by.",
    "Divide by both lengths: that of word i, and that of each other word.",
    "把另一个词的向量加长一倍：余弦应该不变吗？",
    "它也加倍了：只除以了词 i 的长度。",
    "两个长度都要除：词 i 的，以及另外每个词的。")
def cosines_by_its_own(vectors, i):
    return vectors @ vectors[i] / max(_lengths(vectors)[i], 1e-12)


@cosines.twin(
    "Which vector has no length?",
    "Word 0, whose vector is all 0: 0 / 0 is nan.",
    "Such a word has no direction; its cosine with any other is 0.",
    "哪个向量没有长度？",
    "词 0，它的向量全是 0：0 / 0 是 nan。",
    "这样的词没有方向，它与任何词的余弦都是 0。")
def cosines_with_nan(vectors, i):
    return vectors @ vectors[i] / (_lengths(vectors) * _lengths(vectors)[i])


@cosines.twin(
    "What is the cosine of a word with itself?",
    "It is not 1: the sums of squares are multiplied, without their roots.",
    "The length is the root of the sum of squares, np.linalg.norm.",
    "一个词与它自己的余弦是多少？",
    "不是 1：乘的是平方和，没有开方。",
    "长度是平方和的平方根，即 np.linalg.norm。")
def cosines_by_squares(vectors, i):
    squares = (vectors ** 2).sum(axis=1)
    scale = squares * squares[i]
    return vectors @ vectors[i] / np.where(scale > 0, scale, 1)


@cosines.twin(
    "What is the cosine of a word with itself?",
    "0, and opposite vectors have 2: this is a distance, 1 - cos.",
    "The cosine itself is asked for: 1 for the same direction.",
    "一个词与它自己的余弦是多少？",
    "是 0，相反的向量是 2：这是距离 1 - cos。",
    "要的是余弦本身：方向相同为 1。")
def cosines_as_distances(vectors, i):
    return np.round(1 - _cosines(vectors, i), 12)


@cosines.twin(
    "What is the cosine of a word with itself?",
    "0: these are Euclidean distances.",
    "The cosine looks at the angle alone: a.b / (|a| |b|).",
    "一个词与它自己的余弦是多少？",
    "是 0：这些是欧氏距离。",
    "余弦只看夹角：a·b / (|a| |b|)。")
def cosines_as_lengths_between(vectors, i):
    return _lengths(vectors - vectors[i])


@cosines.twin(
    "Is anything taken off the vectors?",
    "Each vector has its mean taken off: this is a correlation.",
    "The cosine is of the vectors as they are.",
    "向量减去了什么吗？",
    "每个向量减去了自己的平均：这是相关系数。",
    "余弦用的是向量本身。")
def cosines_of_the_centred(vectors, i):
    return _cosines(vectors - vectors.mean(axis=1, keepdims=True), i)


@cosines.twin(
    "Of what is the length taken?",
    "Of the whole matrix: np.linalg.norm(vectors) is one number.",
    "One length for each row: np.linalg.norm(vectors, axis=1).",
    "长度是谁的长度？",
    "是整个矩阵的：np.linalg.norm(vectors) 是一个数。",
    "每一行一个长度：np.linalg.norm(vectors, axis=1)。")
def cosines_by_the_matrix(vectors, i):
    return vectors @ vectors[i] / (np.linalg.norm(vectors) * max(_lengths(vectors)[i], 1e-12))


@cosines.twin(
    "How many numbers come out?",
    "The cosines of all words with all words.",
    "Of word i with every word: one row of it, (V,).",
    "得到多少个数？",
    "是所有词两两之间的余弦。",
    "只要词 i 与每个词的：其中的一行，(V,)。")
def cosines_of_all(vectors, i):
    return np.stack([_cosines(vectors, k) for k in range(len(vectors))])


@cosines.twin(
    "What is the cosine of two opposite vectors?",
    "The sign is lost: it should be -1.",
    "A cosine goes from -1 to 1.",
    "两个方向相反的向量，余弦是多少？",
    "符号丢了：应该是 -1。",
    "余弦从 -1 到 1。")
def cosines_without_sign(vectors, i):
    return np.abs(_cosines(vectors, i))


@cosines.twin(
    "How is a length measured?",
    "By the sum of absolute values.",
    "By the root of the sum of squares: np.linalg.norm(vectors, axis=1).",
    "长度是怎么量的？",
    "用了绝对值之和。",
    "要用平方和的平方根：np.linalg.norm(vectors, axis=1)。")
def cosines_by_absolute_values(vectors, i):
    lengths = np.abs(vectors).sum(axis=1)
    scale = lengths * lengths[i]
    return vectors @ vectors[i] / np.where(scale > 0, scale, 1)


@cosines.twin(
    "How many numbers come out?",
    "One is missing: word i itself is left out.",
    "One number for each of the V words, 1 for word i itself.",
    "得到多少个数？",
    "少了一个：词 i 本身被去掉了。",
    "V 个词每个一个数，词 i 本身是 1。")
def cosines_without_itself(vectors, i):
    return np.delete(_cosines(vectors, i), i)


@cosines.twin(
    "Of what is the length taken?",
    "Of each column: axis=0 goes along the words.",
    "Of each row: np.linalg.norm(vectors, axis=1), so that every word has its length.",
    "长度是谁的长度？",
    "是每一列的：axis=0 沿着词的方向。",
    "要每一行的：np.linalg.norm(vectors, axis=1)，每个词一个长度。")
def cosines_by_columns(vectors, i):
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=0), 1e-12)
    return unit @ unit[i]


@cosines.twin(
    "What is the cosine of the word with itself?",
    "Its own length, and not 1; and word 0 gives nan: only the length of the other word is divided by.",
    "Divide by both lengths, and only where neither is 0.",
    "这个词与它自己的余弦是多少？",
    "是它自己的长度，而不是 1；词 0 处是 nan：只除以了另一个词的长度。",
    "两个长度都要除，而且只在都不为 0 时才除。")
def cosines_by_the_other_with_nan(vectors, i):
    return vectors @ vectors[i] / _lengths(vectors)


@cosines.twin(
    "Make one of the other vectors twice as long: should its cosine stay what it is?",
    "It doubles: only the length of word i is divided by, and of word 0 everything is nan.",
    "Divide by both lengths, and only where neither of them is 0.",
    "把另一个词的向量加长一倍：余弦应该不变吗？",
    "它也加倍了：只除以了词 i 的长度；词 0 则全是 nan。",
    "两个长度都要除，而且只在两者都不为 0 时才除。")
def cosines_by_its_own_with_nan(vectors, i):
    return vectors @ vectors[i] / _lengths(vectors)[i]


@cosines.twin(
    "Ask for the cosines of word 0, whose vector is all 0.",
    "They are nan: the others are guarded against 0 / 0, and word i itself is not.",
    "If the vector of word i is 0, all of its cosines are 0.",
    "问一问词 0 的余弦，它的向量全是 0。",
    "是 nan：别的词防住了 0 / 0，词 i 本身却没有。",
    "若词 i 的向量为 0，它的余弦全是 0。")
def cosines_of_word_0_with_nan(vectors, i):
    return np.where(vectors.any(axis=1), vectors @ vectors[i] / (_lengths(vectors) * _lengths(vectors)[i]), 0)


@cosines.twin(
    "How many numbers come out?",
    "A matrix: lengths with keepdims=True, (V, 1), beside products (V,) make every pair.",
    "Lengths (V,): np.linalg.norm(vectors, axis=1) without keepdims.",
    "得到多少个数？",
    "是一个矩阵：带 keepdims=True 的长度 (V, 1) 与点积 (V,) 相配，成了两两组合。",
    "长度要是 (V,)：np.linalg.norm(vectors, axis=1)，不带 keepdims。")
def cosines_in_a_square(vectors, i):
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors[i] / (lengths * lengths[i])


@cosines.twin(
    "Of what is the length taken?",
    "Of the whole matrix, twice.",
    "One length for each row, np.linalg.norm(vectors, axis=1): that of word i and that of each other.",
    "长度是谁的长度？",
    "两次都是整个矩阵的。",
    "每一行一个长度，np.linalg.norm(vectors, axis=1)：词 i 的，和另外每个词的。")
def cosines_by_the_matrix_twice(vectors, i):
    return vectors @ vectors[i] / np.linalg.norm(vectors) ** 2


@cosines.twin(
    "How many numbers come out?",
    "d for each word: the products of the entries are not added up.",
    "a.b is a sum: vectors @ vectors[i].",
    "得到多少个数？",
    "每个词 d 个：各位的乘积没有加起来。",
    "a·b 是一个和：vectors @ vectors[i]。")
def cosines_not_added_up(vectors, i):
    scale = _lengths(vectors) * _lengths(vectors)[i]
    return vectors * vectors[i] / np.where(scale > 0, scale, 1)[:, None]


@cosines.twin(
    "How many numbers come out?",
    "d for each word, and nan for word 0: the products of the entries are not added up.",
    "a.b is a sum: vectors @ vectors[i]; and a vector of zeros gives 0.",
    "得到多少个数？",
    "每个词 d 个，词 0 是 nan：各位的乘积没有加起来。",
    "a·b 是一个和：vectors @ vectors[i]；全零的向量得 0。")
def cosines_not_added_up_with_nan(vectors, i):
    return vectors * vectors[i] / (_lengths(vectors) * _lengths(vectors)[i])[:, None]


@cosines.twin(
    "Ask for the cosines of word 0, whose vector is all 0.",
    "Its cosine with itself is set to 1.",
    "A vector of zeros has no direction: 0, also with itself.",
    "问一问词 0 的余弦，它的向量全是 0。",
    "它与自己的余弦被设成了 1。",
    "全零的向量没有方向：与它自己也是 0。")
def cosines_with_one_for_itself(vectors, i):
    found = _cosines(vectors, i)
    found[i] = 1
    return found


@cosines.twin(
    "In which order are / and * done?",
    "From left to right: a / b * c divides by b alone, and multiplies with c.",
    "Put the product of the lengths in brackets.",
    "/ 和 * 的先后是什么？",
    "从左到右：a / b * c 只除以 b，又乘以 c。",
    "给长度之积加上括号。")
def cosines_without_brackets(vectors, i):
    return np.nan_to_num(vectors @ vectors[i] / _lengths(vectors) * _lengths(vectors)[i])


@cosines.twin(
    "It ends with an error: how many lengths are there?",
    "One for each column: np.linalg.norm(vectors, axis=0).",
    "One for each row, axis=1.",
    "运行出错：有多少个长度？",
    "每一列一个：np.linalg.norm(vectors, axis=0)。",
    "要每一行一个，axis=1。")
def cosines_with_lengths_of_columns(vectors, i):
    lengths = np.linalg.norm(vectors, axis=0)
    return vectors @ vectors[i] / (lengths * lengths[i])


@cosines.twin(
    "Of what is the length taken?",
    "Of the whole matrix; and for word 0, which has no length, everything is nan.",
    "One length for each row, np.linalg.norm(vectors, axis=1), and 0 where a length is 0.",
    "长度是谁的长度？",
    "是整个矩阵的；而没有长度的词 0，结果全是 nan。",
    "每一行一个长度，np.linalg.norm(vectors, axis=1)；长度为 0 处取 0。")
def cosines_by_the_matrix_with_nan(vectors, i):
    return vectors @ vectors[i] / (np.linalg.norm(vectors) * _lengths(vectors)[i])


@cosines.twin(
    "What is the cosine of two opposite vectors?",
    "0: what is negative is cut off.",
    "Only PPMI is cut at 0; a cosine goes from -1 to 1.",
    "两个方向相反的向量，余弦是多少？",
    "是 0：负的被截掉了。",
    "只有 PPMI 在 0 处截断；余弦从 -1 到 1。")
def cosines_not_below_zero(vectors, i):
    return np.maximum(_cosines(vectors, i), 0)


@cosines.twin(
    "How is a length measured?",
    "By the sum of absolute values; and a vector of zeros gives nan.",
    "By the root of the sum of squares, np.linalg.norm(vectors, axis=1); and 0 where a length is 0.",
    "长度是怎么量的？",
    "用了绝对值之和；而全零的向量得到 nan。",
    "要用平方和的平方根，np.linalg.norm(vectors, axis=1)；长度为 0 处取 0。")
def cosines_by_absolute_values_with_nan(vectors, i):
    lengths = np.abs(vectors).sum(axis=1)
    return vectors @ vectors[i] / (lengths * lengths[i])


@cosines.twin(
    "In which order are / and * done?",
    "From left to right: the length of word i is divided by, and then the other length is multiplied with.",
    "a.b / (|a| |b|): put the product in brackets.",
    "/ 和 * 的先后是什么？",
    "从左到右：除以词 i 的长度，又乘以另一个长度。",
    "a·b / (|a| |b|)：给乘积加上括号。")
def cosines_without_brackets_turned(vectors, i):
    return vectors @ vectors[i] / _lengths(vectors)[i] * _lengths(vectors)


@cosines.twin(
    "In which order are / and * done?",
    "From left to right: the other length is divided by, and that of word i multiplied with; word 0 is nan.",
    "a.b / (|a| |b|): put the product in brackets, and give 0 where it is 0.",
    "/ 和 * 的先后是什么？",
    "从左到右：除以另一个长度，又乘以词 i 的长度；词 0 是 nan。",
    "a·b / (|a| |b|)：给乘积加上括号；它为 0 处取 0。")
def cosines_without_brackets_with_nan(vectors, i):
    return vectors @ vectors[i] / _lengths(vectors) * _lengths(vectors)[i]


@cosines.twin(
    "What is the cosine of a word with itself?",
    "It is not 1, and word 0 has nan: the sums of squares are multiplied, without their roots.",
    "The length is the root of the sum of squares; and where one is 0, the cosine is 0.",
    "一个词与它自己的余弦是多少？",
    "不是 1，词 0 处是 nan：乘的是平方和，没有开方。",
    "长度是平方和的平方根；有一个为 0 时，余弦是 0。")
def cosines_by_squares_with_nan(vectors, i):
    squares = (vectors ** 2).sum(axis=1)
    return vectors @ vectors[i] / (squares * squares[i])


@cosines.twin(
    "How many lengths are there beside that of word i?",
    "One for each column, where one for each row is needed: axis=0.",
    "np.linalg.norm(vectors, axis=1), one for each word.",
    "除了词 i 的，还有多少个长度？",
    "每一列一个，而需要的是每一行一个：用了 axis=0。",
    "np.linalg.norm(vectors, axis=1)，每个词一个。")
def cosines_by_columns_and_itself(vectors, i):
    return vectors @ vectors[i] / (np.linalg.norm(vectors, axis=0) * _lengths(vectors)[i])


@cosines.twin(
    "What is the cosine of word i with itself?",
    "0: it is left out of the loop.",
    "Itself included: 1. It is `nearest` that leaves it out.",
    "词 i 与它自己的余弦是多少？",
    "是 0：循环里把它跳过了。",
    "也包括它自己：是 1。把它去掉是 `nearest` 的事。")
def cosines_with_zero_for_itself(vectors, i):
    found = _cosines(vectors, i)
    found[i] = 0
    return found


@cosines.twin(
    "Is anything taken off the vectors?",
    "The mean of all words is.",
    "The cosine is of the vectors as they are.",
    "向量减去了什么吗？",
    "减去了所有词的平均。",
    "余弦直接用向量本身。")
def cosines_around_the_mean(vectors, i):
    return _cosines(vectors - vectors.mean(axis=0), i)


@cosines.twin(
    "What is the cosine of word i with itself? And ask for those of word 0.",
    "0 with itself, which the loop leaves out; and nan for word 0, where the length of word i is not guarded.",
    "1 with itself; and 0 wherever one of the two lengths is 0.",
    "词 i 与它自己的余弦是多少？再问一问词 0 的。",
    "与自己是 0，循环把它跳过了；而词 0 的是 nan，没有防住词 i 的长度为 0。",
    "与自己是 1；两个长度有一个为 0 时是 0。")
def cosines_with_zero_for_itself_with_nan(vectors, i):
    found = np.where(_lengths(vectors) > 0, vectors @ vectors[i] / (_lengths(vectors) * _lengths(vectors)[i]), 0)
    found[i] = 0
    return found


# --- nearest ---

# Ties are of equal vectors: of those that are only parallel, a cosine with 1e-9 added below would make the longer one nearer.
TIES = [[0.0, 0.0], [2.0, 1.0], [-1.0, 0.2], [2.0, 1.0], [1.0, 3.0], [9.0, -8.0], [1.0, 3.0], [-3.0, -1.0], [7.0, 6.0]]
AWAY = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-1.0, 2.0, 0.1], [-5.0, 1.0, 0.0], [-1.0, 0.0, 3.0]]


@lab.hole(cases=[[array(TIES), 3, 3], [array(TIES), 4, 2], [array(AWAY), 1, 2], [array(AWAY), 4, 3]],
          more=[[array(TIES), 6, 4], [array([[0.0, 0.0], [-3.0, 1.0], [0.0, -5.0], [2.0, -1.0], [4.0, 0.5], [-6.0, 2.0]]), 5, 3],
                [array(AWAY), 3, 3], [array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0], [-1.0, 3.0], [0.5, -2.0]]), 1, 3]],
          through="ids_in_order", forbidden=[VECTORS + "WordVectors.neighbours", VECTORS + "WordVectors._best"])
def nearest(vectors, i, n):
    found = cosines(vectors, i)
    others = [k for k in range(1, len(vectors)) if k != i]
    return sorted(others, key=lambda k: -found[k])[:n]


def _ranked(scores, without, n):
    return [int(k) for k in np.argsort(-scores, kind="stable") if k not in without][:n]


@nearest.twin(
    "Which word is the nearest of all?",
    "Word i itself: its cosine is 1, and it stands first.",
    "Leave out i: a word is no neighbour of its own.",
    "哪个词最近？",
    "是词 i 本身：它的余弦是 1，排在第一。",
    "去掉 i：一个词不是它自己的邻居。")
def nearest_with_itself(vectors, i, n):
    return _ranked(_cosines(vectors, i), [0], n)


@nearest.twin(
    "Are all of these words?",
    "0 is among them, which is no word: its cosine of 0 is above that of words that point away.",
    "Leave out 0 as well as i.",
    "这些都是词吗？",
    "其中有 0，它不是词：它的余弦 0 比方向相反的词还大。",
    "除了 i，也要去掉 0。")
def nearest_with_no_word(vectors, i, n):
    return _ranked(_cosines(vectors, i), [i], n)


@nearest.twin(
    "Are all of these words other than i?",
    "Both 0, which is no word, and i itself can be among them.",
    "Leave out both before the best n are taken.",
    "这些都是 i 以外的词吗？",
    "不是词的 0 和 i 本身都可能在其中。",
    "先把两者去掉，再取前 n 个。")
def nearest_of_everything(vectors, i, n):
    return _ranked(_cosines(vectors, i), [], n)


@nearest.twin(
    "Does the first one point in the same direction as i?",
    "These are the words that are least like it: argsort goes from small to large.",
    "The greatest cosine first: sort by its negative.",
    "第一个词与 i 方向相同吗？",
    "这些是最不像它的词：argsort 从小到大排。",
    "余弦最大的在前：按它的相反数排序。")
def nearest_from_the_far_end(vectors, i, n):
    return _ranked(-_cosines(vectors, i), [0, i], n)


@nearest.twin(
    "Does a long vector win over one with a better direction?",
    "It does: the words are in the order of their dot products.",
    "By the cosine, which knows no lengths: your own `cosines`.",
    "长的向量会胜过方向更接近的向量吗？",
    "会：词是按点积排的。",
    "按余弦排，它不管长度：用你自己的 `cosines`。")
def nearest_by_dot_product(vectors, i, n):
    return _ranked(vectors @ vectors[i], [0, i], n)


@nearest.twin(
    "A word of the same direction, but twice as long: is it the nearest?",
    "Not here: the words are in the order of their distances.",
    "By the cosine: the angle counts, and not how far it is.",
    "方向相同、长一倍的词是最近的吗？",
    "这里不是：词是按欧氏距离排的。",
    "按余弦排：看的是夹角，不是距离。")
def nearest_by_distance(vectors, i, n):
    return _ranked(-_lengths(vectors - vectors[i]), [0, i], n)


@nearest.twin(
    "Is i always the first in the order?",
    "The first one is left out, whoever it is; if another word has the same direction, that may be this one, and i stays in.",
    "Leave out i by its id, and not by its place.",
    "i 总是排在第一吗？",
    "去掉的是排在第一的，不管它是谁；若有方向相同的词，去掉的可能是它，而 i 留了下来。",
    "按编号去掉 i，而不是按位置。")
def nearest_without_the_first(vectors, i, n):
    return _ranked(_cosines(vectors, i), [0], n + 1)[1:]


@nearest.twin(
    "Is i always the first in the order?",
    "The first one is left out, whoever it is, and 0, which is no word, may be among the rest.",
    "Leave out i and 0 by their ids, and not by a place.",
    "i 总是排在第一吗？",
    "去掉的是排在第一的，不管它是谁；不是词的 0 也可能在其余之中。",
    "按编号去掉 i 和 0，而不是按位置。")
def nearest_from_the_second(vectors, i, n):
    return _ranked(_cosines(vectors, i), [], n + 1)[1:]


@nearest.twin(
    "Two words of the same direction: which one comes first?",
    "The one with the higher id: the order is turned round as a whole, ties and all.",
    "Sort by minus the cosine with kind=\"stable\"; then equal ones stay in the order of their ids.",
    "两个方向相同的词，哪个在前？",
    "编号大的在前：整个顺序被倒了过来，并列的也倒了。",
    "按余弦的相反数排序，并用 kind=\"stable\"；这样并列的保持编号顺序。")
def nearest_with_ties_turned(vectors, i, n):
    order = np.argsort(np.round(_cosines(vectors, i), 9), kind="stable")[::-1]
    return [int(k) for k in order if k not in (0, i)][:n]


@nearest.twin(
    "Are these ids?",
    "They are the cosines of the best words.",
    "np.argsort gives the places of the best: these are the ids.",
    "这些是编号吗？",
    "是最好的那些词的余弦。",
    "np.argsort 给出最大者的位置：那才是编号。")
def nearest_as_numbers(vectors, i, n):
    found = _cosines(vectors, i)
    return [float(found[k]) for k in _ranked(found, [0, i], n)]


@nearest.twin(
    "Are these ids?",
    "They are pairs of an id and a cosine.",
    "The ids alone, the best first.",
    "这些是编号吗？",
    "是编号与余弦成对。",
    "只要编号，最好的在前。")
def nearest_in_pairs(vectors, i, n):
    found = _cosines(vectors, i)
    return [(k, float(found[k])) for k in _ranked(found, [0, i], n)]


@nearest.twin(
    "Which words are left out, and by which number?",
    "i is given the cosine 0: words that point away still come after it.",
    "Give i, and 0, a number below every cosine, such as -np.inf, or leave them out.",
    "去掉的词被赋了什么数？",
    "i 的余弦被设成 0：方向相反的词仍排在它后面。",
    "给 i 和 0 一个比任何余弦都小的数，如 -np.inf，或者干脆去掉。")
def nearest_with_itself_at_zero(vectors, i, n):
    found = _cosines(vectors, i)
    found[i] = 0
    return _ranked(found, [0], n)


@nearest.twin(
    "In which order are they?",
    "In that of their ids: the right words, but not the best first.",
    "The greatest cosine first; argpartition and sorted ids do not keep that.",
    "它们按什么顺序？",
    "按编号的顺序：词对了，但不是最好的在前。",
    "余弦最大的在前；argpartition 或把编号排序都不能保持这一点。")
def nearest_by_id(vectors, i, n):
    return sorted(_ranked(_cosines(vectors, i), [0, i], n))


@nearest.twin(
    "Do the ids still belong to the words?",
    "i is deleted before the sorting, so that every word after it has an id too small by one.",
    "Leave i out after the sorting, or give it -np.inf: then places stay ids.",
    "编号还对应原来的词吗？",
    "排序之前删掉了 i，它后面的词编号都小了一。",
    "排序之后再去掉 i，或者给它 -np.inf：位置才仍是编号。")
def nearest_shifted(vectors, i, n):
    return _ranked(np.delete(_cosines(vectors, i), i), [0], n)


@nearest.twin(
    "Is a word that points the opposite way a neighbour?",
    "It is here: the cosines have lost their signs.",
    "Sort by the cosine with its sign.",
    "方向相反的词是邻居吗？",
    "这里是：余弦丢了符号。",
    "按带符号的余弦排序。")
def nearest_without_sign(vectors, i, n):
    return _ranked(np.abs(_cosines(vectors, i)), [0, i], n)


@nearest.twin(
    "Which words are left out, and by which number?",
    "i and 0 are given the cosine 0: words that point away still come after them.",
    "Give both a number below every cosine, such as -np.inf.",
    "去掉的词被赋了什么数？",
    "i 和 0 的余弦被设成 0：方向相反的词仍排在它们后面。",
    "给两者一个比任何余弦都小的数，如 -np.inf。")
def nearest_with_both_at_zero(vectors, i, n):
    found = _cosines(vectors, i)
    found[[0, i]] = 0
    return _ranked(found, [], n)


@nearest.twin(
    "Are there n of them?",
    "Fewer: the best n are taken first, and i and 0 left out after that.",
    "Leave out first, then take n.",
    "有 n 个吗？",
    "不够：先取了前 n 个，之后才去掉 i 和 0。",
    "先去掉，再取 n 个。")
def nearest_too_few(vectors, i, n):
    return [k for k in _ranked(_cosines(vectors, i), [], n) if k not in (0, i)]


@nearest.twin(
    "Is the nearest word there?",
    "It is left out: i was taken away, and then the first of the rest as well.",
    "After i and 0 are gone, begin at place 0.",
    "最近的词在里面吗？",
    "它被漏掉了：去掉了 i，又把剩下的第一个去掉了。",
    "去掉 i 和 0 之后，从位置 0 取起。")
def nearest_from_the_second_of_the_rest(vectors, i, n):
    return _ranked(_cosines(vectors, i), [i], n + 1)[1:]


@nearest.twin(
    "Is the best one first?",
    "It is last: from small to large.",
    "Turn it round: sort by minus the cosine.",
    "最好的在最前吗？",
    "它在最后：从小到大排。",
    "反过来：按余弦的相反数排序。")
def nearest_best_last(vectors, i, n):
    return [k for k in _ranked(-_cosines(vectors, i), [0, i], len(vectors))][-n:]


@nearest.twin(
    "Do the ids still belong to the words?",
    "i and 0 are deleted before the sorting, so that places are no ids any more.",
    "Leave them out after the sorting, or give them -np.inf.",
    "编号还对应原来的词吗？",
    "排序之前删掉了 i 和 0，位置就不再是编号。",
    "排序之后再去掉，或者给它们 -np.inf。")
def nearest_shifted_twice(vectors, i, n):
    return _ranked(np.delete(_cosines(vectors, i), [0, i]), [], n)


@nearest.twin(
    "Does the first one point in the same direction as i? And are all of them words?",
    "These are the least like it, since argsort goes from small to large; and 0 may be among them.",
    "The greatest cosine first, without i and 0.",
    "第一个词与 i 方向相同吗？这些都是词吗？",
    "这些是最不像它的，因为 argsort 从小到大排；0 也可能在其中。",
    "余弦最大的在前，并去掉 i 和 0。")
def nearest_from_the_far_end_of_everything(vectors, i, n):
    return _ranked(-_cosines(vectors, i), [], n)


@nearest.twin(
    "Two words of the same cosine: are both found?",
    "The first of them twice: list.index looks for the number, and finds its first place.",
    "np.argsort gives places.",
    "两个余弦相同的词，都找到了吗？",
    "第一个出现了两次：list.index 找的是那个数，找到的是它最先出现的位置。",
    "np.argsort 给出的才是位置。")
def nearest_by_looking_for_the_number(vectors, i, n):
    found = list(_cosines(vectors, i))
    return [found.index(x) for x in sorted(found, reverse=True)[1:n + 1]]


@nearest.twin(
    "Two words of the same direction: which one comes first? And are all of these words?",
    "The one with the higher id, for the order is turned round as a whole; and 0 may be among them.",
    "np.argsort(-x, kind=\"stable\"), without i and 0.",
    "两个方向相同的词，哪个在前？这些都是词吗？",
    "编号大的在前，因为整个顺序被倒了过来；0 也可能在其中。",
    "用 np.argsort(-x, kind=\"stable\")，并去掉 i 和 0。")
def nearest_with_ties_turned_and_no_word(vectors, i, n):
    return [k for k in _turned(vectors, i) if k != i][:n]


@nearest.twin(
    "Is i always the first in the order? And which of two equal ones comes first?",
    "The first one is left out, whoever it is, and of equal ones the higher id comes first.",
    "np.argsort(-x, kind=\"stable\"), and leave out i and 0 by their ids.",
    "i 总是排在第一吗？两个相等的，哪个在前？",
    "去掉的是排在第一的，不管它是谁；相等的，编号大的在前。",
    "用 np.argsort(-x, kind=\"stable\")，并按编号去掉 i 和 0。")
def nearest_from_the_second_turned(vectors, i, n):
    return _turned(vectors, i)[1:n + 1]


@nearest.twin(
    "Is the best one first?",
    "It is last, and the greatest of all was left out by its place, whoever it is.",
    "By minus the cosine, and without i and 0 by their ids.",
    "最好的在最前吗？",
    "它在最后；而且按位置去掉了最大的，不管它是谁。",
    "按余弦的相反数排序，并按编号去掉 i 和 0。")
def nearest_best_last_without_the_last(vectors, i, n):
    return _turned(vectors, i)[1:n + 1][::-1]


def _turned(vectors, i):
    return [int(k) for k in np.argsort(_cosines(vectors, i), kind="stable")[::-1]]


@nearest.twin(
    "Do the ids still belong to the words?",
    "They are too small by one: word 0 was cut off before the sorting, and that was not made good.",
    "Add 1 to the places, or leave 0 out after the sorting.",
    "编号还对应原来的词吗？",
    "都小了一：排序之前切掉了词 0，之后没有补回来。",
    "给位置加 1，或者排序之后再去掉 0。")
def nearest_one_too_small(vectors, i, n):
    return [k - 1 for k in _ranked(_cosines(vectors, i), [0], len(vectors)) if k - 1 != i][:n]


@nearest.twin(
    "How many are there?",
    "All of them: `n` is not used.",
    "The first n: [:n].",
    "有多少个？",
    "全都在：没有用 `n`。",
    "只要前 n 个：[:n]。")
def nearest_all(vectors, i, n):
    return _ranked(_cosines(vectors, i), [0, i], len(vectors))


# --- rank_correlation ---

HEARD = [[9.0, 2.0, 5.0, 5.0, 7.5], [0.9, 0.1, 0.6, 0.3, 0.2]]


@lab.hole(cases=[[array(HEARD[0]), array(HEARD[1])],
                 [array([3.0, 6.0, 1.0, 8.0, 4.0, 2.0]), array([0.2, 0.9, 0.1, 0.5, 0.6, 0.3])],
                 [array([1.0, 5.0, 2.0, 4.0]), array([40.0, -1000.0, 10.0, 3.0])]],
          more=[[array([2.0, 9.0, 5.0, 1.0, 5.0, 3.0, 2.5]), array([0.3, 0.8, 0.1, -0.2, 0.6, 0.7, 0.35])],
                [array([4.0, 1.0, 2.0, 9.0, 5.0]), array([0.7, 0.2, 0.9, 0.8, -3.0])]],
          forbidden=["tinydawn.metrics.correlation:spearman"])
def rank_correlation(a, b):
    deviations = []
    for values in (a, b):
        below = (values[None, :] < values[:, None]).sum(axis=1)
        equal = (values[None, :] == values[:, None]).sum(axis=1)
        ranks = below + (equal + 1) / 2
        deviations.append(ranks - ranks.mean())
    x, y = deviations
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def _mean_ranks(values):
    return (values < values[:, None]).sum(axis=1) + ((values == values[:, None]).sum(axis=1) + 1) / 2


def _in_order(values):
    return np.argsort(np.argsort(values, kind="stable"), kind="stable") + 1.0


def _other_order(values):
    """Places from small to large, of equal ones the last first: what an argsort that is not stable can give."""
    return len(values) - 1 - np.argsort(values[::-1], kind="stable")


def _pearson(x, y):
    return float(np.corrcoef(x, y)[0, 1])


@rank_correlation.twin(
    "Make the largest number ten times as large: should anything change?",
    "It does here: this is Pearson's correlation, of the numbers themselves.",
    "Spearman's is the correlation of the ranks.",
    "把最大的数变成十倍：结果应该变吗？",
    "这里变了：这是 Pearson 相关，用的是数本身。",
    "Spearman 相关是秩的相关。")
def correlation_of_values(a, b):
    return _pearson(a, b)


@rank_correlation.twin(
    "Try the list 3, 1, 2: what is the rank of 3?",
    "np.argsort says which number comes first, second, third, and not the rank of each.",
    "The ranks are the argsort of the argsort, where there are no ties.",
    "试试 3、1、2：3 的秩是多少？",
    "np.argsort 说的是第一、第二、第三是哪个数，而不是每个数的秩。",
    "没有并列时，秩是 argsort 的 argsort。")
def correlation_of_argsort(a, b):
    return _pearson(np.argsort(a, kind="stable"), np.argsort(b, kind="stable"))


@rank_correlation.twin(
    "Two equal numbers: have they equal ranks?",
    "No: the one that stands first in the list gets the smaller rank.",
    "Equal numbers share the mean of the ranks that they take up.",
    "两个相等的数，秩也相等吗？",
    "不等：在列表里靠前的得到较小的秩。",
    "相等的数共享它们所占的秩的平均。")
def correlation_by_order_of_ties(a, b):
    return _pearson(_in_order(a), _in_order(b))


@rank_correlation.twin(
    "Which formula is it, and when does it hold?",
    "1 - 6 sum d^2 / (n (n^2 - 1)) holds only without ties.",
    "With ties take Pearson's correlation of the ranks.",
    "用的是哪个公式，什么时候成立？",
    "1 - 6 sum d^2 / (n (n^2 - 1)) 只在没有并列时成立。",
    "有并列时，取秩的 Pearson 相关。")
def correlation_by_squares(a, b):
    d = _mean_ranks(a) - _mean_ranks(b)
    return float(1 - 6 * (d @ d) / (len(a) * (len(a) ** 2 - 1)))


@rank_correlation.twin(
    "Two equal numbers on the ranks 2 and 3: which rank should both have?",
    "They have 2, the smallest that they take up.",
    "The mean of the ranks that they take up, 2.5.",
    "两个相等的数占了第 2 和第 3：秩应是多少？",
    "都得了 2，所占的最小的秩。",
    "所占的秩的平均，2.5。")
def correlation_of_least_ranks(a, b):
    return _pearson(*((values < values[:, None]).sum(axis=1) for values in (a, b)))


@rank_correlation.twin(
    "Two equal numbers on the ranks 2 and 3: which rank should both have?",
    "They have 3, the largest that they take up.",
    "The mean of the ranks that they take up: 2.5.",
    "两个相等的数占了第 2 和第 3：秩应是多少？",
    "都得了 3，所占的最大的秩。",
    "所占的秩的平均：2.5。")
def correlation_of_greatest_ranks(a, b):
    return _pearson(*((values <= values[:, None]).sum(axis=1) for values in (a, b)))


@rank_correlation.twin(
    "1, 2, 2, 5: what is the rank of 5?",
    "3 here: equal numbers take up one rank together.",
    "There are three smaller numbers, so it is 4; the two equal ones share 2 and 3, and have 2.5.",
    "1、2、2、5：5 的秩是多少？",
    "这里是 3：相等的数合起来只占一个秩。",
    "比它小的有三个，所以是 4；两个相等的共享 2 和 3，各得 2.5。")
def correlation_of_dense_ranks(a, b):
    return _pearson(*(np.unique(values, return_inverse=True)[1] for values in (a, b)))


@rank_correlation.twin(
    "Turn one list round: does the sign change?",
    "It stays above 0: the mean rank is not taken off.",
    "Take off the mean of the ranks first.",
    "把一个列表倒过来：符号变了吗？",
    "总是大于 0：没有减去平均秩。",
    "先减去秩的平均。")
def correlation_not_centred(a, b):
    x, y = _mean_ranks(a), _mean_ranks(b)
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


@rank_correlation.twin(
    "The correlation of a list with itself should be 1.",
    "This is the covariance of the ranks: it is not divided by their spread.",
    "Divide by sqrt of the two sums of squares.",
    "一个列表与它自己的相关应是 1。",
    "这是秩的协方差：没有除以它们的离散程度。",
    "除以两个平方和之积的平方根。")
def correlation_as_covariance(a, b):
    x, y = _mean_ranks(a), _mean_ranks(b)
    return float(((x - x.mean()) * (y - y.mean())).mean())


@rank_correlation.twin(
    "The correlation of a list with itself should be 1.",
    "It is too large: np.cov divides by n - 1, and np.std by n.",
    "Divide both by the same: sums are enough, sum xy / sqrt(sum xx sum yy).",
    "一个列表与它自己的相关应是 1。",
    "它太大了：np.cov 除以 n - 1，而 np.std 除以 n。",
    "两边除以同样的数；用和就够了：sum xy / sqrt(sum xx · sum yy)。")
def correlation_of_two_counts(a, b):
    x, y = _mean_ranks(a), _mean_ranks(b)
    return float(np.cov(x, y)[0, 1] / (x.std() * y.std()))


@rank_correlation.twin(
    "How many numbers come out?",
    "A table of two by two: np.corrcoef has all pairs of both lists.",
    "One number: its entry [0, 1].",
    "得到几个数？",
    "一张二乘二的表：np.corrcoef 给出两个列表的所有配对。",
    "要一个数：取它的元素 [0, 1]。")
def correlation_of_all_pairs(a, b):
    return np.corrcoef(_mean_ranks(a), _mean_ranks(b))


@rank_correlation.twin(
    "What is counted: ranks, or pairs in the same order?",
    "Pairs: this is Kendall's tau.",
    "Spearman's is the correlation of the ranks.",
    "数的是秩，还是次序相同的对？",
    "是对：这是 Kendall 的 tau。",
    "Spearman 是秩的相关。")
def correlation_of_pairs(a, b):
    x, y = (np.sign(values[:, None] - values) for values in (a, b))
    return float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))


@rank_correlation.twin(
    "What is it when both lists rise together?",
    "-1: one of them is ranked from the top, the other from the bottom.",
    "Rank both alike.",
    "两个列表一起上升时，结果是多少？",
    "是 -1：一个从大到小排秩，另一个从小到大。",
    "两个用同样的方向排。")
def correlation_against(a, b):
    return -_pearson(_mean_ranks(a), _mean_ranks(b))


@rank_correlation.twin(
    "Can it be below 0?",
    "It is squared, or has lost its sign: two opposite lists look alike.",
    "From -1 to 1, with the sign.",
    "它会小于 0 吗？",
    "它被平方了，或丢了符号：两个相反的列表看起来一样。",
    "从 -1 到 1，带着符号。")
def correlation_squared(a, b):
    return _pearson(_mean_ranks(a), _mean_ranks(b)) ** 2


@rank_correlation.twin(
    "Try 3, 1, 2: which rank has the 3?",
    "np.argsort says which number comes first, second, third (of equal ones in any order), and not the rank of each.",
    "A rank counts how many numbers are smaller; equal ones share the mean of theirs.",
    "试试 3、1、2：3 的秩是多少？",
    "np.argsort 说的是第一、第二、第三是哪个数（相等的先后不定），而不是每个数的秩。",
    "秩要看有多少个数比它小；相等的共享平均。")
def correlation_of_another_argsort(a, b):
    return _pearson(_other_order(a), _other_order(b))


@rank_correlation.twin(
    "Two equal numbers: should they have the same rank?",
    "They have different ones, in the order in which np.argsort happens to put them.",
    "Equal numbers share the mean of the ranks that they take up: argsort of argsort is not enough.",
    "两个相等的数，秩应该一样吗？",
    "这里不一样，取决于 np.argsort 碰巧把谁放在前面。",
    "相等的数共享它们所占的秩的平均：argsort 的 argsort 不够用。")
def correlation_by_another_order_of_ties(a, b):
    return _pearson(*(np.argsort(_other_order(values)) for values in (a, b)))


@rank_correlation.twin(
    "In which order are / and * done?",
    "From left to right: sum xy / sum xx, times sum yy.",
    "Brackets, and a root: sum xy / sqrt(sum xx * sum yy).",
    "/ 和 * 的先后是什么？",
    "从左到右：sum xy / sum xx，再乘以 sum yy。",
    "加括号并开方：sum xy / sqrt(sum xx * sum yy)。")
def correlation_without_brackets(a, b):
    x, y = (ranks - ranks.mean() for ranks in (_mean_ranks(a), _mean_ranks(b)))
    return float(x @ y / (x @ x) * (y @ y))


@rank_correlation.twin(
    "In which order are / and * done? Try two lists of which one has a tie.",
    "sum xy / sqrt(sum xx) is multiplied with sqrt(sum yy).",
    "Brackets: sum xy / (sqrt(sum xx) * sqrt(sum yy)).",
    "/ 和 * 的先后是什么？",
    "sum xy / sqrt(sum xx) 又乘以了 sqrt(sum yy)。",
    "加括号：sum xy / (sqrt(sum xx) * sqrt(sum yy))。")
def correlation_with_roots_without_brackets(a, b):
    x, y = (ranks - ranks.mean() for ranks in (_mean_ranks(a), _mean_ranks(b)))
    return float(x @ y / np.sqrt(x @ x) * np.sqrt(y @ y))


@rank_correlation.twin(
    "The correlation of a list with itself should be 1.",
    "It is 1 over the sum of squares: the root is missing below.",
    "sum xy / sqrt(sum xx * sum yy).",
    "一个列表与它自己的相关应是 1。",
    "它成了平方和的倒数：分母没有开方。",
    "sum xy / sqrt(sum xx * sum yy)。")
def correlation_without_root(a, b):
    x, y = (ranks - ranks.mean() for ranks in (_mean_ranks(a), _mean_ranks(b)))
    return float(x @ y / ((x @ x) * (y @ y)))


@rank_correlation.twin(
    "Which formula is it? And which rank have two equal numbers?",
    "1 - 6 sum d^2 / (n (n^2 - 1)) holds only without ties; and equal numbers have the smallest of their ranks here.",
    "Ranks with the mean for equal ones, and the formula with sums.",
    "用的是哪个公式？两个相等的数秩是多少？",
    "1 - 6 sum d^2 / (n (n^2 - 1)) 只在没有并列时成立；而且这里相等的数取了最小的秩。",
    "相等的取平均秩，再用带求和的那个公式。")
def correlation_by_squares_of_least_ranks(a, b):
    x, y = ((values < values[:, None]).sum(axis=1) for values in (a, b))
    return float(1 - 6 * ((x - y) ** 2).sum() / (len(a) * (len(a) ** 2 - 1)))


@rank_correlation.twin(
    "The correlation of a list with itself should be 1.",
    "This is sum xy alone: nothing is divided.",
    "Divide by sqrt(sum xx * sum yy).",
    "一个列表与它自己的相关应是 1。",
    "这只是 sum xy：没有除。",
    "除以 sqrt(sum xx * sum yy)。")
def correlation_not_divided(a, b):
    x, y = (ranks - ranks.mean() for ranks in (_mean_ranks(a), _mean_ranks(b)))
    return float(x @ y)


@rank_correlation.twin(
    "The correlation of a list with itself should be 1.",
    "It is divided by the sum of the two lengths.",
    "By their product: sqrt(sum xx * sum yy).",
    "一个列表与它自己的相关应是 1。",
    "除以了两个长度之和。",
    "要除以它们的积：sqrt(sum xx * sum yy)。")
def correlation_over_a_sum(a, b):
    x, y = (ranks - ranks.mean() for ranks in (_mean_ranks(a), _mean_ranks(b)))
    return float(x @ y / (np.linalg.norm(x) + np.linalg.norm(y)))


@rank_correlation.twin(
    "The correlation of a list with itself should be 1.",
    "It is n: a sum is divided by two standard deviations, each of which is the root of a mean.",
    "The mean of xy over the two deviations, or sums on both sides.",
    "一个列表与它自己的相关应是 1。",
    "它是 n：和除以了两个标准差，而标准差是平均的平方根。",
    "用 xy 的平均除以两个标准差，或者两边都用和。")
def correlation_n_times(a, b):
    return len(a) * _pearson(_mean_ranks(a), _mean_ranks(b))


@rank_correlation.twin(
    "The correlation of a list with itself should be 1. And which rank have two equal numbers?",
    "It is n, since a sum is divided by two standard deviations; and equal numbers have the smallest of their ranks.",
    "The mean of xy over the two deviations, and the mean rank for equal numbers.",
    "一个列表与它自己的相关应是 1。两个相等的数秩是多少？",
    "它是 n，因为和除以了两个标准差；而且相等的数取了最小的秩。",
    "用 xy 的平均除以两个标准差；相等的数取平均秩。")
def correlation_n_times_of_least_ranks(a, b):
    return len(a) * _pearson(*((values < values[:, None]).sum(axis=1) for values in (a, b)))


@rank_correlation.twin(
    "The correlation of a list with itself should be 1.",
    "This is np.cov, the covariance of the ranks: it is not divided by their deviations.",
    "np.corrcoef, or divide by sqrt(sum xx * sum yy).",
    "一个列表与它自己的相关应是 1。",
    "这是 np.cov，秩的协方差：没有除以它们的标准差。",
    "用 np.corrcoef，或者除以 sqrt(sum xx * sum yy)。")
def correlation_as_np_cov(a, b):
    return float(np.cov(_mean_ranks(a), _mean_ranks(b))[0, 1])


# --- cbow_mean ---

TABLE = [[0.7, -0.3, 0.2], [1.0, 2.0, -1.0], [0.5, 0.0, 3.0], [-2.0, 1.5, 0.4], [0.1, -0.6, 0.8]]
AROUND = [[3, 1, 0, 0], [2, 2, 4, 1], [0, 0, 0, 0], [0, 4, 3, 2], [0, 0, 1, 0]]


@lab.hole(cases=[[tensor(TABLE), array(AROUND)], [tensor(TABLE), array([[1, 3], [4, 4]])]],
          more=[[tensor([[0.4, 1.1], [2.0, -0.5], [0.3, 0.9], [-1.2, 0.8]]), array([[0, 3, 3], [1, 2, 0], [0, 0, 0], [3, 1, 2]])],
                [tensor(TABLE), array([[2, 0, 1], [4, 3, 3]])]],
          forbidden=["tinydawn.models.word2vec:CBOW.hidden"])
def cbow_mean(E, contexts):
    real = (contexts != 0).astype(float)
    vectors = step("vectors", E[contexts])
    total = step("sum", (vectors * real[:, :, None]).sum(axis=1))
    return total / np.maximum(real.sum(axis=1, keepdims=True), 1)


def _real(contexts):
    return (contexts != 0).astype(float)[:, :, None]


def _number(contexts):
    return np.maximum((contexts != 0).sum(axis=1, keepdims=True), 1)


@cbow_mean.twin(
    "A word at the beginning of a sentence: what is to its left?",
    "Padding, and the vector of id 0 is averaged in as if it were a word.",
    "Only ids that are not 0 count, above and below: mask the sum, and divide by how many are left.",
    "句首的词，它左边是什么？",
    "是填充，而编号 0 的向量也被当作词平均进去了。",
    "分子分母都只算编号不为 0 的：求和时遮住 0，再除以剩下的个数。")
def cbow_mean_with_padding(E, contexts):
    return E[contexts].mean(axis=1)


@cbow_mean.twin(
    "By what is the sum divided where there is padding?",
    "By the width of the window: the padding adds nothing, but is counted.",
    "By the number of ids in the row that are not 0.",
    "有填充的地方，和除以了什么？",
    "除以了窗口的宽度：填充没有加进去，却被数了。",
    "除以这一行里不为 0 的编号的个数。")
def cbow_mean_over_the_window(E, contexts):
    return (E[contexts] * _real(contexts)).sum(axis=1) / contexts.shape[1]


@cbow_mean.twin(
    "Does a longer context give larger numbers?",
    "It does: this is the sum.",
    "Divide by the number of words in the context.",
    "上下文越长，数越大吗？",
    "是的：这是和。",
    "除以上下文里词的个数。")
def cbow_sum(E, contexts):
    return (E[contexts] * _real(contexts)).sum(axis=1)


@cbow_mean.twin(
    "Look at the row that has no word at all.",
    "It is nan: nothing is divided by 0.",
    "Divide by at least 1: np.maximum(count, 1).",
    "看看一个词也没有的那一行。",
    "那里是 nan：零除以了 0。",
    "至少除以 1：np.maximum(count, 1)。")
def cbow_mean_with_nan(E, contexts):
    real = _real(contexts)
    return (E[contexts] * real).sum(axis=1) / real.sum(axis=1)


@cbow_mean.twin(
    "How many numbers come out for a row?",
    "The vectors of the context stand one after another: they are joined, and not averaged.",
    "One vector (d,) for each row: a mean over the places, axis=1.",
    "每一行得到多少个数？",
    "上下文的向量一个接一个排着：是拼接，不是平均。",
    "每行一个向量 (d,)：对位置取平均，axis=1。")
def cbow_joined(E, contexts):
    return (E[contexts] * _real(contexts)).reshape(len(contexts), -1)


@cbow_mean.twin(
    "How many rows come out?",
    "One for each place of the window: the mean goes over the batch.",
    "The axes are (N, C, d): take the mean over C, axis=1.",
    "得到多少行？",
    "窗口的每个位置一行：平均沿着批的方向。",
    "各轴是 (N, C, d)：对 C 取平均，axis=1。")
def cbow_mean_over_the_batch(E, contexts):
    return (E[contexts] * _real(contexts)).sum(axis=0) / len(contexts)


@cbow_mean.twin(
    "A word that stands twice in a context: how often does it count?",
    "Once: each word of the row is taken only one time.",
    "Every place counts, also if two have the same word.",
    "一个词在上下文里出现两次，算几次？",
    "算了一次：同一行里每个词只取一次。",
    "每个位置都算，即使两个位置是同一个词。")
def cbow_mean_of_different_words(E, contexts):
    rows = [sorted({int(k) for k in row if k}) or [0] for row in contexts]
    return td.stack([E[np.array(row)].mean(axis=0) * float(row != [0]) for row in rows])


@cbow_mean.twin(
    "The numbers are right. What reaches E on the way back?",
    "It is computed in NumPy, so there is no graph, and E gets no gradient.",
    "E[contexts] of the Tensor itself is recorded; leave out .numpy().",
    "数是对的。往回走时，什么能到达 E？",
    "这是用 NumPy 算的，没有计算图，E 得不到梯度。",
    "对张量本身取 E[contexts] 才会被记录；不要用 .numpy()。")
def cbow_mean_in_numpy(E, contexts):
    return (E.numpy()[contexts] * _real(contexts)).sum(axis=1) / _number(contexts)


@cbow_mean.twin(
    "Compare a row with little padding and one with much: by what is each divided?",
    "All by the same number, that of the whole batch.",
    "Each row has its own number of words: sum(axis=1, keepdims=True).",
    "比较填充少的一行和填充多的一行：各除以了什么？",
    "都除以同一个数，整个批的。",
    "每一行有自己的词数：sum(axis=1, keepdims=True)。")
def cbow_mean_by_the_batch(E, contexts):
    return (E[contexts] * _real(contexts)).sum(axis=1) / (contexts != 0).sum()


@cbow_mean.twin(
    "Is it the mean?",
    "It is the largest number in each place of the vectors.",
    "CBOW averages the vectors of its context.",
    "这是平均吗？",
    "这是各向量每一位的最大值。",
    "CBOW 对上下文的向量取平均。")
def cbow_largest(E, contexts):
    return E[contexts].amax(axis=1)


@cbow_mean.twin(
    "Padding is left out of the number of words. And of the sum?",
    "There the vector of id 0 is still added, once for each padding.",
    "Mask the sum as well: multiply with (contexts != 0)[:, :, None].",
    "数词数时去掉了填充。求和时呢？",
    "和里仍加着编号 0 的向量，每个填充一次。",
    "求和也要遮住：乘以 (contexts != 0)[:, :, None]。")
def cbow_mean_with_padding_in_the_sum(E, contexts):
    return E[contexts].sum(axis=1) / _number(contexts)


@cbow_mean.twin(
    "Look at the row that has no word at all.",
    "It is nan: the mean over no rows of E.",
    "Such a row is 0: divide its sum, 0, by at least 1.",
    "看看一个词也没有的那一行。",
    "那里是 nan：对 E 的零个行取平均。",
    "这样的一行是 0：它的和是 0，至少除以 1。")
def cbow_mean_of_nothing(E, contexts):
    return td.stack([E[row[row != 0]].mean(axis=0) for row in contexts])


@cbow_mean.twin(
    "A context of one word: is h its vector?",
    "Half of it: 1 is added to the number of words.",
    "np.maximum(count, 1) changes only what is 0; count + 1 changes everything.",
    "只有一个词的上下文：h 是它的向量吗？",
    "只有一半：词数加了 1。",
    "np.maximum(count, 1) 只改动 0；count + 1 全都改了。")
def cbow_mean_by_one_more(E, contexts):
    return (E[contexts] * _real(contexts)).sum(axis=1) / ((contexts != 0).sum(axis=1, keepdims=True) + 1)


@cbow_mean.twin(
    "A word at the beginning of a sentence: what is to its left?",
    "Padding: padding_idx only keeps the vector of id 0 from learning; it is averaged in all the same.",
    "Mask it, and divide by the number of ids that are not 0.",
    "句首的词，它左边是什么？",
    "是填充：padding_idx 只是不让编号 0 的向量学习，它照样被平均了进去。",
    "要遮住它，并除以不为 0 的编号个数。")
def cbow_mean_with_padding_idx(E, contexts):
    return F.embedding(contexts, E, padding_idx=0).mean(axis=1)


@cbow_mean.twin(
    "How many vectors come out?",
    "One for the whole batch: contexts[contexts != 0] is one flat list of ids.",
    "One for each row: keep the axes (N, C, d), and add up over axis=1.",
    "得到几个向量？",
    "整个批只有一个：contexts[contexts != 0] 把编号摊成了一列。",
    "每行一个：保留各轴 (N, C, d)，对 axis=1 求和。")
def cbow_mean_of_all_words(E, contexts):
    return E[contexts[contexts != 0]].mean(axis=0)


@cbow_mean.twin(
    "A word that stands twice in a context: how often is it added?",
    "Once, but it is counted twice in the number of words: x[row, id] = 1 instead of += 1.",
    "Every place adds its vector.",
    "一个词在上下文里出现两次，加了几次？",
    "加了一次，数词数时却算了两次：写成了 x[row, id] = 1，而不是 += 1。",
    "每个位置都要加上它的向量。")
def cbow_mean_with_ones(E, contexts):
    x = np.zeros((len(contexts), len(E)))
    x[np.arange(len(contexts))[:, None], contexts] = 1
    x[:, 0] = 0
    return (x @ E) / _number(contexts)


@cbow_mean.twin(
    "Padding is left out of the number of words. And of the sum?",
    "padding_idx only keeps the vector of id 0 from learning: it is still added, once for each padding.",
    "Mask the sum: multiply with (contexts != 0)[:, :, None].",
    "数词数时去掉了填充。求和时呢？",
    "padding_idx 只是不让编号 0 的向量学习：它仍被加上，每个填充一次。",
    "求和要遮住：乘以 (contexts != 0)[:, :, None]。")
def cbow_mean_with_padding_idx_in_the_sum(E, contexts):
    return F.embedding(contexts, E, padding_idx=0).sum(axis=1) / _number(contexts)


@cbow_mean.twin(
    "Which vectors are kept, and which made 0?",
    "The mask is the wrong way round: the words are taken out, and the padding stays.",
    "masked_fill fills where the mask is True: contexts == 0.",
    "哪些向量留下，哪些变成 0？",
    "掩码反了：去掉的是词，留下的是填充。",
    "masked_fill 在掩码为 True 处填：要用 contexts == 0。")
def cbow_mean_of_the_padding(E, contexts):
    return (E[contexts] * (1 - _real(contexts))).sum(axis=1) / _number(contexts)


@cbow_mean.twin(
    "By what is the sum of a row divided?",
    "By the numbers of words of all rows together.",
    "Each row by its own: keep (N, 1), without a second sum.",
    "一行的和除以了什么？",
    "除以了所有行的词数之和。",
    "每一行除以自己的：保留 (N, 1)，不要再求一次和。")
def cbow_mean_by_all_numbers(E, contexts):
    return (E[contexts] * _real(contexts)).sum(axis=1) / _number(contexts).sum()


@cbow_mean.twin(
    "Look at the row that has no word at all.",
    "It is infinite: the padding is added up, and divided by 0 words.",
    "Mask the sum, and divide by at least 1.",
    "看看一个词也没有的那一行。",
    "是无穷大：把填充加了起来，又除以 0 个词。",
    "求和要遮住 0，并且至少除以 1。")
def cbow_mean_with_infinity(E, contexts):
    return E[contexts].sum(axis=1) / (contexts != 0).sum(axis=1, keepdims=True)


# --- negative_loss ---

HIDDEN = [[0.5, -1.0], [2.0, 0.3], [-0.4, 0.9]]
OTHERS = [[0.1, 0.2], [1.0, -0.5], [-0.3, 2.0], [0.8, 0.8], [-1.5, 0.4]]
GIVEN_WORDS = [[2, 1, 4, 1], [3, 2, 1, 4], [1, 4, 4, 3]]


@lab.hole(cases=[[tensor(HIDDEN), tensor(OTHERS), array(GIVEN_WORDS)],
                 [tensor([[30.0, -20.0]]), tensor([[0.0, 0.0], [-25.0, 5.0], [40.0, -1.0]]), array([[1, 2]])],
                 [tensor([[0.3, -0.2, 1.1], [0.7, 0.5, -0.4]]), tensor([[0.2, 0.1, 0.0], [1.3, -0.8, 0.4], [-0.6, 0.2, 0.9]]),
                  array([[2, 1, 1], [1, 2, 2]])]],
          more=[[tensor([[1.2, 0.4], [-0.7, 0.1]]), tensor(OTHERS), array([[4, 3, 1], [2, 4, 3]])],
                [tensor([[50.0, 10.0]]), tensor([[0.0, 0.0], [-30.0, 1.0], [20.0, 2.0]]), array([[1, 2, 2]])]])
def negative_loss(h, U, candidates):
    sign = np.full(candidates.shape, -1.0)
    sign[:, 0] = 1.0
    u = step("vectors", U[candidates])
    scores = step("scores", (u * h.unsqueeze(1)).sum(axis=2))
    log_p = step("log p", F.logsigmoid(scores * sign))
    return -log_p.sum(axis=1).mean()


def _scores(h, U, candidates):
    return (U[candidates] * h.unsqueeze(1)).sum(axis=2)


def _signed(h, U, candidates, first=1.0, others=-1.0):
    sign = np.full(candidates.shape, others)
    sign[:, 0] = first
    return _scores(h, U, candidates) * sign


@negative_loss.twin(
    "Are the candidates asked one by one, or against each other?",
    "Against each other: this is the cross-entropy of a softmax over the candidates.",
    "Each candidate is a yes-or-no question of its own: sigmoid, not softmax.",
    "是逐个问每个候选，还是让它们相互竞争？",
    "相互竞争：这是对候选做 softmax 的交叉熵。",
    "每个候选是一个单独的是非题：用 sigmoid，不用 softmax。")
def negative_loss_by_softmax(h, U, candidates):
    return -F.log_softmax(_scores(h, U, candidates), axis=1)[:, 0].mean()


@negative_loss.twin(
    "By how much is the sum divided?",
    "By all entries, N times 1 + K: the candidates are averaged too.",
    "Add up the candidates of a row, and take the mean over the rows alone.",
    "和除以了多少？",
    "除以了全部元素 N 乘 (1 + K)：候选也被平均了。",
    "一行的候选相加，只对各行取平均。")
def negative_loss_of_all_entries(h, U, candidates):
    return -F.logsigmoid(_signed(h, U, candidates)).mean()


@negative_loss.twin(
    "Double the batch by repeating it: does the loss stay what it is?",
    "This is the sum over the batch.",
    "The mean over the N rows: .mean().",
    "把批重复一遍使它加倍：损失不变吗？",
    "这是对批求和。",
    "对 N 行取平均：.mean()。")
def negative_loss_summed(h, U, candidates):
    return -F.logsigmoid(_signed(h, U, candidates)).sum()


@negative_loss.twin(
    "Can a loss be below 0?",
    "It is log p, without the minus.",
    "-log sigmoid(...): small where the answers are right.",
    "损失会小于 0 吗？",
    "这是 log p，少了负号。",
    "-log sigmoid(...)：答对时很小。")
def negative_loss_without_minus(h, U, candidates):
    return F.logsigmoid(_signed(h, U, candidates)).sum(axis=1).mean()


@negative_loss.twin(
    "What is asked of the random words?",
    "The same as of the true one: all scores shall grow. Then all vectors grow alike, and nothing is learned.",
    "For a random word the answer is no: log sigmoid(-score).",
    "对随机词问的是什么？",
    "和对正确的词一样：所有分数都要变大。那样所有向量一起变大，什么也学不到。",
    "对随机词，答案是“否”：log sigmoid(-分数)。")
def negative_loss_all_true(h, U, candidates):
    return -F.logsigmoid(_scores(h, U, candidates)).sum(axis=1).mean()


@negative_loss.twin(
    "What is asked of the true word?",
    "The same as of the random ones: its score shall fall.",
    "For the true word, the first, it is log sigmoid(score), without the minus inside.",
    "对正确的词问的是什么？",
    "和对随机词一样：它的分数要变小。",
    "正确的词排在第一，是 log sigmoid(分数)，里面没有负号。")
def negative_loss_all_random(h, U, candidates):
    return -F.logsigmoid(-_scores(h, U, candidates)).sum(axis=1).mean()


@negative_loss.twin(
    "Are the random words in it?",
    "Only the true word is: one that says yes to everything has the smallest loss.",
    "Add -log sigmoid(-score) of every random word.",
    "用到随机词了吗？",
    "只有正确的词：对什么都说“是”就能让损失最小。",
    "加上每个随机词的 -log sigmoid(-分数)。")
def negative_loss_of_the_true_alone(h, U, candidates):
    return -F.logsigmoid(_scores(h, U, candidates)[:, 0]).mean()


@negative_loss.twin(
    "Is the true word in it?",
    "Only the random ones are.",
    "Column 0 is the true word: add its -log sigmoid(score).",
    "用到正确的词了吗？",
    "只有随机词。",
    "第 0 列是正确的词：加上它的 -log sigmoid(分数)。")
def negative_loss_of_the_random_alone(h, U, candidates):
    return -F.logsigmoid(-_scores(h, U, candidates)[:, 1:]).sum(axis=1).mean()


@negative_loss.twin(
    "Which of the two is pushed away?",
    "The true word: its sign and that of the random words are exchanged.",
    "log sigmoid(score) for the true word, log sigmoid(-score) for the random ones.",
    "被推开的是哪一个？",
    "是正确的词：它与随机词的符号对调了。",
    "正确的词是 log sigmoid(分数)，随机词是 log sigmoid(-分数)。")
def negative_loss_turned(h, U, candidates):
    return -F.logsigmoid(_signed(h, U, candidates, -1.0, 1.0)).sum(axis=1).mean()


@negative_loss.twin(
    "Where does the true word stand?",
    "The last column is taken for it.",
    "It is the first, column 0.",
    "正确的词在哪里？",
    "把最后一列当成了它。",
    "它在最前，第 0 列。")
def negative_loss_with_the_true_last(h, U, candidates):
    sign = np.full(candidates.shape, -1.0)
    sign[:, -1] = 1
    return -F.logsigmoid(_scores(h, U, candidates) * sign).sum(axis=1).mean()


@negative_loss.twin(
    "How much do the random words count together?",
    "As much as the true one: their mean is taken.",
    "They are added up: K random words count K times.",
    "随机词合起来占多大分量？",
    "和正确的词一样：对它们取了平均。",
    "要相加：K 个随机词算 K 份。")
def negative_loss_with_a_mean_of_the_random(h, U, candidates):
    log_p = F.logsigmoid(_signed(h, U, candidates))
    return -(log_p[:, 0] + log_p[:, 1:].mean(axis=1)).mean()


@negative_loss.twin(
    "Try large scores, such as -800 and 800.",
    "sigmoid(-800) is 0 to the last digit, and its logarithm -inf.",
    "F.logsigmoid computes the logarithm without the sigmoid.",
    "试试很大的分数，如 -800 和 800。",
    "sigmoid(-800) 已经是 0，它的对数是 -inf。",
    "F.logsigmoid 不经过 sigmoid 就算出对数。")
def negative_loss_that_is_infinite(h, U, candidates):
    return -td.log(td.sigmoid(_signed(h, U, candidates))).sum(axis=1).mean()


@negative_loss.twin(
    "Try large scores, such as 1000, for a random word.",
    "1 - sigmoid(1000) is 0 to the last digit, and its logarithm -inf.",
    "1 - sigmoid(x) is sigmoid(-x): F.logsigmoid(-score) for the random words.",
    "对随机词试试很大的分数，如 1000。",
    "1 - sigmoid(1000) 已经是 0，它的对数是 -inf。",
    "1 - sigmoid(x) 就是 sigmoid(-x)：对随机词用 F.logsigmoid(-分数)。")
def negative_loss_by_one_minus(h, U, candidates):
    scores = _scores(h, U, candidates)
    return -(F.logsigmoid(scores[:, 0]) + td.log(1 - td.sigmoid(scores[:, 1:])).sum(axis=1)).mean()


@negative_loss.twin(
    "Is there a logarithm?",
    "These are the probabilities themselves, added up.",
    "-log sigmoid(...), as in every cross-entropy.",
    "取对数了吗？",
    "这是概率本身相加。",
    "-log sigmoid(...)，一切交叉熵都是如此。")
def negative_loss_without_log(h, U, candidates):
    return -td.sigmoid(_signed(h, U, candidates)).sum(axis=1).mean()


@negative_loss.twin(
    "Is the sigmoid taken of each score, or of their sum?",
    "Of the sum of a row's scores, or of their difference: one question in place of 1 + K.",
    "The logarithm of the sigmoid for each candidate first, then the sum.",
    "sigmoid 是对每个分数取，还是对它们的和取？",
    "对一行分数的和（或差）取：只问了一个问题，而不是 1 + K 个。",
    "先对每个候选取 log sigmoid，再相加。")
def negative_loss_of_summed_scores(h, U, candidates):
    return -F.logsigmoid(_signed(h, U, candidates).sum(axis=1)).mean()


@negative_loss.twin(
    "The numbers are right. What reaches U and h on the way back?",
    "It is computed in NumPy: there is no graph, and neither gets a gradient.",
    "Keep to Tensors: U[candidates], *, .sum(axis=2), F.logsigmoid.",
    "数是对的。往回走时，什么能到达 U 和 h？",
    "这是用 NumPy 算的：没有计算图，两者都得不到梯度。",
    "一直用张量：U[candidates]、*、.sum(axis=2)、F.logsigmoid。")
def negative_loss_in_numpy(h, U, candidates):
    return np.logaddexp(0, -_signed(h, U, candidates).numpy()).sum(axis=1).mean()


@negative_loss.twin(
    "Before which terms is a minus?",
    "Before the true word's alone: the brackets were forgotten, or there is one minus too many.",
    "-(log sigmoid(true) + sum of log sigmoid(-random)): both are costs.",
    "哪些项前面有负号？",
    "只有正确的词那项前面有：忘了括号，或多了一个负号。",
    "-(log sigmoid(正确) + 求和的 log sigmoid(-随机))：两项都是代价。")
def negative_loss_less_the_random(h, U, candidates):
    log_p = F.logsigmoid(_signed(h, U, candidates))
    return -(log_p[:, 0] - log_p[:, 1:].sum(axis=1)).mean()


@negative_loss.twin(
    "Double the batch by repeating it: does the loss stay what it is?",
    "The true words are averaged over the batch, and the random ones are added up over it.",
    "Add up the candidates of each row, then take one mean over the rows.",
    "把批重复一遍使它加倍：损失不变吗？",
    "正确的词对批取了平均，随机词却对批求了和。",
    "先把每一行的候选加起来，再对各行取一次平均。")
def negative_loss_with_a_sum_of_the_random(h, U, candidates):
    log_p = F.logsigmoid(_signed(h, U, candidates))
    return -log_p[:, 0].mean() - log_p[:, 1:].sum()


@negative_loss.twin(
    "How many numbers come out?",
    "One for each row: the mean over the batch is missing.",
    ".mean() of the N sums.",
    "得到几个数？",
    "每行一个：没有对批取平均。",
    "对 N 个和取 .mean()。")
def negative_loss_of_each_row(h, U, candidates):
    return -F.logsigmoid(_signed(h, U, candidates)).sum(axis=1)


@negative_loss.twin(
    "What is the probability of \"no\"?",
    "1 - sigmoid(x), not 1 - log sigmoid(x): the 1 stands outside of the logarithm.",
    "log(1 - sigmoid(x)) is log sigmoid(-x).",
    "“否”的概率是多少？",
    "是 1 - sigmoid(x)，不是 1 - log sigmoid(x)：这里的 1 在对数外面。",
    "log(1 - sigmoid(x)) 就是 log sigmoid(-x)。")
def negative_loss_with_one_outside(h, U, candidates):
    log_p = F.logsigmoid(_scores(h, U, candidates))
    return -(log_p[:, 0] + (1 - log_p[:, 1:]).sum(axis=1)).mean()


@negative_loss.twin(
    "Is the sigmoid taken of each random word's score, or of their sum?",
    "Of the sum of the random scores: one question for all of them.",
    "log sigmoid(-score) for each, then the sum.",
    "sigmoid 是对每个随机词的分数取，还是对它们的和取？",
    "对随机词分数的和：合起来只问了一个问题。",
    "先对每个取 log sigmoid(-分数)，再相加。")
def negative_loss_of_summed_random(h, U, candidates):
    scores = _scores(h, U, candidates)
    return -(F.logsigmoid(scores[:, 0]) + F.logsigmoid(-scores[:, 1:].sum(axis=1))).mean()


@negative_loss.twin(
    "How often is the true word asked about?",
    "Twice: once as the true one, and once more among the random ones.",
    "The random words are candidates[:, 1:], without column 0.",
    "正确的词被问了几次？",
    "两次：一次作为正确的词，一次又混在随机词里。",
    "随机词是 candidates[:, 1:]，不含第 0 列。")
def negative_loss_with_the_true_twice(h, U, candidates):
    scores = _scores(h, U, candidates)
    return -(F.logsigmoid(scores[:, 0]) + F.logsigmoid(-scores).sum(axis=1)).mean()


@negative_loss.twin(
    "What is asked of a random word?",
    "log sigmoid(1 - score): the 1 stands inside of the sigmoid.",
    "1 - sigmoid(x) = sigmoid(-x), so it is log sigmoid(-score).",
    "对随机词问的是什么？",
    "是 log sigmoid(1 - 分数)：1 跑到了 sigmoid 里面。",
    "1 - sigmoid(x) = sigmoid(-x)，所以是 log sigmoid(-分数)。")
def negative_loss_with_one_inside(h, U, candidates):
    scores = _scores(h, U, candidates)
    return -(F.logsigmoid(scores[:, 0]) + F.logsigmoid(1 - scores[:, 1:]).sum(axis=1)).mean()


@negative_loss.twin(
    "Where does the minus belong?",
    "Before the logarithms, and not before the scores: minus log sigmoid(x) is no log sigmoid(-x).",
    "-(log sigmoid(true) + sum of log sigmoid(-random)).",
    "负号应放在哪里？",
    "应在对数前面，而不是分数前面：负的 log sigmoid(x) 并不是 log sigmoid(-x)。",
    "-(log sigmoid(正确) + 求和的 log sigmoid(-随机))。")
def negative_loss_with_minus_inside(h, U, candidates):
    return F.logsigmoid(_signed(h, U, candidates, -1.0, 1.0)).sum(axis=1).mean()


@negative_loss.twin(
    "Has each row its own candidates?",
    "All are compared with those of the first row.",
    "U[candidates], (N, 1 + K, d): row n with its own h.",
    "每一行用自己的候选吗？",
    "都与第一行的候选比较了。",
    "U[candidates]，形状 (N, 1 + K, d)：第 n 行配自己的 h。")
def negative_loss_of_the_first_candidates(h, U, candidates):
    return negative_loss(h, U, np.repeat(candidates[:1], len(candidates), axis=0))


@negative_loss.twin(
    "Before which terms is a minus, and what is asked of the random words?",
    "-log sigmoid(x) and log sigmoid(-x) are not the same: the minus belongs inside.",
    "-(log sigmoid(true) + sum of log sigmoid(-random)).",
    "哪些项前面有负号？对随机词问的是什么？",
    "-log sigmoid(x) 和 log sigmoid(-x) 不是一回事：负号应在里面。",
    "-(log sigmoid(正确) + 求和的 log sigmoid(-随机))。")
def negative_loss_less_the_random_as_true(h, U, candidates):
    log_p = F.logsigmoid(_scores(h, U, candidates))
    return -(log_p[:, 0] - log_p[:, 1:].sum(axis=1)).mean()


@negative_loss.twin(
    "How many scores have the true words?",
    "One for the whole batch: (u * h).sum() adds up over the rows too.",
    "One for each row: .sum(axis=1).",
    "正确的词有几个分数？",
    "整个批只有一个：(u * h).sum() 把各行也加起来了。",
    "每一行一个：.sum(axis=1)。")
def negative_loss_of_one_true_score(h, U, candidates):
    scores = _scores(h, U, candidates)
    return -(F.logsigmoid(scores[:, 0].sum()) + F.logsigmoid(-scores[:, 1:]).sum(axis=1)).mean()


@negative_loss.twin(
    "How many scores have the true words?",
    "N times N: u @ h.T takes every row's word with every row's h.",
    "Row n with its own h: (u * h).sum(axis=1).",
    "正确的词有几个分数？",
    "N 乘 N 个：u @ h.T 把每行的词与每行的 h 都配了对。",
    "第 n 行只配自己的 h：(u * h).sum(axis=1)。")
def negative_loss_of_all_pairs(h, U, candidates):
    log_p = F.logsigmoid(U[candidates[:, 0]] @ h.T)
    return -(log_p + F.logsigmoid(-_scores(h, U, candidates)[:, 1:]).sum(axis=1)).mean()


@negative_loss.twin(
    "Are the candidates asked one by one? And try large scores.",
    "They compete in a softmax; and the logarithm of a softmax that is 0 is -inf.",
    "A sigmoid for each candidate, and F.logsigmoid.",
    "是逐个问每个候选吗？再试试很大的分数。",
    "它们在 softmax 里竞争；而等于 0 的 softmax 取对数是 -inf。",
    "每个候选一个 sigmoid，用 F.logsigmoid。")
def negative_loss_by_log_of_softmax(h, U, candidates):
    return -td.log(F.softmax(_scores(h, U, candidates), axis=1)[:, 0]).mean()


@negative_loss.twin(
    "How often does the true word count?",
    "K times: its column (N, 1) is added to each of the K columns of the random words.",
    "Add up the random words first, then the true one once.",
    "正确的词算了几次？",
    "K 次：它那一列 (N, 1) 被加到了随机词的每一列上。",
    "先把随机词加起来，正确的词只加一次。")
def negative_loss_with_the_true_k_times(h, U, candidates):
    log_p = F.logsigmoid(_signed(h, U, candidates))
    return -(log_p[:, :1] + log_p[:, 1:]).sum(axis=1).mean()


# --- cbow_step ---

STEP_E = [[0.3, 0.2], [0.5, -0.4], [1.0, 0.6], [-0.7, 0.9], [0.2, 1.1]]
STEP_U = [[0.1, -0.1], [0.4, 0.8], [-0.9, 0.3], [0.6, -1.2], [1.5, 0.2]]


@lab.hole(cases=[[array(STEP_E), array(STEP_U),
                  array([[2, 1, 0], [1, 1, 3], [0, 4, 2]]), array([[3, 2, 4, 2], [2, 4, 1, 4], [3, 1, 1, 2]]), 0.5],
                 [array(STEP_E), array(STEP_U), array([[1, 4]]), array([[2, 3]]), 0.2]],
          more=[[array(STEP_U), array(STEP_E), array([[4, 0, 4, 3], [1, 2, 4, 0]]), array([[2, 1, 1], [3, 1, 4]]), 0.4],
                [array(STEP_E), array(STEP_U), array([[3, 2]]), array([[1, 4, 4]]), 0.3]], points=4)
def cbow_step(E, U, contexts, candidates, lr):
    real = contexts != 0
    share = real / np.maximum(real.sum(axis=1, keepdims=True), 1)
    h = (E[contexts] * share[:, :, None]).sum(axis=1)
    u = U[candidates]
    g = 1 / (1 + np.exp(-(u * h[:, None, :]).sum(axis=2)))
    g[:, 0] -= 1
    g /= len(contexts)
    to_h = (g[:, :, None] * u).sum(axis=1)
    new_E, new_U = E.copy(), U.copy()
    np.add.at(new_E, contexts, -lr * share[:, :, None] * to_h[:, None, :])
    np.add.at(new_U, candidates, -lr * g[:, :, None] * h[:, None, :])
    return new_E, new_U


def _shares(contexts):
    return (contexts != 0) / np.maximum((contexts != 0).sum(axis=1, keepdims=True), 1)


def _move(E, U, contexts, candidates, lr, share=None, back=None, true=1.0, batch=True, activation=None, at=np.add.at):
    """A step, with its parts to be exchanged: shares in the mean and on the way back, the label, the errors, the adding."""
    share = _shares(contexts) if share is None else share
    back = share if back is None else back
    h, u = (E[contexts] * share[:, :, None]).sum(axis=1), U[candidates]
    scores = (u * h[:, None]).sum(axis=2)
    if activation is None:
        g = 1 / (1 + np.exp(-scores))
        g[:, 0] -= true
    else:
        g = activation(scores)
    g = g / len(contexts) if batch else g
    to_h = (g[:, :, None] * u).sum(axis=1)
    new_E, new_U = E.copy(), U.copy()
    at(new_E, contexts, -lr * back[:, :, None] * to_h[:, None])
    at(new_U, candidates, -lr * g[:, :, None] * h[:, None])
    return new_E, new_U


def _once(table, ids, change):
    table[ids] += change


@cbow_step.twin(
    "A word that stands in two contexts, or twice in one: do all its changes count?",
    "`E[contexts] -= ...` changes each row once, however often its id is there; the other changes are lost.",
    "np.add.at(E, contexts, ...) adds every one, and so for U.",
    "一个词出现在两个上下文里，或在一个里出现两次：每次改变都算了吗？",
    "`E[contexts] -= ...` 对每一行只改一次，不管编号出现几次；其余的改变丢了。",
    "np.add.at(E, contexts, ...) 每次都加，U 也一样。")
def cbow_step_that_loses_repeats(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, at=_once)


@cbow_step.twin(
    "E is right. A random word that was drawn twice: do both changes count?",
    "In U each row is changed once, however often its id is there.",
    "np.add.at(U, candidates, ...), as for E.",
    "E 是对的。一个随机词被抽到两次：两次改变都算了吗？",
    "在 U 里每一行只改了一次，不管编号出现几次。",
    "np.add.at(U, candidates, ...)，和 E 一样。")
def cbow_step_that_loses_repeats_in_u(E, U, contexts, candidates, lr):
    other = _move(E, U, contexts, candidates, lr, at=_once)
    return _move(E, U, contexts, candidates, lr)[0], other[1]


@cbow_step.twin(
    "U is right. A word that stands in two contexts: do both changes count?",
    "In E each row is changed once, however often its id is there.",
    "np.add.at(E, contexts, ...), as for U.",
    "U 是对的。一个词出现在两个上下文里：两次改变都算了吗？",
    "在 E 里每一行只改了一次，不管编号出现几次。",
    "np.add.at(E, contexts, ...)，和 U 一样。")
def cbow_step_that_loses_repeats_in_e(E, U, contexts, candidates, lr):
    other = _move(E, U, contexts, candidates, lr, at=_once)
    return other[0], _move(E, U, contexts, candidates, lr)[1]


@cbow_step.twin(
    "h is a mean. What is its derivative with respect to one of the vectors?",
    "1 over the number of words, and not 1: each word of the context gets the whole gradient of h here. "
    "The first word2vec program did so too.",
    "dL/dE[c] = dL/dh / (number of words in the context).",
    "h 是平均。它对其中一个向量的导数是多少？",
    "是 1 除以词数，不是 1：这里上下文的每个词都得到了 h 的全部梯度。最早的 word2vec 程序也是这样。",
    "dL/dE[c] = dL/dh / (上下文的词数)。")
def cbow_step_with_whole_gradients(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, back=(contexts != 0).astype(float))


@cbow_step.twin(
    "U is right. With which U is the gradient of h computed?",
    "With the new one: U was changed before dL/dh was taken.",
    "Both gradients are taken at the old weights; change them after that.",
    "U 是对的。h 的梯度是用哪个 U 算的？",
    "用了新的：在求 dL/dh 之前就改了 U。",
    "两个梯度都在旧的权重处求；之后再改。")
def cbow_step_after_another(E, U, contexts, candidates, lr):
    new_U = _move(E, U, contexts, candidates, lr)[1]
    share = _shares(contexts)
    h = (E[contexts] * share[:, :, None]).sum(axis=1)
    g = 1 / (1 + np.exp(-(U[candidates] * h[:, None]).sum(axis=2)))
    g[:, 0] -= 1
    to_h = (g[:, :, None] / len(contexts) * new_U[candidates]).sum(axis=1)
    new_E = E.copy()
    np.add.at(new_E, contexts, -lr * share[:, :, None] * to_h[:, None])
    return new_E, new_U


@cbow_step.twin(
    "Compare with a batch of one: by what is a change divided?",
    "By nothing: this is a step of the sum over the batch.",
    "The loss is a mean over N rows: each row's gradient counts 1/N.",
    "与只有一行的批比较：改变量除以了什么？",
    "没有除：这是对批求和的一步。",
    "损失是对 N 行的平均：每行的梯度只算 1/N。")
def cbow_step_of_the_sum(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, batch=False)


@cbow_step.twin(
    "Does the score of the true word rise?",
    "It falls: this goes along the gradient, uphill.",
    "w - lr * g.",
    "正确的词分数上升了吗？",
    "它下降了：这是顺着梯度走，上坡。",
    "w - lr * g。")
def cbow_step_uphill(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, -lr)


@cbow_step.twin(
    "Look at row 0 of E.",
    "It has moved: padding is left out of the mean, but not on the way back.",
    "What is not in h gets no gradient: multiply by contexts != 0 there too.",
    "看看 E 的第 0 行。",
    "它动了：取平均时去掉了填充，往回走时却没有。",
    "不在 h 里的得不到梯度：那里也要乘以 contexts != 0。")
def cbow_step_that_moves_padding(E, U, contexts, candidates, lr):
    number = np.maximum((contexts != 0).sum(axis=1, keepdims=True), 1)
    return _move(E, U, contexts, candidates, lr, back=np.ones(contexts.shape) / number)


@cbow_step.twin(
    "What is h where there is padding?",
    "The mean of all places of the window: the vector of id 0 is in it, and learns.",
    "h as in your cbow_mean: ids that are 0 do not count.",
    "有填充时，h 是什么？",
    "是窗口所有位置的平均：编号 0 的向量也在其中，还参与了学习。",
    "h 与你的 cbow_mean 相同：编号为 0 的不算。")
def cbow_step_with_padding(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, share=np.full(contexts.shape, 1 / contexts.shape[1]))


@cbow_step.twin(
    "What is h: a sum, or a mean?",
    "It is the sum of the vectors here.",
    "h as in your cbow_mean: divided by the number of words.",
    "h 是和，还是平均？",
    "这里是各向量的和。",
    "h 与你的 cbow_mean 相同：要除以词数。")
def cbow_step_of_a_sum(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, share=(contexts != 0).astype(float))


@cbow_step.twin(
    "Which y has the true word?",
    "0, as all others: its score is pushed down too.",
    "The derivative is sigmoid(score) - y, with y = 1 for column 0.",
    "正确的词 y 是多少？",
    "是 0，和其他的一样：它的分数也被压低了。",
    "导数是 sigmoid(分数) - y，第 0 列的 y = 1。")
def cbow_step_without_the_true(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, true=0.0)


@cbow_step.twin(
    "Are the random words pushed away?",
    "They are left alone: only the true word gives a gradient.",
    "Every candidate does: sigmoid(score) - y, with y = 0 for the random ones.",
    "随机词被推开了吗？",
    "没有动它们：只有正确的词给出梯度。",
    "每个候选都有：sigmoid(分数) - y，随机词的 y = 0。")
def cbow_step_of_the_true_alone(E, U, contexts, candidates, lr):
    def errors(scores):
        g = np.zeros(scores.shape)
        g[:, 0] = 1 / (1 + np.exp(-scores[:, 0])) - 1
        return g
    return _move(E, U, contexts, candidates, lr, activation=errors)


@cbow_step.twin(
    "Which y have the random words?",
    "1, as the true one: all scores are pulled up.",
    "y = 1 for column 0 alone.",
    "随机词的 y 是多少？",
    "是 1，和正确的词一样：所有分数都被抬高了。",
    "只有第 0 列 y = 1。")
def cbow_step_with_all_true(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, activation=lambda scores: 1 / (1 + np.exp(-scores)) - 1)


@cbow_step.twin(
    "Sigmoid or softmax?",
    "The p of a row add up to 1 here: softmax over the candidates.",
    "Each candidate for itself: p = sigmoid(score).",
    "用 sigmoid 还是 softmax？",
    "这里一行的 p 加起来是 1：对候选做了 softmax。",
    "每个候选单独算：p = sigmoid(分数)。")
def cbow_step_by_softmax(E, U, contexts, candidates, lr):
    def errors(scores):
        e = np.exp(scores)
        p = e / e.sum(axis=1, keepdims=True)
        p[:, 0] -= 1
        return p
    return _move(E, U, contexts, candidates, lr, activation=errors)


@cbow_step.twin(
    "What is the derivative of the loss with respect to a score?",
    "It is multiplied by p (1 - p) once more, as if the loss were a squared error.",
    "Of -log sigmoid it is p - y, and nothing else: the p (1 - p) has cancelled.",
    "损失对分数的导数是什么？",
    "又多乘了 p (1 - p)，好像损失是平方误差。",
    "-log sigmoid 的导数就是 p - y：p (1 - p) 已经约掉了。")
def cbow_step_with_a_slope_too_many(E, U, contexts, candidates, lr):
    def errors(scores):
        p = 1 / (1 + np.exp(-scores))
        slope = p * (1 - p)
        p[:, 0] -= 1
        return p * slope
    return _move(E, U, contexts, candidates, lr, activation=errors)


@cbow_step.twin(
    "Which of the two tables has changed?",
    "Only E: U stays as it was.",
    "Both tables learn.",
    "两张表哪张变了？",
    "只有 E：U 还是原样。",
    "两张表都要学。")
def cbow_step_of_e_alone(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr)[0], U.copy()


@cbow_step.twin(
    "Which of the two tables has changed?",
    "Only U: E stays as it was.",
    "The gradient goes on through h to E: both tables learn.",
    "两张表哪张变了？",
    "只有 U：E 还是原样。",
    "梯度经过 h 继续传到 E：两张表都要学。")
def cbow_step_of_u_alone(E, U, contexts, candidates, lr):
    return E.copy(), _move(E, U, contexts, candidates, lr)[1]


@cbow_step.twin(
    "The values are right. Look at E and U after the call.",
    "They are changed themselves: the step writes into the caller's arrays.",
    "Copy first: E.copy(), U.copy().",
    "值是对的。看看调用之后的 E 和 U。",
    "它们本身被改了：这一步写进了调用者的数组。",
    "先复制：E.copy()、U.copy()。")
def cbow_step_in_place(E, U, contexts, candidates, lr):
    E[:], U[:] = _move(E, U, contexts, candidates, lr)
    return E, U


@cbow_step.twin(
    "Are these the new tables?",
    "They are the gradients.",
    "Return what the step leads to: E - lr * dE and U - lr * dU.",
    "这些是新的表吗？",
    "是梯度。",
    "返回走到的地方：E - lr * dE 和 U - lr * dU。")
def cbow_step_as_gradients(E, U, contexts, candidates, lr):
    return tuple(table - new for table, new in zip((E, U), _move(E, U, contexts, candidates, 1.0), strict=True))


@cbow_step.twin(
    "In which order are the two?",
    "U comes first here.",
    "(E, U), as they were given.",
    "两者的顺序是什么？",
    "这里 U 在前。",
    "(E, U)，与传入的顺序相同。")
def cbow_step_in_the_other_order(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr)[::-1]


@cbow_step.twin(
    "Is lr in it?",
    "The whole gradient is taken off: lr is left out.",
    "w - lr * g, for both tables.",
    "用到 lr 了吗？",
    "减去了整个梯度：漏掉了 lr。",
    "w - lr * g，两张表都如此。")
def cbow_step_without_rate(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, 1.0)


def _ones(contexts):
    return np.full(contexts.shape, 1 / contexts.shape[1])


def _one_by_one(E, U, contexts, candidates, lr, batch=True, mean=True):
    """Each row of the batch changes the tables before the next one is looked at, and U before h's gradient is complete or not."""
    E, U, N = E.copy(), U.copy(), len(contexts) if batch else 1
    for row, drawn in zip(contexts, candidates, strict=True):
        words = row[row != 0]
        h, to_h = E[words].mean(axis=0), 0
        for k, w in enumerate(drawn):
            g = (1 / (1 + np.exp(-U[w] @ h)) - (k == 0)) / N
            to_h = to_h + g * U[w]
            U[w] -= lr * g * h
        for w in words:
            E[w] -= lr * to_h / (len(words) if mean else 1)
    return E, U


@cbow_step.twin(
    "Is the gradient of every row taken at the same weights?",
    "No: the loop changes E and U after each row, or candidate, so that the next ones see new weights.",
    "Read from the old E and U, and write into copies.",
    "每一行的梯度都是在同样的权重处求的吗？",
    "不是：循环每处理一行或一个候选就改了 E 和 U，后面的看到的是新权重。",
    "从旧的 E 和 U 里读，往副本里写。")
def cbow_step_one_by_one(E, U, contexts, candidates, lr):
    return _one_by_one(E, U, contexts, candidates, lr)


@cbow_step.twin(
    "Is the gradient of every row taken at the same weights, and divided by N?",
    "Neither: the loop changes E and U after each row, and nothing is divided by N.",
    "Read from the old E and U, write into copies, and count each row 1/N.",
    "每一行的梯度都在同样的权重处求，并除以 N 了吗？",
    "都没有：循环每处理一行就改了 E 和 U，而且没有除以 N。",
    "从旧的 E 和 U 里读，往副本里写，每行算 1/N。")
def cbow_step_one_by_one_of_the_sum(E, U, contexts, candidates, lr):
    return _one_by_one(E, U, contexts, candidates, lr, batch=False)


@cbow_step.twin(
    "Is this a step of the mean over the batch? And h is a mean: what is its derivative?",
    "It is word2vec's own program: row after row, not divided by N, and each word of a context gets the whole gradient of h.",
    "All gradients at the old weights, each row 1/N, and dL/dE[c] = dL/dh / (number of words).",
    "这是对批取平均的一步吗？h 是平均，它的导数是多少？",
    "这是 word2vec 程序的做法：逐行更新，不除以 N，上下文的每个词都得到 h 的全部梯度。",
    "所有梯度都在旧的权重处求，每行算 1/N，而且 dL/dE[c] = dL/dh / (词数)。")
def cbow_step_of_the_program(E, U, contexts, candidates, lr):
    return _one_by_one(E, U, contexts, candidates, lr, batch=False, mean=False)


@cbow_step.twin(
    "Look at row 0 of E. And a word that stands in two contexts: do both changes count?",
    "The padding is averaged in and learns; and `E[contexts] -= ...` changes each row once, however often its id is there.",
    "Leave out the ids that are 0, and use np.add.at.",
    "看看 E 的第 0 行。还有，一个词出现在两个上下文里：两次改变都算了吗？",
    "填充被平均了进去，还参与学习；而且 `E[contexts] -= ...` 对每一行只改一次，不管编号出现几次。",
    "去掉为 0 的编号，并使用 np.add.at。")
def cbow_step_with_padding_that_loses_repeats(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, share=_ones(contexts), at=_once)


@cbow_step.twin(
    "Look at row 0 of E. And h is a mean: what is its derivative?",
    "Each place of the context, padding too, gets the whole gradient of h.",
    "Only ids that are not 0, each with dL/dh / (number of words).",
    "看看 E 的第 0 行。还有，h 是平均，它的导数是多少？",
    "上下文的每个位置，连填充在内，都得到了 h 的全部梯度。",
    "只改不为 0 的编号，每个得到 dL/dh / (词数)。")
def cbow_step_with_whole_gradients_for_padding(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, back=np.ones(contexts.shape))


@cbow_step.twin(
    "Is a change divided by N? And a word that is there twice: do both changes count?",
    "It is a step of the sum over the batch, and each row of a table is changed once, however often its id is there.",
    "Each row of the batch counts 1/N, and np.add.at adds every time.",
    "改变量除以 N 了吗？还有，出现两次的词：两次改变都算了吗？",
    "这是对批求和的一步；而且表的每一行只改一次，不管编号出现几次。",
    "批的每一行算 1/N，np.add.at 每次都加。")
def cbow_step_of_the_sum_that_loses_repeats(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, batch=False, at=_once)


@cbow_step.twin(
    "Which entries of y are 1?",
    "The first row, and not the first column: y[0] = 1.",
    "The true word of each row is in column 0: y[:, 0] = 1.",
    "y 的哪些元素是 1？",
    "是第一行，而不是第一列：写成了 y[0] = 1。",
    "每一行的正确的词在第 0 列：y[:, 0] = 1。")
def cbow_step_with_the_first_row_true(E, U, contexts, candidates, lr):
    def errors(scores):
        g = 1 / (1 + np.exp(-scores))
        g[0] -= 1
        return g
    return _move(E, U, contexts, candidates, lr, activation=errors)


@cbow_step.twin(
    "U is right. By what is the gradient of h divided where there is padding?",
    "By the width of the window, and not by the number of words.",
    "h divides by the number of ids that are not 0; so does its gradient.",
    "U 是对的。有填充的地方，h 的梯度除以了什么？",
    "除以了窗口的宽度，而不是词数。",
    "h 除以的是不为 0 的编号个数，它的梯度也一样。")
def cbow_step_back_over_the_window(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, back=(contexts != 0) / contexts.shape[1])


@cbow_step.twin(
    "By how much is the step of the sum divided?",
    "By all entries, N times 1 + K: the mean is taken over the candidates too.",
    "By N alone.",
    "求和的一步除以了多少？",
    "除以了全部元素 N 乘 (1 + K)：对候选也取了平均。",
    "只除以 N。")
def cbow_step_over_all_entries(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr / candidates.shape[1])


@cbow_step.twin(
    "U is right. In E: look at row 0, and at a word that stands in two contexts.",
    "Row 0 has moved, and a word that is there twice was changed once.",
    "np.add.at(E, contexts, ...), with the changes of the places that are 0 made 0.",
    "U 是对的。在 E 里，看看第 0 行，以及出现在两个上下文里的词。",
    "第 0 行动了，而出现两次的词只改了一次。",
    "用 np.add.at(E, contexts, ...)，并把为 0 的位置的改变量变成 0。")
def cbow_step_that_loses_repeats_and_moves_padding(E, U, contexts, candidates, lr):
    number = np.maximum((contexts != 0).sum(axis=1, keepdims=True), 1)
    other = _move(E, U, contexts, candidates, lr, back=np.ones(contexts.shape) / number, at=_once)
    return other[0], _move(E, U, contexts, candidates, lr)[1]


@cbow_step.twin(
    "A word that is there twice: do both changes count? And h is a mean: what is its derivative?",
    "Each row of a table is changed once, however often its id is there; and each word of a context gets all of h's gradient.",
    "np.add.at adds every time; and dL/dE[c] = dL/dh / (number of words).",
    "出现两次的词：两次改变都算了吗？还有，h 是平均，它的导数是多少？",
    "表的每一行只改一次，不管编号出现几次；而且上下文的每个词都得到了 h 的全部梯度。",
    "np.add.at 每次都加；而且 dL/dE[c] = dL/dh / (词数)。")
def cbow_step_with_whole_gradients_that_loses_repeats(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, back=(contexts != 0).astype(float), at=_once)


@cbow_step.twin(
    "By what is a change divided? And h is a mean: what is its derivative?",
    "Nothing is divided by N, and each word of a context gets the whole gradient of h.",
    "Each row counts 1/N, and dL/dE[c] = dL/dh / (number of words).",
    "改变量除以了什么？还有，h 是平均，它的导数是多少？",
    "没有除以 N，而且上下文的每个词都得到了 h 的全部梯度。",
    "每一行算 1/N，而且 dL/dE[c] = dL/dh / (词数)。")
def cbow_step_of_the_sum_with_whole_gradients(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, back=(contexts != 0).astype(float), batch=False)


@cbow_step.twin(
    "Is the whole of p - y divided by N?",
    "Only p is: the 1 of the true word is taken off after the division.",
    "(p - y) / N.",
    "除以 N 的是整个 p - y 吗？",
    "只有 p 除了：正确的词的 1 是在除法之后减去的。",
    "(p - y) / N。")
def cbow_step_with_one_not_divided(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, true=float(len(contexts)))


@cbow_step.twin(
    "Look at E and U after the call. And with which U is the gradient of h computed?",
    "They are changed themselves, U before the gradient of h is taken from it.",
    "Copy first, and take both gradients from the old tables.",
    "看看调用之后的 E 和 U。还有，h 的梯度是用哪个 U 算的？",
    "它们本身被改了，而且在用 U 求 h 的梯度之前就改了 U。",
    "先复制，两个梯度都从旧的表里求。")
def cbow_step_in_place_after_another(E, U, contexts, candidates, lr):
    E[:], U[:] = cbow_step_after_another(E, U, contexts, candidates, lr)
    return E, U


@cbow_step.twin(
    "With which U is the gradient of h computed? And a word that is there twice: do both changes count?",
    "With the new one; and each row of a table is changed once, however often its id is there.",
    "Both gradients at the old weights, and np.add.at, which adds every time.",
    "h 的梯度是用哪个 U 算的？还有，出现两次的词：两次改变都算了吗？",
    "用了新的；而且表的每一行只改一次，不管编号出现几次。",
    "两个梯度都在旧的权重处求；并用每次都加的 np.add.at。")
def cbow_step_after_another_that_loses_repeats(E, U, contexts, candidates, lr):
    return _after(E, U, contexts, candidates, lr, _move(E, U, contexts, candidates, lr, at=_once)[1])


def _after(E, U, contexts, candidates, lr, new_U):
    share = _shares(contexts)
    h = (E[contexts] * share[:, :, None]).sum(axis=1)
    g = 1 / (1 + np.exp(-(U[candidates] * h[:, None]).sum(axis=2)))
    g[:, 0] -= 1
    to_h = (g[:, :, None] / len(contexts) * new_U[candidates]).sum(axis=1)
    new_E = E.copy()
    new_E[contexts] -= lr * share[:, :, None] * to_h[:, None]
    return new_E, new_U


@cbow_step.twin(
    "Look at E and U after the call. And a word that is there twice: do both changes count?",
    "They are changed themselves, and each row once, however often its id is there.",
    "Copy first, and use np.add.at.",
    "看看调用之后的 E 和 U。还有，出现两次的词：两次改变都算了吗？",
    "它们本身被改了；而且每一行只改一次，不管编号出现几次。",
    "先复制，并使用 np.add.at。")
def cbow_step_in_place_that_loses_repeats(E, U, contexts, candidates, lr):
    E[:], U[:] = _move(E, U, contexts, candidates, lr, at=_once)
    return E, U


@cbow_step.twin(
    "Look at row 0 of E, at words that are there twice, and at the derivative of a mean.",
    "Padding learns, each row is changed once, and every place gets the whole gradient of h.",
    "Only ids that are not 0, np.add.at, and dL/dh / (number of words).",
    "看看 E 的第 0 行、出现两次的词，以及平均的导数。",
    "填充参与了学习，每一行只改一次，而且每个位置都得到了 h 的全部梯度。",
    "只改不为 0 的编号，用 np.add.at，并用 dL/dh / (词数)。")
def cbow_step_with_three_mistakes(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, share=_ones(contexts), back=np.ones(contexts.shape), at=_once)


def _row_by_row(E, U, contexts, candidates, lr, fresh=False, different=False, last=False):
    """With loops, as one writes it first; each option is a slip."""
    new_E, new_U, N = E.copy(), U.copy(), len(contexts)
    for row, drawn in zip(contexts, candidates, strict=True):
        words = [c for c in row if c]
        words = sorted(set(words)) if different else words
        h, to_h = E[words].mean(axis=0), 0
        for k, w in enumerate(drawn):
            g = (1 / (1 + np.exp(-U[w] @ h)) - (k == 0)) / N
            new_U[w] -= lr * g * h
            to_h = g * (new_U if fresh else U)[w] + (0 if last else to_h)
        for c in words:
            new_E[c] -= lr * to_h / len(words)
    return new_E, new_U


@cbow_step.twin(
    "U is right. Which vector of a candidate goes into the gradient of h?",
    "The new one, in the same loop in which it was changed.",
    "The old one, U[w]: change first what is not read any more.",
    "U 是对的。候选的哪个向量进入了 h 的梯度？",
    "是新的：在同一个循环里刚刚改过。",
    "要用旧的 U[w]：先读完再改。")
def cbow_step_with_fresh_vectors(E, U, contexts, candidates, lr):
    return _row_by_row(E, U, contexts, candidates, lr, fresh=True)


@cbow_step.twin(
    "A word that stands twice in one context: how often does it count?",
    "Once: the context is a set.",
    "Every place counts, in h and on the way back.",
    "一个词在同一个上下文里出现两次，算几次？",
    "一次：上下文成了集合。",
    "每个位置都算，求 h 时和往回走时都是。")
def cbow_step_of_different_words(E, U, contexts, candidates, lr):
    return _row_by_row(E, U, contexts, candidates, lr, different=True)


@cbow_step.twin(
    "U is right. Which candidates are in the gradient of h?",
    "Only the last one: the sum is set, and not added to.",
    "All of them: to_h += g * U[w].",
    "U 是对的。h 的梯度里有哪些候选？",
    "只有最后一个：和被赋值了，而不是累加。",
    "全部都有：to_h += g * U[w]。")
def cbow_step_of_the_last_candidate(E, U, contexts, candidates, lr):
    return _row_by_row(E, U, contexts, candidates, lr, last=True)


@cbow_step.twin(
    "U is right. How often is the gradient of E divided by the number of words?",
    "Twice.",
    "Once: dL/dE[c] = dL/dh / (number of words).",
    "U 是对的。E 的梯度除以了几次词数？",
    "两次。",
    "一次：dL/dE[c] = dL/dh / (词数)。")
def cbow_step_divided_twice(E, U, contexts, candidates, lr):
    return _move(E, U, contexts, candidates, lr, back=_shares(contexts) ** 2)
