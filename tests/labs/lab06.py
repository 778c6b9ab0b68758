"""Lab 6, language models: right functions and wrong twins."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor
from tinydawn.nn import functional as F

lab = Lab(6, "lab06_models", "Language models", "语言模型")


# --- words_before ---

@lab.hole(cases=[[[[5, 3, 4], [7], [3, 5]], 2, 9, 1], [[[6, 2], [4, 2, 6, 8]], 1, 0, 9], [[[], [4, 2]], 3, 8, 7]],
          more=[[[[2, 3, 2], [5, 4]], 2, 8, 1], [[[3], [], [4, 6]], 3, 11, 10], [[[4, 2, 7], [2]], 1, 0, 9]],
          forbidden=["tinydawn.models.nnlm:contexts"], whole=True)
def words_before(sentences, n, bos, eos):
    contexts, words = [], []
    for sentence in sentences:
        row = [bos] * n + list(sentence) + [eos]
        for t in range(n, len(row)):
            contexts.append(row[t - n:t])
            words.append(row[t])
    return np.array(contexts), np.array(words)


def _windows(rows, n):
    contexts = [row[t - n:t] for row in rows for t in range(n, len(row))]
    return np.array(contexts), np.array([row[t] for row in rows for t in range(n, len(row))])


@words_before.twin(
    "Count the predicted words: how many should a sentence of three words give?",
    "The end of a sentence is never predicted: a sentence of three words gives three.",
    "</s> is predicted as any word is, so a sentence of three words gives four. Without it a model never learns where to stop.",
    "数一数被预测的词：三个词的句子应给出几个？",
    "句末从未被预测：三个词的句子只给出三个。",
    "</s> 和别的词一样要预测，所以三个词的句子给出四个。没有它，模型永远学不会在哪里停。")
def words_before_without_the_end(sentences, n, bos, eos):
    return _windows([[bos] * n + s for s in sentences], n)


@words_before.twin(
    "What is the context of the first word of a sentence, for n = 2 or 3?",
    "There is one <s> in front, whatever n is, so the first words of each sentence are never predicted.",
    "In front of a sentence stand n times <s>: then its first word has n words before it, all of them <s>.",
    "n = 2 或 3 时，句子第一个词的上文是什么？",
    "不管 n 是多少，前面都只有一个 <s>，所以每句开头的几个词从未被预测。",
    "句子前面要放 n 个 <s>：这样第一个词前面就有 n 个词，全是 <s>。")
def words_before_with_one_beginning(sentences, n, bos, eos):
    return _windows([[bos, *s, eos] for s in sentences], n)


@words_before.twin(
    "What is the context of the first word of a sentence?",
    "n - 1 times <s> stand in front: n is taken for the length of the n-gram, the predicted word included.",
    "Here n is the number of words *before* the predicted one, so n times <s> are needed.",
    "句子第一个词的上文是什么？",
    "前面放了 n - 1 个 <s>：把 n 当成了包括被预测词在内的长度。",
    "这里的 n 是被预测词*之前*的词数，所以需要 n 个 <s>。")
def words_before_with_one_beginning_too_few(sentences, n, bos, eos):
    return _windows([[bos] * (n - 1) + s + [eos] for s in sentences], n)


@words_before.twin(
    "How long is a context?",
    "A context has n - 1 words: n is taken for the length of the n-gram, the predicted word included.",
    "Here n is the number of words before the predicted one: contexts is (M, n).",
    "一个上文有多长？",
    "上文只有 n - 1 个词：把 n 当成了包括被预测词在内的长度。",
    "这里的 n 是被预测词之前的词数：contexts 的形状是 (M, n)。")
def words_before_of_n_minus_one(sentences, n, bos, eos):
    contexts, words = _windows([[bos] * n + s + [eos] for s in sentences], n)
    return contexts[:, 1:], words


@words_before.twin(
    "What is the context of the first word of the second sentence?",
    "It is the end of the first sentence: all sentences stand in one row, and contexts reach across </s>.",
    "Sentences do not follow from one another here: each begins anew, after n times <s>.",
    "第二个句子第一个词的上文是什么？",
    "是第一个句子的结尾：所有句子排成一行，上文越过了 </s>。",
    "这里的句子互不相干：每一句都重新开始，前面是 n 个 <s>。")
def words_before_across_sentences(sentences, n, bos, eos):
    return _windows([[bos] * n + [w for s in sentences for w in [*s, eos]]], n)


@words_before.twin(
    "Look at what is predicted: is <s> ever a word to be predicted?",
    "All sentences stand in one row, so that <s> is predicted after </s>.",
    "<s> is given, never predicted. Make the contexts of each sentence by itself.",
    "看看预测了什么：<s> 会是要预测的词吗？",
    "所有句子排成一行，于是 </s> 之后要预测 <s>。",
    "<s> 是给定的，从不预测。每个句子的上文要单独取。")
def words_before_that_predict_the_beginning(sentences, n, bos, eos):
    return _windows([[w for s in sentences for w in [*[bos] * n, *s, eos]]], n)


@words_before.twin(
    "Look at what is predicted: is <s> ever a word to be predicted?",
    "All sentences stand in one row with one <s> before each, so <s> is predicted and contexts reach across </s>.",
    "Each sentence by itself, with n times <s> in front of it, which are given and never predicted.",
    "看看预测了什么：<s> 会是要预测的词吗？",
    "所有句子排成一行，每句前一个 <s>，于是 <s> 被预测，上文也越过了 </s>。",
    "每个句子单独处理，前面放 n 个 <s>；它们是给定的，从不预测。")
def words_before_in_one_row(sentences, n, bos, eos):
    return _windows([[w for s in sentences for w in [bos, *s, eos]]], n)


@words_before.twin(
    "What is the context of the first word of a sentence?",
    "There is no <s>: only words with n words of the same sentence before them are predicted.",
    "The first words are predicted too. In front of them stand n times <s>.",
    "句子第一个词的上文是什么？",
    "没有 <s>：只预测了同一句里前面有 n 个词的那些词。",
    "开头的词也要预测。它们前面放 n 个 <s>。")
def words_before_without_the_beginning(sentences, n, bos, eos):
    return _windows([[*s, eos] for s in sentences], n)


@words_before.twin(
    "Read a context from left to right.",
    "The nearest word stands first: the context is back to front.",
    "In the order of the sentence: the last of a context is the word just before the predicted one.",
    "从左到右读一个上文。",
    "最近的词排在第一个：上文前后颠倒了。",
    "按句子里的顺序：上文的最后一个就是被预测词前面的那个词。")
def words_before_from_the_nearest(sentences, n, bos, eos):
    contexts, words = _windows([[bos] * n + s + [eos] for s in sentences], n)
    return contexts[:, ::-1], words


@words_before.twin(
    "Which of the two comes first?",
    "The words are first and the contexts second.",
    "(contexts, words): first what is looked at, then what is predicted.",
    "两样东西哪个在前？",
    "这里词在前，上文在后。",
    "(contexts, words)：先是所看的，再是所预测的。")
def words_before_the_other_way_round(sentences, n, bos, eos):
    return _windows([[bos] * n + s + [eos] for s in sentences], n)[::-1]


@words_before.twin(
    "Is the predicted word in its own context?",
    "It is: each context ends with the word that is to be predicted, and the first <s> has fallen out.",
    "The context of the word at place t is the words at t - n, ..., t - 1.",
    "被预测的词在它自己的上文里吗？",
    "在：每个上文都以要预测的词结尾，第一个 <s> 被挤掉了。",
    "位置 t 的词，上文是位置 t - n 到 t - 1 的词。")
def words_before_with_the_word_itself(sentences, n, bos, eos):
    rows = [[bos] * n + s + [eos] for s in sentences]
    return np.array([row[t - n + 1:t + 1] for row in rows for t in range(n, len(row))]), _windows(rows, n)[1]


@words_before.twin(
    "Is the predicted word just after its context?",
    "A word is left out between: the context ends two places before the word.",
    "The context of the word at place t ends at t - 1.",
    "被预测的词紧接在上文之后吗？",
    "中间漏了一个词：上文在被预测词的前两个位置就结束了。",
    "位置 t 的词，上文到 t - 1 为止。")
def words_before_with_a_gap(sentences, n, bos, eos):
    rows = [[bos] * (n + 1) + s + [eos] for s in sentences]
    contexts = [row[t - n - 1:t - 1] for row in rows for t in range(n + 1, len(row))]
    return np.array(contexts), np.array([row[t] for row in rows for t in range(n + 1, len(row))])


@words_before.twin(
    "Which id stands in front of a sentence?",
    "It is that of </s>.",
    "bos stands in front: <s> and </s> are two different marks.",
    "句子前面放的是哪个编号？",
    "放的是 </s> 的编号。",
    "前面放 bos：<s> 和 </s> 是两个不同的记号。")
def words_before_that_begin_with_the_end(sentences, n, bos, eos):
    return _windows([[eos] * n + s + [eos] for s in sentences], n)


@words_before.twin(
    "Which id stands in front of a sentence?",
    "It is 0, and 0 is the id of another word.",
    "In front stands bos, whatever number that is.",
    "句子前面放的是哪个编号？",
    "放的是 0，而 0 是别的词的编号。",
    "前面放 bos，不管它是几。")
def words_before_with_zeros(sentences, n, bos, eos):
    return _windows([[0] * n + s + [eos] for s in sentences], n)


@words_before.twin(
    "How many times does a sentence end?",
    "n times: </s> stands as often at the end as <s> in front, and is predicted after itself.",
    "One </s> is enough: nothing follows it.",
    "一个句子结束几次？",
    "n 次：句末的 </s> 和句首的 <s> 一样多，于是在它自己后面又预测它。",
    "一个 </s> 就够了：它后面什么也没有。")
def words_before_with_many_ends(sentences, n, bos, eos):
    return _windows([[bos] * n + s + [eos] * n for s in sentences], n)


@words_before.twin(
    "Does an empty sentence give anything?",
    "It is passed over. It has a word to be predicted: its end.",
    "A sentence of no words gives one </s> after n times <s>; the rule needs no exception.",
    "空句子给出什么吗？",
    "它被跳过了。它也有一个要预测的词：它的结尾。",
    "没有词的句子在 n 个 <s> 之后给出一个 </s>；规则不需要例外。")
def words_before_without_empty_sentences(sentences, n, bos, eos):
    return _windows([[bos] * n + s + [eos] for s in sentences if s], n)


@words_before.twin(
    "The numbers are right. What are they in?",
    "They are in lists.",
    "Arrays are asked for: np.array(...) of each.",
    "数是对的。它们装在什么里？",
    "装在列表里。",
    "要的是数组：各用一次 np.array(...)。")
def words_before_in_lists(sentences, n, bos, eos):
    return tuple(x.tolist() for x in _windows([[bos] * n + s + [eos] for s in sentences], n))


@words_before.twin(
    "How many things are returned?",
    "One array (M, n + 1), with the predicted word as its last column.",
    "Two: the contexts (M, n), and the words (M,).",
    "返回了几样东西？",
    "一个数组 (M, n + 1)，最后一列是被预测的词。",
    "要两样：上文 (M, n) 和词 (M,)。")
def words_before_in_one_array(sentences, n, bos, eos):
    contexts, words = _windows([[bos] * n + s + [eos] for s in sentences], n)
    return np.concatenate([contexts, words[:, None]], axis=1)


@words_before.twin(
    "What comes out is right. Look at the sentences after the call.",
    "Each of them has got a </s>: append writes into the caller's list.",
    "Make a new list: [*sentence, eos].",
    "结果是对的。看看调用之后的句子。",
    "每个句子都多了一个 </s>：append 写进了调用者的列表。",
    "造一个新列表：[*sentence, eos]。")
def words_before_that_change_the_sentences(sentences, n, bos, eos):
    for s in sentences:
        s.append(eos)
    return _windows([[bos] * n + s for s in sentences], n)


@words_before.twin(
    "Are all contexts equally long?",
    "They grow with the sentence, up to n: what begins a sentence has a shorter one, and no array holds rows of several lengths.",
    "Put n times <s> in front of the sentence first; then every word has n before it.",
    "所有上文一样长吗？",
    "它们随句子变长，直到 n：句首的上文较短，而数组装不下长短不一的行。",
    "先在句子前面放 n 个 <s>；这样每个词前面都有 n 个。")
def words_before_that_grow(sentences, n, bos, eos):
    rows = [[bos, *s, eos] for s in sentences]
    contexts = [row[max(t - n, 0):t] for row in rows for t in range(1, len(row))]
    return np.array(contexts), np.array([row[t] for row in rows for t in range(1, len(row))])


@words_before.twin(
    "Compare the contexts of one sentence with each other.",
    "They are all the same: one list stands in all these places, and it went on changing.",
    "Put a new list into contexts each time: row[t - n:t], or context[1:] + [word].",
    "比较同一个句子的各个上文。",
    "它们全一样：这些位置放的是同一个列表，而它一直在变。",
    "每次放进去一个新列表：row[t - n:t]，或 context[1:] + [word]。")
def words_before_in_one_list(sentences, n, bos, eos):
    contexts, words = [], []
    for s in sentences:
        context = [bos] * n
        for word in [*s, eos]:
            contexts.append(context)
            words.append(word)
            context.pop(0)
            context.append(word)
    return np.array(contexts), np.array(words)


@words_before.twin(
    "What is the shape of the words?",
    "It is (M, 1): each word stands in a list of its own.",
    "words is (M,): append row[t], and not row[t:t + 1].",
    "words 的形状是什么？",
    "是 (M, 1)：每个词单独放在一个列表里。",
    "words 的形状是 (M,)：添加 row[t]，不是 row[t:t + 1]。")
def words_before_in_a_column(sentences, n, bos, eos):
    contexts, words = _windows([[bos] * n + s + [eos] for s in sentences], n)
    return contexts, words[:, None]


@words_before.twin(
    "A context begins at place i of [<s>, ..., </s>]. Where is the word after it?",
    "The word at i + 1 is taken, which is inside of the context for n = 2, and the last contexts are too short for an array.",
    "The context is row[i:i + n], and the word is row[i + n].",
    "上文从 [<s>, ..., </s>] 的位置 i 开始。它后面的词在哪里？",
    "取的是 i + 1 处的词，n = 2 时它就在上文里面；而且最后几个上文太短，装不进数组。",
    "上文是 row[i:i + n]，词是 row[i + n]。")
def words_before_from_the_first_mark(sentences, n, bos, eos):
    rows = [[bos] * n + s + [eos] for s in sentences]
    contexts = [row[i:i + n] for row in rows for i in range(len(row) - 1)]
    return np.array(contexts), np.array([row[i + 1] for row in rows for i in range(len(row) - 1)])


@words_before.twin(
    "How deep are the lists?",
    "There is a list for each sentence, and the contexts are in those.",
    "All contexts one below the other, whatever sentence they are from: (M, n) and (M,).",
    "列表有几层？",
    "每个句子一个列表，上文在它们里面。",
    "所有上文上下排列，不管来自哪句：(M, n) 和 (M,)。")
def words_before_sentence_by_sentence(sentences, n, bos, eos):
    rows = [_windows([[bos] * n + s + [eos]], n) for s in sentences]
    return [x.tolist() for x, _ in rows], [y.tolist() for _, y in rows]


@words_before.twin(
    "Print the contexts of one sentence: has each of them n words?",
    "Some slices are empty, since they begin or end before place 0; NumPy makes no array of rows of several lengths.",
    "row[t - n:t], from t = n on: range(n, len(row)). A slice to -1 does not end at place 0.",
    "打印一个句子的各个上文：每个都有 n 个词吗？",
    "有的切片是空的，因为起点或终点跑到了位置 0 之前；NumPy 不能把长短不一的行变成数组。",
    "从 t = n 开始用 row[t - n:t]：range(n, len(row))。到 -1 的切片并不止于位置 0。")
def words_before_from_0(sentences, n, bos, eos):
    rows = [[bos] * n + s + [eos] for s in sentences]
    contexts = [row[t - n:t] for row in rows for t in range(len(row))]
    return np.array(contexts), np.array([w for row in rows for w in row])


@words_before.twin(
    "Look at what is predicted: is <s> ever a word to be predicted?",
    "Once in each sentence: n + 1 times <s> stand in front.",
    "n times <s> are enough: then the first prediction is the first word.",
    "看看预测了什么：<s> 会是要预测的词吗？",
    "每句一次：前面放了 n + 1 个 <s>。",
    "n 个 <s> 就够了：这样第一个预测的就是第一个词。")
def words_before_with_a_beginning_too_many(sentences, n, bos, eos):
    return _windows([[bos] * (n + 1) + s + [eos] for s in sentences], n)


@words_before.twin(
    "How many sentences are in it?",
    "Only the first: the function returns from inside of the loop.",
    "return comes after the loop over the sentences.",
    "里面有几个句子？",
    "只有第一个：函数在循环里面就返回了。",
    "return 要放在遍历句子的循环之后。")
def words_before_of_the_first_sentence(sentences, n, bos, eos):
    return _windows([[bos] * n + s + [eos] for s in sentences[:1]], n)


@words_before.twin(
    "How many sentences are in it?",
    "Only the last: the lists are made anew for each sentence.",
    "Make the empty lists once, before the loop over the sentences.",
    "里面有几个句子？",
    "只有最后一个：每个句子都重建了列表。",
    "空列表只建一次，放在遍历句子的循环之前。")
def words_before_of_the_last_sentence(sentences, n, bos, eos):
    return _windows([[bos] * n + s + [eos] for s in sentences[-1:]], n)


@words_before.twin(
    "How long is a context?",
    "The nearest word is missing: a slice from t - n to t - 1 ends before t - 1.",
    "row[t - n:t] has n words, and the last of them is row[t - 1].",
    "一个上文有多长？",
    "少了最近的那个词：从 t - n 到 t - 1 的切片不含 t - 1。",
    "row[t - n:t] 有 n 个词，最后一个是 row[t - 1]。")
def words_before_without_the_nearest(sentences, n, bos, eos):
    contexts, words = _windows([[bos] * n + s + [eos] for s in sentences], n)
    return contexts[:, :-1], words


@words_before.twin(
    "Is every word predicted?",
    "Only every n-th: the window moves on by n.",
    "It moves on by one word at a time.",
    "每个词都被预测了吗？",
    "每 n 个词才预测一个：窗口一次移动 n 步。",
    "窗口每次只移动一个词。")
def words_before_without_overlap(sentences, n, bos, eos):
    rows = [[bos] * n + s + [eos] for s in sentences]
    contexts = [row[t - n:t] for row in rows for t in range(n, len(row), n)]
    return np.array(contexts), np.array([row[t] for row in rows for t in range(n, len(row), n)])


@words_before.twin(
    "Are there as many words as contexts?",
    "The words begin one too late: the first word of each sentence is missing.",
    "The word to contexts row[t - n:t] is row[t], from t = n on.",
    "词和上文一样多吗？",
    "词的起点晚了一个：每句少了第一个词。",
    "上文 row[t - n:t] 对应的词是 row[t]，从 t = n 开始。")
def words_before_without_first_words(sentences, n, bos, eos):
    contexts, _ = _windows([[bos] * n + s + [eos] for s in sentences], n)
    return contexts, np.array([w for s in sentences for w in [*s, eos][1:]])


@words_before.twin(
    "How many times does a sentence end?",
    "Twice: </s> is predicted once more, after itself.",
    "After </s> comes nothing: range(n, len(row)) ends with it.",
    "一个句子结束几次？",
    "两次：在 </s> 之后又预测了一次 </s>。",
    "</s> 之后什么也没有：range(n, len(row)) 到它为止。")
def words_before_that_go_on_after_the_end(sentences, n, bos, eos):
    return _windows([[bos] * n + s + [eos, eos] for s in sentences], n)


@words_before.twin(
    "How many things are returned?",
    "A list of pairs (context, word), one for each word.",
    "Two arrays: all contexts (M, n), and all words (M,).",
    "返回了几样东西？",
    "一个由 (上文, 词) 组成的列表，每个词一对。",
    "要两个数组：所有上文 (M, n) 和所有词 (M,)。")
def words_before_in_pairs(sentences, n, bos, eos):
    contexts, words = _windows([[bos] * n + s + [eos] for s in sentences], n)
    return [(context, int(word)) for context, word in zip(contexts.tolist(), words)]  # noqa: B905


@words_before.twin(
    "Where does t end?",
    "n places too early: the last n words of each sentence, </s> among them, are not predicted.",
    "t = n, ..., len(row) - 1: range(n, len(row)).",
    "t 到哪里为止？",
    "早停了 n 个位置：每句最后的 n 个词，包括 </s>，没有被预测。",
    "t = n, ..., len(row) - 1：range(n, len(row))。")
def words_before_that_stop_early(sentences, n, bos, eos):
    rows = [[bos] * n + s + [eos] for s in sentences]
    contexts = [row[t - n:t] for row in rows for t in range(n, len(row) - n)]
    return np.array(contexts), np.array([row[t] for row in rows for t in range(n, len(row) - n)])


@words_before.twin(
    "Are there as many contexts as words?",
    "The ends are among the words, but have no context: the last n words of the sentence are missing.",
    "Put </s> into the row first; then the loop over t gives it a context like every other word.",
    "上文和词一样多吗？",
    "词里有句末，却没有给它上文：少了句子最后 n 个词的那一行。",
    "先把 </s> 放进这一行；这样遍历 t 的循环会像别的词一样给它一个上文。")
def words_before_without_a_context_for_the_end(sentences, n, bos, eos):
    contexts, _ = _windows([[bos] * n + s for s in sentences], n)
    return contexts, np.array([w for s in sentences for w in [*s, eos]])


@words_before.twin(
    "What is the context of one word?",
    "There are whole sentences, and the same moved on by one: that is what a recurrent network reads.",
    "Here each word has a row of its own with the n words before it: (M, n).",
    "一个词的上文是什么？",
    "给出的是整个句子，和它移动一位的样子：循环网络才这样读。",
    "这里每个词自成一行，是它前面的 n 个词：(M, n)。")
def words_before_as_shifted_sentences(sentences, n, bos, eos):
    rows = [[bos] * n + s + [eos] for s in sentences]
    return [row[:-1] for row in rows], [row[1:] for row in rows]


@words_before.twin(
    "Is the predicted word in its own context?",
    "It is, as the last of n + 1 words: a model could copy it.",
    "The context of the word at place t is row[t - n:t], without row[t].",
    "被预测的词在它自己的上文里吗？",
    "在，是 n + 1 个词里的最后一个：模型照抄就行了。",
    "位置 t 的词，上文是 row[t - n:t]，不含 row[t]。")
def words_before_with_the_word_as_well(sentences, n, bos, eos):
    contexts, words = _windows([[bos] * n + s + [eos] for s in sentences], n)
    return np.concatenate([contexts, words[:, None]], axis=1), words


@words_before.twin(
    "Look at the second word of a sentence, for n = 2 or 3: where is the word just before it?",
    "The short contexts at the beginning are filled up with <s> on the right.",
    "<s> stands on the left, before the sentence; the last of a context is always the nearest word.",
    "看看 n = 2 或 3 时句子的第二个词：紧挨着它的词在哪里？",
    "句首较短的上文在右边补了 <s>。",
    "<s> 在左边，在句子之前；上文的最后一个总是最近的词。")
def words_before_filled_up_on_the_right(sentences, n, bos, eos):
    rows = [[*s, eos] for s in sentences]
    contexts = [row[max(t - n, 0):t] + [bos] * max(n - t, 0) for row in rows for t in range(len(row))]
    return np.array(contexts), np.array([w for row in rows for w in row])


# --- counts_after ---

@lab.hole(cases=[[array([[5, 3], [3, 4], [5, 3], [4, 4], [5, 3], [3, 5]]), array([2, 0, 2, 1, 4, 2]), 7],
                 [array([[3], [1], [3]]), array([1, 0, 1]), 4],
                 [array(np.zeros((4, 0), int)), array([2, 0, 2, 1]), 5]],
          more=[[array([[1, 6], [6, 1], [1, 6], [1, 6], [2, 2]]), array([3, 0, 3, 4, 1]), 6],
                [array([[2], [2], [4], [2]]), array([0, 2, 1, 2]), 5], [array(np.zeros((3, 0), int)), array([1, 0, 1]), 4]])
def counts_after(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        key = tuple(context)
        if key not in table:
            table[key] = np.zeros(V)
        table[key][word] += 1
    return table


def _table(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault(tuple(context), np.zeros(V))[word] += 1
    return table


@counts_after.twin(
    "A word that follows the same context twice: what is its count?",
    "It is 1, however often it follows: this says whether, and not how often.",
    "Add one each time: += 1, and not = 1. (And counts[words] += 1, with a word twice in words, adds one only once.)",
    "一个词两次出现在同一个上文之后：它的计数是多少？",
    "不管出现多少次都是 1：这说的是有没有，而不是几次。",
    "每次加一：是 += 1，不是 = 1。（若 words 里同一个词有两次，counts[words] += 1 也只加一次。）")
def counts_after_of_ones(contexts, words, V):
    return {key: np.minimum(counts, 1) for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "Compare the counts of two different contexts.",
    "They are the same: all contexts share one array, or every word is counted for every context.",
    "Each context has an array of its own, with the words that came after it. dict.fromkeys(keys, x) has x only once.",
    "比较两个不同上文的计数。",
    "它们一样：所有上文共用一个数组，或者每个词给每个上文都数了一次。",
    "每个上文有自己的数组，只数跟在它后面的词。dict.fromkeys(keys, x) 里只有一个 x。")
def counts_after_in_one_array(contexts, words, V):
    table = dict.fromkeys(map(tuple, contexts.tolist()), np.zeros(V))
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table[tuple(context)][word] += 1
    return table


@counts_after.twin(
    "Add up the counts of a context that occurs three times.",
    "Only its last word is counted: the array is made anew each time the context is met.",
    "Make zeros only where the context is not in the table yet.",
    "把一个出现三次的上文的计数加起来。",
    "只数了最后一次的词：每次遇到这个上文都重建了数组。",
    "只有表里还没有这个上文时，才新建全零的数组。")
def counts_after_made_anew(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table[tuple(context)] = np.zeros(V)
        table[tuple(context)][word] += 1
    return table


@counts_after.twin(
    "Add up the counts of a context that occurs once.",
    "They are all 0: when a context is met for the first time, its array is made, and the word is not counted.",
    "Make the array if it is not there; then count, in either case.",
    "把一个只出现一次的上文的计数加起来。",
    "全是 0：第一次遇到上文时建了数组，却没有数那个词。",
    "没有数组就新建；然后不管哪种情况都要计数。")
def counts_after_without_the_first(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        if tuple(context) not in table:
            table[tuple(context)] = np.zeros(V)
        else:
            table[tuple(context)][word] += 1
    return table


@counts_after.twin(
    "What happens when a context is met for the first time?",
    "The table has no entry for it yet, and table[context][word] += 1 raises a KeyError.",
    "Put np.zeros(V) into the table for a context that is not there.",
    "第一次遇到某个上文时会怎样？",
    "表里还没有它，table[context][word] += 1 会抛出 KeyError。",
    "表里没有的上文，先放进 np.zeros(V)。")
def counts_after_with_a_key_error(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table[tuple(context)][word] += 1
    return table


@counts_after.twin(
    "What can be the key of a dict?",
    "A row of an array, or a list, cannot: it can be changed, so it has no hash.",
    "tuple(context) can.",
    "什么可以当字典的键？",
    "数组的一行或列表不行：它们可变，没有哈希值。",
    "tuple(context) 可以。")
def counts_after_with_lists_for_keys(contexts, words, V):
    return {context: words for context in contexts.tolist()}


@counts_after.twin(
    "Look at the keys where a context has one word.",
    "There the key is the word itself, and not a tuple of one.",
    "The key is tuple(context) always: (3,) for one word, () for none.",
    "看看上文只有一个词时的键。",
    "那里的键是词本身，而不是只含一个词的元组。",
    "键总是 tuple(context)：一个词是 (3,)，没有词是 ()。")
def counts_after_with_a_word_for_a_key(contexts, words, V):
    return {key[0] if len(key) == 1 else key: counts for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "How many words has a key?",
    "Only the last word of the context is looked at: all contexts that end alike are counted together.",
    "The key is the whole context, tuple(context).",
    "一个键有几个词？",
    "只看了上文的最后一个词：结尾相同的上文被数到了一起。",
    "键是整个上文，tuple(context)。")
def counts_after_the_last_word(contexts, words, V):
    return _table(contexts[:, -1:], words, V)


@counts_after.twin(
    "Are (3, 5) and (5, 3) the same context?",
    "Here they are: the words of a context are sorted, or in a set.",
    "Order counts: tuple(context), as it stands.",
    "(3, 5) 和 (5, 3) 是同一个上文吗？",
    "这里是：上文的词被排了序，或放进了集合。",
    "顺序有意义：tuple(context)，原样不动。")
def counts_after_in_any_order(contexts, words, V):
    return _table(np.sort(contexts, axis=1), words, V)


@counts_after.twin(
    "How long is the array of a context?",
    "It ends with the largest word that followed: np.bincount without minlength.",
    "Always V: np.bincount(x, minlength=V), or np.zeros(V).",
    "一个上文的数组有多长？",
    "只到出现过的最大编号为止：np.bincount 没有给 minlength。",
    "总是 V：np.bincount(x, minlength=V)，或 np.zeros(V)。")
def counts_after_cut_short(contexts, words, V):
    return {key: counts[:np.flatnonzero(counts)[-1] + 1] for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "The counts are right. What are they in?",
    "A dict, or a Counter, for each context: only the words that were seen are in it.",
    "An array (V,) for each context, with 0 for each word that never followed.",
    "计数是对的。它们装在什么里？",
    "每个上文一个字典或 Counter：里面只有出现过的词。",
    "每个上文一个数组 (V,)，从未跟在后面的词是 0。")
def counts_after_in_counters(contexts, words, V):
    return {key: Counter({i: int(c) for i, c in enumerate(counts) if c}) for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "The counts are right. What are they in?",
    "A list for each context.",
    "An array (V,) for each context: the smoothing computes with it.",
    "计数是对的。它们装在什么里？",
    "每个上文一个列表。",
    "每个上文一个数组 (V,)：平滑时要拿它计算。")
def counts_after_in_lists(contexts, words, V):
    return {key: counts.tolist() for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "Add up the numbers of a context that occurs three times.",
    "They add up to 1: these are shares, and not counts.",
    "Counts are asked for. The smoothing has to know whether 1/3 is 1 of 3 or 100 of 300.",
    "把一个出现三次的上文的数加起来。",
    "加起来是 1：这是比例，不是计数。",
    "要的是计数。平滑时必须知道 1/3 是 3 次里的 1 次，还是 300 次里的 100 次。")
def counts_after_as_shares(contexts, words, V):
    return {key: counts / counts.sum() for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "What is the count of a word that never followed?",
    "It is 1: the arrays begin with ones.",
    "Count what is there, from np.zeros(V); the smoothing comes later, and has a k of its own.",
    "从未跟在后面的词，计数是多少？",
    "是 1：数组从 1 开始。",
    "如实计数，从 np.zeros(V) 开始；平滑在后面，有它自己的 k。")
def counts_after_from_ones(contexts, words, V):
    return {key: counts + 1 for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "What is a key, and what stands behind it?",
    "The key is context and word together, and behind it stands one number.",
    "The key is the context alone; behind it stands an array (V,), with the count of every word after it.",
    "键是什么，键后面放的是什么？",
    "键是上文加上词，后面是一个数。",
    "键只是上文；后面是数组 (V,)，即每个词在它之后的计数。")
def counts_after_of_whole_ngrams(contexts, words, V):
    return dict(Counter((*context, word) for context, word in zip(contexts.tolist(), words.tolist())))  # noqa: B905


@counts_after.twin(
    "Which words are counted: those before, or those after?",
    "The words of the context are counted, and the predicted word is the key.",
    "table[context][word]: the context is the key, and its array counts the words after it.",
    "数的是前面的词，还是后面的词？",
    "数的是上文里的词，而被预测的词成了键。",
    "table[context][word]：键是上文，它的数组数的是后面的词。")
def counts_after_turned_around(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault((word,), np.zeros(V))[context] += 1
    return table


@counts_after.twin(
    "Look at the keys.",
    "They are text: the words of the context joined together.",
    "The key is a tuple of ids: (5, 3).",
    "看看键。",
    "键是文字：上文的词被连成了字符串。",
    "键是编号的元组：(5, 3)。")
def counts_after_with_text_for_keys(contexts, words, V):
    return {" ".join(map(str, key)): counts for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "When are two contexts the same?",
    "Here already if one word agrees: any(axis=1).",
    "All words must agree: all(axis=1).",
    "两个上文什么时候算相同？",
    "这里只要有一个词相同就算：any(axis=1)。",
    "所有词都要相同：all(axis=1)。")
def counts_after_any_of_the_words(contexts, words, V):
    return {tuple(c.tolist()): np.bincount(words[(contexts == c).any(axis=1)], minlength=V) for c in contexts}


@counts_after.twin(
    "Which entries of the array grow when a word is met?",
    "All of them, and by the id of the word: table[context] += word.",
    "One entry grows, by 1: table[context][word] += 1.",
    "遇到一个词时，数组的哪些元素变大？",
    "全部元素，而且加的是词的编号：table[context] += word。",
    "只有一个元素加 1：table[context][word] += 1。")
def counts_after_of_the_ids(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault(tuple(context), np.zeros(V))
        table[tuple(context)] += word
    return table


@counts_after.twin(
    "What is a key, and what stands behind it?",
    "The key is a pair of context and word, and behind it stands one number.",
    "The key is the context alone; behind it stands an array (V,), with the count of every word after it.",
    "键是什么，键后面放的是什么？",
    "键是上文和词组成的一对，后面是一个数。",
    "键只是上文；后面是数组 (V,)，即每个词在它之后的计数。")
def counts_after_of_pairs(contexts, words, V):
    return dict(Counter((tuple(context), word) for context, word in zip(contexts.tolist(), words.tolist())))  # noqa: B905


@counts_after.twin(
    "Add up the counts of a context that occurs once.",
    "They add up to 2: the first word is counted when the array is made, and once more after that.",
    "Make the array of zeros if it is not there; then count once, in either case.",
    "把一个只出现一次的上文的计数加起来。",
    "得到 2：第一个词在建数组时数了一次，之后又数了一次。",
    "没有数组就新建全零的；然后不管哪种情况都只数一次。")
def counts_after_with_the_first_twice(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        key = tuple(context)
        if key not in table:
            table[key] = np.zeros(V)
            table[key][word] = 1
        table[key][word] += 1
    return table


@counts_after.twin(
    "What stands behind a context?",
    "One number, how often the context occurs: the words after it are not told apart.",
    "An array (V,): a count for each word that may come after it.",
    "上文后面放的是什么？",
    "一个数，即上文出现了几次：没有区分后面的词。",
    "数组 (V,)：可能跟在后面的词各有一个计数。")
def counts_after_of_contexts(contexts, words, V):
    return dict(Counter(map(tuple, contexts.tolist())))


@counts_after.twin(
    "What stands behind a context?",
    "The list of the words that came after it, not yet counted.",
    "An array (V,): entry w is how often word w is in that list.",
    "上文后面放的是什么？",
    "跟在后面的词的列表，还没有计数。",
    "数组 (V,)：第 w 个元素是词 w 在这个列表里的个数。")
def counts_after_as_lists_of_words(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault(tuple(context), []).append(word)
    return table


@counts_after.twin(
    "How long is the array of a context?",
    "V + 1, as if <s> were to be predicted too.",
    "V: <s> is given and never predicted.",
    "一个上文的数组有多长？",
    "V + 1，好像 <s> 也要预测。",
    "V：<s> 是给定的，从不预测。")
def counts_after_with_one_word_more(contexts, words, V):
    return {key: np.append(counts, 0.0) for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "Look at the keys.",
    "They are text: what str or print makes of a row.",
    "The key is a tuple of ids: (5, 3).",
    "看看键。",
    "键是文字：把一行用 str 转成的字符串。",
    "键是编号的元组：(5, 3)。")
def counts_after_with_printed_keys(contexts, words, V):
    table = {}
    for context, word in zip(contexts, words.tolist()):  # noqa: B905
        table.setdefault(str(context), np.zeros(V))[word] += 1
    return table


@counts_after.twin(
    "Look at a context that occurs once: what is counted?",
    "1 for each of the V words: when a context is met for the first time, it gets an array of ones.",
    "np.zeros(V) for a new context, and then += 1 for the one word that follows.",
    "看看只出现一次的上文：数了什么？",
    "V 个词各为 1：第一次遇到上文时，给了它一个全 1 的数组。",
    "新的上文用 np.zeros(V)，然后只给后面那一个词 += 1。")
def counts_after_from_ones_for_the_first(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        if tuple(context) in table:
            table[tuple(context)][word] += 1
        else:
            table[tuple(context)] = np.ones(V)
    return table


@counts_after.twin(
    "What is the shape of the counts?",
    "(V, 1): each number stands in a row of its own.",
    "(V,): np.zeros(V).",
    "计数的形状是什么？",
    "(V, 1)：每个数单独成一行。",
    "(V,)：np.zeros(V)。")
def counts_after_in_columns(contexts, words, V):
    return {key: counts[:, None] for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "Which entry grows for the word 0?",
    "The one before: the last for word 0. Ids begin with 0, and the entry of word w is number w.",
    "table[context][word] += 1.",
    "词 0 对应的是哪个元素？",
    "是前一个：词 0 用了最后一个元素。编号从 0 开始，词 w 的元素就是第 w 个。",
    "table[context][word] += 1。")
def counts_after_one_place_off(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault(tuple(context), np.zeros(V))[word - 1] += 1
    return table


@counts_after.twin(
    "Are (3, 5) and (5, 3) the same context?",
    "Here they are, and (4, 4) is the same as (4,): the keys are sets.",
    "Order counts, and so does a word that comes twice: tuple(context).",
    "(3, 5) 和 (5, 3) 是同一个上文吗？",
    "这里是，而且 (4, 4) 和 (4,) 也一样：键是集合。",
    "顺序有意义，重复的词也有意义：tuple(context)。")
def counts_after_sets(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault(frozenset(context), np.zeros(V))[word] += 1
    return table


@counts_after.twin(
    "How many words has a key?",
    "One: each word of the context is counted for itself.",
    "The key is the whole context, tuple(context).",
    "一个键有几个词？",
    "一个：上文里的每个词单独计了数。",
    "键是整个上文，tuple(context)。")
def counts_after_each_word(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        for x in context:
            table.setdefault((x,), np.zeros(V))[word] += 1
    return table


@counts_after.twin(
    "By how much does the count of a word grow?",
    "By its id: the word 0 is never counted, the word 4 four times over.",
    "By 1: table[context][word] += 1.",
    "一个词的计数每次增加多少？",
    "增加的是它的编号：词 0 从未计数，词 4 一次算四次。",
    "增加 1：table[context][word] += 1。")
def counts_after_plus_the_id(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault(tuple(context), np.zeros(V))[word] += word
    return table


@counts_after.twin(
    "How many contexts of n words are there?",
    "There is one matrix (V, V), which holds contexts of one word only.",
    "A dict with tuples for its keys: there are V to the power of n contexts, and few of them occur.",
    "n 个词的上文有多少种？",
    "给出的是一个矩阵 (V, V)，只装得下一个词的上文。",
    "用元组当键的字典：可能的上文有 V 的 n 次方种，出现的很少。")
def counts_after_in_a_matrix(contexts, words, V):
    counts = np.zeros((V, V))
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        counts[context, word] += 1
    return counts


@counts_after.twin(
    "Whose count is the first number of an array?",
    "That of whichever word was seen: the words that never followed are left out.",
    "Entry w is the count of word w, also where it is 0: the array is (V,).",
    "数组的第一个数是哪个词的计数？",
    "是某个见过的词的：从未跟在后面的词没有列出来。",
    "第 w 个元素是词 w 的计数，为 0 也要有：数组是 (V,)。")
def counts_after_without_their_words(contexts, words, V):
    return {key: counts[counts > 0] for key, counts in _table(contexts, words, V).items()}


@counts_after.twin(
    "How many words has a key?",
    "Only the last word of the context is taken, and where the context is empty there is none.",
    "The key is the whole context, tuple(context), which may be ().",
    "一个键有几个词？",
    "只取了上文的最后一个词，上文为空时就没有可取的。",
    "键是整个上文 tuple(context)，可以是 ()。")
def counts_after_the_last_word_alone(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault(context[-1], np.zeros(V))[word] += 1
    return table


@counts_after.twin(
    "Try contexts of one word, and of none.",
    "Two words are written out by hand.",
    "tuple(context) takes as many as there are.",
    "试试一个词的上文，以及空的上文。",
    "手写了两个词。",
    "tuple(context) 有几个取几个。")
def counts_after_two_words(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        table.setdefault((context[0], context[1]), np.zeros(V))[word] += 1
    return table


@counts_after.twin(
    "What is asked when a context is met for the second time?",
    "Whether its array is true, which NumPy does not answer for more than one number.",
    "Ask whether the key is there: `if key not in table`.",
    "第二次遇到一个上文时问的是什么？",
    "问的是它的数组是真是假；不止一个数时 NumPy 不回答。",
    "问键在不在：`if key not in table`。")
def counts_after_asking_an_array_for_truth(contexts, words, V):
    table = {}
    for context, word in zip(contexts.tolist(), words.tolist()):  # noqa: B905
        if not table.get(tuple(context)):
            table[tuple(context)] = np.zeros(V)
        table[tuple(context)][word] += 1
    return table


# --- add_k ---

@lab.hole(cases=[[array([3.0, 0.0, 1.0, 0.0, 0.0]), 0.5], [array([0.0, 0.0, 0.0, 0.0]), 0.1], [array([2.0, 7.0, 1.0]), 2.0]],
          more=[[array([0.0, 4.0, 0.0, 1.0, 2.0, 0.0]), 0.25], [array([0.0, 0.0, 0.0]), 1.5], [array([5.0, 1.0]), 3.0]])
def add_k(counts, k):
    return (counts + k) / (counts.sum() + k * len(counts))


@add_k.twin(
    "Add up what comes out: is it 1?",
    "Below stands sum + k: k is added once, and above V times.",
    "Each of the V words gets k more, so the sum grows by k V.",
    "把结果加起来：是 1 吗？",
    "分母是总和 + k：k 只加了一次，而分子里加了 V 次。",
    "V 个词各多 k，所以总和多 k V。")
def add_k_once_below(counts, k):
    return (counts + k) / (counts.sum() + k)


@add_k.twin(
    "Add up what comes out, for a k that is not 1.",
    "Below stands sum + V: that is right for k = 1 alone.",
    "Each of the V words gets k more, so the sum grows by k V.",
    "k 不是 1 时，把结果加起来。",
    "分母是总和 + V：只有 k = 1 时才对。",
    "V 个词各多 k，所以总和多 k V。")
def add_k_with_v_below(counts, k):
    return (counts + k) / (counts.sum() + len(counts))


@add_k.twin(
    "Add up what comes out: is it 1?",
    "Nothing is added below: the sum is that of the counts as they were.",
    "Each of the V words gets k more, so the sum grows by k V.",
    "把结果加起来：是 1 吗？",
    "分母什么也没加：还是原来计数的总和。",
    "V 个词各多 k，所以总和多 k V。")
def add_k_above_alone(counts, k):
    return (counts + k) / counts.sum()


@add_k.twin(
    "What is the probability of a word that never followed?",
    "It is 0: k is added below alone.",
    "k is added above as well: (count + k) / (sum + k V).",
    "从未跟在后面的词，概率是多少？",
    "是 0：k 只加在了分母里。",
    "分子也要加 k：(计数 + k) / (总和 + k V)。")
def add_k_below_alone(counts, k):
    return counts / (counts.sum() + k * len(counts))


@add_k.twin(
    "What is the probability of a word that never followed?",
    "It is 0, and after a context that was never seen all are nan: these are the shares, without smoothing.",
    "Each count gets k more: (count + k) / (sum + k V).",
    "从未跟在后面的词，概率是多少？",
    "是 0，而没见过的上文之后全是 nan：这是没有平滑的比例。",
    "每个计数加 k：(计数 + k) / (总和 + k V)。")
def add_k_of_nothing(counts, k):
    return counts / counts.sum()


@add_k.twin(
    "Is k used?",
    "1 is added, whatever k is.",
    "(count + k) / (sum + k V); with k = 1 it is called Laplace's rule.",
    "用到 k 了吗？",
    "不管 k 是多少，加的都是 1。",
    "(计数 + k) / (总和 + k V)；k = 1 时叫做拉普拉斯平滑。")
def add_one(counts, k):
    return (counts + 1) / (counts.sum() + len(counts))


@add_k.twin(
    "Which words get k?",
    "Only those with a count of 0: the others keep theirs.",
    "All words get k more, also those that were seen: (count + k) / (sum + k V).",
    "哪些词加 k？",
    "只有计数为 0 的词加了，其他的没变。",
    "所有词都加 k，见过的也加：(计数 + k) / (总和 + k V)。")
def add_k_to_zeros(counts, k):
    filled = np.where(counts == 0, k, counts)
    return filled / filled.sum()


@add_k.twin(
    "What is V?",
    "The words that were seen are counted, and not all words.",
    "V is the size of the vocabulary, len(counts): words that were never seen are what the smoothing is for.",
    "V 是什么？",
    "数的是见过的词，而不是所有词。",
    "V 是词表大小 len(counts)：平滑正是为了没见过的词。")
def add_k_for_the_seen(counts, k):
    return (counts + k) / (counts.sum() + k * np.count_nonzero(counts))


@add_k.twin(
    "Put in the numbers by hand. What is divided by what?",
    "Only k is divided: a product and a quotient come before a sum.",
    "Brackets above and below: (count + k) / (sum + k V).",
    "用手代入数字。是什么除以什么？",
    "只有 k 被除了：乘除先于加减。",
    "分子分母都要括号：(计数 + k) / (总和 + k V)。")
def add_k_without_brackets(counts, k):
    return counts + k / counts.sum() + k * len(counts)


@add_k.twin(
    "When is k added?",
    "It is added to the shares: first divided, then smoothed, so that a frequent context is smoothed as much as a rare one.",
    "k is added to the counts: then 3 of 5 changes much, and 300 of 500 hardly.",
    "k 是什么时候加的？",
    "加到了比例上：先除后平滑，于是常见的上文和罕见的上文被平滑得一样厉害。",
    "k 加在计数上：这样 3/5 变化很大，300/500 几乎不变。")
def add_k_to_shares(counts, k):
    return (counts / counts.sum() + k) / (1 + k * len(counts))


@add_k.twin(
    "The numbers are right. Look at the counts after the call.",
    "k has been added to the caller's array: counts += k writes into it.",
    "Make a new array: counts + k.",
    "数是对的。看看调用之后的 counts。",
    "k 加进了调用者的数组：counts += k 会写进去。",
    "造一个新数组：counts + k。")
def add_k_in_place(counts, k):
    counts += k
    return counts / counts.sum()


@add_k.twin(
    "Is a probability ever below 0?",
    "These are the logarithms.",
    "p itself is asked for; logarithms come with the perplexity.",
    "概率会小于 0 吗？",
    "这是对数。",
    "要的是 p 本身；对数到困惑度那里再取。")
def log_of_add_k(counts, k):
    return np.log((counts + k) / (counts.sum() + k * len(counts)))


@add_k.twin(
    "Which probability is asked for?",
    "Those of the first word, or of one, and not of all V.",
    "An array (V,): each word's own count above, one sum below for all.",
    "要的是哪个概率？",
    "这是一个词的，而不是全部 V 个词的。",
    "要数组 (V,)：分子是每个词自己的计数，分母是同一个总和。")
def add_k_of_one_word(counts, k):
    return (counts[0] + k) / (counts.sum() + k * len(counts))


@add_k.twin(
    "Put in the numbers by hand. What is divided by what?",
    "k V is added to the quotient, and not to what stands below: a bracket is missing.",
    "Brackets above and below: (count + k) / (sum + k V).",
    "用手代入数字。是什么除以什么？",
    "k V 加在了商上，而不是分母里：少了一对括号。",
    "分子分母都要括号：(计数 + k) / (总和 + k V)。")
def add_k_with_a_bracket_lost(counts, k):
    return (counts + k) / counts.sum() + k * len(counts)


@add_k.twin(
    "Add up what comes out, for a k that is not 1.",
    "k stands with the sum, and not with V: k sum + V.",
    "V words get k more each: sum + k V.",
    "k 不是 1 时，把结果加起来。",
    "k 乘在了总和上，而不是 V 上：k 总和 + V。",
    "V 个词各多 k：总和 + k V。")
def add_k_times_the_sum(counts, k):
    return (counts + k) / (counts.sum() * k + len(counts))


@add_k.twin(
    "Is k of any effect?",
    "A softmax of the counts is taken: k falls out, and a count of 3 weighs e times as much as one of 2.",
    "Counts are no logits: divide them by their sum, (count + k) / (sum + k V).",
    "k 有作用吗？",
    "对计数取了 softmax：k 被消掉了，计数 3 的分量是计数 2 的 e 倍。",
    "计数不是 logit：除以总和，(计数 + k) / (总和 + k V)。")
def add_k_by_softmax(counts, k):
    e = np.exp(counts + k - (counts + k).max())
    return e / e.sum()


@add_k.twin(
    "Is what stands below the same for all words?",
    "It is not: k is multiplied by the count of the word, and not by V.",
    "One sum for all: sum + k V, with V = len(counts).",
    "分母对所有词都一样吗？",
    "不一样：k 乘的是这个词的计数，而不是 V。",
    "所有词用同一个总和：总和 + k V，V = len(counts)。")
def add_k_with_counts_for_v(counts, k):
    return (counts + k) / (counts.sum() + k * counts)


@add_k.twin(
    "All counts are 0: what comes out?",
    "Zeros, for a case of its own; the formula needs none.",
    "With all counts 0 it gives k / (k V) = 1 / V: nothing is known, so all are alike.",
    "计数全为 0 时得到什么？",
    "全是 0，为此写了特例；公式并不需要。",
    "计数全为 0 时公式给出 k / (k V) = 1 / V：什么也不知道，就都一样。")
def add_k_with_zeros_for_the_unseen(counts, k):
    return (counts + k) / (counts.sum() + k * len(counts)) if counts.sum() else np.zeros(len(counts))


@add_k.twin(
    "What is V?",
    "The largest count is taken for it.",
    "V is how many words there are: len(counts).",
    "V 是什么？",
    "用的是最大的计数。",
    "V 是有多少个词：len(counts)。")
def add_k_with_the_largest_for_v(counts, k):
    return (counts + k) / (counts.sum() + k * counts.max())


@add_k.twin(
    "What is V?",
    "The sum of the counts is taken for it.",
    "V is how many different words there are: len(counts).",
    "V 是什么？",
    "用的是计数的总和。",
    "V 是有多少个不同的词：len(counts)。")
def add_k_with_the_sum_for_v(counts, k):
    return (counts + k) / (counts.sum() + k * counts.sum())


@add_k.twin(
    "Which words get k, and when?",
    "Shares of 0 are replaced by k: one unseen word gets as much as k of the whole text.",
    "k is added to every count, before anything is divided.",
    "哪些词加 k，什么时候加？",
    "把为 0 的比例换成了 k：一个没见过的词就分到整个文本的 k。",
    "k 加到每个计数上，在相除之前。")
def add_k_in_place_of_zero_shares(counts, k):
    p = counts / counts.sum()
    p[p == 0] = k
    return p / p.sum()


@add_k.twin(
    "Add up what comes out: is it 1?",
    "V stands where the sum of the counts belongs.",
    "sum + k V: all that was counted, and k for each of the V words.",
    "把结果加起来：是 1 吗？",
    "该放计数总和的地方放了 V。",
    "总和 + k V：数到的全部，加上 V 个词每个 k。")
def add_k_with_v_for_the_sum(counts, k):
    return (counts + k) / (len(counts) + k * len(counts))


@add_k.twin(
    "Is what stands below the same for all words?",
    "It is not: each count is divided by itself, plus k V.",
    "Below stands the sum over all words: counts.sum() + k V.",
    "分母对所有词都一样吗？",
    "不一样：每个计数除以了它自己加 k V。",
    "分母是对所有词求和：counts.sum() + k V。")
def add_k_over_its_own_count(counts, k):
    return (counts + k) / (counts + k * len(counts))


@add_k.twin(
    "The numbers are right. What are they in?",
    "They are in a list.",
    "counts is an array, so counts + k is one too: no loop is needed.",
    "数是对的。它们装在什么里？",
    "装在列表里。",
    "counts 是数组，counts + k 也是：不需要循环。")
def add_k_in_a_list(counts, k):
    return [float(x) for x in (counts + k) / (counts.sum() + k * len(counts))]


@add_k.twin(
    "Which probability is asked for?",
    "That of the last word, and not of all V.",
    "An array (V,): (counts + k) works on all at once.",
    "要的是哪个概率？",
    "这是最后一个词的，而不是全部 V 个词的。",
    "要数组 (V,)：counts + k 一次作用于全部。")
def add_k_of_the_last_word(counts, k):
    return (counts[-1] + k) / (counts.sum() + k * len(counts))


@add_k.twin(
    "Add up what comes out: is it 1?",
    "V is multiplied with the quotient: a bracket is missing below.",
    "Below stands sum + k V, in brackets.",
    "把结果加起来：是 1 吗？",
    "V 乘在了商上：分母少了一对括号。",
    "分母是 总和 + k V，要加括号。")
def add_k_times_v(counts, k):
    return (counts + k) / (counts.sum() + k) * len(counts)


@add_k.twin(
    "Add up what comes out: is it 1?",
    "V is multiplied with the sum as well: (sum + k) V.",
    "Only k is added V times: sum + k V.",
    "把结果加起来：是 1 吗？",
    "V 连总和也乘了：(总和 + k) V。",
    "只有 k 加了 V 次：总和 + k V。")
def add_k_with_v_times_all(counts, k):
    return (counts + k) / ((counts.sum() + k) * len(counts))


@add_k.twin(
    "What is added above, and what multiplied?",
    "The counts are multiplied by k, and 1 is added.",
    "k is added to each count: count + k.",
    "分子里加的是什么，乘的是什么？",
    "计数乘了 k，然后加 1。",
    "每个计数加上 k：计数 + k。")
def one_added_to_k_times(counts, k):
    return (counts * k + 1) / (counts.sum() + k * len(counts))


@add_k.twin(
    "What is the probability of a word that never followed a context that was seen?",
    "It is 0: only a context that was never seen is treated apart, and k is not used.",
    "The formula holds for every context: (count + k) / (sum + k V).",
    "在见过的上文之后，从未出现过的词概率是多少？",
    "是 0：只对没见过的上文做了特殊处理，没有用到 k。",
    "公式对每个上文都适用：(计数 + k) / (总和 + k V)。")
def add_k_for_the_unseen_context_alone(counts, k):
    return counts / counts.sum() if counts.sum() else np.full(len(counts), 1 / len(counts))


@add_k.twin(
    "Is anything between 0 and 1?",
    "// divides whole numbers and cuts off the rest.",
    "A single /.",
    "有 0 和 1 之间的数吗？",
    "// 是整除，余数被丢掉了。",
    "用一个 /。")
def add_k_in_whole_numbers(counts, k):
    return (counts + k) // (counts.sum() + k * len(counts))


@add_k.twin(
    "Put in the numbers by hand. What is divided by what?",
    "Only k is divided: a quotient comes before a sum.",
    "A bracket above as well: (count + k) / (sum + k V).",
    "用手代入数字。是什么除以什么？",
    "只有 k 被除了：除先于加。",
    "分子也要括号：(计数 + k) / (总和 + k V)。")
def add_k_over_all_alone(counts, k):
    return counts + k / (counts.sum() + k * len(counts))


@add_k.twin(
    "Add up what comes out: is it 1?",
    "Below stands the largest count, and not the sum.",
    "counts.sum() + k V.",
    "把结果加起来：是 1 吗？",
    "分母里是最大的计数，而不是总和。",
    "counts.sum() + k V。")
def add_k_with_the_largest_for_the_sum(counts, k):
    return (counts + k) / (counts.max() + k * len(counts))


@add_k.twin(
    "Add up what comes out: is it 1?",
    "Below stands the mean of the counts, and not the sum.",
    "counts.sum() + k V.",
    "把结果加起来：是 1 吗？",
    "分母里是计数的平均，而不是总和。",
    "counts.sum() + k V。")
def add_k_with_the_mean_for_the_sum(counts, k):
    return (counts + k) / (counts.mean() + k * len(counts))


@add_k.twin(
    "Can a probability be above 1?",
    "V is added to the quotient, without k: brackets are missing below.",
    "Brackets above and below: (count + k) / (sum + k V).",
    "概率会大于 1 吗？",
    "V 加在了商上，还少了 k：分母要加括号。",
    "分子分母都要括号：(计数 + k) / (总和 + k V)。")
def add_k_plus_v(counts, k):
    return (counts + k) / counts.sum() + len(counts)


@add_k.twin(
    "Is the sum the same for all words?",
    "It changes on the way: counts is written over word by word, and summed again each time. And the caller's array is changed.",
    "Take the sum once, and make a new array: (counts + k) / (sum + k V).",
    "总和对所有词都一样吗？",
    "一路在变：counts 被逐词改写，每次又重新求和。而且调用者的数组被改了。",
    "总和只取一次，并造一个新数组：(counts + k) / (总和 + k V)。")
def add_k_while_the_sum_changes(counts, k):
    for i in range(len(counts)):
        counts[i] = (counts[i] + k) / (counts.sum() + k * len(counts))
    return counts


# --- discounted ---

@lab.hole(cases=[[array([4.0, 0.0, 3.0, 1.0, 0.0, 2.0]), 0.75, array([0.1, 0.3, 0.05, 0.2, 0.25, 0.1])],
                 [array([0.0, 0.0, 0.0]), 0.5, array([0.5, 0.2, 0.3])],
                 [array([1.0, 1.0, 0.0, 6.0]), 0.5, array([0.4, 0.1, 0.3, 0.2])]],
          more=[[array([0.0, 3.0, 1.0, 1.0, 1.0, 5.0, 2.0, 0.0]), 0.6,
                 array([0.05, 0.15, 0.25, 0.1, 0.2, 0.05, 0.05, 0.15])],
                [array([0.0, 0.0]), 0.75, array([0.3, 0.7])], [array([2.0, 0.0, 1.0, 3.0]), 0.9, array([0.4, 0.1, 0.3, 0.2])]])
def discounted(counts, D, lower):
    total = counts.sum()
    if total == 0:
        return lower
    kept = np.maximum(counts - D, 0) / total
    freed = D * np.count_nonzero(counts) / total
    return kept + freed * lower


def _parts(counts, D):
    """Of counts that are not all 0: what is kept, and what is freed; else nothing and all."""
    total = counts.sum()
    if total == 0:
        return np.zeros(len(counts)), 1.0
    return np.maximum(counts - D, 0) / total, D * np.count_nonzero(counts) / total


@discounted.twin(
    "Look at the words that never followed: is their first term below 0?",
    "It is: D is taken off from counts of 0 as well.",
    "Nothing can be taken from nothing: max(count - D, 0).",
    "看看从未跟在后面的词：第一项小于 0 吗？",
    "是：计数为 0 的也减了 D。",
    "没有的东西减不了：max(计数 - D, 0)。")
def discounted_below_zero(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return (counts - D) / counts.sum() + _parts(counts, D)[1] * lower


@discounted.twin(
    "Add up what comes out: is it 1?",
    "Only D / sum is handed on, as if one word had been seen.",
    "D is taken from each of the T different words: what is freed is D T / sum.",
    "把结果加起来：是 1 吗？",
    "只分出去了 D / 总和，好像只见过一个词。",
    "T 个不同的词各减了 D：腾出来的是 D T / 总和。")
def discounted_from_one(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D / counts.sum() * lower


@discounted.twin(
    "Add up what comes out: is it 1?",
    "D V / sum is handed on: T is taken for the size of the vocabulary.",
    "T is how many *different* words were seen after this context; from the others nothing was taken.",
    "把结果加起来：是 1 吗？",
    "分出去了 D V / 总和：把 T 当成了词表大小。",
    "T 是这个上文之后见过多少个*不同的*词；从别的词那里什么也没减。")
def discounted_from_all(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D * len(counts) / counts.sum() * lower


@discounted.twin(
    "Add up what comes out: is it 1?",
    "D times the shorter model is added: T is taken for the number of all words after the context, repeated ones too.",
    "T counts different words: np.count_nonzero(counts). From a word seen four times D is taken once.",
    "把结果加起来：是 1 吗？",
    "加上了 D 乘以较短的模型：把 T 当成了后面所有的词，重复的也算。",
    "T 数的是不同的词：np.count_nonzero(counts)。见过四次的词也只减一次 D。")
def discounted_by_tokens(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D * lower


@discounted.twin(
    "Which words count for T?",
    "Those that were seen exactly once.",
    "T counts all words that were seen at all: from each of them D is taken.",
    "哪些词算进 T？",
    "这里只算恰好见过一次的。",
    "凡是见过的词都算进 T：每个都减了 D。")
def discounted_from_those_seen_once(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D * (counts == 1).sum() / counts.sum() * lower


@discounted.twin(
    "Add up what comes out: is it 1?",
    "What is taken off is lost: the second term is missing.",
    "What was taken off is shared out by the shorter model: + D T / sum * lower.",
    "把结果加起来：是 1 吗？",
    "减掉的部分丢了：少了第二项。",
    "减掉的部分要按较短的模型分出去：+ D T / 总和 * lower。")
def discounted_and_lost(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0]


@discounted.twin(
    "Add up what comes out: is it 1?",
    "The shorter model's part is given to unseen words alone, and its shares for the others are lost.",
    "Interpolation: every word gets its part, freed * lower, the seen ones too.",
    "把结果加起来：是 1 吗？",
    "较短模型的那一份只给了没见过的词，其他词的份额丢了。",
    "这是插值：每个词都得到自己的一份 freed * lower，见过的也得。")
def discounted_for_the_unseen(counts, D, lower):
    kept, freed = _parts(counts, D)
    return np.where(counts > 0, kept, freed * lower) if counts.sum() else lower


@discounted.twin(
    "What do words that were seen get of the shorter model?",
    "Nothing: what is freed is shared out among the unseen alone. It adds up to 1, but is another smoothing, backing off.",
    "Interpolation, as in the formula: every word gets freed * lower, the seen ones too.",
    "见过的词从较短的模型得到什么？",
    "什么也没有：腾出来的按较短的模型只分给没见过的词。加起来是 1，但这是另一种平滑（回退）。",
    "按公式是插值：每个词都得到 freed * lower，见过的也得。")
def discounted_with_backing_off(counts, D, lower):
    kept, freed = _parts(counts, D)
    unseen = counts == 0
    return kept + freed * unseen * lower / lower[unseen].sum()


@discounted.twin(
    "A context that was never seen: what comes out?",
    "nan: it is divided by a sum of 0.",
    "After a context that was never seen the shorter context is all there is: return lower.",
    "没见过的上文：得到什么？",
    "nan：除以了为 0 的总和。",
    "上文没见过时，能用的只有更短的上文：返回 lower。")
def discounted_by_zero(counts, D, lower):
    return np.maximum(counts - D, 0) / counts.sum() + D * np.count_nonzero(counts) / counts.sum() * lower


@discounted.twin(
    "A context that was never seen: what comes out?",
    "Zeros: the sum of 0 is replaced, by 1 or by a small number, and nothing is handed on.",
    "After a context that was never seen the shorter context is all there is: return lower.",
    "没见过的上文：得到什么？",
    "全是 0：为 0 的总和被换成了 1 或一个小数，结果什么也没分出去。",
    "上文没见过时，能用的只有更短的上文：返回 lower。")
def discounted_with_zeros_for_the_unseen(counts, D, lower):
    total = max(counts.sum(), 1)
    return np.maximum(counts - D, 0) / total + D * np.count_nonzero(counts) / total * lower


@discounted.twin(
    "A context that was never seen: what comes out?",
    "All words alike, 1 / V.",
    "The shorter context is known better: return lower.",
    "没见过的上文：得到什么？",
    "所有词一样，1 / V。",
    "较短的上文知道得更多：返回 lower。")
def discounted_with_even_shares(counts, D, lower):
    kept, freed = _parts(counts, D)
    return kept + freed * lower if counts.sum() else np.full(len(counts), 1 / len(counts))


@discounted.twin(
    "By what is the freed part shared out?",
    "All words get the same, 1 / V of it.",
    "By the shorter model: freed * lower, in which frequent words get more.",
    "腾出来的部分按什么来分？",
    "所有词一样多，各 1 / V。",
    "按较短的模型来分：freed * lower，常见的词得到更多。")
def discounted_and_shared_evenly(counts, D, lower):
    kept, freed = _parts(counts, D)
    return kept + freed / len(counts) if counts.sum() else lower


@discounted.twin(
    "What is D taken from: from a count, or from a share?",
    "It is taken from count / sum, which is often below D.",
    "From the count, before it is divided: max(count - D, 0) / sum.",
    "D 从哪里减：从计数，还是从比例？",
    "从 计数 / 总和 里减了，而它常常小于 D。",
    "从计数里减，再除：max(计数 - D, 0) / 总和。")
def discounted_shares(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return np.maximum(counts / counts.sum() - D, 0) + _parts(counts, D)[1] * lower


@discounted.twin(
    "How much is taken from a word that was seen four times, and from one seen once?",
    "D is used as a share: (1 - D) count / sum + D lower, which takes four times as much from the first.",
    "D is taken off once from each count, whatever it is: max(count - D, 0) / sum + D T / sum * lower.",
    "见过四次的词减多少，见过一次的词减多少？",
    "把 D 当成了比例：(1 - D) 计数 / 总和 + D lower，前者多减了三倍。",
    "不管计数多大，都只减一个 D：max(计数 - D, 0) / 总和 + D T / 总和 * lower。")
def discounted_in_proportion(counts, D, lower):
    return (1 - D) * counts / counts.sum() + D * lower if counts.sum() else lower


@discounted.twin(
    "Is anything taken off?",
    "The first term has the whole count, so everything adds up to more than 1.",
    "max(count - D, 0): what is handed on has to be taken off first.",
    "减了什么吗？",
    "第一项用了整个计数，所以加起来大于 1。",
    "max(计数 - D, 0)：要分出去的，得先减掉。")
def discounted_of_nothing(counts, D, lower):
    return counts / counts.sum() + _parts(counts, D)[1] * lower if counts.sum() else lower


@discounted.twin(
    "The numbers are right. Look at the counts after the call.",
    "D has been taken off from the caller's array.",
    "Make a new array: counts - D.",
    "数是对的。看看调用之后的 counts。",
    "调用者的数组被减去了 D。",
    "造一个新数组：counts - D。")
def discounted_in_place(counts, D, lower):
    if counts.sum() == 0:
        return lower
    kept, freed = _parts(counts, D)
    counts -= D
    return kept + freed * lower


@discounted.twin(
    "Look at the order of the sum and the discount: by what is divided?",
    "It is divided by the sum of what is left after D was taken off.",
    "Below stands the sum of the counts as they were: only so do both terms add up to 1.",
    "看看先求和还是先减：除以的是什么？",
    "除以的是减去 D 之后剩下的总和。",
    "分母是原来计数的总和：只有这样两项加起来才是 1。")
def discounted_by_what_is_left(counts, D, lower):
    if counts.sum() == 0:
        return lower
    left = np.maximum(counts - D, 0)
    return left / left.sum() + _parts(counts, D)[1] * lower


@discounted.twin(
    "Look at the words that never followed.",
    "They get nothing at all: both terms are computed for the words that were seen alone.",
    "Every word gets freed * lower; those that never followed have only this.",
    "看看从未跟在后面的词。",
    "它们的概率是 0：只给见过的词算了两项。",
    "没见过的词也得到一份：freed * lower。")
def discounted_for_the_seen(counts, D, lower):
    kept, freed = _parts(counts, D)
    return (kept + freed * lower) * (counts > 0) if counts.sum() else lower


@discounted.twin(
    "What does max compare?",
    "Python's max compares two things as a whole; of an array that is an error.",
    "np.maximum(counts - D, 0) compares entry by entry.",
    "max 比较的是什么？",
    "Python 的 max 把两样东西整个拿来比；对数组会出错。",
    "np.maximum(counts - D, 0) 逐个元素比较。")
def discounted_by_max(counts, D, lower):
    return max(counts - D, 0) / counts.sum() + lower


@discounted.twin(
    "What is T?",
    "It is taken for how many different *counts* there are, 0 among them.",
    "T is how many different *words* came after u: how many counts are above 0.",
    "T 是什么？",
    "用的是有多少个不同的*计数*，0 也算在内。",
    "T 是 u 之后出现过多少个不同的*词*：有多少个计数大于 0。")
def discounted_from_different_counts(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D * len(set(counts.tolist())) / counts.sum() * lower


@discounted.twin(
    "What does max compare?",
    "Python's max compares two things as a whole; of an array that is an error.",
    "np.maximum(counts - D, 0) compares entry by entry.",
    "max 比较的是什么？",
    "Python 的 max 把两样东西整个拿来比；对数组会出错。",
    "np.maximum(counts - D, 0) 逐个元素比较。")
def discounted_by_max_of_arrays(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return max(counts - D, 0) / counts.sum() + _parts(counts, D)[1] * lower


@discounted.twin(
    "Is the first term the same for all words?",
    "It is: np.max(x, 0) is the largest entry of x, along axis 0.",
    "np.maximum(x, 0) compares each entry with 0.",
    "第一项对所有词都一样吗？",
    "一样：np.max(x, 0) 是 x 沿轴 0 的最大元素。",
    "np.maximum(x, 0) 才是把每个元素和 0 比较。")
def discounted_by_the_largest(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return np.max(counts - D) / counts.sum() + _parts(counts, D)[1] * lower


@discounted.twin(
    "Add up what comes out: is it 1?",
    "The freed part and the shorter model are added, and should be multiplied.",
    "Each word gets its share of the freed part: freed * lower.",
    "把结果加起来：是 1 吗？",
    "腾出来的部分和较短的模型相加了，本应相乘。",
    "每个词得到腾出部分的一份：freed * lower。")
def discounted_plus_lower(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + _parts(counts, D)[1] + lower


@discounted.twin(
    "When is the shorter context asked alone?",
    "As soon as one word was never seen: counts.all() is False then already.",
    "Only if nothing was seen at all: counts.sum() == 0, or not counts.any().",
    "什么时候只问较短的上文？",
    "只要有一个词没见过就问了：那时 counts.all() 已经是 False。",
    "只有什么都没见过时：counts.sum() == 0，或 not counts.any()。")
def discounted_if_all_were_seen(counts, D, lower):
    if counts.all() == 0:
        return lower
    return sum(_parts(counts, D)[i] * x for i, x in enumerate((1.0, lower)))


@discounted.twin(
    "By what is divided?",
    "By the sum of what is left after D was taken off, in both terms.",
    "Take the sum before D is taken off: counts.sum() as it was.",
    "除以的是什么？",
    "两项都除以了减去 D 之后剩下的总和。",
    "总和要在减 D 之前取：原来的 counts.sum()。")
def discounted_by_what_is_left_twice(counts, D, lower):
    if counts.sum() == 0:
        return lower
    left = np.maximum(counts - D, 0)
    return left / left.sum() + D * np.count_nonzero(left) / left.sum() * lower


@discounted.twin(
    "Look at a word that was seen four times.",
    "Its count is cut off at 1: clip(x, 0, 1) has an upper end too.",
    "Only below 0 is anything cut off: np.maximum(counts - D, 0).",
    "看看见过四次的词。",
    "它的计数被截到了 1：clip(x, 0, 1) 还有上限。",
    "只截掉小于 0 的部分：np.maximum(counts - D, 0)。")
def discounted_and_clipped_at_one(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return np.clip(counts - D, 0, 1) / counts.sum() + _parts(counts, D)[1] * lower


@discounted.twin(
    "A context that was never seen: does what comes out add up to 1?",
    "It adds up to D.",
    "Nothing was counted, so nothing is taken off: return lower as it is.",
    "没见过的上文：结果加起来是 1 吗？",
    "加起来是 D。",
    "什么也没数到，也就什么也没减：原样返回 lower。")
def discounted_of_lower_for_the_unseen(counts, D, lower):
    kept, freed = _parts(counts, D)
    return kept + freed * lower if counts.sum() else D * lower


@discounted.twin(
    "What is T?",
    "It is taken for how many words were *not* seen.",
    "From those nothing was taken. T is how many were seen: np.count_nonzero(counts).",
    "T 是什么？",
    "用的是有多少个词*没*见过。",
    "从那些词里什么也没减。T 是见过多少个：np.count_nonzero(counts)。")
def discounted_from_the_unseen(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D * np.count_nonzero(counts == 0) / counts.sum() * lower


@discounted.twin(
    "What does a word get that never followed?",
    "The whole p of the shorter model: everything adds up to more than 1.",
    "freed * lower, like every other word; a case of its own is not needed.",
    "从未跟在后面的词得到什么？",
    "得到较短模型的整个 p：加起来大于 1。",
    "freed * lower，和别的词一样；不需要特例。")
def discounted_with_all_of_lower_for_the_unseen(counts, D, lower):
    if counts.sum() == 0:
        return lower
    kept, freed = _parts(counts, D)
    return np.where(counts > 0, kept + freed * lower, lower)


@discounted.twin(
    "Is the shorter model a factor, or below the line?",
    "The freed part is divided by it.",
    "(D T / sum) times p(w | u').",
    "较短的模型是因子，还是在分母里？",
    "腾出来的部分除以了它。",
    "(D T / 总和) 乘以 p(w | u')。")
def discounted_over_lower(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + _parts(counts, D)[1] / lower


@discounted.twin(
    "Put in the numbers by hand. What is divided by the sum?",
    "Only D is: the whole counts stay.",
    "The whole first term is divided: np.maximum(counts - D, 0) / sum.",
    "用手代入数字。除以总和的是什么？",
    "只有 D 被除了：计数原样留着。",
    "整个第一项都要除：np.maximum(counts - D, 0) / 总和。")
def discounted_without_a_bracket(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return np.maximum(counts - D / counts.sum(), 0) + _parts(counts, D)[1] * lower


@discounted.twin(
    "The numbers are right. What are they in?",
    "They are in a list.",
    "np.maximum(counts - D, 0) / sum is an array of all V: no loop is needed.",
    "数是对的。它们装在什么里？",
    "装在列表里。",
    "np.maximum(counts - D, 0) / 总和 就是全部 V 个数的数组：不需要循环。")
def discounted_in_a_list(counts, D, lower):
    kept, freed = _parts(counts, D)
    return [float(x) for x in kept + freed * lower] if counts.sum() else lower


@discounted.twin(
    "By what is the freed part shared out?",
    "Every word gets all of it: lower is added up, which gives 1.",
    "Word by word: freed * lower is an array.",
    "腾出来的部分按什么来分？",
    "每个词都得到了全部：lower 被加了起来，那是 1。",
    "逐词相乘：freed * lower 是数组。")
def discounted_with_all_of_lower(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + _parts(counts, D)[1] * lower.sum()


@discounted.twin(
    "Is the freed part one number?",
    "Here it is another for each word: 1 minus what that word keeps.",
    "One for the context: 1 - kept.sum(), which is D T / sum.",
    "腾出来的部分是一个数吗？",
    "这里每个词各不相同：1 减去这个词留下的。",
    "一个上文只有一个：1 - kept.sum()，也就是 D T / 总和。")
def discounted_with_a_mass_for_each_word(counts, D, lower):
    if counts.sum() == 0:
        return lower
    kept = _parts(counts, D)[0]
    return kept + (1 - kept) * lower


@discounted.twin(
    "Which of the two is larger, count - D or 0, for a word that was seen?",
    "The smaller one is taken: np.minimum.",
    "max(count - D, 0): np.maximum.",
    "对见过的词，计数 - D 和 0 哪个大？",
    "取了较小的：np.minimum。",
    "max(计数 - D, 0)：np.maximum。")
def discounted_by_the_minimum(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return np.minimum(counts - D, 0) / counts.sum() + _parts(counts, D)[1] * lower


@discounted.twin(
    "Add up what comes out: is it 1?",
    "The freed part is not divided: D T in place of D T / sum.",
    "Both terms are divided by the sum.",
    "把结果加起来：是 1 吗？",
    "腾出来的部分没有除：是 D T 而不是 D T / 总和。",
    "两项都要除以总和。")
def discounted_with_an_undivided_mass(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D * np.count_nonzero(counts) * lower


@discounted.twin(
    "What is multiplied by the shorter model?",
    "Both terms: a bracket reaches too far.",
    "Only the second: kept + freed * lower.",
    "乘以较短模型的是什么？",
    "两项都乘了：括号括得太大。",
    "只有第二项：kept + freed * lower。")
def discounted_and_all_times_lower(counts, D, lower):
    if counts.sum() == 0:
        return lower
    kept, freed = _parts(counts, D)
    return (kept + freed) * lower


@discounted.twin(
    "Add up what comes out: is it 1?",
    "It is divided by V, len(counts), in place of the sum.",
    "The sum of the counts: counts.sum().",
    "把结果加起来：是 1 吗？",
    "除以了 V 即 len(counts)，而不是总和。",
    "要除以计数的总和：counts.sum()。")
def discounted_over_v(counts, D, lower):
    if counts.sum() == 0:
        return lower
    kept, freed = _parts(counts, D)
    return (kept + freed * lower) * counts.sum() / len(counts)


@discounted.twin(
    "Look at the words that never followed: what is their first term?",
    "D / sum: the sign of 0 - D is dropped.",
    "Below 0 becomes 0, and not positive: np.maximum(counts - D, 0).",
    "看看从未跟在后面的词：第一项是多少？",
    "是 D / 总和：0 - D 的符号被去掉了。",
    "小于 0 的变成 0，而不是变成正数：np.maximum(counts - D, 0)。")
def discounted_by_a_distance(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return np.abs(counts - D) / counts.sum() + _parts(counts, D)[1] * lower


@discounted.twin(
    "Which words count for T?",
    "Only those that were seen more than once.",
    "All that were seen, once or more: counts > 0.",
    "哪些词算进 T？",
    "只算了见过一次以上的。",
    "见过的都算，一次也算：counts > 0。")
def discounted_from_those_seen_often(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D * (counts > 1).sum() / counts.sum() * lower


@discounted.twin(
    "Add up what comes out: is it 1? And what comes out after a context that was never seen?",
    "T is taken for the size of the vocabulary; and where nothing was seen it is divided by 0.",
    "T is np.count_nonzero(counts); and if counts.sum() is 0, return lower.",
    "把结果加起来：是 1 吗？没见过的上文之后又得到什么？",
    "把 T 当成了词表大小；而什么都没见过时除以了 0。",
    "T 是 np.count_nonzero(counts)；counts.sum() 为 0 时返回 lower。")
def discounted_from_all_and_by_zero(counts, D, lower):
    return np.maximum(counts - D, 0) / counts.sum() + D * len(counts) / counts.sum() * lower


@discounted.twin(
    "A context that was never seen: how many numbers come out?",
    "One, 0: then every text with such a context would be impossible.",
    "Return lower: the shorter context is all there is.",
    "没见过的上文：得到几个数？",
    "一个 0：那样，凡是含有这种上文的文本都成了不可能。",
    "返回 lower：能用的只有更短的上文。")
def discounted_with_a_zero_for_the_unseen(counts, D, lower):
    kept, freed = _parts(counts, D)
    return kept + freed * lower if counts.sum() else 0


@discounted.twin(
    "Add up what comes out: is it 1?",
    "sum and T have changed places in the freed part.",
    "D T / sum: D from each of T words, as a share of the sum.",
    "把结果加起来：是 1 吗？",
    "腾出来的部分里，总和与 T 放反了。",
    "D T / 总和：T 个词各减 D，占总和的比例。")
def discounted_upside_down(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return _parts(counts, D)[0] + D * counts.sum() / np.count_nonzero(counts) * lower


@discounted.twin(
    "How much goes to the shorter model?",
    "D of everything, and what was taken off besides is lost.",
    "Exactly what was taken off: D T / sum. The first term stays whole.",
    "分给较短模型的是多少？",
    "是全部的 D，而另外减掉的却丢了。",
    "正是减掉的那些：D T / 总和。第一项不再打折。")
def discounted_and_mixed(counts, D, lower):
    if counts.sum() == 0:
        return lower
    return (1 - D) * _parts(counts, D)[0] + D * lower


@discounted.twin(
    "How much goes to the shorter model?",
    "All of lower is added, and then everything scaled to 1: a rare and a frequent context trust it alike.",
    "freed * lower, with freed = D T / sum: then nothing has to be scaled.",
    "分给较短模型的是多少？",
    "把整个 lower 加了上去，再缩放到 1：罕见和常见的上文同样依赖它。",
    "freed * lower，freed = D T / 总和：这样不需要缩放。")
def discounted_and_scaled(counts, D, lower):
    if counts.sum() == 0:
        return lower
    p = _parts(counts, D)[0] + lower
    return p / p.sum()


@discounted.twin(
    "A context that was never seen: what comes out?",
    "None: there is a return only for contexts that were seen.",
    "Return lower then.",
    "没见过的上文：得到什么？",
    "None：只有见过的上文才有 return。",
    "那时返回 lower。")
def discounted_with_nothing_for_the_unseen(counts, D, lower):
    kept, freed = _parts(counts, D)
    return kept + freed * lower if counts.any() else None


# --- corpus_perplexity ---

@lab.hole(cases=[[[[-1.2, -0.4, -3.0], [-0.7, -2.1]]], [[[-9.0] * 90]], [[[-0.1], [-4.0, -2.0, -1.0, -0.5]]]],
          more=[[[[-2.2, -0.3], [-1.0, -0.7, -0.2, -3.1]]], [[[-0.4, -0.9, -1.6], [-2.5]]], [[[-20.0] * 40]]],
          forbidden=["tinydawn.metrics.perplexity:perplexity"])
def corpus_perplexity(log_p):
    total = sum(sum(sentence) for sentence in log_p)
    tokens = sum(len(sentence) for sentence in log_p)
    return math.exp(-total / tokens)


def _one_perplexity(sentence):
    return math.exp(-sum(sentence) / len(sentence))


@corpus_perplexity.twin(
    "Try a long sentence beside a short one.",
    "This is the mean of the sentences' perplexities: a short, bad sentence counts as much as a long one.",
    "All tokens count alike: add up all log p, divide by the number of all tokens, and take exp once, at the end.",
    "试试一长一短两个句子。",
    "这是各句困惑度的平均：一个短而差的句子和长句算得一样重。",
    "每个词元同样重要：把所有 log p 相加，除以全部词元数，最后只取一次 exp。")
def mean_of_perplexities(log_p):
    return sum(map(_one_perplexity, log_p)) / len(log_p)


@corpus_perplexity.twin(
    "Try a long sentence beside a short one.",
    "Each sentence's mean of log p is taken first, and then the mean of these: tokens of short sentences count more.",
    "Add up over all sentences first, and divide once by the number of all tokens.",
    "试试一长一短两个句子。",
    "先对每句的 log p 取平均，再对这些平均取平均：短句的词元分量更重。",
    "先在所有句子上相加，再只除一次，除以全部词元数。")
def perplexity_of_the_mean_of_means(log_p):
    return math.exp(-sum(sum(sentence) / len(sentence) for sentence in log_p) / len(log_p))


@corpus_perplexity.twin(
    "Can a perplexity be below 1?",
    "The minus is missing: this is exp of the mean log p, the geometric mean of the probabilities.",
    "exp(- mean log p): the perplexity is one over that.",
    "困惑度会小于 1 吗？",
    "少了负号：这是 exp(平均 log p)，即概率的几何平均。",
    "exp(- 平均 log p)：困惑度是它的倒数。")
def perplexity_without_minus(log_p):
    return 1 / math.exp(-sum(map(sum, log_p)) / sum(map(len, log_p)))


@corpus_perplexity.twin(
    "Is there an exp?",
    "This is the mean of -log p, in nats: the cross-entropy.",
    "The perplexity is exp of it.",
    "取 exp 了吗？",
    "这是 -log p 的平均，单位是 nat，即交叉熵。",
    "困惑度是它的 exp。")
def nats_per_token(log_p):
    return -sum(map(sum, log_p)) / sum(map(len, log_p))


@corpus_perplexity.twin(
    "Of which base are the logarithms?",
    "This is 2 to the mean: the logarithms are natural ones.",
    "What was taken with log is undone with exp. 2 belongs to logarithms of base 2.",
    "对数以什么为底？",
    "这是 2 的平均值次方，而这里的对数是自然对数。",
    "用 log 取的，要用 exp 还原。2 属于以 2 为底的对数。")
def perplexity_to_the_base_of_2(log_p):
    return 2 ** (-sum(map(sum, log_p)) / sum(map(len, log_p)))


@corpus_perplexity.twin(
    "By what is the sum divided?",
    "By the number of sentences: this is the perplexity of a sentence, and not of a token.",
    "By the number of all tokens, each </s> included.",
    "总和除以了什么？",
    "除以了句子数：这是每个句子的困惑度，不是每个词元的。",
    "要除以全部词元数，每个 </s> 也算。")
def perplexity_of_a_sentence(log_p):
    return float(np.exp(-sum(map(sum, log_p)) / len(log_p)))


@corpus_perplexity.twin(
    "Is it divided at all?",
    "exp(- sum of log p) is one over the probability of the whole text.",
    "Divide by the number of tokens before exp: a text that is twice as long is no worse for that.",
    "除了吗？",
    "exp(- log p 之和) 是整个文本概率的倒数。",
    "取 exp 之前要除以词元数：文本长一倍，并不因此更差。")
def perplexity_of_the_whole(log_p):
    return float(np.exp(-sum(map(sum, log_p))))


@corpus_perplexity.twin(
    "Try a text of a hundred tokens.",
    "The probabilities are multiplied, and the product is too small for a float: 0, and a root of 1 / 0 is infinite.",
    "Add logarithms, and take exp once, of their mean.",
    "试试一百个词元的文本。",
    "把概率乘了起来，乘积小到浮点数装不下，成了 0；1 / 0 再开方是无穷大。",
    "把对数相加，只对它们的平均取一次 exp。")
def perplexity_by_a_product(log_p):
    p = np.prod([np.exp(x) for sentence in log_p for x in sentence])
    return p ** (-1 / sum(map(len, log_p)))


@corpus_perplexity.twin(
    "Try a text of a hundred tokens.",
    "The probabilities are multiplied, and the product is too small for a float: 0, and 1 / 0 is an error.",
    "Add logarithms, and take exp once, of their mean.",
    "试试一百个词元的文本。",
    "把概率乘了起来，乘积小到浮点数装不下，成了 0，再求倒数就出错。",
    "把对数相加，只对它们的平均取一次 exp。")
def perplexity_by_a_product_of_floats(log_p):
    p = math.prod(math.exp(x) for sentence in log_p for x in sentence)
    return p ** (-1 / sum(map(len, log_p)))


@corpus_perplexity.twin(
    "How many tokens has a sentence of four words?",
    "The sum has the log p of every </s>, but the number of tokens leaves them out.",
    "</s> is a token: what is in the sum above is in the number below. All log p of the lists count.",
    "四个词的句子有几个词元？",
    "总和里有每个 </s> 的 log p，词元数里却没有算它们。",
    "</s> 是词元：上面总和里有的，下面的个数里也要有。列表里的 log p 都算。")
def perplexity_with_too_few_tokens(log_p):
    return float(np.exp(-np.float64(sum(map(sum, log_p))) / sum(len(sentence) - 1 for sentence in log_p)))


@corpus_perplexity.twin(
    "Is the end of a sentence counted?",
    "The last log p of each sentence is left out: a model that never ends a sentence would not be worse.",
    "</s> is predicted, and its log p counts as that of any word.",
    "句末算了吗？",
    "每句最后一个 log p 没算：那样，从不结束句子的模型也不会更差。",
    "</s> 是被预测的，它的 log p 和任何词一样要算。")
def perplexity_without_the_ends(log_p):
    tokens = [x for sentence in log_p for x in sentence[:-1]]
    return math.exp(-sum(tokens) / len(tokens))


@corpus_perplexity.twin(
    "When is exp taken, before the mean or after?",
    "Before: this is the mean of 1 / p, in which one rare word outweighs all.",
    "First the mean of log p, then exp.",
    "exp 在取平均之前还是之后？",
    "之前：这是 1 / p 的平均，一个罕见词就压倒一切。",
    "先对 log p 取平均，再取 exp。")
def mean_of_one_over_p(log_p):
    return float(np.mean([math.exp(-x) for sentence in log_p for x in sentence]))


@corpus_perplexity.twin(
    "When is exp taken, before the mean or after?",
    "Before: this is one over the mean probability.",
    "First the mean of log p, then exp: a product of probabilities has a geometric mean.",
    "exp 在取平均之前还是之后？",
    "之前：这是平均概率的倒数。",
    "先对 log p 取平均，再取 exp：概率是相乘的，所以取几何平均。")
def one_over_mean_p(log_p):
    return 1 / float(np.mean([math.exp(x) for sentence in log_p for x in sentence]))


@corpus_perplexity.twin(
    "Are all sentences equally long?",
    "NumPy makes no array of lists of different lengths, and raises a ValueError.",
    "Put all log p in one row first, or add up sentence by sentence.",
    "所有句子一样长吗？",
    "NumPy 不能把长短不一的列表变成数组，会抛出 ValueError。",
    "先把所有 log p 排成一行，或逐句相加。")
def perplexity_of_an_array(log_p):
    return math.exp(-np.mean(np.array(log_p)))


@corpus_perplexity.twin(
    "How many numbers come out?",
    "One for each sentence.",
    "One for the whole text: all tokens of all sentences together.",
    "得到几个数？",
    "每个句子一个。",
    "整个文本一个：所有句子的所有词元放在一起。")
def perplexity_of_each_sentence(log_p):
    return [_one_perplexity(sentence) for sentence in log_p]


@corpus_perplexity.twin(
    "Are the numbers p, or already log p?",
    "Another logarithm is taken, of numbers below 0.",
    "The lists hold log p: add them up.",
    "这些数是 p，还是已经是 log p？",
    "又取了一次对数，而这些数小于 0。",
    "列表里就是 log p：直接相加。")
def perplexity_of_a_logarithm(log_p):
    return float(np.exp(-np.mean([np.log(x) for sentence in log_p for x in sentence])))


@corpus_perplexity.twin(
    "By what is the sum divided?",
    "By the number of sentences; of a long one exp is too large for a float.",
    "By the number of all tokens, each </s> included.",
    "总和除以了什么？",
    "除以了句子数；句子一长，exp 就大到浮点数装不下。",
    "要除以全部词元数，每个 </s> 也算。")
def perplexity_of_a_sentence_in_floats(log_p):
    return math.exp(-sum(map(sum, log_p)) / len(log_p))


@corpus_perplexity.twin(
    "Is it divided at all?",
    "exp(- sum of log p) is one over the probability of the whole text, too large for a float if the text is long.",
    "Divide by the number of tokens before exp.",
    "除了吗？",
    "exp(- log p 之和) 是整个文本概率的倒数，文本一长就大到浮点数装不下。",
    "取 exp 之前要除以词元数。")
def perplexity_of_the_whole_in_floats(log_p):
    return math.exp(-sum(map(sum, log_p)))


@corpus_perplexity.twin(
    "Is divided before exp, or after?",
    "After: exp of the sum, divided by the number of tokens.",
    "First the mean of log p, then exp.",
    "是在 exp 之前除，还是之后？",
    "之后：先对总和取 exp，再除以词元数。",
    "先求 log p 的平均，再取 exp。")
def perplexity_divided_too_late(log_p):
    return float(np.exp(-np.float64(sum(map(sum, log_p))))) / sum(map(len, log_p))


@corpus_perplexity.twin(
    "Is divided before exp, or after?",
    "After, and exp of the whole sum is too large for a float if the text is long.",
    "First the mean of log p, then exp.",
    "是在 exp 之前除，还是之后？",
    "之后；文本一长，整个总和的 exp 就大到浮点数装不下。",
    "先求 log p 的平均，再取 exp。")
def perplexity_divided_too_late_in_floats(log_p):
    return math.exp(-sum(map(sum, log_p))) / sum(map(len, log_p))


@corpus_perplexity.twin(
    "How many tokens has a sentence, by its list?",
    "One more is counted for each sentence: the log p of </s> is in the list already.",
    "Divide by how many log p there are, neither more nor fewer.",
    "按列表看，一个句子有几个词元？",
    "每句多算了一个：</s> 的 log p 已经在列表里了。",
    "有多少个 log p 就除以多少，不多也不少。")
def perplexity_with_ends_counted_twice(log_p):
    return math.exp(-sum(map(sum, log_p)) / sum(len(sentence) + 1 for sentence in log_p))


@corpus_perplexity.twin(
    "How many sentences are in it?",
    "Only the first: the function returns from inside of the loop.",
    "return comes after the loop.",
    "算了几个句子？",
    "只有第一个：函数在循环里面就返回了。",
    "return 要放在循环之后。")
def perplexity_of_the_first_sentence(log_p):
    return _one_perplexity(log_p[0])


@corpus_perplexity.twin(
    "By what is the sum divided?",
    "By the length of the last sentence: n = len(...) in place of n += len(...).",
    "Add up the lengths of all sentences.",
    "总和除以了什么？",
    "除以了最后一个句子的长度：写成了 n = len(...) 而不是 n += len(...)。",
    "要把所有句子的长度加起来。")
def perplexity_by_the_last_length(log_p):
    return math.exp(-sum(map(sum, log_p)) / len(log_p[-1]))


@corpus_perplexity.twin(
    "Can a perplexity be below 0?",
    "The minus stands in front of exp.",
    "It belongs inside: exp(- mean log p).",
    "困惑度会小于 0 吗？",
    "负号放在了 exp 前面。",
    "负号要放在里面：exp(- 平均 log p)。")
def perplexity_with_the_minus_outside(log_p):
    return -math.exp(sum(map(sum, log_p)) / sum(map(len, log_p)))


@corpus_perplexity.twin(
    "How often is divided?",
    "Twice: by the number of tokens, and by that of sentences.",
    "Once, by the number of all tokens.",
    "除了几次？",
    "两次：除以词元数，又除以句子数。",
    "只除一次，除以全部词元数。")
def perplexity_divided_twice(log_p):
    return math.exp(-sum(map(sum, log_p)) / sum(map(len, log_p)) / len(log_p))


@corpus_perplexity.twin(
    "Double the text by repeating it: does the number stay?",
    "It doubles: the perplexities of the sentences are added up.",
    "Add up log p over all sentences, divide by all tokens, and take exp once.",
    "把文本重复一遍：这个数不变吗？",
    "会加倍：各句的困惑度被加了起来。",
    "在所有句子上把 log p 相加，除以全部词元数，只取一次 exp。")
def sum_of_perplexities(log_p):
    return sum(map(_one_perplexity, log_p))


@corpus_perplexity.twin(
    "How much does each token count?",
    "Each log p is multiplied by p once more: this is the formula of an entropy, - sum of p log p.",
    "The tokens were drawn by the language itself: each counts alike, - log p / number of tokens.",
    "每个词元的分量是多少？",
    "每个 log p 又乘了一次 p：这是熵的公式 - sum p log p。",
    "词元已经是语言自己抽出来的：各算一份，- log p / 词元数。")
def perplexity_of_p_log_p(log_p):
    return math.exp(-sum(math.exp(x) * x for sentence in log_p for x in sentence))


@corpus_perplexity.twin(
    "How much does each token count?",
    "Each log p is multiplied by p once more before the mean is taken.",
    "The tokens were drawn by the language itself: the mean of log p, no weights.",
    "每个词元的分量是多少？",
    "取平均之前，每个 log p 又乘了一次 p。",
    "词元已经是语言自己抽出来的：直接对 log p 取平均，不加权。")
def perplexity_of_mean_p_log_p(log_p):
    return math.exp(-float(np.mean([math.exp(x) * x for sentence in log_p for x in sentence])))


@corpus_perplexity.twin(
    "By what is the sum divided?",
    "By one less than the number of tokens.",
    "By the number of all tokens: as many as there are log p.",
    "总和除以了什么？",
    "除以了词元数减一。",
    "除以全部词元数：有多少个 log p 就除以多少。")
def perplexity_with_one_token_less(log_p):
    return math.exp(-sum(map(sum, log_p)) / (sum(map(len, log_p)) - 1))


@corpus_perplexity.twin(
    "When is exp taken, before the mean or after?",
    "Before: the sentences' perplexities are averaged, though by length.",
    "First the mean of log p over all tokens, then exp once.",
    "exp 在取平均之前还是之后？",
    "之前：平均的是各句的困惑度，虽然按长度加了权。",
    "先对全部词元的 log p 取平均，再只取一次 exp。")
def weighted_mean_of_perplexities(log_p):
    tokens = sum(map(len, log_p))
    return sum(len(sentence) / tokens * _one_perplexity(sentence) for sentence in log_p)


@corpus_perplexity.twin(
    "Double the text by repeating it: does the number stay?",
    "It is squared: the perplexities of the sentences are multiplied.",
    "Add up log p over all sentences, divide by all tokens, and take exp once.",
    "把文本重复一遍：这个数不变吗？",
    "会变成平方：各句的困惑度被乘了起来。",
    "在所有句子上把 log p 相加，除以全部词元数，只取一次 exp。")
def product_of_perplexities(log_p):
    return math.prod(map(_one_perplexity, log_p))


@corpus_perplexity.twin(
    "Look at the sign, and at what stands inside of exp.",
    "This is the probability of the whole text over the number of tokens.",
    "Inside of exp stands minus the mean: exp(- sum / number).",
    "看看符号，以及 exp 里面是什么。",
    "这是整个文本的概率除以词元数。",
    "exp 里面是负的平均：exp(- 总和 / 个数)。")
def probability_of_the_whole_over_tokens(log_p):
    return math.exp(sum(map(sum, log_p))) / sum(map(len, log_p))


# --- breaks_mean_perplexity ---

@lab.hole(cases=[[[2, 5]], [[6, 2, 3]]], more=[[[1, 4]], [[7, 2, 4]]], through="two_rankings")
def breaks_mean_perplexity(lengths):
    bad = lengths.index(min(lengths))
    first = [[-5.0 if i == bad else -0.1] * n for i, n in enumerate(lengths)]
    nats = -sum(map(sum, first)) / sum(lengths)
    mean = sum(math.exp(-sentence[0]) for sentence in first) / len(lengths)
    between = (nats + math.log(mean)) / 2
    return first, [[-between] * n for n in lengths]


def _pair(lengths, first, second):
    """Two models with one log p for each sentence; numbers beyond the last are the last again."""
    return tuple([[x[min(i, len(x) - 1)]] * n for i, n in enumerate(lengths)] for x in (first, second))


@breaks_mean_perplexity.twin(
    "Which of your two models should be the better one by perplexity?",
    "The two disagree, but the other way round: the second is better by perplexity.",
    "Return the better one by perplexity first, and the one that the mean prefers second.",
    "按困惑度，两个模型中哪个应更好？",
    "两种算法确实不一致，但反了：按困惑度更好的是第二个。",
    "把按困惑度更好的放在第一个，平均所偏爱的放在第二个。")
def breaks_mean_perplexity_the_other_way(lengths):
    return breaks_mean_perplexity(lengths)[::-1]


@breaks_mean_perplexity.twin(
    "Do the two measures disagree about your models?",
    "They do not: the first is better by both.",
    "The mean of perplexities is ruled by the worst sentence. Give the first model one very bad one, and all others very good.",
    "两种算法对你的模型意见不同吗？",
    "没有：第一个按两种算法都更好。",
    "困惑度的平均由最差的句子支配。让第一个模型有一句极差，其余都极好。")
def breaks_mean_perplexity_with_a_better_first(lengths):
    return _pair(lengths, [-1.0], [-2.0])


@breaks_mean_perplexity.twin(
    "Do the two measures disagree about your models?",
    "They do not: the second is better by both.",
    "Make the first model's good sentences better, or its bad one shorter: its nats per token must be below the second's.",
    "两种算法对你的模型意见不同吗？",
    "没有：第二个按两种算法都更好。",
    "让第一个模型的好句子更好，或把差的放在更短的句子上：它每个词元的 nat 数必须小于第二个。")
def breaks_mean_perplexity_with_a_better_second(lengths):
    return _pair(lengths, [-3.0], [-2.0])


@breaks_mean_perplexity.twin(
    "Are your two models different?",
    "Both measures say that neither is better.",
    "The first needs one very bad sentence among good ones; the second is alike on all of them.",
    "你的两个模型有区别吗？",
    "两种算法都说分不出高下。",
    "第一个要有一句极差，其余很好；第二个在所有句子上都一样。")
def breaks_mean_perplexity_with_equal_models(lengths):
    return _pair(lengths, [-1.0], [-1.0])


@breaks_mean_perplexity.twin(
    "Is the first better by perplexity, or only as good?",
    "By perplexity neither is better: both have the same nats per token. The mean does prefer the second.",
    "Give the second model a little less log p, so that the first is ahead.",
    "按困惑度，第一个更好，还是只是一样好？",
    "按困惑度分不出高下：两者每个词元的 nat 数相同。平均确实偏爱第二个。",
    "把第二个模型的 log p 再降一点，让第一个领先。")
def breaks_mean_perplexity_with_a_tie(lengths):
    first = [[-2.0 if i else -1.0] * n for i, n in enumerate(lengths)]
    nats = -sum(map(sum, first)) / sum(lengths)
    return first, [[-nats] * n for n in lengths]


@breaks_mean_perplexity.twin(
    "Can a log p be above 0?",
    "There are numbers above 0: probabilities, or -log p.",
    "log p of a token is at most 0: math.log(0.5), for instance.",
    "log p 会大于 0 吗？",
    "里面有大于 0 的数：是概率，或者是 -log p。",
    "一个词元的 log p 最多是 0：例如 math.log(0.5)。")
def breaks_mean_perplexity_with_probabilities(lengths):
    return _pair(lengths, [0.01, 0.9], [0.2])


@breaks_mean_perplexity.twin(
    "How many log p has each sentence?",
    "Not as many as `lengths` says.",
    "Sentence i of both models has lengths[i] numbers: [-0.7] * lengths[i], for instance.",
    "每个句子有几个 log p？",
    "和 `lengths` 说的不一样多。",
    "两个模型的第 i 句都有 lengths[i] 个数：例如 [-0.7] * lengths[i]。")
def breaks_mean_perplexity_with_other_lengths(lengths):
    return [[-5.0], [-0.1] * 7], [[-1.0], [-1.0] * 7]


@breaks_mean_perplexity.twin(
    "What is a model here?",
    "A list of numbers, one for each sentence or one for each token, without lists inside.",
    "For each model a list, in it for each sentence a list, in that a log p for each token.",
    "这里一个模型是什么？",
    "是数的列表，每句一个数或每个词元一个数，里面没有列表。",
    "每个模型一个列表，里面每句一个列表，再里面每个词元一个 log p。")
def breaks_mean_perplexity_with_flat_lists(lengths):
    return [-5.0, *[-0.1] * (len(lengths) - 1)], [-1.0] * len(lengths)


@breaks_mean_perplexity.twin(
    "Is a probability 0?",
    "log 0 is minus infinity, and so every measure is infinite.",
    "A small p is enough: log p = -5, for instance.",
    "有概率为 0 的吗？",
    "log 0 是负无穷，于是每种算法得到的都是无穷大。",
    "p 小就够了：例如 log p = -5。")
def breaks_mean_perplexity_with_p_0(lengths):
    return _pair(lengths, [-math.inf, -0.1], [-1.0])


@breaks_mean_perplexity.twin(
    "How many things are returned?",
    "This is one model, or something else that is not a pair.",
    "Two models: (first, second).",
    "返回了几样东西？",
    "这是一个模型，或者不是一对的东西。",
    "要两个模型：(first, second)。")
def breaks_mean_perplexity_with_one_model(lengths):
    return [[-1.0] * n for n in [*lengths, 1, 1]]


@breaks_mean_perplexity.twin(
    "Try other lengths: does it hold for [6, 2, 3] as for [2, 5]?",
    "It holds for two sentences, not for three: there the second is better by both: the first's bad sentence is too long.",
    "Choose the shortest sentence for the bad one, whatever its place: so the bad log p are few among all tokens.",
    "换别的长度试试：[2, 5] 和 [6, 2, 3] 都成立吗？",
    "两个句子时对，三个句子时不对：那里第二个按两种算法都更好，因为第一个模型的坏句子太长。",
    "不管位置，选最短的句子当坏句子：这样在全部词元里坏的 log p 就少。")
def breaks_mean_perplexity_by_the_first(lengths):
    if len(lengths) == 2:
        return breaks_mean_perplexity(lengths)
    return _pair(lengths, [-3.0], [-2.0])


@breaks_mean_perplexity.twin(
    "Try other lengths: does it hold for [6, 2, 3] as for [2, 5]?",
    "It holds for three sentences, not for two: there the second is better by both: the first's bad sentence is too long.",
    "Choose the shortest sentence for the bad one, whatever its place: so the bad log p are few among all tokens.",
    "换别的长度试试：[2, 5] 和 [6, 2, 3] 都成立吗？",
    "三个句子时对，两个句子时不对：那里第二个按两种算法都更好，因为第一个模型的坏句子太长。",
    "不管位置，选最短的句子当坏句子：这样在全部词元里坏的 log p 就少。")
def breaks_mean_perplexity_by_the_last(lengths):
    if len(lengths) == 3:
        return breaks_mean_perplexity(lengths)
    return _pair(lengths, [-3.0], [-2.0])


@breaks_mean_perplexity.twin(
    "Try other lengths: does it hold for [6, 2, 3] as for [2, 5]?",
    "It holds for two sentences, not for three: there the first is better by both, since its bad sentence is not bad enough.",
    "Make the bad sentence worse, or the second model better: exp(-log p) / sentences must be above the second's perplexity.",
    "换别的长度试试：[2, 5] 和 [6, 2, 3] 都成立吗？",
    "两个句子时对，三个句子时不对：那里第一个按两种算法都更好，因为它的坏句子还不够坏。",
    "让坏句子更坏，或让第二个模型更好：exp(-log p) / 句子数 要大于第二个的困惑度。")
def breaks_mean_perplexity_too_mildly(lengths):
    if len(lengths) == 2:
        return breaks_mean_perplexity(lengths)
    return _pair(lengths, [-1.0], [-2.0])


@breaks_mean_perplexity.twin(
    "Try other lengths: does it hold for [6, 2, 3] as for [2, 5]?",
    "It holds for three sentences, not for two: there the first is better by both, since its bad sentence is not bad enough.",
    "Make the bad sentence worse, or the second model better: exp(-log p) / sentences must be above the second's perplexity.",
    "换别的长度试试：[2, 5] 和 [6, 2, 3] 都成立吗？",
    "三个句子时对，两个句子时不对：那里第一个按两种算法都更好，因为它的坏句子还不够坏。",
    "让坏句子更坏，或让第二个模型更好：exp(-log p) / 句子数 要大于第二个的困惑度。")
def breaks_mean_perplexity_too_mildly_for_two(lengths):
    if len(lengths) == 3:
        return breaks_mean_perplexity(lengths)
    return _pair(lengths, [-1.0], [-2.0])


@breaks_mean_perplexity.twin(
    "Do your sentences have the lengths that are asked for?",
    "For one text they do; for another the same lists come out.",
    "Make the lists from `lengths`: [-0.1] * n for n in lengths, for instance.",
    "你的句子长度符合要求吗？",
    "一个文本符合；换一个文本，返回的还是同样的列表。",
    "由 `lengths` 造列表：例如对 lengths 里的每个 n 用 [-0.1] * n。")
def breaks_mean_perplexity_for_one_text(lengths):
    return breaks_mean_perplexity([2, 5] if lengths == [6, 2, 3] else [1, 4] if lengths == [7, 2, 4] else lengths)


@breaks_mean_perplexity.twin(
    "Do your sentences have the lengths that are asked for, and do the two measures disagree?",
    "They have them for one text, and there the first is better by both; for another text the same lists come out.",
    "Make the lists from `lengths`; give the first model one very bad sentence, the shortest, and let the second be even.",
    "你的句子长度符合要求吗？两种算法意见不同吗？",
    "一个文本的长度符合，但那里第一个按两种算法都更好；换一个文本，返回的还是同样的列表。",
    "由 `lengths` 造列表；让第一个模型有一句极差的，即最短的那句，第二个在所有句子上都一样。")
def breaks_mean_perplexity_with_a_better_first_for_one_text(lengths):
    return _pair([2, 5] if len(lengths) == 3 and lengths[0] == 6 else [1, 4] if len(lengths) == 3 else lengths, [-1.0], [-2.0])


@breaks_mean_perplexity.twin(
    "Do your sentences have the lengths that are asked for, and do the two measures disagree?",
    "They have them for one text, and there the second is better by both; for another text the same lists come out.",
    "Make the lists from `lengths`; give the first model one very bad sentence, the shortest, and let the second be even.",
    "你的句子长度符合要求吗？两种算法意见不同吗？",
    "一个文本的长度符合，但那里第二个按两种算法都更好；换一个文本，返回的还是同样的列表。",
    "由 `lengths` 造列表；让第一个模型有一句极差的，即最短的那句，第二个在所有句子上都一样。")
def breaks_mean_perplexity_with_a_better_second_for_one_text(lengths):
    return _pair([2, 5] if len(lengths) == 3 and lengths[0] == 6 else [1, 4] if len(lengths) == 3 else lengths, [-3.0], [-2.0])


@breaks_mean_perplexity.twin(
    "Do the two measures disagree about your models?",
    "Never: for two sentences the second is better by both, for three the first.",
    "Make all log p of the shortest sentence very bad for the first model, such as -5, and choose the second's between.",
    "两种算法对你的模型意见不同吗？",
    "从未不同：两个句子时第二个按两种算法都更好，三个句子时第一个都更好。",
    "让第一个模型在最短的句子上所有 log p 都很差，例如 -5，再把第二个取在中间。")
def breaks_mean_perplexity_second_then_first(lengths):
    return _pair(lengths, *(([-3.0], [-2.0]) if len(lengths) == 2 else ([-1.0], [-2.0])))


@breaks_mean_perplexity.twin(
    "Do the two measures disagree about your models?",
    "Never: for two sentences the first is better by both, for three the second.",
    "Make all log p of the shortest sentence very bad for the first model, such as -5, and choose the second's between.",
    "两种算法对你的模型意见不同吗？",
    "从未不同：两个句子时第一个按两种算法都更好，三个句子时第二个都更好。",
    "让第一个模型在最短的句子上所有 log p 都很差，例如 -5，再把第二个取在中间。")
def breaks_mean_perplexity_first_then_second(lengths):
    return _pair(lengths, *(([-3.0], [-2.0]) if len(lengths) == 3 else ([-1.0], [-2.0])))


# --- nnlm_hidden ---

E_ = [[0.3, -0.7], [1.1, 0.2], [-0.4, 0.9], [0.6, 0.5], [-1.2, -0.1]]
W_ = [[0.5, -0.3, 0.8, 0.1], [-0.6, 0.4, 0.2, -0.9], [0.7, 0.3, -0.5, 0.6]]


@lab.hole(cases=[[array([[4, 1], [0, 0], [2, 3], [1, 4], [3, 2]]), tensor(E_), tensor(W_), tensor([0.1, -0.2, 0.4])],
                 [array([[2, 0, 3]]), tensor(E_), tensor([[0.2, 0.9, -0.4, 0.7, 0.3, -0.8], [1.0, -0.5, 0.6, 0.1, -0.2, 0.4]]),
                  tensor([0.5, -1.0])]],
          more=[[array([[3, 0], [1, 1], [4, 2]]), tensor(E_), tensor([x[::-1] for x in W_]), tensor([-0.3, 0.6, 0.2])],
                [array([[1, 4, 2], [0, 3, 3]]), tensor(E_),
                 tensor([[0.6, -0.2, 0.4, 0.9, -0.7, 0.3], [0.1, 0.8, -0.5, 0.2, 0.7, -0.6]]), tensor([0.2, -0.4])]],
          forbidden=["tinydawn.models.nnlm:NNLM.features"])
def nnlm_hidden(contexts, E, W, b):
    x = step("[e_1; ...; e_n]", E[contexts].reshape(len(contexts), -1))
    return td.tanh(step("W x + b", x @ W.T + b))


def _embedded(contexts, E):
    return E[contexts].reshape(len(contexts), -1)


@nnlm_hidden.twin(
    "Is every number between -1 and 1?",
    "The tanh is missing: without it the two layers are one linear map.",
    "h = tanh(W x + b).",
    "每个数都在 -1 和 1 之间吗？",
    "少了 tanh：没有它，两层合起来只是一个线性映射。",
    "h = tanh(W x + b)。")
def nnlm_hidden_linear(contexts, E, W, b):
    return _embedded(contexts, E) @ W.T + b


@nnlm_hidden.twin(
    "Is any number below 0?",
    "This is the sigmoid.",
    "Bengio's model, and the formula here, have tanh.",
    "有小于 0 的数吗？",
    "这是 sigmoid。",
    "Bengio 的模型和这里的公式用的是 tanh。")
def nnlm_hidden_by_sigmoid(contexts, E, W, b):
    return td.sigmoid(_embedded(contexts, E) @ W.T + b)


@nnlm_hidden.twin(
    "Is any number below 0?",
    "This is relu.",
    "Bengio's model, and the formula here, have tanh.",
    "有小于 0 的数吗？",
    "这是 relu。",
    "Bengio 的模型和这里的公式用的是 tanh。")
def nnlm_hidden_by_relu(contexts, E, W, b):
    return td.relu(_embedded(contexts, E) @ W.T + b)


@nnlm_hidden.twin(
    "Is b used?",
    "It is not: this is tanh(W x).",
    "h = tanh(W x + b).",
    "用到 b 了吗？",
    "没有：这是 tanh(W x)。",
    "h = tanh(W x + b)。")
def nnlm_hidden_without_b(contexts, E, W, b):
    return td.tanh(_embedded(contexts, E) @ W.T)


@nnlm_hidden.twin(
    "What is inside of tanh?",
    "Only W x: b is added after it.",
    "h = tanh(W x + b): first everything linear, then tanh.",
    "tanh 里面是什么？",
    "只有 W x：b 是在它之后加的。",
    "h = tanh(W x + b)：先算完线性的部分，再取 tanh。")
def nnlm_hidden_with_b_outside(contexts, E, W, b):
    return td.tanh(_embedded(contexts, E) @ W.T) + b


@nnlm_hidden.twin(
    "What is tanh taken of?",
    "Of the embeddings: W and b come after it.",
    "x is the embeddings as they are; tanh comes last.",
    "tanh 取在什么上？",
    "取在嵌入上：W 和 b 在它之后。",
    "x 就是嵌入本身；tanh 在最后。")
def nnlm_hidden_with_tanh_first(contexts, E, W, b):
    return td.tanh(_embedded(contexts, E)) @ W.T + b


@nnlm_hidden.twin(
    "Which word's embedding stands first in x?",
    "That of the nearest word: the context is back to front.",
    "e_1 belongs to the first column of contexts.",
    "x 里排在最前的是哪个词的嵌入？",
    "是最近的词：上文前后颠倒了。",
    "e_1 属于 contexts 的第一列。")
def nnlm_hidden_from_the_nearest(contexts, E, W, b):
    return td.tanh(_embedded(contexts[:, ::-1].copy(), E) @ W.T + b)


@nnlm_hidden.twin(
    "Write down x for one context: which numbers stand side by side?",
    "The first numbers of all its words, then the second ones: words and features are swapped.",
    "First all of e_1, then all of e_2: E[contexts] is (N, n, d), and its last two axes are joined as they are.",
    "写出一个上文的 x：哪些数挨在一起？",
    "先是各词的第一个数，再是各词的第二个数：词和特征交换了。",
    "先是整个 e_1，再是整个 e_2：E[contexts] 是 (N, n, d)，把后两个轴原样合并。")
def nnlm_hidden_by_features(contexts, E, W, b):
    x = E[contexts].transpose(1, 2).reshape(len(contexts), -1)
    return td.tanh(x @ W.T + b)


@nnlm_hidden.twin(
    "Does a row of x hold one context?",
    "It does not: the embeddings of several contexts are mixed, as if the first axis were that of the words in a context.",
    "A row for each context: (N, n, d) becomes (N, n d). A transpose in between mixes the rows.",
    "x 的一行是一个上文吗？",
    "不是：几个上文的嵌入混在一起，好像第一个轴是上文里的词。",
    "每个上文一行：(N, n, d) 变成 (N, n d)。中间若有转置，行就混了。")
def nnlm_hidden_of_mixed_rows(contexts, E, W, b):
    x = E[contexts.T.copy()].reshape(len(contexts), -1)
    return td.tanh(x @ W.T + b)


@nnlm_hidden.twin(
    "The numbers are right. What reaches E on the way back?",
    "Nothing: the embeddings are taken out of E with NumPy, and so they are never trained.",
    "E[contexts] of the Tensor E: an array of ids takes its rows, and the graph remembers which.",
    "数是对的。往回走时，什么能到达 E？",
    "什么也没有：嵌入是用 NumPy 从 E 取出来的，所以永远得不到训练。",
    "用张量 E 的 E[contexts]：编号的数组取出它的行，计算图记得取了哪些。")
def nnlm_hidden_without_a_gradient_for_e(contexts, E, W, b):
    x = td.tensor(E.numpy()[contexts].reshape(len(contexts), -1))
    return td.tanh(x @ W.T + b)


@nnlm_hidden.twin(
    "The numbers are right. What reaches the weights on the way back?",
    "It is computed in NumPy, so there is no graph, and nothing gets a gradient.",
    "Use td.tanh and the Tensors' own methods.",
    "数是对的。往回走时，什么能到达权重？",
    "这是用 NumPy 算的，没有计算图，谁也得不到梯度。",
    "请用 td.tanh 和张量自己的方法。")
def nnlm_hidden_in_numpy(contexts, E, W, b):
    return np.tanh(E.numpy()[contexts].reshape(len(contexts), -1) @ W.numpy().T + b.numpy())


@nnlm_hidden.twin(
    "Does the order of the words in a context matter?",
    "It does not here: the mean of the embeddings is taken, and stands in each place of x.",
    "x has the embeddings one after another, so that W can treat each place differently.",
    "上文里词的顺序有影响吗？",
    "这里没有：取了嵌入的平均，放在 x 的每个位置。",
    "x 是嵌入一个接一个，这样 W 才能对每个位置区别对待。")
def nnlm_hidden_of_a_mean(contexts, E, W, b):
    x = E[contexts].mean(axis=1)
    return td.tanh(td.cat([x] * contexts.shape[1], axis=1) @ W.T + b)


@nnlm_hidden.twin(
    "Does a row of x hold one context?",
    "It does not: a reshape to (n d, N) and a transpose mix the embeddings of all contexts.",
    "The first axis stays: reshape(N, n d), and no transpose.",
    "x 的一行是一个上文吗？",
    "不是：先 reshape 成 (n d, N) 再转置，把所有上文的嵌入混在了一起。",
    "第一个轴不动：reshape(N, n d)，不要转置。")
def nnlm_hidden_turned_on_its_side(contexts, E, W, b):
    x = E[contexts].reshape(-1, len(contexts)).T
    return td.tanh(x @ W.T + b)


@nnlm_hidden.twin(
    "Do the units of a row add up to 1?",
    "They do: this is a softmax.",
    "The softmax is for the last layer; here each unit is by itself, tanh(W x + b).",
    "一行的各单元加起来是 1 吗？",
    "是：这是 softmax。",
    "softmax 属于最后一层；这里各单元独立，tanh(W x + b)。")
def nnlm_hidden_by_softmax(contexts, E, W, b):
    return td.softmax(_embedded(contexts, E) @ W.T + b, axis=1)


@nnlm_hidden.twin(
    "How often is tanh taken?",
    "Twice: of the embeddings too.",
    "x is the embeddings as they are: h = tanh(W x + b).",
    "tanh 取了几次？",
    "两次：对嵌入也取了。",
    "x 就是嵌入本身：h = tanh(W x + b)。")
def nnlm_hidden_with_tanh_twice(contexts, E, W, b):
    return td.tanh(td.tanh(_embedded(contexts, E)) @ W.T + b)


@nnlm_hidden.twin(
    "How often is tanh taken of one unit?",
    "Once for each word, and these are added up.",
    "Once, of the sum of all: tanh(W x + b).",
    "一个单元取了几次 tanh？",
    "每个词各一次，然后相加。",
    "只取一次，取在全部之和上：tanh(W x + b)。")
def nnlm_hidden_with_a_tanh_for_each_word(contexts, E, W, b):
    d = E.shape[1]
    parts = [E[contexts[:, i].copy()] @ W[:, i * d:(i + 1) * d].T for i in range(contexts.shape[1])]
    return sum(td.tanh(x + b) for x in parts)


@nnlm_hidden.twin(
    "How often is b added?",
    "Once for each word of the context.",
    "Once: W x + b.",
    "b 加了几次？",
    "上文的每个词各加了一次。",
    "只加一次：W x + b。")
def nnlm_hidden_with_b_for_each_word(contexts, E, W, b):
    d = E.shape[1]
    parts = [E[contexts[:, i].copy()] @ W[:, i * d:(i + 1) * d].T for i in range(contexts.shape[1])]
    return td.tanh(sum(x + b for x in parts))


@nnlm_hidden.twin(
    "Which sign has b?",
    "It is taken off.",
    "W x + b.",
    "b 是什么符号？",
    "b 被减掉了。",
    "W x + b。")
def nnlm_hidden_minus_b(contexts, E, W, b):
    return td.tanh(_embedded(contexts, E) @ W.T - b)


@nnlm_hidden.twin(
    "Try a context of three words.",
    "Two are written out by hand, and x is too short for W.",
    "As many as contexts has columns: E[contexts] takes them all at once.",
    "试试三个词的上文。",
    "手写了两个词，x 对 W 来说太短。",
    "contexts 有几列就有几个：E[contexts] 一次全取。")
def nnlm_hidden_of_two_words(contexts, E, W, b):
    return td.tanh(td.cat([E[contexts[:, 0].copy()], E[contexts[:, 1].copy()]], axis=1) @ W.T + b)


@nnlm_hidden.twin(
    "Try a context of three words. And which word stands first?",
    "Two are written out by hand, the nearest first.",
    "As many as contexts has columns, in their order: E[contexts] takes them all at once.",
    "试试三个词的上文。还有，哪个词排在前？",
    "手写了两个词，而且最近的在前。",
    "contexts 有几列就有几个，按列的次序：E[contexts] 一次全取。")
def nnlm_hidden_of_two_words_from_the_nearest(contexts, E, W, b):
    return td.tanh(td.cat([E[contexts[:, -1].copy()], E[contexts[:, 0].copy()]], axis=1) @ W.T + b)


@nnlm_hidden.twin(
    "Is any number below 0?",
    "A relu comes after the tanh.",
    "tanh alone: h = tanh(W x + b).",
    "有小于 0 的数吗？",
    "tanh 之后又取了 relu。",
    "只要 tanh：h = tanh(W x + b)。")
def nnlm_hidden_with_relu_after_tanh(contexts, E, W, b):
    return td.relu(td.tanh(_embedded(contexts, E) @ W.T + b))


# --- class_log_p ---

H_ = [[0.7, -1.1], [0.2, 0.5], [-0.9, 0.4], [1.3, 0.8]]
U_ = [[0.6, -0.2], [-0.5, 0.9], [0.3, 0.4]]
WORDS_ = [[0.4, -0.8], [1.2, 0.3], [-0.7, 0.5], [0.1, 1.1], [-0.3, -0.6], [0.9, -0.4], [0.2, 0.7]]
CLASSES_ = [2, 0, 1, 0, 2, 0, 1]


@lab.hole(cases=[[tensor(H_), array([3, 0, 6, 5]), array(CLASSES_), tensor(U_), tensor(WORDS_)],
                 [tensor([[900.0, -300.0]]), array([4]), array(CLASSES_), tensor(U_), tensor(WORDS_)],
                 [tensor(H_[:2]), array([4, 1]), array([1, 1, 0, 2, 3]), tensor([*U_, [0.8, -0.7]]), tensor(WORDS_[:5])]],
          more=[[tensor(H_[::-1]), array([5, 6, 0, 2]), array([1, 0, 2, 2, 0, 1, 1]), tensor(U_), tensor(WORDS_)],
                [tensor([[-800.0, 500.0]]), array([2]), array([1, 0, 2, 2, 0, 1, 1]), tensor(U_), tensor(WORDS_)],
                [tensor(H_[2:]), array([3, 4]), array([0, 2, 2, 1, 3]), tensor([*U_, [0.5, -0.4]]), tensor(WORDS_[2:])]],
          forbidden=["class_cross_entropy", "tinydawn.models.nnlm:ClassSoftmax.forward",
                     "tinydawn.models.nnlm:ClassSoftmax.log_probs"])
def class_log_p(h, words, classes, U, W):
    rows = np.arange(len(words))
    own = classes[words]
    log_class = step("log P(c | h)", F.log_softmax(h @ U.T, axis=1)[rows, own])
    outside = classes[None, :] != own[:, None]
    logits = (h @ W.T).masked_fill(outside, -np.inf)
    return log_class + step("log P(w | c, h)", F.log_softmax(logits, axis=1)[rows, words])


def _log_class(h, words, classes, U, axis=1):
    return F.log_softmax(h @ U.T, axis=axis)[np.arange(len(words)), classes[words]]


def _log_word(h, words, classes, W, own=None, axis=1):
    """log P(w | c, h), or with another class than the word's own."""
    outside = classes[None, :] != (classes[words] if own is None else own)[:, None]
    return F.log_softmax((h @ W.T).masked_fill(outside, -np.inf), axis=axis)[np.arange(len(words)), words]


