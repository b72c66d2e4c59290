"""Measurements on a server of their own, over the loopback interface; ``make bench`` runs them."""
