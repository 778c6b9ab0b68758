# One step of a GRU | GRU 的一步
x = td.tensor([[1.0, -0.5]])
h = td.tensor([[0.3, 0.8]], requires_grad=True)
W_z = td.tensor([[0.5, 0.1], [-0.2, 0.4]], requires_grad=True)
U_z = td.tensor([[0.3, -0.1], [0.2, 0.6]], requires_grad=True)
W_r = td.tensor([[0.2, 0.7], [0.4, -0.3]], requires_grad=True)
U_r = td.tensor([[-0.5, 0.2], [0.1, 0.3]], requires_grad=True)
W = td.tensor([[0.6, -0.4], [0.3, 0.9]], requires_grad=True)
U = td.tensor([[0.8, 0.1], [-0.3, 0.5]], requires_grad=True)

z = td.sigmoid(x @ W_z + h @ U_z)           # how much is new
r = td.sigmoid(x @ W_r + h @ U_r)           # how much of the past is looked at
candidate = td.tanh(x @ W + (r * h) @ U)
h_new = (1 - z) * h + z * candidate
loss = h_new.sum()
