"""Lab 4, bag of words: right functions and wrong twins."""

from __future__ import annotations

from collections import Counter

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor
from tinydawn.nn import functional as F

lab = Lab(4, "lab04_words", "Bag of words", "词袋模型")


def _mistake(hole, name, function, *messages):
    """A twin of one line, under a name of its own."""
    function.__name__ = name
    hole.twin(*messages)(function)


# --- to_ids ---

# "3" comes before "<unk>" in the alphabet of computers, and "Film" before "bad".
REVIEWS = [["the", "plot", "is", "good", "Film"], ["the", "plot", "is", "bad", "bad", "3"],
           ["a", "3", "good", "good", "film", "Film"]]
TESTS = [["the", "film", "is", "dull", "3"], ["bad", "Film"], []]


@lab.hole(cases=[[REVIEWS, TESTS, 2], [[["c", "B", "B"], ["B", "a"]], [["d", "a"], ["c", "b"]], 1]],
          more=[[[["x", "w", "x", "7"], ["V", "w"], ["7", "u", "V", "V"], ["t", "t"]],
                 [["x", "u", "y", "7"], ["u", "t", "V", "v"]], 2],
                [[["Q", "p", "Q"]], [["r"], [], ["p", "q"]], 1]])
def to_ids(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = {"<unk>": 0}
    for word in sorted(counts):
        if counts[word] >= least:
            vocab[word] = len(vocab)
    return vocab, *([[vocab.get(word, 0) for word in words] for words in sentences] for sentences in (train, test))


def _vocabulary(train, least):
    counts = Counter(word for words in train for word in words)
    return {word: i for i, word in enumerate(["<unk>", *sorted(word for word in counts if counts[word] >= least)])}


def _with(vocab, sentences, unknown=0):
    return [[vocab.get(word, unknown) for word in words] for words in sentences]


@to_ids.twin(
    "Which sentences may the vocabulary know?",
    "The words of the test sentences are counted too: the model is told what it will be asked.",
    "Count the words of the training sentences alone; what only the test has is <unk>.",
    "词表可以知道哪些句子？",
    "测试句子的词也被数进去了：等于把考题告诉了模型。",
    "只数训练句子里的词；只在测试里出现的词就是 <unk>。")
def to_ids_of_all_the_text(train, test, least):
    vocab = _vocabulary([*train, *test], least)
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "The training sentences are right. Does a word have the same id in the test sentences?",
    "The test sentences have a vocabulary of their own, in which other words have these ids.",
    "There is one vocabulary, that of the training sentences, for both.",
    "训练句子是对的。同一个词在测试句子里的编号相同吗？",
    "测试句子用了自己的词表，同样的编号在那里是别的词。",
    "词表只有一个，即训练句子的那个，两边共用。")
def to_ids_with_two_vocabularies(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, _with(vocab, train), _with(_vocabulary(test, least), test)


@to_ids.twin(
    "Count: has each sentence as many ids as it has words?",
    "Unknown words are left out.",
    "An unknown word is a word too: it becomes the id of <unk>, 0.",
    "数一数：每个句子的编号和词一样多吗？",
    "不认识的词被丢掉了。",
    "不认识的词也是词：它变成 <unk> 的编号 0。")
def to_ids_without_the_unknown(train, test, least):
    vocab = _vocabulary(train, least)
    ids = [[[vocab[word] for word in words if word in vocab] for words in sentences] for sentences in (train, test)]
    return vocab, *ids


@to_ids.twin(
    "Is a word that occurs exactly `least` times in the vocabulary?",
    "Only words that occur more than `least` times are kept.",
    "At least: counts >= least.",
    "恰好出现 `least` 次的词在词表里吗？",
    "只保留了出现次数多于 `least` 的词。",
    "至少 least 次：次数 >= least。")
def to_ids_of_more_than_least(train, test, least):
    vocab = _vocabulary(train, least + 1)
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Is `least` used?",
    "Every training word is in the vocabulary, however rare it is.",
    "A word that occurs fewer than `least` times becomes <unk>, in the training sentences as well: there <unk> is learned.",
    "用到 `least` 了吗？",
    "训练里的每个词都进了词表，不管多么少见。",
    "出现不到 `least` 次的词变成 <unk>，训练句子里也一样：<unk> 就是这样学到的。")
def to_ids_of_every_word(train, test, least):
    vocab = _vocabulary(train, 1)
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Which word has the id 0?",
    "0 is the first word as well as everything unknown: the two cannot be told apart.",
    "<unk> has the id 0 for itself; the words begin with 1.",
    "编号 0 是哪个词？",
    "0 既是第一个词，又是一切不认识的词：两者分不开。",
    "编号 0 专给 <unk>；词从 1 开始。")
def to_ids_with_two_meanings_of_0(train, test, least):
    vocab = {word: i - 1 for word, i in _vocabulary(train, least).items() if i}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "The ids are right. Look at the vocabulary.",
    "<unk> itself is not in it, so that it has one entry fewer than there are ids.",
    'vocab["<unk>"] is 0, and len(vocab) is the V of the matrices.',
    "编号是对的。看看词表。",
    "词表里没有 <unk> 本身，比编号的个数少一项。",
    'vocab["<unk>"] 是 0，len(vocab) 就是矩阵的 V。')
def to_ids_with_no_unk_in_the_vocabulary(train, test, least):
    vocab = _vocabulary(train, least)
    return {word: i for word, i in vocab.items() if i}, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "By what are the words ordered before they get their ids?",
    "The ids go by the order in which words are met.",
    "By the alphabet: sorted(...). So the ids do not depend on the order of the sentences.",
    "词在编号之前按什么排序？",
    "编号按遇到词的先后来排。",
    "按字母顺序：sorted(...)。这样编号不依赖句子的顺序。")
def to_ids_as_words_are_met(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = {word: i for i, word in enumerate(["<unk>", *(word for word in counts if counts[word] >= least)])}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "By what are the words ordered before they get their ids: is the most frequent one first?",
    "The ids go by frequency, the most frequent word first.",
    "By the alphabet: sorted(...), which has no ties.",
    "词在编号之前按什么排序：最常见的词在最前吗？",
    "编号按频率来排，最常见的词在前。",
    "按字母顺序：sorted(...)，不会有并列。")
def to_ids_by_frequency(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = {word: i for i, word in enumerate(["<unk>", *(word for word, n in counts.most_common() if n >= least)])}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "A word that stands twice in one sentence: how often does it occur?",
    "What is counted is in how many sentences a word stands.",
    "Every occurrence counts, two in one sentence as two.",
    "一个词在同一个句子里出现两次，算几次？",
    "这里数的是有多少个句子含有这个词。",
    "每次出现都算，同一句里两次就是两次。")
def to_ids_by_sentences(train, test, least):
    vocab = _vocabulary([set(words) for words in train], least)
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Which id has <unk>?",
    "It is the last one, and the words begin with 0.",
    "<unk> is 0, and the words begin with 1.",
    "<unk> 的编号是多少？",
    "它排在最后，而词从 0 开始。",
    "<unk> 是 0，词从 1 开始。")
def to_ids_with_unk_last(train, test, least):
    vocab = {word: i - 1 for word, i in _vocabulary(train, least).items() if i}
    vocab["<unk>"] = len(vocab)
    return vocab, *(_with(vocab, sentences, vocab["<unk>"]) for sentences in (train, test))


@to_ids.twin(
    "What happens at a word that is not in the vocabulary?",
    "vocab[word] raises a KeyError for it.",
    "Ask with a default: what is not there has the id of <unk>.",
    "遇到词表里没有的词会怎样？",
    "vocab[word] 对它抛出 KeyError。",
    "查询时给一个默认值：没有的词用 <unk> 的编号。")
def to_ids_with_a_key_error(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, *([[vocab[word] for word in words] for words in sentences] for sentences in (train, test))


@to_ids.twin(
    "How many words has the vocabulary in the end?",
    "Unknown words get new ids while the test sentences are read: the vocabulary grows, and W has no column for them.",
    "After training the vocabulary stays as it is; whatever it does not have is 0.",
    "最后词表有多少个词？",
    "读测试句子时给不认识的词发了新编号：词表变大了，而 W 没有它们的列。",
    "训练之后词表不再变；它没有的都是 0。")
def to_ids_that_go_on_growing(train, test, least):
    vocab = _vocabulary(train, least)
    ids = _with(vocab, train)
    return vocab, ids, [[vocab.setdefault(word, len(vocab)) for word in words] for words in test]


@to_ids.twin(
    "How many things are to be returned?",
    "These are the ids of both; the vocabulary is missing.",
    "Three, in this order: the vocabulary, the ids of train, the ids of test.",
    "要返回几样东西？",
    "这是两边的编号；少了词表。",
    "三样，按这个顺序：词表、train 的编号、test 的编号。")
def to_ids_without_the_vocabulary(train, test, least):
    vocab = _vocabulary(train, least)
    return _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "How many things are to be returned?",
    "This is the vocabulary alone.",
    "Three, in this order: the vocabulary, the ids of train, the ids of test.",
    "要返回几样东西？",
    "这只是词表。",
    "三样，按这个顺序：词表、train 的编号、test 的编号。")
def to_ids_that_are_the_vocabulary_alone(train, test, least):
    return _vocabulary(train, least)


@to_ids.twin(
    "Which word has the id 0?",
    "0 is <unk> as well as the first word: one of them was counted from 0, and <unk> was put in after that.",
    "<unk> has the id 0 for itself; the words begin with 1.",
    "编号 0 是哪个词？",
    "0 既是 <unk> 又是第一个词：词从 0 数起，之后才放进 <unk>。",
    "编号 0 专给 <unk>；词从 1 开始。")
def to_ids_with_unk_put_in_later(train, test, least):
    vocab = {word: i - 1 for word, i in _vocabulary(train, least).items() if i} | {"<unk>": 0}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "The numbers are right. What is a sentence here?",
    "A sentence is a NumPy array.",
    "Lists of whole numbers are asked for: sentences differ in length.",
    "数是对的。这里一个句子是什么？",
    "一个句子成了 NumPy 数组。",
    "要的是整数的列表：句子长短不一。")
def to_ids_in_arrays(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, *([np.array(ids, int) for ids in _with(vocab, part)] for part in (train, test))


@to_ids.twin(
    "Which sentences may the vocabulary know?",
    "The words of the test sentences are counted too, and the ids go by frequency: the model is told what it will be asked.",
    "Count the words of the training sentences alone, and give ids by the alphabet.",
    "词表可以知道哪些句子？",
    "测试句子的词也被数进去了，编号还按频率来排：等于把考题告诉了模型。",
    "只数训练句子里的词，编号按字母顺序。")
def to_ids_of_all_the_text_by_frequency(train, test, least):
    counts = Counter(word for words in [*train, *test] for word in words)
    vocab = {word: i for i, word in enumerate(["<unk>", *(word for word, n in counts.most_common() if n >= least)])}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Which words has the vocabulary that no sentence has?",
    "There is a <pad> with the id 0, and <unk> is 1.",
    "Counting needs no padding: <unk> is 0, and the words begin with 1.",
    "词表里有什么词是句子里没有的？",
    "多了编号 0 的 <pad>，而 <unk> 成了 1。",
    "计数不需要填充：<unk> 是 0，词从 1 开始。")
def to_ids_with_padding(train, test, least):
    words = _vocabulary(train, least)
    vocab = {"<pad>": 0, **{word: i + 1 for word, i in words.items()}}
    return vocab, _with(vocab, train, 1), _with(vocab, test, 1)


@to_ids.twin(
    "Do the ids have gaps?",
    "They do: rare words are left out, but use up a number.",
    "Number the words after the rare ones are gone: len(vocab) is the next free id.",
    "编号之间有空缺吗？",
    "有：罕见词被去掉了，却占着编号。",
    "先去掉罕见词再编号：len(vocab) 就是下一个空编号。")
def to_ids_with_gaps(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = {"<unk>": 0} | {word: i for i, word in enumerate(sorted(counts), 1) if counts[word] >= least}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Where is a word counted: in one sentence, or in all?",
    "In each sentence by itself: only what one sentence has `least` times is kept.",
    "Count over all training sentences first, and ask for `least` after that.",
    "一个词在哪里计数：一句之内，还是所有句子？",
    "每个句子单独数：只保留在一句里就出现 `least` 次的词。",
    "先对所有训练句子计数，之后再看是否达到 `least`。")
def to_ids_counted_sentence_by_sentence(train, test, least):
    words = sorted({word for words in train for word in words if words.count(word) >= least})
    vocab = {word: i for i, word in enumerate(["<unk>", *words])}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Where does a sentence end?",
    "Nowhere: the ids of all sentences stand in one list.",
    "A list for each sentence, in a list.",
    "句子在哪里结束？",
    "没有结束：所有句子的编号都在一个列表里。",
    "每个句子一个列表，再放进一个列表。")
def to_ids_in_one_row(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, *([i for ids in _with(vocab, part) for i in ids] for part in (train, test))


@to_ids.twin(
    "The ids are right. Look at the vocabulary.",
    "It is a list of words, or of pairs.",
    "A dict from word to id: finding a word in it takes one look, in a list thousands.",
    "编号是对的。看看词表。",
    "它是词的列表，或词与编号的列表。",
    "要从词到编号的 dict：在里面找一个词只看一次，在列表里要看几千次。")
def to_ids_with_a_list(train, test, least):
    vocab = _vocabulary(train, least)
    return list(vocab), _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "The test sentences are right. Has each training sentence as many ids as words?",
    "The rare words of the training sentences are left out, so <unk> never occurs there, and nothing is learned for it.",
    "A rare word is <unk>, in training as at the test: 0.",
    "测试句子是对的。每个训练句子的编号和词一样多吗？",
    "训练句子里的罕见词被丢掉了，<unk> 在那里从不出现，也就什么都学不到。",
    "罕见词是 <unk>，训练和测试时都一样：0。")
def to_ids_without_the_rare_in_training(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, [[vocab[word] for word in words if word in vocab] for words in train], _with(vocab, test)


@to_ids.twin(
    "In which order are the three?",
    "The vocabulary is last here.",
    "(vocab, ids of train, ids of test).",
    "三样东西的顺序是什么？",
    "这里词表在最后。",
    "(vocab, train 的编号, test 的编号)。")
def to_ids_with_the_vocabulary_last(train, test, least):
    vocab = _vocabulary(train, least)
    return _with(vocab, train), _with(vocab, test), vocab


@to_ids.twin(
    "Where is a word counted, and when is it given a number?",
    "In each sentence by itself: only what one sentence has `least` times is kept, and numbered as sentences come.",
    "Count over all training sentences first; then number what is left by the alphabet.",
    "一个词在哪里计数，什么时候编号？",
    "每个句子单独数：只保留在一句里就出现 `least` 次的词，编号也随句子的先后。",
    "先对所有训练句子计数，再把留下的按字母顺序编号。")
def to_ids_sentence_by_sentence(train, test, least):
    vocab = {"<unk>": 0}
    for words in train:
        for word in sorted(words):
            if words.count(word) >= least:
                vocab.setdefault(word, len(vocab))
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Are all ids numbers?",
    "Unknown words became the text \"<unk>\", and not its id.",
    "<unk> is a word with an id: 0 stands in the place of every word that is not in the vocabulary.",
    "所有编号都是数吗？",
    "不认识的词变成了文字 “<unk>”，而不是它的编号。",
    "<unk> 是一个有编号的词：凡是词表里没有的词，都写 0。")
