# %% [markdown]
# # A recurrent language model
#
# A recurrent network reads a text token by token. What it has read is in its state, so it can use more than the last four
# words; the same weights serve every step. It is trained to guess the next token from the true ones before it (teacher
# forcing), and judged by its perplexity: exp of the mean of -log p over all tokens, ends of sentences counted.
#
#     python demos/rnn_lm.py                                  the English that Python carries, by character
#     python demos/rnn_lm.py --data ptb                       words; about ten minutes on one core
#     python demos/rnn_lm.py --data tinyshakespeare           characters; --data names, --data tang: each line by itself
#     python demos/rnn_lm.py --data my.txt --level words --kind rnn --temperature 0.7
#     mpiexec -n 4 python -m mpi4py demos/rnn_lm.py --distributed

# %%
import numpy as np

import tinydawn as td
from support.lm_figures import coloured_text, network_figures
from support.run import Results, arguments, parse
from support.training import load_model, save_model, saving, training
from tinydawn import decode, distributed, nn, optim, text
from tinydawn.metrics import perplexity
from tinydawn.models.nnlm import frequency_classes
from tinydawn.models.rnn_lm import RNNLM, detach

parser = arguments("Train an RNN, a GRU or an LSTM as a language model, measure it beside n-grams, and let it write.")
parser.add_argument("--level", choices=("characters", "words", "lines"), help="running text by character or by word, or the "
                    "characters of lines that have nothing to do with each other; default: what suits the data")
parser.add_argument("--kind", choices=("rnn", "gru", "lstm"), help="the recurrent layer")
parser.add_argument("--clip", type=float, default=1.0, help="the largest norm of a gradient; default 1")
parser.add_argument("--temperature", type=float, default=0.8, help="of what is written: below 1 more careful; default 0.8")
parser.add_argument("--top-k", type=int, help="write only the k likeliest tokens")
saving(parser)
parser.add_argument("--load", metavar="FILE", help="do not train: use a model that was kept, on the same --data")
parser.add_argument("--distributed", action="store_true", help="train in all processes that mpiexec started")
options = parse(parser)
if min(options.clip, options.temperature) <= 0:
    parser.error("--clip and --temperature: above 0")
if options.distributed:
    distributed.start(options.seed)  # without this, the calls of `distributed` below are those of one process alone

# %% [markdown]
# ## The text, as one long row of ids

# %%
# level, kind, sizes, learning rate, batch, window, epochs
SETTINGS: dict = {
    None: ("characters", "gru", {"embedding_size": 64, "hidden_size": 192, "dropout": 0.2}, 4e-3, 16, 48, 10),
    "tinyshakespeare": ("characters", "lstm", {"embedding_size": 64, "hidden_size": 256, "dropout": 0.2}, 3e-3, 32, 64, 6),
    "ptb": ("words", "lstm", {"embedding_size": 128, "hidden_size": 256, "dropout": 0.35}, 2e-3, 20, 35, 8),
    "brown": ("words", "lstm", {"embedding_size": 128, "hidden_size": 256, "dropout": 0.35}, 2e-3, 20, 35, 6),
    "names": ("lines", "gru", {"embedding_size": 32, "hidden_size": 200, "dropout": 0.3}, 5e-3, 32, 32, 12),
    "tang": ("lines", "gru", {"embedding_size": 96, "hidden_size": 192, "dropout": 0.4}, 3e-3, 16, 21, 8)}
level, kind, sizes, learning_rate, batch_size, window, epochs = SETTINGS.get(options.data, SETTINGS[None])
level, kind, epochs = options.level or level, options.kind or kind, 1 if options.quick else options.epochs or epochs
splits = ("train", "validation", "test")[:2 if level == "characters" else 3]

def load(split: str) -> list[list[str]]:
    """Sentences of tokens; of a text by character a single one."""
    if level == "characters":
        return [list(text.load_characters(options.data, split))]
    lines = text.load_sentences(options.data, split)
    return [list("".join(line)) for line in lines] if level == "lines" else lines

sentences = {split: load(split) for split in splits}
results = Results("rnn_lm", options, options.data or "pydoc_data.topics")
if options.quick:
    sentences = {split: [s[:40_000 if split == "train" else 4000] for s in part[:1200]] for split, part in sentences.items()}
    batch_size, sizes = 8, {**sizes, "hidden_size": 64}
