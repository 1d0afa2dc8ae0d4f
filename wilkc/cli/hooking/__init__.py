"""What the hooks of agent harnesses need beside their adapters. Layer: cli."""
