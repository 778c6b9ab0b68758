"""Lab 1, a scalar engine: right functions and wrong twins."""

from __future__ import annotations

import math

from tests.labs.author import Given, Lab
from tinydawn.labs.given import Value

lab = Lab(1, "lab01_engine", "A scalar engine", "标量自动求导引擎")


def leaf(data):
    return Given("leaf", data)


THE_SAME = Given("the_same")  # as the argument before it
PAIRS = [[leaf(2.0), leaf(-3.0)], [leaf(0.5), leaf(4.0)], [leaf(3.0), THE_SAME], [leaf(0.0), leaf(5.0)],
         [leaf(1.5), leaf(1.5)]]
MORE = [[leaf(-1.5), leaf(0.25)], [leaf(7.0), leaf(3.0)], [leaf(-2.5), THE_SAME], [leaf(4.0), leaf(0.0)], [leaf(0.0), leaf(-6.0)],
        [leaf(-0.5), leaf(-0.5)]]


# --- add ---

@lab.hole(cases=PAIRS, more=MORE, through="remembered")
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


@add.twin(
    "Are the inputs a and b themselves?",
    "The inputs are new Values with the numbers of a and b: a and b would never get a gradient.",
    "Two Values of the same number are two: remember (a, b), not copies.",
    "输入就是 a 和 b 本身吗？",
    "输入是数值与 a、b 相同的新 Value：a 和 b 永远得不到梯度。",
    "数相同的两个 Value 是两个：要记住 (a, b) 本身，而不是副本。")
def add_that_remembers_copies(a, b):
    return Value(a.data + b.data, (Value(a.data), Value(b.data)), (1.0, 1.0))


@add.twin(
    "Which argument of Value is which?",
    "Inputs and local derivatives have changed places.",
    "Value(data, inputs, locals): second the Values it comes from, third the numbers.",
    "Value 的三个参数各是什么？",
    "输入和局部导数互换了位置。",
    "Value(data, inputs, locals)：第二个是来源的 Value，第三个是数。")
def add_with_inputs_and_locals_swapped(a, b):
    return Value(a.data + b.data, (1.0, 1.0), (a, b))


@add.twin(
    "Are inputs and locals tuples, one entry for each of a and b?",
    "One of them is a set, or a single thing: a set has no order and no place for a second a, one number is no tuple.",
    "Both are tuples in the same order: (a, b), and beside it a local for a and a local for b.",
    "inputs 和 locals 都是元组吗？a 和 b 各占一项吗？",
    "其中一个是集合，或只是单独一个东西：集合没有顺序，也放不下第二个 a；一个数不是元组。",
    "两者都是元组，顺序一致：(a, b)，以及 a 的局部导数和 b 的局部导数。")
def add_by_a_set(a, b):
    return Value(a.data + b.data, {a, b}, (1.0, 1.0))


@add.twin(
    "How many inputs are there, and how many locals?",
    "There are two inputs and one local derivative.",
    "Each input has a local derivative of its own, even if they are alike: (1.0, 1.0).",
    "有几个输入，几个局部导数？",
    "有两个输入，却只有一个局部导数。",
    "每个输入都有自己的局部导数，哪怕它们相同：(1.0, 1.0)。")
def add_with_one_local(a, b):
    return Value(a.data + b.data, (a, b), (1.0,))


@add.twin(
    "Is .grad known when a + b is computed?",
    "The local derivatives are 0, as the .grad of a and b are, which nothing has set yet.",
    "A local derivative is of this one op, and known at once: d(a + b)/da = 1. The gradient comes on the way back.",
    "计算 a + b 时，.grad 已经知道了吗？",
    "局部导数是 0，就像 a 和 b 的 .grad，它们还没有谁设置过。",
    "局部导数只属于这一个运算，当场就知道：d(a + b)/da = 1。梯度要到往回走时才有。")
def add_with_gradients_as_locals(a, b):
    return Value(a.data + b.data, (a, b), (a.grad, b.grad))


@add.twin(
    "If a grows by 0.1, by how much does a + b grow?",
    "The local derivatives are the shares that a and b have in the sum, a / (a + b) and b / (a + b).",
    "A derivative is how fast something grows, not how great a part is: d(a + b)/da = 1.",
    "a 增加 0.1，a + b 增加多少？",
    "局部导数成了 a 和 b 在和中所占的份额：a / (a + b) 和 b / (a + b)。",
    "导数说的是增长得多快，而不是占多大一份：d(a + b)/da = 1。")
def add_with_shares(a, b):
    total = a.data + b.data
    return Value(total, (a, b), (a.data / total, b.data / total))


@add.twin(
    "A Value is asked for. What is this?",
    "It is a number: it cannot remember where it came from.",
    "Make a new Value: Value(data, inputs, locals).",
    "要求的是一个 Value。这是什么？",
    "这是一个数：它记不住自己从哪里来。",
    "要新建一个 Value：Value(data, inputs, locals)。")
def add_that_gives_a_number(a, b):
    return a.data + b.data


@add.twin(
    "What are a.data and b.data afterwards?",
    "This changes a itself: the number that a had is gone, and no new Value is made.",
    "The sum is a new Value; a and b stay as they are.",
    "之后 a.data 和 b.data 是多少？",
    "这改动了 a 本身：a 原来的数没有了，也没有新建 Value。",
    "和是一个新的 Value；a 和 b 保持不变。")
def add_into_its_argument(a, b):
    a.data += b.data
    return a


@add.twin(
    "Can Python add two Values?",
    "It cannot compute with a Value, whose number is .data.",
    "Use .data for the number: a.data + b.data; the Values themselves are only remembered.",
    "Python 能把两个 Value 相加吗？",
    "它不能拿 Value 来计算：Value 的数在 .data 里。",
    "要数就用 .data：a.data + b.data；Value 本身只用来记住。")
def add_of_values(a, b):
    return Value(a + b, (a, b), (1.0, 1.0))


@add.twin(
    "Two Values have the same number: are they one?",
    "a and b are taken for one where their numbers are alike; then b gets no gradient.",
    "`a is b` asks whether they are one, and no case of its own is needed even then: remember (a, b).",
    "两个 Value 的数相同，它们是同一个吗？",
    "a 和 b 的数相同时被当成了同一个，于是 b 得不到梯度。",
    "要问是不是同一个，用 `a is b`；而且即使是同一个也不需要单独处理：记住 (a, b)。")
def add_with_equal_numbers_as_one(a, b):
    locals = (1.0, 1.0)
    if a.data == b.data:
        return Value(a.data + b.data, (a,), (sum(locals),))
    return Value(a.data + b.data, (a, b), locals)


@add.twin(
    "What does your function return, a Value?",
    "It returns a tuple of the three things that a Value is made of.",
    "Make a Value of them: Value(data, inputs, locals).",
    "你的函数返回的是 Value 吗？",
    "返回的是一个元组，里面是构成 Value 的三样东西。",
    "用它们造一个 Value：Value(data, inputs, locals)。")
def add_that_gives_a_tuple(a, b):
    return a.data + b.data, (a, b), (1.0, 1.0)


@add.twin(
    "Are the local derivatives numbers? And what is d(a + b)/da?",
    "They are Values; a local derivative is a number, and of a sum it is neither a nor b.",
    "If a grows by h, a + b grows by h: both derivatives are 1.",
    "局部导数是数吗？d(a + b)/da 又是多少？",
    "它们是 Value；局部导数应是数，而且和的局部导数既不是 a 也不是 b。",
    "a 增加 h，a + b 就增加 h：两个导数都是 1。")
def add_with_values_as_derivatives(a, b):
    return Value(a.data + b.data, (a, b), (b, a))


@add.twin(
    "If a grows by 0.1, by how much does a + b grow?",
    "Both local derivatives are a + b, the number itself.",
    "They grow alike: both derivatives are 1.",
    "a 增加 0.1，a + b 增加多少？",
    "两个局部导数都是 a + b，也就是数本身。",
    "两者增加得一样多：两个导数都是 1。")
def add_with_the_sum_as_derivatives(a, b):
    total = a.data + b.data
    return Value(total, (a, b), (total, total))


@add.twin(
    "What is 2 plus -3?",
    "The number is a product; the rest is right.",
    "The number of a sum is a.data + b.data.",
    "2 加 -3 是多少？",
    "这个数是乘积；其余是对的。",
    "和的数是 a.data + b.data。")
def add_with_the_number_of_mul(a, b):
    return Value(a.data * b.data, (a, b), (1.0, 1.0))


@add.twin(
    "What is 2 plus -3?",
    "The number is the difference a - b; the rest is right.",
    "The number of a sum is a.data + b.data.",
    "2 加 -3 是多少？",
    "这个数是差 a - b；其余是对的。",
    "和的数是 a.data + b.data。")
def add_with_a_difference(a, b):
    return Value(a.data - b.data, (a, b), (1.0, 1.0))


@add.twin(
    "How many numbers is a + b computed from?",
    "It remembers a and not b: b would never get a gradient.",
    "Both are inputs, each with its local derivative.",
    "a + b 由几个数算出？",
    "它记住了 a，没有记住 b：b 永远得不到梯度。",
    "两个都是输入，各有自己的局部导数。")
def add_with_one_input(a, b):
    return Value(a.data + b.data, (a,), (1.0,))


# --- mul ---

@lab.hole(cases=PAIRS, more=MORE, through="remembered")
def mul(a, b):
    return Value(a.data * b.data, (a, b), (b.data, a.data))


@mul.twin(
    "Which derivative belongs to which input?",
    "They are the wrong way round: a's is a, b's is b. The first local belongs to the first input.",
    "d(ab)/da = b, and d(ab)/db = a.",
    "哪个导数属于哪个输入？",
    "放反了：a 的是 a，b 的是 b。第一个局部导数属于第一个输入。",
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
    "They are the Values b and a; a local derivative is a number.",
    "The number of a Value is its .data: (b.data, a.data).",
    "局部导数是数吗？",
    "它们是 Value b 和 a；局部导数应是数。",
    "Value 的数是它的 .data：(b.data, a.data)。")
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


@mul.twin(
    "What does the new Value know about where it came from?",
    "It remembers its inputs, and no derivatives.",
    "The third argument has a local derivative for each input.",
    "新的 Value 知道自己从哪里来吗？",
    "它记得输入，但没有导数。",
    "第三个参数是每个输入的局部导数。")
