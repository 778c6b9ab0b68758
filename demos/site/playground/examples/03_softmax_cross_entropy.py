# Softmax and cross-entropy | Softmax 与交叉熵
logits = td.tensor([2.0, 1.0, -1.0], requires_grad=True)
target = 1
e = td.exp(logits)
p = e / e.sum()
loss = -td.log(p[target])

loss.backward()
print("p       ", p.numpy().round(4))
print("gradient", logits.grad.numpy().round(4))  # p - target
