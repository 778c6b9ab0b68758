# %% [markdown] en
# # Lab 5: word vectors
#
# The notes let the embedding of a word be the first layer of a network, and add that it can begin
# with LSA or word2vec, made of text without labels. You make both. LSA counts which words stand
# near each other, turns the counts into PPMI, and keeps the few directions that matter. CBOW, a
# word2vec, guesses a word from the mean of those around it. Both read Python's own manual, 31,000
# words. At the end you see which words are neighbours, you measure how well each kind of vector
# agrees with ratings of how alike words are, and there is a map. About 90 minutes, with the
# reading.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it.
#
# V words in the vocabulary, d numbers in a vector, N words to be guessed, C words around one. The
# id 0 is no word: a word too rare to be in the vocabulary, or a place before or after a sentence.

# %% [markdown] zh
# # 实验 5：词向量
#
# 讲义把词的嵌入当作网络的第一层，并补充说它可以用 LSA 或 word2vec 来初始化，二者都由没有标签的文本
# 得到。这两种都由你来写。LSA 数哪些词相互靠近，把次数变成 PPMI，再留下少数重要的方向。CBOW 是
# word2vec 的一种，它用周围各词的平均来猜中间的词。两者都读 Python 自带的手册，共三万一千个词。最后
# 你会看到哪些词是邻居，量出每种向量与“两个词有多像”的评分有多一致，还会画一张地图。连同阅读约 90 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。
#
# 词表有 V 个词，一个向量有 d 个数，要猜 N 个词，每个词周围有 C 个词。编号 0 不是词：它表示太少见而
# 没有进词表的词，或者句子之前、之后的位置。

# %%
import numpy as np

import tinydawn as td
from tinydawn import labs
from tinydawn.labs.given import context_windows, random_words, rated_pairs, word_ids, word_map
from tinydawn.nn import functional as F

# %% [markdown] en
# ## 1. Which words stand near each other?
#
# Words that are used alike are alike: so look at the company that each one keeps. Two places of
# one sentence are near each other if they are at most `window` apart, and a pair at distance d
# counts 1/d: what stands beside a word says more about it than what stands five words away.
#
# Three rules. What is near is so for both: the matrix is symmetric. No window reaches into another
# sentence. And 0 is no word: nothing is near it, but it keeps its place, so that the words on its
# two sides are at distance 2. In "very very good" the word very does stand near itself.

# %% [markdown] zh
# ## 1. 哪些词相互靠近？
#
# 用法相像的词，意思也相像：所以要看每个词与谁为伴。同一句里的两个位置，相距不超过 `window` 就算靠近；
# 相距 d 的一对算 1/d：紧挨着的词比隔着五个词的更能说明问题。
#
# 三条规则。靠近是相互的：矩阵是对称的。窗口不伸进另一句。0 不是词：没有什么在它附近，但它占着位置，
# 所以它两边的词相距 2。在 “very very good” 里，very 确实在它自己附近。

# %%
def near_counts(sentences, V, window):
    """How often each word stands near each other word, a pair at distance d counting 1/d.

    sentences  lists of ids from 0 to V - 1; 0 is no word
    window     how far apart two places may be, at least 1. Returns an array (V, V).
    """
    """每个词在另一个词附近出现多少次，相距 d 的一对算 1/d。

    sentences  编号的列表，编号从 0 到 V - 1；0 不是词
    window     两个位置最多相距多远，至少为 1。返回数组 (V, V)。
    """
    raise NotImplementedError

# %%
labs.check(near_counts)

# %% [markdown] en
# ## 2. More often than chance?
#
# "the" is near everything, and says nothing. What counts is how much *more* often two words meet
# than they would if they knew nothing of each other, the pointwise mutual information:
#
#     PMI(w, c)  =  log  p(w, c) / (p(w) p(c))  =  log  n(w, c) / (n(w) p(c))
#
# A row is a word w, a column a context c; n(w) is the sum of a row, n(c) that of a column. There
# are two changes. Rare contexts get too large a PMI, so p(c) is made more even by a power below 1,
# 0.75 as a rule; it must still add up to 1:
#
#     p(c)  =  n(c)^power  /  sum over all contexts of n^power
#
# And of pairs that are rarer than chance, or were never seen, 31,000 words can tell little:
#
#     PPMI(w, c)  =  max(0, PMI(w, c))
#
# A word may have no counts at all: its row is 0, and so is a column without any.