def mul_without_derivatives(a, b):
    return Value(a.data * b.data, (a, b))


@mul.twin(
    "Look at a * a: if a grows by h, by how much does a * a grow?",
    "With one Value twice the derivative is a, and it should be 2a.",
    "a * a needs no case of its own: a stands twice among the inputs, with a each time, and together this is 2a.",
    "看 a * a：a 增加 h，a * a 增加多少？",
    "同一个 Value 用两次时，这里的导数是 a，而应是 2a。",
    "a * a 不需要单独处理：a 在输入里出现两次，每次的局部导数是 a，合起来是 2a。")
def mul_with_a_square_of_its_own(a, b):
    if a is b:
        return Value(a.data ** 2, (a,), (a.data,))
    return Value(a.data * b.data, (a, b), (b.data, a.data))


@mul.twin(
    "Try a = 0.",
    "The other number is computed as y / a, which a zero does not allow: ZeroDivisionError.",
    "The other number is there already: (b.data, a.data).",
    "试试 a = 0。",
    "另一个数是用 y / a 算的，遇到 0 不行：ZeroDivisionError。",
    "另一个数本来就有：(b.data, a.data)。")
def mul_by_dividing(a, b):
    y = a.data * b.data
    return Value(y, (a, b), (y / a.data, y / b.data))


@mul.twin(
    "Try a = 0: by how much does a b grow if a grows by h?",
    "Where a number is 0 its derivative is given as 0; it is the other number there too.",
    "d(ab)/da = b for every a, also for 0.",
    "试试 a = 0：a 增加 h，a b 增加多少？",
    "数为 0 的地方，导数也给成了 0；其实那里也是另一个数。",
    "对任何 a，d(ab)/da = b，a 为 0 也一样。")
def mul_with_zero_as_an_exception(a, b):
    y = a.data * b.data
    return Value(y, (a, b), (y / a.data if a.data else 0.0, y / b.data if b.data else 0.0))


@mul.twin(
    "Is a derivative of a b the product again?",
    "Both local derivatives are a b, the number itself.",
    "d(ab)/da = b: the factor a is gone.",
    "a b 的导数还是这个乘积吗？",
    "两个局部导数都是 a b，也就是数本身。",
    "d(ab)/da = b：因子 a 不在了。")
def mul_with_the_product_as_derivatives(a, b):
    y = a.data * b.data
    return Value(y, (a, b), (y, y))


@mul.twin(
    "Which of a and b does the derivative with respect to a contain?",
    "Both local derivatives are a + b.",
    "d(ab)/da = b alone, d(ab)/db = a alone: one number for each input.",
    "对 a 的导数里有 a 和 b 中的哪一个？",
    "两个局部导数都是 a + b。",
    "d(ab)/da 只是 b，d(ab)/db 只是 a：每个输入一个数。")
def mul_with_the_sum_as_derivatives(a, b):
    return Value(a.data * b.data, (a, b), (a.data + b.data, a.data + b.data))


@mul.twin(
    "What is 2 times -3?",
    "The number is a + b; the rest is right.",
    "The number of a product is a.data * b.data.",
    "2 乘 -3 是多少？",
    "这个数是 a + b；其余是对的。",
    "乘积的数是 a.data * b.data。")
def mul_with_the_number_of_add(a, b):
    return Value(a.data + b.data, (a, b), (b.data, a.data))


@mul.twin(
    "Is .grad known when a b is computed?",
    "The local derivatives are 0; if there is a .grad in them, nothing has set it yet.",
    "Here only the local derivative is kept, b or a; it is multiplied with a gradient in backward.",
    "计算 a b 时，.grad 已经知道了吗？",
    "局部导数是 0；如果里面有 .grad，那它还没有谁设置过。",
    "这里只留下局部导数 b 或 a；与梯度相乘是 backward 的事。")
def mul_with_gradients_as_locals(a, b):
    return Value(a.data * b.data, (a, b), (b.grad, a.grad))


@mul.twin(
    "How many numbers is a b computed from?",
    "It remembers a and not b: b would never get a gradient.",
    "Both are inputs, each with its local derivative.",
    "a b 由几个数算出？",
    "它记住了 a，没有记住 b：b 永远得不到梯度。",
    "两个都是输入，各有自己的局部导数。")
def mul_with_one_input(a, b):
    return Value(a.data * b.data, (a,), (b.data,))


@mul.twin(
    "If b is -3, does a b grow or fall when a grows?",
    "The local derivatives have lost their signs.",
    "d(ab)/da = b, with its sign.",
    "b 是 -3 时，a 增加，a b 增加还是减少？",
    "局部导数丢了符号。",
    "d(ab)/da = b，连同符号。")
def mul_without_signs(a, b):
    return Value(a.data * b.data, (a, b), (abs(b.data), abs(a.data)))


@mul.twin(
    "A Value is asked for. What is this?",
    "It is a number: it cannot remember where it came from.",
    "Make a new Value: Value(data, inputs, locals).",
    "要求的是一个 Value。这是什么？",
    "这是一个数：它记不住自己从哪里来。",
    "要新建一个 Value：Value(data, inputs, locals)。")
def mul_that_gives_a_number(a, b):
    return a.data * b.data


@mul.twin(
    "Can Python multiply two Values?",
    "It cannot compute with a Value, whose number is .data.",
    "Use .data for the number: a.data * b.data.",
    "Python 能把两个 Value 相乘吗？",
    "它不能拿 Value 来计算：Value 的数在 .data 里。",
    "要数就用 .data：a.data * b.data。")
def mul_of_values(a, b):
    return Value(a * b, (a, b), (b.data, a.data))


@mul.twin(
    "Are inputs and locals tuples, one entry for each of a and b?",
    "One of them is a set, or a single thing: a set has no order, so nobody knows which local belongs to which input.",
    "Both are tuples in the same order.",
    "inputs 和 locals 都是元组吗？a 和 b 各占一项吗？",
    "其中一个是集合，或只是单独一个东西：集合没有顺序，不知道哪个局部导数属于哪个输入。",
    "两者都是元组，顺序一致。")
def mul_by_a_set(a, b):
    return Value(a.data * b.data, {a, b}, (b.data, a.data))


@mul.twin(
    "Two Values have the same number: are they one?",
    "a and b are taken for one where their numbers are alike; then b gets no gradient.",
    "`a is b` asks whether they are one, and no case of its own is needed even then: remember (a, b).",
    "两个 Value 的数相同，它们是同一个吗？",
    "a 和 b 的数相同时被当成了同一个，于是 b 得不到梯度。",
    "要问是不是同一个，用 `a is b`；而且即使是同一个也不需要单独处理：记住 (a, b)。")
def mul_with_equal_numbers_as_one(a, b):
    locals = (b.data, a.data)
    if a.data == b.data:
        return Value(a.data * b.data, (a,), (sum(locals),))
    return Value(a.data * b.data, (a, b), locals)


@mul.twin(
    "What does your function return, a Value?",
    "It returns a tuple of the three things that a Value is made of.",
    "Make a Value of them: Value(data, inputs, locals).",
    "你的函数返回的是 Value 吗？",
    "返回的是一个元组，里面是构成 Value 的三样东西。",
    "用它们造一个 Value：Value(data, inputs, locals)。")
def mul_that_gives_a_tuple(a, b):
    return a.data * b.data, (a, b), (b.data, a.data)


@mul.twin(
    "How many inputs are there, and how many locals?",
    "There are two inputs and one local derivative.",
    "Each input has a local derivative of its own, in the same order.",
    "有几个输入，几个局部导数？",
    "有两个输入，却只有一个局部导数。",
    "每个输入都有自己的局部导数，顺序一致。")
def mul_with_one_local(a, b):
    return Value(a.data * b.data, (a, b), (b.data,))


@mul.twin(
    "Are the inputs a and b themselves?",
    "The inputs are new Values with the numbers of a and b: a and b would never get a gradient.",
    "Two Values of the same number are two: remember (a, b), not copies.",
    "输入就是 a 和 b 本身吗？",
    "输入是数值与 a、b 相同的新 Value：a 和 b 永远得不到梯度。",
    "数相同的两个 Value 是两个：要记住 (a, b) 本身，而不是副本。")
def mul_that_remembers_copies(a, b):
    return Value(a.data * b.data, (Value(a.data), Value(b.data)), (b.data, a.data))


@mul.twin(
    "Which argument of Value is which?",
    "Inputs and local derivatives have changed places.",
    "Value(data, inputs, locals): second the Values it comes from, third the numbers.",
    "Value 的三个参数各是什么？",
    "输入和局部导数互换了位置。",
    "Value(data, inputs, locals)：第二个是来源的 Value，第三个是数。")
def mul_with_inputs_and_locals_swapped(a, b):
    return Value(a.data * b.data, (b.data, a.data), (a, b))


@mul.twin(
    "What are a.data and b.data afterwards?",
    "This changes a itself: the number that a had is gone, and no new Value is made.",
    "The product is a new Value; a and b stay as they are.",
    "之后 a.data 和 b.data 是多少？",
    "这改动了 a 本身：a 原来的数没有了，也没有新建 Value。",
    "积是一个新的 Value；a 和 b 保持不变。")
def mul_into_its_argument(a, b):
    a.data *= b.data
    return a


@mul.twin(
    "Is a b a square?",
    "The local derivatives are 2a and 2b, those of squares.",
    "Only a * a has 2a; d(ab)/da = b.",
    "a b 是平方吗？",
    "局部导数是 2a 和 2b，那是平方的导数。",
    "只有 a * a 才是 2a；d(ab)/da = b。")
def mul_with_the_derivatives_of_squares(a, b):
    return Value(a.data * b.data, (a, b), (2 * a.data, 2 * b.data))


# --- tanh ---

@lab.hole(cases=[[leaf(0.5)], [leaf(-1.2)], [leaf(30.0)], [leaf(1000.0)], [leaf(-1000.0)]],
          more=[[leaf(0.9)], [leaf(-0.3)], [leaf(2000.0)], [leaf(-4000.0)]], through="remembered")
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
    "What is the slope of tanh far out, where it is flat?",
    "This is 1 + y^2: it would be 2 there.",
    "tanh' = 1 - y^2, which goes to 0 where y goes to 1 or -1.",
    "很远处 tanh 是平的，那里斜率是多少？",
    "这是 1 + y^2：在那里会是 2。",
    "tanh' = 1 - y^2，y 趋于 1 或 -1 时它趋于 0。")
