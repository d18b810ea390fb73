"""The laboratory in a browser: `streamlit run app.py`.

The server imports this file to find `app`; for each visitor it runs it as a script.
"""

import streamlit as st

if __name__ == "__main__":
    from scratchmlp.ui import layout

    layout.run()
else:
    from scratchmlp import listening

    listening.decide()  # before anything heavy is imported: the server may start again

    from scratchmlp.ui import connections, pacing, server, startup

    startup.copy_into_workers()

    middleware = [*server.MIDDLEWARE, *connections.MIDDLEWARE, pacing.middleware()]
    app = st.App(__file__, middleware=middleware, lifespan=startup.lifespan)
