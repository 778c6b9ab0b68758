"""Lab 8, gates and padding: right functions and wrong twins."""

from __future__ import annotations

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor

lab = Lab(8, "lab08_gates", "Gates and padding", "门与填充")


def _made(*shape, k=1.0, size=1.0):
    """Numbers without a pattern that a mistake could hide in; two decimals, so that messages can show them."""
    n = np.arange(1, np.prod(shape) + 1)
    return np.round(size * np.sin(7.1 * k + 2.3 * k * n + 0.37 * n * n), 2).reshape(shape)


def _weights(i, h, k):
    return [tensor(_made(3, h, i, k=k)), tensor(_made(3, h, h, k=k + 0.3)), tensor(_made(3, h, k=k + 0.6, size=0.5))]


# --- gru_step ---

@lab.hole(cases=[[tensor(_made(2, 3)), tensor(_made(2, 4, k=1.2, size=0.9)), *_weights(3, 4, 0.7)],
                 [tensor(_made(1, 2, k=0.4)), tensor(_made(1, 2, k=0.9, size=0.9)), *_weights(2, 2, 1.3)]],
          more=[[tensor(_made(3, 1, k=0.5)), tensor(_made(3, 2, k=1.9, size=0.9)), *_weights(1, 2, 1.1)],
                [tensor(_made(1, 3, k=1.4)), tensor(_made(1, 3, k=0.3, size=0.9)), *_weights(3, 3, 0.5)]],
          forbidden=["gru", "gru_gates"], points=3)
def gru_step(x, h, W, U, b):
    r = step("r", td.sigmoid(x @ W[0].T + h @ U[0].T + b[0]))
    z = step("z", td.sigmoid(x @ W[1].T + h @ U[1].T + b[1]))
    n = step("n", td.tanh(x @ W[2].T + step("r * h", r * h) @ U[2].T + b[2]))
    return z * n + (1 - z) * h


def _gates(x, h, W, U, b, act=td.sigmoid):
    return [act(x @ W[k].T + h @ U[k].T + b[k]) for k in (0, 1)]


def _candidate(x, h, W, U, b):
    return td.tanh(x @ W[2].T + h @ U[2].T + b[2])


