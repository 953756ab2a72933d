"""The model's server behind the proxy."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx2

from trustladder.connect.openai_proxy.draft import Body, Draft

CONNECT_SECONDS = 10.0
PASSED_ON = ("authorization", "openai-organization", "openai-project", "api-key", "x-api-key")


class UpstreamRefused(Exception):
    """The model's server answered with an error, which is passed on as it came."""

    def __init__(self, status: int, content: bytes, media_type: str) -> None:
        super().__init__(f"the model's server answered {status}")
        self.status = status
        self.content = content
        self.media_type = media_type


class UpstreamBroken(Exception):
    """The model's server could not be reached, or broke off, or answered something else than the protocol says."""


class Upstream:
    """Asks the model's server. ``key`` replaces the caller's own where given; ``seconds`` bounds each wait."""

    def __init__(self, url: str, key: str = "", seconds: float = 600.0) -> None:
        timeout = httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
        self._http = httpx2.AsyncClient(timeout=timeout)
        self._url = url.rstrip("/")
        self._key = key

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def get(self, path: str, headers: Mapping[str, str]) -> httpx2.Response:
        """Return the server's answer to a plain GET."""
        try:
            return await self._http.get(f"{self._url}{path}", headers=self._headers(headers))
        except httpx2.RequestError as error:
            raise UpstreamBroken(_told(error)) from error

    @asynccontextmanager
    async def asked(self, body: Body, headers: Mapping[str, str]) -> AsyncIterator[httpx2.Response]:
        """Ask for a completion; inside, the answer has begun. Raises UpstreamRefused or UpstreamBroken."""
        url = f"{self._url}/chat/completions"
        try:
            async with self._http.stream("POST", url, json=body, headers=self._headers(headers)) as response:
                if response.is_error:
                    media_type = response.headers.get("content-type", "application/json")
                    raise UpstreamRefused(response.status_code, await response.aread(), media_type)
                yield response
        except (httpx2.RequestError, ValueError) as error:
            raise UpstreamBroken(_told(error)) from error

    def _headers(self, given: Mapping[str, str]) -> dict[str, str]:
        passed = {name: given[name] for name in PASSED_ON if name in given}
        return {**passed, "authorization": f"Bearer {self._key}"} if self._key else passed


def _told(error: Exception) -> str:
    return f"the model's server did not answer as it should: {type(error).__name__}: {error}".rstrip(": ")


async def drafts(response: httpx2.Response) -> AsyncIterator[Draft]:
    """Yield the draft as it grows: once for a completion, once a chunk for a stream. The last one is whole."""
    draft = Draft()
    if "text/event-stream" not in response.headers.get("content-type", ""):
        draft.take_completion(_object(await response.aread()))
        yield draft
        return
    ended = False
    async for line in response.aiter_lines():
        data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
        ended = ended or data == "[DONE]"
        if data and not ended:
            draft.take_chunk(_object(data))
            yield draft
    if not ended:
        raise UpstreamBroken("the model's server broke off before the end of its answer")


def _object(data: str | bytes) -> Body:
    body = json.loads(data)
    if not isinstance(body, dict) or body.get("error"):
        raise UpstreamBroken(f"the model's server reported an error in its answer: {str(body)[:300]}")
    return body
