"""Lab 12, the VAE language model: right functions and wrong twins."""

from __future__ import annotations

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor

lab = Lab(12, "lab12_vae", "The VAE language model", "VAE 语言模型")

VAE = "tinydawn.models.vae_lm:"
MU = [[0.5, -1.2], [0.0, 0.0], [2.0, 0.3]]
LOGVAR = [[-0.6, 0.4], [0.0, 0.0], [-1.5, 0.7]]


# --- kl_to_prior ---

@lab.hole(cases=[[tensor(MU), tensor(LOGVAR)], [tensor([[0.1, -0.4, 0.7]]), tensor([[-20.0, 1.1, -3.0]])]],
          more=[[tensor([[1.3, -0.2, 0.9], [-0.7, 0.4, 0.1]]), tensor([[0.5, -2.0, 0.3], [-0.1, 1.4, -0.8]])]],
          forbidden=[VAE + "gaussian_kl", VAE + "kl_per_unit", "kl_div"])
def kl_to_prior(mu, logvar):
    variance = step("sigma^2", td.exp(logvar))
    unit = step("each unit", 0.5 * (variance + mu * mu - 1 - logvar))
    return unit.sum(axis=1)


def _units(mu, logvar):
    return 0.5 * (td.exp(logvar) + mu * mu - 1 - logvar)


@kl_to_prior.twin(
    "Use twice as many units, all alike: should the KL stay what it is?",
    "This is the mean over the units of z: with 16 units the KL would count a sixteenth.",
    "The units are independent, so their KL adds up: .sum(axis=1). A mean here makes the KL small beside the reconstruction.",
    "把单元数加倍，新旧单元都一样：KL 应该不变吗？",
    "这是对 z 的各单元取平均：若有 16 个单元，KL 只算了十六分之一。",
    "各单元相互独立，KL 应相加：.sum(axis=1)。这里取平均会让 KL 与重构项相比显得过小。")
def kl_mean_over_units(mu, logvar):
    return _units(mu, logvar).mean(axis=1)


@kl_to_prior.twin(
    "How many numbers come out for a batch of three sentences?",
    "This is the sum over units and sentences: one number for the whole batch.",
    "One number for each sentence is asked for: sum over the units alone, axis=1.",
    "三个句子的批应得到几个数？",
    "这是对单元和句子一起求和：整个批只得到一个数。",
    "要的是每个句子一个数：只对单元求和，axis=1。")
def kl_of_the_whole_batch(mu, logvar):
    return _units(mu, logvar).sum()


@kl_to_prior.twin(
    "How many numbers come out for a batch of three sentences?",
    "This is the sum over units, and then the mean over the sentences.",
    "Leave the mean for the loss: here each sentence has its own KL, shape (N,).",
    "三个句子的批应得到几个数？",
    "这是先对单元求和，再对句子取平均。",
    "平均留给损失去做：这里每个句子有自己的 KL，形状是 (N,)。")
def kl_averaged_over_sentences(mu, logvar):
    return _units(mu, logvar).sum(axis=1).mean()


@kl_to_prior.twin(
    "How many numbers come out for a batch of three sentences?",
    "This is the mean of all entries, over units and sentences.",
    "Sum over the units, axis=1, and leave the sentences apart: in the ELBO both terms are sums of a sentence.",
    "三个句子的批应得到几个数？",
    "这是对所有元素取平均，单元和句子都平均掉了。",
    "对单元求和，axis=1，句子各自分开：ELBO 的两项都是对一个句子求和。")
def kl_mean_of_all(mu, logvar):
    return _units(mu, logvar).mean()


@kl_to_prior.twin(
    "Which axis is that of the units?",
    "The sum goes over the sentences: there is one number for each unit.",
    "mu is (N, Z): rows are sentences, columns units. Sum over axis=1.",
    "哪个轴是单元？",
    "求和沿着句子的方向：每个单元得到一个数。",
    "mu 的形状是 (N, Z)：行是句子，列是单元。沿 axis=1 求和。")
def kl_over_sentences(mu, logvar):
    return _units(mu, logvar).sum(axis=0)


@kl_to_prior.twin(
    "How many numbers come out for each sentence?",
    "These are the KLs of the single units: nothing is added up.",
    "The KL of a sentence is the sum over its units: .sum(axis=1).",
    "每个句子得到几个数？",
    "这些是单个单元的 KL：没有相加。",
    "一个句子的 KL 是它各单元之和：.sum(axis=1)。")
def kl_of_each_unit(mu, logvar):
    return _units(mu, logvar)


@kl_to_prior.twin(
    "Can a KL be below 0?",
    "This is minus the KL, as it stands in the ELBO.",
    "The ELBO has -KL, and the KL itself is 1/2 sum(sigma^2 + mu^2 - 1 - log sigma^2), never below 0.",
    "KL 会小于 0 吗？",
    "这是负的 KL，也就是它在 ELBO 里的样子。",
    "ELBO 里是 -KL，而 KL 本身是 1/2 sum(sigma^2 + mu^2 - 1 - log sigma^2)，从不小于 0。")
def kl_with_the_other_sign(mu, logvar):
    return -_units(mu, logvar).sum(axis=1)


@kl_to_prior.twin(
    "Compare with the formula factor by factor.",
    "This is twice the KL: the 1/2 in front is missing.",
    "Both densities have exp(-(...)^2 / 2): hence 1/2 in front of the whole sum.",
    "逐个因子与公式对照。",
    "这是 KL 的两倍：少了前面的 1/2。",
    "两个密度里都有 exp(-(...)^2 / 2)：所以整个和前面有 1/2。")
def kl_without_half(mu, logvar):
    return 2 * _units(mu, logvar).sum(axis=1)


@kl_to_prior.twin(
    "What is logvar the logarithm of?",
    "logvar is taken for log sigma: these are the numbers with sigma = exp(logvar).",
    "logvar is log sigma^2, so sigma^2 = exp(logvar) and log sigma^2 = logvar.",
    "logvar 是什么的对数？",
    "把 logvar 当成了 log sigma：这是 sigma = exp(logvar) 时的数。",
    "logvar 是 log sigma^2，所以 sigma^2 = exp(logvar)，log sigma^2 = logvar。")
def kl_of_log_sigma(mu, logvar):
    return 0.5 * (td.exp(2 * logvar) + mu * mu - 1 - 2 * logvar).sum(axis=1)


@kl_to_prior.twin(
    "Is it sigma that stands in the formula, or its square?",
    "sigma = exp(logvar / 2) is put in place of sigma^2.",
    "The formula has the variance: sigma^2 = exp(logvar), without the half.",
    "公式里是 sigma，还是它的平方？",
    "在 sigma^2 的位置放了 sigma = exp(logvar / 2)。",
    "公式里是方差：sigma^2 = exp(logvar)，不除以 2。")
def kl_of_sigma_not_squared(mu, logvar):
    return 0.5 * (td.exp(0.5 * logvar) + mu * mu - 1 - logvar).sum(axis=1)


@kl_to_prior.twin(
    "Look at a logvar that is 0 or less.",
    "logvar is taken for the variance itself, and log of it is nan or -inf.",
    "The encoder gives log sigma^2, which may have any sign: sigma^2 = exp(logvar).",
    "看看小于等于 0 的 logvar。",
    "把 logvar 当成了方差本身，再取对数就是 nan 或 -inf。",
    "编码器给出的是 log sigma^2，正负都可以：sigma^2 = exp(logvar)。")
def kl_of_a_variance(mu, logvar):
    return 0.5 * (logvar + mu * mu - 1 - td.log(logvar)).sum(axis=1)


@kl_to_prior.twin(
    "Try the prior itself, mu = 0 and logvar = 0: what should the KL be?",
    "The -1 is missing: N(0, I) itself costs half a nat for each unit.",
    "sigma^2 + mu^2 - 1 - log sigma^2 is 0 for sigma = 1 and mu = 0.",
    "试试先验本身，mu = 0、logvar = 0：KL 应是多少？",
    "少了 -1：N(0, I) 自己的每个单元也要付半个 nat。",
    "sigma = 1、mu = 0 时，sigma^2 + mu^2 - 1 - log sigma^2 等于 0。")
def kl_without_one(mu, logvar):
    return (_units(mu, logvar) + 0.5).sum(axis=1)


@kl_to_prior.twin(
    "Change the sign of mu: should the KL change?",
    "mu stands there as it is, and not squared.",
    "The distance to 0 counts, whatever its sign: mu^2.",
    "把 mu 变号：KL 应该变吗？",
    "mu 没有平方，原样放了进去。",
    "算的是到 0 的距离，与正负无关：mu^2。")
def kl_of_mu_not_squared(mu, logvar):
    return 0.5 * (td.exp(logvar) + mu - 1 - logvar).sum(axis=1)


@kl_to_prior.twin(
    "Check the sign of each term when a minus is taken out in front.",
    "exp(logvar) has the wrong sign: this is -1/2 sum(1 + logvar - mu^2 + exp(logvar)).",
    "-1/2 sum(1 + logvar - mu^2 - exp(logvar)): with the minus in front, exp(logvar) is subtracted inside.",
    "把负号提到前面时，检查每一项的符号。",
    "exp(logvar) 的符号错了：这是 -1/2 sum(1 + logvar - mu^2 + exp(logvar))。",
    "-1/2 sum(1 + logvar - mu^2 - exp(logvar))：负号在前时，括号里要减去 exp(logvar)。")
def kl_with_a_sign_lost(mu, logvar):
    return -0.5 * (1 + logvar - mu * mu + td.exp(logvar)).sum(axis=1)


@kl_to_prior.twin(
    "Check the sign of the logarithm.",
    "logvar is added: this is 1/2 sum(sigma^2 + mu^2 - 1 + log sigma^2), which can fall below 0.",
    "A small sigma is expensive: -log sigma^2 grows as sigma goes to 0.",
    "检查对数项的符号。",
    "logvar 被加上了：这是 1/2 sum(sigma^2 + mu^2 - 1 + log sigma^2)，会小于 0。",
    "sigma 小就贵：sigma 趋于 0 时 -log sigma^2 变大。")
def kl_with_logvar_added(mu, logvar):
    return 0.5 * (td.exp(logvar) + mu * mu - 1 + logvar).sum(axis=1)


@kl_to_prior.twin(
    "Which of the two distributions stands in front?",
    "This is KL(N(0, I) || q): the prior stands in front.",
    "The ELBO has KL(q || p(z)), an average over draws from q.",
    "两个分布中哪个在前面？",
    "这是 KL(N(0, I) || q)：先验在前面。",
    "ELBO 里是 KL(q || p(z))，即按 q 的抽样取平均。")
def kl_the_other_way(mu, logvar):
    return 0.5 * ((1 + mu * mu) / td.exp(logvar) - 1 + logvar).sum(axis=1)


@kl_to_prior.twin(
    "The numbers are right. What reaches mu on the way back?",
    "It is computed in NumPy, so there is no graph: the encoder would never hear of the KL.",
    "Use td.exp and the Tensors themselves, without .numpy().",
    "数是对的。往回走时，什么能到达 mu？",
    "这是用 NumPy 算的，没有计算图：编码器永远感受不到 KL。",
    "请用 td.exp 和张量本身，不要用 .numpy()。")
def kl_in_numpy(mu, logvar):
    m, v = mu.numpy(), logvar.numpy()
    return 0.5 * (np.exp(v) + m * m - 1 - v).sum(axis=1)


@kl_to_prior.twin(
    "Is sigma^2 = exp(logvar), or its square?",
    "exp(logvar) is squared once more: this is sigma^4 + mu^2 - 1 - log sigma^2.",
    "logvar is log sigma^2, so exp(logvar) already is sigma^2.",
    "sigma^2 是 exp(logvar)，还是它的平方？",
    "exp(logvar) 又平方了一次：这是 sigma^4 + mu^2 - 1 - log sigma^2。",
    "logvar 是 log sigma^2，所以 exp(logvar) 已经是 sigma^2。")
def kl_of_variance_squared(mu, logvar):
    return 0.5 * (td.exp(logvar) ** 2 + mu * mu - 1 - logvar).sum(axis=1)


@kl_to_prior.twin(
    "Which logarithm is taken off: that of sigma, or that of sigma^2?",
    "log sigma = logvar / 2 is taken off: this is sigma^2 + mu^2 - 1 - log sigma.",
    "With 1/2 in front the formula has log sigma^2, which is logvar itself.",
    "减去的是 log sigma，还是 log sigma^2？",
    "减去的是 log sigma = logvar / 2：这是 sigma^2 + mu^2 - 1 - log sigma。",
    "前面有 1/2 时，公式里是 log sigma^2，就是 logvar 本身。")
def kl_with_log_sigma(mu, logvar):
    return 0.5 * (td.exp(logvar) + mu * mu - 1 - logvar / 2).sum(axis=1)


@kl_to_prior.twin(
    "What is logvar the logarithm of?",
    "logvar is taken for sigma: this is logvar^2 + mu^2 - 1 - log(logvar^2).",
    "Nothing has to be squared: sigma^2 = exp(logvar), and log sigma^2 = logvar.",
    "logvar 是什么的对数？",
    "把 logvar 当成了 sigma：这是 logvar^2 + mu^2 - 1 - log(logvar^2)。",
    "不必平方：sigma^2 = exp(logvar)，log sigma^2 = logvar。")
def kl_of_sigma_itself(mu, logvar):
    return 0.5 * (logvar ** 2 + mu * mu - 1 - td.log(logvar ** 2)).sum(axis=1)


@kl_to_prior.twin(
    "Is a logarithm needed?",
    "The logarithm of logvar is taken off, and logvar already is a logarithm.",
    "log sigma^2 = logvar: nothing more is to be taken of it.",
    "需要再取对数吗？",
    "减去的是 logvar 的对数，而 logvar 本身已经是对数。",
    "log sigma^2 = logvar：不用再取对数。")
def kl_with_log_of_logvar(mu, logvar):
    return 0.5 * (td.exp(logvar) + mu * mu - 1 - td.log(logvar)).sum(axis=1)


@kl_to_prior.twin(
    "How far does the 1/2 reach?",
    "Only sigma^2 is halved: the brackets are missing.",
    "1/2 stands in front of all four terms.",
    "1/2 管到哪里？",
    "只有 sigma^2 减半了：少了括号。",
    "1/2 在四项的前面。")
def kl_with_half_of_one_term(mu, logvar):
    return (0.5 * td.exp(logvar) + mu * mu - 1 - logvar).sum(axis=1)


@kl_to_prior.twin(
    "How often is 1 taken off, and what is halved?",
    "The 1/2 reaches sigma^2 + mu^2 alone, and 1 is taken off once for the whole sentence.",
    "1/2 of the sum over the units of all four terms: each unit has its -1.",
    "减了几次 1，什么减半了？",
    "1/2 只管到 sigma^2 + mu^2，而 1 对整个句子只减了一次。",
    "四项一起对各单元求和，再乘 1/2：每个单元都有自己的 -1。")
def kl_with_brackets_closed_early(mu, logvar):
    return 0.5 * (td.exp(logvar) + mu * mu).sum(axis=1) - 1 - logvar.sum(axis=1)


@kl_to_prior.twin(
    "Try the prior itself, mu = 0 and logvar = 0: what should the KL be?",
    "1 is taken off once for each sentence, and not once for each unit.",
    "-1 stands inside of the sum: Z units, Z times.",
    "试试先验本身，mu = 0、logvar = 0：KL 应是多少？",
    "每个句子只减了一次 1，而不是每个单元一次。",
    "-1 在求和里面：Z 个单元就减 Z 次。")
def kl_with_one_for_the_sentence(mu, logvar):
    return 0.5 * ((td.exp(logvar) + mu * mu - logvar).sum(axis=1) - 1)


@kl_to_prior.twin(
    "Which logarithm is taken off: that of sigma^2, or of its square?",
    "log(sigma^4) = 2 logvar is taken off.",
    "exp(logvar) already is sigma^2, and its logarithm is logvar.",
    "减去的是 log sigma^2，还是它平方的对数？",
    "减去的是 log(sigma^4) = 2 logvar。",
    "exp(logvar) 已经是 sigma^2，它的对数就是 logvar。")
def kl_with_twice_logvar(mu, logvar):
    return 0.5 * (td.exp(logvar) + mu * mu - 1 - 2 * logvar).sum(axis=1)


@kl_to_prior.twin(
    "Is the half there, and is it a sum over the units?",
    "This is the mean over the units of z, without the 1/2.",
    "1/2 in front, and .sum(axis=1): the KL of independent units adds up.",
    "有 1/2 吗？是对单元求和吗？",
    "这是对 z 的各单元取平均，而且没有 1/2。",
    "前面有 1/2，再用 .sum(axis=1)：独立单元的 KL 相加。")
def kl_mean_without_half(mu, logvar):
    return 2 * _units(mu, logvar).mean(axis=1)


@kl_to_prior.twin(
    "Try the prior itself, mu = 0 and logvar = 0: what should the KL be?",
    "The -1 is not halved: at the prior itself half a nat too little comes out for each unit.",
    "1/2 stands in front of all four terms, the -1 too.",
    "试试先验本身，mu = 0、logvar = 0：KL 应是多少？",
    "-1 没有减半：在先验处每个单元少了半个 nat。",
    "1/2 在全部四项前面，包括 -1。")
def kl_with_a_whole_one(mu, logvar):
    return (_units(mu, logvar) - 0.5).sum(axis=1)


@kl_to_prior.twin(
    "What is squared: mu, or mu - 1?",
    "(mu - 1)^2 stands in place of mu^2 - 1.",
    "First the square, then -1: sigma^2 + mu^2 - 1 - log sigma^2.",
    "平方的是 mu，还是 mu - 1？",
    "mu^2 - 1 写成了 (mu - 1)^2。",
    "先平方，再减 1：sigma^2 + mu^2 - 1 - log sigma^2。")
def kl_with_one_in_the_square(mu, logvar):
    return 0.5 * (td.exp(logvar) + (mu - 1) ** 2 - logvar).sum(axis=1)


# --- elbo and its gap, on a discrete toy ---

TOY = [[array([0.2, 0.5, 0.3]), array([0.5, 0.3, 0.2]), array([0.1, 0.6, 0.05])],
       [array([0.0, 0.75, 0.25, 0.0]), array([0.1, 0.4, 0.3, 0.2]), array([0.7, 0.02, 0.2, 0.4])]]
