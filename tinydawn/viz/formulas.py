"""What each op computes and how it differentiates, as a lecture writes it: the words of labels and of the backward page.

In a formula {0}, {1}, ... are the arguments, {y} is the output, {g} its gradient dL/dy; settings stand by name. A product of
matrices is written A B, of numbers or entry by entry a · b. Vectors are columns, as in the lecture: where a batch stands in
rows, W x + b is computed as x Wᵀ + b, and dL/dW sums over the rows.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple


class Formula(NamedTuple):
    """text: of the output. rules: of each argument's gradient; "" where there is none."""

    text: str
    rules: tuple[str, ...] = ()


def _f(text: str, *rules: str) -> Formula:
    return Formula(text, rules)


FORMULAS: dict[str, Formula] = {
    "add": _f("{0} + {1}", "{g}", "{g}"),
    "sub": _f("{0} − {1}", "{g}", "−{g}"),
    "mul": _f("{0} · {1}", "{g} · {1}", "{g} · {0}"),
    "div": _f("{0} / {1}", "{g} / {1}", "−{g} · {y} / {1}"),
    "maximum": _f("max({0}, {1})", "{g} where {0} > {1}", "{g} where {1} > {0}"),
    "minimum": _f("min({0}, {1})", "{g} where {0} < {1}", "{g} where {1} < {0}"),
    "pow": _f("{0} ^ {1}", "{g} · {1} · {0} ^ ({1} − 1)", "{g} · {y} · log {0}"),
    "floor_divide": _f("⌊{0} / {1}⌋", "0", "0"),
    "remainder": _f("{0} − {1} · ⌊{0} / {1}⌋", "{g}", "−{g} · ⌊{0} / {1}⌋"),
    "where": _f("{1} where {0}, else {2}", "", "{g} where {0}", "{g} where not {0}"),
    "neg": _f("−{0}", "−{g}"),
    "exp": _f("exp {0}", "{g} · {y}"),
    "log": _f("log {0}", "{g} / {0}"),
    "log1p": _f("log(1 + {0})", "{g} / (1 + {0})"),
    "expm1": _f("exp {0} − 1", "{g} · ({y} + 1)"),
    "sqrt": _f("√{0}", "{g} / (2 · {y})"),
    "tanh": _f("tanh {0}", "{g} · (1 − {y}²)"),
    "relu": _f("max({0}, 0)", "{g} where {y} > 0"),
    "abs": _f("|{0}|", "{g} · sign {0}"),
    "sin": _f("sin {0}", "{g} · cos {0}"),
    "cos": _f("cos {0}", "−{g} · sin {0}"),
    "floor": _f("⌊{0}⌋", "0"),
    "ceil": _f("⌈{0}⌉", "0"),
    "round": _f("{0}, rounded", "0"),
    "clamp": _f("{0}, limited", "{g}, 0 beyond the limits"),
    "sigmoid": _f("σ({0})", "{g} · {y} · (1 − {y})"),
    "erf": _f("erf {0}", "{g} · 2/√π · exp(−{0}²)"),
    "erfc": _f("erfc {0}", "−{g} · 2/√π · exp(−{0}²)"),
    "sign": _f("sign {0}", "0"),
    "eq": _f("{0} = {1}"),
    "ne": _f("{0} ≠ {1}"),
    "gt": _f("{0} > {1}"),
    "ge": _f("{0} ≥ {1}"),
    "lt": _f("{0} < {1}"),
    "le": _f("{0} ≤ {1}"),
    "logical_not": _f("not {0}"),
    "bitwise_and": _f("{0} and {1}"),
    "bitwise_or": _f("{0} or {1}"),
    "bitwise_xor": _f("either {0} or {1}"),
    "bitwise_not": _f("not {0}"),
    "any": _f("any {0}"),
    "all": _f("all {0}"),
    "isnan": _f("{0} is NaN"),
    "argmax": _f("argmax {0}"),
    "argmin": _f("argmin {0}"),
    "argsort": _f("argsort {0}"),
    "sum": _f("Σ {0}", "{g}, for every entry"),
    "var": _f("variance of {0}", "{g} · 2 ({0} − mean) / n"),
    "amax": _f("max {0}", "{g}, to the largest"),
    "amin": _f("min {0}", "{g}, to the smallest"),
    "prod": _f("Π {0}", "{g} · Π of the others"),
    "logsumexp": _f("log Σ exp {0}", "{g} · softmax {0}"),
    "cumsum": _f("running sum of {0}", "running sum of {g}, from the end"),
    "matmul": _f("{0} {1}", "{g} {1}ᵀ", "{0}ᵀ {g}"),
    "einsum": _f("einsum {spec}", "einsum of {g} and the others", "einsum of {g} and the others", "einsum of {g} and the others"),
    "reshape": _f("{0} in another shape", "{g} in the shape of {0}"),
    "permute": _f("{0}, axes permuted", "{g}, axes permuted back"),
    "broadcast_to": _f("{0}, repeated", "{g}, summed over the repeats"),
    "flip": _f("{0} reversed", "{g} reversed"),
    "clone": _f("copy of {0}", "{g}"),
    "detach": _f("{0}, no gradient"),
    "astype": _f("{0} as {dtype}", "{g}"),
    "cat": _f("joined", "its part of {g}"),
    "pad": _f("{0}, padded", "the inner part of {g}"),
    "getitem": _f("{0}[{index}]", "{g} at [{index}], 0 elsewhere"),
    "index_put": _f("{0}, with {1} at [{index}]", "{g}, 0 at [{index}]", "{g}[{index}]"),
    "scatter": _f("{0} at [{index}], 0 elsewhere", "{g}[{index}]"),
    "linear": _f("{1} {0} + {2}", "{1}ᵀ {g}", "{g} {0}ᵀ", "{g}"),
    "embedding": _f("{0}[{1}]", "{g}, added to the rows that were used"),
    "softmax": _f("softmax {0}", "{y} · ({g} − {y}ᵀ {g})"),
    "log_softmax": _f("log softmax {0}", "{g} − exp({y}) · Σ {g}"),
    "attention": _f("softmax(Q Kᵀ / √d) V", "(dL/dS) K / √d", "(dL/dS)ᵀ Q / √d", "softmax(…)ᵀ {g}"),
    "layer_norm": _f("{1} · ({0} − mean) / std + {2}", "({1} · {g} − mean − x̂ · mean(x̂ · {1} · {g})) / std", "Σ {g} · x̂",
                     "Σ {g}"),
    "silu": _f("{0} · σ({0})", "{g} · (σ({0}) + {y} · (1 − σ({0})))"),
    "softplus": _f("log(1 + exp {0})", "{g} · σ({0})"),
    "elu": _f("max({0}, 0) + {alpha} · (exp(min({0}, 0)) − 1)", "{g} · (1, or {alpha} exp {0})"),
    "leaky_relu": _f("max({0}, {negative_slope} · {0})", "{g} · (1, or {negative_slope})"),
    "dropout": _f("{0} · mask / (1 − p)", "{g} · mask / (1 − p)"),
    "gelu": _f("{0} · Φ({0})", "{g} · (Φ({0}) + {0} · φ({0}))"),
    "cross_entropy": _f("{of}−log softmax({0})[target]", "{g} · {share}(softmax({0}) − onehot(target))"),
    "class_cross_entropy": _f("−log p(word | class, {0})", "{g} · (softmax − onehot) {1}", "({g} · (softmax − onehot))ᵀ {0}",
                              "Σ {g} · (softmax − onehot)"),
    "rnn": _f("tanh(W_ih x_t + W_hh h_t−1 + b)", *["back through time"] * 6),
    "gru": _f("(1 − z_t) · n_t + z_t · h_t−1", *["back through time"] * 6),
    "lstm": _f("o_t · tanh c_t,  c_t = f_t · c_t−1 + i_t · g_t", *["back through time"] * 7),
    "gru_gates": _f("(1 − z) · n + z · h", "through n, r and z", "through n, r and z", "{g} · z"),
    "lstm_gates": _f("o · tanh c',  c' = f · c + i · g", "through the gates", "through the gates", "dL/dc' · f"),
}

