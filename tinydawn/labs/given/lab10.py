"""Lab 10."""

from __future__ import annotations