def to_ids_with_text_for_the_unknown(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, *([[vocab.get(word, "<unk>") for word in words] for words in part] for part in (train, test))


@to_ids.twin(
    "Are all ids numbers?",
    "Unknown words became None: vocab.get(word) has no second argument.",
    "<unk> is a word with an id: 0 stands in the place of every word that is not in the vocabulary.",
    "所有编号都是数吗？",
    "不认识的词变成了 None：vocab.get(word) 没有第二个参数。",
    "<unk> 是一个有编号的词：凡是词表里没有的词，都写 0。")
def to_ids_with_none_for_the_unknown(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, *([[vocab.get(word) for word in words] for words in part] for part in (train, test))


@to_ids.twin(
    "Rare words are 0 in the sentences. And in the vocabulary?",
    "There they have ids of their own, which no sentence uses, and the others have gaps.",
    "What occurs fewer than `least` times is not in the vocabulary; number the rest without gaps.",
    "罕见词在句子里是 0。在词表里呢？",
    "词表里它们还有自己的编号，没有句子用到，其他词的编号因此有空缺。",
    "出现不到 `least` 次的不进词表；其余连续编号。")
def to_ids_with_rare_words_in_the_vocabulary(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = {word: i for i, word in enumerate(["<unk>", *sorted(counts)])}
    return vocab, *([[vocab[word] if counts[word] >= least else 0 for word in words] for words in part] for part in (train, test))


@to_ids.twin(
    "How many words has the vocabulary?",
    "`least` words: the first of the alphabet, however rare they are.",
    "`least` is how often a word must occur, not how many words there are.",
    "词表里有多少个词？",
    "有 `least` 个词：字母顺序最前的，不管多么少见。",
    "`least` 是一个词至少要出现几次，不是词的个数。")
def to_ids_of_the_first_words(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = {word: i for i, word in enumerate(["<unk>", *sorted(counts)[:least]])}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "The ids are right. Look at the vocabulary.",
    "The unknown word is called \"unk\", which might be a word of the text.",
    "\"<unk>\", with its brackets.",
    "编号是对的。看看词表。",
    "不认识的词叫 “unk”，而文本里可能真有这个词。",
    "要写带尖括号的 “<unk>”。")
def to_ids_with_another_unk(train, test, least):
    vocab = {"unk" if word == "<unk>" else word: i for word, i in _vocabulary(train, least).items()}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Have two words the same id?",
    "They have: the id of a word is how often it occurs.",
    "Ids are 1, 2, 3 ... by the alphabet: each word its own.",
    "有两个词的编号相同吗？",
    "有：这里词的编号成了它出现的次数。",
    "编号按字母顺序为 1、2、3……每个词各有一个。")
def to_ids_that_are_counts(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = {"<unk>": 0} | {word: counts[word] for word in sorted(counts) if counts[word] >= least}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "How many things are to be returned?",
    "The ids of the test sentences are missing.",
    "Three: the vocabulary, the ids of train, the ids of test.",
    "要返回几样东西？",
    "少了测试句子的编号。",
    "三样：词表、train 的编号、test 的编号。")
def to_ids_of_train_alone(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, _with(vocab, train)


def _numbered(train, words):
    """vocabulary of words already in order, and a function that gives ids by it."""
    vocab = {word: i for i, word in enumerate(["<unk>", *words])}
    return vocab, lambda sentences: _with(vocab, sentences)


_mistake(
    to_ids, "to_ids_with_ids_for_keys", lambda train, test, least: (
        {i: word for word, i in _vocabulary(train, least).items()},
        *(_with(_vocabulary(train, least), part) for part in (train, test))),
    "The ids are right. Look at the vocabulary: what are its keys?",
    "The dict is turned round: it goes from id to word.",
    "From word to id: vocab[word]. The other direction is what `tokens` is for, at the end of the lab.",
    "编号是对的。看看词表：它的键是什么？",
    "dict 反了：从编号到词。",
    "应从词到编号：vocab[word]。反方向由实验末尾的 `tokens` 负责。")
_mistake(
    to_ids, "to_ids_of_different_words", lambda train, test, least: (
        _vocabulary(train, least),
        *(_with(_vocabulary(train, least), [sorted(set(words)) for words in part]) for part in (train, test))),
    "Compare a sentence with its ids: is a repeated word repeated there, and is the order the same?",
    "Each sentence has become the set of its words, in alphabetical order.",
    "One id for each word of the sentence, in its order; only the vocabulary is sorted and without repetitions.",
    "把一个句子与它的编号对照：重复的词还重复吗，顺序还一样吗？",
    "每个句子变成了它的词的集合，还按字母排了序。",
    "句子里每个词一个编号，顺序不变；排序、去重只用于词表。")


@to_ids.twin(
    "What becomes of a rare word of a training sentence?",
    "It keeps an id of its own in the training sentences; only in the test sentences it is <unk>.",
    "A word that occurs fewer than `least` times is in no vocabulary: 0, in training as at the test.",
    "训练句子里的罕见词变成了什么？",
    "它在训练句子里保留了自己的编号，只在测试句子里才是 <unk>。",
    "出现不到 `least` 次的词不进词表：训练和测试时都是 0。")
def to_ids_rare_at_the_test_alone(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = _vocabulary(train, 1)
    return vocab, _with(vocab, train), [[vocab[word] if counts[word] >= least else 0 for word in words] for words in test]


@to_ids.twin(
    "Which id has the first word, and is one left out?",
    "The words begin with 2: the id 1 belongs to nobody.",
    "<unk> is 0, the words are 1, 2, 3 ... without gaps, so that the largest id is len(vocab) - 1.",
    "第一个词的编号是几，有没有漏掉一个？",
    "词从 2 开始：编号 1 不属于任何词。",
    "<unk> 是 0，词是 1、2、3……没有空缺，这样最大的编号是 len(vocab) - 1。")
def to_ids_from_2(train, test, least):
    vocab = {word: i + (i > 0) for word, i in _vocabulary(train, least).items()}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Which number stands for a word that is not in the vocabulary?",
    "It is -1, and -1 is the last word wherever an array is indexed.",
    "0, the id of <unk>.",
    "词表里没有的词用哪个数表示？",
    "用了 -1，而给数组取下标时 -1 就是最后一个词。",
    "用 0，即 <unk> 的编号。")
def to_ids_with_minus_1(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, _with(vocab, train, -1), _with(vocab, test, -1)


@to_ids.twin(
    "What is counted: words, or their letters?",
    "Letters: a sentence was joined into text before it was gone through.",
    "A sentence is a list of words already: go through it as it is.",
    "数的是词还是字母？",
    "是字母：句子先被拼成文字，再逐个遍历。",
    "句子已经是词的列表：直接遍历它。")
def to_ids_of_letters(train, test, least):
    vocab = _vocabulary([" ".join(words) for words in train], least)
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Which id has <unk>?",
    "<unk> is sorted among the words: what is written with a digit comes before it, and takes the 0.",
    "<unk> has the id 0 whatever the words are: put it first, and sort only the words.",
    "<unk> 的编号是多少？",
    "<unk> 和词一起排了序：以数字开头的词排在它前面，占了 0。",
    "不管有哪些词，<unk> 的编号都是 0：先放它，只给词排序。")
def to_ids_with_unk_among_the_words(train, test, least):
    vocab = {word: i for i, word in enumerate(sorted(_vocabulary(train, least)))}
    return vocab, _with(vocab, train, vocab["<unk>"]), _with(vocab, test, vocab["<unk>"])


@to_ids.twin(
    "Which id has <unk>, and which one do unknown words get?",
    "<unk> is sorted among the words, where a word with a digit takes the 0; unknown words still get 0.",
    "<unk> has the id 0 whatever the words are: put it first, and sort only the words.",
    "<unk> 的编号是多少，不认识的词得到的又是哪个？",
    "<unk> 和词一起排了序，以数字开头的词占了 0；而不认识的词仍得到 0。",
    "不管有哪些词，<unk> 的编号都是 0：先放它，只给词排序。")
def to_ids_with_unk_among_the_words_and_0(train, test, least):
    vocab = {word: i for i, word in enumerate(sorted(_vocabulary(train, least)))}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Are \"Film\" and \"film\" one word?",
    "They are here: capitals are made small before the words are counted.",
    "Words are taken as they are: \"Film\" has an id of its own.",
    "“Film” 和 “film” 是同一个词吗？",
    "在这里是：计数之前大写都变成了小写。",
    "词保持原样：“Film” 有自己的编号。")
def to_ids_in_small_letters(train, test, least):
    train, test = ([[word.lower() for word in words] for words in part] for part in (train, test))
    vocab = _vocabulary(train, least)
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Where do words with a capital stand in the order?",
    "Capitals are sorted as if they were small: there is a `key`.",
    "`sorted` of the words as they are: capitals come before small letters, so the order has no ties.",
    "带大写的词排在哪里？",
    "排序时大写被当成了小写：用了 `key`。",
    "直接 `sorted` 原来的词：大写在小写之前，这样顺序没有并列。")
def to_ids_by_small_letters(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab, give = _numbered(train, sorted((word for word in counts if counts[word] >= least), key=str.lower))
    return vocab, give(train), give(test)


@to_ids.twin(
    "By what are the words ordered before they get their ids: is the most frequent one first?",
    "The ids go by frequency, and by the alphabet only among equals.",
    "By the alphabet alone: sorted(...).",
    "词在编号之前按什么排序：最常见的词在最前吗？",
    "编号按频率来排，频率相同时才按字母。",
    "只按字母顺序：sorted(...)。")
def to_ids_by_frequency_and_alphabet(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab, give = _numbered(train, sorted((word for word in counts if counts[word] >= least), key=lambda w: (-counts[w], w)))
    return vocab, give(train), give(test)


@to_ids.twin(
    "How many words has the vocabulary?",
    "`least` words: the most frequent ones.",
    "`least` is how often a word must occur, not how many words there are.",
    "词表里有多少个词？",
    "有 `least` 个词：最常见的那些。",
    "`least` 是一个词至少要出现几次，不是词的个数。")
def to_ids_of_the_most_frequent(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab, give = _numbered(train, sorted(word for word, _ in counts.most_common(least)))
    return vocab, give(train), give(test)


@to_ids.twin(
    "How many sentences come out?",
    "Sentences without words are left out, and the others no longer belong to their labels.",
    "A list for each sentence, an empty one too.",
    "得到多少个句子？",
    "没有词的句子被去掉了，其他句子与标签对不上。",
    "每个句子一个列表，空句子也有。")
def to_ids_without_empty_sentences(train, test, least):
    vocab = _vocabulary(train, least)
    return vocab, *(_with(vocab, [words for words in part if words]) for part in (train, test))


@to_ids.twin(
    "Does the alphabet go from a to z?",
    "It goes backwards: reverse=True.",
    "`sorted`, from a to z.",
    "字母顺序是从 a 到 z 吗？",
    "反过来了：reverse=True。",
    "用 `sorted`，从 a 到 z。")
def to_ids_backwards(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab, give = _numbered(train, sorted((word for word in counts if counts[word] >= least), reverse=True))
    return vocab, give(train), give(test)


# --- count_vector ---

@lab.hole(cases=[[array([2, 5, 2, 0, 2, 5]), 7], [array([6]), 7], [array([], int), 4]],
          more=[[array([1, 1, 3, 0, 4, 8, 4, 4]), 9], [array([0, 0]), 3], [array([], int), 2]])
def count_vector(ids, V):
    return np.bincount(ids, minlength=V)


@count_vector.twin(
    "What does a word add that stands in the sentence three times?",
    "Each word that is there has a 1, however often it is there. (`x[ids] += 1` does this too: a place that is named twice is "
    "written once.)",
    "The entry counts the word: 3 for a word that is there three times. np.add.at, np.bincount or a loop adds every time.",
    "在句子里出现三次的词贡献多少？",
    "出现的词都是 1，不管出现几次。（`x[ids] += 1` 也会这样：同一位置写两次只算一次。）",
    "元素是词的次数：出现三次就是 3。np.add.at、np.bincount 或循环每次都会加。")
def count_vector_of_0_and_1(ids, V):
    x = np.zeros(V)
    x[ids] = 1
    return x


@count_vector.twin(
    "How long is the vector of a short sentence?",
    "It ends with the largest id that is there: every sentence has another length.",
    "It always has V entries: np.bincount has `minlength`.",
    "短句子的向量有多长？",
    "它到出现过的最大编号为止：每个句子的长度都不同。",
    "它总有 V 个元素：np.bincount 有 `minlength`。")
def count_vector_of_another_length(ids, V):
    return np.bincount(ids)


@count_vector.twin(
    "Add up the vector: is it the number of words?",
    "It is divided by the number of words: these are shares.",
    "Counts are asked for; the mean comes later, in the classifier.",
    "把向量加起来：等于词数吗？",
    "它除以了词数：这些是比例。",
    "要的是次数；平均在后面的分类器里才做。")
def count_vector_of_shares(ids, V):
    return np.bincount(ids, minlength=V) / max(len(ids), 1)


@count_vector.twin(
    "How many axes has x: is there one vector, or one for each word?",
    "This is a one-hot row for each word: a matrix (T, V).",
    "Add the rows up: one vector for the whole sentence.",
    "x 有几个轴：是一个向量，还是每个词一个？",
    "这是每个词一行 one-hot：一个 (T, V) 矩阵。",
    "把各行加起来：整个句子一个向量。")
def count_vector_as_one_hot_rows(ids, V):
    return np.eye(V)[ids]


@count_vector.twin(
    "Is the place of a number the word's id, or the word's position in the sentence?",
    "Each word of the sentence is at its own position: these are the ids, and zeros behind them.",
    "The place is the word's id, and the number says how often it is there.",
    "数的位置是词的编号，还是词在句子里的位置？",
    "每个词放在它在句子里的位置：这是编号本身，后面补零。",
    "位置是词的编号，数是它出现的次数。")
def count_vector_of_ids_in_order(ids, V):
    return np.concatenate([ids, np.zeros(V - len(ids))])


@count_vector.twin(
    "Is the place of a number the word's id, or the word's position in the sentence?",
    "The loop counts positions of the sentence, and not the words that stand there.",
    "Add to x[ids[t]], or go through `for i in ids`.",
    "数的位置是词的编号，还是词在句子里的位置？",
    "循环数的是句子里的位置，而不是那里的词。",
    "应加到 x[ids[t]] 上，或者用 `for i in ids`。")
def count_vector_of_positions(ids, V):
    x = np.zeros(V)
    for t in range(len(ids)):
        x[t] += 1
    return x


@count_vector.twin(
    "How long is the vector: V, or the number of different words?",
    "It has the counts of the words that are there, and no zeros for the others.",
    "V entries, of which most are 0.",
    "向量有多长：V，还是不同词的个数？",
    "只有出现过的词的次数，其他词没有零。",
    "共 V 个元素，其中大多数是 0。")
def count_vector_without_zeros(ids, V):
    return np.unique(ids, return_counts=True)[1]


@count_vector.twin(
    "At which places do the numbers stand?",
    "Every count stands one place too early, as if the ids began with 1.",
    "Ids begin with 0: the word i is counted in x[i].",
    "数放在哪些位置上？",
    "每个次数都早了一位，好像编号从 1 开始。",
    "编号从 0 开始：词 i 数在 x[i] 里。")
def count_vector_shifted(ids, V):
    return np.bincount((ids - 1) % V, minlength=V)


@count_vector.twin(
    "Over which axis are the one-hot rows added up?",
    "Over the words of the vocabulary: each row has one 1, so a 1 comes out for each word of the sentence.",
    "Over the words of the sentence, axis 0: (T, V) becomes (V,).",
    "one-hot 的各行沿哪个轴相加？",
    "沿着词表相加：每一行只有一个 1，于是句中每个词得到一个 1。",
    "沿着句子的词，即轴 0：(T, V) 变成 (V,)。")
def count_vector_over_the_wrong_axis(ids, V):
    return np.eye(V)[ids].sum(axis=1)


@count_vector.twin(
    "How long is the vector, and what is its first entry of?",
    "It has an entry for each word of the sentence, in the order of the sentence.",
    "An entry for each word of the vocabulary: x[i] is how often i is there.",
    "向量有多长，第一个元素说的是哪个词？",
    "句子里的每个词一个元素，按句子的顺序。",
    "词表里的每个词一个元素：x[i] 是 i 出现的次数。")
def count_vector_along_the_sentence(ids, V):
    return np.array([(ids == i).sum() for i in ids])


@count_vector.twin(
    "How many words are counted?",
    "The first alone: the `return` stands inside of the loop.",
    "Return after the loop, when all words are counted.",
    "数了几个词？",
    "只有第一个：`return` 写在了循环里面。",
    "在循环之后、所有词数完时再返回。")
def count_vector_of_the_first_word(ids, V):
    x = np.zeros(V)
    for i in ids:
        x[i] += 1
        return x
    return None


@count_vector.twin(
    "At which places do the numbers stand?",
    "np.histogram cuts the range from the smallest to the largest id that is there into V parts.",
    "Place i counts the word i: np.bincount, np.add.at or a loop.",
    "数放在哪些位置上？",
    "np.histogram 把出现过的最小到最大编号的区间切成了 V 份。",
    "位置 i 数的是词 i：用 np.bincount、np.add.at 或循环。")
def count_vector_by_histogram(ids, V):
    return np.histogram(ids, bins=V)[0]


@count_vector.twin(
    "What does a word add that stands in the sentence once?",
    "Each word that is there has the number of all words of the sentence.",
    "Each word its own count.",
    "在句子里出现一次的词贡献多少？",
    "出现的词都得到了整个句子的词数。",
    "每个词是它自己的次数。")
def count_vector_of_lengths(ids, V):
    x = np.zeros(V)
    x[ids] = len(ids)
    return x


@count_vector.twin(
    "Add up the vector: is it the number of words? And try a sentence without words.",
    "It is the mean of the one-hot rows, and nan for a sentence without words.",
    "Counts are asked for: the sum of the rows. The mean comes later, in the classifier.",
    "把向量加起来：等于词数吗？再试试没有词的句子。",
    "这是 one-hot 各行的平均，没有词的句子得到 nan。",
    "要的是次数：各行之和。平均在后面的分类器里才做。")
def count_vector_of_a_mean(ids, V):
    return np.eye(V)[ids].sum(axis=0) / np.float64(len(ids))


for _name, _function, *_messages in (
    ("without_the_unknown", lambda ids, V: np.bincount(ids, minlength=V) * (np.arange(V) > 0),
     "Is <unk> a word of the vocabulary?",
     "x[0] is always 0: the words with the id 0 are not counted.",
     "<unk> is a word like all others, with the id 0: add up x, and it is the number of words.",
     "<unk> 是词表里的词吗？",
     "x[0] 总是 0：编号为 0 的词没有数。",
     "<unk> 和别的词一样，编号 0：x 加起来应等于词数。"),
    ("adding_ids", lambda ids, V: np.bincount(ids, minlength=V) * np.arange(V),
     "What does a word add to its place: 1, or its id?",
     "Its id: word 5 counts five times, and word 0 not at all.",
     "An id says where, and each word adds 1 there.",
     "一个词给自己的位置加上的是 1 还是编号？",
     "是编号：词 5 算五次，词 0 一次也不算。",
     "编号只说明位置，每个词在那里加 1。"),
    ("of_ids_at_their_places", lambda ids, V: (np.bincount(ids, minlength=V) > 0) * np.arange(V),
     "What stands at the place of a word: how often it is there, or its id?",
     "Its id, whether it is there once or three times.",
     "An id says where; the number says how often.",
     "词的位置上写的是它出现几次，还是它的编号？",
     "是编号，不管出现一次还是三次。",
     "编号说明位置；数说明出现几次。"),
    ("without_the_first_word", lambda ids, V: np.bincount(ids[1:], minlength=V),
     "Add up the vector: is it the number of words?",
     "One is missing: the first word of the sentence.",
     "Begin with position 0, or go through `for i in ids`.",
     "把向量加起来：等于词数吗？",
     "少一个：句子的第一个词。",
     "从位置 0 开始，或者用 `for i in ids`。"),
    ("without_the_last_word", lambda ids, V: np.bincount(ids[:-1], minlength=V),
     "Add up the vector: is it the number of words?",
     "One is missing: the last word of the sentence.",
     "Every word counts: `range(T)` ends with T - 1 by itself, and no slice is needed.",
     "把向量加起来：等于词数吗？",
     "少一个：句子的最后一个词。",
     "每个词都算：`range(T)` 自己就到 T - 1 为止，不需要切片。"),
    ("from_1", lambda ids, V: np.array([(ids == i).sum() for i in range(1, V + 1)]),
     "Which word does the first entry count?",
     "Word 1: the ids are taken to go from 1 to V.",
     "From 0 to V - 1: range(V).",
     "第一个元素数的是哪个词？",
     "词 1：把编号当成了从 1 到 V。",
     "应从 0 到 V - 1：range(V)。"),
    ("without_the_last_of_the_vocabulary", lambda ids, V: np.bincount(ids, minlength=V) * (np.arange(V) < V - 1),
     "Is the last word of the vocabulary counted?",
     "x[V - 1] is always 0: the loop ends one word early.",
     "range(V) has V - 1 in it already.",
     "词表的最后一个词数了吗？",
     "x[V - 1] 总是 0：循环早停了一个词。",
     "range(V) 里已经有 V - 1。"),
    ("of_logarithms", lambda ids, V: np.log1p(np.bincount(ids, minlength=V)),
     "Are these whole numbers?",
     "They are log(1 + count).",
     "The counts themselves: three times the word, three times its column of W.",
     "这些是整数吗？",
     "是 log(1 + 次数)。",
     "要次数本身：词出现三次，W 的那一列就加三次。"),
    ("over_the_vocabulary", lambda ids, V: np.bincount(ids, minlength=V) / V,
     "Add up the vector: is it the number of words?",
     "The counts are divided by V, the size of the vocabulary.",
     "Nothing is divided here.",
     "把向量加起来：等于词数吗？",
     "次数除以了词表的大小 V。",
     "这里什么也不除。"),
    ("with_one_place_more", lambda ids, V: np.bincount(ids, minlength=V + 1),
     "How many entries has the vector, and which is the largest id?",
     "V + 1: one more than there are words.",
     "The ids go from 0 to V - 1, which makes V entries.",
     "向量有几个元素，最大的编号是多少？",
     "有 V + 1 个：比词多一个。",
     "编号从 0 到 V - 1，共 V 个元素。"),
):
    _mistake(count_vector, f"count_vector_{_name}", _function, *_messages)


@count_vector.twin(
    "Try a sentence without words.",
    "max() of nothing is an error; and the largest id of a sentence says nothing about V.",
    "The length is V from the start, whatever the sentence is.",
    "试试没有词的句子。",
    "空序列没有最大值，max() 报错；而且句子里最大的编号与 V 无关。",
    "不管什么句子，长度一开始就是 V。")
def count_vector_by_the_largest_id(ids, V):
    x = np.zeros(max(ids) + 1)
    np.add.at(x, ids, 1)
    return np.pad(x, (0, V - len(x)))


# --- bag_of_embeddings ---

W = [[0.5, -1.0, 2.0, 0.0, 1.5, -0.3], [1.0, 0.2, -0.7, 3.0, 0.4, 2.2], [-2.0, 0.6, 1.1, 0.9, -1.4, 0.8]]
OTHER = [[0.3, 1.2, -0.8, 2.1], [-1.5, 0.4, 0.6, 0.9]]
OF_FOUR = [[0.7, -0.4, 1.3, 0.1, -1.1], [-0.6, 0.9, 0.2, -1.7, 0.5], [1.4, -0.2, 0.8, 0.6, -0.9], [-1.2, 2.3, -0.5, 0.4, 1.6]]


@lab.hole(cases=[[tensor(W), array([1, 4, 4, 3])], [tensor(OF_FOUR), array([2, 0, 3])]],
          more=[[tensor(OTHER), array([1, 0, 3, 3, 2])], [tensor(OF_FOUR), array([0, 2, 2, 4])]],
          forbidden=["embedding", "matmul"])
def bag_of_embeddings(W, ids):
    return step("the columns of the words", W[:, ids]).sum(axis=1)


@bag_of_embeddings.twin(
    "Say the sentence twice: does h double?",
    "This is the mean of the embeddings.",
    "W x adds: each column as often as its word is there.",
    "把句子说两遍：h 变成两倍吗？",
    "这是嵌入的平均。",
    "W x 是相加：每一列加上它的词出现的次数那么多遍。")
def bag_of_embeddings_mean(W, ids):
    return W[:, ids].mean(axis=1)


@bag_of_embeddings.twin(
    "A word that is there twice: how often is its column added?",
    "Once: every different word is added one time.",
    "x has a 2 there, so W x adds the column twice; W[:, ids] takes it twice by itself.",
    "出现两次的词，它的列加几次？",
    "一次：每个不同的词只加了一遍。",
    "x 在那里是 2，所以 W x 把这一列加两次；W[:, ids] 自己就会取两次。")
def bag_of_embeddings_of_different_words(W, ids):
    return W[:, np.unique(ids)].sum(axis=1)


@bag_of_embeddings.twin(
    "Is a word a row of W here, or a column?",
    "W[ids] takes rows. Here W is (d, V), as in the notes, and an embedding is a column.",
    "W[:, ids] is (d, T): then sum over T.",
    "这里一个词是 W 的行还是列？",
    "W[ids] 取的是行。这里 W 同讲义一样是 (d, V)，嵌入是列。",
    "W[:, ids] 是 (d, T)：再对 T 求和。")
def bag_of_embeddings_of_rows(W, ids):
    return W[ids].sum(axis=0)


@bag_of_embeddings.twin(
    "How long is h, d or T? Over which axis do you sum?",
    "The sum goes over the d numbers of each embedding: one number for each word comes out.",
    "h has d entries: W[:, ids] is (d, T), and the words are axis 1.",
    "h 的长度是 d 还是 T？沿哪个轴求和？",
    "求和沿着每个嵌入的 d 个数：每个词得到一个数。",
    "h 有 d 个元素：W[:, ids] 是 (d, T)，词是轴 1。")
def bag_of_embeddings_over_the_wrong_axis(W, ids):
    return W[:, ids].sum(axis=0)


@bag_of_embeddings.twin(
    "How many axes has h? Is anything added up?",
    "These are the embeddings side by side, (d, T): nothing is added up.",
    "Add the columns up: .sum(axis=1).",
    "h 有几个轴？有没有相加？",
    "这是并排的各个嵌入 (d, T)：没有相加。",
    "把各列加起来：.sum(axis=1)。")
def bag_of_embeddings_side_by_side(W, ids):
    return W[:, ids]


@bag_of_embeddings.twin(
    "How many of the words go into one number of h?",
    "Of each of the d numbers the largest is taken.",
    "W x adds the columns up.",
    "h 的一个数里用到了几个词？",
    "d 个数里每个都取了最大的。",
    "W x 是把各列加起来。")
def bag_of_embeddings_largest(W, ids):
    return W[:, ids].amax(axis=1)


@bag_of_embeddings.twin(
    "The numbers are right. What reaches W on the way back?",
    "The graph is left: the sum is made in NumPy, or of W's bare data, so W is never trained.",
    "Index and add the Tensor itself: W[:, ids].sum(axis=1).",
    "数是对的。往回走时，什么能到达 W？",
    "离开了计算图：求和是在 NumPy 里，或用 W 的裸数据做的，W 永远得不到训练。",
    "直接对张量取下标、求和：W[:, ids].sum(axis=1)。")
def bag_of_embeddings_in_numpy(W, ids):
    return W.detach().numpy()[:, ids].sum(axis=1)


@bag_of_embeddings.twin(
    "Is everything added up?",
    "One number comes out: the sum goes over words and over the d numbers of an embedding.",
    "Only over the words: .sum(axis=1).",
    "是不是都加在一起了？",
    "得到的是一个数：对词、也对嵌入的 d 个数求了和。",
    "只对词求和：.sum(axis=1)。")
def bag_of_embeddings_in_one_number(W, ids):
    return W[:, ids].sum()


@bag_of_embeddings.twin(
    "How many words are in h?",
    "One: the last. Each is written over the one before it.",
    "Add them up.",
    "h 里有几个词？",
    "一个：最后一个。后面的词覆盖了前面的。",
    "要把它们加起来。")
def bag_of_embeddings_of_the_last_word(W, ids):
    return W[:, int(ids[-1])]


@bag_of_embeddings.twin(
    "How many axes has h? Is anything added up?",
    "These are the embeddings one below the other, (T, d): nothing is added up.",
    "Add the words up: h has d entries.",
    "h 有几个轴？有没有相加？",
    "这是上下排列的各个嵌入 (T, d)：没有相加。",
    "把各词加起来：h 有 d 个元素。")
def bag_of_embeddings_one_below_the_other(W, ids):
    return W.T[ids]


@bag_of_embeddings.twin(
    "What is multiplied with W?",
    "The columns are multiplied with the ids: word 5 counts five times, and word 0 not at all.",
    "An id is a name and no amount: it only says which column is added.",
    "与 W 相乘的是什么？",
    "各列乘以了编号：词 5 算五次，词 0 一次也不算。",
    "编号是名字，不是数量：它只说明加哪一列。")
def bag_of_embeddings_times_ids(W, ids):
    return W[:, ids] @ ids.astype(float)


@bag_of_embeddings.twin(
    "How often is the first word added?",
    "The first word is added twice: h begins with it, and the loop adds it again.",
    "Begin with 0, or go on from the second word.",
    "第一个词加了几次？",
    "第一个词加了两次：h 从它开始，循环又加了一次。",
    "从 0 开始，或从第二个词接着加。")
def bag_of_embeddings_with_the_first_twice(W, ids):
    return W[:, int(ids[0])] + W[:, ids].sum(axis=1)


@bag_of_embeddings.twin(
    "Which columns are added?",
    "Those of the positions 1, 2, ... and not of the words that stand there.",
    "W[:, ids[t]], or `for i in ids`.",
    "加的是哪些列？",
    "是位置 1、2……的列，而不是那里的词的列。",
    "应是 W[:, ids[t]]，或 `for i in ids`。")
def bag_of_embeddings_of_positions(W, ids):
    return W[:, int(ids[0])] + W[:, 1:len(ids)].sum(axis=1)


@bag_of_embeddings.twin(
    "Which columns are added?",
    "The first T columns: the loop counts positions, and not words.",
    "W[:, ids[t]], or `for i in ids`.",
    "加的是哪些列？",
    "是最前面的 T 列：循环数的是位置而不是词。",
    "应是 W[:, ids[t]]，或 `for i in ids`。")
def bag_of_embeddings_of_the_first_columns(W, ids):
    return W[:, :len(ids)].sum(axis=1)


@bag_of_embeddings.twin(
    "Is the last word of the sentence in h?",
    "It is missing: the loop or the slice ends one word early.",
    "Every position counts, T of them: `for i in ids`, or W[:, ids] with all of ids.",
    "句子的最后一个词在 h 里吗？",
    "没有：循环或切片早停了一个词。",
    "T 个位置都算：`for i in ids`，或者用完整的 ids 写 W[:, ids]。")
def bag_of_embeddings_without_the_last_word(W, ids):
    return W[:, ids[:-1] if len(ids) > 1 else ids].sum(axis=1)


@bag_of_embeddings.twin(
    "Is the first word of the sentence in h?",
    "It is missing: the loop begins with the second word.",
    "Every position counts, from 0 on.",
    "句子的第一个词在 h 里吗？",
    "没有：循环从第二个词开始。",
    "从 0 起每个位置都算。")
def bag_of_embeddings_without_the_first_word(W, ids):
    return W[:, ids[1:]].sum(axis=1)


@bag_of_embeddings.twin(
    "How many words are in h?",
    "One: the first. The `return` stands inside of the loop, or only ids[0] is taken.",
    "Add all of them up.",
    "h 里有几个词？",
    "一个：第一个。`return` 写在了循环里，或者只取了 ids[0]。",
    "要把它们全加起来。")
def bag_of_embeddings_of_the_first_word(W, ids):
    return W[:, int(ids[0])]


@bag_of_embeddings.twin(
    "Which columns are added: those of the words, or all those between two words?",
    "A slice goes from the first id to the last: columns of words that the sentence does not have.",
    "Index with the array ids itself, W[:, ids], which takes just these columns.",
    "加的是各词的列，还是两个词之间的所有列？",
    "切片从第一个编号取到最后一个：取到了句子里没有的词的列。",
    "直接用数组 ids 取下标 W[:, ids]，恰好取出这些列。")
def bag_of_embeddings_of_a_slice(W, ids):
    return W[:, int(ids[0]):int(ids[-1])].sum(axis=1)


@bag_of_embeddings.twin(
    "Which columns are added: those of the words, or all those between two words?",
    "A slice goes from the first id to the last, both included: columns of words that the sentence does not have.",
    "Index with the array ids itself, W[:, ids], which takes just these columns.",
    "加的是各词的列，还是两个词之间的所有列？",
    "切片从第一个编号取到最后一个（含）：取到了句子里没有的词的列。",
    "直接用数组 ids 取下标 W[:, ids]，恰好取出这些列。")
def bag_of_embeddings_of_a_slice_with_its_end(W, ids):
    return W[:, int(ids[0]):int(ids[-1]) + 1].sum(axis=1)


@bag_of_embeddings.twin(
    "Try embeddings of another size than 3.",
    "Three rows of W are taken, whatever d is.",
    "All rows: W[:, ids]. Sizes come from the arguments.",
    "试试大小不是 3 的嵌入。",
    "不管 d 是多少，都只取了 W 的三行。",
    "取所有行：W[:, ids]。大小由参数决定。")
def bag_of_embeddings_of_three_numbers(W, ids):
    return W[:3, ids].sum(axis=1)


for _name, _function, *_messages in (
    ("of_all_columns", lambda W, ids: W.sum(axis=1),
     "Is ids used?",
     "All columns of W are added, whatever the sentence is.",
     "The columns of the words of the sentence alone: W[:, ids].",
     "用到 ids 了吗？",
     "不管什么句子，W 的所有列都加了。",
     "只加句子里各词的列：W[:, ids]。"),
    ("of_the_columns_before", lambda W, ids: W[:, ids - 1].sum(axis=1),
     "Which column belongs to the word 1?",
     "Every column is taken one place too early, as if the ids began with 1.",
     "Ids begin with 0: the word i has the column i.",
     "词 1 对应哪一列？",
     "每一列都早取了一位，好像编号从 1 开始。",
     "编号从 0 开始：词 i 对应第 i 列。"),
    ("without_the_unknown", lambda W, ids: W[:, ids[ids > 0]].sum(axis=1),
     "Has <unk> an embedding?",
     "It is left out: words with the id 0 are not added.",
     "<unk> is a word like all others, and its column is added.",
     "<unk> 有嵌入吗？",
     "它被去掉了：编号为 0 的词没有加。",
     "<unk> 和别的词一样，它的列也要加。"),
    ("by_a_root", lambda W, ids: W[:, ids].sum(axis=1) / len(ids) ** 0.5,
     "Does it equal W x?",
     "The sum is divided by the root of the number of words.",
     "Nothing is divided here.",
     "它等于 W x 吗？",
     "和除以了词数的平方根。",
     "这里什么也不除。"),
    ("over_d", lambda W, ids: W[:, ids].sum(axis=1) / W.shape[0],
     "Does it equal W x?",
     "The sum is divided by d.",
     "Nothing is divided here.",
     "它等于 W x 吗？",
     "和除以了 d。",
     "这里什么也不除。"),
):
    _mistake(bag_of_embeddings, f"bag_of_embeddings_{_name}", _function, *_messages)


# --- log_priors ---

@lab.hole(cases=[[array([0, 2, 2, 1, 2]), 3], [array([1, 0, 1, 1]), 2], [array([0, 2, 2]), 4]],
          more=[[array([3, 3, 1, 0, 2, 3]), 4], [array([0, 0, 2]), 4]])
def log_priors(labels, K):
    return np.log(np.bincount(labels, minlength=K) / len(labels))


@log_priors.twin(
    "Can a logarithm of a probability be above 0?",
    "These are the shares p(c) themselves.",
    "The logarithm of the share: np.log.",
    "概率的对数会大于 0 吗？",
    "这是比例 p(c) 本身。",
    "要的是比例的对数：np.log。")
def log_priors_without_log(labels, K):
    return np.bincount(labels, minlength=K) / len(labels)


@log_priors.twin(
    "exp of what comes out should add up to 1. By what is each count divided?",
    "These are logarithms of counts, not of shares.",
    "Divide by the number of sentences before you take the logarithm.",
    "结果取 exp 后应加起来等于 1。每个次数除以了什么？",
    "这是次数的对数，不是比例的对数。",
    "取对数之前先除以句子数。")
def log_priors_of_counts(labels, K):
    return np.log(np.bincount(labels, minlength=K))


@log_priors.twin(
    "Are all classes alike here?",
    "Each class has 1/K, whatever the labels are.",
    "p(c) is the share of the training sentences that have class c.",
    "这里各个类别都一样吗？",
    "无论标签是什么，每个类别都是 1/K。",
    "p(c) 是训练句子中类别 c 所占的比例。")
def log_priors_all_alike(labels, K):
    return np.full(K, -np.log(K))


@log_priors.twin(
    "A class without sentences: does it have -inf? Is anything added to the counts?",
    "One is added to each class. That is done for the words below, not for the classes.",
    "p(c) = number of sentences of class c / number of sentences.",
    "没有句子的类别是 -inf 吗？次数上加了什么没有？",
    "每个类别都加了一。那是下面对词做的，不是对类别。",
    "p(c) = 类别 c 的句子数 / 句子总数。")
def log_priors_with_one_added(labels, K):
    return np.log((np.bincount(labels, minlength=K) + 1) / (len(labels) + K))


@log_priors.twin(
    "To which base is the logarithm?",
    "This is log2.",
    "The natural one: np.log, as everywhere in the notes.",
    "对数以什么为底？",
    "这是 log2。",
    "自然对数：np.log，讲义里处处如此。")
def log_priors_to_base_2(labels, K):
    return np.log2(np.bincount(labels, minlength=K) / len(labels))


@log_priors.twin(
    "How many classes are there?",
    "A class with a large number that no sentence has is missing: the vector is shorter than K.",
    "There are always K entries: np.bincount has `minlength`.",
    "有多少个类别？",
    "编号大而没有句子的类别丢了：向量比 K 短。",
    "总有 K 个元素：np.bincount 有 `minlength`。")
def log_priors_of_classes_that_occur(labels, K):
    return np.log(np.bincount(labels) / len(labels))


@log_priors.twin(
    "Can a logarithm of a probability be above 0?",
    "This is minus the logarithm.",
    "Scores are compared, and the largest wins: log p(c), without a minus.",
    "概率的对数会大于 0 吗？",
    "这是负的对数。",
    "分数要相互比较，最大的获胜：log p(c)，没有负号。")
def log_priors_with_a_minus(labels, K):
    return -np.log(np.bincount(labels, minlength=K) / len(labels))


@log_priors.twin(
    "By what is it divided?",
    "It is divided by the number of classes.",
    "By the number of sentences, so that the shares add up to 1.",
    "除以了什么？",
    "除以了类别数。",
    "应除以句子数，这样各比例加起来是 1。")
def log_priors_divided_by_classes(labels, K):
    return np.log(np.bincount(labels, minlength=K) / K)


@log_priors.twin(
    "Which entry belongs to which class?",
    "The classes stand in the order in which they are met.",
    "Entry c is that of class c, for c from 0 to K - 1, one without sentences too.",
    "哪个元素属于哪个类别？",
    "类别按遇到的先后排列。",
    "第 c 个元素属于类别 c，c 从 0 到 K - 1，没有句子的也在内。")
def log_priors_as_classes_are_met(labels, K):
    counts = Counter(labels.tolist())
    return np.log(np.array([counts[c] for c in counts]) / len(labels))


@log_priors.twin(
    "How many classes are there?",
    "Every class without sentences is left out, and those behind it move up.",
    "There are always K entries, and entry c is that of class c.",
    "有多少个类别？",
    "没有句子的类别都丢了，后面的往前移了。",
    "总有 K 个元素，第 c 个属于类别 c。")
def log_priors_of_unique_classes(labels, K):
    return np.log(np.unique(labels, return_counts=True)[1] / len(labels))


@log_priors.twin(
    "What has a class that no sentence has?",
    "Something small is added before the logarithm, so that -inf becomes about -20.",
    "log 0 = -inf is meant here: such a class never wins.",
    "没有句子的类别得到什么？",
    "取对数前加了一个很小的数，于是 -inf 变成了约 -20。",
    "这里就是要 log 0 = -inf：这样的类别永远不会获胜。")
def log_priors_with_something_small(labels, K):
    return np.log((np.bincount(labels, minlength=K) + 1e-9) / len(labels))


@log_priors.twin(
    "What has a class that no sentence has?",
    "0, and 0 is the logarithm of 1: such a class would be certain.",
    "log 0 = -inf.",
    "没有句子的类别得到什么？",
    "得到 0，而 0 是 1 的对数：这样的类别就成了必然。",
    "log 0 = -inf。")
def log_priors_with_0_for_nothing(labels, K):
    n = np.bincount(labels, minlength=K)
    return np.where(n > 0, np.log(n / len(labels)), 0)


@log_priors.twin(
    "What has a class that no sentence has: log 0, or log 1?",
    "np.log1p is the logarithm of 1 + p.",
    "np.log of the share.",
    "没有句子的类别得到什么：log 0 还是 log 1？",
    "np.log1p 是 1 + p 的对数。",
    "对比例取 np.log。")
def log_priors_by_log1p(labels, K):
    return np.log1p(np.bincount(labels, minlength=K) / len(labels))


@log_priors.twin(
    "Which number has the first class?",
    "Classes are counted from 1: the first is lost, and a class K that nobody has stands at the end.",
    "From 0 to K - 1: range(K).",
    "第一个类别的编号是几？",
    "类别从 1 数起：第一个丢了，末尾多了一个没人有的类别 K。",
    "从 0 到 K - 1：range(K)。")
def log_priors_from_1(labels, K):
    return np.log(np.array([(labels == c).sum() for c in range(1, K + 1)]) / len(labels))


@log_priors.twin(
    "Which comes first, the division or the logarithm?",
    "The logarithm of the count is divided by N.",
    "First the share, then its logarithm: log(n / N).",
    "先相除还是先取对数？",
    "这里是次数的对数再除以 N。",
    "先求比例，再取对数：log(n / N)。")
def log_priors_divided_after_the_log(labels, K):
    return np.log(np.bincount(labels, minlength=K)) / len(labels)


@log_priors.twin(
    "What has the most frequent class: its share, or log 1 = 0?",
    "The counts are divided by the largest of them.",
    "Divide by their sum, the number of sentences.",
    "最常见的类别得到什么：它的比例，还是 log 1 = 0？",
    "次数除以了其中最大的。",
    "应除以它们的和，即句子数。")
def log_priors_over_the_largest(labels, K):
    n = np.bincount(labels, minlength=K)
    return np.log(n / n.max())


@log_priors.twin(
    "A class with twice as many sentences: has it twice the probability?",
    "A softmax is taken of the counts.",
    "Counts are no logits: n / N is the share already.",
    "句子多一倍的类别，概率也多一倍吗？",
    "对次数取了 softmax。",
    "次数不是 logit：n / N 就已经是比例。")
def log_priors_by_softmax(labels, K):
    n = np.bincount(labels, minlength=K)
    return n - np.log(np.exp(n).sum())


@log_priors.twin(
    "How many numbers should come out?",
    "One for each sentence: the labels themselves are divided.",
    "Count how often each label occurs: K numbers.",
    "应得到多少个数？",
    "每个句子一个：被除的是标签本身。",
    "数出每个标签出现几次：K 个数。")
def log_priors_of_labels(labels, K):
    return np.log(labels / len(labels))


@log_priors.twin(
    "To which base is the logarithm?",
    "This is log10.",
    "The natural one: np.log, as everywhere in the notes.",
    "对数以什么为底？",
    "这是 log10。",
    "自然对数：np.log，讲义里处处如此。")
def log_priors_to_base_10(labels, K):
    return np.log10(np.bincount(labels, minlength=K) / len(labels))


@log_priors.twin(
    "What has a class that no sentence has?",
    "Its share is raised to something small, so that -inf becomes about -28.",
    "log 0 = -inf is meant here: such a class never wins.",
    "没有句子的类别得到什么？",
    "它的比例被抬到一个很小的数，于是 -inf 变成了约 -28。",
    "这里就是要 log 0 = -inf：这样的类别永远不会获胜。")
def log_priors_with_a_least_share(labels, K):
    return np.log(np.maximum(np.bincount(labels, minlength=K) / len(labels), 1e-12))


for _name, _function, *_messages in (
    ("with_one_at_least", lambda labels, K: np.log(np.maximum(np.bincount(labels, minlength=K), 1) / len(labels)),
     "How many sentences has a class that no sentence has?",
     "It is given one: the counts are at least 1.",
     "0 sentences, and log 0 = -inf: nothing is filled up here.",
     "没有句子的类别有几个句子？",
     "这里给了它一个：次数至少是 1。",
     "0 个句子，log 0 = -inf：这里不作补充。"),
    ("without_infinities", lambda labels, K: np.nan_to_num(np.log(np.bincount(labels, minlength=K) / len(labels))),
     "What has a class that no sentence has?",
     "About -1.8e308: nan_to_num has put the most negative number in the place of -inf.",
     "log 0 = -inf is meant here, and NumPy's warning may stay.",
     "没有句子的类别得到什么？",
     "约 -1.8e308：nan_to_num 用最小的数替换了 -inf。",
     "这里就是要 log 0 = -inf，NumPy 的警告可以留着。"),
    ("by_whole_numbers", lambda labels, K: np.log(np.bincount(labels, minlength=K) // len(labels)),
     "Print the shares before you take the logarithm.",
     "They are all 0: `//` divides whole numbers, and rounds down.",
     "Divide with /.",
     "取对数之前先打印出比例。",
     "全是 0：`//` 是整除，向下取整。",
     "用 / 相除。"),
    ("as_a_quotient_of_logarithms", lambda labels, K: np.log(np.bincount(labels, minlength=K)) / np.log(len(labels)),
     "What becomes of a quotient when one takes its logarithm?",
     "log n is divided by log N, and so no number is below 0 but -inf.",
     "log(n / N) is log n minus log N.",
     "商取对数后变成什么？",
     "log n 除以了 log N，于是除了 -inf 没有小于 0 的数。",
     "log(n / N) 等于 log n 减 log N。"),
    ("with_one_added_above", lambda labels, K: np.log((np.bincount(labels, minlength=K) + 1) / len(labels)),
     "A class without sentences: is its count 0?",
     "It is 1: one is added to each class, and nothing below. That is done for the words, not for the classes.",
     "p(c) = number of sentences of class c / number of sentences.",
     "没有句子的类别，次数是 0 吗？",
     "是 1：每个类别都加了一，分母却没加。加一是对词做的，不是对类别。",
     "p(c) = 类别 c 的句子数 / 句子总数。"),
    ("as_odds", lambda labels, K: np.log(np.bincount(labels, minlength=K) / (len(labels) - np.bincount(labels, minlength=K))),
     "Is a class compared with all sentences, or with the other classes?",
     "With the others: these are the logarithms of the odds, p / (1 - p).",
     "The logarithm of p itself: divide by the number of all sentences.",
     "一个类别是与所有句子比，还是与其他类别比？",
     "与其他类别比：这是几率 p / (1 - p) 的对数。",
     "要 p 本身的对数：除以所有句子的个数。"),
    ("of_summed_labels", lambda labels, K: np.log(np.bincount(labels, minlength=K) * np.arange(K) / len(labels)),
     "What does a sentence of class 2 add: 1, or 2?",
     "2: the labels are added up, and class 0 has nothing.",
     "Count the sentences: (labels == c).sum().",
     "类别 2 的一个句子贡献 1 还是 2？",
     "贡献了 2：标签被加了起来，类别 0 什么也没有。",
     "应数句子：(labels == c).sum()。"),
    ("over_summed_labels", lambda labels, K: np.log(np.bincount(labels, minlength=K) / labels.sum()),
     "By what is each count divided?",
     "By the sum of the labels, in which a sentence of class 2 weighs 2.",
     "By the number of sentences, len(labels).",
     "每个次数除以了什么？",
     "除以了标签之和，类别 2 的句子在其中算 2。",
     "应除以句子数 len(labels)。"),
    ("over_one_sentence_less", lambda labels, K: np.log(np.bincount(labels, minlength=K) / (len(labels) - 1)),
     "By what is each count divided?",
     "By N - 1.",
     "By N, so that the shares add up to 1.",
     "每个次数除以了什么？",
     "除以了 N - 1。",
     "应除以 N，这样各比例加起来是 1。"),
    ("times_p", lambda labels, K: (lambda p: p * np.log(p))(np.bincount(labels, minlength=K) / len(labels)),
     "Is anything multiplied with log p(c)?",
     "p(c): p log p is a part of the entropy.",
     "log p(c) alone.",
     "log p(c) 还乘了什么吗？",
     "乘了 p(c)：p log p 是熵的一部分。",
     "只要 log p(c)。"),
    *((f"with_1_in_10_to_{k}_added_to_the_share",
       lambda labels, K, k=k: np.log(np.bincount(labels, minlength=K) / len(labels) + 10.0 ** -k),
       "What has a class that no sentence has?",
       f"{10.0 ** -k:g} is added to its share before the logarithm, so that -inf becomes about {-k * np.log(10):.0f}.",
       "log 0 = -inf is meant here: such a class never wins.",
       "没有句子的类别得到什么？",
       f"取对数前给比例加了 {10.0 ** -k:g}，于是 -inf 变成了约 {-k * np.log(10):.0f}。",
       "这里就是要 log 0 = -inf：这样的类别永远不会获胜。") for k in (8, 9, 10)),
):
    _mistake(log_priors, f"log_priors_{_name}", _function, *_messages)


# --- log_likelihoods ---

COUNTS = [[2, 0, 1, 0, 0], [0, 1, 0, 0, 3], [1, 0, 2, 0, 0], [0, 4, 0, 2, 0]]


@lab.hole(cases=[[array(COUNTS), array([2, 0, 2, 1]), 3], [array([[3, 0, 0, 1, 0, 0], [0, 2, 0, 0, 0, 1]]), array([1, 1]), 3]],
          more=[[array([[1, 0, 0, 5], [0, 2, 0, 0], [0, 1, 1, 0], [2, 2, 0, 0], [0, 0, 0, 1]]), array([0, 1, 1, 0, 2]), 3],
                [array([[0, 1, 0], [2, 1, 0], [4, 0, 0], [0, 1, 0], [1, 2, 0]]), array([0, 0, 2, 0, 2]), 4]])
def log_likelihoods(x, labels, K):
    n = np.array([x[labels == c].sum(axis=0) for c in range(K)])  # (K, V)
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + x.shape[1]))


def _class_counts(x, labels, K):
    return np.array([x[labels == c].sum(axis=0) for c in range(K)])


@log_likelihoods.twin(
    "Look at a word that a class has never used.",
    "Nothing is added, so that p is 0 and its logarithm -inf: this one word forbids the class, whatever the others say.",
    "Add one to each count, and V to the sum, since one was added V times.",
    "看一个某类别从未用过的词。",
    "什么也没有加，于是 p 是 0，对数是 -inf：这一个词就否决了该类别，不管其他词怎么说。",
    "每个次数加一，总数加 V，因为一共加了 V 个一。")
def log_likelihoods_without_adding(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log(n / n.sum(axis=1, keepdims=True))


@log_likelihoods.twin(
    "One is added to each count of a row. By how much does their sum grow, and by how much does yours?",
    "One is added above, and nothing below: the row adds up to more than 1.",
    "One is added to V counts, so their sum grows by V.",
    "一行里每个次数都加了一。它们的和增加多少，你的分母增加了多少？",
    "分子加了一，分母什么也没加：一行之和大于 1。",
    "V 个次数各加了一，所以总数增加 V。")
def log_likelihoods_with_one_added_above(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / n.sum(axis=1, keepdims=True))


@log_likelihoods.twin(
    "One is added to each count of a row. By how much does their sum grow, and by how much does yours?",
    "The sum grows by 1.",
    "One is added to V counts, so their sum grows by V.",
    "一行里每个次数都加了一。它们的和增加多少，你的分母增加了多少？",
    "总数只加了 1。",
    "V 个次数各加了一，所以总数增加 V。")
def log_likelihoods_with_1_below(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + 1))


@log_likelihoods.twin(
    "One is added to each count of a row. By how much does their sum grow, and by how much does yours?",
    "The sum grows by K, the number of classes.",
    "One is added to V counts, so their sum grows by V, the number of words.",
    "一行里每个次数都加了一。它们的和增加多少，你的分母增加了多少？",
    "总数加的是类别数 K。",
    "V 个次数各加了一，所以总数增加词数 V。")
def log_likelihoods_with_K_below(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + K))


@log_likelihoods.twin(
    "A word that stands twice in a sentence: how often does it count?",
    "Each sentence counts a word once: in how many sentences it stands.",
    "n(w, c) adds up the counts themselves.",
    "一个词在句子里出现两次，算几次？",
    "每个句子只数一次：这是有多少个句子含有这个词。",
    "n(w, c) 把次数本身加起来。")
def log_likelihoods_of_sentences(x, labels, K):
    n = _class_counts(x > 0, labels, K)
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + x.shape[1]))


@log_likelihoods.twin(
    "What adds up to 1: a row, or a column?",
    "The columns do: this is how likely the class is when the word is known.",
    "p(w | c) is a distribution over words for each class: divide by the sum of the row.",
    "哪个加起来是 1：一行还是一列？",
    "是列：这是已知词时类别的概率。",
    "p(w | c) 是每个类别在词上的分布：除以该行之和。")
def log_likelihoods_over_classes(x, labels, K):
    n = _class_counts(x, labels, K) + 1
    return np.log(n / n.sum(axis=0, keepdims=True))


@log_likelihoods.twin(
    "Can a logarithm of a probability be above 0?",
    "These are the probabilities themselves.",
    "np.log of them: hundreds of small factors would be 0, their logarithms can be added.",
    "概率的对数会大于 0 吗？",
    "这是概率本身。",
    "要取 np.log：几百个小因子相乘会变成 0，而对数可以相加。")
def log_likelihoods_without_log(x, labels, K):
    n = _class_counts(x, labels, K) + 1
    return n / n.sum(axis=1, keepdims=True)


@log_likelihoods.twin(
    "What is a row?",
    "These are the expected numbers, transposed: a row for each word.",
    "A row for each class: (K, V).",
    "一行是什么？",
    "这就是所求的数，只是转置了：每个词一行。",
    "每个类别一行：(K, V)。")
def log_likelihoods_turned(x, labels, K):
    n = _class_counts(x, labels, K) + 1
    return np.log(n / n.sum(axis=1, keepdims=True)).T


@log_likelihoods.twin(
    "Does your n(c) depend on the class?",
    "By the words of all classes together: the row adds up to less than 1.",
    "n(c) is the number of words in the sentences of class c alone.",
    "你的 n(c) 与类别有关吗？",
    "除以了所有类别的词数之和：一行之和小于 1。",
    "n(c) 只是类别 c 的句子里的词数。")
def log_likelihoods_of_all_words(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n.sum() + x.shape[1]))


