"""The script Streamlit runs for ``landtool app``."""

from landtool.webapp.main import main

if __name__ == "__main__":
    main()
