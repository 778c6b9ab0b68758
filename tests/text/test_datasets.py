"""Named corpora and files of one's own: formats, splits, and what is said about a broken file."""

import os
import zipfile
from itertools import chain
from pathlib import Path

import pytest

from tinydawn.errors import DataError
from tinydawn.storage.download import Corpus, CorpusFile
from tinydawn.text import (
    CORPORA,
    datasets,
    english,
    find,
    load_characters,
    load_document_labels,
    load_documents,
    load_labelled,
    load_parallel,
    load_sentences,
    readers,
)

DATA = Path(os.environ.get("TINYDAWN_DATA", ""))


def needs(name):
    """Skip, by name, where the real corpus is not there."""
    folder = CORPORA[name].folder or name
    return pytest.mark.skipif(not DATA.name or not (DATA / folder).is_dir(), reason=f"TINYDAWN_DATA has no {folder}")


@pytest.fixture
def write(tmp_path):
    def write(name, body):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return path

    return write


# Embedded English ------------------------------------------------------------------------------------


def test_embedded_english_is_english():
    parts = {split: load_sentences(None, split) for split in ("train", "validation", "test")}
    sentences = [tuple(words) for part in parts.values() for words in part]
    words = [word for sentence in sentences for word in sentence]
    assert len(sentences) > 1000
    assert len(words) > 20_000
    assert len(set(words)) < 4000
    assert all(4 <= len(sentence) <= 60 for sentence in sentences)
    assert all(word.replace("'", "").replace(".", "").isalnum() and word == word.lower() for word in words)
    assert words.count("the") / len(words) > 0.05  # prose, not code
    assert 0.88 < len(parts["train"]) / len(sentences) < 0.92
    assert load_sentences(None, "train") == parts["train"]


def test_embedded_english_repeats_no_sentence_and_shows_no_code():
    sentences = [sentence for document in english.documents() for sentence in document]
    assert len(sentences) == len(set(sentences))  # the manual prints some paragraphs under several topics
    for sentence in sentences:
        assert sentence[0].isupper()
        assert sentence[-1] in ".!?"
        assert not set(sentence) & set("=<>{}[]|*`\\")
    assert load_documents(None)[0][0] == english.words(english.documents()[0][0])


def test_sentences_of_a_manual_page():
    page = 'The "for" statement\n*******************\n\nThe "for" statement is e.g. a loop.  It uses *items*, see Loops [1].'
    assert [s for paragraph in page.split("\n\n") for s in english._sentences(paragraph)] == [
        "The for statement is e.g. a loop.",
        "It uses items, see Loops.",
    ]
    code = '   for_stmt ::= "for" target_list\n   x = [1, 2, 3]\n   >>> print(x)'
    assert english._sentences(code) == []
    assert english.words("It isn't Python 3.11, is it?") == ["it", "isn't", "python", "3.11", "is", "it"]


def test_embedded_characters():
    train, validation = load_characters(), load_characters(split="validation")
    assert len(train) > 100_000
    assert len(train) == pytest.approx(9 * len(validation), rel=0.01)
    assert len(set(train)) < 90
    assert load_characters(None, "test") == validation  # there is no third part


