# %% [markdown]
# # Translating with greedy and beam search
#
# A sequence-to-sequence network with attention is trained here, by tinydawn's own gradients, and then asked for
# translations. It gives p(next word | words so far), so *finding* the most probable sentence is a search. Greedy search
# takes the best word at each step; beam search keeps the K best beginnings. Greedy falls into traps: "it is" may be the
# likeliest way to begin, and yet no sentence that begins so is the likeliest sentence.
#
#     python demos/beam_search.py                               a small language made on the spot
#     python demos/beam_search.py --data multi30k               real German-English, ten minutes
#     python demos/beam_search.py --translate "der hund schläft ." --load model.safetensors

# %%
import html
import time

import numpy as np

import tinydawn as td
from support import parallel
from support.parallel import PAD, attention_entropy, baselines, batch, check_flags, shown, splits, tokenizer
from support.run import Results, arguments, parse
from support.training import load_model, remove_checkpoints, training
from tinydawn import decode, optim, text, viz
from tinydawn.metrics import bleu, perplexity
from tinydawn.models import Seq2Seq
from tinydawn.nn import functional as F

parser = arguments("Train a translation model, and compare greedy with beam search.")
parallel.translation_flags(parser)
options = parse(parser)
check_flags(parser, options)

# %% [markdown]
# ## The data, and the sizes that suit it

# %%
state, about = load_model(options.load, Seq2Seq) if options.load else (None, {})
options.data = options.data or about.get("data")
if options.data is None:
    sizes = {"embedding_size": 64, "hidden_size": 96, "dropout": 0.0}
    learning_rate, batch_size, epochs, min_freq = 8e-3, 64, 5, 1
else:
    sizes = {"embedding_size": 128, "hidden_size": 256, "dropout": 0.2}
    learning_rate, batch_size, epochs, min_freq = 2e-3, 32, 5, 2
epochs = 1 if options.quick else options.epochs or epochs
if not (options.load and options.translate):
    train, validation, test = splits(options.data, options.source, options.target, options.seed, options.quick)
    results = Results("beam_search", options, options.data or "toy grammar")

# %% [markdown]
# ## Training: the loop is a dozen lines

