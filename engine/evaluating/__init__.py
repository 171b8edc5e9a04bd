"""Facts in, verdicts out: projecting facts, asking rules, applying waivers.

Evaluation touches no network, no disk and no clock of its own.
"""
