"""The address that opens a program in the playground. The program stands behind the #, which no browser sends to a server."""

from __future__ import annotations

import base64
import zlib


def link(program: str) -> str:
    """Where the playground opens `program`, from the root of the site: playground/index.html#z=...

    z is the text as UTF-8, compressed by deflate without a header, in base64 for addresses; playground.js reads and writes the
    same.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(program.encode()) + packer.flush()
    return "playground/index.html#z=" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def program_of(address: str) -> str:
    """The program of such an address.

    >>> program_of(link("x = td.tensor(2.0)"))
    'x = td.tensor(2.0)'
    """
    packed = address.partition("#z=")[2].partition("&")[0]
    return zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), -15).decode()