def _gru(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    n = _candidate(x, r * h, W, U, b)
    return z * n + (1 - z) * h


@gru_step.twin(
    "If z = 1, is the state new or old?",
    "Here z weights the old state: this is PyTorch's convention.",
    "In the notes' line z weights the candidate: z * n + (1 - z) * h.",
    "z = 1 时，状态是新的还是旧的？",
    "这里 z 加权旧状态：这是 PyTorch 的约定。",
    "讲义那一行里 z 加权候选状态：z * n + (1 - z) * h。")
def gru_with_z_on_the_old_state(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    return (1 - z) * _candidate(x, r * h, W, U, b) + z * h


@gru_step.twin(
    "Where is the reset gate?",
    "It is nowhere: the candidate is made with the whole old state, as the notes' last line alone would let one think.",
    "n = tanh(W_n x + U_n (r * h) + b_n).",
    "重置门在哪里？",
    "哪里都没有：候选状态用了整个旧状态，只看讲义的最后一行就会这样。",
    "n = tanh(W_n x + U_n (r * h) + b_n)。")
def gru_without_reset(x, h, W, U, b):
    _, z = _gates(x, h, W, U, b)
    return z * _candidate(x, h, W, U, b) + (1 - z) * h


@gru_step.twin(
    "Does r stand before or behind U_n?",
    "Behind: r * (U_n h), which is PyTorch's.",
    "Here the old state is reset first: U_n (r * h).",
    "r 在 U_n 之前还是之后？",
    "在之后：r * (U_n h)，那是 PyTorch 的。",
    "这里先重置旧状态：U_n (r * h)。")
def gru_with_reset_behind(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    n = td.tanh(x @ W[2].T + r * (h @ U[2].T) + b[2])
    return z * n + (1 - z) * h


@gru_step.twin(
    "Which weights belong to which gate?",
    "r and z are exchanged: W[0] is used for z.",
    "The order is r, z, n.",
    "哪组权重属于哪个门？",
    "r 和 z 弄反了：z 用了 W[0]。",
    "顺序是 r、z、n。")
def gru_with_the_gates_exchanged(x, h, W, U, b):
    z, r = _gates(x, h, W, U, b)
    n = _candidate(x, r * h, W, U, b)
    return z * n + (1 - z) * h


@gru_step.twin(
    "Follow h: which index of U meets it?",
    "This is h @ U: U is square, so no shape complains, but it is transposed.",
    "U h, with h in rows, is h @ U[k].T, as x @ W[k].T.",
    "跟着 h 看：与它相乘的是 U 的哪个下标？",
    "这是 h @ U：U 是方阵，形状不会报错，但它转置了。",
    "h 写成行时，U h 是 h @ U[k].T，与 x @ W[k].T 一样。")
def gru_with_transposed_u(x, h, W, U, b):
    return _gru(x, h, W, U.transpose(1, 2), b)


@gru_step.twin(
    "How large can a gate be?",
    "The gates are tanh: between -1 and 1.",
    "A gate is a share, between 0 and 1: sigmoid.",
    "门能有多大？",
    "门用了 tanh：在 -1 和 1 之间。",
    "门是一个比例，在 0 和 1 之间：用 sigmoid。")
def gru_with_tanh_gates(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b, td.tanh)
    return z * _candidate(x, r * h, W, U, b) + (1 - z) * h


@gru_step.twin(
    "Which activation has the candidate?",
    "sigmoid here, so that it is never below 0.",
    "n = tanh(...).",
    "候选状态用的是哪个激活函数？",
    "这里是 sigmoid，于是从不为负。",
    "n = tanh(...)。")
def gru_with_a_sigmoid_candidate(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    n = td.sigmoid(x @ W[2].T + (r * h) @ U[2].T + b[2])
    return z * n + (1 - z) * h


@gru_step.twin(
    "What is in the new state beside the candidate?",
    "Nothing: this is n, or z * n, and the old state is not kept.",
    "z * n + (1 - z) * h.",
    "新状态里除了候选状态还有什么？",
    "什么也没有：这是 z * n，旧状态没有保留。",
    "z * n + (1 - z) * h。")
def gru_without_the_old_state(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    return z * _candidate(x, r * h, W, U, b)


@gru_step.twin(
    "What weights the old state in the last line?",
    "r * h: the reset state is mixed in.",
    "r is for the candidate alone; the last line has h itself.",
    "最后一行里加权的是哪个旧状态？",
    "是 r * h：混进了重置过的状态。",
    "r 只用于候选状态；最后一行是 h 本身。")
def gru_that_keeps_the_reset_state(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    h = r * h
    return z * _candidate(x, h, W, U, b) + (1 - z) * h


@gru_step.twin(
    "What do the gates see: is the old state reset before z?",
    "h was replaced by r * h before z was computed.",
    "Both gates see h itself.",
    "门看到的是什么：算 z 之前旧状态就重置了吗？",
    "算 z 之前，h 已被换成 r * h。",
    "两个门看到的都是 h 本身。")
def gru_whose_update_sees_the_reset(x, h, W, U, b):
    r, _ = _gates(x, h, W, U, b)
    _, z = _gates(x, r * h, W, U, b)
    return z * _candidate(x, r * h, W, U, b) + (1 - z) * h


@gru_step.twin(
    "Is everything in it that the formulas have?",
    "The biases are missing.",
    "b[0], b[1] and b[2], inside of the activations.",
    "公式里的都用上了吗？",
    "少了偏置。",
    "b[0]、b[1] 和 b[2]，在激活函数里面。")
def gru_without_bias(x, h, W, U, b):
    return _gru(x, h, W, U, 0 * b)


@gru_step.twin(
    "Which state is asked for?",
    "This is the candidate n alone.",
    "The new state: z * n + (1 - z) * h.",
    "要的是哪个状态？",
    "这只是候选状态 n。",
    "要新状态：z * n + (1 - z) * h。")
def gru_candidate_alone(x, h, W, U, b):
    r, _ = _gates(x, h, W, U, b)
    return _candidate(x, r * h, W, U, b)


@gru_step.twin(
    "The numbers are right. What reaches the weights on the way back?",
    "Nothing: it is computed in NumPy, or detached.",
    "Use td.sigmoid, td.tanh and the Tensors themselves.",
    "数是对的。往回走时，什么能到达权重？",
    "什么也没有：是用 NumPy 算的，或被 detach 了。",
    "用 td.sigmoid、td.tanh 和张量本身。")
def gru_without_a_graph(x, h, W, U, b):
    return _gru(x, h, W, U, b).detach()


@gru_step.twin(
    "Do the two weights of the last line add up to 1?",
    "Both are 1 - z.",
    "z * n + (1 - z) * h: what one loses the other gains.",
    "最后一行的两个权重加起来是 1 吗？",
    "两个都是 1 - z。",
    "z * n + (1 - z) * h：此消彼长。")
def gru_with_one_minus_z_twice(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    return (1 - z) * _candidate(x, r * h, W, U, b) + (1 - z) * h


@gru_step.twin(
    "Do the two weights of the last line add up to 1?",
    "The old state is kept whole: z * n is added to it, as in a residual connection.",
    "z * n + (1 - z) * h.",
    "最后一行的两个权重加起来是 1 吗？",
    "旧状态全部保留，再加上 z * n，就像残差连接。",
    "z * n + (1 - z) * h。")
def gru_that_adds_to_the_old_state(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    return z * _candidate(x, r * h, W, U, b) + h


@gru_step.twin(
    "Which weights has the candidate?",
    "Those of z, index 1.",
    "The order is r, z, n: n has the index 2.",
    "候选状态用的是哪组权重？",
    "用了 z 的，下标 1。",
    "顺序是 r、z、n：n 的下标是 2。")
def gru_whose_candidate_has_the_weights_of_z(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    n = td.tanh(x @ W[1].T + (r * h) @ U[1].T + b[1])
    return z * n + (1 - z) * h


@gru_step.twin(
    "What is reset?",
    "The input: r multiplies W_n x.",
    "The old state: U_n (r * h).",
    "重置的是什么？",
    "是输入：r 乘了 W_n x。",
    "应是旧状态：U_n (r * h)。")
def gru_with_a_reset_input(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    n = td.tanh(r * (x @ W[2].T) + h @ U[2].T + b[2])
    return z * n + (1 - z) * h


@gru_step.twin(
    "Which gate is in the candidate?",
    "z, in both places: r is not used.",
    "n = tanh(W_n x + U_n (r * h) + b_n).",
    "候选状态里用的是哪个门？",
    "两处都用了 z：没有用到 r。",
    "n = tanh(W_n x + U_n (r * h) + b_n)。")
def gru_reset_by_z(x, h, W, U, b):
    _r, z = _gates(x, h, W, U, b)
    return z * _candidate(x, z * h, W, U, b) + (1 - z) * h


@gru_step.twin(
    "With r = 1, is the old state seen by the candidate?",
    "It is not: 1 - r stands in the place of r.",
    "U_n (r * h): r = 1 lets all of it through.",
    "r = 1 时，候选状态看得到旧状态吗？",
    "看不到：r 的位置上是 1 - r。",
    "U_n (r * h)：r = 1 时全部通过。")
def gru_reset_by_one_minus_r(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    return z * _candidate(x, (1 - r) * h, W, U, b) + (1 - z) * h


@gru_step.twin(
    "Can the candidate be larger than 1?",
    "It can: its tanh is missing.",
    "n = tanh(...).",
    "候选状态会大于 1 吗？",
    "会：少了 tanh。",
    "n = tanh(...)。")
def gru_without_tanh(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    n = x @ W[2].T + (r * h) @ U[2].T + b[2]
    return z * n + (1 - z) * h


@gru_step.twin(
    "With z = 0, is the state what it was?",
    "It is not: a tanh stands around the last line too.",
    "The last line has none: z * n + (1 - z) * h, so that z = 0 keeps h exactly.",
    "z = 0 时，状态和原来一样吗？",
    "不一样：最后一行外面又套了 tanh。",
    "最后一行没有 tanh：z * n + (1 - z) * h，z = 0 时 h 原样保留。")
def gru_with_tanh_at_the_end(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    return td.tanh(z * _candidate(x, r * h, W, U, b) + (1 - z) * h)


@gru_step.twin(
    "How large can a gate be?",
    "z has no sigmoid, and may be anything.",
    "z = sigmoid(...), between 0 and 1.",
    "门能有多大？",
    "z 没有经过 sigmoid，可以是任何数。",
    "z = sigmoid(...)，在 0 和 1 之间。")
def gru_with_an_open_update_gate(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    z = x @ W[1].T + h @ U[1].T + b[1]
    return z * _candidate(x, r * h, W, U, b) + (1 - z) * h


@gru_step.twin(
    "Is everything in the candidate that its formula has?",
    "b_n is missing.",
    "n = tanh(W_n x + U_n (r * h) + b_n).",
    "候选状态的公式里的都用上了吗？",
    "少了 b_n。",
    "n = tanh(W_n x + U_n (r * h) + b_n)。")
def gru_without_the_candidates_bias(x, h, W, U, b):
    r, z = _gates(x, h, W, U, b)
    n = td.tanh(x @ W[2].T + (r * h) @ U[2].T)
    return z * n + (1 - z) * h


# --- gru_step_torch ---

def _torch_case(n, i, h, k):
    return [tensor(_made(n, i, k=k)), tensor(_made(n, h, k=k + 0.2, size=0.9)), *_weights(i, h, k + 0.4),
            tensor(_made(3, h, k=k + 1.5, size=0.6))]


@lab.hole(cases=[_torch_case(2, 3, 4, 0.8), _torch_case(1, 2, 2, 1.1)],
          more=[_torch_case(3, 1, 2, 0.6), _torch_case(1, 3, 3, 1.6)],
          forbidden=["gru", "gru_gates"], points=3)
def gru_step_torch(x, h, W, U, b, c):
    gx = [x @ W[k].T + b[k] for k in range(3)]
    gh = [h @ U[k].T + c[k] for k in range(3)]
    r, z = step("r", td.sigmoid(gx[0] + gh[0])), step("z", td.sigmoid(gx[1] + gh[1]))
    n = step("n", td.tanh(gx[2] + step("r * (U_n h + c_n)", r * gh[2])))
    return (1 - z) * n + z * h


def _parts(x, h, W, U, b, c):
    gx, gh = ([y @ M[k].T + d[k] for k in range(3)] for y, M, d in ((x, W, b), (h, U, c)))
    return td.sigmoid(gx[0] + gh[0]), td.sigmoid(gx[1] + gh[1]), gx, gh


@gru_step_torch.twin(
    "If z = 1, is the state new or old?",
    "Here z weights the candidate: this is the notes' convention.",
    "In PyTorch z weights the old state: (1 - z) * n + z * h.",
    "z = 1 时，状态是新的还是旧的？",
    "这里 z 加权候选状态：这是讲义的约定。",
    "PyTorch 里 z 加权旧状态：(1 - z) * n + z * h。")
def torch_with_z_on_the_candidate(x, h, W, U, b, c):
    r, z, gx, gh = _parts(x, h, W, U, b, c)
    return z * td.tanh(gx[2] + r * gh[2]) + (1 - z) * h


@gru_step_torch.twin(
    "Does r stand before or behind U_n?",
    "Before: U_n (r * h), which is the formula of gru_step.",
    "In PyTorch r multiplies the finished product, with its bias: r * (U_n h + c_n).",
    "r 在 U_n 之前还是之后？",
    "在之前：U_n (r * h)，那是 gru_step 的公式。",
    "PyTorch 里 r 乘的是算好的乘积连同偏置：r * (U_n h + c_n)。")
def torch_with_reset_before(x, h, W, U, b, c):
    r, z, gx, _ = _parts(x, h, W, U, b, c)
    return (1 - z) * td.tanh(gx[2] + (r * h) @ U[2].T + c[2]) + z * h


@gru_step_torch.twin(
    "Is c_n inside or outside of the parenthesis that r multiplies?",
    "Outside: r * (U_n h) + c_n.",
    "r * (U_n h + c_n): this is why PyTorch has two biases.",
    "c_n 在 r 所乘的括号里面还是外面？",
    "在外面：r * (U_n h) + c_n。",
    "r * (U_n h + c_n)：PyTorch 有两个偏置正是因为这个。")
def torch_with_c_outside(x, h, W, U, b, c):
    r, z, gx, gh = _parts(x, h, W, U, b, c)
    return (1 - z) * td.tanh(gx[2] + r * (gh[2] - c[2]) + c[2]) + z * h


@gru_step_torch.twin(
    "What does r multiply?",
    "Everything inside of the tanh, W_n x too.",
    "Only what comes from the old state: W_n x + b_n + r * (U_n h + c_n).",
    "r 乘的是什么？",
    "乘了 tanh 里面的一切，连 W_n x 也在内。",
    "只乘来自旧状态的部分：W_n x + b_n + r * (U_n h + c_n)。")
def torch_with_reset_of_all(x, h, W, U, b, c):
    r, z, gx, gh = _parts(x, h, W, U, b, c)
    return (1 - z) * td.tanh(r * (gx[2] + gh[2])) + z * h


@gru_step_torch.twin(
    "Where is the reset gate?",
    "It is nowhere.",
    "n = tanh(W_n x + b_n + r * (U_n h + c_n)).",
    "重置门在哪里？",
    "哪里都没有。",
    "n = tanh(W_n x + b_n + r * (U_n h + c_n))。")
def torch_without_reset(x, h, W, U, b, c):
    _, z, gx, gh = _parts(x, h, W, U, b, c)
    return (1 - z) * td.tanh(gx[2] + gh[2]) + z * h


@gru_step_torch.twin(
    "Which biases have the gates?",
    "r and z have b alone: c is used for n only.",
    "Both: r = sigmoid(W_r x + b_r + U_r h + c_r).",
    "两个门有哪些偏置？",
    "r 和 z 只有 b：c 只用在了 n 里。",
    "两个都有：r = sigmoid(W_r x + b_r + U_r h + c_r)。")
def torch_with_c_in_n_alone(x, h, W, U, b, c):
    _, _, gx, gh = _parts(x, h, W, U, b, c)
    r, z = (td.sigmoid(gx[k] + gh[k] - c[k]) for k in (0, 1))
    return (1 - z) * td.tanh(gx[2] + r * gh[2]) + z * h


@gru_step_torch.twin(
    "Is c in it?",
    "c is used nowhere.",
    "Every U h has its own bias c.",
    "用到 c 了吗？",
    "哪里都没有用到 c。",
    "每个 U h 都有自己的偏置 c。")
def torch_without_c(x, h, W, U, b, c):
    r, z, gx, gh = _parts(x, h, W, U, b, 0 * c)
    return (1 - z) * td.tanh(gx[2] + r * gh[2]) + z * h


@gru_step_torch.twin(
    "Which weights belong to which gate?",
    "r and z are exchanged: W[0] is used for z.",
    "PyTorch's order is r, z, n.",
    "哪组权重属于哪个门？",
    "r 和 z 弄反了：z 用了 W[0]。",
    "PyTorch 的顺序是 r、z、n。")
def torch_with_the_gates_exchanged(x, h, W, U, b, c):
    z, r, gx, gh = _parts(x, h, W, U, b, c)
    return (1 - z) * td.tanh(gx[2] + r * gh[2]) + z * h


@gru_step_torch.twin(
    "Follow h: which index of U meets it?",
    "This is h @ U, transposed.",
    "h @ U[k].T, as x @ W[k].T.",
    "跟着 h 看：与它相乘的是 U 的哪个下标？",
    "这是 h @ U，转置了。",
    "h @ U[k].T，与 x @ W[k].T 一样。")
def torch_with_transposed_u(x, h, W, U, b, c):
    r, z, gx, gh = _parts(x, h, W, U.transpose(1, 2), b, c)
    return (1 - z) * td.tanh(gx[2] + r * gh[2]) + z * h


@gru_step_torch.twin(
    "Is b_n inside or outside of the parenthesis that r multiplies?",
    "Inside, beside c_n.",
    "b_n belongs to W_n x, and is not reset: W_n x + b_n + r * (U_n h + c_n).",
    "b_n 在 r 所乘的括号里面还是外面？",
    "在里面，和 c_n 一起。",
    "b_n 属于 W_n x，不被重置：W_n x + b_n + r * (U_n h + c_n)。")
def torch_with_b_inside(x, h, W, U, b, c):
    r, z, _gx, gh = _parts(x, h, W, U, b, c)
    return (1 - z) * td.tanh(x @ W[2].T + r * (gh[2] + b[2])) + z * h


@gru_step_torch.twin(
    "What differs between the two formulas?",
    "This is gru_step with the biases added up: z weights the candidate, and r stands before U_n.",
    "Two lines change: n = tanh(W_n x + b_n + r * (U_n h + c_n)), and (1 - z) * n + z * h.",
    "两个公式有哪些不同？",
    "这是把两个偏置加起来的 gru_step：z 加权候选状态，r 在 U_n 之前。",
    "有两行要改：n = tanh(W_n x + b_n + r * (U_n h + c_n))，以及 (1 - z) * n + z * h。")
def torch_by_gru_step(x, h, W, U, b, c):
    return _gru(x, h, W, U, b + c)


@gru_step_torch.twin(
    "Can gru_step do this with other weights?",
    "The signs of all are changed: r and n are turned round as well.",
    "A change of sign helps z alone, and where r stands cannot be mended by weights: write the formula.",
    "换一组权重，gru_step 就能做到吗？",
    "所有权重都变了号：r 和 n 也反了。",
    "变号只对 z 有用，而 r 的位置靠权重改不过来：请写出公式。")
def torch_by_signs(x, h, W, U, b, c):
    return _gru(x, h, -W, -U, -b - c)


@gru_step_torch.twin(
    "Is c_n in it?",
    "c is in the gates, and missing in n.",
    "n = tanh(W_n x + b_n + r * (U_n h + c_n)).",
    "用到 c_n 了吗？",
    "两个门里有 c，n 里没有。",
    "n = tanh(W_n x + b_n + r * (U_n h + c_n))。")
def torch_without_c_of_n(x, h, W, U, b, c):
    r, z, gx, gh = _parts(x, h, W, U, b, c)
    return (1 - z) * td.tanh(gx[2] + r * (gh[2] - c[2])) + z * h


@gru_step_torch.twin(
    "Which bias belongs to U h?",
    "b is added twice, and c is not used.",
    "b goes with W x, c with U h.",
    "哪个偏置属于 U h？",
    "b 加了两次，没有用到 c。",
    "b 配 W x，c 配 U h。")
def torch_with_b_for_c(x, h, W, U, b, c):
    r, z, gx, gh = _parts(x, h, W, U, b, b)
    return (1 - z) * td.tanh(gx[2] + r * gh[2]) + z * h


@gru_step_torch.twin(
    "How often does r come in?",
    "Twice, before U_n and behind it.",
    "Once, behind: r * (U_n h + c_n).",
    "r 出现了几次？",
    "两次，U_n 之前和之后各一次。",
    "只在之后一次：r * (U_n h + c_n)。")
def torch_with_two_resets(x, h, W, U, b, c):
    r, z, gx, _gh = _parts(x, h, W, U, b, c)
    return (1 - z) * td.tanh(gx[2] + r * ((r * h) @ U[2].T + c[2])) + z * h


# --- other_convention ---

def _numbers(i, h, k):
    return [array(_made(3, h, i, k=k)), array(_made(3, h, h, k=k + 0.3)), array(_made(3, h, k=k + 0.6, size=0.5))]


@lab.hole(cases=[_numbers(2, 3, 0.9), _numbers(1, 2, 1.4)], more=[_numbers(3, 2, 0.4)])
def other_convention(W, U, b):
    sign = np.array([1.0, -1.0, 1.0])
    return W * sign[:, None, None], U * sign[:, None, None], b * sign[:, None]


def _signed(W, U, b, *signs):
    sign = np.array(signs, float)
    return W * sign[:, None, None], U * sign[:, None, None], b * sign[:, None]


@other_convention.twin(
    "Does anything change?",
    "These are the weights as they came.",
    "1 - z = sigmoid(-(W_z x + U_z h + b_z)): z's weights change their sign.",
    "有什么改变吗？",
    "这就是原来的权重。",
    "1 - z = sigmoid(-(W_z x + U_z h + b_z))：z 的权重要变号。")
def convention_unchanged(W, U, b):
    return W, U, b


@other_convention.twin(
    "Which gate is concerned?",
    "All weights have changed their sign, those of r and n too.",
    "Only z's place differs: index 1.",
    "涉及的是哪个门？",
    "所有权重都变了号，r 和 n 的也变了。",
    "不同的只是 z：下标 1。")
def convention_with_all_signs(W, U, b):
    return _signed(W, U, b, -1, -1, -1)


@other_convention.twin(
    "Which gate is concerned?",
    "The first, r, has changed its sign.",
    "The order is r, z, n: z has the index 1.",
    "涉及的是哪个门？",
    "变号的是第一个，r。",
    "顺序是 r、z、n：z 的下标是 1。")
def convention_with_the_reset_gate(W, U, b):
    return _signed(W, U, b, -1, 1, 1)


@other_convention.twin(
    "Which gate is concerned?",
    "The candidate's weights have changed their sign.",
    "The order is r, z, n: z has the index 1.",
    "涉及的是哪个门？",
    "变号的是候选状态的权重。",
    "顺序是 r、z、n：z 的下标是 1。")
def convention_with_the_candidate(W, U, b):
    return _signed(W, U, b, 1, 1, -1)


@other_convention.twin(
    "sigmoid(-a): what is a?",
    "The bias has kept its sign.",
    "a = W_z x + U_z h + b_z: all three change.",
    "sigmoid(-a) 里的 a 是什么？",
    "偏置没有变号。",
    "a = W_z x + U_z h + b_z：三者都要变号。")
def convention_without_the_bias(W, U, b):
    return *_signed(W, U, b, 1, -1, 1)[:2], b


@other_convention.twin(
    "sigmoid(-a): what is a?",
    "U has kept its sign.",
    "a = W_z x + U_z h + b_z: all three change.",
    "sigmoid(-a) 里的 a 是什么？",
    "U 没有变号。",
    "a = W_z x + U_z h + b_z：三者都要变号。")
def convention_without_u(W, U, b):
    made = _signed(W, U, b, 1, -1, 1)
    return made[0], U, made[2]


@other_convention.twin(
    "Is 1 - sigmoid(a) the same as sigmoid(1 - a)?",
    "The weights of z are 1 - w here.",
    "1 - sigmoid(a) = sigmoid(-a): minus, and nothing else.",
    "1 - sigmoid(a) 等于 sigmoid(1 - a) 吗？",
    "这里 z 的权重成了 1 - w。",
    "1 - sigmoid(a) = sigmoid(-a)：只是取负。")
def convention_by_one_minus(W, U, b):
    made = [x.copy() for x in (W, U, b)]
    for x in made:
        x[1] = 1 - x[1]
    return tuple(made)


@other_convention.twin(
    "The numbers are right. Look at the weights after the call.",
    "They are changed in place: `W[1] = -W[1]`.",
    "Copy first: W = W.copy().",
    "数是对的。看看调用之后的权重。",
    "它们被就地改了：`W[1] = -W[1]`。",
    "先复制：W = W.copy()。")
def convention_in_place(W, U, b):
    for x in (W, U, b):
        x[1] = -x[1]
    return W, U, b


@other_convention.twin(
    "Is it the order of the gates that differs?",
    "r and z have changed places.",
    "The order is the same; z's weights change their sign.",
    "不同的是门的顺序吗？",
    "r 和 z 换了位置。",
    "顺序相同；z 的权重变号。")
def convention_by_order(W, U, b):
    return W[[1, 0, 2]], U[[1, 0, 2]], b[[1, 0, 2]]


@other_convention.twin(
    "sigmoid(-a): what is a?",
    "W alone has changed its sign.",
    "a = W_z x + U_z h + b_z: all three change.",
    "sigmoid(-a) 里的 a 是什么？",
    "只有 W 变了号。",
    "a = W_z x + U_z h + b_z：三者都要变号。")
def convention_of_w_alone(W, U, b):
    return _signed(W, U, b, 1, -1, 1)[0], U, b


@other_convention.twin(
    "sigmoid(-a): what is a?",
    "b alone has changed its sign.",
    "a = W_z x + U_z h + b_z: all three change.",
    "sigmoid(-a) 里的 a 是什么？",
    "只有 b 变了号。",
    "a = W_z x + U_z h + b_z：三者都要变号。")
def convention_of_b_alone(W, U, b):
    return W, U, _signed(W, U, b, 1, -1, 1)[2]


@other_convention.twin(
    "Along which axis do r, z, n stand?",
    "x[:, 1] is the second hidden unit of all three.",
    "The first axis: x[1] is z's.",
    "r、z、n 排在哪个轴上？",
    "x[:, 1] 是三组各自的第二个隐藏单元。",
    "在第一个轴上：x[1] 是 z 的。")
def convention_of_another_axis(W, U, b):
    made = [x.copy() for x in (W, U, b)]
    for x in made:
        x[:, 1] = -x[:, 1]
    return tuple(made)


@other_convention.twin(
    "Of what is the sigmoid taken: of weights, or of a sum of products?",
    "The weights themselves went through the sigmoid.",
    "Only their sign changes; gru_step takes the sigmoid.",
    "sigmoid 作用于什么：权重，还是乘积之和？",
    "权重本身过了 sigmoid。",
    "只变号；sigmoid 由 gru_step 来做。")
def convention_by_sigmoid(W, U, b):
    made = [x.copy() for x in (W, U, b)]
    for x in made:
        x[1] = 1 / (1 + np.exp(x[1]))
    return tuple(made)


@other_convention.twin(
    "Is it the order of the gates that differs?",
    "z and n have changed places.",
    "The order is the same; z's weights change their sign.",
    "不同的是门的顺序吗？",
    "z 和 n 换了位置。",
    "顺序相同；z 的权重变号。")
def convention_with_z_and_n_exchanged(W, U, b):
    return W[[0, 2, 1]], U[[0, 2, 1]], b[[0, 2, 1]]


@other_convention.twin(
    "Which gate is concerned?",
    "Both gates have changed their sign, r too.",
    "Only z's: index 1.",
    "涉及的是哪个门？",
    "两个门都变了号，r 也变了。",
    "只有 z：下标 1。")
def convention_of_both_gates(W, U, b):
    return _signed(W, U, b, -1, -1, 1)


@other_convention.twin(
    "What are the shapes of what is returned?",
    "Only z's part comes back.",
    "All three gates: the shapes stay (3, H, I), (3, H, H) and (3, H).",
    "返回的形状是什么？",
    "只返回了 z 的那一部分。",
    "三组都要：形状仍是 (3, H, I)、(3, H, H) 和 (3, H)。")
def convention_of_z_alone_returned(W, U, b):
    return -W[1], -U[1], -b[1]


# --- mask_of ---

@lab.hole(cases=[[array([3, 1, 4]), 5], [array([2, 0]), 2], [array([1]), 3]], more=[[array([2, 4, 0, 1]), 4], [array([3, 1]), 6]])
def mask_of(lengths, T):
    return np.arange(T) < lengths[:, None]


@mask_of.twin(
    "What is True: real tokens, or padding?",
    "Padding is True.",
    "True at real tokens: t < length.",
    "True 表示真实词元，还是填充？",
    "填充处为 True。",
    "真实词元处为 True：t < length。")
def mask_of_padding(lengths, T):
    return np.arange(T) >= lengths[:, None]


@mask_of.twin(
    "How many True has a sequence of length 3?",
    "One too many: <= in place of <.",
    "t counts from 0: t < length.",
    "长度为 3 的序列有几个 True？",
    "多了一个：用了 <= 而不是 <。",
    "t 从 0 数起：t < length。")
def mask_with_one_too_many(lengths, T):
    return np.arange(T) <= lengths[:, None]


@mask_of.twin(
    "How many True has a sequence of length 3?",
    "One too few: t counts from 1, or the last token is left out.",
    "t counts from 0: t < length.",
    "长度为 3 的序列有几个 True？",
    "少了一个：t 从 1 数起，或漏掉了最后一个词元。",
    "t 从 0 数起：t < length。")
def mask_with_one_too_few(lengths, T):
    return np.arange(1, T + 1) < lengths[:, None]


@mask_of.twin(
    "Which axis are the sequences?",
    "The columns: this is (T, N).",
    "A row for each sequence: np.arange(T) < lengths[:, None].",
    "哪个轴是序列？",
    "是列：这是 (T, N)。",
    "每个序列一行：np.arange(T) < lengths[:, None]。")
def mask_with_time_first(lengths, T):
    return np.arange(T)[:, None] < lengths


@mask_of.twin(
    "Where is the padding?",
    "At the front here.",
    "At the end: the first `length` places are True.",
    "填充在哪里？",
    "这里在前面。",
    "在末尾：前 `length` 个位置为 True。")
def mask_with_padding_in_front(lengths, T):
    return np.arange(T) >= T - lengths[:, None]


@mask_of.twin(
    "How many columns are asked for?",
    "As many as the longest sequence has: T is not used.",
    "The batch may be padded further: T columns.",
    "要几列？",
    "只有最长序列那么多：没有用到 T。",
    "批可能填充得更长：要 T 列。")
def mask_as_long_as_the_longest(lengths, T):
    return np.arange(lengths.max()) < lengths[:, None]


@mask_of.twin(
    "How many True has a sequence of length 3, and how many one of length 0?",
    "m[i, :length - 1]: one too few, and of length 0 nearly all.",
    "A slice :length has `length` places.",
    "长度为 3 的序列有几个 True？长度为 0 的呢？",
    "m[i, :length - 1]：少了一个，长度为 0 时却几乎全是 True。",
    "切片 :length 正好有 `length` 个位置。")
def mask_filled_to_one_before_the_end(lengths, T):
    m = np.zeros((len(lengths), T), bool)
    for i, length in enumerate(lengths):
        m[i, :length - 1] = True
    return m


@mask_of.twin(
    "How many True has a sequence of length 3?",
    "One, its last token.",
    "All of the first `length` places.",
    "长度为 3 的序列有几个 True？",
    "只有一个，即最后一个词元。",
    "前 `length` 个位置都是。")
def mask_of_the_last_alone(lengths, T):
    return np.arange(T) == lengths[:, None] - 1


@mask_of.twin(
    "How many True has a sequence of length 3?",
    "One, the place behind its end; and where there is none, an IndexError.",
    "All of the first `length` places: t < length.",
    "长度为 3 的序列有几个 True？",
    "只有一个，即结尾之后的那个位置；没有这个位置时会越界。",
    "前 `length` 个位置都是：t < length。")
def mask_of_the_place_behind(lengths, T):
    m = np.zeros((len(lengths), T), bool)
    for i, length in enumerate(lengths):
        m[i, length] = True
    return m


@mask_of.twin(
    "What kind of numbers are asked for?",
    "0 and -inf, as one adds to the scores of attention.",
    "True and False.",
    "要的是什么样的数？",
    "给出的是 0 和 -inf，那是加到注意力分数上的。",
    "要 True 和 False。")
def mask_of_infinities(lengths, T):
    return np.where(np.arange(T) < lengths[:, None], 0.0, -np.inf)


@mask_of.twin(
    "Where is the padding?",
    "In front: m[i, -length:] fills from behind, and of length 0 all.",
    "At the end: m[i, :length].",
    "填充在哪里？",
    "在前面：m[i, -length:] 从末尾填起，长度为 0 时全填。",
    "在末尾：m[i, :length]。")
def mask_of_a_slice_from_behind(lengths, T):
    m = np.zeros((len(lengths), T), bool)
    for i, length in enumerate(lengths):
        m[i, -length:] = True
    return m


# --- masked_states ---

def _padded(n, t, i, h, lengths, k):
    xs = _made(t, n, i, k=k)
    return [tensor(xs), array(np.arange(t) < np.array(lengths)[:, None]), *_weights(i, h, k + 0.5)]


@lab.hole(cases=[_padded(2, 4, 1, 3, [2, 4], 0.8), _padded(2, 2, 2, 2, [1, 2], 1.2)],
          more=[_padded(3, 3, 1, 2, [3, 1, 2], 0.6), _padded(2, 2, 1, 2, [2, 1], 1.5)], forbidden=["gru", "gru_gates"])
def masked_states(xs, mask, W, U, b):
    h = td.zeros(xs.shape[1], b.shape[1], dtype=td.float64)
    states = []
    for t in range(xs.shape[0]):
        h = td.where(mask[:, t, None], gru_step(xs[t], h, W, U, b), h)
        states.append(h)
    return td.stack(states)


def _run(xs, mask, W, U, b, mix):
    h, states = td.zeros(xs.shape[1], b.shape[1], dtype=td.float64), []
    for t in range(xs.shape[0]):
        new = _gru(xs[t], h, W, U, b)
        h, shown = mix(td.tensor(mask[:, t, None]), new, h)
        states.append(shown)
    return td.stack(states)


@masked_states.twin(
    "What is the state of an ended sequence at padding?",
    "It goes on: the mask is not used.",
    "h = td.where(mask[:, t, None], new, h).",
    "已结束的序列在填充处的状态是什么？",
    "还在变：没有用到掩码。",
    "h = td.where(mask[:, t, None], new, h)。")
def states_without_mask(xs, mask, W, U, b):
    return _run(xs, mask, W, U, b, lambda m, new, h: (new, new))


@masked_states.twin(
    "What is the state of an ended sequence at padding?",
    "0: new * mask forgets the state.",
    "It stays what it was: where the mask is False, take the old h.",
    "已结束的序列在填充处的状态是什么？",
    "是 0：new * mask 把状态忘掉了。",
    "应保持不变：掩码为 False 处取旧的 h。")
def states_of_zero_at_padding(xs, mask, W, U, b):
    return _run(xs, mask, W, U, b, lambda m, new, h: (td.where(m, new, 0 * h),) * 2)


@masked_states.twin(
    "Where is the old state taken, and where the new one?",
    "The wrong way round: real tokens are passed over, and padding is read.",
    "td.where(condition, a, b) takes a where the condition is True: the new state.",
    "哪里取旧状态，哪里取新状态？",
    "弄反了：真实词元被跳过，填充却被读了。",
    "td.where(条件, a, b) 在条件为 True 处取 a：新状态。")
def states_with_the_mask_turned_round(xs, mask, W, U, b):
    return _run(xs, mask, W, U, b, lambda m, new, h: (td.where(m, h, new),) * 2)


@masked_states.twin(
    "What is handed to the next step at padding?",
    "What is shown waits, but what is handed on does not: the new state is, masked only in the list.",
    "The masked state takes the place of h: h = td.where(...), then append h.",
    "填充处传给下一步的是什么？",
    "列表里的状态停住了，传下去的却没有：只在列表里加了掩码。",
    "加过掩码的状态要取代 h：先 h = td.where(...)，再加入 h。")
def states_masked_in_the_list_alone(xs, mask, W, U, b):
    return _run(xs, mask, W, U, b, lambda m, new, h: (new, td.where(m, new, h)))


@masked_states.twin(
    "Is an input of 0 the same as no step?",
    "The inputs at padding are made 0, and the step is taken all the same: U h and b change the state.",
    "Keep the old state: td.where(mask[:, t, None], new, h).",
    "输入为 0 等于没有走这一步吗？",
    "填充处的输入变成了 0，但这一步照样走了：U h 和 b 会改变状态。",
    "要保留旧状态：td.where(mask[:, t, None], new, h)。")
def states_of_zero_inputs(xs, mask, W, U, b):
    return states_without_mask(xs * mask.T[:, :, None], mask, W, U, b)


@masked_states.twin(
    "Which column of the mask belongs to step t?",
    "Rows are taken for columns: mask[t] in place of mask[:, t].",
    "mask is (N, T): step t is mask[:, t, None], a column (N, 1).",
    "第 t 步对应掩码的哪一列？",
    "把行当成了列：用了 mask[t] 而不是 mask[:, t]。",
    "mask 是 (N, T)：第 t 步是 mask[:, t, None]，一列 (N, 1)。")
def states_by_rows_of_the_mask(xs, mask, W, U, b):
    h, states = td.zeros(xs.shape[1], b.shape[1], dtype=td.float64), []
    for t in range(xs.shape[0]):
        h = td.where(td.tensor(mask[t][:, None]), _gru(xs[t], h, W, U, b), h)
        states.append(h)
    return td.stack(states)


@masked_states.twin(
    "How many states are asked for?",
    "This is the last one alone.",
    "All T of them: (T, N, H).",
    "要几个状态？",
    "这只是最后一个。",
    "全部 T 个：(T, N, H)。")
def states_the_last_alone(xs, mask, W, U, b):
    return masked_states(xs, mask, W, U, b)[-1]


@masked_states.twin(
    "From which state does the second step begin?",
    "Every step begins with zeros.",
    "h is handed on from step to step.",
    "第二步从哪个状态开始？",
    "每一步都从零开始。",
    "h 要逐步传下去。")
def states_that_begin_anew(xs, mask, W, U, b):
    return _run(xs, mask, W, U, b, lambda m, new, h: (0 * h, td.where(m, new, h)))


@masked_states.twin(
    "Which state is put down at padding?",
    "The new one: what is handed on waits, and what is put down does not.",
    "Append h, after it has been masked.",
    "填充处记下的是哪个状态？",
    "是新状态：传下去的停住了，记下的却没有。",
    "应加入掩码之后的 h。")
def states_whose_list_has_the_new_ones(xs, mask, W, U, b):
    return _run(xs, mask, W, U, b, lambda m, new, h: (td.where(m, new, h), new))


@masked_states.twin(
    "Do all sequences end together?",
    "As soon as one has ended, all wait.",
    "Each by itself: td.where with the column mask[:, t, None].",
    "所有序列同时结束吗？",
    "一个结束了，其他的就都停下。",
    "各管各的：用 td.where 和一列 mask[:, t, None]。")
def states_while_all_are_real(xs, mask, W, U, b):
    h, states = td.zeros(xs.shape[1], b.shape[1], dtype=td.float64), []
    for t in range(xs.shape[0]):
        h = _gru(xs[t], h, W, U, b) if mask[:, t].all() else h
        states.append(h)
    return td.stack(states)


@masked_states.twin(
    "Where the token is real, is the old state in it still?",
    "It is: mask * new + h adds the new state to the old.",
    "The new one or the old one: td.where(mask, new, h).",
    "词元是真实的时候，旧状态还在里面吗？",
    "还在：mask * new + h 把新状态加到了旧状态上。",
    "要么新的，要么旧的：td.where(mask, new, h)。")
def states_that_add_up(xs, mask, W, U, b):
    return _run(xs, mask, W, U, b, lambda m, new, h: (td.where(m, new, 0 * h) + h,) * 2)


@masked_states.twin(
    "Which shape does the result have?",
    "The batch comes first here, (N, T, H).",
    "The time comes first, as in xs: td.stack(states).",
    "结果的形状是什么？",
    "这里批在最前面：(N, T, H)。",
    "和 xs 一样，时间在最前面：td.stack(states)。")
def states_with_the_batch_first(xs, mask, W, U, b):
    return td.stack([masked_states(xs, mask, W, U, b)[t] for t in range(xs.shape[0])], 1)


# --- last_states ---

HS = _made(4, 3, 2, k=0.7)


@lab.hole(cases=[[tensor(HS), array([2, 4, 1])], [tensor(_made(3, 3, 1, k=1.3)), array([3, 1, 2])]],
          more=[[tensor(_made(5, 2, 3, k=0.5)), array([3, 5])], [tensor(_made(2, 2, 2, k=1.1)), array([1, 2])]])
def last_states(hs, lengths):
    return hs[lengths - 1, np.arange(len(lengths))]


@last_states.twin(
    "At which step ends a sequence of length 2?",
    "These are the states after step T of all, padding included.",
    "Each sequence has its own: hs[lengths - 1, rows].",
    "长度为 2 的序列在哪一步结束？",
    "这些都是第 T 步之后的状态，把填充也走完了。",
    "每个序列各有自己的：hs[lengths - 1, 行号]。")
def last_of_all(hs, lengths):
    return hs[-1]


@last_states.twin(
    "At which index stands the state after step 1?",
    "One step too late: hs[lengths]; for the longest there is none, and the index is out of range, or begins anew.",
    "Steps count from 1, indices from 0: lengths - 1.",
    "第 1 步之后的状态，下标是多少？",
    "晚了一步：hs[lengths]；最长的序列没有这个下标，会越界。",
    "步数从 1 数起，下标从 0 数起：lengths - 1。")
def last_a_step_late(hs, lengths):
    return hs[lengths, np.arange(len(lengths))]


@last_states.twin(
    "At which index stands the state after step 1?",
    "One step too early: lengths - 2, which for a sequence of one token is the end of the list.",
    "Steps count from 1, indices from 0: lengths - 1.",
    "第 1 步之后的状态，下标是多少？",
    "早了一步：lengths - 2；只有一个词元的序列会取到列表末尾。",
    "步数从 1 数起，下标从 0 数起：lengths - 1。")
def last_a_step_early(hs, lengths):
    return hs[lengths - 2, np.arange(len(lengths))]


@last_states.twin(
    "How many states of how many sequences come out?",
    "hs[lengths - 1] takes for every length the states of all sequences: (N, N, H).",
    "Two indices, one of time and one of the sequence: hs[lengths - 1, np.arange(N)].",
    "得到几个序列的几个状态？",
    "hs[lengths - 1] 对每个长度都取了所有序列的状态：(N, N, H)。",
    "要两个下标，时间和序列：hs[lengths - 1, np.arange(N)]。")
def last_of_every_sequence(hs, lengths):
    return hs[lengths - 1]


@last_states.twin(
    "Which axis of hs is the time?",
    "The indices are exchanged: hs[rows, lengths - 1] is for (N, T, H).",
    "hs is (T, N, H): hs[lengths - 1, rows].",
    "hs 的哪个轴是时间？",
    "下标弄反了：hs[行号, lengths - 1] 用于 (N, T, H)。",
    "hs 是 (T, N, H)：hs[lengths - 1, 行号]。")
def last_with_the_axes_exchanged(hs, lengths):
    return hs[np.arange(len(lengths)), lengths - 1]


@last_states.twin(
    "Whose length is used?",
    "The greatest length, or the first, is used for all.",
    "Each sequence has its own: hs[lengths - 1, np.arange(N)].",
    "用的是谁的长度？",
    "所有序列都用了第一个的长度。",
    "每个序列各有自己的：hs[lengths - 1, np.arange(N)]。")
def last_of_the_first_length(hs, lengths):
    return hs[int(lengths[0]) - 1]


@last_states.twin(
    "The numbers are right. What reaches hs on the way back?",
    "Nothing: an array, or a detached Tensor, came out.",
    "Index the Tensor itself.",
    "数是对的。往回走时，什么能到达 hs？",
    "什么也没有：得到的是数组，或 detach 过的张量。",
    "直接对张量取下标。")
def last_without_a_graph(hs, lengths):
    return hs.detach().numpy()[lengths - 1, np.arange(len(lengths))]


@last_states.twin(
    "How many states are in it?",
    "The sum of all, padding included.",
    "One of each sequence: hs[lengths - 1, np.arange(N)].",
    "里面有几个状态？",
    "是所有状态之和，连填充也在内。",
    "每个序列取一个：hs[lengths - 1, np.arange(N)]。")
def last_as_a_sum(hs, lengths):
    return hs.sum(axis=0)


@last_states.twin(
    "Which shape does the result have?",
    "All stand in one row: td.cat joins along an axis that is there.",
    "td.stack makes a new axis: (N, H).",
    "结果的形状是什么？",
    "全都排成了一行：td.cat 沿已有的轴拼接。",
    "td.stack 新建一个轴：(N, H)。")
def last_in_one_row(hs, lengths):
    return last_states(hs, lengths).reshape(-1)


# --- masked_mean ---

X, M = _made(3, 4, 2, k=0.9), np.arange(4) < np.array([2, 4, 0])[:, None]


@lab.hole(cases=[[tensor(X), array(M)], [tensor(_made(2, 3, 1, k=1.4)), array(np.arange(3) < np.array([1, 2])[:, None])]],
          more=[[tensor(_made(3, 2, 3, k=0.6)), array(np.arange(2) < np.array([1, 0, 2])[:, None])],
                [tensor(_made(2, 5, 2, k=1.1)), array(np.arange(5) < np.array([4, 2])[:, None])]])
def masked_mean(x, mask):
    total = step("sum of real tokens", (x * mask[:, :, None]).sum(axis=1))
    return total / np.maximum(mask.sum(axis=1), 1)[:, None]


@masked_mean.twin(
    "What stands at padding, and does it count?",
    "This is the mean over all T places: padding is in the sum, and in the number.",
    "Multiply by the mask, and divide by how many are real.",
    "填充处是什么，它算数吗？",
    "这是对全部 T 个位置取平均：填充既进了和，也进了个数。",
    "乘以掩码，再除以真实词元的个数。")
def mean_of_all(x, mask):
    return x.mean(axis=1)


@masked_mean.twin(
    "By what is the sum divided?",
    "By T: padding is out of the sum, but still below the fraction bar.",
    "Divide by the number of real tokens, mask.sum(axis=1).",
    "和除以了什么？",
    "除以了 T：填充不在和里，却还在分母里。",
    "除以真实词元的个数 mask.sum(axis=1)。")
def mean_divided_by_all(x, mask):
    return (x * mask[:, :, None]).mean(axis=1)


@masked_mean.twin(
    "What is in the sum?",
    "Everything, padding too; only the number is that of real tokens.",
    "Multiply by the mask before the sum.",
    "和里有什么？",
    "什么都有，连填充也在；只有个数是真实词元的。",
    "求和之前先乘以掩码。")
def mean_of_an_unmasked_sum(x, mask):
    return x.sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None]


@masked_mean.twin(
    "Try a sequence of length 0.",
    "0 / 0 is nan.",
    "Divide by np.maximum(count, 1): the sum is 0 already.",
    "试试长度为 0 的序列。",
    "0 / 0 是 nan。",
    "除以 np.maximum(个数, 1)：和已经是 0 了。")
def mean_with_nan(x, mask):
    return (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]


@masked_mean.twin(
    "By what is the sum divided?",
    "By nothing: this is the sum.",
    "Divide by the number of real tokens.",
    "和除以了什么？",
    "什么也没除：这是和。",
    "除以真实词元的个数。")
def mean_that_is_a_sum(x, mask):
    return (x * mask[:, :, None]).sum(axis=1)


@masked_mean.twin(
    "By what is the sum divided?",
    "By the number of real tokens of the whole batch.",
    "Each sequence has its own number: mask.sum(axis=1)[:, None].",
    "和除以了什么？",
    "除以了整个批的真实词元个数。",
    "每个序列有自己的个数：mask.sum(axis=1)[:, None]。")
def mean_divided_by_the_batch(x, mask):
    return (x * mask[:, :, None]).sum(axis=1) / max(mask.sum(), 1)


@masked_mean.twin(
    "By what is the sum divided?",
    "By the number of real tokens plus a one, in all sequences.",
    "The 1 is for length 0 alone: np.maximum(count, 1), not count + 1.",
    "和除以了什么？",
    "每个序列都除以了个数加一。",
    "1 只用于长度为 0 的情形：np.maximum(个数, 1)，而不是个数 + 1。")
def mean_divided_by_one_more(x, mask):
    return (x * mask[:, :, None]).sum(axis=1) / (mask.sum(axis=1) + 1)[:, None]


@masked_mean.twin(
    "Which tokens are in the mean?",
    "The padding: the mask is turned round.",
    "True marks real tokens.",
    "平均里有哪些词元？",
    "是填充：掩码用反了。",
    "True 标记的是真实词元。")
def mean_of_padding(x, mask):
    return (x * ~mask[:, :, None]).sum(axis=1) / np.maximum((~mask).sum(axis=1), 1)[:, None]


@masked_mean.twin(
    "Try a sequence of length 0.",
    "The mean of nothing is nan.",
    "A sum of nothing is 0; divide it by np.maximum(count, 1).",
    "试试长度为 0 的序列。",
    "空集的平均是 nan。",
    "空集之和是 0；再除以 np.maximum(个数, 1)。")
def mean_of_what_is_selected(x, mask):
    return td.stack([x[i][mask[i]].mean(axis=0) for i in range(len(x))])


@masked_mean.twin(
    "How many vectors come out?",
    "One: x[mask] puts the tokens of all sentences into one list.",
    "A mean for each sequence, (N, D).",
    "得到几个向量？",
    "只有一个：x[mask] 把所有句子的词元放进了一个列表。",
    "每个序列一个平均，(N, D)。")
def mean_over_the_batch_too(x, mask):
    return x[mask].mean(axis=0)


# --- masked_loss ---

def _log_p(*shape, k):
    z = _made(*shape, k=k, size=2.0)
    return tensor(z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))


@lab.hole(cases=[[_log_p(2, 3, 4, k=0.8), array([[1, 0, 0], [0, 2, 3]]), array([[True, False, False], [True, True, True]])],
                 [_log_p(2, 2, 3, k=1.2), array([[0, 2], [1, 2]]), array([[True, True], [True, False]])],
                 [_log_p(3, 2, 2, k=0.5), array([[0, 1], [0, 0], [1, 0]]), array([[True, True], [False, False], [True, False]])]],
          more=[[_log_p(2, 4, 3, k=0.6), array([[0, 2, 1, 0], [2, 0, 1, 0]]), array([[True, True, True, False],
                                                                                       [True, True, False, False]])],
                [_log_p(2, 2, 2, k=1.7), array([[1, 0], [0, 0]]), array([[True, True], [False, False]])]])
def masked_loss(log_p, y, mask):
    n, t = np.indices(y.shape)
    return -step("log p of real tokens", log_p[n, t, y][mask]).mean()


def _of_y(log_p, y):
    n, t = np.indices(y.shape)
    return -log_p[n, t, y]


@masked_loss.twin(
    "Do padded places count?",
    "This is the mean over all N T places.",
    "Only where the mask is True, above and below the fraction bar.",
    "填充的位置算数吗？",
    "这是对全部 N T 个位置取平均。",
    "只算掩码为 True 的位置，分子分母都是。")
def loss_of_all(log_p, y, mask):
    return _of_y(log_p, y).mean()


@masked_loss.twin(
    "By what is the sum divided?",
    "By N T: padding counts below the fraction bar.",
    "Divide by mask.sum().",
    "和除以了什么？",
    "除以了 N T：填充还在分母里。",
    "除以 mask.sum()。")
def loss_divided_by_all(log_p, y, mask):
    return (_of_y(log_p, y) * mask).mean()


@masked_loss.twin(
    "Is the 0 in y padding?",
    "Places with y = 0 are left out, so the word 0 never counts where it is real.",
    "0 is a word like any other: only the mask says what is padding.",
    "y 里的 0 是填充吗？",
    "y = 0 的位置都被去掉了，于是真实的词 0 也从不算数。",
    "0 是普通的词：只有掩码才知道哪里是填充。")
def loss_that_ignores_word_0(log_p, y, mask):
    real = y != 0
    return (_of_y(log_p, y) * real).sum() / real.sum()


@masked_loss.twin(
    "Is the 0 in y padding?",
    "The mask is used, and places with y = 0 are left out besides.",
    "0 is a word like any other: only the mask says what is padding.",
    "y 里的 0 是填充吗？",
    "用了掩码，但还另外去掉了 y = 0 的位置。",
    "0 是普通的词：只有掩码才知道哪里是填充。")
def loss_that_ignores_real_word_0(log_p, y, mask):
    real = mask & (y != 0)
    return (_of_y(log_p, y) * real).sum() / real.sum()


@masked_loss.twin(
    "Does each token count the same?",
    "First a mean for each sentence, then the mean of those: tokens of short sentences count more.",
    "One sum over all real tokens, divided by how many there are.",
    "每个词元的分量相同吗？",
    "先对每个句子取平均，再对句子取平均：短句的词元分量更大。",
    "对所有真实词元求一次和，再除以总个数。")
def loss_by_sentences(log_p, y, mask):
    return ((_of_y(log_p, y) * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)).mean()


@masked_loss.twin(
    "By what is the sum divided?",
    "By the number of sentences.",
    "By the number of real tokens, mask.sum().",
    "和除以了什么？",
    "除以了句子的个数。",
    "除以真实词元的个数 mask.sum()。")
def loss_divided_by_sentences(log_p, y, mask):
    return (_of_y(log_p, y) * mask).sum() / len(y)


@masked_loss.twin(
    "By what is the sum divided?",
    "By nothing: this is the sum.",
    "The mean: divide by mask.sum().",
    "和除以了什么？",
    "什么也没除：这是和。",
    "要平均：除以 mask.sum()。")
def loss_summed(log_p, y, mask):
    return (_of_y(log_p, y) * mask).sum()


@masked_loss.twin(
    "A good guess should cost little, and a loss is never below 0.",
    "The minus is missing.",
    "-log p(y).",
    "猜得好代价应小，损失从不小于 0。",
    "少了负号。",
    "-log p(y)。")
def loss_without_minus(log_p, y, mask):
    return -_of_y(log_p, y)[mask].mean()


@masked_loss.twin(
    "Which tokens are in the loss?",
    "The padding: the mask is turned round.",
    "True marks real tokens.",
    "损失里有哪些词元？",
    "是填充：掩码用反了。",
    "True 标记的是真实词元。")
def loss_of_padding(log_p, y, mask):
    return (_of_y(log_p, y) * ~mask).sum() / (~mask).sum()


@masked_loss.twin(
    "Which entries of log p are taken?",
    "All V of them at every real token.",
    "That of the right word alone: log_p[n, t, y].",
    "取的是 log p 的哪些元素？",
    "每个真实词元处的 V 个全取了。",
    "只取正确的词的：log_p[n, t, y]。")
def loss_of_every_word(log_p, y, mask):
    return -log_p[mask].mean()


@masked_loss.twin(
    "Does each token count the same?",
    "First a mean for each sentence, then the mean of those; and a sentence without tokens gives nan.",
    "One sum over all real tokens, divided by how many there are.",
    "每个词元的分量相同吗？",
    "先对每个句子取平均，再对句子取平均；没有词元的句子得到 nan。",
    "对所有真实词元求一次和，再除以总个数。")
def loss_by_sentences_with_nan(log_p, y, mask):
    return ((_of_y(log_p, y) * mask).sum(axis=1) / mask.sum(axis=1)).mean()


@masked_loss.twin(
    "Which entries of log p are taken?",
    "y picks rows here, whole tokens, and not words.",
    "One entry of each row: log_p[mask][np.arange(count), y[mask]].",
    "取的是 log p 的哪些元素？",
    "这里 y 选的是行，即整个词元，而不是词。",
    "每行取一个元素：log_p[mask][np.arange(个数), y[mask]]。")
def loss_of_whole_rows(log_p, y, mask):
    return -log_p[mask][y[mask]].mean()


@masked_loss.twin(
    "Which entries of log p are taken?",
    "For every token the words of all tokens: a square, and its mean.",
    "One entry of each row: log_p[mask][np.arange(count), y[mask]].",
    "取的是 log p 的哪些元素？",
    "对每个词元都取了所有词元的词：一个方阵，再取平均。",
    "每行取一个元素：log_p[mask][np.arange(个数), y[mask]]。")
def loss_of_all_columns(log_p, y, mask):
    return -log_p[mask][:, y[mask]].mean()


@masked_loss.twin(
    "Is log_p a probability?",
    "Its logarithm is taken once more, of numbers below 0.",
    "log_p is log p already.",
    "log_p 是概率吗？",
    "又取了一次对数，而它是负数。",
    "log_p 已经是 log p。")
def loss_with_two_logarithms(log_p, y, mask):
    return -td.log(-_of_y(log_p, y)[mask]).mean()


@masked_loss.twin(
    "Is there a logarithm?",
    "These are probabilities: exp has taken the logarithm away.",
    "-log p(y): log_p as it is.",
    "有对数吗？",
    "这些是概率：exp 把对数去掉了。",
    "-log p(y)：直接用 log_p。")
def loss_of_probabilities(log_p, y, mask):
    return -td.exp(-_of_y(log_p, y)[mask]).mean()


@masked_loss.twin(
    "By what is the sum divided?",
    "By N T V: the mean is over the whole one-hot array.",
    "By the number of real tokens, mask.sum().",
    "和除以了什么？",
    "除以了 N T V：平均取在整个 one-hot 数组上。",
    "除以真实词元的个数 mask.sum()。")
def loss_divided_by_every_entry(log_p, y, mask):
    return (_of_y(log_p, y) * mask).sum() / int(np.prod(log_p.shape))


@masked_loss.twin(
    "The value is right. Is log_p a logit?",
    "cross_entropy takes the softmax once more: that changes no value, but the gradient.",
    "log_p is log p already: take its entries.",
    "值是对的。log_p 是 logit 吗？",
    "cross_entropy 又做了一次 softmax：值不变，但梯度变了。",
    "log_p 已经是 log p：直接取它的元素。")
def loss_through_another_softmax(log_p, y, mask):
    return td.nn.functional.cross_entropy(log_p[mask], y[mask])


@masked_loss.twin(
    "Is the 0 in y padding?",
    "ignore_index=0 leaves out the word 0 where it is real, and the mask is not used.",
    "0 is a word like any other: only the mask says what is padding.",
    "y 里的 0 是填充吗？",
    "ignore_index=0 把真实的词 0 也去掉了，而且没有用到掩码。",
    "0 是普通的词：只有掩码才知道哪里是填充。")
def loss_with_ignore_index(log_p, y, mask):
    return td.nn.functional.cross_entropy(log_p.reshape(-1, log_p.shape[-1]), y.reshape(-1), ignore_index=0)


@masked_loss.twin(
    "How many numbers are asked for?",
    "One for each real token came out.",
    "Their mean, one number.",
    "要几个数？",
    "每个真实词元都给出了一个。",
    "要它们的平均，一个数。")
def loss_of_each_token(log_p, y, mask):
    return _of_y(log_p, y)[mask]


@masked_loss.twin(
    "Which tokens are in the sum?",
    "The padding: ~mask above the fraction bar, and mask below.",
    "mask in both places.",
    "和里有哪些词元？",
    "是填充：分子用了 ~mask，分母用了 mask。",
    "两处都用 mask。")
def loss_of_padding_over_real(log_p, y, mask):
    return (_of_y(log_p, y) * ~mask).sum() / mask.sum()


@masked_loss.twin(
    "Which entries of log p are taken?",
    "log_p[:, :, y] takes at every place the words of the whole batch.",
    "One entry at each place: log_p[n, t, y] with n, t = np.indices(y.shape).",
    "取的是 log p 的哪些元素？",
    "log_p[:, :, y] 在每个位置都取了整个批的词。",
    "每个位置取一个元素：n, t = np.indices(y.shape)，log_p[n, t, y]。")
def loss_of_the_whole_batch_everywhere(log_p, y, mask):
    return -log_p[:, :, y].mean()
