"""What an operator can do: the actions, the commands that perform them, and the controller that runs them."""
