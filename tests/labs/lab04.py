"""Lab 4, bag of words: right functions and wrong twins."""

from __future__ import annotations

from collections import Counter

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor
from tinydawn.nn import functional as F

lab = Lab(4, "lab04_words", "Bag of words", "词袋模型")


# --- to_ids ---

REVIEWS = [["the", "plot", "is", "good"], ["the", "plot", "is", "bad", "bad"], ["a", "good", "good", "film"]]
TESTS = [["the", "film", "is", "dull"], ["bad", "film"], []]


@lab.hole(cases=[[REVIEWS, TESTS, 2], [[["c", "b", "b"], ["b", "a"]], [["d", "a"], ["c", "e"]], 1]],
          more=[[[["x", "w", "x"], ["v", "w"], ["u", "v", "v"], ["t", "t"]], [["x", "u", "y"], ["u", "t", "v"]], 2],
                [[["q", "p", "q"]], [["r"], ["p", "q"]], 1]])
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
    "Which word has the id 1?",
    "The ids go by the order in which words are met.",
    "By the alphabet: sorted(...). So the ids do not depend on the order of the sentences.",
    "编号 1 是哪个词？",
    "编号按遇到词的先后来排。",
    "按字母顺序：sorted(...)。这样编号不依赖句子的顺序。")
def to_ids_as_words_are_met(train, test, least):
    counts = Counter(word for words in train for word in words)
    vocab = {word: i for i, word in enumerate(["<unk>", *(word for word in counts if counts[word] >= least)])}
    return vocab, _with(vocab, train), _with(vocab, test)


@to_ids.twin(
    "Which word has the id 1?",
    "The ids go by frequency, the most frequent word first.",
    "By the alphabet: sorted(...), which has no ties.",
    "编号 1 是哪个词？",
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


# --- count_vector ---

@lab.hole(cases=[[array([2, 5, 2, 0, 2]), 7], [array([6]), 7], [array([], int), 4]],
          more=[[array([1, 1, 3, 4, 4, 4]), 9], [array([0, 0]), 3], [array([], int), 2]])
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
    "How many axes has x?",
    "This is a one-hot row for each word: a matrix (T, V).",
    "Add the rows up: one vector for the whole sentence.",
    "x 有几个轴？",
    "这是每个词一行 one-hot：一个 (T, V) 矩阵。",
    "把各行加起来：整个句子一个向量。")
def count_vector_as_one_hot_rows(ids, V):
    return np.eye(V)[ids]


@count_vector.twin(
    "At which places do the numbers stand?",
    "Each word of the sentence is at its own position: these are the ids, and zeros behind them.",
    "The place is the word's id, and the number says how often it is there.",
    "数放在哪些位置上？",
    "每个词放在它在句子里的位置：这是编号本身，后面补零。",
    "位置是词的编号，数是它出现的次数。")
def count_vector_of_ids_in_order(ids, V):
    return np.concatenate([ids, np.zeros(V - len(ids))])


@count_vector.twin(
    "At which places do the numbers stand?",
    "The loop counts positions of the sentence, and not the words that stand there.",
    "Add to x[ids[t]], or go through `for i in ids`.",
    "数放在哪些位置上？",
    "循环数的是句子里的位置，而不是那里的词。",
    "应加到 x[ids[t]] 上，或者用 `for i in ids`。")
def count_vector_of_positions(ids, V):
    x = np.zeros(V)
    for t in range(len(ids)):
        x[t] += 1
    return x


@count_vector.twin(
    "How long is the vector?",
    "It has the counts of the words that are there, and no zeros for the others.",
    "V entries, of which most are 0.",
    "向量有多长？",
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
    "Add up the vector: is it the number of words?",
    "It is the mean of the one-hot rows, and nan for a sentence without words.",
    "Counts are asked for: the sum of the rows. The mean comes later, in the classifier.",
    "把向量加起来：等于词数吗？",
    "这是 one-hot 各行的平均，没有词的句子得到 nan。",
    "要的是次数：各行之和。平均在后面的分类器里才做。")
def count_vector_of_a_mean(ids, V):
    return np.eye(V)[ids].sum(axis=0) / np.float64(len(ids))


# --- bag_of_embeddings ---

