# %% [markdown] en
# # Lab 8: gates and padding
#
# A gated recurrent unit decides at every step how much of its state to replace, so it can keep
# something for long. And since sentences differ in length, a batch of them is padded, and padding
# gets into everything: into the state, the mean, the loss. Here you write the GRU step in both
# conventions that are in use, and masks that keep padding out. At the end a network made of your
# functions remembers one letter among many, its answers do not change when a sentence is padded to
# 50, and you see its gate open and close. About 80 minutes.
#
# Write each function in place of `raise NotImplementedError`, and run the cell below it.
# Sizes: N sequences, T steps, I inputs, H hidden units. Sequences stand in rows: the notes' W x is
# `x @ W.T`.

# %% [markdown] zh
# # 实验 8：门与填充
#
# 门控循环单元（GRU）每一步都决定把状态换掉多少，因此能把一件事记很久。另外，句子长短不一，成批处理时
# 要填充，而填充会混进一切：状态、平均、损失。这里你要写出 GRU 的一步（通行的两种约定都要写），以及把
# 填充挡在外面的掩码。最后，由你的函数组成的网络能从许多字母中记住一个；句子填充到 50 时，它的回答不变；
# 你还会看到它的门何时开、何时关。约 80 分钟。
#
# 把每个函数里的 `raise NotImplementedError` 换成你的代码，再运行它下面的格子。
# 记号：N 个序列，T 步，I 个输入，H 个隐藏单元。每个序列占一行：讲义的 W x 写作 `x @ W.T`。

# %%
import numpy as np

import tinydawn as td
from tinydawn import labs
from tinydawn.labs.given import RECALL_TOKENS, recall_batch

# %% [markdown] en
# ## 1. A GRU step
#
# The notes give the last line alone:
#
#     h_t = z_t * n_t + (1 - z_t) * h_{t-1}
#
# (their candidate, h with a hat, is n here; * is number by number). What leads to it:
#
#     r = sigmoid(W_r x + U_r h + b_r)         the reset gate
#     z = sigmoid(W_z x + U_z h + b_z)         the update gate
#     n = tanh(W_n x + U_n (r * h) + b_n)      the candidate
#
# The three are in one Tensor each: W[0], W[1], W[2] are W_r, W_z, W_n, and so on.

# %% [markdown] zh
# ## 1. GRU 的一步
#
# 讲义只给了最后一行：
#
#     h_t = z_t * n_t + (1 - z_t) * h_{t-1}
#
# （讲义里带帽子的候选状态，这里记作 n；* 是逐个相乘。）前面几行是：
#
#     r = sigmoid(W_r x + U_r h + b_r)         重置门
#     z = sigmoid(W_z x + U_z h + b_z)         更新门
#     n = tanh(W_n x + U_n (r * h) + b_n)      候选状态
#
# 三组权重放在同一个张量里：W[0]、W[1]、W[2] 就是 W_r、W_z、W_n，其余类推。

# %%
def gru_step(x, h, W, U, b):
    """The state after one step, in the notes' convention.

    x  Tensor (N, I);  h  Tensor (N, H), the state before
    W  Tensor (3, H, I);  U  Tensor (3, H, H);  b  Tensor (3, H). Returns a Tensor (N, H).
    """
    """走一步之后的状态，用讲义的约定。

    x  张量 (N, I)；h  张量 (N, H)，这一步之前的状态
    W  张量 (3, H, I)；U  张量 (3, H, H)；b  张量 (3, H)。返回张量 (N, H)。
    """
    raise NotImplementedError

# %%
labs.check(gru_step)

# %% [markdown] en
# ## 2. The same in PyTorch
#
# PyTorch, and most papers after 2014, let z weight the *old* state, and the reset gate comes after
# U_n, which has a bias c of its own:
#
#     h_t = (1 - z) * n + z * h
#     n   = tanh(W_n x + b_n + r * (U_n h + c_n))
#
# r and z have both biases as well: r = sigmoid(W_r x + b_r + U_r h + c_r).

# %% [markdown] zh
# ## 2. PyTorch 里的 GRU
#
# PyTorch 以及 2014 年之后的多数论文，让 z 加权*旧*状态；重置门放在 U_n 之后，U_n 有自己的偏置 c：
#
#     h_t = (1 - z) * n + z * h
#     n   = tanh(W_n x + b_n + r * (U_n h + c_n))
#
# r 和 z 也有两个偏置：r = sigmoid(W_r x + b_r + U_r h + c_r)。

