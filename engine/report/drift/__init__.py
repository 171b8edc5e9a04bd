"""Drift: each format is a rendering of one `model.drift.Comparison`, or of many (`many`)."""
