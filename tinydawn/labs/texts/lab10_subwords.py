# %% [markdown] en
# # Lab 10: subwords and context
#
# What does a language model read, and what does it know of a word? It reads pieces of words: you
# write byte-pair encoding, which finds them, and spell words by it that nobody has seen before.
# And what it knows of a word depends on the sentence: you write ELMo's two language models, one
# from each side, and the mix of their layers. At the end you see merges of your own, and a small
# classifier understands reviews of which no bag of words can tell praise from blame. About 90
# minutes, with the reading.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it. One hole
# asks for something else: an input that gives a bad language model away. (The notes have ELMo
# first, and then the pieces. Here the pieces come first: the language models read them.)

# %% [markdown] zh
# # 实验 10：子词与语境
#
# 语言模型读的是什么？它对一个词又知道些什么？它读的是词的片段：你要写出找片段的字节对编码（BPE），
# 并用它拼写从未见过的词。而它对一个词的了解取决于句子：你要写出 ELMo 的两个语言模型（左右各一个），
# 以及各层的混合。最后你会看到自己学到的合并，还有一个小分类器，它能读懂任何词袋都分不清褒贬的评论。
# 连同阅读约 90 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。其中一个空要的不是
# 函数的实现，而是一个让坏语言模型露馅的输入。（讲义先讲 ELMo，再讲子词；这里先讲子词，因为语言
# 模型要读它。）

# %%
from collections import Counter
from itertools import pairwise

import numpy as np

import tinydawn as td
from tinydawn import labs, nn, optim
from tinydawn.labs.given import ReadsBothWays, merge_tree, reviews
from tinydawn.text.english import documents, words

# %% [markdown] en
# ## 1. Start with all characters
#
# The notes: (1) start with a vocabulary of all characters in the data. A text is kept as a table:
# each different word, spelled, and how often it comes. And as a merge must not lose where a word
# ends, its last character gets the mark `</w>`: "low" is `("l", "o", "w</w>")`, three symbols.
# Words are what stands between white space. (`Counter(x)` counts what is in a list of tuples.)

# %% [markdown] zh
# ## 1. 从所有字符开始
#
# 讲义：(1) 从数据中所有字符组成的词表开始。文本存成一张表：每个不同的词拼写出来，再加上它出现的次数。
# 合并时不能丢掉词的边界，所以词的最后一个字符带上记号 `</w>`：“low” 是 `("l", "o", "w</w>")`，
# 三个符号。空白之间的就是词。（`Counter(x)` 数出元组的列表里每样东西的个数。）

# %%
def spelled_words(text):
    """How often each word comes: a dict from tuples of symbols to whole numbers.

    text  a string
    """
    """每个词出现的次数：字典，键是符号的元组，值是整数。

    text  字符串
    """
    raise NotImplementedError

# %%
labs.check(spelled_words)

# %% [markdown] en
# ## 2. Count the pairs
#
# (2) In each iteration: find the most frequent pair, merge it, and add it to the vocabulary. A
# pair is two neighbours *within a word*, left and right. In `("a", "a", "a</w>")` there are the
# pairs `("a", "a")` and `("a", "a</w>")`, and in four a there are three, though they overlap.
# `pairwise(x)` goes through the neighbours of x.

# %% [markdown] zh
# ## 2. 数一数各对
#
# (2) 每一轮：找出最频繁的一对，合并它，并加入词表。一对是*同一个词里*相邻的两个符号，分左右。
# `("a", "a", "a</w>")` 里有 `("a", "a")` 和 `("a", "a</w>")` 两对；四个 a 里有三对，重叠也算。
# `pairwise(x)` 逐个给出 x 中相邻的两个。

# %%
def pair_counts(table):
    """How often each pair comes in the text: a dict from (left symbol, right symbol) to a number.

    table  a dict from words, tuples of symbols, to how often they come
    """
    """每一对在文本里出现的次数：字典，键是 (左边的符号, 右边的符号)。

    table  字典，从词（符号的元组）到它出现的次数
    """
    raise NotImplementedError

