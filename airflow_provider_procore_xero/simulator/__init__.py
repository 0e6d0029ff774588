"""A pretend Procore and a pretend Xero, with a memory and faults on request."""
