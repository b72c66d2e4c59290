"""What identifies the browser of a request: cookies, its sessions, forms and pending logins."""