# %%
labs.check(pair_counts)

# %% [markdown] en
# ## 3. Merge a pair
#
# Everywhere in the word, from left to right, two symbols become one. What has been used is used up:
# `("a", "a", "a")` merged by `("a", "a")` is `("aa", "a")`.

# %% [markdown] zh
# ## 3. 合并一对
#
# 在词里从左到右，凡是这一对的地方，两个符号变成一个。用过的就用掉了：`("a", "a", "a")` 按
# `("a", "a")` 合并得到 `("aa", "a")`。

# %%
def merge_pair(symbols, pair):
    """The word with every occurrence of the pair merged.

    symbols  a tuple of symbols
    pair     (left symbol, right symbol). Returns a tuple of symbols.
    """
    """把这一对的每一处都合并之后的词。

    symbols  符号的元组
    pair     (左边的符号, 右边的符号)。返回符号的元组。
    """
    raise NotImplementedError

# %%
labs.check(merge_pair)

# %% [markdown] en
# ## 4. Learn
#
# (3) Stop when the vocabulary has the size that was decided on. The vocabulary begins with all
# symbols of the table; each merge adds one, and none is ever thrown out, since a new word may need
# it. Of pairs that are equally frequent take the first in alphabetical order (as Python compares
# tuples): programs differ here, and so do their merges. And stop before that if no pair comes at
# least twice.

# %% [markdown] zh
# ## 4. 学习合并
#
# (3) 词表达到预定大小时停止。词表一开始是表里的所有符号；每次合并增加一个，从不扔掉，因为新词可能
# 用得着。几对同样频繁时，取字母顺序最前的（按 Python 比较元组的方式）：各个程序的规则不同，合并也就
# 不同。如果没有一对出现两次以上，就提前停止。

# %%
def learn_merges(table, size):
    """The pairs that are merged, in their order, until the vocabulary has `size` symbols.

    table  a dict from words, tuples of symbols, to how often they come; it stays as it is
    size   how many symbols the vocabulary should have. Returns a list of pairs.
    """
    """依次被合并的对，直到词表有 size 个符号。

    table  字典，从词（符号的元组）到它出现的次数；它保持不变
    size   词表应有多少个符号。返回对的列表。
    """
    raise NotImplementedError

# %%
labs.check(learn_merges)

# %% [markdown] en
# Real English: Python's own manual, of which every fifth sentence is held out. About 5 seconds. Do
# the first merges look like English to you?

# %% [markdown] zh
# 真正的英语：Python 自带的手册，每五句留出一句不学。约 5 秒。最先的那些合并，看着像英语吗？

# %%
sentences = [" ".join(words(s)) for topic in documents() for s in topic]
held_out = " ".join(sentences[::5]).split()
table = spelled_words(" ".join(s for i, s in enumerate(sentences) if i % 5))
merges = learn_merges(table, 400)
print(len(table), "words,", len(merges), "merges:", *(a + b for a, b in merges[:30]))

# %% [markdown] en
# ## 5. Spell a word by rank
#
# A new word is spelled as the old ones were: it begins with its characters, the last one with
# `</w>`; then of all pairs in it that were ever merged, the one that was learned *first* is merged,
# and so on until there is none left. (Taking the longest known piece from the left looks simpler,
# and gives some words other pieces than those that the model was trained on.)

# %% [markdown] zh
# ## 5. 按学到的先后拼写
#
# 新词的拼写和旧词一样：从它的字符开始，最后一个带 `</w>`；然后在词里所有曾被合并过的对中，先合并
# *最早*学到的那一对，如此反复，直到没有为止。（从左边起每次取最长的已知片段看似更简单，但有些词会
# 得到另外的片段，和训练模型时的不一样。）

# %%
def pieces_by_rank(word, merges):
    """The pieces of a word.

    word    a string, at least one character, without white space
    merges  a list of pairs, in the order in which they were learned. Returns a list of pieces.
    """
    """一个词的片段。

    word    字符串，至少一个字符，没有空白
    merges  对的列表，按学到的先后排。返回片段的列表。
    """
    raise NotImplementedError

