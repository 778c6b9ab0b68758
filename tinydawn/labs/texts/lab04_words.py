# %% [markdown] en
# # Lab 4: bag of words
#
# The notes' first model of text: a sentence is the words that are in it, in no order. You count
# them, you build the classifier that needs nothing but counts, naive Bayes, and the one that
# learns an embedding for each word. Both then tell what a sentence of Python's own manual is about:
# debugger, statements, text, classes or containers. On the way you find out what is wrong with
# the notes' dropout. About 80 minutes, with the reading.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it.
#
# N sentences, T words in one of them, V words in the vocabulary, d numbers in an embedding,
# K classes.

# %% [markdown] zh
# # 实验 4：词袋模型
#
# 讲义里的第一个文本模型：一个句子就是它含有的词，不管顺序。你来数词，写出只靠计数的分类器，即朴素
# 贝叶斯，再写出为每个词学一个嵌入的分类器。最后两者判断 Python 自带手册里的一句话讲的是什么：
# 调试器、语句、文本、类还是容器。途中你会发现讲义里的 dropout 错在哪里。连同阅读约 80 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。
#
# N 个句子，其中一句有 T 个词；词表有 V 个词，一个嵌入有 d 个数，共 K 个类别。

# %%
from collections import Counter

import numpy as np

import tinydawn as td
from tinydawn import labs, optim
from tinydawn.labs.given import manual
from tinydawn.nn import functional as F

# %% [markdown] en
# ## 1. Words become numbers
#
# A vocabulary gives each word an id. Which words? Those of the *training* sentences that occur
# there at least `least` times: what the test sentences have besides is not known when a model is
# trained, and whoever counts them too tests himself on what he has seen. Everything else is the
# word `<unk>`, with the id 0. The others get 1, 2, 3 ... in the order of `sorted`. Words are
# taken as they are: "Film" and "film" are two. And `<unk>` is 0 whatever the words are; sorted
# among them it would stand behind "3", and before "Film".
#
# Rare words of the training sentences become `<unk>` as well; there its embedding is learned.

# %% [markdown] zh
# ## 1. 词变成数
#
# 词表给每个词一个编号。收哪些词？*训练*句子里至少出现 `least` 次的词：测试句子里另有什么，训练模型时
# 是不知道的，谁把它们也数进去，就是在见过的东西上考自己。其余的一律是 `<unk>`，编号 0。
# 词表里的词按 `sorted` 的顺序得到 1、2、3……词保持原样：“Film” 和 “film” 是两个词。不管有哪些词，
# `<unk>` 都是 0；若和它们一起排序，它会排在 “3” 之后、“Film” 之前。
#
# 训练句子里的罕见词也变成 `<unk>`，它的嵌入就是这样学到的。

# %%
def to_ids(train, test, least):
    """A vocabulary, and the sentences as ids: (vocab, ids of train, ids of test).

    train, test  lists of sentences, each a list of words
    least        how often a word must occur in train
    vocab        a dict from word to id; "<unk>" is in it, with the id 0

    The ids are lists of lists of whole numbers, one id for each word.
    """
    """词表，以及变成编号的句子：(vocab, train 的编号, test 的编号)。

    train, test  句子的列表，每个句子是词的列表
    least        一个词在 train 里至少要出现几次
    vocab        从词到编号的 dict；"<unk>" 也在其中，编号 0

    编号是整数列表的列表，每个词一个编号。
    """
    raise NotImplementedError

# %%
labs.check(to_ids)

# %% [markdown] en
# ## 2. A sentence becomes a vector
#
# The notes' x has |V| entries, and the i-th says whether word i is in the sentence. Here it says
# how *often*, which tells more: "very very good" has a 2 at "very".

# %% [markdown] zh
# ## 2. 句子变成向量
#
# 讲义里的 x 有 |V| 个元素，第 i 个表示词 i 是否在句子里。这里它表示*出现几次*，信息更多：
# “very very good” 在 “very” 处是 2。

# %%
def count_vector(ids, V):
    """How often each word of the vocabulary is in a sentence.

    ids  array (T,) of whole numbers from 0 to V - 1; T may be 0. Returns an array (V,).
    """
    """词表里的每个词在句子里出现几次。

    ids  数组 (T,)，0 到 V - 1 的整数；T 可以是 0。返回数组 (V,)。
    """
    raise NotImplementedError

# %%
labs.check(count_vector)

