"""The reference app: one stack per deployment type, composition only."""
