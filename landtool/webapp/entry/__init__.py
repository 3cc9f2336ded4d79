"""Where Streamlit starts. A script beside a folder ``pages`` would have that folder taken for its pages."""