def test_a_python_without_its_manual(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pydoc_data.topics", None)
    english.by_topic.cache_clear()
    try:
        with pytest.raises(DataError, match=r"no module pydoc_data\.topics(?s:.*)name a text file of your own"):
            load_sentences()
    finally:
        english.by_topic.cache_clear()


# Files of one's own ----------------------------------------------------------------------------------


def test_tokens_splits_around_chinese_and_leaves_english_alone():
    assert readers.tokens("it 's a film-noir , n't it ?") == ["it", "'s", "a", "film-noir", ",", "n't", "it", "?"]
    assert readers.tokens("我爱NLP，真的。") == ["我", "爱", "NLP", "，", "真", "的", "。"]
    assert readers.tokens("東京は\u3000カナ \U00020000x") == ["東", "京", "は", "カ", "ナ", "\U00020000", "x"]
    assert readers.tokens("“好\u200b吗”") == ["“", "好", "吗", "”"]
    assert readers.lower_words("It's 1,000.5 times; Don’t!") == ["it's", "1,000.5", "times", ";", "don’t", "!"]


TREC = "".join(f"{label} words number {i} ?\n" for i in range(10) for label in ("DESC:def What is", "HUM:ind Who is"))


def test_trec_format(write):
    data = load_labelled(write("train.label", TREC))
    assert data.classes == ["DESC", "HUM"]
    assert [len(part) for part in data[:3]] == [16, 2, 2]
    examples = sorted(chain(*data[:3]))
    assert examples[0] == (["What", "is", "words", "number", "0", "?"], 0)
    assert [label for _, label in examples] == [0] * 10 + [1] * 10
    latin = write("latin.label", TREC.replace("Who is", "Who is Noël").encode("latin-1"))  # as TREC publishes it
    assert {"Noël"} < {word for tokens, _ in load_labelled(latin).train for word in tokens}


def test_kim_s_format_is_latin_1_too(write):
    body = "".join(f"{i % 2} crème brûlée {i}\n" for i in range(20)).encode("latin-1")
    assert sorted(chain(*load_labelled(write("rt-polarity.all", body))[:3]))[0] == (["crème", "brûlée", "0"], 0)


def test_label_and_text(write):
    lines = [f"{label}\tword{i} , not tokenised.\r\n" for i in range(10) for label in ("good", "bad", "so so")]
    data = load_labelled(write("mine.tsv", "\ufeff" + "".join(lines) + "\n\n"))
    assert data.classes == ["bad", "good", "so so"]
    assert sorted(chain(*data[:3]))[0] == (["word0", ",", "not", "tokenised."], 0)
    assert load_labelled(str(write("mine.tsv", "".join(lines))), seed=1).train != data.train
    again = load_labelled(write("zh.tsv", "".join(f"{i % 2}\t好吃{i}\n" for i in range(20))))
    assert sorted(chain(*again[:3]))[0] == (["好", "吃", "0"], 0)
    upper = load_labelled(write("mine.tsv", "".join(lines)), tokenize=lambda line: line.upper().split())
    assert upper.train[0][0][1:] == [",", "NOT", "TOKENISED."]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", r"file is empty"),
        (" \n\n", r"file is empty"),
        ("1\tfine\n0\tnot fine\n1 no tab\n", r'file: line 3 is not of the form "label<TAB>text"(?s:.*)1 no tab'),
        ("just text\nmore text\n", r'line 1 is not of the form "label<TAB>text"'),
        ("1\tfine\n\tno label\n", r"line 2 is not of the form"),
        ("1\tfine\n\n0\t \n", r"line 3 has a label and no text"),
        (TREC + "ENTY What ?\n", r'line 21 is not of the form "LABEL:sub words ..."(?s:.*)ENTY What'),
        (TREC + "ENTY:animal \n", r"line 21 has a label and no text"),
        ("1 a b\n0 c\nx d\n", r'line 3 is not of the form "0 words ..."'),
        (b"1\tfine\n0\tgr\xfcn\n", r"file is not UTF-8 text \(line 2\)(?s:.*)iconv"),
        ("1\ta\n" * 20, r"has a single class, '1'(?s:.*)at least two"),
        ("".join(f"text {i}\t{i % 2}\n" for i in range(20)), r"has 20 classes in 20 lines(?s:.*)the label must come first"),
        ("1\ta\n0\tb\n" * 3, r"6 sentence\(s\), too few(?s:.*)at least 10"),
    ],
)
def test_broken_label_files(write, body, text):
    with pytest.raises(DataError, match=text) as caught:
        load_labelled(write("file", body))
    assert "fix:" in str(caught.value)


def test_plain_text(write):
    path = write("text.txt", "\ufeff" + "".join(f"line {i} of a text\r\n\n" for i in range(100)))
    parts = [load_sentences(path, split) for split in ("train", "dev", "test")]
    assert [len(part) for part in parts] == [90, 5, 5]
    assert sorted(chain(*parts), key=lambda words: int(words[1])) == [f"line {i} of a text".split() for i in range(100)]
    assert [int(words[1]) for words in parts[0]] == sorted(int(words[1]) for words in parts[0])  # in the order of the text
    assert load_sentences(write("poem.txt", "床前明月光\n疑是地上霜\n" * 10))[0] == list("床前明月光")
    assert load_sentences(path, tokenize=list)[0][:4] == list("line")
    assert load_characters(path)[:16] == "line 0 of a text"
    assert "\r" not in load_characters(path)


def test_few_lines_leave_something_in_every_part(write):
    for lines in (10, 11, 19, 21):
        path = write("few.txt", "a b\n" * lines)
        parts = [load_sentences(path, split) for split in ("train", "validation", "test")]
        assert sum(map(len, parts)) == lines
        assert all(parts)
        labelled = load_labelled(write("few.tsv", "0\ta\n1\tb\n" * lines))
        assert all(labelled[:3])


