# %% [markdown] en
# # Lab 9: translation
#
# A translator has two halves. A model says how probable the next word is, with an eye on the
# source: attention. A search makes a sentence of that: greedy, or with a beam. And BLEU says how
# good the sentence is. You write all three. At the end you see a sentence that greedy search
# cannot find, and your own attention trains a small German-English translator, whose sentences
# your BLEU compares with a dictionary's. About 90 minutes, with the reading.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it. Two of
# the holes ask for something else: an input on which the notes' version fails.

# %% [markdown] zh
# # 实验 9：机器翻译
#
# 翻译系统分两半。模型看着源句，说出下一个词的概率，这要用注意力；搜索由此写出一个句子，可以贪心，
# 也可以用集束。最后用 BLEU 评价句子好不好。三样都由你来写。最后你会看到一个贪心搜索找不到的句子，
# 而你写的注意力会训练出一个小小的德英翻译系统，再用你的 BLEU 把它和查词典逐词翻译相比。
# 连同阅读约 90 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。其中两个空要的不是
# 函数的实现，而是一个让讲义的版本出错的输入。

# %%
import math
from collections import Counter

import numpy as np

import tinydawn as td
from tinydawn import labs, optim, viz
from tinydawn.labs.given import (SentenceLM, TableLM, notes_version, probability, search_tree,
                                 translation_batch, translation_pairs, word_for_word)
from tinydawn.models import Seq2Seq
from tinydawn.nn import functional as F
from tinydawn.text import Vocab

# %% [markdown] en
# ## 1. Attention, step one: scores
#
#     a~_i = h_i^T W_a s
#
# h_i is the encoder's state at source word i, s the decoder's state before the next word, and W_a
# a matrix that is trained: the score is *bilinear*. One number for each source word, for each of N
# sentences at once. W_a s is the same for all i: compute it first, for the whole batch. The formula
# takes s for a column, W_a s; here each sentence's s is a row of an array, and a row times a matrix
# is (W_a s)^T = s^T W_a^T, in code `s @ W.T`: row n of it, D numbers, is W_a s of sentence n.
#
# A Tensor has `@`, which multiplies the last two axes and goes through the first, `.T` for a
# matrix, and `.unsqueeze(k)` and `.squeeze(k)`, which put in and take away an axis of size 1.

# %% [markdown] zh
# ## 1. 注意力，步骤一：对齐分数
#
#     a~_i = h_i^T W_a s
#
# h_i 是编码器在第 i 个源词处的状态，s 是解码器在写下一个词之前的状态，W_a 是要训练的矩阵，所以这个
# 分数是*双线性*的。每个源词得到一个数，N 个句子同时算。W_a s 对所有 i 都一样：先为整个批算出它。
# 公式里 s 是列，写作 W_a s；这里每个句子的 s 是数组的一行，行乘矩阵要转置：
# (W_a s)^T = s^T W_a^T，代码是 `s @ W.T`，它的第 n 行有 D 个数，就是第 n 个句子的 W_a s。
#
# 张量可以用 `@`：它乘最后两个轴，逐个走过前面的轴；矩阵可以用 `.T`；`.unsqueeze(k)` 和
# `.squeeze(k)` 加上和去掉一个大小为 1 的轴。

# %%
def alignment_scores(h, s, W):
    """The score of each source word, for each sentence.

    h  Tensor (N, T, D), states of the encoder
    s  Tensor (N, E), a state of the decoder for each sentence
    W  Tensor (D, E), the matrix W_a. Returns a Tensor (N, T).
    """
    """每个句子里每个源词的分数。

    h  张量 (N, T, D)，编码器的状态
    s  张量 (N, E)，每个句子有一个解码器状态
    W  张量 (D, E)，矩阵 W_a。返回张量 (N, T)。
    """
    raise NotImplementedError

# %%
labs.check(alignment_scores)

# %% [markdown] en
# ## 2. Step two: weights
#
#     a = softmax(a~)
#
# over the words of each sentence. The sentences of a batch have different lengths; the short ones
# are filled up with padding, and padding must get the weight 0, so that a sentence is translated
# alike whatever it shares a batch with. The weights of the words still add up to 1.
#
# `.masked_fill(mask, value)` of a Tensor puts a value where the mask is True, `-np.inf` is minus
# infinity, and `F.softmax(x, axis=1)` may be used: you wrote it in lab 3.

