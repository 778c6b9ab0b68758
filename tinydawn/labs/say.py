"""What the checker says of its own, in English and Chinese. What is said of a mistake stands with its wrong twin."""

from __future__ import annotations

import os
from typing import Any

SENTENCES: dict[str, tuple[str, str]] = {
    "right": ("right", "正确"), "wrong": ("not yet", "还不对"), "empty": ("empty", "未写"), "zero": ("not counted", "不计分"),
    "nothing": ("Nothing is written here yet.", "这里还没有写。"),
    "calls": ("It calls your {name}, which is not right yet: begin there.", "它调用了你写的 {name}，而那个还不对：先看那里。"),
    "raises": ("It raises {error}{at}.", "它抛出了 {error}{at}。"),
    "raises nothing": ("This input is wrong, and nothing is raised: {error} is asked for.",
                       "这个输入是错的，却没有抛出异常：应抛出 {error}。"),
    "returns nothing": ("It returns nothing: is there a `return`?", "它没有返回值：写了 `return` 吗？"),
    "writes": ("The value is right, but it writes into its argument, which belongs to the caller: work on a copy.",
               "值是对的，但它改写了参数，而参数属于调用者：请在副本上计算。"),
    "an array": ("The value is right, but it is a NumPy array: no gradient flows through it. Compute with td., not with np.",
                 "值是对的，但它是 NumPy 数组：梯度流不过去。请用 td. 而不是 np. 计算。"),
    "a Tensor for an array": ("The numbers are right; but an array is asked for, and this is a Tensor.",
                              "数是对的；但要求的是 NumPy 数组，这里是张量。"),
    "an array for a Tensor": ("The numbers are right; but a Tensor is asked for, and this is a NumPy array.",
                              "数是对的；但要求的是张量，这里是 NumPy 数组。"),
    "numbers for booleans": ("Booleans are asked for, True and False; these are numbers, ones and zeros.",
                             "要求的是布尔值 True 和 False；这里是数 1 和 0。"),
    "booleans for numbers": ("Numbers are asked for; these are booleans, True and False.",
                             "要求的是数；这里是布尔值 True 和 False。"),
    "floats for whole numbers": ("The numbers are right; but whole numbers are asked for, and these are floats: print dtype.",
                                 "数是对的；但要求的是整数，这里是浮点数（请打印 dtype）。"),
    "no gradient": ("The value is right, but no gradient reaches the argument: somewhere the graph is left (.data, .numpy(), "
                    ".item(), a detach, a new tensor).",
                    "值是对的，但梯度到不了参数：某处离开了计算图（.data、.numpy()、.item()、detach 或新建的张量）。"),
    "wrong gradient": ("The value is right, its gradient is not: a part of the formula is treated as a constant, or counted "
                       "twice.",
                       "值是对的，梯度不对：公式的一部分被当作常数，或算了两次。"),
    "constant": ("It gives the same whatever the input is.", "无论输入是什么，它都给出同样的结果。"),
    "another kind": ("It gives {found}, and {expected} is asked for.", "它给出{found}，而要求的是{expected}。"),
    "another length": ("It gives {found} items, and there should be {expected}.", "它给出 {found} 项，应有 {expected} 项。"),
    "in a part": ("Of the {count} things that it gives, number {i} is wrong. {text}",
                  "它给出的 {count} 项中，第 {i} 项不对。{text}"),
    "another order": ("All that is expected is there, in another order.", "该有的都有，但顺序不同。"),
    "same numbers, another shape": ("The numbers are right, in the shape {found}; the shape asked for is {expected}.",
                                    "数是对的，形状是 {found}；要求的形状是 {expected}。"),
    "another shape": ("Its shape is {found}, and {expected} is asked for.", "它的形状是 {found}，要求的是 {expected}。"),
    "transposed": ("These are the expected numbers, transposed.", "这些就是所求的数，只是转置了。"),
    "not finite": ("{count} of {size} numbers are nan or infinite.", "{size} 个数中有 {count} 个是 nan 或无穷大。"),
    "sign": ("These are the expected numbers with the other sign.", "这些就是所求的数，符号相反。"),
    "a factor": ("Every number is {factor} times what is expected.", "每个数都是所求的 {factor} 倍。"),
    "a constant": ("Every number differs from what is expected by {constant}.", "每个数与所求都相差 {constant}。"),
    "needs exp": ("These are the logarithms of what is expected.", "这些是所求的数的对数。"),
    "needs log": ("What is expected are the logarithms of these.", "所求的是这些数的对数。"),
    "some differ": ("{wrong} of {size} numbers differ, the others are right.", "{size} 个数中有 {wrong} 个不同，其余是对的。"),
    "differs": ("It gives something else than is expected.", "它给出的与所求不同。"),
    "gives": ("gives   ", "给出   "),
    "expected": ("expected", "应为   "), "gives the gradients": ("gives the gradients", "给出的梯度"),
    "called": ("{name} is called here, and this is what is to be written.", "这里调用了 {name}，而它正是要写的东西。"),
    "not yours": ("{name} comes from {module}: here your own is asked for.", "{name} 来自 {module}：这里要你自己写。"),
    "no function": ("There is no function of this name.", "没有这个名字的函数。"),
    "no function, but": ("There is no function of this name; is {near} meant?", "没有这个名字的函数；是指 {near} 吗？"),
    "no callable": ("{name} is no function.", "{name} 不是函数。"),
    "too slow": ("It was stopped after {seconds:g} seconds: a loop that does not end?",
                 "{seconds:g} 秒后被停止：有不会结束的循环吗？"),
    "died": ("It ended the Python that ran it ({how}).", "它使运行它的 Python 终止了（{how}）。"),
    "memory": ("It asked for more than {megabytes} MB of memory.", "它要用的内存超过 {megabytes} MB。"),
    "too large": ("It gives {size}: far more than any answer has.", "它给出 {size}：远超任何答案。"),
    "defined twice": ("{name} is defined {times} times: the last one counts.", "{name} 定义了 {times} 次：以最后一次为准。"),
    "cell left out": ("a cell is left out, for it is no Python: {error}", "有一格不是 Python，已略过：{error}"),
    "not run": ("`{name}` is set outside of functions by a call, which is not run here: pass it as an argument.",
                "`{name}` 在函数外由调用得到，检查时不执行：请作为参数传入。"),
    "so many right": ("{right} of {count} right", "{count} 个中 {right} 个正确"),
    "student's table": ("Without --marks the inputs are those that students have: a function may know them by heart.",
                        "没有 --marks 时用的是学生已有的输入：函数可能记住了它们。"),
    "no sandbox": ("Submissions run with your own rights, and could read what you can read: use an account that may read "
                   "nothing else.",
                   "提交的程序以你的权限运行，能读到你能读的文件：请用一个读不到别的东西的账户。"),
    "in a sandbox": ("Submissions run in a sandbox: each sees its own file, and no other and no network. Its first use on a "
                     "machine takes minutes.",
                     "提交的程序在沙箱中运行：只能读到自己的文件，没有网络。在一台机器上首次使用要几分钟。"),
    "no limit": ("This system limits no memory: only time was limited.", "本系统不能限制内存：只限制了时间。"),
    "last hint": ("That is all there is to say about this one.", "关于这一处，能说的都说了。"),
    "Tensor": ("a Tensor", "张量"), "array": ("a NumPy array", "NumPy 数组"),
    "number": ("a number", "一个数"), "list": ("a list", "列表"),
    "tuple": ("a tuple", "元组"), "dict": ("a dict", "字典"), "set": ("a set", "集合"), "str": ("a string", "字符串"),
    "bool": ("True or False", "True 或 False"), "None": ("None", "None"),
}


def usual_language() -> str:
    """What nobody has asked to be otherwise: "zh" where TINYDAWN_LANG says so, else "en"."""
    return "zh" if os.environ.get("TINYDAWN_LANG") == "zh" else "en"


def language_of(text: str | None) -> str:
    """That of a student's text: "zh" where it is Chinese, else the usual one."""
    return "zh" if any("\u4e00" <= c <= "\u9fff" for c in text or "") else usual_language()


def say(key: str, lang: str, **values: Any) -> str:
    """A sentence in "en" or "zh"; what is none, such as the name of a type, stays."""
    english, chinese = SENTENCES.get(key, (key, key))
    return (chinese if lang == "zh" else english).format(**values)
