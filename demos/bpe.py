# %% [markdown]
# # Byte-pair encoding, a vocabulary that can spell every word
#
# A vocabulary of words has a hole: the words of tomorrow are not in it. A vocabulary of characters has none, but its
# sequences are long. Byte-pair encoding lies between: it begins with the characters, and again and again makes the most
# frequent pair of neighbours one symbol. Frequent words become one piece, rare ones a few, and no word is unknown.
#
#     python demos/bpe.py                          the English of Python's own manual
#     python demos/bpe.py --data tinyshakespeare   or ptb, brown, names, or a text file of yours
#     python demos/bpe.py --data multi30k          German: compounds come apart, not always where they were put together
#     python demos/bpe.py --data tang              Chinese poems: there is little to merge

# %%
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import text
from tinydawn.text.merges import merged

parser = arguments("Learn byte-pair merges one by one, and see what they do to words that were never seen.", epochs=False)
parser.add_argument("--merges", type=int, help="how many to learn; default 3000, with --data 10000")
options = parse(parser)
if options.merges is not None and options.merges < 10:
    parser.error(f"--merges {options.merges}: at least 10")
num_merges = options.merges or (300 if options.quick else 10_000 if options.data else 3000)
END = "</w>"

def shown(pieces: list[str]) -> str:
    return "|".join(pieces).replace(END, "")

# %% [markdown]
# ## Four words, ten merges
#
# The notes: "start with all characters; find the most frequent pair, merge it, and add it to the vocabulary; stop at the
# wanted size". A mark (here _) says where a word ends: an "est" at the end is another than that in "western", and without
# it nobody could put the spaces back.

# %%
table = {(*word[:-1], word[-1] + END): count for word, count in {"low": 5, "lower": 2, "newest": 6, "widest": 3}.items()}
print(f"{'merge':16}{'count':>5}   the four words")
for pair, count in text.learn_bpe(table, 10):
    table = {tuple(merged(symbols, pair)): n for symbols, n in table.items()}
    print(f"{' + '.join(pair).replace(END, '_'):16}{count:5}   {'   '.join('|'.join(s).replace(END, '_') for s in table)}")
print("Of pairs that are equally frequent the first in alphabetical order is taken. Other rules give other merges:\n"
      "subword-nmt takes the last, Hugging Face's tokenizers the oldest (the argument `ties`).")

# %% [markdown]
# ## Real text: the merges, most frequent first

# %%
def words_of(split: str) -> list[str]:
    """The words of one part of the corpus, in order."""
    if options.data == "multi30k":
        return [word for german, _ in text.load_parallel("multi30k", split) for word in german]
    sentences = text.load_sentences(options.data, split, str.split)
    if options.data == "tang":  # a line of five characters stands where another language has a word
        return ["".join(poem[i:i + 5]) for poem in sentences for i in range(0, len(poem), 5)]
    return ["".join(name) for name in sentences] if options.data == "names" else [w for words in sentences for w in words]

train, held = words_of("train"), words_of("val")
train, held = (train[:20_000], held[:2000]) if options.quick else (train, held)
results = Results("bpe", options, options.data or "python's manual")
frequency, held_frequency = Counter(train), Counter(held)
never_seen = sum(n for word, n in held_frequency.items() if word not in frequency)
print(f"\n{len(train)} words, {len(frequency)} different; held out {len(held)}, of which {never_seen} were never seen")

table = {(*word[:-1], word[-1] + END): count for word, count in frequency.items()}
merges, started = [], time.process_time()
for pair, count in tqdm(text.learn_bpe(table, num_merges), total=num_merges, desc="merging", unit="merge", mininterval=0.5):
    merges.append(pair)
    if len(merges) <= 10 or len(merges) in (30, 100, 300, 1000, 3000, 10_000):
        tqdm.write(f"merge {len(merges):5}: {count:6} times {' + '.join(pair).replace(END, '_')}")
    if len(merges) == 1000:
        results.metric(cpu_seconds_1000_merges=time.process_time() - started)
