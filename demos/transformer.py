# %% [markdown]
# # A Transformer language model
#
# A recurrent network hands a state from token to token. A Transformer has none: each position looks
# at the ones before it, all at once, so that training needs no loop over time and no gradient has
# to travel through it. What it cannot do is look further back than its window. `self_attention.py`
# and `layer_norm.py` take its parts apart; here one is trained by character, beside an LSTM that is
# given the same CPU seconds.
#
#     python demos/transformer.py                             the English that Python carries
#     python demos/transformer.py --data tinyshakespeare      nine minutes on one core
#     python demos/transformer.py --data my.txt               a book of 3 MB: twenty minutes
#     python demos/transformer.py --data my.txt --positions learned --no-lstm --save model.st

# %%
import time

import numpy as np

import tinydawn as td
from support.lm_figures import coloured_text
from support.run import Results, parse
from support.training import load_model, save_model, training
from support.transformer_figures import draw_learning, head_gallery
from support.transformer_lstm import train_lstm
from support.transformer_run import check, check_length, flags, load_text, settings_of
from tinydawn import decode, optim, text
from tinydawn.models.transformer import TransformerLM

parser = flags()
options = parse(parser)
check(parser, options)

# %% [markdown]
# ## The text, and what counting gives

# %%
train, validation = load_text(options)  # characters
sizes, updates, learning_rate = settings_of(options, len(train))  # by the amount of your own text
weights, about = load_model(options.load, TransformerLM) if options.load else (None, {})
if about:
    sizes = about["sizes"]
B, T = 16, sizes["max_length"]
check_length(options, train, validation, T)
results = Results("transformer", options, options.data or "pydoc_data.topics")

vocab = text.Vocab.from_list(about["tokens"]) if about else text.Vocab.build([train])
ids, held_out = np.array(vocab.encode(train)), np.array(vocab.encode(validation))
V = len(vocab)
if options.epochs:
    updates = options.epochs * len(ids) // (B * T) + 1
never = [vocab.pad_id, vocab.unk_id, vocab.bos_id, vocab.eos_id]
print(f"{len(ids):,} characters, {len(held_out):,} to validate, V = {V}")
for n in (1, 3, 5):
    ngram = text.KneserNey([ids.tolist()], n, vocab.bos_id, V - len(never))
    nats = -ngram.log_probs([held_out.tolist()]).mean()
    results.baseline(**{f"validation_nats_{n}gram": nats})
    print(f"{n}-gram {nats:.4f} nats per character")

# %% [markdown]
# ## The model
#
# D is its width, H the number of heads. A layer is x <- x + attention(norm(x)), then
# x <- x + W_2 gelu(W_1 norm(x)). The causal mask lets position t see 0 .. t only, so that one pass
# gives T predictions, one per position.

# %%
model = TransformerLM(V, **sizes)


def read(tokens: np.ndarray, target: np.ndarray, reduction: str = "mean") -> td.Tensor:
    """-log p of `target` (T, B), the character after each of `tokens` (T, B)."""
    x = model.embed(tokens.T)  # (B, T) -> (B, T, D): sqrt(D) e(w_t) + PE[t]
    for layer in model.layers:
        x = layer(x)  # (B, T, D)
    h = model.norm(x).transpose(0, 1).flatten(0, 1)  # (T B, D)
    return model.output(h, target.reshape(-1), reduction)  # softmax(U h + d) over V


# %% [markdown]
# ## Training: windows from anywhere
#
# No state is handed on, so windows need no order: B of them are cut from random places. The rate
# rises for the first twentieth of the updates (warm-up), then falls in a straight line to 0. Weight
# decay is for matrices, not for biases and norms.