# %% [markdown] zh
# ## 2. 步骤二：注意力分布
#
#     a = softmax(a~)
#
# 对每个句子的词取。同一批的句子长短不一，短的用填充补齐；填充的权重必须是 0，这样无论和谁同在一批，
# 一个句子的译文都不变。各个词的权重之和仍是 1。
#
# 张量的 `.masked_fill(mask, value)` 在 mask 为 True 处放上 value，`-np.inf` 是负无穷；
# 可以用 `F.softmax(x, axis=1)`：实验 3 里你写过它。

# %%
def alignment_weights(scores, padding):
    """How much each source word counts.

    scores   Tensor (N, T)
    padding  array (N, T), True where there is no word; each row has a word

    Returns a Tensor (N, T).
    """
    """每个源词占多大的分量。

    scores   张量 (N, T)
    padding  数组 (N, T)，没有词处为 True；每行至少有一个词

    返回张量 (N, T)。
    """
    raise NotImplementedError

# %%
labs.check(alignment_weights)

# %% [markdown] en
# ## 3. Step three: the context vector
#
#     c = sum over i of a_i h_i
#
# what the decoder sees of the source when it chooses the next word.

# %% [markdown] zh
# ## 3. 步骤三：上下文向量
#
#     c = sum_i a_i h_i
#
# 也就是解码器选下一个词时所看到的源句。

# %%
def context_vector(a, h):
    """The states of the encoder, each as much as its weight says, added up.

    a  Tensor (N, T), weights
    h  Tensor (N, T, D), states of the encoder. Returns a Tensor (N, D).
    """
    """把编码器的状态按权重相加。

    a  张量 (N, T)，权重
    h  张量 (N, T, D)，编码器的状态。返回张量 (N, D)。
    """
    raise NotImplementedError

# %%
labs.check(context_vector)

# %% [markdown] en
# ## 4. Greedy decoding
#
# From here on the model is given: `lm.next(words)` takes a list of words that begins with "<s>",
# and returns a dict, not sorted, of the log-probability of each word that may come next; "</s>" is
# the end. Greedy search takes the likeliest word each time, until it is "</s>".

# %% [markdown] zh
# ## 4. 贪心解码
#
# 从这里起模型是给定的：`lm.next(words)` 接受一个以 "<s>" 开头的词的列表，返回一个字典，是可能出现
# 的下一个词各自的对数概率，没有排序；"</s>" 表示结束。贪心搜索每次取最可能的词，直到取到 "</s>"。

# %%
def greedy_decode(lm, L):
    """A sentence, word by word, each the likeliest after those before it.

    lm  a language model
    L   at most so many words after <s>, </s> counted as one; what has not ended by then is cut off

    Returns a list of words, from "<s>" to "</s>".
    """
    """逐词写出一个句子，每个词都是前文之后最可能的。

    lm  语言模型
    L   <s> 之后最多这么多个词，</s> 也算一个；到那时还没结束的就截断

    返回词的列表，从 "<s>" 到 "</s>"。
    """
    raise NotImplementedError

# %%
labs.check(greedy_decode)

# %% [markdown] en
# ## 5. Beam search
#
# The likeliest word need not begin the likeliest sentence. So keep B beginnings in place of one,
# the beams: the notes' algorithm, `beams = [["<s>", 0]]` and so on. Its pseudo-code lacks one
# thing: it does not know "</s>". With it:
#
# 1. Continue each open beam by each of its B likeliest next words; the score is log p of the whole.
# 2. Of all these continuations keep the B best.
# 3. Those of the B that end in "</s>" are *finished*: they go into a list of their own, and are
#    continued no more. They have used up a place among the B of this step, so that fewer beams are
#    open; the next step again keeps B. The others are the open beams of the next step.
#
# L steps, or until no beam is open. Returned is the list of all finished sentences, best first,
# which may be more than B. What is still open then is not in it.
#
# `sorted(d, key=d.get, reverse=True)` gives the words of a dict by their numbers, the largest
# first. A list of pairs is sorted by what stands first in them, unless `key` says by what.

# %% [markdown] zh
# ## 5. 集束搜索
#
# 最可能的词不一定是最可能的句子的开头。所以不只保留一个开头，而是保留 B 个，这就是集束：讲义的算法，
# `beams = [["<s>", 0]]`，等等。讲义的伪代码少了一样东西：它不认识 "</s>"。加上之后：
#
# 1. 每个未完成的束，各用它最可能的 B 个词续写；得分是整个序列的 log p。
# 2. 在所有这些续写中保留最好的 B 个。
# 3. 这 B 个里以 "</s>" 结尾的就*完成*了：放进单独的列表，不再续写。它们占了这一步 B 个名额中的
#    一个，所以未完成的束会少几个；下一步仍保留 B 个。其余的是下一步未完成的束。
#
# 走 L 步，或直到没有未完成的束。返回所有已完成的句子，最好的在前，可以多于 B 个；到最后还没完成的
# 不在其中。
#
# `sorted(d, key=d.get, reverse=True)` 按字典里的数从大到小给出各个词。二元组的列表按每组的第一项
# 排序，除非用 `key` 说明按什么排。