results.metric(merges=len(merges), cpu_seconds=time.process_time() - started)
print(f"after {len(merges)} merges no pair occurs twice" if len(merges) < num_merges else "")
bpe = text.BPE(merges, set("".join(train)))

# %% [markdown]
# ## Pieces per word against the size of the vocabulary, and what is unknown
#
# Beside it a vocabulary of words of the same size, the most frequent ones. Even with every word of the training text in it,
# some held-out words are unknown. Of the pieces only characters that were never seen are.

# %%
def pieces_per_word(model: text.BPE, words: Counter[str]) -> float:
    return sum(len(model.tokenize(word)) * n for word, n in words.items()) / words.total()

def unknown_percent(is_known: Callable[[str], bool]) -> float:
    return 100 * sum(n for word, n in held_frequency.items() if not is_known(word)) / len(held)

ranked, rows = [word for word, _ in frequency.most_common()], []
steps = sorted({0, len(merges), *(k for k in (30, 100, 300, 1000, 3000, 10_000, 30_000) if k < len(merges))})
print(f"\n{'merges':>7}{'vocabulary':>12}{'pieces per word':>17}{'held out':>10}{'unknown':>10}{'if words':>10}")
for k in steps:
    model = bpe.first(k)
    pieces, words = set(model.tokens), set(ranked[:len(model)])
    rows.append((len(model), pieces_per_word(model, frequency), pieces_per_word(model, held_frequency),
                 unknown_percent(lambda word, m=model, known=pieces: known.issuperset(m.tokenize(word))),
                 unknown_percent(words.__contains__)))
    print(f"{k:7}{rows[-1][0]:12}{rows[-1][1]:17.2f}{rows[-1][2]:10.2f}{rows[-1][3]:9.2f}%{rows[-1][4]:9.2f}%")
print(f"{len(frequency)} words, all of the training text: {100 * never_seen / len(held):.2f}% unknown")
results.metric(vocabulary=len(bpe), pieces_per_word=rows[-1][1], pieces_per_word_held_out=rows[-1][2],
               characters_per_piece_held_out=sum(map(len, held)) / (rows[-1][2] * len(held)), unknown_percent=rows[-1][3])
results.baseline(pieces_per_word_characters=rows[0][2], unknown_percent_words_same_size=rows[-1][4],
                 unknown_percent_all_words=100 * never_seen / len(held), vocabulary_all_words=len(frequency))

# %% [markdown]
# ## Words that were never seen
#
# A word is spelled by rank: of all pairs in it the one that was learned first is merged first. A tempting other way, the
# longest known piece from the left, gives other pieces, and a model that has read the one spelling has not read the other.

# %%
def longest_first(word: str) -> list[str]:
    rest, out = letters.tokenize(word), []
    while rest:
        longest = next((n for n in range(len(rest), 0, -1) if "".join(rest[:n]) in known), 1)
        out.append("".join(rest[:longest]))
        rest = rest[longest:]
    return out

known, letters = set(bpe.tokens), bpe.first(0)
unseen = sorted({w for w in held if w not in frequency and w.isalpha()}, key=lambda w: (-len(w), w)) or sorted(held_frequency)
differ = sorted((w for w in held_frequency if longest_first(w) != bpe.tokenize(w)), key=lambda w: (-held_frequency[w], w))
print("\nthe longest that were never seen:", *(shown(bpe.tokenize(word)) for word in unseen[:8]), sep="\n    ")
print(f"The longest piece first gives other pieces for {len(differ)} of {len(held_frequency)} different words:",
      *(f"{shown(longest_first(w))}, by rank {shown(bpe.tokenize(w))}" for w in differ[:3]), sep="\n    ")
rng = np.random.default_rng(options.seed)
print("With dropout, a merge is now and then passed over, and a word is seen in several spellings:",
      *dict.fromkeys(shown(bpe.tokenize(unseen[0], 0.2, rng)) for _ in range(4)), sep="\n    ")
results.metric(longest_first_differs_percent=100 * len(differ) / len(held_frequency))

