"""What a tenant owes: periods, price versions, rating, closings. Pure, and without a float anywhere."""