MORE_TOY = [[array([0.6, 0.1, 0.1, 0.2]), array([0.3, 0.3, 0.15, 0.25]), array([0.02, 0.5, 0.3, 0.1])],
            [array([0.9, 0.0, 0.1]), array([0.25, 0.5, 0.25]), array([0.3, 0.9, 0.15])]]


@lab.hole(cases=TOY, more=MORE_TOY, forbidden=["kl_div"])
def elbo(q, prior, likelihood):
    there = q > 0
    q, prior, likelihood = q[there], prior[there], likelihood[there]
    rec = (q * np.log(likelihood)).sum()
    return rec - (q * np.log(q / prior)).sum()


def _kl(p, q):
    there = p > 0
    return (p[there] * np.log(p[there] / q[there])).sum()


@elbo.twin(
    "Is the logarithm inside of the average, or outside?",
    "This is log E_q[p(x | z)] - KL: the logarithm of the average, which is larger than the average of the logarithm.",
    "The first term is E_q[log p(x | z)]: take the logarithm for each z, then the average.",
    "对数在平均的里面还是外面？",
    "这是 log E_q[p(x | z)] - KL：平均的对数，它大于对数的平均。",
    "第一项是 E_q[log p(x | z)]：先对每个 z 取对数，再取平均。")
def elbo_log_of_the_mean(q, prior, likelihood):
    return np.log((q * likelihood).sum()) - _kl(q, prior)


@elbo.twin(
    "Does q change the result?",
    "This is log p(x) itself, of which the ELBO is only a lower bound: q does not occur.",
    "The ELBO is E_q[log p(x | z)] - KL(q || p(z)); it reaches log p(x) only if q is the posterior.",
    "q 会影响结果吗？",
    "这是 log p(x) 本身，ELBO 只是它的下界：q 没有出现。",
    "ELBO 是 E_q[log p(x | z)] - KL(q || p(z))；只有当 q 就是后验时才等于 log p(x)。")
def elbo_is_log_p(q, prior, likelihood):
    return np.log((prior * likelihood).sum())


@elbo.twin(
    "Does a q far from the prior make the ELBO larger?",
    "The KL is added: E_q[log p(x | z)] + KL(q || p(z)).",
    "The KL is the price: the ELBO is E_q[log p(x | z)] - KL(q || p(z)).",
    "q 离先验越远，ELBO 就越大吗？",
    "KL 被加上了：E_q[log p(x | z)] + KL(q || p(z))。",
    "KL 是代价：ELBO 是 E_q[log p(x | z)] - KL(q || p(z))。")
def elbo_with_kl_added(q, prior, likelihood):
    there = q > 0
    return (q[there] * np.log(likelihood[there])).sum() + _kl(q, prior)


@elbo.twin(
    "Where is the prior?",
    "This is the reconstruction term alone, E_q[log p(x | z)].",
    "Take off what q costs: - KL(q || p(z)).",
    "先验在哪里？",
    "这只是重构项 E_q[log p(x | z)]。",
    "还要减去 q 的代价：- KL(q || p(z))。")
def elbo_reconstruction_alone(q, prior, likelihood):
    there = q > 0
    return (q[there] * np.log(likelihood[there])).sum()


@elbo.twin(
    "Where is log p(x | z)?",
    "This is the KL term alone, -KL(q || p(z)).",
    "Add the average of log p(x | z), under q.",
    "log p(x | z) 在哪里？",
    "这只是 KL 项 -KL(q || p(z))。",
    "还要加上 log p(x | z) 按 q 的平均。")
def elbo_kl_alone(q, prior, likelihood):
    return -_kl(q, prior)


@elbo.twin(
    "Look at a z with q = 0.",
    "0 times log 0 is nan here.",
    "0 log 0 counts as 0: points that q never visits cost nothing; leave them out of the sum.",
    "看看 q = 0 的 z。",
    "这里 0 乘 log 0 是 nan。",
    "0 log 0 算作 0：q 从不到的点没有代价，求和时把它们略去。")
def elbo_with_zero_log_zero(q, prior, likelihood):
    return (q * np.log(likelihood)).sum() - (q * np.log(q / prior)).sum()


@elbo.twin(
    "Which of the two distributions stands in front in the KL?",
    "The KL is that of the prior: KL(p(z) || q).",
    "KL(q || p(z)): the average of log q - log p(z) under q.",
    "KL 里两个分布哪个在前面？",
    "这里的 KL 是先验在前：KL(p(z) || q)。",
    "KL(q || p(z))：log q - log p(z) 按 q 取平均。")
def elbo_with_kl_the_other_way(q, prior, likelihood):
    there = q > 0
    return (q[there] * np.log(likelihood[there])).sum() - (prior * np.log(prior / q)).sum()


@elbo.twin(
    "Is there a logarithm in each of the two terms?",
    "The first term is the average of p(x | z) itself.",
    "E_q[log p(x | z)]: the logarithm of each likelihood.",
    "两项里都有对数吗？",
    "第一项是 p(x | z) 本身的平均。",
    "E_q[log p(x | z)]：对每个似然取对数。")
def elbo_without_log(q, prior, likelihood):
    return (q * likelihood).sum() - _kl(q, prior)


@elbo.twin(
    "Which is larger: the ELBO, or the loss that is minimised?",
    "This is minus the ELBO.",
    "The ELBO is what is made large, and lies below log p(x).",
    "ELBO 与要最小化的损失，哪个更大？",
    "这是负的 ELBO。",
    "ELBO 是要变大的，它在 log p(x) 之下。")
def elbo_as_a_loss(q, prior, likelihood):
    return -elbo(q, prior, likelihood)


@elbo.twin(
    "By what are the logarithms of the likelihood weighted?",
    "They are averaged under the prior, and not under q.",
    "Both terms are averages under q: the encoder says where z is looked for.",
    "似然的对数用什么加权？",
    "是按先验取的平均，而不是按 q。",
    "两项都按 q 取平均：由编码器说明到哪里去找 z。")
def elbo_under_the_prior(q, prior, likelihood):
    return (prior * np.log(likelihood)).sum() - _kl(q, prior)


@elbo.twin(
    "Is log q in it?",
    "This is E_q[log p(x, z)]: the logarithm of q is missing.",
    "The ELBO is E_q[log p(x, z) - log q(z | x)].",
    "用到 log q 了吗？",
    "这是 E_q[log p(x, z)]：少了 log q。",
    "ELBO 是 E_q[log p(x, z) - log q(z | x)]。")
def elbo_without_log_q(q, prior, likelihood):
    there = q > 0
    return (q[there] * np.log(likelihood[there] * prior[there])).sum()


@elbo.twin(
    "By what is the sum divided?",
    "It is divided by the number of points: q already is the weight.",
    "An average under q is the sum of q times what is averaged.",
    "总和除以了什么？",
    "除以了点的个数：而 q 已经是权重。",
    "按 q 取平均，就是 q 乘以被平均的量再求和。")
def elbo_divided_by_points(q, prior, likelihood):
    return elbo(q, prior, likelihood) / len(q)


@elbo.twin(
    "What stands inside of the logarithm?",
    "log q is divided by p(z): the prior is outside of the logarithm.",
    "log(q / p(z)) is log q - log p(z).",
    "对数里面是什么？",
    "log q 除以了 p(z)：先验跑到了对数外面。",
    "log(q / p(z)) 就是 log q - log p(z)。")
def elbo_with_the_prior_outside(q, prior, likelihood):
    there = q > 0
    q, prior, likelihood = q[there], prior[there], likelihood[there]
    return (q * np.log(likelihood)).sum() - (q * np.log(q) / prior).sum()


@elbo.twin(
    "By what is the sum divided?",
    "It is divided by the number of points with q > 0: a mean of what q has weighted already.",
    "Use .sum(): an average under q is a sum with q as weights.",
    "总和除以了什么？",
    "除以了 q > 0 的点的个数：q 已经加过权，又取了平均。",
    "用 .sum()：按 q 取平均就是以 q 为权重求和。")
def elbo_divided_by_points_of_q(q, prior, likelihood):
    return elbo(q, prior, likelihood) / (q > 0).sum()


@elbo.twin(
    "By what are the logarithms of the likelihood weighted?",
    "They are averaged as if all points with q > 0 were alike.",
    "E_q[log p(x | z)] = sum of q log p(x | z).",
    "似然的对数用什么加权？",
    "取平均时把 q > 0 的点一律同等看待。",
    "E_q[log p(x | z)] = q log p(x | z) 之和。")
def elbo_with_a_plain_mean(q, prior, likelihood):
    there = q > 0
    return np.log(likelihood[there]).mean() - _kl(q, prior)


@elbo.twin(
    "By what are the logarithms of the likelihood weighted?",
    "They are added up without weights.",
    "E_q[log p(x | z)] = sum of q log p(x | z).",
    "似然的对数用什么加权？",
    "直接相加，没有加权。",
    "E_q[log p(x | z)] = q log p(x | z) 之和。")
def elbo_with_a_plain_sum(q, prior, likelihood):
    there = q > 0
    return np.log(likelihood[there]).sum() - _kl(q, prior)


@elbo.twin(
    "Does a likelier sentence make it larger?",
    "The first term has the other sign: -E_q[log p(x | z)] - KL.",
    "Only the KL is taken off: E_q[log p(x | z)] - KL(q || p(z)).",
    "句子越可能，它就越大吗？",
    "第一项的符号反了：-E_q[log p(x | z)] - KL。",
    "只减去 KL：E_q[log p(x | z)] - KL(q || p(z))。")
def elbo_with_reconstruction_taken_off(q, prior, likelihood):
    there = q > 0
    return -(q[there] * np.log(likelihood[there])).sum() - _kl(q, prior)


@elbo.twin(
    "Does p(x | z) add up to 1 over z?",
    "The likelihood is divided by its sum over z, as if it were a distribution of z.",
    "p(x | z) is a distribution of x: for one x it may add up to anything. Use it as it is.",
    "p(x | z) 对 z 之和是 1 吗？",
    "似然除以了它对 z 的和，好像它是 z 的分布。",
    "p(x | z) 是 x 的分布：对一个固定的 x，它对 z 之和可以是任何数。原样使用即可。")
def elbo_of_a_normalised_likelihood(q, prior, likelihood):
    return elbo(q, prior, likelihood / likelihood.sum())


@elbo.twin(
    "What happens at the first z with q = 0?",
    "The loop ends there: what comes after is lost.",
    "Pass over a point with q = 0, and go on with the next.",
    "遇到第一个 q = 0 的 z 时发生了什么？",
    "循环在那里结束：后面的都丢了。",
    "跳过 q = 0 的点，继续看下一个。")
def elbo_stops_at_zero(q, prior, likelihood):
    n = len(q) if (q > 0).all() else int((q == 0).argmax())
    return (q[:n] * np.log(likelihood[:n] * prior[:n] / q[:n])).sum()


@elbo.twin(
    "Look at a z with q = 0: is the prior changed?",
    "The points with q = 0 are left out, and what is left of the prior is made a distribution anew.",
    "Leave the point out of the sum; the other numbers stay as they are.",
    "看看 q = 0 的 z：先验被改了吗？",
    "略去 q = 0 的点后，又把剩下的先验重新归一化。",
    "只在求和时略去这个点；其他数保持不变。")
def elbo_with_the_prior_normalised_anew(q, prior, likelihood):
    prior = np.where(q > 0, prior, 0)
    return elbo(q, prior / prior.sum(), likelihood)


@elbo.twin(
    "By what are the logarithms of the likelihood weighted?",
    "They are averaged under the prior, over the points with q > 0.",
    "Both terms are averages under q.",
    "似然的对数用什么加权？",
    "在 q > 0 的点上按先验取了平均。",
    "两项都按 q 取平均。")
def elbo_under_the_prior_where_q_is(q, prior, likelihood):
    there = q > 0
    return (prior[there] * np.log(likelihood[there])).sum() - _kl(q, prior)


@elbo.twin(
    "Which of the two distributions stands in front in the KL?",
    "The KL is that of the prior, over the points with q > 0: sum of p(z) log(p(z) / q).",
    "KL(q || p(z)): the weights are q, and q stands above in the fraction.",
    "KL 里两个分布哪个在前面？",
    "这里的 KL 是先验在前，在 q > 0 的点上：p(z) log(p(z) / q) 之和。",
    "KL(q || p(z))：权重是 q，分子也是 q。")
def elbo_with_kl_the_other_way_where_q_is(q, prior, likelihood):
    there = q > 0
    q, prior, likelihood = q[there], prior[there], likelihood[there]
    return (q * np.log(likelihood)).sum() - (prior * np.log(prior / q)).sum()


@elbo.twin(
    "By what is log(q / p(z)) weighted?",
    "It is added up without weights.",
    "The KL is an average under q: sum of q log(q / p(z)).",
    "log(q / p(z)) 用什么加权？",
    "直接相加，没有加权。",
    "KL 是按 q 取的平均：q log(q / p(z)) 之和。")
def elbo_with_kl_without_weights(q, prior, likelihood):
    there = q > 0
    return (q[there] * np.log(likelihood[there])).sum() - np.log(q[there] / prior[there]).sum()


@elbo.twin(
    "To which base is the logarithm?",
    "This is the ELBO in bits: log2.",
    "Everything is in nats: np.log.",
    "对数以什么为底？",
    "这是以比特为单位的 ELBO：用了 log2。",
    "单位都是 nat：np.log。")
def elbo_in_bits(q, prior, likelihood):
    return elbo(q, prior, likelihood) / np.log(2)


@elbo.twin(
    "What stands inside of the logarithm?",
    "The sum of q log q is divided by the sum of p(z): the prior is outside of the logarithm and of the sum.",
    "log(q / p(z)) is log q - log p(z), for each z, and then weighted by q.",
    "对数里面是什么？",
    "q log q 之和除以了 p(z) 之和：先验跑到了对数和求和的外面。",
    "log(q / p(z)) 就是每个 z 的 log q - log p(z)，再以 q 加权。")
def elbo_divided_by_the_prior(q, prior, likelihood):
    there = q > 0
    q, prior, likelihood = q[there], prior[there], likelihood[there]
    return (q * np.log(likelihood)).sum() - (q * np.log(q)).sum() / prior.sum()


@elbo.twin(
    "Look at a z with q = 0: what is put in its place?",
    "A thousandth is added to every q, so that no logarithm is infinite: q no longer adds up to 1, and every term changes.",
    "Leave points with q = 0 out of the sum; nothing has to be added.",
    "看看 q = 0 的 z：用什么代替了它？",
    "每个 q 都加了千分之一，以免对数无穷大：q 之和不再是 1，每一项都变了。",
    "求和时略去 q = 0 的点；什么也不用加。")
def elbo_with_a_thousandth_added(q, prior, likelihood):
    return elbo(q + 1e-3, prior, likelihood)


@lab.hole(cases=TOY, more=MORE_TOY, forbidden=["kl_div"])
def elbo_gap(q, prior, likelihood):
    joint = prior * likelihood
    posterior = joint / joint.sum()
    there = q > 0
    return (q[there] * (np.log(q[there]) - np.log(posterior[there]))).sum()


def _posterior(prior, likelihood):
    return prior * likelihood / (prior * likelihood).sum()


@elbo_gap.twin(
    "Which of the two distributions stands in front?",
    "This is KL(p(z | x) || q): the posterior stands in front.",
    "The gap is KL(q || p(z | x)): q stands in front, since the ELBO is an average under q.",
    "两个分布中哪个在前面？",
    "这是 KL(p(z | x) || q)：后验在前面。",
    "差值是 KL(q || p(z | x))：q 在前面，因为 ELBO 是按 q 取的平均。")
def gap_the_other_way(q, prior, likelihood):
    p = _posterior(prior, likelihood)
    return (p * np.log(p / q)).sum()


@elbo_gap.twin(
    "Does the likelihood change the result?",
    "This is KL(q || p(z)), the distance to the prior: a term of the ELBO, and not the gap.",
    "The gap is to the posterior p(z | x) = p(z) p(x | z) / p(x).",
    "似然会影响结果吗？",
    "这是 KL(q || p(z))，到先验的距离：它是 ELBO 的一项，而不是差值。",
    "差值是到后验 p(z | x) = p(z) p(x | z) / p(x) 的。")
def gap_to_the_prior(q, prior, likelihood):
    return _kl(q, prior)


@elbo_gap.twin(
    "Add up your posterior: is it 1?",
    "p(z) p(x | z) is not divided by p(x): this is minus the ELBO.",
    "Bayes: p(z | x) = p(z) p(x | z) / p(x), with p(x) the sum over all z of p(z) p(x | z).",
    "把你的后验加起来：是 1 吗？",
    "p(z) p(x | z) 没有除以 p(x)：这是负的 ELBO。",
    "贝叶斯：p(z | x) = p(z) p(x | z) / p(x)，其中 p(x) 是 p(z) p(x | z) 对所有 z 求和。")
def gap_to_the_joint(q, prior, likelihood):
    return _kl(q, prior * likelihood)


@elbo_gap.twin(
    "Does the prior change the result?",
    "The posterior is made of the likelihood alone, as if every z were equally likely before.",
    "p(z | x) is proportional to p(z) p(x | z): multiply by the prior.",
    "先验会影响结果吗？",
    "后验只由似然得到，好像每个 z 事先都同样可能。",
    "p(z | x) 正比于 p(z) p(x | z)：要乘以先验。")
def gap_without_the_prior(q, prior, likelihood):
    return _kl(q, likelihood / likelihood.sum())


@elbo_gap.twin(
    "Look at a z with q = 0.",
    "0 times log 0 is nan here.",
    "0 log 0 counts as 0: leave points with q = 0 out of the sum.",
    "看看 q = 0 的 z。",
    "这里 0 乘 log 0 是 nan。",
    "0 log 0 算作 0：求和时把 q = 0 的点略去。")
def gap_with_zero_log_zero(q, prior, likelihood):
    return (q * np.log(q / _posterior(prior, likelihood))).sum()


@elbo_gap.twin(
    "Can a gap be below 0?",
    "This is the ELBO minus log p(x): the gap with the other sign.",
    "log p(x) lies above: log p(x) - ELBO = KL(q || p(z | x)), never below 0.",
    "差值会小于 0 吗？",
    "这是 ELBO 减 log p(x)：符号相反的差值。",
    "log p(x) 在上面：log p(x) - ELBO = KL(q || p(z | x))，从不小于 0。")
