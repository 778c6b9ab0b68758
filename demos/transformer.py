# %% [markdown]
# # A Transformer language model
#
# A recurrent network hands a state from token to token. A Transformer has none: each position looks at the ones before it,
# all at once, so that training needs no loop over time and no gradient has to travel through it. What it cannot do is look
# further back than its window. `self_attention.py` and `layer_norm.py` take its parts apart; here one is trained by character,
# beside an LSTM that is given the same CPU seconds.
#
#     python demos/transformer.py                             the English that Python carries
#     python demos/transformer.py --data tinyshakespeare      nine minutes on one core
#     python demos/transformer.py --data my.txt --positions learned --no-lstm --save model.safetensors

# %%
import time

import numpy as np

import tinydawn as td
from support.head_gallery import head_gallery
from support.lm_figures import coloured_text
from support.lstm_baseline import train_lstm
from support.run import Results, arguments, parse
from support.training import load_model, save_model, saving, training
from tinydawn import decode, optim, text, viz
from tinydawn.errors import DataError, message
from tinydawn.models.transformer import TransformerLM

parser = arguments("Train a Transformer as a language model by character, look into its heads, and let it write.")
parser.add_argument("--positions", choices=("sinusoidal", "learned", "none"), default="sinusoidal")
parser.add_argument("--post-norm", action="store_true", help="norm(x + f(x)) in place of x + f(norm(x))")
parser.add_argument("--no-lstm", action="store_true", help="do not train an LSTM for the same CPU seconds beside it")
parser.add_argument("--temperature", type=float, default=0.8, help="of what is written: below 1 more careful; default 0.8")
saving(parser)
parser.add_argument("--load", metavar="FILE", help="do not train: use a model that was kept, on the same --data")
options = parse(parser)
if not 0 < options.temperature < np.inf:
    parser.error("--temperature: a number above 0")

# %% [markdown]
# ## The text, and what counting gives

# %%
small = {"d_model": 64, "nhead": 4, "num_layers": 2, "max_length": 48}
large = {"d_model": 128, "nhead": 4, "num_layers": 3, "max_length": 64}
sizes, updates, learning_rate = (large, 3600, 3e-3) if options.data == "tinyshakespeare" else (small, 900, 8e-3)
if options.quick:
    sizes, updates = {**small, "d_model": 32, "max_length": 32}, 200
sizes = {**sizes, "norm_first": not options.post_norm, "positions": None if options.positions == "none" else options.positions}
weights, about = load_model(options.load, TransformerLM) if options.load else (None, {})
sizes, B = about["sizes"] if about else sizes, 16
T = sizes["max_length"]
train, validation = (list(text.load_characters(options.data, split)) for split in ("train", "validation"))
validation = validation[:3000] if options.quick else validation
if min(len(train), len(validation)) <= 2 * T:
    raise DataError(message(f"--data {options.data}: {len(train)} characters to train on, {len(validation)} to validate",
                            fix=f"a text of at least {20 * T + 20:,} characters"))
results = Results("transformer", options, options.data or "pydoc_data.topics")
vocab = text.Vocab.from_list(about["tokens"]) if about else text.Vocab.build([train])
ids, held_out, V = np.array(vocab.encode(train)), np.array(vocab.encode(validation)), len(vocab)
updates = options.epochs * len(ids) // (B * T) + 1 if options.epochs else updates
print(f"{len(ids):,} characters, {len(held_out):,} to validate, V = {V}")
for n in (1, 3, 5):
    found = -text.KneserNey([ids.tolist()], n, vocab.bos_id, V - 4).log_probs([held_out.tolist()]).mean()
    results.baseline(**{f"validation_nats_{n}gram": found})
    print(f"{n}-gram {found:.4f} nats per character")

# %% [markdown]
# ## Training: windows from anywhere
#
# No state is handed on, so windows need no order: B of them are cut from random places. Each gives T predictions, one per
# position, in one pass: the causal mask lets position t see 0 .. t only. The rate rises for the first twentieth of the updates
# (warm-up), then falls in a straight line to 0. Weight decay is for matrices, not for biases and norms.

