"""Lab 1, a scalar engine: right functions and wrong twins."""

from __future__ import annotations

import math

from tests.labs.author import Given, Lab
from tinydawn.labs.given import Value

lab = Lab(1, "lab01_engine", "A scalar engine", "标量自动求导引擎")


def value(data):
    return Given("Value", data)


PAIRS = [[value(2.0), value(-3.0)], [value(0.5), value(4.0)]]
MORE = [[value(-1.5), value(0.25)], [value(7.0), value(3.0)]]


# --- add ---

@lab.hole(cases=PAIRS, more=MORE)
def add(a, b):
    return Value(a.data + b.data, (a, b), (1.0, 1.0))


@add.twin(
    "What is the derivative of a + b with respect to a?",
    "The local derivatives are the other number, as in a product.",
    "If a grows by h, a + b grows by h: both derivatives are 1.",
    "a + b 对 a 的导数是什么？",
    "这里的局部导数是另一个数，那是乘积的情形。",
    "a 增加 h，a + b 就增加 h：两个导数都是 1。")
def add_with_the_derivatives_of_mul(a, b):
    return Value(a.data + b.data, (a, b), (b.data, a.data))


@add.twin(
    "What is the derivative of a + b with respect to a?",
    "The local derivatives are a and b themselves.",
    "If a grows by h, a + b grows by h: both derivatives are 1.",
    "a + b 对 a 的导数是什么？",
    "这里的局部导数是 a 和 b 本身。",
    "a 增加 h，a + b 就增加 h：两个导数都是 1。")
def add_with_its_inputs_as_derivatives(a, b):
    return Value(a.data + b.data, (a, b), (a.data, b.data))


@add.twin(
    "What does the new Value know about where it came from?",
    "The number is right, and it remembers neither inputs nor derivatives: backward would stop here.",
    "Value(data, inputs, locals): the inputs are (a, b).",
    "新的 Value 知道自己从哪里来吗？",
    "数是对的，但它不记得输入和导数：反向传播会停在这里。",
    "Value(data, inputs, locals)：inputs 是 (a, b)。")
def add_that_forgets(a, b):
    return Value(a.data + b.data)


@add.twin(
    "What does the new Value know about where it came from?",
    "It remembers its inputs, and no derivatives.",
    "The third argument has a local derivative for each input.",
    "新的 Value 知道自己从哪里来吗？",
    "它记得输入，但没有导数。",
    "第三个参数是每个输入的局部导数。")
def add_without_derivatives(a, b):
    return Value(a.data + b.data, (a, b))


@add.twin(
    "Are the inputs Values?",
    "The inputs are numbers, a.data and b.data: no gradient can be put into a number.",
    "Remember the Values themselves: (a, b).",
    "输入是 Value 吗？",
    "输入成了数 a.data 和 b.data：梯度没法放进一个数里。",
    "要记住 Value 本身：(a, b)。")
def add_that_remembers_numbers(a, b):
    return Value(a.data + b.data, (a.data, b.data), (1.0, 1.0))


# --- mul ---

@lab.hole(cases=PAIRS, more=MORE)
def mul(a, b):
    return Value(a.data * b.data, (a, b), (b.data, a.data))


@mul.twin(
    "Which derivative belongs to which input?",
    "They are the wrong way round: a's is a, b's is b.",
    "d(ab)/da = b, and d(ab)/db = a.",
    "哪个导数属于哪个输入？",
    "放反了：a 的是 a，b 的是 b。",
    "d(ab)/da = b，d(ab)/db = a。")
def mul_the_wrong_way_round(a, b):
    return Value(a.data * b.data, (a, b), (a.data, b.data))


@mul.twin(
    "If a grows by h, by how much does a b grow?",
    "The local derivatives are 1: those of a sum.",
    "d(ab)/da = b, and d(ab)/db = a.",
    "a 增加 h，a b 增加多少？",
    "局部导数是 1：那是和的导数。",
    "d(ab)/da = b，d(ab)/db = a。")
