"""One file for each check. Room: analyze."""
