"""Workers that deliver, one of which is killed: ``python -m tests.connect.notify.workers VERB LEDGER URL``."""

import subprocess
import sys
import time
from pathlib import Path

from trustladder.connect.notify.channels import notifying
from trustladder.desk.outbox import Notification, deliver_due
from trustladder.ledger import open_ledger
from trustladder.settings import Settings

ROOT = Path(__file__).parents[3]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHORT_LEASE_MS = 500


def start(verb: str, ledger: str, url: str) -> "subprocess.Popen[str]":
    """Start a worker; what it says is on its ``stdout``."""
    command = [sys.executable, "-m", "tests.connect.notify.workers", verb, ledger, url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def main(verb: str, ledger_url: str, url: str) -> None:
    ledger = open_ledger(ledger_url)
    settings = Settings(webhook_url=url, webhook_secret=SECRET, trusted_hosts="127.0.0.1")
    deliver = notifying(settings).senders["webhook"]

    def send_and_hang(note: Notification) -> None:
        deliver(note)
        print("sent", flush=True)
        time.sleep(60)

    send = deliver if verb == "deliver" else send_and_hang
    for _ in range(100):
        if deliver_due(ledger, {"webhook": send}, lease_ms=SHORT_LEASE_MS):
            break
        time.sleep(0.05)
    ledger.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
