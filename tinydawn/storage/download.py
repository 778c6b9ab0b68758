"""Where a named corpus lies: the user's own folder, the cache, or its public address."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, message

MIRROR = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class CorpusFile:
    """One file of a corpus: its path in the repository, its size in bytes, its checksum, sha256, in hexadecimal.

    An empty path marks a file that was made from others and cannot be downloaded.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Corpus:
    """Where a corpus comes from and what may be done with it.

    Attributes:
        repository: "owner/name" of the public repository.
        commit: the commit the checksums belong to, in full or as far as it is known.
        files: local file name -> CorpusFile.
        licence: as its publisher states it.
        citation: what to cite.
        folder: where it lies in `$TINYDAWN_DATA`, if not under its name.
    """

    repository: str
    commit: str
    files: dict[str, CorpusFile]
    licence: str
    citation: str
    folder: str = ""


def cache_dir() -> Path:
    """The user's cache folder for corpora; it need not exist yet.

    `$XDG_CACHE_HOME/tinydawn`, by default `~/.cache/tinydawn`; on Windows `%LOCALAPPDATA%\\tinydawn`.
    """
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "tinydawn"
    root = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(root) if os.path.isabs(root) else Path.home() / ".cache") / "tinydawn"


def find_corpus(name: str, corpus: Corpus, mirror: str | None = None, timeout: float = 30.0) -> Path:
    """The folder that holds every file of `corpus`, which is called `name`: in $TINYDAWN_DATA, in the cache, or downloaded.

    mirror   the address to download from, if not GitHub
    timeout  of the network, in seconds

    Raises DataError, saying what to do, if it is nowhere and cannot be downloaded.
    """
    own = os.environ.get("TINYDAWN_DATA")
    if own:
        if not Path(own).is_dir():
            what = f"TINYDAWN_DATA is set to {own!r}, which is not a folder"
            raise DataError(message(what, fix="correct it, or unset it to use the cache"))
        for folder in (Path(own) / name, Path(own) / (corpus.folder or name)):
            if folder.is_dir():
                absent = [file for file in corpus.files if not (folder / file).is_file()]
                if absent:
                    raise DataError(message(f"{folder} has no file {', '.join(absent)}", fix="add what is missing"))
                return folder
    folder = cache_dir() / name
    missing = [file for file, record in corpus.files.items() if not _is_intact(folder / file, record)]
    if missing:
        made = [file for file in missing if not corpus.files[file].path]
        if made:
            what = f"{name}: {', '.join(made)} cannot be downloaded: it was made from other files of {corpus.repository}"
            raise DataError(message(what, fix=f"put it into {folder}, or set TINYDAWN_DATA to a folder that has it"))
        from urllib.parse import quote  # a path may be Chinese

        base = mirror or os.environ.get("TINYDAWN_MIRROR") or MIRROR
        log = logging.getLogger("tinydawn")
        log.warning("downloading %s from %s to %s", name, base, folder)
        log.warning("licence of %s: %s. Cite: %s", name, corpus.licence, corpus.citation)
        for file in missing:
            record = corpus.files[file]
            address = f"{base.rstrip('/')}/{corpus.repository}/{corpus.commit}/{quote(record.path)}"
            _download(name, address, folder / file, record, timeout)
    return folder


def _is_intact(path: Path, record: CorpusFile) -> bool:
    """Is the file there, as the table says? A damaged one in the cache is downloaded again."""
    if not path.is_file() or path.stat().st_size != record.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == record.sha256


def _download(name: str, address: str, path: Path, record: CorpusFile, timeout: float) -> None:
    """Fetch one file; it appears under its name complete and checked, or not at all."""
    fix = f"try again, or put the files of {name} into a folder {name!r} and set TINYDAWN_DATA to the folder above it"
    created = not path.parent.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".download-")
    except OSError as error:
        what = f"{name}: cannot write to the cache folder {path.parent}: {error.strerror}"
        raise DataError(message(what, fix="set XDG_CACHE_HOME to a folder you can write to")) from None
    try:
        with os.fdopen(handle, "wb") as out:
            body = _fetch(name, address, record.size, timeout, fix)
            try:
                out.write(body)
                out.flush()
            except OSError as error:
                what = f"{name}: cannot write to the cache folder {path.parent}: {error.strerror}"
                raise DataError(message(what, fix="make room there, or set XDG_CACHE_HOME to another folder")) from None
        got = hashlib.sha256(body).hexdigest()
        if len(body) < record.size:
            what = f"{name}: the download of {address} was cut off after {len(body)} of {record.size} bytes"
            raise DataError(message(what, fix=fix))
        if got != record.sha256:
            what = f"{name}: {address} is not the expected file: its sha256 is {got}, not {record.sha256}"
            raise DataError(message(what, fix=fix))
        os.replace(temporary, path)
    except BaseException:  # an interrupt, too, must not leave a partial file behind
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if created:
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        raise


def _fetch(name: str, address: str, size: int, timeout: float, fix: str) -> bytes:
    """At most size + 1 bytes of what the address serves, or a DataError that says why not."""
    from http.client import HTTPException  # here, because a program that downloads nothing needs no network code
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    if not address.startswith(("http://", "https://")):
        what = f"{name}: {address} is not a web address"
        raise DataError(message(what, fix="TINYDAWN_MIRROR must begin with https:// or http://"))
    try:
        with urlopen(address, timeout=timeout) as response:
            chunks: list[bytes] = []
            left = size + 1
            while left > 0 and (chunk := response.read(min(left, 1 << 16))):
                chunks.append(chunk)
                left -= len(chunk)
            return b"".join(chunks)
    except HTTPError as error:
        error.close()
        what = f"{name}: {address} answered {error.code} {error.reason}"
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        what = f"{name}: cannot download {address}: {reason}"
        if isinstance(reason, TimeoutError):
            what = f"{name}: {address} did not answer within {timeout:g} seconds"
    raise DataError(message(what, fix=fix))
