"""Requests that we send to addresses that others name: never to a private one, and never without bounds."""
