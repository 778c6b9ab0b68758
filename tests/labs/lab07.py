"""Lab 7, RNN: right functions and wrong twins."""

from __future__ import annotations

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor

lab = Lab(7, "lab07_rnn", "RNN", "循环神经网络（RNN）")


def _made(*shape, k=1.0, size=1.0):
    """Numbers without a pattern that a mistake could hide in; two decimals, so that messages can show them."""
    n = np.arange(1, np.prod(shape) + 1)
    return np.round(size * np.sin(7.1 * k + 2.3 * k * n + 0.37 * n * n), 2).reshape(shape)


def _weights(i, h, k=1.0):
    return [tensor(_made(h, i, k=k)), tensor(_made(h, h, k=k + 0.4)), tensor(_made(h, k=k + 0.9, size=0.5))]


def _raise_shape_error():
    return td.stack([])



# --- rnn_step ---

@lab.hole(cases=[[tensor(_made(3, 2)), tensor(_made(3, 4, k=1.3, size=0.9)), *_weights(2, 4)],
                 [tensor(_made(3, 2, k=0.7)), tensor(_made(3, 2, k=1.9, size=0.9)), *_weights(2, 2, 1.2)],
                 [tensor(_made(2, 2, k=0.4)), tensor(_made(2, 2, k=1.1, size=0.9)), *_weights(2, 2, 0.5)]],
          more=[[tensor(_made(2, 5)), tensor(_made(2, 3, k=0.3, size=0.9)), *_weights(5, 3, 0.8)],
                [tensor(_made(4, 3, k=0.6)), tensor(_made(4, 3, k=2.1, size=0.9)), *_weights(3, 3, 1.7)],
                [tensor(_made(3, 3, k=1.2)), tensor(_made(3, 3, k=0.2, size=0.9)), *_weights(3, 3, 0.9)]],
          forbidden=["rnn"])
def rnn_step(x, h, W_ih, W_hh, b):
    a = step("W_ih x", x @ W_ih.T) + step("W_hh h", h @ W_hh.T) + b
    return td.tanh(step("a", a))


@rnn_step.twin(
    "Follow the state h: which index of W_hh meets it?",
    "This is h @ W_hh. W_hh is square, so no shape complains, but it is the transposed matrix.",
    "The notes' W_hh h, with h in rows, is h @ W_hh.T; as x @ W_ih.T.",
    "跟着状态 h 看：与它相乘的是 W_hh 的哪个下标？",
    "这是 h @ W_hh。W_hh 是方阵，形状不会报错，但这是转置后的矩阵。",
    "讲义的 W_hh h，h 写成行时是 h @ W_hh.T，与 x @ W_ih.T 一样。")
def step_with_the_transposed_recurrence(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T + h @ W_hh + b)


@rnn_step.twin(
    "Compare the shapes of x and W_ih: which index do they share?",
    "x @ W_ih: the shapes fit only where I and H are alike.",
    "W_ih is (H, I) and x is (N, I): they meet in I, x @ W_ih.T. As h and W_hh do.",
    "比较 x 和 W_ih 的形状：它们共有哪个下标？",
    "x @ W_ih：只有 I 与 H 相等时形状才对得上。",
    "W_ih 是 (H, I)，x 是 (N, I)：它们在 I 处相乘，x @ W_ih.T。h 与 W_hh 也是如此。")
def step_without_transposing(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih + h @ W_hh + b)


@rnn_step.twin(
    "Compare the shapes of x and W_ih: which index do they share?",
    "x @ W_ih: the shapes fit only where I and H are alike. W_hh is right.",
    "W_ih is (H, I) and x is (N, I): they meet in I, x @ W_ih.T.",
    "比较 x 和 W_ih 的形状：它们共有哪个下标？",
    "x @ W_ih：只有 I 与 H 相等时形状才对得上。W_hh 用对了。",
    "W_ih 是 (H, I)，x 是 (N, I)：它们在 I 处相乘，x @ W_ih.T。")
def step_with_the_transposed_input(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih + h @ W_hh.T + b)


@rnn_step.twin(
    "W h with a column: is h a column here?",
    "W_ih @ x and W_hh @ h: the shapes fit only by chance, and then rows of the batch are mixed.",
    "Sequences stand in rows, so the weights come from the right, transposed: x @ W_ih.T.",
    "W h 里的 h 是列向量：这里的 h 是列吗？",
    "W_ih @ x 和 W_hh @ h：形状只会碰巧对上，而且批里的各行会混在一起。",
    "每个序列占一行，所以权重转置后乘在右边：x @ W_ih.T。")
def step_with_columns(x, h, W_ih, W_hh, b):
    return (td.tanh(W_ih @ x.T + W_hh @ h.T + b.reshape(-1, 1)))


@rnn_step.twin(
    "Can a state be larger than 1?",
    "This is a_t, what stands inside of the tanh: the activation is missing.",
    "h_t = tanh(a_t).",
    "状态会大于 1 吗？",
    "这是 a_t，即 tanh 里面的东西：少了激活函数。",
    "h_t = tanh(a_t)。")
def step_without_activation(x, h, W_ih, W_hh, b):
    return x @ W_ih.T + h @ W_hh.T + b


@rnn_step.twin(
    "Which activation does the formula have?",
    "These are values of the sigmoid, between 0 and 1.",
    "h_t = tanh(a_t), between -1 and 1.",
    "公式里是哪个激活函数？",
    "这些是 sigmoid 的值，在 0 和 1 之间。",
    "h_t = tanh(a_t)，在 -1 和 1 之间。")
def step_with_a_sigmoid(x, h, W_ih, W_hh, b):
    return td.sigmoid(x @ W_ih.T + h @ W_hh.T + b)


@rnn_step.twin(
    "Which activation does the formula have?",
    "These are values of ReLU: nothing is below 0.",
    "h_t = tanh(a_t), between -1 and 1.",
    "公式里是哪个激活函数？",
    "这些是 ReLU 的值：没有负数。",
    "h_t = tanh(a_t)，在 -1 和 1 之间。")
def step_with_relu(x, h, W_ih, W_hh, b):
    return td.relu(x @ W_ih.T + h @ W_hh.T + b)


@rnn_step.twin(
    "Is everything in it that the formula has?",
    "The bias b is missing.",
    "tanh(W_hh h + W_ih x + b).",
    "公式里的都用上了吗？",
    "少了偏置 b。",
    "tanh(W_hh h + W_ih x + b)。")
def step_without_bias(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T + h @ W_hh.T)


@rnn_step.twin(
    "How far does the parenthesis of tanh reach? Name what stands inside of it, and what behind it.",
    "Only W_ih x + b goes through tanh; W_hh h is added behind it.",
    "All three are added first: tanh(W_hh h + W_ih x + b).",
    "tanh 的括号到哪里为止？说说里面有什么，后面又加了什么。",
    "只有 W_ih x + b 经过了 tanh；W_hh h 是之后才加上的。",
    "三者先相加：tanh(W_hh h + W_ih x + b)。")
def step_with_the_state_outside(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T + b) + h @ W_hh.T


@rnn_step.twin(
    "How far does the parenthesis of tanh reach? Name what stands inside of it, and what behind it.",
    "The bias is added after the tanh.",
    "All three are added first: tanh(W_hh h + W_ih x + b).",
    "tanh 的括号到哪里为止？说说里面有什么，后面又加了什么。",
    "偏置是在 tanh 之后加上的。",
    "三者先相加：tanh(W_hh h + W_ih x + b)。")
def step_with_the_bias_outside(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T + h @ W_hh.T) + b


@rnn_step.twin(
    "Does the old state matter?",
    "W_hh h is missing: this is a layer of a feed-forward network, which remembers nothing.",
    "tanh(W_hh h + W_ih x + b).",
    "旧的状态起作用了吗？",
    "少了 W_hh h：这是前馈网络的一层，什么也记不住。",
    "tanh(W_hh h + W_ih x + b)。")
def step_without_memory(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T + b)


@rnn_step.twin(
    "The numbers are right. What reaches h on the way back?",
    "The old state is detached: no gradient goes back over this step.",
    "A step is differentiable in h too; detaching comes at the ends of windows, and not here.",
    "数是对的。往回走时，什么能到达 h？",
    "旧状态被 detach 了：梯度过不了这一步。",
    "这一步对 h 也可微；detach 用在窗口的边界，不在这里。")
def step_that_detaches(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T + h.detach() @ W_hh.T + b)


@rnn_step.twin(
    "The numbers are right. What reaches the weights on the way back?",
    "It is computed in NumPy, so there is no graph, and nothing gets a gradient.",
    "Use td.tanh and the Tensors themselves: every step has to be recorded.",
    "数是对的。往回走时，什么能到达权重？",
    "这是用 NumPy 算的，没有计算图，谁也得不到梯度。",
    "请用 td.tanh 和张量本身：每一步都要被记录。")
def step_in_numpy(x, h, W_ih, W_hh, b):
    x, h, W_ih, W_hh, b = (y.detach().numpy() for y in (x, h, W_ih, W_hh, b))
    return np.tanh(x @ W_ih.T + h @ W_hh.T + b)


@rnn_step.twin(
    "How often is b in it?",
    "Twice: once with x, and once more with h. PyTorch has two biases, b_ih and b_hh; here there is one.",
    "tanh(W_hh h + W_ih x + b).",
    "b 用了几次？",
    "两次：和 x 一次，和 h 又一次。PyTorch 有 b_ih 和 b_hh 两个偏置，这里只有一个。",
    "tanh(W_hh h + W_ih x + b)。")
def step_with_two_biases(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T + b + h @ W_hh.T + b)


@rnn_step.twin(
    "Which columns of the joined matrix meet x, and which meet h?",
    "x and h are joined in one order, and their matrices in the other.",
    "[x, h] belongs to [W_ih, W_hh], in the same order.",
    "拼起来的矩阵里，哪些列乘 x，哪些列乘 h？",
    "x 和 h 按一种顺序拼接，它们的矩阵却按另一种。",
    "[x, h] 对应 [W_ih, W_hh]，顺序要一致。")
def step_joined_in_two_orders(x, h, W_ih, W_hh, b):
    return td.tanh(td.cat([x, h], 1) @ td.cat([W_hh, W_ih], 1).T + b)


@rnn_step.twin(
    "Which matrix belongs to which input?",
    "W_hh multiplies x, and W_ih multiplies h: the shapes fit only where I and H are alike.",
    "ih leads from the input to the hidden state, hh from hidden to hidden.",
    "哪个矩阵配哪个输入？",
    "W_hh 乘了 x，W_ih 乘了 h：只有 I 与 H 相等时形状才对得上。",
    "ih 是从输入到隐藏状态，hh 是从隐藏状态到隐藏状态。")
def step_with_the_matrices_exchanged(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_hh.T + h @ W_ih.T + b)



@rnn_step.twin(
    "Can a state be larger than 1?",
    "The old state is added outside of the tanh, as in a residual connection.",
    "h_t = tanh(W_hh h + W_ih x + b): the old state comes in through W_hh alone.",
    "状态会大于 1 吗？",
    "旧状态又在 tanh 外面加了一次，就像残差连接。",
    "h_t = tanh(W_hh h + W_ih x + b)：旧状态只通过 W_hh 进来。")
def step_that_adds_the_old_state(x, h, W_ih, W_hh, b):
    return h + td.tanh(x @ W_ih.T + h @ W_hh.T + b)


@rnn_step.twin(
    "How often is the tanh taken?",
    "Twice, of each part by itself, and then they are added.",
    "One tanh around the whole sum.",
    "tanh 用了几次？",
    "两次：两部分各自过 tanh，然后才相加。",
    "一个 tanh，套住整个和。")
def step_with_two_tanhs(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T + b) + td.tanh(h @ W_hh.T)


@rnn_step.twin(
    "How far does the parenthesis of tanh reach? Name what stands inside of it, and what behind it.",
    "Only W_hh h goes through tanh; W_ih x and b are added behind it.",
    "All three are added first: tanh(W_hh h + W_ih x + b).",
    "tanh 的括号到哪里为止？说说里面有什么，后面又加了什么。",
    "只有 W_hh h 经过了 tanh；W_ih x 和 b 是之后才加上的。",
    "三者先相加：tanh(W_hh h + W_ih x + b)。")
def step_with_all_but_the_state_outside(x, h, W_ih, W_hh, b):
    return td.tanh(h @ W_hh.T) + x @ W_ih.T + b


@rnn_step.twin(
    "How far does the parenthesis of tanh reach? Name what stands inside of it, and what behind it.",
    "W_hh h + b goes through tanh; W_ih x is added behind it.",
    "All three are added first: tanh(W_hh h + W_ih x + b).",
    "tanh 的括号到哪里为止？说说里面有什么，后面又加了什么。",
    "经过 tanh 的是 W_hh h + b；W_ih x 是之后才加上的。",
    "三者先相加：tanh(W_hh h + W_ih x + b)。")
def step_with_the_input_outside(x, h, W_ih, W_hh, b):
    return td.tanh(h @ W_hh.T + b) + x @ W_ih.T


@rnn_step.twin(
    "How far does the parenthesis of tanh reach? Name what stands inside of it, and what behind it.",
    "Only W_ih x goes through tanh; W_hh h and b are added behind it.",
    "All three are added first: tanh(W_hh h + W_ih x + b).",
    "tanh 的括号到哪里为止？说说里面有什么，后面又加了什么。",
    "只有 W_ih x 经过了 tanh；W_hh h 和 b 是之后才加上的。",
    "三者先相加：tanh(W_hh h + W_ih x + b)。")
def step_with_all_but_the_input_outside(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T) + h @ W_hh.T + b


@rnn_step.twin(
    "How often is the tanh taken, and of what?",
    "Twice, of W_ih x and of W_hh h + b, and then they are added.",
    "One tanh around the whole sum: tanh(W_hh h + W_ih x + b).",
    "tanh 用了几次，分别作用于什么？",
    "两次：W_ih x 和 W_hh h + b 各自过 tanh，然后才相加。",
    "一个 tanh，套住整个和：tanh(W_hh h + W_ih x + b)。")
def step_with_two_tanhs_and_b_with_the_state(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T) + td.tanh(h @ W_hh.T + b)


@rnn_step.twin(
    "How often is the tanh taken, and of what?",
    "Twice, of W_ih x and of W_hh h; then they are added, and b comes last.",
    "One tanh around the whole sum: tanh(W_hh h + W_ih x + b).",
    "tanh 用了几次，分别作用于什么？",
    "两次：W_ih x 和 W_hh h 各自过 tanh，然后相加，最后才加 b。",
    "一个 tanh，套住整个和：tanh(W_hh h + W_ih x + b)。")
def step_with_two_tanhs_and_b_behind(x, h, W_ih, W_hh, b):
    return td.tanh(x @ W_ih.T) + td.tanh(h @ W_hh.T) + b


@rnn_step.twin(
    "W h with a column: is one sequence a row or a column of h here?",
    "W_hh @ h + W_ih @ x: the shapes fit only where N, I and H are alike, and then rows of the batch are mixed.",
    "Sequences stand in rows, so the weights come from the right, transposed: h @ W_hh.T + x @ W_ih.T.",
    "W h 里的 h 是列向量：这里的 h，一个序列是一行还是一列？",
    "这是 W_hh @ h + W_ih @ x：只有 N、I、H 都相等时形状才对得上，而且批里的各行会混在一起。",
    "每个序列占一行，所以权重转置后乘在右边：h @ W_hh.T + x @ W_ih.T。")
def step_with_weights_from_the_left(x, h, W_ih, W_hh, b):
    return td.tanh(W_hh @ h + W_ih @ x + b)


@rnn_step.twin(
    "Which shape does the result have, and which does b?",
    "The sequences have become columns, (H, N), and b, which has an entry for each row of that, cannot be added to it.",
    "Leave the sequences in rows, (N, H), and transpose the weights: h @ W_hh.T + x @ W_ih.T + b.",
    "结果的形状是什么，b 的形状又是什么？",
    "各个序列变成了列 (H, N)，而 b 的每个元素对应其中一行，加不上去。",
    "让序列留在行里 (N, H)，转置的是权重：h @ W_hh.T + x @ W_ih.T + b。")
def step_with_columns_and_a_row(x, h, W_ih, W_hh, b):
    return td.tanh(W_ih @ x.T + W_hh @ h.T + b)


# --- rnn_states ---

@lab.hole(cases=[[tensor(_made(4, 2, 3)), tensor(_made(2, 5, k=1.1, size=0.8)), *_weights(3, 5, 0.9)],
                 [tensor(_made(2, 2, 1, k=0.7)), tensor(_made(2, 3, k=1.6, size=0.8)), *_weights(1, 3, 1.2)],
                 [tensor(_made(1, 2, 1, k=0.5)), tensor(_made(2, 2, k=0.6, size=0.8)), *_weights(1, 2, 0.5)]],
          more=[[tensor(_made(3, 1, 2, k=0.4)), tensor(_made(1, 4, k=0.8, size=0.8)), *_weights(2, 4, 1.5)],
                [tensor(_made(2, 2, 1, k=1.7)), tensor(_made(2, 3, k=0.9, size=0.8)), *_weights(1, 3, 0.6)]],
          forbidden=["rnn"])
def rnn_states(xs, h0, W_ih, W_hh, b):
    h, states = h0, []
    for x in xs:
        h = rnn_step(x, h, W_ih, W_hh, b)
        states.append(h)
    return td.stack(states)


def _list_of_states(xs, h0, W_ih, W_hh, b):
    h, states = h0, []
    for x in xs:
        h = rnn_step(x, h, W_ih, W_hh, b)
        states.append(h)
    return states


@rnn_states.twin(
    "How many states are there, and how many inputs?",
    "The first of these is h0: there are T + 1.",
    "h_1 ... h_T: a state is appended after its step.",
    "有几个状态，几个输入？",
    "其中第一个是 h0：一共 T + 1 个。",
    "h_1 ... h_T：每走完一步再加入状态。")
def states_with_the_first(xs, h0, W_ih, W_hh, b):
    return td.stack([h0, *_list_of_states(xs, h0, W_ih, W_hh, b)])


@rnn_states.twin(
    "Is the last step's result in it?",
    "These are h_0 ... h_{T-1}: each state is put down before its step.",
    "First the step, then append.",
    "最后一步的结果在里面吗？",
    "这些是 h_0 ... h_{T-1}：每个状态在走这一步之前就放进去了。",
    "先走一步，再加入。")
def states_before_their_steps(xs, h0, W_ih, W_hh, b):
    return td.stack([h0, *_list_of_states(xs, h0, W_ih, W_hh, b)[:-1]])


@rnn_states.twin(
    "From which state does the second step begin?",
    "Every step begins with h0: nothing is carried from one to the next.",
    "h = rnn_step(x, h, ...): the new state takes the old one's place.",
    "第二步从哪个状态开始？",
    "每一步都从 h0 开始：什么也没有传给下一步。",
    "h = rnn_step(x, h, ...)：新状态取代旧状态。")
def states_that_forget(xs, h0, W_ih, W_hh, b):
    return td.stack([rnn_step(x, h0, W_ih, W_hh, b) for x in xs])


@rnn_states.twin(
    "From which state does the first step begin?",
    "It begins from zeros, and not from h0.",
    "h = h0 before the loop: a window of a text goes on from where the last one ended.",
    "第一步从哪个状态开始？",
    "从零开始，而不是从 h0 开始。",
    "循环之前 h = h0：文本的一个窗口接着上一个窗口的结尾。")
def states_from_zero(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states(xs, td.zeros(*h0.shape, dtype=td.float64), W_ih, W_hh, b))


