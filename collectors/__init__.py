"""Collectors: one file per measurement type, each says what it reads from the world.

They know the engine's ports, model, errors and documents, never each other.
"""