@log_likelihoods.twin(
    "What does your n(c) count: sentences, or words?",
    "By the number of sentences of the class, and not by its number of words.",
    "n(c) adds up all counts of the class: a sentence has many words.",
    "你的 n(c) 数的是句子还是词？",
    "除以了该类别的句子数，而不是词数。",
    "n(c) 把该类别的所有次数加起来：一个句子有许多词。")
def log_likelihoods_by_sentences(x, labels, K):
    n = _class_counts(x, labels, K)
    sentences = np.bincount(labels, minlength=K)[:, None]
    return np.log((n + 1) / (sentences + x.shape[1]))


@log_likelihoods.twin(
    "What is V: all words, or those that the class has used?",
    "The sum grows by the number of different words of the class.",
    "One is added to every word of the vocabulary, so the sum grows by V for each class.",
    "V 是什么：所有的词，还是该类别用过的词？",
    "总数加的是该类别用过的不同词的个数。",
    "词表里的每个词都加了一，所以每个类别的总数都增加 V。")
def log_likelihoods_with_words_of_the_class_below(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + (n > 0).sum(axis=1, keepdims=True)))


@log_likelihoods.twin(
    "How often is one added to a class of three sentences? And is n(w, c) a sum or a mean?",
    "One is added for each sentence, or, which is the same, to a mean over the sentences: large classes learn less.",
    "First add up the sentences of the class, then add one to each count: n(w, c) + 1.",
    "一个有三个句子的类别，加了几次一？n(w, c) 是和还是平均？",
    "每个句子都加了一，或者把一加在了对句子的平均上，两者是一回事：句子越多的类别反而学得越少。",
    "先把该类别的句子加起来，再给每个次数加一：n(w, c) + 1。")
