"""The decision on the rights of users: plain rows, the pure function, its explanation."""
