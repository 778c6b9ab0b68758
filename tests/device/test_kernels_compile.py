"""The bodies of the kernels of a GPU, given to a compiler of C++ where there is one: the double reads less of the language."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tinydawn.gpu import bodies

COMPILER = shutil.which("g++") or shutil.which("clang++")
TYPES = {"int64": "long long", "uint64": "unsigned long long"}
HEAD = """
#include <cmath>
#include <cstddef>
using namespace std;
#define __device__
"""


def parameter(text: str, constant: str) -> tuple[str, str]:
    """Its declaration, and what the body's name for it is, as CuPy writes them: arrays, and the entry that this thread has."""
    *how, kind, name = text.split()
    kind = TYPES.get(kind, kind)
    if how:
        return f"{constant}{kind}* {name}", ""
    return f"{constant}{kind}* _raw_{name}", f"{constant}{kind}& {name} = _raw_{name}[i];"


def elementwise(name: str) -> str:
    inputs, outputs, body = bodies.ELEMENTWISE[name]
    given = [parameter(p, "const ") for p in inputs.split(",")] + [parameter(p, "") for p in outputs.split(",")]
    return f"""{bodies.PREAMBLE}
void tinydawn_{name}({', '.join(g[0] for g in given)}, ptrdiff_t _count) {{
    for (ptrdiff_t i = 0; i < _count; ++i) {{
        {' '.join(g[1] for g in given)}
        {body};
    }}
}}
"""


def reduction(name: str) -> str:
    inputs, outputs, mapped, reduced, after, start, kind = bodies.REDUCTIONS[name]
    first, then = ([parameter(p, c) for p in text.split(",")] for text, c in ((inputs, "const "), (outputs, "")))
    # A number is a parameter of the whole kernel; here every input is an array, and the last map takes its first entry.
    numbers = [p.split()[1] for p in inputs.split(",") if f" {p.split()[1]} " in f" {after.replace(')', ' ')} "]
    return f"""{bodies.PREAMBLE}{''.join(bodies.STRUCTS.get(kind, ''))}
#define REDUCE(a, b) ({reduced})
#define POST_MAP(a) ({after})
typedef {kind or 'T'} _type_reduce;
void tinydawn_{name}({', '.join(g[0] for g in first + then)}, ptrdiff_t _count) {{
    _type_reduce _s = _type_reduce({start});
    for (ptrdiff_t i = 0; i < _count; ++i) {{
        {' '.join(g[1] for g in first)}
        _type_reduce _a = static_cast<_type_reduce>({mapped});
        _s = REDUCE(_s, _a);
    }}
    ptrdiff_t i = 0;
    {' '.join(g[1] for g in then)} {' '.join(f"const T& {n} = _raw_{n}[0];" for n in numbers)}
    POST_MAP(_s);
}}
#undef REDUCE
#undef POST_MAP
"""


@pytest.mark.skipif(COMPILER is None, reason="there is no compiler of C++ here")
@pytest.mark.parametrize("dtype", ["float", "double"])
def test_a_compiler_takes_every_body(dtype: str, tmp_path: Path) -> None:
    parts = [f"namespace e_{n} {{ typedef {dtype} T; {elementwise(n)} }}\n" for n in bodies.ELEMENTWISE]
    parts += [f"namespace r_{n} {{ typedef {dtype} T; {reduction(n)} }}\n" for n in bodies.REDUCTIONS]
    source = tmp_path / "kernels.cpp"
    source.write_text(HEAD + "".join(parts), encoding="utf-8")
    done = subprocess.run([COMPILER or "", "-std=c++17", "-fsyntax-only", "-Wall", "-Wno-unused", str(source)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[:4000]
    assert not done.stderr, done.stderr[:4000]