# %%
labs.check(pieces_by_rank)

# %% [markdown] en
# ## 6. And back

# %% [markdown] zh
# ## 6. 还原

# %%
def text_of_pieces(pieces):
    """The text of these pieces: words with one space between them, and none behind the last.

    pieces  a list of pieces, of any number of words
    """
    """这些片段的文本：词与词之间一个空格，最后一个词后面没有。

    pieces  片段的列表，可以属于许多个词
    """
    raise NotImplementedError

# %%
labs.check(text_of_pieces)

# %% [markdown] en
# Your merges on the held-out words. The baselines have a vocabulary of the same size: the most
# frequent words, of which many are missing, and letters, which make everything long. Below, three
# words merge by merge; the tree is that of the last one.

# %% [markdown] zh
# 在留出的词上用你的合并。对照的词表同样大：一种是最常见的词，缺很多；一种是字母，什么都变得很长。
# 下面是三个词逐次合并的过程，树画的是最后一个。

# %%
V = len({symbol for spelled in table for symbol in spelled}) + len(merges)
frequent = sorted(table, key=table.get, reverse=True)[:V]
frequent = {text_of_pieces(spelled) for spelled in frequent}
spelled = [pieces_by_rank(word, merges) for word in held_out]
assert text_of_pieces([p for pieces in spelled for p in pieces]) == " ".join(held_out)
missing = np.mean([word not in frequent for word in held_out])
print(f"{V} words:  {missing:.1%} of the held-out words are unknown")
print(f"{V} pieces: none is, {np.mean([len(p) for p in spelled]):.2f} pieces per word")
print(f"letters:    none is, {np.mean([len(word) for word in held_out]):.2f} per word")


def spellings(word):
    """(number of merges, pieces) each time that the spelling of the word changes."""
    """每当词的拼写改变时的 (合并次数, 片段)。"""
    found = [(0, pieces_by_rank(word, []))]
    for k in range(1, len(merges) + 1):
        pieces = pieces_by_rank(word, merges[:k])
        if pieces != found[-1][1]:
            found.append((k, pieces))
    return found


for word in ("the", "statement", "understatements"):
    print()
    for k, pieces in spellings(word):
        print(f"after {k:3} merges   {' '.join(pieces)}")
merge_tree(spellings("understatements"))

# %% [markdown] en
# ## 7. Reading from the right
#
# ELMo reads a sentence from both sides. The reader from the right is a reader from the left of the
# sentence turned round. But a batch has padding behind its sentences, and if whole rows are turned,
# the reader meets padding first. So each sentence is turned by itself, and padding stays: of length
# 3 in 5 columns the places are 2, 1, 0, 3, 4. `x[rows, places]`, with `rows` a column of 0 to
# N - 1, turns ids (N, T) and states (N, T, D) alike; turned twice, all is as it was.

# %% [markdown] zh
# ## 7. 从右往左读
#
# ELMo 从两边读句子。从右边读，就是把句子翻过来再从左边读。但一个批里句子后面有填充，整行翻转的话，
# 先读到的就是填充。所以每个句子只翻它自己，填充不动：5 列里长度为 3 的句子，位置是 2、1、0、3、4。
# `x[rows, places]`（rows 是 0 到 N - 1 的一列）对 id (N, T) 和状态 (N, T, D) 都适用；翻两次就复原。

# %%
def turned_places(lengths, T):
    """For each sentence the places that turn it round, and leave the padding behind it where it is.

    lengths  array (N,), whole numbers from 1 to T
    T        the number of columns. Returns an array (N, T) of whole numbers.
    """
    """每个句子翻转所用的位置，它后面的填充留在原处。

    lengths  数组 (N,)，1 到 T 的整数
    T        列数。返回整数数组 (N, T)。
    """
    raise NotImplementedError

# %%
labs.check(turned_places)

