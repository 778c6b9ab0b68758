# %% [markdown]
# # A Transformer language model
#
# A recurrent network hands a state from token to token. A Transformer has none: each position looks
# at the ones before it, all at once, so that training needs no loop over time and no gradient has
# to travel through it. You see attention in four lines; a model made of it that learns English by
# character, beside an LSTM that is given the same CPU seconds; two small languages, of which each
# model learns one in the same seconds; and what two of its heads look at. `self_attention.py` and
# `layer_norm.py` take the parts apart.
#
#     python demos/transformer.py                             the English that Python carries
#     python demos/transformer.py --data tinyshakespeare      nine minutes on one core
#     python demos/transformer.py --data my.txt               a book of 3 MB: twenty minutes
#     python demos/transformer.py --data my.txt --positions learned --no-lstm --save model.st

# %%
import math
import time

import numpy as np

import tinydawn as td
from support import transformer_figures as figures
from support import transformer_run as run
from support.run import Results
from support.training import training
from tinydawn import decode, nn, optim
from tinydawn.models.rnn_lm import RNNLM
from tinydawn.models.transformer import TransformerLM
from tinydawn.nn import functional as F

options = run.read_flags()
results = Results("transformer", options, options.data or "pydoc_data.topics")

# %% [markdown]
# ## Attention in four lines
#
# Every position makes a query q, a key k and a value v. It compares its query with the keys of all
# positions up to itself, and takes the mean of their values, weighted by softmax(q k / sqrt(d)).
# B batch, H heads, T time, d the width of a head, D = H d that of the model.

# %%
def attention(query: td.Tensor, key: td.Tensor, value: td.Tensor) -> td.Tensor:
    """(B, H, T, d) each -> (B, H, T, d)."""
    T, d = query.shape[-2:]
    future = ~np.tri(T, dtype=bool)  # (T, T): above the diagonal
    scores = query @ key.transpose(-2, -1) / math.sqrt(d)  # (B, H, T, T): who asks, who answers
    scores = scores.masked_fill(future, -math.inf)  # nobody looks ahead
    weights = F.softmax(scores, axis=-1)  # (B, H, T, T): each row sums to 1
    return weights @ value  # (B, H, T, d)


# %% [markdown]
# A layer lets every head attend in its own d of the D features, puts the heads side by side again,
# and ends with a small network that treats each position alone. Both parts are added to what was
# there before: x <- x + attention(norm(x)), then x <- x + W_2 gelu(W_1 norm(x)). The library's
# layer does the same, faster, so that one is trained below [layer_gap < 0.0001].