@rnn_states.twin(
    "How many states are asked for?",
    "This is the last one alone.",
    "All T of them: a language model has a loss at each step.",
    "要的是几个状态？",
    "这只是最后一个。",
    "全部 T 个：语言模型在每一步都有损失。")
def the_last_state_alone(xs, h0, W_ih, W_hh, b):
    return _list_of_states(xs, h0, W_ih, W_hh, b)[-1]


@rnn_states.twin(
    "In which order are the inputs read?",
    "From the last to the first.",
    "x_1 first.",
    "输入按什么顺序读？",
    "从最后一个读到第一个。",
    "先读 x_1。")
def states_read_backwards(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states([xs[t] for t in reversed(range(len(xs)))], h0, W_ih, W_hh, b))


@rnn_states.twin(
    "Which axis of xs is the time?",
    "The loop goes over the batch: xs[:, i] is one sequence, and not one step.",
    "xs is (T, N, I): xs[t] is what all N sequences read in step t.",
    "xs 的哪个轴是时间？",
    "循环走的是批：xs[:, i] 是一个序列，而不是一步。",
    "xs 是 (T, N, I)：xs[t] 是第 t 步全部 N 个序列读入的。")
def states_over_the_batch(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states([xs[:, i] for i in range(xs.shape[1])], h0, W_ih, W_hh, b))


@rnn_states.twin(
    "Which shape does the result have?",
    "The states stand behind each other, (T N, H): td.cat joins along an axis that is there.",
    "td.stack makes a new axis for the time: (T, N, H).",
    "结果的形状是什么？",
    "状态首尾相接成 (T N, H)：td.cat 沿已有的轴拼接。",
    "td.stack 为时间新建一个轴：(T, N, H)。")
def states_joined(xs, h0, W_ih, W_hh, b):
    return td.cat(_list_of_states(xs, h0, W_ih, W_hh, b))


@rnn_states.twin(
    "Which shape does the result have?",
    "The batch comes first here, (N, T, H).",
    "The time comes first, as in xs: (T, N, H), td.stack(states).",
    "结果的形状是什么？",
    "这里批在最前面：(N, T, H)。",
    "和 xs 一样，时间在最前面：(T, N, H)，td.stack(states)。")
def states_batch_first(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states(xs, h0, W_ih, W_hh, b), 1)


@rnn_states.twin(
    "Which shape is asked for?",
    "This is a list of T Tensors.",
    "td.stack(list) makes one Tensor (T, N, H) of it.",
    "要的是什么形状？",
    "这是由 T 个张量组成的列表。",
    "td.stack(列表) 把它变成一个张量 (T, N, H)。")
def states_in_a_list(xs, h0, W_ih, W_hh, b):
    return _list_of_states(xs, h0, W_ih, W_hh, b)


@rnn_states.twin(
    "The numbers are right. How far back does a gradient reach?",
    "One step: the state is detached before each step.",
    "Hand h on as it is; where to cut is the business of windows.",
    "数是对的。梯度能往回走多远？",
    "一步：每一步之前状态都被 detach 了。",
    "h 原样传下去；在哪里切断是窗口的事。")
def states_detached(xs, h0, W_ih, W_hh, b):
    h, states = h0, []
    for x in xs:
        h = rnn_step(x, h.detach(), W_ih, W_hh, b)
        states.append(h)
    return td.stack(states)


@rnn_states.twin(
    "The numbers are right. What reaches the weights on the way back?",
    "Nothing: the states went through NumPy, or were detached, before they were stacked.",
    "td.stack takes the Tensors themselves.",
    "数是对的。往回走时，什么能到达权重？",
    "什么也没有：堆叠之前，状态变成了 NumPy 数组，或被 detach 了。",
    "td.stack 直接接受张量。")
def states_without_a_graph(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states(xs, h0, W_ih, W_hh, b)).detach()


@rnn_states.twin(
    "What does the second step read?",
    "Every step reads x_1: the loop's variable is not used.",
    "Step t reads xs[t].",
    "第二步读的是什么？",
    "每一步读的都是 x_1：没有用到循环变量。",
    "第 t 步读 xs[t]。")
def states_of_one_input(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states([xs[0] for _ in range(len(xs))], h0, W_ih, W_hh, b))


@rnn_states.twin(
    "How many states are there, and how many inputs?",
    "x_1 is never read: the loop begins at 1.",
    "Python counts from 0: for t in range(T), or for x in xs.",
    "有几个状态，几个输入？",
    "x_1 没有被读：循环从 1 开始了。",
    "Python 从 0 数起：for t in range(T)，或 for x in xs。")
def states_without_the_first_input(xs, h0, W_ih, W_hh, b):
    states = _list_of_states([xs[t] for t in range(1, len(xs))], h0, W_ih, W_hh, b)
    return td.stack(states) if states else _raise_shape_error()


@rnn_states.twin(
    "How many states are there, and how many inputs?",
    "One: the `return` stands inside of the loop.",
    "Move `return` to the left, behind the loop.",
    "有几个状态，几个输入？",
    "只有一个：`return` 写在了循环里面。",
    "把 `return` 左移到循环之后。")
def states_returned_at_once(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states(xs, h0, W_ih, W_hh, b)[:1])


@rnn_states.twin(
    "How many things are asked for?",
    "Two are returned, all states and the last one, as PyTorch does.",
    "All states alone: one Tensor (T, N, H).",
    "要返回几样东西？",
    "返回了两样：所有状态和最后一个，PyTorch 就是这样。",
    "只要所有状态：一个张量 (T, N, H)。")
def states_and_the_last(xs, h0, W_ih, W_hh, b):
    states = _list_of_states(xs, h0, W_ih, W_hh, b)
    return td.stack(states), states[-1]


@rnn_states.twin(
    "Which axis of xs is the time?",
    "The second, for this code: it is written for inputs with the batch first.",
    "xs is (T, N, I), with the time first: xs[t], and td.stack(states).",
    "xs 的哪个轴是时间？",
    "这段代码以为是第二个：它是为批在最前面的输入写的。",
    "xs 是 (T, N, I)，时间在最前面：xs[t]，以及 td.stack(states)。")
def states_of_batch_first_inputs(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states([xs[:, i] for i in range(xs.shape[1])], h0, W_ih, W_hh, b), 1)



@rnn_states.twin(
    "Which state is the first of the result?",
    "h_T: each new state was put in front.",
    "h_1 first: append.",
    "结果里的第一个是哪个状态？",
    "是 h_T：每个新状态都插到了最前面。",
    "h_1 在前：用 append。")
def states_in_reverse_order(xs, h0, W_ih, W_hh, b):
    return td.stack(_list_of_states(xs, h0, W_ih, W_hh, b)[::-1])


@rnn_states.twin(
    "How many states are there, and how many inputs?",
    "x_T is never read: range(T - 1).",
    "range(T) goes from 0 to T - 1.",
    "有几个状态，几个输入？",
    "x_T 没有被读：用了 range(T - 1)。",
    "range(T) 从 0 走到 T - 1。")
def states_without_the_last_input(xs, h0, W_ih, W_hh, b):
    states = _list_of_states([xs[t] for t in range(len(xs) - 1)], h0, W_ih, W_hh, b)
    return td.stack(states) if states else _raise_shape_error()


@rnn_states.twin(
    "Does the new state take the old one's place?",
    "It is added to it.",
    "h = rnn_step(x, h, ...).",
    "新状态取代了旧状态吗？",
    "是加到了旧状态上。",
    "h = rnn_step(x, h, ...)。")
def states_that_add_up(xs, h0, W_ih, W_hh, b):
    h, states = h0, []
    for x in xs:
        h = h + rnn_step(x, h, W_ih, W_hh, b)
        states.append(h)
    return td.stack(states)


@rnn_states.twin(
    "Which state is the first of the result, and which input is never read?",
    "The first is h0, and x_1 is never read: the list begins with h0, and the loop with 1.",
    "Begin with an empty list and with x_1: as many states as inputs, h_1 ... h_T.",
    "结果里的第一个是哪个状态，哪个输入一直没有读？",
    "第一个是 h0，而 x_1 没有读：列表从 h0 开始，循环又从 1 开始。",
    "从空列表和 x_1 开始：有几个输入就有几个状态，h_1 ... h_T。")
def states_with_h0_for_the_first(xs, h0, W_ih, W_hh, b):
    return td.stack([h0, *_list_of_states([xs[t] for t in range(1, len(xs))], h0, W_ih, W_hh, b)])


# --- step_back ---

DH, HH, SQUARE = _made(2, 3, k=1.2), _made(2, 3, k=0.8, size=0.9), _made(3, 3, k=1.4)
DH2, HH2, SQUARE2 = _made(3, 2, k=0.6), _made(3, 2, k=1.7, size=0.9), _made(2, 2, k=0.9)


@lab.hole(cases=[[array(DH), array(HH), array(SQUARE)], [array(DH2), array(HH2), array(SQUARE2)],
                 [array(_made(2, 2, k=1.3)), array(_made(2, 2, k=0.4, size=0.9)), array(_made(2, 2, k=1.8))]],
          more=[[array(_made(4, 3, k=0.3)), array(_made(4, 3, k=1.1, size=0.8)), array(_made(3, 3, k=0.7))],
                [array(_made(3, 3, k=1.9)), array(_made(3, 3, k=0.6, size=0.8)), array(_made(3, 3, k=1.2))]])
def step_back(dh, h, W_hh):
    da = dh * (1 - h * h)
    return da, da @ W_hh


@step_back.twin(
    "Going forward it is W_hh h. Which matrix leads back?",
    "This is da @ W_hh.T, which goes forward once more: W in place of W^T.",
    "Back goes W_hh^T, and as rows that is da @ W_hh: forward has the .T, backward has none.",
    "前向是 W_hh h。往回走用哪个矩阵？",
    "这是 da @ W_hh.T，等于又往前走了一次：用了 W 而不是 W^T。",
    "往回走用 W_hh^T，写成行就是 da @ W_hh：前向有 .T，反向没有。")
def back_with_w(dh, h, W_hh):
    da = dh * (1 - h * h)
    return da, da @ W_hh.T


@step_back.twin(
    "Is h what went into the tanh, or what came out?",
    "This is 1 - tanh(h)^2: tanh is taken a second time.",
    "h is tanh(a) already, so tanh'(a) = 1 - h^2.",
    "h 是 tanh 的输入还是输出？",
    "这是 1 - tanh(h)^2：又做了一次 tanh。",
    "h 已经是 tanh(a)，所以 tanh'(a) = 1 - h^2。")
def back_with_tanh_twice(dh, h, W_hh):
    da = dh * (1 - np.tanh(h) ** 2)
    return da, da @ W_hh


@step_back.twin(
    "Does the tanh change the gradient?",
    "dL/da is the same as dL/dh here: the factor of the tanh is missing.",
    "tanh' = 1 - h^2, number by number.",
    "tanh 会改变梯度吗？",
    "这里 dL/da 与 dL/dh 相同：少了 tanh 的因子。",
    "tanh' = 1 - h^2，逐个相乘。")
def back_without_tanh(dh, h, W_hh):
    return dh, dh @ W_hh


@step_back.twin(
    "Check tanh' at h = 0.5: it is 0.75.",
    "This is 1 - h: the square is missing.",
    "tanh' = 1 - h^2.",
    "检验 h = 0.5 处的 tanh'：应为 0.75。",
    "这是 1 - h：少了平方。",
    "tanh' = 1 - h^2。")
def back_without_the_square(dh, h, W_hh):
    da = dh * (1 - h)
    return da, da @ W_hh


@step_back.twin(
    "Whose derivative is it?",
    "This is h (1 - h), the derivative of the sigmoid.",
    "tanh' = 1 - h^2.",
    "这是谁的导数？",
    "这是 h (1 - h)，sigmoid 的导数。",
    "tanh' = 1 - h^2。")
def back_through_a_sigmoid(dh, h, W_hh):
    da = dh * h * (1 - h)
    return da, da @ W_hh


@step_back.twin(
    "What does the matrix multiply?",
    "dL/dh_{t-1} is made of dL/dh_t, past the tanh: dh @ W_hh.",
    "First through the tanh, then through the matrix: da @ W_hh.",
    "矩阵乘的是什么？",
    "dL/dh_{t-1} 是由 dL/dh_t 得来的，绕过了 tanh：dh @ W_hh。",
    "先过 tanh，再过矩阵：da @ W_hh。")
def back_past_the_tanh(dh, h, W_hh):
    return dh * (1 - h * h), dh @ W_hh


@step_back.twin(
    "In which order is the walk back?",
    "The matrix came first here, and then the tanh: (dh @ W_hh) * (1 - h^2).",
    "Forward the matrix is first and the tanh last; so back, the tanh is first.",
    "往回走的顺序是什么？",
    "这里先过矩阵，再过 tanh：(dh @ W_hh) * (1 - h^2)。",
    "前向先矩阵后 tanh，所以往回走先过 tanh。")
def back_in_the_wrong_order(dh, h, W_hh):
    return dh * (1 - h * h), (dh @ W_hh) * (1 - h * h)


@step_back.twin(
    "Which of the two is asked for first?",
    "They are the wrong way round.",
    "Return dL/da_t, and then dL/dh_{t-1}.",
    "先要哪一个？",
    "两个放反了。",
    "先返回 dL/da_t，再返回 dL/dh_{t-1}。")
def back_the_wrong_way_round(dh, h, W_hh):
    da = dh * (1 - h * h)
    return da @ W_hh, da


@step_back.twin(
    "How many things are asked for?",
    "This is dL/dh_{t-1} alone.",
    "A pair: return da, da @ W_hh needs both, since the weights' gradients are made of da.",
    "要返回几样东西？",
    "这里只有 dL/dh_{t-1}。",
    "要成对返回：权重的梯度由 da 得来，两个都需要。")
def back_with_one_alone(dh, h, W_hh):
    return (dh * (1 - h * h)) @ W_hh


@step_back.twin(
    "The numbers are right. Look at dh after the call.",
    "dh itself is changed: `dh *= ...` writes into the caller's array.",
    "Make a new array: dh * (1 - h * h).",
    "数是对的。看看调用之后的 dh。",
    "dh 本身被改了：`dh *= ...` 写进了调用者的数组。",
    "请生成新数组：dh * (1 - h * h)。")
def back_in_place(dh, h, W_hh):
    dh *= 1 - h * h
    return dh, dh @ W_hh


@step_back.twin(
    "Are sequences rows here, or columns?",
    "W_hh.T @ da is for columns: the shapes fit only where N and H are alike, and then rows of the batch are mixed.",
    "As rows, the notes' W_hh^T da is da @ W_hh.",
    "这里每个序列是一行还是一列？",
    "W_hh.T @ da 是列的写法：只有 N 与 H 相等时形状才对得上，而且批里的各行会混在一起。",
    "写成行时，讲义的 W_hh^T da 是 da @ W_hh。")
def back_with_columns(dh, h, W_hh):
    da = dh * (1 - h * h)
    return da, W_hh.T @ da


@step_back.twin(
    "Where does the chain rule multiply?",
    "dL/da is 1 - h^2 alone: dL/dh is left out.",
    "dL/da = dL/dh * (1 - h^2).",
    "链式法则在哪里相乘？",
    "dL/da 只有 1 - h^2：漏掉了 dL/dh。",
    "dL/da = dL/dh * (1 - h^2)。")
def back_without_the_chain(dh, h, W_hh):
    da = 1 - h * h
    return da, da @ W_hh


@step_back.twin(
    "Which of the two is squared?",
    "The gradient is: this is h (1 - dh^2).",
    "dL/da = dL/dh * (1 - h^2).",
    "平方的是哪一个？",
    "是梯度：这是 h (1 - dh^2)。",
    "dL/da = dL/dh * (1 - h^2)。")
def back_with_the_two_exchanged(dh, h, W_hh):
    da = h * (1 - dh * dh)
    return da, da @ W_hh


@step_back.twin(
    "Can tanh fall where its input grows?",
    "This is h^2 - 1, with the other sign.",
    "tanh grows everywhere: 1 - h^2 is never below 0.",
    "输入增大时 tanh 会减小吗？",
    "这是 h^2 - 1，符号相反。",
    "tanh 处处递增：1 - h^2 从不为负。")
def back_with_the_other_sign(dh, h, W_hh):
    da = dh * (h * h - 1)
    return da, da @ W_hh


@step_back.twin(
    "Mind where the parenthesis ends.",
    "This is (1 - h)^2.",
    "1 - h^2: only h is squared.",
    "注意括号到哪里为止。",
    "这是 (1 - h)^2。",
    "1 - h^2：只有 h 取平方。")
def back_with_the_whole_squared(dh, h, W_hh):
    da = dh * (1 - h) ** 2
    return da, da @ W_hh



@step_back.twin(
    "What does the matrix multiply?",
    "The state h, and no gradient.",
    "da @ W_hh.",
    "矩阵乘的是什么？",
    "乘的是状态 h，而不是梯度。",
    "da @ W_hh。")
def back_with_the_state(dh, h, W_hh):
    return dh * (1 - h * h), h @ W_hh


@step_back.twin(
    "Whose derivative is it?",
    "That of ReLU: 1 where h > 0, else 0.",
    "tanh' = 1 - h^2.",
    "这是谁的导数？",
    "是 ReLU 的：h > 0 处为 1，否则为 0。",
    "tanh' = 1 - h^2。")
def back_through_relu(dh, h, W_hh):
    da = dh * (h > 0)
    return da, da @ W_hh


@step_back.twin(
    "Where does the chain rule multiply?",
    "This is dh - h^2.",
    "dh * (1 - h^2), with both signs and the parenthesis.",
    "链式法则在哪里相乘？",
    "这是 dh - h^2。",
    "dh * (1 - h^2)，乘号和括号都要。")
def back_with_a_difference(dh, h, W_hh):
    da = dh - h * h
    return da, da @ W_hh


@step_back.twin(
    "How many things are asked for?",
    "This is dL/da_t alone.",
    "A pair: dL/dh_{t-1} = da @ W_hh is needed for the step before.",
    "要返回几样东西？",
    "这里只有 dL/da_t。",
    "要成对返回：前一步还需要 dL/dh_{t-1} = da @ W_hh。")
def back_with_da_alone(dh, h, W_hh):
    return dh * (1 - h * h)


@step_back.twin(
    "Is anything divided by the size of the batch?",
    "Both gradients are divided by N.",
    "dh holds what the loss gives, a mean or not. One step back is a factor for each number, and divides by nothing.",
    "有没有除以批的大小？",
    "两个梯度都除以了 N。",
    "损失取不取平均已经体现在 dh 里。往回一步只是逐个相乘，不做除法。")
def back_of_the_mean_row(dh, h, W_hh):
    da = dh * (1 - h * h) / len(h)
    return da, da @ W_hh


@step_back.twin(
    "Check tanh' at h = 0.6: it is 0.64.",
    "This is root(1 - h^2), 0.8 at h = 0.6: there is a root too many.",
    "tanh' = 1 - h^2.",
    "检验 h = 0.6 处的 tanh'：应为 0.64。",
    "这是根号(1 - h^2)，h = 0.6 处为 0.8：多开了一次方。",
    "tanh' = 1 - h^2。")
def back_through_a_root(dh, h, W_hh):
    da = dh * np.sqrt(1 - h * h)
    return da, da @ W_hh