@class_log_p.twin(
    "Add up P(w | h) over all words w: is it 1?",
    "It is less: the second softmax goes over all V words, and not over those of the class.",
    "P(w | c, h) is a distribution over the words of c alone. Logits of other classes must not count: -inf before the softmax.",
    "对所有词 w 把 P(w | h) 加起来：是 1 吗？",
    "小于 1：第二个 softmax 取在全部 V 个词上，而不是该类的词上。",
    "P(w | c, h) 是只在 c 类的词上的分布。别的类的 logit 不能算：softmax 之前填 -inf。")
def class_log_p_over_all_words(h, words, classes, U, W):
    return _log_class(h, words, classes, U) + F.log_softmax(h @ W.T, axis=1)[np.arange(len(words)), words]


@class_log_p.twin(
    "Is U used?",
    "It is not: this is log P(w | c, h), as if the class were known.",
    "log P(w | h) = log P(c | h) + log P(w | c, h).",
    "用到 U 了吗？",
    "没有：这是 log P(w | c, h)，好像类是已知的。",
    "log P(w | h) = log P(c | h) + log P(w | c, h)。")
def class_log_p_of_the_word_alone(h, words, classes, U, W):
    return _log_word(h, words, classes, W)


@class_log_p.twin(
    "Do two words of one class get the same?",
    "They do: this is log P(c | h) alone.",
    "log P(w | h) = log P(c | h) + log P(w | c, h).",
    "同一类的两个词得到的一样吗？",
    "一样：这只是 log P(c | h)。",
    "log P(w | h) = log P(c | h) + log P(w | c, h)。")
