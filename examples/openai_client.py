"""An application that uses the official ``openai`` client: only its base_url changes.

Start the service:   trustladder up
Start the proxy:     trustladder proxy --upstream https://api.openai.com/v1     (or any server of that protocol)
Then:                OPENAI_API_KEY=... python examples/openai_client.py
"""

import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("PROXY_URL", "http://127.0.0.1:8701/v1"), api_key=os.environ.get("OPENAI_API_KEY", "none")
)
ticket = {"X-Trustladder-Ticket": f"example-openai-{os.getpid()}"}
model = os.environ.get("MODEL", "gpt-5-mini")

answer = client.chat.completions.create(
    model=model, messages=[{"role": "user", "content": "Where can I see my invoice?"}], extra_headers=ticket
)
print("bot:", answer.choices[0].message.content)
print("gate:", (answer.model_extra or {})["trustladder"])

stream = client.chat.completions.create(
    model=model,
    messages=[{"role": "user", "content": "I want to speak to a human agent now."}],
    stream=True,
    extra_headers=ticket,
)
print("bot: ", end="")
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="")
print()
