"""The durable business processes. Deterministic: what touches the world is an activity."""