def gap_with_the_other_sign(q, prior, likelihood):
    return -_kl(q, _posterior(prior, likelihood))


@elbo_gap.twin(
    "Does q change the result?",
    "This is log p(x) itself, and not its distance to the ELBO.",
    "log p(x) = ELBO + gap, so take the ELBO off, or compute KL(q || p(z | x)).",
    "q 会影响结果吗？",
    "这是 log p(x) 本身，而不是它到 ELBO 的距离。",
    "log p(x) = ELBO + 差值，所以要减去 ELBO，或计算 KL(q || p(z | x))。")
def gap_is_log_p(q, prior, likelihood):
    return np.log((prior * likelihood).sum())


@elbo_gap.twin(
    "By what is the logarithm weighted?",
    "Every z counts alike: the sum of log q - log p(z | x) is not weighted by q.",
    "An average under q: the sum of q (log q - log p(z | x)).",
    "对数用什么加权？",
    "每个 z 都同样算：log q - log p(z | x) 求和时没有乘以 q。",
    "按 q 取平均：q (log q - log p(z | x)) 之和。")
def gap_without_weights(q, prior, likelihood):
    there = q > 0
    return np.log(q[there] / _posterior(prior, likelihood)[there]).sum()


@elbo_gap.twin(
    "Over which z does p(x) add up?",
    "p(x) is the sum over the points with q > 0 alone, so the posterior comes out too large.",
    "p(x) has nothing to do with q: add p(z) p(x | z) up over all z, and leave points out afterwards.",
    "p(x) 是对哪些 z 求和？",
    "p(x) 只对 q > 0 的点求和，于是后验偏大。",
    "p(x) 与 q 无关：先对所有 z 把 p(z) p(x | z) 加起来，之后再略去点。")
def gap_with_evidence_of_q_alone(q, prior, likelihood):
    there = q > 0
    return _kl(q[there], _posterior(prior[there], likelihood[there]))


@elbo_gap.twin(
    "Which of the two distributions stands in front?",
    "This is the sum of p(z | x) log(p(z | x) / q), over the points with q > 0: the posterior stands in front.",
    "The weights are q: the sum of q log(q / p(z | x)).",
    "两个分布中哪个在前面？",
    "这是 p(z | x) log(p(z | x) / q) 在 q > 0 的点上求和：后验在前面。",
    "权重是 q：q log(q / p(z | x)) 之和。")
def gap_the_other_way_where_q_is(q, prior, likelihood):
    there, p = q > 0, _posterior(prior, likelihood)
    return (p[there] * np.log(p[there] / q[there])).sum()


@elbo_gap.twin(
    "log p(x) = ELBO + gap: what follows for the gap?",
    "The ELBO is added to log p(x).",
    "Take it off: gap = log p(x) - ELBO.",
    "log p(x) = ELBO + 差值：差值等于什么？",
    "ELBO 被加到了 log p(x) 上。",
    "要减去：差值 = log p(x) - ELBO。")
def gap_with_the_elbo_added(q, prior, likelihood):
    return np.log((prior * likelihood).sum()) + elbo(q, prior, likelihood)


@elbo_gap.twin(
    "Under which distribution of z is p(x) the average of p(x | z)?",
    "p(x) is taken under q: this is log E_q[p(x | z)] - ELBO.",
    "p(x) is the average under the prior: sum of p(z) p(x | z).",
    "p(x) 是 p(x | z) 按 z 的哪个分布取的平均？",
    "p(x) 是按 q 算的：这是 log E_q[p(x | z)] - ELBO。",
    "p(x) 是按先验取的平均：p(z) p(x | z) 之和。")
def gap_with_evidence_under_q(q, prior, likelihood):
    return np.log((q * likelihood).sum()) - elbo(q, prior, likelihood)


@elbo_gap.twin(
    "Is the ELBO compared with p(x), or with its logarithm?",
    "This is p(x) - ELBO: the logarithm is missing.",
    "The gap is log p(x) - ELBO.",
    "与 ELBO 相比的是 p(x)，还是它的对数？",
    "这是 p(x) - ELBO：少了对数。",
    "差值是 log p(x) - ELBO。")
def gap_without_log(q, prior, likelihood):
    return (prior * likelihood).sum() - elbo(q, prior, likelihood)


@elbo_gap.twin(
    "Add up your posterior: is it 1?",
    "p(z) p(x | z) is divided by the sum of the likelihood, and not by its own sum.",
    "p(x) = sum of p(z) p(x | z): divide by the sum of the products.",
    "把你的后验加起来：是 1 吗？",
    "p(z) p(x | z) 除以了似然之和，而不是它自己的和。",
    "p(x) = p(z) p(x | z) 之和：除以乘积之和。")
def gap_divided_by_the_likelihood(q, prior, likelihood):
    return _kl(q, prior * likelihood / likelihood.sum())


@elbo_gap.twin(
    "Does the prior change the result?",
    "The posterior is made of q and the likelihood: q stands in the place of the prior.",
    "Bayes begins with p(z): p(z | x) is proportional to p(z) p(x | z).",
    "先验会影响结果吗？",
    "后验是由 q 和似然得到的：q 占了先验的位置。",
    "贝叶斯从 p(z) 开始：p(z | x) 正比于 p(z) p(x | z)。")
def gap_with_q_as_prior(q, prior, likelihood):
    return _kl(q, _posterior(q, likelihood))


@elbo_gap.twin(
    "To what is q compared?",
    "This is the KL of q to the likelihood, as if that were a distribution of z.",
    "Compare with p(z | x) = p(z) p(x | z) / p(x).",
    "q 与什么相比？",
    "这是 q 到似然的 KL，好像似然是 z 的分布。",
    "要与 p(z | x) = p(z) p(x | z) / p(x) 相比。")
def gap_to_the_likelihood(q, prior, likelihood):
    return _kl(q, likelihood)


@elbo_gap.twin(
    "By what is the sum divided?",
    "This is the mean over the points.",
    "An average under q is a sum with q as weights: .sum().",
    "总和除以了什么？",
    "这是对各点取的平均。",
    "按 q 取平均就是以 q 为权重求和：.sum()。")
def gap_divided_by_points(q, prior, likelihood):
    return _kl(q, _posterior(prior, likelihood)) / len(q)


@elbo_gap.twin(
    "Is p(x) a sum over z, or a mean?",
    "p(x) is taken as the mean of p(z) p(x | z), which is smaller by the number of points.",
    "The prior already is the weight: p(x) = sum of p(z) p(x | z).",
    "p(x) 是对 z 求和，还是取平均？",
    "p(x) 取成了 p(z) p(x | z) 的平均，小了点数那么多倍。",
    "先验已经是权重：p(x) = p(z) p(x | z) 之和。")
def gap_with_a_mean_as_evidence(q, prior, likelihood):
    return np.log((prior * likelihood).mean()) - elbo(q, prior, likelihood)


@elbo_gap.twin(
    "Add up your posterior: is it 1?",
    "The likelihood is divided by p(x), and the prior is forgotten above.",
    "p(z | x) = p(z) p(x | z) / p(x).",
    "把你的后验加起来：是 1 吗？",
    "似然除以了 p(x)，分子里忘了先验。",
    "p(z | x) = p(z) p(x | z) / p(x)。")
def gap_with_the_prior_forgotten_above(q, prior, likelihood):
    return _kl(q, likelihood / (prior * likelihood).sum())


@elbo_gap.twin(
    "Is p(x) a sum of products, or a sum of logarithms?",
    "The logarithms of p(z) p(x | z) are added up: that is the logarithm of their product.",
    "First add, then take the logarithm: log p(x) = log sum of p(z) p(x | z).",
    "p(x) 是乘积之和，还是对数之和？",
    "把 p(z) p(x | z) 的对数加了起来：那是它们之积的对数。",
    "先求和再取对数：log p(x) = log (p(z) p(x | z) 之和)。")
def gap_with_a_sum_of_logs(q, prior, likelihood):
    return np.log(prior * likelihood).sum() - elbo(q, prior, likelihood)


@elbo_gap.twin(
    "Add up your posterior: is it 1?",
    "p(z) p(x | z) is divided by its largest entry, and not by its sum.",
    "p(x) is the sum over all z of p(z) p(x | z).",
    "把你的后验加起来：是 1 吗？",
    "p(z) p(x | z) 除以了最大的元素，而不是总和。",
    "p(x) 是 p(z) p(x | z) 对所有 z 求和。")
def gap_divided_by_the_largest(q, prior, likelihood):
    joint = prior * likelihood
    return _kl(q, joint / joint.max())


@elbo_gap.twin(
    "To which base is the logarithm?",
    "This is the gap in bits: log2.",
    "Everything is in nats: np.log.",
    "对数以什么为底？",
    "这是以比特为单位的差值：用了 log2。",
    "单位都是 nat：np.log。")
def gap_in_bits(q, prior, likelihood):
    return _kl(q, _posterior(prior, likelihood)) / np.log(2)


@elbo_gap.twin(
    "Which of the two is nearer to 0, log p(x) or the ELBO? Both are below 0 here.",
    "This is |ELBO| - log p(x): with log p(x) below 0 the two are added.",
    "gap = log p(x) - ELBO, with the signs as they are.",
    "log p(x) 和 ELBO 哪个更接近 0？这里两者都小于 0。",
    "这是 |ELBO| - log p(x)：log p(x) 小于 0，于是两者相加了。",
    "差值 = log p(x) - ELBO，符号照原样。")
def gap_with_an_absolute_value(q, prior, likelihood):
    return abs(elbo(q, prior, likelihood)) - np.log((prior * likelihood).sum())


# --- breaks_covering: E11 ---

@lab.hole(cases=[[array([0.48, 0.01, 0.01, 0.5])], [array([0.02, 0.46, 0.01, 0.01, 0.02, 0.47, 0.01])],
                 [array([0.5, 0.01, 0.47, 0.01, 0.01])]],
          more=[[array([0.01, 0.4, 0.01, 0.01, 0.57])], [array([0.42, 0.01, 0.01, 0.01, 0.54, 0.01])],
                [array([0.41, 0.01, 0.01, 0.57])], [array([0.01, 0.02, 0.55, 0.01, 0.41])]],
          through="two_directions")
def breaks_covering(posterior):
    n = len(posterior)
    return np.ones(n) / n, np.eye(n)[posterior.argmax()]


@breaks_covering.twin(
    "Which of your two keeps to one peak, and which covers both?",
    "They are in the other order: the first has the higher ELBO, the second the smaller KL(p || q).",
    "First the one that covers all of p, then the one that keeps to a single peak.",
    "你给的两个分布，哪个守住一个峰，哪个盖住两个峰？",
    "次序反了：第一个的 ELBO 更高，第二个的 KL(p || q) 更小。",
    "先给盖住整个 p 的，再给守住一个峰的。")
def covering_in_the_other_order(posterior):
    n = len(posterior)
    return np.eye(n)[posterior.argmax()], np.ones(n) / n


@breaks_covering.twin(
    "Compute the ELBO of both; log p(x) minus KL(q || p) is enough.",
    "The first wins in both directions: it is too near to p itself, or the second is on no peak of p.",
    "The first covers at a price: it puts weight where p has almost none. The second sits on the highest peak.",
    "把两者的 ELBO 都算出来；log p(x) 减去 KL(q || p) 就够了。",
    "第一个在两个方向上都胜出：它离 p 太近，或第二个不在 p 的任何峰上。",
    "第一个盖得有代价：在 p 几乎为零处也放了权重。第二个守在最高的峰上。")
def covering_by_p_itself(posterior):
    return posterior, np.eye(len(posterior))[posterior.argmax()]


@breaks_covering.twin(
    "Compute KL(p || q) of both.",
    "The second wins in both directions: it is p itself, or nearer to p in every sense.",
    "The second has to miss a peak: where q is almost 0 and p is not, KL(p || q) is large, and the ELBO does not mind.",
    "把两者的 KL(p || q) 都算出来。",
    "第二个在两个方向上都胜出：它就是 p，或在任何意义上都更近。",
    "第二个要漏掉一个峰：q 几乎为 0 而 p 不为 0 处，KL(p || q) 很大，ELBO 却不在乎。")
def covering_second_is_p(posterior):
    n = len(posterior)
    return np.ones(n) / n, posterior


@breaks_covering.twin(
    "Add up each of your two.",
    "One of them does not add up to 1: it is no distribution.",
    "Divide by the sum: q / q.sum().",
    "把两个分布各自加起来。",
    "其中一个之和不是 1：它不是分布。",
    "除以总和：q / q.sum()。")
def covering_not_normalised(posterior):
    n = len(posterior)
    return np.ones(n), np.eye(n)[posterior.argmax()]


@breaks_covering.twin(
    "What is to be returned?",
    "This is not a pair of arrays: two distributions over the points are asked for.",
    "return first, second: each an array (K,) that adds up to 1.",
    "应返回什么？",
    "这不是一对数组：要的是这些点上的两个分布。",
    "return first, second：各是一个和为 1 的数组 (K,)。")
def covering_one_alone(posterior):
    return np.eye(len(posterior))[posterior.argmax()]


@breaks_covering.twin(
    "How many points has each of your two?",
    "They have another number of points than p.",
    "Both are distributions over the same K points as p: arrays (K,).",
    "你的两个分布各有几个点？",
    "点的个数与 p 不同。",
    "两者都是与 p 相同的 K 个点上的分布：数组 (K,)。")
def covering_of_two_points(posterior):
    return np.array([0.5, 0.5]), np.array([1.0, 0.0])


@breaks_covering.twin(
    "Compare your two with each other.",
    "They are equally good in both directions: they are the same, or mirror images.",
    "One is to win in each direction: a wide one, and one on a single peak.",
    "把你的两个分布互相比较。",
    "它们在两个方向上都一样好：两者相同，或互为镜像。",
    "每个方向要有一个胜出：一个宽的，一个守住单峰的。")
def covering_twice_the_same(posterior):
    n = len(posterior)
    return np.ones(n) / n, np.ones(n) / n


@breaks_covering.twin(
    "Is every entry a probability?",
    "There are entries below 0.",
    "A distribution has no entry below 0, and adds up to 1.",
    "每个元素都是概率吗？",
    "有小于 0 的元素。",
    "分布的元素都不小于 0，且和为 1。")
def covering_with_logarithms(posterior):
    return np.log(posterior), np.eye(len(posterior))[posterior.argmax()]


@breaks_covering.twin(
    "Try a posterior with another number of points.",
    "The answer is written for the first posterior alone: it has always the same points.",
    "Make both from `posterior`: its length, and where it is largest.",
    "试试点数不同的后验。",
    "这个答案只适合第一个后验：点总是一样的。",
    "两个分布都要由 `posterior` 得到：它的长度，以及它在哪里最大。")
def covering_of_the_first_posterior_alone(posterior):
    return np.ones(4) / 4, np.eye(4)[3]


@breaks_covering.twin(
    "Try a posterior whose first point is no peak.",
    "The second always sits on the first point, which is a peak of some posteriors alone.",
    "Find the highest peak: posterior.argmax().",
    "试试第一个点不是峰的后验。",
    "第二个总是守在第一个点上，而它只是某些后验的峰。",
    "找到最高的峰：posterior.argmax()。")
def covering_on_the_first_point(posterior):
    n = len(posterior)
    return np.ones(n) / n, np.eye(n)[0]


@breaks_covering.twin(
    "Try a posterior whose last point is no peak.",
    "The second always sits on the last point, which is a peak of some posteriors alone.",
    "Find the highest peak: posterior.argmax().",
    "试试最后一个点不是峰的后验。",
    "第二个总是守在最后一个点上，而它只是某些后验的峰。",
    "找到最高的峰：posterior.argmax()。")
def covering_on_the_last_point(posterior):
    n = len(posterior)
    return np.ones(n) / n, np.eye(n)[-1]


@breaks_covering.twin(
    "Compute KL(p || first): is it finite?",
    "Both are 0 at points where p is not: KL(p || q) is infinite for both, so neither covers better.",
    "The first has to put some weight on every point of p, the valley too.",
    "算一算 KL(p || first)：它有限吗？",
    "两者都在 p 不为 0 的点上取了 0：KL(p || q) 都是无穷大，谁也没有覆盖得更好。",
    "第一个必须在 p 的每个点上都放些权重，谷底也要。")
def covering_with_holes(posterior):
    first = np.where(posterior > 0.1, posterior, 0)
    return first / first.sum(), np.eye(len(posterior))[posterior.argmax()]


@breaks_covering.twin(
    "Try a posterior with a valley in the middle.",
    "The second always sits on the middle point, which is no peak of most posteriors.",
    "Find the highest peak: posterior.argmax().",
    "试试中间是谷的后验。",
    "第二个总是守在中间的点上，而多数后验的中间并不是峰。",
    "找到最高的峰：posterior.argmax()。")
