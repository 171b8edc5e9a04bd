"""Pure data: what a snapshot, a rule, a verdict, a report is.

Nothing here reads a file, a clock or a network, and nothing imports a third-party package.
"""