# %% [markdown] en
# ## 8. Find the bug: a language model that looks ahead
#
# The notes say that a bidirectional RNN "cannot be applied to AR-LM". Why not? Somebody did, and
# predicts the word at place t from a state that has read all words before t, and another that has
# read the words from the right. In training it is splendid, and it cannot write a sentence. A
# language model's p(w_t | words before t) may depend on the words before t alone. Return a
# sentence that shows that this one does not keep to that: the same as `ids` before place t, for
# which the model thinks otherwise of the word at t.
#
# `lm.next(ids, t)` is an array of the probabilities that it gives to each of its `lm.V` words. The
# models differ in where the state from the right begins: `ReadsBothWays(V, 0)` at place t itself,
# `ReadsBothWays(V, 1)` at the place behind it.

# %% [markdown] zh
# ## 8. 找出错误：偷看后文的语言模型
#
# 讲义说双向 RNN “不能用于自回归语言模型（AR-LM）”。为什么不能？有人偏偏这么做了：预测位置 t 的词时，
# 用一个读过 t 之前所有词的状态，再加一个从右边读来的状态。训练时成绩极好，却写不出一个句子。
# 语言模型的 p(w_t | t 之前的词) 只能依赖 t 之前的词。请返回一个句子，说明这个模型没有遵守：它在
# 位置 t 之前与 `ids` 相同，而模型对位置 t 的词的看法却不同。
#
# `lm.next(ids, t)` 是一个数组，给出它对 `lm.V` 个词各自的概率。这些模型的区别在于从右边读的状态从
# 哪里开始：`ReadsBothWays(V, 0)` 从位置 t 本身开始，`ReadsBothWays(V, 1)` 从它后面一个开始。

# %%
def shows_leak(lm, ids, t):
    """A sentence for which lm.next(sentence, t) differs from lm.next(ids, t), and should not.

    lm   a model with lm.V words, 0 to V - 1, at least 2
    ids  a list of words, which stays as it is
    t    a place in it; whichever model it is, it sees something. Returns a list as long as ids.
    """
    """一个句子，使 lm.next(句子, t) 与 lm.next(ids, t) 不同，而它们本应相同。

    lm   有 lm.V 个词的模型，词是 0 到 V - 1，至少 2 个
    ids  词的列表，它保持不变
    t    其中的一个位置；不管是哪个模型，它总能看到些什么。返回和 ids 一样长的列表。
    """
    raise NotImplementedError

# %%
labs.check(shows_leak)

# %%
for lm in (ReadsBothWays(5, 0), ReadsBothWays(5, 1)):
    for ids in ([2, 4, 1, 3, 0], shows_leak(lm, [2, 4, 1, 3, 0], 2)):
        print(ids[:2], "then", lm.next(ids, 2).round(2), "  but it has seen", ids[2 + lm.ahead:])

# %% [markdown] en
# ## 9. Two language models
#
# So the notes are right that *one* network must not do it; and ELMo, some pages on, does it with
# two: "predict the next word in both directions independently". A sentence is <s> w_1 ... w_n </s>.
#
#     f_t   has read the words up to t, and predicts the word at t + 1: w_1 to </s>
#     b_t   has read the words from t on, and predicts the word at t - 1: w_n to <s>
#
# Neither is ever asked for a word that it has read. They share the embedding, and U, the softmax:
# p = softmax(U f_t). Padding (id 0) is neither predicted, nor predicted from: count only where both
# neighbours are real words. `td.log_softmax(x, axis=...)` may be used, and `x[mask]`, with a mask
# (N, T) for x (N, T, D), takes the rows where it is True.

# %% [markdown] zh
# ## 9. 两个语言模型
#
# 所以讲义说得对：*一个*网络不能这么做。而几页之后的 ELMo 用两个网络做到了：“两个方向各自独立地预测
# 下一个词”。句子是 <s> w_1 … w_n </s>。
#
#     f_t   读过直到 t 的词，预测 t + 1 的词：从 w_1 到 </s>
#     b_t   读过从 t 开始的词，预测 t - 1 的词：从 w_n 到 <s>
#
# 两个模型都不会被问到自己读过的词。它们共用词嵌入和 U，即 softmax：p = softmax(U f_t)。填充（id 0）
# 既不被预测，也不用来预测：只数相邻两个都是真词的地方。可以用 `td.log_softmax(x, axis=...)`；
# x 的形状是 (N, T, D) 时，`x[mask]`（mask 的形状是 (N, T)）取出 mask 为 True 的各行。

