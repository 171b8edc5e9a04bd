"""What may be wrong with Rego that loads: from syntax trees and METADATA to findings.

What is refused when policy is loaded is decided by `eidos.engine.packs` and told with its words.
"""