# %% [markdown] en
# ## 3. h = W x is a sum of embeddings
#
# x is nearly all zeros, so nobody multiplies with it. A column of W is the *embedding* of a word,
# and W x adds up the columns of the words that are there. Write it without x, and without `@`:
# the sum is what stands in for the product. `W[:, ids]` takes columns, as NumPy does.

# %% [markdown] zh
# ## 3. h = W x 是嵌入之和
#
# x 几乎全是零，所以没有人真去乘它。W 的一列就是一个词的*嵌入*，W x 把句子里各词的列加起来。
# 请不用 x、也不用 `@` 来写：求和正是用来代替那个乘积的。`W[:, ids]` 同 NumPy 一样取出若干列。

# %%
def bag_of_embeddings(W, ids):
    """h = W x, as the sum of the embeddings of the words.

    W    Tensor (d, V), a column for each word
    ids  array (T,), the words of a sentence, T at least 1. Returns a Tensor (d,).
    """
    """h = W x，写成各词嵌入之和。

    W    张量 (d, V)，每个词一列
    ids  数组 (T,)，一个句子的词，T 至少为 1。返回张量 (d,)。
    """
    raise NotImplementedError

# %%
labs.check(bag_of_embeddings)

# %% [markdown] en
# The product and the sum, in numbers; and the graph of the sum. A notebook shows the
# graph; in a script put `.save("bag.svg")` behind it, which draws it into that file.

# %% [markdown] zh
# 乘积与求和，用数字比较；以及求和的计算图。笔记本会直接显示计算图；在脚本里请在后面加上
# `.save("bag.svg")`，把它画进这个文件。

# %%
W = td.tensor(np.random.default_rng(0).normal(size=(3, 8)), requires_grad=True, name="W")
ids = np.array([5, 2, 5, 7])
gap = W.detach().numpy() @ count_vector(ids, 8) - bag_of_embeddings(W, ids).detach().numpy()
print("W x and the sum of columns differ by", np.abs(gap).max())
td.draw(lambda: bag_of_embeddings(W, ids), depth="ops")

# %% [markdown] en
# ## 4. Naive Bayes: how often is a class?
#
# The baseline of every classifier of text needs no gradient. By Bayes' rule
#
#     log p(c | sentence)  =  log p(c)  +  sum over its words of log p(w | c)  +  a constant
#
# if the words of a sentence are independent once its class is known, which is naive. The first
# part is the *prior*: p(c) is the share of the training sentences whose class is c. A class that
# no sentence has gets log 0 = -inf (NumPy warns, and is right).

# %% [markdown] zh
# ## 4. 朴素贝叶斯：一个类别有多常见？
#
# 一切文本分类器的基线都不需要梯度。由贝叶斯公式，
#
#     log p(c | 句子)  =  log p(c)  +  对句中各词求和的 log p(w | c)  +  常数
#
# 前提是已知类别时句中各词相互独立，这很“朴素”。第一部分是*先验*：p(c) 是训练句子中类别为 c 的比例。
# 没有句子的类别得到 log 0 = -inf（NumPy 会警告，警告得对）。

# %%
def log_priors(labels, K):
    """log p(c) for each class.

    labels  array (N,), the classes of the training sentences, from 0 to K - 1
    K       the number of classes. Returns an array (K,).
    """
    """每个类别的 log p(c)。

    labels  数组 (N,)，训练句子的类别，0 到 K - 1
    K       类别数。返回数组 (K,)。
    """
    raise NotImplementedError

# %%
labs.check(log_priors)

# %% [markdown] en
# ## 5. Which words does a class use?
#
#     p(w | c)  =  (n(w, c) + 1) / (n(c) + V)
#
# n(w, c) is how often w occurs in the sentences of class c, and n(c) adds this up over all words of
# class c: the number of words that the class has said. Without the one, a word that a class has
# never used would have probability 0 and forbid the class, whatever all other words say.

# %% [markdown] zh
# ## 5. 一个类别用哪些词？
#
#     p(w | c)  =  (n(w, c) + 1) / (n(c) + V)
#
# n(w, c) 是 w 在类别 c 的句子里出现的次数，n(c) 是它对类别 c 的所有词的和，也就是该类别一共说了多少
# 个词。如果不加一，某类别从未用过的词概率就是 0，会否决该类别，不管其他词怎么说。

