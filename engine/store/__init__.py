"""What is remembered: `eidos.engine.ports.Store`, and the engines that keep it.

``opening`` is the one door. Each engine has a folder of its own, and SQL lives nowhere else.
"""
