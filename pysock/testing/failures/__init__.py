"""One failure a file; its first line names the row of the catalogue."""