W = [[0.5, -1.0, 2.0, 0.0, 1.5, -0.3], [1.0, 0.2, -0.7, 3.0, 0.4, 2.2], [-2.0, 0.6, 1.1, 0.9, -1.4, 0.8]]
OTHER = [[0.3, 1.2, -0.8, 2.1], [-1.5, 0.4, 0.6, 0.9]]


@lab.hole(cases=[[tensor(W), array([4, 1, 4, 2])], [tensor(W), array([2, 0])]],
          more=[[tensor(OTHER), array([3, 0, 3, 3, 1])], [tensor(OTHER), array([1, 0, 0])]], forbidden=["embedding"])
def bag_of_embeddings(W, ids):
    return step("the columns of the words", W[:, ids]).sum(axis=1)


@bag_of_embeddings.twin(
    "Does it equal W x?",
    "This is the mean of the embeddings.",
    "W x adds: each column as often as its word is there.",
    "它等于 W x 吗？",
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
    "How long is h?",
    "The sum goes over the d numbers of each embedding: one number for each word comes out.",
    "h has d entries: W[:, ids] is (d, T), and the words are axis 1.",
    "h 有多长？",
    "求和沿着每个嵌入的 d 个数：每个词得到一个数。",
    "h 有 d 个元素：W[:, ids] 是 (d, T)，词是轴 1。")
def bag_of_embeddings_over_the_wrong_axis(W, ids):
    return W[:, ids].sum(axis=0)


@bag_of_embeddings.twin(
    "How many axes has h?",
    "These are the embeddings side by side, (d, T): nothing is added up.",
    "Add the columns up: .sum(axis=1).",
    "h 有几个轴？",
    "这是并排的各个嵌入 (d, T)：没有相加。",
    "把各列加起来：.sum(axis=1)。")
def bag_of_embeddings_side_by_side(W, ids):
    return W[:, ids]


@bag_of_embeddings.twin(
    "Does it equal W x?",
    "Of each of the d numbers the largest is taken.",
    "W x adds the columns up.",
    "它等于 W x 吗？",
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
    "How many axes has h?",
    "These are the embeddings one below the other, (T, d): nothing is added up.",
    "Add the words up: h has d entries.",
    "h 有几个轴？",
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
    "Try a sentence of two words, and add by hand.",
    "The first word is added twice: h begins with it, and the loop adds it again.",
    "Begin with 0, or go on from the second word.",
    "用两个词的句子手算一下。",
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
    "exp of what comes out should add up to 1.",
    "These are logarithms of counts, not of shares.",
    "Divide by the number of sentences before you take the logarithm.",
    "结果取 exp 后应加起来等于 1。",
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
    "Take a small example, and divide by hand.",
    "One is added to each class. That is done for the words below, not for the classes.",
    "p(c) = number of sentences of class c / number of sentences.",
    "取一个小例子，手算一下。",
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
    "Can a logarithm of a probability be above 0?",
    "np.log1p is the logarithm of 1 + p.",
    "np.log of the share.",
    "概率的对数会大于 0 吗？",
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
    "exp of what comes out should add up to 1.",
    "The counts are divided by the largest of them.",
    "Divide by their sum, the number of sentences.",
    "结果取 exp 后应加起来等于 1。",
    "次数除以了其中最大的。",
    "应除以它们的和，即句子数。")
def log_priors_over_the_largest(labels, K):
    n = np.bincount(labels, minlength=K)
    return np.log(n / n.max())


@log_priors.twin(
    "Take a small example, and divide by hand.",
    "A softmax is taken of the counts.",
    "Counts are no logits: n / N is the share already.",
    "取一个小例子，手算一下。",
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


# --- log_likelihoods ---

COUNTS = [[2, 0, 1, 0, 0], [0, 1, 0, 0, 3], [1, 0, 2, 0, 0], [0, 4, 0, 2, 0]]


@lab.hole(cases=[[array(COUNTS), array([2, 0, 2, 1]), 3], [array([[3, 0, 0, 1, 0, 0], [0, 2, 0, 0, 0, 1]]), array([1, 1]), 3]],
          more=[[array([[1, 0, 0, 5], [0, 2, 0, 0], [0, 1, 1, 0], [2, 2, 0, 0], [0, 0, 0, 1]]), array([0, 1, 1, 0, 2]), 3],
                [array([[0, 1, 0], [2, 1, 0], [4, 0, 0], [0, 1, 0]]), array([0, 0, 1, 0]), 2]])
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
    "exp of what comes out should add up to 1 in each row.",
    "One is added above, and nothing below: the row adds up to more than 1.",
    "One is added to V counts, so their sum grows by V.",
    "结果取 exp 后，每一行应加起来等于 1。",
    "分子加了一，分母什么也没加：一行之和大于 1。",
    "V 个次数各加了一，所以总数增加 V。")
