"""The commands, their options and their exit codes. An error is one sentence that says what to do next."""