# %%
def window(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets, (T, B) each."""
    cut = ids[rng.integers(0, len(ids) - T, B) + np.arange(T + 1)[:, None]]  # (T + 1, B)
    return cut[:-1], cut[1:]

@td.no_grad()
def nats_by_position(order: np.ndarray | None = None, every: int = 1) -> np.ndarray:
    """(T,) mean of -log p at each position of validation windows, which begin every T / 2; `order` mixes what they read."""
    starts, total = np.arange(0, len(held_out) - T, every * T // 2), np.zeros(T)
    for some in np.array_split(starts, len(starts) // 64 + 1):
        cut = held_out[some + np.arange(T + 1)[:, None]]  # (T + 1, B)
        total += model(cut[:-1] if order is None else cut[:-1][order], cut[1:], "none").numpy().reshape(T, -1).sum(axis=1)
    return total / len(starts)

def optimize(parameters, steps: int) -> tuple[optim.AdamW, optim.lr_scheduler.LRScheduler]:
    groups = [{"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.1},
              {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0}]
    optimizer = optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.99))
    return optimizer, optim.get_linear_schedule_with_warmup(optimizer, steps // 20, steps)

about = about or {"tokens": vocab.to_list(), "sizes": sizes}
model, rng, kept = TransformerLM(V, **sizes), np.random.default_rng(options.seed), {"curve": [], "seconds": 0.0}
if weights:
    model.load_state_dict(weights)
else:
    optimizer, schedule = optimize([*model.parameters()], updates)
    for update, bar in training(options, updates, model, optimizer, schedule, kept, "Transformer", {"windows": rng}):
        before = time.process_time()
        loss = model(*window(rng))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        kept["seconds"] += time.process_time() - before
        if (update + 1) % (-(-updates // 8)) == 0 or update + 1 == updates:
            kept["curve"].append((kept["seconds"], nats_by_position(every=6)[T // 2:].mean()))
            bar.set_postfix(validation=f"{kept['curve'][-1][1]:.3f}")
    if options.save:
        save_model(options.save, model, **about)

# %% [markdown]
# ## How good is it, and how far back does it look?
#
# Each character of the second half of a window is predicted from at least T / 2 before it: this is the model's figure. The mean
# over all positions, the first of which see next to nothing, is what is often printed. And what it reads is order: with the
# characters before the last one mixed, it is worse than counting letters (1-gram), for it was never shown such text.

# %%
places, seconds = nats_by_position(), kept["seconds"]
own, mixed = places[T // 2:].mean(), nats_by_position(np.append(np.random.default_rng(0).permutation(T - 1), T - 1))[-1]
results.metric(validation_nats=own, validation_nats_all_positions=places.mean(), validation_nats_first_position=places[0],
               validation_nats_mixed=mixed, cpu_seconds_transformer=seconds)
count = sum(p.data.size for p in model.parameters())
print(f"\nTransformer {own:.4f} after {seconds:.0f} CPU s, {updates:,} updates of {count:,} parameters\n"
      f"  the mean over all positions {places.mean():.4f}; with the characters before the last mixed {mixed:.2f}")

# %% [markdown]
# ## An LSTM, for the same CPU seconds
#
# It carries its state from window to window, so it reads all that came before, and on a small text, in a short time, it is the
# better model of the two (tinyshakespeare, three seeds: 1.510 +- .007 against 1.540 +- .006, the 5-gram 1.561). So is counting on
# the text that Python carries. Transformers win where models are large and text is plenty: all positions are computed at once,
# and a processor that does many things at the same time is kept busy.

# %%
if seconds and not options.no_lstm:
    shape = (256, 32, T, 4e-3, 0.2) if options.data == "tinyshakespeare" else (192, 16, T, 8e-3, 0.0)  # H, B, T, rate, dropout
    lstm = train_lstm(options, ids, held_out, V, vocab["\n"], seconds, *shape)
    results.baseline(validation_nats_lstm=lstm.nats, cpu_seconds_lstm=lstm.seconds)
    print(f"LSTM {lstm.nats:.4f} after {lstm.seconds:.0f} CPU s, {lstm.updates:,} updates of {lstm.parameters:,} parameters")

# %% [markdown]
# ## Heads
#
# What does each head look at? In the first layer, at the last few characters. Higher up there are columns: all letters of a
# word look at where it began.

# %%
heads = np.stack([[w[0] for w in model.attention(held_out[i:i + T, None])]
                  for i in range(0, min(40 * T, len(held_out) - T), T)])  # (windows, L, H, T, T)
t = np.arange(4, T)
before = np.stack([heads[..., t, t - k].mean(axis=(0, 3)) for k in range(4)])  # (4, L, H): itself, one before, two, three
for k, name in ((1, "one"), (2, "two")):
    layer, head = np.unravel_index(before[k].argmax(), before[k].shape)
    print(f"\nlooks {name} back: head {head + 1} of layer {layer + 1} gives {before[k].max():.2f} of its attention there; "
          f"evenly spread it would be {(1 / (t + 1)).mean():.2f}", end="")
results.metric(previous_character_head=before[1].max(), second_character_head=before[2].max())
results.baseline(previous_character_evenly=(1 / (t + 1)).mean())

line = held_out[:32]
results.figure("heads.svg", head_gallery([w[0] for w in model.attention(line[:, None])], [vocab.tokens[i] for i in line],
                                         [[f"{x:.2f} to the one before" for x in row] for row in before[1]]))

# %% [markdown]
# ## It writes, with keys and values kept
#
# What a position's key and value are depends on nothing after it, so they are computed once. Each new character costs one
# position; read anew, it would cost all.

# %%
never = [vocab.pad_id, vocab.unk_id, vocab.bos_id, vocab.eos_id]
with td.no_grad():
    (found,) = decode.sample(model.step, model.start(1), 1, vocab["\n"], None, 400, rng=options.seed, forbid=never,
                             temperature=options.temperature)
    state, line, gap, clock = model.start(1), held_out[:T], 0.0, np.zeros(2)
    for t in range(T):
        marks = [time.process_time()]
        log_p, state = model.step(line[t:t + 1], state)
        marks.append(time.process_time())
        anew = model.output.log_probs(model.features(line[:t + 1, None])[:, -1])  # (1, V)
        clock += np.diff([*marks, time.process_time()])
        gap = max(gap, float(np.abs(log_p.numpy() - anew.numpy()).max()))
print("\n\n" + "".join(vocab.tokens[i] for i in found.tokens))
print(f"\n{T} characters: {1e3 * clock[0]:.0f} ms with keys and values kept, {1e3 * clock[1]:.0f} ms reading anew; "
      f"log p differs by at most {gap:.0e}")
results.metric(cached_gap=gap, cached_times_faster=clock[1] / max(clock[0], 1e-9))
cut = held_out[np.arange(0, min(12, len(held_out) // T) * T // 2, T // 2) + np.arange(T + 1)[:, None]]  # (T + 1, B)
p = np.exp(-model(cut[:-1], cut[1:], "none").numpy()).reshape(T, -1)[T // 2:].T  # (B, T / 2): what it gave to each character
results.figure("probabilities.svg", coloured_text([vocab.tokens[i] for i in cut[T // 2 + 1:].T.reshape(-1)], p.reshape(-1)))
levels = {key[16:]: x for key, x in results.record["baselines"].items() if key[16:] in ("3gram", "5gram", "lstm")}
for name, points, label in (("positions.svg", places, "position in the window"), ("nats.svg", kept["curve"], "CPU seconds")):
    if len(points):
        results.figure(name, lambda path, points=points, label=label: viz.training_curves(
            {"Transformer": points}, path, levels, label, "nats per character"))
results.write()
