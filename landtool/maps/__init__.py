"""Folium maps that open with no network: layers, legends, inline assets."""