# %% [markdown] zh
# ## 2. 比偶然更多吗？
#
# “the” 在一切词附近，却什么也没说明。要看的是：与两个词毫不相干时相比，它们相遇多了多少。这就是点互信息：
#
#     PMI(w, c)  =  log  p(w, c) / (p(w) p(c))  =  log  n(w, c) / (n(w) p(c))
#
# 行是词 w，列是上下文 c；n(w) 是一行之和，n(c) 是一列之和。还有两处改动。少见的上下文得到的 PMI 太大，
# 所以用小于 1 的幂（通常是 0.75）把 p(c) 拉平一些；它加起来仍须是 1：
#
#     p(c)  =  n(c)^power  /  对所有上下文求和的 n^power
#
# 另外，对比偶然更少的、或从没见过的词对，三万多个词说明不了什么：
#
#     PPMI(w, c)  =  max(0, PMI(w, c))
#
# 一个词可能完全没有计数：那时它的行是 0；没有计数的列也是 0。

# %%
def positive_pmi(counts, power):
    """PPMI of words and contexts.

    counts  array (V, C), how often each context is near each word; rows and columns may be 0
    power   of the counts of the contexts; 1 is plain PPMI. Returns an array (V, C).
    """
    """词与上下文的 PPMI。

    counts  数组 (V, C)，每个上下文在每个词附近出现多少次；可以有全为 0 的行和列
    power   上下文次数的幂；1 就是普通的 PPMI。返回数组 (V, C)。
    """
    raise NotImplementedError

# %%
labs.check(positive_pmi)

# %% [markdown] en
# ## 3. Few numbers for a word
#
# A row of PPMI describes a word by 850 numbers, most of them 0. The singular value decomposition
#
#     M = U S V^T
#
# writes M as a sum of directions, the most important first. With the first d alone, U_d S_d V_d^T
# is the best approximation of M that d directions can give. A word's vector is its row of
#
#     U_d sqrt(S_d)
#
# one half of S for the words, and the other for the contexts. `np.linalg.svd(M,
# full_matrices=False)` returns U, the singular values as one array from large to small, and V^T.

# %% [markdown] zh
# ## 3. 用少数几个数表示一个词
#
# PPMI 的一行用 850 个数描述一个词，其中大多数是 0。奇异值分解
#
#     M = U S V^T
#
# 把 M 写成若干方向之和，最重要的在前。只用前 d 个，U_d S_d V_d^T 就是 d 个方向能给出的对 M 的最好近似。
# 一个词的向量是下面矩阵里它的那一行：
#
#     U_d sqrt(S_d)
#
# S 的一半给词，另一半给上下文。`np.linalg.svd(M, full_matrices=False)` 返回 U、从大到小排成一个
# 数组的奇异值，以及 V^T。

# %%
def svd_vectors(M, d):
    """A vector of d numbers for each row of M.

    M  array (V, C)
    d  how many directions are kept, at most the smaller of V and C. Returns an array (V, d).
    """
    """M 的每一行得到一个含 d 个数的向量。

    M  数组 (V, C)
    d  保留多少个方向，不超过 V 和 C 中较小的。返回数组 (V, d)。
    """
    raise NotImplementedError

# %%
labs.check(svd_vectors)

# %% [markdown] en
# ## 4. How alike are two vectors?
#
#     cos(a, b)  =  a . b / (|a| |b|)
#
# The length of a vector has much to do with how frequent its word is; the angle has not. A word
# whose vector is 0 has no direction; let its cosine with every word be 0, also with itself.

# %% [markdown] zh
# ## 4. 两个向量有多像？
#
#     cos(a, b)  =  a · b / (|a| |b|)
#
# 向量的长度与词有多常见大有关系，夹角则不然。向量为 0 的词没有方向；规定它与每个词的余弦都是 0，
# 与它自己也是。