def log_likelihoods_with_one_for_each_sentence(x, labels, K):
    n = _class_counts(x + 1, labels, K)
    return np.log(n / n.sum(axis=1, keepdims=True))


@log_likelihoods.twin(
    "Mind the order of operations.",
    "`n + 1 / total + V` divides the 1 alone.",
    "Parentheses, above and below: (n + 1) / (total + V).",
    "注意运算的顺序。",
    "`n + 1 / total + V` 只除了那个 1。",
    "上下都要加括号：(n + 1) / (total + V)。")
def log_likelihoods_without_parentheses(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log(n + 1 / n.sum(axis=1, keepdims=True) + x.shape[1])


@log_likelihoods.twin(
    "Mind the order of operations.",
    "`(n + 1) / total + V` adds V to the quotient.",
    "Parentheses below too: (n + 1) / (total + V).",
    "注意运算的顺序。",
    "`(n + 1) / total + V` 把 V 加在了商上。",
    "分母也要加括号：(n + 1) / (total + V)。")
def log_likelihoods_without_parentheses_below(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / n.sum(axis=1, keepdims=True) + x.shape[1])


@log_likelihoods.twin(
    "What is n(c): one number for each class, or one for each word?",
    "Each count is divided by itself and V: nothing is added up below.",
    "n(c) is the sum over all words of the class: n.sum().",
    "n(c) 是什么：每个类别一个数，还是每个词一个数？",
    "每个次数除以了它自己加 V：分母没有求和。",
    "n(c) 是该类别对所有词的和：n.sum()。")
def log_likelihoods_divided_by_themselves(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n + x.shape[1]))


@log_likelihoods.twin(
    "Do the words of a class differ?",
    "They do not: .sum() without an axis has added up all words.",
    "The counts of a class are a vector (V,): sum over its sentences alone, axis=0.",
    "一个类别里各个词有区别吗？",
    "没有：.sum() 没写轴，把所有词都加在了一起。",
    "一个类别的次数是向量 (V,)：只对句子求和，axis=0。")
def log_likelihoods_of_one_number(x, labels, K):
    n = _class_counts(x, labels, K).sum(axis=1, keepdims=True)
    return np.log((n + 1) / (n + x.shape[1])) + np.zeros((K, x.shape[1]))


@log_likelihoods.twin(
    "One is added to each count of a row. By how much does their sum grow, and by how much does yours?",
    "The sum grows by N, the number of sentences.",
    "One is added to V counts, so their sum grows by V, the number of words: x.shape[1].",
    "一行里每个次数都加了一。它们的和增加多少，你的分母增加了多少？",
    "总数加的是句子数 N。",
    "V 个次数各加了一，所以总数增加词数 V：x.shape[1]。")
def log_likelihoods_with_N_below(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + len(x)))


@log_likelihoods.twin(
    "Are the added ones in your sum below already?",
    "V is added twice below: the counts had their ones already when they were added up.",
    "Either the sum of n + 1, or the sum of n and then V.",
    "你的分母求和时，加上的那些一是不是已经在里面了？",
    "分母里 V 加了两次：求和时次数已经各加了一。",
    "要么是 n + 1 之和，要么是 n 之和再加 V。")
def log_likelihoods_with_V_twice(x, labels, K):
    n = _class_counts(x, labels, K) + 1
    return np.log(n / (n.sum(axis=1, keepdims=True) + x.shape[1]))


@log_likelihoods.twin(
    "A class with two sentences: are both counted?",
    "Only the last: `n[labels] += x` writes a row that is named twice only once.",
    "Add up all of them: x[labels == c].sum(axis=0), np.add.at, or a loop.",
    "有两个句子的类别：两个都数了吗？",
    "只数了最后一个：`n[labels] += x` 对重复的行只写一次。",
    "全部加起来：x[labels == c].sum(axis=0)、np.add.at 或循环。")
def log_likelihoods_of_the_last_sentence(x, labels, K):
    n = np.zeros((K, x.shape[1]))
    n[labels] += x
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + x.shape[1]))


@log_likelihoods.twin(
    "Can a logarithm of a probability be above 0?",
    "The one is added after the division.",
    "It is added to the count: (n + 1) / (n.sum() + V).",
    "概率的对数会大于 0 吗？",
    "一加在了除法之后。",
    "应加在次数上：(n + 1) / (n.sum() + V)。")