weights, about = load_model(options.load, RNNLM) if options.load else (None, {})
vocab = text.Vocab.from_list(about["tokens"]) if about else text.Vocab.build(
    sentences["train"], min_freq=2 if level == "words" and options.data != "ptb" else 1)
encoded = {split: [vocab.encode(s, eos=level != "characters") for s in part] for split, part in sentences.items()}
V, END = len(vocab), vocab.bos_id if level == "characters" else vocab.eos_id  # END stands before the first token too
never = [vocab.pad_id, vocab.bos_id, *[vocab.eos_id][level != "characters":]]  # what is never predicted
print(f"{level}: " + ", ".join(f"{sum(map(len, part)):,} {split}" for split, part in encoded.items()) + f"; V = {V:,}")

# %% [markdown]
# ## Baselines: what counting gives

# %%
def report(name: str, nats_of, keep=results.metric, key: str = "") -> None:
    """Print, and keep, nats per token and the perplexity of validation and test."""
    found = {split: nats_of(split) for split in splits[1:]}
    for split, n in found.items():
        keep(**{f"{split}_nats{key}": n, f"{split}_perplexity{key}": perplexity(n, 1)})
    print(f"{name:22}" + "".join(f"{n:12.4f}{perplexity(n, 1):10.2f}" for n in found.values()))

print(f"\n{'nats, perplexity':22}" + "".join(f"{split:>22}" for split in splits[1:]))
known = V - len(never) - (vocab.unk_id not in np.concatenate(encoded["train"]))  # how many tokens there are to predict
models = {"bigram": text.AddK(encoded["train"], 2, vocab.bos_id, known)} if V < 200 else {}
models |= {f"{n}-gram": text.KneserNey(encoded["train"], n, vocab.bos_id, known) for n in (1, 3, 5)}
for name, ngram in models.items():
    report(name, lambda split, m=ngram: -m.log_probs(encoded[split]).mean(), results.baseline, f"_{name.replace('-', '')}")

# %% [markdown]
# ## Training: windows of a running text, the state handed on
#
# The text is cut into B long pieces, side by side. Each window of T steps starts from the state that the window before it
# ended in, so the network may remember more than T steps. But `detach` cuts its past off: gradients go back at most T steps
# (truncated back-propagation through time). Without it every window's graph would hang on all windows before.

