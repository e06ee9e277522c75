"""What editors and operators are shown: resources, the tree, the agenda, the history, and why."""
