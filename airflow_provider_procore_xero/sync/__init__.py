"""What should change: plain Python, no I/O, one file an entity."""