# %%
def beam_search(lm, B, L):
    """The sentences that a search with B beams finishes.

    lm  a language model
    B   how many continuations are kept at each step
    L   how many steps, each of which adds a word

    Returns a list of (words, score), best first: words from "<s>" to "</s>", score their log p.
    """
    """用 B 个束搜索所完成的句子。

    lm  语言模型
    B   每一步保留多少个续写
    L   走多少步，每步加一个词

    返回 (words, score) 的列表，最好的在前：words 从 "<s>" 到 "</s>"，score 是它的 log p。
    """
    raise NotImplementedError

# %%
labs.check(beam_search)

# %% [markdown] en
# A sentence that greedy search cannot find. German "zum Glück" can be said in many ways that begin
# with "it", and in one that begins with "as". All that begin with "it" share its probability of
# .48. In the picture of your search each number on an edge is p of a word, and below a word stands
# p of all so far; what is blue was kept, what is grey was left out, orange is the best sentence,
# and the green border is greedy's way. In a script write the picture to a file, and open it in a
# browser: `viz.beam_tree(...).save("tree.svg")`.

# %% [markdown] zh
# 一个贪心搜索找不到的句子。德语 “zum Glück” 有许多以 “it” 开头的说法，和一种以 “as” 开头的说法。
# 以 “it” 开头的几种要分享它的概率 .48。下面画出你的搜索：边上的数是一个词的 p，词下面是到此为止
# 的 p；蓝色的被保留，灰色的被舍弃，橙色是最好的句子，绿框是贪心走的路。若当作脚本运行，请把图写进
# 文件，用浏览器打开：`viz.beam_tree(...).save("tree.svg")`。

# %%
luck = TableLM({"<s>": {"it": 0.48, "as": 0.40, "today": 0.12}, "it": {"is": 1.0},
                "is": {"lucky": 0.36, "good": 0.33, "fortunate": 0.31},
                "lucky": {"</s>": 1.0}, "good": {"</s>": 1.0}, "fortunate": {"</s>": 1.0},
                "as": {"luck": 1.0}, "luck": {"has": 1.0}, "has": {"it": 1.0},
                "has it": {"</s>": 1.0}, "today": {"</s>": 1.0}})
found = greedy_decode(luck, 8)
print(f"greedy   {probability(luck.table, found):.3f}", *found)
luck.asked.clear()
finished = beam_search(luck, 2, 8)
for sentence, score in finished:
    print(f"B = 2    {math.exp(score):.3f}", *sentence)
viz.beam_tree(*search_tree(luck, finished), probabilities=True)

# %% [markdown] en
# ## 6. Find the bug: a beam search without an end
#
# The notes' version takes "</s>" for a word as any other. It makes exactly L words, asks the model
# what comes after "</s>" (which no sentence has taught it), and adds that log p as well. So a short
# sentence pays for every step that is left after its end, and a row of words that never ends, which
# is no sentence, may win. Return the table of a language model for which this goes wrong, *for
# every L from 3 on*, odd or even: the search, *however wide its beam is*, returns something that,
# cut at its first "</s>", is less probable than another sentence of at most L words, or that does
# not end.
#
# A table is a dict of dicts: `{"<s>": {"yes": 0.5, "no": 0.5}, "yes": {"</s>": 1.0}, ...}`; after
# "<s>" comes "yes" with probability .5, and so on. Each row adds up to 1. After a word that has no
# row, and that may be "</s>", all words of the table are equally likely.
# `notes_version(table, L)` shows what their search returns, and
# `probability(table, words)` how probable a sentence is.