@step_back.twin(
    "Where tanh is flat, h is near 1: does the gradient become small there, or large?",
    "It becomes large: it is divided by 1 - h^2.",
    "The chain rule multiplies: dL/da = dL/dh * (1 - h^2).",
    "tanh 平坦的地方 h 接近 1：那里梯度会变小还是变大？",
    "变大了：除以了 1 - h^2。",
    "链式法则是相乘：dL/da = dL/dh * (1 - h^2)。")
def back_divided_by_the_slope(dh, h, W_hh):
    da = dh / (1 - h * h)
    return da, da @ W_hh


@step_back.twin(
    "By which ways does h_{t-1} come into h_t?",
    "dL/dh_t itself is added to dL/dh_{t-1}, as if h_{t-1} stood in h_t once more, outside of the tanh.",
    "Only through W_hh: dL/dh_{t-1} = da @ W_hh.",
    "h_{t-1} 通过哪些路进入 h_t？",
    "dL/dh_{t-1} 里又加上了 dL/dh_t 本身，好像 h_{t-1} 还在 tanh 之外进入了 h_t。",
    "只通过 W_hh：dL/dh_{t-1} = da @ W_hh。")
def back_with_a_way_around(dh, h, W_hh):
    da = dh * (1 - h * h)
    return da, dh + da @ W_hh


# --- bptt ---

def _bptt(dhs, xs, hs, h0, W_hh, back=None, own=True, later=True, before=None, total=True, stop=-1):
    """The right one with one thing changed."""
    back = back or step_back
    before = before or (lambda t: hs[t - 1] if t else h0)
    dW_ih, dW_hh, db = np.zeros((h0.shape[1], xs.shape[2])), np.zeros_like(W_hh), np.zeros(h0.shape[1])
    flow = np.zeros_like(h0)
    for t in range(len(xs) - 1, stop, -1):
        dh = (dhs[t] if own or t == len(xs) - 1 else 0) + (flow if later else 0)
        da, flow = back(dh, hs[t], W_hh)
        parts = da.T @ xs[t], da.T @ before(t), da.sum(axis=0)
        dW_ih, dW_hh, db = (x + y if total else y for x, y in zip((dW_ih, dW_hh, db), parts, strict=True))
    return dW_ih, dW_hh, db, flow


def _case(t, n, i, h, k):
    return [array(_made(t, n, h, k=k)), array(_made(t, n, i, k=k + 0.3)), array(_made(t, n, h, k=k + 0.5, size=0.9)),
            array(_made(n, h, k=k + 0.7, size=0.8)), array(_made(h, h, k=k + 1.1))]


@lab.hole(cases=[_case(4, 2, 5, 3, 0.5), _case(3, 3, 2, 2, 1.0), _case(2, 2, 1, 3, 1.3)],
          more=[_case(3, 2, 1, 4, 0.8), _case(5, 1, 3, 2, 1.6), _case(3, 3, 2, 2, 0.7)], points=4)
def bptt(dhs, xs, hs, h0, W_hh):
    H = W_hh.shape[0]
    dW_ih, dW_hh, db = np.zeros((H, xs.shape[2])), np.zeros((H, H)), np.zeros(H)
    later = np.zeros(h0.shape)
    for t in reversed(range(len(xs))):
        da, later = step_back(dhs[t] + later, hs[t], W_hh)
        dW_ih += da.T @ xs[t]
        dW_hh += da.T @ (hs[t - 1] if t > 0 else h0)
        db += da.sum(axis=0)
    return dW_ih, dW_hh, db, later


@bptt.twin(
    "By what is h_t used?",
    "Each state gets the gradient of its own loss alone: nothing comes back from the step after it.",
    "h_t is used by its loss and by h_{t+1}: dhs[t] plus what the later step gives.",
    "h_t 被谁用到？",
    "每个状态只得到自己损失的梯度：没有从后一步传回来的。",
    "h_t 被自己的损失和 h_{t+1} 用到：dhs[t] 加上后一步给的。")
def bptt_without_the_later_step(*args):
    return _bptt(*args, later=False)


@bptt.twin(
    "By what is h_t used?",
    "Only the last step's loss has come back: dhs of the steps before it are left out.",
    "At every step dhs[t] is added to what comes back.",
    "h_t 被谁用到？",
    "只有最后一步的损失传了回来：漏掉了前面各步的 dhs。",
    "每一步都要把 dhs[t] 加到传回来的梯度上。")
def bptt_of_the_last_loss(*args):
    return _bptt(*args, own=False)


@bptt.twin(
    "In how many steps is a weight used?",
    "These are the gradients of step 1 alone: each step writes over those of the step after it.",
    "A weight that is used in every step gets the sum over the steps: +=.",
    "一个权重在几步里被用到？",
    "这只是第 1 步的梯度：每一步都覆盖了后一步的。",
    "每一步都用到的权重，得到各步之和：+=。")
def bptt_that_overwrites(*args):
    return _bptt(*args, total=False)


@bptt.twin(
    "What did W_hh multiply in step t?",
    "dL/dW_hh is made with h_t, the state that came out of the step.",
    "W_hh multiplied h_{t-1}: da.T @ hs[t - 1], and h0 in the first step.",
    "第 t 步里 W_hh 乘的是什么？",
    "dL/dW_hh 用的是 h_t，即这一步得出的状态。",
    "W_hh 乘的是 h_{t-1}：da.T @ hs[t - 1]，第一步是 h0。")
def bptt_with_the_state_after(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, xs, hs, h0, W_hh, before=lambda t: hs[t])


@bptt.twin(
    "What is hs[t - 1] for t = 0?",
    "hs[-1] is the last state: Python counts from the end, and says nothing.",
    "The state before the first step is h0.",
    "t = 0 时 hs[t - 1] 是什么？",
    "hs[-1] 是最后一个状态：Python 从末尾数起，而且不报错。",
    "第一步之前的状态是 h0。")
def bptt_with_the_last_state_first(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, xs, hs, h0, W_hh, before=lambda t: hs[t - 1])


@bptt.twin(
    "What did W_hh multiply in the first step?",
    "Zeros are taken there, or nothing is added.",
    "The state before the first step is h0, which need not be 0.",
    "第一步里 W_hh 乘的是什么？",
    "那里用了零，或者什么也没加。",
    "第一步之前的状态是 h0，它不一定是 0。")
def bptt_with_zeros_before(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, xs, hs, h0, W_hh, before=lambda t: hs[t - 1] if t else np.zeros_like(h0))


@bptt.twin(
    "Going forward it is W_hh h. Which matrix leads back?",
    "From step to step the gradient is multiplied by W in place of W^T: da @ W_hh.T.",
    "As rows, W_hh^T da is da @ W_hh.",
    "前向是 W_hh h。往回走用哪个矩阵？",
    "各步之间，梯度乘的是 W 而不是 W^T：da @ W_hh.T。",
    "写成行时，W_hh^T da 是 da @ W_hh。")
def bptt_with_w(*args):
    return _bptt(*args, back=back_with_w)


@bptt.twin(
    "Does the tanh change the gradient?",
    "dL/dh_t is used where dL/da_t should be: the factor 1 - h^2 is nowhere.",
    "The weights stand inside of the tanh, so their gradients are made of da.",
    "tanh 会改变梯度吗？",
    "该用 dL/da_t 的地方用了 dL/dh_t：哪里都没有因子 1 - h^2。",
    "权重在 tanh 里面，所以它们的梯度由 da 得来。")
def bptt_without_tanh(*args):
    return _bptt(*args, back=back_without_tanh)


@bptt.twin(
    "Which of step_back's two are the weights' gradients made of?",
    "They are made of dL/dh_t, before the tanh; only the way from step to step goes through it.",
    "The weights stand inside of the tanh: da.T @ xs[t], da.T @ h_before, da.sum(axis=0).",
    "权重的梯度由 step_back 的哪一个得来？",
    "这里由 dL/dh_t 得来，没有过 tanh；只有各步之间的传递过了 tanh。",
    "权重在 tanh 里面：da.T @ xs[t]、da.T @ h_before、da.sum(axis=0)。")
def bptt_with_weights_outside_of_tanh(*args):
    return _bptt(*args, back=lambda dh, h, W: (dh, step_back(dh, h, W)[1]))


@bptt.twin(
    "In which order are the steps taken?",
    "From the first to the last: when a step is reached, what comes back from later ones is not known yet.",
    "reversed(range(T)): begin with the last step.",
    "各步按什么顺序走？",
    "从第一步到最后一步：走到某一步时，后面传回来的梯度还不知道。",
    "reversed(range(T))：从最后一步开始。")
def bptt_forwards(dhs, xs, hs, h0, W_hh):
    dW_ih, dW_hh, db, flow = np.zeros((len(W_hh), xs.shape[2])), np.zeros_like(W_hh), np.zeros(len(W_hh)), np.zeros_like(h0)
    for t in range(len(xs)):
        da, flow = step_back(dhs[t] + flow, hs[t], W_hh)
        dW_ih, dW_hh, db = dW_ih + da.T @ xs[t], dW_hh + da.T @ (hs[t - 1] if t else h0), db + da.sum(axis=0)
    return dW_ih, dW_hh, db, flow


@bptt.twin(
    "Which index of dL/dW_hh belongs to da?",
    "The gradients of the matrices are transposed: h.T @ da.",
    "A gradient has its weight's shape, (H, I) and (H, H): da.T @ xs[t], da.T @ h_before.",
    "dL/dW_hh 的哪个下标属于 da？",
    "两个矩阵的梯度转置了：h.T @ da。",
    "梯度与权重形状相同，(H, I) 和 (H, H)：da.T @ xs[t]、da.T @ h_before。")
def bptt_transposed(*args):
    dW_ih, dW_hh, db, dh0 = _bptt(*args)
    return dW_ih.T, dW_hh.T, db, dh0


@bptt.twin(
    "Which index of dL/dW_hh belongs to da?",
    "dL/dW_hh is transposed: it is square, so no shape complains.",
    "da.T @ h_before: row i belongs to a's entry i, as in W_hh.",
    "dL/dW_hh 的哪个下标属于 da？",
    "dL/dW_hh 转置了：它是方阵，形状不会报错。",
    "da.T @ h_before：第 i 行属于 a 的第 i 个元素，和 W_hh 一样。")
def bptt_with_one_transposed(*args):
    dW_ih, dW_hh, db, dh0 = _bptt(*args)
    return dW_ih, dW_hh.T, db, dh0


@bptt.twin(
    "Is the loss a sum over the steps, or a mean?",
    "The weights' gradients are divided by the number of steps.",
    "L is the sum of the losses of all steps: nothing is divided.",
    "损失是各步之和，还是平均？",
    "权重的梯度除以了步数。",
    "L 是各步损失之和：不做除法。")
def bptt_of_the_mean(dhs, xs, hs, h0, W_hh):
    dW_ih, dW_hh, db, dh0 = _bptt(dhs, xs, hs, h0, W_hh)
    return dW_ih / len(xs), dW_hh / len(xs), db / len(xs), dh0


@bptt.twin(
    "Which shape has b?",
    "db has a row for each sequence: it is not summed over the batch.",
    "b is the same for all N sequences, so its gradient is a sum over them: da.sum(axis=0).",
    "b 的形状是什么？",
    "db 每个序列一行：没有对批求和。",
    "N 个序列共用同一个 b，所以它的梯度是对它们求和：da.sum(axis=0)。")
def bptt_with_a_bias_for_each_row(dhs, xs, hs, h0, W_hh):
    rows = []
    _bptt(dhs, xs, hs, h0, W_hh, back=lambda *a: rows.append(step_back(*a)) or rows[-1])
    dW_ih, dW_hh, _, dh0 = _bptt(dhs, xs, hs, h0, W_hh)
    return dW_ih, dW_hh, sum(da for da, _ in rows), dh0


@bptt.twin(
    "Which shape has b?",
    "db is one number: it is summed over the H entries too.",
    "Sum over the batch alone: da.sum(axis=0).",
    "b 的形状是什么？",
    "db 成了一个数：把 H 个元素也加在了一起。",
    "只对批求和：da.sum(axis=0)。")
def bptt_with_one_bias(*args):
    dW_ih, dW_hh, db, dh0 = _bptt(*args)
    return dW_ih, dW_hh, db.sum(), dh0


@bptt.twin(
    "Which shape has b?",
    "db is the mean over the batch.",
    "Every sequence uses b: the sum, da.sum(axis=0), as the matrix products sum too.",
    "b 的形状是什么？",
    "db 是对批取的平均。",
    "每个序列都用到 b：要求和 da.sum(axis=0)，矩阵乘积也是求和。")
def bptt_with_the_mean_bias(dhs, xs, hs, h0, W_hh):
    dW_ih, dW_hh, db, dh0 = _bptt(dhs, xs, hs, h0, W_hh)
    return dW_ih, dW_hh, db / len(h0), dh0


@bptt.twin(
    "Look at the last of the four.",
    "It is dL/da_1, and not dL/dh_0.",
    "h0 stands behind W_hh: it is what step_back of the first step gives second.",
    "看四个里的最后一个。",
    "它是 dL/da_1，而不是 dL/dh_0。",
    "h0 在 W_hh 之后：它是第一步的 step_back 返回的第二个。")
def bptt_that_stops_at_a1(dhs, xs, hs, h0, W_hh):
    rows = []
    dW_ih, dW_hh, db, _ = _bptt(dhs, xs, hs, h0, W_hh, back=lambda *a: rows.append(step_back(*a)) or rows[-1])
    return dW_ih, dW_hh, db, rows[-1][0]


@bptt.twin(
    "Is the first step in it?",
    "The walk back ends before step 1: range(T - 1, 0, -1) leaves t = 0 out.",
    "reversed(range(T)) goes from T - 1 to 0.",
    "第一步算进去了吗？",
    "往回走时停在第 1 步之前：range(T - 1, 0, -1) 漏掉了 t = 0。",
    "reversed(range(T)) 从 T - 1 走到 0。")
def bptt_without_the_first_step(*args):
    return _bptt(*args, stop=0)


@bptt.twin(
    "The numbers are right. Look at dhs after the call.",
    "dhs itself is changed: `dh = dhs[t]; dh += ...` writes into the caller's array.",
    "dhs[t] is a view. Make a new array: dhs[t] + later.",
    "数是对的。看看调用之后的 dhs。",
    "dhs 本身被改了：`dh = dhs[t]; dh += ...` 写进了调用者的数组。",
    "dhs[t] 是视图。请生成新数组：dhs[t] + later。")
def bptt_in_place(dhs, xs, hs, h0, W_hh):
    found = _bptt(dhs, xs, hs, h0, W_hh)
    flow = np.zeros_like(h0)
    for t in reversed(range(len(xs))):
        dhs[t] += flow
        _, flow = step_back(dhs[t], hs[t], W_hh)
    return found


@bptt.twin(
    "In which order are the gradients asked for?",
    "That of W_hh comes first here.",
    "W_ih, W_hh, b, h0.",
    "梯度要按什么顺序返回？",
    "这里 W_hh 的在最前面。",
    "W_ih、W_hh、b、h0。")
def bptt_in_another_order(*args):
    dW_ih, dW_hh, db, dh0 = _bptt(*args)
    return dW_hh, dW_ih, db, dh0


@bptt.twin(
    "How many gradients are asked for?",
    "Three are here: that of h0 is missing.",
    "What comes back from the first step belongs to h0, and is the fourth.",
    "要返回几个梯度？",
    "这里有三个：少了 h0 的。",
    "从第一步传回来的就是 h0 的梯度，是第四个。")
def bptt_without_h0(*args):
    return _bptt(*args)[:3]


@bptt.twin(
    "Look at the last of the four.",
    "It is dL/dh_1, and not dL/dh_0.",
    "One more step back: what step_back of the first step gives second.",
    "看四个里的最后一个。",
    "它是 dL/dh_1，而不是 dL/dh_0。",
    "还要再往回一步：第一步的 step_back 返回的第二个。")
def bptt_that_stops_at_h1(dhs, xs, hs, h0, W_hh):
    rows = []
    dW_ih, dW_hh, db, _ = _bptt(dhs, xs, hs, h0, W_hh, back=lambda dh, h, W: rows.append(dh) or step_back(dh, h, W))
    return dW_ih, dW_hh, db, rows[-1]


@bptt.twin(
    "Which of step_back's two is dL/da?",
    "They are exchanged: the weights get dL/dh_{t-1}, and the step before gets dL/da_t.",
    "da, later = step_back(...): the first for the weights, the second for the step before.",
    "step_back 返回的两个里，哪个是 dL/da？",
    "弄反了：权重用了 dL/dh_{t-1}，前一步用了 dL/da_t。",
    "da, later = step_back(...)：第一个给权重，第二个给前一步。")
def bptt_with_the_two_exchanged(*args):
    return _bptt(*args, back=lambda *a: step_back(*a)[::-1])


@bptt.twin(
    "How often does the gradient of a step go through its tanh?",
    "Twice, where the weights' gradients are made: step_back has done it already.",
    "What step_back gives first is dL/da, with the 1 - h^2 in it.",
    "每一步的梯度过几次 tanh？",
    "算权重的梯度时过了两次：step_back 里已经过了一次。",
    "step_back 返回的第一个就是 dL/da，已含 1 - h^2。")
def bptt_with_tanh_twice(*args):
    return _bptt(*args, back=lambda dh, h, W: (step_back(dh, h, W)[0] * (1 - h * h), step_back(dh, h, W)[1]))


@bptt.twin(
    "What comes back from step t + 1: does it hold what came from later steps already?",
    "What comes back is added up over the steps, so that later losses are counted too often.",
    "later = ..., and not later += ...: the gradients of weights are sums over the steps, that of a state is not.",
    "从第 t + 1 步传回来的，是否已经含有更后面各步的？",
    "传回来的梯度又逐步累加，后面的损失被重复计算了。",
    "later = ...，而不是 later += ...：要对各步求和的是权重的梯度，状态的梯度不是。")
def bptt_that_adds_the_flow_up(dhs, xs, hs, h0, W_hh):
    before = [np.zeros_like(h0)]

    def back(dh, h, W):
        da, flow = step_back(dh, h, W)
        before.append(before[-1] + flow)
        return da, before[-1]

    return _bptt(dhs, xs, hs, h0, W_hh, back=back)


@bptt.twin(
    "Is anything divided by the size of the batch?",
    "The weights' gradients are means over the batch.",
    "dhs holds what the loss gives, a mean or not: sum over the batch, and divide by nothing.",
    "有没有除以批的大小？",
    "权重的梯度是对批取的平均。",
    "损失取不取平均已经体现在 dhs 里：对批求和，不做除法。")
def bptt_of_the_mean_row(dhs, xs, hs, h0, W_hh):
    dW_ih, dW_hh, db, dh0 = _bptt(dhs, xs, hs, h0, W_hh)
    return dW_ih / len(h0), dW_hh / len(h0), db / len(h0), dh0


@bptt.twin(
    "Through which tanh does dL/dh_t go?",
    "Through that of the step before: step_back is given h_{t-1}.",
    "Through the one that made h_t: step_back(dh, hs[t], W_hh).",
    "dL/dh_t 要过哪个 tanh？",
    "过了前一步的：传给 step_back 的是 h_{t-1}。",
    "要过算出 h_t 的那个：step_back(dh, hs[t], W_hh)。")
def bptt_through_the_step_before(dhs, xs, hs, h0, W_hh):
    shifted = [h0, *hs[:-1]]
    return _bptt(dhs, xs, shifted, h0, W_hh, before=lambda t: hs[t - 1] if t else h0)


