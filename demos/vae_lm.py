# %% [markdown]
# # A language model with a point in space behind each sentence
#
# A VAE language model first draws z, a few numbers, then writes the sentence that z stands for. An
# encoder guesses which z a sentence came from: q(z | x). It is trained to make the ELBO large, a
# lower bound of log p(x):
#
#     log p(x) >= E_q[log p(x | z)] - D(q(z | x) || p(z))
#
# Minus the first term is the reconstruction, the second the KL.
#
# The trouble: a recurrent decoder writes without z, and z costs KL from the first step on. So the
# KL falls to 0, and z says nothing. This is no overfitting: unseen sentences get no worse. Below,
# every remedy of the lecture in one table.
#
#     python demos/vae_lm.py                made-up telegrams: z could know topic, person, weather
#     python demos/vae_lm.py --data ptb     sentences of 4 to 12 words; or tang, names, a file
#     python demos/vae_lm.py --data ptb --variants none,sigmoid+dropout=0.3,linear+bow

# %%
import numpy as np

import tinydawn as td
from support import latent_runs as runs
from support import latent_space as latent
from tinydawn.metrics import accuracy
from tinydawn.models.vae_lm import VAELM, bag_of_words, free_bits, kl_weight
from tinydawn.nn import functional as F

options, results, data = runs.begin()
V, Z, width = len(data.vocab), data.setting.Z, data.setting.width

# %% [markdown]
# ## A draw of z, the KL, and the bound
#
# The encoder says for each sentence where its z may be: a normal distribution with a mean and a
# variance for each number of z. The draw is written so that gradients reach both (see
# reparameterisation.py). The prior p(z) is N(0, I), so the KL has a closed form. All terms are
# sums over a sentence: a mean over tokens would make the reconstruction small beside the KL.

# %%
def draw_z(mean: td.Tensor, logvar: td.Tensor, eps: np.ndarray) -> td.Tensor:
    """z ~ N(mean, sigma^2), as z = mean + sigma eps with eps ~ N(0, I)."""
    sigma = td.exp(logvar / 2)  # (B, Z): logvar is log sigma^2
    return mean + sigma * eps  # (B, Z)

def divergence(mean: td.Tensor, logvar: td.Tensor) -> td.Tensor:
    """D(q(z | x) || N(0, I)) = 1/2 sum of sigma^2 + mean^2 - 1 - log sigma^2, for each sentence."""
    return 0.5 * (td.exp(logvar) + mean**2 - 1 - logvar).sum(axis=1)  # (B, Z) -> (B,)

def bound(model: VAELM, ids: np.ndarray, lengths: np.ndarray, eps: np.ndarray) -> tuple:
    """Reconstruction and KL of sentences (B, T): ELBO = -reconstruction - KL. And z."""
    mean, logvar = model.encode(ids, lengths)  # (B, Z) each
    z = draw_z(mean, logvar, eps)  # (B, Z)
    reconstruction = model.reconstruction(ids, z)  # (B,): -log p(x | z)
    return reconstruction, divergence(mean, logvar), z, mean, logvar

# %% [markdown]
# The library has the same in one call. Here both are held against each other.

# %%
def new_model(trick: dict[str, float | None]) -> VAELM:
    return VAELM(V, width, width, Z, data.setting.kind,
                 word_dropout=trick.get("dropout", 0.0), bag="bow" in trick)

model = new_model({})
ids, lengths = next(latent.batches(data.test, 50))  # (B, T), (B,)
eps = np.random.default_rng(options.seed).standard_normal((len(ids), Z), np.float32)
reconstruction, kl, *_ = bound(model, ids, lengths, eps)
terms = model(ids, lengths, eps)
difference = max(np.abs(reconstruction.numpy() - terms.rec.numpy()).max(),
                 np.abs(kl.numpy() - terms.kl.numpy()).max())
assert difference < 1e-3, difference
results.metric(difference_from_library=difference)

# %% [markdown]
# ## The loss, and the lecture's remedies
#
# * KL annealing: the KL counts beta, which rises from 0 to 1: linear, sigmoid, or cyclic;
# * word dropout: the decoder's input words are <unk> with some probability (in the model), so that
#   it has to ask z;
# * bag of words: z alone, without any history, has to say which words the sentence has;
# * free bits: a unit of z may cost a little without being counted.

# %%
def train_vae(name: str, trick: dict[str, float | None], seed: int) -> tuple:
    """The model; of all steps reconstruction, KL, beta (steps, 3); CPU seconds."""
    td.manual_seed(seed)  # every variant begins alike
    model = new_model(trick).train()
    annealing = next((key for key in ("linear", "sigmoid", "cyclic") if key in trick), "constant")

    def loss_of(ids: np.ndarray, lengths: np.ndarray, step: int, steps: int) -> tuple:
        beta = kl_weight(annealing, step, steps)
        eps = td.randn(len(ids), Z).numpy()  # (B, Z)
        reconstruction, kl, z, mean, logvar = bound(model, ids, lengths, eps)
        counted = kl.mean()
        if "freebits" in trick:
            counted = free_bits(mean, logvar, trick["freebits"])
        loss = reconstruction.mean() + beta * counted
        if "bow" in trick:
            log_p = F.log_softmax(model.bag(z), axis=1)  # (B, V)
            loss = loss - (log_p * bag_of_words(ids, V)).sum(axis=1).mean()
        # what is reported is not what is minimised
        return loss, (reconstruction.mean().item(), kl.mean().item(), beta)

    return model, *runs.fit(options, data, model, loss_of, f"{name}, seed {seed}")