# %% [markdown] zh
# ## 6. 找出错误：没有结尾的集束搜索
#
# 讲义的版本把 "</s>" 当作普通的词。它写满 L 个词，连 "</s>" 之后是什么也去问模型（没有哪个句子教过
# 它这个），并把那个 log p 也加进来。于是短句结束之后每多一步都要付代价，而一个永不结束、算不上句子的
# 序列反而可能胜出。请返回一个语言模型的表，使它出错，*对从 3 起的每个 L*，奇数偶数都要出错：
# *无论集束多宽*，搜索返回的结果在第一个 "</s>" 处截断之后，概率都小于另一个不超过 L 个词的句子，
# 或者根本没有结束。
#
# 表是字典的字典：`{"<s>": {"yes": 0.5, "no": 0.5}, "yes": {"</s>": 1.0}, ...}`，即 "<s>" 之后以
# 概率 .5 出现 "yes"，等等。每一行之和为 1。某个词没有自己的一行时（"</s>" 也可以没有），其后表中
# 所有的词同样可能。
# `notes_version(table, L)` 给出讲义的搜索返回什么，`probability(table, words)` 给出一个句子的概率。

# %%
def breaks_notes_beam(L):
    """The table of a language model on which the notes' beam search fails, for this L.

    L  the number of words, 3 or more; one table may do for all. Returns a dict of dicts.
    """
    """一个语言模型的表，对给定的 L，讲义的集束搜索在它上面会出错。

    L  词数，3 或更多；可以所有 L 共用一个表。返回字典的字典，内容是概率。
    """
    raise NotImplementedError

# %%
labs.check(breaks_notes_beam)

# %%
table = breaks_notes_beam(5)
print("the notes' search:", *notes_version(table, 5))
for sentence, score in beam_search(TableLM(table), 4, 5)[:1]:
    print("your beam search: ", *sentence)

# %% [markdown] en
# ## 7. Long and short
#
# log p falls with every word, so a search by log p likes short sentences. The remedy is to compare
#
#     log p(Y) / |Y|^alpha
#
# in place of log p(Y); alpha = 0 changes nothing, alpha = 1 compares the mean log p of a word.
# |Y| counts the words that the model has predicted: "</s>" is one of them, "<s>" was given.

# %% [markdown] zh
# ## 7. 长句与短句
#
# 每多一个词 log p 就更小，所以按 log p 搜索偏爱短句。补救的办法是比较
#
#     log p(Y) / |Y|^alpha
#
# 而不是 log p(Y)；alpha = 0 什么也不改变，alpha = 1 比较每个词的平均 log p。
# |Y| 数的是模型预测出来的词："</s>" 是其中之一，"<s>" 是给定的。

# %%
def length_normalised(finished, alpha):
    """Finished sentences with their new scores, best first.

    finished  a list of (words, log p), words from "<s>" to "</s>", in any order
    alpha     how strongly length counts. Returns a list of (words, log p / |Y|^alpha).
    """
    """已完成的句子和它们的新得分，最好的在前。

    finished  (words, log p) 的列表，words 从 "<s>" 到 "</s>"，顺序任意
    alpha     长度的影响有多大。返回 (words, log p / |Y|^alpha) 的列表。
    """
    raise NotImplementedError

# %%
labs.check(length_normalised)

# %% [markdown] en
# ## 8. Find the bug: what the notes count
#
# How good is a translation? BLEU asks how many of its n-grams, that is rows of n words, are in a
# reference translation too. The notes have
#
#     precision_n = n-gram matches in the reference / n-grams in the prediction
#
# Read as it stands, an n-gram of the prediction matches if it is in the reference. Return nonsense
# that this formula takes for perfect: of at least as many words as the reference, with
# precision_1 = 1, while at most half of its words would be left if each counted only as often as
# the reference has it. It has to work for every reference that has a word: for one of a single
# word, and for one that repeats a word, as well.

# %% [markdown] zh
# ## 8. 找出错误：讲义在数什么
#
# 译文有多好？BLEU 问的是：它的 n-gram（连续的 n 个词）里有多少也在参考译文中。讲义写的是
#
#     precision_n = 参考中匹配的 n-gram 数 / 预测中的 n-gram 数
#
# 照字面读，预测里的一个 n-gram 只要在参考里出现就算匹配。请返回一句这个公式以为完美的废话：
# 词数不少于参考，precision_1 = 1；而如果每个词最多只算参考里有的次数，剩下的至多一半。只要参考里
# 有词就要成立：参考只有一个词、或者有重复的词时也一样。

# %%
def fools_precision(reference):
    """A bad translation that has the notes' precision 1 for single words.

    reference  a list of words, at least one. Returns a list of at least as many words.
    """
    """一句糟糕的译文，按讲义的公式单个词的精确率却是 1。

    reference  词的列表，至少一个词。返回一个词数不少于它的列表。
    """
    raise NotImplementedError

# %%
labs.check(fools_precision)

