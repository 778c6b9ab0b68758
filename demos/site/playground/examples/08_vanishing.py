# Gradients that vanish through time | 随时间消失的梯度
w = td.tensor(2.0, requires_grad=True)    # at 0.5? at 3?
h = td.tensor(0.7, requires_grad=True)
for t in range(4):
    h = td.tanh(w * h)
