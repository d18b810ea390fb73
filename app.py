"""The laboratory in a browser: `streamlit run app.py`."""

from scratchmlp.ui import layout

layout.run()
