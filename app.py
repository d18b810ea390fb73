"""The laboratory in a browser: `streamlit run app.py`."""

from scratchmlp.ui import frame

frame.run()
