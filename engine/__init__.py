"""The eidos engine: everything that thinks.

Facts come in as documents or from collectors; verdicts, drift and recipes go out. What touches the
world (a cluster, a GPU, a chart) lives in ``eidos.collectors`` and ``eidos.bundlers`` and is
reached through entry points only.
"""

__version__ = "0.1.0"
