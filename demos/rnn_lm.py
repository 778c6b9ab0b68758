# %% [markdown]
# # A recurrent language model
#
# A recurrent network reads a text token by token. What it has read is in its state, so it can use
# more than the last four words; the same weights serve every step. It is trained to guess the next
# token from the true ones before it (teacher forcing), and judged by its perplexity: exp of the
# mean of -log p over all tokens, ends of sentences counted.
#
#     python demos/rnn_lm.py                             the English that Python carries
#     python demos/rnn_lm.py --data ptb                  words; about ten minutes on one core
#     python demos/rnn_lm.py --data tinyshakespeare      characters
#     python demos/rnn_lm.py --data names                each line by itself; or --data tang
#     python demos/rnn_lm.py --data my.txt               a book of 3 MB: seven minutes
#     python demos/rnn_lm.py --data my.txt --level words --kind rnn --temperature 0.7
#     mpiexec -n 4 python -m mpi4py demos/rnn_lm.py --distributed

# %%
import numpy as np

import tinydawn as td
from support.lm_figures import coloured_text
from support.rnn_lm_figures import network_figures
from support.rnn_lm_run import (
    check,
    describe,
    encode,
    flags,
    header,
    level_of,
    load_text,
    report,
    settings_of,
)
from support.run import Results, parse
from support.training import load_model, save_model, training
from tinydawn import decode, distributed, nn, optim, text
from tinydawn.models.rnn_lm import RNNLM, detach

parser = flags()
options = parse(parser)
check(parser, options)
if options.distributed:
    distributed.start(options.seed)  # without it, `distributed` below is this process alone

# %% [markdown]
# ## The text, as one long row of ids

# %%
level = level_of(options)
sentences = load_text(options, level)
settings = settings_of(options, sentences)  # by the amount of text, if it is your own
window, batch_size = settings.window, settings.batch_size
results = Results("rnn_lm", options, options.data or "pydoc_data.topics")
weights, about = load_model(options.load, RNNLM) if options.load else (None, {})
corpus = encode(sentences, level, options.data, about)
encoded, vocab, V = corpus.encoded, corpus.vocab, len(corpus.vocab)
held_out = [split for split in encoded if split != "train"]

# %% [markdown]
# ## The model
#
# x_t = e(w_t), h_t = RNN, GRU or LSTM(x_t, h_(t-1)), p(w_(t+1)) = softmax(U h_t + d). B texts are
# read side by side, T tokens of each at a time; H is the width of the state.

# %%
about = about or describe(corpus, settings)
kind, sizes = about["kind"], about["sizes"]
model = RNNLM(V, kind=kind, classes=about["classes"], **sizes)


def read(tokens: np.ndarray, target: np.ndarray, state, reduction: str = "mean"):
    """-log p of `target`, the token after each of `tokens`, and the state after the last one."""
    x = model.dropout(model.embedding(tokens))  # (T, B) -> (T, B, E)
    h, state = model.recurrent(x, state)  # (T, B, H), (1, B, H)
    h = model.dropout(h).flatten(0, 1)  # (T B, H)
    return model.output(h, target.reshape(-1), reduction), state


# %% [markdown]
# ## Baselines: what counting gives

# %%
header(held_out)
ngrams = {"bigram": text.AddK(encoded["train"], 2, vocab.bos_id, corpus.known)} if V < 200 else {}
for n in (1, 3, 5):
    ngrams[f"{n}-gram"] = text.KneserNey(encoded["train"], n, vocab.bos_id, corpus.known)
for name, ngram in ngrams.items():
    found = {split: -ngram.log_probs(encoded[split]).mean() for split in held_out}
    report(name, found, results.baseline, f"_{name.replace('-', '')}")

# %% [markdown]
# ## Training: windows of a running text, the state handed on
#
# The text is cut into B long pieces, side by side. Each window of T steps starts from the state
# that the window before it ended in, so the network may remember more than T steps. But `detach`
# cuts its past off: gradients go back at most T steps (truncated back-propagation through time).
# Without it every window's graph would hang on all windows before.


