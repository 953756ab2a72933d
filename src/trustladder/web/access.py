"""Access by API key: which scope each request needs. What is not listed here is for people only."""

import base64
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from trustladder.web.keys import ApiKey, KeyRing, Scope
from trustladder.web.problems import Problem, problem_response

HELD = "trustladder.key"
"""Where the key of a request is kept in its ASGI scope; absent where no keys are asked for."""

OPEN = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json"})

_RULES: tuple[tuple[str, str, frozenset[Scope]], ...] = (
    ("POST", r"/v1/tickets/[^/]+/(turns|escalate)", frozenset({Scope.BOT, Scope.PEOPLE})),
    ("POST", r"/v1/tickets/[^/]+/(drafts|permits/[^/]+/redeem)", frozenset({Scope.BOT})),
    ("POST", r"/beta/litellm_basic_guardrail_api", frozenset({Scope.BOT})),
    ("GET", r"/v1/tickets/[^/]+(/context|/handoff)?", frozenset({Scope.BOT, Scope.READ, Scope.PEOPLE})),
    ("GET", r"/v1/.*", frozenset({Scope.READ, Scope.PEOPLE})),
    ("GET", r"/metrics", frozenset({Scope.METRICS, Scope.PEOPLE})),
)
_COMPILED = tuple((method, re.compile(pattern), scopes) for method, pattern, scopes in _RULES)
_PEOPLE = frozenset({Scope.PEOPLE})


def scopes_for(method: str, path: str) -> frozenset[Scope]:
    """Return the scopes of which a request needs one."""
    for wanted, pattern, scopes in _COMPILED:
        if wanted == method.replace("HEAD", "GET") and pattern.fullmatch(path):
            return scopes
    return _PEOPLE


def may_act_as_person(request: Request) -> bool:
    """Return whether a request may speak for a person: always without keys, else with a key of people."""
    held: ApiKey | None = request.scope.get(HELD)
    return held is None or Scope.PEOPLE in held.scopes


class Access:
    """ASGI middleware that asks for a key, and puts the key's tenant in the place of whatever the request names.

    The key comes as ``Authorization: Bearer``, as ``X-API-Key``, or as the password of HTTP Basic, which browsers ask
    for: that is how people open the pages.
    """

    def __init__(self, app: ASGIApp, ring: KeyRing) -> None:
        self._app = app
        self._ring = ring

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Pass a request on with its key, or answer 401 or 403."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        key = next(filter(None, map(self._ring.find, presented(Headers(scope=scope)))), None)
        needed = scopes_for(scope["method"], scope["path"])
        if key is None:
            problem = Problem(title="A key is needed", status=401, fix="send Authorization: Bearer tl_…")
            challenge = {"WWW-Authenticate": 'Basic realm="trustladder", charset="UTF-8"'}
            await problem_response(problem, challenge)(scope, receive, send)
        elif not key.scopes & needed:
            detail = f"this needs a key of scope {' or '.join(sorted(needed))}"
            await problem_response(Problem(title="This key may not", status=403, detail=detail))(scope, receive, send)
        else:
            MutableHeaders(scope=scope)["X-Tenant"] = key.tenant
            await self._app({**scope, HELD: key}, receive, send)


def presented(headers: Headers) -> Iterable[str]:
    """Yield what a request presents as its key."""
    kind, _, credentials = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        yield credentials.strip()
    if kind.lower() == "basic":
        yield _password(credentials)
    if "x-api-key" in headers:
        yield headers["x-api-key"]


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")[2]
    except ValueError:
        return ""
