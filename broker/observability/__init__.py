"""What a platform team sees of a running server: probes, metrics, use of credentials, traces."""
