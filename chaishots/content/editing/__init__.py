"""What an editor does: each command is one transaction that checks the lifecycle and leaves a line in the history."""