def log_likelihoods_with_one_added_above(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / n.sum(axis=1, keepdims=True))


@log_likelihoods.twin(
    "exp of what comes out should add up to 1 in each row.",
    "The sum grows by 1.",
    "One is added to V counts, so their sum grows by V.",
    "结果取 exp 后，每一行应加起来等于 1。",
    "总数只加了 1。",
    "V 个次数各加了一，所以总数增加 V。")
def log_likelihoods_with_1_below(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + 1))


@log_likelihoods.twin(
    "exp of what comes out should add up to 1 in each row.",
    "The sum grows by K, the number of classes.",
    "One is added to V counts, so their sum grows by V, the number of words.",
    "结果取 exp 后，每一行应加起来等于 1。",
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
    "By what is it divided?",
    "By the words of all classes together: the row adds up to less than 1.",
    "n(c) is the number of words in the sentences of class c alone.",
    "除以了什么？",
    "除以了所有类别的词数之和：一行之和小于 1。",
    "n(c) 只是类别 c 的句子里的词数。")
def log_likelihoods_of_all_words(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n.sum() + x.shape[1]))


@log_likelihoods.twin(
    "By what is it divided?",
    "By the number of sentences of the class, and not by its number of words.",
    "n(c) adds up all counts of the class: a sentence has many words.",
    "除以了什么？",
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
    "exp of what comes out should add up to 1 in each row.",
    "The sum grows by N, the number of sentences.",
    "One is added to V counts, so their sum grows by V, the number of words: x.shape[1].",
    "结果取 exp 后，每一行应加起来等于 1。",
    "总数加的是句子数 N。",
    "V 个次数各加了一，所以总数增加词数 V：x.shape[1]。")
def log_likelihoods_with_N_below(x, labels, K):
    n = _class_counts(x, labels, K)
    return np.log((n + 1) / (n.sum(axis=1, keepdims=True) + len(x)))


@log_likelihoods.twin(
    "exp of what comes out should add up to 1 in each row.",
    "V is added twice below: the counts had their ones already when they were added up.",
    "Either the sum of n + 1, or the sum of n and then V.",
    "结果取 exp 后，每一行应加起来等于 1。",
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
    "Look at a long sentence.",
    "exp of the sum: probabilities, which are 0 for a sentence of a few hundred words.",
    "Scores stay logarithms; the largest is the same.",
    "看一个长句子。",
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
    "What is the score of an empty sentence?",
    "The prior is taken off instead of added.",
    "log p(c) + the sum over the words: both count for the class.",
    "空句子的分数是什么？",
    "先验被减去了，而不是加上。",
    "log p(c) + 对词求和：两者都支持该类别。")
def naive_bayes_minus_the_prior(x, log_prior, log_likelihood):
    return x @ log_likelihood.T - log_prior


@naive_bayes.twin(
    "Is there a logarithm too many?",
    "log_prior is a logarithm already, and its exp is added.",
    "Add log_prior as it is.",
    "log_prior 用对了吗？",
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
    "A word that is there twice: how often does it speak?",
    "log(1 + 2) times: a logarithm is taken of the counts.",
    "Twice: x @ log_likelihood.T.",
    "出现两次的词发言几次？",
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


# --- accuracy ---

SCORES = [[-1.0, -3.0, -2.0], [0.2, 0.5, 0.3], [1.5, -1.0, 2.0], [2.5, 1.0, 0.0], [-9.0, -8.5, -7.0]]


@lab.hole(cases=[[array(SCORES), array([0, 2, 2, 0, 1])], [array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]]), array([1, 0, 0])],
                 [array([[9.0, 1.0, 2.0], [0.0, 3.0, 1.0], [2.0, 0.0, 5.0], [1.0, 0.0, 4.0]]), array([0, 1, 0, 2])]],
          more=[[array([[0.3, 0.1, 0.2, 0.4], [1.0, 3.0, -2.0, 2.5], [-1.0, -2.0, -3.0, -4.0],
                        [0.0, 9.0, 1.0, 2.0], [1.0, 1.5, 1.2, 0.0]]), array([0, 1, 0, 1, 1])],
                [array([[7.0, 2.0], [2.0, 6.0], [1.0, 0.0], [-1.0, 0.0]]), array([0, 0, 0, 0])]],
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
    "By what is it divided?",
    "By the number of classes.",
    "By the number of sentences.",
    "除以了什么？",
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


