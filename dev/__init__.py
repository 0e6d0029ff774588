"""Tools for running the real thing: a whole Airflow, a mailbox, the demo."""
