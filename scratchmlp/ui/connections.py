"""What a visitor of a hosted server can reach by its protocol: their own session, and no more.

Streamlit gives a session, with all that is drawn and chosen in it, to whoever names its id. Here a
session belongs to the visitor who began it. Streamlit also obeys messages that no page sends, for
example "clear the cache", which it would clear for everybody.
"""

import logging
import re
from collections import OrderedDict

from google.protobuf.message import DecodeError
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from scratchmlp.ui.server import cookie_of, is_hosted

MAX_SESSIONS = 10_000  # whose visitors are remembered, the newest
PROTOCOL = b"sec-websocket-protocol"  # "streamlit, token, the session to go on with"
_UPLOAD = re.compile("/_stcore/upload_file/([^/]+)/")
_MESSAGES = {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request"}
_OPERATIONS = {"deferred_file", "dataframe_chunk"}

log = logging.getLogger(__name__)


class OwnSession:
    """Refuses the sessions of others, uploads to them, and messages that no page sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._visitors: OrderedDict[str, str] = OrderedDict()  # the cookie of each session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_hosted() or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif self._is_upload_to_another(scope):
            refusal = PlainTextResponse("This session is not yours: reload the page.", 403)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_upload_to_another(self, scope: Scope) -> bool:
        found = _UPLOAD.search(scope["path"])
        if found is None or scope["method"] == "OPTIONS":
            return False
        return self._visitors.get(found[1]) != cookie_of(HTTPConnection(scope))

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor, session = cookie_of(HTTPConnection(scope)), ""

        async def send_and_note(message: Message) -> None:
            nonlocal session
            if not session and (data := message.get("bytes")):
                session = ForwardMsg.FromString(data).new_session.initialize.session_id
                self._note(session, visitor)
            await send(message)

        async def receive_needed() -> Message:
            while True:
                message = await receive()
                if _is_needed(message.get("bytes") or b""):
                    return message
                log.warning("A message that no page sends was left out.")

        await self._app(self._without_session_of_another(scope), receive_needed, send_and_note)

    def _note(self, session: str, visitor: str) -> None:
        if session:
            self._visitors[session] = visitor
            self._visitors.move_to_end(session)
        if len(self._visitors) > MAX_SESSIONS:
            self._visitors.popitem(last=False)

    def _without_session_of_another(self, scope: Scope) -> Scope:
        """The request, if need be as of a browser that asks for a new session."""
        protocol, *others = Headers(scope=scope).get(PROTOCOL.decode(), "").split(",")
        session = others[1].strip() if len(others) > 1 else ""
        if not session or self._visitors.get(session) == cookie_of(HTTPConnection(scope)):
            return scope
        kept = [(name, value) for name, value in scope["headers"] if name != PROTOCOL]
        new = ",".join([protocol, others[0]]).encode("latin-1")
        return {**scope, "headers": [*kept, (PROTOCOL, new)]}


def _is_needed(data: bytes) -> bool:
    """Whether a browser that shows a page sends such a message."""
    if not data:  # the connection begins or ends
        return True
    try:
        message = BackMsg.FromString(data)
    except DecodeError:  # the server then closes the connection
        return True
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in _OPERATIONS
    return kind in _MESSAGES


MIDDLEWARE = [Middleware(OwnSession)]