# --- classify ---

X = [[2.0, 0.0, 1.0, 0.0, 1.0], [0.0, 2.0, 0.0, 0.0, 0.0]]
U = [[1.0, -0.5, 0.3], [0.2, 0.8, -1.1], [-0.6, 0.4, 0.9], [0.7, -0.2, 0.5]]
W5 = [row[:5] for row in W]
B = [0.1, -0.4, 0.2, 0.6]


@lab.hole(cases=[[array(X), tensor(W5), tensor(U), tensor(B)],
                 [array([[0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 2.0, 2.0, 0.0]]), tensor(W5), tensor(U), tensor(B)]],
          more=[[array([[1.0, 1.0, 2.0, 0.0], [4.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]]), tensor(OTHER),
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
    "By what is the sum divided?",
    "By V, the number of words in the vocabulary: this is .mean() over the wrong thing.",
    "By the number of words in the sentence, the sum of the row of x.",
    "和除以了什么？",
    "除以了词表的大小 V：.mean() 取错了对象。",
    "应除以句子里的词数，即 x 那一行之和。")
def classify_by_a_mean_over_the_vocabulary(x, W, U, b):
    return _mean(x, W, x.shape[1]) @ U.T + b


@classify.twin(
    "By what is the sum divided?",
    "By the number of different words: one that is there twice is added twice and counted once.",
    "By the number of words, the sum of the row of x.",
    "和除以了什么？",
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
    "By what is the sum divided?",
    "By the number of sentences in the batch.",
    "By the number of words of each sentence: x.sum(axis=1, keepdims=True).",
    "和除以了什么？",
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
    "By what is the sum divided?",
    "By the sum of its own d numbers, which has no meaning and may be 0.",
    "By the number of words, the sum of the row of x.",
    "和除以了什么？",
    "除以了它自己的 d 个数之和，这没有意义，还可能是 0。",
    "应除以词数，即 x 那一行之和。")
def classify_by_the_sum_of_h(x, W, U, b):
    h = x @ W.T
    return h / h.sum(axis=1, keepdims=True) @ U.T + b


@classify.twin(
    "By what is the sum divided?",
    "By d, the size of an embedding.",
    "By the number of words, the sum of the row of x.",
    "和除以了什么？",
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
    "How many numbers are asked for?",
    "This is not three numbers.",
    "(drop, average in training, value at test).",
    "要几个数？",
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
    "The value in training is one draw, or a number that belongs to another drop or h.",
    "On average over all draws: h (1 - drop), with the drop that you return.",
    "你的值与你的 drop 对应吗？",
    "训练时的值是一次抽样，或属于别的 drop 或 h 的数。",
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


# --- dropout ---

H = [[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]]
DRAWN = [[0.9, 0.1, 0.4], [0.3, 0.75, 0.15]]


@lab.hole(cases=[[tensor(H), array(DRAWN), 0.2, True], [tensor(H), array(DRAWN), 0.2, False],
                 [tensor(H), array(DRAWN), 0.6, True], [tensor(H), array(DRAWN), 0.0, True]],
          more=[[tensor([[2.0, 1.0], [-3.0, 0.5], [1.2, 4.0]]), array([[0.2, 0.8], [0.35, 0.05], [0.6, 0.5]]), 0.4, True],
                [tensor([[2.0, 1.0], [-3.0, 0.5]]), array([[0.2, 0.8], [0.35, 0.05]]), 0.4, False],
                [tensor([[2.0, 1.0], [-3.0, 0.5]]), array([[0.2, 0.8], [0.35, 0.05]]), 0.7, True]],
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
    "By what is it divided?",
    "By drop, the probability to drop.",
    "By the probability to keep, 1 - drop: of each unit that much is left on average.",
    "除以了什么？",
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
    "Which units are left?",
    "Those with u >= 1 - drop: the share that is left is drop.",
    "Dropped is where u < drop, so the mask is u >= drop.",
    "留下的是哪些单元？",
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
