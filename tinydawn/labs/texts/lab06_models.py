# %% [markdown] en
# # Lab 6: language models
#
# A language model says how probable each word is after the words before it. The old way is to
# count; the notes' NNLM, a feed-forward neural network, is the new one. You write both, and the
# measure by which they are compared. At the end they meet on a language that is made up, so that
# its true entropy is known: you see how near each comes to a floor that no model can break, and why
# the network needs less text than counting does. About 85 minutes, with the reading.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it. One of the
# holes asks for something else: an example on which a common way to compute perplexity is wrong.

# %% [markdown] zh
# # 实验 6：语言模型
#
# 语言模型说出：在前面这些词之后，每个词的概率是多少。老办法是计数；讲义里的 NNLM，即前馈神经网络，
# 是新办法。两种都由你来写，比较它们的尺子也由你来写。最后让它们在一种人造的语言上见面，它真正的熵
# 是已知的：你会看到各个模型离那条谁也突破不了的底线还有多远，以及为什么网络比计数需要的文本少。
# 连同阅读约 85 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。其中一个空要的不是
# 函数的实现，而是一个例子，它使一种常见的困惑度算法出错。

# %%
import math

import numpy as np

import tinydawn as td
from tinydawn import labs, optim
from tinydawn.labs.given import WordLanguage, by_sentence
from tinydawn.models.nnlm import frequency_classes
from tinydawn.nn import functional as F

# %% [markdown] en
# ## 1. Words, and what stands before them
#
# Both models look at the n words before a word, its *context* u, and at nothing else:
#
#     p(sentence) = product over t of p(w_t | u_t),    u_t = (w_{t-n}, ..., w_{t-1})
#
# Each sentence ends with </s>, which is predicted like a word: a model has to know where to stop.
# Before a sentence stands the mark <s>, n times, so that the first word has a context too. <s> is
# never predicted, and no context reaches into the sentence before. With n = 2, "a b" gives:
#
#     context    word
#     <s> <s>    a
#     <s> a      b
#     a b        </s>
#
# Words are whole numbers, their ids.

# %% [markdown] zh
# ## 1. 词和它前面的词
#
# 两种模型都只看一个词前面的 n 个词，即它的*上文* u，别的什么也不看：
#
#     p(句子) = 对 t 求积 p(w_t | u_t)，    u_t = (w_{t-n}, ..., w_{t-1})
#
# 每个句子以 </s> 结束，它和词一样要预测：模型必须知道在哪里停。句子前面放 n 个记号 <s>，这样第一个
# 词也有上文。<s> 从不被预测，上文也不会伸进前一个句子。n = 2 时，“a b” 给出：
#
#     上文       词
#     <s> <s>    a
#     <s> a      b
#     a b        </s>
#
# 词用整数表示，即它们的编号。

# %%
def words_before(sentences, n, bos, eos):
    """The context of every word, and the word itself, sentence by sentence.

    sentences  a list of lists of ids, without marks; a sentence may be empty
    n          how many words are looked at, 1 or more
    bos, eos   the ids of <s> and of </s>

    Returns (contexts, words): arrays (M, n) and (M,). M counts all words, and a </s> for each
    sentence.
    """
    """每个词的上文，以及这个词本身，逐句给出。

    sentences  编号的列表的列表，不带记号；句子可以为空
    n          看前面几个词，至少 1
    bos, eos   <s> 和 </s> 的编号

    返回 (contexts, words)：数组 (M, n) 和 (M,)。M 是全部词数，再加上每句一个 </s>。
    """
    raise NotImplementedError

# %%
labs.check(words_before)

# %% [markdown] en
# ## 2. Counting
#
# An n-gram model is a table: for each context the number of times that each word came after it.
# V is how many different words can be predicted. A dict with tuples for its keys holds only the
# contexts that occur, which are few of all that could be.

# %% [markdown] zh
# ## 2. 计数
#
# n-gram 模型是一张表：对每个上文，记下每个词跟在它后面的次数。V 是可以被预测的不同的词数。用元组
# 当键的字典只存出现过的上文；可能的上文很多，出现过的很少。

