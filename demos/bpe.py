# %% [markdown]
# # Byte-pair encoding, a vocabulary that can spell every word
#
# A vocabulary of words has a hole: the words of tomorrow are not in it
# [unknown_percent_all_words > 3]. A vocabulary of characters has none, but its sequences are long
# [pieces_per_word_characters > 4 * pieces_per_word_held_out]. Byte-pair encoding lies between: it
# begins with the characters, and again and again makes the most frequent pair of neighbours one
# symbol. After 1,000 merges, with 1,082 symbols, a held-out word takes 1.43 pieces
# [1.3 < pieces_per_word_held_out_1000 < 1.6] and none is unknown [unknown_percent_1000 == 0]; the
# 1,082 most frequent words leave 9.5 % unknown [unknown_percent_words_1000 > 8]. Frequent words are
# one piece by then [pieces_per_frequent_word < 1.05], words that came once three or four
# [3 < pieces_per_word_that_came_once < 4].
#
#     python demos/bpe.py                          the English of Python's own manual
#     python demos/bpe.py --data tinyshakespeare   or ptb, brown, names, or a text file of yours
#     python demos/bpe.py --data multi30k          German: compounds come apart, not always where
#                                                  they were put together
#     python demos/bpe.py --data tang              Chinese poems: there is little to merge

# %%
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from support.bpe_figures import merges_figure, vocabulary_figure
from support.bpe_text import letters_of, marked, never_seen_words, shown, words_of
from support.run import Results, arguments, parse
from tinydawn import text

parser = arguments("Learn byte-pair merges one by one, and see what they do to words "
                   "that were never seen.", epochs=False)
parser.add_argument("--merges", type=int,
                    help="how many to learn; default 3000, with --data 10000")
options = parse(parser)
if options.merges is not None and options.merges < 10:
    parser.error(f"--merges {options.merges}: at least 10")
usual = 300 if options.quick else 10_000 if options.data else 3000
num_merges = options.merges or usual

# %% [markdown]
# ## Four words, ten merges
#
# The notes: "start with all characters; find the most frequent pair, merge it, and add it to the
# vocabulary; stop at the wanted size". A mark (here _) says where a word ends: an "est" at the end
# is another than that in "western", and without it nobody could put the spaces back.

# %%
Symbols = tuple[str, ...]  # a word, spelled

def merge(symbols: Sequence[str], pair: tuple[str, str]) -> Symbols:
    """The word with each such pair of neighbours as one symbol."""
    found: list[str] = []
    for symbol in symbols:
        if found and (found[-1], symbol) == pair:
            found[-1] += symbol
        else:
            found.append(symbol)
    return tuple(found)

def learn(words: dict[Symbols, int], merges: int) -> Iterator[tuple]:
    """Of one merge after another the pair, how often it came, and the words after it."""
    for _ in range(merges):
        counts = Counter()
        for symbols, n in words.items():
            for pair in pairwise(symbols):
                counts[pair] += n
        pair = min(counts, key=lambda pair: (-counts[pair], pair))  # the most frequent
        words = {merge(symbols, pair): n for symbols, n in words.items()}
        yield pair, counts[pair], words

# %%
table = letters_of({"low": 5, "lower": 2, "newest": 6, "widest": 3})
print(f"{'merge':16}{'count':>5}   the four words")
steps_by_hand = list(learn(table, 10))
for pair, count, words in steps_by_hand:
    print(f"{marked(pair, ' + '):16}{count:5}   {'   '.join(map(marked, words))}")
# the library learns the same, but counts anew only what a merge has changed
assert [(pair, count) for pair, count, _ in steps_by_hand] == list(text.learn_bpe(table, 10))
print("Of pairs that are equally frequent the first in alphabetical order is taken. "
      "Other rules give other merges:\nsubword-nmt takes the last, "
      "Hugging Face's tokenizers the oldest (the argument `ties`).")

# %% [markdown]
# ## Real text: the merges, most frequent first
#
# A merge never crosses a word. Chinese and Japanese have no spaces, so there a word is what stands
# between two marks; a whole line would be long, and seldom come twice.

# %%
train, held = words_of(options.data, "train"), words_of(options.data, "val")
if options.quick:
    train, held = train[:20_000], held[:2000]
