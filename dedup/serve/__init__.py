"""The index behind HTTP: a small service for pipelines that are not written in Python."""
