"""Pydantic models of documents and sections. Room: spec."""
