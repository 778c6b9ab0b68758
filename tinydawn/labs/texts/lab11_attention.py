# %% [markdown] en
# # Lab 11: self-attention
#
# Here you write the parts of a Transformer: attention with a mask, its heads, LayerNorm, positions,
# and the way BERT hides words. In three places the notes are wrong or leave something out, and you
# find the input that shows it. At the end your own functions train a small BERT on numbers in
# English and German: you count what was hidden, see it restore a word from its translation, and
# draw where each head looks. About 90 minutes, with the reading.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it. Sizes:
# N sentences, T tokens in each, D features, H heads.

# %% [markdown] zh
# # 实验 11：自注意力
#
# 这里你来写 Transformer 的各个部分：带掩码的注意力、多头、LayerNorm、位置编码，以及 BERT 遮词的方法。
# 讲义有三处写错或漏了东西，你要找出能说明问题的输入。最后，你自己的函数会用英语和德语的数词训练一个
# 小 BERT：你会数出遮住了多少，看它凭译文补出被遮的词，并画出每个头在看哪里。连同阅读约 90 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。记号：N 个句子，
# 每句 T 个词元，D 个特征，H 个头。

# %%
import numpy as np

import tinydawn as td
from tinydawn import labs
from tinydawn.errors import TinydawnError

# %% [markdown] en
# ## 1. Scaled dot-product attention
#
#     A = softmax(Q K^T / sqrt(d)),   Z = A V
#
# Each query asks all keys, and reads a mixture of the values. q, k and v are all made from x by
# matrices of their own (Wx in the notes). A mask says who may see whom; a hidden key has the
# weight 0 exactly, and the others still add up to 1.
#
# `K.mT` swaps the last two axes, `td.where(mask, x, value)` takes x where the mask is True and
# value elsewhere, and `td.softmax(x, axis=...)` may be used (lab 3 writes it).

# %% [markdown] zh
# ## 1. 缩放点积注意力
#
#     A = softmax(Q K^T / sqrt(d))，   Z = A V
#
# 每个查询询问所有的键，读出各个值的混合。q、k、v 都由 x 乘各自的矩阵得到（讲义里的 Wx）。掩码规定
# 谁能看到谁；被遮住的键权重恰好为 0，其余的加起来仍是 1。
#
# `K.mT` 交换最后两个轴；`td.where(mask, x, value)` 在掩码为 True 处取 x，其余取 value；可以使用
# `td.softmax(x, axis=...)`（实验 3 里写过它）。

# %%
def scaled_attention(Q, K, V, mask):
    """What each query reads, and with which weights: the pair (Z, A).

    Q     Tensor (..., T, d), queries; any axes may stand in front, such as N, or N and H
    K     Tensor (..., S, d), keys
    V     Tensor (..., S, v), values
    mask  array of booleans that broadcasts to (..., T, S): True where the query may see the key

    Returns Tensors Z (..., T, v) and A (..., T, S).
    """
    """每个查询读出的内容和所用的权重：一对 (Z, A)。

    Q     张量 (..., T, d)，查询；前面可以有任意的轴，比如 N，或 N 和 H
    K     张量 (..., S, d)，键
    V     张量 (..., S, v)，值
    mask  布尔数组，可广播到 (..., T, S)：查询可以看这个键处为 True

    返回张量 Z (..., T, v) 和 A (..., T, S)。
    """
    raise NotImplementedError

# %%
labs.check(scaled_attention)

# %% [markdown] en
# Why the root? If the entries of q and k have variance 1, that of q . k is d. Below: the variance
# before and after, and the largest of 20 weights on average, without and with the root.

# %% [markdown] zh
# 为什么要开方？如果 q 和 k 的元素方差为 1，q · k 的方差就是 d。下面是缩放前后的方差，以及 20 个权重中
# 最大者的平均，不开方与开方各一个。

