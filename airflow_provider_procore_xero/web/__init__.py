"""The page in Airflow and its JSON API. Only the api-server loads it, at the first request."""
