# A neuron | 一个神经元
x = td.tensor([1.0, 2.0])
w = td.tensor([0.5, -0.3], requires_grad=True)
b = td.tensor(0.4, requires_grad=True)
y = td.tanh((w * x).sum() + b)
loss = (y - 1) ** 2
