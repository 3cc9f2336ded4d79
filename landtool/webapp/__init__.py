"""The Streamlit app: pages that show results; nothing is computed here."""
