"""What tenants' instances report, and what of it meters count: pure, no clock and no database."""