@bptt.twin(
    "What comes back to the last step?",
    "Its own loss is counted twice: it is the beginning of what comes back, and is added as dhs[T - 1] once more.",
    "No step follows the last: begin with zeros.",
    "传回最后一步的是什么？",
    "它自己的损失算了两次：既作为传回来的初值，又作为 dhs[T - 1] 加了一次。",
    "最后一步之后没有别的步：从零开始。")
def bptt_with_the_last_loss_twice(dhs, *args):
    return _bptt(np.concatenate([dhs[:-1], 2 * dhs[-1:]]), *args)


@bptt.twin(
    "How many steps are in the sum?",
    "One, the last: the `return` stands inside of the loop.",
    "Move `return` to the left, behind the loop.",
    "求和里有几步？",
    "只有最后一步：`return` 写在了循环里面。",
    "把 `return` 左移到循环之后。")
def bptt_returned_at_once(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, xs, hs, h0, W_hh, stop=len(xs) - 2)


@bptt.twin(
    "Which index of dL/dW_ih belongs to da?",
    "The gradients of the matrices are transposed, and do not fit into arrays of the weights' shapes.",
    "A gradient has its weight's shape, (H, I) and (H, H): da.T @ xs[t], da.T @ h_before.",
    "dL/dW_ih 的哪个下标属于 da？",
    "两个矩阵的梯度转置了，放不进与权重形状相同的数组。",
    "梯度与权重形状相同，(H, I) 和 (H, H)：da.T @ xs[t]、da.T @ h_before。")
def bptt_transposed_into_the_right_shape(*args):
    dW_ih, dW_hh, db, dh0 = _bptt(*args)
    if dW_ih.shape[0] != dW_ih.shape[1]:
        raise ValueError("operands could not be broadcast together")
    return dW_ih.T, dW_hh.T, db, dh0



@bptt.twin(
    "What did W_ih multiply in step t?",
    "dL/dW_ih is made with the input of the step before, x_{t-1}.",
    "x_t is read in step t: xs[t]. Only the state is that of the step before.",
    "第 t 步里 W_ih 乘的是什么？",
    "dL/dW_ih 用了前一步的输入 x_{t-1}。",
    "第 t 步读的是 x_t：xs[t]。只有状态是前一步的。")
def bptt_with_the_input_before(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, np.roll(xs, 1, axis=0), hs, h0, W_hh)


@bptt.twin(
    "Does b stand inside of the tanh?",
    "db is made of dL/dh_t, past the tanh.",
    "db = sum of da over steps and batch.",
    "b 在 tanh 里面吗？",
    "db 由 dL/dh_t 得来，绕过了 tanh。",
    "db 是 da 对各步和批求和。")
def bptt_with_b_outside_of_tanh(dhs, xs, hs, h0, W_hh):
    rows = []
    dW_ih, dW_hh, _, dh0 = _bptt(dhs, xs, hs, h0, W_hh, back=lambda dh, h, W: rows.append(dh) or step_back(dh, h, W))
    return dW_ih, dW_hh, sum(rows).sum(axis=0), dh0


@bptt.twin(
    "What did W_hh multiply in the first step?",
    "hs[0] is h_1, the state after it.",
    "h0, which is not among hs.",
    "第一步里 W_hh 乘的是什么？",
    "hs[0] 是 h_1，即这一步之后的状态。",
    "是 h0，它不在 hs 里。")
def bptt_with_the_first_state_for_h0(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, xs, hs, h0, W_hh, before=lambda t: hs[t - 1] if t else hs[0])


@bptt.twin(
    "What comes back to the step before?",
    "dL/da_t: it has not gone through W_hh.",
    "What step_back gives second.",
    "传回前一步的是什么？",
    "是 dL/da_t：没有过 W_hh。",
    "应是 step_back 返回的第二个。")
def bptt_past_the_matrix(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, xs, hs, h0, W_hh, back=lambda dh, h, W: (step_back(dh, h, W)[0],) * 2)


@bptt.twin(
    "How often does the gradient go through W_hh between two steps?",
    "Twice: step_back has done it already.",
    "What step_back gives second is dL/dh_{t-1}.",
    "两步之间梯度过几次 W_hh？",
    "两次：step_back 里已经过了一次。",
    "step_back 返回的第二个就是 dL/dh_{t-1}。")
def bptt_through_the_matrix_twice(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, xs, hs, h0, W_hh, back=lambda dh, h, W: (step_back(dh, h, W)[0], step_back(dh, h, W)[1] @ W))


@bptt.twin(
    "Is the last step in it?",
    "The walk back begins at T - 2.",
    "reversed(range(T)) begins with T - 1.",
    "最后一步算进去了吗？",
    "往回走是从 T - 2 开始的。",
    "reversed(range(T)) 从 T - 1 开始。")
def bptt_without_the_last_step(dhs, xs, hs, h0, W_hh):
    if len(xs) == 1:
        return _bptt(dhs, xs, hs, h0, W_hh, stop=0)
    return _bptt(dhs[:-1], xs[:-1], hs[:-1], h0, W_hh)


@bptt.twin(
    "Is the loss a sum, or a mean?",
    "The weights' gradients are divided by steps times batch.",
    "dhs holds what the loss gives: sum, and divide by nothing.",
    "损失是和，还是平均？",
    "权重的梯度除以了步数乘批的大小。",
    "损失取不取平均已经体现在 dhs 里：求和，不做除法。")
def bptt_of_the_mean_of_all(dhs, xs, hs, h0, W_hh):
    k = len(xs) * len(h0)
    dW_ih, dW_hh, db, dh0 = _bptt(dhs, xs, hs, h0, W_hh)
    return dW_ih / k, dW_hh / k, db / k, dh0


@bptt.twin(
    "Are the two gradients of h_t added?",
    "What comes back is taken off.",
    "dhs[t] plus what the later step gives.",
    "h_t 的两份梯度是相加吗？",
    "传回来的那份被减掉了。",
    "dhs[t] 加上后一步给的。")
def bptt_with_a_difference(dhs, xs, hs, h0, W_hh):
    dW_ih, dW_hh, db, dh0 = _bptt(dhs, xs, hs, h0, W_hh, back=lambda dh, h, W: (step_back(dh, h, W)[0], -step_back(dh, h, W)[1]))
    return dW_ih, dW_hh, db, -dh0


@bptt.twin(
    "In which order are the gradients asked for?",
    "That of b comes first here.",
    "W_ih, W_hh, b, h0.",
    "梯度要按什么顺序返回？",
    "这里 b 的在最前面。",
    "W_ih、W_hh、b、h0。")
def bptt_with_b_first(*args):
    dW_ih, dW_hh, db, dh0 = _bptt(*args)
    return db, dW_ih, dW_hh, dh0


@bptt.twin(
    "What is handed from step t to step t - 1: which of step_back's two?",
    "The first, dL/da_t, which has not gone through W_hh; the second is only returned at the end.",
    "dhs[t - 1] is added to the second of the two, dL/dh_{t-1}; the first is for the weights.",
    "第 t 步传给第 t - 1 步的，是 step_back 返回的哪一个？",
    "是第一个，dL/da_t，它没有过 W_hh；第二个只在最后返回时用了。",
    "与 dhs[t - 1] 相加的应是第二个，dL/dh_{t-1}；第一个是给权重的。")
def bptt_that_hands_da_on(dhs, xs, hs, h0, W_hh):
    ends = []

    def back(dh, h, W):
        da, flow = step_back(dh, h, W)
        ends.append(flow)
        return da, da

    return *_bptt(dhs, xs, hs, h0, W_hh, back=back)[:3], ends[-1]


@bptt.twin(
    "Is dhs[t] the gradient of h_t, or of a_t?",
    "It is added behind the tanh, to dL/da_t: only what comes back is multiplied by 1 - h^2.",
    "dhs[t] belongs to the state: add it first, then go through the tanh, step_back(dhs[t] + later, ...).",
    "dhs[t] 是 h_t 的梯度，还是 a_t 的？",
    "它加在了 tanh 的另一边，加到了 dL/da_t 上：只有传回来的那份乘了 1 - h^2。",
    "dhs[t] 属于状态：先相加，再过 tanh，即 step_back(dhs[t] + later, ...)。")
def bptt_with_the_own_loss_inside(dhs, xs, hs, h0, W_hh):
    at = [len(xs)]

    def back(dh, h, W):
        at[0] -= 1
        da = step_back(dh - dhs[at[0]], h, W)[0] + dhs[at[0]]
        return da, da @ W

    return _bptt(dhs, xs, hs, h0, W_hh, back=back)


@bptt.twin(
    "What did W_hh multiply in the second step?",
    "dL/dW_hh is made with h0 in every step.",
    "h0 is the state before the first step alone; in step t it is the one before, hs[t - 1].",
    "第二步里 W_hh 乘的是什么？",
    "dL/dW_hh 在每一步都用了 h0。",
    "h0 只是第一步之前的状态；第 t 步用前一个状态 hs[t - 1]。")
def bptt_with_h0_in_every_step(dhs, xs, hs, h0, W_hh):
    return _bptt(dhs, xs, hs, h0, W_hh, before=lambda t: h0)


@bptt.twin(
    "Does h0 have a loss of its own?",
    "dhs[0] is added to dL/dh_0: that is of h_1, and has been counted in the first step.",
    "dL/dh_0 is what step_back of the first step gives second, and nothing else.",
    "h0 有自己的损失吗？",
    "dL/dh_0 里又加上了 dhs[0]：那是 h_1 的，在第一步里已经算过。",
    "dL/dh_0 就是第一步的 step_back 返回的第二个，不再加别的。")
def bptt_with_a_loss_of_h0(dhs, xs, hs, h0, W_hh):
    dW_ih, dW_hh, db, dh0 = _bptt(dhs, xs, hs, h0, W_hh)
    return dW_ih, dW_hh, db, dh0 + dhs[0]


@bptt.twin(
    "Is what comes back from the later step the gradient of h_t, or of a_t?",
    "It is added behind the tanh, to dL/da_t, and never goes through the tanh of step t.",
    "Add it to dhs[t] first: step_back(dhs[t] + later, hs[t], W_hh).",
    "从后一步传回来的，是 h_t 的梯度还是 a_t 的？",
    "它加在了 tanh 的另一边，加到了 dL/da_t 上，没有过第 t 步的 tanh，也没有再往前传。",
    "先把它加到 dhs[t] 上：step_back(dhs[t] + later, hs[t], W_hh)。")
def bptt_with_the_later_step_inside(dhs, xs, hs, h0, W_hh):
    flow = [np.zeros_like(h0)]

    def back(dh, h, W):
        da, new = step_back(dh - flow[0], h, W)
        da, flow[0] = da + flow[0], new
        return da, new

    return _bptt(dhs, xs, hs, h0, W_hh, back=back)


# --- norms_by_distance ---

def _norms(dh, hs, W_hh, back=None, of=np.linalg.norm, add=0.0, shift=0):
    found, first = [of(dh)], dh
    for t in range(len(hs) - 1, 0, -1):
        _, dh = (back or step_back)(dh, hs[t - shift], W_hh)
        dh = dh + add * first
        found.append(of(dh))
    return found


@lab.hole(cases=[[array(_made(2, 3, k=0.9)), array(_made(5, 2, 3, k=1.1, size=0.7)), array(_made(3, 3, k=1.5))],
                 [array(_made(3, 2, k=1.4)), array(_made(3, 3, 2, k=0.7, size=0.9)), array(_made(2, 2, k=0.8, size=2.0))],
                 [array(_made(1, 3, k=1.4)), array(_made(1, 1, 3, k=0.7, size=0.9)), array(_made(3, 3, k=0.8))]],
          more=[[array(_made(3, 2, k=0.5)), array(_made(4, 3, 2, k=1.9, size=0.8)), array(_made(2, 2, k=1.2))],
                [array(_made(1, 4, k=1.4)), array(_made(2, 1, 4, k=0.3, size=0.9)), array(_made(4, 4, k=0.6))]],
          through="listed")
def norms_by_distance(dh, hs, W_hh):
    norms = [np.sqrt((dh ** 2).sum())]
    for h in hs[:0:-1]:
        _, dh = step_back(dh, h, W_hh)
        norms.append(np.sqrt((dh ** 2).sum()))
    return norms


@norms_by_distance.twin(
    "Which comes first, the nearest or the farthest?",
    "The order is turned round: h_1 is first here.",
    "Distance 0 first, that is h_T; h_1 is last.",
    "最近的在前，还是最远的在前？",
    "顺序反了：这里 h_1 在最前面。",
    "距离 0 在前，也就是 h_T；h_1 在最后。")
def norms_turned_round(*args):
    return _norms(*args)[::-1]


@norms_by_distance.twin(
    "What is the norm of the array [3, 4]?",
    "These are the squares of the norms: the root is missing.",
    "The root of the sum of squares: np.sqrt((dh ** 2).sum()).",
    "数组 [3, 4] 的范数是多少？",
    "这些是范数的平方：没有开方。",
    "平方和再开方：np.sqrt((dh ** 2).sum())。")
def norms_without_the_root(*args):
    return _norms(*args, of=lambda x: (x ** 2).sum())


@norms_by_distance.twin(
    "What is the norm of the array [3, 4]?",
    "This is the sum of the absolute values, 7 in place of 5.",
    "The root of the sum of squares: np.sqrt((dh ** 2).sum()).",
    "数组 [3, 4] 的范数是多少？",
    "这是绝对值之和：得 7 而不是 5。",
    "平方和再开方：np.sqrt((dh ** 2).sum())。")
def norms_of_absolute_values(*args):
    return _norms(*args, of=lambda x: np.abs(x).sum())


@norms_by_distance.twin(
    "How many numbers are there for each distance?",
    "One for each row: the norm is taken along an axis.",
    "One number for the whole array (N, H): np.linalg.norm(dh), without axis.",
    "每个距离有几个数？",
    "每行一个：范数是沿着某个轴取的。",
    "整个数组 (N, H) 一个数：np.linalg.norm(dh)，不带 axis。")
def norms_of_each_row(*args):
    return _norms(*args, of=lambda x: np.linalg.norm(x, axis=1))


@norms_by_distance.twin(
    "Whose norms are asked for?",
    "These are the norms of dL/da, inside of the tanh.",
    "Of dL/dh: what step_back gives second.",
    "要的是谁的范数？",
    "这些是 dL/da 的范数，在 tanh 里面。",
    "要 dL/dh 的：step_back 返回的第二个。")
def norms_inside_of_tanh(dh, hs, W_hh):
    found = []
    for h in hs[::-1]:
        da, dh = step_back(dh, h, W_hh)
        found.append(np.linalg.norm(da))
    return found


@norms_by_distance.twin(
    "Compute the norm of dh by hand: is it your first number?",
    "The norm of dL/dh_T itself is left out, and that of h_0 is in it: the distances are 1 to T.",
    "Put down the norm of dh before the first step back; T - 1 steps follow.",
    "手算一下 dh 的范数：它是你的第一个数吗？",
    "漏掉了 dL/dh_T 本身的范数，却有 h_0 的：距离成了 1 到 T。",
    "往回走第一步之前，先记下 dh 的范数；之后再走 T - 1 步。")
def norms_from_one(dh, hs, W_hh):
    found = []
    for h in hs[::-1]:
        _, dh = step_back(dh, h, W_hh)
        found.append(np.linalg.norm(dh))
    return found


@norms_by_distance.twin(
    "How many numbers are asked for?",
    "T + 1: that of h_0 is in it too.",
    "dL/dh_T to dL/dh_1: T - 1 steps back.",
    "要几个数？",
    "有 T + 1 个：把 h_0 的也算进去了。",
    "从 dL/dh_T 到 dL/dh_1：往回走 T - 1 步。")
def norms_to_zero(dh, hs, W_hh):
    return [np.linalg.norm(dh), *norms_from_one(dh, hs, W_hh)]


@norms_by_distance.twin(
    "From h_T to h_{T-1}: which state is in the slope of the tanh?",
    "The walk goes through the states in their order: the first step back uses h_1.",
    "The first step back goes through the tanh that made h_T: hs[T - 1].",
    "从 h_T 到 h_{T-1}：tanh 的斜率里是哪个状态？",
    "这里按从前到后的顺序使用状态：往回走的第一步用了 h_1。",
    "往回走的第一步要过的，是算出 h_T 的那个 tanh：hs[T - 1]。")
def norms_in_the_order_of_time(dh, hs, W_hh):
    return _norms(dh, np.concatenate([hs[:1], hs[-2::-1]]) if len(hs) > 1 else hs, W_hh)


@norms_by_distance.twin(
    "From h_T to h_{T-1}: which state is in the slope of the tanh?",
    "It is h_{T-1}: one step too early.",
    "dL/dh_{T-1} comes back through the tanh that made h_T: 1 - h_T^2.",
    "从 h_T 到 h_{T-1}：tanh 的斜率里是哪个状态？",
    "用了 h_{T-1}：早了一步。",
    "dL/dh_{T-1} 是穿过算出 h_T 的 tanh 得到的：1 - h_T^2。")
def norms_a_step_early(*args):
    return _norms(*args, shift=1)


@norms_by_distance.twin(
    "How many states have a loss here?",
    "dh is added at every step, as if each had one.",
    "Only the last state has a loss: begin with dh, and add nothing.",
    "这里有几个状态有损失？",
    "每一步都加上了 dh，好像每个状态都有损失。",
    "只有最后一个状态有损失：从 dh 开始，之后什么也不加。")
def norms_with_a_loss_at_each(*args):
    return _norms(*args, add=1.0)


@norms_by_distance.twin(
    "Going forward it is W_hh h. Which matrix leads back?",
    "This is W in place of W^T: da @ W_hh.T.",
    "As rows, W_hh^T da is da @ W_hh, as in your step_back.",
    "前向是 W_hh h。往回走用哪个矩阵？",
    "用了 W 而不是 W^T：da @ W_hh.T。",
    "写成行时，W_hh^T da 是 da @ W_hh，和你的 step_back 一样。")
def norms_with_w(*args):
    return _norms(*args, back=back_with_w)


@norms_by_distance.twin(
    "Is the tanh in it?",
    "Only W_hh is: this is the notes' linear approximation.",
    "Each step back also goes through the tanh: times 1 - h^2.",
    "用到 tanh 了吗？",
    "只有 W_hh：这是讲义的线性近似。",
    "每往回一步还要过 tanh：乘以 1 - h^2。")
def norms_of_the_linear(*args):
    return _norms(*args, back=back_without_tanh)


@norms_by_distance.twin(
    "Is the first number 1?",
    "Every norm is divided by the first.",
    "The norms themselves are asked for.",
    "第一个数是 1 吗？",
    "每个范数都除以了第一个。",
    "要的是范数本身。")
def norms_relative(*args):
    found = _norms(*args)
    return [x / found[0] for x in found]


@norms_by_distance.twin(
    "Does dh change from step to step?",
    "Every step starts from dL/dh_T again: the result of a step back is not carried on.",
    "_, dh = step_back(dh, h, W_hh): the new one takes the old one's place.",
    "dh 每一步都在变吗？",
    "每一步都重新从 dL/dh_T 开始：往回一步的结果没有传下去。",
    "_, dh = step_back(dh, h, W_hh)：新的取代旧的。")
def norms_that_do_not_go_on(dh, hs, W_hh):
    return [np.linalg.norm(dh), *[np.linalg.norm(step_back(dh, h, W_hh)[1]) for h in hs[:0:-1]]]


@norms_by_distance.twin(
    "From h_T to h_{T-1}: which state is in the slope of the tanh?",
    "h_2 is used first, and h_T last: the loop goes forwards in time.",
    "The first step back goes through the tanh that made h_T: range(T - 1, 0, -1).",
    "从 h_T 到 h_{T-1}：tanh 的斜率里是哪个状态？",
    "先用了 h_2，最后才用 h_T：循环是沿时间向前走的。",
    "往回走的第一步要过的，是算出 h_T 的那个 tanh：range(T - 1, 0, -1)。")