# %% [markdown] en
# ## 9. Clipped matches
#
# The remedy is to *clip*: an n-gram counts at most as often as the reference has it. And both
# numbers are returned, for they will be added up over all sentences before anything is divided.
#
# `Counter(x)` counts what is in a list; lists cannot be counted, tuples can.

# %% [markdown] zh
# ## 9. 截断的匹配数
#
# 补救的办法是*截断*：一个 n-gram 最多只算参考里有的次数。两个数都要返回，因为要先在所有句子上分别
# 相加，再相除。
#
# `Counter(x)` 数出列表里每样东西的个数；列表不能被计数，元组可以。

# %%
def clipped_matches(prediction, reference, n):
    """How many n-grams of a prediction are in its reference, each at most as often as there.

    prediction, reference  lists of words, which may be empty
    n                      the length of an n-gram

    Returns (matches, number of n-grams of the prediction).
    """
    """预测里有多少个 n-gram 在参考中，每个最多只算参考里有的次数。

    prediction, reference  词的列表，可以为空
    n                      n-gram 的长度

    返回 (匹配数, 预测的 n-gram 个数)。
    """
    raise NotImplementedError

# %%
labs.check(clipped_matches)

# %% [markdown] en
# ## 10. BLEU
#
#     BLEU = min(1, exp(1 - |reference| / |predicted|)) * (p_1 p_2 p_3 p_4)^(1/4)
#
# It is a measure of a corpus: p_n is the sum of the matches of all sentences over the sum of their
# n-grams, and the lengths are those of all references and of all predictions. (The mean of the
# sentences' BLEU is another number, and often 0.)
#
# In a small corpus it happens that no 4-gram matches, or that no prediction has four words, so
# that both sums are 0. A factor of 0 makes the product 0: as soon as the matches of some n are 0,
# BLEU is 0, before anything is divided. With smoothing k is added to both sums first, for n = 2, 3
# and 4; not for n = 1: where no word matches, or nothing is predicted, BLEU is 0 all the same.

# %% [markdown] zh
# ## 10. BLEU
#
#     BLEU = min(1, exp(1 - |reference| / |predicted|)) * (p_1 p_2 p_3 p_4)^(1/4)
#
# 它衡量的是整个语料：p_n 是所有句子的匹配数之和除以它们的 n-gram 个数之和，长度是所有参考、所有预测
# 的总长度。（各句 BLEU 的平均是另一个数，而且常常是 0。）
#
# 语料小的时候，可能没有一个 4-gram 匹配，也可能没有一个预测有四个词，两个和都是 0。只要有一个因子
# 是 0，乘积就是 0：某个 n 的匹配数之和一为 0，BLEU 就是 0，不必再相除。平滑时，先给 n = 2、3、4 的
# 两个和都加上 k；n = 1 不加：没有一个词匹配，或什么也没预测，平滑时 BLEU 也是 0。

# %%
def corpus_bleu(predictions, references, k):
    """BLEU of a corpus, between 0 and 1.

    predictions, references  lists of lists of words; references[i] belongs to predictions[i]
    k                        what is added to both sums where n > 1; 0: no smoothing

    Returns 0.0 as soon as the matches of some n, with their k, are 0.
    """
    """语料的 BLEU，在 0 和 1 之间。

    predictions, references  词的列表的列表，一一对应：references[i] 是 predictions[i] 的参考
    k                        n > 1 时两个和都加上的数；0 表示不平滑

    某个 n 的匹配数之和（加上 k 之后）一为 0，就返回 0.0。
    """
    raise NotImplementedError

# %%
labs.check(corpus_bleu)

# %% [markdown] en
# ## What you have built
#
# A translator: the library's bidirectional GRU reads German, a GRU writes English, and between
# them stand your three steps. The language is a small grammar's: the verb may come last, and most
# sentences have several translations, so that no translator reaches 1. Its training takes some ten
# seconds of processor time.

# %% [markdown] zh
# ## 你造出了什么
#
# 一个翻译系统：库里的双向 GRU 读德语，GRU 写英语，中间是你写的三个步骤。这种语言出自一个小语法：
# 动词可能在句末，多数句子有好几种译法，所以谁也达不到 1。训练大约要十秒的处理器时间。

# %%
class Translator(Seq2Seq):
    """The library's translator, with your attention in the place of its own."""

    def attend(self, s, state):
        h, padding = state["memory"].value, state["padding"].value
        scores = alignment_scores(h, s, self.bilinear * self.scale)
        weights = alignment_weights(scores, padding)
        return context_vector(weights, h), weights


