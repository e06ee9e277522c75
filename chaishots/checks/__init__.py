"""What can be wrong with an installation, one finding each: `chaishots check`.

Each check has a deadline of its own, and changes nothing in the database. Knows everything below `cli`, and how to say
in a line what is wrong and what to do. Must not know the command line.
"""
