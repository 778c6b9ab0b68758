"""Lab 02."""

from __future__ import annotations
