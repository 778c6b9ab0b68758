# One value, used twice | 一个值用两次：梯度相加
x = td.tensor(3.0, requires_grad=True)
a = x * x
y = a * x + a
