# The z of a VAE, reparameterised | VAE 的 z：重参数化
mu = td.tensor(0.8, requires_grad=True)
log_var = td.tensor(-1.0, requires_grad=True)
eps = td.tensor(0.5)
x = td.tensor(2.0)

sigma = td.exp(0.5 * log_var)
z = mu + sigma * eps       # chance comes in from the side
reconstruction = (x - z) ** 2
kl = 0.5 * (mu ** 2 + sigma ** 2 - 1 - log_var)
loss = reconstruction + kl