# %%
def two_way_losses(f, b, U, ids):
    """The mean of -log p over all predicted words: from the left, and from the right, as a pair.

    f    Tensor (N, T, D), f[:, t] has read the words 0 to t
    b    Tensor (N, T, D), b[:, t] has read the words from t to the end, and stands at place t
    U    Tensor (V, D), a row for each word
    ids  array (N, T), sentences from <s> to </s>, padded behind with 0. Returns two Tensors ().
    """
    """-log p 对所有被预测的词取平均：从左边的，和从右边的，成对返回。

    f    张量 (N, T, D)，f[:, t] 读过第 0 到 t 个词
    b    张量 (N, T, D)，b[:, t] 读过从 t 到结尾的词，就放在位置 t
    U    张量 (V, D)，每个词一行
    ids  数组 (N, T)，从 <s> 到 </s> 的句子，后面用 0 填充。返回两个张量 ()。
    """
    raise NotImplementedError

# %%
labs.check(two_way_losses)

# %% [markdown] en
# ## 10. ELMo's mix
#
# A word now has L + 1 vectors: h_0, its embedding, and h_1 to h_L, the states of the L layers,
# [f; b] side by side. Which one is the word's vector? The task decides. With a number w_j for each
# layer, and gamma for the whole,
#
#     s = softmax(w)      gamma * (s_0 h_0 + s_1 h_1 + ... + s_L h_L)
#
# At first w = 0 and gamma = 1: the mean of the layers. `.reshape(-1, 1, 1, 1)` of a Tensor makes of
# (L + 1,) something that can be multiplied with (L + 1, N, T, D).

# %% [markdown] zh
# ## 10. ELMo 的混合
#
# 现在一个词有 L + 1 个向量：h_0 是它的词嵌入，h_1 到 h_L 是 L 个层的状态，[f; b] 并排放着。哪一个才是
# 这个词的向量？由任务决定。每层有一个数 w_j，整体有一个 gamma：
#
#     s = softmax(w)      gamma * (s_0 h_0 + s_1 h_1 + … + s_L h_L)
#
# 起初 w = 0，gamma = 1：就是各层的平均。张量的 `.reshape(-1, 1, 1, 1)` 把 (L + 1,) 变成可以与
# (L + 1, N, T, D) 相乘的形状。

# %%
def mix_layers(h, w, gamma):
    """One vector for each word, out of its L + 1.

    h      Tensor (L + 1, N, T, D), the layers
    w      Tensor (L + 1,), a number for each layer
    gamma  Tensor (). Returns a Tensor (N, T, D).
    """
    """由每个词的 L + 1 个向量得到一个。

    h      张量 (L + 1, N, T, D)，各层
    w      张量 (L + 1,)，每层一个数
    gamma  张量 ()。返回张量 (N, T, D)。
    """
    raise NotImplementedError

# %%
labs.check(mix_layers)

# %%
h = td.tensor(np.random.default_rng(0).normal(size=(3, 1, 2, 2)), name="h")
w = td.tensor([0.0, 1.0, -1.0], requires_grad=True, name="w")
gamma = td.tensor(1.0, requires_grad=True, name="gamma")
td.draw(lambda: mix_layers(h, w, gamma).sum(), depth="ops", backward=True)

# %% [markdown] en
# ## What you have built
#
# Reviews in an odd little language: of two clauses that agree one has a "not", and every bag of
# words is as often praise as blame. For 2,000 of them nobody has said which they are, but they end
# with "we stayed ." or "we left .", and who wants to predict that must have understood the rest
# (three of four have only one clause, which is easier). Your merges make pieces of them, and your
# two language models learn to predict the next one, from sentences of like length at a time. About
# 10 seconds. The baseline is the frequency of the pieces.