train, test = translation_pairs()
vocabularies = [Vocab.build([pair[side] for pair in train]) for side in (0, 1)]
td.manual_seed(0)
rng = np.random.default_rng(0)
model = Translator(len(vocabularies[0]), len(vocabularies[1]), 32, 32, dropout=0.0)
optimizer = optim.Adam(model.parameters(), lr=0.01)
for number in range(280):
    pairs = [train[i] for i in rng.integers(len(train), size=24)]
    source, lengths, target = translation_batch(pairs, vocabularies)
    logits, attention = model(source, lengths, target[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), target[:, 1:].reshape(-1), ignore_index=0)
    optimizer.zero_grad()
    loss.backward()
    optim.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if number % 70 == 69:
        print(f"step {number + 1}: {loss.item():.2f} nats per word")

# %% [markdown] en
# Your BLEU of 80 test sentences. The baseline is a dictionary: for each German word the English
# one that it most likely stands for, in the German order. It should end near .2, and your
# translator above .45, a little higher with the beam than without.

# %% [markdown] zh
# 用你的 BLEU 评价 80 个测试句。基线是一部词典：每个德语词换成它最可能对应的英语词，词序照旧。它应在
# .2 左右，而你的翻译系统应在 .45 以上，用集束比不用略高。

# %%
def without_marks(words):
    return [word for word in words if word not in ("<s>", "</s>")]


model.eval()
dictionary = word_for_word(train)
translated = {"word for word": [], "greedy": [], "B = 4": [], "B = 4, alpha = 1": []}
better = 0
for source, _ in test:
    lm = SentenceLM(model, source, vocabularies)
    single = greedy_decode(lm, 16)
    finished = beam_search(lm, 4, 16) or [(single, 0.0)]
    log_p = sum(lm.row(single[:i])[single[i]] for i in range(1, len(single)))
    better += finished[0][1] > log_p + 1e-6
    translated["word for word"].append([dictionary.get(word, word) for word in source])
    translated["greedy"].append(without_marks(single))
    translated["B = 4"].append(without_marks(finished[0][0]))
    translated["B = 4, alpha = 1"].append(without_marks(length_normalised(finished, 1.0)[0][0]))
references = [target for _, target in test]
for name, predictions in translated.items():
    print(f"BLEU {corpus_bleu(predictions, references, 0):.3f}  {name}")
print(f"a more probable sentence than greedy's was found {better} times of {len(test)}")
for i in range(3):
    print("\n      source:", *test[i][0], "\n   reference:", *references[i])
    for name in ("word for word", "B = 4"):
        print(f"{name:>12}:", *translated[name][i])

# %% [markdown] en
# Where does it look? A row for each English word, a column for each German one, the weight in
# hundredths. When does it look at the end of the German sentence?

# %% [markdown] zh
# 它在看哪里？每个英语词一行，每个德语词一列，权重以百分之一为单位。它什么时候看德语句子的末尾？

# %%
with td.no_grad():
    source, target = max(test, key=lambda pair: len(pair[0]))
    ids, lengths, targets = translation_batch([(source, target)], vocabularies)
    weights = model(ids, lengths, targets[:, :-1])[1].numpy()[0]
print(" " * 10, *(f"{word[:8]:>8}" for word in source))
for word, row in zip([*target, "</s>"], weights):
    print(f"{word[:10]:>10}", *(f"{100 * a:8.0f}" if a >= 0.005 else " " * 8 for a in row))

# %% [markdown] en
# ## To think about
#
# With a beam of 1 your beam search is greedy search: why, and what if finished sentences took none
# of the B places? And could a larger B ever find a *less* probable sentence?
#
# ## To go on
#
# Draw the search of one of the test sentences: `viz.beam_tree(*search_tree(lm, finished))`, for an
# lm that has been asked by your beam search alone (in a script with `.save("tree.svg")`). Which of
# its words have several translations, and how much of log p do they share out among themselves?

# %% [markdown] zh
# ## 想一想
#
# 集束为 1 时，你的集束搜索就是贪心搜索：为什么？如果已完成的句子不占 B 个名额呢？还有，更大的 B
# 有没有可能找到概率*更小*的句子？
#
# ## 继续
#
# 画出某个测试句的搜索：`viz.beam_tree(*search_tree(lm, finished))`，其中的 lm 只被你的集束搜索
# 问过（脚本里再加 `.save("tree.svg")`）。其中哪些词有好几种译法，它们瓜分了多少 log p？
