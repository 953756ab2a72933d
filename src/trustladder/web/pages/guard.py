"""What every page route shares: forms only from our own pages, and errors that people can read."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from trustladder.errors import LedgerUnavailable, NoSuchTicket, TrustladderError
from trustladder.web.pages.render import capital, html
from trustladder.web.problems import STATUS, as_problem

_READING = frozenset({"GET", "HEAD"})


def from_our_own_pages(request: Request) -> bool:
    """Return whether a request may change something: browsers say where it comes from.

    The checks of Go's ``http.CrossOriginProtection``: Sec-Fetch-Site, else Origin against Host. A request with
    neither header comes from no browser, so that no cookie was attached against a person's will.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route of a page: refuses forms from elsewhere, and answers every error with a page."""

    def get_route_handler(self) -> Handler:
        """Return the handler with both around it."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if request.method not in _READING and not from_our_own_pages(request):
                return trouble(403, "This form was not sent from a page of this service", "open the page and try again")
            try:
                return await handle(request)
            except TrustladderError as error:
                return _ours(error)
            except RequestValidationError as error:
                return trouble(422, "This cannot be read", str(error.errors()[0]["msg"]))
            except HTTPException as error:
                return trouble(error.status_code, str(error.detail))

        return guarded


def nowhere(request: Request, error: Exception) -> Response:
    """Answer for an address that is none: a page for people, and for programs what the API says."""
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/"):
        return trouble(404, "There is no such page", "begin with the queue")
    return as_problem(request, error)


def trouble(status: int, what: str, fix: str = "") -> Response:
    """Return a page that says what happened and what to do about it."""
    return html("trouble.html", {"status": status, "what": what, "fix": fix}, status)


def _ours(error: TrustladderError) -> Response:
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS), None)
    if kind is None:
        return trouble(500, "Something went wrong here", "try again; the log of the service says more")
    what = "The ledger cannot be reached just now" if kind is LedgerUnavailable else error.what
    fix = "check the id, or search for it" if kind is NoSuchTicket else error.fix
    return trouble(STATUS[kind][0], capital(what), fix)