# The same for a batch, whose examples stand in rows: what is computed, and what the numbers of the step page show.
ROWS = {"linear": _f("{0} {1}ᵀ + {2}", "{g} {1}", "{g}ᵀ {0}", "{g}")}

# Of ops that only move entries about: a drawing at the level of formulas leaves them out.
STRUCTURAL = frozenset({"reshape", "permute", "broadcast_to", "flip", "clone", "astype", "getitem", "cat", "pad"})

# What a lecture calls the parameters that a module calls by its PyTorch name; of some layers by letters of their own.
SYMBOLS = {"weight": "W", "bias": "b", "weight_ih": "W_ih", "weight_hh": "W_hh", "bias_ih": "b_ih", "bias_hh": "b_hh",
           "in_proj_weight": "W_qkv", "in_proj_bias": "b_qkv"}
OF_LAYERS = {"LayerNorm": {"weight": "α", "bias": "β"}, "BatchNorm1d": {"weight": "α", "bias": "β"}, "Embedding": {"weight": "E"}}

# Of layers drawn as one box. Those of a GRU depend on its options: gates().
MODULES = {
    "Linear": "W x + b", "Embedding": "E[id]", "Dropout": "x · mask / (1 − p)", "LayerNorm": "α · (x − mean) / std + β",
    "BatchNorm1d": "α · (x − mean) / std + β over the batch", "RNN": "h_t = tanh(W_ih x_t + W_hh h_t−1 + b)",
    "RNNCell": "h' = tanh(W_ih x + W_hh h + b)",
    "GRU": "h_t = (1 − z_t) · n_t + z_t · h_t−1", "GRUCell": "h' = (1 − z) · n + z · h",
    "LSTM": "c_t = f_t · c_t−1 + i_t · g_t\nh_t = o_t · tanh c_t", "LSTMCell": "c' = f · c + i · g\nh' = o · tanh c'",
    "Conv1d": "Σ_k W_k x_t+k + b", "MultiheadAttention": "softmax(Q Kᵀ / √d) V",
    "ReLU": "max(x, 0)", "Tanh": "tanh x", "MSELoss": "mean (x − y)²",
    "Sigmoid": "σ(x)", "GELU": "x · Φ(x)", "Softmax": "softmax x", "SiLU": "x · σ(x)",
}


