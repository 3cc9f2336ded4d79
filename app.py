"""The Streamlit entry: ``streamlit run app.py -- WORKSPACE`` (``landtool app WORKSPACE`` does the same)."""

import os
import sys

import streamlit as st

from landtool.webapp.map_routes import map_routes
from landtool.webapp.serve import SCRIPT, WORKSPACE_VARIABLE

if len(sys.argv) > 1:
    os.environ[WORKSPACE_VARIABLE] = sys.argv[1]
app = st.App(SCRIPT, routes=map_routes(st.get_option("server.baseUrlPath") or ""))