# %%
def cosines(vectors, i):
    """The cosine of word i with every word, itself included.

    vectors  array (V, d), a row may be 0
    i        the id of a word. Returns an array (V,).
    """
    """词 i 与每个词的余弦，也包括它自己。

    vectors  数组 (V, d)，可以有全为 0 的行
    i        一个词的编号。返回数组 (V,)。
    """
    raise NotImplementedError

# %%
labs.check(cosines)

# %% [markdown] en
# ## 5. Neighbours
#
# A word is not its own neighbour, and 0 is no word. Of two that are equally near, the one with the
# lower id comes first. `np.argsort(x, kind="stable")` gives the places from the smallest number
# to the largest, and leaves equal ones in their order.

# %% [markdown] zh
# ## 5. 邻居
#
# 一个词不是它自己的邻居，0 不是词。两个词一样近时，编号小的在前。`np.argsort(x, kind="stable")`
# 给出从最小到最大的位置，并让相等的保持原来的次序。

# %%
def nearest(vectors, i, n):
    """The ids of the n words with the greatest cosine to word i, the greatest first.

    vectors  array (V, d)
    i        the id of a word, from 1 on
    n        how many, at most V - 2. Returns a list of ids, without i and 0.
    """
    """与词 i 余弦最大的 n 个词的编号，最大的在前。

    vectors  数组 (V, d)
    i        一个词的编号，从 1 起
    n        要几个，不超过 V - 2。返回编号的列表，不含 i 和 0。
    """
    raise NotImplementedError

# %%
labs.check(nearest)

# %% [markdown] en
# Now read the manual. Whose company says most: the bare counts, the PPMI, or the vectors of 50
# numbers?

# %% [markdown] zh
# 现在来读手册。谁最能说明问题：原始的次数、PPMI，还是 50 个数的向量？

# %%
tokens, sentences = word_ids()
V, window = len(tokens), 2
counts = near_counts(sentences, V, window)
M = positive_pmi(counts, 0.75)
kinds = {"counts": counts, "PPMI": M, "SVD": svd_vectors(M, 50)}
print(f"{len(sentences)} sentences, {V - 1} words")
for word in ("raise", "two", "may", "left", "true"):
    for name, vectors in kinds.items():
        near = nearest(vectors, tokens.index(word), 6)
        print(f"{word:6}{name:8}", *(tokens[i] for i in near))

# %% [markdown] en
# ## 6. Do they agree with a reader?
#
# Neighbours can be picked to please. A number cannot: readers say how alike two words are, from 0
# to 10, and the cosines are compared with what they said. 7 of 10 is no cosine of 0.7, so only
# the order counts, which is Spearman's correlation. Give each number its rank, 1 for the smallest;
# equal numbers share the mean of the ranks that they take up (3, 5, 5, 9: 1, 2.5, 2.5, 4). With x
# and y as the two lists of ranks, less their means:
#
#     sum xy / sqrt(sum xx  sum yy)

# %% [markdown] zh
# ## 6. 它们和读者的判断一致吗？
#
# 邻居可以挑好看的说，数字则不行：由读者来说两个词有多像，从 0 到 10，再把余弦与之比较。10 分里的 7 分并不是
# 余弦 0.7，所以只看次序，这就是 Spearman 相关。每个数换成它的秩，最小的是 1；相等的数共享它们所占的秩
# 的平均（3、5、5、9 的秩是 1、2.5、2.5、4）。设 x 和 y 是两个列表的秩各自减去平均：
#
#     sum xy / sqrt(sum xx · sum yy)

# %%
def rank_correlation(a, b):
    """Spearman's correlation of two lists: from -1 to 1.

    a, b  arrays (P,), neither of which is the same number everywhere. Returns a number.
    """
    """两个列表的 Spearman 相关：从 -1 到 1。

    a, b  数组 (P,)，都不会处处相等。返回一个数。
    """
    raise NotImplementedError

# %%
labs.check(rank_correlation)

