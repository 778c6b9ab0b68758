# Layer normalisation, op by op | 层归一化，逐个运算
x = td.tensor([1.0, 2.0, 6.0], requires_grad=True)
gamma = td.tensor([1.0, 1.0, 1.0], requires_grad=True)
beta = td.tensor([0.0, 0.0, 0.0], requires_grad=True)
mean = x.mean()
centred = x - mean
var = (centred ** 2).mean()
y = gamma * centred / td.sqrt(var + 1e-5) + beta
loss = y[0]
