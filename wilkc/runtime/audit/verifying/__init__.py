"""Steps of verifying a log that are a matter of their own. Room: runtime."""
