"""Rules and facts, changed a little: whether anybody would notice.

Nothing here runs by itself; `eidos.engine.app.policy_quality` joins it with OPA.
"""
