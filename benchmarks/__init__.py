"""How much our way costs beside the least it could cost, measured in one run on one machine.

``python -m benchmarks`` prints the table that ``docs/benchmarks.md`` explains. Seconds differ from
machine to machine; ratios hardly do. None of this is a test: what must not differ, the number of
calls, is counted in ``tests/flows``.
"""