def covering_on_the_middle_point(posterior):
    n = len(posterior)
    return np.ones(n) / n, np.eye(n)[n // 2]


# --- draw_z ---

EPS = [[1.3, -0.4], [0.7, -2.1], [-0.9, 0.2]]


@lab.hole(cases=[[tensor(MU), tensor(LOGVAR), array(EPS)],
                 [tensor([[0.1, -0.4, 0.7]]), tensor([[-2.0, 1.1, -3.0]]), array([[0.5, -1.5, 2.0]])]],
          more=[[tensor([[1.3, -0.2, 0.9], [-0.7, 0.4, 0.1]]), tensor([[0.5, -2.0, 0.3], [-0.1, 1.4, -0.8]]),
                 array([[-0.3, 1.1, 0.6], [2.2, -0.5, -1.4]])]],
          forbidden=[VAE + "reparameterise"])
def draw_z(mu, logvar, eps):
    return mu + step("sigma * eps", step("sigma", td.exp(logvar / 2)) * eps)


@draw_z.twin(
    "What is logvar the logarithm of?",
    "exp(logvar) is the variance sigma^2, and here it is used as sigma.",
    "sigma is the root of the variance: exp(logvar / 2).",
    "logvar 是什么的对数？",
    "exp(logvar) 是方差 sigma^2，这里却当成了 sigma。",
    "sigma 是方差的平方根：exp(logvar / 2)。")
def draw_with_the_variance(mu, logvar, eps):
    return mu + td.exp(logvar) * eps


@draw_z.twin(
    "Is there an exponential?",
    "logvar itself is used as sigma.",
    "logvar is log sigma^2: sigma = exp(logvar / 2), which is never below 0.",
    "用到指数函数了吗？",
    "直接把 logvar 当成了 sigma。",
    "logvar 是 log sigma^2：sigma = exp(logvar / 2)，从不小于 0。")
def draw_with_logvar(mu, logvar, eps):
    return mu + logvar * eps


@draw_z.twin(
    "Look at a logvar below 0.",
    "The root of logvar is taken, which is nan for what is below 0.",
    "logvar is the logarithm of the variance, not the variance: sigma = exp(logvar / 2).",
    "看看小于 0 的 logvar。",
    "对 logvar 开了方，小于 0 时得到 nan。",
    "logvar 是方差的对数，不是方差：sigma = exp(logvar / 2)。")
def draw_with_the_root_of_logvar(mu, logvar, eps):
    return mu + td.sqrt(logvar) * eps


@draw_z.twin(
    "By what is logvar divided or multiplied before the exponential?",
    "This is exp(2 logvar): sigma to the fourth power.",
    "A root is half of the logarithm: sigma = exp(logvar / 2).",
    "取指数之前，logvar 除以或乘以了多少？",
    "这是 exp(2 logvar)：sigma 的四次方。",
    "开方就是对数减半：sigma = exp(logvar / 2)。")
def draw_with_exp_of_twice(mu, logvar, eps):
    return mu + td.exp(2 * logvar) * eps


@draw_z.twin(
    "Is z larger or smaller where logvar is large?",
    "The sign of logvar is turned: this is 1 / sigma.",
    "sigma = exp(logvar / 2): a large logvar is a wide distribution.",
    "logvar 大时，z 散得更开还是更窄？",
    "logvar 的符号反了：这是 1 / sigma。",
    "sigma = exp(logvar / 2)：logvar 大，分布就宽。")
def draw_with_one_over_sigma(mu, logvar, eps):
    return mu + td.exp(-logvar / 2) * eps


@draw_z.twin(
    "Is it the given eps that is used?",
    "eps is drawn anew, by td.randn, and the one that was given is not used.",
    "Use the argument eps: the draw stands outside, so that the same one can be used again.",
    "用的是给定的 eps 吗？",
    "用 td.randn 重新抽了 eps，给定的没有用到。",
    "请用参数 eps：抽样在函数外面，这样同一次抽样可以再用。")
def draw_by_td_randn(mu, logvar, eps):
    return mu + td.exp(logvar / 2) * td.randn(*mu.shape)


@draw_z.twin(
    "Is it the given eps that is used?",
    "eps is drawn anew, by NumPy, and the one that was given is not used.",
    "Use the argument eps: whoever calls has drawn it, and may use it again.",
    "用的是给定的 eps 吗？",
    "用 NumPy 重新抽了 eps，给定的没有用到。",
    "请用参数 eps：它由调用者抽好，还可能再用。")
def draw_by_numpy(mu, logvar, eps):
    return mu + td.exp(logvar / 2) * np.random.randn(*mu.shape)  # noqa: NPY002


@draw_z.twin(
    "The numbers are right. What reaches logvar on the way back?",
    "sigma is cut off from the graph (.numpy(), .detach(), or np.exp): mu learns, and logvar does not.",
    "eps is outside of the graph, sigma is inside: td.exp(logvar / 2) of the Tensor itself.",
    "数是对的。往回走时，什么能到达 logvar？",
    "sigma 被切出了计算图（.numpy()、.detach() 或 np.exp）：mu 能学，logvar 不能。",
    "eps 在图外，sigma 在图内：对张量本身用 td.exp(logvar / 2)。")
def draw_with_sigma_cut_off(mu, logvar, eps):
    return mu + td.exp(logvar.detach() / 2) * eps


@draw_z.twin(
    "The numbers are right. What reaches mu on the way back?",
    "Everything is computed outside of the graph: this z has forgotten mu and sigma.",
    "Compute with the Tensors: only eps is a plain array.",
    "数是对的。往回走时，什么能到达 mu？",
    "一切都在计算图外算出：这个 z 已经忘了 mu 和 sigma。",
    "请用张量计算：只有 eps 是普通数组。")
def draw_forgets(mu, logvar, eps):
    return mu.numpy() + np.exp(logvar.numpy() / 2) * eps


@draw_z.twin(
    "Where is mu?",
    "This is sigma eps: the noise alone, around 0.",
    "z = mu + sigma eps lies around mu.",
    "mu 在哪里？",
    "这是 sigma eps：只有绕着 0 的噪声。",
    "z = mu + sigma eps 绕着 mu。")
def draw_without_mu(mu, logvar, eps):
    return td.exp(logvar / 2) * eps


@draw_z.twin(
    "Call it twice with another eps: does z change?",
    "eps is left out: this is mu + sigma.",
    "z = mu + sigma eps: each entry of sigma is multiplied by its own eps.",
    "换一个 eps 再调用：z 变了吗？",
    "漏掉了 eps：这是 mu + sigma。",
    "z = mu + sigma eps：sigma 的每个元素乘以自己的 eps。")
def draw_without_eps(mu, logvar, eps):
    return mu + td.exp(logvar / 2)


@draw_z.twin(
    "What does eps multiply, and what not?",
    "mu is multiplied by eps too: (mu + sigma) eps.",
    "Only the spread is random: z = mu + (sigma eps).",
    "eps 乘的是什么，不乘什么？",
    "mu 也乘了 eps：(mu + sigma) eps。",
    "只有散开的部分是随机的：z = mu + (sigma eps)。")
def draw_with_mu_times_eps(mu, logvar, eps):
    return (mu + td.exp(logvar / 2)) * eps


@draw_z.twin(
    "Which of mu and sigma does eps multiply?",
    "They are exchanged: mu eps + sigma.",
    "mu is where z lies on average, sigma how far it spreads: z = mu + sigma eps.",
    "eps 乘的是 mu 还是 sigma？",
    "两者对调了：mu eps + sigma。",
    "mu 是 z 的平均位置，sigma 是散开的程度：z = mu + sigma eps。")
def draw_with_mu_and_sigma_exchanged(mu, logvar, eps):
    return mu * eps + td.exp(logvar / 2)


@draw_z.twin(
    "Has every unit its own noise?",
    "All units of a sentence get the same eps, that of the first unit.",
    "The covariance is diagonal: each entry of z has an eps of its own.",
    "每个单元都有自己的噪声吗？",
    "一个句子的所有单元用了同一个 eps，即第一个单元的。",
    "协方差是对角的：z 的每个元素都有自己的 eps。")
def draw_with_one_eps(mu, logvar, eps):
    return mu + td.exp(logvar / 2) * eps[:, :1]


@draw_z.twin(
    "Is there an exponential?",
    "logvar / 2 is log sigma, and here it is used as sigma.",
    "sigma = exp(logvar / 2): the exponential is missing.",
    "用到指数函数了吗？",
    "logvar / 2 是 log sigma，这里却当成了 sigma。",
    "sigma = exp(logvar / 2)：少了指数函数。")
def draw_with_log_sigma(mu, logvar, eps):
    return mu + logvar / 2 * eps


@draw_z.twin(
    "Look at a logvar below 0.",
    "The root of logvar is taken inside of the exponential: nan for what is below 0.",
    "The root of exp(logvar) is exp(logvar / 2): half, no root, in the exponent.",
    "看看小于 0 的 logvar。",
    "在指数里面对 logvar 开了方：小于 0 时得到 nan。",
    "exp(logvar) 的平方根是 exp(logvar / 2)：指数里是减半，不是开方。")
def draw_with_a_root_in_the_exponent(mu, logvar, eps):
    return mu + td.exp(td.sqrt(logvar)) * eps


@draw_z.twin(
    "Look at a logvar of 0 or less.",
    "The logarithm of logvar is taken, which is nan or -inf there.",
    "logvar already is a logarithm; go back by the exponential: sigma = exp(logvar / 2).",
    "看看小于等于 0 的 logvar。",
    "又对 logvar 取了对数，那里是 nan 或 -inf。",
    "logvar 已经是对数；用指数函数变回来：sigma = exp(logvar / 2)。")
def draw_with_log_of_logvar(mu, logvar, eps):
    return mu + td.log(logvar) * eps


@draw_z.twin(
    "Is it the given eps that is used? And what reaches mu on the way back?",
    "z comes from np.random.normal: it is another draw, and it has forgotten mu and sigma.",
    "Compute z from the Tensors and the given eps: mu + sigma * eps.",
    "用的是给定的 eps 吗？往回走时，什么能到达 mu？",
    "z 来自 np.random.normal：这是另一次抽样，而且忘了 mu 和 sigma。",
    "用张量和给定的 eps 算出 z：mu + sigma * eps。")
def draw_by_a_generator(mu, logvar, eps):
    return td.tensor(np.random.normal(mu.numpy(), np.exp(logvar.numpy() / 2)))  # noqa: NPY002


@draw_z.twin(
    "Is the sign of the noise kept?",
    "sigma eps is taken off: mu - sigma eps.",
    "On average it makes no difference, but the draw is to be this one: mu + sigma eps.",
    "噪声的符号保持了吗？",
    "sigma eps 被减去了：mu - sigma eps。",
    "平均来说没有差别，但要的是这一次抽样：mu + sigma eps。")
def draw_with_minus(mu, logvar, eps):
    return mu - td.exp(logvar / 2) * eps


@draw_z.twin(
    "The numbers are right. What reaches mu on the way back?",
    "mu is cut off from the graph: logvar learns, and mu does not.",
    "Only eps is outside of the graph: use mu as it is.",
    "数是对的。往回走时，什么能到达 mu？",
    "mu 被切出了计算图：logvar 能学，mu 不能。",
    "只有 eps 在图外：mu 要原样使用。")
def draw_with_mu_cut_off(mu, logvar, eps):
    return mu.detach() + td.exp(logvar / 2) * eps


@draw_z.twin(
    "What does the exponential reach over?",
    "eps is in the exponent: exp(logvar / 2 * eps).",
    "First sigma = exp(logvar / 2), then times eps.",
    "指数函数管到哪里？",
    "eps 跑进了指数：exp(logvar / 2 * eps)。",
    "先算 sigma = exp(logvar / 2)，再乘 eps。")
def draw_with_eps_in_the_exponent(mu, logvar, eps):
    return mu + td.exp(logvar / 2 * eps)


@draw_z.twin(
    "Is sigma multiplied by eps?",
    "They are added: mu + sigma + eps.",
    "z = mu + sigma * eps, entry by entry.",
    "sigma 与 eps 相乘了吗？",
    "它们被加起来了：mu + sigma + eps。",
    "z = mu + sigma * eps，逐个元素相乘。")
def draw_with_eps_added(mu, logvar, eps):
    return mu + td.exp(logvar / 2) + eps


@draw_z.twin(
    "Is mu added, or multiplied?",
    "All three are multiplied: mu sigma eps.",
    "z = mu + sigma * eps: mu is added.",
    "mu 是加上的，还是乘上的？",
    "三者都乘在一起了：mu sigma eps。",
    "z = mu + sigma * eps：mu 是加上的。")
def draw_with_all_multiplied(mu, logvar, eps):
    return mu * td.exp(logvar / 2) * eps


@draw_z.twin(
    "Where does the half belong?",
    "The variance is halved, exp(logvar) / 2, in place of the exponent.",
    "The root is in the exponent: sigma = exp(logvar / 2).",
    "1/2 应放在哪里？",
    "减半的是方差，exp(logvar) / 2，而不是指数。",
    "开方在指数里：sigma = exp(logvar / 2)。")
def draw_with_half_of_the_variance(mu, logvar, eps):
    return mu + td.exp(logvar) / 2 * eps


@draw_z.twin(
    "What is logvar the logarithm of? And what reaches it on the way back?",
    "exp(logvar) is the variance, used here as sigma; and it is cut off from the graph.",
    "sigma = td.exp(logvar / 2), of the Tensor itself.",
    "logvar 是什么的对数？往回走时，什么能到达它？",
    "exp(logvar) 是方差，这里当成了 sigma；而且它被切出了计算图。",
    "对张量本身用 sigma = td.exp(logvar / 2)。")
def draw_with_the_variance_cut_off(mu, logvar, eps):
    return mu + np.exp(logvar.numpy()) * eps


@draw_z.twin(
    "Is a root taken of eps too?",
    "The root is taken of sigma^2 eps: nan where eps is below 0.",
    "Only the variance has its root taken: sqrt(exp(logvar)) * eps.",
    "eps 也开方了吗？",
    "对 sigma^2 eps 开了方：eps 小于 0 时得到 nan。",
    "只对方差开方：sqrt(exp(logvar)) * eps。")
def draw_with_a_root_of_eps(mu, logvar, eps):
    return mu + td.sqrt(td.exp(logvar) * eps)


# --- slopes_of_z ---

G = [[0.4, -1.0], [2.0, 0.3], [-0.6, 1.5]]


@lab.hole(cases=[[array(G), array(LOGVAR), array(EPS)], [array([[1.2, -0.7, 0.5]]), array([[-2.0, 1.1, 0.3]]),
                                                         array([[0.5, -1.5, 2.0]])]],
          more=[[array([[0.9, -1.3, 0.2], [-0.4, 0.8, 1.7]]), array([[0.5, -2.0, 0.3], [-0.1, 1.4, -0.8]]),
                 array([[-0.3, 1.1, 0.6], [2.2, -0.5, -1.4]])]])
def slopes_of_z(g, logvar, eps):
    to_sigma = g * eps
    return g, to_sigma, to_sigma * np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Look at the third: the derivative of exp(logvar / 2).",
    "The third is twice too large: the 1/2 in the exponent is forgotten.",
    "d sigma / d logvar = sigma / 2.",
    "看第三个：exp(logvar / 2) 的导数。",
    "第三个大了一倍：忘了指数里的 1/2。",
    "d sigma / d logvar = sigma / 2。")
def slopes_without_half(g, logvar, eps):
    return g, g * eps, g * eps * np.exp(logvar / 2)


@slopes_of_z.twin(
    "Look at the third: which sigma is in it?",
    "exp(logvar), the variance, stands there in place of sigma.",
    "sigma = exp(logvar / 2), and d sigma / d logvar = sigma / 2.",
    "看第三个：里面的 sigma 是哪一个？",
    "那里放的是方差 exp(logvar)，而不是 sigma。",
    "sigma = exp(logvar / 2)，d sigma / d logvar = sigma / 2。")
def slopes_with_the_variance(g, logvar, eps):
    return g, g * eps, g * eps * np.exp(logvar) / 2


@slopes_of_z.twin(
    "Look at the third: what is d sigma / d logvar?",
    "sigma is left out of the third: this is half of the second.",
    "The derivative of an exponential has the exponential in it: sigma / 2.",
    "看第三个：d sigma / d logvar 是什么？",
    "第三个漏掉了 sigma：它只是第二个的一半。",
    "指数函数的导数里仍有指数函数：sigma / 2。")
def slopes_without_sigma(g, logvar, eps):
    return g, g * eps, g * eps / 2


@slopes_of_z.twin(
    "Where is dL/dz?",
    "These are the derivatives of z: they are not multiplied by dL/dz.",
    "The chain rule: dL/dmu = dL/dz dz/dmu, and likewise for the other two.",
    "dL/dz 在哪里？",
    "这些是 z 的导数：没有乘以 dL/dz。",
    "链式法则：dL/dmu = dL/dz dz/dmu，另外两个也一样。")
def slopes_of_z_alone(g, logvar, eps):
    return np.ones_like(g), eps, eps * np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Look at the second: by how much does z change if sigma grows by a little?",
    "eps is left out: sigma gets the same gradient as mu.",
    "z = mu + sigma eps, so dz/dsigma = eps.",
    "看第二个：sigma 增加一点，z 变多少？",
    "漏掉了 eps：sigma 得到了与 mu 相同的梯度。",
    "z = mu + sigma eps，所以 dz/dsigma = eps。")
def slopes_without_eps(g, logvar, eps):
    return g, g, g * np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Look at the third: logvar is not sigma.",
    "The third is the gradient of sigma once more: the step from sigma to logvar is missing.",
    "dL/dlogvar = dL/dsigma d sigma / d logvar, and the last is sigma / 2.",
    "看第三个：logvar 不是 sigma。",
    "第三个又是 sigma 的梯度：少了从 sigma 到 logvar 的一步。",
    "dL/dlogvar = dL/dsigma · d sigma / d logvar，最后一项是 sigma / 2。")
def slopes_of_sigma_twice(g, logvar, eps):
    return g, g * eps, g * eps


@slopes_of_z.twin(
    "Look at the third: which way does the chain rule go?",
    "It is multiplied by d logvar / d sigma = 2 / sigma, which is one over what is needed.",
    "Along the chain from logvar to sigma to z: d sigma / d logvar = sigma / 2.",
    "看第三个：链式法则往哪个方向走？",
    "乘的是 d logvar / d sigma = 2 / sigma，正是所需的倒数。",
    "沿着从 logvar 到 sigma 再到 z 的链：d sigma / d logvar = sigma / 2。")
def slopes_by_the_inverse(g, logvar, eps):
    return g, g * eps, g * eps * 2 / np.exp(logvar / 2)


@slopes_of_z.twin(
    "In which order are the three asked for?",
    "The second and the third are exchanged.",
    "mu, sigma, logvar: in this order.",
    "三个梯度的次序是什么？",
    "第二个和第三个对调了。",
    "次序是 mu、sigma、logvar。")
def slopes_in_another_order(g, logvar, eps):
    return g, g * eps * np.exp(logvar / 2) / 2, g * eps


@slopes_of_z.twin(
    "Is sigma a factor of its own derivative?",
    "The second is multiplied by sigma: dz/dsigma = eps alone, since z is linear in sigma.",
    "dL/dsigma = dL/dz eps; the factor sigma / 2 comes with logvar.",
    "对 sigma 的导数里还有 sigma 吗？",
    "第二个乘了 sigma：dz/dsigma 就是 eps，因为 z 对 sigma 是线性的。",
    "dL/dsigma = dL/dz · eps；因子 sigma / 2 属于 logvar。")
def slopes_with_sigma_in_its_own(g, logvar, eps):
    return g, g * eps * np.exp(logvar / 2), g * eps * np.exp(logvar) / 2


