"""The plan as Rego's data. Room: emit."""

from wilkc.emit.pieces import Piece, common_data, data_piece, profiles_data, sandbox_lines

__all__ = ["Piece", "common_data", "data_piece", "profiles_data", "sandbox_lines"]