def class_log_p_of_the_class_alone(h, words, classes, U, W):
    return _log_class(h, words, classes, U)


@class_log_p.twin(
    "Are classes used?",
    "They are not: this is one softmax over all V words.",
    "Two softmaxes: one over the classes with U, one over the words of the class with W.",
    "用到类了吗？",
    "没有：这是全部 V 个词上的一个 softmax。",
    "要两个 softmax：用 U 在类上取一个，用 W 在该类的词上取一个。")
def class_log_p_without_classes(h, words, classes, U, W):
    return F.log_softmax(h @ W.T, axis=1)[np.arange(len(words)), words]


@class_log_p.twin(
    "Can a log p be above 0?",
    "This is -log P(w | h).",
    "log P is at most 0; the minus comes with the loss.",
    "log p 会大于 0 吗？",
    "这是 -log P(w | h)。",
    "log P 最多是 0；负号属于损失。")
def class_log_p_with_the_other_sign(h, words, classes, U, W):
    return -(_log_class(h, words, classes, U) + _log_word(h, words, classes, W))


@class_log_p.twin(
    "What becomes of a product when the logarithm is taken?",
    "The two logarithms are multiplied.",
    "log(a b) = log a + log b.",
    "乘积取对数之后变成什么？",
    "把两个对数乘了起来。",
    "log(a b) = log a + log b。")