# %% [markdown]
# ## The ladder
#
# The language: telegrams such as "farm baker fog feeds cow bucket flour apron oven lamp horn
# whistle". Topic, person and weather are drawn and named, then come the three words of each. So
# all that is random stands in the first three words. The decoder is narrow, and forgets them.
#
# On unseen sentences, with beta = 1, nothing dropped and no bag-of-words loss: only so are numbers
# comparable. The bound wants z drawn from q; "at mean" is the reconstruction with z at its middle.
# The perplexity comes from a bound (<=), and counts the KL. The importance-weighted bound, of 20
# draws, lies nearer to log p, with its error. A unit is active if its mean varies from sentence to
# sentence. MI: what z tells about which sentence it is. The last column: how many different
# sentences greedy search writes from 50 draws of z.
#
# * The plain VAE collapses from each of three seeds [kl_none_most < 0.05]. In their mean it costs a
#   little less than a language model without z, as wide, of one seed [elbo_none_mean <
#   nats_lm_without_z < elbo_none_mean + 0.8]: not by its z, which says nothing.
# * Annealing keeps more than a nat of z, whichever way beta rises [min(kl_linear, kl_sigmoid,
#   kl_cyclic) > 1]. Linear and sigmoid annealing gain by it: a sentence costs less than with the
#   plain VAE [elbo_linear_mean < elbo_none_mean - 0.3 and elbo_sigmoid < elbo_none - 0.3]. Cyclic
#   annealing does not reach them [elbo_cyclic > elbo_linear_mean + 0.3]. While beta is small, the
#   KL is many times what is left at the end: Bowman's bump [kl_top_linear > 3 * kl_linear].
# * Word dropout alone keeps z, with half the words dropped and with all [min(kl_dropout=0.5,
#   kl_dropout=1) > 0.3]. It has its price: without its history the decoder writes worse
#   [elbo_dropout=0.5 > elbo_none_mean + 0.5 and elbo_dropout=1 > elbo_dropout=0.5 + 3].
# * The bag of words keeps most [min(kl_bow, kl_linear+bow) > kl_linear_most + 1]. That is more
#   than the 4.83 nats that there are to know [kl_bow > nats_entropy + 1], so the bound gets worse
#   [elbo_bow > elbo_linear_mean + 0.5].
#
# Why is z lost? A decoder that made perfect use of history would gain by z what z costs, and no
# more. This one forgets, so z would pay, and does after annealing. But at the beginning z is
# noise: the decoder learns to do without it, the KL pushes it to 0, and the plain VAE stays there.
# On ptb, with a wider decoder, annealing alone only delays the collapse, and leaves 0.05 to 0.4
# nats; with the bag z keeps 2, with annealing too 5.5, for 1 or 2 nats of ELBO.

# %%
runs.baselines(options, data, results)
models, curves, rows = {}, {}, {}
for name, trick in runs.variants(options, data).items():
    rows[name] = []
    for seed in runs.seeds(options, name):
        model, curve, seconds = train_vae(name, trick, seed)
        rows[name].append(latent.measure(model, data.test, data.vocab, options.seed))
        runs.report(results, name, seed, rows[name], seconds)
        if seed == options.seed:
            models[name], curves[name] = model, curve
model = models[name]  # the last variant is looked into
runs.finish_ladder(options, results, data, model, curves, rows)

# %% [markdown]
# ## What does z know?
#
# Read from a draw of z: the attribute whose mean is nearest. By chance one in five is right.
#
# * Without a remedy z knows next to nothing [read_from_z_none < 0.3], after annealing much more
#   [read_from_z_linear > read_from_z_none + 0.2].
# * After annealing z knows the weather, whose words come last, and not the topic, whose words come
#   at once [weather_from_z_linear > topic_from_z_linear + 0.3]: z keeps what the decoder forgets.
# * With the bag it knows all three [min(topic_from_z_linear+bow, person_from_z_linear+bow,
#   weather_from_z_linear+bow) > 0.8].

# %%
def nearest_mean(z: np.ndarray, labels: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The class (M,) whose mean vector over z (N, Z) is nearest to each of new (M, Z)."""
    means = np.stack([z[labels == k].mean(axis=0) for k in range(labels.max() + 1)])  # (C, Z)
    return ((new[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)

if data.test_chosen is not None:
    known = {}
    for name, trained in models.items():
        _, _, z = latent.posterior(trained, data.train, options.seed)  # (N, Z), a draw for each
        _, _, new = latent.posterior(trained, data.test, options.seed)  # (M, Z)
        known[name] = [accuracy(nearest_mean(z, labels, new), truth) for labels, truth in
                       zip(data.train_chosen.T, data.test_chosen.T, strict=True)]
    runs.report_known(results, data, known, new)

# %% [markdown]
# ## What does z write?

# %%
mean, _, _ = latent.posterior(model, data.test)  # (N, Z)
picked = np.random.default_rng(options.seed).permutation(len(mean))[:5]
runs.print_written(data, picked, runs.written(model, mean[picked], data))
z = latent.prior(model, 6, options.seed)  # (6, Z), from N(0, I)
runs.print_sentences("z drawn from the prior, written greedily", runs.written(model, z, data))

# %%
shares = np.linspace(0, 1, 7, dtype=np.float32)
start, end = mean[picked[:2]]  # (Z,) each
way = (1 - shares[:, None]) * start + shares[:, None] * end  # (7, Z)
runs.show_between(results, shares, runs.written(model, way, data))
results.write()
