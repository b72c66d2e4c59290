"""Measurements on separate servers over the loopback interface; ``make bench`` runs them."""