# %%
def log_likelihoods(x, labels, K):
    """log p(w | c), with one added.

    x       array (N, V), the count vectors of the training sentences
    labels  array (N,), their classes. Returns an array (K, V).
    """
    """加一之后的 log p(w | c)。

    x       数组 (N, V)，训练句子的计数向量
    labels  数组 (N,)，它们的类别。返回数组 (K, V)。
    """
    raise NotImplementedError

# %%
labs.check(log_likelihoods)

# %% [markdown] en
# ## 6. The score of a sentence
#
# A word that is there twice speaks twice, so the sum over words is a product with x.

# %% [markdown] zh
# ## 6. 句子的分数
#
# 出现两次的词发言两次，所以对词求和就是与 x 相乘。

# %%
def naive_bayes(x, log_prior, log_likelihood):
    """log p(c) + sum over the words of log p(w | c), for each sentence and each class.

    x               array (N, V), count vectors
    log_prior       array (K,)
    log_likelihood  array (K, V). Returns an array (N, K).
    """
    """对每个句子和每个类别：log p(c) + 对各词求和的 log p(w | c)。

    x               数组 (N, V)，计数向量
    log_prior       数组 (K,)
    log_likelihood  数组 (K, V)。返回数组 (N, K)。
    """
    raise NotImplementedError

# %%
labs.check(naive_bayes)

# %% [markdown] en
# ## 7. How many are right?

# %% [markdown] zh
# ## 7. 对了多少？

# %%
def accuracy(scores, labels):
    """The share of sentences whose largest score is that of the right class.

    scores  array (N, K)
    labels  array (N,). Returns a number from 0 to 1.
    """
    """最大分数落在正确类别上的句子所占的比例。

    scores  数组 (N, K)
    labels  数组 (N,)。返回 0 到 1 之间的一个数。
    """
    raise NotImplementedError

# %%
labs.check(accuracy)

# %% [markdown] en
# ## 8. The classifier with embeddings
#
# Encode: h is the *mean* of the embeddings, so that long sentences do not get large numbers. Then
# the notes' prediction, z = W h + b. The notes use W in two senses, for the embeddings and for this
# second matrix; here W is the embeddings alone, and the other is U:
#
#     h = W x / (number of words),    z = U h + b
#
# `<unk>` counts as a word: it has a column of W and is one of the words that are divided by. The
# notes' vectors are columns. A batch has a *row* for each sentence, which turns W x into `x @ W.T`;
# it works with x as it is, a NumPy array, and gives a Tensor. A sentence without words has h = 0;
# mind 0 / 0.

# %% [markdown] zh
# ## 8. 带嵌入的分类器
#
# 编码：h 是嵌入的*平均*，这样长句子不会得到很大的数。然后是讲义的预测 z = W h + b。讲义里的 W 有两个
# 意思，既指嵌入，又指这第二个矩阵；这里 W 只指嵌入，另一个记作 U：
#
#     h = W x / (词数),    z = U h + b
#
# `<unk>` 也算一个词：它在 W 里有一列，也计入被除的词数。讲义的向量是列。一个批里每个句子是一*行*，于是
# W x 变成 `x @ W.T`；x 是 NumPy 数组，可以直接这样写，得到的是张量。没有词的句子 h = 0；小心 0 / 0。

# %%
def classify(x, W, U, b):
    """The logits of each sentence.

    x  array (N, V), count vectors
    W  Tensor (d, V), embeddings
    U  Tensor (K, d)
    b  Tensor (K,). Returns a Tensor (N, K).
    """
    """每个句子的 logit。

    x  数组 (N, V)，计数向量
    W  张量 (d, V)，嵌入
    U  张量 (K, d)
    b  张量 (K,)。返回张量 (N, K)。
    """
    raise NotImplementedError

# %%
labs.check(classify)

# %% [markdown] en
# ## 9. Find the bug: the notes' dropout
#
# The notes say two things. In training each unit is dropped with a preset probability p. At test
# time all units are there, with the weights scaled by p (w becomes pw). To the letter:

# %% [markdown] zh
# ## 9. 找出错误：讲义里的 dropout
#
# 讲义说了两件事。训练时，每个单元以预设的概率 p 被丢弃。测试时所有单元都在，权重乘以 p（w 变成 pw）。
# 照字面写出来：

