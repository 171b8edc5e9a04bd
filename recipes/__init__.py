"""Overlays, component registry and tuning profiles. This file only hands out the folder."""

from pathlib import Path

FOLDER = Path(__file__).parent
