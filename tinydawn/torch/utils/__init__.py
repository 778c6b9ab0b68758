"""What serves training: batches of data."""

from . import data as data
