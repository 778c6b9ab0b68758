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
# The trouble: a recurrent decoder writes well without z, and z costs KL. So the KL falls to 0, and
# z says nothing. This is no overfitting: unseen sentences get no worse. Below, every remedy of the
# lecture, alone and together, in one table.
#
#     python demos/vae_lm.py                made-up telegrams: z could know topic and person
#     python demos/vae_lm.py --data ptb     sentences of 4 to 12 words; or tang, names, a file
#     python demos/vae_lm.py --data ptb --variants none,sigmoid+dropout=0.3,linear+bow

# %%
import numpy as np

import tinydawn as td
from support import latent_figures as figures
from support import latent_runs as runs
from support import latent_space as latent
from support.latent_space import batches, greedy, measure, posterior, top_words
from support.run import Results
from support.training import save_model
from tinydawn.metrics import accuracy
from tinydawn.models.vae_lm import VAELM, bag_of_words, free_bits, kl_weight
from tinydawn.nn import functional as F

options = runs.flags()
results = Results("vae_lm", options, options.data or "generated telegrams")
data = runs.corpus(options)
V, N, Z = len(data.vocab), len(data.test), data.setting.Z

# %% [markdown]
# ## A draw of z, the KL, and the bound
#
# The encoder says for each sentence where its z may be: a normal distribution with a mean and a
# variance for each number of z. The draw is written so that gradients reach both (see
# reparameterisation.py). The prior p(z) is N(0, I), so the KL has a closed form. All terms are
# sums over a sentence: a mean over tokens would divide the reconstruction by ten, and not the KL.

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
td.manual_seed(options.seed)
model = VAELM(V, data.setting.width, data.setting.width, Z)
ids, lengths = next(batches(data.test, 50))  # (B, T), (B,)
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
def train_vae(name: str, trick: dict[str, float | None]) -> tuple[VAELM, np.ndarray, float]:
    """The model; of all steps reconstruction, KL, beta (steps, 3); CPU seconds."""
    td.manual_seed(options.seed)  # every variant begins alike
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

    return model, *runs.fit(options, data, model, loss_of, name)

def new_model(trick: dict[str, float | None]) -> VAELM:
    return VAELM(V, data.setting.width, data.setting.width, Z,
                 word_dropout=trick.get("dropout", 0.0), bag="bow" in trick)

# %% [markdown]
# ## The ladder
#
# On unseen sentences, with beta = 1, nothing dropped and no bag-of-words loss: only so are numbers
# comparable. The bound wants z drawn from q; "at mean" is the reconstruction with z at its middle.
# The perplexity comes from a bound (<=), and counts the KL. The importance-weighted bound, of 20
# draws, lies nearer to log p. Both are means over sentences and draws, with an error: a bound that
# seems to beat the language does so within it. A unit is active if its mean varies from sentence
# to sentence. MI: what z tells about which sentence it is. The last column: how many different
# sentences greedy search writes from 50 draws of z.
#
# The language: telegrams in which the topic decides seven words of ten. The decoder is narrow.
#
# * The plain VAE collapses [kl_none < 0.05], and its z does not know the topic [topic_from_z_none
#   < 0.3]: one in eight is right by chance.
# * Annealing alone keeps some of z, about half a nat of the 2.08 that the topic has, whichever way
#   beta rises [kl_linear > 10 * kl_none and min(kl_linear, kl_sigmoid, kl_cyclic) > 0.2]; z knows
#   the topic oftener [topic_from_z_linear > topic_from_z_none + 0.1]. While beta is small, the KL
#   is many times what is left at the end: Bowman's bump (see training.svg).
# * Word dropout alone keeps z where half the words are dropped [kl_dropout=0.5 > 0.8 and
#   topic_from_z_dropout=0.5 > 2 * topic_from_z_none], more where more are [kl_dropout=0.5 <
#   kl_dropout=0.75 and kl_dropout=0.75 < kl_dropout=1], and not yet at a quarter
#   [kl_dropout=0.25 < 0.1]. It has its price: without its history the decoder writes worse
#   [elbo_dropout=0.5 > elbo_none + 0.5].
# * The bag of words keeps most [kl_bow > kl_dropout=0.5 and kl_linear+bow > kl_dropout=0.5].
#
# Why must z be held so tightly? What z tells of a word it takes from what the history would have
# told: a decoder that made perfect use of history would gain by z exactly what z costs, and a
# normal z costs a little more than it tells [mi_linear < kl_linear + 0.1]. So z lives by the
# weakness of the decoder. On ptb, with a wider one, annealing alone only delays the collapse, and
# leaves 0.05 to 0.4 nats; with the bag z keeps 2, with annealing too 5.5, for 1 or 2 nats of ELBO.