def class_log_p_of_multiplied_logarithms(h, words, classes, U, W):
    return _log_class(h, words, classes, U) * _log_word(h, words, classes, W)


@class_log_p.twin(
    "Is it P(c | h) times P(w | c, h), or one divided by the other?",
    "The second logarithm is taken off.",
    "log(a b) = log a + log b.",
    "是 P(c | h) 乘以 P(w | c, h)，还是相除？",
    "减去了第二个对数。",
    "log(a b) = log a + log b。")
def class_log_p_of_a_quotient(h, words, classes, U, W):
    return _log_class(h, words, classes, U) - _log_word(h, words, classes, W)


@class_log_p.twin(
    "Is there a logarithm?",
    "This is the probability itself.",
    "log P(w | h) is asked for: for small probabilities P itself is 0.",
    "取对数了吗？",
    "这是概率本身。",
    "要的是 log P(w | h)：概率很小时，P 本身会成为 0。")
def class_p(h, words, classes, U, W):
    return td.exp(_log_class(h, words, classes, U) + _log_word(h, words, classes, W))


@class_log_p.twin(
    "Is it P(c | h) times P(w | c, h), or plus?",
    "The two probabilities are added, and the logarithm is taken of the sum.",
    "They are multiplied: the word must be in the class *and* be this one of it.",
    "是 P(c | h) 乘以 P(w | c, h)，还是相加？",
    "两个概率相加之后再取对数。",
    "应相乘：词要在这个类里，*并且*是其中这一个。")