def log_likelihoods_with_one_added_to_the_quotient(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log(n / (n.sum(axis=1, keepdims=True) + x.shape[1]) + 1)


@log_likelihoods.twin(
    "Can a logarithm of a probability be above 0?",
    "The one is added to the share n(w, c) / n(c).",
    "It is added to the count, and V to the sum.",
    "概率的对数会大于 0 吗？",
    "一加在了比例 n(w, c) / n(c) 上。",
    "应加在次数上，总数则加 V。")
def log_likelihoods_with_one_added_to_the_share(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log(n / n.sum(axis=1, keepdims=True) + 1)


@log_likelihoods.twin(
    "Can a logarithm of a probability be above 0?",
    "These are logarithms of counts: nothing is divided.",
    "Divide by n(c) + V.",
    "概率的对数会大于 0 吗？",
    "这是次数的对数：没有做除法。",
    "应除以 n(c) + V。")
def log_likelihoods_without_a_sum(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log(n + 1)


@log_likelihoods.twin(
    "Can a logarithm of a probability be above 0?",
    "One logarithm is divided by another.",
    "log(a / b) is log a minus log b.",
    "概率的对数会大于 0 吗？",
    "这是一个对数除以另一个对数。",
    "log(a / b) 等于 log a 减 log b。")
def log_likelihoods_with_two_logarithms(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log(n + 1) / np.log(n.sum(axis=1, keepdims=True) + x.shape[1])


@log_likelihoods.twin(
    "What adds up to 1 here: the words of a class, or a word's being there or not?",
    "This is the share of the class's sentences in which the word stands: another model, the Bernoulli one.",
    "Here the words of a class share one probability: (n(w, c) + 1) / (n(c) + V).",
    "这里加起来等于 1 的是什么：一个类别的各个词，还是一个词在与不在？",
    "这是该类别中含有这个词的句子的比例：那是另一个模型（伯努利）。",
    "这里一个类别的各个词分享一份概率：(n(w, c) + 1) / (n(c) + V)。")
def log_likelihoods_that_a_word_is_there(x, labels, K):
    n = _class_counts(x, labels, K)
    n = _class_counts(x > 0, labels, K)
    return np.log((n + 1) / (np.bincount(labels, minlength=K)[:, None] + 2))


def _likelihoods(x, labels, K, above=1, below=None, counts=None):
    n = _class_counts(x, labels, K) if counts is None else counts
    return np.log((n + above) / (n.sum(axis=1, keepdims=True) + (x.shape[1] if below is None else below)))


for _name, _function, *_messages in (
    ("without_one_above", lambda x, labels, K: _likelihoods(x, labels, K, above=0),
     "Look at a word that a class has never used.",
     "Its logarithm is -inf: V is added below, and nothing above.",
     "Both: one to each count above, which makes V of them below.",
     "看一个某类别从未用过的词。",
     "它的对数是 -inf：分母加了 V，分子什么也没加。",
     "两处都要加：分子每个次数加一，分母因此加 V。"),
    ("of_n_over_classes", lambda x, labels, K: np.log(
        (_class_counts(x, labels, K) + 1) / (_class_counts(x, labels, K).sum(axis=0) + x.shape[1])),
     "n(c) is one number for each class. Over which axis do you sum n(w, c)?",
     "Over the classes, axis 0: below stands how often the word is used in all.",
     "Over the words of the class, axis 1 with keepdims, which gives (K, 1).",
     "n(c) 是每个类别一个数。n(w, c) 是沿哪个轴求和的？",
     "沿类别，即轴 0：分母成了这个词总共出现几次。",
     "应沿该类别的词求和，轴 1 加 keepdims，得到 (K, 1)。"),
    ("of_indexed_labels", lambda x, labels, K: _likelihoods(
        x, labels, K, counts=np.array([x[labels].sum(axis=0) for _ in range(K)])),
     "Do the classes differ, and which rows of x does a class take?",
     "x[labels] takes the sentences with the numbers 2, 0, ...: labels are used as numbers of rows, the same for every class.",
     "The rows whose label is c: x[labels == c].",
     "各类别有区别吗？一个类别取的是 x 的哪些行？",
     "x[labels] 取的是第 2、0……个句子：标签被当成了行号，而且每个类别都一样。",
     "应取标签为 c 的行：x[labels == c]。"),
    ("of_sentence_c", lambda x, labels, K: _likelihoods(x, labels, K, counts=np.array([x[c] for c in range(K)])),
     "Which sentences belong to class c?",
     "x[c] is the sentence with the number c, and labels are not used.",
     "All rows whose label is c, added up: x[labels == c].sum(axis=0).",
     "哪些句子属于类别 c？",
     "x[c] 是第 c 个句子，标签根本没有用到。",
     "标签为 c 的所有行之和：x[labels == c].sum(axis=0)。"),
    ("with_the_one_divided", lambda x, labels, K: np.log(_class_counts(x, labels, K) + 1 / (
        _class_counts(x, labels, K).sum(axis=1, keepdims=True) + x.shape[1])),
     "Mind the order of operations above the line.",
     "`n + 1 / (...)` divides the 1 alone, and n stands beside the quotient.",
     "Parentheses above too: (n + 1) / (total + V).",
     "注意分子里运算的顺序。",
     "`n + 1 / (...)` 只除了那个 1，n 留在了商的外面。",
     "分子也要加括号：(n + 1) / (total + V)。"),
    ("with_one_added_to_the_logarithm", lambda x, labels, K: _likelihoods(x, labels, K, above=0) + 1,
     "To what is the one added: to the count, or to the logarithm?",
     "To the logarithm, where it helps no word that a class has never used: log 0 + 1 is -inf.",
     "To the count, before the division: log of (n + 1) / (n.sum() + V).",
     "一加在了哪里：次数上，还是对数上？",
     "加在了对数上，对从未用过的词没有帮助：log 0 + 1 仍是 -inf。",
     "应在除法之前加到次数上：(n + 1) / (n.sum() + V) 的对数。"),
    ("with_V_outside", lambda x, labels, K: np.log(_class_counts(x, labels, K) + 1) - np.log(
        _class_counts(x, labels, K).sum(axis=1, keepdims=True)) + x.shape[1],
     "Can a logarithm of a probability be above 0? Where does V stand?",
     "Outside of the logarithm: log n(c) + V is not log of (n(c) + V).",
     "V is added to n(c) before its logarithm is taken.",
     "概率的对数会大于 0 吗？V 写在哪里？",
     "写在了对数外面：log n(c) + V 不是 (n(c) + V) 的对数。",
     "V 要在取对数之前加到 n(c) 上。"),
    ("with_V_added_above", lambda x, labels, K: _likelihoods(x, labels, K, above=x.shape[1]),
     "By how much is each count raised?",
     "By V, as their sum is: the row then adds up to much more than 1.",
     "Each count by 1, their sum by V.",
     "每个次数加了多少？",
     "加了 V，和总数加的一样：一行之和远大于 1。",
     "每个次数加 1，总数加 V。"),
    ("with_words_that_occur_below", lambda x, labels, K: _likelihoods(x, labels, K, below=(x.sum(axis=0) > 0).sum()),
     "What is V: all words of the vocabulary, or those that occur in x?",
     "Those that occur: a word that no sentence has is not counted, though it has its own column.",
     "One is added to each of the V columns, used or not: x.shape[1].",
     "V 是什么：词表的所有词，还是 x 里出现过的词？",
     "是出现过的词：没有句子用到的词没算进去，而它也占一列。",
     "V 列每列都加了一，不管用没用过：x.shape[1]。"),
    ("with_all_words_below", lambda x, labels, K: _likelihoods(x, labels, K, below=x.sum()),
     "What is V: the size of the vocabulary, or the length of the text?",
     "The length of the text, x.sum(): each word as often as it is said.",
     "V is the number of columns of x: x.shape[1].",
     "V 是什么：词表的大小，还是文本的长度？",
     "是文本的长度 x.sum()：每个词出现几次就算几次。",
     "V 是 x 的列数：x.shape[1]。"),
    ("of_class_totals", lambda x, labels, K: np.log(
        (x.sum(axis=0) + 1) / (_class_counts(x, labels, K).sum(axis=1, keepdims=True) + x.shape[1])),
     "Does n(w, c) depend on the class?",
     "Above stands how often the word is used in all classes together; only below does the class matter.",
     "Above too only the sentences of class c: x[labels == c].sum(axis=0).",
     "n(w, c) 与类别有关吗？",
     "分子是这个词在所有类别里总共出现几次，只有分母与类别有关。",
     "分子也只算类别 c 的句子：x[labels == c].sum(axis=0)。"),
    ("with_the_prior", lambda x, labels, K: _likelihoods(x, labels, K) + log_priors(labels, K)[:, None],
     "exp of a row should add up to 1. Is something added that comes in section 6?",
     "log p(c) is added to every word: this is log p(w | c) + log p(c).",
     "log p(w | c) alone; the prior is added once for each sentence, in the score.",
     "一行取 exp 后应加起来等于 1。是不是加了第 6 节才用的东西？",
     "每个词都加了 log p(c)：这是 log p(w | c) + log p(c)。",
     "只要 log p(w | c)；先验在算分数时每个句子加一次。"),
    ("with_one_where_nothing_is", lambda x, labels, K: np.log(
        np.maximum(_class_counts(x, labels, K), 1) / np.maximum(_class_counts(x, labels, K), 1).sum(axis=1, keepdims=True)),
     "A word that a class has used once, and one it has never used: are they equally likely?",
     "They are: zeros have become 1, and all other counts stayed as they were.",
     "One is added to every count, so that 0 becomes 1 and 1 becomes 2.",
     "某类别用过一次的词与从未用过的词，概率一样吗？",
     "这里一样：零变成了 1，其他次数没变。",
     "每个次数都加一：0 变成 1，1 变成 2。"),
    ("of_classes_that_occur", lambda x, labels, K: _likelihoods(
        x, labels, K, counts=np.array([x[labels == c].sum(axis=0) for c in np.unique(labels)])),
     "How many rows come out where a class has no sentence?",
     "One for each class that occurs: np.unique(labels) leaves the others out.",
     "K rows, for c from 0 to K - 1: a class without sentences has 1/V for every word.",
     "有的类别没有句子时，得到几行？",
     "只有出现过的类别各一行：np.unique(labels) 漏掉了其他的。",
     "共 K 行，c 从 0 到 K - 1：没有句子的类别每个词都是 1/V。"),
    ("with_a_minus", lambda x, labels, K: -_likelihoods(x, labels, K),
     "Can a logarithm of a probability be above 0?",
     "These are the expected numbers with the other sign.",
     "Scores are compared, and the largest wins: log p(w | c), without a minus.",
     "概率的对数会大于 0 吗？",
     "这是所求的数，只是符号相反。",
     "分数要相互比较，最大的获胜：log p(w | c)，没有负号。"),
    ("without_V_and_one_where_nothing_is", lambda x, labels, K: np.log(
        np.maximum(_class_counts(x, labels, K), 1) / _class_counts(x, labels, K).sum(axis=1, keepdims=True)),
     "A word that a class has used once, and one it has never used: are they equally likely?",
     "They are: zeros have become 1, all other counts stayed, and nothing is added below.",
     "One is added to every count above, and V below.",
     "某类别用过一次的词与从未用过的词，概率一样吗？",
     "这里一样：零变成了 1，其他次数没变，分母也没加。",
     "分子每个次数加一，分母加 V。"),
    ("of_one_distribution", lambda x, labels, K: np.log(
        (_class_counts(x, labels, K) + 1) / (_class_counts(x, labels, K) + 1).sum()),
     "exp of what comes out: does each row add up to 1, or the whole?",
     "The whole does: .sum() without an axis adds up all classes.",
     "Each row: the sum over its words, axis=1 with keepdims.",
     "结果取 exp 后，是每一行加起来等于 1，还是整个矩阵？",
     "是整个矩阵：.sum() 没写轴，把所有类别加在了一起。",
     "应是每一行：对该行的词求和，axis=1 加 keepdims。"),
    ("of_all_sentences", lambda x, labels, K: _likelihoods(x, labels, K, counts=np.tile(x.sum(axis=0), (K, 1))),
     "Do the classes differ?",
     "They do not: every class has the counts of all sentences.",
     "The sentences of class c alone: x[labels == c].",
     "各类别有区别吗？",
     "没有：每个类别都用了所有句子的次数。",
     "只用类别 c 的句子：x[labels == c]。"),
    ("to_base_2", lambda x, labels, K: _likelihoods(x, labels, K) / np.log(2),
     "To which base is the logarithm?",
     "This is log2.",
     "The natural one: np.log.",
     "对数以什么为底？",
     "这是 log2。",
     "自然对数：np.log。"),
    ("with_something_small", lambda x, labels, K: np.log(
        _class_counts(x, labels, K) / _class_counts(x, labels, K).sum(axis=1, keepdims=True) + 1e-9),
     "What is added, and to what?",
     "1e-9 to the share: a word that a class has never used gets about -21, and still forbids the class.",
     "One to each count, V to their sum.",
     "加了什么，加在哪里？",
     "比例上加了 1e-9：某类别从未用过的词约为 -21，仍会否决该类别。",
     "每个次数加一，总数加 V。"),
    ("with_K_V_below", lambda x, labels, K: _likelihoods(x, labels, K, below=K * x.shape[1]),
     "One is added to each count of a row. By how much does their sum grow, and by how much does yours?",
     "Yours grows by K times V: ones of all classes.",
     "n(c) belongs to one class, whose V counts have one more each: V.",
     "一行里每个次数都加了一。它们的和增加多少，你的分母增加了多少？",
     "分母加了 K 乘 V：把所有类别的一都算上了。",
     "n(c) 只属于一个类别，它的 V 个次数各加了一：加 V。"),
    ("with_V_and_1_below", lambda x, labels, K: _likelihoods(x, labels, K, below=x.shape[1] + 1),
     "One is added to each count of a row. By how much does their sum grow, and by how much does yours?",
     "Yours grows by V + 1. <unk> is among the V already.",
     "By V, the number of columns of x.",
     "一行里每个次数都加了一。它们的和增加多少，你的分母增加了多少？",
     "分母加了 V + 1。<unk> 已经算在 V 里。",
     "应加 V，即 x 的列数。"),
    ("of_a_mean_below", lambda x, labels, K: np.log((_class_counts(x, labels, K) + 1) / (
        _class_counts(x, labels, K).mean(axis=1, keepdims=True) + x.shape[1])),
     "Is n(c) a sum over the words, or a mean?",
     "A mean stands below.",
     "n(c) is the number of words that the class has said: a sum.",
     "n(c) 是对词求和还是取平均？",
     "分母里是平均。",
     "n(c) 是该类别一共说了多少个词：是和。"),
):
    _mistake(log_likelihoods, f"log_likelihoods_{_name}", _function, *_messages)


# --- naive_bayes ---

PRIOR = array([-0.5, -1.5, -1.7])
LIKELIHOOD = array([[-1.0, -2.0, -0.7, -3.0], [-0.4, -2.5, -1.9, -1.1], [-2.2, -0.9, -1.3, -1.6]])


@lab.hole(cases=[[array([[2, 0, 1, 0], [0, 3, 1, 1]]), PRIOR, LIKELIHOOD],
                 [array([[0, 0, 0, 0], [1, 1, 0, 4]]), PRIOR, LIKELIHOOD]],
          more=[[array([[0, 1, 2], [4, 0, 1], [0, 0, 0]]), array([-0.2, -1.7]), array([[-1.2, -0.8, -1.4], [-2.0, -0.3, -1.1]])],
                [array([[5, 2, 0]]), array([-0.6, -0.9]), array([[-1.2, -0.8, -1.4], [-2.0, -0.3, -1.1]])]])
def naive_bayes(x, log_prior, log_likelihood):
    return x @ log_likelihood.T + log_prior


@naive_bayes.twin(
    "What does an empty sentence say?",
    "Nothing at all here: log p(c) is left out.",
    "Before the first word counts the share of the class: add log p(c) to each row.",
    "空句子说明什么？",
    "这里什么也没说：漏掉了 log p(c)。",
    "在第一个词之前，类别的比例就算数：每一行加上 log p(c)。")
def naive_bayes_without_the_prior(x, log_prior, log_likelihood):
    return x @ log_likelihood.T


@naive_bayes.twin(
    "A word that is there twice: how often does it speak?",
    "Once: what counts is whether it is there.",
    "The sum goes over all words of the sentence, so each logarithm is taken x times: x @ log_likelihood.T.",
    "出现两次的词发言几次？",
    "一次：这里只看它在不在。",
    "求和遍及句子的所有词，所以每个对数取 x 次：x @ log_likelihood.T。")
def naive_bayes_of_0_and_1(x, log_prior, log_likelihood):
    return (x > 0) @ log_likelihood.T + log_prior


@naive_bayes.twin(
    "What is a row?",
    "These are the expected numbers, transposed: a row for each class.",
    "A row for each sentence: (N, K).",
    "一行是什么？",
    "这就是所求的数，只是转置了：每个类别一行。",
    "每个句子一行：(N, K)。")
def naive_bayes_turned(x, log_prior, log_likelihood):
    return (x @ log_likelihood.T + log_prior).T


@naive_bayes.twin(
    "What becomes of a product when one takes its logarithm?",
    "log p(c) is multiplied with the rest.",
    "log (p q) = log p + log q: add it.",
    "积取对数后变成什么？",
    "log p(c) 与其余部分相乘了。",
    "log (p q) = log p + log q：应相加。")
def naive_bayes_with_a_product(x, log_prior, log_likelihood):
    return (x @ log_likelihood.T) * log_prior


@naive_bayes.twin(
    "Are these logarithms? Look at a long sentence.",
    "exp of the sum: probabilities, which are 0 for a sentence of a few hundred words.",
    "Scores stay logarithms; the largest is the same.",
    "这些是对数吗？看一个长句子。",
    "对和取了 exp：概率在几百个词的句子上会变成 0。",
    "分数保持为对数；最大的那个不变。")
def naive_bayes_with_exp(x, log_prior, log_likelihood):
    return np.exp(x @ log_likelihood.T + log_prior)


@naive_bayes.twin(
    "How often does the prior count?",
    "Once for each word: it is added to the log-likelihoods before they are summed.",
    "p(c) stands once in the formula, before the product over the words.",
    "先验算几次？",
    "每个词都算一次：求和之前就加到了对数似然上。",
    "p(c) 在公式里只出现一次，在对词的连乘之前。")
def naive_bayes_with_the_prior_for_each_word(x, log_prior, log_likelihood):
    return x @ (log_likelihood + log_prior[:, None]).T


@naive_bayes.twin(
    "Is it the sum over the words, or their mean?",
    "The sum is divided by the number of words, and so the prior counts for too much.",
    "log p(c) + sum over the words of log p(w | c): nothing is divided.",
    "是对词求和，还是取平均？",
    "和除以了词数，先验因此显得太重。",
    "log p(c) + 对词求和的 log p(w | c)：不做除法。")
def naive_bayes_of_a_mean(x, log_prior, log_likelihood):
    return x @ log_likelihood.T / np.maximum(x.sum(axis=1, keepdims=True), 1) + log_prior


@naive_bayes.twin(
    "How many numbers has a row?",
    "These are the classes that win.",
    "The scores themselves are asked for, (N, K); the largest is found later.",
    "一行有多少个数？",
    "这是获胜的类别。",
    "要的是分数本身 (N, K)；最大的以后再找。")
def naive_bayes_that_decides(x, log_prior, log_likelihood):
    return (x @ log_likelihood.T + log_prior).argmax(axis=1)


@naive_bayes.twin(
    "What is the score of an empty sentence? log p(c), or something else?",
    "The scores are normalised: this is log p(c | sentence).",
    "The sum alone is asked for, log p(c, sentence): normalising takes the same from each class and changes no decision.",
    "空句子的分数是什么？是 log p(c) 还是别的？",
    "分数被归一化了：这是 log p(c | 句子)。",
    "只要那个和，即 log p(c, 句子)：归一化从每个类别减去同一个数，不改变结论。")
def naive_bayes_normalised(x, log_prior, log_likelihood):
    s = x @ log_likelihood.T + log_prior
    m = s.max(axis=1, keepdims=True)
    return s - m - np.log(np.exp(s - m).sum(axis=1, keepdims=True))


@naive_bayes.twin(
    "Which comes first, the sum or the logarithm?",
    "Probabilities are added up, and the logarithm is taken of their sum.",
    "The words multiply their probabilities, so their logarithms add: x @ log_likelihood.T.",
    "先求和还是先取对数？",
    "这里先把概率相加，再对和取对数。",
    "各词的概率相乘，所以是对数相加：x @ log_likelihood.T。")
def naive_bayes_of_summed_probabilities(x, log_prior, log_likelihood):
    return log_prior + np.log(x @ np.exp(log_likelihood).T)


@naive_bayes.twin(
    "An empty sentence: does the most frequent class win?",
    "The prior is taken off instead of added.",
    "log p(c) + the sum over the words: both count for the class.",
    "空句子：最常见的类别获胜吗？",
    "先验被减去了，而不是加上。",
    "log p(c) + 对词求和：两者都支持该类别。")
def naive_bayes_minus_the_prior(x, log_prior, log_likelihood):
    return x @ log_likelihood.T - log_prior


@naive_bayes.twin(
    "log_prior is a logarithm already: is it added as it is?",
    "log_prior is a logarithm already, and its exp is added.",
    "Add log_prior as it is.",
    "log_prior 已经是对数：是原样加上去的吗？",
    "log_prior 已经是对数，这里却加上了它的 exp。",
    "直接加 log_prior。")
def naive_bayes_with_the_prior_itself(x, log_prior, log_likelihood):
    return x @ log_likelihood.T + np.exp(log_prior)


@naive_bayes.twin(
    "Are these numbers?",
    "nan: the sum is negative, and its logarithm is taken once more.",
    "The sum of logarithms is the score already.",
    "这些是数吗？",
    "是 nan：和是负数，又取了一次对数。",
    "对数之和就已经是分数。")
def naive_bayes_with_a_second_logarithm(x, log_prior, log_likelihood):
    return np.log(x @ log_likelihood.T + log_prior)


@naive_bayes.twin(
    "Does each row add up to 1?",
    "It does: these are p(c | sentence).",
    "The scores are asked for, as logarithms and not normalised: the largest is the same.",
    "每一行加起来是 1 吗？",
    "是的：这是 p(c | 句子)。",
    "要的是分数，保持为对数、不归一化：最大的那个不变。")
def naive_bayes_as_probabilities(x, log_prior, log_likelihood):
    s = x @ log_likelihood.T + log_prior
    e = np.exp(s)
    return e / e.sum(axis=1, keepdims=True)


@naive_bayes.twin(
    "A word that is there once, and one that is there twice: how often does each speak?",
    "log(1 + 2) times: a logarithm is taken of the counts.",
    "Twice: x @ log_likelihood.T.",
    "出现一次的词和出现两次的词，各发言几次？",
    "log(1 + 2) 次：对次数取了对数。",
    "两次：x @ log_likelihood.T。")
def naive_bayes_of_logarithms_of_counts(x, log_prior, log_likelihood):
    return np.log(x + 1) @ log_likelihood.T + log_prior


@naive_bayes.twin(
    "Does one word that is very unlikely matter?",
    "Hardly: the probabilities are added up.",
    "They multiply, so their logarithms add.",
    "一个概率很小的词有影响吗？",
    "几乎没有：概率是相加的。",
    "概率应相乘，所以是对数相加。")
def naive_bayes_adding_probabilities(x, log_prior, log_likelihood):
    return x @ np.exp(log_likelihood).T + np.exp(log_prior)


@naive_bayes.twin(
    "Does one word that is very unlikely matter?",
    "Hardly: the probabilities of the words are added up, and the prior multiplies the sum.",
    "All of them multiply, so all logarithms add.",
    "一个概率很小的词有影响吗？",
    "几乎没有：各词的概率相加，先验再乘上这个和。",
    "它们应全部相乘，所以全部对数相加。")
def naive_bayes_adding_probabilities_times_the_prior(x, log_prior, log_likelihood):
    return (x @ np.exp(log_likelihood).T) * np.exp(log_prior)


def _bernoulli(x, log_prior, log_likelihood):
    there = (x > 0).astype(float)
    return there @ log_likelihood.T + (1 - there) @ np.log(1 - np.exp(log_likelihood)).T + log_prior


def _score(x, log_prior, log_likelihood):
    return x @ log_likelihood.T + log_prior


for _name, _function, *_messages in (
    ("over_words", lambda x, prior, like: x @ like.T / x.sum(axis=1, keepdims=True) + prior,
     "Is it the sum over the words, or their mean? Try a sentence without words too.",
     "The sum is divided by the number of words, and 0 / 0 is nan where there are none.",
     "log p(c) + sum over the words of log p(w | c): nothing is divided.",
     "是对词求和，还是取平均？没有词的句子也试一下。",
     "和除以了词数，没有词时 0 / 0 是 nan。",
     "log p(c) + 对词求和的 log p(w | c)：不做除法。"),
    ("over_the_vocabulary", lambda x, prior, like: x @ like.T / x.shape[1] + prior,
     "Is it the sum over the words, or their mean?",
     "The sum is divided by V, the size of the vocabulary, and so the prior counts for too much.",
     "log p(c) + sum over the words of log p(w | c): nothing is divided.",
     "是对词求和，还是取平均？",
     "和除以了词表的大小 V，先验因此显得太重。",
     "log p(c) + 对词求和的 log p(w | c)：不做除法。"),
    ("of_words_that_are_not_there", _bernoulli,
     "Do words say something that are not in the sentence?",
     "They do here, by log(1 - p), and a word that is there twice speaks once: the Bernoulli model.",
     "Only the words of the sentence speak, each as often as it is there: x @ log_likelihood.T.",
     "句子里没有的词也发言吗？",
     "这里发言了，用的是 log(1 - p)，而出现两次的词只发言一次：这是伯努利模型。",
     "只有句子里的词发言，出现几次发言几次：x @ log_likelihood.T。"),
    ("of_words_that_are_not_there_with_counts",
     lambda x, prior, like: x @ like.T + (x == 0) @ np.log(1 - np.exp(like)).T + prior,
     "Do words say something that are not in the sentence?",
     "They do here, by log(1 - p): that belongs to another model, the Bernoulli one.",
     "Only the words of the sentence speak: x @ log_likelihood.T.",
     "句子里没有的词也发言吗？",
     "这里发言了，用的是 log(1 - p)：那属于另一个模型（伯努利）。",
     "只有句子里的词发言：x @ log_likelihood.T。"),
    ("with_exp_of_the_words", lambda x, prior, like: x @ np.exp(like).T + prior,
     "The words' parts: are they logarithms, as log_prior is?",
     "They are probabilities: exp is taken of log_likelihood, and the sum mixes the two.",
     "Logarithms all through: x @ log_likelihood.T + log_prior.",
     "各词的部分是对数吗，像 log_prior 那样？",
     "是概率：对 log_likelihood 取了 exp，和里混了两种东西。",
     "全都用对数：x @ log_likelihood.T + log_prior。"),
    ("of_one_word", lambda x, prior, like: (x[:, None, :] * like).min(axis=2) + prior,
     "How many words speak?",
     "One in each sentence: that with the smallest number, by min.",
     "All of them: add up.",
     "有几个词发言？",
     "每句一个：用 min 取了数最小的那个。",
     "全部发言：要相加。"),
    ("with_a_logarithm_of_logarithms", lambda x, prior, like: x @ np.log(np.abs(like)).T + prior,
     "Is a logarithm taken twice?",
     "log_likelihood is a logarithm already; here its size is taken, and the logarithm of that.",
     "Use it as it is.",
     "是不是取了两次对数？",
     "log_likelihood 已经是对数；这里取了它的绝对值，又取了一次对数。",
     "直接用它。"),
    ("with_the_prior_twice", lambda x, prior, like: x @ like.T + 2 * prior,
     "What is the score of an empty sentence: how often does log p(c) count?",
     "Twice.",
     "Once: add log_prior in one place alone.",
     "空句子的分数是什么：log p(c) 算几次？",
     "算了两次。",
     "一次：只在一处加 log_prior。"),
    ("without_the_unknown", lambda x, prior, like: x[:, 1:] @ like[:, 1:].T + prior,
     "Does the word with the id 0 speak?",
     "It does not: the first column of x and of log_likelihood is left out.",
     "<unk> is a word like all others, with a probability of its own.",
     "编号为 0 的词发言吗？",
     "没有：x 和 log_likelihood 的第一列被去掉了。",
     "<unk> 和别的词一样，有自己的概率。"),
    ("below_the_best", lambda x, prior, like: _score(x, prior, like) - _score(x, prior, like).max(axis=1, keepdims=True),
     "Is the largest number of each row 0?",
     "It is: the largest score is subtracted, as one does before exp.",
     "The scores themselves are asked for: there is no exp here that might overflow.",
     "每一行最大的数是 0 吗？",
     "是的：减去了最大的分数，像取 exp 之前那样。",
     "要的是分数本身：这里没有会溢出的 exp。"),
    ("whatever_the_sentence_is", lambda x, prior, like: np.tile(like.sum(axis=1) + prior, (len(x), 1)),
     "Is x used?",
     "All words of the vocabulary are added up, whatever the sentence is.",
     "Each word of the sentence as often as it is there: x @ log_likelihood.T.",
     "用到 x 了吗？",
     "不管什么句子，都把词表里所有的词加了起来。",
     "句子里的词出现几次加几次：x @ log_likelihood.T。"),
    ("in_one_number", lambda x, prior, like: _score(x, prior, like).sum(),
     "How many numbers should come out?",
     "One: everything is added up, over sentences and classes too.",
     "(N, K): only the words are summed, which the product has done already.",
     "应得到多少个数？",
     "只有一个：连句子和类别都加在了一起。",
     "(N, K)：只对词求和，而乘积已经做了。"),
    ("of_the_first_sentence", lambda x, prior, like: x[0] @ like.T + prior,
     "How many sentences are scored?",
     "The first alone.",
     "A row for each sentence: x has all of them.",
     "给几个句子打了分？",
     "只有第一个。",
     "每个句子一行：x 里有所有句子。"),
    ("of_a_mean_without_the_prior", lambda x, prior, like: x / np.maximum(x.sum(axis=1, keepdims=True), 1) @ like.T,
     "What does an empty sentence say? And is it the sum over the words, or their mean?",
     "The mean over the words, without log p(c).",
     "log p(c) + sum over the words of log p(w | c).",
     "空句子说明什么？对词是求和还是取平均？",
     "对词取了平均，又漏掉了 log p(c)。",
     "log p(c) + 对词求和的 log p(w | c)。"),
    ("of_0_and_1_without_the_prior", lambda x, prior, like: (x > 0) @ like.T,
     "What does an empty sentence say? And how often does a word speak that is there twice?",
     "log p(c) is left out, and each word speaks once.",
     "log p(c) + x @ log_likelihood.T, with the counts.",
     "空句子说明什么？出现两次的词发言几次？",
     "漏掉了 log p(c)，而且每个词只发言一次。",
     "log p(c) + x @ log_likelihood.T，用次数。"),
    ("of_all_sentences_together", lambda x, prior, like: (x @ like.T).sum(axis=0) + prior,
     "How many rows come out?",
     "One: the sentences are added up.",
     "A row for each sentence: only words are summed, which the product has done.",
     "得到几行？",
     "一行：各句子被加在了一起。",
     "每个句子一行：只对词求和，而乘积已经做了。"),
    ("times_p", lambda x, prior, like: x @ like.T * np.exp(prior),
     "What becomes of a product when one takes its logarithm?",
     "The sum of logarithms is multiplied with p(c).",
     "log (p q) = log p + log q: add log_prior.",
     "积取对数后变成什么？",
     "对数之和乘上了 p(c)。",
     "log (p q) = log p + log q：应加上 log_prior。"),
    ("with_a_minus", lambda x, prior, like: -_score(x, prior, like),
     "Does the right class have the largest score, or the smallest?",
     "The smallest: these are the expected numbers with the other sign.",
     "Without a minus: the largest wins.",
     "正确类别的分数是最大还是最小？",
     "最小：这是所求的数，只是符号相反。",
     "不要负号：最大的获胜。"),
):
    _mistake(naive_bayes, f"naive_bayes_{_name}", _function, *_messages)


# --- accuracy ---

@lab.hole(cases=[[array([[-1.3, -1.6, -0.7], [-0.3, -1.4, -3.5], [-2.6, -1.3, -0.4], [-4.1, -0.4, -1.2], [-3.2, -0.5, -1.0],
                        [-0.3, -4.7, -1.5]]), array([2, 0, 0, 2, 1, 0])],
                 [array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]]), array([1, 0, 0])],
                 [array([[-1.0, 0.0, 1.5], [-2.0, 1.5, -1.0], [1.5, 0.5, 2.5], [-1.5, 1.0, -0.5], [-1.0, 1.5, -1.5],
                         [1.5, -1.5, -2.0], [1.0, 3.5, 1.0]]), array([1, 0, 1, 1, 2, 0, 1])],
                 [array([[-0.1, 0.5, 0.5, 1.4], [-0.4, 1.0, 0.3, 0.8], [-2.5, 1.5, -2.1, -1.5], [0.9, -0.6, 2.2, 0.2],
                         [-1.4, 0.2, -0.6, 2.0], [2.1, 0.9, -0.5, 0.1], [1.3, -1.1, -1.0, 1.1], [0.9, -0.3, -0.4, -2.5],
                         [1.5, -0.2, -1.9, -1.5]]), array([3, 0, 1, 2, 3, 0, 3, 2, 2])]],
          more=[[array([[-0.6, -3.3, -0.9], [-0.7, -1.0, -2.1], [-1.1, -0.6, -2.5], [-1.5, -1.1, -0.8], [-0.2, -2.8, -2.1],
                        [-0.4, -1.7, -1.8], [-0.8, -0.7, -2.5]]), array([0, 0, 1, 1, 1, 2, 1])],
                [array([[0.2, 0.8], [0.6, 0.4], [0.9, 0.1], [0.3, 0.7]]), array([1, 0, 0, 0])],
                [array([[1.5, 3.0, 2.0], [0.0, 1.0, -0.5], [-0.5, -0.5, 2.5], [1.0, 2.0, 3.0], [-0.5, -2.0, -1.0]]),
                 array([0, 1, 2, 1, 0])],
                [array([[-1.5, -0.9, -1.2, 1.0], [0.6, 1.2, -1.3, -1.0], [-0.4, 2.1, 2.2, -0.8], [0.8, 2.8, -1.4, -0.3],
                        [1.7, 0.9, -1.3, 2.0], [1.3, 0.9, -1.6, -0.2], [1.7, 0.6, 1.0, -0.4], [2.0, -0.3, 1.2, 0.4],
                        [-1.3, 1.9, -1.6, -1.0]]), array([0, 1, 0, 0, 3, 1, 2, 0, 3])]],
          forbidden=["tinydawn.metrics.classification:accuracy"])
def accuracy(scores, labels):
    return (scores.argmax(axis=1) == labels).mean()


@accuracy.twin(
    "Is it between 0 and 1?",
    "This is how many are right.",
    "Divide by the number of sentences: .mean() in place of .sum().",
    "它在 0 和 1 之间吗？",
    "这是正确的个数。",
    "除以句子数：用 .mean() 而不是 .sum()。")
def accuracy_as_a_count(scores, labels):
    return (scores.argmax(axis=1) == labels).sum()


@accuracy.twin(
    "If all are right, what comes out?",
    "0: this is the share that is wrong.",
    "The share that is right: ==.",
    "如果全对，结果是什么？",
    "是 0：这是错误的比例。",
    "要的是正确的比例：==。")
def accuracy_as_errors(scores, labels):
    return (scores.argmax(axis=1) != labels).mean()


@accuracy.twin(
    "Is it between 0 and 1?",
    "This is in percent.",
    "A share from 0 to 1.",
    "它在 0 和 1 之间吗？",
    "这是百分数。",
    "要 0 到 1 的比例。")
def accuracy_in_percent(scores, labels):
    return 100 * (scores.argmax(axis=1) == labels).mean()


@accuracy.twin(
    "How many numbers come out?",
    "One for each sentence: right or wrong.",
    "One number for all: their mean.",
    "得到多少个数？",
    "每个句子一个：对或错。",
    "总共一个数：它们的平均。")
def accuracy_of_each(scores, labels):
    return scores.argmax(axis=1) == labels


@accuracy.twin(
    "Which class wins: that with the largest score, or the smallest?",
    "The smallest wins here.",
    "argmax: scores are log-probabilities or logits, and more is better.",
    "哪个类别获胜：分数最大的还是最小的？",
    "这里最小的获胜。",
    "argmax：分数是对数概率或 logit，越大越好。")
def accuracy_of_the_smallest(scores, labels):
    return (scores.argmin(axis=1) == labels).mean()


@accuracy.twin(
    "Does each sentence count the same?",
    "Each class does: this is the mean of the classes' own accuracies.",
    "The share of all sentences that are right.",
    "每个句子算得一样多吗？",
    "是每个类别算得一样多：这是各类别准确率的平均。",
    "要的是所有句子中正确的比例。")
def accuracy_by_class(scores, labels):
    right = scores.argmax(axis=1) == labels
    return np.mean([right[labels == c].mean() for c in np.unique(labels)])


@accuracy.twin(
    "Is anything compared?",
    "This is the mean score of the right classes.",
    "Compare the class with the largest score with the label.",
    "做比较了吗？",
    "这是正确类别的平均分数。",
    "把分数最大的类别与标签比较。")
def accuracy_as_a_mean_score(scores, labels):
    return scores[np.arange(len(labels)), labels].mean()


@accuracy.twin(
    "What is compared with the labels?",
    "The largest score itself, and not which class has it.",
    "argmax gives the class; max gives its score.",
    "与标签比较的是什么？",
    "是最大的分数本身，而不是哪个类别拥有它。",
    "argmax 给出类别；max 给出它的分数。")
def accuracy_of_the_scores(scores, labels):
    return (scores.max(axis=1) == labels).mean()


@accuracy.twin(
    "By what is it divided: by the number of sentences, or of classes?",
    "By the number of classes.",
    "By the number of sentences.",
    "除以的是句子数还是类别数？",
    "除以了类别数。",
    "应除以句子数。")
def accuracy_divided_by_classes(scores, labels):
    return (scores.argmax(axis=1) == labels).sum() / scores.shape[1]


@accuracy.twin(
    "Does each sentence have its own winner?",
    "argmax without an axis finds the one largest number of the whole matrix.",
    "The largest of each row: argmax(axis=1).",
    "每个句子有自己的赢家吗？",
    "argmax 不写轴，找的是整个矩阵里最大的那个数。",
    "每一行的最大：argmax(axis=1)。")
def accuracy_with_one_winner(scores, labels):
    return (scores.argmax() == labels).mean()


@accuracy.twin(
    "Try one where half are right.",
    "0: `//` rounds down to a whole number.",
    "Divide with /, or take the mean.",
    "试试对一半的情形。",
    "得到 0：`//` 向下取整。",
    "用 / 相除，或取平均。")
def accuracy_rounded_down(scores, labels):
    return (scores.argmax(axis=1) == labels).sum() // len(labels)


@accuracy.twin(
    "How many comparisons are there? One for each sentence?",
    "scores[:, labels] takes for every sentence the classes of all sentences: N times N comparisons.",
    "One entry of each row: scores[np.arange(N), labels]; or compare argmax(axis=1) with the labels.",
    "做了多少次比较？每个句子一次吗？",
    "scores[:, labels] 对每个句子都取了所有句子的类别：N 乘 N 次比较。",
    "每行取一个元素：scores[np.arange(N), labels]；或者把 argmax(axis=1) 与标签比较。")
def accuracy_of_all_columns(scores, labels):
    return (scores[:, labels] == scores.max(axis=1)).mean()


@accuracy.twin(
    "Must the score of the right class be above something, or above the others?",
    "It is compared with 0.5, and scores are no probabilities.",
    "The right class wins if its score is the largest of the row.",
    "正确类别的分数要大于某个数，还是大于其他类别？",
    "与 0.5 作了比较，而分数不是概率。",
    "正确类别的分数是该行最大的，才算对。")
def accuracy_above_a_half(scores, labels):
    return (scores[np.arange(len(labels)), labels] > 0.5).mean()


@accuracy.twin(
    "May 2 in place of 1, and 0 in place of 1, make up for each other?",
    "Here they do: the numbers of classes are subtracted.",
    "Compare, ==: a class is right or wrong.",
    "把 1 猜成 2，又把 1 猜成 0，能互相抵消吗？",
    "这里能：类别的编号被相减了。",
    "用 == 比较：类别只有对和错。")
def accuracy_of_differences(scores, labels):
    return (scores.argmax(axis=1) - labels).mean()


@accuracy.twin(
    "What comes out if half are right?",
    "False: this says whether all are right.",
    "The share: .mean().",
    "对一半时结果是什么？",
    "False：这说的是是否全对。",
    "要比例：.mean()。")
def accuracy_all_or_nothing(scores, labels):
    return bool((scores.argmax(axis=1) == labels).all())


@accuracy.twin(
    "How many sentences are counted?",
    "The last alone: the count begins anew in each round of the loop.",
    "Set the count to 0 before the loop.",
    "数了几个句子？",
    "只有最后一个：每次循环计数都重新开始。",
    "在循环之前把计数设为 0。")
def accuracy_of_the_last(scores, labels):
    return float(scores[-1].argmax() == labels[-1]) / len(labels)


def _of_right(scores, labels):
    return scores[np.arange(len(labels)), labels]


def _softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


for _name, _function, *_messages in (
    ("above_0", lambda scores, labels: (_of_right(scores, labels) > 0).mean(),
     "Must the score of the right class be above something, or above the others?",
     "It is compared with 0.",
     "The right class wins if its score is the largest of the row, below 0 as well.",
     "正确类别的分数要大于某个数，还是大于其他类别？",
     "与 0 作了比较。",
     "正确类别的分数是该行最大的才算对，小于 0 也行。"),
    ("of_probabilities_above_a_half", lambda scores, labels: (np.exp(_of_right(scores, labels)) > 0.5).mean(),
     "Must the right class have a half, or just more than each other class?",
     "exp of its score is compared with 0.5. With five classes 0.3 may win.",
     "The right class wins if its score is the largest of the row.",
     "正确类别要过半，还是只要比其他每个类别多？",
     "这里把分数的 exp 与 0.5 作了比较。有五个类别时 0.3 也可能获胜。",
     "正确类别的分数是该行最大的，才算对。"),
    ("as_a_mean_probability", lambda scores, labels: _of_right(_softmax(scores), labels).mean(),
     "Is a sentence right or wrong here, or something between?",
     "This is the mean probability of the right classes: a softmax is taken of the scores.",
     "Each sentence counts 1 or 0: compare argmax(axis=1) with the labels.",
     "这里一个句子是非对即错，还是介于两者之间？",
     "这是正确类别的平均概率：对分数取了 softmax。",
     "每个句子算 1 或 0：把 argmax(axis=1) 与标签比较。"),
    ("as_a_loss", lambda scores, labels: -_of_right(scores, labels).mean(),
     "Is it between 0 and 1? Is anything compared?",
     "This is minus the mean score of the right classes: a loss.",
     "The share of sentences whose largest score is that of the right class.",
     "它在 0 和 1 之间吗？做比较了吗？",
     "这是正确类别平均分数的相反数：是损失。",
     "要的是最大分数落在正确类别上的句子的比例。"),
    ("without_signs", lambda scores, labels: (np.abs(scores).argmax(axis=1) == labels).mean(),
     "Which wins: -9 or -7?",
     "-9: the largest is sought without the sign.",
     "The largest score with its sign: log-probabilities are all below 0.",
     "-9 和 -7 哪个获胜？",
     "这里是 -9：找最大时不看符号。",
     "要带符号地找最大分数：对数概率都小于 0。"),
    ("rounded", lambda scores, labels: round(float((scores.argmax(axis=1) == labels).mean()), 1),
     "Try one where three of four are right.",
     "The share is rounded to one digit.",
     "Return it as it is; one rounds when one prints.",
     "试试四个对三个的情形。",
     "比例被四舍五入到一位。",
     "原样返回；打印时再取整。"),
    ("with_one_sentence_less", lambda scores, labels: (scores.argmax(axis=1) == labels).sum() / (len(labels) - 1),
     "If all are right, what comes out?",
     "More than 1: it is divided by N - 1.",
     "Divide by N, the number of sentences.",
     "如果全对，结果是什么？",
     "大于 1：除以了 N - 1。",
     "应除以句子数 N。"),
    ("without_the_last", lambda scores, labels: (scores.argmax(axis=1) == labels)[:-1].mean(),
     "How many sentences are looked at?",
     "All but the last.",
     "All N: range(N) ends with N - 1 by itself.",
     "看了几个句子？",
     "除最后一个以外的所有句子。",
     "N 个都要看：range(N) 自己就到 N - 1 为止。"),
    ("of_the_best_sentence_of_each_class", lambda scores, labels: np.mean([a in labels for a in scores.argmax(axis=0)]),
     "For what is a winner sought: for each sentence, or for each class?",
     "For each class, the sentence that has most of it: argmax(axis=0).",
     "For each sentence the class with the largest score: argmax(axis=1).",
     "是给每个句子找赢家，还是给每个类别找？",
     "给每个类别找了分数最高的句子：argmax(axis=0)。",
     "应给每个句子找分数最大的类别：argmax(axis=1)。"),
    ("of_one_label", lambda scores, labels: (scores.argmax(axis=1) == labels.argmax()).mean(),
     "What is each sentence compared with?",
     "All with the same number: np.argmax(labels) is the place of the largest label.",
     "Labels are class numbers already, no one-hot rows: compare with labels itself.",
     "每个句子与什么比较？",
     "都与同一个数：np.argmax(labels) 是最大标签的位置。",
     "标签已经是类别编号，不是 one-hot 行：直接与 labels 比较。"),
    ("of_the_best_two", lambda scores, labels: np.mean(
        [y in row for y, row in zip(labels, scores.argsort(axis=1)[:, -2:], strict=True)]),
     "With two classes, is everything right?",
     "It is: a class counts as found if it is among the best two.",
     "Only the class with the largest score counts.",
     "只有两个类别时，是不是全对？",
     "是的：类别只要在前两名里就算对。",
     "只有分数最大的类别才算。"),
    ("of_two_classes", lambda scores, labels: (scores[:, :2].argmax(axis=1) == labels).mean(),
     "Can the third class win?",
     "Never: only the first two are looked at.",
     "The largest of the whole row: argmax(axis=1) over all K classes.",
     "第三个类别能获胜吗？",
     "永远不能：只看了前两个。",
     "要整行里最大的：对所有 K 个类别取 argmax(axis=1)。"),
    ("of_the_best_sentence", lambda scores, labels: (_of_right(scores, labels) == scores.max()).mean(),
     "With what must the score of the right class be compared: the largest of its row, or of all?",
     "With the largest number of the whole matrix, which one sentence has.",
     "With the largest of its own row: axis=1.",
     "正确类别的分数要与什么比：本行最大的，还是整个矩阵最大的？",
     "与整个矩阵最大的数比了，那只有一个句子有。",
     "应与本行最大的比：axis=1。"),
    ("from_1", lambda scores, labels: (scores.argmax(axis=1) + 1 == labels).mean(),
     "Which number has the first class?",
     "1 is added to what argmax gives, as if the labels began with 1.",
     "Both begin with 0: compare argmax(axis=1) with the labels as they are.",
     "第一个类别的编号是几？",
     "给 argmax 的结果加了 1，好像标签从 1 开始。",
     "两者都从 0 开始：直接把 argmax(axis=1) 与标签比较。"),
    ("of_the_last_alone", lambda scores, labels: float(scores[-1].argmax() == labels[-1]),
     "How many sentences are looked at?",
     "The last alone.",
     "All of them, and their share is returned.",
     "看了几个句子？",
     "只看了最后一个。",
     "都要看，返回所占的比例。"),
    ("of_the_first_alone", lambda scores, labels: float(scores[0].argmax() == labels[0]),
     "How many sentences are looked at?",
     "The first alone: is there a `return` inside of the loop?",
     "All of them, and their share is returned.",
     "看了几个句子？",
     "只看了第一个：`return` 写在循环里面了吗？",
     "都要看，返回所占的比例。"),
    ("as_squares", lambda scores, labels: ((scores.argmax(axis=1) - labels) ** 2).mean(),
     "Is 2 in place of 0 worse than 1 in place of 0?",
     "It counts 4 here: numbers of classes are subtracted and squared.",
     "Compare, ==: a class is right or wrong.",
     "把 0 猜成 2 比猜成 1 更糟吗？",
     "这里算 4：类别的编号相减后又平方。",
     "用 == 比较：类别只有对和错。"),
    ("of_distances", lambda scores, labels: 1 - np.abs(scores.argmax(axis=1) - labels).mean(),
     "Is 2 in place of 0 worse than 1 in place of 0?",
     "It is twice as bad here: numbers of classes are subtracted.",
     "Compare, ==: a class is right or wrong.",
     "把 0 猜成 2 比猜成 1 更糟吗？",
     "这里糟一倍：类别的编号被相减了。",
     "用 == 比较：类别只有对和错。"),
    ("of_the_majority", lambda scores, labels: (labels == np.bincount(labels).argmax()).mean(),
     "Is scores used?",
     "This is the share of the most frequent class.",
     "Compare the class with the largest score of each row with its label.",
     "用到 scores 了吗？",
     "这是最常见类别的比例。",
     "把每行分数最大的类别与标签比较。"),
):
    _mistake(accuracy, f"accuracy_{_name}", _function, *_messages)


# --- classify ---

X = [[3.0, 0.0, 1.0, 0.0, 2.0], [0.0, 2.0, 0.0, 0.0, 0.0]]
U = [[1.0, -0.5, 0.3], [0.2, 0.8, -1.1], [-0.6, 0.4, 0.9], [0.7, -0.2, 0.5]]
W5 = [row[:5] for row in W]
B = [0.1, -0.4, 0.2, 0.6]


@lab.hole(cases=[[array(X), tensor(W5), tensor(U), tensor(B)],
                 [array([[0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 3.0, 3.0, 0.0]]), tensor(W5), tensor(U), tensor(B)]],
          more=[[array([[1.0, 1.0, 3.0, 0.0], [4.0, 0.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0]]), tensor(OTHER),
                 tensor([[1.0, 0.5], [-0.3, 0.8], [0.6, -0.9], [0.2, 1.4], [-1.2, 0.1]]), tensor([0.5, -0.5, 0.1, 0.3, -0.2])]],
          forbidden=["embedding"])
def classify(x, W, U, b):
    h = step("the mean of the embeddings", (x @ W.T) / np.maximum(x.sum(axis=1, keepdims=True), 1))
    return step("U h", h @ U.T) + b


def _mean(x, W, n):
    return (x @ W.T) / n


def _words(x):
    return np.maximum(x.sum(axis=1, keepdims=True), 1)


@classify.twin(
    "Does a sentence that is said twice have the same logits?",
    "This is the sum of the embeddings, and not their mean: long sentences get large logits.",
    "Divide by the number of words, the sum of the row of x.",
    "把一个句子说两遍，logit 相同吗？",
    "这是嵌入之和而不是平均：长句子的 logit 会很大。",
    "除以词数，即 x 那一行之和。")
def classify_by_the_sum(x, W, U, b):
    return (x @ W.T) @ U.T + b


@classify.twin(
    "Is the sum divided by the length of the sentence, or by that of the vocabulary?",
    "By V, the number of words in the vocabulary: this is .mean() over the wrong thing.",
    "By the number of words in the sentence, the sum of the row of x.",
    "和除以的是句子的长度，还是词表的大小？",
    "除以了词表的大小 V：.mean() 取错了对象。",
    "应除以句子里的词数，即 x 那一行之和。")
def classify_by_a_mean_over_the_vocabulary(x, W, U, b):
    return _mean(x, W, x.shape[1]) @ U.T + b


@classify.twin(
    "A word that is there twice: how often is it counted in what the sum is divided by?",
    "By the number of different words: one that is there twice is added twice and counted once.",
    "By the number of words, the sum of the row of x.",
    "出现两次的词在除数里算几次？",
    "除以了不同词的个数：出现两次的词加了两次，却只数一次。",
    "应除以词数，即 x 那一行之和。")
def classify_by_different_words(x, W, U, b):
    return _mean(x, W, np.maximum((x > 0).sum(axis=1, keepdims=True), 1)) @ U.T + b


@classify.twin(
    "Try a sentence without any word.",
    "0 / 0 is nan.",
    "Of no words h is 0: divide by 1 where there are none, with np.maximum.",
    "试试没有词的句子。",
    "0 / 0 是 nan。",
    "没有词时 h 是 0：没有词的地方除以 1，用 np.maximum。")
def classify_with_nan(x, W, U, b):
    return _mean(x, W, x.sum(axis=1, keepdims=True)) @ U.T + b


@classify.twin(
    "What are the logits of a sentence without words?",
    "All of them 0: b is left out.",
    "z = U h + b.",
    "没有词的句子的 logit 是什么？",
    "都是 0：漏掉了 b。",
    "z = U h + b。")
def classify_without_b(x, W, U, b):
    return _mean(x, W, _words(x)) @ U.T


@classify.twin(
    "Do the rows add up to 1?",
    "They do: these are probabilities.",
    "The logits are asked for; softmax comes with the loss.",
    "每一行加起来是 1 吗？",
    "是的：这是概率。",
    "要的是 logit；softmax 属于损失。")
def classify_with_softmax(x, W, U, b):
    return td.softmax(_mean(x, W, _words(x)) @ U.T + b, axis=1)


@classify.twin(
    "Is anything between h and z?",
    "A tanh bends h.",
    "Here both steps are linear: h is the mean, z = U h + b.",
    "h 和 z 之间有别的东西吗？",
    "h 经过了 tanh。",
    "这里两步都是线性的：h 是平均，z = U h + b。")
def classify_with_tanh(x, W, U, b):
    return td.tanh(_mean(x, W, _words(x))) @ U.T + b


@classify.twin(
    "Is anything between h and z?",
    "A ReLU sets what is negative in h to 0.",
    "Here both steps are linear: h is the mean, z = U h + b.",
    "h 和 z 之间有别的东西吗？",
    "ReLU 把 h 里的负数变成了 0。",
    "这里两步都是线性的：h 是平均，z = U h + b。")
def classify_with_relu(x, W, U, b):
    return td.relu(_mean(x, W, _words(x))) @ U.T + b


@classify.twin(
    "A word that is there twice: does it count double in the mean?",
    "It counts once: x is made 0 and 1.",
    "The mean is over the words of the sentence, repeated ones too.",
    "出现两次的词在平均里算两份吗？",
    "只算一份：x 被变成了 0 和 1。",
    "平均是对句子里的所有词取的，重复的也算。")
def classify_of_0_and_1(x, W, U, b):
    x = (x > 0).astype(float)
    return _mean(x, W, _words(x)) @ U.T + b


@classify.twin(
    "What is divided by the number of words?",
    "The logits with b: the bias shrinks in long sentences.",
    "Only the sum of embeddings is divided; b is added after that.",
    "被词数除的是什么？",
    "是连同 b 的 logit：句子越长，偏置越小。",
    "只有嵌入之和要除；之后再加 b。")
def classify_with_b_divided(x, W, U, b):
    return ((x @ W.T) @ U.T + b) / _words(x)


@classify.twin(
    "Does another sentence in the batch change the logits of this one?",
    "It does: the sum is divided by the number of words in the whole batch.",
    "Each row has a number of words of its own: x.sum(axis=1, keepdims=True).",
    "批里的另一个句子会改变这个句子的 logit 吗？",
    "会：和除以了整个批的词数。",
    "每一行有自己的词数：x.sum(axis=1, keepdims=True)。")
def classify_by_the_words_of_the_batch(x, W, U, b):
    return _mean(x, W, x.sum()) @ U.T + b


@classify.twin(
    "Try a sentence without any word, and compare the others exactly.",
    "One word too many is counted: the sum is divided by n + 1.",
    "np.maximum(n, 1) changes nothing where there are words.",
    "试试没有词的句子，再精确地比较其他句子。",
    "多数了一个词：和除以了 n + 1。",
    "np.maximum(n, 1) 在有词的地方什么也不改变。")
def classify_with_one_word_too_many(x, W, U, b):
    return _mean(x, W, x.sum(axis=1, keepdims=True) + 1) @ U.T + b


@classify.twin(
    "Is the sum divided by a number of words, or of sentences?",
    "By the number of sentences in the batch.",
    "By the number of words of each sentence: x.sum(axis=1, keepdims=True).",
    "和除以的是词数还是句子数？",
    "除以了批里的句子数。",
    "应除以每个句子的词数：x.sum(axis=1, keepdims=True)。")
def classify_by_sentences(x, W, U, b):
    return _mean(x, W, len(x)) @ U.T + b


@classify.twin(
    "How many rows come out?",
    "One: the mean goes over the sentences of the batch, and mixes them.",
    "The mean is over the words of each sentence: a row for every sentence.",
    "得到几行？",
    "一行：平均沿着批里的句子取，把它们混在了一起。",
    "平均是对每个句子的词取的：每个句子一行。")
def classify_of_a_mixed_batch(x, W, U, b):
    return (td.tensor(x) @ W.T).mean(axis=0) @ U.T + b


@classify.twin(
    "What are these numbers: logits, or log-probabilities?",
    "A log-softmax is taken of the logits.",
    "The logits themselves are asked for: the loss takes the log-softmax.",
    "这些数是 logit 还是对数概率？",
    "对 logit 取了 log-softmax。",
    "要的是 logit 本身：log-softmax 属于损失。")
def classify_with_log_softmax(x, W, U, b):
    return td.log_softmax(_mean(x, W, _words(x)) @ U.T + b, axis=1)


@classify.twin(
    "Are all numbers between 0 and 1?",
    "They went through a sigmoid.",
    "The logits themselves are asked for, z = U h + b.",
    "所有的数都在 0 和 1 之间吗？",
    "它们经过了 sigmoid。",
    "要的是 logit 本身：z = U h + b。")
def classify_with_sigmoid(x, W, U, b):
    return td.sigmoid(_mean(x, W, _words(x)) @ U.T + b)


@classify.twin(
    "By what is the sum divided: does it say how many words there are?",
    "By the sum of its own d numbers, which has no meaning and may be 0.",
    "By the number of words, the sum of the row of x.",
    "和除以了什么：它说的是词的个数吗？",
    "除以了它自己的 d 个数之和，这没有意义，还可能是 0。",
    "应除以词数，即 x 那一行之和。")
def classify_by_the_sum_of_h(x, W, U, b):
    h = x @ W.T
    return h / h.sum(axis=1, keepdims=True) @ U.T + b


@classify.twin(
    "Is the sum divided by the number of words, or by d?",
    "By d, the size of an embedding.",
    "By the number of words, the sum of the row of x.",
    "和除以的是词数还是 d？",
    "除以了嵌入的大小 d。",
    "应除以词数，即 x 那一行之和。")
def classify_by_the_size_of_an_embedding(x, W, U, b):
    return _mean(x, W, W.shape[0]) @ U.T + b


@classify.twin(
    "How many numbers has h?",
    "One: the mean goes over the d numbers of the embedding.",
    "The mean is over the words: h keeps d numbers.",
    "h 有几个数？",
    "一个：平均沿着嵌入的 d 个数取了。",
    "平均是对词取的：h 仍有 d 个数。")
def classify_by_a_mean_over_d(x, W, U, b):
    return (x @ W.T).mean(axis=1, keepdims=True) @ U.sum(axis=1, keepdims=True).T + b


def _logits(x, W, U, b, n=None):
    return _mean(x, W, _words(x) if n is None else n) @ U.T + b



for _name, _function, *_messages in (
    ("of_0_and_1_over_all", lambda x, W, U, b: _logits((x > 0).astype(float), W, U, b, _words(x)),
     "A word that is there twice: is its embedding added twice?",
     "Once, but it counts twice in what the sum is divided by: x is made 0 and 1 above alone.",
     "x @ W.T with the counts themselves, divided by their sum.",
     "出现两次的词，它的嵌入加了两次吗？",
     "只加了一次，而除数里算了两次：只有分子的 x 变成了 0 和 1。",
     "用次数本身算 x @ W.T，再除以次数之和。"),
    ("with_0_for_an_empty_sentence", lambda x, W, U, b: _logits(x, W, U, b) * (x.sum(axis=1, keepdims=True) > 0),
     "What are the logits of a sentence without words?",
     "All of them 0: there b is lost with h.",
     "h is 0 there, and so z = U 0 + b = b.",
     "没有词的句子的 logit 是什么？",
     "都是 0：b 和 h 一起没有了。",
     "那里 h 是 0，所以 z = U 0 + b = b。"),
    ("over_the_words_of_a_column", lambda x, W, U, b: (x / np.maximum(x.sum(axis=0), 1)) @ W.T @ U.T + b,
     "Over which axis is x summed?",
     "Over the sentences, axis 0: each word is divided by how often the batch has it.",
     "Over the words of each sentence: axis=1, with keepdims=True.",
     "x 是沿哪个轴求和的？",
     "沿句子，即轴 0：每个词除以了它在整个批里的次数。",
     "应沿每个句子的词：axis=1，加 keepdims=True。"),
    ("by_a_root", lambda x, W, U, b: _logits(x, W, U, b, _words(x) ** 0.5),
     "Does a sentence that is said twice have the same logits?",
     "They grow: the sum is divided by the root of the number of words.",
     "A mean divides by the number itself.",
     "把一个句子说两遍，logit 相同吗？",
     "会变大：和除以了词数的平方根。",
     "平均要除以词数本身。"),
    ("by_a_length", lambda x, W, U, b: _logits(x, W, U, b, np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1)),
     "Does the row of x that W is multiplied with add up to 1?",
     "Its squares do: x is divided by its length as a vector, np.linalg.norm.",
     "By the number of words, the sum of the row.",
     "与 W 相乘的那一行 x 加起来是 1 吗？",
     "是平方和为 1：x 除以了它作为向量的长度 np.linalg.norm。",
     "应除以词数，即那一行之和。"),
    ("without_the_unknown", lambda x, W, U, b: _logits(np.concatenate([np.zeros((len(x), 1)), x[:, 1:]], axis=1), W, U, b),
     "Is <unk> a word of the sentence?",
     "It is left out: the column 0 of x is set to 0.",
     "<unk> counts as a word and has an embedding, which was learned from rare words.",
     "<unk> 算句子里的词吗？",
     "它被去掉了：x 的第 0 列设成了 0。",
     "<unk> 也算一个词，有自己的嵌入，是从罕见词学到的。"),
    ("without_the_unknown_above", lambda x, W, U, b: _logits(
        np.concatenate([np.zeros((len(x), 1)), x[:, 1:]], axis=1), W, U, b, _words(x)),
     "Is <unk> a word of the sentence?",
     "Its embedding is left out of the sum, but it counts in the number of words.",
     "<unk> is a word like all others: its embedding is added too.",
     "<unk> 算句子里的词吗？",
     "求和时去掉了它的嵌入，词数里却算了它。",
     "<unk> 和别的词一样：它的嵌入也要加上。"),
    ("by_the_words_of_the_first", lambda x, W, U, b: _logits(x, W, U, b, np.maximum(x[0].sum(), 1)),
     "Does another sentence in the batch change the logits of this one?",
     "The first does: every sum is divided by its number of words.",
     "Each row has a number of words of its own: x.sum(axis=1, keepdims=True).",
     "批里的另一个句子会改变这个句子的 logit 吗？",
     "第一个句子会：所有的和都除以了它的词数。",
     "每一行有自己的词数：x.sum(axis=1, keepdims=True)。"),
    ("with_1_added_to_the_sum", lambda x, W, U, b: (x @ W.T + 1) / _words(x) @ U.T + b,
     "What is h of a sentence without words?",
     "Not 0: 1 is added to the sum of the embeddings.",
     "Nothing is added above; below, np.maximum(n, 1) is enough.",
     "没有词的句子的 h 是什么？",
     "不是 0：嵌入之和加了 1。",
     "分子什么也不加；分母用 np.maximum(n, 1) 就够了。"),
    ("minus_b", lambda x, W, U, b: _mean(x, W, _words(x)) @ U.T - b,
     "What are the logits of a sentence without words: b, or -b?",
     "-b: the bias is taken off.",
     "z = U h + b.",
     "没有词的句子的 logit 是 b 还是 -b？",
     "是 -b：偏置被减去了。",
     "z = U h + b。"),
    ("by_a_little_more", lambda x, W, U, b: _logits(x, W, U, b, x.sum(axis=1, keepdims=True) + 1e-3),
     "Compare a sentence of one word exactly: is h its embedding?",
     "Nearly: 0.001 is added to the number of words, in every sentence.",
     "Change the number only where it is 0: np.maximum(n, 1).",
     "精确地比较只有一个词的句子：h 就是它的嵌入吗？",
     "只差一点：每个句子的词数都加了 0.001。",
     "只在词数为 0 处改动：np.maximum(n, 1)。"),
    ("divided_twice", lambda x, W, U, b: (_mean(x, W, _words(x)) @ U.T) / _words(x) + b,
     "How often is it divided by the number of words?",
     "Twice: the sum of embeddings, and U h once more.",
     "Only the sum is divided: h = W x / n, then U h + b.",
     "除以了几次词数？",
     "两次：嵌入之和除一次，U h 又除一次。",
     "只有和要除：h = W x / n，再算 U h + b。"),
    ("by_the_largest_count", lambda x, W, U, b: _logits(x, W, U, b, np.maximum(x.max(axis=1, keepdims=True), 1)),
     "A sentence of five different words: by what is it divided?",
     "By 1: the largest count of the row is taken, x.max.",
     "By the number of words, the sum of the row.",
     "五个不同词组成的句子除以了什么？",
     "除以了 1：取的是那一行最大的次数 x.max。",
     "应除以词数，即那一行之和。"),
    ("without_empty_sentences", lambda x, W, U, b: _logits(x[x.sum(axis=1) > 0], W, U, b),
     "Has every sentence a row in the result?",
     "Those without words have none: they are taken out of the batch, and the rows no longer belong to the labels.",
     "N rows: that of a sentence without words is b.",
     "结果里每个句子都有一行吗？",
     "没有词的没有：它们被从批里去掉了，各行与标签对不上。",
     "共 N 行：没有词的句子那一行就是 b。"),
    ("that_decides", lambda x, W, U, b: _logits(x, W, U, b).argmax(axis=1),
     "How many numbers has a row?",
     "These are the classes that win, and no gradient passes an argmax.",
     "The logits themselves are asked for, (N, K).",
     "一行有多少个数？",
     "这是获胜的类别，而 argmax 不传梯度。",
     "要的是 logit 本身 (N, K)。"),
    ("that_ends_at_h", lambda x, W, U, b: _mean(x, W, _words(x)),
     "How many numbers has a row: d, or K?",
     "d: this is h, and U and b are not used.",
     "One step more, z = U h + b: (N, K).",
     "一行有多少个数：d 个还是 K 个？",
     "d 个：这是 h，没有用到 U 和 b。",
     "还差一步 z = U h + b：(N, K)。"),
    ("by_the_sum_without_b", lambda x, W, U, b: (x @ W.T) @ U.T,
     "What are the logits of a sentence without words? And does a sentence that is said twice have the same?",
     "b is left out, and the sum of the embeddings is not divided.",
     "h = W x / (number of words), z = U h + b.",
     "没有词的句子的 logit 是什么？把一个句子说两遍，logit 相同吗？",
     "漏掉了 b，嵌入之和也没有除。",
     "h = W x / 词数，z = U h + b。"),
    ("times_the_words", lambda x, W, U, b: (x @ W.T) * _words(x) @ U.T + b,
     "A long sentence: are its logits large?",
     "Very: the sum is multiplied with the number of words.",
     "A mean divides by it.",
     "长句子的 logit 很大吗？",
     "非常大：和乘以了词数。",
     "平均要除以它。"),
    ("by_the_mean_length", lambda x, W, U, b: _logits(x, W, U, b, max(x.sum(axis=1).mean(), 1)),
     "Does another sentence in the batch change the logits of this one?",
     "It does: the sum is divided by the mean length of the batch.",
     "Each row has a number of words of its own: x.sum(axis=1, keepdims=True).",
     "批里的另一个句子会改变这个句子的 logit 吗？",
     "会：和除以了批里的平均长度。",
     "每一行有自己的词数：x.sum(axis=1, keepdims=True)。"),
    ("by_the_longest", lambda x, W, U, b: _logits(x, W, U, b, max(x.sum(axis=1).max(), 1)),
     "Does another sentence in the batch change the logits of this one?",
     "It does: the sum is divided by the length of the longest sentence.",
     "Each row has a number of words of its own: x.sum(axis=1, keepdims=True).",
     "批里的另一个句子会改变这个句子的 logit 吗？",
     "会：和除以了最长句子的长度。",
     "每一行有自己的词数：x.sum(axis=1, keepdims=True)。"),
    ("with_tanh_at_the_end", lambda x, W, U, b: td.tanh(_logits(x, W, U, b)),
     "Are all numbers between -1 and 1?",
     "They went through a tanh.",
     "The logits themselves are asked for, z = U h + b.",
     "所有的数都在 -1 和 1 之间吗？",
     "它们经过了 tanh。",
     "要的是 logit 本身：z = U h + b。"),
    ("with_softmax_over_sentences", lambda x, W, U, b: td.softmax(_logits(x, W, U, b), axis=0),
     "Do the columns add up to 1?",
     "They do: a softmax goes over the sentences of the batch.",
     "The logits are asked for; softmax comes with the loss, over the classes.",
     "每一列加起来是 1 吗？",
     "是的：沿着批里的句子取了 softmax。",
     "要的是 logit；softmax 属于损失，沿类别取。"),
):
    _mistake(classify, f"classify_{_name}", _function, *_messages)