# %%
def counts_after(contexts, words, V):
    """How often each word came after each context.

    contexts  array (M, n) of ids; n may be 0, and then the only context is ()
    words     array (M,), the word after each of them, ids from 0 to V - 1

    Returns a dict: tuple of n ids -> array (V,) of counts, for every context that occurs.
    """
    """每个上文之后，每个词出现了几次。

    contexts  编号的数组 (M, n)；n 可以为 0，那时唯一的上文是 ()
    words     数组 (M,)，各上文之后的词，编号 0 到 V - 1

    返回字典：n 个编号的元组 -> 计数的数组 (V,)，出现过的上文各一项。
    """
    raise NotImplementedError

# %%
labs.check(counts_after)

# %% [markdown] en
# ## 3. Smoothing: add k
#
# count / sum would give 0 to each word that has not come after this context yet, and a text with
# one such word would be impossible. The simplest remedy: act as if each of the V words had come k
# times more than it did.
#
#     p(w | u) = (count(u w) + k) / (sum over all w' of count(u w') + k V)

# %% [markdown] zh
# ## 3. 平滑：加 k
#
# 若用 计数 / 总和，凡是还没在这个上文之后出现过的词，概率都是 0；只要有一个这样的词，整个文本就成了
# 不可能。最简单的补救：当作 V 个词各多出现了 k 次。
#
#     p(w | u) = (count(u w) + k) / (对所有 w' 求和 count(u w') + k V)

# %%
def add_k(counts, k):
    """p of each word after a context, by its counts.

    counts  array (V,), how often each word came after it; it may be all 0
    k       a number above 0. Returns an array (V,).
    """
    """一个上文之后每个词的 p，由计数得到。

    counts  数组 (V,)，每个词在它之后出现的次数；可以全是 0
    k       大于 0 的数。返回数组 (V,)。
    """
    raise NotImplementedError

# %%
labs.check(add_k)

# %% [markdown] en
# ## 4. Smoothing: discount, and ask a shorter context
#
# Adding k treats all unseen words alike. But if "the red" was never followed by "car", "red" may
# have been. So take a little, D, from every count that is not 0, and hand what is freed to the
# model of the shorter context u', which lacks the first word of u:
#
#     p(w | u) = max(count(u w) - D, 0) / sum  +  (D T / sum) p(w | u')
#
# T is how many *different* words came after u, so D T is what was taken, and everything adds up to
# 1 again. After a context that was never seen, p(w | u) is p(w | u'). This is *absolute
# discounting*; Kneser-Ney smoothing, the best of the n-gram models, is one step from here.

# %% [markdown] zh
# ## 4. 平滑：打折扣，再问更短的上文
#
# 加 k 对所有没见过的词一视同仁。可是 “the red” 之后虽没见过 “car”，“red” 之后也许见过。所以从每个
# 不为 0 的计数里减去一点 D，把腾出来的概率交给更短的上文 u'（u 去掉第一个词）的模型去分：
#
#     p(w | u) = max(count(u w) - D, 0) / 总和  +  (D T / 总和) p(w | u')
#
# T 是 u 之后出现过多少个*不同的*词，所以 D T 就是减掉的量，全部加起来仍是 1。上文从未见过时，
# p(w | u) 就是 p(w | u')。这叫*绝对折扣*；n-gram 里最好的 Kneser-Ney 平滑离它只有一步。

# %%
def discounted(counts, D, lower):
    """p of each word after a context, by its counts and by a shorter context.

    counts  array (V,), how often each word came after the context; it may be all 0
    D       the discount, above 0 and below 1
    lower   array (V,), p(w | u') of each word. Returns an array (V,).
    """
    """一个上文之后每个词的 p，由计数和更短的上文得到。

    counts  数组 (V,)，每个词在这个上文之后出现的次数；可以全是 0
    D       折扣，大于 0 小于 1
    lower   数组 (V,)，每个词的 p(w | u')。返回数组 (V,)。
    """
    raise NotImplementedError

