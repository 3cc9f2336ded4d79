"""Polygons made trustworthy and measured: areas, topology, and which zone a parcel lies in.

Areas are ellipsoidal and taken in any known CRS (:mod:`landtool.geometry.area`). Everything that
compares lengths or cuts polygons asks for a metric plane and refuses degrees and Web Mercator.
"""
