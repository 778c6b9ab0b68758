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
#     python demos/vae_lm.py                made-up scenes: z could know topic, person and time
#     python demos/vae_lm.py --data ptb     sentences of 4 to 12 words; or tang, names, a file
#     python demos/vae_lm.py --data ptb --variants none,sigmoid+dropout=0.3,linear+bow

# %%
import time

import numpy as np

import tinydawn as td
from support import latent_figures as figures
from support import latent_runs as runs
from support import latent_space as latent
from support.latent_space import batches, greedy, measure, posterior, top_words, tricks
from support.run import Results
from support.training import load_model, save_model, training
from tinydawn import nn, optim, text
from tinydawn.metrics import accuracy, perplexity
from tinydawn.models.rnn_lm import RNNLM
from tinydawn.models.vae_lm import VAELM, free_bits, kl_weight

options = runs.flags()
used = runs.variants(options)  # "linear+bow" -> {"linear": None, "bow": None}
seed = options.seed

# %% [markdown]
# ## The sentences

# %%
setting = runs.setting(options)
train_text, test_text, train_chosen, test_chosen = runs.load(options, setting)
setting = runs.with_epochs(setting, options, train_text)  # by the amount of your own text
results = Results("vae_lm", options, options.data or "generated scenes")
weights, about = load_model(options.load, VAELM) if options.load else (None, {})
if about:
    vocab = text.Vocab.from_list(about["tokens"])
else:
    vocab = text.Vocab.build(train_text, max_size=setting.most_words)
train_ids = [vocab.encode(sentence, bos=True, eos=True) for sentence in train_text]
test_ids = [vocab.encode(sentence, bos=True, eos=True) for sentence in test_text]
V, N, Z = len(vocab), len(test_ids), setting.Z
tokens = sum(len(ids) - 1 for ids in test_ids)  # </s> is predicted, <s> is not
space = runs.separator(vocab)
print(f"{len(train_ids):,} and {N:,} sentences, V = {V:,}, z of {Z} numbers; for example: "
      f"{space.join(test_text[0])}")

# %% [markdown]
# ## Training
#
# All terms are sums over a sentence: a mean over tokens would divide the reconstruction by ten, and
# not the KL.

# %%
def train(model: nn.Module, loss_of, name: str) -> tuple[np.ndarray, float]:
    """loss_of(ids, lengths, step, steps) -> the loss, and what to remember of it.

    Returns what is remembered of all steps, and CPU seconds.
    """
    per_epoch = -(-len(train_ids) // 32)
    steps = setting.epochs * per_epoch
    optimizer = optim.Adam(model.parameters(), lr=setting.learning_rate)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, 0, steps)
    kept = {"rows": [], "seconds": 0.0}
    queue = None
    for step, _ in training(options, steps, model, optimizer, schedule, kept, name):
        begun = time.process_time()
        epoch, i = divmod(step, per_epoch)
        if i == 0 or queue is None:  # the order follows from the epoch: a run can go on inside one
            queue = list(batches(train_ids, 32, 1000 * seed + epoch))
        ids, lengths = queue[i]  # (B, T), (B,)
        loss, row = loss_of(ids, lengths, step, steps)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        kept["rows"].append(row)
        kept["seconds"] += time.process_time() - begun
    return np.array(kept["rows"]), kept["seconds"]


def train_vae(model: VAELM, name: str) -> tuple[np.ndarray, float]:
    """Minimise reconstruction + beta KL (+ bag). Remembers reconstruction, KL, beta: (steps, 3)."""
    trick = used[name]
    annealing = next((key for key in ("linear", "sigmoid", "cyclic") if key in trick), "constant")
    least = trick.get("freebits")

    def loss_of(ids, lengths, step, steps):
        beta = kl_weight(annealing, step, steps)
        terms = model.train()(ids, lengths)  # rec, kl: (B,); mean, logvar: (B, Z)
        if least is None:
            kl = terms.kl.mean()
        else:
            kl = free_bits(terms.mean, terms.logvar, least)
        loss = terms.rec.mean() + beta * kl
        if terms.bag is not None:
            loss = loss + terms.bag.mean()
        # what is reported is not what is minimised
        return loss, (terms.rec.mean().item(), terms.kl.mean().item(), beta)

    return train(model, loss_of, name)


def lm_loss(lm: RNNLM, ids: np.ndarray) -> td.Tensor:
    """The same sum for a language model without z; ids (B, T)."""
    targets = ids[:, 1:].T  # (T - 1, B)
    losses, _ = lm(ids[:, :-1].T, targets, reduction="none")  # ((T - 1) B,)
    return (losses * (targets.reshape(-1) != vocab.pad_id)).sum()

