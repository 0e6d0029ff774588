"""Procore and Xero, kept in step by the Airflow that a contractor already runs."""

__version__ = "0.1.0"