def mul_with_the_derivatives_of_add(a, b):
    return Value(a.data * b.data, (a, b), (1.0, 1.0))


@mul.twin(
    "Are the local derivatives numbers?",
    "They are the Values b and a: what is remembered are to be numbers.",
    "(b.data, a.data).",
    "局部导数是数吗？",
    "它们是 Value b 和 a：应记住的是数。",
    "(b.data, a.data)。")
def mul_with_values_as_derivatives(a, b):
    return Value(a.data * b.data, (a, b), (b, a))


@mul.twin(
    "What does the new Value know about where it came from?",
    "The number is right, and it remembers neither inputs nor derivatives.",
    "Value(data, inputs, locals).",
    "新的 Value 知道自己从哪里来吗？",
    "数是对的，但它不记得输入和导数。",
    "Value(data, inputs, locals)。")
def mul_that_forgets(a, b):
    return Value(a.data * b.data)


@mul.twin(
    "Are the inputs Values?",
    "The inputs are numbers, a.data and b.data: no gradient can be put into a number.",
    "Remember the Values themselves: (a, b).",
    "输入是 Value 吗？",
    "输入成了数 a.data 和 b.data：梯度没法放进一个数里。",
    "要记住 Value 本身：(a, b)。")
def mul_that_remembers_numbers(a, b):
    return Value(a.data * b.data, (a.data, b.data), (b.data, a.data))


# --- tanh ---

@lab.hole(cases=[[value(0.5)], [value(-1.2)], [value(30.0)]], more=[[value(0.9)], [value(-400.0)]])
def tanh(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (1 - y * y,))


@tanh.twin(
    "Check the derivative at a = 0.5 by a small step.",
    "This is 1 - a^2, with the input in the place of the output.",
    "tanh' = 1 - tanh^2: it is written by the output y.",
    "用一小步检验 a = 0.5 处的导数。",
    "这是 1 - a^2，输入占了输出的位置。",
    "tanh' = 1 - tanh^2：用输出 y 来写。")
def tanh_from_its_input(a):
    return Value(math.tanh(a.data), (a,), (1 - a.data * a.data,))


@tanh.twin(
    "Check the derivative at a = 0.5 by a small step.",
    "This is y (1 - y), the derivative of the sigmoid.",
    "sigma' = sigma (1 - sigma), but tanh' = 1 - tanh^2.",
    "用一小步检验 a = 0.5 处的导数。",
    "这是 y (1 - y)，sigmoid 的导数。",
    "sigma' = sigma (1 - sigma)，而 tanh' = 1 - tanh^2。")
def tanh_with_the_derivative_of_sigmoid(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (y * (1 - y),))


@tanh.twin(
    "Check the derivative at a = 0.5 by a small step.",
    "This is 1 - y: the square is missing.",
    "tanh' = 1 - tanh^2.",
    "用一小步检验 a = 0.5 处的导数。",
    "这是 1 - y：少了平方。",
    "tanh' = 1 - tanh^2。")
def tanh_without_the_square(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (1 - y,))


@tanh.twin(
    "Can tanh fall where its input grows?",
    "This is y^2 - 1, with the other sign.",
    "tanh grows everywhere: its derivative, 1 - tanh^2, is never below 0.",
    "输入增大时 tanh 会减小吗？",
    "这是 y^2 - 1，符号相反。",
    "tanh 处处递增：它的导数 1 - tanh^2 从不为负。")
def tanh_with_the_other_sign(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (y * y - 1,))


@tanh.twin(
    "Try a large input, such as -400.",
    "exp(2a) or exp(-2a) is too large for a float.",
    "math.tanh stays between -1 and 1 for every input.",
    "试试很大的输入，比如 -400。",
    "exp(2a) 或 exp(-2a) 太大，浮点数装不下。",
    "math.tanh 对任何输入都在 -1 和 1 之间。")
