"""JSON Web Tokens: verified by pinned issuers, issued for a short while. Part of identity."""