results = Results("bpe", options, options.data or "python's manual")
frequency, held_frequency = Counter(train), Counter(held)
never_seen = sum(n for word, n in held_frequency.items() if word not in frequency)
print(f"\n{len(train)} words, {len(frequency)} different; "
      f"held out {len(held)}, of which {never_seen} were never seen")

merges, started = [], time.process_time()
learning = text.learn_bpe(letters_of(frequency), num_merges)
for pair, count in tqdm(learning, total=num_merges, desc="merging", unit="merge", mininterval=0.5):
    merges.append(pair)
    if len(merges) <= 10 or len(merges) in (30, 100, 300, 1000, 3000, 10_000):
        tqdm.write(f"merge {len(merges):5}: {count:6} times {marked(pair, ' + ')}")
    if len(merges) == 1000:
        results.metric(cpu_seconds_1000_merges=time.process_time() - started)
results.metric(merges=len(merges), cpu_seconds=time.process_time() - started)
print(f"after {len(merges)} merges no pair occurs twice" if len(merges) < num_merges else "")
bpe = text.BPE(merges, set("".join(train)))

# %% [markdown]
# ## Pieces per word against the size of the vocabulary, and what is unknown
#
# Beside it a vocabulary of words of the same size, the most frequent ones. Even with every word of
# the training text in it, some held-out words are unknown. Of the pieces only characters that were
# never seen are.


# %%
class Row(NamedTuple):
    """What a vocabulary of one size does."""

    size: int
    train: float  # pieces per word
    held: float  # pieces per word of the held-out text
    unknown: float  # words of the held-out text with a piece that is not known, in percent
    if_words: float  # the same, if the vocabulary were the most frequent words


def measure(model: text.BPE) -> Row:
    pieces, words = set(model.tokens), set(ranked[:len(model)])
    train_pieces = sum(len(model.tokenize(word)) * n for word, n in frequency.items())
    held_pieces = unknown = unknown_words = 0
    for word, n in held_frequency.items():
        spelled = model.tokenize(word)
        held_pieces += len(spelled) * n
        unknown += n * (not pieces.issuperset(spelled))
        unknown_words += n * (word not in words)
    return Row(len(model), train_pieces / frequency.total(), held_pieces / held_frequency.total(),
               100 * unknown / len(held), 100 * unknown_words / len(held))


# %%
ranked = [word for word, _ in frequency.most_common()]
steps = [k for k in (30, 100, 300, 1000, 3000, 10_000, 30_000) if k < len(merges)]
print(f"\n{'merges':>7}{'vocabulary':>12}{'pieces per word':>17}"
      f"{'held out':>10}{'unknown':>10}{'if words':>10}")
# %%
rows = []
for k in sorted({0, len(merges), *steps}):
    row = measure(bpe.first(k))
    rows.append(row)
    results.metric(**{f"pieces_per_word_held_out_{k}": row.held,
                      f"unknown_percent_{k}": row.unknown})
    results.baseline(**{f"unknown_percent_words_{k}": row.if_words})
    print(f"{k:7}{row.size:12}{row.train:17.2f}{row.held:10.2f}"
          f"{row.unknown:9.2f}%{row.if_words:9.2f}%")
unknown_of_all = 100 * never_seen / len(held)
print(f"{len(frequency)} words, all of the training text: {unknown_of_all:.2f}% unknown")

some = bpe.first(min(1000, len(merges)))
frequent, once = ranked[:100], [word for word in ranked if frequency[word] == 1] or ranked[-1:]
for name, words in (("frequent_word", frequent), ("word_that_came_once", once)):
    results.metric(**{f"pieces_per_{name}": np.mean([len(some.tokenize(w)) for w in words])})

letters_only, last = rows[0], rows[-1]
characters_per_word = sum(map(len, held)) / len(held)
results.metric(vocabulary=len(bpe), pieces_per_word=last.train, pieces_per_word_held_out=last.held,
               characters_per_piece_held_out=characters_per_word / last.held,
               unknown_percent=last.unknown)
results.baseline(pieces_per_word_characters=letters_only.held,
                 unknown_percent_words_same_size=last.if_words,
                 unknown_percent_all_words=unknown_of_all, vocabulary_all_words=len(frequency))

