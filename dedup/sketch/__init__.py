"""Shingles, MinHash signature and sample of a body: the compiled kernel and its plain twin."""

from dedup.sketch.scheme import scheme
from dedup.sketch.table import Sketch, SketchTable, join_tables, sketch, sketch_many, to_datasketch

__all__ = ["Sketch", "SketchTable", "join_tables", "scheme", "sketch", "sketch_many", "to_datasketch"]
