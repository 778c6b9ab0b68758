"""With this folder on PYTHONPATH, `import cupy` finds the double: for whole programs, in a process of their own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import cupy_double

sys.modules["cupy"] = cupy_double.make()