def class_log_p_of_a_sum(h, words, classes, U, W):
    return td.log(td.exp(_log_class(h, words, classes, U)) + td.exp(_log_word(h, words, classes, W)))


@class_log_p.twin(
    "Try a large h.",
    "A probability is 0 to the last digit, and log 0 is -inf.",
    "Take log_softmax of the logits, and add: no P is ever formed.",
    "试试很大的 h。",
    "有的概率已经是 0，而 log 0 是 -inf。",
    "对 logit 取 log_softmax 再相加：从不算出 P。")
def class_log_p_by_log_of_p(h, words, classes, U, W):
    rows = np.arange(len(words))
    outside = classes[None, :] != classes[words][:, None]
    p = td.softmax((h @ W.T).masked_fill(outside, -np.inf), axis=1)[rows, words]
    return td.log(td.softmax(h @ U.T, axis=1)[rows, classes[words]] * p)


@class_log_p.twin(
    "Try a large h.",
    "exp of a large logit is infinite: the softmaxes are written out without the maximum taken off.",
    "F.log_softmax takes the maximum off by itself.",
    "试试很大的 h。",
    "很大的 logit 取 exp 是无穷大：softmax 是直接写出来的，没有减去最大值。",
    "F.log_softmax 自己会减去最大值。")
def class_log_p_that_overflows(h, words, classes, U, W):
    rows = np.arange(len(words))
    c = td.exp(h @ U.T)
    same = classes[None, :] == classes[words][:, None]
    w = td.exp(h @ W.T) * same.astype(float)
    return td.log(c[rows, classes[words]] / c.sum(axis=1) * w[rows, words] / w.sum(axis=1))


