"""Sending webhooks: what the leader does beside publishing."""