# %%
rng = np.random.default_rng(0)
for d in (16, 256):
    Q, K = td.tensor(rng.normal(size=(200, 1, d))), td.tensor(rng.normal(size=(200, 20, d)))
    products = Q @ K.mT
    _, scaled = scaled_attention(Q, K, K, np.ones((1, 20), bool))
    plain = td.softmax(products, axis=-1)
    largest = [float(x.amax(axis=-1).mean()) for x in (plain, scaled)]
    variance = float(products.var())
    print(f"d {d:3}: variance {variance:.1f} -> {variance / d:.2f}, "
          f"largest weight {largest[0]:.2f} -> {largest[1]:.2f}")

# %% [markdown] en
# ## 2. Heads
#
# Each head has matrices of its own for q, k and v. The q of all heads are computed in one product:
# x W_q gives D numbers for each token, and head h takes those from h D/H to (h + 1) D/H. Then k and
# v in the same way, by W_k and W_v. Attention works on the last two axes, so the heads have to
# stand before the time: (N, T, D) becomes (N, H, T, D/H).
#
# Mind that `x.reshape(...)` never moves a number: it cuts the same sequence in another way.
# `x.transpose(a, b)` swaps two axes.

# %% [markdown] zh
# ## 2. 多头
#
# 每个头有自己的 q、k、v 矩阵。所有头的 q 用一次乘法算出：x W_q 给每个词元 D 个数，头 h 取其中 h D/H 到
# (h + 1) D/H 的那些；再用 W_k 和 W_v 同样算出 k 和 v。注意力作用于最后两个轴，所以头的轴要排在时间
# 之前：(N, T, D) 变成 (N, H, T, D/H)。
#
# 注意，`x.reshape(...)` 从不移动任何数：它只是把同一串数换一种切法。`x.transpose(a, b)` 交换两个轴。

# %%
def split_heads(x, heads):
    """The features of each head, with the heads before the time.

    x      Tensor (N, T, D)
    heads  H, which divides D. Returns a Tensor (N, H, T, D / H).
    """
    """每个头的特征，头的轴排在时间之前。

    x      张量 (N, T, D)
    heads  H，能整除 D。返回张量 (N, H, T, D / H)。
    """
    raise NotImplementedError

# %%
labs.check(split_heads)

# %% [markdown] en
# ## 3. LayerNorm, in both forms
#
#     LayerNorm(h) = alpha (h - mean(h)) / std(h) + beta
#
# over the features of one token. The code in the notes and `nn.LayerNorm` of PyTorch differ twice:
#
# * "notes": divide by std + eps, with std = sqrt(sum of (h - mean)^2 / (F - 1)), as `x.std` does;
# * "pytorch": divide by sqrt(variance + eps), with variance = sum of (h - mean)^2 / F.
#
# A Tensor has `.mean(axis=..., keepdims=True)`, and `.var` and `.std` with `correction=` besides:
# 1, which is the default, divides by F - 1, and 0 by F.

# %% [markdown] zh
# ## 3. 两种形式的 LayerNorm
#
#     LayerNorm(h) = alpha (h - mean(h)) / std(h) + beta
#
# 对一个词元的特征来做。讲义里的代码和 PyTorch 的 `nn.LayerNorm` 有两点不同：
#
# * "notes"：除以 std + eps，其中 std = sqrt(sum (h - mean)^2 / (F - 1))，即 `x.std` 的算法；
# * "pytorch"：除以 sqrt(variance + eps)，其中 variance = sum (h - mean)^2 / F。
#
# 张量有 `.mean(axis=..., keepdims=True)`，还有 `.var` 和 `.std`，它们多一个参数 `correction=`：
# 默认为 1，除以 F - 1；0 则除以 F。

# %%
def norm_rows(x, alpha, beta, eps, form):
    """LayerNorm over the last axis.

    x            Tensor (..., F)
    alpha, beta  Tensors (F,)
    eps          a small number
    form         "notes" or "pytorch". Returns a Tensor (..., F).
    """
    """沿最后一个轴的 LayerNorm。

    x            张量 (..., F)
    alpha, beta  张量 (F,)
    eps          一个小数
    form         "notes" 或 "pytorch"。返回张量 (..., F)。
    """
    raise NotImplementedError