@pytest.mark.parametrize("load", [load_labelled, load_sentences, load_characters])
def test_unknown_names_and_missing_files(load, tmp_path):
    wrong, right = {
        load_labelled: ("waimay", "waimai"),
        load_sentences: ("pbt", "ptb"),
        load_characters: ("shakespeare", "tinyshakespeare"),
    }[load]
    with pytest.raises(DataError, match=rf"{load.__name__}: '{wrong}' is neither(?s:.*)did you mean '{right}'\?"):
        load(wrong)
    with pytest.raises(DataError, match=r"is neither a file nor a corpus(?s:.*)use one of: .*; or a path that exists"):
        load(tmp_path / "gone.txt")
    with pytest.raises(DataError, match=r"is a folder(?s:.*)name a file in it"):
        load(tmp_path)
    with pytest.raises(DataError, match="is neither a file"):
        load("multi30k")  # a corpus, but not of this kind


@pytest.mark.parametrize("load", [load_sentences, load_characters])
def test_other_wrong_input(load, write):
    with pytest.raises(DataError, match=r"unknown split 'training'(?s:.*)use 'train', 'validation' or 'test'"):
        load(None, "training")
    with pytest.raises(DataError, match=r"latin\.txt is not UTF-8 text \(line 2\)"):
        load(write("latin.txt", b"fine\ngr\xfcn\n"))
    with pytest.raises(DataError, match=r"empty\.txt is empty"):
        load(write("empty.txt", "\n"))


def test_documents_have_names():
    for load in (load_documents, load_document_labels):
        with pytest.raises(DataError, match=rf"{load.__name__}: no documents named 'browm'(?s:.*)did you mean 'brown'"):
            load("browm")


# Corpora in the form in which they are distributed, made small ---------------------------------------


@pytest.fixture
def corpus(monkeypatch, tmp_path):
    """A data folder with files of a corpus: {path: body}, zips as {path: {member: body}}."""

    def make(files):
        monkeypatch.setenv("TINYDAWN_DATA", str(tmp_path / "data"))
        for name, body in files.items():
            path = tmp_path / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(body, dict):
                with zipfile.ZipFile(path, "w") as archive:
                    for member, text in body.items():
                        archive.writestr(member, text)
            else:
                path.write_bytes(body if isinstance(body, bytes) else body.encode())

    return make


def test_brown_in_small(corpus):
    corpus({
        "brown/brown.zip": {
            "brown/cats.txt": "ca01 news\ncb01 editorial\n",
            "brown/ca01": "\n\n\tThe/at 1/2/cd ``/`` ./.\n\n\tNo/rb\n",
            "brown/cb01": "Yes/rb ./.\n",
            "brown/README": "not a text",
        }
    })  # fmt: skip
    assert load_documents("brown") == [[["The", "1/2", "``", "."], ["No"]], [["Yes", "."]]]
    assert load_document_labels("brown") == ["news", "editorial"]
    assert load_sentences("brown") == [["The", "1/2", "``", "."], ["No"], ["Yes", "."]]


def test_bengio_s_split_is_by_tokens():
    documents = [[["w"] * 999 for _ in range(600)] for _ in range(2)]
    parts = datasets._bengio_split(documents)
    assert [len(parts[split]) for split in ("train", "validation", "test")] == [801, 201, 198]  # 999 * 801 is past 800,000


def test_a_damaged_archive(corpus):
    corpus({"mr/sentence_polarity.zip": b"PK not a zip"})
    with pytest.raises(DataError, match=r"sentence_polarity\.zip is not a zip archive, or is damaged"):
        load_labelled("mr")
    corpus({"mr/sentence_polarity.zip": {"sentence_polarity/rt-polarity.neg": "bad \n" * 9}})
    with pytest.raises(DataError, match=r"sentence_polarity\.zip holds no rt-polarity\.pos"):
        load_labelled("mr")