# %%
def stream(split: str, B: int, epoch: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets (T, B). Lines of their own are shuffled for each epoch; running text must stay as it is."""
    part = encoded[split]
    if epoch is not None and level == "lines":
        part = [part[i] for i in np.random.default_rng((options.seed, epoch)).permutation(len(part))]
    return text.contiguous(np.concatenate(part), B, END, pad=None if split == "train" else vocab.pad_id)

def nats(split: str) -> float:
    """Mean of -log p over all tokens of a split, each counted once: sums are added, never means of batches."""
    total, tokens, state = 0.0, 0, None
    model.eval()
    with td.no_grad():
        for x, y in text.windows(*stream(split, 8), 100):
            loss, state = model(x, y, state, reduction="none")  # (T B,)
            real = y.reshape(-1) != vocab.pad_id
            total, tokens = total + loss.numpy()[real].sum(dtype=float), tokens + int(real.sum())
    return total / tokens

def write(length: int, seed: int) -> str:
    begin, end = (vocab["\n"], None) if level == "characters" else (END, END if level == "lines" else None)
    with td.no_grad():
        (found,) = decode.sample(model.eval().step, model.start(1), 1, begin, end, length, rng=seed, top_k=options.top_k,
                                 temperature=options.temperature, forbid=[*never, vocab.unk_id])
    return (" " if level == "words" else "").join(vocab.tokens[i].replace("</s>", ".") for i in found.tokens)

if not about:  # over 5,000 tokens one softmax would take most of the time: see nnlm.py
    classes = frequency_classes(np.bincount(np.concatenate(encoded["train"]), minlength=V)).tolist() if V > 5000 else None
    about = {"tokens": vocab.to_list(), "kind": kind, "sizes": sizes, "classes": classes}
kind, sizes = about["kind"], about["sizes"]
model = RNNLM(V, kind=kind, classes=about["classes"], **sizes)
kept: dict = {"norms": [], "curve": [], "state": None}
if weights:
    model.load_state_dict(weights)
else:
    distributed.broadcast(model)
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    per_epoch, windows = -(-len(stream("train", batch_size)[0]) // window), None
    schedule = optim.get_linear_schedule_with_warmup(optimizer, epochs * per_epoch // 50, epochs * per_epoch)
    for step, bar in training(options, epochs * per_epoch, model, optimizer, schedule, kept):
        epoch, i = divmod(step, per_epoch)
        if i == 0 or windows is None:  # the order follows from the epoch: a run can go on in the middle of one
            windows = list(text.windows(*(distributed.share(x, 1) for x in stream("train", batch_size, epoch)), window))
        x, y = windows[i]  # (T, B)
        optimizer.zero_grad()
        if y.size:  # of many processes some may have no column
            loss, kept["state"] = model.train()(x, y, detach(kept["state"] if i else None))
            loss.backward()
        distributed.average_gradients(model, y.size)
        kept["norms"].append(optim.clip_grad_norm_(model.parameters(), options.clip))  # of all gradients together
        optimizer.step()
        schedule.step()
        if i == per_epoch - 1:
            kept["curve"].append((epoch + 1, nats("validation")))
            bar.write(f"epoch {epoch + 1}, validation {kept['curve'][-1][1]:.3f}: "
                      f"{write(60 if level != 'words' else 15, epoch)!r}")
distributed.finish(model)  # from here on the first process is alone
if options.save:
    save_model(options.save, model, **about)

# %% [markdown]
# ## How good is it, and what does it write?

# %%
report(f"\n{kind.upper()}, {sizes['hidden_size']} units", nats)
for i in range(2 if level == "characters" else 6):
    print(f"\n{write(300, i)}" if level == "characters" else write(20 if level == "words" else 30, i))

# %% [markdown]
# ## Which GRU is it?
#
# The notes write h_t = z * h^_t + (1 - z) * h_(t-1), which means: z is how much is *new*. PyTorch writes
# (1 - z) * n + z * h: z is how much is *kept*. Both are one model, since 1 - sigmoid(a) = sigmoid(-a): change the sign of z's
# weights. The notes leave out the reset gate r, in the candidate tanh(W x + r * (U h)). Whether it stands outside this product
# (PyTorch) or inside, U (r * h) (Cho et al.), does make two models.

# %%
td.manual_seed(options.seed)
cell, x, h, gap, notes = nn.GRUCell(8, 8), td.randn(5, 8), td.randn(5, 8), {}, {"z_convention": "notes"}
for name, sign, option in (("notes", 1, notes), ("mapped", -1, notes), ("cho", 1, {"reset_after": False})):
    other = nn.GRUCell(8, 8, **option)
    other.load_state_dict({key: np.concatenate([w.numpy()[:8], sign * w.numpy()[8:16], w.numpy()[16:]])  # rows r, z, n
                           for key, w in cell.state_dict().items()})
    gap[name] = float(np.abs(other(x, h).numpy() - cell(x, h).numpy()).max())
print(f"\nPyTorch's weights in the notes' GRU: its state differs by up to {gap['notes']:.2f}; with the sign of z's weights "
      f"changed by {gap['mapped']:.0e}; with r inside the product by {gap['cho']:.2f}")
results.metric(**{f"gru_gap_{name}": value for name, value in gap.items()})

# %% [markdown]
# ## Pictures

# %%
shown = np.concatenate(encoded["validation"])[:150 if level == "words" else 400]
loss, _ = model.eval()(np.concatenate([[END], shown[:-1]])[:, None], shown[:, None], reduction="none")  # (T,)
spelled = [vocab.tokens[i] if i != vocab.eos_id else "¶" if level == "lines" else "\n" for i in shown]
results.figure("probabilities.svg", coloured_text(spelled, np.exp(-loss.numpy()), spaces=level == "words"))
network_figures(results, kind, model, shown[:30], spelled[:30], kept["curve"], kept["norms"], options.clip)
results.write()
