"""Readers: a file, sheet or table in, a :class:`~landtool.sources.raw.RawTable` out."""