def norms_from_the_second_on(dh, hs, W_hh):
    return _norms(dh, np.concatenate([hs[:1], hs[:0:-1]]), W_hh)


@norms_by_distance.twin(
    "How many numbers are asked for?",
    "T - 1: that of dL/dh_T itself, at distance 0, is missing.",
    "Put down the norm of dh before the first step back.",
    "要几个数？",
    "只有 T - 1 个：少了距离 0，即 dL/dh_T 本身的。",
    "往回走第一步之前，先记下 dh 的范数。")
def norms_without_the_nearest(*args):
    return _norms(*args)[1:]


@norms_by_distance.twin(
    "Whose norms are asked for?",
    "From the second on, these are the norms of dL/da, inside of the tanh.",
    "Of dL/dh: what step_back gives second.",
    "要的是谁的范数？",
    "从第二个起，这些是 dL/da 的范数，在 tanh 里面。",
    "要 dL/dh 的：step_back 返回的第二个。")
def norms_of_da_behind_the_first(dh, hs, W_hh):
    return [np.linalg.norm(dh), *norms_inside_of_tanh(dh, hs, W_hh)[:-1]]


@norms_by_distance.twin(
    "Is W_hh in it?",
    "Only the slopes of tanh are: the first of step_back's two, dL/da, is handed on.",
    "_, dh = step_back(...): hand on the second, which has gone through W_hh.",
    "用到 W_hh 了吗？",
    "只用到 tanh 的斜率：传下去的是 step_back 的第一个，dL/da。",
    "_, dh = step_back(...)：传下去的应是第二个，它过了 W_hh。")
def norms_without_the_matrix(*args):
    return _norms(*args, back=lambda dh, h, W: (0, step_back(dh, h, W)[0]))


@norms_by_distance.twin(
    "What is the norm of the whole array?",
    "This is the mean of the norms of its rows.",
    "The root of the sum of the squares of all numbers: np.linalg.norm(dh), without axis.",
    "整个数组的范数是什么？",
    "这是各行范数的平均。",
    "所有数的平方和再开方：np.linalg.norm(dh)，不带 axis。")
def norms_averaged_over_rows(*args):
    return _norms(*args, of=lambda x: np.linalg.norm(x, axis=1).mean())


@norms_by_distance.twin(
    "What is the norm of the array [3, 4]?",
    "This is the root of the *mean* of the squares.",
    "The root of their sum, 5.",
    "数组 [3, 4] 的范数是多少？",
    "这是平方*平均*再开方。",
    "平方*和*再开方，得 5。")
def norms_of_the_mean(*args):
    return _norms(*args, of=lambda x: np.sqrt((x ** 2).mean()))


@norms_by_distance.twin(
    "What does the second argument of np.linalg.norm mean for a matrix?",
    "ord=2 is the largest singular value, and not the root of the sum of squares.",
    "np.linalg.norm(dh), without ord.",
    "对矩阵来说，np.linalg.norm 的第二个参数是什么意思？",
    "ord=2 是最大奇异值，不是平方和再开方。",
    "np.linalg.norm(dh)，不带 ord。")
def norms_of_the_spectrum(*args):
    return _norms(*args, of=lambda x: np.linalg.norm(x, 2))


@norms_by_distance.twin(
    "Which way does the loop go?",
    "Forwards, from h_1 on; and the norm of dL/dh_T itself is not put down.",
    "Put down the norm of dh, then go back: range(T - 1, 0, -1).",
    "循环往哪个方向走？",
    "从 h_1 起向前；而且没有记下 dL/dh_T 本身的范数。",
    "先记下 dh 的范数，再往回走：range(T - 1, 0, -1)。")
def norms_forwards_from_one(dh, hs, W_hh):
    return norms_from_one(dh, hs[::-1], W_hh)



@norms_by_distance.twin(
    "What is the norm of the array [3, 4]?",
    "This is the largest absolute value, 4.",
    "The root of the sum of squares, 5.",
    "数组 [3, 4] 的范数是多少？",
    "这是最大的绝对值 4。",
    "平方和再开方，得 5。")
def norms_of_the_largest(*args):
    return _norms(*args, of=lambda x: np.abs(x).max())


@norms_by_distance.twin(
    "Whose norms are asked for?",
    "From the second on, these are the norms of the states.",
    "Of their gradients, dL/dh.",
    "要的是谁的范数？",
    "从第二个起，这些是状态的范数。",
    "要状态的梯度 dL/dh 的范数。")
def norms_of_the_states(dh, hs, W_hh):
    return [np.linalg.norm(dh), *[np.linalg.norm(hs[t - 1]) for t in range(len(hs) - 1, 0, -1)]]


@norms_by_distance.twin(
    "Whose norms are asked for?",
    "From the second on, these are norms of parts of W_hh's gradient.",
    "The gradient of the states: what step_back gives second.",
    "要的是谁的范数？",
    "从第二个起，这些是 W_hh 梯度的各部分的范数。",
    "要状态的梯度：step_back 返回的第二个。")
def norms_of_the_weights_gradient(dh, hs, W_hh):
    found = [np.linalg.norm(dh)]
    for t in range(len(hs) - 1, 0, -1):
        da, dh = step_back(dh, hs[t], W_hh)
        found.append(np.linalg.norm(da.T @ hs[t - 1]))
    return found


@norms_by_distance.twin(
    "Is a gradient carried back?",
    "It is not: the norm is multiplied by that of W_hh at each step, which is only a bound.",
    "Carry dh back by step_back, and take its norm.",
    "有梯度往回传吗？",
    "没有：每一步只是把范数乘以 W_hh 的范数，这只是一个上界。",
    "用 step_back 把 dh 往回传，再取它的范数。")
def norms_by_the_largest_singular_value(dh, hs, W_hh):
    return [np.linalg.norm(dh) * np.linalg.norm(W_hh, 2) ** k for k in range(len(hs))]


@norms_by_distance.twin(
    "Can a norm be below 0?",
    "These are logarithms of the norms.",
    "The norms themselves; the drawing takes the logarithm.",
    "范数会小于 0 吗？",
    "这些是范数的对数。",
    "要范数本身；取对数由画图来做。")
def norms_as_logarithms(*args):
    return [np.log(x) for x in _norms(*args)]


@norms_by_distance.twin(
    "Do your numbers change if dh is doubled?",
    "They do not: these are the norms of the states themselves.",
    "Of their gradients: the first is the norm of dh, the others of what step_back gives second.",
    "dh 加倍时，你的数会变吗？",
    "不会：这些是状态本身的范数。",
    "要梯度的范数：第一个是 dh 的，之后是 step_back 返回的第二个的。")
def norms_of_the_states_alone(dh, hs, W_hh):
    return [np.linalg.norm(h) for h in hs[::-1]]


@norms_by_distance.twin(
    "Do your numbers change if hs does? And which way does W_hh.T lead?",
    "They do not: this is the notes' linear approximation, without the tanh, and with W in place of W^T.",
    "Go back step by step with your step_back: it has the slope of each tanh, and da @ W_hh.",
    "hs 变了，你的数会变吗？W_hh.T 又是往哪个方向走？",
    "不会变：这是讲义的线性近似，没有 tanh，而且用的是 W 而不是 W^T。",
    "用 step_back 一步一步往回走：其中有每个 tanh 的斜率，以及 da @ W_hh。")
def norms_of_the_linear_with_w(dh, hs, W_hh):
    return [np.linalg.norm(dh @ np.linalg.matrix_power(W_hh.T, k)) for k in range(len(hs))]


@norms_by_distance.twin(
    "Is the gradient of a state asked for, or that of a weight?",
    "Each is the norm of da.T @ h_before, what one step adds to dL/dW_hh.",
    "Of the states: first dh, then what step_back gives second, T - 1 times.",
    "要的是状态的梯度，还是权重的梯度？",
    "每个数都是 da.T @ h_before 的范数，即一步给 dL/dW_hh 添的那一份。",
    "要状态的：先是 dh，之后是 step_back 返回的第二个，共 T - 1 次。")
def norms_of_the_weights_gradient_at_each(dh, hs, W_hh):
    found = []
    for t in range(len(hs) - 1, -1, -1):
        da, dh = step_back(dh, hs[t], W_hh)
        found.append(np.linalg.norm(da.T @ hs[t - 1]))
    return found


@norms_by_distance.twin(
    "Can a norm be below 0?",
    "These are logarithms of the norms, to the base 10.",
    "The norms themselves; the drawing takes the logarithm.",
    "范数会小于 0 吗？",
    "这些是范数以 10 为底的对数。",
    "要范数本身；取对数由画图来做。")
def norms_as_decimal_logarithms(*args):
    return [np.log10(x) for x in _norms(*args)]


@norms_by_distance.twin(
    "How many numbers are asked for, and which is the last?",
    "T - 1: that of dL/dh_1, the farthest, is missing. It is put down before the step back, and the last step's result never is.",
    "T numbers: one for dh before the loop, and one behind each of the T - 1 steps back.",
    "要几个数，最后一个是谁的？",
    "只有 T - 1 个：少了最远的 dL/dh_1。每次都在往回走之前记下，于是最后一步的结果没有记。",
    "要 T 个数：循环之前记下 dh 的，之后往回走 T - 1 步，每走一步记一个。")
def norms_without_the_farthest(*args):
    return _norms(*args)[:-1]


@norms_by_distance.twin(
    "In which order is the walk back: the tanh or the matrix first?",
    "The matrix came first here, and then the tanh: (dh @ W_hh) * (1 - h^2).",
    "Forward the matrix is first and the tanh last; so back, the tanh is first, as in your step_back.",
    "往回走时，先过 tanh 还是先过矩阵？",
    "这里先过矩阵，再过 tanh：(dh @ W_hh) * (1 - h^2)。",
    "前向先矩阵后 tanh，所以往回走先过 tanh，和你的 step_back 一样。")
def norms_in_the_wrong_order(*args):
    return _norms(*args, back=back_in_the_wrong_order)


# --- stretches ---

@lab.hole(cases=[[0.9, 2.0], [0.6, 10.0], [0.2, 100.0]], more=[[0.9, 2.0], [0.6, 5.0], [0.1, 50.0]], through="stretch")
def stretches(rho, factor):
    return np.array([[rho, factor], [0.0, rho]]), np.array([1.0, 0.0])


def _triangular(diagonal, off):
    return np.array([[diagonal, off], [0.0, diagonal]])


@stretches.twin(
    "Print the eigenvalues of your W.",
    "One is larger than rho: of course it stretches.",
    "Of a triangular matrix the eigenvalues are the diagonal; what stands off it may be as large as you like.",
    "打印你的 W 的特征值。",
    "有一个大于 rho：当然会变长。",
    "三角矩阵的特征值就是对角元；对角线之外的数想要多大都可以。")
def stretches_by_an_eigenvalue(rho, factor):
    return factor * np.eye(2), np.array([1.0, 0.0])


@stretches.twin(
    "Compare W @ W.T and W.T @ W: a diagonal W, a symmetric one, a rotation.",
    "The eigenvalues are small enough, and the two products are alike: then no g becomes longer than by the largest eigenvalue.",
    "Take a triangular W: its eigenvalues on the diagonal, a large number on one side of it, 0 on the other.",
    "比较 W @ W.T 和 W.T @ W：对角矩阵、对称矩阵、旋转各是怎样？",
    "特征值够小，而这两个乘积相等：这时任何 g 伸长的倍数都不超过最大特征值。",
    "取三角形的 W：对角线上是特征值，一侧放一个大数，另一侧放 0。")
def stretches_not(rho, factor):
    return rho * np.eye(2), np.array([1.0, 0.0])


@stretches.twin(
    "Print np.linalg.norm(g @ W) / np.linalg.norm(g), and beside it factor.",
    "The eigenvalues are small enough, and W is of the right kind, not symmetric; but it stretches too little: less than factor.",
    "What stands off the diagonal of a triangular W does not come into its eigenvalues: it may be as large as factor.",
    "打印 np.linalg.norm(g @ W) / np.linalg.norm(g)，旁边再打印 factor。",
    "特征值够小，W 也不对称，这是对的；但伸长得太少：不到 factor 倍。",
    "三角形的 W，对角线之外的数不影响特征值：可以有 factor 那么大。")
def stretches_too_little(rho, factor):
    return _triangular(rho, 1.0), np.array([1.0, 0.0])


@stretches.twin(
    "How long is g @ W for rho = 0.6 and factor = 10?",
    "Not 10 times as long as g: the large number in W is rho * factor.",
    "Only the eigenvalues have to do with rho. Off the diagonal factor itself may stand.",
    "rho = 0.6、factor = 10 时，g @ W 有多长？",
    "不到 g 的 10 倍：W 里的大数是 rho * factor。",
    "与 rho 有关的只是特征值。对角线之外可以直接放 factor。")
def stretches_by_rho_times_factor(rho, factor):
    return _triangular(rho, rho * factor), np.array([1.0, 0.0])


@stretches.twin(
    "Is the length asked for, or its square?",
    "g @ W is root(factor) times as long as g; it is the square of the length that is factor times as large.",
    "The length: put factor off the diagonal, and not its root.",
    "要的是长度，还是长度的平方？",
    "g @ W 的长度是 g 的根号(factor) 倍；变成 factor 倍的是长度的平方。",
    "要的是长度：对角线之外放 factor，而不是它的平方根。")
def stretches_by_the_root(rho, factor):
    return _triangular(0.0, factor ** 0.5), np.array([1.0, 0.0])


@stretches.twin(
    "Which g does your W make longest? Try [1, 0] and [0, 1] beside your own.",
    "W is large enough, and g points elsewhere: a part of its length is wasted.",
    "Let g lie wholly on the row of W that has the large number: [1, 0] for the first row.",
    "你的 W 把哪个 g 伸得最长？除了你的 g，再试试 [1, 0] 和 [0, 1]。",
    "W 够大，但 g 指向了别处：它的长度浪费了一部分。",
    "让 g 全部落在 W 中含有大数的那一行上：第一行就是 [1, 0]。")
def stretches_another_gradient(rho, factor):
    return _triangular(0.0, factor), np.array([1.0, 1.0])


@stretches.twin(
    "Is your g what goes into the step back, or what comes out?",
    "It is a row of W, as if g @ W were returned: it is long already, and one more step does not stretch it.",
    "Return W and the gradient before the step, such as [1, 0]; g @ W is computed from them.",
    "你的 g 是往回一步之前的，还是之后的？",
    "它是 W 的一行，好像返回的是 g @ W：它已经很长，再走一步不会再伸长。",
    "返回 W 和走这一步之前的梯度，例如 [1, 0]；g @ W 会由它们算出。")
def stretches_what_came_out(rho, factor):
    W = _triangular(rho, factor)
    return W, W[0]


@stretches.twin(
    "Which way is back?",
    "W @ g is long, and g @ W is short: this is the step forward.",
    "Back is W^T g, as rows g @ W: g's large entry has to meet the row of W with the large number.",
    "往回走是哪个方向？",
    "W @ g 变长了，而 g @ W 没有：这是往前走的一步。",
    "往回走是 W^T g，写成行是 g @ W：g 的大元素要碰到 W 中含有大数的那一行。")
def stretches_forward(rho, factor):
    return np.array([[rho, 2 * factor], [0.0, rho]]), np.array([0.0, 1.0])


@stretches.twin(
    "What is the length of your g?",
    "g is 0: 0 is as long as any multiple of 0.",
    "Take a g that is not 0, such as [1, 0].",
    "你的 g 有多长？",
    "g 是 0：0 的任何倍数都是 0。",
    "取一个不为 0 的 g，例如 [1, 0]。")
def stretches_nothing(rho, factor):
    return _triangular(rho, factor), np.zeros(2)


@stretches.twin(
    "How many things are asked for?",
    "This is W alone, or nothing.",
    "A pair: return W, g.",
    "要返回几样东西？",
    "这里只有 W，或什么也没有。",
    "要成对返回：return W, g。")
def stretches_alone(rho, factor):
    return np.array([[rho, factor], [0.0, rho], [0.0, 0.0]])


@stretches.twin(
    "Which of the two is asked for first?",
    "g comes first here, and W second.",
    "return W, g.",
    "先返回哪一个？",
    "这里 g 在前，W 在后。",
    "return W, g。")
def stretches_the_wrong_way_round(rho, factor):
    return np.array([1.0, 0.0]), _triangular(rho, factor)


@stretches.twin(
    "What is the shape of g?",
    "It is a matrix of one row, (1, 2); asked for is an array (2,).",
    "g = np.array([1.0, 0.0]), so that g @ W is an array (2,) too.",
    "g 的形状是什么？",
    "它是一行的矩阵 (1, 2)；要的是数组 (2,)。",
    "g = np.array([1.0, 0.0])，于是 g @ W 也是数组 (2,)。")
def stretches_a_row(rho, factor):
    return _triangular(rho, factor), np.array([[1.0, 0.0]])


@stretches.twin(
    "What is the shape of g?",
    "It is a matrix of one column, (2, 1); asked for is an array (2,).",
    "g = np.array([1.0, 0.0]), so that g @ W is an array (2,) too.",
    "g 的形状是什么？",
    "它是一列的矩阵 (2, 1)；要的是数组 (2,)。",
    "g = np.array([1.0, 0.0])，于是 g @ W 也是数组 (2,)。")
def stretches_a_column(rho, factor):
    return _triangular(rho, factor), np.array([[1.0], [0.0]])


@stretches.twin(
    "Print the eigenvalues of your W, and the length of g @ W.",
    "An eigenvalue is larger than rho, and g @ W is not even long enough.",
    "Put rho on the diagonal, a large number off it, and 0 on the other side.",
    "打印你的 W 的特征值，以及 g @ W 的长度。",
    "有一个特征值大于 rho，而 g @ W 也不够长。",
    "对角线上放 rho，一侧放一个大数，另一侧放 0。")
def stretches_neither(rho, factor):
    return np.full((2, 2), rho), np.array([1.0, 1.0])


@stretches.twin(
    "Is your W made of rho and factor?",
    "It does for rho = 0.9 and factor = 2, and not for others.",
    "Build W from the arguments: rho and factor may be anything in their ranges.",
    "你的 W 是由 rho 和 factor 构成的吗？",
    "它对 rho = 0.9、factor = 2 成立，对别的不成立。",
    "用参数来构造 W：rho 和 factor 可以是各自范围内的任何数。")
def stretches_by_fixed_numbers(rho, factor):
    return _triangular(0.9, 2.0), np.array([1.0, 0.0])


@stretches.twin(
    "Call it with rho = 0.6, and print the eigenvalues of W: where do they come from?",
    "They are right for rho = 0.9 and too large for 0.6: fixed numbers, and rho is not used.",
    "Eigenvalues of at most rho, for every rho: put rho itself on the diagonal, or something smaller.",
    "用 rho = 0.6 调用它，再打印 W 的特征值：它们是从哪里来的？",
    "rho = 0.9 时对，0.6 时太大：写成了固定的数，没有用到 rho。",
    "无论 rho 是多少，特征值都不能超过它：对角线上放 rho 本身，或更小的数。")
def stretches_with_fixed_eigenvalues(rho, factor):
    return _triangular(0.9, factor), np.array([1.0, 0.0])


