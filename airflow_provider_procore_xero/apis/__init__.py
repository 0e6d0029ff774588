"""How to talk to Procore and Xero: endpoints, paging, limits, errors; nothing about fields."""
