"""Webhooks: where events are sent, the messages that carry them, and what came of each try."""