# %%
labs.check(norm_rows)

# %% [markdown] en
# ### Find the bug
#
# On most rows the forms differ by the factor sqrt(1 - 1/F), which alpha can make up for. But eps is
# there for the rows on which a division fails, and outside of the root it fails at its work: the
# values are harmless, and the *gradient* is not. With eps = 1e-6 in both, return a row of n numbers
# on which the slope of the notes' norm (the largest |d LayerNorm_i / d h_j|) is at least 100 times
# that of PyTorch's. Such rows do come up: think of padding.

# %% [markdown] zh
# ### 找出错误
#
# 在多数行上，两种形式只差一个因子 sqrt(1 - 1/F)，alpha 能补上。但 eps 是为除法会失败的那些行准备的，
# 放在根号外它就不管用了：值没有问题，*梯度*却有。两者都取 eps = 1e-6，请返回 n 个数的一行，使讲义
# 形式的斜率（最大的 |d LayerNorm_i / d h_j|）至少是 PyTorch 形式的 100 倍。这样的行确实会出现：
# 想想填充。

# %%
def breaks_notes_norm(n):
    """A row of n numbers, an array (n,), on which the notes' LayerNorm is far too steep."""
    """n 个数的一行，即数组 (n,)，讲义的 LayerNorm 在这里陡得过分。"""
    raise NotImplementedError

# %%
labs.check(breaks_notes_norm)

# %%
for form in ("notes", "pytorch"):
    row = td.tensor(np.asarray(breaks_notes_norm(4), float)[None], requires_grad=True)
    out = norm_rows(row, td.ones(4), td.zeros(4), 1e-6, form)
    out[0, 0].backward()
    print(f"{form:8} values {out.tolist()[0]}, largest slope {abs(row.grad.numpy()).max():.0f}")

# %% [markdown] en
# ## 4. Positions
#
# Attention alone does not know the order of its inputs. So a vector of the position is added:
#
#     PE[pos, 2i] = sin(w_i pos),   PE[pos, 2i + 1] = cos(w_i pos),   w_i = 10000^(-2i/D)
#
# with i from 0 to D/2 - 1. i counts pairs of columns, not columns: sine and cosine of one frequency
# stand side by side.

# %% [markdown] zh
# ## 4. 位置编码
#
# 注意力本身不知道输入的顺序。所以要加上一个位置向量：
#
#     PE[pos, 2i] = sin(w_i pos)，   PE[pos, 2i + 1] = cos(w_i pos)，   w_i = 10000^(-2i/D)
#
# i 从 0 到 D/2 - 1。i 数的是成对的列，而不是列：同一频率的正弦和余弦并排。

# %%
def sine_positions(T, D):
    """The vectors of the positions 0 to T - 1. D is even. Returns an array (T, D)."""
    """位置 0 到 T - 1 的向量。D 是偶数。返回数组 (T, D)。"""
    raise NotImplementedError

# %%
labs.check(sine_positions)

# %% [markdown] en
# The exercise of the notes: for a fixed k, write PE(pos + k) as A_k PE(pos), with one matrix A_k
# for all pos. The hint: sin(a + b) = sin a cos b + cos a sin b, and for the other half
# cos(a + b) = cos a cos b - sin a sin b.

# %% [markdown] zh
# 讲义的练习：对固定的 k，把 PE(pos + k) 写成 A_k PE(pos)，同一个矩阵 A_k 对所有 pos 都成立。提示：
# sin(a + b) = sin a cos b + cos a sin b，另一半是 cos(a + b) = cos a cos b - sin a sin b。

# %%
def position_rotation(k, D):
    """A_k, with which A_k @ PE[pos] is PE[pos + k] for every pos. Returns an array (D, D).

    k  a whole number, maybe below 0
    """
    """A_k，对每个 pos 都有 A_k @ PE[pos] 等于 PE[pos + k]。返回数组 (D, D)。

    k  整数，可为负
    """
    raise NotImplementedError