# %%
def window(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets, (T, B) each."""
    starts = rng.integers(0, len(ids) - T, B)
    cut = ids[starts + np.arange(T + 1)[:, None]]  # (T + 1, B)
    return cut[:-1], cut[1:]


@td.no_grad()
def nats_by_position(order: np.ndarray | None = None, every: int = 1) -> np.ndarray:
    """(T,) mean of -log p at each position of validation windows, one at every T / 2.

    order  mixes what they read, if it is given
    every  1 takes all windows, 6 a sixth of them
    """
    starts, total = np.arange(0, len(held_out) - T, every * T // 2), np.zeros(T)
    for some in np.array_split(starts, len(starts) // 64 + 1):
        cut = held_out[some + np.arange(T + 1)[:, None]]  # (T + 1, B)
        inputs, targets = cut[:-1], cut[1:]
        if order is not None:
            inputs = inputs[order]
        nll = read(inputs, targets, "none").numpy()  # (T B,)
        total += nll.reshape(T, -1).sum(axis=1)
    return total / len(starts)


rng = np.random.default_rng(options.seed)
kept = {"curve": [], "seconds": 0.0}
if weights:
    model.load_state_dict(weights)
else:
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.99))
    schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, updates)
    measured_every = -(-updates // 8)
    for update, bar in training(options, updates, model, optimizer, schedule, kept, "Transformer",
                                {"windows": rng}):
        begun = time.process_time()
        inputs, targets = window(rng)  # (T, B)
        loss = read(inputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        kept["seconds"] += time.process_time() - begun

        if (update + 1) % measured_every == 0 or update + 1 == updates:
            nats = nats_by_position(every=6)[T // 2:].mean()
            kept["curve"].append((kept["seconds"], nats))
            bar.set_postfix(validation=f"{nats:.3f}")
    if options.save:
        save_model(options.save, model, **(about or {"tokens": vocab.to_list(), "sizes": sizes}))

# %% [markdown]
# ## How good is it, and how far back does it look?
#
# Each character of the second half of a window is predicted from at least T / 2 before it: this is
# the model's figure. The mean over all positions, the first of which see next to nothing, is what
# is often printed. And what it reads is order: with the characters before the last one mixed, it is
# worse than counting letters (1-gram), for it was never shown such text.

# %%
places = nats_by_position()  # (T,)
own = places[T // 2:].mean()
shuffled = np.append(np.random.default_rng(0).permutation(T - 1), T - 1)  # the last one stays
mixed = nats_by_position(shuffled)[-1]
seconds = kept["seconds"]
results.metric(validation_nats=own, validation_nats_all_positions=places.mean(),
               validation_nats_first_position=places[0], validation_nats_mixed=mixed,
               cpu_seconds_transformer=seconds)
count = sum(p.data.size for p in model.parameters())
print(f"\nTransformer {own:.4f} after {seconds:.0f} CPU s, "
      f"{updates:,} updates of {count:,} parameters")
print(f"  the mean over all positions {places.mean():.4f}; "
      f"with the characters before the last mixed {mixed:.2f}")

# %% [markdown]
# ## An LSTM, for the same CPU seconds
#
# It carries its state from window to window, so it reads all that came before, and on a small text,
# in a short time, it is the better model of the two (tinyshakespeare, three seeds: 1.510 +- .007
# against 1.540 +- .006, the 5-gram 1.561). So is counting on the text that Python carries.
# Transformers win where models are large and text is plenty: all positions are computed at once,
# and a processor that does many things at the same time is kept busy.

# %%
if seconds and not options.no_lstm:
    lstm = train_lstm(options, ids, held_out, V, vocab["\n"], seconds, T)
    results.baseline(validation_nats_lstm=lstm.nats, cpu_seconds_lstm=lstm.seconds)
    print(f"LSTM {lstm.nats:.4f} after {lstm.seconds:.0f} CPU s, "
          f"{lstm.updates:,} updates of {lstm.parameters:,} parameters")

# %% [markdown]
# ## Heads
#
# What does each head look at? In the first layer, at the last few characters. Higher up there are
# columns: all letters of a word look at where it began.


# %%
def attention(tokens: np.ndarray) -> np.ndarray:
    """What each position (row) of one text (T,) looks at in each layer and head, (L, H, T, T)."""
    return np.stack([layer[0] for layer in model.attention(tokens[:, None])])


starts = range(0, min(40 * T, len(held_out) - T), T)
heads = np.stack([attention(held_out[i:i + T]) for i in starts])  # (windows, L, H, T, T)
t = np.arange(4, T)
evenly = (1 / (t + 1)).mean()  # the share that one character has, if all have the same
print()
for k, name in ((1, "one"), (2, "two")):
    back = heads[..., t, t - k].mean(axis=(0, 3))  # (L, H): the share of the character k before
    layer, head = np.unravel_index(back.argmax(), back.shape)
    print(f"looks {name} back: head {head + 1} of layer {layer + 1} gives {back.max():.2f} of its "
          f"attention there; evenly spread it would be {evenly:.2f}")
    results.metric(**{"previous_character_head" if k == 1 else "second_character_head": back.max()})
results.baseline(previous_character_evenly=evenly)

line = held_out[:32]
one_back = heads[..., t, t - 1].mean(axis=(0, 3))  # (L, H)
titles = [[f"{share:.2f} to the one before" for share in layer] for layer in one_back]
picture = head_gallery(attention(line), [vocab.tokens[i] for i in line], titles)
results.figure("heads.svg", picture)

# %% [markdown]
# ## It writes, with keys and values kept
#
# What a position's key and value are depends on nothing after it, so they are computed once. Each
# new character costs one position; read anew, it would cost all.

# %%
with td.no_grad():
    (found,) = decode.sample(model.step, model.start(1), 1, vocab["\n"], None, 400,
                             rng=options.seed, forbid=never, temperature=options.temperature)
print("\n" + "".join(vocab.tokens[i] for i in found.tokens))

state, line = model.start(1), held_out[:T]
gap, seconds_kept, seconds_anew = 0.0, 0.0, 0.0
with td.no_grad():
    for t in range(T):
        begun = time.process_time()
        log_p, state = model.step(line[t:t + 1], state)  # (1, V)
        between = time.process_time()
        last = model.features(line[:t + 1, None])[:, -1]  # (1, t + 1, D) -> (1, D)
        anew = model.output.log_probs(last)  # (1, V)
        seconds_kept += between - begun
        seconds_anew += time.process_time() - between
        gap = max(gap, float(np.abs(log_p.numpy() - anew.numpy()).max()))
print(f"\n{T} characters: {1e3 * seconds_kept:.0f} ms with keys and values kept, "
      f"{1e3 * seconds_anew:.0f} ms reading anew; log p differs by at most {gap:.0e}")
results.metric(cached_gap=gap, cached_times_faster=seconds_anew / max(seconds_kept, 1e-9))

# %% [markdown]
# ## Pictures

# %%
starts = np.arange(min(12, len(held_out) // T)) * (T // 2)
cut = held_out[starts + np.arange(T + 1)[:, None]]  # (T + 1, B)
p = np.exp(-read(cut[:-1], cut[1:], "none").numpy()).reshape(T, -1)  # (T, B)
p = p[T // 2:].T  # (B, T / 2): what it gave to each character, of windows that join
shown = [vocab.tokens[i] for i in cut[T // 2 + 1:].T.reshape(-1)]
results.figure("probabilities.svg", coloured_text(shown, p.reshape(-1)))
draw_learning(results, places, kept["curve"])
results.write()
