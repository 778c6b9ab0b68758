"""write_atomic: the old file or the new one, with ordinary rights, and nothing left behind."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tinydawn.storage.files import write_atomic

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such file rights")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_writes_and_returns_the_path(tmp_path):
    path = write_atomic(str(tmp_path / "a.bin"), b"\x00\r\n\xff")
    assert path == tmp_path / "a.bin"
    assert path.read_bytes() == b"\x00\r\n\xff"
    assert names(tmp_path) == ["a.bin"]


def test_it_replaces_a_longer_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"long" * 100)
    write_atomic(path, b"")
    assert path.read_bytes() == b""
    assert names(tmp_path) == ["a"]


def test_it_makes_the_folders(tmp_path):
    assert write_atomic(tmp_path / "x" / "y" / "a", b"1").read_bytes() == b"1"


def test_a_name_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_atomic("a", b"1")
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["with space", "模型.bin", ".hidden", "a" * 200, "x.tar.gz", "%s{}"])
def test_any_name(tmp_path, name):
    write_atomic(tmp_path / name, b"1")
    assert names(tmp_path) == [name]


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_rights_are_those_of_open(tmp_path, umask):
    before = os.umask(umask)
    try:
        ours = write_atomic(tmp_path / "ours", b"1")
        theirs = tmp_path / "theirs"
        theirs.write_bytes(b"1")
        assert stat.S_IMODE(ours.stat().st_mode) == stat.S_IMODE(theirs.stat().st_mode) == 0o666 & ~umask
        assert os.umask(umask) == umask, "the umask is as it was"
    finally:
        os.umask(before)


class Crash(BaseException):
    """Not an Exception, as KeyboardInterrupt is not."""


@pytest.mark.parametrize("where", ["replace", "chmod", "fdopen"])
@pytest.mark.parametrize("kind", [OSError, KeyboardInterrupt, Crash])
def test_a_crash_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, where, kind):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def crash(*args: Any, **kwargs: Any) -> None:
        if where == "fdopen":
            os.close(args[0])
        raise kind

    monkeypatch.setattr(os, where, crash)
    with pytest.raises(kind):
        write_atomic(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_crash_while_writing(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        write_atomic(path, "text, not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_the_old_file_is_whole_until_the_last_moment(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    seen = []
    replace = os.replace

    def watched(source: Any, target: Any) -> None:
        seen.append((path.read_bytes(), Path(source).read_bytes(), Path(source).parent == path.parent))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    write_atomic(path, b"new")
    assert seen == [(b"old", b"new", True)]


def test_a_folder_is_not_replaced(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "kept").write_bytes(b"1")
    with pytest.raises(IsADirectoryError) as caught:
        write_atomic(folder, b"1")
    assert caught.value.filename == str(folder), "not the temporary name"
    assert names(tmp_path) == ["folder"]
    assert names(folder) == ["kept"]


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").write_bytes(b"1")
    with pytest.raises(OSError, match="file"):
        write_atomic(tmp_path / "file" / "a", b"1")
    assert (tmp_path / "file").read_bytes() == b"1"


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            write_atomic(tmp_path / "a", b"1")
    finally:
        tmp_path.chmod(0o700)


@posix
def test_a_link_stays_one(tmp_path):
    """A checkpoint may lie on a larger disk."""
    (tmp_path / "large").mkdir()
    (tmp_path / "link").symlink_to(Path("large") / "a")
    for data in (b"1", b"2"):  # a link to nothing yet, and to a file
        assert write_atomic(tmp_path / "link", data) == tmp_path / "link"
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "large" / "a").read_bytes() == data
    assert names(tmp_path) == ["large", "link"]
    assert names(tmp_path / "large") == ["a"]


@posix
def test_what_is_no_file_is_not_replaced_by_one(tmp_path):
    """As root, --save /dev/null had replaced the device."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="cannot be written: it is no file") as caught:
        write_atomic(tmp_path / "pipe", b"1")
    assert caught.value.filename == str(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert names(tmp_path) == ["pipe"]
