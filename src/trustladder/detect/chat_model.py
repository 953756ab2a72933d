"""A language model at an OpenAI-compatible endpoint: asked for one typed answer, within a time."""

import time
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

import httpx2
import msgspec

from trustladder.errors import TrustladderError

_ANSWER_BYTES = 64_000

Answered = TypeVar("Answered")


class ModelFailed(TrustladderError):
    """A model did not give a usable answer."""


class _Message(msgspec.Struct):
    content: str


class _Choice(msgspec.Struct):
    message: _Message


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A model and where it is. ``base_url`` ends before ``/chat/completions``."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 2.0

    def ask(self, instruction: str, shown: str, answer: type[Answered], tokens: int) -> Answered:
        """Return the model's answer of a type, at most so many tokens of JSON. Raises ModelFailed for any other."""
        body = {
            "model": self.model,
            "temperature": 0,
            "max_tokens": tokens,
            "response_format": {"type": "json_object"},
            "messages": [{"role": "system", "content": instruction}, {"role": "user", "content": shown}],
        }
        url = self.base_url.rstrip("/") + "/chat/completions"
        try:
            completion = msgspec.json.decode(self._post(url, body), type=_Completion)
            return msgspec.json.decode(completion.choices[0].message.content.encode(), type=answer)
        except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.MsgspecError, UnicodeError) as error:
            raise ModelFailed(f"the model gave no usable answer ({type(error).__name__})", where=url) from error

    def _post(self, url: str, body: dict[str, object]) -> bytes:
        """Return the whole response. Its time is the whole time too: a server that drips bytes does not get more."""
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        until = time.monotonic() + self.timeout_seconds
        content = bytearray()
        with (
            httpx2.Client(timeout=self.timeout_seconds, follow_redirects=False) as client,
            client.stream("POST", url, json=body, headers=headers) as response,
        ):
            response.raise_for_status()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _ANSWER_BYTES:
                    raise msgspec.ValidationError("the answer is too long")
                if time.monotonic() > until:
                    raise httpx2.ReadTimeout("the answer took too long")
        return bytes(content)
