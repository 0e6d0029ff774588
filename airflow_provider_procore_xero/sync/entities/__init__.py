"""One file an entity: the record we read, the record we want, the conditions, the map."""
