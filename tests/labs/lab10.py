"""Lab 10, subwords and context: right functions and wrong twins."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import numpy as np

import tinydawn as td
from tests.labs.author import Given, Lab, array, step, tensor

lab = Lab(10, "lab10_subwords", "Subwords and context", "子词与语境")

END = "</w>"


def wave(*shape, phase=0.0, size=1.5):
    """Numbers without order and without repeats."""
    n = int(np.prod(shape))
    return (size * np.sin(1.3 * np.arange(n) ** 1.1 + phase)).reshape(shape)


# --- spelled_words ---

@lab.hole(cases=[["low lower  low\nLow"], ["a bb a"], ["  see\tthe sea\n\n"], [""], ["看看 书 看看"]],
          more=[["new  newer new\nNew"], ["I see I"], [" ten\ttents \n"], [""], ["天天 上 天天"]])
def spelled_words(text):
    return dict(Counter((*word[:-1], word[-1] + "</w>") for word in text.split()))


@spelled_words.twin(
    "Where does a word end?",
    "The characters are there, and no mark: the est of \"newest\" and that of \"western\" are the same.",
    "The last character of each word gets </w>: (\"l\", \"o\", \"w</w>\").",
    "词在哪里结束？",
    "字符都在，但没有记号：“newest” 里的 est 和 “western” 里的就一样了。",
    "每个词的最后一个字符带上 </w>：(\"l\", \"o\", \"w</w>\")。")
def words_without_mark(text):
    return dict(Counter(tuple(word) for word in text.split()))


@spelled_words.twin(
    "How many symbols has \"low\"?",
    "Four here: the mark is a symbol of its own. (The first version of BPE had it so; then the merges are others.)",
    "Three: the mark is glued to the last character, \"w</w>\".",
    "“low” 有几个符号？",
    "这里有四个：记号自成一个符号。（BPE 的第一个版本就是这样，但合并的结果不同。）",
    "三个：记号粘在最后一个字符上，“w</w>”。")
def words_with_a_mark_apart(text):
    return dict(Counter((*word, END) for word in text.split()))


@spelled_words.twin(
    "Which character has the mark?",
    "The first one: that would say where a word begins.",
    "</w> is for the end: it comes behind the last character.",
    "哪个字符带着记号？",
    "是第一个：那表示词的开头。",
    "</w> 表示结尾：它跟在最后一个字符后面。")
def words_marked_in_front(text):
    return dict(Counter((END + word[0], *word[1:]) for word in text.split()))


@spelled_words.twin(
    "Which character has the mark?",
    "Every one of them.",
    "Only the last character of a word gets </w>.",
    "哪个字符带着记号？",
    "每一个都带了。",
    "只有词的最后一个字符带 </w>。")
def words_marked_everywhere(text):
    return dict(Counter(tuple(letter + END for letter in word) for word in text.split()))


@spelled_words.twin(
    "How often is each word in the text?",
    "Each has the count 1, however often it comes.",
    "The counts decide which pair is the most frequent: count every occurrence.",
    "每个词在文本里出现几次？",
    "不管出现几次，计数都是 1。",
    "哪一对最频繁要由计数决定：每次出现都要数。")
def words_counted_once(text):
    return {(*word[:-1], word[-1] + END): 1 for word in text.split()}


@spelled_words.twin(
    "Of what is a key made?",
    "A key is a word in one piece: nothing could be merged in it.",
    "BPE starts from the characters: a key is a tuple with one symbol for each.",
    "键是由什么组成的？",
    "键是一整个词：里面没有什么可合并的。",
    "BPE 从字符开始：键是元组，每个字符一个符号。")
def words_in_one_piece(text):
    return dict(Counter((word + END,) for word in text.split()))


@spelled_words.twin(
    "Of what kind are the keys?",
    "They are strings. In a string nobody can tell which characters have become one symbol.",
    "A key is a tuple of symbols: (\"l\", \"o\", \"w</w>\").",
    "键是哪种类型？",
    "是字符串。字符串里看不出哪些字符已经成了一个符号。",
    "键是符号的元组：(\"l\", \"o\", \"w</w>\")。")
def words_as_strings(text):
    return dict(Counter(word + END for word in text.split()))


@spelled_words.twin(
    "Of what kind are the keys?",
    "They are strings with spaces between the symbols, as in many programs.",
    "A key is a tuple of symbols: (\"l\", \"o\", \"w</w>\").",
    "键是哪种类型？",
    "是符号之间用空格隔开的字符串，许多程序里是这样写的。",
    "键是符号的元组：(\"l\", \"o\", \"w</w>\")。")
def words_as_strings_with_spaces(text):
    return dict(Counter(" ".join((*word[:-1], word[-1] + END)) for word in text.split()))


@spelled_words.twin(
    "Try two spaces side by side, and a line's end.",
    "split(\" \") makes an empty word between two spaces, and takes \"\\n\" for a letter.",
    "split() without an argument cuts at white space of any kind and length.",
    "试试连着两个空格，再试试换行。",
    "split(\" \") 在两个空格之间造出一个空词，还把 “\\n” 当成字母。",
    "不带参数的 split() 在任何种类、任何长度的空白处切开。")
def words_cut_at_each_space(text):
    return dict(Counter((*word[:-1], word[-1:] + END) for word in text.split(" ")))


@spelled_words.twin(
    "Try two spaces side by side, and a line's end.",
    "split(\" \") makes an empty word between two spaces, whose last character does not exist.",
    "split() without an argument cuts at white space of any kind and length.",
    "试试连着两个空格，再试试换行。",
    "split(\" \") 在两个空格之间造出一个空词，它没有最后一个字符。",
    "不带参数的 split() 在任何种类、任何长度的空白处切开。")
def words_whose_last_is_missing(text):
    return dict(Counter((*word[:-1], word[-1] + END) for word in text.split(" ")))


@spelled_words.twin(
    "Is \"Low\" the same word as \"low\"?",
    "All letters are made small here.",
    "The text is taken as it is: what was written large could never be decoded again.",
    "“Low” 和 “low” 是同一个词吗？",
    "这里把所有字母都变成了小写。",
    "文本原样取用：否则大写再也还原不出来。")
def words_in_small_letters(text):
    return dict(Counter((*word[:-1], word[-1] + END) for word in text.lower().split()))


@spelled_words.twin(
    "What is counted?",
    "The characters of the whole text: words are not in it any more.",
    "A word is a key, spelled with its characters, and its count says how often the word comes.",
    "数的是什么？",
    "是整个文本的字符：词已经不见了。",
    "键是一个词，用它的字符拼出来；值是这个词出现的次数。")
def words_as_a_count_of_letters(text):
    return dict(Counter(letter for word in text.split() for letter in (*word[:-1], word[-1] + END)))


@spelled_words.twin(
    "What is returned: a list or a table?",
    "A list of all words, spelled, in the order of the text.",
    "Count them: a dict from the spelled word to how often it comes. Counter(list) does it.",
    "返回的是列表还是表？",
    "是所有词拼写后的列表，按文本的顺序。",
    "要计数：从拼写后的词到出现次数的字典。Counter(列表) 就行。")
def words_in_a_list(text):
    return [(*word[:-1], word[-1] + END) for word in text.split()]


@spelled_words.twin(
    "How often is each word in the text?",
    "The counts are divided by the number of words: these are shares.",
    "Whole numbers: how often the word comes.",
    "每个词在文本里出现几次？",
    "计数除以了总词数：这些是比例。",
    "要整数：这个词出现几次。")
def words_as_shares(text):
    words = text.split()
    return {key: n / len(words) for key, n in spelled_words(text).items()}


@spelled_words.twin(
    "Look at the last characters of a key.",
    "Each character of the mark is a symbol: <, /, w and >.",
    "The mark is glued to the last character before the tuple is made: (*word[:-1], word[-1] + \"</w>\").",
    "看看键的最后几个字符。",
    "记号的每个字符都成了一个符号：<、/、w、>。",
    "先把记号粘到最后一个字符上，再做成元组：(*word[:-1], word[-1] + \"</w>\")。")
def words_with_the_mark_in_four(text):
    return dict(Counter(tuple(word + END) for word in text.split()))


@spelled_words.twin(
    "Of what kind are the keys?",
    "They are strings with spaces between the symbols, and the mark is a symbol of its own.",
    "A key is a tuple of symbols, the mark glued to the last: (\"l\", \"o\", \"w</w>\").",
    "键是哪种类型？",
    "是符号之间用空格隔开的字符串，而且记号自成一个符号。",
    "键是符号的元组，记号粘在最后一个上：(\"l\", \"o\", \"w</w>\")。")
def words_as_strings_with_a_mark_apart(text):
    return dict(Counter(" ".join(word) + " " + END for word in text.split()))


@spelled_words.twin(
    "How often is \"a\" in \"a bb a\", and how often in \"the sea\"?",
    "text.count(word) also counts where the word is a part of another.",
    "Count among the words: Counter, or text.split().count(word).",
    "“a” 在 “a bb a” 里有几次，在 “the sea” 里呢？",
    "text.count(word) 把它作为别的词的一部分时也数了进去。",
    "要在词里数：用 Counter，或 text.split().count(word)。")
def words_counted_in_the_text(text):
    return {(*word[:-1], word[-1] + END): text.count(word) for word in text.split()}


@spelled_words.twin(
    "What happens when a word comes for the first time?",
    "It is noted with 0: its first occurrence is lost.",
    "table[key] = table.get(key, 0) + 1, also the first time.",
    "一个词第一次出现时会怎样？",
    "记成了 0：第一次出现被丢掉了。",
    "table[key] = table.get(key, 0) + 1，第一次也一样。")
def words_begun_with_zero(text):
    return {key: n - 1 for key, n in spelled_words(text).items()}


@spelled_words.twin(
    "Of what is a key made?",
    "A key is the word itself: it is not spelled, and has no mark.",
    "BPE starts from the characters: (\"l\", \"o\", \"w</w>\").",
    "键是由什么组成的？",
    "键就是词本身：没有拼写开，也没有记号。",
    "BPE 从字符开始：(\"l\", \"o\", \"w</w>\")。")
def words_not_spelled(text):
    return dict(Counter(text.split()))


@spelled_words.twin(
    "How many symbols has \"lower\"?",
    "Two here: all but the last character are one symbol.",
    "Each character is a symbol: (*word[:-1], ...) or tuple(word[:-1]) takes them apart.",
    "“lower” 有几个符号？",
    "这里只有两个：除最后一个字符外连成了一个符号。",
    "每个字符一个符号：用 (*word[:-1], …) 或 tuple(word[:-1]) 把它们拆开。")
def words_in_two_symbols(text):
    return dict(Counter((word[:-1], word[-1] + END) for word in text.split()))


# --- pair_counts ---

TABLE = {("l", "o", "w</w>"): 5, ("l", "o", "w", "e", "r</w>"): 2, ("s", "l", "o", "w</w>"): 3}
RUNS = {("a", "a", "a</w>"): 2, ("a", "a", "a", "a", "b</w>"): 3, ("b", "a</w>"): 4}
AGAIN = {("n", "a", "n", "a</w>"): 2, ("an", "an", "an", "a</w>"): 3, ("x</w>",): 7}


@lab.hole(cases=[[TABLE], [RUNS], [AGAIN], [{("o</w>",): 3}], [{}]],
          more=[[{("n", "e", "w</w>"): 4, ("n", "e", "w", "e", "r</w>"): 3, ("e", "n", "d</w>"): 6}],
                [{("o", "o", "o", "o</w>"): 2, ("z", "o", "o", "o", "z</w>"): 5, ("o", "z</w>"): 3}],
                [{("t", "o", "t", "o", "t</w>"): 2, ("to", "to", "to", "t</w>"): 4}], [{}]])
def pair_counts(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise(symbols):
            counts[pair] = counts.get(pair, 0) + n
    return counts


def _add(counts, pair, n):
    counts[pair] = counts.get(pair, 0) + n


@pair_counts.twin(
    "How often is the word itself in the text?",
    "Each word of the table counts once, whatever its count is.",
    "A pair of a word that comes 5 times comes 5 times: add the word's count, not 1.",
    "这个词本身在文本里出现几次？",
    "表里每个词只算一次，不管它的计数是多少。",
    "一个词出现 5 次，其中的对也就出现 5 次：要加上词的计数，而不是 1。")
def pairs_of_words_once(table):
    counts = {}
    for symbols in table:
        for pair in pairwise(symbols):
            _add(counts, pair, 1)
    return counts


@pair_counts.twin(
    "A word can have the same pair twice.",
    "It counts once in each word: \"nana\" has the pair of n and a once here.",
    "Every place of a word counts.",
    "同一个词里可以有两个相同的对。",
    "这里每个词里只算一次：“nana” 里的 n、a 这一对只算了一次。",
    "词里的每一处都要算。")
def pairs_once_in_each_word(table):
    counts = {}
    for symbols, n in table.items():
        for pair in dict.fromkeys(pairwise(symbols)):
            _add(counts, pair, n)
    return counts


@pair_counts.twin(
    "How many neighbours are there in (\"a\", \"a\", \"a\", \"a\")?",
    "Runs are counted without overlap: of four a only two pairs.",
    "Every two neighbours count, also where they overlap: three pairs. That they cannot all be merged is another matter.",
    "(\"a\", \"a\", \"a\", \"a\") 里有几对相邻的？",
    "连续相同的没有重叠着数：四个 a 只算了两对。",
    "每两个相邻的都算一对，重叠也算：三对。它们不能全部合并，那是另一回事。")
def pairs_without_overlap(table):
    counts = {}
    for symbols, n in table.items():
        last = None
        for i, pair in enumerate(pairwise(symbols)):
            if last is not None and pair == last[1] and i == last[0] + 1:
                last = None
                continue
            _add(counts, pair, n)
            last = (i, pair)
    return counts


@pair_counts.twin(
    "Which places of a word are looked at?",
    "Every other one: the symbols are cut into pairs, (1, 2), (3, 4), ...",
    "Every two neighbours are a pair: (1, 2), (2, 3), (3, 4), ...",
    "看了词里的哪些位置？",
    "隔一个看一个：符号被切成了 (1, 2)、(3, 4)……",
    "每两个相邻的都是一对：(1, 2)、(2, 3)、(3, 4)……")
def pairs_of_every_other_place(table):
    counts = {}
    for symbols, n in table.items():
        for i in range(0, len(symbols) - 1, 2):
            _add(counts, tuple(symbols[i:i + 2]), n)
    return counts


@pair_counts.twin(
    "Where does one word end, and the next begin?",
    "All words stand in one row here, so the end of a word and the beginning of the next are a pair.",
    "A pair never crosses a word: go through each word by itself.",
    "一个词在哪里结束，下一个从哪里开始？",
    "这里所有的词排成了一行，于是前一个词的结尾和后一个词的开头成了一对。",
    "对不能跨词：逐个词地看。")
def pairs_across_words(table):
    counts, row = {}, []
    for symbols, n in table.items():
        row += [(symbol, n) for symbol in symbols]
    for (a, n), (b, _) in pairwise(row):
        _add(counts, (a, b), n)
    return counts


@pair_counts.twin(
    "Is (\"l\", \"o\") the pair (\"o\", \"l\")?",
    "It is here: the two symbols are put in alphabetical order.",
    "A pair has an order: the left symbol first.",
    "(\"l\", \"o\") 和 (\"o\", \"l\") 是同一对吗？",
    "这里是：两个符号按字母排了序。",
    "对是有顺序的：左边的符号在前。")
def pairs_without_order(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise(symbols):
            _add(counts, tuple(sorted(pair)), n)
    return counts


@pair_counts.twin(
    "Of what kind are the keys?",
    "The two symbols are joined: a + bc and ab + c would be the same.",
    "A key is a pair, (left symbol, right symbol).",
    "键是哪种类型？",
    "两个符号被连在了一起：a + bc 和 ab + c 就分不清了。",
    "键是一对：(左边的符号, 右边的符号)。")
def pairs_joined(table):
    counts = {}
    for symbols, n in table.items():
        for a, b in pairwise(symbols):
            _add(counts, a + b, n)
    return counts


@pair_counts.twin(
    "Must the two symbols be neighbours?",
    "Any two symbols of a word are counted, however far apart.",
    "Only neighbours can be merged: symbols[i] and symbols[i + 1].",
    "两个符号必须相邻吗？",
    "这里词中任意两个符号都算，不管隔多远。",
    "只有相邻的才能合并：symbols[i] 和 symbols[i + 1]。")
def pairs_at_any_distance(table):
    counts = {}
    for symbols, n in table.items():
        for pair in combinations(symbols, 2):
            _add(counts, pair, n)
    return counts


@pair_counts.twin(
    "Is the last symbol a neighbour of the first?",
    "It is here: symbols[i - 1] with i = 0 is the last one.",
    "A word is no ring: begin at the second symbol.",
    "最后一个符号和第一个相邻吗？",
    "这里成了相邻的：i = 0 时 symbols[i - 1] 是最后一个。",
    "词不是环：从第二个符号开始。")
def pairs_in_a_ring(table):
    counts = {}
    for symbols, n in table.items():
        for i in range(len(symbols)):
            _add(counts, (symbols[i - 1], symbols[i]), n)
    return counts


@pair_counts.twin(
    "How many pairs has a word of two symbols?",
    "None here: the last pair of each word is left out.",
    "A word of n symbols has n - 1 pairs.",
    "两个符号的词有几对？",
    "这里一对也没有：每个词的最后一对被漏掉了。",
    "n 个符号的词有 n - 1 对。")
def pairs_but_the_last(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise(symbols[:-1]):
            _add(counts, pair, n)
    return counts


@pair_counts.twin(
    "What if a pair comes in a second word?",
    "The count of the last word replaces the others: = in place of +=.",
    "Add up over all words and places.",
    "一对又出现在另一个词里时会怎样？",
    "后一个词的计数取代了前面的：写成了 =，而不是 +=。",
    "对所有的词、所有的位置求和。")
def pairs_overwritten(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise(symbols):
            counts[pair] = n
    return counts


@pair_counts.twin(
    "What happens when a pair comes for the first time?",
    "It is noted with 1, and from then on the counts of words are added.",
    "counts[pair] = counts.get(pair, 0) + n, also the first time.",
    "一对第一次出现时会怎样？",
    "记成了 1，之后才加词的计数。",
    "counts[pair] = counts.get(pair, 0) + n，第一次也一样。")
def pairs_begun_with_one(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise(symbols):
            counts[pair] = counts[pair] + n if pair in counts else 1
    return counts


@pair_counts.twin(
    "What happens when a pair comes for the first time?",
    "It is noted with 0: its first occurrence is lost.",
    "counts[pair] = counts.get(pair, 0) + n, also the first time.",
    "一对第一次出现时会怎样？",
    "记成了 0：第一次出现被丢掉了。",
    "counts[pair] = counts.get(pair, 0) + n，第一次也一样。")
def pairs_begun_with_zero(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise(symbols):
            counts[pair] = counts[pair] + n if pair in counts else 0
    return counts


@pair_counts.twin(
    "What is counted: symbols, or pairs of them?",
    "Single symbols.",
    "Two neighbours are a pair: (symbols[i], symbols[i + 1]).",
    "数的是符号，还是符号的对？",
    "是单个符号。",
    "相邻的两个是一对：(symbols[i], symbols[i + 1])。")
def counts_of_single_symbols(table):
    counts = {}
    for symbols, n in table.items():
        for symbol in symbols:
            _add(counts, symbol, n)
    return counts


@pair_counts.twin(
    "Which characters are neighbours after some merges?",
    "The word is joined to a string first: \"an\" is taken for two letters again, and the mark for four.",
    "A symbol may be several characters long: go through the tuple.",
    "合并几次之后，相邻的是什么？",
    "词先被连成了字符串：“an” 又被当成两个字母，记号被当成四个。",
    "一个符号可以有好几个字符：要逐个走过元组。")
def pairs_of_letters(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise("".join(symbols)):
            _add(counts, pair, n)
    return counts


@pair_counts.twin(
    "Has the last symbol a neighbour on its right?",
    "symbols[i + 1] does not exist there: an IndexError.",
    "A word of n symbols has n - 1 pairs: range(len(symbols) - 1), or pairwise.",
    "最后一个符号右边还有邻居吗？",
    "那里没有 symbols[i + 1]：会出现 IndexError。",
    "n 个符号的词有 n - 1 对：用 range(len(symbols) - 1)，或 pairwise。")
def pairs_over_the_edge(table):
    counts = {}
    for symbols, n in table.items():
        for i in range(len(symbols)):
            _add(counts, (symbols[i], symbols[i + 1]), n)
    return counts


@pair_counts.twin(
    "What happens when a pair comes for the first time?",
    "counts[pair] += n has nothing to add to: a KeyError.",
    "counts[pair] = counts.get(pair, 0) + n, or a Counter, which begins with 0.",
    "一对第一次出现时会怎样？",
    "counts[pair] += n 没有可加的东西：会出现 KeyError。",
    "counts[pair] = counts.get(pair, 0) + n，或者用从 0 开始的 Counter。")
def pairs_not_begun(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise(symbols):
            counts[pair] += n
    return counts


@pair_counts.twin(
    "How many pairs has a word of two symbols?",
    "None here: the first pair of each word is left out.",
    "The first pair is (symbols[0], symbols[1]).",
    "两个符号的词有几对？",
    "这里一对也没有：每个词的第一对被漏掉了。",
    "第一对是 (symbols[0], symbols[1])。")
def pairs_but_the_first(table):
    return pair_counts({symbols[1:]: n for symbols, n in table.items()})


@pair_counts.twin(
    "From which number does the count of a pair begin?",
    "From 1: every pair has one too many.",
    "From 0: counts.get(pair, 0) + n.",
    "一对的计数从几开始？",
    "从 1 开始：每一对都多了一。",
    "从 0 开始：counts.get(pair, 0) + n。")
def pairs_one_too_many(table):
    return {pair: n + 1 for pair, n in pair_counts(table).items()}


@pair_counts.twin(
    "Of what kind are the keys?",
    "They are strings, with a space between the two symbols.",
    "A key is a pair, (left symbol, right symbol).",
    "键是哪种类型？",
    "是字符串，两个符号之间有一个空格。",
    "键是一对：(左边的符号, 右边的符号)。")
def pairs_joined_with_a_space(table):
    return {" ".join(pair): n for pair, n in pair_counts(table).items()}


@pair_counts.twin(
    "How many of the words are counted?",
    "The first alone: a `return` inside of the loop?",
    "Return when all words have been counted.",
    "数了几个词？",
    "只有第一个：循环里有 `return` 吗？",
    "所有的词都数完再返回。")
def pairs_of_the_first_word(table):
    return pair_counts(dict(list(table.items())[:1])) if table else None


@pair_counts.twin(
    "What if a pair comes in a second word?",
    "The larger of the two counts stays.",
    "Add up over all words and places.",
    "一对又出现在另一个词里时会怎样？",
    "留下了两个计数中较大的。",
    "对所有的词、所有的位置求和。")
def pairs_with_the_largest_count(table):
    counts = {}
    for symbols, n in table.items():
        for pair in pairwise(symbols):
            counts[pair] = max(counts.get(pair, 0), n)
    return counts


@pair_counts.twin(
    "How many symbols has a key?",
    "One: symbols[i:i + 1] ends before i + 1.",
    "symbols[i:i + 2] are two neighbours.",
    "一个键里有几个符号？",
    "一个：symbols[i:i + 1] 到 i + 1 之前就结束了。",
    "symbols[i:i + 2] 才是相邻的两个。")
def pairs_of_one(table):
    counts = {}
    for symbols, n in table.items():
        for i in range(len(symbols) - 1):
            _add(counts, symbols[i:i + 1], n)
    return counts


@pair_counts.twin(
    "What is 0 times n?",
    "All counts are 0: the word's count is multiplied with what was there.",
    "Add: counts[pair] = counts.get(pair, 0) + n.",
    "0 乘以 n 是多少？",
    "所有计数都是 0：词的计数和原有的值相乘了。",
    "要相加：counts[pair] = counts.get(pair, 0) + n。")
def pairs_of_zero(table):
    return dict.fromkeys(pair_counts(table), 0)


# --- merge_pair ---

@lab.hole(cases=[[("l", "o", "w", "l", "o</w>", "l", "o"), ("l", "o")], [("a", "a", "a", "a", "a"), ("a", "a")],
                 [("xa", "b", "a", "bc", "a", "b"), ("a", "b")], [("b", "a", "b", "b", "a"), ("a", "b")],
                 [("l", "ow", "lo", "w", "a"), ("lo", "w")], [("b", "a", "d"), ("a", "b")], [("a", "b"), ("a", "b")],
                 [("a", "a", "a"), ("a", "a")], [("a",), ("a", "b")]],
          more=[[("t", "h", "e", "t", "h</w>", "t", "h"), ("t", "h")], [("o", "o", "o"), ("o", "o")],
                [("sn", "o", "n", "ow", "n", "o"), ("n", "o")], [("o", "n", "o", "o", "n"), ("n", "o")],
                [("s", "how", "sh", "ow", "n"), ("sh", "ow")], [("o", "n", "x"), ("n", "o")], [("n", "o"), ("n", "o")],
                [("o", "o", "o", "o", "o"), ("o", "o")], [("n",), ("n", "o")]],
          forbidden=["tinydawn.text.merges:merged", "tinydawn.text.merges:learn_bpe"])
def merge_pair(symbols, pair):
    found, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i:i + 2]) == tuple(pair):
            found.append(pair[0] + pair[1])
            i += 2
        else:
            found.append(symbols[i])
            i += 1
    return tuple(found)


def _merge(symbols, pair, most=None):
    found, i, done = [], 0, 0
    while i < len(symbols):
        if tuple(symbols[i:i + 2]) == tuple(pair) and (most is None or done < most):
            found.append(pair[0] + pair[1])
            i, done = i + 2, done + 1
        else:
            found.append(symbols[i])
            i += 1
    return tuple(found)


@merge_pair.twin(
    "How often is the pair in the word?",
    "Only its first occurrence is merged.",
    "A merge is for every place of the word: go on after the first.",
    "这一对在词里出现几次？",
    "只合并了第一处。",
    "合并要用于词里的每一处：第一处之后继续。")
def merge_of_the_first(symbols, pair):
    return _merge(symbols, pair, 1)


@merge_pair.twin(
    "Merge (\"a\", \"a\") in a run of a.",
    "Every two neighbours become one, also where they overlap: an a is used twice, and the word grows.",
    "What has gone into a piece is used up: go on two places further.",
    "在一串 a 里合并 (\"a\", \"a\")。",
    "每两个相邻的都合成一个，重叠的也合：同一个 a 用了两次，词变长了。",
    "已经并进去的符号就用掉了：往后跳两个位置。")
def merge_with_overlap(symbols, pair):
    found, joined = [], False
    for i, symbol in enumerate(symbols):
        if tuple(symbols[i:i + 2]) == tuple(pair):
            found.append(pair[0] + pair[1])
            joined = True
        else:
            if not joined:
                found.append(symbol)
            joined = False
    return tuple(found)


@merge_pair.twin(
    "Merge (\"a\", \"a\") in three a: which one stays alone?",
    "The first: it goes from right to left.",
    "From left to right: the last one stays alone.",
    "在三个 a 里合并 (\"a\", \"a\")：哪一个落单？",
    "第一个：这里是从右往左走的。",
    "从左往右：落单的是最后一个。")
def merge_from_the_right(symbols, pair):
    found, i = [], len(symbols)
    while i > 0:
        if i > 1 and tuple(symbols[i - 2:i]) == tuple(pair):
            found.append(pair[0] + pair[1])
            i -= 2
        else:
            found.append(symbols[i - 1])
            i -= 1
    return tuple(found[::-1])


@merge_pair.twin(
    "Is \"xa\" followed by \"b\" the pair (\"a\", \"b\")?",
    "It is for str.replace: in \"xa b\" it finds \"a b\". So pieces of other symbols are merged.",
    "Compare whole symbols, symbols[i] == a and symbols[i + 1] == b, and no text.",
    "“xa” 后面跟着 “b”，算不算 (\"a\", \"b\")？",
    "对 str.replace 来说算：它在 “xa b” 里找到了 “a b”。于是别的符号的一部分也被合并了。",
    "要比较整个符号：symbols[i] == a 且 symbols[i + 1] == b，而不是比较文本。")
def merge_by_replacing_text(symbols, pair):
    return tuple(" ".join(symbols).replace(" ".join(pair), "".join(pair)).split())


@merge_pair.twin(
    "Is (\"b\", \"a\") the pair (\"a\", \"b\")?",
    "It is merged too: the order of the two is not looked at.",
    "The left symbol has to be pair[0], and the right one pair[1].",
    "(\"b\", \"a\") 是 (\"a\", \"b\") 这一对吗？",
    "它也被合并了：没有看两者的顺序。",
    "左边的必须是 pair[0]，右边的必须是 pair[1]。")
def merge_in_either_order(symbols, pair):
    found, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i:i + 2]) in (tuple(pair), tuple(pair[::-1])):
            found.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            found.append(symbols[i])
            i += 1
    return tuple(found)


@merge_pair.twin(
    "Where does the right one of the two go?",
    "It is in the merged symbol, and stands behind it once more.",
    "After a merge go on two places further.",
    "两个之中右边的那个去哪儿了？",
    "它进了合并后的符号，又在后面多出现了一次。",
    "合并之后要往后跳两个位置。")
def merge_that_keeps_the_right_one(symbols, pair):
    return tuple(pair[0] + pair[1] if tuple(symbols[i:i + 2]) == tuple(pair) else symbol for i, symbol in enumerate(symbols))


@merge_pair.twin(
    "Is the last symbol still there?",
    "If the last two are no pair, the last one is lost: the loop ends one place too early.",
    "Go through all places, and look for a neighbour only where there is one.",
    "最后一个符号还在吗？",
    "如果最后两个不是这一对，最后一个就丢了：循环早停了一个位置。",
    "要走遍所有位置，只在有右邻时才看右邻。")
def merge_without_the_last(symbols, pair):
    found, i = [], 0
    while i < len(symbols) - 1:
        if tuple(symbols[i:i + 2]) == tuple(pair):
            found.append(pair[0] + pair[1])
            i += 2
        else:
            found.append(symbols[i])
            i += 1
    return tuple(found)


@merge_pair.twin(
    "What if the last symbol is the left one of the pair?",
    "symbols[i + 1] does not exist there: an IndexError.",
    "Ask first whether there is a neighbour: i + 1 < len(symbols). Or compare symbols[i:i + 2], which may be short.",
    "如果最后一个符号恰好是这一对的左边那个呢？",
    "那里没有 symbols[i + 1]：会出现 IndexError。",
    "先问有没有右邻：i + 1 < len(symbols)。或者比较 symbols[i:i + 2]，它短一点也没关系。")
def merge_over_the_edge(symbols, pair):
    found, i = [], 0
    while i < len(symbols):
        if symbols[i] == pair[0] and symbols[i + 1] == pair[1]:
            found.append(pair[0] + pair[1])
            i += 2
        else:
            found.append(symbols[i])
            i += 1
    return tuple(found)


@merge_pair.twin(
    "Are the symbols all strings in the end?",
    "In the place of the pair stands a tuple of the two.",
    "One string: pair[0] + pair[1].",
    "最后的符号都是字符串吗？",
    "在那一对的位置上放的是两者的元组。",
    "要一个字符串：pair[0] + pair[1]。")
def merge_to_a_tuple(symbols, pair):
    found, i = [], 0
    while i < len(symbols):
        is_pair = tuple(symbols[i:i + 2]) == tuple(pair)
        found.append(tuple(pair) if is_pair else symbols[i])
        i += 1 + is_pair
    return tuple(found)


@merge_pair.twin(
    "Are the symbols all strings in the end?",
    "In the place of the pair stands a list, with the merged symbol in it.",
    "The string alone: pair[0] + pair[1].",
    "最后的符号都是字符串吗？",
    "在那一对的位置上放的是一个列表，合并后的符号在里面。",
    "只要字符串：pair[0] + pair[1]。")
def merge_to_a_list_of_one(symbols, pair):
    found, i = [], 0
    while i < len(symbols):
        is_pair = tuple(symbols[i:i + 2]) == tuple(pair)
        found.append([pair[0] + pair[1]] if is_pair else symbols[i])
        i += 1 + is_pair
    return tuple(found)


@merge_pair.twin(
    "By what is a pair known?",
    "By the text of both: (\"l\", \"ow\") is merged as well as (\"lo\", \"w\").",
    "They are two different pairs, with ranks of their own: compare symbol by symbol.",
    "凭什么认出一对？",
    "凭两者连起来的文本：(\"l\", \"ow\") 也和 (\"lo\", \"w\") 一样被合并了。",
    "它们是两个不同的对，各有各的次序：要逐个符号比较。")
def merge_by_the_joined_text(symbols, pair):
    found, i = [], 0
    while i < len(symbols):
        if len(symbols) > i + 1 and symbols[i] + symbols[i + 1] == pair[0] + pair[1]:
            found.append(pair[0] + pair[1])
            i += 2
        else:
            found.append(symbols[i])
            i += 1
    return tuple(found)


@merge_pair.twin(
    "Merge (\"a\", \"a\") in a run of a.",
    "The whole run becomes one symbol: the piece that was just made is merged again.",
    "A merge joins two symbols. Its result is another symbol, and no part of this pair.",
    "在一串 a 里合并 (\"a\", \"a\")。",
    "整串合成了一个符号：刚造出来的又被并了进去。",
    "一次合并只连接两个符号，结果是另一个符号，不再属于这一对。")
def merge_of_a_whole_run(symbols, pair):
    found = []
    for symbol in symbols:
        if found and symbol == pair[1] and (found[-1] == pair[0] or (pair[0] == pair[1] and set(found[-1]) == {pair[0]})):
            found[-1] += symbol
        else:
            found.append(symbol)
    return tuple(found)


@merge_pair.twin(
    "Is the right neighbour looked at?",
    "The left symbol alone decides: it is joined with whatever comes next.",
    "Both have to be right: symbols[i] == pair[0] and symbols[i + 1] == pair[1].",
    "看右边的邻居了吗？",
    "只看左边的符号：后面不管是什么都连上了。",
    "两个都要对：symbols[i] == pair[0] 且 symbols[i + 1] == pair[1]。")
def merge_with_whatever_follows(symbols, pair):
    found, i = [], 0
    while i < len(symbols):
        if symbols[i] == pair[0] and i + 1 < len(symbols):
            found.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            found.append(symbols[i])
            i += 1
    return tuple(found)


@merge_pair.twin(
    "What is returned?",
    "The symbols joined to one string: what was a symbol cannot be seen any more.",
    "A tuple of symbols.",
    "返回的是什么？",
    "所有符号连成了一个字符串：看不出哪里是一个符号了。",
    "要一个符号的元组。")
def merge_to_a_string(symbols, pair):
    return "".join(_merge(symbols, pair))


@merge_pair.twin(
    "Where do the two symbols go?",
    "They are taken out, and nothing stands in their place.",
    "In their place comes the symbol pair[0] + pair[1].",
    "那两个符号去哪儿了？",
    "被拿掉了，原处什么也没有。",
    "原处要放上符号 pair[0] + pair[1]。")
def merge_that_takes_out(symbols, pair):
    found, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i:i + 2]) == tuple(pair):
            i += 2
        else:
            found.append(symbols[i])
            i += 1
    return tuple(found)


@merge_pair.twin(
    "What stands in the list at the end?",
    "With a list comprehension over neighbours, of every pair only the left one stays, and the last symbol is lost.",
    "Go through the places with an index that jumps by two after a merge.",
    "最后列表里有什么？",
    "用列表推导式走过相邻的对，每对只留下左边的，最后一个符号丢了。",
    "用下标走过各个位置，合并之后跳两个。")
def merge_over_neighbours(symbols, pair):
    return tuple(a + b if (a, b) == tuple(pair) else a for a, b in pairwise(symbols))


@merge_pair.twin(
    "What does a for loop do whose list gets shorter?",
    "Its range was made for the longer list, and runs out of it: an IndexError.",
    "Use while, and ask for the length each time; or build a new list.",
    "列表变短之后，for 循环会怎样？",
    "range 是按原来的长度定的，走到了外面：IndexError。",
    "用 while，每次重新看长度；或者另建一个列表。")
def merge_in_a_list_that_shrinks(symbols, pair):
    found = list(symbols)
    for i in range(len(found) - 1):
        if found[i] == pair[0] and found[i + 1] == pair[1]:
            found[i:i + 2] = [pair[0] + pair[1]]
    return tuple(found)


@merge_pair.twin(
    "Are there two pairs side by side, of which only one is merged?",
    "In the shortened list the next symbol is one place further, and two are jumped: every second of them is missed.",
    "Jump two places in the old list, or one in the shortened one.",
    "两对紧挨着时，是不是只合并了一对？",
    "列表已经变短，下一个符号只隔一个位置，却跳了两个：每隔一处漏掉一处。",
    "在旧列表里跳两个，在变短的列表里只跳一个。")
def merge_that_jumps_too_far(symbols, pair):
    found, i = list(symbols), 0
    while i < len(found) - 1:
        if found[i] == pair[0] and found[i + 1] == pair[1]:
            found[i:i + 2] = [pair[0] + pair[1]]
            i += 2
        else:
            i += 1
    return tuple(found)


@merge_pair.twin(
    "What stands at the end if the last two are the pair?",
    "The last symbol comes once more: it is always put on at the end.",
    "Put it on only if it has not gone into a merge.",
    "最后两个正好是这一对时，结尾是什么？",
    "最后一个符号又出现了一次：不管怎样都在结尾补了它。",
    "只有它没有被合并时才补。")
def merge_with_the_last_put_on(symbols, pair):
    found = _merge(symbols, pair)
    return (*found, symbols[-1]) if tuple(symbols[-2:]) == tuple(pair) and found[-1] == pair[0] + pair[1] else found


@merge_pair.twin(
    "Is the pair in the word at all?",
    "symbols.index(pair[0]) finds the first left symbol, whatever comes behind it, and raises a ValueError where there is none.",
    "Look at each place: are these two symbols the pair?",
    "词里到底有没有这一对？",
    "symbols.index(pair[0]) 找到第一个左符号，不管它后面是什么；没有时就出现 ValueError。",
    "逐个位置看：这两个符号是不是这一对？")
def merge_by_index(symbols, pair):
    i = symbols.index(pair[0])
    return (*symbols[:i], pair[0] + pair[1], *symbols[i + 2:])


@merge_pair.twin(
    "Where do the two symbols go?",
    "They stay, and the merged one is put before them.",
    "It comes in their place: go on two places further.",
    "那两个符号去哪儿了？",
    "它们还在，合并后的符号放在了它们前面。",
    "它要取代这两个：往后跳两个位置。")
def merge_put_before_them(symbols, pair):
    found = []
    for i, symbol in enumerate(symbols):
        if tuple(symbols[i:i + 2]) == tuple(pair):
            found.append(pair[0] + pair[1])
        found.append(symbol)
    return tuple(found)


@merge_pair.twin(
    "What does a for loop do whose list gets shorter? And has the last symbol a neighbour?",
    "It asks for symbols[i + 1] where the list has ended: an IndexError.",
    "Use while, with i + 1 < len(...) asked each time; or build a new list.",
    "列表变短之后，for 循环会怎样？最后一个符号又有没有右邻？",
    "它在列表结束的地方还要 symbols[i + 1]：IndexError。",
    "用 while，每次都问 i + 1 < len(…)；或者另建一个列表。")
def merge_in_a_list_that_shrinks_to_its_end(symbols, pair):
    found = list(symbols)
    for i in range(len(found)):
        if found[i] == pair[0] and found[i + 1] == pair[1]:
            found[i:i + 2] = [pair[0] + pair[1]]
    return tuple(found)


@merge_pair.twin(
    "Is anything merged at all?",
    "Nothing: a slice of a tuple is a tuple, and is never equal to a list or a string.",
    "Compare like with like: symbols[i:i + 2] == pair, both tuples; or symbol by symbol.",
    "到底有没有合并？",
    "什么也没有：元组的切片还是元组，永远不等于列表或字符串。",
    "同类相比：symbols[i:i + 2] == pair，两边都是元组；或者逐个符号比较。")
def merge_of_nothing(symbols, pair):
    return tuple(symbols)


# --- learn_merges ---

NOTES = {("l", "o", "w</w>"): 5, ("l", "o", "w", "e", "r</w>"): 2, ("n", "e", "w", "e", "s", "t</w>"): 6,
         ("w", "i", "d", "e", "s", "t</w>"): 3}
TIES = {("b", "a", "d</w>"): 3, ("c", "a", "b</w>"): 3, ("z", "z", "a</w>"): 2}
RARE = {("a", "b</w>"): 1, ("c", "d</w>"): 1, ("e", "c", "d</w>"): 1, ("f", "g</w>"): 1}


@lab.hole(cases=[[NOTES, 15], [NOTES, 11], [TIES, 9], [RARE, 30], [{("a", "a", "a", "a</w>"): 3, ("a", "a", "b</w>"): 2}, 5],
                 [{("x", "y", "z</w>"): 9, ("x", "y</w>"): 4, ("q", "u</w>"): 6}, 9], [{}, 5],
                 [{("a", "b", "a", "b", "c</w>"): 4, ("b", "c</w>"): 1}, 6],
                 [{("a", "b"): 7, ("a", "b", "d</w>"): 3, ("a", "c</w>"): 3}, 6]],
          more=[[{("n", "e", "w</w>"): 5, ("n", "e", "w", "e", "r</w>"): 3, ("r", "e", "n", "e", "w</w>"): 4,
                  ("e", "w", "e</w>"): 3}, 12],
                [{("n", "e", "w</w>"): 5, ("n", "e", "w", "e", "r</w>"): 3, ("s", "e", "w</w>"): 4}, 7],
                [{("m", "a", "p</w>"): 3, ("t", "a", "m</w>"): 3, ("v", "v", "a</w>"): 2}, 9],
                [{("n", "o</w>"): 1, ("s", "o</w>"): 1, ("a", "s", "o</w>"): 1, ("u", "p</w>"): 1}, 30],
                [{("o", "o", "o", "o</w>"): 4, ("o", "o", "z</w>"): 3}, 5],
                [{("k", "l", "m</w>"): 8, ("k", "l</w>"): 5, ("r", "s</w>"): 6}, 9], [{}, 5],
                [{("t", "o", "t", "o", "m</w>"): 5, ("o", "m</w>"): 1}, 6],
                [{("m", "a"): 7, ("m", "a", "p</w>"): 3, ("m", "e</w>"): 3}, 6]],
          forbidden=["tinydawn.text.merges:learn_bpe", "tinydawn.text.merges:merged"], points=4)
def learn_merges(table, size):
    vocabulary = {symbol for symbols in table for symbol in symbols}
    merges = []
    while len(vocabulary) < size:
        counts = pair_counts(table)
        if not counts or max(counts.values()) < 2:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        vocabulary.add(best[0] + best[1])
        table = {merge_pair(symbols, best): n for symbols, n in table.items()}
    return merges


def _learn(table, size, best=lambda counts: min(counts, key=lambda pair: (-counts[pair], pair)), least=2, count=None,
           full=lambda vocabulary, table, merges, size: len(vocabulary) >= size, again=True, merge=None):
    """Learning, with what a mistake changes."""
    vocabulary = {symbol for symbols in table for symbol in symbols}
    merges = []
    while not full(vocabulary, table, merges, size) and len(merges) < 50:
        counts = (count or pair_counts)(table)
        counts = counts if again else {pair: n for pair, n in counts.items() if pair not in merges}
        if not counts or max(counts.values()) < least:
            break
        chosen = best(counts)
        merges.append(chosen)
        vocabulary.add(chosen[0] + chosen[1])
        if merge != "none":
            table = {(merge or merge_pair)(symbols, chosen): n for symbols, n in table.items()}
    return merges


@learn_merges.twin(
    "Which of two pairs that are equally frequent comes first?",
    "The one that was counted first: max takes the first of several, and that depends on the order of the words.",
    "The rule of this lab is alphabetical order: compare (-count, pair), and take the smallest.",
    "两对同样频繁时，先取哪一对？",
    "取了先数到的：有并列时 max 取第一个，那取决于词的顺序。",
    "本实验的规则是按字母顺序：比较 (-计数, 对)，取最小的。")
def learn_with_the_first_of_ties(table, size):
    return _learn(table, size, lambda counts: max(counts, key=counts.get))


@learn_merges.twin(
    "Which of two pairs that are equally frequent comes first?",
    "The last one in alphabetical order, as in the first BPE program.",
    "Here it is the first one in alphabetical order: compare (-count, pair), and take the smallest.",
    "两对同样频繁时，先取哪一对？",
    "取了字母顺序靠后的，最早的 BPE 程序就是这样。",
    "这里要取字母顺序靠前的：比较 (-计数, 对)，取最小的。")
def learn_with_the_largest_of_ties(table, size):
    return _learn(table, size, lambda counts: max(counts, key=lambda pair: (counts[pair], pair)))


@learn_merges.twin(
    "What are the pairs after the first merge?",
    "They are counted once, at the beginning, and then taken by frequency: no piece of three letters can come of it.",
    "After each merge the words are spelled otherwise: count anew.",
    "第一次合并之后，有哪些对？",
    "只在开头数了一次，然后按频率取：这样永远得不到三个字母的片段。",
    "每次合并之后，词的拼写都变了：要重新数。")
def learn_by_counting_once(table, size):
    return _learn(table, size, again=False, merge="none")


@learn_merges.twin(
    "How many merges come out?",
    "As many as `size` says: the characters are not counted.",
    "size is that of the vocabulary: characters and merged symbols together.",
    "得到了多少个合并？",
    "正好 size 个：没有把字符算进去。",
    "size 是词表的大小：字符和合并出的符号加在一起。")
def learn_so_many_merges(table, size):
    return _learn(table, size, full=lambda vocabulary, table, merges, size: len(merges) >= size)


@learn_merges.twin(
    "Count the vocabulary: the characters, and a symbol for each merge.",
    "It has one symbol more than `size`.",
    "Go on while the vocabulary has fewer than size symbols: < and not <=.",
    "数一数词表：字符，加上每次合并得到的一个符号。",
    "比 size 多了一个。",
    "词表不足 size 时才继续：用 <，不用 <=。")
def learn_one_too_many(table, size):
    return _learn(table, size + 1)


@learn_merges.twin(
    "Count the vocabulary: the characters, and a symbol for each merge.",
    "It has one symbol less than `size`.",
    "Go on until the vocabulary has size symbols.",
    "数一数词表：字符，加上每次合并得到的一个符号。",
    "比 size 少了一个。",
    "要一直做到词表有 size 个符号。")
def learn_one_too_few(table, size):
    return _learn(table, size - 1)


@learn_merges.twin(
    "Try a size that cannot be reached.",
    "Pairs that occur only once are merged as well: whole rare words are learned by heart.",
    "Stop when no pair occurs at least twice.",
    "试试达不到的 size。",
    "只出现一次的对也被合并了：等于把罕见的词整个背了下来。",
    "没有一对出现两次以上时就停。")
def learn_from_what_comes_once(table, size):
    return _learn(table, size, least=1)


@learn_merges.twin(
    "Try a size that cannot be reached: when does it stop?",
    "A pair that occurs twice is not merged any more.",
    "Twice is enough: stop when the most frequent pair occurs fewer than 2 times.",
    "试试达不到的 size：它什么时候停？",
    "出现两次的对就不合并了。",
    "两次就够：最频繁的一对不到 2 次时才停。")
def learn_from_three_times_on(table, size):
    return _learn(table, size, least=3)


@learn_merges.twin(
    "Try a size that cannot be reached.",
    "When no pair is left, there is a ValueError: max of nothing.",
    "Stop when no pair occurs at least twice, or there is none at all.",
    "试试达不到的 size。",
    "一对也不剩时，对空的取 max，出现 ValueError。",
    "没有一对出现两次以上，或者根本没有对时，就停。")
def learn_until_it_raises(table, size):
    vocabulary, merges = {symbol for symbols in table for symbol in symbols}, []
    while len(vocabulary) < size:
        counts = pair_counts(table)
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        vocabulary.add(best[0] + best[1])
        table = {merge_pair(symbols, best): n for symbols, n in table.items()}
    return merges


@learn_merges.twin(
    "Does a frequent word count for more than a rare one?",
    "It does not: each word of the table counts once.",
    "The table says how often a word comes; so often do its pairs.",
    "常见的词比罕见的词更算数吗？",
    "没有：表里每个词都只算一次。",
    "表里写着词出现几次，它的对也就出现几次。")
def learn_from_words_once(table, size):
    return _learn(table, size, count=lambda table: pair_counts(dict.fromkeys(table, 1)))


@learn_merges.twin(
    "Which pair is merged first?",
    "The rarest one.",
    "The most frequent pair of all.",
    "最先合并的是哪一对？",
    "是最少见的。",
    "要取最频繁的一对。")
def learn_the_rarest(table, size):
    return _learn(table, size, lambda counts: min(counts, key=lambda pair: (counts[pair], pair)), least=1)


@learn_merges.twin(
    "What is in the vocabulary after a merge?",
    "Only the symbols that words are still spelled with: a character that is not used any more has been thrown out.",
    "The vocabulary only grows: a new word may need the character alone.",
    "合并之后词表里有什么？",
    "只有词里还用着的符号：暂时用不到的字符被扔掉了。",
    "词表只增不减：新词可能需要单独的那个字符。")
def learn_with_letters_thrown_out(table, size):
    return _learn(table, size, full=lambda vocabulary, table, merges, size: len({s for w in table for s in w}) >= size)


@learn_merges.twin(
    "What is asked for: pairs, or symbols?",
    "The new symbols, already joined: from \"abc\" nobody can tell whether a + bc or ab + c was merged.",
    "A list of pairs, in the order in which they were merged.",
    "要的是对，还是符号？",
    "返回的是已经连好的新符号：从 “abc” 看不出合并的是 a + bc 还是 ab + c。",
    "要对的列表，按合并的先后排。")
def learn_joined(table, size):
    return [a + b for a, b in learn_merges(table, size)]


@learn_merges.twin(
    "What is asked for?",
    "With each pair comes its count.",
    "The pairs alone, in the order in which they were merged.",
    "要的是什么？",
    "每一对都带上了计数。",
    "只要对，按合并的先后排。")
def learn_with_counts(table, size):
    found = []
    for pair in learn_merges(table, size):
        found.append((pair, pair_counts(table)[pair]))
        table = {merge_pair(symbols, pair): n for symbols, n in table.items()}
    return found


@learn_merges.twin(
    "What is asked for?",
    "The vocabulary, and not the merges.",
    "The pairs in the order in which they were merged: a new word is spelled by this order.",
    "要的是什么？",
    "返回的是词表，而不是合并。",
    "要按先后顺序排列的对：拼写新词靠的就是这个顺序。")
def learn_the_vocabulary(table, size):
    letters = sorted({symbol for symbols in table for symbol in symbols})
    return [*letters, *(a + b for a, b in learn_merges(table, size))]


@learn_merges.twin(
    "In which order do the merges come?",
    "The last one comes first.",
    "In the order in which they were learned: a new word is spelled by this order.",
    "合并按什么顺序排？",
    "最后学到的排在了最前。",
    "按学到的先后：拼写新词靠的就是这个顺序。")
def learn_in_reverse(table, size):
    return learn_merges(table, size)[::-1]


@learn_merges.twin(
    "How many merges come out?",
    "One alone: a `return` inside of the loop?",
    "Return when the vocabulary is full.",
    "得到了多少个合并？",
    "只有一个：循环里有 `return` 吗？",
    "词表满了再返回。")
def learn_once(table, size):
    return learn_merges(table, size)[:1]


@learn_merges.twin(
    "Which pair is merged, if pairs are ranked by (count, pair)?",
    "Of all pairs the last one in alphabetical order: max without a key compares the pairs, and not their counts.",
    "Compare by the count: key=...",
    "合并的是哪一对？是按什么排的？",
    "是所有的对里字母顺序最后的：不带 key 的 max 比较的是对本身，而不是计数。",
    "要按计数比较：key=……")
def learn_by_the_alphabet(table, size):
    return _learn(table, size, max)


@learn_merges.twin(
    "In a word that has the pair twice: is it merged twice?",
    "Only its first occurrence in each word is merged, so the counts that follow are wrong.",
    "Spell the words anew with your merge_pair.",
    "一个词里有两处这一对：两处都合并了吗？",
    "每个词只合并了第一处，之后的计数就错了。",
    "用你的 merge_pair 重新拼写各个词。")
def learn_with_first_occurrences(table, size):
    return _learn(table, size, merge=lambda symbols, pair: _merge(symbols, pair, 1))


@learn_merges.twin(
    "How many merges come out, and which of two equally frequent pairs comes first?",
    "As many as `size` says, down to pairs that come once, and of equals the one that was counted first.",
    "size is that of the vocabulary, a pair has to come twice, and equals go by the alphabet.",
    "得到了多少个合并？两对同样频繁时先取哪一对？",
    "正好 size 个，连只出现一次的也合并了；并列时取了先数到的。",
    "size 是词表的大小，一对要出现两次以上，并列时按字母顺序。")
def learn_as_in_many_programs(table, size):
    return _learn(table, size, lambda counts: max(counts, key=counts.get), least=1,
                  full=lambda vocabulary, table, merges, size: len(merges) >= size)


@learn_merges.twin(
    "What is the largest count of a table without words?",
    "max of nothing is a ValueError.",
    "If there is no pair at all, stop: `if not counts`.",
    "没有词的表里，最大的计数是多少？",
    "对空的取 max，出现 ValueError。",
    "一对也没有时就停：`if not counts`。")
def learn_from_nothing(table, size):
    if not table:
        raise ValueError("max of nothing")
    return learn_merges(table, size)


@learn_merges.twin(
    "Which of two equally frequent pairs comes first? And try a table without words.",
    "Of equals max takes the one that was counted first; and max of nothing is a ValueError.",
    "Equals go by the alphabet: compare (-count, pair). If there is no pair, stop.",
    "两对同样频繁时先取哪一对？再试试没有词的表。",
    "并列时 max 取了先数到的；而对空的取 max 会出现 ValueError。",
    "并列时按字母顺序：比较 (-计数, 对)。一对也没有时就停。")
def learn_with_the_first_of_ties_or_nothing(table, size):
    if not table:
        raise ValueError("max of nothing")
    return learn_with_the_first_of_ties(table, size)


@learn_merges.twin(
    "Which symbols does the vocabulary begin with?",
    "With single characters, into which the mark falls too: <, /, w and >.",
    "With the symbols of the table: {symbol for symbols in table for symbol in symbols}.",
    "词表一开始有哪些符号？",
    "是单个字符，记号也散成了 <、/、w、>。",
    "是表里的符号：{symbol for symbols in table for symbol in symbols}。")
def learn_with_marks_in_four(table, size):
    more = {c for symbols in table for symbol in symbols for c in symbol}
    return learn_merges(table, size - len(more) + len({symbol for symbols in table for symbol in symbols}))


@learn_merges.twin(
    "How large is the vocabulary at the beginning?",
    "It is a list in which each symbol stands as often as words have it.",
    "Each symbol counts once: a set.",
    "词表一开始有多大？",
    "它是一个列表，每个符号在词里出现几次就列了几次。",
    "每个符号只算一个：用集合。")
def learn_with_symbols_repeated(table, size):
    every = [symbol for symbols in table for symbol in symbols]
    return learn_merges(table, size - len(every) + len(set(every)))


@learn_merges.twin(
    "What are the pairs after the first merge?",
    "They are counted once, at the beginning, and then taken by frequency, down to those that come once.",
    "After each merge the words are spelled otherwise: count anew.",
    "第一次合并之后，有哪些对？",
    "只在开头数了一次，然后按频率取，连只出现一次的也取了。",
    "每次合并之后，词的拼写都变了：要重新数。")
def learn_by_counting_once_and_all(table, size):
    return _learn(table, size, again=False, merge="none", least=1)


@learn_merges.twin(
    "How large is the vocabulary at the beginning?",
    "The words of the table are counted, and not their symbols.",
    "The vocabulary begins with all symbols: {symbol for symbols in table for symbol in symbols}.",
    "词表一开始有多大？",
    "数的是表里的词，而不是它们的符号。",
    "词表一开始是所有的符号：{symbol for symbols in table for symbol in symbols}。")
def learn_with_words_counted(table, size):
    return learn_merges(table, size - len(table) + len({symbol for symbols in table for symbol in symbols}))


@learn_merges.twin(
    "Which of two pairs that are equally frequent comes first?",
    "The one whose joined text comes first: \"abd\" of (\"ab\", \"d\") stands before \"ac\" of (\"a\", \"c\").",
    "Compare the pairs themselves, as tuples: (-count, pair), and take the smallest.",
    "两对同样频繁时，先取哪一对？",
    "取了连起来的文本在前的：(\"ab\", \"d\") 的 “abd” 排在 (\"a\", \"c\") 的 “ac” 前面。",
    "比较对本身，即元组：(-计数, 对)，取最小的。")
def learn_with_ties_by_text(table, size):
    return _learn(table, size, lambda counts: min(counts, key=lambda pair: (-counts[pair], pair[0] + pair[1])))


# --- pieces_by_rank ---

LEARNED = [("e", "s"), ("es", "t</w>"), ("l", "o"), ("lo", "w</w>"), ("n", "e"), ("ne", "w"), ("w", "est</w>")]
CROSS = [("b", "c"), ("a", "b"), ("c", "d"), ("ab", "cd"), ("a", "bc"), ("x", "a"), ("a", "a"), ("d", "d</w>"), ("bc", "d"),
         ("ab", "c"), ("cd", "x")]
OVER = [("n", "o"), ("m", "n"), ("o", "p"), ("mn", "op"), ("m", "no"), ("k", "m"), ("m", "m"), ("p", "p</w>"), ("no", "p"),
        ("mn", "o"), ("op", "k")]


@lab.hole(cases=[["lowest", LEARNED], ["newest", LEARNED], ["low", LEARNED], ["abcd", CROSS], ["xababq", CROSS],
                 ["axaad", CROSS], ["aadaad", CROSS], ["cdxbc", CROSS], ["abcdbd", CROSS], ["bxccdd", CROSS], ["aabdcx", CROSS],
                 ["q", CROSS], ["abzab", CROSS], ["slow", []]],
          more=[["newlow", LEARNED], ["west", LEARNED], ["lonest", LEARNED], ["kmnkpo", OVER], ["knmnom", OVER], ["nopp", OVER],
                ["nnopnk", OVER], ["nkmmo", OVER], ["mmmmp", OVER], ["mnopon", OVER], ["p", OVER], ["opqno", OVER], ["new", []]],
          forbidden=["tinydawn.text.bpe:BPE.tokenize", "tinydawn.text.merges:merged"], points=3)
def pieces_by_rank(word, merges):
    pieces = (*word[:-1], word[-1] + "</w>")
    rank = {pair: i for i, pair in reversed(list(enumerate(merges)))}
    while True:
        known = [pair for pair in pairwise(pieces) if pair in rank]
        if not known:
            return list(pieces)
        pieces = merge_pair(pieces, min(known, key=rank.get))


def _spelled(word):
    return (*word[:-1], word[-1] + END)


def _pieces(word, merges, choose, start=_spelled, most=None, steps=100):
    pieces = start(word)
    for _ in range(steps):
        known = [pair for pair in pairwise(pieces) if pair in merges]
        if not known:
            break
        pieces = _merge(pieces, choose(known), most)
    return list(pieces)


@pieces_by_rank.twin(
    "Which pieces would the longest-first rule give?",
    "These: from the left, each time the longest piece that is in the vocabulary. It is the rule of other tokenizers.",
    "BPE spells as it has learned: of all pairs in the word, the one that was learned first is merged first.",
    "如果每次取最长的片段，会得到什么？",
    "就是这些：从左边起，每次取词表里最长的片段。那是别的分词器的规则。",
    "BPE 怎么学就怎么拼：词里所有的对中，先学到的先合并。")
def pieces_longest_first(word, merges):
    known, rest, found = {a + b for a, b in merges}, list(_spelled(word)), []
    while rest:
        n = len(rest)
        while n > 1 and "".join(rest[:n]) not in known:
            n -= 1
        found.append("".join(rest[:n]))
        rest = rest[n:]
    return found


@pieces_by_rank.twin(
    "Which pair of the word is merged first?",
    "The leftmost one that can be merged, whatever its rank.",
    "Look at all pairs of the word, and take the one that comes first in `merges`.",
    "词里最先合并的是哪一对？",
    "是最左边的、能合并的那一对，不管它排在第几。",
    "看词里所有的对，取在 merges 里排在最前的。")
def pieces_leftmost_first(word, merges):
    return _pieces(word, merges, lambda known: known[0])


@pieces_by_rank.twin(
    "Which pair of the word is merged first?",
    "The one that was learned last: max in place of min.",
    "The one that was learned first, with the smallest rank.",
    "词里最先合并的是哪一对？",
    "是最后学到的：用了 max，而不是 min。",
    "要取最先学到的，即排名最小的。")
def pieces_latest_first(word, merges):
    return _pieces(word, merges, lambda known: max(known, key=merges.index))


@pieces_by_rank.twin(
    "How many merges does the word go through?",
    "One alone: after the first it stops.",
    "Go on until none of its pairs is in `merges`.",
    "这个词经过了几次合并？",
    "只有一次：第一次之后就停了。",
    "一直做到它的对没有一个在 merges 里。")
def pieces_after_one_merge(word, merges):
    return _pieces(word, merges, lambda known: min(known, key=merges.index), steps=1)


@pieces_by_rank.twin(
    "With which symbols does the word begin?",
    "With its characters, and no mark: no piece of the end of a word is found.",
    "Spell it as in your table of words: the last character with </w>.",
    "一开始用哪些符号拼这个词？",
    "用了它的字符，但没有记号：词尾的片段都找不到。",
    "像词表里那样拼：最后一个字符带 </w>。")
def pieces_without_mark(word, merges):
    return _pieces(word, merges, lambda known: min(known, key=merges.index), start=tuple)


@pieces_by_rank.twin(
    "With which symbols does the word begin?",
    "The mark is a symbol of its own: so the merges with \"t</w>\" do not fit.",
    "It is glued to the last character, as in your table of words.",
    "一开始用哪些符号拼这个词？",
    "记号自成一个符号，于是带 “t</w>” 的合并都用不上。",
    "它要粘在最后一个字符上，像词表里那样。")
def pieces_with_a_mark_apart(word, merges):
    return _pieces(word, merges, lambda known: min(known, key=merges.index), start=lambda word: (*word, END))


@pieces_by_rank.twin(
    "A pair can be in a word twice.",
    "Each merge is made at one place alone, and then the next one is looked at.",
    "Merge at every place: your merge_pair does.",
    "一个词里可以有两处相同的对。",
    "每个合并只用在一处，就去看下一个了。",
    "要合并每一处：你的 merge_pair 就是这样。")
def pieces_one_place_a_merge(word, merges):
    pieces = _spelled(word)
    for pair in merges:
        pieces = _merge(pieces, pair, 1)
    return list(pieces)


@pieces_by_rank.twin(
    "In which order are the merges gone through?",
    "From the last to the first.",
    "From the first to the last: in the order in which they were learned.",
    "按什么顺序走过这些合并？",
    "从最后一个到第一个。",
    "从第一个到最后一个：按学到的先后。")
def pieces_in_reverse(word, merges):
    pieces = _spelled(word)
    for pair in reversed(merges):
        pieces = _merge(pieces, pair)
    return list(pieces)


@pieces_by_rank.twin(
    "What becomes of a character that no merge knows?",
    "It is left out.",
    "It stays as it is: nothing of the word is lost.",
    "没有任何合并认识的字符会怎样？",
    "被漏掉了。",
    "原样保留：词的任何部分都不能丢。")
def pieces_without_strangers(word, merges):
    known = {symbol for pair in merges for symbol in (*pair, pair[0] + pair[1])}
    return [piece for piece in pieces_by_rank(word, merges) if piece in known]


@pieces_by_rank.twin(
    "What becomes of a character that no merge knows?",
    "The whole word is \"<unk>\".",
    "It stays as it is: that no word is unknown is what BPE is for.",
    "没有任何合并认识的字符会怎样？",
    "整个词成了 “<unk>”。",
    "原样保留：BPE 的用处就在于没有未知的词。")
def pieces_or_unknown(word, merges):
    known = {symbol for pair in merges for symbol in (*pair, pair[0] + pair[1])}
    found = pieces_by_rank(word, merges)
    return found if all(piece in known for piece in found) else ["<unk>"]


@pieces_by_rank.twin(
    "What is returned?",
    "One string, with spaces between the pieces.",
    "A list of pieces.",
    "返回的是什么？",
    "一个字符串，片段之间有空格。",
    "要片段的列表。")
def pieces_in_a_string(word, merges):
    return " ".join(pieces_by_rank(word, merges))


@pieces_by_rank.twin(
    "How do the pieces end?",
    "The merges are right, and then the mark is taken off.",
    "It stays on the last piece: without it nobody can put the spaces back.",
    "片段的结尾是什么样的？",
    "合并是对的，但后来把记号去掉了。",
    "它要留在最后一个片段上：没有它，谁也放不回空格。")
def pieces_with_the_mark_taken_off(word, merges):
    return [piece.replace(END, "") for piece in pieces_by_rank(word, merges)]


@pieces_by_rank.twin(
    "Which of two pairs is merged first?",
    "The one that makes the longer piece.",
    "The one that was learned first, however long it is.",
    "两对之中先合并哪一对？",
    "先合并了能得到更长片段的那一对。",
    "先合并先学到的，不管它多长。")
def pieces_with_the_longest_pair(word, merges):
    return _pieces(word, merges, lambda known: max(known, key=lambda pair: len(pair[0] + pair[1])))


@pieces_by_rank.twin(
    "From which end are pieces looked for?",
    "From the right, each time the longest piece that is in the vocabulary.",
    "Neither end, nor length, but rank: the pair that was learned first.",
    "从哪一端找片段？",
    "从右边起，每次取词表里最长的片段。",
    "不看哪一端，也不看长短，只看排名：先学到的对。")
def pieces_longest_from_the_right(word, merges):
    known, rest, found = {a + b for a, b in merges}, list(_spelled(word)), []
    while rest:
        n = len(rest)
        while n > 1 and "".join(rest[-n:]) not in known:
            n -= 1
        found.append("".join(rest[-n:]))
        rest = rest[:-n]
    return found[::-1]


@pieces_by_rank.twin(
    "What becomes of a word that is not in the vocabulary as a whole?",
    "It falls into characters.",
    "Merge as far as it goes: its pieces may be known.",
    "一个词没有整个收进词表时会怎样？",
    "它散成了字符。",
    "能合并多少就合并多少：它的片段可能是认识的。")
def pieces_of_known_words_alone(word, merges):
    return [word + END] if word + END in {a + b for a, b in merges} else list(_spelled(word))


@pieces_by_rank.twin(
    "A pair can be in a word twice, and its result can be merged further.",
    "Each time only the first place of the best pair is merged, and then the loop ends when one pair has been found nowhere.",
    "Go on until no pair of the word is in `merges`.",
    "一个词里可以有两处相同的对，合并的结果还可以再合并。",
    "只走了两步就停了。",
    "一直做到词里没有一对在 merges 里。")
def pieces_after_two_merges(word, merges):
    return _pieces(word, merges, lambda known: min(known, key=merges.index), steps=2)


@pieces_by_rank.twin(
    "Which symbols does the word begin with?",
    "The longest known piece is taken from the left, of a text in which the mark is four characters.",
    "Begin with characters, the last with its mark, and merge by rank: what was learned first is merged first.",
    "一开始用哪些符号拼这个词？",
    "从左边起取最长的已知片段，而且记号被当成了四个字符。",
    "从字符开始，最后一个带记号，然后按先后合并：先学到的先合并。")
def pieces_longest_first_of_text(word, merges):
    known, text, found = {a + b for a, b in merges}, word + END, []
    while text:
        n = len(text)
        while n > 1 and text[:n] not in known:
            n -= 1
        found.append(text[:n])
        text = text[n:]
    return found


@pieces_by_rank.twin(
    "When does it stop?",
    "Never before the word is one piece: pairs that were not learned are merged too.",
    "Stop when none of the pairs is in `merges`.",
    "它什么时候停？",
    "直到整个词成了一个片段才停：没学过的对也合并了。",
    "没有一对在 merges 里时就停。")
def pieces_merged_to_the_end(word, merges):
    return [word + END]


@pieces_by_rank.twin(
    "Are the pairs that a merge makes looked at?",
    "Only those that the word had at first are, from left to right.",
    "After each merge look at the pairs anew, and take the one that was learned first.",
    "合并之后新产生的对看了吗？",
    "只看了一开始就有的那些，从左到右。",
    "每次合并之后都要重新看有哪些对，取最早学到的。")
def pieces_of_the_first_pairs(word, merges):
    pieces = _spelled(word)
    for pair in pairwise(pieces):
        if pair in merges:
            pieces = _merge(pieces, pair)
    return list(pieces)


@pieces_by_rank.twin(
    "What if the word is a single piece?",
    "Then it has no pair, and min of nothing is a ValueError.",
    "Stop when there is no pair that was learned: ask before min, or give it a default.",
    "如果这个词只剩一个片段呢？",
    "那就没有对了，对空的取 min 会出现 ValueError。",
    "没有学过的对就停：先问一问，或者给 min 一个 default。")
def pieces_by_a_min_of_nothing(word, merges):
    found = pieces_by_rank(word, merges)
    if len(found) == 1:
        raise ValueError("min of nothing")
    return found


@pieces_by_rank.twin(
    "How does a piece come about?",
    "It is grown from the left, a character at a time, as long as it is known. That is not how it was learned.",
    "Of all pairs in the word the one that was learned first is merged first.",
    "一个片段是怎么来的？",
    "从左边一个字符一个字符地长出来，只要认识就继续。学的时候不是这样。",
    "词里所有的对中，先学到的先合并。")
def pieces_grown_from_the_left(word, merges):
    known, found, piece = {a + b for a, b in merges}, [], ""
    for symbol in _spelled(word):
        if not piece or piece + symbol in known:
            piece += symbol
        else:
            found.append(piece)
            piece = symbol
    return [*found, piece]


# --- text_of_pieces ---

@lab.hole(cases=[[["lo", "w</w>", "e", "s", "t</w>"]], [["the</w>", "sl", "ow</w>", "w", "a</w>"]], [["news</w>"]], [[]],
                 [["<", "w", "wow</w>", "w", ">", "new</w>"]]],
          more=[[["n", "ew</w>", "to", "w", "n</w>"]], [["a</w>", "sh", "ow</w>", "w", "i</w>"]], [["cows</w>"]], [[]],
                [["w", "w</w>", ">", "<w", "row</w>"]]])
def text_of_pieces(pieces):
    text = "".join(pieces).replace("</w>", " ")
    return text[:-1] if text.endswith(" ") else text


@text_of_pieces.twin(
    "Where do the spaces go?",
    "They are lost: the mark is taken out, and nothing comes in its place.",
    "The mark is the space behind a word: put one there.",
    "空格去哪儿了？",
    "丢了：记号被拿掉，原处什么也没放。",
    "记号就是词后面的空格：要放回一个。")
def text_without_spaces(pieces):
    return "".join(pieces).replace(END, "")


@text_of_pieces.twin(
    "What does the text end with?",
    "With a space that was not there.",
    "Spaces stand between words: none behind the last.",
    "文本以什么结尾？",
    "以一个原来没有的空格结尾。",
    "空格在词与词之间：最后一个词后面没有。")
def text_with_a_space_behind(pieces):
    return "".join(pieces).replace(END, " ")


@text_of_pieces.twin(
    "Is there a space inside of a word?",
    "One stands between any two pieces.",
    "Join the pieces without a space; only the mark is one.",
    "词的内部有空格吗？",
    "任意两个片段之间都有一个。",
    "片段之间直接相连；只有记号才是空格。")
def text_with_spaces_everywhere(pieces):
    return " ".join(pieces).replace(END, "")


@text_of_pieces.twin(
    "Are the marks still in it?",
    "The pieces are joined, and the marks stay.",
    "In the place of </w> comes a space.",
    "记号还在里面吗？",
    "片段连起来了，但记号留着。",
    "</w> 的位置要换成空格。")
def text_with_marks(pieces):
    return "".join(pieces)


@text_of_pieces.twin(
    "Decode \"low</w>\": is the w still there?",
    "rstrip(\"</w>\") takes off all of the characters <, /, w and > that it finds at the end, so \"low</w>\" becomes \"lo\".",
    "removesuffix(\"</w>\") takes off this one text; or replace it.",
    "解码 “low</w>”：w 还在吗？",
    "rstrip(\"</w>\") 会去掉结尾处所有的 <、/、w、> 这几个字符，于是 “low</w>” 成了 “lo”。",
    "removesuffix(\"</w>\") 去掉的才是这一整段；也可以用 replace。")
def text_by_rstrip(pieces):
    return "".join(piece.rstrip(END) + " " * piece.endswith(END) for piece in pieces).strip()


@text_of_pieces.twin(
    "Which pieces have a mark?",
    "Four characters are cut off every piece, also where there is no mark.",
    "Ask first: piece.endswith(\"</w>\").",
    "哪些片段带记号？",
    "每个片段都砍掉了四个字符，没有记号的也砍了。",
    "先问一问：piece.endswith(\"</w>\")。")
def text_cut_by_four(pieces):
    return " ".join(piece[:-4] for piece in pieces)


@text_of_pieces.twin(
    "What is returned: text, or words?",
    "A list of words.",
    "One string: the words with a space between them.",
    "返回的是文本，还是词？",
    "是词的列表。",
    "要一个字符串：词与词之间一个空格。")
def text_as_words(pieces):
    return text_of_pieces(pieces).split()


@text_of_pieces.twin(
    "Where does the space stand, before a word or behind it?",
    "In front of the piece that has the mark: inside of the word.",
    "The mark is behind the last character: so is the space.",
    "空格在词的前面还是后面？",
    "放在了带记号的片段前面：也就是词的内部。",
    "记号在最后一个字符后面，空格也在那里。")
def text_with_spaces_in_front(pieces):
    return "".join(" " + piece.replace(END, "") if piece.endswith(END) else piece for piece in pieces).strip()


@text_of_pieces.twin(
    "How many pieces are there in the text?",
    "The last one is missing.",
    "Every piece is a part of the text.",
    "文本里有几个片段？",
    "少了最后一个。",
    "每个片段都是文本的一部分。")
def text_without_the_last(pieces):
    return text_of_pieces(pieces[:-1])


@text_of_pieces.twin(
    "Is there a space inside of a word? And is every w still there?",
    "A space stands between any two pieces, and strip(\"</w>\") takes off all of the characters <, /, w and > at both ends.",
    "Join without a space, and replace the whole mark: replace(\"</w>\", \" \").",
    "词的内部有空格吗？w 都还在吗？",
    "任意两个片段之间都有空格，而且 strip(\"</w>\") 去掉了两端所有的 <、/、w、>。",
    "直接相连，再替换整个记号：replace(\"</w>\", \" \")。")
def text_by_strip(pieces):
    return " ".join(piece.strip(END) for piece in pieces)


@text_of_pieces.twin(
    "Are the marks still in it, and is there a space inside of a word?",
    "The pieces are joined with spaces, and the marks stay.",
    "Join them without a space; in the place of </w> comes one.",
    "记号还在里面吗？词的内部有空格吗？",
    "片段用空格连起来，记号留着。",
    "直接相连；</w> 的位置换成空格。")
def text_with_spaces_and_marks(pieces):
    return " ".join(pieces)


# --- turned_places ---

@lab.hole(cases=[[array([4, 2, 5]), 6], [array([1, 3]), 3], [array([2, 3, 3, 1]), 5], [array([4]), 4], [array([3, 5]), 8]],
          more=[[array([3, 5, 2]), 7], [array([2, 4]), 4], [array([1, 4, 2, 3]), 6], [array([5]), 5], [array([6, 2]), 9]],
          whole=True)
def turned_places(lengths, T):
    places = np.arange(T)
    ends = np.asarray(lengths)[:, None]
    return np.where(places < ends, ends - 1 - places, places)


@turned_places.twin(
    "Where is the padding after turning?",
    "In front: the whole row is turned round, so that the network reads padding before it reads a word.",
    "Turn each sentence by itself: places 0 to length - 1, and what comes behind stays.",
    "翻转之后，填充在哪里？",
    "在前面：整行都翻了过来，网络在读到词之前先读了填充。",
    "每个句子只翻它自己：位置 0 到 长度 - 1，后面的不动。")
def turned_with_padding_in_front(lengths, T):
    return np.tile(np.arange(T)[::-1], (len(lengths), 1))


@turned_places.twin(
    "Is anything turned round?",
    "These are the places as they are: 0, 1, 2, ...",
    "The first place of a sentence comes from its last, length - 1.",
    "有什么被翻过来了吗？",
    "这就是原来的位置：0、1、2……",
    "句子的第一个位置取自它的最后一个，即 长度 - 1。")
def turned_not_at_all(lengths, T):
    return np.tile(np.arange(T), (len(lengths), 1))


@turned_places.twin(
    "Which place comes first?",
    "The one behind the last word: it is off by one.",
    "The last word stands at length - 1, since places begin at 0.",
    "最先来的是哪个位置？",
    "是最后一个词之后的那个：差了一。",
    "位置从 0 数起，所以最后一个词在 长度 - 1。")
def turned_off_by_one(lengths, T):
    places, ends = np.arange(T), np.asarray(lengths)[:, None]
    return np.where(places < ends, ends - places, places)


@turned_places.twin(
    "What stands behind the end of a sentence?",
    "Place 0 again and again: the first word is read there, and when states are turned back padding is a word's.",
    "Padding stays where it is: place t comes from t.",
    "句子结尾之后是什么？",
    "一遍又一遍的位置 0：那里又读了第一个词。",
    "填充留在原处：位置 t 取自 t。")
def turned_with_zeros_behind(lengths, T):
    return np.maximum(np.asarray(lengths)[:, None] - 1 - np.arange(T), 0)


@turned_places.twin(
    "What stands behind the end of a sentence?",
    "Negative numbers: -1 is the last place of the row for NumPy, so nothing complains.",
    "Padding stays where it is: place t comes from t.",
    "句子结尾之后是什么？",
    "是负数：对 NumPy 来说 -1 就是行的最后一个位置，所以不会报错。",
    "填充留在原处：位置 t 取自 t。")
def turned_below_zero(lengths, T):
    return np.asarray(lengths)[:, None] - 1 - np.arange(T)


@turned_places.twin(
    "Are the sentences equally long?",
    "The length of the first one is used for all.",
    "Each row has a length of its own: lengths[:, None] makes a column of them.",
    "各个句子一样长吗？",
    "所有句子都用了第一个的长度。",
    "每一行有自己的长度：lengths[:, None] 把它们变成一列。")
def turned_by_the_first_length(lengths, T):
    places, end = np.arange(T), lengths[0]
    return np.tile(np.where(places < end, end - 1 - places, places), (len(lengths), 1))


@turned_places.twin(
    "Where is <s> after turning?",
    "Still in front: only what follows is turned.",
    "The whole sentence is turned: the reader from the right begins with </s>, and ends with <s>.",
    "翻转之后 <s> 在哪里？",
    "还在最前面：只翻了它后面的。",
    "整个句子都要翻：从右边读的人从 </s> 开始，到 <s> 结束。")
def turned_behind_the_first(lengths, T):
    places, ends = np.arange(T), np.asarray(lengths)[:, None]
    return np.where((places < ends) & (places > 0), ends - places, places)


@turned_places.twin(
    "Are the rows equally long?",
    "They are lists of different lengths: the places of the padding are missing.",
    "An array (N, T): behind the end of a sentence place t comes from t.",
    "各行一样长吗？",
    "它们是长短不一的列表：少了填充的位置。",
    "要数组 (N, T)：句子结尾之后，位置 t 取自 t。")
def turned_without_padding(lengths, T):
    return [list(range(int(n)))[::-1] for n in lengths]


@turned_places.twin(
    "Look at the shape: N rows, and T places in each.",
    "The places are right, and the axes are exchanged: (T, N).",
    "A row for each sentence.",
    "看看形状：N 行，每行 T 个位置。",
    "位置是对的，但两个轴对调了：(T, N)。",
    "每个句子一行。")
def turned_and_transposed(lengths, T):
    return turned_places(lengths, T).T


@turned_places.twin(
    "What happens to the padding?",
    "It is turned round too, by itself: its states would come back in another order.",
    "Padding stays where it is: place t comes from t.",
    "填充怎么了？",
    "它自己也被翻了过来：状态翻回去时顺序就乱了。",
    "填充留在原处：位置 t 取自 t。")
def turned_padding_too(lengths, T):
    places, ends = np.arange(T), np.asarray(lengths)[:, None]
    return np.where(places < ends, ends - 1 - places, T - 1 - places + ends)


@turned_places.twin(
    "How many places has a row?",
    "As many as the longest of these sentences, and not T.",
    "The ids have T columns, also if no sentence fills them.",
    "一行有几个位置？",
    "只有这些句子中最长的那么多，而不是 T。",
    "id 有 T 列，即使没有一个句子填满。")
def turned_to_the_longest(lengths, T):
    return turned_places(lengths, int(np.max(lengths)))


@turned_places.twin(
    "What stands behind the end of a sentence?",
    "Zeros: the places of padding are not set.",
    "Begin with np.arange(T) in each row, and turn its first `length` entries.",
    "句子结尾之后是什么？",
    "是零：填充的位置没有设。",
    "每行先放 np.arange(T)，再把前 长度 个翻过来。")
def turned_into_zeros(lengths, T):
    found = np.zeros((len(lengths), T), int)
    for row, n in zip(found, lengths, strict=True):
        row[:n] = np.arange(n)[::-1]
        row[n:] = -1
    return found


@turned_places.twin(
    "Which place comes first, and what stands behind the end?",
    "The one behind the last word comes first, and behind the end are negative numbers, which NumPy counts from the back.",
    "The last word stands at length - 1; padding stays where it is.",
    "最先来的是哪个位置？结尾之后是什么？",
    "最先来的是最后一个词之后的位置，结尾之后是负数，NumPy 会从后面数。",
    "最后一个词在 长度 - 1；填充留在原处。")
def turned_off_by_one_below_zero(lengths, T):
    return np.asarray(lengths)[:, None] - np.arange(T)


@turned_places.twin(
    "What stands behind the end of a sentence?",
    "Its own words again, 1, 2, 3, ...: the sign is taken off with abs.",
    "Padding stays where it is: place t comes from t.",
    "句子结尾之后是什么？",
    "又是它自己的词 1、2、3……：用 abs 去掉了负号。",
    "填充留在原处：位置 t 取自 t。")
def turned_and_back_again(lengths, T):
    return np.abs(np.asarray(lengths)[:, None] - 1 - np.arange(T))


@turned_places.twin(
    "What stands just behind the end of a sentence?",
    "-1, the last place of the row for NumPy: `<=` takes one place too many for a word's.",
    "The places of words are those below the length: t < length.",
    "句子结尾的下一个位置上是什么？",
    "是 -1，对 NumPy 来说就是行的最后一个位置：`<=` 多算了一个。",
    "词的位置小于长度：t < length。")
def turned_with_one_too_many(lengths, T):
    places, ends = np.arange(T), np.asarray(lengths)[:, None]
    return np.where(places <= ends, ends - 1 - places, places)


@turned_places.twin(
    "Where does the last word of a short sentence stand?",
    "At length - 1, and not at T - 1: here the padding is read first.",
    "Turn places 0 to length - 1 alone, and leave what comes behind.",
    "短句的最后一个词在哪里？",
    "在 长度 - 1，而不在 T - 1：这里先读了填充。",
    "只翻位置 0 到 长度 - 1，后面的不动。")
def turned_from_the_end_of_the_row(lengths, T):
    return np.array([[*range(T - 1, T - 1 - n, -1), *range(T - n)] for n in lengths])


# --- shows_leak ---

def both_ways(V, ahead):
    return Given("ReadsBothWays", V, ahead)


@lab.hole(cases=[[both_ways(5, 0), [2, 4, 1, 3, 0], 2], [both_ways(4, 1), [1, 0, 3, 2, 2], 2], [both_ways(3, 0), [1, 2, 2], 2],
                 [both_ways(3, 1), [0, 2, 0], 0], [both_ways(4, 0), [2, 0, 1, 2], 1],
                 [both_ways(4, 1), [3, 1, 0, 0, 0], 2]],
          more=[[both_ways(6, 0), [3, 5, 2, 4, 1], 2], [both_ways(5, 1), [4, 2, 4, 3, 3], 2], [both_ways(3, 0), [0, 1, 2], 2],
                [both_ways(4, 1), [1, 3, 3, 1], 0], [both_ways(5, 0), [3, 0, 4, 3], 1],
                [both_ways(5, 1), [4, 1, 0, 0, 0], 2], [both_ways(6, 0), [0, 2, 1, 0], 2]],
          through="leak_shown")
def shows_leak(lm, ids, t):
    return [*ids[:t], *[(i + 1) % lm.V for i in ids[t:]]]


@shows_leak.twin(
    "Which later words does lm know, when it is asked about the word at t?",
    "Only the word at t is another. Of the models here some do not see that word, but those behind it.",
    "Change all words from t on: whoever reads from the left has seen none of them.",
    "问位置 t 的词时，lm 知道后面的哪些词？",
    "只换了位置 t 的词。这里有的模型看不到这个词，却看得到它后面的。",
    "把位置 t 及以后的词都换掉：从左边读的模型一个也没看到过。")
def leak_at_t_alone(lm, ids, t):
    return [*ids[:t], (ids[t] + 1) % lm.V, *ids[t + 1:]]


@shows_leak.twin(
    "What if t is the last place?",
    "There is no word behind it: ids[t + 1] is an IndexError.",
    "Change all words from t on, that at t among them.",
    "如果 t 是最后一个位置呢？",
    "它后面没有词：ids[t + 1] 会出现 IndexError。",
    "把位置 t 及以后的词都换掉，包括 t 本身。")
def leak_behind_t_that_raises(lm, ids, t):
    found = list(ids)
    found[t + 1] = (ids[t + 1] + 1) % lm.V
    return found


@shows_leak.twin(
    "What if t is the last place?",
    "There is no word behind it, so the sentence stays the same.",
    "Change all words from t on, that at t among them.",
    "如果 t 是最后一个位置呢？",
    "它后面没有词，句子就没有变。",
    "把位置 t 及以后的词都换掉，包括 t 本身。")
def leak_behind_t(lm, ids, t):
    return [*ids[:t + 1], *[(i + 1) % lm.V for i in ids[t + 1:]]]


@shows_leak.twin(
    "What may every language model look at?",
    "The words before t, and one of those has been changed: that lm answers otherwise is no fault.",
    "The places before t stay as they are; change what comes from t on.",
    "任何语言模型都可以看什么？",
    "位置 t 之前的词，而这里恰恰换了其中的：lm 的回答不同并不是毛病。",
    "t 之前的位置不动；换位置 t 及以后的。")
def leak_before_t(lm, ids, t):
    return [(i + 1) % lm.V for i in ids[:t]] + list(ids[t:])


@shows_leak.twin(
    "What may every language model look at?",
    "The words before t, and all words have been changed, those too.",
    "The places before t stay as they are; change what comes from t on.",
    "任何语言模型都可以看什么？",
    "位置 t 之前的词，而这里所有的词都换了，连那些也换了。",
    "t 之前的位置不动；换位置 t 及以后的。")
def leak_everywhere(lm, ids, t):
    return [(i + 1) % lm.V for i in ids]


@shows_leak.twin(
    "Is it another sentence?",
    "It is ids itself: of two equal sentences lm thinks the same.",
    "Keep the words before t, and change the others.",
    "这是另一个句子吗？",
    "就是 ids 本身：对两个相同的句子，lm 的想法当然一样。",
    "保留 t 之前的词，换掉其余的。")
def leak_unchanged(lm, ids, t):
    return list(ids)


@shows_leak.twin(
    "Look at ids after the call.",
    "The list itself has been written into, so both sentences are now the same.",
    "Make a list of your own first: found = list(ids).",
    "看看调用之后的 ids。",
    "写进了 ids 这个列表本身，于是两个句子成了同一个。",
    "先造一个自己的列表：found = list(ids)。")
def leak_in_place(lm, ids, t):
    for i in range(t, len(ids)):
        ids[i] = (ids[i] + 1) % lm.V
    return ids


@shows_leak.twin(
    "Which ids are there?",
    "0 to V - 1: the last word plus one is no word.",
    "(i + 1) % lm.V begins again at 0.",
    "有哪些 id？",
    "0 到 V - 1：最后一个词再加一就不是词了。",
    "(i + 1) % lm.V 会回到 0。")
def leak_beyond_the_vocabulary(lm, ids, t):
    return [*ids[:t], *[i + 1 for i in ids[t:]]]


@shows_leak.twin(
    "Is it always another sentence?",
    "All words from t on become 0; where they were 0 already, nothing has changed.",
    "Put words that differ from those that were there: (i + 1) % lm.V.",
    "它总是另一个句子吗？",
    "从 t 起的词都换成了 0；原来就是 0 的地方什么也没变。",
    "换成与原来不同的词：(i + 1) % lm.V。")
def leak_of_zeros(lm, ids, t):
    return [*ids[:t], *[0] * (len(ids) - t)]


@shows_leak.twin(
    "How long is the sentence?",
    "It ends before t: of a word that is not there nothing can be asked.",
    "As long as ids, with other words from t on.",
    "句子有多长？",
    "它在 t 之前就结束了：没有的词无从问起。",
    "要和 ids 一样长，从 t 起换成别的词。")
def leak_cut_off(lm, ids, t):
    return list(ids[:t])


@shows_leak.twin(
    "How long is the sentence?",
    "It has a word more than ids: the comparison would not be fair.",
    "As long as ids, with other words from t on.",
    "句子有多长？",
    "比 ids 多一个词：这样比较不公平。",
    "要和 ids 一样长，从 t 起换成别的词。")
def leak_by_a_word_more(lm, ids, t):
    return [*ids, 0]


@shows_leak.twin(
    "What is asked for: a sentence, or an answer about it?",
    "What lm says, and no sentence.",
    "Return a list of ids, as long as ids.",
    "要的是一个句子，还是关于它的回答？",
    "返回的是 lm 的回答，而不是句子。",
    "要返回 id 的列表，和 ids 一样长。")
def leak_as_probabilities(lm, ids, t):
    return lm.next(ids, t)


@shows_leak.twin(
    "What is asked for: one sentence, or two?",
    "Two of them, ids and the other one.",
    "Only the other sentence, as a list of ids.",
    "要的是一个句子，还是两个？",
    "返回了两个：ids 和另一个。",
    "只要另一个句子，即 id 的列表。")
def leak_as_two_sentences(lm, ids, t):
    return list(ids), [*ids[:t], *[(i + 1) % lm.V for i in ids[t:]]]


@shows_leak.twin(
    "Are the words before t still the same?",
    "The sentence is turned round.",
    "The places before t stay as they are; change what comes from t on.",
    "t 之前的词还一样吗？",
    "句子被倒了过来。",
    "t 之前的位置不动；换位置 t 及以后的。")
def leak_turned_round(lm, ids, t):
    return list(ids[::-1])


@shows_leak.twin(
    "Which later words does lm know, when it is asked about the word at t?",
    "Only the word at t is tried. Of the models here some do not see that word, but those behind it; then ids comes back.",
    "Change all words from t on: whoever reads from the left has seen none of them.",
    "问位置 t 的词时，lm 知道后面的哪些词？",
    "只试了位置 t 的词。这里有的模型看不到这个词，却看得到它后面的；那时返回的就是 ids。",
    "把位置 t 及以后的词都换掉：从左边读的模型一个也没看到过。")
def leak_sought_at_t_alone(lm, ids, t):
    return [*ids[:t], (ids[t] + 1) % lm.V, *ids[t + 1:]] if lm.ahead == 0 else list(ids)


@shows_leak.twin(
    "Is it always another sentence?",
    "The words from t on are only put in another order: where they are all alike, nothing has changed.",
    "Put words that differ from those that were there: (i + 1) % lm.V.",
    "它总是另一个句子吗？",
    "从 t 起的词只是换了顺序；它们都一样时什么也没变。",
    "换成与原来不同的词：(i + 1) % lm.V。")
def leak_by_another_order(lm, ids, t):
    return [*ids[:t], *ids[t:][::-1]]


@shows_leak.twin(
    "Is it always another sentence?",
    "The words behind t become 0; where they were 0 already, or there are none, nothing has changed.",
    "Change all words from t on, to words that differ: (i + 1) % lm.V.",
    "它总是另一个句子吗？",
    "t 之后的词都换成了 0；原来就是 0，或者后面没有词时，什么也没变。",
    "从 t 起的词全部换成不同的：(i + 1) % lm.V。")
def leak_of_zeros_behind_t(lm, ids, t):
    return [*ids[:t + 1], *[0] * (len(ids) - t - 1)]


@shows_leak.twin(
    "Which later words does lm know, and is it always another sentence?",
    "The word at t becomes V - 1, even where it was that already; and some models look only behind t.",
    "Change all words from t on, to words that differ: (i + 1) % lm.V.",
    "lm 知道后面的哪些词？它总是另一个句子吗？",
    "位置 t 的词换成了 V - 1，哪怕原来就是它；而且有的模型只看 t 之后的。",
    "从 t 起的词全部换成不同的：(i + 1) % lm.V。")
def leak_of_the_last_word(lm, ids, t):
    return [*ids[:t], lm.V - 1, *ids[t + 1:]]


@shows_leak.twin(
    "Which later words does lm know, and is it always another sentence?",
    "Only the word at t becomes 0, even where it was 0 already; and some models look only behind t.",
    "Change all words from t on, to words that differ: (i + 1) % lm.V.",
    "lm 知道后面的哪些词？它总是另一个句子吗？",
    "只把位置 t 的词换成了 0，哪怕原来就是 0；而且有的模型只看 t 之后的。",
    "从 t 起的词全部换成不同的：(i + 1) % lm.V。")
def leak_of_zero_at_t(lm, ids, t):
    return [*ids[:t], 0, *ids[t + 1:]]


@shows_leak.twin(
    "How long is the sentence?",
    "It ends with the word at t: it is shorter than ids, but where t is the last place.",
    "As long as ids, with other words from t on.",
    "句子有多长？",
    "它到位置 t 的词就结束了：除非 t 是最后一个位置，否则比 ids 短。",
    "要和 ids 一样长，从 t 起换成别的词。")
def leak_cut_off_behind_t(lm, ids, t):
    return [*ids[:t], (ids[t] + 1) % lm.V]


@shows_leak.twin(
    "Which later words does lm know, and is it always another sentence?",
    "The word at t becomes the likeliest one, which it may have been already; and some models look only behind t.",
    "Change all words from t on, to words that differ: (i + 1) % lm.V.",
    "lm 知道后面的哪些词？它总是另一个句子吗？",
    "位置 t 的词换成了最可能的，而它可能本来就是；而且有的模型只看 t 之后的。",
    "从 t 起的词全部换成不同的：(i + 1) % lm.V。")
def leak_of_the_likeliest(lm, ids, t):
    return [*ids[:t], int(lm.next(ids, t).argmax()), *ids[t + 1:]]


# --- two_way_losses ---

IDS = [[1, 4, 3, 2, 0], [1, 3, 3, 5, 2], [1, 5, 2, 0, 0]]


def states(n, t, d, phase):
    return tensor(wave(n, t, d, phase=phase))


@lab.hole(cases=[[states(3, 5, 4, 0.3), states(3, 5, 4, 1.1), tensor(wave(6, 4, phase=2)), array(IDS)],
                 [states(1, 3, 2, 0.7), states(1, 3, 2, 1.9), tensor(wave(5, 2, phase=3)), array([[1, 4, 2]])],
                 [states(2, 4, 3, 2.1), states(2, 4, 3, 0.2), tensor(400 * wave(4, 3, phase=1)),
                  array([[1, 3, 2, 0], [1, 2, 0, 0]])]],
          more=[[states(2, 5, 3, 1.3), states(2, 5, 3, 2.1), tensor(wave(7, 3, phase=1)),
                 array([[1, 6, 4, 2, 0], [1, 3, 5, 6, 2]])],
                [states(3, 4, 2, 0.9), states(3, 4, 2, 2.9), tensor(wave(5, 2, phase=2)),
                 array([[1, 4, 3, 2], [1, 3, 2, 0], [1, 2, 0, 0]])],
                [states(1, 4, 3, 1.1), states(1, 4, 3, 0.4), tensor(500 * wave(4, 3, phase=2)), array([[1, 3, 2, 0]])]],
          points=4)
def two_way_losses(f, b, U, ids):
    pair = ids[:, 1:] != 0
    logits_f = step("logits from the left", f[:, :-1][pair] @ U.T)
    logits_b = step("logits from the right", b[:, 1:][pair] @ U.T)
    right, left = ids[:, 1:][pair], ids[:, :-1][pair]
    rows = np.arange(len(right))
    return -td.log_softmax(logits_f, axis=1)[rows, right].mean(), -td.log_softmax(logits_b, axis=1)[rows, left].mean()


def _loss(x, U, targets, keep, total=lambda losses, keep: losses.mean(), log=lambda z: td.log_softmax(z, axis=1)):
    z = x[keep] @ U.T
    y = targets[keep]
    return total(-log(z)[np.arange(len(y)), y], keep)


def _both(f, b, U, ids, **how):
    pair = ids[:, 1:] != 0
    return _loss(f[:, :-1], U, ids[:, 1:], pair, **how), _loss(b[:, 1:], U, ids[:, :-1], pair, **how)


@two_way_losses.twin(
    "Which words has the state at place t read?",
    "Each state predicts the word of its own place, which it has read: such a loss is soon at 0, and nothing is learned.",
    "From the left the state at t is for the word at t + 1, from the right for the word at t - 1.",
    "位置 t 的状态读过哪些词？",
    "每个状态预测的是自己位置上的词，而它读过这个词：这样的损失很快降到 0，却什么也没学到。",
    "从左边读，位置 t 的状态用来预测 t + 1 的词；从右边读，用来预测 t - 1 的词。")
def losses_of_what_was_read(f, b, U, ids):
    real = ids != 0
    return _loss(f, U, ids, real), _loss(b, U, ids, real)


@two_way_losses.twin(
    "Which word has the state from the right at t already read?",
    "The one at t + 1, which it is asked for here: this is the notes' bidirectional network taken for a language model.",
    "From the right the state at t has read t and all behind it: it is for the word at t - 1.",
    "从右边读的状态在位置 t 时，已经读过哪个词？",
    "读过 t + 1 的词，而这里问的正是它：这就是把讲义的双向网络当成了语言模型。",
    "从右边读，位置 t 的状态读过 t 及其后的所有词：它用来预测 t - 1 的词。")
def losses_both_for_the_next(f, b, U, ids):
    pair = ids[:, 1:] != 0
    return _loss(f[:, :-1], U, ids[:, 1:], pair), _loss(b[:, :-1], U, ids[:, 1:], pair)


@two_way_losses.twin(
    "Which words are predicted? Look at a short sentence.",
    "Padding as well: it is in the mean, as if 0 were a word.",
    "Only pairs of neighbours of which both are real count: ids[:, 1:] != 0.",
    "预测了哪些词？看一个短句。",
    "填充也预测了：它算进了平均，好像 0 也是一个词。",
    "只有两个都是真词的相邻对才算：ids[:, 1:] != 0。")
def losses_with_padding(f, b, U, ids):
    every = np.ones_like(ids[:, 1:], bool)
    return _loss(f[:, :-1], U, ids[:, 1:], every), _loss(b[:, 1:], U, ids[:, :-1], every)


@two_way_losses.twin(
    "From which state is </s> predicted from the right?",
    "From that of the padding behind it: the *targets* are real, and the state is none. The first loss is right.",
    "Both neighbours have to be real. They are where the right one of the two is: ids[:, 1:] != 0, for both directions.",
    "从右边读时，</s> 是由哪个状态预测的？",
    "由它后面填充的状态：*目标*是真词，状态却不是。前向的损失是对的。",
    "相邻的两个都要是真词。两者中靠右的是真词就行：两个方向都用 ids[:, 1:] != 0。")
def losses_from_padding(f, b, U, ids):
    return (_loss(f[:, :-1], U, ids[:, 1:], ids[:, 1:] != 0), _loss(b[:, 1:], U, ids[:, :-1], ids[:, :-1] != 0))


@two_way_losses.twin(
    "What is predicted after </s>?",
    "Padding: the mask is that of the left one of two neighbours, and behind </s> there is padding.",
    "Both neighbours have to be real. They are where the right one of the two is: ids[:, 1:] != 0.",
    "</s> 之后预测了什么？",
    "填充：掩码取的是相邻两个中靠左的，而 </s> 后面就是填充。",
    "相邻的两个都要是真词。两者中靠右的是真词就行：ids[:, 1:] != 0。")
def losses_of_what_follows_the_end(f, b, U, ids):
    left = ids[:, :-1] != 0
    return _loss(f[:, :-1], U, ids[:, 1:], left), _loss(b[:, 1:], U, ids[:, :-1], left)


@two_way_losses.twin(
    "Double the batch by repeating it: do the losses stay what they are?",
    "These are sums over the words.",
    "The mean over all words that are predicted.",
    "把批重复一遍使它加倍：损失不变吗？",
    "这是对词求和。",
    "要对所有被预测的词取平均。")
def losses_summed(f, b, U, ids):
    return _both(f, b, U, ids, total=lambda losses, keep: losses.sum())


@two_way_losses.twin(
    "By how many words is it divided?",
    "By all places, those of padding among them.",
    "By the number of words that are predicted.",
    "除以了多少个词？",
    "除以了所有的位置，填充也算在内。",
    "除以被预测的词数。")
def losses_over_all_places(f, b, U, ids):
    return _both(f, b, U, ids, total=lambda losses, keep: losses.sum() / keep.size)


@two_way_losses.twin(
    "By how many words is it divided?",
    "By the number of sentences.",
    "By the number of words that are predicted, in all sentences together.",
    "除以了多少个词？",
    "除以了句子数。",
    "除以所有句子里被预测的词数。")
def losses_over_sentences(f, b, U, ids):
    return _both(f, b, U, ids, total=lambda losses, keep: losses.sum() / len(keep))


@two_way_losses.twin(
    "How many numbers are asked for?",
    "One alone: the mean of both directions.",
    "A pair: the loss from the left, and the loss from the right. They are two language models.",
    "要几个数？",
    "只有一个：两个方向的平均。",
    "要一对：从左边的损失和从右边的损失。它们是两个语言模型。")
def losses_as_one_mean(f, b, U, ids):
    left, right = _both(f, b, U, ids)
    return (left + right) / 2


@two_way_losses.twin(
    "How many numbers are asked for?",
    "One alone: the sum of both directions.",
    "A pair: the loss from the left, and the loss from the right. They are two language models.",
    "要几个数？",
    "只有一个：两个方向之和。",
    "要一对：从左边的损失和从右边的损失。它们是两个语言模型。")
def losses_as_one_sum(f, b, U, ids):
    left, right = _both(f, b, U, ids)
    return left + right


@two_way_losses.twin(
    "Can a loss be below 0?",
    "These are mean log-probabilities, without the minus.",
    "A loss is -log p.",
    "损失会小于 0 吗？",
    "这是平均对数概率，少了负号。",
    "损失是 -log p。")
def losses_without_minus(f, b, U, ids):
    left, right = _both(f, b, U, ids)
    return -left, -right


@two_way_losses.twin(
    "Which of the two comes first?",
    "The one from the right.",
    "From the left first, then from the right.",
    "两个里面哪个在前？",
    "从右边的在前了。",
    "先从左边的，再从右边的。")
def losses_exchanged(f, b, U, ids):
    return _both(f, b, U, ids)[::-1]


@two_way_losses.twin(
    "Does a long sentence count for more than a short one?",
    "Each sentence counts alike here: a mean of the sentences' means.",
    "Each word counts alike: one mean over all words of the batch that are predicted.",
    "长句比短句更算数吗？",
    "这里每个句子一样算：先在句内平均，再对句子平均。",
    "每个词一样算：对批里所有被预测的词取一个平均。")
def losses_by_sentence(f, b, U, ids):
    rows = [_both(f[n:n + 1], b[n:n + 1], U, ids[n:n + 1]) for n in range(len(ids))]
    return sum(x for x, _ in rows) / len(rows), sum(x for _, x in rows) / len(rows)


@two_way_losses.twin(
    "Does each of the two models know only its own side?",
    "The states of both sides are added before the softmax: one model that reads both ways, and no word is predicted "
    "from what comes before it.",
    "Two independent language models: f alone predicts to the right, b alone to the left.",
    "两个模型各自只知道自己那一边吗？",
    "两边的状态在 softmax 之前加在了一起：成了一个两边都读的模型，没有哪个词是只凭前文预测的。",
    "两个独立的语言模型：只用 f 往右预测，只用 b 往左预测。")
def losses_of_one_model(f, b, U, ids):
    pair = ids[:, 2:] != 0
    loss = _loss(f[:, :-2] + b[:, 2:], U, ids[:, 1:-1], pair)
    return loss, loss


@two_way_losses.twin(
    "Is U turned round?",
    "states @ U needs D rows, and U has V of them: the shapes do not fit.",
    "U holds a row for each word: states @ U.T is (..., V).",
    "U 转置了吗？",
    "states @ U 要求 U 有 D 行，而它有 V 行：形状对不上。",
    "U 里每个词一行：states @ U.T 的形状是 (..., V)。")
def losses_with_u_not_turned(f, b, U, ids):
    return td.log_softmax(f[:, :-1] @ U, axis=2).mean(), td.log_softmax(b[:, 1:] @ U, axis=2).mean()


@two_way_losses.twin(
    "Over what do the probabilities add up to 1?",
    "Over the places, and not over the words of the vocabulary.",
    "softmax goes over the last axis, the V words.",
    "概率沿什么相加等于 1？",
    "沿着位置，而不是沿着词表里的词。",
    "softmax 沿最后一个轴，即 V 个词。")
def losses_over_places(f, b, U, ids):
    return _both(f, b, U, ids, log=lambda z: td.log_softmax(z, axis=0))


@two_way_losses.twin(
    "Try large logits.",
    "The probability of the right word is 0 to the last digit, and its logarithm -inf.",
    "td.log_softmax never forms p.",
    "试试很大的 logit。",
    "正确的词的概率已经是 0，它的对数是 -inf。",
    "td.log_softmax 从不算出 p。")
def losses_by_log_of_softmax(f, b, U, ids):
    return _both(f, b, U, ids, log=lambda z: td.log(td.softmax(z, axis=1)))


@two_way_losses.twin(
    "Is there a logarithm?",
    "These are mean probabilities, with a minus.",
    "A loss is -log p.",
    "取对数了吗？",
    "这是平均概率加上负号。",
    "损失是 -log p。")
def losses_without_log(f, b, U, ids):
    return _both(f, b, U, ids, log=lambda z: td.softmax(z, axis=1))


@two_way_losses.twin(
    "The numbers are right. What reaches the states on the way back?",
    "Nothing: they are computed in NumPy, without a graph.",
    "Use the Tensors' own @, td.log_softmax and .mean.",
    "数是对的。往回走时，什么能到达状态？",
    "什么也到不了：这是用 NumPy 算的，没有计算图。",
    "请用张量自己的 @、td.log_softmax 和 .mean。")
def losses_in_numpy(f, b, U, ids):
    return tuple(x.numpy() for x in _both(f.detach(), b.detach(), U.detach(), ids))


@two_way_losses.twin(
    "In which order do the states from the right come?",
    "They are taken for states in the order of reading, the last word first, and turned round once more.",
    "b has been turned back already: b[:, t] stands at the word t.",
    "从右边读的状态按什么顺序排？",
    "以为它们是按阅读顺序排的（最后一个词在前），又翻了一次。",
    "b 已经翻回来了：b[:, t] 就在第 t 个词处。")
def losses_turned_once_more(f, b, U, ids):
    pair = ids[:, 1:] != 0
    turned = b[:, np.arange(ids.shape[1])[::-1].copy()]
    return _loss(f[:, :-1], U, ids[:, 1:], pair), _loss(turned[:, 1:], U, ids[:, :-1], pair)


@two_way_losses.twin(
    "Is <s> predicted from the right, and </s> from the left?",
    "Neither is: the first and the last place are left out of both losses.",
    "From the left w_1 to </s> are predicted, from the right w_n to <s>.",
    "从右边预测 <s> 了吗？从左边预测 </s> 了吗？",
    "都没有：两个损失都漏掉了第一个和最后一个位置。",
    "从左边预测 w_1 到 </s>，从右边预测 w_n 到 <s>。")
def losses_without_the_ends(f, b, U, ids):
    pair = ids[:, 1:] != 0
    return _loss(f[:, :-2], U, ids[:, 1:-1], pair[:, 1:]), _loss(b[:, 2:], U, ids[:, 1:-1], pair[:, 1:])


@two_way_losses.twin(
    "What is predicted from the left after </s>?",
    "Padding: the mask of the first loss is that of the left one of two neighbours. The second loss is right.",
    "Both neighbours have to be real: ids[:, 1:] != 0, for both directions.",
    "从左边读，</s> 之后预测了什么？",
    "填充：第一个损失的掩码取的是相邻两个中靠左的。第二个损失是对的。",
    "相邻的两个都要是真词：两个方向都用 ids[:, 1:] != 0。")
def losses_of_padding_from_the_left(f, b, U, ids):
    return (_loss(f[:, :-1], U, ids[:, 1:], ids[:, :-1] != 0), _loss(b[:, 1:], U, ids[:, :-1], ids[:, 1:] != 0))


@two_way_losses.twin(
    "Over what do the probabilities add up to 1?",
    "Over the places: axis 1 of (N, T, V) is T.",
    "softmax goes over the last axis, the V words: axis=-1.",
    "概率沿什么相加等于 1？",
    "沿着位置：(N, T, V) 的轴 1 是 T。",
    "softmax 沿最后一个轴，即 V 个词：axis=-1。")
def losses_over_the_places_of_a_row(f, b, U, ids):
    pair = ids[:, 1:] != 0
    found = []
    for x, y in ((f[:, :-1], ids[:, 1:][pair]), (b[:, 1:], ids[:, :-1][pair])):
        found.append(-td.log_softmax(x @ U.T, axis=1)[pair][np.arange(len(y)), y].mean())
    return tuple(found)


@two_way_losses.twin(
    "Which entries of log p are taken?",
    "log_p[:, y] takes for every place the words of all places, and their mean.",
    "One entry of each row: log_p[np.arange(len(y)), y].",
    "取的是 log p 的哪些元素？",
    "log_p[:, y] 对每个位置都取了所有位置的词，再取平均。",
    "每行取一个元素：log_p[np.arange(len(y)), y]。")
def losses_of_all_columns(f, b, U, ids):
    pair = ids[:, 1:] != 0
    return tuple(-td.log_softmax(x[pair] @ U.T, axis=1)[:, y[pair]].mean()
                 for x, y in ((f[:, :-1], ids[:, 1:]), (b[:, 1:], ids[:, :-1])))


@two_way_losses.twin(
    "Which of the two predicts the next word?",
    "The directions are exchanged: f predicts the word before, and b the one behind, which both have read.",
    "f[:, :-1] is for ids[:, 1:], and b[:, 1:] for ids[:, :-1].",
    "两个里面哪个预测下一个词？",
    "方向反了：f 预测前一个词，b 预测后一个词，而它们都读过。",
    "f[:, :-1] 对应 ids[:, 1:]，b[:, 1:] 对应 ids[:, :-1]。")
def losses_in_the_wrong_directions(f, b, U, ids):
    pair = ids[:, 1:] != 0
    return _loss(f[:, 1:], U, ids[:, :-1], pair), _loss(b[:, :-1], U, ids[:, 1:], pair)


@two_way_losses.twin(
    "Which word has the state from the right at t already read?",
    "The one at t, which it is asked for here: the targets are moved, and the states are not. The first loss is right.",
    "The state from the right at t is for the word at t - 1: b[:, 1:] for ids[:, :-1].",
    "从右边读的状态在位置 t 时，已经读过哪个词？",
    "读过 t 的词，而这里问的正是它：移了目标，没有移状态。第一个损失是对的。",
    "从右边读，位置 t 的状态用来预测 t - 1 的词：b[:, 1:] 对应 ids[:, :-1]。")
def losses_of_the_own_word_from_the_right(f, b, U, ids):
    pair = ids[:, 1:] != 0
    return _loss(f[:, :-1], U, ids[:, 1:], pair), _loss(b[:, :-1], U, ids[:, :-1], pair)


@two_way_losses.twin(
    "By what is the sum divided?",
    "By the number of all entries: the mean of one-hot times log p counts V times as many.",
    "Only one entry of each row counts: divide by the number of predicted words.",
    "总和除以了多少？",
    "除以了所有元素的个数：one-hot 乘 log p 再取平均，多算了 V 倍。",
    "每行只有一个元素算数：除以被预测的词数。")
def losses_over_all_entries(f, b, U, ids):
    left, right = _both(f, b, U, ids)
    return left / U.shape[0], right / U.shape[0]


@two_way_losses.twin(
    "Try large logits.",
    "The probability of the right word is 0 to the last digit, and its logarithm -inf.",
    "td.log_softmax never forms p.",
    "试试很大的 logit。",
    "正确的词的概率已经是 0，它的对数是 -inf。",
    "td.log_softmax 从不算出 p。")
def losses_by_log_of_one_probability(f, b, U, ids):
    pair = ids[:, 1:] != 0
    found = []
    for x, y in ((f[:, :-1], ids[:, 1:][pair]), (b[:, 1:], ids[:, :-1][pair])):
        found.append(-td.log(td.softmax(x[pair] @ U.T, axis=1)[np.arange(len(y)), y]).mean())
    return tuple(found)


@two_way_losses.twin(
    "Which word has the state from the right at t already read? And is padding a word?",
    "The one at t + 1, which it is asked for here; and padding is predicted as well.",
    "b[:, 1:] is for ids[:, :-1], and only pairs of real neighbours count: ids[:, 1:] != 0.",
    "从右边读的状态在位置 t 时，已经读过哪个词？填充算词吗？",
    "读过 t + 1 的词，而这里问的正是它；填充也预测了。",
    "b[:, 1:] 对应 ids[:, :-1]，而且只数相邻两个都是真词的：ids[:, 1:] != 0。")
def losses_both_for_the_next_with_padding(f, b, U, ids):
    every = np.ones_like(ids[:, 1:], bool)
    return _loss(f[:, :-1], U, ids[:, 1:], every), _loss(b[:, :-1], U, ids[:, 1:], every)


# --- mix_layers ---

H3 = wave(3, 2, 4, 5, phase=0.4)


@lab.hole(cases=[[tensor(H3), tensor([0.5, -1.0, 2.0]), tensor(1.7)],
                 [tensor(wave(2, 1, 3, 2, phase=1)), tensor([0.0, 0.0]), tensor(1.0)],
                 [tensor(wave(3, 2, 1, 2, phase=2)), tensor([1000.0, 0.0, 998.5]), tensor(0.5)],
                 [tensor(wave(4, 1, 2, 3, phase=3)), tensor([0.3, 1.2, -0.7, 0.1]), tensor(-0.8)]],
          more=[[tensor(wave(3, 3, 2, 4, phase=4)), tensor([1.5, 0.2, -0.4]), tensor(0.6)],
                [tensor(wave(2, 2, 1, 3, phase=5)), tensor([0.0, 0.0]), tensor(1.0)],
                [tensor(wave(3, 1, 2, 2, phase=6)), tensor([0.0, 999.0, 1000.0]), tensor(2.0)],
                [tensor(wave(4, 1, 3, 2, phase=7)), tensor([-0.3, 0.9, 0.7, -1.1]), tensor(-1.2)]], points=3)
def mix_layers(h, w, gamma):
    s = step("s = softmax(w)", td.softmax(w, axis=0))
    return gamma * step("sum of s_j h_j", (s.reshape(-1, 1, 1, 1) * h).sum(axis=0))


def _mixed(h, s):
    return (s.reshape(-1, 1, 1, 1) * h).sum(axis=0)


@mix_layers.twin(
    "Do the shares of the layers add up to 1?",
    "w itself is taken: there is no softmax.",
    "s = softmax(w): shares between 0 and 1, whatever w becomes in training.",
    "各层的份额之和是 1 吗？",
    "直接用了 w：没有取 softmax。",
    "s = softmax(w)：不管 w 训练成什么样，份额总在 0 和 1 之间。")
def mix_by_w_itself(h, w, gamma):
    return gamma * _mixed(h, w)


@mix_layers.twin(
    "Is gamma in it?",
    "The mix is right, and gamma is left out.",
    "gamma times the mix: the task can make the vectors longer or shorter.",
    "用到 gamma 了吗？",
    "混合是对的，但漏掉了 gamma。",
    "再乘以 gamma：任务可以让向量变长或变短。")
def mix_without_gamma(h, w, gamma):
    return _mixed(h, td.softmax(w, axis=0))


@mix_layers.twin(
    "Where does gamma come in?",
    "Inside of the softmax, where it makes the shares sharper or flatter.",
    "It multiplies the whole mix: gamma * (s_0 h_0 + ... + s_L h_L).",
    "gamma 用在哪里？",
    "用在了 softmax 里面，使份额更尖锐或更平。",
    "它乘在整个混合上：gamma * (s_0 h_0 + … + s_L h_L)。")
def mix_with_gamma_inside(h, w, gamma):
    return _mixed(h, td.softmax(gamma * w, axis=0))


@mix_layers.twin(
    "Is w in it?",
    "All layers count alike: that is what the mix is before w has been trained.",
    "Each layer counts by its share, s = softmax(w).",
    "用到 w 了吗？",
    "所有层一样算：那是 w 还没有训练时的混合。",
    "每一层按自己的份额计入，s = softmax(w)。")
def mix_as_the_mean(h, w, gamma):
    return gamma * h.mean(axis=0)


@mix_layers.twin(
    "How many layers are in it?",
    "The top one alone.",
    "All of them, each by its share: for some tasks the lower ones know more.",
    "里面有几层？",
    "只有最上面一层。",
    "所有层都在，各按份额：有些任务里低层知道得更多。")
def mix_of_the_top(h, w, gamma):
    return gamma * h[-1]


@mix_layers.twin(
    "Over which axis is the softmax of w taken?",
    "Over one that has a single entry, after w was reshaped: every share is 1, and the layers are simply added.",
    "softmax(w, axis=0) first, and reshape then.",
    "w 的 softmax 沿哪个轴取？",
    "w 变形之后沿一个只有一个元素的轴取：每个份额都是 1，各层就直接相加了。",
    "先 softmax(w, axis=0)，再变形。")
def mix_with_shares_of_one(h, w, gamma):
    return gamma * h.sum(axis=0) + 0.0 * w.sum()


@mix_layers.twin(
    "How many vectors has a word in the end?",
    "One of each layer still: they are weighted, and not added up.",
    "Add up over the layers: sum(axis=0).",
    "一个词最后有几个向量？",
    "每层还各有一个：加了权，却没有相加。",
    "沿层相加：sum(axis=0)。")
def mix_not_added_up(h, w, gamma):
    return gamma * td.softmax(w, axis=0).reshape(-1, 1, 1, 1) * h


@mix_layers.twin(
    "By what is the sum divided?",
    "By the number of layers once more: a mean in place of a sum.",
    "The shares add up to 1 already: sum(axis=0).",
    "和又除以了什么？",
    "又除以了一次层数：用了平均，而不是求和。",
    "份额之和已经是 1：用 sum(axis=0)。")
def mix_divided_by_layers(h, w, gamma):
    return gamma * (td.softmax(w, axis=0).reshape(-1, 1, 1, 1) * h).mean(axis=0)


@mix_layers.twin(
    "Do the shares of the layers add up to 1?",
    "Each w goes through a sigmoid by itself.",
    "softmax makes shares that add up to 1.",
    "各层的份额之和是 1 吗？",
    "每个 w 各自取了 sigmoid。",
    "softmax 得到的份额之和是 1。")
def mix_by_sigmoid(h, w, gamma):
    return gamma * _mixed(h, td.sigmoid(w))


@mix_layers.twin(
    "Do the shares of the layers add up to 1?",
    "w is divided by its sum: there is no exponential. With w = 0, where training begins, that is 0 / 0.",
    "s = softmax(w).",
    "各层的份额之和是 1 吗？",
    "w 除以了它的和：没有取指数。训练从 w = 0 开始，那就是 0 / 0。",
    "s = softmax(w)。")
def mix_by_shares_of_w(h, w, gamma):
    return gamma * _mixed(h, w / w.sum())


@mix_layers.twin(
    "Do the shares of the layers add up to 1?",
    "These are the numerators exp(w): nothing is divided.",
    "s = softmax(w).",
    "各层的份额之和是 1 吗？",
    "这些是分子 exp(w)：没有做除法。",
    "s = softmax(w)。")
def mix_by_exp(h, w, gamma):
    return gamma * _mixed(h, td.exp(w))


@mix_layers.twin(
    "Can a share be below 0?",
    "These are logarithms of shares.",
    "softmax, and not log_softmax.",
    "份额会小于 0 吗？",
    "这是份额的对数。",
    "用 softmax，不是 log_softmax。")
def mix_by_log_softmax(h, w, gamma):
    return gamma * _mixed(h, td.log_softmax(w, axis=0))


@mix_layers.twin(
    "Try a w of 1000.",
    "exp(1000) is infinite, and infinity over infinity is nan.",
    "td.softmax takes the largest one off first.",
    "试试 w 为 1000。",
    "exp(1000) 是无穷大，无穷大除以无穷大是 nan。",
    "td.softmax 会先减去最大的。")
def mix_that_overflows(h, w, gamma):
    e = td.exp(w)
    return gamma * _mixed(h, e / e.sum())


@mix_layers.twin(
    "How does gamma come in?",
    "It is added.",
    "gamma times the mix.",
    "gamma 是怎么用的？",
    "是加上去的。",
    "要乘：gamma 乘以混合。")
def mix_with_gamma_added(h, w, gamma):
    return gamma + _mixed(h, td.softmax(w, axis=0))


@mix_layers.twin(
    "How long is a vector in the end?",
    "As long as those of all layers together: they stand side by side, each times its share.",
    "They are added up, so that a vector is as long as one layer's.",
    "最后一个向量有多长？",
    "和所有层加起来一样长：各层乘上份额后并排放着。",
    "要相加，向量就和一层的一样长。")
def mix_side_by_side(h, w, gamma):
    s = td.softmax(w, axis=0)
    return gamma * td.cat([s[j] * h[j] for j in range(h.shape[0])], axis=2)


@mix_layers.twin(
    "The numbers are right. What reaches w on the way back?",
    "It is computed in NumPy, so there is no graph, and w is never learned.",
    "Use td.softmax and the Tensors' own *, .reshape and .sum.",
    "数是对的。往回走时，什么能到达 w？",
    "这是用 NumPy 算的，没有计算图，w 永远学不到。",
    "请用 td.softmax 和张量自己的 *、.reshape、.sum。")
def mix_in_numpy(h, w, gamma):
    return mix_layers(h.detach(), w.detach(), gamma.detach()).numpy()


@mix_layers.twin(
    "The numbers are right. What reaches w on the way back?",
    "The shares are cut off from the graph: w stays where it began.",
    "w is what the task learns: no detach, no .numpy() and no float() on it.",
    "数是对的。往回走时，什么能到达 w？",
    "份额被从计算图上切断了：w 停在开始的地方。",
    "任务要学的正是 w：不要对它用 detach、.numpy() 或 float()。")
def mix_with_shares_cut_off(h, w, gamma):
    return gamma * _mixed(h, td.softmax(w, axis=0).detach())


@mix_layers.twin(
    "Of what is the softmax taken?",
    "Of the layers, number by number, and then w weights them.",
    "Of w: s = softmax(w). The vectors stay what they are.",
    "softmax 取自什么？",
    "取自各层的数，再由 w 加权。",
    "取自 w：s = softmax(w)。向量本身不变。")
def mix_with_softmax_of_layers(h, w, gamma):
    return gamma * _mixed(td.softmax(h, axis=0), w)


@mix_layers.twin(
    "How many layers are in it?",
    "The embedding, layer 0, is left out.",
    "All layers from 0 to L, the embedding among them.",
    "里面有几层？",
    "漏掉了第 0 层，即词嵌入。",
    "从 0 到 L 的所有层，词嵌入也在内。")
def mix_without_the_embedding(h, w, gamma):
    return gamma * _mixed(h[1:], td.softmax(w, axis=0)[1:])


@mix_layers.twin(
    "Look at the shape: N rows, T words, D numbers in each.",
    "Everything is added up to one number.",
    "Add up over the layers alone: sum(axis=0).",
    "看看形状：N 行，T 个词，每个 D 个数。",
    "全部加成了一个数。",
    "只沿层相加：sum(axis=0)。")
def mix_as_one_number(h, w, gamma):
    return gamma * (td.softmax(w, axis=0).reshape(-1, 1, 1, 1) * h).sum()


@mix_layers.twin(
    "Over which axis is the sum?",
    "Over the sentences of the batch.",
    "Over the layers, axis 0.",
    "沿哪个轴相加？",
    "沿着批里的句子。",
    "要沿着层，即轴 0。")
def mix_over_sentences(h, w, gamma):
    return gamma * (td.softmax(w, axis=0).reshape(-1, 1, 1, 1) * h).sum(axis=1)


@mix_layers.twin(
    "Over which axis is the sum?",
    "Over the numbers of each vector.",
    "Over the layers, axis 0: what remains is a vector like theirs.",
    "沿哪个轴相加？",
    "沿着每个向量里的数。",
    "要沿着层，即轴 0：剩下的是和它们一样的向量。")
def mix_over_parts(h, w, gamma):
    return gamma * (td.softmax(w, axis=0).reshape(-1, 1, 1, 1) * h).sum(axis=-1)


@mix_layers.twin(
    "Of what is the softmax taken?",
    "Of w times the layers: number by number, so that each mix adds up to gamma.",
    "Of w alone: s = softmax(w), and then s times the layers.",
    "softmax 取自什么？",
    "取自 w 乘以各层，逐个数地取，于是每个数的混合都等于 gamma。",
    "只取自 w：s = softmax(w)，再用 s 乘各层。")
def mix_with_softmax_of_products(h, w, gamma):
    return gamma * td.softmax(w.reshape(-1, 1, 1, 1) * h, axis=0).sum(axis=0)


@mix_layers.twin(
    "The numbers are right. What reaches gamma on the way back?",
    "gamma has become a plain number: it stays where it began.",
    "gamma is learned too: no float() and no .item() on it.",
    "数是对的。往回走时，什么能到达 gamma？",
    "gamma 成了普通的数：它停在开始的地方。",
    "gamma 也要学：不要对它用 float() 或 .item()。")
def mix_with_gamma_cut_off(h, w, gamma):
    return gamma.item() * _mixed(h, td.softmax(w, axis=0))


@mix_layers.twin(
    "How many vectors has a word in the end? And where does gamma come in?",
    "One of each layer still, they are not added up; and gamma is inside of the softmax.",
    "gamma times the sum over the layers, s = softmax(w).",
    "一个词最后有几个向量？gamma 用在哪里？",
    "每层还各有一个，没有相加；gamma 用在了 softmax 里面。",
    "gamma 乘以沿层的和，s = softmax(w)。")
def mix_not_added_up_with_gamma_inside(h, w, gamma):
    return td.softmax(gamma * w, axis=0).reshape(-1, 1, 1, 1) * h


@mix_layers.twin(
    "Is there a product of the shares with the layers?",
    "The shares are added to the layers.",
    "s_j times h_j, and then the sum over the layers.",
    "份额和各层相乘了吗？",
    "份额加到了各层上。",
    "s_j 乘以 h_j，再沿层求和。")
def mix_with_shares_added(h, w, gamma):
    return gamma * (td.softmax(w, axis=0).reshape(-1, 1, 1, 1) + h).sum(axis=0)


@mix_layers.twin(
    "How many layers are in it?",
    "The last one alone, times its share: each layer overwrites the one before, = in place of +=.",
    "Add up over all layers.",
    "里面有几层？",
    "只有最后一层乘以它的份额：后一层盖掉了前一层，写成了 =，而不是 +=。",
    "要对所有层求和。")
def mix_overwritten(h, w, gamma):
    return gamma * td.softmax(w, axis=0)[-1] * h[-1]
