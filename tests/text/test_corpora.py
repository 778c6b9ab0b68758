"""Finding, downloading and reading corpora. The network is an HTTP server on this computer."""

import bz2
import gzip
import hashlib
import http.server
import logging
import lzma
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from clock import PATIENCE

from tinydawn.errors import DataError
from tinydawn.storage.download import Corpus, CorpusFile, cache_dir
from tinydawn.text import char_tokenize, corpora, find, load_parallel, readers, word_tokenize

DE, EN = b"ein hund .\nzwei katzen .\n", b"a dog .\ntwo cats .\n"
PATHS = {"train.de": "data/a.de", "train.en": "data/a.en"}
TINY = Corpus(
    repository="someone/tiny",
    commit="c0ffee",
    files={
        name: CorpusFile(PATHS[name], len(body), hashlib.sha256(body).hexdigest())
        for name, body in (("train.de", DE), ("train.en", EN))
    },
    licence="CC0",
    citation="Nobody 2020",
)


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.bodies[path]`: bytes, an HTTP status to answer, "cut" or "stall"."""

    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.bodies.get(self.path, 404)
        if isinstance(body, int):
            self.send_error(body)
        elif body == "stall":
            self.server.stop_stalling.wait(10)
        elif body == "redirect":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
        elif body == "junk":
            self.wfile.write(b"this is not HTTP\n\n")
        else:
            cut = body == "cut"
            body = DE if cut else body
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:5] if cut else body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A mirror with the tiny corpus on it, an empty cache, and no data folder."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        root = f"/{TINY.repository}/{TINY.commit}/"
        server.bodies = {root + "data/a.de": DE, root + "data/a.en": EN}
        server.asked, server.stop_stalling = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setitem(corpora.CORPORA, "tiny", TINY)
        monkeypatch.setenv("TINYDAWN_MIRROR", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
        monkeypatch.delenv("TINYDAWN_DATA", raising=False)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield server
        server.stop_stalling.set()
        server.shutdown()
        thread.join()


def test_download_once_with_the_licence_shown(server, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="tinydawn"):
        folder = find("tiny")
    assert folder == tmp_path / "cache" / "tinydawn" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["train.de", "train.en"]
    assert (folder / "train.de").read_bytes() == DE
    assert "licence of tiny: CC0. Cite: Nobody 2020" in caplog.text
    assert len(server.asked) == 2
    caplog.clear()
    assert find("tiny") == folder
    assert len(server.asked) == 2
    assert caplog.text == ""


def test_a_damaged_file_in_the_cache_is_downloaded_again(server):
    folder = find("tiny")
    (folder / "train.de").write_bytes(DE[::-1])
    assert (find("tiny") / "train.de").read_bytes() == DE
    assert len(server.asked) == 3


def test_own_folder_comes_first(server, tmp_path, monkeypatch):
    own = tmp_path / "own"
    (own / "tiny").mkdir(parents=True)
    for name in TINY.files:
        (own / "tiny" / name).write_text("x\n")
    monkeypatch.setenv("TINYDAWN_DATA", str(own))
    assert find("tiny") == own / "tiny"
    assert server.asked == []
    (own / "tiny" / "train.en").unlink()
    with pytest.raises(DataError, match=r"tiny has no file train\.en"):
        find("tiny")
    (own / "tiny" / "train.de").unlink()
    (own / "tiny").rmdir()
    assert find("tiny") == tmp_path / "cache" / "tinydawn" / "tiny"  # not there at all: the cache
    monkeypatch.setenv("TINYDAWN_DATA", str(tmp_path / "gone"))
    with pytest.raises(DataError, match=r"TINYDAWN_DATA is set to .*gone.*, which is not a folder"):
        find("tiny")


def left_behind(tmp_path):
    return [path for path in (tmp_path / "cache").rglob("*") if path.name != "tinydawn"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (DE[::-1], r"is not the expected file: its sha256 is [0-9a-f]{64}, not [0-9a-f]{64}"),
        (DE + b"more", r"is not the expected file"),
        (404, r"data/a\.de answered 404 Not Found"),
        (503, r"answered 503"),
        ("cut", rf"was cut off after 5 of {len(DE)} bytes"),
        ("stall", r"did not answer within 0\.2 seconds"),
        ("redirect", r"answered 302|not allowed"),
        ("junk", r"cannot download http://127"),
    ],
)
def test_a_failed_download_says_why_and_leaves_nothing(server, tmp_path, body, text):
    path = f"/{TINY.repository}/{TINY.commit}/data/a.de"
    server.bodies[path] = body
    with pytest.raises(DataError, match=text) as caught:
        find("tiny", timeout=0.2 if body == "stall" else PATIENCE)
    assert "set TINYDAWN_DATA to the folder above it" in str(caught.value)
    assert left_behind(tmp_path) == []
    server.bodies[path] = DE
    assert (find("tiny") / "train.de").read_bytes() == DE


def test_a_failure_keeps_the_files_that_are_complete(server, tmp_path):
    server.bodies[f"/{TINY.repository}/{TINY.commit}/data/a.en"] = 404
    with pytest.raises(DataError, match=r"a\.en answered 404"):
        find("tiny")
    assert [path.name for path in left_behind(tmp_path)] == ["tiny", "train.de"]


def test_no_network(server, tmp_path, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("refused is refused: it is not tried again"))
    with pytest.raises(
        DataError, match=r"cannot download http://127.0.0.1:\d+/someone/tiny/c0ffee/data/a.de: .*refused"
    ):
        find("tiny", mirror=f"http://127.0.0.1:{port}", timeout=PATIENCE)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("mirror", ["file:///etc", "/etc", "ftp://example.org", "nonsense"])
def test_a_mirror_must_be_a_web_address(server, tmp_path, mirror):
    with pytest.raises(DataError, match="is not a web address"):
        find("tiny", mirror=mirror)
    assert server.asked == left_behind(tmp_path) == []


def test_an_interrupt_leaves_nothing(server, tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("tinydawn.storage.download._fetch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        find("tiny")
    assert left_behind(tmp_path) == []


def test_a_cache_that_cannot_be_written(server, tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(DataError, match=r"cannot write to the cache folder(?s:.*)XDG_CACHE_HOME"):
        find("tiny")


@pytest.mark.skipif(os.name == "nt", reason="the POSIX rule")
def test_cache_dir_without_xdg(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert cache_dir() == tmp_path / ".cache" / "tinydawn"


def test_unknown_name():
    with pytest.raises(DataError, match=r"unknown corpus 'multi30'(?s:.*)did you mean 'multi30k'\?"):
        find("multi30")
    with pytest.raises(DataError, match=r"unknown corpus 'wmt'(?s:.*)use one of: multi30k"):
        find("wmt")


def test_every_record_is_complete():
    for corpus in corpora.CORPORA.values():
        assert 7 <= len(corpus.commit) <= 40
        assert int(corpus.commit, 16)
        assert corpus.licence
        assert corpus.citation
        assert corpus.repository.count("/") == 1
        for record in corpus.files.values():
            assert len(bytes.fromhex(record.sha256)) == 32
            assert record.size > 0


@pytest.mark.skipif(
    not (Path(os.environ.get("TINYDAWN_DATA", "")) / "multi30k").is_dir(), reason="TINYDAWN_DATA has no multi30k"
)
def test_multi30k_is_what_the_table_says():
    folder = find("multi30k")
    for name, record in corpora.CORPORA["multi30k"].files.items():
        body = (folder / name).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (record.size, record.sha256)
    assert [len(load_parallel("multi30k", split)) for split in ("train", "val", "test_2016_flickr")] == [
        29000,
        1014,
        1000,
    ]
    source, target = load_parallel("multi30k", source="en", target="de", limit=1)[0]
    assert source[:4] == ["two", "young", ",", "white"]
    assert target[-1] == "."


def test_load_a_named_corpus_and_a_folder(server, tmp_path):
    expected = [(["ein", "hund", "."], ["a", "dog", "."]), (["zwei", "katzen", "."], ["two", "cats", "."])]
    assert load_parallel("tiny") == expected
    assert load_parallel(find("tiny")) == expected
    assert load_parallel("tiny", source="en", target="de", limit=1) == [expected[0][::-1]]
    with pytest.raises(
        DataError, match=r"has no test\.de and no test\.lc\.norm\.tok\.de(?s:.*)it has: train.de, train.en"
    ):
        load_parallel("tiny", "test")


@pytest.fixture
def write(tmp_path):
    def write(name, body):
        path = tmp_path / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return path

    return write


def test_two_files_of_one_s_own(write):
    pair = write("a", "\ufeffEin Hund.\r\nEin\u2028Satz.\r\n"), write("b", "A dog.\nA\x85sentence.")  # odd line ends
    assert load_parallel(
        pair, tokenize_source=lambda line: word_tokenize(line, "de"), tokenize_target=word_tokenize
    ) == [
        (["ein", "hund", "."], ["a", "dog", "."]),
        (["ein", "satz", "."], ["a", "sentence", "."]),
    ]
    assert len(load_parallel((str(pair[0]), str(pair[1])), limit=1)) == 1


def test_one_tab_separated_file(write):
    path = write("pairs.tsv", "Hi there\t你好\tCC-BY\nRun\t跑\tCC-BY\n\n")
    assert load_parallel(path, tokenize_target=char_tokenize) == [(["Hi", "there"], ["你", "好"]), (["Run"], ["跑"])]
    assert load_parallel(str(path), columns=(1, 0))[1] == (["跑"], ["Run"])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_the_ends_of_lines(write, end):
    """A lone carriage return ended no line: two sentences of an old Mac's file were one pair. Nothing else ends a line."""
    german = write("a", f"ein hund{end}zwei\x0b\x0c\x1c\u2028katzen{end}")
    pairs = [(["ein", "hund"], ["a", "dog"]), (["zwei", "katzen"], ["two", "cats"])]
    for other in ("\n", "\r", end):
        assert load_parallel((german, write("b", f"a dog{other}two cats"))) == pairs
    assert load_parallel(write("c", f"ein hund\ta dog{end}zwei katzen\ttwo cats\r")) == pairs


def test_a_line_that_may_have_ended(write):
    """Where there are newlines, some programs end a line at a lone carriage return and some do not; pairs would shift."""
    one, two = write("a", "x\ny\rz\r\nw\n"), write("b", "x\ny\nw\n")
    for data in ((one, two), (two, one)):
        with pytest.raises(DataError, match=r"a: line 2 has a carriage return in the middle(?s:.*)tr "):
            load_parallel(data)


@pytest.mark.parametrize(("first", "said"), [
    ("x\ny\n".encode("utf-16"), r"a is not UTF-8 text, but UTF-16\n(?s:.*)iconv -f utf-16 "),
    ("猫\n".encode("utf-16-be"), r"a is not UTF-8 text, but UTF-16 without a byte order mark\n(?s:.*)iconv -f utf-16be "),
    ("x\ny\n".encode("utf-16-le"), r"a is not UTF-8 text, but UTF-16 without a byte order mark\n(?s:.*)iconv -f utf-16le "),
    ("\ufeff猫\n".encode("utf-16-be"), r"but UTF-16\n(?s:.*)iconv -f utf-16 "),
    ("x\n".encode("utf-32"), r"but UTF-32\n(?s:.*)iconv -f utf-32 "),
    (bz2.compress(b"x\n"), r"but compressed with bzip2\n(?s:.*)bunzip2"),
    (lzma.compress(b"x\n"), r"but compressed with xz\n(?s:.*)unxz"),
    (b"PK\x03\x04\x14\x00\xff", r"but a zip archive, or a document of Word or Excel\n(?s:.*)plain text"),
    (b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", r"but a PDF\n(?s:.*)pdftotext"),
    (b"xy\nz\0w\nv\n", r"a is not UTF-8 text \(line 2\)\n(?s:.*)a file of text"),
    ("x\ngrün\n".encode("latin-1"), r"a is not UTF-8 text \(line 2\)\n(?s:.*)if that is Latin-1: iconv -f latin1"),
])
def test_what_a_file_is_instead_of_text(write, first, said):
    with pytest.raises(DataError, match=said):
        load_parallel((write("a", first), write("b", "x\ny\n")))


def test_what_is_compressed():
    with pytest.raises(DataError, match=r"a is not UTF-8 text, but compressed with gzip\n(?s:.*)gunzip"):
        readers.decode(gzip.compress(b"x\n"), "a")


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("x\ny\nz\n", "x\ny\n", r"a has 3 lines, .*b has 2"),
        ("", "x\n", r"a is empty"),
        ("\n \n", "x\n", r"a is empty"),
        ("x\n\ny\n", "x\nx\ny\n", r"a: line 2 is empty"),
        ("x\ny\n", b"gr\xfcn\n", r"b is not UTF-8 text \(line 1\)"),
        (b"x\ngr\xfcn\n", "x\ny\n", r"a is not UTF-8 text \(line 2\)(?s:.*)iconv"),
        ("x\ny\n", "x\n" + "y " * 20_000 + "\n", r"b: line 2 has 20,000 words, .* at most 1,000(?s:.*)divide it"),
    ],
)
def test_files_that_do_not_fit(write, first, second, text):
    with pytest.raises(DataError, match=text) as caught:
        load_parallel((write("a", first), write("b", second)))
    assert "fix:" in str(caught.value)


def test_other_wrong_input(write, tmp_path):
    cases = [
        (dict(data=(tmp_path / "no", write("b", "x"))), r"cannot read .*no: No such file"),
        (
            dict(data=str(tmp_path / "no" / "folder")),
            r"is neither a file, a folder nor a corpus(?s:.*)use one of: multi30k",
        ),
        (dict(data="multi30"), r"is neither a file(?s:.*)did you mean 'multi30k'\?"),
        (dict(data=tmp_path), r"has no train\.de"),
        (dict(data=write("t", "a\tb\nc d\n")), r"t: line 2 has 1 tab-separated column\(s\), not 2"),
        (dict(data=write("u", "a\tb\n\tc\n")), r"u column 0: line 2 is empty"),
        (dict(data=("a", "b", "c")), r"expected a pair of files, got 3"),
        (dict(data="multi30k", limit=0), r"limit is 0"),
    ]
    for arguments, text in cases:
        with pytest.raises(DataError, match=text) as caught:
            load_parallel(**arguments)
        assert "fix:" in str(caught.value)


def test_import_stays_light():
    import subprocess
    import sys

    code = (
        "import sys; before = set(sys.modules); import tinydawn.text.corpora, tinydawn.metrics;"
        "print([m for m in ('urllib.request', 'http.client', 'difflib', 'ssl') if m in set(sys.modules) - before])"
    )
    # numpy may load some of these by itself, so it is loaded first
    result = subprocess.run([sys.executable, "-c", "import numpy;" + code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
