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
from typing import Any

import numpy as np

import tinydawn as td
from support import beam_search_run as lab
from support.parallel import batch, shown
from tinydawn import decode
from tinydawn.metrics import bleu

options, results, models, vocabs, (train, validation, test) = lab.begin()
model, V = models["trained"], vocabs[1].tokens  # V: the words of the target language
BOS, EOS, PAD, UNK = (V.index(word) for word in ("<s>", "</s>", "<pad>", "<unk>"))
sources = [source for source, _ in test]
references = [target for _, target in test]

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
# Their pseudo-code, line by line, with their names. It differs from the search above in one thing:
# it knows no `</s>`, nor the other signs that are no words. So it gives exactly L tokens, and of
# each beginning the B likeliest words are enough, where the search above takes K + 1.

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
# [log_prob_beam8 > log_prob_beam2 > log_prob_greedy + 0.1]. BLEU says how good the *translation* is
# [bleu_beam8 > bleu_greedy + 1]. That gain is not much larger than the luck of these sentences: of
# 300 samples of them, drawn with replacement, nine in ten or more say so [bleu_gain_share > 0.9],
# many of them by next to nothing. Under the true probabilities it is larger [bleu_true_best >
# bleu_true_greedy + 4]. A beam of 1 is greedy search [log_prob_beam1 == log_prob_greedy]. The
# library's search makes these moves for a hundred sentences at once.

# %%
found = {}
for name, K in (("greedy", 0), ("beam1", 1), ("beam2", 2), ("beam4", 4), ("beam8", 8)):
    found[name], seconds = lab.timed_search(model, vocabs, sources, K)  # 0: greedy
    log_prob = np.mean([hypothesis.log_prob for hypothesis in found[name]])
    words = [vocabs[1].decode(hypothesis.tokens) for hypothesis in found[name]]
    lab.keep(results, name, log_prob, bleu(words, references).score, seconds)
lab.print_searches(results, found, vocabs, references)
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
    ended = [output[:output.index("</s>")] if "</s>" in output else output for output in outputs]
    literal.append(bleu(outputs, references).score)
    cut.append(bleu(ended, references).score)
    lab.print_length(L, outputs, literal[-1], cut[-1])
results.metric(bleu_notes_best=max(literal), bleu_notes_cut=max(cut),
               bleu_notes_longest=literal[-1])
results.figure("notes_length.svg", lab.lengths_figure(lengths_tried, literal, cut,
                                                  results.record["metrics"]["bleu_beam4"]))

# %% [markdown]
# ## Long against short
#
# A search that knows `</s>` compares sentences of different lengths. Each word costs log p, so the
# sum prefers the short ones; the sum divided by the number of words does so less. The notes' search
# has no such rule, and needs none, as it has no `</s>`. How much it matters depends on the model.
# One that is trained a third as long translates far better than word by word, but is less sure of
# its words [bleu_hasty_by_sum > bleu_word_by_word + 20]. Of it the sum finds sentences a word
# too short [words_hasty_by_sum < words_of_references - 0.7], the mean longer and better ones
# [words_hasty_by_mean > words_hasty_by_sum + 0.6] [bleu_hasty_by_mean > bleu_hasty_by_sum + 2]. The
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
        lab.keep_rule(results, kind, rule, length, log_prob, score)
lab.keep_references(results, references)

# %% [markdown]
# ## Traps: where the likeliest next word was the wrong turn
#
# Where they part, greedy's word is likelier than the beam's, and yet its sentence is less likely. A
# word that begins several translations has the probability of all of them together. Each one alone
# may have less than a translation that begins with another word: "sets" goes on with "off" or with
# "out", and "hits" nearly always with "the road". Of the test sentences some two in five are such
# traps [30 < trapped_percent < 55].

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
lab.print_traps(results, traps, test)

# %% [markdown]
# ## Pictures: the search tree, the attention, the graph of one training step
#
# The tree is of the first trap. The best path is orange, and greedy's has a dashed border; on an
# arrow stands log p of the word, in a box the sum so far. In tree.html the arrow keys go through
# the search step by step. The attention is of a sentence whose words change places. In the graph
# all steps of the decoder are one box, with an arrow back. (The GRU's formula has PyTorch's z,
# which keeps the old state; the notes' z takes the new one.)

# %%
trap = (traps or [0])[0]
tree = lab.search(model, vocabs, [sources[trap]], 2, keep_tree=True)[0].tree
lab.draw_tree(results, tree, vocabs[1], shown(sources[trap]))
lab.draw_attention(results, model, vocabs, test, found["beam8"])
lab.draw_training_step(results, model, vocabs, train)
results.write()
