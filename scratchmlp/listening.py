"""Where `streamlit run app.py` listens: on this machine only, unless somebody decides otherwise.

The committed configuration holds no address: Community Cloud could not reach the app there. Without
an address Streamlit listens everywhere, on a laptop too.
"""

import os
import sys
from pathlib import Path

import streamlit as st

from scratchmlp.errors import UserError, needed_to_start

LOOPBACK = "127.0.0.1"
CLOUD_SOURCE = "/mount/src"  # where Community Cloud puts a repository


def decide() -> None:
    """Start the command again on loopback, or say where the server listens.

    Streamlit has its socket before it imports an app, so only a new start moves it. The process
    stays the same. The server does not start if `SCRATCHMLP_HOSTED` has a wrong value.
    """
    st.secrets.load_if_toml_exists()  # the secrets become environment variables
    with needed_to_start():
        hosted_setting()
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
    wish = hosted_setting()
    return file.resolve().is_relative_to(CLOUD_SOURCE) if wish is None else wish


def hosted_setting() -> bool | None:
    """Whether `SCRATCHMLP_HOSTED` says that visitors share the server; None if it is not set.

    Raises
    ------
    UserError
        It is neither 1 nor 0.
    """
    wish = os.environ.get("SCRATCHMLP_HOSTED") or None
    if wish not in ("0", "1", None):
        raise UserError(f"SCRATCHMLP_HOSTED is {wish[:40]}: it must be 1 or 0.")
    return None if wish is None else wish == "1"


def _port() -> str:
    return f"port {st.get_option('server.port')}"