# %%
labs.check(position_rotation)

# %%
PE = sine_positions(100, 16)
print("largest error:", np.abs(PE[:90] @ position_rotation(10, 16).T - PE[10:]).max())

# %% [markdown] en
# ### Find the bug
#
# The notes take sines alone: PE[pos, i] = sin(w_i pos). Their derivation ends with two lines:
#
#     PE[pos + k, i] = sin(w_i pos) cos(w_i k) + cos(w_i pos) sin(w_i k)
#     PE[pos + k]    = A_k PE[pos]
#
# The first is right. In it cos(w_i pos) is named PE^perp[pos, i], the "perpendicular" part; in the
# second it is gone, into A_k. But it depends on pos, and A_k may not. One position shows at once
# that no matrix can do it, whatever the frequencies are. Which?

# %% [markdown] zh
# ### 找出错误
#
# 讲义只用正弦：PE[pos, i] = sin(w_i pos)。推导的最后两行是：
#
#     PE[pos + k, i] = sin(w_i pos) cos(w_i k) + cos(w_i pos) sin(w_i k)
#     PE[pos + k]    = A_k PE[pos]
#
# 第一行是对的，其中 cos(w_i pos) 记作 PE^perp[pos, i]，即“垂直”分量；到第二行它却不见了，进了 A_k。
# 可是它依赖 pos，而 A_k 不能依赖 pos。有一个位置，不论频率是多少，一下就能说明没有矩阵做得到。
# 是哪个？

# %%
def cannot_turn(k, omega):
    """A position whose sines no matrix at all takes to the sines of the position k further on.

    k      a whole number above 0
    omega  array, the frequencies. Returns a number, a position.
    """
    """一个位置：没有任何矩阵能把它的各个正弦变成 k 步之后的各个正弦。

    k      大于 0 的整数
    omega  数组，各个频率。返回一个数，即位置。
    """
    raise NotImplementedError

# %%
labs.check(cannot_turn)

# %% [markdown] en
# ## 5. Who may look at whom
#
# A language model may not see the words that it is to predict: its mask is causal, a query sees
# itself and what is before it. Other models let it see a window around it. Both are bands: `left`
# keys before the query, itself, and `right` keys after it, as far as there are any.

# %% [markdown] zh
# ## 5. 谁能看谁
#
# 语言模型不能看到它要预测的词：它的掩码是因果的，查询只看到自己和前面的。另一些模型让查询看到它周围的
# 一个窗口。两者都是带状的：查询前面 `left` 个键、它自己、后面 `right` 个键，有多少算多少。

# %%
def may_look(T, left, right):
    """The mask of a band: True where query i (row) may see key j (column).

    left, right  how many keys before and after the query. Returns an array of booleans (T, T).
    """
    """带状掩码：查询 i（行）可以看键 j（列）处为 True。

    left, right  查询之前和之后各多少个键。返回布尔数组 (T, T)。
    """
    raise NotImplementedError

# %%
labs.check(may_look)

# %% [markdown] en
# ### Find the bug
#
# Longformer's query sees a window of width w: w/2 keys on its left, itself, and w/2 on its right.
# "For an embedding on layer L, what's its receptive field?" The notes say L x w. Draw two layers
# with w = 2, count, and correct it.

# %% [markdown] zh
# ### 找出错误
#
# Longformer 的查询看到宽为 w 的窗口：左边 w/2 个键、它自己和右边 w/2 个键。第 L 层的一个嵌入，
# 感受野有多大，即覆盖多少个输入词元？讲义说 L x w。画出 w = 2 的两层，数一数，然后改正它。

# %%
def receptive_field(L, w):
    """How many input tokens an embedding of layer L depends on, far from both ends.

    L  layers; layer 0 is the input itself
    w  the width of the window, even: w/2 on each side. Returns a whole number.
    """
    """第 L 层的一个嵌入依赖多少个输入词元，离两端都很远时。

    L  层数；第 0 层就是输入本身
    w  窗口的宽度，偶数：每边 w/2。返回整数。
    """
    raise NotImplementedError

