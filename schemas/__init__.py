"""The published JSON Schemas. This file only hands out the folder."""

from pathlib import Path

FOLDER = Path(__file__).parent