@stretches.twin(
    "Call it with rho = 0.1, and print the eigenvalues of W: where do they come from?",
    "They are small enough for rho = 0.9 and 0.6, and not below: fixed numbers, and rho is not used.",
    "Eigenvalues of at most rho, for every rho: put rho itself on the diagonal, or something smaller.",
    "用 rho = 0.1 调用它，再打印 W 的特征值：它们是从哪里来的？",
    "rho = 0.9 和 0.6 时够小，再小就不行：写成了固定的数，没有用到 rho。",
    "无论 rho 是多少，特征值都不能超过它：对角线上放 rho 本身，或更小的数。")
def stretches_with_smaller_fixed_eigenvalues(rho, factor):
    return _triangular(0.5, 100.0), np.array([1.0, 0.0])


@stretches.twin(
    "Call it with factor = 1000: does W change?",
    "The eigenvalues are right, and the large number is a fixed one: it does for factor up to 10, and not for 100.",
    "Build W from both arguments: factor itself may stand off the diagonal.",
    "用 factor = 1000 调用它：W 变了吗？",
    "特征值是对的，但那个大数是固定的：factor 不超过 10 时够用，100 就不够了。",
    "用两个参数来构造 W：对角线之外可以直接放 factor。")
def stretches_by_a_fixed_ten(rho, factor):
    return _triangular(rho, 10.0), np.array([1.0, 0.0])


@stretches.twin(
    "Call it with factor = 10: does W change?",
    "The eigenvalues are right, and the large number is a fixed one: it does for factor = 2, and not for 10.",
    "Build W from both arguments: factor itself may stand off the diagonal.",
    "用 factor = 10 调用它：W 变了吗？",
    "特征值是对的，但那个大数是固定的：factor 为 2 时够用，10 就不够了。",
    "用两个参数来构造 W：对角线之外可以直接放 factor。")
def stretches_by_a_fixed_two(rho, factor):
    return _triangular(rho, 2.0), np.array([1.0, 0.0])


@stretches.twin(
    "Is your W made of rho and factor?",
    "It does for rho = 0.6 and factor = 10, and for less; with rho = 0.2 and factor = 100 neither holds.",
    "Build W from the arguments: rho and factor may be anything in their ranges.",
    "你的 W 是由 rho 和 factor 构成的吗？",
    "rho = 0.6、factor = 10 以及更容易的情形成立；rho = 0.2、factor = 100 时两条都不成立。",
    "用参数来构造 W：rho 和 factor 可以是各自范围内的任何数。")
def stretches_by_other_fixed_numbers(rho, factor):
    return _triangular(0.5, 10.0), np.array([1.0, 0.0])


# --- clip_by_norm ---

GRADS = [array([3.0, -4.0]), array([[0.0, 12.0]])]


@lab.hole(cases=[[GRADS, 6.5], [GRADS, 1.0], [[array([0.3, 0.4])], 2.0], [[array([0.0, 0.0]), array([[0.0]])], 1.0],
                 [[array([1.0, np.nan]), array([2.0])], 1.0], [[array([0.5, 0.25]), array([[np.inf]])], 5.0],
                 [[array([3.0, 4.0])], 5.0], [[array([6.0]), array([[2.0, -3.0]])], 2.0],
                 [[array([0.9, -1.2])], 2.0], [[array([3e8]), array([[-4e8]])], 5.0]],
          more=[[[array([6.0]), array([[-2.0, 3.0]])], 5.0], [[array([1.2, 0.5])], 1.5],
                [[array([6.0]), array([[-2.0, 3.0]])], 2.5],
                [[array([0.1, -0.2]), array([0.2])], 4.0],
                [[array([[0.0]]), array([0.0, 0.0])], 2.0], [[array([np.nan]), array([0.5])], 9.0],
                [[array([-np.inf, 1.0])], 1.0], [[array([-6e8]), array([8e8])], 2.0]],
          raises=["ValueError"], forbidden=["tinydawn.optim.clip:clip_grad_norm_"])
def clip_by_norm(grads, gamma):
    norm = np.sqrt(sum((g ** 2).sum() for g in grads))
    if not np.isfinite(norm):
        raise ValueError(f"the norm of the gradient is {norm}")
    scale = gamma / norm if norm > gamma else 1.0
    return [g * scale for g in grads], norm


def _norm(grads):
    return np.sqrt(sum((g ** 2).sum() for g in grads))


def _finite(norm):
    if not np.isfinite(norm):
        raise ValueError
    return norm


def _clipped(grads, gamma, norm):
    return [g * (gamma / norm if norm > gamma else 1.0) for g in grads]


@clip_by_norm.twin(
    "Are the arrays still in the same proportion to each other?",
    "Each array is clipped by a norm of its own: the direction of the whole gradient changes.",
    "One norm of all arrays together, and one factor for all.",
    "各个数组之间的比例还和原来一样吗？",
    "每个数组按自己的范数裁剪：整个梯度的方向变了。",
    "所有数组合起来算一个范数，用同一个因子。")
def clip_each(grads, gamma):
    norm = _finite(_norm(grads))
    return [_clipped([g], gamma, _norm([g]))[0] for g in grads], norm


@clip_by_norm.twin(
    "Is the direction kept?",
    "Every number by itself is cut to between -gamma and gamma.",
    "All numbers are multiplied by one factor, gamma / norm.",
    "方向保持不变吗？",
    "每个数各自被截到 -gamma 和 gamma 之间。",
    "所有的数乘以同一个因子 gamma / norm。")
def clip_by_value(grads, gamma):
    norm = _finite(_norm(grads))
    return [np.clip(g, -gamma, gamma) for g in grads], norm


@clip_by_norm.twin(
    "What happens to a short gradient?",
    "It is made longer: every gradient gets the norm gamma, and a gradient of 0 gives nan.",
    "Only if norm > gamma: gamma is a maximum.",
    "短的梯度会怎样？",
    "它被拉长了：每个梯度的范数都变成 gamma，梯度为 0 时得到 nan。",
    "只在 norm > gamma 时：gamma 是上限。")
def clip_always(grads, gamma):
    norm = _finite(_norm(grads))
    return [g * (gamma / norm) for g in grads], norm


@clip_by_norm.twin(
    "Try a gradient with a nan in it, or with inf.",
    "It is let through: nan > gamma is false, and inf becomes nan by inf * 0.",
    "if not np.isfinite(norm): raise ValueError, before anything is compared.",
    "试试含有 nan 或 inf 的梯度。",
    "它被放过去了：nan > gamma 为假，而 inf 由 inf * 0 变成 nan。",
    "在比较之前：if not np.isfinite(norm): raise ValueError。")
def clip_that_lets_nan_pass(grads, gamma):
    norm = _norm(grads)
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "Try a gradient with a nan in it, or with inf.",
    "One nan has become nan everywhere: nothing is raised, and the weights would all be nan after the step.",
    "if not np.isfinite(norm): raise ValueError.",
    "试试含有 nan 或 inf 的梯度。",
    "一个 nan 变成了处处是 nan：没有抛出错误，走一步之后权重就全是 nan。",
    "if not np.isfinite(norm): raise ValueError。")
def clip_that_spreads_nan(grads, gamma):
    norm = _norm(grads)
    return [g * np.minimum(1.0, gamma / norm) if norm != 0 else g for g in grads], norm


@clip_by_norm.twin(
    "Try a gradient with inf in it.",
    "Only nan is refused: an infinite norm passes, and inf * 0 is nan.",
    "np.isfinite(norm) is false for both.",
    "试试含有 inf 的梯度。",
    "只拒绝了 nan：无穷大的范数过去了，而 inf * 0 是 nan。",
    "对这两者，np.isfinite(norm) 都为假。")
def clip_that_refuses_nan_alone(grads, gamma):
    norm = _norm(grads)
    if np.isnan(norm):
        raise ValueError
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is to happen with a nan?",
    "It is silently made 0, or the whole gradient is.",
    "A nan is a fault somewhere before: raise ValueError, so that it is seen.",
    "遇到 nan 应该怎样？",
    "它，或整个梯度，被悄悄变成了 0。",
    "nan 说明前面有错：抛出 ValueError，让人看见。")
def clip_that_hides_nan(grads, gamma):
    norm = _norm(grads)
    if not np.isfinite(norm):
        return [np.zeros_like(g) for g in grads], norm
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "This is the sum of the norms, 5 + 12 = 17.",
    "As of one long vector: root(3^2 + 4^2 + 12^2) = 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "这是各范数之和，5 + 12 = 17。",
    "看成一个长向量：根号(3^2 + 4^2 + 12^2) = 13。")
def clip_by_the_sum_of_norms(grads, gamma):
    norm = _finite(sum(_norm([g]) for g in grads))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "The root is missing: 169.",
    "norm = np.sqrt(sum of squares) = 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "没有开方：得 169。",
    "norm = np.sqrt(平方和) = 13。")
def clip_without_the_root(grads, gamma):
    norm = _finite(sum((g ** 2).sum() for g in grads))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "This is the largest norm of one array.",
    "As of one long vector: root(3^2 + 4^2 + 12^2) = 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "这是单个数组中最大的范数。",
    "看成一个长向量：根号(3^2 + 4^2 + 12^2) = 13。")
def clip_by_the_largest(grads, gamma):
    norm = _finite(max(_norm([g]) for g in grads) if not any(np.isnan(g).any() for g in grads) else np.nan)
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "Which norm is returned?",
    "That of the clipped gradients, which is never above gamma: nobody would see an explosion.",
    "Return the norm from before.",
    "返回的是哪个范数？",
    "是裁剪之后的，它从不超过 gamma：爆炸了也看不出来。",
    "要返回裁剪之前的范数。")
def clip_with_the_norm_after(grads, gamma):
    made = _clipped(grads, gamma, _finite(_norm(grads)))
    return made, _norm(made)


@clip_by_norm.twin(
    "How many things are returned?",
    "The gradients alone.",
    "A pair: the list, and the norm from before, which one watches during training.",
    "返回几样东西？",
    "只有梯度。",
    "要成对返回：列表，以及裁剪之前的范数，训练时要看着它。")
def clip_without_the_norm(grads, gamma):
    return _clipped(grads, gamma, _finite(_norm(grads)))


@clip_by_norm.twin(
    "The numbers are right. Look at grads after the call.",
    "The arrays are changed in place: `g *= scale`.",
    "Return new arrays: [g * scale for g in grads].",
    "数是对的。看看调用之后的 grads。",
    "数组被就地改了：`g *= scale`。",
    "返回新数组：[g * scale for g in grads]。")
def clip_in_place(grads, gamma):
    norm = _finite(_norm(grads))
    for g in grads:
        g *= gamma / norm if norm > gamma else 1.0
    return grads, norm


@clip_by_norm.twin(
    "What is the norm of the result?",
    "1, whatever gamma is: it is divided by the norm, and not multiplied by gamma.",
    "gamma / norm, so that the norm becomes gamma.",
    "结果的范数是多少？",
    "不管 gamma 是多少都是 1：除以了范数，却没有乘以 gamma。",
    "gamma / norm，使范数变成 gamma。")
def clip_to_one(grads, gamma):
    norm = _finite(_norm(grads))
    return [g / norm if norm > gamma else g for g in grads], norm


@clip_by_norm.twin(
    "Does a long gradient become shorter?",
    "It becomes longer: the factor is upside down, norm / gamma.",
    "gamma / norm is below 1 where norm > gamma.",
    "长的梯度变短了吗？",
    "变长了：因子颠倒了，成了 norm / gamma。",
    "norm > gamma 时，gamma / norm 小于 1。")
def clip_upside_down(grads, gamma):
    norm = _finite(_norm(grads))
    return [g * (norm / gamma if norm > gamma else 1.0) for g in grads], norm


@clip_by_norm.twin(
    "Which gradients are clipped, the long or the short ones?",
    "The comparison is turned round: short ones are made longer, and long ones stay.",
    "if norm > gamma.",
    "裁剪的是长的梯度，还是短的？",
    "比较反了：短的被拉长，长的不变。",
    "if norm > gamma。")
def clip_the_short(grads, gamma):
    norm = _finite(_norm(grads))
    return [g * (gamma / norm) if norm < gamma else g for g in grads], norm


@clip_by_norm.twin(
    "Is your check reached when the norm is nan, and is it true then? Print np.nan > gamma, np.nan == np.nan, np.isinf(np.nan).",
    "inf is refused, and nan is let through: the check asks only for inf, or by == np.nan, or stands behind norm > gamma.",
    "if not np.isfinite(norm): raise ValueError, before anything is compared; isfinite is false for nan and for inf.",
    "范数是 nan 时，会走到你的检查吗？检查为真吗？打印 np.nan > gamma、np.nan == np.nan、np.isinf(np.nan)。",
    "inf 被拒绝了，nan 却被放过去了：检查只问 inf，或用了 == np.nan，或写在了 norm > gamma 里面。",
    "在任何比较之前：if not np.isfinite(norm): raise ValueError；对 nan 和 inf，isfinite 都为假。")
def clip_that_refuses_infinity_alone(grads, gamma):
    norm = _norm(grads)
    if np.isinf(norm):
        raise ValueError
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "Are the arrays still in the same proportion to each other?",
    "Where the norm of all is too large, each array by itself gets the norm gamma.",
    "One factor for all, gamma / norm, with the norm of all.",
    "各个数组之间的比例还和原来一样吗？",
    "总范数过大时，每个数组各自的范数都变成了 gamma。",
    "所有数组用同一个因子 gamma / norm，norm 是总范数。")
def clip_each_to_gamma(grads, gamma):
    norm = _finite(_norm(grads))
    return [g * (gamma / _norm([g])) if norm > gamma else g for g in grads], norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "This is the sum of the absolute values, 19.",
    "As of one long vector: root(3^2 + 4^2 + 12^2) = 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "这是绝对值之和 19。",
    "看成一个长向量：根号(3^2 + 4^2 + 12^2) = 13。")
def clip_by_absolute_values(grads, gamma):
    norm = _finite(sum(np.abs(g).sum() for g in grads))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "A mean is taken in place of a sum.",
    "The root of the sum of all squares: 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "该求和的地方取了平均。",
    "所有数的平方和再开方：13。")
def clip_by_the_mean(grads, gamma):
    norm = _finite(np.sqrt(np.mean([(g ** 2).mean() for g in grads])))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "Which kind of error is asked for?",
    "`assert` raises AssertionError.",
    "if not np.isfinite(norm): raise ValueError.",
    "要抛出哪种错误？",
    "`assert` 抛出的是 AssertionError。",
    "if not np.isfinite(norm): raise ValueError。")
def clip_by_assertion(grads, gamma):
    norm = _norm(grads)
    assert np.isfinite(norm)
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "Which of the two is returned first?",
    "The norm comes first here.",
    "(list of arrays, norm).",
    "先返回哪一个？",
    "这里范数在前。",
    "（数组的列表, 范数）。")
def clip_the_wrong_way_round(grads, gamma):
    norm = _finite(_norm(grads))
    return norm, _clipped(grads, gamma, norm)


@clip_by_norm.twin(
    "What is the norm of the result?",
    "Long gradients are divided by gamma.",
    "gamma / norm, so that the norm becomes gamma.",
    "结果的范数是多少？",
    "长的梯度除以了 gamma。",
    "gamma / norm，使范数变成 gamma。")
def clip_divided_by_gamma(grads, gamma):
    norm = _finite(_norm(grads))
    return [g / gamma if norm > gamma else g for g in grads], norm


@clip_by_norm.twin(
    "What is the norm of the result?",
    "Long gradients are divided by norm * gamma: a `/` too many, or a parenthesis.",
    "g * gamma / norm.",
    "结果的范数是多少？",
    "长的梯度除以了 norm * gamma：多了一个 `/` 或一对括号。",
    "g * gamma / norm。")
def clip_divided_by_both(grads, gamma):
    norm = _finite(_norm(grads))
    return [g / (norm * gamma) if norm > gamma else g for g in grads], norm


@clip_by_norm.twin(
    "What is the shape of the clipped gradients?",
    "Where they are clipped, they are joined to one long array.",
    "A list of arrays of the shapes that came in; only for the norm they are thought of as one vector.",
    "裁剪后的梯度形状是什么？",
    "裁剪时它们被拼成了一个长数组。",
    "要返回列表，形状与传入的相同；只在算范数时才把它们看成一个向量。")
def clip_joined(grads, gamma):
    norm = _finite(_norm(grads))
    return (np.concatenate([g.ravel() for g in grads]) * (gamma / norm) if norm > gamma else grads), norm


@clip_by_norm.twin(
    "Can np.linalg.norm take a list of arrays of different shapes?",
    "It cannot make one array of them, and raises its own ValueError.",
    "Sum the squares of each array, and take the root of the total.",
    "np.linalg.norm 能接受形状不同的数组组成的列表吗？",
    "它无法把它们变成一个数组，于是抛出了自己的 ValueError。",
    "对每个数组求平方和，再对总和开方。")
def clip_by_the_norm_of_a_list(grads, gamma):
    if len(grads) > 1:
        raise ValueError
    return clip_by_norm(grads, gamma)



@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "That of the last array alone: each norm in the loop writes over the one before.",
    "Sum the squares over all arrays, then take the root.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "只是最后一个数组的：循环里每个范数都覆盖了前一个。",
    "把所有数组的平方加起来，再开方。")
def clip_by_the_last_norm(grads, gamma):
    norm = _finite(_norm(grads[-1:]))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "This is the largest absolute value, 12.",
    "root(3^2 + 4^2 + 12^2) = 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "这是最大的绝对值 12。",
    "根号(3^2 + 4^2 + 12^2) = 13。")
def clip_by_the_largest_number(grads, gamma):
    norm = max(np.abs(g).max() for g in grads)
    _finite(_norm(grads))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "This is root(5 + 12): the norms are not squared again before they are added.",
    "root(5^2 + 12^2) = 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "这是根号(5 + 12)：相加之前没有再平方。",
    "根号(5^2 + 12^2) = 13。")
def clip_by_the_root_of_norms(grads, gamma):
    norm = _finite(np.sqrt(sum(_norm([g]) for g in grads)))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "Which kind of error is asked for?",
    "FloatingPointError is raised.",
    "raise ValueError.",
    "要抛出哪种错误？",
    "抛出的是 FloatingPointError。",
    "raise ValueError。")
def clip_with_another_error(grads, gamma):
    norm = _norm(grads)
    if not np.isfinite(norm):
        raise FloatingPointError
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is compared with gamma?",
    "The square of the norm: a gradient between root(gamma) and gamma is made longer.",
    "if norm > gamma, with the root taken.",
    "与 gamma 比较的是什么？",
    "是范数的平方：范数在 gamma 的平方根与 gamma 之间的梯度反而被拉长。",
    "if norm > gamma，范数要开方。")
def clip_by_the_square(grads, gamma):
    norm = _finite(_norm(grads))
    return [g * (gamma / norm) if norm ** 2 > gamma else g for g in grads], norm


@clip_by_norm.twin(
    "Is a norm of 500000000 infinite?",
    "A large norm is refused, as if it were infinite: it is just what clipping is for.",
    "Only nan and inf are refused, whatever the size of a number: not np.isfinite(norm).",
    "范数为 500000000 算无穷大吗？",
    "很大的范数也被当作无穷大拒绝了：裁剪正是为它准备的。",
    "要拒绝的只是 nan 和 inf，数再大也不拒绝：not np.isfinite(norm)。")
