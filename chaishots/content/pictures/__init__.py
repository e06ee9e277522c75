"""Pictures that editors upload: what is taken, how it is decoded and kept, and where content uses it."""
