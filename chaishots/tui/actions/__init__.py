"""What an operator can do: the actions, the commands behind them, and the controller that runs them."""