@slopes_of_z.twin(
    "What shape should the gradient of mu have?",
    "The gradients are added up over the sentences.",
    "Each sentence has its own mu and sigma, so nothing is added up: three arrays (N, Z).",
    "mu 的梯度应是什么形状？",
    "梯度对句子求了和。",
    "每个句子有自己的 mu 和 sigma，不必求和：三个数组 (N, Z)。")
def slopes_summed(g, logvar, eps):
    return g.sum(axis=0), (g * eps).sum(axis=0), (g * eps * np.exp(logvar / 2) / 2).sum(axis=0)


@slopes_of_z.twin(
    "Look at the first: where is dL/dz?",
    "The first is 1, which is dz/dmu and not dL/dmu.",
    "dL/dmu = dL/dz dz/dmu = g.",
    "看第一个：dL/dz 在哪里？",
    "第一个是 1，那是 dz/dmu，而不是 dL/dmu。",
    "dL/dmu = dL/dz · dz/dmu = g。")
def slopes_with_one_for_mu(g, logvar, eps):
    return np.ones_like(g), g * eps, g * eps * np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Compare with the derivatives of z: where is dL/dz, and how many numbers has each?",
    "These are dz/dmu = 1 as a plain number, dz/dsigma and dz/dlogvar: not multiplied by dL/dz.",
    "Each is g times the derivative of z: three arrays (N, Z).",
    "与 z 的导数对照：dL/dz 在哪里，每个有几个数？",
    "这些是 dz/dmu = 1（一个数）、dz/dsigma 和 dz/dlogvar：没有乘以 dL/dz。",
    "每个都是 g 乘以 z 的导数：三个数组 (N, Z)。")
def slopes_of_z_alone_with_a_number(g, logvar, eps):
    return 1, eps, eps * np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Look at the third: does eps reach it?",
    "eps is left out of the third: logvar acts on z through sigma, which eps multiplies.",
    "dL/dlogvar = (dL/dz eps) (sigma / 2).",
    "看第三个：eps 在里面吗？",
    "第三个漏掉了 eps：logvar 经由 sigma 影响 z，而 sigma 乘着 eps。",
    "dL/dlogvar = (dL/dz · eps) (sigma / 2)。")
def slopes_of_logvar_without_eps(g, logvar, eps):
    return g, g * eps, g * np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Look at the third: is it multiplied or divided by sigma?",
    "It is divided by 2 sigma: that is the derivative of a root, of sigma by sigma^2.",
    "With logvar: d exp(logvar / 2) / d logvar = exp(logvar / 2) / 2 = sigma / 2.",
    "看第三个：是乘以还是除以 sigma？",
    "除以了 2 sigma：那是平方根的导数，即 sigma 对 sigma^2 的导数。",
    "对 logvar：d exp(logvar / 2) / d logvar = exp(logvar / 2) / 2 = sigma / 2。")
def slopes_by_the_variance(g, logvar, eps):
    return g, g * eps, g * eps / (2 * np.exp(logvar / 2))


@slopes_of_z.twin(
    "Look at the third: what is sigma, and what its derivative?",
    "The third has exp(logvar) as if that were sigma, without 1/2.",
    "sigma = exp(logvar / 2), whose derivative is sigma / 2.",
    "看第三个：sigma 是什么，它的导数又是什么？",
    "第三个里把 exp(logvar) 当成了 sigma，也没有 1/2。",
    "sigma = exp(logvar / 2)，它的导数是 sigma / 2。")
def slopes_of_exp_of_logvar(g, logvar, eps):
    return g, g * eps, g * eps * np.exp(logvar)


@slopes_of_z.twin(
    "Look at the third: what is the derivative of exp(logvar / 2)?",
    "It is multiplied by logvar / 2, the exponent, without the exponential.",
    "The derivative of exp(a / 2) by a is exp(a / 2) / 2.",
    "看第三个：exp(logvar / 2) 的导数是什么？",
    "乘的是指数 logvar / 2，没有指数函数。",
    "exp(a / 2) 对 a 的导数是 exp(a / 2) / 2。")
def slopes_with_the_exponent(g, logvar, eps):
    return g, g * eps, g * eps * logvar / 2


@slopes_of_z.twin(
    "Look at the third: what is the derivative of exp(logvar / 2)?",
    "There is a factor logvar too much, as in the derivative of a power.",
    "The derivative of exp(a / 2) by a is exp(a / 2) / 2: a itself does not come down.",
    "看第三个：exp(logvar / 2) 的导数是什么？",
    "多了一个因子 logvar，好像在求幂的导数。",
    "exp(a / 2) 对 a 的导数是 exp(a / 2) / 2：a 本身不会落下来。")
def slopes_as_of_a_power(g, logvar, eps):
    return g, g * eps, g * eps * np.exp(logvar / 2) * logvar / 2


@slopes_of_z.twin(
    "Look at the second: what multiplies sigma in z = mu + sigma eps?",
    "The second is g sigma, which would be the gradient of eps.",
    "dz/dsigma = eps, and dz/deps = sigma.",
    "看第二个：z = mu + sigma eps 里，sigma 乘的是什么？",
    "第二个是 g sigma，那是 eps 的梯度。",
    "dz/dsigma = eps，而 dz/deps = sigma。")
def slopes_of_eps(g, logvar, eps):
    sigma = np.exp(logvar / 2)
    return g, g * sigma, g * eps * sigma / 2


@slopes_of_z.twin(
    "Look at the third: what comes back from z?",
    "The third is sigma / 2 alone: neither dL/dz nor eps is in it.",
    "The whole chain: dL/dz dz/dsigma dsigma/dlogvar.",
    "看第三个：从 z 传回了什么？",
    "第三个只有 sigma / 2：dL/dz 和 eps 都不在里面。",
    "整条链：dL/dz · dz/dsigma · dsigma/dlogvar。")
def slopes_with_half_sigma_alone(g, logvar, eps):
    return g, g * eps, np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Look at the second and the third: where is dL/dz?",
    "dL/dz is in the first alone: the others are dz/dsigma and dsigma/dlogvar.",
    "Each has the whole chain from L on: g, g eps, g eps sigma / 2.",
    "看第二个和第三个：dL/dz 在哪里？",
    "只有第一个里有 dL/dz：另外两个是 dz/dsigma 和 dsigma/dlogvar。",
    "每个都要有从 L 开始的整条链：g、g eps、g eps sigma / 2。")
def slopes_of_single_steps(g, logvar, eps):
    return g, eps, np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Where is dL/dz, and is the third a whole chain?",
    "These are the derivatives of the single steps: dz/dmu, dz/dsigma, dsigma/dlogvar.",
    "Multiply them along the chain, beginning with g = dL/dz.",
    "dL/dz 在哪里？第三个是整条链吗？",
    "这些是每一步各自的导数：dz/dmu、dz/dsigma、dsigma/dlogvar。",
    "从 g = dL/dz 开始，沿着链把它们乘起来。")
def slopes_of_single_steps_without_g(g, logvar, eps):
    return np.ones_like(g), eps, np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Look at the third: is it twice, or half?",
    "It is multiplied by 2 in place of 1/2.",
    "The derivative of logvar / 2 is 1/2.",
    "看第三个：是乘 2，还是减半？",
    "乘了 2，应乘 1/2。",
    "logvar / 2 的导数是 1/2。")
def slopes_with_two(g, logvar, eps):
    return g, g * eps, 2 * g * eps * np.exp(logvar / 2)


@slopes_of_z.twin(
    "Look at the third: is it multiplied or divided by sigma?",
    "It is divided by sigma.",
    "dsigma/dlogvar = sigma / 2: multiply.",
    "看第三个：是乘以还是除以 sigma？",
    "除以了 sigma。",
    "dsigma/dlogvar = sigma / 2：要乘。")
def slopes_divided_by_sigma(g, logvar, eps):
    return g, g * eps, g * eps / np.exp(logvar / 2)


@slopes_of_z.twin(
    "How many gradients are asked for?",
    "Only two come back: mu and sigma.",
    "Three: dL/dmu, dL/dsigma and dL/dlogvar.",
    "要几个梯度？",
    "只返回了两个：mu 和 sigma 的。",
    "三个：dL/dmu、dL/dsigma 和 dL/dlogvar。")
def slopes_two_alone(g, logvar, eps):
    return g, g * eps


@slopes_of_z.twin(
    "Look at the third: how often does dL/dz stand in it?",
    "dL/dz is multiplied in twice.",
    "dL/dsigma has dL/dz already: dL/dlogvar = dL/dsigma (sigma / 2).",
    "看第三个：dL/dz 出现了几次？",
    "dL/dz 乘了两次。",
    "dL/dsigma 里已有 dL/dz：dL/dlogvar = dL/dsigma (sigma / 2)。")
def slopes_with_g_twice(g, logvar, eps):
    return g, g * eps, g * g * eps * np.exp(logvar / 2) / 2


@slopes_of_z.twin(
    "Look at the second: is it multiplied or divided by eps?",
    "It is divided by eps.",
    "dz/dsigma = eps, so dL/dsigma = dL/dz eps.",
    "看第二个：是乘以还是除以 eps？",
    "除以了 eps。",
    "dz/dsigma = eps，所以 dL/dsigma = dL/dz · eps。")
def slopes_divided_by_eps(g, logvar, eps):
    return g, g / eps, g * eps * np.exp(logvar / 2) / 2


# --- remembers: E9 ---

SIGMA = [[0.5, 1.5], [0.8, 2.0], [1.2, 0.3]]
Z = [[0.9, -2.0], [-0.4, 1.1], [1.6, 0.35]]


@lab.hole(cases=[[array(Z), tensor(MU), tensor(SIGMA)]],
          more=[[array([[0.2, -1.0, 0.4], [1.5, 0.3, -0.6]]), tensor([[1.3, -0.2, 0.9], [-0.7, 0.4, 0.1]]),
                 tensor([[0.6, 1.1, 0.25], [1.9, 0.7, 1.4]])]])
def remembers(z, mu, sigma):
    eps = (z - mu.detach()) / sigma.detach()
    return mu + sigma * eps


@remembers.twin(
    "The numbers are right. What is dz/dmu?",
    "It is 0: eps = (z - mu) / sigma is computed inside of the graph, so that mu and sigma cancel.",
    "eps stands outside of the graph: compute it from mu.detach() and sigma.detach(), or in NumPy.",
    "数是对的。dz/dmu 是多少？",
    "是 0：eps = (z - mu) / sigma 是在计算图里算的，mu 和 sigma 于是抵消了。",
    "eps 在图外：用 mu.detach() 和 sigma.detach() 来算，或用 NumPy。")
def remembers_nothing_detached(z, mu, sigma):
    return mu + sigma * ((z - mu) / sigma)


@remembers.twin(
    "The numbers are right. What reaches mu on the way back?",
    "This z is a new number: it still does not know where it came from.",
    "Write it as mu + sigma eps, with mu and sigma as the Tensors they are.",
    "数是对的。往回走时，什么能到达 mu？",
    "这个 z 是一个新的数：它仍不知道自己从哪里来。",
    "写成 mu + sigma eps，其中 mu 和 sigma 就是原来的张量。")
def remembers_a_new_tensor(z, mu, sigma):
    return td.tensor(z)


@remembers.twin(
    "The numbers are right. What is dz/dsigma?",
    "It is 0: mu is detached in eps, and sigma is not, so that sigma cancels.",
    "Both are constants in eps: detach sigma too.",
    "数是对的。dz/dsigma 是多少？",
    "是 0：eps 里 mu 做了 detach，sigma 没有，于是 sigma 抵消了。",
    "在 eps 里两者都是常数：sigma 也要 detach。")
def remembers_mu_detached(z, mu, sigma):
    return mu + sigma * ((z - mu.detach()) / sigma)


@remembers.twin(
    "The numbers are right. What is dz/dmu?",
    "It is 0: sigma is detached in eps, and mu is not, so that mu cancels.",
    "Both are constants in eps: detach mu too.",
    "数是对的。dz/dmu 是多少？",
    "是 0：eps 里 sigma 做了 detach，mu 没有，于是 mu 抵消了。",
    "在 eps 里两者都是常数：mu 也要 detach。")
def remembers_sigma_detached(z, mu, sigma):
    return mu + sigma * ((z - mu) / sigma.detach())


@remembers.twin(
    "The numbers are right. What reaches sigma on the way back?",
    "mu has its gradient, and sigma has none: z - mu is taken as one constant.",
    "z - mu is sigma eps: divide by sigma to find eps, then multiply by the Tensor sigma.",
    "数是对的。往回走时，什么能到达 sigma？",
    "mu 有梯度，sigma 没有：z - mu 被当成一个常数。",
    "z - mu 就是 sigma eps：除以 sigma 得到 eps，再乘以张量 sigma。")
def remembers_mu_alone(z, mu, sigma):
    return mu + (z - mu.detach())


@remembers.twin(
    "The numbers are right. What is dz/dsigma?",
    "It is 1, as for mu: sigma is added and taken off again, detached.",
    "z = mu + sigma eps gives dz/dsigma = eps, another number for each entry.",
    "数是对的。dz/dsigma 是多少？",
    "是 1，和 mu 一样：加上 sigma，又减去 detach 过的 sigma。",
    "z = mu + sigma eps 给出 dz/dsigma = eps，每个元素各不相同。")
def remembers_straight_through(z, mu, sigma):
    return z + (mu - mu.detach()) + (sigma - sigma.detach())


@remembers.twin(
    "Compare the result with the given z.",
    "z is used as if it were eps: this is mu + sigma z.",
    "First find the eps that was drawn: eps = (z - mu) / sigma.",
    "把结果与给定的 z 比较。",
    "把 z 当成了 eps：这是 mu + sigma z。",
    "先求出抽到的 eps：eps = (z - mu) / sigma。")
def remembers_z_as_eps(z, mu, sigma):
    return mu + sigma * z


@remembers.twin(
    "Compare the result with the given z.",
    "eps is z - mu, not divided by sigma.",
    "eps has standard deviation 1: (z - mu) / sigma.",
    "把结果与给定的 z 比较。",
    "eps 取成了 z - mu，没有除以 sigma。",
    "eps 的标准差是 1：(z - mu) / sigma。")
def remembers_not_divided(z, mu, sigma):
    return mu + sigma * (z - mu.detach())


@remembers.twin(
    "Compare the result with the given z.",
    "A new eps is drawn: this is another z.",
    "The same z is asked for: its eps can be found, (z - mu) / sigma.",
    "把结果与给定的 z 比较。",
    "重新抽了 eps：这是另一个 z。",
    "要的是同一个 z：它的 eps 可以求出，(z - mu) / sigma。")
def remembers_another_draw(z, mu, sigma):
    return mu + sigma * td.randn(*mu.shape)


@remembers.twin(
    "Compare the result with the given z.",
    "A new eps is drawn by NumPy: this is another z.",
    "No random number is needed here: the given z tells its eps, (z - mu) / sigma.",
    "把结果与给定的 z 比较。",
    "用 NumPy 重新抽了 eps：这是另一个 z。",
    "这里不需要随机数：由给定的 z 就知道 eps，(z - mu) / sigma。")
def remembers_another_draw_by_numpy(z, mu, sigma):
    return mu + sigma * np.random.randn(*mu.shape)  # noqa: NPY002


@remembers.twin(
    "Compare the result with the given z.",
    "This is eps itself, as a constant.",
    "Put it back: mu + sigma eps has the value of z, and knows mu and sigma.",
    "把结果与给定的 z 比较。",
    "这是 eps 本身，是个常数。",
    "再放回去：mu + sigma eps 的值就是 z，而且认得 mu 和 sigma。")
def remembers_eps_alone(z, mu, sigma):
    return (z - mu.detach()) / sigma.detach()


@remembers.twin(
    "Compare the result with the given z.",
    "sigma is taken for log sigma^2 once more, and exp(sigma / 2) is formed.",
    "Here sigma itself is given: eps = (z - mu) / sigma, and z = mu + sigma eps.",
    "把结果与给定的 z 比较。",
    "又把 sigma 当成了 log sigma^2，算了 exp(sigma / 2)。",
    "这里给的就是 sigma：eps = (z - mu) / sigma，z = mu + sigma eps。")
def remembers_exp_of_sigma(z, mu, sigma):
    return mu + td.exp(sigma / 2) * ((z - mu.detach()) / sigma.detach())


@remembers.twin(
    "Compare the result with the given z.",
    "eps is divided by sigma^2.",
    "sigma itself is given, the standard deviation: eps = (z - mu) / sigma.",
    "把结果与给定的 z 比较。",
    "eps 除以了 sigma^2。",
    "给的就是标准差 sigma：eps = (z - mu) / sigma。")
def remembers_divided_by_the_variance(z, mu, sigma):
    return mu + sigma * ((z - mu.detach()) / sigma.detach() ** 2)


@remembers.twin(
    "Compare the result with the given z.",
    "eps is divided by the root of sigma, as if sigma were a variance.",
    "sigma is the standard deviation: eps = (z - mu) / sigma.",
    "把结果与给定的 z 比较。",
    "eps 除以了 sigma 的平方根，好像 sigma 是方差。",
    "sigma 是标准差：eps = (z - mu) / sigma。")
def remembers_divided_by_a_root(z, mu, sigma):
    return mu + sigma * ((z - mu.detach()) / td.sqrt(sigma.detach()))


@remembers.twin(
    "Compare the result with the given z: is it on the same side of mu?",
    "eps has the other sign: (mu - z) / sigma.",
    "z = mu + sigma eps, so eps = (z - mu) / sigma.",
    "把结果与给定的 z 比较：在 mu 的同一侧吗？",
    "eps 的符号反了：(mu - z) / sigma。",
    "z = mu + sigma eps，所以 eps = (z - mu) / sigma。")
def remembers_the_other_side(z, mu, sigma):
    return mu - sigma * ((z - mu.detach()) / sigma.detach())


@remembers.twin(
    "Compare the result with the given z.",
    "mu is not taken off: eps is z / sigma.",
    "z = mu + sigma eps, so eps = (z - mu) / sigma.",
    "把结果与给定的 z 比较。",
    "没有减去 mu：eps 成了 z / sigma。",
    "z = mu + sigma eps，所以 eps = (z - mu) / sigma。")
def remembers_mu_not_taken_off(z, mu, sigma):
    return mu + sigma * (z / sigma.detach())


