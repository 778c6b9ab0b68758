"""Lab 08."""

from __future__ import annotations
