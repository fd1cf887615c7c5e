"""RDS for PostgreSQL, with AWS's refusals, and a real database behind each instance."""