def tanh_with_plus(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (1 + y * y,))


@tanh.twin(
    "What is squared, y or 1 - y?",
    "This is (1 - y)^2.",
    "tanh' = 1 - y^2: the square is that of y alone.",
    "平方的是 y，还是 1 - y？",
    "这是 (1 - y)^2。",
    "tanh' = 1 - y^2：只有 y 平方。")
def tanh_with_the_square_of_all(a):
    y = math.tanh(a.data)
    return Value(y, (a,), ((1 - y) ** 2,))


@tanh.twin(
    "Check the derivative at a = 0.5 by a small step.",
    "This is 1 - |y|: an absolute value stands for the square.",
    "tanh' = 1 - y^2.",
    "用一小步检验 a = 0.5 处的导数。",
    "这是 1 - |y|：平方写成了绝对值。",
    "tanh' = 1 - y^2。")
def tanh_with_the_absolute_value(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (1 - abs(y),))


@tanh.twin(
    "How often is tanh taken?",
    "Twice: the local derivative is 1 - tanh(y)^2, and y is tanh(a) already.",
    "1 - tanh(a)^2 is 1 - y^2.",
    "tanh 取了几次？",
    "两次：局部导数是 1 - tanh(y)^2，而 y 已经是 tanh(a)。",
    "1 - tanh(a)^2 就是 1 - y^2。")
def tanh_taken_twice(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (1 - math.tanh(y) ** 2,))


@tanh.twin(
    "How fast does tanh grow at 0, where y is 0?",
    "The local derivative is y itself, which is 0 there.",
    "tanh' = 1 - y^2, which is 1 there.",
    "在 0 处 y 是 0，tanh 增长得多快？",
    "局部导数是 y 本身，在那里是 0。",
    "tanh' = 1 - y^2，在那里是 1。")
def tanh_with_itself_as_derivative(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (y,))


@tanh.twin(
    "Is .grad known when tanh(a) is computed?",
    "The local derivative is 1 everywhere; if there is a .grad in it, a.grad is still 0, and y^2 times a.grad as well.",
    "A local derivative has no gradient in it: 1 - y^2. It is multiplied with one in backward.",
    "计算 tanh(a) 时，.grad 已经知道了吗？",
    "局部导数处处是 1；如果里面有 .grad，a.grad 还是 0，y^2 乘 a.grad 也是 0。",
    "局部导数里没有梯度：1 - y^2。与梯度相乘是 backward 的事。")
def tanh_times_the_gradient(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (1 - y * y * a.grad,))


@tanh.twin(
    "Is .grad known when tanh(a) is computed?",
    "The local derivative is 0 everywhere; if it is multiplied by a.grad, that is still 0.",
    "A local derivative has no gradient in it: 1 - y^2. It is multiplied with one in backward.",
    "计算 tanh(a) 时，.grad 已经知道了吗？",
    "局部导数处处是 0；如果它乘上了 a.grad，那还是 0。",
    "局部导数里没有梯度：1 - y^2。与梯度相乘是 backward 的事。")
def tanh_times_the_whole_gradient(a):
    y = math.tanh(a.data)
    return Value(y, (a,), ((1 - y * y) * a.grad,))


@tanh.twin(
    "Try a large input, such as 1000 and -1000.",
    "exp(a) or exp(-a), cosh(a) as well, is too large for a float at both: OverflowError.",
    "math.tanh stays between -1 and 1 for every input.",
    "试试很大的输入，比如 1000 和 -1000。",
    "exp(a) 或 exp(-a)（cosh(a) 也一样）在两处都太大，浮点数装不下：OverflowError。",
    "math.tanh 对任何输入都在 -1 和 1 之间。")
def tanh_by_exponentials(a):
    e, f = math.exp(a.data), math.exp(-a.data)
    y = (e - f) / (e + f)
    return Value(y, (a,), (1 - y * y,))


@tanh.twin(
    "Try a large input, such as 1000.",
    "exp(2a) is too large for a float: OverflowError.",
    "math.tanh stays between -1 and 1 for every input.",
    "试试很大的输入，比如 1000。",
    "exp(2a) 太大，浮点数装不下：OverflowError。",
    "math.tanh 对任何输入都在 -1 和 1 之间。")
def tanh_by_exp_of_2a(a):
    e = math.exp(2 * a.data)
    y = (e - 1) / (e + 1)
    return Value(y, (a,), (1 - y * y,))


@tanh.twin(
    "Try a large negative input, such as -1000.",
    "exp(-2a) is too large for a float: OverflowError.",
    "math.tanh stays between -1 and 1 for every input.",
    "试试很大的负数，比如 -1000。",
    "exp(-2a) 太大，浮点数装不下：OverflowError。",
    "math.tanh 对任何输入都在 -1 和 1 之间。")
def tanh_by_a_sigmoid(a):
    y = 2 / (1 + math.exp(-2 * a.data)) - 1
    return Value(y, (a,), (1 - y * y,))


@tanh.twin(
    "What is tanh(0), and what is your number there?",
    "The number is the sigmoid, which lies between 0 and 1.",
    "tanh lies between -1 and 1: math.tanh.",
    "tanh(0) 是多少？你的数在那里是多少？",
    "这个数是 sigmoid，它在 0 和 1 之间。",
    "tanh 在 -1 和 1 之间：math.tanh。")
def tanh_with_the_number_of_sigmoid(a):
    y = 1 / (1 + math.exp(-a.data))
    return Value(y, (a,), (1 - y * y,))


@tanh.twin(
    "What is tanh(0), and what is your number there?",
    "This is the sigmoid, number and derivative.",
    "tanh lies between -1 and 1, and tanh' = 1 - tanh^2.",
    "tanh(0) 是多少？你的数在那里是多少？",
    "这是 sigmoid，数和导数都是。",
    "tanh 在 -1 和 1 之间，tanh' = 1 - tanh^2。")
def tanh_as_sigmoid(a):
    y = 1 / (1 + math.exp(-a.data))
    return Value(y, (a,), (y * (1 - y),))


@tanh.twin(
    "Which function of math is it?",
    "The number is the tangent, which jumps from plus to minus infinity.",
    "The hyperbolic tangent is math.tanh.",
    "用的是 math 里的哪个函数？",
    "这个数是正切，它会从正无穷跳到负无穷。",
    "双曲正切是 math.tanh。")
def tanh_as_tan(a):
    y = math.tan(a.data)
    return Value(y, (a,), (1 - y * y,))


@tanh.twin(
    "Is the input a itself?",
    "The input is a new Value: the way back ends there, and a gets no gradient.",
    "Remember a itself: (a,).",
    "输入就是 a 本身吗？",
    "输入是一个新的 Value：往回走到那里就断了，a 得不到梯度。",
    "要记住 a 本身：(a,)。")
def tanh_of_another_value(a):
    y = Value(math.tanh(a.data))
    return Value(y.data, (y,), (1 - y.data ** 2,))


@tanh.twin(
    "What does the new Value know about where it came from?",
    "The number is right, and it remembers neither input nor derivative.",
    "Value(data, inputs, locals).",
    "新的 Value 知道自己从哪里来吗？",
    "数是对的，但它不记得输入和导数。",
    "Value(data, inputs, locals)。")
def tanh_that_forgets(a):
    return Value(math.tanh(a.data))


@tanh.twin(
    "Is the input a Value?",
    "The input is a number, a.data: no gradient can be put into a number.",
    "Remember the Value itself: (a,).",
    "输入是 Value 吗？",
    "输入成了数 a.data：梯度没法放进一个数里。",
    "要记住 Value 本身：(a,)。")
def tanh_that_remembers_a_number(a):
    y = math.tanh(a.data)
    return Value(y, (a.data,), (1 - y * y,))


@tanh.twin(
    "Are inputs and locals tuples?",
    "One of them is no tuple: (a) is a itself, and only the comma makes it a tuple.",
    "One input still needs (a,), and its local derivative the same.",
    "inputs 和 locals 都是元组吗？",
    "其中一个不是元组：(a) 就是 a 本身，有逗号才是元组。",
    "只有一个输入也要写 (a,)，它的局部导数也一样。")
def tanh_without_the_comma(a):
    y = math.tanh(a.data)
    return Value(y, (a), (1 - y * y))


@tanh.twin(
    "Does math.tanh take a Value?",
    "It takes a number, and the number of a Value is .data.",
    "math.tanh(a.data).",
    "math.tanh 接受 Value 吗？",
    "它接受一个数，而 Value 的数在 .data 里。",
    "math.tanh(a.data)。")
def tanh_of_a_value(a):
    y = math.tanh(a)
    return Value(y, (a,), (1 - y * y,))


@tanh.twin(
    "A Value is asked for. What is this?",
    "It is a number: it cannot remember where it came from.",
    "Make a new Value: Value(data, inputs, locals).",
    "要求的是一个 Value。这是什么？",
    "这是一个数：它记不住自己从哪里来。",
    "要新建一个 Value：Value(data, inputs, locals)。")
def tanh_that_gives_a_number(a):
    return math.tanh(a.data)


@tanh.twin(
    "What does the new Value know about where it came from?",
    "It remembers its input, and no derivative.",
    "The third argument has the local derivative, in a tuple of one.",
    "新的 Value 知道自己从哪里来吗？",
    "它记得输入，但没有导数。",
    "第三个参数是局部导数，放在只有一项的元组里。")
def tanh_without_a_derivative(a):
    return Value(math.tanh(a.data), (a,))


@tanh.twin(
    "How many local derivatives are there?",
    "There are two, 1 - y and 2: a comma stands where the power was meant.",
    "One input has one local derivative: (1 - y * y,).",
    "有几个局部导数？",
    "有两个，1 - y 和 2：本想写乘方，却写成了逗号。",
    "一个输入有一个局部导数：(1 - y * y,)。")
def tanh_with_a_comma_for_the_power(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (1 - y, 2))