def tanh_by_exponentials(a):
    e, f = math.exp(40 * a.data), math.exp(-40 * a.data)
    y = math.tanh(a.data) + 0 * (e - f)
    return Value(y, (a,), (1 - y * y,))


# --- order ---

ENDS = [[Given("expression", kind)] for kind in ("chain", "diamond", "square", "neuron", "leaf", "deep")]
OTHER_ENDS = [[Given("expression", kind)] for kind in ("shared", "diamond", "square", "deep", "leaf")]


@lab.hole(cases=ENDS, more=OTHER_ENDS, through="is_an_order")
def order(end):
    found, seen, stack = [], set(), [(end, False)]
    while stack:
        x, ready = stack.pop()
        if ready:
            found.append(x)
        elif id(x) not in seen:
            seen.add(id(x))
            stack.append((x, True))
            stack += [(y, False) for y in x.inputs]
    return found


@order.twin(
    "Draw a diamond: is the point where the ways meet before everything that uses it?",
    "A Value stands as soon as it is seen, before its inputs: this is the order in which the walk meets them.",
    "A Value may stand only after all of its inputs do: append it when you leave it, not when you come.",
    "画一个菱形：汇合处的点排在用到它的一切之前吗？",
    "一个 Value 一见到就被放进去，在它的输入之前：这是遍历遇到它们的顺序。",
    "一个 Value 只能排在它的所有输入之后：离开它时才加入，而不是到达时。")
def order_as_they_are_met(end):
    found, seen, stack = [], set(), [end]
    while stack:
        x = stack.pop()
        if id(x) not in seen:
            seen.add(id(x))
            found.append(x)
            stack += x.inputs
    return found


@order.twin(
    "Count: how often does each Value stand in the list?",
    "What is used twice stands there twice.",
    "Keep a set of what you have seen, by id, and go into each Value once.",
    "数一数：每个 Value 在列表里出现几次？",
    "被用到两次的出现了两次。",
    "用 id 记下见过的，每个 Value 只进入一次。")
def order_with_repeats(end):
    found, stack, count = [], [(end, False)], 0
    while stack:
        x, ready = stack.pop()
        count += 1
        if ready or count > 30_000:
            found.append(x)
        else:
            stack.append((x, True))
            stack += [(y, False) for y in x.inputs]
    return found


@order.twin(
    "Try a sum of 5,000 numbers.",
    "Python stops a function that calls itself so often: RecursionError.",
    "Keep the Values that you still have to leave in a list of your own, instead of in calls.",
    "试试 5000 个数的和。",
    "函数调用自己这么多次，Python 会停下：RecursionError。",
    "把还要离开的 Value 放在自己的列表里，而不是放在函数调用里。")
def order_by_recursion(end):
    found, seen = [], set()

    def visit(x):
        if id(x) not in seen:
            seen.add(id(x))
            for y in x.inputs:
                visit(y)
            found.append(x)

    visit(end)
    return found


@order.twin(
    "Which one is the last?",
    "The order is turned round: from the end to the leaves.",
    "Inputs first, the end last; backward goes through the list from behind.",
    "最后一个是哪个？",
    "顺序反了：从末端到叶子。",
    "输入在前，末端在后；反向传播从后往前走这个列表。")
def order_turned_round(end):
    return order(end)[::-1]


@order.twin(
    "Is everything there?",
    "Leaves are left out: what has no inputs is a Value as well, and needs its gradient most.",
    "Every Value that leads to the end stands in the list, leaves too.",
    "都在里面吗？",
    "漏掉了叶子：没有输入的也是 Value，而且最需要梯度。",
    "凡是通向末端的 Value 都在列表里，叶子也在。")
def order_without_leaves(end):
    return [x for x in order(end) if x.inputs]


@order.twin(
    "Is everything there?",
    "The end itself is left out.",
    "The end is the last of the list.",
    "都在里面吗？",
    "漏掉了末端本身。",
    "末端是列表的最后一个。")