def of_gru(notes: bool, reset_after: bool, over_time: bool) -> str:
    """What a GRU computes, with its options: the notes' z weighs the candidate, PyTorch's the state before; the reset gate
    works on the product (PyTorch) or inside it (the paper)."""
    t, before = ("_t", "h_t−1") if over_time else ("", "h")
    after = "h_t" if over_time else "h'"
    z, new = f"z{t}", f"{CANDIDATE if notes else 'n'}{t}"
    inside = f"r{t} · (W_hh {before} + b)" if reset_after else f"W_hh (r{t} · {before}) + b"
    state = f"{z} · {new} + (1 − {z}) · {before}" if notes else f"(1 − {z}) · {new} + {z} · {before}"
    gates = f"r{t}, {z} = σ(W_ih x{t} + W_hh {before} + b)"
    return "\n".join((gates, f"{new} = tanh(W_ih x{t} + {inside})", f"{after} = {state}"))


CANDIDATE = "ĥ"  # the notes' letter for what PyTorch calls n

# What kernels that are a whole step compute, line by line.
LINES = {"gru_gates": of_gru(False, True, False),
         "lstm_gates": "i, f, o = σ(W_ih x + W_hh h + b)\ng = tanh(W_ih x + W_hh h + b)\n" + MODULES["LSTMCell"]}

# What a lecture calls an op. A drawing of ops has the names that stand in code; all others have these.
TITLES = {
    "add": "+", "sub": "−", "mul": "⊙", "div": "/", "neg": "−", "pow": "power", "where": "choose", "sum": "Σ", "amax": "max",
    "amin": "min", "matmul": "matrix product", "cat": "join", "pad": "pad", "getitem": "part", "scatter": "put back",
    "index_put": "assign", "floor_divide": "floor division", "prod": "Π", "ceil": "round up", "floor": "round down",
    "permute": "transpose", "broadcast_to": "repeat", "flip": "reverse", "clone": "copy", "astype": "convert", "sigmoid": "σ",
    "cumsum": "running sum", "linear": "W x + b", "log_softmax": "log softmax", "layer_norm": "LayerNorm",
    "cross_entropy": "cross-entropy", "class_cross_entropy": "cross-entropy by class", "logical_not": "not",
    "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "either or", "bitwise_not": "not", "isnan": "is NaN?",
    "eq": "=", "ne": "≠", "gt": ">", "ge": "≥", "lt": "<", "le": "≤", "rnn": "RNN", "gru": "GRU", "lstm": "LSTM",
}
# Names that no program calls: they are never shown.
INTERNAL = {"gru_gates": "GRU", "lstm_gates": "LSTM", "class_cross_entropy": "cross-entropy by class"}