def test_mr_is_utf_8_in_nltk_s_archive_and_waimai_lies_in_another_folder(corpus):
    corpus({
        "mr/sentence_polarity.zip": {
            "sentence_polarity/rt-polarity.neg": "cliché \n".encode() * 10,
            "sentence_polarity/rt-polarity.pos": "a\u2028b lovely \n".encode() * 10,  # \u2028 ends no line
        },
        "zh_sentiment/waimai_10k.csv": 'label,review\n1,"好吃,很快"\n' + "0,太辣 了\n" * 11,
    })  # fmt: skip
    data = load_labelled("mr")
    assert [len(part) for part in data[:3]] == [16, 2, 2]
    assert (["cliché"], 0) in [*chain(*data[:3])]
    waimai = load_labelled("waimai")
    assert (list("好吃,很快"), 1) in [*chain(*waimai[:3])]
    assert (list("太辣了"), 0) in waimai.train
    assert find("waimai").name == "zh_sentiment"


def test_ptb_is_read_inside_its_archive(corpus):
    corpus({"ptb/ptb.zip": {f"ptb.{part}.txt": f" {part} <unk> N \n \n" for part in ("train", "valid", "test")}})
    assert [load_sentences("ptb", split)[0][0] for split in ("train", "validation", "test")] == ["train", "valid", "test"]
    assert load_sentences("ptb") == [["train", "<unk>", "N"]]  # neither <eos> nor empty lines


def test_tatoeba_in_small(corpus):
    lines = [f"It's {i}.\t{i}，是的Tom。\tCC-BY" for i in range(100)] + ["It's 0.\t零。\tCC-BY"]
    corpus({"tatoeba/cmn.txt": "\ufeff" + "\n".join(lines) + "\n"})
    parts = [load_parallel("tatoeba", split) for split in ("train", "val", "test")]
    assert [len({source[1] for source, _ in part}) for part in parts] == [90, 5, 5]
    where = next(part for part in parts if any(source[1] == "0" for source, _ in part))
    assert sum(source[1] == "0" for source, _ in where) == 2  # both translations of a sentence stay together
    assert parts[0][5][0][0] == "it's"
    assert parts[0][5][1][-4:] == ["是", "的", "Tom", "。"]
    assert load_parallel("tatoeba", source="zh", limit=1) == [load_parallel("tatoeba")[0][::-1]]
    assert load_parallel("tatoeba", target="en", limit=1) == [load_parallel("tatoeba")[0][::-1]]
    assert load_parallel("tatoeba", tokenize_source=list, limit=1)[0][0][:2] == ["I", "t"]
    with pytest.raises(DataError, match=r"tatoeba has no de to en(?s:.*)'en' and target 'zh'"):
        load_parallel("tatoeba", source="de")
    with pytest.raises(DataError, match=r"tatoeba has no split 'dev'(?s:.*)'val'"):
        load_parallel("tatoeba", "dev")


def test_no_chinese_sentence_of_training_is_held_out_in_tatoeba(corpus):
    corpus({"tatoeba/cmn.txt": "".join(f"Hello {i}.\t你好。\n" for i in range(50))})
    assert len(load_parallel("tatoeba")) == 45
    assert load_parallel("tatoeba", "val") == load_parallel("tatoeba", "test") == []


def test_a_file_that_was_made_from_others_is_not_downloaded(monkeypatch, tmp_path):
    monkeypatch.delenv("TINYDAWN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    with pytest.raises(DataError, match=r"tang: wujue\.tsv cannot be downloaded: it was made from (?s:.*)set TINYDAWN_DATA"):
        load_sentences("tang")
    assert list(tmp_path.iterdir()) == []


def test_a_chinese_path_is_quoted_in_an_address(monkeypatch, tmp_path):
    asked = []

    def fetch(name, address, *rest):
        asked.append(address)
        return b"x"

    monkeypatch.setattr("tinydawn.storage.download._fetch", fetch)
    monkeypatch.delenv("TINYDAWN_DATA", raising=False)
    monkeypatch.delenv("TINYDAWN_MIRROR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of "x"
    monkeypatch.setitem(CORPORA, "odd", Corpus("a/b", "c0ffee", {"f": CorpusFile("诗/f g.txt", 1, sha256)}, "MIT", "nobody"))
    assert (find("odd") / "f").read_bytes() == b"x"
    assert asked == ["https://raw.githubusercontent.com/a/b/c0ffee/%E8%AF%97/f%20g.txt"]


# The real corpora, where they are --------------------------------------------------------------------


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in CORPORA])
def test_every_file_is_what_the_table_says(name):
    import hashlib

    folder = find(name)
    for file, record in CORPORA[name].files.items():
        body = (folder / file).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (record.size, record.sha256)