# %%
labs.check(discounted)

# %% [markdown] en
# ## 5. Perplexity
#
#     PPL = exp(- sum over all tokens of log p / number of tokens)
#
# A perplexity of 20 says: as uncertain as a choice among 20 words that are equally likely. Tokens
# are what is predicted, the </s> of every sentence too. log is the natural logarithm, and the mean
# is over all tokens of the text, not first within each sentence.

# %% [markdown] zh
# ## 5. 困惑度
#
#     PPL = exp(- 所有词元的 log p 之和 / 词元数)
#
# 困惑度为 20 的意思是：不确定的程度相当于在 20 个同样可能的词里选一个。词元就是被预测的东西，每个句子
# 的 </s> 也算。log 是自然对数；平均是对文本的全部词元取的，不是先在每句里取。

# %%
def corpus_perplexity(log_p):
    """The perplexity of a text.

    log_p  a list with a list for each sentence: log p of each of its tokens, </s> included

    Returns a number.
    """
    """文本的困惑度。

    log_p  列表，每个句子是其中的一个列表：各词元的 log p，包括 </s>

    返回一个数。
    """
    raise NotImplementedError

# %%
labs.check(corpus_perplexity)

# %% [markdown] en
# ## 6. Find the bug: the mean of perplexities
#
# Many programs compute the perplexity of each sentence, or of each batch, and print the mean. That
# is another number, and it can choose the wrong model. Return two models of the same text, such
# that the first has the lower perplexity, while the *mean of its sentences' perplexities* is the
# higher one. A model is given here by the log p of its tokens; you may choose them freely.

# %% [markdown] zh
# ## 6. 找出错误：困惑度的平均
#
# 很多程序对每个句子或每个批算出困惑度，然后打印平均值。那是另一个数，而且可能选错模型。请返回同一个
# 文本的两个模型：第一个的困惑度更低，而它*各句困惑度的平均*却更高。这里一个模型就由它给各词元的
# log p 来表示，你可以随意选取。

# %%
def breaks_mean_perplexity(lengths):
    """Two models that the perplexity and the mean of the sentences' perplexities rank differently.

    lengths  how many tokens each sentence has, </s> counted: at least two sentences

    Returns (first, second): for each model a list with a list of log p for each sentence, of its
    length. By perplexity the first is better, by the mean of the sentences' the second.
    """
    """困惑度和各句困惑度的平均给出不同名次的两个模型。

    lengths  每个句子有多少个词元，</s> 也算；至少两个句子

    返回 (first, second)：每个模型是一个列表，其中每个句子是一个 log p 的列表，长度与句子相同。
    按困惑度第一个更好，按各句困惑度的平均第二个更好。
    """
    raise NotImplementedError

# %%
labs.check(breaks_mean_perplexity)

# %%
for name, model in zip(("first", "second"), breaks_mean_perplexity([2, 5])):
    mean = np.mean([corpus_perplexity([sentence]) for sentence in model])
    print(f"{name:6}  perplexity {corpus_perplexity(model):7.2f}  mean of sentences {mean:7.2f}")

# %% [markdown] en
# ## 7. The neural language model
#
# To a table "a red car" and "a blue car" have nothing in common. The NNLM gives each word an
# embedding, a row of E, so that words which behave alike can come to have rows alike. The
# embeddings of the n words of a context stand one after another in one long vector x:
#
#     x = [e_1; ...; e_n],    h = tanh(W x + b)
#
# In a batch x is (N, n d), a row for each context. `E[contexts]`, with an array of ids, takes a row
# of the Tensor E for each of them; `.reshape(...)` and `.T` are there, and td.tanh.

# %% [markdown] zh
# ## 7. 神经网络语言模型
#
# 在表格看来，“a red car” 和 “a blue car” 毫无共同之处。NNLM 给每个词一个嵌入，即 E 的一行，于是
# 用法相近的词，行也可以变得相近。上文 n 个词的嵌入首尾相接，排成一个长向量 x：
#
#     x = [e_1; ...; e_n]，    h = tanh(W x + b)
#
# 一个批的 x 是 (N, n d)，每个上文一行。`E[contexts]`（contexts 是编号的数组）为每个编号取出张量 E 的
# 一行；可以用 `.reshape(...)` 和 `.T`，还有 td.tanh。