# %%
def windows_of_epoch(epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Inputs and targets, (T, B) each. Running text must stay as it is; lines may be shuffled."""
    part = encoded["train"]
    if level == "lines":
        order = np.random.default_rng((options.seed, epoch)).permutation(len(part))
        part = [part[i] for i in order]
    inputs, targets = text.contiguous(np.concatenate(part), batch_size, corpus.first)
    mine = distributed.share(inputs, 1), distributed.share(targets, 1)  # columns of this process
    return list(text.windows(*mine, window))


def nats(split: str) -> float:
    """Mean of -log p over all tokens, each counted once: sums are added, never means of batches."""
    ids = np.concatenate(encoded[split])
    total, tokens, state = 0.0, 0, None
    model.eval()
    with td.no_grad():
        for x, y in text.windows(*text.contiguous(ids, 8, corpus.first, pad=vocab.pad_id), 100):
            loss, state = read(x, y, state, reduction="none")  # (T B,)
            real = y.reshape(-1) != vocab.pad_id
            total += loss.numpy()[real].sum(dtype=float)
            tokens += int(real.sum())
    return total / tokens


def write(length: int, seed: int) -> str:
    """Draw each next token from what the model gives, and read it."""
    begin = vocab["\n"] if level == "characters" else corpus.first
    end = vocab.eos_id if level == "lines" else None
    model.eval()
    with td.no_grad():
        (found,) = decode.sample(
            model.step, model.start(1), 1, begin, end, length, rng=seed, top_k=options.top_k,
            temperature=options.temperature, forbid=[*corpus.never, vocab.unk_id])
    return corpus.spell(found.tokens)


kept: dict = {"norms": [], "curve": [], "state": None}
if weights:
    model.load_state_dict(weights)
else:
    distributed.broadcast(model)
    per_epoch = len(windows_of_epoch(0))
    updates = settings.epochs * per_epoch
    optimizer = optim.Adam(model.parameters(), lr=settings.learning_rate)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 50, updates)
    windows: list = []
    for step, bar in training(options, updates, model, optimizer, schedule, kept):
        epoch, i = divmod(step, per_epoch)
        if i == 0:
            kept["state"] = None  # the text begins anew
        if i == 0 or not windows:  # none, where a run goes on in the middle of an epoch
            windows = windows_of_epoch(epoch)
        x, y = windows[i]  # (T, B)
        optimizer.zero_grad()
        if y.size:  # of many processes some may have no column
            model.train()
            loss, kept["state"] = read(x, y, detach(kept["state"]))
            loss.backward()
        distributed.average_gradients(model, y.size)
        norm = optim.clip_grad_norm_(model.parameters(), options.clip)  # of all gradients together
        optimizer.step()
        schedule.step()

        kept["norms"].append(norm)
        if i == per_epoch - 1:
            kept["curve"].append((epoch + 1, nats("validation")))
            sample = write(15 if level == "words" else 60, epoch)
            bar.write(f"epoch {epoch + 1}, validation {kept['curve'][-1][1]:.3f}: {sample!r}")
distributed.finish(model)  # from here on the first process is alone
if options.save:
    save_model(options.save, model, **about)

# %% [markdown]
# ## How good is it, and what does it write?

# %%
found = {split: nats(split) for split in held_out}
report(f"\n{kind.upper()}, {sizes['hidden_size']} units", found, results.metric)
if level == "characters":
    for seed in range(2):
        print(f"\n{write(300, seed)}")
else:
    for seed in range(6):
        print(write(20 if level == "words" else 30, seed))

# %% [markdown]
# ## Which GRU is it?
#
# The notes write h_t = z * h^_t + (1 - z) * h_(t-1), which means: z is how much is *new*. PyTorch
# writes (1 - z) * n + z * h: z is how much is *kept*. Both are one model, since
# 1 - sigmoid(a) = sigmoid(-a): change the sign of z's weights. The notes leave out the reset gate
# r, in the candidate tanh(W x + r * (U h)). Whether it stands outside this product (PyTorch) or
# inside, U (r * h) (Cho et al.), does make two models.


# %%
def gap(sign: int, **option) -> float:
    """How far a GRU's next state is from PyTorch's, with PyTorch's weights but the sign of z's."""
    other = nn.GRUCell(8, 8, **option)
    changed = {}
    for name, w in cell.state_dict().items():  # the rows of r, of z and of the candidate n
        r, z, n = np.split(w.numpy(), 3)
        changed[name] = np.concatenate([r, sign * z, n])
    other.load_state_dict(changed)
    return float(np.abs(other(x, h).numpy() - cell(x, h).numpy()).max())


td.manual_seed(options.seed)
cell = nn.GRUCell(8, 8)
x, h = td.randn(5, 8), td.randn(5, 8)  # (B, E), (B, H)
as_notes = gap(1, z_convention="notes")
as_notes_mapped = gap(-1, z_convention="notes")
as_cho = gap(1, reset_after=False)
print(f"\nPyTorch's weights in the notes' GRU: its state differs by up to {as_notes:.2f}; "
      f"with the sign of z's weights changed by {as_notes_mapped:.0e}; "
      f"with r inside the product by {as_cho:.2f}")
results.metric(gru_gap_notes=as_notes, gru_gap_mapped=as_notes_mapped, gru_gap_cho=as_cho)

# %% [markdown]
# ## Pictures

# %%
shown = np.concatenate(encoded["validation"])[:150 if level == "words" else 400]  # (T,)
before = np.concatenate([[corpus.first], shown[:-1]])
model.eval()
loss, _ = read(before[:, None], shown[:, None], None, reduction="none")  # (T,)
spelled = corpus.tokens(shown)
picture = coloured_text(spelled, np.exp(-loss.numpy()), spaces=level == "words")
results.figure("probabilities.svg", picture)
network_figures(results, kind, model, shown[:30], spelled[:30], kept, options.clip)
results.write()