# %%
def batch_of(pairs: list, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return batch([pairs[i] for i in indices], source_vocab, target_vocab)  # (B, S), (B,), (B, T)

def loss_of(source: np.ndarray, lengths: np.ndarray, target: np.ndarray) -> td.Tensor:
    """Nats per target word: each word is predicted from the true words before it (teacher forcing)."""
    logits, _ = model(source, lengths, target[:, :-1])  # (B, T-1, V)
    return F.cross_entropy(logits.flatten(0, 1), target[:, 1:].reshape(-1), ignore_index=PAD)

def validation_perplexity() -> float:
    """exp of the mean negative log-likelihood per target word, </s> included, of the validation sentences."""
    total, words = 0.0, 0
    with td.no_grad():
        for indices in text.bucket_batches([len(t) for _, t in validation], 64, shuffle=False):
            source, lengths, target = batch_of(validation, indices)
            count = int((target[:, 1:] != PAD).sum())
            total, words = total + loss_of(source, lengths, target).item() * count, words + count
    return perplexity(total, words)

if options.load:
    source_vocab, target_vocab = text.Vocab.from_list(about["source"]), text.Vocab.from_list(about["target"])
    model = Seq2Seq(len(source_vocab), len(target_vocab), **about["sizes"])
    model.load_state_dict(state)
else:
    source_vocab, target_vocab = (text.Vocab.build([pair[side] for pair in train], min_freq=min_freq) for side in (0, 1))
    model = Seq2Seq(len(source_vocab), len(target_vocab), **sizes)
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    lengths = [len(target) for _, target in train]
    steps = epochs * len(text.bucket_batches(lengths, batch_size))
    schedule = optim.get_linear_schedule_with_warmup(optimizer, steps // 20, steps)
    batches = None
    for step, bar in training(options, steps, model, optimizer, schedule):
        epoch, i = divmod(step, steps // epochs)
        if i == 0 or batches is None:  # the order follows from the epoch: a run can go on in the middle of one
            batches = text.bucket_batches(lengths, batch_size, seed=options.seed + epoch)
        loss = loss_of(*batch_of(train, batches[i]))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        bar.set_postfix(loss=f"{loss.item():.2f}")
    if options.save:
        parallel.save_translator(options, model, source_vocab, target_vocab, sizes)
model.eval()  # from here on nothing is dropped: a dropout left on would cost a point of BLEU

# %% [markdown]
# ## Decoding: from p(next word) to a sentence

# %%
ENDS = {"bos": target_vocab.bos_id, "eos": target_vocab.eos_id,
        "forbid": (target_vocab.pad_id, target_vocab.bos_id, target_vocab.unk_id)}

@td.no_grad()
def search(sentences: list[list[str]], beam_size: int = 0, normalization: str = "none", **more) -> list:
    """One result per sentence: greedy with beam_size 0, else beam search. The longest sentences go first, in batches."""
    order = sorted(range(len(sentences)), key=lambda i: -len(sentences[i]))
    found: list = [None] * len(sentences)
    for start in range(0, len(order), 100):
        indices = order[start:start + 100]
        source, lengths = text.pad([source_vocab.encode(sentences[i], eos=True) for i in indices], PAD)
        args = (model.step, model.encode(source, lengths), len(indices))
        limit = {"max_length": 2 * lengths + 10, **ENDS}
        decoded = decode.greedy(*args, **limit) if beam_size == 0 else decode.beam_search(
            *args, **limit, beam_size=beam_size, length_normalization=normalization, **more)
        for i, result in zip(indices, decoded, strict=True):
            found[i] = result
    return found

def words(hypothesis: decode.Hypothesis) -> list[str]:
    return target_vocab.decode(hypothesis.tokens)

if options.translate is not None:
    tokens = tokenizer(options.source)(options.translate)
    if unknown := source_vocab.unknown(tokens):
        print(f"not in the vocabulary, read as <unk>: {shown(unknown)}")
    greedy = search([tokens])[0]
    print(f"   score   log p\n{'':8}{greedy.log_prob:8.2f}  greedy: {shown(words(greedy))}")
    for hypothesis in search([tokens], 5, "length", n_best=5)[0].hypotheses:
        print(f"{hypothesis.score:8.2f}{hypothesis.log_prob:8.2f}  {shown(words(hypothesis))}")
    remove_checkpoints()
    raise SystemExit(0)

# %% [markdown]
# ## Greedy beside beam
#
# The mean log-probability of what was found says how good the *search* is; BLEU says how good the *translation* is.

# %%
sources, references = [source for source, _ in test], [target for _, target in test]
results.metric(validation_perplexity=validation_perplexity(),
               attention_entropy=attention_entropy(model, *batch_of(validation, np.arange(min(100, len(validation))))))
baselines(results, train, validation, test, toy=options.data is None)
print(f"\n{'search':20}{'log p':>8}{'BLEU':>8}{'seconds':>9}   ({len(test)} test sentences)")
found = {}
for name, beam_size, normalization in (("greedy", 0, "none"), *((f"beam{k}", k, "none") for k in (1, 2, 4, 8)),
                                       ("beam5_length", 5, "length")):
    started = time.perf_counter()
    outputs = search(sources, beam_size, normalization)
    seconds = time.perf_counter() - started
    found[name] = [output if beam_size == 0 else output.best for output in outputs]
    log_prob, score = np.mean([h.log_prob for h in found[name]]), bleu([words(h) for h in found[name]], references).score
    results.metric(**{f"log_prob_{name}": log_prob, f"bleu_{name}": score, f"seconds_{name}": seconds})
    print(f"{name:20}{log_prob:8.2f}{score:8.2f}{seconds:9.1f}")
print(f"validation perplexity {results.record['metrics']['validation_perplexity']:.2f}, "
      f"entropy of the attention {results.record['metrics']['attention_entropy']:.2f} nats")
print(*(f"baseline {name} {value:.2f}" for name, value in results.record["baselines"].items()), sep="\n")

# %% [markdown]
# ## Traps: where the likeliest next word was the wrong turn

# %%
def fork(i: int) -> int:
    """The first place where greedy and beam search took different words for test sentence i."""
    greedy, beam = [*found["greedy"][i].tokens, -1], [*found["beam8"][i].tokens, -1]
    return next((t for t, (a, b) in enumerate(zip(greedy, beam, strict=False)) if a != b), len(greedy))

worse = [i for i in range(len(test)) if found["greedy"][i].log_prob < found["beam8"][i].log_prob]
# Easy to see: where the beam found the reference, early forks, short sentences.
traps = sorted(worse, key=lambda i: (words(found["beam8"][i]) != references[i], fork(i), len(sources[i]))) or [0]
for i in traps[:3] if worse and not options.quick else []:
    print(f"\nsource  {shown(sources[i])}")
    for name in ("greedy", "beam8"):
        h = found[name][i]
        print(f"{name:7} {shown(words(h))}   (p = {np.exp(h.log_prob):.2g}; word {fork(i) + 1} alone "
              f"{np.exp(h.token_log_probs[fork(i)]):.2f})")

# %% [markdown]
# ## Pictures: the search tree, the attention, the graph of one training step

# %%
trap, best = sources[traps[0]], found["beam8"][traps[0]]
tree = search([trap], 3, keep_tree=True)[0].tree
spelled = [html.unescape(token) for token in target_vocab.tokens]
results.figure("beam_tree.svg", td.draw(tree, spelled, max_steps=12, max_pruned=1, title=shown(trap)).save)

with td.no_grad():
    source, lengths, _ = batch_of(test, [traps[0]])
    _, attention = model(source, lengths, np.array([[target_vocab.bos_id, *best.tokens]]))  # (1, T, S)
labels = [*shown(trap).split(), "</s>"], [*shown(words(best)).split(), "</s>"]
results.figure("attention.svg", lambda path: viz.attention_heatmap(attention[0], *labels, path))

shortest = min(range(len(train)), key=lambda i: len(train[i][0]) + len(train[i][1]))
model.train()
results.figure("graph.svg", lambda path: td.draw(lambda: loss_of(*batch_of(train, [shortest])), depth=1, backward=True,
                                                 max_steps=4, values=False).save(path))
results.write()