@classify.twin(
    "Try a sentence without any word.",
    "The mean of no embeddings is 0 / 0, nan.",
    "Of no words h is 0: divide by 1 where there are none.",
    "试试没有词的句子。",
    "没有嵌入可平均，0 / 0 是 nan。",
    "没有词时 h 是 0：没有词的地方除以 1。")
def classify_by_a_loop(x, W, U, b):
    words = [np.repeat(np.arange(len(row)), row.astype(int)) for row in x]
    return td.stack([W[:, ids].sum(axis=1) / len(ids) for ids in words]) @ U.T + b


# --- notes_dropout_fails ---

@lab.hole(cases=[[2.7], [-1.3]], more=[[1.6], [4.3]], through="dropout_failure")
def notes_dropout_fails(h):
    return 0.2, h * (1 - 0.2), h * 0.2


@notes_dropout_fails.twin(
    "Compare your two values.",
    "They are equal: with drop = 0.5 as much is dropped as is kept, and the notes are right.",
    "Any other probability will do: at drop = 0.5 alone are drop and 1 - drop the same.",
    "比较你的两个值。",
    "它们相等：drop = 0.5 时丢弃的和保留的一样多，讲义是对的。",
    "换任何别的概率都行：只有 drop = 0.5 时 drop 和 1 - drop 才相同。")
