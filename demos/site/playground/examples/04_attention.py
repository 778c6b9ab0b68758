# Attention: one query, three keys and values | 注意力：一个查询，三个键和值
Q = td.tensor([[1.0, 0.5]], requires_grad=True)
K = td.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]],
              requires_grad=True)
V = td.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
scores = Q @ K.transpose(0, 1) / 2 ** 0.5
weights = F.softmax(scores, axis=-1)
output = weights @ V
