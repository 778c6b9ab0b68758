# %% [markdown]
# # Translating with greedy and beam search
#
# A sequence-to-sequence network with attention is trained here, by tinydawn's own gradients, and
# then asked for translations. It gives p(next word | words so far), so *finding* the most probable
# sentence is a search. Greedy search takes the best word at each step; beam search keeps the K best
# beginnings. Greedy falls into traps: "it is" may be the likeliest way to begin, and yet no
# sentence that begins so is the likeliest sentence.
#
#     python demos/beam_search.py                               a small language made on the spot
#     python demos/beam_search.py --data multi30k               real German-English, ten minutes
#     python demos/beam_search.py --translate "der hund schläft ." --load model.safetensors

# %%
import html
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinydawn as td
from support.own_text import epochs_for
from support.parallel import (
    TOKENS,
    baselines,
    batch,
    load_splits,
    print_baselines,
    shortest,
    shown,
)
from support.run import Results, arguments
from support.training import training
from support.translator import (
    attention_entropy,
    build_vocabs,
    check_translate,
    load_translator,
    pairs_perplexity,
    parse_translator,
    save_translator,
    settings_for,
    source_batches,
    translate_and_stop,
    translation_loss,
)
from tinydawn import decode, optim, text, viz
from tinydawn.metrics import bleu
from tinydawn.models import Seq2Seq

parser = arguments("Train a translation model, and compare greedy with beam search.")
options = parse_translator(parser)

# %% [markdown]
# ## The search, for one sentence
#
# A step of the model takes the last word and a state, and gives log p of every next word. Each of K
# beginnings can go on with any of them; the K best of all these are kept. One that ends in `</s>`
# is finished, and leaves the beam. As log p only falls from word to word, the search is over when
# no beginning is better than the best finished sentence.

# %%
def beam(step: Callable, state: Any, bos: int, eos: int, forbid: Sequence[int], size: int,
         max_length: int) -> tuple[float, list[int]]:
    """log p of the best sentence found, and its words. A beam of size 1 is greedy search."""
    beginnings = [(0.0, [bos], state)]
    finished = []
    for _ in range(max_length):
        longer = []
        for log_prob, words, before in beginnings:
            log_probs, after = step(np.array(words[-1:]), before)  # (1,) -> (1, V)
            log_probs = log_probs.numpy()[0].copy()  # (V,)
            log_probs[list(forbid)] = -np.inf
            for word in np.argsort(-log_probs)[:size + 1]:  # so that K are left beside </s>
                longer.append((log_prob + log_probs[word], [*words, int(word)], after))

        longer.sort(key=lambda item: -item[0])
        finished += [item for item in longer[:size] if item[1][-1] == eos]
        beginnings = [item for item in longer if item[1][-1] != eos][:size]
        if finished and max(item[0] for item in finished) >= beginnings[0][0]:
            break
    log_prob, words, _ = max(finished or beginnings, key=lambda item: item[0])
    return log_prob, words

# %% [markdown]
# ## The data, and the sizes that suit it

# %%
if options.load:
    model, vocabs = load_translator(options)
if not (options.load and options.translate):
    train, validation, test = load_splits(options)
    results = Results("beam_search", options, options.data or "toy grammar", graphs=True)
settings = settings_for(options.data)

# %% [markdown]
# ## Training: the loop is a dozen lines