# %% [markdown] zh
# ## 你造出了什么
#
# 评论用的是一种古怪的小语言：两个分句意思一致，其中一个带 “not”；任何一个词袋，是褒是贬的次数都一样
# 多。有 2000 条没有人标注过褒贬，但结尾是 “we stayed .” 或 “we left .”；要预测这个结尾，就得读懂前面
# （其中四分之三只有一个分句，容易些）。你的合并把它们变成片段，你的两个语言模型学着预测下一个片段，
# 每次取长度相近的句子。约 10 秒。对照是片段的频率。

# %%
unlabelled = [text for text, _ in reviews(2000, seed=1)]
table = spelled_words(" ".join(unlabelled))
merges = learn_merges(table, 90)
letters = sorted({symbol for spelled in table for symbol in spelled})
vocabulary = ["<pad>", "<s>", "</s>", *letters, *dict.fromkeys(a + b for a, b in merges)]
number = {piece: i for i, piece in enumerate(vocabulary)}
pieces = {}  # of each word, looked for once


def encode(texts):
    """Ids (N, T) from <s> to </s>, padded with 0, and lengths (N,)."""
    """从 <s> 到 </s> 的 id (N, T)，用 0 填充，以及长度 (N,)。"""
    rows = []
    for text in texts:
        for word in text.split():
            if word not in pieces:
                pieces[word] = [number[piece] for piece in pieces_by_rank(word, merges)]
        rows.append([1, *(i for word in text.split() for i in pieces[word]), 2])
    lengths = np.array([len(row) for row in rows])
    ids = np.zeros((len(rows), lengths.max()), int)
    for line, row in zip(ids, rows):
        line[:len(row)] = row
    return ids, lengths


class Readers(nn.Module):
    """Two language models of two layers each, which share embedding and softmax."""
    """两个语言模型，各有两层，共用词嵌入和 softmax。"""

    def __init__(self, V, D):
        self.embedding = nn.Embedding(V, D, padding_idx=0)
        self.left = nn.ModuleList(nn.GRU(D, D, batch_first=True) for _ in range(2))
        self.right = nn.ModuleList(nn.GRU(D, D, batch_first=True) for _ in range(2))
        self.U = nn.Parameter(td.randn(V, D) * 0.1)

    def read(self, ids, layers):
        states = [self.embedding(ids)]  # L + 1 of (N, T, D)
        for layer in layers:
            states.append(layer(states[-1])[0])
        return states

    def forward(self, ids, lengths):
        rows, places = np.arange(len(ids))[:, None], turned_places(lengths, ids.shape[1])
        right = self.read(ids[rows, places], self.right)
        return self.read(ids, self.left), [h[rows, places] for h in right]


ids, lengths = encode(unlabelled)
print(" ".join(vocabulary[i] for i in ids[0]))
predicted = ids[:, 1:][ids[:, 1:] != 0]
p = np.bincount(predicted, minlength=len(vocabulary)) / len(predicted)
print(f"frequencies alone: {-np.log(p[predicted]).mean():.2f} nats per piece")

td.manual_seed(0)
rng = np.random.default_rng(0)
model = Readers(len(vocabulary), 32)
optimizer = optim.Adam(model.parameters(), lr=0.02)
schedule = optim.get_linear_schedule_with_warmup(optimizer, 20, 800)
by_length = np.argsort(lengths, kind="stable")
losses = []
for update in range(800):
    first = rng.integers(len(ids) - 24)
    picked = by_length[first:first + 24]
    longest = lengths[picked].max()
    f, b = model(ids[picked, :longest], lengths[picked])
    left, right = two_way_losses(f[-1], b[-1], model.U, ids[picked, :longest])
    optimizer.zero_grad()
    ((left + right) / 2).backward()
    optim.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    losses.append((left.item(), right.item()))
    if update % 200 == 199:
        left, right = np.mean(losses[-100:], axis=0)
        print(f"update {update + 1}: from the left {left:.2f}, from the right {right:.2f}")

