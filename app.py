"""The Streamlit entry: ``streamlit run app.py -- WORKSPACE`` (``landtool app WORKSPACE`` does the same)."""

import sys

from landtool.webapp.main import main

main(sys.argv[1] if len(sys.argv) > 1 else None)
