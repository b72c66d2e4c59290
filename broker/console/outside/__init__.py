"""What needs no logon: the start page of the service, login and logout, the console's cookie."""