# %%
labs.check(receptive_field)

# %% [markdown] en
# Who depends on whom after three layers is the third power of the mask, as it is for a graph:

# %% [markdown] zh
# 三层之后谁依赖谁，就是掩码的三次幂，和图论里一样：

# %%
reached = np.linalg.matrix_power(may_look(21, 2, 2).astype(int), 3)[10] > 0
print("".join(".x"[int(x)] for x in reached), reached.sum(), "by formula", receptive_field(3, 4))

# %% [markdown] en
# ## 6. What BERT hides
#
# 15 % of the tokens are chosen to be predicted. If all of them became [MASK], the model would build
# nothing good for tokens that are no [MASK], and at fine-tuning there is none. So of the chosen
#
# * 80 % become [MASK],
# * 10 % become another token, drawn at random: each that is not special is as likely, in the text
#   or not, and the true one may come up by chance,
# * 10 % stay as they are,
#
# and *one* draw for each token decides which of the three. The loss is on the chosen 15 %, all
# three kinds, and nowhere else: the notes' problem is solved by what is seen, not by more targets.
# Special tokens are neither chosen nor put in at random: [PAD] fills up short sentences, [CLS] is
# at the front of BERT's, [SEP] between two, and [MASK] hides.

# %% [markdown] zh
# ## 6. BERT 遮住什么
#
# 选出 15 % 的词元来预测。如果它们全变成 [MASK]，模型就不会为不是 [MASK] 的词元建立好的表示，而微调时
# 根本没有 [MASK]。所以被选中的词元里
#
# * 80 % 变成 [MASK]，
# * 10 % 变成另一个随机抽取的词元：凡不是特殊词元的都同样可能，不管文本里有没有，也可能碰巧抽到真正的那个，
# * 10 % 保持不变，
#
# 每个词元只抽*一次*签，决定是三者中的哪一种。损失在被选中的 15 % 上，三种都算，别处没有：讲义提出的
# 问题靠改变看到的内容来解决，而不是增加目标。特殊词元既不会被选中，也不会被随机放进去：[PAD] 补齐短句，
# [CLS] 在 BERT 的句首，[SEP] 在两句之间，[MASK] 用来遮住。

# %%
def masked_lm(ids, special, mask_id, V, share, rng):
    """What the model sees, and what it has to predict: the pair (inputs, targets).

    ids      array (N, T), the true ids; it stays as it is
    special  the ids of special tokens, a list
    mask_id  the id of [MASK]
    V        how many ids there are: 0 to V - 1
    share    the probability with which a real token is chosen, .15 in BERT
    rng      a NumPy generator: rng.random(shape), rng.integers(low, high, size),
             rng.choice(array, size)

    Returns arrays (N, T) of whole numbers; a target is the true id where a token was chosen, and
    -100 elsewhere.
    """
    """模型看到什么，要预测什么：一对 (inputs, targets)。

    ids      数组 (N, T)，真正的 id；它保持不变
    special  特殊词元的 id，列表
    mask_id  [MASK] 的 id
    V        共有多少个 id：0 到 V - 1
    share    一个真正的词元被选中的概率，BERT 里是 0.15
    rng      NumPy 的生成器：rng.random(shape)、rng.integers(low, high, size)、
             rng.choice(array, size)

    返回整数数组 (N, T)；被选中处的目标是真正的 id，其余是 -100。
    """
    raise NotImplementedError

# %%
labs.check(masked_lm)

# %% [markdown] en
# ## What you have built
#
# Six digits in English, [SEP], and the same digits in German: "two nine ... [SEP] zwei neun ...".
# First, what is hidden in a thousand such lines, beside what is to be expected, and how far chance
# may take it from there (two standard deviations).

