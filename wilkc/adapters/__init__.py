"""Room: adapters. Other tools' ways of asking, each on top of the decision point."""
