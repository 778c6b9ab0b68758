# %% [markdown]
# # A language model with a point in space behind each sentence
#
# A VAE language model first draws z, a few numbers, then writes the sentence that z stands for. An encoder guesses which z a
# sentence came from: q(z | x). It is trained to make the ELBO large, a lower bound of log p(x):
#
#     log p(x) >= E_q[log p(x | z)] - D(q(z | x) || p(z))        minus the first term is the reconstruction, the second the KL
#
# The trouble: a recurrent decoder writes well without z, and z costs KL. So the KL falls to 0, and z says nothing. This is no
# overfitting: unseen sentences get no worse. Below, every remedy of the lecture, alone and together, in one table.
#
#     python demos/vae_lm.py                    made-up scenes: topic, person and time are what z could know
#     python demos/vae_lm.py --data ptb         sentences of 4 to 12 words (--data tang: quatrains; names; or your own file)
#     python demos/vae_lm.py --data ptb --variants none,sigmoid+dropout=0.3,linear+bow

# %%
import time

import numpy as np

import tinydawn as td
from support import latent_figures as figures
from support import latent_space as latent
from support.latent_space import batches, greedy, measure, posterior, top_words, tricks
from support.run import Results, arguments, parse
from support.training import load_model, save_model, saving, training
from tinydawn import nn, optim, text
from tinydawn.errors import DataError, message
from tinydawn.metrics import accuracy, perplexity
from tinydawn.models.rnn_lm import RNNLM
from tinydawn.models.vae_lm import VAELM, free_bits, kl_weight

parser = arguments("Train a VAE language model, show that it ignores z, and what helps.")
parser.add_argument("--variants", help="what to train, with commas between: none, or some of linear, sigmoid, cyclic, "
                    "dropout=RATE, freebits=NATS, bow with + between. The last is looked into. Default: all of the lecture")
saving(parser, "the model of the last variant")
parser.add_argument("--load", metavar="FILE", help="do not train: look into a model that was kept, on the same --data")
options = parse(parser)
toy, quick, seed = options.data is None, options.quick, options.seed
variants = options.variants or ("none,dropout=1,linear+bow" if quick else "none,linear,sigmoid,cyclic," + (
    "" if toy else "freebits,dropout=0.25,dropout=0.75,") + "dropout=0.5,dropout=1,linear+dropout=0.5,linear+dropout=1,bow,"
    "linear+dropout=0.5+bow,linear+bow")
used = {variant: tricks(variant) for variant in variants.replace(" ", "").split(",")}

# %% [markdown]
# ## The sentences

# %%
# shortest and longest sentence, size of the vocabulary, width of the networks, numbers in z, learning rate, epochs
SETTINGS: dict = {None: (1, 20, 200, 48, 8, 6e-3, 7), "ptb": (4, 12, 2003, 96, 16, 3e-3, 8),
                  "tang": (1, 20, 2500, 96, 16, 3e-3, 12), "names": (1, 20, 100, 96, 16, 3e-3, 4)}
shortest, longest, most_words, width, Z, learning_rate, epochs = SETTINGS.get(options.data, SETTINGS["ptb"])
epochs = 4 if quick else options.epochs or epochs
sizes = {"train": 1500 if quick else 3000 if toy else None, "test": 200 if quick else 500 if toy else None}
if toy:
    made = {split: latent.scenes(n, 2 * seed + (split == "test")) for split, n in sizes.items()}
    sentences = {split: found for split, (found, _) in made.items()}
else:
    sentences = {split: [s for s in text.load_sentences(options.data, split) if shortest <= len(s) <= longest][:n]
                 for split, n in sizes.items()}
    if min(map(len, sentences.values())) < 2:
        raise DataError(message(f"--data {options.data}: too few sentences of {shortest} to {longest} words", fix="other text"))
results = Results("vae_lm", options, options.data or "generated scenes")
weights, about = load_model(options.load, VAELM) if options.load else (None, {})
vocab = text.Vocab.from_list(about["tokens"]) if about else text.Vocab.build(sentences["train"], max_size=most_words)
train_ids, test_ids = ([vocab.encode(s, bos=True, eos=True) for s in sentences[split]] for split in sizes)
V, tokens, N = len(vocab), sum(len(ids) - 1 for ids in test_ids), len(test_ids)  # </s> is predicted, <s> is not
space = " " if any(len(word) > 1 and word.isascii() for word in vocab.tokens[4:]) else ""
print(f"{len(train_ids):,} and {N:,} sentences, V = {V:,}, z of {Z} numbers; for example: {space.join(sentences['test'][0])}")

