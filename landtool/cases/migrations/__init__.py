"""Versions of the store's tables, run by :mod:`landtool.cases.database` when a store is opened."""
