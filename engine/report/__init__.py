"""Results as people and programs read them.

`registry` names every kind of result and its formats; one file writes one format, or all formats of
a small kind. `outputs` reads ``-o`` and writes results where it says.
"""