# %% [markdown]
# ## Training: all terms are sums over a sentence; a mean over tokens would divide the reconstruction by ten and not the KL

# %%
def train(model: nn.Module, loss_of, name: str) -> tuple[np.ndarray, float]:
    """loss_of(ids, lengths, step, steps) -> the loss, and what to remember of it. Returns that of all steps, and CPU seconds."""
    optimizer, per_epoch = optim.Adam(model.parameters(), lr=learning_rate), -(-len(train_ids) // 32)
    kept, queue = {"rows": [], "seconds": 0.0}, None
    schedule = optim.get_linear_schedule_with_warmup(optimizer, 0, steps := epochs * per_epoch)
    for step, _ in training(options, steps, model, optimizer, schedule, kept, name):
        begun, (epoch, i) = time.process_time(), divmod(step, per_epoch)
        if i == 0 or queue is None:  # the order follows from the epoch: a run can go on in the middle of one
            queue = list(batches(train_ids, 32, 1000 * seed + epoch))
        loss, row = loss_of(*queue[i], step, steps)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        kept["rows"].append(row)
        kept["seconds"] += time.process_time() - begun
    return np.array(kept["rows"]), kept["seconds"]

def train_vae(model: VAELM, name: str) -> tuple[np.ndarray, float]:
    annealing = next((key for key in ("linear", "sigmoid", "cyclic") if key in used[name]), "constant")

    def loss_of(ids, lengths, step, steps):
        beta, terms, least = kl_weight(annealing, step, steps), model.train()(ids, lengths), used[name].get("freebits")
        loss = terms.rec.mean() + beta * (terms.kl.mean() if least is None else free_bits(terms.mean, terms.logvar, least))
        loss = loss if terms.bag is None else loss + terms.bag.mean()
        return loss, (terms.rec.mean().item(), terms.kl.mean().item(), beta)  # what is reported is not what is minimised

    return train(model, loss_of, name)

def lm_loss(lm: RNNLM, ids: np.ndarray) -> td.Tensor:
    losses, _ = lm(ids[:, :-1].T, ids[:, 1:].T, reduction="none")  # (T B,)
    return (losses * (ids[:, 1:].T.reshape(-1) != vocab.pad_id)).sum()

# %% [markdown]
# ## The ladder
#
# On unseen sentences, with beta = 1, nothing dropped and no bag-of-words loss: only so are numbers comparable. The bound
# wants z drawn from q; "at mean" is the reconstruction with z at its middle. The perplexity comes from a bound (<=), and counts
# the KL. The importance-weighted bound, of 20 draws, lies nearer to log p. A unit is active if its mean varies from sentence to
# sentence. MI: what z tells about which sentence it is. Bound and MI are estimates from few draws, and can be off by .01. The
# last column: how many different sentences greedy search writes from 50 draws of z.
#
# Seen on ptb: annealing delays the collapse, and leaves 0.05 to 0.4 nats; word dropout weakens the decoder, and pays more for
# less. With the bag z keeps 2 nats, with annealing too 5.5, and 14 or 15 of 16 units: for 1 or 2 nats of ELBO.
#
# With KL 0 it can still beat the LSTM LM: its decoder is another network, a little larger, whose first state is learnt. With
# dropout=1 it sees nothing but z, and yet collapses in a run this short; with --epochs 30 the KL is .69 on the made-up scenes:
# z then tells yesterday from tomorrow, and no more. (The paper's, Bowman et al., had 15.)

# %%
columns = {"rec": "rec", "rec_at_mean": "at mean", "kl": "KL", "elbo": "-ELBO", "ppl": "ppl <=", "iw": "-IW bound",
           "active": "active", "mi": "MI", "distinct": "different"}
print(f"\nnats per sentence{'':9}" + "".join(f"{name:>10}" for name in columns.values()) + f"{'CPU s':>8}")
if not about:
    td.manual_seed(seed)
    lm = RNNLM(V, width, width)
    _, seconds = train(lm, lambda ids, lengths, step, steps: (lm_loss(lm, ids) / len(ids), ()), "LSTM LM")
    with td.no_grad():
        nats = sum(lm_loss(lm, ids).item() for ids, _ in batches(test_ids, 100)) / N
    results.baseline(nats_lstm_lm=nats, perplexity_lstm_lm=perplexity(nats * N, tokens))
    print(f"{'LSTM LM without z':26}{nats:10.2f}{'':20}{nats:10.2f}{perplexity(nats * N, tokens):10.2f}{'':40}{seconds:8.1f}")
if toy:
    results.baseline(nats_entropy=(least := latent.SCENE_ENTROPY))
    print(f"{'no model needs less than':26}{'':30}{least:10.2f}{perplexity(least * N, tokens):10.2f}")

models, curves, rows, seconds = {}, {}, {}, 0.0
used = {about["variant"]: tricks(about["variant"])} if about else used
for name, trick in used.items():
    td.manual_seed(seed)  # every variant begins alike
    model = models[name] = VAELM(V, width, width, Z, word_dropout=trick.get("dropout", 0.0), bag="bow" in trick)
    if about:
        model.load_state_dict(weights)
    else:
        curves[name], seconds = train_vae(model, name)
    rows[name] = measure(model, test_ids, vocab, longest + 4, seed)
    results.metric(**{f"{key}_{name}": value for key, value in rows[name].items()}, **{f"cpu_seconds_{name}": seconds})
    print(f"{name:26}" + "".join(f"{rows[name][key]:10.{0 if key in ('active', 'distinct') else 2}f}" for key in columns)
          + f"{seconds:8.1f}")
if options.save:
    save_model(options.save, model, tokens=vocab.to_list(), variant=name)
if "none" in curves:
    first = curves["none"][:len(curves["none"]) // epochs, 1]
    results.metric(kl_none_first_step=first[0], kl_none_after_epoch_1=first[-10:].mean())
    print(f"\nnone: the KL of epoch 1 is {first.max():.3f} at step {first.argmax()}, {first[-10:].mean():.4f} at the end")
for key in [key for key in curves if key in ("linear", "sigmoid", "cyclic")]:
    (_, kl, beta), top = curves[key].T, int(curves[key][:, 1].argmax())
    print(f"{key}: the KL is {kl[top]:.1f} at step {top}, where beta is {beta[top]:.3f}, and {kl[-20:].mean():.4f} at the end")
if curves:
    shown = dict.fromkeys(key for key in ("none", "sigmoid", "cyclic", name) if key in curves)
    results.figure("training.svg", figures.training_figure({key: curves[key] for key in shown}))
    results.figure("ladder.svg", figures.ladder_figure(rows, nats, "LSTM LM without z"))
if families := figures.by_rate(rows):
    results.figure("word_dropout.svg", figures.rate_figure(families))

# %% [markdown]
# ## What does z know? Of scenes and with linear+bow not the time, so that tomorrow may come back as yesterday

# %%
mean, _, draws = posterior(model, test_ids, seed)
if toy:
    print(f"\nof a scene {latent.SCENE_ATTRIBUTES:.2f} nats are chosen once. Read from a draw of z, by the nearest class mean:")
    for key in dict.fromkeys([next(iter(models)), name]):
        (_, _, seen), (_, _, unseen) = (posterior(models[key], part, seed) for part in (train_ids, test_ids))
        for k, (attribute, values) in enumerate(latent.ATTRIBUTES.items()):
            found = accuracy(latent.nearest_mean(seen, made["train"][1][:, k], unseen), made["test"][1][:, k])
            results.metric(**{f"{attribute}_from_z_{key}": found})
            print(f"  {key:24}{attribute:8}{found:6.3f}   chance {1 / len(values):.3f}")
    results.figure("map.svg", figures.map_figure(draws, made["test"][1], latent.ATTRIBUTES))

def written(z: np.ndarray, words: int = 6) -> list[tuple[str, str]]:
    """From each z the sentence that greedy search writes, and the words that its bag holds above all."""
    pairs = zip(greedy(model, z, vocab, longest + 4), top_words(model, z, vocab, words), strict=True)
    return [(space.join(sentence), " ".join(bag)) for sentence, bag in pairs]

picked = np.random.default_rng(seed).permutation(N)[:5]
print("\nan unseen sentence, what is written from the mean of its z, and the words of its bag")
for i, (sentence, bag) in zip(picked, written(mean[picked]), strict=True):
    print(f"  {space.join(sentences['test'][i])}\n    {sentence}" + f"\n    [{bag}]" * bool(bag))
print("\nz drawn from the prior, written greedily", *(f"  {s}" for s, _ in written(latent.prior(model, 6, seed))), sep="\n")
shares = np.linspace(0, 1, 7, dtype=np.float32)
way = (1 - shares[:, None]) * mean[picked[0]] + shares[:, None] * mean[picked[1]]  # (7, Z)
lines = [(float(share), *pair) for share, pair in zip(shares, written(way), strict=True)]
print("\nfrom one sentence to another", *(f"  {share:.2f}  {sentence}" for share, sentence, _ in lines), sep="\n")
results.figure("interpolation.svg", figures.strip_figure(lines))
results.write()