CHINESE = {
    "add": "加", "sub": "减", "mul": "逐元素乘", "div": "除",
    "maximum": "取大", "minimum": "取小", "pow": "幂", "where": "选择",
    "neg": "取负", "exp": "指数", "log": "对数", "log1p": "对数", "expm1": "指数", "sqrt": "平方根", "tanh": "双曲正切",
    "relu": "线性整流", "abs": "绝对值", "sigmoid": "S 形函数", "sum": "求和", "sin": "正弦", "cos": "余弦", "erf": "误差函数",
    "erfc": "余误差函数", "sign": "符号",
    "amax": "最大值", "amin": "最小值", "cumsum": "累加", "matmul": "矩阵乘", "einsum": "爱因斯坦求和",
    "reshape": "变形", "permute": "转置", "broadcast_to": "广播", "flip": "翻转", "clone": "复制", "astype": "转换类型",
    "detach": "截断梯度", "cat": "拼接", "pad": "填充",
    "getitem": "取下标", "scatter": "散布", "index_put": "赋值", "prod": "求积", "floor_divide": "整除", "remainder": "取余",
    "floor": "向下取整", "ceil": "向上取整", "round": "取整", "linear": "线性变换", "embedding": "词嵌入",
    "eq": "等于", "ne": "不等于", "gt": "大于", "ge": "不小于", "lt": "小于", "le": "不大于", "logical_not": "非",
    "bitwise_and": "与", "bitwise_or": "或", "bitwise_xor": "异或", "bitwise_not": "非", "any": "存在", "all": "全部",
    "isnan": "非数？", "argmax": "最大值的位置", "argmin": "最小值的位置", "argsort": "排序的位置",
    "softmax": "归一化指数", "log_softmax": "归一化指数的对数", "attention": "注意力",
    "layer_norm": "层归一化", "dropout": "随机失活", "gelu": "高斯误差线性单元",
    "silu": "门控线性单元", "softplus": "平滑整流", "elu": "指数线性单元",
    "leaky_relu": "带泄漏整流", "clamp": "截断到区间", "logsumexp": "指数和的对数", "var": "方差", "cross_entropy": "交叉熵",
    "class_cross_entropy": "按类的交叉熵", "rnn": "循环神经网络", "gru": "门控循环单元",
    "lstm": "长短期记忆", "gru_gates": "门控循环单元", "lstm_gates": "长短期记忆",
    "gradient": "梯度", "expected": "应为", "not computed": "尚未计算", "no gradient": "无梯度",
    "scores": "分数", "weights": "权重",
    "context": "上下文", "mean": "均值", "std": "标准差", "norm": "范数", "parameters": "个参数",
    "input": "输入", "constant": "常数", "parameter": "参数", "output": "输出", "step": "步", "failed": "出错", "index": "下标",
    "Linear": "线性层", "Embedding": "词嵌入层", "Dropout": "随机失活", "LayerNorm": "层归一化", "BatchNorm1d": "批归一化",
    "RNN": "循环神经网络", "GRU": "门控循环单元", "LSTM": "长短期记忆网络",
    "GRUCell": "门控循环单元", "LSTMCell": "长短期记忆单元", "RNNCell": "循环单元",
    "Conv1d": "一维卷积", "MultiheadAttention": "多头注意力", "TransformerEncoderLayer": "Transformer 编码层",
    "TransformerEncoder": "Transformer 编码器", "Sequential": "顺序容器", "Seq2Seq": "序列到序列", "Softmax": "归一化指数",
    "MSELoss": "均方误差", "GELU": "高斯误差线性单元", "SiLU": "门控线性单元", "CrossEntropyLoss": "交叉熵",
    "Tanh": "双曲正切", "Sigmoid": "S 形函数", "ReLU": "线性整流",
    "target": "目标", "targets": "目标", "source": "原文", "ids": "词号", "mask": "掩码", "lengths": "长度", "words": "词",
    "encoder": "编码器", "decoder": "解码器", "output layer": "输出层", "bridge": "桥接", "attention steps": "注意力三步",
    "combine": "合并", "source_embedding": "原文词嵌入", "target_embedding": "译文词嵌入", "log_std": "对数标准差",
    "error": "误差", "cell": "单元", "linear1": "线性层一", "linear2": "线性层二", "norm1": "归一化一",
    "norm2": "归一化二", "self_attn": "自注意力", "forwards": "正向", "backwards": "反向", "loss": "损失",
    "logits": "未归一化分数",
    "layers": "层", "layer": "层", "Layer": "层", "bilinear": "双线性", "noise": "噪声", "True": "真", "False": "假",
    "each": "每个",
    "BiRNN": "双向循环网络", "Deep": "深层网络", "Reader": "阅读器", "VAE": "变分自编码器", "out_proj": "输出投影",
    "in_proj": "输入投影",
    "Block": "块", "Model": "模型", "classifier": "分类器", "hidden": "隐藏层", "attention_weights": "注意力权重",
    "norm_layer": "归一化",
    "ShapeError": "形状不符", "DTypeError": "类型不符", "GraphError": "计算图出错", "OptionError": "选项出错",
    "StateError": "状态出错", "DataError": "数据出错", "ValueError": "值出错", "IndexError": "下标越界", "TypeError": "类型出错",
    "KeyError": "没有这个键", "RuntimeError": "运行出错", "ZeroDivisionError": "除以零", "OverflowError": "溢出",
}