@tanh.twin(
    "Check the derivative at a = 0.5 by a small step.",
    "This is the root of 1 - y^2.",
    "tanh' = 1 - y^2, without a root.",
    "用一小步检验 a = 0.5 处的导数。",
    "这是 1 - y^2 的平方根。",
    "tanh' = 1 - y^2，不开方。")
def tanh_with_a_root(a):
    y = math.tanh(a.data)
    return Value(y, (a,), (math.sqrt(1 - y * y),))


# --- order ---

def graphs(*kinds, numbers=()):
    return [[Given("graph", kind, *numbers)] for kind in kinds]


@lab.hole(cases=graphs("all", "leaf", "deep", "doubled"),
          more=graphs("mirror", "leaf", "deep", "doubled", numbers=(-1.5, 0.25, 0.8)), through="is_an_order")
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
    "Which one is the first of your list, the end or a leaf?",
    "Each Value stands as soon as it is met, before its inputs: from the end on. Turned round it is no order either.",
    "A Value may stand only after all of its inputs do: append it when you leave it, not when you come.",
    "你的列表里第一个是谁，末端还是叶子？",
    "一个 Value 一遇到就被放进去，在它的输入之前，从末端开始。倒过来也还不是所要的顺序。",
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
    "Write down s = tanh(c) and s * b + s, and go through it by hand: where does s come to stand?",
    "Here a Value stands before one of its inputs: turning round the order in which they are met (with a stack, by levels, or "
    "breadth first) does not bring every input to the front.",
    "Append a Value when all of its inputs stand in the list, not when it is met: it has to be visited a second time.",
    "写下 s = tanh(c) 和 s * b + s，用手走一遍：s 排在了哪里？",
    "这里有一个 Value 排在它的某个输入之前：把遇到它们的顺序（用栈、按层或广度优先）倒过来，并不能让每个输入都在前面。",
    "等一个 Value 的所有输入都进了列表，才加入它，而不是遇到时：它要被访问第二次。")
def order_as_they_are_met_turned_round(end):
    found, seen, stack = [], set(), [end]
    while stack:
        x = stack.pop()
        if id(x) not in seen:
            seen.add(id(x))
            found.append(x)
            stack += x.inputs
    return found[::-1]


@order.twin(
    "Write down s = tanh(c), then s + s * b and s * b + s: in which of them does s * b stand before s?",
    "Here a Value stands before one of its inputs: it is marked as seen when it is put on the stack, and another that needs it "
    "is finished first.",
    "Mark a Value as seen when you take it from the stack, not when you put it there.",
    "写下 s = tanh(c)，再写 s + s * b 和 s * b + s：哪一个里 s * b 排在了 s 之前？",
    "这里有一个 Value 排在它的某个输入之前：放进栈时就标记为见过，于是另一个需要它的先完成了。",
    "从栈里取出时才标记为见过，而不是放进去时。")
def order_marked_when_pushed(end):
    found, seen, stack = [], {id(end)}, [(end, False)]
    while stack:
        x, ready = stack.pop()
        if ready:
            found.append(x)
            continue
        stack.append((x, True))
        for y in x.inputs:
            if id(y) not in seen:
                seen.add(id(y))
                stack.append((y, False))
    return found


@order.twin(
    "Take ((a + b) + c) + a: what puts the inner sum before the outer one?",
    "Here a Value stands before one of its inputs: sorting by how many inputs each has, or by anything else that a Value has by "
    "itself, knows nothing about which is computed from which.",
    "The order comes from going through the inputs of each Value, and appending it after them.",
    "看 ((a + b) + c) + a：是什么让里面的和排在外面的和之前？",
    "这里有一个 Value 排在它的某个输入之前：按输入的个数，或按 Value 自身的别的什么来排序，并不知道谁由谁算出。",
    "顺序来自沿着每个 Value 的输入走，在它们之后再加入它。")
def order_sorted_by_inputs(end):
    return sorted(order_as_they_are_met(end), key=lambda x: len(x.inputs))


@order.twin(
    "Count: how often does each Value stand in the list?",
    "What is used twice stands there twice.",
    "Keep a set of what you have seen, by id, and go into each Value once.",
    "数一数：每个 Value 在列表里出现几次？",
    "被用到两次的出现了两次。",
    "用 id 记下见过的，每个 Value 只进入一次。")
def order_with_repeats(end):
    found, stack = [], [(end, False)]
    while stack:
        x, ready = stack.pop()
        if ready:
            found.append(x)
        else:
            stack.append((x, True))
            stack += [(y, False) for y in x.inputs]
    return found


@order.twin(
    "Count: how often does each Value stand in the list? And try a sum of 5,000 numbers.",
    "What is used twice stands there twice; and a function that calls itself is stopped by Python: RecursionError.",
    "Go into each Value once, with a set of what has been seen; and keep what is left to do in a list instead of in calls.",
    "数一数：每个 Value 在列表里出现几次？再试试 5000 个数的和。",
    "被用到两次的出现了两次；而调用自己太多次的函数会被 Python 停下：RecursionError。",
    "用集合记下见过的，每个 Value 只进入一次；把还要做的放在列表里，而不是放在函数调用里。")
def order_by_recursion_with_repeats(end):
    found = []

    def visit(x):
        for y in x.inputs:
            visit(y)
        found.append(x)

    visit(end)
    return found


@order.twin(
    "Double a number 40 times, x + x: how many ways lead from the end to the leaf, and do you go all of them?",
    "The order is right, but the walk follows every path, 2^40 of them here; what stands twice is taken out only afterwards.",
    "Go into each Value once: keep a set of what has been seen while you walk.",
    "把一个数加倍 40 次，x + x：从末端到叶子有多少条路？你每条都走吗？",
    "顺序是对的，但走遍了每一条路，这里有 2^40 条；重复的到最后才去掉。",
    "每个 Value 只进入一次：边走边用集合记下见过的。")
def order_along_every_path(end):
    found, stack = [], [end]
    while stack:
        x = stack.pop()
        found.append(x)
        stack += x.inputs
    return list(dict.fromkeys(reversed(found)))


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
    "Have the inputs of the end inputs of their own?",
    "Only the end is there, or it and its own inputs: one level.",
    "Go on with the inputs of the inputs, down to the leaves.",
    "末端的输入自己还有输入吗？",
    "只有末端，或末端和它自己的输入：一层。",
    "接着走输入的输入，一直到叶子。")
def order_of_one_level(end):
    return [*end.inputs, end]


@order.twin(
    "What are the items of your list, Values or numbers?",
    "They are numbers, .data: backward could not ask a number for its inputs.",
    "Put the Values themselves into the list.",
    "你的列表里放的是 Value 还是数？",
    "是数，即 .data：反向传播没法向一个数要它的输入。",
    "把 Value 本身放进列表。")
def order_of_numbers(end):
    return [x.data for x in order(end)]


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


@order.twin(
    "Double a number 40 times, x + x, and add up 5,000 numbers: how often does your function call itself?",
    "The order is right; but the walk goes into a Value along every path, which may be 2^40, and 5,000 calls in each other are "
    "too many for Python.",
    "Ask whether a Value has been seen before you go into its inputs, and keep what is left to do in a list instead of in calls.",
    "把一个数加倍 40 次，x + x，再把 5000 个数加起来：你的函数调用自己多少次？",
    "顺序是对的；但沿着每条路都进入一遍，路可能有 2^40 条，而 5000 层的调用对 Python 来说太多。",
    "先问一个 Value 是否见过，再进入它的输入；还要做的放在列表里，而不是放在函数调用里。")
def order_by_recursion_along_every_path(end):
    found = {}

    def visit(x):
        for y in x.inputs:
            visit(y)
        found[id(x)] = x

    visit(end)
    return list(found.values())


@order.twin(
    "Take a = 2, b = -3 and a + b: which has the smallest number, and which must be last?",
    "The Values are sorted by their numbers, and some stand before one of their inputs: a result may be smaller than what it is "
    "computed from.",
    "The order comes from going through the inputs of each Value, and appending it after them.",
    "看 a = 2、b = -3 和 a + b：哪个数最小，哪个必须在最后？",
    "这里按数的大小排序，于是有的排在它的某个输入之前：结果可以比算出它的数小。",
    "顺序来自沿着每个 Value 的输入走，在它们之后再加入它。")
def order_sorted_by_number(end):
    return sorted(order(end), key=lambda x: x.data)


@order.twin(
    "Have the inputs of the end inputs of their own? And where is the end?",
    "Only the inputs of the end are there.",
    "Go on with the inputs of the inputs, down to the leaves; the end itself is the last.",
    "末端的输入自己还有输入吗？末端又在哪里？",
    "只有末端的输入。",
    "接着走输入的输入，一直到叶子；末端自己排在最后。")
def order_of_the_inputs_alone(end):
    return list(end.inputs)


# --- backward ---

SMALL = ("chain", "diamond", "square", "neuron", "early", "late", "shared", "leaf", "deep", "doubled")
OTHERS = ("chain", "diamond", "square", "mirror", "shared", "early", "late", "leaf", "deep", "doubled")


@lab.hole(cases=graphs(*SMALL), more=graphs(*OTHERS, numbers=(-1.5, 0.25, 0.8)), through="gradients")
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
    "Look at d = a + b in d * c * d: what is d.grad?",
    "Leaves add up what they get, and what lies between is written over: of a computed Value only the last use counts.",
    "Every Value that is used twice gets the sum, a computed one too: y.grad += ... for all.",
    "看 d * c * d 里的 d = a + b：d.grad 是多少？",
    "叶子会把得到的加起来，中间的却被覆盖：算出来的 Value 只剩最后一次使用给的。",
    "凡是被用到两次的都得到和，算出来的也一样：对所有的都用 y.grad += ...")
