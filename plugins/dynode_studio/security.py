"""Who may talk to the studio: one browser, with the token, from this studio's own pages."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "dynode_studio"
LARGEST_BODY = 80 * 2**20  # bytes of an upload, what stands around it included
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; connect-src 'self'; font-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)


def new_token() -> str:
    """Make a token that nobody guesses."""
    return secrets.token_urlsafe(24)


class Guard:
    """Refuses every request and socket that is not the studio's own.

    The token comes once in the address and is kept as a cookie that scripts cannot read and that other
    sites' pages do not send. A Host that is none of ours is what DNS rebinding looks like; a foreign
    Origin is another site's page.

    Args:
        app: What is guarded.
        token: The token.
        hosts: `name:port` that the browser may call the studio by.
        largest: Bytes of the largest body.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, hosts: Iterable[str], largest: int = LARGEST_BODY
    ) -> None:
        self.app, self.token, self.hosts = app, token, frozenset(hosts)
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse; see ASGI."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await self._refuse(scope, receive, send, *refusal)
            return
        if self._token_of_address(scope) is not None and scope["type"] == "http":
            await self._settle(scope, receive, send)
            return
        await self.app(scope, self._bounded(receive), _with_policy(send))

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Say why a request is refused: status and one line; None if it is not."""
        if headers.get("host", "") not in self.hosts or len(headers.getlist("host")) != 1:
            return 403, "this address is not the studio's; use the one that 'dynode studio' printed"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc not in self.hosts:
            return 403, "another site's page asked for this; it was refused"
        if origin is None and scope["type"] == "websocket":
            return 403, "a socket needs the Origin of the studio's own page"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "another site's page asked for this; it was refused"
        if not self._has_token(scope, headers):
            return 401, "the token is missing; use the address that 'dynode studio' printed"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.largest:
            return 413, f"too large; at most {self.largest // 2**20} MiB"
        return None

    def _has_token(self, scope: Scope, headers: Headers) -> bool:
        given = self._token_of_address(scope)
        if given is None:
            cookies: SimpleCookie = SimpleCookie()
            try:
                cookies.load(headers.get("cookie", ""))
            except CookieError:
                return False
            kept = cookies.get(COOKIE)
            given = kept.value if kept is not None else ""
        return hmac.compare_digest(given.encode(), self.token.encode())

    @staticmethod
    def _token_of_address(scope: Scope) -> str | None:
        if scope["path"] != "/":
            return None
        asked = parse_qs(str(scope.get("query_string", b""), "latin-1"))
        return next(iter(asked.get("token", [])), None)

    async def _settle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the token as a cookie and take it out of the address."""
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict", path="/")
        answer.headers["referrer-policy"] = "no-referrer"
        await answer(scope, receive, send)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": reason})
            return
        await PlainTextResponse(reason + "\n", status_code=status)(scope, receive, send)

    def _bounded(self, receive: Receive) -> Receive:
        """Count what comes, whatever length was declared; a body that is too large is cut off."""
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > self.largest:
                    return {"type": "http.disconnect"}
            return message

        return bounded


def _with_policy(send: Send) -> Send:
    """Tell the browser to load nothing from elsewhere and to show the page in no other."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                (b"content-security-policy", _POLICY.encode()),
                (b"referrer-policy", b"no-referrer"),
                (b"x-content-type-options", b"nosniff"),
                (b"cross-origin-resource-policy", b"same-origin"),
            ]
        await send(message)

    return told