# %%
def nnlm_hidden(contexts, E, W, b):
    """The hidden layer of each context.

    contexts  array (N, n) of ids
    E         Tensor (words, d), the embedding of each word
    W         Tensor (H, n d)
    b         Tensor (H,). Returns a Tensor (N, H).
    """
    """每个上文的隐藏层。

    contexts  编号的数组 (N, n)
    E         张量 (词数, d)，每个词的嵌入
    W         张量 (H, n d)
    b         张量 (H,)。返回张量 (N, H)。
    """
    raise NotImplementedError

# %%
labs.check(nnlm_hidden)

# %% [markdown] en
# ## 8. Class by class
#
# The notes point out what makes the NNLM slow: it has |V| classes to choose from, a row of the last
# matrix for each word. The remedy they name is a *class-based* network. Each word w belongs to one
# class c, and
#
#     P(w | h) = P(c | h) P(w | c, h)
#
#     P(c | h) = softmax of U h over the C classes
#     P(w | c, h) = softmax of W h over the words of class c alone
#
# This W is another one than that of 7: a row for each word. For a word only the C rows of U are
# needed, and the rows of W that belong to its class. Here you may compute all rows of W, and keep
# out the words of other classes before the softmax;
# `.masked_fill(mask, -np.inf)` and `F.log_softmax(x, axis=1)` are there. Probabilities can be too
# small for a float, so add logarithms.

# %% [markdown] zh
# ## 8. 按类预测
#
# 讲义指出了 NNLM 为什么慢：它要在 |V| 个类别里选，最后那个矩阵里每个词都有一行。讲义给出的办法是
# *基于类*的网络。每个词 w 属于一个类 c，而
#
#     P(w | h) = P(c | h) P(w | c, h)
#
#     P(c | h) = U h 在 C 个类上的 softmax
#     P(w | c, h) = W h 只在 c 类的词上的 softmax
#
# 这个 W 不是第 7 节的 W，它每个词一行。对一个词，只需要 U 的 C 行，以及 W 中属于它那一类的行。在
# 这里，你可以算出 W 的所有行，然后在 softmax 之前把别的类的词挡在外面；可以用
# `.masked_fill(mask, -np.inf)` 和 `F.log_softmax(x, axis=1)`。概率可能小到浮点数装不下，所以要把
# 对数相加。

# %%
def class_log_p(h, words, classes, U, W):
    """log P(w | h) = log P(c | h) + log P(w | c, h) of one word for each row of h.

    h        Tensor (N, H)
    words    array (N,), ids of words from 0 to V - 1
    classes  array (V,), the class of each word, from 0 to C - 1
    U        Tensor (C, H)
    W        Tensor (V, H). Returns a Tensor (N,).
    """
    """对 h 的每一行，一个词的 log P(w | h) = log P(c | h) + log P(w | c, h)。

    h        张量 (N, H)
    words    数组 (N,)，词的编号，0 到 V - 1
    classes  数组 (V,)，每个词的类，0 到 C - 1
    U        张量 (C, H)
    W        张量 (V, H)。返回张量 (N,)。
    """
    raise NotImplementedError

# %%
labs.check(class_log_p)

# %% [markdown] en
# Over all words it must add up to 1, whatever the weights are. And this is its graph, for two words
# of different classes:

# %% [markdown] zh
# 无论权重是什么，对所有词加起来必须是 1。下面是它的计算图，两个词属于不同的类：

# %%
rng = np.random.default_rng(0)
some_classes = np.array([0, 1, 1, 2, 0, 2, 2])
some_U, some_W = (td.tensor(rng.normal(size=(rows, 3)), requires_grad=True, name=name)
                  for rows, name in ((3, "U"), (7, "W")))
