"""Drift in one file per output format; every one is a rendering of `model.drift.Drift`."""

FORMATS = ("text", "table", "json", "json-patch", "markdown", "github")
