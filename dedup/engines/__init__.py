"""Engines: the stages of the pipeline on more than this one process."""
