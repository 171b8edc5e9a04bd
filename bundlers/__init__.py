"""Bundlers: one file per component family. None ships yet."""