# %% [markdown]
# ## Bytes in place of characters
#
# Chinese has thousands of characters before the first merge, and its pairs are rare (--data tang: the most frequent of 63,300
# characters' pairs comes 54 times). GPT-2 begins with the 256 bytes of UTF-8: nothing is ever unknown, an emoji neither, but
# a character outside ASCII costs two to four pieces until merges have put it together.

# %%
by_bytes = text.BPE.train({" " + word: n for word, n in frequency.items()}, min(len(merges), 2000), byte_level=True)
line = "naïve  café, 床前明月光 🙂"
print(f"\n{line}\n    characters: {bpe.decode(bpe.encode(line))}\n    bytes:      {' '.join(by_bytes.tokenize(line))}\n"
      f"    decoded again equal: {by_bytes.decode(by_bytes.encode(line)) == line}, the two spaces too (Ġ is a space)")
ids = by_bytes.encode(held_text := " " + " ".join(held))
results.metric(pieces_per_word_bytes=len(ids) / len(held), bytes_decoded_equal=by_bytes.decode(ids) == held_text)
print(f"    held-out text: {len(ids) / len(held):.2f} pieces per word after {len(by_bytes.merges)} merges of bytes")

# %% [markdown]
# ## Pictures: three words as the merges come, and the vocabulary

# %%
def spellings(word: str) -> list[tuple[int, list[str]]]:
    """(number of merges, pieces) each time the spelling of this word changes."""
    out = [(0, letters.tokenize(word))]
    for rank, pair in enumerate(merges, start=1):
        if len(after := merged(out[-1][1], pair)) < len(out[-1][1]):
            out.append((rank, after))
    return out[-12:]

def staircases(axes: list[Any]) -> None:
    for ax, word in zip(axes, spelled, strict=True):
        for row, (rank, pieces) in enumerate(spelled[word]):
            at = 0
            for piece in (piece.replace(END, "") for piece in pieces):
                ax.barh(-row, len(piece) - 0.1, left=at, height=0.74, color="#DCEAF6", edgecolor=COLOURS[0], linewidth=0.8)
                for j, letter in enumerate(piece):
                    ax.text(at + j + 0.45, -row, letter, ha="center", va="center", fontsize=9)
                at += len(piece)
            ax.text(-0.3, -row, str(rank), ha="right", va="center", fontsize=8)
        tidy(ax, f"{word}, count {frequency[word]}", y="after so many merges")
        ax.set(xlim=(-2.5, max(map(len, spelled))), ylim=(0.5 - tallest, 0.5), xticks=[], yticks=[])
        ax.spines[:].set_visible(False)

def curves(axes: list[Any]) -> None:
    (left, right), sizes = axes, [row[0] for row in rows]
    for ax, i, name, column in ((left, 0, "training text", 1), (left, 1, "held out", 2),
                                (right, 0, "words", 4), (right, 1, "pieces", 3)):
        ax.plot(sizes, [row[column] for row in rows], COLOURS[i], linestyle=STROKES[i], marker="o", markersize=3, label=name)
        ax.set(xscale="log", ylim=(0, None))
    right.axhline(100 * never_seen / len(held), color="#777777", linewidth=0.8, label=f"all {len(frequency)} words")
    tidy(left, "pieces per word", "vocabulary", legend=True)
    tidy(right, "unknown words, % of the held-out text", "vocabulary", legend=True)

long = [word for word in ranked if 6 <= len(word) <= 14] or [w for w in ranked if len(w) > 1] or ranked
examples = [long[0], long[len(long) // 8], next((w for w in unseen if len(w) <= 14), unseen[-1])]
spelled = {word: spellings(word) for word in examples}
tallest = max(map(len, spelled.values()))
results.figure("merges.svg", panels(1, len(spelled), staircases, 3.6, 0.5 + 0.28 * tallest, words="".join(spelled)))
results.figure("vocabulary.svg", panels(1, 2, curves, 4.2, 3.2))
results.write()