@remembers.twin(
    "The numbers are right. What reaches mu on the way back?",
    "sigma has its gradient, and mu has none: mu is detached in the sum too.",
    "Detach mu and sigma in eps alone: in mu + sigma eps they are the Tensors themselves.",
    "数是对的。往回走时，什么能到达 mu？",
    "sigma 有梯度，mu 没有：在求和里 mu 也做了 detach。",
    "只在 eps 里 detach mu 和 sigma：在 mu + sigma eps 里要用张量本身。")
def remembers_sigma_alone(z, mu, sigma):
    return mu.detach() + sigma * ((z - mu.detach()) / sigma.detach())


@remembers.twin(
    "Compare the result with the given z.",
    "mu and sigma of the whole batch are used, their means, in place of those of each entry.",
    "Every entry was drawn with its own mu and sigma: (z - mu) / sigma, entry by entry.",
    "把结果与给定的 z 比较。",
    "用了整个批的 mu 和 sigma 的平均，而不是每个元素自己的。",
    "每个元素都是用自己的 mu 和 sigma 抽的：逐个元素 (z - mu) / sigma。")
def remembers_means(z, mu, sigma):
    return mu + sigma * ((z - mu.detach().mean()) / sigma.detach().mean())


@remembers.twin(
    "Compare the result with the given z: where are the brackets?",
    "Only mu is divided by sigma: z - mu / sigma.",
    "eps = (z - mu) / sigma: the difference is divided.",
    "把结果与给定的 z 比较：括号在哪里？",
    "只有 mu 除以了 sigma：z - mu / sigma。",
    "eps = (z - mu) / sigma：除的是差。")
def remembers_without_brackets(z, mu, sigma):
    return mu + sigma * (z - mu.detach() / sigma.detach())


@remembers.twin(
    "Which of mu and sigma does eps multiply?",
    "They are exchanged: mu eps + sigma.",
    "z = mu + sigma eps.",
    "eps 乘的是 mu 还是 sigma？",
    "两者对调了：mu eps + sigma。",
    "z = mu + sigma eps。")
def remembers_mu_and_sigma_exchanged(z, mu, sigma):
    return mu * ((z - mu.detach()) / sigma.detach()) + sigma


@remembers.twin(
    "Compare the result with the given z.",
    "sigma is lost: this is mu + eps.",
    "eps has standard deviation 1, and z has sigma: mu + sigma eps.",
    "把结果与给定的 z 比较。",
    "丢了 sigma：这是 mu + eps。",
    "eps 的标准差是 1，而 z 的是 sigma：mu + sigma eps。")
def remembers_without_sigma(z, mu, sigma):
    return mu + (z - mu.detach()) / sigma.detach()


@remembers.twin(
    "Look at a mu of 0, and at dz/dmu.",
    "z is written as mu times a number: nan where mu is 0, and dz/dmu is not 1.",
    "The draw is mu + sigma eps: mu is added, so dz/dmu = 1.",
    "看看为 0 的 mu，以及 dz/dmu。",
    "z 写成了 mu 乘以一个数：mu 为 0 时是 nan，而且 dz/dmu 不是 1。",
    "抽样是 mu + sigma eps：mu 是加上的，所以 dz/dmu = 1。")
def remembers_a_multiple_of_mu(z, mu, sigma):
    return mu * (z / mu.detach())


@remembers.twin(
    "Compare the result with the given z.",
    "mu is in it twice: this is mu + z.",
    "mu + sigma eps with eps = (z - mu) / sigma gives z back.",
    "把结果与给定的 z 比较。",
    "mu 被加了两次：这是 z + mu。",
    "mu + sigma eps，其中 eps = (z - mu) / sigma，正好得回 z。")
def remembers_mu_twice(z, mu, sigma):
    return mu + z


@remembers.twin(
    "The numbers are right. What is dz/dsigma?",
    "sigma is taken for log sigma^2: exp(sigma / 2) stands in eps and in z, so z comes out right and its gradient does not.",
    "Here sigma itself is given: z = mu + sigma eps, so that dz/dsigma = eps.",
    "数是对的。dz/dsigma 是多少？",
    "把 sigma 当成了 log sigma^2：eps 和 z 里都用了 exp(sigma / 2)，z 对了，梯度却不对。",
    "这里给的就是 sigma：z = mu + sigma eps，所以 dz/dsigma = eps。")
def remembers_exp_of_sigma_twice(z, mu, sigma):
    return mu + td.exp(sigma / 2) * ((z - mu.detach()) / td.exp(sigma.detach() / 2))


# --- beta_at ---

@lab.hole(cases=[[0, 10], [4, 10], [9, 10], [10, 10], [37, 10], [0, 0], [3, 0], [0, 4, 10], [3, 4, 10], [4, 4, 10], [9, 4, 10],
                 [10, 4, 10], [12, 4, 10], [22, 4, 10], [8, 8, 8], [7, 0, 5]],
          more=[[0, 7], [6, 7], [7, 7], [50, 7], [0, 0], [2, 0], [5, 6, 9], [8, 6, 9], [9, 6, 9], [13, 6, 9], [20, 6, 9],
                [30, 6, 9], [12, 6, 6]],
          forbidden=[VAE + "kl_weight"])