# %%
def notes_dropout(h, u, drop, training):
    """h with some units dropped, as the notes have it. u: random numbers from 0 to 1."""
    """按讲义丢弃 h 的一些单元。u：0 到 1 的随机数。"""
    if training:
        return h * (u >= drop)
    return h * drop

# %% [markdown] en
# What the next layer is given at test should be what it was given in training, on average. Return
# a probability for which it is not, and both values: exactly, as formulas in h, and not from draws.

# %% [markdown] zh
# 测试时交给下一层的，平均来说应与训练时相同。请返回一个使它们不同的概率，以及这两个值：要精确值，写成
# h 的公式，不靠抽样。

# %%
def notes_dropout_fails(h):
    """A case in which the notes are wrong. Returns (drop, training, test), three numbers.

    h         a number, what one unit gives

    drop      your choice of a probability
    training  what notes_dropout gives on average in training, over all u: a formula in h
    test      what notes_dropout gives at test: a formula in h
    """
    """讲义出错的一种情形。返回 (drop, training, test)，三个数。

    h         一个数，某个单元的值

    drop      由你选一个概率
    training  notes_dropout 在训练时对所有 u 的平均，写成 h 的公式
    test      notes_dropout 在测试时给出的值，写成 h 的公式
    """
    raise NotImplementedError

# %%
labs.check(notes_dropout_fails)

# %% [markdown] en
# ## 10. Dropout put right
#
# Today all scaling is done in training, so that nothing needs to be done at test. By what must the
# units that are left be divided, so that the average over all draws is h?

# %% [markdown] zh
# ## 10. 改正后的 dropout
#
# 如今缩放全在训练时做，测试时什么也不用做。留下的单元要除以什么，才能使对所有抽样的平均等于 h？

# %%
def dropout(h, u, drop, training):
    """h with each unit dropped where u < drop; the average over many u is h.

    h         Tensor of any shape
    u         array of the same shape, random numbers from 0 to 1
    drop      the probability to drop a unit, from 0 to below 1
    training  if False, h comes back as it is. Returns a Tensor.
    """
    """在 u < drop 处丢弃 h 的单元；对许多 u 的平均是 h。

    h         任意形状的张量
    u         形状相同的数组，0 到 1 的随机数
    drop      丢弃一个单元的概率，从 0 到小于 1
    training  若为 False，原样返回 h。返回张量。
    """
    raise NotImplementedError

# %%
labs.check(dropout)

# %%
one = td.ones(20000, dtype=np.float64)
draws = np.random.default_rng(0).random(20000)
for drop in (0.2, 0.5, 0.8):
    for name, function in (("notes", notes_dropout), ("yours", dropout)):
        in_training = function(one, draws, drop, True).numpy().mean()
        at_test = function(one, draws, drop, False).numpy().mean()
        ratio = at_test / in_training
        print(f"drop {drop}  {name}  training {in_training:.2f}  test {at_test:.2f}  {ratio:.2f}")

# %% [markdown] en
# ## What you have built
#
# The manual has about 1,500 sentences that read as prose, a fifth of which are kept for the test.
# The majority class is right for about a third of them.

# %% [markdown] zh
# ## 你造出了什么
#
# 手册里约有 1500 句可读的文字，其中五分之一留作测试。只猜最常见的类别约能对三分之一。

# %%
train, test, classes = manual()
vocab, train_ids, test_ids = to_ids([words for words, _ in train], [words for words, _ in test], 2)
tokens, V, K = sorted(vocab, key=vocab.get), len(vocab), len(classes)  # tokens[id] is the word
x_train = np.array([count_vector(np.array(ids), V) for ids in train_ids], np.float32)  # (N, V)
x_test = np.array([count_vector(np.array(ids), V) for ids in test_ids], np.float32)
y_train, y_test = (np.array([label for _, label in part]) for part in (train, test))
prior, likelihood = log_priors(y_train, K), log_likelihoods(x_train, y_train, K)
print(f"{len(train)} sentences to train on, {len(test)} to test, {V} words, {K} classes")
print(f"majority     {(y_test == np.bincount(y_train).argmax()).mean():.3f}")
print(f"naive Bayes  {accuracy(naive_bayes(x_test, prior, likelihood), y_test):.3f}")

# %% [markdown] en
# The classifier, trained with and without your dropout of the units of h. With U = I and b = 0 the
# logits of `classify` are h itself: so h can be had, half of it dropped, and then comes U h + b.

