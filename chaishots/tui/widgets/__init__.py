"""The widgets of the operator's terminal: they show what they are given and post messages. They know no SQL."""
