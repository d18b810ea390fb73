"""Where `streamlit run app.py` listens: on this machine only, unless somebody decides otherwise.

The committed configuration holds no address: Community Cloud could not reach the app there. Without
an address Streamlit listens everywhere, on a laptop too.
"""

import os
import sys
from pathlib import Path

import streamlit as st

LOOPBACK = "127.0.0.1"
CLOUD_SOURCE = "/mount/src"  # where Community Cloud puts a repository


def decide() -> None:
    """Start the command again on loopback, or say where the server listens.

    Streamlit has its socket before it imports an app, so only a new start moves it. The process
    stays the same.
    """
    address = st.get_option("server.address")
    if not is_streamlit_run():
        return
    if not address and not is_meant_for_others(Path(__file__)):
        os.environ["STREAMLIT_SERVER_ADDRESS"] = LOOPBACK
        os.environ["STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE"] = "false"
        sys.stdout.flush()
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # the socket would stay open, and taken
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    if st.get_option("logger.hideWelcomeMessage"):
        print(f"The app listens on {address or 'all addresses'}, {_port()}.", flush=True)


def is_streamlit_run() -> bool:
    return any(Path(argument).stem == "streamlit" for argument in sys.orig_argv)


def is_meant_for_others(file: Path) -> bool:
    """Whether the server is hosted although no address says so."""
    st.secrets.load_if_toml_exists()  # the secrets become environment variables
    wish = os.environ.get("SCRATCHMLP_HOSTED")
    return wish == "1" or (wish != "0" and file.resolve().is_relative_to(CLOUD_SOURCE))


def _port() -> str:
    return f"port {st.get_option('server.port')}"
