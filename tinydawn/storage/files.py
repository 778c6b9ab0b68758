"""Writing files so that nothing is lost: under a temporary name first, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from pathlib import Path

from ..errors import DataError, message


def utf8(name: str, text: str) -> bytes:
    """`text` as bytes, or an error of the function `name`: half a surrogate pair is no text that a file can hold."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        what = f"{name}: {text[error.start:error.end][:4]!a} is half a surrogate pair, which no file of text can hold"
        raise DataError(message(what, fix='read text with encoding="utf-8", errors="replace"')) from None


def write_atomic(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write `data` to a temporary file beside `path` and rename it: a crash, of the machine too, leaves the old file or the new.

    Folders on the way are made. A link stays, and the file it leads to is written. Returns the path. Raises OSError, which names
    `path`, if it cannot be written, or is no file: /dev/null would be replaced by one.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():  # os.replace would say so too, but of the temporary name
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "cannot be written: it is no file", str(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    except OSError as error:
        raise _of(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # or the name may reach the disk before the content does
        if sys.platform not in ("emscripten", "wasi"):  # where there is one user, and umask says nothing
            umask = os.umask(0)  # mkstemp lets nobody else read the file; give it the rights that it had, or that open() would
            os.umask(umask)
            os.chmod(temporary, stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno:
            raise _of(path, error) from error
        raise
    return Path(path)


def _of(path: str | os.PathLike[str], error: OSError) -> OSError:
    """The same error, of the file that was to be written: a full disk names none, and the temporary one says nothing."""
    return OSError(error.errno, f"cannot be written: {error.strerror}", str(path))
