"""Lab 4, bag of words: right functions and wrong twins."""

from __future__ import annotations

from collections import Counter

import numpy as np

import tinydawn as td
from tests.labs.author import Lab, array, step, tensor

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


# --- log_priors ---

@lab.hole(cases=[[array([0, 2, 2, 1, 2]), 3], [array([1, 0, 1, 1]), 2], [array([0, 2, 2]), 4]],
          more=[[array([3, 3, 1, 0, 2, 3]), 4], [array([0, 0, 1]), 3]])
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
    "When is one added: once for the class, or once for each sentence?",
    "One is added to every sentence before its class is added up, so that large classes get more.",
    "First the counts of the class, then one added to each: n(w, c) + 1.",
    "什么时候加一：每个类别一次，还是每个句子一次？",
    "在按类别求和之前给每个句子都加了一，于是大的类别加得更多。",
    "先得到类别的次数，再各加一：n(w, c) + 1。")
def log_likelihoods_with_one_for_each_sentence(x, labels, K):
    n = _class_counts(x + 1, labels, K)
    return np.log(n / n.sum(axis=1, keepdims=True))


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


# --- classify ---

X = [[2.0, 0.0, 1.0, 0.0, 1.0], [0.0, 3.0, 0.0, 0.0, 0.0]]
U = [[1.0, -0.5, 0.3], [0.2, 0.8, -1.1], [-0.6, 0.4, 0.9], [0.7, -0.2, 0.5]]
W5 = [row[:5] for row in W]
B = [0.1, -0.4, 0.2, 0.6]


@lab.hole(cases=[[array(X), tensor(W5), tensor(U), tensor(B)],
                 [array([[0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 2.0, 2.0, 0.0]]), tensor(W5), tensor(U), tensor(B)]],
          more=[[array([[0.0, 1.0, 2.0, 0.0], [4.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]]), tensor(OTHER),
                 tensor([[1.0, 0.5], [-0.3, 0.8], [0.6, -0.9], [0.2, 1.4], [-1.2, 0.1]]), tensor([0.5, -0.5, 0.1, 0.3, -0.2])]],
          forbidden=["linear", "embedding"])
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


# --- notes_dropout_fails ---

@lab.hole(cases=[[3.0], [-2.0]], more=[[1.5], [4.0]], through="dropout_failure")
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


# --- accuracy ---

SCORES = [[-1.0, -3.0, -2.0], [0.2, 0.5, 0.3], [4.0, -1.0, 5.0], [2.0, 1.0, 0.0], [-9.0, -8.5, -7.0]]


@lab.hole(cases=[[array(SCORES), array([0, 2, 2, 0, 1])], [array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]]), array([1, 0, 1])]],
          more=[[array([[0.3, 0.1, 0.2, 0.4], [1.0, 3.0, -2.0, 2.5], [-1.0, -2.0, -3.0, -4.0],
                        [0.0, 9.0, 1.0, 2.0], [1.0, 1.5, 1.2, 0.0]]), array([2, 1, 0, 1, 1])],
                [array([[5.0, 2.0], [2.0, 6.0], [1.0, 0.0], [0.0, 1.0]]), array([0, 0, 0, 0])]],
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