# %% [markdown] zh
# ## 你造出了什么
#
# 英语的六个数字、[SEP]、同样数字的德语：“two nine … [SEP] zwei neun …”。先看一千行这样的句子里
# 遮住了什么，旁边是期望的个数，以及偶然性允许的偏差（两个标准差）。

# %%
words = ["[PAD]", "[MASK]", "[SEP]"]
words += "zero one two three four five six seven eight nine".split()
words += "null eins zwei drei vier fünf sechs sieben acht neun".split()
special, mask_id, V = [0, 1, 2], 1, len(words)


def lines(n, rng):
    """n lines of six digits in both languages, with [SEP] between: ids (n, 13)."""
    """n 行，每行六个数字的两种语言，中间是 [SEP]：id (n, 13)。"""
    digits = rng.integers(10, size=(n, 6))
    return np.concatenate([3 + digits, np.full((n, 1), 2), 13 + digits], axis=1)


rng = np.random.default_rng(11)
ids = lines(1000, rng)
inputs, targets = masked_lm(ids, special, mask_id, V, 0.15, rng)
chosen = targets != -100
hidden, same = chosen & (inputs == mask_id), chosen & (inputs == ids)
rows = [("chosen of all words", chosen.sum(), 12_000, 0.15)]
rows += [("[MASK]", hidden.sum(), chosen.sum(), 0.8)]
rows += [("another word", (chosen & ~hidden & ~same).sum(), chosen.sum(), 0.1 * 19 / 20)]
rows += [("as it was", same.sum(), chosen.sum(), 0.1 + 0.1 / 20)]
for name, found, of, p in rows:
    print(f"{name:20} {found:5}   expected {p * of:7.1f} +- {2 * (of * p * (1 - p)) ** 0.5:.0f}")
print(" ".join(words[i] for i in inputs[1]))
print(" ".join(words[i] if i >= 0 else "." for i in targets[1]))

# %% [markdown] en
# (Of 20 words the random one is the true one once in 20 times: so .095 and .105.)
#
# Now a Transformer of one layer and two heads, out of your functions: h + F(LayerNorm(h)), and a
# LayerNorm before the words are predicted. It is trained twice, each in about two seconds of
# processor time: once everyone sees everyone, as in BERT, and once the mask is causal. Then one
# word of each of 300 new lines is hidden. The most frequent word is right about one time in twenty;
# the first model should be right nearly always, and the second about half of the time.

# %% [markdown] zh
# （20 个词里，随机抽到的有二十分之一恰好是真正的词：所以是 0.095 和 0.105。）
#
# 现在用你的函数搭一个一层两头的 Transformer：h + F(LayerNorm(h))，预测词之前再做一次 LayerNorm。
# 训练两次，每次约两秒的处理器时间：一次像 BERT 那样互相都看得到，一次用因果掩码。然后在 300 行新句子里
# 各遮住一个词。只猜最常见的词，大约二十次对一次；第一个模型应几乎全对，第二个约对一半。

# %%
D, H, T = 32, 2, 13
PE = sine_positions(T, D).astype(np.float32)


def model(p, ids, mask):
    """Logits of every word at every place, and the weights of the heads."""
    """每个位置上每个词的 logit，以及各个头的权重。"""
    h = p["embedding"][ids] + PE  # (N, T, D)
    x = norm_rows(h, p["alpha"], p["beta"], 1e-5, "pytorch")
    Q, K, values = (split_heads(x @ p[name], H) for name in ("W_q", "W_k", "W_v"))
    Z, A = scaled_attention(Q, K, values, mask)  # (N, H, T, D / H)
    joined = td.cat([Z[:, head] for head in range(H)], axis=-1)  # (N, T, D)
    h = h + joined @ p["W_o"]
    h = norm_rows(h, p["alpha 2"], p["beta 2"], 1e-5, "pytorch")
    return h @ p["embedding"].T, A