def backward_that_overwrites_between(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad = local * x.grad + (0.0 if y.inputs else y.grad)


@backward.twin(
    "What is the derivative of the end with respect to itself?",
    "Everything is 0, the gradient of the end too: it has not been set, or is written over again.",
    "d end / d end = 1: begin with end.grad = 1.",
    "末端对自己的导数是多少？",
    "全是 0，末端自己的梯度也是：没有设置，或者又被覆盖了。",
    "d end / d end = 1：从 end.grad = 1 开始。")
def backward_without_a_beginning(end):
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad


@backward.twin(
    "What is the derivative of the end with respect to itself?",
    "The walk begins with the number of the end, end.data, and all gradients are that many times too great.",
    "If the end grows by h, it grows by h: end.grad = 1.",
    "末端对自己的导数是多少？",
    "这里从末端的数 end.data 开始，所有梯度都多了这么多倍。",
    "末端增加 h，它就增加 h：end.grad = 1。")
def backward_from_the_number(end):
    end.grad = end.data
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad


@backward.twin(
    "Which Values have a gradient of 1 before anything is handed on?",
    "All begin with 1, so each has 1 too much, and hands it on.",
    "Only the end begins with 1; the others begin with 0.",
    "在传递之前，哪些 Value 的梯度是 1？",
    "全都从 1 开始，于是每个都多了 1，还往下传。",
    "只有末端从 1 开始，其余从 0 开始。")
def backward_with_ones(end):
    for x in order(end):
        x.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad


@backward.twin(
    "Only the inputs of the end have a gradient. What would have to come next?",
    "The walk goes from the leaves to the end, where nothing has a gradient yet to hand on; or it stops after one step.",
    "From the end backwards over all of them: reversed(order(end)).",
    "只有末端的输入有梯度。接下来该轮到谁？",
    "遍历从叶子走向末端，那时还没有梯度可传；或者只走了一步就停了。",
    "从末端往回走，经过所有的 Value：reversed(order(end))。")
def backward_forwards(end):
    end.grad = 1.0
    for x in order(end):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad


@backward.twin(
    "The end has its 1, and all the rest is 0. Who gives a gradient here, and who receives one?",
    "Nothing is handed on: either what is multiplied is the gradient of the receiver, which is still 0, or giver and receiver "
    "are the wrong way round, or the end is left out of the walk.",
    "The end is the first to give; each x gives its inputs local * x.grad, and they add it to their own.",
    "末端有了 1，其余全是 0。这里谁给出梯度，谁接收？",
    "什么也没有传下去：要么乘的是接收者自己的梯度，而它还是 0；要么给和收弄反了；要么遍历漏掉了末端。",
    "末端最先给出；每个 x 给它的输入 local * x.grad，输入把它加到自己的上面。")
def backward_with_the_gradient_of_the_receiver(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * y.grad


@backward.twin(
    "Where does the chain rule multiply, and by whose gradient?",
    "Only local derivatives are added up: the gradient of the Value in between is left out, or that of the end, 1, stands for "
    "it.",
    "dL/dy = dL/dx * dx/dy: local * x.grad.",
    "链式法则在哪里相乘？乘的是谁的梯度？",
    "只把局部导数加了起来：漏掉了中间那个 Value 的梯度，或者用末端的梯度 1 代替了它。",
    "dL/dy = dL/dx * dx/dy：local * x.grad。")
def backward_without_the_chain(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local


@backward.twin(
    "If x grows 3 times as fast as y, and L 2 times as fast as x, how much faster than y does L grow?",
    "Local derivative and gradient are added.",
    "The chain rule multiplies them: local * x.grad. Only several uses are added up.",
    "如果 x 的增长是 y 的 3 倍，L 的增长是 x 的 2 倍，L 的增长是 y 的几倍？",
    "局部导数和梯度加在了一起。",
    "链式法则把它们相乘：local * x.grad。只有多次使用才相加。")
def backward_with_a_sum(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local + x.grad


@backward.twin(
    "What is multiplied by the gradient that comes from x?",
    "It is the number of the input, y.data, in the place of the local derivative.",
    "The local derivative stands in x.locals, at the same place as y in x.inputs.",
    "x 传来的梯度乘上了什么？",
    "乘的是输入的数 y.data，而不是局部导数。",
    "局部导数在 x.locals 里，位置与 y 在 x.inputs 里的位置相同。")
def backward_with_numbers_for_locals(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y in x.inputs:
            y.grad += y.data * x.grad


@backward.twin(
    "Which local derivative belongs to which input?",
    "Every input gets every local derivative: two loops, one in the other.",
    "The first local belongs to the first input: go through both together, with zip.",
    "哪个局部导数属于哪个输入？",
    "每个输入都得到了每个局部导数：两个循环套在一起。",
    "第一个局部导数属于第一个输入：用 zip 同时走两者。")
def backward_with_every_local(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y in x.inputs:
            for local in x.locals:
                y.grad += local * x.grad


@backward.twin(
    "How many inputs has tanh(a), and how many has a leaf?",
    "Two inputs are taken for granted: IndexError at a leaf.",
    "Go through as many as there are: zip(x.inputs, x.locals).",
    "tanh(a) 有几个输入？叶子呢？",
    "这里假定总有两个输入：到叶子就出现 IndexError。",
    "有几个就走几个：zip(x.inputs, x.locals)。")
def backward_with_two_inputs(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for i in range(2):
            x.inputs[i].grad += x.locals[i] * x.grad


@backward.twin(
    "How many inputs has tanh(a), and how many has a leaf?",
    "Two inputs are unpacked: ValueError where there are one or none.",
    "Go through as many as there are: zip(x.inputs, x.locals).",
    "tanh(a) 有几个输入？叶子呢？",
    "这里拆出两个输入：只有一个或没有输入时出现 ValueError。",
    "有几个就走几个：zip(x.inputs, x.locals)。")
def backward_that_unpacks_two(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        a, b = x.inputs
        a.grad += x.locals[0] * x.grad
        b.grad += x.locals[1] * x.grad


@backward.twin(
    "Look at a * a.",
    "The inputs went through a set or a dict, so a * a has one input in place of two, and half of its gradient.",
    "A Value that is used twice in one op is two inputs: zip(x.inputs, x.locals).",
    "看 a * a。",
    "输入放进了集合或字典，于是 a * a 只有一个输入而不是两个，梯度少了一半。",
    "在一个运算里用到两次的 Value 是两个输入：zip(x.inputs, x.locals)。")
def backward_by_sets(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y in {id(y): y for y in x.inputs}.values():
            y.grad += x.locals[list(x.inputs).index(y)] * x.grad


EARLY = (
    "Write down s = tanh(c), then s + s * b: when s hands its gradient on, has it got both of its parts?",
    "Each Value hands on once, some of them too early: what comes later to a Value is not handed on any more (breadth first, or "
    "with a stack, is not the order that is needed).",
    "A Value hands its gradient on after all that use it have given theirs: go through reversed(order(end)).",
    "写下 s = tanh(c)，再写 s + s * b：s 传出梯度时，它的两份都到齐了吗？",
    "每个 Value 只传一次，但有的传得太早：后来才到的那一份不会再传下去（广度优先或用栈都不是所需的顺序）。",
    "一个 Value 要等所有用到它的都给过之后才传：按 reversed(order(end)) 走。")


@backward.twin(*EARLY)
def backward_breadth_first(end):
    end.grad = 1.0
    left, done = [end], set()
    while left:
        x = left.pop(0)
        if id(x) not in done:
            done.add(id(x))
            for y, local in zip(x.inputs, x.locals, strict=True):
                y.grad += local * x.grad
                left.append(y)


@backward.twin(*EARLY)
def backward_with_a_stack(end):
    end.grad = 1.0
    left, done = [end], set()
    while left:
        x = left.pop()
        if id(x) not in done:
            done.add(id(x))
            for y, local in zip(x.inputs, x.locals, strict=True):
                y.grad += local * x.grad
                left.append(y)


@backward.twin(*EARLY)
def backward_by_recursion_once(end):
    done = set()

    def back(x):
        if id(x) not in done:
            done.add(id(x))
            for y, local in zip(x.inputs, x.locals, strict=True):
                y.grad += local * x.grad
                back(y)

    end.grad = 1.0
    back(end)


OFTEN = (
    "Is a Value's gradient complete when it is handed on, and how often is it handed on?",
    "It is handed on along every path by itself, each time with what has been added up so far: what is used twice is counted too "
    "often.",
    "A Value hands its gradient on once, after all that use it have given theirs: that is what the order is for.",
    "一个 Value 传出梯度时，它的梯度齐了吗？它传了几次？",
    "每条路各传一遍，每次都传到目前为止的累加值：被用到两次的算得太多。",
    "一个 Value 只传一次，要等所有用到它的都给过之后：这正是需要顺序的原因。")


@backward.twin(*OFTEN)
def backward_along_every_path(end):
    end.grad = 1.0
    left = [end]
    while left:
        x = left.pop(0)
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad
            left.append(y)


@backward.twin(*OFTEN)
def backward_along_every_path_with_a_stack(end):
    end.grad = 1.0
    left = [end]
    while left:
        x = left.pop()
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad
            left.append(y)


@backward.twin(*OFTEN)
def backward_by_recursion(end):
    def back(x):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad
            back(y)

    end.grad = 1.0
    back(end)


SLOW = (
    "Double a number 40 times, x + x: how many ways lead from the end to the leaf, and do you go all of them?",
    "The gradients are right, as the sum over all paths; but of these there are 2^40 here.",
    "Let each Value add up what it gets, and hand it on once, in reversed(order(end)): then each op is passed once.",
    "把一个数加倍 40 次，x + x：从末端到叶子有多少条路？你每条都走吗？",
    "梯度是对的，即对所有路径求和；但这里有 2^40 条路径。",
    "让每个 Value 把得到的加起来，再按 reversed(order(end)) 只传一次：这样每个运算只经过一次。")


@backward.twin(*SLOW)
def backward_over_all_paths(end):
    left = [(end, 1.0)]
    while left:
        x, gradient = left.pop()
        x.grad += gradient
        left += [(y, local * gradient) for y, local in zip(x.inputs, x.locals, strict=True)]


@backward.twin(
    "Double a number 40 times, x + x, and add up 5,000 numbers: how often does your function call itself?",
    "The gradients are right, as the sum over all paths; but there may be 2^40 of these, and a chain of 5,000 calls is too long "
    "for Python.",
    *SLOW[2:3],
    "把一个数加倍 40 次，x + x，再把 5000 个数加起来：你的函数调用自己多少次？",
    "梯度是对的，即对所有路径求和；但路径可能有 2^40 条，而 5000 层的调用对 Python 来说太长。",
    *SLOW[5:])
def backward_over_all_paths_by_recursion(end):
    def back(x, gradient):
        x.grad += gradient
        for y, local in zip(x.inputs, x.locals, strict=True):
            back(y, local * gradient)

    back(end, 1.0)


@backward.twin(
    "Look at .grad of what is computed between the leaves and the end.",
    "It is 0 again: leaves keep their gradients, the others are cleared.",
    "Every Value keeps its gradient here, those in between too.",
    "看看叶子和末端之间那些算出来的 Value 的 .grad。",
    "它又是 0 了：叶子保留了梯度，其余的被清掉。",
    "这里每个 Value 都保留梯度，中间的也一样。")
def backward_that_clears(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad
        if x.inputs:
            x.grad = 0.0


@backward.twin(
    "What is end.grad afterwards?",
    "It is set back to 0; all other gradients are right.",
    "The end keeps its gradient, 1, as all others do.",
    "之后 end.grad 是多少？",
    "它被设回了 0；其余梯度都对。",
    "末端和其他的一样保留自己的梯度，即 1。")
def backward_that_clears_the_end(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad
    if end.inputs:
        end.grad = 0.0


@backward.twin(
    "What is end.grad afterwards?",
    "It is set back to 0, even where the end is a leaf; all other gradients are right.",
    "The end keeps its gradient, 1, as all others do.",
    "之后 end.grad 是多少？",
    "它被设回了 0，末端是叶子时也一样；其余梯度都对。",
    "末端和其他的一样保留自己的梯度，即 1。")
def backward_that_always_clears_the_end(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad
    end.grad = 0.0


@backward.twin(
    "Where do the gradients go, and is anything asked for besides?",
    "They are right, in .grad of every Value; and something is returned as well.",
    "backward returns nothing: leave the `return` out.",
    "梯度放在哪里？还要求别的吗？",
    "梯度是对的，都在每个 Value 的 .grad 里；但还返回了一些东西。",
    "backward 没有返回值：去掉 `return`。")
def backward_that_returns(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad
    return [x.grad for x in order(end)]


@backward.twin(
    "Which Values have a gradient of 1?",
    "Each Value that hands on is set to 1 first, so what it has been given is lost.",
    "Only the end begins with 1, before the loop; all others have what their uses have given.",
    "哪些 Value 的梯度是 1？",
    "每个 Value 在传出之前都被设成 1，得到的就丢了。",
    "只有末端从 1 开始，写在循环之前；其余的是各次使用给的。")
def backward_with_a_one_in_the_loop(end):
    for x in reversed(order(end)):
        x.grad = 1.0
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.grad


@backward.twin(
    "What is multiplied by the local derivative?",
    "It is x.data, the number of what uses y, in the place of its gradient.",
    "dL/dx is x.grad: local * x.grad.",
    "局部导数乘上了什么？",
    "乘的是 x.data，即用到 y 的那个数，而不是它的梯度。",
    "dL/dx 是 x.grad：local * x.grad。")
def backward_with_data_for_gradients(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x.data


@backward.twin(
    "Which local derivative belongs to which input?",
    "Those of an op with two inputs have changed places.",
    "The first local belongs to the first input: zip(x.inputs, x.locals).",
    "哪个局部导数属于哪个输入？",
    "两个输入的运算里，局部导数放反了。",
    "第一个局部导数属于第一个输入：zip(x.inputs, x.locals)。")
def backward_with_locals_turned_round(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals[::-1], strict=True):
            y.grad += local * x.grad


@backward.twin(
    "How many inputs of a b get a gradient?",
    "Only the first input of each op gets one.",
    "Go through all: zip(x.inputs, x.locals).",
    "a b 有几个输入得到了梯度？",
    "每个运算只有第一个输入得到了。",
    "要走所有的输入：zip(x.inputs, x.locals)。")
def backward_to_the_first_input(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        if x.inputs:
            x.inputs[0].grad += x.locals[0] * x.grad


@backward.twin(
    "Look at a chain, and then at a sum: which local derivatives are multiplied together?",
    "One product goes through the whole list: each Value gets the product of all local derivatives before it, of other branches "
    "too.",
    "Only what lies on the way counts: local times the gradient of x itself, x.grad.",
    "先看一条链，再看一个和：哪些局部导数被乘在了一起？",
    "同一个乘积贯穿整个列表：每个 Value 得到它之前所有局部导数之积，连别的分支的也在内。",
    "只算路上的：local 乘 x 自己的梯度 x.grad。")
def backward_with_one_product(end):
    end.grad, product = 1.0, 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            product *= local
            y.grad += product


@backward.twin(
    "If the end is a + b, what is the sign of a.grad?",
    "Gradients are taken off: the sign changes with every op.",
    "backward adds: y.grad += ... (it is the step downhill that takes off).",
    "如果末端是 a + b，a.grad 的符号是什么？",
    "梯度被减去了：每过一个运算符号就变一次。",
    "backward 是加：y.grad += ...（减的是下坡那一步）。")
def backward_with_minus(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad -= local * x.grad


@backward.twin(
    "What is x, a number or a Value?",
    "It is computed with a Value itself, which Python cannot do.",
    "The gradient of a Value is .grad, a number: local * x.grad.",
    "x 是数还是 Value？",
    "这里拿 Value 本身来计算，Python 做不到。",
    "Value 的梯度是 .grad，是一个数：local * x.grad。")
def backward_with_values(end):
    end.grad = 1.0
    for x in reversed(order(end)):
        for y, local in zip(x.inputs, x.locals, strict=True):
            y.grad += local * x


# --- slope ---

def polynomial(*coefficients):
    return Given("polynomial", *coefficients)


@lab.hole(cases=[[polynomial(1.0, 2.0, 3.0), 0.5, 0.1], [polynomial(0.0, 0.0, 0.0, 1.0), 2.0, 0.1],
                 [polynomial(4.0, -1.0), 3.0, 0.5], [polynomial(0.0, 0.00004), 1.0, 0.1]],
          more=[[polynomial(0.5, 0.0, -2.0, 1.5), -1.0, 0.2], [polynomial(2.0, 7.0), 1.0, 0.25],
                [polynomial(1.0, -0.00003), 2.0, 0.2]])
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
    "Try x^2 with h = 0.1: is it exactly 2x?",
    "This is the difference to the other side alone, (f(x) - f(x - h)) / h, whose error is of the size of h.",
    "To both sides, (f(x + h) - f(x - h)) / 2h, the error is of the size of h^2.",
    "用 h = 0.1 试试 x^2：正好是 2x 吗？",
    "这是只向另一侧的差分 (f(x) - f(x - h)) / h，误差与 h 同级。",
    "两侧差分 (f(x + h) - f(x - h)) / 2h 的误差与 h^2 同级。")
def slope_to_the_other_side(f, x, h):
    return (f(x) - f(x - h)) / h


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
    "How far apart are the two points?",
    "This is divided by 2 alone.",
    "Divide by the distance of the points, 2h.",
    "两点相距多远？",
    "这里只除以了 2。",
    "除以两点的距离 2h。")
def slope_divided_by_two(f, x, h):
    return (f(x + h) - f(x - h)) / 2


@slope.twin(
    "How far apart are the two points?",
    "This is divided by 2h^2: h is in it twice.",
    "Divide by the distance of the points, 2h. (The error is of the size of h^2; that is another thing.)",
    "两点相距多远？",
    "这里除以了 2h^2：h 多了一次。",
    "除以两点的距离 2h。（误差与 h^2 同级，那是另一回事。）")
def slope_divided_by_the_square(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h ** 2)


@slope.twin(
    "How far apart are the two points?",
    "This is divided by h^2.",
    "Divide by the distance of the points, 2h. (The error is of the size of h^2; that is another thing.)",
    "两点相距多远？",
    "这里除以了 h^2。",
    "除以两点的距离 2h。（误差与 h^2 同级，那是另一回事。）")
def slope_divided_by_the_square_of_h(f, x, h):
    return (f(x + h) - f(x - h)) / h ** 2


@slope.twin(
    "Print the number that you divide by.",
    "It is x + h - x - h, which is 0 but for rounding: the minus is meant for all of x - h.",
    "(x + h) - (x - h) is 2h: divide by (2 * h).",
    "把你除以的那个数打印出来。",
    "它是 x + h - x - h，除了舍入误差就是 0：减号本应管整个 x - h。",
    "(x + h) - (x - h) 等于 2h：除以 (2 * h)。")
def slope_with_a_distance_of_zero(f, x, h):
    return (f(x + h) - f(x - h)) / (x + h - x - h)


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
    "Is a slope a sum or a difference?",
    "The values at the two points are added: this is f near x, divided by h.",
    "f(x + h) minus f(x - h), over 2h.",
    "斜率是和还是差？",
    "两点的值被加了起来：这是 x 附近的 f 除以 h。",
    "f(x + h) 减 f(x - h)，再除以 2h。")
def slope_with_plus(f, x, h):
    return (f(x + h) + f(x - h)) / (2 * h)


@slope.twin(
    "Can a slope be below 0?",
    "The sign is gone: an absolute value is taken.",
    "Where f falls its slope is below 0: no abs.",
    "斜率可以小于 0 吗？",
    "符号没有了：取了绝对值。",
    "f 下降的地方斜率小于 0：不要 abs。")
def slope_without_a_sign(f, x, h):
    return abs(f(x + h) - f(x - h)) / (2 * h)


@slope.twin(
    "Try a straight line: what is its slope, and what do you get?",
    "This is the second difference, (f(x + h) - 2 f(x) + f(x - h)) / h^2: how the slope itself changes.",
    "The slope is the first difference, (f(x + h) - f(x - h)) / 2h.",
    "试试一条直线：它的斜率是多少？你得到多少？",
    "这是二阶差分 (f(x + h) - 2 f(x) + f(x - h)) / h^2：斜率本身怎样变化。",
    "斜率是一阶差分 (f(x + h) - f(x - h)) / 2h。")
def slope_of_the_slope(f, x, h):
    return (f(x + h) - 2 * f(x) + f(x - h)) / h ** 2


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
    "Mind the order of operations: what does the division take in?",
    "`/ 2 * h` divides by 2 and then multiplies by h.",
    "Parentheses: / (2 * h).",
    "注意运算的顺序：除法管到哪里？",
    "`/ 2 * h` 先除以 2，再乘以 h。",
    "加括号：/ (2 * h)。")
def slope_without_parentheses(f, x, h):
    return (f(x + h) - f(x - h)) / 2 * h


@slope.twin(
    "Mind the order of operations: what is divided?",
    "Only f(x - h) is divided by 2h; f(x + h) is not.",
    "Parentheses: (f(x + h) - f(x - h)) / (2 * h).",
    "注意运算的顺序：被除的是什么？",
    "只有 f(x - h) 除以了 2h，f(x + h) 没有。",
    "加括号：(f(x + h) - f(x - h)) / (2 * h)。")
def slope_with_half_of_it_divided(f, x, h):
    return f(x + h) - f(x - h) / (2 * h)


@slope.twin(
    "Mind the order of operations: what is divided, and by what?",
    "Parentheses are missing twice: f(x - h) alone is divided, by 2, and then multiplied by h.",
    "Parentheses: (f(x + h) - f(x - h)) / (2 * h).",
    "注意运算的顺序：被除的是什么，除以什么？",
    "少了两处括号：只有 f(x - h) 除以 2，再乘以 h。",
    "加括号：(f(x + h) - f(x - h)) / (2 * h)。")
def slope_without_any_parentheses(f, x, h):
    return f(x + h) - f(x - h) / 2 * h


@slope.twin(
    "Try x^3 with h = 0.1 and with h = 0.01: should the numbers be the same?",
    "This is the slope for a very small step: the h that is given is not used.",
    "Step by the h that is asked for: of x^3 the result is 3x^2 + h^2.",
    "用 h = 0.1 和 h = 0.01 试试 x^3：结果应该一样吗？",
    "这是步子很小时的斜率：没有用到给定的 h。",
    "按所给的 h 走步：对 x^3，结果是 3x^2 + h^2。")
def slope_with_a_step_of_its_own(f, x, h):
    h = 1e-5
    return (f(x + h) - f(x - h)) / (2 * h)


@slope.twin(
    "Where are your two points: h away from x, or h away from each other?",
    "They are x + h/2 and x - h/2. This is a slope as well, with another error.",
    "The points asked for are x + h and x - h, which are 2h apart.",
    "你的两个点在哪里：离 x 为 h，还是彼此相距 h？",
    "它们是 x + h/2 和 x - h/2。这也是斜率，但误差不同。",
    "要求的两点是 x + h 和 x - h，它们相距 2h。")
def slope_with_half_steps(f, x, h):
    return (f(x + h / 2) - f(x - h / 2)) / h


@slope.twin(
    "Try f(x) = 0.00004 x: what is its slope?",
    "It is rounded, and small slopes become 0.",
    "Return the number as it is; round only where it is printed.",
    "试试 f(x) = 0.00004 x：斜率是多少？",
    "结果做了舍入，很小的斜率变成了 0。",
    "原样返回；只在打印时舍入。")
def slope_rounded(f, x, h):
    return round((f(x + h) - f(x - h)) / (2 * h), 4)


@slope.twin(
    "What does f take, a float or a Value?",
    "f is given a Value here, with which it cannot compute.",
    "f takes a float and gives a float: f(x + h).",
    "f 接受浮点数还是 Value？",
    "这里给 f 的是 Value，它没法拿来计算。",
    "f 接受一个浮点数，返回一个浮点数：f(x + h)。")
def slope_of_values(f, x, h):
    return (f(Value(x + h)) - f(Value(x - h))) / (2 * h)


@slope.twin(
    "What does f give, a float or a Value?",
    "f gives a float, which has no .data: AttributeError.",
    "f takes a float and gives a float: compute with it as it is.",
    "f 返回浮点数还是 Value？",
    "f 返回浮点数，它没有 .data：AttributeError。",
    "f 接受一个浮点数，返回一个浮点数：直接拿来计算。")
def slope_with_data(f, x, h):
    return (f(x + h).data - f(x - h).data) / (2 * h)


@slope.twin(
    "How far apart are the two points?",
    "This is divided by 2x, which is where the points are.",
    "Divide by how far they are apart, 2h.",
    "两点相距多远？",
    "这里除以了 2x，那是点所在的位置。",
    "除以两点的距离 2h。")
def slope_divided_by_x(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * x)


@slope.twin(
    "Which comes first, and are there two sides?",
    "This is one-sided, and the points are the wrong way round: about minus the slope.",
    "(f(x + h) - f(x - h)) / 2h.",
    "哪个在前？两侧都有吗？",
    "这是单侧的，而且两点放反了：约为负的斜率。",
    "(f(x + h) - f(x - h)) / 2h。")
def slope_of_x_first(f, x, h):
    return (f(x) - f(x + h)) / h


@slope.twin(
    "Where are your two points?",
    "They are x + 2h and x - 2h. This is a slope as well, with a greater error.",
    "The points asked for are x + h and x - h, which are 2h apart.",
    "你的两个点在哪里？",
    "它们是 x + 2h 和 x - 2h。这也是斜率，但误差更大。",
    "要求的两点是 x + h 和 x - h，它们相距 2h。")
def slope_with_double_steps(f, x, h):
    return (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)


@slope.twin(
    "Mind the order of operations: is the 2 below the line?",
    "`/ h * 2` divides by h and multiplies by 2: four times the slope.",
    "Parentheses: / (2 * h).",
    "注意运算的顺序：2 在分母里吗？",
    "`/ h * 2` 先除以 h，再乘以 2：得到四倍的斜率。",
    "加括号：/ (2 * h)。")
def slope_times_two_over_h(f, x, h):
    return (f(x + h) - f(x - h)) / h * 2


@slope.twin(
    "Is a slope a product or a quotient?",
    "The difference is multiplied by 2h.",
    "Divide by 2h.",
    "斜率是积还是商？",
    "差乘上了 2h。",
    "除以 2h。")
def slope_times_the_distance(f, x, h):
    return (f(x + h) - f(x - h)) * (2 * h)


@slope.twin(
    "Mind the order of operations, and look to both sides.",
    "Only f(x) is divided by h, and f(x - h) is not asked at all.",
    "(f(x + h) - f(x - h)) / (2 * h).",
    "注意运算的顺序，并且看两侧。",
    "只有 f(x) 除以了 h，而 f(x - h) 根本没用到。",
    "(f(x + h) - f(x - h)) / (2 * h)。")
def slope_to_one_side_without_parentheses(f, x, h):
    return f(x + h) - f(x) / h


@slope.twin(
    "What is asked for, a number or a Value?",
    "The number is right, in a Value.",
    "A slope is a plain float: no Value around it.",
    "要求的是数还是 Value？",
    "数是对的，但放在了一个 Value 里。",
    "斜率就是一个浮点数：外面不要套 Value。")
def slope_as_a_value(f, x, h):
    return Value((f(x + h) - f(x - h)) / (2 * h))


# --- find the bug ---

@lab.hole(cases=[[leaf(3.0), leaf(-2.0)]], more=[[leaf(0.5), leaf(5.0)]], through="set_engine_is_wrong")
def breaks_sets(a, b):
    return mul(a, a)


@breaks_sets.twin(
    "Where does a set lose something?",
    "Two different Values in one op are two in a set as well, in whatever order: each keeps its own derivative, and this one "
    "comes out right.",
    "A set holds each Value once: use the same one twice in one op.",
    "集合在什么时候会丢东西？",
    "一个运算里两个不同的 Value 在集合里也是两个，不管顺序如何：各有各的导数，这个结果是对的。",
    "集合里每个 Value 只有一个：在一个运算里把同一个用两次。")
def breaks_sets_with_two_values(a, b):
    return mul(a, b)


@breaks_sets.twin(
    "The set does lose something here. What is the right gradient, and what is the wrong one?",
    "Both are 0, or too small to tell apart: something multiplies by 0, takes away what it has added, or is a tanh far out, so "
    "that nothing is left to be wrong.",
    "Use a Value twice in one op, and let its gradient be no 0: no factor 0, no difference of equals, no great number in tanh.",
    "这里集合确实丢了东西。正确的梯度是多少，错误的又是多少？",
    "两者都是 0，或小得分不出：乘了 0，加上的又减掉，或是 tanh 的输入太大，于是没有什么可错的了。",
    "在一个运算里把一个 Value 用两次，并让它的梯度不为 0：不乘 0，不减去相同的，tanh 里不放太大的数。")
def breaks_sets_with_nothing_left(a, b):
    return mul(add(a, a), Value(0.0))


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
    "What does the function return?",
    "Nothing is returned.",
    "Return the Value at the end of an expression.",
    "函数返回了什么？",
    "什么也没有返回。",
    "返回表达式末端的 Value。")
def breaks_sets_with_nothing(a, b):
    mul(a, a)


@breaks_sets.twin(
    "What is to be returned?",
    "It is no Value, but a list or tuple of several, a function, or a text.",
    "Return the Value at the end of one expression.",
    "应该返回什么？",
    "返回的不是 Value，而是放着几样东西的列表或元组、一个函数或一段文字。",
    "返回一个表达式末端的 Value。")
def breaks_sets_with_something_else(a, b):
    return mul(a, a), mul(b, b)


@breaks_sets.twin(
    "Can Python multiply or add two Values?",
    "`a * a` is not defined for Values.",
    "Build the expression with your own add, mul and tanh: add(a, b) instead of a + b.",
    "Python 能把两个 Value 相乘或相加吗？",
    "Value 没有定义 `a * a`。",
    "用你自己的 add、mul 和 tanh 来构造：写 add(a, b)，而不是 a + b。")
def breaks_sets_by_operators(a, b):
    return a * a


@breaks_sets.twin(
    "Which ops lie between what you return and the leaves?",
    "This is one of the leaves: with no op there is no set that could lose anything.",
    "Use add or mul, and return what comes out of it.",
    "你返回的和叶子之间有哪些运算？",
    "这是一个叶子：没有运算，就没有会丢东西的集合。",
    "用 add 或 mul，并返回它的结果。")
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
    data, grad = zip(*pairs, strict=True)
    return Given("parameters", list(data), list(grad))


@lab.hole(cases=[[parameters((1.0, 0.5), (-2.0, 4.0)), 0.1], [parameters((0.5, -3.0)), 0.5],
                 [parameters((3.0, -2.0), (0.25, 0.75), (-1.5, 1.25)), 0.02]],
          more=[[parameters((2.0, 1.0), (0.25, -0.5), (3.0, 4.0)), 0.2], [parameters((-1.0, 0.3), (0.7, 6.0)), 0.05]],
          through="parameters_after")
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
    "Nothing has moved, and the gradients are 0. What came first, and was p.data itself changed?",
    "Either the gradient was 0 already when the step was taken, or the step went into a name of its own and not into p.data, or "
    "there is none.",
    "First p.data -= lr * p.grad, then p.grad = 0.0.",
    "什么也没动，梯度却是 0。哪一步在前？改动的是 p.data 本身吗？",
    "要么走的时候梯度已经是 0，要么走的一步放进了另一个名字，而不是 p.data，要么根本没走。",
    "先 p.data -= lr * p.grad，再 p.grad = 0.0。")
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
    for p in parameters[:1]:
        p.data -= lr * p.grad
        p.grad = 0.0


@descend.twin(
    "Look at the gradients of all parameters after the step, not at that of the last alone.",
    "All have moved, and only the last gradient is 0: the reset stands after the loop.",
    "p.grad = 0.0 belongs into the loop, after the step.",
    "看看走完之后所有参数的梯度，不要只看最后一个。",
    "全都动了，但只有最后一个梯度是 0：归 0 写在了循环之后。",
    "p.grad = 0.0 要放在循环里，在走一步之后。")
def descend_zeroing_the_last(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad
    p.grad = 0.0


@descend.twin(
    "Is p.data another number afterwards?",
    "The new numbers are computed, and put nowhere: into a local name, or a Value that is thrown away.",
    "Write them back: p.data -= lr * p.grad; and set p.grad to 0.0.",
    "之后 p.data 变了吗？",
    "算出了新的数，却没有放回去：放进了局部的名字，或一个随即丢掉的 Value。",
    "写回去：p.data -= lr * p.grad；并把 p.grad 设为 0.0。")
def descend_into_nothing(parameters, lr):
    _ = [p.data - lr * p.grad for p in parameters]


@descend.twin(
    "Do the Values that the network was built of move?",
    "New Values, or numbers, are returned in a list, and the old ones stay where they are.",
    "Change the Values themselves, p.data and p.grad, and return nothing.",
    "构成网络的那些 Value 动了吗？",
    "返回了一个列表，里面是新的 Value 或数，而旧的还在原处。",
    "要改 Value 本身，即 p.data 和 p.grad；不返回任何东西。")
def descend_into_a_new_list(parameters, lr):
    return [Value(p.data - lr * p.grad) for p in parameters]


@descend.twin(
    "Are the Values in the list still those that the network was built of?",
    "There are new Values in the list, and those of the network have not moved.",
    "Change the Values themselves, p.data and p.grad; a new one is not in the network.",
    "列表里的还是构成网络的那些 Value 吗？",
    "列表里是新的 Value，而网络里的那些没有动。",
    "要改 Value 本身，即 p.data 和 p.grad；新建的 Value 不在网络里。")
def descend_into_new_values(parameters, lr):
    for i, p in enumerate(parameters):
        parameters[i] = Value(p.data - lr * p.grad)


@descend.twin(
    "Where is a parameter after the step: near where it was, or near 0?",
    "p.data is only the step, -lr * p.grad: where the parameter was is lost.",
    "The new number is the old one minus lr * p.grad.",
    "走一步之后参数在哪里：原处附近，还是 0 附近？",
    "p.data 只剩下这一步 -lr * p.grad：原来在哪里丢掉了。",
    "新的数是旧的数减 lr * p.grad。")
def descend_to_the_step(parameters, lr):
    for p in parameters:
        p.data = -lr * p.grad
        p.grad = 0.0


@descend.twin(
    "What does the next backward add to?",
    "The gradients are None: backward adds to a number.",
    "Set them to 0.0.",
    "下一次反向传播会往什么上面加？",
    "梯度成了 None：反向传播要加在一个数上。",
    "设为 0.0。")
def descend_to_none(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad
        p.grad = None


@descend.twin(
    "Does the step of one parameter depend on how many others there are?",
    "Each step is divided by the number of parameters.",
    "Each takes lr times its own gradient: p.data -= lr * p.grad.",
    "一个参数走多远，与有多少个别的参数有关吗？",
    "每一步都除以了参数的个数。",
    "每个走自己的梯度乘 lr：p.data -= lr * p.grad。")
def descend_by_the_mean(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad / len(parameters)
        p.grad = 0.0


@descend.twin(
    "Does a steep slope move further than a gentle one?",
    "All move by lr: only the sign of the gradient is used.",
    "The distance is lr times the gradient itself.",
    "坡陡的比坡缓的走得远吗？",
    "全都移动了 lr：只用了梯度的符号。",
    "距离是 lr 乘梯度本身。")
def descend_by_the_sign(parameters, lr):
    for p in parameters:
        p.data -= math.copysign(lr, p.grad)
        p.grad = 0.0


@descend.twin(
    "Is the gradient in the step?",
    "All move by lr, the same way: the gradient is left out.",
    "p.data -= lr * p.grad.",
    "这一步里有梯度吗？",
    "全都朝同一方向移动 lr：漏掉了梯度。",
    "p.data -= lr * p.grad。")
def descend_by_the_rate(parameters, lr):
    for p in parameters:
        p.data -= lr
        p.grad = 0.0


@descend.twin(
    "Should a parameter that is far from 0 move further than one that is near?",
    "The step is also multiplied by p.data.",
    "Only lr and the gradient count: p.data -= lr * p.grad.",
    "离 0 远的参数应比离 0 近的走得更远吗？",
    "这一步还乘上了 p.data。",
    "只看 lr 和梯度：p.data -= lr * p.grad。")
def descend_times_the_number(parameters, lr):
    for p in parameters:
        p.data -= lr * p.data * p.grad
        p.grad = 0.0


@descend.twin(
    "Try another lr.",
    "The step is 0.1 times the gradient whatever lr is: a number is written in.",
    "Use the lr that is given.",
    "换一个 lr 试试。",
    "不管 lr 是多少，走的都是 0.1 乘梯度：数写死了。",
    "要用给定的 lr。")
def descend_by_a_tenth(parameters, lr):
    for p in parameters:
        p.data -= 0.1 * p.grad
        p.grad = 0.0


@descend.twin(
    "Whose gradient moves a parameter?",
    "All move by lr times the sum of all gradients.",
    "Each parameter has its own: p.grad.",
    "让一个参数移动的是谁的梯度？",
    "全都移动了 lr 乘所有梯度之和。",
    "每个参数有自己的梯度：p.grad。")
def descend_by_the_sum(parameters, lr):
    total = sum(p.grad for p in parameters)
    for p in parameters:
        p.data -= lr * total
        p.grad = 0.0


@descend.twin(
    "Are the numbers and gradients right, and is anything else asked for?",
    "They are; and something is returned as well.",
    "descend returns nothing: leave the `return` out.",
    "数和梯度对吗？还要求别的吗？",
    "都对；但还返回了一些东西。",
    "descend 没有返回值：去掉 `return`。")
def descend_that_returns(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad
        p.grad = 0.0
    return parameters


@descend.twin(
    "Look at every parameter: how many have moved, and is anything returned?",
    "Only the first parameter has moved: a `return` stands inside of the loop, and gives something back.",
    "Every parameter takes its step, and nothing is returned.",
    "看每一个参数：动了几个？返回了什么吗？",
    "只有第一个参数动了：循环里有 `return`，还返回了东西。",
    "每个参数都要走一步；不返回任何东西。")
def descend_that_returns_the_first(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad
        p.grad = 0.0
        return p


@descend.twin(
    "What is p, a number or a Value?",
    "It is computed with a Value itself, which Python cannot do.",
    "The number of a parameter is p.data: p.data -= lr * p.grad.",
    "p 是数还是 Value？",
    "这里拿 Value 本身来计算，Python 做不到。",
    "参数的数是 p.data：p.data -= lr * p.grad。")
def descend_of_values(parameters, lr):
    for p in parameters:
        p -= lr * p.grad
        p.grad = 0.0


@descend.twin(
    "What is `parameters`?",
    "A list, which has no .data of its own: AttributeError.",
    "Go through the list, and change each Value in it.",
    "`parameters` 是什么？",
    "是列表，它自己没有 .data：AttributeError。",
    "遍历列表，逐个改其中的 Value。")
def descend_of_the_list(parameters, lr):
    parameters.data -= lr * parameters.grad


@descend.twin(
    "Where is a parameter after the step: near where it was, or near 0?",
    "p.data is lr * p.grad: where the parameter was is lost, and the sign is that of uphill.",
    "The new number is the old one minus lr * p.grad.",
    "走一步之后参数在哪里：原处附近，还是 0 附近？",
    "p.data 成了 lr * p.grad：原来在哪里丢掉了，符号也是上坡的。",
    "新的数是旧的数减 lr * p.grad。")
def descend_to_the_step_uphill(parameters, lr):
    for p in parameters:
        p.data = lr * p.grad
        p.grad = 0.0


@descend.twin(
    "Does a smaller lr make smaller steps?",
    "The gradient is divided by lr: the smaller lr, the greater the step.",
    "lr times the gradient: p.data -= lr * p.grad.",
    "lr 更小，步子就更小吗？",
    "梯度除以了 lr：lr 越小，步子越大。",
    "lr 乘梯度：p.data -= lr * p.grad。")
def descend_divided_by_the_rate(parameters, lr):
    for p in parameters:
        p.data -= p.grad / lr
        p.grad = 0.0


@descend.twin(
    "Look at p.grad after the step. Is it 0.0?",
    "The parameters have moved, but of each gradient lr times itself is taken off: it is not 0.",
    "The gradient is set to 0.0; only p.data takes a step.",
    "看看走完之后的 p.grad。是 0.0 吗？",
    "参数动了，但每个梯度只减去了 lr 乘它自己：还不是 0。",
    "梯度设为 0.0；走一步的只有 p.data。")
def descend_of_the_gradient_too(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad
        p.grad -= lr * p.grad