def language() -> str:
    """What drawings are in, unless a call says it: TINYDAWN_LANG, if that is one of the three."""
    named = os.environ.get("TINYDAWN_LANG", "en")
    return named if named in ("en", "zh", "both") else "en"


# Words in formulas; what is no word, such as tanh, stays.
IN_FORMULAS = {
    "no gradient": "无梯度", "where": "当", "else": "否则", "not": "非", "copy of": "复制", "running sum of": "累加",
    "reversed": "倒序", "limited": "截断到区间", "0 beyond the limits": "区间外为 0", "variance of": "方差",
    "rounded": "取整", "with": "换上", "of the others": "其余各项",
    "repeated": "重复", "padded": "填充", "in another shape": "变形", "axes permuted": "换轴", "either": "异或", "or": "或",
    "and": "与", "any": "存在", "all": "全部", "is NaN": "为非数", "at": "在", "elsewhere": "其余为", "mask": "掩码",
    "mean": "均值",
    "std": "标准差", "as": "转为", "index": "下标", "target": "目标", "ids": "词号", "id": "词号", "class": "类", "word": "词",
    "einsum": "爱因斯坦求和", "einsum of": "爱因斯坦求和", "and the others": "与其余各项", "for every entry": "给每一项",
    "to the largest": "给最大者", "to the smallest": "给最小者", "from the end": "从末尾起", "in the shape of": "形状同",
    "axes permuted back": "换回原轴", "summed over the repeats": "对重复求和", "its part of": "其中一份",
    "the inner part of": "内部", "joined": "拼接",
    "added to the rows that were used": "加到用到的行上", "back through time": "沿时间反传", "through the gates": "经过各个门",
    "through n, r and z": "经过 n、r、z", "Σ over what was repeated of": "对重复之处求和", "onehot": "独热"}
_IN_FORMULAS = re.compile(r"(?<![\w.])(" + "|".join(sorted(IN_FORMULAS, key=len, reverse=True)) + r")(?![\w.])")


def in_words(formula: str, lang: str) -> str:
    """A formula, in Chinese if so, of which both languages write most alike."""
    return _IN_FORMULAS.sub(lambda found: IN_FORMULAS[found[0]], formula) if lang == "zh" else formula


def words(text: str, lang: str) -> str:
    """`text` in English, Chinese, or both, where the dictionary has it; of layers.0 and of x₃ the part that it has."""
    head, end = re.fullmatch(r"(.*?)(\.\d+|[₀-₉]+)?", text, re.DOTALL).groups("")  # type: ignore[union-attr]
    other = CHINESE.get(text) or (f"{CHINESE[head]}{end}" if end and head in CHINESE else None)
    if lang == "en" or other is None:
        return text
    return other if lang == "zh" else f"{other} {text}"


def title_of(op: str, lang: str, code: bool, alone: bool = False) -> str:
    """What a box of this op is called: as in code, or as a lecture calls it; ⊙ is for several numbers, × for one `alone`."""
    english = INTERNAL.get(op) or (op if code else "×" if alone and op == "mul" else TITLES.get(op, op))
    other = CHINESE.get(op)
    if lang == "en" or other is None:
        return english
    return other if lang == "zh" else f"{other} {english}"


def filled(template: str, args: list[str], y: str, g: str, settings: dict[str, Any]) -> str:
    """A formula with names, or numbers, in its places; a missing argument takes its sign with it."""
    names = {str(i): a for i, a in enumerate(args)}
    for i in range(len(args), 9):  # an op without its optional last argument, such as a bias
        for gone in (f" + {{{i}}}", f" · {{{i}}}"):
            template = template.replace(gone, "")
    out, rest = "", template
    while "{" in rest:
        before, _, rest = rest.partition("{")
        key, _, rest = rest.partition("}")
        value = names.get(key) if key.isdigit() else {"y": y, "g": g}.get(key, str(settings.get(key, "")))
        out += before + (value if value is not None else "·")
    return out + rest