# %% [markdown]
# ## The ladder
#
# On unseen sentences, with beta = 1, nothing dropped and no bag-of-words loss: only so are numbers
# comparable. The bound wants z drawn from q; "at mean" is the reconstruction with z at its middle.
# The perplexity comes from a bound (<=), and counts the KL. The importance-weighted bound, of 20
# draws, lies nearer to log p. A unit is active if its mean varies from sentence to sentence. MI:
# what z tells about which sentence it is. Bound and MI are estimates from few draws, and can be off
# by .01. The last column: how many different sentences greedy search writes from 50 draws of z.
#
# Seen on ptb: annealing delays the collapse, and leaves 0.05 to 0.4 nats; word dropout weakens the
# decoder, and pays more for less. With the bag z keeps 2 nats, with annealing too 5.5, and 14 or 15
# of 16 units: for 1 or 2 nats of ELBO.
#
# With KL 0 it can still beat the LSTM LM: its decoder is another network, a little larger, whose
# first state is learnt. With dropout=1 it sees nothing but z, and yet collapses in a run this
# short; with --epochs 30 the KL is .69 on the made-up scenes: z then tells yesterday from tomorrow,
# and no more. (The paper's, Bowman et al., had 15.)

# %%
runs.print_header()
nats = float("nan")  # a sentence costs the language model without z; not measured with --load
if not about:
    td.manual_seed(seed)
    lm = RNNLM(V, setting.width, setting.width)
    _, seconds = train(lm, lambda ids, *_: (lm_loss(lm, ids) / len(ids), ()), "LSTM LM")
    with td.no_grad():
        nats = sum(lm_loss(lm, ids).item() for ids, _ in batches(test_ids, 100)) / N
    results.baseline(nats_lstm_lm=nats, perplexity_lstm_lm=perplexity(nats * N, tokens))
    runs.print_language_model(nats, N, tokens, seconds)
if train_chosen is not None:
    results.baseline(nats_entropy=latent.SCENE_ENTROPY)
    runs.print_entropy(latent.SCENE_ENTROPY, N, tokens)

models, curves, rows, seconds = {}, {}, {}, 0.0
if about:
    used = {about["variant"]: tricks(about["variant"])}
for name, trick in used.items():
    td.manual_seed(seed)  # every variant begins alike
    model = VAELM(V, setting.width, setting.width, Z,
                  word_dropout=trick.get("dropout", 0.0), bag="bow" in trick)
    models[name] = model
    if about:
        model.load_state_dict(weights)
    else:
        curves[name], seconds = train_vae(model, name)
    rows[name] = measure(model, test_ids, vocab, setting.longest + 4, seed)
    results.metric(**{f"{key}_{name}": value for key, value in rows[name].items()})
    results.metric(**{f"cpu_seconds_{name}": seconds})
    runs.print_row(name, rows[name], seconds)
if options.save:
    save_model(options.save, model, tokens=vocab.to_list(), variant=name)
runs.report_curves(results, curves, setting.epochs)
runs.draw_ladder(results, curves, rows, nats, name)

# %% [markdown]
# ## What does z know?
#
# Of scenes and with linear+bow not the time, so that tomorrow may come back as yesterday.

# %%
mean, _, draws = posterior(model, test_ids, seed)  # (N, Z) each
if train_chosen is not None:
    print(f"\nof a scene {latent.SCENE_ATTRIBUTES:.2f} nats are chosen once. "
          "Read from a draw of z, by the nearest class mean:")
    for key in dict.fromkeys([next(iter(models)), name]):  # the first variant and the last
        _, _, seen = posterior(models[key], train_ids, seed)
        _, _, unseen = posterior(models[key], test_ids, seed)
        for k, (attribute, values) in enumerate(latent.ATTRIBUTES.items()):
            guessed = latent.nearest_mean(seen, train_chosen[:, k], unseen)  # (N,)
            found = accuracy(guessed, test_chosen[:, k])
            results.metric(**{f"{attribute}_from_z_{key}": found})
            print(f"  {key:24}{attribute:8}{found:6.3f}   chance {1 / len(values):.3f}")
    results.figure("map.svg", figures.map_figure(draws, test_chosen, latent.ATTRIBUTES))


def written(z: np.ndarray) -> list[tuple[str, str]]:
    """From each z the sentence that greedy search writes, and the first six words of its bag."""
    sentences = greedy(model, z, vocab, setting.longest + 4)
    bags = top_words(model, z, vocab, 6)
    return [(space.join(sentence), " ".join(bag))
            for sentence, bag in zip(sentences, bags, strict=True)]


picked = np.random.default_rng(seed).permutation(N)[:5]
runs.print_written([space.join(test_text[i]) for i in picked], written(mean[picked]))
print("\nz drawn from the prior, written greedily")
for sentence, _ in written(latent.prior(model, 6, seed)):
    print(f"  {sentence}")
shares = np.linspace(0, 1, 7, dtype=np.float32)
start, end = mean[picked[:2]]  # (Z,) each
way = (1 - shares[:, None]) * start + shares[:, None] * end  # (7, Z)
lines = [(float(share), *pair) for share, pair in zip(shares, written(way), strict=True)]
print("\nfrom one sentence to another")
for share, sentence, _ in lines:
    print(f"  {share:.2f}  {sentence}")
results.figure("interpolation.svg", figures.strip_figure(lines))
results.write()
