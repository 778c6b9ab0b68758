"""Lab 06."""

from __future__ import annotations
