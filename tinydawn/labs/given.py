"""What labs give: small objects that holes work on. They are no answers to any hole."""

from __future__ import annotations