one_h = rng.normal(size=(1, 3))
all_p = td.exp(class_log_p(td.tensor(np.repeat(one_h, 7, axis=0)), np.arange(7), some_classes,
                           some_U, some_W)).detach().numpy()
print("P of each word:", all_p.round(3), "sum:", all_p.sum().round(6))
two_h = td.tensor(rng.normal(size=(2, 3)), name="h")
td.draw(lambda: class_log_p(two_h, np.array([3, 4]), some_classes, some_U, some_W), depth="ops")

# %% [markdown] en
# ## 9. What a word costs
#
# For one word the first softmax needs C rows, the second as many as its class has words. How many
# is that on average over a text? Frequent words are needed often, so their classes should be small.

# %% [markdown] zh
# ## 9. 一个词的代价
#
# 对一个词，第一个 softmax 需要 C 行，第二个需要的行数等于它那一类的词数。对一个文本平均是多少？
# 常见词用得多，所以它们的类应该小。

# %%
def rows_per_word(classes, counts):
    """Rows of U and W that a word of the text needs, on average over the text.

    classes  array (V,), the class of each word, from 0 to C - 1, none of them empty
    counts   array (V,), how often each word occurs in the text. Returns a number.
    """
    """文本中的一个词平均需要 U 和 W 的多少行，对文本取平均。

    classes  数组 (V,)，每个词的类，0 到 C - 1，每一类都有词
    counts   数组 (V,)，每个词在文本中出现的次数。返回一个数。
    """
    raise NotImplementedError

# %%
labs.check(rows_per_word)

# %% [markdown] en
# ## What you have built
#
# The language has 12 kinds of ten words each, mixed up so that no id tells the kind. Which kind may
# come next depends on the kinds of the two words before. Nobody tells the models that there are
# kinds; in the names of the words the kind is what stands before the digit. Since all probabilities
# are known, so is the entropy: the least -log p per token that any model can expect.

# %% [markdown] zh
# ## 你造出了什么
#
# 这种语言有 12 种词，每种十个，打乱了次序，从编号看不出是哪一种。下一个词可以是哪一种，取决于前两个词
# 各是哪一种。没有人告诉模型词有种类；在词的名字里，数字前面的部分就是种类。既然所有概率都已知，熵也
# 就已知：任何模型平均每个词元至少要付出的 -log p。

# %%
language = WordLanguage()
train, test = language.sentences(1000, seed=1), language.sentences(300, seed=2)
V = len(language.words)
EOS, BOS, n = 0, V, 2
contexts, words = words_before(train, n, BOS, EOS)
test_contexts, test_words = words_before(test, n, BOS, EOS)
for sentence in train[:3]:
    print(*(language.words[i] for i in sentence))
print(f"V = {V}, {len(words)} tokens to train on, {len(test_words)} to test")
seen = {tuple(u) for u in contexts.tolist()}
new = np.array([tuple(u) not in seen for u in test_contexts.tolist()])
print(f"{new.mean():.0%} of the test's contexts of two words were never seen in training")

# %% [markdown] en
# First counting: contexts of 0, 1 and 2 words, with both smoothings.

# %% [markdown] zh
# 先是计数：上文为 0、1、2 个词，两种平滑都用。

# %%
tables = [counts_after(contexts[:, n - m:], words, V) for m in range(3)]
nothing = np.zeros(V)
results = {}


def add_k_model(u, m, k):
    """p of each word after the last m words of u."""
    """u 的最后 m 个词之后每个词的 p。"""
    return add_k(tables[m].get(tuple(u[n - m:]), nothing), k)


def discounted_model(u, longest, D=0.75):
    """p of each word after u, by contexts of up to `longest` words."""
    """u 之后每个词的 p，上文最长为 `longest` 个词。"""
    p = np.full(V, 1 / V)
    for m in range(longest + 1):
        p = discounted(tables[m].get(tuple(u[n - m:]), nothing), D, p)
    return p


def test_log_p(model):
    """log p of each test token."""
    """每个测试词元的 log p。"""
    return np.array([math.log(model(u)[w]) for u, w in zip(test_contexts.tolist(), test_words)])


