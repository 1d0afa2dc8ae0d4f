"""What `wilkc verify-host` runs in the sandbox: harmless attacks, each after its control.

Room: runtime.host.inside. A program by itself, given to an interpreter as text (see `packing`):
it imports nothing of Wilk but its own parts, as nothing of Wilk is in view. What an attack
opens, if it does, is not used. The conformance tests have programs of their own for the same
attacks, on purpose: a fault that both shared would be seen by neither.
"""