def order_without_the_end(end):
    return order(end)[:-1]


@order.twin(
    "Two Values with the same number: are they one?",
    "They are told apart by their numbers, so that of several equal ones only the first is there.",
    "A Value is itself: tell them apart by id(x).",
    "两个 Value 的数相同，它们是同一个吗？",
    "这里按数来区分，相同的几个只留下第一个。",
    "每个 Value 就是它自己：用 id(x) 区分。")
def order_by_number(end):
    found, seen, stack = [], set(), [(end, False)]
    while stack:
        x, ready = stack.pop()
        if ready:
            found.append(x)
        elif round(x.data, 9) not in seen:
            seen.add(round(x.data, 9))
            stack.append((x, True))
            stack += [(y, False) for y in x.inputs]
    return found


# --- backward ---

@lab.hole(cases=ENDS, more=OTHER_ENDS, through="gradients")
def backward(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad


@backward.twin(
    "Look at a Value that is used twice.",
    "Its gradient is what the last use gives: the first is written over.",
    "What is used twice gets the sum of both: y.grad += ...",
    "看一个被用到两次的 Value。",
    "它的梯度只是最后一次使用给的：前一次被覆盖了。",
    "被用到两次的，得到两份之和：y.grad += ...")
def backward_that_overwrites(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad = local * x.grad


@backward.twin(
    "What is the derivative of the end with respect to itself?",
    "Everything is 0: the end's own gradient has never been set.",
    "d end / d end = 1: begin with end.grad = 1.",
    "末端对自己的导数是多少？",
    "全是 0：末端自己的梯度没有设置。",
    "d end / d end = 1：从 end.grad = 1 开始。")
def backward_without_a_beginning(end):
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad


@backward.twin(
    "Which way does the walk go?",
    "It goes from the leaves to the end, so nothing has a gradient yet to hand on: only the end's inputs get theirs.",
    "From the end backwards: reversed(order(end)).",
    "遍历往哪个方向走？",
    "它从叶子走向末端，还没有梯度可传：只有末端的输入得到了梯度。",
    "从末端往回走：reversed(order(end))。")
def backward_forwards(end):
    end.grad = 1.0
    for x in order(end):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad


@backward.twin(
    "Where does the chain rule multiply?",
    "Local derivatives are added up alone: the gradient from above is left out.",
    "dL/dy = dL/dx * dx/dy: local * x.grad.",
    "链式法则在哪里相乘？",
    "只把局部导数加了起来：漏掉了上面传来的梯度。",
    "dL/dy = dL/dx * dx/dy：local * x.grad。")
def backward_without_the_chain(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local


@backward.twin(
    "Look at a * a.",
    "The inputs went through a set, so a * a has one input in place of two, and half of its gradient.",
    "A Value that is used twice in one op is two inputs: zip(x.inputs, x.locals).",
    "看 a * a。",
    "输入放进了集合，于是 a * a 只有一个输入而不是两个，梯度少了一半。",
    "在一个运算里用到两次的 Value 是两个输入：zip(x.inputs, x.locals)。")
def backward_by_sets(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y in {id(y): y for y in x.inputs}.values():
            y.grad += x.locals[list(x.inputs).index(y)] * x.grad


@backward.twin(
    "Is a Value's gradient complete when it is handed on?",
    "It is handed on along every path by itself, each time with what has been added up so far: what is used twice is counted too "
    "often.",
    "A Value hands its gradient on once, after all that use it have given theirs: that is what the order is for.",
    "一个 Value 传出梯度时，它的梯度齐了吗？",
    "每条路各传一遍，每次都传到目前为止的累加值：被用到两次的算得太多。",
    "一个 Value 只传一次，要等所有用到它的都给过之后：这正是需要顺序的原因。")
def backward_along_every_path(end):
    end.grad = 1.0
    left, count = [end], 0
    while left and count < 30_000:
        x = left.pop(0)
        count += 1
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad
            left.append(y)


# --- slope ---

def polynomial(*coefficients):
    return Given("polynomial", *coefficients)


@lab.hole(cases=[[polynomial(1.0, 2.0, 3.0), 0.5, 0.1], [polynomial(0.0, 0.0, 0.0, 1.0), 2.0, 0.01],
                 [polynomial(4.0, -1.0), 3.0, 0.5]],
          more=[[polynomial(0.5, 0.0, -2.0, 1.5), -1.0, 0.1], [polynomial(2.0, 7.0), 1.0, 0.25]])
def slope(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


@slope.twin(
    "Try x^2 with h = 0.1: is it exactly 2x?",
    "This is the one-sided difference (f(x + h) - f(x)) / h, whose error is of the size of h.",
    "To both sides, (f(x + h) - f(x - h)) / 2h, the error is of the size of h^2.",
    "用 h = 0.1 试试 x^2：正好是 2x 吗？",
    "这是单侧差分 (f(x + h) - f(x)) / h，误差与 h 同级。",
    "两侧差分 (f(x + h) - f(x - h)) / 2h 的误差与 h^2 同级。")
def slope_to_one_side(f, x, h):
    return (f(x + h) - f(x)) / h


@slope.twin(
    "How far apart are the two points?",
    "This is divided by h, and the points are 2h apart: twice the slope.",
    "Divide by 2h.",
    "两点相距多远？",
    "这里除以了 h，而两点相距 2h：得到两倍的斜率。",
    "除以 2h。")
def slope_divided_by_h(f, x, h):
    return (f(x + h) - f(x - h)) / h


@slope.twin(
    "Which comes first?",
    "The points are the wrong way round: this is minus the slope.",
    "f(x + h) minus f(x - h).",
    "哪个在前？",
    "两点放反了：这是负的斜率。",
    "f(x + h) 减 f(x - h)。")
def slope_the_wrong_way_round(f, x, h):
    return (f(x - h) - f(x + h)) / (2 * h)


@slope.twin(
    "Is anything divided?",
    "This is how much f grows over 2h, not per unit.",
    "A slope is a difference over a distance: divide by 2h.",
    "做除法了吗？",
    "这是 f 在 2h 上增加了多少，而不是每单位增加多少。",
    "斜率是差除以距离：除以 2h。")
def slope_without_division(f, x, h):
    return f(x + h) - f(x - h)


@slope.twin(
    "Mind the order of operations.",
    "`/ 2 * h` divides by 2 and then multiplies by h.",
    "Parentheses: / (2 * h).",
    "注意运算的顺序。",
    "`/ 2 * h` 先除以 2，再乘以 h。",
    "加括号：/ (2 * h)。")
def slope_without_parentheses(f, x, h):
    return (f(x + h) - f(x - h)) / 2 * h


# --- find the bug ---

@lab.hole(cases=[[value(3.0), value(-2.0)]], more=[[value(0.5), value(5.0)]], through="set_engine_is_wrong")
def breaks_sets(a, b):
    return mul(a, a)


@breaks_sets.twin(
    "Where does a set lose something?",
    "Two different Values in one op are two in a set as well: this one comes out right.",
    "A set holds each Value once: use the same one twice in one op.",
    "集合在什么时候会丢东西？",
    "一个运算里两个不同的 Value 在集合里也是两个：这个结果是对的。",
    "集合里每个 Value 只有一个：在一个运算里把同一个用两次。")
def breaks_sets_with_two_values(a, b):
    return mul(a, b)


@breaks_sets.twin(
    "What is to be returned?",
    "This is a number, and no expression.",
    "Return the Value at the end of an expression, built with your add and mul.",
    "应该返回什么？",
    "这是一个数，不是表达式。",
    "返回表达式末端的 Value，用你的 add 和 mul 构造。")
def breaks_sets_with_a_number(a, b):
    return a.data * a.data


@breaks_sets.twin(
    "What is to be returned?",
    "Nothing is returned.",
    "Return the Value at the end of an expression.",
    "应该返回什么？",
    "什么也没有返回。",
    "返回表达式末端的 Value。")
def breaks_sets_with_nothing(a, b):
    mul(a, a)


@breaks_sets.twin(
    "Which ops are in it?",
    "This is one of the leaves: with no op there is no set that could lose anything.",
    "Use add or mul.",
    "其中有哪些运算？",
    "这是一个叶子：没有运算，就没有会丢东西的集合。",
    "用 add 或 mul。")
def breaks_sets_with_a_leaf(a, b):
    return a


@breaks_sets.twin(
    "A Value is used twice here. In one op, or in two?",
    "In two: each op's set holds it once, which is right.",
    "What a set loses is the second place in the same op.",
    "这里有一个 Value 用了两次。是在一个运算里，还是两个？",
    "在两个运算里：每个运算的集合各有它一次，这是对的。",
    "集合丢掉的是同一个运算里的第二个位置。")
def breaks_sets_with_a_diamond(a, b):
    return mul(add(a, b), a)


# --- descend ---

def parameters(*pairs):
    return [Given("parameter", data, grad) for data, grad in pairs]


@lab.hole(cases=[[parameters((1.0, 0.5), (-2.0, 4.0)), 0.1], [parameters((0.0, -3.0)), 0.5]],
          more=[[parameters((2.0, 1.0), (0.25, -0.5), (3.0, 0.0)), 0.2]], through="parameters_after")
def descend(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad
        p.grad = 0.0


@descend.twin(
    "Does the loss fall, or rise?",
    "This goes along the gradient, which is uphill.",
    "The gradient points where the loss grows: p.data -= lr * p.grad.",
    "损失下降还是上升？",
    "这是顺着梯度走，也就是上坡。",
    "梯度指向损失增大的方向：p.data -= lr * p.grad。")
def descend_uphill(parameters, lr):
    for p in parameters:
        p.data += lr * p.grad
        p.grad = 0.0


@descend.twin(
    "Look at the gradients after the step.",
    "They are still there, and the next backward adds to them.",
    "After the step each gradient is 0 again.",
    "看看走完一步之后的梯度。",
    "它们还在，下一次反向传播会加在上面。",
    "走完一步，每个梯度都归 0。")
def descend_without_zeroing(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad


@descend.twin(
    "When is the gradient set to 0?",
    "Before the step: nothing moves.",
    "First the step, then the 0.",
    "梯度是什么时候归 0 的？",
    "在走之前：什么也没动。",
    "先走，再归 0。")
def descend_zeroing_first(parameters, lr):
    for p in parameters:
        p.grad = 0.0
        p.data -= lr * p.grad


@descend.twin(
    "Is lr in it?",
    "The whole gradient is taken off: lr is left out.",
    "p.data -= lr * p.grad.",
    "用到 lr 了吗？",
    "减去了整个梯度：漏掉了 lr。",
    "p.data -= lr * p.grad。")
def descend_without_rate(parameters, lr):
    for p in parameters:
        p.data -= p.grad
        p.grad = 0.0


@descend.twin(
    "Look at every parameter, not at the first alone.",
    "Only the first parameter has moved: a `return` inside of the loop?",
    "Every parameter takes its step.",
    "看每一个参数，不要只看第一个。",
    "只有第一个参数动了：循环里有 `return` 吗？",
    "每个参数都要走一步。")
def descend_the_first_alone(parameters, lr):
    parameters[0].data -= lr * parameters[0].grad
    parameters[0].grad = 0.0


@descend.twin(
    "Is p.data another number afterwards?",
    "The new numbers are computed, and put nowhere.",
    "Write them back: p.data -= lr * p.grad.",
    "之后 p.data 变了吗？",
    "算出了新的数，却没有放回去。",
    "写回去：p.data -= lr * p.grad。")
def descend_into_nothing(parameters, lr):
    _ = [p.data - lr * p.grad for p in parameters]