# %% [markdown] en
# Now 40 reviews of two clauses with labels, and without the last sentence. The language models stay
# as they are. A linear classifier reads one vector of each review: once the mean of the embeddings
# of all pieces, which is a bag of pieces, and once your mix at the full stop, whose w and gamma it
# learns. It is tested on 400 new reviews, and on 400 that have a word such as "joyless", never seen
# before, but made of known pieces: in a vocabulary of words it would be unknown. The bag should be
# right about half of the time, and the mix over nine times of ten.

# %% [markdown] zh
# 现在有 40 条带标注的两分句评论，没有结尾那一句。语言模型保持不变。线性分类器从每条评论读一个向量：
# 一次是所有片段词嵌入的平均，也就是片段的袋子；一次是你的混合在句号处的向量，w 和 gamma 由它学习。
# 用 400 条新评论测试，再用 400 条含有从未见过的词（例如 “joyless”，但由认识的片段组成）的评论测试。
# 若以整词为单位，这些词都是未知的。袋子应约对一半，混合应九成以上。

# %%
def layers_of(texts):
    """The layers (3, N, T, 2 D) of these texts; which pieces are words, where they end (N, T)."""
    """这些文本的各层 (3, N, T, 2 D)，哪些片段是词，以及在哪里结束 (N, T)。"""
    ids, lengths = encode(texts)
    with td.no_grad():
        f, b = model(ids, lengths)
        h = td.stack([td.cat([x, y], axis=2) for x, y in zip(f, b)])
    stop = np.arange(ids.shape[1]) == lengths[:, None] - 2
    return h, (ids > 2).astype(np.float32), stop.astype(np.float32)


def scores(h, seen, w, gamma, weights):
    """A number for each review, above 0 for praise; seen says how much each place counts."""
    """每条评论一个数，大于 0 为褒；seen 表示每个位置占多少。"""
    share = (seen / seen.sum(axis=1, keepdims=True))[:, :, None]
    return (mix_layers(h, w, gamma) * share).sum(axis=1) @ weights[:-1] + weights[-1]


tests = {"new reviews": reviews(400, seed=3, verdict=False),
         "with unseen words": reviews(400, seed=4, verdict=False, new=True)}
labelled = reviews(40, seed=2, verdict=False)
signs = np.array([1 if label else -1 for _, label in labelled], np.float32)
h, *places = layers_of([text for text, _ in labelled])
for k, name in enumerate(("bag of pieces", "your mix")):
    L = 3 if name == "your mix" else 1  # of the embeddings alone the mix is they themselves
    w = td.tensor(np.zeros(L, np.float32), requires_grad=True)
    gamma = td.tensor(np.float32(1.0), requires_grad=True)
    weights = td.tensor(np.zeros(65, np.float32), requires_grad=True)
    optimizer = optim.Adam([w, gamma, weights], lr=0.05)
    for _ in range(150):
        loss = td.log(1 + td.exp(-scores(h[:L], places[k], w, gamma, weights) * signs)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(name, "- shares of the layers", td.softmax(w, axis=0).detach().numpy().round(2))
    for kind, test in tests.items():
        layers, *where = layers_of([text for text, _ in test])
        found = scores(layers[:L], where[k], w, gamma, weights).numpy() > 0
        print(f"    {kind}: {np.mean(found == [label == 1 for _, label in test]):.2f} right")

# %% [markdown] en
# ## To think about
#
# Multiply the probabilities that the two language models give to a sentence. Is that a probability
# of the sentence? And at the first word the reader from the left does not know how the review ends.
# Which part of the mix at that word does?
#
# ## To go on
#
# Learn the merges of the reviews to 60 symbols, and to 140. What becomes of the words that were
# never seen, and why may a larger vocabulary understand them worse?

# %% [markdown] zh
# ## 想一想
#
# 把两个语言模型给一个句子的概率相乘，得到的是这个句子的概率吗？在第一个词处，从左边读的模型还不知道
# 评论怎样结束；混合在这个词处的哪一部分却知道？
#
# ## 继续
#
# 把评论的合并学到 60 个符号，再学到 140 个。从未见过的词会怎样？为什么词表更大，反而可能更不理解
# 它们？
