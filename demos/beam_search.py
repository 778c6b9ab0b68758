# %% [markdown]
# # Translating with greedy and beam search
#
# A trained model gives p(next word | words so far), so *finding* the most probable sentence is a
# search. Greedy search takes the best word at each step; beam search keeps the K best beginnings.
# Greedy falls into traps: "it is" may be the likeliest way to begin, and yet no sentence that
# begins so is the likeliest sentence.
#
#     python demos/beam_search.py                               a small language made on the spot
#     python demos/beam_search.py --data multi30k               real German-English, ten minutes
#     python demos/beam_search.py --translate "der hund schläft ." --load model.safetensors

# %%
import time
from typing import Any

import numpy as np

import tinydawn as td
from support import beam_search_run as lab
from support.parallel import batch, shown
from support.run import arguments
from support.translator import parse_translator
from tinydawn import decode
from tinydawn.metrics import bleu

parser = arguments("Train a translation model, and compare greedy with beam search.")
options = parse_translator(parser)
results, models, vocabs, (train, validation, test) = lab.begin(options)
model, V = models["trained"], vocabs[1].tokens  # V: the words of the target language
BOS, EOS, PAD, UNK = (V.index(word) for word in ("<s>", "</s>", "<pad>", "<unk>"))

# %% [markdown]
# ## A step of the model
#
# It takes the last word and a state, and gives log p of every next word. Three of them are no
# words that a sentence may have.

# %%
@td.no_grad()
def next_word(word: int, state: Any) -> tuple[np.ndarray, Any]:
    """log p of each next word (V,), and the state after `word`."""
    log_probs, after = model.step(np.array([word]), state)  # (1,) -> (1, V)
    log_probs = log_probs.numpy()[0].copy()  # (V,)
    log_probs[[PAD, BOS, UNK]] = -np.inf
    return log_probs, after

def greedy(state: Any, longest: int) -> tuple[float, list[int]]:
    """Always the likeliest next word: log p of the sentence, and its words."""
    score, words = 0.0, [BOS]
    while words[-1] != EOS and len(words) <= longest:
        log_probs, state = next_word(words[-1], state)
        score += log_probs.max()
        words.append(int(log_probs.argmax()))
    return score, words

# %% [markdown]
# ## Beam search
#
# Each of K beginnings can go on with any word; the K best of all these are kept. One that ends in
# `</s>` is finished, and leaves the beam. As log p only falls from word to word, the search is over
# when no beginning is better than the best finished sentence.

# %%
def beam_search(state: Any, K: int, longest: int) -> tuple[float, list[int]]:
    beams = [(0.0, [BOS], state)]
    finished = []
    for _ in range(longest):
        longer = []
        for score, words, before in beams:
            log_probs, after = next_word(words[-1], before)
            for word in np.argsort(-log_probs)[:K + 1]:  # so that K are left beside </s>
                longer.append((score + log_probs[word], [*words, int(word)], after))

        longer.sort(key=lambda beam: -beam[0])
        finished += [beam for beam in longer[:K] if beam[1][-1] == EOS]
        beams = [beam for beam in longer if beam[1][-1] != EOS][:K]
        if finished and max(finished, key=lambda beam: beam[0])[0] >= beams[0][0]:
            break
    score, words, _ = max(finished or beams, key=lambda beam: beam[0])
    return score, words

# %% [markdown]
# ## The same as the notes write it
#
# Their pseudo-code, line by line, with their names. It differs from the search above in three
# things: it knows no `</s>`, so it gives exactly L tokens, and it has no rule for comparing short
# sentences with long ones.

# %%
@td.no_grad()
def LM_NextPredict(his: list[str], state: Any) -> np.ndarray:
    """log p of each word after the whole history (V,), which the model reads anew each time."""
    for word in his:
        log_probs, state = model.step(np.array([V.index(word)]), state)
    return log_probs.numpy()[0]

def notes_beam_search(state: Any, B: int, L: int) -> tuple[list[str], float]:
    beams = [(["<s>"], 0.0)]
    for _ in range(1, L + 1):
        new_b = []
        for his, score in beams:
            logprob = LM_NextPredict(his, state)
            idx_s = np.argsort(-logprob)[:B]  # top-k, k = B
            logprob_s = logprob[idx_s]
            for j in range(B):
                new_b.append(([*his, V[idx_s[j]]], score + logprob_s[j]))
        new_b.sort(key=lambda b: -b[1])
        beams = new_b[:B]
    return beams[0]

# %% [markdown]
# ## Greedy beside beam, on all test sentences
#
# The mean log p of what was found says how good the *search* is, and it rises with K
# [log_prob_beam8 > log_prob_beam2 > log_prob_greedy + 0.1]. BLEU says how good the *translation*
# is [bleu_beam8 > bleu_greedy + 1]. A beam of 1 is greedy search [log_prob_beam1 ==
# log_prob_greedy]. The library's search makes these moves for a hundred sentences at once.

# %%
sources = [source for source, _ in test]
references = [target for _, target in test]
print(f"\n{'search':20}{'log p':>8}{'BLEU':>8}{'seconds':>9}   ({len(test)} test sentences)")
found = {}
for name, K in (("greedy", 0), ("beam1", 1), ("beam2", 2), ("beam4", 4), ("beam8", 8)):
    started = time.perf_counter()
    outputs = lab.search(model, vocabs, sources, K)
    seconds = time.perf_counter() - started
    found[name] = outputs if name == "greedy" else [output.best for output in outputs]
    log_prob = np.mean([hypothesis.log_prob for hypothesis in found[name]])
    score = bleu([vocabs[1].decode(best.tokens) for best in found[name]], references).score
    print(f"{name:20}{log_prob:8.2f}{score:8.2f}{seconds:9.1f}")
    results.metric(**{f"log_prob_{name}": log_prob, f"bleu_{name}": score,
                      f"seconds_{name}": seconds})