# %%
def train_model(model: Seq2Seq) -> None:
    usual = epochs_for(options.data, 5, 29_000, len(train))  # 5 on multi30k
    epochs = 1 if options.quick else options.epochs or usual
    optimizer = optim.Adam(model.parameters(), lr=settings.learning_rate)
    lengths = [len(target) for _, target in train]
    steps_per_epoch = len(text.bucket_batches(lengths, settings.batch_size, max_tokens=TOKENS))
    steps = epochs * steps_per_epoch
    schedule = optim.get_linear_schedule_with_warmup(optimizer, steps // 20, steps)

    batches: list = []
    for step, bar in training(options, steps, model, optimizer, schedule):
        epoch, i = divmod(step, steps_per_epoch)
        if i == 0 or not batches:  # by the epoch: a run can go on in the middle of one
            batches = text.bucket_batches(lengths, settings.batch_size, seed=options.seed + epoch,
                                          max_tokens=TOKENS)
        pairs = [train[k] for k in batches[i]]
        loss = translation_loss(model, *batch(pairs, *vocabs))  # (B, S), (B,), (B, T) -> ()
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        bar.set_postfix(loss=f"{loss.item():.2f}")

if not options.load:
    vocabs = build_vocabs(train, settings.min_freq)
check_translate(options, vocabs[0])
if not options.load:
    model = Seq2Seq(len(vocabs[0]), len(vocabs[1]), **settings.sizes)
    train_model(model)
    save_translator(options, model, *vocabs, settings.sizes)
source_vocab, target_vocab = vocabs
model.eval()  # from here on nothing is dropped: a dropout left on would cost a point of BLEU

# %% [markdown]
# ## Decoding: from p(next word) to a sentence
#
# The library searches for many sentences at once, and makes the same moves.

# %%
bos, eos = target_vocab.bos_id, target_vocab.eos_id
forbid = (target_vocab.pad_id, target_vocab.bos_id, target_vocab.unk_id)

@td.no_grad()
def search(sentences: list[list[str]], beam_size: int, **more: Any) -> list:
    """One result per sentence: greedy with beam_size 0, else beam search."""
    found = {}
    for places, source, lengths in source_batches(sentences, source_vocab):  # (B,), (B, S), (B,)
        start = (model.step, model.encode(source, lengths), len(places), bos, eos)
        limits = 2 * lengths + 10  # (B,)
        if beam_size == 0:
            results_of_batch = decode.greedy(*start, limits, forbid=forbid)
        else:
            results_of_batch = decode.beam_search(*start, limits, forbid=forbid,
                                                  beam_size=beam_size, **more)
        found.update(zip(places, results_of_batch, strict=True))
    return [found[i] for i in range(len(sentences))]

def words_of(hypothesis: decode.Hypothesis) -> list[str]:
    return target_vocab.decode(hypothesis.tokens)

if options.translate is not None:
    translate_and_stop(options, search, target_vocab)

# %% [markdown]
# ## Greedy beside beam
#
# The mean log-probability of what was found says how good the *search* is; BLEU says how good the
# *translation* is.

# %%
sources = [source for source, _ in test]
references = [target for _, target in test]
perplexity = pairs_perplexity(model, validation, *vocabs)
entropy = attention_entropy(model, *batch(validation[:100], *vocabs))
results.metric(validation_perplexity=perplexity, attention_entropy=entropy)
baselines(results, train, validation, test, toy=options.data is None)

print(f"\n{'search':20}{'log p':>8}{'BLEU':>8}{'seconds':>9}   ({len(test)} test sentences)")
found = {}
for name, beam_size, normalization in (
    ("greedy", 0, "none"),
    ("beam1", 1, "none"),
    ("beam2", 2, "none"),
    ("beam4", 4, "none"),
    ("beam8", 8, "none"),
    ("beam5_length", 5, "length"),
):
    started = time.perf_counter()
    outputs = search(sources, beam_size, length_normalization=normalization)
    seconds = time.perf_counter() - started
    found[name] = [output if beam_size == 0 else output.best for output in outputs]
    log_prob = np.mean([hypothesis.log_prob for hypothesis in found[name]])
    score = bleu([words_of(hypothesis) for hypothesis in found[name]], references).score
    print(f"{name:20}{log_prob:8.2f}{score:8.2f}{seconds:9.1f}")
    results.metric(**{f"log_prob_{name}": log_prob, f"bleu_{name}": score,
                      f"seconds_{name}": seconds})
print(f"validation perplexity {perplexity:.2f}, entropy of the attention {entropy:.2f} nats")
print_baselines(results)

# The search of the beginning, by itself, finds what the library finds.
with td.no_grad():
    source, lengths, _ = batch(test[:1], *vocabs)
    state = model.encode(source, lengths)
    log_prob, _ = beam(model.step, state, bos, eos, forbid, 8, 2 * lengths[0] + 10)
assert abs(log_prob - found["beam8"][0].log_prob) < 1e-3

# %% [markdown]
# ## Traps: where the likeliest next word was the wrong turn

# %%
def fork(i: int) -> int:
    """The first place where greedy and beam search took different words for test sentence i."""
    greedy = [*found["greedy"][i].tokens, eos]
    beam8 = [*found["beam8"][i].tokens, eos]
    for t in range(min(len(greedy), len(beam8))):
        if greedy[t] != beam8[t]:
            return t
    return len(greedy)

def how_plain(i: int) -> tuple[bool, int, int]:
    """First the traps that are easy to see: a beam that found the reference, an early fork."""
    return words_of(found["beam8"][i]) != references[i], fork(i), len(sources[i])

worse = [i for i in range(len(test)) if found["greedy"][i].tokens != found["beam8"][i].tokens
         and found["greedy"][i].log_prob < found["beam8"][i].log_prob]  # not by rounding alone
traps = sorted(worse, key=how_plain)
for i in traps[:0 if options.quick else 3]:
    print(f"\nsource  {shown(sources[i])}")
    for name in ("greedy", "beam8"):
        hypothesis = found[name][i]
        p = np.exp(hypothesis.log_prob)
        p_word = np.exp(hypothesis.token_log_probs[fork(i)])
        print(f"{name:7} {shown(words_of(hypothesis))}   "
              f"(p = {p:.2g}; word {fork(i) + 1} alone {p_word:.2f})")

# %% [markdown]
# ## Pictures: the search tree, the attention, the graph of one training step

# %%
trap = traps[0] if traps else 0
title = shown(sources[trap])
tree = search([sources[trap]], 3, keep_tree=True)[0].tree
spelled = [html.unescape(token) for token in target_vocab.tokens]
drawing = td.draw(tree, spelled, max_steps=12, max_pruned=1, title=title)
results.figure("beam_tree.svg", drawing.save)

best = found["beam8"][trap]
with td.no_grad():
    source, lengths, _ = batch([test[trap]], *vocabs)
    _, attention = model(source, lengths, np.array([[bos, *best.tokens]]))  # (1, T, S)
rows, columns = [*title.split(), "</s>"], [*shown(words_of(best)).split(), "</s>"]
results.figure("attention.svg",
               lambda path: viz.attention_heatmap(attention[0], rows, columns, path))

def step() -> td.Tensor:
    """The loss of the shortest pair."""
    return translation_loss(model, *batch([shortest(train)], *vocabs))

model.train()
drawing = td.draw(step, depth=1, backward=True, max_steps=4, values=False)
results.figure("graph.svg", drawing.save)
results.write()
