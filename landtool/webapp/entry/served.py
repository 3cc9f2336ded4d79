"""The app as ``landtool app`` serves it: the pages' script, and the map's routes beside it."""

import streamlit as st

from landtool.webapp.map_routes import map_routes
from landtool.webapp.serve import SCRIPT
from landtool.webapp.warm import warming

app = st.App(SCRIPT, lifespan=warming, routes=map_routes(st.get_option("server.baseUrlPath") or ""))
