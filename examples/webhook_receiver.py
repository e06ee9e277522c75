"""A server that takes webhooks: WEBHOOK_SECRET=whsec_… python webhook_receiver.py PORT. It needs standardwebhooks.

It verifies each message, forgets those that it knows, and prints a line for each event. Yours would put them into a
queue, and answer before it does the work.
"""

import os
import sys
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
known = deque(maxlen=10_000)  # in a database, where a restart must not print anything twice


class Receiver(BaseHTTPRequestHandler):
    """Takes one message."""

    timeout = 10

    def do_POST(self) -> None:
        """Verify the bytes as they came, take what is new, and answer."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > 100_000:
            return self.answer(413)
        try:
            message = webhook.verify(self.rfile.read(length), dict(self.headers))
        except WebhookVerificationError:
            return self.answer(400)
        if self.headers["webhook-id"] not in known:
            for event in message["data"].get("events", [{"type": message["type"]}]):
                print(event["type"], event.get("id", ""), flush=True)
            known.append(self.headers["webhook-id"])
        return self.answer(204)

    def answer(self, status: int) -> None:
        """Answer with this status alone."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print events, not requests."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
