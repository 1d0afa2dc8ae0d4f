"""Grants at run time: access for a while, added to what is in force. Room: cli."""
