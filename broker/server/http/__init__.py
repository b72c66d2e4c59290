"""HTTP/1.1 on sockets that never block: no client holds a thread while it sends (D-51)."""