# %% [markdown] en
# The ratings in `rated_pairs` are one opinion, that of the author of this lab, on 48 pairs of words
# of the manual, from before there were any vectors. Rate them yourself before you trust the table:
# `pairs` has the ids, `ratings` the numbers.
#
# A second test needs nobody. Every second time that one of the frequent words stands in the text
# it is given a new name: raise becomes raise', a word of its own. Is the nearest neighbour of each
# such word its own other half?

# %% [markdown] zh
# `rated_pairs` 里的评分只是一家之言，由本实验的作者在有任何向量之前给出，共 48 对手册里的词。在相信下面的
# 表之前，请自己也评一评：`pairs` 是编号，`ratings` 是分数。
#
# 另一个测试不需要任何人。常见的词每出现两次，就有一次改用新名字：raise 变成 raise'，自成一词。每个这样
# 的词，最近的邻居是不是它自己的另一半？

# %%
pairs, ratings = rated_pairs(tokens)


def agreement(vectors):
    """Spearman's correlation of the cosines with the ratings."""
    """余弦与评分的 Spearman 相关。"""
    return rank_correlation(np.array([cosines(vectors, a)[b] for a, b in pairs]), ratings)


times = np.bincount([i for ids in sentences for i in ids], minlength=V)
times[0] = 0
often = [i for i in range(1, V) if times[i] >= 30]
half = {word: V + k for k, word in enumerate(often)}
seen, halved = np.zeros(V, int), []
for ids in sentences:
    row = []
    for i in ids:
        seen[i] += 1
        row.append(half[i] if i in half and seen[i] % 2 else i)
    halved.append(row)
halved_counts = near_counts(halved, V + len(often), window)
halved_M = positive_pmi(halved_counts, 0.75)
halved_kinds = {"counts": halved_counts, "PPMI": halved_M, "SVD": svd_vectors(halved_M, 50)}
print(f"{'':8}{'numbers':>8}{'agreement':>11}{'other half found':>18}")
for name, vectors in kinds.items():
    found = np.mean([nearest(halved_kinds[name], i, 1) == [half[i]] for i in often])
    print(f"{name:8}{vectors.shape[1]:8}{agreement(vectors):11.3f}{found:18.3f}")
print(f"guessing{'':8}{0:11.3f}{1 / (V + len(often)):18.3f}")

# %% [markdown] en
# ## 7. CBOW: the mean of the words around
#
# word2vec does not count, it guesses. CBOW, the continuous bag of words, averages the vectors of
# the words around a place:
#
#     h  =  mean of E[c] over the words c of the context
#
# As the notes' table has it, the mean does not know in which order they stood. At the beginning
# and the end of a sentence there are fewer words: the rest of the row is 0, no word, and does not
# count. A row without any word has h = 0.
#
# `E[contexts]` of a Tensor looks up a row for each id, as NumPy does: (N, C) ids, (N, C, d).

# %% [markdown] zh
# ## 7. CBOW：周围各词的平均
#
# word2vec 不数，而是猜。CBOW（连续词袋模型）把一个位置周围各词的向量取平均：
#
#     h  =  对上下文里的词 c 取 E[c] 的平均
#
# 正如讲义的表格所说，这个平均不知道词的先后。句首和句尾的词较少：这一行其余的是 0，不是词，不算在内。
# 一个词也没有的行，h = 0。
#
# 张量的 `E[contexts]` 同 NumPy 一样，为每个编号查出一行：编号是 (N, C)，结果是 (N, C, d)。

# %%
def cbow_mean(E, contexts):
    """h of each context: the mean of the vectors of its words.

    E         Tensor (V, d), a row for each word
    contexts  array (N, C) of ids; 0 is no word. Returns a Tensor (N, d).
    """
    """每个上下文的 h：其中各词向量的平均。

    E         张量 (V, d)，每个词一行
    contexts  编号的数组 (N, C)；0 不是词。返回张量 (N, d)。
    """
    raise NotImplementedError

# %%
labs.check(cbow_mean)