lab.print_baselines(results, model, vocabs, train, validation, test)

# %% [markdown]
# ## The searches of this lesson find what the library's find
#
# An `assert` says so, for three sentences, and for the notes' search as well.

# %%
for i in np.argsort([len(source) for source in sources])[:3]:  # short ones, as this is slow
    with td.no_grad():
        source, lengths, _ = batch(test[i:i + 1], *vocabs)  # (1, S), (1,)
        state = model.encode(source, lengths)
        notes = decode.beam_search_notes(model.step, state, BOS, 4, 9)
    longest = 2 * int(lengths[0]) + 10
    assert abs(greedy(state, longest)[0] - found["greedy"][i].log_prob) < 1e-3
    assert abs(beam_search(state, 8, longest)[0] - found["beam8"][i].log_prob) < 1e-3
    his, score = notes_beam_search(state, 4, 9)
    assert his[1:] == lab.spelled(vocabs[1], notes.tokens)
    assert abs(score - notes.log_prob) < 1e-3
print(f"\nsource       {shown(test[i][0])}")
print(f"beam of 4    {shown(lab.spelled(vocabs[1], found['beam4'][i].tokens))}")
print(f"the notes'   {shown(his[1:])}   (B = 4, L = 9)")

# %% [markdown]
# ## Exactly L tokens
#
# With a small L the notes' search stops in the middle of a sentence, with a large one it goes on
# after `</s>`, where the model has never been trained. The best L costs many BLEU
# [bleu_beam4 > bleu_notes_best + 5]. Whoever cuts the outputs at their first `</s>` mends most of
# it, if L is large enough [bleu_notes_cut > bleu_beam4 - 5].

# %%
lengths_tried = range(4, 21, 4 if options.quick else 2)
literal, cut = [], []
for L in lengths_tried:
    outputs = lab.search_without_end(model, vocabs, sources, 4, L)
    literal.append(bleu(outputs, references).score)
    ended = [output[:output.index("</s>")] if "</s>" in output else output for output in outputs]
    cut.append(bleu(ended, references).score)
    print(f"L = {L:2}: BLEU {literal[-1]:5.1f}, cut at the first </s> {cut[-1]:5.1f}; "
          f"{np.mean(['</s>' not in output for output in outputs]):4.0%} without an end, "
          f"{np.mean(['</s>' in output[:-1] for output in outputs]):4.0%} go on after it")
results.metric(bleu_notes_best=max(literal), bleu_notes_cut=max(cut),
               bleu_notes_longest=literal[-1])
results.figure("notes_length.svg", lab.lengths_figure(lengths_tried, literal, cut,
                                                  results.record["metrics"]["bleu_beam4"]))

# %% [markdown]
# ## Long against short
#
# A search that knows `</s>` compares sentences of different lengths. Each word costs log p, so the
# sum prefers the short ones; the sum divided by the number of words does so less. The notes' search
# has no such rule, and needs none, as it has no `</s>`. How much it matters depends on the model:
# of one that is trained a tenth as long, the sum finds sentences of half the length
# [words_hasty_by_sum < 0.6 * words_of_references], the mean longer and better ones
# [words_hasty_by_mean > words_hasty_by_sum + 1] [bleu_hasty_by_mean > bleu_hasty_by_sum + 3]. The
# trained model is nearly certain of each word but a few, and both rules find the same length
# [abs(words_trained_by_sum - words_trained_by_mean) < 0.3].

# %%
print(f"\n{'a beam of 8':12}{'ranked by':>16}{'words':>8}{'log p':>8}{'BLEU':>8}")
for kind, some in models.items():
    for rule, normalization in (("sum", "none"), ("mean", "length")):
        outputs = lab.search(some, vocabs, sources, 8, length_normalization=normalization)
        words = [vocabs[1].decode(output.best.tokens) for output in outputs]
        log_prob = np.mean([output.best.log_prob for output in outputs])
        score, length = bleu(words, references).score, np.mean([len(w) for w in words])
        print(f"{kind:12}{rule + ' of log p':>16}{length:8.2f}{log_prob:8.2f}{score:8.2f}")
        results.metric(**{f"words_{kind}_by_{rule}": length, f"bleu_{kind}_by_{rule}": score})
results.baseline(words_of_references=np.mean([len(words) for words in references]))

# %% [markdown]
# ## Traps: where the likeliest next word was the wrong turn

# %%
traps = lab.traps_of(found["greedy"], found["beam8"], test, vocabs[1])
for i in traps[:0 if options.quick else 3]:
    print(f"\nsource  {shown(sources[i])}")
    t = lab.fork(found["greedy"][i], found["beam8"][i])
    for name in ("greedy", "beam8"):
        best = found[name][i]
        p, p_word = np.exp(best.log_prob), np.exp(best.token_log_probs[t])
        print(f"{name:7} {shown(vocabs[1].decode(best.tokens))}   "
              f"(p = {p:.2g}; word {t + 1} alone {p_word:.2f})")
results.metric(trapped_percent=100 * len(traps) / len(test))

# %% [markdown]
# ## Pictures: the search tree, the attention, the graph of one training step
#
# Of the first trap. In the tree the best path is orange, and greedy's has a dashed border; in
# tree.html the arrow keys go through the search step by step.

# %%
trap = (traps or [0])[0]
tree = lab.search(model, vocabs, [sources[trap]], 2, keep_tree=True)[0].tree
lab.draw_tree(results, tree, vocabs[1], shown(sources[trap]))
lab.draw_attention(results, model, vocabs, test[trap], found["beam8"][trap])
lab.draw_training_step(results, model, vocabs, train)
results.write()
