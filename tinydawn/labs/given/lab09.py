"""Lab 09."""

from __future__ import annotations