# %%
rng = np.random.default_rng(5)
E = td.tensor(rng.normal(size=(V, 4)))
contexts, words = context_windows(sentences, window)
shuffled = rng.permuted(contexts, axis=1)
gap = cbow_mean(E, contexts).numpy() - cbow_mean(E, shuffled).numpy()
print(" ".join(tokens[i] for i in contexts[7] if i), "| ->", tokens[words[7]])
print(" ".join(tokens[i] for i in shuffled[7] if i), "| -> h differs by", np.abs(gap).max())

# %% [markdown] en
# ## 8. True, or drawn at random?
#
# A softmax over all words would cost V products for each guess. Cheaper: take the true word and K
# words at random, and ask of each, yes or no, whether it is the true one. The score of word w is
# u_w . h, with u_w from a second table, U; and the loss of one row is
#
#     -log sigmoid(u_true . h)  -  sum over the K random words of log sigmoid(-u_k . h)
#
# then the mean over the N rows. Why two tables? A word is seldom near itself; but with one table
# its score with itself would be |u|^2, which is never small.
#
# `F.logsigmoid(x)` is log sigmoid(x), and does not become infinite where sigmoid(x) is 0.

# %% [markdown] zh
# ## 8. 是真的，还是随机抽的？
#
# 对所有词做 softmax，每猜一次要算 V 个点积。更省的办法：取正确的词和 K 个随机的词，逐个问“是不是它”。
# 词 w 的分数是 u_w · h，u_w 取自第二张表 U；一行的损失是
#
#     -log sigmoid(u_正确 · h)  -  对 K 个随机词求和的 log sigmoid(-u_k · h)
#
# 再对 N 行取平均。为什么要两张表？一个词很少在自己附近；若只有一张表，它与自己的分数就是 |u|^2，总是不小。
#
# `F.logsigmoid(x)` 就是 log sigmoid(x)，在 sigmoid(x) 为 0 处也不会变成无穷大。

# %%
def negative_loss(h, U, candidates):
    """The mean over the batch of the loss of the true word and the random ones.

    h           Tensor (N, d), the means of the contexts
    U           Tensor (V, d), the second table
    candidates  array (N, 1 + K) of ids: the true word first, then K random ones

    Returns a Tensor ().
    """
    """正确的词与随机词的损失，对批取平均。

    h           张量 (N, d)，各上下文的平均
    U           张量 (V, d)，第二张表
    candidates  编号的数组 (N, 1 + K)：先是正确的词，然后是 K 个随机词

    返回张量 ()。
    """
    raise NotImplementedError

# %%
labs.check(negative_loss)

# %% [markdown] en
# The graph, of two contexts:

# %% [markdown] zh
# 两个上下文的计算图：

# %%
E = td.tensor(rng.normal(size=(V, 4)), requires_grad=True, name="E")
U = td.tensor(rng.normal(size=(V, 4)), requires_grad=True, name="U")
h = td.tensor(cbow_mean(E, contexts[7:9]).detach().numpy(), requires_grad=True, name="h")
candidates = random_words(words[7:9], times, 3, rng)
td.draw(lambda: negative_loss(h, U, candidates), depth="ops")

# %% [markdown] en
# ## 9. One step, by hand
#
# The derivative with respect to a score is p - y once more, now with p = sigmoid(score), and y = 1
# for the true word, 0 for a random one. With g = (p - y) / N, the chain rule gives for each row
#
#     dL/du_w     =  g_w h                             for each candidate w
#     dL/dh       =  sum over the candidates of g_w u_w
#     dL/dE[c]    =  dL/dh / (number of words in the context)
#
# all at the old weights. A word may be in several contexts, or be drawn twice: then all its
# gradients add up. `E[ids] -= x` changes a row once, however often its id is in ids;
# `np.add.at(E, ids, -x)` adds every time. Arrays here, and no engine. A loop over the rows is right
# too; the training below then takes half a minute in place of a few seconds.