for name, model in {"all words alike": lambda u: np.full(V, 1 / V),
                    "0 words, add .1": lambda u: add_k_model(u, 0, 0.1),
                    "1 word, add .1": lambda u: add_k_model(u, 1, 0.1),
                    "2 words, add .1": lambda u: add_k_model(u, 2, 0.1),
                    "1 word, discounted": lambda u: discounted_model(u, 1),
                    "2 words, discounted": lambda u: discounted_model(u, 2)}.items():
    results[name] = corpus_perplexity(by_sentence(test_log_p(model), test))

# %% [markdown] en
# Then the network, with three sets of classes: all words in one class, which is the softmax over
# all V; bins of words by frequency, as Mikolov made them; and the language's own kinds. A unit that
# is always 1 is put beside h, so that U and W have a bias. Three trainings, some 10 seconds in all.

# %% [markdown] zh
# 然后是网络，用三种分类：所有词归为一类，也就是在全部 V 个词上取 softmax；按频率分箱，这是 Mikolov
# 的做法；以及这种语言自己的种类。h 旁边添一个恒为 1 的单元，U 和 W 就有了偏置。共训练三次，约 10 秒。

# %%
def with_one(h):
    return td.cat([h, td.ones(len(h), 1)], axis=1)


def train_network(classes, rounds=12, d=16, H=32):
    """The weights [E, W, b, U, W_out] after so many rounds; the test's perplexity by round."""
    """走这么多轮之后的权重 [E, W, b, U, W_out]，以及每轮之后在测试上的困惑度。"""
    rng = np.random.default_rng(0)
    shapes = {"E": (V + 1, d), "W": (H, n * d), "b": (H,), "U": (classes.max() + 1, H + 1),
              "W_out": (V, H + 1)}
    weights = [td.tensor((0.1 * rng.normal(size=shape)).astype(np.float32), requires_grad=True)
               for shape in shapes.values()]
    E, W, b, U, W_out = weights
    optimizer = optim.Adam(weights, lr=0.01, weight_decay=3e-4)
    curve = []
    for _ in range(rounds):
        order = rng.permutation(len(words))
        for batch in np.array_split(order, len(order) // 50):
            h = with_one(nnlm_hidden(contexts[batch], E, W, b))
            loss = -class_log_p(h, words[batch], classes, U, W_out).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        curve.append(corpus_perplexity(by_sentence(network_log_p(weights, classes), test)))
    return weights, curve


def network_log_p(weights, classes):
    """log p of each test token."""
    """每个测试词元的 log p。"""
    with td.no_grad():
        h = with_one(nnlm_hidden(test_contexts, *weights[:3]))
        return class_log_p(h, test_words, classes, *weights[3:]).numpy()


occurs = np.bincount(words, minlength=V)
curves, rows, log_p = {}, {}, {}
for name, classes in {"one class": np.zeros(V, int), "by frequency": frequency_classes(occurs),
                      "by kind": language.kinds}.items():
    weights, curves[name] = train_network(classes)
    log_p[name] = network_log_p(weights, classes)
    results[f"network, {name}"] = curves[name][-1]
    rows[name] = rows_per_word(classes, occurs)
    print(f"{name:13} {classes.max() + 1:3} classes, {rows[name]:6.1f} rows for a word")
    if name == "one class":
        E = weights[0].detach().numpy()[:V]

# %% [markdown] en
# All beside each other. The last line but one is the language itself on the same 300 sentences; the
# last is what it expects of all sentences, exp of its entropy. The bars are the nats above that.
# The best table should end near 60, the network near half of that, the floor is 18. Bins by
# frequency need 20 rows for a word in place of 122, and cost a little perplexity; classes that fit
# the language need 22, and even help.

# %% [markdown] zh
# 全部放在一起。倒数第二行是语言本身在同样 300 个句子上的结果，最后一行是它对所有句子的期望，即熵的
# exp。横条表示比熵高出多少 nat。最好的表格应在 60 左右，网络约为它的一半，底线是 18。按频率分箱，每个词
# 只要 20 行而不是 122 行，困惑度稍差一点；合乎语言的分类要 22 行，反而更好。

# %%
results["the language, this test"] = corpus_perplexity([language.log_p(s) for s in test])
results["the language, expected"] = math.exp(language.entropy)
for name, ppl in results.items():
    above = math.log(ppl) - language.entropy
    print(f"{name:24} PPL {ppl:7.2f} {math.log(ppl):6.3f} nats {'#' * round(20 * above)}")
try:
    levels = {"2 words, discounted": results["2 words, discounted"],
              "the language": results["the language, this test"]}
    print("the curves are in", td.viz.training_curves(curves, "lab06_perplexity.png", levels,
                                                      x_label="round", y_label="perplexity"))
except td.errors.TinydawnError as error:
    print(error)

# %% [markdown] en
# Why is the network ahead? Look at the contexts that were never seen in training: there the table
# has only one word to go by. The network has found the kinds. Of each word take the one whose
# embedding has the largest cosine with its own: how often is it of the same kind? A guess would be
# right once in thirteen times. (</s> is left out: it is in no context.)

# %% [markdown] zh
# 网络为什么领先？看看训练中从未见过的上文：那时表格只能靠一个词，而网络自己发现了种类。对每个词，找出
# 嵌入与它夹角余弦最大的另一个词：两者同种的比例是多少？瞎猜的话，约十三次里对一次。（</s> 不算：它不
# 出现在任何上文里。）

# %%
for name, found in {"table": test_log_p(lambda u: discounted_model(u, 2)),
                    "network": log_p["one class"]}.items():
    print(f"{name:8} context seen: PPL {math.exp(-found[~new].mean()):6.2f}   "
          f"never seen: PPL {math.exp(-found[new].mean()):6.2f}")
unit = E[1:] / np.linalg.norm(E[1:], axis=1, keepdims=True)
cosine = unit @ unit.T
np.fill_diagonal(cosine, -1.0)
names, kinds = np.array(language.words[1:]), language.kinds[1:]
often = np.argsort(-occurs[1:])
alike = kinds[cosine.argmax(axis=1)] == kinds
for most in (30, 60, 120):
    share = alike[often[:most]].mean()
    print(f"of the {most} most frequent words {share:.2f} are nearest to one of their kind")
for i in often[:6]:
    print(f"{names[i]:>8}:", *names[np.argsort(-cosine[i])[:5]])

# %% [markdown] en
# ## To think about
#
# Both models see two words back, which is all that this language asks for. So the table would reach
# the floor too, with text enough: how many contexts of two words are there, how many of two kinds,
# and how many parameters has the network? And: if all rare words became one word <unk>, the
# perplexity of every model would fall. Would the models be better?
#
# ## To go on
#
# Train both on 100 sentences, and look at the network's curve: what happens after round 3, and
# which text should decide when to stop? On 4,000 sentences, which gains more? Then mix them, p =
# 0.5 p_network + 0.5 p_table, token by token, with `np.logaddexp` of `log_p["one class"]` and of
# `test_log_p(lambda u: discounted_model(u, 2))`. On newspaper text such a mixture beats both. Here?

# %% [markdown] zh
# ## 想一想
#
# 两种模型都看前两个词，而这种语言所要求的也只有这么多。所以文本足够多时，表格也能到达底线：两个词的
# 上文有多少种，两个种类的有多少种，网络又有多少参数？另外，若把所有罕见词都换成同一个词 <unk>，每个
# 模型的困惑度都会下降。模型变好了吗？
#
# ## 继续
#
# 用 100 句训练两种模型，看看网络的曲线：第 3 轮之后发生了什么？该用哪部分文本来决定何时停止？用 4000
# 句时，谁进步更大？再把它们混合：逐个词元取 p = 0.5 p_网络 + 0.5 p_表格，可以对
# `log_p["one class"]` 和 `test_log_p(lambda u: discounted_model(u, 2))` 用 `np.logaddexp`。在新闻
# 文本上，这样的混合比两者都好。在这里呢？
