"""Errors as problem documents (RFC 9457): what happened, and what to do. Never a traceback."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from trustladder import errors
from trustladder.web.outgoing import Outgoing

STATUS: dict[type[errors.TrustladderError], tuple[int, str]] = {
    errors.NoSuchTicket: (404, "No such ticket"),
    errors.NotAllowed: (409, "Not allowed now"),
    errors.PermitRefused: (409, "The permit cannot be redeemed: do not send"),
    errors.IdempotencyConflict: (409, "The key was used for another request"),
    errors.PositionConflict: (409, "The ticket has moved"),
    errors.SilenceViolation: (409, "Automation is silent on this ticket"),
    errors.KeyNeeded: (403, "This key may not"),
    errors.BadInput: (422, "Bad input"),
    errors.LedgerUnavailable: (503, "The ledger cannot be reached: do not send"),
}

MEDIA_TYPE = "application/problem+json"


class Problem(Outgoing):
    """An error as RFC 9457 has it (application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    fix: str = Field(default="", description="What to do about it.")
    errors: list[dict[str, str]] = Field(default_factory=list)


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return a problem document as a response."""
    return JSONResponse(problem.model_dump(), problem.status, headers, MEDIA_TYPE)


def _ours(_: Request, error: Exception) -> JSONResponse:
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS), None)
    status, title = STATUS[kind] if kind is not None else (500, "Internal error")
    what, fix = (error.what, error.fix) if isinstance(error, errors.TrustladderError) else ("", "")
    return problem_response(Problem(title=title, status=status, detail=what, fix=fix))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    found = [
        {"where": ".".join(str(part) for part in item["loc"]), "what": str(item["msg"])} for item in error.errors()
    ]
    detail = "; ".join(f"{item['where']}: {item['what']}" for item in found[:5])
    return problem_response(Problem(title="The request is not valid", status=422, detail=detail, errors=found))


def as_problem(_: Request, error: Exception) -> JSONResponse:
    """Return the problem document of an HTTP error, such as an address that is none."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    headers = dict(error.headers) if error.headers else None
    return problem_response(Problem(title=str(error.detail), status=error.status_code), headers)


def _too_deep(_: Request, error: Exception) -> JSONResponse:
    return problem_response(Problem(title="The JSON is nested too deeply", status=400, detail=type(error).__name__))


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem document."""
    app.add_exception_handler(errors.TrustladderError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, as_problem)
    app.add_exception_handler(RecursionError, _too_deep)