def beta_at(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else min(1.0, at / rise)


@beta_at.twin(
    "Look at a step long after the rise.",
    "beta goes on rising: above 1 the KL counts more than the ELBO says.",
    "beta is never above 1: min(1, ...).",
    "看看上升结束很久之后的一步。",
    "beta 一直在升：超过 1 时，KL 的分量超出了 ELBO 的规定。",
    "beta 从不大于 1：min(1, ...)。")
def beta_above_one(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else at / rise


@beta_at.twin(
    "What is beta at step 0?",
    "It is a step ahead: (step + 1) / rise.",
    "Steps count from 0, where beta is 0; it is 1 at step `rise`.",
    "第 0 步的 beta 是多少？",
    "早了一步：(step + 1) / rise。",
    "步数从 0 数起，那时 beta 为 0；到第 `rise` 步为 1。")
def beta_one_step_ahead(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else min(1.0, (at + 1) / rise)


@beta_at.twin(
    "What is beta at step rise - 1?",
    "It is 1 a step too early: the rise is divided by rise - 1.",
    "From 0 to `rise` there are `rise` steps: step / rise.",
    "第 rise - 1 步的 beta 是多少？",
    "早一步就到了 1：除的是 rise - 1。",
    "从 0 到 `rise` 共 `rise` 步：step / rise。")
def beta_over_rise_minus_one(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise <= 1 else min(1.0, at / (rise - 1))


@beta_at.twin(
    "What if rise is 0?",
    "It divides by 0.",
    "rise 0 means no annealing: beta is 1 from the first step.",
    "rise 为 0 时怎么办？",
    "除以了 0。",
    "rise 为 0 表示不退火：从第一步起 beta 就是 1。")
def beta_divides_by_zero(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return min(1.0, at / rise)


@beta_at.twin(
    "What if rise is 0?",
    "beta is 0 then: the KL would never count.",
    "rise 0 means no annealing: beta is 1 from the first step.",
    "rise 为 0 时怎么办？",
    "那时 beta 为 0：KL 永远不算数。",
    "rise 为 0 表示不退火：从第一步起 beta 就是 1。")
def beta_zero_without_rise(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return min(1.0, at / rise) if rise else 0.0


@beta_at.twin(
    "What if rise is 0, in the first step?",
    "There it is 0 at step 0, and 1 afterwards: max(rise, 1) makes a rise of one step of it.",
    "rise 0 means no annealing: beta is 1 from the first step on, step 0 included.",
    "rise 为 0 时，第一步怎么办？",
    "第 0 步是 0，之后才是 1：max(rise, 1) 把它变成了一步的上升。",
    "rise 为 0 表示不退火：从第一步起就是 1，第 0 步也算。")
def beta_with_at_least_one_step(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return min(1.0, at / max(rise, 1))


@beta_at.twin(
    "Look at the first step of the second cycle.",
    "The cycle is not used: beta stays at 1 for ever.",
    "With a cycle beta starts at 0 again every `cycle` steps: step % cycle.",
    "看看第二个周期的第一步。",
    "没有用到周期：beta 永远停在 1。",
    "有周期时，beta 每隔 `cycle` 步又从 0 开始：step % cycle。")
def beta_without_cycles(step, rise, cycle=None):
    return 1.0 if rise == 0 else min(1.0, step / rise)


@beta_at.twin(
    "Look at the end of a cycle: when is beta 1?",
    "It rises over the whole cycle: it is divided by `cycle`.",
    "It rises over `rise` steps, then stays at 1 until the cycle is over.",
    "看看一个周期的结尾：beta 何时为 1？",
    "它在整个周期里上升：除的是 `cycle`。",
    "它用 `rise` 步上升，然后停在 1 直到周期结束。")
def beta_over_the_whole_cycle(step, rise, cycle=None):
    if cycle is not None and rise:
        return step % cycle / cycle
    return 1.0 if rise == 0 else min(1.0, step / rise)


@beta_at.twin(
    "Look at the first step of the second cycle.",
    "The cycle is a step too long: the new one begins at cycle + 1.",
    "A cycle has `cycle` steps, 0 to cycle - 1: at step `cycle` beta is 0 again.",
    "看看第二个周期的第一步。",
    "周期长了一步：新周期从 cycle + 1 开始。",
    "一个周期有 `cycle` 步，从 0 到 cycle - 1：第 `cycle` 步 beta 又是 0。")
def beta_with_a_cycle_too_long(step, rise, cycle=None):
    at = step if cycle is None else step % (cycle + 1)
    return 1.0 if rise == 0 else min(1.0, at / rise)


@beta_at.twin(
    "Look at the third cycle.",
    "The cycle starts anew once only: step - cycle.",
    "Every `cycle` steps: step % cycle.",
    "看看第三个周期。",
    "周期只重新开始一次：step - cycle。",
    "每隔 `cycle` 步都要：step % cycle。")
def beta_with_two_cycles(step, rise, cycle=None):
    at = step if cycle is None or step < cycle else step - cycle
    return 1.0 if rise == 0 else min(1.0, at / rise)


@beta_at.twin(
    "Is beta between 0 and 1 on the way up?",
    "It jumps from 0 to 1: a division of whole numbers.",
    "step / rise, and not step // rise.",
    "上升途中 beta 在 0 和 1 之间吗？",
    "它从 0 直接跳到 1：用了整数除法。",
    "用 step / rise，不是 step // rise。")
def beta_in_whole_numbers(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else min(1, at // rise)


@beta_at.twin(
    "Does it rise or fall?",
    "It falls from 1 to 0: the KL counts at first, and later it does not.",
    "It begins at 0, and rises to 1: first z is to be used, then it has to pay.",
    "它是上升还是下降？",
    "它从 1 降到 0：先算 KL，后来就不算了。",
    "它从 0 开始升到 1：先让 z 有用，再让它付代价。")
def beta_falls(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else 1 - min(1.0, at / rise)


@beta_at.twin(
    "Look at the end of a cycle: does beta stay at 1?",
    "After the rise it falls again: a triangle.",
    "It stays at 1 until the cycle is over, then drops to 0 at once.",
    "看看一个周期的结尾：beta 停在 1 吗？",
    "上升之后又降下来：成了三角形。",
    "它停在 1 直到周期结束，然后一下子回到 0。")
def beta_as_a_triangle(step, rise, cycle=None):
    if rise == 0:
        return 1.0
    at = step if cycle is None else step % cycle
    if cycle is None or at <= rise:
        return min(1.0, at / rise)
    return (cycle - at) / (cycle - rise)


@beta_at.twin(
    "Without a cycle: what is beta after the rise?",
    "It starts again every `rise` steps: step % rise, even without a cycle.",
    "cycle=None is one rise, after which beta stays at 1.",
    "没有周期时，上升之后 beta 是多少？",
    "它每隔 `rise` 步重新开始：没有周期也用了 step % rise。",
    "cycle=None 只上升一次，之后 beta 停在 1。")
def beta_starts_again_without_a_cycle(step, rise, cycle=None):
    at = step % (cycle or rise or 1)
    return 1.0 if rise == 0 else min(1.0, at / rise)


@beta_at.twin(
    "Look at a cycle after its rise.",
    "With a cycle it begins anew every `rise` steps: step % rise.",
    "It begins anew every `cycle` steps: step % cycle.",
    "看看一个周期里上升结束之后。",
    "有周期时，它每隔 `rise` 步就重新开始：step % rise。",
    "应每隔 `cycle` 步重新开始：step % cycle。")
def beta_with_cycles_of_rise(step, rise, cycle=None):
    at = step if cycle is None or rise == 0 else step % rise
    return 1.0 if rise == 0 else min(1.0, at / rise)


@beta_at.twin(
    "Which is the place in the cycle: the quotient, or the remainder?",
    "step // cycle is used: the number of the cycle.",
    "The place in the cycle is what is left over: step % cycle.",
    "周期中的位置是商，还是余数？",
    "用了 step // cycle：那是第几个周期。",
    "周期中的位置是余数：step % cycle。")
def beta_by_the_number_of_the_cycle(step, rise, cycle=None):
    at = step if cycle is None else step // cycle
    return 1.0 if rise == 0 else min(1.0, at / rise)


@beta_at.twin(
    "Look at the end of a cycle.",
    "In a cycle beta goes on rising above 1: only without a cycle does it stop there.",
    "min(1, ...) in both cases.",
    "看看一个周期的结尾。",
    "在周期里 beta 一直升到 1 以上：只有没有周期时才停在 1。",
    "两种情形都要 min(1, ...)。")
def beta_above_one_in_cycles(step, rise, cycle=None):
    if rise == 0:
        return 1.0
    return min(1.0, step / rise) if cycle is None else step % cycle / rise


@beta_at.twin(
    "What is beta at step 0, and at the beginning of the second cycle?",
    "It is a step ahead, and the cycle is not used.",
    "beta is 0 at step 0, and again every `cycle` steps.",
    "第 0 步的 beta 是多少？第二个周期开始时呢？",
    "早了一步，而且没有用到周期。",
    "第 0 步 beta 为 0，之后每隔 `cycle` 步又为 0。")
def beta_ahead_without_cycles(step, rise, cycle=None):
    return 1.0 if rise == 0 else min(1.0, (step + 1) / rise)


@beta_at.twin(
    "Look at step `cycle` itself.",
    "The second cycle begins a step late: at step `cycle` it is still the first, and beta is 1.",
    "Steps 0 to cycle - 1 are the first cycle: take step % cycle always, not only if step > cycle.",
    "看看第 `cycle` 步本身。",
    "第二个周期晚开始了一步：第 `cycle` 步仍算第一个周期，beta 为 1。",
    "第 0 到 cycle - 1 步是第一个周期：总是取 step % cycle，而不是只在 step > cycle 时。")
def beta_with_a_first_cycle_too_long(step, rise, cycle=None):
    at = step % cycle if cycle is not None and step > cycle else step
    return 1.0 if rise == 0 else min(1.0, at / rise)


@beta_at.twin(
    "Look at step 0.",
    "The larger of step / rise and 1 is taken: max in place of min.",
    "beta must not pass 1: the smaller of the two, min(1, step / rise).",
    "看看第 0 步。",
    "取了 step / rise 和 1 中较大的：用了 max，应是 min。",
    "beta 不能超过 1：取较小的，min(1, step / rise)。")
def beta_by_max(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else max(1.0, at / rise)


@beta_at.twin(
    "Look at the first step of a cycle.",
    "Within a cycle it is a step ahead: (step + 1) % cycle.",
    "Step 0 is the first of a cycle, and there beta is 0: step % cycle.",
    "看看周期的第一步。",
    "周期里早了一步：(step + 1) % cycle。",
    "第 0 步是周期的第一步，那里 beta 为 0：step % cycle。")
def beta_with_cycles_a_step_ahead(step, rise, cycle=None):
    at = step if cycle is None else (step + 1) % cycle
    return 1.0 if rise == 0 else min(1.0, at / rise)


@beta_at.twin(
    "Look at the second cycle.",
    "Only the first rise is over `rise` steps; afterwards it goes over the whole cycle.",
    "Take the place in the cycle first, step % cycle, and treat every cycle alike.",
    "看看第二个周期。",
    "只有第一次上升用了 `rise` 步；之后是在整个周期里上升。",
    "先求周期中的位置 step % cycle，再对每个周期一视同仁。")
def beta_with_later_cycles_of_their_own(step, rise, cycle=None):
    if step < rise:
        return step / rise
    return 1.0 if cycle is None else step % cycle / cycle


@beta_at.twin(
    "Look at the second cycle: does beta rise again?",
    "beta is 0 in the first step of a cycle, and in the next it is back where it was.",
    "The rise begins anew: count the steps from the beginning of the cycle, step % cycle.",
    "看看第二个周期：beta 重新上升吗？",
    "beta 在周期的第一步为 0，下一步又回到原来的值。",
    "上升要重新开始：从周期的开头数步数，step % cycle。")
def beta_zero_for_a_step(step, rise, cycle=None):
    if rise == 0:
        return 1.0
    return 0.0 if cycle and step % cycle == 0 else min(1.0, step / rise)


@beta_at.twin(
    "Is beta 0 at step 0, and half way up at rise / 2?",
    "This is a sigmoid around rise / 2, and not a straight line.",
    "Here beta rises on a line: step / rise, up to 1.",
    "第 0 步 beta 是 0 吗？沿直线上升吗？",
    "这是以 rise / 2 为中心的 sigmoid，不是直线。",
    "这里 beta 沿直线上升：step / rise，到 1 为止。")
def beta_as_a_sigmoid(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else 1 / (1 + np.exp(-(at - rise / 2)))


@beta_at.twin(
    "What if rise is 0, in the first step?",
    "0 / 0 is nan: with rise 0 beta is nan in the first step, and 1 afterwards.",
    "rise 0: always 1, whatever step and cycle are.",
    "rise 为 0 时，第一步怎么办？",
    "0 / 0 是 nan：rise 为 0 时，第一步的 beta 是 nan，之后是 1。",
    "rise 为 0：无论 step 和 cycle 是多少，总是 1。")
def beta_nan_without_rise(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return float(np.minimum(1.0, np.float64(at) / np.float64(rise)))


@beta_at.twin(
    "Is beta between 0 and 1 on the way up?",
    "It is rounded: it jumps from 0 to 1 half way up.",
    "step / rise as it is, a straight line.",
    "上升途中 beta 在 0 和 1 之间吗？",
    "被取整了：升到一半时从 0 跳到 1。",
    "原样使用 step / rise，沿直线上升。")
def beta_rounded(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else float(round(min(1.0, at / rise)))


@beta_at.twin(
    "Is a long rise slower, or faster?",
    "The step is multiplied by `rise`, and not divided: beta is 1 at once.",
    "step / rise: the longer the rise, the smaller the steps.",
    "rise 越大，上升是越慢还是越快？",
    "步数乘以了 `rise`，而不是除以：beta 一下子就到 1。",
    "step / rise：上升越长，每步越小。")
def beta_multiplied(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 else min(1.0, float(at * rise))


@beta_at.twin(
    "What is beta at step rise - 1?",
    "The rise is broken off a step early: from step rise - 1 on it is 1.",
    "beta is 1 from step `rise` on, and (rise - 1) / rise a step before.",
    "第 rise - 1 步的 beta 是多少？",
    "上升早断了一步：从第 rise - 1 步起就是 1。",
    "从第 `rise` 步起 beta 才是 1，前一步是 (rise - 1) / rise。")
def beta_broken_off_early(step, rise, cycle=None):
    at = step if cycle is None else step % cycle
    return 1.0 if rise == 0 or at >= rise - 1 else at / rise


@beta_at.twin(
    "What is beta at step 0, and does it rise on a line?",
    "This is a sigmoid around rise / 2, and the cycle is not used.",
    "A straight line, step / rise up to 1, anew every `cycle` steps.",
    "第 0 步 beta 是 0 吗？沿直线上升吗？用到周期了吗？",
    "这是以 rise / 2 为中心的 sigmoid，也没有用到周期。",
    "沿直线 step / rise 升到 1，每隔 `cycle` 步重新开始。")
def beta_as_a_sigmoid_without_cycles(step, rise, cycle=None):
    return 1.0 if rise == 0 else 1 / (1 + np.exp(-(step - rise / 2)))


# --- decoder_words ---

IDS = [[2, 7, 4, 9, 5, 3], [2, 6, 1, 8, 3, 0], [2, 5, 3, 0, 0, 0]]
U = [[0.1, 0.9, 0.3, 0.05, 0.2], [0.6, 0.1, 0.2, 0.8, 0.3], [0.05, 0.7, 0.1, 0.2, 0.9]]


@lab.hole(cases=[[array(IDS), array(U), 0.4], [array(IDS), array([[0.0, 0.5, 0.0, 0.2, 0.6]] * 3), 0.0],
                 [array([[2, 4, 8, 3], [2, 9, 3, 0]]), array([[0.5, 0.99, 0.2], [0.5, 0.5, 0.7]]), 1.0],
                 [array([[2, 4, 8, 6, 3], [2, 9, 7, 3, 0]]), array([[0.5, 0.25, 0.2, 0.6], [0.3, 0.3, 0.9, 0.1]]), 0.25]],
          more=[[array([[2, 11, 5, 4, 3], [2, 3, 0, 0, 0], [2, 6, 6, 3, 0]]),
                 array([[0.1, 0.5, 0.7, 0.2], [0.3, 0.1, 0.1, 0.9], [0.6, 0.59, 0.6, 0.2]]), 0.6],
                [array([[2, 5, 9, 3], [2, 8, 3, 0]]), array([[0.0, 0.3, 0.0], [0.9, 0.0, 0.1]]), 0.0]],
          forbidden=[VAE + "word_dropout"], whole=True)
def decoder_words(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs >= 4), 1, inputs), ids[:, 1:]


def _dropped(ids, u, rate, word=1):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs >= 4), word, inputs)


@decoder_words.twin(
    "Look at the first column of the inputs.",
    "<s> is dropped too, and <pad> and </s> with it: every id may become <unk>.",
    "Only words are dropped, ids of 4 and above: without <s> the decoder does not know where it begins.",
    "看看输入的第一列。",
    "<s> 也被丢弃了，还有 <pad> 和 </s>：任何 id 都可能变成 <unk>。",
    "只丢弃词，即 4 及以上的 id：没有 <s>，解码器不知道从哪里开始。")
def words_with_every_id_dropped(ids, u, rate):
    return np.where(u < rate, 1, ids[:, :-1]), ids[:, 1:]


@decoder_words.twin(
    "Look at <pad> and </s> among the inputs.",
    "<s> is kept, but padding and </s> become <unk>.",
    "Only words are dropped: ids of 4 and above.",
    "看看输入里的 <pad> 和 </s>。",
    "保留了 <s>，但填充和 </s> 变成了 <unk>。",
    "只丢弃词：4 及以上的 id。")
def words_with_padding_dropped(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs != 2), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "Look at </s> among the inputs.",
    "<s> and <pad> are kept, but </s> becomes <unk>.",
    "Only words are dropped: ids of 4 and above; </s> is no word.",
    "看看输入里的 </s>。",
    "保留了 <s> 和 <pad>，但 </s> 变成了 <unk>。",
    "只丢弃词：4 及以上的 id；</s> 不是词。")
def words_with_the_end_dropped(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs != 2) & (inputs != 0), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "Look at the first column, and at <pad>: what is dropped that is no word?",
    "Only <pad> is kept: <s> and </s> become <unk>.",
    "Only words are dropped: ids of 4 and above, and never <s>.",
    "看看第一列和 <pad>：哪些不是词的也被丢弃了？",
    "只保留了 <pad>：<s> 和 </s> 变成了 <unk>。",
    "只丢弃词：4 及以上的 id，绝不丢弃 <s>。")
def words_with_the_start_dropped(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs != 0), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "Look at the smallest id of a word.",
    "The word with id 4 is never dropped: > 4 in place of >= 4.",
    "Ids 0 to 3 are special, and words begin at 4.",
    "看看最小的词 id。",
    "id 为 4 的词从不被丢弃：写成了 > 4，而不是 >= 4。",
    "0 到 3 是特殊符号，词从 4 开始。")
def words_above_four(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs > 4), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "Look at the targets.",
    "The targets have <unk> where the inputs have: the decoder would learn to write <unk>.",
    "Drop from the inputs alone: the targets are the sentence as it is.",
    "看看目标。",
    "输入里是 <unk> 的地方，目标也成了 <unk>：解码器会学着写 <unk>。",
    "只从输入里丢弃：目标就是原来的句子。")
def words_with_targets_dropped(ids, u, rate):
    inputs = _dropped(ids, u, rate)
    return inputs, np.concatenate([inputs[:, 1:], ids[:, -1:]], axis=1)


@decoder_words.twin(
    "Look at the targets: are they the sentence as it is?",
    "Words are dropped from the targets, and the inputs are whole: it is the wrong one of the two.",
    "Weaken the decoder's history: drop from the inputs, ids[:, :-1].",
    "看看目标：还是原来的句子吗？",
    "从目标里丢弃了词，而输入完整：弄反了。",
    "要削弱的是解码器的历史：从输入 ids[:, :-1] 里丢弃。")
def words_dropped_from_targets_alone(ids, u, rate):
    targets = ids[:, 1:]
    return ids[:, :-1], np.where((u < rate) & (targets >= 4), 1, targets)


@decoder_words.twin(
    "What share of the words is left at a small rate?",
    "Words are kept where u < rate: the share `rate` is kept, and not dropped.",
    "A word is dropped where its u is below the rate.",
    "rate 很小时，剩下多少词？",
    "u < rate 处的词被保留：保留的比例是 `rate`，而不是丢弃的比例。",
    "u 小于 rate 的词才被丢弃。")
def words_kept_at_the_rate(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u >= rate) & (inputs >= 4), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "Look at rate 0, or at a u that equals the rate.",
    "Where u equals the rate the word is dropped too: with rate 0, where u is 0.",
    "u lies in [0, 1): u < rate drops nothing at rate 0, and everything at rate 1.",
    "看看 rate 为 0，或 u 恰好等于 rate 处。",
    "u 等于 rate 时也丢弃了：rate 为 0 时，u 为 0 的词被丢弃。",
    "u 在 [0, 1) 内：用 u < rate，rate 为 0 时什么也不丢，为 1 时全丢。")
def words_dropped_at_equality(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u <= rate) & (inputs >= 4), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "Which id stands in place of a dropped word?",
    "It is 0, <pad>.",
    "A dropped word becomes <unk>, id 1: padding would say that the sentence is over.",
    "被丢弃的词换成了哪个 id？",
    "换成了 0，即 <pad>。",
    "被丢弃的词变成 <unk>，id 为 1：填充会表示句子已经结束。")
def words_become_padding(ids, u, rate):
    return _dropped(ids, u, rate, 0), ids[:, 1:]


@decoder_words.twin(
    "Look at <s>, and at the dropped words.",
    "The ids are multiplied by 0: everything that is dropped becomes <pad>, <s> included.",
    "Ids are names, no quantities: put 1, <unk>, in the place of words, and leave special tokens.",
    "看看 <s> 和被丢弃的词。",
    "id 乘了 0：被丢弃的都变成 <pad>，连 <s> 也是。",
    "id 是名字，不是数量：把词换成 1，即 <unk>，特殊符号保持不变。")
def words_multiplied_by_zero(ids, u, rate):
    return ids[:, :-1] * (u >= rate), ids[:, 1:]


@decoder_words.twin(
    "The values are right. Look at ids after the call.",
    "ids itself is changed: ids[:, :-1] is a view of it, and the encoder reads the sentence afterwards.",
    "Work on a copy, or use np.where, which makes a new array.",
    "值是对的。看看调用之后的 ids。",
    "ids 本身被改了：ids[:, :-1] 是它的视图，而编码器之后还要读这个句子。",
    "在副本上操作，或用 np.where，它会生成新数组。")
def words_dropped_in_place(ids, u, rate):
    targets = ids[:, 1:].copy()
    inputs = ids[:, :-1]
    inputs[(u < rate) & (inputs >= 4)] = 1
    return inputs, targets


@decoder_words.twin(
    "Look at the targets: which are changed, and what has become of ids?",
    "Both are views of ids: what is written into the inputs is also in the targets, and in the caller's array.",
    "Copy before you write: ids[:, :-1].copy(), or np.where.",
    "看看目标：哪些变了，ids 又成了什么样？",
    "两者都是 ids 的视图：写进输入的也进了目标，还进了调用者的数组。",
    "写之前先复制：ids[:, :-1].copy()，或用 np.where。")
def words_dropped_in_a_view(ids, u, rate):
    inputs, targets = ids[:, :-1], ids[:, 1:]
    inputs[(u < rate) & (inputs >= 4)] = 1
    return inputs, targets


@decoder_words.twin(
    "Which word is each input asked to predict?",
    "The targets are the inputs themselves, not the next tokens.",
    "Input t predicts token t + 1: targets are ids[:, 1:].",
    "每个输入要预测哪个词？",
    "目标就是输入自己，而不是下一个词。",
    "第 t 个输入预测第 t + 1 个词：目标是 ids[:, 1:]。")
def words_not_shifted(ids, u, rate):
    return _dropped(ids, u, rate), ids[:, :-1]


@decoder_words.twin(
    "In which order are the two asked for?",
    "The targets come first.",
    "Inputs, then targets.",
    "两者的次序是什么？",
    "目标放在了前面。",
    "先输入，后目标。")
def words_in_the_other_order(ids, u, rate):
    return ids[:, 1:], _dropped(ids, u, rate)


@decoder_words.twin(
    "Are there <unk> among the inputs?",
    "Nothing is dropped.",
    "Where u < rate a word becomes <unk>, id 1.",
    "输入里有 <unk> 吗？",
    "什么也没有丢弃。",
    "u < rate 处的词变成 <unk>，id 为 1。")
def words_not_dropped(ids, u, rate):
    return ids[:, :-1], ids[:, 1:]


@decoder_words.twin(
    "Look at the first column of the inputs, and at ids after the call.",
    "Every id may become <unk>, <s> too; and all is written into the caller's array, so the targets change with it.",
    "Drop words alone, ids of 4 and above, and work on a copy.",
    "看看输入的第一列，以及调用之后的 ids。",
    "任何 id 都可能变成 <unk>，连 <s> 也是；而且写进了调用者的数组，目标也跟着变了。",
    "只丢弃词，即 4 及以上的 id，并在副本上操作。")
def words_with_every_id_dropped_in_a_view(ids, u, rate):
    inputs, targets = ids[:, :-1], ids[:, 1:]
    inputs[u < rate] = 1
    return inputs, targets


@decoder_words.twin(
    "Which token has to be a word, so that it is dropped?",
    "The target is looked at, the token after it: a word before </s> stays, and <s> before a word is dropped.",
    "It is the input that is dropped, so it is the input that has to be a word: ids[:, :-1] >= 4.",
    "判断的是哪个符号是不是词？",
    "判断的是目标，即它后面的符号：</s> 前的词留了下来，词前的 <s> 却被丢弃。",
    "被丢弃的是输入，所以要判断输入是不是词：ids[:, :-1] >= 4。")
def words_judged_by_the_target(ids, u, rate):
    return np.where((u < rate) & (ids[:, 1:] >= 4), 1, ids[:, :-1]), ids[:, 1:]


@decoder_words.twin(
    "Which is read, and which is to be predicted?",
    "The shift goes the wrong way: the decoder reads a word and has to write the one before.",
    "Inputs are ids[:, :-1], beginning with <s>; targets are ids[:, 1:].",
    "哪个是读的，哪个是要预测的？",
    "移位的方向反了：解码器读到一个词，却要写它前面的词。",
    "输入是 ids[:, :-1]，以 <s> 开头；目标是 ids[:, 1:]。")
def words_shifted_the_other_way(ids, u, rate):
    inputs = ids[:, 1:]
    return np.where((u < rate) & (inputs >= 4), 1, inputs), ids[:, :-1]


@decoder_words.twin(
    "What stands in place of a dropped word?",
    "It is left out, and the sentences get shorter: inputs and targets no longer stand beside each other.",
    "The place stays, and the word in it becomes <unk>, id 1.",
    "被丢弃的词换成了什么？",
    "词被去掉了，句子变短：输入和目标不再一一对应。",
    "位置保留，其中的词变成 <unk>，id 为 1。")
def words_left_out(ids, u, rate):
    dropped = (u < rate) & (ids[:, :-1] >= 4)
    return [row[~gone] for row, gone in zip(ids[:, :-1], dropped, strict=True)], ids[:, 1:]


@decoder_words.twin(
    "What stands in place of a dropped word?",
    "It is the text '<unk>', and with it all ids become text.",
    "The inputs are ids: <unk> has the id 1.",
    "被丢弃的词换成了什么？",
    "换成了文字 '<unk>'，于是所有 id 都变成了文字。",
    "输入是 id：<unk> 的 id 是 1。")
def words_become_text(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs >= 4), "<unk>", inputs), ids[:, 1:]


@decoder_words.twin(
    "Is it the given u that is used?",
    "Random numbers are drawn anew, and the given u is not used.",
    "u has been drawn by the caller: compare it with the rate.",
    "用的是给定的 u 吗？",
    "重新抽了随机数，没有用给定的 u。",
    "u 已由调用者抽好：拿它与 rate 比较。")
def words_by_another_draw(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((np.random.rand(*u.shape) < rate) & (inputs >= 4), 1, inputs), ids[:, 1:]  # noqa: NPY002


@decoder_words.twin(
    "Look at <pad> among the inputs.",
    "<s> and </s> are kept, but padding becomes <unk>.",
    "Only words are dropped: ids of 4 and above; <pad> is no word.",
    "看看输入里的 <pad>。",
    "保留了 <s> 和 </s>，但填充变成了 <unk>。",
    "只丢弃词：4 及以上的 id；<pad> 不是词。")
def words_with_padding_alone_dropped(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs != 2) & (inputs != 3), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "Which of the two has words dropped, and which should?",
    "Words are dropped from both, each by the same places of u.",
    "The targets stay as they are: ids[:, 1:].",
    "哪个丢弃了词，哪个应该丢弃？",
    "两者都丢弃了，各按 u 的同样位置。",
    "目标保持原样：ids[:, 1:]。")
def words_dropped_from_both(ids, u, rate):
    inputs, targets = ids[:, :-1], ids[:, 1:]
    gone = u < rate
    return np.where(gone & (inputs >= 4), 1, inputs), np.where(gone & (targets >= 4), 1, targets)


@decoder_words.twin(
    "Which id stands in place of a dropped word?",
    "It is 2, <s>, the beginning of a sentence.",
    "A dropped word becomes <unk>, id 1.",
    "被丢弃的词换成了哪个 id？",
    "换成了 2，即句子的开头 <s>。",
    "被丢弃的词变成 <unk>，id 为 1。")
def words_become_the_start(ids, u, rate):
    return _dropped(ids, u, rate, 2), ids[:, 1:]


@decoder_words.twin(
    "What share of the words is left at a small rate?",
    "Words are dropped where u is above the rate: the share `rate` is kept.",
    "A word is dropped where u < rate.",
    "rate 很小时，剩下多少词？",
    "u 大于 rate 的词被丢弃：保留的比例成了 `rate`。",
    "u < rate 的词才被丢弃。")
def words_dropped_above_the_rate(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u > rate) & (inputs >= 4), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "What becomes of a word that is not dropped?",
    "The two are exchanged: what is dropped stays, and all the rest becomes <unk>.",
    "np.where(condition, if so, if not): a dropped word becomes 1, and others stay.",
    "没有被丢弃的词变成了什么？",
    "两种情形对调了：该丢弃的留下，其余都变成 <unk>。",
    "np.where(条件, 成立时, 不成立时)：被丢弃的词变成 1，其余不变。")
def words_where_exchanged(ids, u, rate):
    inputs = ids[:, :-1]
    return np.where((u < rate) & (inputs >= 4), inputs, 1), ids[:, 1:]


@decoder_words.twin(
    "What does the decoder read when it has to write the first word?",
    "Inputs and targets are both ids[:, 1:]: each input shows the very token that is to be predicted.",
    "Inputs are ids[:, :-1]: at each place the token before.",
    "要写第一个词时，解码器读到的是什么？",
    "输入和目标都是 ids[:, 1:]：每个输入就是要预测的那个符号。",
    "输入是 ids[:, :-1]：每个位置读前一个符号。")
def words_that_show_the_target(ids, u, rate):
    inputs = ids[:, 1:]
    return np.where((u < rate) & (inputs >= 4), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "To which input does the first column of u belong?",
    "u is shifted by one: each input is dropped by the number of the one before.",
    "u has the shape of the inputs: u[:, t] is for inputs[:, t], <s> included.",
    "u 的第一列属于哪个输入？",
    "u 错了一位：每个输入用了前一个的数。",
    "u 的形状与输入相同：u[:, t] 对应 inputs[:, t]，<s> 也算一列。")
def words_with_u_shifted(ids, u, rate):
    inputs = ids[:, :-1]
    gone = np.concatenate([np.zeros((len(ids), 1), bool), (u < rate)[:, :-1]], axis=1)
    return np.where(gone & (inputs >= 4), 1, inputs), ids[:, 1:]


@decoder_words.twin(
    "How many arrays are asked for?",
    "Only the inputs come back.",
    "Return two: inputs, targets.",
    "要返回几个数组？",
    "只返回了输入。",
    "返回两个：输入、目标。")
def words_without_targets(ids, u, rate):
    return _dropped(ids, u, rate)


# --- bag_loss ---

LOGITS = [[0.5, -1.0, 2.0, 0.3, 1.5, -0.4, 0.8, 0.1], [1.2, 0.4, -0.7, 0.9, -2.0, 1.1, 0.6, -0.3],
          [0.0, 2.5, 0.2, -1.1, 0.7, 1.9, -0.6, 0.4]]
WORDS = [[2, 5, 4, 5, 3], [2, 7, 1, 3, 0], [2, 6, 4, 7, 3]]


@lab.hole(cases=[[tensor(LOGITS), array(WORDS)],
                 [tensor([[0.0, 0.0, 0.0, 0.0, 900.0, -100.0, 30.0]]), array([[2, 5, 6, 3]])]],
          more=[[tensor([[0.3, -0.7, 1.9, 0.2, 0.6, -1.4], [1.0, 0.1, -0.5, 2.2, -0.3, 0.9]]),
                 array([[2, 4, 4, 5, 4, 3, 0], [2, 5, 1, 4, 3, 0, 0]])],
                [tensor([[0.0, 0.0, 0.0, 0.0, -80.0, 850.0]]), array([[2, 5, 4, 3]])]],
          forbidden=["cross_entropy"])
def bag_loss(logits, ids):
    log_p = step("log p", td.log_softmax(logits, axis=1))
    counts = np.zeros(logits.shape)
    np.add.at(counts, (np.arange(len(ids))[:, None], ids), ids >= 4)
    return -(log_p * counts).sum(axis=1)


def _counts(logits, ids, least=4):
    counts = np.zeros(logits.shape)
    np.add.at(counts, (np.arange(len(ids))[:, None], ids), ids >= least)
    return counts


def _bag(logits, counts):
    return -(td.log_softmax(logits, axis=1) * counts).sum(axis=1)


@bag_loss.twin(
    "Double the words of a sentence: should the loss stay what it is?",
    "This is the mean over the words of a sentence.",
    "The terms of the loss are sums over a sentence: every word that occurs counts once more.",
    "把句子里的词加倍：损失应该不变吗？",
    "这是对句子里的词取平均。",
    "损失的各项都是对一个句子求和：每出现一个词就多算一次。")
def bag_mean_over_words(logits, ids):
    counts = _counts(logits, ids)
    return _bag(logits, counts) / counts.sum(axis=1)


@bag_loss.twin(
    "How many numbers come out for a batch of three sentences?",
    "This is the mean over the sentences, one number.",
    "One number for each sentence: shape (N,).",
    "三个句子的批应得到几个数？",
    "这是对句子取平均，只有一个数。",
    "每个句子一个数：形状是 (N,)。")
def bag_mean_over_sentences(logits, ids):
    return _bag(logits, _counts(logits, ids)).mean()


@bag_loss.twin(
    "How many numbers come out for a batch of three sentences?",
    "This is the sum over all sentences, one number.",
    "Add up over the words of each sentence alone: shape (N,).",
    "三个句子的批应得到几个数？",
    "这是对所有句子求和，只有一个数。",
    "只对每个句子自己的词求和：形状是 (N,)。")
def bag_of_the_whole_batch(logits, ids):
    return _bag(logits, _counts(logits, ids)).sum()


@bag_loss.twin(
    "Which ids of a sentence are counted?",
    "All of them: <s>, </s>, <unk> and <pad> count like words, so padding changes the loss.",
    "Special tokens, ids 0 to 3, say nothing about the sentence: leave them out.",
    "句子里哪些 id 算数？",
    "全都算了：<s>、</s>、<unk> 和 <pad> 像词一样算，于是填充会改变损失。",
    "特殊符号（id 0 到 3）与句子内容无关：不算。")
def bag_with_special_tokens(logits, ids):
    return _bag(logits, _counts(logits, ids, 0))


@bag_loss.twin(
    "Which ids of a sentence are counted?",
    "Padding is left out, but <s>, </s> and <unk> are counted.",
    "All special tokens are left out: words are ids of 4 and above.",
    "句子里哪些 id 算数？",
    "去掉了填充，但 <s>、</s> 和 <unk> 仍算在内。",
    "所有特殊符号都不算：词是 4 及以上的 id。")
def bag_without_padding_alone(logits, ids):
    return _bag(logits, _counts(logits, ids, 1))


@bag_loss.twin(
    "Is </s> counted, though it ends every sentence?",
    "<pad>, <unk> and <s> are left out, but </s> is counted.",
    "All special tokens are left out: words are ids of 4 and above.",
    "每句都以 </s> 结尾，它算数吗？",
    "去掉了 <pad>、<unk> 和 <s>，但 </s> 仍算在内。",
    "所有特殊符号都不算：词是 4 及以上的 id。")
def bag_with_the_end(logits, ids):
    return _bag(logits, _counts(logits, ids, 3))


@bag_loss.twin(
    "Are <pad> and <unk> counted?",
    "Only the first and the last column are cut off: <unk>, and in short sentences </s> and <pad>, are counted.",
    "Sentences are not of one length: decide by the id, 4 and above.",
    "<pad> 和 <unk> 算数吗？",
    "只去掉了第一列和最后一列：<unk>，以及短句里的 </s> 和 <pad>，仍算在内。",
    "句子长短不一：按 id 判断，4 及以上才算。")
def bag_cut_by_position(logits, ids):
    return _bag(logits, _counts(logits, ids[:, 1:-1], 0))


@bag_loss.twin(
    "Look at the smallest id of a word.",
    "The word with id 4 is not counted: > 4 in place of >= 4.",
    "Ids 0 to 3 are special, and words begin at 4.",
    "看看最小的词 id。",
    "id 为 4 的词没有算：写成了 > 4，而不是 >= 4。",
    "0 到 3 是特殊符号，词从 4 开始。")
def bag_above_four(logits, ids):
    return _bag(logits, _counts(logits, ids, 5))


@bag_loss.twin(
    "Look at a sentence in which a word occurs twice.",
    "Each different word counts once, however often it occurs.",
    "A word that occurs twice pays -log p twice. `counts[rows, ids] += 1` adds only once; np.add.at adds all.",
    "看看同一个词出现两次的句子。",
    "每个不同的词只算一次，无论出现几次。",
    "词袋记的是次数：出现两次的词要付两次 -log p。`counts[rows, ids] += 1` 只加一次；np.add.at 每次都加。")
def bag_of_different_words(logits, ids):
    return _bag(logits, np.minimum(_counts(logits, ids), 1))


@bag_loss.twin(
    "Do the probabilities of all words add up to 1?",
    "This is a yes or no for each word of the vocabulary, by a sigmoid: binary cross-entropy.",
    "One softmax over the vocabulary, from which every word is drawn: the sum over words of -log softmax(logits)[x_t].",
    "所有词的概率之和是 1 吗？",
    "这是对词表里每个词用 sigmoid 判断是否出现：二元交叉熵。",
    "整个词表上一个 softmax，每个词都从中抽取：对各词的 -log softmax(logits)[x_t] 求和。")
def bag_by_sigmoids(logits, ids):
    there = np.minimum(_counts(logits, ids), 1)
    return (td.maximum(logits, 0.0) - logits * there + td.log1p(td.exp(-td.abs(logits)))).sum(axis=1)


@bag_loss.twin(
    "Can a loss be below 0?",
    "This is the sum of log p, without the minus.",
    "-log p: large where a word that occurs is held unlikely.",
    "损失会小于 0 吗？",
    "这是 log p 之和，少了负号。",
    "-log p：出现的词若被认为不可能，损失就大。")
def bag_without_minus(logits, ids):
    return -_bag(logits, _counts(logits, ids))


@bag_loss.twin(
    "Over what do the probabilities add up to 1?",
    "The softmax goes over the sentences.",
    "Each sentence has its distribution over the vocabulary: axis=1.",
    "概率沿哪个方向加起来是 1？",
    "softmax 沿着句子的方向。",
    "每个句子有自己在词表上的分布：axis=1。")
def bag_over_sentences(logits, ids):
    return -(td.log_softmax(logits, axis=0) * _counts(logits, ids)).sum(axis=1)


@bag_loss.twin(
    "Are these logits, or logarithms of probabilities?",
    "The logits are added up as they are: no softmax is taken.",
    "Take log softmax over the vocabulary first: only then raising one word lowers the others.",
    "这些是 logit，还是概率的对数？",
    "直接把 logit 加了起来：没有做 softmax。",
    "先在词表上取 log softmax：这样抬高一个词才会压低其他词。")
def bag_of_logits(logits, ids):
    return -(logits * _counts(logits, ids)).sum(axis=1)


@bag_loss.twin(
    "Try logits that are far apart.",
    "A probability is 0 to the last digit, and its logarithm is -inf: log of a finished softmax.",
    "Use td.log_softmax, which never forms the probability.",
    "试试相差很大的 logit。",
    "有个概率已经是 0，对数是 -inf：这是对算好的 softmax 取对数。",
    "用 td.log_softmax，它从不算出概率。")
def bag_by_log_of_softmax(logits, ids):
    e = td.exp(logits - logits.amax(axis=1, keepdims=True))
    return -(td.log(e / e.sum(axis=1, keepdims=True)) * _counts(logits, ids)).sum(axis=1)


@bag_loss.twin(
    "By what is it divided?",
    "It is divided by the size of the vocabulary: a mean over all entries of a row.",
    "A sum over the words of the sentence, no mean.",
    "除以了多少？",
    "除以了词表的大小：对一行的所有元素取了平均。",
    "是对句子里的词求和，不取平均。")
def bag_mean_over_vocabulary(logits, ids):
    return -(td.log_softmax(logits, axis=1) * _counts(logits, ids)).mean(axis=1)


@bag_loss.twin(
    "Is there a logarithm?",
    "These are the probabilities added up, without a logarithm.",
    "Each word costs -log p, not -p.",
    "取对数了吗？",
    "这是把概率加起来，没有取对数。",
    "每个词的代价是 -log p，而不是 -p。")
def bag_without_log(logits, ids):
    return -(td.softmax(logits, axis=1) * _counts(logits, ids)).sum(axis=1)


@bag_loss.twin(
    "By what is it divided?",
    "It is divided by T, the length of the padded sentence.",
    "A sum over the words of the sentence: with a mean, padding would change the loss.",
    "除以了多少？",
    "除以了 T，即填充后句子的长度。",
    "是对句子里的词求和：若取平均，填充会改变损失。")
def bag_mean_over_places(logits, ids):
    return _bag(logits, _counts(logits, ids)) / ids.shape[1]


@bag_loss.twin(
    "Over which entries of the vocabulary does softmax add up to 1?",
    "The logits of special tokens are cut off before the softmax: another distribution, over words alone.",
    "The softmax is over all V entries; only the sum goes over words alone.",
    "softmax 在词表的哪些元素上加起来是 1？",
    "在 softmax 之前切掉了特殊符号的 logit：成了另一个只在词上的分布。",
    "softmax 在全部 V 个元素上；只有求和才限于词。")
def bag_over_words_alone(logits, ids):
    return -(td.log_softmax(logits[:, 4:], axis=1) * _counts(logits, ids)[:, 4:]).sum(axis=1)


@bag_loss.twin(
    "Do the probabilities of all words add up to 1? And try large logits.",
    "This is a sigmoid for each word of the vocabulary, yes or no; for a large logit log(1 - p) is -inf.",
    "One softmax over the vocabulary, and the sum over the words of -log softmax(logits)[x_t].",
    "所有词的概率之和是 1 吗？再试试很大的 logit。",
    "这是对词表里每个词用 sigmoid 判断是否出现；logit 很大时 log(1 - p) 是 -inf。",
    "整个词表上一个 softmax，再对各词的 -log softmax(logits)[x_t] 求和。")
def bag_by_sigmoids_that_overflow(logits, ids):
    there, p = np.minimum(_counts(logits, ids), 1), td.sigmoid(logits)
    return -(there * td.log(p) + (1 - there) * td.log(1 - p)).sum(axis=1)


@bag_loss.twin(
    "Is the logarithm inside of the sum, or outside?",
    "The probabilities of the words are added up, and then one logarithm is taken.",
    "Each word has its own -log p, and these are added up.",
    "对数在求和的里面还是外面？",
    "先把各词的概率加起来，再取一次对数。",
    "每个词有自己的 -log p，再把它们加起来。")
def bag_log_of_the_sum(logits, ids):
    return -td.log((td.softmax(logits, axis=1) * _counts(logits, ids)).sum(axis=1))


@bag_loss.twin(
    "Which words does each sentence pay for?",
    "Each pays for the words of the whole batch: ids[ids >= 4] puts all sentences into one row.",
    "Row n of the logits has to do with row n of ids alone.",
    "每个句子为哪些词付代价？",
    "每句都为整个批的词付了代价：ids[ids >= 4] 把所有句子排成了一行。",
    "logits 的第 n 行只与 ids 的第 n 行有关。")
def bag_of_all_sentences(logits, ids):
    return -td.log_softmax(logits, axis=1)[:, ids[ids >= 4]].sum(axis=1)


@bag_loss.twin(
    "The numbers are right. What reaches the logits on the way back?",
    "The result is a new Tensor, or an array: made from numbers, it has no graph.",
    "Keep to Tensors: log_p times counts, and .sum(axis=1).",
    "数是对的。往回走时，什么能到达 logits？",
    "结果是由数新建的张量或数组：没有计算图。",
    "始终用张量：log_p 乘以次数，再 .sum(axis=1)。")
def bag_in_numbers(logits, ids):
    return _bag(logits, _counts(logits, ids)).detach()


@bag_loss.twin(
    "Look at a sentence in which a word occurs twice, and at special tokens.",
    "Each different id counts once, special tokens too.",
    "Count how often each word occurs, and words alone: ids of 4 and above.",
    "看看同一个词出现两次的句子，再看特殊符号。",
    "每个不同的 id 只算一次，特殊符号也算了。",
    "数每个词出现几次，而且只数词：4 及以上的 id。")
def bag_of_different_ids(logits, ids):
    return _bag(logits, np.minimum(_counts(logits, ids, 0), 1))


@bag_loss.twin(
    "Is <unk> a word?",
    "<pad>, <s> and </s> are left out, but <unk> is counted.",
    "All special tokens, ids 0 to 3, are left out.",
    "<unk> 是词吗？",
    "去掉了 <pad>、<s> 和 </s>，但 <unk> 仍算在内。",
    "所有特殊符号（id 0 到 3）都不算。")
def bag_with_unknown_words(logits, ids):
    return _bag(logits, _counts(logits, ids) + _counts(logits, ids, 0) * (np.arange(logits.shape[1]) == 1))


@bag_loss.twin(
    "Which special tokens are left?",
    "<pad> and <s> are left out, but <unk> and </s> are counted.",
    "All special tokens, ids 0 to 3, are left out.",
    "还剩哪些特殊符号？",
    "去掉了 <pad> 和 <s>，但 <unk> 和 </s> 仍算在内。",
    "所有特殊符号（id 0 到 3）都不算。")
def bag_without_start_and_padding(logits, ids):
    kept = ~np.isin(np.arange(logits.shape[1]), (0, 2))
    return _bag(logits, _counts(logits, ids, 0) * kept)


@bag_loss.twin(
    "How many numbers come out for a batch of three sentences?",
    "This is the mean over all words of the batch, one number.",
    "A sum for each sentence: shape (N,).",
    "三个句子的批应得到几个数？",
    "这是对整个批的所有词取平均，只有一个数。",
    "每个句子求一个和：形状是 (N,)。")
def bag_mean_over_all_words(logits, ids):
    return _bag(logits, _counts(logits, ids)).sum() / (ids >= 4).sum()


@bag_loss.twin(
    "What does a special token cost?",
    "It costs -log p of id 0: the ids are multiplied by the mask, and not the logarithms.",
    "It should cost nothing: multiply log p by the mask, after taking it.",
    "一个特殊符号的代价是多少？",
    "代价是 id 0 的 -log p：掩码乘在了 id 上，而不是对数上。",
    "应该没有代价：取出 log p 之后再乘掩码。")
def bag_with_ids_masked(logits, ids):
    return _bag(logits, _counts(logits, ids * (ids >= 4), 0))


@bag_loss.twin(
    "Is there a logarithm?",
    "This is the squared distance between softmax and the bag, not a likelihood.",
    "The loss is a sum over the words of -log softmax(logits)[x_t].",
    "取对数了吗？",
    "这是 softmax 与词袋之差的平方，不是似然。",
    "损失是对各词的 -log softmax(logits)[x_t] 求和。")
def bag_by_squares(logits, ids):
    return ((td.softmax(logits, axis=1) - np.minimum(_counts(logits, ids), 1)) ** 2).sum(axis=1)


@bag_loss.twin(
    "Try large logits, such as 900.",
    "exp(900) is infinite: log sum exp is computed without the maximum taken off.",
    "td.log_softmax takes the maximum off first.",
    "试试很大的 logit，比如 900。",
    "exp(900) 是无穷大：log sum exp 没有先减去最大值。",
    "td.log_softmax 会先减去最大值。")
def bag_that_overflows(logits, ids):
    return -((logits - td.log(td.exp(logits).sum(axis=1, keepdims=True))) * _counts(logits, ids)).sum(axis=1)