# %% [markdown] zh
# ## 9. 手写一步
#
# 对分数的导数又是 p - y，这里 p = sigmoid(分数)，正确的词 y = 1，随机词 y = 0。令 g = (p - y) / N，
# 由链式法则，每一行有
#
#     dL/du_w     =  g_w h                 对每个候选 w
#     dL/dh       =  对各候选求和的 g_w u_w
#     dL/dE[c]    =  dL/dh / (上下文里的词数)
#
# 都在旧的权重处求。一个词可能出现在几个上下文里，也可能被抽到两次：那时它的各个梯度要相加。
# `E[ids] -= x` 对一行只改一次，不管它的编号在 ids 里出现几次；`np.add.at(E, ids, -x)` 每次都加。
# 这里用数组，不用引擎。对各行写循环也对，不过下面的训练就要半分钟，而不是几秒。

# %%
def cbow_step(E, U, contexts, candidates, lr):
    """Both tables after one step of gradient descent on negative_loss: (E, U).

    E, U        arrays (V, d); they themselves stay as they are
    contexts    array (N, C) of ids; 0 is no word
    candidates  array (N, 1 + K) of ids, the true word first; one may be there twice
    lr          the learning rate
    """
    """对 negative_loss 走一步梯度下降之后的两张表：(E, U)。

    E, U        数组 (V, d)；它们本身保持不变
    contexts    编号的数组 (N, C)；0 不是词
    candidates  编号的数组 (N, 1 + K)，正确的词在前；同一个词可能出现两次
    lr          学习率
    """
    raise NotImplementedError

# %%
labs.check(cbow_step)

# %% [markdown] en
# Is it the engine's gradient? With lr = 1 the step is the gradient itself.

# %% [markdown] zh
# 它就是引擎算出的梯度吗？lr = 1 时，走的一步就是梯度本身。

# %%
candidates = random_words(words[:64], times, 5, rng)
negative_loss(cbow_mean(E, contexts[:64]), U, candidates).backward()
old = E.detach().numpy(), U.detach().numpy()
new = cbow_step(*old, contexts[:64], candidates, 1.0)
for name, before, after, weight in zip("EU", old, new, (E, U)):
    print(name, "largest difference:", np.abs(before - after - weight.grad.numpy()).max())

# %% [markdown] en
# ## What you have built
#
# Your step trains on nine tenths of the places of the manual, and the loss is measured on the
# rest. Two baselines: who knows nothing says 1/2 to each of the six candidates, 6 log 2 = 4.16;
# and who knows only how frequent each word is, without a look at the context, ends at about 2.6.
# Beside the loss is the agreement with the ratings, of either table: bare counts had about 0.4.

# %% [markdown] zh
# ## 你造出了什么
#
# 用你写的一步，在手册十分之九的位置上训练，在其余的位置上量损失。有两个基线：什么也不知道的，对六个候选
# 各说 1/2，损失是 6 log 2 = 4.16；只知道每个词有多常见、不看上下文的，损失约为 2.6。损失旁边是两张表
# 各自与评分的一致程度：原始的次数约为 0.4。

# %%
kept = np.arange(len(words)) % 10 > 0
train, test = np.flatnonzero(kept), np.flatnonzero(~kept)
p, q = times / times.sum(), times ** 0.75 / (times ** 0.75).sum()
p, q = p[1:], q[1:]
q = 5 * q * ((p / (1 - q)).sum() - p / (1 - q))  # how often each is drawn, beside another word
frequencies = -(p * np.log(p / (p + q)) + q * np.log(q / (p + q))).sum()
rng, d, epochs = np.random.default_rng(0), 32, 10
E, U = rng.uniform(-0.5, 0.5, size=(V, d)) / d, np.zeros((V, d))
asked = random_words(words[test], times, 5, rng)
print(f"knows nothing {6 * np.log(2):.3f}, knows frequencies {frequencies:.3f}")
print("epoch  loss at test  agreement of E  of U")
for epoch in range(epochs):
    order = rng.permutation(train)
    for start in range(0, len(order), 64):
        batch = order[start:start + 64]
        candidates = random_words(words[batch], times, 5, rng)
        E, U = cbow_step(E, U, contexts[batch], candidates, 15 * (1 - epoch / epochs))
    loss = negative_loss(cbow_mean(td.tensor(E), contexts[test]), td.tensor(U), asked).item()
    print(f"{epoch + 1:5}{loss:14.3f}{agreement(E):16.3f}{agreement(U):6.3f}")

