"""History questions, as arithmetic over what was recorded: no store, no engine, no clock.

What has to be judged again is asked through functions that ``app`` passes in.
"""
