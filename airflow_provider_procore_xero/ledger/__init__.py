"""What is remembered between runs: links, plans, intents, outcomes, issues, tokens.

Start at ``ledger.ledger``. Nothing is imported here, so that naming the package costs nothing.
"""
