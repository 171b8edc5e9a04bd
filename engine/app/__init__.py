"""One module per user verb; the only place that joins the acting modules.

A function here takes what the user asked for, calls the parts in order, and returns a value. It
prints nothing and knows no option names. Each module imports only what its verb needs.
"""