@class_log_p.twin(
    "What is the probability of a word of another class in the second softmax?",
    "It is not 0: the logits of other classes are made 0, and exp(0) is 1.",
    "exp(-inf) is 0: fill with -np.inf before the softmax.",
    "在第二个 softmax 里，别的类的词概率是多少？",
    "不是 0：别的类的 logit 被设成 0，而 exp(0) 是 1。",
    "exp(-inf) 才是 0：softmax 之前填 -np.inf。")
def class_log_p_with_zeros(h, words, classes, U, W):
    same = classes[None, :] == classes[words][:, None]
    log_w = F.log_softmax((h @ W.T) * same.astype(float), axis=1)
    return _log_class(h, words, classes, U) + log_w[np.arange(len(words)), words]


@class_log_p.twin(
    "Which words are left in the second softmax?",
    "All but those of the class: the mask is turned around.",
    "masked_fill fills where the mask is True: it must be True for words of *other* classes.",
    "第二个 softmax 里留下了哪些词？",
    "除了该类以外的所有词：遮罩反了。",
    "masked_fill 填的是遮罩为 True 的地方：*别的*类的词处应为 True。")
def class_log_p_with_the_mask_turned_around(h, words, classes, U, W):
    same = classes[None, :] == classes[words][:, None]
    log_w = F.log_softmax((h @ W.T).masked_fill(same, -np.inf), axis=1)
    return _log_class(h, words, classes, U) + log_w[np.arange(len(words)), words]