def clip_that_refuses_the_large(grads, gamma):
    norm = _norm(grads)
    if not norm <= 1e6:
        raise ValueError
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "Of which norm does your `if` ask, and of which does it divide by?",
    "The `if` asks each array alone: one that is short by itself stays as it is, the others are multiplied by gamma / norm.",
    "One question for all of them: if the norm of all is above gamma, every array gets the same factor.",
    "你的 `if` 问的是哪个范数，除以的又是哪个？",
    "`if` 是对每个数组单独问的：自己不长的保持不变，其余的乘以 gamma / norm。",
    "对全部只问一次：总范数大于 gamma 时，每个数组都乘以同一个因子。")
def clip_that_asks_each(grads, gamma):
    norm = _finite(_norm(grads))
    return [g * gamma / norm if _norm([g]) > gamma else g for g in grads], norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "The squares of each array are averaged before they are added.",
    "Add all squares, whatever array they are of, and take the root: 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "每个数组的平方先取了平均，然后才相加。",
    "不管属于哪个数组，把所有的平方加起来再开方：13。")
def clip_by_the_sum_of_means(grads, gamma):
    norm = _finite(np.sqrt(sum((g ** 2).mean() for g in grads)))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "This is the root of the mean of all squares.",
    "The root of their sum: 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "这是所有数平方的平均再开方。",
    "应是平方的和再开方：13。")
def clip_by_the_root_of_the_mean(grads, gamma):
    norm = _finite(np.sqrt((np.concatenate([g.ravel() for g in grads]) ** 2).mean()))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is the norm of all of them together, of [3, -4] and [12]?",
    "This is the mean of the arrays' norms, (5 + 12) / 2.",
    "As of one long vector: root(3^2 + 4^2 + 12^2) = 13.",
    "[3, -4] 和 [12] 合在一起的范数是多少？",
    "这是各数组范数的平均，(5 + 12) / 2。",
    "看成一个长向量：根号(3^2 + 4^2 + 12^2) = 13。")
def clip_by_the_mean_of_norms(grads, gamma):
    norm = _finite(np.mean([_norm([g]) for g in grads]))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "What is to happen with a nan?",
    "It is replaced by 0 before the norm is taken, so that nothing is left to be seen.",
    "A nan is a fault somewhere before: take the norm of the gradients as they are, and raise ValueError.",
    "遇到 nan 应该怎样？",
    "算范数之前它就被换成了 0，于是什么也看不出来了。",
    "nan 说明前面有错：对梯度本身算范数，并抛出 ValueError。")
def clip_that_replaces_nan(grads, gamma):
    grads = [np.nan_to_num(g) for g in grads]
    norm = _finite(_norm(grads))
    return _clipped(grads, gamma, norm), norm


@clip_by_norm.twin(
    "`return` or `raise`: which one stops the caller?",
    "The class ValueError is returned, as if it were a result.",
    "raise ValueError.",
    "`return` 还是 `raise`：哪一个能让调用者停下来？",
    "ValueError 这个类被当作结果返回了。",
    "raise ValueError。")
def clip_that_returns_the_error(grads, gamma):
    norm = _norm(grads)
    return (_clipped(grads, gamma, norm), norm) if np.isfinite(norm) else ValueError


@clip_by_norm.twin(
    "`return` or `raise`: which one stops the caller?",
    "A ValueError is made, and returned as if it were a result.",
    "raise ValueError.",
    "`return` 还是 `raise`：哪一个能让调用者停下来？",
    "造了一个 ValueError，却把它当作结果返回了。",
    "raise ValueError。")
def clip_that_returns_an_error(grads, gamma):
    norm = _norm(grads)
    return (_clipped(grads, gamma, norm), norm) if np.isfinite(norm) else ValueError("norm")


@clip_by_norm.twin(
    "What is to happen with a nan?",
    "The gradients are returned as they are, nan and all, perhaps with something printed.",
    "Raise ValueError: nobody reads what is printed in the middle of a training.",
    "遇到 nan 应该怎样？",
    "梯度连同 nan 原样返回了，也许还打印了点什么。",
    "抛出 ValueError：训练途中打印的东西没有人看。")
def clip_that_returns_nan(grads, gamma):
    norm = _norm(grads)
    return (_clipped(grads, gamma, norm) if np.isfinite(norm) else grads), norm


# --- clipped_step ---

W2, G2 = [array([1.5, -2.0]), array([[0.5, 3.0]])], [array([3.0, -4.0]), array([[0.0, 12.0]])]


@lab.hole(cases=[[W2, G2, 0.1, 6.5], [W2, G2, 2.0, 1.0], [[array([1.5, 2.0])], [array([0.3, -0.4])], 0.8, 2.0],
                 [[array([1.5, 2.0])], [array([np.nan, -0.4])], 0.5, 1.0]],
          more=[[[array([0.5]), array([[1.0, -1.0]])], [array([6.0]), array([[-2.0, 3.0]])], 0.25, 3.5],
                [[array([2.0, 1.5])], [array([0.1, 0.2])], 4.0, 0.5],
                [[array([2.0, 1.5])], [array([np.nan, 0.2])], 0.5, 0.25]],
          raises=["ValueError"])
def clipped_step(weights, grads, lr, gamma):
    clipped, _ = clip_by_norm(grads, gamma)
    return [w - lr * g for w, g in zip(weights, clipped, strict=True)]


def _ready(grads, gamma):
    """What a student has who calls clip_by_norm: it raises if the norm is not finite."""
    return clip_by_norm(grads, gamma)[0]


def _moved(weights, grads, lr):
    return [w - lr * g for w, g in zip(weights, grads, strict=True)]


@clipped_step.twin(
    "Which gradients does the step use?",
    "The unclipped ones: clip_by_norm is not called.",
    "First clip, then step, with what clip_by_norm returns.",
    "这一步用的是哪个梯度？",
    "没有裁剪过的：没有调用 clip_by_norm。",
    "先裁剪，再用 clip_by_norm 返回的梯度走一步。")
def step_then_clip(weights, grads, lr, gamma):
    return _moved(weights, grads, lr)


@clipped_step.twin(
    "What is clipped?",
    "The new weights: their norm is kept below gamma, and the step before was as long as ever.",
    "Clip the gradients; weights may be as large as they need to be.",
    "裁剪的是什么？",
    "是新的权重：它们的范数被限制在 gamma 以内，而之前的那一步照样很长。",
    "要裁剪的是梯度；权重该多大就多大。")
def step_that_clips_the_weights(weights, grads, lr, gamma):
    made = _moved(weights, grads, lr)
    return _ready(made, gamma)


@clipped_step.twin(
    "Is gamma a limit for the gradient, or for the step?",
    "lr times the gradient is clipped: the limit depends on the learning rate.",
    "Clip the gradient, then multiply by lr.",
    "gamma 限制的是梯度，还是步子？",
    "裁剪的是 lr 乘以梯度：上限随学习率而变。",
    "先裁剪梯度，再乘以 lr。")
def step_clipped_after_lr(weights, grads, lr, gamma):
    steps = [lr * g for g in grads]
    return _moved(weights, _ready(steps, gamma), 1.0)


@clipped_step.twin(
    "Does the loss fall, or rise?",
    "This goes along the gradient, which is uphill.",
    "w - lr * g.",
    "损失下降还是上升？",
    "这是顺着梯度走，也就是上坡。",
    "w - lr * g。")
def step_uphill(weights, grads, lr, gamma):
    return _moved(weights, _ready(grads, gamma), -lr)


@clipped_step.twin(
    "Is lr in it?",
    "The whole clipped gradient is taken off: lr is left out.",
    "w - lr * g.",
    "用到 lr 了吗？",
    "减去了整个裁剪过的梯度：漏掉了 lr。",
    "w - lr * g。")
def step_without_rate(weights, grads, lr, gamma):
    return _moved(weights, _ready(grads, gamma), 1.0)


@clipped_step.twin(
    "The value is right. Look at the weights after the call.",
    "They are changed in place: `w -= ...`.",
    "Return new arrays: w - lr * g.",
    "值是对的。看看调用之后的权重。",
    "它们被就地改了：`w -= ...`。",
    "返回新数组：w - lr * g。")
def step_in_place(weights, grads, lr, gamma):
    for w, g in zip(weights, _ready(grads, gamma), strict=True):
        w -= lr * g
    return weights


@clipped_step.twin(
    "Is it one norm, or one for each array?",
    "Each gradient is clipped by itself: clip_by_norm is called inside of the loop.",
    "Call it once, with the whole list.",
    "是一个范数，还是每个数组一个？",
    "每个梯度单独裁剪：在循环里调用了 clip_by_norm。",
    "只调用一次，传入整个列表。")
def step_clipped_each(weights, grads, lr, gamma):
    return _moved(weights, [_ready([g], gamma)[0] for g in grads], lr)


@clipped_step.twin(
    "What does clip_by_norm return?",
    "A pair: the list and the norm. Here the pair itself is used as the list of gradients.",
    "Take it apart: clipped, norm = clip_by_norm(grads, gamma).",
    "clip_by_norm 返回什么？",
    "一对：列表和范数。这里把这一对当成了梯度的列表。",
    "拆开它：clipped, norm = clip_by_norm(grads, gamma)。")
def step_with_the_pair(weights, grads, lr, gamma):
    return [w - lr * g for w, g in zip(weights, clip_by_norm(grads, gamma))]  # noqa: B905 (as a student would)


@clipped_step.twin(
    "Is the old weight in it?",
    "These are the steps, and not where they lead.",
    "The new weights are asked for: w - lr * g.",
    "用到原来的权重了吗？",
    "这是步子，而不是走到的地方。",
    "要的是新的权重：w - lr * g。")
def step_without_weights(weights, grads, lr, gamma):
    return _moved([0 * w for w in weights], _ready(grads, gamma), lr)


@clipped_step.twin(
    "How many things are asked for?",
    "What clip_by_norm makes of the new weights is returned, as a pair: it is the weights that are clipped.",
    "Clip the gradients, and return a list of weights.",
    "要返回几样东西？",
    "返回的是 clip_by_norm 作用于新权重得到的一对：被裁剪的是权重。",
    "裁剪梯度，返回权重的列表。")
def step_that_returns_a_pair(weights, grads, lr, gamma):
    return clip_by_norm(_moved(weights, grads, lr), gamma)


@clipped_step.twin(
    "Which is the learning rate, and which the maximum of the norm?",
    "They are exchanged: the norm is clipped to lr, and the step is gamma times as long.",
    "clip_by_norm(grads, gamma), and then w - lr * g.",
    "哪个是学习率，哪个是范数的上限？",
    "弄反了：范数被裁剪到 lr，步子乘了 gamma。",
    "clip_by_norm(grads, gamma)，然后 w - lr * g。")
def step_with_the_two_exchanged(weights, grads, lr, gamma):
    return _moved(weights, _ready(grads, lr), gamma)


@clipped_step.twin(
    "How often is the gradient scaled?",
    "It is divided by the norm once more, after clip_by_norm has done it.",
    "clip_by_norm's gradients are ready: w - lr * g. The norm is there to be watched.",
    "梯度缩放了几次？",
    "clip_by_norm 已经缩放过，又除以了一次范数。",
    "clip_by_norm 返回的梯度可以直接用：w - lr * g。范数是给人看的。")
def step_divided_by_the_norm(weights, grads, lr, gamma):
    return _moved(weights, [g / _norm(grads) for g in _ready(grads, gamma)], lr)


@clipped_step.twin(
    "Are the returned weights other numbers than before?",
    "They are the old ones: `w = w - ...` in a loop gives the name w something new, and leaves the list as it is.",
    "Build a new list: [w - lr * g for w, g in zip(weights, clipped)].",
    "返回的权重和之前不同吗？",
    "还是旧的：循环里的 `w = w - ...` 只让名字 w 指向新东西，列表没有变。",
    "建一个新列表：[w - lr * g for w, g in zip(weights, clipped)]。")
def step_into_nothing(weights, grads, lr, gamma):
    return list(weights)


@clipped_step.twin(
    "How many arrays are asked for?",
    "One comes out, the last weight.",
    "A list of all of them.",
    "要返回几个数组？",
    "只返回了一个，最后那个权重。",
    "要全部权重的列表。")
def step_of_the_last_alone(weights, grads, lr, gamma):
    return _moved(weights, _ready(grads, gamma), lr)[-1]



@clipped_step.twin(
    "What is clipped?",
    "The old weights, and the step is unclipped.",
    "clip_by_norm(grads, gamma).",
    "裁剪的是什么？",
    "是旧的权重，而步子没有裁剪。",
    "clip_by_norm(grads, gamma)。")
def step_from_clipped_weights(weights, grads, lr, gamma):
    return _moved(_ready(weights, gamma), grads, lr)


@clipped_step.twin(
    "Is gamma in the step twice?",
    "It is: the clipped gradient is multiplied by gamma once more.",
    "w - lr * g: clip_by_norm has used gamma already.",
    "gamma 用了两次吗？",
    "是的：裁剪过的梯度又乘了一次 gamma。",
    "w - lr * g：clip_by_norm 已经用过 gamma。")
def step_times_gamma(weights, grads, lr, gamma):
    return _moved(weights, _ready(grads, gamma), lr * gamma)


@clipped_step.twin(
    "How does lr come in?",
    "The gradient is divided by lr.",
    "A small lr is a small step: multiply by it.",
    "lr 是怎么用的？",
    "梯度除以了 lr。",
    "lr 小，步子就小：要乘以它。")
def step_divided_by_rate(weights, grads, lr, gamma):
    return _moved(weights, _ready(grads, gamma), 1 / lr)


@clipped_step.twin(
    "Which gradients does the step use?",
    "The unclipped ones: clip_by_norm is called, and what it returns is not used; or it comes after the step.",
    "clipped, norm = clip_by_norm(grads, gamma), and then w - lr * g with the g of clipped.",
    "这一步用的是哪个梯度？",
    "没有裁剪过的：调用了 clip_by_norm，却没有用它返回的东西；或者走完才调用。",
    "clipped, norm = clip_by_norm(grads, gamma)，然后 w - lr * g，g 取自 clipped。")
def step_that_clips_in_vain(weights, grads, lr, gamma):
    _ready(grads, gamma)
    return _moved(weights, grads, lr)


@clipped_step.twin(
    "Try a gradient of norm 0.5 with gamma = 2: how long is the step?",
    "Always lr * gamma: the gradient is divided by its norm even where it is short.",
    "gamma is a maximum: let clip_by_norm decide, then w - lr * g.",
    "试试范数为 0.5 的梯度，gamma = 2：步子有多长？",
    "总是 lr * gamma：梯度很短时也除以了范数。",
    "gamma 是上限：交给 clip_by_norm 决定，然后 w - lr * g。")
def step_of_one_length(weights, grads, lr, gamma):
    norm = _norm(grads)
    return [w - lr * gamma * g / norm for w, g in zip(weights, grads, strict=True)]


@clipped_step.twin(
    "Try a gradient of norm 0.5 with gamma = 2: how long is the step?",
    "Always lr * gamma: the gradient is divided by its norm even where it is short.",
    "gamma is a maximum, so a short gradient stays as it is: what clip_by_norm returns is ready for w - lr * g.",
    "试试范数为 0.5 的梯度，gamma = 2：步子有多长？",
    "总是 lr * gamma：梯度很短时也除以了范数。",
    "gamma 是上限，短的梯度保持不变：clip_by_norm 返回的可以直接用于 w - lr * g。")
def step_of_one_length_with_its_norm(weights, grads, lr, gamma):
    _, norm = clip_by_norm(grads, gamma)
    return [w - lr * gamma * g / norm for w, g in zip(weights, grads, strict=True)]


@clipped_step.twin(
    "What does your step do with a gradient that holds a nan?",
    "It catches the error and returns the old weights: a training that does this at every step stands still, unseen.",
    "Let the ValueError of clip_by_norm go on to the caller: no try.",
    "梯度里有 nan 时，你的这一步会怎样？",
    "它接住了错误，返回原来的权重：如果每一步都这样，训练就停在原地，谁也不知道为什么。",
    "让 clip_by_norm 的 ValueError 传给调用者：不要写 try。")
def step_that_skips_nan(weights, grads, lr, gamma):
    try:
        return _moved(weights, _ready(grads, gamma), lr)
    except ValueError:
        return weights


@clipped_step.twin(
    "What does your step do with a gradient that holds a nan?",
    "The steps are right, but a nan goes into the weights: nothing is raised.",
    "Clip by your clip_by_norm, which raises ValueError then; the error goes on to the caller.",
    "梯度里有 nan 时，你的这一步会怎样？",
    "步子是对的，但 nan 进了权重：没有抛出错误。",
    "用你的 clip_by_norm 来裁剪，它会抛出 ValueError；让错误传给调用者。")
def step_that_lets_nan_pass(weights, grads, lr, gamma):
    return _moved(weights, _clipped(grads, gamma, _norm(grads)), lr)


@clipped_step.twin(
    "Does a weight change whose gradient is 0?",
    "It does: lr times the weight is taken off too.",
    "w - lr * g, with w whole.",
    "梯度为 0 的权重会变吗？",
    "会变：还减去了 lr 乘以权重。",
    "w - lr * g，w 不打折扣。")
def step_that_shrinks_weights(weights, grads, lr, gamma):
    return _moved([(1 - lr) * w for w in weights], _ready(grads, gamma), lr)


@clipped_step.twin(
    "Does the step depend on how large the weight is?",
    "It does: this is w * (1 - lr * g), so a weight of 0 would never move.",
    "The step is taken off, not multiplied by: w - lr * g.",
    "步子的大小与权重本身有关吗？",
    "有关：这是 w * (1 - lr * g)，权重为 0 就永远不动。",
    "步子是减去的，不是相乘的：w - lr * g。")
def step_times_the_weight(weights, grads, lr, gamma):
    return [w * (1 - lr * g) for w, g in zip(weights, _ready(grads, gamma), strict=True)]


@clipped_step.twin(
    "Is the direction of the gradient kept?",
    "Every number by itself is cut to between -gamma and gamma.",
    "clip_by_norm(grads, gamma): one factor for all.",
    "梯度的方向保持不变吗？",
    "每个数各自被截到 -gamma 和 gamma 之间。",
    "clip_by_norm(grads, gamma)：所有的数乘以同一个因子。")
def step_clipped_by_value(weights, grads, lr, gamma):
    return _moved(weights, [np.clip(g, -gamma, gamma) for g in grads], lr)


@clipped_step.twin(
    "How many arrays are asked for?",
    "One comes out, the first: the `return` stands inside of the loop.",
    "A list of all of them: return behind the loop.",
    "要返回几个数组？",
    "只返回了第一个：`return` 写在了循环里面。",
    "要全部权重的列表：循环结束后再 return。")
def step_of_the_first_alone(weights, grads, lr, gamma):
    return _moved(weights, _ready(grads, gamma), lr)[:1]


@clipped_step.twin(
    "By what is the step divided?",
    "By the length of each weight: lr / len(w).",
    "w - lr * g: how many numbers there are does not matter.",
    "步子除以了什么？",
    "除以了每个权重的长度：lr / len(w)。",
    "w - lr * g：与有多少个数无关。")
def step_of_the_mean(weights, grads, lr, gamma):
    return [w - lr / len(w) * g for w, g in zip(weights, _ready(grads, gamma), strict=True)]


@clipped_step.twin(
    "What does your step do with a gradient that holds a nan?",
    "It catches the error and returns None: whoever called it fails later, somewhere else.",
    "Let the ValueError of clip_by_norm go on to the caller: no try.",
    "梯度里有 nan 时，你的这一步会怎样？",
    "它接住了错误，返回 None：调用者会在后面别的地方出错。",
    "让 clip_by_norm 的 ValueError 传给调用者：不要写 try。")
