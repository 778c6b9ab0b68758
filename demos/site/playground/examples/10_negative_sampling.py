# Word vectors: one pair, one negative | 词向量：一个正例，一个负例
cat = td.tensor([0.6, 0.2], requires_grad=True)
sleeps = td.tensor([0.9, -0.1], requires_grad=True)
of = td.tensor([0.4, 0.5], requires_grad=True)
near = td.sigmoid((cat * sleeps).sum())     # is to be 1
far = td.sigmoid((cat * of).sum())          # is to be 0
loss = -td.log(near) - td.log(1 - far)
