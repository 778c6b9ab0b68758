"""Labelled files as people have them: tables, JSON, gzip, lines that name the columns, and a split of one's own."""

import csv
import gzip
import io
import json
import logging
import subprocess
import sys
from itertools import chain

import pytest

from tinydawn.errors import DataError, OptionError
from tinydawn.text import load_characters, load_labelled, load_parallel, load_sentences

# Texts with all that a .csv has to put into quotation marks: commas, quotation marks, ends of lines.
TEXTS = [(f"{i % 2}", f'"so, so" they said\nof film {i}; fine' if i % 3 else f"plain {i}") for i in range(30)]
EXAMPLES = sorted((" ".join(text.split()).split(), int(label)) for label, text in TEXTS)
NAMES = "label\ttext"


def as_csv(columns, separator=","):
    """As Python's own writer puts it, with the columns in this order."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(columns)
    for i, (label, text) in enumerate(TEXTS):
        row = {"id": i, "label": label, "text": text}
        writer.writerow([row.get(name.lower(), row["label"] if name == "stars" else row["text"]) for name in columns])
    return out.getvalue()


def as_lines(texts=TEXTS, first=""):
    return first + "".join(f"{label}\t{' '.join(text.split())}\n" for label, text in texts)


def as_json(label="label", kind=str):
    return "".join(json.dumps({"id": i, label: kind(y), "text": text}) + "\n" for i, (y, text) in enumerate(TEXTS))


@pytest.fixture
def write(tmp_path):
    def write(name, body):
        path = tmp_path / name
        body = body if isinstance(body, bytes) else body.encode()
        path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
        return path

    return write


def examples(data):
    return sorted(chain(*data[:3]))


FORMS = {
    "csv": ("a.csv", as_csv(["label", "text"])),
    "csv, text first": ("a.csv", as_csv(["Text", "Label"])),
    "csv, other columns": ("a.csv", as_csv(["id", "review", "stars"])),
    "csv, one known name": ("a.csv", as_csv(["label", "what they wrote"])),
    "csv, unknown names": ("a.csv", as_csv(["label", "text"]).replace("label,text", "v1,v2,,", 1)),
    "csv, no names": ("a.csv", as_csv(["label", "text"]).split("\n", 1)[1]),
    "csv, byte order mark": ("a.csv", "\ufeff" + as_csv(["label", "text"])),
    "csv of a Mac or a Windows": ("a.csv", as_csv(["label", "text"]).replace("\r\n", "\n")),
    "csv of a European spreadsheet": ("a.csv", as_csv(["label", "text"], ";")),
    "csv, three columns without names": (  # as AG's news have it: class, title, text
        "a.csv", "".join(f'"{label}","{text.split()[0]}","{" ".join(text.split()[1:])}"\n' for label, text in
                         ((label, text.replace('"', '""')) for label, text in TEXTS))),
    "jsonl": ("a.jsonl", as_json()),
    "jsonl, numbers, other names": ("a.jsonl", as_json("sentiment", int)),
    "ndjson": ("a.ndjson", as_json()),
    "lines": ("a.tsv", as_lines()),
    "lines below names": ("a.tsv", as_lines(first="label\ttext\n")),
    "lines below unknown names": ("a.txt", as_lines(first="answer\twords\n")),
    "lines, text first": ("a.tsv", "sentence\tlabel\n" + "".join(f"{' '.join(text.split())}\t{y}\n" for y, text in TEXTS)),
    "lines, other columns": ("a.tsv", "id\tsentence\tlabel\n"
                             + "".join(f"7\t{' '.join(text.split())}\t{y}\n" for y, text in TEXTS)),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_the_same_examples_in_every_form(write, form, packed):
    name, body = FORMS[form]
    data = load_labelled(write(name + packed, body))
    assert data.classes == ["0", "1"]
    assert examples(data) == EXAMPLES
    assert load_labelled(write("plain.tsv", as_lines())).train == data.train, "the same seed, the same split"


@pytest.mark.parametrize("form", FORMS)
def test_a_line_that_names_the_columns_is_said_to_be_no_example(write, form, caplog):
    name, body = FORMS[form]
    with caplog.at_level(logging.WARNING, "tinydawn"):
        load_labelled(write(name, body))
    said = [record.getMessage() for record in caplog.records]
    if form in ("lines", "csv, no names", "csv, three columns without names") or "json" in form:
        assert said == []
    else:
        assert len(said) == 1
        assert f"{name}: line 1 names the columns and is no example: the label is " in said[0]


def test_the_warning_is_seen_without_any_setting(write):
    """On the standard error, where who runs a lesson sees it."""
    path = write("a.tsv", as_lines(first="label\ttext\n"))
    code = "import sys; from tinydawn.text import load_labelled; load_labelled(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert "line 1 names the columns and is no example: the label is 'label', the text 'text'" in done.stderr


@pytest.mark.parametrize("first", ["0\tfine\n", "2\tnever again\n", "label\tof another line\n"])
def test_an_example_is_not_taken_for_names(write, first):
    """A label that other lines have; a number; a label that comes a second time."""
    again = "label\tyes\n" if first.startswith("label") else ""
    data = load_labelled(write("a.tsv", first + as_lines() + again))
    assert len(examples(data)) == 31 + bool(again)


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "tsv.gz"])
def test_a_split_of_ones_own(write, suffix):
    def form(texts):
        if suffix == "csv":
            return "label,text\n" + "".join(f'{y},"{" ".join(t.replace(chr(34), "").split())}"\n' for y, t in texts)
        if suffix == "jsonl":
            return "".join(json.dumps({"text": t, "label": y}) + "\n" for y, t in texts)
        return as_lines(texts, "label\ttext\n")

    parts = TEXTS[:20], TEXTS[20:24], TEXTS[24:30]
    paths = [write(f"{name}.{suffix}", form(part)) for name, part in zip(("train", "dev", "test"), parts, strict=True)]
    for data in (tuple(paths), ",".join(map(str, paths)), ", ".join(map(str, paths))):
        found = load_labelled(data)
        assert found.classes == ["0", "1"]
        assert [len(part) for part in found[:3]] == [20, 4, 6]
        for got, part in zip(found[:3], parts, strict=True):
            words = [(" ".join(t.replace('"', "").split() if suffix == "csv" else t.split()).split(), int(y)) for y, t in part]
            assert sorted(got) == sorted(words)
    two = load_labelled((paths[0], paths[2]))
    assert [len(part) for part in two[:3]] == [18, 2, 6]
    assert sorted([*two.train, *two.dev]) == sorted(found.train)
    assert load_labelled((paths[0], paths[2]), seed=1).dev != two.dev


def test_the_parts_of_a_split_are_shuffled(write):
    """A file sorted by class: the first examples, which is what a quick run reads, are of both."""
    path = write("a.tsv", "a\tx\n" * 50 + "b\ty\n" * 50)
    data = load_labelled((path, path, path))
    assert all({label for _, label in part[:20]} == {0, 1} for part in data[:3])


def test_a_class_that_dev_has_not_and_one_that_train_has_not(write):
    train = write("train.tsv", "a\tx y\nb\ty z\n" * 10)
    found = load_labelled((train, write("dev.tsv", "class\ttext\nb\tone\n"), write("test.tsv", "b\tone\n")))
    assert (found.classes, found.dev, found.test) == (["a", "b"], [(["one"], 1)], [(["one"], 1)])
    with pytest.raises(DataError, match=r"odd\.tsv: label 'c' is not in .*train\.tsv(?s:.*)the first file, .*, has: a, b"):
        load_labelled((train, train, write("odd.tsv", "a\tx\nc\tx y\n")))


@pytest.mark.parametrize("packed", ["", ".gz"])
def test_other_text_of_ones_own_is_split_and_unpacked_too(write, packed):
    paths = [write(name + packed, f"{name} words\n" * 3) for name in ("train", "dev", "test")]
    joined = ",".join(map(str, paths))
    assert [load_sentences(joined, split)[0][0] for split in ("train", "validation", "test")] == ["train", "dev", "test"]
    assert [load_characters(joined, split)[:3] for split in ("train", "validation")] == ["tra", "dev"]
    assert load_characters(tuple(paths[:2]), "validation") == "dev words\n" * 3
    assert load_parallel((paths[0], paths[1])) == [(["train", "words"], ["dev", "words"])] * 3
    with pytest.raises(DataError, match=r"load_sentences: 2 files(?s:.*)pass one file, or train, validation, test"):
        load_sentences(",".join(map(str, paths[:2])))


@pytest.mark.parametrize(
    ("name", "body", "text"),
    [
        ("a.csv", 'label,text\n1,"open\n0,b\n', r"what begins in line 2 is no row of a \.csv file(?s:.*)each of its own twice"),
        ("a.csv", 'label,text\n1,ok\n1,"a "b" c"\n', r"what begins in line 3 is no row"),
        ("a.csv", "label,text\n1," + "x" * 140_000, r"what begins in line 2 .*field larger than field limit"),
        ("a.csv", "label,text\n1\n", r"line 2 is not of the form 'label' and 'text'"),
        ("a.csv", 'label,text\n1,"a\nb"\n0,\n', r"line 4 has a label and no text"),
        ("a.csv", "label,text\n", r"has no example, but for names of columns"),
        ("a.csv", ",,\n,,\n", r"has no example"),
        ("a.csv", "".join(f"{i},text {i},{i % 2}\n" for i in range(20)), r"20 classes in 20 lines(?s:.*)label must come first"),
        ("a.jsonl", '{"label": 1, "text": "a"}\n[1]\n', r'line 2 is no JSON object(?s:.*)it reads \'\[1\]'),
        ("a.jsonl", '{"label": 1, "text": "a"}\n{"label": 1\n', r"line 2 is no JSON object"),
        ("a.jsonl", "[" * 100_000, r"line 1 is no JSON object"),
        ("a.jsonl", '{"label": 1, "text": "a"}\n\n{"text": "b"}\n', r"line 3 has no 'label' that is a name or a number"),
        ("a.jsonl", '{"label": [1], "text": "a"}\n', r"line 1 has no 'label' that is a name"),
        ("a.jsonl", '{"label": 1, "text": null}\n', r"line 1 has no .* or no text 'text'"),
        ("a.jsonl", '{"label": 1, "text": " "}\n', r"line 1 has a label and no text"),
        ("a.jsonl", '{"a": 1, "b": 2, "c": 3}\n', r"no label and text among a, b, c(?s:.*)call them"),
        ("a.jsonl", "{}\n", r"no label and text among no fields"),
    ],
)
def test_broken_files(write, name, body, text):
    with pytest.raises(DataError, match=text) as caught:
        load_labelled(write(name, body))
    assert "fix:" in str(caught.value)


@pytest.mark.parametrize("damage", [lambda raw: raw[:-9], lambda raw: raw[:30] + b"?" + raw[31:], lambda raw: raw[:5]],
                         ids=["cut off", "changed", "a head alone"])  # fmt: skip
def test_a_damaged_gzip_file(write, damage):
    raw = damage(gzip.compress(as_lines().encode()))
    with pytest.raises(DataError, match=r"a\.tsv is a gzip file that is damaged(?s:.*)fix: fetch the file again"):
        load_labelled(write("a.tsv", raw))


def test_a_text_of_20_000_words_is_cut_and_its_line_named(write, caplog):
    """Issue 15, item 26: padded to its length, a batch of fifty took 7.5 GB."""
    lines = as_lines().splitlines(keepends=True)
    lines[6] = "1\t" + "word " * 20_000 + "\n"
    path = write("a.tsv", "".join(lines))
    assert max(len(tokens) for tokens, _ in examples(load_labelled(path))) == 20_000, "who asks for no cut gets none"
    assert caplog.records == []
    cut = load_labelled(path, longest=4000)
    assert sorted(len(tokens) for tokens, _ in examples(cut))[-2:] == [8, 4000]
    assert caplog.messages == [f"load_labelled: {path}: of line 7, which has 20,000 words, the first 4,000 are read"]
    caplog.clear()
    load_labelled(path, longest=7)
    assert "of line 2, which has 8 words, and 20 others, the first 7 are read" in caplog.messages[0]
    with pytest.raises(OptionError, match="load_labelled: longest is 0"):
        load_labelled(path, longest=0)


@pytest.mark.parametrize("load", [load_sentences, load_characters])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz"])
def test_a_table_is_no_running_text(write, load, name):
    """Its names of columns, labels and braces would be read as words."""
    with pytest.raises(DataError, match=rf"{load.__name__}: .*{name} is a table, not text(?s:.*)fix: save its column of texts"):
        load(write(name, as_csv(["label", "text"])))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("mr,subj", r"load_labelled: mr,subj are several corpora(?s:.*)name one"),
        ("gone.tsv,test.tsv", r"'gone\.tsv' is neither a file nor a corpus"),
        ("a,b,c,d", r"load_labelled: 4 files of a, b, c, d(?s:.*)pass one file, or train, validation, test"),
    ],
)
def test_wrong_names_of_a_split(data, text):
    with pytest.raises(DataError, match=text):
        load_labelled(data)
