"""Bundlers: one file per component family; `generic` renders what no other claims."""