@class_log_p.twin(
    "How many numbers come out for N words?",
    "N x N: [:, words] takes for each h the words of all.",
    "One entry of each row: [np.arange(N), words].",
    "N 个词得到几个数？",
    "N x N 个：[:, words] 对每个 h 都取了所有的词。",
    "每行取一个元素：[np.arange(N), words]。")
def class_log_p_of_all_columns(h, words, classes, U, W):
    outside = classes[None, :] != classes[words][:, None]
    log_w = F.log_softmax((h @ W.T).masked_fill(outside, -np.inf), axis=1)
    return F.log_softmax(h @ U.T, axis=1)[:, classes[words]] + log_w[:, words]


@class_log_p.twin(
    "How many numbers come out for N words?",
    "One: the mean, or with a minus the loss.",
    "One log P for each of the N words, shape (N,): the perplexity needs them all.",
    "N 个词得到几个数？",
    "一个：平均值。",
    "N 个词各要一个 log P，形状 (N,)：算困惑度时每个都要。")
def class_log_p_on_average(h, words, classes, U, W):
    return (_log_class(h, words, classes, U) + _log_word(h, words, classes, W)).mean()


@class_log_p.twin(
    "How many numbers come out for N words?",
    "One, with a minus: the loss of the batch.",
    "One log P for each of the N words, shape (N,), without a minus.",
    "N 个词得到几个数？",
    "一个，还带负号：这是批的损失。",
    "N 个词各要一个 log P，形状 (N,)，不带负号。")
def class_log_p_as_a_loss(h, words, classes, U, W):
    return -(_log_class(h, words, classes, U) + _log_word(h, words, classes, W)).mean()


@class_log_p.twin(
    "Which class is the word's?",
    "The class that h finds likeliest is taken, and not that of the word.",
    "The class of word w is classes[w], whatever h says.",
    "词的类是哪个？",
    "取的是 h 认为最可能的类，而不是这个词的类。",
    "词 w 的类是 classes[w]，与 h 怎么说无关。")
def class_log_p_of_the_likeliest_class(h, words, classes, U, W):
    log_c = F.log_softmax(h @ U.T, axis=1)
    best = log_c.numpy().argmax(axis=1)
    return log_c[np.arange(len(words)), best] + _log_word(h, words, classes, W)


@class_log_p.twin(
    "Which number of the first softmax is taken?",
    "That with the number of the word, of which there are more than classes.",
    "The class of each word is classes[words]: [np.arange(N), classes[words]].",
    "从第一个 softmax 里取的是第几个数？",
    "用了词的编号，而词比类多。",
    "每个词的类是 classes[words]：[np.arange(N), classes[words]]。")
def class_log_p_with_words_for_classes(h, words, classes, U, W):
    return F.log_softmax(h @ U.T, axis=1)[np.arange(len(words)), words] + _log_word(h, words, classes, W)


@class_log_p.twin(
    "Which way does the first softmax go?",
    "Over the batch: the probabilities of one class add up to 1 over the examples.",
    "Over the classes, axis=1.",
    "第一个 softmax 沿哪个方向？",
    "沿着批：一个类的概率在各样本上加起来是 1。",
    "沿着类，axis=1。")
def class_log_p_over_the_batch(h, words, classes, U, W):
    return _log_class(h, words, classes, U, axis=0) + _log_word(h, words, classes, W)


@class_log_p.twin(
    "Do the words of one class differ?",
    "They all get the same share, one over the size of the class.",
    "P(w | c, h) is a softmax of W h over the words of the class.",
    "同一类里的词有区别吗？",
    "它们份额相同，都是类大小的倒数。",
    "P(w | c, h) 是 W h 在该类的词上的 softmax。")
def class_log_p_with_even_shares(h, words, classes, U, W):
    sizes = np.bincount(classes)[classes[words]]
    return _log_class(h, words, classes, U) - np.log(sizes)


@class_log_p.twin(
    "The numbers are right. What reaches h on the way back?",
    "It is computed in NumPy, so there is no graph: nothing can be trained.",
    "Use F.log_softmax and the Tensors' own methods.",
    "数是对的。往回走时，什么能到达 h？",
    "这是用 NumPy 算的，没有计算图：什么也训练不了。",
    "请用 F.log_softmax 和张量自己的方法。")
def class_log_p_in_numpy(h, words, classes, U, W):
    with td.no_grad():
        return (_log_class(h, words, classes, U) + _log_word(h, words, classes, W)).numpy()


@class_log_p.twin(
    "Which word of its class is taken?",
    "Always the first: the place of the word within its class is not looked up.",
    "Either leave all V columns and fill the others with -inf, or find which of the class's words it is.",
    "取的是该类里的哪个词？",
    "总是第一个：没有查这个词在类里排第几。",
    "要么保留全部 V 列，把别的填成 -inf；要么查出它是该类里的哪一个。")
def class_log_p_of_the_first(h, words, classes, U, W):
    first = np.array([np.flatnonzero(classes == c)[0] for c in classes[words]])
    return _log_class(h, words, classes, U) + _log_word(h, first, classes, W)


@class_log_p.twin(
    "How many numbers come out for N words?",
    "One: the sum over the batch.",
    "One log P for each of the N words, shape (N,).",
    "N 个词得到几个数？",
    "一个：对批求和。",
    "N 个词各要一个 log P，形状 (N,)。")