# %%
def gru_step_torch(x, h, W, U, b, c):
    """The state after one step, in PyTorch's convention.

    x, h, W, U, b  as in gru_step;  c  Tensor (3, H), the biases of U h. Returns a Tensor (N, H).
    """
    """走一步之后的状态，用 PyTorch 的约定。

    x, h, W, U, b  同 gru_step；c  张量 (3, H)，U h 的偏置。返回张量 (N, H)。
    """
    raise NotImplementedError

# %%
labs.check(gru_step_torch)

# %% [markdown] en
# `td.nn.GRUCell` has PyTorch's formula and weights, the three stacked to (3H, I) and (3H, H).

# %% [markdown] zh
# `td.nn.GRUCell` 用的是 PyTorch 的公式和权重，三组叠成 (3H, I) 和 (3H, H)。

# %%
cell = td.nn.GRUCell(4, 5)
x, h = td.randn(3, 4), td.randn(3, 5)
W, U, b, c = (p.reshape(3, 5, *p.shape[1:]) for p in
              (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh))
difference = (gru_step_torch(x, h, W, U, b, c) - cell(x, h)).detach().numpy()
print("largest difference from td.nn.GRUCell:", np.abs(difference).max())

# %% [markdown] en
# ## 3. Find the bug
#
# Somebody trained a GRU whose last line is (1 - z) * n + z * h, all else as in your gru_step, and
# put the weights into the notes' formula. No shape complains, and the network forgets what it
# should keep. The formula stays. Which weights have to change, and how?
# sigmoid(-a) = 1 - sigmoid(a).

# %% [markdown] zh
# ## 3. 找出错误
#
# 有人训练了一个 GRU，最后一行是 (1 - z) * n + z * h，其余与你的 gru_step 相同，然后把权重放进讲义的
# 公式。形状都对得上，但网络忘掉了该记住的。公式不能动。哪些权重要改，怎么改？
# 提示：sigmoid(-a) = 1 - sigmoid(a)。

# %%
def other_convention(W, U, b):
    """Weights (W, U, b) with which gru_step does what these do where z weights the old state.

    W  array (3, H, I);  U  array (3, H, H);  b  array (3, H). They stay as they are.
    """
    """一组权重 (W, U, b)：用在 gru_step 里，等于原来这组权重用在 z 加权旧状态的公式里。

    W  数组 (3, H, I)；U  数组 (3, H, H)；b  数组 (3, H)。它们保持不变。
    """
    raise NotImplementedError

# %%
labs.check(other_convention)

# %% [markdown] en
# ## 4. Which tokens are real
#
# A batch of sequences of the lengths 3, 1 and 4 is padded to T steps. The mask says what is real.

# %% [markdown] zh
# ## 4. 哪些词元是真的
#
# 一批长度为 3、1、4 的序列被填充到 T 步。掩码说明哪些是真的。

# %%
def mask_of(lengths, T):
    """An array of bool (N, T): True at real tokens, False at padding, which is at the end.

    lengths  array (N,), whole numbers from 0 to T
    """
    """布尔数组 (N, T)：真实词元处为 True，填充处为 False，填充在末尾。

    lengths  数组 (N,)，0 到 T 的整数
    """
    raise NotImplementedError

# %%
labs.check(mask_of)

# %% [markdown] en
# ## 5. States that wait
#
# Over a padded batch the loop goes T steps for all. A sequence that has ended should keep its
# state: at padding, h stays what it was. `td.where(condition, a, b)` takes a where the condition
# holds, and b elsewhere; it broadcasts, so a condition (N, 1) serves for (N, H).

# %% [markdown] zh
# ## 5. 会等待的状态
#
# 对填充过的批，循环对所有序列都走 T 步。已经结束的序列应保持自己的状态：遇到填充，h 不变。
# `td.where(条件, a, b)` 在条件成立处取 a，否则取 b；它会广播，所以条件 (N, 1) 可用于 (N, H)。

# %%
def masked_states(xs, mask, W, U, b):
    """The states of your gru_step after each step, from a state of zeros.

    xs    Tensor (T, N, I);  mask  array of bool (N, T). Returns a Tensor (T, N, H).
    """
    """从零状态开始，你的 gru_step 每一步之后的状态。

    xs    张量 (T, N, I)；mask  布尔数组 (N, T)。返回张量 (T, N, H)。
    """
    raise NotImplementedError

# %%
labs.check(masked_states)

# %% [markdown] en
# ## 6. The last state of each length
#
# A layer that knows nothing of lengths gives T states for every sequence, also of padding. The one
# to classify by is that of the last *real* token, and each sequence has its own.

