# Beam search: the tree of a search | 束搜索：搜索树
p_the = 0.6             # p(the | <s>): move it; what wins?
p_cat = 0.4             # p(cat | the)
words = ["<s>", "the", "a", "cat", "dog", "sleeps", "</s>"]
after = {"<s>": {"the": p_the, "a": 1 - p_the},
         "the": {"cat": p_cat, "dog": 1 - p_cat},
         "a": {"cat": 0.9, "dog": 0.1},
         "cat": {"sleeps": 0.8, "</s>": 0.2},
         "dog": {"sleeps": 0.7, "</s>": 0.3},
         "sleeps": {"</s>": 1.0}}

def step(last, state):
    log_p = np.full((len(last), len(words)), -np.inf)
    for row, word in enumerate(last):
        for following, p in after[words[word]].items():
            at = words.index(following)
            log_p[row, at] = np.log(max(p, 1e-6))
    return log_p, state

found = td.decode.beam_search(
    step, np.zeros((1, 1)), batch_size=1, bos=0, eos=6,
    max_length=4, beam_size=2, keep_tree=True)
td.draw(found[0].tree, words)
