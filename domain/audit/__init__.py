"""The audit log: what is kept of every change, and how its rows vouch for one another."""