def step_that_returns_none(weights, grads, lr, gamma):
    try:
        return _moved(weights, _ready(grads, gamma), lr)
    except ValueError:
        return None


@clipped_step.twin(
    "What does your step do with a gradient that holds a nan?",
    "The nan is replaced by 0 before it is clipped, so that nothing is raised.",
    "Give clip_by_norm the gradients as they are, and let its ValueError go on to the caller.",
    "梯度里有 nan 时，你的这一步会怎样？",
    "裁剪之前 nan 就被换成了 0，于是没有抛出错误。",
    "把梯度原样交给 clip_by_norm，让它的 ValueError 传给调用者。")
def step_that_replaces_nan(weights, grads, lr, gamma):
    return _moved(weights, _ready([np.nan_to_num(g) for g in grads], gamma), lr)


# --- window_states ---

def _window_case(t, n, i, h, size, k):
    return [tensor(_made(t, n, i, k=k), False), tensor(_made(n, h, k=k + 0.6, size=0.8), False), *_weights(i, h, k + 0.2), size]


@lab.hole(cases=[_window_case(5, 2, 3, 4, 2, 0.6), _window_case(4, 1, 2, 3, 4, 0.9), _window_case(3, 2, 1, 2, 1, 1.2),
                 _window_case(6, 1, 1, 2, 3, 0.4)],
          more=[_window_case(7, 2, 1, 3, 3, 0.8), _window_case(4, 2, 2, 2, 2, 1.5), _window_case(2, 1, 3, 4, 5, 0.7)],
          forbidden=["rnn"])
def window_states(xs, h0, W_ih, W_hh, b, size):
    h, states = h0, []
    for t, x in enumerate(xs):
        if t % size == 0:
            h = h.detach()
        h = rnn_step(x, h, W_ih, W_hh, b)
        states.append(h)
    return td.stack(states)


def _windows(xs, h0, W_ih, W_hh, b, size, start=None, cut=None):
    """start(h): the state that a window begins with; cut(t): is a window's beginning at t?"""
    h, states = h0, []
    for t, x in enumerate(xs):
        if cut(t) if cut else t % size == 0:
            h = start(h) if start else h.detach()
        h = rnn_step(x, h, W_ih, W_hh, b)
        states.append(h)
    return td.stack(states)


@window_states.twin(
    "The numbers are right. How far back does a gradient reach?",
    "To the very first step: the detach at the ends of windows is missing.",
    "A window begins with h.detach(): the same state without its past.",
    "数是对的。梯度能往回走多远？",
    "一直到第一步：窗口边界处少了 detach。",
    "每个窗口以 h.detach() 开始：同一个状态，但不带过去。")
def windows_without_detach(*args):
    return _windows(*args, start=lambda h: h)


@window_states.twin(
    "With which state does the second window begin?",
    "With h0 again: the network forgets at each window's beginning.",
    "The state is handed on, only its gradient is cut: h = h.detach().",
    "第二个窗口从哪个状态开始？",
    "又从 h0 开始：网络在每个窗口开头都会忘掉前文。",
    "状态要传下去，切断的只是梯度：h = h.detach()。")
def windows_that_begin_anew(xs, h0, *args):
    return _windows(xs, h0, *args, start=lambda h: h0)


@window_states.twin(
    "With which state does the second window begin?",
    "With zeros: the network forgets at each window's beginning.",
    "The state is handed on, only its gradient is cut: h = h.detach().",
    "第二个窗口从哪个状态开始？",
    "从零开始：网络在每个窗口开头都会忘掉前文。",
    "状态要传下去，切断的只是梯度：h = h.detach()。")
def windows_that_begin_with_zeros(xs, h0, W_ih, W_hh, b, size):
    return _windows(xs, h0, W_ih, W_hh, b, size, cut=lambda t: t and t % size == 0, start=lambda h: h.detach() * 0)


@window_states.twin(
    "With which state does the first window begin?",
    "With zeros, as every other window: h0 is not used at all.",
    "The first window begins with h0, the others with the last state, detached.",
    "第一个窗口从哪个状态开始？",
    "和其他窗口一样从零开始：根本没有用到 h0。",
    "第一个窗口从 h0 开始，其他的从前一个状态（detach 之后）开始。")
def windows_of_zeros(*args):
    return _windows(*args, start=lambda h: h.detach() * 0)


@window_states.twin(
    "The numbers are right. How far back does a gradient reach?",
    "One step only: the state is detached at every step.",
    "Detach only where a window begins: t % size == 0.",
    "数是对的。梯度能往回走多远？",
    "只有一步：每一步都 detach 了。",
    "只在窗口开头 detach：t % size == 0。")
def windows_of_one_step(*args):
    return _windows(*args, cut=lambda t: True)


@window_states.twin(
    "Between which steps is the cut?",
    "One step too late: the first window has size + 1 steps, as if steps were counted from 1 where they begin at 0.",
    "With t from 0, a window begins where t % size == 0: detach before that step.",
    "切口在哪两步之间？",
    "晚了一步：第一个窗口有 size + 1 步，像是把从 0 开始的步数当成了从 1 开始。",
    "t 从 0 数起，t % size == 0 处是窗口的开头：在这一步之前 detach。")
def windows_a_step_late(xs, h0, W_ih, W_hh, b, size):
    return _windows(xs, h0, W_ih, W_hh, b, size, cut=lambda t: t > 1 and (t - 1) % size == 0)


@window_states.twin(
    "Between which steps is the cut?",
    "The first cut is behind step 1: `if t % size == 0` stands after the step.",
    "Detach before the step that begins a window, or after the one that ends it: (t + 1) % size == 0.",
    "切口在哪两步之间？",
    "第一个切口在第 1 步之后：`if t % size == 0` 写在了走这一步之后。",
    "在窗口开头那一步之前 detach，或在结尾那一步之后：(t + 1) % size == 0。")
def windows_cut_after_the_step(xs, h0, W_ih, W_hh, b, size):
    return _windows(xs, h0, W_ih, W_hh, b, size, cut=lambda t: t > 0 and (t - 1) % size == 0)


@window_states.twin(
    "The numbers are right. Do all states hand a gradient to the weights?",
    "The last state of a window does not: what is returned of it is the detached one.",
    "Append the state first, and detach what goes into the next window.",
    "数是对的。每个状态都能把梯度传给权重吗？",
    "窗口的最后一个状态不能：返回的是 detach 过的那个。",
    "先加入状态，再 detach 传给下一个窗口的那个。")
def windows_with_detached_ends(xs, h0, W_ih, W_hh, b, size):
    h, states = h0, []
    for t, x in enumerate(xs):
        h = rnn_step(x, h, W_ih, W_hh, b)
        if (t + 1) % size == 0:
            h = h.detach()
        states.append(h)
    return td.stack(states)


@window_states.twin(
    "The numbers are right. What reaches the weights on the way back?",
    "Nothing: the returned states are detached, or made in no_grad.",
    "Only what goes from window to window is detached; the states that are returned keep their graph.",
    "数是对的。往回走时，什么能到达权重？",
    "什么也没有：返回的状态被 detach 了，或是在 no_grad 里算的。",
    "detach 的只是窗口之间传递的状态；返回的状态保留计算图。")
def windows_without_a_graph(*args):
    return _windows(*args).detach()


@window_states.twin(
    "How many states are there, and how many inputs?",
    "The last, shorter window is left out.",
    "T need not be a multiple of size: xs[i:i + size] is shorter at the end, and counts.",
    "有几个状态，几个输入？",
    "漏掉了最后那个较短的窗口。",
    "T 不一定是 size 的倍数：末尾的 xs[i:i + size] 短一些，也算。")
def windows_without_the_rest(xs, h0, W_ih, W_hh, b, size):
    return _windows(xs[:len(xs) // size * size], h0, W_ih, W_hh, b, size)


@window_states.twin(
    "How many states are there, and how many inputs?",
    "Only those of the last window are returned.",
    "Collect the states of all windows: T in all.",
    "有几个状态，几个输入？",
    "只返回了最后一个窗口的状态。",
    "把所有窗口的状态都收集起来：一共 T 个。")
def windows_of_the_last(xs, h0, W_ih, W_hh, b, size):
    return _windows(xs, h0, W_ih, W_hh, b, size)[(len(xs) - 1) // size * size:]


@window_states.twin(
    "What is `size`: the length of a window, or how many there are?",
    "The sequence is cut into `size` windows here.",
    "Each window is `size` steps long: range(0, T, size).",
    "`size` 是窗口的长度，还是窗口的个数？",
    "这里把序列切成了 `size` 个窗口。",
    "每个窗口长 `size` 步：range(0, T, size)。")
def windows_by_their_number(xs, h0, W_ih, W_hh, b, size):
    length = -(-len(xs) // size)
    return _windows(xs, h0, W_ih, W_hh, b, size, cut=lambda t: t % length == 0)


@window_states.twin(
    "How many cuts are there?",
    "One, behind the first window: t == size is so only once.",
    "Every window begins with a cut: t % size == 0.",
    "一共有几个切口？",
    "只有第一个窗口之后的一个：t == size 只成立一次。",
    "每个窗口开头都要切：t % size == 0。")
def windows_with_one_cut(xs, h0, W_ih, W_hh, b, size):
    return _windows(xs, h0, W_ih, W_hh, b, size, cut=lambda t: t == size)


@window_states.twin(
    "The numbers are right. Does the first step of each window hand a gradient to the weights?",
    "It does not: the whole step is made without a graph (no_grad, or detached behind the step).",
    "Only the state before it is detached; the step itself counts.",
    "数是对的。每个窗口的第一步能把梯度传给权重吗？",
    "不能：整个这一步都没有计算图（no_grad，或在这一步之后 detach）。",
    "只有它之前的状态要 detach；这一步本身要算在内。")
def windows_whose_first_step_is_lost(xs, h0, W_ih, W_hh, b, size):
    h, states = h0, []
    for t, x in enumerate(xs):
        h = rnn_step(x, h, W_ih, W_hh, b)
        if t % size == 0:
            h = h.detach()
        states.append(h)
    return td.stack(states)


@window_states.twin(
    "The numbers are right. What is detached?",
    "W_hh is too, from the second window on: only the first window trains it.",
    "Weights are leaves of every window; what is cut is the state between two.",
    "数是对的。detach 了什么？",
    "从第二个窗口起，W_hh 也被 detach 了：只有第一个窗口在训练它。",
    "权重是每个窗口的叶子；要切断的是两个窗口之间的状态。")
def windows_with_detached_weights(xs, h0, W_ih, W_hh, b, size):
    h, states = h0, []
    for t, x in enumerate(xs):
        if t and t % size == 0:
            h, W_hh = h.detach(), W_hh.detach()
        h = rnn_step(x, h, W_ih, W_hh, b)
        states.append(h)
    return td.stack(states)


@window_states.twin(
    "How many states are there, and how many inputs?",
    "One for each window, its last.",
    "All T states are asked for: a loss stands at every step.",
    "有几个状态，几个输入？",
    "每个窗口只有一个，即它的最后一个。",
    "要全部 T 个状态：每一步都有损失。")
def windows_by_their_last_states(xs, h0, W_ih, W_hh, b, size):
    states = _windows(xs, h0, W_ih, W_hh, b, size)
    return td.stack([states[min(i + size, len(xs)) - 1].detach() for i in range(0, len(xs), size)])


@window_states.twin(
    "Which shape does the result have?",
    "The windows are stacked, which makes an axis of its own for them, and fails where the last one is shorter.",
    "td.cat joins windows (size, N, H) along the time, to (T, N, H).",
    "结果的形状是什么？",
    "把窗口叠了起来，这会为窗口新建一个轴，而且最后一个较短时会出错。",
    "td.cat 把各个 (size, N, H) 的窗口沿时间接成 (T, N, H)。")
def windows_on_top_of_each_other(xs, h0, W_ih, W_hh, b, size):
    states = _windows(xs, h0, W_ih, W_hh, b, size)
    return td.stack([states[i:i + size] for i in range(0, len(xs), size)])


@window_states.twin(
    "Between which steps is the cut?",
    "One step too early: before the last step of a window, and not behind it.",
    "Before the step with t % size == 0, with t from 0.",
    "切口在哪两步之间？",
    "早了一步：在窗口的最后一步之前，而不是之后。",
    "在 t % size == 0 的那一步之前，t 从 0 数起。")
def windows_a_step_early(xs, h0, W_ih, W_hh, b, size):
    return _windows(xs, h0, W_ih, W_hh, b, size, cut=lambda t: (t + 1) % size == 0)


@window_states.twin(
    "With which state does the second window begin?",
    "With the first state of the window before.",
    "With its last: states[-1].detach().",
    "第二个窗口从哪个状态开始？",
    "从前一个窗口的第一个状态。",
    "应从它的最后一个状态：states[-1].detach()。")
def windows_from_the_first_state(xs, h0, W_ih, W_hh, b, size):
    h, parts = h0, []
    for i in range(0, len(xs), size):
        states = rnn_states(xs[i:i + size], h, W_ih, W_hh, b)
        h = states[0].detach()
        parts.append(states)
    return td.cat(parts)


@window_states.twin(
    "Which shape is asked for?",
    "This is a list of windows.",
    "td.cat joins them to one Tensor (T, N, H).",
    "要的是什么形状？",
    "这是由窗口组成的列表。",
    "td.cat 把它们接成一个张量 (T, N, H)。")
def windows_in_a_list(xs, h0, W_ih, W_hh, b, size):
    states = _windows(xs, h0, W_ih, W_hh, b, size)
    return [states[i:i + size] for i in range(0, len(xs), size)]


def _pieces(xs, h0, W_ih, W_hh, b, begins, length):
    """rnn_states of pieces of `length` that begin at `begins`, each with the last state of the one before, detached."""
    h, parts = h0, []
    for t in begins:
        parts.append(rnn_states(xs[t:t + length], h, W_ih, W_hh, b))
        h = parts[-1][-1].detach()
    return td.cat(parts)


@window_states.twin(
    "What is `size`: the length of a window, or how many there are?",
    "The numbers are right, the cuts are elsewhere: windows of T // size steps, about `size` of them.",
    "Each window is `size` steps long: range(0, T, size).",
    "`size` 是窗口的长度，还是窗口的个数？",
    "数是对的，切的地方不对：每个窗口 T // size 步，大约有 `size` 个。",
    "每个窗口长 `size` 步：range(0, T, size)。")
def windows_by_their_number_rounded_down(xs, h0, W_ih, W_hh, b, size):
    length = max(1, len(xs) // size)
    return _pieces(xs, h0, W_ih, W_hh, b, range(0, len(xs), length), length)


@window_states.twin(
    "How many states are there, and how many inputs?",
    "One for each window, its last.",
    "Collect all states of a window, and detach only what is handed on: td.cat of (size, N, H), T states in all.",
    "有几个状态，几个输入？",
    "每个窗口只有一个，即它的最后一个。",
    "收集窗口的全部状态，detach 的只是传下去的那个：用 td.cat 接起各个 (size, N, H)，一共 T 个状态。")
def windows_by_their_last_states_with_a_graph(xs, h0, W_ih, W_hh, b, size):
    states = _windows(xs, h0, W_ih, W_hh, b, size)
    return td.stack([states[min(i + size, len(xs)) - 1] for i in range(0, len(xs), size)])


@window_states.twin(
    "The numbers are right. Which windows hand a gradient to the weights?",
    "The last alone: all windows before it are made without a graph (no_grad).",
    "Every window trains the weights. Only the state between two windows is cut: h = h.detach().",
    "数是对的。哪些窗口能把梯度传给权重？",
    "只有最后一个：之前的窗口都没有计算图（no_grad）。",
    "每个窗口都要训练权重。切断的只是两个窗口之间的状态：h = h.detach()。")
def windows_of_which_the_last_learns(xs, h0, W_ih, W_hh, b, size):
    states = _windows(xs, h0, W_ih, W_hh, b, size)
    last = (len(xs) - 1) // size * size
    return td.cat([states[:last].detach(), states[last:]]) if last else states


@window_states.twin(
    "The numbers are right. Which windows hand a gradient to the weights?",
    "The first alone: all windows behind it are detached as a whole, after they were made.",
    "Detach the state that a window begins with, before its steps; what it gives keeps its graph.",
    "数是对的。哪些窗口能把梯度传给权重？",
    "只有第一个：之后的窗口算完以后整个被 detach 了。",
    "在走窗口的各步之前，detach 它开头的状态；窗口算出的状态保留计算图。")
def windows_of_which_the_first_learns(xs, h0, W_ih, W_hh, b, size):
    states = rnn_states(xs, h0, W_ih, W_hh, b)
    return td.cat([states[i:i + size].detach() if i else states[:size] for i in range(0, len(xs), size)])


@window_states.twin(
    "From where does the network remember? Follow the state from step size to step size + 1.",
    "Each state is made of the last `size` inputs alone, beginning from h0 every time: the window slides.",
    "Windows lie behind each other, and the state goes on from one to the next; only the gradient is cut.",
    "网络从哪里开始记？跟着状态从第 size 步走到第 size + 1 步看看。",
    "每个状态只由最近 `size` 个输入算出，每次都从 h0 开始：窗口在滑动。",
    "窗口一个接一个，状态从一个传到下一个；切断的只是梯度。")
def windows_that_slide(xs, h0, W_ih, W_hh, b, size):
    return td.stack([rnn_states(xs[max(0, t - size + 1):t + 1], h0, W_ih, W_hh, b)[-1] for t in range(len(xs))])


@window_states.twin(
    "How many cuts are there? And what is xs[size:] where T is size?",
    "One cut, behind the first window: all that follows is a single long one, and it may be empty.",
    "A loop over the windows: for t in range(0, T, size).",
    "一共有几个切口？T 等于 size 时 xs[size:] 是什么？",
    "只有第一个窗口之后的一个切口：后面全是一个长窗口，而且可能是空的。",
    "对窗口写一个循环：for t in range(0, T, size)。")
def windows_of_two_parts(xs, h0, W_ih, W_hh, b, size):
    first = rnn_states(xs[:size], h0, W_ih, W_hh, b)
    return td.cat([first, rnn_states(xs[size:], first[-1].detach(), W_ih, W_hh, b)])


@window_states.twin(
    "How many states are there, and how many inputs? Print len(xs[t:t + ...]) of your windows.",
    "Too many: windows are size + 1 long, and each reads the first input of the next once more.",
    "xs[t:t + size] ends before t + size, where the next one begins.",
    "有几个状态，几个输入？打印你的各个窗口 xs[t:t + ...] 的长度。",
    "太多了：窗口长 size + 1，把下一个窗口的第一个输入也读了一遍。",
    "xs[t:t + size] 到 t + size 之前为止，下一个从那里开始。")
def windows_that_overlap_by_one(xs, h0, W_ih, W_hh, b, size):
    return _pieces(xs, h0, W_ih, W_hh, b, range(0, len(xs), size), size + 1)


@window_states.twin(
    "How many inputs lie between the beginnings of two windows?",
    "One: the windows overlap, and of each only the last state is kept.",
    "range(0, T, size), and all states of each.",
    "相邻两个窗口的开头相隔几个输入？",
    "一个：窗口互相重叠，每个只留下最后一个状态。",
    "用 range(0, T, size)，并保留每个窗口的全部状态。")
def windows_at_every_step(xs, h0, W_ih, W_hh, b, size):
    h, found = h0, []
    for t in range(len(xs) - size + 1):
        states = rnn_states(xs[t:t + size], h, W_ih, W_hh, b)
        found.append(states[-1])
        h = states[0].detach()
    return td.stack(found)
