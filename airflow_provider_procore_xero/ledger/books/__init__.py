"""The books of the ledger, a subject each."""