@pytest.mark.parametrize(
    ("name", "sizes", "positive"),
    [
        pytest.param("mr", [8529, 1066, 1067], 5331, marks=needs("mr")),
        pytest.param("subj", [8000, 1000, 1000], 5000, marks=needs("subj")),
        pytest.param("sst2", [6920, 872, 1821], 4963, marks=needs("sst2")),
        pytest.param("waimai", [9589, 1199, 1199], 4000, marks=needs("waimai")),
        pytest.param("movie_reviews", [1600, 200, 200], 1000, marks=needs("movie_reviews")),
    ],
)
def test_real_labelled_data(name, sizes, positive):
    data = load_labelled(name)
    assert [len(part) for part in data[:3]] == sizes
    assert sum(label for part in data[:3] for _, label in part) == positive
    assert len(data.classes) == 2
    assert all(tokens for part in data[:3] for tokens, _ in part)


@pytest.mark.parametrize(
    ("name", "sentences", "tokens", "types"),
    [
        # SOURCES counts <eos>: 929,589 = 887,521 words + 42,068 lines, and the vocabulary is 9,999 words and <eos>
        pytest.param("ptb", [42068, 3370, 3761], [887521, 70390, 78669], 9999, marks=needs("ptb")),
        pytest.param("brown", [35523, 11690, 10127], [800001, 200021, 161170], 56057, marks=needs("brown")),
        # SOURCES counts the | between lines of a poem as a character
        pytest.param("tang", [3165, 396, 396], [63300, 7920, 7920], 3743, marks=needs("tang")),
        pytest.param("names", [25626, 3203, 3204], [156999, 19452, 19662], 26, marks=needs("names")),
    ],
)
def test_real_sentences(name, sentences, tokens, types):
    parts = [load_sentences(name, split) for split in ("train", "validation", "test")]
    assert [len(part) for part in parts] == sentences
    assert [sum(map(len, part)) for part in parts] == tokens
    assert len({token for part in parts for sentence in part for token in sentence}) == types


@needs("names")
def test_names_are_split_as_in_karpathy_s_lectures():
    """So that the bigram model's 2.454 nats can be compared."""
    assert ["".join(name) for name in load_sentences("names")[:3]] == ["yuheng", "diondre", "xavien"]


@needs("tinyshakespeare")
def test_real_shakespeare():
    train, validation = load_characters("tinyshakespeare"), load_characters("tinyshakespeare", "validation")
    assert (len(train), len(validation), len(set(train + validation))) == (1003854, 111540, 65)
    parts = [load_sentences("tinyshakespeare", split) for split in ("train", "validation", "test")]
    assert parts[0][:2] == [["first", "citizen", ":"],
                            ["before", "we", "proceed", "any", "further", ",", "hear", "me", "speak", "."]]  # fmt: skip
    assert [len(part) > 1500 for part in parts] == [True] * 3


@needs("brown")
def test_real_documents():
    documents = load_documents("brown")
    assert len(documents) == 500
    assert sum(len(sentence) for document in documents for sentence in document) == 1161192
    labels = load_document_labels("brown")
    assert len(set(labels)) == 15
    assert labels[:2] == ["news", "news"]


@needs("tatoeba")
def test_real_tatoeba():
    parts = [load_parallel("tatoeba", split) for split in ("train", "val", "test")]
    assert [len(part) for part in parts] == [26240, 1160, 1145]
    assert parts[0][0] == (["hi", "."], ["嗨", "。"])
    training = {tuple(side) for pair in parts[0] for side in pair}
    raw = readers.read_columns(find("tatoeba") / "cmn.txt")
    assert len(raw) == 29155
    held = [tuple(target) for part in parts[1:] for _, target in part]
    assert not training & set(held)


@needs("mr")
def test_mr_is_the_same_in_kim_s_file():
    if not (DATA / "mr" / "rt-polarity.all").is_file():
        pytest.skip("TINYDAWN_DATA has no mr/rt-polarity.all")
    texts = []
    for data in (load_labelled("mr"), load_labelled(DATA / "mr" / "rt-polarity.all")):
        examples = [(label, "".join(tokens)) for part in data[:3] for tokens, label in part]
        texts.append(sorted((label, text.translate({0x96: "", 0x97: ""})) for label, text in examples))  # Kim left out dashes
    differ = set(texts[0]) ^ set(texts[1])
    assert len(texts[0]) == len(texts[1]) == 10662
    assert len(differ) < 12, differ