# %%
runs.print_header()
nats, entropy = float("nan"), float("nan")  # of a sentence: without z, and at least
if not data.about:
    nats = runs.fit_language_model(options, data, results)
if data.test_chosen is not None:
    entropy = latent.SCENE_ENTROPY
    results.baseline(nats_entropy=entropy)
    runs.print_entropy(entropy, N, data.tokens)

models, curves, rows = {}, {}, {}
for name, trick in runs.variants(options, data).items():
    seconds = 0.0
    if data.about:
        model = new_model(trick)
        model.load_state_dict(data.weights)
    else:
        model, curves[name], seconds = train_vae(name, trick)
    models[name] = model
    rows[name] = measure(model, data.test, data.vocab, data.setting.longest + 4, options.seed)
    results.metric(**{f"{key}_{name}": value for key, value in rows[name].items()})
    results.metric(**{f"cpu_seconds_{name}": seconds})
    runs.print_row(name, rows[name], seconds)
# %%
if options.save:
    save_model(options.save, model, tokens=data.vocab.to_list(), variant=name)
runs.report_curves(results, curves, data.setting.epochs)
runs.draw_ladder(results, curves, rows, nats, entropy)
results.shows("annealing alone keeps some of z", "kl_linear > 10 * kl_none and kl_linear > 0.2")
if "dropout=0.5" in rows:
    results.shows("word dropout alone keeps more",
                  "kl_dropout=0.5 > 10 * kl_none and kl_dropout=0.5 > 0.8")

# %% [markdown]
# ## What does z know?
#
# The nearest class mean of a draw of z. With linear+bow z knows topic and person
# [topic_from_z_linear+bow > 0.8 and person_from_z_linear+bow > 0.5].

# %%
mean, _, draws = posterior(model, data.test, options.seed)  # (N, Z) each
if data.test_chosen is not None:
    print(f"\nread from a draw of z\n{'':26}"
          + "".join(f"{attribute:>10}" for attribute in latent.ATTRIBUTES))
    chance = [1 / len(values) for values in latent.ATTRIBUTES.values()]
    print(f"{'chance':26}" + "".join(f"{share:10.3f}" for share in chance))
    for key, known in models.items():
        _, _, seen = posterior(known, data.train, options.seed)
        _, _, unseen = posterior(known, data.test, options.seed)
        cells = ""
        for k, attribute in enumerate(latent.ATTRIBUTES):
            guessed = latent.nearest_mean(seen, data.train_chosen[:, k], unseen)  # (N,)
            found = accuracy(guessed, data.test_chosen[:, k])
            results.metric(**{f"{attribute}_from_z_{key}": found})
            cells += f"{found:10.3f}"
        print(f"{key:26}{cells}")
    results.figure("map.svg", figures.map_figure(draws, data.test_chosen, latent.ATTRIBUTES))
results.shows("after annealing z knows the topic oftener than without",
              "topic_from_z_linear > topic_from_z_none + 0.1")
if "topic_from_z_dropout=0.5" in results.record["metrics"]:
    results.shows("after word dropout much oftener",
                  "topic_from_z_dropout=0.5 > 2 * topic_from_z_none")

# %% [markdown]
# ## What does z write?

# %%
def written(z: np.ndarray) -> list[tuple[str, str]]:
    """From each z the sentence that greedy search writes, and the first six words of its bag."""
    sentences = greedy(model, z, data.vocab, data.setting.longest + 4)
    bags = top_words(model, z, data.vocab, 6)
    return [(space.join(sentence), " ".join(bag))
            for sentence, bag in zip(sentences, bags, strict=True)]

space = runs.separator(data.vocab)
picked = np.random.default_rng(options.seed).permutation(N)[:5]
runs.print_written([space.join(data.test_text[i]) for i in picked], written(mean[picked]))
print("\nz drawn from the prior, written greedily")
for sentence, _ in written(latent.prior(model, 6, options.seed)):
    print(f"  {sentence}")

# %%
shares = np.linspace(0, 1, 7, dtype=np.float32)
start, end = mean[picked[:2]]  # (Z,) each
way = (1 - shares[:, None]) * start + shares[:, None] * end  # (7, Z)
lines = [(float(share), *pair) for share, pair in zip(shares, written(way), strict=True)]
print("\nfrom one sentence to another")
for share, sentence, _ in lines:
    print(f"  {share:.2f}  {sentence}")
results.figure("interpolation.svg", figures.strip_figure(lines))
results.write()
