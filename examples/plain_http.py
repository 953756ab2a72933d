"""May I say this? Three requests and any language: post the turn, ask the gate, redeem when you send.

Start the service first:  trustladder up
Then:                     python examples/plain_http.py
"""

import json
import os
import urllib.error
import urllib.request

URL = os.environ.get("TRUSTLADDER_URL", "http://127.0.0.1:8700")


def post(path: str, body: dict[str, object]) -> dict[str, object] | None:
    """Post JSON; None means that the gate did not answer or refused: do not send."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{URL}{path}", json.dumps(body).encode(), headers)  # noqa: S310 - our own URL
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            answer: dict[str, object] = json.load(response)
            return answer
    except (urllib.error.URLError, TimeoutError):
        return None


def bot_says(ticket: str, text: str) -> None:
    """Say what the gate allows, at the moment at which it allows it."""
    gate = post(f"/v1/tickets/{ticket}/drafts", {"text": text})
    permit = gate and gate["permit"]
    if not isinstance(permit, dict):
        print("  bot:      (nothing)", gate and gate["objections"])
        return
    sent = post(f"/v1/tickets/{ticket}/permits/{permit['id']}/redeem", {})
    print("  bot:     ", sent["text"] if sent else "(nothing: the permit was refused)")


def customer_says(ticket: str, text: str) -> None:
    """Post the customer's turn; tell the notice where this turn hands over."""
    turn = post(f"/v1/tickets/{ticket}/turns", {"role": "customer", "text": text, "ticket_type": "billing"})
    print(f"  customer: {text}\n  lane:     {turn['lane'] if turn else 'unknown'}")
    if turn and turn["notice"]:
        print("  notice:  ", turn["notice"])


ticket = f"example-http-{os.getpid()}"
customer_says(ticket, "Hello, why is there a second charge of 49 EUR on my invoice for May?")
bot_says(ticket, "Thank you. Which invoice number is it?")
customer_says(ticket, "I asked why there is a second charge of 49 EUR on my invoice for May.")
bot_says(ticket, "I have refunded the 49 EUR to your card.")
customer_says(ticket, "Nobody reads what I write. I want to speak to a human agent now.")
bot_says(ticket, "Let me check that for you.")
