"""What authenticates clients, as rows: secrets, certificates, their use and their refusals."""