# %% [markdown] zh
# 分类器，训练时对 h 的单元分别用和不用你的 dropout。若 U = I 而 b = 0，`classify` 的 logit 就是 h
# 本身：这样得到 h，丢弃它的一半，再算 U h + b。

# %%
def trained(drop, seed):
    """The weights W, U, b after 30 rounds through the training sentences."""
    """把训练句子走 30 轮之后的权重 W、U、b。"""
    rng = np.random.default_rng(seed)
    start = [0.1 * rng.normal(size=(20, V)), 0.1 * rng.normal(size=(K, 20)), np.zeros(K)]
    weights = [td.tensor(w.astype(np.float32), requires_grad=True) for w in start]
    W, U, b = weights
    optimizer = optim.Adam(weights, lr=0.01)
    for step in range(30 * len(x_train) // 50):
        batch = rng.permutation(len(x_train))[:50]
        h = classify(x_train[batch], W, td.eye(20), td.zeros(20))
        h = dropout(h, rng.random(h.shape), drop, True)
        loss = F.cross_entropy(h @ U.T + b, y_train[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weights


for drop in (0.0, 0.5):
    found = []
    for seed in range(3):
        W, U, b = trained(drop, seed)
        found.append([accuracy(classify(x, W, U, b).detach().numpy(), y)
                      for x, y in ((x_train, y_train), (x_test, y_test))])
    in_training, at_test = np.mean(found, axis=0)
    print(f"classifier, drop {drop}: {in_training:.3f} in training, {at_test:.3f} at test")

# %% [markdown] en
# What has each of them learned? Of naive Bayes: the words whose log p(w | c) is furthest above the
# mean of the classes. Of the classifier: U W is one number for each class and word.

# %% [markdown] zh
# 两者各学到了什么？朴素贝叶斯：log p(w | c) 比各类别平均高出最多的词。分类器：U W 对每个类别和
# 每个词是一个数。

# %%
word_weights = {"naive Bayes": likelihood, "classifier": U.detach().numpy() @ W.detach().numpy()}
often = np.flatnonzero((x_train.sum(axis=0) >= 5) & (np.arange(V) > 0))
for name, weights in word_weights.items():
    print(name)
    for c in range(K):
        above = weights[c, often] - weights[:, often].mean(axis=0)
        top = often[np.argsort(-above)[:8]]
        print(f"  {classes[c]:11}", *(tokens[i] for i in top))

# %% [markdown] en
# And a sentence taken apart: what each word adds to the class that wins, by naive Bayes.

# %% [markdown] zh
# 再拆开一个句子看：按朴素贝叶斯，每个词为获胜的类别加了多少。

# %%
words, label = test[0]
winner = naive_bayes(x_test[:1], prior, likelihood)[0].argmax()
print(f"{' '.join(words)}\n  is about {classes[label]}, found {classes[winner]}")
for word, i in zip(words, test_ids[0]):
    adds = likelihood[winner, i] - likelihood[:, i].mean()
    print(f"  {word if i else word + ' (<unk>)':20}{adds:+.2f} {'#' * max(round(8 * adds), 0)}")

# %% [markdown] en
# ## To think about
#
# The classifier has every training sentence right, and at the test it is hardly better than naive
# Bayes, if at all. Two of its three hundred test sentences are 0.7 percent: how far apart must two
# accuracies be before you believe it?
#
# And: "the plot is not good and the acting is bad", "the plot is good and the acting is not bad".
# Both models, trained on film reviews: what would they say about these two, and why?
#
# ## To go on
#
# Count pairs of neighbours too: add "not_good" to the words of every sentence before `to_ids`. What
# does it do to V, and to both accuracies? Or begin with word vectors that were made without labels
# (lab 5) in the place of a random W.

# %% [markdown] zh
# ## 想一想
#
# 分类器把训练句子全判对了，测试时却不比朴素贝叶斯好多少，甚至并不更好。三百个测试句子里的两个就是
# 0.7 个百分点：两个准确率要相差多少，你才会相信？
#
# 还有：“the plot is not good and the acting is bad” 与 “the plot is good and the acting is not
# bad”。假如两个模型是用影评训练的，它们对这两句会怎么说，为什么？
#
# ## 继续
#
# 把相邻的词对也数进去：在 `to_ids` 之前给每个句子加上 “not_good” 这样的词。V 会怎样，两个准确率
# 会怎样？或者用不靠标签得到的词向量（实验 5）代替随机的 W 作为起点。