# %% [markdown]
# ## Words that were never seen
#
# A word is spelled by rank: of all pairs in it the one that was learned first is merged first. A
# tempting other way, the longest known piece from the left, gives some words other pieces
# [longest_first_differs_percent > 2], and a model that has read the one spelling has not read the
# other.

# %%
known, letters = set(bpe.tokens), bpe.first(0)
longest_piece = max(map(len, known))


def longest_first(word: str) -> list[str]:
    """Spelled from the left, each time with the longest piece that is known."""
    rest, pieces = letters.tokenize(word), []
    while rest:
        length = min(len(rest), longest_piece)
        while length > 1 and "".join(rest[:length]) not in known:
            length -= 1
        pieces.append("".join(rest[:length]))
        rest = rest[length:]
    return pieces


# %%
unseen = never_seen_words(held, frequency)
print("\nthe longest that were never seen:")
for word in unseen[:8]:
    print(f"    {shown(bpe.tokenize(word))}")

differ = [word for word in held_frequency if longest_first(word) != bpe.tokenize(word)]
differ.sort(key=lambda word: (-held_frequency[word], word))
print(f"The longest piece first gives other pieces for {len(differ)} of {len(held_frequency)} "
      "different words:")
for word in differ[:3]:
    print(f"    {shown(longest_first(word))}, by rank {shown(bpe.tokenize(word))}")
results.metric(longest_first_differs_percent=100 * len(differ) / len(held_frequency))

rng = np.random.default_rng(options.seed)
spellings = Counter(shown(bpe.tokenize(unseen[0], 0.2, rng)) for _ in range(20))
print("With dropout each merge is passed over now and then, here with probability 0.2. "
      f"Drawn 20 times, a word has {len(spellings)} spellings:")
for spelling, times in spellings.most_common(5):
    print(f"    {times:2} x {spelling}")

# %% [markdown]
# ## Bytes in place of characters
#
# Chinese has thousands of characters before the first merge, and its pairs are rare (--data tang:
# in 63,300 characters the most frequent pair comes 54 times). GPT-2 begins with the 256 bytes of
# UTF-8: nothing is ever unknown, an emoji neither, and what is decoded is the text
# [bytes_decoded_equal == 1], but a character outside ASCII costs two to four pieces until merges
# have put it together.

# %%
spaced = {" " + word: n for word, n in frequency.items()}
by_bytes = text.BPE.train(spaced, min(len(merges), 2000), byte_level=True)
line = "naïve  café, 床前明月光 🙂"
print(f"\n{line}")
print(f"    characters: {bpe.decode(bpe.encode(line))}")
print(f"    bytes:      {' '.join(by_bytes.tokenize(line))}")
print(f"    decoded again equal: {by_bytes.decode(by_bytes.encode(line)) == line}, "
      "the two spaces too (Ġ is a space)")

held_text = " " + " ".join(held)
ids = by_bytes.encode(held_text)
results.metric(pieces_per_word_bytes=len(ids) / len(held),
               bytes_decoded_equal=by_bytes.decode(ids) == held_text)
print(f"    held-out text: {len(ids) / len(held):.2f} pieces per word "
      f"after {len(by_bytes.merges)} merges of bytes")

# %% [markdown]
# ## Pictures: three words as the merges come, and the vocabulary


# %%
def spellings_of(word: str) -> list[tuple[int, list[str]]]:
    """(number of merges, pieces) each time the spelling of this word changes; the last twelve."""
    pieces = letters.tokenize(word)
    found = [(0, pieces)]
    for rank, pair in enumerate(merges, start=1):
        after = merge(pieces, pair)
        if len(after) < len(pieces):
            pieces = after
            found.append((rank, pieces))
    return found[-12:]


long = [word for word in ranked if 6 <= len(word) <= 14]
long = long or sorted(ranked, key=lambda word: abs(len(word) - 10))
short_unseen = [word for word in unseen if len(word) <= 14] or unseen[-1:]
examples = [long[0], long[len(long) // 8], short_unseen[0]]
spelled = {word: spellings_of(word) for word in examples}
results.figure("merges.svg", merges_figure(spelled, frequency, len(merges)))
results.figure("vocabulary.svg", vocabulary_figure(rows, len(frequency), unknown_of_all))
results.write()
