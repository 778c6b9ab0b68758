# One step of a GRU, of one unit | GRU 的一步，一个单元
x = td.tensor(1.0)
h = td.tensor(0.5, requires_grad=True)
W_z = td.tensor(0.5, requires_grad=True)
U_z = td.tensor(0.3, requires_grad=True)
W_r = td.tensor(0.2, requires_grad=True)
U_r = td.tensor(-0.5, requires_grad=True)
W = td.tensor(0.6, requires_grad=True)
U = td.tensor(0.8, requires_grad=True)

z = td.sigmoid(W_z * x + U_z * h)         # how much is new
r = td.sigmoid(W_r * x + U_r * h)         # how much past is seen
candidate = td.tanh(W * x + U * (r * h))
h_new = (1 - z) * h + z * candidate
