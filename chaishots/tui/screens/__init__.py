"""The screens of the operator's terminal: each asks content and hands what it gets to its widgets."""