# %% [markdown] zh
# ## 6. 每个长度的最后一个状态
#
# 不知道长度的层会给每个序列 T 个状态，填充处也有。分类要用的是最后一个*真实*词元的状态，每个序列各不
# 相同。

# %%
def last_states(hs, lengths):
    """The state of each sequence after its last real token.

    hs  Tensor (T, N, H);  lengths  array (N,), from 1 to T. Returns a Tensor (N, H).
    """
    """每个序列在最后一个真实词元之后的状态。

    hs  张量 (T, N, H)；lengths  数组 (N,)，1 到 T。返回张量 (N, H)。
    """
    raise NotImplementedError

# %%
labs.check(last_states)

# %% [markdown] en
# ## 7. The mean of real tokens
#
# The other way to make one vector of a sequence. What stands at padding must not count, neither
# above nor below the fraction bar. A sequence of length 0 gets zeros.

# %% [markdown] zh
# ## 7. 真实词元的平均
#
# 把一个序列变成一个向量的另一种办法。填充处的东西不能算数，分子分母都不行。长度为 0 的序列得到零。

# %%
def masked_mean(x, mask):
    """The mean over the real tokens of each sequence.

    x  Tensor (N, T, D);  mask  array of bool (N, T). Returns a Tensor (N, D).
    """
    """每个序列对真实词元取平均。

    x  张量 (N, T, D)；mask  布尔数组 (N, T)。返回张量 (N, D)。
    """
    raise NotImplementedError

# %%
labs.check(masked_mean)

# %% [markdown] en
# ## 8. The loss of real tokens
#
# A language model's loss is the mean of -log p(y) over all real tokens of the batch: each token
# counts the same, whichever sentence it is in. What y is at padding means nothing; it is mostly 0,
# and 0 is a word like any other. Only the mask says what is padding.

# %% [markdown] zh
# ## 8. 真实词元的损失
#
# 语言模型的损失是 -log p(y) 对批中所有真实词元取平均：不管在哪个句子里，每个词元的分量相同。填充处的
# y 没有意义，多半是 0，而 0 也是一个普通的词。只有掩码才知道哪里是填充。

# %%
def masked_loss(log_p, y, mask):
    """The mean of -log p(y) over the real tokens.

    log_p  Tensor (N, T, V);  y  array (N, T), whole numbers from 0 to V - 1
    mask   array of bool (N, T), at least one True. Returns a Tensor ().
    """
    """-log p(y) 对真实词元取平均。

    log_p  张量 (N, T, V)；y  数组 (N, T)，0 到 V - 1 的整数
    mask   布尔数组 (N, T)，至少有一个 True。返回张量 ()。
    """
    raise NotImplementedError

# %%
labs.check(masked_loss)

# %% [markdown] en
# ## What you have built
#
# In "c a ! b d d a" the answer is b, the letter behind the mark; everything else is noise. Guessing
# gives 0.25. Your GRU reads sequences of 4 to 20 tokens, and answers from its last state. It should
# get more than 0.9 right after some 10 seconds; beside it, a tanh RNN of the same size, trained on
# the same sequences.

# %% [markdown] zh
# ## 你造出了什么
#
# 在 “c a ! b d d a” 里，答案是 b，即记号后面的字母；其余都是干扰。瞎猜的正确率是 0.25。你的 GRU 读
# 4 到 20 个词元的序列，用最后的状态回答。训练约 10 秒后，正确率应超过 0.9；旁边是同样大小、用同样的
# 序列训练的 tanh RNN。

# %%
V, H = len(RECALL_TOKENS), 16
one_hot = np.eye(V)
rng = np.random.default_rng(0)
weights = [td.tensor(rng.normal(size=shape) * k, requires_grad=True) for shape, k in
           (((3, H, V), 0.5), ((3, H, H), 0.25), ((3, H), 0), ((4, H), 0.3), ((4,), 0))]
W, U, b, W_out, b_out = weights
td.manual_seed(0)
plain, read = td.nn.RNN(V, H), td.nn.Linear(H, 4)


def answer(ids, lengths):
    """log p of the four letters (N, 4)."""
    """四个字母的 log p，形状 (N, 4)。"""
    hs = masked_states(td.tensor(one_hot[ids.T]), mask_of(lengths, ids.shape[1]), W, U, b)
    return td.log_softmax(last_states(hs, lengths) @ W_out.T + b_out, axis=1)


def answer_of_rnn(ids, lengths):
    """The same by a tanh RNN, which gives states at padding too."""
    """同样的回答，由 tanh RNN 给出；它在填充处也有状态。"""
    hs, _ = plain(td.tensor(one_hot[ids.T], dtype=td.float32))
    return td.log_softmax(read(last_states(hs, lengths)), axis=1)