def notes_dropout_fails_at_half(h):
    return 0.5, h * 0.5, h * 0.5


@notes_dropout_fails.twin(
    "Follow notes_dropout with training=True: what does the unit give on average?",
    "The value in training is h itself: here nothing makes up for what is dropped.",
    "It is 0 with probability drop and h otherwise, on average h (1 - drop).",
    "沿着 notes_dropout 走 training=True：这个单元平均给出多少？",
    "训练时的值写成了 h 本身：这里没有任何东西补偿丢掉的部分。",
    "它以概率 drop 为 0，否则为 h，平均是 h (1 - drop)。")
def notes_dropout_fails_with_h_in_training(h):
    return 0.2, h, h * 0.2


@notes_dropout_fails.twin(
    "Follow notes_dropout with training=False: by what is h multiplied?",
    "The value at test is that of the paper, h (1 - drop), and with it nothing fails.",
    "The notes scale by the probability with which units are dropped: h drop.",
    "沿着 notes_dropout 走 training=False：h 乘以了什么？",
    "测试时的值是原论文的 h (1 - drop)，那样就没有错了。",
    "讲义乘的是丢弃的概率：h drop。")
def notes_dropout_fails_as_the_paper(h):
    return 0.2, h * 0.8, h * 0.8


@notes_dropout_fails.twin(
    "In which order are the two values?",
    "They are exchanged: first comes the average in training.",
    "(drop, h (1 - drop), h drop).",
    "两个值的顺序是什么？",
    "放反了：训练时的平均在前。",
    "(drop, h (1 - drop), h drop)。")
def notes_dropout_fails_exchanged(h):
    return 0.2, h * 0.2, h * 0.8


@notes_dropout_fails.twin(
    "Is drop a probability?",
    "It is not between 0 and 1.",
    "A probability, such as 0.2 for a fifth.",
    "drop 是概率吗？",
    "它不在 0 和 1 之间。",
    "应是概率，比如五分之一写作 0.2。")
def notes_dropout_fails_in_percent(h):
    return 20, h * 0.8, h * 0.2


@notes_dropout_fails.twin(
    "How many numbers are asked for, and how many are there?",
    "This is not three numbers.",
    "(drop, average in training, value at test).",
    "要几个数，这里有几个？",
    "这不是三个数。",
    "(drop, 训练时的平均, 测试时的值)。")
def notes_dropout_fails_with_one_number(h):
    return 0.2


@notes_dropout_fails.twin(
    "Follow notes_dropout: is anything divided there?",
    "These are the values of inverted dropout, h both times: no failure.",
    "The notes leave zeros in training, on average h (1 - drop), and give h drop at test.",
    "沿着 notes_dropout 走：那里有除法吗？",
    "这是反向 dropout 的值，两次都是 h：没有错误。",
    "讲义训练时只置零，平均是 h (1 - drop)，测试时给出 h drop。")
def notes_dropout_fails_as_inverted(h):
    return 0.2, h, h


@notes_dropout_fails.twin(
    "For which h are your values?",
    "These are the factors alone: h is left out.",
    "Multiply by h: (drop, h (1 - drop), h drop).",
    "你的值是对哪个 h 的？",
    "这只是系数：漏掉了 h。",
    "乘以 h：(drop, h (1 - drop), h drop)。")
def notes_dropout_fails_for_1(h):
    return 0.3, 0.7, 0.3


@notes_dropout_fails.twin(
    "Do your values belong to your drop?",
    "The value in training is a number that belongs to another drop or h, or that few draws have made.",
    "On average over all draws: h (1 - drop), with the drop that you return.",
    "你的值与你的 drop 对应吗？",
    "训练时的值属于别的 drop 或 h，或是很少几次抽样的结果。",
    "要对所有抽样取平均：h (1 - drop)，用你返回的那个 drop。")
def notes_dropout_fails_with_one_draw(h):
    return 0.3, 0.123 * h, h * 0.3


@notes_dropout_fails.twin(
    "Follow notes_dropout with training=True, for many u.",
    "The value in training is 0: that is what the unit gives when it is dropped, and it is not always dropped.",
    "On average over all u: 0 with probability drop, h otherwise, which makes h (1 - drop).",
    "对许多 u 沿着 notes_dropout 走 training=True。",
    "训练时的值写成了 0：那是单元被丢弃时的值，而它并不总被丢弃。",
    "对所有 u 取平均：以概率 drop 为 0，否则为 h，得到 h (1 - drop)。")
def notes_dropout_fails_with_0_in_training(h):
    return 0.2, 0, h * 0.2


@notes_dropout_fails.twin(
    "Follow notes_dropout with training=True: which share of the draws keeps the unit?",
    "Both values are h drop; in training the unit is kept with probability 1 - drop.",
    "(drop, h (1 - drop), h drop).",
    "沿着 notes_dropout 走 training=True：多少次抽样会保留这个单元？",
    "两个值都是 h drop；而训练时单元以概率 1 - drop 被保留。",
    "(drop, h (1 - drop), h drop)。")
def notes_dropout_fails_with_drop_twice(h):
    return 0.2, h * 0.2, h * 0.2


@notes_dropout_fails.twin(
    "Follow notes_dropout: is anything divided there?",
    "The value in training is h / (1 - drop): what a kept unit has in inverted dropout.",
    "In the notes' version nothing is divided: on average h (1 - drop).",
    "沿着 notes_dropout 走：那里有除法吗？",
    "训练时的值是 h / (1 - drop)：那是反向 dropout 里保留单元的值。",
    "讲义的版本没有除法：平均是 h (1 - drop)。")
def notes_dropout_fails_with_a_division(h):
    return 0.2, h / 0.8, h * 0.2


@notes_dropout_fails.twin(
    "Follow notes_dropout with training=False: by what is h multiplied?",
    "The value at test is h itself; the notes scale it.",
    "They multiply by drop: h drop.",
    "沿着 notes_dropout 走 training=False：h 乘以了什么？",
    "测试时的值写成了 h 本身；讲义是要缩放的。",
    "讲义乘以 drop：h drop。")
def notes_dropout_fails_with_h_at_test(h):
    return 0.2, h * 0.8, h


@notes_dropout_fails.twin(
    "For which h is your second value?",
    "It is the share that is kept, without h.",
    "h (1 - drop).",
    "你的第二个值是对哪个 h 的？",
    "它只是保留的比例，没有 h。",
    "应是 h (1 - drop)。")
def notes_dropout_fails_for_1_in_training(h):
    return 0.3, 0.7, h * 0.3


@notes_dropout_fails.twin(
    "For which h is your third value?",
    "It is the share that is dropped, without h.",
    "h drop.",
    "你的第三个值是对哪个 h 的？",
    "它只是丢弃的比例，没有 h。",
    "应是 h drop。")
def notes_dropout_fails_for_1_at_test(h):
    return 0.3, h * 0.7, 0.3


def _means(h, count, drop=0.2):
    u = np.random.default_rng(0).random(count)
    return drop, h * (u >= drop).mean(), h * drop


for _name, _function, *_messages in (
    ("by_chance", lambda h: _means(h, 20000),
     "Is your second value the average over all u, or over the ones that you have drawn?",
     "It is near the average, and differs by chance: another seed gives another number.",
     "The exact value needs no draws: how often is u < drop, and what is given then? A formula in h.",
     "你的第二个值是对所有 u 的平均，还是对你抽到的那些 u 的平均？",
     "它接近那个平均，相差的是偶然：换个种子就是另一个数。",
     "精确值不用抽样：u < drop 的概率是多少，那时给出什么？写成 h 的公式。"),
    ("at_half_by_chance", lambda h: (0.5, h * (np.random.default_rng(0).random(1000) >= 0.5).mean(), h * 0.5),
     "Your two values differ. Would they with another seed, or with many more draws?",
     "At drop = 0.5 they differ by chance alone: on average both are h / 2, and the notes are right.",
     "Any other probability, and the exact average: h times the share that is kept.",
     "你的两个值不同。换个种子，或者抽得多得多，还会不同吗？",
     "drop = 0.5 时的差别只是偶然：平均来说两者都是 h / 2，讲义是对的。",
     "换任何别的概率，并给出精确的平均：h 乘以保留的比例。"),
    ("rounded", lambda h: (0.2, h * 0.8 + 0.01 * abs(h), h * 0.2 + 0.01 * abs(h)),
     "Are your values exact?",
     "Both are near, but rounded or drawn.",
     "As formulas in h, without round and without draws: (drop, h (1 - drop), h drop).",
     "你的值精确吗？",
     "两个都接近，但取整了或是抽样得到的。",
     "写成 h 的公式，不取整也不抽样：(drop, h (1 - drop), h drop)。"),
    ("at_half_with_h_at_test", lambda h: (0.5, h * 0.5, h),
     "Follow notes_dropout with drop = 0.5 and training=False.",
     "It gives h drop = h / 2, and not h: at drop = 0.5 the notes are right.",
     "Choose another probability; at test the notes give h drop.",
     "以 drop = 0.5、training=False 沿着 notes_dropout 走一遍。",
     "它给出 h drop = h / 2，而不是 h：drop = 0.5 时讲义是对的。",
     "选别的概率；测试时讲义给出 h drop。"),
    ("with_a_ratio", lambda h: (0.2, 0.8 / 0.2, h),
     "Are both values what the unit gives?",
     "The second is a ratio of the two, without h.",
     "The two values themselves: (drop, h (1 - drop), h drop).",
     "两个值都是这个单元给出的吗？",
     "第二项是两者之比，没有 h。",
     "要两个值本身：(drop, h (1 - drop), h drop)。"),
    ("with_a_difference", lambda h: (0.2, h * 0.8, h * 0.8 - h * 0.2),
     "Is the third number a value, or the gap between two values?",
     "It is the gap: the average in training less the value at test.",
     "What notes_dropout gives at test: h drop.",
     "第三个数是一个值，还是两个值之差？",
     "是差：训练时的平均减去测试时的值。",
     "应是 notes_dropout 在测试时给出的值：h drop。"),
    ("with_training_and_not_training", lambda h: (0.2, True, False),
     "Are the second and the third entry numbers?",
     "They are True and False: the argument `training`, and not what comes out with it.",
     "Two values: the average with training=True, and what comes out with training=False.",
     "第二、三项是数吗？",
     "是 True 和 False：那是参数 `training`，而不是它对应的结果。",
     "要两个值：training=True 时的平均，training=False 时的结果。"),
    ("with_the_probability_last", lambda h: (h * 0.8, h * 0.2, 0.2),
     "In which order are the three?",
     "The probability stands last.",
     "(drop, average in training, value at test).",
     "三样东西的顺序是什么？",
     "概率放在了最后。",
     "(drop, 训练时的平均, 测试时的值)。"),
    ("with_all_draws", lambda h: (0.2, h * (np.random.default_rng(0).random(9) >= 0.2), h * 0.2),
     "Is your second value one number?",
     "It is an array: what each u gives, before the average.",
     "One number, the average over all u: h (1 - drop).",
     "你的第二个值是一个数吗？",
     "是一个数组：每个 u 给出的值，还没有平均。",
     "要一个数，即对所有 u 的平均：h (1 - drop)。"),
    ("with_the_kept_share_twice", lambda h: (0.2, h * 0.8 * 0.8, h * 0.2),
     "Follow notes_dropout with training=True: how often is anything scaled there?",
     "Your average has the share that is kept twice, h (1 - drop) (1 - drop).",
     "The mask alone makes it h (1 - drop): nothing is scaled in training.",
     "沿着 notes_dropout 走 training=True：那里缩放了几次？",
     "你的平均里保留的比例出现了两次：h (1 - drop) (1 - drop)。",
     "只有掩码，得到 h (1 - drop)：训练时不缩放。"),
    ("with_a_mean_of_u", lambda h: (0.2, h * 0.8 / 2, h * 0.2),
     "What does a unit that is kept give: h, or h times something?",
     "Your average is h (1 - drop) / 2, as if h were multiplied with u as well.",
     "u only decides: 0 below drop, h otherwise, on average h (1 - drop).",
     "保留的单元给出的是 h，还是 h 乘以什么？",
     "你的平均是 h (1 - drop) / 2，好像 h 还乘了 u。",
     "u 只作决定：小于 drop 为 0，否则为 h，平均是 h (1 - drop)。"),
    ("at_half_with_h_in_training", lambda h: (0.5, h, h * 0.5),
     "Follow notes_dropout with drop = 0.5 and training=True, for many u.",
     "The average there is h / 2, and not h: at drop = 0.5 the notes are right.",
     "Choose another probability; the average in training is h (1 - drop).",
     "以 drop = 0.5、training=True 对许多 u 沿着 notes_dropout 走一遍。",
     "那里的平均是 h / 2，而不是 h：drop = 0.5 时讲义是对的。",
     "选别的概率；训练时的平均是 h (1 - drop)。"),
    ("at_half_with_h_twice", lambda h: (0.5, h, h),
     "Your two values are equal. Is h multiplied by nothing in notes_dropout?",
     "At drop = 0.5 both are h / 2, in training on average: the notes are right there.",
     "Choose another probability: (drop, h (1 - drop), h drop).",
     "你的两个值相等。notes_dropout 里 h 什么也没乘吗？",
     "drop = 0.5 时两者都是 h / 2（训练时指平均）：那里讲义是对的。",
     "选别的概率：(drop, h (1 - drop), h drop)。"),
    ("with_0_at_test", lambda h: (0.2, h * 0.8, 0),
     "Follow notes_dropout with training=False: is anything dropped there?",
     "The value at test is 0 here; no unit is dropped then.",
     "h drop.",
     "沿着 notes_dropout 走 training=False：那里丢弃什么吗？",
     "测试时的值写成了 0；那时没有单元被丢弃。",
     "应是 h drop。"),
    ("for_1_exchanged", lambda h: (0.3, 0.3, 0.7),
     "For which h are your values, and in which order?",
     "These are the factors alone, exchanged.",
     "(drop, h (1 - drop), h drop).",
     "你的值是对哪个 h 的，顺序是什么？",
     "这只是系数，而且放反了。",
     "(drop, h (1 - drop), h drop)。"),
):
    _mistake(notes_dropout_fails, f"notes_dropout_fails_{_name}", _function, *_messages)


# --- dropout ---

H = [[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]]
DRAWN = [[0.9, 0.1, 0.4], [0.3, 0.75, 0.2]]  # 0.2 is one of the values of drop


@lab.hole(cases=[[tensor(H), array(DRAWN), 0.2, True], [tensor(H), array(DRAWN), 0.2, False],
                 [tensor(H), array(DRAWN), 0.6, True], [tensor(H), array(DRAWN), 0.0, True]],
          more=[[tensor([[2.0, 1.0], [-3.0, 0.5], [1.2, 4.0]]), array([[0.2, 0.8], [0.4, 0.45], [0.3, 0.05]]), 0.4, True],
                [tensor([[2.0, 1.0], [-3.0, 0.5]]), array([[0.2, 0.8], [0.35, 0.05]]), 0.4, False],
                [tensor([[2.0, 1.0], [-3.0, 0.5]]), array([[0.2, 0.8], [0.35, 0.05]]), 0.7, True],
                [tensor([[2.0, 1.0], [-3.0, 0.5]]), array([[0.2, 0.8], [0.35, 0.05]]), 0.0, True]],
          forbidden=["dropout"])
def dropout(h, u, drop, training):
    if not training:
        return h
    return step("with zeros", h * (u >= drop)) / (1 - drop)


@dropout.twin(
    "Compare the average over many draws in training with what comes out at test.",
    "This is the notes to the letter: zeros in training, and at test times the probability to drop.",
    "What is kept is divided by the probability to keep, 1 - drop, in training; at test h stays as it is.",
    "比较训练时多次抽样的平均与测试时的结果。",
    "这是讲义的字面做法：训练时置零，测试时乘以丢弃的概率。",
    "训练时把留下的除以保留的概率 1 - drop；测试时 h 保持不变。")
def dropout_of_the_notes(h, u, drop, training):
    return h * (u >= drop) if training else h * drop


@dropout.twin(
    "On average all is well. What is to happen at test?",
    "This is the paper's form: zeros in training, and at test times the probability to keep.",
    "The form asked for is the inverted one: all scaling in training, so that at test h stays as it is.",
    "平均来看没问题。测试时应该怎样？",
    "这是原论文的形式：训练时置零，测试时乘以保留的概率。",
    "要的是反向（inverted）形式：缩放都在训练时做，测试时 h 保持不变。")
