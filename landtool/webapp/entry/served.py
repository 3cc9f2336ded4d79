"""The app as ``landtool app`` serves it: the pages' script, and the map's routes beside it."""

import streamlit as st

from landtool.webapp.map_routes import map_routes
from landtool.webapp.serve import SCRIPT

app = st.App(SCRIPT, routes=map_routes(st.get_option("server.baseUrlPath") or ""))