test = recall_batch(500, 20, seed=10_000)
for name, model, trained in (("GRU", answer, weights), ("tanh RNN", answer_of_rnn,
                             [*plain.parameters(), *read.parameters()])):
    optimizer = td.optim.Adam(trained, lr=0.02)
    for update in range(300):
        ids, lengths, letters = recall_batch(32, 20, seed=update)
        optimizer.zero_grad()
        everything = np.ones((32, 1), bool)
        loss = masked_loss(model(ids, lengths)[:, None], letters[:, None], everything)
        loss.backward()
        optimizer.step()
    ids, lengths, letters = test
    right = model(ids, lengths).argmax(axis=1).numpy() == letters
    print(f"{name}: loss {loss.item():.3f}, right {right.mean():.3f}; guessing 0.250")

# %% [markdown] en
# ### The pad-invariance test
#
# The same sequences, padded to 20 and to 50: answers and gradients must be the same. Beside them
# what happens without masks, with the state after the last step of all.

# %% [markdown] zh
# ### 填充不变性测试
#
# 同样的序列，填充到 20 和 50：回答和梯度必须相同。旁边是不用掩码、直接取最后一步状态的结果。

# %%
def unmasked(ids, lengths):
    """The same without masks: the state after step T, whatever stands there."""
    """同样的计算，但不用掩码：取第 T 步之后的状态，不管那里是什么。"""
    everything = np.ones(ids.shape, bool)
    hs = masked_states(td.tensor(one_hot[ids.T]), everything, W, U, b)
    return td.log_softmax(hs[-1] @ W_out.T + b_out, axis=1)


longer = np.pad(ids, ((0, 0), (0, 30)))
for name, model in (("masked", answer), ("unmasked", unmasked)):
    results = []
    for batch in (ids, longer):
        for w in weights:
            w.grad = None
        log_p = model(batch, lengths)
        masked_loss(log_p[:, None], letters[:, None], np.ones((500, 1), bool)).backward()
        results.append((log_p.detach().numpy(), U.grad.numpy(), log_p.argmax(axis=1).numpy()))
    (p, g, a), (q, k, c) = results
    print(f"{name}: log p differ by {np.abs(p - q).max():.1e}, "
          f"gradients by {np.abs(g - k).max():.1e}; "
          f"right at 20: {(a == letters).mean():.3f}, at 50: {(c == letters).mean():.3f}")

# %% [markdown] en
# ### The gate
#
# z says how much of the state is replaced, in the notes' convention. Where does it open, and what
# does it do when the letter has been read? The units differ; a bar is their mean.

# %% [markdown] zh
# ### 门
#
# 按讲义的约定，z 表示状态被换掉多少。它在哪里打开？读过那个字母之后又如何？各单元不同，条形是它们的
# 平均。

# %%
tokens = ["c", "a", "!", "b", "d", "d", "a", "c", "a", "d"]
xs = td.tensor(one_hot[[RECALL_TOKENS.index(token) for token in tokens]])[:, None]
hs = masked_states(xs, np.ones((1, len(tokens)), bool), W, U, b)
before = td.cat([td.zeros(1, 1, H, dtype=td.float64), hs[:-1]])
gates = {f"{name} {letter}": td.sigmoid(xs @ W[k].T + before @ U[k].T + b[k]).detach().numpy()[:, 0]
         for k, (name, letter) in enumerate((("reset", "r"), ("update", "z")))}
for token, row in zip(tokens, gates["update z"]):
    print(f"{token} {row.mean():.2f} " + "#" * int(40 * row.mean()))
try:
    picture = td.viz.gate_heatmap(gates, tokens, "lab08_gates.svg")
except td.errors.TinydawnError as error:
    picture = print(error)
picture

# %% [markdown] en
# ## To think about
#
# With z = 0 the state is kept for ever, in the notes' convention. What does the gradient of h_{t-1}
# become at such a step, and what has that to do with a residual connection?
#
# ## To go on
#
# Leave the reset gate out (r = 1) and train again. Then let b of the update gate begin at -2, so
# that the gate is nearly closed at first: what happens with sequences of up to 40 tokens?

# %% [markdown] zh
# ## 想一想
#
# 按讲义的约定，z = 0 时状态永远保持不变。在这样的一步，h_{t-1} 的梯度是什么？这和残差连接有什么关系？
#
# ## 继续
#
# 去掉重置门（r = 1）再训练一次。然后让更新门的 b 从 -2 开始，使门起初几乎关着：序列长达 40 个词元时
# 会怎样？