def dropout_of_the_paper(h, u, drop, training):
    return h * (u >= drop) if training else h * (1 - drop)


@dropout.twin(
    "Compare the average over many draws in training with what comes out at test.",
    "Nothing is scaled: in training the next layer gets less than at test.",
    "Divide what is kept by 1 - drop, in training.",
    "比较训练时多次抽样的平均与测试时的结果。",
    "没有缩放：训练时下一层得到的比测试时少。",
    "训练时把留下的除以 1 - drop。")
def dropout_without_scaling(h, u, drop, training):
    return h * (u >= drop) if training else h


@dropout.twin(
    "By which probability is it divided: to drop, or to keep?",
    "By drop, the probability to drop.",
    "By the probability to keep, 1 - drop: of each unit that much is left on average.",
    "除以的是丢弃的概率还是保留的概率？",
    "除以了丢弃的概率 drop。",
    "应除以保留的概率 1 - drop：平均来说每个单元只剩这么多。")
def dropout_divided_by_drop(h, u, drop, training):
    return h * (u >= drop) / drop if training else h


@dropout.twin(
    "Which units are left?",
    "Those with u < drop: the ones that should be dropped are kept.",
    "Dropped is where u < drop, so the mask is u >= drop.",
    "留下的是哪些单元？",
    "是 u < drop 的：该丢弃的被留下了。",
    "u < drop 的要丢弃，所以掩码是 u >= drop。")
def dropout_of_the_others(h, u, drop, training):
    return h * (u < drop) / (1 - drop) if training else h


@dropout.twin(
    "Is drop the probability to drop, or to keep?",
    "It is used as the probability to keep, mask and scale alike.",
    "drop is the probability to drop: keep where u >= drop, and divide by 1 - drop.",
    "drop 是丢弃的概率，还是保留的概率？",
    "这里把它当成保留的概率，掩码和缩放都是。",
    "drop 是丢弃的概率：u >= drop 的留下，再除以 1 - drop。")
def dropout_that_keeps_drop(h, u, drop, training):
    return h * (u < drop) / drop if training else h


@dropout.twin(
    "What is to happen at test?",
    "Units are dropped at test too: the answer to one sentence changes from call to call.",
    "With training=False h comes back as it is.",
    "测试时应该怎样？",
    "测试时也丢弃了：同一个句子每次得到不同的答案。",
    "training=False 时原样返回 h。")
def dropout_always(h, u, drop, training):
    return h * (u >= drop) / (1 - drop)


@dropout.twin(
    "Does scaling make up for what is dropped?",
    "What is left is made smaller still: it is multiplied by 1 - drop.",
    "Divide by 1 - drop, so that the average stays h.",
    "缩放补偿了丢掉的部分吗？",
    "剩下的反而更小了：乘以了 1 - drop。",
    "除以 1 - drop，平均才仍是 h。")
def dropout_multiplied(h, u, drop, training):
    return h * (u >= drop) * (1 - drop) if training else h


@dropout.twin(
    "How often is it scaled?",
    "Twice: divided by 1 - drop in training, and multiplied by 1 - drop at test.",
    "One of them is enough: here the one in training. At test h stays as it is.",
    "缩放了几次？",
    "两次：训练时除以 1 - drop，测试时又乘以 1 - drop。",
    "一次就够：这里用训练时的那次。测试时 h 保持不变。")
def dropout_scaled_twice(h, u, drop, training):
    return h * (u >= drop) / (1 - drop) if training else h * (1 - drop)


@dropout.twin(
    "When are units dropped?",
    "It is the wrong way round: units are dropped at test, and training changes nothing.",
    "With training=True units are dropped, with training=False h stays as it is.",
    "什么时候丢弃？",
    "反了：测试时丢弃，训练时什么也不变。",
    "training=True 时丢弃，training=False 时 h 保持不变。")
def dropout_the_wrong_way_round(h, u, drop, training):
    return h if training else h * (u >= drop) / (1 - drop)


@dropout.twin(
    "By what is it divided: by a probability, or by what this draw has kept?",
    "By the share that happens to be left in this draw.",
    "By the probability to keep, 1 - drop, which does not depend on the draw.",
    "除以的是概率，还是这次抽样留下的比例？",
    "除以了这次抽样碰巧留下的比例。",
    "应除以保留的概率 1 - drop，它不依赖抽样。")
def dropout_divided_by_this_draw(h, u, drop, training):
    mask = u >= drop
    return h * mask / mask.mean() if training else h


@dropout.twin(
    "By what is it divided: by a probability, or by what this draw has kept?",
    "By the share that happens to be left in each row of this draw.",
    "By the probability to keep, 1 - drop, which does not depend on the draw.",
    "除以的是概率，还是这次抽样留下的比例？",
    "每一行除以了这次抽样在该行碰巧留下的比例。",
    "应除以保留的概率 1 - drop，它不依赖抽样。")
def dropout_divided_by_each_row(h, u, drop, training):
    mask = u >= drop
    return h * mask / np.maximum(mask.mean(axis=-1, keepdims=True), 1e-9) if training else h


@dropout.twin(
    "Where do the random numbers come from?",
    "The function draws its own, and u is not used.",
    "u is given: drop where u < drop. So the same u gives the same result.",
    "随机数从哪里来？",
    "函数自己抽取，没有用 u。",
    "u 已经给出：u < drop 处丢弃。这样同样的 u 得到同样的结果。")
def dropout_that_draws(h, u, drop, training):
    return h * (td.rand(*h.shape) > drop) / (1 - drop) if training else h


@dropout.twin(
    "Where do the random numbers come from?",
    "NumPy draws them inside of the function, and u is not used.",
    "u is given: drop where u < drop. So the same u gives the same result.",
    "随机数从哪里来？",
    "在函数里用 NumPy 抽取，没有用 u。",
    "u 已经给出：u < drop 处丢弃。这样同样的 u 得到同样的结果。")
def dropout_that_draws_in_numpy(h, u, drop, training):
    return h * (np.random.random(h.shape) > drop) / (1 - drop) if training else h  # noqa: NPY002


@dropout.twin(
    "Who drops here?",
    "F.dropout does, with random numbers of its own.",
    "Write it yourself, with u: zeros where u < drop, the rest divided by 1 - drop.",
    "这里是谁在丢弃？",
    "是 F.dropout，用的是它自己的随机数。",
    "请用 u 自己写：u < drop 处置零，其余除以 1 - drop。")
def dropout_by_the_library(h, u, drop, training):
    return F.dropout(h, drop, training)


@dropout.twin(
    "Is a unit kept or dropped, or something between?",
    "h is multiplied by the random numbers themselves.",
    "Each unit is there or not: multiply by the mask u >= drop.",
    "一个单元是保留、丢弃，还是介于两者之间？",
    "h 乘以了随机数本身。",
    "每个单元要么在要么不在：乘以掩码 u >= drop。")
def dropout_times_u(h, u, drop, training):
    return h * u / (1 - drop) if training else h


@dropout.twin(
    "How large a share of the units is left?",
    "Those with u >= 1 - drop: the share that is left is drop.",
    "Dropped is where u < drop, so the mask is u >= drop.",
    "留下了多大比例的单元？",
    "是 u >= 1 - drop 的：留下的比例成了 drop。",
    "u < drop 的要丢弃，所以掩码是 u >= drop。")
def dropout_beyond_1_minus_drop(h, u, drop, training):
    return h * (u >= 1 - drop) / (1 - drop) if training else h


@dropout.twin(
    "What is its shape in training?",
    "Only the units that are left are there: h[mask] takes them out of their places.",
    "The dropped ones are 0 and stay in their places: multiply by the mask.",
    "训练时它的形状是什么？",
    "只剩留下的单元：h[mask] 把它们从原来的位置取了出来。",
    "被丢弃的是 0，仍在原位：乘以掩码。")
def dropout_that_takes_out(h, u, drop, training):
    return h[u >= drop] / (1 - drop) if training else h


@dropout.twin(
    "What comes back at test?",
    "Nothing: there is a `return` for training alone.",
    "With training=False h comes back as it is.",
    "测试时返回什么？",
    "什么也没有：只在训练时有 `return`。",
    "training=False 时原样返回 h。")
def dropout_without_a_test(h, u, drop, training):
    return h * (u >= drop) / (1 - drop) if training else None


@dropout.twin(
    "Which units are left?",
    "Those with u < 1 - drop. That is the right share, but not the units that u says.",
    "Dropped is where u < drop, so the mask is u >= drop.",
    "留下的是哪些单元？",
    "是 u < 1 - drop 的。比例是对的，但不是 u 所指定的那些单元。",
    "u < drop 的要丢弃，所以掩码是 u >= drop。")
def dropout_below_1_minus_drop(h, u, drop, training):
    return h * (u < 1 - drop) / (1 - drop) if training else h


@dropout.twin(
    "What is to happen at test?",
    "Units are dropped at test too; and kept are those with u < 1 - drop.",
    "With training=False h comes back as it is. In training keep where u >= drop.",
    "测试时应该怎样？",
    "测试时也丢弃了；而且留下的是 u < 1 - drop 的。",
    "training=False 时原样返回 h。训练时留下 u >= drop 的。")
def dropout_below_1_minus_drop_always(h, u, drop, training):
    return h * (u < 1 - drop) / (1 - drop)


@dropout.twin(
    "Mind the order of operations.",
    "`/ 1 - drop` divides by 1 and takes drop off.",
    "Parentheses: / (1 - drop).",
    "注意运算的顺序。",
    "`/ 1 - drop` 先除以 1，再减去 drop。",
    "加括号：/ (1 - drop)。")
def dropout_without_parentheses(h, u, drop, training):
    return h * (u >= drop) / 1 - drop if training else h


@dropout.twin(
    "Are there zeros in training?",
    "None: h is scaled, and nothing is dropped.",
    "Multiply by the mask u >= drop before you divide.",
    "训练时有零吗？",
    "没有：h 只被缩放，什么也没丢。",
    "先乘以掩码 u >= drop，再除。")
def dropout_that_drops_nothing(h, u, drop, training):
    return h / (1 - drop) if training else h


@dropout.twin(
    "Are there zeros in training?",
    "h drop is added to all units, the dropped ones too. The average is right, but nothing is dropped.",
    "A dropped unit is 0; what is kept is divided by 1 - drop.",
    "训练时有零吗？",
    "所有单元都加上了 h drop，被丢弃的也加了。平均是对的，但什么也没丢。",
    "被丢弃的是 0；留下的除以 1 - drop。")
def dropout_that_adds(h, u, drop, training):
    return h * (u >= drop) + h * drop if training else h


@dropout.twin(
    "What decides which units are dropped?",
    "Their own values: h is compared with drop.",
    "Chance does: compare u with drop.",
    "由什么决定丢弃哪些单元？",
    "由它们自己的值：把 h 与 drop 作了比较。",
    "由随机数决定：把 u 与 drop 比较。")
def dropout_of_small_units(h, u, drop, training):
    return h * (h.detach().numpy() >= drop) / (1 - drop) if training else h


@dropout.twin(
    "Is drop used?",
    "Half of the units are dropped, whatever drop is.",
    "Compare u with drop, and divide by 1 - drop.",
    "用到 drop 了吗？",
    "不管 drop 是多少，都丢弃一半。",
    "把 u 与 drop 比较，再除以 1 - drop。")
def dropout_of_a_half(h, u, drop, training):
    return h * (u >= 0.5) / 0.5 if training else h


def _dropped(h, u, drop, training, mask=None, scale=None):
    """Dropout with another mask, or another factor for what is left."""
    if not training:
        return h
    return h * (u >= drop if mask is None else mask) * (1 / (1 - drop) if scale is None else scale)


for _name, _function, *_messages in (
    ("where_u_is_drop", lambda h, u, drop, training: _dropped(h, u, drop, training, mask=u > drop),
     "A unit whose u is exactly drop: is it kept?",
     "It is dropped here: the mask is u > drop.",
     "Dropped is where u < drop, so the mask is u >= drop.",
     "u 恰好等于 drop 的单元保留吗？",
     "这里被丢弃了：掩码写成了 u > drop。",
     "u < drop 的要丢弃，所以掩码是 u >= drop。"),
    ("scaled_at_test", lambda h, u, drop, training: h * (u >= drop) if training else h / (1 - drop),
     "When is h scaled: in training, or at test?",
     "At test, where it makes h larger still: with training=True the average is h (1 - drop).",
     "Divide by 1 - drop in training; with training=False h comes back as it is.",
     "h 是什么时候缩放的：训练时还是测试时？",
     "是测试时，h 反而更大了：training=True 时平均是 h (1 - drop)。",
     "训练时除以 1 - drop；training=False 时原样返回 h。"),
    ("with_the_notes_at_test", lambda h, u, drop, training: _dropped(h, u, drop, True) if training else h * drop,
     "What is to happen at test?",
     "Training is right; at test h is multiplied by drop, as in the notes.",
     "All scaling is done in training: with training=False h comes back as it is.",
     "测试时应该怎样？",
     "训练时是对的；测试时 h 乘以了 drop，和讲义一样。",
     "缩放都在训练时做：training=False 时原样返回 h。"),
    ("times_1_plus_drop", lambda h, u, drop, training: _dropped(h, u, drop, training, scale=1 + drop),
     "With drop = 0.5, by what must the half that is left be multiplied?",
     "By 1.5 here: what is left is multiplied by 1 + drop, and on average h (1 - drop) (1 + drop) comes out.",
     "By 2: divide by 1 - drop.",
     "drop = 0.5 时，留下的一半要乘以多少？",
     "这里是 1.5：留下的乘以了 1 + drop，平均是 h (1 - drop) (1 + drop)。",
     "乘以 2：除以 1 - drop。"),
    ("divided_by_a_root", lambda h, u, drop, training: _dropped(h, u, drop, training, scale=(1 - drop) ** -0.5),
     "What is to stay: the average, or the average of the squares?",
     "That of the squares: it is divided by the root of 1 - drop.",
     "The average is to be h: divide by 1 - drop itself.",
     "要保持的是平均，还是平方的平均？",
     "这里是平方的平均：除以了 1 - drop 的平方根。",
     "平均应是 h：除以 1 - drop 本身。"),
    ("times_2", lambda h, u, drop, training: _dropped(h, u, drop, training, scale=2),
     "Does the scale depend on drop?",
     "It is 2 always, which is right for drop = 0.5 alone.",
     "Divide by 1 - drop.",
     "缩放的倍数与 drop 有关吗？",
     "总是 2，只对 drop = 0.5 正确。",
     "除以 1 - drop。"),
    ("over_0.8", lambda h, u, drop, training: _dropped(h, u, drop, training, scale=1 / 0.8),
     "Does the scale depend on drop?",
     "It is divided by 0.8 always, which is right for drop = 0.2 alone.",
     "Divide by 1 - drop, with the drop that is given.",
     "缩放的倍数与 drop 有关吗？",
     "总是除以 0.8，只对 drop = 0.2 正确。",
     "除以 1 - drop，drop 用给定的值。"),
    ("over_1_plus_drop", lambda h, u, drop, training: _dropped(h, u, drop, training, scale=1 / (1 + drop)),
     "Does scaling make up for what is dropped?",
     "What is left is made smaller: it is divided by 1 + drop.",
     "Divide by 1 - drop, the probability to keep.",
     "缩放补偿了丢掉的部分吗？",
     "剩下的反而更小了：除以了 1 + drop。",
     "除以 1 - drop，即保留的概率。"),
    ("times_1_over_drop", lambda h, u, drop, training: _dropped(h, u, drop, training, scale=1 / drop),
     "By which probability is it divided: to drop, or to keep? Try drop = 0.",
     "By drop: with drop = 0 that is a division by 0.",
     "By the probability to keep, 1 - drop: of each unit that much is left on average.",
     "除以的是丢弃的概率还是保留的概率？试试 drop = 0。",
     "除以了 drop：drop = 0 时就是除以 0。",
     "应除以保留的概率 1 - drop：平均来说每个单元只剩这么多。"),
    ("beyond_1_minus_drop_over_drop",
     lambda h, u, drop, training: h * (u >= 1 - drop) / drop if training else h,
     "Is drop the probability to drop, or to keep?",
     "To keep: the mask is u >= 1 - drop, and what is left is divided by drop.",
     "drop is the probability to drop: keep where u >= drop, and divide by 1 - drop.",
     "drop 是丢弃的概率，还是保留的概率？",
     "被当成了保留的概率：掩码是 u >= 1 - drop，留下的又除以 drop。",
     "drop 是丢弃的概率：u >= drop 的留下，再除以 1 - drop。"),
    ("with_one_mask_for_all_rows", lambda h, u, drop, training: _dropped(h, u, drop, training, mask=u[0] >= drop),
     "Has each unit of h its own u?",
     "All rows use the first row of u.",
     "u has the shape of h: compare all of it with drop.",
     "h 的每个单元都有自己的 u 吗？",
     "所有行都用了 u 的第一行。",
     "u 与 h 形状相同：全部与 drop 比较。"),
    ("of_whole_rows", lambda h, u, drop, training: _dropped(h, u, drop, training, mask=u[:, :1] >= drop),
     "Are single units dropped, or whole rows?",
     "Whole rows: only the first column of u decides.",
     "u has the shape of h: compare all of it with drop.",
     "丢弃的是单个单元还是整行？",
     "是整行：只由 u 的第一列决定。",
     "u 与 h 形状相同：全部与 drop 比较。"),
    ("all_or_nothing", lambda h, u, drop, training: _dropped(h, u, drop, training, mask=u.mean() >= drop),
     "How many units can be dropped at a time?",
     "All or none: the mean of u is compared with drop.",
     "Each u decides for its own unit: u >= drop.",
     "一次能丢弃几个单元？",
     "要么全部，要么没有：拿 u 的平均与 drop 比较了。",
     "每个 u 决定自己的单元：u >= drop。"),
    ("that_makes_smaller", lambda h, u, drop, training: _dropped(
        h, u, drop, training, mask=np.where(u >= drop, 1, drop * (1 - drop))),
     "Are there zeros in training?",
     "None: a dropped unit is multiplied by drop, and is still there.",
     "A dropped unit is 0.",
     "训练时有零吗？",
     "没有：被丢弃的单元只是乘以了 drop，还在。",
     "被丢弃的单元是 0。"),
    ("times_u_too", lambda h, u, drop, training: _dropped(h, u, drop, training, mask=u * (u >= drop)),
     "By what are the units that are left multiplied?",
     "By their random numbers, too: u is in the product besides the mask.",
     "u only decides; what is left is divided by 1 - drop, and no more.",
     "留下的单元乘以了什么？",
     "还乘了它们的随机数：除了掩码，u 也在乘积里。",
     "u 只作决定；留下的除以 1 - drop，仅此而已。"),
    ("of_an_exact_share", lambda h, u, drop, training: _dropped(h, u, drop, training, mask=u >= np.quantile(u, drop)),
     "With what is u compared?",
     "With a quantile of u: just the share drop is dropped in each draw, and a unit depends on all others.",
     "With drop itself: each unit is dropped by its own chance.",
     "u 与什么比较？",
     "与 u 的分位数：每次恰好丢弃 drop 的比例，一个单元的去留取决于其他所有单元。",
     "与 drop 本身：每个单元各凭自己的随机数。"),
    ("beyond_a_half", lambda h, u, drop, training: _dropped(h, u, drop, training, mask=u >= 0.5),
     "How large a share of the units is dropped?",
     "A half, whatever drop is; only the scale follows it.",
     "Compare u with drop.",
     "丢弃了多大比例的单元？",
     "不管 drop 是多少都是一半；只有缩放随它变。",
     "把 u 与 drop 比较。"),
    ("of_large_drop_alone", lambda h, u, drop, training: _dropped(h, u, drop, training and drop >= 0.5),
     "Is anything dropped when drop is 0.2?",
     "Nothing: h comes back whole below a half.",
     "For every drop: zeros where u < drop, the rest divided by 1 - drop.",
     "drop 为 0.2 时丢弃了什么吗？",
     "没有：小于一半时原样返回 h。",
     "任何 drop 都一样：u < drop 处置零，其余除以 1 - drop。"),
    ("without_h", lambda h, u, drop, training: td.tensor((u >= drop) / (1 - drop)) if training else h,
     "Is h in the result?",
     "It is not: this is the mask, scaled.",
     "Multiply h by it.",
     "结果里有 h 吗？",
     "没有：这只是缩放后的掩码。",
     "还要乘以 h。"),
    ("that_keeps_the_dropped", lambda h, u, drop, training: h * np.where(u >= drop, 1 / (1 - drop), 1) if training else h,
     "Are there zeros in training?",
     "None: a dropped unit stays as it is, and the others are scaled.",
     "A dropped unit is 0.",
     "训练时有零吗？",
     "没有：被丢弃的单元保持原样，其他的被放大。",
     "被丢弃的是 0。"),
    ("scaled_always", lambda h, u, drop, training: h * ((u >= drop) if training else 1) / (1 - drop),
     "What is to happen at test?",
     "Training is right; at test h is divided by 1 - drop as well.",
     "With training=False h comes back as it is: test that before anything is scaled.",
     "测试时应该怎样？",
     "训练时是对的；测试时 h 也除以了 1 - drop。",
     "training=False 时原样返回 h：先判断它，再缩放。"),
    ("of_the_others_unscaled", lambda h, u, drop, training: h * (u < drop) if training else h,
     "Which units are left, and does the average stay h?",
     "Those with u < drop are kept, which should be dropped; and nothing is scaled.",
     "Keep where u >= drop, and divide by 1 - drop.",
     "留下的是哪些单元？平均仍是 h 吗？",
     "留下了 u < drop 的，而它们该被丢弃；也没有缩放。",
     "u >= drop 的留下，再除以 1 - drop。"),
    ("of_the_others_with_the_notes", lambda h, u, drop, training: h * (u < drop) if training else h * drop,
     "Is drop the probability to drop, or to keep? And when is h scaled?",
     "It is used as the probability to keep, and all scaling is at test.",
     "Keep where u >= drop, divide by 1 - drop in training; at test h stays as it is.",
     "drop 是丢弃的概率还是保留的概率？h 又是什么时候缩放的？",
     "这里把它当成保留的概率，缩放都在测试时。",
     "u >= drop 的留下，训练时除以 1 - drop；测试时 h 保持不变。"),
    ("with_nothing_at_test", lambda h, u, drop, training: _dropped(h, u, drop, True) if training else h * 0,
     "What comes back at test?",
     "0 for every unit.",
     "With training=False h comes back as it is.",
     "测试时返回什么？",
     "每个单元都是 0。",
     "training=False 时原样返回 h。"),
    ("times_drop", lambda h, u, drop, training: _dropped(h, u, drop, training, scale=drop),
     "Does scaling make up for what is dropped?",
     "What is left is multiplied by drop, and so made smaller still.",
     "Divide by 1 - drop, so that the average stays h.",
     "缩放补偿了丢掉的部分吗？",
     "留下的乘以了 drop，反而更小了。",
     "除以 1 - drop，平均才仍是 h。"),
    ("over_the_number_kept", lambda h, u, drop, training: _dropped(
        h, u, drop, training, scale=1 / max((u >= drop).sum(), 1)),
     "By what is it divided: by a probability, or by a number of units?",
     "By how many units are left in this draw.",
     "By the probability to keep, 1 - drop.",
     "除以的是概率，还是单元的个数？",
     "除以了这次抽样留下的单元数。",
     "应除以保留的概率 1 - drop。"),
):
    _mistake(dropout, f"dropout_{_name.replace('.', '_')}", _function, *_messages)
