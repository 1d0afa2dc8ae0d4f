"""Templates to text, and the one place where a value becomes Rego. Room: render."""

from wilkc.render.literals import identifier, metadata, reference, rego
from wilkc.render.templates import render, render_page

__all__ = ["identifier", "metadata", "reference", "rego", "render", "render_page"]