def train(mask, steps=250):
    """The weights after training."""
    """训练之后的权重。"""
    rng = np.random.default_rng(1)
    start = {"embedding": 0.3 * rng.normal(size=(V, D))}
    start |= {name: rng.normal(size=(D, D)) / D ** 0.5 for name in ("W_q", "W_k", "W_v", "W_o")}
    start |= {"alpha": np.ones(D), "beta": np.zeros(D)}
    start |= {"alpha 2": np.ones(D), "beta 2": np.zeros(D)}
    p = {name: td.tensor(x.astype(np.float32), requires_grad=True) for name, x in start.items()}
    optimizer = td.optim.Adam(list(p.values()), lr=0.01)
    for step in range(steps):
        ids = lines(32, rng)
        inputs, targets = masked_lm(ids, special, mask_id, V, 0.15, rng)
        logits, _ = model(p, inputs, mask)
        chosen = targets != -100
        loss = td.nn.functional.cross_entropy(logits[chosen], targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return p


rng = np.random.default_rng(2)
ids = lines(300, rng)
place = rng.choice([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12], size=300)
truth, every = ids[np.arange(300), place], np.arange(300)
asked = ids.copy()
asked[every, place] = mask_id
print(f"most frequent word: {(truth == np.bincount(truth.astype(int)).argmax()).mean():.2f}")
masks = {"everyone sees everyone": may_look(T, T, T), "causal": may_look(T, T, 0)}
for name, mask in masks.items():
    p = train(mask)
    logits, weights = model(p, asked, mask)
    right = logits.numpy()[every, place].argmax(axis=-1) == truth
    print(f"{name}: {right.mean():.2f} right; hidden in English {right[place < 6].mean():.2f}, "
          f"in German {right[place > 6].mean():.2f}")
    if name != "causal":
        A = weights.numpy()

# %% [markdown] en
# Where do the heads look? A row is a query, a column a key, both in the first line; with matplotlib
# there are two pictures, and in any case the keys that have over a fifth of a query's attention.

# %% [markdown] zh
# 各个头在看哪里？行是查询，列是键，都取自第一行句子；装了 matplotlib 就有两张图，不管有没有，都会列出
# 得到一个查询五分之一以上注意力的键。

# %%
tokens = [words[i] for i in asked[0]]
for head in range(H):
    print(f"head {head}")
    for t, token in enumerate(tokens):
        seen = [f"{tokens[s]} {A[0, head, t, s]:.2f}" for s in np.argsort(-A[0, head, t])
                if A[0, head, t, s] > 0.2]
        print(f"  {token:8} looks at  {', '.join(seen)}")
    try:
        file = f"lab11_head_{head}.svg"
        labs.show(td.viz.attention_heatmap(A[0, head], tokens, tokens, file, f"head {head}"))
    except TinydawnError as error:
        print(error)

# %% [markdown] en
# ## To think about
#
# Why is the causal model right in German, and no better than chance in English? And from which of
# your functions does a head know that the translation stands seven places further on?
#
# Leave `+ PE` out, and train again. The causal model falls to chance in German, too; but BERT stays
# at 1.00. How can it find the word without knowing where anything stands? (Compare how often each
# digit is there in the two languages.) Which question about a line would it then fail?
#
# ## To go on
#
# Hide two words of a line instead of one, with `+ PE` and without it. Or let each line have 4 to 8
# digits: then a fixed A_k is no longer enough, and a second layer has work to do.

# %% [markdown] zh
# ## 想一想
#
# 为什么因果模型在德语部分都对，在英语部分却和瞎猜差不多？一个头又是靠你的哪个函数知道译文在七个位置
# 之后的？
#
# 去掉 `+ PE` 再训练一次：因果模型在德语部分也和瞎猜差不多了，而 BERT 还是 1.00。它不知道任何词在哪里，
# 怎么还能找到被遮的词？（比较每个数字在两种语言里各出现几次。）那么，关于一行句子，
# 什么样的问题它会答不出？
#
# ## 继续
#
# 每行遮住两个词而不是一个，比较有 `+ PE` 和没有时的结果。或者让每行有 4 到 8 个数字：那时一个固定的
# A_k 就不够了，再加一层才有用武之地。