# %% [markdown] en
# It has counted nothing, and E comes to about 0.5, U to about 0.7, where PPMI and SVD had 0.6; and
# of the loss it has taken off much that the frequencies could not. The neighbours of both, and a
# map: the SVD's vectors of some 50 words, each of length 1 and less their mean, in their own two
# most important directions.

# %% [markdown] zh
# CBOW 什么也没数，E 却达到了约 0.5，U 约 0.7，而 PPMI 和 SVD 是 0.6；损失也比只知道词频时低了不少。
# 下面是两者的邻居，以及一张地图：五十来个词的 SVD 向量各取长度 1，减去它们的平均，再取它们自己最重要
# 的两个方向。

# %%
for word in ("raise", "two", "may", "left", "true"):
    for name, vectors in (("SVD", kinds["SVD"]), ("CBOW", U)):
        near = nearest(vectors, tokens.index(word), 6)
        print(f"{word:6}{name:8}", *(tokens[i] for i in near))
shown = """list tuple dictionary string sequence mapping set may can must should will cannot raise
raises raised exception typeerror true false none two three one first last next left right is are
was be object class instance module method function attribute argument if when while integer
floating number""".split()
shown = [word for word in shown if word in tokens]
some = kinds["SVD"][[tokens.index(word) for word in shown]]
some = some / np.linalg.norm(some, axis=1, keepdims=True)
places = svd_vectors(some - some.mean(axis=0), 2)
print(word_map(places, shown))
try:
    from matplotlib.figure import Figure
    figure = Figure(figsize=(9, 6))
    axes = figure.add_subplot()
    axes.scatter(*places.T, s=4)
    for place, word in zip(places, shown):
        axes.annotate(word, place)
    figure.savefig("lab05_map.svg")
    labs.show("lab05_map.svg")
except ImportError:
    print("with matplotlib there is a picture too")

# %% [markdown] en
# ## To think about
#
# true and false, left and right, can and cannot are near each other. Why must they be, for every
# method that looks only at the company of a word? And what would a classifier of reviews that
# begins with such vectors have to learn first about good and bad?
#
# PPMI does better than the SVD here, with 850 numbers for each word in place of 50. When are the
# 50 worth what they cost? U agrees better than E with the ratings: which of the two has a word's
# vector as a whole, and which only its share of a mean? And what if `window` is 8?
#
# ## To go on
#
# Levy and Goldberg showed that word2vec's skip-gram, which guesses the words around from the one
# between, would end with E U^T = PMI - log K. Is CBOW like that? Correlate the entries of E @ U.T
# with the logarithm of the ratio in PMI, where counts > 0, for K = 1, 5 and 15. Or try "king - man
# + woman" on the manual: which word has the greatest cosine with lists - list + string? Leave out
# the three words of the question, or the answer is one of them.

# %% [markdown] zh
# ## 想一想
#
# true 和 false、left 和 right、can 和 cannot 都靠得很近。对任何只看词与谁为伴的方法来说，为什么必然
# 如此？用这样的向量起步的影评分类器，关于好与坏首先要学会什么？
#
# 这里 PPMI 比 SVD 更好，但每个词用 850 个数，而不是 50 个。什么时候值得只用 50 个？U 比 E 更符合评分：
# 两张表中，哪张把一个词的向量整个用上，哪张只用它在平均里的一份？改成 `window = 8`，这一切会怎样？
#
# ## 继续
#
# Levy 和 Goldberg 证明，word2vec 的 skip-gram（由中间的词猜周围的词）最终会有 E U^T = PMI - log K。
# CBOW 也是这样吗？对 counts > 0 的元素，求 E @ U.T 与 PMI 中比值的对数的相关，K 取 1、5 和 15。
# 或者在手册里试试“国王 - 男人 + 女人”：哪个词与 lists - list + string 的余弦最大？要去掉问题里的
# 三个词，否则答案就是它们之一。