# %%
def layer_by_hand(layer: nn.Module, x: td.Tensor) -> td.Tensor:
    """(B, T, D) -> (B, T, D), with the weights of the library's layer."""
    B, T, D = x.shape
    H = layer.self_attn.num_heads
    qkv = F.linear(layer.norm1(x), layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias)
    qkv = qkv.reshape(B, T, 3, H, D // H)  # of (B, T, 3 D): q, then k, then v, of H heads each
    # axis 2 (which of the three) comes first, to be taken apart; 0 (B), 3 (H), 1 (T), 4 (d) follow
    query, key, value = qkv.permute(2, 0, 3, 1, 4)  # (B, H, T, d) each
    seen = attention(query, key, value)  # (B, H, T, d)
    x = x + layer.self_attn.out_proj(seen.transpose(1, 2).flatten(2))  # (B, T, H d) -> (B, T, D)
    return x + layer.linear2(F.gelu(layer.linear1(layer.norm2(x))))  # (B, T, D)


with td.no_grad():
    x = td.randn(2, 10, 32)  # (B, T, D)
    layer = TransformerLM(5, d_model=32, nhead=4).layers[0]
    gap = abs(layer_by_hand(layer, x) - layer(x)).amax().item()
results.metric(layer_gap=gap)
print(f"a layer by hand and the library's differ by {gap:.0e}")

# %% [markdown]
# ## The text, and what counting gives

# %%
B = 16
corpus = run.prepare(options, B)  # characters as ids, and the sizes that suit their number
ids, vocab, T = corpus.ids, corpus.vocab, corpus.sizes["max_length"]
run.count_ngrams(results, corpus)

# %% [markdown]
# ## The model
#
# The causal mask lets position t see 0 .. t only, so that one pass gives T predictions, one per
# position: text is never read twice to be learned from. On the small text it has one layer: in so
# short a time two, of 64 features, learn less (1.82 nats, measured once, where one layer of 96 has
# 1.63).

# %%
model = TransformerLM(len(vocab), **corpus.sizes)
if corpus.state:
    model.load_state_dict(corpus.state)


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
def windows_at(text: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """A window in each column, and the character after it: (T + 1, N)."""
    return text[starts + np.arange(T + 1)[:, None]]


@td.no_grad()
def nats_by_place(windows: np.ndarray) -> np.ndarray:
    """(T,) the mean of -log p at each place of windows (T + 1, N)."""
    parts = np.array_split(windows, windows.shape[1] // 64 + 1, axis=1)
    nats = [read(part[:-1], part[1:], "none").numpy().reshape(T, -1) for part in parts]
    return np.concatenate(nats, axis=1).mean(axis=1)


held_out = windows_at(corpus.held_out, np.arange(0, len(corpus.held_out) - T, T // 2))
drawn = held_out[:, :2 * run.DRAWN // T]  # the same text as that of the LSTM's curve

# %%
rng = np.random.default_rng(options.seed)
kept = {"curve": [], "seconds": 0.0}
updates = corpus.updates
matrices = [p for p in model.parameters() if p.ndim > 1]
others = [p for p in model.parameters() if p.ndim == 1]
groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
optimizer = optim.AdamW(groups, lr=corpus.learning_rate, betas=(0.9, 0.99))
schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, max(1, updates))
for update, _ in training(options, updates, model, optimizer, schedule, kept, "Transformer",
                          {"windows": rng}):
    begun = time.process_time()
    window = windows_at(ids, rng.integers(0, len(ids) - T, B))  # (T + 1, B)
    loss = read(window[:-1], window[1:])
    optimizer.zero_grad()
    loss.backward()
    optim.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    kept["seconds"] += time.process_time() - begun
    if (update + 1) % max(1, updates // 6) == 0:
        nats = nats_by_place(drawn)[T // 2:].mean()
        kept["curve"].append((kept["seconds"], nats))
run.keep(options, model, corpus)

# %% [markdown]
# ## How good is it?
#
# Each character of the second half of a window is predicted from at least T / 2 before it: this is
# the model's figure. The mean over all places, the first of which see next to nothing, is what is
# often printed, and it is worse [validation_nats < validation_nats_all_positions]. And what the
# model reads is order: with the characters before the last one mixed, it knows far less
# [validation_nats_mixed > validation_nats + 0.8].

# %%
places = nats_by_place(held_out)  # (T,)
mix = np.append(np.random.default_rng(0).permutation(T - 1), [T - 1, T])  # the last one stays
mixed = nats_by_place(held_out[mix])[-1]
run.report_english(results, model, places, mixed, kept["seconds"])

# %% [markdown]
# ## An LSTM, for the same CPU seconds
#
# It carries its state from window to window, so it reads all that came before. In a short time on a
# small text the Transformer is better than counting three letters [validation_nats <
# validation_nats_3gram - 0.02], and counting five letters is better than both
# [validation_nats_5gram < validation_nats - 0.2 and validation_nats_5gram < validation_nats_lstm -
# 0.2]: the manual of Python repeats itself. Which of the two is ahead after some ten seconds
# depends on how many updates the LSTM makes in them, and so on the machine. One seed. (With
# tinyshakespeare, three seeds, measured once: LSTM 1.510 +- .007, Transformer 1.540 +- .006.) With
# large models and much text Transformers win, since all positions are computed at once and a
# processor that does many things at the same time is kept busy: a minute on one core cannot show
# that.

# %%
lstm_curve = []
if kept["seconds"] and not options.no_lstm:
    lstm_curve = run.train_lstm(results, options, corpus, kept["seconds"])
figures.draw_english(results, kept["curve"], lstm_curve)

# %% [markdown]
# ## Two languages: in the same seconds each model learns one
#
# Both are made by a rule, so that what can be known is known. In the first a few letters are drawn
# by chance, and then **copied**: the truth costs ln 8 = 2.08 nats for each of the drawn letters,
# and 0 for each copied one. In the second a **switch** is pressed or not, again and again; now and
# then comes a question, whether the light is on, and its answer, which also costs 0.

# %%
def copied_letters(rng: np.random.Generator, n: int, B: int) -> np.ndarray:
    """n letters of 8, a bar (0), and the same letters: (2 n + 1, B)."""
    letters = rng.integers(1, 9, (n, B))
    return np.concatenate([letters, np.zeros((1, B), int), letters])


QUESTION = 2  # beside 0, nothing happens, and 1, a press; the answers are 3, off, and 4, on


def light_switch(rng: np.random.Generator, T: int, B: int) -> np.ndarray:
    """T events of a switch, (T, B)."""
    events, on, asked = [], np.zeros(B, int), np.zeros(B, bool)
    for _ in range(T):
        event = rng.choice(3, B, p=[0.425, 0.425, 0.15])  # nothing, a press, a question
        event = np.where(asked, 3 + on, event)  # after a question comes its answer
        on = on ^ (event == 1)
        asked = event == QUESTION
        events.append(event)
    return np.array(events)


# %% [markdown]
# Small models of either kind learn them, given fresh text at every update; who comes second gets as
# many CPU seconds as the first took.

# %%
def nats_of(model: TransformerLM | RNNLM, text: np.ndarray, reduction: str = "none") -> td.Tensor:
    """-log p of all that follows the first symbol of each text (T, B)."""
    found = model(text[:-1], text[1:], reduction=reduction)
    return found if isinstance(model, TransformerLM) else found[0]  # an LSTM gives its state, too


@td.no_grad()
def judge(model: TransformerLM | RNNLM, text: np.ndarray) -> np.ndarray:
    """What each symbol after the first costs: (T - 1, B)."""
    return nats_of(model, text).numpy().reshape(len(text) - 1, -1)


# %%
def learn(model, language, size: int, rate: float, updates=math.inf, seconds=math.inf) -> float:
    """Train for so many updates or CPU seconds; returns the seconds."""
    rng = np.random.default_rng(options.seed)
    optimizer = optim.Adam(model.parameters(), lr=rate)
    used, update = 0.0, 0
    while update < updates and used < seconds:
        begun = time.process_time()
        over = max(update / updates, used / seconds)  # the share of the training that is over
        optimizer.param_groups[0]["lr"] = rate * min(1, (update + 1) / 20) * (1 - over)
        loss = nats_of(model, language(rng, size, 16), "mean")
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        update, used = update + 1, used + time.process_time() - begun
    return used


# %% [markdown]
# Copying is what attention is made for: it looks a letter up where it stood, however many stand
# between. The Transformer copies 16 letters [copy_nats_transformer_16 < 0.3]. The LSTM has to keep
# all of them in one vector. It manages 4 [copy_nats_lstm_4 < 0.3]; of 8 and of 16 it knows next to
# nothing after the same seconds, where a guess costs 2.08
# [copy_nats_lstm_8 > 1.7 and copy_nats_lstm_16 > 1.8]. One seed; what it would learn in more time
# is not measured here.

# %%
fresh = np.random.default_rng(options.seed + 1000)
lengths = (4,) if options.quick else (4, 8, 16)
copied = {"Transformer": {}, "LSTM": {}}
for n in lengths:
    td.manual_seed(options.seed)  # whatever was trained before
    transformer, lstm = TransformerLM(9, 32, max_length=2 * n), RNNLM(9, 32, 64)
    used = learn(transformer, copied_letters, n, 1e-2, updates=100 if options.quick else 300)
    learn(lstm, copied_letters, n, 2e-2, seconds=used)
    text = copied_letters(fresh, n, 300)
    by_place = {"Transformer": judge(transformer, text).mean(axis=1),  # (2 n,)
                "LSTM": judge(lstm, text).mean(axis=1)}
    for name, nats in by_place.items():
        copied[name][n] = nats[n:].mean()
    run.report_made_up(results, f"copying {n} letters", f"copy_nats_{{}}_{n}",
                       copied["Transformer"][n], copied["LSTM"][n], used)
truth = np.array([math.log(8)] * (n - 1) + [0] * (n + 1))  # the bar and the copy are certain
results.figure("positions.svg", figures.places_figure(by_place, truth))

# %% [markdown]
# The switch is what a state is made for: one bit, turned over at each press. The LSTM knows it
# however often the switch was pressed [light_nats_lstm < 0.1]. A Transformer has no state: in a
# fixed number of layers it would have to count all presses, and to see whether their number is odd.
# In the same seconds it learns what holds before the first press, and after a press it does no
# better than a guess, which costs ln 2 = 0.69 [light_nats_transformer > 0.5 and
# (light_nats_transformer_odd + light_nats_transformer_even) / 2 > 0.65]. The zigzag of its line in
# the picture: it leans to "on", whatever was pressed, which is right after an odd number of presses
# and wrong after an even one [light_nats_transformer_odd < light_nats_transformer_even].

# %%
length = 24
td.manual_seed(options.seed)
transformer, lstm = TransformerLM(5, 32, max_length=length), RNNLM(5, 32, 32)
used = learn(lstm, light_switch, length, 2e-2, updates=60 if options.quick else 450)
learn(transformer, light_switch, length, 1e-2, seconds=used)
text = light_switch(fresh, length, 1000)
is_answer = text[:-1] == QUESTION  # (T - 1, B): what comes next is an answer
presses = (text == 1).cumsum(axis=0)[:-1]  # (T - 1, B): how many there were so far
costs = {"Transformer": judge(transformer, text), "LSTM": judge(lstm, text)}  # (T - 1, B) each
told = {name: {k: nats[is_answer & (presses == k)].mean() for k in range(11)}
        for name, nats in costs.items()}
run.report_made_up(results, "the light switch", "light_nats_{}",
                   *[nats[is_answer].mean() for nats in costs.values()], used)
for name, odd in (("odd", 1), ("even", 0)):
    these = is_answer & (presses > 0) & (presses % 2 == odd)
    results.metric(**{f"light_nats_transformer_{name}": costs["Transformer"][these].mean()})
results.figure("winners.svg", figures.winners_figure(copied, told))

# %% [markdown]
# ## Heads
#
# Of the model of English: what do its heads look at? The picture shows two of them. One gives the
# character before many times its even share
# [previous_character_head > 5 * previous_character_evenly]. Of another a letter inside a word looks
# back at the space before the word, which makes columns
# [word_start_head > 2 * previous_character_evenly]. Both do other things as well: much of the
# attention goes elsewhere [max(previous_character_head, word_start_head) < 0.65].

# %%
def looks(tokens: np.ndarray) -> np.ndarray:
    """What each position (row) of one text (T,) looks at in each layer and head, (L, H, T, T)."""
    return np.stack([layer[0] for layer in model.attention(tokens[:, None])])


texts = held_out[:-1, :80:2].T  # (N, T)
heads = np.stack([looks(text) for text in texts], axis=2)  # (L, H, N, T, T)
n, t = np.mgrid[:len(texts), 4:T].reshape(2, -1)  # every text and place, but the first four
start = run.word_starts(texts, vocab)[n, t]
inside = (start > 0) & (t - start >= 2)  # the space is further back than the character before
shares = {
    "previous_character": heads[:, :, n, t, t - 1].mean(axis=2),  # (L, H)
    "second_character": heads[:, :, n, t, t - 2].mean(axis=2),
    "word_start": heads[:, :, n[inside], t[inside], start[inside]].mean(axis=2),
}

# %%
evenly = (1 / (t + 1)).mean()  # the share that one character has, if all have the same
run.report_heads(results, shares, evenly)

line = corpus.held_out[run.first_line(corpus)][:24]  # (24,)
t = np.arange(len(line))
start = run.word_starts(line[None], vocab)[0]  # (24,)
marks = {"previous_character": [(i, i - 1) for i in t[1:]],
         "word_start": [(i, start[i]) for i in t if start[i] > 0 and i - start[i] >= 2]}
letters = [vocab.tokens[i] for i in line]
results.figure("heads.svg", figures.two_heads(looks(line), letters, shares, marks))

# %% [markdown]
# ## It writes, with keys and values kept
#
# What a position's key and value are depends on nothing after it, so they are computed once. Each
# new character costs one position; read anew, it would cost all. Both give the same
# [cached_gap < 0.001]. Of only 48 characters reading anew takes longer, but not many times as long
# [1 < cached_times_faster < 4], for most of the time goes to calling NumPy, whatever the number of
# positions; the saving grows with the text.

# %%
with td.no_grad():
    (found,) = decode.sample(model.step, model.start(1), 1, vocab["\n"], None, 400,
                             rng=options.seed, forbid=corpus.never,
                             temperature=options.temperature)
print("\n" + "".join(vocab.tokens[i] for i in found.tokens))

# %%
@td.no_grad()
def with_kept_keys(line: np.ndarray) -> np.ndarray:
    """(T, V): log p of what follows each of `line` (T,), one position computed for each."""
    state, found = model.start(1), []
    for t in range(len(line)):
        log_p, state = model.step(line[t:t + 1], state)  # (1, V)
        found.append(log_p.numpy()[0])
    return np.array(found)


@td.no_grad()
def read_anew(line: np.ndarray) -> np.ndarray:
    """The same, with all positions computed again for each."""
    found = []
    for t in range(len(line)):
        last = model.features(line[:t + 1, None])[:, -1]  # (1, t + 1, D) -> (1, D)
        found.append(model.output.log_probs(last).numpy()[0])
    return np.array(found)


run.report_cached(results, corpus.held_out[:T], with_kept_keys, read_anew)

# %% [markdown]
# ## What it held likely
#
# Each character of a few windows that join, the darker the more probable it was before it was seen.

# %%
joined = held_out[:, :38]  # (T + 1, B): the second half of each goes on where the one before ends
p = np.exp(-read(joined[:-1], joined[1:], "none").numpy()).reshape(T, -1)  # (T, B)
shown = [vocab.tokens[i] for i in joined[T // 2 + 1:].T.reshape(-1)]
results.figure("probabilities.svg", figures.coloured_text(shown, p[T // 2:].T.reshape(-1)))
results.write()
