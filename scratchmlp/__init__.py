"""A digit classifier built from its own parts, and a laboratory around it."""