def class_log_p_in_all(h, words, classes, U, W):
    return (_log_class(h, words, classes, U) + _log_word(h, words, classes, W)).sum()


@class_log_p.twin(
    "How many numbers come out for N words, and over which words does the second softmax go?",
    "One, a mean, and the second softmax goes over all V words: two cross-entropies of the whole batch.",
    "N numbers, and before the second softmax -inf for all words of other classes.",
    "N 个词得到几个数？第二个 softmax 取在哪些词上？",
    "一个平均值，而且第二个 softmax 取在全部 V 个词上：这是整个批的两个交叉熵。",
    "要 N 个数，并且在第二个 softmax 之前把别的类的词都填成 -inf。")
def class_log_p_by_two_losses(h, words, classes, U, W):
    log_w = F.log_softmax(h @ W.T, axis=1)[np.arange(len(words)), words]
    return _log_class(h, words, classes, U).mean() + log_w.mean()


@class_log_p.twin(
    "Which words are left in the second softmax?",
    "Only the word itself, whose probability is 1 then.",
    "All words of its class: classes[None, :] == classes[words][:, None].",
    "第二个 softmax 里留下了哪些词？",
    "只有这个词自己，它的概率就成了 1。",
    "留下同类的所有词：classes[None, :] == classes[words][:, None]。")
def class_log_p_with_only_the_word_left(h, words, classes, U, W):
    rows = np.arange(len(words))
    others = np.arange(len(classes))[None, :] != words[:, None]
    return _log_class(h, words, classes, U) + F.log_softmax((h @ W.T).masked_fill(others, -np.inf), axis=1)[rows, words]


@class_log_p.twin(
    "The numbers are right. What are they in?",
    "They are in a list of Tensors.",
    "One Tensor (N,): td.stack(list) makes it.",
    "数是对的。它们装在什么里？",
    "装在张量的列表里。",
    "要一个张量 (N,)：td.stack(列表) 就能得到。")
def class_log_p_in_a_list(h, words, classes, U, W):
    return list(_log_class(h, words, classes, U) + _log_word(h, words, classes, W))


@class_log_p.twin(
    "Whose class is looked up: that of words[i], or that of word number i?",
    "That of word number i: classes[i].",
    "The class of the i-th word is classes[words[i]].",
    "查的是 words[i] 的类，还是 i 号词的类？",
    "是 i 号词的：classes[i]。",
    "第 i 个词的类是 classes[words[i]]。")
def class_log_p_of_the_classes_of_the_first_words(h, words, classes, U, W):
    own = classes[:len(words)]
    return F.log_softmax(h @ U.T, axis=1)[np.arange(len(words)), own] + _log_word(h, words, classes, W)


@class_log_p.twin(
    "Add up P(w | h) over one class: is it P(c | h)?",
    "It is not: scores of class and word are added, and one softmax goes over all V words.",
    "Two softmaxes, each with a sum of its own; their logarithms are added after that.",
    "在一个类里把 P(w | h) 加起来：等于 P(c | h) 吗？",
    "不等：类和词的分数先相加，再在全部 V 个词上取一个 softmax。",
    "要两个 softmax，各有自己的分母；之后才把对数相加。")
def class_log_p_of_one_softmax(h, words, classes, U, W):
    rows = np.arange(len(words))
    return F.log_softmax(F.log_softmax(h @ U.T, axis=1)[:, classes] + h @ W.T, axis=1)[rows, words]


@class_log_p.twin(
    "Add up P(w | c, h) over the words of c: is it 1?",
    "The second term is the word's logit: there is no softmax.",
    "F.log_softmax of the logits that are left, along axis=1.",
    "在 c 类的词上把 P(w | c, h) 加起来：是 1 吗？",
    "第二项是这个词的 logit：没有取 softmax。",
    "对留下的 logit 沿 axis=1 取 F.log_softmax。")
def class_log_p_with_a_logit_of_the_word(h, words, classes, U, W):
    rows = np.arange(len(words))
    z = (h @ W.T).masked_fill(classes[None, :] != classes[words][:, None], -np.inf)
    return _log_class(h, words, classes, U) + z[rows, words]


@class_log_p.twin(
    "Add up P(c | h) over the classes: is it 1?",
    "The first term is the class's logit: there is no softmax.",
    "F.log_softmax(h @ U.T, axis=1).",
    "对所有类把 P(c | h) 加起来：是 1 吗？",
    "第一项是类的 logit：没有取 softmax。",
    "F.log_softmax(h @ U.T, axis=1)。")
def class_log_p_with_a_logit_of_the_class(h, words, classes, U, W):
    return (h @ U.T)[np.arange(len(words)), classes[words]] + _log_word(h, words, classes, W)


@class_log_p.twin(
    "Are both terms logarithms?",
    "The second is a probability.",
    "log P(c | h) + log P(w | c, h): F.log_softmax both times.",
    "两项都是对数吗？",
    "第二项是概率。",
    "log P(c | h) + log P(w | c, h)：两次都用 F.log_softmax。")
def class_log_p_plus_p(h, words, classes, U, W):
    return _log_class(h, words, classes, U) + td.exp(_log_word(h, words, classes, W))


@class_log_p.twin(
    "Are both terms logarithms?",
    "Neither is: two probabilities are added.",
    "Logarithms are added, probabilities multiplied.",
    "两项都是对数吗？",
    "都不是：把两个概率加了起来。",
    "对数才相加，概率要相乘。")
def class_p_plus_p(h, words, classes, U, W):
    return td.exp(_log_class(h, words, classes, U)) + td.exp(_log_word(h, words, classes, W))


@class_log_p.twin(
    "How often is a softmax taken of h U?",
    "Twice: log_softmax of a finished softmax, which is nearly even.",
    "log_softmax takes logits: F.log_softmax(h @ U.T, axis=1).",
    "对 h U 取了几次 softmax？",
    "两次：对算好的 softmax 又取了 log_softmax，结果几乎是均匀的。",
    "log_softmax 要的是 logit：F.log_softmax(h @ U.T, axis=1)。")
def class_log_p_of_softmax_twice(h, words, classes, U, W):
    twice = F.log_softmax(td.softmax(h @ U.T, axis=1), axis=1)
    return twice[np.arange(len(words)), classes[words]] + _log_word(h, words, classes, W)


@class_log_p.twin(
    "Which way does the second softmax go?",
    "Over the batch.",
    "Over the words, axis=1.",
    "第二个 softmax 沿哪个方向？",
    "沿着批。",
    "沿着词，axis=1。")
def class_log_p_with_words_over_the_batch(h, words, classes, U, W):
    return _log_class(h, words, classes, U) + _log_word(h, words, classes, W, axis=0)


@class_log_p.twin(
    "Try a large h, and look at the gradient.",
    "exp of a large logit of another class is infinite; where leaves it out, but on the way back infinity times 0 is nan.",
    "Fill with -np.inf before exp, and let F.log_softmax take the maximum off.",
    "试试很大的 h，看看梯度。",
    "别的类有很大的 logit，exp 是无穷大；where 虽然去掉了它，往回走时无穷大乘 0 却是 nan。",
    "在取 exp 之前填 -np.inf，并让 F.log_softmax 减去最大值。")
def class_log_p_by_exp_and_where(h, words, classes, U, W):
    rows = np.arange(len(words))
    z = h @ W.T
    total = td.where(classes[None, :] == classes[words][:, None], td.exp(z), 0.0).sum(axis=1)
    return _log_class(h, words, classes, U) + z[rows, words] - td.log(total)


@class_log_p.twin(
    "What becomes of a product when the logarithm is taken? And over which words does the second softmax go?",
    "The two logarithms are multiplied, and the second softmax goes over all V words.",
    "log(a b) = log a + log b; and -inf for the words of other classes before the second softmax.",
    "乘积取对数之后变成什么？第二个 softmax 取在哪些词上？",
    "把两个对数乘了起来，而且第二个 softmax 取在全部 V 个词上。",
    "log(a b) = log a + log b；第二个 softmax 之前把别的类的词填成 -inf。")
def class_log_p_of_multiplied_logarithms_over_all(h, words, classes, U, W):
    log_w = F.log_softmax(h @ W.T, axis=1)[np.arange(len(words)), words]
    return _log_class(h, words, classes, U) * log_w


@class_log_p.twin(
    "Which way do the softmaxes go?",
    "Both go over the batch, axis=0.",
    "Over classes and over words: axis=1. Rows are examples.",
    "两个 softmax 沿哪个方向？",
    "都沿着批，axis=0。",
    "沿着类和词：axis=1。行是样本。")
def class_log_p_both_over_the_batch(h, words, classes, U, W):
    return _log_class(h, words, classes, U, axis=0) + _log_word(h, words, classes, W, axis=0)


# --- rows_per_word ---

@lab.hole(cases=[[array([2, 0, 1, 0, 2, 0, 1, 0]), array([9.0, 1.0, 4.0, 0.0, 7.0, 2.0, 1.0, 1.0])],
                 [array([0, 0, 0]), array([5.0, 2.0, 4.0])], [array([0, 1, 2, 2, 2]), array([20.0, 6.0, 1.0, 2.0, 3.0])]],
          more=[[array([1, 1, 0, 2, 1, 2]), array([3.0, 8.0, 2.0, 1.0, 0.0, 5.0])], [array([0, 0]), array([1.0, 6.0])],
                [array([1, 0, 1, 1, 1]), array([30.0, 9.0, 2.0, 4.0, 1.0])]])
def rows_per_word(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * (len(sizes) + sizes[classes])).sum() / counts.sum())


@rows_per_word.twin(
    "Is a frequent word predicted as often as a rare one?",
    "Here it is: this is the mean over the vocabulary, and `counts` is not used.",
    "The mean over the text: each word counts as often as it occurs.",
    "常见词和罕见词被预测的次数一样多吗？",
    "这里一样：这是对词表取平均，没有用到 `counts`。",
    "要对文本取平均：每个词出现几次就算几次。")
def rows_per_word_of_the_vocabulary(classes, counts):
    sizes = np.bincount(classes)
    return float((len(sizes) + sizes[classes]).mean())


@rows_per_word.twin(
    "Are the rows of U counted?",
    "They are not: this is the size of the word's class alone.",
    "The first softmax goes over all C classes: C rows of U, for every word.",
    "U 的行数算了吗？",
    "没有：这只是词所在类的大小。",
    "第一个 softmax 取在全部 C 个类上：每个词都要 U 的 C 行。")
def rows_per_word_without_classes(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * sizes[classes]).sum() / counts.sum())


@rows_per_word.twin(
    "How large is the class of a frequent word?",
    "V / C is taken for it: the size of a class on average.",
    "Each word has the size of its own class: that of frequent words may be small, and then most of the text is cheap.",
    "常见词所在的类有多大？",
    "用的是 V / C：类的平均大小。",
    "每个词用它自己的类的大小：常见词的类可以很小，那样大部分文本就很便宜。")
def rows_per_word_of_an_average_class(classes, counts):
    sizes = np.bincount(classes)
    return float(len(sizes) + len(classes) / len(sizes))


@rows_per_word.twin(
    "By what is divided?",
    "By nothing: these are the rows of the whole text.",
    "For each word on average: divide by counts.sum().",
    "除以了什么？",
    "没有除：这是整个文本用到的行数。",
    "要平均到每个词：除以 counts.sum()。")
def rows_of_the_whole_text(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * (len(sizes) + sizes[classes])).sum())


@rows_per_word.twin(
    "By what is divided?",
    "By the size of the vocabulary, V.",
    "The words of the text are counts.sum() many.",
    "除以了什么？",
    "除以了词表大小 V。",
    "文本的词数是 counts.sum()。")
def rows_per_word_over_v(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * (len(sizes) + sizes[classes])).sum() / len(counts))


@rows_per_word.twin(
    "How many classes are there?",
    "One fewer is counted: classes.max() is the number of the last one, and they begin with 0.",
    "C = classes.max() + 1.",
    "有多少个类？",
    "少算了一个：classes.max() 是最后一个的编号，而编号从 0 开始。",
    "C = classes.max() + 1。")
def rows_per_word_with_a_class_too_few(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * (classes.max() + sizes[classes])).sum() / counts.sum())


@rows_per_word.twin(
    "Is it C and the size of the class, or C times that?",
    "The two are multiplied.",
    "One softmax after the other: their rows are added.",
    "是 C 加上类的大小，还是相乘？",
    "两者被乘了起来。",
    "两个 softmax 一先一后：行数相加。")
def rows_per_word_multiplied(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * len(sizes) * sizes[classes]).sum() / counts.sum())


@rows_per_word.twin(
    "What is the size of a class?",
    "It is taken for how often its words occur, and not how many words it has.",
    "The rows of W are words: np.bincount(classes) says how many each class has.",
    "类的大小是什么？",
    "用的是类里的词一共出现多少次，而不是有多少个词。",
    "W 的一行是一个词：np.bincount(classes) 给出每类有多少个。")
def rows_per_word_by_mass(classes, counts):
    mass = np.bincount(classes, weights=counts)
    return float((counts * (len(mass) + mass[classes])).sum() / counts.sum())


@rows_per_word.twin(
    "Which class is taken for all words?",
    "The largest one: this is what a word costs at most.",
    "On average over the text: each word with the size of its own class.",
    "所有的词都用了哪个类？",
    "最大的那个：这是一个词最多要付的代价。",
    "要对文本取平均：每个词用自己的类的大小。")
def rows_per_word_at_most(classes, counts):
    sizes = np.bincount(classes)
    return float(len(sizes) + sizes.max())


@rows_per_word.twin(
    "How many numbers come out?",
    "One for each word of the vocabulary.",
    "One: their mean over the text, counts as weights.",
    "得到几个数？",
    "词表里每个词一个。",
    "要一个：以 counts 为权重，对文本取平均。")
def rows_of_each_word(classes, counts):
    sizes = np.bincount(classes)
    return len(sizes) + sizes[classes]


@rows_per_word.twin(
    "How many classes are there?",
    "len(classes) is taken for it, which is V: classes has an entry for each word.",
    "C = classes.max() + 1.",
    "有多少个类？",
    "用的是 len(classes)，而那是 V：classes 里每个词有一项。",
    "C = classes.max() + 1。")
def rows_per_word_with_v_classes(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * (len(classes) + sizes[classes])).sum() / counts.sum())


@rows_per_word.twin(
    "Where is a number of a word taken for the number of a class?",
    "counts[c] and the size of class c are put together, as if word number c were the one word of class c.",
    "The class of word w is classes[w]: sizes[classes[w]].",
    "哪里把词的编号当成了类的编号？",
    "counts[c] 和第 c 类的大小放在了一起，好像 c 号词就是第 c 类唯一的词。",
    "词 w 的类是 classes[w]：sizes[classes[w]]。")
def rows_per_word_by_the_wrong_number(classes, counts):
    sizes = np.bincount(classes, minlength=len(classes))
    return float((counts * (len(np.bincount(classes)) + sizes)).sum() / counts.sum())


@rows_per_word.twin(
    "By what is divided?",
    "By nothing: C and the rows of W for the whole text.",
    "C + the mean of the sizes over the text: divide by counts.sum().",
    "除以了什么？",
    "没有除：是 C 加上整个文本用到的 W 的行数。",
    "C + 类大小对文本的平均：要除以 counts.sum()。")
def rows_per_word_undivided(classes, counts):
    sizes = np.bincount(classes)
    return float(len(sizes) + (counts * sizes[classes]).sum())


@rows_per_word.twin(
    "What is the size of a class, and what is the mean over?",
    "The mass of a class is taken for its size, and the mean is over the classes.",
    "A class has np.bincount(classes) words; the mean is over the words of the text.",
    "类的大小是什么？平均对什么取？",
    "把类里的词一共出现的次数当成了大小，平均是对类取的。",
    "每类的词数是 np.bincount(classes)；平均对文本的词取。")
def rows_per_word_of_classes_by_mass(classes, counts):
    mass = np.bincount(classes, weights=counts)
    return float((len(mass) + mass).mean())


@rows_per_word.twin(
    "How many rows has U?",
    "C V are counted: C for each word of the vocabulary.",
    "For one word the first softmax needs C rows.",
    "U 有多少行？",
    "算成了 C V：词表里每个词各 C 行。",
    "对一个词，第一个 softmax 需要 C 行。")
def rows_per_word_with_c_for_each_word(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * sizes[classes]).sum() / counts.sum() + len(sizes) * len(classes))


@rows_per_word.twin(
    "How often is a class needed?",
    "The mean count of its words is taken.",
    "As often as all of its words occur together: the sum of their counts.",
    "一个类被用到几次？",
    "用的是类里词的平均次数。",
    "类里所有词一共出现几次，就用到几次：它们的次数之和。")
def rows_per_word_by_the_mean_count(classes, counts):
    sizes = np.bincount(classes)
    mean = np.bincount(classes, weights=counts) / sizes
    return float(len(sizes) + (mean * sizes).sum() / counts.sum())


@rows_per_word.twin(
    "Is C needed as often as a word occurs?",
    "C is added once for each word of the vocabulary, and then divided by the words of the text: a bracket is missing.",
    "counts * (C + sizes[classes]), or C + the mean of the sizes.",
    "词出现几次，C 就要算几次吗？",
    "C 对词表里的每个词只加了一次，却除以文本的词数：少了括号。",
    "counts * (C + sizes[classes])，或者 C + 大小的平均。")
def rows_per_word_with_c_undercounted(classes, counts):
    sizes = np.bincount(classes)
    return float((counts * sizes[classes] + len(sizes)).sum() / counts.sum())


@rows_per_word.twin(
    "How often does a word count?",
    "By the root of its frequency.",
    "The root is for making bins; the text has each word as often as counts says.",
    "一个词算几次？",
    "按频率的平方根。",
    "平方根是分箱时用的；文本里每个词就出现 counts 那么多次。")
def rows_per_word_by_roots(classes, counts):
    sizes = np.bincount(classes)
    root = np.sqrt(counts)
    return float(len(sizes) + (root * sizes[classes]).sum() / root.sum())


@rows_per_word.twin(
    "By what is divided?",
    "mean() divides by V, the size of the vocabulary.",
    "The text has counts.sum() words.",
    "除以了什么？",
    "mean() 除以的是词表大小 V。",
    "文本有 counts.sum() 个词。")
def rows_per_word_by_mean_of_products(classes, counts):
    sizes = np.bincount(classes)
    return float(len(sizes) + (counts * sizes[classes]).mean())


@rows_per_word.twin(
    "What is the size of a class?",
    "The share of the text that its words make up is taken for it.",
    "Rows of W are words: np.bincount(classes), without weights.",
    "类的大小是什么？",
    "用的是类里的词占文本的比例。",
    "W 的一行是一个词：np.bincount(classes)，不加权重。")
def rows_per_word_by_squared_shares(classes, counts):
    sizes = np.bincount(classes)
    share = np.bincount(classes, weights=counts) / counts.sum()
    return float(len(sizes) + (share ** 2).sum())


@rows_per_word.twin(
    "What does `for w in classes` go through?",
    "Through the numbers of classes, and counts[w] is then the count of another word.",
    "for w in range(len(classes)): the word is w, its class classes[w].",
    "`for w in classes` 遍历的是什么？",
    "是类的编号，于是 counts[w] 成了别的词的次数。",
    "for w in range(len(classes))：词是 w，它的类是 classes[w]。")
def rows_per_word_in_a_loop_over_classes(classes, counts):
    sizes = np.bincount(classes)
    return float(sum((len(sizes) + sizes[c]) * counts[c] for c in classes) / counts.sum())


@rows_per_word.twin(
    "What is the size of a class?",
    "counts[classes] is taken for it, which is how often some word occurs.",
    "How many words have this class: np.bincount(classes)[classes].",
    "类的大小是什么？",
    "用的是 counts[classes]，那是某个词出现的次数。",
    "有多少个词属于这一类：np.bincount(classes)[classes]。")
def rows_per_word_with_counts_for_sizes(classes, counts):
    return float((counts * (classes.max() + 1 + counts[classes])).sum() / counts.sum())
