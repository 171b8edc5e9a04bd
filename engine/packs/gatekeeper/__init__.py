"""Gatekeeper's ConstraintTemplates and Constraints as rules.

A template is Rego and a schema; a constraint names the reviews it is about, gives parameters, and
says what a violation does. Each constraint becomes a rule of scope admission.
"""
